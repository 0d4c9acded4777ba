//! S: Language models on this machine: the files that hold them, their tokenizers, and the engine that runs them. Calls
//! nothing outside.

pub mod forward;
pub mod gguf;
pub mod library;
pub mod template;
pub mod tokenizer;

#[cfg(test)]
#[path = "../../tests/it/tiny.rs"]
#[expect(dead_code, reason = "the integration tests use the rest")]
mod tiny;
