//! S: What keeps the queue in order, each apart from the others: the stager brings jobs into line when their instant
//! comes, the rescuer takes jobs back from lost workers, the cleaner removes what has ended long ago. Runs no job.

use std::collections::BTreeSet;

use super::flow::Flows;
use super::place::{JobKey, advance, leave};
use super::state::{Event, is_final};
use crate::clock::UnixMs;
use crate::error::Result;
use crate::limits;
use crate::store::tables::Unit;
use crate::store::tables::jobs::{
    JOB_EXPIRY, JOB_LEASES, JOB_RESULTS, JOB_SCHEDULE, JOB_UNIQUE, JOBS, JobRow, JobState,
};
use crate::store::{Reads, Span, Tx};

/// Brings jobs whose instant has come into line, at most a batch; how many.
///
/// # Errors
/// When the store fails.
pub fn stage(tx: &mut Tx<'_>, now: UnixMs) -> Result<usize> {
    let mut flows = Flows::default();
    let due = tx.scan(&JOB_SCHEDULE, Span::all().before(&(now.0 + 1)), limits::JOB_UPKEEP_BATCH)?;
    for ((at, tenant, id), Unit) in &due {
        let key = (*tenant, *id);
        match tx.get(&JOBS, &key)?.filter(|row| matches!(row.state, JobState::Scheduled | JobState::Retryable)) {
            Some(mut row) => {
                advance(tx, &mut flows, key, &mut row, Event::Due, now)?;
                tx.put(&JOBS, &key, &row)?;
            }
            None => drop(tx.delete(&JOB_SCHEDULE, &(*at, *tenant, *id))?),
        }
    }
    flows.save(tx)?;
    Ok(due.len())
}

/// The instant of the next job that waits for one.
///
/// # Errors
/// When the store fails.
pub fn next_due(reads: &impl Reads) -> Result<Option<UnixMs>> {
    Ok(reads.scan(&JOB_SCHEDULE, Span::all(), 1)?.first().map(|((at, _, _), Unit)| UnixMs(*at)))
}

/// Moves the end of these leases; the tokens whose lease had ended, which stays ended.
///
/// # Errors
/// When the store fails.
pub fn renew(tx: &mut Tx<'_>, tokens: &[u64], now: UnixMs, lease_ms: u64) -> Result<Vec<u64>> {
    let mut lost = Vec::new();
    for token in tokens {
        match tx.get(&JOB_LEASES, token)?.filter(|lease| lease.expires_at > now) {
            Some(mut lease) => {
                lease.expires_at = now.plus_ms(lease_ms);
                tx.put(&JOB_LEASES, token, &lease)?;
            }
            None => lost.push(*token),
        }
    }
    Ok(lost)
}

/// A job that was taken back, and where it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescued {
    /// The job.
    pub key: JobKey,
    /// Its kind.
    pub task: String,
    /// Its queue.
    pub queue: String,
    /// Where it stands.
    pub state: JobState,
}

/// Takes jobs back whose lease has ended, or was given by an earlier start of the appliance: the lock on the directory
/// says that its process is gone.
///
/// # Errors
/// When the store fails.
pub fn rescue(tx: &mut Tx<'_>, boot: u64, now: UnixMs) -> Result<Vec<Rescued>> {
    let (mut flows, mut rescued) = (Flows::default(), Vec::new());
    for (token, lease) in tx.scan(&JOB_LEASES, Span::all(), usize::MAX)? {
        if lease.expires_at > now && lease.boot == boot {
            continue;
        }
        for key in &lease.jobs {
            let held = |row: &JobRow| row.state == JobState::Running && row.token == token;
            let Some(mut row) = tx.get(&JOBS, key)?.filter(held) else { continue };
            let event = take_back(&mut row);
            advance(tx, &mut flows, *key, &mut row, event, now)?;
            tx.put(&JOBS, key, &row)?;
            rescued.push(Rescued { key: *key, task: row.task, queue: row.queue, state: row.state });
        }
        tx.delete(&JOB_LEASES, &token)?;
        if rescued.len() >= limits::JOB_UPKEEP_BATCH {
            break;
        }
    }
    flows.save(tx)?;
    Ok(rescued)
}

/// Whether any lease has ended.
///
/// # Errors
/// When the store fails.
pub fn any_expired(reads: &impl Reads, now: UnixMs) -> Result<bool> {
    Ok(reads.scan(&JOB_LEASES, Span::all(), usize::MAX)?.iter().any(|(_, lease)| lease.expires_at <= now))
}

/// Gives back what these leases hold, as if it had never been taken: at a stop, for what could not be ended.
///
/// # Errors
/// When the store fails.
pub fn give_back(tx: &mut Tx<'_>, tokens: &[u64], now: UnixMs) -> Result<()> {
    let mut flows = Flows::default();
    for token in tokens {
        let Some(lease) = tx.get(&JOB_LEASES, token)? else { continue };
        for key in &lease.jobs {
            let held = |row: &JobRow| row.state == JobState::Running && row.token == *token;
            let Some(mut row) = tx.get(&JOBS, key)?.filter(held) else { continue };
            advance(tx, &mut flows, *key, &mut row, Event::Rescue, now)?;
            tx.put(&JOBS, key, &row)?;
        }
        tx.delete(&JOB_LEASES, token)?;
    }
    flows.save(tx)
}

fn take_back(row: &mut JobRow) -> Event {
    row.rescues += 1;
    if row.cancel_requested {
        "cancelled".clone_into(&mut row.reason);
        Event::Cancel
    } else if row.rescues > limits::JOB_RESCUES_MAX {
        "worker_lost".clone_into(&mut row.reason);
        Event::FailForGood
    } else {
        Event::Rescue
    }
}

/// Notes that the code of these jobs ran when an earlier process died; those for which it is once too often go to
/// quarantine. To be called once, before [`rescue`] and before any claim.
///
/// # Errors
/// When the store fails.
pub fn blame(tx: &mut Tx<'_>, suspects: &BTreeSet<JobKey>, now: UnixMs) -> Result<Vec<Rescued>> {
    let (mut flows, mut poison) = (Flows::default(), Vec::new());
    for key in suspects {
        // The claim may be lost with the process: the row then waits still.
        let runs = |row: &JobRow| matches!(row.state, JobState::Running | JobState::Available);
        let Some(mut row) = tx.get(&JOBS, key)?.filter(runs) else { continue };
        row.crashes += 1;
        if row.crashes >= limits::JOB_CRASHES_MAX {
            "crashed_worker".clone_into(&mut row.reason);
            advance(tx, &mut flows, *key, &mut row, Event::Quarantine, now)?;
            poison.push(Rescued { key: *key, task: row.task.clone(), queue: row.queue.clone(), state: row.state });
        }
        tx.put(&JOBS, key, &row)?;
    }
    flows.save(tx)?;
    Ok(poison)
}

/// Removes jobs that may be removed, at most a batch; how many entries were handled.
///
/// # Errors
/// When the store fails.
pub fn clean(tx: &mut Tx<'_>, now: UnixMs) -> Result<usize> {
    let mut flows = Flows::default();
    let mut handled = 0;
    for ((at, token), ended) in tx.scan(&JOB_EXPIRY, Span::all().before(&(now.0 + 1)), limits::JOB_UPKEEP_BATCH)? {
        for key in &ended.jobs {
            // One that was run again has another end, and another entry.
            let over = |row: &JobRow| is_final(row.state) && row.expires_at.is_some_and(|expires_at| expires_at <= now);
            if let Some(row) = tx.get(&JOBS, key)?.filter(over) {
                remove(tx, &mut flows, *key, &row)?;
            }
        }
        tx.delete(&JOB_EXPIRY, &(at, token))?;
        handled += ended.jobs.len();
        if handled >= limits::JOB_UPKEEP_BATCH {
            break;
        }
    }
    flows.save(tx)?;
    Ok(handled)
}

/// Removes an ended job and everything that hangs on it.
pub(super) fn remove(tx: &mut Tx<'_>, flows: &mut Flows, key: JobKey, row: &JobRow) -> Result<()> {
    leave(tx, key, row)?;
    flows.shift(tx, (&row.queue, key.0), Some(row.state), None)?;
    tx.delete(&JOBS, &key)?;
    tx.delete(&JOB_RESULTS, &key)?;
    if let Some(unique) = &row.unique {
        let place = (key.0, unique.clone());
        if tx.get(&JOB_UNIQUE, &place)?.is_some_and(|held| held.job == key.1) {
            tx.delete(&JOB_UNIQUE, &place)?;
        }
    }
    Ok(())
}
