//! S: Moves a job from state to state, with its entry in the index of each and the counts of its tenant. The one place
//! that changes a job's state.

use super::flow::Flows;
use super::state::{Event, next};
use crate::clock::UnixMs;
use crate::error::{Code, Error, Result};
use crate::ids::{JobId, TenantId};
use crate::limits;
use crate::store::Tx;
use crate::store::tables::Unit;
use crate::store::tables::jobs::{JOB_PARKED, JOB_READY, JOB_SCHEDULE, JobRow, JobState};

/// Key of a job's row.
pub type JobKey = (TenantId, JobId);

/// Place among the waiting jobs of a tenant: by the instant from which it may run, later by so much for each step of
/// priority. Two waiting jobs age alike, so their order never changes, and none waits longer than its steps are worth
/// behind those that came after it.
pub(super) const fn rank(run_at: UnixMs, priority: u8) -> u64 {
    run_at.0.saturating_add(priority as u64 * limits::JOB_PRIORITY_STEP_MS)
}

/// Lets `event` happen to a job at `now`. The caller writes the row.
///
/// # Errors
/// [`Code::JobStateForbids`] when it cannot happen in the job's state.
pub(super) fn advance(
    tx: &mut Tx<'_>,
    flows: &mut Flows,
    key: JobKey,
    row: &mut JobRow,
    event: Event,
    now: UnixMs,
) -> Result<()> {
    let from = row.state;
    let Some(to) = next(from, event) else {
        let why = format!("{event:?} cannot happen to a job that is {}", from.as_str());
        return Err(Error::new(Code::JobStateForbids).detail("state", from.as_str().into()).because(why));
    };
    leave(tx, key, row)?;
    row.state = to;
    match to {
        JobState::Available => {
            // One that was taken back keeps its place.
            if event != Event::Rescue {
                row.run_at = if event == Event::Due { row.run_at } else { now };
                row.rank = rank(row.run_at, row.priority);
            }
            row.finished_at = None;
            row.expires_at = None;
        }
        JobState::Completed => end(flows, key, row, now, row.keep_ms),
        JobState::Cancelled => end(flows, key, row, now, limits::JOB_CANCELLED_KEPT_MS),
        JobState::Discarded | JobState::Quarantined => end(flows, key, row, now, limits::JOB_DEAD_KEPT_MS),
        JobState::Scheduled | JobState::Retryable | JobState::Running => {}
    }
    enter(tx, key, row)?;
    flows.shift(tx, (&row.queue, key.0), Some(from), Some(to))
}

fn end(flows: &mut Flows, key: JobKey, row: &mut JobRow, now: UnixMs, keep_ms: u64) {
    let expires_at = now.plus_ms(keep_ms);
    row.finished_at = Some(now);
    row.expires_at = Some(expires_at);
    flows.ended(expires_at.0, row.token, key);
}

/// Puts the job into the index of its state.
pub(super) fn enter(tx: &mut Tx<'_>, (tenant, id): JobKey, row: &JobRow) -> Result<()> {
    match row.state {
        JobState::Available => tx.put(&JOB_READY, &(row.queue.clone(), tenant, row.rank, id), &Unit)?,
        JobState::Scheduled | JobState::Retryable => tx.put(&JOB_SCHEDULE, &(row.run_at.0, tenant, id), &Unit)?,
        JobState::Discarded | JobState::Quarantined => {
            tx.put(&JOB_PARKED, &(row.state.index(), tenant, id), &Unit)?;
        }
        JobState::Running | JobState::Completed | JobState::Cancelled => {}
    }
    Ok(())
}

/// Takes the job out of the index of its state.
pub(super) fn leave(tx: &mut Tx<'_>, (tenant, id): JobKey, row: &JobRow) -> Result<()> {
    match row.state {
        JobState::Available => {
            tx.delete(&JOB_READY, &(row.queue.clone(), tenant, row.rank, id))?;
        }
        JobState::Scheduled | JobState::Retryable => {
            tx.delete(&JOB_SCHEDULE, &(row.run_at.0, tenant, id))?;
        }
        JobState::Discarded | JobState::Quarantined => {
            tx.delete(&JOB_PARKED, &(row.state.index(), tenant, id))?;
        }
        JobState::Running | JobState::Completed | JobState::Cancelled => {}
    }
    Ok(())
}
