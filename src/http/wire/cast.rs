//! Wire form of a figure: a sky cast for an instant and maybe a place. Computes nothing.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::chart::{Angle, Angles, AspectReply, Houses, Placement, angle, angles, aspect, placement};
use crate::astro::Figure;
use crate::astro::returns::instant_text;

/// The sky of an instant, and over a place where there is one. Longitudes are in the chart's zodiac.
#[derive(Debug, Serialize, ToSchema)]
pub struct FigureReply {
    /// The instant, RFC 3339, UTC, to the millisecond: the middle of a span where the instant is not exact.
    pub utc: String,
    /// Julian date, Terrestrial Time.
    pub jd_tt: f64,
    /// TT - UT1 in seconds.
    pub delta_t_s: f64,
    /// Degrees, north positive; absent without a place.
    pub lat: Option<f64>,
    /// Degrees, east positive; absent without a place.
    pub lon: Option<f64>,
    /// `tropical`, or the code of the sidereal zodiac.
    pub zodiac: String,
    /// What was taken off tropical longitudes, degrees; absent for the tropical zodiac.
    pub ayanamsa_deg: Option<f64>,
    /// Local apparent sidereal time, degrees.
    pub sidereal_time_deg: Option<f64>,
    /// True obliquity of the ecliptic, degrees.
    pub obliquity_deg: f64,
    /// The bodies of the chart's options.
    pub bodies: Vec<Placement>,
    /// Ascendant and its kin; absent where the instant is not exact.
    pub angles: Option<Angles>,
    /// House cusps; absent where the instant is not exact.
    pub houses: Option<Houses>,
    /// Part of Fortune; absent where the instant is not exact.
    pub fortune: Option<Angle>,
    /// Part of Spirit; absent where the instant is not exact.
    pub spirit: Option<Angle>,
    /// Whether the Sun stands above the horizon.
    pub is_day: Option<bool>,
    /// Aspects between bodies and angles.
    pub aspects: Vec<AspectReply>,
}

impl From<&Figure> for FigureReply {
    fn from(figure: &Figure) -> Self {
        Self {
            utc: instant_text(figure.jd_utc),
            jd_tt: figure.jd_tt,
            delta_t_s: figure.delta_t_s,
            lat: figure.site.map(|site| site.latitude_deg),
            lon: figure.site.map(|site| site.longitude_deg),
            zodiac: figure.options.zodiac.code().to_owned(),
            ayanamsa_deg: figure.ayanamsa_deg,
            sidereal_time_deg: figure.sidereal_time_deg,
            obliquity_deg: figure.obliquity_deg,
            bodies: figure.bodies.iter().map(placement).collect(),
            angles: figure.angles.as_ref().map(angles),
            houses: figure.houses.as_ref().map(Into::into),
            fortune: figure.lots.as_ref().map(|lots| angle(&lots.fortune)),
            spirit: figure.lots.as_ref().map(|lots| angle(&lots.spirit)),
            is_day: figure.is_day,
            aspects: figure.aspects.iter().map(aspect).collect(),
        }
    }
}
