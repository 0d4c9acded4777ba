//! P: When a transit is exact, and when it comes within its orb and leaves it: the body's path cut into pieces without
//! a turn, cubic interpolation for a first guess, Newton's method on the ephemeris for the moment.

use super::Factor;
use super::seen::Seen;
use crate::astro::angles::wrap_deg;
use crate::astro::body::Body;
use crate::astro::chart::Chart;
use crate::astro::ephemeris::Ephemeris;
use crate::astro::error::AstroError;
use crate::astro::events::moment::utc_text;
use crate::astro::rules;

/// A Newton step below this, days, is the last: its successor would be below a second even a quarter of an hour from a
/// station.
const LAST_STEP_DAYS: f64 = 1e-3;
/// Newton steps allowed for one root; halvings of the bracket are among them.
const ROOT_STEPS_MAX: usize = 40;
/// Halvings of the interpolated cubic, which cost no ephemeris.
const GUESS_HALVINGS: usize = 30;

/// A body's place at a moment, told from a fixed longitude.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    jd_tt: f64,
    /// Degrees past the fixed longitude, -180..180.
    pub(super) distance_deg: f64,
    speed_deg_per_day: f64,
}

/// The path of a body as seen from a fixed longitude.
pub(super) struct Path {
    body: Body,
    target_deg: f64,
    seen: Seen,
}

/// Fills in the passes of a factor around a Julian Date TT within its orb.
///
/// # Errors
/// [`AstroError::OutOfSpan`] only if `noon_tt` itself is outside the ephemeris; the window is cut to it.
pub(super) fn fill(factor: &mut Factor, chart: &Chart, seen: Seen, noon_tt: f64) -> Result<(), AstroError> {
    let Some(natal_deg) = chart.longitude_deg(factor.natal) else { return Ok(()) };
    let (at_noon_deg, _) = seen.longitude(factor.transiting, noon_tt)?;
    // The transit is exact on the side of the natal point where the body stands.
    let side = if wrap_deg(at_noon_deg - natal_deg) >= 0.0 { 1.0 } else { -1.0 };
    let path = Path::new(factor.transiting, natal_deg + side * factor.aspect.angle_deg(), seen);
    let (nodes, noon) = path.nodes_around(noon_tt)?;
    let mut exact = Vec::new();
    for pair in nodes.windows(2) {
        let &[before, after] = pair else { continue };
        // A node on the exact place counts for the piece that it opens.
        let opens = before.distance_deg == 0.0;
        if (opens && after.distance_deg != 0.0) || before.distance_deg * after.distance_deg < 0.0 {
            exact.extend(utc_text(path.reaches(0.0, before, after)?));
        }
    }
    factor.exact_at_utc = exact;
    let limit_deg = factor.orb_max_deg;
    factor.enters_at_utc = path.edge(nodes.get(..=noon).unwrap_or_default().iter().rev(), limit_deg)?;
    factor.leaves_at_utc = path.edge(nodes.get(noon..).unwrap_or_default().iter(), limit_deg)?;
    Ok(())
}

impl Path {
    /// The path of `body`, looked at in a certain way, as seen from the longitude `target_deg` (any real, degrees).
    pub(super) fn new(body: Body, target_deg: f64, seen: Seen) -> Self {
        Self { body, target_deg, seen }
    }

    /// The body at a Julian Date TT.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`].
    pub(super) fn node(&self, jd_tt: f64) -> Result<Node, AstroError> {
        let (longitude_deg, speed_deg_per_day) = self.seen.longitude(self.body, jd_tt)?;
        Ok(Node { jd_tt, distance_deg: wrap_deg(longitude_deg - self.target_deg), speed_deg_per_day })
    }

    /// Nodes on even steps through the search window, cut to the ephemeris, with one more wherever the body turns
    /// between two of them; and the index of the one at `noon_tt`.
    fn nodes_around(&self, noon_tt: f64) -> Result<(Vec<Node>, usize), AstroError> {
        let (reach_days, step_days) = rules::search_window_days(self.body);
        let (first, last) = Ephemeris::embedded().span();
        let steps = (reach_days / step_days).round() as i32;
        let mut nodes: Vec<Node> = Vec::new();
        let mut noon = 0;
        for step in -steps..=steps {
            let jd_tt = noon_tt + f64::from(step) * step_days;
            if step != 0 && !(first..=last).contains(&jd_tt) {
                continue;
            }
            let next = self.node(jd_tt)?;
            if let Some(before) = nodes.last().copied()
                && before.speed_deg_per_day * next.speed_deg_per_day < 0.0
            {
                nodes.push(self.node(turn(before, next))?);
            }
            if step == 0 {
                noon = nodes.len();
            }
            nodes.push(next);
        }
        Ok((nodes, noon))
    }

    /// When the path, followed node by node from within the orb, first leaves it; `None` if it stays to the end.
    fn edge<'a>(&self, nodes: impl Iterator<Item = &'a Node>, limit_deg: f64) -> Result<Option<String>, AstroError> {
        let mut inner: Option<Node> = None;
        for outer in nodes.copied() {
            let (Some(within), true) = (inner, outer.distance_deg.abs() > limit_deg) else {
                inner = Some(outer);
                continue;
            };
            let level_deg = limit_deg.copysign(outer.distance_deg);
            let [from, to] = if within.jd_tt < outer.jd_tt { [within, outer] } else { [outer, within] };
            return Ok(utc_text(self.reaches(level_deg, from, to)?));
        }
        Ok(None)
    }

    /// The Julian Date TT between two nodes, without a turn between them, at which the distance is `level_deg`, a value
    /// that lies between theirs: Newton's method, kept within a shrinking bracket, from the root of the Hermite cubic.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`].
    pub(super) fn reaches(&self, level_deg: f64, from: Node, to: Node) -> Result<f64, AstroError> {
        let rising = to.distance_deg > from.distance_deg;
        let (mut low, mut high) = (from.jd_tt, to.jd_tt);
        let mut moment = guess(level_deg, from, to);
        for _ in 0..ROOT_STEPS_MAX {
            let node = self.node(moment)?;
            let excess_deg = node.distance_deg - level_deg;
            if (excess_deg > 0.0) == rising {
                high = moment;
            } else {
                low = moment;
            }
            let newton = moment - excess_deg / node.speed_deg_per_day;
            let next = if (low..=high).contains(&newton) { newton } else { 0.5 * (low + high) };
            let step_days = (next - moment).abs();
            moment = next;
            if step_days < LAST_STEP_DAYS {
                break;
            }
        }
        Ok(moment)
    }
}

/// The cubic through two nodes with their speeds, at a share 0..=1 of the way: value, degrees.
fn hermite(from: Node, to: Node, share: f64) -> f64 {
    let days = to.jd_tt - from.jd_tt;
    let rest = 1.0 - share;
    from.distance_deg * (1.0 + 2.0 * share) * rest * rest
        + to.distance_deg * share * share * (3.0 - 2.0 * share)
        + days * share * rest * (from.speed_deg_per_day * rest - to.speed_deg_per_day * share)
}

/// Where the cubic reaches a level, Julian Date TT.
fn guess(level_deg: f64, from: Node, to: Node) -> f64 {
    let rising = to.distance_deg > from.distance_deg;
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..GUESS_HALVINGS {
        let middle = 0.5 * (low + high);
        if (hermite(from, to, middle) > level_deg) == rising {
            high = middle;
        } else {
            low = middle;
        }
    }
    from.jd_tt + 0.5 * (low + high) * (to.jd_tt - from.jd_tt)
}

/// Where the cubic through two nodes of opposite motion turns, Julian Date TT: the zero of its speed, a parabola that
/// has exactly one between values of different sign.
fn turn(from: Node, to: Node) -> f64 {
    let days = to.jd_tt - from.jd_tt;
    let mean_speed = (to.distance_deg - from.distance_deg) / days;
    let (v0, v1) = (from.speed_deg_per_day, to.speed_deg_per_day);
    let speed = |share: f64| {
        let rest = 1.0 - share;
        v0 * rest * (1.0 - 3.0 * share) + v1 * share * (3.0 * share - 2.0) + 6.0 * mean_speed * share * rest
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..GUESS_HALVINGS {
        let middle = 0.5 * (low + high);
        if speed(middle) * v0 > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    from.jd_tt + 0.5 * (low + high) * days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(jd_tt: f64, distance_deg: f64, speed_deg_per_day: f64) -> Node {
        Node { jd_tt, distance_deg, speed_deg_per_day }
    }

    /// The cubic is exact for a parabola: 3 - (t - 4)^2 / 2 turns at 4 and passes 1 at 2.
    #[test]
    fn interpolation_finds_turns_and_levels_of_a_parabola() {
        let parabola = |t: f64| node(t, 3.0 - 0.5 * (t - 4.0).powi(2), 4.0 - t);
        assert!((turn(parabola(1.0), parabola(9.0)) - 4.0).abs() < 1e-6);
        assert!((guess(1.0, parabola(1.0), parabola(4.0)) - 2.0).abs() < 1e-6);
    }

    /// Mercury was stationary on 2024-04-01 22:14 and 2024-04-25 12:54 UT (published almanac times, to the minute).
    #[test]
    fn a_station_between_nodes_gets_a_node() {
        let path = Path::new(Body::Mercury, 20.0, Seen::geocentric(crate::astro::Zodiac::Tropical));
        let noon_tt = 2_460_414.0;
        let (nodes, noon) = path.nodes_around(noon_tt).unwrap();
        assert!((nodes[noon].jd_tt - noon_tt).abs() < 1e-9);
        for published in [2_460_402.426, 2_460_426.037] {
            let off = nodes.iter().map(|node| (node.jd_tt - published).abs()).fold(f64::MAX, f64::min);
            assert!(off < 0.3, "{off}");
        }
    }
}
