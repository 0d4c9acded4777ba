//! P: The parts of the server's answers that the demo shows. Reads them as any client would; computes nothing.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Between what figures lie, by name, when the time is not known.
pub type Ranges = BTreeMap<String, Between>;

/// Between what a figure lies.
#[derive(Debug, Deserialize)]
pub struct Between {
    pub from: f64,
    pub to: f64,
}

/// A natal chart.
#[derive(Debug, Deserialize)]
pub struct Chart {
    pub id: String,
    pub name: Option<String>,
    pub birth: Birth,
    pub moment: Option<Moment>,
    pub window: Option<Window>,
    #[serde(flatten)]
    pub sky: Sky,
    pub balance: Balance,
    pub unknowns: Vec<Unknown>,
    pub versions: Versions,
}

/// What any figure shows.
#[derive(Debug, Deserialize)]
pub struct Sky {
    #[serde(default)]
    pub options: Option<Options>,
    #[serde(default)]
    pub ayanamsa_mean_deg: Option<f64>,
    #[serde(default)]
    pub delta_t: Option<DeltaT>,
    pub bodies: Vec<Placement>,
    pub angles: Option<Angles>,
    pub houses: Option<Houses>,
    #[serde(default)]
    pub lots: Option<Lots>,
    #[serde(default)]
    pub is_day: Option<bool>,
    pub aspects: Vec<Hit>,
}

/// What a figure was asked to be.
#[derive(Debug, Deserialize)]
pub struct Options {
    pub zodiac: String,
    pub ayanamsa: Option<String>,
    pub frame: String,
    pub reduction: String,
    pub altitude_m: Option<f64>,
    pub ruleset: String,
}

/// Delta T with its error.
#[derive(Debug, Deserialize)]
pub struct DeltaT {
    pub seconds: f64,
    pub uncertainty_s: f64,
}

/// The lots of the luminaries.
#[derive(Debug, Deserialize)]
pub struct Lots {
    pub fortune: Angle,
    pub spirit: Angle,
}

/// Birth data as the server understood them.
#[derive(Debug, Deserialize)]
pub struct Birth {
    pub date: String,
    #[serde(default)]
    pub calendar: String,
    #[serde(default)]
    pub date_gregorian: String,
    pub time: Option<String>,
    pub certainty: String,
    pub tz: String,
    pub place: Option<String>,
    pub lat: f64,
    pub lon: f64,
}

/// The instant of birth.
#[derive(Debug, Deserialize)]
pub struct Moment {
    pub utc: String,
    pub utc_offset_s: i32,
    pub offset_source: String,
}

/// The span of instants, when the time is not known.
#[derive(Debug, Deserialize)]
pub struct Window {
    pub from: String,
    pub to: String,
}

/// Where a body stands.
#[derive(Debug, Deserialize)]
pub struct Placement {
    pub body: String,
    pub sign: Option<String>,
    pub degree_in_sign: Option<f64>,
    #[serde(default)]
    pub declination_deg: Option<f64>,
    #[serde(default)]
    pub out_of_bounds: Option<bool>,
    pub retrograde: Option<bool>,
    pub house: Option<u8>,
    pub range: Option<Range>,
    #[serde(default)]
    pub ranges: Ranges,
}

/// Longitudes that a body passes within the window.
#[derive(Debug, Deserialize)]
pub struct Range {
    pub from_deg: f64,
    pub to_deg: f64,
    pub sign_certain: bool,
}

/// A point of the frame.
#[derive(Debug, Deserialize)]
pub struct Angle {
    pub sign: String,
    pub degree_in_sign: f64,
}

/// The frame.
#[derive(Debug, Deserialize)]
pub struct Angles {
    pub ascendant: Angle,
    pub midheaven: Angle,
    pub descendant: Angle,
    pub imum_coeli: Angle,
    pub vertex: Angle,
    #[serde(default)]
    pub east_point: Option<Angle>,
}

/// House cusps.
#[derive(Debug, Deserialize)]
pub struct Houses {
    pub system: String,
    pub cusps_deg: Vec<f64>,
}

/// An aspect of the chart.
#[derive(Debug, Deserialize)]
pub struct Hit {
    pub a: String,
    pub b: String,
    pub aspect: String,
    pub orb_deg: f64,
    pub applying: Option<bool>,
    pub certain: bool,
    #[serde(default)]
    pub ranges: Ranges,
}

/// Counts by element and mode.
#[derive(Debug, Deserialize)]
pub struct Balance {
    pub fire: u8,
    pub earth: u8,
    pub air: u8,
    pub water: u8,
    pub cardinal: u8,
    pub fixed: u8,
    pub mutable: u8,
    #[serde(default)]
    pub ranges: Ranges,
}

/// What the birth data leave open.
#[derive(Debug, Deserialize)]
pub struct Unknown {
    pub what: String,
    pub why: String,
}

/// What made a result.
#[derive(Debug, Deserialize)]
pub struct Versions {
    pub engine: String,
    pub ruleset: String,
    pub ephemeris_sha256: String,
    pub tzdb: String,
}

/// What a day holds.
#[derive(Debug, Deserialize)]
pub struct Today {
    pub date: String,
    pub tz: String,
    pub leaders: Vec<Factor>,
    pub influences: Vec<Factor>,
    pub eao: Eao,
    pub precision: u8,
    pub moon: Moon,
    pub considered: u16,
}

/// Leaders by axis set.
#[derive(Debug, Deserialize)]
pub struct Eao {
    pub energy: u8,
    pub attention: u8,
    pub opportunity: u8,
}

/// The day's Moon.
#[derive(Debug, Deserialize)]
pub struct Moon {
    pub sign: String,
    pub phase: String,
    pub illumination: f64,
    pub sign_change_at: Option<String>,
}

/// A transit.
#[derive(Debug, Deserialize)]
pub struct Factor {
    pub transiting: String,
    pub natal: String,
    pub aspect: String,
    pub orb_deg: f64,
    pub applying: Option<bool>,
    pub retrograde: bool,
    pub exact_at: Vec<String>,
    #[serde(default)]
    pub exact_within: Option<Vec<Window>>,
    pub score: f64,
    pub natal_house: Option<u8>,
    pub certain: bool,
    #[serde(default)]
    pub ranges: Ranges,
}

/// An answer to a question.
#[derive(Debug, Deserialize)]
pub struct Advice {
    pub answer: String,
    pub citations: Vec<Citation>,
    pub chart_facts: Vec<Fact>,
    pub provider: String,
}

/// A passage that the answer rests on.
#[derive(Debug, Deserialize)]
pub struct Citation {
    pub id: String,
    pub title: String,
    pub score: f64,
    /// How the answer's text refers to it.
    #[serde(default)]
    pub marker: Option<serde_json::Value>,
}

/// A fact of the chart or the day that the answer rests on.
#[derive(Debug, Deserialize)]
pub struct Fact {
    pub text: String,
}

/// Tokens of somebody who logged in.
#[derive(Deserialize)]
pub struct Tokens {
    pub access_token: String,
}
