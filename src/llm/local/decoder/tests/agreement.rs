//! Logits against other computations of the same model.
//!
//! The tolerance, as the size of the difference beside that of the logits, is 0.2 %: keys and values are kept in half
//! precision (2^-11) in each of seven layers of random weights, and activations meet levels in 15 bits.

use candle_core::quantized::GgmlDType;

use super::reference::{Candle, Plain};
use super::tiny::{Tiny, dequantised};
use super::{Architecture, decoder, distance, one_by_one};
use crate::kernels::Level;

const TOLERANCE: f64 = 2e-3;

fn tokens(tiny: &Tiny, count: usize) -> Vec<u32> {
    (0..count).map(|at| ((at * at * 31 + at * 7 + 5) % tiny.vocabulary) as u32).collect()
}

#[test]
fn each_family_agrees_with_plain_arithmetic_and_with_candle() {
    for architecture in Architecture::ALL {
        for is_tied in [false, true] {
            let tiny = Tiny { is_tied, ..Tiny::of(architecture) };
            let file = tiny.file();
            let tokens = tokens(&tiny, 45);
            let mut plain = Plain::new(tiny, &file);
            let expected: Vec<Vec<f32>> = tokens.iter().map(|token| plain.next(*token)).collect();
            if let Some(mut candle) = Candle::new(architecture, &file) {
                for (at, token) in tokens.iter().enumerate() {
                    let off = distance(&candle.step(&[*token], at), &expected[at]);
                    assert!(off < TOLERANCE, "{architecture:?}: candle and plain arithmetic differ by {off} at {at}");
                }
            }
            for level in Level::available() {
                let logits = one_by_one(&mut decoder(&file, 2, level, 4), &tokens, 1);
                for (at, (given, expected)) in logits.iter().zip(&expected).enumerate() {
                    let off = distance(given, expected);
                    assert!(off < TOLERANCE, "{architecture:?} at {level:?}, position {at}: off by {off}");
                }
            }
        }
    }
}

#[test]
fn each_kind_of_weights_agrees_with_its_floats() {
    let small = [GgmlDType::Q4_0, GgmlDType::Q4_1, GgmlDType::Q5_0, GgmlDType::Q5_1, GgmlDType::Q8_0];
    let large = [GgmlDType::Q2K, GgmlDType::Q3K, GgmlDType::Q4K, GgmlDType::Q5K, GgmlDType::Q6K];
    let floats = [GgmlDType::F16, GgmlDType::BF16];
    for (at, kind) in small.into_iter().chain(large).chain(floats).enumerate() {
        let architecture = Architecture::ALL[at % 4];
        let mut tiny = Tiny { kind, layers: 3, ..Tiny::of(architecture) };
        if large.contains(&kind) {
            (tiny.embedding, tiny.feed_forward, tiny.heads, tiny.kv_heads) = (256, 512, 8, 4);
            tiny.head = 256 / 8;
        }
        let file = tiny.file();
        let mut plain = Plain::new(tiny, &dequantised(&file));
        let tokens = tokens(&tiny, 12);
        let expected: Vec<Vec<f32>> = tokens.iter().map(|token| plain.next(*token)).collect();
        for level in Level::available() {
            let logits = one_by_one(&mut decoder(&file, 1, level, 1), &tokens, 0);
            for (given, expected) in logits.iter().zip(&expected) {
                let off = distance(given, expected);
                assert!(off < TOLERANCE, "{architecture:?} of {kind:?} at {level:?}: off by {off}");
            }
        }
    }
}

#[test]
fn factors_of_the_angles_are_used() {
    let tiny = Tiny { has_angle_factors: true, ..Tiny::of(Architecture::Llama) };
    let file = tiny.file();
    let tokens = tokens(&tiny, 40);
    let mut plain = Plain::new(tiny, &file);
    let given = one_by_one(&mut decoder(&file, 1, Level::best(), 2), &tokens, 0);
    let expected: Vec<Vec<f32>> = tokens.iter().map(|token| plain.next(*token)).collect();
    assert!(distance(given.last().unwrap(), expected.last().unwrap()) < TOLERANCE);
    let without = Tiny { has_angle_factors: false, ..tiny };
    let other = one_by_one(&mut decoder(&without.file(), 1, Level::best(), 2), &tokens, 0);
    assert!(distance(other.last().unwrap(), expected.last().unwrap()) > 10.0 * TOLERANCE);
}
