//! `/v1/charts/{id}/returns` and the other time lines, and two charts together: parse, prove who asks, one call, map. Owns
//! no rule.

use std::sync::Arc;

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use super::charts::{self, named};
use crate::app::App;
use crate::astro::Stop;
use crate::astro::rulesets::Ruleset;
use crate::auth::Scope;
use crate::charts::StoredChart;
use crate::charts::lines::{
    CompositeAsk, ProfectionsAsk, ProgressionsAsk, ReturnsAsk, composite_of, profections_of, progressions_of,
    returns_of, synastry_of,
};
use crate::error::{Error, Result};
use crate::http::body::{json, only_queries, query};
use crate::http::caller::{app, caller_for};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::lines::{ProgressionsReply, ReturnsReply};
use crate::http::wire::lords::{FirdariaReply, ProfectionsReply};
use crate::http::wire::pair::{CompositeReply, CompositeRequest, SynastryReply, SynastryRequest};
use crate::turns::Gone;

/// The caller's chart in the path.
fn own(app: &App, req: &mut Request, allowed: &[&str]) -> Result<Arc<StoredChart>> {
    let caller = caller_for(app, req, Scope::Read)?;
    only_queries(req, allowed)?;
    charts::own(app, &caller, req)
}

/// Returns of a body to its natal place
///
/// Solar returns, lunar returns, those of any body of the chart, in the chart's own zodiac, each with its whole sky over the
/// birthplace or another place. Give `year`, or `from` and `to` (at most 100 years and 24 returns); without an end the next
/// return after `from`, or after now. A planet that turns can pass three times.
#[endpoint(
    tags("time lines"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the chart"),
        ("body" = Option<String>, Query, description = "A body of the chart; `sun` when absent"),
        ("from" = Option<String>, Query, description = "Date YYYY-MM-DD (midnight UTC) or RFC 3339 instant; now when absent"),
        ("to" = Option<String>, Query, description = "End of the period, the same"),
        ("year" = Option<String>, Query, description = "Calendar year, instead of from and to"),
        ("place" = Option<String>, Query, description = "Where the person is then; the birthplace when absent"),
        ("lat" = Option<f64>, Query, description = "Degrees, north positive, instead of place"),
        ("lon" = Option<f64>, Query, description = "Degrees, east positive, instead of place"),
        ("house_system" = Option<String>, Query, description = "placidus, koch, porphyry, ..; that of the chart when absent"),
    )
)]
pub async fn returns(req: &mut Request, depot: &mut Depot) -> Result<Reply<ReturnsReply>, Problem> {
    let app = app(depot)?;
    let stored = own(&app, req, &["body", "from", "to", "year", "place", "lat", "lon", "house_system"])?;
    let read = |name| query(req, name);
    let ask = ReturnsAsk {
        body: read("body")?,
        from: read("from")?,
        to: read("to")?,
        year: read("year")?,
        place: read("place")?,
        lat: read("lat")?,
        lon: read("lon")?,
        house_system: read("house_system")?,
        site_prefix: "",
    };
    let (rules, now, own) = (rules(&app, &stored)?, app.ambient().now(), Arc::clone(&stored));
    let named = rules.id().to_string();
    let find = move |gone: &Gone| returns_of(&own.chart, &ask, &rules, now, Stop::when(&|| gone.is_so()));
    let (body, found) = app.searches().run(find).await.map_err(Error::in_query)?;
    Ok(Reply(ReturnsReply::new(stored.id.to_string(), &named, body, &found)))
}

/// A chart carried on by progression or direction
///
/// `secondary`: a day of the sky for each tropical year of life, with the progressed angles and houses, the aspects to the
/// natal chart and the progressed Moon's phase and sign. `solar_arc` and `naibod_arc`: every natal point carried on by one
/// arc.
#[endpoint(
    tags("time lines"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the chart"),
        ("date" = Option<String>, Query, description = "Date YYYY-MM-DD (midnight UTC) or RFC 3339 instant; now when absent"),
        ("method" = Option<String>, Query, description = "`secondary` (default), `solar_arc`, `naibod_arc`"),
        ("angles" = Option<String>, Query, description = "Angles of `secondary`: `naibod` (default), `solar_arc`, `quotidian`"),
    )
)]
pub async fn progressions(req: &mut Request, depot: &mut Depot) -> Result<Reply<ProgressionsReply>, Problem> {
    let app = app(depot)?;
    let stored = own(&app, req, &["date", "method", "angles"])?;
    let read = |name| query(req, name);
    let ask = ProgressionsAsk { date: read("date")?, method: read("method")?, angles: read("angles")? };
    let (rules, now, own) = (rules(&app, &stored)?, app.ambient().now(), Arc::clone(&stored));
    let named = rules.id().to_string();
    let find = move |_: &Gone| progressions_of(&own.chart, &ask, &rules, now);
    let found = app.searches().run(find).await.map_err(Error::in_query)?;
    Ok(Reply(ProgressionsReply::new(stored.id.to_string(), &named, &found)))
}

/// Profections and firdaria of a date
///
/// Annual profections by whole signs from the Ascendant, Midheaven, Sun, Moon and Part of Fortune, with the year of life
/// from solar return to solar return and its twelve months; and the firdaria, 75 years of nine lords, by day or by night.
#[endpoint(
    tags("time lines"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the chart"),
        ("date" = Option<String>, Query, description = "Date YYYY-MM-DD (midnight UTC) or RFC 3339 instant; now when absent"),
        ("night_nodes" = Option<String>, Query, description = "Nodes in the firdaria of a night birth: `last` (default) or `after_mars`"),
    )
)]
pub async fn profections(req: &mut Request, depot: &mut Depot) -> Result<Reply<ProfectionsReply>, Problem> {
    let app = app(depot)?;
    let stored = own(&app, req, &["date", "night_nodes"])?;
    let ask = ProfectionsAsk { date: query(req, "date")?, night_nodes: query(req, "night_nodes")? };
    let (now, own) = (app.ambient().now(), Arc::clone(&stored));
    let found = app.searches().run(move |_| profections_of(&own.chart, &ask, now)).await.map_err(Error::in_query)?;
    let firdaria = found.firdaria.map(|firdaria| FirdariaReply::new(&firdaria, found.ages));
    Ok(Reply(ProfectionsReply::new(stored.id.to_string(), &stored.chart.options.ruleset, &found.profections, firdaria)))
}

/// Two of your charts side by side
///
/// Aspects in both directions with the orbs of the ruleset for synastry, and the houses of each that the points of the other
/// fall in. Nothing is kept.
#[endpoint(tags("time lines"), security(["bearer" = []]), request_body = SynastryRequest)]
pub async fn synastry(req: &mut Request, depot: &mut Depot) -> Result<Reply<SynastryReply>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &[])?;
    let SynastryRequest { chart_a, chart_b } = json(req, app.body_max_bytes()).await?.value;
    let (a, b) = (named(&app, &caller, "chart_a", &chart_a)?, named(&app, &caller, "chart_b", &chart_b)?);
    let rules = rules(&app, &a)?;
    let (ids, ruleset) = ((a.id.to_string(), b.id.to_string()), rules.id().to_string());
    let found = app.searches().run(move |_| synastry_of(&a.chart, &b.chart, &rules, "chart_b")).await?;
    Ok(Reply(SynastryReply::new(ids.0, ids.1, &ruleset, &found)))
}

/// Two of your charts as one
///
/// The composite of midpoints (shorter arcs), or Davison's chart: the real sky of the middle in time and space. Nothing is
/// kept.
#[endpoint(tags("time lines"), security(["bearer" = []]), request_body = CompositeRequest)]
pub async fn composite(req: &mut Request, depot: &mut Depot) -> Result<Reply<CompositeReply>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &[])?;
    let CompositeRequest { chart_a, chart_b, method, houses, latitude_deg, middle, house_system } =
        json(req, app.body_max_bytes()).await?.value;
    let (a, b) = (named(&app, &caller, "chart_a", &chart_a)?, named(&app, &caller, "chart_b", &chart_b)?);
    let ask = CompositeAsk { method, houses, latitude_deg, middle, house_system };
    let rules = rules(&app, &a)?;
    let (ids, ruleset) = ((a.id.to_string(), b.id.to_string()), rules.id().to_string());
    let find = move |_: &Gone| composite_of((&a.chart, &b.chart), &ask, &rules, "chart_b");
    let found = app.searches().run(find).await?;
    Ok(Reply(CompositeReply::new(ids.0, ids.1, &ruleset, &found)))
}

/// The ruleset by which a chart was made.
fn rules(app: &App, stored: &StoredChart) -> Result<Arc<Ruleset>> {
    app.rulesets().of_chart(&stored.chart)
}
