//! The gate before streams of text, as clients meet it: who is let in how often, and what those hear who wait too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Appliance};
use crate::upstream::{Act, Upstream, eventually};

/// Each of two tenants asks so often while one stream is held.
const ASKED: usize = 24;

/// One stream in all, with these settings instead or beside.
fn appliance(upstream: &Upstream, changes: &[(&str, &str)]) -> Appliance {
    let mut all = vec![
        ("llm.route", "remote"),
        ("remote.base_url", upstream.base_url.as_str()),
        ("remote.model", "gpt-4o-mini"),
        ("streams.total", "1"),
        ("streams.per_tenant", "64"),
        ("streams.queue_per_tenant", "64"),
        ("streams.wait_ms", "60000"),
    ];
    all.extend_from_slice(changes);
    Appliance::start(&all)
}

fn said(words: &str) -> Act {
    Act::Says { pieces: vec![words.to_owned()], pause_ms: 0, usage: (10, 10) }
}

/// A user of a new tenant of this slug.
fn person(at: &Appliance, slug: &str) -> String {
    let body = json!({"slug": slug, "display_name": "A tenant", "zone": "UTC", "registration_open": false});
    at.call("POST", "/v1/ops/tenants", Some(at.operator()), Some(&body)).data(201);
    at.user(slug)
}

fn talk(at: &Appliance, token: &str, words: &str, stream: bool) -> Answer {
    let body = json!({"model": "gpt-4o-mini", "max_tokens": 50, "stream": stream,
        "messages": [{"role": "user", "content": words}]});
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    at.raw("POST", "/v1/chat/completions", &headers, Some(&serde_json::to_vec(&body).unwrap()))
}

/// Two tenants ask at once behind a held stream: how many of the first [`ASKED`] that are let in are `acme`'s.
fn share_of_acme(weights: &str) -> usize {
    let go = Arc::new(AtomicBool::new(false));
    let wait = Arc::clone(&go);
    let upstream = Upstream::start(move |n, _| {
        while n == 0 && !wait.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        said("So it is.")
    });
    let at = appliance(
        &upstream,
        &[("streams.weights", weights), ("server.request_max_ms", "60000"), ("remote.read_ms", "18000")],
    );
    let tokens = ["first", "acme", "beta"].map(|slug| (slug, person(&at, slug)));
    let ask = |n: usize| {
        let (slug, token) = &tokens[n];
        let answer = talk(&at, token, slug, false);
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| ask(0));
        eventually("the stream is held", || upstream.requests().len() == 1);
        for _ in 0..ASKED {
            scope.spawn(|| ask(1));
            scope.spawn(|| ask(2));
        }
        eventually("all wait", || at.app().admission().crowd().queued == 2 * ASKED);
        go.store(true, Ordering::SeqCst);
    });
    let asked = upstream.requests();
    assert_eq!(asked.len(), 1 + 2 * ASKED);
    let is_acme = |request: &&Value| request["messages"][0]["content"] == "acme";
    asked[1..=ASKED].iter().filter(is_acme).count()
}

#[test]
fn a_tenant_of_three_times_the_weight_is_let_in_three_times_as_often() {
    let share = share_of_acme("acme=3");
    assert!((17..=19).contains(&share), "{share} of {ASKED}");
    let share = share_of_acme("");
    assert!((11..=13).contains(&share), "{share} of {ASKED} with equal weights");
}

#[test]
fn who_waits_until_the_request_would_be_cut_is_told_when_to_come_back() {
    let upstream = Upstream::start(|_, _| Act::Hangs { pieces: vec!["One, ".into()] });
    let at = appliance(&upstream, &[("server.request_max_ms", "2500"), ("remote.read_ms", "8000")]);
    let (first, second) = (person(&at, "first"), person(&at, "second"));
    std::thread::scope(|scope| {
        // A stream has been answered when it begins, so it outlives the time of a request.
        scope.spawn(|| talk(&at, &first, "Count.", true));
        eventually("the stream is held", || at.app().admission().crowd().open == 1);
        let refused = talk(&at, &second, "Count.", false);
        assert_eq!(refused.status, 503, "{}", refused.text);
        assert_eq!((&refused.body["error"]["code"], refused.header("retry-after")), (&json!("overloaded"), Some("5")));
        let made = at.call("POST", "/v1/charts", Some(&second), Some(&crate::support::einstein()));
        let body = json!({"chart_id": made.data(201)["id"], "question": "How can I grow in my work?"});
        let refused = at.call("POST", "/v1/chat/advise", Some(&second), Some(&body));
        refused.error(503, "overloaded");
        assert_eq!(refused.header("retry-after"), Some("5"));
    });
    assert_eq!(upstream.requests().len(), 1);
}
