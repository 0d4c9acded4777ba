//! Who is next among tenants: shares, caps, pauses, and the noisy neighbour.

use std::collections::BTreeMap;

use super::*;
use crate::store::tables::jobs::ShareRow;

fn tenant(n: u8) -> TenantId {
    TenantId([n; 16])
}

fn fill(bench: &Bench, tenant: TenantId, jobs: usize) {
    let drafts: Vec<_> = (0..jobs).map(|_| bench.draft(tenant, &Add { n: 1 })).collect();
    bench.write(move |tx| enqueue_all(tx, &drafts)).unwrap();
}

/// How many of the next `max` jobs go to each tenant; each is done at once.
fn served(bench: &Bench, max: usize, step: usize) -> BTreeMap<TenantId, usize> {
    let mut served = BTreeMap::new();
    let mut left = max;
    while left > 0 {
        let given = bench.claim(step.min(left));
        assert!(!given.is_empty());
        left -= given.len();
        for held in given {
            *served.entry(held.key.0).or_insert(0) += 1;
            bench.settle(&held, Ending::Done(None)).unwrap();
        }
    }
    served
}

#[test]
fn a_small_tenant_does_not_wait_behind_a_large_one() {
    let bench = Bench::new();
    fill(&bench, ACME, 10_000);
    assert_eq!(bench.claim(100).len(), 100);
    fill(&bench, BETA, 10);
    // In turns: after 20 more jobs, all ten are served.
    let mut places = Vec::new();
    for (place, held) in bench.claim(100).into_iter().enumerate() {
        if held.key.0 == BETA {
            places.push(place);
        }
    }
    assert_eq!(places.len(), 10);
    assert!(*places.last().unwrap() <= 20, "{places:?}");
}

#[test]
fn equal_weights_have_equal_parts_and_others_their_share() {
    for step in [1, 7, 64] {
        let bench = Bench::new();
        (1..=5).for_each(|n| fill(&bench, tenant(n), 300));
        let parts = served(&bench, 500, step);
        assert!(parts.values().all(|jobs| jobs.abs_diff(100) <= 1), "{parts:?}");
    }
    let bench = Bench::new();
    let share = ShareRow { weight: 3, ..ShareRow::default() };
    bench.write(move |tx| admin::set_share(tx, ACME, share)).unwrap();
    fill(&bench, ACME, 400);
    fill(&bench, BETA, 400);
    let parts = served(&bench, 400, 16);
    assert!(parts[&ACME].abs_diff(300) <= 2, "{parts:?}");
}

#[test]
fn a_rest_is_worth_a_few_turns_and_no_more() {
    let bench = Bench::new();
    fill(&bench, ACME, 500);
    fill(&bench, BETA, 1);
    served(&bench, 200, 10);
    // Beta was away while Acme was served 199 times: it goes first for as long as it may have saved, and shares then.
    fill(&bench, BETA, 500);
    let saved = usize::try_from(crate::limits::JOB_TURNS_SAVED_MAX).unwrap();
    let parts = served(&bench, 100 + saved, 10);
    assert!(parts[&BETA].abs_diff(50 + saved) <= 1, "{parts:?}");
    let parts = served(&bench, 100, 10);
    assert!(parts[&BETA].abs_diff(50) <= 1, "{parts:?}");
}

#[test]
fn a_cap_leaves_room_for_the_others() {
    let bench = Bench::new();
    bench.write(|tx| admin::declare_queue(tx, DEFAULT_QUEUE, Some(3))).unwrap();
    fill(&bench, ACME, 50);
    let held = bench.claim(10);
    assert_eq!(held.len(), 3);
    assert!(bench.claim(10).is_empty());
    assert!(!bench.read(|view| has_waiting(view, DEFAULT_QUEUE)));
    fill(&bench, BETA, 50);
    let other = bench.claim(10);
    assert_eq!((other.len(), other[0].key.0), (3, BETA));
    bench.settle(&held[0], Ending::Done(None)).unwrap();
    bench.settle(&held[1], failure(1_000)).unwrap();
    let more = bench.claim(10);
    assert_eq!((more.len(), more[0].key.0), (2, ACME));
    let share = ShareRow { running_max: Some(5), ..ShareRow::default() };
    bench.write(move |tx| admin::set_share(tx, ACME, share)).unwrap();
    assert_eq!(bench.claim(10).len(), 2);
    bench.write(|tx| admin::declare_queue(tx, DEFAULT_QUEUE, None)).unwrap();
    let rest = bench.claim(100);
    assert!(rest.iter().all(|held| held.key.0 == BETA) && rest.len() == 47);
}

#[test]
fn what_is_paused_is_given_to_nobody() {
    let bench = Bench::new();
    fill(&bench, ACME, 5);
    bench.write(|tx| admin::pause_queue(tx, DEFAULT_QUEUE, true)).unwrap();
    assert!(bench.claim(9).is_empty());
    bench.write(|tx| admin::pause_queue(tx, DEFAULT_QUEUE, false)).unwrap();
    let paused = ShareRow { paused: true, ..ShareRow::default() };
    bench.write(move |tx| admin::set_share(tx, ACME, paused)).unwrap();
    fill(&bench, ACME, 5);
    fill(&bench, BETA, 2);
    let given = bench.claim(9);
    assert_eq!((given.len(), given[0].key.0), (2, BETA));
    bench.write(move |tx| admin::set_share(tx, ACME, ShareRow::default())).unwrap();
    assert_eq!(bench.claim(99).len(), 10);
    assert!(bench.write(|tx| admin::pause_queue(tx, "nosuch", true)).is_err());
}

#[test]
fn a_tenant_of_many_is_served_within_one_round() {
    let bench = Bench::new();
    (0..200).for_each(|n| fill(&bench, tenant(n), 3));
    let parts = served(&bench, 200, 50);
    assert!(parts.len() == 200 && parts.values().all(|jobs| *jobs == 1));
}
