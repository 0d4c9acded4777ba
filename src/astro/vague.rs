//! P: An instant known only as a span, and what follows of it for the sky: arcs of bodies. Owns no
//! birth data and no figure.
//!
//! Source: definition: what lies between two instants, by the places of `ephemeris` (Park et al. 2021). Error: none that
//! leaves an hour out (`every_time_in_the_window_lies_in_the_arc_and_keeps_the_certain_aspects`).

pub mod open;

use serde::{Deserialize, Serialize};

use super::angles::{norm_deg, wrap_deg};
use super::chart::{Chart, Unknown, window};
use super::ephemeris::Site;
use super::error::AstroError;
use super::figure::{Figure, LongitudeRange, cast_under};
use super::options::ChartOptions;
use super::returns::path::{Motion, runs};
use super::rulesets::Ruleset;
use super::signs::Sign;

/// A span of instants, Julian Dates UTC; a point when both are equal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Instants {
    /// The earliest.
    pub from_jd_utc: f64,
    /// The latest.
    pub to_jd_utc: f64,
}

impl Instants {
    /// One instant.
    pub const fn at(jd_utc: f64) -> Self {
        Self { from_jd_utc: jd_utc, to_jd_utc: jd_utc }
    }

    /// When a chart's birth was.
    pub fn of(chart: &Chart) -> Self {
        match (&chart.moment, &chart.window) {
            (Some(moment), _) => Self::at(moment.utc_jd),
            (None, Some(window)) => Self { from_jd_utc: window.from_jd_ut, to_jd_utc: window.to_jd_ut },
            (None, None) => Self::at(chart.jd_tt - chart.delta_t_s / 86_400.0),
        }
    }

    /// Whether it is one instant.
    pub fn is_exact(&self) -> bool {
        self.from_jd_utc == self.to_jd_utc
    }

    /// The middle, Julian Date UTC.
    pub fn middle(&self) -> f64 {
        0.5 * (self.from_jd_utc + self.to_jd_utc)
    }

    /// Half the length, days.
    pub fn half_days(&self) -> f64 {
        0.5 * (self.to_jd_utc - self.from_jd_utc)
    }

    /// Both ends moved by a function that keeps their order.
    #[must_use]
    pub fn map(&self, to: impl Fn(f64) -> f64) -> Self {
        Self { from_jd_utc: to(self.from_jd_utc), to_jd_utc: to(self.to_jd_utc) }
    }
}

/// The arc through which a longitude runs between two Julian Dates TT.
///
/// # Errors
/// Those of the motion.
pub(super) fn arc<F>(motion: &F, from: f64, to: f64, step_days: f64) -> Result<LongitudeRange, AstroError>
where
    F: Fn(f64) -> Result<Motion, AstroError>,
{
    let (start_deg, _) = motion(from)?;
    let (mut low, mut high) = (norm_deg(start_deg), norm_deg(start_deg));
    for run in runs(motion, from, to, step_days)? {
        let (least, most) = run.extent_deg();
        low = low.min(least);
        high = high.max(most);
    }
    Ok(range(low, high))
}

/// The range from a lowest to a highest unrolled longitude, degrees; the whole circle from 0 to 360.
pub(super) fn range(low_deg: f64, high_deg: f64) -> LongitudeRange {
    if high_deg - low_deg >= 360.0 {
        return LongitudeRange { from_deg: 0.0, to_deg: 360.0, sign_certain: false };
    }
    let (from_deg, to_deg) = (norm_deg(low_deg), norm_deg(high_deg));
    let sign_certain = high_deg - low_deg < 30.0 && Sign::of(from_deg) == Sign::of(to_deg);
    LongitudeRange { from_deg, to_deg, sign_certain }
}

/// The sky of an instant over a site; of a span, that of its middle, without what turns with the sky, each body with its
/// arc, and what is left open.
///
/// # Errors
/// As [`cast_under`].
pub fn figure(
    instants: Instants,
    site: Site,
    options: &ChartOptions,
    ruleset: &Ruleset,
) -> Result<(Figure, Vec<Unknown>), AstroError> {
    let options = options.for_place(site.latitude_deg, site.longitude_deg);
    if instants.is_exact() {
        let unknowns = if options.has_horizon() { Vec::new() } else { window::without_horizon() };
        return Ok((cast_under(instants.from_jd_utc, Some(site), &options, ruleset)?, unknowns));
    }
    let mut figure = cast_under(instants.middle(), None, &options, ruleset)?;
    open::open(&mut figure, instants, ruleset)?;
    figure.site = Some(site);
    let unknowns = window::unknowns(&figure, None);
    Ok((figure, unknowns))
}

/// How far a range reaches below and above a longitude within it, degrees: not positive, not negative.
pub(super) fn reach_deg(longitude_deg: f64, range: Option<&LongitudeRange>) -> (f64, f64) {
    match range {
        None => (0.0, 0.0),
        Some(range) if range.to_deg - range.from_deg >= 360.0 => (-180.0, 180.0),
        Some(range) => {
            (wrap_deg(range.from_deg - longitude_deg).min(0.0), wrap_deg(range.to_deg - longitude_deg).max(0.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_run_forward_and_across_zero() {
        let across = range(359.0, 361.0);
        assert_eq!((across.from_deg, across.to_deg, across.sign_certain), (359.0, 1.0, false));
        assert!(range(31.0, 59.0).sign_certain);
        assert!(!range(10.0, 375.0).sign_certain);
        assert_eq!(reach_deg(0.5, Some(&across)), (-1.5, 0.5));
        assert_eq!(reach_deg(0.5, None), (0.0, 0.0));
    }
}
