//! The one sequence that answers a question: guard, chart facts, day, passages, provider, verification, answer. Keeps
//! nothing, computes no chart, and lets no sentence out that was not verified.

pub mod advisor;
mod answer;
mod answers;
pub mod claims;
mod consult;
pub mod embeddings;
mod evidence;
mod facts;
pub mod stream;
pub mod verify;

use sha2::{Digest, Sha256};

use crate::astro::{Chart, Factor, Lang, Today};
use crate::error::{Code, Error, Result};
use crate::guard;
use crate::llm::{
    Aside, Brief, ChartFact, Evidence, Flow, Intent, Provider, ProviderError, Reading, Sentence, Sink, language,
    reading,
};
use crate::retrieval::{Retrieval, RetrievalError};
use answer::Assembly;
pub use answer::{Answer, AnswerVersions, Check, Citation, FactUsed, PassedOver, Usage};
pub use answers::{Answered, Answers, Said};
use verify::{Scope, Verdict};

/// Fewest verified sentences that make an answer; below it the minimal answer is given.
const SENTENCES_MIN: usize = 3;

/// A question as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The words.
    pub text: &'a str,
    /// Language wanted; `None` follows the question.
    pub lang: Option<Lang>,
    /// Language where the question does not tell.
    pub default_lang: Lang,
}

impl From<RetrievalError> for Error {
    fn from(error: RetrievalError) -> Self {
        Self::new(Code::IndexUnavailable).because(error)
    }
}

impl From<ProviderError> for Error {
    fn from(error: ProviderError) -> Self {
        Self::new(Code::Overloaded).because(error)
    }
}

/// Verifies each sentence as it arrives, so that none leaves unverified even while streaming.
struct Verifying<'a> {
    scope: &'a Scope<'a>,
    kept: Vec<Sentence>,
    dropped: usize,
    /// A dropped sentence that opened a paragraph hands that on.
    opens_paragraph: bool,
}

impl<'a> Verifying<'a> {
    const fn new(scope: &'a Scope<'a>) -> Self {
        Self { scope, kept: Vec::new(), dropped: 0, opens_paragraph: false }
    }
}

impl Sink for Verifying<'_> {
    fn sentence(&mut self, mut sentence: Sentence) -> Flow {
        let repeated = self.kept.iter().any(|kept| kept.text == sentence.text);
        if repeated || verify::sentence(&sentence, self.scope) != Verdict::Holds {
            self.dropped += 1;
            self.opens_paragraph |= sentence.opens_paragraph;
            return Flow::Continue;
        }
        sentence.opens_paragraph |= std::mem::take(&mut self.opens_paragraph);
        self.kept.push(sentence);
        Flow::Continue
    }
}

/// A question made ready: read, with the facts, contacts and passages that an answer may rest on.
struct Case<'a> {
    chart: &'a Chart,
    today: &'a Today,
    retrieval: &'a Retrieval,
    /// What the passages were found with.
    index_generation: String,
    text: String,
    lang: Lang,
    reading: Reading,
    facts: Vec<ChartFact>,
    factors: Vec<Factor>,
    evidence: Vec<Evidence>,
    seed: u64,
}

impl<'a> Case<'a> {
    /// # Errors
    /// `InvalidFields` naming `question`; `IndexUnavailable` when the index cannot be read.
    fn open(chart: &'a Chart, today: &'a Today, question: Question<'_>, retrieval: &'a Retrieval) -> Result<Self> {
        let text = guard::question(question.text).map_err(|problem| Error::fields(vec![problem]))?;
        let asked_in = language::detect(&text, question.lang.unwrap_or(question.default_lang));
        let lang = question.lang.unwrap_or(asked_in);
        let reading = reading::read(&text, asked_in);
        let facts = facts::for_reading(chart, &reading, lang);
        let factors = facts::factors(today, &reading);
        let evidence = if matches!(reading.intent, Intent::Crisis(_)) {
            Vec::new()
        } else {
            evidence::gather(retrieval, &text, lang, &reading, &facts, &factors)?
        };
        let seed = seed(chart, today, &text);
        let index_generation = retrieval.state();
        Ok(Self { chart, today, retrieval, index_generation, text, lang, reading, facts, factors, evidence, seed })
    }

    fn brief(&self) -> Brief<'_> {
        Brief {
            question: &self.text,
            reading: &self.reading,
            language: self.lang,
            facts: &self.facts,
            factors: &self.factors,
            evidence: &self.evidence,
            date: &self.today.date,
            certainty: self.chart.birth.certainty,
            seed: self.seed,
        }
    }

    fn scope(&self) -> Scope<'_> {
        Scope {
            chart: self.chart,
            today: self.today,
            facts: &self.facts,
            factors: &self.factors,
            evidence: &self.evidence,
            corpus: self.retrieval.corpus(),
            index_generation: &self.index_generation,
            lang: self.lang,
        }
    }
}

/// Answers a question about a chart on a day.
///
/// # Errors
/// `InvalidFields` naming `question`; `IndexUnavailable` when the index cannot be read; `Overloaded` when the provider
/// gives no answer.
pub fn advise(
    chart: &Chart,
    today: &Today,
    question: Question<'_>,
    retrieval: &Retrieval,
    provider: &dyn Provider,
) -> Result<Answer> {
    let case = Case::open(chart, today, question, retrieval)?;
    let (brief, scope) = (case.brief(), case.scope());
    let mut sink = Verifying::new(&scope);
    let spent = provider.answer(&brief, &mut sink)?;
    let (mut sentences, dropped) = (sink.kept, sink.dropped);
    if sentences.len() < SENTENCES_MIN && dropped > 0 {
        sentences = minimal(&brief, &scope);
    }
    let mut assembly = Assembly::new(&scope);
    for sentence in &sentences {
        assembly.add(sentence);
    }
    Ok(assembly.finish(&brief, provider.name(), provider.version(), dropped, spent))
}

/// What is left to say when a provider's draft did not hold: where the chart's first fact stands, and what one may ask.
fn minimal(brief: &Brief<'_>, scope: &Scope<'_>) -> Vec<Sentence> {
    let mut reading = brief.reading.clone();
    reading.intent = Intent::Elsewhere(Aside::Other);
    let brief = Brief { reading: &reading, ..brief.clone() };
    let draft = crate::llm::composer::compose(&brief);
    // The first sentence says that the question lies elsewhere, which is not the reason here.
    draft.into_iter().skip(1).filter(|sentence| verify::sentence(sentence, scope) == Verdict::Holds).collect()
}

/// The only source of variation: chart, date and question, the question without case, accents and punctuation.
fn seed(chart: &Chart, today: &Today, question: &str) -> u64 {
    let mut hasher = Sha256::new();
    for part in [chart.input_hash.as_str(), today.date.as_str(), &crate::llm::lexicon::fold(question)] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    digest.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
