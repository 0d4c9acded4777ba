//! P: Tiles of floats times rows of floats.

use super::{PARTS_MAX, Part, in_groups};
use crate::kernels::lanes::{Lanes, TILE, unroll};
use crate::kernels::level::Task;
use crate::kernels::rows::Rows;

/// How a float is stored.
pub(super) trait Stored {
    /// Its bits.
    type Bits: Copy;
    /// `N` of them.
    ///
    /// # Safety
    /// The processor has the instructions of `L`; `N` of them stand at `from`.
    unsafe fn load<L: Lanes>(from: *const Self::Bits) -> L::Floats;
}

/// 32-bit floats.
pub(super) struct Single;
/// IEEE half precision.
pub(super) struct Half;
/// Upper halves of floats.
pub(super) struct Brain;

impl Stored for Single {
    type Bits = f32;
    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const f32) -> L::Floats {
        // SAFETY: the same conditions.
        unsafe { L::load(from) }
    }
}

impl Stored for Half {
    type Bits = u16;
    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const u16) -> L::Floats {
        // SAFETY: the same conditions.
        unsafe { L::load_half(from) }
    }
}

impl Stored for Brain {
    type Bits = u16;
    #[inline(always)]
    unsafe fn load<L: Lanes>(from: *const u16) -> L::Floats {
        // SAFETY: the same conditions.
        unsafe { L::load_brain(from) }
    }
}

/// Some tiles of floats times some rows.
pub(super) struct Floats<'a, S: Stored> {
    pub weights: &'a [S::Bits],
    pub rows: &'a Rows,
    pub part: &'a Part,
    pub kind: std::marker::PhantomData<S>,
}

impl<S: Stored> Task for Floats<'_, S> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let columns = self.rows.columns();
        for tile in self.part.tiles.clone() {
            let weights = &self.weights[tile * TILE * columns..][..TILE * columns];
            // SAFETY: the same condition; `M` rows from `row` on lie in the range, which is the target's.
            in_groups!(self.part.rows.clone(), L::ROWS, |row, M| unsafe {
                let sums = tile_of_floats::<L, S, M>(weights, self.rows, row);
                unroll!(M, |at| self.part.target.write::<L>(row + at, tile, sums[at]));
            });
        }
    }
}

/// A tile times `M` rows. Each row is summed in the order of the columns, however many go together.
///
/// # Safety
/// The processor has the instructions of `L`; there are `M` rows from `first` on.
#[inline(always)]
unsafe fn tile_of_floats<L: Lanes, S: Stored, const M: usize>(
    weights: &[S::Bits],
    rows: &Rows,
    first: usize,
) -> [[L::Floats; PARTS_MAX]; M] {
    // SAFETY: the same conditions; a column of a tile has `TILE` weights, a row has a value for each column.
    unsafe {
        let mut sums = [[L::splat(0.0); PARTS_MAX]; M];
        let mut from = [rows.row(first).as_ptr(); M];
        unroll!(M, |at| from[at] = rows.row(first + at).as_ptr());
        for column in 0..weights.len() / TILE {
            let at = weights.as_ptr().add(column * TILE);
            unroll!(TILE / L::N, |part| {
                let weights = S::load::<L>(at.add(part * L::N));
                unroll!(M, |m| sums[m][part] = L::fma(weights, L::splat(*from[m].add(column)), sums[m][part]));
            });
        }
        sums
    }
}
