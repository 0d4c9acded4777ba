//! A: Counters and timings of the engine that runs the local model. Part of [`super::Metrics`]; knows no model.

use std::time::Duration;

use prometheus::{Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::metrics::{bounded, counter, counters, gauge, histogram};

/// How a sequence may end.
pub const SEQUENCE_ENDS: &[&str] = &["stop", "length", "cancelled", "timeout", "failed", "refused"];
/// What a page may hold.
pub const PAGE_STATES: &[&str] = &["used", "cached", "free"];
/// What tokens are to the engine: read, not read as they were kept from before, written.
pub const ENGINE_TOKENS: &[&str] = &["prompt", "prefix_hit", "completion"];

/// Upper bounds of the time of a step, in seconds.
const STEP_BUCKETS_S: &[f64] = &[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];
/// Upper bounds of the tokens of a step.
const STEP_TOKENS_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// The engine's metrics. Clones share them.
#[derive(Clone, Debug)]
pub struct EngineMetrics {
    queued: IntGauge,
    running: IntGauge,
    pages: IntGaugeVec,
    tokens: IntCounterVec,
    ended: IntCounterVec,
    panics: IntCounter,
    step: Histogram,
    step_tokens: Histogram,
}

/// How the engine stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineState {
    /// Sequences that wait.
    pub queued: usize,
    /// Sequences that run.
    pub running: usize,
    /// Pages that a running sequence reads.
    pub used: usize,
    /// Pages kept for the next sequence with the same beginning.
    pub cached: usize,
    /// Pages that hold nothing.
    pub free: usize,
}

impl EngineMetrics {
    pub(super) fn new(r: &Registry) -> prometheus::Result<Self> {
        let pages = Opts::new("local_kv_pages", "Pages of cached keys and values, by what they hold.");
        let pages = IntGaugeVec::new(pages, &["state"])?;
        r.register(Box::new(pages.clone()))?;
        Ok(Self {
            queued: gauge(r, "local_sequences_queued", "Sequences that wait for the local model.")?,
            running: gauge(r, "local_sequences_running", "Sequences that the local model works on.")?,
            pages,
            tokens: counters(r, "local_tokens_total", "Tokens of the local model.", &["kind"])?,
            ended: counters(r, "local_sequences_total", "Sequences of the local model, by how they ended.", &["end"])?,
            panics: counter(r, "local_step_failures_total", "Steps of the local model that failed.")?,
            step: histogram(r, "local_step_seconds", "Time of one step of the local model.", STEP_BUCKETS_S)?,
            step_tokens: histogram(
                r,
                "local_step_tokens",
                "Tokens that go through the local model in one step.",
                STEP_TOKENS_BUCKETS,
            )?,
        })
    }

    /// How the engine stands now.
    pub fn stands(&self, state: EngineState) {
        let size = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.queued.set(size(state.queued));
        self.running.set(size(state.running));
        for (name, count) in PAGE_STATES.iter().zip([state.used, state.cached, state.free]) {
            self.pages.with_label_values(&[name]).set(size(count));
        }
    }

    /// A step ended.
    pub fn stepped(&self, tokens: usize, elapsed: Duration) {
        self.step.observe(elapsed.as_secs_f64());
        self.step_tokens.observe(tokens as f64);
    }

    /// A step failed.
    pub fn step_failed(&self) {
        self.panics.inc();
    }

    /// So many tokens; one of `ENGINE_TOKENS`.
    pub fn tokens(&self, kind: &str, count: usize) {
        self.tokens.with_label_values(&[bounded(kind, ENGINE_TOKENS)]).inc_by(count as u64);
    }

    /// A sequence ended; one of `SEQUENCE_ENDS`.
    pub fn ended(&self, end: &str) {
        self.ended.with_label_values(&[bounded(end, SEQUENCE_ENDS)]).inc();
    }
}
