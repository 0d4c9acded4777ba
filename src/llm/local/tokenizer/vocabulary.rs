//! P: The tokens of a file: their texts, what kind each is, which end an answer. Encodes nothing.

use std::collections::{HashMap, HashSet};

use super::TokenizerError;
use crate::limits::{CONTROL_TOKEN_MAX_BYTES, TOKEN_MAX_BYTES, VOCABULARY_MAX_TOKENS};
use crate::llm::local::gguf::Gguf;

/// What a token is, by ggml's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Normal,
    /// For what no token spells.
    Unknown,
    /// Speaks to the model: begins or ends something. No text makes it.
    Control,
    /// Taken whole wherever it stands.
    User,
    /// Never trained.
    Unused,
    /// One byte.
    Byte,
}

impl Kind {
    const fn numbered(number: i64) -> Self {
        match number {
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::User,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => Self::Normal,
        }
    }
}

/// Tokens after which nothing more belongs to an answer, as models name them.
const ENDS: [&str; 24] = [
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<|fim_pad|>",
    "<|fim_repo|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<reponame>",
    "<fim_pad>",
    "<fim-pad>",
    "<fim-repo>",
];

/// Others that speak to a model, whatever kind a file says that they are.
const CONTROLS: [&str; 15] = [
    "<|im_start|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|begin_of_text|>",
    "<start_of_turn>",
    "<bos>",
    "[INST]",
    "[/INST]",
    "[SYSTEM_PROMPT]",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
];

/// Whether a token of this name speaks to a model.
fn speaks(name: &str) -> bool {
    ENDS.contains(&name) || CONTROLS.contains(&name)
}

/// The tokens of a vocabulary.
#[derive(Debug)]
pub(super) struct Words {
    texts: Vec<String>,
    kinds: Vec<Kind>,
    tokens: HashMap<String, u32>,
}

impl Words {
    pub(super) fn read(gguf: &Gguf) -> Result<Self, TokenizerError> {
        let texts = gguf.texts("tokenizer.ggml.tokens").ok_or(TokenizerError::Missing("tokenizer.ggml.tokens"))?;
        if texts.is_empty() || texts.len() > VOCABULARY_MAX_TOKENS {
            let count = texts.len();
            return Err(TokenizerError::broken(format!("{count} tokens, expected 1 to {VOCABULARY_MAX_TOKENS}")));
        }
        let mut kinds = match gguf.integers("tokenizer.ggml.token_type") {
            None => vec![Kind::Normal; texts.len()],
            Some(numbers) if numbers.len() < texts.len() => {
                return Err(TokenizerError::broken(format!("{} types for {} tokens", numbers.len(), texts.len())));
            }
            Some(numbers) => numbers[..texts.len()].iter().map(|number| Kind::numbered(*number)).collect(),
        };
        // Some that are named so are ordinary all the same: `</s>` is of HTML, where merges make it.
        let merges = gguf.texts("tokenizer.ggml.merges").unwrap_or_default();
        let merged: HashSet<String> =
            merges.iter().map(|merge| merge.replacen(' ', "", 1)).filter(|t| speaks(t)).collect();
        let mut tokens = HashMap::with_capacity(texts.len());
        for (token, text) in texts.iter().enumerate() {
            let kind = &mut kinds[token];
            if text.is_empty() {
                *kind = Kind::Unused;
                continue;
            }
            if speaks(text) && !merged.contains(text.as_str()) {
                *kind = Kind::Control;
            }
            let taken_whole = matches!(kind, Kind::Control | Kind::User | Kind::Unknown);
            let most = if taken_whole { CONTROL_TOKEN_MAX_BYTES } else { TOKEN_MAX_BYTES };
            if text.len() > most {
                return Err(TokenizerError::broken(format!("token {token} is {} bytes, at most {most}", text.len())));
            }
            if let Some(earlier) = tokens.insert(text.clone(), token as u32) {
                let text: String = text.chars().take(80).collect();
                return Err(TokenizerError::broken(format!("the tokens {earlier} and {token} are both `{text}`")));
            }
        }
        Ok(Self { texts: texts.to_vec(), kinds, tokens })
    }

    /// Number of tokens.
    pub(super) const fn len(&self) -> usize {
        self.texts.len()
    }

    /// Length of the longest text.
    pub(super) fn longest_bytes(&self) -> usize {
        self.texts.iter().map(String::len).max().unwrap_or(0)
    }

    /// Text and kind of each token, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.texts.iter().map(String::as_str).zip(self.kinds.iter().copied())
    }

    /// The token with this text, whatever it is.
    pub(super) fn named(&self, text: &str) -> Option<u32> {
        self.tokens.get(text).copied()
    }

    /// The token with this text, if text may become it.
    pub(super) fn ordinary(&self, text: &str) -> Option<u32> {
        let kind = |token: &u32| self.kinds[*token as usize];
        self.named(text).filter(|token| !matches!(kind(token), Kind::Control | Kind::Unknown))
    }

    /// The token with this text, if it is of this kind.
    pub(super) fn of_kind(&self, text: &str, kind: Kind) -> Option<u32> {
        self.named(text).filter(|token| self.kinds[*token as usize] == kind)
    }

    pub(super) fn kind(&self, token: u32) -> Kind {
        self.kinds[token as usize]
    }

    pub(super) fn text(&self, token: u32) -> &str {
        &self.texts[token as usize]
    }

    /// The token that the metadata names under a key.
    pub(super) fn keyed(&self, gguf: &Gguf, key: &str) -> Result<Option<u32>, TokenizerError> {
        let Some(token) = gguf.unsigned(key) else { return Ok(None) };
        if token < self.len() as u64 {
            return Ok(Some(token as u32));
        }
        Err(TokenizerError::broken(format!("`{key}` is {token}, and there are {} tokens", self.len())))
    }

    /// The tokens that end an answer, rising: those that the metadata names, and those whose names say so.
    pub(super) fn ends(&self, gguf: &Gguf) -> Result<Vec<u32>, TokenizerError> {
        let mut ends: Vec<u32> = ENDS.into_iter().filter_map(|name| self.named(name)).collect();
        for key in ["eos", "eot", "eom"] {
            ends.extend(self.keyed(gguf, &format!("tokenizer.ggml.{key}_token_id"))?);
        }
        ends.sort_unstable();
        ends.dedup();
        Ok(ends)
    }
}
