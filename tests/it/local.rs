//! A local model behind a whole appliance: who answers, in which form, how clients come and go, and what is refused.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use candle_core::quantized::GgmlDType;
use orrery::llm::local::forward::Vocabulary;
use orrery::llm::local::provider::{Loaded, Script};
use orrery::llm::model::{Message, Model as _};
use serde_json::{Value, json};

use crate::support::{Answer, Appliance, einstein};
use crate::tiny::Tiny;
use crate::toys::toy::{Letters, Strings, Toy};
use crate::upstream::{Upstream, eventually, quotes};

/// Each message on a line of its own.
struct Lines(Arc<Letters>);

impl Script for Lines {
    fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>, String> {
        let text = messages.iter().map(|m| format!("{}: {}\n", m.role, m.text)).collect::<Vec<_>>().concat();
        Ok(self.0.encode(&text, true))
    }
}

/// A toy that is taken into use; what a test may ask of it, and what it writes greedily.
struct Model {
    strings: Arc<Strings>,
    letters: Arc<Letters>,
    oracle: Toy,
}

impl Model {
    fn take(at: &Appliance, name: &str, pages: usize) -> Self {
        let letters = Arc::new(Letters::with_words(&["{\"", "\":", "true", "false"]));
        let (toy, strings) = Toy::new(&*letters, pages, 100_000, 10);
        let (oracle, _) = Toy::new(&*letters, 0, 100_000, 10);
        let script = Arc::new(Lines(Arc::clone(&letters)));
        let vocabulary = Arc::clone(&letters) as Arc<dyn Vocabulary>;
        at.app()
            .local()
            .take(Loaded { name: name.into(), forward: Box::new(toy), vocabulary, script, memory_bytes: 1 << 20 })
            .unwrap();
        Self { strings, letters, oracle }
    }

    /// What it must write to one message, at temperature 0.
    fn expected(&self, text: &str, most: usize) -> String {
        let prompt = self.letters.encode(&format!("user: {text}\n"), true);
        self.oracle.greedy(&*self.letters, &prompt, most)
    }
}

fn appliance(changes: &[(&str, &str)]) -> Appliance {
    let mut all = vec![("llm.route", "local"), ("streams.per_tenant", "64"), ("streams.total", "64")];
    all.extend_from_slice(changes);
    Appliance::start(&all)
}

fn talk(text: &str, changes: &Value) -> Value {
    let mut body =
        json!({"model": "toy-1", "messages": [{"role": "user", "content": text}], "max_tokens": 40, "temperature": 0});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn post(at: &Appliance, token: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    at.raw("POST", "/v1/chat/completions", &headers, Some(&serde_json::to_vec(body).unwrap()))
}

fn said(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.body["choices"][0]["message"]["content"].as_str().unwrap()
}

/// Value of a metric, its labels included in its name.
fn metric(at: &Appliance, name: &str) -> f64 {
    let text = at.raw("GET", "/metrics", &[], None).text;
    let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("no {name}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn a_conversation_is_continued_by_the_model_on_this_machine() {
    let at = appliance(&[]);
    let model = Model::take(&at, "toy-1", 256);
    let token = at.person();
    let bearer = format!("Bearer {token}");
    let listed = at.raw("GET", "/v1/models", &[("authorization", &bearer)], None);
    assert_eq!(listed.body["data"][0]["id"], "toy-1", "{}", listed.text);
    let text = "Write to ana@example.org, it stays here.";
    let answer = post(&at, &token, &talk(text, &json!({})));
    assert_eq!(said(&answer), model.expected(text, 40), "the address was read as it is");
    let usage = &answer.body["usage"];
    assert_eq!(usage["prompt_tokens"], "user: \n".len() + text.len(), "{usage}");
    assert_eq!((&usage["cost_micro_usd"], &usage["prompt_tokens_details"]["cached_tokens"]), (&json!(0), &json!(0)));
    let again = post(&at, &token, &talk(text, &json!({})));
    assert_eq!(
        (said(&again), &again.body["usage"]["prompt_tokens_details"]["cached_tokens"]),
        (said(&answer), &json!(32))
    );
    let stop: String = said(&answer).chars().skip(3).take(2).collect();
    let stopped = post(&at, &token, &talk(text, &json!({"stop": stop})));
    assert_eq!(said(&stopped), said(&answer).split(stop.as_str()).next().unwrap());
    let streamed = post(&at, &token, &talk(text, &json!({"stream": true}))).text;
    let chunks = streamed.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
    let whole: String =
        chunks.filter_map(|c| c["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect();
    assert_eq!(whole, said(&answer));
    let seeded = |seed: u64| {
        post(&at, &token, &talk(text, &json!({"temperature": 1, "seed": seed, "top_k": 20, "min_p": 0.01})))
    };
    assert_eq!(said(&seeded(5)), said(&seeded(5)));
    assert_ne!(said(&seeded(5)), said(&seeded(6)));
}

#[test]
fn an_answer_is_held_to_its_form_and_what_cannot_be_is_refused() {
    let at = appliance(&[]);
    Model::take(&at, "toy-1", 256);
    let token = at.person();
    let schema = json!({"type": "object", "properties": {"sign": {"enum": ["Aries", "Leo"]}, "sure": {"type": "boolean"}},
        "required": ["sign", "sure"], "additionalProperties": false});
    let form = json!({"type": "json_schema", "json_schema": {"name": "sign", "schema": schema}});
    let hot = json!({"response_format": form, "temperature": 1.5, "max_tokens": 400, "seed": 3});
    let answer = post(&at, &token, &talk("Which sign?", &hot));
    let value: Value = serde_json::from_str(said(&answer)).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&value), "{value}");
    assert_eq!(answer.body["choices"][0]["finish_reason"], "stop");
    let expression = json!({"response_format": {"type": "regex", "regex": "(yes|no)!"}});
    assert!(["yes!", "no!"].contains(&said(&post(&at, &token, &talk("Well?", &expression)))));
    for (change, param) in [
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "planet"}}}}),
            "response_format",
        ),
        (json!({"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}), "response_format"),
        (json!({"response_format": {"type": "regex", "regex": "(["}}), "response_format"),
        (json!({"response_format": {"type": "xml"}}), "response_format"),
        (json!({"logprobs": true}), "logprobs"),
        (json!({"top_p": 1.5}), "top_p"),
        (json!({"top_p": 0}), "top_p"),
        (json!({"min_p": -1}), "min_p"),
        (json!({"repetition_penalty": 9}), "repetition_penalty"),
        (json!({"logit_bias": {"50256": -100}}), "logit_bias"),
        (json!({"model": "toy-2"}), "model"),
        (json!({"messages": [{"role": "user", "content": "x".repeat(9_000)}]}), "messages"),
    ] {
        let refused = post(&at, &token, &talk("Well?", &change));
        let error = &refused.body["error"];
        let status = if param == "model" { 404 } else { 400 };
        assert_eq!((refused.status, &error["param"]), (status, &json!(param)), "{change}: {}", refused.text);
    }
    let long = post(&at, &token, &talk(&"x".repeat(9_000), &json!({"stream": true})));
    assert_eq!((long.status, &long.body["error"]["details"]["errors"][0]["given"]), (400, &json!("9007 tokens")));
}

#[test]
fn advice_says_who_wrote_it_and_a_model_that_says_nothing_sound_is_completed() {
    let upstream = Upstream::start(quotes((1_000, 200)));
    let at = appliance(&[
        ("llm.route", "local,remote"),
        ("remote.base_url", upstream.base_url.as_str()),
        ("remote.model", "gpt-4o-mini"),
    ]);
    let token = at.person();
    let made = at.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let chart = made.data(201)["id"].as_str().unwrap().to_owned();
    let ask = || {
        let body = json!({"chart_id": chart, "question": "How can I grow in my work?"});
        at.call("POST", "/v1/chat/advise", Some(&token), Some(&body)).data(200).clone()
    };
    let without = ask();
    assert_eq!(without["provider"], "remote", "{without}");
    assert_eq!(without["passed_over"][0], json!({"provider": "local", "reason": "no_model"}));
    // Its letters are no sentence that cites anything, so the composer answers, and the answer says why.
    let model = Model::take(&at, "toy-1", 1_024);
    let with = ask();
    assert_eq!((&with["provider"], &with["degraded"]), (&json!("composer"), &json!("unsupported")), "{with}");
    assert!(with["usage"]["prompt_tokens"].as_u64().unwrap() > 500, "{with}");
    assert_eq!(with["usage"]["cost_micro_usd"], 0);
    assert!(model.strings.steps.load(Ordering::SeqCst) > 0);
    // A context that holds the task and the facts, but not every passage.
    let read = usize::try_from(with["usage"]["prompt_tokens"].as_u64().unwrap()).unwrap();
    let pages = (read + 700 - 200) / 32;
    Model::take(&at, "toy-short", pages);
    let short = ask();
    let cut = usize::try_from(short["usage"]["prompt_tokens"].as_u64().unwrap()).unwrap();
    assert!(cut + 700 <= pages * 32 && cut > 500, "{cut} of {read}");
    // One that holds nothing of it is passed over.
    Model::take(&at, "toy-tiny", 4);
    let tiny = ask();
    assert_eq!(
        (&tiny["provider"], &tiny["passed_over"][0]["reason"]),
        (&json!("remote"), &json!("invalid_request")),
        "{tiny}"
    );
    at.app().local().clear();
    assert_eq!(ask()["passed_over"][0]["reason"], "no_model");
    eventually("the models of before have gone", || at.app().local().footprints().1.is_empty());
}

#[test]
fn an_imported_file_is_taken_into_use_and_put_away() {
    let dir = tempfile::tempdir().unwrap();
    for (file, seed) in [("first.gguf", 1), ("second.gguf", 2)] {
        std::fs::write(dir.path().join(file), Tiny::new("llama", GgmlDType::Q8_0, seed).bytes()).unwrap();
    }
    let at = appliance(&[
        ("models.import_dir", dir.path().to_str().unwrap()),
        ("local.kv_mib", "4"),
        ("local.threads", "1"),
    ]);
    let (token, ops) = (at.person(), at.operator());
    for file in ["first.gguf", "second.gguf"] {
        at.call("POST", "/v1/ops/models", Some(ops), Some(&json!({"file": file}))).data(200);
    }
    let serves = |name: Option<&str>| {
        eventually("the model is in use", || {
            at.app().local().current().map(|model| model.model().to_owned()).as_deref() == name
        });
    };
    let turn = |name: &str, act: &str| {
        at.call("POST", &format!("/v1/ops/models/{name}/{act}"), Some(ops), None).data(200);
    };
    let ask = |model: &str, text: &str| {
        let body = json!({"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 24,
            "temperature": 0.8, "seed": 7});
        post(&at, &token, &body)
    };
    turn("first", "use");
    serves(Some("first"));
    let first = ask("first", "What does Venus say?");
    assert!(first.body["usage"]["completion_tokens"].as_u64().unwrap() > 0, "{}", first.text);
    // Chance starts at the same seed, and what is cached changes nothing.
    let again = ask("first", "What does Venus say?");
    assert_eq!(said(&again), said(&first));
    turn("second", "use");
    serves(Some("second"));
    assert_eq!(ask("first", "What does Venus say?").status, 404);
    assert_ne!(said(&ask("second", "What does Venus say?")), said(&first));
    turn("second", "release");
    serves(None);
    eventually("their memory is free", || at.app().local().footprints().1.is_empty());
}

/// Sends a request for a stream and reads until `enough`; `false` leaves the connection in the middle.
fn listen(at: &Appliance, token: &str, body: &Value, bytes: usize) -> String {
    let body = body.to_string();
    let mut socket = TcpStream::connect(at.address).unwrap();
    socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer {token}\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(head.as_bytes()).unwrap();
    let mut heard = Vec::new();
    let mut buffer = [0; 256];
    while heard.len() < bytes {
        match socket.read(&mut buffer).unwrap() {
            0 => break,
            read => heard.extend_from_slice(&buffer[..read]),
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

#[test]
fn thirty_two_streams_that_break_off_at_random_leave_nothing_held() {
    let at = appliance(&[("local.sequences", "6"), ("local.queue", "64"), ("local.queue_per_tenant", "64")]);
    let model = Model::take(&at, "toy-1", 64);
    model.strings.slow_ms.store(1, Ordering::SeqCst);
    let tokens: Vec<String> = (0..4).map(|_| at.person()).collect();
    std::thread::scope(|scope| {
        for n in 0..32_usize {
            let (at, model, token) = (&at, &model, &tokens[n % 4]);
            scope.spawn(move || {
                let text = format!("{} and then {n}?", "The same beginning for all. ".repeat(n % 5));
                let body = talk(&text, &json!({"stream": true, "max_tokens": 60}));
                // Two of three leave somewhere between the request and the last words.
                let bytes = if n % 3 == 0 { usize::MAX } else { n * 137 % 4_000 };
                let heard = listen(at, token, &body, bytes);
                if n % 3 == 0 {
                    let data = heard
                        .lines()
                        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
                    let whole: String =
                        data.filter_map(|c| c["choices"][0]["delta"]["content"].as_str().map(str::to_owned)).collect();
                    assert_eq!(whole, model.expected(&text, 60), "{heard}");
                }
            });
        }
    });
    eventually("nothing runs, waits or is held", || {
        [
            "local_sequences_running",
            "local_sequences_queued",
            "local_kv_pages{state=\"used\"}",
            "llm_streams_open",
            "ledger_reserved_usd",
        ]
        .iter()
        .all(|name| metric(&at, name) == 0.0)
    });
    let crowd = at.app().admission().crowd();
    assert_eq!((crowd.open, crowd.queued), (0, 0));
    let text = "Is all well?";
    assert_eq!(said(&post(&at, &tokens[0], &talk(text, &json!({})))), model.expected(text, 40));
}

#[test]
fn beyond_its_queue_it_says_when_to_come_back() {
    let at = appliance(&[("local.sequences", "1"), ("local.queue", "1"), ("local.queue_per_tenant", "1")]);
    let model = Model::take(&at, "toy-1", 64);
    let token = at.person();
    model.strings.stuck.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        let ask = |text: &'static str| post(&at, &token, &talk(text, &json!({})));
        let waiting = ["one", "two"].map(|text| scope.spawn(move || ask(text)));
        eventually("one runs and one waits", || at.app().local().current().unwrap().engine().crowd() == (1, 1));
        let busy = ask("three");
        assert_eq!((busy.status, busy.header("retry-after")), (503, Some("5")), "{}", busy.text);
        assert_eq!(busy.body["error"]["details"]["reason"], "upstream_busy", "{}", busy.text);
        model.strings.stuck.store(false, Ordering::SeqCst);
        for answer in waiting {
            said(&answer.join().unwrap());
        }
    });
}
