//! P: The progressed Moon: its phase to the progressed Sun and its sign, with the dates of life between which they
//! hold.

use serde::{Deserialize, Serialize};

use super::{Course, of_earth};
use crate::astro::angles::norm_deg;
use crate::astro::body::Body;
use crate::astro::chart::{Chart, Unknown};
use crate::astro::error::AstroError;
use crate::astro::lunar_phase::Phase;
use crate::astro::returns::path::{Motion, runs};
use crate::astro::returns::{TROPICAL_YEAR_DAYS, instant_text, motion, utc_of_tt};
use crate::astro::signs::Sign;
use crate::astro::spans::Span;
use crate::astro::vague::{Instants, arc};
use crate::astro::why::Why;

/// Days on either side in which the Moon surely leaves a sign and a phase.
const REACH_DAYS: f64 = 5.0;
const STEP_DAYS: f64 = 2.5;

/// A date of life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LifeDate {
    /// RFC 3339 UTC.
    pub utc: String,
    /// The dates between which it lies when the birth is vague: a day of birth is a year of life.
    pub window: Option<Instants>,
}

/// The progressed lunation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lunation {
    /// How far the Moon is ahead of the Sun, 0..360 degrees.
    pub elongation_deg: f64,
    /// The phase.
    pub phase: Phase,
    /// Since when.
    pub phase_from: LifeDate,
    /// Until when.
    pub phase_to: LifeDate,
    /// The Moon's sign.
    pub moon_sign: Sign,
    /// Since when.
    pub moon_sign_from: LifeDate,
    /// Until when.
    pub moon_sign_to: LifeDate,
    /// Whether the phase is the same at every hour of a vague birth.
    pub phase_certain: bool,
    /// Whether the sign is.
    pub moon_sign_certain: bool,
    /// Between what the elongation lies when the birth is vague: an arc, forward.
    pub elongations_deg: Option<Span>,
}

impl Lunation {
    /// What the birth leaves open.
    pub(super) fn unknowns(&self) -> Vec<Unknown> {
        let open = [("moon_phase", self.phase_certain), ("moon_sign_dates", self.moon_sign_certain)];
        open.into_iter().filter(|(_, certain)| !certain).map(|(what, _)| Unknown::new(what, Why::MoonDates)).collect()
    }
}

/// Phase and sign of the progressed Moon.
///
/// # Errors
/// Those of the ephemeris.
pub(super) fn lunation(chart: &Chart, course: &Course) -> Result<Lunation, AstroError> {
    let options = of_earth(chart);
    let (sun, moon) = (motion(&options, Body::Sun), motion(&options, Body::Moon));
    let elongation = |jd_tt: f64| {
        let ((s, s_speed), (m, m_speed)) = (sun(jd_tt)?, moon(jd_tt)?);
        Ok((norm_deg(m - s), m_speed - s_speed))
    };
    let middle_tt = course.sky_tt(course.birth.middle());
    let (elongation_deg, _) = elongation(middle_tt)?;
    let (moon_deg, _) = moon(middle_tt)?;
    let (phase_from, phase_to) = between(course, &elongation, middle_tt, 45.0)?;
    let (moon_sign_from, moon_sign_to) = between(course, &moon, middle_tt, 30.0)?;
    let sky = course.birth.map(|birth| course.sky_tt(birth));
    let of_phase = arc(&elongation, sky.from_jd_utc, sky.to_jd_utc, STEP_DAYS)?;
    let of_moon = arc(&moon, sky.from_jd_utc, sky.to_jd_utc, STEP_DAYS)?;
    Ok(Lunation {
        elongation_deg,
        phase: Phase::of(elongation_deg),
        phase_from,
        phase_to,
        moon_sign: Sign::of(moon_deg),
        moon_sign_from,
        moon_sign_to,
        phase_certain: Phase::of(of_phase.from_deg) == Phase::of(of_phase.to_deg),
        moon_sign_certain: of_moon.sign_certain,
        elongations_deg: (!course.birth.is_exact()).then_some(Span { from: of_phase.from_deg, to: of_phase.to_deg }),
    })
}

/// The dates of life at which a growing longitude reached the last and reaches the next multiple of a step.
fn between<F>(course: &Course, motion: &F, jd_tt: f64, step_deg: f64) -> Result<(LifeDate, LifeDate), AstroError>
where
    F: Fn(f64) -> Result<Motion, AstroError>,
{
    let mut dates = Vec::with_capacity(2);
    for run in runs(motion, jd_tt - REACH_DAYS, jd_tt + REACH_DAYS, STEP_DAYS)? {
        let now_deg = run.at(motion, jd_tt)?;
        let last_deg = (now_deg / step_deg).floor() * step_deg;
        for level_deg in [last_deg, last_deg + step_deg] {
            dates.push(life_date(course, utc_of_tt(run.reach(motion, level_deg)?)));
        }
    }
    let mut dates = dates.into_iter();
    let missing = || life_date(course, course.sky_jd_utc(course.birth.middle()));
    Ok((dates.next().unwrap_or_else(missing), dates.next().unwrap_or_else(missing)))
}

/// The date of life for which an instant of the sky stands.
fn life_date(course: &Course, sky_jd_utc: f64) -> LifeDate {
    let of_birth = |birth: f64| birth + (sky_jd_utc - birth) * TROPICAL_YEAR_DAYS;
    // The later the birth, the earlier the date.
    let window =
        Instants { from_jd_utc: of_birth(course.birth.to_jd_utc), to_jd_utc: of_birth(course.birth.from_jd_utc) };
    LifeDate {
        utc: instant_text(of_birth(course.birth.middle())),
        window: (!course.birth.is_exact()).then_some(window),
    }
}
