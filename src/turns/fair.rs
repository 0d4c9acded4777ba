//! P: Who is next: start-time fair queueing (Goyal, Vin and Cheng 1996) over tenants, with a bound on what each and all
//! may hold. Waits for nothing and knows no clock: time is virtual, and goes on with each one let in.
//!
//! Each that waits has a start tag: the later of the virtual time at which it came and the finish tag of the one before it
//! in its tenant's queue; its finish tag lies `1 / weight` behind. The least start tag is next, among the tenants that may
//! hold one more. So a tenant that waits behind another's hundred is passed by none but those, in turn.

use std::collections::{BTreeMap, VecDeque};

/// Fractions of the virtual time that one of weight 1 takes.
const ONE: u64 = 1 << 20;
/// Greatest weight.
const WEIGHT_MAX: u32 = 1_000;

/// How many there may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Held by one tenant.
    pub per_tenant: usize,
    /// Held in all.
    pub total: usize,
    /// Waiting of one tenant.
    pub queue_per_tenant: usize,
}

/// One that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What became of one that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// It holds one.
    Open,
    /// It waits.
    Queued(Ticket),
    /// It may neither hold one nor wait.
    Full,
}

#[derive(Debug, Default)]
struct Queue {
    open: usize,
    /// Start tags, first come first; the tags rise.
    waiting: VecDeque<(u64, Ticket)>,
    finish: u64,
}

/// The state of all tenants. Those that hold and wait for nothing, and whose past no longer counts, are forgotten.
#[derive(Debug)]
pub struct Fair<T> {
    bounds: Bounds,
    queues: BTreeMap<T, Queue>,
    open: usize,
    queued: usize,
    virtual_time: u64,
    next_ticket: u64,
}

impl<T: Copy + Ord> Fair<T> {
    /// Nobody yet.
    pub const fn new(bounds: Bounds) -> Self {
        Self { bounds, queues: BTreeMap::new(), open: 0, queued: 0, virtual_time: 0, next_ticket: 0 }
    }

    /// One of `tenant` comes.
    pub fn enter(&mut self, tenant: T, weight: u32) -> Entered {
        self.enter_sized(tenant, weight, 1)
    }

    /// One of `tenant` comes whose work is `size` times that of the smallest: its tenant waits so much the longer for the next.
    pub fn enter_sized(&mut self, tenant: T, weight: u32, size: u32) -> Entered {
        let cost = u64::from(size.max(1)) * cost(weight);
        let Bounds { per_tenant, total, queue_per_tenant } = self.bounds;
        let queue = self.queues.entry(tenant).or_default();
        let start = self.virtual_time.max(queue.finish);
        // Who comes passes nobody of its own; and whoever else waits while there is room is held back by its own bound.
        if queue.waiting.is_empty() && queue.open < per_tenant && self.open < total {
            queue.open += 1;
            queue.finish = start + cost;
            self.open += 1;
            self.virtual_time = start;
            return Entered::Open;
        }
        if queue.waiting.len() >= queue_per_tenant {
            self.forget(tenant);
            return Entered::Full;
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        queue.finish = start + cost;
        queue.waiting.push_back((start, ticket));
        self.queued += 1;
        Entered::Queued(ticket)
    }

    /// One that `tenant` held has ended: those that hold one now.
    pub fn release(&mut self, tenant: T) -> Vec<Ticket> {
        if let Some(queue) = self.queues.get_mut(&tenant)
            && queue.open > 0
        {
            queue.open -= 1;
            self.open -= 1;
        }
        self.forget(tenant);
        let mut granted = Vec::new();
        while let Some(ticket) = self.let_in() {
            granted.push(ticket);
        }
        granted
    }

    /// One that waited has gone; false when it no longer waited.
    pub fn leave(&mut self, tenant: T, ticket: Ticket) -> bool {
        let Some(queue) = self.queues.get_mut(&tenant) else { return false };
        let before = queue.waiting.len();
        queue.waiting.retain(|(_, other)| *other != ticket);
        let left = queue.waiting.len() < before;
        self.queued -= usize::from(left);
        self.forget(tenant);
        left
    }

    /// Held in all.
    pub const fn open(&self) -> usize {
        self.open
    }

    /// Waiting in all.
    pub const fn queued(&self) -> usize {
        self.queued
    }

    fn let_in(&mut self) -> Option<Ticket> {
        if self.open >= self.bounds.total {
            return None;
        }
        let may = |queue: &Queue| queue.open < self.bounds.per_tenant;
        let heads = self.queues.values().filter(|queue| may(queue)).filter_map(|queue| queue.waiting.front().copied());
        let (start, ticket) = heads.min()?;
        let queue =
            self.queues.values_mut().find(|queue| queue.waiting.front().is_some_and(|head| head.1 == ticket))?;
        queue.waiting.pop_front();
        queue.open += 1;
        self.open += 1;
        self.queued -= 1;
        self.virtual_time = self.virtual_time.max(start);
        Some(ticket)
    }

    fn forget(&mut self, tenant: T) {
        let now = self.virtual_time;
        let idle = |queue: &Queue| queue.open == 0 && queue.waiting.is_empty();
        // With nobody left, the virtual time may begin anew for all.
        if self.open == 0 && self.queued == 0 {
            self.queues.clear();
        } else if self.queues.get(&tenant).is_some_and(|queue| idle(queue) && queue.finish <= now) {
            self.queues.remove(&tenant);
        }
    }
}

fn cost(weight: u32) -> u64 {
    ONE / u64::from(weight.clamp(1, WEIGHT_MAX))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds { per_tenant: 2, total: 4, queue_per_tenant: 3 };

    /// Jain's index of what each got: 1 when all got the same, 1/n when one got all (Jain, Chiu and Hawe 1984).
    fn jain(shares: &[f64]) -> f64 {
        let sum: f64 = shares.iter().sum();
        sum * sum / (shares.len() as f64 * shares.iter().map(|share| share * share).sum::<f64>())
    }

    #[test]
    fn the_bounds_hold_and_the_queue_too() {
        let mut fair = Fair::new(BOUNDS);
        let entered: Vec<Entered> = (0..6).map(|_| fair.enter(1, 1)).collect();
        assert!(matches!(
            entered[..],
            [Entered::Open, Entered::Open, Entered::Queued(_), Entered::Queued(_), Entered::Queued(_), Entered::Full]
        ));
        assert_eq!((fair.open(), fair.queued()), (2, 3));
        assert_eq!(fair.enter(2, 1), Entered::Open, "another tenant has room");
    }

    #[test]
    fn one_that_comes_behind_a_crowd_is_next() {
        let mut fair = Fair::new(Bounds { per_tenant: 1, total: 1, queue_per_tenant: 100 });
        assert_eq!(fair.enter(1, 1), Entered::Open);
        let crowd: Vec<Entered> = (0..100).map(|_| fair.enter(1, 1)).collect();
        let Entered::Queued(quiet) = fair.enter(2, 1) else { panic!("it waits") };
        let Entered::Queued(first) = crowd[0] else { panic!("it waits") };
        assert_eq!(fair.release(1), [quiet]);
        assert_eq!(fair.release(2), [first]);
    }

    #[test]
    fn twice_the_weight_is_let_in_twice_as_often() {
        let mut fair = Fair::new(Bounds { per_tenant: 1_000, total: 1, queue_per_tenant: 1_000 });
        assert_eq!(fair.enter(0, 1), Entered::Open);
        let heavy: BTreeSet<Ticket> = (0..300).filter_map(|_| ticket(fair.enter(1, 2))).collect();
        for _ in 0..300 {
            fair.enter(2, 1);
        }
        let mut holder = 0;
        let mut share = 0;
        for _ in 0..300 {
            let granted = fair.release(holder);
            assert_eq!(granted.len(), 1);
            let is_heavy = heavy.contains(&granted[0]);
            share += usize::from(is_heavy);
            holder = if is_heavy { 1 } else { 2 };
        }
        assert!((199..=201).contains(&share), "{share} of 300");
    }

    fn ticket(entered: Entered) -> Option<Ticket> {
        if let Entered::Queued(ticket) = entered { Some(ticket) } else { None }
    }

    #[test]
    fn equal_tenants_get_equal_shares_whatever_they_ask_for() {
        const TENANTS: usize = 8;
        let mut fair = Fair::new(Bounds { per_tenant: 4, total: 6, queue_per_tenant: 16 });
        let mut whose: BTreeMap<Ticket, usize> = BTreeMap::new();
        let mut open: VecDeque<usize> = VecDeque::new();
        let mut served = [0.0; TENANTS];
        for step in 0..4_000 {
            // Tenant 0 asks sixteen times as often as any other; all ask for more than their share.
            for tenant in (0..TENANTS).flat_map(|t| std::iter::repeat_n(t, if t == 0 { 16 } else { 1 })) {
                match fair.enter(tenant, 1) {
                    Entered::Open => open.push_back(tenant),
                    Entered::Queued(ticket) => drop(whose.insert(ticket, tenant)),
                    Entered::Full => {}
                }
            }
            // Streams last differently long: the oldest ends, or the youngest.
            let ended = if step % 3 == 0 { open.pop_back() } else { open.pop_front() };
            let ended = ended.unwrap();
            for ticket in fair.release(ended) {
                let tenant = whose[&ticket];
                served[tenant] += 1.0;
                open.push_back(tenant);
            }
        }
        assert!(jain(&served) >= 0.95, "{served:?}");
        let quiet = served[1..].iter().copied().fold(f64::MAX, f64::min);
        assert!(served[0] <= 1.2 * quiet, "the noisy one gets no more: {served:?}");
    }

    #[derive(Clone, Debug)]
    enum Act {
        Enter(u16, u32),
        Release(usize),
        Leave(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            3 => (0..5_u16, 1..4_u32).prop_map(|(tenant, weight)| Act::Enter(tenant, weight)),
            2 => any::<usize>().prop_map(Act::Release),
            1 => any::<usize>().prop_map(Act::Leave),
        ]
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_room_stays_empty_while_one_may_have_it(
            per_tenant in 1..4_usize, total in 1..6_usize, queue in 0..5_usize, acts in prop::collection::vec(act(), 0..300),
        ) {
            let mut fair = Fair::new(Bounds { per_tenant, total, queue_per_tenant: queue });
            let mut open: Vec<u16> = Vec::new();
            let mut waiting: Vec<(Ticket, u16)> = Vec::new();
            for act in acts {
                match act {
                    Act::Enter(tenant, weight) => match fair.enter(tenant, weight) {
                        Entered::Open => open.push(tenant),
                        Entered::Queued(ticket) => waiting.push((ticket, tenant)),
                        Entered::Full => {
                            prop_assert_eq!(waiting.iter().filter(|(_, t)| *t == tenant).count(), queue);
                        }
                    },
                    Act::Release(n) if !open.is_empty() => {
                        let tenant = open.swap_remove(n % open.len());
                        for ticket in fair.release(tenant) {
                            let at = waiting.iter().position(|(other, _)| *other == ticket).unwrap();
                            open.push(waiting.remove(at).1);
                        }
                    }
                    Act::Leave(n) if !waiting.is_empty() => {
                        let (ticket, tenant) = waiting.swap_remove(n % waiting.len());
                        prop_assert!(fair.leave(tenant, ticket));
                        prop_assert!(!fair.leave(tenant, ticket));
                    }
                    _ => {}
                }
                prop_assert_eq!((fair.open(), fair.queued()), (open.len(), waiting.len()));
                prop_assert!(open.len() <= total);
                let held = |tenant: u16| open.iter().filter(|t| **t == tenant).count();
                prop_assert!((0..5).all(|tenant| held(tenant) <= per_tenant));
                let could = waiting.iter().any(|(_, tenant)| held(*tenant) < per_tenant);
                prop_assert!(open.len() == total || !could, "room is left, and somebody waits for it");
            }
            // Everybody goes: nothing stays behind.
            for (ticket, tenant) in waiting {
                fair.leave(tenant, ticket);
            }
            for tenant in open {
                prop_assert!(fair.release(tenant).is_empty());
            }
            prop_assert_eq!((fair.open(), fair.queued(), fair.queues.len()), (0, 0, 0));
        }
    }
}
