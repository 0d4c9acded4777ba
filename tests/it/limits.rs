//! Rates as clients meet them: exact under concurrency, told in headers, one tenant's storm nobody else's weather.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use orrery::clock::{Ambient, ManualClock, SystemEntropy, UnixMs};
use serde_json::json;

use crate::support::{Answer, Appliance};

/// 2026-11-23T12:00:00Z.
const NOON: UnixMs = UnixMs(1_795_435_200_000);

/// An appliance with these rates alone, whose clock stands still until it is moved.
fn still(rates: &[(&str, &str)]) -> (Appliance, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(NOON));
    let ambient = Ambient::new(Arc::<ManualClock>::clone(&clock), Arc::new(SystemEntropy));
    (Appliance::start_at(rates, ambient), clock)
}

fn ask(server: &Appliance, token: &str) -> Answer {
    server.call("GET", "/v1/quota", Some(token), None)
}

/// How many of `n` requests at once, turn by turn of these tokens, pass.
fn passed(server: &Appliance, tokens: &[&str], n: usize) -> usize {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|t| {
                scope.spawn(move || {
                    let turns = (t..n).step_by(8);
                    turns.filter(|turn| ask(server, tokens[turn % tokens.len()]).status == 200).count()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    })
}

/// A list of strings with integer parameters, by the grammar of structured fields (RFC 9651 §3.1, §3.3.1, §3.3.3).
fn structured(text: &str) -> BTreeMap<String, BTreeMap<String, i64>> {
    let item = |item: &str| {
        let rest = item.strip_prefix('"').expect("a string");
        let (name, parameters) = rest.split_once('"').expect("its end");
        let parameters = parameters.split(';').skip(1).map(|parameter| {
            let (key, value) = parameter.split_once('=').expect("key and value");
            assert!(key.bytes().all(|b| b.is_ascii_lowercase()), "{parameter}");
            (key.to_owned(), value.parse().expect("an integer"))
        });
        (name.to_owned(), parameters.collect())
    };
    text.split(", ").map(item).collect()
}

#[test]
fn exactly_the_burst_passes_and_then_what_the_rate_brings() {
    let (server, clock) = still(&[("limits.tenant", "5/s, burst 10")]);
    let tenant = server.tenant();
    let (ada, ben) = (server.user(&tenant), server.user(&tenant));
    assert_eq!(passed(&server, &[&ada, &ben], 60), 10, "two users share their tenant's burst");
    clock.advance_ms(199);
    assert_eq!(passed(&server, &[&ada], 10), 0);
    clock.advance_ms(1);
    assert_eq!(passed(&server, &[&ada], 10), 1);
    clock.advance_ms(1_000);
    assert_eq!(passed(&server, &[&ben], 20), 5);
    clock.advance_ms(60_000);
    assert_eq!(passed(&server, &[&ben], 30), 10, "a burst is never more than itself");
}

#[test]
fn headers_are_structured_fields_and_a_refusal_says_all_of_it() {
    let (server, _clock) = still(&[("limits.tenant", "5/s, burst 10"), ("limits.user", "2/min, burst 3")]);
    let person = server.person();
    let first = ask(&server, &person);
    let policy = structured(first.header("ratelimit-policy").unwrap());
    let standing = structured(first.header("ratelimit").unwrap());
    assert_eq!(policy.keys().collect::<Vec<_>>(), ["tenant", "user"]);
    assert_eq!((policy["tenant"]["q"], policy["tenant"]["w"]), (10, 2));
    assert_eq!((policy["user"]["q"], policy["user"]["w"]), (3, 90));
    assert_eq!((standing["tenant"]["r"], standing["tenant"]["t"]), (9, 1));
    assert_eq!((standing["user"]["r"], standing["user"]["t"]), (2, 30));
    let told = |answer: &Answer| {
        ["limit", "remaining", "reset"].map(|name| answer.header(&format!("x-ratelimit-{name}")).unwrap().to_owned())
    };
    let noon_s = NOON.0 / 1_000;
    assert_eq!(told(&first), ["3".to_owned(), "2".to_owned(), (noon_s + 30).to_string()]);
    assert_eq!(first.header("retry-after"), None);
    ask(&server, &person).data(200);
    ask(&server, &person).data(200);
    let refused = ask(&server, &person);
    let error = refused.error(429, "rate_limited");
    let details = &error["details"];
    assert_eq!((&details["scope"], &details["limit"], &details["window"]), (&json!("user"), &json!(3), &json!(90)));
    assert_eq!((&details["retry_after"], refused.header("retry-after")), (&json!(30), Some("30")));
    assert_eq!(error["request_id"].as_str(), refused.header("x-request-id"));
    assert_eq!(told(&refused), ["3".to_owned(), "0".to_owned(), (noon_s + 90).to_string()]);
    assert_eq!(structured(refused.header("ratelimit").unwrap())["tenant"]["r"], 7, "the tenant paid for three");
}

#[test]
fn one_tenants_storm_leaves_another_untouched_and_is_counted() {
    let (server, _clock) = still(&[("limits.tenant", "5/s, burst 10")]);
    let (noisy, quiet) = (server.tenant(), server.person());
    let storm = server.user(&noisy);
    assert_eq!(passed(&server, &[&storm], 300), 10);
    assert_eq!(passed(&server, &[&quiet], 10), 10);
    for path in ["/health", "/ready", "/metrics", "/openapi.json"] {
        let answer = server.raw("GET", path, &[], None);
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None), "{path}");
    }
    let text = server.raw("GET", "/metrics", &[], None).text;
    let line = format!("rate_limit_blocks_total{{reason=\"tenant\",tenant=\"{noisy}\"}} 290");
    assert!(text.contains(&line), "{text}");
}

#[test]
fn a_class_of_routes_has_its_own_rate_and_its_refusals_cost_the_tenant_nothing() {
    let (server, _clock) = still(&[("limits.tenant", "1/h, burst 20"), ("limits.route_compute", "1/h, burst 2")]);
    let person = server.person();
    let sky = || server.call("GET", "/v1/sky", Some(&person), None);
    assert_eq!([sky().status, sky().status], [200, 200]);
    for _ in 0..30 {
        assert_eq!(sky().error(429, "rate_limited")["details"]["scope"], "route_compute");
    }
    let read = ask(&server, &person);
    assert_eq!(structured(read.header("ratelimit").unwrap())["tenant"]["r"], 17);
}

#[test]
fn who_shows_no_good_credential_is_counted_by_address() {
    let (server, _clock) = still(&[("limits.address", "1/h, burst 3")]);
    let person = server.person();
    let from = |address: &str, token: Option<&str>| {
        server.call_with("GET", "/v1/quota", token, None, &[("x-forwarded-for", address)])
    };
    from("198.51.100.7", None).error(401, "missing_access_token");
    from("198.51.100.7", Some("nonsense")).error(401, "invalid_token");
    from("198.51.100.7", Some("ork_nonsense")).error(401, "invalid_api_key");
    let refused = from("198.51.100.7", None);
    assert_eq!(refused.error(429, "rate_limited")["details"]["scope"], "address");
    from("198.51.100.8", None).error(401, "missing_access_token");
    from("198.51.100.7", Some(&person)).data(200);
    // One network of IPv6 is one address.
    for last in 1..=3 {
        from(&format!("2001:db8::{last}"), None).error(401, "missing_access_token");
    }
    from("2001:db8::4", None).error(429, "rate_limited");
    from("2001:db8:0:1::1", None).error(401, "missing_access_token");
}

#[test]
fn an_operator_sets_the_rates_of_a_tenant() {
    let (server, clock) = still(&[("limits.tenant", "5/s, burst 10")]);
    let tenant = server.tenant();
    let person = server.user(&tenant);
    let path = format!("/v1/ops/tenants/{tenant}/rates");
    let set = |rates| server.call("PUT", &path, Some(server.operator()), Some(&json!({"rates": rates})));
    let answer = set(json!({"tenant": "1/min, burst 2", "route_chat": "off"}));
    let rates = answer.data(200)["rates"].as_array().unwrap();
    let of = |scope: &str| rates.iter().find(|rate| rate["scope"] == scope).unwrap();
    assert_eq!((&of("tenant")["rate"], &of("tenant")["source"]), (&json!("1/min, burst 2"), &json!("tenant")));
    assert_eq!(of("user")["source"], "settings");
    assert_eq!(passed(&server, &[&person], 20), 2);
    let wrong = set(json!({"tenant": "fast", "planet": "1/s", "address": "1/s"}));
    wrong.error(422, "invalid_fields");
    assert_eq!(wrong.fields(), ["rates", "rates", "rates.tenant"]);
    assert_eq!(passed(&server, &[&person], 20), 0, "a refused change changes nothing");
    set(json!({"tenant": "off"})).data(200);
    assert_eq!(passed(&server, &[&person], 50), 50);
    set(json!({})).data(200);
    assert_eq!(passed(&server, &[&person], 50), 0, "a new rate is no new burst for who had used theirs up");
    clock.advance_ms(2_000);
    assert_eq!(passed(&server, &[&person], 50), 10);
    clock.advance_ms(60_000);
    server.call("PUT", &path, Some(&person), Some(&json!({"rates": {}}))).error(403, "insufficient_role");
    let audit = server.call("GET", "/v1/ops/audit/verify", Some(server.operator()), None);
    assert_eq!(audit.data(200)["intact"], true);
}
