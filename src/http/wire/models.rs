//! Wire form of the models on this machine.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};

use crate::app::{Imported, Model, hex};

/// Imports a model.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelRequest {
    /// Name of a file or directory in the import directory (`models.import_dir`): a GGUF file, a directory with
    /// `model.safetensors`, or a wheel or zip with one of them.
    pub file: String,
    /// Which of several models of an archive: its path there.
    #[serde(default)]
    pub inside: Option<String>,
    /// What to call it, 1 to 64 of a-z, 0-9, `.`, `_` and `-`; after its file when absent.
    #[serde(default)]
    pub name: Option<String>,
}

/// A model on this machine.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelReply {
    /// Its name.
    pub name: String,
    /// `chat` or `embedding`.
    pub kind: &'static str,
    /// Whether it is the one of its kind that is used.
    pub in_use: bool,
    /// Its family, e.g. `llama`, `qwen2` or `bert`.
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
    /// Length of its files.
    pub bytes: u64,
    /// Estimate of the memory that it takes when it runs.
    pub memory_bytes: u64,
    /// SHA-256 of its file; of the list of its files as `sha256sum` writes it, when there are several.
    pub sha256: String,
    /// When it was imported, RFC 3339.
    pub imported_at: String,
    /// When its files were last found to be whole, RFC 3339.
    pub verified_at: String,
    /// Its files.
    pub files: Vec<ModelFileReply>,
}

/// A file of a model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelFileReply {
    /// Its path within the model's directory.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl From<&Model> for ModelReply {
    fn from(model: &Model) -> Self {
        let row = &model.row;
        let file = |file: &_| {
            let crate::app::ModelFile { name, bytes, sha256 } = file;
            ModelFileReply { name: name.clone(), bytes: *bytes, sha256: hex(sha256) }
        };
        Self {
            name: model.name.clone(),
            kind: row.kind.code(),
            in_use: model.in_use,
            architecture: row.architecture.clone(),
            parameters: row.parameters,
            quantisation: row.quantisation.clone(),
            context: row.context,
            embedding_length: row.embedding_length,
            vocabulary: row.vocabulary,
            has_template: row.has_template,
            licence: row.licence.clone(),
            bytes: model.bytes(),
            memory_bytes: row.memory_bytes,
            sha256: hex(&row.sha256),
            imported_at: row.imported_at.rfc3339(),
            verified_at: row.verified_at.rfc3339(),
            files: row.files.iter().map(file).collect(),
        }
    }
}

/// What an import came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelImported {
    /// Whether these very bytes were there before.
    pub was_there: bool,
    /// The model.
    pub model: ModelReply,
}

impl From<&Imported> for ModelImported {
    fn from(imported: &Imported) -> Self {
        Self { was_there: imported.was_there, model: ModelReply::from(&imported.model) }
    }
}

/// The models on this machine.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelList {
    /// By name.
    pub models: Vec<ModelReply>,
}

/// A model that is gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelDeleted {
    /// Its name.
    pub deleted: String,
}
