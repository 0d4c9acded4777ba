//! The wheel of a chart as a client gets it: kinds, headers, themes, other people's charts, hostile names.

use serde_json::json;

use crate::support::{einstein, shared};

fn chart(token: &str, name: &str) -> String {
    let mut body = einstein();
    body["name"] = json!(name);
    shared().call("POST", "/v1/charts", Some(token), Some(&body)).data(201)["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_wheel_is_a_safe_picture_that_is_not_sent_twice() {
    let (server, token) = (shared(), shared().person());
    let id = chart(&token, "</title><script>alert(1)</script>");
    let path = format!("/v1/charts/{id}/wheel.svg?theme=light&lang=fr&points=fortune,vertex");
    let answer = server.call("GET", &path, Some(&token), None);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("image/svg+xml; charset=utf-8"));
    assert_eq!(
        answer.header("content-security-policy"),
        Some("default-src 'none'; style-src 'unsafe-inline'; sandbox")
    );
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert!(answer.text.starts_with("<svg ") && answer.text.ends_with("</svg>"));
    assert!(!answer.text.contains("<script") && answer.text.contains("Soleil Poissons 23°30′"));
    assert!(answer.text.len() < 60_000, "{} bytes", answer.text.len());
    let tag = answer.header("etag").unwrap().to_owned();
    let again = server.call_with("GET", &path, Some(&token), None, &[("if-none-match", &tag)]);
    assert_eq!((again.status, again.text.as_str(), again.header("etag")), (304, "", Some(tag.as_str())));
    let other = server.call("GET", &path.replace("light", "dark"), Some(&token), None);
    assert_ne!(other.header("etag"), Some(tag.as_str()));
}

#[test]
fn a_wheel_comes_in_dots_too() {
    let (server, token) = (shared(), shared().person());
    let id = chart(&token, "Albert");
    let agent = ureq::Agent::new_with_defaults();
    let url = format!("http://{}/v1/charts/{id}/wheel.png?size=300&with=transits&date=2026-11-23", server.address);
    let mut answer = agent.get(&url).header("authorization", format!("Bearer {token}")).call().unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    let bytes = answer.body_mut().read_to_vec().unwrap();
    // Signature, then the header chunk with width and height (PNG, third edition, §5.2 and §11.2.1).
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!((&bytes[16..20], &bytes[20..24]), (&[0, 0, 1, 44][..], &[0, 0, 1, 44][..]));
    assert!(bytes.len() > 10_000);
}

#[test]
fn another_chart_stands_around_it_if_it_is_yours() {
    let (server, token) = (shared(), shared().person());
    let (id, other) = (chart(&token, "Albert"), chart(&token, "Mileva"));
    let both = server.call("GET", &format!("/v1/charts/{id}/wheel.svg?with={other}"), Some(&token), None);
    assert!(both.status == 200 && both.text.contains("Mileva"), "{}", both.text);
    let transits = format!("/v1/charts/{id}/wheel.svg?with=transits&date=2026-11-23");
    let transits = server.call("GET", &transits, Some(&token), None);
    assert!(transits.text.contains("Transits, 23 November 2026, 11:00 UT"), "{}", transits.text);
    let now = server.call("GET", &format!("/v1/charts/{id}/wheel.svg?with=transits"), Some(&token), None);
    assert_eq!(now.status, 200);
    let stranger = server.person();
    let foreign = chart(&stranger, "Elsa");
    let path = format!("/v1/charts/{id}/wheel.svg?with={foreign}");
    server.call("GET", &path, Some(&token), None).error(404, "chart_not_found");
    for kind in ["svg", "png"] {
        let path = format!("/v1/charts/{id}/wheel.{kind}");
        server.call("GET", &path, Some(&stranger), None).error(404, "chart_not_found");
        server.call("GET", &path, None, None).error(401, "missing_access_token");
    }
}

#[test]
fn what_is_wrong_in_the_query_is_named_all_at_once() {
    let (server, token) = (shared(), shared().person());
    let id = chart(&token, "Albert");
    let path =
        format!("/v1/charts/{id}/wheel.png?theme=pink&size=100000&lang=de&with=everybody&date=2026-01-01&points=sun");
    let answer = server.call("GET", &path, Some(&token), None);
    answer.error(422, "invalid_fields");
    assert_eq!(
        answer.fields(),
        ["query.theme", "query.size", "query.lang", "query.with", "query.date", "query.points"]
    );
    let path = format!("/v1/charts/{id}/wheel.svg?with=transits&date=2026-02-30");
    assert_eq!(server.call("GET", &path, Some(&token), None).status, 422);
    let path = format!("/v1/charts/{id}/wheel.svg?colour=red");
    server.call("GET", &path, Some(&token), None).error(422, "invalid_fields");
}

#[test]
fn a_day_alone_makes_a_wheel_without_ascendant() {
    let (server, token) = (shared(), shared().person());
    let body = json!({"name": "Somebody", "date": "1990-06-15", "certainty": "unknown", "place": "Paris, France"});
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&body));
    let id = made.data(201)["id"].as_str().unwrap().to_owned();
    let answer = server.call("GET", &format!("/v1/charts/{id}/wheel.svg"), Some(&token), None);
    assert!(answer.text.contains("time unknown") && answer.text.contains("Not given: Ascendant, Midheaven"));
    assert_eq!(answer.text.matches("Ascendant").count(), 1, "{}", answer.text);
}

#[test]
fn the_command_line_draws_into_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let (svg, png) = (path("a.svg"), path("a.png"));
    let birth = ["chart", "--date", "1879-03-14", "--time", "11:30", "--place", "Ulm, Germany", "--name", "Albert"];
    let asked = ["--svg", &svg, "--png", &png, "--size", "240", "--theme", "dark", "--points", "fortune,spirit"];
    let made = crate::cli::orrery(&[&birth[..], &asked[..]].concat()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let text = std::fs::read_to_string(&svg).unwrap();
    assert!(text.starts_with("<svg ") && text.contains("width=\"240\"") && text.contains("Part of Spirit"));
    assert!(std::fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    let wrong = crate::cli::orrery(&[&birth[..], &["--svg", &svg, "--size", "9"][..]].concat()).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
}
