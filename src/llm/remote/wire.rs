//! P: The shapes of an OpenAI-compatible `/chat/completions`, to it and from it, streamed and whole. What comes is not
//! trusted: unknown members are passed over, missing ones have a meaning, wrong ones are an error.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::llm::model::{Ask, Choice, Delta, End, Failure, Finish, Form, Reason, Reported};

/// The body of a request.
pub fn request(model: &str, ask: &Ask, stream: bool) -> Vec<u8> {
    let messages: Vec<Value> = ask.messages.iter().map(|m| json!({"role": m.role, "content": m.text})).collect();
    let mut body = json!({
        "model": model,
        "messages": messages,
        "max_tokens": ask.max_tokens,
        "temperature": f64::from(ask.temperature_percent) / 100.0,
        // Some take no seed above 2^31.
        "seed": ask.seed & 0x7fff_ffff,
        "stream": stream,
    });
    add_choice(&mut body, &ask.choice);
    if !ask.stop.is_empty() {
        body["stop"] = json!(ask.stop);
    }
    if let Some(form) = response_format(&ask.form) {
        body["response_format"] = form;
    }
    if stream {
        body["stream_options"] = json!({"include_usage": true});
    }
    body.to_string().into_bytes()
}

/// Only what was asked for: `top_k`, `min_p` and `repetition_penalty` are not OpenAI's own, and it refuses them.
fn add_choice(body: &mut Value, choice: &Choice) {
    let Choice { top_p, top_k, min_p, repetition_penalty, frequency_penalty, presence_penalty } = *choice;
    for (name, value) in [
        ("top_p", top_p),
        ("min_p", min_p),
        ("repetition_penalty", repetition_penalty),
        ("frequency_penalty", frequency_penalty),
        ("presence_penalty", presence_penalty),
    ] {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    if let Some(top_k) = top_k {
        body["top_k"] = json!(top_k);
    }
}

/// An upstream knows no expressions and no grammars; whoever asks for one is refused before.
fn response_format(form: &Form) -> Option<Value> {
    match form {
        Form::Text | Form::Regex(_) | Form::Grammar(_) => None,
        Form::JsonObject => Some(json!({"type": "json_object"})),
        Form::JsonSchema { name, schema, strict } => {
            let mut inner = json!({"name": name, "schema": schema});
            if let Some(strict) = strict {
                inner["strict"] = json!(strict);
            }
            Some(json!({"type": "json_schema", "json_schema": inner}))
        }
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Offer>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Offer {
    #[serde(default)]
    delta: Option<Said>,
    #[serde(default)]
    message: Option<Said>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize, Serialize)]
struct Details {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

/// What was read of an answer so far.
#[derive(Debug, Default)]
pub struct Reader {
    finish: Option<Finish>,
    usage: Option<Reported>,
    /// Whether there was an answer at all, be it an empty one.
    answered: bool,
}

impl Reader {
    /// At the start.
    pub const fn new() -> Self {
        Self { finish: None, usage: None, answered: false }
    }

    /// Reads one event of a stream, or a whole answer; gives its text, when it has one.
    ///
    /// # Errors
    /// What is no answer.
    pub fn read(&mut self, data: &str) -> Result<Option<String>, Failure> {
        let unreadable = |detail: String| Failure::new(Reason::Error, detail);
        // serde's message may quote what came; its place is enough.
        let at =
            |e: serde_json::Error| unreadable(format!("unreadable answer at line {} column {}", e.line(), e.column()));
        let chunk: Chunk = serde_json::from_str(data).map_err(at)?;
        if chunk.error.is_some() {
            return Err(unreadable("the upstream reported an error within its answer".into()));
        }
        if let Some(usage) = chunk.usage {
            let cached_tokens = usage.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
            self.usage = Some(Reported {
                prompt_tokens: usage.prompt_tokens,
                cached_tokens: cached_tokens.min(usage.prompt_tokens),
                completion_tokens: usage.completion_tokens,
            });
        }
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(None) };
        self.answered = true;
        if let Some(reason) = choice.finish_reason {
            self.finish = Some(match reason.as_str() {
                "length" => Finish::Length,
                "content_filter" => Finish::Filtered,
                _ => Finish::Stop,
            });
        }
        let said = choice.delta.or(choice.message).and_then(|said| said.content);
        Ok(said.filter(|text| !text.is_empty()))
    }

    /// The end, once `[DONE]` was read or the answer was whole. A stream that ends without saying why was cut.
    ///
    /// # Errors
    /// [`Reason::Error`] when it was cut, or held no answer.
    pub fn end(&self, said_done: bool) -> Result<Delta, Failure> {
        if said_done && !self.answered {
            return Err(Failure::new(Reason::Error, "the upstream sent no answer: there is no choice in it"));
        }
        let cut = || Failure::new(Reason::Error, "the stream ended before the answer did");
        let finish = self.finish.or(said_done.then_some(Finish::Stop)).ok_or_else(cut)?;
        Ok(Delta::End(End { finish, usage: self.usage }))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::ids::TenantId;
    use crate::llm::model::{Message, Party};

    fn ask() -> Ask {
        Ask {
            messages: vec![Message { role: "user", text: "hé \"x\"".into() }],
            max_tokens: 70,
            temperature_percent: 30,
            seed: u64::MAX,
            within: Duration::from_secs(1),
            choice: Choice::default(),
            stop: Vec::new(),
            form: Form::Text,
            party: Party { tenant: TenantId([7; 16]), weight: 1 },
        }
    }

    #[test]
    fn what_was_asked_beside_goes_by_its_public_name() {
        let schema = json!({"type": "object"});
        let ask = Ask {
            choice: Choice { top_p: Some(0.5), top_k: Some(40), ..Choice::default() },
            stop: vec!["END".into()],
            form: Form::JsonSchema { name: "n".into(), schema: schema.clone(), strict: Some(true) },
            ..ask()
        };
        let body: Value = serde_json::from_slice(&request("m-1", &ask, false)).unwrap();
        assert_eq!((&body["top_p"], &body["top_k"], &body["stop"]), (&json!(0.5), &json!(40), &json!(["END"])));
        let form = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": true}});
        assert_eq!(body["response_format"], form);
        assert!(body.get("min_p").is_none() && !body.to_string().contains("tenant"));
        let object = Ask { form: Form::JsonObject, ..self::ask() };
        let body: Value = serde_json::from_slice(&request("m-1", &object, false)).unwrap();
        assert_eq!(body["response_format"], json!({"type": "json_object"}));
    }

    #[test]
    fn a_request_holds_what_was_asked_and_no_more() {
        let ask = ask();
        let body: Value = serde_json::from_slice(&request("m-1", &ask, true)).unwrap();
        let expected = json!({"model": "m-1", "messages": [{"role": "user", "content": "hé \"x\""}], "max_tokens": 70,
            "temperature": 0.3, "seed": 0x7fff_ffff, "stream": true, "stream_options": {"include_usage": true}});
        assert_eq!(body, expected);
        assert!(serde_json::from_slice::<Value>(&request("m-1", &ask, false)).unwrap()["stream_options"].is_null());
    }

    /// Events as the public API documents them.
    #[test]
    fn a_stream_is_read_to_its_usage() {
        let mut reader = Reader::new();
        let mut text = String::new();
        for event in [
            r#"{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":null}]}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":4}}}"#,
        ] {
            text.extend(reader.read(event).unwrap());
        }
        assert_eq!(text, "Hello");
        let usage = Reported { prompt_tokens: 19, cached_tokens: 4, completion_tokens: 10 };
        assert_eq!(reader.end(true), Ok(Delta::End(End { finish: Finish::Length, usage: Some(usage) })));
    }

    #[test]
    fn what_is_no_answer_is_an_error_and_is_not_quoted() {
        for data in ["", "secret words", "[1", r#"{"choices":"secret"}"#, r#"{"error":{"message":"secret"}}"#] {
            let failure = Reader::new().read(data).unwrap_err();
            assert_eq!(failure.reason, Reason::Error);
            assert!(!failure.detail.contains("secret"), "{failure:?}");
        }
        assert!(Reader::new().end(false).is_err() && Reader::new().end(true).is_err());
    }

    proptest! {
        #[test]
        fn no_data_breaks_it(data in any::<String>()) {
            let _ = Reader::new().read(&data);
        }
    }
}
