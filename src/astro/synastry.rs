//! P: Synastry: the aspects between two charts and the houses of each that the points of the other fall in. Both charts
//! are taken to be in one zodiac.

use serde::{Deserialize, Serialize};

use super::angles::norm_deg;
use super::chart::{Chart, Unknown};
use super::contacts::{CrossAspect, Orbs, Spot, between, natal_spots};
use super::figure::LongitudeRange;
use super::houses::Houses;
use super::point::Point;
use super::vague::range;
use super::why::Why;

/// A point of one chart in a house of the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// The point.
    pub point: Point,
    /// Its longitude, 0..360 degrees.
    pub longitude_deg: f64,
    /// The house 1..=12 of the other chart.
    pub house: u8,
    /// False if the point's birth is vague and its arc reaches into another house.
    pub certain: bool,
    /// Where it may stand when its birth is vague.
    pub range: Option<LongitudeRange>,
}

/// Two charts side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Synastry {
    /// Aspects from the points of A to those of B.
    pub a_to_b: Vec<CrossAspect>,
    /// Aspects from the points of B to those of A: the same contacts from the other side, with the orbs of that
    /// direction.
    pub b_to_a: Vec<CrossAspect>,
    /// A's points in B's houses; none if B's are not known.
    pub a_in_houses_of_b: Option<Vec<Overlay>>,
    /// B's points in A's houses; none if A's are not known.
    pub b_in_houses_of_a: Option<Vec<Overlay>>,
    /// What the births leave open: `a.ascendant`, `b.houses` and so on.
    pub unknowns: Vec<Unknown>,
}

/// The synastry of two charts.
pub fn synastry(a: &Chart, b: &Chart, orbs: Orbs) -> Synastry {
    let (of_a, of_b) = (natal_spots(a), natal_spots(b));
    let prefixed = |whose: &str, chart: &Chart| -> Vec<Unknown> {
        chart
            .unknowns
            .iter()
            .map(|open| Unknown { what: format!("{whose}.{}", open.what), why: open.why.clone() })
            .collect()
    };
    let overlays = [
        ("a", b.houses.as_ref().map(|houses| overlay(&of_a, houses))),
        ("b", a.houses.as_ref().map(|houses| overlay(&of_b, houses))),
    ];
    let open = overlays.iter().flat_map(|(whose, list)| {
        let uncertain = list.iter().flatten().filter(|overlay| !overlay.certain);
        uncertain.map(move |overlay| Unknown::new(format!("{whose}.{}_house", overlay.point.code()), Why::OtherHouse))
    });
    let unknowns = [prefixed("a", a), prefixed("b", b), open.collect()].concat();
    let [(_, a_in_houses_of_b), (_, b_in_houses_of_a)] = overlays;
    Synastry {
        a_to_b: between(&of_a, &of_b, orbs),
        b_to_a: between(&of_b, &of_a, orbs),
        a_in_houses_of_b,
        b_in_houses_of_a,
        unknowns,
    }
}

fn overlay(spots: &[Spot], houses: &Houses) -> Vec<Overlay> {
    let place = |spot: &Spot| {
        let at = |reach: f64| houses.house_of(norm_deg(spot.longitude_deg + reach));
        let house = at(0.0);
        // No arc of a birth within a day is as long as all houses but one.
        let certain = at(spot.reach_deg.0) == house && at(spot.reach_deg.1) == house;
        let (low, high) = spot.reach_deg;
        let open = (low, high) != (0.0, 0.0);
        let range = open.then(|| range(spot.longitude_deg + low, spot.longitude_deg + high));
        Overlay { point: spot.point, longitude_deg: spot.longitude_deg, house, certain, range }
    };
    spots.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::astro::aspects::Aspect;
    use crate::astro::body::Body;
    use crate::astro::chart::compute;
    use crate::astro::returns::tests::birth;

    const ORBS: Orbs<'static> = &|aspect, _, _| Aspect::MAJOR.contains(&aspect).then_some(5.0);

    /// Every pair of points within five degrees of an aspect is found, in both directions, and no other.
    #[test]
    fn both_directions_hold_every_pair_within_orb() {
        let a = compute(&birth("1955-06-15", Some("21:30:00"))).unwrap();
        let b = compute(&birth("1984-02-29", Some("03:07:30"))).unwrap();
        let found = synastry(&a, &b, ORBS);
        let mut pairs = 0;
        for x in natal_spots(&a) {
            for y in natal_spots(&b) {
                let apart = (x.longitude_deg - y.longitude_deg).rem_euclid(360.0);
                let apart = apart.min(360.0 - apart);
                let expected = [0.0, 60.0, 90.0, 120.0, 180.0].into_iter().find(|angle| (apart - angle).abs() <= 5.0);
                let hit = found.a_to_b.iter().find(|hit| (hit.from, hit.to) == (x.point, y.point));
                let back = found.b_to_a.iter().find(|hit| (hit.to, hit.from) == (x.point, y.point));
                assert_eq!(hit.map(|hit| hit.aspect.angle_deg()), expected);
                assert_eq!(hit.is_some(), back.is_some());
                assert!(hit.zip(back).is_none_or(|(x, y)| (x.orb_deg - y.orb_deg).abs() < 1e-9));
                assert!(hit.is_none_or(|hit| hit.certain && hit.applying.is_none()));
                pairs += usize::from(expected.is_some());
            }
        }
        assert_eq!((found.a_to_b.len(), found.b_to_a.len()), (pairs, pairs));
        assert!(found.unknowns.is_empty());
    }

    #[test]
    fn overlays_count_from_the_cusps_of_the_other() {
        let a = compute(&birth("1955-06-15", Some("21:30:00"))).unwrap();
        let b = compute(&birth("1984-02-29", Some("03:07:30"))).unwrap();
        let found = synastry(&a, &b, ORBS);
        let cusps = b.houses.unwrap().cusps_deg;
        for overlay in found.a_in_houses_of_b.unwrap() {
            let (start, end) = (cusps[usize::from(overlay.house) - 1], cusps[usize::from(overlay.house) % 12]);
            let into = (overlay.longitude_deg - start).rem_euclid(360.0);
            assert!(into < (end - start).rem_euclid(360.0), "{overlay:?}");
        }
    }

    #[test]
    fn what_a_vague_birth_leaves_open_is_absent_and_named() {
        let a = compute(&birth("1955-06-15", None)).unwrap();
        let b = compute(&birth("1984-02-29", Some("03:07:30"))).unwrap();
        let found = synastry(&a, &b, &|aspect, _, _| Aspect::MAJOR.contains(&aspect).then_some(12.0));
        assert!(found.b_in_houses_of_a.is_none());
        assert!(found.a_to_b.iter().all(|hit| hit.from.body().is_some()));
        assert!(found.unknowns.iter().any(|open| open.what == "a.ascendant"));
        assert!(found.a_to_b.iter().any(|hit| hit.from == Point::Body(Body::Moon) && !hit.certain));
        let overlays = found.a_in_houses_of_b.unwrap();
        assert_eq!(overlays.len(), 11);
    }
}
