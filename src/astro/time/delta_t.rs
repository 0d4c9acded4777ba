//! P: Delta T with how well it is known and from where. Converts no scale.
//!
//! Source: Stephenson, Morrison and Hohenkerk 2016; Morrison et al. 2021; Huber 2006; Espenak and Meeus 2009. Error: 0.002
//! s against the observations (`delta_t_agrees_with_the_published_observations`), elsewhere the error that each value
//! carries (`the_error_is_that_of_the_published_tables`).

use serde::{Deserialize, Serialize};

use super::tables::{DELTA_T_FIRST_JD, DELTA_T_PIECES, DELTA_T_STEP_DAYS, DELTA_T_TENTH_MS};
use super::{DAY_S, delta_t_of_tt_seconds};

/// Standard error of Delta T in seconds from a year on, until the next row: the estimates that H.M. Nautical Almanac
/// Office gives with the splines of Stephenson, Morrison and Hohenkerk (2016) and Morrison et al. (2021). Before 1620
/// the value of that year is kept (as Espenak and Meeus 2009 do), since nobody had a telescope to do better.
const HISTORICAL_ERROR_S: [(f64, f64); 13] = [
    (f64::NEG_INFINITY, 20.0),
    (1660.0, 15.0),
    (1670.0, 10.0),
    (1680.0, 5.0),
    (1730.0, 2.0),
    (1770.0, 1.0),
    (1800.0, 0.5),
    (1802.0, 0.4),
    (1805.0, 0.3),
    (1809.0, 0.2),
    (1831.0, 0.1),
    (1870.0, 0.05),
    (f64::INFINITY, 0.05),
];
/// Error of the tabulated observations as interpolated here over five days, seconds; those of the IERS are 50 times better.
const OBSERVED_ERROR_S: f64 = 0.002;
/// Days at the end of the table that are the prediction of the IERS Bulletin A.
const PREDICTED_DAYS: f64 = 365.0;
/// Variance of the random walk of the length of the day, ms^2 a year (Huber 2006).
const WALK_MS2_PER_YEAR: f64 = 0.058;
/// Years over which Huber (2006) had the walk observed.
const WALK_OBSERVED_YEARS: f64 = 2_500.0;
const YEAR_DAYS: f64 = 365.25;

/// What a value of Delta T rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeltaTSource {
    /// Splines through eclipses and occultations, 1500 to 1973 (Morrison et al. 2021).
    Historical,
    /// Observed by the IERS.
    Observed,
    /// A year of prediction by the IERS, then a cubic to the long-term parabola.
    Predicted,
    /// The long-term parabola alone (Stephenson, Morrison and Hohenkerk 2016), before 1500 and after 2800.
    LongTerm,
}

/// Delta T = TT - UT1 at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeltaT {
    /// The value, seconds.
    pub seconds: f64,
    /// Its standard error, seconds: 15 seconds of it move the Ascendant by a sixteenth of a degree, the Moon by 0.002.
    pub uncertainty_s: f64,
    /// What it rests on.
    pub source: DeltaTSource,
}

impl DeltaTSource {
    /// The stable machine name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Historical => "historical",
            Self::Observed => "observed",
            Self::Predicted => "predicted",
            Self::LongTerm => "long_term",
        }
    }
}

/// Delta T at a Julian Date UT1 with its standard error.
///
/// The error of the past is that of H.M. Nautical Almanac Office (see the table above); that of the future the random
/// walk of Huber (2006, J. Geodesy 80, 283), as Espenak and Meeus (2009) write it: with N years since the last
/// observation, 365.25 N sqrt(N Q / 3 (1 + N / M)) milliseconds, Q = 0.058 ms^2/year, M = 2500 years. It comes to 0.02 s
/// after one year, 32 s in 2100 and about 900 s in 2650.
#[must_use]
pub fn delta_t(jd_ut1: f64) -> DeltaT {
    let first = delta_t_of_tt_seconds(jd_ut1);
    of_tt(jd_ut1 + first / DAY_S)
}

/// [`delta_t`] by Julian Date TT.
#[must_use]
pub fn of_tt(jd_tt: f64) -> DeltaT {
    let table_end = DELTA_T_FIRST_JD + DELTA_T_STEP_DAYS * (DELTA_T_TENTH_MS.len() - 1) as f64;
    let last_observed = table_end - PREDICTED_DAYS;
    let year = (jd_tt - 1_721_045.0) / YEAR_DAYS;
    let spline_from = DELTA_T_PIECES[0][0];
    let spline_to = DELTA_T_PIECES[DELTA_T_PIECES.len() - 1][1];
    let source = if year < spline_from || year >= spline_to {
        DeltaTSource::LongTerm
    } else if jd_tt < DELTA_T_FIRST_JD {
        DeltaTSource::Historical
    } else if jd_tt < last_observed {
        DeltaTSource::Observed
    } else {
        DeltaTSource::Predicted
    };
    let uncertainty_s = if jd_tt < DELTA_T_FIRST_JD {
        let after = HISTORICAL_ERROR_S.partition_point(|(from, _)| *from <= year);
        HISTORICAL_ERROR_S[..after].last().map_or(HISTORICAL_ERROR_S[0].1, |(_, error_s)| *error_s)
    } else {
        OBSERVED_ERROR_S.max(walk_error_s((jd_tt - last_observed) / YEAR_DAYS))
    };
    DeltaT { seconds: delta_t_of_tt_seconds(jd_tt), uncertainty_s, source }
}

/// Huber's random walk after `years` without observation, seconds; 0 for none.
fn walk_error_s(years: f64) -> f64 {
    if years <= 0.0 {
        return 0.0;
    }
    let drift = 1.0 + years / WALK_OBSERVED_YEARS;
    YEAR_DAYS * years * (years * WALK_MS2_PER_YEAR / 3.0 * drift).sqrt() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::astro::time::{delta_t_seconds, julian_date};

    fn in_year(year: i32) -> DeltaT {
        delta_t(julian_date(year, 7, 1, 0.0))
    }

    #[test]
    fn the_error_is_that_of_the_published_tables() {
        // NASA eclipse pages (Espenak, after Stephenson and Houlden 1986): 20 s for 1300 to 1600, 5 s in 1700, 1 s in 1800.
        for (year, source, from_s, to_s) in [
            (1555, DeltaTSource::Historical, 15.0, 20.0),
            (1600, DeltaTSource::Historical, 15.0, 20.0),
            (1700, DeltaTSource::Historical, 4.0, 6.0),
            (1799, DeltaTSource::Historical, 0.5, 1.0),
            (1900, DeltaTSource::Historical, 0.01, 0.1),
            (2000, DeltaTSource::Observed, 0.0, 0.01),
            (2100, DeltaTSource::Predicted, 25.0, 50.0),
            (2650, DeltaTSource::Predicted, 600.0, 1_500.0),
        ] {
            let found = in_year(year);
            assert_eq!(found.source, source, "{year}");
            assert!((from_s..=to_s).contains(&found.uncertainty_s), "{year}: {}", found.uncertainty_s);
            assert_eq!(found.seconds, delta_t_seconds(julian_date(year, 7, 1, 0.0)));
        }
    }

    #[test]
    fn the_walk_is_that_of_espenak() {
        // NASA eclipse pages, table of standard errors by Huber's formula from 2005: 1885 s (7.9 degrees) in the year 3000.
        assert!((walk_error_s(995.0) - 1_885.0).abs() < 5.0, "{}", walk_error_s(995.0));
    }

    #[test]
    fn the_error_never_falls_into_the_future_and_never_grows_towards_us() {
        let years: Vec<f64> = (1550..1972).map(|year| in_year(year).uncertainty_s).collect();
        assert!(years.is_sorted_by(|a, b| a >= b));
        let years: Vec<f64> = (1974..=2650).map(|year| in_year(year).uncertainty_s).collect();
        assert!(years.is_sorted_by(|a, b| a <= b));
    }
}
