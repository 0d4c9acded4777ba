//! P: Evaluation of piecewise Chebyshev series with up to three components; no file format and no astronomy.

/// A function of time as Chebyshev polynomials over equal segments.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    /// Julian Date at which the first segment starts.
    pub(crate) first_jd: f64,
    /// Length of a segment in days.
    pub(crate) segment_days: f64,
    /// Number of segments, at least 1.
    pub(crate) segments: usize,
    /// Coefficients per component in a segment, at least 1.
    pub(crate) terms: usize,
    /// `[segment][term]`, each with three components (absent ones are zero).
    pub(crate) coefficients: Vec<[f64; 3]>,
}

/// Value, first and second derivative (per day) of a three-component series.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    pub(crate) place: [f64; 3],
    pub(crate) velocity: [f64; 3],
    pub(crate) acceleration: [f64; 3],
}

impl Series {
    /// The coefficients that hold at `jd`, and the argument in -1..1. An instant beyond an end uses the end's segment.
    #[inline]
    fn segment(&self, jd: f64) -> (&[[f64; 3]], f64) {
        let position = (jd - self.first_jd) / self.segment_days;
        let index = (position.max(0.0) as usize).min(self.segments - 1);
        let start = index * self.terms;
        (&self.coefficients[start..start + self.terms], 2.0 * (position - index as f64) - 1.0)
    }

    /// The value at `jd`, by Clenshaw's recurrence.
    #[inline]
    pub(crate) fn value(&self, jd: f64) -> [f64; 3] {
        let (c, x) = self.segment(jd);
        let (mut b1, mut b2) = ([0.0; 3], [0.0; 3]);
        for term in c[1..].iter().rev() {
            for i in 0..3 {
                (b1[i], b2[i]) = (2.0 * x * b1[i] - b2[i] + term[i], b1[i]);
            }
        }
        [0, 1, 2].map(|i| c[0][i] + x * b1[i] - b2[i])
    }

    /// Value and first derivative at `jd`; the acceleration is left at zero.
    #[inline]
    pub(crate) fn motion(&self, jd: f64) -> State {
        let (c, x) = self.segment(jd);
        let (mut b1, mut b2) = ([0.0; 3], [0.0; 3]);
        let (mut d1, mut d2) = ([0.0; 3], [0.0; 3]);
        for term in c[1..].iter().rev() {
            for i in 0..3 {
                (d1[i], d2[i]) = (2.0 * x * d1[i] - d2[i] + 2.0 * b1[i], d1[i]);
                (b1[i], b2[i]) = (2.0 * x * b1[i] - b2[i] + term[i], b1[i]);
            }
        }
        let per_day = 2.0 / self.segment_days;
        State {
            place: [0, 1, 2].map(|i| c[0][i] + x * b1[i] - b2[i]),
            velocity: [0, 1, 2].map(|i| (b1[i] + x * d1[i] - d2[i]) * per_day),
            acceleration: [0.0; 3],
        }
    }

    /// Value and derivatives at `jd`, by Clenshaw's recurrence and its first and second derivative by the argument.
    #[inline]
    pub(crate) fn state(&self, jd: f64) -> State {
        let (c, x) = self.segment(jd);
        let (mut b1, mut b2) = ([0.0; 3], [0.0; 3]);
        let (mut d1, mut d2) = ([0.0; 3], [0.0; 3]);
        let (mut e1, mut e2) = ([0.0; 3], [0.0; 3]);
        for term in c[1..].iter().rev() {
            for i in 0..3 {
                (e1[i], e2[i]) = (2.0 * x * e1[i] - e2[i] + 4.0 * d1[i], e1[i]);
                (d1[i], d2[i]) = (2.0 * x * d1[i] - d2[i] + 2.0 * b1[i], d1[i]);
                (b1[i], b2[i]) = (2.0 * x * b1[i] - b2[i] + term[i], b1[i]);
            }
        }
        let per_day = 2.0 / self.segment_days;
        State {
            place: [0, 1, 2].map(|i| c[0][i] + x * b1[i] - b2[i]),
            velocity: [0, 1, 2].map(|i| (b1[i] + x * d1[i] - d2[i]) * per_day),
            acceleration: [0, 1, 2].map(|i| (2.0 * d1[i] + x * e1[i] - e2[i]) * per_day * per_day),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_is_reproduced_with_its_derivatives() {
        // Components T0 + 2 T1 + 3 T2 + 4 T3 (times 1, 10, 0): with x = -1 + (jd - 100) the power form is
        // 16 x^3 + 6 x^2 - 10 x - 2.
        let coefficients = [1.0, 2.0, 3.0, 4.0].map(|c| [c, 10.0 * c, 0.0]).to_vec();
        let series = Series { first_jd: 100.0, segment_days: 2.0, segments: 1, terms: 4, coefficients };
        let x = 0.3_f64;
        let state = series.state(101.3);
        let value = 16.0 * x.powi(3) + 6.0 * x * x - 10.0 * x - 2.0;
        assert!((state.place[0] - value).abs() < 1e-12);
        assert!((series.value(101.3)[1] - 10.0 * value).abs() < 1e-11);
        let motion = series.motion(101.3);
        assert_eq!((motion.place, motion.velocity), (state.place, state.velocity));
        assert!((state.velocity[0] - (48.0 * x * x + 12.0 * x - 10.0)).abs() < 1e-11);
        assert!((state.acceleration[0] - (96.0 * x + 12.0)).abs() < 1e-10);
    }
}
