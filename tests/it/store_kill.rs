//! The store under `kill -9`: a child writes and says what was acknowledged, the parent kills it at any moment, opens
//! the store again and counts. Cuts no power: what the kernel took is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use orrery::clock::Stopwatch;
use orrery::store::codec::Table;
use orrery::store::lock::{DirLock, LockError};
use orrery::store::tables::{META, SealedRow};
use orrery::store::{Reads, Span, Store, StoreError, Tx};

use crate::child::{self, acknowledged, say};

const DIR_VARIABLE: &str = "ORRERY_TEST_KILL_DIR";
const HALVES: Table<(u64, u8), SealedRow> = Table::new("kill_halves_v1");
const SUMS: Table<u64, SealedRow> = Table::new("kill_sums_v1");
const TABLES: &[&str] = &[META.name(), HALVES.name(), SUMS.name()];

const KILLS: u64 = 60;
const WRITERS: u64 = 6;
const SEED: u64 = 0x0bad_5eed_0000_0001;

/// SplitMix64 (Steele, Lea and Flood, 2014): the same kills on every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Row `part` of record `number`: bytes that no other row has, now and then more than a page of them.
fn part(number: u64, part: u8) -> SealedRow {
    let mut seeded = Seeded(number * 4 + u64::from(part));
    let most = if number.is_multiple_of(16) { 6_000 } else { 300 };
    let length = usize::try_from(seeded.below(most)).unwrap();
    let fill = u8::try_from(seeded.below(256)).unwrap();
    let mut sealed = number.to_be_bytes().to_vec();
    sealed.push(part);
    sealed.resize(9 + length, fill);
    SealedRow { sealed }
}

fn put_record(tx: &mut Tx<'_>, number: u64) -> Result<(), StoreError> {
    tx.put(&HALVES, &(number, 0), &part(number, 0))?;
    tx.put(&SUMS, &number, &part(number, 2))?;
    tx.put(&HALVES, &(number, 1), &part(number, 1))
}

/// The numbers that are there, each whole.
fn records(store: &Store) -> BTreeSet<u64> {
    let (halves, sums) = store
        .read::<_, StoreError>(|view| {
            Ok((view.scan(&HALVES, Span::all(), usize::MAX)?, view.scan(&SUMS, Span::all(), usize::MAX)?))
        })
        .unwrap();
    let halves: BTreeMap<_, _> = halves.into_iter().collect();
    let numbers: BTreeSet<u64> = halves.keys().map(|(number, _)| *number).collect();
    assert_eq!(halves.len(), numbers.len() * 2, "a record has one half alone");
    assert_eq!(sums.iter().map(|(number, _)| *number).collect::<BTreeSet<_>>(), numbers, "a record lacks a row");
    for (number, sum) in &sums {
        assert_eq!(sum, &part(*number, 2));
        assert_eq!(halves.get(&(*number, 0)), Some(&part(*number, 0)));
        assert_eq!(halves.get(&(*number, 1)), Some(&part(*number, 1)));
    }
    numbers
}

/// Not a test of its own: the process that is killed.
#[test]
#[ignore = "the child of the kill test; writes until it is killed"]
fn child_writer() {
    let Ok(dir) = std::env::var(DIR_VARIABLE) else { return };
    let _lock = DirLock::acquire(Path::new(&dir), "child writer").unwrap();
    say("locked");
    let store = Store::open(&Path::new(&dir).join("store.redb"), TABLES).unwrap();
    let last = store.read::<_, StoreError>(|view| view.scan(&SUMS, Span::all().reversed(), 1)).unwrap();
    let next = Arc::new(AtomicU64::new(last.first().map_or(0, |(number, _)| number + 1)));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let writers = (0..WRITERS).map(|_| {
            let (store, next) = (store.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    store.write::<_, StoreError, _>(move |tx| put_record(tx, number)).await.unwrap();
                    say(&format!("ack {number}"));
                }
            })
        });
        futures_util::future::join_all(writers).await;
    });
}

/// A child, and the lines it says.
fn spawn(dir: &Path) -> (Child, Receiver<String>) {
    child::spawn("store_kill::child_writer", DIR_VARIABLE, dir, Stdio::inherit())
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_half_there_after_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.redb");
    let mut seeded = Seeded(SEED);
    let mut acks = BTreeSet::new();
    let mut productive = 0;
    let watch = Stopwatch::start();
    for kill in 0..KILLS {
        let (mut child, lines) = spawn(dir.path());
        let mut fresh = BTreeSet::new();
        if kill % 2 == 0 {
            // At any moment from the start of the process, its opening of the store included.
            std::thread::sleep(Duration::from_micros(seeded.below(200_000)));
        } else {
            // Right after some acknowledgement, a moment later.
            let wanted = 1 + usize::try_from(seeded.below(120)).unwrap();
            while fresh.len() < wanted {
                let line = lines.recv_timeout(Duration::from_secs(30)).expect("the child still writes");
                fresh.extend(acknowledged(&line));
            }
            std::thread::sleep(Duration::from_micros(seeded.below(3_000)));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        fresh.extend(lines.iter().filter_map(|line| acknowledged(&line)));
        productive += u64::from(!fresh.is_empty());
        acks.append(&mut fresh);
        if !path.exists() {
            assert!(acks.is_empty(), "kill {kill}: the store is gone");
            continue;
        }
        let store = Store::open(&path, TABLES).unwrap();
        let there = records(&store);
        let lost: Vec<_> = acks.difference(&there).collect();
        assert!(lost.is_empty(), "kill {kill}: acknowledged and lost: {lost:?}");
        store.close();
    }
    println!("{KILLS} kills ({productive} while writing), {} records, {:.1?}", acks.len(), watch.elapsed());
    assert!(productive >= KILLS / 2, "only {productive} children wrote");
}

#[test]
fn a_second_process_is_told_who_owns_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let (mut child, lines) = spawn(dir.path());
    while !lines.recv_timeout(Duration::from_secs(30)).unwrap().ends_with("locked") {}
    match DirLock::acquire(dir.path(), "parent") {
        Err(LockError::LockedBy { pid, what, .. }) => assert_eq!((pid, what.as_str()), (child.id(), "child writer")),
        other => panic!("{other:?}"),
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(DirLock::acquire(dir.path(), "parent").is_ok());
}
