//! P: Transits: when a moving body comes within the orb of an aspect to a point of a chart, is exact, and leaves. No
//! weights and no meaning.
//!
//! Source: roots of a path (see `path`) over DE440 (Park et al. 2021); arcs of a vague birth by definition. Error: the time
//! in which the body moves 0.02 arcsec, and 0.1 s, against Swiss Ephemeris
//! (`a_year_of_transits_equals_that_of_swiss_ephemeris`).

use serde::{Deserialize, Serialize};

use super::aspects::levels_deg;
use super::path::{Episode, Path};
use super::sky::Sky;
use crate::astro::angles::norm_deg;
use crate::astro::aspects::Aspect;
use crate::astro::body::Body;
use crate::astro::error::AstroError;
use crate::astro::point::Point;
use crate::astro::stop::Stop;

/// A point of a chart: a longitude, or the arc in which a vague time of birth leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NatalArc {
    /// Which point.
    pub point: Point,
    /// Longitude, or where the arc starts, degrees.
    pub from_deg: f64,
    /// The same longitude, or where the arc ends going forward, degrees.
    pub to_deg: f64,
}

/// A moment, or the window in which an arc leaves it. Julian Dates TT.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The moment, or its earliest.
    pub from_jd_tt: f64,
    /// The moment, or its latest.
    pub to_jd_tt: f64,
}

/// An exact pass.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// Its place among the passes of this stay within orb, from 1; none where an arc leaves it open. A loop that leaves the
    /// orb and comes back has its passes in several transits.
    pub number: Option<u16>,
    /// When it is exact.
    pub exact: Window,
    /// Whether the body then moves backwards; none if it turns within the window.
    pub retrograde: Option<bool>,
    /// Whether the body turns within the window, so that there may be none, or more than one.
    pub turns_within: bool,
    /// Whether there is this one pass wherever in the arc the point is: the body does not turn within the window, and the
    /// period does not cut it.
    pub certain: bool,
}

/// A transit from its coming within orb to its leaving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transit {
    /// The body in the sky.
    pub transiting: Body,
    /// The point of the chart.
    pub natal: Point,
    /// Their aspect.
    pub aspect: Aspect,
    /// The largest orb, degrees.
    pub orb_max_deg: f64,
    /// When it comes within orb; `None` if it is so from the start of the period. Of an arc a window that starts with the
    /// period may have been open before.
    pub enters: Option<Window>,
    /// Every exact pass, in order. None if the body turns back before it is exact, or is exact outside the period.
    pub passes: Vec<Pass>,
    /// When it leaves; `None` if it is within orb to the end of the period. A window that ends with the period likewise.
    pub leaves: Option<Window>,
    /// Whether it comes about wherever in the arc the point is.
    pub certain: bool,
}

impl NatalArc {
    /// A point whose longitude is known.
    pub const fn exact(point: Point, longitude_deg: f64) -> Self {
        Self { point, from_deg: longitude_deg, to_deg: longitude_deg }
    }

    /// Length of the arc, degrees.
    pub fn width_deg(&self) -> f64 {
        norm_deg(self.to_deg - self.from_deg)
    }
}

impl Transit {
    /// Where it sorts: its first pass, or else its start.
    fn start_jd_tt(&self) -> f64 {
        self.enters.map_or(f64::NEG_INFINITY, |window| window.from_jd_tt)
    }
}

/// The transits of the bodies of the sky to these points, by their start; those within orb from the start come first.
///
/// `orb_max_deg(body, aspect, point)` gives the largest orb, degrees, or `None` for an aspect that does not count. The
/// sky's zodiac must be the points'. An arc wider than twice its orb has transits that are never certain.
///
/// # Errors
/// [`AstroError::Stopped`] alone.
pub fn transits(
    stop: Stop<'_>,
    sky: &Sky,
    points: &[NatalArc],
    aspects: &[Aspect],
    orb_max_deg: impl Fn(Body, Aspect, Point) -> Option<f64>,
) -> Result<Vec<Transit>, AstroError> {
    let mut found = Vec::new();
    for (body, path) in sky.paths() {
        for arc in points {
            stop.check()?;
            for &aspect in aspects {
                if let Some(orb_max_deg) = orb_max_deg(body, aspect, arc.point) {
                    of_aspect(path, (body, aspect, orb_max_deg), arc, &mut found);
                }
            }
        }
    }
    found.sort_by(|a, b| a.start_jd_tt().total_cmp(&b.start_jd_tt()));
    Ok(found)
}

fn of_aspect(path: &Path, (body, aspect, orb_max_deg): (Body, Aspect, f64), arc: &NatalArc, found: &mut Vec<Transit>) {
    for level_deg in levels_deg(aspect) {
        let width_deg = arc.width_deg();
        let from_deg = arc.from_deg + level_deg;
        let outer = path.stays_between(from_deg - orb_max_deg, from_deg, from_deg + width_deg + orb_max_deg);
        let blank = Transit {
            transiting: body,
            natal: arc.point,
            aspect,
            orb_max_deg,
            enters: None,
            passes: Vec::new(),
            leaves: None,
            certain: true,
        };
        if width_deg > 0.0 {
            let bounds = Bounds::new(path, from_deg, width_deg, orb_max_deg);
            found.extend(outer.iter().map(|stay| bounds.transit(path, stay, &blank)));
        } else {
            found.extend(outer.iter().map(|stay| of_stay(path, stay, &blank)));
        }
    }
}

/// The transit to a known longitude.
fn of_stay(path: &Path, stay: &Episode, blank: &Transit) -> Transit {
    let at = |jd: f64| Window { from_jd_tt: jd, to_jd_tt: jd };
    let pass = |(index, jd): (usize, &f64)| Pass {
        number: Some(index as u16 + 1),
        exact: at(*jd),
        retrograde: Some(path.rate(*jd) < 0.0),
        turns_within: false,
        certain: true,
    };
    Transit {
        enters: stay.enters.map(at),
        passes: stay.exact.iter().enumerate().map(pass).collect(),
        leaves: stay.leaves.map(at),
        ..blank.clone()
    }
}

/// What an arc leaves open: the stays that are within orb of all of it, and those within the arc itself.
struct Bounds {
    sure: Vec<Episode>,
    within: Vec<Episode>,
    turns: Vec<f64>,
    span: (f64, f64),
}

impl Bounds {
    fn new(path: &Path, from_deg: f64, width_deg: f64, orb_deg: f64) -> Self {
        let middle_deg = from_deg + 0.5 * width_deg;
        let sure = if width_deg < 2.0 * orb_deg {
            path.stays_between(from_deg + width_deg - orb_deg, middle_deg, from_deg + orb_deg)
        } else {
            Vec::new()
        };
        let turns = path.turns().into_iter().map(|turn| turn.jd).collect();
        Self { sure, within: path.stays_between(from_deg, middle_deg, from_deg + width_deg), turns, span: path.span() }
    }

    fn transit(&self, path: &Path, stay: &Episode, blank: &Transit) -> Transit {
        let (first, last) = (stay.enters.unwrap_or(self.span.0), stay.leaves.unwrap_or(self.span.1));
        let inside = |episode: &&Episode| {
            episode.enters.unwrap_or(self.span.0) >= first && episode.leaves.unwrap_or(self.span.1) <= last
        };
        let sure: Vec<&Episode> = self.sure.iter().filter(inside).collect();
        let within = |episode: &Episode, jd: f64| {
            (episode.enters.unwrap_or(self.span.0)..=episode.leaves.unwrap_or(self.span.1)).contains(&jd)
        };
        let turns: Vec<f64> = self.turns.iter().copied().filter(|jd| (first..=last).contains(jd)).collect();
        // Where the body turns within orb of a part of the arc alone, some points see it leave and come back.
        let broken = sure.is_empty() || turns.iter().any(|jd| !sure.iter().any(|episode| within(episode, *jd)));
        let (until, from) = match sure.first() {
            Some(episode) if !broken => (episode.enters.unwrap_or(self.span.0), episode.leaves.unwrap_or(self.span.1)),
            _ => (last, first),
        };
        let mut numbered = !broken;
        let pass = |(index, episode): (usize, &Episode)| {
            let window = Window {
                from_jd_tt: episode.enters.unwrap_or(self.span.0),
                to_jd_tt: episode.leaves.unwrap_or(self.span.1),
            };
            let turns_within = turns.iter().any(|jd| within(episode, *jd));
            let certain = !turns_within && episode.enters.is_some() && episode.leaves.is_some();
            // A lone pass has its number even where it may fall without the period; those after it have none then.
            let number = (numbered && !turns_within).then_some(index as u16 + 1);
            numbered &= certain;
            let retrograde = (!turns_within).then(|| path.rate(0.5 * (window.from_jd_tt + window.to_jd_tt)) < 0.0);
            Pass { number, exact: window, retrograde, turns_within, certain }
        };
        let passes = self.within.iter().filter(inside).enumerate().map(pass).collect();
        let throughout = |edge: Option<f64>, sure: Option<&&Episode>, of: fn(&Episode) -> Option<f64>| {
            edge.is_none() && !broken && sure.is_some_and(|episode| of(episode).is_none())
        };
        let starts_in = throughout(stay.enters, sure.first(), |episode| episode.enters);
        let ends_in = throughout(stay.leaves, sure.last(), |episode| episode.leaves);
        Transit {
            enters: (!starts_in).then_some(Window { from_jd_tt: first, to_jd_tt: until }),
            passes,
            leaves: (!ends_in).then_some(Window { from_jd_tt: from, to_jd_tt: last }),
            certain: !sure.is_empty(),
            ..blank.clone()
        }
    }
}
