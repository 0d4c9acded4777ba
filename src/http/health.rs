//! Liveness, readiness and metrics for whoever watches the appliance. Readiness probes what it claims.

use salvo::http::{HeaderValue, ResBody, StatusCode, header};
use salvo::oapi::{ToSchema, endpoint};
use salvo::{Depot, Response};
use serde::Serialize;

use super::caller::app;
use super::problem::Problem;
use super::reply::{Bare, write_json};
use crate::error::{Code, Error};

/// The process answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: &'static str,
    /// Version of the executable.
    pub version: &'static str,
}

/// Whether the appliance can do its work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ready {
    /// All checks hold.
    pub ready: bool,
    /// Each check.
    pub checks: Vec<Check>,
}

/// One thing that was tried.
#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    /// `store`, `keys`, `index`, `disk`.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

/// The process is alive.
#[endpoint(tags("operation"))]
pub async fn health() -> Bare<Health> {
    Bare(Health { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// The appliance can work: store and key ring take a write, the index answers, the disk has room. 503 when not.
#[endpoint(tags("operation"), responses(
    (status_code = 200, body = Ready, description = "Ready"),
    (status_code = 503, body = Ready, description = "Not ready"),
))]
pub async fn ready(depot: &mut Depot, res: &mut Response) -> Result<(), Problem> {
    let checks: Vec<Check> =
        app(depot)?.probe().await.into_iter().map(|p| Check { name: p.name, ok: p.ok, detail: p.detail }).collect();
    let all_hold = checks.iter().all(|c| c.ok);
    res.status_code(if all_hold { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE });
    write_json(res, &Ready { ready: all_hold, checks });
    Ok(())
}

/// Prometheus text exposition; 404 when `server.metrics` is off
#[endpoint(tags("operation"), responses(
    (status_code = 200, body = String, content_type = "text/plain", description = "Prometheus text format 0.0.4"),
))]
pub async fn metrics(depot: &mut Depot, res: &mut Response) -> Result<(), Problem> {
    let app = app(depot)?;
    if !app.settings().server.metrics {
        return Err(Error::new(Code::NotFound).into());
    }
    let streams = app.admission().crowd();
    app.metrics().limits.streams(streams.open, streams.queued, streams.refused);
    let text = app.render_metrics()?;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    res.headers_mut().insert(header::CONTENT_TYPE, kind);
    res.status_code(StatusCode::OK);
    res.body(ResBody::Once(text.into()));
    Ok(())
}
