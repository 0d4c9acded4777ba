//! The local model as the gateway asks it, with a toy behind it.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::*;
use crate::ids::TenantId;
use crate::llm::local::toy::{Letters, Strings, Toy};
use crate::llm::model::{Choice, Finish, Party};
use crate::telemetry::Metrics;

const BOUNDS: Bounds = Bounds { sequences: 4, queue: 8, queue_per_tenant: 8 };

/// Each message on a line; refuses to hear of the weather.
struct Lines(Arc<Letters>);

impl Script for Lines {
    fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>, String> {
        if messages.iter().any(|message| message.text.contains("weather")) {
            return Err("no weather".into());
        }
        let lines: Vec<String> = messages.iter().map(|m| format!("{}: {}\n", m.role, m.text)).collect();
        Ok(self.0.encode(&lines.concat(), true))
    }
}

fn loaded(name: &str, memory_bytes: u64) -> (Loaded, Arc<Strings>) {
    let letters = Arc::new(Letters::with_words(&["{\"", "\":", "true"]));
    let (toy, strings) = Toy::new(&*letters, 64, 1_024, 5);
    let script = Arc::new(Lines(Arc::clone(&letters)));
    (Loaded { name: name.into(), forward: Box::new(toy), vocabulary: letters, script, memory_bytes }, strings)
}

fn slot() -> Slot {
    Slot::new(BOUNDS, Metrics::new().unwrap().engine)
}

fn ask(text: &str) -> Ask {
    Ask {
        messages: vec![Message { role: "user", text: text.into() }],
        max_tokens: 40,
        temperature_percent: 80,
        seed: 11,
        within: Duration::from_secs(30),
        choice: Choice::default(),
        stop: Vec::new(),
        form: Form::Text,
        party: Party { tenant: TenantId([1; 16]), weight: 1 },
    }
}

async fn hear(mut deltas: Deltas) -> Result<(String, Finish), Failure> {
    let mut text = String::new();
    while let Some(delta) = deltas.next().await {
        match delta? {
            Delta::Text(more) => text.push_str(&more),
            Delta::End(end) => return Ok((text, end.finish)),
        }
    }
    panic!("no end");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_says_the_same_and_another_something_else() {
    let slot = slot();
    slot.take(loaded("toy-1", 1).0).unwrap();
    let model = slot.current().unwrap();
    assert_eq!((model.provider(), model.model(), model.context_tokens()), ("local", "toy-1", Some(1_024)));
    let first = hear(model.open(ask("Hello")).await.unwrap()).await.unwrap();
    let again = hear(model.open(ask("Hello")).await.unwrap()).await.unwrap();
    let other = hear(model.open(Ask { seed: 12, ..ask("Hello") }).await.unwrap()).await.unwrap();
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert_eq!(model.measure(&ask("Hello").messages).await, Some("user: Hello\n".len() as u64));
    assert_eq!(model.tokenizer().unwrap().count("Hello"), Some(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_is_held_to_and_a_bad_one_is_named() {
    let slot = slot();
    slot.take(loaded("toy-1", 1).0).unwrap();
    let model = slot.current().unwrap();
    let schema = json!({"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"], "additionalProperties": false});
    let form = Form::JsonSchema { name: "ok".into(), schema, strict: None };
    let (text, finish) = hear(model.open(Ask { form, max_tokens: 200, ..ask("Well?") }).await.unwrap()).await.unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert!(value["ok"].is_boolean() && finish == Finish::Stop, "{text}");
    let bad = Form::JsonSchema { name: "bad".into(), schema: json!({"type": "planet"}), strict: None };
    let refused = model.open(Ask { form: bad, ..ask("Well?") }).await.err().unwrap();
    assert_eq!((refused.reason, refused.fault.unwrap().field.as_str()), (Reason::Invalid, "response_format"));
    let refused = model.open(ask("How is the weather?")).await.err().unwrap();
    let fault = refused.fault.unwrap();
    assert_eq!((fault.field.as_str(), fault.allowed.as_str()), ("messages", "no weather"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_model_takes_over_and_no_stream_is_dropped() {
    let slot = slot();
    let (first, strings) = loaded("toy-1", 100);
    slot.take(first).unwrap();
    strings.slow_ms.store(5, Ordering::SeqCst);
    let before = slot.current().unwrap();
    let deltas = before.open(ask("A long story")).await.unwrap();
    slot.take(loaded("toy-2", 30).0).unwrap();
    let (current, leaving) = slot.footprints();
    assert_eq!(current, Some(Footprint { name: "toy-2".into(), memory_bytes: 30 }));
    assert_eq!(leaving, [Footprint { name: "toy-1".into(), memory_bytes: 100 }]);
    assert_eq!(before.open(ask("More")).await.err().unwrap().reason, Reason::Busy);
    let other = hear(slot.current().unwrap().open(ask("A short one")).await.unwrap());
    let (old, new) = tokio::join!(hear(deltas), other);
    assert!(old.is_ok() && new.is_ok());
    tokio::time::timeout(Duration::from_secs(10), before.engine().ended()).await.unwrap();
    assert!(slot.footprints().1.is_empty());
    slot.clear();
    assert!(slot.current().is_none());
    slot.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_never_ends_hangs_no_caller() {
    let slot = slot();
    let (loaded, strings) = loaded("toy-1", 1);
    slot.take(loaded).unwrap();
    strings.stuck.store(true, Ordering::SeqCst);
    let model = slot.current().unwrap();
    let late = model.open(Ask { within: Duration::from_millis(10), ..ask("Hello") }).await.err().unwrap();
    assert_eq!(late.reason, Reason::Timeout);
    strings.stuck.store(false, Ordering::SeqCst);
    assert!(hear(model.open(ask("Hello")).await.unwrap()).await.is_ok());
}
