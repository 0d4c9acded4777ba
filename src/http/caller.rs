//! Who asks: the verified credential of a request. A handler that serves a person cannot be written without it.

use std::sync::Arc;

use salvo::http::header;
use salvo::{Depot, Request};

use crate::app::App;
use crate::audit::RequestContext;
pub use crate::auth::Caller;
use crate::auth::Role;
use crate::error::{Code, Error, Result};

/// The appliance, as the edge put it in the depot.
pub fn app(depot: &Depot) -> Result<Arc<App>> {
    depot.get_typed::<Arc<App>>().cloned().map_err(|_| Error::internal("no app in the depot"))
}

/// What the edge learned about the request.
pub fn arrival(depot: &Depot) -> Result<RequestContext> {
    depot.get_typed::<RequestContext>().cloned().map_err(|_| Error::internal("no arrival in the depot"))
}

/// The person behind the bearer token, with the role and tenant that are stored now.
///
/// # Errors
/// `missing_access_token`, `invalid_token`, `token_expired`.
pub fn caller(app: &App, req: &Request) -> Result<Caller> {
    let header = req.headers().get(header::AUTHORIZATION).ok_or(Code::MissingAccessToken)?;
    let text = header.to_str().map_err(|_| Error::new(Code::InvalidToken))?;
    let (scheme, token) = text.split_once(' ').ok_or(Code::MissingAccessToken)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Code::MissingAccessToken.into());
    }
    app.identity().authenticate(token.trim())
}

/// The same, who must run the appliance.
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
