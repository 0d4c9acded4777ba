//! S: Ends attempts: writes what a handler did together with the end of its job, if the worker still holds it. Decides
//! no retries.
//!
//! The fence: a job is settled only by the token that took it, and only while that token's lease lasts. The check, the
//! effects and the job's new state are one transaction, and transactions are serial, so a worker that was frozen, cut off
//! or given up writes nothing, however late it wakes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;

use super::backoff::Verdict;
use super::flow::Flows;
use super::place::{JobKey, advance};
use super::state::Event;
use crate::clock::UnixMs;
use crate::error::{Code, Error, Result};
use crate::limits;
use crate::store::tables::jobs::{AttemptRow, JOB_LEASES, JOB_RESULTS, JOBS, JobRow, JobState, LeaseRow, ResultRow};
use crate::store::{Reads, Tx};

/// Changes of a handler that commit with the end of its job. May run more than once: it changes its transaction alone.
pub type Effects = Arc<dyn Fn(&mut Tx<'_>) -> Result<()> + Send + Sync>;

/// A failure, without personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its class, for limits and counts.
    pub class: &'static str,
    /// The error and its causes, outermost first.
    pub chain: Vec<String>,
}

/// What a completed job leaves for its owner.
#[derive(Clone, PartialEq, Eq)]
pub struct Output {
    /// Media type of the bytes.
    pub content_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether they are sealed.
    pub sealed: bool,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output({}, {} bytes)", self.content_type, self.bytes.len())
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It did what it should.
    Done(Option<Output>),
    /// It failed, and this follows.
    Failed(Failure, Verdict),
    /// It was called off.
    Cancelled(&'static str),
    /// It can never be run as it is.
    Poisoned(String),
    /// The worker gives it back, as if it had never taken it.
    Released,
}

/// The end of one attempt, with its effects.
#[derive(Clone)]
pub struct Settlement {
    /// The job.
    pub key: JobKey,
    /// The token under which it was taken.
    pub token: u64,
    /// How it ended.
    pub ending: Ending,
    /// What it changes; only for [`Ending::Done`].
    pub effects: Option<Effects>,
}

impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settlement").field("key", &self.key).field("ending", &self.ending).finish_non_exhaustive()
    }
}

/// Settles them together; says of each whether it was still held. Of one that was not, nothing is written.
///
/// # Errors
/// When effects fail, and then nothing of any of them may be kept; when the store fails.
pub fn settle_all(tx: &mut Tx<'_>, settlements: &[Settlement], now: UnixMs) -> Result<Vec<bool>> {
    let (mut flows, mut leases) = (Flows::default(), Leases::default());
    let mut held = Vec::with_capacity(settlements.len());
    for settlement in settlements {
        held.push(settle(tx, &mut flows, &mut leases, settlement, now)?);
    }
    leases.save(tx)?;
    flows.save(tx)?;
    Ok(held)
}

/// Settles one.
///
/// # Errors
/// [`Code::LeaseLost`] when it was not held any more; else as [`settle_all`].
pub fn settle_one(tx: &mut Tx<'_>, settlement: &Settlement, now: UnixMs) -> Result<()> {
    match settle_all(tx, std::slice::from_ref(settlement), now)?.first() {
        Some(true) => Ok(()),
        _ => Err(Error::new(Code::LeaseLost)),
    }
}

/// Leases that one transaction touches.
#[derive(Default)]
pub(super) struct Leases {
    rows: BTreeMap<u64, Option<LeaseRow>>,
}

impl Leases {
    /// The lease of a token, if it still lasts.
    fn lasting(&mut self, tx: &Tx<'_>, token: u64, now: UnixMs) -> Result<Option<&mut LeaseRow>> {
        let lease = match self.rows.entry(token) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(unread) => unread.insert(tx.get(&JOB_LEASES, &token)?),
        };
        Ok(lease.as_mut().filter(|lease| lease.expires_at > now))
    }

    fn save(self, tx: &mut Tx<'_>) -> Result<()> {
        for (token, lease) in self.rows {
            match lease {
                Some(lease) if lease.left > 0 => tx.put(&JOB_LEASES, &token, &lease)?,
                Some(_) => drop(tx.delete(&JOB_LEASES, &token)?),
                None => {}
            }
        }
        Ok(())
    }
}

fn settle(
    tx: &mut Tx<'_>,
    flows: &mut Flows,
    leases: &mut Leases,
    settlement: &Settlement,
    now: UnixMs,
) -> Result<bool> {
    let Settlement { key, token, ending, effects } = settlement;
    let Some(lease) = leases.lasting(tx, *token, now)? else { return Ok(false) };
    let Some(mut row) = tx.get(&JOBS, key)? else { return Ok(false) };
    if row.state != JobState::Running || row.token != *token {
        return Ok(false);
    }
    lease.left = lease.left.saturating_sub(1);
    if let Some(effects) = effects {
        effects(tx)?;
    }
    let event = end(&mut row, ending, now);
    advance(tx, flows, *key, &mut row, event, now)?;
    if let (Ending::Done(Some(output)), Some(expires_at)) = (ending, row.expires_at) {
        leave_result(tx, *key, output, now, expires_at)?;
    }
    tx.put(&JOBS, key, &row)?;
    Ok(true)
}

fn leave_result(tx: &mut Tx<'_>, key: JobKey, output: &Output, now: UnixMs, expires_at: UnixMs) -> Result<()> {
    let Output { content_type, bytes, sealed } = output.clone();
    Ok(tx.put(&JOB_RESULTS, &key, &ResultRow { content_type, bytes, sealed, created_at: now, expires_at })?)
}

/// Notes the end in the row; which event it is.
fn end(row: &mut JobRow, ending: &Ending, now: UnixMs) -> Event {
    match ending {
        Ending::Done(_) => {
            row.reason.clear();
            Event::Succeed
        }
        Ending::Cancelled(reason) => {
            (*reason).clone_into(&mut row.reason);
            Event::Cancel
        }
        Ending::Poisoned(reason) => {
            row.reason.clone_from(reason);
            Event::Quarantine
        }
        Ending::Released => Event::Rescue,
        Ending::Failed(failure, verdict) => {
            note_failure(row, failure, now);
            match verdict {
                _ if row.cancel_requested => {
                    "cancelled".clone_into(&mut row.reason);
                    Event::Cancel
                }
                Verdict::RetryAfter(after_ms) => {
                    row.run_at = now.plus_ms(*after_ms);
                    Event::FailForNow
                }
                Verdict::Dead(reason) => {
                    (*reason).clone_into(&mut row.reason);
                    Event::FailForGood
                }
            }
        }
    }
}

fn note_failure(row: &mut JobRow, failure: &Failure, now: UnixMs) {
    row.failures += 1;
    *row.by_class.entry(failure.class.to_owned()).or_default() += 1;
    let cut = |text: &String| text.chars().take(limits::JOB_ERROR_MAX_CHARS).collect();
    row.attempts.push(AttemptRow {
        started_at: row.started_at.unwrap_or(now),
        ended_at: now,
        class: failure.class.to_owned(),
        chain: failure.chain.iter().take(limits::JOB_CHAIN_MAX).map(cut).collect(),
    });
    let excess = row.attempts.len().saturating_sub(limits::JOB_ATTEMPTS_KEPT);
    row.attempts.drain(..excess);
}
