//! S: What was used of a plan, counted in the transaction of the answer itself: an answer that fails costs nothing, and of
//! two that want the last message one commits and the other is refused. Decides no plan.
//!
//! What is begun and not yet counted holds its place too (`flights.rs`), as text may be told and models paid before an
//! answer commits.
//!
//! A day and a month are those of the calendar in the tenant's time zone, with the 23 and 25 hours that some days have.
//! The counts are durable, so that no restart gives anything back.

use crate::audit::{self, Auditor, RequestContext};
use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error, Result};
use crate::ids::{TenantId, UserId};
use crate::limits;
use crate::store::tables::limits::{QUOTA_OF_TENANT, QUOTA_OF_USER, UsedRow};
use crate::store::tables::{Actor, TENANTS};
use crate::store::{Reads, Store, Tx};

mod flights;
mod period;

use std::sync::Arc;

use self::flights::{Flights, Seat};
use self::period::Period;
use super::plans::{Holder, Plan, Plans};

/// What a bound counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Messages of the user on the day.
    UserDay,
    /// Messages of the whole tenant on the day.
    TenantDay,
    /// Messages of the whole tenant in the month.
    TenantMonth,
}

impl Span {
    /// Its name on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::UserDay => "user_day",
            Self::TenantDay => "tenant_day",
            Self::TenantMonth => "tenant_month",
        }
    }
}

/// A count, its bound if there is one, and when it starts anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// What is counted.
    pub span: Span,
    /// Most messages.
    pub limit: Option<u64>,
    /// Messages so far.
    pub consumed: u64,
    /// When it starts anew.
    pub resets_at: UnixMs,
}

impl Count {
    /// Messages that are left; none when there is no bound.
    pub fn remaining(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.consumed))
    }
}

/// How a user or a tenant stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Slug of the tenant.
    pub tenant_slug: String,
    /// IANA time zone of its day.
    pub zone: String,
    /// The day there, 2026-11-23.
    pub day: String,
    /// The plan of the user; of the tenant when no user is asked for.
    pub plan: Plan,
    /// Every count: the user's, then the tenant's.
    pub counts: Vec<Count>,
}

impl Quota {
    /// The bounded count with the least left: what the user meets first.
    pub fn tightest(&self) -> Option<&Count> {
        self.counts.iter().filter(|count| count.limit.is_some()).min_by_key(|count| count.remaining())
    }

    /// Refuses when one message more would pass a bound, beside the `others` that are on their way to each count.
    fn one_more(&self, now: UnixMs, others: impl Fn(&Count) -> u64) -> Result<()> {
        // Of several that are used up, the one that lasts longest says when it is worth to come back.
        let used_up = self.counts.iter().filter(|count| count.remaining() == Some(0));
        if let Some(count) = used_up.max_by_key(|count| count.resets_at) {
            return Err(self.refusal(count).retry_after_s(count.resets_at.since_ms(now).div_ceil(1_000).max(1)));
        }
        let full = |count: &Count| {
            let (left, others) = (count.remaining()?, others(count));
            (left <= others).then_some(others)
        };
        let Some((count, others)) = self.counts.iter().find_map(|count| Some((count, full(count)?))) else {
            return Ok(());
        };
        // Should one of them fail, there is room again.
        Err(self
            .refusal(count)
            .message("The last messages that the plan allows are being answered.")
            .detail("in_flight", others.into())
            .retry_after_s(limits::IN_FLIGHT_RETRY_AFTER_S))
    }

    fn refusal(&self, count: &Count) -> Error {
        Error::new(Code::QuotaExceeded)
            .detail("scope", count.span.code().into())
            .detail("limit", count.limit.into())
            .detail("consumed", count.consumed.into())
            .detail("remaining", 0.into())
            .detail("resets_at", count.resets_at.rfc3339().into())
            .detail("plan", self.plan.code.clone().into())
            .detail("plan_version", self.plan.version.into())
            .detail("day", self.day.clone().into())
            .detail("zone", self.zone.clone().into())
    }
}

/// The counts. Clones share everything.
#[derive(Clone, Debug)]
pub struct Quotas {
    store: Store,
    auditor: Auditor,
    ambient: Ambient,
    plans: Plans,
    flights: Flights,
}

/// One message that was begun, to be counted in the transaction of its answer. It holds its place within the plan until
/// the last clone is dropped; where the plan has no bounds there is none to hold.
#[derive(Clone, Debug)]
pub struct Charge {
    plans: Plans,
    tenant: TenantId,
    user: UserId,
    now: UnixMs,
    seat: Option<Arc<Seat>>,
}

impl Charge {
    /// Whether the plan had a bound when the message was begun.
    pub const fn is_bounded(&self) -> bool {
        self.seat.is_some()
    }

    /// Counts the message.
    ///
    /// # Errors
    /// [`Code::QuotaExceeded`] when a bound would be passed; the transaction must fail with it.
    pub fn apply(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Self { tenant, user, now, .. } = *self;
        let (quota, used) = look(tx, &self.plans, Holder::User(tenant, user), now)?;
        quota.one_more(now, |_| 0)?;
        for (of_user, row) in [(true, used.of_user), (false, used.of_tenant)] {
            let row = UsedRow { on_day: row.on_day + 1, in_month: row.in_month + 1, ..row };
            let counted = |span, number| self.seat.as_ref().map_or((), |seat| seat.counted(span, number));
            if of_user {
                tx.put(&QUOTA_OF_USER, &(tenant, user), &row)?;
                counted(Span::UserDay, row.on_day);
            } else {
                tx.put(&QUOTA_OF_TENANT, &tenant, &row)?;
                counted(Span::TenantDay, row.on_day);
                counted(Span::TenantMonth, row.in_month);
            }
        }
        Ok(())
    }
}

impl Quotas {
    /// Over `store`, with these plans.
    pub fn new(store: Store, auditor: Auditor, ambient: Ambient, plans: Plans) -> Self {
        Self { store, auditor, ambient, plans, flights: Flights::default() }
    }

    /// Begins a message, before any work is done for it, or refuses one that its transaction would refuse if all that are
    /// in flight come to their end. Give [`Charge::apply`] the transaction of its answer.
    ///
    /// # Errors
    /// [`Code::QuotaExceeded`].
    pub fn begin(&self, tenant: TenantId, user: UserId) -> Result<Charge> {
        let (holder, now) = (Holder::User(tenant, user), self.ambient.now());
        let look = || self.store.read(|view| read(view, &self.plans, holder, now));
        let first = look()?;
        first.one_more(now, |_| 0)?;
        let enter = || {
            self.flights.enter(tenant, user, |others| {
                // Read anew: what left the others since the first look is only here.
                look()?.one_more(now, |count| flights::uncounted(others, count.span, user, count.consumed))
            })
        };
        let seat = first.tightest().is_some().then(enter).transpose()?.map(Arc::new);
        Ok(Charge { plans: self.plans.clone(), tenant, user, now, seat })
    }

    /// How a user or a tenant stands.
    ///
    /// # Errors
    /// [`Code::TenantNotFound`].
    pub fn of(&self, holder: Holder) -> Result<Quota> {
        let now = self.ambient.now();
        self.store.read(|view| read(view, &self.plans, holder, now))
    }

    /// Sets the counts of a user or a tenant to nothing.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`], [`Code::TenantNotFound`], [`Code::UserNotFound`].
    pub async fn reset(&self, request: &RequestContext, by: &Actor, holder: Holder) -> Result<Quota> {
        super::require_operator(by)?;
        self.plans.of(holder)?;
        let (Holder::Tenant(tenant) | Holder::User(tenant, _)) = holder;
        let entry = self.auditor.entry(tenant, request, by.clone(), "quota_reset");
        let entry = match holder {
            Holder::Tenant(tenant) => entry.target("tenant", tenant),
            Holder::User(_, user) => entry.target("user", user),
        };
        let (auditor, plans, now) = (self.auditor.clone(), self.plans.clone(), self.ambient.now());
        let write = self.store.write(move |tx| {
            let before = read(tx, &plans, holder, now)?.counts;
            match holder {
                Holder::Tenant(tenant) => tx.delete(&QUOTA_OF_TENANT, &tenant)?,
                Holder::User(tenant, user) => tx.delete(&QUOTA_OF_USER, &(tenant, user))?,
            };
            let consumed = before.first().map_or(0, |count| count.consumed);
            audit::append(tx, &auditor, entry.clone().detail("consumed_on_day", consumed))?;
            read(tx, &plans, holder, now)
        });
        write.await
    }
}

/// Slug and zone of the tenant, and the present there.
fn period_of(reads: &impl Reads, tenant: TenantId, now: UnixMs) -> Result<((String, String), Period)> {
    let row = reads.get(&TENANTS, &tenant)?.ok_or_else(|| Error::new(Code::TenantNotFound))?;
    let period = Period::at(now, &row.zone)?;
    Ok(((row.slug, row.zone), period))
}

fn read(reads: &impl Reads, plans: &Plans, holder: Holder, now: UnixMs) -> Result<Quota> {
    look(reads, plans, holder, now).map(|(quota, _)| quota)
}

/// What was used up to now; nothing by the user where none is asked for.
struct Used {
    of_user: UsedRow,
    of_tenant: UsedRow,
}

fn look(reads: &impl Reads, plans: &Plans, holder: Holder, now: UnixMs) -> Result<(Quota, Used)> {
    let (Holder::Tenant(tenant) | Holder::User(tenant, _)) = holder;
    let ((tenant_slug, zone), period) = period_of(reads, tenant, now)?;
    let (of_tenant, own) = plans.of_both(reads, holder)?;
    let bounds = of_tenant.bounds;
    let (plan, mut counts, mut of_user) = (own.unwrap_or(of_tenant), Vec::with_capacity(3), UsedRow::default());
    if let Holder::User(tenant, user) = holder {
        of_user = period.advance(reads.get(&QUOTA_OF_USER, &(tenant, user))?.unwrap_or_default());
        let resets_at = period.day_ends(of_user.day)?;
        let limit = plan.bounds.user_per_day;
        counts.push(Count { span: Span::UserDay, limit, consumed: of_user.on_day, resets_at });
    }
    let used = period.advance(reads.get(&QUOTA_OF_TENANT, &tenant)?.unwrap_or_default());
    let same_day = counts.first().filter(|_| of_user.day == used.day).map(|count: &Count| count.resets_at);
    let resets_at = same_day.map_or_else(|| period.day_ends(used.day), Ok)?;
    counts.push(Count { span: Span::TenantDay, limit: bounds.tenant_per_day, consumed: used.on_day, resets_at });
    let resets_at = period.month_ends(used.month)?;
    counts.push(Count { span: Span::TenantMonth, limit: bounds.tenant_per_month, consumed: used.in_month, resets_at });
    let quota = Quota { tenant_slug, zone, day: period.day_text(), plan, counts };
    Ok((quota, Used { of_user, of_tenant: used }))
}

#[cfg(test)]
mod tests;
