//! A bounded memory of unwrapped data keys. Reads none itself, and gives back none that was forgotten meanwhile.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::crypto::Key;
use crate::ids::{TenantId, UserId};

/// Whose key it is.
pub(super) type Owner = (TenantId, UserId);

/// First in, first out. A key that is dropped is wiped once nobody uses it.
pub(super) struct KeyCache {
    capacity: usize,
    keys: HashMap<Owner, Arc<Key>>,
    order: VecDeque<Owner>,
    forgotten: u64,
}

impl KeyCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, keys: HashMap::new(), order: VecDeque::new(), forgotten: 0 }
    }

    pub(super) fn get(&self, owner: &Owner) -> Option<Arc<Key>> {
        self.keys.get(owner).map(Arc::clone)
    }

    /// A mark to take before reading a key that will be offered to [`Self::keep`].
    pub(super) const fn mark(&self) -> u64 {
        self.forgotten
    }

    /// Remembers a key that was read after `mark`, unless some key was forgotten since: it might be this one.
    pub(super) fn keep(&mut self, mark: u64, owner: Owner, key: Arc<Key>) {
        if mark != self.forgotten || self.capacity == 0 || self.keys.contains_key(&owner) {
            return;
        }
        while self.keys.len() >= self.capacity {
            let Some(oldest) = self.order.pop_front() else { break };
            self.keys.remove(&oldest);
        }
        self.keys.insert(owner, key);
        self.order.push_back(owner);
    }

    /// Forgets the key of `owner` and voids all earlier marks.
    pub(super) fn forget(&mut self, owner: &Owner) {
        self.forgotten += 1;
        self.keys.remove(owner);
        self.order.retain(|kept| kept != owner);
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn owner(n: u8) -> Owner {
        (TenantId([0; 16]), UserId([n; 16]))
    }

    fn key(n: u8) -> Arc<Key> {
        Arc::new(Zeroizing::new([n; 32]))
    }

    #[test]
    fn it_holds_no_more_than_its_capacity_and_drops_the_oldest() {
        let mut cache = KeyCache::new(2);
        for n in 0..5 {
            cache.keep(cache.mark(), owner(n), key(n));
        }
        assert_eq!(cache.keys.len(), 2);
        assert_eq!(cache.order.len(), 2);
        assert!(cache.get(&owner(2)).is_none());
        assert!(cache.get(&owner(4)).is_some());
    }

    #[test]
    fn a_key_read_before_it_was_forgotten_is_not_kept_after() {
        let mut cache = KeyCache::new(2);
        let mark = cache.mark();
        cache.forget(&owner(1));
        cache.keep(mark, owner(1), key(1));
        assert!(cache.get(&owner(1)).is_none());
    }
}
