//! P: The tokenizer of a model, from the metadata of its GGUF file alone: byte-level BPE and SentencePiece, token for token
//! as llama.cpp has them, but that no text ever becomes a control token. Renders no conversation.

mod bpe;
mod chain;
mod classes;
mod controls;
mod pieces;
#[cfg(test)]
mod tests;
mod vocabulary;
mod words;

use bpe::Bpe;
use chain::Chain;
pub use controls::MARK;
use controls::{Controls, Part};
use pieces::Pieces;
use vocabulary::{Kind, Words};
use words::Cut;

use super::forward::Vocabulary;
use super::gguf::Gguf;

/// Why a vocabulary cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The file does not have it.
    #[error("the file has no tokenizer: `{0}` is missing")]
    Missing(&'static str),
    /// It is of a kind that is not known here.
    #[error("{0}")]
    Unsupported(String),
    /// It contradicts itself.
    #[error("a broken vocabulary: {0}")]
    Broken(String),
}

impl TokenizerError {
    fn broken(what: impl Into<String>) -> Self {
        Self::Broken(what.into())
    }
}

#[derive(Debug)]
enum Model {
    Bpe { bpe: Bpe, cut: Cut, whole_words: bool },
    Pieces { pieces: Pieces, space_first: bool },
}

/// Tokens of a model, and texts as tokens.
#[derive(Debug)]
pub struct Tokenizer {
    model: Model,
    words: Words,
    /// Taken whole where control tokens may be named, and everywhere.
    controls: Controls,
    everywhere: Controls,
    /// What every token spells, one behind the other, and where each ends.
    spelled: Vec<u8>,
    spelled_ends: Vec<u32>,
    ends: Vec<u32>,
    begin: Option<u32>,
    end: Option<u32>,
    begins: bool,
}

impl Tokenizer {
    /// From what a file says of its vocabulary.
    ///
    /// # Errors
    /// What is missing, unknown or contradictory.
    pub fn from_gguf(gguf: &Gguf) -> Result<Self, TokenizerError> {
        let words = Words::read(gguf)?;
        let keyed = |name: &str| words.keyed(gguf, &format!("tokenizer.ggml.{name}_token_id"));
        let (mut begin, mut end) = (keyed("bos")?, keyed("eos")?);
        let begins;
        let model = match gguf.text("tokenizer.ggml.model").ok_or(TokenizerError::Missing("tokenizer.ggml.model"))? {
            "gpt2" => {
                let (cut, whole_words) = cut(gguf)?;
                begins = whole_words;
                let merges = gguf.texts("tokenizer.ggml.merges");
                let merges = merges.ok_or(TokenizerError::Missing("tokenizer.ggml.merges"))?;
                Model::Bpe { bpe: Bpe::new(&words, merges)?, cut, whole_words }
            }
            "llama" => {
                begins = true;
                // The places that the first such models had them in.
                let place = |token: u32| ((token as usize) < words.len()).then_some(token);
                (begin, end) = (begin.or(place(1)), end.or(place(2)));
                let unknown = keyed("unknown")?.or(words.of_kind("<unk>", Kind::Unknown));
                let pieces = Pieces::new(&words, gguf.floats("tokenizer.ggml.scores"), unknown)?;
                Model::Pieces { pieces, space_first: gguf.bool("tokenizer.ggml.add_space_prefix").unwrap_or(true) }
            }
            other => {
                return Err(TokenizerError::Unsupported(format!(
                    "the tokenizer `{other}` (`tokenizer.ggml.model`) is not known here; `gpt2` and `llama` are"
                )));
            }
        };
        let mut ends = words.ends(gguf)?;
        if ends.is_empty() {
            ends.extend(end);
        }
        if ends.is_empty() {
            return Err(TokenizerError::broken("no token ends an answer; `tokenizer.ggml.eos_token_id` names it"));
        }
        let (spelled, spelled_ends) = spell(&words, &ends, begin, &model);
        Ok(Self {
            controls: Controls::new(&words, |token| {
                ends.contains(&token) || matches!(words.kind(token), Kind::Control | Kind::Unknown)
            })?,
            everywhere: Controls::new(&words, |token| words.kind(token) == Kind::User)?,
            begins: gguf.bool("tokenizer.ggml.add_bos_token").unwrap_or(begins),
            model,
            words,
            spelled,
            spelled_ends,
            ends,
            begin,
            end,
        })
    }

    /// The token that stands before every prompt, for models that want one.
    pub fn begin(&self) -> Option<u32> {
        self.begin.filter(|_| self.begins)
    }

    /// Text of the token that begins a text, for templates; empty when there is none.
    pub fn begin_text(&self) -> &str {
        self.begin.map_or("", |token| self.words.text(token))
    }

    /// Text of the token that ends a text, for templates; empty when there is none.
    pub fn end_text(&self) -> &str {
        self.end.map_or("", |token| self.words.text(token))
    }

    /// The token with this name, such as `<|im_end|>`.
    pub fn token(&self, name: &str) -> Option<u32> {
        self.words.named(name)
    }

    /// Whether it speaks to the model, so that a person's text must never become it.
    pub fn is_control(&self, token: u32) -> bool {
        (token as usize) < self.words.len() && matches!(self.words.kind(token), Kind::Control | Kind::Unknown)
    }

    /// The text of tokens; what is no UTF-8 becomes U+FFFD.
    pub fn decode(&self, tokens: &[u32]) -> String {
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| self.piece(*token)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The text with [`MARK`]s wherever it, or a text around it, would name a control token; `encode` leaves them out.
    pub fn guard(&self, text: &str) -> String {
        self.controls.guard(text)
    }

    /// Puts the tokens of a text without control tokens behind `tokens`.
    fn plain(&self, text: &str, chain: &mut Chain, tokens: &mut Vec<u32>) {
        for part in self.everywhere.cut(text) {
            let text = match part {
                Part::Text(range) => &text[range],
                Part::Token(token) => {
                    tokens.push(token);
                    continue;
                }
            };
            match &self.model {
                Model::Bpe { bpe, cut, whole_words } => {
                    cut.words(text, |word| match whole_words.then(|| self.word(word)).flatten() {
                        Some(token) => tokens.push(token),
                        None => bpe.encode(word, chain, tokens),
                    });
                }
                Model::Pieces { pieces, space_first } => {
                    pieces.encode(&self.words, text, *space_first, chain, tokens);
                }
            }
        }
    }

    /// The token that is this whole word.
    fn word(&self, word: &str) -> Option<u32> {
        let shown: String = word.bytes().map(bpe::letter_of).collect();
        self.words.ordinary(&shown)
    }
}

impl Vocabulary for Tokenizer {
    fn size(&self) -> usize {
        self.words.len()
    }

    fn encode(&self, text: &str, specials: bool) -> Vec<u32> {
        let (mut tokens, mut chain) = (Vec::new(), Chain::default());
        if !specials {
            self.plain(text, &mut chain, &mut tokens);
            return tokens;
        }
        for part in self.controls.cut(text) {
            match part {
                Part::Text(range) if text[range.clone()].contains(MARK) => {
                    self.plain(&text[range].replace(MARK, ""), &mut chain, &mut tokens);
                }
                Part::Text(range) => self.plain(&text[range], &mut chain, &mut tokens),
                Part::Token(token) => tokens.push(token),
            }
        }
        tokens
    }

    fn piece(&self, token: u32) -> &[u8] {
        let token = token as usize;
        let end = |token: usize| self.spelled_ends.get(token).map_or(0, |end| *end as usize);
        let start = if token == 0 { 0 } else { end(token - 1) };
        self.spelled.get(start..end(token)).unwrap_or_default()
    }

    fn ends(&self) -> &[u32] {
        &self.ends
    }
}

/// How the file says that words are cut, and whether a word that is a token is taken whole.
fn cut(gguf: &Gguf) -> Result<(Cut, bool), TokenizerError> {
    let name = gguf.text("tokenizer.ggml.pre").ok_or(TokenizerError::Missing("tokenizer.ggml.pre"))?;
    Cut::named(name).ok_or_else(|| {
        TokenizerError::Unsupported(format!(
            "its way of cutting words, `{name}` (`tokenizer.ggml.pre`), is not known here; those of GPT-2, SmolLM, Llama 3, \
             Qwen 2 and Qwen 3 are"
        ))
    })
}

/// What every token spells: nothing for those that speak to the model.
fn spell(words: &Words, ends: &[u32], begin: Option<u32>, model: &Model) -> (Vec<u8>, Vec<u32>) {
    let (mut bytes, mut places) = (Vec::new(), Vec::with_capacity(words.len()));
    for (token, (text, kind)) in words.iter().enumerate() {
        let token = token as u32;
        let silent = matches!(kind, Kind::Control | Kind::Unknown) || begin == Some(token) || ends.contains(&token);
        if !silent {
            bytes.extend(match model {
                Model::Bpe { .. } => bpe::spelled(text, kind),
                Model::Pieces { .. } => pieces::spelled(text, kind),
            });
        }
        places.push(bytes.len() as u32);
    }
    (bytes, places)
}
