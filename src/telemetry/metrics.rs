//! A: Counters and timings in the Prometheus text format, with bounded label values. Serves nothing, knows no route.

pub mod jobs;
pub mod limits;

use std::time::Duration;

use prometheus::{
    CounterVec, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
};

use super::engine::EngineMetrics;
use super::gateway::GatewayMetrics;
use super::labels::Bounded;
use crate::limits::METRIC_TENANTS_MAX;

/// Stands for every label value outside its allowed set.
pub const OTHER: &str = "other";
/// Route label of a request that no route answers.
pub const UNMATCHED: &str = "unmatched";
/// Route templates kept apart; later ones count as [`OTHER`].
const ROUTES_MAX: usize = 256;

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// What may happen in identity.
pub const AUTH_EVENTS: &[&str] = &[
    "register",
    "register_failed",
    "login",
    "login_failed",
    "refresh",
    "refresh_failed",
    "logout",
    "logout_failed",
    "session_revoke",
    "session_revoke_failed",
    "password_change",
    "password_change_failed",
];
/// What may be held back.
pub const THROTTLE_KINDS: &[&str] =
    &["register", "login", "refresh", "password_change", "requests_in_flight", "password_hashes", "writes"];
/// Who may write an answer.
pub const PROVIDERS: &[&str] = &["composer", "local", "remote"];
/// Languages of answers.
pub const LANGUAGES: &[&str] = &["en", "fr"];
/// How a search may end.
pub const RETRIEVAL_OUTCOMES: &[&str] = &["found", "empty", "failed"];

/// Which way tokens go.
pub const DIRECTIONS: &[&str] = &["input", "cached_input", "output"];
/// How near a limit is: 80 % of it are spent, or it had no room.
pub const BUDGET_LEVELS: &[&str] = &["warn", "block"];

/// Upper bounds of request times, in seconds.
const REQUEST_BUCKETS_S: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0];
/// Upper bounds of commit times, in seconds.
const COMMIT_BUCKETS_S: &[f64] = &[0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0];
/// Upper bounds of writes in one commit.
const BATCH_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// `value` when it is allowed, otherwise [`OTHER`]: a label never takes a value that a client can choose.
pub fn bounded<'v>(value: &'v str, allowed: &[&str]) -> &'v str {
    if allowed.contains(&value) { value } else { OTHER }
}

/// Every metric of one appliance, on a registry of its own.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    routes: Bounded,
    tenants: Bounded,
    models: Bounded,
    http_requests: IntCounterVec,
    http_request_duration: HistogramVec,
    http_in_flight: IntGauge,
    auth_events: IntCounterVec,
    throttled: IntCounterVec,
    store_commit: Histogram,
    store_commit_batch: Histogram,
    charts_computed: IntCounter,
    answers: IntCounterVec,
    retrieval_queries: IntCounterVec,
    gateway: GatewayMetrics,
    model_cost: CounterVec,
    model_tokens: IntCounterVec,
    budget_events: IntCounterVec,
    ledger_reserved: Gauge,
    ledger_stuck: IntGauge,
    /// Rates, quotas, streams.
    pub limits: limits::LimitMetrics,
    /// The job queue.
    pub jobs: jobs::JobMetrics,
    /// The engine of the local model.
    pub engine: EngineMetrics,
}

/// One request being answered; counted out when dropped, also when its task is cut.
#[derive(Debug)]
pub struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

pub(super) fn counters(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<IntCounterVec> {
    let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

fn money(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<CounterVec> {
    let metric = CounterVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

fn reserved(registry: &Registry) -> prometheus::Result<Gauge> {
    let metric = Gauge::new("ledger_reserved_usd", "Held for calls that have not ended, in US dollars.")?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

pub(super) fn counter(registry: &Registry, name: &str, help: &str) -> prometheus::Result<IntCounter> {
    let metric = IntCounter::new(name, help)?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

pub(super) fn gauge(registry: &Registry, name: &str, help: &str) -> prometheus::Result<IntGauge> {
    let metric = IntGauge::new(name, help)?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

pub(super) fn histogram(registry: &Registry, name: &str, help: &str, buckets: &[f64]) -> prometheus::Result<Histogram> {
    let metric = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

pub(super) fn durations(
    registry: &Registry,
    name: &str,
    help: &str,
    labels: &[&str],
) -> prometheus::Result<HistogramVec> {
    let opts = HistogramOpts::new(name, help).buckets(REQUEST_BUCKETS_S.to_vec());
    let metric = HistogramVec::new(opts, labels)?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

/// What the process itself uses; known on Linux alone.
fn register_process(registry: &Registry) -> prometheus::Result<()> {
    #[cfg(target_os = "linux")]
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    Ok(())
}

fn register_build_info(registry: &Registry) -> prometheus::Result<()> {
    let opts = Opts::new("build_info", "Constant 1; the label says which version runs.");
    let info = IntGauge::with_opts(opts.const_label("version", env!("CARGO_PKG_VERSION")))?;
    info.set(1);
    registry.register(Box::new(info))
}

impl Metrics {
    /// All metrics at zero.
    ///
    /// # Errors
    /// Only when two metrics share a name, which a test excludes.
    pub fn new() -> prometheus::Result<Self> {
        let r = Registry::new();
        register_process(&r)?;
        register_build_info(&r)?;
        Ok(Self {
            http_requests: counters(&r, "http_requests_total", "Requests answered.", &["method", "route", "status"])?,
            http_request_duration: durations(
                &r,
                "http_request_duration_seconds",
                "Time from the request's head to its answer.",
                &["route"],
            )?,
            http_in_flight: gauge(&r, "http_requests_in_flight", "Requests being answered.")?,
            auth_events: counters(&r, "auth_events_total", "What happened in identity.", &["event"])?,
            throttled: counters(&r, "throttled_total", "Attempts held back.", &["kind"])?,
            store_commit: histogram(&r, "store_commit_seconds", "Time of one durable commit.", COMMIT_BUCKETS_S)?,
            store_commit_batch: histogram(&r, "store_commit_batch_size", "Writes in one commit.", BATCH_BUCKETS)?,
            charts_computed: counter(&r, "charts_computed_total", "Natal charts computed.")?,
            answers: counters(&r, "answers_total", "Questions answered.", &["provider", "language"])?,
            retrieval_queries: counters(&r, "retrieval_queries_total", "Searches of the corpus.", &["outcome"])?,
            gateway: GatewayMetrics::new(&r)?,
            model_cost: money(
                &r,
                "llm_cost_usd_total",
                "What answers were charged, in US dollars.",
                &["tenant", "model"],
            )?,
            model_tokens: counters(&r, "llm_tokens_total", "Tokens of calls.", &["tenant", "model", "direction"])?,
            budget_events: counters(
                &r,
                "budget_events_total",
                "Limits that came near or were reached.",
                &["tenant", "level"],
            )?,
            ledger_reserved: reserved(&r)?,
            ledger_stuck: gauge(
                &r,
                "ledger_stuck_reservations",
                "Reservations of processes that ended which the last start could not release.",
            )?,
            limits: limits::LimitMetrics::new(&r)?,
            routes: Bounded::new(ROUTES_MAX),
            tenants: Bounded::new(METRIC_TENANTS_MAX),
            models: Bounded::new(METRIC_TENANTS_MAX),
            jobs: jobs::JobMetrics::new(&r)?,
            engine: EngineMetrics::new(&r)?,
            registry: r,
        })
    }

    /// A request has arrived; keep the answer until the request is answered.
    #[must_use]
    pub fn http_started(&self) -> InFlight {
        self.http_in_flight.inc();
        InFlight(self.http_in_flight.clone())
    }

    /// Requests that have arrived and are not answered yet.
    pub fn requests_in_flight(&self) -> i64 {
        self.http_in_flight.get()
    }

    /// A request was answered. `route` is the template that matched, e.g. `/v1/charts/{id}`, and `None` when none did;
    /// never the path itself.
    pub fn http_answered(&self, method: &str, route: Option<&str>, status: u16, elapsed: Duration) {
        // A mistake at the edge must not grow the registry for ever.
        let route = route.map_or(UNMATCHED, |route| self.routes.label(route));
        let status = if (100..=599).contains(&status) { status.to_string() } else { String::from(OTHER) };
        self.http_requests.with_label_values(&[bounded(method, METHODS), route, &status]).inc();
        self.http_request_duration.with_label_values(&[route]).observe(elapsed.as_secs_f64());
    }

    /// Something happened in identity; one of [`AUTH_EVENTS`].
    pub fn auth_event(&self, event: &str) {
        self.auth_events.with_label_values(&[bounded(event, AUTH_EVENTS)]).inc();
    }

    /// An attempt was held back; one of [`THROTTLE_KINDS`].
    pub fn throttled(&self, kind: &str) {
        self.throttled.with_label_values(&[bounded(kind, THROTTLE_KINDS)]).inc();
    }

    /// `writes` writes became durable together.
    #[expect(clippy::cast_precision_loss, reason = "a batch holds a few hundred writes")]
    pub fn store_committed(&self, writes: usize, elapsed: Duration) {
        self.store_commit.observe(elapsed.as_secs_f64());
        self.store_commit_batch.observe(writes as f64);
    }

    /// A natal chart was computed, not loaded.
    pub fn chart_computed(&self) {
        self.charts_computed.inc();
    }

    /// A question was answered, by one of [`PROVIDERS`], in one of [`LANGUAGES`].
    pub fn answered(&self, provider: &str, language: &str) {
        self.answers.with_label_values(&[bounded(provider, PROVIDERS), bounded(language, LANGUAGES)]).inc();
    }

    /// What happens between the appliance and its models.
    pub const fn gateway(&self) -> &GatewayMetrics {
        &self.gateway
    }

    /// A search ended; one of [`RETRIEVAL_OUTCOMES`].
    pub fn searched(&self, outcome: &str) {
        self.retrieval_queries.with_label_values(&[bounded(outcome, RETRIEVAL_OUTCOMES)]).inc();
    }

    /// A call of `model` was charged to the tenant of this slug.
    pub fn model_cost(&self, tenant: &str, model: &str, micro_usd: u64) {
        let labels = [self.tenants.label(tenant), self.models.label(model)];
        self.model_cost.with_label_values(&labels).inc_by(micro_usd as f64 / 1e6);
    }

    /// A call of `model` used so many tokens; one of [`DIRECTIONS`].
    pub fn model_tokens(&self, tenant: &str, model: &str, direction: &str, tokens: u64) {
        let labels = [self.tenants.label(tenant), self.models.label(model), bounded(direction, DIRECTIONS)];
        self.model_tokens.with_label_values(&labels).inc_by(tokens);
    }

    /// A limit of the tenant of this slug came near or was reached; one of [`BUDGET_LEVELS`].
    pub fn budget_event(&self, tenant: &str, level: &str) {
        self.budget_events.with_label_values(&[self.tenants.label(tenant), bounded(level, BUDGET_LEVELS)]).inc();
    }

    /// So much is held for calls that have not ended.
    pub fn ledger_reserved(&self, micro_usd: u64) {
        self.ledger_reserved.set(micro_usd as f64 / 1e6);
    }

    /// So many reservations of processes that ended could not be released at the start.
    pub fn ledger_stuck(&self, count: u64) {
        self.ledger_stuck.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// The Prometheus text format, version 0.0.4.
    ///
    /// # Errors
    /// When a metric cannot be written as text.
    pub fn render(&self) -> prometheus::Result<String> {
        let mut text = String::new();
        prometheus::TextEncoder::new().encode_utf8(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Reads the text format as its specification describes it, and holds that each sample follows its TYPE line.
    fn samples(text: &str) -> BTreeMap<String, f64> {
        let mut typed: BTreeSet<&str> = BTreeSet::new();
        let mut samples = BTreeMap::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("name and kind");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(typed.insert(name), "{name} is described twice");
            } else if !line.starts_with("# HELP ") {
                let (series, value) = line.rsplit_once(' ').expect("series and value");
                let name = series.split('{').next().expect("a name");
                assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'), "{line}");
                let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
                assert!(typed.contains(name) || family.is_some_and(|f| typed.contains(f)), "{line} has no TYPE");
                assert!(samples.insert(series.to_owned(), value.parse().expect("a number")).is_none(), "{line}");
            }
        }
        samples
    }

    #[test]
    fn what_happened_is_counted_and_the_text_parses() {
        let metrics = Metrics::new().expect("metrics");
        let in_flight = metrics.http_started();
        metrics.http_answered("GET", Some("/v1/charts/{id}"), 200, Duration::from_millis(30));
        metrics.http_answered("GET", None, 404, Duration::from_millis(1));
        metrics.auth_event("login");
        metrics.throttled("login");
        metrics.store_committed(7, Duration::from_micros(900));
        metrics.chart_computed();
        metrics.answered("composer", "fr");
        metrics.searched("found");
        metrics.model_cost("acme", "gpt-4o", 1_250_000);
        metrics.model_tokens("acme", "gpt-4o", "output", 7);
        metrics.budget_event("acme", "warn");
        metrics.ledger_reserved(500_000);
        metrics.ledger_stuck(2);
        let seen = samples(&metrics.render().expect("text"));
        assert_eq!(seen[r#"http_requests_total{method="GET",route="/v1/charts/{id}",status="200"}"#], 1.0);
        assert_eq!(seen[r#"http_requests_total{method="GET",route="unmatched",status="404"}"#], 1.0);
        assert_eq!(seen[r#"http_request_duration_seconds_bucket{route="/v1/charts/{id}",le="0.025"}"#], 0.0);
        assert_eq!(seen[r#"http_request_duration_seconds_bucket{route="/v1/charts/{id}",le="0.05"}"#], 1.0);
        assert_eq!(seen["http_requests_in_flight"], 1.0);
        assert_eq!(seen[r#"auth_events_total{event="login"}"#], 1.0);
        assert_eq!(seen[r#"throttled_total{kind="login"}"#], 1.0);
        assert_eq!(seen["store_commit_batch_size_sum"], 7.0);
        assert_eq!(seen[r#"store_commit_seconds_bucket{le="0.001"}"#], 1.0);
        assert_eq!(seen["charts_computed_total"], 1.0);
        assert_eq!(seen[r#"answers_total{language="fr",provider="composer"}"#], 1.0);
        assert_eq!(seen[r#"retrieval_queries_total{outcome="found"}"#], 1.0);
        assert_eq!(seen[concat!(r#"build_info{version=""#, env!("CARGO_PKG_VERSION"), r#""}"#)], 1.0);
        assert_eq!(seen[r#"llm_cost_usd_total{model="gpt-4o",tenant="acme"}"#], 1.25);
        assert_eq!(seen[r#"llm_tokens_total{direction="output",model="gpt-4o",tenant="acme"}"#], 7.0);
        assert_eq!(seen[r#"budget_events_total{level="warn",tenant="acme"}"#], 1.0);
        assert_eq!(seen["ledger_reserved_usd"], 0.5);
        assert_eq!(seen["ledger_stuck_reservations"], 2.0);
        drop(in_flight);
        assert_eq!(samples(&metrics.render().expect("text"))["http_requests_in_flight"], 0.0);
    }

    #[test]
    fn labels_take_no_value_that_a_client_chooses() {
        let metrics = Metrics::new().expect("metrics");
        for n in 0..2_000 {
            let chosen = format!("x{n}\"\n");
            metrics.http_answered(&chosen, Some(&chosen), n, Duration::ZERO);
            metrics.auth_event(&chosen);
            metrics.throttled(&chosen);
            metrics.answered(&chosen, &chosen);
            metrics.searched(&chosen);
            metrics.budget_event(&chosen, &chosen);
        }
        let seen = samples(&metrics.render().expect("text"));
        assert_eq!(seen[r#"auth_events_total{event="other"}"#], 2_000.0);
        assert_eq!(seen[r#"answers_total{language="other",provider="other"}"#], 2_000.0);
        let routes = seen.keys().filter(|series| series.starts_with("http_request_duration_seconds_count"));
        assert_eq!(routes.count(), ROUTES_MAX + 1);
        let tenants = seen.keys().filter(|series| series.starts_with("budget_events_total"));
        assert_eq!(tenants.count(), METRIC_TENANTS_MAX + 1);
    }

    #[test]
    fn bounds_hold_for_every_allowed_set() {
        for set in
            [METHODS, AUTH_EVENTS, THROTTLE_KINDS, PROVIDERS, LANGUAGES, RETRIEVAL_OUTCOMES, DIRECTIONS, BUDGET_LEVELS]
        {
            assert!(set.iter().all(|value| bounded(value, set) == *value));
            assert_eq!(bounded("", set), OTHER);
            assert!(!set.contains(&OTHER));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_is_described() {
        let text = Metrics::new().expect("metrics").render().expect("text");
        assert!(text.contains("process_resident_memory_bytes"));
    }
}
