//! P: The nodes and the apogees of the Moon's orbit, mean and osculating; no other points of it.

use crate::astro::ephemeris::jet::{Scalar, Vec3};

/// Gravity of Earth and Moon together (AU^3 per day^2), DE440 (Park et al. 2021, table 2).
pub(crate) const GM_EARTH_MOON: f64 = 403_503.235_625 * DAY_S * DAY_S / (AU_KM * AU_KM * AU_KM);
const DAY_S: f64 = 86_400.0;
const AU_KM: f64 = 149_597_870.7;
/// Sine and cosine of the mean inclination of the Moon's orbit, 5.145396 degrees (Chapront-Touze and Chapront 1988).
const INCLINATION: (f64, f64) = (0.089_683_441_8, 0.995_970_321_0);
/// Distance of the mean apogee in AU: 384,400 km and an eccentricity of 0.054900489, the conventional mean values.
const MEAN_APOGEE_AU: f64 = 384_400.0 * 1.054_900_489 / AU_KM;

/// General precession in longitude, IAU 2006, by powers of Julian centuries, arcseconds (Capitaine et al. 2003, table 8).
const PRECESSION_ARCSEC: [f64; 5] = [0.0, 5_028.796_195, 1.105_434_8, 0.000_079_64, -0.000_023_857];

/// Longitude (radians, not reduced) of the mean ascending node from the mean equinox of date: ELP/MPP02's from the fixed
/// equinox of J2000 (Chapront and Francou 2003, A&A 404, 735) plus precession. Add the nutation in longitude for the true
/// equinox. Swiss Ephemeris' (a fit of Moshier's to DE404) is within 0.04 arcsec from 1800 to 2100.
pub(crate) fn mean_node_rad<T: Scalar>(jd_tt: T) -> T {
    polynomial(jd_tt, [450_160.398_16, -6_967_919.538_3, 6.359_0, 0.007_625, -0.000_035_86])
}

/// The mean apogee as a vector (AU) in the mean ecliptic and equinox of date: the Moon's mean perigee of ELP/MPP02
/// (Chapront and Francou 2003) plus 180 degrees, set on the mean orbit, which is inclined; so its longitude is that of the
/// foot on the ecliptic and it has a latitude. Swiss Ephemeris' is within 0.6 arcsec from 1800 to 2100.
pub(crate) fn mean_apogee<T: Scalar>(jd_tt: T) -> Vec3<T> {
    let apogee = polynomial(jd_tt, [948_071.674_75, 14_643_420.317_1, -38.263_1, -0.045_047, 0.000_213_01]);
    let node = mean_node_rad(jd_tt);
    let ((su, cu), (sn, cn)) = ((apogee - node).sin_cos(), node.sin_cos());
    let (across, up) = (su.scale(INCLINATION.1), su.scale(INCLINATION.0));
    Vec3([cu * cn - across * sn, cu * sn + across * cn, up]).scale(MEAN_APOGEE_AU)
}

/// The ascending node of the osculating orbit as a vector in the axes (those of an ecliptic) in which the Moon's
/// geometric geocentric place and velocity are given; its length has no meaning.
pub(crate) fn osculating_node<T: Scalar>(place: Vec3<T>, velocity: Vec3<T>) -> Vec3<T> {
    let [x, y, _] = place.cross(velocity).0;
    Vec3([-y, x, T::constant(0.0)])
}

/// The apogee of the osculating orbit as a vector (AU), in the axes of the Moon's geometric geocentric place (AU) and
/// velocity (AU per day): two bodies, with the gravity of Earth and Moon (Urban and Seidelmann 2013, ch. 8).
pub(crate) fn osculating_apogee<T: Scalar>(place: Vec3<T>, velocity: Vec3<T>) -> Vec3<T> {
    let momentum = place.cross(velocity);
    let (outward, _) = place.unit();
    let eccentricity_vector = velocity.cross(momentum).scale(1.0 / GM_EARTH_MOON) - outward;
    let (towards_perigee, eccentricity) = eccentricity_vector.unit();
    let parameter = momentum.dot(momentum).scale(1.0 / GM_EARTH_MOON);
    let apogee_au = parameter * (T::constant(1.0) - eccentricity).recip();
    towards_perigee.times(-apogee_au)
}

/// A polynomial in Julian centuries TT with coefficients in arcseconds from the fixed equinox, in radians from that of date.
fn polynomial<T: Scalar>(jd_tt: T, coefficients_arcsec: [f64; 5]) -> T {
    let t = (jd_tt - T::constant(2_451_545.0)).scale(1.0 / 36_525.0);
    let coefficients = coefficients_arcsec.iter().zip(PRECESSION_ARCSEC).rev();
    let arcsec = coefficients.fold(T::constant(0.0), |sum, (c, p)| sum * t + T::constant(c + p));
    arcsec.scale(std::f64::consts::PI / 648_000.0)
}
