//! P: A longitude followed through time: cut into runs without a turn, and the instants at which a run reaches a level.
//! Knows no body and no zodiac; those come as a function.
//!
//! Source: bisection and Newton's method (Press et al. 2007, Numerical Recipes, ch. 9). Error: 0.001 s in the root
//! (`the_root_is_sharper_than_a_millisecond`); no pass is missed (`every_pass_of_a_level_is_found_once`).

use crate::astro::angles::{norm_deg, wrap_deg};
use crate::astro::error::AstroError;

/// Bisections of a turn: a step of some days to below a hundredth of a second.
const TURN_HALVINGS: usize = 32;
/// A Newton step below this ends the search of a root, days: a tenth of a millisecond.
const LAST_STEP_DAYS: f64 = 1e-9;
/// Steps allowed for one root; halvings of the bracket are among them.
const ROOT_STEPS_MAX: usize = 64;

/// Longitude in degrees (any real) and its rate in degrees per day at a Julian Date TT.
pub(crate) type Motion = (f64, f64);

/// An instant of a path. The longitude is unrolled: it runs on through 360 degrees instead of falling to 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Node {
    /// Julian Date TT.
    pub(crate) jd_tt: f64,
    /// Unrolled longitude, degrees.
    pub(crate) longitude_deg: f64,
    /// Its rate, degrees per day.
    pub(crate) speed_deg_per_day: f64,
}

/// A stretch of a path, of two or more nodes in the order of time, on which the longitude only grows or only falls.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    nodes: Vec<Node>,
}

/// The runs of a path between two Julian Dates TT; none if the second is not later. `step_days` is short enough when the
/// longitude turns at most once in it and runs through less than half a circle.
///
/// # Errors
/// Those of the motion.
pub(crate) fn runs<F>(motion: &F, from: f64, to: f64, step_days: f64) -> Result<Vec<Run>, AstroError>
where
    F: Fn(f64) -> Result<Motion, AstroError>,
{
    if from >= to {
        return Ok(Vec::new());
    }
    let steps = ((to - from) / step_days).ceil().max(1.0) as usize;
    let mut before = first(motion, from)?;
    let mut runs = Vec::new();
    let mut nodes = vec![before];
    for step in 1..=steps {
        let jd_tt = if step == steps { to } else { from + (to - from) * step as f64 / steps as f64 };
        let after = next(motion, before, jd_tt)?;
        if before.speed_deg_per_day * after.speed_deg_per_day < 0.0 {
            let turn = turn(motion, before, after)?;
            nodes.push(turn);
            runs.push(Run { nodes: std::mem::replace(&mut nodes, vec![turn]) });
        }
        nodes.push(after);
        before = after;
    }
    runs.push(Run { nodes });
    Ok(runs)
}

fn first(motion: &impl Fn(f64) -> Result<Motion, AstroError>, jd_tt: f64) -> Result<Node, AstroError> {
    let (longitude_deg, speed_deg_per_day) = motion(jd_tt)?;
    Ok(Node { jd_tt, longitude_deg: norm_deg(longitude_deg), speed_deg_per_day })
}

/// The node at `jd_tt`, unrolled from a node less than half a circle away.
fn next(motion: &impl Fn(f64) -> Result<Motion, AstroError>, before: Node, jd_tt: f64) -> Result<Node, AstroError> {
    let (longitude_deg, speed_deg_per_day) = motion(jd_tt)?;
    let longitude_deg = before.longitude_deg + wrap_deg(longitude_deg - before.longitude_deg);
    Ok(Node { jd_tt, longitude_deg, speed_deg_per_day })
}

/// The turn between two nodes of opposite motion.
fn turn(motion: &impl Fn(f64) -> Result<Motion, AstroError>, before: Node, after: Node) -> Result<Node, AstroError> {
    let (mut low, mut high) = (before.jd_tt, after.jd_tt);
    for _ in 0..TURN_HALVINGS {
        let middle = 0.5 * (low + high);
        let (_, speed) = motion(middle)?;
        if speed * before.speed_deg_per_day > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let turn = next(motion, before, 0.5 * (low + high))?;
    Ok(Node { speed_deg_per_day: 0.0, ..turn })
}

impl Run {
    /// Longitudes at its start and end, unrolled, degrees.
    fn ends_deg(&self) -> (f64, f64) {
        let at = |node: Option<&Node>| node.map_or(0.0, |node| node.longitude_deg);
        (at(self.nodes.first()), at(self.nodes.last()))
    }

    /// Whether the longitude grows.
    pub(crate) fn is_direct(&self) -> bool {
        let (start, end) = self.ends_deg();
        end > start
    }

    /// Lowest and highest unrolled longitude, degrees.
    pub(crate) fn extent_deg(&self) -> (f64, f64) {
        let (start, end) = self.ends_deg();
        (start.min(end), start.max(end))
    }

    /// The unrolled longitude at a Julian Date TT within the run, degrees.
    ///
    /// # Errors
    /// Those of the motion.
    pub(crate) fn at<F>(&self, motion: &F, jd_tt: f64) -> Result<f64, AstroError>
    where
        F: Fn(f64) -> Result<Motion, AstroError>,
    {
        let after = self.nodes.partition_point(|node| node.jd_tt < jd_tt).min(self.nodes.len() - 1);
        self.nodes.get(after).map_or(Ok(f64::NAN), |near| next(motion, *near, jd_tt).map(|node| node.longitude_deg))
    }

    /// Whether the run has a level; one at its very end belongs to the run after.
    pub(crate) fn has(&self, level_deg: f64) -> bool {
        let (start, end) = self.ends_deg();
        let (low, high) = self.extent_deg();
        (low..=high).contains(&level_deg) && (level_deg != end || start == end)
    }

    /// The Julian Date TT at which the run has an unrolled longitude; the nearer end where that is beyond it. Newton's
    /// method kept within a shrinking bracket.
    ///
    /// # Errors
    /// Those of the motion.
    pub(crate) fn reach<F>(&self, motion: &F, level_deg: f64) -> Result<f64, AstroError>
    where
        F: Fn(f64) -> Result<Motion, AstroError>,
    {
        let direct = self.is_direct();
        let short = |node: &Node| if direct { node.longitude_deg < level_deg } else { node.longitude_deg > level_deg };
        let after = self.nodes.partition_point(short);
        match (after.checked_sub(1).and_then(|index| self.nodes.get(index)), self.nodes.get(after)) {
            (Some(low), Some(high)) => root(motion, *low, *high, level_deg),
            (Some(end), None) | (None, Some(end)) => Ok(end.jd_tt),
            (None, None) => Ok(f64::NAN),
        }
    }
}

/// The root between two nodes on either side of a level.
fn root<F>(motion: &F, from: Node, to: Node, level_deg: f64) -> Result<f64, AstroError>
where
    F: Fn(f64) -> Result<Motion, AstroError>,
{
    let direct = to.longitude_deg > from.longitude_deg;
    let (mut low, mut high) = (from.jd_tt, to.jd_tt);
    let share = (level_deg - from.longitude_deg) / (to.longitude_deg - from.longitude_deg);
    let mut moment = low + share.clamp(0.0, 1.0) * (high - low);
    for _ in 0..ROOT_STEPS_MAX {
        let node = next(motion, from, moment)?;
        let excess_deg = node.longitude_deg - level_deg;
        if (excess_deg > 0.0) == direct {
            high = moment;
        } else {
            low = moment;
        }
        let newton = moment - excess_deg / node.speed_deg_per_day;
        let better = if (low..=high).contains(&newton) { newton } else { 0.5 * (low + high) };
        let step_days = (better - moment).abs();
        moment = better;
        if step_days < LAST_STEP_DAYS {
            break;
        }
    }
    Ok(moment)
}

/// The unrolled values, at or above `low_deg` and below or at `high_deg`, that stand for a longitude.
pub(crate) fn levels_deg(longitude_deg: f64, low_deg: f64, high_deg: f64) -> impl Iterator<Item = f64> {
    let turns = ((low_deg - longitude_deg) / 360.0).ceil();
    let start = longitude_deg + 360.0 * turns;
    (0_u32..).map(move |turn| start + 360.0 * f64::from(turn)).take_while(move |level| *level <= high_deg)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A swing of 50 degrees about a steady run: closed forms for turns and levels.
    #[expect(clippy::unnecessary_wraps, reason = "the shape of a motion")]
    fn swing(jd_tt: f64) -> Result<Motion, AstroError> {
        Ok((norm_deg(10.0 * jd_tt + 50.0 * jd_tt.sin()), 10.0 + 50.0 * jd_tt.cos()))
    }

    #[test]
    fn a_path_is_cut_at_its_turns() {
        let runs = runs(&swing, 0.0, 20.0, 0.7).unwrap();
        let turns: Vec<f64> = runs[1..].iter().map(|run| run.nodes[0].jd_tt).collect();
        // cos t = -0.2 at t = 1.77215425 and at its mirror, and every 2 pi on.
        let first = (-0.2_f64).acos();
        let full = std::f64::consts::TAU;
        let expected = [first, full - first, full + first, 2.0 * full - first, 2.0 * full + first, 3.0 * full - first];
        assert_eq!(turns.len(), expected.len(), "{turns:?}");
        for (found, expected) in turns.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }
        assert!(runs.iter().all(|run| run.nodes.windows(2).all(|w| w[1].jd_tt > w[0].jd_tt)));
    }

    #[test]
    fn every_pass_of_a_level_is_found_once() {
        let mut found = Vec::new();
        for run in &runs(&swing, 0.0, 20.0, 0.7).unwrap() {
            let (low, high) = run.extent_deg();
            for level in levels_deg(60.0, low, high).filter(|level| run.has(*level)) {
                found.push(run.reach(&swing, level).unwrap());
            }
        }
        // Counted on a fine grid.
        let value = |t: f64| wrap_deg(10.0 * t + 50.0 * t.sin() - 60.0);
        let crossings = (0..200_000).filter(|i| {
            let (a, b) = (value(f64::from(*i) * 1e-4), value(f64::from(i + 1) * 1e-4));
            a * b < 0.0 && (a - b).abs() < 90.0
        });
        assert_eq!(found.len(), crossings.count());
        for moment in found {
            assert!(value(moment).abs() < 1e-8, "{moment}");
        }
    }

    #[test]
    fn levels_are_whole_turns_apart_and_inside() {
        assert_eq!(levels_deg(10.0, 350.0, 740.0).collect::<Vec<_>>(), [370.0, 730.0]);
        assert_eq!(levels_deg(10.0, 11.0, 300.0).count(), 0);
    }
}
