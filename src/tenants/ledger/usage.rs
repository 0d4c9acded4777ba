//! S: What was used, out of the balances: a day at a time for one scope, or summed over days for many. Changes nothing.

use jiff::civil::Date;

use super::Ledger;
use super::accounts::{account, balance};
use super::period::{date_of, day_of};
use crate::error::{Error, FieldError, Result};
use crate::ids::TenantId;
use crate::limits::{PAGE_MAX_ROWS, USAGE_DAYS_MAX};
use crate::store::tables::ledger::{ACCOUNTS, AccountRow, Balance, PAST_ACCOUNTS, Period, Scope, Window};
use crate::store::{Reads, Span};
use crate::tokens::MicroUsd;

/// Calls, tokens and money of some days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageTotals {
    /// Calls that were charged, those at no price included.
    pub calls: u64,
    /// Tokens of prompts, cached ones included.
    pub input_tokens: u64,
    /// Those of them that the provider had kept.
    pub cached_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// What was charged.
    pub spent: MicroUsd,
    /// What is held for calls that have not ended.
    pub reserved: MicroUsd,
    /// What calls cost beyond what was held; the operator bears it.
    pub overrun: MicroUsd,
}

/// What one scope used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// Whose.
    pub scope: Scope,
    /// The day, where the row is of one.
    pub date: Option<Date>,
    /// How much.
    pub totals: UsageTotals,
}

impl UsageTotals {
    /// With what stands in one more balance.
    pub(super) fn add(&mut self, balance: &Balance) {
        self.calls = self.calls.saturating_add(balance.calls);
        self.input_tokens = self.input_tokens.saturating_add(balance.input_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(balance.cached_tokens);
        self.output_tokens = self.output_tokens.saturating_add(balance.output_tokens);
        let sum = |one: MicroUsd, other: MicroUsd| MicroUsd(one.0.saturating_add(other.0));
        self.spent = sum(self.spent, balance.spent);
        self.reserved = sum(self.reserved, balance.reserved);
        self.overrun = sum(self.overrun, balance.overrun);
    }

    /// With those of other days.
    pub fn merge(&mut self, other: &Self) {
        let Self { calls, input_tokens, cached_tokens, output_tokens, spent, reserved, overrun } = *other;
        self.add(&Balance { reserved, spent, overrun, calls, input_tokens, cached_tokens, output_tokens });
    }
}

/// Days of UTC from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    first: u32,
    last: u32,
}

impl Days {
    fn new(from: Date, to: Date) -> Result<Self> {
        let wrong =
            |field: &str, date: Date, allowed: String| Error::fields(vec![FieldError::new(field, date, allowed)]);
        let first = day_of(from).ok_or_else(|| wrong("query.from", from, String::from("a date from 1970-01-01")))?;
        let last = day_of(to).filter(|last| *last >= first && last - first < USAGE_DAYS_MAX);
        let allowed = || format!("a date from {from}, at most {USAGE_DAYS_MAX} days in all");
        Ok(Self { first, last: last.ok_or_else(|| wrong("query.to", to, allowed()))? })
    }
}

impl Ledger {
    /// What a scope used on each day from `from` to `to` (UTC, both included) on which it used anything.
    ///
    /// # Errors
    /// `invalid_fields` for dates out of order or too far apart; those of the store.
    pub fn usage_by_day(&self, scope: &Scope, from: Date, to: Date) -> Result<Vec<UsageRow>> {
        let days = Days::new(from, to)?;
        self.core.on.store.read(|view| {
            let found = balances(view, scope, &account(view, scope)?, days)?;
            let row = |(day, balance): (u32, Balance)| {
                let mut totals = UsageTotals::default();
                totals.add(&balance);
                UsageRow { scope: scope.clone(), date: date_of(day), totals }
            };
            Ok(found.into_iter().map(row).collect())
        })
    }

    /// What each scope of one kind used from `from` to `to` together, in the order of their keys: at most `limit` (100 at
    /// most) behind `after`. `tag` is that of [`super::Subject::tag`].
    ///
    /// # Errors
    /// As [`Ledger::usage_by_day`].
    pub fn usage_by_scope(
        &self,
        (tenant, tag): (TenantId, u8),
        (from, to): (Date, Date),
        after: Option<&Scope>,
        limit: usize,
    ) -> Result<Vec<UsageRow>> {
        let days = Days::new(from, to)?;
        let span = Span::prefix(&(tenant, tag));
        let span = after.map_or(span.clone(), |after| span.after(after));
        self.core.on.store.read(|view| {
            let rows = view.scan(&ACCOUNTS, span, limit.min(PAGE_MAX_ROWS))?;
            let row = |(scope, account): (Scope, AccountRow)| {
                let mut totals = UsageTotals::default();
                balances(view, &scope, &account, days)?.iter().for_each(|(_, balance)| totals.add(balance));
                Ok(UsageRow { scope, date: None, totals })
            };
            rows.into_iter().map(row).collect()
        })
    }
}

/// The days among `days` on which anything stands, oldest first.
fn balances(reads: &impl Reads, scope: &Scope, account: &AccountRow, days: Days) -> Result<Vec<(u32, Balance)>> {
    let at = |index| (scope.clone(), Period { window: Window::Day, index });
    let below = Span::prefix(&(scope.clone(), 0u8));
    let span = days.first.checked_sub(1).map_or(below.clone(), |before| below.after(&at(before)));
    let span = days.last.checked_add(1).map_or(span.clone(), |next| span.before(&at(next)));
    let past = reads.scan(&PAST_ACCOUNTS, span, USAGE_DAYS_MAX as usize)?;
    let mut found: Vec<_> = past.into_iter().map(|((_, period), balance)| (period.index, balance)).collect();
    let open = Period { window: Window::Day, index: account.day.index };
    if (days.first..=days.last).contains(&open.index) {
        found.push((open.index, balance(reads, scope, account, open)?));
    }
    found.retain(|(_, balance)| *balance != Balance::default());
    Ok(found)
}
