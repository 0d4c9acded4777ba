//! Files that hold no model that this program runs.

use std::io::Cursor;

use super::super::{DecoderError, MemoryNeed, memory_needed};
use super::tiny::Tiny;
use super::{Architecture, Decoder, DecoderOptions};
use crate::kernels::Level;
use crate::llm::local::gguf::{Gguf, Value};

fn load(file: &[u8], change: impl Fn(&mut Gguf)) -> Result<Decoder, DecoderError> {
    let mut source = Cursor::new(file);
    let mut gguf = Gguf::read(&mut source).unwrap();
    change(&mut gguf);
    let options = DecoderOptions { threads: 1, pages: 1, level: Level::best() };
    Decoder::load(&gguf, &mut source, options, &mut |_| {})
}

#[test]
fn what_is_wrong_is_named_with_what_is_given_and_allowed() {
    let file = Tiny::of(Architecture::Qwen3).file();
    let set = |key: &'static str, value: Value| {
        move |gguf: &mut Gguf| {
            gguf.metadata.insert(key.into(), value.clone());
        }
    };
    let refused = |change: &dyn Fn(&mut Gguf)| load(&file, change).unwrap_err().to_string();
    let cases: [(String, &str); 8] = [
        (
            refused(&set("general.architecture", Value::Text("mamba".into()))),
            "`general.architecture` is `mamba`, and this program runs llama, qwen2, qwen3, gemma3",
        ),
        (
            refused(&set("qwen3.block_count", Value::Unsigned(0))),
            "`qwen3.block_count` is 0, expected a whole number in 1..=1024",
        ),
        (
            refused(&set("qwen3.attention.head_count_kv", Value::Unsigned(4))),
            "`qwen3.attention.head_count_kv` is 4, expected a divisor of 6",
        ),
        (
            refused(&set("qwen3.rope.scaling.type", Value::Text("yarn".into()))),
            "`qwen3.rope.scaling.type` is `yarn`, expected `none` or `linear`",
        ),
        (
            refused(&set("qwen3.attention.layer_norm_rms_epsilon", Value::Float(-1.0))),
            "`qwen3.attention.layer_norm_rms_epsilon` is -1, expected a number above 0",
        ),
        (
            refused(&|gguf| drop(gguf.metadata.remove("qwen3.embedding_length"))),
            "`qwen3.embedding_length` is missing, expected a whole number in 1..=65536",
        ),
        (
            refused(&|gguf| drop(gguf.tensors.remove("blk.6.attn_q_norm.weight"))),
            "tensor `blk.6.attn_q_norm.weight` is missing",
        ),
        (
            refused(&set("qwen3.feed_forward_length", Value::Unsigned(96))),
            "tensor `blk.0.ffn_gate.weight` has the sizes [96, 160], expected [96, 96]",
        ),
    ];
    for (given, expected) in cases {
        assert_eq!(given, format!("a model that cannot be used here: {expected}"));
    }
}

#[test]
fn memory_is_estimated_before_loading_and_progress_told_while() {
    for architecture in Architecture::ALL {
        let file = Tiny { kind: candle_core::quantized::GgmlDType::Q8_0, ..Tiny::of(architecture) }.file();
        let mut source = Cursor::new(&file);
        let gguf = Gguf::read(&mut source).unwrap();
        let need = memory_needed(&gguf, 5).unwrap();
        let mut told = Vec::new();
        let options = DecoderOptions { threads: 1, pages: 5, level: Level::best() };
        let decoder = Decoder::load(&gguf, &mut source, options, &mut |loaded| told.push(loaded)).unwrap();
        assert_eq!(need.weights_bytes, decoder.weights.bytes(), "{architecture:?}");
        let MemoryNeed { weights_bytes, cache_bytes, scratch_bytes } = need;
        assert_eq!(need.total_bytes(), weights_bytes + cache_bytes + scratch_bytes);
        // Keys and values of 5 pages of 32 positions in two bytes each, values padded to 32 numbers.
        let tiny = Tiny::of(architecture);
        let padded = tiny.head.next_multiple_of(32);
        assert_eq!(cache_bytes as usize, 5 * 32 * 2 * tiny.layers * tiny.kv_heads * (tiny.head + padded));
        assert!(told.windows(2).all(|pair| pair[0].bytes < pair[1].bytes));
        let last = told.last().unwrap();
        assert_eq!((last.bytes, told.len()), (last.of, gguf.tensors.len()));
    }
}
