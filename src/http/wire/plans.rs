//! Wire form of plans, quotas and rates.

use std::collections::BTreeMap;

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};

use crate::clock::UnixMs;
use crate::tenants::limiter::Rates;
use crate::tenants::plans::{InForce, NewPlan, Plan};
use crate::tenants::quotas::{Count, Quota};
use crate::tenants::rates::Scope;

/// What a plan allows; a bound that is absent is none.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanBounds {
    /// Messages of each user on one day of the tenant's calendar.
    #[serde(default)]
    pub user_per_day: Option<u64>,
    /// Messages of the whole tenant on one day.
    #[serde(default)]
    pub tenant_per_day: Option<u64>,
    /// Messages of the whole tenant in one month.
    #[serde(default)]
    pub tenant_per_month: Option<u64>,
}

/// Makes a version of a plan: the next one of a code that there is, or the first of a new one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// 1 to 48 of a-z, 0-9 and -, a letter first.
    pub code: String,
    /// Name shown to people, 1 to 80 characters.
    pub name: String,
    /// What it allows.
    #[serde(default)]
    pub bounds: PlanBounds,
}

impl From<PlanRequest> for NewPlan {
    fn from(PlanRequest { code, name, bounds }: PlanRequest) -> Self {
        let PlanBounds { user_per_day, tenant_per_day, tenant_per_month } = bounds;
        let bounds = crate::tenants::plans::Bounds { user_per_day, tenant_per_day, tenant_per_month };
        Self { code, name, bounds }
    }
}

/// Chooses a plan.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanChoice {
    /// `premium` follows the newest version, `premium@1` keeps one for good.
    pub plan: String,
}

/// A version of a plan. It never changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanReply {
    /// Its code.
    pub code: String,
    /// Its version, from 1.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub bounds: PlanBounds,
    /// Whether the program brought it.
    pub built_in: bool,
    /// When it was made, RFC 3339.
    pub created_at: Option<String>,
}

impl From<&Plan> for PlanReply {
    fn from(plan: &Plan) -> Self {
        let crate::tenants::plans::Bounds { user_per_day, tenant_per_day, tenant_per_month } = plan.bounds;
        Self {
            code: plan.code.clone(),
            version: plan.version,
            name: plan.name.clone(),
            bounds: PlanBounds { user_per_day, tenant_per_day, tenant_per_month },
            built_in: plan.created_at.is_none(),
            created_at: plan.created_at.map(UnixMs::rfc3339),
        }
    }
}

/// Versions of plans.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanList {
    /// Those of the program, then the others by code and version.
    pub plans: Vec<PlanReply>,
}

/// The plan of a tenant or user, and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct HolderReply {
    /// As it was chosen: a code, or a code and a version.
    pub choice: String,
    /// Where the choice stands: `user`, `tenant` or `default`.
    pub source: &'static str,
    /// The version that holds.
    pub plan: PlanReply,
    /// What was used of it.
    pub quota: QuotaReply,
}

impl HolderReply {
    /// Of the plan in force and its counts.
    pub fn new(held: &InForce, quota: &Quota) -> Self {
        Self {
            choice: held.choice.to_string(),
            source: held.source.code(),
            plan: PlanReply::from(&held.plan),
            quota: QuotaReply::from(quota),
        }
    }
}

/// What was used of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotaReply {
    /// Code of the plan.
    pub plan: String,
    /// Its version.
    pub plan_version: u32,
    /// Its name.
    pub plan_name: String,
    /// IANA zone of the tenant's day and month.
    pub zone: String,
    /// The day there.
    pub day: String,
    /// Whether one message more is allowed now.
    pub allowed: bool,
    /// Each count: the user's day, the tenant's day, the tenant's month.
    pub counts: Vec<CountReply>,
}

/// One count.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountReply {
    /// `user_day`, `tenant_day` or `tenant_month`.
    pub scope: &'static str,
    /// Most messages; absent when there is no bound.
    pub limit: Option<u64>,
    /// Messages so far.
    pub consumed: u64,
    /// Messages left; absent when there is no bound.
    pub remaining: Option<u64>,
    /// When it starts anew, RFC 3339.
    pub resets_at: String,
}

impl From<&Count> for CountReply {
    fn from(count: &Count) -> Self {
        Self {
            scope: count.span.code(),
            limit: count.limit,
            consumed: count.consumed,
            remaining: count.remaining(),
            resets_at: count.resets_at.rfc3339(),
        }
    }
}

impl From<&Quota> for QuotaReply {
    fn from(quota: &Quota) -> Self {
        Self {
            plan: quota.plan.code.clone(),
            plan_version: quota.plan.version,
            plan_name: quota.plan.name.clone(),
            zone: quota.zone.clone(),
            day: quota.day.clone(),
            allowed: quota.counts.iter().all(|count| count.remaining() != Some(0)),
            counts: quota.counts.iter().map(CountReply::from).collect(),
        }
    }
}

/// Sets the rates of a tenant, in place of all that were set before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RatesRequest {
    /// By scope (`tenant`, `user`, `key`, `route_chat` ..): a rate such as `5/s, burst 10`, or `off`. A scope that is not
    /// named has the rate of the settings.
    pub rates: BTreeMap<String, String>,
}

/// The rates of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatesReply {
    /// Each scope.
    pub rates: Vec<RateReply>,
}

/// The rate of a scope.
#[derive(Debug, Serialize, ToSchema)]
pub struct RateReply {
    /// The scope.
    pub scope: &'static str,
    /// A rate, or `off`.
    pub rate: String,
    /// `tenant` when it was set for the tenant, otherwise `settings`.
    pub source: &'static str,
}

impl RatesReply {
    /// Of the settings and what was set for a tenant.
    pub fn new(rates: &Rates, tenant: crate::ids::TenantId) -> Self {
        let own = rates.of_tenant(tenant);
        let reply = |scope: Scope| {
            let set = own.get(&scope);
            let rate = set.copied().unwrap_or_else(|| rates.setting(scope));
            let source = if set.is_some() { "tenant" } else { "settings" };
            RateReply { scope: scope.code(), rate: rate.map_or_else(|| "off".into(), |rate| rate.to_string()), source }
        };
        Self { rates: Scope::ALL.into_iter().filter(|scope| *scope != Scope::Address).map(reply).collect() }
    }
}
