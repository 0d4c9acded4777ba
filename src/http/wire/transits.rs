//! Wire form of the transits to a chart. Computes nothing.

use salvo::oapi::ToSchema;
use serde::Serialize;

use super::calendar::utc;
use super::chart::Versions;
use crate::almanac::{Transits, titles};
use crate::astro::events::{self, Pass, Window};
use crate::astro::{self, Lang};

/// The transits of a period to a chart.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitsReply {
    /// First local day.
    pub from: String,
    /// Last local day.
    pub to: String,
    /// IANA time zone whose days they are.
    pub tz: String,
    /// The transits by their start; those within orb from the start of the period come first.
    pub transits: Vec<TransitReply>,
    /// How many there are; more than `transits` holds if it was cut.
    pub total: usize,
    /// Points of the chart to which no transit could be told, with the reason.
    pub unknowns: Vec<UnknownReply>,
    /// What made this result.
    pub versions: Versions,
}

/// A transit from its coming within orb to its leaving.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransitReply {
    /// A line for people.
    pub title: String,
    /// Body in the sky.
    pub transiting: String,
    /// Aspect.
    pub aspect: String,
    /// Point of the chart.
    pub natal: String,
    /// Largest orb, degrees.
    pub orb_max_deg: f64,
    /// When it comes within orb; null if it is so from the start of the period.
    pub enters: Option<WindowReply>,
    /// Every exact pass, in order.
    pub passes: Vec<PassReply>,
    /// When it leaves; null if it is within orb to the end of the period.
    pub leaves: Option<WindowReply>,
    /// Whether it comes about wherever a vague birth time leaves the point; true for an exact one.
    pub certain: bool,
}

/// A moment, or the window in which a vague birth time leaves it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WindowReply {
    /// The moment, or its earliest; RFC 3339, UTC.
    pub from: String,
    /// The moment, or its latest.
    pub to: String,
}

/// An exact pass.
#[derive(Debug, Serialize, ToSchema)]
pub struct PassReply {
    /// Its place among the passes of this stay within orb, from 1; a loop that leaves the orb and comes back has its passes
    /// in several transits; absent where a birth of inexact time leaves it open.
    pub number: Option<u16>,
    /// When it is exact.
    pub exact: WindowReply,
    /// Whether the body then moves backwards; absent if it turns within the window.
    pub retrograde: Option<bool>,
    /// Whether the body turns within the window, so that there may be none, or more than one.
    pub turns_within: bool,
    /// Whether there is this one pass wherever a birth of inexact time leaves the point.
    pub certain: bool,
}

/// A point that is left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnknownReply {
    /// Which.
    pub what: String,
    /// Why.
    pub why: String,
}

impl TransitsReply {
    /// Wire form of transits.
    pub fn new(found: &Transits, lang: Lang) -> Self {
        Self {
            from: found.period.from.clone(),
            to: found.period.to.clone(),
            tz: found.period.zone.clone(),
            transits: found.transits.iter().map(|t| transit(t, lang)).collect(),
            total: found.total,
            unknowns: found
                .unknowns
                .iter()
                .map(|unknown| UnknownReply { what: unknown.what.clone(), why: unknown.why_in(lang).into_owned() })
                .collect(),
            versions: (&astro::Versions::under(&found.ruleset)).into(),
        }
    }
}

fn transit(t: &events::Transit, lang: Lang) -> TransitReply {
    TransitReply {
        title: titles::transit_title(t, lang),
        transiting: t.transiting.code().to_owned(),
        aspect: t.aspect.code().to_owned(),
        natal: t.natal.code().to_owned(),
        orb_max_deg: t.orb_max_deg,
        enters: t.enters.map(window),
        passes: t.passes.iter().map(pass).collect(),
        leaves: t.leaves.map(window),
        certain: t.certain,
    }
}

fn pass(p: &Pass) -> PassReply {
    PassReply {
        number: p.number,
        exact: window(p.exact),
        retrograde: p.retrograde,
        turns_within: p.turns_within,
        certain: p.certain,
    }
}

fn window(w: Window) -> WindowReply {
    WindowReply { from: utc(w.from_jd_tt), to: utc(w.to_jd_tt) }
}
