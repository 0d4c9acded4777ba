//! P: The trait behind which a language model stands, remote or local: text as it is written, then how it ended and what it
//! took. Whoever drops the text cancels the call. The built-in composer needs none of it: it writes whole sentences at once
//! and stands behind [`super::Provider`].

use std::pin::Pin;
use std::time::Duration;

use futures_util::Stream;
use futures_util::future::BoxFuture;

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
}

impl Failure {
    /// A failure with its internal half.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
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

    /// Begins to answer; resolves once the first text is there, so that whatever failed before may have been tried again.
    ///
    /// # Errors
    /// A [`Failure`]; no text came.
    fn open(&self, ask: Ask) -> BoxFuture<'_, Result<Deltas, Failure>>;
}
