//! The time lines of a chart and the comparison of two, asked for in text: bodies, dates, places, methods. Says what is
//! wrong with each field; computes nothing itself.

mod fields;

use fields::{Fields, Life, day};

use super::draft::span_allowed;
use crate::astro::composite::{Composite, MiddlePlace, composite, davison};
use crate::astro::firdaria::{self, Firdaria, NightNodes};
use crate::astro::profections::{self, Profections};
use crate::astro::progressions::{AngleMethod, Method, Progressed, progress};
use crate::astro::returns::{self, Return};
use crate::astro::rulesets::{Context, Ruleset};
use crate::astro::spans::Span;
use crate::astro::synastry::{Synastry, synastry};
use crate::astro::vague::Instants;
use crate::astro::{Aspect, Body, Chart, Figure, Point, Stop, Unknown};
use crate::clock::UnixMs;
use crate::error::{Error, FieldError, Result};
use crate::limits;

/// A return and its sky.
#[derive(Clone, Debug)]
pub struct ReturnChart {
    /// The pass.
    pub pass: Return,
    /// The sky.
    pub figure: Figure,
    /// What the birth leaves open.
    pub unknowns: Vec<Unknown>,
}

/// Which returns, as text.
#[derive(Clone, Debug, Default)]
pub struct ReturnsAsk {
    /// Code of the body; the Sun when absent.
    pub body: Option<String>,
    /// Start of the period.
    pub from: Option<String>,
    /// End of the period; without it the next return after the start is meant.
    pub to: Option<String>,
    /// A calendar year, instead of a period.
    pub year: Option<String>,
    /// Where the person is then, instead of the birthplace.
    pub place: Option<String>,
    /// Degrees north, instead of a place.
    pub lat: Option<String>,
    /// Degrees east, instead of a place.
    pub lon: Option<String>,
    /// Code of the house system; that of the chart when absent.
    pub house_system: Option<String>,
    /// What stands before the names of the three fields of the place.
    pub site_prefix: &'static str,
}

/// Which progressions, as text.
#[derive(Clone, Debug, Default)]
pub struct ProgressionsAsk {
    /// The date; now when absent.
    pub date: Option<String>,
    /// Code of the method.
    pub method: Option<String>,
    /// Code of the method for angles.
    pub angles: Option<String>,
}

/// Which profections and firdaria, as text.
#[derive(Clone, Debug, Default)]
pub struct ProfectionsAsk {
    /// The date; now when absent.
    pub date: Option<String>,
    /// Code of the convention for the nodes in a birth by night.
    pub night_nodes: Option<String>,
}

/// Which composite, as text.
#[derive(Clone, Debug, Default)]
pub struct CompositeAsk {
    /// `midpoint` or `davison`.
    pub method: Option<String>,
    /// `midpoints` or `derived`.
    pub houses: Option<String>,
    /// Degrees north, for derived houses.
    pub latitude_deg: Option<f64>,
    /// `coordinates` or `great_circle`.
    pub middle: Option<String>,
    /// Code of the house system; that of the first chart when absent.
    pub house_system: Option<String>,
}

/// Profections and firdaria of one date.
#[derive(Clone, Debug)]
pub struct Lords {
    /// The profections.
    pub profections: Profections,
    /// The firdaria, or why they are not known.
    pub firdaria: std::result::Result<Firdaria, Unknown>,
    /// Between what the age lies, tropical years.
    pub ages: Span,
}

/// Two charts as one.
#[derive(Clone, Debug)]
pub enum Combined {
    /// Midpoints.
    Midpoint(Composite),
    /// The sky of the middle in time and space, with what vague births leave open.
    Davison(Box<Figure>, Vec<Unknown>),
}

/// The returns asked for, each with its sky.
///
/// # Errors
/// `invalid_fields`; `house_system_undefined` where the place has no such houses.
pub fn returns_of(
    chart: &Chart,
    ask: &ReturnsAsk,
    rules: &Ruleset,
    now: UnixMs,
    stop: Stop<'_>,
) -> Result<(Body, Vec<ReturnChart>)> {
    let mut fields = Fields::default();
    let body = fields.body(chart, ask.body.as_deref());
    let site = fields.site(chart, ask);
    let system = fields.house_system(&[chart], ask.house_system.as_deref());
    let period = fields.period(Life::of(chart, body), ask, now);
    fields.settle()?;
    let passes = match period {
        (from, Some(to)) => returns::within(stop, chart, body, from, to)?,
        (from, None) => returns::next_after(stop, chart, body, from)?,
    };
    if passes.len() > limits::RETURNS_MAX {
        let allowed = format!("a period with at most {} returns; this one has {}", limits::RETURNS_MAX, passes.len());
        let (field, given) = match (&ask.year, &ask.to) {
            (Some(year), _) => ("year", year.as_str()),
            (None, to) => ("to", to.as_deref().unwrap_or_default()),
        };
        return Err(Error::fields(vec![FieldError::new(field, given, allowed)]));
    }
    let cast = |pass: Return| {
        stop.check()?;
        let (figure, unknowns) = returns::figure(chart, &pass, site, system, rules)?;
        Ok(ReturnChart { pass, figure, unknowns })
    };
    Ok((body, passes.into_iter().map(cast).collect::<Result<_>>()?))
}

/// The chart carried on to a date.
///
/// # Errors
/// `invalid_fields`, also for a date before birth; `date_out_of_range`.
pub fn progressions_of(chart: &Chart, ask: &ProgressionsAsk, rules: &Ruleset, now: UnixMs) -> Result<Progressed> {
    let mut fields = Fields::default();
    let at = fields.instant("date", ask.date.as_deref(), now);
    let methods = Method::ALL.map(Method::code);
    let method = fields.code("method", ask.method.as_deref(), Method::from_code, &methods);
    let angle_methods = AngleMethod::ALL.map(AngleMethod::code);
    let angles = fields.code("angles", ask.angles.as_deref(), AngleMethod::from_code, &angle_methods);
    if let Some(given) = ask
        .angles
        .as_deref()
        .filter(|_| fields.errors.is_empty() && (method != Method::Secondary || !chart.options.has_horizon()))
    {
        fields.wrong(
            "angles",
            given,
            "beside method secondary, of a chart that is not heliocentric; left out otherwise",
        );
    }
    fields.settle()?;
    let orbs = |aspect: Aspect, a: Point, b: Point| rules.orb_deg(Context::ProgressionToNatal, aspect, a, b);
    progress(chart, at, method, angles, &orbs)?.ok_or_else(|| before_birth(chart, ask.date.as_deref()))
}

/// Profections and firdaria of a date.
///
/// # Errors
/// `invalid_fields`, also for a date before birth, and for a chart that has not what years of life are counted from.
pub fn profections_of(chart: &Chart, ask: &ProfectionsAsk, now: UnixMs) -> Result<Lords> {
    let mut fields = Fields::default();
    let at = fields.instant("date", ask.date.as_deref(), now);
    let conventions = [NightNodes::Last, NightNodes::AfterMars].map(NightNodes::code);
    let nodes = fields.code("night_nodes", ask.night_nodes.as_deref(), NightNodes::from_code, &conventions);
    fields.settle()?;
    seen_from_the_earth(chart)?;
    if chart.placement(Body::Sun).is_none() {
        let allowed = "the id of a chart with the Sun among its bodies: its returns begin the years of life";
        return Err(Error::fields(vec![FieldError::new("path.id", "a chart without the Sun", allowed)]));
    }
    let found = profections::at(chart, at)?;
    Ok(Lords {
        profections: found.ok_or_else(|| before_birth(chart, ask.date.as_deref()))?,
        firdaria: firdaria::of(chart, nodes, at),
        ages: firdaria::ages(chart, at),
    })
}

/// The synastry of two charts.
///
/// # Errors
/// `invalid_fields` for charts that cannot be compared.
pub fn synastry_of(a: &Chart, b: &Chart, rules: &Ruleset, field: &str) -> Result<Synastry> {
    comparable(a, b, field)?;
    Ok(synastry(a, b, &|aspect, from, to| rules.orb_deg(Context::Synastry, aspect, from, to)))
}

/// Two charts as one.
///
/// # Errors
/// `invalid_fields`; `house_system_undefined`.
pub fn composite_of((a, b): (&Chart, &Chart), ask: &CompositeAsk, rules: &Ruleset, field: &str) -> Result<Combined> {
    let mut fields = Fields::default();
    let is_davison = |code: &str| match code {
        "midpoint" => Some(false),
        "davison" => Some(true),
        _ => None,
    };
    let davison_wanted = fields.code("method", ask.method.as_deref(), is_davison, &["midpoint", "davison"]);
    let houses = fields.houses(a, b, ask);
    let middle = |code: &str| match code {
        "coordinates" => Some(MiddlePlace::Coordinates),
        "great_circle" => Some(MiddlePlace::GreatCircle),
        _ => None,
    };
    let middle = fields.code("middle", ask.middle.as_deref(), middle, &["coordinates", "great_circle"]);
    let system = fields.house_system(&[a, b], ask.house_system.as_deref());
    fields.not_of_this_method(ask, davison_wanted);
    fields.settle()?;
    comparable(a, b, field)?;
    if davison_wanted {
        let (figure, unknowns) = davison(a, b, (middle, system), rules)?;
        return Ok(Combined::Davison(Box::new(figure), unknowns));
    }
    let orbs = |aspect: Aspect, from: Point, to: Point| rules.orb_deg(Context::Natal, aspect, from, to);
    Ok(Combined::Midpoint(composite(a, b, (houses, system), &orbs)?))
}

fn before_birth(chart: &Chart, given: Option<&str>) -> Error {
    let allowed = format!("after birth ({}), {}", day(Instants::of(chart).from_jd_utc), span_allowed());
    Error::fields(vec![match given {
        Some(given) => FieldError::new("date", given, allowed),
        None => FieldError::unshown("date", allowed),
    }])
}

/// Refuses the chart in the path where what is asked needs Sun and horizon.
pub(super) fn seen_from_the_earth(chart: &Chart) -> Result<()> {
    if chart.options.has_horizon() {
        return Ok(());
    }
    let (given, allowed) = ("a heliocentric chart", "the id of a chart with frame geocentric or topocentric");
    Err(Error::fields(vec![FieldError::new("path.id", given, allowed)]))
}

/// Longitudes of different zodiacs or centres make no aspects.
fn comparable(a: &Chart, b: &Chart, field: &str) -> Result<()> {
    let center = |chart: &Chart| std::mem::discriminant(&chart.options.view.center);
    if a.options.zodiac == b.options.zodiac && center(a) == center(b) {
        return Ok(());
    }
    let seen = |chart: &Chart| {
        let ayanamsa = chart.options.zodiac.ayanamsa().map(|ayanamsa| format!(" ({})", ayanamsa.code()));
        let (center, zodiac) = (chart.options.view.center.code(), chart.options.zodiac.code());
        format!("a {center} chart in the {zodiac}{} zodiac", ayanamsa.unwrap_or_default())
    };
    Err(Error::fields(vec![FieldError::new(field, seen(b), format!("{}, as the other is", seen(a)))]))
}
