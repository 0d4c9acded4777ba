//! A: The demo's data directory: the one that was named, or a temporary one that goes when the demo does. Fills neither.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::cli::open::make_private;
use crate::clock::Ambient;

/// A directory to work in.
pub struct Home {
    path: PathBuf,
    is_temporary: bool,
}

impl Home {
    /// The directory `given`, made if it is not there; without one, a new one for this run alone.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn new(given: Option<&Path>, ambient: &Ambient) -> Result<Self, Failure> {
        let is_temporary = given.is_none();
        let name = || format!("orrery-demo-{:016x}", u64::from_be_bytes(ambient.bytes()));
        let path = given.map_or_else(|| std::env::temp_dir().join(name()), Path::to_owned);
        make_private(&path)?;
        Ok(Self { path, is_temporary })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if self.is_temporary {
            // Nothing can be done, and the system clears its temporary directory anyway.
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_home_goes_and_a_named_one_stays() {
        let ambient = Ambient::system();
        let temporary = Home::new(None, &ambient).unwrap();
        let path = temporary.path().to_owned();
        fs::write(path.join("file"), "x").unwrap();
        drop(temporary);
        assert!(!path.exists());
        let dir = tempfile::tempdir().unwrap();
        let named = dir.path().join("a/b");
        drop(Home::new(Some(&named), &ambient).unwrap());
        assert!(named.is_dir());
    }
}
