//! The knowledge of the appliance and its search: passages in two languages behind a BM25 index on disk, and behind a
//! sentence encoder where one is in use. Invents no hit, answers no question, and keeps nothing that cannot be built again
//! from the corpus in the executable.

pub mod corpus;
mod dense;
pub mod embed;
mod index;
mod words;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use crate::astro::Lang;
use crate::limits;
use crate::turns;
pub use corpus::{Corpus, CorpusError, Passage, PassageSet};
use dense::Dense;
use embed::{EmbedError, Embedder};
use index::ServingIndex;

/// What can go wrong with the knowledge index.
#[derive(Debug, thiserror::Error)]
pub enum RetrievalError {
    /// The corpus in the executable breaks its own rules.
    #[error("corpus: {0}")]
    Corpus(#[from] CorpusError),
    /// A file of the index could not be written, renamed or removed.
    #[error("index files: {0}")]
    Io(#[from] std::io::Error),
    /// The search engine refused.
    #[error("index: {0}")]
    Engine(#[from] tantivy::TantivyError),
    /// The sentence encoder refused.
    #[error("embedding: {0}")]
    Embed(#[from] EmbedError),
    /// A freshly built index does not hold what was put in.
    #[error("index {generation} holds {found} passages, expected {expected}")]
    Incomplete {
        /// Generation that was opened.
        generation: String,
        /// Passages found in it.
        found: u64,
        /// Passages in the corpus.
        expected: u64,
    },
}

/// Narrows a search; an empty field narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// `sign`, `house`, `planet`, `aspect`, `theme`, `guide`, `transit`, …
    pub kind: Option<String>,
    /// Code of a body or angle, e.g. `venus`.
    pub body: Option<String>,
    /// Code of a sign, e.g. `aries`.
    pub sign: Option<String>,
    /// House, 1..=12.
    pub house: Option<u8>,
    /// Code of an aspect, e.g. `square`.
    pub aspect: Option<String>,
    /// Code of a topic, e.g. `love`.
    pub topic: Option<String>,
    /// Only these passages. All of them are then returned, ranked by the text, a score of 0 included.
    pub ids: Vec<String>,
}

/// A search in plain words.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Plain words: no character of it has a meaning to the search engine.
    pub text: String,
    /// One language, or both.
    pub lang: Option<Lang>,
    /// Most hits wanted; cut at `limits::SEARCH_MAX_HITS`.
    pub limit: usize,
    /// Narrowing by tag.
    pub filters: Filters,
}

/// One passage found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The passage, in full.
    pub passage: Arc<Passage>,
    /// BM25 score, title counted twice; where a sentence encoder had its say, the sum of 1 / (60 + rank) over both rankings.
    /// Comparable within one result only.
    pub score: f32,
}

/// Scores of passages for one text, as those of [`Hit`], by their positions in the corpus.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked(Vec<(usize, f32)>);

impl Ranked {
    /// The score of the passage at a position, if it shares a word with the text.
    pub fn score(&self, position: usize) -> Option<f32> {
        let place = self.0.binary_search_by_key(&position, |(position, _)| *position).ok()?;
        self.0.get(place).map(|(_, score)| *score)
    }

    /// The best `count` positions with their scores, best first, equal scores in the order of position.
    pub fn best(&self, count: usize) -> Vec<(usize, f32)> {
        let mut best: Vec<(usize, f32)> = Vec::with_capacity(count.min(self.0.len()) + 1);
        for one in &self.0 {
            let place = best.partition_point(|(_, score)| *score >= one.1);
            if place < count {
                best.insert(place, *one);
                best.truncate(count);
            }
        }
        best
    }
}

/// The corpus and its serving index. Cheap to clone; safe to share between threads.
#[derive(Clone)]
pub struct Retrieval {
    corpus: Arc<Corpus>,
    index: Arc<ServingIndex>,
    dense: Arc<RwLock<Option<Arc<Dense>>>>,
}

impl fmt::Debug for Retrieval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passages = self.corpus.passages().len();
        f.debug_struct("Retrieval")
            .field("generation", &self.generation())
            .field("passages", &passages)
            .finish_non_exhaustive()
    }
}

impl Retrieval {
    /// Opens the generation of the embedded corpus under `index_root`, building it first when it is missing or damaged.
    /// The caller then records [`Self::generation`] as serving, and calls [`Self::remove_other_generations`].
    ///
    /// # Errors
    /// The corpus breaks a rule, or the directory cannot be written.
    pub fn open(index_root: &Path) -> Result<Self, RetrievalError> {
        Self::open_corpus(index_root, Corpus::embedded()?)
    }

    /// As [`Self::open`], with a corpus that the caller brings.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_corpus(index_root: &Path, corpus: Corpus) -> Result<Self, RetrievalError> {
        let index = ServingIndex::open_or_build(index_root, &corpus)?;
        Ok(Self { corpus: Arc::new(corpus), index: Arc::new(index), dense: Arc::default() })
    }

    /// Name of the serving generation: hash of the corpus and of the schema version, 16 hex digits.
    pub fn generation(&self) -> &str {
        self.index.generation()
    }

    /// What searches rest on now: the generation, and the model beside it, by the first 16 digits of its hash.
    pub fn state(&self) -> String {
        match self.dense().filter(|dense| !dense.langs().is_empty()) {
            Some(dense) => format!("{}+{:.16}", self.generation(), dense.embedder().hash()),
            None => self.generation().to_owned(),
        }
    }

    /// Removes what other generations and cut-off builds left behind; returns the names removed.
    ///
    /// # Errors
    /// A directory cannot be listed or removed.
    pub fn remove_other_generations(&self) -> Result<Vec<String>, RetrievalError> {
        Ok(self.index.remove_others()?)
    }

    /// The corpus behind the index.
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// One passage by its id.
    pub fn passage(&self, lang: Lang, id: &str) -> Option<&Arc<Passage>> {
        self.corpus.passage(lang, id)
    }

    /// Uses `embedder` from now on, in searches of `langs`, of whose passages it computes the vectors first unless they are
    /// cached; in place of any other, and for every clone. Takes seconds: not for async threads.
    ///
    /// # Errors
    /// A passage cannot be embedded; then what was in use stays so.
    pub fn use_embedder(&self, embedder: Arc<Embedder>, langs: &[Lang]) -> Result<(), RetrievalError> {
        let dense = Dense::open(&self.index.home(), &self.corpus, embedder, langs)?;
        *self.dense.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(dense));
        Ok(())
    }

    /// Searches by words alone from now on.
    pub fn drop_embedder(&self) {
        *self.dense.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The sentence encoder in use.
    pub fn embedder(&self) -> Option<Arc<Embedder>> {
        self.dense().map(|dense| Arc::clone(dense.embedder()))
    }

    /// The languages in which searches use it.
    pub fn hybrid_langs(&self) -> Vec<Lang> {
        self.dense().map(|dense| dense.langs().to_vec()).unwrap_or_default()
    }

    fn dense(&self) -> Option<Arc<Dense>> {
        self.dense.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Best passages first; equal scores in the order of language and id. Nothing found is an empty list.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn search(&self, query: &Query) -> Result<Vec<Hit>, RetrievalError> {
        Ok(self.hits(self.found(query, query.limit.min(limits::SEARCH_MAX_HITS))?))
    }

    /// How well the passages of a language that share a word or the meaning with `text` fit it, the best `limit` of them.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn rank(&self, text: &str, lang: Lang, limit: usize) -> Result<Ranked, RetrievalError> {
        let query = || Query { text: text.to_owned(), lang: Some(lang), ..Query::default() };
        let mut best = if self.dense().is_some_and(|dense| dense.serves(Some(lang))) {
            self.found(&query(), limit)?
        } else {
            let all = Ranked(self.index.scores(text, lang)?);
            if all.0.len() <= limit {
                return Ok(all);
            }
            all.best(limit)
        };
        best.sort_unstable_by_key(|(position, _)| *position);
        Ok(Ranked(best))
    }

    /// Positions with their scores, best first, at most `limit`.
    fn found(&self, query: &Query, limit: usize) -> Result<Vec<(usize, f32)>, RetrievalError> {
        // Given ids are all returned, so that there is nothing to be found by meaning.
        let dense = self.dense().filter(|dense| dense.serves(query.lang) && query.filters.ids.is_empty());
        let Some(dense) = dense.filter(|_| limit > 0 && !query.text.trim().is_empty()) else {
            return self.index.search(query, limit);
        };
        let by_words = self.index.search(query, limit.max(dense::DEPTH))?;
        Ok(turns::here(|| dense.fused(&by_words, query, &self.corpus, limit)).unwrap_or_else(|cause| {
            tracing::warn!(%cause, "a text was searched for by its words alone");
            by_words.into_iter().take(limit).collect()
        }))
    }

    /// The passages of a language nearest to `text` in meaning alone, best first; none without a model for it.
    ///
    /// # Errors
    /// The text cannot be embedded.
    pub fn nearest(&self, text: &str, lang: Lang, limit: usize) -> Result<Vec<Hit>, RetrievalError> {
        let query = Query { text: text.to_owned(), lang: Some(lang), ..Query::default() };
        let found = self.dense().map(|dense| dense.search(&query, &self.corpus, limit)).transpose()?;
        Ok(self.hits(found.unwrap_or_default()))
    }

    fn hits(&self, found: Vec<(usize, f32)>) -> Vec<Hit> {
        let hit = |(position, score): (usize, f32)| {
            self.corpus.at(position).map(|passage| Hit { passage: Arc::clone(passage), score })
        };
        found.into_iter().filter_map(hit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> (tempfile::TempDir, Retrieval) {
        let dir = tempfile::tempdir().unwrap();
        let retrieval = Retrieval::open(dir.path()).unwrap();
        (dir, retrieval)
    }

    fn ids(retrieval: &Retrieval, text: &str, lang: Option<Lang>) -> Vec<String> {
        let query = Query { text: text.to_owned(), lang, limit: 5, ..Query::default() };
        retrieval.search(&query).unwrap().into_iter().map(|hit| hit.passage.id.clone()).collect()
    }

    #[test]
    fn titles_and_inflected_words_are_found_in_both_languages() {
        let (_dir, retrieval) = open();
        let cases = [
            (Lang::En, "Sun in Aries", "sun-in-aries"),
            (Lang::En, "friendships", "theme-friendship"),
            (Lang::En, "what does the seventh house mean?", "house-7"),
            (Lang::En, "retrograde", "guide-retrograde"),
            (Lang::Fr, "Soleil en Bélier", "sun-in-aries"),
            (Lang::Fr, "soleil belier", "sun-in-aries"),
            (Lang::Fr, "amitie", "theme-friendship"),
            (Lang::Fr, "l’amitié", "theme-friendship"),
            (Lang::Fr, "la Lune en Poissons", "moon-in-pisces"),
            (Lang::Fr, "rétrogradation rétrograde", "guide-retrograde"),
        ];
        for (lang, text, expected) in cases {
            let found = ids(&retrieval, text, Some(lang));
            assert!(found.iter().take(2).any(|id| id == expected), "{text}: {found:?}");
        }
    }

    #[test]
    fn nothing_found_is_empty_and_no_input_is_an_error() {
        let (_dir, retrieval) = open();
        for text in
            ["", "   ", "zzzxqv", "the of and", "\" OR id:*", "((((", "title_en:[* TO *]", "a\u{0}b", "🜨🜨", "^~:\\/!-+"]
        {
            assert!(ids(&retrieval, text, None).len() <= 5);
        }
        assert!(ids(&retrieval, "zzzxqv", None).is_empty());
        assert!(ids(&retrieval, "", None).is_empty());
    }

    #[test]
    fn filters_narrow_and_languages_do_not_mix() {
        let (_dir, retrieval) = open();
        let filters = Filters { kind: Some("house".into()), house: Some(7), ..Filters::default() };
        let query = Query { text: "house".into(), lang: Some(Lang::En), limit: 50, filters };
        let hits = retrieval.search(&query).unwrap();
        assert_eq!(hits.iter().map(|h| h.passage.id.as_str()).collect::<Vec<_>>(), ["house-7"]);
        let query = Query { text: "house maison".into(), lang: Some(Lang::Fr), limit: 50, ..Query::default() };
        assert!(retrieval.search(&query).unwrap().iter().all(|h| h.passage.lang == Lang::Fr));
        let filters = Filters { ids: vec!["house-7".into(), "planet-mars".into()], ..Filters::default() };
        let query = Query { text: "seventh".into(), lang: Some(Lang::En), limit: 50, filters };
        let hits = retrieval.search(&query).unwrap();
        assert_eq!(hits.iter().map(|h| h.passage.id.as_str()).collect::<Vec<_>>(), ["house-7", "planet-mars"]);
    }

    #[test]
    fn scores_fall_and_ties_are_in_id_order() {
        let (_dir, retrieval) = open();
        let query = Query { text: "fire courage".into(), limit: 50, ..Query::default() };
        let hits = retrieval.search(&query).unwrap();
        assert!(!hits.is_empty());
        for pair in hits.windows(2) {
            assert!(pair[0].score >= pair[1].score);
            if pair[0].score == pair[1].score && pair[0].passage.lang == pair[1].passage.lang {
                assert!(pair[0].passage.id < pair[1].passage.id);
            }
        }
        assert_eq!(hits, retrieval.search(&query).unwrap());
    }

    #[test]
    fn a_ranking_agrees_with_the_search_to_the_last_bit() {
        let (_dir, retrieval) = open();
        let texts = [
            (Lang::En, "What should I keep in mind at work?"),
            (Lang::En, "zzzxqv keep zzzxqv"),
            (Lang::En, "the Moon in the seventh house, and the Moon again"),
            (Lang::En, "zzzxqv"),
            (Lang::Fr, "Comment se passe l’amour cette année, et le travail ?"),
            (Lang::Fr, "lune"),
            (Lang::Fr, ""),
        ];
        // The second time, the words were weighed before.
        for (lang, text) in texts.iter().chain(&texts) {
            let query = Query { text: (*text).to_owned(), lang: Some(*lang), ..Query::default() };
            let found = retrieval.index.search(&query, 10_000).unwrap();
            let ranked = retrieval.rank(text, *lang, 10_000).unwrap();
            assert_eq!(ranked.best(10_000), found, "{text}");
            assert_eq!(ranked.best(3), found[..found.len().min(3)], "{text}");
            assert!(found.iter().all(|(position, score)| ranked.score(*position) == Some(*score)), "{text}");
            let few = retrieval.rank(text, *lang, 5).unwrap();
            assert_eq!(few.best(10_000), found[..found.len().min(5)], "{text}");
        }
    }

    #[test]
    fn a_damaged_generation_is_built_again_and_old_ones_go() {
        let (dir, retrieval) = open();
        let serving = dir.path().join(retrieval.generation());
        std::fs::create_dir(dir.path().join("0123456789abcdef")).unwrap();
        std::fs::create_dir(dir.path().join(".building-left-behind")).unwrap();
        let generation = retrieval.generation().to_owned();
        drop(retrieval);
        for entry in std::fs::read_dir(&serving).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "idx" || e == "term") {
                std::fs::write(path, b"not an index").unwrap();
            }
        }
        let again = Retrieval::open(dir.path()).unwrap();
        assert_eq!(again.generation(), generation);
        assert_eq!(ids(&again, "Sun in Aries", Some(Lang::En))[0], "sun-in-aries");
        let mut removed = again.remove_other_generations().unwrap();
        removed.sort();
        assert_eq!(removed, [".building-left-behind", "0123456789abcdef"]);
        assert!(serving.exists());
    }
}
