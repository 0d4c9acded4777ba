//! S: Turns texts of the caller's own into vectors with the sentence encoder in use: on blocking threads, a few requests at
//! once, held and charged as every model is. Keeps no text and no vector.

use std::sync::Arc;

use crate::audit::RequestContext;
use crate::auth::Caller;
use crate::error::{Code, Error, FieldError, Result};
use crate::limits;
use crate::retrieval::Retrieval;
use crate::retrieval::embed::{EmbedError, Embedder, Tokens};
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::tenants::Tenants;
use crate::tenants::ledger::{Actual, Bound, Ledger, Purpose, Reservation, Settled, Verdict, Warning};
use crate::tenants::quotas::Charge;
use crate::tokens::{Count, Method};
use crate::turns::{Gone, Turns};

/// Tokens that a tokenizer adds around a text, at most.
const FRAME_TOKENS: u64 = 4;

/// What the service stands on.
pub struct Foundations {
    /// What holds the model.
    pub retrieval: Retrieval,
    /// Where what calls owe is written.
    pub store: Store,
    /// Who asks.
    pub tenants: Tenants,
    /// Money.
    pub ledger: Ledger,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// The service.
pub struct Embeddings {
    on: Foundations,
    turns: Turns,
}

impl std::fmt::Debug for Embeddings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embeddings").field("turns", &self.turns).finish_non_exhaustive()
    }
}

/// Texts to be embedded.
#[derive(Debug)]
pub struct Wanted {
    /// Who asks.
    pub caller: Caller,
    /// The request.
    pub request: RequestContext,
    /// Name of the model.
    pub model: String,
    /// The texts.
    pub texts: Vec<String>,
    /// Whether they came as a list, for the names of fields.
    pub is_list: bool,
    /// Numbers that a vector must have, if the client says.
    pub dimensions: Option<u64>,
    /// Counts it against the plan.
    pub count: Charge,
}

/// The vectors of texts, in their order.
#[derive(Debug)]
pub struct Embedded {
    /// A vector of length 1 for each text.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens that were read.
    pub tokens: u64,
    /// A limit that is near its end.
    pub budget_warning: Option<String>,
}

enum Money {
    Held(Reservation),
    Free,
}

impl Embeddings {
    /// Over these.
    pub fn new(on: Foundations) -> Self {
        Self { on, turns: Turns::new(limits::EMBED_AT_ONCE, limits::EMBED_QUEUE_MAX, limits::EMBED_RETRY_AFTER_S) }
    }

    /// The name of the model in use.
    pub fn model(&self) -> Option<String> {
        self.on.retrieval.embedder().map(|embedder| embedder.name().to_owned())
    }

    /// Embeds all texts, or none.
    ///
    /// # Errors
    /// `invalid_fields` naming `model`, `dimensions`, or the text that the model cannot read whole; `overloaded` when too
    /// many wait; those of the ledger and of the plan.
    pub async fn embed(&self, wanted: Wanted) -> Result<Embedded> {
        let embedder = self.embedder(&wanted.model)?;
        if let Some(given) = wanted.dimensions.filter(|given| *given != embedder.width() as u64) {
            let allowed = format!("{}, which is all that this model gives, or no such member", embedder.width());
            return Err(Error::fields(vec![FieldError::new("dimensions", given, allowed)]));
        }
        let Wanted { caller, request, texts, is_list, count, .. } = wanted;
        let purpose = Purpose {
            tenant: caller.tenant,
            user: Some(caller.user),
            key: caller.key(),
            model: embedder.name().to_owned(),
            remote: false,
        };
        let money = self.hold(&purpose, &texts, &request).await?;
        let work = move |gone: &Gone| compute(&embedder, &texts, is_list, gone);
        let (vectors, tokens) = self.turns.run(work).await?;
        let settled = self.charge(money, purpose, tokens, count, request.request_id).await?;
        let budget_warning = settled.warning.as_ref().map(Warning::header);
        Ok(Embedded { vectors, tokens, budget_warning })
    }

    fn embedder(&self, model: &str) -> Result<Arc<Embedder>> {
        let refuse = |allowed: String| Error::fields(vec![FieldError::new("model", model, allowed)]);
        let embedder = self.on.retrieval.embedder();
        let embedder =
            embedder.ok_or_else(|| refuse("none: the operator has put no embedding model in use".to_owned()))?;
        if embedder.name() == model { Ok(embedder) } else { Err(refuse(embedder.name().to_owned())) }
    }

    /// Holds the most that the call can cost, where the operator gave the model a price: no tokenizer of the family makes
    /// more tokens of a text than it has bytes, its frame aside.
    async fn hold(&self, purpose: &Purpose, texts: &[String], request: &RequestContext) -> Result<Money> {
        let prompt_tokens = texts.iter().map(|text| text.len() as u64 + FRAME_TOKENS).sum();
        let bound = Bound { prompt_tokens, output_tokens: 0 };
        match self.on.ledger.reserve(purpose, bound, &request.request_id).await? {
            Verdict::Granted(held) => Ok(Money::Held(held)),
            Verdict::Free => Ok(Money::Free),
            // Nothing cheaper can stand in for a vector.
            Verdict::Degraded(exhausted) => Err(exhausted.refusal()),
        }
    }

    /// Writes what the call owes and counts it against the plan, in one transaction.
    async fn charge(
        &self,
        money: Money,
        purpose: Purpose,
        tokens: u64,
        count: Charge,
        request_id: String,
    ) -> Result<Settled> {
        let of = |tokens| Count { tokens, by: Method::Tokenizer };
        let actual = Actual { input: of(tokens), cached_tokens: 0, output: of(0) };
        let (ledger, tenant) = (self.on.ledger.clone(), purpose.tenant);
        let money = Arc::new(money);
        let owed = Arc::clone(&money);
        let write = self.on.store.write(move |tx| {
            count.apply(tx)?;
            match &*owed {
                Money::Held(held) => held.settle(tx, &actual),
                Money::Free => ledger.record_free(tx, &purpose, &actual, &request_id),
            }
        });
        let settled = write.await;
        let slug = || self.on.tenants.by_id(tenant).map(|tenant| tenant.row.slug).unwrap_or_default();
        self.on.metrics.limits.quota(slug, settled.as_ref().err().map(Error::code));
        let settled = settled?;
        match &*money {
            Money::Held(held) => held.done(&settled),
            Money::Free => self.on.ledger.recorded(&settled),
        }
        Ok(settled)
    }
}

fn compute(embedder: &Embedder, texts: &[String], is_list: bool, gone: &Gone) -> Result<(Vec<Vec<f32>>, u64)> {
    let field = |at: usize| if is_list { format!("input[{at}]") } else { "input".to_owned() };
    let refuse = |at: usize, allowed: String| Error::fields(vec![FieldError::new(field(at), &texts[at], allowed)]);
    let mut read: Vec<Tokens> = Vec::with_capacity(texts.len());
    for (at, text) in texts.iter().enumerate() {
        let tokens = match embedder.tokens(text) {
            Ok(tokens) => tokens,
            Err(EmbedError::Text(_)) => return Err(refuse(at, "a text that the model has tokens for".to_owned())),
            Err(error) => return Err(Error::internal(error)),
        };
        let (given, most) = (tokens.count(), embedder.max_tokens());
        if given > most {
            return Err(refuse(at, format!("a text of at most {most} tokens; this one has {given}")));
        }
        read.push(tokens);
    }
    let tokens = read.iter().map(|tokens| tokens.count() as u64).sum();
    let vectors = embedder.embed(&read, || gone.is_so()).ok_or_else(|| Error::new(Code::AnswerCancelled))?;
    Ok((vectors, tokens))
}
