//! S: The durable queue: jobs enqueued inside the transaction that causes them, claimed under leases, settled with their
//! effects. Knows no kind of job; `worker` has those.
//!
//! What may become of a job ([`state::next`] is this table, and a test holds the two together):
//!
//! | state | what may happen → where it leads |
//! |---|---|
//! | `scheduled` | Due → available, Retry → available, Cancel → cancelled |
//! | `available` | Claim → running, Cancel → cancelled, Quarantine → quarantined |
//! | `running` | Succeed → completed, FailForNow → retryable, FailForGood → discarded, Cancel → cancelled, Rescue → available, Quarantine → quarantined |
//! | `retryable` | Due → available, Retry → available, Cancel → cancelled |
//! | `completed` | |
//! | `cancelled` | Retry → available |
//! | `discarded` | Retry → available |
//! | `quarantined` | Replay → available |
//!
//! Who moves a job: [`enqueue`] makes it; the stager brings it into line when its instant comes; [`claim`] gives it to a
//! worker; the worker settles it (`settle`); the rescuer takes it back when the worker's lease has ended; the cleaner
//! removes it when it has been ended for long; operators do the rest ([`admin`]).
//!
//! What a handler may count on: it is started at least once; what it writes through [`Ctx::commit`] or leaves in
//! [`Done`] is written exactly once, with its completion, by a worker that still holds the job. What it does elsewhere, to
//! the network say, may happen again and must bear that.

pub mod admin;
mod attempt;
mod backoff;
mod claim;
pub mod cron;
mod enqueue;
mod flow;
mod handler;
mod kind;
mod place;
mod rate;
mod recorder;
mod runner;
mod seal;
mod services;
mod settle;
pub mod state;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::{broadcast, watch};

pub use self::backoff::{Choice, Verdict};
pub use self::claim::{Ask, Given, Held, claim, has_waiting};
pub use self::enqueue::{Enqueued, enqueue, enqueue_all, is_name};
pub use self::handler::{Ctx, Done, JobError, Registry, Stop};
pub use self::kind::{DEFAULT_QUEUE, Draft, Job, Owner, Policy, Undecodable, Unique};
pub use self::place::JobKey;
pub use self::runner::{Options, Pool, Runner};
pub use self::seal::{NoSealer, Sealer, Unsealed};
pub use self::services::Recurring;
pub use self::settle::{Effects, Ending, Failure, Output, Settlement, settle_all, settle_one};
pub use self::upkeep::{Rescued, blame, clean, next_due, renew, rescue, stage};

pub use crate::store::tables::jobs::{AttemptRow, JobRow, JobState, RateRow, ShareRow};

use crate::clock::Ambient;
use crate::error::{Error, Result};
use crate::store::tables::jobs::{JOB_SCHEDULE, JOB_TURNS};
use crate::store::tables::{META, MetaRow};
use crate::store::{Reads, Store};

/// Name under which [`META`] counts the starts of the queue.
const BOOT: &str = "job_boot";
/// Changes that a watcher may lag behind before it has to look for itself.
const CHANGES_HELD: usize = 1_024;

/// Something that happened, for counts and timings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Happening<'a> {
    /// An attempt began, so long after the job might have run.
    Started {
        /// Kind of job.
        task: &'a str,
        /// Milliseconds since it became available.
        waited_ms: u64,
    },
    /// An attempt ended.
    Ended {
        /// Kind of job.
        task: &'a str,
        /// Queue.
        queue: &'a str,
        /// What it came to: the state that it led to.
        state: JobState,
        /// Whether it failed, whatever followed.
        failed: bool,
        /// Milliseconds that the handler took.
        ran_ms: f64,
    },
    /// A job was taken back from a lost worker.
    Rescued {
        /// Kind of job.
        task: &'a str,
        /// Queue.
        queue: &'a str,
        /// Where it stands now.
        state: JobState,
    },
}

/// Told of what happens.
pub type Observer = Box<dyn Fn(Happening<'_>) + Send + Sync>;

/// The queue of one appliance. Clones share it.
#[derive(Clone)]
pub struct Jobs {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    ambient: Ambient,
    sealer: Arc<dyn Sealer>,
    recorder: recorder::Recorder,
    boot: u64,
    signals: Arc<Signals>,
    running: Mutex<BTreeMap<JobKey, watch::Sender<Stop>>>,
    progress: Mutex<BTreeMap<JobKey, (u64, u64)>>,
    changes: broadcast::Sender<JobKey>,
    observer: OnceLock<Observer>,
}

/// Told by the store's writer; holds no store.
struct Signals {
    ready: watch::Sender<()>,
    schedule: watch::Sender<()>,
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").field("boot", &self.inner.boot).finish_non_exhaustive()
    }
}

impl Jobs {
    /// The queue in `store`, for the one process that owns its directory. What earlier processes held is taken back;
    /// `notes` is the flight recorder's file, by which those are found that brought a process down.
    ///
    /// # Errors
    /// When the store fails, or the file cannot be used.
    pub async fn open(store: Store, ambient: Ambient, sealer: Arc<dyn Sealer>, notes: Option<&Path>) -> Result<Self> {
        let (recorder, suspects) = match notes {
            Some(path) => recorder::Recorder::open(path).map_err(Error::internal)?,
            None => (recorder::Recorder::default(), BTreeSet::new()),
        };
        let at = ambient.clone();
        let boot = store
            .write(move |tx| {
                let last = match tx.get(&META, &BOOT.to_owned())? {
                    Some(MetaRow::Number(last)) => last,
                    _ => 0,
                };
                tx.put(&META, &BOOT.to_owned(), &MetaRow::Number(last + 1))?;
                let poison = blame(tx, &suspects, at.now())?;
                for job in poison {
                    tracing::error!(job = %job.key.1, task = job.task, "a job that crashes is quarantined");
                }
                Ok::<_, Error>(last + 1)
            })
            .await?;
        recorder.clear().map_err(Error::internal)?;
        let signals = Arc::new(Signals { ready: watch::Sender::new(()), schedule: watch::Sender::new(()) });
        let (ready, schedule) = (Arc::clone(&signals), Arc::clone(&signals));
        store.watch(JOB_TURNS.name(), Box::new(move || ready.ready.send_replace(())));
        store.watch(JOB_SCHEDULE.name(), Box::new(move || schedule.schedule.send_replace(())));
        let inner = Inner {
            store,
            ambient,
            sealer,
            recorder,
            boot,
            signals,
            running: Mutex::default(),
            progress: Mutex::default(),
            changes: broadcast::Sender::new(CHANGES_HELD),
            observer: OnceLock::new(),
        };
        let jobs = Self { inner: Arc::new(inner) };
        while !jobs.rescue_now().await?.is_empty() {}
        Ok(jobs)
    }

    /// Tells `observer` what happens from now on; the first observer stays.
    pub fn observe(&self, observer: Observer) {
        drop(self.inner.observer.set(observer));
    }

    /// A draft of `job`, its payload sealed when it is personal.
    ///
    /// # Errors
    /// As [`Draft::new`]; when the user's key is gone.
    pub fn draft<J: Job>(&self, owner: Owner, job: &J) -> Result<Draft> {
        let mut draft = Draft::new(&self.inner.ambient, owner, job)?;
        if J::PERSONAL
            && let Some(user) = draft.owner.user
        {
            draft.payload = self.inner.sealer.seal((draft.owner.tenant, user), &draft.id.0, &draft.payload)?;
            draft.sealed = true;
        }
        Ok(draft)
    }

    /// Enqueues a job in a transaction of its own.
    ///
    /// # Errors
    /// As [`Self::draft`] and [`enqueue`].
    pub async fn add<J: Job>(&self, owner: Owner, job: &J) -> Result<Enqueued> {
        let draft = self.draft(owner, job)?;
        self.inner.store.write(move |tx| enqueue(tx, &draft)).await
    }

    /// Keys of jobs that have just changed: started, ended, or come further. One that lags must look for itself.
    pub fn changes(&self) -> broadcast::Receiver<JobKey> {
        self.inner.changes.subscribe()
    }

    /// How far a running job says it has come: so many of so many.
    pub fn progress(&self, key: JobKey) -> Option<(u64, u64)> {
        self.inner.progress.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied()
    }

    /// Asks a running job to end, if it runs here.
    pub fn stop(&self, key: JobKey, why: Stop) {
        let running = self.inner.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stop) = running.get(&key) {
            ask_to_stop(stop, why);
        }
    }

    /// The store it lives in.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Time and randomness.
    pub fn ambient(&self) -> &Ambient {
        &self.inner.ambient
    }

    /// What seals payloads and results.
    pub fn sealer(&self) -> &dyn Sealer {
        self.inner.sealer.as_ref()
    }

    fn recorder(&self) -> &recorder::Recorder {
        &self.inner.recorder
    }

    fn happened(&self, happening: Happening<'_>) {
        if let Some(observer) = self.inner.observer.get() {
            observer(happening);
        }
    }

    fn tell_progress(&self, key: JobKey, done: u64, total: u64) {
        self.inner.progress.lock().unwrap_or_else(PoisonError::into_inner).insert(key, (done, total));
        self.tell_change(key);
    }

    fn tell_change(&self, key: JobKey) {
        // Nobody need be watching.
        let _ = self.inner.changes.send(key);
    }

    /// Takes back what lost workers held.
    async fn rescue_now(&self) -> Result<Vec<Rescued>> {
        let (boot, ambient) = (self.inner.boot, self.inner.ambient.clone());
        let rescued = self.inner.store.write(move |tx| rescue(tx, boot, ambient.now())).await?;
        for job in &rescued {
            self.happened(Happening::Rescued { task: &job.task, queue: &job.queue, state: job.state });
            self.tell_change(job.key);
        }
        Ok(rescued)
    }
}

/// The first reason stays.
fn ask_to_stop(stop: &watch::Sender<Stop>, why: Stop) {
    stop.send_if_modified(|now| {
        let first = *now == Stop::No;
        if first {
            *now = why;
        }
        first
    });
}
