//! A: Texts to typed values, by the grammars of the crates that read them; each says what would have been right. Opens nothing.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use crate::error::nearest;
use crate::ids::is_slug;
use crate::limits::{BUDGET_MAX_MICRO_USD, STREAM_WEIGHT_MAX};
use crate::tokens::{MicroUsd, Strategy};

/// How a value must be written in the TOML file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `"text"`
    Text,
    /// `10`
    Integer,
    /// `true`
    Bool,
    /// `["a", "b"]`
    TextList,
}

impl Shape {
    /// The shape in words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Text => "a text in quotes",
            Self::Integer => "a whole number without quotes",
            Self::Bool => "true or false without quotes",
            Self::TextList => "a list of texts, e.g. [\"10.0.0.1\"]",
        }
    }
}

/// How strict the appliance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Secrets may be generated in the data directory.
    Development,
    /// Generated and weak secrets are refused.
    Production,
}

impl Environment {
    /// Whether it is production.
    pub const fn is_production(self) -> bool {
        matches!(self, Self::Production)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_production() { "production" } else { "development" })
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Several lines per event, for people.
    Pretty,
    /// One JSON object per event, for machines.
    Json,
    /// One short line per event.
    Compact,
}

/// Where the worker metrics are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsListen {
    /// At the usual address, unless another process has it.
    Auto,
    /// Nowhere.
    Off,
    /// Here, or the start fails.
    At(SocketAddr),
}

/// The member of `choices` whose name is `text`.
pub(super) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

pub(super) fn environment(text: &str) -> Result<Environment, String> {
    choice(text, &[("development", Environment::Development), ("production", Environment::Production)])
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    choice(text, &[("pretty", LogFormat::Pretty), ("json", LogFormat::Json), ("compact", LogFormat::Compact)])
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    choice(text, &[("true", true), ("false", false)])
}

/// A whole number in `least..=most`, digits only.
pub(super) fn integer(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let is_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value = text.parse().ok().filter(|value| is_digits && (least..=most).contains(value));
    value.ok_or_else(|| format!("expected a whole number from {least} to {most}"))
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| String::from("expected an IP address and a port, e.g. 127.0.0.1:8460 or [::1]:8460"))
}

pub(super) fn metrics_listen(text: &str) -> Result<MetricsListen, String> {
    match text {
        "auto" => Ok(MetricsListen::Auto),
        "off" => Ok(MetricsListen::Off),
        other => {
            let right = "expected auto, off, or an IP address and a port, e.g. 127.0.0.1:9109";
            other.parse().map(MetricsListen::At).map_err(|_| right.to_owned())
        }
    }
}

/// Addresses with commas between them; an empty text is an empty list.
pub(super) fn ip_list(text: &str) -> Result<Vec<IpAddr>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let parsed: Result<Vec<IpAddr>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    parsed.map_err(|_| String::from("expected IP addresses without ports, with commas between them"))
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    let usable = !text.is_empty() && !text.contains('\0');
    usable.then(|| PathBuf::from(text)).ok_or_else(|| String::from("expected a path, not empty"))
}

/// A short printable name without spaces, as it stands in a token.
pub(super) fn name(text: &str) -> Result<String, String> {
    let usable = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    usable
        .then(|| text.to_owned())
        .ok_or_else(|| String::from("expected 1 to 128 printable ASCII characters, no spaces"))
}

/// An amount in dollars; zero and less are no limit, told as zero.
pub(super) fn budget(text: &str) -> Result<MicroUsd, String> {
    let amount = MicroUsd::parse_or_negative(text).map_err(|right| format!("expected {right}"))?.unwrap_or_default();
    let most = MicroUsd(BUDGET_MAX_MICRO_USD);
    if amount <= most { Ok(amount) } else { Err(format!("expected at most {}", most.decimal())) }
}

pub(super) fn budget_window(text: &str) -> Result<String, String> {
    choice(text, &[("day", "day"), ("month", "month"), ("total", "total")]).map(str::to_owned)
}

pub(super) fn budget_block(text: &str) -> Result<String, String> {
    choice(text, &[("soft", "soft"), ("hard", "hard")]).map(str::to_owned)
}

/// Slugs with their budgets, `acme=25.00`, with commas between them.
pub(super) fn budget_list(text: &str) -> Result<Vec<(String, MicroUsd)>, String> {
    by_tenant(text, "dollars, such as acme=25.00", budget)
}

/// `acme=3, beta=2`.
pub(super) fn weight_list(text: &str) -> Result<Vec<(String, u64)>, String> {
    by_tenant(text, "a weight, such as acme=3", |text| integer(text, 1, STREAM_WEIGHT_MAX))
}

/// Tenants, each once, and what `read` makes of what stands behind their slug.
pub(super) fn by_tenant<T>(
    text: &str,
    value: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<(String, T)>, String> {
    let mut found: Vec<(String, T)> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (slug, own) = part.split_once('=').ok_or_else(|| format!("expected slug={value}"))?;
        let (slug, own) = (slug.trim(), read(own.trim()).map_err(|right| format!("{slug}: {right}"))?);
        if !is_slug(slug) || found.iter().any(|(seen, _)| seen == slug) {
            return Err(format!("expected the slug of a tenant, once each, not {slug:?}"));
        }
        found.push((slug.to_owned(), own));
    }
    Ok(found)
}

/// `auto`, which is nothing here, `off`, which is no language, or languages with commas between them.
pub(super) fn search_langs(text: &str) -> Result<Option<Vec<String>>, String> {
    match text.trim() {
        "auto" => Ok(None),
        "off" | "" => Ok(Some(Vec::new())),
        codes => {
            let code = |code: &str| choice(code.trim(), &[("en", "en"), ("fr", "fr")]).map(str::to_owned);
            let codes = codes.split(',').map(code).collect::<Result<_, _>>();
            codes.map(Some).map_err(|_| String::from("expected auto, off, or languages out of en and fr"))
        }
    }
}

pub(super) fn token_strategy(text: &str) -> Result<Strategy, String> {
    choice(text, &Strategy::ALL.map(|strategy| (strategy.code(), strategy)))
}

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// A level, with exceptions by module: `info,orrery::store=debug`.
///
/// Narrower than what tracing takes: there a misspelt level is the name of a target, and silently turns everything off.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    for directive in text.split(',').map(str::trim) {
        let (target, level) = directive.split_once('=').map_or((None, directive), |(t, level)| (Some(t), level));
        if !LEVELS.contains(&level) {
            let near = nearest(level, LEVELS.iter().copied()).unwrap_or("info");
            return Err(format!("expected levels out of {}; did you mean `{near}`?", LEVELS.join(", ")));
        }
        let is_module =
            |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
        if target.is_some_and(|t| !is_module(t)) {
            return Err(String::from("expected `level` or `module=level` with commas between them"));
        }
    }
    let parsed = tracing_subscriber::EnvFilter::builder().parse(text);
    parsed.map(|_| text.to_owned()).map_err(|error| format!("expected a log filter: {error}"))
}
