//! A: Checks a model that turns sentences into vectors: safetensors weights with their configuration and tokenizer beside
//! them, of the BERT family. Loads no weights.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use serde::Deserialize;

use super::facts::{Facts, Refusal, shown};
use crate::limits::{
    MODEL_DEPTH_MAX, MODEL_SCRATCH_BYTES, MODEL_VECTOR_MAX, SAFETENSORS_HEAD_MAX_BYTES, VOCABULARY_MAX_TOKENS,
};
use crate::store::tables::models::ModelKind;

/// The part of `config.json` that is read.
#[derive(Debug, Deserialize)]
struct Config {
    model_type: Option<String>,
    hidden_size: u64,
    num_hidden_layers: u64,
    num_attention_heads: u64,
    intermediate_size: u64,
    max_position_embeddings: u64,
    vocab_size: u64,
}

/// One tensor of the head.
#[derive(Debug, Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// Checks the weights with the texts of what lies beside them.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub(super) fn inspect(
    weights: &mut (impl Read + Seek),
    config: &[u8],
    tokenizer: &[u8],
    card: Option<&[u8]>,
) -> Result<Facts, Refusal> {
    let config: Config = serde_json::from_slice(config)
        .map_err(|cause| Refusal::wrong(format!("`config.json` cannot be read: {cause}")))?;
    let family = config.model_type.clone().unwrap_or_default();
    if family != "bert" {
        return Err(Refusal::wrong(format!(
            "`model_type` in `config.json` is `{}`; of safetensors models those of the `bert` family run here, and models \
             that write text come as GGUF files",
            shown(&family).unwrap_or_default()
        )));
    }
    config.hold()?;
    let entries = head(weights)?;
    config.tensors(&entries)?;
    let words = tokenizers::Tokenizer::from_bytes(tokenizer)
        .map_err(|cause| Refusal::wrong(format!("`tokenizer.json` cannot be read: {cause}")))?;
    let words = words.get_vocab_size(true) as u64;
    if words > config.vocab_size || words == 0 {
        return Err(Refusal::wrong(format!(
            "the tokenizer has {words} tokens, and the weights are for {}",
            config.vocab_size
        )));
    }
    let parameters: u64 = entries.values().map(Entry::elements).sum();
    let bytes = |entry: &Entry| entry.data_offsets.1 - entry.data_offsets.0;
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in entries.values() {
        *kinds.entry(&entry.dtype).or_default() += bytes(entry);
    }
    Ok(Facts {
        kind: ModelKind::Embedding,
        architecture: family,
        parameters,
        quantisation: kinds
            .into_iter()
            .max_by_key(|(_, bytes)| *bytes)
            .map_or_else(String::new, |(kind, _)| kind.to_owned()),
        context: config.max_position_embeddings,
        embedding_length: config.hidden_size,
        vocabulary: config.vocab_size,
        has_template: false,
        licence: card.and_then(licence),
        // Computed in 32-bit floats, whatever they are stored as.
        memory_bytes: (4 * parameters).saturating_add(MODEL_SCRATCH_BYTES),
    })
}

/// The licence in the head of a model card: lines of `name: value` between two lines of dashes.
fn licence(card: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(card);
    let mut lines = text.lines();
    lines.next().filter(|line| line.trim_end() == "---")?;
    lines.take_while(|line| line.trim_end() != "---").find_map(|line| shown(line.strip_prefix("license:")?.trim()))
}

impl Config {
    fn hold(&self) -> Result<(), Refusal> {
        for (name, given, most) in [
            ("hidden_size", self.hidden_size, MODEL_VECTOR_MAX),
            ("num_hidden_layers", self.num_hidden_layers, MODEL_DEPTH_MAX),
            ("num_attention_heads", self.num_attention_heads, MODEL_VECTOR_MAX),
            ("intermediate_size", self.intermediate_size, MODEL_VECTOR_MAX),
            ("max_position_embeddings", self.max_position_embeddings, MODEL_VECTOR_MAX),
            ("vocab_size", self.vocab_size, VOCABULARY_MAX_TOKENS as u64),
        ] {
            if !(1..=most).contains(&given) {
                return Err(Refusal::wrong(format!("`{name}` in `config.json` is {given}, expected 1 to {most}")));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let (size, heads) = (self.hidden_size, self.num_attention_heads);
            return Err(Refusal::wrong(format!("`hidden_size` is {size}, expected a multiple of the {heads} heads")));
        }
        Ok(())
    }

    /// Every tensor must be there with its sizes.
    fn tensors(&self, entries: &BTreeMap<String, Entry>) -> Result<(), Refusal> {
        let (hidden, wide) = (self.hidden_size, self.intermediate_size);
        let mut expected = vec![
            ("embeddings.word_embeddings.weight".to_owned(), vec![self.vocab_size, hidden]),
            ("embeddings.position_embeddings.weight".to_owned(), vec![self.max_position_embeddings, hidden]),
            ("embeddings.LayerNorm.weight".to_owned(), vec![hidden]),
        ];
        for layer in 0..self.num_hidden_layers {
            let parts: [(&str, &[u64]); 8] = [
                ("attention.self.query.weight", &[hidden, hidden]),
                ("attention.self.key.weight", &[hidden, hidden]),
                ("attention.self.value.weight", &[hidden, hidden]),
                ("attention.output.dense.weight", &[hidden, hidden]),
                ("attention.output.LayerNorm.weight", &[hidden]),
                ("intermediate.dense.weight", &[wide, hidden]),
                ("output.dense.weight", &[hidden, wide]),
                ("output.LayerNorm.weight", &[hidden]),
            ];
            expected.extend(parts.map(|(name, shape)| (format!("encoder.layer.{layer}.{name}"), shape.to_vec())));
        }
        for (name, shape) in expected {
            let entry = entries.get(&name).or_else(|| entries.get(&format!("bert.{name}")));
            match entry {
                None => return Err(Refusal::wrong(format!("the tensor `{name}` is missing"))),
                Some(entry) if entry.shape != shape => {
                    let given = &entry.shape;
                    return Err(Refusal::wrong(format!(
                        "the tensor `{name}` has the sizes {given:?}, expected {shape:?}"
                    )));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

impl Entry {
    fn elements(&self) -> u64 {
        self.shape.iter().product()
    }
}

/// The table of tensors, each held against the length of the file and against the others.
fn head(file: &mut (impl Read + Seek)) -> Result<BTreeMap<String, Entry>, Refusal> {
    let file_bytes = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let broken = |why: String| Refusal::wrong(format!("a broken safetensors file: {why}"));
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| broken(format!("{file_bytes} bytes are too few")))?;
    let length = u64::from_le_bytes(length);
    if length > SAFETENSORS_HEAD_MAX_BYTES || length > file_bytes - 8 {
        return Err(broken(format!(
            "its head claims {length} bytes, at most {SAFETENSORS_HEAD_MAX_BYTES} and what is left"
        )));
    }
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    let mut all: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(&bytes).map_err(|cause| broken(format!("its head cannot be read: {cause}")))?;
    all.remove("__metadata__");
    let data_bytes = file_bytes - 8 - length;
    let mut entries = BTreeMap::new();
    for (name, value) in all {
        let short: String = name.chars().take(80).collect();
        let entry: Entry = serde_json::from_value(value)
            .map_err(|cause| broken(format!("tensor `{short}` cannot be read: {cause}")))?;
        let width = match entry.dtype.as_str() {
            "F64" | "I64" | "U64" => 8,
            "F32" | "I32" | "U32" => 4,
            "F16" | "BF16" | "I16" | "U16" => 2,
            "I8" | "U8" | "BOOL" => 1,
            other => return Err(broken(format!("tensor `{short}` is stored as {:?}", shown(other)))),
        };
        let bytes = entry.shape.iter().try_fold(width, |product: u64, size| product.checked_mul(*size));
        let (start, end) = entry.data_offsets;
        if start > end || end > data_bytes || bytes != Some(end - start) {
            return Err(broken(format!(
                "tensor `{short}` of {:?} stands at {start}..{end} of {data_bytes}",
                entry.shape
            )));
        }
        entries.insert(name, entry);
    }
    let mut places: Vec<_> = entries.values().map(|entry| entry.data_offsets).collect();
    places.sort_unstable();
    if places.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return Err(broken("two tensors overlap".into()));
    }
    Ok(entries)
}
