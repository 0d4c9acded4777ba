//! P: New moons, quarters and full moons. No eclipses.
//!
//! Source: Meeus 1998, ch. 49, for the first guess; DE440 (Park et al. 2021) for the moment. Error: 0.2 s against Skyfield
//! (`lunations_agree_with_skyfield_to_a_fifth_of_a_second`).

use serde::{Deserialize, Serialize};

use crate::astro::angles::wrap_deg;
use crate::astro::body::Body;
use crate::astro::ephemeris::Ephemeris;
use crate::astro::error::AstroError;
use crate::astro::stop::Stop;

/// A mean new moon and the mean synodic month, days (Meeus 1998, eq. 49.1; after Chapront).
const MEAN_NEW_MOON_JD_TT: f64 = 2_451_550.097_66;
const SYNODIC_MONTH_DAYS: f64 = 29.530_588_861;
/// A true phase is at most this far from the mean one, days, drift of the mean month over ten centuries included.
const MEAN_ERROR_DAYS: f64 = 1.0;
/// Steps of Newton's method; the elongation is so even that four serve.
const STEPS_MAX: usize = 8;

/// A principal phase of the Moon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Moon and Sun in the same longitude.
    NewMoon,
    /// The Moon 90 degrees ahead.
    FirstQuarter,
    /// Opposite.
    FullMoon,
    /// 270 degrees ahead.
    LastQuarter,
}

/// A principal phase at its moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lunation {
    /// Which.
    pub phase: Phase,
    /// Julian Date TT.
    pub jd_tt: f64,
    /// Apparent longitude of the Moon, 0..360 degrees, tropical.
    pub moon_longitude_deg: f64,
    /// Its apparent latitude, degrees: near 0 at a new or full moon means an eclipse.
    pub moon_latitude_deg: f64,
}

impl Phase {
    /// All four, in order.
    pub const ALL: [Self; 4] = [Self::NewMoon, Self::FirstQuarter, Self::FullMoon, Self::LastQuarter];

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NewMoon => "new_moon",
            Self::FirstQuarter => "first_quarter",
            Self::FullMoon => "full_moon",
            Self::LastQuarter => "last_quarter",
        }
    }

    /// The Moon's lead over the Sun, degrees.
    const fn lead_deg(self) -> f64 {
        90.0 * self as u8 as f64
    }
}

/// The principal phases (of those wanted) from one Julian Date TT to a later one, by time.
///
/// # Errors
/// [`AstroError::OutOfSpan`] where the period leaves the ephemeris; [`AstroError::Stopped`].
pub fn lunations(
    stop: Stop<'_>,
    from_jd_tt: f64,
    to_jd_tt: f64,
    wanted: &[Phase],
) -> Result<Vec<Lunation>, AstroError> {
    let quarter = 0.25 * SYNODIC_MONTH_DAYS;
    let number = |jd: f64| (jd - MEAN_NEW_MOON_JD_TT) / quarter;
    let first = number(from_jd_tt - MEAN_ERROR_DAYS).ceil() as i64;
    let last = number(to_jd_tt + MEAN_ERROR_DAYS).floor() as i64;
    let (span_from, span_to) = Ephemeris::embedded().span();
    let mut found = Vec::new();
    for index in first..=last {
        let phase = Phase::ALL[index.rem_euclid(4) as usize];
        let mean_jd = MEAN_NEW_MOON_JD_TT + index as f64 * quarter;
        if !wanted.contains(&phase) {
            continue;
        }
        stop.check()?;
        let lunation = near(phase, mean_jd.clamp(span_from.max(from_jd_tt - 2.0), span_to.min(to_jd_tt + 2.0)))?;
        found.extend(Some(lunation).filter(|l| (from_jd_tt..=to_jd_tt).contains(&l.jd_tt)));
    }
    Ok(found)
}

/// The phase nearest to an instant.
fn near(phase: Phase, mut jd_tt: f64) -> Result<Lunation, AstroError> {
    let ephemeris = Ephemeris::embedded();
    let (span_from, span_to) = ephemeris.span();
    let mut moon = ephemeris.apparent(Body::Moon, jd_tt)?;
    for _ in 0..STEPS_MAX {
        let sun = ephemeris.apparent(Body::Sun, jd_tt)?;
        let excess_deg = wrap_deg(moon.longitude_deg - sun.longitude_deg - phase.lead_deg());
        let step = excess_deg / (moon.longitude_speed_deg_per_day - sun.longitude_speed_deg_per_day);
        jd_tt = (jd_tt - step).clamp(span_from, span_to);
        moon = ephemeris.apparent(Body::Moon, jd_tt)?;
        if step.abs() < 1e-6 {
            break;
        }
    }
    Ok(Lunation { phase, jd_tt, moon_longitude_deg: moon.longitude_deg, moon_latitude_deg: moon.latitude_deg })
}
