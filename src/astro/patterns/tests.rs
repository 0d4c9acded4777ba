//! Patterns against an oracle that tries every set of points in every order, and against figures of known charts.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::astro::body::Body;

fn at(body: Body, longitude_deg: f64) -> PatternPoint {
    PatternPoint { point: Point::Body(body), longitude_deg, range_deg: None }
}

fn told(points: &[PatternPoint]) -> Vec<(&'static str, Vec<&'static str>)> {
    let found = find(points, Ruleset::builtin());
    found.iter().map(|p| (p.kind.code(), p.points.iter().map(|point| point.code()).collect())).collect()
}

/// Whether two longitudes hold an angle within an orb, worked out on the circle of complex numbers.
fn holds(a: f64, b: f64, angle: f64, orb: f64) -> bool {
    let (a, b) = (a.to_radians(), b.to_radians());
    let cosine = a.cos() * b.cos() + a.sin() * b.sin();
    (cosine.clamp(-1.0, 1.0).acos().to_degrees() - angle).abs() <= orb
}

/// Every figure by trying all ordered choices of places; each as its kind and the set of its places.
fn oracle(degrees: &[f64]) -> BTreeSet<(PatternKind, Vec<usize>)> {
    let n = degrees.len();
    let is = |a: usize, b: usize, angle: f64, orb: f64| holds(degrees[a], degrees[b], angle, orb);
    let opp = |a, b| is(a, b, 180.0, 8.0);
    let squ = |a, b| is(a, b, 90.0, 7.0);
    let tri = |a, b| is(a, b, 120.0, 7.0);
    let sex = |a, b| is(a, b, 60.0, 5.0);
    let qcx = |a, b| is(a, b, 150.0, 3.0);
    let mut found = BTreeSet::new();
    let mut add = |kind, mut places: Vec<usize>| {
        places.sort_unstable();
        found.insert((kind, places));
    };
    for a in 0..n {
        for b in (0..n).filter(|b| *b != a) {
            for c in (0..n).filter(|c| *c != a && *c != b) {
                if opp(a, b) && squ(a, c) && squ(b, c) {
                    add(PatternKind::TSquare, vec![a, b, c]);
                }
                if tri(a, b) && tri(b, c) && tri(c, a) {
                    add(PatternKind::GrandTrine, vec![a, b, c]);
                }
                if sex(a, b) && qcx(a, c) && qcx(b, c) {
                    add(PatternKind::Yod, vec![a, b, c]);
                }
                for d in (0..n).filter(|d| *d != a && *d != b && *d != c) {
                    if opp(a, c) && opp(b, d) && squ(a, b) && squ(b, c) && squ(c, d) && squ(d, a) {
                        add(PatternKind::GrandCross, vec![a, b, c, d]);
                    }
                    if opp(a, c) && opp(b, d) && tri(a, b) && sex(b, c) && tri(c, d) && sex(d, a) {
                        add(PatternKind::MysticRectangle, vec![a, b, c, d]);
                    }
                    if tri(a, b) && tri(b, c) && tri(c, a) && opp(a, d) && sex(b, d) && sex(c, d) {
                        add(PatternKind::Kite, vec![a, b, c, d]);
                    }
                }
            }
        }
    }
    let near = |set: u32| {
        let of: Vec<usize> = (0..n).filter(|place| set & (1 << place) != 0).collect();
        of.iter().all(|a| of.iter().all(|b| holds(degrees[*a], degrees[*b], 0.0, 10.0)))
    };
    let gathered: Vec<u32> = (0..1_u32 << n).filter(|set| set.count_ones() >= 3 && near(*set)).collect();
    for set in &gathered {
        if !gathered.iter().any(|other| other != set && other & set == *set) {
            add(PatternKind::Stellium, (0..n).filter(|place| set & (1 << place) != 0).collect());
        }
    }
    found
}

/// Longitudes near the corners of a dodecagon, so that figures are frequent and orbs are met from both sides.
fn crowded() -> impl Strategy<Value = Vec<f64>> {
    let near_corner = (0..12_u8, -9.0..9.0_f64).prop_map(|(corner, off)| norm_deg(f64::from(corner) * 30.0 + off));
    prop::collection::vec(prop_oneof![near_corner, 0.0..360.0_f64], 0..=10)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_is_found_is_what_trying_everything_finds(degrees in crowded()) {
        let points: Vec<PatternPoint> = degrees.iter().zip(Body::PLANETS).map(|(deg, body)| at(body, *deg)).collect();
        let found = find(&points, Ruleset::builtin());
        let place = |point: &Point| Body::PLANETS.iter().position(|body| Point::Body(*body) == *point).unwrap();
        let as_sets: Vec<(PatternKind, Vec<usize>)> =
            found.iter().map(|p| (p.kind, p.points.iter().map(place).collect())).collect();
        let unique: BTreeSet<_> = as_sets.iter().cloned().collect();
        // A kite may stand on its points in one way alone, and so may every other figure: no set comes twice.
        prop_assert_eq!(unique.len(), as_sets.len());
        prop_assert_eq!(unique, oracle(&degrees));
        prop_assert!(as_sets.is_sorted());
        for pattern in &found {
            let signs: Vec<Sign> = pattern.points.iter().map(|p| Sign::of(degrees[place(p)])).collect();
            let element = signs[0].element();
            prop_assert_eq!(pattern.element, signs.iter().all(|s| s.element() == element).then_some(element));
            let modality = signs[0].modality();
            prop_assert_eq!(pattern.modality, signs.iter().all(|s| s.modality() == modality).then_some(modality));
            prop_assert!(pattern.certain && pattern.width_deg <= 10.0);
        }
    }

    /// Turning the whole sky, or giving the points in another order, changes no figure.
    #[test]
    fn figures_do_not_hang_on_where_the_circle_starts(degrees in crowded(), turn in 0..360_u16, swap in any::<bool>()) {
        let points: Vec<PatternPoint> = degrees.iter().zip(Body::PLANETS).map(|(deg, body)| at(body, *deg)).collect();
        let mut turned: Vec<PatternPoint> = points
            .iter()
            .map(|p| PatternPoint { longitude_deg: norm_deg(p.longitude_deg + f64::from(turn)), ..*p })
            .collect();
        if swap {
            turned.reverse();
        }
        prop_assert_eq!(told(&points), told(&turned));
    }

    /// A figure that is certain holds wherever its points stand within their ranges.
    #[test]
    fn a_certain_figure_holds_through_the_ranges(degrees in crowded(), widths in prop::collection::vec(0.0..8.0_f64, 10), shares in prop::collection::vec(0.0..=1.0_f64, 10)) {
        let points: Vec<PatternPoint> = degrees
            .iter()
            .zip(Body::PLANETS)
            .zip(&widths)
            .map(|((deg, body), width)| {
                let range = (norm_deg(deg - 0.5 * width), norm_deg(deg + 0.5 * width));
                PatternPoint { range_deg: Some(range), ..at(body, *deg) }
            })
            .collect();
        let certain = |found: Vec<Pattern>| found.into_iter().filter(|p| p.certain);
        let elsewhere: Vec<PatternPoint> = points
            .iter()
            .zip(widths.iter().zip(&shares))
            .map(|(p, (width, share))| PatternPoint {
                longitude_deg: norm_deg(p.longitude_deg + width * (share - 0.5)),
                range_deg: None,
                ..*p
            })
            .collect();
        let there = find(&elsewhere, Ruleset::builtin());
        for sure in certain(find(&points, Ruleset::builtin())) {
            // A stellium may grow, and is then part of a larger one.
            let holds = |p: &Pattern| p.kind == sure.kind && sure.points.iter().all(|point| p.points.contains(point));
            prop_assert!(there.iter().any(holds), "{:?}", sure);
        }
    }
}

/// The cardinal grand cross of 23 April 2014: Mars, Jupiter, Uranus and Pluto near 13° of Libra, Cancer, Aries and
/// Capricorn; each of its four T-squares says that it is a part of it.
#[test]
fn the_grand_cross_of_april_2014() {
    let points = [
        at(Body::Mars, 193.75),
        at(Body::Jupiter, 103.72),
        at(Body::Uranus, 13.7),
        at(Body::Pluto, 283.48),
        at(Body::Sun, 33.0),
    ];
    let found = find(&points, Ruleset::builtin());
    let cross = found.iter().find(|p| p.kind == PatternKind::GrandCross).unwrap();
    assert_eq!((cross.modality, cross.element, cross.apex), (Some(Modality::Cardinal), None, None));
    let parts: Vec<_> = found.iter().filter(|p| p.part_of == Some(PatternKind::GrandCross)).collect();
    assert_eq!((found.len(), parts.len()), (5, 4));
    let apexes: BTreeSet<_> = parts.iter().map(|p| p.apex.unwrap().code()).collect();
    assert_eq!(apexes, BTreeSet::from(["jupiter", "mars", "pluto", "uranus"]));
}

/// The eclipse of 5 February 1962, when the seven classical bodies stood within 17° of Aquarius.
#[test]
fn the_gathering_of_february_1962() {
    let sky = crate::astro::Ephemeris::embedded();
    let longitude = |body| sky.apparent(body, 2_437_700.5).unwrap().longitude_deg;
    let points: Vec<PatternPoint> = Body::PLANETS.iter().map(|body| at(*body, longitude(*body))).collect();
    let mut wide = Ruleset::builtin().document().clone();
    wide["patterns"]["stellium_arc_deg"] = serde_json::json!(17);
    let found = find(&points, &Ruleset::from_json(wide).unwrap());
    let stelliums: Vec<_> = found.iter().filter(|p| p.kind == PatternKind::Stellium).collect();
    let classical = [Body::Sun, Body::Moon, Body::Mercury, Body::Venus, Body::Mars, Body::Jupiter, Body::Saturn];
    assert_eq!((stelliums.len(), &stelliums[0].points), (1, &classical.map(Point::Body).to_vec()));
    assert_eq!((stelliums[0].element, stelliums[0].modality), (Some(Element::Air), Some(Modality::Fixed)));
}

#[test]
fn a_kite_keeps_its_grand_trine_and_a_yod_its_apex() {
    let kite = [at(Body::Sun, 5.0), at(Body::Mars, 125.0), at(Body::Saturn, 246.0), at(Body::Pluto, 186.0)];
    let found = find(&kite, Ruleset::builtin());
    let kinds: Vec<_> = found.iter().map(|p| (p.kind, p.apex.map(Point::code), p.part_of)).collect();
    assert_eq!(
        kinds,
        [(PatternKind::GrandTrine, None, Some(PatternKind::Kite)), (PatternKind::Kite, Some("pluto"), None),]
    );
    assert_eq!((found[0].element, found[1].element), (Some(Element::Fire), None));
    let yod = [at(Body::Moon, 10.0), at(Body::Venus, 71.0), at(Body::Neptune, 221.5)];
    let found = find(&yod, Ruleset::builtin());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].apex), (PatternKind::Yod, Some(Point::Body(Body::Neptune))));
    assert!((found[0].width_deg - 1.5).abs() < 1e-9);
}

#[test]
fn an_open_range_opens_the_figure_and_its_element() {
    let mut trine = [at(Body::Sun, 15.0), at(Body::Moon, 135.0), at(Body::Saturn, 255.0)];
    trine[1].range_deg = Some((129.0, 141.0));
    let found = find(&trine, Ruleset::builtin());
    assert!(found[0].certain && found[0].element == Some(Element::Fire));
    trine[1].range_deg = Some((129.0, 151.0));
    let found = find(&trine, Ruleset::builtin());
    assert!(!found[0].certain && found[0].element.is_none());
}

#[test]
fn points_outside_the_classes_take_no_part() {
    let node = at(Body::TrueNode, 125.0);
    let found = find(&[at(Body::Sun, 5.0), node, at(Body::Saturn, 246.0)], Ruleset::builtin());
    assert_eq!(found, Vec::new());
}
