//! Finds the passages for a question: one search by its words, one ranked look at the passages on its topic, facts and
//! contacts. Judges no answer.

use crate::astro::{Factor, Lang};
use crate::llm::{ChartFact, Evidence, Intent, Reading, composer};
use crate::retrieval::{Filters, Query, Retrieval, RetrievalError};

/// Passages taken from the search by words.
const BY_WORDS_MAX: usize = 4;
/// Passages of the plan.
const PLANNED_MAX: usize = 24;

/// The passages that an answer may cite, each once: those of the plan, then those that the question's own words find.
/// Each bears its score for the question; what is planned and shares no word with it has 0.
///
/// # Errors
/// The index cannot be read.
pub fn gather(
    retrieval: &Retrieval,
    question: &str,
    lang: Lang,
    reading: &Reading,
    facts: &[ChartFact],
    factors: &[Factor],
) -> Result<Vec<Evidence>, RetrievalError> {
    let ids = plan(reading, facts, factors);
    let query = |limit, filters| Query { text: question.to_owned(), lang: Some(lang), limit, filters };
    let found = retrieval.search(&query(BY_WORDS_MAX, Filters::default()))?;
    let planned = retrieval.search(&query(PLANNED_MAX, Filters { ids, ..Filters::default() }))?;
    let mut evidence: Vec<Evidence> = Vec::with_capacity(planned.len() + found.len());
    for hit in planned.into_iter().chain(found) {
        if !evidence.iter().any(|known| known.passage.id == hit.passage.id) {
            evidence.push(Evidence { passage: hit.passage, score: hit.score });
        }
    }
    Ok(evidence)
}

fn plan(reading: &Reading, facts: &[ChartFact], factors: &[Factor]) -> Vec<String> {
    let mut ids = vec![format!("theme-{}", reading.topic.code())];
    if matches!(reading.intent, Intent::Unknowable(_)) {
        ids.push("guide-what-astrology-cannot-say".to_owned());
    }
    if reading.retrograde {
        ids.push("guide-retrograde".to_owned());
    }
    ids.extend(reading.aspects.iter().map(|aspect| format!("aspect-{}", aspect.code())));
    ids.extend(reading.houses.iter().map(|house| format!("house-{house}")));
    ids.extend(reading.signs.iter().map(|sign| format!("sign-{}", sign.code())));
    for factor in factors.iter().take(2) {
        ids.push(factor.passage_id.clone());
        ids.push(format!("transit-aspect-{}", factor.aspect.code()));
    }
    ids.extend(facts.iter().take(3).flat_map(|fact| composer::passages_around(&fact.value)));
    let mut once: Vec<String> = Vec::with_capacity(ids.len());
    for id in ids {
        if !once.contains(&id) {
            once.push(id);
        }
    }
    once.truncate(PLANNED_MAX);
    once
}
