//! A: The flight recorder: a small file that says which jobs' own code runs at this moment, so that after a crash the
//! process that comes next knows whom to suspect. Not a durable fact: it need not outlive the machine, only the process,
//! so nothing waits for the disk.
//!
//! A job is noted while its handler is polled, while its blocking part runs and while its effects are applied, and not
//! while it waits: a process killed from outside rarely throws suspicion on anybody, and one that a job brings down
//! always does.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::place::JobKey;
use crate::ids::{JobId, TenantId};

/// One note: tenant and job.
const NOTE_BYTES: usize = 32;

/// The file, and which of its places are free. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    inner: Option<Arc<Inner>>,
}

#[derive(Debug)]
struct Inner {
    file: File,
    free: Mutex<(Vec<u64>, u64)>,
}

impl Recorder {
    /// Opens the file at `path`, empties it, and says which jobs were noted in it.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(path: &Path) -> io::Result<(Self, BTreeSet<JobKey>)> {
        let noted = match std::fs::read(path) {
            Ok(bytes) => read_notes(&bytes),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => BTreeSet::new(),
            Err(cause) => return Err(cause),
        };
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        Ok((Self { inner: Some(Arc::new(Inner { file, free: Mutex::default() })) }, noted))
    }

    /// Forgets what an earlier process noted. To be called when it has been acted on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn clear(&self) -> io::Result<()> {
        self.inner.as_ref().map_or(Ok(()), |inner| inner.file.set_len(0))
    }

    /// Notes that the code of `job` runs, until the answer is dropped.
    #[must_use]
    pub fn note(&self, (tenant, id): JobKey) -> Note {
        let Some(inner) = &self.inner else { return Note(None) };
        let mut free = inner.free.lock().unwrap_or_else(PoisonError::into_inner);
        let place = free.0.pop().unwrap_or_else(|| {
            free.1 += 1;
            free.1 - 1
        });
        drop(free);
        let mut bytes = [0; NOTE_BYTES];
        let (first, second) = bytes.split_at_mut(NOTE_BYTES / 2);
        first.copy_from_slice(&tenant.0);
        second.copy_from_slice(&id.0);
        inner.write(place, &bytes);
        Note(Some((Arc::clone(inner), place)))
    }
}

impl Inner {
    fn write(&self, place: u64, bytes: &[u8]) {
        // A note that is not taken costs a suspicion, no more.
        let _ = self.file.write_all_at(bytes, place * NOTE_BYTES as u64);
    }
}

fn read_notes(bytes: &[u8]) -> BTreeSet<JobKey> {
    let (notes, _) = bytes.as_chunks::<NOTE_BYTES>();
    let key = |note: &[u8; NOTE_BYTES]| {
        let (halves, _) = note.as_chunks::<16>();
        match halves {
            [tenant, id] => Some((TenantId(*tenant), JobId(*id))),
            _ => None,
        }
    };
    notes.iter().filter(|note| note.iter().any(|byte| *byte != 0)).filter_map(key).collect()
}

/// A job's code runs while this lives.
#[derive(Debug)]
pub struct Note(Option<(Arc<Inner>, u64)>);

impl Drop for Note {
    fn drop(&mut self) {
        if let Some((inner, place)) = self.0.take() {
            inner.write(place, &[0; NOTE_BYTES]);
            inner.free.lock().unwrap_or_else(PoisonError::into_inner).0.push(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> JobKey {
        (TenantId([n; 16]), JobId([n ^ 0xff; 16]))
    }

    #[test]
    fn what_runs_is_found_by_the_next_to_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jobs.running");
        let (recorder, noted) = Recorder::open(&path).unwrap();
        assert!(noted.is_empty());
        let first = recorder.note(key(1));
        let second = recorder.note(key(2));
        drop(first);
        let third = recorder.note(key(3));
        // As after a crash: the notes stand, nobody has dropped them.
        let (again, noted) = Recorder::open(&path).unwrap();
        assert_eq!(noted, [key(2), key(3)].into());
        drop((second, third));
        again.clear().unwrap();
        assert!(Recorder::open(&path).unwrap().1.is_empty());
    }

    #[test]
    fn a_note_cut_short_is_none() {
        assert!(read_notes(&[7; 31]).is_empty());
        assert_eq!(read_notes(&[7; 40]).len(), 1);
    }
}
