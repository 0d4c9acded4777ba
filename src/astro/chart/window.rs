//! P: What a vague birth time leaves open: the window of instants, the arc of each body, the aspects that always hold.

use super::{TimeWindow, Unknown};
use crate::astro::angles::{LocalSky, norm_deg, wrap_deg};
use crate::astro::aspects::AspectHit;
use crate::astro::aspects::declination::ParallelHit;
use crate::astro::birth::{BirthInput, Certainty};
use crate::astro::body::Body;
use crate::astro::calendar::{CivilDate, CivilTime};
use crate::astro::ephemeris::Ephemeris;
use crate::astro::error::AstroError;
use crate::astro::figure::{LongitudeRange, Placement};
use crate::astro::frames;
use crate::astro::lots::sine_of_altitude;
use crate::astro::options::ChartOptions;
use crate::astro::point::Point;
use crate::astro::signs::Sign;
use crate::astro::time;
use crate::astro::zone::{resolve_local, rfc3339_of_julian_date};

/// Why a heliocentric sky has no angles, houses and lots.
pub(crate) const NO_HORIZON: &str = "As seen from the Sun there is no horizon.";
/// Instants at which every body is looked at, the ends of the window among them.
const SAMPLES: usize = 5;
/// Halvings of the bracket of a station: a quarter of a day to below a second.
const STATION_HALVINGS: usize = 16;
/// Longest step between looks at the Sun's altitude: ten minutes, between which its extremes rise by 0.02 degrees at most.
const SUN_STEP_DAYS: f64 = 1.0 / 144.0;
/// Sine of an altitude too near the horizon to tell by steps, 0.06 degrees.
const SUN_GRAZE_SINE: f64 = 0.001;
const DAY_S: f64 = 86_400.0;

/// The sky at one instant of the window: of each body of the options, longitude in their zodiac and its rate.
pub(super) struct Sample {
    jd_tt: f64,
    bodies: Vec<(f64, f64)>,
}

impl Sample {
    /// # Errors
    /// [`AstroError::OutOfSpan`].
    fn at(jd_tt: f64, bodies: &[Body], options: &ChartOptions) -> Result<Self, AstroError> {
        let (offset_deg, rate) = (options.zodiac.offset_deg(jd_tt), options.zodiac.rate_deg_per_day(jd_tt));
        let places = Ephemeris::embedded().positions(bodies, jd_tt, &options.view)?;
        let seen =
            places.iter().map(|p| (norm_deg(p.longitude_deg - offset_deg), p.longitude_speed_deg_per_day - rate));
        Ok(Self { jd_tt, bodies: seen.collect() })
    }
}

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

/// The sky at the ends of the window and at even steps between.
///
/// # Errors
/// [`AstroError::OutOfSpan`].
pub(super) fn samples(window: &TimeWindow, options: &ChartOptions) -> Result<Vec<Sample>, AstroError> {
    let from = time::scales_from_utc(window.from_jd_ut).jd_tt;
    let to = time::scales_from_utc(window.to_jd_ut).jd_tt;
    let step = (to - from) / (SAMPLES - 1) as f64;
    (0..SAMPLES).map(|index| Sample::at(from + step * index as f64, &options.bodies, options)).collect()
}

/// The arc that a body covers in the window: its extremes lie at the ends or at a station between.
///
/// # Errors
/// [`AstroError::OutOfSpan`].
pub(super) fn range(
    samples: &[Sample],
    index: usize,
    placed: &Placement,
    options: &ChartOptions,
) -> Result<LongitudeRange, AstroError> {
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    let mut take = |longitude_deg: f64| {
        let from_middle = wrap_deg(longitude_deg - placed.longitude_deg);
        low = low.min(from_middle);
        high = high.max(from_middle);
    };
    for sample in samples {
        take(sample.bodies[index].0);
    }
    for pair in samples.windows(2) {
        if let [before, after] = pair {
            let speeds = [before, after].map(|sample| sample.bodies[index].1);
            if speeds[0] * speeds[1] < 0.0 {
                take(station_deg(placed.body, (before.jd_tt, after.jd_tt), speeds[0], options)?);
            }
        }
    }
    let (from_deg, to_deg) = (norm_deg(placed.longitude_deg + low), norm_deg(placed.longitude_deg + high));
    Ok(LongitudeRange { from_deg, to_deg, sign_certain: Sign::of(from_deg) == Sign::of(to_deg) })
}

/// Longitude of a body where it stands still between two Julian Dates TT.
fn station_deg(
    body: Body,
    (mut from, mut to): (f64, f64),
    speed_at_start: f64,
    options: &ChartOptions,
) -> Result<f64, AstroError> {
    let mut still_deg = 0.0;
    for _ in 0..STATION_HALVINGS {
        let middle = Sample::at(0.5 * (from + to), &[body], options)?;
        let (longitude_deg, speed) = middle.bodies[0];
        still_deg = longitude_deg;
        if speed * speed_at_start > 0.0 {
            from = middle.jd_tt;
        } else {
            to = middle.jd_tt;
        }
    }
    Ok(still_deg)
}

/// Whether an aspect between bodies is within its orb at every sampled instant.
pub(super) fn always_within(samples: &[Sample], options: &ChartOptions, hit: &AspectHit) -> bool {
    let longitude = |sample: &Sample, point: Point| {
        let body = point.body()?;
        let index = options.bodies.iter().position(|other| *other == body)?;
        sample.bodies.get(index).map(|(longitude_deg, _)| *longitude_deg)
    };
    samples.iter().all(|sample| match (longitude(sample, hit.a), longitude(sample, hit.b)) {
        (Some(a_deg), Some(b_deg)) => hit.aspect.orb_deg(a_deg, b_deg) <= hit.orb_max_deg,
        _ => false,
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
    ["houses", "ascendant", "midheaven", "lots", "is_day"]
        .map(|what| Unknown { what: what.to_owned(), why: NO_HORIZON.to_owned() })
        .into()
}

/// Whether a parallel between bodies is within its orb all through a window that reaches `half_days` to either side. The
/// declinations are taken to run apart as fast as they can: at their present rates and at the greatest acceleration
/// that the Moon (1.7 degrees a day each day) or another body (0.3) has.
pub(super) fn stays_parallel(bodies: &[Placement], half_days: f64, hit: &ParallelHit) -> bool {
    let drift_deg = |point: Point| {
        let placed = bodies.iter().find(|placement| Some(placement.body) == point.body())?;
        let acceleration = if placed.body == Body::Moon { 1.7 } else { 0.3 };
        Some(half_days * (placed.declination_speed_deg_per_day.abs() + 0.5 * acceleration * half_days))
    };
    let drifts = drift_deg(hit.a).zip(drift_deg(hit.b));
    drifts.is_some_and(|(a_deg, b_deg)| hit.orb_deg + a_deg + b_deg <= hit.orb_max_deg)
}

/// What the window leaves open.
pub(crate) fn unknowns(bodies: &[Placement], is_day: Option<bool>) -> Vec<Unknown> {
    let angular = [
        (
            "houses",
            "Houses follow the Ascendant, which moves a degree in about four minutes; the time of birth is not exact.",
        ),
        ("ascendant", "The Ascendant passes through every sign in a day; the time of birth is not exact."),
        ("midheaven", "The Midheaven moves a degree in about four minutes; the time of birth is not exact."),
        ("lots", "The lots are as far from the Ascendant as Sun and Moon are apart; the time of birth is not exact."),
    ];
    let mut unknowns: Vec<Unknown> =
        angular.map(|(what, why)| Unknown { what: what.to_owned(), why: why.to_owned() }).into();
    if is_day.is_none() {
        let why =
            "The Sun is above the horizon for some of the hours in which the birth can lie, and below it for others.";
        unknowns.push(Unknown { what: "is_day".to_owned(), why: why.to_owned() });
    }
    for placement in bodies {
        let Some(range) = placement.range.filter(|range| !range.sign_certain) else { continue };
        unknowns.push(Unknown {
            what: format!("{}_sign", placement.body.code()),
            why: format!(
                "It changes sign between {} and {} within the hours in which the birth can lie.",
                Sign::of(range.from_deg).code(),
                Sign::of(range.to_deg).code()
            ),
        });
    }
    unknowns
}
