//! Reads and bounds what a client sends: JSON bodies, path ids, query values. Says what was wrong and what would be right.

use std::str::FromStr;
use std::time::Duration;

use salvo::Request;
use salvo::http::{ParseError, header};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::error::{Code, Error, FieldError, Result};
use crate::limits;

/// Longest message about the shape of a body, in Unicode scalar values.
const SHAPE_MESSAGE_MAX_CHARS: usize = 400;

/// A JSON body: the value, and the bytes it was read from.
#[derive(Debug)]
pub struct Json<T> {
    /// The value.
    pub value: T,
    /// The bytes, for the idempotency hash.
    pub bytes: Vec<u8>,
}

/// Reads a JSON body.
///
/// # Errors
/// `unsupported_media_type`, `body_too_large`, `slow_body`, `malformed_body` (not JSON), `invalid_fields` (JSON of another shape).
pub async fn json<T: DeserializeOwned>(req: &mut Request, max_bytes: usize) -> Result<Json<T>> {
    require_json(req)?;
    let too_large = || Error::new(Code::BodyTooLarge).detail("max_bytes", max_bytes.into());
    if announced_bytes(req).is_some_and(|bytes| bytes > max_bytes as u64) {
        return Err(too_large());
    }
    let within = Duration::from_millis(limits::BODY_ARRIVAL_MAX_MS);
    let arrival = tokio::time::timeout(within, req.payload_with_max_size(max_bytes)).await;
    let bytes = match arrival.map_err(|_| Error::new(Code::SlowBody))? {
        Ok(bytes) => bytes.to_vec(),
        Err(ParseError::PayloadTooLarge) => return Err(too_large()),
        Err(error) => return Err(Error::new(Code::MalformedRequest).because(error)),
    };
    let value = object(&bytes)?;
    Ok(Json { value, bytes })
}

/// What the client says that it is about to send, so that too much is refused before it has come.
fn announced_bytes(req: &Request) -> Option<u64> {
    req.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The value, which must stand in an object: a list would be read by the order of the fields, which is no contract.
fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        return serde_json::from_slice(bytes).map_err(|e| unreadable(&e));
    }
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|e| unreadable(&e))?;
    Err(Error::fields(vec![FieldError::unshown("body", "a JSON object")]))
}

fn require_json(req: &Request) -> Result<()> {
    let coding = req.headers().get(header::CONTENT_ENCODING).map_or(b"identity".as_slice(), |v| v.as_bytes());
    if !coding.eq_ignore_ascii_case(b"identity") {
        let only = serde_json::json!(["identity"]);
        return Err(Error::new(Code::UnsupportedMediaType)
            .message("Send the body without `Content-Encoding`.")
            .detail("allowed_codings", only));
    }
    let given = req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        return Ok(());
    }
    Err(Error::new(Code::UnsupportedMediaType).detail("allowed", serde_json::json!(["application/json"])))
}

fn unreadable(error: &serde_json::Error) -> Error {
    let at = serde_json::json!({"line": error.line(), "column": error.column()});
    match error.classify() {
        Category::Data => Error::fields(vec![FieldError::unshown("body", shape_message(error))]).detail("at", at),
        _ => Error::new(Code::MalformedBody).detail("at", at),
    }
}

/// serde's message without its position, which is given apart. It may repeat a name of the client's, so it is cut short.
fn shape_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let head = text.rsplit_once(" at line ").map_or(text.as_str(), |(head, _)| head);
    head.chars().take(SHAPE_MESSAGE_MAX_CHARS).collect()
}

/// The id in the path. What does not parse cannot exist: `missing` says which 404 that is.
pub fn path_id<I: FromStr>(req: &Request, name: &str, missing: Code) -> Result<I> {
    req.param::<String>(name).and_then(|t| t.parse().ok()).ok_or_else(|| Error::new(missing))
}

/// A query value, refused when it is given twice.
pub fn query(req: &Request, name: &str) -> Result<Option<String>> {
    let Some(values) = req.queries().get_vec(name) else { return Ok(None) };
    match values.as_slice() {
        [one] => Ok(Some(one.clone())),
        _ => Err(Error::fields(vec![FieldError::unshown(format!("query.{name}"), "given once")])),
    }
}

/// Refuses query names that the route does not read, with the ones it does.
pub fn only_queries(req: &Request, allowed: &[&str]) -> Result<()> {
    let unknown = |name: &&String| !allowed.contains(&name.as_str());
    let errors: Vec<_> = req
        .queries()
        .keys()
        .filter(unknown)
        .map(|name| FieldError::unshown(format!("query.{name}"), format!("one of: {}", allowed.join(", "))))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::fields(errors)) }
}

/// One page of a list: how many rows, and after which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<I> {
    /// Rows wanted, 1..=100.
    pub limit: usize,
    /// The last id of the page before.
    pub after: Option<I>,
}

/// Reads `limit` and `cursor`.
pub fn page<I: FromStr>(req: &Request) -> Result<Page<I>> {
    let allowed = format!("a number from 1 to {}", limits::PAGE_MAX_ROWS);
    let limit = match query(req, "limit")? {
        None => limits::PAGE_DEFAULT_ROWS,
        Some(text) => text
            .parse()
            .ok()
            .filter(|n| (1..=limits::PAGE_MAX_ROWS).contains(n))
            .ok_or_else(|| Error::fields(vec![FieldError::new("query.limit", &text, allowed)]))?,
    };
    let after = match query(req, "cursor")? {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            Error::fields(vec![FieldError::new("query.cursor", &text, "the next_cursor of the page before")])
        })?),
    };
    Ok(Page { limit, after })
}
