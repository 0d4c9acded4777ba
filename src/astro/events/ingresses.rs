//! P: When a body enters a sign, forwards or backwards. No houses.
//!
//! Source: roots of a path (see `path`) over DE440 (Park et al. 2021). Error: 1 s for the Sun against Swiss Ephemeris
//! (`the_suns_ingresses_are_those_of_the_reference_within_a_second`).

use serde::{Deserialize, Serialize};

use super::path::Path;
use super::sky::Sky;
use crate::astro::body::Body;
use crate::astro::signs::Sign;

/// An entry into a sign.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ingress {
    /// Which body.
    pub body: Body,
    /// Julian Date TT.
    pub jd_tt: f64,
    /// The sign that it enters.
    pub sign: Sign,
    /// Whether it enters that backwards.
    pub retrograde: bool,
}

/// The ingresses of every body of the sky into the signs of its zodiac, by time.
pub fn ingresses(sky: &Sky) -> Vec<Ingress> {
    let mut found: Vec<Ingress> = sky.paths().flat_map(|(body, path)| of_path(body, path)).collect();
    found.sort_by(|a, b| a.jd_tt.total_cmp(&b.jd_tt));
    found
}

/// The ingresses of one path, sign by sign.
pub(super) fn of_path(body: Body, path: &Path) -> impl Iterator<Item = Ingress> + '_ {
    (0..12).flat_map(move |index| {
        let boundary_deg = 30.0 * f64::from(index);
        path.crossings_of_angle(boundary_deg).into_iter().map(move |(jd_tt, rises)| Ingress {
            body,
            jd_tt,
            sign: Sign::of(if rises { boundary_deg + 15.0 } else { (boundary_deg + 345.0) % 360.0 }),
            retrograde: !rises,
        })
    })
}
