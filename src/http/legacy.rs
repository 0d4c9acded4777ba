//! The paths of the predecessor, as thin aliases of version 1: its shapes on the way out, our rules on the way in.
//! Marked deprecated (RFC 9745) with a link to the successor (RFC 5829).

use salvo::http::HeaderValue;
use salvo::oapi::{ToSchema, endpoint};
use salvo::{Depot, Request, Response};
use serde::Serialize;

use super::body::{json, only_queries, path_id, unfound};
use super::caller::{app, arrival, caller_for};
use super::idempotency::Once;
use super::problem::Problem;
use super::quota;
use super::reply::Bare;
use super::v1;
use super::wire::chart::ChartRequest;
use super::wire::chat::AdviseRequest;
use crate::astro::{self, Lang};
use crate::auth::Scope;
use crate::chat::advisor::Advisor;
use crate::error::Code;

/// 2026-11-23T00:00:00Z, when version 1 took their place.
const DEPRECATED_SINCE: &str = "@1795392000";

fn mark(res: &mut Response, successor: &str) {
    res.headers_mut().insert("deprecation", HeaderValue::from_static(DEPRECATED_SINCE));
    if let Ok(link) = HeaderValue::from_str(&format!("<{successor}>; rel=\"successor-version\"")) {
        res.headers_mut().insert("link", link);
    }
}

/// A chart in the predecessor's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldChart {
    id: String,
    owner: String,
    chart: OldChartBody,
}

/// Its inner part.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldChartBody {
    name: String,
    birth: OldBirth,
    precision_score: u8,
    factors: Vec<OldAxis>,
}

/// Birth data in the predecessor's names.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldBirth {
    name: String,
    date: String,
    time: Option<String>,
    tz: String,
    lat: f64,
    lon: f64,
    time_certainty: String,
}

/// A factor of the natal chart: the axes that are known.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldAxis {
    axis: &'static str,
}

/// A day in the predecessor's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldToday {
    date: String,
    leaders: Vec<OldFactor>,
    influences: Vec<OldFactor>,
    eao: super::wire::today::Eao,
    snippets: Vec<OldSnippet>,
    precision_score: u8,
}

/// A factor in the predecessor's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldFactor {
    axis: String,
    intensity: f64,
    friction: f64,
    weight: f64,
    snippet_id: String,
}

/// A passage in the predecessor's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldSnippet {
    id: String,
    text: String,
}

/// An answer in the predecessor's shape.
#[derive(Debug, Serialize, ToSchema)]
pub struct OldAnswer {
    answer: String,
    date: String,
}

/// Deprecated: make a chart; use `POST /v1/charts`
#[endpoint(tags("deprecated"), security(["bearer" = []]), request_body = ChartRequest)]
pub async fn natal(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<Bare<OldChart>, Problem> {
    mark(res, "/v1/charts");
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller_for(&app, req, Scope::Charts)?;
    let body = json::<ChartRequest>(req, app.body_max_bytes()).await?;
    let stored = v1::charts::compute(&app, body.value.into())?;
    app.charts().keep(&caller, &arrival, &stored, |_| Ok(())).await?;
    let name = stored.name.clone().unwrap_or_default();
    let birth = &stored.chart.birth;
    let axes: &[&'static str] = if stored.chart.angles.is_some() { &["SUN", "ASC", "MC"] } else { &["SUN"] };
    Ok(Bare(OldChart {
        id: stored.id.to_string(),
        owner: name.clone(),
        chart: OldChartBody {
            name: name.clone(),
            birth: OldBirth {
                name,
                date: birth.date.clone(),
                time: birth.time.clone(),
                tz: birth.zone.clone(),
                lat: birth.latitude_deg,
                lon: birth.longitude_deg,
                time_certainty: birth.certainty.code().to_owned(),
            },
            precision_score: stored.chart.precision,
            factors: axes.iter().map(|axis| OldAxis { axis }).collect(),
        },
    }))
}

/// Deprecated: what today holds; use `GET /v1/charts/{id}/today`
#[endpoint(
    tags("deprecated"),
    security(["bearer" = []]),
    parameters(("id" = String, Path, description = "Id of the chart"))
)]
pub async fn today(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<Bare<OldToday>, Problem> {
    let id: crate::ids::ChartId = path_id(req, "id", Code::ChartNotFound)?;
    mark(res, &format!("/v1/charts/{id}/today"));
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &[])?;
    let stored = app.charts().get(&caller, id).map_err(|error| unfound(req, "id", error))?;
    let ruleset = app.rulesets().of_chart(&stored.chart)?;
    let day = app.charts().today(&stored, None, None, &ruleset)?;
    let passage = |f: &astro::Factor| app.retrieval().passage(Lang::En, &f.passage_id);
    let snippets = day.leaders.iter().filter_map(passage);
    Ok(Bare(OldToday {
        date: day.date.clone(),
        leaders: day.leaders.iter().map(old_factor).collect(),
        influences: day.influences.iter().map(old_factor).collect(),
        eao: super::wire::today::eao(&day),
        snippets: snippets.map(|p| OldSnippet { id: p.id.clone(), text: p.text.clone() }).collect(),
        precision_score: day.precision,
    }))
}

fn old_factor(f: &astro::Factor) -> OldFactor {
    OldFactor {
        axis: f.axis.clone(),
        intensity: f.intensity,
        friction: f.friction,
        weight: f.weight,
        snippet_id: f.passage_id.clone(),
    }
}

/// Deprecated: ask a question; use `POST /v1/chat/advise`
#[endpoint(tags("deprecated"), security(["bearer" = []]), request_body = AdviseRequest)]
pub async fn advise(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<Bare<OldAnswer>, Problem> {
    mark(res, "/v1/chat/advise");
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller_for(&app, req, Scope::Chat)?;
    let body = json::<AdviseRequest>(req, app.body_max_bytes()).await?;
    let charge = quota::begin(&app, &caller, res)?;
    let route = v1::chat::route(&app, &caller, &body.value)?;
    if !Advisor::is_composed(&route) {
        let reader = v1::chat::begin(&app, (caller, arrival, charge), body.value, route, false, Once::none())?;
        let outcome = reader.outcome().await;
        quota::tell(&app, &caller, res);
        let data: serde_json::Value = serde_json::from_slice(&outcome?.data).map_err(crate::error::Error::internal)?;
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        return Ok(Bare(OldAnswer { answer: text("answer"), date: text("date") }));
    }
    let (answered, answer) = v1::chat::answer(&app, &caller, &body.value)?;
    let is_bounded = charge.is_bounded();
    let outcome = app.answers().keep(&caller, &arrival, &answered, move |tx| charge.apply(tx)).await;
    quota::end(&app, &caller, is_bounded, &outcome, res);
    outcome?;
    Ok(Bare(OldAnswer { answer: answer.text, date: answer.date }))
}
