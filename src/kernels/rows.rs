//! P: Rows of activations as the kernels read them: floats, and the same in 15 bits with a scale for each 32, made in one
//! pass. Multiplies nothing.

#![expect(unsafe_code, reason = "vector instructions over the rows")]

use super::lanes::{LEVEL_MAX, Lanes};
use super::level::{Level, Task};
use super::packed::BLOCK;
use super::pool::Pool;

/// 32 activations as levels.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Block {
    /// The levels, as [`Lanes::store_levels`] arranges them.
    pub levels: [u8; 2 * BLOCK],
    /// What a level is worth.
    pub scale: f32,
    /// `scale` times the sum of each half.
    pub sums: [f32; 2],
    /// The sum of the levels of each half.
    pub counts: [i32; 2],
}

impl Block {
    const EMPTY: Self = Self { levels: [0; 2 * BLOCK], scale: 0.0, sums: [0.0; 2], counts: [0; 2] };
}

/// Rows of activations.
#[derive(Debug, Default)]
pub struct Rows {
    count: usize,
    columns: usize,
    values: Vec<f32>,
    blocks: Vec<Block>,
}

impl Rows {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// How long each is.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// The floats of a row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..][..self.columns]
    }

    /// The blocks of a row; where its length is no multiple of 32, the last block is not to be used.
    pub(super) fn blocks(&self, row: usize) -> &[Block] {
        let blocks = self.columns.div_ceil(BLOCK);
        &self.blocks[row * blocks..][..blocks]
    }

    /// Makes `count` rows anew: `make(row, values)` fills each, which is then brought to levels too.
    pub fn fill(
        &mut self,
        pool: &Pool,
        level: Level,
        count: usize,
        columns: usize,
        make: impl Fn(usize, &mut [f32]) + Sync,
    ) {
        (self.count, self.columns) = (count, columns);
        let blocks = columns.div_ceil(BLOCK);
        self.values.resize(count * columns, 0.0);
        self.blocks.resize(count * blocks, Block::EMPTY);
        if columns == 0 {
            return;
        }
        let some = pool.at_once(count);
        let parts = self.values.chunks_mut(some * columns).zip(self.blocks.chunks_mut(some * blocks)).enumerate();
        pool.each(parts, |(part, (values, levels))| {
            let rows = values.chunks_exact_mut(columns).zip(levels.chunks_exact_mut(blocks)).enumerate();
            for (row, (values, blocks)) in rows {
                make(part * some + row, values);
                level.run(Quantise { values, blocks });
            }
        });
    }
}

struct Quantise<'a> {
    values: &'a [f32],
    blocks: &'a mut [Block],
}

impl Task for Quantise<'_> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        for (values, block) in self.values.as_chunks::<BLOCK>().0.iter().zip(self.blocks) {
            // SAFETY: the instructions are there; a block has 32 values, and `N` divides 16.
            unsafe {
                let from = values.as_ptr();
                let most = LEVEL_MAX as f32;
                let mut greatest = L::splat(0.0);
                for at in (0..BLOCK).step_by(L::N) {
                    greatest = L::max(greatest, L::abs(L::load(from.add(at))));
                }
                let greatest = L::greatest(greatest);
                // Below that its inverse would overflow: such a block is as good as zero. A NaN stays out as well.
                let is_tiny = !(greatest > 1e-30 && greatest < f32::INFINITY);
                let inverse = L::splat(if is_tiny { 0.0 } else { most / greatest });
                block.scale = if is_tiny { 0.0 } else { greatest / most };
                for half in 0..2 {
                    let mut count = L::splat_int(0);
                    for at in (half * 16..half * 16 + 16).step_by(L::N) {
                        let levels = L::round(L::mul(L::load(from.add(at)), inverse));
                        L::store_levels(block.levels.as_mut_ptr(), at, levels);
                        count = L::add_ints(count, levels);
                    }
                    block.counts[half] = L::sum_ints(count);
                    block.sums[half] = block.scale * block.counts[half] as f32;
                }
            }
        }
    }
}
