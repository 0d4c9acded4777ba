//! Models on the machine: files imported, told, checked, used and removed.

use std::io::Cursor;

use candle_core::quantized::{GgmlDType, gguf_file::Content};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_gemma3, quantized_llama, quantized_qwen2, quantized_qwen3};

use crate::tiny::{ARCHITECTURES, Tiny, vocabulary_size};

#[test]
fn the_generated_files_are_read_and_run_by_an_independent_reader() {
    for architecture in ARCHITECTURES {
        for kind in [GgmlDType::Q4_0, GgmlDType::Q8_0, GgmlDType::Q4K] {
            let tiny = Tiny::new(architecture, kind, 1);
            let mut file = Cursor::new(tiny.bytes());
            let content = Content::read(&mut file).unwrap();
            let (input, at) = (Tensor::new(&[[1u32, 2, 3]], &Device::Cpu).unwrap(), &Device::Cpu);
            let logits = match architecture {
                "llama" => quantized_llama::ModelWeights::from_gguf(content, &mut file, at).unwrap().forward(&input, 0),
                "qwen2" => quantized_qwen2::ModelWeights::from_gguf(content, &mut file, at).unwrap().forward(&input, 0),
                "qwen3" => quantized_qwen3::ModelWeights::from_gguf(content, &mut file, at).unwrap().forward(&input, 0),
                _ => quantized_gemma3::ModelWeights::from_gguf(content, &mut file, at).unwrap().forward(&input, 0),
            };
            let logits = logits.unwrap().flatten_all().unwrap().to_dtype(candle_core::DType::F32).unwrap();
            let logits: Vec<f32> = logits.to_vec1().unwrap();
            assert_eq!(logits.len(), vocabulary_size(tiny.words), "{architecture} {kind:?}");
            assert!(logits.iter().all(|logit| logit.is_finite()), "{architecture} {kind:?}");
        }
    }
}
