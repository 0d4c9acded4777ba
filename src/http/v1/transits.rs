//! `/v1/charts/{id}/transits`: the transits of a period to a chart. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use super::calendar::{Answer, lang, list, wants_file};
use super::charts::own;
use crate::almanac::{TransitsDraft, ics};
use crate::astro::Stop;
use crate::auth::Scope;
use crate::error::{Error, FieldError, Result};
use crate::http::body::{only_queries, query};
use crate::http::caller::{app, caller_for};
use crate::http::problem::Problem;
use crate::http::wire::transits::TransitsReply;
use crate::limits;
use crate::turns::Gone;

/// The transits of a period to a chart
///
/// When each comes within orb, every exact pass of a retrograde loop, and when it leaves, in the zodiac of the chart and
/// under its ruleset. At most 3660 days and 5000 transits; `total` says how many there are. A vague birth time makes windows
/// of moments, and leaves out and names what it cannot tell. As an iCalendar of the exact passes with `format=ics` or
/// `Accept: text/calendar`.
#[endpoint(
    tags("charts"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the chart"),
        ("from" = String, Query, description = "First local day, YYYY-MM-DD"),
        ("to" = String, Query, description = "Last local day, YYYY-MM-DD"),
        ("tz" = Option<String>, Query, description = "IANA zone of the days; that of the birth when absent"),
        ("bodies" = Option<String>, Query, description = "Transiting bodies, with commas between; the ten planets when absent"),
        ("points" = Option<String>, Query, description = "Points of the chart, with commas between; ten planets, true node, Ascendant and Midheaven when absent"),
        ("aspects" = Option<String>, Query, description = "With commas between; the five major ones when absent"),
        ("limit" = Option<u32>, Query, description = "1 to 5000, default 5000"),
        ("lang" = Option<String>, Query, description = "Language of titles: en (default) or fr"),
        ("format" = Option<String>, Query, description = "json (default) or ics"),
    )
)]
pub async fn get(req: &mut Request, depot: &mut Depot) -> Result<Answer<TransitsReply>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &["from", "to", "tz", "bodies", "points", "aspects", "limit", "lang", "format"])?;
    let stored = own(&app, &caller, req)?;
    let (lang, is_file, draft) = (lang(req)?, wants_file(req)?, draft(req)?);
    let id = stored.id.to_string();
    let ruleset = app.rulesets().of_chart(&stored.chart)?;
    let find = move |gone: &Gone| draft.find(&stored.chart, &ruleset, Stop::when(&|| gone.is_so()));
    let found = app.searches().run(find).await.map_err(Error::in_query)?;
    Ok(if is_file {
        Answer::Ics(ics::of_transits(&found.transits, &id, lang, app.ambient().now()))
    } else {
        Answer::Json(TransitsReply::new(&found, lang))
    })
}

fn draft(req: &Request) -> Result<TransitsDraft> {
    let limit = query(req, "limit")?;
    let allowed = || format!("a number from 1 to {}", limits::TRANSITS_MAX);
    let wrong = |text: &str| Error::fields(vec![FieldError::new("query.limit", text, allowed())]);
    Ok(TransitsDraft {
        from: query(req, "from")?,
        to: query(req, "to")?,
        tz: query(req, "tz")?,
        bodies: list(req, "bodies")?,
        points: list(req, "points")?,
        aspects: list(req, "aspects")?,
        limit: limit.map(|text| text.parse().map_err(|_| wrong(&text))).transpose()?,
    })
}
