//! What clients hear of money and of models that fail, whole and as it comes: warnings on the answer that comes near a
//! limit, and refusals by their status, before a stream has its head.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::money::{prices, settings};
use crate::support::{Answer, Appliance, einstein};
use crate::upstream::{Act, Upstream, eventually, quoted};

struct Asker<'a> {
    at: &'a Appliance,
    token: String,
    chart: String,
}

/// The settings of the money tests with these instead.
fn appliance(upstream: &Upstream, prices: &std::path::Path, changes: &[(&'static str, &str)]) -> Appliance {
    let mut all = settings(upstream, prices);
    all.retain(|(key, _)| changes.iter().all(|(changed, _)| changed != key));
    all.extend_from_slice(changes);
    Appliance::start(&all)
}

impl<'a> Asker<'a> {
    fn new(at: &'a Appliance) -> Self {
        let token = at.person();
        let made = at.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
        let chart = made.data(201)["id"].as_str().unwrap().to_owned();
        Self { at, token, chart }
    }

    fn post(&self, path: &str, accept: &str, body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("accept", accept)];
        self.at.raw("POST", path, &headers, Some(&serde_json::to_vec(body).unwrap()))
    }

    fn ask(&self, accept: &str) -> Answer {
        let body = json!({"chart_id": self.chart, "question": "How can I grow in my work?"});
        self.post("/v1/chat/advise", accept, &body)
    }

    fn talk(&self, stream: bool) -> Answer {
        self.post("/v1/chat/completions", "*/*", &talk(stream))
    }
}

fn talk(stream: bool) -> Value {
    json!({"model": "dime", "max_tokens": 1_000, "stream": stream, "messages": [{"role": "user", "content": "Count."}]})
}

/// Quotes passages to a question, counts in a conversation; ten cents each.
fn dimes(_: usize, request: &Value) -> Act {
    let is_talk = request["messages"].as_array().unwrap().len() == 1;
    let pieces = if is_talk { vec!["One, ".into(), "two.".into()] } else { quoted(request) };
    Act::Says { pieces, pause_ms: 0, usage: (10, 1_000) }
}

const WHOLE: &str = "application/json";
const STREAM: &str = "text/event-stream";

#[test]
fn the_answer_that_comes_near_a_soft_limit_says_so_and_so_does_each_one_without_room() {
    let dir = tempfile::tempdir().unwrap();
    let prices = prices(dir.path());
    let upstream = Upstream::start(dimes);
    let at = appliance(&upstream, &prices, &[("budgets.default_usd", "0.12"), ("budgets.default_block", "soft")]);
    let asker = Asker::new(&at);
    let near = "tenant;window=total;percent=83";
    let first = asker.ask(WHOLE);
    assert_eq!(first.data(200)["provider"], "remote");
    assert_eq!(
        (first.header("x-budget-warning"), first.data(200)["budget_warning"].as_str()),
        (Some(near), Some(near))
    );
    let degraded = asker.ask(WHOLE);
    assert_eq!(degraded.data(200)["degraded"], "budget_exhausted");
    assert_eq!(
        (degraded.header("x-budget-warning"), degraded.data(200)["budget_warning"].as_str()),
        (Some(near), Some(near))
    );
    let streamed = asker.ask(STREAM);
    assert_eq!((streamed.status, streamed.header("x-budget-warning")), (200, Some(near)), "{}", streamed.text);
    assert!(streamed.text.contains("event: done"), "{}", streamed.text);
    // Who asks for a model and no other is refused, and told by which limit.
    for stream in [false, true] {
        let refused = asker.talk(stream);
        let error = &refused.body["error"];
        assert_eq!((refused.status, error["code"].as_str()), (402, Some("budget_exhausted")), "{}", refused.text);
        assert_eq!(error["type"], "insufficient_quota");
        assert_eq!(error["details"], json!({"scope": "tenant", "window": "total", "resets_at": null}));
    }
    // A conversation warns of itself as well.
    let other = Asker::new(&at);
    assert_eq!((other.talk(false).header("x-budget-warning"), upstream.requests().len()), (Some(near), 2));
    let third = Asker::new(&at);
    let text = third.talk(true).text;
    assert!(text.contains(&format!(": x-budget-warning {near}\n")) && text.trim_end().ends_with("[DONE]"), "{text}");
}

#[test]
fn a_stream_that_no_budget_pays_for_has_its_status() {
    let dir = tempfile::tempdir().unwrap();
    let prices = prices(dir.path());
    let upstream = Upstream::start(dimes);
    let at = appliance(&upstream, &prices, &[("budgets.default_usd", "0.05")]);
    let asker = Asker::new(&at);
    let refused = asker.ask(STREAM);
    assert_eq!((refused.status, refused.body["error"]["code"].as_str()), (402, Some("budget_exhausted")));
    assert_eq!(refused.body["error"]["details"]["scope"], "tenant");
    assert!(upstream.requests().is_empty());
}

#[test]
fn a_model_that_fails_is_named_so_to_whoever_asked_for_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let prices = prices(dir.path());
    let upstream = Upstream::start(|n, _| match n {
        0 | 1 => Act::Status(500),
        2 | 3 => Act::Hangs { pieces: Vec::new() },
        4 | 5 => Act::Status(429),
        _ => Act::Status(400),
    });
    let at = appliance(&upstream, &prices, &[("remote.read_ms", "500")]);
    let asker = Asker::new(&at);
    for (status, code) in
        [(502, "upstream_failed"), (504, "upstream_timed_out"), (503, "upstream_unavailable"), (502, "upstream_failed")]
    {
        for stream in [false, true] {
            let refused = asker.talk(stream);
            let error = &refused.body["error"];
            assert_eq!((refused.status, error["code"].as_str()), (status, Some(code)), "{}", refused.text);
            assert_eq!(error["type"], "server_error");
            assert_eq!(refused.header("retry-after").is_some(), status == 503);
        }
    }
}

#[test]
fn who_leaves_a_conversation_after_its_first_words_has_had_a_message() {
    let dir = tempfile::tempdir().unwrap();
    let prices = prices(dir.path());
    let upstream = Upstream::start(|_, _| Act::Hangs { pieces: vec!["One, ".into()] });
    let at = appliance(&upstream, &prices, &[("remote.read_ms", "15000"), ("quotas.default_plan", "basic-entry")]);
    let asker = Asker::new(&at);
    let body = talk(true).to_string();
    let mut socket = TcpStream::connect(at.address).unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer {}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        asker.token,
        body.len()
    );
    socket.write_all((head + &body).as_bytes()).unwrap();
    let mut text = String::new();
    while !text.contains("One, ") {
        let mut buffer = [0; 4_096];
        let read = socket.read(&mut buffer).unwrap();
        assert!(read > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    drop(socket);
    let consumed = || at.call("GET", "/v1/quota", Some(&asker.token), None).data(200)["counts"][0]["consumed"].clone();
    eventually("it is counted", || consumed() == 1);
}

#[test]
fn who_waited_for_a_place_is_answered_before_the_edge_cuts_the_request() {
    let dir = tempfile::tempdir().unwrap();
    let prices = prices(dir.path());
    let upstream = Upstream::start(|_, _| Act::Hangs { pieces: Vec::new() });
    let tight = [
        ("server.request_max_ms", "4000"),
        ("streams.total", "1"),
        ("streams.per_tenant", "1"),
        ("streams.wait_ms", "3500"),
        ("remote.read_ms", "15000"),
    ];
    let at = appliance(&upstream, &prices, &tight);
    let asker = Asker::new(&at);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..2).map(|_| scope.spawn(|| asker.ask(WHOLE))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for answer in answers {
        assert_eq!(answer.data(200)["degraded"], "upstream_timeout");
    }
}
