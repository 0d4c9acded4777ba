//! P: Ascendant, Midheaven, Vertex and East Point from sidereal time, obliquity and latitude. No houses, no dates.
//!
//! Source: Meeus 1998, Astronomical Algorithms, eqs. 13.1 (Midheaven) and 14.2 (what rises); for Vertex and East Point the
//! same with the colatitude and at the equator. Error: 0.005 arcsec against Swiss Ephemeris
//! (`cusps_and_angles_match_swiss_ephemeris_and_its_failures_are_errors`).

use serde::{Deserialize, Serialize};

use super::error::AstroError;
use super::signs::{Sign, degree_in_sign};

/// Latitudes nearer to a pole than this are computed at this distance from it, in degrees (0.1 mm on the ground): the
/// limit on the meridian of the given longitude, since a pole has no meridian of its own.
const POLE_MARGIN_DEG: f64 = 1e-9;

/// An angle of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnglePlacement {
    /// Ecliptic longitude in the zodiac of the chart, 0..360 degrees.
    pub longitude_deg: f64,
    /// The sign that holds it.
    pub sign: Sign,
    /// Degrees within that sign, 0..30.
    pub degree_in_sign: f64,
}

/// The angles of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Angles {
    /// The ecliptic point that rises in the east.
    pub ascendant: AnglePlacement,
    /// The ecliptic point on the upper meridian.
    pub midheaven: AnglePlacement,
    /// The ecliptic point on the western prime vertical.
    pub vertex: AnglePlacement,
    /// The equatorial Ascendant, also called East Point: the ecliptic point that rises for latitude zero.
    pub east_point: AnglePlacement,
    /// Opposite the Ascendant.
    pub descendant: AnglePlacement,
    /// Opposite the Midheaven.
    pub imum_coeli: AnglePlacement,
}

/// The four independent angles as ecliptic longitudes from the true equinox in degrees, 0..360.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RawAngles {
    /// Ascendant.
    pub ascendant_deg: f64,
    /// Midheaven.
    pub midheaven_deg: f64,
    /// Vertex.
    pub vertex_deg: f64,
    /// Equatorial Ascendant.
    pub east_point_deg: f64,
}

/// The sky over a place at a moment, as the house systems need it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalSky {
    /// Right ascension of the upper meridian (local apparent sidereal time), degrees.
    pub armc_deg: f64,
    /// True obliquity of the ecliptic, degrees.
    pub obliquity_deg: f64,
    /// Geographic latitude, degrees north, -90..=90.
    pub latitude_deg: f64,
}

/// Reduces an angle to 0..360 degrees; 360 itself never comes out.
pub fn norm_deg(angle_deg: f64) -> f64 {
    // Angles within a turn of the range are the rule, and a division is slow.
    if (0.0..360.0).contains(&angle_deg) {
        return angle_deg;
    }
    let moved_deg = if angle_deg < 0.0 { angle_deg + 360.0 } else { angle_deg - 360.0 };
    if (0.0..360.0).contains(&moved_deg) {
        return moved_deg;
    }
    let reduced = angle_deg.rem_euclid(360.0);
    if reduced >= 360.0 { 0.0 } else { reduced }
}

/// Reduces an angle to -180..180 degrees; 180 itself comes out as -180.
pub fn wrap_deg(angle_deg: f64) -> f64 {
    norm_deg(angle_deg + 180.0) - 180.0
}

/// The shorter arc between two longitudes, 0..=180 degrees.
pub fn separation_deg(a_deg: f64, b_deg: f64) -> f64 {
    wrap_deg(a_deg - b_deg).abs()
}

impl AnglePlacement {
    /// Places a longitude (any real, degrees) in its sign.
    pub fn at(longitude_deg: f64) -> Self {
        let longitude_deg = norm_deg(longitude_deg);
        Self { longitude_deg, sign: Sign::of(longitude_deg), degree_in_sign: degree_in_sign(longitude_deg) }
    }
}

impl Angles {
    /// The angles in a zodiac that begins `offset_deg` (degrees) after the true equinox.
    pub fn of_zodiac(raw: &RawAngles, offset_deg: f64) -> Self {
        let at = |tropical_deg: f64| AnglePlacement::at(tropical_deg - offset_deg);
        Self {
            ascendant: at(raw.ascendant_deg),
            midheaven: at(raw.midheaven_deg),
            vertex: at(raw.vertex_deg),
            east_point: at(raw.east_point_deg),
            descendant: at(raw.ascendant_deg + 180.0),
            imum_coeli: at(raw.midheaven_deg + 180.0),
        }
    }
}

impl From<RawAngles> for Angles {
    fn from(raw: RawAngles) -> Self {
        Self::of_zodiac(&raw, 0.0)
    }
}

impl LocalSky {
    /// A checked sky.
    ///
    /// # Errors
    /// [`AstroError::InvalidLatitude`] when the latitude is not a number within -90..=90 degrees.
    pub fn new(armc_deg: f64, obliquity_deg: f64, latitude_deg: f64) -> Result<Self, AstroError> {
        if !(-90.0..=90.0).contains(&latitude_deg) {
            return Err(AstroError::InvalidLatitude { latitude_deg });
        }
        let most = 90.0 - POLE_MARGIN_DEG;
        let latitude_deg = latitude_deg.clamp(-most, most);
        Ok(Self { armc_deg: norm_deg(armc_deg), obliquity_deg, latitude_deg })
    }

    /// True from the polar circle on: there some of the ecliptic never crosses the horizon.
    pub fn is_polar(&self) -> bool {
        self.latitude_deg.abs() >= 90.0 - self.obliquity_deg
    }

    /// Whether the Ascendant among these angles of this sky was taken opposite to where the eastern horizon cuts the
    /// ecliptic.
    pub(super) fn is_turned(&self, angles: &RawAngles) -> bool {
        self.is_polar()
            && separation_deg(self.rising_deg(self.armc_deg + 90.0, self.latitude_deg), angles.ascendant_deg) > 90.0
    }

    /// The ecliptic longitude that has this right ascension (Meeus 1998, Astronomical Algorithms, eq. 13.1 with zero
    /// latitude, inverted), degrees.
    pub(super) fn ecliptic_of_right_ascension_deg(&self, right_ascension_deg: f64) -> f64 {
        let (sin_ra, cos_ra) = right_ascension_deg.to_radians().sin_cos();
        norm_deg(sin_ra.atan2(cos_ra * self.obliquity_deg.to_radians().cos()).to_degrees())
    }

    /// The ecliptic longitude whose oblique ascension under a pole of the given elevation is `oblique_ascension_deg`:
    /// the point that rises, at that latitude, when the meridian stands 90 degrees behind it (spherical triangle
    /// equinox, east point, rising point; four-parts formula).
    pub(super) fn rising_deg(&self, oblique_ascension_deg: f64, pole_elevation_deg: f64) -> f64 {
        let (sin_oa, cos_oa) = oblique_ascension_deg.to_radians().sin_cos();
        let (sin_eps, cos_eps) = self.obliquity_deg.to_radians().sin_cos();
        let below = cos_oa * cos_eps - pole_elevation_deg.to_radians().tan() * sin_eps;
        norm_deg(sin_oa.atan2(below).to_degrees())
    }

    /// Ascendant, Midheaven, Vertex and East Point.
    ///
    /// Inside the polar circle the intersection of ecliptic and eastern horizon can lie west of the Midheaven; the
    /// Ascendant is then taken opposite, so that it always stands east of it. The Vertex is the same construction for
    /// the co-latitude on the western side, and between the tropics it is kept west of the Midheaven in the same way.
    pub fn angles(&self) -> RawAngles {
        let midheaven_deg = self.ecliptic_of_right_ascension_deg(self.armc_deg);
        let mut ascendant_deg = self.rising_deg(self.armc_deg + 90.0, self.latitude_deg);
        if self.is_polar() && wrap_deg(ascendant_deg - midheaven_deg) < 0.0 {
            ascendant_deg = norm_deg(ascendant_deg + 180.0);
        }
        let colatitude_deg =
            if self.latitude_deg >= 0.0 { 90.0 - self.latitude_deg } else { -90.0 - self.latitude_deg };
        let mut vertex_deg = self.rising_deg(self.armc_deg - 90.0, colatitude_deg);
        if self.latitude_deg.abs() <= self.obliquity_deg && wrap_deg(vertex_deg - midheaven_deg) > 0.0 {
            vertex_deg = norm_deg(vertex_deg + 180.0);
        }
        let east_point_deg = self.rising_deg(self.armc_deg + 90.0, 0.0);
        RawAngles { ascendant_deg, midheaven_deg, vertex_deg, east_point_deg }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduction_keeps_the_half_open_range() {
        assert_eq!(norm_deg(-1e-20).to_bits(), 0.0_f64.to_bits());
        assert!((wrap_deg(181.0) + 179.0).abs() < 1e-12);
        assert!((wrap_deg(180.0) + 180.0).abs() < 1e-12);
        assert!((separation_deg(359.0, 2.0) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn beyond_the_pole_is_no_latitude() {
        assert!(LocalSky::new(0.0, 23.44, 90.000_1).is_err());
        assert!(LocalSky::new(0.0, 23.44, -91.0).is_err());
        assert!(LocalSky::new(0.0, 23.44, f64::NAN).is_err());
        assert!(LocalSky::new(0.0, 23.44, 90.0).is_ok());
    }

    /// At a pole horizon and equator coincide, so that an equinox rises; the one east of the meridian is the Ascendant.
    #[test]
    fn at_a_pole_the_ascendant_is_an_equinox_east_of_the_midheaven() {
        for latitude in [90.0, -90.0] {
            for armc in [10.0, 80.0, 170.0, 190.0, 280.0, 350.0] {
                let raw = LocalSky::new(armc, 23.44, latitude).map(|sky| sky.angles());
                let Ok(raw) = raw else { panic!("a pole is a valid latitude") };
                let off = separation_deg(raw.ascendant_deg, 0.0).min(separation_deg(raw.ascendant_deg, 180.0));
                assert!(off < 1e-6, "{latitude} {armc} {raw:?}");
                assert!(wrap_deg(raw.ascendant_deg - raw.midheaven_deg) > 0.0);
            }
        }
    }
}
