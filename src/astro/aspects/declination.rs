//! P: Parallels, contra-parallels and bodies out of bounds: what points share in declination. Knows no longitude.
//!
//! Source: definition: the distance of two declinations, or of one and the other's opposite. Error: none beyond rounding of
//! the declinations given.

use serde::{Deserialize, Serialize};

use crate::astro::aspects::is_one_thing;
use crate::astro::point::Point;
use crate::astro::rulesets::Ruleset;
use crate::astro::spans::OpenHit;

/// How two declinations agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parallel {
    /// The same declination on the same side of the equator; counted like a conjunction.
    Parallel,
    /// The same on opposite sides; counted like an opposition.
    ContraParallel,
}

impl Parallel {
    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Parallel => "parallel",
            Self::ContraParallel => "contra_parallel",
        }
    }

    /// The distance of two declinations from exact, degrees, 0 or more.
    pub fn orb_deg(self, a_deg: f64, b_deg: f64) -> f64 {
        match self {
            Self::Parallel => (a_deg - b_deg).abs(),
            Self::ContraParallel => (a_deg + b_deg).abs(),
        }
    }
}

/// A point with its declination and its motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Declined {
    /// Which point.
    pub point: Point,
    /// Declination, degrees north of the true equator of date.
    pub declination_deg: f64,
    /// Its rate, degrees per day.
    pub speed_deg_per_day: f64,
}

/// A parallel or contra-parallel of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParallelHit {
    /// The first point, in the order of [`Point`].
    pub a: Point,
    /// The second point.
    pub b: Point,
    /// Which of the two.
    pub kind: Parallel,
    /// Distance from exact, degrees, 0 or more.
    pub orb_deg: f64,
    /// The largest orb the ruleset allows, degrees.
    pub orb_max_deg: f64,
    /// Whether the orb is shrinking.
    pub applying: bool,
    /// False if the birth time is vague and it does not hold through the whole window.
    pub certain: bool,
    /// Given when the time is not exact: between what its figures lie.
    pub open: Option<OpenHit>,
}

impl ParallelHit {
    /// Whether the orb is shrinking, where that is certain.
    pub fn sure_applying(&self) -> Option<bool> {
        self.open.map_or(Some(self.applying), |open| open.applying)
    }
}

/// Whether a point stands farther from the equator than the Sun ever does: |declination| above the true obliquity, both
/// in degrees (the term is Kt Boehrer's).
pub fn is_out_of_bounds(declination_deg: f64, obliquity_deg: f64) -> bool {
    declination_deg.abs() > obliquity_deg.abs()
}

/// The parallels and contra-parallels among points, in the order of their points. Points on one side of the equator can
/// only be parallel and points on two only contra-parallel, so that no pair comes twice.
pub fn parallels(points: &[Declined], ruleset: &Ruleset) -> Vec<ParallelHit> {
    let orb_max_deg = ruleset.parallel_orb_deg();
    let mut hits = Vec::new();
    for (index, one) in points.iter().enumerate() {
        for other in &points[index + 1..] {
            let (a, b) = if one.point <= other.point { (one, other) } else { (other, one) };
            if is_one_thing(a.point, b.point) {
                continue;
            }
            let same_side = (a.declination_deg < 0.0) == (b.declination_deg < 0.0);
            let kind = if same_side { Parallel::Parallel } else { Parallel::ContraParallel };
            let orb_deg = kind.orb_deg(a.declination_deg, b.declination_deg);
            if orb_deg > orb_max_deg {
                continue;
            }
            let (gap, rate) = match kind {
                Parallel::Parallel => {
                    (a.declination_deg - b.declination_deg, a.speed_deg_per_day - b.speed_deg_per_day)
                }
                Parallel::ContraParallel => {
                    (a.declination_deg + b.declination_deg, a.speed_deg_per_day + b.speed_deg_per_day)
                }
            };
            let applying = gap * rate < 0.0;
            hits.push(ParallelHit {
                a: a.point,
                b: b.point,
                kind,
                orb_deg,
                orb_max_deg,
                applying,
                certain: true,
                open: None,
            });
        }
    }
    hits.sort_by_key(|hit| (hit.a, hit.b));
    hits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::astro::body::Body;

    fn at(body: Body, declination_deg: f64, speed_deg_per_day: f64) -> Declined {
        Declined { point: Point::Body(body), declination_deg, speed_deg_per_day }
    }

    #[test]
    fn sides_of_the_equator_tell_parallel_from_contra_parallel() {
        let points = [
            at(Body::Mars, 20.3, 0.1),
            at(Body::Sun, 20.0, 0.2),
            at(Body::Moon, -19.2, -3.0),
            at(Body::Venus, 18.0, 0.0),
            at(Body::Saturn, 0.2, 0.0),
            at(Body::Pluto, -0.3, 0.0),
        ];
        let found = parallels(&points, Ruleset::builtin());
        let told: Vec<_> = found.iter().map(|h| (h.a.code(), h.b.code(), h.kind.code(), h.applying)).collect();
        assert_eq!(
            told,
            [
                ("sun", "moon", "contra_parallel", true),
                ("sun", "mars", "parallel", true),
                ("saturn", "pluto", "contra_parallel", false),
            ]
        );
        assert!((found[0].orb_deg - 0.8).abs() < 1e-12 && (found[1].orb_deg - 0.3).abs() < 1e-12);
        assert!((found[2].orb_deg - 0.1).abs() < 1e-12);
    }

    #[test]
    fn bounds_are_the_obliquity_on_both_sides() {
        assert!(is_out_of_bounds(23.5, 23.44) && is_out_of_bounds(-28.0, 23.44));
        assert!(!is_out_of_bounds(23.44, 23.44) && !is_out_of_bounds(-5.0, 23.44));
    }
}
