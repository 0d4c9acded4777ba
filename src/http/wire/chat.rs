//! Wire form of questions, answers and searches. Computes nothing.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};

use crate::chat::{Answer, Answered};

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
    /// Provider to ask first, `local`, `remote` or `composer`; as the appliance is set up when absent.
    #[serde(default)]
    pub provider: Option<String>,
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
    /// What answered: `composer`, `local` or `remote`.
    pub provider: String,
    /// The model that wrote it, where one did.
    pub model: Option<String>,
    /// Why it is not what was asked for: `upstream_timeout`, `upstream_error`, `upstream_refused`, `upstream_busy`,
    /// `circuit_open`, `budget_exhausted`, `model_not_priced`, `invalid_request`, `no_model` or `unsupported`.
    pub degraded: Option<String>,
    /// Providers that were to answer first, and why they did not.
    pub passed_over: Vec<PassedOverReply>,
    /// What became of the model's sentences, where one wrote.
    pub check: Option<CheckReply>,
    /// Whether it was written to its end; not so when its reader left.
    pub complete: bool,
    /// The limit of which at least 80 % is spent.
    pub budget_warning: Option<String>,
    /// Sentences that did not pass the check and were left out.
    pub dropped_sentences: usize,
    /// What made this result.
    pub versions: AnswerVersions,
}

/// A provider that did not answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassedOverReply {
    /// Its name.
    pub provider: String,
    /// Why: as in `degraded`, or `not_asked` for what no model is asked.
    pub reason: String,
}

/// What became of a model's sentences.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckReply {
    /// Those that passed the check.
    pub kept: usize,
    /// Those that did not.
    pub dropped: usize,
    /// Share that passed, in percent.
    pub kept_percent: usize,
    /// Sentences of the built-in composer beside them, because too few passed.
    pub composed: usize,
}

/// A passage that an answer rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct CitationReply {
    /// Number of its marker.
    pub marker: usize,
    /// Id of the passage.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub passage: String,
    /// How well it fits the question: BM25, or fused with a search by meaning; comparable within one answer only.
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
    /// Tokens of the question, or of the prompt where a model was asked.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// Both.
    pub total_tokens: u64,
    /// Who counted them: `api`, `tokenizer`, `tiktoken` or `words`.
    pub strategy: String,
    /// Cost in millionths of a US dollar.
    pub cost_micro_usd: u64,
    /// Version of the price table, where a model was asked.
    pub prices: Option<String>,
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
    /// Version of the time zone database.
    pub tzdb: String,
    /// Version of the phrasing or of the prompt.
    pub prompt: String,
    /// Hash of the chart's input.
    pub chart_hash: String,
    /// Hash of the day's input.
    pub today_hash: String,
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
    /// BM25 score, or fused with a search by meaning; comparable within one answer only.
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

impl AdviseReply {
    /// Wire form of an answer.
    pub fn new(answered: &Answered, answer: Answer) -> Self {
        let citations = answer.citations.into_iter().map(|c| CitationReply {
            marker: c.marker,
            id: c.id,
            title: c.title,
            passage: c.passage,
            score: c.score,
        });
        let passed_over = answer
            .passed_over
            .into_iter()
            .map(|p| PassedOverReply { provider: p.provider.to_owned(), reason: p.reason.to_owned() });
        let facts = answer.chart_facts.into_iter().map(|f| FactReply { id: f.id, text: f.text });
        Self {
            id: answered.id.to_string(),
            chart_id: answered.chart.to_string(),
            answer: answer.text,
            language: answer.language.code().to_owned(),
            citations: citations.collect(),
            chart_facts: facts.collect(),
            date: answer.date,
            usage: UsageReply {
                prompt_tokens: answer.usage.prompt_tokens,
                completion_tokens: answer.usage.completion_tokens,
                total_tokens: answer.usage.total_tokens,
                strategy: answer.usage.strategy.to_owned(),
                cost_micro_usd: answer.usage.cost_micro_usd,
                prices: answer.usage.prices,
            },
            provider: answer.provider,
            model: answer.model,
            degraded: answer.degraded.map(str::to_owned),
            passed_over: passed_over.collect(),
            check: answer.check.map(|check| CheckReply {
                kept: check.kept,
                dropped: check.dropped,
                kept_percent: check.kept_percent(),
                composed: check.composed,
            }),
            complete: answer.complete,
            budget_warning: answer.budget_warning,
            dropped_sentences: answer.dropped_sentences,
            versions: AnswerVersions {
                engine: answer.versions.engine,
                ruleset: answer.versions.ruleset,
                ephemeris_sha256: answer.versions.ephemeris_sha256,
                tzdb: answer.versions.tzdb,
                index_generation: answer.versions.index_generation,
                prompt: answer.versions.prompt,
                chart_hash: answer.versions.chart_hash,
                today_hash: answer.versions.today_hash,
            },
        }
    }
}
