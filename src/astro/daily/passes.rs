//! P: When a transit is exact, and when it comes within its orb and leaves it: bracketing on a grid, then root finding.

use super::Factor;
use crate::astro::angles::wrap_deg;
use crate::astro::body::Body;
use crate::astro::chart::Chart;
use crate::astro::ephemeris::Ephemeris;
use crate::astro::error::AstroError;
use crate::astro::zone::rfc3339_of_julian_date;
use crate::astro::{rules, time};

/// A root is good when the bracket is below this, days (a tenth of a second).
const ROOT_TOLERANCE_DAYS: f64 = 1.2e-6;
/// Steps allowed for one root; the bracket halves at least every third step.
const ROOT_STEPS_MAX: usize = 60;
/// Distances from the aspect (degrees) beyond this belong to the far side of the zodiac, where the difference jumps.
const NEAR_DEG: f64 = 90.0;

/// A moment (Julian Date TT) and a value there.
type Sample = (f64, f64);

/// Fills in the passes of a factor around a Julian Date TT within its orb.
///
/// # Errors
/// [`AstroError::OutOfSpan`] only if `noon_tt` itself is outside the ephemeris; the window is cut to it.
pub(super) fn fill(factor: &mut Factor, chart: &Chart, noon_tt: f64) -> Result<(), AstroError> {
    let Some(natal_deg) = chart.longitude_deg(factor.natal) else { return Ok(()) };
    let body = factor.transiting;
    let ephemeris = Ephemeris::embedded();
    let angle_deg = factor.aspect.angle_deg();
    let ahead = wrap_deg(ephemeris.longitude_deg(body, noon_tt)? - natal_deg) >= 0.0;
    // The place where the transit is exact, on the side of the natal point where the body stands.
    let target_deg = if ahead { natal_deg + angle_deg } else { natal_deg - angle_deg };
    let distance = |jd_tt: f64| Ok(wrap_deg(ephemeris.longitude_deg(body, jd_tt)? - target_deg));
    let (grid, noon) = grid(body, noon_tt, distance)?;
    let mut exact = Vec::new();
    for pair in with_turns(&grid, distance)?.windows(2) {
        if let [before, after] = pair
            && is_crossing(*before, *after)
        {
            exact.push(root(distance, *before, *after)?);
        }
    }
    factor.exact_at_utc = exact.into_iter().filter_map(utc_text).collect();
    let beyond = |jd_tt: f64| Ok(distance(jd_tt)?.abs() - factor.orb_max_deg);
    let outside = |sample: &Sample| sample.1.abs() > factor.orb_max_deg;
    let edge = |inner: Option<&Sample>, outer: Option<&Sample>| match (inner, outer) {
        (Some(inner), Some(outer)) => {
            let values = [*inner, *outer].map(|(jd_tt, degrees)| (jd_tt, degrees.abs() - factor.orb_max_deg));
            root(beyond, values[0], values[1]).map(utc_text)
        }
        _ => Ok(None),
    };
    let enters = grid[..noon].iter().rposition(outside);
    let leaves = grid[noon..].iter().position(outside).map(|index| index + noon);
    let enters_at_utc = edge(enters.and_then(|index| grid.get(index + 1)), enters.and_then(|index| grid.get(index)))?;
    let leaves_at_utc = edge(leaves.and_then(|index| grid.get(index - 1)), leaves.and_then(|index| grid.get(index)))?;
    factor.enters_at_utc = enters_at_utc;
    factor.leaves_at_utc = leaves_at_utc;
    Ok(())
}

/// Values on even steps through the search window of a body, cut to the ephemeris, and the index of noon among them.
fn grid(
    body: Body,
    noon_tt: f64,
    value: impl Fn(f64) -> Result<f64, AstroError>,
) -> Result<(Vec<Sample>, usize), AstroError> {
    let (reach_days, step_days) = rules::search_window_days(body);
    let (first, last) = Ephemeris::embedded().span();
    let steps = (reach_days / step_days).round() as i32;
    let moments = (-steps..=steps).map(|step| (step, noon_tt + f64::from(step) * step_days));
    let inside: Vec<(i32, f64)> = moments.filter(|(_, jd_tt)| (first..=last).contains(jd_tt)).collect();
    let noon = inside.iter().position(|(step, _)| *step == 0).unwrap_or(0);
    let samples = inside.into_iter().map(|(_, jd_tt)| Ok((jd_tt, value(jd_tt)?))).collect::<Result<Vec<_>, _>>()?;
    Ok((samples, noon))
}

/// Adds, where the body turns near the exact place without a grid point beyond it, the turning point (vertex of the
/// parabola through three samples), so that two passes within one step are not lost.
fn with_turns(grid: &[Sample], value: impl Fn(f64) -> Result<f64, AstroError>) -> Result<Vec<Sample>, AstroError> {
    let mut samples = grid.to_vec();
    for three in grid.windows(3) {
        let &[a, b, c] = three else { continue };
        let nearest = b.1.abs() <= a.1.abs() && b.1.abs() <= c.1.abs();
        if !nearest || a.1 * b.1 <= 0.0 || b.1 * c.1 <= 0.0 {
            continue;
        }
        let (rise, bend) = (0.5 * (c.1 - a.1), a.1 - 2.0 * b.1 + c.1);
        if bend == 0.0 {
            continue;
        }
        let turn = b.0 - (rise / bend).clamp(-1.0, 1.0) * (c.0 - b.0);
        let at_turn = (turn, value(turn)?);
        if at_turn.1 * b.1 < 0.0 {
            samples.push(at_turn);
        }
    }
    samples.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(samples)
}

/// Whether the exact place lies between two samples; a sample on it counts for the interval that it opens.
fn is_crossing((_, before): Sample, (_, after): Sample) -> bool {
    let near = before.abs() < NEAR_DEG && after.abs() < NEAR_DEG;
    near && ((before <= 0.0 && after > 0.0) || (before >= 0.0 && after < 0.0))
}

/// A zero of a continuous function between two moments with values of different sign, in either order: regula falsi
/// with the Illinois rule (Dowell and Jarratt 1971).
///
/// # Errors
/// Those of the function.
pub(super) fn root(
    value: impl Fn(f64) -> Result<f64, AstroError>,
    (mut a, mut fa): Sample,
    (mut b, mut fb): Sample,
) -> Result<f64, AstroError> {
    for _ in 0..ROOT_STEPS_MAX {
        if fa == 0.0 {
            return Ok(a);
        }
        if fb == 0.0 || (b - a).abs() < ROOT_TOLERANCE_DAYS {
            return Ok(b);
        }
        let c = b - fb * (b - a) / (fb - fa);
        let fc = value(c)?;
        let near = (c - b).abs() < ROOT_TOLERANCE_DAYS;
        if fc * fb < 0.0 {
            (a, fa) = (b, fb);
        } else {
            fa *= 0.5;
        }
        (b, fb) = (c, fc);
        if near {
            return Ok(b);
        }
    }
    Ok(b)
}

/// `YYYY-MM-DDTHH:MM:SSZ` of a Julian Date TT.
pub(super) fn utc_text(jd_tt: f64) -> Option<String> {
    // TT - UTC changes so slowly that its value a minute away serves, except within a minute of a leap second.
    let tt_minus_utc = time::scales_from_utc(jd_tt).jd_tt - jd_tt;
    let again = time::scales_from_utc(jd_tt - tt_minus_utc);
    rfc3339_of_julian_date(jd_tt - (again.jd_tt - again.jd_utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_found_from_either_side() {
        let cube = |x: f64| Ok(x * x * x - 2.0);
        for (a, b) in [(1.0, 2.0), (2.0, 1.0)] {
            let found = root(cube, (a, a * a * a - 2.0), (b, b * b * b - 2.0)).unwrap();
            assert!((found - 2.0_f64.cbrt()).abs() < 1e-6, "{found}");
        }
    }
}
