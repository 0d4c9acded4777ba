//! Models of random weights in real files, small enough for a test: candle writes the file.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use super::Architecture;

/// What a model is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiny {
    pub architecture: Architecture,
    pub embedding: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head: usize,
    pub feed_forward: usize,
    pub layers: usize,
    pub vocabulary: usize,
    pub window: usize,
    /// How matrices are stored; vectors are 32-bit floats.
    pub kind: GgmlDType,
    pub is_tied: bool,
    pub has_angle_factors: bool,
    pub seed: u64,
}

impl Tiny {
    /// One of each family, with odd sizes where the family allows them.
    pub fn of(architecture: Architecture) -> Self {
        // Only these two say how long a head is; candle takes it to be a part of the embedding in the others.
        let head = match architecture {
            Architecture::Qwen3 | Architecture::Gemma3 => 32,
            Architecture::Llama | Architecture::Qwen2 => 16,
        };
        Self {
            architecture,
            embedding: 96,
            heads: 6,
            kv_heads: 2,
            head,
            feed_forward: 160,
            layers: 7,
            vocabulary: 211,
            window: 9,
            kind: GgmlDType::F32,
            is_tied: architecture == Architecture::Gemma3,
            has_angle_factors: false,
            seed: 1,
        }
    }

    /// The entries of its metadata that this program and candle read.
    fn metadata(&self) -> Vec<(String, Value)> {
        let name = self.architecture.name();
        let numbers = [
            ("block_count", self.layers),
            ("embedding_length", self.embedding),
            ("feed_forward_length", self.feed_forward),
            ("attention.head_count", self.heads),
            ("attention.head_count_kv", self.kv_heads),
            ("attention.key_length", self.head),
            ("attention.value_length", self.head),
            ("attention.sliding_window", self.window),
            ("context_length", 256),
            ("rope.dimension_count", self.head),
        ];
        let mut entries = vec![(String::from("general.architecture"), Value::String(name.into()))];
        // Without it candle computes Qwen 3 in half precision.
        entries.push((String::from("general.dtype"), Value::U32(0)));
        entries.extend(numbers.map(|(key, number)| (format!("{name}.{key}"), Value::U32(number as u32))));
        entries.push((format!("{name}.attention.layer_norm_rms_epsilon"), Value::F32(1e-6)));
        entries.push((format!("{name}.rope.freq_base"), Value::F32(20_000.0)));
        entries
    }

    /// Names and shapes of its tensors, rows first.
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (queries, keys, width) = (self.heads * self.head, self.kv_heads * self.head, self.embedding);
        let mut all = vec![
            (String::from("token_embd.weight"), vec![self.vocabulary, width]),
            (String::from("output_norm.weight"), vec![width]),
        ];
        if !self.is_tied {
            all.push((String::from("output.weight"), vec![self.vocabulary, width]));
        }
        if self.has_angle_factors {
            all.push((String::from("rope_freqs.weight"), vec![self.head / 2]));
        }
        for layer in 0..self.layers {
            let mut add = |name: &str, shape: &[usize]| all.push((format!("blk.{layer}.{name}"), shape.to_vec()));
            add("attn_norm.weight", &[width]);
            add("ffn_norm.weight", &[width]);
            add("attn_q.weight", &[queries, width]);
            add("attn_k.weight", &[keys, width]);
            add("attn_v.weight", &[keys, width]);
            add("attn_output.weight", &[width, queries]);
            add("ffn_gate.weight", &[self.feed_forward, width]);
            add("ffn_up.weight", &[self.feed_forward, width]);
            add("ffn_down.weight", &[width, self.feed_forward]);
            match self.architecture {
                Architecture::Llama => {}
                Architecture::Qwen2 => {
                    add("attn_q.bias", &[queries]);
                    add("attn_k.bias", &[keys]);
                    add("attn_v.bias", &[keys]);
                }
                Architecture::Qwen3 | Architecture::Gemma3 => {
                    add("attn_q_norm.weight", &[self.head]);
                    add("attn_k_norm.weight", &[self.head]);
                }
            }
            if self.architecture == Architecture::Gemma3 {
                add("post_attention_norm.weight", &[width]);
                add("post_ffw_norm.weight", &[width]);
            }
        }
        all
    }

    /// Its file.
    pub fn file(&self) -> Vec<u8> {
        let mut state = self.seed;
        let mut unit = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        let tensors: Vec<(String, QTensor)> = self
            .tensors()
            .into_iter()
            .map(|(name, shape)| {
                let count = shape.iter().product();
                // Norms are near 1, angle factors above it; matrices keep the size of what they multiply.
                let values: Vec<f32> = (0..count)
                    .map(|_| match (&*name, shape.len()) {
                        ("rope_freqs.weight", _) => 2.0 + unit(),
                        (name, 1) if name.ends_with(".weight") => 1.0 + 0.3 * unit(),
                        (_, 1) => 0.3 * unit(),
                        _ => unit() * (3.0 / shape[1] as f32).sqrt(),
                    })
                    .collect();
                let kind = if shape.len() == 1 { GgmlDType::F32 } else { self.kind };
                let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
                (name, QTensor::quantize(&tensor, kind).unwrap())
            })
            .collect();
        written(&self.metadata(), &tensors)
    }
}

/// A file of these entries and tensors.
pub(super) fn written(metadata: &[(String, Value)], tensors: &[(String, QTensor)]) -> Vec<u8> {
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (&**key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (&**name, tensor)).collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    file.into_inner()
}

/// The same model with all tensors as 32-bit floats, by candle's reading of them.
pub(super) fn dequantised(file: &[u8]) -> Vec<u8> {
    let mut source = Cursor::new(file);
    let content = gguf_file::Content::read(&mut source).unwrap();
    let names: Vec<String> = content.tensor_infos.keys().cloned().collect();
    let floats = |name: String| {
        let tensor = content.tensor(&mut source, &name, &Device::Cpu).unwrap().dequantize(&Device::Cpu).unwrap();
        (name, QTensor::quantize(&tensor, GgmlDType::F32).unwrap())
    };
    let tensors: Vec<(String, QTensor)> = names.into_iter().map(floats).collect();
    let is_needed = |key: &str| !key.starts_with("tokenizer.");
    let metadata: Vec<(String, Value)> =
        content.metadata.iter().filter(|(key, _)| is_needed(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
    written(&metadata, &tensors)
}
