//! S: Runs one model for many conversations at once, on a thread of its own. Loads no model, and knows no template.
//!
//! In each step one chunk of every sequence that has something to compute goes through the model: those that write by one
//! token, then prompts in parts. Sequences join and leave between steps. Who comes waits in the queue of its tenant, which
//! is served by weight, and beyond the queue's bound is refused. Who starts has been promised every page that it may come
//! to need, so that none is ever taken from a sequence that runs; the price is that one that may write much waits until
//! there is room for all of it.
//!
//! Whoever drops the text of an answer has left: the sequence is gone before the next step. A step that panics fails the
//! sequences that ran and forgets all that was cached; after several in a row the engine is broken and says so to
//! everybody. The thread sleeps while there is nothing to do, and ends when the engine was closed and is empty.

mod desk;
mod pages;
mod plan;
mod run;
mod sequence;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use self::desk::{Desk, Waiting};
use super::forward::{Forward, Vocabulary};
use super::grammar::Constraint;
use super::sampler::Taste;
use crate::clock::Stopwatch;
use crate::error::FieldError;
use crate::limits::KV_PAGE_POSITIONS;
use crate::llm::model::{Delta, Failure, Party, Reason};
use crate::telemetry::EngineMetrics;

/// How much an engine takes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Sequences that run at once.
    pub sequences: usize,
    /// Sequences that may wait.
    pub queue: usize,
    /// Those of them that one tenant may have.
    pub queue_per_tenant: usize,
}

/// An answer to be written.
#[derive(Debug)]
pub struct Job {
    /// The prompt, its template included; never empty.
    pub prompt: Vec<u32>,
    /// Most tokens of the answer.
    pub max_tokens: usize,
    /// How its tokens are chosen.
    pub taste: Taste,
    /// Where its chance starts.
    pub seed: u64,
    /// Texts before which it ends.
    pub stop: Vec<String>,
    /// What it is held to.
    pub constraint: Option<Constraint>,
    /// For whom it is.
    pub party: Party,
    /// When it must have ended.
    pub within: Duration,
}

/// What an answer says as it is written. Dropping it ends the sequence.
pub type Said = mpsc::Receiver<Result<Delta, Failure>>;

/// An engine at work. When the last of its clones goes it is closed: what runs and waits is answered to its end.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    desk: Arc<Desk>,
    context: usize,
    ended: watch::Receiver<()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.desk.close();
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("context", &self.inner.context).finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the thread that drives `forward`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        forward: Box<dyn Forward>,
        vocabulary: Arc<dyn Vocabulary>,
        bounds: Bounds,
        metrics: EngineMetrics,
    ) -> std::io::Result<Self> {
        let context = forward.context().min(forward.pages() * KV_PAGE_POSITIONS);
        let desk = Arc::new(Desk::new(bounds));
        let (alive, ended) = watch::channel(());
        let worker = run::Worker::new(forward, vocabulary, Arc::clone(&desk), metrics);
        std::thread::Builder::new().name("local-model".into()).spawn(move || {
            worker.run();
            drop(alive);
        })?;
        Ok(Self { inner: Arc::new(Inner { desk, context, ended }) })
    }

    /// Most tokens of a prompt and its answer.
    pub fn context(&self) -> usize {
        self.inner.context
    }

    /// Puts an answer into the queue.
    ///
    /// # Errors
    /// [`Reason::Invalid`] when the prompt leaves no room for an answer, [`Reason::Busy`] when too many wait,
    /// [`Reason::Error`] when the engine is closed or broken. Nothing was computed.
    pub fn submit(&self, mut job: Job) -> Result<Said, Failure> {
        let context = self.inner.context;
        let length = job.prompt.len();
        if length == 0 || length >= context {
            let allowed =
                format!("messages that the model's template turns into 1 to {} tokens", context.saturating_sub(1));
            return Err(Failure::invalid(FieldError::new("messages", format!("{length} tokens"), allowed)));
        }
        job.max_tokens = job.max_tokens.clamp(1, context - length);
        // Every token says one thing at most, and then there are what was held back and the end.
        let (tell, said) = mpsc::channel(job.max_tokens + 2);
        self.inner.desk.enter(Waiting { job, tell, since: Stopwatch::start() })?;
        Ok(said)
    }

    /// How many have a place, and how many wait for one.
    pub fn crowd(&self) -> (usize, usize) {
        self.inner.desk.crowd()
    }

    /// Whether it can take on anything more, now or later.
    pub fn is_open(&self) -> bool {
        self.inner.desk.is_open()
    }

    /// Takes on nothing more; what runs and waits is answered to its end.
    pub fn close(&self) {
        self.inner.desk.close();
    }

    /// Closed, and what has not ended fails within a step.
    pub fn abort(&self) {
        self.inner.desk.abort();
    }

    /// Whether the thread has ended.
    pub fn has_ended(&self) -> bool {
        self.inner.ended.has_changed().is_err()
    }

    /// Resolves when the thread has ended, and with it the model's memory is free.
    pub async fn ended(&self) {
        let mut ended = self.inner.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

fn stopping() -> Failure {
    Failure::new(Reason::Busy, "the model is being put away")
}

fn broken() -> Failure {
    Failure::new(Reason::Error, "the model failed again and again, and is not used any more")
}

#[cfg(test)]
mod tests;
