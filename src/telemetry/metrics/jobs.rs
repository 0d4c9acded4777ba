//! A: Metrics of the job queue. Labels are names of kinds and queues, which the program makes and no client.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry};

use super::{OTHER, counters};

/// Kinds and queues told apart; later ones count as [`OTHER`].
const NAMES_MAX: usize = 64;
/// Upper bounds of waits and runs, in seconds.
const BUCKETS_S: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// How one queue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Depth<'a> {
    /// The queue.
    pub queue: &'a str,
    /// Jobs that wait for a worker, for their instant or for their next try.
    pub waiting: u64,
    /// Jobs that run.
    pub running: u64,
    /// Dead letters that are kept.
    pub dead: u64,
    /// Jobs in quarantine.
    pub quarantined: u64,
    /// How long the first job in line has waited, in milliseconds.
    pub oldest_ms: u64,
}

/// Metrics of the job queue. Clones share them.
#[derive(Clone, Debug)]
pub struct JobMetrics {
    names: std::sync::Arc<Mutex<Vec<String>>>,
    retries: IntCounterVec,
    failures: IntCounterVec,
    dlq: IntCounterVec,
    poison: IntCounterVec,
    lease_expiries: IntCounterVec,
    finished: IntCounterVec,
    start_latency: HistogramVec,
    duration: HistogramVec,
    depth: IntGaugeVec,
    running: IntGaugeVec,
    dead: IntGaugeVec,
    quarantined: IntGaugeVec,
    oldest: IntGaugeVec,
}

fn gauges(r: &Registry, name: &str, help: &str) -> prometheus::Result<IntGaugeVec> {
    let metric = IntGaugeVec::new(Opts::new(name, help), &["queue"])?;
    r.register(Box::new(metric.clone()))?;
    Ok(metric)
}

fn times(r: &Registry, name: &str, help: &str) -> prometheus::Result<HistogramVec> {
    let metric = HistogramVec::new(HistogramOpts::new(name, help).buckets(BUCKETS_S.to_vec()), &["task"])?;
    r.register(Box::new(metric.clone()))?;
    Ok(metric)
}

impl JobMetrics {
    pub(super) fn new(r: &Registry) -> prometheus::Result<Self> {
        let task = &["task"];
        let queue = &["queue"];
        Ok(Self {
            names: std::sync::Arc::default(),
            retries: counters(r, "job_retry_total", "Attempts that failed and are tried again.", task)?,
            failures: counters(r, "job_failure_total", "Attempts that failed.", task)?,
            dlq: counters(r, "job_dlq_total", "Jobs that became dead letters.", queue)?,
            poison: counters(r, "job_poison_total", "Jobs that went to quarantine.", task)?,
            lease_expiries: counters(r, "job_lease_expired_total", "Jobs taken back from lost workers.", queue)?,
            finished: counters(r, "job_attempt_total", "Attempts by the state they led to.", &["task", "state"])?,
            start_latency: times(r, "job_start_latency_seconds", "Time from when a job may run until it starts.")?,
            duration: times(r, "job_duration_seconds", "Time that a handler took.")?,
            depth: gauges(r, "job_queue_depth", "Jobs that wait.")?,
            running: gauges(r, "job_queue_running", "Jobs that run.")?,
            dead: gauges(r, "job_dlq_depth", "Dead letters that are kept.")?,
            quarantined: gauges(r, "job_quarantine_depth", "Jobs in quarantine.")?,
            oldest: gauges(r, "job_oldest_age_seconds", "How long the first job in line has waited.")?,
        })
    }

    /// The name itself while there is room for it: a foreign name in a store cannot grow the registry for ever.
    fn label<'n>(&self, name: &'n str) -> &'n str {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.iter().any(|known| known == name) {
            return name;
        }
        if names.len() >= NAMES_MAX {
            return OTHER;
        }
        names.push(name.to_owned());
        name
    }

    /// An attempt began, so long after the job might have run.
    pub fn started(&self, task: &str, waited: Duration) {
        self.start_latency.with_label_values(&[self.label(task)]).observe(waited.as_secs_f64());
    }

    /// An attempt ended and led to `state`.
    pub fn ended(&self, task: &str, state: &str, ran: Duration) {
        let task = self.label(task);
        self.duration.with_label_values(&[task]).observe(ran.as_secs_f64());
        self.finished.with_label_values(&[task, state]).inc();
    }

    /// An attempt failed.
    pub fn failed(&self, task: &str) {
        self.failures.with_label_values(&[self.label(task)]).inc();
    }

    /// A failed job is tried again.
    pub fn retried(&self, task: &str) {
        self.retries.with_label_values(&[self.label(task)]).inc();
    }

    /// A job became a dead letter.
    pub fn dead(&self, queue: &str) {
        self.dlq.with_label_values(&[self.label(queue)]).inc();
    }

    /// A job went to quarantine.
    pub fn poisoned(&self, task: &str) {
        self.poison.with_label_values(&[self.label(task)]).inc();
    }

    /// A job was taken back from a lost worker.
    pub fn lease_expired(&self, queue: &str) {
        self.lease_expiries.with_label_values(&[self.label(queue)]).inc();
    }

    /// How a queue stands now.
    pub fn depth(&self, depth: Depth<'_>) {
        let queue = self.label(depth.queue);
        let set = |gauge: &IntGaugeVec, value: u64| {
            gauge.with_label_values(&[queue]).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&self.depth, depth.waiting);
        set(&self.running, depth.running);
        set(&self.dead, depth.dead);
        set(&self.quarantined, depth.quarantined);
        set(&self.oldest, depth.oldest_ms / 1_000);
    }
}
