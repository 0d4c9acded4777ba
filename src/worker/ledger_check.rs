//! S: `ledger_verify`: rebuilds every balance of the money ledger from its entries and compares. One that does not agree
//! is a dead letter, and no retry mends it.

use serde::{Deserialize, Serialize};

use super::{MAINTENANCE, Services};
use crate::jobs::{Ctx, Done, Job, JobError, Policy, Unique};

/// Checks the money ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerVerify {}

impl Job for LedgerVerify {
    const NAME: &'static str = "ledger_verify";
    const QUEUE: &'static str = MAINTENANCE;
    const POLICY: Policy = Policy { timeout_ms: 3_600_000, keep_ms: 30 * 86_400_000, ..Policy::USUAL };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::by::<&str>([]))
    }
}

pub(super) async fn run(services: Services, ctx: Ctx, _: LedgerVerify) -> Result<Done, JobError> {
    let report = ctx.blocking(move |_| services.ledger.verify()).await??;
    if report.problems > 0 {
        let first = report.told.first().map_or_else(String::new, |first| format!("; {}: {}", first.tenant, first.what));
        let what = format!("{} balances or entries of the ledger do not agree{first}", report.problems);
        tracing::error!(problems = report.problems, "the ledger does not agree");
        return Err(JobError::fail("ledger_broken", &what));
    }
    let told = serde_json::json!({ "entries": report.entries, "balances": report.balances, "problems": 0 });
    Done::nothing().output("application/json", told.to_string().into_bytes(), false)
}
