//! A: A sentence encoder of the BERT family, read from a directory as the sentence-transformers library writes it: weights,
//! sizes, tokenizer, pooling. Turns texts into vectors of length 1, on threads of its own. Searches nothing.

mod encoder;
mod settings;
mod weights;

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::thread;

use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use crate::astro::Lang;
use crate::kernels::float::Isa;
use crate::limits;
use encoder::Encoder;
use settings::{Pooling, Prompts, Shape};
use weights::{WEIGHTS, Weights};

const TOKENIZER: &str = "tokenizer.json";

/// Why a model cannot be used, or a text not be embedded.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// A file cannot be read.
    #[error("cannot read {file}: {cause}")]
    Io {
        /// The file, below the directory of the model.
        file: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A file says what cannot be, or what cannot be computed here.
    #[error("{file}: {problem}")]
    Wrong {
        /// The file, below the directory of the model.
        file: String,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// The tokenizer cannot read the text.
    #[error("the tokenizer cannot read the text: {0}")]
    Text(String),
}

impl EmbedError {
    fn wrong(file: &str, problem: impl Into<String>) -> Self {
        Self::Wrong { file: file.to_owned(), problem: problem.into() }
    }
}

/// A text as the model reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens(Vec<u32>);

impl Tokens {
    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Their numbers in the model's vocabulary.
    pub fn ids(&self) -> &[u32] {
        &self.0
    }

    /// At most `most` of them: the first, and the last, which says that a text ends.
    fn cut(mut self, most: usize) -> Self {
        if let Some(last) = self.0.last().copied().filter(|_| self.0.len() > most) {
            self.0.truncate(most - 1);
            self.0.push(last);
        }
        self
    }
}

/// A model in use.
pub struct Embedder {
    name: String,
    hash: String,
    encoder: Encoder,
    tokenizer: Tokenizer,
    pooling: Pooling,
    prompts: Prompts,
    languages: Vec<Lang>,
    vocabulary: usize,
    max_tokens: usize,
    threads: usize,
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedder").field("name", &self.name).field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// Reads a file that may be no larger than `max_bytes`; `None` when it is not there.
fn read(dir: &Path, file: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, EmbedError> {
    let io = |cause| EmbedError::Io { file: file.to_owned(), cause };
    let open = match File::open(dir.join(file)) {
        Ok(open) => open,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(io(cause)),
    };
    let mut bytes = Vec::new();
    open.take(max_bytes + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > max_bytes {
        return Err(EmbedError::wrong(file, format!("has more than {max_bytes} bytes, which is the most allowed")));
    }
    Ok(Some(bytes))
}

/// The hash of everything that makes a vector what it is.
fn hash(files: &[(&str, &[u8])], weights: &mut File) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    for (name, bytes) in files {
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    let mut chunk = vec![0; 1 << 20];
    loop {
        match weights.read(&mut chunk)? {
            0 => break,
            count => hasher.update(&chunk[..count]),
        }
    }
    Ok(hex(&hasher.finalize()))
}

/// Bytes as text.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

impl Embedder {
    /// Reads the model in `dir`. `threads` is how many compute; 0 is one for each processor, up to
    /// `limits::EMBED_THREADS_AUTO_MAX`.
    ///
    /// # Errors
    /// A file is missing, too large, no such file, or one that does not fit the others; nothing of it is then kept.
    pub fn load(dir: &Path, name: &str, threads: usize) -> Result<Self, EmbedError> {
        let optional = |file: &str| read(dir, file, limits::EMBED_CONFIG_MAX_BYTES);
        let missing = |file: &str| EmbedError::wrong(file, "is missing");
        let config = optional(settings::CONFIG)?.ok_or_else(|| missing(settings::CONFIG))?;
        let tokenizer = read(dir, TOKENIZER, limits::EMBED_TOKENIZER_MAX_BYTES)?.ok_or_else(|| missing(TOKENIZER))?;
        let (pools, modules) = (optional(settings::POOLING)?, optional(settings::MODULES)?);
        let (length, prompts) = (optional(settings::LENGTH)?, optional(settings::PROMPTS)?);
        let card = optional(settings::CARD)?;
        let shape = Shape::read(&config)?;
        let pooling = settings::pooling(pools.as_deref())?;
        settings::check_modules(modules.as_deref())?;
        let max_tokens = settings::max_length(length.as_deref(), &shape)?;
        let io = |cause| EmbedError::Io { file: WEIGHTS.to_owned(), cause };
        let path = dir.join(WEIGHTS);
        // A pipe or a device would be waited for without end.
        if !fs::metadata(&path).map_err(io)?.is_file() {
            return Err(EmbedError::wrong(WEIGHTS, "is no file"));
        }
        let mut file = File::open(path).map_err(io)?;
        let bytes = |file: &'static str, bytes: &Option<Vec<u8>>| (file, bytes.clone().unwrap_or_default());
        let small =
            [bytes(settings::POOLING, &pools), bytes(settings::LENGTH, &length), bytes(settings::PROMPTS, &prompts)];
        let mut hashed: Vec<(&str, &[u8])> = vec![(settings::CONFIG, &config), (TOKENIZER, &tokenizer)];
        hashed.extend(small.iter().map(|(name, bytes)| (*name, bytes.as_slice())));
        let vocabulary = shape.vocabulary;
        let tokenizer = open_tokenizer(&tokenizer, vocabulary)?;
        // The table before the hash: a file that is none is refused without being read whole.
        let mut weights = Weights::open(file.try_clone().map_err(io)?)?;
        std::io::Seek::rewind(&mut file).map_err(io)?;
        let hash = hash(&hashed, &mut file).map_err(io)?;
        let encoder = Encoder::load(shape, &mut weights, Isa::best())?;
        let cores = thread::available_parallelism().map_or(1, usize::from).min(limits::EMBED_THREADS_AUTO_MAX);
        Ok(Self {
            name: name.to_owned(),
            hash,
            encoder,
            tokenizer,
            pooling,
            prompts: Prompts::read(prompts.as_deref())?,
            languages: settings::languages(card.as_deref()),
            vocabulary,
            max_tokens,
            threads: if threads == 0 { cores } else { threads },
        })
    }

    /// What it is asked for by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its files, in hex.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Numbers of a vector.
    pub const fn width(&self) -> usize {
        self.encoder.width()
    }

    /// Most tokens of a text.
    pub const fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// The languages of this program that its model card names.
    pub fn languages(&self) -> &[Lang] {
        &self.languages
    }

    /// The tokens of a text, however many.
    ///
    /// # Errors
    /// [`EmbedError::Text`].
    pub fn tokens(&self, text: &str) -> Result<Tokens, EmbedError> {
        let encoding = self.tokenizer.encode_fast(text, true).map_err(|error| EmbedError::Text(error.to_string()))?;
        let ids = encoding.get_ids().to_vec();
        if ids.is_empty() || ids.iter().any(|id| *id as usize >= self.vocabulary) {
            return Err(EmbedError::Text("it has no token that the model knows".to_owned()));
        }
        Ok(Tokens(ids))
    }

    /// A vector of length 1 for each text; what a text has beyond [`Self::max_tokens`] is not read. `None` once `is_gone`
    /// says that nobody waits, which is asked before each batch.
    pub fn embed(&self, texts: &[Tokens], is_gone: impl Fn() -> bool) -> Option<Vec<Vec<f32>>> {
        let mut vectors = Vec::with_capacity(texts.len());
        let mut rest = texts;
        while !rest.is_empty() {
            if is_gone() {
                return None;
            }
            let mut room = limits::EMBED_BATCH_TOKENS_MAX;
            let fits = |text: &&Tokens| {
                let fits = text.count().min(self.max_tokens) <= room;
                room = room.saturating_sub(text.count().min(self.max_tokens));
                fits
            };
            let count = rest.iter().take_while(fits).count().max(1);
            let (batch, later) = rest.split_at(count);
            let batch: Vec<&[u32]> = batch.iter().map(|text| &text.0[..text.count().min(self.max_tokens)]).collect();
            vectors.extend(self.encoder.encode(&batch, self.pooling, self.threads));
            rest = later;
        }
        Some(vectors)
    }

    /// The vector of something that is searched for; what it has beyond [`Self::max_tokens`] is not read.
    ///
    /// # Errors
    /// [`EmbedError::Text`].
    pub fn query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let tokens = self.tokens(&format!("{}{text}", self.prompts.query))?.cut(self.max_tokens);
        Ok(self.embed(&[tokens], || false).and_then(|mut vectors| vectors.pop()).unwrap_or_default())
    }

    /// The vectors of texts that are to be found, read as far as a query is.
    ///
    /// # Errors
    /// [`EmbedError::Text`].
    pub fn passages<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Result<Vec<Vec<f32>>, EmbedError> {
        let cut = |tokens: Tokens| tokens.cut(self.max_tokens);
        let tokens = texts.map(|text| self.tokens(&format!("{}{text}", self.prompts.passage)).map(cut));
        let tokens: Vec<_> = tokens.collect::<Result<_, _>>()?;
        Ok(self.embed(&tokens, || false).unwrap_or_default())
    }
}

/// Reads a tokenizer; padding and cutting are done here.
fn open_tokenizer(json: &[u8], vocabulary: usize) -> Result<Tokenizer, EmbedError> {
    let wrong = |problem: String| EmbedError::wrong(TOKENIZER, problem);
    let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| wrong(error.to_string()))?;
    let known = tokenizer.get_vocab_size(true);
    if known > vocabulary {
        return Err(wrong(format!("knows {known} tokens, the model {vocabulary}")));
    }
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| wrong(error.to_string()))?;
    Ok(tokenizer)
}
