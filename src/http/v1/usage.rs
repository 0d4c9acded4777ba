//! `/v1/usage` and `/v1/ops/usage`: what was used, as JSON or CSV. Counts nothing itself.

use salvo::http::{HeaderValue, ResBody, StatusCode, header};
use salvo::oapi::{self, Components, EndpointOutRegister, Operation, RefOr, Schema, endpoint};
use salvo::{Depot, Request, Response, Scribe};

use crate::app::App;
use crate::audit::SYSTEM_TENANT;
use crate::error::{Error, FieldError, Result};
use crate::http::body::{only_queries, page, query};
use crate::http::caller::{app, caller, operator};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::ledger::{OpsUsage, OpsUsageRow, OwnUsage, UsageDay};
use crate::ids::TenantId;
use crate::limits::{PAGE_MAX_ROWS, USAGE_CSV_MAX_ROWS};
use crate::tenants::ledger::words::{ScopeCursor, ScopeWords, cursor, days};
use crate::tenants::ledger::{Scope, Subject, UsageRow, UsageTotals};

/// What you used on which day, what it cost, and what is left
#[endpoint(
    tags("usage"),
    security(["bearer" = []]),
    parameters(
        ("from" = Option<String>, Query, description = "First day (UTC), YYYY-MM-DD; the first of the month when absent"),
        ("to" = Option<String>, Query, description = "Last day, at most a year later; today when absent"),
    )
)]
pub async fn own(req: &mut Request, depot: &mut Depot) -> Result<Reply<OwnUsage>, Problem> {
    let app = app(depot)?;
    let caller = caller(&app, req)?;
    only_queries(req, &["from", "to"])?;
    let (from, to) = days(app.ambient().now(), query(req, "from")?.as_deref(), query(req, "to")?.as_deref(), "query.")?;
    let scope = Scope { tenant: caller.tenant, subject: Subject::User(caller.user) };
    let rows = app.ledger().usage_by_day(&scope, from, to)?;
    let total = sum(&rows);
    let day = |row: &UsageRow| UsageDay {
        date: row.date.map(|date| date.to_string()).unwrap_or_default(),
        usage: (&row.totals).into(),
    };
    Ok(Reply(OwnUsage {
        from: from.to_string(),
        to: to.to_string(),
        days: rows.iter().map(day).collect(),
        total: (&total).into(),
        budgets: app.ledger().budgets_of(&scope)?.iter().map(Into::into).collect(),
    }))
}

fn sum(rows: &[UsageRow]) -> UsageTotals {
    let mut total = UsageTotals::default();
    for row in rows {
        total.merge(&row.totals);
    }
    total
}

/// Usage as JSON, or as CSV for who accepts that.
#[derive(Debug)]
pub enum UsageAnswer {
    /// The envelope.
    Json(Reply<OpsUsage>),
    /// A table with a header.
    Csv(Vec<u8>),
}

impl Scribe for UsageAnswer {
    fn render(self, res: &mut Response) {
        match self {
            Self::Json(reply) => reply.render(res),
            Self::Csv(table) => {
                res.status_code(StatusCode::OK);
                let kind = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
                res.headers_mut().insert(header::CONTENT_TYPE, kind);
                res.body(ResBody::Once(table.into()));
            }
        }
    }
}

impl EndpointOutRegister for UsageAnswer {
    fn register(components: &mut Components, operation: &mut Operation) {
        Reply::<OpsUsage>::register(components, operation);
        if let Some(RefOr::Type(response)) = operation.responses.get_mut("200") {
            let text = RefOr::Type(Schema::Object(Box::new(oapi::Object::new())));
            *response = response.clone().add_content("text/csv", text);
        }
    }
}

/// What a request for usage says.
struct Asked {
    by: String,
    words: ScopeWords,
    days: (jiff::civil::Date, jiff::civil::Date),
}

/// What was used and what it cost: by day, tenant, user, key or model
///
/// As CSV with `Accept: text/csv`: then all rows at once, without cursor.
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("by" = Option<String>, Query, description = "day, tenant (default), user, key or model"),
        ("tenant" = Option<String>, Query, description = "Slug; needed by user and key, and by day unless for a model"),
        ("user" = Option<String>, Query, description = "By day: only this user of the tenant"),
        ("key" = Option<String>, Query, description = "By day: only this API key of the tenant"),
        ("model" = Option<String>, Query, description = "By day: only this model, of the tenant or of all"),
        ("from" = Option<String>, Query, description = "First day (UTC), YYYY-MM-DD; the first of the month when absent"),
        ("to" = Option<String>, Query, description = "Last day, at most a year later; today when absent"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 20; by day all are told"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn all(req: &mut Request, depot: &mut Depot) -> Result<UsageAnswer, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &["by", "tenant", "user", "key", "model", "from", "to", "limit", "cursor"])?;
    let asked = Asked {
        by: query(req, "by")?.unwrap_or_else(|| String::from("tenant")),
        words: ScopeWords {
            tenant: query(req, "tenant")?,
            user: query(req, "user")?,
            key: query(req, "key")?,
            model: query(req, "model")?,
        },
        days: days(app.ambient().now(), query(req, "from")?.as_deref(), query(req, "to")?.as_deref(), "query.")?,
    };
    let accepts = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.split(',').any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "text/csv")) {
        return Ok(UsageAnswer::Csv(table(&app, &asked)?));
    }
    let page = page::<String>(req)?;
    let (rows, next_cursor) = rows(&app, &asked, page.limit, page.after.as_deref())?;
    let (from, to) = asked.days;
    let answer = OpsUsage { from: from.to_string(), to: to.to_string(), by: asked.by, rows, next_cursor };
    Ok(UsageAnswer::Json(Reply(answer)))
}

/// One page of rows, and the cursor of the next.
fn rows(app: &App, asked: &Asked, limit: usize, after: Option<&str>) -> Result<(Vec<OpsUsageRow>, Option<String>)> {
    let wrong = |name: &str, given: &str, allowed: &str| {
        Error::fields(vec![FieldError::new(format!("query.{name}"), given, allowed)])
    };
    let bad_cursor = || wrong("cursor", after.unwrap_or_default(), "the next_cursor of the page before");
    let (ledger, tenants) = (app.ledger(), app.tenants());
    if asked.by == "day" {
        let scope = asked.words.resolve(tenants, ledger, "query.")?;
        let slug = asked.words.tenant.as_deref().unwrap_or("system");
        let days = ledger.usage_by_day(&scope, asked.days.0, asked.days.1)?;
        return Ok((days.iter().map(|row| OpsUsageRow::new(slug, row, &[])).collect(), None));
    }
    for (name, given) in [("user", &asked.words.user), ("key", &asked.words.key), ("model", &asked.words.model)] {
        if let Some(given) = given {
            return Err(wrong(name, given, "left out, unless by=day"));
        }
    }
    if asked.by == "tenant" {
        let after = after.map(|text| text.parse::<TenantId>().map_err(|_| bad_cursor())).transpose()?;
        let found = match &asked.words.tenant {
            Some(slug) => vec![tenants.by_slug(slug)?],
            None => tenants.list(after, limit)?,
        };
        let next = found.last().filter(|_| asked.words.tenant.is_none() && found.len() == limit);
        let next = next.map(|tenant| tenant.id.to_string());
        let row = |tenant: &crate::tenants::Tenant| {
            let scope = Scope { tenant: tenant.id, subject: Subject::Tenant };
            let totals = sum(&ledger.usage_by_day(&scope, asked.days.0, asked.days.1)?);
            let budgets = ledger.budgets_of(&scope)?;
            Ok(OpsUsageRow::new(&tenant.row.slug, &UsageRow { scope, date: None, totals }, &budgets))
        };
        return Ok((found.iter().map(row).collect::<Result<_>>()?, next));
    }
    let needs = |slug: &Option<String>| -> Result<TenantId> {
        let missing = || Error::fields(vec![FieldError::unshown("query.tenant", "the slug of a tenant")]);
        Ok(tenants.by_slug(slug.as_deref().ok_or_else(missing)?)?.id)
    };
    let slug = asked.words.tenant.as_deref().unwrap_or("system");
    let of = match asked.by.as_str() {
        "user" => (needs(&asked.words.tenant)?, Subject::User(crate::ids::UserId([0; 16])).tag()),
        "key" => (needs(&asked.words.tenant)?, Subject::Key(crate::ids::ApiKeyId([0; 16])).tag()),
        "model" if asked.words.tenant.is_some() => (needs(&asked.words.tenant)?, Subject::Model(String::new()).tag()),
        "model" => (SYSTEM_TENANT, Subject::ModelEverywhere(String::new()).tag()),
        other => return Err(wrong("by", other, "one of: day, tenant, user, key, model")),
    };
    let after = after.map(|text| text.parse::<ScopeCursor>().map_err(|()| bad_cursor())).transpose()?;
    let found = ledger.usage_by_scope(of, asked.days, after.as_ref().map(|ScopeCursor(scope)| scope), limit)?;
    let next = found.last().filter(|_| found.len() == limit).map(|row| cursor(&row.scope));
    let row = |row: &UsageRow| Ok(OpsUsageRow::new(slug, row, &ledger.budgets_of(&row.scope)?));
    Ok((found.iter().map(row).collect::<Result<_>>()?, next))
}

const COLUMNS: [&str; 15] = [
    "date",
    "tenant",
    "scope",
    "user",
    "key",
    "model",
    "calls",
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "cost_usd",
    "reserved_usd",
    "overrun_usd",
    "limit_usd",
    "remaining_usd",
];

/// All pages as one table. The limit that is told is the one with the least left.
fn table(app: &App, asked: &Asked) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(Error::internal)?;
    let (mut after, mut count) = (None::<String>, 0);
    loop {
        let (page, next) = rows(app, asked, PAGE_MAX_ROWS, after.as_deref())?;
        count += page.len();
        if count > USAGE_CSV_MAX_ROWS {
            let allowed = format!("fewer than {USAGE_CSV_MAX_ROWS} rows at once; ask for JSON, page by page");
            return Err(Error::fields(vec![FieldError::unshown("query.by", allowed)]));
        }
        for row in &page {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            // Amounts of one width sort as text: six places, and the longer one is the larger.
            let least = row.budgets.iter().filter_map(|budget| Some((budget.remaining_usd.as_ref()?, budget)));
            let least = least.min_by_key(|(left, _)| (left.len(), (*left).clone())).map(|(_, budget)| budget);
            writer
                .write_record([
                    text(&row.date),
                    row.tenant.clone(),
                    row.scope.kind.clone(),
                    text(&row.scope.user),
                    text(&row.scope.key),
                    text(&row.scope.model),
                    row.usage.calls.to_string(),
                    row.usage.input_tokens.to_string(),
                    row.usage.cached_input_tokens.to_string(),
                    row.usage.output_tokens.to_string(),
                    row.usage.cost_usd.clone(),
                    row.usage.reserved_usd.clone(),
                    row.overrun_usd.clone(),
                    least.and_then(|budget| budget.limit_usd.clone()).unwrap_or_default(),
                    least.and_then(|budget| budget.remaining_usd.clone()).unwrap_or_default(),
                ])
                .map_err(Error::internal)?;
        }
        after = next;
        if after.is_none() {
            return writer.into_inner().map_err(Error::internal);
        }
    }
}
