//! P: The natal chart: bodies, angles, houses, aspects and balance of a birth, and what a vague birth time leaves open.
//! Interprets nothing.
//!
//! Source: the modules that it calls name theirs; Einstein's as Astrodatabank publishes it, the others cast with Swiss
//! Ephemeris 2.10 (Moshier) in 2026. Error: 0.01 degrees in bodies, 0.05 degrees in angles, the digits of those programs
//! (`charts_match_swiss_ephemeris_values`).

pub(super) mod window;

use serde::{Deserialize, Serialize};

use super::angles::Angles;
use super::aspects::AspectHit;
use super::aspects::declination::ParallelHit;
use super::balance::{self, Most};
use super::birth::{BirthInput, Certainty};
use super::body::Body;
use super::calendar::{CivilDate, CivilTime, TIME_ALLOWED};
use super::ephemeris::{Ephemeris, sha256_hex};
use super::error::AstroError;
use super::figure::{self, Figure, cast_under};
pub use super::figure::{LongitudeRange, Placement};
use super::houses::Houses;
use super::lots::Lots;
use super::options::ChartOptions;
use super::patterns::Pattern;
use super::point::Point;
use super::receptions::InSign;
use super::rules;
use super::rulesets::Ruleset;
use super::signs::Sign;
use super::vague::Instants;
use super::vague::open::{FrameSpans, open};
use super::zone::{self, LocalMoment, ZoneSource, resolve_local};

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
    /// How many there may be when the time is not exact, the planets of open sign and the angles with them.
    pub most: Option<Most>,
}

/// Something that the birth data leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// `houses`, `ascendant`, `midheaven`, `lots`, `is_day`, or a body's code with `_sign`.
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
    /// The same instant, Julian Date UTC.
    pub jd_utc: f64,
    /// TT minus UT1 then, seconds.
    pub delta_t_s: f64,
    /// What was asked for.
    pub options: ChartOptions,
    /// What was taken off tropical longitudes at that instant, degrees; none for the tropical zodiac.
    pub ayanamsa_deg: Option<f64>,
    /// Local apparent sidereal time, degrees 0..360; none when the time is vague.
    pub sidereal_time_deg: Option<f64>,
    /// True obliquity of the ecliptic, degrees.
    pub obliquity_deg: f64,
    /// The bodies of the options, in their order.
    pub bodies: Vec<Placement>,
    /// None when the time is vague.
    pub angles: Option<Angles>,
    /// None when the time is vague.
    pub houses: Option<Houses>,
    /// None when the time is vague.
    pub lots: Option<Lots>,
    /// Whether the Sun stood above the horizon; none where the birth data leave it open.
    pub is_day: Option<bool>,
    /// Major aspects, narrowest first within each first point.
    pub aspects: Vec<AspectHit>,
    /// Parallels and contra-parallels, in the order of their points.
    pub parallels: Vec<ParallelHit>,
    /// Figures of several points: stellium, T-square and so on.
    pub patterns: Vec<Pattern>,
    /// Elements and modalities.
    pub balance: Balance,
    /// Given when the time is vague: between what the figures of the whole chart lie.
    pub spans: Option<FrameSpans>,
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

    /// Those of this build with the ruleset of this id.
    pub fn under(ruleset: &str) -> Self {
        Self { ruleset: ruleset.to_owned(), ..Self::current() }
    }
}

impl Chart {
    /// A chart that holds what a figure does, and nothing that a figure does not know.
    fn of(birth: BirthInput, figure: Figure) -> Self {
        let versions = Versions::under(&figure.options.ruleset);
        Self {
            input_hash: birth_hash(&birth, &figure.options, &versions),
            precision: birth.certainty.precision(),
            birth,
            moment: None,
            window: None,
            jd_tt: figure.jd_tt,
            jd_utc: figure.jd_utc,
            delta_t_s: figure.delta_t_s,
            options: figure.options,
            ayanamsa_deg: figure.ayanamsa_deg,
            sidereal_time_deg: figure.sidereal_time_deg,
            obliquity_deg: figure.obliquity_deg,
            bodies: figure.bodies,
            angles: figure.angles,
            houses: figure.houses,
            lots: figure.lots,
            is_day: figure.is_day,
            aspects: figure.aspects,
            parallels: figure.parallels,
            patterns: figure.patterns,
            balance: Balance::default(),
            spans: figure.spans,
            unknowns: Vec::new(),
            versions,
        }
    }

    /// The figure of the birth, when its time is exact.
    pub fn figure(&self) -> Option<Figure> {
        self.moment.as_ref().map(|moment| Figure {
            jd_tt: self.jd_tt,
            jd_utc: moment.utc_jd,
            delta_t_s: self.delta_t_s,
            site: Some(self.birth.site(&self.options)),
            options: self.options.clone(),
            obliquity_deg: self.obliquity_deg,
            ayanamsa_deg: self.ayanamsa_deg,
            sidereal_time_deg: self.sidereal_time_deg,
            bodies: self.bodies.clone(),
            angles: self.angles,
            houses: self.houses,
            lots: self.lots,
            aspects: self.aspects.clone(),
            parallels: self.parallels.clone(),
            patterns: self.patterns.clone(),
            is_day: self.is_day,
            spans: None,
        })
    }

    /// The placement of a body.
    pub fn placement(&self, body: Body) -> Option<&Placement> {
        self.bodies.iter().find(|placement| placement.body == body)
    }

    /// The longitude of a point, degrees 0..360; none for one that this chart does not know.
    pub fn longitude_deg(&self, point: Point) -> Option<f64> {
        figure::longitude_deg(point, &self.bodies, self.angles.as_ref(), self.lots.as_ref())
    }
}

/// The chart of a birth with the default options and the birth's own house system.
///
/// # Errors
/// As [`compute_with`].
pub fn compute(birth: &BirthInput) -> Result<Chart, AstroError> {
    compute_with(birth, &ChartOptions::with_houses(birth.house_system))
}

/// The chart of a birth. The house system is that of the options, and is written into the chart's copy of the birth data;
/// a topocentric view is taken from the place of birth, at the altitude that its site has.
///
/// # Errors
/// [`AstroError::BadBirth`] for a place that is not on Earth; [`AstroError::BadDate`] and [`AstroError::BadTime`] for
/// text; those of [`resolve_local`] for the zone and, when the time is exact, for a clock that jumped, or else for a
/// day that the calendar left out;
/// [`AstroError::HouseSystemUndefined`] when the time is exact and the house system does not exist at that latitude;
/// [`AstroError::OutOfSpan`] outside the ephemeris; [`AstroError::UnknownRuleset`].
pub fn compute_with(birth: &BirthInput, options: &ChartOptions) -> Result<Chart, AstroError> {
    compute_under(birth, options, options.builtin_ruleset()?)
}

/// [`compute_with`] under a ruleset that need not be built in; the options must name it.
///
/// # Errors
/// Those of [`compute_with`] but for the ruleset.
pub fn compute_under(birth: &BirthInput, options: &ChartOptions, ruleset: &Ruleset) -> Result<Chart, AstroError> {
    let within = |value: f64, limit: f64| value.abs() <= limit;
    if !within(birth.latitude_deg, 90.0) || !within(birth.longitude_deg, 180.0) {
        return Err(AstroError::BadBirth(birth.validate()));
    }
    let date = birth.civil_date()?;
    let options = options.for_place(birth.latitude_deg, birth.longitude_deg);
    let birth = BirthInput { house_system: options.house_system, ..birth.clone() };
    let chart = if birth.certainty == Certainty::Exact { exact } else { vague };
    chart(birth, date, &options, ruleset)
}

fn exact(birth: BirthInput, date: CivilDate, options: &ChartOptions, ruleset: &Ruleset) -> Result<Chart, AstroError> {
    let Some(text) = &birth.time else {
        return Err(AstroError::BadTime { given: String::new(), allowed: TIME_ALLOWED.to_owned() });
    };
    let clock = CivilTime::parse(text)?;
    let moment = resolve_local(date, clock, &birth.zone, birth.longitude_deg, birth.utc_offset_s)?;
    let figure = cast_under(moment.utc_jd, Some(birth.site(options)), options, ruleset)?;
    let mut chart = Chart::of(birth, figure);
    chart.moment = Some(moment);
    if !options.has_horizon() {
        chart.unknowns = window::without_horizon();
    }
    chart.balance = balance(&chart);
    Ok(chart)
}

fn vague(birth: BirthInput, date: CivilDate, options: &ChartOptions, ruleset: &Ruleset) -> Result<Chart, AstroError> {
    zone::check_day(date, &birth.zone)?;
    let span = window::of(&birth, date)?;
    let instants = Instants { from_jd_utc: span.from_jd_ut, to_jd_utc: span.to_jd_ut };
    let mut figure = cast_under(instants.middle(), None, options, ruleset)?;
    open(&mut figure, instants, ruleset)?;
    if options.has_horizon() {
        figure.is_day = window::is_day(&span, &birth)?;
    }
    let unknowns = window::unknowns(&figure, figure.is_day);
    let mut chart = Chart::of(birth, figure);
    chart.unknowns = unknowns;
    chart.balance = balance(&chart);
    chart.window = Some(span);
    Ok(chart)
}

fn balance(chart: &Chart) -> Balance {
    let planets = chart.bodies.iter().filter(|placement| Body::PLANETS.contains(&placement.body));
    let (known, open): (Vec<&Placement>, Vec<&Placement>) = planets.partition(|p| p.sure_sign().is_some());
    let placed: Vec<InSign> = known.into_iter().map(|p| (p.body, p.sign)).collect();
    let spread = balance::spread(&placed, chart.angles.as_ref(), &[]);
    let signs: Vec<Vec<Sign>> = open.into_iter().map(Placement::signs).collect();
    let angles = if chart.options.has_horizon() { 2 } else { 0 };
    let most = chart.moment.is_none().then(|| spread.most(&signs, angles));
    let ([fire, earth, air, water], [cardinal, fixed, mutable]) = (spread.elements, spread.modalities);
    Balance { fire, earth, air, water, cardinal, fixed, mutable, counted: spread.counted, most }
}

fn birth_hash(birth: &BirthInput, options: &ChartOptions, versions: &Versions) -> String {
    let unlabelled = BirthInput { place_label: None, zone_source: ZoneSource::default(), ..birth.clone() };
    canonical_hash(&[
        ("birth", serde_json::to_value(unlabelled)),
        ("options", serde_json::to_value(options)),
        ("versions", serde_json::to_value(versions)),
    ])
}

/// SHA-256, in lower-case hexadecimal, of JSON without spaces whose keys are sorted at every level.
pub(super) fn canonical_hash(parts: &[(&str, serde_json::Result<serde_json::Value>)]) -> String {
    // Plain data with text keys always becomes a value; a failure would hash as nothing.
    let mut sorted: Vec<_> = parts.iter().map(|(key, value)| (*key, value.as_ref().ok())).collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    let mut json = String::with_capacity(1024);
    write_object(&mut json, sorted.into_iter(), |json, value| {
        if let Some(value) = value {
            write_canonical(json, value);
        }
    });
    sha256_hex(json.as_bytes())
}

/// Sorts the keys itself, because the map of the JSON library keeps another order under some of its features.
fn write_canonical(json: &mut String, value: &serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            let mut sorted: Vec<_> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
            sorted.sort_unstable_by_key(|(key, _)| *key);
            write_object(json, sorted.into_iter(), write_canonical);
        }
        serde_json::Value::Array(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                json.push_str(if index == 0 { "" } else { "," });
                write_canonical(json, item);
            }
            json.push(']');
        }
        plain => json.push_str(&plain.to_string()),
    }
}

/// An object of fields in the order given.
fn write_object<'k, V>(json: &mut String, fields: impl Iterator<Item = (&'k str, V)>, write: impl Fn(&mut String, V)) {
    json.push('{');
    for (index, (key, value)) in fields.enumerate() {
        json.push_str(if index == 0 { "" } else { "," });
        json.push_str(&serde_json::Value::from(key).to_string());
        json.push(':');
        write(json, value);
    }
    json.push('}');
}

#[cfg(test)]
pub(super) mod tests;
