//! P: What a span of instants leaves of a sky: for each figure of the sky of its middle, between what it lies, whether it
//! holds throughout, and what else may be. Names nothing; reads no birth.
//!
//! Source: definition: what lies between two instants. Error: none that leaves a minute out
//! (`a_day_holds_each_of_its_minutes`).

use serde::{Deserialize, Serialize};

use super::{Instants, arc};
use crate::astro::angles::{norm_deg, wrap_deg};
use crate::astro::aspects::declination::{Parallel, ParallelHit};
use crate::astro::aspects::{Aspect, AspectHit, Moving, is_applying, is_one_thing};
use crate::astro::ephemeris::{Ephemeris, Position};
use crate::astro::error::AstroError;
use crate::astro::figure::{Figure, Placement, PlacementSpans, moving_points, pattern_points, repeats};
use crate::astro::options::ChartOptions;
use crate::astro::patterns::{self, Pattern, PatternPoint};
use crate::astro::point::Point;
use crate::astro::returns::{motion, step_days};
use crate::astro::rulesets::{Context, Ruleset};
use crate::astro::spans::{OpenHit, Span, unrolled};
use crate::astro::{frames, time};

/// Longest step between the instants at which the sky is looked at, days: in two hours the Moon's course bends by 0.01
/// degrees, which the spans allow for.
const STEP_DAYS: f64 = 1.0 / 12.0;
/// Fewest and most steps, whatever the length.
const STEPS: (f64, f64) = (6.0, 360.0);

/// The sky at an instant of the span.
struct Look {
    jd_tt: f64,
    offset_deg: f64,
    rate_deg_per_day: f64,
    obliquity_deg: f64,
    /// Of each body of the options, tropical.
    places: Vec<Position>,
}

impl Look {
    fn longitude_deg(&self, index: usize) -> f64 {
        norm_deg(self.places[index].longitude_deg - self.offset_deg)
    }

    fn speed(&self, index: usize) -> f64 {
        self.places[index].longitude_speed_deg_per_day - self.rate_deg_per_day
    }
}

/// Looks at even steps through the span, both ends among them.
fn looks(instants: Instants, options: &ChartOptions) -> Result<Vec<Look>, AstroError> {
    let days = 2.0 * instants.half_days();
    let steps = (days / STEP_DAYS).ceil().clamp(STEPS.0, STEPS.1) as usize;
    let at = |step: usize| {
        let jd_tt = time::scales_from_utc(instants.from_jd_utc + days * step as f64 / steps as f64).jd_tt;
        Ok(Look {
            jd_tt,
            offset_deg: options.zodiac.offset_deg(jd_tt),
            rate_deg_per_day: options.zodiac.rate_deg_per_day(jd_tt),
            obliquity_deg: frames::true_obliquity_deg(jd_tt),
            places: Ephemeris::embedded().positions(&options.bodies, jd_tt, &options.view)?,
        })
    };
    (0..=steps).map(at).collect()
}

/// Gives every body of the sky of the middle of a span its arc and its spans, and finds aspects, parallels and patterns
/// anew: those that hold throughout, and those that hold at some of its instants, which are not certain.
///
/// # Errors
/// Those of the ephemeris.
pub(crate) fn open(figure: &mut Figure, instants: Instants, ruleset: &Ruleset) -> Result<(), AstroError> {
    let looks = looks(instants, &figure.options)?;
    let tt = (looks[0].jd_tt, looks[looks.len() - 1].jd_tt);
    for (index, placed) in figure.bodies.iter_mut().enumerate() {
        placed.range = Some(arc(&motion(&figure.options, placed.body), tt.0, tt.1, step_days(placed.body))?);
        placed.spans = Some(spans(&looks, index));
    }
    let middle = moving_points(figure);
    let course = |moving: &Moving| {
        let index = figure.bodies.iter().position(|placed| Some(placed.body) == moving.point.body())?;
        Some(Course::of(&looks, index, *moving))
    };
    let courses: Vec<Course> = middle.iter().filter_map(course).collect();
    figure.aspects = aspects(&courses, ruleset);
    figure.parallels = parallels(&looks, &figure.bodies, ruleset);
    figure.patterns = patterns_of(&looks, &figure.bodies, ruleset);
    figure.spans = FrameSpans::of(instants, &figure.options);
    Ok(())
}

fn spans(looks: &[Look], index: usize) -> PlacementSpans {
    let seen = |value: &dyn Fn(&Position) -> f64| -> Vec<f64> {
        looks.iter().map(|look| value(&look.places[index])).collect()
    };
    let declinations = seen(&|place| place.declination_deg);
    let right_ascension = Span::of_angles(&seen(&|place| place.right_ascension_deg));
    let turn = 360.0 * (right_ascension.from / 360.0).floor();
    let speeds: Vec<f64> = looks.iter().map(|look| look.speed(index)).collect();
    let speed = Span::of_samples(&speeds);
    let beyond: Vec<f64> =
        looks.iter().map(|l| l.places[index].declination_deg.abs() - l.obliquity_deg.abs()).collect();
    PlacementSpans {
        latitude_deg: Span::of_samples(&seen(&|place| place.latitude_deg)),
        distance_au: Span::of_samples(&seen(&|place| place.distance_au)),
        speed_deg_per_day: speed,
        right_ascension_deg: right_ascension.map(|deg| deg - turn),
        declination_deg: Span::of_samples(&declinations),
        declination_speed_deg_per_day: Span::of_samples(&seen(&|place| place.declination_speed_deg_per_day)),
        retrograde: speed.sign().map(|forward| !forward),
        out_of_bounds: Span::of_samples(&beyond).sign(),
    }
}

/// A point through the looks.
struct Course {
    middle: Moving,
    /// Unrolled, degrees.
    longitudes_deg: Vec<f64>,
    speeds: Vec<f64>,
}

impl Course {
    fn of(looks: &[Look], index: usize, middle: Moving) -> Self {
        let longitudes: Vec<f64> = looks.iter().map(|look| look.longitude_deg(index)).collect();
        Self {
            middle,
            longitudes_deg: unrolled(&longitudes),
            speeds: looks.iter().map(|look| look.speed(index)).collect(),
        }
    }
}

/// The aspects among courses that hold at some look or touch between two, in the order of those of one sky.
fn aspects(courses: &[Course], ruleset: &Ruleset) -> Vec<AspectHit> {
    let mut hits = Vec::new();
    for (index, one) in courses.iter().enumerate() {
        for other in &courses[index + 1..] {
            let (a, b) = if one.middle.point <= other.middle.point { (one, other) } else { (other, one) };
            if !is_one_thing(a.middle.point, b.middle.point) {
                of_pair(a, b, ruleset, &mut hits);
            }
        }
    }
    hits.sort_by(|x, y| x.a.cmp(&y.a).then(x.orb_deg.total_cmp(&y.orb_deg)).then(x.b.cmp(&y.b)));
    hits
}

fn of_pair(a: &Course, b: &Course, ruleset: &Ruleset, hits: &mut Vec<AspectHit>) {
    let (a_point, b_point) = (a.middle.point, b.middle.point);
    let seen: Vec<Option<Aspect>> = std::iter::zip(&a.longitudes_deg, &b.longitudes_deg)
        .map(|(a_deg, b_deg)| {
            let found = ruleset.contact(Context::Natal, (a_point, *a_deg), (b_point, *b_deg));
            found.map(|contact| contact.aspect)
        })
        .collect();
    let gaps: Vec<f64> = std::iter::zip(&a.longitudes_deg, &b.longitudes_deg).map(|(a, b)| a - b).collect();
    let separation_deg = Span::of_samples(&gaps).folded();
    for aspect in ruleset.aspects() {
        let Some(orb_max_deg) = ruleset.orb_deg(Context::Natal, aspect, a_point, b_point) else { continue };
        let orb_deg = separation_deg.distance(aspect.angle_deg());
        let touches = seen.iter().all(Option::is_none) && orb_deg.from <= orb_max_deg;
        if !touches && !seen.contains(&Some(aspect)) {
            continue;
        }
        let (from, to) = (&a.middle, &b.middle);
        let separation = wrap_deg(from.longitude_deg - to.longitude_deg).abs();
        hits.push(AspectHit {
            a: a_point,
            b: b_point,
            aspect,
            separation_deg: separation,
            orb_deg: (separation - aspect.angle_deg()).abs(),
            orb_max_deg,
            applying: is_applying(
                aspect,
                (from.longitude_deg, from.speed_deg_per_day),
                (to.longitude_deg, to.speed_deg_per_day),
            ),
            certain: orb_deg.to <= orb_max_deg && seen.iter().all(|one| *one == Some(aspect)),
            open: Some(OpenHit { separation_deg, orb_deg, applying: trend(a, b, aspect, orb_deg) }),
        });
    }
}

/// Whether the orb shrinks throughout, or grows: neither where it is exact in between or the two change their pace.
fn trend(a: &Course, b: &Course, aspect: Aspect, orb_deg: Span) -> Option<bool> {
    let paces: Vec<f64> = std::iter::zip(&a.speeds, &b.speeds).map(|(a, b)| a - b).collect();
    (orb_deg.from > 0.0).then_some(())?;
    Span::of_samples(&paces).sign()?;
    let at = |look: usize| {
        is_applying(aspect, (a.longitudes_deg[look], a.speeds[look]), (b.longitudes_deg[look], b.speeds[look]))
    };
    let first = at(0);
    (1..paces.len()).all(|look| at(look) == first).then_some(first)
}

/// Parallels and contra-parallels that hold at some instant.
fn parallels(looks: &[Look], bodies: &[Placement], ruleset: &Ruleset) -> Vec<ParallelHit> {
    let orb_max_deg = ruleset.parallel_orb_deg();
    let counted: Vec<usize> = (0..bodies.len()).filter(|index| !repeats(bodies[*index].body, bodies)).collect();
    let mut hits = Vec::new();
    for (place, one) in counted.iter().enumerate() {
        for other in &counted[place + 1..] {
            let (a, b) = if bodies[*one].body <= bodies[*other].body { (*one, *other) } else { (*other, *one) };
            let (a_point, b_point) = (Point::Body(bodies[a].body), Point::Body(bodies[b].body));
            if is_one_thing(a_point, b_point) {
                continue;
            }
            hits.extend(
                [Parallel::Parallel, Parallel::ContraParallel]
                    .into_iter()
                    .filter_map(|kind| parallel(looks, bodies, (a, b), kind, orb_max_deg)),
            );
        }
    }
    hits.sort_by_key(|hit| (hit.a, hit.b));
    hits
}

fn parallel(
    looks: &[Look],
    bodies: &[Placement],
    (a, b): (usize, usize),
    kind: Parallel,
    orb_max_deg: f64,
) -> Option<ParallelHit> {
    let sign = if kind == Parallel::Parallel { -1.0 } else { 1.0 };
    let gap = |of: &dyn Fn(&Position) -> f64, look: &Look| of(&look.places[a]) + sign * of(&look.places[b]);
    let declination = |place: &Position| place.declination_deg;
    let gaps: Vec<f64> = looks.iter().map(|look| gap(&declination, look)).collect();
    let rates: Vec<f64> =
        looks.iter().map(|look| gap(&|place: &Position| place.declination_speed_deg_per_day, look)).collect();
    let same_side = |look: &Look| (look.places[a].declination_deg < 0.0) == (look.places[b].declination_deg < 0.0);
    let fits = |look: &&Look| same_side(look) == (kind == Parallel::Parallel);
    let separation_deg = Span::of_samples(&gaps).distance(0.0);
    if separation_deg.from > orb_max_deg || !looks.iter().any(|look| fits(&look)) {
        return None;
    }
    let settled = |index: usize| {
        let declinations: Vec<f64> = looks.iter().map(|look| look.places[index].declination_deg).collect();
        Span::of_samples(&declinations).sign().is_some()
    };
    let orb_deg = kind.orb_deg(bodies[a].declination_deg, bodies[b].declination_deg);
    let middle_gap = bodies[a].declination_deg + sign * bodies[b].declination_deg;
    let rate = bodies[a].declination_speed_deg_per_day + sign * bodies[b].declination_speed_deg_per_day;
    let pace = Span::of_samples(&rates).sign().zip(Span::of_samples(&gaps).sign());
    Some(ParallelHit {
        a: Point::Body(bodies[a].body),
        b: Point::Body(bodies[b].body),
        kind,
        orb_deg,
        orb_max_deg,
        applying: middle_gap * rate < 0.0,
        certain: separation_deg.to <= orb_max_deg && settled(a) && settled(b) && looks.iter().all(|look| fits(&look)),
        open: Some(OpenHit { separation_deg, orb_deg: separation_deg, applying: pace.map(|(up, side)| up != side) }),
    })
}

/// Patterns that are there at some look; certain where they are at every one and their sides hold wherever the points are.
fn patterns_of(looks: &[Look], bodies: &[Placement], ruleset: &Ruleset) -> Vec<Pattern> {
    let middle = pattern_points(bodies);
    let at = |look: &Look| -> Vec<Pattern> {
        let there = |point: &PatternPoint| {
            let index = bodies.iter().position(|placed| Some(placed.body) == point.point.body());
            let longitude_deg = index.map_or(point.longitude_deg, |index| look.longitude_deg(index));
            PatternPoint { longitude_deg, ..*point }
        };
        patterns::find(&middle.iter().map(there).collect::<Vec<_>>(), ruleset)
    };
    let same =
        |one: &Pattern, other: &Pattern| one.kind == other.kind && one.points == other.points && one.apex == other.apex;
    let each: Vec<Vec<Pattern>> = looks.iter().map(at).collect();
    let mut found: Vec<Pattern> = patterns::find(&middle, ruleset);
    for pattern in each.iter().flatten() {
        if !found.iter().any(|known| same(known, pattern)) {
            found.push(Pattern { certain: false, ..pattern.clone() });
        }
    }
    let rules = ruleset.patterns();
    for pattern in &mut found {
        let limits = rules.orbs_deg.iter().map(|(_, orb_deg)| *orb_deg);
        let times: Vec<f64> = each.iter().flatten().filter(|one| same(one, pattern)).map(|one| one.width_deg).collect();
        let throughout = times.len() == looks.len();
        pattern.certain &= throughout;
        // The widest of several sides: it turns sharply where another becomes the widest.
        let step = times.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f64::max);
        let seen = times.iter().fold(Span::at(pattern.width_deg), |span, width| span.with(*width));
        let limit = limits.fold(rules.stellium_arc_deg, f64::max);
        pattern.width_span_deg =
            Some(if throughout { seen.widened(step).not_negative() } else { Span { from: 0.0, to: limit } });
    }
    let certain = found.clone();
    for pattern in &mut found {
        let points = &pattern.points;
        let holds = |whole: &&Pattern| whole.certain && points.iter().all(|point| whole.points.contains(point));
        pattern.part_of = pattern.part_of.filter(|kind| certain.iter().filter(holds).any(|whole| whole.kind == *kind));
    }
    found.sort_by(|one, other| (one.kind, &one.points, one.apex).cmp(&(other.kind, &other.points, other.apex)));
    found
}

/// Extremes through a span of what a whole figure has: obliquity, ayanamsa with and without nutation, Delta T.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameSpans {
    /// Julian Date UTC.
    pub jd_utc: Span,
    /// Julian Date TT.
    pub jd_tt: Span,
    /// TT minus UT1, seconds.
    pub delta_t_s: Span,
    /// Its standard error, seconds.
    pub delta_t_uncertainty_s: Span,
    /// True obliquity of the ecliptic, degrees.
    pub obliquity_deg: Span,
    /// Ayanamsa with nutation, degrees.
    pub ayanamsa_deg: Option<Span>,
    /// The same without nutation.
    pub ayanamsa_mean_deg: Option<Span>,
}

impl FrameSpans {
    /// The instants themselves.
    pub const fn instants(&self) -> Instants {
        Instants { from_jd_utc: self.jd_utc.from, to_jd_utc: self.jd_utc.to }
    }

    /// Those of a span in a zodiac; none of an instant.
    pub fn of(instants: Instants, options: &ChartOptions) -> Option<Self> {
        if instants.is_exact() {
            return None;
        }
        let steps = 8_u32;
        let utc = (0..=steps)
            .map(|step| instants.from_jd_utc + 2.0 * instants.half_days() * f64::from(step) / f64::from(steps));
        let scales: Vec<_> = utc.map(time::scales_from_utc).collect();
        let of = |value: &dyn Fn(f64) -> f64| {
            Span::of_samples(&scales.iter().map(|scale| value(scale.jd_tt)).collect::<Vec<f64>>())
        };
        let delta: Vec<f64> = scales.iter().map(|scale| scale.delta_t_s).collect();
        let error = |jd_tt: f64, delta_t_s: f64| time::delta_t(jd_tt - delta_t_s / 86_400.0).uncertainty_s;
        let errors: Vec<f64> = scales.iter().map(|scale| error(scale.jd_tt, scale.delta_t_s)).collect();
        let ayanamsa = options.zodiac.ayanamsa();
        Some(Self {
            jd_utc: Span { from: instants.from_jd_utc, to: instants.to_jd_utc },
            jd_tt: Span { from: scales[0].jd_tt, to: scales[scales.len() - 1].jd_tt },
            delta_t_s: Span::of_samples(&delta),
            delta_t_uncertainty_s: Span::of_samples(&errors),
            obliquity_deg: of(&frames::true_obliquity_deg),
            ayanamsa_deg: ayanamsa.map(|_| of(&|jd_tt| options.zodiac.offset_deg(jd_tt))),
            ayanamsa_mean_deg: ayanamsa.map(|ayanamsa| of(&|jd_tt| ayanamsa.mean_deg(jd_tt))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::astro::body::Body;
    use crate::astro::figure::cast;

    /// A day of the sky holds the sky of each of its minutes: every figure within its span, and every aspect, parallel and
    /// pattern known, the certain ones at each.
    #[test]
    fn a_day_holds_each_of_its_minutes() {
        let options = ChartOptions { bodies: Body::ALL.to_vec(), ..ChartOptions::default() };
        for from_jd_utc in [2_448_088.4, 2_451_545.0, 2_415_020.7, 2_460_400.2] {
            let instants = Instants { from_jd_utc, to_jd_utc: from_jd_utc + 1.0 };
            let mut day = cast(instants.middle(), None, &options).unwrap();
            open(&mut day, instants, Ruleset::builtin()).unwrap();
            for step in 0..=96 {
                let now = cast(from_jd_utc + f64::from(step) / 96.0, None, &options).unwrap();
                for (placed, exact) in day.bodies.iter().zip(&now.bodies) {
                    holds(placed, exact);
                }
                for hit in &now.aspects {
                    let known =
                        day.aspects.iter().find(|k| (k.a, k.b, k.aspect) == (hit.a, hit.b, hit.aspect)).unwrap();
                    let open = known.open.unwrap();
                    assert!(open.orb_deg.widened(1e-9).has(hit.orb_deg), "{hit:?} {open:?}");
                    assert!(open.applying.is_none_or(|applying| applying == hit.applying), "{hit:?} {open:?}");
                }
                let sure = day.aspects.iter().filter(|hit| hit.certain);
                assert!(sure.clone().count() > 3);
                for hit in sure {
                    assert!(now.aspects.iter().any(|k| (k.a, k.b, k.aspect) == (hit.a, hit.b, hit.aspect)), "{hit:?}");
                }
                for hit in &now.parallels {
                    let known = day.parallels.iter().find(|k| (k.a, k.b, k.kind) == (hit.a, hit.b, hit.kind)).unwrap();
                    assert!(known.open.unwrap().orb_deg.widened(1e-9).has(hit.orb_deg), "{hit:?}");
                    assert!(known.open.unwrap().applying.is_none_or(|applying| applying == hit.applying));
                }
                for hit in day.parallels.iter().filter(|hit| hit.certain) {
                    assert!(now.parallels.iter().any(|k| (k.a, k.b, k.kind) == (hit.a, hit.b, hit.kind)), "{hit:?}");
                }
                for pattern in &now.patterns {
                    let known = day.patterns.iter().find(|k| (k.kind, &k.points) == (pattern.kind, &pattern.points));
                    assert!(known.unwrap().width_span_deg.unwrap().has(pattern.width_deg), "{pattern:?} {known:?}");
                }
            }
        }
    }

    fn holds(placed: &Placement, exact: &Placement) {
        let spans = placed.spans.unwrap();
        for (span, value) in [
            (spans.latitude_deg, exact.latitude_deg),
            (spans.distance_au, exact.distance_au),
            (spans.speed_deg_per_day, exact.speed_deg_per_day),
            (spans.declination_deg, exact.declination_deg),
            (spans.declination_speed_deg_per_day, exact.declination_speed_deg_per_day),
        ] {
            assert!(span.widened(1e-10).has(value), "{:?} {span:?} {value}", placed.body);
        }
        assert!(spans.retrograde.is_none_or(|open| open == exact.retrograde));
        assert!(spans.out_of_bounds.is_none_or(|open| open == exact.out_of_bounds));
        let range = placed.range.unwrap();
        let width = norm_deg(range.to_deg - range.from_deg);
        let along = norm_deg(exact.longitude_deg - range.from_deg);
        assert!(along <= width + 1e-6 || along > 360.0 - 1e-6, "{:?} {range:?}", placed.body);
    }
}
