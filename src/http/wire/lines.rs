//! Wire form of the time lines of a chart: returns, progressions, profections, firdaria. Computes nothing.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::chart::{Unknown, Versions};
use super::figure::{Houses, Range, SkyReply};
use crate::astro::contacts::CrossAspect;
use crate::astro::firdaria::{Firdaria, Period};
use crate::astro::profections::{Activated, Profections};
use crate::astro::progressions::moon::{LifeDate, Lunation};
use crate::astro::progressions::{Progressed, ProgressedPoint};
use crate::astro::returns::{Return, instant_text};
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
}

/// A span of time.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpanReply {
    /// Its start, RFC 3339, UTC.
    pub from: String,
    /// Its end, RFC 3339, UTC.
    pub to: String,
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
}

/// A point carried on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgressedReply {
    /// A body's code, `ascendant` or `midheaven`.
    pub point: String,
    /// Longitude, degrees in the chart's zodiac.
    pub longitude_deg: f64,
    /// Zodiac sign.
    pub sign: String,
    /// Degrees within the sign, 0 to 30.
    pub degree_in_sign: f64,
    /// The natal house in which it falls, where houses are known.
    pub natal_house: Option<u8>,
    /// Degrees that it goes in a year of life.
    pub speed_deg_per_year: f64,
    /// Whether it goes backwards.
    pub retrograde: bool,
    /// Where it may stand, when the time of birth is not exact.
    pub range: Option<Range>,
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
    /// Whether it is still forming; absent between two skies that stand still.
    pub applying: Option<bool>,
    /// Whether it holds at every hour of a birth of inexact time.
    pub certain: bool,
}

/// The progressed Moon.
#[derive(Debug, Serialize, ToSchema)]
pub struct LunationReply {
    /// How far the Moon is ahead of the Sun, degrees.
    pub elongation_deg: f64,
    /// `new`, `crescent`, `first_quarter`, `gibbous`, `full`, `disseminating`, `last_quarter`, `balsamic`.
    pub phase: String,
    /// Since when.
    pub phase_from: LifeDateReply,
    /// Until when.
    pub phase_to: LifeDateReply,
    /// Whether the phase is the same at every hour of a birth of inexact time.
    pub phase_certain: bool,
    /// The Moon's sign.
    pub moon_sign: String,
    /// Since when.
    pub moon_sign_from: LifeDateReply,
    /// Until when.
    pub moon_sign_to: LifeDateReply,
    /// Whether the sign is the same at every hour of a birth of inexact time.
    pub moon_sign_certain: bool,
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
    /// The year of life, from return to return of the Sun.
    pub year: Option<SpanReply>,
    /// The month of that year, 1 to 12.
    pub month: Option<u8>,
    /// The month's span: a twelfth of the year.
    pub month_span: Option<SpanReply>,
    /// Each point carried on, the Ascendant first.
    pub points: Vec<ProfectionReply>,
    /// The firdaria of the date; absent when the time of birth leaves open whether it was by day.
    pub firdaria: Option<FirdariaReply>,
    /// What the birth data leave open, and why.
    pub unknowns: Vec<Unknown>,
    /// What made this result.
    pub versions: Versions,
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
    /// The month's sign.
    pub month: ActivatedReply,
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

impl From<Instants> for SpanReply {
    fn from(span: Instants) -> Self {
        Self { from: instant_text(span.from_jd_utc), to: instant_text(span.to_jd_utc) }
    }
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
        }
    }
}

impl From<&ProgressedPoint> for ProgressedReply {
    fn from(moved: &ProgressedPoint) -> Self {
        Self {
            point: moved.point.code().to_owned(),
            longitude_deg: moved.longitude_deg,
            sign: moved.sign.code().to_owned(),
            degree_in_sign: moved.degree_in_sign,
            natal_house: moved.natal_house,
            speed_deg_per_year: moved.speed_deg_per_year,
            retrograde: moved.speed_deg_per_year < 0.0,
            range: moved.range.as_ref().map(Into::into),
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
            phase: moon.phase.code().to_owned(),
            phase_from: (&moon.phase_from).into(),
            phase_to: (&moon.phase_to).into(),
            phase_certain: moon.phase_certain,
            moon_sign: moon.moon_sign.code().to_owned(),
            moon_sign_from: (&moon.moon_sign_from).into(),
            moon_sign_to: (&moon.moon_sign_to).into(),
            moon_sign_certain: moon.moon_sign_certain,
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
        firdaria: Result<FirdariaReply, astro::Unknown>,
    ) -> Self {
        let points = found.points.iter().map(|point| ProfectionReply {
            from: point.from.code().to_owned(),
            natal_sign: point.natal_sign.code().to_owned(),
            year: (&point.year).into(),
            month: (&point.month).into(),
        });
        let span = |from: &Option<String>, to: &Option<String>| {
            from.clone().zip(to.clone()).map(|(from, to)| SpanReply { from, to })
        };
        let edge = |edge: &Option<Return>| edge.as_ref().map(|found| found.utc.clone());
        let mut unknowns: Vec<Unknown> = found.unknowns.iter().map(Into::into).collect();
        unknowns.extend(firdaria.as_ref().err().map(Into::into));
        Self {
            chart_id,
            at: found.at_utc.clone(),
            age: found.age,
            year: span(&edge(&found.year_from), &edge(&found.year_to)),
            month: found.month,
            month_span: span(&found.month_from_utc, &found.month_to_utc),
            points: points.collect(),
            firdaria: firdaria.ok(),
            unknowns,
            versions: (&astro::Versions::under(ruleset)).into(),
        }
    }
}

impl FirdariaReply {
    /// The firdaria at an age in years.
    pub fn new(found: &Firdaria, age_years: f64) -> Self {
        let current = found.at(age_years).map(|(period, part)| CurrentPeriod {
            lord: period.lord.code().to_owned(),
            part: part.map(|part| part.lord.code().to_owned()),
            from: part.map_or(&period.from_utc, |part| &part.from_utc).clone(),
            to: part.map_or(&period.to_utc, |part| &part.to_utc).clone(),
        });
        Self {
            is_day: found.is_day,
            night_nodes: found.night_nodes.code().to_owned(),
            year_days: found.year_days,
            plus_minus_days: found.plus_minus_days,
            current,
            periods: found.periods.iter().map(Into::into).collect(),
        }
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
