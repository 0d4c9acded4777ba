//! `/v1/keys` for a tenant's administrator and `/v1/ops/tenants/{slug}/keys` for operators: API keys. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::app::App;
use crate::auth::{KeyMaker, NewApiKey, Scopes};
use crate::clock::UnixMs;
use crate::config::Rate;
use crate::error::{Code, Error, FieldError, Result};
use crate::http::body::{json, only_queries, page, path_id};
use crate::http::caller::{Caller, app, arrival, caller, operator};
use crate::http::idempotency::{Seen, seen, settle};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, Stored};
use crate::http::wire::keys::{KeyList, KeyMadeReply, KeyReply, KeyRequest, KeyRotateRequest};
use crate::idempotency::also;
use crate::ids::{ApiKeyId, TenantId};
use crate::limits::API_KEY_OVERLAP_S;

/// For whom a request works: who asks, as whom they make keys, and of which tenant.
struct Desk {
    caller: Caller,
    by: KeyMaker,
    tenant: TenantId,
}

/// An operator's, for the tenant in the path.
fn operators(app: &App, req: &Request) -> Result<Desk> {
    let caller = operator(app, req)?;
    let tenant = app.tenants().by_slug(&req.param::<String>("slug").unwrap_or_default())?.id;
    Ok(Desk { caller, by: KeyMaker::Operator(caller.actor()), tenant })
}

/// An administrator's, for their own tenant.
fn administrators(app: &App, req: &Request) -> Result<Desk> {
    let caller = caller(app, req)?;
    Ok(Desk { caller, by: KeyMaker::Administrator(caller), tenant: caller.tenant })
}

type Open = fn(&App, &Request) -> Result<Desk>;

fn parsed(body: KeyRequest) -> Result<NewApiKey> {
    let mut wrong = Vec::new();
    let mut note = |problem: FieldError| wrong.push(problem);
    let scopes = Scopes::parse(body.scopes.iter().map(String::as_str)).map_err(&mut note).ok();
    let rate = body
        .rate
        .as_deref()
        .map(|text| text.parse::<Rate>().map_err(|right| note(FieldError::new("rate", text, right))));
    let expires_at = body.expires_at.as_deref().map(|text| instant(text).map_err(&mut note));
    let user = body
        .user
        .as_deref()
        .map(|text| text.parse().map_err(|_| note(FieldError::new("user", text, "the id of a user of the tenant"))));
    let (Some(scopes), Ok(rate), Ok(expires_at), Ok(user)) =
        (scopes, rate.transpose(), expires_at.transpose(), user.transpose())
    else {
        return Err(Error::fields(wrong));
    };
    Ok(NewApiKey { user, name: body.name, scopes, rate, expires_at })
}

fn instant(text: &str) -> Result<UnixMs, FieldError> {
    let parsed = text.parse::<jiff::Timestamp>().ok().and_then(|at| u64::try_from(at.as_millisecond()).ok());
    parsed
        .map(UnixMs)
        .ok_or_else(|| FieldError::new("expires_at", text, "an RFC 3339 instant such as 2027-01-31T00:00:00Z"))
}

async fn created(req: &mut Request, depot: &mut Depot, open: Open) -> Result<Stored<KeyMadeReply, 201>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let desk = open(&app, req)?;
    let body = json::<KeyRequest>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &desk.caller, req, &body.bytes)? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let new = parsed(body.value)?;
    let mut prepared = None;
    let prepare = |made: &crate::auth::MadeKey| {
        let (answer, record) = once.prepare(&app, &KeyMadeReply::new(made, app.ambient().now()))?;
        prepared = Some(answer);
        Ok(also(record))
    };
    let outcome = app.identity().create_api_key(&arrival, &desk.by, desk.tenant, &new, prepare).await;
    Ok(settle(&app, prepared, outcome.map(drop))?)
}

async fn rotated(req: &mut Request, depot: &mut Depot, open: Open) -> Result<Stored<KeyMadeReply, 201>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let desk = open(&app, req)?;
    let body = json::<KeyRotateRequest>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &desk.caller, req, &body.bytes)? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let id: ApiKeyId = path_id(req, "id", Code::ApiKeyNotFound)?;
    let overlap_s = body.value.overlap_s.unwrap_or(API_KEY_OVERLAP_S);
    let mut prepared = None;
    let prepare = |made: &crate::auth::MadeKey| {
        let (answer, record) = once.prepare(&app, &KeyMadeReply::new(made, app.ambient().now()))?;
        prepared = Some(answer);
        Ok(also(record))
    };
    let outcome = app.identity().rotate_api_key(&arrival, &desk.by, (desk.tenant, id), overlap_s, prepare).await;
    Ok(settle(&app, prepared, outcome.map(drop))?)
}

async fn revoked(req: &mut Request, depot: &mut Depot, open: Open) -> Result<Reply<KeyReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let desk = open(&app, req)?;
    let id: ApiKeyId = path_id(req, "id", Code::ApiKeyNotFound)?;
    let key = app.identity().revoke_api_key(&arrival, &desk.by, desk.tenant, id).await?;
    Ok(Reply(KeyReply::new(&key, app.ambient().now())))
}

fn listed(req: &Request, depot: &Depot, open: Open) -> Result<Reply<KeyList>, Problem> {
    let app = app(depot)?;
    let desk = open(&app, req)?;
    only_queries(req, &["limit", "cursor"])?;
    let page = page::<ApiKeyId>(req)?;
    let keys = app.identity().list_api_keys(&desk.by, desk.tenant, page.after, page.limit)?;
    let next_cursor = keys.last().filter(|_| keys.len() == page.limit).map(|key| key.id.to_string());
    let now = app.ambient().now();
    Ok(Reply(KeyList { keys: keys.iter().map(|key| KeyReply::new(key, now)).collect(), next_cursor }))
}

/// API keys of your tenant, oldest first
#[endpoint(
    tags("keys"),
    security(["bearer" = []]),
    parameters(
        ("limit" = Option<u32>, Query, description = "1 to 100, default 20"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn list(req: &mut Request, depot: &mut Depot) -> Result<Reply<KeyList>, Problem> {
    listed(req, depot, administrators)
}

/// Make an API key for your tenant
///
/// For role `enterprise_admin`. The text of the key is shown this once. Under an Idempotency-Key the answer is kept sealed
/// for a day and repeated to a retry.
#[endpoint(
    tags("keys"),
    security(["bearer" = []]),
    request_body = KeyRequest,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"))
)]
pub async fn create(req: &mut Request, depot: &mut Depot) -> Result<Stored<KeyMadeReply, 201>, Problem> {
    created(req, depot, administrators).await
}

/// Put a new API key in the place of one of your tenant's, which stays good for a while
#[endpoint(
    tags("keys"),
    security(["bearer" = []]),
    request_body = KeyRotateRequest,
    parameters(
        ("id" = String, Path, description = "Id of the key"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"),
    )
)]
pub async fn rotate(req: &mut Request, depot: &mut Depot) -> Result<Stored<KeyMadeReply, 201>, Problem> {
    rotated(req, depot, administrators).await
}

/// End an API key of your tenant at once
#[endpoint(tags("keys"), security(["bearer" = []]), parameters(("id" = String, Path, description = "Id of the key")))]
pub async fn revoke(req: &mut Request, depot: &mut Depot) -> Result<Reply<KeyReply>, Problem> {
    revoked(req, depot, administrators).await
}

/// API keys of a tenant, oldest first
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 20"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn ops_list(req: &mut Request, depot: &mut Depot) -> Result<Reply<KeyList>, Problem> {
    listed(req, depot, operators)
}

/// Make an API key that acts as a user of a tenant
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    request_body = KeyRequest,
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"),
    )
)]
pub async fn ops_create(req: &mut Request, depot: &mut Depot) -> Result<Stored<KeyMadeReply, 201>, Problem> {
    created(req, depot, operators).await
}

/// Put a new API key in the place of one of a tenant's
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    request_body = KeyRotateRequest,
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("id" = String, Path, description = "Id of the key"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"),
    )
)]
pub async fn ops_rotate(req: &mut Request, depot: &mut Depot) -> Result<Stored<KeyMadeReply, 201>, Problem> {
    rotated(req, depot, operators).await
}

/// End an API key of a tenant at once
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("id" = String, Path, description = "Id of the key"),
    )
)]
pub async fn ops_revoke(req: &mut Request, depot: &mut Depot) -> Result<Reply<KeyReply>, Problem> {
    revoked(req, depot, operators).await
}
