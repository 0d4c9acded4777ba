//! P: Accidental dignities of the seven traditional planets: what house, motion, Sun, neighbours and stars lend a planet or
//! take from it, with scores. The signs' dignities are the parent module's.
//!
//! Source of the scores and limits, unless an item says otherwise: Lilly 1647, Christian Astrology, pp. 113-115. Distances
//! from the Sun are of longitude: cazimi 0°17', combust 8°30', under the beams 17°.

use serde::{Deserialize, Serialize};

use super::SEVEN;
use crate::astro::angles::wrap_deg;
use crate::astro::body::Body;
use crate::astro::scene::{Scene, Seen};
use crate::astro::sect;
use crate::astro::signs::{Sign, degree_in_sign};

/// In the heart of the Sun within this, degrees.
pub const CAZIMI_DEG: f64 = 17.0 / 60.0;
/// Burnt within this, degrees.
pub const COMBUST_DEG: f64 = 8.5;
/// Hidden by the Sun's light within this, degrees.
pub const UNDER_BEAMS_DEG: f64 = 17.0;
/// A planet slower than this part of its mean motion counts as standing (ours: Lilly gives no number).
pub const STATIONARY_PART: f64 = 0.1;
/// A planet is besieged by two neighbours when each is within this, degrees (ours: Lilly gives no number).
pub const BESIEGED_DEG: f64 = 15.0;
/// How near a planet must be to Regulus or Spica, degrees (ours), and to Algol (Lilly).
const STAR_ORBS_DEG: [f64; 3] = [1.0, 1.0, 5.0];

/// The stars of Lilly's table: Regulus, Spica, Algol.
pub const LILLY_STARS: [&str; 3] = ["regulus", "spica", "algol"];

/// How near a planet is to the Sun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SolarProximity {
    /// Within [`CAZIMI_DEG`].
    Cazimi,
    /// Within [`COMBUST_DEG`].
    Combust,
    /// Within [`UNDER_BEAMS_DEG`].
    UnderBeams,
    /// Farther.
    Free,
}

/// How fast a planet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// Slower, either way, than [`STATIONARY_PART`] of the mean motion.
    Stationary,
    /// Slower than the mean motion.
    Slow,
    /// As fast or faster.
    Swift,
}

/// One thing that strengthens or weakens a planet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accident {
    /// In house 1, 4, 7 or 10.
    Angular,
    /// In house 2, 5, 8 or 11.
    Succedent,
    /// In house 3, 6, 9 or 12.
    Cadent,
    /// In the house of its joy.
    Joy,
    /// Moves forward.
    Direct,
    /// Moves backward.
    Retrograde,
    /// All but stands still.
    Stationary,
    /// Faster than its mean motion.
    Swift,
    /// Slower than that.
    Slow,
    /// Rises before the Sun.
    Oriental,
    /// Sets after the Sun.
    Occidental,
    /// The Moon's light grows.
    Waxing,
    /// The Moon's light shrinks.
    Waning,
    /// In the heart of the Sun.
    Cazimi,
    /// Burnt by the Sun.
    Combust,
    /// Hidden by the Sun's light.
    UnderBeams,
    /// Far enough from the Sun.
    FreeFromBeams,
    /// In its own half of the sky and in a sign of its gender.
    Hayz,
    /// In the same degree as Jupiter or Venus.
    ConjunctBenefic,
    /// In the same degree of a sign in trine with Jupiter or Venus.
    TrineBenefic,
    /// In the same degree of a sign in sextile with Jupiter or Venus.
    SextileBenefic,
    /// In the same degree as Saturn or Mars.
    ConjunctMalefic,
    /// In the same degree of the sign opposite Saturn or Mars.
    OppositeMalefic,
    /// In the same degree of a sign in square with Saturn or Mars.
    SquareMalefic,
    /// In the degree of the ascending node.
    ConjunctNorthNode,
    /// In the degree of the descending node.
    ConjunctSouthNode,
    /// Between Saturn and Mars.
    Besieged,
    /// Beside Regulus.
    ConjunctRegulus,
    /// Beside Spica.
    ConjunctSpica,
    /// Near Algol.
    ConjunctAlgol,
}

/// What happens to a planet, and what that is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accidental {
    /// Each with its points.
    pub items: Vec<(Accident, i16)>,
    /// What holds for a part of a vague birth time alone: left out of the items and of the score.
    pub open: Vec<Accident>,
    /// The sum.
    pub score: i16,
}

impl SolarProximity {
    /// Of a distance from the Sun in longitude, degrees of any sign.
    pub fn of(from_sun_deg: f64) -> Self {
        match from_sun_deg.abs() {
            near if near <= CAZIMI_DEG => Self::Cazimi,
            near if near <= COMBUST_DEG => Self::Combust,
            near if near <= UNDER_BEAMS_DEG => Self::UnderBeams,
            _ => Self::Free,
        }
    }

    /// The stable machine name, such as `under_beams`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cazimi => "cazimi",
            Self::Combust => "combust",
            Self::UnderBeams => "under_beams",
            Self::Free => "free",
        }
    }
}

impl Pace {
    /// The stable machine name, such as `swift`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stationary => "stationary",
            Self::Slow => "slow",
            Self::Swift => "swift",
        }
    }

    /// Of a speed as a part of the mean motion.
    pub fn of(part_of_mean: f64) -> Self {
        match part_of_mean.abs() {
            part if part < STATIONARY_PART => Self::Stationary,
            part if part < 1.0 => Self::Slow,
            _ => Self::Swift,
        }
    }
}

impl Accident {
    /// The stable machine name, such as `free_from_beams`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Angular => "angular",
            Self::Succedent => "succedent",
            Self::Cadent => "cadent",
            Self::Joy => "joy",
            Self::Direct => "direct",
            Self::Retrograde => "retrograde",
            Self::Stationary => "stationary",
            Self::Swift => "swift",
            Self::Slow => "slow",
            Self::Oriental => "oriental",
            Self::Occidental => "occidental",
            Self::Waxing => "waxing",
            Self::Waning => "waning",
            Self::Cazimi => "cazimi",
            Self::Combust => "combust",
            Self::UnderBeams => "under_beams",
            Self::FreeFromBeams => "free_from_beams",
            Self::Hayz => "hayz",
            Self::ConjunctBenefic => "conjunct_benefic",
            Self::TrineBenefic => "trine_benefic",
            Self::SextileBenefic => "sextile_benefic",
            Self::ConjunctMalefic => "conjunct_malefic",
            Self::OppositeMalefic => "opposite_malefic",
            Self::SquareMalefic => "square_malefic",
            Self::ConjunctNorthNode => "conjunct_north_node",
            Self::ConjunctSouthNode => "conjunct_south_node",
            Self::Besieged => "besieged",
            Self::ConjunctRegulus => "conjunct_regulus",
            Self::ConjunctSpica => "conjunct_spica",
            Self::ConjunctAlgol => "conjunct_algol",
        }
    }
}

/// Mean daily motion in longitude as seen from the Earth, degrees: Lilly's (1647, pp. 57-83; Moon 13°10'36", Sun, Venus and
/// Mercury 59'08", Mars 31'27", Jupiter 4'59", Saturn 2'01"), and for the planets after him a circle in their tropical
/// periods (Simon et al. 1994).
pub const fn mean_motion_deg_per_day(body: Body) -> Option<f64> {
    Some(match body {
        Body::Moon => 13.0 + 10.0 / 60.0 + 36.0 / 3600.0,
        Body::Sun | Body::Mercury | Body::Venus => 59.0 / 60.0 + 8.0 / 3600.0,
        Body::Mars => 31.0 / 60.0 + 27.0 / 3600.0,
        Body::Jupiter => 4.0 / 60.0 + 59.0 / 3600.0,
        Body::Saturn => 2.0 / 60.0 + 1.0 / 3600.0,
        Body::Uranus => 0.011_77,
        Body::Neptune => 0.006_02,
        Body::Pluto => 0.003_98,
        _ => return None,
    })
}

/// The house in which a planet rejoices (Valens; Paulus Alexandrinus, ch. 24).
pub const fn joy(body: Body) -> Option<u8> {
    Some(match body {
        Body::Mercury => 1,
        Body::Moon => 3,
        Body::Venus => 5,
        Body::Mars => 6,
        Body::Sun => 9,
        Body::Jupiter => 11,
        Body::Saturn => 12,
        _ => return None,
    })
}

/// Whether a house is angular, succedent or cadent, and what it is worth.
pub const fn house_strength(house: u8) -> (Accident, i16) {
    let class = match house % 3 {
        1 => Accident::Angular,
        2 => Accident::Succedent,
        _ => Accident::Cadent,
    };
    let score = match house {
        1 | 10 => 5,
        4 | 7 | 11 => 4,
        2 | 5 => 3,
        9 => 2,
        3 => 1,
        12 => -5,
        _ => -2,
    };
    (class, score)
}

/// Everything that happens to one of [`SEVEN`]; `stars_deg` are the longitudes of [`LILLY_STARS`] in the chart's zodiac,
/// where wanted. Joy and hayz score 1 each (ours: Lilly names them without points).
pub fn accidental(scene: &Scene, seen: &Seen, stars_deg: Option<[f64; 3]>) -> Accidental {
    let mut items = Vec::with_capacity(12);
    if let Some(house) = seen.house {
        items.push(house_strength(house));
        if joy(seen.body) == Some(house) {
            items.push((Accident::Joy, 1));
        }
    }
    motion(seen, &mut items);
    sun(scene, seen, &mut items);
    if sect::status(scene, seen).is_some_and(|status| status.hayz) {
        items.push((Accident::Hayz, 1));
    }
    neighbours(scene, seen, &mut items);
    let beside = [(Accident::ConjunctRegulus, 6), (Accident::ConjunctSpica, 5), (Accident::ConjunctAlgol, -5)];
    for (index, star_deg) in stars_deg.into_iter().flatten().enumerate() {
        if wrap_deg(seen.longitude_deg - star_deg).abs() <= STAR_ORBS_DEG[index] {
            items.push(beside[index]);
        }
    }
    Accidental { score: items.iter().map(|(_, score)| score).sum(), items, open: Vec::new() }
}

/// Direction and pace; the lights never turn, so that going forward is no merit of theirs.
fn motion(seen: &Seen, items: &mut Vec<(Accident, i16)>) {
    let Some(mean) = mean_motion_deg_per_day(seen.body) else { return };
    if seen.speed_deg_per_day < 0.0 {
        items.push((Accident::Retrograde, -5));
    } else if !matches!(seen.body, Body::Sun | Body::Moon) {
        items.push((Accident::Direct, 4));
    }
    items.push(match Pace::of(seen.speed_deg_per_day / mean) {
        Pace::Stationary => (Accident::Stationary, -2),
        Pace::Slow => (Accident::Slow, -2),
        Pace::Swift => (Accident::Swift, 2),
    });
}

/// The Sun's nearness, and on which side of it the planet stands.
fn sun(scene: &Scene, seen: &Seen, items: &mut Vec<(Accident, i16)>) {
    let from_sun = scene.from_sun_deg(seen);
    let rises_first = from_sun < 0.0;
    match seen.body {
        Body::Sun => return,
        Body::Moon if rises_first => items.push((Accident::Waning, -2)),
        Body::Moon => items.push((Accident::Waxing, 2)),
        Body::Mercury | Body::Venus if rises_first => items.push((Accident::Oriental, -2)),
        Body::Mercury | Body::Venus => items.push((Accident::Occidental, 2)),
        _ if rises_first => items.push((Accident::Oriental, 2)),
        _ => items.push((Accident::Occidental, -2)),
    }
    items.push(match SolarProximity::of(from_sun) {
        SolarProximity::Cazimi => (Accident::Cazimi, 5),
        SolarProximity::Combust => (Accident::Combust, -5),
        SolarProximity::UnderBeams => (Accident::UnderBeams, -4),
        SolarProximity::Free => (Accident::FreeFromBeams, 5),
    });
}

/// Partile aspects: both in the same whole degree of signs that behold each other. The number of signs between, 0..=6.
fn partile(a_deg: f64, b_deg: f64) -> Option<usize> {
    let signs = Sign::of(a_deg).index().abs_diff(Sign::of(b_deg).index());
    (degree_in_sign(a_deg).floor() == degree_in_sign(b_deg).floor()).then_some(signs.min(12 - signs))
}

fn neighbours(scene: &Scene, seen: &Seen, items: &mut Vec<(Accident, i16)>) {
    let here = seen.longitude_deg;
    for other in scene.planets.iter().filter(|other| other.body != seen.body) {
        let Some(signs) = partile(here, other.longitude_deg) else { continue };
        let benefic = matches!(other.body, Body::Venus | Body::Jupiter);
        let malefic = matches!(other.body, Body::Mars | Body::Saturn);
        items.extend(match signs {
            0 if benefic => Some((Accident::ConjunctBenefic, 5)),
            4 if benefic => Some((Accident::TrineBenefic, 4)),
            2 if benefic => Some((Accident::SextileBenefic, 3)),
            0 if malefic => Some((Accident::ConjunctMalefic, -5)),
            6 if malefic => Some((Accident::OppositeMalefic, -4)),
            3 if malefic => Some((Accident::SquareMalefic, -3)),
            _ => None,
        });
    }
    match partile(here, scene.node_deg) {
        Some(0) => items.push((Accident::ConjunctNorthNode, 4)),
        Some(6) => items.push((Accident::ConjunctSouthNode, -4)),
        _ => {}
    }
    let around = |side: f64| {
        let others = scene.planets.iter().filter(|other| SEVEN.contains(&other.body) && other.body != seen.body);
        let ahead = others.map(|other| (other.body, side * wrap_deg(other.longitude_deg - here)));
        ahead
            .filter(|(_, deg)| (0.0..=BESIEGED_DEG).contains(deg))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(body, _)| body)
    };
    if matches!(
        (around(1.0), around(-1.0)),
        (Some(Body::Mars), Some(Body::Saturn)) | (Some(Body::Saturn), Some(Body::Mars))
    ) {
        items.push((Accident::Besieged, -5));
    }
}
