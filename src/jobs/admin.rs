//! S: What operators see of the queue and do to it, inside transactions of theirs. Audits nothing: whoever calls it does.

use std::collections::BTreeMap;

use super::flow::{Flows, apply_share, count};
use super::place::{JobKey, advance};
use super::state::{Event, next};
use super::upkeep::remove;
use crate::clock::UnixMs;
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{JobId, TenantId};
use crate::limits;
use crate::store::tables::Unit;
use crate::store::tables::jobs::{
    JOB_CRON, JOB_FLOWS, JOB_PARKED, JOB_QUEUES, JOB_READY, JOB_RESULTS, JOB_SHARES, JOBS, JobRow, JobState, QueueRow,
    RateRow, ResultRow, ShareRow,
};
use crate::store::{Reads, Span, Tx};

/// Tenants of a queue whose oldest job is looked at.
const OLDEST_OF_TENANTS_MAX: usize = 256;
/// Rows read at a time.
const PAGE_ROWS: usize = 512;

/// Which jobs are meant; what is `None` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state.
    pub state: Option<JobState>,
    /// In this queue.
    pub queue: Option<String>,
    /// Of this kind.
    pub task: Option<String>,
    /// Of this tenant.
    pub tenant: Option<TenantId>,
}

impl Filter {
    fn fits(&self, tenant: TenantId, row: &JobRow) -> bool {
        self.state.is_none_or(|state| row.state == state)
            && self.queue.as_ref().is_none_or(|queue| row.queue == *queue)
            && self.task.as_ref().is_none_or(|task| row.task == *task)
            && self.tenant.is_none_or(|of| tenant == of)
    }
}

/// Some jobs of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The jobs, of each tenant the newest first.
    pub jobs: Vec<(JobKey, JobRow)>,
    /// Behind which to go on, if there may be more. A page can be empty and yet not be the last: it looks at so many rows
    /// and no more.
    pub next: Option<JobKey>,
}

/// Jobs that fit, at most `limit`, behind `after`.
///
/// # Errors
/// When the store fails.
pub fn list(reads: &impl Reads, filter: &Filter, after: Option<JobKey>, limit: usize) -> Result<Page> {
    let mut page = Page::default();
    let (mut last, mut looked) = (after, 0);
    while looked < limits::JOB_LIST_SCAN_MAX {
        let rows = rows_before(reads, filter, last)?;
        let is_end = rows.len() < PAGE_ROWS;
        for (key, row) in rows {
            looked += 1;
            last = Some(key);
            if filter.fits(key.0, &row) {
                page.jobs.push((key, row));
            }
            if page.jobs.len() == limit {
                page.next = last;
                return Ok(page);
            }
        }
        if is_end {
            return Ok(page);
        }
    }
    page.next = last;
    Ok(page)
}

/// The rows in front of `last`, from the index of their state where it is one of few.
fn rows_before(reads: &impl Reads, filter: &Filter, last: Option<JobKey>) -> Result<Vec<(JobKey, JobRow)>> {
    if let Some(state) = filter.state.filter(|state| matches!(state, JobState::Discarded | JobState::Quarantined)) {
        let place = state.index();
        let span = match filter.tenant {
            Some(tenant) => Span::prefix(&(place, tenant)),
            None => Span::prefix(&place),
        };
        let span = last.map_or_else(|| span.clone(), |(tenant, id)| span.clone().before(&(place, tenant, id)));
        let parked = reads.scan(&JOB_PARKED, span.reversed(), PAGE_ROWS)?;
        let row = |((_, tenant, id), Unit)| {
            let key = (tenant, id);
            reads.get(&JOBS, &key)?.map(|row| (key, row)).ok_or_else(|| Error::internal("a parked job has no row"))
        };
        return parked.into_iter().map(row).collect();
    }
    let span = filter.tenant.map_or_else(Span::all, |tenant| Span::prefix(&tenant));
    let span = last.map_or_else(|| span.clone(), |last| span.clone().before(&last));
    Ok(reads.scan(&JOBS, span.reversed(), PAGE_ROWS)?)
}

/// The job with this identifier, whosever it is.
///
/// # Errors
/// [`Code::JobNotFound`].
pub fn find(reads: &impl Reads, id: JobId) -> Result<(JobKey, JobRow)> {
    let mut span = Span::all();
    // One look for each tenant that has jobs.
    while let Some(((tenant, _), _)) = reads.scan(&JOBS, span, 1)?.first() {
        if let Some(row) = reads.get(&JOBS, &(*tenant, id))? {
            return Ok(((*tenant, id), row));
        }
        span = Span::all().after(tenant);
    }
    Err(Error::new(Code::JobNotFound))
}

/// The job of a tenant.
///
/// # Errors
/// [`Code::JobNotFound`].
pub fn get(reads: &impl Reads, key: JobKey) -> Result<JobRow> {
    reads.get(&JOBS, &key)?.ok_or_else(|| Error::new(Code::JobNotFound))
}

/// What a completed job left.
///
/// # Errors
/// [`Code::JobResultNotFound`] when it left nothing, or its time is over.
pub fn result(reads: &impl Reads, key: JobKey, now: UnixMs) -> Result<ResultRow> {
    let row = reads.get(&JOB_RESULTS, &key)?.filter(|row| row.expires_at > now);
    row.ok_or_else(|| Error::new(Code::JobResultNotFound))
}

/// Calls a job off: at once when it does not run; else it is asked to end, and the row says so.
///
/// # Errors
/// [`Code::JobNotFound`], [`Code::JobStateForbids`].
pub fn cancel(tx: &mut Tx<'_>, key: JobKey, now: UnixMs) -> Result<JobRow> {
    change(tx, key, |tx, flows, row| {
        row.cancel_requested = true;
        if row.state == JobState::Running {
            return Ok(());
        }
        "cancelled".clone_into(&mut row.reason);
        advance(tx, flows, key, row, Event::Cancel, now)
    })
}

/// Runs a job again from the beginning, its failures forgotten; or now, if it waits for its instant.
///
/// # Errors
/// [`Code::JobNotFound`], [`Code::JobStateForbids`].
pub fn retry(tx: &mut Tx<'_>, key: JobKey, now: UnixMs) -> Result<JobRow> {
    change(tx, key, |tx, flows, row| {
        advance(tx, flows, key, row, Event::Retry, now)?;
        forget(row);
        Ok(())
    })
}

/// Lets a job out of quarantine.
///
/// # Errors
/// [`Code::JobNotFound`], [`Code::JobStateForbids`].
pub fn replay(tx: &mut Tx<'_>, key: JobKey, now: UnixMs) -> Result<JobRow> {
    change(tx, key, |tx, flows, row| {
        advance(tx, flows, key, row, Event::Replay, now)?;
        row.crashes = 0;
        forget(row);
        Ok(())
    })
}

fn forget(row: &mut JobRow) {
    row.failures = 0;
    row.rescues = 0;
    row.by_class.clear();
    row.cancel_requested = false;
    row.reason.clear();
}

/// Retries every dead job that fits, at most a batch; how many. When it is a batch, there may be more.
///
/// # Errors
/// When the store fails.
pub fn retry_all(tx: &mut Tx<'_>, filter: &Filter, now: UnixMs) -> Result<usize> {
    let filter = Filter { state: Some(JobState::Discarded), ..filter.clone() };
    let page = list(tx, &filter, None, limits::JOB_UPKEEP_BATCH)?;
    for (key, _) in &page.jobs {
        retry(tx, *key, now)?;
    }
    Ok(page.jobs.len())
}

/// Removes a dead or quarantined job for good.
///
/// # Errors
/// [`Code::JobNotFound`], [`Code::JobStateForbids`].
pub fn discard(tx: &mut Tx<'_>, key: JobKey) -> Result<JobRow> {
    let row = get(tx, key)?;
    if !matches!(row.state, JobState::Discarded | JobState::Quarantined) {
        return Err(Error::new(Code::JobStateForbids).detail("state", row.state.as_str().into()));
    }
    let mut flows = Flows::default();
    remove(tx, &mut flows, key, &row)?;
    flows.save(tx)?;
    Ok(row)
}

fn change(
    tx: &mut Tx<'_>,
    key: JobKey,
    to: impl FnOnce(&mut Tx<'_>, &mut Flows, &mut JobRow) -> Result<()>,
) -> Result<JobRow> {
    let mut row = get(tx, key)?;
    let mut flows = Flows::default();
    to(tx, &mut flows, &mut row)?;
    tx.put(&JOBS, &key, &row)?;
    flows.save(tx)?;
    Ok(row)
}

/// Gives nothing more of a queue to workers, or does again.
///
/// # Errors
/// [`Code::QueueNotFound`] when nothing was ever in it.
pub fn pause_queue(tx: &mut Tx<'_>, queue: &str, paused: bool) -> Result<()> {
    change_queue(tx, queue, |row| row.paused = paused)
}

/// Bounds how many jobs of a queue may start in a period, or no longer.
///
/// # Errors
/// [`Code::QueueNotFound`]; [`Code::InvalidFields`] for a rate of nothing.
pub fn limit_queue(tx: &mut Tx<'_>, queue: &str, rate: Option<RateRow>) -> Result<()> {
    if let Some(rate) = rate.filter(|rate| rate.jobs == 0 || rate.per_ms == 0) {
        let given = format!("{} per {} ms", rate.jobs, rate.per_ms);
        return Err(Error::fields(vec![FieldError::new(
            "rate",
            given,
            "at least one job in at least one millisecond",
        )]));
    }
    change_queue(tx, queue, |row| {
        row.rate = rate;
        row.rate_used_us = 0;
    })
}

fn change_queue(tx: &mut Tx<'_>, queue: &str, to: impl FnOnce(&mut QueueRow)) -> Result<()> {
    let name = queue.to_owned();
    let found = tx.get(&JOB_QUEUES, &name)?;
    let is_used = found.is_some() || !tx.scan(&JOB_FLOWS, Span::prefix(&name), 1)?.is_empty();
    if !is_used {
        return Err(Error::new(Code::QueueNotFound));
    }
    let mut row = found.unwrap_or_default();
    to(&mut row);
    tx.put(&JOB_QUEUES, &name, &row)?;
    wake(tx, &name)
}

/// Writes one turn of the queue as it is, so that its workers look again.
fn wake(tx: &mut Tx<'_>, queue: &String) -> Result<()> {
    use crate::store::tables::jobs::JOB_TURNS;
    for (key, Unit) in tx.scan(&JOB_TURNS, Span::prefix(queue), 1)? {
        tx.put(&JOB_TURNS, &key, &Unit)?;
    }
    Ok(())
}

/// Makes a queue known, and says how many jobs of one tenant may run at once in it. To be called at every start.
///
/// # Errors
/// When the store fails.
pub fn declare_queue(tx: &mut Tx<'_>, queue: &str, tenant_running_max: Option<u32>) -> Result<()> {
    let name = queue.to_owned();
    let found = tx.get(&JOB_QUEUES, &name)?;
    if found.as_ref().is_some_and(|row| row.tenant_running_max == tenant_running_max) {
        return Ok(());
    }
    let row = QueueRow { tenant_running_max, ..found.unwrap_or_default() };
    tx.put(&JOB_QUEUES, &name, &row)?;
    let mut flows = Flows::default();
    for ((_, tenant), _) in tx.scan(&JOB_FLOWS, Span::prefix(&name), usize::MAX)? {
        let share = tx.get(&JOB_SHARES, &tenant)?.unwrap_or_default();
        apply_share(flows.flow(tx, &name, tenant)?, &row, share);
    }
    flows.save(tx)
}

/// Changes how a tenant shares the queues: weight, cap, pause.
///
/// # Errors
/// [`Code::InvalidFields`].
pub fn set_share(tx: &mut Tx<'_>, tenant: TenantId, share: ShareRow) -> Result<()> {
    let mut wrong = Vec::new();
    if !(1..=limits::JOB_WEIGHT_MAX).contains(&share.weight) {
        wrong.push(FieldError::new("weight", share.weight, format!("1 to {}", limits::JOB_WEIGHT_MAX)));
    }
    if share.running_max == Some(0) {
        wrong.push(FieldError::new("running_max", 0, "at least 1; to hold a tenant back altogether, pause it"));
    }
    if !wrong.is_empty() {
        return Err(Error::fields(wrong));
    }
    if share == ShareRow::default() {
        tx.delete(&JOB_SHARES, &tenant)?;
    } else {
        tx.put(&JOB_SHARES, &tenant, &share)?;
    }
    let mut flows = Flows::default();
    for (queue, row) in tx.scan(&JOB_QUEUES, Span::all(), usize::MAX)? {
        if tx.get(&JOB_FLOWS, &(queue.clone(), tenant))?.is_some() {
            apply_share(flows.flow(tx, &queue, tenant)?, &row, share);
        }
    }
    flows.save(tx)
}

/// How a tenant shares the queues.
///
/// # Errors
/// When the store fails.
pub fn share(reads: &impl Reads, tenant: TenantId) -> Result<ShareRow> {
    Ok(reads.get(&JOB_SHARES, &tenant)?.unwrap_or_default())
}

/// Pauses a recurring job, or lets it go on.
///
/// # Errors
/// [`Code::CronNotFound`].
pub fn pause_cron(tx: &mut Tx<'_>, name: &str, paused: bool) -> Result<()> {
    let name = name.to_owned();
    let mut row = tx.get(&JOB_CRON, &name)?.ok_or_else(|| Error::new(Code::CronNotFound))?;
    row.paused = paused;
    Ok(tx.put(&JOB_CRON, &name, &row)?)
}

/// What stands in one queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Its settings.
    pub row: QueueRow,
    /// Jobs by [`JobState::index`].
    pub counts: [u64; 8],
    /// Tenants that have jobs in it.
    pub tenants: u64,
    /// When the job became available that has waited longest in line.
    pub oldest_available: Option<UnixMs>,
}

impl QueueStats {
    /// How many are in a state.
    pub fn count(&self, state: JobState) -> u64 {
        self.counts.get(usize::from(state.index())).copied().unwrap_or(0)
    }

    /// How many wait for a worker or for their instant.
    pub fn depth(&self) -> u64 {
        self.count(JobState::Available) + self.count(JobState::Scheduled) + self.count(JobState::Retryable)
    }
}

/// Every queue that was ever used.
///
/// # Errors
/// When the store fails.
pub fn stats(reads: &impl Reads) -> Result<BTreeMap<String, QueueStats>> {
    let mut queues: BTreeMap<String, QueueStats> = BTreeMap::new();
    for (queue, row) in reads.scan(&JOB_QUEUES, Span::all(), usize::MAX)? {
        queues.entry(queue).or_default().row = row;
    }
    for ((queue, tenant), flow) in reads.scan(&JOB_FLOWS, Span::all(), usize::MAX)? {
        let oldest = if count(&flow, JobState::Available) == 0 { None } else { oldest(reads, &queue, tenant)? };
        let stats = queues.entry(queue).or_default();
        stats.tenants += 1;
        stats.counts.iter_mut().zip(flow.counts).for_each(|(sum, count)| *sum += count);
        if stats.tenants <= OLDEST_OF_TENANTS_MAX as u64 {
            stats.oldest_available = stats.oldest_available.into_iter().chain(oldest).min();
        }
    }
    Ok(queues)
}

fn oldest(reads: &impl Reads, queue: &str, tenant: TenantId) -> Result<Option<UnixMs>> {
    let first = reads.scan(&JOB_READY, Span::prefix(&(queue.to_owned(), tenant)), 1)?;
    let Some(((_, _, _, id), Unit)) = first.first() else { return Ok(None) };
    Ok(reads.get(&JOBS, &(tenant, *id))?.map(|row| row.run_at))
}

/// Whether a job of this state could be retried, replayed or cancelled; for those who show buttons.
pub const fn allows(state: JobState, event: Event) -> bool {
    next(state, event).is_some()
}
