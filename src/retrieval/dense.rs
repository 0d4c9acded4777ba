//! A: The passages as vectors: embedded once, kept in memory, cached on disk beside the index under the hashes of model and
//! corpus. Finds by exact dot product, and fuses with a ranking by words. Knows no words itself.

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::corpus::{Corpus, Passage};
use super::embed::{EmbedError, Embedder, hex};
use super::{Filters, Query};
use crate::astro::Lang;
use crate::kernels::float::{self, Isa};

/// Rank constant of reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009).
const RANK_CONSTANT: f32 = 60.0;
/// Depth of the rankings that are fused.
pub(super) const DEPTH: usize = 50;
/// Least cosine of a passage that shares no word with a question; what is further away was not found. With
/// all-MiniLM-L6-v2 the best passage of a question has 0.20 to 0.7, and nothing has more than 0.15 to what has no place here.
const COSINE_MIN: f32 = 0.25;
/// First bytes of a cache; the number changes with its form and with what is embedded of a passage.
const MAGIC: &[u8; 16] = b"orrery dense v1\n";
const HASH_BYTES: usize = 32;
const CACHE_PREFIX: &str = "dense-";

/// Passages of some languages as vectors of one model.
#[derive(Debug)]
pub struct Dense {
    embedder: Arc<Embedder>,
    langs: Vec<Lang>,
    /// Position in the corpus of each vector.
    positions: Vec<usize>,
    vectors: Vec<f32>,
    isa: Isa,
}

/// What is embedded of a passage.
fn text_of(passage: &Passage) -> String {
    format!("{}. {}", passage.title, passage.text)
}

impl Dense {
    /// Reads the vectors of this model and corpus in `home`, or computes and keeps them there, in place of any others.
    ///
    /// # Errors
    /// A passage cannot be embedded. What cannot be kept is only told to the log: it is computed again at the next start.
    pub fn open(home: &Path, corpus: &Corpus, embedder: Arc<Embedder>, langs: &[Lang]) -> Result<Self, EmbedError> {
        let passages = corpus.passages().iter().enumerate().filter(|(_, passage)| langs.contains(&passage.lang));
        let (positions, passages): (Vec<usize>, Vec<_>) = passages.unzip();
        let key = key(corpus, &embedder, langs);
        let name = format!("{CACHE_PREFIX}{:.16}", hex(&key));
        let count = positions.len() * embedder.width();
        let kept = fs::read(home.join(&name)).ok().and_then(|bytes| decode(&bytes, &key, count));
        let compute = || -> Result<Vec<f32>, EmbedError> {
            let texts: Vec<String> = passages.into_iter().map(|passage| text_of(passage)).collect();
            let vectors = embedder.passages(texts.iter().map(String::as_str))?.concat();
            if let Err(cause) = keep(home, &name, &encode(&key, &vectors)) {
                tracing::warn!(%cause, "the vectors of the passages were not kept");
            }
            Ok(vectors)
        };
        let vectors = kept.map_or_else(compute, Ok)?;
        Ok(Self { embedder, langs: langs.to_vec(), positions, vectors, isa: Isa::best() })
    }

    /// The model.
    pub const fn embedder(&self) -> &Arc<Embedder> {
        &self.embedder
    }

    /// Whether it knows every passage that a search in `lang`, or in all languages, may find.
    pub fn serves(&self, lang: Option<Lang>) -> bool {
        lang.map_or(self.langs.len() == Lang::ALL.len(), |lang| self.langs.contains(&lang))
    }

    /// The languages it serves.
    pub fn langs(&self) -> &[Lang] {
        &self.langs
    }

    /// Positions in the corpus with their cosine to the text, best first, equals in the order of position; at most `limit`.
    ///
    /// # Errors
    /// The text cannot be embedded.
    pub fn search(&self, query: &Query, corpus: &Corpus, limit: usize) -> Result<Vec<(usize, f32)>, EmbedError> {
        let wanted = self.embedder.query(&query.text)?;
        let admitted = |position: usize| {
            let passage = corpus.at(position)?;
            let speaks = query.lang.is_none_or(|lang| lang == passage.lang);
            (speaks && admits(&query.filters, passage)).then_some(position)
        };
        let rows = self.positions.iter().zip(self.vectors.chunks_exact(self.embedder.width()));
        let near = rows.filter_map(|(position, row)| Some((admitted(*position)?, float::dot(self.isa, row, &wanted))));
        let mut found: Vec<(usize, f32)> = near.collect();
        found.sort_by(best_first);
        found.truncate(limit);
        Ok(found)
    }

    /// A ranking by words, which is given, fused with that by meaning: the best `limit`.
    ///
    /// # Errors
    /// The text cannot be embedded.
    pub fn fused(
        &self,
        by_words: &[(usize, f32)],
        query: &Query,
        corpus: &Corpus,
        limit: usize,
    ) -> Result<Vec<(usize, f32)>, EmbedError> {
        let mut by_meaning = self.search(query, corpus, DEPTH)?;
        let has_word = |position: usize| by_words.iter().any(|(found, _)| *found == position);
        by_meaning.retain(|(position, cosine)| *cosine >= COSINE_MIN || has_word(*position));
        Ok(fuse(&[by_words, &by_meaning], limit))
    }
}

/// Reciprocal rank fusion: each ranking adds 1 / (60 + rank) to a position. Best first, equals in the order of position.
pub fn fuse(rankings: &[&[(usize, f32)]], limit: usize) -> Vec<(usize, f32)> {
    let mut fused: Vec<(usize, f32)> = Vec::new();
    for ranking in rankings {
        for (rank, (position, _)) in ranking.iter().enumerate() {
            let share = 1.0 / (RANK_CONSTANT + 1.0 + rank as f32);
            match fused.iter_mut().find(|(known, _)| known == position) {
                Some((_, score)) => *score += share,
                None => fused.push((*position, share)),
            }
        }
    }
    fused.sort_by(best_first);
    fused.truncate(limit);
    fused
}

fn best_first(a: &(usize, f32), b: &(usize, f32)) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

/// Whether a passage has every tag that the filters name.
fn admits(filters: &Filters, passage: &Passage) -> bool {
    let is = |wanted: &Option<String>, tag: Option<&String>| wanted.is_none() || wanted.as_ref() == tag;
    is(&filters.kind, Some(&passage.kind))
        && is(&filters.body, passage.body.as_ref())
        && is(&filters.sign, passage.sign.as_ref())
        && is(&filters.aspect, passage.aspect.as_ref())
        && (filters.house.is_none() || filters.house == passage.house)
        && filters.topic.as_ref().is_none_or(|topic| passage.topics.contains(topic))
        && (filters.ids.is_empty() || filters.ids.contains(&passage.id))
}

/// Names what the vectors are of.
fn key(corpus: &Corpus, embedder: &Embedder, langs: &[Lang]) -> [u8; HASH_BYTES] {
    let mut hasher = Sha256::new();
    hasher.update(MAGIC);
    hasher.update(corpus.hash());
    hasher.update(embedder.hash());
    for lang in langs {
        hasher.update(lang.code());
    }
    hasher.finalize().into()
}

/// Magic, key, numbers, and the hash of all before it.
fn encode(key: &[u8; HASH_BYTES], vectors: &[f32]) -> Vec<u8> {
    let mut bytes = [MAGIC.as_slice(), key].concat();
    bytes.extend(vectors.iter().flat_map(|x| x.to_le_bytes()));
    let sum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

/// `None` when it is cut short, damaged, or of another model or corpus.
fn decode(bytes: &[u8], key: &[u8; HASH_BYTES], count: usize) -> Option<Vec<f32>> {
    let (head, sum) = bytes.split_at_checked(bytes.len().checked_sub(HASH_BYTES)?)?;
    if Sha256::digest(head).as_slice() != sum {
        return None;
    }
    let numbers = head.strip_prefix(MAGIC)?.strip_prefix(key.as_slice())?;
    let (numbers, rest) = numbers.as_chunks();
    (rest.is_empty() && numbers.len() == count).then(|| numbers.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

/// Writes aside, then renames; other caches go.
fn keep(home: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    for entry in fs::read_dir(home)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(CACHE_PREFIX) {
            fs::remove_file(entry.path())?;
        }
    }
    let aside = home.join(format!("{name}.new"));
    fs::write(&aside, bytes)?;
    fs::rename(aside, home.join(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranks_are_fused_as_the_paper_says() {
        // By hand: 7 is first and third, 9 second and first, 4 third in one ranking alone.
        let words = [(7, 12.0), (9, 11.0), (4, 1.0)];
        let meaning = [(9, 0.9), (3, 0.8), (7, 0.7)];
        let fused = fuse(&[&words, &meaning], 10);
        let expected = [(9, 1.0 / 62.0 + 1.0 / 61.0), (7, 1.0 / 61.0 + 1.0 / 63.0), (3, 1.0 / 62.0), (4, 1.0 / 63.0)];
        for (found, expected) in fused.iter().zip(expected) {
            assert_eq!(found.0, expected.0);
            assert!((found.1 - expected.1).abs() < 1e-7);
        }
        assert_eq!(fused.len(), 4);
        assert_eq!(fuse(&[&words, &meaning], 2).len(), 2);
        assert!(fuse(&[&[], &[]], 5).is_empty());
    }

    proptest! {
        #[test]
        fn a_cache_is_read_back_whole_or_not_at_all(
            vectors in prop::collection::vec(-1.0_f32..1.0, 0..40), at in 0_usize..500, bit in 0_u8..8, cut in 0_usize..300
        ) {
            let key = [3; HASH_BYTES];
            let bytes = encode(&key, &vectors);
            prop_assert_eq!(decode(&bytes, &key, vectors.len()), Some(vectors.clone()));
            prop_assert_eq!(decode(&bytes, &[4; HASH_BYTES], vectors.len()), None);
            prop_assert_eq!(decode(&bytes, &key, vectors.len() + 1), None);
            prop_assert_eq!(decode(&bytes[..bytes.len().saturating_sub(cut + 1)], &key, vectors.len()), None);
            let mut damaged = bytes.clone();
            let at = at % bytes.len();
            damaged[at] ^= 1 << bit;
            prop_assert_eq!(decode(&damaged, &key, vectors.len()), None);
        }
    }
}
