//! S: Messages that are being answered and that no count holds yet, so that those begun at once stay within a plan together.
//! Remembers each as long as it is answered, and writes nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Span;
use crate::error::Result;
use crate::ids::{TenantId, UserId};

/// The number of a message that was not counted yet: above every count.
const UNCOUNTED: u64 = u64::MAX;

/// All that are in flight, by tenant. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Flights {
    held: Arc<Mutex<HashMap<TenantId, Vec<Arc<Flight>>>>>,
}

/// One message: its number within each span, once its transaction has given it one.
#[derive(Debug)]
pub(super) struct Flight {
    user: UserId,
    numbers: [AtomicU64; 3],
}

/// A message in flight, until this is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    flights: Flights,
    tenant: TenantId,
    flight: Arc<Flight>,
}

impl Flights {
    fn held(&self) -> MutexGuard<'_, HashMap<TenantId, Vec<Arc<Flight>>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Enters a message of `user`, if `look` allows it beside the tenant's others. None comes or goes while it looks.
    ///
    /// # Errors
    /// That of `look`.
    pub(super) fn enter(
        &self,
        tenant: TenantId,
        user: UserId,
        look: impl FnOnce(&[Arc<Flight>]) -> Result<()>,
    ) -> Result<Seat> {
        let mut held = self.held();
        look(held.get(&tenant).map_or(&[], Vec::as_slice))?;
        let flight = Arc::new(Flight { user, numbers: [const { AtomicU64::new(UNCOUNTED) }; 3] });
        held.entry(tenant).or_default().push(Arc::clone(&flight));
        drop(held);
        Ok(Seat { flights: self.clone(), tenant, flight })
    }

    #[cfg(test)]
    pub(super) fn are_none(&self) -> bool {
        self.held().is_empty()
    }
}

/// How many of these come on top of the `consumed` that the store tells. The store must have been read before: a message
/// whose number is not above it is in it. One of the day before has a number of that day, so that around midnight there
/// may seem to be more than there are, never fewer.
pub(super) fn uncounted(flights: &[Arc<Flight>], span: Span, user: UserId, consumed: u64) -> u64 {
    let concerned = |flight: &&Arc<Flight>| !matches!(span, Span::UserDay) || flight.user == user;
    let number = |flight: &Arc<Flight>| flight.numbers[span as usize].load(Ordering::Acquire);
    flights.iter().filter(concerned).filter(|flight| number(flight) > consumed).count() as u64
}

impl Seat {
    /// The message was given its number within a span, by a transaction that is about to commit.
    pub(super) fn counted(&self, span: Span, number: u64) {
        self.flight.numbers[span as usize].store(number, Ordering::Release);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut held = self.flights.held();
        let Some(of_tenant) = held.get_mut(&self.tenant) else { return };
        of_tenant.retain(|flight| !Arc::ptr_eq(flight, &self.flight));
        if of_tenant.is_empty() {
            held.remove(&self.tenant);
        }
    }
}
