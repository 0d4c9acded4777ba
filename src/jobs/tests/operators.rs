//! What operators see and do.

use super::*;
use crate::error::Code;
use crate::store::tables::jobs::ResultRow;

fn dead(bench: &Bench, tenant: TenantId) -> JobKey {
    let key = bench.add(tenant);
    let held = bench.claim(1).remove(0);
    assert_eq!(held.key, key);
    let gone = Failure { class: "test", chain: vec!["no".into()] };
    bench.settle(&held, Ending::Failed(gone, Verdict::Dead("failed_for_good"))).unwrap();
    key
}

fn poisoned(bench: &Bench) -> JobKey {
    let key = bench.add(ACME);
    let held = bench.claim(1).remove(0);
    bench.settle(&held, Ending::Poisoned("undecodable".into())).unwrap();
    key
}

#[test]
fn lists_are_filtered_paged_and_complete() {
    let bench = Bench::new();
    let (mut acme, mut all_dead) = (Vec::new(), Vec::new());
    for _ in 0..7 {
        bench.clock.advance_ms(1);
        all_dead.push(dead(&bench, ACME));
        acme.push(*all_dead.last().unwrap());
        all_dead.push(dead(&bench, BETA));
    }
    let poison = poisoned(&bench);
    for _ in 0..5 {
        bench.clock.advance_ms(1);
        acme.push(bench.add(ACME));
    }
    acme.push(poison);
    let whole = |filter: &admin::Filter| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = bench.read(|view| admin::list(view, filter, after, 3));
            found.extend(page.jobs.into_iter().map(|(key, _)| key));
            after = page.next;
            if after.is_none() {
                return found;
            }
        }
    };
    let sorted = |mut keys: Vec<JobKey>| {
        keys.sort_unstable();
        keys.reverse();
        keys
    };
    let state = |state| admin::Filter { state: Some(state), ..admin::Filter::default() };
    assert_eq!(whole(&admin::Filter { tenant: Some(ACME), ..admin::Filter::default() }), sorted(acme));
    assert_eq!(whole(&state(JobState::Discarded)), sorted(all_dead));
    assert_eq!(whole(&state(JobState::Quarantined)), [poison]);
    assert_eq!(whole(&state(JobState::Available)).len(), 5);
    assert_eq!(whole(&admin::Filter { task: Some("other".into()), ..admin::Filter::default() }), []);
    let both = admin::Filter { tenant: Some(BETA), ..state(JobState::Discarded) };
    assert_eq!(whole(&both).len(), 7);
    assert_eq!(bench.read(|view| admin::find(view, poison.1)).0, poison);
    let unknown = bench.store.read(|view| admin::find(view, crate::ids::JobId([9; 16]))).unwrap_err();
    assert_eq!(unknown.code(), Code::JobNotFound);
}

#[test]
fn dead_jobs_are_retried_with_a_clean_slate() {
    let bench = Bench::new();
    let key = dead(&bench, ACME);
    let now = bench.now();
    let row = bench.write(move |tx| admin::retry(tx, key, now)).unwrap();
    assert_eq!((row.state, row.failures, row.attempts.len()), (JobState::Available, 0, 1));
    assert_eq!(bench.write(move |tx| admin::retry(tx, key, now)).unwrap_err().code(), Code::JobStateForbids);
    let held = bench.claim(1).remove(0);
    bench.settle(&held, Ending::Done(None)).unwrap();
    assert_eq!(bench.write(move |tx| admin::retry(tx, key, now)).unwrap_err().code(), Code::JobStateForbids);
}

#[test]
fn all_dead_jobs_of_a_filter_are_retried() {
    let bench = Bench::new();
    for _ in 0..4 {
        dead(&bench, ACME);
    }
    let other = dead(&bench, BETA);
    let now = bench.now();
    let filter = admin::Filter { tenant: Some(ACME), ..admin::Filter::default() };
    assert_eq!(bench.write(move |tx| admin::retry_all(tx, &filter, now)).unwrap(), 4);
    assert_eq!(bench.state(other), JobState::Discarded);
    assert_eq!(bench.claim(9).len(), 4);
}

#[test]
fn quarantine_is_left_by_replay_alone() {
    let bench = Bench::new();
    let key = poisoned(&bench);
    let now = bench.now();
    assert_eq!(bench.write(move |tx| admin::retry(tx, key, now)).unwrap_err().code(), Code::JobStateForbids);
    assert_eq!(bench.write(move |tx| admin::replay(tx, key, now)).unwrap().state, JobState::Available);
    assert_eq!(bench.claim(1)[0].key, key);
}

#[test]
fn a_waiting_job_is_cancelled_at_once_and_a_running_one_asked() {
    let bench = Bench::new();
    let (first, second) = (bench.add(ACME), bench.add(ACME));
    let held = bench.claim(1).remove(0);
    let waiting = if held.key == first { second } else { first };
    let now = bench.now();
    let running = held.key;
    assert_eq!(bench.write(move |tx| admin::cancel(tx, waiting, now)).unwrap().state, JobState::Cancelled);
    let row = bench.write(move |tx| admin::cancel(tx, running, now)).unwrap();
    assert!(row.state == JobState::Running && row.cancel_requested);
    assert!(bench.claim(9).is_empty());
    // A failure after the word is no reason to try again.
    bench.settle(&held, failure(5)).unwrap();
    assert_eq!(bench.state(running), JobState::Cancelled);
    assert_eq!(bench.write(move |tx| admin::cancel(tx, running, now)).unwrap_err().code(), Code::JobStateForbids);
    // One whose worker is lost is not run again either.
    let lost = bench.add(ACME);
    bench.claim(1);
    bench.write(move |tx| admin::cancel(tx, lost, now)).unwrap();
    bench.write(move |tx| rescue(tx, 2, now)).unwrap();
    assert_eq!(bench.state(lost), JobState::Cancelled);
}

#[test]
fn only_dead_letters_are_discarded() {
    let bench = Bench::new();
    let (dead, poison, waiting) = (dead(&bench, ACME), poisoned(&bench), bench.add(ACME));
    for key in [dead, poison] {
        bench.write(move |tx| admin::discard(tx, key)).unwrap();
        assert_eq!(bench.store.read(|view| admin::get(view, key)).unwrap_err().code(), Code::JobNotFound);
    }
    assert_eq!(bench.write(move |tx| admin::discard(tx, waiting)).unwrap_err().code(), Code::JobStateForbids);
}

#[test]
fn stats_count_every_state() {
    let bench = Bench::new();
    dead(&bench, ACME);
    poisoned(&bench);
    bench.clock.advance_ms(10);
    let oldest = bench.now();
    bench.add(ACME);
    bench.clock.advance_ms(10);
    bench.add(BETA);
    let at = bench.now().plus_ms(5);
    bench.enqueue(bench.draft(BETA, &Add { n: 1 }).run_at(at));
    bench.enqueue(bench.draft(BETA, &Add { n: 1 }).queue("slow"));
    let stats = bench.read(|view| admin::stats(view));
    let default = &stats[DEFAULT_QUEUE];
    let counted: Vec<_> = JobState::ALL.into_iter().map(|state| default.count(state)).collect();
    assert_eq!(counted, [1, 2, 0, 0, 0, 0, 1, 1]);
    assert_eq!((default.tenants, default.depth(), default.oldest_available), (2, 3, Some(oldest)));
    assert_eq!(stats["slow"].depth(), 1);
}

#[test]
fn a_result_ends_with_its_time() {
    let bench = Bench::new();
    bench.add(ACME);
    let held = bench.claim(1).remove(0);
    let output = Output { content_type: "text/html".into(), bytes: vec![7], sealed: false };
    bench.settle(&held, Ending::Done(Some(output))).unwrap();
    let row: ResultRow = bench.read(|view| admin::result(view, held.key, bench.now()));
    assert_eq!(row.content_type, "text/html");
    let late = row.expires_at;
    let gone = bench.store.read(|view| admin::result(view, held.key, late)).unwrap_err();
    assert_eq!(gone.code(), Code::JobResultNotFound);
}
