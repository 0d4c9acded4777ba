//! S: How many streams of text may be open at once, for each tenant and in all, and who is next when there is room.
//! Opens no stream.
//!
//! Beyond the bounds a request waits in its tenant's queue, and beyond that it is told at once to come back. Who is next
//! is decided by `turns/fair.rs`, so that a tenant who asks for much waits on itself and not others on it. A permit is given
//! back when it is dropped, whatever became of its holder; one that comes to somebody who has gone passes on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::config::Streams;
use crate::error::{Code, Error, Result};
use crate::ids::TenantId;
use crate::turns::fair::{Bounds, Entered, Fair, Ticket};

/// Seconds after which somebody who was refused is told to try again: about as long as an answer takes.
const RETRY_AFTER_S: u64 = 5;

/// The gate. Clones share it.
#[derive(Clone, Debug)]
pub struct Admission {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    gate: Mutex<Gate>,
    wait: Duration,
}

#[derive(Debug)]
struct Gate {
    fair: Fair<TenantId>,
    /// Who waits, by ticket.
    waiting: HashMap<Ticket, oneshot::Sender<()>>,
    refused: u64,
}

/// What the gate holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crowd {
    /// Streams that are open.
    pub open: usize,
    /// Requests that wait.
    pub queued: usize,
    /// Requests refused since the start, at once or after the longest wait.
    pub refused: u64,
}

/// Leave to hold one stream open, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    inner: Arc<Inner>,
    tenant: TenantId,
}

/// A place in the queue. Dropping it leaves the queue, or passes on the stream that was granted unseen.
struct Place<'g> {
    inner: &'g Arc<Inner>,
    tenant: TenantId,
    ticket: Ticket,
    granted: bool,
}

impl Admission {
    /// With these bounds.
    pub fn new(streams: &Streams) -> Self {
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let bounds = Bounds {
            per_tenant: size(streams.per_tenant),
            total: size(streams.total),
            queue_per_tenant: size(streams.queue_per_tenant),
        };
        let gate = Gate { fair: Fair::new(bounds), waiting: HashMap::new(), refused: 0 };
        Self { inner: Arc::new(Inner { gate: Mutex::new(gate), wait: Duration::from_millis(streams.wait_ms) }) }
    }

    /// Waits for leave to open one stream, no longer than `within`. A tenant of twice the weight is let in twice as often
    /// when both wait.
    ///
    /// Dropping the future leaves the queue.
    ///
    /// # Errors
    /// [`Code::Overloaded`] with a time to come back: at once when the tenant's queue is full, otherwise after the longest
    /// wait of the settings, or `within`.
    pub async fn enter(&self, tenant: TenantId, weight: u32, within: Duration) -> Result<Permit> {
        let (mut place, told) = {
            let mut gate = self.inner.gate();
            match gate.fair.enter(tenant, weight) {
                Entered::Open => return Ok(self.permit(tenant)),
                Entered::Full => {
                    gate.refused += 1;
                    return Err(busy("the tenant's queue for streams is full"));
                }
                Entered::Queued(ticket) => {
                    let (tell, told) = oneshot::channel();
                    gate.waiting.insert(ticket, tell);
                    (Place { inner: &self.inner, tenant, ticket, granted: false }, told)
                }
            }
        };
        if tokio::time::timeout(self.inner.wait.min(within), told).await.is_ok_and(|told| told.is_ok()) {
            place.granted = true;
            return Ok(self.permit(tenant));
        }
        // It may have been granted in this very moment; then it is taken after all.
        if place.leave() {
            return Ok(self.permit(tenant));
        }
        self.inner.gate().refused += 1;
        Err(busy("no stream came free in time"))
    }

    /// What the gate holds now.
    pub fn crowd(&self) -> Crowd {
        let gate = self.inner.gate();
        Crowd { open: gate.fair.open(), queued: gate.fair.queued(), refused: gate.refused }
    }

    fn permit(&self, tenant: TenantId) -> Permit {
        Permit { inner: Arc::clone(&self.inner), tenant }
    }
}

impl Inner {
    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate {
    /// One stream of `tenant` has ended: tells those who are next.
    fn release(&mut self, tenant: TenantId) {
        for ticket in self.fair.release(tenant) {
            // Who has gone since finds its ticket granted when its place is dropped, and passes it on.
            if let Some(tell) = self.waiting.remove(&ticket) {
                tell.send(()).ok();
            }
        }
    }
}

impl Place<'_> {
    /// Leaves the queue; says whether it was granted before, and whoever asks then holds the stream.
    fn leave(&mut self) -> bool {
        let mut gate = self.inner.gate();
        let was_granted = !gate.fair.leave(self.tenant, self.ticket);
        gate.waiting.remove(&self.ticket);
        self.granted = true;
        was_granted
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.granted && self.leave() {
            self.inner.gate().release(self.tenant);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.inner.gate().release(self.tenant);
    }
}

fn busy(why: &'static str) -> Error {
    Error::new(Code::Overloaded)
        .message("Too many answers are being written; try again shortly.")
        .because(why)
        .retry_after_s(RETRY_AFTER_S)
}

#[cfg(test)]
mod tests;
