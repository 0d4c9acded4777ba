//! A: Loads a model of the library for the engine: its file, its decoder, its tokenizer and its template. Decides nothing of
//! which model is in use.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use super::decoder::{self, Decoder, DecoderOptions};
use super::gguf::Gguf;
use super::library::{Model, memory};
use super::provider::{Loaded, Script};
use super::template::ChatTemplate;
use super::tokenizer::Tokenizer;
use crate::clock::Ambient;
use crate::kernels::Level;
use crate::limits::KV_PAGE_POSITIONS;
use crate::llm::model::Message;

/// Bytes in a mebibyte.
const MIB: u64 = 1024 * 1024;

/// What a model may take of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Threads that compute; 0 for as many as the machine runs at once.
    pub threads: usize,
    /// Memory for keys and values, in MiB.
    pub kv_mib: u64,
    /// Sequences that run at once.
    pub sequences: usize,
}

/// Why a model cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(String);

/// A model's template and tokenizer; the date of a template that tells it comes from the clock.
struct Told {
    template: ChatTemplate,
    tokenizer: Arc<Tokenizer>,
    ambient: Ambient,
}

impl Script for Told {
    fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>, String> {
        self.template.prompt(&self.tokenizer, messages, self.ambient.now()).map_err(|error| error.to_string())
    }

    fn stops(&self) -> &[String] {
        self.template.stops()
    }
}

/// Loads a model. Takes seconds, and a thread that may wait.
///
/// # Errors
/// Its file cannot be read or run, or there is not enough memory for it.
pub fn load(model: &Model, share: Share, ambient: Ambient) -> Result<Loaded, LoadError> {
    let wrong = |cause: &dyn std::fmt::Display| LoadError(cause.to_string());
    let file = File::open(model.path.join("model.gguf")).map_err(|cause| wrong(&cause))?;
    let mut source = BufReader::new(file);
    let gguf = Gguf::read(&mut source).map_err(|cause| wrong(&cause))?;
    let tokenizer = Arc::new(Tokenizer::from_gguf(&gguf).map_err(|cause| wrong(&cause))?);
    let template = ChatTemplate::from_gguf(&gguf, &tokenizer).map_err(|cause| wrong(&cause))?;
    let page_bytes = decoder::memory_needed(&gguf, 1).map_err(|cause| wrong(&cause))?.cache_bytes;
    let pages = pages(share, page_bytes, model.row.context);
    let need = decoder::memory_needed(&gguf, pages).map_err(|cause| wrong(&cause))?.total_bytes();
    if let Some(free) = memory::available_bytes().filter(|free| *free < need) {
        let (need, free) = (need.div_ceil(MIB), free / MIB);
        return Err(LoadError(format!("it needs {need} MiB of memory with `local.kv_mib`, and {free} MiB are free")));
    }
    let threads = match share.threads {
        0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        threads => threads,
    };
    let options = DecoderOptions { threads, pages, level: Level::best() };
    let decoder = Decoder::load(&gguf, &mut source, options, &mut |_| {}).map_err(|cause| wrong(&cause))?;
    let script = Arc::new(Told { template, tokenizer: Arc::clone(&tokenizer), ambient });
    let forward = Box::new(decoder);
    Ok(Loaded { name: model.name.clone(), forward, vocabulary: tokenizer, script, memory_bytes: need })
}

/// As many pages as fit, and no more than sequences of the whole context can fill, twice: once while they run, once kept.
fn pages(share: Share, page_bytes: u64, context: u64) -> usize {
    let fit = share.kv_mib.saturating_mul(MIB) / page_bytes.max(1);
    let whole = context.div_ceil(KV_PAGE_POSITIONS as u64).saturating_mul(share.sequences as u64).saturating_mul(2);
    usize::try_from(fit.min(whole).max(1)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_fill_the_memory_and_no_more_than_can_be_used() {
        let share = Share { threads: 1, kv_mib: 2, sequences: 3 };
        assert_eq!(pages(share, MIB / 4, 10_000), 8);
        assert_eq!(pages(share, 16, 64), 2 * 3 * 2);
        assert_eq!(pages(share, 3 * MIB, 64), 1, "one page is the least");
    }
}
