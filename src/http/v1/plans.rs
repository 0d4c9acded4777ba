//! `/v1/quota` for a person, and for operators plans, who has which, what was used of them, and rates. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::app::App;
use crate::auth::Scope;
use crate::error::{Code, Error, FieldError, Result};
use crate::http::body::{json, only_queries, path_id};
use crate::http::caller::{app, arrival, caller_for, operator};
use crate::http::idempotency::{Seen, seen, settle};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, Stored};
use crate::http::wire::plans::{
    HolderReply, PlanChoice, PlanList, PlanReply, PlanRequest, QuotaReply, RatesReply, RatesRequest,
};
use crate::idempotency::also;
use crate::ids::TenantId;
use crate::tenants::limiter;
use crate::tenants::plans::{Choice, Holder, NewPlan, Plan};

fn tenant(app: &App, req: &Request) -> Result<TenantId> {
    Ok(app.tenants().by_slug(&req.param::<String>("slug").unwrap_or_default())?.id)
}

fn of_tenant(app: &App, req: &Request) -> Result<Holder> {
    tenant(app, req).map(Holder::Tenant)
}

fn of_user(app: &App, req: &Request) -> Result<Holder> {
    Ok(Holder::User(tenant(app, req)?, path_id(req, "id", Code::UserNotFound)?))
}

type Named = fn(&App, &Request) -> Result<Holder>;

fn told(app: &App, holder: Holder) -> Result<Reply<HolderReply>, Problem> {
    Ok(Reply(HolderReply::new(&app.plans().of(holder)?, &app.quotas().of(holder)?)))
}

fn shown(req: &Request, depot: &Depot, named: Named) -> Result<Reply<HolderReply>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    told(&app, named(&app, req)?)
}

async fn chosen(req: &mut Request, depot: &mut Depot, named: Named) -> Result<Reply<HolderReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let body = json::<PlanChoice>(req, app.body_max_bytes()).await?.value;
    let wrong = |allowed: String| Error::fields(vec![FieldError::new("plan", &body.plan, allowed)]);
    let choice: Choice = body.plan.parse().map_err(wrong)?;
    let holder = named(&app, req)?;
    app.plans().assign(&arrival, &actor, holder, Some(choice)).await?;
    told(&app, holder)
}

async fn cleared(req: &mut Request, depot: &mut Depot, named: Named) -> Result<Reply<HolderReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let holder = named(&app, req)?;
    app.plans().assign(&arrival, &actor, holder, None).await?;
    told(&app, holder)
}

async fn emptied(req: &mut Request, depot: &mut Depot, named: Named) -> Result<Reply<QuotaReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let left = app.quotas().reset(&arrival, &actor, named(&app, req)?).await?;
    Ok(Reply(QuotaReply::from(&left)))
}

/// What your plan allows, what you have used of it, and when it starts anew
#[endpoint(tags("identity"), security(["bearer" = []]))]
pub async fn quota(req: &mut Request, depot: &mut Depot) -> Result<Reply<QuotaReply>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &[])?;
    Ok(Reply(QuotaReply::from(&app.quotas().of(Holder::User(caller.tenant, caller.user))?)))
}

/// Every version of every plan
#[endpoint(tags("operator"), security(["bearer" = []]))]
pub async fn list(req: &mut Request, depot: &mut Depot) -> Result<Reply<PlanList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    Ok(Reply(PlanList { plans: app.plans().list()?.iter().map(PlanReply::from).collect() }))
}

/// Every version of one plan, oldest first
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("code" = String, Path, description = "Code of the plan"))
)]
pub async fn show(req: &mut Request, depot: &mut Depot) -> Result<Reply<PlanList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let plans = app.plans().versions(&req.param::<String>("code").unwrap_or_default())?;
    Ok(Reply(PlanList { plans: plans.iter().map(PlanReply::from).collect() }))
}

/// Make a version of a plan; it supersedes the one before for everybody who follows the code
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    request_body = PlanRequest,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"))
)]
pub async fn create(req: &mut Request, depot: &mut Depot) -> Result<Stored<PlanReply, 201>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = operator(&app, req)?;
    let body = json::<PlanRequest>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &caller, req, &body.bytes)? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let mut prepared = None;
    let prepare = |made: &Plan| {
        let (answer, record) = once.prepare(&app, &PlanReply::from(made))?;
        prepared = Some(answer);
        Ok(also(record))
    };
    let outcome = app.plans().create(&arrival, &caller.actor(), NewPlan::from(body.value), prepare).await;
    Ok(settle(&app, prepared, outcome.map(drop))?)
}

/// The plan of a tenant, and what was used of it
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant"))
)]
pub async fn tenant_plan(req: &mut Request, depot: &mut Depot) -> Result<Reply<HolderReply>, Problem> {
    shown(req, depot, of_tenant)
}

/// Give a tenant a plan: the default of its users, and the bounds of them all together
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant")),
    request_body = PlanChoice
)]
pub async fn choose_tenant_plan(req: &mut Request, depot: &mut Depot) -> Result<Reply<HolderReply>, Problem> {
    chosen(req, depot, of_tenant).await
}

/// Give a tenant the plan of the settings again
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant"))
)]
pub async fn clear_tenant_plan(req: &mut Request, depot: &mut Depot) -> Result<Reply<HolderReply>, Problem> {
    cleared(req, depot, of_tenant).await
}

/// Set the counts of a tenant to nothing; those of its users stay
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant"))
)]
pub async fn reset_tenant_quota(req: &mut Request, depot: &mut Depot) -> Result<Reply<QuotaReply>, Problem> {
    emptied(req, depot, of_tenant).await
}

/// The plan of a user, and what was used of it
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("id" = String, Path, description = "Id of the user"),
    )
)]
pub async fn user_plan(req: &mut Request, depot: &mut Depot) -> Result<Reply<HolderReply>, Problem> {
    shown(req, depot, of_user)
}

/// Give a user a plan of their own
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("id" = String, Path, description = "Id of the user"),
    ),
    request_body = PlanChoice
)]
pub async fn choose_user_plan(req: &mut Request, depot: &mut Depot) -> Result<Reply<HolderReply>, Problem> {
    chosen(req, depot, of_user).await
}

/// Give a user the plan of the tenant again
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("id" = String, Path, description = "Id of the user"),
    )
)]
pub async fn clear_user_plan(req: &mut Request, depot: &mut Depot) -> Result<Reply<HolderReply>, Problem> {
    cleared(req, depot, of_user).await
}

/// Set the counts of a user to nothing
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("id" = String, Path, description = "Id of the user"),
    )
)]
pub async fn reset_user_quota(req: &mut Request, depot: &mut Depot) -> Result<Reply<QuotaReply>, Problem> {
    emptied(req, depot, of_user).await
}

/// The rates of a tenant, each from the settings or set for it
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant"))
)]
pub async fn rates(req: &mut Request, depot: &mut Depot) -> Result<Reply<RatesReply>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    Ok(Reply(RatesReply::new(app.rates(), tenant(&app, req)?)))
}

/// Set the rates of a tenant, in place of all that were set before
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant")),
    request_body = RatesRequest
)]
pub async fn set_rates(req: &mut Request, depot: &mut Depot) -> Result<Reply<RatesReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let body = json::<RatesRequest>(req, app.body_max_bytes()).await?.value;
    let overrides = limiter::parse(body.rates.iter().map(|(scope, rate)| (scope.as_str(), rate.as_str())))?;
    let tenant = tenant(&app, req)?;
    app.rates().set(&arrival, &actor, tenant, overrides).await?;
    Ok(Reply(RatesReply::new(app.rates(), tenant)))
}
