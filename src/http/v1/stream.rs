//! Answers as server-sent events: `POST /v1/chat/advise` with `Accept: text/event-stream`, and reading on after a break.
//! Formats what happens; decides nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use salvo::http::{HeaderValue, ResBody, StatusCode, header};
use salvo::oapi::{self, Components, EndpointOutRegister, Operation, RefOr, ToSchema, endpoint};
use salvo::{Depot, Request, Response, Scribe};
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Scope;
use crate::chat::stream::{Event, Reader};
use crate::error::{Code, Error, FieldError, Result};
use crate::http::body::{only_queries, path_id, unfound};
use crate::http::caller::{app, caller_for};
use crate::http::edge::request_id_of;
use crate::http::problem::Problem;
use crate::http::reply::Stored;
use crate::http::wire::chat::AdviseReply;
use crate::ids::AnswerId;
use crate::limits;
use crate::telemetry::InFlight;

const EVENT_STREAM: &str = "text/event-stream";
/// Header that tells of a limit of which much is spent.
const BUDGET_WARNING: &str = "x-budget-warning";

/// Whether the client prefers the answer as it comes.
pub fn is_wanted(req: &Request) -> bool {
    let accept = req.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|kind| kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(EVENT_STREAM))
}

/// An answer being written to a client; counts as a request that is open.
struct Writing {
    reader: Reader,
    id: Option<AnswerId>,
    request_id: String,
    _open: InFlight,
}

/// Sends what the reader hears, as it happens.
pub fn send(app: &Arc<App>, res: &mut Response, reader: Reader, id: Option<AnswerId>) {
    let request_id = request_id_of(res);
    let writing = Writing { reader, id, request_id, _open: app.metrics().http_started() };
    let events = stream::unfold(Some(writing), |writing| async move {
        let mut writing = writing?;
        let within = Duration::from_millis(limits::STREAM_HEARTBEAT_MS);
        match tokio::time::timeout(within, writing.reader.next()).await {
            Err(_) => Some((": still here\n\n".to_owned(), Some(writing))),
            Ok(None) => None,
            Ok(Some((place, event))) => {
                let text = writing.text(place, &event);
                Some((text, (!event.is_last()).then_some(writing)))
            }
        }
    });
    res.status_code(StatusCode::OK);
    res.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    // Proxies would gather what is meant to be read at once.
    res.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    res.body(ResBody::stream(events.map(|text| Ok::<_, std::convert::Infallible>(text.into_bytes()))));
}

impl Writing {
    fn text(&mut self, place: usize, event: &Event) -> String {
        let mut out = String::new();
        match event {
            Event::Meta { id, chart, language, date } => {
                self.id = Some(*id);
                let data = json!({"id": id.to_string(), "chart_id": chart.to_string(), "language": language.code(),
                    "date": date, "request_id": self.request_id});
                self.push(&mut out, place, "meta", &data);
            }
            Event::Delta(text) => self.push(&mut out, place, "delta", &json!({"text": text})),
            Event::Citation(c) => {
                let data =
                    json!({"marker": c.marker, "id": c.id, "title": c.title, "passage": c.passage, "score": c.score});
                self.push(&mut out, place, "citation", &data);
            }
            Event::Done(finished) => {
                let data: Value = serde_json::from_slice(&finished.data).unwrap_or_default();
                // Without an id: who reads on from here has not read the end.
                out = format!("event: usage\ndata: {}\n\n", data["usage"]);
                self.push(&mut out, place, "done", &data);
            }
            Event::Failed(error) => {
                let data = json!({"code": error.code().as_str(), "message": error.public_message(),
                    "details": error.details(), "request_id": self.request_id});
                self.push(&mut out, place, "error", &data);
            }
        }
        out
    }

    fn push(&self, out: &mut String, place: usize, name: &str, data: &Value) {
        use std::fmt::Write;
        if let Some(id) = self.id {
            let _ = writeln!(out, "id: {id}:{place}");
        }
        // JSON holds no line break.
        let _ = write!(out, "event: {name}\ndata: {data}\n\n");
    }
}

/// An answer, whole or as it comes.
pub enum Advised {
    /// Whole, and the limit of which much is spent.
    Whole(Stored<AdviseReply>, Option<String>),
    /// As it comes, and the limit that was near its end when it began.
    Streamed(Arc<App>, Reader, Option<String>),
}

impl Advised {
    /// An answer that was given before, in the form that is wanted now.
    pub fn again(app: Arc<App>, stored: Stored<AdviseReply>, is_streamed: bool) -> Self {
        if !is_streamed {
            return Self::Whole(stored, None);
        }
        let data: Value = serde_json::from_slice(&stored.data).unwrap_or_default();
        let text = data["answer"].as_str().unwrap_or_default().to_owned();
        Self::Streamed(app, Reader::replay(text, stored.data), None)
    }

    /// An answer as it comes, once it has begun.
    ///
    /// # Errors
    /// What it failed with before it said anything: it has a status of its own.
    pub async fn begun(app: Arc<App>, reader: Reader) -> Result<Self> {
        let warning = reader.begun(app.advisor().head_max()).await?;
        Ok(Self::Streamed(app, reader, warning))
    }
}

impl Scribe for Advised {
    fn render(self, res: &mut Response) {
        match self {
            Self::Streamed(app, reader, warning) => {
                warn(res, warning.as_deref());
                send(&app, res, reader, None);
            }
            Self::Whole(stored, warning) => {
                warn(res, warning.as_deref());
                stored.render(res);
            }
        }
    }
}

/// Tells of a limit that is near its end.
pub fn warn(res: &mut Response, warning: Option<&str>) {
    if let Some(value) = warning.and_then(|text| HeaderValue::from_str(text).ok()) {
        res.headers_mut().insert(BUDGET_WARNING, value);
    }
}

impl EndpointOutRegister for Advised {
    fn register(components: &mut Components, operation: &mut Operation) {
        Stored::<AdviseReply>::register(components, operation);
        if let Some(RefOr::Type(done)) = operation.responses.get_mut("200") {
            done.contents.insert(EVENT_STREAM.to_owned(), oapi::Content::new(String::to_schema(components)));
        }
    }
}

/// Where a client stopped, from `Last-Event-ID`: the event behind it.
fn from(req: &Request, id: AnswerId) -> Result<usize> {
    let Some(value) = req.headers().get("last-event-id") else { return Ok(0) };
    let text = value.to_str().unwrap_or_default();
    let place =
        text.rsplit_once(':').filter(|(of, _)| *of == id.to_string()).and_then(|(_, n)| n.parse::<usize>().ok());
    let refused = || FieldError::new("header.last-event-id", text, "the id of an event of this answer");
    place.map(|place| place.saturating_add(1)).ok_or_else(|| Error::fields(vec![refused()]))
}

/// Read an answer on
///
/// Gives the events of an answer that is on its way or ended within the last minute, those behind `Last-Event-ID` when it
/// is sent. An answer that nobody reads any more is cut; what it had said can be read here.
#[endpoint(
    tags("chat"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the answer, from its `meta` event"),
        ("Last-Event-ID" = Option<String>, Header, description = "Id of the last event that was read"),
    ),
    responses((status_code = 200, body = String, content_type = "text/event-stream", description = "The events"))
)]
pub async fn resume(req: &mut Request, depot: &mut Depot, res: &mut Response) -> std::result::Result<(), Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Chat)?;
    only_queries(req, &[])?;
    let id: AnswerId = path_id(req, "id", Code::StreamNotFound)?;
    let from = from(req, id)?;
    let reader = app.advisor().resume(&caller, id, from).map_err(|error| unfound(req, "id", error))?;
    send(&app, res, reader, Some(id));
    Ok(())
}
