//! P: Apparent ecliptic places of things far beyond the planets at one instant; holds no catalogue and no space motion of its own.
//!
//! Source: Klioner 2003; Urban and Seidelmann 2013, ch. 7 (see `apparent`). Error: 0.004 arcsec
//! (`places_agree_with_skyfield`).

use super::Ephemeris;
use super::apparent::{ahead_of_barycentre_days, apparent_far};
use super::instant::Instant;
use super::jet::Vec3;
use super::sky::{latitude, longitude, reduced_deg};
use crate::astro::error::AstroError;
use crate::astro::frames::EclipticFrame;
use crate::astro::time;

/// The Earth, the Sun and the ecliptic of date at an instant: what the places of all far things share.
pub(crate) struct FarSky {
    instant: Instant,
    frame: EclipticFrame<f64>,
    jd_tdb: f64,
}

impl Ephemeris {
    /// The sky of far things at a Julian Date TT.
    ///
    /// # Errors
    /// As [`Ephemeris::apparent`].
    pub(crate) fn far_sky(&self, jd_tt: f64) -> Result<FarSky, AstroError> {
        let asset = self.asset_at(jd_tt)?;
        let (dpsi_rad, _) = self.nutation_rad(jd_tt)?;
        let jd_tdb = jd_tt + time::tdb_minus_tt_s(jd_tt) / 86_400.0;
        let instant = Instant::new(asset, jd_tdb);
        Ok(FarSky { instant, frame: EclipticFrame::new(jd_tt, dpsi_rad), jd_tdb })
    }
}

impl FarSky {
    /// Longitude (0 up to 360) and latitude, degrees, apparent, in the true ecliptic and equinox of date, of something
    /// that moves in a straight line: barycentric `place_au` (ICRS axes) at `epoch_jd_tdb`, `velocity` in AU per day, as
    /// light seen at the barycentre shows it.
    pub(crate) fn ecliptic_deg(&self, place_au: [f64; 3], velocity: [f64; 3], epoch_jd_tdb: f64) -> (f64, f64) {
        let ahead_days = ahead_of_barycentre_days(Vec3(place_au).unit().0, &self.instant.earth);
        let days = self.jd_tdb + ahead_days - epoch_jd_tdb;
        let now = Vec3(place_au) + Vec3(velocity).scale(days);
        let seen = self.frame.rotate(apparent_far(now, &self.instant.earth, &self.instant.sun));
        (reduced_deg(longitude(seen)), latitude(seen).to_degrees())
    }
}
