//! S: Which models there are, and which are asked for whom, in which order. Calls none.
//!
//! A route comes from the settings, its tenant's own before the common one; a request may narrow it, never widen it. The
//! composer stands at the end of every route, so that there is always an answer. Which local model is in use may change
//! between calls; a call keeps the one that it began with.

use std::collections::HashMap;
use std::sync::Arc;

use super::local::provider::Slot;
use super::model::Model;
use super::remote::{Remote, TrustError};
use crate::clock::Ambient;
use crate::config::{Hop, Route, Settings};
use crate::telemetry::Metrics;

/// The models and the routes to them.
#[derive(Clone)]
pub struct Gateway {
    local: Slot,
    remote: Option<Arc<dyn Model>>,
    route: Route,
    by_tenant: Arc<HashMap<String, Route>>,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("route", &self.route).finish_non_exhaustive()
    }
}

/// A provider was asked for that is not on the route; these are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOnRoute(pub Vec<&'static str>);

impl Gateway {
    /// The models of these settings.
    ///
    /// # Errors
    /// When an upstream cannot be called safely.
    pub fn new(
        settings: &Settings,
        local: Slot,
        metrics: &Arc<Metrics>,
        ambient: &Ambient,
    ) -> Result<Self, TrustError> {
        let remote = Remote::new(&settings.remote, Arc::clone(metrics), ambient.clone())?;
        let by_tenant = settings.llm.tenant_routes.iter().map(|own| (own.tenant.clone(), own.route.clone()));
        Ok(Self {
            local,
            remote: remote.map(|remote| Arc::new(remote) as Arc<dyn Model>),
            route: settings.llm.route.clone(),
            by_tenant: Arc::new(by_tenant.collect()),
        })
    }

    /// Whether a tenant may have a route of its own, so that it matters which one asks.
    pub fn knows_tenants(&self) -> bool {
        !self.by_tenant.is_empty()
    }

    /// The route of a tenant, from `wanted` on when a request names a provider.
    ///
    /// # Errors
    /// [`NotOnRoute`] when the provider wanted is not on the tenant's route.
    pub fn route(&self, tenant: Option<&str>, wanted: Option<Hop>) -> Result<Route, NotOnRoute> {
        let route = tenant.and_then(|slug| self.by_tenant.get(slug)).unwrap_or(&self.route);
        let Some(wanted) = wanted else { return Ok(route.clone()) };
        let hops = route.hops();
        let from = hops.iter().position(|hop| *hop == wanted);
        let from = from.ok_or_else(|| NotOnRoute(hops.iter().map(|hop| hop.code()).collect()))?;
        Ok(Route::new(hops[from..].iter().copied()))
    }

    /// The model of a hop, as it is now; the composer is none.
    pub fn model(&self, hop: Hop) -> Option<Arc<dyn Model>> {
        match hop {
            Hop::Local => self.local.current().map(|local| Arc::new(local) as Arc<dyn Model>),
            Hop::Remote => self.remote.clone(),
            Hop::Composer => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;
    use crate::llm::local::engine::Bounds;

    #[test]
    fn a_request_narrows_the_route_of_its_tenant_and_never_widens_it() {
        let sources = Sources::new()
            .flag("llm.route", "--test", "local,remote")
            .flag("llm.tenant_routes", "--test", "quiet=composer")
            .flag("remote.base_url", "--test", "http://127.0.0.1:1/v1")
            .flag("remote.model", "--test", "m-1");
        let settings = Settings::load(&sources).unwrap().0;
        let metrics = Arc::new(Metrics::new().unwrap());
        let bounds = Bounds { sequences: 1, queue: 1, queue_per_tenant: 1 };
        let slot = Slot::new(bounds, metrics.engine.clone());
        let gateway = Gateway::new(&settings, slot, &metrics, &Ambient::system()).unwrap();
        let shown = |tenant, wanted| gateway.route(tenant, wanted).map(|route| route.to_string());
        assert_eq!(shown(None, None), Ok("local>remote>composer".into()));
        assert_eq!(shown(Some("loud"), Some(Hop::Remote)), Ok("remote>composer".into()));
        assert_eq!(shown(Some("loud"), Some(Hop::Composer)), Ok("composer".into()));
        assert_eq!(shown(Some("quiet"), None), Ok("composer".into()));
        assert_eq!(shown(Some("quiet"), Some(Hop::Remote)), Err(NotOnRoute(vec!["composer"])));
        assert!(gateway.model(Hop::Remote).is_some() && gateway.model(Hop::Composer).is_none());
        assert!(gateway.model(Hop::Local).is_none(), "none is in use");
    }
}
