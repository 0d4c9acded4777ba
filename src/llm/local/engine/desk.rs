//! S: Where answers that were asked for wait until the engine's thread takes them: fair over tenants, bounded, and woken
//! when there is something to do. Computes nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::{Bounds, Job, broken, pages, stopping};
use crate::clock::Stopwatch;
use crate::ids::TenantId;
use crate::llm::model::{Delta, Failure, Reason};
use crate::turns::fair::{self, Entered, Fair, Ticket};

/// One that waits.
#[derive(Debug)]
pub struct Waiting {
    pub job: Job,
    pub tell: mpsc::Sender<Result<Delta, Failure>>,
    pub since: Stopwatch,
}

impl Waiting {
    /// Why it need not be waited for any longer; nothing to tell when nobody listens.
    fn over(&self) -> Option<&'static str> {
        if self.tell.is_closed() {
            Some("cancelled")
        } else if self.since.elapsed() >= self.job.within {
            Some("timeout")
        } else {
            None
        }
    }
}

/// What the thread must know before its next step.
pub struct Orders {
    /// Everything is to end now.
    pub abort: bool,
    /// How many wait.
    pub queued: usize,
    /// How those ended that waited and wait no longer.
    pub over: Vec<&'static str>,
}

/// The desk between those who ask and the thread.
#[derive(Debug)]
pub struct Desk {
    state: Mutex<State>,
    bell: Condvar,
    bounds: Bounds,
}

#[derive(Debug)]
struct State {
    /// Who may run; its tenants hold a place until [`Desk::left`].
    fair: Fair<TenantId>,
    /// Who waits for a place.
    waiting: HashMap<Ticket, Waiting>,
    /// Who has a place and waits for pages, in order.
    placed: VecDeque<Waiting>,
    closed: bool,
    aborted: bool,
    broken: bool,
}

impl Desk {
    pub fn new(bounds: Bounds) -> Self {
        let fair = Fair::new(fair::Bounds {
            per_tenant: bounds.sequences,
            total: bounds.sequences,
            queue_per_tenant: bounds.queue_per_tenant,
        });
        let state = State {
            fair,
            waiting: HashMap::new(),
            placed: VecDeque::new(),
            closed: false,
            aborted: false,
            broken: false,
        };
        Self { state: Mutex::new(state), bell: Condvar::new(), bounds }
    }

    /// Lets one wait for its turn.
    pub fn enter(&self, waiting: Waiting) -> Result<(), Failure> {
        let mut state = self.state();
        if state.broken {
            return Err(broken());
        }
        if state.closed {
            return Err(stopping());
        }
        let busy = |why| Err(Failure::new(Reason::Busy, why));
        let is_full = state.fair.open() >= self.bounds.sequences;
        if is_full && state.fair.queued() >= self.bounds.queue {
            return busy("too many wait for the model");
        }
        let party = waiting.job.party;
        let size = pages::pages_for(waiting.job.prompt.len() + waiting.job.max_tokens);
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        match state.fair.enter_sized(party.tenant, party.weight, size) {
            Entered::Open => state.placed.push_back(waiting),
            Entered::Queued(ticket) => {
                state.waiting.insert(ticket, waiting);
            }
            Entered::Full => return busy("the tenant has too many waiting for the model"),
        }
        drop(state);
        self.bell.notify_one();
        Ok(())
    }

    /// Sleeps while there is nothing to do; `None` when there never will be.
    pub fn orders(&self, is_idle: bool) -> Option<Orders> {
        let mut state = self.state();
        let mut over = state.sweep();
        while is_idle && state.placed.is_empty() && !state.closed {
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
            over.extend(state.sweep());
        }
        if is_idle && state.placed.is_empty() && state.closed {
            return None;
        }
        if state.aborted {
            over.extend(state.dismiss(&stopping()));
        }
        Some(Orders { abort: state.aborted, queued: state.fair.queued() + state.placed.len(), over })
    }

    /// The next one with a place, when `take` makes something of it; otherwise it stays the next.
    pub fn next<T>(&self, take: impl FnOnce(&Job) -> Option<T>) -> Option<(Waiting, T)> {
        let mut state = self.state();
        let taken = take(&state.placed.front()?.job)?;
        Some((state.placed.pop_front()?, taken))
    }

    /// One of the tenant has left its place.
    pub fn left(&self, tenant: TenantId) {
        self.state().release(tenant);
    }

    pub fn close(&self) {
        self.state().closed = true;
        self.bell.notify_one();
    }

    pub fn abort(&self) {
        {
            let mut state = self.state();
            state.closed = true;
            state.aborted = true;
        }
        self.bell.notify_one();
    }

    /// Nothing works here any more: whoever waits is told, and whoever comes.
    pub fn break_down(&self) {
        let mut state = self.state();
        state.broken = true;
        state.closed = true;
        state.dismiss(&broken());
    }

    pub fn crowd(&self) -> (usize, usize) {
        let state = self.state();
        (state.fair.open(), state.fair.queued())
    }

    pub fn is_open(&self) -> bool {
        let state = self.state();
        !state.closed && !state.broken
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Sends away who has left or has waited too long.
    fn sweep(&mut self) -> Vec<&'static str> {
        let mut ends = Vec::new();
        let over: Vec<Ticket> =
            self.waiting.iter().filter(|(_, waiting)| waiting.over().is_some()).map(|(ticket, _)| *ticket).collect();
        for ticket in over {
            let Some(waiting) = self.waiting.remove(&ticket) else { continue };
            self.fair.leave(waiting.job.party.tenant, ticket);
            ends.extend(tell_late(&waiting));
        }
        // Places that come free here go to others, who may be over themselves but were looked at above.
        while let Some(at) = self.placed.iter().position(|waiting| waiting.over().is_some()) {
            let Some(waiting) = self.placed.remove(at) else { break };
            ends.extend(tell_late(&waiting));
            self.release(waiting.job.party.tenant);
        }
        ends
    }

    fn dismiss(&mut self, failure: &Failure) -> Vec<&'static str> {
        let waiting: Vec<(Ticket, Waiting)> = self.waiting.drain().collect();
        let mut ends = Vec::new();
        for (ticket, waiting) in waiting {
            self.fair.leave(waiting.job.party.tenant, ticket);
            waiting.tell.try_send(Err(failure.clone())).ok();
            ends.push("refused");
        }
        for waiting in std::mem::take(&mut self.placed) {
            self.fair.release(waiting.job.party.tenant);
            waiting.tell.try_send(Err(failure.clone())).ok();
            ends.push("refused");
        }
        ends
    }

    fn release(&mut self, tenant: TenantId) {
        for ticket in self.fair.release(tenant) {
            self.placed.extend(self.waiting.remove(&ticket));
        }
    }
}

fn tell_late(waiting: &Waiting) -> Option<&'static str> {
    let over = waiting.over()?;
    if over == "timeout" {
        let failure = Failure::new(Reason::Timeout, "it waited too long for the model");
        waiting.tell.try_send(Err(failure)).ok();
    }
    Some(over)
}
