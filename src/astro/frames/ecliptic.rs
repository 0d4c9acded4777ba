//! P: Rotation from the ICRS to the true ecliptic, and to the true equator, of date; no light and no bodies.

use super::{ARCSEC_RAD, J2000_JD};
use crate::astro::ephemeris::jet::{Scalar, Vec3};

/// The true ecliptic and equinox of date, IAU 2006 bias and precession in Fukushima-Williams angles (Capitaine, Wallace
/// and Chapront 2003; Hilton et al. 2006) with the nutation given.
///
/// In those angles the ecliptic of date is `R3(-psi) R1(phi) R3(gamma)`: the obliquity does not enter, and nutation in
/// longitude is a turn within the ecliptic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EclipticFrame<T> {
    rows: [Vec3<T>; 3],
}

impl<T: Scalar> EclipticFrame<T> {
    /// The frame at `jd_tt` (a moving instant if the rates are wanted), `dpsi_rad` being the nutation in longitude.
    pub(crate) fn new(jd_tt: T, dpsi_rad: T) -> Self {
        let t = centuries(jd_tt);
        let gamma =
            polynomial(t, [-0.052_928, 10.556_378, 0.493_204_4, -0.000_312_38, -0.000_002_788, 0.000_000_026_0]);
        let phi =
            polynomial(t, [84_381.412_819, -46.811_016, 0.051_126_8, 0.000_532_89, -0.000_000_440, -0.000_000_017_6]);
        let psi =
            polynomial(t, [-0.041_775, 5_038.481_484, 1.558_417_5, -0.000_185_22, -0.000_026_452, -0.000_000_014_8]);
        let ((sg, cg), (sp, cp), (ss, cs)) = (gamma.sin_cos(), phi.sin_cos(), (psi + dpsi_rad).sin_cos());
        let (y0, y1) = (-sg * cp, cg * cp);
        Self {
            rows: [
                Vec3([cs * cg - ss * y0, cs * sg - ss * y1, -ss * sp]),
                Vec3([ss * cg + cs * y0, ss * sg + cs * y1, cs * sp]),
                Vec3([sg * sp, -cg * sp, cp]),
            ],
        }
    }

    /// An ICRS vector in axes of the ecliptic of date, the first of them towards the true equinox.
    #[inline]
    pub(crate) fn rotate(&self, v: Vec3<T>) -> Vec3<T> {
        Vec3([self.rows[0].dot(v), self.rows[1].dot(v), self.rows[2].dot(v)])
    }

    /// The ICRS vector of one in axes of the ecliptic of date.
    pub(crate) fn rotate_back(&self, v: Vec3<T>) -> Vec3<T> {
        self.rows[0].times(v.0[0]) + self.rows[1].times(v.0[1]) + self.rows[2].times(v.0[2])
    }

    /// Longitude (radians, not reduced) of an ICRS direction of any length.
    #[inline]
    pub(crate) fn longitude(&self, direction: Vec3<T>) -> T {
        self.rows[1].dot(direction).atan2(self.rows[0].dot(direction))
    }
}

/// Sine and cosine of the true obliquity of date, which turn the ecliptic into the equator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tilt<T> {
    sin: T,
    cos: T,
}

impl<T: Scalar> Tilt<T> {
    /// The tilt at `jd_tt` (a moving instant if the rates are wanted), `deps_rad` being the nutation in obliquity; IAU 2006
    /// (Capitaine, Wallace and Chapront 2003, A&A 412, eq. 39).
    pub(crate) fn new(jd_tt: T, deps_rad: T) -> Self {
        let mean = polynomial(centuries(jd_tt), super::OBLIQUITY_ARCSEC);
        let (sin, cos) = (mean + deps_rad).sin_cos();
        Self { sin, cos }
    }

    /// A vector of the ecliptic of date in axes of the true equator of date.
    #[inline]
    pub(crate) fn to_equator(self, v: Vec3<T>) -> Vec3<T> {
        let [x, y, z] = v.0;
        Vec3([x, y * self.cos - z * self.sin, y * self.sin + z * self.cos])
    }

    /// A vector of the true equator of date in axes of the ecliptic of date.
    pub(crate) fn to_ecliptic(self, v: Vec3<T>) -> Vec3<T> {
        let [x, y, z] = v.0;
        Vec3([x, y * self.cos + z * self.sin, z * self.cos - y * self.sin])
    }
}

fn centuries<T: Scalar>(jd_tt: T) -> T {
    (jd_tt - T::constant(J2000_JD)).scale(1.0 / 36_525.0)
}

/// A polynomial with coefficients in arcseconds, in radians.
fn polynomial<T: Scalar>(t: T, coefficients: [f64; 6]) -> T {
    coefficients.iter().rev().fold(T::constant(0.0), |sum, c| sum * t + T::constant(*c)).scale(ARCSEC_RAD)
}
