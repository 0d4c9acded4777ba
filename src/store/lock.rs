//! A: The lock on the data directory: one process owns it, and a second one is told who does. Locks no rows.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::clock::Ambient;

/// Name of the lock file in the data directory.
pub const LOCK_FILE: &str = "LOCK";

/// Why the directory could not be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Another process owns it.
    #[error("the data directory belongs to process {pid} since {since}: {what}")]
    LockedBy {
        /// Its process id; 0 when it has not said so yet.
        pid: u32,
        /// When it took the directory, RFC 3339 in UTC.
        since: String,
        /// Its command.
        what: String,
    },
    /// The lock file cannot be made or read.
    #[error("the data directory cannot be locked: {0}")]
    Io(String),
}

impl From<std::io::Error> for LockError {
    fn from(cause: std::io::Error) -> Self {
        Self::Io(cause.to_string())
    }
}

/// The data directory, owned until this is dropped. The operating system frees it also when the process dies.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Takes the directory `data_dir`, which must exist, for the command `who`.
    ///
    /// # Errors
    /// [`LockError::LockedBy`] when another process (or another handle of this one) has it.
    pub fn acquire(data_dir: &Path, who: &str) -> Result<Self, LockError> {
        let path = data_dir.join(LOCK_FILE);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(owner(&mut file)?),
            Err(TryLockError::Error(cause)) => return Err(cause.into()),
        }
        let since = Ambient::system().now().rfc3339();
        let who = who.replace(['\n', '\r'], " ");
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(format!("{}\n{since}\n{who}\n", std::process::id()).as_bytes())?;
        file.sync_data()?;
        Ok(Self { _file: file })
    }
}

/// What the owner wrote into the lock file.
fn owner(file: &mut File) -> Result<LockError, std::io::Error> {
    let mut bytes = Vec::new();
    file.take(4096).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    let pid = lines.next().and_then(|line| line.parse().ok()).unwrap_or(0);
    let mut line = || lines.next().unwrap_or("unknown").to_owned();
    Ok(LockError::LockedBy { pid, since: line(), what: line() })
}
