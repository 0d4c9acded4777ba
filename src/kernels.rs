//! P: The arithmetic of models on this machine: weights repacked for vector instructions, products with rows of activations,
//! norms, gates, rotary positions, attention over pages, and the threads that share them. It knows no file, no model and no
//! request; what uses it checks sizes first, and a size that does not fit is a bug that panics.
//!
//! `unsafe` is allowed in these files alone. Three reasons for it recur: vector instructions that need a processor that has
//! them ([`Level`] is the proof), loads without bounds checks whose offsets follow from a layout, and threads that write
//! different elements of one slice.

#![expect(
    clippy::inline_always,
    reason = "vectors stay in registers only where everything is inlined into the copy of a level"
)]

mod blocks;
mod buffer;
mod cache;
pub mod float;
mod kind;
mod lanes;
mod level;
mod matmul;
mod packed;
mod pool;
mod rows;
#[cfg(test)]
mod tests;
mod vector;

pub use cache::{Attention, Cache, CacheShape, Span};
pub use kind::TensorKind;
pub use level::Level;
pub use matmul::{Put, matmul};
pub use packed::{Packed, dequantise};
pub use pool::Pool;
pub use rows::Rows;
pub use vector::{Gate, Pairs, add, dot, gate, rms_norm, rms_norm_in_place, rotate, softmax};
