//! Wire form of a chart's aspects with their exact moments.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::chart::Unknown;
use super::figure::{AspectReply, ParallelReply, PatternReply};
use crate::astro::aspects::exact::ExactMoments;
use crate::astro::{self, AspectHit};
use crate::charts::StoredChart;

/// An aspect with its exact moments.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimedAspect {
    /// The aspect as the chart has it.
    pub hit: AspectReply,
    /// The last time at or before the chart that it was exact, RFC 3339; absent, as the next, and named in `unknowns` where it
    /// is not the same for every hour of a birth of inexact time.
    pub exact_before: Option<String>,
    /// The next time after the chart that it is exact, RFC 3339.
    pub exact_after: Option<String>,
}

/// The aspects of a chart.
#[derive(Debug, Serialize, ToSchema)]
pub struct AspectsReply {
    /// Id of the chart.
    pub chart: String,
    /// Name and version of the ruleset that the chart was made with.
    pub ruleset: String,
    /// Aspects, by first point and then by orb.
    pub aspects: Vec<TimedAspect>,
    /// Parallels and contra-parallels.
    pub parallels: Vec<ParallelReply>,
    /// Figures of several bodies.
    pub patterns: Vec<PatternReply>,
    /// What the birth data leave open, and why.
    pub unknowns: Vec<Unknown>,
}

impl AspectsReply {
    /// Of a chart and the moments of its aspects.
    pub fn new(stored: &StoredChart, moments: &[(&AspectHit, ExactMoments)], open: &[astro::Unknown]) -> Self {
        let timed = |(hit, exact): &(&AspectHit, ExactMoments)| TimedAspect {
            hit: (*hit).into(),
            exact_before: exact.previous.as_ref().map(|moment| moment.utc.clone()),
            exact_after: exact.next.as_ref().map(|moment| moment.utc.clone()),
        };
        Self {
            chart: stored.id.to_string(),
            ruleset: stored.chart.options.ruleset.clone(),
            aspects: moments.iter().map(timed).collect(),
            parallels: stored.chart.parallels.iter().map(Into::into).collect(),
            patterns: stored.chart.patterns.iter().map(Into::into).collect(),
            unknowns: stored.chart.unknowns.iter().chain(open).map(Into::into).collect(),
        }
    }
}
