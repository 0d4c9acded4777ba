//! `/v1/ops/tenants/{slug}/webhooks`: where a tenant's events are sent. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::app::App;
use crate::error::{Code, Result};
use crate::http::body::{json, only_queries, path_id};
use crate::http::caller::{app, arrival, operator};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::jobs::{Enqueued, WebhookDeleted, WebhookList, WebhookReply, WebhookRequest};
use crate::ids::TenantId;

fn tenant(app: &App, req: &Request) -> Result<TenantId> {
    Ok(app.tenants().by_slug(&req.param::<String>("slug").unwrap_or_default())?.id)
}

/// Webhooks of a tenant
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant"))
)]
pub async fn list(req: &mut Request, depot: &mut Depot) -> Result<Reply<WebhookList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let webhooks = app.worker().webhooks().list(tenant(&app, req)?)?;
    Ok(Reply(WebhookList { webhooks: webhooks.iter().map(Into::into).collect() }))
}

/// Send a tenant's events to an address
///
/// Messages are signed as Standard Webhooks says; the secret is told in this answer and never again.
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant")),
    request_body = WebhookRequest
)]
pub async fn create(req: &mut Request, depot: &mut Depot) -> Result<Reply<WebhookReply, 201>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let body = json::<WebhookRequest>(req, app.body_max_bytes()).await?.value;
    let of = tenant(&app, req)?;
    let (made, secret) = app.worker().webhooks().create(&arrival, &actor, of, &body.url, &body.events).await?;
    Ok(Reply(WebhookReply { secret: Some(secret), ..WebhookReply::from(&made) }))
}

/// Send nothing more to an address
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("id" = String, Path, description = "Id of the webhook"),
    )
)]
pub async fn delete(req: &mut Request, depot: &mut Depot) -> Result<Reply<WebhookDeleted>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let id = path_id(req, "id", Code::WebhookNotFound)?;
    app.worker().webhooks().delete(&arrival, &actor, tenant(&app, req)?, id).await?;
    Ok(Reply(WebhookDeleted { deleted: id.to_string() }))
}

/// Send a test message to an address
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("id" = String, Path, description = "Id of the webhook"),
    )
)]
pub async fn test(req: &mut Request, depot: &mut Depot) -> Result<Reply<Enqueued, 202>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let id = path_id(req, "id", Code::WebhookNotFound)?;
    let job = app.worker().webhooks().test(&arrival, &actor, tenant(&app, req)?, id).await?;
    Ok(Reply(Enqueued { job: job.to_string() }))
}
