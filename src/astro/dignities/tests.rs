//! The tables against an independent transcription (tests/fixtures/astro/README.md) and the totals that the ancients state;
//! dignities against textbook cases.

use super::*;

const FIXTURE: &str = include_str!("../../../tests/fixtures/astro/dignities.csv");

#[test]
fn terms_and_faces_agree_with_another_transcription_in_every_degree() {
    let mut rows = 0;
    for line in FIXTURE.lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let degree: f64 = f[0].parse().unwrap();
        for part in [0.0, 0.5, 0.999] {
            assert_eq!(term_ruler(degree + part, TermScheme::Egyptian).code(), f[1], "{degree}");
            assert_eq!(term_ruler(degree + part, TermScheme::Ptolemaic).code(), f[2], "{degree}");
            assert_eq!(face_ruler(degree + part).code(), f[3], "{degree}");
        }
        rows += 1;
    }
    assert_eq!(rows, 360);
}

/// The years of the planets (Ptolemy I.20): Saturn 57, Jupiter 79, Mars 66, Venus 82, Mercury 76, for the Egyptian terms
/// and for Ptolemy's alike. Lilly's print lost a degree of Mars to Jupiter.
#[test]
fn the_terms_of_each_planet_add_up_to_its_years() {
    let total = |scheme, planet| (0..360).filter(|degree| term_ruler(f64::from(*degree), scheme) == planet).count();
    let planets = [Body::Saturn, Body::Jupiter, Body::Mars, Body::Venus, Body::Mercury];
    assert_eq!(planets.map(|planet| total(TermScheme::Egyptian, planet)), [57, 79, 66, 82, 76]);
    assert_eq!(planets.map(|planet| total(TermScheme::Ptolemaic, planet)), [57, 79, 66, 82, 76]);
    assert_eq!(planets.map(|planet| total(TermScheme::Lilly, planet)), [57, 80, 65, 82, 76]);
}

#[test]
fn every_sign_gives_each_of_five_planets_one_term() {
    for scheme in TermScheme::ALL {
        for row in tables::terms(scheme) {
            let mut planets: Vec<Body> = row.iter().map(|(planet, _)| *planet).collect();
            planets.sort_unstable();
            assert_eq!(planets, [Body::Mercury, Body::Venus, Body::Mars, Body::Jupiter, Body::Saturn]);
            assert!(row.windows(2).all(|pair| pair[0].1 < pair[1].1) && row[4].1 == 30);
        }
        assert_eq!(TermScheme::from_code(scheme.code()), Some(scheme));
    }
}

#[test]
fn rulers_are_laid_out_as_ptolemy_says() {
    // From Cancer and Leo outward both ways: Moon and Sun, Mercury, Venus, Mars, Jupiter, Saturn.
    let outward = [Body::Mercury, Body::Venus, Body::Mars, Body::Jupiter, Body::Saturn];
    for (step, ruler) in outward.into_iter().enumerate() {
        assert_eq!(domicile_ruler(Sign::ALL[5 + step]), ruler);
        assert_eq!(domicile_ruler(Sign::ALL[(14 - step) % 12]), ruler);
    }
    assert_eq!((domicile_ruler(Sign::Cancer), domicile_ruler(Sign::Leo)), (Body::Moon, Body::Sun));
    let exalted: Vec<Body> = Sign::ALL.into_iter().filter_map(exaltation_ruler).collect();
    assert_eq!(exalted.len(), 7, "each of the seven once: {exalted:?}");
    assert!(SEVEN.iter().all(|body| exalted.contains(body)));
    // Nobody is exalted opposite its own exaltation or domicile.
    for sign in Sign::ALL {
        if let Some(body) = exaltation_ruler(sign) {
            assert_ne!(domicile_ruler(opposite(sign)), body);
        }
    }
    assert_eq!(modern_ruler(Sign::Aquarius), Body::Uranus);
    assert_eq!(modern_ruler(Sign::Taurus), Body::Venus);
}

fn held(body: Body, longitude_deg: f64, is_day: Option<bool>, schemes: Schemes) -> (Vec<Dignity>, i16) {
    let found = essential(body, longitude_deg, is_day, schemes);
    (found.held, found.score)
}

const PTOLEMAIC: Schemes = Schemes { terms: TermScheme::Ptolemaic, triplicities: TriplicityScheme::Lilly };
const LILLY: Schemes = Schemes { terms: TermScheme::Lilly, triplicities: TriplicityScheme::Lilly };

/// Partridge (1679, Vade Mecum) names Mars in 26 Gemini as peregrine; by the terms in Lilly's print it is in its own term.
#[test]
fn partridges_peregrine_mars() {
    assert_eq!(held(Body::Mars, 86.5, Some(true), PTOLEMAIC), (vec![Dignity::Peregrine], -5));
    assert_eq!(held(Body::Mars, 86.5, Some(true), LILLY), (vec![Dignity::Term], 2));
    assert_eq!(held(Body::Mars, 86.5, Some(true), Schemes::default()), (vec![Dignity::Peregrine], -5));
}

#[test]
fn textbook_cases() {
    let plain = Schemes::default();
    // The Sun in its degree of exaltation, by day: ruler of fire, and the second face of Aries is its own.
    let (sun, score) = held(Body::Sun, 18.5, Some(true), plain);
    assert_eq!((sun, score), (vec![Dignity::Exaltation, Dignity::Triplicity, Dignity::Face], 8));
    // Mercury in mid Virgo has house and exaltation.
    assert_eq!(held(Body::Mercury, 164.5, Some(true), plain).1, 9);
    // Saturn in Aries falls; Dorotheus makes it a third ruler of fire, Lilly leaves it peregrine.
    let third = vec![Dignity::ParticipatingTriplicity, Dignity::Fall];
    assert_eq!(held(Body::Saturn, 21.0, Some(true), plain), (third, -4));
    assert_eq!(held(Body::Saturn, 21.0, Some(true), LILLY), (vec![Dignity::Fall, Dignity::Peregrine], -9));
    // Venus in Aries at 15 degrees: detriment, and nothing of her own.
    assert_eq!(held(Body::Venus, 15.0, Some(false), plain), (vec![Dignity::Detriment, Dignity::Peregrine], -10));
    // Mars rules water by day and night with Lilly, by night alone with Dorotheus.
    assert!(held(Body::Mars, 95.0, None, LILLY).0.contains(&Dignity::Triplicity));
    assert!(!held(Body::Mars, 95.0, Some(true), plain).0.contains(&Dignity::Triplicity));
    assert_eq!(essential(Body::Pluto, 215.0, Some(true), plain), Essential::default());
}

#[test]
fn an_unknown_sect_leaves_the_triplicity_open_and_nothing_else() {
    let found = essential(Body::Moon, 32.5, None, Schemes::default());
    assert_eq!((found.held, found.open, found.score), (vec![Dignity::Exaltation], vec![Dignity::Triplicity], 4));
    let bare = essential(Body::Jupiter, 145.0, None, Schemes::default());
    assert_eq!((bare.held, bare.open), (vec![], vec![Dignity::Triplicity, Dignity::Peregrine]));
    for body in SEVEN {
        for tenth in 0..3600 {
            let longitude = f64::from(tenth) / 10.0;
            let open = essential(body, longitude, None, Schemes::default());
            for is_day in [true, false] {
                let known = essential(body, longitude, Some(is_day), Schemes::default());
                assert!(open.held.iter().all(|dignity| known.held.contains(dignity)), "{body:?} {longitude}");
                assert!(known.held.iter().all(|one| open.held.contains(one) || open.open.contains(one)));
            }
        }
    }
}

#[test]
fn house_strengths_are_lillys() {
    use accidental::{Accident, house_strength, joy};
    let scores: Vec<i16> = (1..=12).map(|house| house_strength(house).1).collect();
    assert_eq!(scores, [5, 3, 1, 4, 3, -2, 4, -2, 2, 5, 4, -5]);
    assert_eq!(house_strength(10).0, Accident::Angular);
    assert_eq!(house_strength(8).0, Accident::Succedent);
    assert_eq!(house_strength(9).0, Accident::Cadent);
    let joys: Vec<Option<u8>> = SEVEN.into_iter().map(joy).collect();
    assert_eq!(joys, [Some(9), Some(3), Some(1), Some(5), Some(6), Some(11), Some(12)]);
}

#[test]
fn solar_proximity_changes_at_its_limits() {
    use accidental::SolarProximity as S;
    let found = [0.0, 0.28, -0.29, 8.5, -8.51, 17.0, 17.01].map(S::of);
    assert_eq!(found, [S::Cazimi, S::Cazimi, S::Combust, S::Combust, S::UnderBeams, S::UnderBeams, S::Free]);
}
