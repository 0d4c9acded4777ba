//! A: The two accounts of a demo directory, kept in it so that a second demo finds them. Nothing else reads the file.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::home::Home;
use crate::cli::{Failure, open, password};
use crate::clock::Ambient;

/// Name of the file in the data directory, readable by its owner alone.
const FILE: &str = "demo-accounts.json";

/// Who takes part in the demo.
#[derive(Clone, Serialize, Deserialize)]
pub struct Accounts {
    /// Opens the tenant.
    pub operator: Account,
    /// Has a chart and a question.
    pub visitor: Account,
}

/// An e-mail address that reaches nobody, and a password that nobody chose.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    /// Address to log in with.
    pub email: String,
    /// Password.
    pub password: String,
}

impl Accounts {
    /// Those of the directory, or new ones when it is new.
    ///
    /// # Errors
    /// 2 when the directory belongs to an appliance that no demo made.
    pub fn load_or_make(home: &Home, ambient: &Ambient) -> Result<Self, Failure> {
        let file = home.path().join(FILE);
        match fs::read_to_string(&file) {
            Ok(text) => serde_json::from_str(&text).map_err(|cause| {
                Failure::usage(format!(
                    "{} cannot be read: {cause}; name a new directory with --data-dir",
                    file.display()
                ))
            }),
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                Err(Failure::usage(format!("cannot read {}: {cause}", file.display())))
            }
            Err(_) if open::is_initialised(home.path()) => Err(Failure::usage(format!(
                "{} holds an appliance that the demo did not make; name a new or empty directory with --data-dir",
                home.path().display(),
            ))),
            Err(_) => Self::make(&file, ambient),
        }
    }

    fn make(file: &Path, ambient: &Ambient) -> Result<Self, Failure> {
        let account =
            |email: &str| Account { email: email.to_owned(), password: password::from_bytes(ambient.bytes()) };
        let accounts = Self { operator: account("operator@demo.example"), visitor: account("visitor@demo.example") };
        let text = serde_json::to_string_pretty(&accounts).map_err(Failure::failed)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(file).and_then(|mut out| out.write_all(text.as_bytes()));
        written.map_err(|cause| Failure::failed(format!("cannot write {}: {cause}", file.display())))?;
        Ok(accounts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_demo_finds_the_accounts_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let ambient = Ambient::system();
        let home = Home::new(Some(dir.path()), &ambient).unwrap();
        let first = Accounts::load_or_make(&home, &ambient).ok().unwrap();
        let second = Accounts::load_or_make(&home, &ambient).ok().unwrap();
        assert_eq!(first.visitor.password, second.visitor.password);
        assert_ne!(first.visitor.password, first.operator.password);
    }

    #[test]
    fn a_directory_that_no_demo_made_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("store.redb"), "").unwrap();
        let ambient = Ambient::system();
        let home = Home::new(Some(dir.path()), &ambient).unwrap();
        assert_eq!(Accounts::load_or_make(&home, &ambient).err().unwrap().code, 2);
        assert!(!dir.path().join(FILE).exists());
    }
}
