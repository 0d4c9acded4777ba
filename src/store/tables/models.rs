//! P: The table of models on this machine, with its rows. Opens nothing.

use serde::{Deserialize, Serialize};

use super::{Actor, Row, Table};
use crate::clock::UnixMs;

/// Models in the data directory, by name. They are the appliance's, not a tenant's.
pub const MODELS: Table<String, ModelRow> = Table::new("models_v1");

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ModelKind {
    /// It writes text.
    Chat,
    /// It turns sentences into vectors.
    Embedding,
}

impl ModelKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Chat, Self::Embedding];

    /// Stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embedding => "embedding",
        }
    }
}

/// A file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFile {
    /// Its path within the model's directory.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Hash of its bytes.
    pub sha256: [u8; 32],
}

/// A model: what it is, where its files are and who brought it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRow {
    /// What it is for.
    pub kind: ModelKind,
    /// Its family, e.g. `llama` or `bert`.
    pub architecture: String,
    /// Number of weights.
    pub parameters: u64,
    /// How most of them are stored, e.g. `Q4_K`.
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
    /// Estimate of the memory that it takes when it runs, in bytes.
    pub memory_bytes: u64,
    /// Hash of its file; of the list of its files' hashes, as `sha256sum` writes it, when there are several.
    pub sha256: [u8; 32],
    /// Its files.
    pub files: Vec<ModelFile>,
    /// When it came.
    pub imported_at: UnixMs,
    /// Who brought it.
    pub imported_by: Actor,
    /// When its files were last found to be whole.
    pub verified_at: UnixMs,
}

rows!(ModelRow);
