//! P: Who holds which page of cached keys and values, and what each full page is the cache of. Allocates no memory for
//! keys and values, and knows no sequence but by the pages that it holds.
//!
//! A page that is full and computed is *known*: by the page before it and its own tokens, and so by all tokens from the
//! beginning of its sequence. The page before is named by a number that is never given again, and the tokens are compared
//! whole, so that no two beginnings are taken for one another. A known page is never written again; whoever begins with
//! the same tokens reads it too. When its last reader goes it stays, until its place is needed: the page that was let go
//! longest ago goes first. Pages of one sequence are let go from the last to the first, and whoever reads a page reads
//! those before it, so that no page goes while one behind it is known.
//!
//! Who starts is promised all pages that it can come to need. So nobody who has started is ever left without one.

use std::collections::{BTreeMap, HashMap};

use crate::limits::KV_PAGE_POSITIONS;

/// Stands for the page before the first.
const ROOT: u64 = 0;

/// All pages.
#[derive(Debug)]
pub struct Pages {
    all: Vec<Page>,
    free: Vec<u32>,
    known: HashMap<Beginning, u32>,
    /// Known pages that nobody reads, by when they were let go.
    idle: BTreeMap<u64, u32>,
    promised: usize,
    moment: u64,
    next_id: u64,
}

/// All tokens up to the end of a page: a number for those before it, and its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Beginning {
    after: u64,
    tokens: Box<[u32]>,
}

#[derive(Clone, Debug, Default)]
struct Page {
    readers: u32,
    /// The number of what it holds, once it is known, and its name.
    known: Option<(u64, Beginning)>,
    let_go: u64,
}

/// The pages of one sequence. To be given back with [`Pages::release`].
#[derive(Debug, Default)]
pub struct Held {
    pages: Vec<u32>,
    /// So many of them, from the first, are known.
    known: usize,
    /// Number of what the last of these holds.
    last: u64,
    promised: usize,
}

impl Held {
    /// The pages in order.
    pub fn pages(&self) -> &[u32] {
        &self.pages
    }

    /// Positions whose keys and values are known.
    pub const fn known_positions(&self) -> usize {
        self.known * KV_PAGE_POSITIONS
    }
}

/// Pages for so many positions.
pub const fn pages_for(positions: usize) -> usize {
    positions.div_ceil(KV_PAGE_POSITIONS)
}

impl Pages {
    /// So many, all free.
    pub fn new(count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            all: vec![Page::default(); count as usize],
            free: (0..count).rev().collect(),
            known: HashMap::new(),
            idle: BTreeMap::new(),
            promised: 0,
            moment: 0,
            next_id: ROOT + 1,
        }
    }

    /// How many there are.
    pub const fn total(&self) -> usize {
        self.all.len()
    }

    /// Pages that hold nothing.
    pub const fn free(&self) -> usize {
        self.free.len()
    }

    /// Known pages that nobody reads.
    pub fn cached(&self) -> usize {
        self.idle.len()
    }

    /// Pages that somebody reads or writes.
    pub fn used(&self) -> usize {
        self.total() - self.free() - self.cached()
    }

    /// Begins a sequence of `prompt` that may come to hold `most` positions in all: with what is known of its beginning, and
    /// the promise of the rest. `None` while there is not enough. At least one token of the prompt is left to be computed.
    pub fn start(&mut self, prompt: &[u32], most: usize) -> Option<Held> {
        let mut held = Held::default();
        let mut found = Vec::new();
        while let Some((page, id)) = self.next_known(held.last, found.len(), prompt) {
            found.push(page);
            held.last = id;
        }
        let wanted = pages_for(most.max(prompt.len())).saturating_sub(found.len());
        let woken = found.iter().filter(|page| self.all[**page as usize].readers == 0).count();
        let room = (self.free.len() + self.idle.len() - woken).checked_sub(self.promised)?;
        if wanted > room {
            return None;
        }
        for page in found {
            self.read(page);
            held.pages.push(page);
            held.known += 1;
        }
        self.promised += wanted;
        held.promised = wanted;
        Some(held)
    }

    /// Takes on what has become known of the beginning of `prompt` since, as far as the sequence stands at its edge.
    pub fn adopt(&mut self, held: &mut Held, prompt: &[u32]) {
        while held.pages.len() == held.known
            && held.promised > 0
            && let Some((page, id)) = self.next_known(held.last, held.known, prompt)
        {
            self.read(page);
            held.pages.push(page);
            held.known += 1;
            held.last = id;
            self.keep_promise(held);
        }
    }

    /// Gives the sequence pages of its own until it has enough for `positions`, out of those that were promised. Fails only
    /// when more is asked than was promised.
    pub fn grow(&mut self, held: &mut Held, positions: usize) -> bool {
        while held.pages.len() < pages_for(positions) {
            if held.promised == 0 {
                return false;
            }
            let Some(page) = self.take() else { return false };
            self.all[page as usize].readers = 1;
            held.pages.push(page);
            self.keep_promise(held);
        }
        true
    }

    /// Makes known every page of the sequence that is full: `tokens` are its tokens, of which `computed` have keys and
    /// values. Where the same is known already, the sequence reads that page and gives its own back.
    pub fn publish(&mut self, held: &mut Held, tokens: &[u32], computed: usize) {
        while (held.known + 1) * KV_PAGE_POSITIONS <= computed.min(tokens.len()) {
            let Some(own) = held.pages.get(held.known).copied() else { return };
            let name = Beginning { after: held.last, tokens: tokens_of(tokens, held.known).into() };
            if let Some(page) = self.known.get(&name).copied() {
                self.read(page);
                held.pages[held.known] = page;
                held.last = self.all[page as usize].known.as_ref().map_or(ROOT, |(id, _)| *id);
                self.all[own as usize] = Page::default();
                self.free.push(own);
            } else {
                let id = self.next_id;
                self.next_id += 1;
                self.all[own as usize].known = Some((id, name.clone()));
                self.known.insert(name, own);
                held.last = id;
            }
            held.known += 1;
        }
    }

    /// Takes back what a sequence held. What is known of it stays for others.
    pub fn release(&mut self, held: Held) {
        self.promised -= held.promised;
        for number in held.pages.into_iter().rev() {
            let page = &mut self.all[number as usize];
            page.readers -= 1;
            if page.readers > 0 {
                continue;
            }
            if page.known.is_some() {
                self.moment += 1;
                page.let_go = self.moment;
                self.idle.insert(self.moment, number);
            } else {
                self.free.push(number);
            }
        }
    }

    /// The page behind what `after` stands for that holds the tokens of page `number` of `prompt`, when it is known and does
    /// not hold the last token.
    fn next_known(&self, after: u64, number: usize, prompt: &[u32]) -> Option<(u32, u64)> {
        if (number + 1) * KV_PAGE_POSITIONS >= prompt.len() {
            return None;
        }
        let page = *self.known.get(&Beginning { after, tokens: tokens_of(prompt, number).into() })?;
        Some((page, self.all[page as usize].known.as_ref()?.0))
    }

    fn read(&mut self, number: u32) {
        let page = &mut self.all[number as usize];
        if page.readers == 0 {
            self.idle.remove(&page.let_go);
        }
        page.readers += 1;
    }

    fn keep_promise(&mut self, held: &mut Held) {
        held.promised -= 1;
        self.promised -= 1;
    }

    /// A page that holds nothing, maybe as of now.
    fn take(&mut self) -> Option<u32> {
        if let Some(page) = self.free.pop() {
            return Some(page);
        }
        let (_, number) = self.idle.pop_first()?;
        if let Some((_, name)) = self.all[number as usize].known.take() {
            self.known.remove(&name);
        }
        Some(number)
    }
}

/// The tokens of a page that is full.
fn tokens_of(tokens: &[u32], number: usize) -> &[u32] {
    &tokens[number * KV_PAGE_POSITIONS..(number + 1) * KV_PAGE_POSITIONS]
}

#[cfg(test)]
mod tests;
