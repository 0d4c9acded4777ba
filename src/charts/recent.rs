//! A bounded memory of what was made or opened lately. Makes nothing itself: whoever asks says whether what is remembered
//! still holds.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Two generations: what is used moves to the young one, and when that is full the old one goes.
#[derive(Debug)]
pub struct Recent<K, V> {
    capacity: usize,
    generations: Mutex<Generations<K, V>>,
}

type Generations<K, V> = [HashMap<K, Arc<V>>; 2];

impl<K: Hash + Eq, V> Recent<K, V> {
    /// Remembers at most `capacity` values, at least two.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(2) / 2, generations: Mutex::new([HashMap::new(), HashMap::new()]) }
    }

    /// The value under `key`, if it is remembered.
    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if let Some(value) = young.get(key) {
            return Some(Arc::clone(value));
        }
        let (key, value) = old.remove_entry(key)?;
        self.put(&mut generations, key, Arc::clone(&value));
        Some(value)
    }

    /// Remembers a value.
    pub fn keep(&self, key: K, value: Arc<V>) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        self.put(&mut generations, key, value);
    }

    /// Forgets the value under `key`.
    pub fn forget(&self, key: &K) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        for generation in &mut *generations {
            generation.remove(key);
        }
    }

    fn put(&self, [young, old]: &mut Generations<K, V>, key: K, value: Arc<V>) {
        if young.len() >= self.capacity {
            *old = std::mem::take(young);
        }
        young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_no_more_than_its_capacity_and_keeps_what_is_used() {
        let recent = Recent::new(8);
        for n in 0..100 {
            recent.keep(n, Arc::new(n));
            assert!(n == 0 || recent.get(&0).is_some(), "the one in use was dropped after {n}");
        }
        let held: usize = recent.generations.lock().unwrap().iter().map(HashMap::len).sum();
        assert!(held <= 8, "{held}");
        assert!(recent.get(&50).is_none());
    }

    #[test]
    fn what_is_forgotten_is_in_neither_generation() {
        let recent = Recent::new(4);
        for n in 0..3 {
            recent.keep(n, Arc::new(n));
        }
        for n in 0..3 {
            recent.forget(&n);
            assert!(recent.get(&n).is_none());
        }
    }
}
