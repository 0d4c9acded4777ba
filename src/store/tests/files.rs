//! Files that are newer, foreign, cut, damaged or taken: refused with a reason and left as they were.

use std::path::Path;

use super::*;
use crate::store::engine::Engine;
use crate::store::lock::{DirLock, LockError};
use crate::store::schema::{self, Step};

fn refusal(path: &Path) -> StoreError {
    let before = std::fs::read(path).unwrap();
    let cause = Store::open(path, TABLES).map(drop).unwrap_err();
    assert!(std::fs::read(path).unwrap() == before, "the file was touched");
    cause
}

fn set_version(store: &Store, version: u64) {
    let name = || String::from("schema_version");
    store.write_blocking::<_, StoreError, _>(move |tx| tx.put(&META, &name(), &MetaRow::Number(version))).unwrap();
}

#[test]
fn a_newer_schema_is_refused_and_the_file_left_alone() {
    let (dir, path, store) = fresh();
    set_version(&store, 99);
    // As a crash of the newer program would leave it: in need of repair.
    let crashed = dir.path().join("crashed.redb");
    std::fs::copy(&path, &crashed).unwrap();
    store.close();
    let newer = StoreError::NewerSchema { found: 99, known: schema::newest(schema::STEPS) };
    assert_eq!(refusal(&path), newer);
    assert_eq!(refusal(&crashed), newer);
}

#[test]
fn an_existing_file_without_a_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = dir.path().join("foreign.redb");
    let database = redb::Database::create(&foreign).unwrap();
    let txn = database.begin_write().unwrap();
    drop(txn.open_table(redb::TableDefinition::<&str, u64>::new("something")).unwrap());
    txn.commit().unwrap();
    drop(database);
    assert!(matches!(refusal(&foreign), StoreError::Corrupt(_)));
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.redb");
    for bytes in [&b""[..], b"x", b"redb", &[0; 8192], "not a store".repeat(4_000).as_bytes()] {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(refusal(&path), StoreError::Corrupt(_)), "{} bytes", bytes.len());
    }
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(Store::open(&path, TABLES).is_err());
    assert!(matches!(Store::open(&dir.path().join("no/such/dir"), TABLES), Err(StoreError::Io(_))));
}

#[test]
fn a_cut_file_is_refused_or_whole() {
    let (dir, path, store) = fresh();
    (0..200).for_each(|key| put(&store, key, 7));
    store.close();
    let whole = std::fs::read(&path).unwrap();
    let cut = dir.path().join("cut.redb");
    for sixteenth in 0..16 {
        std::fs::write(&cut, &whole[..whole.len() * sixteenth / 16]).unwrap();
        assert!(matches!(refusal(&cut), StoreError::Corrupt(_)), "{sixteenth}/16");
    }
}

#[test]
fn a_damaged_byte_is_noticed_or_does_not_matter() {
    let (dir, path, store) = fresh();
    (0..300).for_each(|key| put(&store, key, 7));
    let rows = |store: &Store| store.read::<_, StoreError>(|view| view.scan(&NUMBERS, Span::all(), usize::MAX));
    let expected = rows(&store).unwrap();
    store.close();
    let whole = std::fs::read(&path).unwrap();
    let damaged = dir.path().join("damaged.redb");
    let (mut noticed, mut harmless) = (0, 0);
    // A fixed walk over the file, denser in its first pages, where the structure is.
    let places = (0..512).step_by(3).chain((512..whole.len()).step_by(whole.len() / 200));
    for place in places {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x5a;
        std::fs::write(&damaged, &bytes).unwrap();
        match Store::open(&damaged, TABLES) {
            Ok(store) => {
                assert_eq!(rows(&store).unwrap(), expected, "byte {place}");
                harmless += 1;
            }
            Err(cause) => {
                assert!(matches!(cause, StoreError::Corrupt(_) | StoreError::Io(_)), "byte {place}: {cause}");
                assert!(std::fs::read(&damaged).unwrap() == bytes, "byte {place}: the file was touched");
                noticed += 1;
            }
        }
    }
    assert!(noticed > 20, "{noticed} noticed, {harmless} harmless");
}

#[test]
fn a_second_handle_on_the_file_is_refused() {
    let (_dir, path, store) = fresh();
    assert!(matches!(Store::open(&path, TABLES), Err(StoreError::Locked(_))));
    drop(store);
    assert!(Store::open(&path, TABLES).is_ok());
}

#[test]
fn a_second_owner_of_the_directory_is_told_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let lock = DirLock::acquire(dir.path(), "orrery serve").unwrap();
    match DirLock::acquire(dir.path(), "orrery backup") {
        Err(LockError::LockedBy { pid, since, what }) => {
            assert_eq!((pid, what.as_str()), (std::process::id(), "orrery serve"));
            assert!(since.parse::<jiff::Timestamp>().is_ok(), "{since}");
        }
        other => panic!("{other:?}"),
    }
    drop(lock);
    assert!(DirLock::acquire(dir.path(), "orrery backup").is_ok());
    assert!(matches!(DirLock::acquire(&dir.path().join("none"), "x"), Err(LockError::Io(_))));
}

#[test]
fn a_missing_table_is_noticed() {
    let (_dir, path, store) = fresh();
    drop(store);
    let more = &["meta_v1", "pairs_v1", "numbers_v1", "absent_v1"];
    assert_eq!(
        Store::open(&path, more).map(drop),
        Err(StoreError::Corrupt(String::from("table absent_v1 is missing")))
    );
    assert!(matches!(Store::open(&path, &["pairs_v1"]), Err(StoreError::UnknownTable("meta_v1"))));
}

#[test]
fn steps_run_in_order_and_all_or_none() {
    let (_dir, path, store) = fresh();
    put(&store, 1, 1);
    store.close();
    let more = &["meta_v1", "pairs_v1", "numbers_v1", "absent_v1"];
    let known = schema::newest(schema::STEPS);
    let next = Step { to: known + 1, run: |batch, _| batch.create("absent_v1") };
    let fails = Step { to: known + 2, run: |_, _| Err(StoreError::Io(String::from("no"))) };
    let database = redb::Database::open(&path).unwrap();
    let engine = Engine::through(database, &path, more);
    assert!(schema::migrate(&engine, known, &[next, fails]).is_err());
    drop(engine);
    // Still at the version before, without the table of the new step.
    assert!(matches!(Store::open(&path, more), Err(StoreError::Corrupt(_))));
    assert_eq!(get(&Store::open(&path, TABLES).unwrap(), 1), Some(row(1)));
    let next = Step { to: known + 1, run: |batch, _| batch.create("absent_v1") };
    let engine = Engine::through(redb::Database::open(&path).unwrap(), &path, more);
    schema::migrate(&engine, known, &[next]).unwrap();
    drop(engine);
    assert_eq!(schema::probe(&path), Err(StoreError::NewerSchema { found: known + 1, known }));
}

/// A file as the first release left it opens, and has the table that came with the second version.
#[test]
fn a_file_of_the_first_version_gains_the_rulesets() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.redb");
    let before = &["meta_v1", "pairs_v1", "numbers_v1"];
    let engine = Engine::through(redb::Database::create(&path).unwrap(), &path, before);
    schema::migrate(&engine, 0, &schema::STEPS[..1]).unwrap();
    drop(engine);
    assert_eq!(schema::probe(&path), Ok(1));
    let store = Store::open(&path, &["meta_v1", "pairs_v1", "numbers_v1", "rulesets_v1"]).unwrap();
    store.close();
    assert_eq!(schema::probe(&path), Ok(schema::newest(schema::STEPS)));
}

#[test]
fn the_shipped_steps_are_in_order() {
    let versions: Vec<u64> = schema::STEPS.iter().map(|step| step.to).collect();
    assert_eq!(versions, (1..=schema::newest(schema::STEPS)).collect::<Vec<_>>());
}

#[test]
fn a_left_over_of_a_broken_creation_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("store.redb.new"), b"half a file").unwrap();
    let path = dir.path().join("store.redb");
    drop(Store::open(&path, TABLES).unwrap());
    assert!(!dir.path().join("store.redb.new").exists());
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}
