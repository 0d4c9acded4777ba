//! P: What a vague birth time leaves open: the window of instants, whether it was by day, and the names of what is not known.
//!
//! Source: definition: the birth's local day or span, by its zone (`zone`). Error: none beyond the zone's own; every hour
//! of a window lies in it.

use super::{TimeWindow, Unknown};
use crate::astro::angles::LocalSky;
use crate::astro::birth::{BirthInput, Certainty};
use crate::astro::body::Body;
use crate::astro::calendar::{CivilDate, CivilTime};
use crate::astro::ephemeris::Ephemeris;
use crate::astro::error::AstroError;
use crate::astro::figure::Figure;
use crate::astro::frames;
use crate::astro::lots::sine_of_altitude;
use crate::astro::patterns;
use crate::astro::signs::Sign;
use crate::astro::time;
use crate::astro::why::Why;
use crate::astro::zone::{resolve_local, rfc3339_of_julian_date};

/// Longest step between looks at the Sun's altitude: ten minutes, between which its extremes rise by 0.02 degrees at most.
const SUN_STEP_DAYS: f64 = 1.0 / 144.0;
/// Sine of an altitude too near the horizon to tell by steps, 0.06 degrees.
const SUN_GRAZE_SINE: f64 = 0.001;
const DAY_S: f64 = 86_400.0;

/// Which instant of a local time that came twice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The earlier instant.
    Earliest,
    /// The later instant.
    Latest,
}

/// Julian Date UTC of a local reading; where the clock showed it twice, the instant that `edge` says.
///
/// A skipped reading counts with the offset before the gap, so that a day whose first hour was skipped starts when the
/// clock jumped. `longitude_deg` serves
/// local mean time, and not-a-number leaves that to the zone's own city.
///
/// # Errors
/// Those of [`resolve_local`] but for the two of clocks that jump.
pub(crate) fn lenient_jd_utc(
    date: CivilDate,
    clock: CivilTime,
    zone: &str,
    longitude_deg: f64,
    edge: Edge,
) -> Result<f64, AstroError> {
    let offset_s = match resolve_local(date, clock, zone, longitude_deg, None) {
        Ok(moment) => return Ok(moment.utc_jd),
        // Of one reading, the larger the offset, the earlier the instant.
        Err(AstroError::AmbiguousLocalTime { candidates, .. }) => match edge {
            Edge::Earliest => candidates.into_iter().max(),
            Edge::Latest => candidates.into_iter().min(),
        },
        Err(AstroError::NonexistentLocalTime { candidates, .. }) => candidates.into_iter().min(),
        Err(other) => return Err(other),
    };
    let seconds = u32::from(clock.hour()) * 3600 + u32::from(clock.minute()) * 60 + u32::from(clock.second());
    let day_fraction = (f64::from(seconds) - f64::from(offset_s.unwrap_or(0))) / DAY_S;
    Ok(time::julian_date(i32::from(date.year()), u32::from(date.month()), u32::from(date.day()), day_fraction))
}

/// Julian Dates UTC at which a local day starts and ends.
///
/// # Errors
/// As [`lenient_jd_utc`].
pub(crate) fn local_day(date: CivilDate, zone: &str, longitude_deg: f64) -> Result<(f64, f64), AstroError> {
    let at = |hour, edge| at_hour(date, hour, zone, longitude_deg, edge);
    Ok((at(0, Edge::Earliest)?, at(24, Edge::Latest)?))
}

/// The instant of a whole local hour 0..=24. The 24th is a second after 23:59:59, so that the last day of the calendar
/// has an end too.
fn at_hour(date: CivilDate, hour: u8, zone: &str, longitude_deg: f64, edge: Edge) -> Result<f64, AstroError> {
    if hour == 24 {
        let last = CivilTime::new(23, 59, 59)?;
        return Ok(lenient_jd_utc(date, last, zone, longitude_deg, edge)? + 1.0 / DAY_S);
    }
    lenient_jd_utc(date, CivilTime::new(hour, 0, 0)?, zone, longitude_deg, edge)
}

/// The local hours a certainty stands for.
fn hours(certainty: Certainty) -> (u8, u8) {
    match certainty {
        Certainty::Morning => (6, 12),
        Certainty::Afternoon => (12, 18),
        Certainty::Evening => (18, 24),
        Certainty::Exact | Certainty::Unknown => (0, 24),
    }
}

/// The window of a birth of vague time.
///
/// # Errors
/// [`AstroError::UnknownZone`].
pub(super) fn of(birth: &BirthInput, date: CivilDate) -> Result<TimeWindow, AstroError> {
    let (from, to) = hours(birth.certainty);
    let from_jd_ut = at_hour(date, from, &birth.zone, birth.longitude_deg, Edge::Earliest)?;
    let to_jd_ut = at_hour(date, to, &birth.zone, birth.longitude_deg, Edge::Latest)?;
    Ok(TimeWindow {
        from_utc_rfc3339: rfc3339_of_julian_date(from_jd_ut).unwrap_or_default(),
        to_utc_rfc3339: rfc3339_of_julian_date(to_jd_ut).unwrap_or_default(),
        from_jd_ut,
        to_jd_ut,
        local_from: format!("{from:02}:00"),
        local_to: format!("{to:02}:00"),
    })
}

/// Whether the Sun stands above the horizon of the birth through the whole window, or below; none when it is now one and
/// now the other, or too near the horizon to say.
///
/// # Errors
/// [`AstroError::OutOfSpan`].
pub(super) fn is_day(window: &TimeWindow, birth: &BirthInput) -> Result<Option<bool>, AstroError> {
    let days = window.to_jd_ut - window.from_jd_ut;
    let steps = (days / SUN_STEP_DAYS).ceil().max(1.0) as usize;
    let mut seen = None;
    for step in 0..=steps {
        let scales = time::scales_from_utc(window.from_jd_ut + days * step as f64 / steps as f64);
        let sun = Ephemeris::embedded().apparent(Body::Sun, scales.jd_tt)?;
        let armc_deg = frames::gast_deg(scales.jd_ut1, scales.jd_tt) + birth.longitude_deg;
        let sky = LocalSky::new(armc_deg, frames::true_obliquity_deg(scales.jd_tt), birth.latitude_deg)?;
        let sine = sine_of_altitude(&sky, sun.longitude_deg, sun.latitude_deg);
        if sine.abs() < SUN_GRAZE_SINE || seen.is_some_and(|above| above != (sine > 0.0)) {
            return Ok(None);
        }
        seen = Some(sine > 0.0);
    }
    Ok(seen)
}

/// What a view from the Sun has not.
pub(crate) fn without_horizon() -> Vec<Unknown> {
    ["houses", "ascendant", "midheaven", "lots", "is_day"].map(|what| Unknown::new(what, Why::NoHorizon)).into()
}

/// What the window leaves open.
pub(crate) fn unknowns(figure: &Figure, is_day: Option<bool>) -> Vec<Unknown> {
    let angular =
        [("houses", Why::Houses), ("ascendant", Why::Ascendant), ("midheaven", Why::Midheaven), ("lots", Why::Lots)];
    let mut unknowns: Vec<Unknown> = angular.map(|(what, why)| Unknown::new(what, why)).into();
    if is_day.is_none() {
        unknowns.push(Unknown::new("is_day", Why::DayOrNight));
    }
    for placement in &figure.bodies {
        let code = placement.body.code();
        let mut changes = |what: &str, known: bool| {
            if !known {
                unknowns.push(Unknown::new(format!("{code}_{what}"), Why::Changes));
            }
        };
        changes("retrograde", placement.sure_retrograde().is_some());
        changes("out_of_bounds", placement.sure_out_of_bounds().is_some());
        let Some(range) = placement.range.filter(|range| !range.sign_certain) else { continue };
        let signs = [range.from_deg, range.to_deg].map(|deg| Sign::of(deg).code());
        unknowns.push(Unknown::with(format!("{code}_sign"), Why::ChangesSignFrom, &signs));
    }
    if patterns::leaves_parts_open(&figure.patterns) {
        unknowns.push(Unknown::new("part_of", Why::PartOf));
    }
    let aspects = figure.aspects.iter().map(|hit| (hit.a, hit.aspect.code(), hit.b, hit.sure_applying()));
    let parallels = figure.parallels.iter().map(|hit| (hit.a, hit.kind.code(), hit.b, hit.sure_applying()));
    let open = aspects.chain(parallels).filter(|(.., applying)| applying.is_none());
    let open: Vec<String> = open.map(|(a, aspect, b, _)| format!("{} {aspect} {}", a.code(), b.code())).collect();
    if !open.is_empty() {
        unknowns.push(Unknown::with("applying", Why::Applying, &[&open.join(", ")]));
    }
    unknowns
}
