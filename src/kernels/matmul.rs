//! P: Rows of activations times matrices of weights. Each thread takes a share of the tiles of all matrices; a tile stays in
//! the caches while it meets the rows, several at a time. Levels multiply in whole numbers, floats in floats.

#![expect(unsafe_code, reason = "vector instructions, and threads that write different columns of the same rows")]
#![expect(clippy::missing_panics_doc, reason = "a size that does not fit is a bug, as the head of `kernels` says")]

mod floats;
mod levels;

use std::marker::PhantomData;

use super::blocks::Scheme;
use super::lanes::{Lanes, TILE, unroll};
use super::level::Level;
use super::packed::{Packed, Store};
use super::pool::Pool;
use super::rows::Rows;

/// Bytes of activations that should stay in a core's second cache while tiles pass by.
const PANEL_BYTES: usize = 384 * 1024;

/// What is done with a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It replaces what stands there.
    Set,
    /// It is added to what stands there.
    Add,
}

/// Where the products of a tile go: `rows` of `stride` floats, into columns that are this tile's alone.
#[derive(Clone, Copy)]
struct Target {
    at: *mut f32,
    stride: usize,
    put: Put,
}

// SAFETY: tasks on different threads write different elements, as `matmul` splits the columns between them.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    /// Writes the products of a tile with one row: `values[part]` are those of its lanes from `part * N` on.
    ///
    /// # Safety
    /// The processor has the instructions of `L`; the row and the columns `tile * TILE..` below `stride` are this caller's.
    #[inline(always)]
    unsafe fn write<L: Lanes>(self, row: usize, tile: usize, values: [L::Floats; PARTS_MAX]) {
        let start = tile * TILE;
        // SAFETY: the same conditions; a tile that is cut off by `stride` goes through a copy of its full width.
        unsafe {
            let to = self.at.add(row * self.stride + start);
            let width = (self.stride - start).min(TILE);
            let mut copy = [0.0; TILE];
            let is_cut = width < TILE;
            let place = if is_cut { copy.as_mut_ptr() } else { to };
            if is_cut {
                to.copy_to_nonoverlapping(place, width);
            }
            unroll!(TILE / L::N, |part| {
                let place = place.add(part * L::N);
                let value = values[part];
                L::store(place, if self.put == Put::Add { L::add(L::load(place), value) } else { value });
            });
            if is_cut {
                place.copy_to_nonoverlapping(to, width);
            }
        }
    }
}

/// Most vectors that a tile's lanes are spread over.
const PARTS_MAX: usize = 4;

/// `out[row][n]` becomes, or grows by, the product of row `row` with row `n` of the weights, for each of several matrices
/// over the same activations. Sizes must fit: each matrix has as many columns as the activations, each output a row for each
/// of theirs.
pub fn matmul<const J: usize>(pool: &Pool, level: Level, rows: &Rows, products: [(&Packed, &mut [f32], Put); J]) {
    let mut tiles = 0;
    let jobs = products.map(|(weights, out, put)| {
        assert_eq!(weights.columns(), rows.columns(), "weights and activations differ in columns");
        assert_eq!(out.len(), rows.count() * weights.rows(), "the output has another size than the product");
        let start = tiles;
        tiles += weights.rows().div_ceil(TILE);
        (start, weights, Target { at: out.as_mut_ptr(), stride: weights.rows(), put })
    });
    if rows.count() == 0 {
        return;
    }
    let row_bytes = size_of_val(rows.blocks(0)).max(1);
    let panel = (PANEL_BYTES / row_bytes).clamp(8, 512).next_multiple_of(8);
    pool.run(&|part| {
        let share = pool.share(tiles, part);
        for first in (0..rows.count()).step_by(panel) {
            let panel = first..rows.count().min(first + panel);
            for (start, weights, target) in &jobs {
                let end = start + weights.rows().div_ceil(TILE);
                let mine = share.start.clamp(*start, end) - start..share.end.clamp(*start, end) - start;
                if !mine.is_empty() {
                    multiply(level, weights, rows, &Part { tiles: mine, rows: panel.clone(), target: *target });
                }
            }
        }
    });
}

/// Some tiles of a matrix, for some rows.
struct Part {
    tiles: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
    target: Target,
}

fn multiply(level: Level, weights: &Packed, rows: &Rows, part: &Part) {
    match &weights.store {
        Store::Levels { kind, scheme, levels, scales } => {
            debug_assert_eq!(Scheme::of(*kind), Some(*scheme), "a matrix was packed by another scheme");
            levels::multiply(level, *kind, levels, scales, rows, part);
        }
        Store::Single(floats) => {
            level.run(floats::Floats { weights: floats, rows, part, kind: PhantomData::<floats::Single> });
        }
        Store::Half(words) => {
            level.run(floats::Floats { weights: words, rows, part, kind: PhantomData::<floats::Half> });
        }
        Store::Brain(words) => {
            level.run(floats::Floats { weights: words, rows, part, kind: PhantomData::<floats::Brain> });
        }
    }
}

/// Runs `work` for groups of rows, as many at a time as `most` allows: 8, 4, 2 or 1.
macro_rules! in_groups {
    ($rows:expr, $most:expr, |$row:ident, $m:ident| $work:expr) => {{
        let rows = $rows;
        let mut $row = rows.start;
        while $row < rows.end {
            let left = rows.end - $row;
            if $most >= 8 && left >= 8 {
                const $m: usize = 8;
                $work;
                $row += $m;
            } else if $most >= 4 && left >= 4 {
                const $m: usize = 4;
                $work;
                $row += $m;
            } else if left >= 2 {
                const $m: usize = 2;
                $work;
                $row += $m;
            } else {
                const $m: usize = 1;
                $work;
                $row += $m;
            }
        }
    }};
}
use in_groups;
