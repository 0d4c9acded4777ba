//! The version of the store's layout and the ordered steps to the newest one. Refuses files of a newer program, and
//! looks at a file through a shadow before anything may write to it.

use std::fs::{File, TryLockError};
use std::path::Path;

use redb::Database;

use super::codec::{CodecError, key_to_bytes, row_from_bytes};
use super::engine::{Batch, Engine, Snapshot, builder, database_error, guarded, io};
use super::error::StoreError;
use super::shadow::Shadow;
use super::tables::{META, MetaRow, RULESETS};
use super::tx::{Source, Tx};

/// Name under which [`META`] keeps the version.
const VERSION_KEY: &str = "schema_version";

/// The only table that the version is read from.
const VERSION_TABLES: &[&str] = &[META.name()];

/// One step from the version before it.
pub(super) struct Step {
    /// Version that holds after it.
    pub(super) to: u64,
    /// Changes the tables. Runs in one transaction with all other steps that are due.
    pub(super) run: fn(&Batch<'_>, &'static [&'static str]) -> Result<(), StoreError>,
}

/// All steps, oldest first. A released step is never changed; a new layout is a new step.
/// Making tables leaves those that are there as they are, so a step that only adds some is `create_tables` again.
pub(super) const STEPS: &[Step] = &[
    Step { to: 1, run: create_tables },
    Step { to: 2, run: add_rulesets },
    Step { to: 3, run: create_tables },
    Step { to: 4, run: create_tables },
    Step { to: 5, run: create_tables },
];

fn create_tables(batch: &Batch<'_>, tables: &'static [&'static str]) -> Result<(), StoreError> {
    tables.iter().try_for_each(|name| batch.create(name))
}

/// The key ring goes through the same steps and has no such table.
fn add_rulesets(batch: &Batch<'_>, tables: &'static [&'static str]) -> Result<(), StoreError> {
    if tables.contains(&RULESETS.name()) { batch.create(RULESETS.name()) } else { Ok(()) }
}

/// Version after the last of `steps`.
pub(super) fn newest(steps: &[Step]) -> u64 {
    steps.last().map_or(0, |step| step.to)
}

/// Brings an open file from version `found` to the newest, all steps or none.
pub(super) fn migrate(engine: &Engine, found: u64, steps: &[Step]) -> Result<(), StoreError> {
    let known = newest(steps);
    if found >= known {
        return Ok(());
    }
    engine.commit(true, |batch| {
        for step in steps.iter().filter(|step| step.to > found) {
            (step.run)(batch, engine.tables())?;
        }
        let mut tx = Tx::new(batch);
        tx.put(&META, &VERSION_KEY.to_owned(), &MetaRow::Number(known))?;
        batch.apply(tx.into_pending());
        Ok(())
    })
}

/// Schema version of the file at `path`, after a check of the whole file. Writes nothing to it, not even the repair
/// that it needs after a crash: that goes to memory.
pub(super) fn probe(path: &Path) -> Result<u64, StoreError> {
    let file = File::open(path).map_err(|cause| io(&cause))?;
    match file.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StoreError::Locked(String::from("the file is locked"))),
        Err(TryLockError::Error(cause)) => return Err(io(&cause)),
    }
    if file.metadata().map_err(|cause| io(&cause))?.len() == 0 {
        return Err(StoreError::Corrupt(String::from("the file is empty")));
    }
    let found = guarded(|| {
        let shadow = Shadow::over(file).map_err(|cause| io(&cause))?;
        let mut builder = builder();
        builder.set_check_integrity_on_open(true);
        let database = builder.create_with_backend(shadow).map_err(|cause| database_error(&cause))?;
        version_of(&database)
    })?;
    let known = newest(STEPS);
    if found > known { Err(StoreError::NewerSchema { found, known }) } else { Ok(found) }
}

fn version_of(database: &Database) -> Result<u64, StoreError> {
    let snapshot = Snapshot::of(database, VERSION_TABLES)?;
    let foreign = |_| StoreError::Corrupt(String::from("it names no schema version"));
    let row = snapshot.get(META.name(), &key_to_bytes(&VERSION_KEY.to_owned())).map_err(foreign)?;
    let row: Result<MetaRow, CodecError> = row_from_bytes(row.as_deref().unwrap_or_default());
    match row {
        Ok(MetaRow::Number(version)) => Ok(version),
        Ok(MetaRow::Text(_)) | Err(_) => Err(StoreError::Corrupt(String::from("it names no schema version"))),
    }
}
