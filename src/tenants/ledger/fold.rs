//! S: Folds entries that are older than the ledger keeps them into opening balances, a batch in a transaction, so that
//! its size follows its accounts and not its age. Changes no balance.

use super::Foundations;
use super::accounts::{Change, scopes};
use crate::clock::UnixMs;
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::limits::{LEDGER_ENTRIES_KEPT_DAYS, LEDGER_FOLDED_AT_ONCE, PAGE_MAX_ROWS};
use crate::store::tables::ledger::{ENTRIES, HEADS, OPENINGS};
use crate::store::{Reads, Span, Tx};

use super::period::periods;

/// Folds what is old enough, of every tenant.
pub(super) async fn fold_old(on: &Foundations) -> Result<()> {
    let kept_ms = LEDGER_ENTRIES_KEPT_DAYS * 86_400_000;
    let before = UnixMs(on.ambient.now().0.saturating_sub(kept_ms));
    let mut after: Option<TenantId> = None;
    loop {
        let span = after.map_or_else(Span::all, |last| Span::all().after(&last));
        let page = on.store.read(|view| view.scan(&HEADS, span, PAGE_MAX_ROWS))?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(*last);
        for (tenant, head) in page {
            let first = on.store.read(|view| view.get(&ENTRIES, &(tenant, head.first)))?;
            if first.is_none_or(|entry| entry.at >= before) {
                continue;
            }
            while on.store.write(move |tx| fold(tx, tenant, before)).await? == LEDGER_FOLDED_AT_ONCE {}
        }
    }
}

/// Folds one batch of a tenant's entries that were written before `before`; how many.
pub(super) fn fold(tx: &mut Tx<'_>, tenant: TenantId, before: UnixMs) -> Result<usize> {
    let Some(mut head) = tx.get(&HEADS, &tenant)? else { return Ok(0) };
    let oldest = tx.scan(&ENTRIES, Span::prefix(&tenant), LEDGER_FOLDED_AT_ONCE)?;
    let mut folded = 0;
    for (key, entry) in oldest.into_iter().take_while(|(_, entry)| entry.at < before) {
        if key.1 != head.first {
            return Err(Error::internal(format!("entry {} of the ledger of {tenant} is missing", head.first)));
        }
        let change = Change::of(&entry);
        for scope in scopes(tenant, &entry) {
            for period in periods(entry.of) {
                let at = (scope.clone(), period);
                let opening = tx.get(&OPENINGS, &at)?.unwrap_or_default();
                // An opening may hold a reservation whose end is still an entry, never the other way round.
                let next = change.apply(&opening).ok_or_else(|| Error::internal("an opening balance below zero"))?;
                tx.put(&OPENINGS, &at, &next)?;
            }
        }
        tx.delete(&ENTRIES, &key)?;
        head.first += 1;
        folded += 1;
    }
    tx.put(&HEADS, &tenant, &head)?;
    Ok(folded)
}
