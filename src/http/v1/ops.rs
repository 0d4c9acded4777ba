//! `/v1/ops`: the operator's work on tenants, users, keys and the audit chains. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};
use secrecy::SecretString;

use crate::app::App;
use crate::auth::{NewUser, Role};
use crate::error::{Error, FieldError, Result};
use crate::http::body::{json, only_queries, page, unfound};
use crate::http::caller::{app, arrival, operator};
use crate::http::idempotency::{Seen, seen, settle};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, Stored};
use crate::http::wire::ops::{
    AuditProblem, AuditReply, RotateReply, TenantChange, TenantList, TenantReply, TenantRequest, UserReply, UserRequest,
};
use crate::idempotency::also;
use crate::ids::{TenantId, UserId};
use crate::tenants::{Change, NewTenant, Tenant};

impl From<&Tenant> for TenantReply {
    fn from(t: &Tenant) -> Self {
        Self {
            id: t.id.to_string(),
            slug: t.row.slug.clone(),
            display_name: t.row.display_name.clone(),
            zone: t.row.zone.clone(),
            registration_open: t.row.registration_open,
            suspended: t.row.suspended_at.is_some(),
            created_at: t.row.created_at.rfc3339(),
        }
    }
}

fn named(app: &App, req: &Request) -> Result<Tenant> {
    let found = app.tenants().by_slug(&req.param::<String>("slug").unwrap_or_default());
    found.map_err(|error| unfound(req, "slug", error))
}

/// Tenants, oldest first
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("limit" = Option<u32>, Query, description = "1 to 100, default 20"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn tenants(req: &mut Request, depot: &mut Depot) -> Result<Reply<TenantList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &["limit", "cursor"])?;
    let page = page::<TenantId>(req)?;
    let rows = app.tenants().list(page.after, page.limit)?;
    let next_cursor = rows.last().filter(|_| rows.len() == page.limit).map(|t| t.id.to_string());
    Ok(Reply(TenantList { tenants: rows.iter().map(Into::into).collect(), next_cursor }))
}

/// Open a tenant
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    request_body = TenantRequest,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"))
)]
pub async fn create_tenant(req: &mut Request, depot: &mut Depot) -> Result<Stored<TenantReply, 201>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = operator(&app, req)?;
    let body = json::<TenantRequest>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &caller, req, &body.bytes)? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let body = body.value;
    let new = NewTenant {
        display_name: body.display_name.unwrap_or_else(|| body.slug.clone()),
        slug: body.slug,
        zone: body.zone.unwrap_or_else(|| "UTC".into()),
        registration_open: body.registration_open,
    };
    let mut prepared = None;
    let prepare = |made: &Tenant| {
        let (answer, record) = once.prepare(&app, &TenantReply::from(made))?;
        prepared = Some(answer);
        Ok(also(record))
    };
    let outcome = app.tenants().create(&arrival, &caller.actor(), new, prepare).await;
    Ok(settle(&app, prepared, outcome)?)
}

/// One tenant
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant"))
)]
pub async fn tenant(req: &mut Request, depot: &mut Depot) -> Result<Reply<TenantReply>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    Ok(Reply(TenantReply::from(&named(&app, req)?)))
}

/// Open or close registration, suspend or resume
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant")),
    request_body = TenantChange
)]
pub async fn change_tenant(req: &mut Request, depot: &mut Depot) -> Result<Reply<TenantReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let body = json::<TenantChange>(req, app.body_max_bytes()).await?.value;
    let change = Change { registration_open: body.registration_open, suspended: body.suspended };
    let changed = app.tenants().change(&arrival, &actor, named(&app, req)?.id, change).await?;
    Ok(Reply(TenantReply::from(&changed)))
}

/// Make a user of a tenant, of any role that the tenant may have
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"),
    ),
    request_body = UserRequest
)]
pub async fn create_user(req: &mut Request, depot: &mut Depot) -> Result<Stored<UserReply, 201>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = operator(&app, req)?;
    let body = json::<UserRequest>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &caller, req, &body.bytes)? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let body = body.value;
    let role = Role::from_code(&body.role).ok_or_else(|| {
        let allowed = "one of: user, support, ops, enterprise_admin";
        Error::fields(vec![FieldError::new("role", &body.role, allowed)])
    })?;
    let owner = named(&app, req)?.id;
    let new = NewUser { tenant: owner, email: body.email.0, password: SecretString::from(body.password.0), role };
    let mut prepared = None;
    let prepare = |user: UserId| {
        let (answer, record) = once.prepare(&app, &UserReply { id: user.to_string(), role: body.role })?;
        prepared = Some(answer);
        Ok(also(record))
    };
    let outcome = app.identity().create_user(&arrival, &caller.actor(), &new, prepare).await;
    Ok(settle(&app, prepared, outcome)?)
}

/// Put a new key in place to sign access tokens; the ones before verify until their tokens have ended
#[endpoint(tags("operator"), security(["bearer" = []]))]
pub async fn rotate_jwt(req: &mut Request, depot: &mut Depot) -> Result<Reply<RotateReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = operator(&app, req)?;
    let kid = app.identity().rotate_jwt(&arrival, &caller.actor()).await?;
    Ok(Reply(RotateReply { kid }))
}

/// Check every audit chain
#[endpoint(tags("operator"), security(["bearer" = []]))]
pub async fn verify_audit(req: &mut Request, depot: &mut Depot) -> Result<Reply<AuditReply>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let report = app.verify_audit().await?;
    Ok(Reply(AuditReply {
        intact: report.first_problem.is_none(),
        tenants: report.tenants,
        entries: report.entries,
        first_problem: report.first_problem.map(|p| AuditProblem {
            tenant: p.tenant.to_string(),
            sequence: p.sequence,
            what: p.what.to_owned(),
        }),
    }))
}
