//! The one writer: a thread that gathers the writes that wait, runs them in one transaction, commits once, and then
//! answers them all. Knows no rows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::CommitObserver;
use super::engine::{Batch, Engine};
use super::error::StoreError;
use super::tx::{Pending, Tx};
use crate::clock::Stopwatch;
use crate::limits::{GROUP_COMMIT_MAX_WRITES, GROUP_COMMIT_WAIT_US};

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

    /// Tells the caller, once the batch is durable or has failed.
    fn answer(self: Box<Self>, batch: Result<(), StoreError>);
}

/// A closure, what it came to, and where to say so.
pub(super) struct Work<T, E, F> {
    closure: F,
    outcome: Result<T, E>,
    reply: Box<dyn FnOnce(Result<T, E>) + Send>,
}

impl<T, E: From<StoreError>, F> Work<T, E, F> {
    pub(super) fn new(closure: F, reply: impl FnOnce(Result<T, E>) + Send + 'static) -> Self {
        Self { closure, outcome: Err(StoreError::Closed.into()), reply: Box::new(reply) }
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

    fn answer(self: Box<Self>, batch: Result<(), StoreError>) {
        // A refusal is held back too: it may rest on a change of the batch that did not last.
        let Self { closure, outcome, reply } = *self;
        let answer = batch.map_err(E::from).and(outcome);
        // What the closure holds is let go before anybody hears of the end; should that panic, the answer stands.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(closure)));
        reply(answer);
    }
}

/// The writer's thread: ends at [`Message::Stop`] or when nobody can send any more.
pub(super) fn run(queue: &Receiver<Message>, engine: &Arc<Engine>, observer: &OnceLock<CommitObserver>) {
    let (mut open, mut expected) = (true, 0);
    while open {
        let mut jobs = Vec::new();
        open = gather(queue, &mut jobs, expected);
        expected = jobs.len();
        if !jobs.is_empty() {
            let (writes, watch) = (jobs.len(), Stopwatch::start());
            commit(jobs, engine);
            if let Some(observer) = observer.get() {
                observer(writes, watch.elapsed());
            }
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
        if next.is_none() && jobs.len() < expected {
            let left = Duration::from_micros(GROUP_COMMIT_WAIT_US).saturating_sub(watch.elapsed());
            next = queue.recv_timeout(left).ok();
        }
    }
}

fn commit(mut jobs: Vec<Box<dyn Job>>, engine: &Engine) {
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        engine.commit(|batch| {
            for job in &mut jobs {
                if let Some(pending) = job.run(batch) {
                    batch.apply(pending)?;
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
    }
}
