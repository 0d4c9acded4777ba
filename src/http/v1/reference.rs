//! `/v1/reference-data`: the codes of the interface with their names, and the ruleset that serves. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::auth::Scope;
use crate::http::body::{only_queries, query};
use crate::http::caller::{app, caller_for};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::reference::{ActiveReply, ReferenceReply};

/// Bodies, points, signs, houses, aspects, house systems and ayanamsas, with their names in English and French
#[endpoint(tags("reference"), security(["bearer" = []]))]
pub async fn all(req: &mut Request, depot: &mut Depot) -> Result<Reply<ReferenceReply>, Problem> {
    let app = app(depot)?;
    caller_for(&app, req, Scope::Read)?;
    only_queries(req, &[])?;
    Ok(Reply(ReferenceReply::from(&*app.rulesets().active()?)))
}

/// The ruleset that charts are made with, or another that could serve
#[endpoint(
    tags("reference"),
    security(["bearer" = []]),
    parameters(("ruleset" = Option<String>, Query, description = "Name and version, such as modern-1.0.0; the active one when absent"))
)]
pub async fn active(req: &mut Request, depot: &mut Depot) -> Result<Reply<ActiveReply>, Problem> {
    let app = app(depot)?;
    caller_for(&app, req, Scope::Read)?;
    only_queries(req, &["ruleset"])?;
    let wanted = query(req, "ruleset")?;
    let chosen = app.rulesets().chosen("query.ruleset", wanted.as_deref());
    Ok(Reply(ActiveReply::from(&*chosen?)))
}
