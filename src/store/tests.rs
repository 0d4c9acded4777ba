//! The store as its callers see it: one file after another in a temporary directory, no other module.

mod concurrency;
mod files;

use std::path::PathBuf;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use tempfile::TempDir;

use super::codec::Table;
use super::tables::{META, MetaRow, SealedRow};
use super::{Reads, Span, Store, StoreError};

const PAIRS: Table<(u8, u8), SealedRow> = Table::new("pairs_v1");
const NUMBERS: Table<u64, SealedRow> = Table::new("numbers_v1");
const ABSENT: Table<u64, SealedRow> = Table::new("absent_v1");
const TABLES: &[&str] = &[META.name(), PAIRS.name(), NUMBERS.name()];

/// Error of a business closure.
#[derive(Debug, PartialEq)]
enum Refusal {
    Business(u64),
    Store(StoreError),
}
impl From<StoreError> for Refusal {
    fn from(cause: StoreError) -> Self {
        Self::Store(cause)
    }
}

fn row(byte: u8) -> SealedRow {
    SealedRow { sealed: vec![byte; 5] }
}

fn fresh() -> (TempDir, PathBuf, Store) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.redb");
    let store = Store::open(&path, TABLES).unwrap();
    (dir, path, store)
}

fn put(store: &Store, key: u64, byte: u8) {
    store.write_blocking::<_, StoreError, _>(move |tx| tx.put(&NUMBERS, &key, &row(byte))).unwrap();
}

fn get(store: &Store, key: u64) -> Option<SealedRow> {
    store.read::<_, StoreError>(|view| view.get(&NUMBERS, &key)).unwrap()
}

#[test]
fn what_was_written_is_there_after_reopening() {
    let (_dir, path, store) = fresh();
    put(&store, 7, 1);
    put(&store, 8, 2);
    assert_eq!(store.write_blocking::<_, StoreError, _>(|tx| tx.delete(&NUMBERS, &8)), Ok(true));
    assert_eq!(store.write_blocking::<_, StoreError, _>(|tx| tx.delete(&NUMBERS, &8)), Ok(false));
    drop(store);
    let store = Store::open(&path, TABLES).unwrap();
    assert_eq!((get(&store, 7), get(&store, 8)), (Some(row(1)), None));
}

#[test]
fn a_transaction_reads_its_own_writes() {
    let (_dir, _path, store) = fresh();
    put(&store, 1, 1);
    put(&store, 2, 2);
    let seen = store.write_blocking::<_, StoreError, _>(|tx| {
        tx.put(&NUMBERS, &1, &row(9))?;
        tx.delete(&NUMBERS, &2)?;
        tx.put(&NUMBERS, &3, &row(3))?;
        assert_eq!(tx.get(&NUMBERS, &1)?, Some(row(9)));
        assert_eq!(tx.get(&NUMBERS, &2)?, None);
        assert!(!tx.delete(&NUMBERS, &2)?);
        tx.scan(&NUMBERS, Span::all(), 10)
    });
    assert_eq!(seen, Ok(vec![(1, row(9)), (3, row(3))]));
}

#[test]
fn unknown_tables_are_refused_and_harm_nobody() {
    let (_dir, _path, store) = fresh();
    let unknown = Err(StoreError::UnknownTable("absent_v1"));
    assert_eq!(store.write_blocking::<_, StoreError, _>(|tx| tx.put(&ABSENT, &1, &row(1))), unknown);
    assert_eq!(store.read::<_, StoreError>(|view| view.get(&ABSENT, &1)).map(|_| ()), unknown);
    put(&store, 1, 1);
}

#[test]
fn a_span_at_the_end_of_the_key_space_is_empty() {
    let (_dir, _path, store) = fresh();
    put(&store, u64::MAX, 1);
    let scan = |span: Span| store.read::<_, StoreError>(|view| view.scan(&NUMBERS, span.clone(), 9)).unwrap().len();
    assert_eq!(scan(Span::all().after(&u64::MAX)), 0);
    assert_eq!(scan(Span::prefix(&u64::MAX)), 1);
    assert_eq!(scan(Span::all().before(&0_u64)), 0);
    assert_eq!(scan(Span::all().after(&9_u64).before(&3_u64)), 0);
}

#[test]
fn the_probe_writes_and_survives() {
    let (_dir, path, store) = fresh();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.probe_writable()).unwrap();
    runtime.block_on(store.probe_writable()).unwrap();
    runtime.block_on(store.flush()).unwrap();
    store.close();
    let store = Store::open(&path, TABLES).unwrap();
    let count = store.read::<_, StoreError>(|view| view.get(&META, &String::from("probe_writable"))).unwrap();
    assert_eq!(count, Some(MetaRow::Number(1)));
}

type Model = std::collections::BTreeMap<(u8, u8), Option<u8>>;

#[derive(Clone, Debug)]
struct Ask {
    prefix: Option<u8>,
    after: Option<(u8, u8)>,
    before: Option<(u8, u8)>,
    reversed: bool,
    limit: usize,
}

/// Few values, with both ends of the byte among them, so that they meet.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![0_u8..4, Just(254_u8), Just(255_u8)]
}

fn ask() -> impl Strategy<Value = Ask> {
    let edge = || proptest::option::of((byte(), byte()));
    (proptest::option::of(byte()), edge(), edge(), any::<bool>(), 0_usize..8)
        .prop_map(|(prefix, after, before, reversed, limit)| Ask { prefix, after, before, reversed, limit })
}

impl Ask {
    fn span(&self) -> Span {
        let mut span = self.prefix.map_or_else(Span::all, |prefix| Span::prefix(&prefix));
        if let Some(key) = &self.after {
            span = span.after(key);
        }
        if let Some(key) = &self.before {
            span = span.before(key);
        }
        if self.reversed { span.reversed() } else { span }
    }

    /// The same from the model: every row, filtered one by one.
    fn expected(&self, model: &Model) -> Vec<((u8, u8), SealedRow)> {
        let mut rows: Vec<_> = model
            .iter()
            .filter_map(|(key, value)| value.map(|value| (*key, row(value))))
            .filter(|(key, _)| self.prefix.is_none_or(|prefix| key.0 == prefix))
            .filter(|(key, _)| self.after.is_none_or(|after| *key > after))
            .filter(|(key, _)| self.before.is_none_or(|before| *key < before))
            .collect();
        if self.reversed {
            rows.reverse();
        }
        rows.truncate(self.limit);
        rows
    }
}

#[test]
fn scans_agree_with_a_model_under_pending_changes() {
    let (_dir, _path, store) = fresh();
    let changes = || btree_map((byte(), byte()), proptest::option::weighted(0.7, any::<u8>()), 0..24);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(128));
    let cases = (changes(), changes(), vec(ask(), 1..12));
    let check = |(committed, pending, asks): (Model, Model, Vec<Ask>)| {
        let under = committed.clone();
        store.write_blocking::<_, StoreError, _>(move |tx| apply(tx, &under)).unwrap();
        for ask in &asks {
            let seen = store.read::<_, StoreError>(|view| view.scan(&PAIRS, ask.span(), ask.limit)).unwrap();
            prop_assert_eq!(seen, ask.expected(&committed));
        }
        let (over, questions) = (pending.clone(), asks.clone());
        let seen = store.write_blocking::<_, StoreError, _>(move |tx| {
            apply(tx, &over)?;
            questions.iter().map(|ask| tx.scan(&PAIRS, ask.span(), ask.limit)).collect::<Result<Vec<_>, _>>()
        });
        let mut model = committed;
        model.extend(pending);
        let expected: Vec<_> = asks.iter().map(|ask| ask.expected(&model)).collect();
        prop_assert_eq!(seen.unwrap(), expected);
        store.write_blocking::<_, StoreError, _>(clear).unwrap();
        Ok(())
    };
    runner.run(&cases, check).unwrap();
}

fn apply(tx: &mut super::Tx<'_>, changes: &Model) -> Result<(), StoreError> {
    for (key, value) in changes {
        match value {
            Some(value) => tx.put(&PAIRS, key, &row(*value))?,
            None => drop(tx.delete(&PAIRS, key)?),
        }
    }
    Ok(())
}

fn clear(tx: &mut super::Tx<'_>) -> Result<(), StoreError> {
    for (key, _) in tx.scan(&PAIRS, Span::all(), usize::MAX)? {
        tx.delete(&PAIRS, &key)?;
    }
    Ok(())
}
