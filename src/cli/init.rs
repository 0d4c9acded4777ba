//! E: `orrery init`: a data directory and its first operator, or nothing at all. Serves nothing.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::args::InitArgs;
use super::terminal::say;
use super::{Failure, config, open, password, runtime};
use crate::clock::Ambient;
use crate::config::Settings;
use crate::error::{Class, Code, Error};

/// Largest password file read, in bytes: more than any acceptable password.
const PASSWORD_FILE_MAX_BYTES: u64 = 4_096;

/// Makes the directory and the operator.
pub fn run(options: &InitArgs) -> Result<(), Failure> {
    let settings = config::load(&options.directory.sources())?;
    let ambient = Ambient::system();
    let given = options.password_file.as_deref().map(read_password).transpose()?;
    let made = given.is_none().then(|| Zeroizing::new(password::from_bytes(ambient.bytes())));
    let secret = given.or_else(|| made.as_ref().map(|text| SecretString::from(text.as_str()))).unwrap_or_default();
    let dir = settings.data_dir.clone();
    let before = Before::look(&dir)?;
    let outcome = runtime()?.block_on(make(settings, options.admin_email.trim(), &secret, ambient));
    if let Err(failure) = outcome {
        before.restore(&dir);
        return Err(failure);
    }
    tell(&dir, options.admin_email.trim(), made.as_ref().map(|text| text.as_str()))
}

async fn make(settings: Settings, email: &str, secret: &SecretString, ambient: Ambient) -> Result<(), Failure> {
    let dir = settings.data_dir.clone();
    let app = open::open_or_make(settings, ambient).await?;
    let outcome = app.identity().bootstrap_operator(email, secret).await;
    app.shutdown().await;
    match outcome {
        Ok(_) => Ok(()),
        // What the identity answers when there is an operator.
        Err(error) if error.code() == Code::InsufficientRole => Err(Failure::usage(format!(
            "{} is initialised already: it has an operator; serve it with `orrery serve --data-dir {}`",
            dir.display(),
            dir.display(),
        ))),
        Err(error) => Err(refused(&error)),
    }
}

/// The identity's words, with the fields by the names that they have here.
fn refused(error: &Error) -> Failure {
    if error.code().class() != Class::Invalid {
        return Failure::failed(error);
    }
    let fields = error.details().get("errors").and_then(|list| list.as_array()).cloned().unwrap_or_default();
    let allowed = fields.iter().find_map(|field| field.get("allowed")?.as_str().map(str::to_owned));
    match (error.code(), allowed) {
        (Code::WeakPassword, _) => Failure::usage(format!("--password-file: {}", error.public_message())),
        (_, Some(allowed)) => Failure::usage(format!("--admin-email: expected {allowed}")),
        _ => Failure::usage(error.public_message()),
    }
}

/// The first line of a file, without the newline.
fn read_password(file: &Path) -> Result<SecretString, Failure> {
    let wrong = |what: &dyn std::fmt::Display| {
        Failure::usage(format!(
            "--password-file {}: {what}; expected a text file whose first line is the password",
            file.display()
        ))
    };
    let meta = fs::metadata(file).map_err(|cause| wrong(&cause))?;
    if !meta.is_file() || meta.len() > PASSWORD_FILE_MAX_BYTES {
        return Err(wrong(&"it is no file, or too large"));
    }
    let text = Zeroizing::new(fs::read_to_string(file).map_err(|cause| wrong(&cause))?);
    Ok(SecretString::from(text.lines().next().unwrap_or_default()))
}

fn tell(dir: &Path, email: &str, made: Option<&str>) -> Result<(), Failure> {
    let dir = dir.display();
    say(&format!("{dir} is ready. Its first operator logs in to the tenant `system` as {email}."))?;
    if let Some(made) = made {
        say(&format!("Password, shown this once: {made}"))?;
    }
    say(&format!("Next: orrery serve --data-dir {dir}"))?;
    Ok(())
}

/// What the directory held before, so that a failure leaves nothing half-written.
struct Before {
    /// `None` when there was no directory.
    entries: Option<BTreeSet<OsString>>,
    /// Directories above it that were not there either, outermost first.
    missing_parent: Option<PathBuf>,
    is_initialised: bool,
}

impl Before {
    fn look(dir: &Path) -> Result<Self, Failure> {
        let cannot = |cause| Failure::usage(format!("cannot use {} as a data directory: {cause}", dir.display()));
        let missing_parent =
            dir.ancestors().skip(1).take_while(|above| !above.as_os_str().is_empty() && !above.exists()).last();
        let missing_parent = missing_parent.map(Path::to_owned);
        let is_initialised = open::is_initialised(dir);
        if !dir.exists() {
            return Ok(Self { entries: None, missing_parent, is_initialised });
        }
        let names = fs::read_dir(dir).map_err(cannot)?.map(|entry| entry.map(|e| e.file_name()));
        let entries = names.collect::<Result<_, _>>().map_err(cannot)?;
        Ok(Self { entries: Some(entries), missing_parent, is_initialised })
    }

    /// Removes what came after. An appliance that was there before is never touched.
    fn restore(&self, dir: &Path) {
        if self.is_initialised {
            return;
        }
        let Some(entries) = &self.entries else {
            drop(fs::remove_dir_all(dir));
            let mut above = dir.parent();
            while let (Some(parent), Some(outermost)) = (above, &self.missing_parent) {
                // Only empty ones go: another process may have put something there.
                if !parent.starts_with(outermost) || fs::remove_dir(parent).is_err() {
                    break;
                }
                above = parent.parent();
            }
            return;
        };
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            if entries.contains(&entry.file_name()) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                drop(fs::remove_dir_all(entry.path()));
            } else {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}
