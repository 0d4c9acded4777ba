//! P: Returns: the instants at which a body comes back to its natal place, and all its passes there. Casts no figure of
//! its own; that is `figure`'s.
//!
//! Source: Newton's method on the places of `ephemeris` (Park et al. 2021). Error: 0.2 s for the Sun, 0.05 s for the Moon,
//! for the others the time in which they move 0.01 arcsec, against Skyfield (`instants_agree_with_skyfield`).

pub(super) mod path;

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::chart::{Chart, Unknown};
use super::ephemeris::{Ephemeris, Site};
use super::error::AstroError;
use super::figure::{Figure, LongitudeRange};
use super::houses::HouseSystem;
use super::options::ChartOptions;
use super::rulesets::Ruleset;
use super::spans::Span;
use super::stop::Stop;
use super::vague::{Instants, reach_deg};
use super::zone::{julian_date_of_unix, rfc3339_of_julian_date};
use super::{time, vague};
use path::{Motion, Run, levels_deg, runs};

/// The mean tropical year at J2000, days (Simon et al. 1994, Astronomy and Astrophysics 282, from the mean longitude of
/// the Sun): the year of all time lines here.
pub const TROPICAL_YEAR_DAYS: f64 = 365.242_19;
/// Steps of the search that are looked through at once when only the next return is wanted.
const STEPS_AT_ONCE: f64 = 40.0;
/// Julian Date UTC of 1970-01-01.
const UNIX_EPOCH_JD: f64 = 2_440_587.5;

/// One pass of a body over its natal place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Return {
    /// The body.
    pub body: Body,
    /// The natal longitude it comes back to, degrees in the chart's zodiac: the middle of its range when the birth is
    /// vague.
    pub natal_longitude_deg: f64,
    /// The instant, RFC 3339 UTC to the millisecond.
    pub utc: String,
    /// The same as a Julian Date UTC.
    pub jd_utc: f64,
    /// Whether the body passes backwards.
    pub retrograde: bool,
    /// Tropical years since birth.
    pub age_years: f64,
    /// The span in which the instant lies when the birth is vague.
    pub window: Option<Instants>,
    /// Where the natal place may be, and between what the age lies, when the birth is vague.
    pub open: Option<OpenReturn>,
    /// False if, for some of the places the body may have had at a vague birth, this pass does not come about, since
    /// the body turns among them.
    pub certain: bool,
}

/// What a vague birth leaves of a return.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenReturn {
    /// The natal place.
    pub natal: LongitudeRange,
    /// Tropical years since birth.
    pub age_years: Span,
}

impl Return {
    /// The instants at which the return may be: one, or the window of a vague birth.
    pub fn instants(&self) -> Instants {
        self.window.unwrap_or(Instants::at(self.jd_utc))
    }
}

/// All passes of `body` over its natal place between two Julian Dates UTC, in the order of time. The search is cut to
/// the ephemeris.
///
/// The instant is that at which the body has the natal longitude of the chart, in its own zodiac: a sidereal return
/// waits for precession too. The root is found to 0.1 ms; what counts is the ephemeris.
///
/// # Errors
/// Those of the ephemeris for the body; [`AstroError::Stopped`].
pub fn within(
    stop: Stop<'_>,
    chart: &Chart,
    body: Body,
    from_jd_utc: f64,
    to_jd_utc: f64,
) -> Result<Vec<Return>, AstroError> {
    let Some(natal) = Natal::of(chart, body) else { return Ok(Vec::new()) };
    let (first, last) = Ephemeris::embedded().span_of(body);
    let tt = |jd_utc: f64| time::scales_from_utc(jd_utc).jd_tt.clamp(first, last);
    natal.passes(stop, tt(from_jd_utc), tt(to_jd_utc))
}

/// The first pass after a Julian Date UTC; none if the ephemeris ends before. Of a vague birth all that may be the first:
/// up to the first that surely comes, and comes after.
///
/// # Errors
/// As [`within`].
pub fn next_after(stop: Stop<'_>, chart: &Chart, body: Body, jd_utc: f64) -> Result<Vec<Return>, AstroError> {
    let Some(natal) = Natal::of(chart, body) else { return Ok(Vec::new()) };
    let (first, last) = Ephemeris::embedded().span_of(body);
    let mut from = time::scales_from_utc(jd_utc).jd_tt.max(first);
    let length_days = STEPS_AT_ONCE * step_days(body);
    let mut found: Vec<Return> = Vec::new();
    while from < last {
        let to = (from + length_days).min(last);
        for pass in natal.passes(stop, from, to)? {
            let settled = pass.certain && pass.instants().from_jd_utc >= jd_utc;
            // A pass whose window reaches over the end of a search is met by the next one again.
            if found.last().is_none_or(|last: &Return| last.jd_utc + 1e-6 < pass.jd_utc) {
                found.push(pass);
            }
            if settled {
                return Ok(found);
            }
        }
        from = to;
    }
    Ok(found)
}

/// The Sun's return that opens a year of life: 0 is birth itself, 1 the first birthday.
///
/// # Errors
/// As [`within`].
pub fn solar_of_age(chart: &Chart, age: u32) -> Result<Option<Return>, AstroError> {
    let birth = Instants::of(chart);
    // A sidereal year is twenty minutes longer than a tropical one: a day and a half in a hundred years.
    let near = birth.middle() + f64::from(age) * TROPICAL_YEAR_DAYS;
    let found = within(Stop::NEVER, chart, Body::Sun, near - 20.0, near + 20.0)?;
    Ok(found.into_iter().min_by(|a, b| (a.jd_utc - near).abs().total_cmp(&(b.jd_utc - near).abs())))
}

/// A natal place, with its reach below and above.
struct Natal<'a> {
    chart: &'a Chart,
    body: Body,
    longitude_deg: f64,
    reach_deg: (f64, f64),
    birth_jd_utc: f64,
}

impl<'a> Natal<'a> {
    fn of(chart: &'a Chart, body: Body) -> Option<Self> {
        let placed = chart.placement(body)?;
        let (low, high) = reach_deg(placed.longitude_deg, placed.range.as_ref());
        Some(Self {
            chart,
            body,
            longitude_deg: placed.longitude_deg,
            reach_deg: (low, high),
            birth_jd_utc: Instants::of(chart).middle(),
        })
    }

    /// Passes between two Julian Dates TT, the second excluded.
    fn passes(&self, stop: Stop<'_>, from: f64, to: f64) -> Result<Vec<Return>, AstroError> {
        let path = motion(&self.chart.options, self.body);
        let motion = |jd_tt: f64| stop.check().and_then(|()| path(jd_tt));
        let (first, last) = Ephemeris::embedded().span_of(self.body);
        // So that the window of a pass near an end is whole.
        let margin_days = if self.is_exact() { 0.0 } else { 2.0 * step_days(self.body) };
        let (start, end) = ((from - margin_days).max(first), (to + margin_days).min(last));
        let mut found = Vec::new();
        for run in runs(&motion, start, end, step_days(self.body))? {
            let (low, high) = run.extent_deg();
            for level in levels_deg(self.longitude_deg, low - self.reach_deg.1, high - self.reach_deg.0) {
                let jd_tt = run.reach(&motion, level)?;
                if self.is_exact() {
                    if (from..to).contains(&jd_tt) && run.has(level) {
                        found.push(self.pass(&motion, &run, level, jd_tt)?);
                    }
                    continue;
                }
                let mut pass = self.pass(&motion, &run, level, jd_tt)?;
                let window = pass.instants().map(|jd_utc| time::scales_from_utc(jd_utc).jd_tt);
                // Of a window that reaches over an end of the period, the pass may lie within the period or without.
                pass.certain &= window.from_jd_utc >= from && window.to_jd_utc < to;
                if window.to_jd_utc >= from && window.from_jd_utc < to {
                    found.push(pass);
                }
            }
        }
        Ok(found)
    }

    fn is_exact(&self) -> bool {
        self.reach_deg.0 == self.reach_deg.1
    }

    /// The pass of a run over an unrolled level, or over the reach about it.
    fn pass<F>(&self, motion: &F, run: &Run, level_deg: f64, jd_tt: f64) -> Result<Return, AstroError>
    where
        F: Fn(f64) -> Result<Motion, AstroError>,
    {
        let jd_utc = utc_of_tt(jd_tt);
        let (low, high) = run.extent_deg();
        let ends = (level_deg + self.reach_deg.0, level_deg + self.reach_deg.1);
        let window = if self.is_exact() {
            None
        } else {
            let (a, b) = (utc_of_tt(run.reach(motion, ends.0)?), utc_of_tt(run.reach(motion, ends.1)?));
            Some(Instants { from_jd_utc: a.min(b), to_jd_utc: a.max(b) })
        };
        let birth = Instants::of(self.chart);
        let natal = self.chart.placement(self.body).and_then(|placed| placed.range);
        let open = window.zip(natal).map(|(window, natal)| {
            let ages = Span { from: window.from_jd_utc - birth.to_jd_utc, to: window.to_jd_utc - birth.from_jd_utc };
            OpenReturn { natal, age_years: ages.map(|days| days / TROPICAL_YEAR_DAYS) }
        });
        Ok(Return {
            body: self.body,
            natal_longitude_deg: self.longitude_deg,
            utc: instant_text(jd_utc),
            jd_utc,
            retrograde: !run.is_direct(),
            age_years: (jd_utc - self.birth_jd_utc) / TROPICAL_YEAR_DAYS,
            window,
            open,
            certain: self.is_exact() || (ends.0 >= low && ends.1 <= high),
        })
    }
}

/// The sky of a return: over the site, the chart's own place or another, with the chart's options but for the houses; of a
/// vague birth, the sky of the middle of its window with what that leaves open.
///
/// # Errors
/// Those of [`super::figure::cast_under`].
pub fn figure(
    chart: &Chart,
    found: &Return,
    site: Site,
    house_system: HouseSystem,
    ruleset: &Ruleset,
) -> Result<(Figure, Vec<Unknown>), AstroError> {
    vague::figure(found.instants(), site, &ChartOptions { house_system, ..chart.options.clone() }, ruleset)
}

/// Longitude and its rate in the zodiac and the view of the options.
pub(super) fn motion(options: &ChartOptions, body: Body) -> impl Fn(f64) -> Result<Motion, AstroError> {
    move |jd_tt| {
        let position = Ephemeris::embedded().position(body, jd_tt, &options.view)?;
        let longitude_deg = position.longitude_deg - options.zodiac.offset_deg(jd_tt);
        Ok((longitude_deg, position.longitude_speed_deg_per_day - options.zodiac.rate_deg_per_day(jd_tt)))
    }
}

/// A step within which the body turns at most once and runs through less than half a circle, days.
pub(super) const fn step_days(body: Body) -> f64 {
    match body {
        Body::Moon | Body::Mercury => 5.0,
        Body::Sun | Body::MeanNode | Body::MeanApogee => 20.0,
        Body::Venus => 10.0,
        Body::Mars | Body::Ceres | Body::Pallas | Body::Juno | Body::Vesta => 15.0,
        Body::Jupiter
        | Body::Saturn
        | Body::Uranus
        | Body::Neptune
        | Body::Pluto
        | Body::Chiron
        | Body::Pholus
        | Body::Eris => 40.0,
        Body::TrueNode | Body::OsculatingApogee => 1.0,
    }
}

/// Julian Date UTC of a Julian Date TT.
pub(super) fn utc_of_tt(jd_tt: f64) -> f64 {
    // TT - UTC changes so slowly that its value a minute away serves, except within a minute of a leap second.
    let guess = jd_tt - (time::scales_from_utc(jd_tt).jd_tt - jd_tt);
    jd_tt - (time::scales_from_utc(guess).jd_tt - guess)
}

/// RFC 3339 UTC to the millisecond; empty outside the years that RFC 3339 can write.
pub fn instant_text(jd_utc: f64) -> String {
    // Whole numbers, because the rest of a negative one by division is -0.
    let ms = ((jd_utc - UNIX_EPOCH_JD) * 86_400_000.0).round() as i64;
    let (seconds, rest) = (ms.div_euclid(1_000), ms.rem_euclid(1_000));
    let text = rfc3339_of_julian_date(julian_date_of_unix(seconds)).unwrap_or_default();
    match text.strip_suffix('Z') {
        Some(whole) => format!("{whole}.{rest:03}Z"),
        None => text,
    }
}

#[cfg(test)]
pub(super) mod tests;
