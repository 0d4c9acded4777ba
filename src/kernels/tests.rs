//! Tests of the kernels, at each level that this machine has, against plain arithmetic in double precision.

mod attention;
mod blocks;
mod pool;
mod products;
mod vectors;

use super::{Level, TensorKind};

/// A small generator of numbers, so that a case is one seed (Steele and others' SplitMix64).
pub(super) struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Between -1 and 1.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    pub fn units(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.unit()).collect()
    }

    /// Blocks of a kind: any levels, and scales of a usual size.
    pub fn blocks(&mut self, kind: TensorKind, blocks: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..blocks * kind.block_bytes()).map(|_| self.bits() as u8).collect();
        let halves: &[usize] = match kind {
            TensorKind::F16 | TensorKind::Q4_0 | TensorKind::Q5_0 | TensorKind::Q8_0 => &[0],
            TensorKind::Q4_1 | TensorKind::Q5_1 | TensorKind::Q4K | TensorKind::Q5K => &[0, 2],
            TensorKind::Q2K => &[80, 82],
            TensorKind::Q3K => &[108],
            TensorKind::Q6K => &[208],
            TensorKind::F32 | TensorKind::BF16 | TensorKind::Q8K => &[],
        };
        for block in bytes.chunks_exact_mut(kind.block_bytes()) {
            for at in halves {
                block[*at..at + 2].copy_from_slice(&half::f16::from_f32(self.unit()).to_le_bytes());
            }
            match kind {
                TensorKind::F32 | TensorKind::Q8K => block[..4].copy_from_slice(&self.unit().to_le_bytes()),
                TensorKind::BF16 => block.copy_from_slice(&half::bf16::from_f32(self.unit()).to_le_bytes()),
                _ => {}
            }
        }
        bytes
    }
}

#[test]
fn levels_are_found_by_their_names_and_the_portable_one_is_everywhere() {
    let levels = Level::available();
    assert_eq!(levels[0], Level::PORTABLE);
    assert_eq!(levels.last(), Some(&Level::best()));
    for level in levels {
        assert_eq!(Level::named(level.name()), Some(level));
    }
    assert_eq!(Level::named("abacus"), None);
}
