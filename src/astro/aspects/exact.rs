//! P: When an aspect is exact: the last time before an instant and the next one after it, by the real motion of both
//! points. On demand; making a chart never asks for it.
//!
//! Source: bracketing and Newton's method (Press et al. 2007, Numerical Recipes, ch. 9) on the places of `ephemeris`.
//! Error: 1 min, to which almanacs print new and full moons; 6 min for Jupiter and Saturn, whose pace is 0.1 degrees a day
//! (`published_conjunctions_and_lunations_are_exact_then`).

use serde::{Deserialize, Serialize};

use crate::astro::angles::wrap_deg;
use crate::astro::aspects::{Aspect, AspectHit};
use crate::astro::body::Body;
use crate::astro::chart::{Chart, Unknown};
use crate::astro::ephemeris::{Ephemeris, View};
use crate::astro::error::AstroError;
use crate::astro::events::moment::utc_text;
use crate::astro::point::Point;
use crate::astro::why::Why;

/// Halvings of a step of days: down to a hundredth of a second.
const HALVINGS: usize = 40;
/// Two moments nearer than this are the same, days (9 s).
const SAME_DAYS: f64 = 1e-4;
/// A root is found when the step falls below this, days (0.01 s).
const LAST_STEP_DAYS: f64 = 1e-7;

/// An instant at which an aspect is exact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExactMoment {
    /// Julian Date TT.
    pub jd_tt: f64,
    /// `YYYY-MM-DDTHH:MM:SSZ`.
    pub utc: String,
    /// Days after the instant asked about; below zero before it.
    pub days_from: f64,
}

/// The exact moments nearest to an instant, within a window. Near a station there may be both, or none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExactMoments {
    /// The last one at or before the instant.
    pub previous: Option<ExactMoment>,
    /// The next one after it.
    pub next: Option<ExactMoment>,
}

/// Longitude (degrees) and its rate (degrees per day) of a point at a Julian Date TT; `None` for a point whose motion is
/// not followed, such as an angle.
pub type Motion<'m> = dyn Fn(Point, f64) -> Result<Option<(f64, f64)>, AstroError> + 'm;

/// The aspects of a chart, each with its exact moments.
pub type Timed<'c> = Vec<(&'c AspectHit, ExactMoments)>;

/// Days searched on either side and the step of the search, by the faster of two points: far enough for the widest orb at
/// its usual pace, and with steps short enough that the pair turns at most once within one.
const fn window_days(body: Body) -> (f64, f64) {
    match body {
        Body::Moon => (3.0, 0.5),
        Body::Sun | Body::Mercury | Body::Venus => (60.0, 4.0),
        Body::Mars => (120.0, 8.0),
        Body::Jupiter | Body::Saturn => (720.0, 20.0),
        Body::Ceres | Body::Pallas | Body::Juno | Body::Vesta => (240.0, 12.0),
        Body::Uranus | Body::Neptune | Body::Pluto | Body::Chiron | Body::Pholus | Body::Eris => (3650.0, 30.0),
        Body::MeanNode | Body::TrueNode | Body::MeanApogee | Body::OsculatingApogee => (200.0, 2.0),
    }
}

/// The faster of the bodies among two points.
fn faster(a: Point, b: Point) -> Option<Body> {
    let bodies = [a, b].into_iter().filter_map(Point::body);
    bodies.min_by(|one, other| window_days(*one).0.total_cmp(&window_days(*other).0))
}

/// The exact moments of an aspect of one sky around its instant, both points moving as they do in that view. In a
/// sidereal zodiac they are the same, since both points are counted from one place. Nothing for angles and lots: they
/// are exact every day.
///
/// # Errors
/// [`AstroError::OutOfSpan`] when `jd_tt` itself lies outside the ephemeris; a window that reaches beyond is cut.
/// [`AstroError::NotInFrame`] for a body that the view does not have.
pub fn of_sky(hit: &AspectHit, jd_tt: f64, view: &View) -> Result<ExactMoments, AstroError> {
    let motion = |point: Point, jd_tt: f64| sky(point, jd_tt, view);
    around((hit.a, hit.b), hit.aspect, jd_tt, &motion)
}

/// The aspects of a chart, each with the exact moments around its instant. Of a window those that are the same around each
/// of its instants, and the names of the others.
///
/// # Errors
/// As [`of_sky`].
pub fn of_chart(chart: &Chart) -> Result<(Timed<'_>, Vec<Unknown>), AstroError> {
    let view = &chart.options.view;
    let mut unknowns = Vec::new();
    let mut moments = |hit: &AspectHit| -> Result<ExactMoments, AstroError> {
        let Some(spans) = &chart.spans else { return of_sky(hit, chart.jd_tt, view) };
        let early = of_sky(hit, spans.jd_tt.from, view)?;
        let late = of_sky(hit, spans.jd_tt.to, view)?;
        let mut agreed = |what: &str, early: Option<ExactMoment>, late: Option<ExactMoment>| {
            let apart_days = early.as_ref().zip(late.as_ref()).map(|(one, other)| (one.jd_tt - other.jd_tt).abs());
            if early.is_none() && late.is_none() || apart_days.is_some_and(|days| days < SAME_DAYS) {
                return early;
            }
            let name = format!("{}_{}_{}_{what}", hit.a.code(), hit.aspect.code(), hit.b.code());
            unknowns.push(Unknown::new(name, Why::ExactWithin));
            None
        };
        Ok(ExactMoments {
            previous: agreed("exact_before", early.previous, late.previous),
            next: agreed("exact_after", early.next, late.next),
        })
    };
    let found = chart.aspects.iter().map(|hit| Ok((hit, moments(hit)?))).collect::<Result<_, AstroError>>()?;
    Ok((found, unknowns))
}

/// The exact moments of a transit around an instant: `hit.a` moves in the sky, `hit.b` stays at `natal_deg` (tropical
/// longitude, degrees).
///
/// # Errors
/// As [`of_sky`].
pub fn of_transit(hit: &AspectHit, natal_deg: f64, jd_tt: f64) -> Result<ExactMoments, AstroError> {
    let transiting = hit.a;
    let view = View::default();
    search(
        &|jd_tt| Ok(sky(transiting, jd_tt, &view)?.map(|(degrees, speed)| (degrees - natal_deg, speed))),
        hit.aspect,
        jd_tt,
        transiting.body().map(window_days),
    )
}

/// The exact moments between two points whose motion is given, around an instant.
///
/// # Errors
/// Those of `motion` at `jd_tt`.
pub fn around(
    (a, b): (Point, Point),
    aspect: Aspect,
    jd_tt: f64,
    motion: &Motion<'_>,
) -> Result<ExactMoments, AstroError> {
    let gap = |jd_tt: f64| {
        let (one, other) = (motion(a, jd_tt)?, motion(b, jd_tt)?);
        Ok(one.zip(other).map(|((a_deg, a_speed), (b_deg, b_speed))| (a_deg - b_deg, a_speed - b_speed)))
    };
    search(&gap, aspect, jd_tt, faster(a, b).map(window_days))
}

fn sky(point: Point, jd_tt: f64, view: &View) -> Result<Option<(f64, f64)>, AstroError> {
    let (body, turned) = match point {
        Point::Body(body) => (body, 0.0),
        Point::SouthNode => (Body::TrueNode, 180.0),
        _ => return Ok(None),
    };
    let place = Ephemeris::embedded().position(body, jd_tt, view)?;
    Ok(Some((place.longitude_deg + turned, place.longitude_speed_deg_per_day)))
}

/// Distance from the aspect (degrees, with sign) and its rate (degrees per day) at a Julian Date TT.
#[derive(Clone, Copy)]
struct Node {
    jd_tt: f64,
    distance_deg: f64,
    rate: f64,
}

/// The difference of two longitudes, degrees, and its rate at a Julian Date TT.
type Gap<'g> = dyn Fn(f64) -> Result<Option<(f64, f64)>, AstroError> + 'g;

fn search(gap: &Gap<'_>, aspect: Aspect, jd_tt: f64, window: Option<(f64, f64)>) -> Result<ExactMoments, AstroError> {
    let (Some((reach, step)), Some((start_deg, _))) = (window, gap(jd_tt)?) else { return Ok(ExactMoments::default()) };
    // A square is exact 90 degrees ahead or behind; the pair stays on the side where it is.
    let side_deg = aspect.angle_deg().copysign(wrap_deg(start_deg));
    let node = |jd_tt: f64| -> Result<Option<Node>, AstroError> {
        let found = gap(jd_tt)?;
        Ok(found.map(|(gap_deg, rate)| Node { jd_tt, distance_deg: wrap_deg(gap_deg - side_deg), rate }))
    };
    let walk = |direction: f64| -> Result<Option<ExactMoment>, AstroError> {
        let Some(mut from) = node(jd_tt)? else { return Ok(None) };
        let steps = (reach / step).ceil() as i32;
        for count in 1..=steps {
            // The end of the ephemeris ends the search.
            let Ok(Some(to)) = node(jd_tt + direction * step * f64::from(count)) else { return Ok(None) };
            if let Some(root) = crossing(&node, from, to)? {
                return Ok(moment(root, jd_tt));
            }
            from = to;
        }
        Ok(None)
    };
    Ok(ExactMoments { previous: walk(-1.0)?, next: walk(1.0)? })
}

fn moment(root_jd_tt: f64, jd_tt: f64) -> Option<ExactMoment> {
    let utc = utc_text(root_jd_tt)?;
    Some(ExactMoment { jd_tt: root_jd_tt, utc, days_from: root_jd_tt - jd_tt })
}

/// The root between two nodes that is met first from `from`, or `None`.
fn crossing(
    node: &dyn Fn(f64) -> Result<Option<Node>, AstroError>,
    from: Node,
    to: Node,
) -> Result<Option<f64>, AstroError> {
    if from.distance_deg * to.distance_deg <= 0.0 {
        // A leap from +180 to -180 is no crossing.
        let is_leap = (from.distance_deg - to.distance_deg).abs() > 180.0;
        return if is_leap { Ok(None) } else { root(node, from, to) };
    }
    if from.rate * to.rate >= 0.0 {
        return Ok(None);
    }
    // Both ends on one side and a turn between: the turn may reach over the aspect and back.
    let (mut low, mut high) = (from, to);
    for _ in 0..HALVINGS {
        let Some(middle) = node(0.5 * (low.jd_tt + high.jd_tt))? else { return Ok(None) };
        if middle.distance_deg * from.distance_deg < 0.0 {
            return root(node, from, middle);
        }
        if middle.rate * from.rate > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
        if (high.jd_tt - low.jd_tt).abs() < LAST_STEP_DAYS {
            break;
        }
    }
    Ok(None)
}

/// The root between two nodes of different sign: Newton's method within a shrinking bracket.
fn root(
    node: &dyn Fn(f64) -> Result<Option<Node>, AstroError>,
    from: Node,
    to: Node,
) -> Result<Option<f64>, AstroError> {
    let (mut low, mut high) = (from, to);
    let share = from.distance_deg / (from.distance_deg - to.distance_deg);
    let mut at = if share.is_finite() { from.jd_tt + share * (to.jd_tt - from.jd_tt) } else { from.jd_tt };
    for _ in 0..HALVINGS {
        let Some(middle) = node(at)? else { return Ok(None) };
        if middle.distance_deg * low.distance_deg > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
        let newton = at - middle.distance_deg / middle.rate;
        let inside = (newton - low.jd_tt) * (newton - high.jd_tt) <= 0.0;
        let next = if inside { newton } else { 0.5 * (low.jd_tt + high.jd_tt) };
        let step_days = (next - at).abs();
        at = next;
        if step_days < LAST_STEP_DAYS {
            break;
        }
    }
    Ok(Some(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Point = Point::Body(Body::Mars);
    const B: Point = Point::Body(Body::Saturn);

    fn hit(a: Body, b: Body, aspect: Aspect) -> AspectHit {
        let (a, b) = (Point::Body(a), Point::Body(b));
        AspectHit {
            a,
            b,
            aspect,
            separation_deg: 0.0,
            orb_deg: 0.0,
            orb_max_deg: 0.0,
            applying: true,
            certain: true,
            open: None,
        }
    }

    /// Motions whose roots are known: a parabola that turns over the aspect and a straight line against another.
    #[test]
    fn roots_of_known_motions_are_found_on_both_sides() {
        let t0 = 2_451_545.0;
        let line = |point: Point, jd: f64| {
            Ok(Some(if point == A { (10.0 + 0.5 * (jd - t0), 0.5) } else { (102.0 - 0.1 * (jd - t0), -0.1) }))
        };
        // 92 degrees apart now and closing by 0.6 a day: square after 2/0.6 days.
        let found = around((A, B), Aspect::Square, t0, &line).unwrap();
        let next = found.next.unwrap();
        assert!((next.days_from - 2.0 / 0.6).abs() < 1e-6, "{next:?}");
        assert_eq!((found.previous, next.utc.as_str()), (None, "2000-01-04T19:58:56Z"));
        // 3 - (t - 1)^2: beyond the aspect only for a moment, within one step.
        let turn = |point: Point, jd: f64| {
            let t = jd - t0 - 3.0;
            Ok(Some(if point == A { (0.01 - 0.01 * t * t, -0.02 * t) } else { (0.0, 0.0) }))
        };
        let found = around((A, B), Aspect::Conjunction, t0, &turn).unwrap();
        assert!((found.next.unwrap().days_from - 2.0).abs() < 1e-6 && found.previous.is_none());
        let never = |point: Point, jd: f64| {
            let t = jd - t0 - 3.0;
            Ok(Some(if point == A { (-0.01 - 0.01 * t * t, -0.02 * t) } else { (0.0, 0.0) }))
        };
        assert_eq!(around((A, B), Aspect::Conjunction, t0, &never).unwrap(), ExactMoments::default());
    }

    /// The great conjunction of Jupiter and Saturn in longitude: 2020-12-21 18:20 UT; full Moon 2024-09-18 02:34 UT and
    /// new Moon 2024-09-03 01:55 UT (published almanac times, to the minute).
    #[test]
    fn published_conjunctions_and_lunations_are_exact_then() {
        let near = |utc: &str, minutes: f64, published: &str| {
            let jd = |text: &str| {
                jiff::Timestamp::from_second(text.parse::<jiff::Timestamp>().unwrap().as_second()).unwrap()
            };
            let off = (jd(utc).as_second() - jd(published).as_second()).abs() as f64 / 60.0;
            assert!(off <= minutes, "{utc} {published}");
        };
        let jd_2020_06 = 2_459_004.5;
        let found =
            of_sky(&hit(Body::Jupiter, Body::Saturn, Aspect::Conjunction), jd_2020_06, &View::default()).unwrap();
        near(&found.next.unwrap().utc, 6.0, "2020-12-21T18:20:00Z");
        let jd_2024_09_16 = 2_460_569.5;
        let full = of_sky(&hit(Body::Sun, Body::Moon, Aspect::Opposition), jd_2024_09_16, &View::default()).unwrap();
        near(&full.next.unwrap().utc, 1.0, "2024-09-18T02:34:00Z");
        let new = of_sky(&hit(Body::Sun, Body::Moon, Aspect::Conjunction), 2_460_558.0, &View::default()).unwrap();
        near(&new.previous.unwrap().utc, 1.0, "2024-09-03T01:55:00Z");
    }

    /// The Sun comes to the March equinox point of longitude 0 on 2024-03-20 03:06 UTC (published).
    #[test]
    fn a_transit_waits_for_a_point_that_stays() {
        let mut transit = hit(Body::Sun, Body::Sun, Aspect::Conjunction);
        transit.b = Point::Ascendant;
        let found = of_transit(&transit, 0.0, 2_460_387.5).unwrap();
        let next = found.next.unwrap();
        assert!(next.utc.starts_with("2024-03-20T03:06"), "{next:?}");
        transit.a = Point::Midheaven;
        assert_eq!(of_transit(&transit, 0.0, 2_460_387.5).unwrap(), ExactMoments::default());
    }
}
