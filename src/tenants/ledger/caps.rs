//! S: Which limits hold for a call, what is left of each, and what is told when one comes near. Grants nothing.

use std::collections::BTreeMap;

use serde_json::json;

use super::accounts::{account, balance};
use super::period;
use crate::audit::{self, Auditor, RequestContext};
use crate::clock::UnixMs;
use crate::error::{Code, Error, Result};
use crate::store::tables::Actor;
use crate::store::tables::ledger::{
    Balance, Cap, EVENTS, EventKey, EventRow, LIMITS, LimitsRow, Period, Scope, Standing, Subject, Window,
};
use crate::store::{Reads, Tx};
use crate::tokens::MicroUsd;

/// Share of a limit, in percent, from which its user is warned.
pub const WARN_PERCENT: u8 = 80;
/// Share at which a limit is used up.
pub const FULL_PERCENT: u8 = 100;

/// Limits of tenants that have none of their own, from the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// How long they count.
    pub window: Window,
    /// Whether a request beyond them is refused.
    pub hard: bool,
    /// For every tenant; nothing means no limit.
    pub everyone: MicroUsd,
    /// For single tenants, by slug; nothing means no limit.
    pub by_slug: BTreeMap<String, MicroUsd>,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { window: Window::Month, hard: false, everyone: MicroUsd::ZERO, by_slug: BTreeMap::new() }
    }
}

impl Defaults {
    /// What the settings say for this scope and window.
    pub fn cap(&self, scope: &Scope, slug: &str, window: Window) -> Option<Cap> {
        let is_theirs = scope.subject == Subject::Tenant && window == self.window;
        let limit = *self.by_slug.get(slug).unwrap_or(&self.everyone);
        is_theirs.then_some(Cap { limit, hard: self.hard })
    }
}

impl LimitsRow {
    /// What holds for one window.
    pub const fn standing(&self, window: Window) -> &Standing {
        match window {
            Window::Day => &self.day,
            Window::Month => &self.month,
            Window::Total => &self.total,
        }
    }

    /// The same, to be changed.
    pub(super) const fn standing_mut(&mut self, window: Window) -> &mut Standing {
        match window {
            Window::Day => &mut self.day,
            Window::Month => &mut self.month,
            Window::Total => &mut self.total,
        }
    }
}

impl Standing {
    /// What of `balance` counts against the limit in `period`.
    pub fn counted(&self, balance: &Balance, period: Period) -> MicroUsd {
        let forgiven = if self.forgiven_in == period.index { self.forgiven } else { MicroUsd::ZERO };
        balance.spent.less(forgiven)
    }
}

/// A limit that holds for a call, and what stands against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Whose.
    pub scope: Scope,
    /// Which day or month, or all.
    pub period: Period,
    /// How much.
    pub cap: Cap,
    /// Which state of it.
    pub epoch: u64,
    /// What counts as spent.
    pub spent: MicroUsd,
    /// What is held.
    pub reserved: MicroUsd,
}

impl Limit {
    /// What is neither spent nor held.
    pub const fn left(&self) -> MicroUsd {
        self.cap.limit.less(self.spent).less(self.reserved)
    }

    /// Share that is spent, in whole percent, rounded down.
    pub fn percent(&self) -> u64 {
        self.spent.percent_of(self.cap.limit)
    }

    /// Whether a tenant may hear how much of it is spent: not of what all tenants share.
    const fn is_told(&self) -> bool {
        !matches!(self.scope.subject, Subject::ModelEverywhere(_))
    }

    /// Whether it is used up: all is spent, or so much that a call of `wanted` found no room beside it.
    fn is_full(&self, wanted: MicroUsd) -> bool {
        self.spent >= self.cap.limit || (self.left() < wanted && self.percent() >= u64::from(WARN_PERCENT))
    }

    /// When it starts anew; never, for all.
    pub fn resets_at(&self) -> Option<UnixMs> {
        period::ends_at(self.period)
    }
}

/// A limit that has no room for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// Which one: the tightest of those without room, hard ones first.
    pub limit: Limit,
}

impl Exhausted {
    /// The same as a warning; none where the limit is that of all tenants together, which is not theirs to know.
    pub fn warning(&self) -> Option<Warning> {
        self.limit.is_told().then(|| Warning { limit: self.limit.clone() })
    }

    /// The refusal. It names the kind of the limit and when it starts anew, not the tenant's amounts.
    pub fn refusal(&self) -> Error {
        let resets = self.limit.resets_at().map(UnixMs::rfc3339);
        let (kind, window) = (self.limit.scope.subject.kind(), self.limit.period.window.code());
        let until = resets
            .as_ref()
            .map_or_else(|| String::from("it does not start anew by itself"), |at| format!("it starts anew at {at}"));
        let of = match self.limit.period.window {
            Window::Day => "today's",
            Window::Month => "this month's",
            Window::Total => "the whole",
        };
        Error::new(Code::BudgetExhausted)
            .message(format!("There is not enough left of {of} budget ({}) for this request; {until}.", label(kind)))
            .detail("scope", json!(kind))
            .detail("window", json!(window))
            .detail("resets_at", json!(resets))
    }
}

fn label(kind: &str) -> &'static str {
    match kind {
        "tenant" => "your organisation's",
        "user" => "your own",
        "key" => "this API key's",
        _ => "this model's",
    }
}

/// A limit of which much is spent, for headers and for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The limit with the largest share spent.
    pub limit: Limit,
}

impl Warning {
    /// Value of a response header: `tenant;window=month;percent=83;resets=2026-12-01T00:00:00.000Z`.
    pub fn header(&self) -> String {
        let (kind, window) = (self.limit.scope.subject.kind(), self.limit.period.window.code());
        let resets = self.limit.resets_at().map_or_else(String::new, |at| format!(";resets={}", at.rfc3339()));
        format!("{kind};window={window};percent={}{resets}", self.limit.percent())
    }
}

/// What was told for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// [`WARN_PERCENT`] or [`FULL_PERCENT`].
    pub level: u8,
}

impl Told {
    /// Name of the level in metrics.
    pub const fn code(self) -> &'static str {
        if self.level >= FULL_PERCENT { "block" } else { "warn" }
    }
}

/// Every limit that holds for a call of these scopes at `at`.
pub fn limits(reads: &impl Reads, scopes: &[Scope], at: UnixMs, defaults: &Defaults, slug: &str) -> Result<Vec<Limit>> {
    let mut found = Vec::new();
    for scope in scopes {
        let row = reads.get(&LIMITS, scope)?.unwrap_or_default();
        let mut of_scope = None;
        for window in Window::ALL {
            let standing = row.standing(window);
            let cap = standing.cap.or_else(|| defaults.cap(scope, slug, window));
            let Some(cap) = cap.filter(|cap| !cap.limit.is_zero()) else { continue };
            let account = match of_scope {
                Some(account) => account,
                None => *of_scope.insert(account(reads, scope)?),
            };
            let period = period::period(at, window);
            let balance = balance(reads, scope, &account, period)?;
            let (spent, epoch) = (standing.counted(&balance, period), standing.epoch);
            found.push(Limit { scope: scope.clone(), period, cap, epoch, spent, reserved: balance.reserved });
        }
    }
    Ok(found)
}

/// The limit that has no room for `bound`, if one has none: hard ones first, then the one with the least left.
pub fn exhausted(limits: &[Limit], bound: MicroUsd) -> Option<Exhausted> {
    let full = limits.iter().filter(|limit| limit.left() < bound);
    let tightest = full.min_by_key(|limit| (!limit.cap.hard, limit.left()));
    tightest.map(|limit| Exhausted { limit: limit.clone() })
}

/// The limit with the largest share spent, once that is much, of those that a tenant may hear of.
pub fn warning(limits: &[Limit]) -> Option<Warning> {
    let near = limits.iter().filter(|limit| limit.is_told() && limit.percent() >= u64::from(WARN_PERCENT));
    near.max_by_key(|limit| limit.percent()).map(|limit| Warning { limit: limit.clone() })
}

/// Tells, once for each state of a limit in each period, that 80 % of it are spent, and that it is used up: a row and an
/// entry of the tenant's audit chain. A call of `wanted` that is too large for a limit of which little is spent says nothing
/// of the limit, so it must not use up the one event that the end of it has.
pub fn tell(
    tx: &mut Tx<'_>,
    auditor: &Auditor,
    limits: &[Limit],
    wanted: MicroUsd,
    at: UnixMs,
    request_id: &str,
) -> Result<Vec<Told>> {
    let mut told = Vec::new();
    for limit in limits {
        let is_near = limit.percent() >= u64::from(WARN_PERCENT);
        for (level, is_due) in [(WARN_PERCENT, is_near), (FULL_PERCENT, limit.is_full(wanted))] {
            let event = EventKey { epoch: limit.epoch, limit: limit.cap.limit, level };
            let key = (limit.scope.clone(), limit.period, event);
            if !is_due || tx.get(&EVENTS, &key)?.is_some() {
                continue;
            }
            tx.put(&EVENTS, &key, &EventRow { at, spent: limit.spent, reserved: limit.reserved })?;
            let request = RequestContext { request_id: request_id.to_owned(), address: None };
            let action = if level == WARN_PERCENT { "budget_warning" } else { "budget_exhausted" };
            let entry = auditor
                .entry(limit.scope.tenant, &request, Actor::System, action)
                .target("budget", name(&limit.scope))
                .detail("window", limit.period.window.code())
                .detail("period", limit.period.index)
                .detail("limit_micro_usd", limit.cap.limit.0)
                .detail("spent_micro_usd", limit.spent.0)
                .detail("reserved_micro_usd", limit.reserved.0)
                .detail("block", if limit.cap.hard { "hard" } else { "soft" });
            audit::append(tx, auditor, entry)?;
            told.push(Told { level });
        }
    }
    Ok(told)
}

/// A scope within its tenant, as audit entries name it: `user:usr_..`.
pub fn name(scope: &Scope) -> String {
    let kind = scope.subject.kind();
    match &scope.subject {
        Subject::Tenant => kind.to_owned(),
        Subject::User(id) => format!("{kind}:{id}"),
        Subject::Key(id) => format!("{kind}:{id}"),
        Subject::Model(model) | Subject::ModelEverywhere(model) => format!("{kind}:{model}"),
    }
}
