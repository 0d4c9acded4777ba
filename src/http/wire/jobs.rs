//! Wire form of jobs, queues and webhooks.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::UnixMs;
use crate::jobs::admin::QueueStats;
use crate::jobs::{AttemptRow, JobKey, JobRow, JobState, ShareRow};
use crate::worker::desk::{CronEntry, Desk};
use crate::worker::webhooks::Webhook;

/// One attempt that failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attempt {
    /// When a worker took the job, RFC 3339.
    pub started_at: String,
    /// When the attempt ended.
    pub ended_at: String,
    /// Class of the failure, e.g. `timeout`.
    pub class: String,
    /// The error and its causes, outermost first.
    pub chain: Vec<String>,
}

/// A job, as an operator sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobReply {
    /// Its id.
    pub id: String,
    /// Kind of job.
    pub task: String,
    /// Its queue.
    pub queue: String,
    /// Id of its tenant.
    pub tenant: String,
    /// Id of the user who caused it, if one did.
    pub user: Option<String>,
    /// `scheduled`, `available`, `running`, `retryable`, `completed`, `cancelled`, `discarded` or `quarantined`.
    pub state: String,
    /// 0 (most urgent) to 9.
    pub priority: u8,
    /// When it was made, RFC 3339.
    pub enqueued_at: String,
    /// From when it may run.
    pub run_at: String,
    /// When a worker last took it.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Failures that counted.
    pub failures: u32,
    /// The failure with which it dies.
    pub failures_max: u32,
    /// How often its code ran when its process died.
    pub crashes: u32,
    /// How often it was taken back from a lost worker.
    pub rescues: u32,
    /// Whether somebody wants it stopped.
    pub cancel_requested: bool,
    /// Why it is dead, cancelled or quarantined; empty otherwise.
    pub reason: String,
    /// Uniqueness key, `task:{name}:{parts}`.
    pub unique: Option<String>,
    /// Id of the request that caused it.
    pub request_id: String,
    /// What it is to do; null when that is personal, and then sealed.
    #[salvo(schema(value_type = Option<Object>))]
    pub payload: Option<Value>,
    /// Attempts that failed, the latest last.
    pub attempts: Vec<Attempt>,
}

impl From<(JobKey, &JobRow)> for JobReply {
    fn from(((tenant, id), row): (JobKey, &JobRow)) -> Self {
        Self {
            id: id.to_string(),
            task: row.task.clone(),
            queue: row.queue.clone(),
            tenant: tenant.to_string(),
            user: row.user.map(|user| user.to_string()),
            state: row.state.as_str().to_owned(),
            priority: row.priority,
            enqueued_at: row.enqueued_at.rfc3339(),
            run_at: row.run_at.rfc3339(),
            started_at: row.started_at.map(UnixMs::rfc3339),
            finished_at: row.finished_at.map(UnixMs::rfc3339),
            failures: row.failures,
            failures_max: row.failures_max,
            crashes: row.crashes,
            rescues: row.rescues,
            cancel_requested: row.cancel_requested,
            reason: row.reason.clone(),
            unique: row.unique.clone(),
            request_id: row.request_id.clone(),
            payload: Desk::payload(row),
            attempts: row.attempts.iter().map(attempt).collect(),
        }
    }
}

fn attempt(row: &AttemptRow) -> Attempt {
    Attempt {
        started_at: row.started_at.rfc3339(),
        ended_at: row.ended_at.rfc3339(),
        class: row.class.clone(),
        chain: row.chain.clone(),
    }
}

/// Jobs, of each tenant the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobList {
    /// The jobs.
    pub jobs: Vec<JobReply>,
    /// Give it as `cursor` to go on. A page may be short or empty and yet have one.
    pub next_cursor: Option<String>,
}

/// A dead letter.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetter {
    /// Kind of job.
    pub task: String,
    /// Its id.
    pub task_id: String,
    /// Why it is dead.
    pub reason: String,
    /// When it died, seconds since 1970 with milliseconds.
    pub ts: f64,
    /// The whole job.
    pub job: JobReply,
}

impl From<(JobKey, &JobRow)> for DeadLetter {
    fn from((key, row): (JobKey, &JobRow)) -> Self {
        Self {
            task: row.task.clone(),
            task_id: key.1.to_string(),
            reason: row.reason.clone(),
            ts: row.finished_at.map_or(0.0, |at| at.0 as f64 / 1e3),
            job: JobReply::from((key, row)),
        }
    }
}

/// Dead letters, or jobs in quarantine.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetters {
    /// The entries.
    pub entries: Vec<DeadLetter>,
    /// Give it as `cursor` to go on.
    pub next_cursor: Option<String>,
}

/// Which dead jobs to retry; what is absent does not matter.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryRequest {
    /// Kind of job.
    #[serde(default)]
    pub task: Option<String>,
    /// Queue.
    #[serde(default)]
    pub queue: Option<String>,
    /// Slug of a tenant.
    #[serde(default)]
    pub tenant: Option<String>,
}

/// How many were retried.
#[derive(Debug, Serialize, ToSchema)]
pub struct Retried {
    /// Jobs that are in line again. When it is 512, there may be more: ask again.
    pub retried: usize,
}

/// How one queue stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueReply {
    /// Its name.
    pub name: String,
    /// Whether it is paused.
    pub paused: bool,
    /// Jobs that may start in `rate_per_ms`; null when not bounded.
    pub rate_jobs: Option<u32>,
    /// Milliseconds.
    pub rate_per_ms: Option<u64>,
    /// Jobs of one tenant that may run at once; null when not bounded.
    pub tenant_running_max: Option<u32>,
    /// Tenants that have jobs in it.
    pub tenants: u64,
    /// Jobs that wait for a worker, for their instant or for their next try.
    pub depth: u64,
    /// Jobs that wait for their instant.
    pub scheduled: u64,
    /// Jobs that wait for a worker.
    pub available: u64,
    /// Jobs that run.
    pub running: u64,
    /// Jobs that wait for their next try.
    pub retryable: u64,
    /// Jobs that did what they should, as far as they are kept.
    pub completed: u64,
    /// Jobs that were called off.
    pub cancelled: u64,
    /// Dead letters.
    pub discarded: u64,
    /// Jobs in quarantine.
    pub quarantined: u64,
    /// When the first job in line became available, RFC 3339.
    pub oldest_available_at: Option<String>,
}

impl From<(&String, &QueueStats)> for QueueReply {
    fn from((name, stats): (&String, &QueueStats)) -> Self {
        Self {
            name: name.clone(),
            paused: stats.row.paused,
            rate_jobs: stats.row.rate.map(|rate| rate.jobs),
            rate_per_ms: stats.row.rate.map(|rate| rate.per_ms),
            tenant_running_max: stats.row.tenant_running_max,
            tenants: stats.tenants,
            depth: stats.depth(),
            scheduled: stats.count(JobState::Scheduled),
            available: stats.count(JobState::Available),
            running: stats.count(JobState::Running),
            retryable: stats.count(JobState::Retryable),
            completed: stats.count(JobState::Completed),
            cancelled: stats.count(JobState::Cancelled),
            discarded: stats.count(JobState::Discarded),
            quarantined: stats.count(JobState::Quarantined),
            oldest_available_at: stats.oldest_available.map(UnixMs::rfc3339),
        }
    }
}

/// Every queue.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stats {
    /// The queues, by name.
    pub queues: Vec<QueueReply>,
}

/// A recurring job.
#[derive(Debug, Serialize, ToSchema)]
pub struct CronReply {
    /// Its name.
    pub name: String,
    /// Minute, hour, day of month, month, day of week.
    pub schedule: String,
    /// Zone in which they are read.
    pub zone: String,
    /// Whether it is paused.
    pub paused: bool,
    /// The last tick that was considered, RFC 3339.
    pub last_tick: Option<String>,
    /// The next one.
    pub next_tick: Option<String>,
}

impl From<&CronEntry> for CronReply {
    fn from(entry: &CronEntry) -> Self {
        Self {
            name: entry.name.to_owned(),
            schedule: entry.schedule.to_owned(),
            zone: entry.zone.to_owned(),
            paused: entry.paused,
            last_tick: entry.last_tick.map(UnixMs::rfc3339),
            next_tick: entry.next_tick.map(UnixMs::rfc3339),
        }
    }
}

/// The recurring jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct CronList {
    /// They.
    pub cron: Vec<CronReply>,
}

/// Something is paused or goes on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Paused {
    /// What.
    pub name: String,
    /// Whether it is paused now.
    pub paused: bool,
}

/// A bound on how many jobs of a queue start; both or neither.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Jobs; null for no bound.
    pub jobs: Option<u32>,
    /// In so many milliseconds; null for no bound.
    pub per_ms: Option<u64>,
}

/// How a tenant shares the queues.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Its share relative to others', 1 to 1000; 1 is usual.
    #[serde(default = "one")]
    pub weight: u32,
    /// Jobs of it that may run at once in a queue; the queue's own bound when null.
    #[serde(default)]
    pub running_max: Option<u32>,
    /// Whether none of its jobs is started.
    #[serde(default)]
    pub paused: bool,
}

const fn one() -> u32 {
    1
}

impl From<ShareRow> for Share {
    fn from(row: ShareRow) -> Self {
        Self { weight: row.weight, running_max: row.running_max, paused: row.paused }
    }
}

impl From<Share> for ShareRow {
    fn from(share: Share) -> Self {
        Self { weight: share.weight, running_max: share.running_max, paused: share.paused }
    }
}

/// What a tenant did on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityDay {
    /// The day, UTC.
    pub date: String,
    /// Charts made.
    pub charts: u64,
    /// Charts deleted.
    pub charts_deleted: u64,
    /// Questions answered.
    pub answers: u64,
    /// Logins.
    pub logins: u64,
}

/// The days of a tenant that are counted, the latest first. The count runs every hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct Activity {
    /// The days on which anything happened.
    pub days: Vec<ActivityDay>,
}

/// A job of yours.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyJob {
    /// Its id.
    pub id: String,
    /// Kind of job.
    pub task: String,
    /// `scheduled`, `available`, `running`, `retryable`, `completed`, `cancelled`, `discarded` or `quarantined`.
    pub state: String,
    /// When it was made, RFC 3339.
    pub enqueued_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// Steps done, while it runs and tells.
    pub progress_done: Option<u64>,
    /// Steps in all.
    pub progress_total: Option<u64>,
    /// Where its result is, once it is completed and left one.
    pub result: Option<String>,
}

/// What a report should be.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// `en` (default) or `fr`.
    #[serde(default)]
    pub lang: Option<String>,
}

/// A new webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// The address, HTTPS.
    pub url: String,
    /// Which events, of `chart.created`, `report.completed`, `webhook.test`; all when empty.
    #[serde(default)]
    pub events: Vec<String>,
}

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookReply {
    /// Its id.
    pub id: String,
    /// The address.
    pub url: String,
    /// Which events; all when empty.
    pub events: Vec<String>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// The secret that signs its messages; told once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl From<&Webhook> for WebhookReply {
    fn from(webhook: &Webhook) -> Self {
        Self {
            id: webhook.id.to_string(),
            url: webhook.row.url.clone(),
            events: webhook.row.events.clone(),
            created_at: webhook.row.created_at.rfc3339(),
            secret: None,
        }
    }
}

/// The webhooks of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookList {
    /// They.
    pub webhooks: Vec<WebhookReply>,
}

/// A webhook that is gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeleted {
    /// Its id.
    pub deleted: String,
}

/// A job that was enqueued.
#[derive(Debug, Serialize, ToSchema)]
pub struct Enqueued {
    /// Its id.
    pub job: String,
}
