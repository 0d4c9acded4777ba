//! P: Time scales: UTC, UT1, TT, TDB and Delta T as Julian Dates. No clock, no time zones, no calendar text.
//!
//! Source: Meeus 1998, ch. 7; IERS Bulletin C; Morrison et al. 2021; Kaplan 2005. Error: 0.002 s in every scale, 0.00002 s
//! in TDB - TT (`scales_agree_with_skyfield_and_erfa`); what Delta T itself is off, `delta_t` tells.

mod delta_t;
mod tables;

pub use delta_t::{DeltaT, DeltaTSource, delta_t, of_tt as delta_t_of_tt};
use tables::{DELTA_T_FIRST_JD, DELTA_T_PIECES, DELTA_T_STEP_DAYS, DELTA_T_TENTH_MS, LEAP_SECONDS};

const DAY_S: f64 = 86_400.0;
/// TT - TAI, exact by definition.
const TT_MINUS_TAI_S: f64 = 32.184;

/// One instant on the three scales that a chart needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// Julian Date on the civil scale that was given; before 1972 it is UT1.
    pub jd_utc: f64,
    /// Julian Date UT1, which the Earth's rotation follows.
    pub jd_ut1: f64,
    /// Julian Date TT, which the ephemeris follows.
    pub jd_tt: f64,
    /// Delta T = TT - UT1 in seconds.
    pub delta_t_s: f64,
}

/// Julian Date of a day of the (proleptic) Gregorian calendar plus a fraction of a day since midnight.
///
/// `year` is astronomical (0 is 1 BC), `month` 1 to 12, `day` 1 to 31; other values carry over. After Meeus 1998, ch. 7.
#[must_use]
pub fn julian_date(year: i32, month: u32, day: u32, day_fraction: f64) -> f64 {
    let months = i64::from(year) * 12 + i64::from(month) - 1;
    // Years that start in March put the leap day last.
    let (y, m) = ((months - 2).div_euclid(12), (months - 2).rem_euclid(12));
    let days = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + i64::from(day);
    days as f64 + 1_721_118.5 + day_fraction
}

/// The scales of a UTC instant.
///
/// Before 1972 "UTC" is taken as UT1. From 1972 TT = UTC + leap seconds + 32.184 s and UT1 = TT - Delta T; after
/// the last leap second announced, that at the end of 2016, none is assumed: TT - UTC stays 69.184 s, UT1 drifts from UTC, and
/// the UTC of a far instant is off by what is inserted until then (CGPM 2022 means to end or widen the practice by 2035).
#[must_use]
pub fn scales_from_utc(jd_utc: f64) -> Scales {
    match tai_minus_utc_s(jd_utc) {
        None => {
            let delta_t_s = delta_t_seconds(jd_utc);
            Scales { jd_utc, jd_ut1: jd_utc, jd_tt: jd_utc + delta_t_s / DAY_S, delta_t_s }
        }
        Some(tai_minus_utc_s) => {
            let tt_minus_utc_s = tai_minus_utc_s + TT_MINUS_TAI_S;
            let jd_tt = jd_utc + tt_minus_utc_s / DAY_S;
            let delta_t_s = delta_t_of_tt_seconds(jd_tt);
            Scales { jd_utc, jd_ut1: jd_utc + (tt_minus_utc_s - delta_t_s) / DAY_S, jd_tt, delta_t_s }
        }
    }
}

/// TAI - UTC in seconds; `None` before 1972. Source: IERS Bulletin C.
fn tai_minus_utc_s(jd_utc: f64) -> Option<f64> {
    let after = LEAP_SECONDS.partition_point(|(from, _)| *from <= jd_utc);
    LEAP_SECONDS[..after].last().map(|(_, seconds)| *seconds)
}

/// Delta T = TT - UT1 in seconds at a Julian Date UT1.
///
/// Splines of Morrison, Stephenson, Hohenkerk and Zawilski (2021) from 1500 to 1973, IERS observations and prediction to 2026, then a
/// cubic to the long-term parabola of Stephenson, Morrison and Hohenkerk (2016) in 2800. Before 1500 and after 2800 that
/// parabola itself, -320 + 32.5 ((year - 1825) / 100)^2, serves.
#[must_use]
pub fn delta_t_seconds(jd_ut1: f64) -> f64 {
    // Delta T changes by less than a microsecond within itself in the years covered; one step is enough.
    let first = delta_t_of_tt_seconds(jd_ut1);
    delta_t_of_tt_seconds(jd_ut1 + first / DAY_S)
}

/// [`delta_t_seconds`] by Julian Date TT.
pub(crate) fn delta_t_of_tt_seconds(jd_tt: f64) -> f64 {
    let position = (jd_tt - DELTA_T_FIRST_JD) / DELTA_T_STEP_DAYS;
    let last = DELTA_T_TENTH_MS.len() - 1;
    if position >= 0.0 && position < last as f64 {
        let index = position as usize;
        let (a, b) = (f64::from(DELTA_T_TENTH_MS[index]), f64::from(DELTA_T_TENTH_MS[index + 1]));
        return (a + (b - a) * (position - index as f64)) * 1e-4;
    }
    let year = (jd_tt - 1_721_045.0) / 365.25;
    let piece = if position < 0.0 {
        let pieces = &DELTA_T_PIECES[..DELTA_T_PIECES.len() - 1];
        let after = pieces.partition_point(|piece| piece[0] <= year);
        pieces[..after].last()
    } else {
        DELTA_T_PIECES.last().filter(|piece| year < piece[1])
    };
    match piece {
        Some([from, to, a3, a2, a1, a0]) => {
            let u = (year - from) / (to - from);
            a0 + u * (a1 + u * (a2 + u * a3))
        }
        None => -320.0 + 32.5 * ((year - 1825.0) / 100.0).powi(2),
    }
}

/// TDB - TT in seconds, true to 10 microseconds from 1600 to 2200 (Kaplan 2005, USNO Circular 179, eq. 2.6).
#[must_use]
pub fn tdb_minus_tt_s(jd_tt: f64) -> f64 {
    let t = (jd_tt - 2_451_545.0) / 36_525.0;
    0.001_657 * (628.307_6 * t + 6.240_1).sin()
        + 0.000_022 * (575.338_5 * t + 4.297_0).sin()
        + 0.000_014 * (1_256.615_2 * t + 6.196_9).sin()
        + 0.000_005 * (606.977_7 * t + 4.021_2).sin()
        + 0.000_005 * (52.969_1 * t + 0.444_4).sin()
        + 0.000_002 * (21.329_9 * t + 5.543_1).sin()
        + 0.000_010 * t * (628.307_6 * t + 4.249_0).sin()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Skyfield's scales and ERFA's calendar and TDB (tests/fixtures/astro/README.md).
    const FIXTURE: &str = include_str!("../../tests/fixtures/astro/time_scales.csv");

    #[test]
    fn scales_agree_with_skyfield_and_erfa() {
        for line in FIXTURE.lines().skip(1) {
            let v: Vec<f64> = line.split(',').map(|f| f.parse().unwrap()).collect();
            let jd = julian_date(v[0] as i32, v[1] as u32, v[2] as u32, v[3]);
            assert!((jd - v[4]).abs() < 1e-8, "{line}");
            let scales = scales_from_utc(jd);
            // A Julian Date near 2.4 million resolves 40 microseconds.
            assert!((scales.jd_ut1 - v[5]).abs() * DAY_S < 2e-3, "{line}");
            assert!((scales.jd_tt - v[6]).abs() * DAY_S < 2e-3, "{line}");
            assert!((scales.delta_t_s - v[7]).abs() < 2e-3, "{line}: {}", scales.delta_t_s);
            assert!((delta_t_seconds(v[5]) - v[7]).abs() < 2e-3, "{line}");
            assert!((tdb_minus_tt_s(v[6]) - v[8]).abs() < 2e-5, "{line}: {}", tdb_minus_tt_s(v[6]));
        }
    }

    #[test]
    fn delta_t_agrees_with_the_published_observations() {
        // USNO deltat.data (from IERS Earth orientation), first of January.
        let published =
            [(1980, 50.5387), (1990, 56.8553), (2000, 63.8285), (2010, 66.0699), (2015, 67.6439), (2020, 69.3612)];
        for (year, seconds) in published {
            let found = delta_t_seconds(julian_date(year, 1, 1, 0.0));
            assert!((found - seconds).abs() < 2e-3, "{year}: {found}");
        }
    }

    #[test]
    fn delta_t_has_no_steps() {
        let mut before = delta_t_seconds(julian_date(1549, 1, 1, 0.0));
        for day in (0..403_000).step_by(5) {
            let now = delta_t_seconds(julian_date(1549, 1, 1, f64::from(day) + 5.0));
            // The long-term parabola grows by 5.4 s a year in 2650.
            assert!((now - before).abs() < 0.08, "day {day}: {before} to {now}");
            before = now;
        }
    }

    #[test]
    fn leap_seconds_start_in_1972_and_end_in_2017() {
        let at = |year, month| tai_minus_utc_s(julian_date(year, month, 1, 0.0));
        assert_eq!((at(1971, 12), at(1972, 1), at(1972, 7), at(1999, 1)), (None, Some(10.0), Some(11.0), Some(32.0)));
        assert_eq!((at(2016, 12), at(2017, 1), at(2026, 11)), (Some(36.0), Some(37.0), Some(37.0)));
    }

    #[test]
    fn the_calendar_agrees_with_meeus() {
        // Meeus 1998, ch. 7 (Gregorian examples) and the epochs of definition.
        assert!((julian_date(2000, 1, 1, 0.5) - 2_451_545.0).abs() < 1e-9);
        assert!((julian_date(1957, 10, 4, 0.81) - 2_436_116.31).abs() < 1e-9);
        assert!((julian_date(1600, 12, 31, 0.0) - 2_305_812.5).abs() < 1e-9);
        assert!((julian_date(1858, 11, 17, 0.0) - 2_400_000.5).abs() < 1e-9);
        assert!((julian_date(2100, 3, 1, 0.0) - julian_date(2100, 2, 28, 0.0) - 1.0).abs() < 1e-9);
    }
}
