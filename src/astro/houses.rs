//! P: Twelve house cusps in fifteen systems, and the house of a longitude. Angles come from `angles`; a system that does
//! not exist at a latitude is an error here, never an approximation.
//!
//! Source: each system names its own where it is made (most after Holden 1977, The Elements of House Division). Error:
//! 0.005 arcsec against Swiss Ephemeris (`cusps_and_angles_match_swiss_ephemeris_and_its_failures_are_errors`).

mod circles;
mod semi_arcs;

use serde::{Deserialize, Serialize};

use super::angles::{LocalSky, RawAngles, norm_deg, wrap_deg};
use super::error::AstroError;

/// A way of dividing the sky into twelve houses. Stored charts know them by their order, so that a new one goes to the end.
///
/// Measured against Swiss Ephemeris 2.10 from the same sidereal time and obliquity at 300 places and times to latitude 85:
/// every cusp of every system within 0.002 arcsec.
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
    /// Thirds of each quadrant of the equator, by circles through the north and south points of the horizon.
    Regiomontanus,
    /// Thirds of each quadrant of the prime vertical, by the same circles.
    Campanus,
    /// Thirty degrees each from the Midheaven as cusp 10.
    EqualMc,
    /// Thirds of the semi-arcs of the Ascendant's degree.
    Alcabitius,
    /// Polich and Page: poles whose tangents are thirds of that of the latitude.
    Topocentric,
    /// Thirty degrees each of the equator, by circles through the poles of the ecliptic.
    Morinus,
    /// Thirty degrees each of the equator, by circles through its own poles; also called axial.
    Meridian,
    /// Thirty degrees each, with the Ascendant in the middle of the first house.
    Vehlow,
    /// Thirty degrees each of the circle through Ascendant and zenith, by circles through the poles of the equator.
    Krusinski,
    /// Between the middles of the houses of Porphyry.
    Sripati,
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
    /// All fifteen.
    pub const ALL: [Self; 15] = [
        Self::Placidus,
        Self::Koch,
        Self::Porphyry,
        Self::Equal,
        Self::WholeSign,
        Self::Regiomontanus,
        Self::Campanus,
        Self::EqualMc,
        Self::Alcabitius,
        Self::Topocentric,
        Self::Morinus,
        Self::Meridian,
        Self::Vehlow,
        Self::Krusinski,
        Self::Sripati,
    ];

    /// The stable machine name, such as `whole_sign`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Placidus => "placidus",
            Self::Koch => "koch",
            Self::Porphyry => "porphyry",
            Self::Equal => "equal",
            Self::WholeSign => "whole_sign",
            Self::Regiomontanus => "regiomontanus",
            Self::Campanus => "campanus",
            Self::EqualMc => "equal_mc",
            Self::Alcabitius => "alcabitius",
            Self::Topocentric => "topocentric",
            Self::Morinus => "morinus",
            Self::Meridian => "meridian",
            Self::Vehlow => "vehlow",
            Self::Krusinski => "krusinski",
            Self::Sripati => "sripati",
        }
    }

    /// The system with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.code() == code)
    }

    /// The angles of a sky as this system has them: those of [`LocalSky::angles`], but that Regiomontanus, Campanus and
    /// Topocentric turn the Midheaven with the Ascendant where that was taken opposite.
    pub fn angles(self, sky: &LocalSky) -> RawAngles {
        let angles = sky.angles();
        if matches!(self, Self::Regiomontanus | Self::Campanus | Self::Topocentric) && sky.is_turned(&angles) {
            return RawAngles { midheaven_deg: norm_deg(angles.midheaven_deg + 180.0), ..angles };
        }
        angles
    }

    /// Whether the system divides semi-arcs, which some ecliptic degrees do not have inside the polar circles.
    pub fn needs_semi_arcs(self) -> bool {
        matches!(self, Self::Placidus | Self::Koch)
    }
}

impl Houses {
    /// The cusps of `system` under `sky`, from the true equinox of date.
    ///
    /// # Errors
    /// [`AstroError::HouseSystemUndefined`] for Placidus and Koch from the polar circle on, with the systems that exist
    /// there.
    pub fn compute(system: HouseSystem, sky: &LocalSky) -> Result<Self, AstroError> {
        Self::under(system, sky, &sky.angles(), 0.0)
    }

    /// The cusps of `system` in a zodiac that begins `offset_deg` (degrees) after the true equinox: those of
    /// [`Self::compute`] counted from there, but for whole signs, which are the signs of that zodiac.
    ///
    /// # Errors
    /// As [`Self::compute`].
    pub fn of_zodiac(system: HouseSystem, sky: &LocalSky, offset_deg: f64) -> Result<Self, AstroError> {
        Self::under(system, sky, &sky.angles(), offset_deg)
    }

    /// [`Self::of_zodiac`] with the angles of the sky at hand.
    pub(super) fn under(
        system: HouseSystem,
        sky: &LocalSky,
        angles: &RawAngles,
        offset_deg: f64,
    ) -> Result<Self, AstroError> {
        if system.needs_semi_arcs() && sky.is_polar() {
            return Err(AstroError::HouseSystemUndefined {
                system,
                // Poles are computed a hair away from themselves; the message names the pole.
                latitude_deg: (sky.latitude_deg * 1e6).round() / 1e6,
                offers: HouseSystem::ALL.into_iter().filter(|other| !other.needs_semi_arcs()).collect(),
            });
        }
        if system == HouseSystem::WholeSign {
            let ascendant_deg = norm_deg(angles.ascendant_deg - offset_deg);
            return Ok(Self { system, cusps_deg: thirties((ascendant_deg / 30.0).floor() * 30.0) });
        }
        let cusps_deg = cusps(system, sky, angles).map(|cusp_deg| norm_deg(cusp_deg - offset_deg));
        Ok(Self { system, cusps_deg })
    }

    /// The house 1..=12 of a longitude in degrees: that of the cusp last passed, which belongs to the house that it opens.
    /// Where the cusps run backwards, as those of some systems do inside the polar circles, so does the passing.
    pub fn house_of(&self, longitude_deg: f64) -> u8 {
        self.house_by(longitude_deg, self.run_backward())
    }

    /// Whether the cusps run backwards through the zodiac.
    pub(super) fn run_backward(&self) -> bool {
        self.turns() < 0.0
    }

    /// [`Self::house_of`] with [`Self::run_backward`] at hand.
    pub(super) fn house_by(&self, longitude_deg: f64, backward: bool) -> u8 {
        let since =
            |start_deg: f64| norm_deg(if backward { start_deg - longitude_deg } else { longitude_deg - start_deg });
        let nearest = (1_u8..=12).zip(self.cusps_deg.map(since)).min_by(|(_, one), (_, other)| one.total_cmp(other));
        nearest.map_or(1, |(house, _)| house)
    }

    /// 1 if the cusps go once round forward, -1 if backward, 0 if they cross.
    fn turns(&self) -> f64 {
        let step = |house: usize| wrap_deg(self.cusps_deg[(house + 1) % 12] - self.cusps_deg[house]);
        let all =
            (0..12).map(step).try_fold(0.0_f64, |sign, step_deg| (sign * step_deg >= 0.0).then(|| step_deg.signum()));
        all.unwrap_or(0.0)
    }
}

/// Tropical cusps of a system that exists under this sky; any reals, degrees.
fn cusps(system: HouseSystem, sky: &LocalSky, angles: &RawAngles) -> [f64; 12] {
    let (asc, mc) = (angles.ascendant_deg, angles.midheaven_deg);
    match system {
        HouseSystem::Placidus => quadrants(asc, mc, semi_arcs::placidus(sky)),
        HouseSystem::Koch => quadrants(asc, mc, semi_arcs::koch(sky)),
        HouseSystem::Porphyry => quadrants(asc, mc, porphyry(asc, mc)),
        HouseSystem::Equal => thirties(asc),
        HouseSystem::WholeSign => thirties((asc / 30.0).floor() * 30.0),
        HouseSystem::Regiomontanus => through_the_meridian_points(sky, angles, circles::regiomontanus(sky)),
        HouseSystem::Campanus => through_the_meridian_points(sky, angles, circles::campanus(sky)),
        HouseSystem::EqualMc => thirties(mc + 90.0),
        HouseSystem::Alcabitius => quadrants(asc, mc, semi_arcs::alcabitius(sky, asc)),
        HouseSystem::Topocentric => through_the_meridian_points(sky, angles, circles::topocentric(sky)),
        HouseSystem::Morinus => circles::morinus(sky),
        HouseSystem::Meridian => circles::meridian(sky),
        HouseSystem::Vehlow => thirties(asc - 15.0),
        HouseSystem::Krusinski => circles::krusinski(sky, asc),
        HouseSystem::Sripati => middles(quadrants(asc, mc, porphyry(asc, mc))),
    }
}

/// Cusps of a system whose circles all pass through the north and south points of the horizon. Where the Ascendant was
/// taken opposite, because it would stand west of the Midheaven, the whole division turns with it.
fn through_the_meridian_points(sky: &LocalSky, angles: &RawAngles, between: [f64; 4]) -> [f64; 12] {
    let turn_deg = if sky.is_turned(angles) { 180.0 } else { 0.0 };
    quadrants(angles.ascendant_deg, angles.midheaven_deg + turn_deg, between.map(|cusp_deg| cusp_deg + turn_deg))
}

/// Cusps midway between those given and the ones before them.
fn middles(cusps_deg: [f64; 12]) -> [f64; 12] {
    std::array::from_fn(|house| {
        let before = cusps_deg[(house + 11) % 12];
        norm_deg(before + 0.5 * norm_deg(cusps_deg[house] - before))
    })
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

#[cfg(test)]
mod tests;
