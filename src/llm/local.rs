//! S: Language models on this machine: the files that hold them, their tokenizers, and the engine that runs them. Calls
//! nothing outside.

pub mod engine;
pub mod forward;
pub mod gguf;
pub mod grammar;
pub mod provider;
pub mod sampler;
pub mod spelling;
#[cfg(test)]
pub mod toy;

#[cfg(test)]
use crate::limits;
