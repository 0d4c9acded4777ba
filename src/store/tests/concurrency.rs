//! Many writers at once: who fails fails alone, and a failed commit fails all of its batch.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;

use futures_util::FutureExt;
use redb::{BackendError, StorageBackend};

use super::*;
use crate::limits::WRITE_QUEUE_MAX;
use crate::store::engine::{Engine, builder};
use crate::store::shadow::Shadow;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap()
}

fn numbers(store: &Store) -> BTreeSet<u64> {
    let rows = store.read::<_, StoreError>(|view| view.scan(&NUMBERS, Span::all(), usize::MAX)).unwrap();
    rows.into_iter().map(|(key, _)| key).collect()
}

/// Holds the writer until the sender is dropped, so that what is sent meanwhile makes one batch.
fn hold(store: &Store) -> std::sync::mpsc::Sender<()> {
    let (go, wait) = channel::<()>();
    let (started, running) = channel();
    let wait = std::sync::Mutex::new(wait);
    let store = store.clone();
    std::thread::spawn(move || {
        store.write_blocking::<(), StoreError, _>(move |_| {
            let _ = started.send(());
            let _ = wait.lock().unwrap().recv();
            Ok(())
        })
    });
    running.recv().unwrap();
    go
}

/// A write that puts two rows and then succeeds, refuses or panics, as its number says.
async fn mixed(store: Store, number: u64) -> Result<u64, Refusal> {
    store
        .write(move |tx| {
            tx.put(&NUMBERS, &number, &row(1))?;
            tx.put(&NUMBERS, &(number + 1_000), &row(2))?;
            match number % 3 {
                0 => Ok(number),
                1 => Err(Refusal::Business(number)),
                // Unwinds as a panic does, without the message on the terminal.
                _ => std::panic::resume_unwind(Box::new("a fault in a closure")),
            }
        })
        .await
}

#[test]
fn failing_and_panicking_closures_harm_no_other() {
    let (_dir, path, store) = fresh();
    let go = hold(&store);
    let outcomes = runtime().block_on(async {
        let tasks: Vec<_> = (0..64).map(|number| tokio::spawn(mixed(store.clone(), number))).collect();
        tokio::task::yield_now().await;
        drop(go);
        futures_util::future::join_all(tasks).await
    });
    let mut expected = BTreeSet::new();
    for (number, outcome) in (0..64).zip(outcomes) {
        match number % 3 {
            0 => {
                expected.extend([number, number + 1_000]);
                assert_eq!(outcome.unwrap(), Ok(number));
            }
            1 => assert_eq!(outcome.unwrap(), Err(Refusal::Business(number))),
            _ => assert_eq!(outcome.unwrap(), Err(Refusal::Store(StoreError::ClosurePanicked))),
        }
    }
    assert_eq!(numbers(&store), expected);
    store.close();
    assert_eq!(numbers(&Store::open(&path, TABLES).unwrap()), expected);
}

#[test]
fn concurrent_increments_are_serialised() {
    let (_dir, _path, store) = fresh();
    runtime().block_on(async {
        let tasks = (0..64).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..5 {
                    store.probe_writable().await.unwrap();
                }
            })
        });
        futures_util::future::join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
    });
    let count = store.read::<_, StoreError>(|view| view.get(&META, &String::from("probe_writable"))).unwrap();
    // The first one writes 0.
    assert_eq!(count, Some(MetaRow::Number(64 * 5 - 1)));
}

/// Whether or not a member looks through the table between them.
#[test]
fn members_of_a_batch_see_what_those_before_them_changed() {
    let (_dir, path, store) = fresh();
    (0..4).for_each(|number| put(&store, number, 1));
    let go = hold(&store);
    let members = (0..4_u64).map(|number| {
        store.write::<_, StoreError, _>(move |tx| {
            assert_eq!(tx.has(&NUMBERS, &number)?, tx.get(&NUMBERS, &number)?.is_some());
            assert!(number == 0 || !tx.has(&NUMBERS, &(number - 1))?);
            let found = tx.get(&NUMBERS, &number)?;
            let all = if number % 2 == 1 { tx.scan(&NUMBERS, Span::all(), 9)? } else { Vec::new() };
            assert!(tx.delete(&NUMBERS, &number)?);
            tx.put(&NUMBERS, &(number + 1), &row(10 + u8::try_from(number).unwrap()))?;
            Ok((found, all.into_iter().map(|(key, _)| key).collect::<Vec<_>>()))
        })
    });
    let mut all = Box::pin(futures_util::future::join_all(members));
    let seen = runtime().block_on(async {
        assert!(futures_util::poll!(&mut all).is_pending());
        drop(go);
        all.await
    });
    let expected = [(row(1), vec![]), (row(10), vec![1, 2, 3]), (row(11), vec![]), (row(12), vec![3])];
    assert_eq!(seen, expected.map(|(row, all)| Ok((Some(row), all))));
    assert_eq!((numbers(&store), get(&store, 4)), ([4].into(), Some(row(13))));
    store.close();
    assert_eq!(numbers(&Store::open(&path, TABLES).unwrap()), [4].into());
}

#[test]
fn a_snapshot_does_not_move() {
    let (_dir, _path, store) = fresh();
    put(&store, 1, 1);
    let before = store.read::<_, StoreError>(|view| {
        put(&store, 1, 9);
        put(&store, 2, 9);
        assert_eq!(view.get(&NUMBERS, &1)?, Some(row(1)));
        view.scan(&NUMBERS, Span::all(), 9)
    });
    assert_eq!(before, Ok(vec![(1, row(1))]));
    assert_eq!(numbers(&store), [1, 2].into());
    assert_eq!(get(&store, 1), Some(row(9)));
}

#[test]
fn a_full_queue_refuses_at_once_and_dropped_callers_lose_nothing() {
    let (_dir, path, store) = fresh();
    let go = hold(&store);
    for number in 0..WRITE_QUEUE_MAX as u64 {
        // Polled once and dropped: the write was sent, the caller is gone.
        let caller = store.write::<_, StoreError, _>(move |tx| tx.put(&NUMBERS, &number, &row(1)));
        assert_eq!(caller.now_or_never(), None);
    }
    let refused = store.write::<_, StoreError, _>(|tx| tx.put(&NUMBERS, &u64::MAX, &row(1))).now_or_never();
    assert_eq!(refused, Some(Err(StoreError::QueueFull)));
    drop(go);
    store.clone().close();
    assert_eq!(store.write_blocking::<_, StoreError, _>(|_| Ok(())), Err(StoreError::Closed));
    assert_eq!(store.read::<_, StoreError>(|view| view.get(&NUMBERS, &1)), Err(StoreError::Closed));
    assert_eq!(numbers(&Store::open(&path, TABLES).unwrap()), (0..WRITE_QUEUE_MAX as u64).collect());
}

#[test]
fn closing_finishes_the_writes_that_wait() {
    let (_dir, path, store) = fresh();
    let go = hold(&store);
    for number in 0..700_u64 {
        let _ = store.write::<_, StoreError, _>(move |tx| tx.put(&NUMBERS, &number, &row(1))).now_or_never();
    }
    drop(go);
    store.close();
    assert_eq!(numbers(&Store::open(&path, TABLES).unwrap()), (0..700).collect());
}

#[test]
fn waiting_for_a_write_inside_a_write_is_refused() {
    let (_dir, _path, store) = fresh();
    let inner = store.clone();
    let nested = store.write_blocking::<(), StoreError, _>(move |_| inner.write_blocking(|_| Ok(())));
    assert_eq!(nested, Err(StoreError::Nested));
    // The closure held a handle; dropping the last one on the writer's own thread must not hang.
    let last = store.clone();
    let _ = store.write::<(), StoreError, _>(move |_| last.read(|_| Ok(()))).now_or_never();
    drop(store);
}

/// A disk over a file that is left alone, and that fails when told to.
#[derive(Debug)]
struct Failing {
    shadow: Shadow,
    broken: Arc<AtomicBool>,
    syncs: Arc<AtomicU64>,
}

impl Failing {
    fn refuse(&self) -> std::io::Result<()> {
        if self.broken.load(Ordering::SeqCst) { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for Failing {
    fn len(&self) -> std::io::Result<u64> {
        self.shadow.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.shadow.read(offset, out)
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.refuse()?;
        self.shadow.set_len(len)
    }
    fn sync_data(&self) -> std::io::Result<()> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        self.refuse()
    }
    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.refuse()?;
        self.shadow.write(offset, data)
    }
    fn try_lock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }
    fn unlock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }
    fn query_lock_range(&self, _start: Bound<u64>, _end: Bound<u64>) -> Result<bool, BackendError> {
        Ok(false)
    }
}

/// A store whose disk breaks at the switch and is whole again once the file is opened anew.
fn breakable() -> (TempDir, Store, Arc<AtomicBool>, Arc<AtomicU64>) {
    let (dir, path, store) = fresh();
    put(&store, 5_000, 5);
    store.close();
    let (broken, syncs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let shadow = Shadow::over(std::fs::File::open(&path).unwrap()).unwrap();
    let disk = Failing { shadow, broken: Arc::clone(&broken), syncs: Arc::clone(&syncs) };
    let database = builder().create_with_backend(disk).unwrap();
    let store = Store::over(Engine::through(database, &path, TABLES)).unwrap();
    (dir, store, broken, syncs)
}

async fn put_64(store: &Store, go: std::sync::mpsc::Sender<()>) -> Vec<Result<(), StoreError>> {
    let tasks = (0..64_u64).map(|number| store.write(move |tx| tx.put(&NUMBERS, &number, &row(1))));
    let mut all = Box::pin(futures_util::future::join_all(tasks));
    assert!(futures_util::poll!(&mut all).is_pending());
    drop(go);
    all.await
}

#[test]
fn a_failed_commit_fails_every_member_and_the_store_recovers() {
    let (_dir, store, broken, _syncs) = breakable();
    let go = hold(&store);
    broken.store(true, Ordering::SeqCst);
    let outcomes = runtime().block_on(put_64(&store, go));
    for outcome in &outcomes {
        assert!(matches!(outcome, Err(StoreError::CommitFailed(_) | StoreError::Io(_))), "{outcome:?}");
    }
    runtime().block_on(store.probe_writable()).unwrap();
    assert_eq!(numbers(&store), [5_000].into());
}

#[test]
fn writes_that_wait_share_one_commit() {
    let (_dir, store, _broken, syncs) = breakable();
    let go = hold(&store);
    let before = syncs.load(Ordering::SeqCst);
    let outcomes = runtime().block_on(put_64(&store, go));
    assert!(outcomes.iter().all(Result::is_ok));
    let after = syncs.load(Ordering::SeqCst) - before;
    assert!((1..=2).contains(&after), "64 writes took {after} syncs");
}

#[test]
fn a_write_that_need_not_wait_is_seen_at_once_and_kept_with_the_next_that_must() {
    let (_dir, store, _, synced) = breakable();
    runtime().block_on(async {
        let put_soon = |key: u64| store.write_soon::<_, StoreError, _>(move |tx| tx.put(&NUMBERS, &key, &row(1)));
        // The file may have to grow for the first write, which reaches the disk whatever the write wants.
        store.write::<_, StoreError, _>(|tx| tx.put(&NUMBERS, &0, &row(1))).await.unwrap();
        let before = synced.load(Ordering::SeqCst);
        put_soon(1).await.unwrap();
        put_soon(2).await.unwrap();
        assert_eq!(synced.load(Ordering::SeqCst), before, "nobody waited for the disk");
        assert!(get(&store, 1).is_some() && get(&store, 2).is_some());
        let refused = store.write_soon::<(), _, _>(|tx| {
            tx.put(&NUMBERS, &3, &row(1))?;
            Err(Refusal::Business(3))
        });
        assert_eq!(refused.await, Err(Refusal::Business(3)));
    });
    let (dir, path, store) = fresh();
    let as_after_a_crash = |name: &str| {
        let copy = dir.path().join(name);
        std::fs::copy(&path, &copy).unwrap();
        numbers(&Store::open(&copy, TABLES).unwrap())
    };
    runtime().block_on(async {
        store.write_soon::<_, StoreError, _>(|tx| tx.put(&NUMBERS, &1, &row(1))).await.unwrap();
        assert_eq!(as_after_a_crash("before.redb"), [].into());
        store.write::<_, StoreError, _>(|tx| tx.put(&NUMBERS, &2, &row(1))).await.unwrap();
    });
    assert_eq!(as_after_a_crash("after.redb"), [1, 2].into());
}

#[test]
fn watchers_are_told_of_commits_that_changed_their_table() {
    let (_dir, _, store) = fresh();
    let told = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&told);
    store.watch(NUMBERS.name(), Box::new(move || _ = count.fetch_add(1, Ordering::SeqCst)));
    put(&store, 1, 1);
    // They are told by the writer, so before its next write.
    let told = || {
        store.write_blocking::<_, StoreError, _>(|_| Ok(())).unwrap();
        told.load(Ordering::SeqCst)
    };
    assert_eq!(told(), 1);
    store.write_blocking::<_, StoreError, _>(|tx| tx.put(&PAIRS, &(1, 1), &row(1))).unwrap();
    let refused = |tx: &mut crate::store::Tx<'_>| {
        tx.put(&NUMBERS, &2, &row(1))?;
        Err::<(), _>(Refusal::Business(2))
    };
    assert!(store.write_blocking(refused).is_err());
    assert_eq!(told(), 1, "neither another table nor a refused change counts");
    store.write_blocking::<_, StoreError, _>(|tx| tx.delete(&NUMBERS, &1)).unwrap();
    assert_eq!(told(), 2);
}
