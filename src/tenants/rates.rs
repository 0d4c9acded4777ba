//! P: Whether one more request may come: the generic cell rate algorithm (ITU-T I.371, annex A) over several scopes at
//! once. Time is an argument; nothing is read or kept elsewhere.
//!
//! Why GCRA and not a sliding window: it keeps one number a subject where a window keeps each request, so a thousand
//! requests a second cost no more memory than one; it has no seam at which twice the limit passes; and what it answers
//! (remaining, when more, when all) follows from that number alone. Why our own and not the crate `governor`: a request
//! falls in several scopes, and a refusal by the last must leave the others as they were, for which one has to ask all
//! before one takes from any; and the eviction below is part of the promise.
//!
//! Memory is bounded for each scope apart, so that a flood of addresses crowds out no tenant. A subject that has its
//! whole burst again is no different from one never seen and may be forgotten; one that has used some never is, as
//! forgetting would give it back. When a scope is full of those, newcomers are refused until the first is whole.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::net::IpAddr;

use crate::clock::UnixMs;
use crate::config::Rate;
use crate::ids::{ApiKeyId, TenantId, UserId};

/// What a limit is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All requests of a tenant.
    Tenant,
    /// All requests of a user.
    User,
    /// All requests of an API key.
    Key,
    /// Requests of an address that show no good credential.
    Address,
    /// Requests to one class of routes, of one user or address.
    Class(Class),
}

/// Classes of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Identity.
    Auth,
    /// Reads what is kept.
    Read,
    /// Computes.
    Compute,
    /// Answers questions.
    Chat,
    /// Operators and administrators.
    Ops,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 9] = [
        Self::Tenant,
        Self::User,
        Self::Key,
        Self::Address,
        Self::Class(Class::Auth),
        Self::Class(Class::Read),
        Self::Class(Class::Compute),
        Self::Class(Class::Chat),
        Self::Class(Class::Ops),
    ];

    /// Its name: of the policy in headers, of the setting, of the label.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User => "user",
            Self::Key => "key",
            Self::Address => "address",
            Self::Class(Class::Auth) => "route_auth",
            Self::Class(Class::Read) => "route_read",
            Self::Class(Class::Compute) => "route_compute",
            Self::Class(Class::Chat) => "route_chat",
            Self::Class(Class::Ops) => "route_ops",
        }
    }

    /// The scope of this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }
}

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A tenant.
    Tenant(TenantId),
    /// A user.
    User(TenantId, UserId),
    /// An API key.
    Key(ApiKeyId),
    /// A network.
    Address(IpAddr),
}

/// One limit that a request falls in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Counted by this.
    pub scope: Scope,
    /// For this one.
    pub subject: Subject,
    /// At this rate.
    pub rate: Rate,
}

/// How a limit stands after the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The scope.
    pub scope: Scope,
    /// Its rate.
    pub rate: Rate,
    /// Requests that may come at once now.
    pub remaining: u32,
    /// Milliseconds until the burst is whole.
    pub whole_in_ms: u64,
}

/// Why a request may not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The scope that holds longest.
    pub scope: Scope,
    /// Its rate.
    pub rate: Rate,
    /// Milliseconds after which the request may come, if nobody else's comes before; at least 1.
    pub retry_after_ms: u64,
    /// Whether there was no room to remember one more subject.
    pub is_full: bool,
}

/// What was decided, and how each limit stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Why not, if not.
    pub refused: Option<Refused>,
    /// Every limit that the request fell in, as it stands now.
    pub standings: Vec<Standing>,
}

const NS_PER_MS: u64 = 1_000_000;

/// Subjects of one scope, by the nanosecond since the epoch at which each has its whole burst again.
#[derive(Debug)]
struct Book<S> {
    capacity: usize,
    whole_at: HashMap<S, u64>,
    order: BTreeSet<(u64, S)>,
}

impl<S: Copy + Ord + Hash> Book<S> {
    fn new(capacity: usize) -> Self {
        Self { capacity, whole_at: HashMap::new(), order: BTreeSet::new() }
    }

    /// When the subject is whole again; `now` for one that is. A clock that stepped back cannot lock anybody out for
    /// longer than an empty burst takes to fill.
    fn whole_at(&self, subject: &S, rate: Rate, now_ns: u64) -> u64 {
        let furthest = now_ns.saturating_add(burst_ns(rate));
        self.whole_at.get(subject).copied().unwrap_or(0).clamp(now_ns, furthest)
    }

    /// Milliseconds until there is room for the subject; none when there is.
    fn full_for_ms(&self, subject: &S, now_ns: u64) -> Option<u64> {
        if self.whole_at.len() < self.capacity || self.whole_at.contains_key(subject) {
            return None;
        }
        let (first, _) = self.order.first()?;
        (*first > now_ns).then(|| (first - now_ns).div_ceil(NS_PER_MS))
    }

    fn put(&mut self, subject: S, whole_at: u64) {
        if let Some(before) = self.whole_at.insert(subject, whole_at) {
            self.order.remove(&(before, subject));
        } else if self.whole_at.len() > self.capacity
            && let Some((_, oldest)) = self.order.pop_first()
        {
            // Whoever asks looks for room first, so this one is whole.
            self.whole_at.remove(&oldest);
        }
        self.order.insert((whole_at, subject));
    }
}

const fn burst_ns(rate: Rate) -> u64 {
    rate.interval_ns().saturating_mul(rate.burst() as u64)
}

/// Everybody who is counted. Bounded.
#[derive(Debug)]
pub struct Limiter {
    books: HashMap<Scope, Book<Subject>>,
    capacity: usize,
}

impl Limiter {
    /// Remembers at most `capacity` subjects of each scope.
    pub fn new(capacity: usize) -> Self {
        Self { books: HashMap::new(), capacity }
    }

    /// Takes one request from every limit it falls in, or from none.
    pub fn decide(&mut self, demands: &[Demand], now: UnixMs) -> Decision {
        let now_ns = now.0.saturating_mul(NS_PER_MS);
        let refused = demands.iter().filter_map(|demand| self.refusal(demand, now_ns)).max_by_key(|r| r.retry_after_ms);
        let standings = demands.iter().map(|demand| self.settle(demand, refused.is_none(), now_ns)).collect();
        Decision { refused, standings }
    }

    fn refusal(&self, demand: &Demand, now_ns: u64) -> Option<Refused> {
        let Demand { scope, subject, rate } = *demand;
        let book = self.books.get(&scope)?;
        let refused =
            |retry_after_ms: u64, is_full| Refused { scope, rate, retry_after_ms: retry_after_ms.max(1), is_full };
        if let Some(wait_ms) = book.full_for_ms(&subject, now_ns) {
            return Some(refused(wait_ms, true));
        }
        let next = book.whole_at(&subject, rate, now_ns).saturating_add(rate.interval_ns());
        let furthest = now_ns.saturating_add(burst_ns(rate));
        (next > furthest).then(|| refused((next - furthest).div_ceil(NS_PER_MS), false))
    }

    /// How the limit stands after one request was taken from it, or was not.
    fn settle(&mut self, demand: &Demand, take: bool, now_ns: u64) -> Standing {
        let Demand { scope, subject, rate } = *demand;
        let capacity = self.capacity;
        let book = self.books.entry(scope).or_insert_with(|| Book::new(capacity));
        let mut whole_at = book.whole_at(&subject, rate, now_ns);
        if take {
            whole_at = whole_at.saturating_add(rate.interval_ns());
        }
        // Kept also when nothing was taken and the clock stepped back or the rate rose, so that waiting begins now.
        let stored = book.whole_at.get(&subject).copied();
        if take || stored.is_some_and(|stored| stored > whole_at) {
            book.put(subject, whole_at);
        }
        let used_ns = whole_at - now_ns;
        let left = burst_ns(rate).saturating_sub(used_ns) / rate.interval_ns();
        let remaining = u32::try_from(left).unwrap_or(u32::MAX).min(rate.burst());
        Standing { scope, rate, remaining, whole_in_ms: used_ns.div_ceil(NS_PER_MS) }
    }

    /// Subjects remembered of a scope.
    pub fn subjects(&self, scope: Scope) -> usize {
        self.books.get(&scope).map_or(0, |book| book.whole_at.len())
    }
}

#[cfg(test)]
mod tests;
