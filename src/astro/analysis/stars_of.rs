//! P: The fixed stars beside the points of a chart, at an instant or throughout a span. Knows no star of its own.

use super::{AnalysisOptions, Subject, middle_of};
use crate::astro::angles::norm_deg;
use crate::astro::body::Body;
use crate::astro::error::AstroError;
use crate::astro::point::Point;
use crate::astro::scene::Scene;
use crate::astro::spans::Span;
use crate::astro::stars::{self, OpenStar, StarHit};

/// How much more than the scenes show is allowed for what moves between them, degrees: a turn in half an hour, and
/// nutation and aberration of a star.
const BETWEEN_DEG: f64 = 1e-4;

/// Stars beside the planets, the node and the angles, with a vague time those that are beside them throughout; and whether
/// there are others then.
///
/// # Errors
/// [`AstroError::OutOfSpan`].
pub(super) fn hits(
    subject: &Subject<'_>,
    scenes: &[Scene],
    options: &AnalysisOptions,
) -> Result<(Vec<StarHit>, bool), AstroError> {
    let Some(wanted) = &options.stars else { return Ok((Vec::new(), false)) };
    let there = |scene: &Scene| stars::conjunctions(scene.jd_tt, &points(subject, scene), wanted);
    let middle = middle_of(scenes);
    let mut hits = there(middle)?;
    let mut others = false;
    if scenes.len() > 1 {
        let mut open: Vec<Option<OpenStar>> = vec![None; hits.len()];
        let mut held = vec![true; hits.len()];
        for scene in scenes {
            let now = there(scene)?;
            let same =
                |hit: &StarHit, one: &StarHit| one.point == hit.point && one.place.star.code == hit.place.star.code;
            others |= now.iter().any(|one| !hits.iter().any(|hit| same(hit, one)));
            for (index, hit) in hits.iter().enumerate() {
                match now.iter().find(|one| same(hit, one)) {
                    Some(one) => open[index] = Some(OpenStar::with(open[index], one, scene.offset_deg)),
                    None => held[index] = false,
                }
            }
        }
        others |= held.contains(&false);
        for (hit, open) in hits.iter_mut().zip(open) {
            hit.open = open.map(|open| open.widened(BETWEEN_DEG));
        }
        let mut held = held.into_iter();
        hits.retain(|_| held.next().unwrap_or(false));
    }
    // Places are tropical so far; a chart's longitudes are in its own zodiac.
    for hit in &mut hits {
        hit.place.longitude_deg = norm_deg(hit.place.longitude_deg - middle.offset_deg);
    }
    Ok((hits, others))
}

/// The points of a scene, tropical longitudes in degrees.
fn points(subject: &Subject<'_>, scene: &Scene) -> Vec<(Point, f64)> {
    let planets = scene.planets.iter().map(|seen| (Point::Body(seen.body), seen.longitude_deg));
    let mut points: Vec<(Point, f64)> = planets.chain([(Point::Body(Body::TrueNode), scene.node_deg)]).collect();
    if let Some(angles) = subject.angles {
        points.push((Point::Ascendant, angles.ascendant.longitude_deg));
        points.push((Point::Midheaven, angles.midheaven.longitude_deg));
    }
    points.into_iter().map(|(point, longitude_deg)| (point, longitude_deg + scene.offset_deg)).collect()
}

impl OpenStar {
    /// With what one more scene shows.
    fn with(open: Option<Self>, hit: &StarHit, offset_deg: f64) -> Self {
        let longitude_deg = norm_deg(hit.place.longitude_deg - offset_deg);
        let latitude_deg = hit.place.latitude_deg;
        let first = Self {
            orb_deg: Span::at(hit.orb_deg),
            longitude_deg: Span::at(longitude_deg),
            latitude_deg: Span::at(latitude_deg),
        };
        let Some(open) = open else { return first };
        Self {
            orb_deg: open.orb_deg.with(hit.orb_deg),
            longitude_deg: open.longitude_deg.with(longitude_deg),
            latitude_deg: open.latitude_deg.with(latitude_deg),
        }
    }

    fn widened(self, by_deg: f64) -> Self {
        Self {
            orb_deg: self.orb_deg.widened(by_deg),
            longitude_deg: self.longitude_deg.widened(by_deg),
            latitude_deg: self.latitude_deg.widened(by_deg),
        }
    }
}
