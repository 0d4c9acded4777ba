//! P: The Earth's rotation angle and sidereal time at Greenwich; no places on Earth.
//!
//! Source: Capitaine et al. 2000; Capitaine, Wallace and Chapront 2003; Capitaine et al. 2003. Error: 0.0003 arcsec
//! (`sidereal_time_obliquity_nutation_and_precession_agree_with_erfa`), 0.001 arcsec in 1550 and 2649
//! (`the_ends_of_the_ephemeris_agree_with_erfa`).

use super::{argument, centuries, fundamental_arguments, mean_obliquity_deg, nutation};

/// Earth rotation angle in degrees, 0 to 360, IAU 2000 (Capitaine et al. 2000, A&A 355, 398).
#[must_use]
pub fn earth_rotation_angle_deg(jd_ut1: f64) -> f64 {
    let days = jd_ut1 - super::J2000_JD;
    // The whole turns of a day are dropped before multiplying, which saves digits.
    let turns = 0.779_057_273_264 + 0.002_737_811_911_354_48 * days + days.rem_euclid(1.0);
    (turns * 360.0).rem_euclid(360.0)
}

/// Greenwich apparent sidereal time in degrees, 0 to 360: IAU 2006 mean sidereal time (Capitaine, Wallace and Chapront
/// 2003, eq. 42) plus the equation of the equinoxes with IAU 2006/2000A nutation and the complementary terms of IAU 2000
/// above 1 microarcsecond (Capitaine et al. 2003, A&A 406, 1135).
#[must_use]
pub fn gast_deg(jd_ut1: f64, jd_tt: f64) -> f64 {
    const COMPLEMENTARY_UAS: [([i8; 5], f64); 8] = [
        ([0, 0, 0, 0, 1], 2_640.96),
        ([0, 0, 0, 0, 2], 63.52),
        ([0, 0, 2, -2, 3], 11.75),
        ([0, 0, 2, -2, 1], 11.21),
        ([0, 0, 2, -2, 2], -4.55),
        ([0, 0, 2, 0, 3], 2.02),
        ([0, 0, 2, 0, 1], 1.98),
        ([0, 0, 0, 0, 3], -1.72),
    ];
    let t = centuries(jd_tt);
    let precession_arcsec = 0.014_506
        + t * (4_612.156_534 + t * (1.391_581_7 + t * (-0.000_000_44 + t * (-0.000_029_956 - 0.000_000_036_8 * t))));
    let arguments = fundamental_arguments(t);
    let complementary_uas = COMPLEMENTARY_UAS.iter().map(|(n, a)| a * argument(*n, arguments).sin()).sum::<f64>()
        - 0.87 * t * arguments[4].sin();
    let equation_deg = nutation(jd_tt).0 * mean_obliquity_deg(jd_tt).to_radians().cos();
    let sum_deg = precession_arcsec / 3600.0 + equation_deg + complementary_uas / 3.6e9;
    (earth_rotation_angle_deg(jd_ut1) + sum_deg).rem_euclid(360.0)
}
