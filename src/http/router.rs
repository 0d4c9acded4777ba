//! Every route of the appliance, in one list. Handlers live elsewhere.

use std::sync::Arc;

use salvo::{Router, Service};
use salvo_oapi::swagger_ui::SwaggerUi;

use super::edge::{Crowd, Edge};
use super::limited::Limited;
use super::v1::{
    analysis, aspects, auth, budgets, calendar, charts, chat, completions, embeddings, jobs, keys, lines, local_models,
    ops, places, plans, reference, retrieval, rulesets, sky, stream, transits, usage, webhooks, wheel,
};
use super::{health, legacy, methods, openapi};
use crate::app::App;
use crate::limits;

/// The routes that the API description covers.
pub fn routes() -> Router {
    let limited = Router::new()
        .hoop(Limited)
        .push(Router::with_path("v1").push(auth_routes()).push(ops_routes()).push(person_routes()))
        .push(Router::with_path("horoscope/natal").post(legacy::natal))
        .push(Router::with_path("horoscope/today/{id}").get(legacy::today))
        .push(Router::with_path("chat/advise").post(legacy::advise));
    let bounded = Router::new()
        .hoop(Crowd::new(limits::REQUESTS_IN_FLIGHT_MAX))
        .push(Router::with_path("ready").get(health::ready))
        .push(limited);
    // Whether the process lives, and what it counts, is told however crowded it is.
    Router::new()
        .push(Router::with_path("health").get(health::health))
        .push(Router::with_path("metrics").get(health::metrics))
        .push(bounded)
}

fn auth_routes() -> Router {
    Router::with_path("auth")
        .push(Router::with_path("register").post(auth::register))
        .push(Router::with_path("login").post(auth::login))
        .push(Router::with_path("refresh").post(auth::refresh))
        .push(Router::with_path("logout").post(auth::logout))
        .push(Router::with_path("me").get(auth::me))
        .push(Router::with_path("password").post(auth::change_password))
        .push(Router::with_path("sessions").get(auth::sessions))
        .push(Router::with_path("sessions/{id}").delete(auth::revoke))
}

fn ops_routes() -> Router {
    Router::with_path("ops")
        .push(job_ops_routes())
        .push(Router::with_path("tenants").get(ops::tenants).post(ops::create_tenant))
        .push(Router::with_path("tenants/{slug}").get(ops::tenant).patch(ops::change_tenant))
        .push(Router::with_path("tenants/{slug}/users").post(ops::create_user))
        .push(Router::with_path("tenants/{slug}/keys").get(keys::ops_list).post(keys::ops_create))
        .push(Router::with_path("tenants/{slug}/keys/{id}").delete(keys::ops_revoke))
        .push(Router::with_path("tenants/{slug}/keys/{id}/rotate").post(keys::ops_rotate))
        .push(
            Router::with_path("tenants/{slug}/plan")
                .get(plans::tenant_plan)
                .put(plans::choose_tenant_plan)
                .delete(plans::clear_tenant_plan),
        )
        .push(Router::with_path("tenants/{slug}/quota/reset").post(plans::reset_tenant_quota))
        .push(
            Router::with_path("tenants/{slug}/users/{id}/plan")
                .get(plans::user_plan)
                .put(plans::choose_user_plan)
                .delete(plans::clear_user_plan),
        )
        .push(Router::with_path("tenants/{slug}/users/{id}/quota/reset").post(plans::reset_user_quota))
        .push(Router::with_path("tenants/{slug}/rates").get(plans::rates).put(plans::set_rates))
        .push(Router::with_path("plans").get(plans::list).post(plans::create))
        .push(Router::with_path("plans/{code}").get(plans::show))
        .push(Router::with_path("models").get(local_models::list).post(local_models::import))
        .push(Router::with_path("models/{name}").get(local_models::show).delete(local_models::remove))
        .push(Router::with_path("models/{name}/verify").post(local_models::verify))
        .push(Router::with_path("models/{name}/use").post(local_models::put_to_use))
        .push(Router::with_path("models/{name}/release").post(local_models::release))
        .push(Router::with_path("keys/jwt/rotate").post(ops::rotate_jwt))
        .push(Router::with_path("audit/verify").get(ops::verify_audit))
        .push(Router::with_path("usage").get(usage::all))
        .push(Router::with_path("budgets").get(budgets::list).put(budgets::set).delete(budgets::remove))
        .push(Router::with_path("budgets/reset").post(budgets::reset))
        .push(Router::with_path("ledger/verify").get(budgets::verify))
        .push(Router::with_path("prices").get(budgets::prices))
        .push(Router::with_path("rulesets").get(rulesets::list))
        .push(Router::with_path("rulesets/clone").post(rulesets::clone))
        .push(
            Router::with_path("rulesets/{name}/{version}")
                .get(rulesets::show)
                .put(rulesets::replace)
                .patch(rulesets::patch)
                .delete(rulesets::delete),
        )
        .push(Router::with_path("rulesets/{name}/{version}/lock").post(rulesets::lock))
        .push(Router::with_path("rulesets/{name}/{version}/activate").post(rulesets::activate))
}

fn job_ops_routes() -> Router {
    Router::new()
        .push(Router::with_path("jobs").get(jobs::list))
        .push(Router::with_path("jobs/stats").get(jobs::stats))
        .push(Router::with_path("jobs/dead").get(jobs::dead))
        .push(Router::with_path("jobs/dead/retry").post(jobs::retry_dead))
        .push(Router::with_path("jobs/quarantine").get(jobs::quarantine))
        .push(Router::with_path("jobs/cron").get(jobs::cron))
        .push(Router::with_path("jobs/cron/{name}/pause").post(jobs::pause_cron))
        .push(Router::with_path("jobs/cron/{name}/resume").post(jobs::resume_cron))
        .push(Router::with_path("jobs/{id}").get(jobs::show))
        .push(Router::with_path("jobs/{id}/retry").post(jobs::retry))
        .push(Router::with_path("jobs/{id}/cancel").post(jobs::cancel))
        .push(Router::with_path("jobs/{id}/discard").post(jobs::discard))
        .push(Router::with_path("jobs/{id}/replay").post(jobs::replay))
        .push(Router::with_path("queues/{name}/pause").post(jobs::pause_queue))
        .push(Router::with_path("queues/{name}/resume").post(jobs::resume_queue))
        .push(Router::with_path("queues/{name}/rate").put(jobs::set_rate))
        .push(Router::with_path("tenants/{slug}/jobs/share").get(jobs::share).put(jobs::set_share))
        .push(Router::with_path("tenants/{slug}/activity").get(jobs::activity))
        .push(Router::with_path("tenants/{slug}/webhooks").get(webhooks::list).post(webhooks::create))
        .push(Router::with_path("tenants/{slug}/webhooks/{id}").delete(webhooks::delete))
        .push(Router::with_path("tenants/{slug}/webhooks/{id}/test").post(webhooks::test))
}

fn person_routes() -> Router {
    // Looked through in this order at each request: what is asked most stands first.
    Router::new()
        .push(Router::with_path("chat/advise").post(chat::advise))
        .push(Router::with_path("chat/advise/{id}").get(stream::resume))
        .push(Router::with_path("charts/{id}/report").post(jobs::report))
        .push(Router::with_path("jobs/{id}").get(jobs::mine))
        .push(Router::with_path("jobs/{id}/result").get(jobs::result))
        .push(Router::with_path("quota").get(plans::quota))
        .push(Router::with_path("keys").get(keys::list).post(keys::create))
        .push(Router::with_path("keys/{id}").delete(keys::revoke))
        .push(Router::with_path("keys/{id}/rotate").post(keys::rotate))
        .push(Router::with_path("charts").get(charts::list).post(charts::create))
        .push(Router::with_path("charts/synastry").post(lines::synastry))
        .push(Router::with_path("charts/composite").post(lines::composite))
        .push(Router::with_path("charts/{id}").get(charts::get).delete(charts::delete))
        .push(Router::with_path("charts/{id}/aspects").get(aspects::of_chart))
        .push(Router::with_path("charts/{id}/today").get(charts::today))
        .push(Router::with_path("charts/{id}/analysis").get(analysis::analysis))
        .push(Router::with_path("charts/{id}/transits").get(transits::get))
        .push(Router::with_path("calendar").get(calendar::get))
        .push(Router::with_path("charts/{id}/returns").get(lines::returns))
        .push(Router::with_path("charts/{id}/progressions").get(lines::progressions))
        .push(Router::with_path("charts/{id}/profections").get(lines::profections))
        .push(Router::with_path("charts/{id}/wheel.svg").get(wheel::svg))
        .push(Router::with_path("charts/{id}/wheel.png").get(wheel::png))
        .push(Router::with_path("charts/{id}/answers").get(chat::answers))
        .push(Router::with_path("usage").get(usage::own))
        .push(Router::with_path("sky").get(sky::get))
        .push(Router::with_path("chat/completions").post(completions::complete))
        .push(Router::with_path("embeddings").post(embeddings::embed))
        .push(Router::with_path("models").get(completions::models))
        .push(Router::with_path("models/{model}").get(completions::one_model))
        .push(Router::with_path("places").get(places::search))
        .push(Router::with_path("places/nearest").get(places::nearest))
        .push(Router::with_path("retrieval/search").post(retrieval::search))
        .push(Router::with_path("reference-data").get(reference::all))
        .push(Router::with_path("reference-data/active").get(reference::active))
}

/// The whole service over `app`.
pub fn service(app: Arc<App>) -> Service {
    let routes = routes();
    let document = openapi::document(&routes);
    let root = Router::new()
        .get(openapi::index)
        .push(routes)
        .push(document.into_router("openapi.json"))
        .push(SwaggerUi::new("/openapi.json").title("Orrery API").into_router("docs"));
    Service::new(methods::complete(root)).hoop(Edge::new(app))
}
