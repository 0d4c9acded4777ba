//! `/v1/charts/{id}/aspects`: the aspects of a chart with the moments at which they are exact. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use super::charts::own;
use crate::astro::aspects::exact;
use crate::auth::Scope;
use crate::error::Error;
use crate::http::body::only_queries;
use crate::http::caller::{app, caller_for};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::aspects::AspectsReply;
use crate::turns::Gone;

/// The aspects of a chart, each with the last time before it and the next time after it that it is exact
///
/// Both bodies move as they do in the frame of the chart. Aspects with an angle are exact every day and say no moment;
/// so do those whose exact moment lies years away, or that a station takes back before they are exact.
#[endpoint(tags("charts"), security(["bearer" = []]), parameters(("id" = String, Path, description = "Id of the chart")))]
pub async fn of_chart(req: &mut Request, depot: &mut Depot) -> Result<Reply<AspectsReply>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &[])?;
    let stored = own(&app, &caller, req)?;
    let find = move |_: &Gone| {
        let (moments, open) = exact::of_chart(&stored.chart).map_err(Error::from)?;
        Ok(AspectsReply::new(&stored, &moments, &open))
    };
    Ok(Reply(app.searches().run(find).await?))
}
