//! Tests of the decoder: against candle, against plain arithmetic in double precision, and against itself in other steps.

mod agreement;
mod formats;
mod real;
mod reference;
mod refusals;
mod steps;
mod tiny;

use std::io::Cursor;

use super::{Architecture, Decoder, DecoderOptions};
use crate::kernels::Level;
use crate::limits::KV_PAGE_POSITIONS;
use crate::llm::local::forward::{Chunk, Forward};
use crate::llm::local::gguf::Gguf;

/// The model of a file in memory.
fn decoder(file: &[u8], threads: usize, level: Level, pages: usize) -> Decoder {
    let mut source = Cursor::new(file);
    let gguf = Gguf::read(&mut source).unwrap();
    Decoder::load(&gguf, &mut source, DecoderOptions { threads, pages, level }, &mut |_| {}).unwrap()
}

/// Logits after each of the tokens, which go through one by one from position 0 over the pages `first..`.
fn one_by_one(decoder: &mut Decoder, tokens: &[u32], first: u32) -> Vec<Vec<f32>> {
    let pages: Vec<u32> = (first..).take(tokens.len().div_ceil(KV_PAGE_POSITIONS)).collect();
    let mut all = Vec::new();
    for (start, token) in tokens.iter().enumerate() {
        let mut logits = Vec::new();
        decoder.step(&[Chunk { tokens: &[*token], start, pages: &pages, wants_logits: true }], &mut logits);
        all.push(logits);
    }
    all
}

/// Size of the difference beside the size of what is expected, both as roots of sums of squares.
fn distance(given: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(given.len(), expected.len());
    let square = |value: f64| value * value;
    let off: f64 = given.iter().zip(expected).map(|(g, e)| square(f64::from(*g) - f64::from(*e))).sum();
    let size: f64 = expected.iter().map(|e| square(f64::from(*e))).sum();
    (off / size).sqrt()
}

/// The token with the greatest logit, the first of equals.
fn greedy(logits: &[f32]) -> u32 {
    (1..logits.len()).fold(0, |best, at| if logits[at] > logits[best] { at } else { best }) as u32
}
