//! P: Precession over millennia: the mean equinox of any epoch, seen from the ecliptic of any other. No nutation.
//!
//! Model of Vondrák, Capitaine and Wallace (2011, A&A 534, A22; corrigendum 2012, A&A 541, C1), with the coefficients of
//! their tables. It agrees with IAU 2006 within 0.1 mas over 1900 to 2100 and holds for 200 millennia to either side.

use std::f64::consts::TAU;

/// Arcseconds to radians.
const ARCSEC_RAD: f64 = std::f64::consts::PI / 648_000.0;
/// Obliquity of the ecliptic at J2000.0, arcseconds (IAU 2006).
const OBLIQUITY_J2000_ARCSEC: f64 = 84_381.406;

/// Period in centuries, then cosine and sine amplitudes in arcseconds: `[period, c1, c2, s1, s2]`.
type Periodic = [f64; 5];

/// Ecliptic pole, secular parts of `P_A` and `Q_A` (their table 1).
const POLE_OF_ECLIPTIC: [[f64; 4]; 2] = [
    [5_851.607_687, -0.118_900_0, -0.000_289_13, 0.000_000_101],
    [-1_600.886_300, 1.168_981_8, -0.000_000_20, -0.000_000_437],
];

/// Ecliptic pole, periodic parts (their table 1).
const POLE_OF_ECLIPTIC_PERIODIC: [Periodic; 8] = [
    [708.15, -5_486.751_211, -684.661_560, 667.666_730, -5_523.863_691],
    [2_309.00, -17.127_623, 2_446.283_880, -2_354.886_252, -549.747_450],
    [1_620.00, -617.517_403, 399.671_049, -428.152_441, -310.998_056],
    [492.20, 413.442_940, -356.652_376, 376.202_861, 421.535_876],
    [1_183.00, 78.614_193, -186.387_003, 184.778_874, -36.776_172],
    [622.00, -180.732_815, -316.800_070, 335.321_713, -145.278_396],
    [882.00, -87.676_083, 198.296_701, -185.138_669, -34.744_450],
    [547.00, 46.140_315, 101.135_679, -120.972_830, 22.885_731],
];

/// Equator pole, secular parts of `X_A` and `Y_A` (their table 2).
const POLE_OF_EQUATOR: [[f64; 4]; 2] = [
    [5_453.282_155, 0.425_284_1, -0.000_371_73, -0.000_000_152],
    [-73_750.930_350, -0.767_545_2, -0.000_187_25, 0.000_000_231],
];

/// Equator pole, periodic parts (their table 2).
const POLE_OF_EQUATOR_PERIODIC: [Periodic; 14] = [
    [256.75, -819.940_624, 75_004.344_875, 81_491.287_984, 1_558.515_853],
    [708.15, -8_444.676_815, 624.033_993, 787.163_481, 7_774.939_698],
    [274.20, 2_600.009_459, 1_251.136_893, 1_251.296_102, -2_219.534_038],
    [241.45, 2_755.175_630, -1_102.212_834, -1_257.950_837, -2_523.969_396],
    [2_309.00, -167.659_835, -2_660.664_980, -2_966.799_730, 247.850_422],
    [492.20, 871.855_056, 699.291_817, 639.744_522, -846.485_643],
    [396.10, 44.769_698, 153.167_220, 131.600_209, -1_393.124_055],
    [288.90, -512.313_065, -950.865_637, -445.040_117, 368.526_116],
    [231.10, -819.415_595, 499.754_645, 584.522_874, 749.045_012],
    [1_610.00, -538.071_099, -145.188_210, -89.756_563, 444.704_518],
    [620.00, -189.793_622, 558.116_553, 524.429_630, 235.934_465],
    [157.87, -402.922_932, -23.923_029, -13.549_067, 374.049_623],
    [220.30, 179.516_345, -165.405_086, -210.157_124, -171.330_180],
    [1_200.00, -9.814_756, 9.344_131, -44.919_798, -22.899_655],
];

type Vector = [f64; 3];

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Two sums of a polynomial and periodic terms at `t` centuries from J2000.0, radians.
fn sums(t: f64, polynomials: &[[f64; 4]; 2], periodic: &[Periodic]) -> (f64, f64) {
    let secular = |c: &[f64; 4]| c[0] + t * (c[1] + t * (c[2] + t * c[3]));
    let (mut first, mut second) = (secular(&polynomials[0]), secular(&polynomials[1]));
    for [period, c1, c2, s1, s2] in periodic {
        let (sin, cos) = (TAU * t / period).sin_cos();
        first += c1 * cos + s1 * sin;
        second += c2 * cos + s2 * sin;
    }
    (first * ARCSEC_RAD, second * ARCSEC_RAD)
}

/// Poles of the ecliptic and of the mean equator at `t` centuries from J2000.0, in the mean axes of J2000.0 (eqs. 8, 9).
fn poles(t: f64) -> (Vector, Vector) {
    let (p, q) = sums(t, &POLE_OF_ECLIPTIC, &POLE_OF_ECLIPTIC_PERIODIC);
    let z = (1.0 - p * p - q * q).max(0.0).sqrt();
    let (sin, cos) = (OBLIQUITY_J2000_ARCSEC * ARCSEC_RAD).sin_cos();
    let ecliptic = [p, -q * cos - z * sin, -q * sin + z * cos];
    let (x, y) = sums(t, &POLE_OF_EQUATOR, &POLE_OF_EQUATOR_PERIODIC);
    (ecliptic, [x, y, (1.0 - x * x - y * y).max(0.0).sqrt()])
}

/// Centuries of TT from J2000.0.
fn centuries(jd_tt: f64) -> f64 {
    (jd_tt - 2_451_545.0) / 36_525.0
}

/// How far the mean equinox of `jd_tt` lies behind that of `epoch_jd_tt`, degrees -180 to 180, measured along the ecliptic
/// of the epoch: what precession adds to an ayanamsa from its epoch on.
pub(super) fn since_epoch_deg(jd_tt: f64, epoch_jd_tt: f64) -> f64 {
    let (ecliptic_of_date, equator_of_date) = poles(centuries(jd_tt));
    let (ecliptic, equator) = poles(centuries(epoch_jd_tt));
    let equinox_of_date = cross(equator_of_date, ecliptic_of_date);
    let equinox = cross(equator, ecliptic);
    let quadrature = cross(ecliptic, equinox);
    -dot(equinox_of_date, quadrature).atan2(dot(equinox_of_date, equinox)).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::astro::frames::general_precession_deg;

    #[test]
    fn around_now_it_is_the_general_precession_of_iau_2006() {
        for year in [1800.0, 1900.0, 1956.0, 2050.0, 2100.0] {
            let jd_tt = 2_451_545.0 + (year - 2000.0) * 365.25;
            let off_deg = since_epoch_deg(jd_tt, 2_451_545.0) - general_precession_deg(jd_tt);
            assert!(off_deg.abs() * 3600.0 < 0.02, "{year} {off_deg}");
        }
    }

    /// ERFA 2.0.1 (pyerfa ltpecl, ltpequ) at the Julian epochs -1500 and 1000.
    #[test]
    fn the_poles_are_those_of_erfa() {
        let expected: [(f64, Vector, Vector); 2] = [
            (
                -35.0,
                [0.000_476_862_567_647_711_65, -0.405_225_953_309_187_54, 0.914_216_440_109_644_8],
                [-0.302_763_654_034_656_2, -0.125_607_982_236_300_35, 0.944_752_245_085_508_3],
            ),
            (
                -10.0,
                [-0.000_108_526_513_115_435_96, -0.399_878_458_609_932_1, 0.916_568_167_984_106_2],
                [-0.096_414_045_502_366_67, -0.010_817_532_946_655_774, 0.995_282_529_139_749_1],
            ),
        ];
        for (t, ecliptic, equator) in expected {
            let found = poles(t);
            for i in 0..3 {
                assert!((found.0[i] - ecliptic[i]).abs() < 1e-12, "{t} {found:?}");
                assert!((found.1[i] - equator[i]).abs() < 1e-12, "{t} {found:?}");
            }
        }
    }
}
