//! Many streams at once whose readers leave when they please: afterwards nothing is open, held or running.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Appliance, einstein};
use crate::upstream::{Act, Upstream, eventually, quoted};

const STREAMS: usize = 32;
const ROUNDS: usize = 3;
/// Tasks that may live on beside those of streams, such as of connections that are closing.
const TASKS_SPARE: usize = 8;

/// Numbers that look random and are the same in every run (Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

struct Crowd {
    at: Appliance,
    token: String,
    chart: String,
}

impl Crowd {
    fn new(upstream: &Upstream) -> Self {
        let at = Appliance::start(&[
            ("llm.route", "remote"),
            ("remote.base_url", upstream.base_url.as_str()),
            ("remote.model", "gpt-4o-mini"),
            ("remote.retries", "0"),
            ("streams.total", "8"),
            ("streams.per_tenant", "8"),
            ("streams.queue_per_tenant", "200"),
            ("streams.wait_ms", "60000"),
            ("budgets.default_usd", "100"),
            ("budgets.default_block", "hard"),
        ]);
        let token = at.person();
        let made = at.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
        let chart = made.data(201)["id"].as_str().unwrap().to_owned();
        Self { at, token, chart }
    }

    /// The n-th stream: advice or a conversation in turn, its head not yet read.
    fn open(&self, n: usize) -> TcpStream {
        let (path, body) = if n.is_multiple_of(2) {
            (
                "/v1/chat/advise",
                json!({"chart_id": self.chart, "question": format!("How do I grow in my work, step {n}?")}),
            )
        } else {
            let said = json!([{"role": "system", "content": "Count."}, {"role": "user", "content": "To four."}]);
            ("/v1/chat/completions", json!({"model": "gpt-4o-mini", "messages": said, "stream": true}))
        };
        let body = body.to_string();
        let mut socket = TcpStream::connect(self.at.address).unwrap();
        socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\naccept: text/event-stream\r\n\
             authorization: Bearer {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            self.token,
            body.len()
        );
        socket.write_all((head + &body).as_bytes()).unwrap();
        socket
    }

    /// What the gauges show that must fall back to nothing.
    fn gauges(&self) -> Vec<String> {
        let names = ["ledger_reserved_usd", "llm_streams_open", "streams_open", "streams_queued"];
        let metrics = self.at.raw("GET", "/metrics", &[], None).text;
        let value = |name: &str| {
            let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
            format!("{name} {}", line.unwrap_or("missing"))
        };
        names.into_iter().map(value).collect()
    }

    fn ask(&self) -> Answer {
        let body = json!({"chart_id": self.chart, "question": "What helps me in my work?"});
        self.at.call("POST", "/v1/chat/advise", Some(&self.token), Some(&body))
    }
}

/// The played model: quotes passages, or counts, with a pause before each piece.
fn slow(pause_ms: u64) -> Upstream {
    Upstream::start(move |_, request| {
        let is_advice = request["messages"][1]["content"].as_str().is_some_and(|text| text.contains("\nPassages:\n"));
        let counted = || ["One, ", "two, ", "three, ", "four"].map(str::to_owned).to_vec();
        let pieces = if is_advice { quoted(request) } else { counted() };
        Act::Says { pieces, pause_ms, usage: (1_000, 200) }
    })
}

#[test]
fn readers_who_leave_at_random_leave_nothing_open_held_or_running() {
    let upstream = slow(25);
    let crowd = Crowd::new(&upstream);
    assert_eq!(crowd.ask().data(200)["provider"], "remote");
    let tasks_before = crowd.at.alive_tasks();
    for round in 0..ROUNDS {
        let read_to_the_end = std::thread::scope(|scope| {
            let mut chance = Chance(round as u64 + 1);
            let one = |n: usize| {
                let (leaves, after_ms) = (chance.below(3) > 0, chance.below(600));
                let mut socket = crowd.open(n);
                scope.spawn(move || {
                    if !leaves {
                        let mut text = String::new();
                        socket.read_to_string(&mut text).unwrap();
                        assert!(text.contains("event: done") || text.contains("data: [DONE]"), "{text}");
                        return true;
                    }
                    // Before the head, in the middle of the text, or when all was said.
                    socket.set_read_timeout(Some(Duration::from_millis(after_ms.max(1)))).unwrap();
                    let mut buffer = [0; 512];
                    let _some = socket.read(&mut buffer);
                    std::thread::sleep(Duration::from_millis(after_ms / 2));
                    false
                })
            };
            let running: Vec<_> = (0..STREAMS).map(one).collect();
            running.into_iter().map(|stream| stream.join().unwrap()).filter(|ended| *ended).count()
        });
        assert!((1..STREAMS).contains(&read_to_the_end), "round {round}: {read_to_the_end} read to the end");
        eventually("every gauge falls back to 0", || crowd.gauges().iter().all(|gauge| gauge.ends_with(" 0")));
    }
    eventually("no task lives on", || crowd.at.alive_tasks() <= tasks_before + TASKS_SPARE);
    // All places are free again: as many as there are can be taken at once.
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| crowd.ask())).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(answers.iter().all(|answer| answer.data(200)["provider"] == "remote"), "{answers:?}");
    let verified = crowd.at.call("GET", "/v1/ops/ledger/verify", Some(crowd.at.operator()), None);
    assert_eq!(verified.data(200)["intact"], true, "{}", verified.text);
    let metrics = crowd.at.raw("GET", "/metrics", &[], None).text;
    assert!(metrics.contains("llm_calls_total{outcome=\"cancelled\",provider=\"remote\"}"), "nobody left in time");
}

/// An answer under a key is made and paid once, whoever repeats it, and no stream is kept.
#[test]
fn a_conversation_under_a_key_is_paid_once_and_repeated_to_the_byte() {
    let upstream = slow(300);
    let crowd = Crowd::new(&upstream);
    let bearer = format!("Bearer {}", crowd.token);
    let post = |key: &str, body: &Value| {
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", key)];
        crowd.at.raw("POST", "/v1/chat/completions", &headers, Some(&serde_json::to_vec(body).unwrap()))
    };
    let said = json!([{"role": "system", "content": "Count."}, {"role": "user", "content": "To four."}]);
    let body = json!({"model": "gpt-4o-mini", "messages": said});
    let both: Vec<Answer> = std::thread::scope(|scope| {
        let sent: Vec<_> = (0..2).map(|_| scope.spawn(|| post("talk-1", &body))).collect();
        sent.into_iter().map(|sent| sent.join().unwrap()).collect()
    });
    let (told, refused): (Vec<_>, Vec<_>) = both.iter().partition(|answer| answer.status == 200);
    assert_eq!((told.len(), refused.len()), (1, 1), "{both:?}");
    let error = &refused[0].body["error"];
    assert_eq!((refused[0].status, &error["code"]), (409, &json!("idempotency_in_flight")), "{}", refused[0].text);
    let again = post("talk-1", &body);
    assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
    assert_eq!(again.text, told[0].text, "to the byte");
    assert_eq!(upstream.requests().len(), 1, "one call was made");
    let mut other = body.clone();
    other["seed"] = 8.into();
    let conflict = post("talk-1", &other);
    assert_eq!((conflict.status, &conflict.body["error"]["code"]), (409, &json!("idempotency_conflict")));
    let mut streamed = body.clone();
    streamed["stream"] = true.into();
    let refused = post("talk-2", &streamed);
    assert_eq!((refused.status, &refused.body["error"]["param"]), (400, &json!("header.idempotency-key")));
    assert_eq!(upstream.requests().len(), 1);
    let metrics = crowd.at.raw("GET", "/metrics", &[], None).text;
    assert!(metrics.contains("llm_calls_total{outcome=\"answered\",provider=\"remote\"} 1\n"), "{metrics}");
    assert_eq!(crowd.gauges()[0], "ledger_reserved_usd 0");
}
