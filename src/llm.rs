//! P: What answers: the trait behind which a built-in composer, a local model or a remote one stands, and the values
//! that pass between it and the chat service. Retrieves nothing, verifies nothing, sends nothing.

pub mod breaker;
pub mod composer;
pub mod gateway;
pub mod language;
pub mod lexicon;
pub mod local;
pub mod marked;
pub mod model;
mod patterns;
pub mod prompt;
pub mod reading;
mod reading_words;
pub mod remote;
pub mod retry;
pub mod splitter;

use std::sync::Arc;

use serde::Serialize;

use crate::astro::{Aspect, Body, Certainty, Factor, Lang, Point, Sign};
use crate::retrieval::Passage;
pub use composer::Composer;
pub use reading::{Aside, Cautions, Danger, Intent, Limit, Reading, Topic};

/// A statement about the natal chart that an answer may make.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChartFact {
    /// Stable within one chart, e.g. `natal-venus`, `house-7`, `natal-venus-square-saturn`.
    pub id: String,
    /// The fact in a few words of the answer's language.
    pub text: String,
    /// The fact as values.
    #[serde(skip)]
    pub value: FactValue,
}

/// The values of a chart fact.
#[derive(Clone, Debug, PartialEq)]
pub enum FactValue {
    /// Where a body or an angle stands.
    Placement {
        /// The body or angle.
        point: Point,
        /// Its sign; two when the missing birth time leaves two open.
        signs: Vec<Sign>,
        /// Degrees 0..30 within the sign; `None` when the birth time leaves them open.
        degree_in_sign: Option<f64>,
        /// House 1..=12, when known.
        house: Option<u8>,
        /// Whether it moves backward as seen from Earth.
        retrograde: bool,
    },
    /// The sign in which a house opens, and the planets in it.
    House {
        /// House 1..=12.
        house: u8,
        /// Sign of its cusp.
        sign: Sign,
        /// The planets in it.
        bodies: Vec<Body>,
    },
    /// A sign that holds no planet and no angle.
    EmptySign {
        /// The sign.
        sign: Sign,
        /// The first house 1..=12 that opens in it, where houses are known and one does.
        house: Option<u8>,
    },
    /// An aspect between two natal points.
    Aspect {
        /// One point.
        a: Point,
        /// The other.
        b: Point,
        /// The aspect.
        aspect: Aspect,
        /// Distance from the exact angle, in degrees; `None` when the birth time leaves it open.
        orb_deg: Option<f64>,
    },
}

/// A passage offered to the provider as evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The passage.
    pub passage: Arc<Passage>,
    /// Its score in retrieval.
    pub score: f32,
}

/// All that a provider may rest on.
#[derive(Clone, Debug)]
pub struct Brief<'a> {
    /// The question, guarded and normalised.
    pub question: &'a str,
    /// What was read out of the question.
    pub reading: &'a Reading,
    /// Language of the answer.
    pub language: Lang,
    /// Facts of the chart, the weightiest for this question first.
    pub facts: &'a [ChartFact],
    /// Contacts of the day, the leading one first.
    pub factors: &'a [Factor],
    /// Passages retrieved.
    pub evidence: &'a [Evidence],
    /// The local date that the answer is for, `YYYY-MM-DD`.
    pub date: &'a str,
    /// How well the birth time is known.
    pub certainty: Certainty,
    /// Hash of chart, date and question: the only source of variation.
    pub seed: u64,
}

/// What a sentence rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Support {
    /// A passage, by id.
    Passage(String),
    /// A chart fact, by id.
    ChartFact(String),
    /// A contact of the day, by id.
    Factor(String),
    /// The appliance's own word on what it can do; claims nothing about the chart.
    Own,
}

/// One sentence of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The text, without markers.
    pub text: String,
    /// What it rests on; never empty in an honest draft.
    pub support: Vec<Support>,
    /// Whether a new paragraph begins here.
    pub opens_paragraph: bool,
}

/// An answer before it is verified.
pub type Draft = Vec<Sentence>;

/// What the receiver of a sentence wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Nobody listens any more, or enough was said.
    Stop,
}

/// Receives sentences as they are made.
pub trait Sink {
    /// Takes one sentence.
    fn sentence(&mut self, sentence: Sentence) -> Flow;
}

impl Sink for Draft {
    fn sentence(&mut self, sentence: Sentence) -> Flow {
        self.push(sentence);
        Flow::Continue
    }
}

/// What an answer cost, as far as the provider knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Tokens read by a model; `None` where no model was asked.
    pub prompt_tokens: Option<u64>,
    /// Tokens written by a model; `None` where no model was asked.
    pub completion_tokens: Option<u64>,
    /// Price in millionths of a US dollar.
    pub cost_micro_usd: u64,
}

/// Why a provider gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It cannot answer now; another try may succeed.
    #[error("the provider is unavailable: {0}")]
    Unavailable(String),
    /// It answered with something that cannot be used.
    #[error("the provider's answer cannot be used: {0}")]
    Unusable(String),
}

/// Writes an answer from a brief, sentence by sentence.
pub trait Provider: Send + Sync {
    /// Name on the wire, e.g. `composer`.
    fn name(&self) -> &str;

    /// Version of what shapes the wording: prompt, phrases or model.
    fn version(&self) -> &str;

    /// Emits the sentences into `sink` until done or stopped. Runs on a blocking thread where it waits for something.
    ///
    /// # Errors
    /// The provider is unavailable, or its output cannot be used; sentences emitted before stand.
    fn answer(&self, brief: &Brief<'_>, sink: &mut dyn Sink) -> Result<Spent, ProviderError>;
}
