//! The index on disk: one directory per generation, built aside and renamed into place, opened read-only. Decides
//! nothing about language or topic; knows passages by their position in the corpus alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query as EngineQuery, TermQuery, Weight};
use tantivy::schema::{Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer,
    TokenizerManager,
};
use tantivy::{Index, IndexReader, ReloadPolicy, Score, TantivyDocument, Term};

use super::corpus::{Corpus, Passage};
use super::words::{self, WeighedWords};
use super::{Query, RetrievalError};
use crate::astro::Lang;

/// Changes whenever a field or an analyser changes.
const SCHEMA_VERSION: u32 = 1;
/// Memory that the build may use before it spills; the whole corpus fits.
const BUILD_MEMORY_BYTES: usize = 32 * 1024 * 1024;
/// Weight of a word in the title against one in the text.
const TITLE_BOOST: f32 = 2.0;
/// Longer words are no words, in bytes.
const WORD_MAX_BYTES: usize = 40;
/// Words of a query that count; a question has fewer.
const QUERY_MAX_WORDS: usize = 64;
/// Marks a directory in which a build is under way or was cut off.
const BUILDING_PREFIX: &str = ".building-";

const LANGS: [Lang; 2] = [Lang::En, Lang::Fr];

const fn lang_code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Fr => "fr",
    }
}

const fn analyser_name(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "orrery_en",
        Lang::Fr => "orrery_fr",
    }
}

/// Accents are folded before stemming, so that a word typed without its accents has the same stem as with them.
fn analyser(lang: Lang) -> TextAnalyzer {
    let language = match lang {
        Lang::En => Language::English,
        Lang::Fr => Language::French,
    };
    let words = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_MAX_BYTES))
        .filter(LowerCaser);
    match StopWordFilter::new(language) {
        Some(stop_words) => words.filter(stop_words).filter(AsciiFoldingFilter).filter(Stemmer::new(language)).build(),
        None => words.filter(AsciiFoldingFilter).filter(Stemmer::new(language)).build(),
    }
}

fn analysers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    for lang in LANGS {
        manager.register(analyser_name(lang), analyser(lang));
    }
    manager
}

#[derive(Clone, Copy)]
struct TextFields {
    title: Field,
    text: Field,
}

#[derive(Clone, Copy)]
struct Fields {
    id: Field,
    lang: Field,
    kind: Field,
    body: Field,
    sign: Field,
    house: Field,
    aspect: Field,
    topics: Field,
    en: TextFields,
    fr: TextFields,
}

impl Fields {
    const fn of(&self, lang: Lang) -> TextFields {
        match lang {
            Lang::En => self.en,
            Lang::Fr => self.fr,
        }
    }
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let analysed = |lang: Lang| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(analyser_name(lang))
            .set_index_option(IndexRecordOption::WithFreqs);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fields = Fields {
        id: schema.add_text_field("id", STRING | STORED),
        lang: schema.add_text_field("lang", STRING | STORED),
        kind: schema.add_text_field("kind", STRING),
        body: schema.add_text_field("body", STRING),
        sign: schema.add_text_field("sign", STRING),
        house: schema.add_text_field("house", STRING),
        aspect: schema.add_text_field("aspect", STRING),
        topics: schema.add_text_field("topics", STRING),
        en: TextFields {
            title: schema.add_text_field("title_en", analysed(Lang::En)),
            text: schema.add_text_field("text_en", analysed(Lang::En)),
        },
        fr: TextFields {
            title: schema.add_text_field("title_fr", analysed(Lang::Fr)),
            text: schema.add_text_field("text_fr", analysed(Lang::Fr)),
        },
    };
    (schema.build(), fields)
}

fn document(fields: &Fields, passage: &Passage) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    let text = fields.of(passage.lang);
    document.add_text(fields.id, &passage.id);
    document.add_text(fields.lang, lang_code(passage.lang));
    document.add_text(fields.kind, &passage.kind);
    document.add_text(text.title, &passage.title);
    document.add_text(text.text, &passage.text);
    let house = passage.house.map(|house| house.to_string());
    let tags = [
        (fields.body, passage.body.as_ref()),
        (fields.sign, passage.sign.as_ref()),
        (fields.house, house.as_ref()),
        (fields.aspect, passage.aspect.as_ref()),
    ];
    for (field, value) in tags {
        if let Some(value) = value {
            document.add_text(field, value);
        }
    }
    for topic in &passage.topics {
        document.add_text(fields.topics, topic);
    }
    document
}

/// One generation, open for search.
pub struct ServingIndex {
    root: PathBuf,
    generation: String,
    reader: IndexReader,
    fields: Fields,
    analysers: [TextAnalyzer; 2],
    weighed: [WeighedWords; 2],
}

impl ServingIndex {
    /// Opens the generation of this corpus, or builds it when it is missing or damaged.
    pub fn open_or_build(root: &Path, corpus: &Corpus) -> Result<Self, RetrievalError> {
        let generation: String = generation(corpus);
        let home = root.join(&generation);
        if home.exists() {
            if let Ok(index) = Self::open(root, &generation, corpus) {
                return Ok(index);
            }
            fs::remove_dir_all(&home)?;
        }
        build(root, &home, &generation, corpus)?;
        Self::open(root, &generation, corpus)
    }

    fn open(root: &Path, generation: &str, corpus: &Corpus) -> Result<Self, RetrievalError> {
        let mut index = Index::open_in_dir(root.join(generation))?;
        index.set_tokenizers(analysers());
        let expected = corpus.passages().len() as u64;
        let incomplete = |found| RetrievalError::Incomplete { generation: generation.to_owned(), found, expected };
        if !index.validate_checksum()?.is_empty() {
            return Err(incomplete(0));
        }
        let (schema, fields) = schema();
        if index.schema() != schema {
            return Err(incomplete(0));
        }
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let searcher = reader.searcher();
        // One segment: a document's number is then the passage's position in the corpus.
        if searcher.segment_readers().len() != 1 || searcher.num_docs() != expected {
            return Err(incomplete(searcher.num_docs()));
        }
        let analysers = LANGS.map(analyser);
        let weighed = LANGS.map(|_| WeighedWords::default());
        Ok(Self { root: root.to_owned(), generation: generation.to_owned(), reader, fields, analysers, weighed })
    }

    pub fn generation(&self) -> &str {
        &self.generation
    }

    /// Directory of the generation; what lies beside the engine's files goes with it.
    pub fn home(&self) -> PathBuf {
        self.root.join(&self.generation)
    }

    /// Removes other generations and cut-off builds; a file that is neither stays.
    pub fn remove_others(&self) -> io::Result<Vec<String>> {
        let mut removed = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_generation = name.len() == 16 && name.bytes().all(|b| b.is_ascii_hexdigit());
            let ours = is_generation || name.starts_with(BUILDING_PREFIX);
            if ours && name != self.generation && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
                removed.push(name);
            }
        }
        Ok(removed)
    }

    /// Positions in the corpus with their scores, best first, equal scores in the order of position; at most `limit`, which
    /// stands in place of the query's own.
    pub fn search(&self, query: &Query, limit: usize) -> Result<Vec<(usize, f32)>, RetrievalError> {
        let words = self.word_clauses(query);
        let only_ids = !query.filters.ids.is_empty();
        if limit == 0 || (words.is_empty() && !only_ids) {
            return Ok(Vec::new());
        }
        let mut clauses = self.filter_clauses(query);
        let query = if only_ids {
            clauses.extend(words);
            BooleanQuery::new(clauses)
        } else if clauses.is_empty() {
            BooleanQuery::new(words)
        } else {
            clauses.push((Occur::Must, Box::new(BooleanQuery::new(words))));
            BooleanQuery::new(clauses)
        };
        let found = self.reader.searcher().search(&query, &TopDocs::with_limit(limit).order_by_score())?;
        Ok(found.into_iter().map(|(score, address)| (address.doc_id as usize, score)).collect())
    }

    /// Scores of all documents of a language that hold a word of `text`, by their positions in the corpus, in this order: as
    /// [`Self::search`] finds them, with less work for each word.
    pub fn scores(&self, text: &str, lang: Lang) -> Result<Vec<(usize, f32)>, RetrievalError> {
        let searcher = self.reader.searcher();
        let (Some(segment), Some(place)) = (searcher.segment_readers().first(), LANGS.iter().position(|l| *l == lang))
        else {
            return Ok(Vec::new());
        };
        let words = analysed_words(&self.analysers[place], text);
        let weigh =
            |word: &String| self.weighed[place].weights(&searcher, word, || self.word_queries(lang, word).into());
        let weights = words.iter().map(weigh).collect::<tantivy::Result<Vec<_>>>()?;
        let mut found = Vec::with_capacity(256);
        if !weights.is_empty() {
            words::any(&weights).for_each_pruning(Score::MIN, segment, &mut |doc, score| {
                found.push((doc as usize, score));
                Score::MIN
            })?;
        }
        Ok(found)
    }

    /// What asks for a word: in the title, where it weighs more, and in the text.
    fn word_queries(&self, lang: Lang, word: &str) -> [Box<dyn EngineQuery>; 2] {
        let fields = self.fields.of(lang);
        let term = |field: Field| TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs);
        [Box::new(BoostQuery::new(Box::new(term(fields.title)), TITLE_BOOST)), Box::new(term(fields.text))]
    }

    fn word_clauses(&self, query: &Query) -> Vec<(Occur, Box<dyn EngineQuery>)> {
        let mut clauses: Vec<(Occur, Box<dyn EngineQuery>)> = Vec::new();
        for (lang, analyser) in LANGS.into_iter().zip(&self.analysers) {
            if query.lang.is_some_and(|only| only != lang) {
                continue;
            }
            for word in analysed_words(analyser, &query.text) {
                clauses.extend(self.word_queries(lang, &word).map(|query| (Occur::Should, query)));
            }
        }
        clauses
    }

    fn filter_clauses(&self, query: &Query) -> Vec<(Occur, Box<dyn EngineQuery>)> {
        let (fields, filters) = (&self.fields, &query.filters);
        let house = filters.house.map(|house| house.to_string());
        // Each language has text fields of its own, so its words find its passages alone; ids are the same in both.
        let lang = query.lang.filter(|_| !filters.ids.is_empty()).map(lang_code);
        let tags = [
            (fields.lang, lang),
            (fields.kind, filters.kind.as_deref()),
            (fields.body, filters.body.as_deref()),
            (fields.sign, filters.sign.as_deref()),
            (fields.house, house.as_deref()),
            (fields.aspect, filters.aspect.as_deref()),
            (fields.topics, filters.topic.as_deref()),
        ];
        let exact = |field: Field, value: &str| -> Box<dyn EngineQuery> {
            Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
        };
        let unscored = |query: Box<dyn EngineQuery>| -> (Occur, Box<dyn EngineQuery>) {
            (Occur::Must, Box::new(ConstScoreQuery::new(query, 0.0)))
        };
        let mut clauses: Vec<_> =
            tags.into_iter().filter_map(|(field, value)| value.map(|value| unscored(exact(field, value)))).collect();
        if !filters.ids.is_empty() {
            let ids = filters.ids.iter().map(|id| (Occur::Should, exact(fields.id, id))).collect();
            clauses.push(unscored(Box::new(BooleanQuery::new(ids))));
        }
        clauses
    }
}

fn analysed_words(analyser: &TextAnalyzer, text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut analyser = analyser.clone();
    let mut stream = analyser.token_stream(text);
    while stream.advance() {
        let word = &stream.token().text;
        if !words.contains(word) {
            words.push(word.clone());
        }
        if words.len() == QUERY_MAX_WORDS {
            break;
        }
    }
    words
}

fn generation(corpus: &Corpus) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    hasher.update(SCHEMA_VERSION.to_be_bytes());
    hasher.update(tantivy::INDEX_FORMAT_VERSION.to_be_bytes());
    hasher.update(corpus.hash().as_bytes());
    hasher
        .finalize()
        .iter()
        .take(8)
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|n| char::from_digit(n.into(), 16))
        .collect()
}

/// Builds aside, then renames: a reader sees a whole generation or none.
fn build(root: &Path, home: &Path, generation: &str, corpus: &Corpus) -> Result<(), RetrievalError> {
    let aside = root.join(format!("{BUILDING_PREFIX}{generation}"));
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    fs::create_dir_all(&aside)?;
    let (schema, fields) = schema();
    let directory = tantivy::directory::MmapDirectory::open(&aside).map_err(tantivy::TantivyError::from)?;
    let mut writer = Index::builder()
        .schema(schema)
        .tokenizers(analysers())
        .single_segment_index_writer::<TantivyDocument>(directory, BUILD_MEMORY_BYTES)?;
    for passage in corpus.passages() {
        writer.add_document(document(&fields, passage))?;
    }
    writer.finalize()?;
    fs::rename(&aside, home)?;
    Ok(())
}
