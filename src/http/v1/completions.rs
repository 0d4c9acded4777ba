//! `/v1/chat/completions` and `/v1/models` in OpenAI's shapes, so that its clients can be pointed here. What reaches a model
//! this way is the caller's own conversation: it is masked, held and charged, and neither checked nor kept.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use salvo::http::{HeaderValue, ResBody, StatusCode, header};
use salvo::oapi::endpoint;
use salvo::{Depot, Request, Response};
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Scope;
use crate::chat::advisor::Talk;
use crate::chat::stream::{Event, Reader};
use crate::error::{Class, Error, Result};
use crate::http::body::{json, only_queries};
use crate::http::caller::{app, arrival, caller_for};
use crate::http::edge::request_id_of;
use crate::http::idempotency;
use crate::http::problem::{self, Failure};
use crate::http::quota;
use crate::http::reply::write_json;
use crate::http::v1::stream::warn;
use crate::http::wire::openai::TalkRequest;
use crate::limits;
use crate::telemetry::InFlight;

/// Models that this caller may ask
///
/// In OpenAI's shape; errors too.
#[endpoint(
    tags("openai"),
    security(["bearer" = []]),
    responses(
        (status_code = 200, body = Value, description = "The models"),
        (status_code = "4XX", body = Failure, description = "The request was refused"),
        (status_code = "5XX", body = Failure, description = "The appliance could not answer"),
    )
)]
pub async fn models(req: &mut Request, depot: &mut Depot, res: &mut Response) {
    let listed = || -> Result<Value> {
        let app = app(depot)?;
        let caller = caller_for(&app, req, Scope::Chat)?;
        only_queries(req, &[])?;
        let route = app.advisor().route(&caller, None)?;
        let model = |id: &String| json!({"id": id, "object": "model", "created": 0, "owned_by": "orrery"});
        let embedding = app.embeddings().model();
        let data: Vec<Value> = app.advisor().models(&route).iter().chain(&embedding).map(model).collect();
        Ok(json!({"object": "list", "data": data}))
    };
    match listed() {
        Ok(body) => write_json(res, &body),
        Err(error) => fail(res, &error),
    }
}

/// Continue a conversation
///
/// In OpenAI's shape, whole or with `stream`; errors too. E-mail addresses, numbers to call, accounts and cards are masked
/// before a message leaves the machine; a local model reads it as it is. An `Idempotency-Key` is refused: a conversation is not kept, so that its answer could
/// not be repeated.
#[endpoint(
    tags("openai"),
    security(["bearer" = []]),
    request_body = TalkRequest,
    responses(
        (status_code = 200, body = Value, description = "The answer"),
        (status_code = "4XX", body = Failure, description = "The request was refused"),
        (status_code = "5XX", body = Failure, description = "The appliance could not answer"),
    )
)]
pub async fn complete(req: &mut Request, depot: &mut Depot, res: &mut Response) {
    match answer(req, depot, res).await {
        Ok(Some(body)) => write_json(res, &body),
        Ok(None) => {}
        Err(error) => fail(res, &error),
    }
}

/// The whole answer; `None` when it is streamed.
async fn answer(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<Option<Value>> {
    let (app, request) = (app(depot)?, arrival(depot)?);
    let caller = caller_for(&app, req, Scope::Chat)?;
    idempotency::refuse(req, "a conversation is not kept, so its answer cannot be repeated")?;
    let asked = json::<TalkRequest>(req, app.body_max_bytes()).await?.value;
    let route = app.advisor().route(&caller, None)?;
    let count = quota::begin(&app, &caller, res)?;
    let is_streamed = asked.stream.unwrap_or(false);
    let tells_usage = asked.stream_options.as_ref().is_some_and(|options| options.include_usage);
    let talk = asked.read()?;
    let shape = Shape {
        id: String::new(),
        model: talk.model.clone(),
        created: app.ambient().now().seconds(),
        request_id: request_id_of(res),
        tells_usage,
    };
    let talk = Talk {
        caller,
        request,
        route,
        model: talk.model,
        said: talk.said,
        max_tokens: talk.max_tokens,
        temperature_percent: talk.temperature_percent,
        seed: talk.seed,
        stop: talk.stop,
        choice: talk.choice,
        form: talk.form,
        is_streamed,
        count: Some(count),
    };
    let (id, reader) = app.advisor().talk(talk)?;
    let shape = Shape { id: format!("chatcmpl-{id}"), ..shape };
    if is_streamed {
        quota::tell(&app, &caller, res);
        let warning = reader.begun(app.advisor().head_max()).await?;
        warn(res, warning.as_deref());
        send(&app, res, reader, shape);
        return Ok(None);
    }
    let finished = reader.outcome().await;
    quota::tell(&app, &caller, res);
    let finished = finished?;
    warn(res, finished.budget_warning.as_deref());
    let data: Value = serde_json::from_slice(&finished.data).map_err(Error::internal)?;
    Ok(Some(json!({
        "id": shape.id, "object": "chat.completion", "created": shape.created, "model": shape.model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": data["text"]}, "logprobs": null,
            "finish_reason": data["finish_reason"]}],
        "usage": data["usage"],
    })))
}

/// What every piece of an answer says of itself.
struct Shape {
    id: String,
    model: String,
    created: u64,
    tells_usage: bool,
    request_id: String,
}

impl Shape {
    fn chunk(&self, delta: &Value, finish: &Value) -> String {
        let chunk = json!({"id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]});
        format!("data: {chunk}\n\n")
    }

    fn text(&self, event: &Event) -> String {
        match event {
            Event::Delta(text) => self.chunk(&json!({"role": "assistant", "content": text}), &Value::Null),
            Event::Done(finished) => {
                let data: Value = serde_json::from_slice(&finished.data).unwrap_or_default();
                let mut text = self.chunk(&json!({}), &data["finish_reason"]);
                if data["budget_warning"].is_string() {
                    // As a comment, which other clients pass over: the head was sent before this was known.
                    text =
                        format!(": x-budget-warning {}\n\n{text}", data["budget_warning"].as_str().unwrap_or_default());
                }
                if self.tells_usage {
                    let usage = json!({"id": self.id, "object": "chat.completion.chunk", "created": self.created,
                        "model": self.model, "choices": [], "usage": data["usage"]});
                    text = format!("{text}data: {usage}\n\n");
                }
                text + "data: [DONE]\n\n"
            }
            Event::Failed(error) => format!("data: {}\n\n", failure(error, &self.request_id)),
            Event::Meta { .. } | Event::Citation(_) => String::new(),
        }
    }
}

fn send(app: &Arc<App>, res: &mut Response, reader: Reader, shape: Shape) {
    let open: InFlight = app.metrics().http_started();
    let events = stream::unfold(Some((reader, shape, open)), |writing| async move {
        let (mut reader, shape, open) = writing?;
        let within = Duration::from_millis(limits::STREAM_HEARTBEAT_MS);
        match tokio::time::timeout(within, reader.next()).await {
            Err(_) => Some((": still here\n\n".to_owned(), Some((reader, shape, open)))),
            Ok(None) => None,
            Ok(Some((_, event))) => {
                let text = shape.text(&event);
                Some((text, (!event.is_last()).then_some((reader, shape, open))))
            }
        }
    });
    res.status_code(StatusCode::OK);
    res.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    res.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    res.body(ResBody::stream(events.map(|text| Ok::<_, std::convert::Infallible>(text.into_bytes()))));
}

/// OpenAI's shape of a failure, with the members of our own beside it.
fn failure(error: &Error, request_id: &str) -> Value {
    let kind = match error.code().class() {
        Class::Unauthenticated => "authentication_error",
        Class::Forbidden => "permission_error",
        Class::Throttled => "rate_limit_error",
        Class::PaymentRequired => "insufficient_quota",
        Class::Internal | Class::Unavailable | Class::Upstream | Class::Timeout => "server_error",
        _ => "invalid_request_error",
    };
    let errors = error.details().get("errors").and_then(Value::as_array).cloned().unwrap_or_default();
    let first = errors.first().cloned().unwrap_or_default();
    let message = match (first["field"].as_str(), first["allowed"].as_str()) {
        (Some(field), Some(allowed)) => format!("{} {field}: {allowed}.", error.public_message()),
        _ => error.public_message().to_owned(),
    };
    json!({"error": {"message": message, "type": kind, "param": first["field"], "code": error.code().as_str(),
        "details": error.details(), "request_id": request_id}})
}

/// Writes an error in OpenAI's shape.
pub(super) fn fail(res: &mut Response, error: &Error) {
    problem::head(error, res);
    let body = failure(error, &request_id_of(res));
    write_json(res, &body);
}
