//! What the ledger promises on the real store: caps under concurrency, events once, recovery, resets, usage.

mod books;
mod model;

use std::sync::Arc;

use super::*;
use crate::audit::{self, RequestContext};
use crate::clock::{Clock, ManualClock, SystemEntropy};
use crate::store::tables::ledger::{ACCOUNTS, AccountRow, ENTRIES, EVENTS};
use crate::store::tables::limits::{API_KEYS, ApiKeyRow};
use crate::store::tables::{AUDIT, Actor, Role, STORE_TABLES, USERS, UserRow};
use crate::store::{Span, StoreError};
use crate::tenants::{NewTenant, Tenants};
use crate::tokens::Method;

/// A tenant's clock, store and ledger in a directory of their own.
pub(super) struct Bench {
    pub(super) ledger: Ledger,
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    pub(super) auditor: Auditor,
    pub(super) tenant: TenantId,
    _dir: tempfile::TempDir,
}

/// Whole micro-dollars a token, so that sums are read off.
const PRICES: &str = "version = \"test\"\n[[models]]\nname = \"m\"\ninput = 1_000_000\noutput = 1_000_000\nsource = \"test\"\n\
                      date = \"2026-11-23\"\n[[models]]\nname = \"n\"\ninput = 2_000_000\noutput = 0\nsource = \"test\"\ndate = \"2026-11-23\"\n";
/// 2026-11-23T12:00:00Z.
const NOON: UnixMs = UnixMs(1_795_435_200_000);

impl Bench {
    pub(super) async fn new(defaults: Defaults) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
        let clock = Arc::new(ManualClock::at(NOON));
        let ambient = Ambient::new(Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(SystemEntropy));
        let auditor = Auditor::new([7; 32], ambient.clone());
        let tenants = Tenants::new(store.clone(), auditor.clone(), ambient.clone());
        tenants.bootstrap().await.unwrap();
        let new = NewTenant {
            slug: "acme".into(),
            display_name: "Acme".into(),
            zone: "UTC".into(),
            registration_open: false,
        };
        let alone = |_: &crate::tenants::Tenant| Ok(|_: &mut Tx<'_>| Ok(()));
        tenants.create(&RequestContext::default(), &Actor::Console, new, alone).await.unwrap();
        let tenant = tenants.by_slug("acme").unwrap().id;
        let user = UserRow {
            role: Role::User,
            email: Vec::new(),
            password: String::new(),
            password_set_at: NOON,
            created_at: NOON,
        };
        let key = ApiKeyRow {
            name: "k".into(),
            user: UserId([1; 16]),
            scopes: 0,
            rate: None,
            hint: String::new(),
            hash: [0; 32],
            created_at: NOON,
            created_by: Actor::Console,
            expires_at: None,
            revoked_at: None,
            replaced_by: None,
            root: None,
        };
        let put = store.write::<_, StoreError, _>(move |tx| {
            tx.put(&API_KEYS, &(tenant, ApiKeyId([2; 16])), &key)?;
            tx.put(&USERS, &(tenant, UserId([1; 16])), &user)
        });
        put.await.unwrap();
        let ledger = Self::open(&store, &ambient, &auditor, defaults).await;
        Self { ledger, store, clock, auditor, tenant, _dir: dir }
    }

    async fn open(store: &Store, ambient: &Ambient, auditor: &Auditor, defaults: Defaults) -> Ledger {
        let on = Foundations {
            store: store.clone(),
            auditor: auditor.clone(),
            ambient: ambient.clone(),
            metrics: Arc::new(Metrics::new().unwrap()),
            prices: Prices::load(Some(PRICES)).unwrap(),
            defaults,
        };
        Ledger::open(on).await.unwrap()
    }

    /// Another process over the same store, as far as the ledger can tell.
    pub(super) async fn reboot(&mut self) {
        let ambient = Ambient::new(Arc::clone(&self.clock) as Arc<dyn Clock>, Arc::new(SystemEntropy));
        let defaults = self.ledger.defaults().clone();
        self.ledger = Self::open(&self.store, &ambient, &self.auditor, defaults).await;
    }

    pub(super) fn purpose(&self) -> Purpose {
        Purpose {
            tenant: self.tenant,
            user: Some(UserId([1; 16])),
            key: Some(ApiKeyId([2; 16])),
            model: "m".into(),
            remote: true,
        }
    }

    pub(super) fn scope(&self, subject: Subject) -> Scope {
        Scope { tenant: self.tenant, subject }
    }

    pub(super) async fn cap(&self, scope: &Scope, window: Window, micro: u64, hard: bool) -> Budget {
        let change = BudgetChange::Set(Cap { limit: MicroUsd(micro), hard });
        self.change(scope, window, change).await.unwrap()
    }

    pub(super) async fn change(&self, scope: &Scope, window: Window, change: BudgetChange) -> Result<Budget> {
        let request = RequestContext::default();
        self.ledger.change_budget(&request, &Actor::Console, scope, window, change, |_| Ok(())).await
    }

    pub(super) async fn reserve(&self, micro: u64) -> Result<Verdict> {
        self.ledger.reserve(&self.purpose(), Bound { prompt_tokens: micro, output_tokens: 0 }, "req").await
    }

    async fn granted(&self, micro: u64) -> Reservation {
        match self.reserve(micro).await.unwrap() {
            Verdict::Granted(reservation) => reservation,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn account(&self, scope: &Scope) -> AccountRow {
        self.store.read(|view| accounts::account(view, scope)).unwrap()
    }

    /// Everything agrees; entries and open reservations.
    pub(super) fn verified(&self) -> (u64, u64) {
        let report = self.ledger.verify().unwrap();
        assert_eq!((report.problems, &report.told), (0, &Vec::new()));
        let audit = self.store.read(|view| audit::verify(view, &self.auditor)).unwrap();
        assert_eq!(audit.first_problem, None);
        (report.entries, report.reservations)
    }

    fn events(&self) -> Vec<(String, u8)> {
        let rows = self.store.read::<_, StoreError>(|view| view.scan(&EVENTS, Span::all(), 1_000)).unwrap();
        rows.into_iter().map(|((scope, _, event), _)| (name(&scope), event.level)).collect()
    }

    fn audited(&self, action: &str) -> usize {
        let rows =
            self.store.read::<_, StoreError>(|view| view.scan(&AUDIT, Span::prefix(&self.tenant), 10_000)).unwrap();
        rows.iter().filter(|(_, row)| row.action == action).count()
    }
}

pub(super) const fn used(micro: u64) -> Actual {
    Actual { input: Count::new(micro, Method::Api), cached_tokens: 0, output: Count::new(0, Method::Api) }
}

fn code<T>(result: Result<T>) -> Code {
    result.err().map(|error| error.code()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_tasks_of_ten_cents_spend_five_dollars_and_no_more() {
    let bench = Arc::new(Bench::new(Defaults::default()).await);
    let tenant = bench.scope(Subject::Tenant);
    bench.cap(&tenant, Window::Month, 5_000_000, true).await;
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move {
                match bench.reserve(100_000).await {
                    Ok(Verdict::Granted(held)) => {
                        held.settle_alone(used(100_000), Outcome::Whole).await.unwrap();
                        true
                    }
                    other => {
                        assert_eq!(code(other), Code::BudgetExhausted);
                        false
                    }
                }
            })
        })
        .collect();
    let mut granted = 0;
    for task in tasks {
        granted += usize::from(task.await.unwrap());
    }
    assert_eq!(granted, 50);
    let month = bench.account(&tenant).month.balance;
    assert_eq!((month.spent, month.reserved), (MicroUsd(5_000_000), MicroUsd::ZERO));
    assert_eq!(bench.verified(), (100, 0));
    assert_eq!(bench.events(), [(String::from("tenant"), 80), (String::from("tenant"), 100)]);
    assert_eq!((bench.audited("budget_warning"), bench.audited("budget_exhausted")), (1, 1));
}

#[tokio::test]
async fn what_is_dropped_is_given_back_and_what_was_cut_pays_for_what_it_made() {
    let bench = Bench::new(Defaults::default()).await;
    let tenant = bench.scope(Subject::Tenant);
    bench.cap(&tenant, Window::Day, 1_000, true).await;
    drop(bench.granted(600).await);
    bench.ledger.drain().await;
    let cut = bench.granted(600).await;
    let settled = cut.settle_alone(used(150), Outcome::Partial).await.unwrap();
    assert_eq!((settled.charged, settled.overrun), (MicroUsd(150), MicroUsd::ZERO));
    // A panic drops as well.
    let held = bench.granted(850).await;
    let crashed = tokio::spawn(async move {
        let _held = held;
        panic!("a provider's bug");
    });
    assert!(crashed.await.is_err());
    bench.ledger.drain().await;
    let day = bench.account(&tenant).day.balance;
    assert_eq!((day.spent, day.reserved, day.calls), (MicroUsd(150), MicroUsd::ZERO, 1));
    assert_eq!(bench.verified(), (6, 0));
}

#[tokio::test]
async fn a_settlement_survives_the_caller_and_is_never_made_twice() {
    let bench = Bench::new(Defaults::default()).await;
    let held = bench.granted(500).await;
    let copy = held.clone();
    let store = bench.store.clone();
    // The write is sent, and who waited for it goes: it happens whole, and nothing is given back after it.
    let mut write = Box::pin(store.write(move |tx| copy.settle(tx, &used(300)).map(drop)));
    assert!(futures_util::poll!(&mut write).is_pending());
    drop(write);
    drop(held);
    bench.store.flush().await.unwrap();
    bench.ledger.drain().await;
    let total = bench.account(&bench.scope(Subject::Tenant)).total;
    assert_eq!((total.spent, total.reserved), (MicroUsd(300), MicroUsd::ZERO));
    let held = bench.granted(500).await;
    held.settle_alone(used(1), Outcome::Whole).await.unwrap();
    assert_eq!(code(held.settle_alone(used(1), Outcome::Whole).await), Code::Internal);
    bench.verified();
}

#[tokio::test]
async fn who_goes_away_while_money_is_being_held_leaves_nothing_held() {
    let bench = Bench::new(Defaults::default()).await;
    for _ in 0..20 {
        let mut asking = Box::pin(bench.reserve(500));
        assert!(futures_util::poll!(&mut asking).is_pending());
        drop(asking);
    }
    bench.ledger.drain().await;
    assert_eq!(bench.verified(), (40, 0));
    let total = bench.account(&bench.scope(Subject::Tenant)).total;
    assert_eq!((total.spent, total.reserved), (MicroUsd::ZERO, MicroUsd::ZERO));
}

#[tokio::test]
async fn a_provider_that_counts_more_than_it_may_passes_no_cap() {
    let bench = Bench::new(Defaults::default()).await;
    let user = bench.scope(Subject::User(UserId([1; 16])));
    bench.cap(&bench.scope(Subject::Tenant), Window::Total, 1_000, true).await;
    let settled = bench.granted(1_000).await.settle_alone(used(5_000), Outcome::Whole).await.unwrap();
    assert_eq!((settled.cost, settled.charged, settled.overrun), (MicroUsd(5_000), MicroUsd(1_000), MicroUsd(4_000)));
    let total = bench.account(&user).total;
    assert_eq!((total.spent, total.overrun), (MicroUsd(1_000), MicroUsd(4_000)));
    bench.verified();
}

#[tokio::test]
async fn the_tightest_of_all_scopes_holds_and_hard_goes_before_soft() {
    let bench = Bench::new(Defaults::default()).await;
    let everywhere = Scope { tenant: audit::SYSTEM_TENANT, subject: Subject::ModelEverywhere("m".into()) };
    bench.cap(&bench.scope(Subject::Tenant), Window::Month, 10_000, true).await;
    bench.cap(&bench.scope(Subject::Key(ApiKeyId([2; 16]))), Window::Day, 900, false).await;
    bench.cap(&everywhere, Window::Total, 5_000, true).await;
    let Verdict::Degraded(soft) = bench.reserve(1_000).await.unwrap() else { panic!("a soft limit") };
    assert_eq!((name(&soft.limit.scope), soft.limit.cap.hard), (format!("key:{}", ApiKeyId([2; 16])), false));
    // A refusal holds nothing in any scope.
    assert_eq!(bench.account(&bench.scope(Subject::Tenant)), AccountRow::default());
    let refused = bench.reserve(6_000).await.unwrap_err();
    assert_eq!((refused.code(), &refused.details()["scope"]), (Code::BudgetExhausted, &"model_everywhere".into()));
    assert!(matches!(bench.reserve(900).await.unwrap(), Verdict::Granted(_)));
    bench.ledger.drain().await;
    bench.verified();
}

#[tokio::test]
async fn settings_limit_who_has_no_limit_and_a_limit_of_nothing_lifts_them() {
    let defaults = Defaults {
        window: Window::Day,
        hard: true,
        everyone: MicroUsd(500),
        by_slug: [(String::from("acme"), MicroUsd(700))].into(),
    };
    let bench = Bench::new(defaults).await;
    let tenant = bench.scope(Subject::Tenant);
    assert_eq!(code(bench.reserve(701).await), Code::BudgetExhausted);
    bench.granted(700).await.settle_alone(used(700), Outcome::Whole).await.unwrap();
    assert_eq!(code(bench.reserve(1).await), Code::BudgetExhausted);
    let lifted = bench.cap(&tenant, Window::Day, 0, true).await;
    assert_eq!((lifted.limit, lifted.remaining, lifted.from_settings), (None, None, false));
    drop(bench.granted(5_000).await);
    let back = bench.change(&tenant, Window::Day, BudgetChange::Remove).await.unwrap();
    assert_eq!((back.limit, back.from_settings, back.spent), (Some(MicroUsd(700)), true, MicroUsd(700)));
    assert_eq!(code(bench.change(&tenant, Window::Day, BudgetChange::Remove).await), Code::BudgetNotFound);
    // The next day is another day.
    bench.clock.advance_ms(12 * 3_600_000);
    bench.ledger.drain().await;
    drop(bench.granted(700).await);
    bench.ledger.drain().await;
    bench.verified();
}

#[tokio::test]
async fn events_come_once_for_each_state_of_a_limit() {
    let bench = Bench::new(Defaults::default()).await;
    let tenant = bench.scope(Subject::Tenant);
    bench.cap(&tenant, Window::Month, 1_000, false).await;
    let spend = async |micro| bench.granted(micro).await.settle_alone(used(micro), Outcome::Whole).await.unwrap();
    assert_eq!(spend(799).await.warning, None);
    let near = spend(1).await.warning.unwrap();
    assert_eq!((near.limit.percent(), near.limit.left()), (80, MicroUsd(200)));
    assert_eq!(near.header(), "tenant;window=month;percent=80;resets=2026-12-01T00:00:00.000Z");
    spend(100).await;
    assert_eq!(bench.events().len(), 1);
    for _ in 0..3 {
        assert!(matches!(bench.reserve(500).await.unwrap(), Verdict::Degraded(_)));
    }
    assert_eq!(bench.events().len(), 2);
    // Raised: 900 of 1,100 are more than 80 % again, for the new limit.
    bench.cap(&tenant, Window::Month, 1_100, false).await;
    bench.cap(&tenant, Window::Month, 1_100, false).await;
    spend(1).await;
    assert_eq!(bench.events().len(), 3);
    let reset = bench.change(&tenant, Window::Month, BudgetChange::Reset).await.unwrap();
    assert_eq!((reset.spent, reset.remaining, reset.epoch), (MicroUsd::ZERO, Some(MicroUsd(1_100)), 3));
    spend(1_100).await;
    assert_eq!(bench.events().len(), 5);
    assert_eq!((bench.audited("budget_warning"), bench.audited("budget_exhausted")), (3, 2));
    // Usage still tells all that was spent.
    assert_eq!(bench.account(&tenant).month.balance.spent, MicroUsd(2_001));
    bench.verified();
}

#[tokio::test]
async fn a_call_that_is_too_large_for_an_unspent_limit_does_not_use_up_its_event() {
    let bench = Bench::new(Defaults::default()).await;
    let tenant = bench.scope(Subject::Tenant);
    bench.cap(&tenant, Window::Month, 1_000, true).await;
    assert_eq!(code(bench.reserve(1_001).await), Code::BudgetExhausted);
    // All of it is held, and none spent.
    let held = bench.granted(1_000).await;
    assert_eq!(code(bench.reserve(1).await), Code::BudgetExhausted);
    drop(held);
    bench.ledger.drain().await;
    assert_eq!(bench.events(), []);
    bench.granted(1_000).await.settle_alone(used(1_000), Outcome::Whole).await.unwrap();
    assert_eq!(code(bench.reserve(1).await), Code::BudgetExhausted);
    assert_eq!(bench.events(), [(String::from("tenant"), 80), (String::from("tenant"), 100)]);
    assert_eq!((bench.audited("budget_warning"), bench.audited("budget_exhausted")), (1, 1));
}

#[tokio::test]
async fn the_call_that_comes_near_a_limit_says_so_itself_and_nobody_hears_of_all_tenants() {
    let bench = Bench::new(Defaults::default()).await;
    let everywhere = Scope { tenant: audit::SYSTEM_TENANT, subject: Subject::ModelEverywhere("m".into()) };
    bench.cap(&bench.scope(Subject::Tenant), Window::Month, 1_000, false).await;
    bench.cap(&everywhere, Window::Total, 900, false).await;
    let held = bench.granted(900).await;
    assert_eq!((held.warning(), held.warning_after(MicroUsd(799)).unwrap()), (None, None));
    let after = held.warning_after(MicroUsd(850)).unwrap().unwrap();
    assert_eq!((name(&after.limit.scope), after.limit.percent()), (String::from("tenant"), 85));
    // More than was held is never charged.
    assert_eq!(held.warning_after(MicroUsd(5_000)).unwrap().unwrap().limit.percent(), 90);
    let settled = held.settle_alone(used(850), Outcome::Whole).await.unwrap();
    assert_eq!(settled.warning.as_ref().map(Warning::header), Some(after.header()));
    let Verdict::Degraded(full) = bench.reserve(100).await.unwrap() else { panic!("a soft limit") };
    assert_eq!((name(&full.limit.scope), full.warning()), (String::from("model_everywhere:m"), None));
}

#[tokio::test]
async fn a_release_that_cannot_be_made_holds_up_no_other_and_is_tried_again() {
    let bench = Bench::new(Defaults::default()).await;
    let of_n = Purpose { model: "n".into(), ..bench.purpose() };
    let bound = Bound { prompt_tokens: 10, output_tokens: 0 };
    let Verdict::Granted(poisoned) = bench.ledger.reserve(&of_n, bound, "r").await.unwrap() else { panic!("held") };
    let fine = bench.granted(30).await;
    let alter = async |held: u64| {
        let scope = bench.scope(Subject::Model("n".into()));
        let mut row = bench.account(&scope);
        row.total.reserved = MicroUsd(held);
        bench.store.write::<_, Error, _>(move |tx| Ok(tx.put(&ACCOUNTS, &scope, &row)?)).await.unwrap();
    };
    alter(0).await;
    drop((poisoned, fine));
    bench.ledger.drain().await;
    let held = || bench.account(&bench.scope(Subject::Tenant)).total.reserved;
    assert_eq!(held(), MicroUsd(20), "that of n stays held, the other does not");
    drop(bench.granted(40).await);
    bench.ledger.drain().await;
    assert_eq!(held(), MicroUsd(20));
    // The sweep is not held up either, and releases it once it can.
    let old = bench.granted(5).await;
    bench.clock.advance_ms(crate::limits::RESERVATION_MAX_MS + 1);
    background::expire(&bench.ledger.core.on).await.unwrap();
    assert_eq!(held(), MicroUsd(20));
    alter(20).await;
    background::expire(&bench.ledger.core.on).await.unwrap();
    assert_eq!(held(), MicroUsd::ZERO);
    drop(old);
}

#[tokio::test]
async fn what_dead_processes_held_is_released_at_the_start() {
    let mut bench = Bench::new(Defaults::default()).await;
    let held: Vec<_> = [bench.granted(10).await, bench.granted(20).await].into();
    // As kill -9 does: nobody drops anything.
    std::mem::forget(held);
    assert_eq!(bench.verified(), (2, 2));
    bench.reboot().await;
    assert_eq!(bench.verified(), (4, 0));
    assert_eq!(bench.audited("ledger_recover"), 1);
    let total = bench.account(&bench.scope(Subject::Tenant)).total;
    assert_eq!((total.reserved, total.spent), (MicroUsd::ZERO, MicroUsd::ZERO));
}

#[tokio::test]
async fn money_held_for_too_long_is_released_and_settles_to_nothing() {
    let bench = Bench::new(Defaults::default()).await;
    let old = bench.granted(10).await;
    bench.clock.advance_ms(crate::limits::RESERVATION_MAX_MS + 1);
    let young = bench.granted(20).await;
    background::expire(&bench.ledger.core.on).await.unwrap();
    assert_eq!(bench.verified().1, 1);
    let late = old.settle_alone(used(10), Outcome::Whole).await.unwrap();
    assert_eq!((late.charged, late.overrun), (MicroUsd::ZERO, MicroUsd(10)));
    young.settle_alone(used(5), Outcome::Whole).await.unwrap();
    assert_eq!(bench.verified().1, 0);
}

#[tokio::test]
async fn free_calls_are_told_and_hold_nothing_and_unpriced_remote_ones_are_refused() {
    let bench = Bench::new(Defaults::default()).await;
    bench.cap(&bench.scope(Subject::Tenant), Window::Total, 1, true).await;
    let bound = Bound { prompt_tokens: 1_000, output_tokens: 1_000 };
    let local = Purpose { model: "house".into(), remote: false, ..bench.purpose() };
    assert!(matches!(bench.ledger.reserve(&local, bound, "r").await.unwrap(), Verdict::Free));
    let (ledger, purpose) = (bench.ledger.clone(), local.clone());
    let settled = bench.store.write(move |tx| ledger.record_free(tx, &purpose, &used(77), "r")).await.unwrap();
    bench.ledger.recorded(&settled);
    let model = bench.account(&bench.scope(Subject::Model("house".into()))).total;
    assert_eq!((model.calls, model.input_tokens, model.spent), (1, 77, MicroUsd::ZERO));
    let remote = Purpose { remote: true, ..local };
    assert_eq!(code(bench.ledger.reserve(&remote, bound, "r").await), Code::ModelNotPriced);
    assert_eq!(bench.verified(), (1, 0));
}

#[tokio::test]
async fn usage_is_told_by_day_and_by_scope_and_old_entries_fold_without_a_change() {
    let bench = Bench::new(Defaults::default()).await;
    let tenant = bench.scope(Subject::Tenant);
    // One call each day over a month's end, one of them settled after midnight.
    for _ in 0..10 {
        let held = bench.granted(10).await;
        bench.clock.advance_ms(86_400_000);
        held.settle_alone(used(7), Outcome::Whole).await.unwrap();
    }
    let day = |text: &str| text.parse::<jiff::civil::Date>().unwrap();
    let rows = bench.ledger.usage_by_day(&tenant, day("2026-11-24"), day("2026-12-01")).unwrap();
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[0].date, Some(day("2026-11-24")));
    assert!(rows.iter().all(|row| row.totals.spent == MicroUsd(7) && row.totals.calls == 1));
    let users = bench.ledger.usage_by_scope(
        (bench.tenant, Subject::User(UserId([0; 16])).tag()),
        (day("2026-11-01"), day("2026-12-31")),
        None,
        10,
    );
    let users = users.unwrap();
    assert_eq!((users.len(), users[0].totals.spent, users[0].totals.input_tokens), (1, MicroUsd(70), 70));
    let fields = bench.ledger.usage_by_day(&tenant, day("2026-01-01"), day("2027-01-02")).unwrap_err();
    assert_eq!(fields.code(), Code::InvalidFields);
    let before = (bench.account(&tenant), bench.verified());
    bench.clock.advance_ms((crate::limits::LEDGER_ENTRIES_KEPT_DAYS - 5) * 86_400_000);
    fold::fold_old(&bench.ledger.core.on).await.unwrap();
    let (entries, open) = bench.verified();
    assert!(entries > 0 && entries < before.1.0 && open == 0, "{entries}");
    assert_eq!(bench.account(&tenant), before.0);
}
