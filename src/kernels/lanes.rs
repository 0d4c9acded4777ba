//! P: What the kernels are written in: a few operations over `N` numbers side by side, and one implementation for each set
//! of instructions. Knows no weights and no shapes.
//!
//! All methods are unsafe for one reason: the processor must have the instructions of the implementation. Those that take
//! a pointer read or write as many elements as their comment says, and need no alignment.

#![expect(unsafe_code, reason = "vector instructions and unchecked loads are what this module is for")]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(super) use avx512::Avx512;
pub(super) use portable::Portable;

/// Does something for each number below a constant of at most 8, written out: where it indexes an array of vectors, each then
/// is a register. Loops of this length would stay loops, and their vectors in memory.
macro_rules! unroll {
    ($count:expr, |$i:ident| $work:expr) => {{
        $crate::kernels::lanes::unroll!(@ $count, $i, $work, 0, 1, 2, 3, 4, 5, 6, 7)
    }};
    (@ $count:expr, $i:ident, $work:expr, $($at:literal),*) => {{
        $(if $at < $count {
            // That is the number itself, as branches that are not taken are compiled too.
            let $i = usize::clamp($at, 0, $count - 1);
            $work;
        })*
    }};
}
pub(super) use unroll;

/// Rows of weights that lie side by side; every `N` divides it.
pub(super) const TILE: usize = 16;

/// Greatest level of an activation: 15 bits with the sign. With 8 bits, the texts of a model would soon part from those of
/// its weights in floats; products cost little more, as weights are waited for longer than they take to multiply.
pub(super) const LEVEL_MAX: i32 = 127 * 128;

/// `N` numbers side by side.
pub(super) trait Lanes: Copy + 'static {
    /// How many.
    const N: usize;
    /// Most rows of activations that one pass over a tile keeps in registers.
    const ROWS: usize;
    /// `N` 32-bit floats.
    type Floats: Copy;
    /// `N` 32-bit integers.
    type Ints: Copy;
    /// `4 * N` bytes.
    type Bytes: Copy;
    /// `N` sums of products on their way.
    type Sums: Copy;

    /// The same float in all lanes.
    unsafe fn splat(value: f32) -> Self::Floats;
    /// `N` floats.
    unsafe fn load(from: *const f32) -> Self::Floats;
    /// `N` floats.
    unsafe fn store(to: *mut f32, value: Self::Floats);
    /// `N` IEEE half-precision floats.
    unsafe fn load_half(from: *const u16) -> Self::Floats;
    /// `N` IEEE half-precision floats, rounded to nearest.
    unsafe fn store_half(to: *mut u16, value: Self::Floats);
    /// `N` upper halves of floats.
    unsafe fn load_brain(from: *const u16) -> Self::Floats;
    /// `N` signed bytes, as floats.
    unsafe fn load_bytes(from: *const i8) -> Self::Floats;
    /// `a + b`.
    unsafe fn add(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a - b`.
    unsafe fn sub(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a * b`.
    unsafe fn mul(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a / b`.
    unsafe fn div(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// `a * b + c`; whether it is rounded once or twice depends on the level.
    unsafe fn fma(a: Self::Floats, b: Self::Floats, c: Self::Floats) -> Self::Floats;
    /// The smaller of each pair.
    unsafe fn min(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// The greater of each pair.
    unsafe fn max(a: Self::Floats, b: Self::Floats) -> Self::Floats;
    /// Without the sign.
    unsafe fn abs(a: Self::Floats) -> Self::Floats;
    /// The sum over the lanes.
    unsafe fn sum(a: Self::Floats) -> f32;
    /// The greatest of the lanes.
    unsafe fn greatest(a: Self::Floats) -> f32;
    /// The nearest integers, of floats within +-2^22.
    unsafe fn round(a: Self::Floats) -> Self::Ints;
    /// Two to the power of each, of integers in -126..=127.
    unsafe fn power_of_two(a: Self::Ints) -> Self::Floats;

    /// The same integer in all lanes.
    unsafe fn splat_int(value: i32) -> Self::Ints;
    /// `a + b`.
    unsafe fn add_ints(a: Self::Ints, b: Self::Ints) -> Self::Ints;
    /// As floats.
    unsafe fn floats(a: Self::Ints) -> Self::Floats;
    /// The sum over the lanes.
    unsafe fn sum_ints(a: Self::Ints) -> i32;
    /// Stores `N` levels, within +-[`LEVEL_MAX`], as those from `at` on of the 32 of a block, which takes 64 bytes.
    unsafe fn store_levels(block: *mut u8, at: usize, levels: Self::Ints);

    /// `4 * N` bytes.
    unsafe fn bytes(from: *const u8) -> Self::Bytes;
    /// The lower four bits of each byte.
    unsafe fn low(a: Self::Bytes) -> Self::Bytes;
    /// The upper four bits of each byte.
    unsafe fn high(a: Self::Bytes) -> Self::Bytes;
    /// `a | ((plane << BY) & mask)`, or `>> -BY` where `BY` is negative; the mask is below `0x80` and keeps out what a shift
    /// of wider elements brings in.
    unsafe fn or_plane<const BY: i32>(a: Self::Bytes, plane: Self::Bytes, mask: u8) -> Self::Bytes;
    /// Sums that begin with the same number in all lanes.
    unsafe fn sums(start: i32) -> Self::Sums;
    /// Adds to each lane the products of its four bytes of each of `weights`, unsigned, with four of the 16 levels of a half
    /// of a block, in order. The sum stays within 32 bits: 32 * 255 * 2^14 is below 2^31, and so is what bias it began with.
    unsafe fn dot(sums: Self::Sums, weights: [Self::Bytes; 4], block: *const u8, half: usize) -> Self::Sums;
    /// Asks for the cache line of an address, which need not be readable.
    unsafe fn prefetch(at: *const u8);
    /// The sums.
    unsafe fn total(sums: Self::Sums) -> Self::Ints;
}

/// e to the power of each, to about 2 units in the last place; what underflows is a tiny positive number.
///
/// # Safety
/// The processor has the instructions of `L`.
#[inline(always)]
pub(super) unsafe fn exp<L: Lanes>(x: L::Floats) -> L::Floats {
    // SAFETY: the same condition.
    unsafe {
        let x = L::min(L::max(x, L::splat(-87.0)), L::splat(88.0));
        let whole = L::round(L::mul(x, L::splat(std::f32::consts::LOG2_E)));
        let n = L::floats(whole);
        // ln 2 in two parts, so that the remainder keeps its bits.
        let rest = L::fma(n, L::splat(-0.693_359_4), x);
        let rest = L::fma(n, L::splat(2.121_944_4e-4), rest);
        let mut series = L::splat(1.987_569_1e-4);
        for term in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
            series = L::fma(series, rest, L::splat(term));
        }
        let series = L::fma(L::mul(series, rest), rest, L::add(rest, L::splat(1.0)));
        L::mul(series, L::power_of_two(whole))
    }
}
