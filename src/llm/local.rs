//! S: Language models on this machine: the files that hold them, their tokenizers, and the engine that runs them. Calls
//! nothing outside.

pub mod decoder;
pub mod engine;
pub mod forward;
pub mod gguf;
pub mod grammar;
pub mod library;
pub mod load;
pub mod provider;
pub mod sampler;
pub mod spelling;
pub mod template;
pub mod tokenizer;
#[cfg(test)]
pub mod toy;
