//! S: One attempt at a job: reads its payload, runs its handler within its time, and says how it ended. Writes nothing.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::watch;

use super::backoff::{Choice, decide, of_class};
use super::handler::{Ctx, CtxInner, Done, JobError, Kind, Running, Stop, panic_text};
use super::kind::Policy;
use super::recorder::Recorder;
use super::seal::Unsealed;
use super::settle::{Ending, Settlement};
use super::{Held, JobKey, Jobs, Registry, ask_to_stop};

/// How an attempt ended; `None` when there is nothing to settle: it was committed, or its lease is lost.
pub(super) struct Ended {
    pub(super) settlement: Option<Settlement>,
    /// Whether the handler committed by itself.
    pub(super) committed: bool,
}

/// A handler at work: noted in the flight recorder while it is polled, its panics caught.
struct Watched {
    work: Running,
    recorder: Recorder,
    key: JobKey,
    hide_panics: bool,
}

impl Future for Watched {
    type Output = Result<Done, JobError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _note = self.recorder.note(self.key);
        let hide = self.hide_panics;
        let work = &mut self.work;
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))).unwrap_or_else(|panic| {
            // What a panic says may quote what the job works on.
            let text = if hide { String::from("the handler panicked") } else { panic_text(panic.as_ref()) };
            Poll::Ready(Err(JobError { choice: Choice::Retry, class: "panic", chain: vec![text] }))
        })
    }
}

/// Removes the job from those that run here, however the attempt ends.
struct Listed<'a>(&'a Jobs, JobKey);

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.0.inner.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
        self.0.inner.progress.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
        self.0.tell_change(self.1);
    }
}

/// Runs a job that this process holds.
pub(super) async fn attempt(
    jobs: &Jobs,
    registry: &Registry,
    held: &Held,
    grace: Duration,
    alone: &tokio::sync::Mutex<()>,
) -> Ended {
    let settle = |ending| Ended {
        settlement: Some(Settlement { key: held.key, token: held.token, ending, effects: None }),
        committed: false,
    };
    let Some(kind) = registry.get(&held.row.task) else {
        return settle(Ending::Poisoned(String::from("unknown_task")));
    };
    let payload = match payload(jobs, held) {
        Ok(payload) => payload,
        Err(ending) => return settle(ending),
    };
    let ctx = context(jobs, held);
    jobs.inner.running.lock().unwrap_or_else(PoisonError::into_inner).insert(held.key, ctx.inner.stop.clone());
    let _listed = Listed(jobs, held.key);
    jobs.tell_change(held.key);
    // One that was there when a process died runs with no other such beside it, so that the next death tells on one.
    let _alone = if held.row.crashes > 0 { Some(alone.lock().await) } else { None };
    let work = match start(jobs, kind, &ctx, held.row.version, &payload) {
        Ok(work) => work,
        Err(ending) => return settle(ending),
    };
    let outcome = supervise(&ctx, work, Duration::from_millis(kind.policy.timeout_ms), grace).await;
    if ctx.inner.settled.load(Ordering::Acquire) {
        return Ended { settlement: None, committed: true };
    }
    let ending = match (outcome, ctx.stop()) {
        (Some(Ok(done)), _) => return Ended { settlement: Some(jobs.settlement(&ctx, done)), committed: false },
        (_, Stop::LeaseLost) => return Ended { settlement: None, committed: false },
        (_, Stop::Cancelled) => Ending::Cancelled("cancelled"),
        (_, Stop::Draining) => Ending::Released,
        (_, Stop::TimedOut) | (None, Stop::No) => {
            let what = format!("it took more than {} ms", kind.policy.timeout_ms);
            failed(jobs, &kind.policy, held, &JobError::retry("timeout", &what))
        }
        (Some(Err(error)), Stop::No) => failed(jobs, &kind.policy, held, &error),
    };
    settle(ending)
}

/// What follows a failure of the attempt.
pub(super) fn failed(jobs: &Jobs, policy: &Policy, held: &Held, error: &JobError) -> Ending {
    let row = &held.row;
    let of_class = (error.class, of_class(&row.by_class, error.class) + 1);
    let random = u64::from_le_bytes(jobs.ambient().bytes());
    let verdict = decide(policy, row.failures_max, row.failures + 1, of_class, error.choice, random);
    Ending::Failed(error.failure(), verdict)
}

fn context(jobs: &Jobs, held: &Held) -> Ctx {
    let inner = CtxInner {
        jobs: jobs.clone(),
        key: held.key,
        token: held.token,
        task: held.row.task.clone(),
        user: held.row.user,
        request_id: held.row.request_id.clone(),
        failures: held.row.failures,
        settled: AtomicBool::new(false),
        stop: watch::Sender::new(Stop::No),
    };
    Ctx { inner: Arc::new(inner) }
}

fn payload(jobs: &Jobs, held: &Held) -> Result<Vec<u8>, Ending> {
    let row = &held.row;
    let Some(user) = row.user.filter(|_| row.sealed) else { return Ok(row.payload.clone()) };
    jobs.sealer().unseal((held.key.0, user), &held.key.1.0, &row.payload).map_err(|cause| match cause {
        Unsealed::KeyGone => Ending::Cancelled("user_erased"),
        Unsealed::Broken => Ending::Poisoned(String::from("undecodable: the sealed payload does not open")),
        Unsealed::Failed(error) => {
            tracing::error!(job = %held.key.1, %error, "a payload could not be opened now");
            Ending::Released
        }
    })
}

fn start(jobs: &Jobs, kind: &Kind, ctx: &Ctx, version: u16, payload: &[u8]) -> Result<Watched, Ending> {
    let recorder = jobs.recorder().clone();
    let note = recorder.note(ctx.inner.key);
    let started = catch_unwind(AssertUnwindSafe(|| (kind.start)(ctx.clone(), version, payload)));
    drop(note);
    match started {
        Ok(Ok(work)) => Ok(Watched { work, recorder, key: ctx.inner.key, hide_panics: kind.personal }),
        Ok(Err(undecodable)) => Err(Ending::Poisoned(format!("undecodable: {undecodable}"))),
        Err(_) => Err(Ending::Poisoned(String::from("undecodable: reading the payload panicked"))),
    }
}

/// Runs the handler until it ends, or until it was asked to and the grace is over: then it is dropped, and `None` told.
async fn supervise(ctx: &Ctx, mut work: Watched, timeout: Duration, grace: Duration) -> Option<Result<Done, JobError>> {
    tokio::select! {
        biased;
        ended = &mut work => return Some(ended),
        _ = ctx.stopped() => {}
        () = tokio::time::sleep(timeout) => ask_to_stop(&ctx.inner.stop, Stop::TimedOut),
    }
    tokio::time::timeout(grace, &mut work).await.ok()
}
