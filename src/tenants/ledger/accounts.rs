//! S: Balances over one transaction: what an entry moves, in which accounts and periods, and the entry itself. Decides
//! nothing.

use std::cmp::Ordering;

use super::period::periods;
use crate::audit::SYSTEM_TENANT;
use crate::clock::UnixMs;
use crate::error::{Error, Result};
use crate::ids::TenantId;
use crate::store::tables::ledger::{
    ACCOUNTS, AccountRow, Balance, ENTRIES, EntryKind, EntryRow, HEADS, HeadRow, Open, PAST_ACCOUNTS, Period, Postings,
    Scope, Subject, Window,
};
use crate::store::{Reads, Tx};
use crate::tokens::MicroUsd;

/// What an entry changes in each balance that it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    reserved: i64,
    spent: i64,
    overrun: i64,
    calls: u64,
    input_tokens: u64,
    cached_tokens: u64,
    output_tokens: u64,
}

impl Change {
    /// What this entry changes.
    pub(super) fn of(entry: &EntryRow) -> Self {
        let is_call = matches!(entry.kind, EntryKind::Settle | EntryKind::SettlePartial | EntryKind::Free);
        Self {
            reserved: entry.postings.reserved,
            spent: entry.postings.spent,
            overrun: entry.postings.overrun,
            calls: u64::from(is_call),
            input_tokens: entry.input.map_or(0, |count| count.tokens),
            cached_tokens: entry.cached_tokens,
            output_tokens: entry.output.map_or(0, |count| count.tokens),
        }
    }

    /// The balance after it; `None` when it would go below zero or beyond every number.
    pub(super) fn apply(&self, to: &Balance) -> Option<Balance> {
        let money = |amount: MicroUsd, by: i64| amount.0.checked_add_signed(by).map(MicroUsd);
        Some(Balance {
            reserved: money(to.reserved, self.reserved)?,
            spent: money(to.spent, self.spent)?,
            overrun: money(to.overrun, self.overrun)?,
            calls: to.calls.checked_add(self.calls)?,
            input_tokens: to.input_tokens.saturating_add(self.input_tokens),
            cached_tokens: to.cached_tokens.saturating_add(self.cached_tokens),
            output_tokens: to.output_tokens.saturating_add(self.output_tokens),
        })
    }
}

impl Postings {
    /// `held` is kept back.
    pub(super) fn hold(held: MicroUsd) -> Result<Self> {
        let held = signed(held)?;
        Ok(Self { available: -held, reserved: held, ..Self::default() })
    }

    /// Of what was held, `charged` is spent; `overrun` is borne by the operator; the rest is free again.
    pub(super) fn settle(held: MicroUsd, charged: MicroUsd, overrun: MicroUsd) -> Result<Self> {
        let (held, charged, overrun) = (signed(held)?, signed(charged)?, signed(overrun)?);
        Ok(Self { available: held - charged, reserved: -held, spent: charged, overrun, operator: -overrun })
    }

    /// Whether what one account gains another loses.
    pub(super) const fn is_even(&self) -> bool {
        let Self { available, reserved, spent, overrun, operator } = self;
        let sum = (*available as i128) + (*reserved as i128) + (*spent as i128) + (*overrun as i128);
        sum + (*operator as i128) == 0
    }
}

fn signed(amount: MicroUsd) -> Result<i64> {
    i64::try_from(amount.0).map_err(|_| Error::internal("an amount beyond every limit"))
}

/// The scopes that an entry of this tenant is for.
pub(super) fn scopes(tenant: TenantId, entry: &EntryRow) -> Vec<Scope> {
    let mut found = Vec::with_capacity(5);
    let mut own = |subject| found.push(Scope { tenant, subject });
    own(Subject::Tenant);
    if let Some(user) = entry.user {
        own(Subject::User(user));
    }
    if let Some(key) = entry.key {
        own(Subject::Key(key));
    }
    own(Subject::Model(entry.model.clone()));
    found.push(Scope { tenant: SYSTEM_TENANT, subject: Subject::ModelEverywhere(entry.model.clone()) });
    found
}

/// The account of a scope, empty where it has none.
pub(super) fn account(reads: &impl Reads, scope: &Scope) -> Result<AccountRow> {
    Ok(reads.get(&ACCOUNTS, scope)?.unwrap_or_default())
}

/// What stands in one period of an account.
pub(super) fn balance(reads: &impl Reads, scope: &Scope, account: &AccountRow, period: Period) -> Result<Balance> {
    let open = match period.window {
        Window::Day => account.day,
        Window::Month => account.month,
        Window::Total => return Ok(account.total),
    };
    Ok(match open.index.cmp(&period.index) {
        Ordering::Equal => open.balance,
        Ordering::Greater => reads.get(&PAST_ACCOUNTS, &(scope.clone(), period))?.unwrap_or_default(),
        Ordering::Less => Balance::default(),
    })
}

/// Writes an entry of `tenant` at the end of its ledger and moves every balance that it is for.
pub(super) fn write(tx: &mut Tx<'_>, tenant: TenantId, entry: &EntryRow) -> Result<()> {
    let head = tx.get(&HEADS, &tenant)?.unwrap_or(HeadRow { first: 1, last: 0 });
    let head = HeadRow { last: head.last + 1, ..head };
    tx.put(&ENTRIES, &(tenant, head.last), entry)?;
    tx.put(&HEADS, &tenant, &head)?;
    let change = Change::of(entry);
    scopes(tenant, entry).iter().try_for_each(|scope| post(tx, scope, entry.of, &change))
}

fn post(tx: &mut Tx<'_>, scope: &Scope, of: UnixMs, change: &Change) -> Result<()> {
    let mut row = account(tx, scope)?;
    let [day, month, _] = periods(of);
    row.day = moved(tx, scope, row.day, day, change)?;
    row.month = moved(tx, scope, row.month, month, change)?;
    row.total = applied(change, &row.total)?;
    Ok(tx.put(&ACCOUNTS, scope, &row)?)
}

/// Posts to `period`: the open one, a later one that then opens, or one that has passed.
fn moved(tx: &mut Tx<'_>, scope: &Scope, open: Open, period: Period, change: &Change) -> Result<Open> {
    if period.index < open.index {
        let key = (scope.clone(), period);
        let past = tx.get(&PAST_ACCOUNTS, &key)?.unwrap_or_default();
        tx.put(&PAST_ACCOUNTS, &key, &applied(change, &past)?)?;
        return Ok(open);
    }
    let before = if period.index == open.index { open.balance } else { Balance::default() };
    if period.index > open.index && open.balance != Balance::default() {
        tx.put(&PAST_ACCOUNTS, &(scope.clone(), Period { index: open.index, ..period }), &open.balance)?;
    }
    Ok(Open { index: period.index, balance: applied(change, &before)? })
}

fn applied(change: &Change, to: &Balance) -> Result<Balance> {
    change.apply(to).ok_or_else(|| Error::internal("a balance of the ledger would fall below zero or overflow"))
}
