//! P: The Moon's phase: place in the synodic month, name, age and lit part. No other planet.
//!
//! Source: Meeus 1998, ch. 48 (lit part); Rudhyar 1967, The Lunation Cycle (eighths). Error: 0.01 degrees in elongation,
//! 0.001 days in age (`age_is_counted_from_the_almanacs_new_moon`), 0.0002 of the disk (`the_lit_part_agrees_with_meeus`).

use serde::{Deserialize, Serialize};

use super::angles::{norm_deg, wrap_deg};
use super::body::Body;
use super::ephemeris::{Ephemeris, View};
use super::error::AstroError;
use super::scene::Scene;

/// Mean synodic month, days (Chapront-Touze and Chapront 1988).
pub const SYNODIC_MONTH_DAYS: f64 = 29.530_588_861;
/// The search for the last new moon ends when a step is shorter than this, days: what it leaves is below a millisecond.
const STEP_MIN_DAYS: f64 = 1e-4;
/// Newton's steps allowed; four are enough, since the elongation grows nearly evenly.
const STEPS_MAX: usize = 12;

/// An eighth of the synodic month, from the elongation at which it begins (Rudhyar 1967, The Lunation Cycle).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// From 0 degrees.
    New,
    /// From 45.
    Crescent,
    /// From 90.
    FirstQuarter,
    /// From 135.
    Gibbous,
    /// From 180.
    Full,
    /// From 225.
    Disseminating,
    /// From 270.
    LastQuarter,
    /// From 315.
    Balsamic,
}

/// Where the Moon is in its month.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LunarPhase {
    /// The eighth.
    pub phase: Phase,
    /// The Moon's longitude less the Sun's, 0..360 degrees.
    pub elongation_deg: f64,
    /// That as a part of the circle, 0..1: the place in the synodic month.
    pub cycle: f64,
    /// Days since the Moon last had the Sun's longitude; none where that was before the ephemeris.
    pub age_days: Option<f64>,
    /// Lit part of the disk, 0..=1 (Meeus 1998, eqs. 48.1, 48.2, 48.3).
    pub illuminated: f64,
}

impl Phase {
    /// All eight, from the new moon on.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Crescent,
        Self::FirstQuarter,
        Self::Gibbous,
        Self::Full,
        Self::Disseminating,
        Self::LastQuarter,
        Self::Balsamic,
    ];

    /// Of an elongation, degrees.
    pub fn of(elongation_deg: f64) -> Self {
        let eighth = (norm_deg(elongation_deg) / 45.0).floor() as usize;
        Self::ALL[eighth.min(7)]
    }

    /// The stable machine name, such as `first_quarter`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Crescent => "crescent",
            Self::FirstQuarter => "first_quarter",
            Self::Gibbous => "gibbous",
            Self::Full => "full",
            Self::Disseminating => "disseminating",
            Self::LastQuarter => "last_quarter",
            Self::Balsamic => "balsamic",
        }
    }
}

/// The Moon's longitude less the Sun's in a scene, 0..360 degrees.
pub fn elongation_deg(scene: &Scene) -> f64 {
    norm_deg(scene.moon().longitude_deg - scene.sun().longitude_deg)
}

/// The phase in a scene.
///
/// # Errors
/// Those of the ephemeris.
pub fn lunar_phase(scene: &Scene) -> Result<LunarPhase, AstroError> {
    let elongation_deg = elongation_deg(scene);
    let age_days = match last_new_moon(scene.jd_tt, elongation_deg) {
        Ok(new_moon) => Some(scene.jd_tt - new_moon),
        Err(AstroError::OutOfSpan { .. }) => None,
        Err(other) => return Err(other),
    };
    Ok(LunarPhase {
        phase: Phase::of(elongation_deg),
        elongation_deg,
        cycle: elongation_deg / 360.0,
        age_days,
        illuminated: illuminated(scene),
    })
}

/// The last instant at or before `jd_tt` at which Moon and Sun had one longitude (Julian Date TT): Newton's method from the
/// mean motion.
fn last_new_moon(jd_tt: f64, elongation_now_deg: f64) -> Result<f64, AstroError> {
    let mut jd = jd_tt - elongation_now_deg * SYNODIC_MONTH_DAYS / 360.0;
    for _ in 0..STEPS_MAX {
        let places = Ephemeris::embedded().positions(&[Body::Sun, Body::Moon], jd, &View::default())?;
        let [sun, moon] = places.as_slice() else { break };
        let gap_deg = wrap_deg(moon.longitude_deg - sun.longitude_deg);
        let step = gap_deg / (moon.longitude_speed_deg_per_day - sun.longitude_speed_deg_per_day);
        jd -= step;
        // The error left is of the order of the step's square over a month.
        if step.abs() < STEP_MIN_DAYS {
            break;
        }
    }
    Ok(jd)
}

fn illuminated(scene: &Scene) -> f64 {
    let (sun, moon) = (scene.sun(), scene.moon());
    let cos_psi = moon.latitude_deg.to_radians().cos() * elongation_deg(scene).to_radians().cos();
    let sin_psi = (1.0 - cos_psi * cos_psi).max(0.0).sqrt();
    let phase_angle = (sun.distance_au * sin_psi).atan2(moon.distance_au - sun.distance_au * cos_psi);
    0.5 * (1.0 + phase_angle.cos())
}

#[cfg(test)]
mod tests;
