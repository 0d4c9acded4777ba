//! P: When two moving bodies are in exact aspect. No natal chart and no orbs.
//!
//! Source: roots of the difference of two paths (see `path`) over DE440 (Park et al. 2021). Error: the time in which the
//! pair moves 0.04 arcsec, and 0.1 s, against Swiss Ephemeris
//! (`stations_ingresses_and_aspects_equal_those_of_swiss_ephemeris`).

use serde::{Deserialize, Serialize};

use super::sky::Sky;
use crate::astro::aspects::Aspect;
use crate::astro::body::Body;

/// An exact aspect in the sky.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkyAspect {
    /// The body that comes first in [`Body`].
    pub a: Body,
    /// The other.
    pub b: Body,
    /// Which aspect.
    pub aspect: Aspect,
    /// Julian Date TT.
    pub jd_tt: f64,
}

/// Every exact aspect among the bodies of the sky, by time; each pass of a loop is one. The two lunar nodes, which are one
/// thing counted twice, make none with each other.
pub fn sky_aspects(sky: &Sky, aspects: &[Aspect]) -> Vec<SkyAspect> {
    let bodies: Vec<Body> = sky.paths().map(|(body, _)| body).collect();
    let mut found = Vec::new();
    for (index, &a) in bodies.iter().enumerate() {
        for &b in &bodies[index + 1..] {
            if (a, b) != (Body::MeanNode, Body::TrueNode) {
                found.extend(of_pair(sky, a, b, aspects));
            }
        }
    }
    found.sort_by(|x, y| x.jd_tt.total_cmp(&y.jd_tt));
    found
}

/// Those of one pair, aspect by aspect; none if a body was not sampled.
pub(super) fn of_pair(sky: &Sky, a: Body, b: Body, aspects: &[Aspect]) -> Vec<SkyAspect> {
    let Some(lead) = sky.lead(a, b) else { return Vec::new() };
    let mut found = Vec::new();
    for &aspect in aspects {
        for level_deg in levels_deg(aspect) {
            found.extend(lead.crossings_of_angle(level_deg).into_iter().map(|(jd_tt, _)| SkyAspect {
                a,
                b,
                aspect,
                jd_tt,
            }));
        }
    }
    found
}

/// The leads, degrees, at which an aspect is exact: one for conjunction and opposition, else one on either side.
pub(super) fn levels_deg(aspect: Aspect) -> impl Iterator<Item = f64> {
    let angle = aspect.angle_deg();
    let both = angle > 0.0 && angle < 180.0;
    std::iter::once(angle).chain(both.then_some(-angle))
}
