//! P: The five major aspects, and the finding of an aspect between two moving points. Orbs come from `rules`.

use serde::{Deserialize, Serialize};

use super::angles::{separation_deg, wrap_deg};
use super::point::Point;

/// A major (Ptolemaic) aspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// 0 degrees apart.
    Conjunction,
    /// 60 degrees apart.
    Sextile,
    /// 90 degrees apart.
    Square,
    /// 120 degrees apart.
    Trine,
    /// 180 degrees apart.
    Opposition,
}

/// The traditional quality of an aspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Sextile and trine.
    Harmonious,
    /// Square and opposition.
    Tense,
    /// Conjunction: it takes the quality of its bodies.
    Neutral,
}

/// An aspect of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AspectHit {
    /// The first point, in the order of [`Point`].
    pub a: Point,
    /// The second point.
    pub b: Point,
    /// Which aspect.
    pub aspect: Aspect,
    /// The shorter arc between the two, 0..=180 degrees.
    pub separation_deg: f64,
    /// Distance from the exact aspect, degrees, 0 or more.
    pub orb_deg: f64,
    /// The largest orb the rule set allows here, degrees.
    pub orb_max_deg: f64,
    /// Whether the orb is shrinking.
    pub applying: bool,
    /// False if the birth time is vague and the aspect does not hold through the whole window.
    pub certain: bool,
}

/// An aspect within its orb.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contact {
    /// Which aspect.
    pub aspect: Aspect,
    /// The shorter arc between the two, 0..=180 degrees.
    pub separation_deg: f64,
    /// Distance from the exact aspect, degrees.
    pub orb_deg: f64,
    /// The largest orb allowed, degrees.
    pub orb_max_deg: f64,
}

impl Aspect {
    /// All five, by angle.
    pub const ALL: [Self; 5] = [Self::Conjunction, Self::Sextile, Self::Square, Self::Trine, Self::Opposition];

    /// The exact angle, degrees.
    pub const fn angle_deg(self) -> f64 {
        match self {
            Self::Conjunction => 0.0,
            Self::Sextile => 60.0,
            Self::Square => 90.0,
            Self::Trine => 120.0,
            Self::Opposition => 180.0,
        }
    }

    /// Its traditional quality.
    pub const fn nature(self) -> Nature {
        match self {
            Self::Sextile | Self::Trine => Nature::Harmonious,
            Self::Square | Self::Opposition => Nature::Tense,
            Self::Conjunction => Nature::Neutral,
        }
    }

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Conjunction => "conjunction",
            Self::Sextile => "sextile",
            Self::Square => "square",
            Self::Trine => "trine",
            Self::Opposition => "opposition",
        }
    }

    /// The aspect with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aspect| aspect.code() == code)
    }

    /// The distance of two longitudes (degrees) from this aspect, degrees, 0 or more.
    pub fn orb_deg(self, a_deg: f64, b_deg: f64) -> f64 {
        (separation_deg(a_deg, b_deg) - self.angle_deg()).abs()
    }
}

/// The aspect between two longitudes (degrees) whose largest orb `orb_max_deg(aspect)` holds it; the narrower one if two do.
pub fn contact(a_deg: f64, b_deg: f64, orb_max_deg: impl Fn(Aspect) -> f64) -> Option<Contact> {
    let separation_deg = separation_deg(a_deg, b_deg);
    let found = Aspect::ALL.into_iter().map(|aspect| Contact {
        aspect,
        separation_deg,
        orb_deg: (separation_deg - aspect.angle_deg()).abs(),
        orb_max_deg: orb_max_deg(aspect),
    });
    found.filter(|c| c.orb_deg <= c.orb_max_deg).min_by(|c, d| c.orb_deg.total_cmp(&d.orb_deg))
}

/// Whether the orb shrinks: longitudes in degrees, speeds in degrees per day, either of them possibly retrograde.
pub fn is_applying(aspect: Aspect, (a_deg, a_speed): (f64, f64), (b_deg, b_speed): (f64, f64)) -> bool {
    let signed = wrap_deg(a_deg - b_deg);
    let direction = if signed < 0.0 { -1.0 } else { 1.0 };
    let separation_rate = (a_speed - b_speed) * direction;
    let excess = signed.abs() - aspect.angle_deg();
    excess * separation_rate < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retrograde_planet_applies_backwards() {
        // 2° ahead of a conjunction and moving back: applying; moving on: separating; a faster follower applies.
        assert!(is_applying(Aspect::Conjunction, (12.0, -0.5), (10.0, 0.0)));
        assert!(!is_applying(Aspect::Conjunction, (12.0, 0.5), (10.0, 0.0)));
        assert!(is_applying(Aspect::Conjunction, (359.0, 1.0), (1.0, 0.1)));
        // Waning square: 270 degrees ahead is 90 behind, short of the square by 2 degrees.
        assert!(is_applying(Aspect::Square, (268.0, 13.0), (0.0, 1.0)));
        assert!(!is_applying(Aspect::Square, (272.0, 13.0), (0.0, 1.0)));
        assert!(is_applying(Aspect::Opposition, (179.0, 13.0), (0.0, 1.0)));
        assert!(!is_applying(Aspect::Opposition, (181.0, 13.0), (0.0, 1.0)));
    }

    #[test]
    fn the_orb_is_the_distance_from_the_angle_across_zero() {
        let found = contact(350.0, 83.0, |_| 4.0).unwrap();
        assert_eq!(found.aspect, Aspect::Square);
        assert!((found.orb_deg - 3.0).abs() < 1e-12);
        assert_eq!(contact(350.0, 85.0, |_| 4.0), None);
    }
}
