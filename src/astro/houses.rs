//! P: Twelve house cusps in five systems, and the house of a longitude. Angles come from `angles`; a system that does
//! not exist at a latitude is an error here, never an approximation.

use serde::{Deserialize, Serialize};

use super::angles::{LocalSky, norm_deg};
use super::error::AstroError;

/// Newton steps allowed for one Placidus cusp; bisection takes over where a step leaves the bracket, and 60 halvings of
/// 120 degrees are below the spacing of doubles.
const PLACIDUS_STEPS_MAX: usize = 64;
/// A Placidus cusp is accepted when the step in right ascension is below this, degrees (0.00004 milliarcseconds).
const PLACIDUS_TOLERANCE_DEG: f64 = 1e-11;

/// A way of dividing the sky into twelve houses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HouseSystem {
    /// Thirds of each degree's own semi-arc.
    Placidus,
    /// Thirds of the semi-arc of the Midheaven's degree.
    Koch,
    /// Thirds of each quadrant of the ecliptic.
    Porphyry,
    /// Thirty degrees each from the Ascendant.
    Equal,
    /// Whole signs from that of the Ascendant.
    WholeSign,
}

/// The cusps of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Houses {
    /// The system that made them.
    pub system: HouseSystem,
    /// Longitudes of cusps 1 to 12, each 0..360 degrees, in the zodiac of the chart.
    pub cusps_deg: [f64; 12],
}

impl HouseSystem {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Placidus, Self::Koch, Self::Porphyry, Self::Equal, Self::WholeSign];

    /// The stable machine name, such as `whole_sign`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Placidus => "placidus",
            Self::Koch => "koch",
            Self::Porphyry => "porphyry",
            Self::Equal => "equal",
            Self::WholeSign => "whole_sign",
        }
    }

    /// The system with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.code() == code)
    }

    /// Whether the system divides semi-arcs, which some ecliptic degrees do not have inside the polar circles.
    pub fn needs_semi_arcs(self) -> bool {
        matches!(self, Self::Placidus | Self::Koch)
    }
}

impl Houses {
    /// The cusps of `system` under `sky`.
    ///
    /// # Errors
    /// [`AstroError::HouseSystemUndefined`] for Placidus and Koch from the polar circle on, with the systems that exist
    /// there.
    pub fn compute(system: HouseSystem, sky: &LocalSky) -> Result<Self, AstroError> {
        if system.needs_semi_arcs() && sky.is_polar() {
            return Err(AstroError::HouseSystemUndefined {
                system,
                // Poles are computed a hair away from themselves; the message names the pole.
                latitude_deg: (sky.latitude_deg * 1e6).round() / 1e6,
                offers: HouseSystem::ALL.into_iter().filter(|other| !other.needs_semi_arcs()).collect(),
            });
        }
        let angles = sky.angles();
        let (asc, mc) = (angles.ascendant_deg, angles.midheaven_deg);
        let cusps_deg = match system {
            HouseSystem::Placidus => quadrants(asc, mc, placidus(sky)),
            HouseSystem::Koch => quadrants(asc, mc, koch(sky)),
            HouseSystem::Porphyry => quadrants(asc, mc, porphyry(asc, mc)),
            HouseSystem::Equal => thirties(asc),
            HouseSystem::WholeSign => thirties((asc / 30.0).floor() * 30.0),
        };
        Ok(Self { system, cusps_deg })
    }

    /// The cusps of `system` in a zodiac that begins `offset_deg` (degrees) after the true equinox: those of
    /// [`Self::compute`] counted from there, but for whole signs, which are the signs of that zodiac.
    ///
    /// # Errors
    /// As [`Self::compute`].
    pub fn of_zodiac(system: HouseSystem, sky: &LocalSky, offset_deg: f64) -> Result<Self, AstroError> {
        if system == HouseSystem::WholeSign {
            let ascendant_deg = norm_deg(sky.angles().ascendant_deg - offset_deg);
            return Ok(Self { system, cusps_deg: thirties((ascendant_deg / 30.0).floor() * 30.0) });
        }
        let tropical = Self::compute(system, sky)?;
        Ok(Self { system, cusps_deg: tropical.cusps_deg.map(|cusp_deg| norm_deg(cusp_deg - offset_deg)) })
    }

    /// The house 1..=12 whose half-open arc, from its cusp to the next, holds a longitude in degrees.
    pub fn house_of(&self, longitude_deg: f64) -> u8 {
        for house in 0..12_u8 {
            let start = self.cusps_deg[usize::from(house)];
            let end = self.cusps_deg[usize::from((house + 1) % 12)];
            if norm_deg(longitude_deg - start) < norm_deg(end - start) {
                return house + 1;
            }
        }
        // Reached only when rounding leaves a longitude exactly between two half-open arcs.
        1
    }
}

/// Cusps every thirty degrees from a start.
fn thirties(start_deg: f64) -> [f64; 12] {
    std::array::from_fn(|house| norm_deg(start_deg + 30.0 * house as f64))
}

/// All twelve cusps from Ascendant, Midheaven and the cusps 11, 12, 2, 3; the rest are opposite.
fn quadrants(asc: f64, mc: f64, [c11, c12, c2, c3]: [f64; 4]) -> [f64; 12] {
    let opposite = |cusp: f64| norm_deg(cusp + 180.0);
    [asc, c2, c3, opposite(mc), opposite(c11), opposite(c12), opposite(asc), opposite(c2), opposite(c3), mc, c11, c12]
}

/// Porphyry: each quadrant of the ecliptic cut in three equal arcs.
fn porphyry(asc: f64, mc: f64) -> [f64; 4] {
    let east = norm_deg(asc - mc) / 3.0;
    let below = (180.0 - norm_deg(asc - mc)) / 3.0;
    [mc + east, mc + 2.0 * east, asc + below, asc + 2.0 * below].map(norm_deg)
}

/// tan(latitude) * tan(obliquity): the sine of the ascensional difference of an ecliptic point is this times the sine
/// of its right ascension, since tan(declination) = tan(obliquity) * sin(right ascension) on the ecliptic. Below 1
/// outside the polar circles.
fn ascensional_factor(sky: &LocalSky) -> f64 {
    sky.latitude_deg.to_radians().tan() * sky.obliquity_deg.to_radians().tan()
}

/// Koch (birthplace) houses: the diurnal semi-arc of the Midheaven's degree is cut in three, and each cusp is the
/// ecliptic degree that rises a third of that arc earlier or later (Holden 1977, The Elements of House Division).
fn koch(sky: &LocalSky) -> [f64; 4] {
    let sine = ascensional_factor(sky) * sky.armc_deg.to_radians().sin();
    let third = (90.0 + sine.clamp(-1.0, 1.0).asin().to_degrees()) / 3.0;
    [-2.0, -1.0, 1.0, 2.0].map(|steps| sky.rising_deg(sky.armc_deg + 90.0 + steps * third, sky.latitude_deg))
}

/// Placidus houses: a cusp has gone through one or two thirds of its own diurnal or nocturnal semi-arc (Meeus-style
/// spherical trigonometry; Holden 1977).
fn placidus(sky: &LocalSky) -> [f64; 4] {
    [(1.0 / 3.0, true), (2.0 / 3.0, true), (2.0 / 3.0, false), (1.0 / 3.0, false)]
        .map(|(fraction, above)| placidus_cusp(sky, fraction, above))
}

/// Solves for the right ascension whose distance from the meridian is `fraction` of its semi-arc: east of the upper
/// meridian for `above`, west of the lower one otherwise.
///
/// The function `distance - fraction * semi-arc` rises strictly (its slope is at least `1 - fraction * factor`, and
/// both are below 1 outside the polar circles), so that the bracket holds exactly one root.
fn placidus_cusp(sky: &LocalSky, fraction: f64, above: bool) -> f64 {
    let factor = ascensional_factor(sky);
    let lower_meridian = sky.armc_deg + 180.0;
    let (mut low, mut high) = if above {
        (sky.armc_deg, sky.armc_deg + 180.0 * fraction)
    } else {
        (lower_meridian - 180.0 * fraction, lower_meridian)
    };
    let mut ra = 0.5 * (low + high);
    for _ in 0..PLACIDUS_STEPS_MAX {
        let (sin_ra, cos_ra) = ra.to_radians().sin_cos();
        let sine = (factor * sin_ra).clamp(-1.0, 1.0);
        let ascensional_difference = sine.asin().to_degrees();
        let value = if above {
            ra - sky.armc_deg - fraction * (90.0 + ascensional_difference)
        } else {
            ra - lower_meridian + fraction * (90.0 - ascensional_difference)
        };
        if value > 0.0 {
            high = ra;
        } else {
            low = ra;
        }
        let cosine = (1.0 - sine * sine).sqrt().max(1e-12);
        let newton = ra - value / (1.0 - fraction * factor * cos_ra / cosine);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        let step = (next - ra).abs();
        ra = next;
        if step < PLACIDUS_TOLERANCE_DEG {
            break;
        }
    }
    sky.ecliptic_of_right_ascension_deg(ra)
}

#[cfg(test)]
mod tests;
