//! The pages against a plain model: what every page was last written with, and by whom.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;

const P: usize = KV_PAGE_POSITIONS;

/// Tokens in blocks of a page, each of one of two kinds, so that beginnings often agree; then some more.
fn text(kinds: &[u8], rest: usize) -> Vec<u32> {
    let blocks = kinds.iter().flat_map(|kind| (0..P).map(move |n| u32::from(*kind) * 1_000 + n as u32));
    blocks.chain((0..rest).map(|n| 7_000 + n as u32)).collect()
}

fn run(pages: &mut Pages, tokens: &[u32]) -> Held {
    let mut held = pages.start(tokens, tokens.len()).expect("room");
    assert!(pages.grow(&mut held, tokens.len()));
    pages.publish(&mut held, tokens, tokens.len());
    held
}

#[test]
fn a_beginning_is_found_again_and_its_last_token_never() {
    let mut pages = Pages::new(16);
    let tokens = text(&[1, 2, 3], 0);
    let held = run(&mut pages, &tokens);
    let own = held.pages().to_vec();
    pages.release(held);
    assert_eq!((pages.used(), pages.cached()), (0, 3));
    let again = pages.start(&tokens, tokens.len()).unwrap();
    assert_eq!(again.known_positions(), 2 * P, "the last page would leave nothing to compute");
    assert_eq!(again.pages(), &own[..2]);
    let longer = pages.start(&text(&[1, 2, 3], 1), 4 * P).unwrap();
    assert_eq!(longer.known_positions(), 3 * P);
    let other = pages.start(&text(&[2, 2, 3], 1), 4 * P).unwrap();
    assert_eq!(other.known_positions(), 0, "the same page behind another beginning is another");
    for held in [again, longer, other] {
        pages.release(held);
    }
    assert_eq!(pages.used(), 0);
}

#[test]
fn the_one_let_go_longest_ago_goes_first_and_ends_before_beginnings() {
    let mut pages = Pages::new(4);
    let (old, new) = (text(&[1, 2], 0), text(&[3, 4], 0));
    for tokens in [&old, &new] {
        let held = run(&mut pages, tokens);
        pages.release(held);
    }
    assert_eq!((pages.free(), pages.cached()), (0, 4));
    let one = run(&mut pages, &text(&[9], 0));
    let left = |tokens: &[u32]| {
        let mut longer = tokens.to_vec();
        longer.push(1);
        let mut found = 0;
        let mut after = ROOT;
        while let Some((_, id)) = pages.next_known(after, found, &longer) {
            found += 1;
            after = id;
        }
        found
    };
    assert_eq!((left(&old), left(&new)), (1, 2));
    pages.release(one);
}

#[test]
fn nobody_starts_without_room_for_its_end() {
    let mut pages = Pages::new(4);
    let first = pages.start(&text(&[1], 0), 3 * P).unwrap();
    assert!(pages.start(&text(&[2], 0), 2 * P).is_none(), "three of four are promised");
    let mut second = pages.start(&text(&[2], 0), P).unwrap();
    assert!(pages.grow(&mut second, P));
    assert!(!pages.grow(&mut second, 2 * P), "more than was promised");
    pages.release(first);
    pages.release(second);
    assert_eq!((pages.free(), pages.used()), (4, 0));
}

#[test]
fn two_that_compute_the_same_at_once_end_on_the_same_pages() {
    let mut pages = Pages::new(8);
    let tokens = text(&[1, 2], 5);
    let mut both: Vec<Held> = (0..2).map(|_| pages.start(&tokens, tokens.len()).unwrap()).collect();
    for held in &mut both {
        assert!(pages.grow(held, tokens.len()));
        pages.publish(held, &tokens, tokens.len());
    }
    assert_eq!(both[0].pages()[..2], both[1].pages()[..2]);
    assert_ne!(both[0].pages()[2], both[1].pages()[2], "what is not full is nobody else's");
    assert_eq!(pages.used(), 4);
    for held in both {
        pages.release(held);
    }
    assert_eq!(pages.used(), 0);
}

#[derive(Clone, Debug)]
enum Act {
    Start { kinds: Vec<u8>, rest: usize, more: usize },
    Work { which: usize, tokens: usize },
    End { which: usize },
}

fn act() -> impl Strategy<Value = Act> {
    let start = (proptest::collection::vec(0_u8..2, 0..5), 1_usize..40, 0_usize..70);
    prop_oneof![
        4 => start.prop_map(|(kinds, rest, more)| Act::Start { kinds, rest, more }),
        8 => (0_usize..8, 1_usize..100).prop_map(|(which, tokens)| Act::Work { which, tokens }),
        3 => (0_usize..8).prop_map(|which| Act::End { which }),
    ]
}

struct Running {
    tokens: Vec<u32>,
    prompt: usize,
    most: usize,
    computed: usize,
    held: Held,
}

/// What pages hold, written as an engine would.
#[derive(Default)]
struct Memory(HashMap<u32, Vec<u32>>);

impl Memory {
    fn work(&mut self, pages: &mut Pages, run: &mut Running, others: &HashSet<u32>, tokens: usize) {
        pages.adopt(&mut run.held, &run.tokens[..run.prompt]);
        run.computed = run.computed.max(run.held.known_positions());
        if run.computed == run.tokens.len() {
            if run.tokens.len() == run.most {
                return;
            }
            run.tokens.push(5);
        }
        let until = (run.computed + tokens).min(run.tokens.len());
        assert!(pages.grow(&mut run.held, until), "a promise was broken");
        for at in run.computed..until {
            let page = run.held.pages()[at / P];
            assert!(!others.contains(&page), "page {page} is written while another reads it");
            let content = self.0.entry(page).or_default();
            content.truncate(at % P);
            assert_eq!(content.len(), at % P);
            content.push(run.tokens[at]);
        }
        run.computed = until;
        pages.publish(&mut run.held, &run.tokens, until);
    }

    fn holds(&self, run: &Running) -> bool {
        let read = |at: usize| self.0.get(&run.held.pages()[at / P]).and_then(|page| page.get(at % P)).copied();
        (0..run.computed).all(|at| read(at) == Some(run.tokens[at]))
    }
}

/// Every known page can be reached from the beginning, and every page is held as often as its readers say.
fn check(pages: &Pages, runs: &[Running]) {
    for (name, page) in &pages.known {
        assert_eq!(pages.all[*page as usize].known.as_ref().map(|(_, own)| own), Some(name));
        let parent = |id| pages.all.iter().any(|page| page.known.as_ref().is_some_and(|(own, _)| *own == id));
        assert!(name.after == ROOT || parent(name.after), "nobody can find page {page}");
    }
    for (number, page) in pages.all.iter().enumerate() {
        let readers = runs.iter().filter(|run| run.held.pages().contains(&(number as u32))).count();
        assert_eq!(page.readers as usize, readers, "page {number}");
    }
    assert_eq!(pages.promised, runs.iter().map(|run| run.held.promised).sum::<usize>());
    assert!(pages.free() + pages.cached() >= pages.promised);
    assert_eq!(pages.used() + pages.cached() + pages.free(), pages.total());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_sequence_finds_in_its_pages_what_it_holds(count in 6_usize..24, acts in proptest::collection::vec(act(), 1..120)) {
        let (mut pages, mut memory, mut runs) = (Pages::new(count), Memory::default(), Vec::<Running>::new());
        for act in acts {
            match act {
                Act::Start { kinds, rest, more } => {
                    let tokens = text(&kinds, rest);
                    let most = tokens.len() + more;
                    if let Some(held) = pages.start(&tokens, most) {
                        let (prompt, computed) = (tokens.len(), held.known_positions());
                        runs.push(Running { tokens, prompt, most, computed, held });
                    } else {
                        prop_assert!(!runs.is_empty() || pages_for(most) > count, "room for one that is alone");
                    }
                }
                Act::Work { which, tokens } if !runs.is_empty() => {
                    let which = which % runs.len();
                    let others: HashSet<u32> = runs.iter().enumerate().filter(|(at, _)| *at != which)
                        .flat_map(|(_, run)| run.held.pages().to_vec()).collect();
                    memory.work(&mut pages, &mut runs[which], &others, tokens);
                }
                Act::End { which } if !runs.is_empty() => {
                    let run = runs.swap_remove(which % runs.len());
                    pages.release(run.held);
                }
                _ => {}
            }
            check(&pages, &runs);
            prop_assert!(runs.iter().all(|run| memory.holds(run)));
        }
        for run in runs {
            pages.release(run.held);
        }
        prop_assert_eq!((pages.used(), pages.promised), (0, 0));
    }
}
