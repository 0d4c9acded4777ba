//! E: `orrery budget ..`, `orrery ledger ..` and `orrery usage`, for a directory that nobody serves. A served one is asked
//! through its interface.

use clap::{Args, Subcommand};

use super::args::DirectoryArgs;
use super::open::with_app;
use super::terminal::say;
use super::{Failure, HINT_MONEY};
use crate::app::App;
use crate::auth::RequestContext;
use crate::clock::UnixMs;
use crate::error::Error;
use crate::store::tables::Actor;
use crate::tenants::ledger::words::{ScopeWords, days, limit, window};
use crate::tenants::ledger::{Budget, BudgetChange, Scope, Subject, UsageRow, name};
use crate::tokens::MicroUsd;

/// `orrery budget ..`
#[derive(Debug, Subcommand)]
pub enum BudgetCommand {
    /// Set a limit.
    Set(SetArgs),
    /// Show limits and what stands against them.
    Show(ShowArgs),
    /// Start a limit anew: what was spent in the present period no longer counts against it.
    Reset(NameArgs),
    /// Leave a limit to the settings again.
    Remove(NameArgs),
}

/// `orrery ledger ..`
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Rebuild every balance from the entries and compare; exit 1 when one differs or an entry is missing.
    Verify(DirectoryArgs),
}

/// Whose limit or usage.
#[derive(Debug, Args)]
pub struct ScopeArgs {
    /// Slug of the tenant; left out with --model, the model as all tenants use it.
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
    /// Only this user of the tenant.
    #[arg(long, value_name = "ID")]
    pub user: Option<String>,
    /// Only this API key of the tenant.
    #[arg(long, value_name = "ID")]
    pub key: Option<String>,
    /// Only this model.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
}

impl ScopeArgs {
    fn scope(&self, app: &App) -> Result<Scope, Error> {
        let Self { tenant, user, key, model } = self;
        let words = ScopeWords { tenant: tenant.clone(), user: user.clone(), key: key.clone(), model: model.clone() };
        words.resolve(app.tenants(), app.ledger(), "--")
    }
}

/// `orrery budget set ..`
#[derive(Debug, Args)]
pub struct SetArgs {
    /// Whose.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// How long it counts: day or month (both of UTC), or total.
    #[arg(long, value_name = "WINDOW", default_value = "month")]
    pub window: String,
    /// US dollars, such as 25.00; 0 or less means no limit, whatever the settings say.
    #[arg(long, value_name = "DOLLARS", allow_negative_numbers = true)]
    pub limit: String,
    /// Beyond it: soft answers with the built-in composer, hard refuses.
    #[arg(long, value_name = "HOW", default_value = "soft")]
    pub block: String,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery budget reset ..` and `remove`
#[derive(Debug, Args)]
pub struct NameArgs {
    /// Whose.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Which limit: day, month or total.
    #[arg(long, value_name = "WINDOW", default_value = "month")]
    pub window: String,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery budget show ..`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Whose; every limit that operators set when nothing is named.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery usage ..`
#[derive(Debug, Args)]
pub struct UsageArgs {
    /// Whose; each tenant together when nothing is named.
    #[command(flatten)]
    pub scope: ScopeArgs,
    /// First day (UTC), YYYY-MM-DD; the first of the month when left out.
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Last day; today when left out.
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// Does one of the commands about limits.
pub fn run(command: &BudgetCommand) -> Result<(), Failure> {
    match command {
        BudgetCommand::Set(options) => {
            let change = |_: &App| limit(&options.limit, Some(&options.block));
            changed(&options.directory, &options.scope, &options.window, change)
        }
        BudgetCommand::Reset(options) => {
            changed(&options.directory, &options.scope, &options.window, |_| Ok(BudgetChange::Reset))
        }
        BudgetCommand::Remove(options) => {
            changed(&options.directory, &options.scope, &options.window, |_| Ok(BudgetChange::Remove))
        }
        BudgetCommand::Show(options) => show(options),
    }
}

fn changed(
    directory: &DirectoryArgs,
    scope: &ScopeArgs,
    of: &str,
    change: impl Fn(&App) -> Result<BudgetChange, Error>,
) -> Result<(), Failure> {
    let budget = with_app(directory, HINT_MONEY, async |app| {
        let (of, change) = (window("--window", of)?, change(app)?);
        let scope = scope.scope(app)?;
        let request = RequestContext::default();
        app.ledger().change_budget(&request, &Actor::Console, &scope, of, change, |_| Ok(())).await
    })?;
    Ok(say(&line(&budget))?)
}

fn show(options: &ShowArgs) -> Result<(), Failure> {
    let budgets = with_app(&options.directory, HINT_MONEY, async |app| {
        let is_named = options.scope.tenant.is_some() || options.scope.model.is_some();
        if is_named {
            return app.ledger().budgets_of(&options.scope.scope(app)?);
        }
        let (mut all, mut after) = (Vec::new(), None::<Scope>);
        loop {
            let page = app.ledger().budgets(None, after.as_ref(), crate::limits::PAGE_MAX_ROWS)?;
            let Some((last, _)) = page.last() else { return Ok(all) };
            after = Some(last.clone());
            all.extend(page.into_iter().flat_map(|(_, budgets)| budgets));
        }
    })?;
    if budgets.is_empty() {
        return Ok(say("no limits are set here; `budgets.default_usd` of the settings gives one to every tenant")?);
    }
    Ok(say(&budgets.iter().map(line).collect::<Vec<_>>().join("\n"))?)
}

/// One limit in words: `acme tenant, month: $3.100000 of $25.000000 spent, $0.000000 held, ...`.
fn line(budget: &Budget) -> String {
    let Budget { slug, window, spent, reserved, .. } = budget;
    let whose = format!("{slug} {}, {}", name(&budget.scope), window.code());
    let Some(limit) = budget.limit else {
        return format!("{whose}: unlimited; {spent} spent, {reserved} held");
    };
    let left = budget.remaining.unwrap_or_default();
    let how = if budget.hard { "hard" } else { "soft" };
    let by = if budget.from_settings { ", from the settings" } else { "" };
    let anew = budget.resets_at.map_or_else(String::new, |at| format!("; anew at {}", at.rfc3339()));
    format!("{whose}: {spent} of {limit} spent, {reserved} held, {left} left ({how}{by}){anew}")
}

/// Checks the ledger.
pub fn ledger(LedgerCommand::Verify(directory): &LedgerCommand) -> Result<(), Failure> {
    let report = with_app(directory, HINT_MONEY, async |app| app.verify_ledger().await)?;
    let held = format!("{} held for {} calls", report.reserved, report.reservations);
    let counts =
        format!("{} entries, {} balances, {} tenants, {held}", report.entries, report.balances, report.tenants);
    if report.problems == 0 {
        return Ok(say(&format!("every balance is what its entries say: {counts}"))?);
    }
    let told: Vec<String> =
        report.told.iter().map(|problem| format!("  {}: {}", problem.tenant, problem.what)).collect();
    Err(Failure::failed(format!("{} problems in the ledger ({counts}):\n{}", report.problems, told.join("\n"))))
}

/// Prints usage as CSV.
pub fn usage(options: &UsageArgs) -> Result<(), Failure> {
    let rows = with_app(&options.directory, HINT_MONEY, async |app| {
        let now: UnixMs = app.ambient().now();
        let (from, to) = days(now, options.from.as_deref(), options.to.as_deref(), "--")?;
        let is_named = options.scope.tenant.is_some() || options.scope.model.is_some();
        if is_named {
            let slug = options.scope.tenant.clone().unwrap_or_else(|| String::from("system"));
            let rows = app.ledger().usage_by_day(&options.scope.scope(app)?, from, to)?;
            return Ok(rows.into_iter().map(|row| (slug.clone(), row)).collect::<Vec<_>>());
        }
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = app.tenants().list(after, crate::limits::PAGE_MAX_ROWS)?;
            let Some(last) = page.last() else { return Ok(all) };
            after = Some(last.id);
            for tenant in page {
                let scope = Scope { tenant: tenant.id, subject: Subject::Tenant };
                let days = app.ledger().usage_by_day(&scope, from, to)?;
                all.extend(days.into_iter().map(|row| (tenant.row.slug.clone(), row)));
            }
        }
    })?;
    let header = "date,tenant,scope,calls,input_tokens,cached_input_tokens,output_tokens,cost_usd,reserved_usd";
    let lines = rows.iter().map(|(slug, row)| csv_line(slug, row));
    Ok(say(&std::iter::once(header.to_owned()).chain(lines).collect::<Vec<_>>().join("\n"))?)
}

fn csv_line(slug: &str, UsageRow { scope, date, totals }: &UsageRow) -> String {
    let date = date.map(|date| date.to_string()).unwrap_or_default();
    // A model's name may hold a comma or a quote.
    let whose = format!("\"{}\"", name(scope).replace('"', "\"\""));
    let tokens = format!("{},{},{}", totals.input_tokens, totals.cached_tokens, totals.output_tokens);
    let money = [totals.spent, totals.reserved].map(MicroUsd::decimal).join(",");
    format!("{date},{slug},{whose},{},{tokens},{money}", totals.calls)
}
