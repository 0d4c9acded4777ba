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
use crate::auth::{Caller, Scope};
use crate::chat::advisor::{Talk, TalkSeal};
use crate::chat::stream::{Event, Reader};
use crate::error::{Class, Error, FieldError, Result};
use crate::http::body::{json, only_queries};
use crate::http::caller::{app, arrival, caller_for};
use crate::http::edge::request_id_of;
use crate::http::idempotency::{self, Once, Prepared, Seen, seen};
use crate::http::problem::{self, Failure};
use crate::http::quota;
use crate::http::reply::{Stored, write_bare, write_json};
use crate::http::v1::stream::warn;
use crate::http::wire::openai::TalkRequest;
use crate::idempotency::also;
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
    let all = || -> Result<Value> {
        let app = app(depot)?;
        let caller = caller_for(&app, req, Scope::Chat)?;
        only_queries(req, &[])?;
        let data: Vec<Value> = known(&app, &caller)?.iter().map(|id| listed(id)).collect();
        Ok(json!({"object": "list", "data": data}))
    };
    match all() {
        Ok(body) => write_json(res, &body),
        Err(error) => fail(res, &error),
    }
}

/// One model that this caller may ask
///
/// In OpenAI's shape; errors too.
#[endpoint(
    tags("openai"),
    security(["bearer" = []]),
    parameters(("model" = String, Path, description = "Name of a model of `/v1/models`")),
    responses(
        (status_code = 200, body = Value, description = "The model"),
        (status_code = "4XX", body = Failure, description = "The request was refused"),
        (status_code = "5XX", body = Failure, description = "The appliance could not answer"),
    )
)]
pub async fn one_model(req: &mut Request, depot: &mut Depot, res: &mut Response) {
    let found = || -> Result<Value> {
        let app = app(depot)?;
        let caller = caller_for(&app, req, Scope::Chat)?;
        only_queries(req, &[])?;
        let known = known(&app, &caller)?;
        let wanted = req.param::<String>("model").unwrap_or_default();
        let allowed = || format!("one of: {}", known.join(", "));
        let fault = || Error::fields(vec![FieldError::new("model", &wanted, allowed())]);
        known.iter().find(|id| **id == wanted).map(|id| listed(id)).ok_or_else(fault)
    };
    match found() {
        Ok(body) => write_json(res, &body),
        Err(error) => fail(res, &error),
    }
}

fn listed(id: &str) -> Value {
    json!({"id": id, "object": "model", "created": 0, "owned_by": "orrery"})
}

/// Names of the models that a caller may ask: those of its route, and the sentence encoder in use.
fn known(app: &App, caller: &Caller) -> Result<Vec<String>> {
    let route = app.advisor().route(caller, None)?;
    Ok(app.advisor().models(&route).into_iter().chain(app.embeddings().model()).collect())
}

/// Continue a conversation
///
/// In OpenAI's shape, whole or with `stream`; errors too. E-mail addresses, numbers to call, accounts and cards are masked
/// before a message leaves the machine; a local model reads it as it is. Under an `Idempotency-Key` a whole answer is made and
/// charged once, and repeated to the byte; with `stream` a key is refused, as what was streamed is not kept.
#[endpoint(
    tags("openai"),
    security(["bearer" = []]),
    request_body = TalkRequest,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters; not with stream")),
    responses(
        (status_code = 200, body = Value, description = "The answer"),
        (status_code = "4XX", body = Failure, description = "The request was refused"),
        (status_code = "5XX", body = Failure, description = "The appliance could not answer"),
    )
)]
pub async fn complete(req: &mut Request, depot: &mut Depot, res: &mut Response) {
    match answer(req, depot, res).await {
        Ok(Some(body)) => write_bare(res, body),
        Ok(None) => {}
        Err(error) => fail(res, &error),
    }
}

/// The whole answer; `None` when it is streamed.
async fn answer(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<Option<Stored<Value>>> {
    let (app, request) = (app(depot)?, arrival(depot)?);
    let caller = caller_for(&app, req, Scope::Chat)?;
    let body = json::<TalkRequest>(req, app.body_max_bytes()).await?;
    let asked = body.value;
    let is_streamed = asked.stream.unwrap_or(false);
    let once = if is_streamed {
        idempotency::refuse(req, "what is streamed is not kept, so it cannot be repeated")?;
        Once::none()
    } else {
        match seen(&app, &caller, req, &body.bytes)? {
            Seen::Before(earlier) => {
                quota::tell(&app, &caller, res);
                return Ok(Some(earlier));
            }
            Seen::Never(once) => once,
        }
    };
    let route = app.advisor().route(&caller, None)?;
    let count = quota::begin(&app, &caller, res)?;
    let tells_usage = asked.stream_options.as_ref().is_some_and(|options| options.include_usage);
    let talk = asked.read()?;
    let shape = Shape {
        id: String::new(),
        model: talk.model.clone(),
        created: app.ambient().now().seconds(),
        request_id: request_id_of(res),
        tells_usage,
        told_role: false,
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
        seal: (!is_streamed).then(|| sealed(Arc::clone(&app), once.clone(), (shape.model.clone(), shape.created))),
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
    if let Ok(finished) = &finished {
        warn(res, finished.budget_warning.as_deref());
    }
    once.settle(&app, finished.map(|finished| finished.data.to_vec())).map(Some)
}

/// The body of a whole answer, and its record under the key.
fn sealed(app: Arc<App>, once: Once, (named, created): (String, u64)) -> TalkSeal {
    Box::new(move |id, data| {
        let body = json!({
            "id": format!("chatcmpl-{id}"), "object": "chat.completion", "created": created, "model": named,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": data["text"]}, "logprobs": null,
                "finish_reason": data["finish_reason"]}],
            "usage": data["usage"],
        });
        let (prepared, record): (Prepared<Value, 200>, _) = once.prepare(&app, &body)?;
        Ok((prepared.into_data(), Box::new(also(record))))
    })
}

/// What every piece of an answer says of itself.
struct Shape {
    id: String,
    model: String,
    created: u64,
    tells_usage: bool,
    request_id: String,
    /// Whether a piece has said who speaks: clients join what pieces say.
    told_role: bool,
}

impl Shape {
    fn chunk(&self, delta: &Value, finish: &Value) -> String {
        let chunk = json!({"id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]});
        format!("data: {chunk}\n\n")
    }

    fn text(&mut self, event: &Event) -> String {
        match event {
            Event::Delta(text) if std::mem::replace(&mut self.told_role, true) => {
                self.chunk(&json!({"content": text}), &Value::Null)
            }
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
        let (mut reader, mut shape, open) = writing?;
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
    // OpenAI's own statuses, by which its clients choose the class of their error.
    if matches!(error.code().class(), Class::Invalid) {
        let errors = error.details().get("errors").and_then(Value::as_array);
        let is_model = errors.is_some_and(|all| matches!(all.as_slice(), [one] if one["field"] == "model"));
        res.status_code(if is_model { StatusCode::NOT_FOUND } else { StatusCode::BAD_REQUEST });
    }
    let body = failure(error, &request_id_of(res));
    write_json(res, &body);
}
