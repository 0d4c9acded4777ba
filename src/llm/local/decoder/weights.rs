//! A: The weights of a model, read from its file one tensor at a time and repacked; and what they will take, before. Each
//! tensor is held against the sizes that the metadata gives. Computes no logits.

use std::io::{Read, Seek};

use super::shape::{Architecture, Shape, missing};
use super::{DecoderError, Loaded};
use crate::kernels::{Packed, Pool, dequantise};
use crate::llm::local::gguf::{Gguf, Tensor};

/// The weights of a model.
#[derive(Debug)]
pub(super) struct Weights {
    /// A row for each token.
    pub embedding: Packed,
    /// What makes logits, where it is not the embedding.
    pub output: Option<Packed>,
    /// The norm before that.
    pub output_norm: Vec<f32>,
    /// What the angle of each pair is divided by, in models that say so.
    pub angle_factors: Option<Vec<f32>>,
    /// The layers.
    pub layers: Vec<Layer>,
}

/// The weights of a layer.
#[derive(Debug)]
pub(super) struct Layer {
    pub attention_norm: Vec<f32>,
    pub query: Packed,
    pub key: Packed,
    pub value: Packed,
    pub query_offset: Option<Vec<f32>>,
    pub key_offset: Option<Vec<f32>>,
    pub value_offset: Option<Vec<f32>>,
    pub query_norm: Option<Vec<f32>>,
    pub key_norm: Option<Vec<f32>>,
    pub output: Packed,
    pub after_attention_norm: Option<Vec<f32>>,
    pub feed_forward_norm: Vec<f32>,
    pub gate: Packed,
    pub up: Packed,
    pub down: Packed,
    pub after_feed_forward_norm: Option<Vec<f32>>,
}

#[cfg(test)]
impl Weights {
    /// Bytes that they take.
    pub fn bytes(&self) -> u64 {
        let of = |vectors: &[Option<&Vec<f32>>]| vectors.iter().flatten().map(|v| 4 * v.len()).sum::<usize>();
        let mut sum = self.embedding.bytes() + self.output.as_ref().map_or(0, Packed::bytes);
        sum += of(&[Some(&self.output_norm), self.angle_factors.as_ref()]);
        for layer in &self.layers {
            let matrices = [&layer.query, &layer.key, &layer.value, &layer.output, &layer.gate, &layer.up, &layer.down];
            sum += matrices.into_iter().map(Packed::bytes).sum::<usize>();
            sum += of(&[Some(&layer.attention_norm), Some(&layer.feed_forward_norm)]);
            sum += of(&[layer.query_offset.as_ref(), layer.key_offset.as_ref(), layer.value_offset.as_ref()]);
            sum += of(&[layer.query_norm.as_ref(), layer.key_norm.as_ref()]);
            sum += of(&[layer.after_attention_norm.as_ref(), layer.after_feed_forward_norm.as_ref()]);
        }
        sum as u64
    }
}

/// Bytes that the weights will take, and those of the largest tensor while it is repacked.
pub(super) fn bytes(gguf: &Gguf) -> (u64, u64) {
    let packed = |tensor: &Tensor| match tensor.dims.len() {
        1 => 4 * tensor.elements(),
        _ => Packed::bytes_of(tensor.kind, tensor.rows(), tensor.columns()) as u64,
    };
    let largest = gguf.tensors.values().map(|tensor| tensor.bytes).max().unwrap_or(0);
    (gguf.tensors.values().map(packed).sum(), largest)
}

/// Reads tensors.
pub(super) struct Loader<'a, R> {
    pub gguf: &'a Gguf,
    pub source: &'a mut R,
    pub pool: &'a Pool,
    pub progress: &'a mut dyn FnMut(Loaded),
    pub done: u64,
    pub total: u64,
}

impl<R: Read + Seek> Loader<'_, R> {
    /// Reads all weights.
    ///
    /// # Errors
    /// A tensor is missing, or has another size than the metadata says; the file cannot be read.
    pub fn weights(&mut self, shape: &Shape) -> Result<Weights, DecoderError> {
        let embedding = self.matrix("token_embd.weight", shape.vocabulary, shape.embedding)?;
        let has_output = self.gguf.tensor("output.weight").is_some();
        let output =
            if has_output { Some(self.matrix("output.weight", shape.vocabulary, shape.embedding)?) } else { None };
        let output_norm = self.vector("output_norm.weight", shape.embedding)?;
        let angle_factors = self.optional("rope_freqs.weight", shape.rotation.width / 2)?;
        let layers = (0..shape.layers).map(|layer| self.layer(shape, layer)).collect::<Result<_, _>>()?;
        Ok(Weights { embedding, output, output_norm, angle_factors, layers })
    }

    fn layer(&mut self, shape: &Shape, layer: usize) -> Result<Layer, DecoderError> {
        let name = |part: &str| format!("blk.{layer}.{part}");
        let (embedding, ff) = (shape.embedding, shape.feed_forward);
        let (queries, keys) = (shape.heads * shape.head, shape.kv_heads * shape.head);
        let is_gemma = shape.architecture == Architecture::Gemma3;
        let has_norms = is_gemma || shape.architecture == Architecture::Qwen3;
        let normed = |loader: &mut Self, part: &str, len, has: bool| {
            if has { loader.vector(&name(part), len).map(Some) } else { Ok(None) }
        };
        Ok(Layer {
            query_norm: normed(self, "attn_q_norm.weight", shape.head, has_norms)?,
            key_norm: normed(self, "attn_k_norm.weight", shape.head, has_norms)?,
            after_attention_norm: normed(self, "post_attention_norm.weight", embedding, is_gemma)?,
            after_feed_forward_norm: normed(self, "post_ffw_norm.weight", embedding, is_gemma)?,
            attention_norm: self.vector(&name("attn_norm.weight"), embedding)?,
            query: self.matrix(&name("attn_q.weight"), queries, embedding)?,
            key: self.matrix(&name("attn_k.weight"), keys, embedding)?,
            value: self.matrix(&name("attn_v.weight"), keys, embedding)?,
            query_offset: self.optional(&name("attn_q.bias"), queries)?,
            key_offset: self.optional(&name("attn_k.bias"), keys)?,
            value_offset: self.optional(&name("attn_v.bias"), keys)?,
            output: self.matrix(&name("attn_output.weight"), embedding, queries)?,
            feed_forward_norm: self.vector(&name("ffn_norm.weight"), embedding)?,
            gate: self.matrix(&name("ffn_gate.weight"), ff, embedding)?,
            up: self.matrix(&name("ffn_up.weight"), ff, embedding)?,
            down: self.matrix(&name("ffn_down.weight"), embedding, ff)?,
        })
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Packed, DecoderError> {
        let (tensor, bytes) = self.bytes(name, &[columns, rows])?;
        Packed::new(tensor.kind, rows, columns, &bytes, self.pool)
            .map_err(|why| DecoderError::Unusable(format!("tensor `{name}` has {why}")))
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Vec<f32>, DecoderError> {
        let (tensor, bytes) = self.bytes(name, &[len])?;
        let mut values = vec![0.0; len];
        dequantise(tensor.kind, &bytes, &mut values);
        Ok(values)
    }

    fn optional(&mut self, name: &str, len: usize) -> Result<Option<Vec<f32>>, DecoderError> {
        if self.gguf.tensor(name).is_some() { self.vector(name, len).map(Some) } else { Ok(None) }
    }

    fn bytes(&mut self, name: &str, dims: &[usize]) -> Result<(Tensor, Vec<u8>), DecoderError> {
        let tensor = self.gguf.tensor(name).ok_or_else(|| missing(name))?;
        let mut given = tensor.dims.clone();
        while given.len() > dims.len() && given.last() == Some(&1) {
            given.pop();
        }
        if given.iter().map(|size| *size as usize).ne(dims.iter().copied()) {
            let given = &tensor.dims;
            return Err(DecoderError::Unusable(format!("tensor `{name}` has the sizes {given:?}, expected {dims:?}")));
        }
        let bytes = self.gguf.load(self.source, tensor)?;
        self.done += tensor.bytes;
        (self.progress)(Loaded { bytes: self.done.min(self.total), of: self.total });
        Ok((tensor.clone(), bytes))
    }
}
