//! P: The orb of every pair of points in every context, worked out once from the rules of a ruleset.

use super::Context;
use super::document::{AspectDefault, OrbRule, Pick};
use crate::astro::aspects::Aspect;
use crate::astro::point::Point;
use crate::astro::rules::{self, Class};

const ASPECTS: usize = Aspect::ALL.len();

/// What stands where an aspect is not looked for: no distance is as small.
const OFF_DEG: f64 = -1.0;

/// Orbs by context, group of the first point, group of the second, aspect. Points of a class form one group, except those
/// that a rule names themselves.
#[derive(Clone, Debug)]
pub(super) struct OrbTable {
    groups: usize,
    group_of: [usize; Point::COUNT],
    rows_deg: Vec<[f64; ASPECTS]>,
}

impl OrbTable {
    /// Resolves the rules for every pair of groups.
    pub(super) fn build(defaults: &[(Aspect, AspectDefault)], rules: &[OrbRule]) -> Self {
        let (groups, group_of) = group(rules);
        let mut rows_deg = Vec::with_capacity(Context::ALL.len() * groups.len() * groups.len());
        for context in Context::ALL {
            for a in &groups {
                for b in &groups {
                    let mut row = [OFF_DEG; ASPECTS];
                    for (aspect, default) in defaults.iter().filter(|(_, default)| default.enabled) {
                        let ruled = strongest(rules, context, *aspect, *a, *b);
                        row[*aspect as usize] =
                            Some(ruled.unwrap_or(default.orb_deg)).filter(|orb| *orb > 0.0).unwrap_or(OFF_DEG);
                    }
                    rows_deg.push(row);
                }
            }
        }
        Self { groups: groups.len(), group_of, rows_deg }
    }

    /// The orbs of a pair by aspect, degrees; not above zero where the aspect is not looked for.
    pub(super) fn row(&self, context: Context, a: Point, b: Point) -> &[f64; ASPECTS] {
        const NOTHING: [f64; ASPECTS] = [OFF_DEG; ASPECTS];
        let (a, b) = (self.group_of[a.index()], self.group_of[b.index()]);
        self.rows_deg.get((context as usize * self.groups + a) * self.groups + b).unwrap_or(&NOTHING)
    }
}

/// A class, or a point that some rule names.
type Group = (Class, Option<Point>);

fn group(rules: &[OrbRule]) -> (Vec<Group>, [usize; Point::COUNT]) {
    let is_named = |point: Point| {
        let picks = rules.iter().flat_map(|rule| rule.source.iter().chain(&rule.target));
        picks.into_iter().any(|pick| *pick == Pick::Point(point))
    };
    let mut groups: Vec<Group> = Vec::new();
    let mut group_of = [0; Point::COUNT];
    for point in Point::all() {
        let own = (rules::class(point), is_named(point).then_some(point));
        let place = groups.iter().position(|group| *group == own);
        group_of[point.index()] = place.unwrap_or(groups.len());
        if place.is_none() {
            groups.push(own);
        }
    }
    (groups, group_of)
}

/// The orb of the rule that counts; rules come by name, and of equals the first counts.
fn strongest(rules: &[OrbRule], context: Context, aspect: Aspect, a: Group, b: Group) -> Option<f64> {
    let mut best: Option<((u16, u8), f64)> = None;
    for rule in rules.iter().filter(|rule| rule.context == context) {
        let Some((_, orb_deg)) = rule.orbs_deg.iter().find(|(named, _)| *named == aspect) else { continue };
        let straight = fit(&rule.source, a).zip(fit(&rule.target, b));
        let swapped = fit(&rule.source, b).zip(fit(&rule.target, a)).filter(|_| context.is_symmetric());
        let Some(specificity) = straight.into_iter().chain(swapped).map(|(one, other)| one + other).max() else {
            continue;
        };
        let rank = (rule.priority, specificity);
        if best.is_none_or(|(found, _)| rank > found) {
            best = Some((rank, *orb_deg));
        }
    }
    best.map(|(_, orb_deg)| orb_deg)
}

/// How closely picks name a group: 0 when they leave it open, 1 by its class, 2 by the point; `None` when they exclude it.
fn fit(picks: &[Pick], (class, point): Group) -> Option<u8> {
    if picks.is_empty() {
        return Some(0);
    }
    let fits = |pick: &Pick| match pick {
        Pick::Point(named) => (Some(*named) == point).then_some(2),
        Pick::Class(named) => (*named == class).then_some(1),
    };
    picks.iter().filter_map(fits).max()
}
