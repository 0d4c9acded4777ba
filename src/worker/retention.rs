//! S: `retention_purge`: removes expired idempotency records and counts of days long past. Old jobs and results are the
//! queue's own cleaner's.

use serde::{Deserialize, Serialize};

use super::{MAINTENANCE, Services, activity};
use crate::jobs::{Ctx, Done, Job, JobError, Policy, Stop, Unique};

/// Removes what is no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionPurge {}

impl Job for RetentionPurge {
    const NAME: &'static str = "retention_purge";
    const QUEUE: &'static str = MAINTENANCE;
    // It runs every few minutes: what it left is of no interest for long.
    const POLICY: Policy = Policy { keep_ms: 3_600_000, ..Policy::USUAL };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::by::<&str>([]))
    }
}

pub(super) async fn run(services: Services, ctx: Ctx, _: RetentionPurge) -> Result<Done, JobError> {
    let mut records = 0;
    loop {
        let removed = services.idempotency.clean().await?;
        records += removed;
        if removed == 0 || ctx.stop() != Stop::No {
            break;
        }
    }
    let days = activity::forget(&services).await?;
    let told = serde_json::json!({ "idempotency_records": records, "activity_days": days });
    Done::nothing().output("application/json", told.to_string().into_bytes(), false)
}
