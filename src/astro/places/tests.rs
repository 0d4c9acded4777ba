//! Oracles: atlases, and what people call places.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::astro::zone;

#[test]
fn the_asset_is_whole_and_every_zone_is_built_in() {
    assert_eq!(count(), 234_908);
    let zones: BTreeSet<&str> = atlas().regions.iter().map(|region| region.zone).collect();
    assert!(zones.len() > 380);
    for zone in zones {
        assert_eq!(zone::check_zone(zone), Ok(()));
    }
    let mut before = u32::MAX;
    for place in (0..count()).step_by(97) {
        let place = Place::of(place);
        assert!(!place.name.is_empty() && !place.country.is_empty() && place.geoname_id > 0, "{place:?}");
        assert!(place.latitude_deg.abs() <= 90.0 && place.longitude_deg.abs() <= 180.0, "{place:?}");
        assert!(place.population <= before, "{place:?}");
        before = place.population;
    }
    assert_eq!(atlas().countries.len(), COUNTRIES);
}

const COUNTRIES: usize = 246;

#[test]
fn a_place_is_what_geonames_says() {
    // geonames.org/2820256, of 2024: 48.39841 N, 9.99155 E, 120,451 people, DE.01.
    let ulm = resolve("Ulm, Germany").unwrap();
    assert_eq!((ulm.geoname_id, ulm.name.as_str(), ulm.country_code), (2_820_256, "Ulm", "DE"));
    assert_eq!((ulm.region, ulm.region_code, ulm.zone), (Some("Baden-Württemberg"), "01", "Europe/Berlin"));
    assert_eq!(ulm.population, 120_451);
    assert!((ulm.latitude_deg - 48.398_41).abs() < 2e-4 && (ulm.longitude_deg - 9.991_55).abs() < 3e-4);
    assert_eq!(ulm.full_label(Lang::Fr), "Ulm, Baden-Württemberg, Allemagne");
}

#[test]
fn ulm_goes_by_many_names() {
    for query in [
        "Ulm, Germany",
        "Ulm, Allemagne",
        "Ulm, DE",
        "ulm,de",
        " ULM ",
        "Ulm Germany",
        "Ulm, Baden-Württemberg, Germany",
        "Ulm, Baden Wurttemberg",
        "Ulm, Alb-Donau-Kreis, Germany",
    ] {
        let place = resolve(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!((place.name.as_str(), place.country_code, place.zone), ("Ulm", "DE", "Europe/Berlin"), "{query}");
    }
}

#[test]
fn accents_languages_scripts_and_older_names_lead_to_one_city() {
    let pairs = [
        ("São Paulo", "São Paulo"),
        ("sao paulo", "São Paulo"),
        ("Munster, Germany", "Münster"),
        ("Londres", "London"),
        ("Köln", "Köln"),
        ("Cologne", "Köln"),
        ("München", "Munich"),
        ("Genève", "Geneva"),
        ("Geneva, Suisse", "Geneva"),
        ("Moscou", "Moscow"),
        ("Москва", "Moscow"),
        ("МОСКВА", "Moscow"),
        ("New York, USA", "New York City"),
        ("Pékin", "Beijing"),
        ("北京", "Beijing"),
        ("東京", "Tokyo"),
        ("القاهرة", "Cairo"),
        ("Αθήνα", "Athens"),
        ("תל אביב", "Tel Aviv"),
        ("서울", "Seoul"),
        ("दिल्ली", "Delhi"),
        ("Bombay", "Mumbai"),
        ("Kathmandu", "Kathmandu"),
        ("Abidjan, Ivory Coast", "Abidjan"),
        ("Abidjan, Côte d’Ivoire", "Abidjan"),
        ("Reykjavík", "Reykjavík"),
        ("Edinburgh, Scotland", "Edinburgh"),
        ("Leningrad", "Saint Petersburg"),
        ("St. Petersburg, Russia", "Saint Petersburg"),
        ("Danzig", "Gdańsk"),
        ("Breslau, Poland", "Wrocław"),
        ("Königsberg, Russia", "Kaliningrad"),
        ("Constantinople", "Istanbul"),
        ("Stalingrad", "Volgograd"),
        ("Saigon", "Ho Chi Minh City"),
        ("Vinci, Italy", "Vinci"),
    ];
    let mut wrong = Vec::new();
    for (query, name) in pairs {
        match resolve(query) {
            Ok(place) if place.name == name => {}
            other => wrong.push(format!("{query}: {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn regions_tell_places_of_a_country_apart() {
    for (query, region, zone) in [
        ("Paris, Texas", "Texas", "America/Chicago"),
        ("Paris, TX, USA", "Texas", "America/Chicago"),
        ("paris texas", "Texas", "America/Chicago"),
        ("Springfield, Illinois, USA", "Illinois", "America/Chicago"),
        ("Springfield, MA", "Massachusetts", "America/New_York"),
        ("Portland, Maine", "Maine", "America/New_York"),
        ("Cambridge, England", "England", "Europe/London"),
        ("Valencia, Spain", "Valencia", "Europe/Madrid"),
    ] {
        let place = resolve(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!((place.region, place.zone), (Some(region), zone), "{query}");
    }
}

#[test]
fn the_largest_is_meant_when_it_is_by_far() {
    let paris = resolve("Paris").unwrap();
    assert_eq!((paris.country, paris.zone), ("France", "Europe/Paris"));
    assert_eq!(resolve("paris,france").unwrap(), paris);
    assert_eq!(paris.label(Lang::Fr), "Paris, France");
    assert_eq!(resolve("London").unwrap().country_code, "GB");
    for query in ["Springfield, US", "Springfield", "Valencia", "Cambridge"] {
        let Err(PlaceError::Ambiguous { candidates }) = resolve(query) else { panic!("{query}") };
        assert!((2..=5).contains(&candidates.len()), "{candidates:?}");
        for candidate in candidates {
            assert_eq!(resolve(&candidate).unwrap().full_label(Lang::En), candidate);
        }
    }
}

#[test]
fn what_is_not_there_is_refused_with_near_names() {
    for (query, near) in [
        ("Ulmm", "Ulm, Baden-Württemberg, Germany"),
        ("Ulm, Atlantis", "Ulm, Baden-Württemberg, Germany"),
        ("Munichh, Germany", "Munich, Bavaria, Germany"),
        ("Amstredam", "Amsterdam, North Holland, Netherlands"),
    ] {
        let error = resolve(query).unwrap_err();
        let PlaceError::NotFound { nearest } = &error else { panic!("{query}: {error}") };
        assert!((1..=5).contains(&nearest.len()) && nearest.iter().any(|label| label == near), "{query}: {nearest:?}");
        assert!(error.to_string().starts_with("no such place in the built-in list; near: "));
    }
    assert_eq!(resolve("").unwrap_err().to_string(), "no such place in the built-in list");
    assert!(resolve(",,,").is_err());
}

#[test]
fn search_puts_whole_names_and_large_places_first() {
    let first = |query: &str| search(query, 5).first().map(|found| (found.place.name.clone(), found.quality));
    assert_eq!(first("paris"), Some(("Paris".into(), Quality::Whole)));
    assert_eq!(first("lond"), Some(("London".into(), Quality::Beginning)));
    assert_eq!(first("Моск"), Some(("Moscow".into(), Quality::Beginning)));
    assert_eq!(first("القاه"), Some(("Cairo".into(), Quality::Beginning)));
    assert_eq!(first("Munihc"), Some(("Munich".into(), Quality::Misspelt)));
    assert_eq!(first("Johhanesborg"), Some(("Johannesburg".into(), Quality::Misspelt)));
    assert_eq!(first("Wien"), Some(("Vienna".into(), Quality::Whole)));
    assert_eq!(first("ulm germany").unwrap().0, "Ulm");
    assert_eq!(search("san", 3).len(), 3);
    assert!(search("s, ger", 50).iter().all(|found| found.place.country_code == "DE"));
    assert!(search_in("springfield", Some("us"), 50).iter().all(|found| found.place.country_code == "US"));
    assert_eq!(search("york", 20).iter().filter(|found| found.place.name == "New York City").count(), 1);
    assert!(search("", 5).is_empty() && search("ulm", 0).is_empty() && search(", de", 5).is_empty());
    assert!(search_in("ulm", Some("XX"), 5).is_empty());
}

#[test]
fn the_nearest_place_gives_a_zone_and_how_sure_it_is() {
    let (place, distance_km) = nearest(48.4, 9.99).unwrap();
    assert_eq!(place.name, "Ulm");
    assert!(distance_km < 5.0);
    assert_eq!(nearest_zone(-13.8, -171.8), Some("Pacific/Apia"));
    assert_eq!(nearest_zone(f64::NAN, 0.0), None);
    assert!(nearest(0.0, 180.0).is_some() && nearest(90.0, 0.0).is_some());
    let ulm = zone_at(48.4, 9.99).unwrap();
    assert_eq!((ulm.zone, ulm.certainty), ("Europe/Berlin", ZoneCertainty::High));
    // Basel lies at the border of three countries; the middle of the Pacific near none.
    let basel = zone_at(47.57, 7.58).unwrap();
    assert_eq!(basel.certainty, ZoneCertainty::Low);
    assert!(["Europe/Paris", "Europe/Berlin"].iter().all(|zone| basel.alternatives.contains(zone)), "{basel:?}");
    assert_eq!(zone_at(-30.0, -130.0).unwrap().certainty, ZoneCertainty::Low);
}

proptest! {
    #[test]
    fn no_query_panics_and_the_largest_is_found_by_its_name(query in "\\PC{0,40}|[a-z ,]{0,20}", place in 0_usize..234_908) {
        let _ = resolve(&query);
        prop_assert!(search(&query, 3).len() <= 3);
        let place = Place::of(place);
        let found = search_in(&place.name.replace(',', " "), Some(place.country_code), 100);
        prop_assert!(found.len() == 100 || found.iter().any(|found| found.place == place), "{:?}", place);
    }

    /// Against distances to every place, by the spherical law of cosines.
    #[test]
    fn no_place_is_nearer_than_the_nearest(lat in -90.0..90.0_f64, lon in -180.0..180.0_f64) {
        let (_, km) = nearest(lat, lon).unwrap();
        let asset = asset();
        let cosine = (0..asset.len).step_by(13).map(|place| {
            let (a, b) = asset.point(place);
            let (lat, a) = (lat.to_radians(), a.to_radians());
            lat.sin() * a.sin() + lat.cos() * a.cos() * (lon - b).to_radians().cos()
        });
        let best = cosine.fold(-1.0, f64::max);
        prop_assert!(best.clamp(-1.0, 1.0).acos() * 6_371.008_8 >= km - 0.01);
    }
}
