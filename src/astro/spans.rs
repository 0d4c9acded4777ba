//! P: Between what a figure lies when the instant is known only as a span: extremes of what was sampled through it, and what
//! they leave of an aspect. Knows no birth and asks no ephemeris.
//!
//! Source: definition: extremes of samples, widened by what a parabola through three of them reaches between. Error: none
//! that leaves a value out: turns between samples are covered (`a_turn_between_samples_is_covered`).

use serde::{Deserialize, Serialize};

use super::angles::wrap_deg;

/// How much of the bound of a parabola's overshoot is added to be on the safe side.
const SAFETY: f64 = 1.25;

/// Between what a figure lies. An angle runs forward from the first to the second, which may then pass 360.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The least.
    pub from: f64,
    /// The greatest.
    pub to: f64,
}

/// What a span of instants leaves of an aspect or a parallel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenHit {
    /// The arc between the two.
    pub separation_deg: Span,
    /// The distance from exact.
    pub orb_deg: Span,
    /// Whether the orb is shrinking; none where that changes, and where nothing moves.
    pub applying: Option<bool>,
}

impl Span {
    /// One value.
    pub const fn at(value: f64) -> Self {
        Self { from: value, to: value }
    }

    /// The extremes of a smooth function that was sampled at even steps, both ends among them. Where it can turn between
    /// two samples, as far as its second differences let it go beyond them.
    pub fn of_samples(values: &[f64]) -> Self {
        let bend = values.windows(3).map(|three| (three[0] - 2.0 * three[1] + three[2]).abs()).fold(0.0, f64::max);
        let start = values.first().copied().unwrap_or(f64::NAN);
        let mut span = Self::at(start);
        for value in values {
            span = span.with(*value);
        }
        for pair in values.windows(2) {
            // A parabola of this bend turns within a step only if it rises by no more than half of the bend in it.
            if (pair[1] - pair[0]).abs() <= 0.5 * bend * SAFETY {
                let beyond = bend / 8.0 * SAFETY;
                span = span.with(pair[0].max(pair[1]) + beyond).with(pair[0].min(pair[1]) - beyond);
            }
        }
        span
    }

    /// The same of angles, degrees, less than half a circle apart from sample to sample: unrolled.
    pub fn of_angles(values_deg: &[f64]) -> Self {
        Self::of_samples(&unrolled(values_deg))
    }

    /// With one value more.
    #[must_use]
    pub fn with(self, value: f64) -> Self {
        Self { from: self.from.min(value), to: self.to.max(value) }
    }

    /// By so much wider on both sides.
    #[must_use]
    pub fn widened(self, by: f64) -> Self {
        Self { from: self.from - by, to: self.to + by }
    }

    /// Never below zero.
    #[must_use]
    pub fn not_negative(self) -> Self {
        Self { from: self.from.max(0.0), to: self.to.max(0.0) }
    }

    /// The same of a falling or growing function of it, at its ends.
    #[must_use]
    pub fn map(self, of: impl Fn(f64) -> f64) -> Self {
        let (one, other) = (of(self.from), of(self.to));
        Self { from: one.min(other), to: one.max(other) }
    }

    /// Where the sum with another lies.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { from: self.from + other.from, to: self.to + other.to }
    }

    /// Where the difference from another lies.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self { from: self.from - other.to, to: self.to - other.from }
    }

    /// Whether a value lies in it.
    pub fn has(self, value: f64) -> bool {
        (self.from..=self.to).contains(&value)
    }

    /// Whether it is above or below zero; none if it is neither as a whole.
    pub fn sign(self) -> Option<bool> {
        (self.from > 0.0 || self.to < 0.0).then_some(self.from > 0.0)
    }

    /// Of a difference of two angles, degrees: the shorter arc between them, 0..=180.
    #[must_use]
    pub fn folded(self) -> Self {
        let fold = |gap: f64| wrap_deg(gap).abs();
        let mut span = self.map(fold);
        let passes = |level: f64| ((self.from - level) / 360.0).ceil() * 360.0 + level <= self.to;
        if passes(0.0) {
            span = span.with(0.0);
        }
        if passes(180.0) {
            span = span.with(180.0);
        }
        span
    }

    /// Of an arc, degrees: its distance from an angle.
    #[must_use]
    pub fn distance(self, angle_deg: f64) -> Self {
        let span = self.map(|arc| (arc - angle_deg).abs());
        if self.has(angle_deg) { span.with(0.0) } else { span }
    }
}

/// Angles, degrees, run on through 360 instead of falling to 0.
pub fn unrolled(values_deg: &[f64]) -> Vec<f64> {
    let mut last = values_deg.first().copied().unwrap_or_default();
    let run_on = |value: &f64| {
        last += wrap_deg(value - last);
        last
    };
    values_deg.iter().map(run_on).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever a sine does between its samples is within the span, and no more than a little is added.
        #[test]
        fn a_turn_between_samples_is_covered(phase in 0.0..7.0_f64, pace in 0.05..2.0_f64, size in 0.1..50.0_f64) {
            let value = |t: f64| size * (phase + pace * t).sin() + 0.3 * t;
            let samples: Vec<f64> = (0..=12).map(|step| value(f64::from(step) / 12.0 * 2.0)).collect();
            let span = Span::of_samples(&samples);
            let fine: Vec<f64> = (0..=2000).map(|step| value(f64::from(step) / 1000.0)).collect();
            let (least, most) = fine.iter().fold((f64::MAX, f64::MIN), |(l, m), v| (l.min(*v), m.max(*v)));
            prop_assert!(span.from <= least + 1e-9 && span.to >= most - 1e-9, "{span:?} {least} {most}");
            let slack = 0.01 * size * pace * pace;
            prop_assert!(least - span.from <= slack && span.to - most <= slack, "{span:?} {least} {most}");
        }
    }

    #[test]
    fn differences_fold_to_arcs_and_distances() {
        let near = |span: Span, from: f64, to: f64| {
            assert!((span.from - from).abs() < 1e-9 && (span.to - to).abs() < 1e-9, "{span:?}");
        };
        near(Span { from: -5.0, to: 3.0 }.folded(), 0.0, 5.0);
        near(Span { from: 170.0, to: 185.0 }.folded(), 170.0, 180.0);
        near(Span { from: 350.0, to: 365.0 }.folded(), 0.0, 10.0);
        near(Span { from: -275.0, to: -268.0 }.folded(), 85.0, 92.0);
        near(Span { from: 85.0, to: 92.0 }.distance(90.0), 0.0, 5.0);
        near(Span { from: 91.0, to: 92.0 }.distance(90.0), 1.0, 2.0);
        assert_eq!(unrolled(&[350.0, 359.0, 4.0, 13.0]), [350.0, 359.0, 364.0, 373.0]);
        assert_eq!((Span { from: -1.0, to: 2.0 }.sign(), Span { from: 1.0, to: 2.0 }.sign()), (None, Some(true)));
    }
}
