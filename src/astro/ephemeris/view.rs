//! P: From where and how a place is seen: centre and reduction. Computes none.

use serde::{Deserialize, Serialize};

/// A place on the Earth: geodetic, WGS84.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Degrees north, -90..=90.
    pub latitude_deg: f64,
    /// Degrees east, -180..=180.
    pub longitude_deg: f64,
    /// Metres above the ellipsoid.
    pub altitude_m: f64,
}

/// The point from which places are seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Center {
    /// The centre of the Earth.
    #[default]
    Geocentric,
    /// A place on the Earth.
    Topocentric(Site),
    /// The centre of the Sun.
    Heliocentric,
}

/// What is done to a place before it is called seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// With light-time, deflection and aberration.
    #[default]
    Apparent,
    /// Without them.
    Geometric,
}

/// How places are seen; geocentric and apparent by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// From where.
    pub center: Center,
    /// How.
    pub reduction: Reduction,
}
