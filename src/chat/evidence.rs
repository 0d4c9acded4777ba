//! Finds the passages for a question: those on its topic, facts and contacts, and those that a search by its
//! words ranks first. Judges no answer.

use std::sync::Arc;

use crate::astro::{Factor, Lang};
use crate::limits;
use crate::llm::{ChartFact, Evidence, Intent, Reading, composer};
use crate::retrieval::{Retrieval, RetrievalError};

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
    let (corpus, ranked) = (retrieval.corpus(), retrieval.rank(question, lang, limits::RANKED_PASSAGES_MAX)?);
    let at = |position: usize, score: f32| {
        corpus.at(position).map(|passage| Evidence { passage: Arc::clone(passage), score })
    };
    let planned = ids.iter().filter_map(|id| corpus.position(lang, id));
    let mut evidence: Vec<Evidence> =
        planned.filter_map(|position| at(position, ranked.score(position).unwrap_or(0.0))).collect();
    evidence.sort_by(|a, b| b.score.total_cmp(&a.score));
    for found in ranked.best(BY_WORDS_MAX).into_iter().filter_map(|(position, score)| at(position, score)) {
        if !evidence.iter().any(|known| Arc::ptr_eq(&known.passage, &found.passage)) {
            evidence.push(found);
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
