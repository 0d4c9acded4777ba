//! S: The money ledger: holds the most a call can cost before it is made, charges what it did cost with its answer, and
//! gives back what came to nothing. Calls no model.
//!
//! A hard limit is never passed: money is held against every limit of tenant, user, key and model in one transaction, and
//! a settlement never charges more than was held. What a call costs beyond that, because a provider counted otherwise
//! than it promised, is written off to the operator as `overrun` and logged. No hold outlives its call, its process or
//! its machine: dropping a [`Reservation`] releases it, a start releases those of dead processes, and a sweep those that
//! no call can still need; a hold that cannot be released stops no start, and is told of. Every movement is an entry that is never changed, and balances can be rebuilt from them.

mod accounts;
mod background;
mod budgets;
mod caps;
mod fold;
mod period;
mod recover;
mod reservation;
mod usage;
mod verify;
pub mod words;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::mpsc;

pub use self::budgets::{Budget, BudgetChange};
pub use self::caps::{Defaults, Exhausted, FULL_PERCENT, Limit, Told, WARN_PERCENT, Warning, name};
pub use self::period::{date_of, day_of};
pub use self::recover::Recovered;
pub use self::reservation::{Outcome, Reservation, Settled};
pub use self::usage::{UsageRow, UsageTotals};
pub use self::verify::{Problem, Report};
pub use crate::store::tables::ledger::{Cap, Scope, Subject, Window};

use self::background::{Background, Message};
use self::reservation::Held;
use crate::audit::Auditor;
use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error, Result};
use crate::ids::{ApiKeyId, ReservationId, TenantId, UserId};
use crate::limits::{MODEL_NAME_MAX_BYTES, SHUTDOWN_GRACE_MS, TOKENS_MAX};
use crate::store::tables::TENANTS;
use crate::store::tables::ledger::{EntryKind, EntryRow, Postings, RESERVATIONS, ReservationRow};
use crate::store::{Reads, Store, Tx};
use crate::telemetry::Metrics;
use crate::tokens::{Count, MicroUsd, Price, Prices, Tokens};

/// What a call is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purpose {
    /// Who pays.
    pub tenant: TenantId,
    /// Who asks, if a person does.
    pub user: Option<UserId>,
    /// With which API key, if with one.
    pub key: Option<ApiKeyId>,
    /// What answers, by the name that the price table has for it.
    pub model: String,
    /// Whether somebody else runs the model and charges for it. A remote model without a price is refused; a local one
    /// costs nothing.
    pub remote: bool,
}

/// The most that a call may use: see [`crate::tokens::prompt_bound`] for the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Tokens of the prompt, at most.
    pub prompt_tokens: u64,
    /// Tokens of the answer, at most; those that the model thinks with included.
    pub output_tokens: u64,
}

/// What a call did use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actual {
    /// Tokens of the prompt, the cached ones included.
    pub input: Count,
    /// Those of them that the provider had kept.
    pub cached_tokens: u64,
    /// Tokens of the answer.
    pub output: Count,
}

/// Whether a call may be made.
#[derive(Debug)]
pub enum Verdict {
    /// It may: the money is held. Settle or drop it.
    Granted(Reservation),
    /// It costs nothing, so nothing is held; see [`Ledger::record_free`].
    Free,
    /// A soft limit has no room: answer with what costs nothing, and say so.
    Degraded(Box<Exhausted>),
}

/// What the ledger is opened over.
#[derive(Debug)]
pub struct Foundations {
    /// Where rows are kept.
    pub store: Store,
    /// What signs the audit chains.
    pub auditor: Auditor,
    /// Time and randomness.
    pub ambient: Ambient,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// What models cost.
    pub prices: Prices,
    /// Limits from the settings.
    pub defaults: Defaults,
}

/// What everything of the ledger shares.
#[derive(Debug)]
struct Core {
    on: Foundations,
    /// Names this run of the process; reservations of another are of a dead one.
    boot: [u8; 16],
    /// Held now, in micro-dollars, for the gauge.
    reserved: AtomicU64,
    messages: mpsc::UnboundedSender<Message>,
}

/// The ledger of one appliance. Clones share it.
#[derive(Clone, Debug)]
pub struct Ledger {
    core: Arc<Core>,
    // Its task ends with the last handle.
    _background: Arc<Background>,
}

/// How a request for money came out, inside the transaction.
enum Asked {
    Held { slug: String, warning: Option<Warning>, told: Vec<Told> },
    Full { exhausted: Exhausted, slug: String, told: Vec<Told> },
}

impl Ledger {
    /// Opens the ledger, and gives back what dead processes held.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn open(on: Foundations) -> Result<Self> {
        let boot = on.ambient.bytes();
        let recovered = recover::release_dead(&on, boot).await?;
        recovered.log();
        on.metrics.ledger_stuck(recovered.stuck);
        let (messages, inbox) = mpsc::unbounded_channel();
        let core = Arc::new(Core { on, boot, reserved: AtomicU64::new(0), messages });
        let background = Arc::new(Background::start(&core, inbox));
        Ok(Self { core, _background: background })
    }

    /// What models cost.
    pub fn prices(&self) -> &Prices {
        &self.core.on.prices
    }

    /// Holds the most that a call can cost against every limit of its tenant, user, key and model: all of them, or none.
    ///
    /// # Errors
    /// `budget_exhausted` when a hard limit has no room; `model_not_priced` for a remote model without a price;
    /// `tenant_not_found`; those of the store.
    pub async fn reserve(&self, purpose: &Purpose, bound: Bound, request_id: &str) -> Result<Verdict> {
        let Some(price) = self.price_of(purpose)? else { return Ok(Verdict::Free) };
        let amount = price
            .bound(bound.prompt_tokens, bound.output_tokens)
            .ok_or_else(|| Error::internal(format!("a call of more than {TOKENS_MAX} tokens")))?;
        if amount.is_zero() {
            return Ok(Verdict::Free);
        }
        let on = &self.core.on;
        let (id, made_at) = (ReservationId::new(&on.ambient), on.ambient.now());
        let row = ReservationRow {
            boot: self.core.boot,
            made_at,
            user: purpose.user,
            key: purpose.key,
            model: purpose.model.clone(),
            bound: amount,
            request_id: request_id.to_owned(),
        };
        let (core, tenant, asked) = (Arc::clone(&self.core), purpose.tenant, row.clone());
        // Made before the write: who goes away while it waits drops it like any other, and its release is written later.
        let reservation = Reservation::new(Held::new(Arc::clone(&self.core), (tenant, id), row, price));
        match on.store.write(move |tx| hold(tx, &core, (tenant, id), &asked)).await? {
            Asked::Full { exhausted, slug, told } => {
                reservation.close();
                self.core.count_told(&slug, &told);
                if exhausted.limit.cap.hard {
                    return Err(exhausted.refusal());
                }
                Ok(Verdict::Degraded(Box::new(exhausted)))
            }
            Asked::Held { slug, warning, told } => {
                self.core.count_told(&slug, &told);
                reservation.grant(slug, warning);
                Ok(Verdict::Granted(reservation))
            }
        }
    }

    /// Writes a call at no price into the caller's transaction, so that its tokens are told. Needs no reservation.
    ///
    /// # Errors
    /// `tenant_not_found`; those of the store.
    pub fn record_free(
        &self,
        tx: &mut Tx<'_>,
        purpose: &Purpose,
        actual: &Actual,
        request_id: &str,
    ) -> Result<Settled> {
        check_model(&purpose.model)?;
        let slug = slug_of(tx, purpose.tenant)?;
        let now = self.core.on.ambient.now();
        let entry = EntryRow {
            at: now,
            of: now,
            kind: EntryKind::Free,
            reservation: None,
            user: purpose.user,
            key: purpose.key,
            model: purpose.model.clone(),
            request_id: request_id.to_owned(),
            prices: self.core.on.prices.version().to_owned(),
            input: Some(actual.input),
            cached_tokens: actual.cached_tokens,
            output: Some(actual.output),
            postings: Postings::default(),
        };
        accounts::write(tx, purpose.tenant, &entry)?;
        Ok(Settled::free(slug, purpose.model.clone(), *actual))
    }

    /// Counts a free call in the metrics, once its transaction is durable.
    pub fn recorded(&self, settled: &Settled) {
        self.core.count_settled(settled);
    }

    /// Waits until everything that was dropped is released, or for as long as a stop may take: the next start releases
    /// what is left. To be called when requests have ended, before the store goes.
    pub async fn drain(&self) {
        let (done, wait) = tokio::sync::oneshot::channel();
        if self.core.messages.send(Message::Drain(done)).is_ok() {
            let within = Duration::from_millis(SHUTDOWN_GRACE_MS);
            if tokio::time::timeout(within, wait).await.is_err() {
                tracing::error!("some reservations were not released; the next start does it");
            }
        }
    }

    /// The price of a call that costs something.
    fn price_of(&self, purpose: &Purpose) -> Result<Option<Price>> {
        check_model(&purpose.model)?;
        match self.core.on.prices.of(&purpose.model) {
            Some(price) if price.is_free() => Ok(None),
            Some(price) => Ok(Some(price.clone())),
            None if purpose.remote => {
                Err(Error::new(Code::ModelNotPriced).detail("model", purpose.model.clone().into()))
            }
            None => Ok(None),
        }
    }
}

/// A name that can stand in keys, rows and labels.
fn check_model(model: &str) -> Result<()> {
    let fits = (1..=MODEL_NAME_MAX_BYTES).contains(&model.len()) && model.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(()) } else { Err(Error::internal("a model's name is not 1 to 128 printable ASCII characters")) }
}

fn slug_of(reads: &impl Reads, tenant: TenantId) -> Result<String> {
    let row = reads.get(&TENANTS, &tenant)?.ok_or_else(|| Error::new(Code::TenantNotFound))?;
    Ok(row.slug)
}

/// The whole of a reservation, in one transaction: checked against every limit, then held against every scope.
fn hold(tx: &mut Tx<'_>, core: &Core, key: (TenantId, ReservationId), row: &ReservationRow) -> Result<Asked> {
    let (on, (tenant, id)) = (&core.on, key);
    let slug = slug_of(tx, tenant)?;
    let entry = entry_of(row, id, EntryKind::Reserve, row.made_at, on.prices.version(), Postings::hold(row.bound)?);
    let scopes = accounts::scopes(tenant, &entry);
    let limits = caps::limits(tx, &scopes, row.made_at, &on.defaults, &slug)?;
    let told = caps::tell(tx, &on.auditor, &limits, row.bound, row.made_at, &row.request_id)?;
    if let Some(exhausted) = caps::exhausted(&limits, row.bound) {
        return Ok(Asked::Full { exhausted, slug, told });
    }
    tx.put(&RESERVATIONS, &key, row)?;
    accounts::write(tx, tenant, &entry)?;
    Ok(Asked::Held { slug, warning: caps::warning(&limits), told })
}

/// An entry about a reservation.
fn entry_of(
    row: &ReservationRow,
    id: ReservationId,
    kind: EntryKind,
    at: UnixMs,
    prices: &str,
    postings: Postings,
) -> EntryRow {
    EntryRow {
        at,
        of: row.made_at,
        kind,
        reservation: Some(id),
        user: row.user,
        key: row.key,
        model: row.model.clone(),
        request_id: row.request_id.clone(),
        prices: prices.to_owned(),
        input: None,
        cached_tokens: 0,
        output: None,
        postings,
    }
}

impl Actual {
    const fn tokens(&self) -> Tokens {
        Tokens { input: self.input.tokens, cached_input: self.cached_tokens, output: self.output.tokens }
    }
}

impl Core {
    fn count_told(&self, slug: &str, told: &[Told]) {
        for told in told {
            self.on.metrics.budget_event(slug, told.code());
        }
    }

    fn count_settled(&self, settled: &Settled) {
        let metrics = &self.on.metrics;
        metrics.model_cost(&settled.slug, &settled.model, settled.charged.0);
        let tokens = settled.actual.tokens();
        for (direction, count) in
            [("input", tokens.input), ("cached_input", tokens.cached_input), ("output", tokens.output)]
        {
            metrics.model_tokens(&settled.slug, &settled.model, direction, count);
        }
        self.count_told(&settled.slug, &settled.told);
    }

    fn gauge_add(&self, amount: MicroUsd) {
        use std::sync::atomic::Ordering::Relaxed;
        let now = self.reserved.fetch_add(amount.0, Relaxed).wrapping_add(amount.0);
        self.on.metrics.ledger_reserved(now);
    }

    fn gauge_take(&self, amount: MicroUsd) {
        use std::sync::atomic::Ordering::Relaxed;
        let now = self.reserved.fetch_sub(amount.0, Relaxed).wrapping_sub(amount.0);
        self.on.metrics.ledger_reserved(now);
    }
}
