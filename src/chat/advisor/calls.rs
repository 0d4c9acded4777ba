//! S: What a call of a model costs: held before, counted after, charged when there is no answer to charge it with.

use std::sync::Arc;
use std::time::Duration;

use super::{Also, Core};
use crate::audit::RequestContext;
use crate::auth::Caller;
use crate::chat::consult::Gone;
use crate::clock::Stopwatch;
use crate::error::{Code, Error, Result};
use crate::ids::TenantId;
use crate::llm::local::provider;
use crate::llm::model::{Message, Model, Party, Reason, Reported};
use crate::store::Tx;
use crate::tenants::admission::Permit;
use crate::tenants::ledger::{Actual, Bound, Exhausted, Outcome, Purpose, Reservation, Settled, Verdict, Warning};
use crate::tenants::quotas::Charge;
use crate::tokens::{self, MessageBound, MicroUsd, Tokens};

/// What paid for a call.
pub(super) enum Money {
    Held(Reservation),
    Free,
}

/// Why a call may not be made.
pub(super) enum Unpaid {
    /// A soft limit has no room for it.
    Exhausted(Box<Exhausted>),
    /// Nobody has said what it costs.
    NotPriced,
}

impl Unpaid {
    pub(super) const fn reason(&self) -> Reason {
        match self {
            Self::Exhausted(_) => Reason::BudgetExhausted,
            Self::NotPriced => Reason::NotPriced,
        }
    }

    /// What is told of the limit beside an answer that does without the call.
    pub(super) fn warning(&self) -> Option<String> {
        match self {
            Self::Exhausted(exhausted) => exhausted.warning().as_ref().map(Warning::header),
            Self::NotPriced => None,
        }
    }

    /// The refusal, where nothing else can answer.
    pub(super) fn refusal(&self) -> Error {
        match self {
            Self::Exhausted(exhausted) => exhausted.refusal(),
            Self::NotPriced => Code::ModelNotPriced.into(),
        }
    }
}

impl Money {
    /// What is near its end already.
    pub(super) fn warning(&self) -> Option<String> {
        match self {
            Self::Held(held) => held.warning().map(Warning::header),
            Self::Free => None,
        }
    }
}

/// A call that was made, and what it owes.
pub(super) struct Call {
    pub(super) money: Money,
    pub(super) purpose: Purpose,
    /// Who answered.
    pub(super) provider: &'static str,
    pub(super) actual: Actual,
    pub(super) outcome: Outcome,
    pub(super) cost_micro_usd: u64,
}

impl Call {
    /// What will be near its end when the call is charged; an answer says so that is written before its charge.
    pub(super) fn warning_after(&self) -> Option<String> {
        let Money::Held(held) = &self.money else { return None };
        let warning = held.warning_after(MicroUsd(self.cost_micro_usd)).unwrap_or_else(|error| {
            tracing::warn!(%error, "what is left of a budget could not be read");
            None
        });
        warning.as_ref().map(Warning::header)
    }
}

/// What went to a model and what came from it.
#[derive(Clone, Copy)]
pub(super) struct Exchanged<'a> {
    /// All that it read.
    pub(super) read: &'a str,
    /// All that it wrote.
    pub(super) written: &'a str,
    /// Tokens as it counted them.
    pub(super) usage: Option<Reported>,
}

impl Core {
    /// Holds the most that the call may cost.
    ///
    /// # Errors
    /// `budget_exhausted` where a hard limit has no room; those of the store.
    pub(super) async fn reserve(
        &self,
        model: &dyn Model,
        purpose: &Purpose,
        messages: &[Message],
        output_tokens: u64,
        request: &RequestContext,
    ) -> Result<std::result::Result<Money, Unpaid>> {
        let texts: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
        let bound = || tokens::prompt_bound(None, &purpose.model, &texts, MessageBound::CHAT).tokens;
        // Exact where the model can say it: with its own template and tokenizer.
        let prompt_tokens = model.measure(messages).await.unwrap_or_else(bound);
        let bound = Bound { prompt_tokens, output_tokens };
        match self.on.ledger.reserve(purpose, bound, &request.request_id).await {
            Ok(Verdict::Granted(reservation)) => Ok(Ok(Money::Held(reservation))),
            Ok(Verdict::Free) => Ok(Ok(Money::Free)),
            Ok(Verdict::Degraded(exhausted)) => Ok(Err(Unpaid::Exhausted(exhausted))),
            Err(error) if error.code() == Code::ModelNotPriced => {
                tracing::error!(model = purpose.model, "the model has no price, so it is not asked");
                Ok(Err(Unpaid::NotPriced))
            }
            Err(error) => Err(error),
        }
    }

    /// What a call owes.
    pub(super) fn call(
        &self,
        model: &dyn Model,
        (money, purpose): (Money, Purpose),
        said: Exchanged<'_>,
        is_whole: bool,
    ) -> Call {
        let told = |of: fn(&Reported) -> u64| said.usage.as_ref().map(of);
        let count =
            |by: Option<u64>, text: &str| tokens::count(self.counting, by, model.tokenizer(), &purpose.model, text);
        let actual = Actual {
            input: count(told(|usage| usage.prompt_tokens), said.read),
            cached_tokens: told(|usage| usage.cached_tokens).unwrap_or(0),
            output: count(told(|usage| usage.completion_tokens), said.written),
        };
        let outcome = if is_whole { Outcome::Whole } else { Outcome::Partial };
        let cost_micro_usd = match &money {
            Money::Free => 0,
            Money::Held(held) => {
                let (input, cached_input, output) = (actual.input.tokens, actual.cached_tokens, actual.output.tokens);
                let price = self.on.ledger.prices().of(&purpose.model);
                let cost = price.and_then(|price| price.cost(Tokens { input, cached_input, output }));
                cost.map_or(held.bound(), |cost| cost.min(held.bound())).0
            }
        };
        Call { money, purpose, provider: model.provider(), actual, outcome, cost_micro_usd }
    }

    /// Writes what a call owes into the transaction of what it made.
    ///
    /// # Errors
    /// Those of the ledger.
    pub(super) fn settle(&self, tx: &mut Tx<'_>, call: &Call, request_id: &str) -> Result<Settled> {
        match &call.money {
            Money::Held(held) => held.settle_as(tx, &call.actual, call.outcome),
            Money::Free => self.on.ledger.record_free(tx, &call.purpose, &call.actual, request_id),
        }
    }

    /// That transaction is durable.
    pub(super) fn settled(&self, call: &Call, settled: &Settled) {
        match &call.money {
            Money::Held(held) => held.done(settled),
            Money::Free => self.on.ledger.recorded(settled),
        }
    }

    /// Charges a call whose text is not kept, counts it against the plan where it was whole, and writes what belongs to it.
    ///
    /// # Errors
    /// Those of the ledger and of the plan; then nothing was charged. Otherwise what is near its end now.
    pub(super) async fn charge(
        self: &Arc<Self>,
        call: &Arc<Call>,
        request: &RequestContext,
        count: Option<Charge>,
        also: Option<Also>,
    ) -> Result<Option<String>> {
        let (this, owed, request_id) = (Arc::clone(self), Arc::clone(call), request.request_id.clone());
        let counts = count.is_some();
        let write = self.on.store.write(move |tx| {
            count.as_ref().map_or(Ok(()), |count| count.apply(tx))?;
            also.as_ref().map_or(Ok(()), |also| also(tx))?;
            this.settle(tx, &owed, &request_id)
        });
        let settled = write.await;
        if counts {
            self.counted(call.purpose.tenant, settled.as_ref().err());
        }
        let settled = settled?;
        self.settled(call, &settled);
        Ok(settled.warning.as_ref().map(Warning::header))
    }

    /// Notes in the metrics what became of a message that was to be counted.
    pub(super) fn counted(&self, tenant: TenantId, error: Option<&Error>) {
        let slug = || self.on.tenants.by_id(tenant).map(|tenant| tenant.row.slug).unwrap_or_default();
        self.on.metrics.limits.quota(slug, error.map(Error::code));
    }

    /// Charges a call that came to nothing for what it made.
    pub(super) async fn pay(self: &Arc<Self>, call: &Arc<Call>, request: &RequestContext) {
        if let Err(error) = self.charge(call, request, None, None).await {
            tracing::error!(%error, "a call without an answer was not charged; what it held is given back");
        }
    }

    /// How long the model may take, of a request that began when `began` did: one whose answer is read as it comes has been
    /// answered when it begins, and the edge cuts any other.
    pub(super) fn within_ms(&self, model: &dyn Model, is_streamed: bool, began: &Stopwatch) -> u64 {
        let passed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let most_ms = if model.provider() == provider::PROVIDER { self.local_max_ms } else { self.remote_max_ms };
        if is_streamed { most_ms } else { most_ms.min(self.request_ms).saturating_sub(passed_ms) }
    }

    /// For whom a model works.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn party(&self, tenant: TenantId) -> Result<Party> {
        Ok(Party { tenant, weight: self.weight(tenant)? })
    }

    /// Waits for leave to open one stream, as long as anybody listens. A request that began when `began` did and is answered
    /// as a whole hears that there was none before the edge cuts it, which could not say when to come back.
    ///
    /// # Errors
    /// `overloaded` when the queue is full or the wait too long; `answer_cancelled`.
    pub(super) async fn enter(
        &self,
        caller: &Caller,
        is_streamed: bool,
        began: &Stopwatch,
        gone: &mut Gone,
    ) -> Result<Permit> {
        let weight = self.weight(caller.tenant)?;
        let within = if is_streamed { Duration::MAX } else { self.wait_max.saturating_sub(began.elapsed()) };
        tokio::select! {
            biased;
            _ = &mut *gone => Err(Code::AnswerCancelled.into()),
            permit = self.on.admission.enter(caller.tenant, weight, within) => permit,
        }
    }

    /// How often a tenant is let in, beside others that wait.
    fn weight(&self, tenant: TenantId) -> Result<u32> {
        if self.weights.is_empty() {
            return Ok(1);
        }
        let slug = self.on.tenants.by_id(tenant)?.row.slug;
        Ok(self.weights.get(&slug).copied().unwrap_or(1))
    }
}
