//! S: What a handler is given and what it answers: its context, its outcome, its error; and the registry that knows a
//! handler for each kind of job. Runs none.

use std::any::type_name;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use super::Jobs;
use super::backoff::Choice;
use super::kind::{Job, Policy, Undecodable, decode};
use super::place::JobKey;
use super::settle::{Effects, Ending, Failure, Output, Settlement, settle_one};
use crate::error::{Code, Error};
use crate::ids::{JobId, TenantId, UserId};
use crate::limits;
use crate::store::{StoreError, Tx};

/// Why a running handler should end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stop {
    /// It should not.
    #[default]
    No,
    /// Somebody called its job off.
    Cancelled,
    /// It took too long.
    TimedOut,
    /// The appliance stops.
    Draining,
    /// Its worker's lease has ended: nothing of it can be written any more.
    LeaseLost,
}

/// What a handler knows of the job it runs. Clones share it.
#[derive(Clone)]
pub struct Ctx {
    pub(super) inner: Arc<CtxInner>,
}

pub(super) struct CtxInner {
    pub(super) jobs: Jobs,
    pub(super) key: JobKey,
    pub(super) token: u64,
    pub(super) task: String,
    pub(super) user: Option<UserId>,
    pub(super) request_id: String,
    pub(super) failures: u32,
    pub(super) settled: AtomicBool,
    pub(super) stop: watch::Sender<Stop>,
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx").field("job", &self.inner.key.1).field("task", &self.inner.task).finish_non_exhaustive()
    }
}

impl Ctx {
    /// Identifier of the job.
    pub fn id(&self) -> JobId {
        self.inner.key.1
    }

    /// Its tenant.
    pub fn tenant(&self) -> TenantId {
        self.inner.key.0
    }

    /// The user who caused it.
    pub fn user(&self) -> Option<UserId> {
        self.inner.user
    }

    /// The request that caused it; empty when none did.
    pub fn request_id(&self) -> &str {
        &self.inner.request_id
    }

    /// How often it has failed before.
    pub fn failures(&self) -> u32 {
        self.inner.failures
    }

    /// Commits `effects` and the job's completion together, if this worker still holds the job. Nothing may be done for
    /// the job after it.
    ///
    /// # Errors
    /// [`Code::LeaseLost`] when it does not hold it any more, or what `effects` failed with; then nothing is written.
    pub async fn commit<F>(&self, effects: F) -> Result<(), Error>
    where
        F: Fn(&mut Tx<'_>) -> Result<(), Error> + Send + Sync + 'static,
    {
        self.commit_done(Done::with(effects)).await
    }

    /// As [`Self::commit`], with whatever `done` holds.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub async fn commit_done(&self, done: Done) -> Result<(), Error> {
        if self.inner.settled.load(Ordering::Acquire) {
            return Err(Error::internal(format!("job {} was committed twice", self.id())));
        }
        let settlement = self.inner.jobs.settlement(self, done);
        let ambient = self.inner.jobs.ambient().clone();
        self.inner.jobs.store().write(move |tx| settle_one(tx, &settlement, ambient.now())).await?;
        self.inner.settled.store(true, Ordering::Release);
        Ok(())
    }

    /// Tells those who watch how far it has come.
    pub fn progress(&self, done: u64, total: u64) {
        self.inner.jobs.tell_progress(self.inner.key, done, total);
    }

    /// Why it should end, if it should.
    pub fn stop(&self) -> Stop {
        *self.inner.stop.borrow()
    }

    /// Waits until it should end.
    pub async fn stopped(&self) -> Stop {
        let mut stop = self.inner.stop.subscribe();
        // The sender lives as long as this context does.
        stop.wait_for(|stop| *stop != Stop::No).await.map_or(Stop::LeaseLost, |stop| *stop)
    }

    /// Runs `work`, which may block, apart from the async threads. It should look at [`Self::stop`] now and then: it
    /// cannot be cut, only given up.
    ///
    /// # Errors
    /// When it panics.
    pub async fn blocking<T, F>(&self, work: F) -> Result<T, JobError>
    where
        F: FnOnce(&Self) -> T + Send + 'static,
        T: Send + 'static,
    {
        let ctx = self.clone();
        let noted = move || {
            let _note = ctx.inner.jobs.recorder().note(ctx.inner.key);
            work(&ctx)
        };
        tokio::task::spawn_blocking(noted).await.map_err(|failed| {
            let text = failed.try_into_panic().map_or_else(|e| e.to_string(), |panic| panic_text(panic.as_ref()));
            JobError { choice: Choice::Retry, class: "panic", chain: vec![text] }
        })
    }
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| String::from("a panic without words"))
}

/// What a handler that succeeded leaves to be committed with its job's completion.
#[derive(Clone, Default)]
pub struct Done {
    pub(super) effects: Option<Effects>,
    pub(super) output: Option<Output>,
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").field("output", &self.output).finish_non_exhaustive()
    }
}

impl Done {
    /// Nothing.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// These changes. They commit together with the completion, in one transaction with those of other jobs.
    pub fn with<F>(effects: F) -> Self
    where
        F: Fn(&mut Tx<'_>) -> Result<(), Error> + Send + Sync + 'static,
    {
        Self { effects: Some(Arc::new(effects)), output: None }
    }

    /// And this result for its owner, sealed when `sealed`.
    ///
    /// # Errors
    /// When it is larger than a result may be.
    pub fn output(mut self, content_type: &str, bytes: Vec<u8>, sealed: bool) -> Result<Self, JobError> {
        if bytes.len() > limits::JOB_RESULT_MAX_BYTES {
            let what = format!("the result takes {} bytes, {} are allowed", bytes.len(), limits::JOB_RESULT_MAX_BYTES);
            return Err(JobError::fail("result_too_large", &what));
        }
        self.output = Some(Output { content_type: content_type.to_owned(), bytes, sealed });
        Ok(self)
    }
}

/// Why a handler failed, and whether trying again may help. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobError {
    pub(super) choice: Choice,
    pub(super) class: &'static str,
    pub(super) chain: Vec<String>,
}

impl JobError {
    /// Trying again may help.
    pub fn retry(class: &'static str, what: &impl fmt::Display) -> Self {
        Self { choice: Choice::Retry, class, chain: vec![what.to_string()] }
    }

    /// Trying again may help, not before so many milliseconds.
    pub fn retry_after(class: &'static str, after_ms: u64, what: &impl fmt::Display) -> Self {
        Self { choice: Choice::RetryAfter(after_ms), ..Self::retry(class, what) }
    }

    /// Trying again cannot help.
    pub fn fail(class: &'static str, what: &impl fmt::Display) -> Self {
        Self { choice: Choice::Fail, ..Self::retry(class, what) }
    }

    /// With the error that caused it.
    #[must_use]
    pub fn because(mut self, cause: &impl fmt::Display) -> Self {
        self.chain.push(cause.to_string());
        self
    }

    pub(super) fn failure(&self) -> Failure {
        Failure { class: self.class, chain: self.chain.clone() }
    }
}

impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        let choice =
            if error.code().retryable() || error.code() == Code::LeaseLost { Choice::Retry } else { Choice::Fail };
        let mut chain = vec![format!("{}: {}", error.code().as_str(), error.public_message())];
        chain.extend(error.cause().map(ToOwned::to_owned));
        Self { choice, class: error.code().as_str(), chain }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

/// A handler at work.
pub(super) type Running = Pin<Box<dyn Future<Output = Result<Done, JobError>> + Send>>;
type Start = Arc<dyn Fn(Ctx, u16, &[u8]) -> Result<Running, Undecodable> + Send + Sync>;

/// A kind of job and its handler.
#[derive(Clone)]
pub(super) struct Kind {
    pub(super) policy: Policy,
    pub(super) personal: bool,
    pub(super) start: Start,
}

/// Handlers by kind of job.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Kind>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.kinds.keys()).finish()
    }
}

impl Registry {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// And this handler for jobs of kind `J`.
    #[must_use]
    pub fn with<J, F, R>(mut self, handler: F) -> Self
    where
        J: Job,
        F: Fn(Ctx, J) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Done, JobError>> + Send + 'static,
    {
        let start: Start = Arc::new(move |ctx, version, payload| {
            let job = decode::<J>(version, payload)?;
            Ok(Box::pin(handler(ctx, job)) as Running)
        });
        let replaced = self.kinds.insert(J::NAME, Kind { policy: J::POLICY, personal: J::PERSONAL, start });
        debug_assert!(replaced.is_none(), "{} has the name of another kind", type_name::<J>());
        self
    }

    pub(super) fn get(&self, task: &str) -> Option<&Kind> {
        self.kinds.get(task)
    }

    /// Names of the kinds.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.kinds.keys().copied()
    }
}

impl Jobs {
    pub(super) fn settlement(&self, ctx: &Ctx, done: Done) -> Settlement {
        let (recorder, key) = (self.recorder().clone(), ctx.inner.key);
        let noted = |effects: Effects| {
            let noted: Effects = Arc::new(move |tx: &mut Tx<'_>| {
                let _note = recorder.note(key);
                effects(tx)
            });
            noted
        };
        Settlement { key, token: ctx.inner.token, ending: Ending::Done(done.output), effects: done.effects.map(noted) }
    }
}
