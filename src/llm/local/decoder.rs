//! S: A model that turns tokens into logits: its file's hyperparameters checked, its weights loaded and repacked, its pages
//! of keys and values, and a step that takes chunks of several sequences through it at once. Who computes when, and what a
//! page holds, others decide.

mod angles;
mod pass;
mod shape;
#[cfg(test)]
mod tests;
mod weights;

use std::io::{self, Read, Seek};

use super::forward::{Chunk, Forward};
use super::gguf::Gguf;
use crate::kernels::{Cache, Level, Pool};
use crate::limits::MODEL_STEP_MAX_ROWS;
use angles::Angles;
use pass::{Engine, Scratch};
pub use shape::{Architecture, Rotation, Shape, Windows};
use weights::{Loader, Weights};

/// Why a model cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DecoderError {
    /// Its file could not be read.
    #[error("cannot read the model: {0}")]
    Io(#[from] io::Error),
    /// It is none that this program runs.
    #[error("a model that cannot be used here: {0}")]
    Unusable(String),
}

/// How to run a model.
#[derive(Clone, Copy, Debug)]
pub struct DecoderOptions {
    /// Threads that compute, the caller's among them.
    pub threads: usize,
    /// Pages of keys and values.
    pub pages: usize,
    /// Instructions to use.
    pub level: Level,
}

/// How far loading has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Bytes of tensors that are loaded.
    pub bytes: u64,
    /// Bytes of all tensors.
    pub of: u64,
}

/// What a model will take of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryNeed {
    /// Its repacked weights, in bytes.
    pub weights_bytes: u64,
    /// Its pages when all are in use, in bytes.
    pub cache_bytes: u64,
    /// What a step needs beside that, or loading if that is more, in bytes.
    pub scratch_bytes: u64,
}

impl MemoryNeed {
    /// The sum.
    pub const fn total_bytes(self) -> u64 {
        self.weights_bytes.saturating_add(self.cache_bytes).saturating_add(self.scratch_bytes)
    }
}

/// What a model will take of memory with so many pages, from the head of its file.
///
/// # Errors
/// [`DecoderError::Unusable`]: it is none that this program runs.
pub fn memory_needed(gguf: &Gguf, pages: usize) -> Result<MemoryNeed, DecoderError> {
    let shape = Shape::read(gguf)?;
    let (weights_bytes, largest) = weights::bytes(gguf);
    let step = MODEL_STEP_MAX_ROWS as u64 * pass::row_bytes(&shape) as u64;
    Ok(MemoryNeed { weights_bytes, cache_bytes: shape.cache(pages).bytes() as u64, scratch_bytes: step.max(largest) })
}

/// A model, ready to compute.
#[derive(Debug)]
pub struct Decoder {
    shape: Shape,
    weights: Weights,
    cache: Cache,
    pool: Pool,
    level: Level,
    scratch: Scratch,
}

impl Decoder {
    /// Loads a model from its file, whose head is `gguf`, one tensor after the other; `progress` is told after each.
    ///
    /// # Errors
    /// [`DecoderError`]: the file cannot be read, or holds no model that this program runs.
    pub fn load(
        gguf: &Gguf,
        source: &mut (impl Read + Seek),
        options: DecoderOptions,
        progress: &mut dyn FnMut(Loaded),
    ) -> Result<Self, DecoderError> {
        let shape = Shape::read(gguf)?;
        let pool = Pool::new(options.threads);
        let total = gguf.tensors.values().map(|tensor| tensor.bytes).sum();
        let weights = Loader { gguf, source, pool: &pool, progress, done: 0, total }.weights(&shape)?;
        let rotation = &shape.rotation;
        let factors = weights.angle_factors.as_deref();
        let all = Angles::new(rotation, rotation.base, rotation.scale, factors);
        // Where no layer has a window, the second table is empty and never asked for.
        let windowed = shape.windows.map_or_else(Angles::default, |w| Angles::new(rotation, w.base, 1.0, factors));
        let cache = Cache::new(shape.cache(options.pages));
        let scratch = Scratch::new([all, windowed]);
        Ok(Self { shape, weights, cache, pool, level: options.level, scratch })
    }

    /// Its sizes and constants.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }
}

impl Forward for Decoder {
    fn vocabulary(&self) -> usize {
        self.shape.vocabulary
    }

    fn context(&self) -> usize {
        self.shape.context
    }

    fn pages(&self) -> usize {
        self.cache.shape().pages
    }

    fn step(&mut self, chunks: &[Chunk<'_>], logits: &mut Vec<f32>) {
        let Self { shape, weights, cache, pool, level, scratch } = self;
        Engine { pool, level: *level, shape, weights }.run(scratch, cache, chunks, logits);
    }
}
