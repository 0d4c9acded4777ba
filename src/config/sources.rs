//! A: Where settings come from: flags, environment and one TOML file, as plain texts. Understands none of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::aliases;

/// One flag of the command line that sets something.
#[derive(Clone)]
pub(super) struct Flag {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) value: String,
}

/// The texts that settings are made of. Passed in, so that nothing below reads the process's own environment.
#[derive(Clone, Default)]
pub struct Sources {
    pub(super) flags: Vec<Flag>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) file: Option<PathBuf>,
    pub(super) text: Option<(String, String)>,
}

impl fmt::Debug for Sources {
    /// Names only: any value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags: Vec<&str> = self.flags.iter().map(|flag| flag.name.as_str()).collect();
        let variables: Vec<&String> = self.environment.keys().collect();
        f.debug_struct("Sources").field("flags", &flags).field("environment", &variables).finish_non_exhaustive()
    }
}

impl Sources {
    /// None at all: every setting takes its default.
    pub fn new() -> Self {
        Self::default()
    }

    /// The variables of this process that may set something.
    pub fn from_process() -> Self {
        let texts = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
        Self::new().environment(texts)
    }

    /// These variables; those that neither start with `ORRERY_` nor are names of a predecessor's are left out.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let known = |name: &str| name.starts_with("ORRERY_") || aliases::is_alias(name);
        self.environment.extend(variables.into_iter().filter(|(name, _)| known(name)));
        self
    }

    /// A flag that sets `key`, by its name on the command line.
    #[must_use]
    pub fn flag(mut self, key: &str, name: &str, value: impl Into<String>) -> Self {
        self.flags.push(Flag { key: key.to_owned(), name: name.to_owned(), value: value.into() });
        self
    }

    /// Like [`Sources::flag`], for an option that may be absent.
    #[must_use]
    pub fn maybe_flag(self, key: &str, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.flag(key, name, value),
            None => self,
        }
    }

    /// The file that `--config` names.
    #[must_use]
    pub fn file(mut self, file: Option<impl AsRef<Path>>) -> Self {
        self.file = file.map(|file| file.as_ref().to_owned());
        self
    }

    /// The text of a file already read, under the name to show; no other file is then read.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Self {
        self.text = Some((name.to_owned(), text.to_owned()));
        self
    }
}
