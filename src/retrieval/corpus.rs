//! P: The passages as they are written in `data/corpus/`: parsed, checked, looked up. Searches nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::astro::Lang;

/// Fewest words of a passage.
pub const PASSAGE_MIN_WORDS: usize = 50;
/// Most words of a passage.
pub const PASSAGE_MAX_WORDS: usize = 120;

/// One file of the corpus, as embedded.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Language of its passages.
    pub lang: Lang,
    /// Name for messages, e.g. `en/signs.toml`.
    pub name: &'static str,
    /// Its TOML text.
    pub toml: &'static str,
}

macro_rules! sources {
    ($($file:literal),* $(,)?) => {
        /// Every file of the corpus, English then French.
        pub const SOURCES: &[Source] = &[
            $(sources!(@one Lang::En, "en/", $file),)*
            $(sources!(@one Lang::Fr, "fr/", $file),)*
        ];
    };
    (@one $lang:expr, $folder:literal, $file:literal) => {
        Source {
            lang: $lang,
            name: concat!($folder, $file, ".toml"),
            toml: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/corpus/", $folder, $file, ".toml")),
        }
    };
}

sources![
    "ascendant_in_sign",
    "aspects",
    "elements",
    "guides",
    "houses",
    "moon_in_sign",
    "planets",
    "points",
    "signs",
    "sun_in_sign",
    "themes",
    "transits",
];

/// One passage: a short text that stands alone, with its tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Passage {
    /// Language it is written in.
    pub lang: Lang,
    /// Identifier, the same in both languages, e.g. `sun-in-aries`.
    pub id: String,
    /// Title.
    pub title: String,
    /// Kind, e.g. `sun_in_sign`.
    pub kind: String,
    /// Body or angle it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Sign it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<String>,
    /// House it speaks of, 1..=12.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub house: Option<u8>,
    /// Aspect it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect: Option<String>,
    /// Topics of life it serves.
    pub topics: Vec<String>,
    /// The text.
    pub text: String,
    /// Where each sentence of the text ends, in bytes.
    #[serde(skip)]
    ends: Vec<usize>,
    /// Made at the first use of [`Self::middle`].
    #[serde(skip)]
    middle: OnceLock<Vec<usize>>,
}

impl Passage {
    /// The sentences of the text.
    pub fn sentences(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        let start = |at: usize| at.checked_sub(1).map_or(0, |before| self.ends[before]);
        (0..self.ends.len()).map(move |at| self.text.get(start(at)..self.ends[at]).unwrap_or_default().trim())
    }

    /// The first sentence: the core of the meaning.
    pub fn first_sentence(&self) -> &str {
        self.sentences().next().unwrap_or(&self.text)
    }

    /// The sentences between the first and the last that are `fit`, looked for once: the same `fit` must come each time.
    pub fn middle(&self, fit: fn(&str) -> bool) -> impl ExactSizeIterator<Item = &str> {
        let places = self.middle.get_or_init(|| {
            let inner = 1..self.ends.len().saturating_sub(1);
            inner.filter(|at| self.sentences().nth(*at).is_some_and(fit)).collect()
        });
        places.iter().map(|at| self.sentences().nth(*at).unwrap_or_default())
    }

    /// The last sentence: a practical suggestion.
    pub fn last_sentence(&self) -> &str {
        self.sentences().next_back().unwrap_or(&self.text)
    }
}

/// Where the sentences of a text end: after `.`, `!` or `?` before white space and a capital, a digit or an opening quote.
fn sentence_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut at = 0;
    while at < text.trim_end().len() {
        at += sentence_end(&text[at..]);
        ends.push(at);
    }
    ends
}

fn sentence_end(text: &str) -> usize {
    for (at, mark) in text.char_indices() {
        if !matches!(mark, '.' | '!' | '?') {
            continue;
        }
        let after = at + mark.len_utf8();
        let mut tail = text[after..].chars();
        let gap = tail.next().is_some_and(char::is_whitespace);
        let next = tail.find(|c| !c.is_whitespace());
        if gap && next.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit() || matches!(c, '«' | '"' | '“')) {
            return after;
        }
    }
    text.len()
}

/// A corpus that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorpusError {
    /// A file is not TOML of the expected shape.
    #[error("{file}: {problem}")]
    Unreadable {
        /// File.
        file: String,
        /// What the parser says.
        problem: String,
    },
    /// An id stands twice in one language.
    #[error("{file}: the id `{id}` stands twice")]
    Twice {
        /// File of the second one.
        file: String,
        /// The id.
        id: String,
    },
    /// A passage is too short or too long, or a field is out of range.
    #[error("{file}: `{id}`: {problem}")]
    Unfit {
        /// File.
        file: String,
        /// The id.
        id: String,
        /// What is wrong.
        problem: String,
    },
    /// A passage exists in one language alone.
    #[error("`{id}` is missing in {missing_in:?}")]
    Untranslated {
        /// The id.
        id: String,
        /// Language that lacks it.
        missing_in: Lang,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    passage: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    title: String,
    kind: String,
    body: Option<String>,
    sign: Option<String>,
    house: Option<u8>,
    aspect: Option<String>,
    #[serde(default)]
    topics: Vec<String>,
    text: String,
}

/// All passages, in the order of language and id.
#[derive(Clone, Debug)]
pub struct Corpus {
    passages: Vec<Arc<Passage>>,
    positions: [HashMap<String, usize>; 2],
    hash: String,
    /// Made at the first use of [`Self::vocabulary`].
    vocabulary: OnceLock<Vocabulary>,
}

/// Which passages each word stands in.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    of: HashMap<String, PassageSet>,
}

/// A set of passages, by their positions in the corpus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassageSet(Vec<u64>);

impl PassageSet {
    /// Adds the passage at a position.
    pub fn insert(&mut self, position: usize) {
        let (place, bit) = (position / 64, position % 64);
        if self.0.len() <= place {
            self.0.resize(place + 1, 0);
        }
        self.0[place] |= 1 << bit;
    }

    /// Whether the passage at a position is in the set.
    pub fn contains(&self, position: usize) -> bool {
        self.0.get(position / 64).is_some_and(|bits| bits >> (position % 64) & 1 == 1)
    }

    /// Whether the two sets share a passage.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }
}

impl Vocabulary {
    fn new(passages: &[Arc<Passage>], fold: fn(&str) -> String) -> Self {
        let mut of: HashMap<String, PassageSet> = HashMap::new();
        for (position, passage) in passages.iter().enumerate() {
            for word in fold(&passage.text).split_whitespace() {
                of.entry(word.to_owned()).or_default().insert(position);
            }
        }
        Self { of }
    }

    /// The passages that hold a folded word.
    pub fn holding(&self, word: &str) -> Option<&PassageSet> {
        self.of.get(word)
    }
}

const fn slot(lang: Lang) -> usize {
    match lang {
        Lang::En => 0,
        Lang::Fr => 1,
    }
}

impl Corpus {
    /// The corpus in the executable.
    ///
    /// # Errors
    /// It breaks a rule: see [`CorpusError`].
    pub fn embedded() -> Result<Self, CorpusError> {
        Self::parse(SOURCES)
    }

    /// Parses and checks a corpus.
    ///
    /// # Errors
    /// The first rule broken: see [`CorpusError`].
    pub fn parse(sources: &[Source]) -> Result<Self, CorpusError> {
        let mut by_key: BTreeMap<(usize, String), Passage> = BTreeMap::new();
        for source in sources {
            let file: File = toml::from_str(source.toml).map_err(|error| CorpusError::Unreadable {
                file: source.name.to_owned(),
                problem: error.to_string(),
            })?;
            for entry in file.passage {
                let passage = check(source, entry)?;
                let key = (slot(source.lang), passage.id.clone());
                if by_key.contains_key(&key) {
                    return Err(CorpusError::Twice { file: source.name.to_owned(), id: key.1 });
                }
                by_key.insert(key, passage);
            }
        }
        same_ids(&by_key)?;
        let passages: Vec<Arc<Passage>> = by_key.into_values().map(Arc::new).collect();
        let mut positions = [HashMap::new(), HashMap::new()];
        for (position, passage) in passages.iter().enumerate() {
            positions[slot(passage.lang)].insert(passage.id.clone(), position);
        }
        let hash = hash(&passages);
        Ok(Self { passages, positions, hash, vocabulary: OnceLock::new() })
    }

    /// All passages, in the order of language and id.
    pub fn passages(&self) -> &[Arc<Passage>] {
        &self.passages
    }

    /// The passage at a position of [`Self::passages`].
    pub fn at(&self, position: usize) -> Option<&Arc<Passage>> {
        self.passages.get(position)
    }

    /// The position of a passage in [`Self::passages`].
    pub fn position(&self, lang: Lang, id: &str) -> Option<usize> {
        self.positions[slot(lang)].get(id).copied()
    }

    /// One passage by its id.
    pub fn passage(&self, lang: Lang, id: &str) -> Option<&Arc<Passage>> {
        self.position(lang, id).and_then(|position| self.passages.get(position))
    }

    /// The words of all passages as `fold` writes them, made once: the same `fold` must come each time.
    pub fn vocabulary(&self, fold: fn(&str) -> String) -> &Vocabulary {
        self.vocabulary.get_or_init(|| Vocabulary::new(&self.passages, fold))
    }

    /// SHA-256 of all passages, in hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

fn check(source: &Source, entry: Entry) -> Result<Passage, CorpusError> {
    let text = entry.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = text.split(' ').filter(|word| word.chars().any(char::is_alphanumeric)).count();
    let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let problem = if entry.id.is_empty() || !entry.id.chars().all(slug) {
        Some("the id is not of lower-case letters, digits and hyphens".to_owned())
    } else if !(PASSAGE_MIN_WORDS..=PASSAGE_MAX_WORDS).contains(&words) {
        Some(format!("{words} words, allowed are {PASSAGE_MIN_WORDS} to {PASSAGE_MAX_WORDS}"))
    } else if entry.house.is_some_and(|house| !(1..=12).contains(&house)) {
        Some("the house is not 1 to 12".to_owned())
    } else if entry.title.trim().is_empty() || entry.kind.trim().is_empty() {
        Some("title and kind must not be empty".to_owned())
    } else if sentence_ends(&text).len() < 2 {
        Some("a passage has two sentences or more".to_owned())
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(CorpusError::Unfit { file: source.name.to_owned(), id: entry.id, problem });
    }
    Ok(Passage {
        lang: source.lang,
        id: entry.id,
        title: entry.title,
        kind: entry.kind,
        body: entry.body,
        sign: entry.sign,
        house: entry.house,
        aspect: entry.aspect,
        topics: entry.topics,
        ends: sentence_ends(&text),
        middle: OnceLock::new(),
        text,
    })
}

fn same_ids(by_key: &BTreeMap<(usize, String), Passage>) -> Result<(), CorpusError> {
    let ids = |lang: Lang| -> BTreeSet<&str> {
        by_key.keys().filter(|(of, _)| *of == slot(lang)).map(|(_, id)| id.as_str()).collect()
    };
    let (english, french) = (ids(Lang::En), ids(Lang::Fr));
    let missing = |in_one: &BTreeSet<&str>, in_other: &BTreeSet<&str>, missing_in: Lang| {
        in_one.difference(in_other).next().map(|id| CorpusError::Untranslated { id: (*id).to_owned(), missing_in })
    };
    missing(&english, &french, Lang::Fr).or_else(|| missing(&french, &english, Lang::En)).map_or(Ok(()), Err)
}

fn hash(passages: &[Arc<Passage>]) -> String {
    let mut hasher = Sha256::new();
    for p in passages {
        let house = p.house.map(|h| h.to_string()).unwrap_or_default();
        let topics = p.topics.join(",");
        let none = String::new();
        let tags = [p.body.as_ref(), p.sign.as_ref(), p.aspect.as_ref()].map(|tag| tag.unwrap_or(&none).as_str());
        let lang = if p.lang == Lang::En { "en" } else { "fr" };
        let fields = [lang, &p.id, &p.title, &p.kind, tags[0], tags[1], tags[2], &house, &topics, &p.text];
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_corpus_keeps_its_rules() {
        let corpus = Corpus::embedded().unwrap();
        let english = corpus.passages().iter().filter(|p| p.lang == Lang::En).count();
        assert!(english >= 120, "{english} passages per language");
        for passage in corpus.passages() {
            assert_ne!(passage.first_sentence(), passage.last_sentence(), "{}", passage.id);
            for sentence in [passage.first_sentence(), passage.last_sentence()] {
                assert!(sentence.ends_with(['.', '!', '?']), "{}: {sentence}", passage.id);
            }
        }
    }

    fn parse(toml: &'static str) -> Result<Corpus, CorpusError> {
        Corpus::parse(&[
            Source { lang: Lang::En, name: "en/x.toml", toml },
            Source { lang: Lang::Fr, name: "fr/x.toml", toml: "" },
        ])
    }

    #[test]
    fn broken_files_say_what_is_wrong() {
        assert!(matches!(parse("[[passage]]\nid = 3"), Err(CorpusError::Unreadable { .. })));
        assert!(matches!(
            parse("[[passage]]\nid=\"a\"\ntitle=\"A\"\nkind=\"k\"\ncolour=\"red\"\ntext=\"x\""),
            Err(CorpusError::Unreadable { .. })
        ));
        let short = parse("[[passage]]\nid=\"a\"\ntitle=\"A\"\nkind=\"k\"\ntext=\"Too short.\"").unwrap_err();
        assert!(short.to_string().contains("2 words"), "{short}");
        let long = Box::leak(
            format!("[[passage]]\nid=\"a\"\ntitle=\"A\"\nkind=\"k\"\ntext=\"One. {}\"", "Word ".repeat(60))
                .into_boxed_str(),
        );
        assert_eq!(parse(long).unwrap_err(), CorpusError::Untranslated { id: "a".into(), missing_in: Lang::Fr });
    }

    #[test]
    fn sentences_are_cut_at_their_ends_only() {
        let text = "One, e.g. this. Two? « Trois » est là ! Quatre.";
        let mut start = 0;
        let cut = |end| text[std::mem::replace(&mut start, end)..end].trim();
        let sentences: Vec<&str> = sentence_ends(text).into_iter().map(cut).collect();
        assert_eq!(sentences, ["One, e.g. this.", "Two?", "« Trois » est là !", "Quatre."]);
    }
}
