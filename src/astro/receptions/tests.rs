//! Known charts and made-up rings.

use super::*;
use crate::astro::houses::HouseSystem;

/// Elizabeth II, born 21 April 1926 (Astrodatabank, AA): the signs as every printed chart has them.
const ELIZABETH: [InSign; 10] = [
    (Body::Sun, Sign::Taurus),
    (Body::Moon, Sign::Leo),
    (Body::Mercury, Sign::Aries),
    (Body::Venus, Sign::Pisces),
    (Body::Mars, Sign::Aquarius),
    (Body::Jupiter, Sign::Aquarius),
    (Body::Saturn, Sign::Scorpio),
    (Body::Uranus, Sign::Pisces),
    (Body::Neptune, Sign::Leo),
    (Body::Pluto, Sign::Cancer),
];

#[test]
fn mars_and_saturn_receive_each_other_in_the_queens_chart() {
    let found = receptions(&ELIZABETH, Some(false), Schemes::default());
    let mutual = found.mutual.iter().find(|m| (m.a, m.b) == (Body::Mars, Body::Saturn)).unwrap();
    assert!(mutual.a_by.contains(&Dignity::Domicile) && mutual.b_by == [Dignity::Domicile]);
    assert!(mutual.beholds, "Aquarius and Scorpio are in square");
    // Jupiter receives Venus in Pisces, his house; she has nothing in Aquarius.
    let jupiter = found.one_sided.iter().find(|r| (r.host, r.guest) == (Body::Jupiter, Body::Venus)).unwrap();
    assert!(jupiter.by == [Dignity::Domicile] && !jupiter.beholds);
}

#[test]
fn the_queens_chains_end_in_the_ring_of_mars_and_saturn() {
    let found = dispositors(&ELIZABETH[..7], Rulership::Traditional).unwrap();
    assert!(found.at_home.is_empty() && found.last.is_none());
    assert_eq!(found.rings, [[Body::Mars, Body::Saturn]]);
    let modern = dispositors(&ELIZABETH, Rulership::Modern).unwrap();
    assert!(modern.of.contains(&(Body::Saturn, Body::Pluto)) && modern.of.contains(&(Body::Venus, Body::Neptune)));
    // Saturn → Pluto (Cancer) → Moon (Leo) → Sun (Taurus) → Venus (Pisces) → Neptune (Leo) → Sun.
    assert_eq!(modern.rings, [[Body::Sun, Body::Venus, Body::Neptune]]);
}

#[test]
fn one_planet_at_home_ends_every_chain() {
    let all_of_leo: Vec<InSign> = SEVEN.into_iter().map(|body| (body, Sign::Leo)).collect();
    let found = dispositors(&all_of_leo, Rulership::Traditional).unwrap();
    assert_eq!((found.last, found.at_home), (Some(Body::Sun), vec![Body::Sun]));
    assert!(dispositors(&all_of_leo[1..], Rulership::Traditional).is_none(), "the chain leaves what is known");
}

#[test]
fn every_placement_ends_at_home_or_in_a_ring() {
    // A planet in the n-th sign for many n: whatever the placement, following dispositors ends somewhere that is named.
    for seed in 0..2000_usize {
        let placed: Vec<InSign> = SEVEN
            .into_iter()
            .enumerate()
            .map(|(index, body)| (body, Sign::ALL[(seed * (index + 3) + seed / 12 + index * index) % 12]))
            .collect();
        let found = dispositors(&placed, Rulership::Traditional).unwrap();
        for &(start, _) in &placed {
            let mut here = start;
            for _ in 0..8 {
                here = found.of.iter().find(|(from, _)| *from == here).unwrap().1;
            }
            assert!(found.at_home.contains(&here) || found.rings.iter().any(|ring| ring.contains(&here)));
        }
        assert!(!found.at_home.is_empty() || !found.rings.is_empty());
    }
}

#[test]
fn signs_behold_all_but_their_neighbours_and_the_quincunx() {
    let seen = Sign::ALL.map(|sign| beholds(Sign::Aries, sign));
    assert_eq!(seen, [true, false, true, true, true, false, true, false, true, true, true, false]);
}

#[test]
fn an_intercepted_sign_has_no_cusp() {
    // Cusps 6 at 25 Leo and 7 at 5 Libra: Virgo lies whole between them, Pisces opposite.
    let east = [185.0 - 180.0, 40.0, 65.0, 90.0, 115.0, 145.0];
    let mut cusps_deg = [0.0; 12];
    for (index, cusp) in east.into_iter().enumerate() {
        cusps_deg[index] = cusp;
        cusps_deg[index + 6] = cusp + 180.0;
    }
    let houses = Houses { system: HouseSystem::Placidus, cusps_deg };
    let rulers = house_rulers(&houses, |body| (body == Body::Mars).then_some(8));
    assert_eq!(rulers[5].intercepted, [Sign::Virgo]);
    assert_eq!(rulers[11].intercepted, [Sign::Pisces]);
    assert!(rulers.iter().enumerate().all(|(i, r)| i == 5 || i == 11 || r.intercepted.is_empty()));
    assert_eq!((rulers[0].ruler, rulers[0].ruler_house), (Body::Mars, Some(8)));
    assert_eq!(rulers[11].modern_ruler, Some(Body::Uranus), "cusp 12 in Aquarius");
}
