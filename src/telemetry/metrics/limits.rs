//! A: Counters of what limits held back and plans counted, and gauges of the streams' gate. Decides nothing.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Registry};

use super::{OTHER, counter, counters, gauge};
use crate::error::Code;
use crate::limits::METRIC_TENANTS_MAX;
use crate::telemetry::labels::Bounded;

/// Tenant label of whoever showed no good credential.
pub const ANONYMOUS: &str = "anonymous";
/// Why a request may be held back: the scope, no room to remember one more of it, or the plan.
pub const BLOCK_REASONS: &[&str] = &[
    "tenant",
    "user",
    "key",
    "address",
    "route_auth",
    "route_read",
    "route_compute",
    "route_chat",
    "route_ops",
    "full",
    "quota_exceeded",
];

/// Metrics of rates, quotas and streams.
#[derive(Debug)]
pub struct LimitMetrics {
    tenants: Bounded,
    blocks: IntCounterVec,
    quota_consumed: IntCounterVec,
    quota_refused: IntCounterVec,
    streams_open: IntGauge,
    streams_queued: IntGauge,
    streams_refused: IntCounter,
}

impl LimitMetrics {
    pub(super) fn new(r: &Registry) -> prometheus::Result<Self> {
        let blocks = "Requests held back by a rate or a plan.";
        Ok(Self {
            tenants: Bounded::new(METRIC_TENANTS_MAX),
            blocks: counters(r, "rate_limit_blocks_total", blocks, &["tenant", "reason"])?,
            quota_consumed: counters(r, "quota_consumed_total", "Messages counted against plans.", &["tenant"])?,
            quota_refused: counters(r, "quota_refused_total", "Messages that a plan did not allow.", &["tenant"])?,
            streams_open: gauge(r, "streams_open", "Streams of text that are open.")?,
            streams_queued: gauge(r, "streams_queued", "Requests that wait for a stream.")?,
            streams_refused: counter(r, "streams_refused_total", "Requests that got no stream.")?,
        })
    }

    /// A request of the tenant (by slug) was held back; one of [`BLOCK_REASONS`].
    pub fn blocked(&self, tenant: &str, reason: &str) {
        let reason = BLOCK_REASONS.iter().find(|known| **known == reason).copied().unwrap_or(OTHER);
        self.blocks.with_label_values(&[self.tenants.label(tenant), reason]).inc();
    }

    /// A message of the tenant whose slug this finds was counted, or was refused: by its plan, or for what says nothing here.
    pub fn quota(&self, slug: impl FnOnce() -> String, refused: Option<Code>) {
        match refused {
            None => self.quota_consumed.with_label_values(&[self.tenants.label(&slug())]).inc(),
            Some(Code::QuotaExceeded) => {
                let slug = slug();
                self.quota_refused.with_label_values(&[self.tenants.label(&slug)]).inc();
                self.blocked(&slug, Code::QuotaExceeded.as_str());
            }
            Some(_) => {}
        }
    }

    /// How the streams' gate stands; `refused` counts from the start and never falls.
    pub fn streams(&self, open: usize, queued: usize, refused: u64) {
        let size = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.streams_open.set(size(open));
        self.streams_queued.set(size(queued));
        self.streams_refused.inc_by(refused.saturating_sub(self.streams_refused.get()));
    }
}
