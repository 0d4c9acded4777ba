//! P: The motion of a place on the Earth about the Earth's centre; no bodies and no light.

use super::instant::Moving;
use super::jet::Vec3;
use super::view::Site;
use crate::astro::frames::{EclipticFrame, Tilt, gast_deg};
use crate::astro::time;

/// Equatorial radius (AU) and flattening of the WGS84 ellipsoid.
const RADIUS_AU: f64 = 6_378.137 / 149_597_870.7;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
const AU_M: f64 = 149_597_870_700.0;
/// Rotation of the Earth, radians per day (Capitaine et al. 2000).
const ROTATION_RAD_PER_DAY: f64 = 1.002_737_811_911_354_6 * std::f64::consts::TAU;

/// The geocentric motion of a site in ICRS axes (AU and days) at a Julian Date TT.
///
/// Geodetic to geocentric by the WGS84 ellipsoid (Urban and Seidelmann 2013, eq. 7.117), turned by Greenwich apparent
/// sidereal time with UT1 = TT - Delta T, then by nutation, precession and bias. Polar motion (0.3 arcsec of the Earth's
/// surface, 10 m) is left out, and so is the motion of the axis within a day.
pub(super) fn motion(site: &Site, jd_tt: f64, frame: &EclipticFrame<f64>, tilt: Tilt<f64>) -> Moving {
    let jd_ut1 = jd_tt - time::delta_t_of_tt_seconds(jd_tt) / 86_400.0;
    let (sin_lat, cos_lat) = site.latitude_deg.to_radians().sin_cos();
    let (sin, cos) = (gast_deg(jd_ut1, jd_tt) + site.longitude_deg).to_radians().sin_cos();
    let squash = (1.0 - FLATTENING).powi(2);
    let curvature = RADIUS_AU / (cos_lat * cos_lat + squash * sin_lat * sin_lat).sqrt();
    let height = site.altitude_m / AU_M;
    let from_axis = (curvature + height) * cos_lat;
    let turned = |x: f64, y: f64, z: f64| frame.rotate_back(tilt.to_ecliptic(Vec3([x, y, z])));
    let (speed, bend) = (from_axis * ROTATION_RAD_PER_DAY, from_axis * ROTATION_RAD_PER_DAY.powi(2));
    Moving::new(
        turned(from_axis * cos, from_axis * sin, (curvature * squash + height) * sin_lat),
        turned(-speed * sin, speed * cos, 0.0),
        turned(-bend * cos, -bend * sin, 0.0),
    )
}
