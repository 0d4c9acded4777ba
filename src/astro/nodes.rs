//! P: The mean and the true node of the Moon's orbit; no other points of it.

use crate::astro::ephemeris::jet::{Scalar, Vec3};
use crate::astro::frames::EclipticFrame;

/// Longitude (radians, not reduced) of the mean ascending node from the mean equinox of date (Meeus 1998, eq. 47.7;
/// after Chapront 1991). Add the nutation in longitude for the true equinox.
pub(crate) fn mean_node_rad<T: Scalar>(jd_tt: T) -> T {
    const COEFFICIENTS_DEG: [f64; 5] =
        [125.044_547_9, -1_934.136_289_1, 0.002_075_4, 1.0 / 467_441.0, -1.0 / 60_616_000.0];
    let t = (jd_tt - T::constant(2_451_545.0)).scale(1.0 / 36_525.0);
    let degrees = COEFFICIENTS_DEG.iter().rev().fold(T::constant(0.0), |sum, c| sum * t + T::constant(*c));
    degrees.scale(std::f64::consts::PI / 180.0)
}

/// Longitude (radians, not reduced) of the ascending node of the osculating orbit: where the plane of the geometric
/// geocentric place and velocity of the Moon (ICRS, per day) cuts the ecliptic of `frame`.
pub(crate) fn true_node_rad<T: Scalar>(frame: &EclipticFrame<T>, place: Vec3<T>, velocity: Vec3<T>) -> T {
    let [x, y, _] = frame.rotate(place.cross(velocity)).0;
    frame.since_equinox(x.atan2(-y))
}
