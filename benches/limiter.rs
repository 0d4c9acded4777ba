//! What the limiter adds to a request: decisions per second and the time of one, with 1 subject and with 100,000, four
//! scopes each, alone and with two threads at it. Ends with a table.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench has no callers to document for")]

use std::hint::black_box;
use std::sync::Mutex;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use orrery::clock::{Stopwatch, UnixMs};
use orrery::ids::{ApiKeyId, TenantId, UserId};
use orrery::limits::RATE_SUBJECTS_MAX;
use orrery::tenants::rates::{Class, Demand, Limiter, Scope, Subject};

const SUBJECTS: [u32; 2] = [1, 100_000];
/// Decisions of the closing table.
const TABLE_DECISIONS: u32 = 400_000;

/// The four limits that a request with an API key falls under. The rates are such that all pass: a refusal is cheaper.
fn demands(n: u32) -> [Demand; 4] {
    let mut id = [0; 16];
    // An odd multiplier spreads the ids, as random ones are spread.
    id[..4].copy_from_slice(&n.wrapping_mul(0x9e37_79b9).to_be_bytes());
    let rate = "1000000/s, burst 1000000".parse().unwrap();
    let (tenant, user) = (TenantId(id), UserId(id));
    let person = Subject::User(tenant, user);
    [
        Demand { scope: Scope::Tenant, subject: Subject::Tenant(tenant), rate },
        Demand { scope: Scope::User, subject: person, rate },
        Demand { scope: Scope::Key, subject: Subject::Key(ApiKeyId(id)), rate },
        Demand { scope: Scope::Class(Class::Chat), subject: person, rate },
    ]
}

/// A limiter that remembers so many subjects, and the limits of each.
fn filled(subjects: u32) -> (Mutex<Limiter>, Vec<[Demand; 4]>) {
    let all: Vec<_> = (0..subjects).map(demands).collect();
    let mut limiter = Limiter::new(RATE_SUBJECTS_MAX);
    for demands in &all {
        limiter.decide(demands, UnixMs(1_700_000_000_000));
    }
    (Mutex::new(limiter), all)
}

/// The `n`th decision, ten to the millisecond.
fn decide(limiter: &Mutex<Limiter>, all: &[[Demand; 4]], n: u32) -> bool {
    let demands = &all[n.wrapping_mul(7_919) as usize % all.len()];
    let now = UnixMs(1_700_000_000_000 + u64::from(n) / 10);
    limiter.lock().unwrap().decide(demands, now).refused.is_none()
}

fn per_second(threads: u32, subjects: u32) -> f64 {
    let (limiter, all) = filled(subjects);
    let watch = Stopwatch::start();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (limiter, all) = (&limiter, &all);
            scope.spawn(move || {
                for n in 0..TABLE_DECISIONS / threads {
                    black_box(decide(limiter, all, n * threads + thread));
                }
            });
        }
    });
    f64::from(TABLE_DECISIONS) / watch.elapsed().as_secs_f64()
}

/// The times of single decisions, sorted.
fn times(subjects: u32) -> Vec<Duration> {
    let (limiter, all) = filled(subjects);
    let mut times: Vec<_> = (0..TABLE_DECISIONS)
        .map(|n| {
            let watch = Stopwatch::start();
            black_box(decide(&limiter, &all, n));
            watch.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut group = criterion.benchmark_group("limiter");
    group.throughput(Throughput::Elements(1));
    for subjects in SUBJECTS {
        let (limiter, all) = filled(subjects);
        let mut n = 0;
        group.bench_function(BenchmarkId::new("decision_over_four_scopes", subjects), |bencher| {
            bencher.iter(|| {
                n += 1;
                decide(&limiter, &all, black_box(n))
            });
        });
    }
    group.finish();
    criterion.final_summary();

    println!("\nsubjects  1 thread/s  2 threads/s  p50 us  p99 us  p99.9 us");
    for subjects in SUBJECTS {
        let times = times(subjects);
        let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1_000].as_secs_f64() * 1e6;
        println!(
            "{subjects:>8}  {:>10.0}  {:>11.0}  {:>6.2}  {:>6.2}  {:>8.2}",
            per_second(1, subjects),
            per_second(2, subjects),
            at(500),
            at(990),
            at(999),
        );
    }
}
