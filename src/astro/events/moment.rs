//! P: From the time of the sky (TT) to the time of clocks (UTC) and of the turning Earth (UT1). No calendar, no zones.
//!
//! Source: IERS Bulletin C of 2016, Delta T of `time`. Error: 0.002 s (`scales_agree_with_skyfield_and_erfa`).

use crate::astro::time;
use crate::astro::zone::rfc3339_of_julian_date;

const DAY_S: f64 = 86_400.0;

/// Julian Date UTC (UT1 before 1972) of a Julian Date TT.
pub fn utc_of_tt(jd_tt: f64) -> f64 {
    // TT - UTC changes so slowly that its value a minute away serves, except within a minute of a leap second.
    let tt_minus_utc = time::scales_from_utc(jd_tt).jd_tt - jd_tt;
    let again = time::scales_from_utc(jd_tt - tt_minus_utc);
    jd_tt - (again.jd_tt - again.jd_utc)
}

/// Julian Date TT of a Julian Date UTC.
pub fn tt_of_utc(jd_utc: f64) -> f64 {
    time::scales_from_utc(jd_utc).jd_tt
}

/// Julian Date UT1 of a Julian Date TT.
pub(crate) fn ut1_of_tt(jd_tt: f64) -> f64 {
    // Delta T changes by less than a microsecond within itself in the years covered.
    let guess = jd_tt - time::delta_t_seconds(jd_tt) / DAY_S;
    jd_tt - time::delta_t_seconds(guess) / DAY_S
}

/// `YYYY-MM-DDTHH:MM:SSZ` of a Julian Date TT, to the nearest second; `None` outside the calendar.
pub fn utc_text(jd_tt: f64) -> Option<String> {
    rfc3339_of_julian_date(utc_of_tt(jd_tt))
}
