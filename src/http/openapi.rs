//! The description of the API, made from the handlers themselves, and the page at `/`.

use salvo::Router;
use salvo::oapi::security::{Http, HttpAuthScheme};
use salvo::oapi::{Info, OpenApi, SecurityScheme, ToSchema, endpoint};
use serde::Serialize;

use super::reply::Bare;

/// OpenAPI 3.1 of `routes`.
pub fn document(routes: &Router) -> OpenApi {
    let info = Info::new("Orrery", env!("CARGO_PKG_VERSION")).description(
        "A private astrology-advice appliance: JPL-accurate charts, the day's transits, and cited answers. `bearer` takes \
         an access token or, where it is not a matter of a session, an API key (`ork_..`, also as `X-API-Key`). \
         Every error has the one envelope, but for what ends before there is a request: over HTTP/1.1 a request line or \
         header that cannot be read is answered with a bare 400, and a request line with headers of more than 32 KiB with a \
         bare 431, both without body or `X-Request-Id` and followed by the end of the connection.",
    );
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer).bearer_format("JWT"));
    OpenApi::with_info(info).add_security_scheme("bearer", bearer).merge_router(routes)
}

/// Where to go from here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Index {
    name: &'static str,
    version: &'static str,
    docs: &'static str,
    openapi: &'static str,
    health: &'static str,
    ready: &'static str,
    metrics: &'static str,
}

/// Where to go from here
#[endpoint(tags("operation"))]
pub async fn index() -> Bare<Index> {
    Bare(Index {
        name: "orrery",
        version: env!("CARGO_PKG_VERSION"),
        docs: "/docs/",
        openapi: "/openapi.json",
        health: "/health",
        ready: "/ready",
        metrics: "/metrics",
    })
}
