//! Wire form of charts: request, chart, list entries. Names and units as clients see them; computes nothing.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};

use super::figure::{self, Angles, AspectReply, DeltaT, Houses, Lots, Options, ParallelReply, PatternReply, Placement};
use super::ranges::{Ranges, named, of_frame};
use crate::astro::{self, Chart};
use crate::charts::{StoredChart, Summary};

/// What a chart is made from. Unknown fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartRequest {
    /// Name that the person gives the chart, at most 120 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// Local calendar date of birth, `YYYY-MM-DD`, 1550-01-01 to 2650-01-23.
    #[serde(default)]
    pub date: Option<String>,
    /// Calendar of that date: `gregorian` or `julian`. When absent: Julian to 1582-10-04, Gregorian from 1582-10-15.
    #[serde(default)]
    pub calendar: Option<String>,
    /// Local clock time, `HH:MM` or `HH:MM:SS`. Required when `certainty` is `exact`, and only then.
    #[serde(default)]
    pub time: Option<String>,
    /// How well the time is known: `exact` (default when a time is given), `morning`, `afternoon`, `evening`,
    /// `unknown` (default when none is).
    #[serde(default, alias = "time_certainty")]
    pub certainty: Option<String>,
    /// IANA time zone such as `Europe/Berlin`, a fixed offset such as `+01:19:32`, or `LMT` for the mean time of the
    /// longitude. When absent, taken from the place, or derived from the coordinates and labelled so.
    #[serde(default)]
    pub tz: Option<String>,
    /// Place of birth such as `Ulm, Germany`, which is looked up for coordinates and zone. Beside `lat` and `lon` it is only
    /// what the place is called, at most 120 characters, and is not looked up.
    #[serde(default)]
    pub place: Option<String>,
    /// Geographic latitude in degrees, north positive, -90 to 90.
    #[serde(default)]
    pub lat: Option<f64>,
    /// Geographic longitude in degrees, east positive, -180 to 180.
    #[serde(default)]
    pub lon: Option<f64>,
    /// `tropical` (default) or `sidereal`.
    #[serde(default)]
    pub zodiac: Option<String>,
    /// With `sidereal`: `lahiri`, `fagan_bradley`, `raman`, `krishnamurti`, `yukteshwar`, `de_luce`, `user`.
    #[serde(default)]
    pub ayanamsa: Option<String>,
    /// With ayanamsa `user`: its epoch, Julian Date TT.
    #[serde(default)]
    pub ayanamsa_epoch_jd_tt: Option<f64>,
    /// With ayanamsa `user`: its value at the epoch, without nutation, degrees.
    #[serde(default)]
    pub ayanamsa_value_deg: Option<f64>,
    /// `placidus` (default), `koch`, `porphyry`, `equal`, `whole_sign`, `regiomontanus`, `campanus`, `equal_mc`,
    /// `alcabitius`, `topocentric`, `morinus`, `meridian`, `vehlow`, `krusinski`, `sripati`.
    #[serde(default)]
    pub house_system: Option<String>,
    /// `geocentric` (default), `topocentric`, `heliocentric` (without angles, houses and lots).
    #[serde(default)]
    pub frame: Option<String>,
    /// `apparent` (default) or `geometric`: without light-time, deflection and aberration.
    #[serde(default)]
    pub reduction: Option<String>,
    /// With `topocentric`: metres above the ellipsoid, default 0.
    #[serde(default)]
    pub altitude_m: Option<f64>,
    /// Codes of the bodies wanted; the ten planets and the two nodes by default.
    #[serde(default)]
    pub bodies: Option<Vec<String>>,
    /// Name and version of the ruleset of aspects, such as `modern-1.0.0`.
    #[serde(default)]
    pub ruleset: Option<String>,
    /// UTC offset in seconds, to choose among the candidates of a local time that clocks showed twice or skipped.
    #[serde(default)]
    pub utc_offset_s: Option<i32>,
}

/// How to have another offset than the one used.
const OFFSET_OVERRIDE: &str = "send tz as a fixed offset such as +01:00 or +01:19:32; \
     utc_offset_s chooses among the candidates of an hour that came twice or never";

/// A natal chart with what made it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChartReply {
    /// Its id.
    pub id: String,
    /// Name that the person gave it.
    pub name: Option<String>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Birth data as understood.
    pub birth: Birth,
    /// How much can be said: 5 exact, 3 part of a day, 1 unknown.
    pub precision: u8,
    /// The instant, when the time is known.
    pub moment: Option<Moment>,
    /// The span of instants, when it is not.
    pub window: Option<Window>,
    /// What the chart was asked to be.
    pub options: Options,
    /// Julian Date TT of the positions: the birth, or the middle of the window.
    pub jd_tt: f64,
    /// Delta T then.
    pub delta_t: DeltaT,
    /// Ayanamsa applied then, with nutation, degrees; of a sidereal zodiac.
    pub ayanamsa_deg: Option<f64>,
    /// The same without nutation, as tables print it.
    pub ayanamsa_mean_deg: Option<f64>,
    /// True obliquity of the ecliptic then, degrees.
    pub obliquity_deg: f64,
    /// The bodies of the options.
    pub bodies: Vec<Placement>,
    /// Ascendant and its kin; absent when the time is not exact.
    pub angles: Option<Angles>,
    /// House cusps; absent when the time is not exact.
    pub houses: Option<Houses>,
    /// Parts of Fortune and Spirit; absent when the time is not exact.
    pub lots: Option<Lots>,
    /// Whether the Sun stood above the horizon; absent where the birth data leave it open.
    pub is_day: Option<bool>,
    /// Aspects between bodies and angles.
    pub aspects: Vec<AspectReply>,
    /// Parallels and contra-parallels between bodies.
    pub parallels: Vec<ParallelReply>,
    /// Figures that several bodies form: stellium, T-square, grand trine, grand cross, kite, yod, mystic rectangle.
    pub patterns: Vec<PatternReply>,
    /// Elements and modes.
    pub balance: Balance,
    /// What the birth data leave open, and why.
    pub unknowns: Vec<Unknown>,
    /// What made this result.
    pub versions: Versions,
    /// SHA-256 of the birth input and the versions: equal hashes mean equal charts.
    pub input_hash: String,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// Birth data as understood.
#[derive(Debug, Serialize, ToSchema)]
pub struct Birth {
    /// Local date, in its calendar.
    pub date: String,
    /// Calendar of that date: `gregorian` or `julian`.
    pub calendar: String,
    /// The same date in the Gregorian calendar.
    pub date_gregorian: String,
    /// Local time, when known.
    pub time: Option<String>,
    /// How well the time is known.
    pub certainty: String,
    /// IANA time zone, or a fixed offset.
    pub tz: String,
    /// Who named the zone: `user_provided`, `place`, `derived` (from the coordinates), `local_mean_time` (asked for).
    pub timezone_source: String,
    /// What a derived zone rests on.
    pub timezone_derivation: Option<ZoneDerivation>,
    /// Whose data the coordinates or the zone are, where they are from the gazetteer.
    pub attribution: Option<String>,
    /// Place, when one was named.
    pub place: Option<String>,
    /// Degrees, north positive.
    pub lat: f64,
    /// Degrees, east positive.
    pub lon: f64,
}

/// What a zone derived from coordinates rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ZoneDerivation {
    /// `high`, `medium` (another zone is not far), `low` (near a border of zones, or far from any place).
    pub certainty: String,
    /// Nearest place in the gazetteer.
    pub nearest_place: String,
    /// Its distance, kilometres.
    pub distance_km: f64,
    /// Other zones around, the nearest first.
    pub alternatives: Vec<String>,
    /// How to have another zone.
    pub hint: String,
}

/// An instant and how the local time was understood.
#[derive(Debug, Serialize, ToSchema)]
pub struct Moment {
    /// RFC 3339, UTC.
    pub utc: String,
    /// RFC 3339 with the offset that held.
    pub local: String,
    /// Seconds east of UTC.
    pub utc_offset_s: i32,
    /// `iana`, `local_mean_time` (of the birth's own longitude, before standard time) or `given` (a candidate, or a
    /// fixed offset).
    pub offset_source: String,
    /// How to have another offset.
    pub offset_override: String,
    /// Julian date, Terrestrial Time.
    pub jd_tt: f64,
    /// TT - UT1 in seconds.
    pub delta_t_s: f64,
    /// Local apparent sidereal time, degrees.
    pub sidereal_time_deg: Option<f64>,
    /// True obliquity of the ecliptic, degrees.
    pub obliquity_deg: f64,
}

/// A span of instants.
#[derive(Debug, Serialize, ToSchema)]
pub struct Window {
    /// Its start, RFC 3339, UTC.
    pub from: String,
    /// Its end, RFC 3339, UTC.
    pub to: String,
}

/// Count of points by element and mode.
#[derive(Debug, Serialize, ToSchema)]
pub struct Balance {
    /// Fire signs.
    pub fire: u8,
    /// Earth signs.
    pub earth: u8,
    /// Air signs.
    pub air: u8,
    /// Water signs.
    pub water: u8,
    /// Cardinal signs.
    pub cardinal: u8,
    /// Fixed signs.
    pub fixed: u8,
    /// Mutable signs.
    pub mutable: u8,
    /// Points that were counted.
    pub counted: Vec<String>,
    /// Between what the counts lie when the time is not exact: with what is open counted too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// Something that the birth data leave open.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unknown {
    /// What is not known.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What made a result.
#[derive(Debug, Serialize, ToSchema)]
pub struct Versions {
    /// Version of the engine.
    pub engine: String,
    /// Version of orbs, weights and rules.
    pub ruleset: String,
    /// SHA-256 of the ephemeris.
    pub ephemeris_sha256: String,
    /// Version of the time zone database.
    pub tzdb: String,
}

/// A chart in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChartSummary {
    /// Its id.
    pub id: String,
    /// Name that the person gave it.
    pub name: Option<String>,
    /// Local date of birth.
    pub date: String,
    /// How well the time is known.
    pub certainty: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
}

/// One page of charts, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChartList {
    /// The charts.
    pub charts: Vec<ChartSummary>,
    /// Cursor of the next page, when there is one.
    pub next_cursor: Option<String>,
}

/// Says that something is gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deleted {
    /// What was deleted.
    pub deleted: String,
}

impl From<&Summary> for ChartSummary {
    fn from(s: &Summary) -> Self {
        Self {
            id: s.id.to_string(),
            name: s.name.clone(),
            date: s.date.clone(),
            certainty: s.certainty.code().to_owned(),
            created_at: s.created_at.rfc3339(),
        }
    }
}

impl From<&StoredChart> for ChartReply {
    fn from(stored: &StoredChart) -> Self {
        let chart = &stored.chart;
        Self {
            id: stored.id.to_string(),
            name: stored.name.clone(),
            created_at: stored.created_at.rfc3339(),
            birth: birth(&chart.birth),
            precision: chart.precision,
            moment: moment(chart),
            window: chart
                .window
                .as_ref()
                .map(|w| Window { from: w.from_utc_rfc3339.clone(), to: w.to_utc_rfc3339.clone() }),
            options: (&chart.options).into(),
            jd_tt: chart.jd_tt,
            delta_t: figure::delta_t(chart.jd_tt, chart.delta_t_s, chart.spans.as_ref()),
            ayanamsa_deg: chart.ayanamsa_deg,
            ayanamsa_mean_deg: figure::mean_ayanamsa_deg(&chart.options, chart.jd_tt),
            obliquity_deg: chart.obliquity_deg,
            bodies: chart.bodies.iter().map(Into::into).collect(),
            angles: chart.angles.as_ref().map(Into::into),
            houses: chart.houses.as_ref().map(Into::into),
            lots: chart.lots.as_ref().map(Into::into),
            is_day: chart.is_day,
            aspects: chart.aspects.iter().map(Into::into).collect(),
            parallels: chart.parallels.iter().map(Into::into).collect(),
            patterns: chart.patterns.iter().map(Into::into).collect(),
            balance: balance(&chart.balance),
            unknowns: chart.unknowns.iter().map(|u| Unknown { what: u.what.clone(), why: u.why.clone() }).collect(),
            versions: (&chart.versions).into(),
            input_hash: chart.input_hash.clone(),
            ranges: chart.spans.as_ref().map(|spans| of_frame(spans, false)),
        }
    }
}

impl From<&astro::Versions> for Versions {
    fn from(v: &astro::Versions) -> Self {
        Self {
            engine: v.engine.clone(),
            ruleset: v.ruleset.clone(),
            ephemeris_sha256: v.ephemeris_sha256.clone(),
            tzdb: v.tzdb.clone(),
        }
    }
}

fn birth(b: &astro::BirthInput) -> Birth {
    let is_listed = matches!(b.zone_source, astro::ZoneSource::Place | astro::ZoneSource::Derived { .. });
    Birth {
        date: b.date.clone(),
        calendar: b.calendar.code().to_owned(),
        date_gregorian: b.civil_date().map_or_else(|_| b.date.clone(), |date| date.to_string()),
        time: b.time.clone(),
        certainty: b.certainty.code().to_owned(),
        tz: b.zone.clone(),
        timezone_source: b.zone_source.code().to_owned(),
        timezone_derivation: derivation(&b.zone_source),
        attribution: is_listed.then(|| astro::places::ATTRIBUTION.to_owned()),
        place: b.place_label.clone(),
        lat: b.latitude_deg,
        lon: b.longitude_deg,
    }
}

fn derivation(source: &astro::ZoneSource) -> Option<ZoneDerivation> {
    let astro::ZoneSource::Derived { certainty, nearest_place, distance_km, alternatives } = source else {
        return None;
    };
    Some(ZoneDerivation {
        certainty: certainty.code().to_owned(),
        nearest_place: nearest_place.clone(),
        distance_km: *distance_km,
        alternatives: alternatives.clone(),
        hint: "send tz to have another zone".to_owned(),
    })
}

fn moment(chart: &Chart) -> Option<Moment> {
    chart.moment.as_ref().map(|m| Moment {
        utc: m.utc_rfc3339.clone(),
        local: m.local_rfc3339.clone(),
        utc_offset_s: m.offset_seconds,
        offset_source: m.offset_source.code().to_owned(),
        offset_override: OFFSET_OVERRIDE.to_owned(),
        jd_tt: chart.jd_tt,
        delta_t_s: chart.delta_t_s,
        sidereal_time_deg: chart.sidereal_time_deg,
        obliquity_deg: chart.obliquity_deg,
    })
}

fn balance(b: &astro::Balance) -> Balance {
    Balance {
        fire: b.fire,
        earth: b.earth,
        air: b.air,
        water: b.water,
        cardinal: b.cardinal,
        fixed: b.fixed,
        mutable: b.mutable,
        counted: b.counted.iter().map(|p| p.code().to_owned()).collect(),
        ranges: b.most.map(|most| {
            let ([fire, earth, air, water], [cardinal, fixed, mutable]) = (most.elements, most.modalities);
            named([
                ("fire", (b.fire, fire)),
                ("earth", (b.earth, earth)),
                ("air", (b.air, air)),
                ("water", (b.water, water)),
                ("cardinal", (b.cardinal, cardinal)),
                ("fixed", (b.fixed, fixed)),
                ("mutable", (b.mutable, mutable)),
            ])
        }),
    }
}
