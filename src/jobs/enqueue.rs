//! S: Puts jobs into the queue, inside the transaction of what caused them. Starts none.

use std::collections::BTreeMap;

use super::flow::Flows;
use super::kind::Draft;
use super::place::{enter, rank};
use crate::clock::UnixMs;
use crate::error::{Error, FieldError, Result};
use crate::ids::JobId;
use crate::limits;
use crate::store::tables::jobs::{JOB_UNIQUE, JOBS, JobRow, JobState, UniqueRow};
use crate::store::{Reads, Tx};

/// A job that stands in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enqueued {
    /// Its identifier: the draft's, or an earlier job's that stands for it.
    pub id: JobId,
    /// Whether the draft was taken; false when an earlier job stands for it.
    pub is_new: bool,
}

/// Enqueues one job. It is there when the transaction is, and not otherwise.
///
/// # Errors
/// When as many wait as may wait; when the store fails.
pub fn enqueue(tx: &mut Tx<'_>, draft: &Draft) -> Result<Enqueued> {
    let mut flows = Flows::default();
    let done = put(tx, &mut flows, draft)?;
    flows.save(tx)?;
    Ok(done)
}

/// Enqueues many jobs, all or none.
///
/// # Errors
/// As [`enqueue`].
pub fn enqueue_all(tx: &mut Tx<'_>, drafts: &[Draft]) -> Result<Vec<Enqueued>> {
    let mut flows = Flows::default();
    let done = drafts.iter().map(|draft| put(tx, &mut flows, draft)).collect::<Result<_>>()?;
    flows.save(tx)?;
    Ok(done)
}

fn put(tx: &mut Tx<'_>, flows: &mut Flows, draft: &Draft) -> Result<Enqueued> {
    check(draft)?;
    let tenant = draft.owner.tenant;
    if let Some((key, states, until)) = &draft.unique {
        let place = (tenant, key.clone());
        if let Some(held) = tx.get(&JOB_UNIQUE, &place)?
            && holds(tx, draft, held)?
        {
            return Ok(Enqueued { id: held.job, is_new: false });
        }
        tx.put(&JOB_UNIQUE, &place, &UniqueRow { job: draft.id, states: *states, until: *until })?;
    }
    flows.admit(tx, &draft.queue, tenant)?;
    let row = row_of(draft);
    enter(tx, (tenant, draft.id), &row)?;
    flows.shift(tx, (&draft.queue, tenant), None, Some(row.state))?;
    tx.put(&JOBS, &(tenant, draft.id), &row)?;
    Ok(Enqueued { id: draft.id, is_new: true })
}

/// Whether the job that has the key still keeps it.
fn holds(tx: &Tx<'_>, draft: &Draft, held: UniqueRow) -> Result<bool> {
    let job = tx.get(&JOBS, &(draft.owner.tenant, held.job))?;
    let by_state = job.is_some_and(|row| held.states & (1 << row.state.index()) != 0);
    Ok(by_state || held.until.is_some_and(|until| draft.at < until))
}

fn row_of(draft: &Draft) -> JobRow {
    let state = if draft.run_at > draft.at { JobState::Scheduled } else { JobState::Available };
    // A key that outlives the usual time keeps its job as long.
    let unique_ms = draft.unique.as_ref().and_then(|(_, _, until)| *until).map_or(0, |until| until.since_ms(draft.at));
    JobRow {
        task: draft.task.clone(),
        version: draft.version,
        queue: draft.queue.clone(),
        priority: draft.priority,
        user: draft.owner.user,
        payload: draft.payload.clone(),
        sealed: draft.sealed,
        unique: draft.unique.as_ref().map(|(key, _, _)| key.clone()),
        request_id: draft.owner.request_id.chars().take(limits::REQUEST_ID_MAX_BYTES).collect(),
        state,
        rank: rank(draft.run_at, draft.priority),
        enqueued_at: draft.at,
        run_at: draft.run_at,
        started_at: None,
        finished_at: None,
        expires_at: None,
        keep_ms: draft.keep_ms.max(unique_ms),
        token: 0,
        failures: 0,
        failures_max: draft.failures_max,
        crashes: 0,
        rescues: 0,
        cancel_requested: false,
        reason: String::new(),
        by_class: BTreeMap::new(),
        attempts: Vec::new(),
    }
}

/// Whether `name` may be that of a queue or a task.
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    (1..=limits::JOB_NAME_MAX_BYTES).contains(&name.len()) && name.bytes().all(plain)
}

fn check(draft: &Draft) -> Result<()> {
    let mut wrong = Vec::new();
    for (field, name) in [("job.task", &draft.task), ("job.queue", &draft.queue)] {
        if !is_name(name) {
            let allowed = format!("1 to {} of a-z, 0-9, _ and -", limits::JOB_NAME_MAX_BYTES);
            wrong.push(FieldError::new(field, name, allowed));
        }
    }
    // 9999-12-31: beyond it an instant has no calendar date.
    if draft.run_at > UnixMs(253_402_300_799_000) {
        wrong.push(FieldError::new("job.run_at", draft.run_at.0, "an instant before the year 10000"));
    }
    if draft.personal && !draft.sealed {
        return Err(Error::internal(format!("a draft of {} was to be sealed", draft.task)));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::fields(wrong)) }
}
