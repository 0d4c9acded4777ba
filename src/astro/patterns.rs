//! P: Figures that several points form together: stellium, T-square, grand trine, grand cross, kite, yod, mystic
//! rectangle. Judges none of them.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::angles::{norm_deg, separation_deg, wrap_deg};
use super::aspects::{Aspect, is_one_thing};
use super::point::Point;
use super::rulesets::{PatternRules, Ruleset};
use super::signs::{Element, Modality, Sign};
use super::spans::Span;

/// A kind of figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatternKind {
    /// Points gathered within a short arc.
    Stellium,
    /// An opposition whose ends are both square to a third point, the apex.
    TSquare,
    /// Three points, each trine to the two others.
    GrandTrine,
    /// Two oppositions square to each other.
    GrandCross,
    /// A grand trine with a point, the apex, opposite one corner and sextile to the two others.
    Kite,
    /// A sextile whose ends are both quincunx to a third point, the apex.
    Yod,
    /// Two oppositions whose ends are joined by two trines and two sextiles.
    MysticRectangle,
}

/// A point as patterns see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatternPoint {
    /// Which point.
    pub point: Point,
    /// Its longitude, degrees.
    pub longitude_deg: f64,
    /// When the birth time is vague, the arc in which it lies for sure: from, and forward to, degrees 0..360.
    pub range_deg: Option<(f64, f64)>,
}

/// A figure that was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// What it is.
    pub kind: PatternKind,
    /// Its points, in the order of [`Point`].
    pub points: Vec<Point>,
    /// The point on which it turns, for a T-square, a kite or a yod.
    pub apex: Option<Point>,
    /// The element of all its points, where they agree for sure.
    pub element: Option<Element>,
    /// The modality of all its points, where they agree for sure.
    pub modality: Option<Modality>,
    /// The widest orb among its sides, or for a stellium the arc that holds it, degrees.
    pub width_deg: f64,
    /// Between what that lies when the time is not exact.
    pub width_span_deg: Option<Span>,
    /// The larger figure of which this one is a part: a grand cross holds four T-squares, a kite its grand trine.
    pub part_of: Option<PatternKind>,
    /// False if a vague birth time leaves open whether it holds.
    pub certain: bool,
}

impl PatternKind {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 7] = [
        Self::Stellium,
        Self::TSquare,
        Self::GrandTrine,
        Self::GrandCross,
        Self::Kite,
        Self::Yod,
        Self::MysticRectangle,
    ];

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stellium => "stellium",
            Self::TSquare => "t_square",
            Self::GrandTrine => "grand_trine",
            Self::GrandCross => "grand_cross",
            Self::Kite => "kite",
            Self::Yod => "yod",
            Self::MysticRectangle => "mystic_rectangle",
        }
    }
}

/// Whether a pattern may be a part of a larger one that a vague birth time leaves open.
pub fn leaves_parts_open(patterns: &[Pattern]) -> bool {
    let is_open = |part: &Pattern, whole: &Pattern| {
        let larger = matches!(whole.kind, PatternKind::GrandCross | PatternKind::Kite);
        larger && !whole.certain && part.part_of.is_none() && part.points.iter().all(|p| whole.points.contains(p))
    };
    patterns.iter().any(|part| patterns.iter().any(|whole| whole.kind != part.kind && is_open(part, whole)))
}

/// Most points that are looked at, in the order given: what a set in one machine word can hold.
const POINTS_MAX: usize = 64;

/// The figures among points under the pattern rules of a ruleset, by kind and then by their points; each once. Points
/// of classes that the ruleset leaves out take no part; nor do two readings of one thing form a side together.
///
/// A figure within a larger one is reported too, and says so in [`Pattern::part_of`]. Where two conjunct points could
/// both stand at one corner, each makes its own figure.
pub fn find(points: &[PatternPoint], ruleset: &Ruleset) -> Vec<Pattern> {
    let rules = ruleset.patterns();
    let mut taking_part: Vec<PatternPoint> = points.iter().filter(|p| rules.counts(p.point)).copied().collect();
    taking_part.truncate(POINTS_MAX);
    taking_part.sort_by_key(|p| p.point);
    taking_part.dedup_by_key(|p| p.point);
    let finder = Finder::new(taking_part, rules);
    let mut found = finder.stelliums(rules);
    finder.triangles(&mut found);
    finder.quadrangles(&mut found);
    for index in 0..found.len() {
        let larger = match found[index].kind {
            PatternKind::TSquare => PatternKind::GrandCross,
            PatternKind::GrandTrine => PatternKind::Kite,
            _ => continue,
        };
        let holds = |whole: &Pattern| {
            whole.kind == larger && found[index].points.iter().all(|point| whole.points.contains(point))
        };
        found[index].part_of = found.iter().any(holds).then_some(larger);
    }
    found.sort_by(|one, other| (one.kind, &one.points, one.apex).cmp(&(other.kind, &other.points, other.apex)));
    found
}

/// A set of points, by their places.
type Set = u64;

/// The places in a set, from the lowest.
fn places(mut set: Set) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(place)
    })
}

/// The places above `place`.
const fn above(place: usize) -> Set {
    if place >= 63 { 0 } else { !0 << (place + 1) }
}

/// What stands at which side of which point: for each, the set of points in aspect to it.
struct Finder {
    points: Vec<PatternPoint>,
    sides: [Vec<Set>; 5],
    limits_deg: [f64; 5],
}

/// The aspects that sides can be, and their places in [`Finder::sides`].
const SIDES: [Aspect; 5] = [Aspect::Opposition, Aspect::Square, Aspect::Trine, Aspect::Sextile, Aspect::Quincunx];
const OPPOSITION: usize = 0;
const SQUARE: usize = 1;
const TRINE: usize = 2;
const SEXTILE: usize = 3;
const QUINCUNX: usize = 4;

/// Two corners and the side that they must have.
type Side = (usize, usize, usize);

impl Finder {
    fn new(points: Vec<PatternPoint>, rules: &PatternRules) -> Self {
        let limits_deg = SIDES.map(|aspect| rules.orb_deg(aspect).unwrap_or(-1.0));
        let mut sides = SIDES.map(|_| vec![0; points.len()]);
        for (a, one) in points.iter().enumerate() {
            for (b, other) in points.iter().enumerate().skip(a + 1) {
                if is_one_thing(one.point, other.point) {
                    continue;
                }
                for (side, aspect) in SIDES.into_iter().enumerate() {
                    if aspect.orb_deg(one.longitude_deg, other.longitude_deg) <= limits_deg[side] {
                        sides[side][a] |= 1 << b;
                        sides[side][b] |= 1 << a;
                    }
                }
            }
        }
        Self { points, sides, limits_deg }
    }

    /// T-squares, grand trines, and yods.
    fn triangles(&self, found: &mut Vec<Pattern>) {
        for a in 0..self.points.len() {
            for b in places(self.sides[OPPOSITION][a] & above(a)) {
                for c in places(self.sides[SQUARE][a] & self.sides[SQUARE][b]) {
                    let sides = [(a, b, OPPOSITION), (a, c, SQUARE), (b, c, SQUARE)];
                    found.push(self.pattern(PatternKind::TSquare, &[a, b, c], Some(c), &sides));
                }
            }
            for b in places(self.sides[TRINE][a] & above(a)) {
                for c in places(self.sides[TRINE][a] & self.sides[TRINE][b] & above(b)) {
                    let sides = [(a, b, TRINE), (b, c, TRINE), (a, c, TRINE)];
                    found.push(self.pattern(PatternKind::GrandTrine, &[a, b, c], None, &sides));
                    self.kites([a, b, c], found);
                }
            }
            for b in places(self.sides[SEXTILE][a] & above(a)) {
                for c in places(self.sides[QUINCUNX][a] & self.sides[QUINCUNX][b]) {
                    let sides = [(a, b, SEXTILE), (a, c, QUINCUNX), (b, c, QUINCUNX)];
                    found.push(self.pattern(PatternKind::Yod, &[a, b, c], Some(c), &sides));
                }
            }
        }
    }

    /// The kites that stand on a grand trine.
    fn kites(&self, [a, b, c]: [usize; 3], found: &mut Vec<Pattern>) {
        for (tail, left, right) in [(a, b, c), (b, a, c), (c, a, b)] {
            let apexes = self.sides[OPPOSITION][tail] & self.sides[SEXTILE][left] & self.sides[SEXTILE][right];
            for apex in places(apexes) {
                let sides = [
                    (a, b, TRINE),
                    (b, c, TRINE),
                    (a, c, TRINE),
                    (tail, apex, OPPOSITION),
                    (left, apex, SEXTILE),
                    (right, apex, SEXTILE),
                ];
                found.push(self.pattern(PatternKind::Kite, &[a, b, c, apex], Some(apex), &sides));
            }
        }
    }

    /// Grand crosses and mystic rectangles: two oppositions, whose four other sides are squares, or trines and sextiles
    /// in turn. `a` is the first of all four points, so that each figure is met once.
    fn quadrangles(&self, found: &mut Vec<Pattern>) {
        for a in 0..self.points.len() {
            for c in places(self.sides[OPPOSITION][a] & above(a)) {
                for b in places(self.sides[SQUARE][a] & self.sides[SQUARE][c] & above(a)) {
                    let others = self.sides[SQUARE][a] & self.sides[SQUARE][c];
                    for d in places(self.sides[OPPOSITION][b] & others & above(b)) {
                        let squares = [(a, b, SQUARE), (b, c, SQUARE), (c, d, SQUARE), (a, d, SQUARE)];
                        let sides = [&squares[..], &[(a, c, OPPOSITION), (b, d, OPPOSITION)]].concat();
                        found.push(self.pattern(PatternKind::GrandCross, &[a, b, c, d], None, &sides));
                    }
                }
                for b in places(self.sides[TRINE][a] & self.sides[SEXTILE][c] & above(a)) {
                    let others = self.sides[SEXTILE][a] & self.sides[TRINE][c] & above(a);
                    for d in places(self.sides[OPPOSITION][b] & others) {
                        let joined = [(a, b, TRINE), (b, c, SEXTILE), (c, d, TRINE), (a, d, SEXTILE)];
                        let sides = [&joined[..], &[(a, c, OPPOSITION), (b, d, OPPOSITION)]].concat();
                        found.push(self.pattern(PatternKind::MysticRectangle, &[a, b, c, d], None, &sides));
                    }
                }
            }
        }
    }

    /// Gatherings of as many points as the rules ask for within an arc, none of them part of another.
    fn stelliums(&self, rules: &PatternRules) -> Vec<Pattern> {
        let mut order: Vec<usize> = (0..self.points.len()).collect();
        order.sort_by(|x, y| self.points[*x].longitude_deg.total_cmp(&self.points[*y].longitude_deg));
        let count = order.len();
        let mut gatherings: Vec<(Set, f64)> = Vec::new();
        for (first, start) in order.iter().enumerate() {
            let arc = |place: usize| norm_deg(self.points[place].longitude_deg - self.points[*start].longitude_deg);
            let ahead = (0..count).map(|step| order[(first + step) % count]);
            let inside: Vec<usize> = ahead.take_while(|place| arc(*place) <= rules.stellium_arc_deg).collect();
            let set = inside.iter().fold(0, |set: Set, place| set | 1 << place);
            let arc_deg = inside.last().map_or(0.0, |place| arc(*place));
            if inside.len() >= rules.stellium_points {
                gatherings.push((set, arc_deg));
            }
        }
        gatherings.sort_by_key(|(set, _)| *set);
        gatherings.dedup_by_key(|(set, _)| *set);
        let is_part = |set: Set| gatherings.iter().any(|(other, _)| *other != set && *other & set == set);
        let whole = gatherings.iter().filter(|(set, _)| !is_part(*set));
        whole
            .map(|(set, arc_deg)| {
                let corners: Vec<usize> = places(*set).collect();
                let mut pattern = self.pattern(PatternKind::Stellium, &corners, None, &[]);
                pattern.width_deg = *arc_deg;
                pattern.certain = self.is_gathered_for_sure(&corners, rules.stellium_arc_deg);
                pattern
            })
            .collect()
    }

    /// Whether points stay within an arc wherever in their ranges they stand.
    fn is_gathered_for_sure(&self, corners: &[usize], arc_deg: f64) -> bool {
        corners.iter().all(|a| corners.iter().all(|b| a == b || self.separations(*a, *b).1 <= arc_deg))
    }

    fn pattern(&self, kind: PatternKind, corners: &[usize], apex: Option<usize>, sides: &[Side]) -> Pattern {
        let mut points: Vec<Point> = corners.iter().map(|place| self.points[*place].point).collect();
        points.sort_unstable();
        let orb =
            |(a, b, side): &Side| SIDES[*side].orb_deg(self.points[*a].longitude_deg, self.points[*b].longitude_deg);
        let signs: Option<Vec<Sign>> = corners.iter().map(|place| self.points[*place].sure_sign()).collect();
        let signs = signs.unwrap_or_default();
        Pattern {
            kind,
            points,
            apex: apex.map(|place| self.points[place].point),
            element: agreed(signs.iter().map(|sign| sign.element())),
            modality: agreed(signs.iter().map(|sign| sign.modality())),
            width_deg: sides.iter().map(orb).fold(0.0, f64::max),
            width_span_deg: None,
            part_of: None,
            certain: sides.iter().all(|side| self.is_side_for_sure(*side)),
        }
    }

    /// Whether a side keeps its aspect wherever in their ranges its ends stand.
    fn is_side_for_sure(&self, (a, b, side): Side) -> bool {
        let (least, most) = self.separations(a, b);
        let angle = SIDES[side].angle_deg();
        least >= angle - self.limits_deg[side] && most <= angle + self.limits_deg[side]
    }

    /// The least and the greatest separation that two points can have, degrees 0..=180; as if they moved on their own,
    /// hence never too narrow.
    fn separations(&self, a: usize, b: usize) -> (f64, f64) {
        let (one, other) = (&self.points[a], &self.points[b]);
        let now = separation_deg(one.longitude_deg, other.longitude_deg);
        let [(a_back, a_on), (b_back, b_on)] = [one, other].map(PatternPoint::slack);
        if a_back + a_on + b_back + b_on == 0.0 {
            return (now, now);
        }
        let gap = wrap_deg(one.longitude_deg - other.longitude_deg);
        // The gap runs over this interval; folded, it is least or greatest at its ends or where it passes 0 or 180.
        let (low, high) = (gap - a_back - b_on, gap + a_on + b_back);
        let folded = |gap: f64| wrap_deg(gap).abs();
        let (ends_least, ends_most) = (folded(low).min(folded(high)), folded(low).max(folded(high)));
        let passes = |level: f64| (((low - level) / 360.0).ceil() * 360.0 + level) <= high;
        (if passes(0.0) { 0.0 } else { ends_least }, if passes(180.0) { 180.0 } else { ends_most })
    }
}

impl PatternPoint {
    /// How far the point may stand behind and ahead of its longitude, degrees.
    fn slack(&self) -> (f64, f64) {
        let Some((from, to)) = self.range_deg else { return (0.0, 0.0) };
        (norm_deg(self.longitude_deg - from), norm_deg(to - self.longitude_deg))
    }

    /// Its sign, unless its range reaches into another.
    fn sure_sign(&self) -> Option<Sign> {
        let sign = Sign::of(self.longitude_deg);
        let (back, on) = self.slack();
        let within = norm_deg(self.longitude_deg) % 30.0;
        (within - back >= 0.0 && within + on < 30.0).then_some(sign)
    }
}

/// What all of them are, if they are all the same.
fn agreed<T: PartialEq>(mut each: impl Iterator<Item = T>) -> Option<T> {
    let first = each.next()?;
    each.all(|other| other == first).then_some(first)
}
