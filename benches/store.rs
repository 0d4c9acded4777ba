//! Durable writes per second at 1, 16 and 64 concurrent writers: group commit against one transaction per write.
//! Ends with a table of the ratios.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench has no callers to document for or to hand an error to"
)]

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use orrery::clock::Stopwatch;
use orrery::store::codec::Table;
use orrery::store::tables::{META, SealedRow};
use orrery::store::{Store, StoreError};
use redb::{Database, Durability, TableDefinition};
use tokio::runtime::Runtime;

const ROWS: Table<u64, SealedRow> = Table::new("bench_v1");
const TABLES: &[&str] = &[META.name(), ROWS.name()];
const RAW: TableDefinition<'static, &'static [u8], &'static [u8]> = TableDefinition::new("bench_v1");
const WRITERS: [u64; 3] = [1, 16, 64];
/// Bytes of one row: about a sealed chart name and its birth data.
const ROW_BYTES: usize = 256;
/// Writes of each writer in the closing table.
const TABLE_WRITES: u64 = 40;

static NEXT: AtomicU64 = AtomicU64::new(0);

fn key() -> u64 {
    // An odd multiplier spreads the keys over the tree, as random ids do.
    NEXT.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// `writers` tasks make `each` writes through the store; how long it took.
fn grouped(runtime: &Runtime, store: &Store, writers: u64, each: u64) -> Duration {
    runtime.block_on(async {
        let watch = Stopwatch::start();
        let tasks = (0..writers).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..each {
                    let (key, row) = (key(), SealedRow { sealed: vec![7; ROW_BYTES] });
                    store.write::<_, StoreError, _>(move |tx| tx.put(&ROWS, &key, &row)).await.unwrap();
                }
            })
        });
        futures_util::future::join_all(tasks).await.into_iter().for_each(|task| task.unwrap());
        watch.elapsed()
    })
}

/// `writers` threads make `each` writes, every one a durable transaction of its own; how long it took.
fn single(database: &Database, writers: u64, each: u64) -> Duration {
    let watch = Stopwatch::start();
    std::thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| {
                for _ in 0..each {
                    let mut txn = database.begin_write().unwrap();
                    txn.set_durability(Durability::Immediate).unwrap();
                    let mut table = txn.open_table(RAW).unwrap();
                    table.insert(key().to_be_bytes().as_slice(), black_box(&[7; ROW_BYTES][..])).unwrap();
                    drop(table);
                    txn.commit().unwrap();
                }
            });
        }
    });
    watch.elapsed()
}

fn per_second(writes: u64, took: Duration) -> f64 {
    f64::from(u32::try_from(writes).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store.redb"), TABLES).unwrap();
    let database = Database::create(dir.path().join("single.redb")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();

    let mut group = criterion.benchmark_group("durable_writes");
    for writers in WRITERS {
        group.throughput(Throughput::Elements(writers));
        group.bench_function(BenchmarkId::new("group_commit", writers), |bencher| {
            bencher.iter_custom(|rounds| grouped(&runtime, &store, writers, rounds));
        });
        group.bench_function(BenchmarkId::new("one_transaction_each", writers), |bencher| {
            bencher.iter_custom(|rounds| single(&database, writers, rounds));
        });
    }
    group.finish();
    criterion.final_summary();

    println!("\nwriters  group commit/s  one transaction each/s  ratio");
    for writers in WRITERS {
        let writes = writers * TABLE_WRITES;
        let fast = per_second(writes, grouped(&runtime, &store, writers, TABLE_WRITES));
        let slow = per_second(writes, single(&database, writers, TABLE_WRITES));
        println!("{writers:>7}  {fast:>14.0}  {slow:>22.0}  {:>5.1}", fast / slow);
    }
}
