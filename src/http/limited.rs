//! Looks once who asks, and lets the request on if every rate it falls under has room for it. Holds no rate.
//!
//! The headers are those of the IETF draft (draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy`, `RateLimit`) and the
//! older `X-RateLimit-*` of the limit with the least left.

use salvo::http::{HeaderMap, HeaderValue, Method};
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Scribe, async_trait};

use super::caller::{Caller, app, arrival, recognise};
use super::edge::route_of;
use super::problem::Problem;
use crate::app::App;
use crate::audit::RequestContext;
use crate::auth::{Credential, network};
use crate::error::{Code, Error};
use crate::telemetry::metrics::limits::ANONYMOUS;
use crate::tenants::limiter::Sender;
use crate::tenants::rates::{Class, Decision, Refused, Standing};

/// Stands before every route that has a limit.
#[derive(Debug)]
pub struct Limited;

#[async_trait]
impl Handler for Limited {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        let found = app(depot).and_then(|app| arrival(depot).map(|arrival| (app, arrival)));
        let (app, arrival) = match found {
            Ok(found) => found,
            Err(error) => return refuse(error, res, ctrl),
        };
        let caller = recognise(&app, req);
        let class = class_of(req.method(), route_of(req).as_deref().unwrap_or_default());
        let decision = app.rates().decide(sender(caller.as_ref(), &arrival), class);
        tell(&app, &decision, res.headers_mut());
        if let Some(refused) = &decision.refused {
            count(&app, caller.as_ref(), refused);
            return refuse(limited(refused), res, ctrl);
        }
        ctrl.call_next(req, depot, res).await;
    }
}

fn refuse(error: Error, res: &mut Response, ctrl: &mut FlowCtrl) {
    Problem(error).render(res);
    ctrl.skip_rest();
}

/// Behind one address there may be an office, so whoever proved who they are is not counted by it.
fn sender(caller: Option<&Caller>, arrival: &RequestContext) -> Sender {
    let Some(caller) = caller else { return Sender::Unknown(arrival.address.map(network)) };
    let key = match caller.credential {
        Credential::Session(_) => None,
        Credential::Key(grant) => Some((grant.root, grant.rate)),
    };
    Sender::Known { tenant: caller.tenant, user: caller.user, key }
}

/// Routes that read what is kept, by the beginning of their template; a route that nobody put in a class computes.
const READS: &[&str] =
    &["/v1/places", "/v1/retrieval/", "/v1/reference-data", "/v1/quota", "/v1/usage", "/v1/jobs", "/v1/models"];

/// The class of a route, by its method and template.
fn class_of(method: &Method, route: &str) -> Class {
    let is_below = |starts: &[&str]| starts.iter().any(|start| route.starts_with(start));
    match route {
        _ if is_below(&["/v1/auth/"]) => Class::Auth,
        _ if is_below(&["/v1/ops/", "/v1/keys"]) => Class::Ops,
        "/v1/charts/{id}/answers" | "/v1/charts/{id}" | "/v1/chat/advise/{id}" => Class::Read,
        "/v1/charts" if method == Method::GET => Class::Read,
        _ if is_below(&["/v1/chat/", "/chat/", "/v1/embeddings"]) => Class::Chat,
        _ if is_below(READS) => Class::Read,
        _ => Class::Compute,
    }
}

fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1_000)
}

fn limited(refused: &Refused) -> Error {
    let retry_after_s = seconds(refused.retry_after_ms).max(1);
    Error::new(Code::RateLimited)
        .detail("scope", refused.scope.code().into())
        .detail("rate", refused.rate.to_string().into())
        .detail("limit", refused.rate.burst().into())
        .detail("window", refused.rate.window_s().into())
        .detail("retry_after", retry_after_s.into())
        .retry_after_s(retry_after_s)
}

fn count(app: &App, caller: Option<&Caller>, refused: &Refused) {
    let reason = if refused.is_full { "full" } else { refused.scope.code() };
    let tenant = caller.and_then(|caller| app.tenants().by_id(caller.tenant).ok());
    let tenant = tenant.as_ref().map_or(ANONYMOUS, |tenant| tenant.row.slug.as_str());
    app.metrics().limits.blocked(tenant, reason);
}

fn tell(app: &App, decision: &Decision, headers: &mut HeaderMap) {
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    let refused = decision.refused.map(|refused| refused.scope);
    let tightest = |standing: &&Standing| (refused != Some(standing.scope), standing.remaining);
    let Some(tightest) = decision.standings.iter().min_by_key(tightest) else { return };
    let list = |item: fn(&Standing) -> String| decision.standings.iter().map(item).collect::<Vec<_>>().join(", ");
    let policy = |s: &Standing| format!("\"{}\";q={};w={}", s.scope.code(), s.rate.burst(), s.rate.window_s());
    let standing = |s: &Standing| format!("\"{}\";r={};t={}", s.scope.code(), s.remaining, seconds(s.whole_in_ms));
    put("ratelimit-policy", list(policy));
    put("ratelimit", list(standing));
    put("x-ratelimit-limit", tightest.rate.burst().to_string());
    put("x-ratelimit-remaining", tightest.remaining.to_string());
    let whole_at = app.ambient().now().plus_ms(tightest.whole_in_ms);
    put("x-ratelimit-reset", seconds(whole_at.0).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_have_the_class_of_what_they_do() {
        let cases = [
            (Method::POST, "/v1/auth/login", Class::Auth),
            (Method::GET, "/v1/ops/tenants", Class::Ops),
            (Method::POST, "/v1/keys/{id}/rotate", Class::Ops),
            (Method::GET, "/v1/charts", Class::Read),
            (Method::POST, "/v1/charts", Class::Compute),
            (Method::DELETE, "/v1/charts/{id}", Class::Read),
            (Method::GET, "/v1/charts/{id}/answers", Class::Read),
            (Method::GET, "/v1/charts/{id}/transits", Class::Compute),
            (Method::POST, "/v1/chat/advise", Class::Chat),
            (Method::POST, "/chat/advise", Class::Chat),
            (Method::POST, "/v1/chat/completions", Class::Chat),
            (Method::GET, "/v1/chat/advise/{id}", Class::Read),
            (Method::POST, "/v1/embeddings", Class::Chat),
            (Method::GET, "/v1/models", Class::Read),
            (Method::POST, "/horoscope/natal", Class::Compute),
            (Method::GET, "/v1/quota", Class::Read),
            (Method::GET, "/v1/places/nearest", Class::Read),
        ];
        for (method, route, class) in cases {
            assert_eq!(class_of(&method, route), class, "{method} {route}");
        }
    }
}
