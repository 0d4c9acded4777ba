//! P: The trait behind which a language model stands, remote or local: text as it is written, then how it ended and what it
//! took. Whoever drops the text cancels the call. The built-in composer needs none of it: it writes whole sentences at once
//! and stands behind [`super::Provider`].

use std::pin::Pin;
use std::time::Duration;

use futures_util::Stream;
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::error::FieldError;
use crate::ids::TenantId;
use crate::tokens::Tokenizer;

/// What a model is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The conversation, the task first.
    pub messages: Vec<Message>,
    /// Most tokens that it may write.
    pub max_tokens: u64,
    /// How freely it chooses, in hundredths: 0 always takes the likeliest word.
    pub temperature_percent: u32,
    /// Where its chance starts, for models that take it.
    pub seed: u64,
    /// When the whole must have ended.
    pub within: Duration,
    /// What else bears on its choice of words.
    pub choice: Choice,
    /// Texts before which it ends.
    pub stop: Vec<String>,
    /// What its text must be.
    pub form: Form,
    /// For whom it works.
    pub party: Party,
}

/// What bears on a model's choice of words beside temperature and seed; what is absent is as the model has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Choice {
    /// The likeliest tokens alone that together have this chance.
    pub top_p: Option<f64>,
    /// So many of the likeliest tokens alone.
    pub top_k: Option<u32>,
    /// Those tokens alone that have at least this part of the chance of the likeliest.
    pub min_p: Option<f64>,
    /// Divides the logits of what was said before.
    pub repetition_penalty: Option<f64>,
    /// Taken from the logit of a token for each time that it was written.
    pub frequency_penalty: Option<f64>,
    /// Taken from the logit of a token that was written.
    pub presence_penalty: Option<f64>,
}

/// What a model's text must be.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Form {
    /// Any text.
    #[default]
    Text,
    /// A JSON object.
    JsonObject,
    /// JSON that fits a schema.
    JsonSchema {
        /// What the caller calls it.
        name: String,
        /// The schema.
        schema: Value,
        /// What the caller says of how exactly it is to be held to, for upstreams that tell these apart.
        strict: Option<bool>,
    },
    /// What a regular expression matches.
    Regex(String),
    /// What a context-free grammar, in the notation of Lark, makes.
    Grammar(String),
}

/// For whom a model works, so that those who wait are served fairly. Never leaves the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// The tenant.
    pub tenant: TenantId,
    /// How often it is served, beside others that wait.
    pub weight: u32,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: &'static str,
    /// What it says.
    pub text: String,
}

/// A piece of what a model writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// More text, never empty.
    Text(String),
    /// The end; nothing follows.
    End(End),
}

/// How a text ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub finish: Finish,
    /// Tokens as the model counted them, when it says.
    pub usage: Option<Reported>,
}

/// Why a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It was done.
    Stop,
    /// It had written as much as it might.
    Length,
    /// The model would not go on.
    Filtered,
}

/// Tokens as a model counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// Read.
    pub prompt_tokens: u64,
    /// Of these, read from a cache.
    pub cached_tokens: u64,
    /// Written.
    pub completion_tokens: u64,
}

/// Why a provider did not answer, or not to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It did not answer in time.
    Timeout,
    /// It failed, or answered with something that cannot be read.
    Error,
    /// It refused the request.
    Refused,
    /// It has too much to do.
    Busy,
    /// It failed so often that it is left alone for a while.
    CircuitOpen,
    /// The money for it is used up.
    BudgetExhausted,
    /// Nothing that it said could be supported.
    Unsupported,
    /// The question is one that no model is asked.
    NotAsked,
    /// Nobody has said what it costs.
    NotPriced,
    /// It cannot be asked this: the [`Failure`] says what is wrong.
    Invalid,
    /// There is none now.
    NoModel,
}

impl Reason {
    /// Name on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Timeout => "upstream_timeout",
            Self::Error => "upstream_error",
            Self::Refused => "upstream_refused",
            Self::Busy => "upstream_busy",
            Self::CircuitOpen => "circuit_open",
            Self::BudgetExhausted => "budget_exhausted",
            Self::Unsupported => "unsupported",
            Self::NotAsked => "not_asked",
            Self::NotPriced => "model_not_priced",
            Self::Invalid => "invalid_request",
            Self::NoModel => "no_model",
        }
    }

    /// Whether it is something that the person should know of: what no model is asked was answered as it should be.
    pub const fn is_degraded(self) -> bool {
        !matches!(self, Self::NotAsked)
    }
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", reason.code())]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// For the log: no personal data, no secret.
    pub detail: String,
    /// What is wrong with the request, for whoever made it.
    pub fault: Option<Box<FieldError>>,
}

impl Failure {
    /// A failure with its internal half.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), fault: None }
    }

    /// The request cannot be answered as it is.
    pub fn invalid(fault: FieldError) -> Self {
        let detail = format!("{}: {}", fault.field, fault.allowed);
        Self { reason: Reason::Invalid, detail, fault: Some(Box::new(fault)) }
    }
}

/// What a model writes, as it writes it.
pub type Deltas = Pin<Box<dyn Stream<Item = Result<Delta, Failure>> + Send>>;

/// A language model.
pub trait Model: Send + Sync {
    /// Which provider it is: `remote` or `local`.
    fn provider(&self) -> &'static str;

    /// Name of the model, as prices and answers name it.
    fn model(&self) -> &str;

    /// Its own tokenizer, where it is at hand.
    fn tokenizer(&self) -> Option<&dyn Tokenizer> {
        None
    }

    /// Tokens that these messages become, its template included, where that is known.
    fn measure(&self, _messages: &[Message]) -> BoxFuture<'_, Option<u64>> {
        Box::pin(std::future::ready(None))
    }

    /// Most tokens of a prompt and its answer, where that is known.
    fn context_tokens(&self) -> Option<u64> {
        None
    }

    /// Begins to answer; resolves once the first text is there, so that whatever failed before may have been tried again.
    ///
    /// # Errors
    /// A [`Failure`]; no text came.
    fn open(&self, ask: Ask) -> BoxFuture<'_, Result<Deltas, Failure>>;
}
