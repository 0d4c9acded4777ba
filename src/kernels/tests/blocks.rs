//! Blocks against a reader of single elements, written from the comments of ggml's `ggml-common.h` and `ggml-quants.c`.

use half::{bf16, f16};
use proptest::prelude::*;

use super::Random;
use crate::kernels::{Packed, Pool, TensorKind, dequantise};

/// The value of element `i` of a block.
pub(super) fn element(kind: TensorKind, block: &[u8], i: usize) -> f64 {
    let half = |at: usize| f16::from_le_bytes([block[at], block[at + 1]]).to_f64();
    let float = || f64::from(f32::from_le_bytes([block[0], block[1], block[2], block[3]]));
    // 32 nibbles of which the lower ones come first.
    let nibble = |at: usize| f64::from(if i < 16 { block[at + i] & 15 } else { block[at + i - 16] >> 4 });
    let fifth = |at: usize| f64::from((block[at + i / 8] >> (i % 8)) & 1) * 16.0;
    // Positions in a block of 256: its half, the quarter of that, and the place in the quarter.
    let (side, quarter, place) = (i / 128, i % 128 / 32, i % 32);
    match kind {
        TensorKind::F32 => float(),
        TensorKind::F16 => half(0),
        TensorKind::BF16 => bf16::from_le_bytes([block[0], block[1]]).to_f64(),
        TensorKind::Q4_0 => half(0) * (nibble(2) - 8.0),
        TensorKind::Q4_1 => half(0) * nibble(4) + half(2),
        TensorKind::Q5_0 => half(0) * (nibble(6) + fifth(2) - 16.0),
        TensorKind::Q5_1 => half(0) * (nibble(8) + fifth(4)) + half(2),
        TensorKind::Q8_0 => half(0) * f64::from(block[2 + i].cast_signed()),
        TensorKind::Q8K => float() * f64::from(block[4 + i].cast_signed()),
        TensorKind::Q2K => {
            let group = block[i / 16];
            let level = (block[16 + 32 * side + place] >> (2 * quarter)) & 3;
            half(80) * f64::from(group & 15) * f64::from(level) - half(82) * f64::from(group >> 4)
        }
        TensorKind::Q3K => {
            let level = (block[32 + 32 * side + place] >> (2 * quarter)) & 3;
            let is_high = block[place] & (1 << (i / 32)) != 0;
            let group = i / 16;
            let low = if group < 8 { block[96 + group] & 15 } else { block[96 + group - 8] >> 4 };
            let high = (block[104 + group % 4] >> (2 * (group / 4))) & 3;
            let scale = i32::from(low) + 16 * i32::from(high) - 32;
            half(108) * f64::from(scale) * (f64::from(level) - if is_high { 0.0 } else { 4.0 })
        }
        TensorKind::Q4K | TensorKind::Q5K => {
            let group = i / 32;
            let (scale, offset) = if group < 4 {
                (block[4 + group] & 63, block[8 + group] & 63)
            } else {
                let both = block[8 + group];
                ((both & 15) + 16 * (block[group] >> 6), (both >> 4) + 16 * (block[4 + group] >> 6))
            };
            let start = if kind == TensorKind::Q4K { 16 } else { 48 };
            let pair = block[start + 32 * (group / 2) + place];
            let mut level = f64::from(if group.is_multiple_of(2) { pair & 15 } else { pair >> 4 });
            if kind == TensorKind::Q5K {
                level += 16.0 * f64::from((block[16 + place] >> group) & 1);
            }
            half(0) * f64::from(scale) * level - half(2) * f64::from(offset)
        }
        TensorKind::Q6K => {
            let low = block[64 * side + 32 * (quarter % 2) + place];
            let low = if quarter < 2 { low & 15 } else { low >> 4 };
            let high = (block[128 + 32 * side + place] >> (2 * quarter)) & 3;
            let level = f64::from(low) + 16.0 * f64::from(high) - 32.0;
            half(208) * f64::from(block[192 + i / 16].cast_signed()) * level
        }
    }
}

/// All values of consecutive blocks.
pub(super) fn elements(kind: TensorKind, bytes: &[u8]) -> Vec<f64> {
    let blocks = bytes.chunks_exact(kind.block_bytes());
    blocks.flat_map(|block| (0..kind.block_elements()).map(move |i| element(kind, block, i))).collect()
}

fn is_near(given: f32, expected: f64) -> bool {
    (f64::from(given) - expected).abs() <= 1e-5 * (1.0 + expected.abs())
}

proptest! {
    #[test]
    fn every_kind_is_read_and_packed_without_loss(
        seed: u64, kind in 0..TensorKind::ALL.len(), rows in 1_usize..40, blocks in 1_usize..4, threads in 1_usize..4,
    ) {
        let kind = TensorKind::ALL[kind];
        let bytes = Random(seed).blocks(kind, rows * blocks);
        let expected = elements(kind, &bytes);
        let columns = blocks * kind.block_elements();

        let mut values = vec![0.0; expected.len()];
        dequantise(kind, &bytes, &mut values);
        for (given, expected) in values.iter().zip(&expected) {
            prop_assert!(is_near(*given, *expected), "{kind:?}: {given}, expected {expected}");
        }

        let packed = Packed::new(kind, rows, columns, &bytes, &Pool::new(threads)).unwrap();
        prop_assert_eq!(packed.bytes(), Packed::bytes_of(kind, rows, columns));
        let mut row = vec![0.0; columns];
        for (at, expected) in expected.chunks_exact(columns).enumerate() {
            packed.row(at, &mut row);
            for (given, expected) in row.iter().zip(expected) {
                prop_assert!(is_near(*given, *expected), "{kind:?}, row {at}: {given}, expected {expected}");
            }
        }
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let pool = Pool::new(1);
    let why = Packed::new(TensorKind::Q4K, 2, 300, &[], &pool).unwrap_err();
    assert_eq!(why, "rows of 300 elements, expected a multiple of 256 for Q4_K");
    let why = Packed::new(TensorKind::Q8_0, 2, 32, &[0; 67], &pool).unwrap_err();
    assert_eq!(why, "67 bytes, expected 2 rows of 34");
    let why = Packed::of_floats(2, 3, &[0.0; 5], &pool).unwrap_err();
    assert_eq!(why, "5 floats, expected 2 rows of 3");
}

#[test]
fn packing_adds_little_to_the_size_of_the_file() {
    for kind in TensorKind::ALL {
        let file = kind.block_bytes() * 4096 / kind.block_elements() * 4096;
        let packed = Packed::bytes_of(kind, 4096, 4096);
        // Two and three bits are unpacked to four, 8 bits in blocks of 256 to floats.
        let most = match kind {
            TensorKind::Q2K => 2.2,
            TensorKind::Q3K => 1.5,
            TensorKind::Q8K => 4.0,
            _ => 1.04,
        };
        assert!(packed as f64 <= file as f64 * most, "{kind:?}: {packed} bytes, {file} in the file");
    }
}
