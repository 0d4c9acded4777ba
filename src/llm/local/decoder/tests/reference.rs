//! The four families in plain arithmetic and double precision, one token after the other, from the description of each
//! (the model cards and llama.cpp's graphs); shares no code with the decoder. And candle's own models.

use std::collections::HashMap;
use std::io::Cursor;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen2, quantized_qwen3};

use super::Architecture;
use super::tiny::Tiny;

type Vector = Vec<f64>;

/// A model of [`Tiny`] in double precision.
pub(super) struct Plain {
    of: Tiny,
    tensors: HashMap<String, (usize, Vector)>,
    /// Keys and values of each layer by position.
    past: Vec<Vec<(Vector, Vector)>>,
}

impl Plain {
    pub fn new(of: Tiny, file: &[u8]) -> Self {
        let mut source = Cursor::new(file);
        let content = Content::read(&mut source).unwrap();
        let mut tensors = HashMap::new();
        for name in content.tensor_infos.keys() {
            let tensor = content.tensor(&mut source, name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
            let columns = *tensor.dims().last().unwrap();
            let values: Vec<f32> = tensor.flatten_all().unwrap().to_vec1().unwrap();
            tensors.insert(name.clone(), (columns, values.into_iter().map(f64::from).collect()));
        }
        Self { of, tensors, past: vec![Vec::new(); of.layers] }
    }

    fn vector(&self, name: &str) -> Option<&[f64]> {
        self.tensors.get(name).map(|(_, values)| &**values)
    }

    fn product(&self, name: &str, x: &[f64]) -> Vector {
        let (columns, values) = &self.tensors[name];
        values.chunks_exact(*columns).map(|row| row.iter().zip(x).map(|(w, x)| w * x).sum()).collect()
    }

    fn norm(&self, name: &str, x: &[f64]) -> Vector {
        let mean = x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64;
        let root = (mean + 1e-6).sqrt();
        x.iter().zip(self.vector(name).unwrap()).map(|(x, w)| x / root * w).collect()
    }

    /// Queries or keys of a position: offset, norm of each head, rotation.
    fn heads(&self, layer: usize, part: &str, x: &[f64], position: usize) -> Vector {
        let name = |end: &str| format!("blk.{layer}.attn_{part}{end}");
        let mut all = self.product(&name(".weight"), x);
        if let Some(offset) = self.vector(&name(".bias")) {
            all.iter_mut().zip(offset).for_each(|(value, offset)| *value += offset);
        }
        let width = self.of.head;
        for head in all.chunks_exact_mut(width) {
            if self.vector(&name("_norm.weight")).is_some() {
                let normed = self.norm(&name("_norm.weight"), head);
                head.copy_from_slice(&normed);
            }
            let base: f64 = if self.has_window(layer) { 10_000.0 } else { 20_000.0 };
            for pair in 0..width / 2 {
                let factor = self.vector("rope_freqs.weight").map_or(1.0, |factors| factors[pair]);
                let angle = position as f64 * base.powf(-2.0 * pair as f64 / width as f64) / factor;
                let is_llama = self.of.architecture == Architecture::Llama;
                let (a, b) = if is_llama { (2 * pair, 2 * pair + 1) } else { (pair, pair + width / 2) };
                let (x, y) = (head[a], head[b]);
                (head[a], head[b]) = (x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos());
            }
        }
        all
    }

    fn has_window(&self, layer: usize) -> bool {
        self.of.architecture == Architecture::Gemma3 && !(layer + 1).is_multiple_of(6)
    }

    fn attended(&mut self, layer: usize, x: &[f64], position: usize) -> Vector {
        let (queries, keys) = (self.heads(layer, "q", x, position), self.heads(layer, "k", x, position));
        let mut values = self.product(&format!("blk.{layer}.attn_v.weight"), x);
        if let Some(offset) = self.vector(&format!("blk.{layer}.attn_v.bias")) {
            values.iter_mut().zip(offset).for_each(|(value, offset)| *value += offset);
        }
        self.past[layer].push((keys, values));
        let (width, group) = (self.of.head, self.of.heads / self.of.kv_heads);
        let first = if self.has_window(layer) { (position + 1).saturating_sub(self.of.window) } else { 0 };
        let seen = &self.past[layer][first..];
        let mut out = Vec::new();
        for (head, query) in queries.chunks_exact(width).enumerate() {
            let at = head / group * width..(head / group + 1) * width;
            let score = |key: &[f64]| query.iter().zip(key).map(|(q, k)| q * k).sum::<f64>() / (width as f64).sqrt();
            let weights: Vector = seen.iter().map(|(key, _)| score(&key[at.clone()]).exp()).collect();
            let total: f64 = weights.iter().sum();
            for i in at {
                out.push(weights.iter().zip(seen).map(|(w, (_, value))| w * value[i]).sum::<f64>() / total);
            }
        }
        self.product(&format!("blk.{layer}.attn_output.weight"), &out)
    }

    /// Logits after the next token.
    pub fn next(&mut self, token: u32) -> Vec<f32> {
        let position = self.past[0].len();
        let width = self.of.embedding;
        let is_gemma = self.of.architecture == Architecture::Gemma3;
        let scale = if is_gemma { (width as f64).sqrt() } else { 1.0 };
        let table = self.vector("token_embd.weight").unwrap();
        let mut state: Vector = table[token as usize * width..][..width].iter().map(|value| value * scale).collect();
        for layer in 0..self.of.layers {
            let name = |part: &str| format!("blk.{layer}.{part}.weight");
            let x = self.norm(&name("attn_norm"), &state);
            let mut part = self.attended(layer, &x, position);
            if is_gemma {
                part = self.norm(&name("post_attention_norm"), &part);
            }
            state.iter_mut().zip(part).for_each(|(state, part)| *state += part);
            let x = self.norm(&name("ffn_norm"), &state);
            let act = |x: f64| {
                let tanh = ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh();
                if is_gemma { 0.5 * x * (1.0 + tanh) } else { x / (1.0 + (-x).exp()) }
            };
            let (gates, ups) = (self.product(&name("ffn_gate"), &x), self.product(&name("ffn_up"), &x));
            let gated: Vector = gates.into_iter().zip(ups).map(|(gate, up)| act(gate) * up).collect();
            let mut part = self.product(&name("ffn_down"), &gated);
            if is_gemma {
                part = self.norm(&name("post_ffw_norm"), &part);
            }
            state.iter_mut().zip(part).for_each(|(state, part)| *state += part);
        }
        let x = self.norm("output_norm.weight", &state);
        let output = if self.of.is_tied { "token_embd.weight" } else { "output.weight" };
        self.product(output, &x).into_iter().map(|logit| logit as f32).collect()
    }
}

/// A model of candle.
pub(super) enum Candle {
    Llama(quantized_llama::ModelWeights),
    Qwen2(quantized_qwen2::ModelWeights),
    Qwen3(quantized_qwen3::ModelWeights),
}

impl Candle {
    /// None for Gemma 3: candle 0.11 gates it with the wrong function and sees past its window.
    pub fn new(architecture: Architecture, file: &[u8]) -> Option<Self> {
        let mut source = Cursor::new(file);
        let content = Content::read(&mut source).unwrap();
        let cpu = &Device::Cpu;
        Some(match architecture {
            Architecture::Llama => {
                Self::Llama(quantized_llama::ModelWeights::from_gguf(content, &mut source, cpu).unwrap())
            }
            Architecture::Qwen2 => {
                Self::Qwen2(quantized_qwen2::ModelWeights::from_gguf(content, &mut source, cpu).unwrap())
            }
            Architecture::Qwen3 => {
                Self::Qwen3(quantized_qwen3::ModelWeights::from_gguf(content, &mut source, cpu).unwrap())
            }
            Architecture::Gemma3 => return None,
        })
    }

    /// Logits after the last of the tokens, the first of which is at a position.
    pub fn step(&mut self, tokens: &[u32], position: usize) -> Vec<f32> {
        let input = Tensor::new(tokens, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        let logits = match self {
            Self::Llama(model) => model.forward(&input, position),
            Self::Qwen2(model) => model.forward(&input, position),
            Self::Qwen3(model) => model.forward(&input, position),
        };
        logits.unwrap().flatten_all().unwrap().to_vec1().unwrap()
    }
}
