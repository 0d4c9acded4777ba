//! Reads JSON into a value, and says of a body of another shape where it differs: the path of the member, what stood there,
//! what may stand there. Knows no request.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};

use super::wire::auth::HIDDEN;
use crate::error::{Code, Error, FieldError, Result, nearest};

/// Longest name or phrase of a client's, or about it, that is repeated, in Unicode scalar values.
const REPEATED_MAX_CHARS: usize = 80;
/// Longest phrase of what is allowed that is not from here, in Unicode scalar values.
const ALLOWED_MAX_CHARS: usize = 400;

/// A name of the client's, cut short.
pub fn cut(name: &str) -> String {
    name.chars().take(REPEATED_MAX_CHARS).collect()
}

/// The value, which must stand in an object: a list would be read by the order of the fields, which is no contract.
///
/// # Errors
/// `malformed_body` (not JSON), `invalid_fields` (JSON of another shape).
pub fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| malformed(&error))?;
        return Err(Error::fields(vec![FieldError::new("body", "a list", "a JSON object")]));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = match serde_path_to_error::deserialize(&mut reader) {
        Ok(value) => value,
        Err(error) if error.inner().classify() == Category::Data => return Err(misshapen(bytes, &error)),
        Err(error) => return Err(malformed(error.inner())),
    };
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

fn position(error: &serde_json::Error) -> Value {
    serde_json::json!({"line": error.line(), "column": error.column()})
}

fn malformed(error: &serde_json::Error) -> Error {
    Error::new(Code::MalformedBody).detail("at", position(error))
}

fn misshapen(bytes: &[u8], error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let text = error.inner().to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(head, _)| head);
    Error::fields(vec![told(message, error.path(), bytes)]).detail("at", position(error.inner()))
}

/// What serde says of a member, in fields. Its phrases are those of `serde::de::Error`.
fn told(message: &str, path: &Path, bytes: &[u8]) -> FieldError {
    let whole: Value = serde_json::from_slice(bytes).unwrap_or_default();
    if let Some((name, known)) = unknown_member(message) {
        let near =
            nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let may = if known.is_empty() { "no members".to_owned() } else { format!("one of: {}", known.join(", ")) };
        let field = member(path, name);
        let allowed = format!("{may}{near}");
        return match found(&whole, path, Some(name)) {
            Some(value) => FieldError::new(field, value, allowed),
            None => FieldError::unshown(field, allowed),
        };
    }
    if let Some(name) = quoted(message, "missing field `") {
        return FieldError::unshown(member(path, name), "a value: it is required");
    }
    if let Some(name) = quoted(message, "duplicate field `") {
        return FieldError::unshown(member(path, name), "given once");
    }
    let field = named(path.iter());
    let Some((_, expected)) = message.rsplit_once(", expected ") else {
        return FieldError::unshown(field, message.chars().take(ALLOWED_MAX_CHARS).collect::<String>());
    };
    if expected == HIDDEN {
        return FieldError::unshown(field, "a string");
    }
    match found(&whole, path, None) {
        Some(value) => FieldError::new(field, value, in_words(expected)),
        None => FieldError::unshown(field, in_words(expected)),
    }
}

/// The name of a member that is not known, and those that are. The name is the client's and may hold anything.
fn unknown_member(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field `")?;
    let (name, known) = rest.rsplit_once("`, expected ").or_else(|| Some((rest.rsplit_once("`, ")?.0, "")))?;
    Some((name, known.split('`').skip(1).step_by(2).collect()))
}

fn quoted<'m>(message: &'m str, before: &str) -> Option<&'m str> {
    message.strip_prefix(before)?.strip_suffix('`')
}

/// The path of a member of what a path leads to; the path may lead to the member itself.
fn member(path: &Path, name: &str) -> String {
    named(path.iter().filter(|segment| !is_last(path, segment, name)).chain([&Segment::Map { key: name.to_owned() }]))
}

fn is_last(path: &Path, segment: &Segment, name: &str) -> bool {
    let last = path.iter().next_back();
    last.is_some_and(|last| std::ptr::eq(last, segment)) && matches!(segment, Segment::Map { key } if key == name)
}

/// `options.bodies[2]`; the body itself is `body`.
fn named<'s>(path: impl Iterator<Item = &'s Segment>) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.extend(["[", &index.to_string(), "]"]),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(&cut(key));
            }
            Segment::Unknown => {}
        }
    }
    if text.is_empty() { "body".to_owned() } else { cut(&text) }
}

/// The JSON that stands at a path, or at a member of it.
fn found(whole: &Value, path: &Path, name: Option<&str>) -> Option<String> {
    let steps = path.iter().filter(|segment| name.is_none_or(|name| !is_last(path, segment, name)));
    let mut here = whole;
    for segment in steps {
        here = match segment {
            Segment::Seq { index } => here.get(index)?,
            Segment::Map { key } => here.get(key)?,
            Segment::Enum { .. } | Segment::Unknown => return None,
        };
    }
    Some(name.map_or(Some(here), |name| here.get(name))?.to_string())
}

/// What serde expects, in the words of JSON.
fn in_words(expected: &str) -> String {
    let whole = |least: &str, most: &str| format!("a whole number from {least} to {most}");
    match expected {
        "f32" | "f64" => "a number".to_owned(),
        "u8" => whole("0", "255"),
        "u16" => whole("0", "65535"),
        "u32" => whole("0", "4294967295"),
        "i32" => whole("-2147483648", "2147483647"),
        "u64" | "usize" | "i64" => "a whole number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a JSON object".to_owned(),
        other if other.starts_with("struct ") => "a JSON object".to_owned(),
        other => other.chars().take(ALLOWED_MAX_CHARS).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::wire::auth::Hidden;
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by the parser alone")]
    struct Outer {
        latitude: Option<f64>,
        limit: Option<u8>,
        names: Option<Vec<String>>,
        inner: Option<Inner>,
        #[serde(default)]
        password: Option<Hidden>,
        open: Option<bool>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by the parser alone")]
    struct Inner {
        chart_a: String,
    }

    /// Field, given, allowed.
    fn refused(body: &str) -> (String, Option<String>, String) {
        let error = object::<Outer>(body.as_bytes()).unwrap_err();
        assert_eq!(error.code(), Code::InvalidFields, "{body}");
        assert!(error.details()["at"]["line"].is_number());
        let found = &error.details()["errors"][0];
        let text = |name: &str| found[name].as_str().map(str::to_owned);
        (text("field").unwrap(), text("given"), text("allowed").unwrap())
    }

    fn case(body: &str, field: &str, given: Option<&str>, allowed: &str) {
        assert_eq!(refused(body), (field.to_owned(), given.map(str::to_owned), allowed.to_owned()), "{body}");
    }

    #[test]
    fn a_member_of_another_type_is_named_with_what_stood_there() {
        case(r#"{"latitude": "48.4"}"#, "latitude", Some(r#""48.4""#), "a number");
        case(r#"{"limit": 300}"#, "limit", Some("300"), "a whole number from 0 to 255");
        case(r#"{"limit": -1}"#, "limit", Some("-1"), "a whole number from 0 to 255");
        case(r#"{"names": ["a", 2]}"#, "names[1]", Some("2"), "a string");
        case(r#"{"names": {"a": 1}}"#, "names", Some(r#"{"a":1}"#), "a list");
        case(r#"{"open": "yes"}"#, "open", Some(r#""yes""#), "true or false");
        case(r#"{"inner": {"chart_a": null}}"#, "inner.chart_a", Some("null"), "a string");
        case(r#"{"inner": 3}"#, "inner", Some("3"), "a JSON object");
        case("3", "body", Some("3"), "a JSON object");
    }

    #[test]
    fn an_unknown_a_missing_and_a_doubled_member_are_named() {
        let known = "one of: latitude, limit, names, inner, password, open";
        case(r#"{"latitud": 1}"#, "latitud", Some("1"), &format!("{known}; did you mean latitude?"));
        case(r#"{"inner": {"chart_b": 1}}"#, "inner.chart_b", Some("1"), "one of: chart_a; did you mean chart_a?");
        case(r#"{"inner": {}}"#, "inner.chart_a", None, "a value: it is required");
        case(r#"{"limit": 1, "limit": 2}"#, "limit", None, "given once");
        let odd = refused(r#"{"a`, expected one of `b": 1}"#);
        assert_eq!((odd.0.as_str(), odd.2.starts_with(known)), ("a`, expected one of `b", true), "{odd:?}");
    }

    #[test]
    fn a_secret_is_not_repeated_and_nothing_at_length() {
        case(r#"{"password": 12345678}"#, "password", None, "a string");
        let long = refused(&format!(r#"{{"{}": "{}"}}"#, "k".repeat(9_000), "v".repeat(9_000)));
        assert!(long.0.len() == 80 && long.1.unwrap().len() == 80 && long.2.len() < 400);
    }

    #[test]
    fn what_is_no_json_is_told_apart() {
        for body in ["", "{", "{\"limit\": 1} x", "[1", "{'limit': 1}"] {
            assert_eq!(object::<Outer>(body.as_bytes()).unwrap_err().code(), Code::MalformedBody, "{body}");
        }
        assert!(object::<Outer>(b" {\"limit\": 1, \"names\": []} ").is_ok());
    }
}
