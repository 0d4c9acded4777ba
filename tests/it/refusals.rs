//! Every refusal names the field, what was given and what is allowed; and every route answers the methods of HTTP.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Answer, Appliance, einstein, shared};

/// The errors of an answer, each checked to be whole: a field, and what is allowed in words.
#[track_caller]
fn errors(answer: &Answer) -> Vec<Value> {
    let errors = answer.body["error"]["details"]["errors"].as_array().cloned().unwrap_or_default();
    assert!(!errors.is_empty(), "{}", answer.text);
    for error in &errors {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        assert!(!text("field").is_empty() && text("allowed").len() > 3 && !text("allowed").ends_with(": "), "{error}");
    }
    errors
}

fn made(server: &Appliance, token: &str, body: &Value) -> String {
    server.call("POST", "/v1/charts", Some(token), Some(body)).data(201)["id"].as_str().unwrap().to_owned()
}

/// Every described route that answers GET under these prefixes: its path with its parameters filled in, and the names of
/// its query.
fn readable(server: &Appliance, chart: &str) -> Vec<(String, Vec<String>)> {
    let mut routes = Vec::new();
    for (template, item) in server.openapi["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        if !["/v1/", "/horoscope/"].iter().any(|prefix| template.starts_with(prefix)) {
            continue;
        }
        let filled = [
            ("{id}", chart),
            ("{slug}", "system"),
            ("{name}", "modern"),
            ("{version}", "1.0.0"),
            ("{code}", "premium"),
            ("{model}", "nobodys"),
        ];
        let path = filled.iter().fold(template.clone(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "{path}: a parameter that this test cannot fill in");
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let names = parameters.iter().filter(|p| p["in"] == "query").map(|p| p["name"].as_str().unwrap().to_owned());
        routes.push((path, names.collect()));
    }
    assert!(routes.len() > 20, "{}", routes.len());
    routes
}

#[test]
fn every_route_that_reads_refuses_what_it_does_not_know() {
    let server = shared();
    let token = server.operator();
    let chart = made(server, token, &einstein());
    for (path, _) in readable(server, &chart) {
        let answer = server.call("GET", &format!("{path}?unheard_of=1"), Some(token), None);
        // Clients of OpenAI's interface tell a wrong request by its status.
        let status = if path.starts_with("/v1/models") { 400 } else { 422 };
        assert_eq!(
            (answer.status, answer.fields()),
            (status, vec!["query.unheard_of".to_owned()]),
            "{path} {}",
            answer.text
        );
        assert_eq!(errors(&answer)[0]["given"], "1", "{path}");
    }
}

#[test]
fn every_parameter_of_a_query_is_refused_by_its_full_name() {
    let server = shared();
    let token = server.operator();
    let chart = made(server, token, &einstein());
    let mut checked = BTreeSet::new();
    // Which parameters of the usage apply depends on what it is told by; its own tests say so.
    for (path, names) in readable(server, &chart).into_iter().filter(|(path, _)| !path.ends_with("/usage")) {
        let has = |name: &str| names.iter().any(|n| n == name);
        for name in &names {
            // What else the route asks for.
            let mut query = format!("{name}=~");
            for (other, value) in
                [("from", "2024-03-01"), ("to", "2024-03-02"), ("q", "Ulm"), ("lat", "9"), ("lon", "9")]
            {
                let needs = has(other) && other != name && !(path.ends_with("/returns") && name == "year");
                query.extend(["&", other, "=", value].into_iter().filter(|_| needs));
            }
            let answer = server.call("GET", &format!("{path}?{query}"), Some(token), None);
            assert!(matches!(answer.status, 404 | 422), "{path}?{query} {}", answer.text);
            let fields: Vec<String> = errors(&answer).iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect();
            assert!(fields.iter().all(|field| field.starts_with("query.")), "{path}?{query}: {fields:?}");
            assert!(fields.iter().any(|f| f.starts_with(&format!("query.{name}"))), "{path}?{query}: {fields:?}");
            checked.insert(name.clone());
            let twice = server.call("GET", &format!("{path}?{query}&{name}=~"), Some(token), None);
            assert!(matches!(twice.status, 404 | 422), "{path}?{query}&{name}=~");
        }
    }
    assert!(checked.len() > 30, "{checked:?}");
}

#[test]
fn every_get_is_answered_to_head_and_every_path_to_options() {
    let server = shared();
    let (token, stranger) = (server.operator(), "nobody");
    let chart = made(server, token, &einstein());
    for bearer in [token, stranger] {
        let bearer = format!("Bearer {bearer}");
        let auth = [("authorization", bearer.as_str())];
        let paths = readable(server, &chart).into_iter().map(|(path, _)| path);
        // Dots are no text; the SVG beside them is answered by the same means.
        let paths = paths.filter(|path| !path.contains(".png"));
        for path in paths.chain(["/", "/health", "/metrics", "/openapi.json"].map(str::to_owned)) {
            let (get, head) = (server.raw("GET", &path, &auth, None), server.raw("HEAD", &path, &auth, None));
            assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
            assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
            assert!(head.header("x-request-id").is_some(), "{path}");
            // What changes from one answer to the next may change its length too.
            if !["/metrics", "/v1/sky", "progressions", "profections", "returns"].iter().any(|end| path.ends_with(end))
            {
                let length = get.text.len().to_string();
                let told = head.header("content-length");
                assert!(told == Some(&length) || path == "/openapi.json", "{path} {told:?} {length}");
            }
            if path != "/openapi.json" {
                let options = server.raw("OPTIONS", &path, &[], None);
                assert_eq!((options.status, options.text.as_str()), (204, ""), "{path}");
                let allow = options.header("allow").unwrap_or_default().to_owned();
                let allow: Vec<&str> = allow.split(", ").collect();
                assert!(["GET", "HEAD", "OPTIONS"].iter().all(|method| allow.contains(method)), "{path} {allow:?}");
            }
        }
    }
    let options = server.raw("OPTIONS", "/v1/charts", &[], None);
    assert_eq!(options.header("allow"), Some("GET, HEAD, OPTIONS, POST"));
    let login = server.raw("OPTIONS", "/v1/auth/login", &[], None);
    assert_eq!(login.header("allow"), Some("OPTIONS, POST"));
    server.raw("HEAD", "/v1/auth/login", &[], None).header("allow").expect("405 with the methods");
    assert_eq!(server.raw("OPTIONS", "/nowhere", &[], None).status, 404);
}

#[test]
fn a_member_of_a_body_is_refused_by_its_path() {
    let (server, token) = (shared(), shared().person());
    let refused = |body: Value| {
        let answer = server.call("POST", "/v1/charts", Some(&token), Some(&body));
        answer.error(422, "invalid_fields");
        errors(&answer)[0].clone()
    };
    let error = refused(json!({"date": "1990-06-15", "place": "Paris", "hous_system": "koch"}));
    assert_eq!((&error["field"], &error["given"]), (&json!("hous_system"), &json!("\"koch\"")));
    let allowed = error["allowed"].as_str().unwrap();
    assert!(allowed.contains("certainty") && allowed.ends_with("did you mean house_system?"), "{allowed}");
    let error = refused(json!({"date": 19_900_615, "place": "Paris"}));
    assert_eq!(error, json!({"field": "date", "given": "19900615", "allowed": "a string"}));
    let error = refused(json!({"date": "1990-06-15", "place": "Paris", "bodies": ["sun", 7]}));
    assert_eq!(error, json!({"field": "bodies[1]", "given": "7", "allowed": "a string"}));
    let error = refused(json!({"date": "1990-06-15", "place": "Paris", "bodies": ["sun", "moon", "sun"]}));
    assert_eq!(error, json!({"field": "bodies[2]", "given": "sun", "allowed": "each once"}));
    let error =
        refused(json!({"date": "1990-06-15", "place": "Paris", "frame": "heliocentric", "house_system": "koch"}));
    assert_eq!((&error["field"], &error["given"]), (&json!("house_system"), &json!("koch")));
    let long = "x".repeat(200);
    let error = refused(json!({"date": "1990-06-15", "lat": 48.9, "lon": 2.3, "place": long}));
    assert_eq!(error["field"], "place");

    let login = json!({"tenant": "system", "email": "ops@example.org", "password": 1_234_567_890});
    let answer = server.call("POST", "/v1/auth/login", None, Some(&login));
    assert_eq!(errors(&answer), [json!({"field": "password", "allowed": "a string"})]);
    assert!(!answer.text.contains("1234567890"));
    let answer = server.call("POST", "/v1/auth/login", None, Some(&json!({"tenant": "system", "email": "a@b.c"})));
    assert_eq!(errors(&answer)[0]["field"], "password");
}

#[test]
fn a_place_beside_coordinates_is_a_name_and_is_not_looked_up() {
    let (server, token) = (shared(), shared().person());
    let body = json!({"date": "1990-06-15", "lat": -33.87, "lon": 151.21, "place": "Grandmother's house, Paris"});
    let answer = server.call("POST", "/v1/charts", Some(&token), Some(&body));
    let birth = &answer.data(201)["birth"];
    assert_eq!((&birth["place"], &birth["tz"]), (&json!("Grandmother's house, Paris"), &json!("Australia/Sydney")));
}

#[test]
fn what_is_not_found_is_named() {
    let (server, token) = (shared(), shared().person());
    let (mine, theirs) = (made(server, &token, &einstein()), made(server, &server.person(), &einstein()));
    let first = |method: &str, path: &str, body: Option<&Value>| {
        let answer = server.call(method, path, Some(&token), body);
        answer.error(404, "chart_not_found");
        errors(&answer)[0].clone()
    };
    let allowed = "the id of one of your charts";
    for missing in [theirs.as_str(), "cht_1"] {
        for path in ["", "/analysis", "/aspects", "/today", "/returns", "/wheel.svg", "/answers"] {
            let error = first("GET", &format!("/v1/charts/{missing}{path}"), None);
            assert_eq!(error, json!({"field": "path.id", "given": missing, "allowed": allowed}), "{path}");
        }
        for (path, field, body) in [
            ("synastry", "chart_b", json!({"chart_a": mine, "chart_b": missing})),
            ("composite", "chart_a", json!({"chart_a": missing, "chart_b": mine})),
        ] {
            let error = first("POST", &format!("/v1/charts/{path}"), Some(&body));
            assert_eq!(error, json!({"field": field, "given": missing, "allowed": allowed}));
        }
        let error = first("POST", "/v1/chat/advise", Some(&json!({"chart_id": missing, "question": "How is today?"})));
        assert_eq!(error["field"], "chart_id");
    }
    let error = first("GET", &format!("/v1/charts/{mine}/wheel.svg?with={theirs}"), None);
    assert_eq!(error, json!({"field": "query.with", "given": theirs, "allowed": allowed}));
    let ops = server.call("GET", "/v1/ops/tenants/nobody", Some(server.operator()), None);
    ops.error(404, "tenant_not_found");
    assert_eq!(errors(&ops)[0]["field"], "path.slug");
}

#[test]
fn dates_agree_with_what_the_ephemeris_has() {
    let (server, token) = (shared(), shared().person());
    let at = |date: &str| json!({"date": date, "time": "00:00", "calendar": "gregorian", "place": "Paris, France"});
    for date in ["1549-12-31", "2650-01-24", "2650-06-01", "2650-12-31"] {
        let answer = server.call("POST", "/v1/charts", Some(&token), Some(&at(date)));
        answer.error(422, "invalid_fields");
        let allowed = "a date YYYY-MM-DD from 1550-01-01 to 2650-01-23 (Gregorian)";
        assert_eq!(errors(&answer), [json!({"field": "date", "given": date, "allowed": allowed})]);
    }
    for date in ["1550-01-01", "2650-01-23"] {
        let id = made(server, &token, &at(date));
        let get = |path: &str| server.call("GET", &format!("/v1/charts/{id}{path}"), Some(&token), None);
        let analysis = get("/analysis");
        let found = analysis.data(200);
        let open: Vec<_> = found["unknowns"].as_array().unwrap().iter().map(|u| u["what"].as_str().unwrap()).collect();
        for part in ["planetary_hour", "lunar_age"] {
            assert_eq!(open.contains(&part), date.starts_with("1550"), "{part} {open:?}");
        }
        assert_eq!(found["lunar_phase"]["age_days"].is_null(), date.starts_with("1550"));
        get(&format!("/today?date={date}&tz=Pacific/Kiritimati")).data(200);
        get("/aspects").data(200);
        get(&format!("/transits?from={date}&to={date}")).data(200);
    }
    for (from, to) in [("1550-01-01", "1550-01-02"), ("2650-01-22", "2650-01-23")] {
        let path = format!("/v1/calendar?from={from}&to={to}&lat=48.9&lon=2.3&bodies=sun,moon");
        server.call("GET", &path, Some(&token), None).data(200);
    }
    let sky = |at: &str| server.call("GET", &format!("/v1/sky?at={at}"), Some(&token), None);
    for at in ["1549-12-30T00:00:00Z", "2650-02-01T00:00:00Z", "0"] {
        let answer = sky(at);
        answer.error(422, "date_out_of_range");
        let allowed = "an instant from 1549-12-31 to 2650-01-24 (UTC)";
        assert_eq!(errors(&answer), [json!({"field": "query.at", "given": at, "allowed": allowed})]);
    }
    sky("2026-11-23T07:30:00%2B05:30").data(200);
    for at in ["2026-11-23T07:30:00%2B25:00", "2026-11-23T07:30:00-24:00"] {
        let answer = sky(at);
        answer.error(422, "invalid_fields");
        assert_eq!(answer.fields(), ["query.at"]);
    }
}

#[test]
fn clocks_and_houses_name_their_fields_beside_the_ways_out() {
    let (server, token) = (shared(), shared().person());
    let refused = |code: &str, body: Value| {
        let answer = server.call("POST", "/v1/charts", Some(&token), Some(&body));
        answer.error(422, code);
        errors(&answer)[0].clone()
    };
    let fold =
        refused("ambiguous_local_time", json!({"date": "2024-10-27", "time": "02:30", "place": "Paris, France"}));
    assert_eq!((&fold["field"], &fold["given"]), (&json!("time"), &json!("2024-10-27T02:30:00")));
    assert!(fold["allowed"].as_str().unwrap().contains("utc_offset_s 7200 (+02:00) or 3600 (+01:00)"), "{fold}");
    let gap =
        refused("nonexistent_local_time", json!({"date": "2024-03-31", "time": "02:30", "place": "Paris, France"}));
    assert_eq!(gap["field"], "time");
    let polar = json!({"date": "1990-06-15", "time": "10:30", "tz": "Europe/Oslo", "lat": 69.65, "lon": 18.96});
    let houses = refused("house_system_undefined", polar);
    assert_eq!((&houses["field"], &houses["given"]), (&json!("house_system"), &json!("placidus")));
    assert!(houses["allowed"].as_str().unwrap().contains("whole_sign"), "{houses}");
}

#[test]
fn a_house_system_can_be_chosen_for_returns_and_joint_charts() {
    let (server, token) = (shared(), shared().person());
    let born = |date: &str, lat: f64| json!({"date": date, "time": "12:00", "tz": "UTC", "lat": lat, "lon": 15.6, "house_system": if lat > 66.0 { "porphyry" } else { "placidus" }});
    let (a, b) = (made(server, &token, &born("1984-02-29", 48.4)), made(server, &token, &born("1955-06-15", 78.2)));
    let get =
        |query: &str| server.call("GET", &format!("/v1/charts/{a}/returns?year=2026&{query}"), Some(&token), None);
    let polar = get("lat=78.2&lon=15.6");
    polar.error(422, "house_system_undefined");
    assert_eq!(errors(&polar)[0]["field"], "query.house_system");
    let whole = get("lat=78.2&lon=15.6&house_system=whole_sign");
    assert_eq!(whole.data(200)["returns"][0]["figure"]["houses"]["system"], "whole_sign");
    let wrong = get("house_system=campanile");
    wrong.error(422, "invalid_fields");
    assert_eq!(wrong.fields(), ["query.house_system"]);
    let join = |more: Value| {
        let mut body = json!({"chart_a": a, "chart_b": b});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.call("POST", "/v1/charts/composite", Some(&token), Some(&body))
    };
    assert_eq!(errors(&join(json!({})))[0]["field"], "house_system", "Placidus does not exist at 78 degrees");
    for (method, houses) in [("midpoint", "/midpoint/houses/system"), ("davison", "/davison/houses/system")] {
        let answer = join(json!({"method": method, "house_system": "porphyry"}));
        assert_eq!(answer.data(200).pointer(houses), Some(&json!("porphyry")), "{}", answer.text);
    }
}

#[test]
fn options_that_do_not_apply_are_refused() {
    let (server, token) = (shared(), shared().person());
    let a = made(server, &token, &einstein());
    let fields = |path: &str| {
        let answer = server.call("GET", path, Some(&token), None);
        assert_eq!(answer.status, 422, "{path} {}", answer.text);
        errors(&answer).iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(fields(&format!("/v1/charts/{a}/progressions?method=solar_arc&angles=naibod")), ["query.angles"]);
    for year in ["1878", "1549", "2650", "2651"] {
        assert_eq!(fields(&format!("/v1/charts/{a}/returns?year={year}")), ["query.year"], "{year}");
    }
    assert_eq!(fields(&format!("/v1/charts/{a}/returns?from=1700-01-01&to=1790-01-01")), ["query.to"]);
    assert_eq!(fields(&format!("/v1/charts/{a}/returns?from=2651-01-01")), ["query.from"]);
    assert_eq!(fields("/v1/calendar?from=2024-03-01&to=2024-03-02&kinds=stations&void_to=pluto"), ["query.void_to"]);
    assert_eq!(fields("/v1/calendar?from=2024-03-01&to=2024-03-02&kinds=eclipses,eclipses"), ["query.kinds[1]"]);
    assert_eq!(fields(&format!("/v1/charts/{a}/wheel.svg?points=vertex,vertex")), ["query.points"]);
    let joint = |more: Value| {
        let mut body = json!({"chart_a": a, "chart_b": a});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = server.call("POST", "/v1/charts/composite", Some(&token), Some(&body));
        answer.error(422, "invalid_fields");
        errors(&answer).iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        joint(json!({"method": "davison", "houses": "midpoints", "latitude_deg": 4.0})),
        ["houses", "latitude_deg"]
    );
    assert_eq!(joint(json!({"middle": "coordinates"})), ["middle"]);
    assert_eq!(joint(json!({"houses": "midpoints", "latitude_deg": 4.0})), ["latitude_deg"]);
}

#[test]
fn a_chart_seen_from_the_sun_is_refused_for_what_it_is() {
    let (server, token) = (shared(), shared().person());
    let mut body = einstein();
    body["frame"] = json!("heliocentric");
    let (sun, earth) = (made(server, &token, &body), made(server, &token, &einstein()));
    for path in ["analysis", "profections"] {
        let answer = server.call("GET", &format!("/v1/charts/{sun}/{path}"), Some(&token), None);
        answer.error(422, "invalid_fields");
        let error = &errors(&answer)[0];
        assert_eq!((&error["field"], &error["given"]), (&json!("path.id"), &json!("a heliocentric chart")), "{path}");
    }
    let pair = json!({"chart_a": earth, "chart_b": sun});
    let answer = server.call("POST", "/v1/charts/synastry", Some(&token), Some(&pair));
    answer.error(422, "invalid_fields");
    let error = &errors(&answer)[0];
    assert_eq!(error["given"], "a heliocentric chart in the tropical zodiac");
    assert_eq!(error["allowed"], "a geocentric chart in the tropical zodiac, as the other is");
    let both = json!({"chart_a": sun, "chart_b": sun});
    let joint = server.call("POST", "/v1/charts/composite", Some(&token), Some(&both));
    let whys: BTreeSet<_> =
        joint.data(200)["unknowns"].as_array().unwrap().iter().map(|u| u["why"].as_str().unwrap()).collect();
    assert_eq!(whys, ["As seen from the Sun there is no horizon."].into());
    let mut body = einstein();
    body["bodies"] = json!(["moon"]);
    let moon = made(server, &token, &body);
    let answer = server.call("GET", &format!("/v1/charts/{moon}/profections"), Some(&token), None);
    assert_eq!(errors(&answer)[0]["given"], "a chart without the Sun");
}
