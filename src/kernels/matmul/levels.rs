//! P: Tiles of levels times rows of levels, in whole numbers; scales and offsets in floats, once a group.

use std::marker::PhantomData;

use super::{PARTS_MAX, Part, in_groups};
use crate::kernels::TensorKind;
use crate::kernels::blocks::{Scales, Scheme};
use crate::kernels::lanes::{Lanes, TILE, unroll};
use crate::kernels::level::{Level, Task};
use crate::kernels::packed::{CHUNK, NEST, block_bytes, scale_bytes, tile_bytes};
use crate::kernels::rows::{Block, Rows};

/// A kind, known when the kernel is compiled.
trait Format {
    /// Its scheme.
    const SCHEME: Scheme;
}

macro_rules! formats {
    ($($kind:ident),*) => {
        $(
            struct $kind;
            impl Format for $kind {
                const SCHEME: Scheme = match Scheme::of(TensorKind::$kind) {
                    Some(scheme) => scheme,
                    None => unreachable!(),
                };
            }
        )*

        /// Multiplies some tiles of a quantised kind with some rows.
        pub(super) fn multiply(
            level: Level,
            kind: TensorKind,
            levels: &[u8],
            scales: &[u8],
            rows: &Rows,
            part: &Part,
        ) {
            match kind {
                $(TensorKind::$kind => level.run(Levels { packed: levels, scales, rows, part, format: PhantomData::<$kind> }),)*
                // Never packed as levels.
                TensorKind::F32 | TensorKind::F16 | TensorKind::BF16 | TensorKind::Q8K => {}
            }
        }
    };
}
formats!(Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K);

/// Some tiles of levels times some rows.
struct Levels<'a, F: Format> {
    packed: &'a [u8],
    scales: &'a [u8],
    rows: &'a Rows,
    part: &'a Part,
    format: PhantomData<F>,
}

impl<F: Format> Task for Levels<'_, F> {
    type Out = ();

    #[inline(always)]
    unsafe fn run<L: Lanes>(self) {
        let (level_bytes, scale_bytes) = tile_bytes(F::SCHEME, self.rows.columns());
        for tile in self.part.tiles.clone() {
            let levels = &self.packed[tile * level_bytes..][..level_bytes];
            let scales = &self.scales[tile * scale_bytes..][..scale_bytes];
            // SAFETY: the same condition; `M` rows from `row` on lie in the range, which is the target's.
            in_groups!(self.part.rows.clone(), L::ROWS, |row, M| unsafe {
                let sums = tile_of_levels::<L, F, M>(levels, scales, self.rows, row);
                unroll!(M, |at| self.part.target.write::<L>(row + at, tile, sums[at]));
            });
        }
    }
}

/// How far ahead of their use levels are asked for.
const AHEAD_BYTES: usize = 4096;

/// A tile times `M` rows.
///
/// # Safety
/// The processor has the instructions of `L`; there are `M` rows from `first` on; levels and scales are those of a tile.
#[inline(always)]
unsafe fn tile_of_levels<L: Lanes, F: Format, const M: usize>(
    levels: &[u8],
    scales: &[u8],
    rows: &Rows,
    first: usize,
) -> [[L::Floats; PARTS_MAX]; M] {
    // SAFETY: the same conditions; all offsets follow the layout of `packed.rs`, and a row has a block for each of a tile.
    unsafe {
        let mut sums = [[L::splat(0.0); PARTS_MAX]; M];
        let mut from = [rows.blocks(first).as_ptr(); M];
        unroll!(M, |at| from[at] = rows.blocks(first + at).as_ptr());
        for block in 0..rows.columns() / super::super::packed::BLOCK {
            let levels = levels.as_ptr().add(block * block_bytes(F::SCHEME));
            if M == 1 {
                // With one row, weights are waited for: their lines are asked for early enough to arrive.
                unroll!(F::SCHEME.bits as usize, |line| L::prefetch(levels.wrapping_add(AHEAD_BYTES + line * CHUNK)));
            }
            unroll!(TILE / L::N, |part| {
                let (low, high) = unpack::<L, F>(levels.add(part * 4 * L::N));
                let [first, second] = groups::<L, F>(scales.as_ptr(), block, part * L::N);
                unroll!(M, |m| {
                    let with = &*from[m].add(block);
                    sums[m][part] = if F::SCHEME.group == 32 {
                        whole::<L, F>(sums[m][part], low, high, first, with)
                    } else {
                        let sum = half::<L, F>(sums[m][part], low, first, with, 0);
                        half::<L, F>(sum, high, second, with, 1)
                    };
                });
            });
        }
        sums
    }
}

/// A block whose 32 columns share a scale.
#[inline(always)]
unsafe fn whole<L: Lanes, F: Format>(
    sum: L::Floats,
    low: [L::Bytes; 4],
    high: [L::Bytes; 4],
    (scale, offset): (L::Floats, L::Floats),
    with: &Block,
) -> L::Floats {
    // SAFETY: the caller's conditions; a block has 32 levels.
    unsafe {
        let start = L::sums(-F::SCHEME.bias * (with.counts[0] + with.counts[1]));
        let at = with.levels.as_ptr();
        let product = L::total(L::dot(L::dot(start, low, at, 0), high, at, 1));
        let sum = L::fma(L::floats(product), L::mul(scale, L::splat(with.scale)), sum);
        if has_offset::<F>() { L::fma(offset, L::splat(with.sums[0] + with.sums[1]), sum) } else { sum }
    }
}

/// Half of a block, whose 16 columns share a scale.
#[inline(always)]
unsafe fn half<L: Lanes, F: Format>(
    sum: L::Floats,
    levels: [L::Bytes; 4],
    (scale, offset): (L::Floats, L::Floats),
    with: &Block,
    half: usize,
) -> L::Floats {
    // SAFETY: the caller's conditions; a block has 32 levels.
    unsafe {
        let start = L::sums(-F::SCHEME.bias * with.counts[half]);
        let product = L::total(L::dot(start, levels, with.levels.as_ptr(), half));
        let sum = L::fma(L::floats(product), L::mul(scale, L::splat(with.scale)), sum);
        if has_offset::<F>() { L::fma(offset, L::splat(with.sums[half]), sum) } else { sum }
    }
}

const fn has_offset<F: Format>() -> bool {
    matches!(F::SCHEME.scales, Scales::Two | Scales::NestedTwo)
}

/// The levels of a block: columns 0..16 and 16..32, four in each vector.
#[inline(always)]
unsafe fn unpack<L: Lanes, F: Format>(at: *const u8) -> ([L::Bytes; 4], [L::Bytes; 4]) {
    // SAFETY: the caller's conditions; chunks and planes stand as `packed.rs` says.
    unsafe {
        let chunk = |index: usize| at.add(index * CHUNK);
        let mut low = [L::bytes(at); 4];
        let mut high = low;
        for index in 0..4 {
            let packed = L::bytes(chunk(index));
            if F::SCHEME.bits == 8 {
                (low[index], high[index]) = (packed, L::bytes(chunk(4 + index)));
            } else {
                (low[index], high[index]) = (L::low(packed), L::high(packed));
            }
        }
        if F::SCHEME.bits == 5 {
            let plane = L::bytes(chunk(4));
            low[0] = L::or_plane::<4>(low[0], plane, 16);
            low[1] = L::or_plane::<3>(low[1], plane, 16);
            low[2] = L::or_plane::<2>(low[2], plane, 16);
            low[3] = L::or_plane::<1>(low[3], plane, 16);
            high[0] = L::or_plane::<0>(high[0], plane, 16);
            high[1] = L::or_plane::<-1>(high[1], plane, 16);
            high[2] = L::or_plane::<-2>(high[2], plane, 16);
            high[3] = L::or_plane::<-3>(high[3], plane, 16);
        }
        if F::SCHEME.bits == 6 {
            for (plane, to) in [(L::bytes(chunk(4)), &mut low), (L::bytes(chunk(5)), &mut high)] {
                to[0] = L::or_plane::<4>(to[0], plane, 48);
                to[1] = L::or_plane::<2>(to[1], plane, 48);
                to[2] = L::or_plane::<0>(to[2], plane, 48);
                to[3] = L::or_plane::<-2>(to[3], plane, 48);
            }
        }
        (low, high)
    }
}

/// Scale and offset of the one or two groups of a block, for the lanes from `lane` on. Where there is no second group, or no
/// offset, what stands in its place is not used.
#[expect(clippy::cast_ptr_alignment, reason = "`Lanes` loads without alignment")]
#[inline(always)]
unsafe fn groups<L: Lanes, F: Format>(scales: *const u8, block: usize, lane: usize) -> [(L::Floats, L::Floats); 2] {
    // SAFETY: the caller's conditions; scales stand as `packed.rs` says.
    unsafe {
        // Closures would be compiled without the instructions: only places are computed in them.
        let half = |at: usize| scales.add(at + 2 * lane).cast::<u16>();
        let byte = |at: usize| scales.add(at + lane).cast::<i8>();
        match F::SCHEME.scales {
            Scales::One => {
                let scale = L::load_half(half(block * 2 * TILE));
                [(scale, scale); 2]
            }
            Scales::Two => {
                let scale = L::load_half(half(block * 4 * TILE));
                [(scale, L::load_half(half(block * 4 * TILE + 2 * TILE))); 2]
            }
            Scales::Nested => {
                let nest = block / NEST * scale_bytes(F::SCHEME, NEST);
                let at = nest + 2 * TILE + block % NEST * (32 / F::SCHEME.group) * TILE;
                let outer = L::load_half(half(nest));
                let first = L::mul(outer, L::load_bytes(byte(at)));
                let second = L::mul(outer, L::load_bytes(byte(at + TILE)));
                [(first, first), (second, second)]
            }
            Scales::NestedTwo => {
                let nest = block / NEST * scale_bytes(F::SCHEME, NEST);
                let at = nest + 4 * TILE + block % NEST * (32 / F::SCHEME.group) * 2 * TILE;
                let outer = L::load_half(half(nest));
                let offset = L::sub(L::splat(0.0), L::load_half(half(nest + 2 * TILE)));
                let first = (L::mul(outer, L::load_bytes(byte(at))), L::mul(offset, L::load_bytes(byte(at + TILE))));
                if F::SCHEME.group == 32 {
                    return [first; 2];
                }
                let at = at + 2 * TILE;
                [first, (L::mul(outer, L::load_bytes(byte(at))), L::mul(offset, L::load_bytes(byte(at + TILE))))]
            }
        }
    }
}
