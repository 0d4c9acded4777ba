//! A: Label values that are not known beforehand, such as slugs of tenants: the first of them are kept apart, the others
//! count as one. So no label grows without bound, whoever chooses its values.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::metrics::OTHER;

/// The first values that came, up to a number.
#[derive(Debug)]
pub struct Bounded {
    most: usize,
    known: Mutex<BTreeSet<String>>,
}

impl Bounded {
    /// Tells `most` values apart.
    pub const fn new(most: usize) -> Self {
        Self { most, known: Mutex::new(BTreeSet::new()) }
    }

    /// The value itself while there is room for it, otherwise [`OTHER`].
    pub fn label<'v>(&self, value: &'v str) -> &'v str {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(value) {
            return value;
        }
        if known.len() >= self.most {
            return OTHER;
        }
        known.insert(value.to_owned());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_values_are_told_apart_and_stay_so() {
        let bounded = Bounded::new(2);
        assert_eq!(
            ["a", "b", "c", "a", "c", "b"].map(|value| bounded.label(value)),
            ["a", "b", OTHER, "a", OTHER, "b"]
        );
    }
}
