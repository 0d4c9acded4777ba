//! P: The twenty aspects, and the finding of an aspect between two moving points. Orbs come from the ruleset.
//!
//! Source: definition: the angles are fractions of the circle (Kepler 1619; the minor ones by use), an orb is the distance
//! from them. Error: none beyond rounding of the two longitudes given.

pub mod declination;
pub mod exact;

use serde::{Deserialize, Serialize};

use super::angles::{separation_deg, wrap_deg};
use super::point::Point;
use super::rulesets::{Context, Ruleset};
use super::spans::OpenHit;

/// An aspect. The five major (Ptolemaic) ones stand first, then six minor ones, then nine advanced ones; stored charts
/// know them by that order, so that a new one goes to the end.
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
    /// 30 degrees apart.
    SemiSextile,
    /// 45 degrees apart.
    SemiSquare,
    /// 72 degrees apart.
    Quintile,
    /// 135 degrees apart.
    Sesquiquadrate,
    /// 144 degrees apart.
    Biquintile,
    /// 150 degrees apart.
    Quincunx,
    /// A seventh of the circle apart.
    Septile,
    /// Two sevenths of the circle apart.
    Biseptile,
    /// Three sevenths of the circle apart.
    Triseptile,
    /// 40 degrees apart.
    Novile,
    /// 80 degrees apart.
    Binovile,
    /// 160 degrees apart.
    Quadranovile,
    /// 36 degrees apart.
    Decile,
    /// 108 degrees apart.
    Tredecile,
    /// 165 degrees apart.
    Quindecile,
}

/// How customary an aspect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// The five of Ptolemy (Tetrabiblos I.13; the conjunction counted with them).
    Major,
    /// Those of the 8th, 12th and 5th harmonics in common use since Kepler (Harmonices Mundi, 1619).
    Minor,
    /// Those of the 7th, 9th, 10th and 24th harmonics.
    Advanced,
}

/// The traditional quality of an aspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Sextile and trine, and the fifths, ninths and tenths of the circle.
    Harmonious,
    /// Square and opposition, their halves and the quincunx.
    Tense,
    /// Conjunction, semisextile and the sevenths: they take the quality of their bodies.
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
    /// Given when the time is not exact: between what its figures lie.
    pub open: Option<OpenHit>,
}

impl AspectHit {
    /// Whether the orb is shrinking, where that is certain.
    pub fn sure_applying(&self) -> Option<bool> {
        self.open.map_or(Some(self.applying), |open| open.applying)
    }
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

impl Family {
    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Advanced => "advanced",
        }
    }
}

impl Aspect {
    /// The five major ones, by angle.
    pub const MAJOR: [Self; 5] = [Self::Conjunction, Self::Sextile, Self::Square, Self::Trine, Self::Opposition];

    /// All twenty, in the order of the enum: [`Self::MAJOR`] first.
    pub const ALL: [Self; 20] = [
        Self::Conjunction,
        Self::Sextile,
        Self::Square,
        Self::Trine,
        Self::Opposition,
        Self::SemiSextile,
        Self::SemiSquare,
        Self::Quintile,
        Self::Sesquiquadrate,
        Self::Biquintile,
        Self::Quincunx,
        Self::Septile,
        Self::Biseptile,
        Self::Triseptile,
        Self::Novile,
        Self::Binovile,
        Self::Quadranovile,
        Self::Decile,
        Self::Tredecile,
        Self::Quindecile,
    ];

    /// The exact angle, degrees.
    pub const fn angle_deg(self) -> f64 {
        match self {
            Self::Conjunction => 0.0,
            Self::Sextile => 60.0,
            Self::Square => 90.0,
            Self::Trine => 120.0,
            Self::Opposition => 180.0,
            Self::SemiSextile => 30.0,
            Self::SemiSquare => 45.0,
            Self::Quintile => 72.0,
            Self::Sesquiquadrate => 135.0,
            Self::Biquintile => 144.0,
            Self::Quincunx => 150.0,
            Self::Septile => 360.0 / 7.0,
            Self::Biseptile => 720.0 / 7.0,
            Self::Triseptile => 1080.0 / 7.0,
            Self::Novile => 40.0,
            Self::Binovile => 80.0,
            Self::Quadranovile => 160.0,
            Self::Decile => 36.0,
            Self::Tredecile => 108.0,
            Self::Quindecile => 165.0,
        }
    }

    /// Its traditional quality.
    pub const fn nature(self) -> Nature {
        match self {
            Self::Sextile
            | Self::Trine
            | Self::Quintile
            | Self::Biquintile
            | Self::Novile
            | Self::Binovile
            | Self::Quadranovile
            | Self::Decile
            | Self::Tredecile => Nature::Harmonious,
            Self::Square
            | Self::Opposition
            | Self::SemiSquare
            | Self::Sesquiquadrate
            | Self::Quincunx
            | Self::Quindecile => Nature::Tense,
            Self::Conjunction | Self::SemiSextile | Self::Septile | Self::Biseptile | Self::Triseptile => {
                Nature::Neutral
            }
        }
    }

    /// How customary it is.
    pub const fn family(self) -> Family {
        match self {
            Self::Conjunction | Self::Sextile | Self::Square | Self::Trine | Self::Opposition => Family::Major,
            Self::SemiSextile
            | Self::SemiSquare
            | Self::Quintile
            | Self::Sesquiquadrate
            | Self::Biquintile
            | Self::Quincunx => Family::Minor,
            _ => Family::Advanced,
        }
    }

    /// Whether it is one of [`Self::MAJOR`].
    pub const fn is_major(self) -> bool {
        matches!(self.family(), Family::Major)
    }

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Conjunction => "conjunction",
            Self::Sextile => "sextile",
            Self::Square => "square",
            Self::Trine => "trine",
            Self::Opposition => "opposition",
            Self::SemiSextile => "semi_sextile",
            Self::SemiSquare => "semi_square",
            Self::Quintile => "quintile",
            Self::Sesquiquadrate => "sesquiquadrate",
            Self::Biquintile => "biquintile",
            Self::Quincunx => "quincunx",
            Self::Septile => "septile",
            Self::Biseptile => "biseptile",
            Self::Triseptile => "triseptile",
            Self::Novile => "novile",
            Self::Binovile => "binovile",
            Self::Quadranovile => "quadranovile",
            Self::Decile => "decile",
            Self::Tredecile => "tredecile",
            Self::Quindecile => "quindecile",
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

/// The major aspect between two longitudes (degrees) whose largest orb `orb_max_deg(aspect)` holds it; the narrower one if two do.
pub fn contact(a_deg: f64, b_deg: f64, orb_max_deg: impl Fn(Aspect) -> f64) -> Option<Contact> {
    let separation_deg = separation_deg(a_deg, b_deg);
    let found = Aspect::MAJOR.into_iter().map(|aspect| Contact {
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

/// A point with its motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moving {
    /// Which point.
    pub point: Point,
    /// Its longitude, degrees, in the zodiac of the chart.
    pub longitude_deg: f64,
    /// Its speed, degrees per day: below zero when retrograde, 0 for a point of a birth that transits touch, and for an
    /// angle that of the turning sky, [`ANGLE_SPEED_DEG_PER_DAY`].
    pub speed_deg_per_day: f64,
}

/// Mean rate at which the angles run through the zodiac, degrees per day: one turn in a sidereal day.
pub const ANGLE_SPEED_DEG_PER_DAY: f64 = 360.985_647;

impl Moving {
    /// The aspect from this point to another under a ruleset. The orb shrinks or grows by the motion of both.
    pub fn aspect_to(&self, other: &Self, context: Context, ruleset: &Ruleset) -> Option<AspectHit> {
        let (from, to) = ((self.point, self.longitude_deg), (other.point, other.longitude_deg));
        let found = ruleset.contact(context, from, to)?;
        let applying = is_applying(
            found.aspect,
            (self.longitude_deg, self.speed_deg_per_day),
            (other.longitude_deg, other.speed_deg_per_day),
        );
        Some(AspectHit {
            a: self.point,
            b: other.point,
            aspect: found.aspect,
            separation_deg: found.separation_deg,
            orb_deg: found.orb_deg,
            orb_max_deg: found.orb_max_deg,
            applying,
            certain: true,
            open: None,
        })
    }
}

/// Whether two points of one sky make no aspect worth the name: two angles, which are one sky, or two readings of one
/// thing, such as the mean and the true node, or the ends of one axis.
pub const fn is_one_thing(a: Point, b: Point) -> bool {
    (a.is_angle() && b.is_angle()) || (is_node(a) && is_node(b)) || (is_apogee(a) && is_apogee(b))
}

const fn is_node(point: Point) -> bool {
    point.is_ascending_node() || matches!(point, Point::SouthNode)
}

const fn is_apogee(point: Point) -> bool {
    matches!(super::rules::class(point), super::rules::Class::Apogee)
}

/// The aspects among the points of one sky, narrowest first within each first point; the pairs of [`is_one_thing`] make
/// none. In each hit `a` comes before `b` in the order of [`Point`].
pub fn among(points: &[Moving], context: Context, ruleset: &Ruleset) -> Vec<AspectHit> {
    let mut hits = Vec::new();
    for (index, one) in points.iter().enumerate() {
        for other in &points[index + 1..] {
            let (first, second) = if one.point <= other.point { (one, other) } else { (other, one) };
            if !is_one_thing(first.point, second.point) {
                hits.extend(first.aspect_to(second, context, ruleset));
            }
        }
    }
    hits.sort_by(|x, y| x.a.cmp(&y.a).then(x.orb_deg.total_cmp(&y.orb_deg)).then(x.b.cmp(&y.b)));
    hits
}

/// The aspects of the points of one sky (`a` of each hit) to those of another (`b`), narrowest first within each `a`.
pub fn between(sources: &[Moving], targets: &[Moving], context: Context, ruleset: &Ruleset) -> Vec<AspectHit> {
    let pairs = sources.iter().flat_map(|source| targets.iter().map(move |target| (source, target)));
    let mut hits: Vec<AspectHit> =
        pairs.filter_map(|(source, target)| source.aspect_to(target, context, ruleset)).collect();
    hits.sort_by(|x, y| x.a.cmp(&y.a).then(x.orb_deg.total_cmp(&y.orb_deg)).then(x.b.cmp(&y.b)));
    hits
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
