//! What money, rates and the audit trail cost, on disk and where an fsync costs nothing. A tenant has a hard monthly limit
//! and a rate in each scope, a call a user, a key and a model.
//!
//! Two tables. What they add to one request: the time of a request that keeps an answer durably, without them, with them,
//! and the difference. With them it takes its rates, holds money in a durable transaction before the call, and writes the
//! settlement and an audit entry into the transaction of the answer. And reserve and settle alone: pairs per second at 1,
//! 16 and 64 concurrent tenants, a pair being two durable transactions with their entries, balances and limits.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench has no callers to document for or to hand an error to"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use orrery::audit::{self, Auditor, RequestContext};
use orrery::clock::{Ambient, Stopwatch};
use orrery::config::{Limits, Rate};
use orrery::error::Error;
use orrery::ids::{AnswerId, ApiKeyId, ChartId, TenantId, UserId};
use orrery::store::tables::{ANSWERS, Actor, AnswerRow, Role, STORE_TABLES};
use orrery::store::{Store, StoreError, Tx};
use orrery::telemetry::Metrics;
use orrery::tenants::ledger::{Actual, Bound, Defaults, Foundations, Ledger, Outcome, Purpose, Verdict, Window};
use orrery::tenants::limiter::{Rates, Sender};
use orrery::tenants::rates::Class;
use orrery::tenants::{NewTenant, Tenant, Tenants};
use orrery::tokens::{Count, Method, MicroUsd, Prices};
use tokio::runtime::Runtime;

const TENANTS: [usize; 3] = [1, 16, 64];
/// How long each number of tenants is measured.
const MEASURED: Duration = Duration::from_secs(4);
/// Clients, and how long each rests after a request, in milliseconds: one alone, sixteen that ask 400 times a second
/// together, and sixteen that ask for as much as there is.
const CLIENTS: [(usize, u64); 3] = [(1, 0), (16, 40), (16, 0)];
/// How long requests without and with are measured, together and in turns of [`TURN`], so that both meet the same disk.
const COMPARED: Duration = Duration::from_secs(8);
const TURN: Duration = Duration::from_millis(200);
/// Bytes of a sealed answer.
const ANSWER_BYTES: usize = 4_000;
const USER: UserId = UserId([1; 16]);
const KEY: ApiKeyId = ApiKeyId([2; 16]);
const BOUND: Bound = Bound { prompt_tokens: 1_000, output_tokens: 1_000 };
const ACTUAL: Actual =
    Actual { input: Count::new(900, Method::Api), cached_tokens: 100, output: Count::new(300, Method::Api) };

#[derive(Clone)]
struct Bench {
    store: Store,
    auditor: Auditor,
    ambient: Ambient,
    ledger: Ledger,
    rates: Rates,
    tenants: Vec<TenantId>,
}

/// Rates that all requests fit in: a refusal is cheaper.
fn wide() -> Limits {
    let rate: Option<Rate> = Some("1000000/s, burst 1000000".parse().unwrap());
    Limits {
        tenant: rate,
        user: rate,
        key: rate,
        address: rate,
        route_auth: rate,
        route_read: rate,
        route_compute: rate,
        route_chat: rate,
        route_ops: rate,
    }
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
    let rates = Rates::open(store.clone(), auditor.clone(), ambient.clone(), wide()).unwrap();
    let prices = Prices::load(None).unwrap();
    let on = Foundations {
        store: store.clone(),
        auditor: auditor.clone(),
        ambient: ambient.clone(),
        metrics,
        prices,
        defaults,
    };
    Bench { ledger: Ledger::open(on).await.unwrap(), store, auditor, ambient, rates, tenants }
}

fn purpose(tenant: TenantId) -> Purpose {
    Purpose { tenant, user: Some(USER), key: Some(KEY), model: "gpt-4o-mini".into(), remote: true }
}

impl Bench {
    /// Where an answer of `tenant` is kept, and the answer.
    fn answer(&self, tenant: TenantId) -> ((TenantId, UserId, ChartId, AnswerId), AnswerRow) {
        let row =
            AnswerRow { created_at: self.ambient.now(), provider: "remote".into(), sealed: vec![7; ANSWER_BYTES] };
        ((tenant, USER, ChartId([3; 16]), AnswerId::new(&self.ambient)), row)
    }

    /// A request that keeps its answer and does nothing else.
    async fn bare(&self, tenant: TenantId) {
        let (key, row) = self.answer(tenant);
        let kept = self.store.write::<_, StoreError, _>(move |tx| tx.put(&ANSWERS, &key, &row));
        kept.await.unwrap();
    }

    /// The same with rates, money and the audit trail.
    async fn whole(&self, tenant: TenantId) {
        let sender = Sender::Known { tenant, user: USER, key: Some((KEY, None)) };
        assert!(self.rates.decide(sender, Class::Chat).refused.is_none());
        let Verdict::Granted(held) = self.ledger.reserve(&purpose(tenant), BOUND, "bench").await.unwrap() else {
            panic!("a call is paid for")
        };
        let (key, row) = self.answer(tenant);
        let by = Actor::Key(USER, Role::User, KEY);
        let entry = self.auditor.entry(tenant, &RequestContext::default(), by, "chat_advise").target("answer", key.3);
        let (auditor, settling) = (self.auditor.clone(), held.clone());
        let kept = self.store.write::<_, Error, _>(move |tx| {
            tx.put(&ANSWERS, &key, &row)?;
            audit::append(tx, &auditor, entry.clone())?;
            settling.settle_as(tx, &ACTUAL, Outcome::Whole)
        });
        held.done(&kept.await.unwrap());
    }

    /// Requests of one client until the time is over, without and with in turns; how long each took, in milliseconds.
    async fn requests(self, tenant: TenantId, rest: Duration, watch: Stopwatch) -> [Vec<f64>; 2] {
        let mut took = [Vec::new(), Vec::new()];
        while watch.elapsed() < COMPARED {
            let turn = (watch.elapsed().as_millis() / TURN.as_millis() % 2) as usize;
            let request = Stopwatch::start();
            if turn == 0 {
                self.bare(tenant).await;
            } else {
                self.whole(tenant).await;
            }
            took[turn].push(request.elapsed_ms());
            if !rest.is_zero() {
                tokio::time::sleep(rest).await;
            }
        }
        took
    }
}

/// The values at these shares of all.
fn at<const N: usize>(mut all: Vec<f64>, shares: [f64; N]) -> [f64; N] {
    all.sort_by(f64::total_cmp);
    shares.map(|share| all[((all.len() - 1) as f64 * share) as usize])
}

/// Prints the line of one place and number of clients.
fn compare(runtime: &Runtime, (place, dir): (&str, &Path), (clients, rest_ms): (usize, u64)) {
    let store = Store::open(&dir.join("store.redb"), STORE_TABLES).unwrap();
    let bench = runtime.block_on(open(store));
    let (rest, watch) = (Duration::from_millis(rest_ms), Stopwatch::start());
    let tasks: Vec<_> =
        (0..clients).map(|n| runtime.spawn(bench.clone().requests(bench.tenants[n], rest, watch))).collect();
    let made = runtime.block_on(futures_util::future::join_all(tasks));
    let mut took = [Vec::new(), Vec::new()];
    for [bare, whole] in made.into_iter().map(Result::unwrap) {
        took[0].extend(bare);
        took[1].extend(whole);
    }
    let [bare, whole] = took.map(|took| at(took, [0.5, 0.99]));
    println!(
        "{place:6}  {clients:>7}  {rest_ms:>7}  {:>11.3} {:>8.3}  {:>11.3} {:>8.3}  {:>11.3} {:>8.3}",
        bare[0],
        bare[1],
        whole[0],
        whole[1],
        whole[0] - bare[0],
        whole[1] - bare[1]
    );
}

/// Pairs until the time is over; how long each took, in milliseconds.
async fn pairs(ledger: Ledger, tenant: TenantId, watch: Stopwatch) -> Vec<f64> {
    let purpose = purpose(tenant);
    let mut made = Vec::new();
    while watch.elapsed() < MEASURED {
        let pair = Stopwatch::start();
        let Verdict::Granted(held) = ledger.reserve(&purpose, BOUND, "bench").await.unwrap() else { return made };
        held.settle_alone(ACTUAL, Outcome::Whole).await.unwrap();
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
    let ms: Vec<f64> = made.into_iter().flat_map(Result::unwrap).collect();
    let per_second = ms.len() as f64 / took;
    let [median, most] = at(ms, [0.5, 0.99]);
    (per_second, median, most)
}

/// A directory on the disk, and one in memory, where a commit is durable for nothing: what is left there is our own work.
fn places() -> Vec<(&'static str, tempfile::TempDir)> {
    let memory = tempfile::tempdir_in("/dev/shm").ok().map(|dir| ("memory", dir));
    std::iter::once(("disk", tempfile::tempdir().unwrap())).chain(memory).collect()
}

fn main() {
    let runtime: Runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("ledger, limiter and audit in one request, ms");
    println!("where   clients  rest ms  without: p50      p99    with: p50      p99   added: p50      p99");
    for clients in CLIENTS {
        for (place, dir) in places() {
            compare(&runtime, (place, dir.path()), clients);
        }
    }
    println!("\nreserve and settle\nwhere   tenants  pairs/s  p50 ms  p99 ms");
    for number in TENANTS {
        for (place, dir) in places() {
            let (per_second, median, most) = measure(&runtime, dir.path(), number);
            println!("{place:6}  {number:>7}  {per_second:>7.0}  {median:>6.2}  {most:>6.2}");
        }
    }
}
