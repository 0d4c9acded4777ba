//! P: What is analysed: a chart as placements, angles, houses and aspects, with its horizon or its span of time. Judges
//! nothing.

use crate::astro::angles::{Angles, norm_deg};
use crate::astro::aspects::AspectHit;
use crate::astro::body::Body;
use crate::astro::chart::Chart;
use crate::astro::error::AstroError;
use crate::astro::figure::Placement;
use crate::astro::houses::Houses;
use crate::astro::scene::{Horizon, Scene, Seen};
use crate::astro::time;

/// Step between the instants at which a vague time is looked at, days: in half an hour no planet crosses anything and
/// comes back, since the narrowest term is two degrees wide.
const STEP_DAYS: f64 = 1.0 / 48.0;

/// A span of time and the place where it passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VagueTime {
    /// Start, Julian Date UTC.
    pub from_jd_utc: f64,
    /// End, the same.
    pub to_jd_utc: f64,
    /// Degrees north.
    pub latitude_deg: f64,
    /// Degrees east.
    pub longitude_deg: f64,
}

/// A chart to be analysed.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Julian Date TT of the placements.
    pub jd_tt: f64,
    /// Bodies, the ten planets among them.
    pub bodies: &'a [Placement],
    /// The angles, where known.
    pub angles: Option<&'a Angles>,
    /// The houses, where known.
    pub houses: Option<&'a Houses>,
    /// The chart's aspects.
    pub aspects: &'a [AspectHit],
    /// The horizon, where time and place are known.
    pub horizon: Option<Horizon>,
    /// The span, where the time is vague.
    pub vague: Option<VagueTime>,
    /// What must be added to the chart's longitudes to make them tropical, degrees.
    pub offset_deg: f64,
}

impl<'a> From<&'a Chart> for Subject<'a> {
    fn from(chart: &'a Chart) -> Self {
        let birth = &chart.birth;
        Self {
            jd_tt: chart.jd_tt,
            bodies: &chart.bodies,
            angles: chart.angles.as_ref(),
            houses: chart.houses.as_ref(),
            aspects: &chart.aspects,
            horizon: chart.sidereal_time_deg.map(|sidereal_time_deg| Horizon {
                sidereal_time_deg,
                obliquity_deg: chart.obliquity_deg,
                latitude_deg: birth.latitude_deg,
            }),
            vague: chart.window.as_ref().map(|window| VagueTime {
                from_jd_utc: window.from_jd_ut,
                to_jd_utc: window.to_jd_ut,
                latitude_deg: birth.latitude_deg,
                longitude_deg: birth.longitude_deg,
            }),
            offset_deg: 0.0,
        }
    }
}

impl Subject<'_> {
    /// The one scene of an exact time, or scenes half an hour apart, an odd number of them, over a vague one.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`] outside the ephemeris.
    pub(super) fn scenes(&self) -> Result<Vec<Scene>, AstroError> {
        let Some(span) = &self.vague else { return Ok(vec![self.exact()?]) };
        let length = span.to_jd_utc - span.from_jd_utc;
        let halves = (length / STEP_DAYS / 2.0).ceil().max(1.0) as usize;
        let at = |index: usize| {
            let jd_utc = span.from_jd_utc + length * index as f64 / (2 * halves) as f64;
            let mut scene = Scene::at(time::scales_from_utc(jd_utc).jd_tt, self.offset_deg)?;
            scene.stand_under(&Horizon::at(jd_utc, span.latitude_deg, span.longitude_deg));
            // The planets' own heights change with every hour; what they say of day and night is kept alone.
            Ok(scene)
        };
        (0..=2 * halves).map(at).collect()
    }

    /// The scene of the placements; what they lack of the ten planets and the node comes from the ephemeris.
    fn exact(&self) -> Result<Scene, AstroError> {
        let seen = |body: Body| {
            let placement = self.bodies.iter().find(|placement| placement.body == body)?;
            Some(Seen {
                body,
                longitude_deg: placement.longitude_deg,
                latitude_deg: placement.latitude_deg,
                distance_au: placement.distance_au,
                speed_deg_per_day: placement.speed_deg_per_day,
                house: placement.house,
                above_horizon: None,
            })
        };
        let found: Vec<Seen> = Body::PLANETS.into_iter().filter_map(seen).collect();
        let node = self.bodies.iter().find(|placement| placement.body == Body::TrueNode);
        let mut scene = match (<[Seen; 10]>::try_from(found.as_slice()), node) {
            (Ok(planets), Some(node)) => {
                let node_deg = norm_deg(node.longitude_deg);
                Scene { jd_tt: self.jd_tt, planets, node_deg, is_day: None, offset_deg: self.offset_deg }
            }
            _ => {
                let mut scene = Scene::at(self.jd_tt, self.offset_deg)?;
                for seen in &mut scene.planets {
                    seen.house = self.houses.map(|houses| houses.house_of(seen.longitude_deg));
                }
                scene
            }
        };
        if let Some(horizon) = &self.horizon {
            scene.stand_under(horizon);
        }
        Ok(scene)
    }
}
