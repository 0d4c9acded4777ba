//! Wire form of questions, answers and searches. Computes nothing.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};

/// A question about a chart.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdviseRequest {
    /// Id of your chart.
    pub chart_id: String,
    /// The question, 1 to 1,000 characters.
    pub question: String,
    /// `en` or `fr`; the question's own language when absent.
    #[serde(default)]
    pub lang: Option<String>,
}

/// An answer, with what it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdviseReply {
    /// Its id.
    pub id: String,
    /// The chart it is about.
    pub chart_id: String,
    /// The text; `[1]` marks a citation.
    pub answer: String,
    /// `en` or `fr`.
    pub language: String,
    /// Passages that the text rests on, in the order of their markers.
    pub citations: Vec<CitationReply>,
    /// Facts of the chart and of the day that the text states.
    pub chart_facts: Vec<FactReply>,
    /// Local date whose transits were used.
    pub date: String,
    /// What it took.
    pub usage: UsageReply,
    /// What answered: `composer`.
    pub provider: String,
    /// Sentences that did not pass the check and were left out.
    pub dropped_sentences: u32,
    /// What made this result.
    pub versions: AnswerVersions,
}

/// A passage that an answer rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct CitationReply {
    /// Number of its marker.
    pub marker: u32,
    /// Id of the passage.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub passage: String,
    /// How well it fits the question (BM25).
    pub score: f32,
}

/// A fact that an answer states.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactReply {
    /// Its id.
    pub id: String,
    /// The fact in words.
    pub text: String,
}

/// What an answer took.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageReply {
    /// Tokens of the question.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// How they were counted: `words`.
    pub strategy: String,
    /// Cost in millionths of a US dollar.
    pub cost_micro_usd: u64,
}

/// What made an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerVersions {
    /// Version of the engine.
    pub engine: String,
    /// Version of orbs, weights and rules.
    pub ruleset: String,
    /// SHA-256 of the ephemeris.
    pub ephemeris_sha256: String,
    /// Generation of the index.
    pub index_generation: String,
    /// Version of the composer's phrasing.
    pub composer: String,
}

/// An answer as it was kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptAnswer {
    /// Its id.
    pub id: String,
    /// When it was given, RFC 3339.
    pub created_at: String,
    /// What answered.
    pub provider: String,
    /// The question.
    pub question: String,
    /// The text.
    pub answer: String,
}

/// One page of answers, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerList {
    /// The answers.
    pub answers: Vec<KeptAnswer>,
    /// Cursor of the next page, when there is one.
    pub next_cursor: Option<String>,
}

/// A search of the knowledge corpus.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// Plain words, 1 to 256 characters.
    pub query: String,
    /// `en` or `fr`; both when absent.
    #[serde(default)]
    pub lang: Option<String>,
    /// 1 to 50, default 10.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Only passages of this kind.
    #[serde(default)]
    pub kind: Option<String>,
    /// Only passages on this body.
    #[serde(default)]
    pub body: Option<String>,
    /// Only passages on this sign.
    #[serde(default)]
    pub sign: Option<String>,
    /// Only passages on this house, 1 to 12.
    #[serde(default)]
    pub house: Option<u8>,
    /// Only passages on this aspect.
    #[serde(default)]
    pub aspect: Option<String>,
}

/// What was found, best first; empty when nothing was.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchReply {
    /// The passages.
    pub hits: Vec<HitReply>,
    /// Generation of the index that answered.
    pub index_generation: String,
}

/// A passage that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct HitReply {
    /// Its id.
    pub id: String,
    /// `en` or `fr`.
    pub lang: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub passage: String,
    /// BM25 score.
    pub score: f32,
    /// Its kind.
    pub kind: String,
    /// Body it is on.
    pub body: Option<String>,
    /// Sign it is on.
    pub sign: Option<String>,
    /// House it is on.
    pub house: Option<u8>,
    /// Aspect it is on.
    pub aspect: Option<String>,
}
