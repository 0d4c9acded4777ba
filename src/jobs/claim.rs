//! S: Gives waiting jobs to a worker: under a lease with a new fencing token, in turns of their tenants. Runs none.
//!
//! What it costs depends on how many jobs it takes, and neither on how many wait nor on how many tenants there are: it
//! reads the first entries of [`JOB_TURNS`] and, for each tenant there, the first of [`JOB_READY`].

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::flow::{Flows, cost, may_be_served};
use super::place::{JobKey, advance};
use super::rate;
use super::state::Event;
use crate::clock::UnixMs;
use crate::error::Result;
use crate::ids::{JobId, TenantId};
use crate::limits;
use crate::store::tables::jobs::{JOB_LEASES, JOB_READY, JOB_TURNS, JOBS, JobRow, JobState, LeaseRow};
use crate::store::tables::{META, MetaRow, Unit};
use crate::store::{Reads, Span, Tx};

/// Name under which [`META`] keeps the last fencing token.
const TOKEN: &str = "job_token";
/// Entries of one tenant that are read at a time.
const READ_AHEAD_MAX: usize = 64;

/// What a worker asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// From which queue.
    pub queue: String,
    /// How many jobs at most.
    pub max: usize,
    /// Which start of the appliance asks.
    pub boot: u64,
    /// The present instant.
    pub now: UnixMs,
    /// How long the lease lasts, in milliseconds.
    pub lease_ms: u64,
}

/// A job that a worker holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its tenant and identifier.
    pub key: JobKey,
    /// Fencing token of the hold.
    pub token: u64,
    /// Its row as it was taken.
    pub row: JobRow,
}

/// What a worker was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The jobs, in the order of their turns.
    pub jobs: Vec<Held>,
    /// When more may be given, if the queue's rate holds them back.
    pub wait_ms: Option<u64>,
}

/// Takes up to `ask.max` jobs.
///
/// # Errors
/// When the store fails.
pub fn claim(tx: &mut Tx<'_>, ask: &Ask) -> Result<Given> {
    let mut flows = Flows::default();
    let queue = flows.queue(tx, &ask.queue)?;
    if queue.paused {
        return Ok(Given::default());
    }
    let rate = rate::allowance(queue.rate, queue.rate_used_us, ask.now);
    let max = ask.max.min(limits::JOB_CLAIM_MAX).min(rate.jobs);
    if max == 0 {
        return Ok(Given { jobs: Vec::new(), wait_ms: rate.wait_ms });
    }
    let taken = take(tx, &mut flows, ask, max)?;
    if taken.is_empty() {
        return Ok(Given::default());
    }
    let queue = flows.queue(tx, &ask.queue)?;
    queue.rate_used_us = rate::used(queue.rate, queue.rate_used_us, ask.now, taken.len());
    let token = next_token(tx)?;
    let mut jobs = Vec::with_capacity(taken.len());
    for (key, mut row) in taken {
        row.token = token;
        row.started_at = Some(ask.now);
        tx.put(&JOBS, &key, &row)?;
        jobs.push(Held { key, token, row });
    }
    let lease = LeaseRow {
        expires_at: ask.now.plus_ms(ask.lease_ms),
        boot: ask.boot,
        jobs: jobs.iter().map(|held| held.key).collect(),
        left: u32::try_from(jobs.len()).unwrap_or(u32::MAX),
    };
    tx.put(&JOB_LEASES, &token, &lease)?;
    flows.save(tx)?;
    Ok(Given { jobs, wait_ms: None })
}

/// Whether `queue` has anything that might be given now. Cheap, and writes nothing.
///
/// # Errors
/// When the store fails.
pub fn has_waiting(reads: &impl Reads, queue: &str) -> Result<bool> {
    Ok(!reads.scan(&JOB_TURNS, Span::prefix(&queue.to_owned()), 1)?.is_empty())
}

fn next_token(tx: &mut Tx<'_>) -> Result<u64> {
    let last = match tx.get(&META, &TOKEN.to_owned())? {
        Some(MetaRow::Number(last)) => last,
        _ => 0,
    };
    tx.put(&META, &TOKEN.to_owned(), &MetaRow::Number(last + 1))?;
    Ok(last + 1)
}

/// The first waiting jobs of a tenant.
struct Line {
    ahead: VecDeque<(String, TenantId, u64, JobId)>,
    last: Option<(String, TenantId, u64, JobId)>,
}

impl Line {
    fn next(&mut self, tx: &Tx<'_>, of: &(String, TenantId), wanted: usize) -> Result<Option<JobId>> {
        if self.ahead.is_empty() {
            let span = Span::prefix(of);
            let span = self.last.as_ref().map_or_else(|| span.clone(), |last| span.clone().after(last));
            self.ahead = tx.scan(&JOB_READY, span, wanted)?.into_iter().map(|(key, Unit)| key).collect();
            self.last = self.ahead.back().cloned();
        }
        Ok(self.ahead.pop_front().map(|(_, _, _, id)| id))
    }
}

/// Takes jobs turn by turn: always of the tenant with the least virtual time that may have one more running.
fn take(tx: &mut Tx<'_>, flows: &mut Flows, ask: &Ask, max: usize) -> Result<Vec<(JobKey, JobRow)>> {
    let turns = tx.scan(&JOB_TURNS, Span::prefix(&ask.queue), max)?;
    let mut order: BinaryHeap<_> = turns.into_iter().map(|((_, turn, tenant), Unit)| Reverse((turn, tenant))).collect();
    let each = (max / order.len().max(1)).clamp(1, READ_AHEAD_MAX);
    let mut lines: BTreeMap<TenantId, Line> = BTreeMap::new();
    let mut taken = Vec::new();
    while taken.len() < max
        && let Some(Reverse((turn, tenant))) = order.pop()
    {
        let line = lines.entry(tenant).or_insert_with(|| Line { ahead: VecDeque::new(), last: None });
        let Some(id) = line.next(tx, &(ask.queue.clone(), tenant), each)? else { continue };
        let key = (tenant, id);
        let Some(mut row) = tx.get(&JOBS, &key)?.filter(|row| row.state == JobState::Available) else {
            tracing::error!(job = %id, "a job in line has no row that waits");
            continue;
        };
        advance(tx, flows, key, &mut row, Event::Claim, ask.now)?;
        taken.push((key, row));
        let queue = flows.queue(tx, &ask.queue)?;
        queue.virtual_time = queue.virtual_time.max(turn);
        let flow = flows.flow(tx, &ask.queue, tenant)?;
        flow.turn = turn.saturating_add(cost(flow.weight));
        if may_be_served(flow) {
            order.push(Reverse((flow.turn, tenant)));
        }
    }
    Ok(taken)
}
