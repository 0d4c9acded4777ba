//! S: The kinds of jobs of the appliance, one file each, their queues and times; and what runs them. Knows no HTTP.
//!
//! | kind | queue | when |
//! |---|---|---|
//! | `natal_report` | `reports` | a user asks for one |
//! | `webhook_event`, `webhook_delivery` | `webhooks` | something happens that a tenant wants to know |
//! | `usage_rollup` | `maintenance` | every hour |
//! | `retention_purge` | `maintenance` | every five minutes |
//! | `audit_verify` | `maintenance` | every day |
//! | `ledger_verify` | `maintenance` | every day |
//! | `reindex` | `maintenance` | every day |

pub mod activity;
mod audit_check;
pub mod desk;
mod ledger_check;
mod outbound;
mod reindex;
pub mod report;
mod retention;
mod seal;
pub mod webhooks;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use self::outbound::Allowed;

use self::desk::Desk;
use self::outbound::Outbound;
use self::seal::VaultSealer;
use self::webhooks::Webhooks;
use crate::audit::{Auditor, SYSTEM_TENANT};
use crate::charts::Charts;
use crate::clock::{Ambient, UnixMs};
use crate::error::{Error, Result};
use crate::idempotency::Idempotency;
use crate::ids::TenantId;
use crate::jobs::cron::{CatchUp, Schedule};
use crate::jobs::{Draft, Happening, Job, Jobs, Options, Owner, Pool, Recurring, Registry, Runner, admin};
use crate::retrieval::Retrieval;
use crate::store::Store;
use crate::store::tables::jobs::JobState;
use crate::telemetry::metrics::jobs::JobMetrics;
use crate::tenants::ledger::Ledger;
use crate::vault::Vault;

/// Queue of what keeps the appliance in order.
pub const MAINTENANCE: &str = "maintenance";
/// Queue of what users wait for.
pub const REPORTS: &str = "reports";
/// Queue of messages to outside.
pub const WEBHOOKS_QUEUE: &str = "webhooks";

/// Queues with their workers, and how many jobs of one tenant may run at once in each: one less than there are workers
/// leaves room for the others.
const QUEUES: &[(&str, usize, Option<u32>)] =
    &[(REPORTS, 2, Some(1)), (WEBHOOKS_QUEUE, 4, Some(3)), (MAINTENANCE, 1, None)];

/// Recurring jobs: name of the kind, five cron fields, zone.
const RECURRING: &[(&str, &str, &str)] = &[
    (retention::RetentionPurge::NAME, "*/5 * * * *", "UTC"),
    (activity::UsageRollup::NAME, "7 * * * *", "UTC"),
    (audit_check::AuditVerify::NAME, "20 3 * * *", "UTC"),
    (ledger_check::LedgerVerify::NAME, "30 3 * * *", "UTC"),
    (reindex::Reindex::NAME, "40 3 * * *", "UTC"),
];

/// What jobs work with.
#[derive(Clone)]
pub struct Services {
    store: Store,
    ambient: Ambient,
    vault: Arc<Vault>,
    auditor: Auditor,
    idempotency: Idempotency,
    charts: Charts,
    retrieval: Retrieval,
    ledger: Ledger,
    jobs: Jobs,
    outbound: webhooks::Outbound,
}

impl std::fmt::Debug for Services {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Services")
    }
}

impl Services {
    fn sealer(&self) -> &dyn crate::jobs::Sealer {
        self.jobs.sealer()
    }
}

/// What [`Worker::open`] is given.
#[derive(Debug)]
pub struct Parts {
    /// The store that the queue lives in.
    pub store: Store,
    /// Time and randomness.
    pub ambient: Ambient,
    /// Seals what is personal.
    pub vault: Arc<Vault>,
    /// Tells of changes.
    pub auditor: Auditor,
    /// Records that expire.
    pub idempotency: Idempotency,
    /// Charts that reports show.
    pub charts: Charts,
    /// The index that is looked after.
    pub retrieval: Retrieval,
    /// The money ledger that is checked.
    pub ledger: Ledger,
    /// What webhooks may call.
    pub allowed: Allowed,
}

/// The queue with its kinds of jobs. It works from [`Self::start`] to [`Self::drain`]; it can be looked at and changed
/// without.
pub struct Worker {
    services: Services,
    runner: Mutex<Option<Arc<Runner>>>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Worker")
    }
}

impl Worker {
    /// The queue of the store; what an earlier process held is taken back. `notes` is where the flight recorder writes.
    ///
    /// # Errors
    /// When the store fails, or the file cannot be used.
    pub async fn open(parts: Parts, notes: &Path, metrics: Option<JobMetrics>) -> Result<Self> {
        let Parts { store, ambient, vault, auditor, idempotency, charts, retrieval, ledger, allowed } = parts;
        let sealer = Arc::new(VaultSealer(Arc::clone(&vault)));
        let jobs = Jobs::open(store.clone(), ambient.clone(), sealer, Some(notes)).await?;
        if let Some(metrics) = metrics {
            jobs.observe(Box::new(move |happening| count(&metrics, happening)));
        }
        let declare = |tx: &mut crate::store::Tx<'_>| {
            QUEUES.iter().try_for_each(|(queue, _, each)| admin::declare_queue(tx, queue, *each))
        };
        store.write::<_, Error, _>(declare).await?;
        let outbound = Arc::new(Outbound::new(allowed));
        let services =
            Services { store, ambient, vault, auditor, idempotency, charts, retrieval, ledger, jobs, outbound };
        Ok(Self { services, runner: Mutex::default() })
    }

    /// Starts the workers, unless they work already.
    ///
    /// # Errors
    /// When a schedule of the program cannot be read, which a test excludes.
    pub fn start(&self) -> Result<()> {
        let mut runner = self.runner.lock().unwrap_or_else(PoisonError::into_inner);
        if runner.is_none() {
            let pools = QUEUES.iter().map(|(queue, workers, _)| Pool::of(queue, *workers)).collect();
            let options = Options { recurring: recurring()?, ..Options::of(pools) };
            *runner = Some(Arc::new(Runner::start(self.services.jobs.clone(), registry(&self.services), options)));
        }
        Ok(())
    }

    /// Stops the workers: no more jobs are taken, those that run may end until `deadline`, the rest is given back.
    pub async fn drain(&self, deadline: Duration) {
        let runner = self.runner.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runner) = runner {
            runner.drain(deadline).await;
        }
    }

    /// The queue itself.
    pub const fn jobs(&self) -> &Jobs {
        &self.services.jobs
    }

    /// What operators and owners do with jobs.
    pub fn desk(&self) -> Desk {
        Desk::new(self.services.clone())
    }

    /// Addresses that events are sent to.
    pub fn webhooks(&self) -> Webhooks {
        Webhooks::new(self.services.clone())
    }

    /// The days of a tenant that are counted, the latest first, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub fn activity(&self, tenant: TenantId, limit: usize) -> Result<Vec<activity::Day>> {
        activity::days(&self.services.store, tenant, limit)
    }
}

/// Every kind with its handler.
fn registry(services: &Services) -> Registry {
    let with = || services.clone();
    let (report, event, delivery) = (with(), with(), with());
    let (rollup, purge, verify, ledger, reindex) = (with(), with(), with(), with(), with());
    Registry::new()
        .with(move |ctx, job: report::NatalReport| report::run(report.clone(), ctx, job))
        .with(move |ctx, job: webhooks::WebhookEvent| std::future::ready(webhooks::run_event(&event, &ctx, &job)))
        .with(move |ctx, job: webhooks::WebhookDelivery| webhooks::run_delivery(delivery.clone(), ctx, job))
        .with(move |ctx, job: activity::UsageRollup| activity::run(rollup.clone(), ctx, job))
        .with(move |ctx, job: retention::RetentionPurge| retention::run(purge.clone(), ctx, job))
        .with(move |ctx, job: audit_check::AuditVerify| audit_check::run(verify.clone(), ctx, job))
        .with(move |ctx, job: ledger_check::LedgerVerify| ledger_check::run(ledger.clone(), ctx, job))
        .with(move |ctx, job: reindex::Reindex| reindex::run(reindex.clone(), ctx, job))
}

/// The recurring jobs. Missed ticks are made up for once: what they do covers all that was missed.
fn recurring() -> Result<Vec<Recurring>> {
    let entry = |(name, text, zone): &(&'static str, &'static str, &'static str)| {
        let schedule = Schedule::parse(text, zone).map_err(Error::internal)?;
        let make = make(name).ok_or_else(|| Error::internal(format!("no recurring job is called {name}")))?;
        Ok(Recurring { name, text, schedule, catch_up: CatchUp::Last, make: Arc::new(make) })
    };
    RECURRING.iter().map(entry).collect()
}

type Made = fn(&Jobs, UnixMs) -> Result<Draft>;

/// What makes the job of a tick.
fn make(name: &str) -> Option<Made> {
    let makes: [(&str, Made); 5] = [
        (retention::RetentionPurge::NAME, |jobs, _| jobs.draft(system(), &retention::RetentionPurge {})),
        (activity::UsageRollup::NAME, |jobs, _| jobs.draft(system(), &activity::UsageRollup {})),
        (audit_check::AuditVerify::NAME, |jobs, _| jobs.draft(system(), &audit_check::AuditVerify {})),
        (ledger_check::LedgerVerify::NAME, |jobs, _| jobs.draft(system(), &ledger_check::LedgerVerify {})),
        (reindex::Reindex::NAME, |jobs, _| jobs.draft(system(), &reindex::Reindex {})),
    ];
    makes.into_iter().find(|(known, _)| *known == name).map(|(_, make)| make)
}

const fn system() -> Owner {
    Owner::tenant(SYSTEM_TENANT)
}

fn count(metrics: &JobMetrics, happening: Happening<'_>) {
    match happening {
        Happening::Started { task, waited_ms } => metrics.started(task, Duration::from_millis(waited_ms)),
        Happening::Ended { task, queue, state, failed, ran_ms } => {
            metrics.ended(task, state.as_str(), Duration::from_secs_f64(ran_ms / 1_000.0));
            if failed {
                metrics.failed(task);
            }
            match state {
                JobState::Retryable => metrics.retried(task),
                JobState::Discarded => metrics.dead(queue),
                JobState::Quarantined => metrics.poisoned(task),
                _ => {}
            }
        }
        Happening::Rescued { queue, state, .. } => {
            metrics.lease_expired(queue);
            if state == JobState::Discarded {
                metrics.dead(queue);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recurring_job_has_its_schedule_and_its_maker() {
        assert_eq!(recurring().unwrap().len(), RECURRING.len());
    }
}
