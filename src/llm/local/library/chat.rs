//! A: Checks a GGUF file that is to write text: its hyperparameters, each tensor against them, its vocabulary and its
//! template. Loads no weights.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use super::facts::{Facts, Refusal, shown};
use crate::limits::{KV_PAGE_POSITIONS, MODEL_DEPTH_MAX, MODEL_ESTIMATE_PAGES, MODEL_SCRATCH_BYTES, MODEL_VECTOR_MAX};
use crate::llm::local::forward::Vocabulary;
use crate::llm::local::gguf::{Gguf, TensorKind};
use crate::llm::local::template::ChatTemplate;
use crate::llm::local::tokenizer::Tokenizer;
use crate::store::tables::models::ModelKind;

/// Families of models that run here.
const ARCHITECTURES: [&str; 4] = ["llama", "qwen2", "qwen3", "gemma3"];

/// The sizes that decide what every tensor must be.
#[derive(Debug)]
struct Sizes {
    layers: u64,
    embedding: u64,
    feed: u64,
    heads: u64,
    kv_heads: u64,
    head: u64,
    context: u64,
}

/// Checks a file.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub(super) fn inspect(source: &mut (impl Read + Seek)) -> Result<Facts, Refusal> {
    let gguf = Gguf::read(source)?;
    let architecture = gguf.text("general.architecture").unwrap_or_default().to_owned();
    if !ARCHITECTURES.contains(&architecture.as_str()) {
        let allowed = ARCHITECTURES.join(", ");
        return Err(Refusal::wrong(format!(
            "its architecture (`general.architecture`) is `{}`; {allowed} run here",
            shown(&architecture).unwrap_or_default()
        )));
    }
    let sizes = Sizes::read(&gguf, &architecture)?;
    let tokenizer = Tokenizer::from_gguf(&gguf)?;
    let vocabulary = tokenizer.size() as u64;
    let expected = expected(&sizes, &architecture, vocabulary);
    hold(&gguf, &expected)?;
    let template = ChatTemplate::from_gguf(&gguf, &tokenizer)?;
    Ok(Facts {
        kind: ModelKind::Chat,
        parameters: gguf.tensors.values().map(crate::llm::local::gguf::Tensor::elements).sum(),
        quantisation: dominant(&gguf).name().to_owned(),
        context: sizes.context,
        embedding_length: sizes.embedding,
        vocabulary,
        has_template: template.is_own(),
        licence: gguf.text("general.license").and_then(shown),
        memory_bytes: memory_needed(&gguf, &sizes, MODEL_ESTIMATE_PAGES),
        architecture,
    })
}

/// What a model takes when it runs with so many pages: its weights, which are repacked at about their size, the keys and
/// values in half precision, and room to compute.
fn memory_needed(gguf: &Gguf, sizes: &Sizes, pages: u64) -> u64 {
    let weights: u64 = gguf.tensors.values().map(|tensor| tensor.bytes).sum();
    let position = sizes.layers * 2 * sizes.kv_heads * sizes.head * 2;
    weights
        .saturating_add(weights / 8)
        .saturating_add(position.saturating_mul(pages * KV_PAGE_POSITIONS as u64))
        .saturating_add(MODEL_SCRATCH_BYTES)
}

/// The kind that most bytes of weights have.
fn dominant(gguf: &Gguf) -> TensorKind {
    let mut bytes: BTreeMap<TensorKind, u64> = BTreeMap::new();
    for tensor in gguf.tensors.values() {
        *bytes.entry(tensor.kind).or_default() += tensor.bytes;
    }
    bytes.into_iter().max_by_key(|(_, bytes)| *bytes).map_or(TensorKind::F32, |(kind, _)| kind)
}

impl Sizes {
    fn read(gguf: &Gguf, architecture: &str) -> Result<Self, Refusal> {
        let count = |key: &str, most: u64, default: Option<u64>| {
            let key = format!("{architecture}.{key}");
            let given = if gguf.metadata.contains_key(&key) { gguf.unsigned(&key) } else { default };
            given.filter(|number| (1..=most).contains(number)).ok_or_else(|| {
                let given = gguf.metadata.get(&key).map_or_else(|| "missing".to_owned(), |value| format!("{value:?}"));
                let given: String = given.chars().take(60).collect();
                Refusal::wrong(format!("`{key}` is {given}, expected a whole number from 1 to {most}"))
            })
        };
        let heads = count("attention.head_count", MODEL_VECTOR_MAX, None)?;
        let kv_heads = count("attention.head_count_kv", heads, Some(heads))?;
        let embedding = count("embedding_length", MODEL_VECTOR_MAX, None)?;
        let head = count("attention.key_length", MODEL_VECTOR_MAX, Some(embedding / heads))?;
        let value = count("attention.value_length", MODEL_VECTOR_MAX, Some(head))?;
        if value != head || !heads.is_multiple_of(kv_heads) {
            return Err(Refusal::wrong(format!(
                "{heads} heads of {head}, {kv_heads} of keys and values of {value}: keys and values must be of one length, \
                 and the heads a multiple of theirs"
            )));
        }
        let epsilon = gguf.float(&format!("{architecture}.attention.layer_norm_rms_epsilon"));
        if !epsilon.is_some_and(|epsilon| epsilon > 0. && epsilon < 1.) {
            return Err(Refusal::wrong(format!(
                "`{architecture}.attention.layer_norm_rms_epsilon` is {epsilon:?}, expected a number between 0 and 1"
            )));
        }
        Ok(Self {
            layers: count("block_count", MODEL_DEPTH_MAX, None)?,
            feed: count("feed_forward_length", MODEL_VECTOR_MAX, None)?,
            context: count("context_length", u64::from(u32::MAX), None)?,
            embedding,
            heads,
            kv_heads,
            head,
        })
    }
}

/// A tensor that a model has, or may have.
struct Expected {
    name: String,
    dims: Vec<u64>,
    optional: bool,
}

fn expected(sizes: &Sizes, architecture: &str, vocabulary: u64) -> Vec<Expected> {
    let Sizes { layers, embedding, feed, heads, kv_heads, head, .. } = *sizes;
    let (asks, asked) = (heads * head, kv_heads * head);
    let mut all = Vec::new();
    let mut has =
        |name: String, dims: &[u64], optional: bool| all.push(Expected { name, dims: dims.to_vec(), optional });
    has("token_embd.weight".into(), &[embedding, vocabulary], false);
    has("output_norm.weight".into(), &[embedding], false);
    has("output.weight".into(), &[embedding, vocabulary], true);
    for layer in 0..layers {
        let mut of = |name: &str, dims: &[u64], optional: bool| has(format!("blk.{layer}.{name}"), dims, optional);
        of("attn_norm.weight", &[embedding], false);
        of("attn_q.weight", &[embedding, asks], false);
        of("attn_k.weight", &[embedding, asked], false);
        of("attn_v.weight", &[embedding, asked], false);
        of("attn_output.weight", &[asks, embedding], false);
        of("ffn_norm.weight", &[embedding], false);
        of("ffn_gate.weight", &[embedding, feed], false);
        of("ffn_up.weight", &[embedding, feed], false);
        of("ffn_down.weight", &[feed, embedding], false);
        if architecture == "qwen2" {
            of("attn_q.bias", &[asks], false);
            of("attn_k.bias", &[asked], false);
            of("attn_v.bias", &[asked], false);
        }
        if matches!(architecture, "qwen3" | "gemma3") {
            of("attn_q_norm.weight", &[head], false);
            of("attn_k_norm.weight", &[head], false);
        }
        if architecture == "gemma3" {
            of("post_attention_norm.weight", &[embedding], false);
            of("post_ffw_norm.weight", &[embedding], false);
        }
    }
    all
}

/// Every tensor must be there with its sizes, and what multiplies vectors as they are must be plain floats.
fn hold(gguf: &Gguf, expected: &[Expected]) -> Result<(), Refusal> {
    for Expected { name, dims, optional } in expected {
        let Some(tensor) = gguf.tensor(name) else {
            if *optional {
                continue;
            }
            return Err(Refusal::wrong(format!("the tensor `{name}` is missing")));
        };
        // A size of 1 at the end says nothing.
        let trimmed = |dims: &[u64]| {
            let kept = dims.iter().rposition(|size| *size != 1).map_or(1, |last| last + 1);
            dims[..kept].to_vec()
        };
        if trimmed(&tensor.dims) != trimmed(dims) {
            return Err(Refusal::wrong(format!(
                "the tensor `{name}` has the sizes {:?}, expected {dims:?}",
                tensor.dims
            )));
        }
        if dims.len() == 1 && tensor.kind.block_elements() > 1 {
            return Err(Refusal::wrong(format!(
                "the tensor `{name}` is stored as {}, expected floats",
                tensor.kind.name()
            )));
        }
    }
    Ok(())
}
