//! P: When a body stands still in longitude and turns. No ingresses and no aspects.
//!
//! Source: turns of a path (see `path`) over DE440 (Park et al. 2021). Error: 0.003 days, in which a rate changes by 0.0001
//! degrees a day (`stations_ingresses_and_aspects_equal_those_of_swiss_ephemeris`).

use serde::{Deserialize, Serialize};

use super::sky::Sky;
use crate::astro::angles::norm_deg;
use crate::astro::body::Body;

/// A station.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Station {
    /// Which body.
    pub body: Body,
    /// Julian Date TT.
    pub jd_tt: f64,
    /// Tropical longitude, 0..360 degrees.
    pub longitude_deg: f64,
    /// Whether it turns backwards (retrograde) or forwards (direct).
    pub turns_retrograde: bool,
}

/// The stations of every body of the sky that can be retrograde, by time. The lunar nodes and apogees, whose wobble is no
/// station, have none; the longitude is tropical, of date.
pub fn stations(sky: &Sky) -> Vec<Station> {
    let mut found = Vec::new();
    for (body, path) in sky.paths().filter(|(body, _)| can_station(*body)) {
        found.extend(path.turns().iter().map(|turn| Station {
            body,
            jd_tt: turn.jd,
            longitude_deg: norm_deg(turn.value),
            turns_retrograde: turn.maximum,
        }));
    }
    found.sort_by(|a, b| a.jd_tt.total_cmp(&b.jd_tt));
    found
}

const fn can_station(body: Body) -> bool {
    !matches!(
        body,
        Body::Sun | Body::Moon | Body::MeanNode | Body::TrueNode | Body::MeanApogee | Body::OsculatingApogee
    )
}
