//! P: The longitudes of bodies over a period, each sampled once. Finds no events.
//!
//! Source: paths (see `path`) through places of DE440 (Park et al. 2021). Error: 0.02 arcsec of what follows from it
//! (`a_year_of_transits_equals_that_of_swiss_ephemeris`).

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use super::path::{Fit, Path};
use crate::astro::body::Body;
use crate::astro::ephemeris::{Ephemeris, View};
use crate::astro::error::AstroError;
use crate::astro::stop::Stop;
use crate::astro::zodiac::Zodiac;

/// Largest of the last two Chebyshev coefficients of a longitude, degrees. A Julian Date of our days resolves 40
/// microseconds, in which the Moon moves 6e-9 degrees: a closer fit would follow that.
const TOLERANCE_DEG: f64 = 1e-8;

/// Length of a piece of any body but the fastest, days.
const PIECE_DAYS: f64 = 24.0;
/// From this many bodies on it is cheaper to ask for all twelve at once.
const SHARING_MIN: usize = 4;

/// Longitudes (apparent, geocentric; tropical of date unless moved to another zodiac) from one Julian Date TT to a later one.
#[derive(Debug)]
pub struct Sky {
    from_jd_tt: f64,
    to_jd_tt: f64,
    paths: BTreeMap<Body, Path>,
}

impl Sky {
    /// Samples these bodies.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`] where the period leaves the ephemeris.
    pub fn new(from_jd_tt: f64, to_jd_tt: f64, bodies: &[Body]) -> Result<Self, AstroError> {
        Self::unless(Stop::NEVER, from_jd_tt, to_jd_tt, bodies)
    }

    /// Samples these bodies, unless it is stopped.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`] where the period leaves the ephemeris; [`AstroError::Stopped`].
    pub fn unless(stop: Stop<'_>, from_jd_tt: f64, to_jd_tt: f64, bodies: &[Body]) -> Result<Self, AstroError> {
        let ephemeris = Ephemeris::embedded();
        let shared = |body: &&Body| piece_days(**body) == PIECE_DAYS;
        let mut together: HashMap<u64, [f64; 12]> = HashMap::new();
        if bodies.iter().filter(shared).count() >= SHARING_MIN {
            for jd_tt in Path::instants(from_jd_tt, to_jd_tt, PIECE_DAYS) {
                stop.check()?;
                together.insert(jd_tt.to_bits(), ephemeris.longitudes_deg(jd_tt)?);
            }
        }
        let mut paths = BTreeMap::new();
        for &body in bodies {
            let how = Fit { tolerance: TOLERANCE_DEG, piece_days: piece_days(body), angle: true };
            let sample = |jd_tt: f64| match together.get(&jd_tt.to_bits()).and_then(|all| all.get(body as usize)) {
                Some(longitude_deg) => Ok(*longitude_deg),
                None => stop.check().and_then(|()| ephemeris.longitude_deg(body, jd_tt)),
            };
            paths.insert(body, Path::fit(from_jd_tt, to_jd_tt, how, sample)?);
        }
        Ok(Self { from_jd_tt, to_jd_tt, paths })
    }

    /// Samples these bodies as a view shows them: from a place on the Earth, from the Sun, without aberration.
    ///
    /// # Errors
    /// Those of [`Ephemeris::position`]; [`AstroError::Stopped`].
    pub fn of_view(
        stop: Stop<'_>,
        from_jd_tt: f64,
        to_jd_tt: f64,
        bodies: &[Body],
        view: &View,
    ) -> Result<Self, AstroError> {
        if *view == View::default() {
            return Self::unless(stop, from_jd_tt, to_jd_tt, bodies);
        }
        let mut paths = BTreeMap::new();
        for &body in bodies {
            let how = Fit { tolerance: TOLERANCE_DEG, piece_days: piece_days(body), angle: true };
            let sample = |jd_tt| {
                stop.check()?;
                Ok::<_, AstroError>(Ephemeris::embedded().position(body, jd_tt, view)?.longitude_deg)
            };
            paths.insert(body, Path::fit(from_jd_tt, to_jd_tt, how, sample)?);
        }
        Ok(Self { from_jd_tt, to_jd_tt, paths })
    }

    /// First and last Julian Date TT.
    pub fn span(&self) -> (f64, f64) {
        (self.from_jd_tt, self.to_jd_tt)
    }

    /// The bodies, in the order of [`Body`], with their paths.
    pub fn paths(&self) -> impl Iterator<Item = (Body, &Path)> {
        self.paths.iter().map(|(body, path)| (*body, path))
    }

    /// The path of a body, if it was sampled.
    pub fn path(&self, body: Body) -> Option<&Path> {
        self.paths.get(&body)
    }

    /// How far body `a` is ahead of body `b` in longitude; `None` if one was not sampled.
    pub fn lead(&self, a: Body, b: Body) -> Option<Path> {
        let (first, second) = (self.path(a)?, self.path(b)?);
        let how = Fit { tolerance: 2.0 * TOLERANCE_DEG, piece_days: piece_days(a).min(piece_days(b)), angle: true };
        let sample = |jd| Ok::<_, Infallible>(first.value(jd) - second.value(jd));
        match Path::fit(self.from_jd_tt, self.to_jd_tt, how, sample) {
            Ok(path) => Some(path),
            Err(never) => match never {},
        }
    }

    /// The same in another zodiac: its offset is taken off every longitude.
    #[must_use]
    pub fn in_zodiac(self, zodiac: &Zodiac) -> Self {
        if *zodiac == Zodiac::Tropical {
            return self;
        }
        let (from, to) = self.span();
        let fit = |piece_days, sample: &dyn Fn(f64) -> f64| {
            let how = Fit { tolerance: 2.0 * TOLERANCE_DEG, piece_days, angle: true };
            match Path::fit(from, to, how, |jd| Ok::<_, Infallible>(sample(jd))) {
                Ok(path) => path,
                Err(never) => match never {},
            }
        };
        let offset = fit(piece_days(Body::TrueNode), &|jd| zodiac.offset_deg(jd));
        let shifted =
            |(body, path): (Body, Path)| (body, fit(piece_days(body), &|jd| path.value(jd) - offset.value(jd)));
        Self { paths: self.paths.into_iter().map(shifted).collect(), ..self }
    }
}

/// Length of a piece that mostly need not be cut, days: the Moon's own unevenness, or the fortnightly nutation in all.
const fn piece_days(body: Body) -> f64 {
    match body {
        Body::Moon => 8.0,
        Body::TrueNode | Body::OsculatingApogee => 6.0,
        _ => PIECE_DAYS,
    }
}
