//! The queue against a model that keeps everything in plain lists: whatever is done in whatever order, each job stands
//! where the model says, nothing is lost or done twice, and the counts and indexes agree with the rows.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::JobState::{Available, Cancelled, Completed, Discarded, Quarantined, Retryable, Running, Scheduled};
use super::*;
use crate::ids::JobId;
use crate::store::tables::jobs::{JOB_FLOWS, JOB_LEASES, JOB_PARKED, JOB_READY, JOB_SCHEDULE, JOB_TURNS};
use crate::store::{Reads, Span};

#[derive(Clone, Debug)]
enum Step {
    Enqueue { tenant: u8, priority: u8, delay_ms: u64 },
    Claim { max: usize },
    Done { pick: usize },
    Fail { pick: usize, after_ms: Option<u64> },
    Poison { pick: usize },
    Cancel { pick: usize },
    Retry { pick: usize },
    Replay { pick: usize },
    Renew { pick: usize },
    Advance { ms: u64 },
    Stage,
    Rescue,
    Clean,
}

fn step() -> impl Strategy<Value = Step> {
    let pick = 0_usize..40;
    prop_oneof![
        4 => (0_u8..3, 0_u8..10, prop_oneof![Just(0_u64), 1_u64..5_000]).prop_map(|(tenant, priority, delay_ms)| Step::Enqueue { tenant, priority, delay_ms }),
        4 => (1_usize..6).prop_map(|max| Step::Claim { max }),
        3 => pick.clone().prop_map(|pick| Step::Done { pick }),
        2 => (pick.clone(), proptest::option::of(0_u64..5_000)).prop_map(|(pick, after_ms)| Step::Fail { pick, after_ms }),
        1 => pick.clone().prop_map(|pick| Step::Poison { pick }),
        1 => pick.clone().prop_map(|pick| Step::Cancel { pick }),
        1 => pick.clone().prop_map(|pick| Step::Retry { pick }),
        1 => pick.clone().prop_map(|pick| Step::Replay { pick }),
        1 => pick.prop_map(|pick| Step::Renew { pick }),
        2 => (1_u64..20_000).prop_map(|ms| Step::Advance { ms }),
        2 => Just(Step::Stage),
        1 => Just(Step::Rescue),
        1 => Just(Step::Clean),
    ]
}

/// What the model knows of a job.
#[derive(Clone, Debug)]
struct Known {
    state: JobState,
    due: UnixMs,
    token: u64,
    lease_ends: UnixMs,
    cancel: bool,
    expires: UnixMs,
}

#[derive(Default)]
struct Model {
    jobs: BTreeMap<JobKey, Known>,
    /// Every hold that was ever given: whoever has one may come back with it at any time.
    holds: Vec<Held>,
    done: BTreeMap<TenantId, u64>,
}

impl Model {
    /// Whether the hold is good now; the model's own rule.
    fn is_held(&self, held: &Held, now: UnixMs) -> bool {
        let job = self.jobs.get(&held.key);
        job.is_some_and(|job| job.state == Running && job.token == held.token && job.lease_ends > now)
    }

    fn nth(&self, pick: usize) -> Option<JobKey> {
        self.jobs.keys().nth(pick % self.jobs.len().max(1)).copied()
    }

    fn end(&mut self, key: JobKey, state: JobState, now: UnixMs) {
        let job = self.jobs.get_mut(&key).unwrap();
        job.state = state;
        job.expires = match state {
            Completed => now.plus_ms(crate::limits::JOB_COMPLETED_KEPT_MS),
            Cancelled => now.plus_ms(crate::limits::JOB_CANCELLED_KEPT_MS),
            _ => now.plus_ms(crate::limits::JOB_DEAD_KEPT_MS),
        };
    }
}

fn apply(bench: &Bench, model: &mut Model, step: &Step) {
    let now = bench.now();
    match *step {
        Step::Enqueue { tenant, priority, delay_ms } => {
            let due = now.plus_ms(delay_ms);
            let tenant = TenantId([tenant; 16]);
            let id = bench.enqueue(bench.draft(tenant, &Add { n: 1 }).priority(priority).run_at(due)).id;
            let state = if delay_ms > 0 { Scheduled } else { Available };
            let none = UnixMs(0);
            model
                .jobs
                .insert((tenant, id), Known { state, due, token: 0, lease_ends: none, cancel: false, expires: none });
        }
        Step::Claim { max } => {
            let given = bench.claim(max);
            let waiting = model.jobs.values().filter(|job| job.state == Available).count();
            assert_eq!(given.len(), waiting.min(max), "a claim takes what waits");
            for held in given {
                let job = model.jobs.get_mut(&held.key).unwrap();
                assert_eq!(job.state, Available);
                assert!(held.token > job.token, "tokens grow");
                (job.state, job.token, job.lease_ends) = (Running, held.token, now.plus_ms(30_000));
                model.holds.push(held);
            }
        }
        Step::Done { pick } => finish(bench, model, pick, &Ending::Done(None)),
        Step::Poison { pick } => finish(bench, model, pick, &Ending::Poisoned(String::from("test"))),
        Step::Fail { pick, after_ms: Some(after_ms) } => finish(bench, model, pick, &failure(after_ms)),
        Step::Fail { pick, after_ms: None } => {
            let dead = Failure { class: "test", chain: vec![] };
            finish(bench, model, pick, &Ending::Failed(dead, Verdict::Dead("failed_for_good")));
        }
        Step::Cancel { pick } | Step::Retry { pick } | Step::Replay { pick } => operate(bench, model, pick, step),
        Step::Renew { pick } => {
            let Some(held) = model.holds.get(pick) else { return };
            let token = held.token;
            let lost = bench.write(move |tx| renew(tx, &[token], now, 30_000)).unwrap();
            // A lease lives while any of its jobs is held.
            let lives =
                model.jobs.values().any(|job| job.state == Running && job.token == token && job.lease_ends > now);
            assert_eq!(lost.is_empty(), lives);
            if lives {
                model
                    .jobs
                    .values_mut()
                    .filter(|job| job.token == token)
                    .for_each(|job| job.lease_ends = now.plus_ms(30_000));
            }
        }
        Step::Advance { ms } => bench.clock.advance_ms(ms),
        Step::Stage => stage_due(bench, model),
        Step::Rescue => take_back(bench, model),
        Step::Clean => {
            bench.write(move |tx| clean(tx, now)).unwrap();
            model.jobs.retain(|_, job| !state::is_final(job.state) || job.expires > now);
        }
    }
}

fn stage_due(bench: &Bench, model: &mut Model) {
    let now = bench.now();
    bench.write(move |tx| stage(tx, now)).unwrap();
    for job in model.jobs.values_mut() {
        if matches!(job.state, Scheduled | Retryable) && job.due <= now {
            job.state = Available;
        }
    }
}

fn take_back(bench: &Bench, model: &mut Model) {
    let now = bench.now();
    bench.write(move |tx| rescue(tx, 1, now)).unwrap();
    let keys: Vec<_> = model
        .jobs
        .iter()
        .filter(|(_, job)| job.state == Running && job.lease_ends <= now)
        .map(|(key, job)| (*key, job.cancel))
        .collect();
    for (key, cancel) in keys {
        if cancel {
            model.end(key, Cancelled, now);
        } else {
            model.jobs.get_mut(&key).unwrap().state = Available;
        }
    }
}

fn finish(bench: &Bench, model: &mut Model, pick: usize, ending: &Ending) {
    let now = bench.now();
    let Some(held) = model.holds.get(pick % model.holds.len().max(1)).cloned() else { return };
    let is_done = matches!(ending, Ending::Done(_));
    let settlement = Settlement {
        key: held.key,
        token: held.token,
        ending: ending.clone(),
        effects: is_done.then(|| count_up(held.key.0)),
    };
    let settled = bench.write(move |tx| settle_one(tx, &settlement, now)).is_ok();
    assert_eq!(settled, model.is_held(&held, now), "a settlement holds when its hold does");
    if !settled {
        return;
    }
    let cancel = model.jobs[&held.key].cancel;
    match ending {
        Ending::Done(_) => {
            *model.done.entry(held.key.0).or_default() += 1;
            model.end(held.key, Completed, now);
        }
        Ending::Poisoned(_) => model.end(held.key, Quarantined, now),
        Ending::Failed(..) if cancel => model.end(held.key, Cancelled, now),
        Ending::Failed(_, Verdict::RetryAfter(after_ms)) => {
            let job = model.jobs.get_mut(&held.key).unwrap();
            (job.state, job.due) = (Retryable, now.plus_ms(*after_ms));
        }
        _ => model.end(held.key, Discarded, now),
    }
}

fn operate(bench: &Bench, model: &mut Model, pick: usize, step: &Step) {
    let now = bench.now();
    let Some(key) = model.nth(pick) else { return };
    let state = model.jobs[&key].state;
    let may = match step {
        Step::Cancel { .. } => matches!(state, Scheduled | Available | Retryable | Running),
        Step::Retry { .. } => matches!(state, Scheduled | Retryable | Cancelled | Discarded),
        _ => state == Quarantined,
    };
    let what = step.clone();
    let did = bench.write(move |tx| match what {
        Step::Cancel { .. } => admin::cancel(tx, key, now),
        Step::Retry { .. } => admin::retry(tx, key, now),
        _ => admin::replay(tx, key, now),
    });
    assert_eq!(did.is_ok(), may, "{step:?} of a job that is {state:?}");
    match step {
        _ if !may => {}
        Step::Cancel { .. } if state == Running => model.jobs.get_mut(&key).unwrap().cancel = true,
        Step::Cancel { .. } => {
            model.jobs.get_mut(&key).unwrap().cancel = true;
            model.end(key, Cancelled, now);
        }
        _ => {
            let job = model.jobs.get_mut(&key).unwrap();
            (job.state, job.cancel) = (Available, false);
        }
    }
}

/// Every job stands where the model says, and every index and count follows from the rows.
fn check(bench: &Bench, model: &Model) {
    bench.read(|view| {
        let rows = view.scan(&JOBS, Span::all(), usize::MAX)?;
        let states: BTreeMap<_, _> = rows.iter().map(|(key, row)| (*key, row.state)).collect();
        assert_eq!(states, model.jobs.iter().map(|(key, job)| (*key, job.state)).collect());
        let keys = |state: &[JobState]| {
            let mut keys: Vec<(TenantId, JobId)> =
                rows.iter().filter(|(_, row)| state.contains(&row.state)).map(|(key, _)| *key).collect();
            keys.sort_unstable();
            keys
        };
        let sorted = |mut keys: Vec<(TenantId, JobId)>| {
            keys.sort_unstable();
            keys
        };
        let ready = view.scan(&JOB_READY, Span::all(), usize::MAX)?;
        assert_eq!(sorted(ready.iter().map(|((_, tenant, _, id), _)| (*tenant, *id)).collect()), keys(&[Available]));
        let due = view.scan(&JOB_SCHEDULE, Span::all(), usize::MAX)?;
        assert_eq!(
            sorted(due.iter().map(|((_, tenant, id), _)| (*tenant, *id)).collect()),
            keys(&[Scheduled, Retryable])
        );
        let parked = view.scan(&JOB_PARKED, Span::all(), usize::MAX)?;
        assert_eq!(
            sorted(parked.iter().map(|((_, tenant, id), _)| (*tenant, *id)).collect()),
            keys(&[Discarded, Quarantined])
        );
        let leases = view.scan(&JOB_LEASES, Span::all(), usize::MAX)?;
        for (token, lease) in &leases {
            let held = rows.iter().filter(|(_, row)| row.state == Running && row.token == *token).count();
            assert_eq!(lease.left as usize, held, "a lease counts what it holds");
        }
        assert_eq!(leases.iter().map(|(_, lease)| lease.left as usize).sum::<usize>(), keys(&[Running]).len());
        let mut counts: BTreeMap<TenantId, [u64; 8]> = BTreeMap::new();
        for ((tenant, _), row) in &rows {
            counts.entry(*tenant).or_default()[row.state as usize] += 1;
        }
        let flows = view.scan(&JOB_FLOWS, Span::all(), usize::MAX)?;
        assert_eq!(flows.iter().map(|((_, tenant), flow)| (*tenant, flow.counts)).collect::<BTreeMap<_, _>>(), counts);
        let turns = view.scan(&JOB_TURNS, Span::all(), usize::MAX)?;
        let listed: BTreeMap<_, _> = turns.iter().map(|((_, turn, tenant), _)| (*tenant, *turn)).collect();
        let expected = flows
            .iter()
            .filter(|(_, flow)| flow.counts[1] > 0)
            .map(|((_, tenant), flow)| (*tenant, flow.turn))
            .collect();
        assert_eq!(listed, expected, "whoever has a job in line has a turn");
        Ok(())
    });
    for (tenant, done) in &model.done {
        assert_eq!(counted(&bench.store, *tenant), *done, "effects happen once");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn the_queue_does_as_the_model(steps in proptest::collection::vec(step(), 1..60)) {
        let bench = Bench::new();
        let mut model = Model::default();
        for step in &steps {
            apply(&bench, &mut model, step);
            check(&bench, &model);
        }
    }
}
