//! S: Money held for one call, as the caller carries it: settled with the answer, or given back when it is dropped,
//! however that came about. Decides no limit.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::background::{Message, Release};
use super::caps::{self, Told, Warning};
use super::{Actual, Core, accounts, entry_of, slug_of};
use crate::error::{Error, Result};
use crate::ids::{ReservationId, TenantId};
use crate::store::tables::ledger::{EntryKind, Postings, RESERVATIONS, ReservationRow};
use crate::store::{Reads, Tx};
use crate::tokens::{MicroUsd, Price};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It gave its answer.
    Whole,
    /// It was cut, and is paid for what it made until then.
    Partial,
}

/// What a settled call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What its tokens cost.
    pub cost: MicroUsd,
    /// What was charged for them: never more than was held.
    pub charged: MicroUsd,
    /// The rest, which the operator bears.
    pub overrun: MicroUsd,
    /// The limit with the largest share spent, once that is much.
    pub warning: Option<Warning>,
    pub(super) told: Vec<Told>,
    pub(super) slug: String,
    pub(super) model: String,
    pub(super) actual: Actual,
}

impl Settled {
    pub(super) const fn free(slug: String, model: String, actual: Actual) -> Self {
        let (cost, charged, overrun) = (MicroUsd::ZERO, MicroUsd::ZERO, MicroUsd::ZERO);
        Self { cost, charged, overrun, warning: None, told: Vec::new(), slug, model, actual }
    }
}

/// Money held for one call. Clones share it, so that one can go into the transaction of the answer; when the last goes
/// and nobody said [`Reservation::done`], what is still held is given back.
#[derive(Clone, Debug)]
pub struct Reservation(Arc<Held>);

#[derive(Debug)]
pub(super) struct Held {
    core: Arc<Core>,
    key: (TenantId, ReservationId),
    row: ReservationRow,
    price: Price,
    /// Set once the money is held: the tenant's slug, and what to warn of.
    granted: OnceLock<(String, Option<Warning>)>,
    closed: AtomicBool,
    /// What the last settlement came to, for the case that nobody lived to hear of its commit.
    last: Mutex<Option<Settled>>,
}

impl Held {
    pub(super) const fn new(
        core: Arc<Core>,
        key: (TenantId, ReservationId),
        row: ReservationRow,
        price: Price,
    ) -> Self {
        let granted = OnceLock::new();
        let closed = AtomicBool::new(false);
        Self { core, key, row, price, granted, closed, last: Mutex::new(None) }
    }
}

impl Reservation {
    pub(super) fn new(held: Held) -> Self {
        Self(Arc::new(held))
    }

    /// The money is held, and somebody is there to hear so.
    pub(super) fn grant(&self, slug: String, warning: Option<Warning>) {
        if self.0.granted.set((slug, warning)).is_ok() {
            self.0.core.gauge_add(self.0.row.bound);
        }
    }

    /// Nothing is held.
    pub(super) fn close(&self) {
        self.0.closed.store(true, Ordering::Release);
    }

    /// Its identifier.
    pub fn id(&self) -> ReservationId {
        self.0.key.1
    }

    /// How much is held.
    pub fn bound(&self) -> MicroUsd {
        self.0.row.bound
    }

    /// The limit with the largest share spent when the money was held, once that is much.
    pub fn warning(&self) -> Option<&Warning> {
        self.0.granted.get().and_then(|(_, warning)| warning.as_ref())
    }

    /// What there will be to warn of once `cost` is charged, as far as can be told before: for an answer that is written
    /// before its charge. [`Settled::warning`] says what there was.
    ///
    /// # Errors
    /// Those of the store.
    pub fn warning_after(&self, cost: MicroUsd) -> Result<Option<Warning>> {
        let Held { core, key, row, granted, .. } = &*self.0;
        let Some((slug, _)) = granted.get() else { return Ok(None) };
        let version = core.on.prices.version();
        let entry = entry_of(row, key.1, EntryKind::Settle, row.made_at, version, Postings::default());
        let scopes = accounts::scopes(key.0, &entry);
        core.on.store.read(|view| {
            let mut limits = caps::limits(view, &scopes, row.made_at, &core.on.defaults, slug)?;
            for limit in &mut limits {
                limit.spent = limit.spent.checked_add(cost.min(row.bound)).unwrap_or(limit.cap.limit);
            }
            Ok(caps::warning(&limits))
        })
    }

    /// Charges what the call did use, in the caller's transaction: at most what was held. Then say [`Reservation::done`].
    ///
    /// # Errors
    /// A fault of ours when it was settled before; those of the store.
    pub fn settle(&self, tx: &mut Tx<'_>, actual: &Actual) -> Result<Settled> {
        self.settle_as(tx, actual, Outcome::Whole)
    }

    /// The same for a call that was cut: it pays for what it made.
    ///
    /// # Errors
    /// As [`Reservation::settle`].
    pub fn settle_partial(&self, tx: &mut Tx<'_>, actual: &Actual) -> Result<Settled> {
        self.settle_as(tx, actual, Outcome::Partial)
    }

    /// [`Reservation::settle`] or [`Reservation::settle_partial`].
    ///
    /// # Errors
    /// As [`Reservation::settle`].
    pub fn settle_as(&self, tx: &mut Tx<'_>, actual: &Actual, outcome: Outcome) -> Result<Settled> {
        let settled = self.0.settle(tx, actual, outcome)?;
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(settled.clone());
        Ok(settled)
    }

    /// Settles in a transaction of its own, for a call that was cut and has no answer to keep.
    ///
    /// # Errors
    /// As [`Reservation::settle`].
    pub async fn settle_alone(&self, actual: Actual, outcome: Outcome) -> Result<Settled> {
        let held = self.clone();
        let store = &self.0.core.on.store;
        let settled = store.write(move |tx| held.settle_as(tx, &actual, outcome)).await?;
        self.done(&settled);
        Ok(settled)
    }

    /// The transaction that settled it is durable: counts it, and nothing is given back any more.
    pub fn done(&self, settled: &Settled) {
        if !self.0.closed.swap(true, Ordering::AcqRel) {
            self.0.core.gauge_take(self.0.row.bound);
            self.0.core.count_settled(settled);
            log_overrun(self.id(), settled);
        }
    }
}

/// A provider that counts more than was asked for is the operator's matter, and loss.
pub(super) fn log_overrun(id: ReservationId, settled: &Settled) {
    if !settled.overrun.is_zero() {
        tracing::error!(
            reservation = %id,
            model = settled.model,
            overrun_micro_usd = settled.overrun.0,
            "a call cost more than the most it may; the rest was written off"
        );
    }
}

impl Held {
    fn settle(&self, tx: &mut Tx<'_>, actual: &Actual, outcome: Outcome) -> Result<Settled> {
        let on = &self.core.on;
        let row = tx.get(&RESERVATIONS, &self.key)?;
        let row = row.ok_or_else(|| Error::internal(format!("{} was settled before", self.key.1)))?;
        let (tenant, id) = self.key;
        let cost = self.price.cost(actual.tokens()).unwrap_or(MicroUsd(crate::limits::BUDGET_MAX_MICRO_USD));
        // One that lapsed holds nothing any more, and charges nothing: its money may be spent by others.
        let charged = cost.min(row.bound);
        let overrun = cost.less(charged);
        let kind = match outcome {
            Outcome::Whole => EntryKind::Settle,
            Outcome::Partial => EntryKind::SettlePartial,
        };
        let now = on.ambient.now();
        let postings = Postings::settle(row.bound, charged, overrun)?;
        let mut entry = entry_of(&row, id, kind, now, on.prices.version(), postings);
        entry.input = Some(actual.input);
        entry.cached_tokens = actual.cached_tokens;
        entry.output = Some(actual.output);
        accounts::write(tx, tenant, &entry)?;
        tx.delete(&RESERVATIONS, &self.key)?;
        let scopes = accounts::scopes(tenant, &entry);
        let slug = match self.granted.get() {
            Some((slug, _)) => slug.clone(),
            None => slug_of(tx, tenant)?,
        };
        let limits = caps::limits(tx, &scopes, row.made_at, &on.defaults, &slug)?;
        let told = caps::tell(tx, &on.auditor, &limits, MicroUsd::ZERO, now, &row.request_id)?;
        let warning = caps::warning(&limits);
        let model = row.model;
        Ok(Settled { cost, charged, overrun, warning, told, slug, model, actual: *actual })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        let settled = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let counted = if self.granted.get().is_some() { self.row.bound } else { MicroUsd::ZERO };
        let release = Release { key: self.key, counted, settled };
        if self.core.messages.send(Message::Release(Box::new(release))).is_err() {
            tracing::warn!(reservation = %self.key.1, "dropped after the ledger closed; the next start releases it");
        }
    }
}
