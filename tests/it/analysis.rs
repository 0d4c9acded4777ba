//! `/v1/charts/{id}/analysis`: a known chart, an unknown time, wrong values.

use serde_json::{Value, json};

use crate::support::shared;

fn made(token: &str, body: &Value) -> String {
    shared().call("POST", "/v1/charts", Some(token), Some(body)).data(201)["id"].as_str().unwrap().to_owned()
}

fn planet<'a>(analysis: &'a Value, body: &str) -> &'a Value {
    analysis["planets"].as_array().unwrap().iter().find(|p| p["body"] == body).unwrap()
}

/// Elizabeth II (Astrodatabank, AA): a chart of the night, Venus exalted in Pisces, Mars and Saturn in each other's
/// signs, Capricorn rising.
#[test]
fn the_queens_analysis() {
    let (server, token) = (shared(), shared().person());
    let body = json!({"date": "1926-04-21", "time": "02:40", "lat": 51.5, "lon": -0.15, "tz": "Europe/London"});
    let id = made(&token, &body);
    let answer = server.call("GET", &format!("/v1/charts/{id}/analysis"), Some(&token), None);
    let found = answer.data(200);
    assert_eq!(found["sect"], "nocturnal");
    let venus = planet(found, "venus");
    assert!(venus["essential"]["held"].as_array().unwrap().contains(&json!("exaltation")), "{venus}");
    assert_eq!(
        venus["score"].as_i64().unwrap(),
        venus["essential"]["score"].as_i64().unwrap() + venus["accidental"]["score"].as_i64().unwrap()
    );
    let mutual = found["receptions"]["mutual"].as_array().unwrap();
    assert!(mutual.iter().any(|m| m["a"] == "mars" && m["b"] == "saturn"), "{mutual:?}");
    assert_eq!(found["house_rulers"][0]["ruler"], "saturn");
    assert_eq!(found["dominants"]["planets"][0]["body"], "saturn");
    assert_eq!(found["moon_phase"], "first_quarter");
    assert_eq!(found["planetary_hour"]["day_ruler"], "mars", "the night of Tuesday, 20 April 1926");
    assert_eq!((found["terms"].as_str(), found["triplicities"].as_str()), (Some("egyptian"), Some("dorothean")));
    assert_eq!(found["unknowns"], json!([]));
    assert!(found["planets"].as_array().unwrap().len() == 10 && planet(found, "pluto")["score"].is_null());
}

#[test]
fn an_unknown_time_leaves_the_analysis_open_where_it_must() {
    let (server, token) = (shared(), shared().person());
    let id = made(&token, &json!({"date": "1990-07-21", "place": "Paris, France"}));
    let answer = server.call("GET", &format!("/v1/charts/{id}/analysis"), Some(&token), None);
    let found = answer.data(200);
    for absent in ["sect", "house_rulers", "lunar_phase", "planetary_hour"] {
        assert!(found[absent].is_null(), "{absent}");
    }
    let named: Vec<&str> = found["unknowns"].as_array().unwrap().iter().map(|u| u["what"].as_str().unwrap()).collect();
    assert!(named.contains(&"sect") && named.contains(&"house_rulers"), "{named:?}");
    assert!(planet(found, "saturn")["essential"]["held"].is_array());
}

#[test]
fn tables_and_stars_are_chosen_and_wrong_values_are_named() {
    let (server, token) = (shared(), shared().person());
    let id = made(&token, &json!({"date": "1879-03-14", "time": "11:30", "place": "Ulm, Germany"}));
    let get = |query: &str| server.call("GET", &format!("/v1/charts/{id}/analysis?{query}"), Some(&token), None);
    let wide = get("terms=lilly&triplicities=lilly&star_orb_deg=2&star_magnitude_max=6");
    let wide = wide.data(200);
    assert_eq!((wide["terms"].as_str(), wide["triplicities"].as_str()), (Some("lilly"), Some("lilly")));
    let narrow = get("star_orb_deg=0.2&star_magnitude_max=1");
    let count = |found: &Value| found["stars"].as_array().unwrap().len();
    assert!(count(wide) > count(narrow.data(200)));
    let wrong = get("terms=chaldean&triplicities=x&star_orb_deg=-1&star_magnitude_max=bright");
    assert_eq!(wrong.error(422, "invalid_fields")["code"], "invalid_fields");
    assert_eq!(wrong.fields(), ["query.terms", "query.triplicities", "query.star_orb_deg", "query.star_magnitude_max"]);
    assert_eq!(get("lang=fr").fields(), ["query.lang"]);
    let stranger = server.person();
    let theirs = server.call("GET", &format!("/v1/charts/{id}/analysis"), Some(&stranger), None);
    theirs.error(404, "chart_not_found");
}
