//! P: The tables of the durable queue and their rows. Opens nothing.
//!
//! A job has one row, and at most one entry in the index of its state: [`JOB_READY`] while it waits for a worker,
//! [`JOB_SCHEDULE`] while it waits for its time, its lease in [`JOB_LEASES`] while it runs, [`JOB_PARKED`] when it is dead
//! or quarantined, [`JOB_EXPIRY`] once it has ended. No index is read from its middle, so none costs more when it grows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Unit;
use crate::clock::UnixMs;
use crate::ids::{JobId, TenantId, UserId};
use crate::store::codec::{Row, Table};

/// Every job.
pub const JOBS: Table<(TenantId, JobId), JobRow> = Table::new("jobs_v1");
/// Jobs that a worker may take now: queue, tenant, rank (least first), job.
pub const JOB_READY: Table<(String, TenantId, u64, JobId), Unit> = Table::new("job_ready_v1");
/// Jobs that wait for an instant (milliseconds since the epoch).
pub const JOB_SCHEDULE: Table<(u64, TenantId, JobId), Unit> = Table::new("job_schedule_v1");
/// What each tenant has in each queue: counts, share, virtual time.
pub const JOB_FLOWS: Table<(String, TenantId), FlowRow> = Table::new("job_flows_v1");
/// Tenants of a queue that may be served, in the order of their virtual times.
pub const JOB_TURNS: Table<(String, u64, TenantId), Unit> = Table::new("job_turns_v1");
/// Settings and virtual time of each queue that was ever used.
pub const JOB_QUEUES: Table<String, QueueRow> = Table::new("job_queues_v1");
/// Weight, cap and pause of a tenant that has other than the usual ones.
pub const JOB_SHARES: Table<TenantId, ShareRow> = Table::new("job_shares_v1");
/// Leases that are held, by fencing token.
pub const JOB_LEASES: Table<u64, LeaseRow> = Table::new("job_leases_v1");
/// Job by uniqueness key.
pub const JOB_UNIQUE: Table<(TenantId, String), UniqueRow> = Table::new("job_unique_v1");
/// Dead and quarantined jobs, by [`JobState::index`].
pub const JOB_PARKED: Table<(u8, TenantId, JobId), Unit> = Table::new("job_parked_v1");
/// Ended jobs by the instant from which they may be removed, then by the fencing token that ended them.
pub const JOB_EXPIRY: Table<(u64, u64), ExpiryRow> = Table::new("job_expiry_v1");
/// What completed jobs left for their owners.
pub const JOB_RESULTS: Table<(TenantId, JobId), ResultRow> = Table::new("job_results_v1");
/// The last tick of each recurring job.
pub const JOB_CRON: Table<String, CronRow> = Table::new("job_cron_v1");

/// Where a job stands. `jobs::state` holds what may follow what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its instant, and never ran.
    Scheduled,
    /// It waits for a worker.
    Available,
    /// A worker holds it.
    Running,
    /// It failed, and waits for its next try.
    Retryable,
    /// It did what it should.
    Completed,
    /// Somebody called it off.
    Cancelled,
    /// It failed for good: a dead letter.
    Discarded,
    /// It cannot be read, or brought its process down twice.
    Quarantined,
}

impl JobState {
    /// Every state, in the order of [`Self::index`].
    pub const ALL: [Self; 8] = [
        Self::Scheduled,
        Self::Available,
        Self::Running,
        Self::Retryable,
        Self::Completed,
        Self::Cancelled,
        Self::Discarded,
        Self::Quarantined,
    ];

    /// Its place in [`Self::ALL`], in counts and in keys.
    pub const fn index(self) -> u8 {
        self as u8
    }

    /// Stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Available => "available",
            Self::Running => "running",
            Self::Retryable => "retryable",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Discarded => "discarded",
            Self::Quarantined => "quarantined",
        }
    }

    /// The state of this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == code)
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRow {
    /// Name of its kind.
    pub task: String,
    /// Version of its payload.
    pub version: u16,
    /// Its queue.
    pub queue: String,
    /// Its priority; 0 is the most urgent.
    pub priority: u8,
    /// Who caused it, if a user did.
    pub user: Option<UserId>,
    /// What it is to do, as JSON; sealed when `sealed`.
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
    /// Whether the payload is sealed with its user's key.
    pub sealed: bool,
    /// Its uniqueness key, if it has one.
    pub unique: Option<String>,
    /// Request that caused it.
    pub request_id: String,
    /// Where it stands.
    pub state: JobState,
    /// Its place among the waiting jobs of its tenant and queue.
    pub rank: u64,
    /// When it was made.
    pub enqueued_at: UnixMs,
    /// From when it may run.
    pub run_at: UnixMs,
    /// When it was last taken by a worker.
    pub started_at: Option<UnixMs>,
    /// When it ended.
    pub finished_at: Option<UnixMs>,
    /// From when it may be removed, once it has ended.
    pub expires_at: Option<UnixMs>,
    /// How long it is kept once completed, in milliseconds.
    pub keep_ms: u64,
    /// Fencing token of the worker that holds it, or held it last; 0 before the first.
    pub token: u64,
    /// Failures that counted so far.
    pub failures: u32,
    /// The failure with which it dies.
    pub failures_max: u32,
    /// How often its code ran at the moment its process died.
    pub crashes: u32,
    /// How often it was taken from a worker that was lost.
    pub rescues: u32,
    /// Somebody wants it stopped while it runs.
    pub cancel_requested: bool,
    /// Why it is dead, cancelled or quarantined; empty otherwise.
    pub reason: String,
    /// Failures by class, for limits of a class.
    pub by_class: BTreeMap<String, u32>,
    /// Attempts that failed, the latest last, cut to the latest few.
    pub attempts: Vec<AttemptRow>,
}

/// One attempt that failed. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// When a worker took the job.
    pub started_at: UnixMs,
    /// When the attempt ended.
    pub ended_at: UnixMs,
    /// Class of the failure, e.g. `timeout`.
    pub class: String,
    /// The error and its causes, outermost first.
    pub chain: Vec<String>,
}

/// What a tenant has in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowRow {
    /// Virtual time of its next turn.
    pub turn: u64,
    /// Jobs by [`JobState::index`].
    pub counts: [u64; 8],
    /// Its share relative to others'.
    pub weight: u32,
    /// Jobs of it that may run at once.
    pub running_max: u32,
    /// Whether the tenant is paused.
    pub paused: bool,
}

/// A queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRow {
    /// Virtual time of the turn served last.
    pub virtual_time: u64,
    /// Whether nothing of it is given to workers.
    pub paused: bool,
    /// Jobs of one tenant that may run at once, unless its share says otherwise; `None` for no bound.
    pub tenant_running_max: Option<u32>,
    /// Jobs that may be started in a period, if it is bounded.
    pub rate: Option<RateRow>,
    /// The instant, in microseconds, at which the rate is used up to now.
    pub rate_used_us: u64,
}

/// So many jobs in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateRow {
    /// Jobs; as many may start at once after a rest.
    pub jobs: u32,
    /// Milliseconds.
    pub per_ms: u64,
}

/// How a tenant shares the queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareRow {
    /// Its share relative to others'; 1 is usual.
    pub weight: u32,
    /// Jobs of it that may run at once in a queue; the queue's own bound when `None`.
    pub running_max: Option<u32>,
    /// Whether none of its jobs is given to workers.
    pub paused: bool,
}

impl Default for ShareRow {
    fn default() -> Self {
        Self { weight: 1, running_max: None, paused: false }
    }
}

/// A worker's hold on the jobs that it took together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRow {
    /// When it ends unless renewed.
    pub expires_at: UnixMs,
    /// Which start of the appliance gave it.
    pub boot: u64,
    /// The jobs.
    pub jobs: Vec<(TenantId, JobId)>,
    /// How many of them are still held.
    pub left: u32,
}

/// The job that holds a uniqueness key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UniqueRow {
    /// The job.
    pub job: JobId,
    /// States in which it keeps the key, one bit each by [`JobState::index`].
    pub states: u8,
    /// Instant until which it keeps the key whatever its state.
    pub until: Option<UnixMs>,
}

/// Jobs that ended together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiryRow {
    /// The jobs.
    pub jobs: Vec<(TenantId, JobId)>,
}

/// What a completed job left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultRow {
    /// Media type of the bytes.
    pub content_type: String,
    /// The bytes; sealed when `sealed`.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
    /// Whether they are sealed with the user's key.
    pub sealed: bool,
    /// When they were left.
    pub created_at: UnixMs,
    /// From when they may be removed.
    pub expires_at: UnixMs,
}

/// A recurring job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronRow {
    /// The last tick that was turned into a job, or passed over.
    pub last_tick: UnixMs,
    /// Whether it is paused.
    pub paused: bool,
}

rows!(JobRow, FlowRow, QueueRow, ShareRow, LeaseRow, UniqueRow, ExpiryRow, ResultRow, CronRow);
