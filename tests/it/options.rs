//! What a chart can be asked to be, over HTTP and on the command line, held to values of other programs.

use serde_json::{Value, json};

use crate::cli::{assert_code, run, stderr, stdout};
use crate::support::{einstein, shared};

/// New Delhi at 2000-01-01 12:00 UTC.
fn delhi() -> Value {
    json!({"date": "2000-01-01", "time": "17:30", "tz": "Asia/Kolkata", "lat": 28.6139, "lon": 77.209,
           "zodiac": "sidereal", "ayanamsa": "lahiri"})
}

#[track_caller]
fn near(found: &Value, expected_deg: f64, tolerance_deg: f64) {
    let off = (found.as_f64().unwrap() - expected_deg + 180.0).rem_euclid(360.0) - 180.0;
    assert!(off.abs() < tolerance_deg, "{found} for {expected_deg}");
}

fn body<'a>(chart: &'a Value, code: &str) -> &'a Value {
    chart["bodies"].as_array().unwrap().iter().find(|placement| placement["body"] == code).unwrap()
}

/// Ayanamsa, Sun, Moon and Mercury by another program over the Swiss Ephemeris; its angles less its ayanamsa.
#[track_caller]
fn is_lahiri_over_delhi(chart: &Value) {
    near(&chart["ayanamsa_mean_deg"], 23.857_092, 1e-4);
    near(&body(chart, "sun")["longitude_deg"], 256.515_697, 1e-3);
    near(&body(chart, "moon")["longitude_deg"], 199.470_553, 1e-3);
    near(&body(chart, "mercury")["longitude_deg"], 248.036_053, 1e-3);
    near(&chart["angles"]["ascendant"]["longitude_deg"], 76.34, 0.01);
    near(&chart["angles"]["midheaven"]["longitude_deg"], 333.60, 0.01);
    near(&chart["houses"]["cusps_deg"][0], 76.34, 0.01);
    assert_eq!((&chart["options"]["zodiac"], &chart["options"]["ayanamsa"]), (&json!("sidereal"), &json!("lahiri")));
}

#[test]
fn a_sidereal_chart_is_sidereal_in_its_angles_too() {
    let (server, token) = (shared(), shared().person());
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&delhi()));
    let chart = made.data(201);
    is_lahiri_over_delhi(chart);
    let path = format!("/v1/charts/{}", chart["id"].as_str().unwrap());
    assert_eq!(server.call("GET", &path, Some(&token), None).data(200), chart);
    // The day and the answers take such a chart as any other.
    server.call("GET", &format!("{path}/today?date=2026-11-23"), Some(&token), None).data(200);
    let question = json!({"chart_id": chart["id"], "question": "What about my work today?"});
    server.call("POST", "/v1/chat/advise", Some(&token), Some(&question));
}

#[test]
fn an_ayanamsa_of_ones_own_and_every_other_option_come_back() {
    let (server, token) = (shared(), shared().person());
    let mut asked = delhi();
    let more = json!({
        "ayanamsa": "user", "ayanamsa_epoch_jd_tt": 2_415_020.0, "ayanamsa_value_deg": 22.46, "house_system": "krusinski",
        "frame": "topocentric", "altitude_m": 216.0, "reduction": "geometric", "bodies": ["moon", "sun"],
    });
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&asked));
    let chart = made.data(201);
    let options = &chart["options"];
    assert_eq!(options["bodies"], json!(["sun", "moon"]));
    assert_eq!(chart["bodies"].as_array().unwrap().len(), 2);
    for field in ["ayanamsa_epoch_jd_tt", "ayanamsa_value_deg", "house_system", "frame", "altitude_m", "reduction"] {
        assert_eq!(options[field], asked[field], "{field}");
    }
    assert_eq!(chart["houses"]["system"], "krusinski");
    assert!(chart["lots"]["fortune"]["longitude_deg"].is_number() && chart["is_day"] == json!(true));
}

#[test]
fn a_chart_shows_declinations_lots_delta_t_and_how_to_have_another_offset() {
    let (server, token) = (shared(), shared().person());
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let chart = made.data(201);
    // Sun in Pisces 23°30' of 1879: declination -2°35' by sin(23.45°) sin(353.5°).
    near(&body(chart, "sun")["declination_deg"], -2.58, 0.02);
    assert_eq!(body(chart, "sun")["out_of_bounds"], false);
    assert!(chart["delta_t"]["uncertainty_s"].as_f64().unwrap() > 0.0);
    assert!(chart["moment"]["offset_override"].as_str().unwrap().contains("utc_offset_s"));
    // By day Fortune is Ascendant + Moon - Sun, and Spirit as far the other way.
    let deg = |value: &Value| value["longitude_deg"].as_f64().unwrap();
    let asc = deg(&chart["angles"]["ascendant"]);
    let arc = deg(body(chart, "moon")) - deg(body(chart, "sun"));
    near(&chart["lots"]["fortune"]["longitude_deg"], (asc + arc).rem_euclid(360.0), 1e-9);
    near(&chart["lots"]["spirit"]["longitude_deg"], (asc - arc).rem_euclid(360.0), 1e-9);
    assert!(chart["angles"]["east_point"]["sign"].is_string());
}

#[test]
fn without_a_time_what_cannot_be_known_is_named() {
    let (server, token) = (shared(), shared().person());
    let asked = json!({"date": "2000-01-20", "place": "Paris", "zodiac": "sidereal", "ayanamsa": "raman",
                       "bodies": ["sun", "moon", "chiron", "mean_apogee"]});
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&asked));
    let chart = made.data(201);
    assert!(["angles", "houses", "lots", "is_day"].iter().all(|part| chart[*part].is_null()));
    let named: Vec<_> = chart["unknowns"].as_array().unwrap().iter().map(|u| u["what"].as_str().unwrap()).collect();
    assert!(
        ["houses", "ascendant", "midheaven", "lots", "is_day"].iter().all(|what| named.contains(what)),
        "{named:?}"
    );
    assert!(chart["bodies"].as_array().unwrap().iter().all(|placement| placement["range"].is_object()));
}

#[test]
fn options_that_cannot_be_are_named_with_what_is_allowed() {
    let (server, token) = (shared(), shared().person());
    let mut wrong = einstein();
    let more = json!({"zodiac": "sidereal", "house_system": "campanile", "frame": "barycentric", "altitude_m": 3.0,
                      "bodies": ["vulcan"], "reduction": "mean"});
    wrong.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = server.call("POST", "/v1/charts", Some(&token), Some(&wrong));
    answer.error(422, "invalid_fields");
    let mut fields = answer.fields();
    fields.sort();
    assert_eq!(fields, ["altitude_m", "ayanamsa", "bodies[0]", "frame", "house_system", "reduction"]);
    for error in answer.body["error"]["details"]["errors"].as_array().unwrap() {
        assert!(error["allowed"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
    }
}

#[test]
fn the_sky_of_an_instant_needs_no_birth() {
    let (server, token) = (shared(), shared().person());
    let path = "/v1/sky?at=2000-01-01T12:00:00Z&lat=28.6139&lon=77.209&zodiac=sidereal&ayanamsa=lahiri";
    is_lahiri_over_delhi(server.call("GET", path, Some(&token), None).data(200));
    let julian = server.call("GET", "/v1/sky?at=2451545.0&bodies=sun,mars", Some(&token), None);
    let sky = julian.data(200);
    near(&body(sky, "sun")["longitude_deg"], 280.368_920, 1e-3);
    assert!(sky["angles"].is_null() && sky["at"] == "2000-01-01T12:00:00Z");
    server.call("GET", "/v1/sky", Some(&token), None).data(200);
    server.call("GET", "/v1/sky", None, None).error(401, "missing_access_token");
    for (query, field) in [
        ("at=yesterday", "query.at"),
        ("lat=48", "query.lon"),
        ("lat=48&lon=x", "query.lon"),
        ("frame=topocentric", "query.lat"),
        ("bodies=sun,vulcan", "query.bodies[1]"),
        ("moon=full", "query.moon"),
    ] {
        let answer = server.call("GET", &format!("/v1/sky?{query}"), Some(&token), None);
        answer.error(422, "invalid_fields");
        assert_eq!(answer.fields(), [field], "{query}");
    }
    server.call("GET", "/v1/sky?at=1200-01-01T00:00:00Z", Some(&token), None).error(422, "date_out_of_range");
    server.call("GET", "/v1/sky?lat=80&lon=0", Some(&token), None).error(422, "house_system_undefined");
}

const DELHI: [&str; 14] = [
    "--date",
    "2000-01-01",
    "--time",
    "17:30",
    "--tz",
    "Asia/Kolkata",
    "--lat",
    "28.6139",
    "--lon",
    "77.209",
    "--zodiac",
    "sidereal",
    "--ayanamsa",
    "lahiri",
];

#[test]
fn the_command_line_shows_a_chart_without_a_server() {
    let json = run(&[&["chart", "--json"], &DELHI[..]].concat());
    assert_code(&json, 0);
    is_lahiri_over_delhi(&serde_json::from_str(&stdout(&json)).unwrap());
    let page = run(&[&["chart"], &DELHI[..]].concat());
    assert_code(&page, 0);
    for part in ["NATAL CHART", "sidereal", "Lahiri", "Ascendant", "Part of Fortune", "Placidus"] {
        assert!(stdout(&page).contains(part), "{part} is not in\n{}", stdout(&page));
    }
    let wrong = run(&["chart", "--date", "banana", "--place", "Ulm", "--bodies", "sun,vulcan"]);
    assert_code(&wrong, 2);
    assert!(stderr(&wrong).contains("--date") && stderr(&wrong).contains("--bodies"), "{}", stderr(&wrong));
}

#[test]
fn the_command_line_shows_a_sky() {
    let json = run(&["sky", "--at", "2000-01-01T12:00:00Z", "--json"]);
    assert_code(&json, 0);
    let sky: Value = serde_json::from_str(&stdout(&json)).unwrap();
    near(&body(&sky, "moon")["longitude_deg"], 223.323_775, 1e-3);
    let page = run(&["sky", "--at", "2451545", "--lat", "28.6", "--lon", "77.2"]);
    assert_code(&page, 0);
    assert!(stdout(&page).contains("2000-01-01T12:00:00Z") && stdout(&page).contains("Ascendant"));
    assert_code(&run(&["sky", "--at", "noon"]), 2);
}

#[test]
fn houses_are_streamed_row_by_row() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("skies.csv");
    std::fs::write(&file, "id,armc,obliquity,lat\na,107.960303420,23.464148715,-60.064309\nb,10,23.4,70\n").unwrap();
    let output = run(&["houses", "--input", file.to_str().unwrap(), "--system", "placidus,koch", "--format", "csv"]);
    assert_code(&output, 0);
    let table = stdout(&output);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 5);
    // Swiss Ephemeris: row 113 of the carried fixture.
    assert!((rows[1][6].parse::<f64>().unwrap() - 239.566_013_704).abs() < 1e-6, "{table}");
    assert_eq!((rows[3][0], rows[3][2], rows[3][6]), ("b", "undefined", ""));
    let wrong = run(&["houses", "--input", file.to_str().unwrap(), "--system", "campanile"]);
    assert_code(&wrong, 2);
    std::fs::write(&file, "jd_ut,lat,lon\n2451545.0,10,20\n2451545.0,north,20\n").unwrap();
    let wrong = run(&["houses", "--input", file.to_str().unwrap(), "--system", "equal"]);
    assert_code(&wrong, 2);
    assert!(stderr(&wrong).contains("line 3: lat \"north\""), "{}", stderr(&wrong));
    assert_eq!(stdout(&wrong).lines().count(), 2);
}
