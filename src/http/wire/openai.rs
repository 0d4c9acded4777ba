//! Wire form of conversations in OpenAI's shape. Members that change nothing here are taken and passed over; those that
//! would change the answer and cannot be honoured are refused.

use salvo::oapi::ToSchema;
use serde::Deserialize;
use serde_json::Value;

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
    /// `{"type": "text"}` alone.
    #[salvo(schema(value_type = Option<Object>))]
    pub response_format: Option<Value>,
    /// Not taken.
    #[salvo(schema(value_type = Option<Object>))]
    pub tools: Option<Value>,
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
        if self.response_format.as_ref().is_some_and(|format| !format.is_null() && format["type"] != "text") {
            wrong("response_format", "{\"type\": \"text\"}".into());
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
            wrong("stop", "a text, or up to four, each of 1 to 64 bytes".into());
        }
        let said: Option<Vec<_>> = self.messages.into_iter().map(MessageRequest::read).collect();
        if said.is_none() {
            wrong("messages", "roles out of system, developer, user, assistant, with text as content".into());
        }
        match (said, stop) {
            (Some(said), Some(stop)) if errors.is_empty() => Ok(TalkRead {
                model: self.model,
                said,
                max_tokens,
                temperature_percent: self.temperature.map(|t| (t * 100.0).round() as u32),
                seed: self.seed.map(i64::cast_unsigned),
                stop,
            }),
            _ => Err(Error::fields(errors)),
        }
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
    let fits = stops.len() <= 4 && stops.iter().all(|stop| (1..=64).contains(&stop.len()));
    fits.then_some(stops)
}
