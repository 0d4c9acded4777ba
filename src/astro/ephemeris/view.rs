//! P: From where, and how, a sky is looked at; no positions.

use serde::{Deserialize, Serialize};

/// A place on the Earth: geodetic coordinates on the WGS84 ellipsoid.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Geodetic latitude, degrees, north positive, -90 to 90.
    pub latitude_deg: f64,
    /// Longitude, degrees, east positive.
    pub longitude_deg: f64,
    /// Height above the ellipsoid, metres.
    pub altitude_m: f64,
}

/// From where a body is seen.
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

impl Center {
    /// The stable `snake_case` code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Geocentric => "geocentric",
            Self::Topocentric(_) => "topocentric",
            Self::Heliocentric => "heliocentric",
        }
    }
}

/// What is done to a place before it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reduction {
    /// Light-time, the Sun's deflection and aberration; from the Sun's centre light-time alone.
    #[default]
    Apparent,
    /// Where the body is at the instant itself, in the same true ecliptic of date.
    Geometric,
}

/// A way to look at the sky. The default is geocentric and apparent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// From where.
    pub center: Center,
    /// Apparent or geometric.
    pub reduction: Reduction,
}
