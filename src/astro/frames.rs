//! P: The Earth's orientation: obliquity, nutation, precession and sidereal time. No place of any body.
//!
//! Source: Capitaine, Wallace and Chapront 2003; Mathews, Herring and Buffett 2002; Simon et al. 1994 (IERS Conventions
//! 2003). Error: 0.0002 arcsec in nutation, 0.000001 arcsec in obliquity and precession
//! (`sidereal_time_obliquity_nutation_and_precession_agree_with_erfa`); 0.03 arcsec in nutation outside 1550 to 2650
//! (`nutation_serves_beyond_the_ephemeris`).

mod ecliptic;
mod nutation_terms;
mod sidereal;

pub(crate) use ecliptic::{EclipticFrame, Tilt};
pub use sidereal::{earth_rotation_angle_deg, gast_deg};

use crate::astro::ephemeris::Ephemeris;

const J2000_JD: f64 = 2_451_545.0;
const ARCSEC_RAD: f64 = std::f64::consts::PI / 648_000.0;

/// The mean obliquity's coefficients by powers of Julian centuries, arcseconds.
const OBLIQUITY_ARCSEC: [f64; 6] =
    [84_381.406, -46.836_769, -0.000_183_1, 0.002_003_40, -0.000_000_576, -0.000_000_043_4];

/// Julian centuries of TT from J2000.0.
pub(crate) fn centuries(jd_tt: f64) -> f64 {
    (jd_tt - J2000_JD) / 36_525.0
}

/// Mean obliquity of the ecliptic in degrees, IAU 2006 (Capitaine, Wallace and Chapront 2003, A&A 412, eq. 39).
#[must_use]
pub fn mean_obliquity_deg(jd_tt: f64) -> f64 {
    let t = centuries(jd_tt);
    OBLIQUITY_ARCSEC.iter().rev().fold(0.0, |sum, c| sum * t + c) / 3600.0
}

/// Nutation in longitude and in obliquity, degrees: IAU 2000A adjusted to IAU 2006 precession.
///
/// Within the span of the embedded ephemeris (1550 to 2650) this is a Chebyshev fit of the whole series, true to 0.1 mas. Outside it the
/// 32 largest terms (Mathews, Herring and Buffett 2002) serve, true to about 0.02 arcsec.
#[must_use]
pub fn nutation(jd_tt: f64) -> (f64, f64) {
    let (dpsi, deps) = Ephemeris::embedded().nutation_rad(jd_tt).unwrap_or_else(|_| leading_nutation_rad(jd_tt));
    (dpsi.to_degrees(), deps.to_degrees())
}

/// True obliquity of the ecliptic in degrees: [`mean_obliquity_deg`] plus [`nutation`] in obliquity.
#[must_use]
pub fn true_obliquity_deg(jd_tt: f64) -> f64 {
    mean_obliquity_deg(jd_tt) + nutation(jd_tt).1
}

/// General precession in longitude since J2000.0 in degrees, IAU 2006 `p_A` (Capitaine, Wallace and Chapront 2003, table 8).
#[must_use]
pub fn general_precession_deg(jd_tt: f64) -> f64 {
    let t = centuries(jd_tt);
    let arcsec =
        t * (5_028.796_195 + t * (1.105_434_8 + t * (0.000_079_64 + t * (-0.000_023_857 - 0.000_000_038_3 * t))));
    arcsec / 3600.0
}

/// The Moon's and Sun's fundamental arguments l, l', F, D, Omega in radians (Simon et al. 1994, IERS Conventions 2003).
pub(crate) fn fundamental_arguments(t: f64) -> [f64; 5] {
    const TERMS: [[f64; 5]; 5] = [
        [485_868.249_036, 1_717_915_923.217_8, 31.879_2, 0.051_635, -0.000_244_70],
        [1_287_104.793_05, 129_596_581.048_1, -0.553_2, 0.000_136, -0.000_011_49],
        [335_779.526_232, 1_739_527_262.847_8, -12.751_2, -0.001_037, 0.000_004_17],
        [1_072_260.703_69, 1_602_961_601.209_0, -6.370_6, 0.006_593, -0.000_031_69],
        [450_160.398_036, -6_962_890.543_1, 7.472_2, 0.007_702, -0.000_059_39],
    ];
    TERMS.map(|c| ((c[0] + t * (c[1] + t * (c[2] + t * (c[3] + t * c[4])))) % 1_296_000.0) * ARCSEC_RAD)
}

/// Sum of integer multiples of the fundamental arguments.
pub(crate) fn argument(multiples: [i8; 5], arguments: [f64; 5]) -> f64 {
    multiples.iter().zip(arguments).map(|(n, a)| f64::from(*n) * a).sum()
}

/// Nutation (dpsi, deps) in radians from the leading terms, good for any century.
fn leading_nutation_rad(jd_tt: f64) -> (f64, f64) {
    let t = centuries(jd_tt);
    let arguments = fundamental_arguments(t);
    let (mut dpsi, mut deps) = (0.0, 0.0);
    for (multiples, [ps, pst, pc, ec, ect, es]) in nutation_terms::LEADING_TERMS {
        let (sin, cos) = argument(multiples, arguments).sin_cos();
        dpsi += (ps + pst * t) * sin + pc * cos;
        deps += (ec + ect * t) * cos + es * sin;
    }
    (dpsi * 1e-7 * ARCSEC_RAD, deps * 1e-7 * ARCSEC_RAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ERFA's gst06a, obl06, nut06a and p06e at 100 instants (tests/fixtures/astro/README.md).
    const FIXTURE: &str = include_str!("../../tests/fixtures/astro/time_frames.csv");

    fn arcsec(found_deg: f64, expected_deg: f64) -> f64 {
        (((found_deg - expected_deg + 180.0).rem_euclid(360.0) - 180.0) * 3600.0).abs()
    }

    #[test]
    fn sidereal_time_obliquity_nutation_and_precession_agree_with_erfa() {
        let mut worst = [0.0_f64; 5];
        for line in FIXTURE.lines().skip(1) {
            let v: Vec<f64> = line.split(',').map(|f| f.parse().unwrap()).collect();
            let (dpsi, deps) = nutation(v[1]);
            let found = [
                arcsec(gast_deg(v[0], v[1]), v[2]),
                arcsec(mean_obliquity_deg(v[1]), v[3]),
                arcsec(dpsi, v[4]),
                arcsec(deps, v[5]),
                arcsec(general_precession_deg(v[1]), v[6]),
            ];
            assert!(arcsec(true_obliquity_deg(v[1]), v[3] + v[5]) < 2e-4);
            worst = std::array::from_fn(|i| worst[i].max(found[i]));
        }
        let [gast, obliquity, dpsi, deps, precession] = worst;
        assert!(gast < 3e-4, "sidereal time {gast}");
        assert!(obliquity < 1e-6 && precession < 1e-6, "obliquity {obliquity}, precession {precession}");
        assert!(dpsi < 2e-4 && deps < 2e-4, "nutation {dpsi} {deps}");
    }

    #[test]
    fn the_ends_of_the_ephemeris_agree_with_erfa() {
        // ERFA's gst06a, obl06, nut06a and p06e in degrees, UT1 = TT - 0.002 days, years 1550 and 2649.
        let rows = [
            (2_287_195.5, 109.817_790_989_7, 23.497_769_002_2, 0.000_901_023_174, -0.002_701_145_333, -6.279_285_611_5),
            (2_688_970.5, 118.293_359_712_6, 23.354_858_703_9, -0.002_012_515_920, -0.002_372_022_052, 9.093_237_212_7),
        ];
        for (jd_ut1, gast, obliquity, dpsi, deps, precession) in rows {
            let jd_tt = jd_ut1 + 0.002;
            let error = arcsec(gast_deg(jd_ut1, jd_tt), gast);
            // The series of the equation of the equinoxes departs from the rotation matrix as t^3 grows.
            assert!(error < 1e-3, "{error}");
            assert!(arcsec(mean_obliquity_deg(jd_tt), obliquity) < 1e-6);
            assert!(arcsec(general_precession_deg(jd_tt), precession) < 1e-6);
            let found = nutation(jd_tt);
            assert!(arcsec(found.0, dpsi) < 2e-4 && arcsec(found.1, deps) < 2e-4);
        }
    }

    #[test]
    fn the_leading_terms_come_within_their_promise_of_the_whole_series() {
        for line in FIXTURE.lines().skip(1) {
            let v: Vec<f64> = line.split(',').map(|f| f.parse().unwrap()).collect();
            let (dpsi, deps) = leading_nutation_rad(v[1]);
            let (dpsi, deps) = (arcsec(dpsi.to_degrees(), v[4]), arcsec(deps.to_degrees(), v[5]));
            assert!(dpsi < 0.02 && deps < 0.02, "{dpsi} {deps}");
        }
    }

    #[test]
    fn nutation_serves_beyond_the_ephemeris() {
        // ERFA nut06a in radians, years 1499 and 2726.
        let rows = [
            (2_268_932.5, -7.479_935_331_377_511e-5_f64, 9.162_766_696_116_26e-6_f64),
            (2_717_000.5, -8.656_065_815_308_502e-5, -1.149_258_144_429_102_6e-5),
        ];
        for (jd_tt, dpsi, deps) in rows {
            let found = nutation(jd_tt);
            assert!(arcsec(found.0, dpsi.to_degrees()) < 0.03 && arcsec(found.1, deps.to_degrees()) < 0.03);
        }
    }
}
