//! Wire form of money: usage, budgets, prices, the check of the ledger.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};

use crate::clock::UnixMs;
use crate::tenants::ledger::{Budget, Problem, Report, Scope, Subject, UsageRow, UsageTotals, WARN_PERCENT};
use crate::tokens::{MicroUsd, Price};

/// Whose a budget or a usage is. None but the tenant: the whole tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScopeReply {
    /// `tenant`, `user`, `key`, `model`, or `model_everywhere` for a model as all tenants use it.
    pub kind: String,
    /// The user.
    pub user: Option<String>,
    /// The API key.
    pub key: Option<String>,
    /// The model.
    pub model: Option<String>,
}

impl From<&Scope> for ScopeReply {
    fn from(scope: &Scope) -> Self {
        let (mut user, mut key, mut model) = (None, None, None);
        match &scope.subject {
            Subject::Tenant => {}
            Subject::User(id) => user = Some(id.to_string()),
            Subject::Key(id) => key = Some(id.to_string()),
            Subject::Model(name) | Subject::ModelEverywhere(name) => model = Some(name.clone()),
        }
        Self { kind: scope.subject.kind().to_owned(), user, key, model }
    }
}

/// A limit and what stands against it. Amounts are US dollars as decimal text with six places.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetReply {
    /// Slug of the tenant; `system` for a model as all tenants use it.
    pub tenant: String,
    /// Whose it is.
    pub scope: ScopeReply,
    /// `day` or `month` (both of UTC), or `total`.
    pub window: String,
    /// The limit; none when there is none.
    pub limit_usd: Option<String>,
    /// Whether there is no limit, as the settings or the operator say.
    pub unlimited: bool,
    /// `soft`: beyond it the built-in composer answers. `hard`: beyond it requests are refused (402).
    pub block: String,
    /// `operator` or `settings`.
    pub set_by: String,
    /// What counts as spent in the present period.
    pub spent_usd: String,
    /// What is held for calls that have not ended.
    pub reserved_usd: String,
    /// What is left; none without a limit.
    pub remaining_usd: Option<String>,
    /// Share that is spent, in whole percent.
    pub percent: Option<u64>,
    /// Whether much of it is spent.
    pub warning: bool,
    /// When it starts anew, RFC 3339; never, for `total`.
    pub resets_at: Option<String>,
}

impl From<&Budget> for BudgetReply {
    fn from(budget: &Budget) -> Self {
        let percent = budget.limit.map(|limit| budget.spent.percent_of(limit));
        Self {
            tenant: budget.slug.clone(),
            scope: (&budget.scope).into(),
            window: budget.window.code().to_owned(),
            limit_usd: budget.limit.map(MicroUsd::decimal),
            unlimited: budget.limit.is_none(),
            block: if budget.hard { "hard" } else { "soft" }.to_owned(),
            set_by: if budget.from_settings { "settings" } else { "operator" }.to_owned(),
            spent_usd: budget.spent.decimal(),
            reserved_usd: budget.reserved.decimal(),
            remaining_usd: budget.remaining.map(MicroUsd::decimal),
            percent,
            warning: percent.is_some_and(|percent| percent >= u64::from(WARN_PERCENT)),
            resets_at: budget.resets_at.map(UnixMs::rfc3339),
        }
    }
}

/// Sets a limit. At most one of user, key and model; none of them is the whole tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetRequest {
    /// Slug of the tenant; absent with a model, the model as all tenants use it.
    #[serde(default)]
    pub tenant: Option<String>,
    /// A user of the tenant.
    #[serde(default)]
    pub user: Option<String>,
    /// An API key of the tenant.
    #[serde(default)]
    pub key: Option<String>,
    /// A model.
    #[serde(default)]
    pub model: Option<String>,
    /// `day` or `month` (both of UTC), or `total`.
    pub window: String,
    /// US dollars as decimal text, such as `25.00`; 0 or less means no limit, whatever the settings say.
    pub limit_usd: String,
    /// `soft` (when absent) or `hard`.
    #[serde(default)]
    pub block: Option<String>,
}

/// Names a limit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetName {
    /// Slug of the tenant; absent with a model, the model as all tenants use it.
    #[serde(default)]
    pub tenant: Option<String>,
    /// A user of the tenant.
    #[serde(default)]
    pub user: Option<String>,
    /// An API key of the tenant.
    #[serde(default)]
    pub key: Option<String>,
    /// A model.
    #[serde(default)]
    pub model: Option<String>,
    /// `day` or `month` (both of UTC), or `total`.
    pub window: String,
}

/// A limit that was reset.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetResetReply {
    /// Slug of the tenant.
    pub tenant: String,
    /// Whose limit.
    pub scope: ScopeReply,
    /// Its window.
    pub window: String,
    /// What was spent in the present period no longer counts against it; usage still tells it.
    pub reset: bool,
}

/// Limits.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetList {
    /// What the settings give to every tenant without its own, in US dollars; none when they give no limit.
    pub default_usd: Option<String>,
    /// The window of that limit.
    pub default_window: String,
    /// `soft` or `hard`.
    pub default_block: String,
    /// Those of the tenant that was asked for, the settings' included; without one, those that operators set.
    pub budgets: Vec<BudgetReply>,
    /// Cursor of the next page, when there is one.
    pub next_cursor: Option<String>,
}

/// Calls, tokens and money. Amounts are US dollars as decimal text with six places.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageReply {
    /// Calls that were charged, those at no price included.
    pub calls: u64,
    /// Tokens of prompts, cached ones included.
    pub input_tokens: u64,
    /// Those of them that the provider had kept.
    pub cached_input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// What was charged.
    pub cost_usd: String,
    /// What is held for calls that have not ended.
    pub reserved_usd: String,
}

impl From<&UsageTotals> for UsageReply {
    fn from(totals: &UsageTotals) -> Self {
        Self {
            calls: totals.calls,
            input_tokens: totals.input_tokens,
            cached_input_tokens: totals.cached_tokens,
            output_tokens: totals.output_tokens,
            cost_usd: totals.spent.decimal(),
            reserved_usd: totals.reserved.decimal(),
        }
    }
}

/// Usage of one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageDay {
    /// The day of UTC.
    pub date: String,
    /// What was used.
    pub usage: UsageReply,
}

/// What the caller used.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnUsage {
    /// First day, of UTC.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Days on which anything was used, oldest first.
    pub days: Vec<UsageDay>,
    /// All of them together.
    pub total: UsageReply,
    /// Limits of the caller's own.
    pub budgets: Vec<BudgetReply>,
}

/// Usage of one scope, on one day or over all days that were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpsUsageRow {
    /// The day of UTC, when asked for by day.
    pub date: Option<String>,
    /// Slug of the tenant.
    pub tenant: String,
    /// Whose.
    pub scope: ScopeReply,
    /// What was used.
    pub usage: UsageReply,
    /// What calls cost beyond what was held for them: the operator's loss, in US dollars.
    pub overrun_usd: String,
    /// Limits that hold for it now; not told by day.
    pub budgets: Vec<BudgetReply>,
}

impl OpsUsageRow {
    /// A row of the tenant of this slug.
    pub fn new(slug: &str, row: &UsageRow, budgets: &[Budget]) -> Self {
        Self {
            date: row.date.map(|date| date.to_string()),
            tenant: slug.to_owned(),
            scope: (&row.scope).into(),
            usage: (&row.totals).into(),
            overrun_usd: row.totals.overrun.decimal(),
            budgets: budgets.iter().map(Into::into).collect(),
        }
    }
}

/// What was used.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpsUsage {
    /// First day, of UTC.
    pub from: String,
    /// Last day.
    pub to: String,
    /// `day`, `tenant`, `user`, `key` or `model`.
    pub by: String,
    /// The rows.
    pub rows: Vec<OpsUsageRow>,
    /// Cursor of the next page, when there is one.
    pub next_cursor: Option<String>,
}

/// What the check of the ledger found.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerReply {
    /// Whether every balance is what its entries say, and no entry is missing.
    pub intact: bool,
    /// Tenants with a ledger.
    pub tenants: u64,
    /// Entries read.
    pub entries: u64,
    /// Balances compared.
    pub balances: u64,
    /// Calls that money is held for.
    pub reservations: u64,
    /// What is held, in US dollars.
    pub reserved_usd: String,
    /// How much is wrong.
    pub problems: u64,
    /// The first of it, at most 20.
    pub first_problems: Vec<LedgerProblem>,
}

/// Something in the ledger that does not agree.
#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerProblem {
    /// Tenant of the ledger.
    pub tenant: String,
    /// What is wrong.
    pub what: String,
}

impl From<&Report> for LedgerReply {
    fn from(report: &Report) -> Self {
        let problem =
            |problem: &Problem| LedgerProblem { tenant: problem.tenant.to_string(), what: problem.what.clone() };
        Self {
            intact: report.problems == 0,
            tenants: report.tenants,
            entries: report.entries,
            balances: report.balances,
            reservations: report.reservations,
            reserved_usd: report.reserved.decimal(),
            problems: report.problems,
            first_problems: report.told.iter().map(problem).collect(),
        }
    }
}

/// What a model costs, in US dollars for a million tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceReply {
    /// Exact name of the model.
    pub model: String,
    /// Tokens of the prompt.
    pub input_usd: String,
    /// Those of them that the provider had kept.
    pub cached_input_usd: String,
    /// Tokens of the answer.
    pub output_usd: String,
    /// Where the prices were read.
    pub source: String,
    /// When.
    pub date: String,
}

impl PriceReply {
    /// The price of this model.
    pub fn new(model: &str, price: &Price) -> Self {
        Self {
            model: model.to_owned(),
            input_usd: price.input.decimal(),
            cached_input_usd: price.cached_input.decimal(),
            output_usd: price.output.decimal(),
            source: price.source.clone(),
            date: price.date.clone(),
        }
    }
}

/// The price table.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceList {
    /// Its version, as every entry of the ledger names it.
    pub version: String,
    /// Models by name. A remote model that is not here is refused; a local one costs nothing.
    pub models: Vec<PriceReply>,
}
