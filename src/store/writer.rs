//! The one writer: a thread that gathers the writes that wait, runs them in one transaction, commits once, and then
//! answers them all. Knows no rows.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use super::engine::{Batch, Engine};
use super::error::StoreError;
use super::tx::{Pending, Tx};
use super::{CommitObserver, Watcher};
use crate::clock::Stopwatch;
use crate::limits::{GROUP_COMMIT_MAX_WRITES, GROUP_COMMIT_WAIT_US};

/// Whom the writer tells of its commits.
#[derive(Default)]
pub(super) struct Told {
    pub(super) observer: OnceLock<CommitObserver>,
    pub(super) watchers: RwLock<Vec<(&'static str, Watcher)>>,
}

impl Told {
    fn wake(&self, changed: &BTreeSet<&'static str>) {
        let watchers = self.watchers.read().unwrap_or_else(PoisonError::into_inner);
        watchers.iter().filter(|(table, _)| changed.contains(table)).for_each(|(_, watcher)| watcher());
    }
}

/// What the writer is sent.
pub(super) enum Message {
    /// A write.
    Write(Box<dyn Job>),
    /// Finish what was sent before, and end.
    Stop,
}

/// One write, its types hidden.
pub(super) trait Job: Send {
    /// Runs the closure; its changes, or none when it failed or panicked.
    fn run(&mut self, batch: &Batch<'_>) -> Option<Pending>;

    /// Whether the caller waits for the disk.
    fn is_durable(&self) -> bool;

    /// Tells the caller, once the batch is durable or has failed.
    fn answer(self: Box<Self>, batch: Result<(), StoreError>);
}

/// A closure, what it came to, and where to say so.
pub(super) struct Work<T, E, F> {
    closure: F,
    durable: bool,
    outcome: Result<T, E>,
    reply: Box<dyn FnOnce(Result<T, E>) + Send>,
}

impl<T, E: From<StoreError>, F> Work<T, E, F> {
    pub(super) fn new(closure: F, durable: bool, reply: impl FnOnce(Result<T, E>) + Send + 'static) -> Self {
        Self { closure, durable, outcome: Err(StoreError::Closed.into()), reply: Box::new(reply) }
    }
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, batch: &Batch<'_>) -> Option<Pending> {
        let mut tx = Tx::new(batch);
        self.outcome = catch_unwind(AssertUnwindSafe(|| (self.closure)(&mut tx)))
            .unwrap_or_else(|_| Err(StoreError::ClosurePanicked.into()));
        self.outcome.is_ok().then(|| tx.into_pending())
    }

    fn is_durable(&self) -> bool {
        self.durable
    }

    fn answer(self: Box<Self>, batch: Result<(), StoreError>) {
        // A refusal is held back too: it may rest on a change of the batch that did not last.
        let Self { closure, outcome, reply, durable: _ } = *self;
        let answer = batch.map_err(E::from).and(outcome);
        // What the closure holds is let go before anybody hears of the end; should that panic, the answer stands.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(closure)));
        reply(answer);
    }
}

/// The writer's thread: ends at [`Message::Stop`] or when nobody can send any more.
pub(super) fn run(queue: &Receiver<Message>, engine: &Arc<Engine>, told: &Told) {
    let (mut open, mut expected) = (true, 0);
    while open {
        let mut jobs = Vec::new();
        open = gather(queue, &mut jobs, expected);
        expected = jobs.len();
        if !jobs.is_empty() {
            let (writes, watch) = (jobs.len(), Stopwatch::start());
            let durable = jobs.iter().any(|job| job.is_durable());
            let changed = commit(jobs, engine, durable);
            if let Some(observer) = told.observer.get().filter(|_| durable) {
                observer(writes, watch.elapsed());
            }
            told.wake(&changed);
        }
    }
}

/// Waits for one write, then takes what else waits, and, when that is fewer than were `expected`, gives those on their way
/// a moment: a commit of their own would cost more. False when the queue has ended.
fn gather(queue: &Receiver<Message>, jobs: &mut Vec<Box<dyn Job>>, expected: usize) -> bool {
    let mut next = queue.recv().ok();
    let watch = Stopwatch::start();
    loop {
        match next {
            Some(Message::Write(job)) => jobs.push(job),
            Some(Message::Stop) => return false,
            None => return !jobs.is_empty(),
        }
        if jobs.len() >= GROUP_COMMIT_MAX_WRITES {
            return true;
        }
        next = queue.try_recv().ok();
        if next.is_none() && jobs.len() < expected && jobs.iter().any(|job| job.is_durable()) {
            let left = Duration::from_micros(GROUP_COMMIT_WAIT_US).saturating_sub(watch.elapsed());
            next = queue.recv_timeout(left).ok();
        }
    }
}

/// Commits them together and answers them; the tables that changed.
fn commit(mut jobs: Vec<Box<dyn Job>>, engine: &Engine, durable: bool) -> BTreeSet<&'static str> {
    let mut changed = BTreeSet::new();
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        engine.commit(durable, |batch| {
            for job in &mut jobs {
                if let Some(pending) = job.run(batch) {
                    changed.extend(pending.keys().copied());
                    batch.apply(pending);
                }
            }
            Ok(())
        })
    }));
    let outcome = attempt.unwrap_or_else(|_| Err(StoreError::CommitFailed(String::from("the database panicked"))));
    for job in jobs {
        // What a caller left behind may panic when it is dropped; that is no reason to fail the others.
        let _ = catch_unwind(AssertUnwindSafe(|| job.answer(outcome.clone())));
    }
    if outcome.is_err() {
        engine.reopen();
        changed.clear();
    }
    changed
}
