//! Wire form of what a day holds for a chart. Computes nothing.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::calendar::utc;
use super::chart::{Unknown, Versions};
use super::ranges::{Between, Ranges, SpanReply, named};
use crate::astro;
use crate::astro::daily::OpenFactor;
use crate::astro::events::Window;

/// What a local day holds for a chart.
#[derive(Debug, Serialize, ToSchema)]
pub struct TodayReply {
    /// The chart.
    pub chart_id: String,
    /// Local date.
    pub date: String,
    /// IANA time zone whose day it is.
    pub tz: String,
    /// Instant of the day at which orbs were measured (local noon), RFC 3339, UTC.
    pub evaluated_at: String,
    /// The three factors with the highest `weight * intensity - friction`.
    pub leaders: Vec<FactorReply>,
    /// The next three.
    pub influences: Vec<FactorReply>,
    /// Leaders by the axes of the natal point.
    pub eao: Eao,
    /// How much can be said: 5 exact birth time, 3 part of a day, 1 unknown.
    pub precision: u8,
    /// The Moon of the day.
    pub moon: MoonReply,
    /// Factors within orb in all.
    pub considered: u16,
    /// What made this result.
    pub versions: Versions,
    /// SHA-256 of chart, date, zone and versions.
    pub input_hash: String,
    /// What the birth data leave open, and why.
    pub unknowns: Vec<Unknown>,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// Count of leaders by axis set.
#[derive(Debug, Serialize, ToSchema)]
pub struct Eao {
    /// Sun, Mars, Ascendant.
    pub energy: u8,
    /// Mercury, Saturn, Midheaven.
    pub attention: u8,
    /// Venus, Jupiter, north node.
    pub opportunity: u8,
    /// Between what the counts lie when the time of birth is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// The Moon of the day.
#[derive(Debug, Serialize, ToSchema)]
pub struct MoonReply {
    /// Zodiac sign at local noon.
    pub sign: String,
    /// Phase.
    pub phase: String,
    /// Lit part of the disc, 0 to 1.
    pub illumination: f64,
    /// When it changes sign on that day, RFC 3339, UTC.
    pub sign_change_at: Option<String>,
}

/// A transit to the natal chart.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactorReply {
    /// Such as `mars-square-sun`.
    pub id: String,
    /// Axis of the natal point, such as `SUN`.
    pub axis: String,
    /// Body in the sky.
    pub transiting: String,
    /// Point of the chart.
    pub natal: String,
    /// Aspect.
    pub aspect: String,
    /// Distance from the exact aspect at `evaluated_at`, degrees.
    pub orb_deg: f64,
    /// Largest orb allowed, degrees.
    pub orb_max_deg: f64,
    /// Whether it is still forming; absent when some hours of a birth of inexact time have it exact already.
    pub applying: Option<bool>,
    /// Whether the body in the sky moves backwards.
    pub retrograde: bool,
    /// Exact passes around the day, RFC 3339, UTC; none where the natal point is known by its range alone.
    pub exact_at: Vec<String>,
    /// When it came within orb, RFC 3339, UTC, if that lies in the searched span.
    pub enters_at: Option<String>,
    /// When it leaves, likewise.
    pub leaves_at: Option<String>,
    /// The windows in which the passes around the day lie when the natal point is known by its range alone. A window of a body
    /// that turns within it may hold no pass or several; it is not certain then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exact_within: Option<Vec<PassWithin>>,
    /// When it came within orb, likewise; absent if that was before the searched span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enters_within: Option<SpanReply>,
    /// When it leaves, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaves_within: Option<SpanReply>,
    /// Weight of the pair.
    pub weight: f64,
    /// From the orb: 1.5 exact to 0.5 at the limit.
    pub intensity: f64,
    /// From the aspect's nature: 0 to 0.6.
    pub friction: f64,
    /// `weight * intensity - friction`.
    pub score: f64,
    /// House of the natal point, when houses are known.
    pub natal_house: Option<u8>,
    /// House that the body passes, when houses are known.
    pub transited_house: Option<u8>,
    /// Whether it holds throughout the window of an uncertain birth time.
    pub certain: bool,
    /// Passage of the corpus on it.
    pub passage_id: String,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

/// The window of an exact pass.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassWithin {
    /// Its start, RFC 3339, UTC.
    pub from: String,
    /// Its end, RFC 3339, UTC.
    pub to: String,
    /// Whether it holds one pass for every hour in which the birth can lie.
    pub certain: bool,
}

/// Wire form of `today` for `chart_id`.
pub fn today_reply(chart_id: &str, today: &astro::Today) -> TodayReply {
    TodayReply {
        chart_id: chart_id.to_owned(),
        date: today.date.clone(),
        tz: today.zone.clone(),
        evaluated_at: today.evaluated_at_utc.clone(),
        leaders: today.leaders.iter().map(factor).collect(),
        influences: today.influences.iter().map(factor).collect(),
        eao: eao(today),
        precision: today.precision,
        moon: MoonReply {
            sign: today.moon.sign.code().to_owned(),
            phase: today.moon.phase.clone(),
            illumination: today.moon.illumination,
            sign_change_at: today.moon.sign_change_at_utc.clone(),
        },
        considered: today.considered,
        versions: (&today.versions).into(),
        input_hash: today.input_hash.clone(),
        unknowns: today.unknowns.iter().map(Into::into).collect(),
        ranges: today.open.as_ref().map(|open| {
            let (least, most) = open.considered;
            [(String::from("considered"), Between { from: least.into(), to: most.into() })].into()
        }),
    }
}

/// The counts of the leaders.
pub fn eao(today: &astro::Today) -> Eao {
    let ranges = today.open.as_ref().map(|open| {
        let [energy, attention, opportunity] = open.most;
        named([("energy", (0, energy)), ("attention", (0, attention)), ("opportunity", (0, opportunity))])
    });
    Eao { energy: today.energy, attention: today.attention, opportunity: today.opportunity, ranges }
}

fn within(window: Window) -> SpanReply {
    SpanReply { from: utc(window.from_jd_tt), to: utc(window.to_jd_tt) }
}

fn passes(open: &OpenFactor) -> Vec<PassWithin> {
    let pass = |pass: &astro::events::Pass| {
        let SpanReply { from, to } = within(pass.exact);
        PassWithin { from, to, certain: pass.certain }
    };
    open.passes.iter().map(pass).collect()
}

fn factor(f: &astro::Factor) -> FactorReply {
    let open = f.open.as_ref();
    FactorReply {
        id: f.id.clone(),
        axis: f.axis.clone(),
        transiting: f.transiting.code().to_owned(),
        natal: f.natal.code().to_owned(),
        aspect: f.aspect.code().to_owned(),
        orb_deg: f.orb_deg,
        orb_max_deg: f.orb_max_deg,
        applying: f.sure_applying(),
        retrograde: f.transiting_retrograde,
        exact_at: f.exact_at_utc.clone(),
        enters_at: f.enters_at_utc.clone(),
        leaves_at: f.leaves_at_utc.clone(),
        exact_within: open.map(passes),
        enters_within: open.and_then(|open| open.enters).map(within),
        leaves_within: open.and_then(|open| open.leaves).map(within),
        weight: f.weight,
        intensity: f.intensity,
        friction: f.friction,
        score: f.score,
        natal_house: f.natal_house,
        transited_house: f.transited_house,
        certain: f.certain,
        passage_id: f.passage_id.clone(),
        ranges: open
            .map(|open| named([("orb_deg", open.orb_deg), ("intensity", open.intensity), ("score", open.score)])),
    }
}
