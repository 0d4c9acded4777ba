//! A: The embedded database behind the store: one file, opened, read in snapshots, changed in durable commits, and
//! opened anew after a failure. Knows bytes, not rows.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::ops::Bound;
use std::os::unix::fs::OpenOptionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use redb::{
    Builder, Database, DatabaseError, Durability, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable,
    StorageError, TableDefinition, TableError, TableHandle, TransactionError, WriteTransaction,
};

use super::error::StoreError;
use super::schema;
use super::span::Span;
use super::tx::{Pending, Source, Visit};
use crate::limits;

type Bytes = &'static [u8];

const fn definition(name: &'static str) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(name)
}

/// The open file.
struct Opened {
    /// What readers share from one commit to the next. Before the database, so that it is let go first.
    latest: Mutex<Option<Arc<Snapshot>>>,
    database: Database,
}

impl Opened {
    const fn new(database: Database) -> Self {
        Self { latest: Mutex::new(None), database }
    }

    /// What is committed now.
    fn snapshot(&self, tables: &'static [&'static str]) -> Result<Arc<Snapshot>, StoreError> {
        // Held while one is taken: a snapshot from before a commit must not be put here after it.
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &*latest {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Arc::new(Snapshot::of(&self.database, tables)?);
        *latest = Some(Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// There was a commit.
    fn forget(&self) {
        let earlier = self.latest.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Behind the lock: for who took it last this frees pages.
        drop(earlier);
    }
}

enum State {
    Open(Opened),
    /// It failed and could not be opened again yet.
    Failed(StoreError),
    Closed,
}

/// One file of tables.
pub(super) struct Engine {
    path: PathBuf,
    tables: &'static [&'static str],
    state: RwLock<State>,
}

impl Engine {
    /// Opens the file at `path`, or makes it, and brings it to the newest schema.
    pub(super) fn open(path: &Path, tables: &'static [&'static str]) -> Result<Self, StoreError> {
        let there = path.try_exists().map_err(|cause| io(&cause))?;
        let found = if there { schema::probe(path)? } else { Self::create(path, tables)? };
        let state = RwLock::new(State::Open(Opened::new(open_file(path)?)));
        let engine = Self { path: path.to_path_buf(), tables, state };
        schema::migrate(&engine, found, schema::STEPS)?;
        engine.check_tables()?;
        Ok(engine)
    }

    /// One whose file at `path` is reached through `database` until it has to be opened anew.
    #[cfg(test)]
    pub(super) fn through(database: Database, path: &Path, tables: &'static [&'static str]) -> Self {
        Self { path: path.to_path_buf(), tables, state: RwLock::new(State::Open(Opened::new(database))) }
    }

    /// Makes a whole store beside `path` and then moves it there, so that a crash leaves none rather than half of one.
    fn create(path: &Path, tables: &'static [&'static str]) -> Result<u64, StoreError> {
        let mut name = path.as_os_str().to_os_string();
        name.push(".new");
        let beside = PathBuf::from(name);
        match std::fs::remove_file(&beside) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => return Err(io(&cause)),
            _ => {}
        }
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
        drop(made.map_err(|cause| io(&cause))?);
        let database = builder().create(&beside).map_err(|cause| database_error(&cause))?;
        let engine = Self { path: beside.clone(), tables, state: RwLock::new(State::Open(Opened::new(database))) };
        schema::migrate(&engine, 0, schema::STEPS)?;
        engine.close();
        std::fs::rename(&beside, path).map_err(|cause| io(&cause))?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(|cause| io(&cause))?;
        Ok(schema::newest(schema::STEPS))
    }

    fn check_tables(&self) -> Result<(), StoreError> {
        let snapshot = self.snapshot()?;
        let there = snapshot.txn.list_tables().map_err(|cause| storage_error(&cause))?;
        let there: Vec<String> = there.map(|table| table.name().to_owned()).collect();
        match self.tables.iter().find(|name| !there.iter().any(|there| there == *name)) {
            Some(missing) => Err(StoreError::Corrupt(format!("table {missing} is missing"))),
            None => Ok(()),
        }
    }

    pub(super) const fn tables(&self) -> &'static [&'static str] {
        self.tables
    }

    fn with_open<T>(&self, f: impl FnOnce(&Opened) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(opened) => f(opened),
            State::Failed(cause) => Err(cause.clone()),
            State::Closed => Err(StoreError::Closed),
        }
    }

    /// What is committed now.
    pub(super) fn snapshot(&self) -> Result<Arc<Snapshot>, StoreError> {
        self.with_open(|opened| opened.snapshot(self.tables))
    }

    /// Runs `f` over one transaction and makes its changes durable before it returns, or with the next that are; keeps
    /// none of them on an error.
    pub(super) fn commit(
        &self,
        durable: bool,
        f: impl FnOnce(&Batch<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let begin = |opened: &Opened| opened.database.begin_write().map_err(|cause| transaction_error(&cause));
        let mut txn = self.with_open(begin)?;
        let durability = if durable { Durability::Immediate } else { Durability::None };
        txn.set_durability(durability).map_err(|cause| StoreError::Io(cause.to_string()))?;
        let batch = Batch {
            txn: &txn,
            tables: self.tables,
            open: RefCell::default(),
            changes: RefCell::default(),
            state: BatchState::default(),
        };
        let done = f(&batch).and_then(|()| batch.lay_all());
        let done = done.and_then(|()| batch.state.failure.take().map_or(Ok(()), Err));
        let changed = batch.state.changed.get();
        drop(batch);
        match done {
            Ok(()) if changed => {
                let done = txn.commit().map_err(|cause| StoreError::CommitFailed(cause.to_string()));
                // Before anybody hears of the commit, so that who does finds it.
                self.forget();
                done
            }
            Ok(()) => txn.abort().map_err(|cause| storage_error(&cause)),
            Err(cause) => {
                drop(txn);
                Err(cause)
            }
        }
    }

    /// The next to read takes a new snapshot.
    fn forget(&self) {
        if let State::Open(opened) = &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            opened.forget();
        }
    }

    /// Opens the file anew after a failure, because the database refuses everything once the disk has failed it.
    /// Snapshots taken before fail from now on.
    pub(super) fn reopen(&self) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Closed) {
            return;
        }
        *state = State::Failed(StoreError::Io(String::from("the store is being opened anew")));
        *state = open_file(&self.path).map_or_else(State::Failed, |database| State::Open(Opened::new(database)));
    }

    /// Closes the file.
    pub(super) fn close(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }
}

/// How the file is opened, wherever it is.
pub(super) fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(limits::STORE_CACHE_MAX_BYTES);
    builder
}

fn open_file(path: &Path) -> Result<Database, StoreError> {
    guarded(|| builder().open(path).map_err(|cause| database_error(&cause)))
}

/// The database may panic over a damaged file; here that is an error like any other.
pub(super) fn guarded<T>(f: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(f))
        .unwrap_or_else(|_| Err(StoreError::Corrupt(String::from("the database stumbled over the file"))))
}

fn known(tables: &[&'static str], table: &'static str) -> Result<(), StoreError> {
    if tables.contains(&table) { Ok(()) } else { Err(StoreError::UnknownTable(table)) }
}

fn visit_table(table: &impl ReadableTable<Bytes, Bytes>, span: &Span, visit: &mut Visit<'_>) -> Result<(), StoreError> {
    let Some((start, end)) = span.bounds() else { return Ok(()) };
    let range = (Bound::Included(start), end.map_or(Bound::Unbounded, Bound::Excluded));
    let mut rows = table.range::<&[u8]>(range).map_err(|cause| storage_error(&cause))?;
    while let Some(row) = if span.is_reversed() { rows.next_back() } else { rows.next() } {
        let (key, value) = row.map_err(|cause| storage_error(&cause))?;
        if visit(key.value(), value.value())?.is_break() {
            break;
        }
    }
    Ok(())
}

/// What was committed at one moment. Shared by readers, each table opened by the first that wants it.
pub(super) struct Snapshot {
    txn: ReadTransaction,
    tables: &'static [&'static str],
    /// In the order of `tables`.
    open: Vec<OnceLock<ReadOnlyTable<Bytes, Bytes>>>,
}

impl Snapshot {
    /// What is committed in `database` now.
    pub(super) fn of(database: &Database, tables: &'static [&'static str]) -> Result<Self, StoreError> {
        let txn = database.begin_read().map_err(|cause| transaction_error(&cause))?;
        Ok(Self { txn, tables, open: tables.iter().map(|_| OnceLock::new()).collect() })
    }

    fn table(&self, name: &'static str) -> Result<&ReadOnlyTable<Bytes, Bytes>, StoreError> {
        let place = self.tables.iter().position(|known| *known == name);
        let slot = place.and_then(|place| self.open.get(place)).ok_or(StoreError::UnknownTable(name))?;
        if let Some(table) = slot.get() {
            return Ok(table);
        }
        let table = self.txn.open_table(definition(name)).map_err(|cause| table_error(&cause))?;
        Ok(slot.get_or_init(|| table))
    }
}

impl Source for Snapshot {
    fn check(&self, table: &'static str) -> Result<(), StoreError> {
        known(self.tables, table)
    }

    fn get(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.table(table)?.get(key).map_err(|cause| storage_error(&cause))?;
        Ok(value.map(|value| value.value().to_vec()))
    }

    fn has(&self, table: &'static str, key: &[u8]) -> Result<bool, StoreError> {
        Ok(self.table(table)?.get(key).map_err(|cause| storage_error(&cause))?.is_some())
    }

    fn visit(&self, table: &'static str, span: &Span, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        visit_table(self.table(table)?, span, visit)
    }
}

#[derive(Default)]
struct BatchState {
    changed: Cell<bool>,
    failure: Cell<Option<StoreError>>,
}

/// One transaction, shared by the closures of a batch.
pub(super) struct Batch<'t> {
    txn: &'t WriteTransaction,
    tables: &'static [&'static str],
    open: RefCell<BTreeMap<&'static str, redb::Table<'t, Bytes, Bytes>>>,
    /// What the closures changed and is not in the tables yet: a row that many of them change is laid down once.
    changes: RefCell<Pending>,
    state: BatchState,
}

impl<'t> Batch<'t> {
    /// Takes the changes of one closure into the transaction.
    pub(super) fn apply(&self, pending: Pending) {
        let mut changes = self.changes.borrow_mut();
        for (name, rows) in pending {
            self.state.changed.set(self.state.changed.get() || !rows.is_empty());
            changes.entry(name).or_default().extend(rows);
        }
    }

    /// Lays all changes into the tables.
    fn lay_all(&self) -> Result<(), StoreError> {
        let changes = self.changes.take();
        changes.into_iter().try_for_each(|(name, rows)| self.lay(name, rows))
    }

    fn lay(&self, name: &'static str, rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>) -> Result<(), StoreError> {
        self.with_table(name, |table| {
            for (key, value) in rows {
                match value {
                    Some(value) => table.insert(key.as_slice(), value.as_slice()).map(drop),
                    None => table.remove(key.as_slice()).map(drop),
                }
                .map_err(|cause| storage_error(&cause))?;
            }
            Ok(())
        })
    }

    /// The change of a row that is not in its table yet, if there is one.
    fn change<T>(&self, table: &'static str, key: &[u8], of: impl FnOnce(Option<&Vec<u8>>) -> T) -> Option<T> {
        self.changes.borrow().get(table)?.get(key).map(|value| of(value.as_ref()))
    }

    /// Makes a table if it is not there.
    pub(super) fn create(&self, name: &'static str) -> Result<(), StoreError> {
        self.state.changed.set(true);
        self.with_table(name, |_| Ok(()))
    }

    fn with_table<T>(
        &self,
        name: &'static str,
        f: impl FnOnce(&mut redb::Table<'t, Bytes, Bytes>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.check(name)?;
        let mut open = self.open.borrow_mut();
        if let Some(table) = open.get_mut(name) {
            return f(table);
        }
        let table = self.txn.open_table(definition(name)).map_err(|cause| table_error(&cause))?;
        f(open.entry(name).or_insert(table))
    }

    /// Remembers that the disk failed a closure, so that the whole batch fails even if the closure goes on.
    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(cause @ (StoreError::Io(_) | StoreError::Corrupt(_) | StoreError::Closed)) = &result {
            self.state.failure.set(Some(cause.clone()));
        }
        result
    }
}

fn owned(value: Option<&Vec<u8>>) -> Option<Vec<u8>> {
    value.cloned()
}

impl Source for Batch<'_> {
    fn check(&self, table: &'static str) -> Result<(), StoreError> {
        known(self.tables, table)
    }

    fn get(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(changed) = self.change(table, key, owned) {
            return Ok(changed);
        }
        self.noted(self.with_table(table, |table| {
            let value = table.get(key).map_err(|cause| storage_error(&cause))?;
            Ok(value.map(|value| value.value().to_vec()))
        }))
    }

    fn has(&self, table: &'static str, key: &[u8]) -> Result<bool, StoreError> {
        if let Some(is_there) = self.change(table, key, |value| value.is_some()) {
            return Ok(is_there);
        }
        let there = |table: &mut redb::Table<'_, Bytes, Bytes>| table.get(key).map(|value| value.is_some());
        self.noted(self.with_table(table, |table| there(table).map_err(|cause| storage_error(&cause))))
    }

    fn visit(&self, table: &'static str, span: &Span, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let changes = self.changes.borrow_mut().remove(table);
        self.noted(changes.map_or(Ok(()), |rows| self.lay(table, rows)))?;
        self.noted(self.with_table(table, |table| visit_table(table, span, visit)))
    }
}

/// Something the operating system refused.
pub(super) fn io(cause: &std::io::Error) -> StoreError {
    StoreError::Io(cause.to_string())
}

fn storage_error(cause: &StorageError) -> StoreError {
    match cause {
        StorageError::Corrupted(what) => StoreError::Corrupt(what.clone()),
        StorageError::Io(what) if what.kind() == ErrorKind::UnexpectedEof => {
            StoreError::Corrupt(String::from("the file ends too early"))
        }
        StorageError::Io(what) if what.kind() == ErrorKind::InvalidData => StoreError::Corrupt(what.to_string()),
        StorageError::DatabaseClosed => StoreError::Closed,
        other => StoreError::Io(other.to_string()),
    }
}

fn transaction_error(cause: &TransactionError) -> StoreError {
    match cause {
        TransactionError::Storage(cause) => storage_error(cause),
        other => StoreError::Io(other.to_string()),
    }
}

fn table_error(cause: &TableError) -> StoreError {
    match cause {
        TableError::Storage(cause) => storage_error(cause),
        other => StoreError::Corrupt(other.to_string()),
    }
}

pub(super) fn database_error(cause: &DatabaseError) -> StoreError {
    match cause {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            StoreError::Locked(cause.to_string())
        }
        DatabaseError::Storage(cause) => storage_error(cause),
        other => StoreError::Corrupt(other.to_string()),
    }
}
