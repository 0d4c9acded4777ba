//! P: What is told about settings: where each came from, what is wrong, which name was meant. Shows no secret.

use std::fmt;

use super::{SPECS, Spec};
use crate::error::nearest;

/// What stands in place of a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the TOML file, counted from 1.
    File {
        /// The file, as it was named.
        file: String,
        /// The line.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag, as it was written, e.g. `--listen`.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line } => write!(f, "file {file}:{line}"),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// One thing that is wrong, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Setting or name it is about; a file's name when the file itself cannot be read.
    pub key: String,
    /// Where it stands.
    pub origin: Origin,
    /// What was given, cut to 80 characters; absent for secrets, for unknown names and for missing values.
    pub given: Option<String>,
    /// What would be right, as a clause.
    pub right: String,
}

impl Problem {
    pub(super) fn new(key: impl Into<String>, origin: Origin, given: Option<&str>, right: impl Into<String>) -> Self {
        let given = given.map(|text| text.chars().take(80).collect());
        Self { key: key.into(), origin, given, right: right.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): ", self.key, self.origin)?;
        if let Some(given) = &self.given {
            write!(f, "given {given:?}, ")?;
        }
        f.write_str(&self.right)
    }
}

/// One setting as it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Name, e.g. `server.listen`.
    pub key: &'static str,
    /// The value as TOML; `None` when it is not set; `[redacted]` for a secret.
    pub shown: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// Every setting as it holds, in the order of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance(pub Vec<Effective>);

impl Provenance {
    /// The setting of this name.
    pub fn get(&self, key: &str) -> Option<&Effective> {
        self.0.iter().find(|effective| effective.key == key)
    }
}

impl fmt::Display for Provenance {
    /// A TOML file that sets the same values, with the origin of each; unset values and secrets stand in comments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Effective { key, shown, origin } in &self.0 {
            // A file's name may hold anything; a line break in it would end the comment.
            let origin = origin.to_string().replace(char::is_control, " ");
            match shown.as_deref() {
                None => writeln!(f, "# {key} is not set")?,
                Some(REDACTED) => writeln!(f, "# {key} = {REDACTED}  # {origin}")?,
                Some(value) => writeln!(f, "{key} = {value}  # {origin}")?,
            }
        }
        Ok(())
    }
}

/// The setting of this name.
pub(super) fn spec(key: &str) -> Option<&'static Spec> {
    SPECS.iter().find(|spec| spec.key == key)
}

/// What to say of a name that no setting has.
pub(super) fn unknown(name: &str) -> String {
    let group = format!("{name}.");
    if SPECS.iter().any(|spec| spec.key.starts_with(&group)) {
        return format!("expected a table of settings, written as [{name}]");
    }
    let near = nearest(name, SPECS.iter().filter(|spec| !spec.secret).map(|spec| spec.key)).unwrap_or_default();
    format!("there is no such setting; did you mean `{near}`?")
}
