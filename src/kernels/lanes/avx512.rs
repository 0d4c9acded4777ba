//! P: Sixteen lanes: AVX-512 F, BW, DQ, VL and VNNI.

#[cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "a list of instructions says nothing that the code does not")
)]
use std::arch::x86_64::*;

use super::Lanes;

/// AVX-512 with VNNI.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx512;

// SAFETY of every block here: `Lanes` is only used where the processor has these instructions, and the caller of a method
// with a pointer answers for what lies behind it.
impl Lanes for Avx512 {
    const N: usize = 16;
    const ROWS: usize = 8;
    type Floats = __m512;
    type Ints = __m512i;
    type Bytes = __m512i;
    /// Of the upper and of the lower parts of levels.
    type Sums = [__m512i; 2];

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m512 {
        unsafe { _mm512_set1_ps(value) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, value: __m512) {
        unsafe { _mm512_storeu_ps(to, value) }
    }
    #[inline(always)]
    unsafe fn load_half(from: *const u16) -> __m512 {
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.cast())) }
    }
    #[inline(always)]
    unsafe fn store_half(to: *mut u16, value: __m512) {
        unsafe { _mm256_storeu_si256(to.cast(), _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(value)) }
    }
    #[inline(always)]
    unsafe fn load_brain(from: *const u16) -> __m512 {
        unsafe {
            let wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast()));
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(wide))
        }
    }
    #[inline(always)]
    unsafe fn load_bytes(from: *const i8) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()))) }
    }
    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn div(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn min(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn abs(a: __m512) -> __m512 {
        unsafe { _mm512_abs_ps(a) }
    }
    #[inline(always)]
    unsafe fn sum(a: __m512) -> f32 {
        unsafe { _mm512_reduce_add_ps(a) }
    }
    #[inline(always)]
    unsafe fn greatest(a: __m512) -> f32 {
        unsafe { _mm512_reduce_max_ps(a) }
    }
    #[inline(always)]
    unsafe fn round(a: __m512) -> __m512i {
        unsafe { _mm512_cvtps_epi32(a) }
    }
    #[inline(always)]
    unsafe fn power_of_two(a: __m512i) -> __m512 {
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_add_epi32(a, _mm512_set1_epi32(127)))) }
    }

    #[inline(always)]
    unsafe fn splat_int(value: i32) -> __m512i {
        unsafe { _mm512_set1_epi32(value) }
    }
    #[inline(always)]
    unsafe fn add_ints(a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_add_epi32(a, b) }
    }
    #[inline(always)]
    unsafe fn floats(a: __m512i) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(a) }
    }
    #[inline(always)]
    unsafe fn sum_ints(a: __m512i) -> i32 {
        unsafe { _mm512_reduce_add_epi32(a) }
    }
    /// A level is `128 * upper + lower`; the upper parts of a block stand before the lower ones, in signed bytes.
    #[inline(always)]
    unsafe fn store_levels(block: *mut u8, at: usize, levels: __m512i) {
        unsafe {
            let upper = _mm512_srai_epi32::<7>(_mm512_add_epi32(levels, _mm512_set1_epi32(64)));
            let lower = _mm512_sub_epi32(levels, _mm512_slli_epi32::<7>(upper));
            _mm_storeu_si128(block.add(at).cast(), _mm512_cvtepi32_epi8(upper));
            _mm_storeu_si128(block.add(32 + at).cast(), _mm512_cvtepi32_epi8(lower));
        }
    }

    #[inline(always)]
    unsafe fn bytes(from: *const u8) -> __m512i {
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
    #[inline(always)]
    unsafe fn low(a: __m512i) -> __m512i {
        unsafe { _mm512_and_si512(a, _mm512_set1_epi8(15)) }
    }
    #[inline(always)]
    unsafe fn high(a: __m512i) -> __m512i {
        unsafe { _mm512_and_si512(_mm512_srli_epi16::<4>(a), _mm512_set1_epi8(15)) }
    }
    #[inline(always)]
    unsafe fn or_plane<const BY: i32>(a: __m512i, plane: __m512i, mask: u8) -> __m512i {
        unsafe {
            let count = _mm_cvtsi32_si128(BY.abs());
            let moved = match BY {
                0 => plane,
                1.. => _mm512_sll_epi16(plane, count),
                _ => _mm512_srl_epi16(plane, count),
            };
            // a | (moved & mask)
            _mm512_ternarylogic_epi32::<0xF8>(a, moved, _mm512_set1_epi8(mask.cast_signed()))
        }
    }
    #[inline(always)]
    unsafe fn sums(start: i32) -> [__m512i; 2] {
        unsafe { [_mm512_setzero_si512(), _mm512_set1_epi32(start)] }
    }
    #[inline(always)]
    unsafe fn dot(sums: [__m512i; 2], weights: [__m512i; 4], block: *const u8, half: usize) -> [__m512i; 2] {
        unsafe {
            let [mut upper, mut lower] = sums;
            for (part, bytes) in weights.into_iter().enumerate() {
                let at = block.add(16 * half + 4 * part);
                upper = _mm512_dpbusd_epi32(upper, bytes, _mm512_set1_epi32(at.cast::<i32>().read_unaligned()));
                let at = at.add(32);
                lower = _mm512_dpbusd_epi32(lower, bytes, _mm512_set1_epi32(at.cast::<i32>().read_unaligned()));
            }
            [upper, lower]
        }
    }
    #[inline(always)]
    unsafe fn prefetch(at: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
    #[inline(always)]
    unsafe fn total([upper, lower]: [__m512i; 2]) -> __m512i {
        unsafe { _mm512_add_epi32(_mm512_slli_epi32::<7>(upper), lower) }
    }
}
