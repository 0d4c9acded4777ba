//! A: The directory of models: what is being imported stands under a name of its own until it is whole and on the disk, then
//! takes its place in one step. Knows no row.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::facts::Refusal;
use super::source::{Part, Source};
use crate::limits::DISK_FREE_MIN_BYTES;
use crate::store::tables::models::ModelFile;

/// What the name of an unfinished import begins with.
const UNFINISHED: &str = ".import-";

/// The directory.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
}

/// An import on its way; gone when it is dropped.
pub(super) struct Unfinished {
    pub(super) dir: PathBuf,
    shelf: PathBuf,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// A hash as it is written.
pub fn hex(hash: &[u8; 32]) -> String {
    hash.iter().fold(String::with_capacity(64), |text, byte| format!("{text}{byte:02x}"))
}

impl Shelf {
    pub(super) const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Where a model's files are.
    pub(super) fn place(&self, sha256: &[u8; 32]) -> PathBuf {
        self.dir.join(hex(sha256))
    }

    /// Makes the directory, and removes what is on it without being `kept`: what crashes left behind.
    pub(super) fn clean(&self, kept: &BTreeSet<[u8; 32]>) -> io::Result<()> {
        private(&self.dir)?;
        let names: BTreeSet<String> = kept.iter().map(hex).collect();
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let ours = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            if name.starts_with(UNFINISHED) || (ours && !names.contains(&name)) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// Begins an import under a name that nobody has.
    pub(super) fn begin(&self, random: [u8; 8]) -> io::Result<Unfinished> {
        private(&self.dir)?;
        let dir = self.dir.join(format!("{UNFINISHED}{:016x}", u64::from_be_bytes(random)));
        private(&dir)?;
        Ok(Unfinished { dir, shelf: self.dir.clone() })
    }

    /// Refuses what the disk has no room for.
    pub(super) fn has_room(&self, bytes: u64) -> Result<(), Refusal> {
        let stat = rustix::fs::statvfs(&self.dir).map_err(io::Error::from)?;
        let free = stat.f_bavail.saturating_mul(stat.f_frsize);
        if free.saturating_sub(DISK_FREE_MIN_BYTES) >= bytes {
            return Ok(());
        }
        Err(Refusal::wrong(format!("it takes {bytes} bytes on the disk, and {free} are free")))
    }

    /// Removes a model's files.
    pub(super) fn remove(&self, sha256: &[u8; 32]) -> io::Result<()> {
        match fs::remove_dir_all(self.place(sha256)) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.and_then(|()| synced(&self.dir)),
        }
    }

    /// Whether a model's files are what they were; tells each block's length.
    pub(super) fn is_whole(&self, sha256: &[u8; 32], files: &[ModelFile], told: &dyn Fn(u64)) -> io::Result<bool> {
        for file in files {
            let mut reader = match File::open(self.place(sha256).join(&file.name)) {
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
                other => other?,
            };
            let mut hash = Sha256::new();
            let mut block = vec![0; 1 << 18];
            loop {
                let read = reader.read(&mut block)?;
                if read == 0 {
                    break;
                }
                hash.update(&block[..read]);
                told(read as u64);
            }
            if <[u8; 32]>::from(hash.finalize()) != file.sha256 {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Unfinished {
    /// Copies the parts of a source, hashing them on the way, and sees them to the disk.
    pub(super) fn copy(&self, source: &mut Source, told: &dyn Fn(u64)) -> Result<Vec<ModelFile>, Refusal> {
        let parts: Vec<Part> = source.parts.clone();
        let mut files = Vec::with_capacity(parts.len());
        for part in parts {
            let path = self.dir.join(part.name);
            if let Some(folder) = path.parent() {
                private(folder)?;
            }
            let mut out = File::create_new(&path)?;
            let mut hash = Sha256::new();
            source.read(&part, |block| {
                hash.update(block);
                told(block.len() as u64);
                out.write_all(block)
            })?;
            out.sync_all()?;
            files.push(ModelFile { name: part.name.to_owned(), bytes: part.bytes, sha256: hash.finalize().into() });
        }
        Ok(files)
    }

    /// Gives the import its place; from now on it stays.
    pub(super) fn settle(self, place: &Path) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                synced(&entry.path())?;
            }
        }
        synced(&self.dir)?;
        if place.exists() {
            // Of a model that no row tells of: left by a crash since the start.
            fs::remove_dir_all(place)?;
        }
        fs::rename(&self.dir, place)?;
        synced(&self.shelf)
    }
}

/// The hash of a model: of its file, or of the list of its files as `sha256sum` writes it.
pub(super) fn hash_of(files: &[ModelFile]) -> [u8; 32] {
    match files {
        [one] => one.sha256,
        many => {
            let line = |file: &ModelFile| format!("{}  {}\n", hex(&file.sha256), file.name);
            let list = many.iter().map(line).collect::<Vec<_>>().concat();
            Sha256::digest(list.as_bytes()).into()
        }
    }
}

fn private(dir: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn synced(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
