//! `/v1/charts/{id}/analysis`: parse, prove who asks, one call, map. Owns no rule.

use std::sync::Arc;

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use super::charts::own;
use crate::auth::Scope;
use crate::charts::{AnalysisDraft, analysis_of};
use crate::http::body::{only_queries, query};
use crate::http::caller::{app, caller_for};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::analysis::{AnalysisReply, analysis_reply};

/// The traditional analysis of a chart
///
/// Essential and accidental dignities, sect, receptions, dispositors, rulers of houses, spread, lunar phase, dominants,
/// fixed stars, patterns, parallels and the planetary hour. What a vague birth time leaves open is absent, and named.
#[endpoint(
    tags("charts"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the chart"),
        ("terms" = Option<String>, Query, description = "`egyptian` (default), `ptolemaic`, `lilly`"),
        ("triplicities" = Option<String>, Query, description = "`dorothean` (default), `lilly`"),
        ("star_orb_deg" = Option<f64>, Query, description = "Largest orb of a fixed star, 0 to 5 degrees, default 1"),
        ("star_magnitude_max" = Option<f64>, Query, description = "Faintest star, -2 to 10, default 2.5"),
    )
)]
pub async fn analysis(req: &mut Request, depot: &mut Depot) -> Result<Reply<AnalysisReply>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &["terms", "triplicities", "star_orb_deg", "star_magnitude_max"])?;
    let draft = AnalysisDraft {
        terms: query(req, "terms")?,
        triplicities: query(req, "triplicities")?,
        star_orb_deg: query(req, "star_orb_deg")?,
        star_magnitude_max: query(req, "star_magnitude_max")?,
    };
    let options = draft.read()?;
    let stored = own(&app, &caller, req)?;
    let ruleset = app.rulesets().of_chart(&stored.chart)?;
    let own = Arc::clone(&stored);
    let found = app.searches().run(move |_| analysis_of(&own.chart, &options, &ruleset)).await?;
    Ok(Reply(analysis_reply(&stored, &found)))
}
