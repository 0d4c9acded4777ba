//! P: What a vague birth leaves of a day: contacts with bodies that may lie anywhere in an arc, and the windows in which they
//! come within orb, are exact and leave. Ranks nothing.

use serde::{Deserialize, Serialize};

use super::Factor;
use super::seen::Seen;
use crate::astro::angles::wrap_deg;
use crate::astro::aspects::{Aspect, Contact, is_applying};
use crate::astro::body::Body;
use crate::astro::chart::{Chart, Unknown};
use crate::astro::ephemeris::{Ephemeris, Position};
use crate::astro::error::AstroError;
use crate::astro::events::Pass;
use crate::astro::events::transits::{NatalArc, Window, transits};
use crate::astro::figure::LongitudeRange;
use crate::astro::point::Point;
use crate::astro::rules;
use crate::astro::spans::Span;
use crate::astro::stop::Stop;
use crate::astro::vague::reach_deg;
use crate::astro::why::Why;

/// Kept from the ends of the ephemeris, days.
const MARGIN_DAYS: f64 = 1.0;

/// What a vague birth leaves of a transit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenFactor {
    /// Distance from the exact aspect, degrees.
    pub orb_deg: Span,
    /// Whether the orb is shrinking; none where some births have it exact already and others not yet.
    pub applying: Option<bool>,
    /// By the orb.
    pub intensity: Span,
    /// weight * intensity - friction.
    pub score: Span,
    /// Every exact pass within the search window around the day; kept factors only.
    pub passes: Vec<Pass>,
    /// When it came within orb; none if that was before the search window for all births.
    pub enters: Option<Window>,
    /// When it leaves; none if that is after the search window for all.
    pub leaves: Option<Window>,
}

/// Between what the counts of a day lie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDay {
    /// Factors within orb in all.
    pub considered: (u16, u16),
    /// Leaders of energy, attention and opportunity at most; at least none.
    pub most: [u8; 3],
}

/// The arc of a natal point; none where it is known.
pub(super) fn arc_of(chart: &Chart, natal: Point) -> Option<LongitudeRange> {
    natal.body().and_then(|body| chart.placement(body)).and_then(|placement| placement.range)
}

/// The contacts that a body at a longitude may have with a point in an arc, each with what is left open.
pub(super) fn contacts(
    (transiting_deg, speed): (f64, f64),
    (natal_deg, range): (f64, &LongitudeRange),
    limit: impl Fn(Aspect) -> f64,
) -> Vec<(Contact, Span, Option<bool>)> {
    let (low, high) = reach_deg(natal_deg, Some(range));
    let gap_deg = wrap_deg(transiting_deg - natal_deg);
    let arcs_deg = Span { from: gap_deg - high, to: gap_deg - low }.folded();
    let possible = |aspect: Aspect| {
        let (orbs_deg, orb_max_deg) = (arcs_deg.distance(aspect.angle_deg()), limit(aspect));
        let separation_deg = gap_deg.abs();
        let contact =
            Contact { aspect, separation_deg, orb_deg: aspect.orb_deg(transiting_deg, natal_deg), orb_max_deg };
        let applying = is_applying(aspect, (transiting_deg, speed), (natal_deg, 0.0));
        (orbs_deg.from <= orb_max_deg).then(|| (contact, orbs_deg, (orbs_deg.from > 0.0).then_some(applying)))
    };
    Aspect::MAJOR.into_iter().filter_map(possible).collect()
}

/// Fills in the windows of a factor around a Julian Date TT.
///
/// # Errors
/// Those of the ephemeris.
pub(super) fn fill(factor: &mut Factor, chart: &Chart, seen: Seen, noon_tt: f64) -> Result<(), AstroError> {
    let (Some(natal_deg), Some(range)) = (chart.longitude_deg(factor.natal), arc_of(chart, factor.natal)) else {
        return Ok(());
    };
    let Some(open) = &mut factor.open else { return Ok(()) };
    let (reach_days, _) = rules::search_window_days(factor.transiting);
    let (first, last) = Ephemeris::embedded().span();
    let (from, to) = ((noon_tt - reach_days).max(first + MARGIN_DAYS), (noon_tt + reach_days).min(last - MARGIN_DAYS));
    let (at_noon_deg, _) = seen.longitude(factor.transiting, noon_tt)?;
    // The transit is exact on the side of the natal point where the body stands: a conjunction with that place.
    let side = if wrap_deg(at_noon_deg - natal_deg) >= 0.0 { 1.0 } else { -1.0 };
    let turned = side * factor.aspect.angle_deg();
    let arc = NatalArc { point: factor.natal, from_deg: range.from_deg + turned, to_deg: range.to_deg + turned };
    let sky = seen.sky(from, to, &[factor.transiting])?;
    let orb_max_deg = factor.orb_max_deg;
    let found = transits(Stop::NEVER, &sky, &[arc], &[Aspect::Conjunction], |_: Body, _, _| Some(orb_max_deg))?;
    open.passes = found.iter().flat_map(|transit| transit.passes.clone()).collect();
    open.passes.sort_by(|a, b| a.exact.from_jd_tt.total_cmp(&b.exact.from_jd_tt));
    let around = found.iter().find(|transit| {
        let starts = transit.enters.map_or(from, |window| window.from_jd_tt);
        (starts..=transit.leaves.map_or(to, |window| window.to_jd_tt)).contains(&noon_tt)
    });
    open.enters = around.and_then(|transit| transit.enters);
    open.leaves = around.and_then(|transit| transit.leaves);
    // Of births that have left the orb before noon and come into it after, the windows reach over noon; a factor of the
    // day has come before and goes after.
    open.enters = open.enters.map(|window| Window { to_jd_tt: window.to_jd_tt.min(noon_tt), ..window });
    open.leaves = open.leaves.map(|window| Window { from_jd_tt: window.from_jd_tt.max(noon_tt), ..window });
    Ok(())
}

/// What a day leaves open, and between what its counts lie; nothing for an exact birth.
pub(super) fn of_day(chart: &Chart, factors: &[Factor], sky: &[Position]) -> (Option<OpenDay>, Vec<Unknown>) {
    if chart.window.is_none() {
        return (None, Vec::new());
    }
    let has_angles = chart.options.has_horizon();
    let of_angle = if has_angles { sky.len() } else { 0 };
    let sure = factors.iter().filter(|factor| factor.certain).count();
    let on = |axes: [&str; 3], angles: usize| {
        let possible = factors.iter().filter(|factor| axes.contains(&factor.axis.as_str())).count();
        (possible + angles).min(super::LEADERS) as u8
    };
    let open = OpenDay {
        considered: (sure as u16, (factors.len() + 2 * of_angle) as u16),
        most: [on(super::ENERGY, of_angle), on(super::ATTENTION, of_angle), on(super::OPPORTUNITY, 0)],
    };
    let mut unknowns = Vec::new();
    if has_angles {
        unknowns.extend(["ascendant", "midheaven"].map(|what| Unknown::new(what, Why::NoTransit)));
        unknowns.push(Unknown::new("houses", Why::HousesFollow));
    }
    unknowns.push(Unknown::new("ranking", Why::Ranking));
    (Some(open), unknowns)
}

/// The names of what the factors that are kept leave open.
pub(super) fn unknowns(factors: &[Factor]) -> Vec<Unknown> {
    let open = factors.iter().filter(|factor| factor.open.as_ref().is_some_and(|open| open.applying.is_none()));
    open.map(|factor| Unknown::new(format!("{}_applying", factor.id), Why::ExactAtNoon)).collect()
}
