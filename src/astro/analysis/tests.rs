//! A known chart as a whole, and vague times held against every exact time within them.

use super::*;
use crate::astro::birth::{BirthInput, Certainty};
use crate::astro::chart::{Chart, compute};
use crate::astro::dignities::Dignity;
use crate::astro::dignities::accidental::Accident;
use crate::astro::houses::HouseSystem;

fn chart(date: &str, time: Option<&str>, certainty: Certainty, zone: &str, place: (f64, f64)) -> Chart {
    compute(&BirthInput {
        date: date.to_owned(),
        time: time.map(str::to_owned),
        certainty,
        zone: zone.to_owned(),
        latitude_deg: place.0,
        longitude_deg: place.1,
        place_label: None,
        house_system: HouseSystem::Placidus,
        utc_offset_s: None,
        calendar: crate::astro::calendar::Calendar::default(),
        zone_source: crate::astro::zone::ZoneSource::default(),
    })
    .unwrap()
}

fn analysis(chart: &Chart) -> Analysis {
    analyse(&Subject::from(chart), &AnalysisOptions::default(), Ruleset::builtin()).unwrap()
}

fn planet(analysis: &Analysis, body: Body) -> &PlanetAnalysis {
    analysis.planets.iter().find(|planet| planet.body == body).unwrap()
}

const LONDON: (f64, f64) = (51.5, -0.15);

/// Elizabeth II: London, 21 April 1926, 2:40 BST (Astrodatabank, AA). Ascendant 21 Capricorn, Saturn on the Midheaven in
/// Scorpio, Sun in the first degree of Taurus, Moon in 12 Leo, Venus exalted in Pisces; a chart of the night.
#[test]
fn the_queens_chart() {
    let chart = chart("1926-04-21", Some("02:40"), Certainty::Exact, "Europe/London", LONDON);
    let found = analysis(&chart);
    assert_eq!(found.sect, Some(Sect::Nocturnal));
    let venus = planet(&found, Body::Venus);
    let dignities = venus.essential.as_ref().unwrap();
    assert!(dignities.held.contains(&Dignity::Exaltation) && !dignities.held.contains(&Dignity::Peregrine));
    let saturn = planet(&found, Body::Saturn);
    assert_eq!(saturn.motion.retrograde, Some(true));
    let accidents = saturn.accidental.as_ref().unwrap();
    assert!(accidents.items.contains(&(Accident::Retrograde, -5)) && accidents.open.is_empty());
    assert_eq!(found.phase, Some(Phase::FirstQuarter), "Moon 12 Leo, Sun 0 Taurus: 102 degrees");
    assert!(found.dispositors.as_ref().unwrap().rings.contains(&vec![Body::Mars, Body::Saturn]));
    let first = &found.house_rulers.as_ref().unwrap()[0];
    assert_eq!((first.sign.code(), first.ruler), ("capricorn", Body::Saturn));
    assert_eq!(
        found.dominants.as_ref().unwrap().planets[0].body,
        Body::Saturn,
        "ruler of the Ascendant, on the Midheaven"
    );
    let shares: f64 = found.dominants.as_ref().unwrap().planets.iter().map(|planet| planet.share).sum();
    assert!((shares - 1.0).abs() < 1e-12);
    let sides = found.spread.hemispheres.unwrap();
    assert_eq!((sides.above + sides.below, sides.east + sides.west, sides.quadrants.iter().sum::<u8>()), (10, 10, 10));
    assert_eq!(found.spread.masculine + found.spread.feminine, 12);
    assert!(found.unknowns.is_empty() && found.lunar_phase.is_some());
}

/// The ephemeris starts a day before 1550 and ends two days after the last date that is taken: whatever the clocks of a
/// zone, a chart of either has its analysis, and what looks beyond is absent and named.
#[test]
fn the_first_and_the_last_day_are_analysed_as_far_as_the_ephemeris_goes() {
    for (date, time) in [("1550-01-01", "00:00"), ("2650-01-23", "23:59:59")] {
        for zone in ["UTC", "+16:59:59", "-16:59:59"] {
            for certainty in [Certainty::Exact, Certainty::Unknown] {
                let time = Some(time).filter(|_| certainty == Certainty::Exact);
                let found = analysis(&chart(date, time, certainty, zone, LONDON));
                let open: Vec<&str> = found.unknowns.iter().map(|unknown| unknown.what.as_str()).collect();
                assert!(open.contains(&"planetary_hour"), "{date} {zone} {open:?}");
                if date.starts_with("1550") {
                    assert!(open.contains(&"lunar_age"), "{date} {zone} {open:?}");
                    assert!(found.lunar_phase.is_none_or(|moon| moon.age_days.is_none()));
                }
            }
        }
    }
}

#[test]
fn the_sun_in_houses_seven_to_twelve_makes_a_day() {
    for hour in 0..24 {
        let chart =
            chart("1985-03-11", Some(&format!("{hour:02}:10")), Certainty::Exact, "Europe/Paris", (48.85, 2.35));
        let house = chart.placement(Body::Sun).unwrap().house.unwrap();
        let expected = if house >= 7 { Sect::Diurnal } else { Sect::Nocturnal };
        assert_eq!(analysis(&chart).sect, Some(expected), "{hour}: house {house}");
    }
}

/// Whatever a vague time lets us say holds at every exact time within it, and whatever holds at one of them is said or
/// named as open.
#[test]
fn a_vague_time_says_only_what_always_holds() {
    let cases = [
        ("1990-07-21", Certainty::Unknown, 0, 24),
        ("1961-02-05", Certainty::Morning, 6, 12),
        ("2004-11-12", Certainty::Evening, 18, 24),
        ("1975-06-21", Certainty::Afternoon, 12, 18),
    ];
    for (date, certainty, from, to) in cases {
        let vague = analysis(&chart(date, None, certainty, "Europe/Paris", (48.85, 2.35)));
        assert!(vague.house_rulers.is_none() && vague.lunar_phase.is_none() && vague.spread.hemispheres.is_none());
        for hour in from..to {
            let exact =
                analysis(&chart(date, Some(&format!("{hour:02}:17")), Certainty::Exact, "Europe/Paris", (48.85, 2.35)));
            assert!(vague.sect.is_none_or(|sect| Some(sect) == exact.sect), "{date} {hour}");
            assert!(vague.phase.is_none_or(|phase| Some(phase) == exact.phase));
            assert!(vague.dispositors.is_none() || vague.dispositors == exact.dispositors);
            for (open, known) in vague.planets.iter().zip(&exact.planets) {
                compare(open, known);
            }
            for hit in &vague.stars {
                assert!(exact.stars.iter().any(|e| e.point == hit.point && e.place.star.code == hit.place.star.code));
            }
        }
    }
}

fn compare(open: &PlanetAnalysis, known: &PlanetAnalysis) {
    assert!(open.motion.pace.is_none_or(|pace| known.motion.pace == Some(pace)));
    assert!(open.motion.retrograde.is_none_or(|retrograde| known.motion.retrograde == Some(retrograde)));
    assert!(open.motion.part_of_mean.is_none());
    assert!(open.sect.is_none_or(|sect| known.sect == Some(sect)));
    if let (Some(open), Some(known)) = (&open.essential, &known.essential) {
        assert!(open.held.iter().all(|dignity| known.held.contains(dignity)));
        assert!(known.held.iter().all(|one| open.held.contains(one) || open.open.contains(one)));
    }
    if let (Some(open), Some(known)) = (&open.accidental, &known.accidental) {
        assert!(open.items.iter().all(|item| known.items.contains(item)));
        let of_houses = [Accident::Angular, Accident::Succedent, Accident::Cadent, Accident::Joy];
        let named = |item: &Accident| of_houses.contains(item) || open.open.contains(item);
        assert!(known.items.iter().all(|item| open.items.contains(item) || named(&item.0)));
    }
}

#[test]
fn a_summer_afternoon_is_of_the_day_and_an_unknown_time_of_neither() {
    let afternoon = analysis(&chart("1975-06-21", None, Certainty::Afternoon, "Europe/Paris", (48.85, 2.35)));
    assert_eq!(afternoon.sect, Some(Sect::Diurnal));
    let unknown = analysis(&chart("1975-06-21", None, Certainty::Unknown, "Europe/Paris", (48.85, 2.35)));
    assert_eq!(unknown.sect, None);
    assert!(unknown.unknowns.iter().any(|unknown| unknown.what == "sect"));
    assert!(unknown.unknowns.iter().any(|unknown| unknown.what == "house_rulers"));
}

#[test]
fn stars_are_left_out_when_nobody_asks() {
    let chart = chart("1926-04-21", Some("02:40"), Certainty::Exact, "Europe/London", LONDON);
    let options = AnalysisOptions { stars: None, ..AnalysisOptions::default() };
    assert!(analyse(&Subject::from(&chart), &options, Ruleset::builtin()).unwrap().stars.is_empty());
}
