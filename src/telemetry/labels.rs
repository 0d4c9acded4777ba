//! A: Label values that are not known beforehand, such as slugs of tenants: the first of them are kept apart, the others
//! count as one. So no label grows without bound, whoever chooses its values.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::metrics::OTHER;

/// The values of one label that are kept apart.
#[derive(Debug)]
pub struct Known {
    most: usize,
    values: Mutex<BTreeSet<String>>,
}

impl Known {
    /// None yet, and at most so many.
    pub const fn new(most: usize) -> Self {
        Self { most, values: Mutex::new(BTreeSet::new()) }
    }

    /// The value itself while there is room for it, otherwise [`OTHER`].
    pub fn label<'v>(&self, value: &'v str) -> &'v str {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.contains(value) {
            return value;
        }
        if values.len() >= self.most {
            return OTHER;
        }
        values.insert(value.to_owned());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_values_are_kept_and_the_others_are_one() {
        let known = Known::new(2);
        assert_eq!(["a", "b", "a", "c", "b", "d"].map(|value| known.label(value)), ["a", "b", "a", OTHER, "b", OTHER]);
    }
}
