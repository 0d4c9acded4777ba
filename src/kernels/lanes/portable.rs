//! P: Four lanes in plain Rust, for any processor; what a compiler makes of it on x86-64 is SSE2.

use half::{bf16, f16};

use super::Lanes;

/// No instructions beyond the baseline.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Portable;

#[inline(always)]
fn each<A: Copy, B: Copy, C>(a: [A; 4], b: [B; 4], f: impl Fn(A, B) -> C) -> [C; 4] {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

// SAFETY of every block here: the caller of a method with a pointer answers for what lies behind it.
impl Lanes for Portable {
    const N: usize = 4;
    const ROWS: usize = 4;
    type Floats = [f32; 4];
    type Ints = [i32; 4];
    type Bytes = [u8; 16];
    type Sums = [i32; 4];

    #[inline(always)]
    unsafe fn splat(value: f32) -> [f32; 4] {
        [value; 4]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> [f32; 4] {
        unsafe { from.cast::<[f32; 4]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, value: [f32; 4]) {
        unsafe { to.cast::<[f32; 4]>().write_unaligned(value) }
    }
    #[inline(always)]
    unsafe fn load_half(from: *const u16) -> [f32; 4] {
        unsafe { from.cast::<[u16; 4]>().read_unaligned() }.map(half_to_float)
    }
    #[inline(always)]
    unsafe fn store_half(to: *mut u16, value: [f32; 4]) {
        unsafe { to.cast::<[u16; 4]>().write_unaligned(value.map(|v| f16::from_f32_const(v).to_bits())) }
    }
    #[inline(always)]
    unsafe fn load_brain(from: *const u16) -> [f32; 4] {
        unsafe { from.cast::<[u16; 4]>().read_unaligned() }.map(|v| bf16::from_bits(v).to_f32_const())
    }
    #[inline(always)]
    unsafe fn load_bytes(from: *const i8) -> [f32; 4] {
        unsafe { from.cast::<[i8; 4]>().read_unaligned() }.map(f32::from)
    }
    #[inline(always)]
    unsafe fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn div(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn fma(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        each(each(a, b, |a, b| a * b), c, |product, c| product + c)
    }
    #[inline(always)]
    unsafe fn min(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    unsafe fn max(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    unsafe fn abs(a: [f32; 4]) -> [f32; 4] {
        a.map(f32::abs)
    }
    #[inline(always)]
    unsafe fn sum(a: [f32; 4]) -> f32 {
        (a[0] + a[2]) + (a[1] + a[3])
    }
    #[inline(always)]
    unsafe fn greatest(a: [f32; 4]) -> f32 {
        a[0].max(a[1]).max(a[2].max(a[3]))
    }
    #[inline(always)]
    unsafe fn round(a: [f32; 4]) -> [i32; 4] {
        // Adding 1.5 * 2^23 leaves the nearest integer in the lowest bits.
        const MAGIC: f32 = 12_582_912.0;
        a.map(|a| (a + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()).cast_signed())
    }
    #[inline(always)]
    unsafe fn power_of_two(a: [i32; 4]) -> [f32; 4] {
        a.map(|a| f32::from_bits((a + 127).cast_unsigned() << 23))
    }

    #[inline(always)]
    unsafe fn splat_int(value: i32) -> [i32; 4] {
        [value; 4]
    }
    #[inline(always)]
    unsafe fn add_ints(a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
        each(a, b, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn floats(a: [i32; 4]) -> [f32; 4] {
        a.map(|a| a as f32)
    }
    #[inline(always)]
    unsafe fn sum_ints(a: [i32; 4]) -> i32 {
        a[0] + a[1] + a[2] + a[3]
    }
    /// Levels stand in 16 bits, in each four the first beside the third and the second beside the fourth, as for `Avx2`.
    #[inline(always)]
    unsafe fn store_levels(block: *mut u8, at: usize, levels: [i32; 4]) {
        let words = [levels[0], levels[2], levels[1], levels[3]].map(|level| level as i16);
        unsafe { block.add(2 * at).cast::<[i16; 4]>().write_unaligned(words) }
    }

    #[inline(always)]
    unsafe fn bytes(from: *const u8) -> [u8; 16] {
        unsafe { from.cast::<[u8; 16]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn low(a: [u8; 16]) -> [u8; 16] {
        a.map(|a| a & 15)
    }
    #[inline(always)]
    unsafe fn high(a: [u8; 16]) -> [u8; 16] {
        a.map(|a| a >> 4)
    }
    #[inline(always)]
    unsafe fn or_plane<const BY: i32>(a: [u8; 16], plane: [u8; 16], mask: u8) -> [u8; 16] {
        let mut out = a;
        for (out, plane) in out.iter_mut().zip(plane) {
            let moved = if BY < 0 { plane >> BY.unsigned_abs() } else { plane << BY.unsigned_abs() };
            *out |= moved & mask;
        }
        out
    }
    #[inline(always)]
    unsafe fn sums(start: i32) -> [i32; 4] {
        [start; 4]
    }
    #[inline(always)]
    unsafe fn dot(sums: [i32; 4], weights: [[u8; 16]; 4], block: *const u8, half: usize) -> [i32; 4] {
        let levels = unsafe { block.add(32 * half).cast::<[[i16; 4]; 4]>().read_unaligned() };
        let mut sums = sums;
        for (bytes, [a, c, b, d]) in weights.into_iter().zip(levels) {
            sums = add_products(sums, bytes, [a, c], [b, d]);
        }
        sums
    }
    #[inline(always)]
    unsafe fn prefetch(_at: *const u8) {}
    #[inline(always)]
    unsafe fn total(sums: [i32; 4]) -> [i32; 4] {
        sums
    }
}

/// Adds to each lane the products of its bytes with levels: the first and third, the second and fourth.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn add_products(sums: [i32; 4], bytes: [u8; 16], even: [i16; 2], odd: [i16; 2]) -> [i32; 4] {
    let product = |lane: usize, at: usize, level: i16| i32::from(bytes[4 * lane + at]) * i32::from(level);
    std::array::from_fn(|lane| {
        let pairs = [
            product(lane, 0, even[0]) + product(lane, 2, even[1]),
            product(lane, 1, odd[0]) + product(lane, 3, odd[1]),
        ];
        sums[lane] + pairs[0] + pairs[1]
    })
}

/// The same; SSE2 is part of every x86-64, and compilers do not find its way of adding products by themselves.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn add_products(sums: [i32; 4], bytes: [u8; 16], even: [i16; 2], odd: [i16; 2]) -> [i32; 4] {
    use std::arch::x86_64::{__m128i, _mm_add_epi32, _mm_and_si128, _mm_madd_epi16};
    use std::arch::x86_64::{_mm_set1_epi16, _mm_set1_epi32, _mm_srli_epi16};

    let both = |[a, b]: [i16; 2]| i32::from(a.cast_unsigned()) | i32::from(b) << 16;
    // SAFETY: all are of SSE2; vectors and arrays have the same size, and any bits are a value of either.
    unsafe {
        let bytes = std::mem::transmute::<[u8; 16], __m128i>(bytes);
        let first = _mm_madd_epi16(_mm_and_si128(bytes, _mm_set1_epi16(0xFF)), _mm_set1_epi32(both(even)));
        let second = _mm_madd_epi16(_mm_srli_epi16::<8>(bytes), _mm_set1_epi32(both(odd)));
        let sums = _mm_add_epi32(std::mem::transmute::<[i32; 4], __m128i>(sums), _mm_add_epi32(first, second));
        std::mem::transmute::<__m128i, [i32; 4]>(sums)
    }
}

/// A half as a float, without a branch for the usual numbers.
#[inline(always)]
fn half_to_float(bits: u16) -> f32 {
    // The exponent is rebased by a multiplication, which is exact and also right for subnormals; infinities and NaN, which
    // no scale of a usable model holds, become large numbers.
    const REBASE: f32 = f32::from_bits((254 - 15) << 23);
    let magnitude = f32::from_bits(u32::from(bits & 0x7FFF) << 13) * REBASE;
    f32::from_bits(magnitude.to_bits() | (u32::from(bits & 0x8000) << 16))
}
