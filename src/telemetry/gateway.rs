//! A: Counters and timings of the calls to models. Part of [`super::Metrics`]; knows no model.

use std::time::Duration;

use prometheus::{HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::metrics::{PROVIDERS, bounded, counters, durations, gauge};

/// How a call of a model may end, and why an answer is not what was asked for.
pub const CALL_OUTCOMES: &[&str] = &[
    "answered",
    "cancelled",
    "upstream_timeout",
    "upstream_error",
    "upstream_refused",
    "upstream_busy",
    "circuit_open",
    "budget_exhausted",
    "unsupported",
    "model_not_priced",
    "invalid_request",
    "no_model",
];
/// What may become of a retry.
pub const RETRY_RESULTS: &[&str] = &["made", "refused"];
/// States of a breaker; the metric shows the place in this list.
pub const BREAKER_STATES: &[&str] = &["closed", "half_open", "open"];
/// What may become of a sentence.
pub const SENTENCE_FATES: &[&str] = &["kept", "dropped"];

/// Calls of models, by provider.
#[derive(Debug)]
pub struct GatewayMetrics {
    calls: IntCounterVec,
    retries: IntCounterVec,
    breaker: IntGaugeVec,
    first_delta: HistogramVec,
    sentences: IntCounterVec,
    degraded: IntCounterVec,
    streams: IntGauge,
    unanswered: IntCounterVec,
}

/// One open stream; counted out when dropped.
#[derive(Debug)]
pub struct OpenStream(IntGauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl GatewayMetrics {
    pub(super) fn new(r: &Registry) -> prometheus::Result<Self> {
        let opts = Opts::new("llm_breaker_state", "0 closed, 1 half open, 2 open.");
        let breaker = IntGaugeVec::new(opts, &["provider"])?;
        r.register(Box::new(breaker.clone()))?;
        Ok(Self {
            calls: counters(r, "llm_calls_total", "Calls of a model, by how they ended.", &["provider", "outcome"])?,
            retries: counters(
                r,
                "llm_retries_total",
                "Retries made, and refused by the budget.",
                &["provider", "result"],
            )?,
            breaker,
            first_delta: durations(r, "llm_first_delta_seconds", "Time from a call to its first text.", &["provider"])?,
            sentences: counters(
                r,
                "llm_sentences_total",
                "Sentences of a model, by the check.",
                &["provider", "fate"],
            )?,
            degraded: counters(r, "llm_degraded_total", "Answers that are not what was asked for.", &["reason"])?,
            unanswered: counters(
                r,
                "llm_unanswered_prompts_total",
                "Prompts sent to an upstream that gave no text for them: it may charge for what nobody here is charged for.",
                &["provider"],
            )?,
            streams: gauge(r, "llm_streams_open", "Calls of models that are open.")?,
        })
    }

    /// A call ended; `outcome` is one of `CALL_OUTCOMES`.
    pub fn called(&self, provider: &str, outcome: &str) {
        self.calls.with_label_values(&[bounded(provider, PROVIDERS), bounded(outcome, CALL_OUTCOMES)]).inc();
    }

    /// A retry was made or refused; one of `RETRY_RESULTS`.
    pub fn retried(&self, provider: &str, result: &str) {
        self.retries.with_label_values(&[bounded(provider, PROVIDERS), bounded(result, RETRY_RESULTS)]).inc();
    }

    /// A prompt was sent, and no text came.
    pub fn unanswered(&self, provider: &str) {
        self.unanswered.with_label_values(&[bounded(provider, PROVIDERS)]).inc();
    }

    /// What a breaker lets through now; one of `BREAKER_STATES`.
    pub fn breaker(&self, provider: &str, state: &str) {
        let place = BREAKER_STATES.iter().position(|known| *known == state).unwrap_or_default();
        self.breaker.with_label_values(&[bounded(provider, PROVIDERS)]).set(i64::try_from(place).unwrap_or_default());
    }

    /// The first text of a call came.
    pub fn first_delta(&self, provider: &str, after: Duration) {
        self.first_delta.with_label_values(&[bounded(provider, PROVIDERS)]).observe(after.as_secs_f64());
    }

    /// Sentences of a model that passed the check, and that did not.
    pub fn sentences(&self, provider: &str, kept: u64, dropped: u64) {
        for (fate, count) in SENTENCE_FATES.iter().zip([kept, dropped]) {
            self.sentences.with_label_values(&[bounded(provider, PROVIDERS), fate]).inc_by(count);
        }
    }

    /// An answer is not what was asked for; one of `CALL_OUTCOMES`.
    pub fn degraded(&self, reason: &str) {
        self.degraded.with_label_values(&[bounded(reason, CALL_OUTCOMES)]).inc();
    }

    /// A call is open; keep the answer until it ended.
    #[must_use]
    pub fn stream_opened(&self) -> OpenStream {
        self.streams.inc();
        OpenStream(self.streams.clone())
    }
}
