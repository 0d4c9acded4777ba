//! The job queue under `kill -9` and SIGSTOP: a child works, the parent kills or freezes it at any moment, and counts what
//! was done. The full run of 100 kills over 10,000 jobs: `ORRERY_TEST_JOB_KILLS=100 ORRERY_TEST_JOBS=10000`.

use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use orrery::clock::{Ambient, Stopwatch};
use orrery::error::{Code, Error};
use orrery::ids::TenantId;
use orrery::jobs::{
    DEFAULT_QUEUE, Done, Job, JobError, JobState, Jobs, NoSealer, Options, Owner, Policy, Pool, Registry, Runner,
    admin, enqueue_all,
};
use orrery::store::codec::Table;
use orrery::store::tables::jobs::{JOB_LEASES, JOB_READY, JOB_SCHEDULE, JOB_TURNS, JOBS};
use orrery::store::tables::{CountRow, STORE_TABLES};
use orrery::store::{Reads, Span, Store, StoreError, Tx};
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::child::{self, say};

const DIR_VARIABLE: &str = "ORRERY_TEST_JOBS_DIR";
/// How often each job was done; under 0 their sum.
const DONE: Table<u64, CountRow> = Table::new("kill_done_v1");
const TENANTS: u8 = 3;
const LEASE_MS: u64 = 600;
const PATIENCE: Duration = Duration::from_mins(2);

/// Adds one to the sum, and to its own count.
#[derive(Serialize, Deserialize)]
struct Add {
    n: u64,
}

impl Job for Add {
    const NAME: &'static str = "add";
    const POLICY: Policy = Policy { backoff_ms: 1, backoff_max_ms: 5, ..Policy::USUAL };
}

/// Brings the process down.
#[derive(Serialize, Deserialize)]
struct Abort {}

impl Job for Abort {
    const NAME: &'static str = "abort";
}

/// Waits to be frozen.
#[derive(Serialize, Deserialize)]
struct Freeze {}

impl Job for Freeze {
    const NAME: &'static str = "freeze";
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

/// The child may need a moment to close the file after its last word.
fn open_store(dir: &Path) -> Store {
    let tables: Vec<&'static str> = STORE_TABLES.iter().copied().chain([DONE.name()]).collect();
    let tables: &'static [&'static str] = tables.leak();
    let watch = Stopwatch::start();
    loop {
        match Store::open(&dir.join("store.redb"), tables) {
            Ok(store) => return store,
            Err(StoreError::Locked(_)) if watch.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => panic!("{error}"),
        }
    }
}

async fn open_jobs(dir: &Path) -> Jobs {
    let notes = dir.join("jobs.running");
    Jobs::open(open_store(dir), Ambient::system(), Arc::new(NoSealer), Some(&notes)).await.unwrap()
}

fn count(tx: &mut Tx<'_>, n: u64) -> Result<(), Error> {
    for key in [0, n] {
        let CountRow(count) = tx.get(&DONE, &key)?.unwrap_or_default();
        tx.put(&DONE, &key, &CountRow(count + 1))?;
    }
    Ok(())
}

fn registry(dir: &Path) -> Registry {
    let go = dir.join("go");
    Registry::new()
        .with(|ctx, job: Add| async move {
            tokio::time::sleep(Duration::from_millis(3)).await;
            if job.n.is_multiple_of(3) {
                ctx.commit(move |tx| count(tx, job.n)).await?;
                return Ok(Done::nothing());
            }
            if job.n.is_multiple_of(50) && ctx.failures() == 0 {
                return Err(JobError::retry("now_and_then", &"it fails the first time"));
            }
            Ok(Done::with(move |tx| count(tx, job.n)))
        })
        .with(|_, _: Abort| async { std::process::abort() })
        .with(move |ctx, _: Freeze| {
            let go = go.clone();
            async move {
                say("started");
                while !go.exists() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                let committed = ctx.commit(|tx| count(tx, 1)).await;
                say(&committed
                    .as_ref()
                    .map_or_else(|error| format!("refused {}", error.code().as_str()), |()| "committed".into()));
                committed.map_err(JobError::from)?;
                Ok(Done::nothing())
            }
        })
}

/// Not a test of its own: the process that is killed or frozen. Works until every job has ended.
#[test]
#[ignore = "the child of the kill tests; works until it is killed"]
fn child_worker() {
    let Ok(dir) = std::env::var(DIR_VARIABLE) else { return };
    let dir = Path::new(&dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let jobs = open_jobs(dir).await;
        let options = Options { lease_ms: LEASE_MS, ..Options::of(vec![Pool::of(DEFAULT_QUEUE, 4)]) };
        let runner = Runner::start(jobs.clone(), registry(dir), options);
        say("working");
        loop {
            let stats = jobs.store().read(|view| admin::stats(view)).unwrap();
            let stats = &stats[DEFAULT_QUEUE];
            if stats.depth() == 0 && stats.count(JobState::Running) == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        runner.drain(Duration::from_secs(10)).await;
        jobs.store().flush().await.unwrap();
        say("all ended");
    });
}

/// A child that works, and the lines it says.
struct Worker {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Worker {
    fn start(dir: &Path) -> Self {
        let (child, lines) = child::spawn("jobs_kill::child_worker", DIR_VARIABLE, dir, Stdio::null());
        Self { child, lines }
    }

    /// Reads until this line; false when the child ended before it.
    fn hear(&self, wanted: &str) -> bool {
        let watch = Stopwatch::start();
        loop {
            match self.lines.recv_timeout(PATIENCE.saturating_sub(watch.elapsed())) {
                Ok(line) if line == wanted => return true,
                Ok(line) => {
                    assert!(!line.starts_with("committed") || wanted != "refused lease_lost", "a frozen worker wrote");
                }
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => panic!("the child does not say {wanted}"),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, signal).unwrap();
    }
}

fn tenant(n: u64) -> TenantId {
    TenantId([u8::try_from(n % u64::from(TENANTS)).unwrap() + 1; 16])
}

/// Puts jobs into a new store, before anybody works on it.
fn prepare<J: Job>(dir: &Path, jobs: impl Iterator<Item = (TenantId, J)>) {
    let store = open_store(dir);
    let ambient = Ambient::system();
    let drafts: Vec<_> =
        jobs.map(|(tenant, job)| orrery::jobs::Draft::new(&ambient, Owner::tenant(tenant), &job).unwrap()).collect();
    for some in drafts.chunks(1_000) {
        let some = some.to_vec();
        store.write_blocking(move |tx| enqueue_all(tx, &some)).unwrap();
    }
    store.close();
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn every_job_is_done_once_through_many_kills() {
    let (kills, jobs) = (number("ORRERY_TEST_JOB_KILLS", 8), number("ORRERY_TEST_JOBS", 1_200));
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path(), (1..=jobs).map(|n| (tenant(n), Add { n })));
    let mut seed = 0x0bad_5eed;
    let mut busy = 0;
    for _ in 0..kills {
        let mut worker = Worker::start(dir.path());
        assert!(worker.hear("working"));
        std::thread::sleep(Duration::from_millis(next(&mut seed) % 120));
        worker.signal(Signal::KILL);
        worker.child.wait().unwrap();
        busy += u64::from(!worker.lines.try_iter().any(|line| line == "all ended"));
    }
    assert!(busy * 2 > kills, "only {busy} of {kills} kills met a busy worker");
    assert!(Worker::start(dir.path()).hear("all ended"));
    let store = open_store(dir.path());
    store
        .read::<_, StoreError>(|view| {
            let done = view.scan(&DONE, Span::all(), usize::MAX)?;
            assert_eq!(done.first(), Some(&(0, CountRow(jobs))), "the sum is exact");
            let each: Vec<_> = done.iter().skip(1).map(|(n, CountRow(count))| (*n, *count)).collect();
            assert_eq!(each, (1..=jobs).map(|n| (n, 1)).collect::<Vec<_>>(), "each was done once");
            let rows = view.scan(&JOBS, Span::all(), usize::MAX)?;
            assert_eq!(rows.len() as u64, jobs);
            let other: Vec<_> = rows.iter().filter(|(_, row)| row.state != JobState::Completed).collect();
            assert!(other.is_empty(), "{other:?}");
            let left = view.scan(&JOB_READY, Span::all(), 1)?.len()
                + view.scan(&JOB_TURNS, Span::all(), 1)?.len()
                + view.scan(&JOB_SCHEDULE, Span::all(), 1)?.len()
                + view.scan(&JOB_LEASES, Span::all(), 1)?.len();
            assert_eq!(left, 0, "nothing is stuck");
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_worker_that_was_frozen_past_its_lease_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path(), std::iter::once((tenant(0), Freeze {})));
    let worker = Worker::start(dir.path());
    assert!(worker.hear("started"));
    worker.signal(Signal::STOP);
    std::thread::sleep(Duration::from_millis(2 * LEASE_MS));
    std::fs::write(dir.path().join("go"), b"").unwrap();
    worker.signal(Signal::CONT);
    assert!(worker.hear(&format!("refused {}", Code::LeaseLost.as_str())));
    assert!(worker.hear("started") && worker.hear("committed") && worker.hear("all ended"));
    let store = open_store(dir.path());
    let (count, rows) =
        store.read::<_, StoreError>(|view| Ok((view.get(&DONE, &1)?, view.scan(&JOBS, Span::all(), 9)?))).unwrap();
    assert_eq!((count, rows.len(), rows[0].1.rescues), (Some(CountRow(1)), 1, 1));
}

#[test]
fn a_job_that_brings_the_process_down_twice_is_quarantined_and_the_others_are_done() {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path(), std::iter::once((tenant(0), Abort {})));
    prepare(dir.path(), (1..=40).map(|n| (tenant(n), Add { n })));
    let mut starts = 1;
    while !Worker::start(dir.path()).hear("all ended") {
        starts += 1;
        assert!(starts < 9, "the job brings the process down again and again");
    }
    assert_eq!(starts, 3);
    let store = open_store(dir.path());
    let rows = store.read::<_, StoreError>(|view| view.scan(&JOBS, Span::all(), 99)).unwrap();
    for (_, row) in rows {
        let (state, reason) =
            if row.task == "abort" { (JobState::Quarantined, "crashed_worker") } else { (JobState::Completed, "") };
        assert_eq!((row.state, row.reason.as_str()), (state, reason), "{row:?}");
        assert_eq!(row.failures, 0);
    }
}
