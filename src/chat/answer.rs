//! P: The answer as it leaves: text with markers, what it cites, the chart facts it used, and what made it.

use serde::Serialize;

use super::verify::Scope;
use crate::astro::{Certainty, Lang};
use crate::llm::{Brief, Sentence, Spent, Support};

/// An answer whose every sentence was verified.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Paragraphs separated by an empty line; `[n]` follows a sentence that rests on citation n.
    pub text: String,
    /// Language of the answer: `en` or `fr`.
    pub language: Lang,
    /// The passages cited, in the order of their markers.
    pub citations: Vec<Citation>,
    /// Chart facts and contacts of the day that the answer states.
    pub chart_facts: Vec<FactUsed>,
    /// Local date that the answer is for, `YYYY-MM-DD`.
    pub date: String,
    /// What it cost.
    pub usage: Usage,
    /// Provider that wrote it.
    pub provider: String,
    /// Model that wrote it, where one did.
    pub model: Option<String>,
    /// Why it is not what was asked for, when it is not.
    pub degraded: Option<&'static str>,
    /// Providers that were to answer first, and why they did not.
    pub passed_over: Vec<PassedOver>,
    /// What became of the model's sentences, where one wrote.
    pub check: Option<Check>,
    /// Whether it was written to its end; not so when its reader left.
    pub complete: bool,
    /// The limit of which much is spent, as the response header tells it.
    pub budget_warning: Option<String>,
    /// What made it.
    pub versions: AnswerVersions,
    /// Sentences of the provider that did not hold and were left out.
    pub dropped_sentences: usize,
}

/// A provider that did not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PassedOver {
    /// Its name.
    pub provider: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// What became of a model's sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Those that passed the check.
    pub kept: usize,
    /// Those that did not.
    pub dropped: usize,
    /// Sentences of the composer that stand beside them, because too few passed.
    pub composed: usize,
}

impl Check {
    /// Share of the model's sentences that passed, in percent; 0 when it said nothing.
    pub const fn kept_percent(&self) -> usize {
        match self.kept + self.dropped {
            0 => 0,
            all => self.kept * 100 / all,
        }
    }
}

/// A passage that an answer rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Citation {
    /// Number in the text.
    pub marker: usize,
    /// Id of the passage.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text, in full.
    pub passage: String,
    /// Its BM25 score for this question.
    pub score: f32,
}

/// A fact that an answer states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FactUsed {
    /// Id of the fact or of the day's factor.
    pub id: String,
    /// The fact in a few words.
    pub text: String,
}

/// What an answer cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Who counted the tokens: `api` the upstream, `tokenizer` or `tiktoken` the model's encoding, `words` white space.
    pub strategy: &'static str,
    /// Tokens of the question or prompt.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// Both.
    pub total_tokens: u64,
    /// Unicode scalar values of the answer.
    pub characters: u64,
    /// Price in millionths of a US dollar.
    pub cost_micro_usd: u64,
    /// Version of the price table, where a price was paid.
    pub prices: Option<String>,
}

/// What made an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerVersions {
    /// Version of the appliance.
    pub engine: String,
    /// Version of the astrological rules.
    pub ruleset: String,
    /// SHA-256 of the ephemeris, in hex.
    pub ephemeris_sha256: String,
    /// Version of the time-zone data.
    pub tzdb: String,
    /// Generation of the knowledge index.
    pub index_generation: String,
    /// Version of the phrases or of the prompt.
    pub prompt: String,
    /// Hash of the chart's input.
    pub chart_hash: String,
    /// Hash of the day's input.
    pub today_hash: String,
}

/// An answer that grows by one sentence after the other; streamed or whole, its text is the same.
pub struct Assembly<'a> {
    scope: &'a Scope<'a>,
    text: String,
    citations: Vec<Citation>,
    chart_facts: Vec<FactUsed>,
}

impl<'a> Assembly<'a> {
    /// Empty.
    pub const fn new(scope: &'a Scope<'a>) -> Self {
        Self { scope, text: String::new(), citations: Vec::new(), chart_facts: Vec::new() }
    }

    /// Adds a sentence; gives the text that it added, and the citations that it was the first to use.
    pub fn add(&mut self, sentence: &Sentence) -> (&str, &[Citation]) {
        let (from, known) = (self.text.len(), self.citations.len());
        if !self.text.is_empty() {
            self.text.push_str(if sentence.opens_paragraph { "\n\n" } else { " " });
        }
        self.text.push_str(&sentence.text);
        for support in &sentence.support {
            match support {
                Support::Passage(id) => {
                    if let Some(marker) = cite(&mut self.citations, self.scope, id) {
                        self.text.extend([" [", marker.to_string().as_str(), "]"]);
                    }
                }
                Support::ChartFact(id) | Support::Factor(id) => note(&mut self.chart_facts, self.scope, id),
                Support::Own => {}
            }
        }
        (&self.text[from..], &self.citations[known..])
    }

    /// The answer of `provider`, whose phrases or prompt are of `version`.
    pub fn finish(
        self,
        brief: &Brief<'_>,
        provider: &str,
        version: &str,
        dropped_sentences: usize,
        spent: Spent,
    ) -> Answer {
        let Self { scope, text, citations, chart_facts } = self;
        let versions = &scope.chart.versions;
        Answer {
            usage: usage(brief.question, &text, spent),
            text,
            language: brief.language,
            citations,
            chart_facts,
            date: scope.today.date.clone(),
            provider: provider.to_owned(),
            model: None,
            degraded: None,
            passed_over: Vec::new(),
            check: None,
            complete: true,
            budget_warning: None,
            versions: AnswerVersions {
                engine: versions.engine.clone(),
                ruleset: scope.today.versions.ruleset.clone(),
                ephemeris_sha256: versions.ephemeris_sha256.clone(),
                tzdb: versions.tzdb.clone(),
                index_generation: scope.index_generation.to_owned(),
                prompt: version.to_owned(),
                chart_hash: scope.chart.input_hash.clone(),
                today_hash: scope.today.input_hash.clone(),
            },
            dropped_sentences,
        }
    }
}

fn cite(citations: &mut Vec<Citation>, scope: &Scope<'_>, id: &str) -> Option<usize> {
    if let Some(known) = citations.iter().find(|citation| citation.id == id) {
        return Some(known.marker);
    }
    let evidence = scope.evidence.iter().find(|evidence| evidence.passage.id == id)?;
    let marker = citations.len() + 1;
    citations.push(Citation {
        marker,
        id: id.to_owned(),
        title: evidence.passage.title.clone(),
        passage: evidence.passage.text.clone(),
        score: evidence.score,
    });
    Some(marker)
}

fn note(facts: &mut Vec<FactUsed>, scope: &Scope<'_>, id: &str) {
    if facts.iter().any(|fact| fact.id == id) {
        return;
    }
    let exact = scope.chart.birth.certainty == Certainty::Exact;
    let natal = scope.facts.iter().find(|fact| fact.id == id).map(|fact| fact.text.clone());
    let daily =
        || scope.factors.iter().find(|factor| factor.id == id).map(|f| super::facts::factor_text(scope.lang, f, exact));
    if let Some(text) = natal.or_else(daily) {
        facts.push(FactUsed { id: id.to_owned(), text });
    }
}

fn usage(question: &str, answer: &str, spent: Spent) -> Usage {
    let words = |text: &str| text.split_whitespace().count() as u64;
    let (strategy, prompt_tokens, completion_tokens) = match (spent.prompt_tokens, spent.completion_tokens) {
        (Some(prompt), Some(completion)) => ("api", prompt, completion),
        _ => ("words", words(question), words(answer)),
    };
    Usage {
        strategy,
        prompt_tokens,
        completion_tokens,
        total_tokens: prompt_tokens.saturating_add(completion_tokens),
        characters: answer.chars().count() as u64,
        cost_micro_usd: spent.cost_micro_usd,
        prices: None,
    }
}
