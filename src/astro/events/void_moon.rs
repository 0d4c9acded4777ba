//! P: When the Moon is void of course: from her last major aspect in a sign until she leaves it. Interprets nothing.
//!
//! Source: Lilly 1647, p. 122, in the present form told below. Error: 9 s against the same rule on Swiss Ephemeris' aspects
//! (`the_moon_is_void_from_her_last_aspect_to_her_next_sign`).

use serde::{Deserialize, Serialize};

use super::aspects::{SkyAspect, of_pair};
use super::ingresses::of_path;
use super::sky::Sky;
use crate::astro::aspects::Aspect;
use crate::astro::body::Body;
use crate::astro::ephemeris::Ephemeris;
use crate::astro::error::AstroError;
use crate::astro::signs::Sign;
use crate::astro::stop::Stop;
use crate::astro::zodiac::Zodiac;

/// The Moon spends at most this in a sign, days.
const SIGN_MAX_DAYS: f64 = 2.8;
/// The five aspects that count.
const MAJOR: [Aspect; 5] = [Aspect::Conjunction, Aspect::Sextile, Aspect::Square, Aspect::Trine, Aspect::Opposition];

/// A stretch without aspects before a change of sign.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct VoidMoon {
    /// Its start: the last exact aspect in the sign, or the entry into a sign in which she makes none. Julian Date TT.
    pub from_jd_tt: f64,
    /// Its end: the entry into the next sign. Julian Date TT.
    pub to_jd_tt: f64,
    /// The next sign.
    pub enters: Sign,
    /// The last aspect; `None` if she makes none in the whole sign.
    pub last: Option<(Body, Aspect)>,
}

/// The void stretches that touch a period (Julian Dates TT), by time.
///
/// The rule (Lilly 1647, p. 122, in its present form): void from the last exact conjunction, sextile, square, trine or
/// opposition with the Sun or one of `planets` until the Moon changes sign. `planets` is customarily Mercury to Saturn, or
/// to Pluto. Aspects are measured in longitude and do not depend on the zodiac; the signs do.
///
/// # Errors
/// [`AstroError::OutOfSpan`] where the period leaves the ephemeris; [`AstroError::Stopped`].
pub fn void_moons(
    stop: Stop<'_>,
    from_jd_tt: f64,
    to_jd_tt: f64,
    planets: &[Body],
    zodiac: &Zodiac,
) -> Result<Vec<VoidMoon>, AstroError> {
    let (first, last) = Ephemeris::embedded().span();
    let mut bodies = vec![Body::Sun, Body::Moon];
    bodies.extend(planets.iter().filter(|body| !matches!(body, Body::Sun | Body::Moon)));
    // A sign's length on either side, twice before: the sign in which the period starts has its own start.
    let (start, end) = ((from_jd_tt - 2.0 * SIGN_MAX_DAYS).max(first), (to_jd_tt + SIGN_MAX_DAYS).min(last));
    let sky = Sky::unless(stop, start, end, &bodies)?;
    let mut aspects: Vec<(SkyAspect, Body)> = Vec::new();
    for &other in bodies.iter().filter(|body| **body != Body::Moon) {
        stop.check()?;
        aspects.extend(of_pair(&sky, Body::Moon, other, &MAJOR).into_iter().map(|aspect| (aspect, other)));
    }
    aspects.sort_by(|x, y| x.0.jd_tt.total_cmp(&y.0.jd_tt));
    let sky = sky.in_zodiac(zodiac);
    let Some(path) = sky.path(Body::Moon) else { return Ok(Vec::new()) };
    let mut entries: Vec<(f64, Sign)> = of_path(Body::Moon, path).map(|entry| (entry.jd_tt, entry.sign)).collect();
    entries.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut found: Vec<VoidMoon> = entries
        .windows(2)
        .filter_map(|pair| {
            let (start, end) = (pair[0].0, pair[1].0);
            let before = aspects.partition_point(|(aspect, _)| aspect.jd_tt <= end);
            let last = aspects[..before].last().filter(|(aspect, _)| aspect.jd_tt >= start);
            let void = VoidMoon {
                from_jd_tt: last.map_or(start, |(aspect, _)| aspect.jd_tt),
                to_jd_tt: end,
                enters: pair[1].1,
                last: last.map(|(aspect, other)| (*other, aspect.aspect)),
            };
            (void.to_jd_tt > from_jd_tt && void.from_jd_tt < to_jd_tt).then_some(void)
        })
        .collect();
    found.sort_by(|a, b| a.from_jd_tt.total_cmp(&b.from_jd_tt));
    Ok(found)
}
