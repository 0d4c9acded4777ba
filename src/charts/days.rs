//! A bounded memory of computed days. A day depends on chart, date, zone, ruleset and versions alone, so what is
//! remembered is what would be computed; a ruleset that charts are made under never changes. Computes none itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::astro::Today;

/// What a day depends on: hash of the chart's input and versions, local date, zone, id of the ruleset.
pub type Key = (String, String, String, String);

/// Two generations: what is used moves to the young one, and when that is full the old one goes.
#[derive(Debug)]
pub struct Days {
    capacity: usize,
    generations: Mutex<[HashMap<Key, Arc<Today>>; 2]>,
}

impl Days {
    /// Remembers at most `capacity` days, at least two.
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(2) / 2, generations: Mutex::default() }
    }

    /// The day under `key`, if it is remembered.
    pub fn get(&self, key: &Key) -> Option<Arc<Today>> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if let Some(day) = young.get(key) {
            return Some(Arc::clone(day));
        }
        let (key, day) = old.remove_entry(key)?;
        self.put(&mut generations, key, Arc::clone(&day));
        Some(day)
    }

    /// Remembers a day.
    pub fn keep(&self, key: Key, day: Arc<Today>) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        self.put(&mut generations, key, day);
    }

    fn put(&self, [young, old]: &mut [HashMap<Key, Arc<Today>>; 2], key: Key, day: Arc<Today>) {
        if young.len() >= self.capacity {
            *old = std::mem::take(young);
        }
        young.insert(key, day);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::astro::{self, BirthInput, Certainty, HouseSystem};

    fn day() -> Arc<Today> {
        let birth = BirthInput {
            calendar: astro::Calendar::Gregorian,
            zone_source: astro::ZoneSource::UserProvided,
            date: "1990-06-15".into(),
            time: Some("10:30".into()),
            certainty: Certainty::Exact,
            zone: "Europe/Paris".into(),
            latitude_deg: 48.86,
            longitude_deg: 2.35,
            place_label: None,
            house_system: HouseSystem::Placidus,
            utc_offset_s: None,
        };
        let chart = astro::compute(&birth).unwrap();
        Arc::new(astro::today(&chart, "2026-11-23", "Europe/Paris").unwrap())
    }

    fn key(n: usize) -> Key {
        (n.to_string(), "2026-11-23".into(), "UTC".into(), "modern-1.0.0".into())
    }

    #[test]
    fn it_holds_no_more_than_its_capacity_and_keeps_what_is_used() {
        let (days, day) = (Days::new(8), day());
        for n in 0..100 {
            days.keep(key(n), Arc::clone(&day));
            assert!(n == 0 || days.get(&key(0)).is_some(), "the one in use was dropped after {n}");
        }
        let held: usize = days.generations.lock().unwrap().iter().map(HashMap::len).sum();
        assert!(held <= 8, "{held}");
        assert!(days.get(&key(50)).is_none());
    }
}
