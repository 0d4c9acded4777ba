//! S: Counts, shares and turns: what each tenant has in each queue, kept with every change of a job's state. Decides who
//! is next; touches no job.
//!
//! Start-time fair queueing (Goyal, Vin, Cheng 1996) with a job as the unit of cost: a tenant's turn has a virtual time;
//! the least is served, and its next turn lies `SCALE / weight` later. Who comes back after a rest has saved up a few turns
//! and no more: a tenant with little to do is served as if it were alone, and one with much gains nothing by resting.

use std::collections::BTreeMap;

use crate::error::{Code, Error, Result};
use crate::ids::{JobId, TenantId};
use crate::limits::{JOB_TURNS_SAVED_MAX, JOBS_WAITING_MAX};
use crate::store::tables::Unit;
use crate::store::tables::jobs::{
    FlowRow, JOB_EXPIRY, JOB_FLOWS, JOB_QUEUES, JOB_SHARES, JOB_TURNS, JobState, QueueRow, ShareRow,
};
use crate::store::{Reads, Tx};

/// Virtual time of one job at weight 1.
const SCALE: u64 = 1 << 20;

/// A row as it was read, and as it will be written.
struct Loaded<R> {
    before: Option<R>,
    now: R,
}

struct OfQueue {
    name: String,
    row: Loaded<QueueRow>,
    tenants: BTreeMap<TenantId, Loaded<FlowRow>>,
}

/// The rows that one transaction touches, read once and written once.
#[derive(Default)]
pub(super) struct Flows {
    queues: Vec<OfQueue>,
    ended: BTreeMap<(u64, u64), Vec<(TenantId, JobId)>>,
}

impl Flows {
    fn of(&mut self, tx: &Tx<'_>, queue: &str) -> Result<&mut OfQueue> {
        let known = self.queues.iter().position(|of| of.name == queue);
        if known.is_none() {
            let name = queue.to_owned();
            let before = tx.get(&JOB_QUEUES, &name)?;
            let row = Loaded { now: before.clone().unwrap_or_default(), before };
            self.queues.push(OfQueue { name, row, tenants: BTreeMap::new() });
        }
        let place = known.unwrap_or(self.queues.len().saturating_sub(1));
        self.queues.get_mut(place).ok_or_else(|| Error::internal("a queue that was just read"))
    }

    /// The row of a queue.
    pub(super) fn queue(&mut self, tx: &Tx<'_>, queue: &str) -> Result<&mut QueueRow> {
        Ok(&mut self.of(tx, queue)?.row.now)
    }

    /// The row of a tenant in a queue.
    pub(super) fn flow(&mut self, tx: &Tx<'_>, queue: &str, tenant: TenantId) -> Result<&mut FlowRow> {
        let of = self.of(tx, queue)?;
        if !of.tenants.contains_key(&tenant) {
            let before = tx.get(&JOB_FLOWS, &(queue.to_owned(), tenant))?;
            let now = match &before {
                Some(row) => row.clone(),
                None => fresh(&of.row.now, tx.get(&JOB_SHARES, &tenant)?.unwrap_or_default()),
            };
            of.tenants.insert(tenant, Loaded { before, now });
        }
        of.tenants
            .get_mut(&tenant)
            .map(|flow| &mut flow.now)
            .ok_or_else(|| Error::internal("a flow that was just read"))
    }

    /// Counts a job from one state into another; from or to nowhere when it is made or removed.
    pub(super) fn shift(
        &mut self,
        tx: &Tx<'_>,
        (queue, tenant): (&str, TenantId),
        from: Option<JobState>,
        to: Option<JobState>,
    ) -> Result<()> {
        let flow = self.flow(tx, queue, tenant)?;
        if let Some(count) = from.and_then(|from| flow.counts.get_mut(usize::from(from.index()))) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = to.and_then(|to| flow.counts.get_mut(usize::from(to.index()))) {
            *count += 1;
        }
        Ok(())
    }

    /// Remembers that a job has ended, and from when it may be removed.
    pub(super) fn ended(&mut self, expires_ms: u64, token: u64, key: (TenantId, JobId)) {
        self.ended.entry((expires_ms, token)).or_default().push(key);
    }

    /// Refuses one more waiting job when the tenant has as many as it may.
    pub(super) fn admit(&mut self, tx: &Tx<'_>, queue: &str, tenant: TenantId) -> Result<()> {
        let flow = self.flow(tx, queue, tenant)?;
        let waiting =
            count(flow, JobState::Available) + count(flow, JobState::Scheduled) + count(flow, JobState::Retryable);
        if waiting < JOBS_WAITING_MAX { Ok(()) } else { Err(Error::new(Code::JobQueueFull).retry_after_s(60)) }
    }

    /// Writes what changed, and puts the tenants into the order of their turns.
    pub(super) fn save(self, tx: &mut Tx<'_>) -> Result<()> {
        for (key, jobs) in self.ended {
            let mut row = tx.get(&JOB_EXPIRY, &key)?.unwrap_or_default();
            row.jobs.extend(jobs);
            tx.put(&JOB_EXPIRY, &key, &row)?;
        }
        for of in self.queues {
            let virtual_time = of.row.now.virtual_time;
            for (tenant, flow) in of.tenants {
                save_flow(tx, &of.name, tenant, virtual_time, flow)?;
            }
            if of.row.before.as_ref() != Some(&of.row.now) {
                tx.put(&JOB_QUEUES, &of.name, &of.row.now)?;
            }
        }
        Ok(())
    }
}

fn save_flow(tx: &mut Tx<'_>, queue: &str, tenant: TenantId, virtual_time: u64, flow: Loaded<FlowRow>) -> Result<()> {
    let Loaded { before, mut now } = flow;
    let listed = before.as_ref().filter(|row| may_be_served(row)).map(|row| row.turn);
    let serve = may_be_served(&now);
    if serve && listed.is_none() {
        now.turn = now.turn.max(virtual_time.saturating_sub(JOB_TURNS_SAVED_MAX * SCALE));
    }
    let list = serve.then_some(now.turn);
    if listed != list {
        if let Some(turn) = listed {
            tx.delete(&JOB_TURNS, &(queue.to_owned(), turn, tenant))?;
        }
        if let Some(turn) = list {
            tx.put(&JOB_TURNS, &(queue.to_owned(), turn, tenant), &Unit)?;
        }
    }
    let key = (queue.to_owned(), tenant);
    if now.counts.iter().all(|count| *count == 0) {
        tx.delete(&JOB_FLOWS, &key)?;
    } else if before.as_ref() != Some(&now) {
        tx.put(&JOB_FLOWS, &key, &now)?;
    }
    Ok(())
}

/// The row of a tenant that has nothing in the queue yet.
fn fresh(queue: &QueueRow, share: ShareRow) -> FlowRow {
    let mut flow = FlowRow { turn: 0, counts: [0; 8], weight: 1, running_max: u32::MAX, paused: false };
    apply_share(&mut flow, queue, share);
    flow
}

/// Lets a share hold.
pub(super) fn apply_share(flow: &mut FlowRow, queue: &QueueRow, share: ShareRow) {
    flow.weight = share.weight.max(1);
    flow.running_max = share.running_max.or(queue.tenant_running_max).unwrap_or(u32::MAX);
    flow.paused = share.paused;
}

/// How many jobs are in a state.
pub(super) fn count(flow: &FlowRow, state: JobState) -> u64 {
    flow.counts.get(usize::from(state.index())).copied().unwrap_or(0)
}

/// Whether a worker may take a job of it.
pub(super) fn may_be_served(flow: &FlowRow) -> bool {
    count(flow, JobState::Available) > 0 && !flow.paused && count(flow, JobState::Running) < u64::from(flow.running_max)
}

/// Virtual time that one job takes of a tenant of this weight.
pub(super) fn cost(weight: u32) -> u64 {
    SCALE / u64::from(weight.max(1))
}
