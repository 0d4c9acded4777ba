//! P: Coefficients packed into a bit stream, and their unpacking segment by segment; no evaluation and no file format.

/// One coefficient's code: its width in bits and the offset to add.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    /// Bits in the stream, at most [`WIDTH_MAX`].
    pub(super) width: u8,
    /// Added to what stands in the stream.
    pub(super) offset: i64,
}

/// The widest code that one load of eight bytes can hold wherever it starts.
pub(super) const WIDTH_MAX: u8 = 57;

/// The coefficients of a series as the file has them. Every segment takes the same number of bits.
#[derive(Clone, Debug)]
pub(super) struct Packed<'a> {
    /// The bit stream, least significant bit first.
    pub(super) stream: &'a [u8],
    /// Component by component, the codes of its coefficients.
    pub(super) codes: Vec<Code>,
    /// Coefficients per component.
    pub(super) terms: usize,
    /// What a coefficient of 1 stands for.
    pub(super) quantum: f64,
}

impl Packed<'_> {
    /// Bits that one segment takes.
    pub(super) fn segment_bits(&self) -> usize {
        self.codes.iter().map(|code| usize::from(code.width)).sum()
    }

    /// The coefficients of one segment: `[term]`, each with up to three components; what the stream lacks is zero.
    pub(super) fn segment(&self, index: usize) -> Box<[[f64; 4]]> {
        let mut coefficients = vec![[0.0; 4]; self.terms].into_boxed_slice();
        let mut at = index * self.segment_bits();
        for (component, codes) in self.codes.chunks_exact(self.terms).enumerate() {
            for (term, code) in coefficients.iter_mut().zip(codes) {
                let bits = self.bits(at, code.width).cast_signed();
                term[component] = (bits + code.offset) as f64 * self.quantum;
                at += usize::from(code.width);
            }
        }
        coefficients
    }

    /// `width` bits from bit `at` on; bits beyond the end are zero.
    #[inline]
    fn bits(&self, at: usize, width: u8) -> u64 {
        let rest = self.stream.get(at / 8..).unwrap_or_default();
        let word = match rest.first_chunk::<8>() {
            Some(eight) => u64::from_le_bytes(*eight),
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        (word >> (at % 8)) & ((1 << width) - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            widths in proptest::collection::vec(0_u8..=WIDTH_MAX, 6),
            offset in -1000_i64..1000,
            seed in any::<[u64; 12]>(),
        ) {
            // Two segments of two components of three terms, packed bit by bit into a string of digits.
            let mask = |i: usize| seed[i] & ((1 << widths[i % 6]) - 1);
            let bits: Vec<bool> =
                (0..12).flat_map(|i| (0..widths[i % 6]).map(move |bit| mask(i) >> bit & 1 == 1)).collect();
            let stream: Vec<u8> =
                bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |all, bit| all << 1 | u8::from(*bit))).collect();
            let codes = widths.iter().map(|width| Code { width: *width, offset }).collect();
            let packed = Packed { stream: &stream, codes, terms: 3, quantum: 0.5 };
            for segment in 0..2 {
                let found = packed.segment(segment);
                for i in 0..6 {
                    let expected = (mask(segment * 6 + i).cast_signed() + offset) as f64 * 0.5;
                    prop_assert_eq!(found[i % 3][i / 3], expected);
                }
            }
        }
    }
}
