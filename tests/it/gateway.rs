//! Questions answered by a model behind the gateway, as clients meet them: checked, streamed, cut, and never alone with a
//! failing upstream.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Appliance, einstein};
use crate::upstream::{Act, Upstream, eventually, quoted, quotes};

const QUESTION: &str = "How can I grow in my work?";

fn appliance(upstream: &Upstream, changes: &[(&str, &str)]) -> Appliance {
    let mut all = vec![
        ("llm.route", "remote"),
        ("remote.base_url", upstream.base_url.as_str()),
        ("remote.model", "gpt-4o-mini"),
        ("remote.read_ms", "1000"),
    ];
    all.extend_from_slice(changes);
    Appliance::start(&all)
}

struct Person<'a> {
    at: &'a Appliance,
    token: String,
    chart: String,
}

impl<'a> Person<'a> {
    fn new(at: &'a Appliance) -> Self {
        let token = at.person();
        let made = at.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
        let chart = made.data(201)["id"].as_str().unwrap().to_owned();
        Self { at, token, chart }
    }

    fn body(&self, question: &str) -> Value {
        json!({"chart_id": self.chart, "question": question})
    }

    fn ask(&self, question: &str) -> Answer {
        self.at.call("POST", "/v1/chat/advise", Some(&self.token), Some(&self.body(question)))
    }

    /// Asks for a stream; the socket, its head not yet read.
    fn open(&self, question: &str) -> TcpStream {
        let body = self.body(question).to_string();
        self.send(
            &format!(
                "POST /v1/chat/advise HTTP/1.1\r\ncontent-type: application/json\r\naccept: text/event-stream\r\n\
             content-length: {}\r\n",
                body.len()
            ),
            &body,
        )
    }

    fn send(&self, head: &str, body: &str) -> TcpStream {
        let mut socket = TcpStream::connect(self.at.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let text = format!("{head}host: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n{body}", self.token);
        socket.write_all(text.as_bytes()).unwrap();
        socket
    }

    fn stream(&self, question: &str) -> Vec<(String, Value)> {
        let mut text = String::new();
        self.open(question).read_to_string(&mut text).unwrap();
        assert!(text.to_ascii_lowercase().contains("content-type: text/event-stream"), "{text}");
        events(&text)
    }

    fn listed(&self) -> usize {
        let list = self.at.call("GET", &format!("/v1/charts/{}/answers", self.chart), Some(&self.token), None);
        list.data(200)["answers"].as_array().unwrap().len()
    }
}

/// Names and data of the events in a response with chunked coding.
fn events(response: &str) -> Vec<(String, Value)> {
    let body = response.split_once("\r\n\r\n").unwrap().1;
    let mut plain = String::new();
    let mut rest = body;
    while let Some((size, more)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        if size == 0 {
            break;
        }
        plain.push_str(&more[..size]);
        rest = more[size..].strip_prefix("\r\n").unwrap_or("");
    }
    let field = |event: &str, name: &str| {
        event.lines().find_map(|line| line.strip_prefix(name).map(str::trim).map(str::to_owned))
    };
    let read = |event: &str| {
        let name = field(event, "event:")?;
        let mut data: Value = serde_json::from_str(&field(event, "data:")?).unwrap();
        if let Some(id) = field(event, "id:") {
            data["_event_id"] = id.into();
        }
        Some((name, data))
    };
    plain.split("\n\n").filter_map(read).collect()
}

fn text_of(events: &[(String, Value)]) -> String {
    events.iter().filter(|(name, _)| name == "delta").map(|(_, data)| data["text"].as_str().unwrap()).collect()
}

#[test]
fn a_model_answers_with_citations_and_its_price() {
    let upstream = Upstream::start(quotes((1_000, 200)));
    let at = appliance(&upstream, &[]);
    let person = Person::new(&at);
    let answer =
        person.ask("I am Albert, born on 14 March 1879 at 11:30 in Ulm, albert@example.org: how does my work grow?");
    let data = answer.data(200);
    assert_eq!((data["provider"].as_str(), data["model"].as_str()), (Some("remote"), Some("gpt-4o-mini")), "{data}");
    assert!(data["check"]["kept"].as_u64().unwrap() >= 3, "{data}");
    assert_eq!(data["degraded"], Value::Null);
    assert!(!data["citations"].as_array().unwrap().is_empty());
    // 1,000 tokens at 0.15 and 200 at 0.60 dollars a million.
    assert_eq!(data["usage"]["cost_micro_usd"], 150 + 120, "{data}");
    assert_eq!(
        (data["usage"]["prompt_tokens"].as_u64(), data["usage"]["strategy"].as_str()),
        (Some(1_000), Some("api"))
    );
    let sent = upstream.requests()[0].to_string();
    for personal in ["Albert", "1879", "11:30", "Ulm", "albert@", "example.org", &person.chart] {
        assert!(!sent.contains(personal), "{personal} left the machine: {sent}");
    }
    assert!(sent.contains("<email>") && sent.contains("<date>"), "{sent}");
    assert_eq!(person.listed(), 1);
}

#[test]
fn a_stream_tells_the_same_text_and_can_be_read_again() {
    let upstream = Upstream::start(|_, request| Act::Says { pieces: quoted(request), pause_ms: 20, usage: (900, 100) });
    let at = appliance(&upstream, &[]);
    let person = Person::new(&at);
    let told = person.stream(QUESTION);
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names[0], names[names.len() - 2], names[names.len() - 1]), ("meta", "usage", "done"), "{names:?}");
    let done = &told.last().unwrap().1;
    assert_eq!(text_of(&told), done["answer"].as_str().unwrap());
    assert_eq!(told.iter().filter(|(name, _)| name == "citation").count(), done["citations"].as_array().unwrap().len());
    assert!(names.iter().filter(|name| **name == "delta").count() >= 3);
    // The same question, whole: the same text, as the model says the same.
    assert_eq!(person.ask(QUESTION).data(200)["answer"], done["answer"]);
    let id = told[0].1["id"].as_str().unwrap();
    let at_event = told[2].1["_event_id"].as_str().unwrap();
    let again = |person: &Person<'_>, more: &str| {
        let mut text = String::new();
        person.send(&format!("GET /v1/chat/advise/{id} HTTP/1.1\r\n{more}"), "").read_to_string(&mut text).unwrap();
        text
    };
    assert_eq!(events(&again(&person, "")).len(), told.len());
    assert_eq!(events(&again(&person, &format!("last-event-id: {at_event}\r\n"))).len(), told.len() - 3);
    assert!(again(&person, "last-event-id: nonsense\r\n").contains("header.last-event-id"));
    assert!(again(&Person::new(&at), "").contains("stream_not_found"), "somebody else's");
}

#[test]
fn the_composer_streams_too() {
    let at = Appliance::start(&[]);
    let person = Person::new(&at);
    let told = person.stream(QUESTION);
    let done = &told.last().unwrap().1;
    assert_eq!(text_of(&told), done["answer"].as_str().unwrap());
    assert_eq!(person.ask(QUESTION).data(200)["answer"], done["answer"]);
    assert_eq!((done["provider"].as_str(), &done["degraded"]), (Some("composer"), &Value::Null));
}

#[test]
fn a_failing_upstream_is_told_and_the_composer_answers() {
    let upstream = Upstream::start(|_, request| {
        let question = request["messages"][1]["content"].as_str().unwrap();
        match question {
            q if q.contains("moon") => Act::Status(500),
            q if q.contains("sun") => Act::Hangs { pieces: Vec::new() },
            q if q.contains("venus") => {
                Act::Says { pieces: vec!["You will be rich. ".into()], pause_ms: 0, usage: (9, 9) }
            }
            q if q.contains("mars") => {
                let system = request["messages"][0]["content"].as_str().unwrap();
                Act::Says { pieces: vec![format!("{system} [1]")], pause_ms: 0, usage: (9, 9) }
            }
            _ => Act::Breaks { pieces: quoted(request).into_iter().take(1).collect() },
        }
    });
    let at = appliance(&upstream, &[("remote.retries", "0")]);
    let person = Person::new(&at);
    for (question, reason, provider) in [
        ("what does my moon say of work?", "upstream_error", "composer"),
        ("what does my sun say of work?", "upstream_timeout", "composer"),
        ("what does my venus say of work?", "unsupported", "composer"),
        ("what does my mars say of work?", "unsupported", "composer"),
        ("what does my saturn say of work?", "upstream_error", "remote"),
    ] {
        let answer = person.ask(question);
        let data = answer.data(200);
        assert_eq!((data["degraded"].as_str(), data["provider"].as_str()), (Some(reason), Some(provider)), "{data}");
        assert!(data["answer"].as_str().unwrap().len() > 100, "{data}");
        assert!(!data.to_string().contains("canary"), "{data}");
        if provider == "composer" {
            assert_eq!(data["passed_over"], json!([{"provider": "remote", "reason": reason}]));
        }
    }
    let metrics = at.raw("GET", "/metrics", &[], None).text;
    assert!(metrics.contains("llm_calls_total{outcome=\"upstream_timeout\",provider=\"remote\"} 1"), "{metrics}");
    assert!(metrics.contains("llm_degraded_total{reason=\"unsupported\"} 2"), "{metrics}");
    assert!(metrics.contains("ledger_reserved_usd 0"), "{metrics}");
}

#[test]
fn nobody_in_danger_is_sent_to_a_model_and_a_request_may_ask_for_the_composer() {
    let upstream = Upstream::start(quotes((9, 9)));
    let at = appliance(&upstream, &[]);
    let person = Person::new(&at);
    for question in ["I want to end my life", "hello", "When will I die?"] {
        let answer = person.ask(question);
        assert_eq!(answer.data(200)["provider"], "composer");
        assert_eq!(answer.data(200)["degraded"], Value::Null);
    }
    let mut body = person.body(QUESTION);
    body["provider"] = "composer".into();
    let answer = at.call("POST", "/v1/chat/advise", Some(&person.token), Some(&body));
    assert_eq!(answer.data(200)["passed_over"], json!([]));
    body["provider"] = "oracle".into();
    at.call("POST", "/v1/chat/advise", Some(&person.token), Some(&body)).error(422, "invalid_fields");
    assert!(upstream.requests().is_empty());
}

#[test]
fn a_reader_who_leaves_cuts_the_call_and_what_was_said_is_kept_and_paid() {
    let upstream = Upstream::start(|_, request| Act::Hangs { pieces: quoted(request).into_iter().take(4).collect() });
    let at = appliance(&upstream, &[("remote.read_ms", "15000")]);
    let person = Person::new(&at);
    let mut socket = person.open(QUESTION);
    let mut text = String::new();
    while !text.contains("event: delta") {
        let mut buffer = [0; 4_096];
        let read = socket.read(&mut buffer).unwrap();
        assert!(read > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
    drop(socket);
    eventually("the upstream's connection is closed", || upstream.closed() == 1);
    eventually("the answer is kept", || person.listed() == 1);
    let metrics = || at.raw("GET", "/metrics", &[], None).text;
    eventually("nothing stays held", || metrics().contains("ledger_reserved_usd 0\n"));
    assert!(metrics().contains("llm_calls_total{outcome=\"cancelled\",provider=\"remote\"} 1"));
    // One that is not read as it comes leaves nothing behind.
    let body = person.body("What of my friends?").to_string();
    let head = format!(
        "POST /v1/chat/advise HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    let socket = person.send(&head, &body);
    eventually("the call is made", || upstream.requests().len() == 2);
    drop(socket);
    eventually("the second is closed too", || upstream.closed() == 2);
    eventually("nothing stays held", || metrics().contains("ledger_reserved_usd 0\n"));
    assert_eq!(person.listed(), 1);
}

#[test]
fn a_key_makes_one_call_and_repeats_its_answer_in_either_form() {
    let upstream = Upstream::start(quotes((9, 9)));
    let at = appliance(&upstream, &[]);
    let person = Person::new(&at);
    let send = || {
        let key = [("idempotency-key", "ask-1")];
        at.call_with("POST", "/v1/chat/advise", Some(&person.token), Some(&person.body(QUESTION)), &key)
    };
    let (first, again) = (send(), send());
    assert_eq!(first.data(200), again.data(200));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let bearer = format!("Bearer {}", person.token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("accept", "text/event-stream"),
        ("idempotency-key", "ask-1"),
    ];
    let body = serde_json::to_vec(&person.body(QUESTION)).unwrap();
    let streamed = at.raw("POST", "/v1/chat/advise", &headers, Some(&body));
    assert!(streamed.text.contains("event: done") && streamed.text.contains(first.data(200)["id"].as_str().unwrap()));
    assert_eq!(upstream.requests().len(), 1);
}

#[test]
fn of_two_at_once_under_a_key_one_asks_the_model_and_the_other_is_told_to_wait() {
    let upstream =
        Upstream::start(|_, request| Act::Says { pieces: quoted(request), pause_ms: 150, usage: (1_000, 200) });
    let at = appliance(&upstream, &[("quotas.default_plan", "basic-entry")]);
    let person = Person::new(&at);
    let bearer = format!("Bearer {}", person.token);
    let body = serde_json::to_vec(&person.body(QUESTION)).unwrap();
    let send = |key: &str, accept: &str| {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("accept", accept),
            ("idempotency-key", key),
        ];
        at.raw("POST", "/v1/chat/advise", &headers, Some(&body))
    };
    for (calls, key, accept) in [(1, "whole", "application/json"), (2, "read-along", "text/event-stream")] {
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..2).map(|_| scope.spawn(|| send(key, accept))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (told, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!((told.len(), refused.len()), (1, 1), "{answers:?}");
        refused[0].error(409, "idempotency_in_flight");
        assert_eq!(refused[0].header("retry-after"), Some("1"));
        assert_eq!(upstream.requests().len(), calls);
        let again = send(key, "application/json");
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert!(told[0].text.contains(again.data(200)["id"].as_str().unwrap()));
        assert_eq!(again.header("x-quota-remaining"), Some(if calls == 1 { "4" } else { "3" }));
    }
    assert_eq!((upstream.requests().len(), person.listed()), (2, 2));
    let usage = at.call("GET", "/v1/usage", Some(&person.token), None);
    // 1,000 tokens at 0.15 and 200 at 0.60 dollars a million, twice.
    let total = &usage.data(200)["total"];
    assert_eq!((&total["calls"], &total["cost_usd"]), (&json!(2), &json!("0.000540")));
}

#[test]
fn a_tenant_that_asks_for_much_waits_on_itself_and_every_stream_gives_its_place_back() {
    let upstream = Upstream::start(|_, request| Act::Says { pieces: quoted(request), pause_ms: 15, usage: (900, 100) });
    let streams = [("streams.total", "4"), ("streams.per_tenant", "2"), ("streams.queue_per_tenant", "6")];
    let at = appliance(&upstream, &streams);
    let (loud, quiet) = (Person::new(&at), Person::new(&at));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..32)
            .map(|n| {
                let loud = &loud;
                scope.spawn(move || {
                    let mut socket = loud.open(QUESTION);
                    if n % 4 == 0 {
                        std::thread::sleep(Duration::from_millis(40 * n));
                        return 0;
                    }
                    let mut text = String::new();
                    socket.read_to_string(&mut text).unwrap();
                    if text.starts_with("HTTP/1.1 503 ") {
                        // Refused before its head was written, with a time to come back.
                        let head = text.to_ascii_lowercase();
                        assert!(head.contains("\r\nretry-after: ") && text.contains("\"overloaded\""), "{text}");
                        return 503;
                    }
                    assert_eq!(events(&text).last().unwrap().0, "done", "{text}");
                    200
                })
            })
            .collect();
        // Beside the noise another tenant is served.
        assert_eq!(quiet.ask(QUESTION).data(200)["provider"], "remote");
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let with = |status| statuses.iter().filter(|found| **found == status).count();
    assert!(with(200) >= 4 && with(503) >= 8, "{statuses:?}");
    let metrics = || at.raw("GET", "/metrics", &[], None).text;
    eventually("no stream stays open", || metrics().contains("llm_streams_open 0\n"));
    eventually("nothing stays held", || metrics().contains("ledger_reserved_usd 0\n"));
    assert_eq!(at.app().admission().crowd().open, 0);
    for _ in 0..4 {
        assert_eq!(loud.ask(QUESTION).data(200)["provider"], "remote");
    }
}

#[test]
fn clients_of_openai_are_answered_in_their_shape_and_addresses_stay_here() {
    let upstream = Upstream::start(|_, _| Act::Says {
        pieces: vec!["One, ".into(), "two, ".into(), "three, four".into()],
        pause_ms: 0,
        usage: (1_000, 200),
    });
    let at = appliance(&upstream, &[]);
    let token = at.person();
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let post =
        |body: &Value| at.raw("POST", "/v1/chat/completions", &headers, Some(&serde_json::to_vec(body).unwrap()));
    let listed = at.raw("GET", "/v1/models", &headers, None);
    assert_eq!(listed.body["data"][0]["id"], "gpt-4o-mini", "{}", listed.text);
    let body = json!({"model": "gpt-4o-mini", "messages": [
        {"role": "system", "content": "Count."},
        {"role": "user", "content": [{"type": "text", "text": "To four, for ana@example.org"}]}]});
    let answer = post(&body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["object"], "chat.completion");
    assert_eq!(answer.body["choices"][0]["message"]["content"], "One, two, three, four");
    assert_eq!(
        (&answer.body["choices"][0]["finish_reason"], &answer.body["usage"]["total_tokens"]),
        (&json!("stop"), &json!(1_200))
    );
    assert_eq!(answer.body["usage"]["cost_micro_usd"], 270);
    let sent = &upstream.requests()[0]["messages"];
    assert_eq!(
        sent,
        &json!([{"role": "system", "content": "Count."}, {"role": "user", "content": "To four, for <email>"}])
    );
    let mut streamed = body.clone();
    streamed["stream"] = true.into();
    streamed["stream_options"] = json!({"include_usage": true});
    streamed["stop"] = "three".into();
    let streamed = post(&streamed).text;
    let chunks: Vec<Value> =
        streamed.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect();
    let text: String = chunks.iter().filter_map(|c| c["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, "One, two, ");
    assert!(streamed.trim_end().ends_with("data: [DONE]"), "{streamed}");
    assert!(chunks.last().unwrap()["usage"]["total_tokens"].is_u64(), "{streamed}");
    for (change, param, status) in [
        (json!({"model": "oracle"}), "model", 404),
        (json!({"messages": []}), "messages", 400),
        (json!({"n": 2}), "n", 400),
        (json!({"tools": [{"type": "function"}]}), "tools", 400),
        (json!({"max_tokens": 0}), "max_tokens", 400),
    ] {
        let mut wrong = body.clone();
        for (name, value) in change.as_object().unwrap() {
            wrong[name] = value.clone();
        }
        let refused = post(&wrong);
        let error = &refused.body["error"];
        assert_eq!(
            (refused.status, error["type"].as_str()),
            (status, Some("invalid_request_error")),
            "{}",
            refused.text
        );
        assert_eq!(error["param"], param, "{}", refused.text);
    }
    let one = at.call("GET", "/v1/models/gpt-4o-mini", Some(&token), None);
    assert_eq!((one.status, &one.body["id"]), (200, &json!("gpt-4o-mini")), "{}", one.text);
    let unknown = at.raw("GET", "/v1/models/oracle", &headers, None);
    assert_eq!((unknown.status, &unknown.body["error"]["param"]), (404, &json!("model")), "{}", unknown.text);
    let stranger = at.raw("GET", "/v1/models", &[], None);
    assert_eq!((stranger.status, &stranger.body["error"]["type"]), (401, &json!("authentication_error")));
    let metrics = at.raw("GET", "/metrics", &[], None).text;
    assert!(metrics.contains("ledger_reserved_usd 0\n"), "{metrics}");
}

#[test]
fn a_spent_soft_budget_is_told_and_answered_and_a_message_is_counted_once() {
    let upstream = Upstream::start(quotes((1_000, 200)));
    let at = appliance(&upstream, &[("budgets.default_usd", "0.000001"), ("quotas.default_plan", "basic-entry")]);
    let person = Person::new(&at);
    let answer = person.ask(QUESTION);
    let data = answer.data(200);
    assert_eq!(
        (data["degraded"].as_str(), data["provider"].as_str()),
        (Some("budget_exhausted"), Some("composer")),
        "{data}"
    );
    assert!(upstream.requests().is_empty());
    assert_eq!(answer.header("x-quota-remaining"), Some("4"));
    for left in ["3", "2", "1", "0"] {
        assert_eq!(person.ask(QUESTION).header("x-quota-remaining"), Some(left));
    }
    person.ask(QUESTION).error(429, "quota_exceeded");
}
