//! Tests of the counts over a real store, with a clock that moves when told.

use std::sync::Arc;

use tempfile::TempDir;

use super::*;
use crate::clock::{ManualClock, SystemEntropy};
use crate::store::tables::{Role, STORE_TABLES, TenantRow, USERS, UserRow};
use crate::tenants::plans::{Bounds, Choice, NewPlan};

const ACME: TenantId = TenantId([7; 16]);
const ADA: UserId = UserId([1; 16]);
const BEN: UserId = UserId([2; 16]);
/// 2026-11-23T22:30:00Z, half past eleven in the evening in Paris.
const EVENING: UnixMs = UnixMs(1_795_473_000_000);

struct House {
    _dir: TempDir,
    clock: Arc<ManualClock>,
    quotas: Quotas,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
        let clock = Arc::new(ManualClock::at(EVENING));
        let ambient = Ambient::new(Arc::<ManualClock>::clone(&clock), Arc::new(SystemEntropy));
        let auditor = Auditor::new([1; 32], ambient.clone());
        store
            .write(|tx| {
                let row = TenantRow {
                    slug: "acme".into(),
                    display_name: "Acme".into(),
                    zone: "Europe/Paris".into(),
                    registration_open: false,
                    suspended_at: None,
                    created_at: EVENING,
                };
                tx.put(&TENANTS, &ACME, &row)?;
                for user in [ADA, BEN] {
                    let row = UserRow {
                        role: Role::User,
                        email: Vec::new(),
                        password: String::new(),
                        password_set_at: EVENING,
                        created_at: EVENING,
                    };
                    tx.put(&USERS, &(ACME, user), &row)?;
                }
                Ok::<_, Error>(())
            })
            .await
            .unwrap();
        let plans = Plans::open(store.clone(), auditor.clone(), ambient.clone(), "unmetered").unwrap();
        Self { _dir: dir, clock, quotas: Quotas::new(store, auditor, ambient, plans) }
    }

    async fn assign(&self, holder: Holder, plan: &str) {
        let choice: Option<Choice> = (plan != "none").then(|| plan.parse().unwrap());
        self.quotas.plans.assign(&RequestContext::default(), &Actor::Console, holder, choice).await.unwrap();
    }

    async fn made(&self, code: &str, bounds: Bounds) {
        let new = NewPlan { code: code.into(), name: code.into(), bounds };
        self.quotas
            .plans
            .create(&RequestContext::default(), &Actor::Console, new, |_| Ok(|_: &mut Tx<'_>| Ok(())))
            .await
            .unwrap();
    }

    async fn message(&self, user: UserId) -> Result<()> {
        let charge = self.quotas.begin(ACME, user)?;
        self.quotas.store.write(move |tx| charge.apply(tx)).await
    }

    /// As [`House::message`], of one that took no place before.
    async fn unplaced(&self, user: UserId) -> Result<()> {
        let charge =
            Charge { plans: self.quotas.plans.clone(), tenant: ACME, user, now: self.quotas.ambient.now(), seat: None };
        self.quotas.store.write(move |tx| charge.apply(tx)).await
    }

    fn left(&self, user: UserId) -> Option<u64> {
        self.quotas.of(Holder::User(ACME, user)).unwrap().tightest().and_then(Count::remaining)
    }
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

#[tokio::test]
async fn five_a_day_are_five_and_the_day_ends_at_midnight_in_paris() {
    let house = House::new().await;
    house.assign(Holder::Tenant(ACME), "basic-entry").await;
    for left in (0..5).rev() {
        house.message(ADA).await.unwrap();
        assert_eq!(house.left(ADA), Some(left));
    }
    assert_eq!(code(house.unplaced(ADA).await), Some(Code::QuotaExceeded));
    let refused = house.message(ADA).await.unwrap_err();
    assert_eq!((refused.code(), refused.retry_after()), (Code::QuotaExceeded, Some(30 * 60)));
    let details = refused.details();
    assert_eq!(details["resets_at"], "2026-11-23T23:00:00.000Z");
    assert_eq!((&details["day"], &details["zone"]), (&"2026-11-23".into(), &"Europe/Paris".into()));
    assert_eq!((&details["limit"], &details["consumed"], &details["remaining"]), (&5.into(), &5.into(), &0.into()));
    assert_eq!((&details["plan"], &details["scope"]), (&"basic-entry".into(), &"user_day".into()));
    house.message(BEN).await.unwrap();
    house.clock.advance_ms(30 * 60 * 1_000 - 1);
    assert_eq!(code(house.message(ADA).await), Some(Code::QuotaExceeded));
    house.clock.advance_ms(1);
    house.message(ADA).await.unwrap();
    assert_eq!(house.left(ADA), Some(4));
}

#[tokio::test]
async fn what_fails_costs_nothing_and_two_do_not_share_the_last() {
    let house = House::new().await;
    house.assign(Holder::User(ACME, ADA), "basic-entry").await;
    let charge = house.quotas.begin(ACME, ADA).unwrap();
    let failed = house.quotas.store.write(move |tx| {
        charge.apply(tx)?;
        Err::<(), _>(Error::new(Code::ChartNotFound))
    });
    assert_eq!(code(failed.await), Some(Code::ChartNotFound));
    assert_eq!(house.left(ADA), Some(5));
    let house = Arc::new(house);
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { house.unplaced(ADA).await.is_ok() })
        })
        .collect();
    let mut passed = 0;
    for task in tasks {
        passed += usize::from(task.await.unwrap());
    }
    assert_eq!((passed, house.left(ADA)), (5, Some(0)));
}

#[tokio::test]
async fn what_is_begun_holds_its_place_and_gives_it_back() {
    let house = House::new().await;
    house.assign(Holder::User(ACME, ADA), "basic-entry").await;
    for _ in 0..3 {
        house.message(ADA).await.unwrap();
    }
    let mut begun = vec![house.quotas.begin(ACME, ADA).unwrap(), house.quotas.begin(ACME, ADA).unwrap()];
    let refused = house.quotas.begin(ACME, ADA).unwrap_err();
    assert_eq!((refused.code(), refused.retry_after()), (Code::QuotaExceeded, Some(1)));
    let details = refused.details();
    assert_eq!((&details["consumed"], &details["in_flight"]), (&3.into(), &2.into()));
    assert!(house.quotas.begin(ACME, BEN).is_ok(), "the place is the user's own");
    // One that failed gives its place back; one that was counted holds no place beside its count.
    drop(begun.pop());
    let last = house.quotas.begin(ACME, ADA).unwrap();
    let (first, kept) = (begun.pop().unwrap(), Arc::new(std::sync::Mutex::new(None)));
    let slot = Arc::clone(&kept);
    let counted = house.quotas.store.write(move |tx| {
        *slot.lock().unwrap() = Some(first.clone());
        first.apply(tx)
    });
    counted.await.unwrap();
    assert!(kept.lock().unwrap().is_some());
    drop(last);
    house.message(ADA).await.unwrap();
    let refused = house.quotas.begin(ACME, ADA).unwrap_err();
    assert_eq!((refused.details().get("in_flight"), house.left(ADA)), (None, Some(0)));
    drop(kept);
    assert!(house.quotas.flights.are_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_exactly_as_many_begin_as_the_plan_has_left() {
    let house = Arc::new(House::new().await);
    let bounds = Bounds { user_per_day: None, tenant_per_day: Some(50), tenant_per_month: None };
    house.made("fifty", bounds).await;
    house.assign(Holder::Tenant(ACME), "fifty").await;
    let tasks: Vec<_> = (0..400)
        .map(|n| {
            let house = Arc::clone(&house);
            tokio::spawn(async move {
                let user = if n % 2 == 0 { ADA } else { BEN };
                let Ok(charge) = house.quotas.begin(ACME, user) else { return false };
                tokio::task::yield_now().await;
                house.quotas.store.write(move |tx| charge.apply(tx)).await.unwrap();
                true
            })
        })
        .collect();
    let mut begun = 0;
    for task in tasks {
        begun += usize::from(task.await.unwrap());
    }
    assert_eq!((begun, house.left(ADA), house.quotas.flights.are_none()), (50, Some(0), true));
}

#[tokio::test]
async fn a_tenants_bound_holds_for_all_its_users_by_day_and_by_month() {
    let house = House::new().await;
    let bounds = Bounds { user_per_day: Some(3), tenant_per_day: Some(4), tenant_per_month: Some(6) };
    house.made("tiny", bounds).await;
    house.assign(Holder::Tenant(ACME), "tiny").await;
    for user in [ADA, ADA, ADA, BEN] {
        house.message(user).await.unwrap();
    }
    let refused = house.message(BEN).await.unwrap_err();
    assert_eq!(refused.details()["scope"], "tenant_day");
    house.clock.advance_ms(86_400_000);
    house.message(ADA).await.unwrap();
    house.message(BEN).await.unwrap();
    let refused = house.message(BEN).await.unwrap_err();
    assert_eq!(refused.details()["scope"], "tenant_month");
    assert_eq!(refused.details()["resets_at"], "2026-11-30T23:00:00.000Z");
    // A user's own plan gives no way around the tenant's bounds.
    house.assign(Holder::User(ACME, BEN), "premium").await;
    assert_eq!(code(house.message(BEN).await), Some(Code::QuotaExceeded));
    house.clock.advance_ms(7 * 86_400_000);
    house.message(BEN).await.unwrap();
}

#[tokio::test]
async fn a_new_version_supersedes_and_a_version_for_good_stays() {
    let house = House::new().await;
    house.assign(Holder::Tenant(ACME), "basic-entry").await;
    house.assign(Holder::User(ACME, BEN), "basic-entry@1").await;
    let bounds = Bounds { user_per_day: Some(7), ..Bounds::default() };
    house.made("basic-entry", bounds).await;
    assert_eq!((house.left(ADA), house.left(BEN)), (Some(7), Some(5)));
    let versions = house.quotas.plans.versions("basic-entry").unwrap();
    assert_eq!(versions.iter().map(|plan| plan.version).collect::<Vec<_>>(), [1, 2]);
    house.assign(Holder::User(ACME, BEN), "none").await;
    assert_eq!(house.left(BEN), Some(7));
    house.assign(Holder::Tenant(ACME), "none").await;
    assert_eq!(house.left(ADA), None);
    let nobody = Holder::User(ACME, UserId([9; 16]));
    let assigned = |holder, plan: &str| {
        let choice = Some(plan.parse().unwrap());
        let plans = house.quotas.plans.clone();
        async move { code(plans.assign(&RequestContext::default(), &Actor::Console, holder, choice).await) }
    };
    assert_eq!(assigned(nobody, "premium").await, Some(Code::UserNotFound));
    assert_eq!(assigned(Holder::Tenant(ACME), "premium@2").await, Some(Code::PlanNotFound));
    assert_eq!(assigned(Holder::Tenant(TenantId([9; 16])), "premium").await, Some(Code::TenantNotFound));
}

#[tokio::test]
async fn a_reset_gives_the_day_back_and_only_operators_do_it() {
    let house = House::new().await;
    house.assign(Holder::Tenant(ACME), "basic-entry").await;
    house.message(ADA).await.unwrap();
    let person = Actor::User(ADA, Role::User);
    let holder = Holder::User(ACME, ADA);
    assert_eq!(
        code(house.quotas.reset(&RequestContext::default(), &person, holder).await),
        Some(Code::InsufficientRole)
    );
    assert_eq!(house.left(ADA), Some(4));
    house.quotas.reset(&RequestContext::default(), &Actor::Console, holder).await.unwrap();
    assert_eq!(house.left(ADA), Some(5));
    let of_tenant = house.quotas.of(Holder::Tenant(ACME)).unwrap();
    assert_eq!(of_tenant.counts[0].consumed, 1, "the tenant's count is its own");
}

#[tokio::test]
async fn a_default_that_is_no_plan_is_told() {
    let house = House::new().await;
    let Quotas { store, auditor, ambient, .. } = house.quotas.clone();
    for bad in ["golden", "premium@9", "Premium"] {
        let error = Plans::open(store.clone(), auditor.clone(), ambient.clone(), bad).unwrap_err();
        assert_eq!(error.code(), Code::InvalidFields, "{bad}");
    }
}
