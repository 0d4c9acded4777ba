//! `/v1/auth`: registration, login, sessions. Parse, one call, map; owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};
use secrecy::SecretString;

use crate::app::App;
use crate::auth::{Credentials, LoggedIn};
use crate::error::{Code, Result};
use crate::http::body::{json, only_queries, path_id, unfound};
use crate::http::caller::{app, arrival, caller};
use crate::http::idempotency::{Seen, seen};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, Stored};
use crate::http::wire::auth::{
    Done, Hidden, LoginRequest, MeReply, PasswordRequest, RefreshRequest, RegisterReply, RegisterRequest, SessionList,
    SessionReply, TokensReply,
};
use crate::idempotency::also;
use crate::ids::SessionId;

const DONE: Done = Done { status: "done" };

fn secret(text: Hidden) -> SecretString {
    SecretString::from(text.0)
}

/// Counts what happened, and passes it on.
fn told<T>(app: &App, event: &str, outcome: Result<T>) -> Result<T> {
    match &outcome {
        Ok(_) => app.metrics().auth_event(event),
        Err(error) if error.code() == Code::Throttled => app.metrics().throttled(event),
        Err(_) => app.metrics().auth_event(&format!("{event}_failed")),
    }
    outcome
}

fn tokens(session: LoggedIn) -> TokensReply {
    TokensReply {
        access_token: Hidden(session.tokens.access),
        refresh_token: Hidden(session.tokens.refresh),
        token_type: "bearer",
        expires_in_s: session.tokens.access_expires_in_s,
        refresh_expires_in_s: session.tokens.refresh_expires_in_s,
        session_id: session.session.to_string(),
    }
}

/// Register in a tenant that takes registrations
///
/// The answer is the same whether or not the address was known. The account has role `user`.
#[endpoint(tags("identity"), request_body = RegisterRequest)]
pub async fn register(req: &mut Request, depot: &mut Depot) -> Result<Reply<RegisterReply, 202>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let body = json::<RegisterRequest>(req, app.body_max_bytes()).await?.value;
    let password = secret(body.password);
    let outcome = app.identity().register(&arrival, &body.tenant, &body.email.0, &password).await;
    told(&app, "register", outcome)?;
    Ok(Reply(RegisterReply { status: "accepted" }))
}

/// Log in
///
/// An unknown tenant, an unknown address and a wrong password are answered alike. Attempts are throttled by account and
/// by address.
#[endpoint(tags("identity"), request_body = LoginRequest)]
pub async fn login(req: &mut Request, depot: &mut Depot) -> Result<Reply<TokensReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let body = json::<LoginRequest>(req, app.body_max_bytes()).await?.value;
    let credentials = Credentials {
        tenant_slug: body.tenant,
        email: body.email.0,
        password: secret(body.password),
        device: body.device,
    };
    let outcome = app.identity().login(&arrival, &credentials).await;
    Ok(Reply(tokens(told(&app, "login", outcome)?)))
}

/// Renew a session
///
/// A refresh token works once; when one comes twice, its whole session ends.
#[endpoint(tags("identity"), request_body = RefreshRequest)]
pub async fn refresh(req: &mut Request, depot: &mut Depot) -> Result<Reply<TokensReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let body = json::<RefreshRequest>(req, app.body_max_bytes()).await?.value;
    let outcome = app.identity().refresh(&arrival, &body.refresh_token.0).await;
    Ok(Reply(tokens(told(&app, "refresh", outcome)?)))
}

/// Log out: end this session
#[endpoint(tags("identity"), security(["bearer" = []]))]
pub async fn logout(req: &mut Request, depot: &mut Depot) -> Result<Reply<Done>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller(&app, req)?;
    told(&app, "logout", app.identity().logout(&arrival, &caller).await)?;
    Ok(Reply(DONE))
}

/// Who you are
#[endpoint(tags("identity"), security(["bearer" = []]))]
pub async fn me(req: &mut Request, depot: &mut Depot) -> Result<Reply<MeReply>, Problem> {
    let app = app(depot)?;
    let caller = caller(&app, req)?;
    only_queries(req, &[])?;
    let seen = app.identity().me(&caller)?;
    Ok(Reply(MeReply {
        id: seen.user.to_string(),
        email: seen.email,
        role: seen.role.as_str().to_owned(),
        tenant: seen.tenant_slug,
        tenant_zone: seen.tenant_zone,
        created_at: seen.created_at.rfc3339(),
        session_id: caller.session()?.to_string(),
    }))
}

/// Change your password; every other session ends
#[endpoint(
    tags("identity"),
    security(["bearer" = []]),
    request_body = PasswordRequest,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"))
)]
pub async fn change_password(req: &mut Request, depot: &mut Depot) -> Result<Stored<Done>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller(&app, req)?;
    let body = json::<PasswordRequest>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &caller, req, &body.bytes)? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let (current, new) = (secret(body.value.current_password), secret(body.value.new_password));
    let (prepared, record) = once.prepare(&app, &DONE)?;
    let outcome = app.identity().change_password(&arrival, &caller, &current, &new, also(record)).await;
    Ok(prepared.settle(&app, told(&app, "password_change", outcome))?)
}

/// Your live sessions
#[endpoint(tags("identity"), security(["bearer" = []]))]
pub async fn sessions(req: &mut Request, depot: &mut Depot) -> Result<Reply<SessionList>, Problem> {
    let app = app(depot)?;
    let caller = caller(&app, req)?;
    only_queries(req, &[])?;
    let live = app.identity().list_sessions(&caller)?;
    let listed = live.into_iter().map(|s| SessionReply {
        id: s.id.to_string(),
        device: s.device,
        created_at: s.created_at.rfc3339(),
        renewed_at: s.renewed_at.rfc3339(),
        expires_at: s.expires_at.rfc3339(),
        current: s.current,
    });
    Ok(Reply(SessionList { sessions: listed.collect() }))
}

/// End one of your sessions
#[endpoint(
    tags("identity"),
    security(["bearer" = []]),
    parameters(("id" = String, Path, description = "Id of the session"))
)]
pub async fn revoke(req: &mut Request, depot: &mut Depot) -> Result<Reply<Done>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller(&app, req)?;
    let id: SessionId = path_id(req, "id", Code::SessionNotFound)?;
    told(&app, "session_revoke", app.identity().revoke_session(&arrival, &caller, id).await)
        .map_err(|error| unfound(req, "id", error))?;
    Ok(Reply(DONE))
}
