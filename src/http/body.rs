//! Reads and bounds what a client sends: JSON bodies, path ids, query values. Says what was wrong and what would be right.

use std::str::FromStr;
use std::time::Duration;

use salvo::Request;
use salvo::http::{ParseError, header};
use serde::de::DeserializeOwned;

use super::shape::{self, cut};
use crate::error::{Class, Code, Error, FieldError, Result, nearest};
use crate::limits;

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
    let value = shape::object(&bytes)?;
    Ok(Json { value, bytes })
}

/// What the client says that it is about to send, so that too much is refused before it has come.
fn announced_bytes(req: &Request) -> Option<u64> {
    req.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
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

/// The id in the path. What does not parse cannot exist: `missing` says which 404 that is.
pub fn path_id<I: FromStr>(req: &Request, name: &str, missing: Code) -> Result<I> {
    let id = req.param::<String>(name).and_then(|text| text.parse().ok());
    id.ok_or_else(|| unfound(req, name, Error::new(missing)))
}

/// Of something that was not found, the parameter of the path that names it.
pub fn unfound(req: &Request, name: &str, error: Error) -> Error {
    if error.code().class() != Class::NotFound || error.details().contains_key("errors") {
        return error;
    }
    let given = req.param::<String>(name).unwrap_or_default();
    let allowed = allowed_id(error.code());
    error.at(vec![FieldError::new(format!("path.{name}"), given, allowed)])
}

/// What would have been found.
pub const fn allowed_id(missing: Code) -> &'static str {
    match missing {
        Code::ChartNotFound => "the id of one of your charts",
        Code::StreamNotFound => "the id of an answer of yours that is on its way or ended within the last minute",
        Code::SessionNotFound => "the id of one of your live sessions",
        Code::TenantNotFound => "the slug of a tenant",
        Code::RulesetNotFound => "the name and version of a ruleset",
        _ => "the name of something that is there",
    }
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
    let may = if allowed.is_empty() { "no parameters".to_owned() } else { format!("one of: {}", allowed.join(", ")) };
    let unknown = req.queries().iter().filter(|(name, _)| !allowed.contains(&name.as_str()));
    let errors: Vec<_> = unknown
        .map(|(name, value)| {
            let near = nearest(name, allowed.iter().copied())
                .map_or_else(String::new, |near| format!("; did you mean {near}?"));
            FieldError::new(format!("query.{}", cut(name)), value, format!("{may}{near}"))
        })
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
