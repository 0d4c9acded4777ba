//! S: `audit_verify`: checks every audit chain from its beginning. A broken one is a dead letter, and no retry mends it.

use serde::{Deserialize, Serialize};

use super::{MAINTENANCE, Services};
use crate::audit;
use crate::jobs::{Ctx, Done, Job, JobError, Policy, Unique};

/// Checks the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditVerify {}

impl Job for AuditVerify {
    const NAME: &'static str = "audit_verify";
    const QUEUE: &'static str = MAINTENANCE;
    const POLICY: Policy = Policy { timeout_ms: 3_600_000, keep_ms: 30 * 86_400_000, ..Policy::USUAL };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::by::<&str>([]))
    }
}

pub(super) async fn run(services: Services, ctx: Ctx, _: AuditVerify) -> Result<Done, JobError> {
    let check = move |_: &Ctx| services.store.read(|view| audit::verify(view, &services.auditor));
    let report = ctx.blocking(check).await??;
    if let Some(problem) = report.first_problem {
        tracing::error!(tenant = %problem.tenant, sequence = problem.sequence, "an audit chain is broken: {}", problem.what);
        let what = format!("the chain of {} is broken at entry {}: {}", problem.tenant, problem.sequence, problem.what);
        return Err(JobError::fail("audit_broken", &what));
    }
    let told = serde_json::json!({ "tenants": report.tenants, "entries": report.entries, "intact": true });
    Done::nothing().output("application/json", told.to_string().into_bytes(), false)
}
