//! Oracles: atlases; the table itself for its own consistency.

use proptest::prelude::*;

use super::*;
use crate::astro::zone;

#[test]
fn every_line_is_read_and_every_zone_is_built_in() {
    assert_eq!(all().len(), PLACES_TSV.lines().count());
    assert_eq!(index().countries.len(), COUNTRIES_TSV.lines().count());
    assert!(PLACES_TSV.len() <= 450_000);
    for place in all() {
        assert_eq!(zone::check_zone(place.zone), Ok(()), "{}", place.name);
        assert!(place.latitude_deg.abs() <= 90.0 && place.longitude_deg.abs() <= 180.0, "{}", place.name);
    }
    assert!(all().is_sorted_by(|a, b| a.population >= b.population));
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
    ] {
        let place = resolve(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!((place.name, place.country_code, place.zone), ("Ulm", "DE", "Europe/Berlin"), "{query}");
        assert!((place.latitude_deg - 48.4).abs() < 0.05 && (place.longitude_deg - 9.99).abs() < 0.05);
    }
}

#[test]
fn accents_languages_and_older_names_lead_to_one_city() {
    let pairs = [
        ("São Paulo", "BR"),
        ("sao paulo", "BR"),
        ("Münster", "DE"),
        ("Munster", "DE"),
        ("Londres", "GB"),
        ("Köln", "DE"),
        ("Cologne", "DE"),
        ("München", "DE"),
        ("Genève", "CH"),
        ("Geneva, Suisse", "CH"),
        ("Moscou", "RU"),
        ("New York, USA", "US"),
        ("New York, États-Unis", "US"),
        ("Pékin", "CN"),
        ("Bombay", "IN"),
        ("Kathmandu", "NP"),
        ("Abidjan, Ivory Coast", "CI"),
        ("Abidjan, Côte d’Ivoire", "CI"),
        ("Reykjavík", "IS"),
        ("Edinburgh, Scotland", "GB"),
        ("Washington", "US"),
        ("Apia", "WS"),
        ("Vaduz", "LI"),
        ("Saint-Étienne", "FR"),
    ];
    for (query, code) in pairs {
        let place = resolve(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(place.country_code, code, "{query}");
    }
    assert_eq!(resolve("Londres"), resolve("London"));
    assert_eq!(resolve("Wien"), resolve("Vienna, Austria"));
}

#[test]
fn paris_alone_is_the_largest() {
    let paris = resolve("Paris").unwrap();
    assert_eq!((paris.country, paris.zone), ("France", "Europe/Paris"));
    assert_eq!(resolve("paris,france").unwrap(), paris);
    assert_eq!(paris.label(Lang::Fr), "Paris, France");
    assert_eq!(resolve("Ulm").unwrap().label(Lang::Fr), "Ulm, Allemagne");
}

#[test]
fn what_is_not_there_is_refused_with_near_names() {
    for query in ["Ulm, France", "Ulmm", "Ulm, Atlantis", "Atlantis"] {
        let error = resolve(query).unwrap_err();
        let PlaceError::NotFound { nearest } = &error else { panic!("{error}") };
        assert!(!nearest.is_empty() && nearest.len() <= 5);
        assert!(error.to_string().starts_with("no such place in the built-in list; near: "));
        if query.starts_with("Ulm") {
            assert_eq!(nearest[0], "Ulm, Germany", "{query}");
        }
    }
    assert_eq!(resolve("").unwrap_err().to_string(), "no such place in the built-in list");
    assert!(resolve(",,,").is_err());
}

#[test]
fn a_region_cannot_tell_two_cities_of_a_country_apart() {
    assert!(
        matches!(resolve("Springfield, Illinois, USA"), Err(PlaceError::Ambiguous { candidates }) if candidates.len() > 1)
    );
}

#[test]
fn search_puts_whole_names_and_large_places_first() {
    let found = search("paris", 5);
    assert_eq!((found[0].name, found[0].country_code), ("Paris", "FR"));
    assert_eq!(search("san", 3).len(), 3);
    assert!(search("ulm", 10).iter().any(|place| place.name == "Ulm"));
    assert!(search("s, ger", 50).iter().all(|place| place.country_code == "DE"));
    assert_eq!(search("york", 20).iter().filter(|place| place.name == "New York City").count(), 1);
    assert!(search("", 5).is_empty() && search("ulm", 0).is_empty() && search(", de", 5).is_empty());
}

#[test]
fn the_nearest_place_gives_a_zone() {
    let (place, distance_km) = nearest(48.4, 9.99).unwrap();
    assert_eq!(place.name, "Ulm");
    assert!(distance_km < 5.0);
    assert_eq!(nearest_zone(-13.8, -171.8), Some("Pacific/Apia"));
    assert_eq!(nearest_zone(f64::NAN, 0.0), None);
    assert!(nearest(0.0, 180.0).is_some() && nearest(90.0, 0.0).is_some());
}

proptest! {
    // Few cases: a query without a match compares thousands of names, slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_query_panics(query in "\\PC{0,40}|[a-z ,]{0,20}") {
        let _ = resolve(&query);
        prop_assert!(search(&query, 3).len() <= 3);
    }
}
