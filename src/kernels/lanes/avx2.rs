//! P: Eight lanes: AVX2, FMA and F16C.

#[cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "a list of instructions says nothing that the code does not")
)]
use std::arch::x86_64::*;

use super::Lanes;

/// AVX2 with FMA and F16C.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx2;

// SAFETY of every block here: `Lanes` is only used where the processor has these instructions, and the caller of a method
// with a pointer answers for what lies behind it.
impl Lanes for Avx2 {
    const N: usize = 8;
    const ROWS: usize = 4;
    type Floats = __m256;
    type Ints = __m256i;
    type Bytes = __m256i;
    type Sums = __m256i;

    #[inline(always)]
    unsafe fn splat(value: f32) -> __m256 {
        unsafe { _mm256_set1_ps(value) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(from) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, value: __m256) {
        unsafe { _mm256_storeu_ps(to, value) }
    }
    #[inline(always)]
    unsafe fn load_half(from: *const u16) -> __m256 {
        unsafe { _mm256_cvtph_ps(_mm_loadu_si128(from.cast())) }
    }
    #[inline(always)]
    unsafe fn store_half(to: *mut u16, value: __m256) {
        unsafe { _mm_storeu_si128(to.cast(), _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(value)) }
    }
    #[inline(always)]
    unsafe fn load_brain(from: *const u16) -> __m256 {
        unsafe {
            let wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(from.cast()));
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(wide))
        }
    }
    #[inline(always)]
    unsafe fn load_bytes(from: *const i8) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))) }
    }
    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn div(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn min(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn abs(a: __m256) -> __m256 {
        unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), a) }
    }
    #[inline(always)]
    unsafe fn sum(a: __m256) -> f32 {
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }
    #[inline(always)]
    unsafe fn greatest(a: __m256) -> f32 {
        unsafe {
            let four = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)))
        }
    }
    #[inline(always)]
    unsafe fn round(a: __m256) -> __m256i {
        unsafe { _mm256_cvtps_epi32(a) }
    }
    #[inline(always)]
    unsafe fn power_of_two(a: __m256i) -> __m256 {
        unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_add_epi32(a, _mm256_set1_epi32(127)))) }
    }

    #[inline(always)]
    unsafe fn splat_int(value: i32) -> __m256i {
        unsafe { _mm256_set1_epi32(value) }
    }
    #[inline(always)]
    unsafe fn add_ints(a: __m256i, b: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(a, b) }
    }
    #[inline(always)]
    unsafe fn floats(a: __m256i) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(a) }
    }
    #[inline(always)]
    unsafe fn sum_ints(a: __m256i) -> i32 {
        unsafe {
            let four = _mm_add_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256::<1>(a));
            let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
            _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b10_11_00_01>(two)))
        }
    }
    /// Levels stand in 16 bits, in each four the first beside the third and the second beside the fourth: see `dot`.
    #[inline(always)]
    unsafe fn store_levels(block: *mut u8, at: usize, levels: __m256i) {
        unsafe {
            let levels = _mm256_shuffle_epi32::<0b11_01_10_00>(levels);
            let words = _mm_packs_epi32(_mm256_castsi256_si128(levels), _mm256_extracti128_si256::<1>(levels));
            _mm_storeu_si128(block.add(2 * at).cast(), words);
        }
    }

    #[inline(always)]
    unsafe fn bytes(from: *const u8) -> __m256i {
        unsafe { _mm256_loadu_si256(from.cast()) }
    }
    #[inline(always)]
    unsafe fn low(a: __m256i) -> __m256i {
        unsafe { _mm256_and_si256(a, _mm256_set1_epi8(15)) }
    }
    #[inline(always)]
    unsafe fn high(a: __m256i) -> __m256i {
        unsafe { _mm256_and_si256(_mm256_srli_epi16::<4>(a), _mm256_set1_epi8(15)) }
    }
    #[inline(always)]
    unsafe fn or_plane<const BY: i32>(a: __m256i, plane: __m256i, mask: u8) -> __m256i {
        unsafe {
            let count = _mm_cvtsi32_si128(BY.abs());
            let moved = match BY {
                0 => plane,
                1.. => _mm256_sll_epi16(plane, count),
                _ => _mm256_srl_epi16(plane, count),
            };
            _mm256_or_si256(a, _mm256_and_si256(moved, _mm256_set1_epi8(mask.cast_signed())))
        }
    }
    #[inline(always)]
    unsafe fn sums(start: i32) -> __m256i {
        unsafe { _mm256_set1_epi32(start) }
    }
    /// The even bytes of a lane are brought to 16 bits by a mask, the odd ones by a shift; each two meet two levels.
    #[inline(always)]
    unsafe fn dot(sums: __m256i, weights: [__m256i; 4], block: *const u8, half: usize) -> __m256i {
        unsafe {
            let mut sums = sums;
            for (part, bytes) in weights.into_iter().enumerate() {
                let at = block.add(32 * half + 8 * part);
                let even = _mm256_and_si256(bytes, _mm256_set1_epi16(0xFF));
                let odd = _mm256_srli_epi16::<8>(bytes);
                let first = _mm256_madd_epi16(even, _mm256_set1_epi32(at.cast::<i32>().read_unaligned()));
                let second = _mm256_madd_epi16(odd, _mm256_set1_epi32(at.add(4).cast::<i32>().read_unaligned()));
                sums = _mm256_add_epi32(sums, _mm256_add_epi32(first, second));
            }
            sums
        }
    }
    #[inline(always)]
    unsafe fn prefetch(at: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
    }
    #[inline(always)]
    unsafe fn total(sums: __m256i) -> __m256i {
        sums
    }
}
