//! Wire form of texts and their vectors in OpenAI's shape. Computes nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, FieldError, Result};
use crate::limits;

/// Texts to be turned into vectors.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EmbeddingRequest {
    /// A text, or a list of them.
    #[salvo(schema(value_type = Object))]
    pub input: Value,
    /// Name of the embedding model of `/v1/models`.
    pub model: String,
    /// `float`, which is meant when it is absent, or `base64`: little-endian single-precision numbers.
    pub encoding_format: Option<String>,
    /// No other number than the model gives.
    pub dimensions: Option<u64>,
    /// Taken and passed over.
    pub user: Option<String>,
}

/// A request as read.
#[derive(Debug)]
pub struct EmbeddingRead {
    /// Name of the model.
    pub model: String,
    /// The texts.
    pub texts: Vec<String>,
    /// Whether they came as a list.
    pub is_list: bool,
    /// Numbers that a vector must have.
    pub dimensions: Option<u64>,
    /// Whether vectors are wanted as base64.
    pub is_base64: bool,
}

impl EmbeddingRequest {
    /// What it asks, with every member that is wrong named.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub fn read(self) -> Result<EmbeddingRead> {
        let mut errors = Vec::new();
        let is_list = self.input.is_array();
        let texts = texts(self.input).unwrap_or_else(|wrong| {
            errors.push(wrong);
            Vec::new()
        });
        let is_base64 = match self.encoding_format.as_deref() {
            None | Some("float") => false,
            Some("base64") => true,
            Some(other) => {
                errors.push(FieldError::new("encoding_format", other, "float or base64"));
                false
            }
        };
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        Ok(EmbeddingRead { model: self.model, texts, is_list, dimensions: self.dimensions, is_base64 })
    }
}

fn texts(input: Value) -> Result<Vec<String>, FieldError> {
    let most = limits::EMBED_TEXTS_MAX;
    let one = |field: String, value: Value| match value {
        Value::String(text) if !text.trim().is_empty() => Ok(text),
        Value::String(_) => Err(FieldError::new(field, "", "a text that is not empty")),
        Value::Number(_) | Value::Array(_) => {
            Err(FieldError::unshown(field, "a text: tokens are another model's and mean nothing here"))
        }
        _ => Err(FieldError::unshown(field, "a text")),
    };
    match input {
        Value::Array(list) if list.is_empty() || list.len() > most => {
            Err(FieldError::new("input", format!("{} texts", list.len()), format!("a text, or 1 to {most} texts")))
        }
        Value::Array(list) => {
            list.into_iter().enumerate().map(|(at, value)| one(format!("input[{at}]"), value)).collect()
        }
        value => Ok(vec![one("input".to_owned(), value)?]),
    }
}

/// Vectors.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmbeddingList {
    /// `list`.
    pub object: &'static str,
    /// One for each text, in their order.
    pub data: Vec<Embedding>,
    /// The model that made them.
    pub model: String,
    /// What was read for them.
    pub usage: EmbeddingUsage,
}

/// One vector.
#[derive(Debug, Serialize, ToSchema)]
pub struct Embedding {
    /// `embedding`.
    pub object: &'static str,
    /// Which text it is of, from 0.
    pub index: usize,
    /// Numbers, or the base64 of their bytes.
    #[salvo(schema(value_type = Value))]
    pub embedding: Vector,
}

/// The numbers of a vector.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Vector {
    /// As numbers.
    Numbers(Vec<f32>),
    /// As base64.
    Base64(String),
}

/// Tokens of the texts.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct EmbeddingUsage {
    /// Tokens read.
    pub prompt_tokens: u64,
    /// The same.
    pub total_tokens: u64,
}

impl EmbeddingList {
    /// As a client reads them.
    pub fn new(model: String, vectors: Vec<Vec<f32>>, tokens: u64, is_base64: bool) -> Self {
        let form = |numbers: Vec<f32>| {
            if !is_base64 {
                return Vector::Numbers(numbers);
            }
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            Vector::Base64(STANDARD.encode(bytes))
        };
        let data = vectors.into_iter().enumerate();
        let data = data.map(|(index, numbers)| Embedding { object: "embedding", index, embedding: form(numbers) });
        let usage = EmbeddingUsage { prompt_tokens: tokens, total_tokens: tokens };
        Self { object: "list", data: data.collect(), model, usage }
    }
}
