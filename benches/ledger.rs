//! Reserve and settle, pairs per second at 1, 16 and 64 concurrent tenants, on disk and where an fsync costs nothing. A pair is two durable transactions, each with its entry, its balances and its limits; every tenant has a hard
//! monthly limit and every call a user, a key and a model.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench has no callers to document for or to hand an error to"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use orrery::audit::{Auditor, RequestContext};
use orrery::clock::{Ambient, Stopwatch};
use orrery::ids::{ApiKeyId, TenantId, UserId};
use orrery::store::tables::{Actor, STORE_TABLES};
use orrery::store::{Store, Tx};
use orrery::telemetry::Metrics;
use orrery::tenants::ledger::{Actual, Bound, Defaults, Foundations, Ledger, Outcome, Purpose, Verdict, Window};
use orrery::tenants::{NewTenant, Tenant, Tenants};
use orrery::tokens::{Count, Method, MicroUsd, Prices};
use tokio::runtime::Runtime;

const TENANTS: [usize; 3] = [1, 16, 64];
/// How long each number of tenants is measured.
const MEASURED: Duration = Duration::from_secs(4);

struct Bench {
    ledger: Ledger,
    tenants: Vec<TenantId>,
}

async fn open(store: Store) -> Bench {
    let ambient = Ambient::system();
    let auditor = Auditor::new([3; 32], ambient.clone());
    let all = Tenants::new(store.clone(), auditor.clone(), ambient.clone());
    all.bootstrap().await.unwrap();
    let most = TENANTS.into_iter().max().unwrap();
    for n in 0..most {
        let new = NewTenant {
            slug: format!("t{n}"),
            display_name: "A tenant".into(),
            zone: "UTC".into(),
            registration_open: false,
        };
        let alone = |_: &Tenant| Ok(|_: &mut Tx<'_>| Ok(()));
        all.create(&RequestContext::default(), &Actor::Console, new, alone).await.unwrap();
    }
    let tenants = (0..most).map(|n| all.by_slug(&format!("t{n}")).unwrap().id).collect();
    let everyone: MicroUsd = "1000000".parse().unwrap();
    let defaults = Defaults { window: Window::Month, hard: true, everyone, ..Defaults::default() };
    let metrics = Arc::new(Metrics::new().unwrap());
    let on = Foundations { store, auditor, ambient, metrics, prices: Prices::load(None).unwrap(), defaults };
    Bench { ledger: Ledger::open(on).await.unwrap(), tenants }
}

/// Pairs until the time is over; how long each took, in milliseconds.
async fn pairs(ledger: Ledger, tenant: TenantId, watch: Stopwatch) -> Vec<f64> {
    let purpose = Purpose {
        tenant,
        user: Some(UserId([1; 16])),
        key: Some(ApiKeyId([2; 16])),
        model: "gpt-4o-mini".into(),
        remote: true,
    };
    let actual =
        Actual { input: Count::new(900, Method::Api), cached_tokens: 100, output: Count::new(300, Method::Api) };
    let mut made = Vec::new();
    while watch.elapsed() < MEASURED {
        let pair = Stopwatch::start();
        let bound = Bound { prompt_tokens: 1_000, output_tokens: 1_000 };
        let Verdict::Granted(held) = ledger.reserve(&purpose, bound, "bench").await.unwrap() else { return made };
        held.settle_alone(actual, Outcome::Whole).await.unwrap();
        made.push(pair.elapsed_ms());
    }
    made
}

/// Pairs per second, and latencies of pairs in milliseconds at the median and the 99th percentile.
fn measure(runtime: &Runtime, dir: &Path, number: usize) -> (f64, f64, f64) {
    let store = Store::open(&dir.join("store.redb"), STORE_TABLES).unwrap();
    let bench = runtime.block_on(open(store));
    let watch = Stopwatch::start();
    let tasks = bench.tenants.iter().take(number).map(|tenant| {
        let (ledger, tenant) = (bench.ledger.clone(), *tenant);
        runtime.spawn(async move { pairs(ledger, tenant, watch).await })
    });
    let tasks: Vec<_> = tasks.collect();
    let made = runtime.block_on(futures_util::future::join_all(tasks));
    let took = watch.elapsed().as_secs_f64();
    let mut ms: Vec<f64> = made.into_iter().flat_map(Result::unwrap).collect();
    ms.sort_by(f64::total_cmp);
    let at = |share: f64| ms[((ms.len() - 1) as f64 * share) as usize];
    (ms.len() as f64 / took, at(0.5), at(0.99))
}

fn main() {
    let runtime: Runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("where   tenants  pairs/s  p50 ms  p99 ms");
    // A file system in memory makes durable for nothing: what is left there is the ledger's and the store's own work.
    let memory = Path::new("/dev/shm");
    for number in TENANTS {
        let places = [("disk", Some(tempfile::tempdir().unwrap())), ("memory", tempfile::tempdir_in(memory).ok())];
        for (place, dir) in places {
            let Some(dir) = dir else { continue };
            let (per_second, median, most) = measure(&runtime, dir.path(), number);
            println!("{place:6}  {number:>7}  {per_second:>7.0}  {median:>6.2}  {most:>6.2}");
        }
    }
}
