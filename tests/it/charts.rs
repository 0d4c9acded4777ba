//! `/v1/charts` as a client meets it: known answers, wrong input, other people's ids.

use serde_json::{Value, json};

use crate::support::{einstein, shared};

fn placement<'a>(chart: &'a Value, body: &str) -> &'a Value {
    chart["bodies"].as_array().unwrap().iter().find(|b| b["body"] == body).unwrap()
}

/// Degrees and minutes in a sign against a known answer, to one minute of arc.
#[track_caller]
fn stands_at(place: &Value, sign: &str, degree: f64, minute: f64) {
    assert_eq!(place["sign"], sign, "{place}");
    let off_arcmin = (place["degree_in_sign"].as_f64().unwrap() - degree - minute / 60.0).abs() * 60.0;
    assert!(off_arcmin <= 1.0, "{place} is {off_arcmin}' off");
}

#[test]
fn einstein_has_the_published_angles_and_moon() {
    let (server, token) = (shared(), shared().person());
    let answer = server.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let chart = answer.data(201);
    stands_at(&chart["angles"]["ascendant"], "cancer", 11.0, 38.0);
    stands_at(&chart["angles"]["midheaven"], "pisces", 12.0, 50.0);
    stands_at(placement(chart, "moon"), "sagittarius", 14.0, 31.0);
    assert_eq!(chart["moment"]["offset_source"], "local_mean_time");
    assert_eq!(chart["precision"], 5);
}

#[test]
fn the_same_input_gives_the_same_chart() {
    let (server, token) = (shared(), shared().person());
    let first = server.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let second = server.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let (first, second) = (first.data(201), second.data(201));
    assert_ne!(first["id"], second["id"]);
    for part in ["bodies", "angles", "houses", "aspects", "versions", "input_hash"] {
        assert_eq!(first[part], second[part], "{part}");
    }
}

#[test]
fn a_kept_chart_is_read_back_listed_and_deleted() {
    let (server, token) = (shared(), shared().person());
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let id = made.data(201)["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/charts/{id}");
    assert_eq!(server.call("GET", &path, Some(&token), None).data(200), made.data(201));
    let list = server.call("GET", "/v1/charts", Some(&token), None);
    assert_eq!(list.data(200)["charts"][0]["id"], id.as_str());
    server.call("DELETE", &path, Some(&token), None).data(200);
    server.call("GET", &path, Some(&token), None).error(404, "chart_not_found");
    server.call("DELETE", &path, Some(&token), None).error(404, "chart_not_found");
}

#[test]
fn lists_are_paged_newest_first() {
    let (server, token) = (shared(), shared().person());
    let ids: Vec<String> = (0..5)
        .map(|_| {
            let made = server.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
            made.data(201)["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.call("GET", &format!("/v1/charts?limit=2{cursor}"), Some(&token), None);
        let data = page.data(200);
        seen.extend(data["charts"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()));
        match data["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ids.into_iter().rev().collect::<Vec<_>>());
    for bad in ["limit=0", "limit=101", "limit=x", "cursor=banana", "page=2", "limit=1&limit=2"] {
        server.call("GET", &format!("/v1/charts?{bad}"), Some(&token), None).error(422, "invalid_fields");
    }
}

#[test]
fn charts_of_others_are_not_found() {
    let server = shared();
    let tenant = server.tenant();
    let (owner, neighbour, stranger) = (server.user(&tenant), server.user(&tenant), server.person());
    let made = server.call("POST", "/v1/charts", Some(&owner), Some(&einstein()));
    let id = made.data(201)["id"].as_str().unwrap().to_owned();
    for other in [&neighbour, &stranger, &server.operator().to_owned()] {
        for (method, path) in [
            ("GET", format!("/v1/charts/{id}")),
            ("GET", format!("/v1/charts/{id}/today")),
            ("GET", format!("/v1/charts/{id}/answers")),
            ("DELETE", format!("/v1/charts/{id}")),
        ] {
            server.call(method, &path, Some(other), None).error(404, "chart_not_found");
        }
        let question = json!({"chart_id": id, "question": "What about my work?"});
        server.call("POST", "/v1/chat/advise", Some(other), Some(&question)).error(404, "chart_not_found");
    }
    server.call("GET", &format!("/v1/charts/{id}"), Some(&owner), None).data(200);
    server.call("GET", &format!("/v1/charts/{id}"), None, None).error(401, "missing_access_token");
}

#[test]
fn what_the_predecessor_accepted_is_refused_with_reasons() {
    let (server, token) = (shared(), shared().person());
    let wrong = json!({"name": "x", "date": "banana", "time": "25:00", "tz": "Mars/Phobos", "lat": 999, "lon": 200});
    let answer = server.call("POST", "/v1/charts", Some(&token), Some(&wrong));
    answer.error(422, "invalid_fields");
    let mut fields = answer.fields();
    fields.sort();
    assert_eq!(fields, ["date", "lat", "lon", "time", "tz"]);
    let exact_without_time = json!({"date": "2000-01-01", "certainty": "exact", "place": "Paris"});
    let answer = server.call("POST", "/v1/charts", Some(&token), Some(&exact_without_time));
    answer.error(422, "invalid_fields");
    assert_eq!(answer.fields(), ["time"]);
    let unknown_field = json!({"date": "2000-01-01", "place": "Paris", "sign": "aries"});
    server.call("POST", "/v1/charts", Some(&token), Some(&unknown_field)).error(422, "invalid_fields");
    let nowhere = json!({"date": "2000-01-01", "place": "Zzyxburg"});
    let answer = server.call("POST", "/v1/charts", Some(&token), Some(&nowhere));
    assert_eq!(answer.fields(), ["place"]);
    for date in ["2023-02-29", "1582-10-10", "9999-12-31", "2000-13-01", "01/02/2000", ""] {
        let body = json!({"date": date, "place": "Paris"});
        let status = server.call("POST", "/v1/charts", Some(&token), Some(&body)).status;
        assert_eq!(status, 422, "{date}");
    }
}

#[test]
fn clock_changes_are_answered_with_candidates() {
    let (server, token) = (shared(), shared().person());
    let fold = json!({"date": "2024-10-27", "time": "02:30", "place": "Paris, France"});
    let answer = server.call("POST", "/v1/charts", Some(&token), Some(&fold));
    let error = answer.error(422, "ambiguous_local_time");
    let offsets: Vec<_> =
        error["details"]["candidates"].as_array().unwrap().iter().map(|c| c["offset"].clone()).collect();
    assert_eq!(offsets, ["+02:00", "+01:00"]);
    let mut chosen = fold;
    chosen["utc_offset_s"] = json!(3600);
    let chart = server.call("POST", "/v1/charts", Some(&token), Some(&chosen));
    assert_eq!(chart.data(201)["moment"]["utc_offset_s"], 3600);
    let gap = json!({"date": "2024-03-31", "time": "02:30", "place": "Paris, France"});
    server.call("POST", "/v1/charts", Some(&token), Some(&gap)).error(422, "nonexistent_local_time");
    let skipped = json!({"date": "2011-12-30", "time": "12:00", "tz": "Pacific/Apia", "lat": -13.83, "lon": -171.76});
    server.call("POST", "/v1/charts", Some(&token), Some(&skipped)).error(422, "nonexistent_local_time");
}

#[test]
fn polar_houses_are_refused_with_those_that_exist() {
    let (server, token) = (shared(), shared().person());
    let tromso = |system: &str| json!({"date": "1990-06-15", "time": "10:30", "tz": "Europe/Oslo", "lat": 69.65, "lon": 18.96, "house_system": system});
    for system in ["placidus", "koch"] {
        let answer = server.call("POST", "/v1/charts", Some(&token), Some(&tromso(system)));
        let offers = answer.error(422, "house_system_undefined")["details"]["offers"].clone();
        assert!(offers.as_array().unwrap().contains(&json!("whole_sign")), "{offers}");
    }
    for system in ["porphyry", "equal", "whole_sign"] {
        let answer = server.call("POST", "/v1/charts", Some(&token), Some(&tromso(system)));
        assert_eq!(answer.data(201)["houses"]["system"], system);
    }
}

#[test]
fn an_unknown_time_leaves_unknown_what_it_must() {
    let (server, token) = (shared(), shared().person());
    let body = json!({"date": "1990-06-15", "certainty": "unknown", "place": "Paris, France"});
    let answer = server.call("POST", "/v1/charts", Some(&token), Some(&body));
    let chart = answer.data(201);
    assert!(chart["angles"].is_null() && chart["houses"].is_null() && chart["moment"].is_null());
    assert_eq!(chart["precision"], 1);
    let moon = placement(chart, "moon");
    let range = &moon["range"];
    let width = (range["to_deg"].as_f64().unwrap() - range["from_deg"].as_f64().unwrap()).rem_euclid(360.0);
    assert!((11.0..16.0).contains(&width), "the Moon moves 11.8 to 15.4 degrees a day, not {width}");
    let unknowns: Vec<_> = chart["unknowns"].as_array().unwrap().iter().map(|u| u["what"].clone()).collect();
    assert!(unknowns.contains(&json!("houses")), "{unknowns:?}");
    let evening = json!({"date": "1990-06-15", "certainty": "evening", "place": "Paris, France"});
    assert_eq!(server.call("POST", "/v1/charts", Some(&token), Some(&evening)).data(201)["precision"], 3);
}

#[test]
fn today_is_deterministic_per_chart_and_date_and_differs_between_them() {
    let (server, token) = (shared(), shared().person());
    let id = |body: &Value| {
        let made = server.call("POST", "/v1/charts", Some(&token), Some(body));
        made.data(201)["id"].as_str().unwrap().to_owned()
    };
    let albert = id(&einstein());
    let other = id(&json!({"date": "1990-06-15", "time": "10:30", "place": "Paris, France"}));
    let today = |id: &str, date: &str| {
        let path = format!("/v1/charts/{id}/today?date={date}&tz=Europe/Berlin");
        server.call("GET", &path, Some(&token), None).data(200).clone()
    };
    let first = today(&albert, "2026-11-23");
    assert_eq!(first, today(&albert, "2026-11-23"));
    assert_ne!(first["leaders"], today(&albert, "2027-02-11")["leaders"]);
    assert_ne!(first["leaders"], today(&other, "2026-11-23")["leaders"]);
    let leaders = first["leaders"].as_array().unwrap();
    let influences = first["influences"].as_array().unwrap();
    assert!(leaders.len() <= 3 && influences.len() <= 3 && !leaders.is_empty());
    let scores: Vec<f64> = leaders.iter().chain(influences).map(|f| f["score"].as_f64().unwrap()).collect();
    assert!(scores.windows(2).all(|w| w[0] >= w[1]), "{scores:?}");
    for f in leaders.iter().chain(influences) {
        let expected =
            f["weight"].as_f64().unwrap() * f["intensity"].as_f64().unwrap() - f["friction"].as_f64().unwrap();
        assert!((f["score"].as_f64().unwrap() - expected).abs() < 1e-9, "{f}");
        assert!(f["orb_deg"].as_f64().unwrap() <= f["orb_max_deg"].as_f64().unwrap());
    }
    let in_set = |set: &[&str]| leaders.iter().filter(|f| set.contains(&f["axis"].as_str().unwrap())).count();
    assert_eq!(first["eao"]["energy"], in_set(&["SUN", "MARS", "ASC"]));
    assert_eq!(first["eao"]["attention"], in_set(&["MERCURY", "SATURN", "MC"]));
    assert_eq!(first["eao"]["opportunity"], in_set(&["VENUS", "JUPITER", "NN"]));
    for bad in ["date=banana", "tz=Mars/Phobos", "day=2026-11-23", "date=2026-02-30"] {
        let path = format!("/v1/charts/{albert}/today?{bad}");
        server.call("GET", &path, Some(&token), None).error(422, "invalid_fields");
    }
}
