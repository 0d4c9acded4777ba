//! S: Rebuilds every balance from the entries alone and compares. Repairs nothing.
//!
//! One tenant at a time, so that memory follows the largest tenant and not the appliance; the accounts of models as
//! everybody uses them are kept through the whole run.

use std::collections::BTreeMap;

use super::accounts::{Change, scopes};
use super::period::periods;
use crate::audit::SYSTEM_TENANT;
use crate::error::Result;
use crate::ids::{ReservationId, TenantId};
use crate::store::codec::{Key, Row, Table};
use crate::store::tables::ledger::{
    ACCOUNTS, AccountRow, Balance, ENTRIES, EntryKind, EntryRow, HEADS, HeadRow, OPENINGS, PAST_ACCOUNTS, Period,
    RESERVATIONS, ReservationRow, Scope, Subject, Window,
};
use crate::store::{Reads, Span, Store, Unreadable, View};
use crate::tokens::MicroUsd;

use super::caps::name;

/// Rows read at a time.
const PAGE_ROWS: usize = 512;
/// Problems that are told; the rest are counted.
const TOLD_MAX: usize = 20;

/// What a check of the ledger found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Tenants with a ledger.
    pub tenants: u64,
    /// Entries read.
    pub entries: u64,
    /// Balances compared.
    pub balances: u64,
    /// Reservations that are open.
    pub reservations: u64,
    /// What they hold.
    pub reserved: MicroUsd,
    /// Everything that is wrong, in number.
    pub problems: u64,
    /// The first of it.
    pub told: Vec<Problem>,
}

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whose ledger.
    pub tenant: TenantId,
    /// What is wrong, in words with ids and counts.
    pub what: String,
}

type Balances = BTreeMap<(Scope, Period), Balance>;

/// Rebuilds and compares, over one snapshot.
///
/// # Errors
/// Those of the store; what does not agree is in the report.
pub(super) fn verify(store: &Store, boot: [u8; 16]) -> Result<Report> {
    store.read(|view| {
        let mut check = Check { view, boot, report: Report::default(), everywhere: Balances::new() };
        check.opening_everywhere()?;
        let mut after = None;
        loop {
            let span = after.map_or_else(Span::all, |last: TenantId| Span::all().after(&last));
            let page = view.scan(&HEADS, span, PAGE_ROWS)?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (tenant, head) in page {
                check.tenant(tenant, head)?;
            }
        }
        let everywhere = std::mem::take(&mut check.everywhere);
        check.compare(SYSTEM_TENANT, everywhere, true)?;
        check.strangers()?;
        Ok(check.report)
    })
}

struct Check<'v, 's> {
    view: &'v View<'s>,
    /// This run of the process: a reservation of another should have been released at the start.
    boot: [u8; 16],
    report: Report,
    everywhere: Balances,
}

const fn is_everywhere(scope: &Scope) -> bool {
    matches!(scope.subject, Subject::ModelEverywhere(_))
}

impl Check<'_, '_> {
    fn problem(&mut self, tenant: TenantId, what: String) {
        self.report.problems += 1;
        if self.report.told.len() < TOLD_MAX {
            self.report.told.push(Problem { tenant, what });
        }
    }

    /// Calls `each` with every row of `table` below `prefix`, page by page.
    fn all<K: Key, V: Row>(
        &mut self,
        table: &Table<K, V>,
        prefix: &TenantId,
        mut each: impl FnMut(&mut Self, &K, V) -> Result<()>,
    ) -> Result<()> {
        let mut span = Span::prefix(prefix);
        loop {
            let page = self.view.scan(table, span, PAGE_ROWS)?;
            let full = page.len() == PAGE_ROWS;
            let mut next = None;
            for (key, row) in page {
                each(self, &key, row)?;
                next = Some(key);
            }
            match next {
                Some(last) if full => span = Span::prefix(prefix).after(&last),
                _ => return Ok(()),
            }
        }
    }

    fn opening_everywhere(&mut self) -> Result<()> {
        self.all(&OPENINGS, &SYSTEM_TENANT, |check, key, row| {
            if is_everywhere(&key.0) {
                check.everywhere.insert(key.clone(), row);
            }
            Ok(())
        })
    }

    fn tenant(&mut self, tenant: TenantId, head: HeadRow) -> Result<()> {
        self.report.tenants += 1;
        let mut rebuilt = Balances::new();
        self.all(&OPENINGS, &tenant, |_, key, row| {
            if !is_everywhere(&key.0) {
                rebuilt.insert(key.clone(), row);
            }
            Ok(())
        })?;
        let mut expected = head.first;
        let mut open: BTreeMap<ReservationId, i128> = BTreeMap::new();
        self.all(&ENTRIES, &tenant, |check, (_, sequence), entry| {
            if *sequence != expected {
                check.problem(tenant, format!("entries {expected} to {} are missing", sequence.saturating_sub(1)));
            }
            expected = sequence + 1;
            check.entry(tenant, *sequence, &entry, head.first > 1, (&mut rebuilt, &mut open));
            Ok(())
        })?;
        if expected != head.last + 1 {
            self.problem(tenant, format!("the last entry is {}, and {} were written", expected - 1, head.last));
        }
        self.reservations(tenant, open)?;
        self.compare(tenant, rebuilt, false)
    }

    fn entry(
        &mut self,
        tenant: TenantId,
        sequence: u64,
        entry: &EntryRow,
        folded: bool,
        (rebuilt, open): (&mut Balances, &mut BTreeMap<ReservationId, i128>),
    ) {
        self.report.entries += 1;
        if !entry.postings.is_even() {
            self.problem(tenant, format!("the postings of entry {sequence} do not come to nothing"));
        }
        if let Some(id) = entry.reservation {
            let is_first = entry.kind == EntryKind::Reserve;
            // One whose beginning is folded into the openings is told by the balances alone.
            if is_first || !folded || open.contains_key(&id) {
                let held = open.entry(id).or_default();
                *held += i128::from(entry.postings.reserved);
                if *held == 0 && !is_first {
                    open.remove(&id);
                }
            }
        }
        let change = Change::of(entry);
        for scope in scopes(tenant, entry) {
            for period in periods(entry.of) {
                let into = if is_everywhere(&scope) { &mut self.everywhere } else { &mut *rebuilt };
                let balance = into.entry((scope.clone(), period)).or_default();
                match change.apply(balance) {
                    Some(next) => *balance = next,
                    None => self.problem(tenant, format!("entry {sequence} takes {} below zero", name(&scope))),
                }
            }
        }
    }

    /// What the entries leave open is what is held now.
    fn reservations(&mut self, tenant: TenantId, mut open: BTreeMap<ReservationId, i128>) -> Result<()> {
        for row in self.view.survey(&RESERVATIONS, &Span::prefix(&tenant))? {
            match row {
                Ok(((_, id), row)) => self.reservation(tenant, id, &row, open.remove(&id).unwrap_or(0)),
                Err(Unreadable { key: Some((_, id)), cause }) => {
                    let by_entries = open.remove(&id).unwrap_or(0);
                    self.problem(tenant, format!("{id} cannot be read ({cause}); its entries leave {by_entries} held"));
                }
                // Told with those of no tenant.
                Err(Unreadable { key: None, .. }) => {}
            }
        }
        for (id, held) in open.into_iter().filter(|(_, held)| *held != 0) {
            self.problem(tenant, format!("the entries of {id} leave {held} micro-dollars held, and nobody holds them"));
        }
        Ok(())
    }

    fn reservation(&mut self, tenant: TenantId, id: ReservationId, row: &ReservationRow, by_entries: i128) {
        if by_entries != i128::from(row.bound.0) {
            self.problem(tenant, format!("{id} holds {}, and its entries say {by_entries}", row.bound.0));
        }
        if row.boot != self.boot {
            self.problem(tenant, format!("{id} is of a process that ended, and could not be released"));
        }
        if !row.bound.is_zero() {
            self.report.reservations += 1;
            self.report.reserved = MicroUsd(self.report.reserved.0.saturating_add(row.bound.0));
        }
    }

    /// Every balance of `tenant` is the rebuilt one, and every rebuilt one is there.
    fn compare(&mut self, tenant: TenantId, mut rebuilt: Balances, everywhere: bool) -> Result<()> {
        let mut there: Vec<(Scope, Period, Balance)> = Vec::new();
        self.all(&ACCOUNTS, &tenant, |_, scope, row| {
            if is_everywhere(scope) == everywhere {
                let open = [(Window::Day, row.day), (Window::Month, row.month)];
                let open = open.map(|(window, open)| (Period { window, index: open.index }, open.balance));
                let total = (Period { window: Window::Total, index: 0 }, row.total);
                there.extend(open.into_iter().chain([total]).map(|(period, row)| (scope.clone(), period, row)));
            }
            Ok(())
        })?;
        self.all(&PAST_ACCOUNTS, &tenant, |_, (scope, period), row| {
            if is_everywhere(scope) == everywhere {
                there.push((scope.clone(), *period, row));
            }
            Ok(())
        })?;
        for (scope, period, row) in there {
            self.report.balances += 1;
            let key = (scope, period);
            let by_entries = rebuilt.remove(&key).unwrap_or_default();
            if by_entries != row {
                self.differs(tenant, &key, &row, &by_entries);
            }
        }
        for (key, by_entries) in rebuilt.into_iter().filter(|(_, row)| *row != Balance::default()) {
            self.differs(tenant, &key, &Balance::default(), &by_entries);
        }
        Ok(())
    }

    fn differs(&mut self, tenant: TenantId, (scope, period): &(Scope, Period), row: &Balance, by_entries: &Balance) {
        let shown = |balance: &Balance| {
            let Balance { reserved, spent, overrun, calls, input_tokens, cached_tokens, output_tokens } = balance;
            format!(
                "reserved {reserved}, spent {spent}, overrun {overrun}, {calls} calls, tokens {input_tokens} in, \
                 {cached_tokens} cached, {output_tokens} out"
            )
        };
        let (window, index) = (period.window.code(), period.index);
        let (kept, rebuilt) = (shown(row), shown(by_entries));
        self.problem(tenant, format!("{} in {window} {index} says {kept}; its entries say {rebuilt}", name(scope)));
    }

    /// Accounts and reservations of tenants that have no ledger at all.
    fn strangers(&mut self) -> Result<()> {
        for row in self.view.survey(&RESERVATIONS, &Span::all())? {
            let key = row.map(|(key, _)| key).or_else(|unreadable| unreadable.key.ok_or(unreadable.cause));
            match key {
                Ok((tenant, id)) if self.view.get(&HEADS, &tenant)?.is_none() => {
                    self.problem(tenant, format!("{id} is held, and there are no entries"));
                }
                Ok(_) => {}
                Err(cause) => {
                    self.problem(SYSTEM_TENANT, format!("the key of a reservation cannot be read ({cause})"));
                }
            }
        }
        let mut after: Option<Scope> = None;
        loop {
            let span = after.as_ref().map_or_else(Span::all, |last| Span::all().after(last));
            let page = self.view.scan(&ACCOUNTS, span, PAGE_ROWS)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            for (scope, row) in page {
                let has_ledger = is_everywhere(&scope) || self.view.get(&HEADS, &scope.tenant)?.is_some();
                if !has_ledger && row != AccountRow::default() {
                    self.problem(scope.tenant, format!("{} has balances and no entries", name(&scope)));
                }
            }
        }
    }
}
