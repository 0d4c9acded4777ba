//! `/v1/ops/budgets`, `/v1/ops/prices` and `/v1/ops/ledger`: the operator's work on money. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::app::App;
use crate::error::{Code, FieldError, Result};
use crate::http::body::{allowed_id, json, only_queries, page, query};
use crate::http::caller::{app, arrival, operator};
use crate::http::idempotency::{Seen, seen};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, Stored};
use crate::http::wire::ledger::{
    BudgetList, BudgetName, BudgetReply, BudgetRequest, BudgetResetReply, LedgerReply, PriceList, PriceReply,
};
use crate::idempotency::also;
use crate::tenants::ledger::words::{ScopeCursor, ScopeWords, cursor, limit, window};
use crate::tenants::ledger::{BudgetChange, Scope, Subject, Window};

/// Limits: all of one tenant with the settings', or those that operators set anywhere
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("tenant" = Option<String>, Query, description = "Slug of a tenant; all when absent"),
        ("limit" = Option<u32>, Query, description = "1 to 100 scopes, default 20; each has at most three limits"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn list(req: &mut Request, depot: &mut Depot) -> Result<Reply<BudgetList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &["tenant", "limit", "cursor"])?;
    let of_slug = |slug: String| {
        let missing = || FieldError::new("query.tenant", &slug, allowed_id(Code::TenantNotFound));
        app.tenants().by_slug(&slug).map_err(|error| error.at(vec![missing()]))
    };
    let tenant = query(req, "tenant")?.map(of_slug).transpose()?.map(|tenant| tenant.id);
    let page = page::<ScopeCursor>(req)?;
    let after = page.after.as_ref().map(|ScopeCursor(scope)| scope);
    let found = app.ledger().budgets(tenant, after, page.limit)?;
    let next_cursor = found.last().filter(|_| found.len() == page.limit).map(|(scope, _)| cursor(scope));
    let mut budgets: Vec<BudgetReply> = Vec::new();
    // A tenant without limits of its own is told what the settings give it.
    if let (Some(tenant), None) = (tenant, after) {
        let own = Scope { tenant, subject: Subject::Tenant };
        if !found.iter().any(|(scope, _)| *scope == own) {
            budgets.extend(app.ledger().budgets_of(&own)?.iter().map(BudgetReply::from));
        }
    }
    budgets.extend(found.iter().flat_map(|(_, held)| held).map(BudgetReply::from));
    let defaults = app.ledger().defaults();
    Ok(Reply(BudgetList {
        default_usd: Some(defaults.everyone).filter(|limit| !limit.is_zero()).map(crate::tokens::MicroUsd::decimal),
        default_window: defaults.window.code().to_owned(),
        default_block: if defaults.hard { "hard" } else { "soft" }.to_owned(),
        budgets,
        next_cursor,
    }))
}

fn named(app: &App, name: BudgetName, prefix: &str) -> Result<(Scope, Window, String)> {
    let window = window(&format!("{prefix}window"), &name.window)?;
    let slug = name.tenant.clone().unwrap_or_else(|| String::from("system"));
    let words = ScopeWords { tenant: name.tenant, user: name.user, key: name.key, model: name.model };
    Ok((words.resolve(app.tenants(), app.ledger(), prefix)?, window, slug))
}

/// Set a limit
///
/// The same limit again changes nothing. One below what is spent already takes effect at once: nothing more is granted.
#[endpoint(tags("operator"), security(["bearer" = []]), request_body = BudgetRequest)]
pub async fn set(req: &mut Request, depot: &mut Depot) -> Result<Reply<BudgetReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    only_queries(req, &[])?;
    let body = json::<BudgetRequest>(req, app.body_max_bytes()).await?.value;
    let change = limit(&body.limit_usd, body.block.as_deref())?;
    let BudgetRequest { tenant, user, key, model, window, .. } = body;
    let (scope, window, _) = named(&app, BudgetName { tenant, user, key, model, window }, "")?;
    let budget = app.ledger().change_budget(&arrival, &actor, &scope, window, change, |_| Ok(())).await?;
    Ok(Reply(BudgetReply::from(&budget)))
}

/// Leave a limit to the settings again
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("tenant" = Option<String>, Query, description = "Slug; absent with a model, the model as all tenants use it"),
        ("user" = Option<String>, Query, description = "A user of the tenant"),
        ("key" = Option<String>, Query, description = "An API key of the tenant"),
        ("model" = Option<String>, Query, description = "A model"),
        ("window" = String, Query, description = "day, month or total"),
    )
)]
pub async fn remove(req: &mut Request, depot: &mut Depot) -> Result<Reply<BudgetReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    only_queries(req, &["tenant", "user", "key", "model", "window"])?;
    let name = BudgetName {
        tenant: query(req, "tenant")?,
        user: query(req, "user")?,
        key: query(req, "key")?,
        model: query(req, "model")?,
        window: query(req, "window")?.unwrap_or_default(),
    };
    let (scope, window, _) = named(&app, name, "query.")?;
    let change = BudgetChange::Remove;
    let budget = app.ledger().change_budget(&arrival, &actor, &scope, window, change, |_| Ok(())).await?;
    Ok(Reply(BudgetReply::from(&budget)))
}

/// Start a limit anew: what was spent in the present period no longer counts against it
///
/// What is held for calls that have not ended still counts, and usage still tells everything.
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    request_body = BudgetName,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"))
)]
pub async fn reset(req: &mut Request, depot: &mut Depot) -> Result<Stored<BudgetResetReply, 200>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = operator(&app, req)?;
    let body = json::<BudgetName>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &caller, req, &body.bytes)? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let (scope, window, tenant) = named(&app, body.value, "")?;
    let answer = BudgetResetReply { tenant, scope: (&scope).into(), window: window.code().to_owned(), reset: true };
    let (prepared, record) = once.prepare(&app, &answer)?;
    let change = BudgetChange::Reset;
    let outcome = app.ledger().change_budget(&arrival, &caller.actor(), &scope, window, change, also(record)).await;
    Ok(prepared.settle(&app, outcome.map(drop))?)
}

/// What models cost
#[endpoint(tags("operator"), security(["bearer" = []]))]
pub async fn prices(req: &mut Request, depot: &mut Depot) -> Result<Reply<PriceList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let table = app.ledger().prices();
    let models = table.all().map(|(model, price)| PriceReply::new(model, price)).collect();
    Ok(Reply(PriceList { version: table.version().to_owned(), models }))
}

/// Rebuild every balance from the entries, and compare
#[endpoint(tags("operator"), security(["bearer" = []]))]
pub async fn verify(req: &mut Request, depot: &mut Depot) -> Result<Reply<LedgerReply>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    Ok(Reply(LedgerReply::from(&app.verify_ledger().await?)))
}
