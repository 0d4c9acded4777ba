//! S: What operators and owners do with jobs: each change and its audit entry in one transaction. Decides nothing about
//! a job's state; the queue does.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{RECURRING, Services};
use crate::audit::{self, RequestContext, SYSTEM_TENANT};
use crate::clock::UnixMs;
use crate::error::{Code, Error, Result};
use crate::ids::{JobId, TenantId, UserId};
use crate::jobs::admin::{self, Filter, Page, QueueStats};
use crate::jobs::cron::Schedule;
use crate::jobs::{Enqueued, Job, JobKey, Owner, Stop, Unsealed, enqueue};
use crate::store::tables::Actor;
use crate::store::tables::jobs::{CronRow, JOB_CRON, JobRow, RateRow, ShareRow};
use crate::store::{Reads, Tx};

/// What an operator does to one job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Runs it again from the beginning, or now.
    Retry,
    /// Calls it off.
    Cancel,
    /// Removes a dead or quarantined one for good.
    Discard,
    /// Lets it out of quarantine.
    Replay,
}

impl Action {
    const fn audited(self) -> &'static str {
        match self {
            Self::Retry => "job_retry",
            Self::Cancel => "job_cancel",
            Self::Discard => "job_discard",
            Self::Replay => "job_replay",
        }
    }
}

/// A recurring job, and when it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronEntry {
    /// Its name.
    pub name: &'static str,
    /// When, as five fields.
    pub schedule: &'static str,
    /// The zone in which they are read.
    pub zone: &'static str,
    /// Whether it is paused.
    pub paused: bool,
    /// The last tick that was considered.
    pub last_tick: Option<UnixMs>,
    /// The next one.
    pub next_tick: Option<UnixMs>,
}

/// A result, opened for its owner.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// Media type.
    pub content_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Jobs, as operators and owners see and change them.
#[derive(Clone, Debug)]
pub struct Desk {
    services: Services,
}

impl Desk {
    pub(super) const fn new(services: Services) -> Self {
        Self { services }
    }

    /// Jobs that fit.
    ///
    /// # Errors
    /// When the store fails.
    pub fn list(&self, filter: &Filter, after: Option<JobKey>, limit: usize) -> Result<Page> {
        self.services.store.read(|view| admin::list(view, filter, after, limit))
    }

    /// One job, whosever it is.
    ///
    /// # Errors
    /// [`Code::JobNotFound`].
    pub fn find(&self, id: JobId) -> Result<(JobKey, JobRow)> {
        self.services.store.read(|view| admin::find(view, id))
    }

    /// What a job is to do; `None` when that is personal.
    pub fn payload(row: &JobRow) -> Option<Value> {
        if row.sealed { None } else { serde_json::from_slice(&row.payload).ok() }
    }

    /// What stands in each queue.
    ///
    /// # Errors
    /// When the store fails.
    pub fn stats(&self) -> Result<BTreeMap<String, QueueStats>> {
        self.services.store.read(|view| admin::stats(view))
    }

    /// The recurring jobs.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cron(&self) -> Result<Vec<CronEntry>> {
        let now = self.services.ambient.now();
        let entry = |(name, schedule, zone): &(&'static str, &'static str, &'static str)| {
            let row = self.services.store.read(|view| view.get(&JOB_CRON, &(*name).to_owned()))?;
            let next = Schedule::parse(schedule, zone).map_err(Error::internal)?.next_after(now);
            let CronRow { last_tick, paused } = row.unwrap_or_default();
            let last_tick = row.map(|_| last_tick);
            Ok(CronEntry { name, schedule, zone, paused, last_tick, next_tick: next })
        };
        RECURRING.iter().map(entry).collect()
    }

    /// Does something to one job.
    ///
    /// # Errors
    /// [`Code::JobNotFound`], [`Code::JobStateForbids`].
    pub async fn act(
        &self,
        request: &RequestContext,
        by: &Actor,
        id: JobId,
        action: Action,
    ) -> Result<(JobKey, JobRow)> {
        let (key, _) = self.find(id)?;
        let now = self.services.ambient.now();
        let row = self
            .audited(self.entry(request, by, key.0, action.audited()).target("job", id), move |tx| match action {
                Action::Retry => admin::retry(tx, key, now),
                Action::Cancel => admin::cancel(tx, key, now),
                Action::Discard => admin::discard(tx, key),
                Action::Replay => admin::replay(tx, key, now),
            })
            .await?;
        if action == Action::Cancel {
            self.services.jobs.stop(key, Stop::Cancelled);
        }
        Ok((key, row))
    }

    /// Retries dead jobs that fit, at most a batch; how many.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn retry_all(&self, request: &RequestContext, by: &Actor, filter: Filter) -> Result<usize> {
        let now = self.services.ambient.now();
        let chain = filter.tenant.unwrap_or(SYSTEM_TENANT);
        let target = filter.task.clone().unwrap_or_else(|| "all".to_owned());
        let retry = move |tx: &mut Tx<'_>| admin::retry_all(tx, &filter, now);
        self.audited(self.entry(request, by, chain, "job_retry_all").target("task", target), retry).await
    }

    /// Pauses a queue, or lets it go on.
    ///
    /// # Errors
    /// [`Code::QueueNotFound`].
    pub async fn pause_queue(&self, request: &RequestContext, by: &Actor, queue: &str, paused: bool) -> Result<()> {
        let action = if paused { "queue_pause" } else { "queue_resume" };
        let name = queue.to_owned();
        let pause = move |tx: &mut Tx<'_>| admin::pause_queue(tx, &name, paused);
        self.audited(self.entry(request, by, SYSTEM_TENANT, action).target("queue", queue.to_owned()), pause).await
    }

    /// Bounds how many jobs of a queue start in a period, or no longer.
    ///
    /// # Errors
    /// [`Code::QueueNotFound`], [`Code::InvalidFields`].
    pub async fn limit_queue(
        &self,
        request: &RequestContext,
        by: &Actor,
        queue: &str,
        rate: Option<RateRow>,
    ) -> Result<()> {
        let name = queue.to_owned();
        let limit = move |tx: &mut Tx<'_>| admin::limit_queue(tx, &name, rate);
        self.audited(self.entry(request, by, SYSTEM_TENANT, "queue_limit").target("queue", queue.to_owned()), limit)
            .await
    }

    /// How a tenant shares the queues.
    ///
    /// # Errors
    /// When the store fails.
    pub fn share(&self, tenant: TenantId) -> Result<ShareRow> {
        self.services.store.read(|view| admin::share(view, tenant))
    }

    /// Changes how a tenant shares the queues: its weight, its cap, whether it is paused.
    ///
    /// # Errors
    /// [`Code::InvalidFields`].
    pub async fn set_share(
        &self,
        request: &RequestContext,
        by: &Actor,
        tenant: TenantId,
        share: ShareRow,
    ) -> Result<()> {
        let set = move |tx: &mut Tx<'_>| admin::set_share(tx, tenant, share);
        self.audited(self.entry(request, by, tenant, "job_share").target("tenant", tenant.to_string()), set).await
    }

    /// Pauses a recurring job, or lets it go on.
    ///
    /// # Errors
    /// [`Code::CronNotFound`].
    pub async fn pause_cron(&self, request: &RequestContext, by: &Actor, name: &str, paused: bool) -> Result<()> {
        let action = if paused { "cron_pause" } else { "cron_resume" };
        let cron = name.to_owned();
        let pause = move |tx: &mut Tx<'_>| admin::pause_cron(tx, &cron, paused);
        self.audited(self.entry(request, by, SYSTEM_TENANT, action).target("cron", name.to_owned()), pause).await
    }

    fn entry(&self, request: &RequestContext, by: &Actor, chain: TenantId, action: &'static str) -> audit::Entry {
        self.services.auditor.entry(chain, request, by.clone(), action)
    }

    async fn audited<T, F>(&self, entry: audit::Entry, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let auditor = self.services.auditor.clone();
        self.services
            .store
            .write(move |tx| {
                let done = change(tx)?;
                audit::append(tx, &auditor, entry.clone())?;
                Ok(done)
            })
            .await
    }

    /// Enqueues a job for a user, with its audit entry.
    ///
    /// # Errors
    /// When as many wait as may wait.
    pub async fn ask<J: Job>(
        &self,
        request: &RequestContext,
        owner: (TenantId, UserId),
        by: &Actor,
        job: &J,
    ) -> Result<Enqueued> {
        let (tenant, user) = owner;
        let owner = Owner { tenant, user: Some(user), request_id: request.request_id.clone() };
        let draft = self.services.jobs.draft(owner, job)?;
        let entry = self.services.auditor.entry(tenant, request, by.clone(), "job_enqueue");
        let auditor = self.services.auditor.clone();
        self.services
            .store
            .write(move |tx| {
                let enqueued = enqueue(tx, &draft)?;
                if enqueued.is_new {
                    audit::append(tx, &auditor, entry.clone().target("job", enqueued.id).detail("task", J::NAME))?;
                }
                Ok(enqueued)
            })
            .await
    }

    /// A job of a user.
    ///
    /// # Errors
    /// [`Code::JobNotFound`], also when it is somebody else's.
    pub fn of(&self, owner: (TenantId, UserId), id: JobId) -> Result<JobRow> {
        let row = self.services.store.read(|view| admin::get(view, (owner.0, id)))?;
        if row.user == Some(owner.1) { Ok(row) } else { Err(Error::new(Code::JobNotFound)) }
    }

    /// Whether a job of a user left anything that is still there.
    ///
    /// # Errors
    /// When the store fails.
    pub fn has_result(&self, owner: (TenantId, UserId), id: JobId) -> Result<bool> {
        let now = self.services.ambient.now();
        match self.services.store.read(|view| admin::result(view, (owner.0, id), now)) {
            Ok(_) => Ok(true),
            Err(error) if error.code() == Code::JobResultNotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What a job of a user left.
    ///
    /// # Errors
    /// [`Code::JobNotFound`], [`Code::JobResultNotFound`].
    pub fn result(&self, owner: (TenantId, UserId), id: JobId) -> Result<Opened> {
        self.of(owner, id)?;
        let now = self.services.ambient.now();
        let row = self.services.store.read(|view| admin::result(view, (owner.0, id), now))?;
        let bytes = if row.sealed { self.unsealed(owner, id, &row.bytes)? } else { row.bytes };
        Ok(Opened { content_type: row.content_type, bytes })
    }

    fn unsealed(&self, owner: (TenantId, UserId), id: JobId, sealed: &[u8]) -> Result<Vec<u8>> {
        self.services.sealer().unseal(owner, &id.0, sealed).map_err(|cause| match cause {
            Unsealed::KeyGone => Error::new(Code::JobResultNotFound),
            Unsealed::Broken => Error::internal(format!("the result of {id} does not open")),
            Unsealed::Failed(error) => error,
        })
    }
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({}, {} bytes)", self.content_type, self.bytes.len())
    }
}
