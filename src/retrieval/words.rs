//! A: Words as the search engine weighs them, each weighed at its first use: a word's weight rests on the index alone, and
//! the index does not change. Knows no passage.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tantivy::query::{BooleanWeight, EnableScoring, Explanation, Occur, Query, Scorer, SumCombiner, Weight};
use tantivy::{DocId, Score, Searcher, SegmentReader};

use crate::limits::WEIGHED_WORDS_MAX;

/// A weight that several searches share.
struct Shared(Arc<dyn Weight>);

impl Weight for Shared {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        self.0.scorer(reader, boost)
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(reader, doc)
    }
}

/// Weights of one word, one for each field in which it may stand.
type Weights = Vec<Arc<dyn Weight>>;

/// The words of one language that were weighed and that the index holds. Bounded.
#[derive(Default)]
pub struct WeighedWords {
    of: RwLock<HashMap<String, Arc<Weights>>>,
}

impl WeighedWords {
    /// The weights of a word; `queries` makes what it is asked for by.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn weights(
        &self,
        searcher: &Searcher,
        word: &str,
        queries: impl FnOnce() -> Vec<Box<dyn Query>>,
    ) -> tantivy::Result<Arc<Weights>> {
        if let Some(weights) = self.of.read().unwrap_or_else(PoisonError::into_inner).get(word) {
            return Ok(Arc::clone(weights));
        }
        let weigh = |query: Box<dyn Query>| query.weight(EnableScoring::enabled_from_searcher(searcher)).map(Arc::from);
        let weights: Arc<Weights> = Arc::new(queries().into_iter().map(weigh).collect::<tantivy::Result<_>>()?);
        let mut is_held = false;
        for (weight, segment) in weights.iter().flat_map(|w| searcher.segment_readers().iter().map(move |s| (w, s))) {
            is_held |= weight.count(segment)? > 0;
        }
        // What nobody wrote, anybody can think of: it must not take the place of words.
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        if is_held && of.len() < WEIGHED_WORDS_MAX {
            of.insert(word.to_owned(), Arc::clone(&weights));
        }
        drop(of);
        Ok(weights)
    }
}

/// The weight of any of the words.
pub fn any(words: &[Arc<Weights>]) -> BooleanWeight<SumCombiner> {
    let shared = |weight: &Arc<dyn Weight>| -> (Occur, Box<dyn Weight>) {
        (Occur::Should, Box::new(Shared(Arc::clone(weight))))
    };
    let clauses = words.iter().flat_map(|weights| weights.iter().map(shared)).collect();
    BooleanWeight::with_minimum_number_should_match(clauses, 1, true, Box::new(SumCombiner::default))
}
