//! S: The services beside the workers, each a task of its own: the heartbeat keeps leases alive, the stager brings due
//! jobs into line, the rescuer takes jobs back from lost workers, the cleaner removes old ones, the timekeeper makes
//! recurring ones. Decide nothing about a job's state.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::cron::{CatchUp, Schedule};
use super::kind::Draft;
use super::runner::Shared;
use super::{Jobs, Stop, clean, enqueue, next_due, renew, stage};
use crate::clock::UnixMs;
use crate::error::{Error, Result};
use crate::store::Reads;
use crate::store::tables::jobs::{CronRow, JOB_CRON, JOBS};

/// How often expired leases are looked for.
const RESCUE_EVERY: Duration = Duration::from_secs(1);
/// How often old jobs are removed.
const CLEAN_EVERY: Duration = Duration::from_mins(1);
/// Longest sleep of the stager and the timekeeper: the clock may be set under them.
const LOOK_AGAIN_MS: u64 = 30_000;
/// How long after a failure a service tries again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Makes the job of one tick.
pub type Make = Arc<dyn Fn(&Jobs, UnixMs) -> Result<Draft> + Send + Sync>;

/// A job that is made again and again.
#[derive(Clone)]
pub struct Recurring {
    /// Its name, for good: the store remembers its last tick by it.
    pub name: &'static str,
    /// When, as text.
    pub text: &'static str,
    /// When.
    pub schedule: Schedule,
    /// What happens with ticks that were missed.
    pub catch_up: CatchUp,
    /// Makes the job of a tick.
    pub make: Make,
}

impl fmt::Debug for Recurring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recurring").field("name", &self.name).field("text", &self.text).finish_non_exhaustive()
    }
}

pub(super) fn start(shared: &Arc<Shared>) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(heartbeat(Arc::clone(shared))),
        tokio::spawn(stager(Arc::clone(shared))),
        tokio::spawn(rescuer(Arc::clone(shared))),
        tokio::spawn(cleaner(Arc::clone(shared))),
        tokio::spawn(timekeeper(Arc::clone(shared))),
    ]
}

async fn heartbeat(shared: Arc<Shared>) {
    let lease_ms = shared.options.lease_ms;
    let mut tick = tokio::time::interval(Duration::from_millis((lease_ms / 3).max(1)));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let tokens = shared.tokens();
        if !tokens.is_empty() {
            let ambient = shared.jobs.ambient().clone();
            let renewed = shared.jobs.store().write_soon(move |tx| renew(tx, &tokens, ambient.now(), lease_ms)).await;
            match renewed {
                Ok(lost) => tell_lost(&shared, &lost),
                Err(error) => tracing::error!(%error, "leases could not be renewed"),
            }
        }
        if let Err(error) = look_for_cancels(&shared.jobs) {
            tracing::error!(%error, "running jobs could not be read");
        }
    }
}

/// Stops the handlers whose lease is lost.
fn tell_lost(shared: &Shared, lost: &[u64]) {
    if lost.is_empty() {
        return;
    }
    for key in running(&shared.jobs) {
        let row = shared.jobs.store().read(|view| view.get(&JOBS, &key));
        if row.is_ok_and(|row| row.is_none_or(|row| lost.contains(&row.token))) {
            shared.jobs.stop(key, Stop::LeaseLost);
        }
    }
}

/// Whoever cancels a job tells its handler at once; this is for one whose word was lost.
fn look_for_cancels(jobs: &Jobs) -> Result<()> {
    for key in running(jobs) {
        if jobs.store().read(|view| view.get(&JOBS, &key))?.is_some_and(|row| row.cancel_requested) {
            jobs.stop(key, Stop::Cancelled);
        }
    }
    Ok(())
}

fn running(jobs: &Jobs) -> Vec<super::JobKey> {
    jobs.inner.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner).keys().copied().collect()
}

async fn stager(shared: Arc<Shared>) {
    let mut changed = shared.jobs.inner.signals.schedule.subscribe();
    loop {
        changed.borrow_and_update();
        let nap = match stage_due(&shared).await {
            Ok(Some(due)) => Duration::from_millis(due.since_ms(shared.now()).clamp(1, LOOK_AGAIN_MS)),
            Ok(None) => Duration::from_millis(LOOK_AGAIN_MS),
            Err(error) => {
                tracing::error!(%error, "due jobs could not be brought into line");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            _ = changed.changed() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
}

/// Brings all that is due into line; when the next one is due.
async fn stage_due(shared: &Shared) -> Result<Option<UnixMs>> {
    loop {
        let next = shared.jobs.store().read(|view| next_due(view))?;
        if next.is_none_or(|next| next > shared.now()) {
            return Ok(next);
        }
        let ambient = shared.jobs.ambient().clone();
        // What a crash takes back is due still.
        shared.jobs.store().write_soon(move |tx| stage(tx, ambient.now())).await?;
    }
}

async fn rescuer(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(RESCUE_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let expired = shared.jobs.store().read(|view| super::upkeep::any_expired(view, shared.now()));
        match expired {
            Ok(false) => {}
            Ok(true) => match shared.jobs.rescue_now().await {
                Ok(rescued) => tracing::warn!(jobs = rescued.len(), "jobs were taken back from lost workers"),
                Err(error) => tracing::error!(%error, "jobs could not be taken back"),
            },
            Err(error) => tracing::error!(%error, "leases could not be read"),
        }
    }
}

async fn cleaner(shared: Arc<Shared>) {
    let mut tick = tokio::time::interval(CLEAN_EVERY);
    loop {
        tick.tick().await;
        loop {
            let ambient = shared.jobs.ambient().clone();
            match shared.jobs.store().write(move |tx| clean(tx, ambient.now())).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "old jobs could not be removed");
                    break;
                }
            }
        }
    }
}

async fn timekeeper(shared: Arc<Shared>) {
    loop {
        for recurring in &shared.options.recurring {
            if let Err(error) = tick(&shared.jobs, recurring).await {
                tracing::error!(name = recurring.name, %error, "a recurring job could not be made");
            }
        }
        let now = shared.now();
        let next = shared.options.recurring.iter().filter_map(|recurring| recurring.schedule.next_after(now)).min();
        let nap = next.map_or(LOOK_AGAIN_MS, |next| next.since_ms(now).clamp(1, LOOK_AGAIN_MS));
        tokio::time::sleep(Duration::from_millis(nap)).await;
    }
}

/// Makes the jobs of the ticks that are due, each at most once: the jobs and the last tick commit together.
///
/// # Errors
/// When a job cannot be made, or the store fails.
pub(super) async fn tick(jobs: &Jobs, recurring: &Recurring) -> Result<()> {
    let now = jobs.ambient().now();
    let name = recurring.name.to_owned();
    let Some(row) = jobs.store().read(|view| view.get(&JOB_CRON, &name))? else {
        // A new one starts with its next tick.
        let row = CronRow { last_tick: now, paused: false };
        return jobs.store().write(move |tx| Ok::<_, Error>(tx.put(&JOB_CRON, &name, &row)?)).await;
    };
    let (ticks, considered) = recurring.schedule.due(row.last_tick, now, recurring.catch_up);
    if considered == row.last_tick {
        return Ok(());
    }
    let drafts = ticks.into_iter().map(|tick| Ok((tick, (recurring.make)(jobs, tick)?))).collect::<Result<Vec<_>>>()?;
    jobs.store()
        .write(move |tx| {
            let row = tx.get(&JOB_CRON, &name)?.unwrap_or_default();
            for (tick, draft) in drafts.iter().filter(|(tick, _)| *tick > row.last_tick && !row.paused) {
                tracing::debug!(name, tick = tick.0, "a recurring job is made");
                enqueue(tx, draft)?;
            }
            Ok(tx.put(&JOB_CRON, &name, &CronRow { last_tick: row.last_tick.max(considered), ..row })?)
        })
        .await
}
