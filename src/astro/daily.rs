//! P: The transits of a local day to a natal chart, ranked, with the moments they are exact. Interprets nothing.
//!
//! Source: `ephemeris` for the sky (Park et al. 2021); orbs, weights and ranks are convention (`rules`). Error: 1 min in
//! moments, as far as almanacs print them (`the_sun_is_exact_at_the_published_equinoxes_and_solstices`).

mod moon;
mod passes;
mod seen;
mod within;

use serde::{Deserialize, Serialize};

use super::aspects::{Aspect, Contact, contact, is_applying};
use super::body::Body;
use super::calendar::{CivilDate, CivilTime};
use super::chart::{Chart, Unknown, Versions, canonical_hash, window};
use super::ephemeris::Position;
use super::error::AstroError;
use super::point::Point;
use super::rulesets::{Context, Ruleset};
use super::spans::Span;
use super::zone::{check_day, rfc3339_of_julian_date};
use super::{rules, time};
pub use moon::MoonToday;
use seen::Seen;
pub use within::{OpenDay, OpenFactor};

/// How many factors lead a day, and how many follow.
const LEADERS: usize = 3;
const INFLUENCES: usize = 3;
/// Axes whose leaders are counted together.
const ENERGY: [&str; 3] = ["SUN", "MARS", "ASC"];
const ATTENTION: [&str; 3] = ["MERCURY", "SATURN", "MC"];
const OPPORTUNITY: [&str; 3] = ["VENUS", "JUPITER", "NN"];

/// One transit of the day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Factor {
    /// Transiting body, aspect and natal point, such as `mars-square-sun`.
    pub id: String,
    /// The axis of the natal point: `SUN` to `PLUTO`, `NN`, `ASC`, `MC`.
    pub axis: String,
    /// The body in the sky of the day.
    pub transiting: Body,
    /// The point of the chart.
    pub natal: Point,
    /// Their aspect.
    pub aspect: Aspect,
    /// Distance from the exact aspect at local noon, degrees.
    pub orb_deg: f64,
    /// The largest orb the rule set allows, degrees.
    pub orb_max_deg: f64,
    /// Whether the orb is shrinking.
    pub applying: bool,
    /// Whether the transiting body is retrograde.
    pub transiting_retrograde: bool,
    /// Every exact pass within the search window around the day, in order, `YYYY-MM-DDTHH:MM:SSZ`; kept factors to a known
    /// point only, as the next two.
    pub exact_at_utc: Vec<String>,
    /// When the transit came within its orb; none if that was before the search window.
    pub enters_at_utc: Option<String>,
    /// When it leaves it; none if that is after the search window.
    pub leaves_at_utc: Option<String>,
    /// From the rule set, 0.4..=1.2.
    pub weight: f64,
    /// 1.5 at the exact aspect to 0.5 at the limit.
    pub intensity: f64,
    /// From the rule set, 0..=0.6.
    pub friction: f64,
    /// weight * intensity - friction.
    pub score: f64,
    /// House of the natal point, 1..=12, where houses are known.
    pub natal_house: Option<u8>,
    /// Natal house through which the transiting body runs.
    pub transited_house: Option<u8>,
    /// False if a vague birth time leaves open whether the transit is within its orb.
    pub certain: bool,
    /// Given when a vague birth time leaves an arc to the natal point: between what the figures lie.
    pub open: Option<OpenFactor>,
    /// Names the text on this transiting body, such as `transit-mars`.
    pub passage_id: String,
}

impl Factor {
    /// Whether the orb is shrinking, where that is certain.
    pub fn sure_applying(&self) -> Option<bool> {
        self.open.as_ref().map_or(Some(self.applying), |open| open.applying)
    }
}

/// A day of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Today {
    /// The local date, `YYYY-MM-DD`.
    pub date: String,
    /// The IANA zone that makes it local.
    pub zone: String,
    /// Local noon, `YYYY-MM-DDTHH:MM:SSZ`.
    pub evaluated_at_utc: String,
    /// The first three factors by score.
    pub leaders: Vec<Factor>,
    /// The next three.
    pub influences: Vec<Factor>,
    /// Leaders on the axes `SUN`, `MARS`, `ASC`.
    pub energy: u8,
    /// Leaders on the axes `MERCURY`, `SATURN`, `MC`.
    pub attention: u8,
    /// Leaders on the axes `VENUS`, `JUPITER`, `NN`.
    pub opportunity: u8,
    /// That of the chart, 1..=5.
    pub precision: u8,
    /// The Moon of the day.
    pub moon: MoonToday,
    /// What made this result.
    pub versions: Versions,
    /// SHA-256 of the chart's hash, date, zone and versions, lower-case hexadecimal.
    pub input_hash: String,
    /// How many factors were found in all.
    pub considered: u16,
    /// Between what the counts lie when the birth is vague.
    pub open: Option<OpenDay>,
    /// What a vague birth leaves open.
    pub unknowns: Vec<Unknown>,
}

/// [`today_under`] the built-in ruleset that the chart names.
///
/// # Errors
/// Those of [`today_under`], and [`AstroError::UnknownRuleset`].
pub fn today(chart: &Chart, date: &str, zone: &str) -> Result<Today, AstroError> {
    today_under(chart, date, zone, chart.options.builtin_ruleset()?)
}

/// The transits of the local day `date` (`YYYY-MM-DD`) in the IANA zone `zone`, as they stand at local noon.
///
/// Transits are in the zodiac of the chart, so that a sidereal one is met by sidereal places of the day's own ayanamsa.
/// The ruleset gives the orbs of the five major aspects; the weights and frictions are the same under each.
/// A day's noon that clocks showed twice or never is read leniently, as the earlier instant.
///
/// # Errors
/// [`AstroError::BadDate`], [`AstroError::UnknownZone`], [`AstroError::OutOfSpan`], and
/// [`AstroError::NonexistentLocalTime`] for a day that the calendar of the zone left out.
pub fn today_under(chart: &Chart, date: &str, zone: &str, ruleset: &Ruleset) -> Result<Today, AstroError> {
    let day = CivilDate::parse(date)?;
    check_day(day, zone)?;
    // Not-a-number as longitude: before legal time the zone's own city counts, since the reader's place is not known.
    let noon_utc = window::lenient_jd_utc(day, CivilTime::new(12, 0, 0)?, zone, f64::NAN, window::Edge::Earliest)?;
    let noon_tt = time::scales_from_utc(noon_utc).jd_tt;
    let seen = Seen::by(&chart.options);
    let sky = seen.positions(seen.planets(), noon_tt)?;
    let mut factors = factors(chart, seen.planets(), &sky, ruleset);
    let (open, mut unknowns) = within::of_day(chart, &factors, &sky);
    factors.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    let considered = u16::try_from(factors.len()).unwrap_or(u16::MAX);
    factors.truncate(LEADERS + INFLUENCES);
    for factor in &mut factors {
        if factor.open.is_some() {
            within::fill(factor, chart, seen, noon_tt)?;
        } else {
            passes::fill(factor, chart, seen, noon_tt)?;
        }
    }
    unknowns.extend(within::unknowns(&factors));
    let influences = factors.split_off(factors.len().min(LEADERS));
    let leaders = factors;
    let versions = Versions::under(&ruleset.id().to_string());
    let counted = |axes: [&str; 3]| leaders.iter().filter(|factor| axes.contains(&factor.axis.as_str())).count() as u8;
    Ok(Today {
        date: date.to_owned(),
        zone: zone.to_owned(),
        evaluated_at_utc: rfc3339_of_julian_date(noon_utc).unwrap_or_default(),
        energy: counted(ENERGY),
        attention: counted(ATTENTION),
        opportunity: counted(OPPORTUNITY),
        leaders,
        influences,
        precision: chart.precision,
        moon: moon::of_day(day, zone, noon_tt, Seen::geocentric(chart.options.zodiac))?,
        input_hash: day_hash(chart, date, zone, &versions),
        versions,
        considered,
        open,
        unknowns,
    })
}

/// Every transit within its orb, in no order: of each pair the narrowest, or all that may be where the point is vague.
fn factors(chart: &Chart, bodies: &[Body], sky: &[Position], ruleset: &Ruleset) -> Vec<Factor> {
    let natal = rules::NATAL_BODIES.map(Point::Body).into_iter().chain([Point::Ascendant, Point::Midheaven]);
    let natal: Vec<(Point, f64)> =
        natal.filter_map(|point| chart.longitude_deg(point).map(|degrees| (point, degrees))).collect();
    let mut found = Vec::new();
    for (body, position) in bodies.iter().zip(sky) {
        for &(point, natal_deg) in &natal {
            // Below zero where the ruleset looks for none.
            let limit =
                |aspect| ruleset.orb_deg(Context::TransitToNatal, aspect, Point::Body(*body), point).unwrap_or(-1.0);
            let place = (point, natal_deg);
            let Some(range) = within::arc_of(chart, point) else {
                let narrowest = contact(position.longitude_deg, natal_deg, limit);
                found.extend(narrowest.map(|contact| factor(chart, (*body, position), place, &contact)));
                continue;
            };
            let moving = (position.longitude_deg, position.longitude_speed_deg_per_day);
            let possible = within::contacts(moving, (natal_deg, &range), limit);
            let lone = possible.len() == 1;
            found.extend(possible.into_iter().map(|(contact, orbs_deg, applying)| {
                let known = factor(chart, (*body, position), place, &contact);
                opened(known, orbs_deg, applying, lone)
            }));
        }
    }
    found
}

fn factor(chart: &Chart, (body, position): (Body, &Position), (natal, natal_deg): (Point, f64), c: &Contact) -> Factor {
    let speed = position.longitude_speed_deg_per_day;
    let house = |degrees| chart.houses.as_ref().map(|houses| houses.house_of(degrees));
    let weight = rules::weight(body, natal);
    let intensity = rules::intensity(c.orb_deg, c.orb_max_deg);
    let friction = rules::friction(body, c.aspect);
    Factor {
        id: format!("{}-{}-{}", body.code(), c.aspect.code(), natal.code()),
        axis: rules::axis(natal).to_owned(),
        transiting: body,
        natal,
        aspect: c.aspect,
        orb_deg: c.orb_deg,
        orb_max_deg: c.orb_max_deg,
        applying: is_applying(c.aspect, (position.longitude_deg, speed), (natal_deg, 0.0)),
        transiting_retrograde: speed < 0.0,
        exact_at_utc: Vec::new(),
        enters_at_utc: None,
        leaves_at_utc: None,
        weight,
        intensity,
        friction,
        score: weight * intensity - friction,
        natal_house: house(natal_deg),
        transited_house: house(position.longitude_deg),
        certain: true,
        open: None,
        passage_id: format!("transit-{}", body.code()),
    }
}

/// The factor with what a vague birth leaves of it; certain where it is the lone aspect of its pair and within its orb from
/// all of the arc.
fn opened(factor: Factor, orb_deg: Span, applying: Option<bool>, lone: bool) -> Factor {
    let intensity = orb_deg.map(|orb| rules::intensity(orb, factor.orb_max_deg));
    let open = OpenFactor {
        orb_deg,
        applying,
        intensity,
        score: intensity.map(|intensity| factor.weight * intensity - factor.friction),
        passes: Vec::new(),
        enters: None,
        leaves: None,
    };
    Factor { certain: lone && orb_deg.to <= factor.orb_max_deg, open: Some(open), ..factor }
}

fn day_hash(chart: &Chart, date: &str, zone: &str, versions: &Versions) -> String {
    canonical_hash(&[
        ("chart", serde_json::to_value(&chart.input_hash)),
        ("date", serde_json::to_value(date)),
        ("versions", serde_json::to_value(versions)),
        ("zone", serde_json::to_value(zone)),
    ])
}

#[cfg(test)]
mod tests;
