//! Wire form of what a birth of inexact time leaves of the figures of a reply: between what each lies. Computes nothing.
//!
//! One rule holds in every reply. The figures are those of the middle of the hours in which the birth can lie; `ranges` beside
//! them tells by their names between what they lie, and `windows` between which instants. A figure without either is the
//! same throughout; one that cannot be known is absent, and named in `unknowns`.

use std::collections::BTreeMap;

use salvo::oapi::ToSchema;
use serde::Serialize;

use crate::astro::figure::PlacementSpans;
use crate::astro::returns::instant_text;
use crate::astro::spans::{OpenHit, Span};
use crate::astro::vague::Instants;
use crate::astro::vague::open::FrameSpans;

/// Between what a figure lies when the time of birth is not exact. An angle runs forward from the first to the second, which
/// may then pass 360.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Between {
    /// The least.
    pub from: f64,
    /// The greatest.
    pub to: f64,
}

/// A span of time.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SpanReply {
    /// Its start, RFC 3339, UTC.
    pub from: String,
    /// Its end, RFC 3339, UTC.
    pub to: String,
}

/// By the names of the figures beside them.
pub type Ranges = BTreeMap<String, Between>;

/// By the names of the instants beside them.
pub type Windows = BTreeMap<String, SpanReply>;

impl From<Span> for Between {
    fn from(span: Span) -> Self {
        Self { from: span.from, to: span.to }
    }
}

impl From<(u8, u8)> for Between {
    fn from((least, most): (u8, u8)) -> Self {
        Self { from: f64::from(least), to: f64::from(most) }
    }
}

impl From<(i16, i16)> for Between {
    fn from((least, most): (i16, i16)) -> Self {
        Self { from: f64::from(least), to: f64::from(most) }
    }
}

impl From<Instants> for SpanReply {
    fn from(span: Instants) -> Self {
        Self { from: instant_text(span.from_jd_utc), to: instant_text(span.to_jd_utc) }
    }
}

/// Names and their ranges.
pub fn named<const N: usize, T>(list: [(&str, T); N]) -> Ranges
where
    Between: From<T>,
{
    list.into_iter().map(|(name, between)| (name.to_owned(), between.into())).collect()
}

/// Names and their windows.
pub fn windows<const N: usize>(list: [(&str, Instants); N]) -> Windows {
    list.into_iter().map(|(name, between)| (name.to_owned(), between.into())).collect()
}

/// Of a placement.
pub fn of_placement(spans: &PlacementSpans) -> Ranges {
    named([
        ("latitude_deg", spans.latitude_deg),
        ("distance_au", spans.distance_au),
        ("speed_deg_per_day", spans.speed_deg_per_day),
        ("right_ascension_deg", spans.right_ascension_deg),
        ("declination_deg", spans.declination_deg),
        ("declination_speed_deg_per_day", spans.declination_speed_deg_per_day),
    ])
}

/// Of an aspect between two skies.
pub fn of_contact(open: &OpenHit) -> Ranges {
    named([("separation_deg", open.separation_deg), ("orb_deg", open.orb_deg)])
}

/// Of a whole figure, whose instant is written too where `instant` says so.
pub fn of_frame(spans: &FrameSpans, instant: bool) -> Ranges {
    let mut ranges = named([("jd_tt", spans.jd_tt), ("obliquity_deg", spans.obliquity_deg)]);
    let more = [
        ("jd_utc", Some(spans.jd_utc).filter(|_| instant)),
        ("ayanamsa_deg", spans.ayanamsa_deg),
        ("ayanamsa_mean_deg", spans.ayanamsa_mean_deg),
    ];
    ranges.extend(more.into_iter().filter_map(|(name, span)| Some((name.to_owned(), span?.into()))));
    ranges
}
