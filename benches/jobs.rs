//! The job queue: durable enqueues alone and in batches, enqueue to completion with 1, 2 and 8 workers, start latency of an
//! idle worker, claims before backlogs of three sizes, memory with a million jobs, and a noisy neighbour. One table of each.
//!
//! `cargo bench --bench jobs -- DIR` works in DIR instead of a temporary directory; `--small` divides every size by ten;
//! `--only=enqueue,whole,latency,fairness,backlog` takes some of the tables, in that order.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench has no callers to document for or to hand an error to"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use orrery::clock::{Ambient, Stopwatch};
use orrery::ids::TenantId;
use orrery::jobs::{
    Ask, DEFAULT_QUEUE, Done, Draft, Happening, Job, JobState, Jobs, NoSealer, Options, Owner, Pool, Registry, Runner,
    admin, claim, enqueue_all,
};
use orrery::store::Store;
use orrery::store::tables::STORE_TABLES;
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Does nothing, so that the queue alone is measured.
#[derive(Serialize, Deserialize)]
struct Nothing {
    n: usize,
}

impl Job for Nothing {
    const NAME: &'static str = "nothing";
}

/// Takes one millisecond.
#[derive(Serialize, Deserialize)]
struct Short {
    tenant: u8,
    n: usize,
}

impl Job for Short {
    const NAME: &'static str = "short";
}

fn tenant(n: u8) -> TenantId {
    TenantId([n; 16])
}

async fn open(dir: &Path, name: &str) -> Jobs {
    let path = dir.join(format!("{name}.redb"));
    // One of an earlier run; none is as good.
    let _ = std::fs::remove_file(&path);
    let store = Store::open(&path, STORE_TABLES).unwrap();
    let notes = dir.join(format!("{name}.running"));
    Jobs::open(store, Ambient::system(), Arc::new(NoSealer), Some(&notes)).await.unwrap()
}

async fn fill(jobs: &Jobs, of: TenantId, count: usize, batch: usize) -> Duration {
    let watch = Stopwatch::start();
    for first in (0..count).step_by(batch) {
        let draft = |n| jobs.draft(Owner::tenant(of), &Nothing { n }).unwrap();
        let drafts: Vec<Draft> = (first..(first + batch).min(count)).map(draft).collect();
        jobs.store().write(move |tx| enqueue_all(tx, &drafts)).await.unwrap();
    }
    watch.elapsed()
}

fn counted(jobs: &Jobs, state: JobState) -> u64 {
    let stats = jobs.store().read(|view| admin::stats(view)).unwrap();
    stats.get(DEFAULT_QUEUE).map_or(0, |stats| stats.count(state))
}

fn registry() -> Registry {
    Registry::new().with(|_, _: Nothing| std::future::ready(Ok(Done::nothing()))).with(|_, _: Short| async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(Done::nothing())
    })
}

fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

fn percentile(sorted: &[f64], part: f64) -> f64 {
    let place = ((sorted.len() as f64 - 1.0) * part).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

async fn enqueues(dir: &Path, size: usize) {
    let jobs = open(dir, "enqueue").await;
    println!("\ndurable enqueue                       jobs/s");
    let took = fill(&jobs, tenant(1), 20 * size, 1_000).await;
    println!("batches of 1000                    {:>9.0}", per_second(20 * size, took));
    for clients in [1, 64] {
        let each = if clients == 1 { size / 5 } else { 2 * size / clients };
        let watch = Stopwatch::start();
        let client = || {
            let jobs = jobs.clone();
            tokio::spawn(async move {
                for n in 0..each {
                    jobs.add(Owner::tenant(tenant(2)), &Nothing { n }).await.unwrap();
                }
            })
        };
        join_all((0..clients).map(|_| client())).await.into_iter().for_each(|done| done.unwrap());
        println!("one by one, {clients:>2} clients            {:>9.0}", per_second(each * clients, watch.elapsed()));
    }
}

async fn end_to_end(dir: &Path, size: usize) {
    println!("\nenqueue to completion, durable        jobs/s");
    for (workers, batch) in [(1, 512), (2, 512), (8, 128), (1, 1), (2, 1), (8, 1), (64, 1)] {
        let jobs = open(dir, "whole").await;
        let count = if batch > 1 { 6 * size } else { size / 2 };
        let pool = Pool { batch, ..Pool::of(DEFAULT_QUEUE, workers) };
        let runner = Runner::start(jobs.clone(), registry(), Options::of(vec![pool]));
        let watch = Stopwatch::start();
        fill(&jobs, tenant(1), count, 1_000).await;
        while counted(&jobs, JobState::Completed) < count as u64 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let kind = if batch > 1 { format!("batches of {batch}") } else { String::from("one by one") };
        println!("{workers:>2} workers, {kind:<15}        {:>9.0}", per_second(count, watch.elapsed()));
        runner.drain(Duration::from_secs(5)).await;
    }
}

async fn start_latency(dir: &Path, size: usize) {
    let jobs = open(dir, "latency").await;
    let waits: Arc<Mutex<Option<Stopwatch>>> = Arc::default();
    let (told, times) = (Arc::clone(&waits), Arc::new(Mutex::new(Vec::new())));
    let into = Arc::clone(&times);
    jobs.observe(Box::new(move |happening| {
        if let (Happening::Started { .. }, Some(since)) = (happening, told.lock().unwrap().take()) {
            into.lock().unwrap().push(since.elapsed_ms());
        }
    }));
    let runner = Runner::start(jobs.clone(), registry(), Options::of(vec![Pool::of(DEFAULT_QUEUE, 2)]));
    let mut whole = Vec::new();
    for n in 0..(size / 10).max(50) {
        tokio::time::sleep(Duration::from_millis(3)).await;
        let draft = jobs.draft(Owner::tenant(tenant(1)), &Nothing { n }).unwrap();
        let (watch, waits) = (Stopwatch::start(), Arc::clone(&waits));
        // Measured from the end of the transaction's closure, so that the wait for the disk is part of it.
        let enqueue = move |tx: &mut orrery::store::Tx<'_>| {
            *waits.lock().unwrap() = Some(Stopwatch::start());
            orrery::jobs::enqueue(tx, &draft)
        };
        jobs.store().write(enqueue).await.unwrap();
        whole.push(watch.elapsed_ms());
    }
    runner.drain(Duration::from_secs(5)).await;
    let mut times = times.lock().unwrap().clone();
    times.sort_by(f64::total_cmp);
    whole.sort_by(f64::total_cmp);
    println!("\nidle worker, ms                          p50     p95     p99");
    let row = |name: &str, of: &[f64]| {
        println!("{name:<36} {:>7.2} {:>7.2} {:>7.2}", percentile(of, 0.5), percentile(of, 0.95), percentile(of, 0.99));
    };
    row("enqueue answered (one commit)", &whole);
    row("enqueued to started, commit included", &times);
}

/// Resident memory of this process, in MiB.
fn resident_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(f64::NAN);
    pages * 4_096.0 / 1_048_576.0
}

async fn backlogs(dir: &Path, size: usize) {
    println!("\nbacklog       claim of 1, ms (p50, p95)   claim of 100, ms (p50, p95)   memory, MiB");
    let jobs = open(dir, "backlog").await;
    let mut there = 0;
    for backlog in [size / 10, 10 * size, 100 * size] {
        fill(&jobs, tenant(1), backlog - there, 2_000).await;
        there = backlog;
        let mut row = format!("{backlog:>9}");
        for max in [1, 100] {
            let mut times = Vec::new();
            for _ in 0..30.min(there / (max + max / 4)) {
                let ambient = jobs.ambient().clone();
                let queue = DEFAULT_QUEUE.to_owned();
                let watch = Stopwatch::start();
                let given = jobs.store().write_soon(move |tx| {
                    let ask = Ask { queue: queue.clone(), max, boot: 1, now: ambient.now(), lease_ms: 600_000 };
                    claim(tx, &ask)
                });
                let given = given.await.unwrap();
                times.push(watch.elapsed_ms());
                there -= given.jobs.len();
                assert_eq!(given.jobs.len(), max);
            }
            times.sort_by(f64::total_cmp);
            let width = if max == 1 { 16 } else { 22 };
            let (middle, high) = (percentile(&times, 0.5), percentile(&times, 0.95));
            row = format!("{row}{middle:>width$.3} {high:>9.3}");
        }
        println!("{row} {:>19.0}", resident_mib());
    }
}

/// Jobs that B enqueues at once, and how often.
const QUIET: (usize, usize) = (10, 5);

/// Waits of B's jobs, a few at a time, with `noise` jobs of A before them, in ms.
async fn neighbour(dir: &Path, noise: usize) -> Vec<f64> {
    let jobs = open(dir, "neighbour").await;
    let draft = |tenant_number: u8, n| {
        jobs.draft(Owner::tenant(tenant(tenant_number)), &Short { tenant: tenant_number, n }).unwrap()
    };
    let runner = Runner::start(jobs.clone(), registry(), Options::of(vec![Pool::of(DEFAULT_QUEUE, 4)]));
    // The first commits make the file grow, which is not what is measured; so some jobs come before, of a third tenant.
    for _ in 0..5 {
        enqueue_and_wait(&jobs, 3, (0..20).map(|n| draft(3, n)).collect()).await;
    }
    let noisy: Vec<Draft> = (0..noise).map(|n| draft(1, n)).collect();
    jobs.store().write(move |tx| enqueue_all(tx, &noisy)).await.unwrap();
    let mut waits = Vec::new();
    for _ in 0..QUIET.1 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        waits.extend(enqueue_and_wait(&jobs, 2, (0..QUIET.0).map(|n| draft(2, n)).collect()).await);
    }
    runner.drain(Duration::from_millis(1)).await;
    waits.sort_by(f64::total_cmp);
    waits
}

/// Enqueues these jobs of a tenant in one transaction; how long each waited until it was started, that commit included.
async fn enqueue_and_wait(jobs: &Jobs, of: u8, drafts: Vec<Draft>) -> Vec<f64> {
    let mut left: Vec<_> = drafts.iter().map(|draft| (tenant(of), draft.id())).collect();
    let watch = Stopwatch::start();
    jobs.store().write(move |tx| enqueue_all(tx, &drafts)).await.unwrap();
    let mut waits = Vec::new();
    while !left.is_empty() {
        left.retain(|key| {
            let row = jobs.store().read(|view| admin::get(view, *key)).unwrap();
            let waits_still = matches!(row.state, JobState::Available | JobState::Scheduled);
            if !waits_still {
                waits.push(watch.elapsed_ms());
            }
            waits_still
        });
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    waits
}

/// Jain's index: 1 when all have the same, 1/n when one has all (Jain, Chiu, Hawe 1984).
fn jain(parts: &[f64]) -> f64 {
    let sum: f64 = parts.iter().sum();
    sum * sum / (parts.len() as f64 * parts.iter().map(|part| part * part).sum::<f64>())
}

async fn fairness(dir: &Path, size: usize) {
    println!("\nnoisy neighbour: wait of 10 at a time, ms  p50     p95");
    for _ in 0..3 {
        let alone = neighbour(dir, 0).await;
        let beside = neighbour(dir, size).await;
        let [(alone_50, alone_95), (beside_50, beside_95)] =
            [alone, beside].map(|waits| (percentile(&waits, 0.5), percentile(&waits, 0.95)));
        println!("alone                                 {alone_50:>8.2}{alone_95:>8.2}");
        println!(
            "behind {size:>6} jobs of another           {beside_50:>8.2}{beside_95:>8.2}   {:.2} of p95 alone",
            beside_95 / alone_95
        );
    }
    let jobs = open(dir, "jain").await;
    for (number, many) in [(1, 10), (2, 3), (3, 1), (4, 1), (5, 1)] {
        fill(&jobs, tenant(number), many * size / 10, 1_000).await;
    }
    let served: Arc<Mutex<BTreeMap<TenantId, f64>>> = Arc::default();
    let into = Arc::clone(&served);
    let registry = Registry::new().with(move |ctx: orrery::jobs::Ctx, _: Nothing| {
        *into.lock().unwrap().entry(ctx.tenant()).or_default() += 1.0;
        std::future::ready(Ok(Done::nothing()))
    });
    let runner = Runner::start(jobs.clone(), registry, Options::of(vec![Pool::of(DEFAULT_QUEUE, 4)]));
    // Until just before the smallest has nothing left.
    while served.lock().unwrap().values().sum::<f64>() < 0.4 * size as f64 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let parts: Vec<f64> = served.lock().unwrap().values().copied().collect();
    runner.drain(Duration::from_secs(1)).await;
    println!("five tenants with 10:3:1:1:1 jobs waiting, equal weights: served {parts:?}, Jain {:.4}", jain(&parts));
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let size = if args.iter().any(|arg| arg == "--small") { 1_000 } else { 10_000 };
    let temporary = tempfile::tempdir().unwrap();
    let named = args.iter().find(|arg| !arg.starts_with("--")).map(PathBuf::from);
    let dir = named.unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&dir).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        println!("sizes of {size}; memory at the start {:.0} MiB", resident_mib());
        let only: Option<Vec<&str>> =
            args.iter().find_map(|arg| arg.strip_prefix("--only=")).map(|names| names.split(',').collect());
        let is_wanted = |name: &str| only.as_ref().is_none_or(|only| only.contains(&name));
        if is_wanted("enqueue") {
            enqueues(&dir, size).await;
        }
        if is_wanted("whole") {
            end_to_end(&dir, size).await;
        }
        if is_wanted("latency") {
            start_latency(&dir, size).await;
        }
        if is_wanted("fairness") {
            fairness(&dir, size).await;
        }
        if is_wanted("backlog") {
            backlogs(&dir, size).await;
        }
    });
}
