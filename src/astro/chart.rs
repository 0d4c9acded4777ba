//! P: The natal chart: bodies, angles, houses, aspects and balance of a birth, and what a vague birth time leaves open.
//! Interprets nothing.

pub(super) mod window;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::angles::{Angles, LocalSky, norm_deg};
use super::aspects::{AspectHit, contact, is_applying};
use super::birth::{BirthInput, Certainty};
use super::body::Body;
use super::calendar::{CivilDate, CivilTime, TIME_ALLOWED};
use super::ephemeris::{Ephemeris, Position, sha256_hex};
use super::error::AstroError;
use super::houses::Houses;
use super::point::Point;
use super::signs::{Element, Modality, Sign, degree_in_sign};
use super::zone::{self, LocalMoment, resolve_local};
use super::{frames, rules, time};

/// The span of local time in which a birth of vague time lies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeWindow {
    /// Start, `YYYY-MM-DDTHH:MM:SSZ`.
    pub from_utc_rfc3339: String,
    /// End, the same.
    pub to_utc_rfc3339: String,
    /// Start, Julian Date UTC.
    pub from_jd_ut: f64,
    /// End, Julian Date UTC.
    pub to_jd_ut: f64,
    /// Start on the local clock, `HH:MM`.
    pub local_from: String,
    /// End on the local clock, `HH:MM`, up to `24:00`.
    pub local_to: String,
}

/// The arc in which a body lies for sure when the birth time is vague.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LongitudeRange {
    /// Where the arc starts, 0..360 degrees.
    pub from_deg: f64,
    /// Where it ends, going forward through the zodiac, 0..360 degrees.
    pub to_deg: f64,
    /// Whether the whole arc lies in one sign.
    pub sign_certain: bool,
}

/// A body in the chart. Angles are apparent, in the true ecliptic and equinox of date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Which body.
    pub body: Body,
    /// Ecliptic longitude, 0..360 degrees.
    pub longitude_deg: f64,
    /// Ecliptic latitude, degrees north.
    pub latitude_deg: f64,
    /// Distance, AU; 0 for a node.
    pub distance_au: f64,
    /// Rate of the longitude, degrees per day.
    pub speed_deg_per_day: f64,
    /// The sign of that longitude.
    pub sign: Sign,
    /// Degrees within the sign, 0..30.
    pub degree_in_sign: f64,
    /// Whether the longitude falls.
    pub retrograde: bool,
    /// House 1..=12, where houses are known.
    pub house: Option<u8>,
    /// Given when the time is not exact.
    pub range: Option<LongitudeRange>,
}

/// How many points stand in each element and modality.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    /// Points in fire signs.
    pub fire: u8,
    /// Points in earth signs.
    pub earth: u8,
    /// Points in air signs.
    pub air: u8,
    /// Points in water signs.
    pub water: u8,
    /// Points in cardinal signs.
    pub cardinal: u8,
    /// Points in fixed signs.
    pub fixed: u8,
    /// Points in mutable signs.
    pub mutable: u8,
    /// What was counted: the ten planets less those whose sign is open, and the angles where known.
    pub counted: Vec<Point>,
}

/// Something that the birth data leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// `houses`, `ascendant`, `midheaven`, or a body's code with `_sign`.
    pub what: String,
    /// Why, as a sentence.
    pub why: String,
}

/// What made a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Program name and version.
    pub engine: String,
    /// Version of the orbs and weights.
    pub ruleset: String,
    /// SHA-256 of the ephemeris, lower-case hexadecimal.
    pub ephemeris_sha256: String,
    /// Release of the time zone database.
    pub tzdb: String,
}

/// A natal chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chart {
    /// The birth data it was made from.
    pub birth: BirthInput,
    /// The instant of birth; none when the time is vague.
    pub moment: Option<LocalMoment>,
    /// The span of the birth; none when the time is exact.
    pub window: Option<TimeWindow>,
    /// Trust in the chart, 1 (no time) to 5 (exact time).
    pub precision: u8,
    /// Julian Date TT of the positions: the birth, or the middle of the window.
    pub jd_tt: f64,
    /// TT minus UT1 then, seconds.
    pub delta_t_s: f64,
    /// Local apparent sidereal time, degrees 0..360; none when the time is vague.
    pub sidereal_time_deg: Option<f64>,
    /// True obliquity of the ecliptic, degrees.
    pub obliquity_deg: f64,
    /// All bodies in the order of [`Body::STANDARD`].
    pub bodies: Vec<Placement>,
    /// None when the time is vague.
    pub angles: Option<Angles>,
    /// None when the time is vague.
    pub houses: Option<Houses>,
    /// Major aspects, narrowest first within each first point.
    pub aspects: Vec<AspectHit>,
    /// Elements and modalities.
    pub balance: Balance,
    /// What a vague time leaves open.
    pub unknowns: Vec<Unknown>,
    /// What made this chart.
    pub versions: Versions,
    /// SHA-256 of birth data (less the place's label) and versions, lower-case hexadecimal.
    pub input_hash: String,
}

impl Versions {
    /// Those of this build.
    pub fn current() -> Self {
        Self {
            engine: concat!("orrery ", env!("CARGO_PKG_VERSION")).to_owned(),
            ruleset: rules::RULESET_VERSION.to_owned(),
            ephemeris_sha256: Ephemeris::embedded().sha256_hex().to_owned(),
            tzdb: zone::TZDB_VERSION.to_owned(),
        }
    }
}

impl Chart {
    /// The placement of a body.
    pub fn placement(&self, body: Body) -> Option<&Placement> {
        self.bodies.iter().find(|placement| placement.body == body)
    }

    /// The longitude of a point, degrees 0..360; none for one that this chart does not know.
    pub fn longitude_deg(&self, point: Point) -> Option<f64> {
        let angle = match point {
            Point::Body(body) => return self.placement(body).map(|placement| placement.longitude_deg),
            Point::SouthNode => {
                let node = self.placement(Body::TrueNode);
                return node.map(|placement| norm_deg(placement.longitude_deg + 180.0));
            }
            Point::Ascendant => self.angles.map(|angles| angles.ascendant),
            Point::Midheaven => self.angles.map(|angles| angles.midheaven),
            Point::Descendant => self.angles.map(|angles| angles.descendant),
            Point::ImumCoeli => self.angles.map(|angles| angles.imum_coeli),
            Point::Vertex => self.angles.map(|angles| angles.vertex),
            Point::EastPoint | Point::Fortune | Point::Spirit => None,
        };
        angle.map(|placement| placement.longitude_deg)
    }
}

/// The chart of a birth.
///
/// # Errors
/// [`AstroError::BadBirth`] for a place that is not on Earth; [`AstroError::BadDate`] and [`AstroError::BadTime`] for
/// text; those of [`resolve_local`] for the zone and, when the time is exact, for a clock that jumped, or else for a
/// day that the calendar left out;
/// [`AstroError::HouseSystemUndefined`] when the time is exact and the house system does not exist at that latitude;
/// [`AstroError::OutOfSpan`] outside the ephemeris.
pub fn compute(birth: &BirthInput) -> Result<Chart, AstroError> {
    let within = |value: f64, limit: f64| value.abs() <= limit;
    if !within(birth.latitude_deg, 90.0) || !within(birth.longitude_deg, 180.0) {
        return Err(AstroError::BadBirth(birth.validate()));
    }
    let date = CivilDate::parse(&birth.date)?;
    if birth.certainty == Certainty::Exact { exact(birth, date) } else { vague(birth, date) }
}

fn exact(birth: &BirthInput, date: CivilDate) -> Result<Chart, AstroError> {
    let Some(text) = &birth.time else {
        return Err(AstroError::BadTime { given: String::new(), allowed: TIME_ALLOWED.to_owned() });
    };
    let clock = CivilTime::parse(text)?;
    let moment = resolve_local(date, clock, &birth.zone, birth.longitude_deg, birth.utc_offset_s)?;
    let mut chart = sky_at(birth, moment.utc_jd)?;
    let scales = time::scales_from_utc(moment.utc_jd);
    let armc_deg = frames::gast_deg(scales.jd_ut1, scales.jd_tt) + birth.longitude_deg;
    let sky = LocalSky::new(armc_deg, chart.obliquity_deg, birth.latitude_deg)?;
    let houses = Houses::compute(birth.house_system, &sky)?;
    for placement in &mut chart.bodies {
        placement.house = Some(houses.house_of(placement.longitude_deg));
    }
    chart.sidereal_time_deg = Some(sky.armc_deg);
    chart.angles = Some(sky.angles().into());
    chart.houses = Some(houses);
    chart.moment = Some(moment);
    chart.aspects = aspects(&moving_points(&chart));
    chart.balance = balance(&chart);
    Ok(chart)
}

fn vague(birth: &BirthInput, date: CivilDate) -> Result<Chart, AstroError> {
    zone::check_day(date, &birth.zone)?;
    let span = window::of(birth, date)?;
    let mut chart = sky_at(birth, 0.5 * (span.from_jd_ut + span.to_jd_ut))?;
    let samples = window::samples(&span)?;
    for (index, placement) in chart.bodies.iter_mut().enumerate() {
        placement.range = Some(window::range(&samples, index, placement)?);
    }
    chart.aspects = aspects(&moving_points(&chart));
    for hit in &mut chart.aspects {
        hit.certain = window::always_within(&samples, hit);
    }
    chart.balance = balance(&chart);
    chart.unknowns = window::unknowns(&chart.bodies);
    chart.window = Some(span);
    Ok(chart)
}

/// Bodies at an instant; everything that needs a clock time is left empty.
fn sky_at(birth: &BirthInput, jd_utc: f64) -> Result<Chart, AstroError> {
    let scales = time::scales_from_utc(jd_utc);
    let positions = Ephemeris::embedded().apparent_all(scales.jd_tt)?;
    let versions = Versions::current();
    Ok(Chart {
        input_hash: birth_hash(birth, &versions),
        birth: birth.clone(),
        moment: None,
        window: None,
        precision: birth.certainty.precision(),
        jd_tt: scales.jd_tt,
        delta_t_s: scales.delta_t_s,
        sidereal_time_deg: None,
        obliquity_deg: frames::true_obliquity_deg(scales.jd_tt),
        bodies: positions.iter().map(|(body, position)| placement(*body, position)).collect(),
        angles: None,
        houses: None,
        aspects: Vec::new(),
        balance: Balance::default(),
        unknowns: Vec::new(),
        versions,
    })
}

fn placement(body: Body, position: &Position) -> Placement {
    Placement {
        body,
        longitude_deg: position.longitude_deg,
        latitude_deg: position.latitude_deg,
        distance_au: position.distance_au,
        speed_deg_per_day: position.longitude_speed_deg_per_day,
        sign: Sign::of(position.longitude_deg),
        degree_in_sign: degree_in_sign(position.longitude_deg),
        retrograde: position.longitude_speed_deg_per_day < 0.0,
        house: None,
        range: None,
    }
}

/// A point with its longitude and its speed. An angle's speed is that of the turning sky, about a degree in four
/// minutes, so that against it bodies all but stand still.
type Moving = (Point, f64, f64);

/// Mean rate at which the angles run through the zodiac, degrees per day: one turn in a sidereal day.
const ANGLE_SPEED_DEG_PER_DAY: f64 = 360.985_647;

fn moving_points(chart: &Chart) -> Vec<Moving> {
    let mut points: Vec<Moving> = chart
        .bodies
        .iter()
        .filter(|placement| rules::NATAL_BODIES.contains(&placement.body))
        .map(|placement| (Point::Body(placement.body), placement.longitude_deg, placement.speed_deg_per_day))
        .collect();
    if let Some(angles) = &chart.angles {
        points.push((Point::Ascendant, angles.ascendant.longitude_deg, ANGLE_SPEED_DEG_PER_DAY));
        points.push((Point::Midheaven, angles.midheaven.longitude_deg, ANGLE_SPEED_DEG_PER_DAY));
    }
    points
}

/// The aspects among points; two angles make none, since they are one sky.
fn aspects(points: &[Moving]) -> Vec<AspectHit> {
    let mut hits = Vec::new();
    for (index, &(a, a_deg, a_speed)) in points.iter().enumerate() {
        for &(b, b_deg, b_speed) in &points[index + 1..] {
            if a.is_angle() && b.is_angle() {
                continue;
            }
            let Some(found) = contact(a_deg, b_deg, |aspect| rules::natal_orb_deg(aspect, a, b)) else { continue };
            hits.push(AspectHit {
                a,
                b,
                aspect: found.aspect,
                separation_deg: found.separation_deg,
                orb_deg: found.orb_deg,
                orb_max_deg: found.orb_max_deg,
                applying: is_applying(found.aspect, (a_deg, a_speed), (b_deg, b_speed)),
                certain: true,
            });
        }
    }
    hits.sort_by(|x, y| x.a.cmp(&y.a).then(x.orb_deg.total_cmp(&y.orb_deg)));
    hits
}

fn balance(chart: &Chart) -> Balance {
    let mut balance = Balance::default();
    let certain = |placement: &&Placement| placement.range.is_none_or(|range| range.sign_certain);
    let planets = chart.bodies.iter().filter(|placement| Body::PLANETS.contains(&placement.body)).filter(certain);
    let mut points: Vec<(Point, Sign)> = planets.map(|p| (Point::Body(p.body), p.sign)).collect();
    if let Some(angles) = &chart.angles {
        points.push((Point::Ascendant, angles.ascendant.sign));
        points.push((Point::Midheaven, angles.midheaven.sign));
    }
    for (point, sign) in points {
        *match sign.element() {
            Element::Fire => &mut balance.fire,
            Element::Earth => &mut balance.earth,
            Element::Air => &mut balance.air,
            Element::Water => &mut balance.water,
        } += 1;
        *match sign.modality() {
            Modality::Cardinal => &mut balance.cardinal,
            Modality::Fixed => &mut balance.fixed,
            Modality::Mutable => &mut balance.mutable,
        } += 1;
        balance.counted.push(point);
    }
    balance
}

fn birth_hash(birth: &BirthInput, versions: &Versions) -> String {
    let unlabelled = BirthInput { place_label: None, ..birth.clone() };
    canonical_hash(&[("birth", serde_json::to_value(unlabelled)), ("versions", serde_json::to_value(versions))])
}

/// SHA-256, in lower-case hexadecimal, of JSON without spaces whose keys are sorted at every level.
pub(super) fn canonical_hash(parts: &[(&str, serde_json::Result<serde_json::Value>)]) -> String {
    // Plain data with text keys always becomes a value; a failure would hash as null.
    let sorted: BTreeMap<&str, String> =
        parts.iter().map(|(key, value)| (*key, value.as_ref().map(canonical_json).unwrap_or_default())).collect();
    let fields: Vec<String> = sorted.iter().map(|(key, json)| format!("\"{key}\":{json}")).collect();
    sha256_hex(format!("{{{}}}", fields.join(",")).as_bytes())
}

/// Sorts the keys itself, because the map of the JSON library keeps another order under some of its features.
fn canonical_json(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(map) => {
            let sorted: BTreeMap<&String, String> = map.iter().map(|(key, v)| (key, canonical_json(v))).collect();
            let fields: Vec<String> = sorted
                .iter()
                .map(|(key, json)| format!("{}:{json}", serde_json::Value::String((*key).clone())))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(canonical_json).collect::<Vec<_>>().join(","))
        }
        plain => plain.to_string(),
    }
}

#[cfg(test)]
pub(super) mod tests;
