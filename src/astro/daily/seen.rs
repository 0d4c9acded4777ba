//! P: How the sky of a day is looked at for a chart: in its zodiac, and from the Sun if the chart was. Finds no transits.

use crate::astro::angles::norm_deg;
use crate::astro::body::Body;
use crate::astro::ephemeris::{Center, Ephemeris, Position, View};
use crate::astro::error::AstroError;
use crate::astro::events::Sky;
use crate::astro::options::ChartOptions;
use crate::astro::stop::Stop;
use crate::astro::zodiac::Zodiac;

/// A way to look at the moving sky. The places of a topocentric chart are met by geocentric ones: where on the Earth the
/// reader is today is not known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    zodiac: Zodiac,
    view: View,
}

impl Seen {
    /// As a chart of these options is met.
    pub(super) fn by(options: &ChartOptions) -> Self {
        let center = match options.view.center {
            Center::Topocentric(_) => Center::Geocentric,
            other => other,
        };
        Self { zodiac: options.zodiac, view: View { center, ..options.view } }
    }

    /// In a zodiac, from the centre of the Earth.
    pub(super) fn geocentric(zodiac: Zodiac) -> Self {
        Self { zodiac, view: View::default() }
    }

    /// The planets that can be seen.
    pub(super) fn planets(&self) -> &'static [Body] {
        match self.view.center {
            Center::Heliocentric => &ChartOptions::HELIOCENTRIC,
            _ => &Body::PLANETS,
        }
    }

    /// Places of bodies, with longitude and its rate in the zodiac, at a Julian Date TT.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`].
    pub(super) fn positions(&self, bodies: &[Body], jd_tt: f64) -> Result<Vec<Position>, AstroError> {
        let mut positions = Ephemeris::embedded().positions(bodies, jd_tt, &self.view)?;
        if self.zodiac != Zodiac::Tropical {
            let (offset_deg, rate) = (self.zodiac.offset_deg(jd_tt), self.zodiac.rate_deg_per_day(jd_tt));
            for position in &mut positions {
                position.longitude_deg = norm_deg(position.longitude_deg - offset_deg);
                position.longitude_speed_deg_per_day -= rate;
            }
        }
        Ok(positions)
    }

    /// The courses of bodies between two Julian Dates TT.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`].
    pub(super) fn sky(&self, from: f64, to: f64, bodies: &[Body]) -> Result<Sky, AstroError> {
        Ok(Sky::of_view(Stop::NEVER, from, to, bodies, &self.view)?.in_zodiac(&self.zodiac))
    }

    /// Longitude in the zodiac and its rate, degrees and degrees per day.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`].
    pub(super) fn longitude(&self, body: Body, jd_tt: f64) -> Result<(f64, f64), AstroError> {
        let position = Ephemeris::embedded().position(body, jd_tt, &self.view)?;
        if self.zodiac == Zodiac::Tropical {
            return Ok((position.longitude_deg, position.longitude_speed_deg_per_day));
        }
        let (offset_deg, rate) = (self.zodiac.offset_deg(jd_tt), self.zodiac.rate_deg_per_day(jd_tt));
        Ok((norm_deg(position.longitude_deg - offset_deg), position.longitude_speed_deg_per_day - rate))
    }
}
