//! P: Evaluation of piecewise Chebyshev series with up to three components; no file format and no astronomy.

use std::sync::OnceLock;

use super::packed::Packed;

/// Coefficients of a segment: `[term]`, each with three components and a zero that fills the vector registers.
type Coefficients = Box<[[f64; 4]]>;

/// A function of time as Chebyshev polynomials over equal segments, each unpacked when it is first needed.
#[derive(Debug)]
pub(super) struct Series<'a> {
    first_jd: f64,
    segment_days: f64,
    packed: Packed<'a>,
    segments: Box<[OnceLock<Coefficients>]>,
}

/// Value and derivative (per day) of a three-component series.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub(super) place: [f64; 3],
    pub(super) velocity: [f64; 3],
}

impl<'a> Series<'a> {
    /// A series of at least one segment and one term. The segments start at `first_jd` and are `segment_days` long.
    pub(super) fn new(first_jd: f64, segment_days: f64, segments: usize, packed: Packed<'a>) -> Self {
        Self { first_jd, segment_days, packed, segments: (0..segments).map(|_| OnceLock::new()).collect() }
    }

    /// First and last Julian Date of the segments.
    pub(super) fn span(&self) -> (f64, f64) {
        (self.first_jd, self.first_jd + self.segment_days * self.segments.len() as f64)
    }

    /// The coefficients that hold at `jd`, and the argument in -1..1. An instant beyond an end uses the end's segment.
    #[inline]
    fn segment(&self, jd: f64) -> (&[[f64; 4]], f64) {
        let position = (jd - self.first_jd) / self.segment_days;
        let index = (position.max(0.0) as usize).min(self.segments.len() - 1);
        let coefficients = self.segments[index].get_or_init(|| self.packed.segment(index));
        (coefficients, 2.0 * (position - index as f64) - 1.0)
    }

    /// Value and derivative at `jd`.
    #[inline]
    pub(super) fn motion(&self, jd: f64) -> State {
        let (coefficients, x) = self.segment(jd);
        let (place, slope) = clenshaw(coefficients, x);
        let per_day = 2.0 / self.segment_days;
        State { place: [place[0], place[1], place[2]], velocity: [slope[0], slope[1], slope[2]].map(|v| v * per_day) }
    }
}

/// Value and derivative by the argument of Chebyshev polynomials, by Clenshaw's recurrence and its derivative.
///
/// It stands apart, and keeps all four components to the end, so that the compiler puts them into vector registers.
#[inline(never)]
fn clenshaw(coefficients: &[[f64; 4]], x: f64) -> ([f64; 4], [f64; 4]) {
    let Some((constant, higher)) = coefficients.split_first() else { return ([0.0; 4], [0.0; 4]) };
    let two_x = 2.0 * x;
    let (mut b1, mut b2) = ([0.0; 4], [0.0; 4]);
    // Half the derivative's recurrence, so that it adds b1 and not twice that.
    let (mut d1, mut d2) = ([0.0; 4], [0.0; 4]);
    for term in higher.iter().rev() {
        let (b, d) = (b1, d1);
        for i in 0..4 {
            d1[i] = two_x * d1[i] + (b[i] - d2[i]);
            b1[i] = two_x * b1[i] + (term[i] - b2[i]);
        }
        (b2, d2) = (b, d);
    }
    let (mut value, mut slope) = ([0.0; 4], [0.0; 4]);
    for i in 0..4 {
        value[i] = x * b1[i] + (constant[i] - b2[i]);
        slope[i] = b1[i] + 2.0 * (x * d1[i] - d2[i]);
    }
    (value, slope)
}

#[cfg(test)]
mod tests {
    use super::super::packed::Code;
    use super::*;

    #[test]
    fn a_cubic_is_reproduced_with_its_derivative() {
        // T0 + 2 T1 + 3 T2 + 4 T3 (times 1 and 10): with x = -1 + (jd - 100) the power form is
        // 16 x^3 + 6 x^2 - 10 x - 2. Codes of no width are their offsets.
        let codes = [1, 2, 3, 4, 10, 20, 30, 40].map(|offset| Code { width: 0, offset }).to_vec();
        let packed = Packed { stream: &[], codes, terms: 4, quantum: 1.0 };
        let series = Series::new(100.0, 2.0, 1, packed);
        let x = 0.3_f64;
        let state = series.motion(101.3);
        let value = 16.0 * x.powi(3) + 6.0 * x * x - 10.0 * x - 2.0;
        assert!((state.place[0] - value).abs() < 1e-12 && (state.place[1] - 10.0 * value).abs() < 1e-11);
        assert!((state.velocity[0] - (48.0 * x * x + 12.0 * x - 10.0)).abs() < 1e-11);
        assert_eq!((state.place[2], state.velocity[2]), (0.0, 0.0));
        assert_eq!(series.span(), (100.0, 102.0));
    }
}
