//! P: The points of a chart that transits can touch, and what a vague birth time leaves of them. Finds no transits.

use super::transits::NatalArc;
use crate::astro::chart::{Chart, Unknown};
use crate::astro::point::Point;
use crate::astro::rules;
use crate::astro::why::Why;

/// The points that transits touch unless others are asked for: ten planets, the true node, Ascendant and Midheaven.
pub fn standard_points() -> Vec<Point> {
    rules::NATAL_BODIES.map(Point::Body).into_iter().chain([Point::Ascendant, Point::Midheaven]).collect()
}

/// The longitudes or arcs of these points, and those that the chart cannot give, each with its reason: what needs a clock
/// time, and a body whose arc is wider than `width_max_deg(point)`, the width of the widest transit to it.
pub fn arcs(chart: &Chart, points: &[Point], width_max_deg: impl Fn(Point) -> f64) -> (Vec<NatalArc>, Vec<Unknown>) {
    let (mut found, mut unknowns) = (Vec::new(), Vec::new());
    for &point in points {
        let what = point.code();
        unknowns.push(match arc(chart, point) {
            Some(arc) if arc.width_deg() <= width_max_deg(point) => {
                found.push(arc);
                continue;
            }
            Some(arc) => Unknown::with(what, Why::TooWide, &[&format!("{:.1}", arc.width_deg())]),
            None if chart.moment.is_none() => Unknown::new(what, Why::FollowsClock),
            None => Unknown::new(what, Why::NotHeld),
        });
    }
    (found, unknowns)
}

fn arc(chart: &Chart, point: Point) -> Option<NatalArc> {
    let longitude_deg = chart.longitude_deg(point)?;
    let body = match point {
        Point::Body(body) => Some(body),
        Point::SouthNode => Some(crate::astro::body::Body::TrueNode),
        _ => None,
    };
    let range = body.and_then(|body| chart.placement(body)).and_then(|placement| placement.range);
    let turned = if point == Point::SouthNode { 180.0 } else { 0.0 };
    Some(match range {
        Some(range) => NatalArc { point, from_deg: range.from_deg + turned, to_deg: range.to_deg + turned },
        None => NatalArc::exact(point, longitude_deg),
    })
}
