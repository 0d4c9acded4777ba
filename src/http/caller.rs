//! Who asks: the verified credential of a request. A handler that serves a person cannot be written without it.

use std::sync::Arc;

use salvo::http::header;
use salvo::{Depot, Request};

use crate::app::App;
use crate::audit::RequestContext;
pub use crate::auth::Caller;
use crate::auth::{Role, Scope};
use crate::error::{Code, Error, Result};

/// Header that carries an API key for clients that cannot set `Authorization`, which wins when both are there.
const API_KEY: &str = "x-api-key";

/// What the credential of a request was found to be, kept with the request so that it is looked up once.
#[derive(Clone)]
struct Found(Result<Caller>);

/// The appliance, as the edge put it in the depot.
pub fn app(depot: &Depot) -> Result<Arc<App>> {
    depot.get_typed::<Arc<App>>().cloned().map_err(|_| Error::internal("no app in the depot"))
}

/// What the edge learned about the request.
pub fn arrival(depot: &Depot) -> Result<RequestContext> {
    depot.get_typed::<RequestContext>().cloned().map_err(|_| Error::internal("no arrival in the depot"))
}

/// Looks the credential up and keeps what was found with the request; gives the caller, if there is one.
pub fn recognise(app: &App, req: &mut Request) -> Option<Caller> {
    let found = look_up(app, req);
    let caller = found.as_ref().ok().copied();
    req.extensions_mut().insert(Found(found));
    caller
}

/// Who asks, whatever proved it.
fn known(app: &App, req: &Request) -> Result<Caller> {
    match req.extensions().get::<Found>() {
        Some(Found(found)) => found.clone(),
        None => look_up(app, req),
    }
}

fn look_up(app: &App, req: &Request) -> Result<Caller> {
    let Some(header) = req.headers().get(header::AUTHORIZATION) else {
        let key = req.headers().get(API_KEY).ok_or(Code::MissingAccessToken)?;
        let key = key.to_str().map_err(|_| Error::new(Code::InvalidApiKey))?.trim();
        return match app.identity().authenticate(key) {
            Ok(caller) if caller.key().is_some() => Ok(caller),
            // A token belongs in the other header.
            Ok(_) => Err(Code::InvalidApiKey.into()),
            Err(error) if matches!(error.code(), Code::InvalidToken | Code::TokenExpired) => {
                Err(Code::InvalidApiKey.into())
            }
            Err(error) => Err(error),
        };
    };
    let text = header.to_str().map_err(|_| Error::new(Code::InvalidToken))?;
    let (scheme, token) = text.split_once(' ').ok_or(Code::MissingAccessToken)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Code::MissingAccessToken.into());
    }
    app.identity().authenticate(token.trim())
}

/// The person behind the access token, with the role and tenant that are stored now. Refuses API keys: what a key may do
/// asks for [`caller_for`], so that a new handler is closed to keys until somebody opens it.
///
/// # Errors
/// `missing_access_token`, `invalid_token`, `token_expired`; `session_required`, and those of API keys.
pub fn caller(app: &App, req: &Request) -> Result<Caller> {
    let caller = known(app, req)?;
    caller.session()?;
    Ok(caller)
}

/// The person behind the access token, or the program with an API key that has `scope`.
///
/// # Errors
/// `insufficient_scope`, and those of [`caller`] but `session_required`.
pub fn caller_for(app: &App, req: &Request, scope: Scope) -> Result<Caller> {
    let caller = known(app, req)?;
    caller.permit(scope)?;
    Ok(caller)
}

/// A person who must run the appliance.
///
/// # Errors
/// `insufficient_role` beside those of [`caller`].
pub fn operator(app: &App, req: &Request) -> Result<Caller> {
    let caller = caller(app, req)?;
    if caller.role == Role::Ops {
        return Ok(caller);
    }
    Err(Error::new(Code::InsufficientRole).detail("required_role", "ops".into()))
}
