//! A: What a model file says of itself, and why a file is refused. Reads nothing.

use crate::llm::local::gguf::GgufError;
use crate::llm::local::template::TemplateError;
use crate::llm::local::tokenizer::TokenizerError;
use crate::store::tables::models::ModelKind;

/// What is known of a model once it was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is for.
    pub kind: ModelKind,
    /// Its family.
    pub architecture: String,
    /// Number of weights.
    pub parameters: u64,
    /// How most of them are stored.
    pub quantisation: String,
    /// Most tokens that it looks at.
    pub context: u64,
    /// Numbers that stand for a token.
    pub embedding_length: u64,
    /// Number of tokens.
    pub vocabulary: u64,
    /// Whether it brought a chat template.
    pub has_template: bool,
    /// Its licence, where it says so.
    pub licence: Option<String>,
    /// Estimate of the memory that it takes when it runs.
    pub memory_bytes: u64,
}

/// Why a file is not imported: for whoever brought it.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The file cannot be read.
    #[error("cannot read it: {0}")]
    Io(#[from] std::io::Error),
    /// It is no GGUF file, or a broken one.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// Its vocabulary cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Its chat template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// What it holds is not what a model of its kind holds.
    #[error("{0}")]
    Wrong(String),
}

impl Refusal {
    pub(super) fn wrong(what: impl Into<String>) -> Self {
        Self::Wrong(what.into())
    }
}

/// A licence or a name from a file, cut so that it can be shown.
pub(super) fn shown(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|letter| !letter.is_control()).take(120).collect();
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}
