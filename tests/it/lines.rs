//! The time lines of a chart and two charts together through `/v1/charts`, held to Skyfield, Swiss Ephemeris and the rules
//! of the tradition.

use serde_json::{Value, json};

use crate::cli::{assert_code, run, stderr, stdout};
use crate::support::{Appliance, shared};

/// Skyfield over JPL DE440 (tests/fixtures/astro/README.md).
const RETURNS: &str = include_str!("../fixtures/astro/returns.csv");
const PROGRESSIONS: &str = include_str!("../fixtures/astro/progressions.csv");
const COMPOSITE: &str = include_str!("../fixtures/astro/composite.csv");

/// Julian Date of an RFC 3339 instant.
fn julian_date(text: &Value) -> f64 {
    let instant: jiff::Timestamp = text.as_str().unwrap().parse().unwrap();
    instant.as_millisecond() as f64 / 86_400_000.0 + 2_440_587.5
}

fn rfc3339(jd_utc: f64) -> String {
    let ms = ((jd_utc - 2_440_587.5) * 86_400_000.0).round();
    jiff::Timestamp::from_millisecond(ms as i64).unwrap().to_string()
}

/// A kept chart of a birth at a UTC time (none: the day alone) near Ulm; its id.
fn chart(server: &Appliance, token: &str, date: &str, time: Option<&str>) -> String {
    let body = json!({"date": date, "time": time, "lat": 48.4, "lon": 9.99, "tz": "UTC"});
    let answer = server.call("POST", "/v1/charts", Some(token), Some(&body));
    answer.data(201)["id"].as_str().unwrap().to_owned()
}

fn rows(fixture: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    fixture.lines().skip(1).map(|line| line.split(',').collect())
}

fn point<'a>(list: &'a Value, code: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|p| p["point"] == code).unwrap()
}

fn off_arcsec(found: &Value, expected: &str) -> f64 {
    let off = (found.as_f64().unwrap() - expected.parse::<f64>().unwrap() + 180.0).rem_euclid(360.0) - 180.0;
    off.abs() * 3600.0
}

#[test]
fn returns_are_skyfields_to_a_fraction_of_a_second() {
    let (server, token) = (shared(), shared().person());
    for row in rows(RETURNS).filter(|row| row[0] == "1984-02-29") {
        let id = chart(server, &token, row[0], Some(row[1]));
        // From 1972 on TT is UTC + 32.184 s + leap seconds: 37 s since 2017, fewer before; a minute covers them at the ends.
        let (from, to) = (row[4].parse::<f64>().unwrap(), row[5].parse::<f64>().unwrap());
        let (from, to) = (rfc3339(from - 69.0 / 86_400.0), rfc3339(to - 60.0 / 86_400.0));
        let path = format!("/v1/charts/{id}/returns?body={}&from={from}&to={to}", row[2]);
        let answer = server.call("GET", &path, Some(&token), None);
        let found = answer.data(200)["returns"].as_array().unwrap();
        let expected: Vec<f64> = row[6].split(';').map(|jd| jd.parse().unwrap()).collect();
        assert_eq!(found.len(), expected.len(), "{row:?}");
        for (found, expected) in found.iter().zip(expected) {
            let jd_tt = found["figure"]["jd_tt"].as_f64().unwrap();
            let allowed_s = if row[2] == "moon" { 0.05 } else { 60.0 };
            assert!((jd_tt - expected).abs() * 86_400.0 < allowed_s, "{row:?}");
            let tt_minus_utc_s = (jd_tt - julian_date(&found["utc"])) * 86_400.0;
            assert!((54.0..70.0).contains(&tt_minus_utc_s), "{tt_minus_utc_s}");
            assert_eq!((&found["certain"], &found["window"]), (&json!(true), &Value::Null));
            assert!(found["figure"]["angles"]["ascendant"]["longitude_deg"].is_number());
        }
    }
}

#[test]
fn a_return_can_be_had_for_a_year_for_the_next_and_elsewhere() {
    let (server, token) = (shared(), shared().person());
    let id = chart(server, &token, "1984-02-29", Some("03:07:30"));
    let get = |query: &str| server.call("GET", &format!("/v1/charts/{id}/returns{query}"), Some(&token), None);
    let year = get("?year=2026");
    let year = year.data(200)["returns"].as_array().unwrap();
    assert_eq!(year.len(), 1);
    assert!(year[0]["utc"].as_str().unwrap().starts_with("2026-02-28"), "{}", year[0]["utc"]);
    let next = get("?from=2026-01-01");
    assert_eq!(next.data(200)["returns"], json!(year));
    let away = get("?year=2026&place=Sydney,%20Australia");
    let away = &away.data(200)["returns"][0];
    assert_eq!(away["utc"], year[0]["utc"]);
    assert!(away["figure"]["site"]["lat"].as_f64().unwrap() < -33.0);
    assert_ne!(away["figure"]["angles"], year[0]["figure"]["angles"]);
    assert_eq!(away["figure"]["bodies"][1]["longitude_deg"], year[0]["figure"]["bodies"][1]["longitude_deg"]);
    let there = get("?year=2026&lat=-33.87&lon=151.21");
    assert_eq!(there.data(200)["returns"][0]["utc"], year[0]["utc"]);
    // Of no date, the next one from now.
    assert_eq!(get("?body=moon").data(200)["returns"].as_array().unwrap().len(), 1);
}

#[test]
fn wrong_questions_about_returns_are_named() {
    let (server, token) = (shared(), shared().person());
    let id = chart(server, &token, "1984-02-29", Some("03:07:30"));
    let fields = |query: &str| {
        let answer = server.call("GET", &format!("/v1/charts/{id}/returns?{query}"), Some(&token), None);
        answer.error(422, "invalid_fields");
        answer.fields()
    };
    assert_eq!(fields("body=vulcan"), ["query.body"]);
    assert_eq!(fields("from=yesterday&lat=91&lon=0"), ["query.lat", "query.from"]);
    assert_eq!(fields("lat=10"), ["query.lon"]);
    assert_eq!(fields("place=Ulm&lat=10&lon=10"), ["query.place"]);
    assert_eq!(fields("place=Xyzzyville"), ["query.place"]);
    assert_eq!(fields("to=2026-01-01"), ["query.from"]);
    assert_eq!(fields("from=2026-01-01&to=2025-01-01"), ["query.to"]);
    assert_eq!(fields("from=1900-01-01&to=2010-01-01"), ["query.to"]);
    assert_eq!(fields("body=moon&from=2020-01-01&to=2025-01-01"), ["query.to"]);
    assert_eq!(fields("year=12026"), ["query.year"]);
    assert_eq!(fields("year=2026&from=2026-01-01"), ["query.year"]);
    assert_eq!(fields("when=2026"), ["query.when"]);
    let polar = format!("/v1/charts/{id}/returns?year=2026&lat=78.2&lon=15.6");
    server.call("GET", &polar, Some(&token), None).error(422, "house_system_undefined");
    let stranger = shared().person();
    server.call("GET", &format!("/v1/charts/{id}/returns"), Some(&stranger), None).error(404, "chart_not_found");
}

#[test]
fn progressions_are_skyfields_and_swiss_ephemeris() {
    let (server, token) = (shared(), shared().person());
    let mut id = (String::new(), String::new());
    for row in rows(PROGRESSIONS).filter(|row| row[0] == "1955-06-15") {
        if id.0 != row[0] {
            id = (row[0].to_owned(), chart(server, &token, row[0], Some(row[1])));
        }
        let at = rfc3339(row[2].parse().unwrap());
        let query = match row[3] {
            "angles_naibod" => "method=secondary".to_owned(),
            "angles_sun_arc" => "angles=solar_arc".to_owned(),
            "angles_quotidian" => "angles=quotidian".to_owned(),
            method => format!("method={method}"),
        };
        let path = format!("/v1/charts/{}/progressions?date={at}&{query}", id.1);
        let answer = server.call("GET", &path, Some(&token), None);
        let found = answer.data(200);
        let (longitude, allowed) = match row[4].strip_prefix("cusp_") {
            Some(cusp) => (&found["houses"]["cusps_deg"][cusp.parse::<usize>().unwrap() - 1], 0.1),
            None => (&point(&found["points"], row[4])["longitude_deg"], 0.1),
        };
        assert!(off_arcsec(longitude, row[5]) < allowed, "{row:?} {longitude}");
        assert_eq!(found["lunation"].is_object(), !row[3].ends_with("_arc") || row[3] == "angles_sun_arc", "{row:?}");
    }
}

#[test]
fn a_vague_birth_is_progressed_without_angles_and_says_so() {
    let (server, token) = (shared(), shared().person());
    let id = chart(server, &token, "1984-02-29", None);
    let answer = server.call("GET", &format!("/v1/charts/{id}/progressions?date=2026-01-01"), Some(&token), None);
    let found = answer.data(200);
    assert!(found["points"].as_array().unwrap().iter().all(|p| p["range"]["from_deg"].is_number()));
    assert_eq!(found["houses"], Value::Null);
    let unknowns: Vec<_> = found["unknowns"].as_array().unwrap().iter().map(|u| u["what"].as_str().unwrap()).collect();
    assert_eq!(unknowns[..3], ["ascendant", "midheaven", "houses"]);
    assert!(found["lunation"]["phase_from"]["window"]["from"].is_string());
    let early = server.call("GET", &format!("/v1/charts/{id}/progressions?date=1980-01-01"), Some(&token), None);
    early.error(422, "invalid_fields");
    assert_eq!(early.fields(), ["query.date"]);
    let wrong =
        server.call("GET", &format!("/v1/charts/{id}/progressions?method=tertiary&angles=x"), Some(&token), None);
    wrong.error(422, "invalid_fields");
    assert_eq!(wrong.fields(), ["query.method", "query.angles"]);
}

#[test]
fn profections_and_firdaria_follow_the_tradition() {
    let (server, token) = (shared(), shared().person());
    let id = chart(server, &token, "1984-02-29", Some("12:00"));
    let get = |date: &str| {
        let path = format!("/v1/charts/{id}/profections?date={date}");
        server.call("GET", &path, Some(&token), None).data(200).clone()
    };
    // At forty the count is at the fifth house again: 40 = 3 x 12 + 4.
    let found = get("2024-06-01");
    assert_eq!((&found["age"], &found["points"][0]["year"]["house"]), (&json!(40), &json!(5)));
    assert_eq!(found["points"][0]["from"], "ascendant");
    let codes: Vec<_> = found["points"].as_array().unwrap().iter().map(|p| p["from"].as_str().unwrap()).collect();
    assert_eq!(codes, ["ascendant", "midheaven", "sun", "moon", "fortune"]);
    // Noon in Ulm is day: the tenth lord of the day's order, Saturn, rules from 40 to 51, his own part first.
    let firdaria = &found["firdaria"];
    assert_eq!((&firdaria["is_day"], &firdaria["current"]["lord"]), (&json!(true), &json!("saturn")));
    assert_eq!(firdaria["current"]["part"], "saturn");
    assert!(firdaria["periods"][4]["from"].as_str().unwrap().starts_with("2024-02-2"));
    assert_eq!(get("2030-01-01")["firdaria"]["current"]["lord"], "saturn");

    let night = chart(server, &token, "1984-02-29", Some("23:00"));
    let path = format!("/v1/charts/{night}/profections?date=2024-06-01&night_nodes=after_mars");
    let answer = server.call("GET", &path, Some(&token), None);
    let lord = &answer.data(200)["firdaria"]["current"]["lord"];
    assert_eq!(lord, "north_node");
    let path = format!("/v1/charts/{night}/profections?date=2024-06-01");
    assert_eq!(server.call("GET", &path, Some(&token), None).data(200)["firdaria"]["current"]["lord"], "sun");

    let vague = chart(server, &token, "1984-02-29", None);
    let path = format!("/v1/charts/{vague}/profections?date=2024-06-01");
    let answer = server.call("GET", &path, Some(&token), None);
    let found = answer.data(200);
    assert_eq!(found["firdaria"], Value::Null);
    let unknowns: Vec<_> = found["unknowns"].as_array().unwrap().iter().map(|u| u["what"].as_str().unwrap()).collect();
    assert!(unknowns.contains(&"ascendant") && unknowns.contains(&"sect"), "{unknowns:?}");
}

#[test]
fn two_charts_are_compared_in_both_directions() {
    let (server, token) = (shared(), shared().person());
    let a = chart(server, &token, "1955-06-15", Some("21:30:00"));
    let b = chart(server, &token, "1984-02-29", None);
    let body = json!({"chart_a": a, "chart_b": b});
    let answer = server.call("POST", "/v1/charts/synastry", Some(&token), Some(&body));
    let found = answer.data(200);
    assert_eq!((&found["chart_a"], &found["chart_b"]), (&json!(a), &json!(b)));
    let list = |name: &str| found[name].as_array().unwrap().clone();
    assert!(!list("a_to_b").is_empty());
    assert_eq!(list("a_to_b").len(), list("b_to_a").len());
    for hit in list("a_to_b") {
        let back = |other: &Value| {
            (&other["from"], &other["to"], &other["aspect"]) == (&hit["to"], &hit["from"], &hit["aspect"])
        };
        assert!(list("b_to_a").iter().any(back), "{hit}");
    }
    assert_eq!(found["a_in_houses_of_b"], Value::Null);
    assert!(list("b_in_houses_of_a").iter().all(|o| (1..=12).contains(&o["house"].as_u64().unwrap())));
    let unknowns: Vec<_> = found["unknowns"].as_array().unwrap().iter().map(|u| u["what"].as_str().unwrap()).collect();
    assert!(unknowns.contains(&"b.houses"), "{unknowns:?}");
    for (path, wrong) in [
        ("/v1/charts/synastry", json!({"chart_a": a, "chart_b": "nothing"})),
        ("/v1/charts/composite", json!({"chart_a": "01890000-0000-7000-8000-000000000000", "chart_b": b})),
    ] {
        server.call("POST", path, Some(&token), Some(&wrong)).error(404, "chart_not_found");
    }
    server.call("POST", "/v1/charts/synastry", None, Some(&body)).error(401, "missing_access_token");
    let stranger = shared().person();
    server.call("POST", "/v1/charts/synastry", Some(&stranger), Some(&body)).error(404, "chart_not_found");
}

#[test]
fn composites_and_davison_are_swiss_ephemeris_and_skyfield() {
    let (server, token) = (shared(), shared().person());
    let pair = |row: &[&str]| row[0] == "1955-06-15" && row[2] == "1984-02-29";
    let a = chart(server, &token, "1955-06-15", Some("21:30:00"));
    let b = chart(server, &token, "1984-02-29", Some("03:07:30"));
    let ask = |more: Value| {
        let mut body = json!({"chart_a": a, "chart_b": b});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.call("POST", "/v1/charts/composite", Some(&token), Some(&body))
    };
    let (midpoint, davison) = (ask(json!({})), ask(json!({"method": "davison"})));
    let derived = ask(json!({"houses": "derived", "latitude_deg": 40.0}));
    let (midpoint, davison, derived) = (midpoint.data(200), davison.data(200), derived.data(200));
    assert_eq!((&midpoint["method"], &davison["method"]), (&json!("midpoint"), &json!("davison")));
    let mut checked = 0;
    for row in rows(COMPOSITE).filter(|row| pair(row)) {
        let cusp = row[5].strip_prefix("cusp_").map(|number| number.parse::<usize>().unwrap() - 1);
        let found = match (row[4], cusp) {
            ("davison", Some(cusp)) => &davison["davison"]["houses"]["cusps_deg"][cusp],
            ("davison", None) if matches!(row[5], "ascendant" | "midheaven") => {
                &davison["davison"]["angles"][row[5]]["longitude_deg"]
            }
            ("davison", None) => {
                let bodies = davison["davison"]["bodies"].as_array().unwrap();
                &bodies.iter().find(|placed| placed["body"] == row[5]).unwrap()["longitude_deg"]
            }
            (what, cusp) => {
                let from = if what == "midpoint" { &midpoint["midpoint"] } else { &derived["midpoint"] };
                match cusp {
                    Some(cusp) => &from["houses"]["cusps_deg"][cusp],
                    None => &point(&from["points"], row[5])["longitude_deg"],
                }
            }
        };
        assert!(off_arcsec(found, row[6]) < 0.1, "{row:?} {found}");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
    let wrong = ask(json!({"method": "marriage", "houses": "x", "middle": "y", "latitude_deg": 99.0}));
    wrong.error(422, "invalid_fields");
    assert_eq!(wrong.fields(), ["method", "latitude_deg", "houses", "middle"]);
}

#[test]
fn returns_and_synastry_are_shown_on_the_command_line() {
    let birth = ["--date", "1984-02-29", "--time", "03:07:30", "--lat", "48.4", "--lon", "9.99", "--tz", "UTC"];
    let output = run(&[&["returns"], &birth[..], &["--year", "2026", "--json"]].concat());
    assert_code(&output, 0);
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let (server, token) = (shared(), shared().person());
    let id = chart(server, &token, "1984-02-29", Some("03:07:30"));
    let answer = server.call("GET", &format!("/v1/charts/{id}/returns?year=2026"), Some(&token), None);
    assert_eq!(found["returns"], answer.data(200)["returns"]);

    let page =
        run(&[&["returns"], &birth[..], &["--year", "2026", "--at-lat", "-33.87", "--at-lon", "151.21"]].concat());
    assert_code(&page, 0);
    for part in ["RETURNS  Sun", "28 Feb 2026", "age", "33°52′S", "House cusps"] {
        assert!(stdout(&page).contains(part), "{part:?} is not in\n{}", stdout(&page));
    }
    let moons = run(&[&["returns"], &birth[..], &["--body", "moon", "--year", "2026", "--lang", "fr"]].concat());
    assert_eq!(stdout(&moons).matches(" UTC").count(), 13, "{}", stdout(&moons));
    let wrong = run(&[&["returns"], &birth[..], &["--body", "vulcan", "--at-lat", "10"]].concat());
    assert_code(&wrong, 2);
    assert!(stderr(&wrong).contains("--body \"vulcan\"") && stderr(&wrong).contains("--at-lon is missing"));

    let second = ["--date-b", "1955-06-15", "--lat-b", "48.4", "--lon-b", "9.99", "--tz-b", "UTC", "--name-b", "Eva"];
    let page = run(&[&["synastry"], &birth[..], &second[..]].concat());
    assert_code(&page, 0);
    for part in ["SYNASTRY", "B Eva, 15 Jun 1955", "A in houses of B", "B Ascendant: "] {
        assert!(stdout(&page).contains(part), "{part:?} is not in\n{}", stdout(&page));
    }
    let page = run(&[&["synastry"], &birth[..], &second[..], &["--lang", "fr"]].concat());
    for part in ["parcourt tous les signes en un jour", "l’heure de naissance n’est pas exacte"] {
        let words = stdout(&page).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(part), "{part:?} is not in\n{}", stdout(&page));
    }
    assert!(!stdout(&page).contains("birth can lie"), "{}", stdout(&page));
    for method in ["midpoint", "davison"] {
        let more = ["--time-b", "21:30:00", "--composite", method];
        let page = run(&[&["synastry"], &birth[..], &second[..], &more[..]].concat());
        assert_code(&page, 0);
        assert!(stdout(&page).contains("House cusps"), "{}", stdout(&page));
        let json = run(&[&["synastry"], &birth[..], &second[..], &more[..], &["--json"]].concat());
        let found: Value = serde_json::from_str(&stdout(&json)).unwrap();
        assert!(found["method"] == method && found[method].is_object() && found.get("chart_a").is_none());
    }
    let wrong = run(&[&["synastry"], &birth[..], &["--date-b", "soon"]].concat());
    assert_code(&wrong, 2);
    assert!(stderr(&wrong).contains("--date-b \"soon\""), "{}", stderr(&wrong));
}
