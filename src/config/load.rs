//! A: Lays the sources over each other, finds everything that is wrong, and reads the typed settings. Prints nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::aliases;
use super::parse::Shape;
use super::report::{Effective, Origin, Problem, Provenance, REDACTED, spec, unknown};
use super::secret::{self, MASTER_KEY_FILE};
use super::{SPECS, Settings, Sources, Spec};
use crate::error::nearest;
use crate::tokens::{MicroUsd, Strategy};

/// Variable that names the TOML file; the one `ORRERY_*` variable that sets no setting.
const CONFIG_VARIABLE: &str = "ORRERY_CONFIG";
/// Name of the TOML file that is read from the data directory when none is named.
const DEFAULT_FILE: &str = "orrery.toml";
/// Largest TOML file read, in bytes.
const FILE_MAX_BYTES: u64 = 1 << 20;

/// All that can be known of the settings, right or wrong.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The settings, when nothing is wrong.
    pub settings: Option<Settings>,
    /// What holds, and where it came from.
    pub provenance: Provenance,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

/// A text that sets something, and where it stands. Has no Debug: it may be a secret.
struct Given {
    text: String,
    origin: Origin,
}

/// The winning text of each setting, and the problems found on the way.
pub(super) struct Reader<'p> {
    winners: BTreeMap<&'static str, Given>,
    problems: &'p mut Vec<Problem>,
}

impl Reader<'_> {
    /// The value of a setting. One that cannot be read is told, and its default stands in, so that later checks still
    /// run; one without a value and without a default yields what [`Absent`] says.
    pub(super) fn get<T: Absent>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let Some(given) = self.winners.get(key) else {
            return T::absent();
        };
        let right = match parse(&given.text) {
            Ok(value) => return Some(value),
            Err(right) => right,
        };
        let spec = spec(key)?;
        let shown = (!spec.secret).then_some(given.text.as_str());
        self.problems.push(Problem::new(key, given.origin.clone(), shown, right));
        (spec.default)().map_or_else(T::absent, |text| parse(&text).ok())
    }
}

/// What a type is worth when nothing was given.
pub(super) trait Absent: Sized {
    /// `Some` when the type has a value for absence.
    fn absent() -> Option<Self> {
        None
    }
}

impl<T> Absent for Option<T> {
    fn absent() -> Option<Self> {
        Some(None)
    }
}

macro_rules! never_absent {
    ($($ty:ty),*) => { $(impl Absent for $ty {})* };
}
never_absent!(bool, u64, String, PathBuf, std::net::SocketAddr, Vec<std::net::IpAddr>);
never_absent!(super::Environment, super::LogFormat, super::MetricsListen, MicroUsd, Vec<(String, MicroUsd)>, Strategy);
never_absent!(super::Route, Vec<super::TenantRoute>, Vec<(String, u64)>);

/// Reads everything, and says all that is wrong.
pub(super) fn inspect(sources: &Sources) -> Inspection {
    let mut problems = Vec::new();
    let mut winners = defaults();
    read_file_layer(sources, &mut winners, &mut problems);
    read_environment_layer(sources, &mut winners, &mut problems);
    read_flag_layer(sources, &mut winners, &mut problems);
    let provenance = provenance(&winners);
    let mut settings = Settings::read(&mut Reader { winners, problems: &mut problems });
    if let Some(settings) = &mut settings {
        check_tokens(settings, &provenance, &mut problems);
        check_master_key(settings, &provenance, &mut problems);
        check_remote(settings, &provenance, &mut problems);
    }
    Inspection { settings: settings.filter(|_| problems.is_empty()), provenance, problems }
}

fn defaults() -> BTreeMap<&'static str, Given> {
    let given = |spec: &Spec| Some((spec.key, Given { text: (spec.default)()?, origin: Origin::Default }));
    SPECS.iter().filter_map(given).collect()
}

/// The environment variables, with `ORRERY_*` names that mean nothing refused.
fn read_environment_layer(sources: &Sources, winners: &mut BTreeMap<&'static str, Given>, problems: &mut Vec<Problem>) {
    let names: BTreeMap<String, &'static Spec> = SPECS.iter().map(|spec| (spec.env(), spec)).collect();
    // Those of a predecessor first, so that one of ours wins.
    for (variable, text) in &sources.environment {
        let origin = Origin::Environment(variable.clone());
        match aliases::read(variable, text) {
            None => {}
            Some((key, Ok(text))) => {
                winners.insert(key, Given { text, origin });
            }
            Some((key, Err(right))) => problems.push(Problem::new(key, origin, Some(text), right)),
        }
    }
    for (variable, text) in &sources.environment {
        let origin = Origin::Environment(variable.clone());
        if variable == CONFIG_VARIABLE || aliases::is_alias(variable) {
            continue;
        }
        match names.get(variable) {
            None => {
                let all = names.keys().map(String::as_str).chain([CONFIG_VARIABLE]);
                let near = nearest(variable, all).unwrap_or_default();
                let right = format!("there is no such variable; did you mean `{near}`?");
                problems.push(Problem::new(variable, origin, None, right));
            }
            // What `to_string_lossy` leaves of bytes that are no UTF-8.
            Some(spec) if text.contains(char::REPLACEMENT_CHARACTER) => {
                problems.push(Problem::new(spec.key, origin, None, "expected text in UTF-8"));
            }
            Some(spec) => {
                winners.insert(spec.key, Given { text: text.clone(), origin });
            }
        }
    }
}

fn read_flag_layer(sources: &Sources, winners: &mut BTreeMap<&'static str, Given>, problems: &mut Vec<Problem>) {
    for flag in &sources.flags {
        let origin = Origin::Flag(flag.name.clone());
        match spec(&flag.key) {
            None => problems.push(Problem::new(&flag.key, origin, None, unknown(&flag.key))),
            Some(spec) if spec.secret => problems.push(Problem::new(spec.key, origin, None, secret_elsewhere(spec))),
            Some(spec) => {
                winners.insert(spec.key, Given { text: flag.value.clone(), origin });
            }
        }
    }
}

fn secret_elsewhere(spec: &Spec) -> String {
    format!("a secret comes by file or environment: set {}_file, or the variable {}", spec.key, spec.env())
}

/// The TOML file: named by flag, otherwise by variable, otherwise `orrery.toml` of the data directory if it is there.
fn read_file_layer(sources: &Sources, winners: &mut BTreeMap<&'static str, Given>, problems: &mut Vec<Problem>) {
    if let Some((name, text)) = &sources.text {
        return read_toml(name, text, false, winners, problems);
    }
    let by_flag = sources.file.clone().map(|file| (file, Origin::Flag(String::from("--config"))));
    let by_variable = sources.environment.get(CONFIG_VARIABLE).filter(|text| !text.is_empty());
    let by_variable = by_variable.map(|text| (text.into(), Origin::Environment(String::from(CONFIG_VARIABLE))));
    let named = by_flag.or(by_variable);
    let is_found = named.is_none();
    let (file, origin) = named.unwrap_or_else(|| (early_data_dir(sources).join(DEFAULT_FILE), Origin::Default));
    match read_bounded(&file) {
        Ok(text) => read_toml(&file.display().to_string(), &text, is_found, winners, problems),
        Err(cause) if is_found && is_absent(&cause) => {}
        Err(cause) => {
            let right = format!("expected a TOML file that can be read ({cause})");
            problems.push(Problem::new(file.display().to_string(), origin, None, right));
        }
    }
}

fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput)
}

/// The data directory as far as it is known before any file is read.
fn early_data_dir(sources: &Sources) -> PathBuf {
    let by_flag = sources.flags.iter().rev().find(|flag| flag.key == "data_dir").map(|flag| flag.value.clone());
    let by_variable = || sources.environment.get("ORRERY_DATA_DIR").cloned();
    let by_default = || spec("data_dir").and_then(|spec| (spec.default)());
    by_flag.or_else(by_variable).or_else(by_default).unwrap_or_default().into()
}

fn read_bounded(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(file)?.take(FILE_MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {FILE_MAX_BYTES} bytes")));
    }
    Ok(text)
}

/// Reads a TOML text; `is_found` when the file was found in the data directory and so cannot move it.
fn read_toml(
    file: &str,
    text: &str,
    is_found: bool,
    winners: &mut BTreeMap<&'static str, Given>,
    problems: &mut Vec<Problem>,
) {
    let origin = |offset: usize| {
        let before = text.get(..offset).unwrap_or_default();
        Origin::File { file: file.to_owned(), line: 1 + before.matches('\n').count() }
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        // The message alone: the full display quotes the line, and the line may hold a secret.
        let right = format!("expected TOML ({})", error.message());
        problems.push(Problem::new(file, origin(error.span().map_or(0, |span| span.start)), None, right));
    }
    let mut leaves = Vec::new();
    flatten("", table.get_ref(), &mut leaves);
    for (key, offset, value) in leaves {
        match spec(&key) {
            None => problems.push(Problem::new(&key, origin(offset), None, unknown(&key))),
            Some(spec) if spec.secret => {
                problems.push(Problem::new(&key, origin(offset), None, secret_elsewhere(spec)));
            }
            Some(spec) if is_found && spec.key == "data_dir" => {
                let right = "a file found in the data directory cannot name it; use --data-dir or ORRERY_DATA_DIR";
                problems.push(Problem::new(&key, origin(offset), None, right));
            }
            Some(spec) => {
                let Some(text) = plain(spec.shape, value) else {
                    let right = format!("expected {}, not {}", spec.shape.words(), value.type_str());
                    problems.push(Problem::new(&key, origin(offset), None, right));
                    continue;
                };
                winners.insert(spec.key, Given { text, origin: origin(offset) });
            }
        }
    }
}

/// Every leaf with its dotted name and the offset of its key. An empty table that names nothing known is a leaf too.
fn flatten<'t, 'i>(prefix: &str, table: &'t DeTable<'i>, leaves: &mut Vec<(String, usize, &'t DeValue<'i>)>) {
    for (key, value) in table {
        let offset = Spanned::span(key).start;
        let name = format!("{prefix}{}", key.get_ref());
        let is_group = SPECS.iter().any(|spec| spec.key.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.')));
        match value.get_ref() {
            DeValue::Table(inner) if is_group || inner.iter().next().is_some() => {
                flatten(&format!("{name}."), inner, leaves);
            }
            leaf => leaves.push((name, offset, leaf)),
        }
    }
}

/// The text of a TOML value, if it has the shape.
fn plain(shape: Shape, value: &DeValue<'_>) -> Option<String> {
    match (shape, value) {
        (Shape::Text, DeValue::String(text)) => Some(text.to_string()),
        (Shape::Bool, DeValue::Boolean(value)) => Some(value.to_string()),
        (Shape::Integer, DeValue::Integer(value)) => {
            i128::from_str_radix(value.as_str(), value.radix()).ok().map(|value| value.to_string())
        }
        (Shape::TextList, DeValue::Array(items)) => {
            let texts: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}

fn provenance(winners: &BTreeMap<&'static str, Given>) -> Provenance {
    let effective = |spec: &Spec| {
        let given = winners.get(spec.key);
        let origin = given.map_or(Origin::Default, |given| given.origin.clone());
        let shown = given.map(|given| if spec.secret { REDACTED.to_owned() } else { shown(spec.shape, &given.text) });
        Effective { key: spec.key, shown, origin }
    };
    Provenance(SPECS.iter().map(effective).collect())
}

/// A text as TOML of its shape; what does not fit the shape is shown in quotes.
fn shown(shape: Shape, text: &str) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    match shape {
        // TOML knows no leading zeros.
        Shape::Integer if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => {
            let digits = text.trim_start_matches('0');
            if digits.is_empty() { String::from("0") } else { digits.to_owned() }
        }
        Shape::Bool if matches!(text, "true" | "false") => text.to_owned(),
        Shape::TextList => {
            let items: Vec<String> = text.split(',').map(str::trim).filter(|t| !t.is_empty()).map(quoted).collect();
            format!("[{}]", items.join(", "))
        }
        _ => quoted(text),
    }
}

fn origin_of(provenance: &Provenance, key: &str) -> Origin {
    provenance.get(key).map_or(Origin::Default, |effective| effective.origin.clone())
}

fn check_tokens(settings: &Settings, provenance: &Provenance, problems: &mut Vec<Problem>) {
    let auth = &settings.auth;
    if problems.iter().any(|problem| problem.key.starts_with("auth.")) {
        return;
    }
    if auth.refresh_token_s <= auth.access_token_s {
        let (key, given) = ("auth.refresh_token_s", auth.refresh_token_s.to_string());
        let right = format!("expected more than auth.access_token_s, which is {}", auth.access_token_s);
        problems.push(Problem::new(key, origin_of(provenance, key), Some(&given), right));
    }
}

/// Reads the key file into the settings, and holds what production demands of the key.
fn check_master_key(settings: &mut Settings, provenance: &Provenance, problems: &mut Vec<Problem>) {
    let is_production = settings.environment.is_production();
    let key = "secrets.master_key_file";
    let mut problem = |right: String| problems.push(Problem::new(key, origin_of(provenance, key), None, right));
    let is_by_variable = provenance.get("secrets.master_key").is_some_and(|effective| effective.shown.is_some());
    let Some(file) = settings.secrets.master_key_file.clone() else {
        let is_generated = settings.secrets.master_key.as_ref().is_some_and(secret::MasterKey::is_generated);
        if is_production && (is_generated || !is_by_variable) {
            problem(secret::MasterKeyError::Generated.to_string());
        }
        return;
    };
    if is_by_variable {
        return problem(String::from("expected either this file or ORRERY_SECRETS_MASTER_KEY, not both"));
    }
    let is_own = fs::canonicalize(&file).ok().is_some_and(|file| {
        fs::canonicalize(settings.in_data_dir(MASTER_KEY_FILE)).is_ok_and(|generated| generated == file)
    });
    match secret::read_file(&file) {
        Err(error) => problem(error.to_string()),
        Ok(key) if is_production && (key.is_generated() || is_own) => {
            problem(secret::MasterKeyError::Generated.to_string());
        }
        Ok(_) if is_production && secret::readable_by_all(&file) => {
            problem(format!("everybody on this machine can read {}; run `chmod 600` on it", file.display()));
        }
        Ok(key) => settings.secrets.master_key = Some(key),
    }
}

/// Reads the key of the remote model, and holds that a route that names it can be followed.
fn check_remote(settings: &mut Settings, provenance: &Provenance, problems: &mut Vec<Problem>) {
    let (remote, is_production) = (&mut settings.remote, settings.environment.is_production());
    let mut problem =
        |key: &str, right: String| problems.push(Problem::new(key, origin_of(provenance, key), None, right));
    let routes = settings.llm.tenant_routes.iter().map(|own| &own.route).chain([&settings.llm.route]);
    if routes.into_iter().any(|route| route.hops().contains(&super::Hop::Remote)) {
        for (key, is_set) in [("remote.base_url", remote.base_url.is_some()), ("remote.model", remote.model.is_some())]
        {
            if !is_set {
                problem(key, String::from("expected a value, as a route of [llm] names `remote`"));
            }
        }
    }
    if !remote.allow_http && remote.base_url.as_deref().is_some_and(super::route::is_open) {
        let right = "expected https: prompts would leave this machine unencrypted; set remote.allow_http to allow it";
        problem("remote.base_url", right.to_owned());
    }
    let Some(file) = &remote.api_key_file else { return };
    let key = "remote.api_key_file";
    if remote.api_key.is_some() {
        return problem(key, String::from("expected either this file or ORRERY_REMOTE_API_KEY, not both"));
    }
    match secret::read_text(file).map_err(|cause| cause.to_string()).and_then(|text| super::ApiKey::new(&text)) {
        Err(cause) => problem(key, format!("cannot use {}: {cause}", file.display())),
        Ok(_) if is_production && secret::readable_by_all(file) => {
            problem(key, format!("everybody on this machine can read {}; run `chmod 600` on it", file.display()));
        }
        Ok(read) => remote.api_key = Some(read),
    }
}
