//! `/v1/charts`: parse, prove who asks, one call, map. Owns no rule.

use std::sync::Arc;

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::app::App;
use crate::auth::{Caller, Scope};
use crate::charts::{Draft, OptionsDraft, StoredChart};
use crate::error::{Code, Error, FieldError, Result};
use crate::http::body::{allowed_id, json, only_queries, page, path_id, query, unfound};
use crate::http::caller::{app, arrival, caller_for};
use crate::http::idempotency::{Seen, seen};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, Stored};
use crate::http::wire::chart::{ChartList, ChartReply, ChartRequest, Deleted};
use crate::http::wire::today::{TodayReply, today_reply};
use crate::idempotency::also;
use crate::ids::ChartId;

impl From<ChartRequest> for Draft {
    fn from(r: ChartRequest) -> Self {
        Self {
            name: r.name,
            date: r.date,
            calendar: r.calendar,
            time: r.time,
            certainty: r.certainty,
            tz: r.tz,
            place: r.place,
            lat: r.lat,
            lon: r.lon,
            utc_offset_s: r.utc_offset_s,
            options: OptionsDraft {
                zodiac: r.zodiac,
                ayanamsa: r.ayanamsa,
                ayanamsa_epoch_jd_tt: r.ayanamsa_epoch_jd_tt,
                ayanamsa_value_deg: r.ayanamsa_value_deg,
                house_system: r.house_system,
                frame: r.frame,
                reduction: r.reduction,
                altitude_m: r.altitude_m,
                bodies: r.bodies,
                ruleset: r.ruleset,
            },
        }
    }
}

/// The chart of the caller's that the path names.
pub fn own(app: &App, caller: &Caller, req: &Request) -> Result<Arc<StoredChart>> {
    let id = path_id(req, "id", Code::ChartNotFound)?;
    app.charts().get(caller, id).map_err(|error| unfound(req, "id", error))
}

/// The chart of the caller's that a field names by its id.
pub fn named(app: &App, caller: &Caller, field: &str, id: &str) -> Result<Arc<StoredChart>> {
    let missing =
        || Error::new(Code::ChartNotFound).at(vec![FieldError::new(field, id, allowed_id(Code::ChartNotFound))]);
    let known = id.parse().map_err(|_| missing())?;
    app.charts().get(caller, known).map_err(|error| if error.code() == Code::ChartNotFound { missing() } else { error })
}

/// Make a natal chart
///
/// Give `place`, or `lat` and `lon`, with or without `tz`. The same input gives the same chart. With an `Idempotency-Key` the chart is
/// made once, however often the request is sent.
#[endpoint(
    tags("charts"),
    security(["bearer" = []]),
    request_body = ChartRequest,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"))
)]
pub async fn create(req: &mut Request, depot: &mut Depot) -> Result<Stored<ChartReply, 201>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller_for(&app, req, Scope::Charts)?;
    let body = json::<ChartRequest>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &caller, req, &body.bytes)? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let chart = compute(&app, body.value.into())?;
    let (prepared, record) = once.prepare(&app, &ChartReply::from(&chart))?;
    let data = serde_json::json!({ "chart_id": chart.id.to_string() });
    let tell = app.worker().webhooks().announce(caller.tenant, "chart.created", &data)?;
    let record = also(record);
    let outcome = app.charts().keep(&caller, &arrival, &chart, move |tx| record(tx).and_then(|()| tell(tx))).await;
    Ok(prepared.settle(&app, outcome)?)
}

/// Reads a draft and computes its chart.
pub fn compute(app: &App, mut draft: Draft) -> Result<StoredChart> {
    let ruleset = app.rulesets().chosen("ruleset", draft.options.ruleset.as_deref())?;
    draft.options.ruleset = Some(ruleset.id().to_string());
    let (name, birth, options) = draft.read()?;
    let chart = app.charts().compute(name, &birth, &options, &ruleset)?;
    app.metrics().chart_computed();
    Ok(chart)
}

/// Your charts, newest first
#[endpoint(
    tags("charts"),
    security(["bearer" = []]),
    parameters(
        ("limit" = Option<u32>, Query, description = "1 to 100, default 20"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn list(req: &mut Request, depot: &mut Depot) -> Result<Reply<ChartList>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &["limit", "cursor"])?;
    let page = page::<ChartId>(req)?;
    let (rows, more) = app.charts().list(&caller, page.limit, page.after)?;
    let next_cursor = rows.last().filter(|_| more).map(|s| s.id.to_string());
    Ok(Reply(ChartList { charts: rows.iter().map(Into::into).collect(), next_cursor }))
}

/// One of your charts
#[endpoint(tags("charts"), security(["bearer" = []]), parameters(("id" = String, Path, description = "Id of the chart")))]
pub async fn get(req: &mut Request, depot: &mut Depot) -> Result<Reply<ChartReply>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &[])?;
    Ok(Reply(ChartReply::from(&*own(&app, &caller, req)?)))
}

/// Delete a chart and the answers about it
#[endpoint(tags("charts"), security(["bearer" = []]), parameters(("id" = String, Path, description = "Id of the chart")))]
pub async fn delete(req: &mut Request, depot: &mut Depot) -> Result<Reply<Deleted>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller_for(&app, req, Scope::Charts)?;
    let id: ChartId = path_id(req, "id", Code::ChartNotFound)?;
    app.charts().delete(&caller, &arrival, id).await.map_err(|error| unfound(req, "id", error))?;
    Ok(Reply(Deleted { deleted: id.to_string() }))
}

/// What a day holds for a chart
///
/// Real transits to the natal chart at noon of the person's own local day, by the orbs of the chart's ruleset. Deterministic
/// per chart, date and zone. A birth of inexact time makes ranges and windows.
#[endpoint(
    tags("charts"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the chart"),
        ("date" = Option<String>, Query, description = "Local date, YYYY-MM-DD; today when absent"),
        ("tz" = Option<String>, Query, description = "IANA zone of the person now; the birth zone when absent"),
    )
)]
pub async fn today(req: &mut Request, depot: &mut Depot) -> Result<Reply<TodayReply>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &["date", "tz"])?;
    let stored = own(&app, &caller, req)?;
    let (date, zone) = (query(req, "date")?, query(req, "tz")?);
    let ruleset = app.rulesets().of_chart(&stored.chart)?;
    let day = app.charts().today(&stored, date.as_deref(), zone.as_deref(), &ruleset).map_err(Error::in_query)?;
    Ok(Reply(today_reply(&stored.id.to_string(), &day)))
}
