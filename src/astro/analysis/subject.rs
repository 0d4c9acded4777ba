//! P: What is analysed: a chart or a figure as placements, angles, houses and aspects, with its horizon or its span of time.
//! Judges nothing.

use crate::astro::angles::{Angles, norm_deg, wrap_deg};
use crate::astro::aspects::AspectHit;
use crate::astro::aspects::declination::ParallelHit;
use crate::astro::body::Body;
use crate::astro::chart::Chart;
use crate::astro::ephemeris::Site;
use crate::astro::error::AstroError;
use crate::astro::figure::{Figure, Placement};
use crate::astro::houses::Houses;
use crate::astro::options::ChartOptions;
use crate::astro::patterns::Pattern;
use crate::astro::scene::{Horizon, Scene};
use crate::astro::time;

/// Step between the instants at which a vague time is looked at, days. Between two of them it is looked at again about
/// each crossing of a whole degree, where signs, terms, faces and partile aspects change.
const STEP_DAYS: f64 = 1.0 / 48.0;
/// How long before and after a crossing, days: two seconds.
const BESIDE_DAYS: f64 = 2.0 / 86_400.0;

/// When and where: an instant, or a span of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Occasion {
    /// The instant, or the start of the span, Julian Date UTC.
    pub from_jd_utc: f64,
    /// The end of the span; the same for an instant.
    pub to_jd_utc: f64,
    /// The place; none for a figure without one.
    pub site: Option<Site>,
}

/// A chart to be analysed.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Julian Date TT of the placements.
    pub jd_tt: f64,
    /// What the chart was asked to be.
    pub options: &'a ChartOptions,
    /// Its bodies.
    pub bodies: &'a [Placement],
    /// The angles, where known.
    pub angles: Option<&'a Angles>,
    /// The houses, where known.
    pub houses: Option<&'a Houses>,
    /// The chart's aspects.
    pub aspects: &'a [AspectHit],
    /// Its parallels and its patterns, as they were found for the whole of a vague time.
    pub parallels: &'a [ParallelHit],
    /// The same.
    pub patterns: &'a [Pattern],
    /// The horizon, where time and place are known.
    pub horizon: Option<Horizon>,
    /// When and where.
    pub occasion: Occasion,
}

impl<'a> From<&'a Chart> for Subject<'a> {
    fn from(chart: &'a Chart) -> Self {
        let birth = &chart.birth;
        let (from_jd_utc, to_jd_utc) = match &chart.window {
            Some(window) => (window.from_jd_ut, window.to_jd_ut),
            None => (chart.jd_utc, chart.jd_utc),
        };
        let site = Site {
            latitude_deg: birth.latitude_deg,
            longitude_deg: birth.longitude_deg,
            altitude_m: chart.options.altitude_m(),
        };
        Self {
            jd_tt: chart.jd_tt,
            options: &chart.options,
            bodies: &chart.bodies,
            angles: chart.angles.as_ref(),
            houses: chart.houses.as_ref(),
            aspects: &chart.aspects,
            parallels: &chart.parallels,
            patterns: &chart.patterns,
            horizon: horizon(chart.sidereal_time_deg, chart.obliquity_deg, Some(birth.latitude_deg)),
            occasion: Occasion { from_jd_utc, to_jd_utc, site: Some(site) },
        }
    }
}

impl<'a> From<&'a Figure> for Subject<'a> {
    fn from(figure: &'a Figure) -> Self {
        let site = figure.site.map(|site| Site {
            latitude_deg: site.latitude_deg,
            longitude_deg: site.longitude_deg,
            altitude_m: site.altitude_m,
        });
        Self {
            jd_tt: figure.jd_tt,
            options: &figure.options,
            bodies: &figure.bodies,
            angles: figure.angles.as_ref(),
            houses: figure.houses.as_ref(),
            aspects: &figure.aspects,
            parallels: &figure.parallels,
            patterns: &figure.patterns,
            horizon: horizon(figure.sidereal_time_deg, figure.obliquity_deg, site.map(|site| site.latitude_deg)),
            occasion: Occasion { from_jd_utc: figure.jd_utc, to_jd_utc: figure.jd_utc, site },
        }
    }
}

fn horizon(sidereal_time_deg: Option<f64>, obliquity_deg: f64, latitude_deg: Option<f64>) -> Option<Horizon> {
    let (sidereal_time_deg, latitude_deg) = sidereal_time_deg.zip(latitude_deg)?;
    Some(Horizon { sidereal_time_deg, obliquity_deg, latitude_deg })
}

impl Subject<'_> {
    /// Whether the time is a span.
    pub const fn is_vague(&self) -> bool {
        self.occasion.to_jd_utc > self.occasion.from_jd_utc
    }

    /// The one scene of an instant, or those of a span in the order of time.
    ///
    /// # Errors
    /// As [`Scene::at`].
    pub(super) fn scenes(&self) -> Result<Vec<Scene>, AstroError> {
        if !self.is_vague() {
            return Ok(vec![self.exact()?]);
        }
        let Occasion { from_jd_utc, to_jd_utc, site } = self.occasion;
        let length = to_jd_utc - from_jd_utc;
        let halves = (length / STEP_DAYS / 2.0).ceil().max(1.0) as usize;
        let at = |jd_utc: f64| {
            let mut scene = Scene::at(time::scales_from_utc(jd_utc).jd_tt, self.options)?;
            if let Some(site) = site {
                scene.stand_under(&Horizon::at(jd_utc, site.latitude_deg, site.longitude_deg));
            }
            Ok(scene)
        };
        let even: Vec<Scene> = (0..=2 * halves)
            .map(|index| at(from_jd_utc + length * index as f64 / (2 * halves) as f64))
            .collect::<Result<_, _>>()?;
        let mut scenes = Vec::with_capacity(2 * even.len());
        let pace_days = length / (2 * halves) as f64;
        for (index, scene) in even.iter().enumerate() {
            scenes.push(scene.clone());
            let Some(next) = even.get(index + 1) else { break };
            for share in crossings(scene, next) {
                let jd_utc = from_jd_utc + pace_days * (index as f64 + share);
                for beside in [jd_utc - BESIDE_DAYS, jd_utc + BESIDE_DAYS] {
                    scenes.push(at(beside.clamp(from_jd_utc, to_jd_utc))?);
                }
            }
        }
        Ok(scenes)
    }

    /// The scene of the placements; what they lack of the ten planets and the node comes from the ephemeris.
    fn exact(&self) -> Result<Scene, AstroError> {
        let placement = |body: Body| self.bodies.iter().find(|placement| placement.body == body);
        let complete = Body::PLANETS.into_iter().chain([Body::TrueNode]).all(|body| placement(body).is_some());
        let mut scene =
            if complete && self.options.has_horizon() { self.empty() } else { Scene::at(self.jd_tt, self.options)? };
        for seen in &mut scene.planets {
            if let Some(found) = placement(seen.body) {
                seen.longitude_deg = found.longitude_deg;
                seen.latitude_deg = found.latitude_deg;
                seen.distance_au = found.distance_au;
                seen.speed_deg_per_day = found.speed_deg_per_day;
            }
            seen.house = self.houses.map(|houses| houses.house_of(seen.longitude_deg));
        }
        if let Some(node) = placement(Body::TrueNode) {
            scene.node_deg = norm_deg(node.longitude_deg);
        }
        if let Some(horizon) = &self.horizon {
            scene.stand_under(horizon);
        }
        Ok(scene)
    }

    /// A scene to be filled.
    fn empty(&self) -> Scene {
        let offset_deg = self.options.zodiac.offset_deg(self.jd_tt);
        Scene::unplaced(self.jd_tt, offset_deg)
    }
}

/// The shares of the way between two scenes at which a body crosses a whole degree, in order; by even motion, which is true
/// to a second in half an hour.
fn crossings(from: &Scene, to: &Scene) -> Vec<f64> {
    let bodies = from.planets.iter().zip(&to.planets).map(|(a, b)| (a.longitude_deg, b.longitude_deg));
    let node = (from.node_deg, to.node_deg);
    let share = |(a_deg, b_deg): (f64, f64)| {
        let way_deg = wrap_deg(b_deg - a_deg);
        let edge_deg = if way_deg > 0.0 { a_deg.floor() + 1.0 } else { a_deg.ceil() - 1.0 };
        let share = (edge_deg - a_deg) / way_deg;
        (0.0..=1.0).contains(&share).then_some(share)
    };
    let mut shares: Vec<f64> = bodies.chain([node]).filter_map(share).collect();
    shares.sort_by(f64::total_cmp);
    shares
}
