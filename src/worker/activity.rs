//! S: `usage_rollup`: counts per tenant and day what the audit chains tell: charts made and deleted, questions answered,
//! logins. Each entry counts once: the counts and the mark up to where the chain is counted commit together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MAINTENANCE, Services};
use crate::clock::UnixMs;
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::jobs::{Ctx, Done, Job, JobError, Policy, Stop, Unique};
use crate::store::tables::worker::{ACTIVITY_DAYS, ACTIVITY_MARKS, ActivityRow, MarkRow};
use crate::store::tables::{AUDIT, AuditRow, TENANTS};
use crate::store::{Reads, Span, Store};

/// Entries counted in one transaction.
const PAGE_ROWS: usize = 1_000;
/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;
/// Days that are kept.
const DAYS_KEPT: u32 = 400;

/// Counts what is not counted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRollup {}

impl Job for UsageRollup {
    const NAME: &'static str = "usage_rollup";
    const QUEUE: &'static str = MAINTENANCE;
    const POLICY: Policy = Policy { timeout_ms: 900_000, keep_ms: 6 * 3_600_000, ..Policy::USUAL };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::by::<&str>([]))
    }
}

/// What a tenant did on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970-01-01.
    pub day: u32,
    /// The counts.
    pub counts: ActivityRow,
}

/// The days of a tenant that are counted, the latest first, at most `limit`.
///
/// # Errors
/// When the store fails.
pub(super) fn days(store: &Store, tenant: TenantId, limit: usize) -> Result<Vec<Day>> {
    let rows = store.read(|view| view.scan(&ACTIVITY_DAYS, Span::prefix(&tenant).reversed(), limit))?;
    Ok(rows.into_iter().map(|((_, day), counts)| Day { day, counts }).collect())
}

/// The number of the day that holds an instant.
pub fn day_of(at: UnixMs) -> u32 {
    u32::try_from(at.0 / DAY_MS).unwrap_or(u32::MAX)
}

pub(super) async fn run(services: Services, ctx: Ctx, _: UsageRollup) -> std::result::Result<Done, JobError> {
    let (mut entries, mut after) = (0, None);
    loop {
        let span = after.map_or_else(Span::all, |after| Span::all().after(&after));
        let page = services.store.read(|view| view.scan(&TENANTS, span, 1))?;
        let Some((tenant, _)) = page.into_iter().next() else { break };
        while ctx.stop() == Stop::No {
            let counted = services.store.write(move |tx| count_page(tx, tenant)).await?;
            entries += counted;
            if counted < PAGE_ROWS {
                break;
            }
        }
        after = Some(tenant);
    }
    let told = serde_json::json!({ "entries": entries });
    Done::nothing().output("application/json", told.to_string().into_bytes(), false)
}

/// Counts the next entries of a tenant's chain; how many.
fn count_page(tx: &mut crate::store::Tx<'_>, tenant: TenantId) -> Result<usize> {
    let MarkRow(mark) = tx.get(&ACTIVITY_MARKS, &tenant)?.unwrap_or_default();
    let page = tx.scan(&AUDIT, Span::prefix(&tenant).after(&(tenant, mark)), PAGE_ROWS)?;
    let Some(((_, last), _)) = page.last() else { return Ok(0) };
    let mut days: BTreeMap<u32, ActivityRow> = BTreeMap::new();
    for (_, entry) in &page {
        count(days.entry(day_of(entry.at)).or_default(), entry);
    }
    for (day, new) in days.into_iter().filter(|(_, new)| *new != ActivityRow::default()) {
        let old = tx.get(&ACTIVITY_DAYS, &(tenant, day))?.unwrap_or_default();
        let sum = ActivityRow {
            charts: old.charts + new.charts,
            charts_deleted: old.charts_deleted + new.charts_deleted,
            answers: old.answers + new.answers,
            logins: old.logins + new.logins,
        };
        tx.put(&ACTIVITY_DAYS, &(tenant, day), &sum)?;
    }
    tx.put(&ACTIVITY_MARKS, &tenant, &MarkRow(*last))?;
    Ok(page.len())
}

fn count(day: &mut ActivityRow, entry: &AuditRow) {
    if !entry.succeeded {
        return;
    }
    match entry.action.as_str() {
        "chart_create" => day.charts += 1,
        "chart_delete" => day.charts_deleted += 1,
        "chat_advise" => day.answers += 1,
        "auth_login" => day.logins += 1,
        _ => {}
    }
}

/// Removes days that are no longer kept; how many.
pub(super) async fn forget(services: &Services) -> Result<usize> {
    let oldest = day_of(services.ambient.now()).saturating_sub(DAYS_KEPT);
    let mut removed = 0;
    let mut after = None;
    loop {
        let span = after.map_or_else(Span::all, |after| Span::all().after(&after));
        let Some((tenant, _)) = services.store.read(|view| view.scan(&TENANTS, span, 1))?.into_iter().next() else {
            return Ok(removed);
        };
        let gone = move |tx: &mut crate::store::Tx<'_>| {
            let old = tx.scan(&ACTIVITY_DAYS, Span::prefix(&tenant).before(&(tenant, oldest)), PAGE_ROWS)?;
            for (key, _) in &old {
                tx.delete(&ACTIVITY_DAYS, key)?;
            }
            Ok::<_, Error>(old.len())
        };
        let is_due = services.store.read(|view| {
            Ok::<_, Error>(!view.scan(&ACTIVITY_DAYS, Span::prefix(&tenant).before(&(tenant, oldest)), 1)?.is_empty())
        })?;
        if is_due {
            removed += services.store.write(gone).await?;
        }
        after = Some(tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{self, Auditor, RequestContext};
    use crate::clock::{ManualClock, SystemEntropy};
    use crate::store::tables::{Actor, STORE_TABLES};
    use std::sync::Arc;

    const ACME: TenantId = TenantId([7; 16]);
    const BETA: TenantId = TenantId([8; 16]);

    #[test]
    fn each_entry_counts_once_on_its_day() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
        let clock = Arc::new(ManualClock::at(UnixMs(20_000 * DAY_MS + DAY_MS - 1)));
        let ambient = crate::clock::Ambient::new(clock.clone(), Arc::new(SystemEntropy));
        let auditor = Auditor::new([1; 32], ambient);
        let tell = |tenant, action, done: bool| {
            let entry = auditor.entry(tenant, &RequestContext::default(), Actor::System, action);
            let (entry, auditor) = (if done { entry } else { entry.failed() }, auditor.clone());
            store.write_blocking(move |tx| audit::append(tx, &auditor, entry.clone())).unwrap();
        };
        let count = || store.write_blocking(|tx| count_page(tx, ACME)).unwrap();
        tell(ACME, "chart_create", true);
        tell(ACME, "auth_login", true);
        tell(ACME, "auth_login", false);
        tell(BETA, "chart_create", true);
        assert_eq!((count(), count()), (3, 0));
        clock.advance_ms(1);
        for action in ["chart_create", "chart_create", "chart_delete", "chat_advise", "other"] {
            tell(ACME, action, true);
        }
        assert_eq!((count(), count()), (5, 0));
        let first = Day { day: 20_000, counts: ActivityRow { charts: 1, logins: 1, ..ActivityRow::default() } };
        let counts = ActivityRow { charts: 2, charts_deleted: 1, answers: 1, logins: 0 };
        assert_eq!(days(&store, ACME, 9).unwrap(), [Day { day: 20_001, counts }, first]);
        assert_eq!(days(&store, BETA, 9).unwrap(), []);
    }
}
