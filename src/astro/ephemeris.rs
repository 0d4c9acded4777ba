//! P: Places of Sun, Moon, planets, small bodies and points of the Moon's orbit, 1550 to 2650; no houses and no astrology.
//!
//! Places come from a Chebyshev fit of JPL DE440 (Park et al. 2021), and for the small bodies of JPL Horizons' vectors,
//! that is built into the program. `data/README.md` states the error of every body against Skyfield, ERFA and Swiss
//! Ephemeris, and a test prints it.
//!
//! Source: Park et al. 2021, and what the functions name. Error: 0.0015 arcsec for the ten bodies, 0.003 for the true node,
//! 0.01 for small bodies and the osculating apogee, 0.04 and 0.6 arcsec between theories for mean node and apogee
//! (`the_errors_of_apparent_places_are_within_their_limits`); rates as derivatives
//! (`rates_are_the_derivatives_of_the_places`).

mod apparent;
mod asset;
pub(crate) mod far;
mod instant;
pub(crate) mod jet;
mod observer;
mod packed;
mod series;
mod sky;
mod view;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::astro::body::Body;
use crate::astro::error::AstroError;
use asset::{Asset, Content};
use jet::Jet;
use sky::{Sky, content, reduced_deg};
pub use view::{Center, Reduction, Site, View};

/// The file that [`Ephemeris::embedded`] reads.
const EMBEDDED: &[u8] = include_bytes!("../../data/ephemeris/de440_1550_2650.bin");

/// Days kept free at either end of the fit: TDB is not TT.
const MARGIN_DAYS: f64 = 1e-3;

/// A place and its rates by TT: ecliptic in the true ecliptic and equinox of date, equatorial in the true equator and
/// equinox of date. The rates are derivatives of the formulas, not differences of places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Ecliptic longitude, 0 up to (not including) 360 degrees.
    pub longitude_deg: f64,
    /// Ecliptic latitude, degrees, north positive.
    pub latitude_deg: f64,
    /// Distance light travelled, AU (of a geometric place and of an apogee: the distance itself). A node is a direction,
    /// not a place: 0.
    pub distance_au: f64,
    /// Rate of the longitude, degrees per day; negative when retrograde.
    pub longitude_speed_deg_per_day: f64,
    /// Rate of the latitude, degrees per day.
    pub latitude_speed_deg_per_day: f64,
    /// Rate of the distance, AU per day; 0 for a node.
    pub distance_speed_au_per_day: f64,
    /// Right ascension, 0 up to (not including) 360 degrees.
    pub right_ascension_deg: f64,
    /// Declination, degrees, north positive.
    pub declination_deg: f64,
    /// Rate of the right ascension, degrees per day.
    pub right_ascension_speed_deg_per_day: f64,
    /// Rate of the declination, degrees per day.
    pub declination_speed_deg_per_day: f64,
}

/// An ephemeris file with its hash. Its segments are unpacked when they are first needed.
#[derive(Debug)]
pub struct Ephemeris {
    asset: Result<Asset<'static>, AstroError>,
    sha256_hex: OnceLock<String>,
}

impl Ephemeris {
    /// The ephemeris built into the program, opened on first use.
    ///
    /// It cannot fail in a tested build; were the file bad, every query would answer [`AstroError::BadAsset`].
    pub fn embedded() -> &'static Self {
        static EPHEMERIS: OnceLock<Ephemeris> = OnceLock::new();
        EPHEMERIS.get_or_init(|| Self { asset: Asset::parse(EMBEDDED), sha256_hex: OnceLock::new() })
    }

    /// SHA-256 of the file in lower-case hexadecimal, to name the source of a result.
    #[must_use]
    pub fn sha256_hex(&self) -> &str {
        self.sha256_hex.get_or_init(|| sha256_hex(EMBEDDED))
    }

    /// First and last Julian Date (TT) that can be asked for; an empty interval (first above last) if the file is bad.
    #[must_use]
    pub fn span(&self) -> (f64, f64) {
        self.asset.as_ref().map_or((f64::INFINITY, f64::NEG_INFINITY), |asset| narrowed(asset.span))
    }

    /// First and last Julian Date (TT) of a body, within [`Self::span`]: the small bodies have samples from 1600 to 2499.
    #[must_use]
    pub fn span_of(&self, body: Body) -> (f64, f64) {
        let (first, last) = self.span();
        match (&self.asset, content(body)) {
            (Ok(asset), Some(content)) => {
                let (own_first, own_last) = narrowed(asset.series(content).span());
                (first.max(own_first), last.min(own_last))
            }
            _ => (first, last),
        }
    }

    /// Place and rates of one body at a Julian Date TT, as `view` says.
    ///
    /// Apparent places follow the IAU's chain (Klioner 2003; Urban and Seidelmann 2013, ch. 7): light-time, deflection by
    /// the Sun, aberration, IAU 2006/2000A precession and nutation; the largest difference from Skyfield over DE440 is
    /// 0.001 arcsec. Topocentric places add the WGS84 site's motion with the Earth (diurnal parallax and aberration,
    /// UT1 by [`crate::astro::time::delta_t_seconds`]) without polar motion. Apparent heliocentric places hold light-time
    /// to the Sun and no aberration. Nodes and apogees do not depend on site and reduction.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`] outside [`Self::span`], [`AstroError::BodyOutOfSpan`] outside [`Self::span_of`],
    /// [`AstroError::NotInFrame`] for the Sun or a point of the Moon's orbit as seen from the Sun,
    /// [`AstroError::BadAsset`] if the file could not be read.
    pub fn position(&self, body: Body, jd_tt: f64, view: &View) -> Result<Position, AstroError> {
        let sky = self.sky::<Jet>(&[body], jd_tt, view)?;
        sky.positions(&[body]).next().ok_or(AstroError::BadAsset("no place"))
    }

    /// Places and rates of several bodies at one Julian Date TT, in the order given: what they share is worked out once.
    ///
    /// # Errors
    /// As [`Self::position`], by the first body that cannot be had.
    pub fn positions(&self, bodies: &[Body], jd_tt: f64, view: &View) -> Result<Vec<Position>, AstroError> {
        Ok(self.sky::<Jet>(bodies, jd_tt, view)?.positions(bodies).collect())
    }

    /// Apparent geocentric place and rates of one body at a Julian Date TT.
    ///
    /// # Errors
    /// As [`Self::position`].
    pub fn apparent(&self, body: Body, jd_tt: f64) -> Result<Position, AstroError> {
        self.position(body, jd_tt, &View::default())
    }

    /// Apparent geocentric places and rates of the standard bodies, in the order of [`Body::STANDARD`], at a Julian Date TT.
    ///
    /// # Errors
    /// As [`Self::position`].
    pub fn apparent_all(&self, jd_tt: f64) -> Result<[(Body, Position); 12], AstroError> {
        let sky = self.sky::<Jet>(&Body::STANDARD, jd_tt, &View::default())?;
        let mut all = Body::STANDARD.map(|body| (body, Position::default()));
        for (slot, position) in all.iter_mut().zip(sky.positions(&Body::STANDARD)) {
            slot.1 = position;
        }
        Ok(all)
    }

    /// Longitude alone (0 up to 360 degrees) of one body, apparent and geocentric, at a Julian Date TT: the cheap way for
    /// root finding. It is the longitude of [`Self::apparent`] to 1e-9 degrees.
    ///
    /// # Errors
    /// As [`Self::position`].
    pub fn longitude_deg(&self, body: Body, jd_tt: f64) -> Result<f64, AstroError> {
        Ok(reduced_deg(self.sky::<f64>(&[body], jd_tt, &View::default())?.longitude_rad(body)))
    }

    /// The longitudes of the standard bodies, in the order of [`Body::STANDARD`], as [`Self::longitude_deg`] gives them
    /// one by one.
    ///
    /// # Errors
    /// As [`Self::position`].
    pub fn longitudes_deg(&self, jd_tt: f64) -> Result<[f64; 12], AstroError> {
        let sky = self.sky::<f64>(&Body::STANDARD, jd_tt, &View::default())?;
        Ok(Body::STANDARD.map(|body| reduced_deg(sky.longitude_rad(body))))
    }

    /// Nutation in longitude and in obliquity at a Julian Date TT, radians.
    pub(crate) fn nutation_rad(&self, jd_tt: f64) -> Result<(f64, f64), AstroError> {
        let [dpsi, deps, _] = self.asset_at(jd_tt)?.series(Content::Nutation).motion(jd_tt).place;
        Ok((dpsi, deps))
    }

    /// What the bodies share, once it is sure that every one of them can be had.
    fn sky<T: instant::Motion>(&self, bodies: &[Body], jd_tt: f64, view: &View) -> Result<Sky<'_, T>, AstroError> {
        let asset = self.asset_at(jd_tt)?;
        for body in bodies {
            if view.center == Center::Heliocentric && (*body == Body::Sun || body.is_lunar_point()) {
                let (center, allowed) = (view.center.code(), "geocentric or topocentric");
                return Err(AstroError::NotInFrame { body: *body, center, allowed });
            }
            let (first, last) = self.span_of(*body);
            if !(first..=last).contains(&jd_tt) {
                let (from, to) = whole_years(first, last);
                return Err(AstroError::BodyOutOfSpan { body: *body, jd_tt, from, to });
            }
        }
        Ok(Sky::new(asset, jd_tt, view))
    }

    fn asset_at(&self, jd_tt: f64) -> Result<&Asset<'static>, AstroError> {
        let asset = self.asset.as_ref().map_err(Clone::clone)?;
        let (first, last) = self.span();
        if (first..=last).contains(&jd_tt) {
            return Ok(asset);
        }
        let (from, to) = whole_years(first, last);
        Err(AstroError::OutOfSpan { jd_tt, from, to })
    }
}

/// A span of TDB as one of TT.
fn narrowed((first, last): (f64, f64)) -> (f64, f64) {
    (first + MARGIN_DAYS, last - MARGIN_DAYS)
}

/// First and last year of the Gregorian calendar that lie wholly, but for a day, between two Julian Dates.
fn whole_years(first: f64, last: f64) -> (i32, i32) {
    let year = |jd: f64| 2000.0 + (jd - 2_451_544.5) / 365.242_5;
    ((year(first) - 0.004).ceil() as i32, (year(last) + 0.004).floor() as i32 - 1)
}

/// SHA-256 of bytes in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(nibble.into(), 16).unwrap_or('?'));
        }
        hex
    })
}

#[cfg(test)]
mod tests;
