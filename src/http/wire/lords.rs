//! Wire form of the lords of time: profections and firdaria. Computes nothing.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::chart::{Unknown, Versions};
use super::ranges::{Windows, windows};
use crate::astro::firdaria::{Firdaria, Period};
use crate::astro::profections::{Activated, Profections};
use crate::astro::returns::{Return, instant_text};
use crate::astro::spans::Span;
use crate::astro::vague::Instants;
use crate::astro::{self, Sign};

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
    /// Between which instants those above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
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
    /// Between which instants those above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
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
    /// Between which instants those above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows: Option<Windows>,
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
        Self { from: instant_text(from.middle()), to: instant_text(to.middle()), windows: edges((from, to)) }
    }
}

/// The windows of a stretch; none of an exact birth.
fn edges((from, to): (Instants, Instants)) -> Option<Windows> {
    (!from.is_exact()).then(|| windows([("from", from), ("to", to)]))
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
            windows: edges(part.map_or(period.edges, |part| part.edges)),
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
            windows: edges(part.edges),
        });
        Self {
            lord: period.lord.code().to_owned(),
            from: period.from_utc.clone(),
            to: period.to_utc.clone(),
            from_age_years: period.from_age_years,
            to_age_years: period.to_age_years,
            parts: parts.collect(),
            windows: edges(period.edges),
        }
    }
}
