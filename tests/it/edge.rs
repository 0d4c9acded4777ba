//! What every request passes: envelopes, ids, bounds, idempotency, description, health.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{PASSWORD, einstein, shared, unique};

/// Method, path, headers, body; status and code expected.
type Case<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>, Option<&'a [u8]>, u16, &'a str);

#[test]
fn every_failure_comes_in_the_envelope() {
    let (server, token) = (shared(), shared().person());
    let bearer = format!("Bearer {token}");
    let auth = ("authorization", bearer.as_str());
    let json_type = ("content-type", "application/json");
    let big = format!(r#"{{"date": "{}"}}"#, "x".repeat(70_000));
    let cases: Vec<Case<'_>> = vec![
        ("GET", "/nowhere", vec![], None, 404, "not_found"),
        ("GET", "/v1/nowhere", vec![], None, 404, "not_found"),
        ("PUT", "/v1/charts", vec![], None, 405, "method_not_allowed"),
        ("POST", "/health", vec![], Some(b""), 405, "method_not_allowed"),
        ("POST", "/v1/charts", vec![auth, json_type], Some(big.as_bytes()), 413, "body_too_large"),
        ("POST", "/v1/charts", vec![auth, ("content-type", "text/plain")], Some(b"{}"), 415, "unsupported_media_type"),
        ("POST", "/v1/charts", vec![auth], Some(b"{}"), 415, "unsupported_media_type"),
        ("POST", "/v1/charts", vec![auth, json_type], Some(b"{\"date\":"), 400, "malformed_body"),
        ("POST", "/v1/charts", vec![auth, json_type], Some(b"[1]"), 422, "invalid_fields"),
        ("POST", "/v1/charts", vec![auth, json_type], Some(b"[1"), 400, "malformed_body"),
        (
            "POST",
            "/v1/charts",
            vec![auth, json_type, ("content-encoding", "gzip")],
            Some(b"{}"),
            415,
            "unsupported_media_type",
        ),
        ("POST", "/v1/charts", vec![auth, json_type], Some(b"{\"lat\": \"x\"}"), 422, "invalid_fields"),
        ("POST", "/v1/charts", vec![json_type], Some(b"{}"), 401, "missing_access_token"),
        ("GET", "/v1/charts", vec![("authorization", "Bearer nonsense")], None, 401, "invalid_token"),
        ("GET", "/v1/charts", vec![("authorization", "Basic abc")], None, 401, "missing_access_token"),
        ("GET", "/v1/charts/cht_1", vec![auth], None, 404, "chart_not_found"),
        ("GET", "/v1/charts/..%2f..%2fetc", vec![auth], None, 404, "chart_not_found"),
        ("GET", "/v1/ops/tenants", vec![auth], None, 403, "insufficient_role"),
    ];
    for (method, path, headers, body, status, code) in cases {
        let answer = server.raw(method, path, &headers, body);
        let error = answer.error(status, code);
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(error["details"].is_object());
        assert_eq!(error["request_id"].as_str(), answer.header("x-request-id"), "{method} {path}");
    }
}

#[test]
fn a_list_in_the_order_of_the_fields_is_no_body() {
    let (server, tenant) = (shared(), shared().tenant());
    let in_order = json!([tenant, "somebody@example.org", PASSWORD]);
    let answer = server.call("POST", "/v1/auth/register", None, Some(&in_order));
    answer.error(422, "invalid_fields");
    assert_eq!(answer.fields(), ["body"]);
}

#[test]
fn a_refusal_repeats_little_of_what_was_sent() {
    let (server, token) = (shared(), shared().person());
    let answer = server.call("POST", "/v1/charts", Some(&token), Some(&json!({"k".repeat(60_000): 1})));
    answer.error(422, "invalid_fields");
    assert!(answer.text.len() < 2_000, "{} bytes", answer.text.len());
}

#[test]
fn a_body_announced_too_large_is_refused_before_it_comes() {
    use std::io::{Read, Write};
    let server = shared();
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
    let head =
        "POST /v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[test]
fn a_body_that_does_not_come_is_given_up() {
    use std::io::{Read, Write};
    let (server, token) = (shared(), shared().person());
    let mut stream = std::net::TcpStream::connect(server.address).unwrap();
    let head = format!(
        "POST /v1/charts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         content-length: 100\r\nconnection: close\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // The server may cut the connection once it has answered; what it said has come by then.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\"slow_body\""), "{answer}");
}

#[test]
fn a_wrong_method_is_told_which_ones_are_right() {
    let answer = shared().raw("PUT", "/v1/charts", &[], None);
    let allow = answer.header("allow").unwrap_or_default();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
}

#[test]
fn request_ids_are_taken_when_they_fit_and_made_when_not() {
    let server = shared();
    let id = |given: &str| {
        let answer = server.raw("GET", "/health", &[("x-request-id", given)], None);
        answer.header("x-request-id").unwrap().to_owned()
    };
    assert_eq!(id("Abc-1.2_3"), "Abc-1.2_3");
    let long = "a".repeat(65);
    for bad in ["a b", "a/b", long.as_str(), "\"x\""] {
        assert!(id(bad).starts_with("req_"), "{bad}");
    }
    assert_ne!(id("a b"), id("a b"));
}

#[test]
fn answers_carry_their_time_and_are_not_cached() {
    let answer = shared().raw("GET", "/health", &[], None);
    assert!(answer.header("server-timing").unwrap().starts_with("total;dur="));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.body["status"], "ok");
}

#[test]
fn a_key_makes_one_change_and_replays_its_answer() {
    let (server, token) = (shared(), shared().person());
    let post = |token: &str, key: &str, body: &Value| {
        server.call_with("POST", "/v1/charts", Some(token), Some(body), &[("idempotency-key", key)])
    };
    let first = post(&token, "key-1", &einstein());
    let again = post(&token, "key-1", &einstein());
    assert_eq!(first.data(201), again.data(201));
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let other_body = json!({"date": "2000-01-01", "place": "Paris"});
    post(&token, "key-1", &other_body).error(409, "idempotency_conflict");
    post(&token, "", &einstein()).error(422, "invalid_fields");
    post(&token, &"k".repeat(129), &einstein()).error(422, "invalid_fields");
    let list = server.call("GET", "/v1/charts", Some(&token), None);
    assert_eq!(list.data(200)["charts"].as_array().unwrap().len(), 1);
    // Another person's key of the same name is another key.
    let stranger = server.person();
    assert_ne!(post(&stranger, "key-1", &einstein()).data(201)["id"], first.data(201)["id"]);
}

#[test]
fn keys_hold_for_the_operators_changes_and_for_passwords() {
    let server = shared();
    let ops = server.operator();
    let key = format!("ops-{}", unique());
    let key = [("idempotency-key", key.as_str())];
    let slug = format!("once-{}", unique());
    let tenant = json!({"slug": slug, "registration_open": true});
    let send = |path: &str, body: &Value| server.call_with("POST", path, Some(ops), Some(body), &key);
    let first = send("/v1/ops/tenants", &tenant);
    let again = send("/v1/ops/tenants", &tenant);
    assert_eq!(first.data(201), again.data(201));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let user = json!({"email": "once@example.org", "password": PASSWORD, "role": "user"});
    let path = format!("/v1/ops/tenants/{slug}/users");
    send(&path, &user).error(409, "idempotency_conflict");
    let key = [("idempotency-key", "user-1")];
    let send = || server.call_with("POST", &path, Some(ops), Some(&user), &key);
    assert_eq!(send().data(201), send().data(201));
    server.call("POST", &path, Some(ops), Some(&user)).error(422, "invalid_fields");
    let token = server.login(&slug, "once@example.org");
    let change = json!({"current_password": PASSWORD, "new_password": "a password of another kind"});
    let send = || server.call_with("POST", "/v1/auth/password", Some(&token), Some(&change), &key);
    assert_eq!(send().data(200), send().data(200));
}

#[test]
fn a_refused_request_does_not_use_up_its_key() {
    let (server, token) = (shared(), shared().person());
    let key = [("idempotency-key", "retry")];
    let wrong = json!({"date": "banana", "place": "Paris"});
    server.call_with("POST", "/v1/charts", Some(&token), Some(&wrong), &key).error(422, "invalid_fields");
    server.call_with("POST", "/v1/charts", Some(&token), Some(&einstein()), &key).data(201);
}

#[test]
fn concurrent_requests_with_one_key_make_one_chart() {
    let (server, token) = (shared(), shared().person());
    let ids: BTreeSet<String> = std::thread::scope(|scope| {
        let send = || {
            let key = [("idempotency-key", "at-once")];
            loop {
                let made = server.call_with("POST", "/v1/charts", Some(&token), Some(&einstein()), &key);
                if made.status == 409 {
                    made.error(409, "idempotency_in_flight");
                    assert_eq!(made.header("retry-after"), Some("1"));
                    continue;
                }
                return made.data(201)["id"].as_str().unwrap().to_owned();
            }
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1, "{ids:?}");
    let list = server.call("GET", "/v1/charts", Some(&token), None);
    assert_eq!(list.data(200)["charts"].as_array().unwrap().len(), 1);
}

#[test]
fn every_route_is_described() {
    let server = shared();
    assert!(server.openapi["openapi"].as_str().unwrap().starts_with("3.1"));
    let described: BTreeSet<String> = server.openapi["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |m| format!("{} {path}", m.to_uppercase())))
        .collect();
    let source = include_str!("../../src/http/router.rs");
    let routes = routes_of(source);
    assert!(routes.len() >= 25, "the reader of router.rs found only {routes:?}");
    for route in &routes {
        assert!(described.contains(route), "{route} is not described");
    }
    assert_eq!(described, routes, "the description names a route that router.rs does not");
}

/// Method and path of each route, read from the text of the one route list.
fn routes_of(source: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut prefix = String::new();
    // A route may stand over several lines; each begins where it is pushed.
    for line in source.replace("\n            ", "").lines() {
        if line.contains("fn routes()") || line.contains("fn person_routes()") {
            prefix = if line.contains("person") { "/v1".into() } else { String::new() };
        }
        for (name, at) in [("fn auth_routes()", "/v1/auth"), ("fn ops_routes()", "/v1/ops")] {
            if line.contains(name) {
                prefix = at.into();
            }
        }
        let Some((_, rest)) = line.split_once("with_path(\"") else { continue };
        let Some((path, calls)) = rest.split_once('"') else { continue };
        for method in ["get", "post", "put", "patch", "delete"] {
            if calls.contains(&format!(".{method}(")) {
                out.insert(format!("{} {prefix}/{path}", method.to_uppercase()));
            }
        }
    }
    out
}

#[test]
fn the_viewer_works_offline() {
    let server = shared();
    let page = server.raw("GET", "/docs/", &[], None);
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("https://") && !page.text.contains("http://"), "{}", page.text);
    let script = server.raw("GET", "/docs/swagger-ui-bundle.js", &[], None);
    assert_eq!(script.status, 200);
    assert!(script.text.len() > 100_000);
}

#[test]
fn readiness_probes_what_it_claims() {
    let answer = shared().call("GET", "/ready", None, None);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["ready"], true);
    let names: Vec<_> = answer.body["checks"].as_array().unwrap().iter().map(|c| c["name"].clone()).collect();
    assert_eq!(names, ["store", "keys", "index", "disk"]);
}

#[test]
fn metrics_have_templates_for_labels_and_no_ids() {
    let (server, token) = (shared(), shared().person());
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let id = made.data(201)["id"].as_str().unwrap().to_owned();
    server.call("GET", &format!("/v1/charts/{id}"), Some(&token), None).data(200);
    server.raw("GET", "/some/unknown/path-12345", &[], None);
    server.raw("BREW", "/v1/charts", &[], None);
    let text = server.raw("GET", "/metrics", &[], None).text;
    assert!(text.contains(r#"route="/v1/charts/{id}""#), "{text}");
    assert!(!text.contains(&id) && !text.contains("path-12345") && !text.contains("BREW"));
    assert!(text.contains(r#"route="unmatched""#));
}
