//! Wire form of the time lines of a chart: returns and progressions. Computes nothing.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::chart::{Unknown, Versions};
use super::figure::{Houses, Range, SkyReply};
use super::ranges::{Ranges, SpanReply, Windows, named, of_contact, windows};
use crate::astro::contacts::CrossAspect;
use crate::astro::progressions::moon::{LifeDate, Lunation};
use crate::astro::progressions::{Progressed, ProgressedPoint};
use crate::astro::returns::Return;
use crate::astro::spans::Span;
use crate::astro::{self, Body};
use crate::charts::lines::ReturnChart;

/// Returns of a body to its natal place.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnsReply {
    /// The chart.
    pub chart_id: String,
    /// `sun`, `moon`, ...
    pub body: String,
    /// All passes of the period in the order of time: a body that turns can pass three times.
    pub returns: Vec<ReturnReply>,
    /// What made this result.
    pub versions: Versions,
}

/// One pass of a body over its natal place.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReturnReply {
    /// The instant, RFC 3339, UTC, to the millisecond.
    pub utc: String,
    /// The span in which it lies, when the time of birth is not exact.
    pub window: Option<SpanReply>,
    /// Natal longitude, degrees in the chart's zodiac.
    pub natal_longitude_deg: f64,
    /// Whether the body passes backwards.
    pub retrograde: bool,
    /// Tropical years since birth.
    pub age_years: f64,
    /// Whether the pass comes about at every hour of a birth of inexact time.
    pub certain: bool,
    /// The sky of the return, over the place asked for or that of birth; its angles and houses are absent when the time
    /// of birth is not exact.
    pub figure: SkyReply,
    /// What the birth data leave open, and why.
    pub unknowns: Vec<Unknown>,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// A chart carried on to a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressionsReply {
    /// The chart.
    pub chart_id: String,
    /// `secondary`, `solar_arc` or `naibod_arc`.
    pub method: String,
    /// How the angles of secondary progressions move: `naibod`, `solar_arc` or `quotidian`.
    pub angles_method: Option<String>,
    /// The date, RFC 3339, UTC.
    pub at: String,
    /// Tropical years since birth.
    pub age_years: f64,
    /// Days of a year of life.
    pub year_days: f64,
    /// The instant of the sky that stands for the date, RFC 3339, UTC.
    pub progressed_utc: String,
    /// The arc of a direction, degrees; for secondary progressions that of the Sun.
    pub arc_deg: f64,
    /// Bodies, then Ascendant and Midheaven where they are known.
    pub points: Vec<ProgressedReply>,
    /// Progressed cusps; for secondary progressions of exact births.
    pub houses: Option<Houses>,
    /// Aspects from progressed to natal points.
    pub aspects: Vec<CrossAspectReply>,
    /// Phase and sign of the secondary Moon.
    pub lunation: Option<LunationReply>,
    /// What the birth data leave open, and why.
    pub unknowns: Vec<Unknown>,
    /// What made this result.
    pub versions: Versions,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
    /// Between which instants those above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
}

/// A point carried on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressedReply {
    /// A body's code, `ascendant` or `midheaven`.
    pub point: String,
    /// Longitude, degrees in the chart's zodiac.
    pub longitude_deg: f64,
    /// Zodiac sign; absent, as the next, when the range reaches into another.
    pub sign: Option<String>,
    /// Degrees within the sign, 0 to 30.
    pub degree_in_sign: Option<f64>,
    /// The natal house in which it falls, where houses are known.
    pub natal_house: Option<u8>,
    /// Degrees that it goes in a year of life.
    pub speed_deg_per_year: f64,
    /// Whether it goes backwards; absent when that changes with the hour of birth.
    pub retrograde: Option<bool>,
    /// Where it may stand, when the time of birth is not exact.
    pub range: Option<Range>,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// An aspect from a point of one sky to a point of another.
#[derive(Debug, Serialize, ToSchema)]
pub struct CrossAspectReply {
    /// The point of the first sky.
    pub from: String,
    /// The point of the second.
    pub to: String,
    /// `conjunction`, `sextile`, `square`, `trine`, `opposition` and the minor ones of the ruleset.
    pub aspect: String,
    /// The shorter arc between the two, degrees.
    pub separation_deg: f64,
    /// Distance from the exact aspect, degrees.
    pub orb_deg: f64,
    /// Largest orb allowed, degrees.
    pub orb_max_deg: f64,
    /// Whether it is still forming; absent between two skies that stand still, and when that changes with the hour of birth.
    pub applying: Option<bool>,
    /// Whether it holds at every hour of a birth of inexact time; what holds at some is listed too.
    pub certain: bool,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// The progressed Moon.
#[derive(Debug, Serialize, ToSchema)]
pub struct LunationReply {
    /// How far the Moon is ahead of the Sun, degrees.
    pub elongation_deg: f64,
    /// `new`, `crescent`, `first_quarter`, `gibbous`, `full`, `disseminating`, `last_quarter`, `balsamic`.
    /// Absent, as its dates, when it changes with the hour of birth.
    pub phase: Option<String>,
    /// Since when.
    pub phase_from: Option<LifeDateReply>,
    /// Until when.
    pub phase_to: Option<LifeDateReply>,
    /// Whether the phase is the same at every hour of a birth of inexact time.
    pub phase_certain: bool,
    /// The Moon's sign; absent, as its dates, when it changes with the hour of birth.
    pub moon_sign: Option<String>,
    /// Since when.
    pub moon_sign_from: Option<LifeDateReply>,
    /// Until when.
    pub moon_sign_to: Option<LifeDateReply>,
    /// Whether the sign is the same at every hour of a birth of inexact time.
    pub moon_sign_certain: bool,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// A date of life.
#[derive(Debug, Serialize, ToSchema)]
pub struct LifeDateReply {
    /// RFC 3339, UTC.
    pub utc: String,
    /// Between which dates it lies, when the time of birth is not exact: an hour of birth is two weeks of life.
    pub window: Option<SpanReply>,
}

impl From<&astro::Unknown> for Unknown {
    fn from(open: &astro::Unknown) -> Self {
        Self { what: open.what.clone(), why: open.why.clone() }
    }
}

impl From<&astro::LongitudeRange> for Range {
    fn from(range: &astro::LongitudeRange) -> Self {
        Self { from_deg: range.from_deg, to_deg: range.to_deg, sign_certain: range.sign_certain }
    }
}

impl ReturnsReply {
    /// The returns of a body in a chart.
    pub fn new(chart_id: String, ruleset: &str, body: Body, returns: &[ReturnChart]) -> Self {
        let returns = returns.iter().map(ReturnReply::from).collect();
        Self { chart_id, body: body.code().to_owned(), returns, versions: (&astro::Versions::under(ruleset)).into() }
    }
}

impl From<&ReturnChart> for ReturnReply {
    fn from(found: &ReturnChart) -> Self {
        let Return { utc, window, natal_longitude_deg, retrograde, age_years, certain, .. } = &found.pass;
        Self {
            utc: utc.clone(),
            window: window.map(Into::into),
            natal_longitude_deg: *natal_longitude_deg,
            retrograde: *retrograde,
            age_years: *age_years,
            certain: *certain,
            figure: SkyReply::from(&found.figure),
            unknowns: found.unknowns.iter().map(Into::into).collect(),
            ranges: found.pass.open.map(|open| {
                let natal = Span { from: open.natal.from_deg, to: open.natal.to_deg };
                named([("natal_longitude_deg", natal), ("age_years", open.age_years)])
            }),
        }
    }
}

impl From<&CrossAspect> for CrossAspectReply {
    fn from(hit: &CrossAspect) -> Self {
        Self {
            from: hit.from.code().to_owned(),
            to: hit.to.code().to_owned(),
            aspect: hit.aspect.code().to_owned(),
            separation_deg: hit.separation_deg,
            orb_deg: hit.orb_deg,
            orb_max_deg: hit.orb_max_deg,
            applying: hit.applying,
            certain: hit.certain,
            ranges: hit.open.as_ref().map(of_contact),
        }
    }
}

impl From<&ProgressedPoint> for ProgressedReply {
    fn from(moved: &ProgressedPoint) -> Self {
        Self {
            point: moved.point.code().to_owned(),
            longitude_deg: moved.longitude_deg,
            sign: moved.sure_sign().map(|sign| sign.code().to_owned()),
            degree_in_sign: moved.sure_sign().map(|_| moved.degree_in_sign),
            natal_house: moved.natal_house,
            speed_deg_per_year: moved.speed_deg_per_year,
            retrograde: moved.sure_retrograde(),
            range: moved.range.as_ref().map(Into::into),
            ranges: moved.speeds.map(|span| named([("speed_deg_per_year", span)])),
        }
    }
}

impl ProgressionsReply {
    /// A chart carried on.
    pub fn new(chart_id: String, ruleset: &str, found: &Progressed) -> Self {
        Self {
            chart_id,
            method: found.method.code().to_owned(),
            angles_method: found.angle_method.map(|method| method.code().to_owned()),
            at: found.at_utc.clone(),
            age_years: found.age_years,
            year_days: found.year_days,
            progressed_utc: found.progressed_utc.clone(),
            arc_deg: found.arc_deg,
            points: found.points.iter().map(Into::into).collect(),
            houses: found.houses.as_ref().map(Into::into),
            aspects: found.aspects.iter().map(Into::into).collect(),
            lunation: found.lunation.as_ref().map(Into::into),
            unknowns: found.unknowns.iter().map(Into::into).collect(),
            versions: (&astro::Versions::under(ruleset)).into(),
            ranges: found.open.map(|open| named([("age_years", open.age_years), ("arc_deg", open.arc_deg)])),
            windows: found.open.map(|open| windows([("progressed_utc", open.progressed)])),
        }
    }
}

impl From<&LifeDate> for LifeDateReply {
    fn from(date: &LifeDate) -> Self {
        Self { utc: date.utc.clone(), window: date.window.map(Into::into) }
    }
}

impl From<&Lunation> for LunationReply {
    fn from(moon: &Lunation) -> Self {
        Self {
            elongation_deg: moon.elongation_deg,
            phase: moon.phase_certain.then(|| moon.phase.code().to_owned()),
            phase_from: moon.phase_certain.then(|| (&moon.phase_from).into()),
            phase_to: moon.phase_certain.then(|| (&moon.phase_to).into()),
            phase_certain: moon.phase_certain,
            moon_sign: moon.moon_sign_certain.then(|| moon.moon_sign.code().to_owned()),
            moon_sign_from: moon.moon_sign_certain.then(|| (&moon.moon_sign_from).into()),
            moon_sign_to: moon.moon_sign_certain.then(|| (&moon.moon_sign_to).into()),
            moon_sign_certain: moon.moon_sign_certain,
            ranges: moon.elongations_deg.map(|span| named([("elongation_deg", span)])),
        }
    }
}
