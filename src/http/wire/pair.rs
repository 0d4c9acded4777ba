//! Wire form of two charts together: synastry, composite, Davison. Computes nothing.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};

use super::chart::{Unknown, Versions};
use super::figure::{Houses, Range, SkyReply};
use super::lines::CrossAspectReply;
use super::ranges::{Ranges, named};
use crate::astro;
use crate::astro::composite::{Composite, CompositeHouses, CompositePoint};
use crate::astro::synastry::{Overlay, Synastry};
use crate::charts::lines::Combined;

/// Two of the caller's charts. Unknown fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SynastryRequest {
    /// Id of the first chart.
    pub chart_a: String,
    /// Id of the second chart.
    pub chart_b: String,
}

/// Two of the caller's charts and how to join them. Unknown fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompositeRequest {
    /// Id of the first chart, whose zodiac and bodies are used, and its house system where none is named.
    pub chart_a: String,
    /// Id of the second chart.
    pub chart_b: String,
    /// `midpoint` (default) or `davison`.
    #[serde(default)]
    pub method: Option<String>,
    /// With `midpoint`: its houses, `midpoints` (default: the mean of the two charts' cusps) or `derived` (the houses of
    /// a latitude under the composite Midheaven).
    #[serde(default)]
    pub houses: Option<String>,
    /// With `derived`: their latitude, degrees, north positive; the mean of the two births' when absent.
    #[serde(default)]
    pub latitude_deg: Option<f64>,
    /// With `davison`: the middle place, `coordinates` (default: means of latitude and longitude) or `great_circle`.
    #[serde(default)]
    pub middle: Option<String>,
    /// House system, such as `porphyry`; that of the first chart when absent.
    #[serde(default)]
    pub house_system: Option<String>,
}

/// Two charts side by side.
#[derive(Debug, Serialize, ToSchema)]
pub struct SynastryReply {
    /// The first chart.
    pub chart_a: String,
    /// The second chart.
    pub chart_b: String,
    /// Aspects from A's points to B's.
    pub a_to_b: Vec<CrossAspectReply>,
    /// Aspects from B's points to A's: the same contacts from the other side.
    pub b_to_a: Vec<CrossAspectReply>,
    /// A's points in B's houses; absent when B's time of birth is not exact.
    pub a_in_houses_of_b: Option<Vec<OverlayReply>>,
    /// B's points in A's houses; absent when A's time of birth is not exact.
    pub b_in_houses_of_a: Option<Vec<OverlayReply>>,
    /// What the birth data leave open, and why: `a.ascendant`, `b.houses`.
    pub unknowns: Vec<Unknown>,
    /// What made this result.
    pub versions: Versions,
}

/// A point of one chart in a house of the other.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverlayReply {
    /// The point.
    pub point: String,
    /// Its longitude, degrees.
    pub longitude_deg: f64,
    /// House 1 to 12 of the other chart; absent when the range reaches into another.
    pub house: Option<u8>,
    /// Whether it is the same at every hour of a birth of inexact time.
    pub certain: bool,
    /// Where it may stand, when its birth is of inexact time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
}

/// Two charts as one: `midpoint` or `davison`, as `method` says.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompositeReply {
    /// The first chart.
    pub chart_a: String,
    /// The second chart.
    pub chart_b: String,
    /// `midpoint` or `davison`.
    pub method: String,
    /// The composite of midpoints.
    pub midpoint: Option<MidpointReply>,
    /// The sky of the middle in time and space.
    pub davison: Option<SkyReply>,
    /// What the birth data leave open, and why.
    pub unknowns: Vec<Unknown>,
    /// What made this result.
    pub versions: Versions,
}

/// A composite of midpoints.
#[derive(Debug, Serialize, ToSchema)]
pub struct MidpointReply {
    /// `midpoints` or `derived`.
    pub house_method: String,
    /// With `derived`: their latitude, degrees, north positive.
    pub latitude_deg: Option<f64>,
    /// Bodies, then Ascendant and Midheaven where both births are exact.
    pub points: Vec<MidpointPoint>,
    /// House cusps, where both births are exact.
    pub houses: Option<Houses>,
    /// Aspects among the points.
    pub aspects: Vec<CrossAspectReply>,
}

/// The midpoint of two natal places, on the shorter arc.
#[derive(Debug, Serialize, ToSchema)]
pub struct MidpointPoint {
    /// Which point.
    pub point: String,
    /// Longitude, degrees.
    pub longitude_deg: f64,
    /// Zodiac sign; absent, as the next, when the range reaches into another.
    pub sign: Option<String>,
    /// Degrees within the sign, 0 to 30.
    pub degree_in_sign: Option<f64>,
    /// House 1 to 12, when houses are known.
    pub house: Option<u8>,
    /// The shorter arc between the two natal places, degrees: near 180 the other midpoint is as good.
    pub arc_deg: f64,
    /// Where it may stand, when a time of birth is not exact.
    pub range: Option<Range>,
    /// Between what the figures above lie, by name, when the time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Ranges>,
}

impl From<&Overlay> for OverlayReply {
    fn from(overlay: &Overlay) -> Self {
        Self {
            point: overlay.point.code().to_owned(),
            longitude_deg: overlay.longitude_deg,
            house: overlay.certain.then_some(overlay.house),
            certain: overlay.certain,
            range: overlay.range.as_ref().map(Into::into),
        }
    }
}

impl SynastryReply {
    /// Two charts side by side.
    pub fn new(chart_a: String, chart_b: String, ruleset: &str, found: &Synastry) -> Self {
        let overlays = |list: &Option<Vec<Overlay>>| list.as_ref().map(|list| list.iter().map(Into::into).collect());
        Self {
            chart_a,
            chart_b,
            a_to_b: found.a_to_b.iter().map(Into::into).collect(),
            b_to_a: found.b_to_a.iter().map(Into::into).collect(),
            a_in_houses_of_b: overlays(&found.a_in_houses_of_b),
            b_in_houses_of_a: overlays(&found.b_in_houses_of_a),
            unknowns: found.unknowns.iter().map(Into::into).collect(),
            versions: (&astro::Versions::under(ruleset)).into(),
        }
    }
}

impl From<&CompositePoint> for MidpointPoint {
    fn from(point: &CompositePoint) -> Self {
        Self {
            point: point.point.code().to_owned(),
            longitude_deg: point.longitude_deg,
            sign: point.sure_sign().map(|sign| sign.code().to_owned()),
            degree_in_sign: point.sure_sign().map(|_| point.degree_in_sign),
            house: point.house,
            arc_deg: point.arc_deg,
            range: point.range.as_ref().map(Into::into),
            ranges: point.arcs_deg.map(|span| named([("arc_deg", span)])),
        }
    }
}

impl From<&Composite> for MidpointReply {
    fn from(found: &Composite) -> Self {
        let (house_method, latitude_deg) = match found.house_method {
            CompositeHouses::Midpoints => ("midpoints", None),
            CompositeHouses::Derived(latitude_deg) => ("derived", Some(latitude_deg)),
        };
        Self {
            house_method: house_method.to_owned(),
            latitude_deg,
            points: found.points.iter().map(Into::into).collect(),
            houses: found.houses.as_ref().map(Into::into),
            aspects: found.aspects.iter().map(Into::into).collect(),
        }
    }
}

impl CompositeReply {
    /// Two charts as one.
    pub fn new(chart_a: String, chart_b: String, ruleset: &str, found: &Combined) -> Self {
        let (method, midpoint, davison, unknowns) = match found {
            Combined::Midpoint(composite) => ("midpoint", Some(composite.into()), None, &composite.unknowns),
            Combined::Davison(figure, unknowns) => ("davison", None, Some(figure.as_ref().into()), unknowns),
        };
        Self {
            chart_a,
            chart_b,
            method: method.to_owned(),
            midpoint,
            davison,
            unknowns: unknowns.iter().map(Into::into).collect(),
            versions: (&astro::Versions::under(ruleset)).into(),
        }
    }
}
