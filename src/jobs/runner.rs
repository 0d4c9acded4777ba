//! S: The workers: pools that claim as they have room, run what they were given and settle it; and how they stop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::attempt::{Ended, attempt, failed};
use super::handler::JobError;
use super::services::{self, Recurring};
use super::settle::{Ending, Settlement, settle_all, settle_one};
use super::upkeep::give_back;
use super::{Ask, Given, Happening, Held, Jobs, Policy, Registry, Stop, claim, has_waiting};
use crate::clock::{Stopwatch, UnixMs};
use crate::error::{Code, Error, Result};
use crate::limits;
use crate::store::tables::jobs::JobState;

/// How long a pool sleeps at most before it looks for itself. Wakes come by notification; this is for what nobody tells,
/// such as a clock that was set.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// How long after a failure of the store a pool tries again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// What a batch has done is settled when it is this old, so that quick jobs do not wait for slow ones.
const SETTLE_EVERY: Duration = Duration::from_millis(50);

/// Workers of one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The queue.
    pub queue: String,
    /// Workers, each running one job at a time.
    pub workers: usize,
    /// Jobs that a worker takes at once, runs one after the other and settles together. More than 1 for jobs that take
    /// far less time than a commit.
    pub batch: usize,
}

impl Pool {
    /// So many workers that take one job at a time.
    pub fn of(queue: &str, workers: usize) -> Self {
        Self { queue: queue.to_owned(), workers, batch: 1 }
    }
}

/// How the workers work.
#[derive(Debug)]
pub struct Options {
    /// The pools, one for each queue that is to be served here.
    pub pools: Vec<Pool>,
    /// The recurring jobs.
    pub recurring: Vec<Recurring>,
    /// How long a lease lasts unless renewed, in milliseconds.
    pub lease_ms: u64,
    /// Time that a handler is given to end by itself, in milliseconds.
    pub grace_ms: u64,
}

impl Options {
    /// These pools, and the usual times.
    pub const fn of(pools: Vec<Pool>) -> Self {
        Self { pools, recurring: Vec::new(), lease_ms: limits::JOB_LEASE_MS, grace_ms: limits::JOB_STOP_GRACE_MS }
    }
}

/// A lease that this process holds.
struct Hold {
    /// Jobs under it that are not settled.
    left: usize,
    /// Until when it may be renewed: what runs under it must have ended by then.
    until: UnixMs,
}

/// What the tasks of a runner share.
pub(super) struct Shared {
    pub(super) jobs: Jobs,
    pub(super) registry: Registry,
    pub(super) options: Options,
    pub(super) draining: watch::Sender<bool>,
    holds: Mutex<BTreeMap<u64, Hold>>,
    alone: tokio::sync::Mutex<()>,
}

impl Shared {
    pub(super) fn now(&self) -> UnixMs {
        self.jobs.ambient().now()
    }

    /// Tokens whose lease should be renewed now.
    pub(super) fn tokens(&self) -> Vec<u64> {
        let now = self.now();
        let holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        holds.iter().filter(|(_, hold)| hold.until > now).map(|(token, _)| *token).collect()
    }

    fn hold(&self, held: &Held) {
        let policy = self.registry.get(&held.row.task).map_or(Policy::USUAL, |kind| kind.policy);
        let until = self.now().plus_ms(policy.timeout_ms).plus_ms(2 * self.options.grace_ms + self.options.lease_ms);
        if let Some(hold) = self.holds.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&held.token) {
            hold.until = hold.until.max(until);
        }
    }

    fn let_go(&self, token: u64, jobs: usize) {
        let mut holds = self.holds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hold) = holds.get_mut(&token) {
            hold.left = hold.left.saturating_sub(jobs);
            if hold.left == 0 {
                holds.remove(&token);
            }
        }
    }
}

/// The workers at work. Stop them with [`Self::drain`]; when dropped, they are cut off.
pub struct Runner {
    shared: Arc<Shared>,
    pools: Mutex<Vec<JoinHandle<()>>>,
    services: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

impl Runner {
    /// Starts pools and services.
    pub fn start(jobs: Jobs, registry: Registry, options: Options) -> Self {
        let shared = Arc::new(Shared {
            jobs,
            registry,
            options,
            draining: watch::Sender::new(false),
            holds: Mutex::default(),
            alone: tokio::sync::Mutex::default(),
        });
        let pools =
            shared.options.pools.iter().cloned().map(|of| tokio::spawn(pool(Arc::clone(&shared), of))).collect();
        let services = services::start(&shared);
        Self { shared, pools: Mutex::new(pools), services }
    }

    /// Takes no more jobs, waits until those that run have ended, but no longer than `deadline`; then asks them to end,
    /// waits a moment, cuts them off, and gives back what they held.
    pub async fn drain(&self, deadline: Duration) {
        self.shared.draining.send_replace(true);
        let mut pools = std::mem::take(&mut *self.pools.lock().unwrap_or_else(PoisonError::into_inner));
        if tokio::time::timeout(deadline, all(&mut pools)).await.is_err() {
            let running: Vec<_> = {
                let running = self.shared.jobs.inner.running.lock().unwrap_or_else(PoisonError::into_inner);
                running.keys().copied().collect()
            };
            tracing::warn!(jobs = running.len(), "jobs still run at the end of the drain; they are cut off");
            for key in running {
                self.shared.jobs.stop(key, Stop::Draining);
            }
            let grace = Duration::from_millis(2 * self.shared.options.grace_ms);
            if tokio::time::timeout(grace, all(&mut pools)).await.is_err() {
                pools.iter().for_each(JoinHandle::abort);
                all(&mut pools).await;
                self.give_back().await;
            }
        }
        self.services.iter().for_each(JoinHandle::abort);
    }
}

impl Runner {
    async fn give_back(&self) {
        let tokens: Vec<u64> = {
            let mut holds = self.shared.holds.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *holds).into_keys().collect()
        };
        let ambient = self.shared.jobs.ambient().clone();
        let given = self.shared.jobs.store().write(move |tx| give_back(tx, &tokens, ambient.now())).await;
        if let Err(error) = given {
            tracing::error!(%error, "what was cut off could not be given back; its leases will end");
        }
    }
}

async fn all(pools: &mut [JoinHandle<()>]) {
    for pool in pools.iter_mut().filter(|pool| !pool.is_finished()) {
        // A pool that panicked has ended, too.
        let _ = pool.await;
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(JoinHandle::abort);
        self.services.iter().for_each(JoinHandle::abort);
    }
}

async fn pool(shared: Arc<Shared>, of: Pool) {
    let slots = Arc::new(Semaphore::new(of.workers.max(1)));
    let mut workers = JoinSet::new();
    let (mut ready, mut draining) = (shared.jobs.inner.signals.ready.subscribe(), shared.draining.subscribe());
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&slots).acquire_owned() => permit,
            _ = draining.wait_for(|draining| *draining) => break,
        };
        let Ok(permit) = permit else { break };
        while workers.try_join_next().is_some() {}
        ready.borrow_and_update();
        let mut permits = vec![permit];
        permits.extend(std::iter::from_fn(|| Arc::clone(&slots).try_acquire_owned().ok()));
        let nap = match take(&shared, &of, permits.len()).await {
            Ok(given) if !given.jobs.is_empty() => {
                share_out(&shared, &of, given.jobs, permits, &mut workers);
                continue;
            }
            Ok(given) => given.wait_ms.map_or(LOOK_AGAIN, Duration::from_millis),
            Err(error) => {
                tracing::error!(queue = of.queue, %error, "jobs could not be claimed");
                AFTER_FAILURE
            }
        };
        drop(permits);
        tokio::select! {
            _ = ready.changed() => {}
            () = tokio::time::sleep(nap) => {}
            _ = draining.wait_for(|draining| *draining) => break,
        }
    }
    while workers.join_next().await.is_some() {}
}

async fn take(shared: &Shared, of: &Pool, workers: usize) -> Result<Given> {
    let store = shared.jobs.store();
    if !store.read(|view| has_waiting(view, &of.queue))? {
        return Ok(Given::default());
    }
    let (queue, max, boot) = (of.queue.clone(), workers * of.batch.max(1), shared.jobs.inner.boot);
    let (ambient, lease_ms) = (shared.jobs.ambient().clone(), shared.options.lease_ms);
    // A claim that a crash takes back was never acted on in any way that lasted: it need not wait for the disk.
    store.write_soon(move |tx| claim(tx, &Ask { queue: queue.clone(), max, boot, now: ambient.now(), lease_ms })).await
}

/// Deals the jobs out to free workers.
fn share_out(
    shared: &Arc<Shared>,
    of: &Pool,
    jobs: Vec<Held>,
    permits: Vec<OwnedSemaphorePermit>,
    workers: &mut JoinSet<()>,
) {
    if let Some(first) = jobs.first() {
        let hold = Hold { left: jobs.len(), until: shared.now().plus_ms(shared.options.lease_ms) };
        shared.holds.lock().unwrap_or_else(PoisonError::into_inner).insert(first.token, hold);
    }
    let each = jobs.len().div_ceil(permits.len().max(1)).clamp(1, of.batch.max(1));
    let mut jobs = jobs.into_iter().peekable();
    for permit in permits {
        if jobs.peek().is_none() {
            break;
        }
        let batch = jobs.by_ref().take(each).collect();
        workers.spawn(work(Arc::clone(shared), batch, permit));
    }
}

/// One that ended, and what is told of it once it is settled.
struct Finished {
    held: Held,
    settlement: Settlement,
    ran_ms: f64,
}

async fn work(shared: Arc<Shared>, batch: Vec<Held>, permit: OwnedSemaphorePermit) {
    let mut finished = Vec::with_capacity(batch.len());
    let mut oldest = Stopwatch::start();
    let grace = Duration::from_millis(shared.options.grace_ms);
    for held in batch {
        let release = Settlement { key: held.key, token: held.token, ending: Ending::Released, effects: None };
        if *shared.draining.borrow() {
            finished.push(Finished { held, settlement: release, ran_ms: 0.0 });
            continue;
        }
        shared.hold(&held);
        let waited_ms = shared.now().since_ms(held.row.run_at);
        shared.jobs.happened(Happening::Started { task: &held.row.task, waited_ms });
        let watch = Stopwatch::start();
        let Ended { settlement, committed } =
            attempt(&shared.jobs, &shared.registry, &held, grace, &shared.alone).await;
        let ran_ms = watch.elapsed_ms();
        if let Some(settlement) = settlement {
            if finished.is_empty() {
                oldest = Stopwatch::start();
            }
            finished.push(Finished { held, settlement, ran_ms });
        } else {
            if committed {
                tell_end(&shared, &held, JobState::Completed, false, ran_ms);
            }
            shared.let_go(held.token, 1);
        }
        if oldest.elapsed() > SETTLE_EVERY {
            settle(&shared, std::mem::take(&mut finished)).await;
        }
    }
    settle(&shared, finished).await;
    drop(permit);
}

/// Settles what has ended, together; one by one when that fails, so that one handler's effects fail for it alone.
async fn settle(shared: &Arc<Shared>, finished: Vec<Finished>) {
    if finished.is_empty() {
        return;
    }
    let settlements: Arc<Vec<_>> = Arc::new(finished.iter().map(|one| one.settlement.clone()).collect());
    let ambient = shared.jobs.ambient().clone();
    let together = {
        let settlements = Arc::clone(&settlements);
        shared.jobs.store().write(move |tx| settle_all(tx, &settlements, ambient.now())).await
    };
    match together {
        Ok(held) => {
            for (one, held) in finished.iter().zip(held) {
                tell_settled(shared, one, held);
            }
        }
        Err(_) => {
            for one in &finished {
                settle_alone(shared, one).await;
            }
        }
    }
}

async fn settle_alone(shared: &Arc<Shared>, one: &Finished) {
    let ambient = shared.jobs.ambient().clone();
    let settlement = one.settlement.clone();
    let at = ambient.clone();
    let error = match shared.jobs.store().write(move |tx| settle_one(tx, &settlement, at.now())).await {
        Ok(()) => return tell_settled(shared, one, true),
        Err(error) if error.code() == Code::LeaseLost => return tell_settled(shared, one, false),
        Err(error) => error,
    };
    let policy = shared.registry.get(&one.held.row.task).map_or(Policy::USUAL, |kind| kind.policy);
    let ending = failed(&shared.jobs, &policy, &one.held, &JobError::from(error));
    let instead = Settlement { ending, effects: None, ..one.settlement.clone() };
    let sent = instead.clone();
    let done: Result<(), Error> = shared.jobs.store().write(move |tx| settle_one(tx, &sent, ambient.now())).await;
    if let Err(error) = &done {
        tracing::error!(job = %one.held.key.1, %error, "an attempt could not be settled; its lease will end");
    }
    let one = Finished { held: one.held.clone(), settlement: instead, ran_ms: one.ran_ms };
    tell_settled(shared, &one, done.is_ok());
}

fn tell_settled(shared: &Shared, one: &Finished, held: bool) {
    let Finished { held: job, settlement, ran_ms } = one;
    shared.let_go(job.token, 1);
    if !held {
        tracing::warn!(job = %job.key.1, task = job.row.task, "the lease was lost; nothing of the attempt was written");
        return;
    }
    let (state, failed) = match &settlement.ending {
        Ending::Done(_) => (JobState::Completed, false),
        Ending::Failed(_, super::Verdict::RetryAfter(_)) => (JobState::Retryable, true),
        Ending::Failed(_, super::Verdict::Dead(_)) => (JobState::Discarded, true),
        Ending::Cancelled(_) => (JobState::Cancelled, false),
        Ending::Poisoned(_) => (JobState::Quarantined, true),
        Ending::Released => (JobState::Available, false),
    };
    tell_end(shared, job, state, failed, *ran_ms);
}

fn tell_end(shared: &Shared, job: &Held, state: JobState, failed: bool, ran_ms: f64) {
    let (task, queue) = (job.row.task.as_str(), job.row.queue.as_str());
    shared.jobs.happened(Happening::Ended { task, queue, state, failed, ran_ms });
    shared.jobs.tell_change(job.key);
}
