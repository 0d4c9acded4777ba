//! Places by name and by point, and births told by place, coordinates, fixed offset or the older calendar.

use serde_json::{Value, json};

use crate::cli::{assert_code, run, stderr, stdout};
use crate::support::{Answer, shared};

fn get(path: &str) -> Answer {
    shared().call("GET", path, Some(&shared().person()), None)
}

fn chart(body: &Value) -> Answer {
    shared().call("POST", "/v1/charts", Some(&shared().person()), Some(body))
}

#[test]
fn places_are_found_by_any_name_and_narrowed() {
    // Names, coordinates and numbers as geonames.org shows them.
    for (query, name, country, geoname_id, lat, lon, tz) in [
        ("q=ulm", "Ulm", "DE", 2_820_256, 48.398, 9.992, "Europe/Berlin"),
        ("q=%D0%9C%D0%BE%D1%81%D0%BA%D0%B2%D0%B0", "Moscow", "RU", 524_901, 55.752, 37.616, "Europe/Moscow"),
        ("q=%E6%9D%B1%E4%BA%AC", "Tokyo", "JP", 1_850_147, 35.690, 139.692, "Asia/Tokyo"),
        ("q=Paris%2C%20Texas", "Paris", "US", 4_717_560, 33.661, -95.556, "America/Chicago"),
        ("q=paris&country=us", "Paris", "US", 4_717_560, 33.661, -95.556, "America/Chicago"),
        ("q=Johanesburg", "Johannesburg", "ZA", 993_800, -26.202, 28.044, "Africa/Johannesburg"),
        ("q=constantinople", "Istanbul", "TR", 745_044, 41.014, 28.950, "Europe/Istanbul"),
    ] {
        let answer = get(&format!("/v1/places?{query}"));
        let first = &answer.data(200)["places"][0];
        assert_eq!((&first["name"], &first["country_code"]), (&json!(name), &json!(country)), "{query}");
        assert_eq!((&first["geoname_id"], &first["tz"]), (&json!(geoname_id), &json!(tz)), "{query}");
        let off = |field: &str, degrees: f64| (first[field].as_f64().unwrap() - degrees).abs();
        assert!(off("lat", lat) < 0.002 && off("lon", lon) < 0.002, "{first}");
        assert!(answer.data(200)["attribution"].as_str().unwrap().contains("GeoNames"));
    }
    let french = get("/v1/places?q=ulm&limit=1&lang=fr");
    assert_eq!(french.data(200)["places"].as_array().unwrap().len(), 1);
    assert_eq!(french.data(200)["places"][0]["country"], "Allemagne");
    assert_eq!(get("/v1/places?q=zzzzzzzzzzzz").data(200)["places"], json!([]));
}

#[test]
fn questions_about_places_are_checked() {
    for (query, field) in [
        ("", "query.q"),
        ("?q=u", "query.q"),
        ("?q=ulm&country=XX", "query.country"),
        ("?q=ulm&limit=0", "query.limit"),
        ("?q=ulm&limit=51", "query.limit"),
        ("?q=ulm&limit=ten", "query.limit"),
        ("?q=ulm&lang=de", "query.lang"),
        ("?q=ulm&sort=name", "query.sort"),
        ("/nearest?lat=48", "query.lon"),
        ("/nearest?lat=91&lon=0", "query.lat"),
        ("/nearest?lat=48&lon=NaN", "query.lon"),
    ] {
        let answer = get(&format!("/v1/places{query}"));
        answer.error(422, "invalid_fields");
        assert_eq!(answer.fields(), [field], "{query}");
    }
    assert_eq!(shared().call("GET", "/v1/places?q=ulm", None, None).status, 401);
}

#[test]
fn a_point_has_a_nearest_place_and_a_zone_with_its_certainty() {
    let ulm = get("/v1/places/nearest?lat=48.4&lon=9.99");
    let ulm = ulm.data(200);
    assert_eq!(
        (&ulm["place"]["name"], &ulm["tz"], &ulm["tz_certainty"]),
        (&json!("Ulm"), &json!("Europe/Berlin"), &json!("high"))
    );
    // The borders of Switzerland, France and Germany meet at Basel.
    let basel = get("/v1/places/nearest?lat=47.57&lon=7.58");
    assert_eq!(basel.data(200)["tz_certainty"], "low");
    assert!(basel.data(200)["tz_alternatives"].as_array().unwrap().len() >= 2);
}

#[test]
fn coordinates_alone_make_a_chart_that_says_where_its_zone_is_from() {
    let body = json!({"date": "1990-06-15", "time": "12:00", "lat": 47.57, "lon": 7.58});
    let derived = chart(&body);
    let birth = &derived.data(201)["birth"];
    assert_eq!(
        (&birth["timezone_source"], &birth["timezone_derivation"]["certainty"]),
        (&json!("derived"), &json!("low"))
    );
    assert!(birth["timezone_derivation"]["hint"].as_str().unwrap().contains("tz"));
    assert!(birth["attribution"].as_str().unwrap().contains("GeoNames"), "{birth}");
    let given =
        chart(&json!({"date": "1990-06-15", "time": "12:00", "lat": 47.57, "lon": 7.58, "tz": "Europe/Zurich"}));
    assert_eq!(given.data(201)["birth"]["timezone_source"], "user_provided");
    let named = chart(&json!({"date": "1990-06-15", "time": "12:00", "place": "Basel"}));
    assert_eq!(
        (&named.data(201)["birth"]["timezone_source"], &named.data(201)["birth"]["tz"]),
        (&json!("place"), &json!("Europe/Zurich"))
    );
}

/// Amsterdam went by +0:19:32, in summer +1:19:32 (tzdata, backzone); the other offsets are asked for.
#[test]
fn the_offset_can_be_overridden() {
    let amsterdam = |tz: Option<&str>| {
        let mut body = json!({"date": "1920-06-01", "time": "12:00", "place": "Amsterdam, Netherlands"});
        if let Some(tz) = tz {
            body["tz"] = json!(tz);
        }
        let answer = chart(&body);
        let moment = &answer.data(201)["moment"];
        (moment["utc_offset_s"].as_i64().unwrap(), moment["offset_source"].as_str().unwrap().to_owned())
    };
    assert_eq!(amsterdam(None), (4_772, "iana".into()));
    assert_eq!(amsterdam(Some("+01:00")), (3_600, "given".into()));
    assert_eq!(amsterdam(Some("-00:19:32")), (-1_172, "given".into()));
    // 4.89 degrees east are 19 minutes and 34 seconds.
    let (mean, source) = amsterdam(Some("LMT"));
    assert!((mean - 1_174).abs() <= 1 && source == "given", "{mean} {source}");
    let wrong = chart(&json!({"date": "1920-06-01", "time": "12:00", "place": "Amsterdam", "tz": "+25:00"}));
    wrong.error(422, "invalid_fields");
    assert_eq!(wrong.fields(), ["tz"]);
}

/// Newton was born on Christmas Day 1642 of the Julian calendar, 4 January 1643 of the Gregorian, an hour or two after
/// midnight; the Sun stood at 13 to 14 degrees of Capricorn, which it passes on 4 January.
#[test]
fn births_of_the_julian_calendar_are_read_and_labelled() {
    let newton = |calendar: Option<&str>, date: &str| {
        let mut body = json!({"date": date, "time": "01:38", "place": "Grantham, England"});
        if let Some(calendar) = calendar {
            body["calendar"] = json!(calendar);
        }
        chart(&body)
    };
    let (julian, gregorian) = (newton(Some("julian"), "1642-12-25"), newton(None, "1643-01-04"));
    let (julian, gregorian) = (julian.data(201), gregorian.data(201));
    assert_eq!(julian["bodies"], gregorian["bodies"]);
    assert_eq!(
        (&julian["birth"]["calendar"], &julian["birth"]["date_gregorian"]),
        (&json!("julian"), &json!("1643-01-04"))
    );
    assert_eq!(gregorian["birth"]["calendar"], "gregorian");
    assert!(julian["moment"]["utc"].as_str().unwrap().starts_with("1643-01-04T01:4"), "{}", julian["moment"]["utc"]);
    let sun = &julian["bodies"][0];
    assert_eq!((&sun["body"], &sun["sign"]), (&json!("sun"), &json!("capricorn")));
    assert!((13.0..14.5).contains(&sun["degree_in_sign"].as_f64().unwrap()), "{sun}");
    // Kepler, 27 December 1571: no calendar is said, and before the reform there is one alone.
    let kepler = chart(&json!({"date": "1571-12-27", "time": "14:30", "place": "Weil der Stadt, Germany"}));
    let kepler = kepler.data(201);
    assert_eq!(
        (&kepler["birth"]["calendar"], &kepler["birth"]["date_gregorian"]),
        (&json!("julian"), &json!("1572-01-06"))
    );
    let between = chart(&json!({"date": "1582-10-10", "time": "12:00", "place": "Rome, Italy"}));
    between.error(422, "invalid_fields");
    assert_eq!(between.fields(), ["date"]);
    let unknown = newton(Some("mayan"), "1642-12-25");
    assert_eq!(unknown.fields(), ["calendar"]);
}

#[test]
fn several_places_of_a_name_are_offered() {
    let answer = chart(&json!({"date": "1990-06-15", "time": "12:00", "place": "Springfield, US"}));
    let allowed = answer.error(422, "invalid_fields").to_string();
    for part in ["Springfield, Missouri, United States", "Springfield, Massachusetts, United States"] {
        assert!(allowed.contains(part), "{allowed}");
    }
    let one = chart(&json!({"date": "1990-06-15", "time": "12:00", "place": "Springfield, Missouri, United States"}));
    assert_eq!(one.data(201)["birth"]["tz"], "America/Chicago");
}

#[test]
fn the_command_line_looks_places_up() {
    let found = run(&["places", "sao paulo", "--limit", "1"]);
    assert_code(&found, 0);
    let text = stdout(&found);
    assert!(text.starts_with("São Paulo, São Paulo, Brazil") && text.contains("America/Sao_Paulo"), "{text}");
    assert!(text.contains("GeoNames"));
    let json = run(&["places", "Munihc", "--country", "DE", "--json"]);
    assert_code(&json, 0);
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(json["places"][0]["place"]["name"], "Munich");
    let none = run(&["places", "zzzzzzzzzzzz"]);
    assert_code(&none, 1);
    assert!(stderr(&none).contains("no place is called"));
    assert_code(&run(&["places", "ulm", "--country", "XX"]), 2);
}
