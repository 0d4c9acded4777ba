//! Wire form of a chart's traditional analysis. Names and units as clients see them; computes nothing.

mod map;

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::chart::{Unknown, Versions};
use super::figure::{ParallelReply, PatternReply};
use super::ranges::Ranges;

pub use map::analysis_reply;

/// The traditional analysis of a chart. What a vague birth time leaves open is absent, and named in `unknowns`.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnalysisReply {
    /// The chart.
    pub chart_id: String,
    /// Table of terms in force: `egyptian`, `ptolemaic`, `lilly`.
    pub terms: String,
    /// Table of triplicities in force: `dorothean`, `lilly`.
    pub triplicities: String,
    /// How much can be said: 5 exact birth time, 3 part of a day, 1 unknown.
    pub precision: u8,
    /// `diurnal` or `nocturnal`: whether the Sun stood above the true horizon.
    pub sect: Option<String>,
    /// The ten planets.
    pub planets: Vec<PlanetReply>,
    /// Receptions among the seven.
    pub receptions: ReceptionsReply,
    /// Dispositors of the seven by the traditional rulers.
    pub dispositors: Option<DispositorsReply>,
    /// Dispositors of the ten by the modern rulers.
    pub modern_dispositors: Option<DispositorsReply>,
    /// Rulers of the houses; absent when the time is not exact.
    pub house_rulers: Option<Vec<HouseRulerReply>>,
    /// How points are spread over signs, horizon and meridian.
    pub spread: SpreadReply,
    /// `new`, `crescent`, `first_quarter`, `gibbous`, `full`, `disseminating`, `last_quarter`, `balsamic`.
    pub moon_phase: Option<String>,
    /// The phase in numbers; absent when the time is not exact.
    pub lunar_phase: Option<LunarPhaseReply>,
    /// What weighs most, by documented weights; absent when the time is not exact, since houses and angles weigh.
    pub dominants: Option<DominantsReply>,
    /// Fixed stars in conjunction with planets, node and angles, the closest first.
    pub stars: Vec<StarReply>,
    /// Figures of several points.
    pub patterns: Vec<PatternReply>,
    /// Parallels and contra-parallels of declination.
    pub parallels: Vec<ParallelReply>,
    /// The planetary hour; absent when the time is not exact and where the Sun did not rise or set.
    pub planetary_hour: Option<PlanetaryHourReply>,
    /// What is open, and why.
    pub unknowns: Vec<Unknown>,
    /// What made this result.
    pub versions: Versions,
    /// The chart's own hash.
    pub input_hash: String,
}

/// A planet's strength.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanetReply {
    /// `sun` .. `pluto`.
    pub body: String,
    /// Essential and accidental score together; absent for Uranus, Neptune and Pluto, which have none, and when the time of birth
    /// leaves it open.
    pub score: Option<i16>,
    /// Dignities of sign and degree; absent for the same.
    pub essential: Option<EssentialReply>,
    /// Dignities of house, motion, light and company; absent for the same.
    pub accidental: Option<AccidentalReply>,
    /// `stationary`, `slow`, `swift`.
    pub pace: Option<String>,
    /// Whether it moves backwards.
    pub retrograde: Option<bool>,
    /// Speed over mean motion; absent when the time is not exact.
    pub speed_over_mean: Option<f64>,
    /// `cazimi` (within 0°17′ of the Sun), `combust` (8°30′), `under_beams` (17°), `free`; absent for the Sun.
    pub solar_proximity: Option<String>,
    /// Whether it rises before the Sun; absent for the Sun.
    pub oriental: Option<bool>,
    /// Longitude less the Sun's, -180 to 180 degrees; absent for the Sun and when the time is not exact.
    pub from_sun_deg: Option<f64>,
    /// How it stands with the chart's sect; absent for planets without one.
    pub sect: Option<SectReply>,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// Dignities of sign and degree.
#[derive(Debug, Serialize, ToSchema)]
pub struct EssentialReply {
    /// `domicile`, `exaltation`, `triplicity`, `participating_triplicity`, `term`, `face`, `detriment`, `fall`, `peregrine`.
    pub held: Vec<String>,
    /// What a vague birth time leaves open.
    pub open: Vec<String>,
    /// Sum of the points; absent when the time of birth leaves it open.
    pub score: Option<i16>,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// Dignities of circumstance.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccidentalReply {
    /// Each with its points.
    pub items: Vec<AccidentReply>,
    /// What a vague birth time leaves open; houses besides.
    pub open: Vec<String>,
    /// Sum of the points; absent when the time of birth leaves it open.
    pub score: Option<i16>,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// One circumstance.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccidentReply {
    /// Such as `angular`, `retrograde`, `combust`.
    pub code: String,
    /// Its points.
    pub score: i16,
}

/// A planet and the sect.
#[derive(Debug, Serialize, ToSchema)]
pub struct SectReply {
    /// The planet's own: `diurnal` or `nocturnal`.
    pub sect: String,
    /// Whether that is the chart's.
    pub of_sect: bool,
    /// Whether it is in its own half of the sky.
    pub halb: bool,
    /// Whether it is in a sign of its gender too.
    pub hayz: bool,
}

/// Receptions.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceptionsReply {
    /// Both ways.
    pub mutual: Vec<MutualReceptionReply>,
    /// One way.
    pub one_sided: Vec<ReceptionReply>,
}

/// Two planets in each other's dignities.
#[derive(Debug, Serialize, ToSchema)]
pub struct MutualReceptionReply {
    /// One planet.
    pub a: String,
    /// The other.
    pub b: String,
    /// The dignities by which `a` receives `b`: `domicile`, `exaltation`, `triplicity`.
    pub a_by: Vec<String>,
    /// The dignities by which `b` receives `a`.
    pub b_by: Vec<String>,
    /// Whether their signs make an aspect.
    pub beholds: bool,
}

/// A planet in another's dignities.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceptionReply {
    /// Who receives.
    pub host: String,
    /// Who is received.
    pub guest: String,
    /// By which dignities of the host.
    pub by: Vec<String>,
    /// Whether their signs make an aspect.
    pub beholds: bool,
}

/// Who disposes of whom.
#[derive(Debug, Serialize, ToSchema)]
pub struct DispositorsReply {
    /// Every planet with its dispositor.
    pub of: Vec<DispositorReply>,
    /// Planets in their own signs.
    pub at_home: Vec<String>,
    /// Rings of planets that dispose of each other.
    pub rings: Vec<Vec<String>>,
    /// The planet in which every chain ends, if there is one.
    pub last: Option<String>,
}

/// A planet and its dispositor.
#[derive(Debug, Serialize, ToSchema)]
pub struct DispositorReply {
    /// The planet.
    pub body: String,
    /// The ruler of its sign.
    pub dispositor: String,
}

/// A house and its rulers.
#[derive(Debug, Serialize, ToSchema)]
pub struct HouseRulerReply {
    /// 1 to 12.
    pub house: u8,
    /// Sign on the cusp.
    pub sign: String,
    /// Traditional ruler.
    pub ruler: String,
    /// House of that ruler.
    pub ruler_house: Option<u8>,
    /// Modern ruler, where it is another.
    pub modern_ruler: Option<String>,
    /// House of that ruler.
    pub modern_ruler_house: Option<u8>,
    /// Signs without a cusp in this house.
    pub intercepted: Vec<String>,
}

/// Counts of points.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpreadReply {
    /// In fire signs.
    pub fire: u8,
    /// In earth signs.
    pub earth: u8,
    /// In air signs.
    pub air: u8,
    /// In water signs.
    pub water: u8,
    /// In cardinal signs.
    pub cardinal: u8,
    /// In fixed signs.
    pub fixed: u8,
    /// In mutable signs.
    pub mutable: u8,
    /// In masculine signs.
    pub masculine: u8,
    /// In feminine signs.
    pub feminine: u8,
    /// The ten planets about horizon and meridian; absent when the time is not exact.
    pub hemispheres: Option<HemispheresReply>,
    /// What was counted in signs.
    pub counted: Vec<String>,
    /// Between what the counts lie when the time is not exact: with what is open counted too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// Planets about horizon and meridian.
#[derive(Debug, Serialize, ToSchema)]
pub struct HemispheresReply {
    /// Above the horizon.
    pub above: u8,
    /// Below it.
    pub below: u8,
    /// East of the meridian.
    pub east: u8,
    /// West of it.
    pub west: u8,
    /// From the Ascendant to the Imum Coeli, Descendant, Midheaven and Ascendant.
    pub quadrants: Vec<u8>,
}

/// The Moon's phase in numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct LunarPhaseReply {
    /// The Moon's longitude less the Sun's, 0 to 360 degrees.
    pub elongation_deg: f64,
    /// That over 360.
    pub cycle: f64,
    /// Days since the new moon; absent where that was before the ephemeris.
    pub age_days: Option<f64>,
    /// Lit part of the disc, 0 to 1.
    pub illumination: f64,
}

/// What weighs most, the heaviest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct DominantsReply {
    /// Planets.
    pub planets: Vec<DominantPlanetReply>,
    /// Signs.
    pub signs: Vec<WeightReply>,
    /// Elements.
    pub elements: Vec<WeightReply>,
    /// Modalities.
    pub modalities: Vec<WeightReply>,
}

/// A planet's weight.
#[derive(Debug, Serialize, ToSchema)]
pub struct DominantPlanetReply {
    /// The planet.
    pub body: String,
    /// Sum of the factors.
    pub score: f64,
    /// Part of the sum over all planets, 0 to 1.
    pub share: f64,
    /// What it is made of.
    pub factors: Vec<WeightReply>,
}

/// Something with a weight.
#[derive(Debug, Serialize, ToSchema)]
pub struct WeightReply {
    /// What.
    pub code: String,
    /// Its weight.
    pub score: f64,
}

/// A star beside a point.
#[derive(Debug, Serialize, ToSchema)]
pub struct StarReply {
    /// Such as `regulus`.
    pub star: String,
    /// English name.
    pub name: String,
    /// French name.
    pub name_fr: String,
    /// Bayer's name, such as `alf Leo`.
    pub bayer: String,
    /// Visual magnitude.
    pub magnitude: f64,
    /// Planets whose nature tradition gives it.
    pub nature: Vec<String>,
    /// `ptolemy` or `robson`.
    pub nature_source: String,
    /// Apparent ecliptic longitude in the chart's zodiac, degrees.
    pub longitude_deg: f64,
    /// Apparent ecliptic latitude, degrees.
    pub latitude_deg: f64,
    /// The point beside it.
    pub point: String,
    /// Longitude of the point less that of the star, degrees.
    pub orb_deg: f64,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// A planetary hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanetaryHourReply {
    /// Ruler of the day that began at sunrise.
    pub day_ruler: String,
    /// Ruler of the hour.
    pub hour_ruler: String,
    /// 1 to 12 from sunrise, 13 to 24 from sunset.
    pub hour: u8,
    /// When it began, RFC 3339, UTC.
    pub from: Option<String>,
    /// When it ended, RFC 3339, UTC.
    pub to: Option<String>,
}
