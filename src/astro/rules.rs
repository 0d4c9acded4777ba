//! P: The numbers of the day's signal: weights, frictions, search windows, and the classes of points. They are
//! convention, not measurement; changing any of them changes [`RULESET_VERSION`]. Orbs live in `rulesets`. Holds no search
//! and no positions.

use super::aspects::{Aspect, Nature};
use super::body::Body;
use super::point::Point;
use super::rulesets::{Context, Ruleset};

/// The ruleset of charts that name no other; with it, the version of the weights.
pub const RULESET_VERSION: &str = "modern-1.0.0";

/// The points that natal aspects join and that transits touch, beside the angles: ten planets and the true node. The
/// mean node would only repeat the true one.
pub const NATAL_BODIES: [Body; 11] = [
    Body::Sun,
    Body::Moon,
    Body::Mercury,
    Body::Venus,
    Body::Mars,
    Body::Jupiter,
    Body::Saturn,
    Body::Uranus,
    Body::Neptune,
    Body::Pluto,
    Body::TrueNode,
];

/// How traditional rules group points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Sun and Moon.
    Luminary,
    /// Mercury, Venus, Mars.
    Personal,
    /// Jupiter, Saturn.
    Social,
    /// Uranus, Neptune, Pluto.
    Transpersonal,
    /// Chiron, Pholus, Eris, and the asteroids Ceres, Pallas, Juno and Vesta.
    Minor,
    /// The lunar nodes.
    Node,
    /// Ascendant, Midheaven and the angles opposite to them.
    Angle,
    /// The mean and the osculating apogee of the Moon.
    Apogee,
    /// The Parts of Fortune and Spirit.
    Lot,
    /// Vertex and East Point.
    SecondaryAngle,
}

impl Class {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 10] = [
        Self::Luminary,
        Self::Personal,
        Self::Social,
        Self::Transpersonal,
        Self::Minor,
        Self::Node,
        Self::Angle,
        Self::Apogee,
        Self::Lot,
        Self::SecondaryAngle,
    ];

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Luminary => "luminary",
            Self::Personal => "personal",
            Self::Social => "social",
            Self::Transpersonal => "transpersonal",
            Self::Node => "node",
            Self::Angle => "angle",
            Self::Minor => "minor",
            Self::Apogee => "apogee",
            Self::Lot => "lot",
            Self::SecondaryAngle => "secondary_angle",
        }
    }

    /// The class with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }
}

/// The class of a point.
pub const fn class(point: Point) -> Class {
    match point {
        Point::Ascendant | Point::Midheaven | Point::Descendant | Point::ImumCoeli => Class::Angle,
        Point::Vertex | Point::EastPoint => Class::SecondaryAngle,
        Point::Fortune | Point::Spirit => Class::Lot,
        Point::SouthNode => Class::Node,
        Point::Body(body) => match body {
            Body::Sun | Body::Moon => Class::Luminary,
            Body::Mercury | Body::Venus | Body::Mars => Class::Personal,
            Body::Jupiter | Body::Saturn => Class::Social,
            Body::Uranus | Body::Neptune | Body::Pluto => Class::Transpersonal,
            Body::Chiron | Body::Ceres | Body::Pallas | Body::Juno | Body::Vesta | Body::Pholus | Body::Eris => {
                Class::Minor
            }
            Body::MeanNode | Body::TrueNode => Class::Node,
            Body::MeanApogee | Body::OsculatingApogee => Class::Apogee,
        },
    }
}

/// The largest orb of an aspect within one natal chart by the built-in ruleset, degrees; below zero where it looks for
/// none.
pub fn natal_orb_deg(aspect: Aspect, a: Point, b: Point) -> f64 {
    Ruleset::builtin().orb_deg(Context::Natal, aspect, a, b).unwrap_or(-1.0)
}

/// How much a transit counts, 0.4..=1.2: luminaries and angles are a person's own while the far planets belong to a
/// generation. A slow body marks a season and a fast one a day; neither outweighs the other by its pace alone, so that
/// what leads a day is what comes close on it and not what has stood in orb for months.
pub fn weight(transiting: Body, natal: Point) -> f64 {
    // By natal class: luminary, angle, personal, social, transpersonal, node.
    let row = match transiting {
        Body::Sun => [1.10, 1.05, 0.90, 0.75, 0.55, 0.60],
        Body::Moon | Body::Mercury | Body::Venus => [1.00, 0.90, 0.85, 0.70, 0.55, 0.55],
        Body::Mars => [1.10, 1.10, 1.00, 0.80, 0.60, 0.60],
        Body::Jupiter | Body::Saturn => [1.05, 1.00, 0.85, 0.70, 0.55, 0.65],
        Body::Uranus | Body::Neptune | Body::Pluto => [1.10, 1.05, 0.90, 0.65, 0.40, 0.60],
        Body::MeanNode
        | Body::TrueNode
        | Body::Chiron
        | Body::Ceres
        | Body::Pallas
        | Body::Juno
        | Body::Vesta
        | Body::Pholus
        | Body::Eris
        | Body::MeanApogee
        | Body::OsculatingApogee => [0.60, 0.60, 0.50, 0.40, 0.40, 0.40],
    };
    match class(natal) {
        Class::Luminary => row[0],
        Class::Angle => row[1],
        Class::Personal => row[2],
        Class::Social => row[3],
        Class::Transpersonal => row[4],
        Class::Node | Class::Minor | Class::Apogee | Class::Lot | Class::SecondaryAngle => row[5],
    }
}

/// How much a transit rubs, 0..=0.6: next to nothing for a sextile or trine, by the transiting body for a conjunction,
/// and more for a square than for an opposition.
pub fn friction(transiting: Body, aspect: Aspect) -> f64 {
    let (conjunction, added) = match transiting {
        Body::Venus | Body::Jupiter => (0.05, -0.05),
        Body::Neptune | Body::Chiron | Body::Eris | Body::MeanApogee | Body::OsculatingApogee => (0.25, 0.05),
        Body::Uranus | Body::Pluto => (0.30, 0.10),
        Body::Mars | Body::Saturn => (0.35, 0.15),
        Body::Sun
        | Body::Moon
        | Body::Mercury
        | Body::MeanNode
        | Body::TrueNode
        | Body::Ceres
        | Body::Pallas
        | Body::Juno
        | Body::Vesta
        | Body::Pholus => (0.10, 0.0),
    };
    match (aspect.nature(), aspect) {
        (Nature::Neutral, _) => conjunction,
        (Nature::Harmonious, Aspect::Trine) => 0.0,
        (Nature::Harmonious, _) => 0.05,
        (Nature::Tense, Aspect::Square) => 0.45 + added,
        (Nature::Tense, _) => 0.35 + added,
    }
}

/// 1.5 at the exact aspect, falling in a line to 0.5 at the limit of the orb.
pub fn intensity(orb_deg: f64, orb_max_deg: f64) -> f64 {
    1.5 - (orb_deg / orb_max_deg).clamp(0.0, 1.0)
}

/// How far around a day the passes of a transiting body are searched, days, and the step of the search: short enough
/// that no body turns twice within one (Mercury's retrograde lasts three weeks, Jupiter's four months, Pluto's five).
pub const fn search_window_days(transiting: Body) -> (f64, f64) {
    match transiting {
        Body::Moon => (2.0, 1.0),
        Body::Sun | Body::Mercury | Body::Venus | Body::Mars => (20.0, 5.0),
        Body::Jupiter | Body::Saturn => (240.0, 40.0),
        Body::Ceres | Body::Pallas | Body::Juno | Body::Vesta => (120.0, 20.0),
        Body::Uranus | Body::Neptune | Body::Pluto | Body::Chiron | Body::Pholus | Body::Eris => (450.0, 50.0),
        Body::MeanNode | Body::TrueNode | Body::MeanApogee | Body::OsculatingApogee => (200.0, 2.0),
    }
}

/// The axis code under which a natal point is counted.
pub const fn axis(natal: Point) -> &'static str {
    match natal {
        Point::Ascendant => "ASC",
        Point::Midheaven => "MC",
        Point::Descendant => "DSC",
        Point::ImumCoeli => "IC",
        Point::Vertex => "VX",
        Point::EastPoint => "EP",
        Point::Fortune => "PF",
        Point::Spirit => "PS",
        Point::SouthNode => "SN",
        Point::Body(body) => match body {
            Body::Sun => "SUN",
            Body::Moon => "MOON",
            Body::Mercury => "MERCURY",
            Body::Venus => "VENUS",
            Body::Mars => "MARS",
            Body::Jupiter => "JUPITER",
            Body::Saturn => "SATURN",
            Body::Uranus => "URANUS",
            Body::Neptune => "NEPTUNE",
            Body::Pluto => "PLUTO",
            Body::MeanNode | Body::TrueNode => "NN",
            Body::Chiron => "CHIRON",
            Body::Ceres => "CERES",
            Body::Pallas => "PALLAS",
            Body::Juno => "JUNO",
            Body::Vesta => "VESTA",
            Body::Pholus => "PHOLUS",
            Body::Eris => "ERIS",
            Body::MeanApogee | Body::OsculatingApogee => "LILITH",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_intensities_and_frictions_stay_in_their_ranges() {
        let natal = NATAL_BODIES.map(Point::Body).into_iter().chain([Point::Ascendant, Point::Midheaven]);
        for point in natal {
            for body in Body::PLANETS {
                assert!((0.4..=1.2).contains(&weight(body, point)));
                for aspect in Aspect::MAJOR {
                    let friction = friction(body, aspect);
                    let range = match aspect.nature() {
                        Nature::Harmonious => 0.0..=0.1,
                        Nature::Neutral => 0.0..=0.4,
                        Nature::Tense => 0.3..=0.6 + 1e-9,
                    };
                    assert!(range.contains(&friction), "{body:?} {aspect:?} {friction}");
                }
            }
        }
        assert!((intensity(0.0, 2.0) - 1.5).abs() < 1e-12 && (intensity(2.0, 2.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_luminary_outranks_an_angle() {
        let sun = Point::Body(Body::Sun);
        assert!((natal_orb_deg(Aspect::Trine, sun, Point::Ascendant) - 8.0).abs() < 1e-12);
        let pluto = Point::Body(Body::Pluto);
        assert!((natal_orb_deg(Aspect::Trine, pluto, Point::Ascendant) - 5.0).abs() < 1e-12);
        assert!((natal_orb_deg(Aspect::Trine, pluto, Point::Body(Body::Uranus)) - 3.0).abs() < 1e-12);
        assert!((natal_orb_deg(Aspect::Trine, pluto, Point::Body(Body::Mars)) - 6.0).abs() < 1e-12);
    }
}
