//! Wire form of the time lines of a chart: returns, progressions, profections, firdaria. Computes nothing.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::chart::{Unknown, Versions};
use super::figure::{Houses, Range, SkyReply};
use super::ranges::{Ranges, SpanReply, Windows, named, of_contact, windows};
use crate::astro::contacts::CrossAspect;
use crate::astro::firdaria::{Firdaria, Period};
use crate::astro::profections::{Activated, Profections};
use crate::astro::progressions::moon::{LifeDate, Lunation};
use crate::astro::progressions::{Progressed, ProgressedPoint};
use crate::astro::returns::{Return, instant_text};
use crate::astro::spans::Span;
use crate::astro::vague::Instants;
use crate::astro::{self, Body, Sign};
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

/// Profections of a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfectionsReply {
    /// The chart.
    pub chart_id: String,
    /// The date, RFC 3339, UTC.
    pub at: String,
    /// Whole years of life, by the Sun's returns; absent when the time of birth leaves it open.
    pub age: Option<u32>,
    /// The year of life, from return to return of the Sun; absent as the age is.
    pub year: Option<PeriodSpan>,
    /// The month of that year, 1 to 12; absent when the time of birth leaves it open.
    pub month: Option<u8>,
    /// The month's span: a twelfth of the year.
    pub month_span: Option<PeriodSpan>,
    /// Each point carried on, the Ascendant first.
    pub points: Vec<ProfectionReply>,
    /// The firdaria of the date; absent when the time of birth leaves open whether it was by day.
    pub firdaria: Option<FirdariaReply>,
    /// What the birth data leave open, and why.
    pub unknowns: Vec<Unknown>,
    /// What made this result.
    pub versions: Versions,
}

/// A stretch of life.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodSpan {
    /// Its start, RFC 3339, UTC.
    pub from: String,
    /// Its end, RFC 3339, UTC.
    pub to: String,
    /// Between which instants those above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
}

/// A point carried on by one sign for each year, and by one for each month.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProfectionReply {
    /// `ascendant`, `midheaven`, `sun`, `moon`, `fortune`.
    pub from: String,
    /// Its natal sign.
    pub natal_sign: String,
    /// The year's sign; of the Ascendant, its lord is the lord of the year.
    pub year: ActivatedReply,
    /// The month's sign; absent when the month is open.
    pub month: Option<ActivatedReply>,
}

/// A sign that a point has come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivatedReply {
    /// The sign.
    pub sign: String,
    /// Its place from the Ascendant's sign, 1 to 12, where the Ascendant is known.
    pub house: Option<u8>,
    /// The planet that has its domicile there.
    pub lord: String,
    /// Natal bodies in that sign.
    pub natal_bodies: Vec<String>,
}

/// The firdaria of a life.
#[derive(Debug, Serialize, ToSchema)]
pub struct FirdariaReply {
    /// Whether the birth was by day.
    pub is_day: bool,
    /// Where the nodes stand in the order of a birth by night: `last` or `after_mars`.
    pub night_nodes: String,
    /// Days of a year of life.
    pub year_days: f64,
    /// By how much every date may be earlier or later, days: half of the hours in which the birth can lie.
    pub plus_minus_days: f64,
    /// The period of the date; absent before birth.
    pub current: Option<CurrentPeriod>,
    /// The nine periods of the round of 75 years that holds the date.
    pub periods: Vec<PeriodReply>,
}

/// Who rules at a date.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentPeriod {
    /// The lord of the period.
    pub lord: String,
    /// Who has charge of the part of it; absent in a node's period.
    pub part: Option<String>,
    /// When the part, or a node's period, started, RFC 3339, UTC.
    pub from: String,
    /// When it ends, RFC 3339, UTC.
    pub to: String,
}

/// A lord's period.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodReply {
    /// `sun`, `venus`, `mercury`, `moon`, `saturn`, `jupiter`, `mars`, `north_node`, `south_node`.
    pub lord: String,
    /// Its start, RFC 3339, UTC.
    pub from: String,
    /// Its end, RFC 3339, UTC.
    pub to: String,
    /// Years after birth at its start.
    pub from_age_years: f64,
    /// Years after birth at its end.
    pub to_age_years: f64,
    /// Seven equal parts; none in a node's period.
    pub parts: Vec<PartReply>,
}

/// A part of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartReply {
    /// Who has charge.
    pub lord: String,
    /// Its start, RFC 3339, UTC.
    pub from: String,
    /// Its end, RFC 3339, UTC.
    pub to: String,
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

impl From<&Activated> for ActivatedReply {
    fn from(found: &Activated) -> Self {
        let Activated { sign, house, lord, natal_bodies } = found;
        Self {
            sign: Sign::code(*sign).to_owned(),
            house: *house,
            lord: lord.code().to_owned(),
            natal_bodies: natal_bodies.iter().map(|body| body.code().to_owned()).collect(),
        }
    }
}

impl ProfectionsReply {
    /// Profections and firdaria of one date.
    pub fn new(
        chart_id: String,
        ruleset: &str,
        found: &Profections,
        firdaria: Result<(FirdariaReply, Option<astro::Unknown>), astro::Unknown>,
    ) -> Self {
        let points = found.points.iter().map(|point| ProfectionReply {
            from: point.from.code().to_owned(),
            natal_sign: point.natal_sign.code().to_owned(),
            year: (&point.year).into(),
            month: point.month.as_ref().map(Into::into),
        });
        let exact = |edge: &Option<Return>| edge.as_ref().map(Return::instants);
        let year = exact(&found.year_from).zip(exact(&found.year_to)).filter(|_| found.age.is_some());
        let mut unknowns: Vec<Unknown> = found.unknowns.iter().map(Into::into).collect();
        let (firdaria, open) = firdaria.map_or_else(|open| (None, Some(open)), |(reply, open)| (Some(reply), open));
        unknowns.extend(open.as_ref().map(Into::into));
        Self {
            chart_id,
            at: found.at_utc.clone(),
            age: found.age,
            year: year.map(Into::into),
            month: found.month,
            month_span: found.month_from.zip(found.month_to).map(Into::into),
            points: points.collect(),
            firdaria,
            unknowns,
            versions: (&astro::Versions::under(ruleset)).into(),
        }
    }
}

impl From<(Instants, Instants)> for PeriodSpan {
    fn from((from, to): (Instants, Instants)) -> Self {
        Self {
            from: instant_text(from.middle()),
            to: instant_text(to.middle()),
            windows: (!from.is_exact()).then(|| windows([("from", from), ("to", to)])),
        }
    }
}

impl FirdariaReply {
    /// The firdaria between two ages in years; what is open where a period ends between them.
    pub fn new(found: &Firdaria, ages: Span) -> (Self, Option<astro::Unknown>) {
        let (current, open) = match found.during(ages) {
            Ok(current) => (current, None),
            Err(open) => (None, Some(open)),
        };
        let current = current.map(|(period, part)| CurrentPeriod {
            lord: period.lord.code().to_owned(),
            part: part.map(|part| part.lord.code().to_owned()),
            from: part.map_or(&period.from_utc, |part| &part.from_utc).clone(),
            to: part.map_or(&period.to_utc, |part| &part.to_utc).clone(),
        });
        let reply = Self {
            is_day: found.is_day,
            night_nodes: found.night_nodes.code().to_owned(),
            year_days: found.year_days,
            plus_minus_days: found.plus_minus_days,
            current,
            periods: found.periods.iter().map(Into::into).collect(),
        };
        (reply, open)
    }
}

impl From<&Period> for PeriodReply {
    fn from(period: &Period) -> Self {
        let parts = period.parts.iter().map(|part| PartReply {
            lord: part.lord.code().to_owned(),
            from: part.from_utc.clone(),
            to: part.to_utc.clone(),
        });
        Self {
            lord: period.lord.code().to_owned(),
            from: period.from_utc.clone(),
            to: period.to_utc.clone(),
            from_age_years: period.from_age_years,
            to_age_years: period.to_age_years,
            parts: parts.collect(),
        }
    }
}
