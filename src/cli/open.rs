//! E: Opens the appliance for a command, and says in words why it does not open. Holds no rule of its own.

use std::path::Path;
use std::sync::Arc;

use super::args::DirectoryArgs;
use super::audit::with_hint;
use super::{Failure, config, runtime};
use crate::app::{App, StartError};
use crate::clock::Ambient;
use crate::config::Settings;
use crate::error::{Class, Error};
use crate::store::lock::LockError;

/// The file that every initialised directory has.
const STORE_FILE: &str = "store.redb";

/// Whether the directory holds an appliance already.
pub fn is_initialised(data_dir: &Path) -> bool {
    data_dir.join(STORE_FILE).exists()
}

/// Opens a directory that must be there.
///
/// # Errors
/// 2 when it is not initialised or its key is not acceptable, 3 when another process owns it, otherwise 1.
pub async fn open_existing(settings: Settings, ambient: Ambient) -> Result<Arc<App>, Failure> {
    if !is_initialised(&settings.data_dir) {
        let dir = settings.data_dir.display();
        return Err(Failure::usage(format!(
            "{dir} is not an initialised data directory; make it with \
             `orrery init --data-dir {dir} --admin-email you@example.org`, or name another with --data-dir"
        )));
    }
    open(settings, ambient).await
}

/// Opens a directory, making what is missing.
///
/// # Errors
/// 2 when its key is not acceptable, 3 when another process owns it, otherwise 1.
pub async fn open_or_make(settings: Settings, ambient: Ambient) -> Result<Arc<App>, Failure> {
    make_private(&settings.data_dir)?;
    open(settings, ambient).await
}

async fn open(settings: Settings, ambient: Ambient) -> Result<Arc<App>, Failure> {
    App::open(settings, ambient).await.map_err(|error| match error {
        StartError::Locked(LockError::LockedBy { .. }) => {
            Failure::owned(format!("{error}; stop that process first, or name another directory with --data-dir"))
        }
        StartError::MasterKey(error) => Failure::usage(error),
        error @ StartError::Prices(_) => Failure::usage(error),
        other => Failure::failed(other),
    })
}

/// Makes a directory that only its owner can enter; one that is there stays as it is.
///
/// # Errors
/// 2, naming the directory.
pub fn make_private(dir: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|cause| Failure::usage(format!("cannot make the directory {}: {cause}", dir.display())))
}

/// Opens the directory, does one thing, closes it.
///
/// # Errors
/// Those of [`open_existing`], with `hint` when another process owns it; 2 when something that was named is wrong, 1 when
/// the work failed otherwise.
pub fn with_app<T>(
    directory: &DirectoryArgs,
    hint: &str,
    work: impl AsyncFnOnce(&App) -> Result<T, Error>,
) -> Result<T, Failure> {
    let settings = config::load(&directory.sources())?;
    runtime()?.block_on(async {
        let app = open_existing(settings, Ambient::system()).await.map_err(|failure| with_hint(failure, hint))?;
        let outcome = work(&app).await;
        app.shutdown().await;
        outcome.map_err(|error| told(&error))
    })
}

/// The refusal with every field that was wrong.
fn told(error: &Error) -> Failure {
    let mut text = error.public_message().to_owned();
    for (name, value) in error.details() {
        match value.as_array() {
            Some(problems) => {
                for problem in problems {
                    let part = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
                    text = format!("{text}\n  {} {}: {}", part("field"), part("given"), part("allowed"));
                }
            }
            None => text = format!("{text} ({name}: {value})"),
        }
    }
    match error.code().class() {
        Class::Invalid | Class::NotFound => Failure::usage(text),
        _ => Failure::failed(text),
    }
}
