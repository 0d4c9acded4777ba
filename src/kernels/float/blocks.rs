//! P: The inner loops, written once for every width of vector. Checks no lengths: `float` has.

use super::lanes::Lanes;

/// A block of a product: `rows` rows of `a` times two vectors' width of columns.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) a: *const f32,
    pub(super) a_stride: usize,
    pub(super) panel: *const f32,
    pub(super) depth: usize,
    /// What is added to each row; as long as the panel is wide.
    pub(super) bias: *const f32,
    pub(super) out: *mut f32,
    pub(super) out_stride: usize,
    /// Columns that are wanted of the panel's.
    pub(super) columns: usize,
}

/// How far ahead of its use a panel is fetched: it lies in the second cache, and the first has no room for all of it.
const SOON_NUMBERS: usize = 512;

/// Widest panel of all kinds of vectors, in numbers.
pub(super) const PANEL_MAX: usize = 32;

/// Computes `rows` rows, at most `L::ROWS`.
#[inline(always)]
pub(super) unsafe fn rows<L: Lanes>(rows: usize, block: Block) {
    // SAFETY: passed on.
    unsafe {
        match rows {
            1 => product::<L, 1>(block),
            2 => product::<L, 2>(block),
            3 => product::<L, 3>(block),
            4 => product::<L, 4>(block),
            5 => product::<L, 5>(block),
            6 => product::<L, 6>(block),
            7 => product::<L, 7>(block),
            8 => product::<L, 8>(block),
            9 => product::<L, 9>(block),
            10 => product::<L, 10>(block),
            11 => product::<L, 11>(block),
            12 => product::<L, 12>(block),
            13 => product::<L, 13>(block),
            14 => product::<L, 14>(block),
            _ => {}
        }
    }
}

/// # Safety
/// `R` rows of `depth` numbers at `a`, `depth` rows of the panel's width at `panel`, a panel's width at `bias`, `R` rows of
/// `columns` numbers at `out`, `columns` at most the panel's width; and the instructions of `L`.
#[inline(always)]
unsafe fn product<L: Lanes, const R: usize>(block: Block) {
    let Block { a, a_stride, panel, depth, bias, out, out_stride, columns } = block;
    // SAFETY: all offsets are below the lengths that the caller vouches for.
    unsafe {
        let mut sums = [[L::load(bias), L::load(bias.add(L::WIDTH))]; R];
        for i in 0..depth {
            let at = panel.add(i * 2 * L::WIDTH);
            L::soon(at.wrapping_add(SOON_NUMBERS));
            L::soon(at.wrapping_add(SOON_NUMBERS + L::WIDTH));
            let (left, right) = (L::load(at), L::load(at.add(L::WIDTH)));
            for (r, sum) in sums.iter_mut().enumerate() {
                let x = L::splat(*a.add(r * a_stride + i));
                sum[0] = L::fma(x, left, sum[0]);
                sum[1] = L::fma(x, right, sum[1]);
            }
        }
        if columns == 2 * L::WIDTH {
            for (r, sum) in sums.into_iter().enumerate() {
                L::store(out.add(r * out_stride), sum[0]);
                L::store(out.add(r * out_stride + L::WIDTH), sum[1]);
            }
            return;
        }
        let mut whole = [0.0_f32; PANEL_MAX];
        for (r, sum) in sums.into_iter().enumerate() {
            L::store(whole.as_mut_ptr(), sum[0]);
            L::store(whole.as_mut_ptr().add(L::WIDTH), sum[1]);
            std::ptr::copy_nonoverlapping(whole.as_ptr(), out.add(r * out_stride), columns);
        }
    }
}

/// e to the power of `x`; below -87 it is that of -87.
#[inline(always)]
pub(super) unsafe fn exp<L: Lanes>(x: L::V) -> L::V {
    // Cody and Waite: x = n ln 2 + r, with |r| at most half of ln 2, and a polynomial in r.
    const COEFFICIENTS: [f32; 6] = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0];
    // Adding it leaves no bits for a fraction.
    const ROUNDER: f32 = 12_582_912.0;
    // SAFETY: needs no more than the instructions.
    unsafe {
        let x = L::max(x, L::splat(-87.0));
        let rounder = L::splat(ROUNDER);
        let n = L::sub(L::fma(x, L::splat(std::f32::consts::LOG2_E), rounder), rounder);
        let r = L::fma(n, L::splat(-0.693_359_4), x);
        let r = L::fma(n, L::splat(2.121_944_4e-4), r);
        let mut p = L::splat(1.0 / 5_040.0);
        for c in COEFFICIENTS {
            p = L::fma(p, r, L::splat(c));
        }
        L::mul(L::fma(p, r, L::splat(1.0)), L::pow2(n))
    }
}

/// x Φ(x), the error function by Abramowitz and Stegun 7.1.26, which is within 1.5e-7.
#[inline(always)]
pub(super) unsafe fn gelu<L: Lanes>(x: L::V) -> L::V {
    const COEFFICIENTS: [f32; 4] = [-1.453_152_1, 1.421_413_8, -0.284_496_72, 0.254_829_6];
    // SAFETY: needs no more than the instructions.
    unsafe {
        let zero = L::splat(0.0);
        let z = L::mul(L::max(x, L::sub(zero, x)), L::splat(std::f32::consts::FRAC_1_SQRT_2));
        let one = L::splat(1.0);
        let t = L::div(one, L::fma(z, L::splat(0.327_591_1), one));
        let mut p = L::splat(1.061_405_4);
        for c in COEFFICIENTS {
            p = L::fma(p, t, L::splat(c));
        }
        // The tail 1 - erf(z): of a negative x it is twice Φ itself, of a positive one twice what is wanting to 1.
        let tail = L::mul(L::mul(p, t), exp::<L>(L::sub(zero, L::mul(z, z))));
        // max(x, 0) - |x| tail / 2 is x Φ(x) on both sides.
        let half = L::mul(L::max(x, L::sub(zero, x)), L::splat(0.5));
        L::sub(L::max(x, zero), L::mul(half, tail))
    }
}

/// Something done to each number. A trait and no closure: a closure is compiled without the instructions of the function
/// around it, and then calls what should be one instruction.
pub(super) trait Each<L: Lanes> {
    unsafe fn of(&self, x: L::V) -> L::V;
}

/// [`gelu`].
pub(super) struct Gelu;

impl<L: Lanes> Each<L> for Gelu {
    #[inline(always)]
    unsafe fn of(&self, x: L::V) -> L::V {
        // SAFETY: passed on.
        unsafe { gelu::<L>(x) }
    }
}

/// e to the power of a number times `scale`, less `less`.
struct Exp {
    scale: f32,
    less: f32,
}

impl<L: Lanes> Each<L> for Exp {
    #[inline(always)]
    unsafe fn of(&self, x: L::V) -> L::V {
        // SAFETY: passed on.
        unsafe { exp::<L>(L::sub(L::mul(x, L::splat(self.scale)), L::splat(self.less))) }
    }
}

/// Does it to every number; to the last few in a vector of their own.
#[inline(always)]
pub(super) unsafe fn each<L: Lanes>(numbers: &mut [f32], what: &impl Each<L>) {
    let mut chunks = numbers.chunks_exact_mut(L::WIDTH);
    for chunk in &mut chunks {
        let at = chunk.as_mut_ptr();
        // SAFETY: the chunk has `WIDTH` numbers.
        unsafe { L::store(at, what.of(L::load(at))) }
    }
    let rest = chunks.into_remainder();
    if rest.is_empty() {
        return;
    }
    let mut whole = [0.0_f32; PANEL_MAX];
    whole[..rest.len()].copy_from_slice(rest);
    // SAFETY: `WIDTH` is at most `PANEL_MAX`.
    unsafe { L::store(whole.as_mut_ptr(), what.of(L::load(whole.as_ptr()))) }
    rest.copy_from_slice(&whole[..rest.len()]);
}

/// The dot product of two slices of one length.
#[inline(always)]
pub(super) unsafe fn dot<L: Lanes>(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; PANEL_MAX];
    let (mut a_chunks, mut b_chunks) = (a.chunks_exact(2 * L::WIDTH), b.chunks_exact(2 * L::WIDTH));
    // SAFETY: chunks have twice `WIDTH` numbers, and `lanes` has as many or more.
    unsafe {
        let mut sums = [L::splat(0.0); 2];
        for (a, b) in (&mut a_chunks).zip(&mut b_chunks) {
            let (a, b) = (a.as_ptr(), b.as_ptr());
            sums[0] = L::fma(L::load(a), L::load(b), sums[0]);
            sums[1] = L::fma(L::load(a.add(L::WIDTH)), L::load(b.add(L::WIDTH)), sums[1]);
        }
        L::store(lanes.as_mut_ptr(), L::add(sums[0], sums[1]));
    }
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(a, b)| a * b).sum();
    lanes[..L::WIDTH].iter().sum::<f32>() + rest
}

/// The sum of all numbers.
#[inline(always)]
unsafe fn total<L: Lanes>(numbers: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; PANEL_MAX];
    let chunks = numbers.chunks_exact(L::WIDTH);
    let rest: f32 = chunks.remainder().iter().sum();
    // SAFETY: chunks have `WIDTH` numbers, and `lanes` has as many or more.
    unsafe {
        let mut sum = L::splat(0.0);
        for chunk in chunks {
            sum = L::add(sum, L::load(chunk.as_ptr()));
        }
        L::store(lanes.as_mut_ptr(), sum);
    }
    lanes[..L::WIDTH].iter().sum::<f32>() + rest
}

/// Adds `y` to `x` and normalises the sum: mean 0, variance 1, then gain and shift.
#[inline(always)]
pub(super) unsafe fn add_norm<L: Lanes>(x: &mut [f32], y: &[f32], gain: &[f32], shift: &[f32], eps: f32) {
    let count = x.len() as f32;
    for (x, y) in x.iter_mut().zip(y) {
        *x += y;
    }
    // SAFETY: needs no more than the instructions.
    let mean = unsafe { total::<L>(x) } / count;
    for x in x.iter_mut() {
        *x -= mean;
    }
    // SAFETY: the same.
    let squares = unsafe { dot::<L>(x, x) };
    let scale = 1.0 / (squares / count + eps).sqrt();
    for ((x, gain), shift) in x.iter_mut().zip(gain).zip(shift) {
        *x = *x * scale * gain + shift;
    }
}

/// Turns scores into weights that sum to 1: e to the power of each, times `scale`, over their sum.
#[inline(always)]
pub(super) unsafe fn softmax<L: Lanes>(scores: &mut [f32], scale: f32) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, |a, b| if a > b { a } else { b });
    // SAFETY: needs no more than the instructions.
    let sum = unsafe {
        each::<L>(scores, &Exp { scale, less: most * scale });
        total::<L>(scores)
    };
    let share = 1.0 / sum;
    for x in scores {
        *x *= share;
    }
}
