//! P: Aspects between the points of two skies: progressed to natal, one person to another. Orbs come from the caller.

use serde::{Deserialize, Serialize};

use super::angles::{separation_deg, wrap_deg};
use super::aspects::Aspect;
use super::body::Body;
use super::chart::Chart;
use super::point::Point;
use super::spans::{OpenHit, Span};
use super::vague::reach_deg;

/// The largest orb of an aspect from a point of one sky to a point of the other, degrees; none where the aspect does not
/// count.
pub type Orbs<'a> = &'a dyn Fn(Aspect, Point, Point) -> Option<f64>;

/// A point with its longitude, its rate where it moves, and how far it may stand below and above when it is vague.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Which point.
    pub point: Point,
    /// Longitude, degrees.
    pub longitude_deg: f64,
    /// Rate in any unit that both skies share; 0 for a sky that stands still.
    pub speed: f64,
    /// Between what the rate lies when it is vague.
    pub speeds: Span,
    /// How far below and above it may stand, degrees: not positive, not negative.
    pub reach_deg: (f64, f64),
}

/// An aspect from a point of one sky to a point of another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossAspect {
    /// The point of the first sky.
    pub from: Point,
    /// The point of the second sky.
    pub to: Point,
    /// Which aspect.
    pub aspect: Aspect,
    /// The shorter arc between the two, 0..=180 degrees.
    pub separation_deg: f64,
    /// Distance from the exact aspect, degrees, 0 or more.
    pub orb_deg: f64,
    /// The largest orb allowed, degrees.
    pub orb_max_deg: f64,
    /// Whether the orb is shrinking; none where neither sky moves, and where a vague birth leaves it open.
    pub applying: Option<bool>,
    /// False if a birth is vague and the aspect does not hold at every place that the points may have had.
    pub certain: bool,
    /// Given when a birth is vague and touches one of the two: between what the figures lie.
    pub open: Option<OpenHit>,
}

impl Spot {
    /// A point that stands still and is known.
    pub fn still(point: Point, longitude_deg: f64) -> Self {
        Self { point, longitude_deg, speed: 0.0, speeds: Span::at(0.0), reach_deg: (0.0, 0.0) }
    }

    /// Whether it stands at one place.
    fn is_known(&self) -> bool {
        self.reach_deg == (0.0, 0.0)
    }
}

/// The points of a chart that aspects join, standing still: its bodies (of the two nodes the true one) and the two
/// independent angles where they are known.
pub fn natal_spots(chart: &Chart) -> Vec<Spot> {
    let has_true_node = chart.placement(Body::TrueNode).is_some();
    let counts = |body: Body| body != Body::MeanNode || !has_true_node;
    let bodies = chart.bodies.iter().filter(|placed| counts(placed.body)).map(|placed| Spot {
        reach_deg: reach_deg(placed.longitude_deg, placed.range.as_ref()),
        ..Spot::still(Point::Body(placed.body), placed.longitude_deg)
    });
    let angles = [Point::Ascendant, Point::Midheaven]
        .into_iter()
        .filter_map(|point| chart.longitude_deg(point).map(|longitude_deg| Spot::still(point, longitude_deg)));
    bodies.chain(angles).collect()
}

/// The aspects from each point of one sky to each of another, for each pair the narrowest that has the orb, or where a
/// point is vague all that may have it; in the order of the first sky's points, then by orb.
pub fn between(from: &[Spot], to: &[Spot], orbs: Orbs) -> Vec<CrossAspect> {
    let mut found: Vec<CrossAspect> = Vec::new();
    for a in from {
        let start = found.len();
        for b in to {
            if a.is_known() && b.is_known() {
                found.extend(contact(a, b, orbs));
            } else {
                found.extend(contacts(a, b, orbs));
            }
        }
        if let Some(of_point) = found.get_mut(start..) {
            of_point.sort_by(|x, y| x.orb_deg.total_cmp(&y.orb_deg));
        }
    }
    found
}

/// The narrowest aspect of two points that are known.
fn contact(a: &Spot, b: &Spot, orbs: Orbs) -> Option<CrossAspect> {
    let separation_deg = separation_deg(a.longitude_deg, b.longitude_deg);
    let within = |aspect: Aspect| {
        let orb_deg = (separation_deg - aspect.angle_deg()).abs();
        let orb_max_deg = orbs(aspect, a.point, b.point)?;
        (orb_deg <= orb_max_deg).then_some((aspect, orb_deg, orb_max_deg))
    };
    let (aspect, _, orb_max_deg) = Aspect::ALL.into_iter().filter_map(within).min_by(|x, y| x.1.total_cmp(&y.1))?;
    let hit = hit(a, b, aspect, orb_max_deg);
    // A rate may be vague where the place is not.
    let moves = a.speeds.minus(b.speeds).sign().is_some();
    Some(CrossAspect { applying: hit.applying.filter(|_| moves), certain: true, ..hit })
}

/// Every aspect that two points may have, one of them vague.
fn contacts(a: &Spot, b: &Spot, orbs: Orbs) -> Vec<CrossAspect> {
    let gap_deg = wrap_deg(a.longitude_deg - b.longitude_deg);
    let gaps = Span { from: gap_deg + a.reach_deg.0 - b.reach_deg.1, to: gap_deg + a.reach_deg.1 - b.reach_deg.0 };
    let separation_deg = if gaps.to - gaps.from >= 360.0 { Span { from: 0.0, to: 180.0 } } else { gaps.folded() };
    let possible = |aspect: Aspect| {
        let orb_max_deg = orbs(aspect, a.point, b.point)?;
        let orb_deg = separation_deg.distance(aspect.angle_deg());
        (orb_deg.from <= orb_max_deg).then_some((aspect, orb_deg, orb_max_deg))
    };
    let all: Vec<(Aspect, Span, f64)> = Aspect::ALL.into_iter().filter_map(possible).collect();
    let settle = |&(aspect, orb_deg, orb_max_deg): &(Aspect, Span, f64)| {
        let narrowest = all.iter().all(|(other, theirs, _)| *other == aspect || theirs.from >= orb_deg.to);
        // Where it is exact in between, or the two may change their pace, neither holds throughout.
        let steady = orb_deg.from > 0.0 && a.speeds.minus(b.speeds).sign().is_some();
        let hit = hit(a, b, aspect, orb_max_deg);
        let applying = hit.applying.filter(|_| steady);
        let open = Some(OpenHit { separation_deg, orb_deg, applying });
        CrossAspect { applying, certain: orb_deg.to <= orb_max_deg && narrowest, open, ..hit }
    };
    all.iter().map(settle).collect()
}

/// An aspect as the two points stand.
fn hit(a: &Spot, b: &Spot, aspect: Aspect, orb_max_deg: f64) -> CrossAspect {
    let gap_deg = wrap_deg(a.longitude_deg - b.longitude_deg);
    // The aspect on the side where the first point stands; from it, the difference of longitudes is the orb with a sign.
    let side = if gap_deg < 0.0 { -1.0 } else { 1.0 };
    let signed_orb_deg = wrap_deg(gap_deg - side * aspect.angle_deg());
    let relative_speed = a.speed - b.speed;
    CrossAspect {
        from: a.point,
        to: b.point,
        aspect,
        separation_deg: gap_deg.abs(),
        orb_deg: (gap_deg.abs() - aspect.angle_deg()).abs(),
        orb_max_deg,
        applying: (a.speed != 0.0 || b.speed != 0.0).then_some(signed_orb_deg * relative_speed < 0.0),
        certain: false,
        open: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(body: Body, longitude_deg: f64, speed: f64) -> Spot {
        Spot { speed, speeds: Span::at(speed), ..Spot::still(Point::Body(body), longitude_deg) }
    }

    #[test]
    fn a_mover_applies_until_it_has_passed() {
        let natal = [Spot::still(Point::Body(Body::Venus), 10.0)];
        let orbs: Orbs = &|_, _, _| Some(1.0);
        for (longitude_deg, speed, aspect, applying) in [
            (9.5, 1.0, Aspect::Conjunction, true),
            (10.5, 1.0, Aspect::Conjunction, false),
            (10.5, -0.1, Aspect::Conjunction, true),
            (279.4, 1.0, Aspect::Square, true),
            (280.4, 1.0, Aspect::Square, false),
            (189.9, 1.0, Aspect::Opposition, true),
            (190.1, 1.0, Aspect::Opposition, false),
        ] {
            let found = between(&[spot(Body::Sun, longitude_deg, speed)], &natal, orbs);
            assert_eq!(found.len(), 1, "{longitude_deg}");
            assert_eq!((found[0].aspect, found[0].applying), (aspect, Some(applying)), "{longitude_deg}");
        }
    }

    #[test]
    fn a_vague_point_is_certain_only_when_its_whole_arc_is_in_orb() {
        let moon = |low, high| Spot { reach_deg: (low, high), ..Spot::still(Point::Body(Body::Moon), 100.0) };
        let venus = [Spot::still(Point::Body(Body::Venus), 11.0)];
        let orbs: Orbs = &|aspect, _, _| (aspect == Aspect::Square).then_some(5.0);
        assert!(between(&[moon(-3.0, 3.0)], &venus, orbs)[0].certain);
        assert!(!between(&[moon(-4.5, 3.0)], &venus, orbs)[0].certain);
        assert!(between(&[moon(-4.0, 6.0)], &venus, orbs)[0].certain);
    }
}
