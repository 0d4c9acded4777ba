//! However tokens are divided into steps, and whatever else goes with them, their logits are the same to the last bit.

use candle_core::quantized::GgmlDType;

use super::tiny::Tiny;
use super::{Architecture, decoder, one_by_one};
use crate::kernels::Level;
use crate::llm::local::forward::{Chunk, Forward};

fn tokens(seed: usize, count: usize) -> Vec<u32> {
    (0..count).map(|at| ((at * 37 + seed * 101 + at * at * 3) % 211) as u32).collect()
}

#[test]
fn chunked_is_whole_and_batched_is_alone() {
    for (architecture, kind) in
        Architecture::ALL.into_iter().zip([GgmlDType::Q4_1, GgmlDType::Q8_0, GgmlDType::F32, GgmlDType::Q5_0])
    {
        let file = Tiny { kind, ..Tiny::of(architecture) }.file();
        for level in Level::available() {
            let mut decoder = decoder(&file, 2, level, 12);
            let (a, b) = (tokens(1, 70), tokens(2, 41));
            let expected_a = one_by_one(&mut decoder, &a, 0);
            let expected_b = one_by_one(&mut decoder, &b, 3);
            let mut logits = Vec::new();

            // All at once, over pages in another order.
            let pages = [8, 5, 7];
            decoder.step(&[Chunk { tokens: &a, start: 0, pages: &pages, wants_logits: true }], &mut logits);
            assert_eq!(logits, expected_a[69], "{architecture:?} at {level:?}");

            // In uneven parts, of which only the last wants logits.
            let pages = [9, 10, 11];
            for (start, end) in [(0, 1), (1, 34), (34, 64), (64, 70)] {
                let chunk = Chunk { tokens: &a[start..end], start, pages: &pages, wants_logits: end == 70 };
                decoder.step(&[chunk], &mut logits);
                assert_eq!(logits.is_empty(), end < 70, "logits that nobody asked for");
            }
            assert_eq!(logits, expected_a[69], "{architecture:?} at {level:?}");

            // Beside another sequence, each at its own position; answers stand in the order of the chunks.
            let (of_a, of_b) = ([9, 10, 11], [3, 4]);
            let chunks = [
                Chunk { tokens: &b[30..41], start: 30, pages: &of_b, wants_logits: true },
                Chunk { tokens: &a[69..70], start: 69, pages: &of_a, wants_logits: true },
            ];
            decoder.step(&chunks, &mut logits);
            assert_eq!(logits, [&*expected_b[40], &*expected_a[69]].concat(), "{architecture:?} at {level:?}");
        }
    }
}

#[test]
fn a_beginning_is_shared_between_sequences() {
    let file = Tiny::of(Architecture::Llama).file();
    let mut decoder = decoder(&file, 1, Level::best(), 8);
    let beginning = tokens(3, 64);
    let ends = [tokens(4, 9), tokens(5, 20)];
    let mut logits = Vec::new();
    decoder.step(&[Chunk { tokens: &beginning, start: 0, pages: &[6, 2], wants_logits: false }], &mut logits);
    let pages = [[6, 2, 0], [6, 2, 1]];
    let chunk = |i: usize| Chunk { tokens: &ends[i], start: 64, pages: &pages[i], wants_logits: true };
    decoder.step(&[chunk(0), chunk(1)], &mut logits);
    let shared = logits.clone();
    for (end, shared) in ends.iter().zip(shared.chunks_exact(211)) {
        let whole = [&*beginning, end].concat();
        decoder.step(&[Chunk { tokens: &whole, start: 0, pages: &[3, 4, 5], wants_logits: true }], &mut logits);
        assert_eq!(logits, shared);
    }
}

#[test]
fn pages_left_by_others_do_not_show() {
    let file = Tiny::of(Architecture::Gemma3).file();
    let mut decoder = decoder(&file, 1, Level::best(), 3);
    let expected = one_by_one(&mut decoder, &tokens(6, 40), 0);
    one_by_one(&mut decoder, &tokens(7, 96), 0);
    assert_eq!(one_by_one(&mut decoder, &tokens(6, 40), 0), expected);
}

#[test]
fn threads_do_not_change_a_bit() {
    let file = Tiny { kind: GgmlDType::Q4_0, ..Tiny::of(Architecture::Qwen3) }.file();
    let tokens = tokens(8, 50);
    let expected = one_by_one(&mut decoder(&file, 1, Level::best(), 2), &tokens, 0);
    for threads in 2..5 {
        assert_eq!(one_by_one(&mut decoder(&file, threads, Level::best(), 2), &tokens, 0), expected);
    }
}
