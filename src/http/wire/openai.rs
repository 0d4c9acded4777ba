//! Wire form of conversations in OpenAI's shape. Members that change nothing here are taken and passed over; those that
//! would change the answer and cannot be honoured are refused.

use salvo::oapi::ToSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::chat::advisor::{Choice, Form};
use crate::error::{Error, FieldError, Result};
use crate::limits;

/// A conversation to be continued.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TalkRequest {
    /// Name of a model of `/v1/models`.
    pub model: String,
    /// What was said so far.
    pub messages: Vec<MessageRequest>,
    /// Most tokens of the answer.
    pub max_tokens: Option<u64>,
    /// The same, by its newer name.
    pub max_completion_tokens: Option<u64>,
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// Where chance starts.
    pub seed: Option<i64>,
    /// One text or up to four, before which the answer ends.
    #[salvo(schema(value_type = Option<Object>))]
    pub stop: Option<Value>,
    /// Whether the answer comes as it is written.
    pub stream: Option<bool>,
    /// What a stream tells beside the text.
    pub stream_options: Option<StreamOptions>,
    /// 1 alone.
    pub n: Option<u64>,
    /// The likeliest tokens alone that together have this chance; above 0, at most 1.
    pub top_p: Option<f64>,
    /// So many of the likeliest tokens alone; 0 for all.
    pub top_k: Option<u32>,
    /// Those tokens alone that have at least this part of the chance of the likeliest; 0 to 1.
    pub min_p: Option<f64>,
    /// Divides the logits of what was said before; 0.5 to 2, 1 for none.
    pub repetition_penalty: Option<f64>,
    /// Taken from the logit of a token for each time that it was written; -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// Taken from the logit of a token that was written; -2 to 2.
    pub presence_penalty: Option<f64>,
    /// `{"type": "text"}`, `{"type": "json_object"}` or `{"type": "json_schema", "json_schema": {"name": .., "schema": ..}}`;
    /// for a local model also `{"type": "regex", "regex": ..}` and `{"type": "grammar", "grammar": ..}` (in Lark's notation).
    #[salvo(schema(value_type = Option<Object>))]
    pub response_format: Option<Value>,
    /// Not taken.
    #[salvo(schema(value_type = Option<Object>))]
    pub tools: Option<Value>,
    /// Not taken.
    pub logprobs: Option<bool>,
    /// Not taken.
    pub top_logprobs: Option<u64>,
    /// Not taken.
    #[salvo(schema(value_type = Option<Object>))]
    pub logit_bias: Option<Value>,
}

/// What a stream tells beside the text.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StreamOptions {
    /// Whether a last chunk tells the usage.
    #[serde(default)]
    pub include_usage: bool,
}

/// One message.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MessageRequest {
    /// `system`, `developer`, `user` or `assistant`.
    pub role: String,
    /// The text, or parts of type `text`.
    #[salvo(schema(value_type = Object))]
    pub content: Content,
}

/// Text, whole or in parts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// Whole.
    Text(String),
    /// In parts.
    Parts(Vec<Part>),
}

/// A part of a message.
#[derive(Debug, Deserialize)]
pub struct Part {
    /// `text`.
    pub r#type: String,
    /// The text.
    #[serde(default)]
    pub text: String,
}

/// A conversation as read.
#[derive(Debug)]
pub struct TalkRead {
    /// Name of the model.
    pub model: String,
    /// Role and text of each message.
    pub said: Vec<(&'static str, String)>,
    /// Most tokens of the answer.
    pub max_tokens: Option<u64>,
    /// In hundredths.
    pub temperature_percent: Option<u32>,
    /// Where chance starts.
    pub seed: Option<u64>,
    /// Texts before which it ends.
    pub stop: Vec<String>,
    /// What else bears on its choice of words.
    pub choice: Choice,
    /// What its text must be.
    pub form: Form,
}

impl TalkRequest {
    /// What it asks, with every member that is wrong named.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub fn read(self) -> Result<TalkRead> {
        let mut errors = Vec::new();
        let mut wrong = |field: &str, allowed: String| errors.push(FieldError::unshown(field, allowed));
        if self.messages.is_empty() || self.messages.len() > limits::TALK_MESSAGES_MAX {
            wrong("messages", format!("1 to {} messages", limits::TALK_MESSAGES_MAX));
        }
        if self.n.is_some_and(|n| n != 1) {
            wrong("n", "1".into());
        }
        if self.tools.as_ref().is_some_and(|tools| !tools.is_null() && tools != &Value::Array(Vec::new())) {
            wrong("tools", "none".into());
        }
        if self.logprobs == Some(true) {
            wrong("logprobs", "false".into());
        }
        if self.top_logprobs.is_some_and(|top| top > 0) {
            wrong("top_logprobs", "none".into());
        }
        if self.logit_bias.as_ref().is_some_and(|bias| !bias.is_null() && bias != &Value::Object(Map::new())) {
            wrong("logit_bias", "none".into());
        }
        let choice = self.choice(&mut wrong);
        let form = form(self.response_format.as_ref());
        if let Err(allowed) = &form {
            wrong("response_format", (*allowed).to_owned());
        }
        let max_tokens = self.max_completion_tokens.or(self.max_tokens);
        if max_tokens.is_some_and(|most| !(1..=limits::MODEL_ANSWER_MAX_TOKENS).contains(&most)) {
            wrong("max_tokens", format!("1 to {}", limits::MODEL_ANSWER_MAX_TOKENS));
        }
        if self.temperature.is_some_and(|t| !(0.0..=2.0).contains(&t)) {
            wrong("temperature", "0 to 2".into());
        }
        let stop = stops(self.stop.as_ref());
        if stop.is_none() {
            let (most, bytes) = (limits::STOP_TEXTS_MAX, limits::STOP_TEXT_MAX_BYTES);
            wrong("stop", format!("a text, or up to {most}, each of 1 to {bytes} bytes"));
        }
        let said: Option<Vec<_>> = self.messages.into_iter().map(MessageRequest::read).collect();
        if said.is_none() {
            wrong("messages", "roles out of system, developer, user, assistant, with text as content".into());
        }
        match (said, stop, form) {
            (Some(said), Some(stop), Ok(form)) if errors.is_empty() => Ok(TalkRead {
                model: self.model,
                said,
                max_tokens,
                temperature_percent: self.temperature.map(|t| (t * 100.0).round() as u32),
                seed: self.seed.map(i64::cast_unsigned),
                stop,
                choice,
                form,
            }),
            _ => Err(Error::fields(errors)),
        }
    }

    fn choice(&self, wrong: &mut impl FnMut(&str, String)) -> Choice {
        let mut within = |name, given: Option<f64>, least: f64, most: f64| {
            if given.is_some_and(|value| !(least..=most).contains(&value)) {
                wrong(name, format!("{least} to {most}"));
            }
            given
        };
        let choice = Choice {
            top_p: within("top_p", self.top_p, 0.0, 1.0),
            top_k: self.top_k,
            min_p: within("min_p", self.min_p, 0.0, 1.0),
            repetition_penalty: within("repetition_penalty", self.repetition_penalty, 0.5, 2.0),
            frequency_penalty: within("frequency_penalty", self.frequency_penalty, -2.0, 2.0),
            presence_penalty: within("presence_penalty", self.presence_penalty, -2.0, 2.0),
        };
        if self.top_p == Some(0.0) {
            wrong("top_p", "above 0, at most 1".into());
        }
        choice
    }
}

/// What a `response_format` asks for; otherwise what would be right.
fn form(given: Option<&Value>) -> Result<Form, &'static str> {
    let Some(given) = given.filter(|given| !given.is_null()) else { return Ok(Form::Text) };
    let text = |member: &str| given[member].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    match given["type"].as_str() {
        Some("text") => Ok(Form::Text),
        Some("json_object") => Ok(Form::JsonObject),
        Some("json_schema") => {
            let inner = &given["json_schema"];
            let name = inner["name"].as_str().filter(|name| (1..=64).contains(&name.len()));
            match (name, inner["schema"].is_object()) {
                (Some(name), true) => Ok(Form::JsonSchema {
                    name: name.to_owned(),
                    schema: inner["schema"].clone(),
                    strict: inner["strict"].as_bool(),
                }),
                _ => Err("a `json_schema` with a `name` of 1 to 64 bytes and an object as `schema`"),
            }
        }
        Some("regex") => text("regex").map(Form::Regex).ok_or("a `regex` that is a text"),
        Some("grammar") => text("grammar").map(Form::Grammar).ok_or("a `grammar` that is a text"),
        _ => Err("a `type` out of text, json_object, json_schema, regex, grammar"),
    }
}

impl MessageRequest {
    fn read(self) -> Option<(&'static str, String)> {
        let role = match self.role.as_str() {
            "system" | "developer" => "system",
            "user" => "user",
            "assistant" => "assistant",
            _ => return None,
        };
        let text = match self.content {
            Content::Text(text) => text,
            Content::Parts(parts) if parts.iter().all(|part| part.r#type == "text") => {
                parts.into_iter().map(|part| part.text).collect()
            }
            Content::Parts(_) => return None,
        };
        Some((role, text))
    }
}

fn stops(given: Option<&Value>) -> Option<Vec<String>> {
    let stops: Vec<String> = match given {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>()?,
        Some(_) => return None,
    };
    let fits = |stop: &String| (1..=limits::STOP_TEXT_MAX_BYTES).contains(&stop.len());
    let fits = stops.len() <= limits::STOP_TEXTS_MAX && stops.iter().all(fits);
    fits.then_some(stops)
}
