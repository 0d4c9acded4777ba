//! P: Apparent geocentric places of Sun, Moon, planets and lunar nodes, 1800 to 2100; no houses and no astrology.
//!
//! Places come from a Chebyshev fit of JPL DE440 that is built into the program (`data/ephemeris`). Measured against
//! Skyfield and ERFA over DE440 at 300 instants from 1800 to 2100: see `data/README.md`.

mod apparent;
mod asset;
pub(crate) mod far;
pub(crate) mod jet;
mod series;
mod view;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::astro::body::Body;
use crate::astro::error::AstroError;
use crate::astro::frames::EclipticFrame;
use crate::astro::{nodes, time};
use apparent::{Instant, Motion};
use asset::{Asset, Content};
use jet::{Jet, Vec3};
pub use view::{Center, Reduction, Site, View};

/// The file that [`Ephemeris::embedded`] decodes.
const EMBEDDED: &[u8] = include_bytes!("../../data/ephemeris/de440_1800_2100.bin");

/// Days kept free at either end of the fit, so that light-time never leaves it.
const MARGIN_DAYS: f64 = 2.0;

/// An apparent geocentric place in the true ecliptic and equinox of date, and its rates by TT.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Ecliptic longitude, 0 up to (not including) 360 degrees.
    pub longitude_deg: f64,
    /// Ecliptic latitude, degrees, north positive.
    pub latitude_deg: f64,
    /// Distance light travelled, AU. A node is a direction, not a place: 0.
    pub distance_au: f64,
    /// Rate of the longitude, degrees per day; negative when retrograde.
    pub longitude_speed_deg_per_day: f64,
    /// Rate of the latitude, degrees per day.
    pub latitude_speed_deg_per_day: f64,
    /// Rate of the distance, AU per day; 0 for a node.
    pub distance_speed_au_per_day: f64,
}

/// A decoded ephemeris file with its hash.
#[derive(Debug)]
pub struct Ephemeris {
    asset: Result<Asset, AstroError>,
    sha256_hex: String,
}

impl Ephemeris {
    /// The ephemeris built into the program, decoded on first use.
    ///
    /// It cannot fail in a tested build; were the file bad, every query would answer [`AstroError::BadAsset`].
    pub fn embedded() -> &'static Self {
        static EPHEMERIS: OnceLock<Ephemeris> = OnceLock::new();
        EPHEMERIS.get_or_init(|| Self { asset: Asset::parse(EMBEDDED), sha256_hex: sha256_hex(EMBEDDED) })
    }

    /// Decodes a file in the format of `data/ephemeris/build_asset.py`.
    ///
    /// # Errors
    /// [`AstroError::BadAsset`] if the bytes are not a whole, sane file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AstroError> {
        Ok(Self { asset: Ok(Asset::parse(bytes)?), sha256_hex: sha256_hex(bytes) })
    }

    /// SHA-256 of the file in lower-case hexadecimal, to name the source of a result.
    #[must_use]
    pub fn sha256_hex(&self) -> &str {
        &self.sha256_hex
    }

    /// First and last Julian Date (TT) that can be asked for; an empty interval (first above last) if the file is bad.
    #[must_use]
    pub fn span(&self) -> (f64, f64) {
        match &self.asset {
            Ok(asset) => (asset.first_jd + MARGIN_DAYS, asset.last_jd - MARGIN_DAYS),
            Err(_) => (f64::INFINITY, f64::NEG_INFINITY),
        }
    }

    /// Place and rates of one body at a Julian Date TT.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`] outside [`Self::span`]; [`AstroError::BadAsset`] if the file could not be decoded.
    pub fn apparent(&self, body: Body, jd_tt: f64) -> Result<Position, AstroError> {
        let sky = Sky::<Jet>::new(self.asset_at(jd_tt)?, jd_tt);
        known(body)?;
        Ok(sky.position(body))
    }

    /// Places and rates of the standard bodies, in the order of [`Body::STANDARD`], at a Julian Date TT.
    ///
    /// # Errors
    /// As [`Self::apparent`].
    pub fn apparent_all(&self, jd_tt: f64) -> Result<[(Body, Position); 12], AstroError> {
        let sky = Sky::<Jet>::new(self.asset_at(jd_tt)?, jd_tt);
        Ok(Body::STANDARD.map(|body| (body, sky.position(body))))
    }

    /// Longitude alone (0 up to 360 degrees) of one body at a Julian Date TT: the cheap way for root finding. It is the
    /// longitude of [`Self::apparent`] to 1e-9 degrees.
    ///
    /// # Errors
    /// As [`Self::apparent`].
    pub fn longitude_deg(&self, body: Body, jd_tt: f64) -> Result<f64, AstroError> {
        let sky = Sky::<f64>::new(self.asset_at(jd_tt)?, jd_tt);
        known(body)?;
        Ok(reduced_deg(sky.longitude_rad(body)))
    }

    /// The longitudes of the standard bodies, in the order of [`Body::STANDARD`], as [`Self::longitude_deg`] gives them one by one.
    ///
    /// # Errors
    /// As [`Self::apparent`].
    pub fn longitudes_deg(&self, jd_tt: f64) -> Result<[f64; 12], AstroError> {
        let sky = Sky::<f64>::new(self.asset_at(jd_tt)?, jd_tt);
        Ok(Body::STANDARD.map(|body| reduced_deg(sky.longitude_rad(body))))
    }

    /// Nutation in longitude and in obliquity at a Julian Date TT, radians.
    pub(crate) fn nutation_rad(&self, jd_tt: f64) -> Result<(f64, f64), AstroError> {
        let [dpsi, deps, _] = self.asset_at(jd_tt)?.series(Content::Nutation).value(jd_tt);
        Ok((dpsi, deps))
    }

    fn asset_at(&self, jd_tt: f64) -> Result<&Asset, AstroError> {
        let asset = self.asset.as_ref().map_err(Clone::clone)?;
        let (first, last) = self.span();
        if (first..=last).contains(&jd_tt) {
            return Ok(asset);
        }
        // The margins are shorter than a year, so the whole years lie one inside the years of the ends.
        let year = |jd: f64| 2000.0 + (jd - 2_451_544.5) / 365.242_5;
        Err(AstroError::OutOfSpan { jd_tt, from: year(first).ceil() as i32, to: year(last).floor() as i32 - 1 })
    }
}

/// Everything that the places of one instant share.
struct Sky<'a, T> {
    asset: &'a Asset,
    instant: Instant,
    frame: EclipticFrame<T>,
    jd_tt: T,
    dpsi_rad: T,
}

impl<'a, T: Motion> Sky<'a, T> {
    fn new(asset: &'a Asset, jd_tt: f64) -> Self {
        let nutation = asset.series(Content::Nutation).motion(jd_tt);
        let dpsi_rad = T::number(nutation.place[0], nutation.velocity[0]);
        let moving_jd = T::number(jd_tt, 1.0);
        Self {
            asset,
            instant: Instant::new::<T>(asset, jd_tt + time::tdb_minus_tt_s(jd_tt) / 86_400.0),
            frame: EclipticFrame::new(moving_jd, dpsi_rad),
            jd_tt: moving_jd,
            dpsi_rad,
        }
    }

    /// Longitude in radians, not reduced.
    fn longitude_rad(&self, body: Body) -> T {
        match content(body) {
            Some(content) => self.frame.longitude(self.instant.apparent::<T>(self.asset, content).0),
            None => self.node_rad(body),
        }
    }

    fn node_rad(&self, body: Body) -> T {
        if body == Body::MeanNode {
            return nodes::mean_node_rad(self.jd_tt) + self.dpsi_rad;
        }
        let moon = &self.instant.moon_geocentric;
        let place: Vec3<T> = T::vector(moon.place, moon.velocity);
        nodes::true_node_rad(&self.frame, place, T::vector(moon.velocity, moon.acceleration))
    }
}

impl Sky<'_, Jet> {
    fn position(&self, body: Body) -> Position {
        let (longitude, latitude, distance) = match content(body) {
            Some(content) => {
                let (direction, distance) = self.instant.apparent::<Jet>(self.asset, content);
                let (longitude, latitude) = self.frame.longitude_latitude(direction);
                (longitude, latitude, distance)
            }
            None => (self.node_rad(body), Jet::new(0.0, 0.0), Jet::new(0.0, 0.0)),
        };
        Position {
            longitude_deg: reduced_deg(longitude.value),
            latitude_deg: latitude.value.to_degrees(),
            distance_au: distance.value,
            longitude_speed_deg_per_day: longitude.rate.to_degrees(),
            latitude_speed_deg_per_day: latitude.rate.to_degrees(),
            distance_speed_au_per_day: distance.rate,
        }
    }
}

/// Refuses a body that the file does not hold.
fn known(body: Body) -> Result<(), AstroError> {
    if Body::STANDARD.contains(&body) { Ok(()) } else { Err(AstroError::BadAsset("no such body in the file")) }
}

/// The series a body is read from; `None` for the others.
fn content(body: Body) -> Option<Content> {
    Some(match body {
        Body::Sun => Content::Sun,
        Body::Moon => Content::Moon,
        Body::Mercury => Content::Mercury,
        Body::Venus => Content::Venus,
        Body::Mars => Content::Mars,
        Body::Jupiter => Content::Jupiter,
        Body::Saturn => Content::Saturn,
        Body::Uranus => Content::Uranus,
        Body::Neptune => Content::Neptune,
        Body::Pluto => Content::Pluto,
        _ => return None,
    })
}

/// Radians as degrees from 0 up to, and never equal to, 360.
fn reduced_deg(radians: impl jet::Scalar) -> f64 {
    let degrees = radians.value().to_degrees().rem_euclid(360.0);
    if degrees < 360.0 { degrees } else { 0.0 }
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
