//! The money ledger under `kill -9`: a child spends and says what was charged, the parent kills it at any moment, starts
//! the ledger again and counts. Cuts no power: what the kernel took is kept.

use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use orrery::audit::{self, Auditor, RequestContext};
use orrery::clock::Ambient;
use orrery::ids::UserId;
use orrery::store::tables::ledger::RESERVATIONS;
use orrery::store::tables::{Actor, STORE_TABLES};
use orrery::store::{Reads, Span, Store, StoreError};
use orrery::telemetry::Metrics;
use orrery::tenants::ledger::{
    Actual, Bound, BudgetChange, Cap, Defaults, Foundations, Ledger, Outcome, Purpose, Scope, Subject, Verdict, Window,
};
use orrery::tenants::{NewTenant, Tenant, Tenants};
use orrery::tokens::{Count, Method, MicroUsd, Prices};

use crate::child::{self, acknowledged, say};

const DIR_VARIABLE: &str = "ORRERY_TEST_LEDGER_DIR";
const KILLS: u64 = 20;
const SPENDERS: u64 = 8;
/// Ten cents a call against five dollars.
const CALL: u64 = 100_000;
const CAP: MicroUsd = MicroUsd(5_000_000);
const PRICES: &str = "version = \"test\"\n[[models]]\nname = \"m\"\ninput = 1_000_000\noutput = 1_000_000\nsource = \"test\"\ndate = \"2026-11-23\"\n";

/// The ledger of a directory, as a process opens it.
struct Open {
    store: Store,
    auditor: Auditor,
    ledger: Ledger,
    tenant: Scope,
}

async fn open(dir: &Path) -> Open {
    let store = Store::open(&dir.join("store.redb"), STORE_TABLES).unwrap();
    let ambient = Ambient::system();
    let auditor = Auditor::new([3; 32], ambient.clone());
    let tenants = Tenants::new(store.clone(), auditor.clone(), ambient.clone());
    tenants.bootstrap().await.unwrap();
    if tenants.by_slug("acme").is_err() {
        let new = NewTenant {
            slug: "acme".into(),
            display_name: "Acme".into(),
            zone: "UTC".into(),
            registration_open: false,
        };
        let alone = |_: &Tenant| Ok(|_: &mut orrery::store::Tx<'_>| Ok(()));
        tenants.create(&RequestContext::default(), &Actor::Console, new, alone).await.unwrap();
    }
    let tenant = Scope { tenant: tenants.by_slug("acme").unwrap().id, subject: Subject::Tenant };
    let on = Foundations {
        store: store.clone(),
        auditor: auditor.clone(),
        ambient,
        metrics: Arc::new(Metrics::new().unwrap()),
        prices: Prices::load(Some(PRICES)).unwrap(),
        defaults: Defaults::default(),
    };
    Open { ledger: Ledger::open(on).await.unwrap(), store, auditor, tenant }
}

impl Open {
    async fn change(&self, change: BudgetChange) {
        let request = RequestContext::default();
        let (tenant, by) = (&self.tenant, &Actor::Console);
        self.ledger.change_budget(&request, by, tenant, Window::Total, change, |_| Ok(())).await.unwrap();
    }

    /// Charged in all, counted against the limit, and held.
    fn sums(&self) -> (u64, u64, u64) {
        let budgets = self.ledger.budgets_of(&self.tenant).unwrap();
        let (counted, held) = budgets.first().map_or((0, 0), |budget| (budget.spent.0, budget.reserved.0));
        let first = "2026-01-01".parse::<jiff::civil::Date>().unwrap();
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let from = first.max(today.saturating_sub(jiff::Span::new().days(300)));
        let days = self.ledger.usage_by_day(&self.tenant, from, today).unwrap();
        (days.iter().map(|row| row.totals.spent.0).sum(), counted, held)
    }

    /// Every balance is what its entries say; entries and open reservations.
    fn verified(&self) -> (u64, u64) {
        let report = self.ledger.verify().unwrap();
        assert_eq!((report.problems, &report.told), (0, &Vec::new()));
        let audit = self.store.read(|view| audit::verify(view, &self.auditor)).unwrap();
        assert_eq!(audit.first_problem, None);
        (report.entries, report.reservations)
    }
}

/// Not a test of its own: the process that is killed.
#[test]
#[ignore = "the child of the kill test; spends until it is killed"]
fn child_spender() {
    let Ok(dir) = std::env::var(DIR_VARIABLE) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let open = Arc::new(open(Path::new(&dir)).await);
        open.change(BudgetChange::Set(Cap { limit: CAP, hard: true })).await;
        open.change(BudgetChange::Reset).await;
        let spenders = (0..SPENDERS).map(|spender| tokio::spawn(spend(Arc::clone(&open), spender)));
        futures_util::future::join_all(spenders).await;
    });
}

async fn spend(open: Arc<Open>, spender: u64) {
    let user = UserId([u8::try_from(spender).unwrap(); 16]);
    let purpose = Purpose { tenant: open.tenant.tenant, user: Some(user), key: None, model: "m".into(), remote: true };
    for call in 0u64.. {
        let bound = Bound { prompt_tokens: CALL, output_tokens: 0 };
        let Ok(Verdict::Granted(held)) = open.ledger.reserve(&purpose, bound, "kill").await else {
            // Used up: begin anew, so that the kill finds it at work.
            open.change(BudgetChange::Reset).await;
            continue;
        };
        let cost = CALL * (call % 11) / 10;
        let count = |tokens| Count::new(tokens, Method::Api);
        let actual = Actual { input: count(cost), cached_tokens: 0, output: count(0) };
        match call % 4 {
            // A disconnect: dropped.
            0 => drop(held),
            1 => {
                let settled = held.settle_alone(actual, Outcome::Partial).await.unwrap();
                say(&format!("ack {}", settled.charged.0));
            }
            _ => {
                let settled = held.settle_alone(actual, Outcome::Whole).await.unwrap();
                say(&format!("ack {}", settled.charged.0));
            }
        }
    }
}

/// A child, and the lines it says.
fn spawn(dir: &Path) -> (Child, Receiver<String>) {
    child::spawn("ledger_kill::child_spender", DIR_VARIABLE, dir, Stdio::inherit())
}

/// Reservations that a kill left, before anything is released.
fn left_open(dir: &Path) -> usize {
    let store = Store::open(&dir.join("store.redb"), STORE_TABLES).unwrap();
    let rows = store.read::<_, StoreError>(|view| view.scan(&RESERVATIONS, Span::all(), 1_000)).unwrap();
    store.close();
    rows.len()
}

#[test]
fn after_kill_9_nothing_is_held_and_every_balance_is_what_its_entries_say() {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut charged, mut before, mut recovered) = (0, 0, 0);
    for kill in 0..KILLS {
        let (mut child, lines) = spawn(dir.path());
        let mut acks = Vec::new();
        let wanted = 3 + usize::try_from(kill * 7 % 60).unwrap();
        while acks.len() < wanted {
            let line = lines.recv_timeout(Duration::from_mins(1)).expect("the child still spends");
            acks.extend(acknowledged(&line));
        }
        std::thread::sleep(Duration::from_micros(kill * 379 % 4_000));
        child.kill().unwrap();
        child.wait().unwrap();
        acks.extend(lines.iter().filter_map(|line| acknowledged(&line)));
        charged += acks.iter().sum::<u64>();
        runtime.block_on(async {
            recovered += left_open(dir.path());
            let open = open(dir.path()).await;
            let (now, reservations) = open.verified();
            assert!(now > 0 && reservations == 0, "kill {kill}");
            let (spent, counted, held) = open.sums();
            assert_eq!(held, 0, "kill {kill}");
            assert!(counted <= CAP.0, "kill {kill}: {counted} of {CAP}");
            // Nothing acknowledged is lost, and of each spender at most one charge was not told yet.
            assert!(spent >= before, "kill {kill}");
            assert!(
                spent >= charged && spent <= charged + (kill + 1) * SPENDERS * CALL,
                "kill {kill}: {spent} {charged}"
            );
            before = spent;
            open.store.clone().close();
        });
    }
    println!("{KILLS} kills, {charged} micro-dollars acknowledged, {recovered} reservations left by the dead");
    assert!(recovered > 0, "no kill met money that was held");
}
