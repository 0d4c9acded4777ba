//! Enqueue, claim, settle: order, fences, uniqueness, retries.

use super::*;
use crate::error::Code;
use crate::limits;
use crate::store::tables::jobs::{JOB_LEASES, JOB_READY, JOB_RESULTS, JOB_TURNS, JOB_UNIQUE, RateRow};
use crate::store::{Reads, Span};

#[test]
fn a_job_is_enqueued_with_its_change_or_not_at_all() {
    let bench = Bench::new();
    let draft = bench.draft(ACME, &Add { n: 1 });
    let key = (ACME, draft.id());
    let refused: Result<()> = bench.write(move |tx| {
        enqueue(tx, &draft)?;
        Err(Error::new(Code::TooManyCharts))
    });
    assert_eq!(refused.unwrap_err().code(), Code::TooManyCharts);
    assert!(bench.read(|view| Ok(view.get(&JOBS, &key)?)).is_none());
    assert!(bench.claim(10).is_empty());
}

#[test]
fn jobs_run_in_the_order_in_which_they_came() {
    let bench = Bench::new();
    let keys: Vec<_> = (0..20)
        .map(|_| {
            bench.clock.advance_ms(1);
            bench.add(ACME)
        })
        .collect();
    let first: Vec<_> = bench.claim(5).into_iter().map(|held| held.key).collect();
    let rest: Vec<_> = bench.claim(100).into_iter().map(|held| held.key).collect();
    assert_eq!([first, rest].concat(), keys);
    assert!(bench.claim(1).is_empty());
}

#[test]
fn the_urgent_come_first_and_nobody_waits_for_ever() {
    let bench = Bench::new();
    let lazy = bench.enqueue(bench.draft(ACME, &Add { n: 0 }).priority(9)).id;
    let urgent = bench.enqueue(bench.draft(ACME, &Add { n: 0 }).priority(0)).id;
    assert_eq!(bench.claim(1)[0].key.1, urgent);
    // Nine steps are worth nine times the step: what comes later than that stands behind.
    bench.clock.advance_ms(9 * limits::JOB_PRIORITY_STEP_MS - 1);
    let before = bench.enqueue(bench.draft(ACME, &Add { n: 0 }).priority(0)).id;
    bench.clock.advance_ms(2);
    let behind = bench.enqueue(bench.draft(ACME, &Add { n: 0 }).priority(0)).id;
    let order: Vec<_> = bench.claim(3).into_iter().map(|held| held.key.1).collect();
    assert_eq!(order, [before, lazy, behind]);
}

#[test]
fn a_scheduled_job_waits_for_its_instant() {
    let bench = Bench::new();
    let at = bench.now().plus_ms(5_000);
    let key = (ACME, bench.enqueue(bench.draft(ACME, &Add { n: 1 }).run_at(at)).id);
    assert_eq!(bench.state(key), JobState::Scheduled);
    let stage_now = |bench: &Bench| {
        let now = bench.now();
        bench.write(move |tx| stage(tx, now)).unwrap()
    };
    assert_eq!((stage_now(&bench), bench.read(|view| next_due(view))), (0, Some(at)));
    bench.clock.advance_ms(5_000);
    assert_eq!(stage_now(&bench), 1);
    assert_eq!(bench.claim(1)[0].key, key);
    assert_eq!(bench.read(|view| next_due(view)), None);
}

#[test]
fn a_duplicate_is_answered_with_the_job_that_stands_for_it() {
    let bench = Bench::new();
    let only = |part: &str| bench.draft(ACME, &Only { part: part.into(), period_ms: None });
    let first = bench.enqueue(only("a"));
    assert!(first.is_new);
    assert_eq!(bench.enqueue(only("a")), Enqueued { id: first.id, is_new: false });
    bench.clock.advance_ms(1);
    assert!(bench.enqueue(only("b")).is_new);
    let other = bench.draft(BETA, &Only { part: "a".into(), period_ms: None });
    assert!(bench.enqueue(other).is_new, "a key is its tenant's");
    let held = bench.claim(1).remove(0);
    assert_eq!((held.key.1, bench.enqueue(only("a")).is_new), (first.id, false));
    bench.settle(&held, Ending::Done(None)).unwrap();
    let again = bench.enqueue(only("a"));
    assert!(again.is_new && again.id != first.id);
}

#[test]
fn a_period_keeps_the_key_whatever_became_of_the_job() {
    let bench = Bench::new();
    let only = || bench.draft(ACME, &Only { part: "a".into(), period_ms: Some(10_000) });
    let first = bench.enqueue(only());
    let held = bench.claim(1).remove(0);
    bench.settle(&held, Ending::Done(None)).unwrap();
    bench.clock.advance_ms(9_999);
    assert_eq!(bench.enqueue(only()), Enqueued { id: first.id, is_new: false });
    bench.clock.advance_ms(1);
    assert!(bench.enqueue(only()).is_new);
}

#[test]
fn effects_and_completion_are_one_and_happen_once() {
    let bench = Bench::new();
    bench.add(ACME);
    let held = bench.claim(1).remove(0);
    let now = bench.now();
    let done = Settlement {
        key: held.key,
        token: held.token,
        ending: Ending::Done(Some(Output { content_type: "text/plain".into(), bytes: vec![1, 2], sealed: false })),
        effects: Some(count_up(ACME)),
    };
    let again = done.clone();
    bench.write(move |tx| settle_one(tx, &done, now)).unwrap();
    assert_eq!(bench.state(held.key), JobState::Completed);
    assert_eq!(counted(&bench.store, ACME), 1);
    assert_eq!(bench.read(|view| admin::result(view, held.key, now)).bytes, [1, 2]);
    let lost = bench.write(move |tx| settle_one(tx, &again, now)).unwrap_err();
    assert_eq!((lost.code(), counted(&bench.store, ACME)), (Code::LeaseLost, 1));
    assert!(bench.read(|view| Ok(view.scan(&JOB_LEASES, Span::all(), 9)?)).is_empty());
}

#[test]
fn effects_that_fail_leave_the_job_as_it_was() {
    let bench = Bench::new();
    bench.add(ACME);
    let held = bench.claim(1).remove(0);
    let now = bench.now();
    let effects: Effects = Arc::new(move |tx| {
        count_up(ACME)(tx)?;
        Err(Error::new(Code::TooManyCharts))
    });
    let done = Settlement { key: held.key, token: held.token, ending: Ending::Done(None), effects: Some(effects) };
    assert!(bench.write(move |tx| settle_one(tx, &done, now)).is_err());
    assert_eq!((bench.state(held.key), counted(&bench.store, ACME)), (JobState::Running, 0));
}

#[test]
fn a_worker_whose_lease_ended_writes_nothing() {
    let bench = Bench::new();
    let key = bench.add(ACME);
    let late = bench.claim(1).remove(0);
    bench.clock.advance_ms(30_000);
    let effects = |held: &Held| Settlement {
        key: held.key,
        token: held.token,
        ending: Ending::Done(None),
        effects: Some(count_up(ACME)),
    };
    let commit = |held: &Held| {
        let (settlement, now) = (effects(held), bench.now());
        bench.write(move |tx| settle_one(tx, &settlement, now))
    };
    // Nobody has taken the job back yet, and nobody may write under an ended lease all the same, nor revive it.
    assert_eq!(commit(&late).unwrap_err().code(), Code::LeaseLost);
    let (token, now) = (late.token, bench.now());
    assert_eq!(bench.write(move |tx| renew(tx, &[token], now, 30_000)).unwrap(), [token]);
    let rescued = bench.write(move |tx| rescue(tx, 1, now)).unwrap();
    assert_eq!((rescued.len(), rescued[0].key, bench.state(key)), (1, key, JobState::Available));
    assert_eq!(commit(&late).unwrap_err().code(), Code::LeaseLost);
    let new = bench.claim(1).remove(0);
    assert!(new.token > late.token);
    assert_eq!(commit(&late).unwrap_err().code(), Code::LeaseLost);
    assert_eq!(bench.settle(&late, failure(0)).unwrap_err().code(), Code::LeaseLost);
    commit(&new).unwrap();
    assert_eq!((counted(&bench.store, ACME), bench.row(key).failures), (1, 0));
}

#[test]
fn a_renewed_lease_lasts() {
    let bench = Bench::new();
    bench.add(ACME);
    let held = bench.claim(1).remove(0);
    for _ in 0..5 {
        bench.clock.advance_ms(20_000);
        let (token, now) = (held.token, bench.now());
        assert!(bench.write(move |tx| renew(tx, &[token], now, 30_000)).unwrap().is_empty());
        assert!(bench.write(move |tx| rescue(tx, 1, now)).unwrap().is_empty());
    }
    bench.settle(&held, Ending::Done(None)).unwrap();
}

#[test]
fn what_a_dead_process_held_is_taken_back_and_its_suspects_are_counted() {
    let bench = Bench::new();
    let (innocent, guilty) = (bench.add(ACME), bench.add(ACME));
    for boot in 1..=2 {
        assert_eq!(bench.claim(2).len(), 2);
        let now = bench.now();
        // The next start: what ran when the process died is known, then everything is taken back.
        let poison = bench.write(move |tx| blame(tx, &[guilty].into(), now)).unwrap();
        assert_eq!(poison.len(), usize::from(boot == 2));
        let rescued = bench.write(move |tx| rescue(tx, 7, now)).unwrap();
        assert_eq!(rescued.len(), if boot == 1 { 2 } else { 1 });
    }
    assert_eq!((bench.state(innocent), bench.row(innocent).failures), (JobState::Available, 0));
    let row = bench.row(guilty);
    assert_eq!((row.state, row.failures, row.reason.as_str()), (JobState::Quarantined, 0, "crashed_worker"));
    assert_eq!(bench.claim(9).len(), 1);
}

#[test]
fn failures_are_remembered_and_the_last_one_kills() {
    let bench = Bench::new();
    let key = bench.add(ACME);
    for tried in 1..=2 {
        let held = bench.claim(1).remove(0);
        bench.settle(&held, failure(1_000)).unwrap();
        assert_eq!((bench.state(key), bench.row(key).failures), (JobState::Retryable, tried));
        assert!(bench.claim(1).is_empty());
        bench.clock.advance_ms(1_000);
        let now = bench.now();
        bench.write(move |tx| stage(tx, now)).unwrap();
    }
    let held = bench.claim(1).remove(0);
    let last = Failure { class: "test", chain: vec!["x".repeat(9_999), "because".into()] };
    bench.settle(&held, Ending::Failed(last, Verdict::Dead("max_failures"))).unwrap();
    let row = bench.row(key);
    assert_eq!((row.state, row.reason.as_str(), row.attempts.len()), (JobState::Discarded, "max_failures", 3));
    assert_eq!(row.attempts[2].chain[0].len(), limits::JOB_ERROR_MAX_CHARS);
    assert_eq!((row.attempts[0].started_at, row.attempts[0].ended_at), (START, START));
}

#[test]
fn a_rate_holds_a_queue_back() {
    let bench = Bench::new();
    for _ in 0..30 {
        bench.add(ACME);
    }
    bench.write(|tx| admin::limit_queue(tx, DEFAULT_QUEUE, Some(RateRow { jobs: 10, per_ms: 1_000 }))).unwrap();
    assert_eq!(bench.claim(100).len(), 10);
    let ask = Ask { queue: DEFAULT_QUEUE.into(), max: 9, boot: 1, now: bench.now(), lease_ms: 1 };
    assert_eq!(bench.write(move |tx| claim(tx, &ask)).unwrap().wait_ms, Some(100));
    bench.clock.advance_ms(300);
    assert_eq!(bench.claim(100).len(), 3);
    bench.write(|tx| admin::limit_queue(tx, DEFAULT_QUEUE, None)).unwrap();
    assert_eq!(bench.claim(100).len(), 17);
}

#[test]
fn ended_jobs_go_when_their_time_is_over_and_take_everything_along() {
    let bench = Bench::new();
    let first = bench.enqueue(bench.draft(ACME, &Only { part: "a".into(), period_ms: None })).id;
    let held = bench.claim(1).remove(0);
    let output = Output { content_type: "text/plain".into(), bytes: vec![0; 10], sealed: false };
    bench.settle(&held, Ending::Done(Some(output))).unwrap();
    let dead = bench.add(BETA);
    let held = bench.claim(1).remove(0);
    let gone = Failure { class: "test", chain: vec![] };
    bench.settle(&held, Ending::Failed(gone, Verdict::Dead("failed_for_good"))).unwrap();
    let clean_now = |bench: &Bench| {
        let now = bench.now();
        bench.write(move |tx| clean(tx, now)).unwrap()
    };
    bench.clock.advance_ms(limits::JOB_COMPLETED_KEPT_MS - 1);
    assert_eq!(clean_now(&bench), 0);
    bench.clock.advance_ms(1);
    assert_eq!(clean_now(&bench), 1);
    let left = bench.read(|view| {
        let job = view.get(&JOBS, &(ACME, first))?;
        let result = view.get(&JOB_RESULTS, &(ACME, first))?;
        Ok((job, result, view.scan(&JOB_UNIQUE, Span::all(), 9)?.len()))
    });
    assert_eq!(left, (None, None, 0));
    assert_eq!(bench.state(dead), JobState::Discarded);
    // One that is run again in the meantime stays.
    let now = bench.now();
    bench.write(move |tx| admin::retry(tx, dead, now)).unwrap();
    bench.clock.advance_ms(limits::JOB_DEAD_KEPT_MS);
    clean_now(&bench);
    assert_eq!(bench.state(dead), JobState::Available);
}

#[test]
fn bad_drafts_are_refused_by_field() {
    let bench = Bench::new();
    for queue in ["", "Default", "a b", &"x".repeat(65)] {
        let draft = bench.draft(ACME, &Add { n: 1 }).queue(queue);
        let refused = bench.write(move |tx| enqueue(tx, &draft)).unwrap_err();
        assert_eq!(
            (refused.code(), &refused.details()["errors"][0]["field"]),
            (Code::InvalidFields, &"job.queue".into())
        );
    }
    let huge = Only { part: "x".repeat(limits::JOB_PAYLOAD_MAX_BYTES), period_ms: None };
    let refused = Draft::new(&bench.ambient, Owner::tenant(ACME), &huge).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidFields);
}

#[test]
fn an_empty_queue_leaves_nothing_in_its_indexes() {
    let bench = Bench::new();
    for n in 0..40 {
        bench.add(TenantId([n % 7; 16]));
    }
    while let Some(held) = bench.claim(3).pop() {
        let now = bench.now().plus_ms(40_000);
        bench.settle(&held, Ending::Done(None)).unwrap();
        bench.write(move |tx| rescue(tx, 1, now)).unwrap();
    }
    let left = bench.read(|view| {
        let ready = view.scan(&JOB_READY, Span::all(), 9)?.len();
        let turns = view.scan(&JOB_TURNS, Span::all(), 9)?.len();
        Ok((ready, turns, view.scan(&JOB_LEASES, Span::all(), 9)?.len()))
    });
    assert_eq!(left, (0, 0, 0));
}
