//! P: Rotation from the ICRS to the true ecliptic and equinox of date; no obliquity (it does not enter) and no light.

use super::{ARCSEC_RAD, J2000_JD};
use crate::astro::ephemeris::jet::{Scalar, Vec3};

/// The true ecliptic and equinox of date, IAU 2006 bias and precession in Fukushima-Williams angles (Capitaine, Wallace
/// and Chapront 2003; Hilton et al. 2006) with the nutation in longitude given.
///
/// In those angles the ecliptic of date is `R3(-psi) R1(phi) R3(gamma)`, so that the obliquity cancels out and nutation in
/// longitude is a plain turn within the ecliptic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EclipticFrame<T> {
    /// Rows of `R1(phi) R3(gamma)`.
    rows: [Vec3<T>; 3],
    /// psi-bar plus nutation in longitude, radians.
    psi: T,
}

impl<T: Scalar> EclipticFrame<T> {
    /// The frame at `jd_tt` (a moving instant if the rates are wanted), `dpsi_rad` being the nutation in longitude.
    pub(crate) fn new(jd_tt: T, dpsi_rad: T) -> Self {
        let t = (jd_tt - T::constant(J2000_JD)).scale(1.0 / 36_525.0);
        let gamma =
            polynomial(t, [-0.052_928, 10.556_378, 0.493_204_4, -0.000_312_38, -0.000_002_788, 0.000_000_026_0]);
        let phi =
            polynomial(t, [84_381.412_819, -46.811_016, 0.051_126_8, 0.000_532_89, -0.000_000_440, -0.000_000_017_6]);
        let psi =
            polynomial(t, [-0.041_775, 5_038.481_484, 1.558_417_5, -0.000_185_22, -0.000_026_452, -0.000_000_014_8]);
        let (zero, (sg, cg), (sp, cp)) = (T::constant(0.0), gamma.sin_cos(), phi.sin_cos());
        Self {
            rows: [Vec3([cg, sg, zero]), Vec3([-sg * cp, cg * cp, sp]), Vec3([sg * sp, -cg * sp, cp])],
            psi: psi + dpsi_rad,
        }
    }

    /// The vector in axes of the ecliptic of date whose first axis lies psi short of the equinox; pass longitudes taken
    /// in it to [`Self::since_equinox`].
    #[inline]
    pub(crate) fn rotate(&self, v: Vec3<T>) -> Vec3<T> {
        Vec3(self.rows.map(|row| row.dot(v)))
    }

    /// Longitude from the true equinox (radians, not reduced) of a longitude taken in the axes of [`Self::rotate`].
    #[inline]
    pub(crate) fn since_equinox(&self, longitude: T) -> T {
        longitude + self.psi
    }

    /// Longitude (radians, not reduced) and latitude (radians) of an ICRS direction of any length.
    #[inline]
    pub(crate) fn longitude_latitude(&self, direction: Vec3<T>) -> (T, T) {
        let [x, y, z] = self.rotate(direction).0;
        (self.since_equinox(y.atan2(x)), z.atan2((x * x + y * y).sqrt()))
    }

    /// Longitude alone, as in [`Self::longitude_latitude`].
    #[inline]
    pub(crate) fn longitude(&self, direction: Vec3<T>) -> T {
        self.since_equinox(self.rows[1].dot(direction).atan2(self.rows[0].dot(direction)))
    }
}

/// A polynomial with coefficients in arcseconds, in radians.
fn polynomial<T: Scalar>(t: T, coefficients: [f64; 6]) -> T {
    coefficients.iter().rev().fold(T::constant(0.0), |sum, c| sum * t + T::constant(*c)).scale(ARCSEC_RAD)
}
