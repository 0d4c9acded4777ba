//! P: A range of keys in byte order. Reads nothing.

use super::codec::{Key, key_to_bytes};

/// Which keys to scan, and from which end. Bounds narrow: several of them hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    start: Vec<u8>,
    end: Option<Vec<u8>>,
    reversed: bool,
    nothing: bool,
}

impl Span {
    /// Every key, smallest first.
    pub const fn all() -> Self {
        Self { start: Vec::new(), end: None, reversed: false, nothing: false }
    }

    /// The keys whose first parts are `key`.
    pub fn prefix(key: &impl Key) -> Self {
        let start = key_to_bytes(key);
        let end = successor(&start);
        Self { start, end, ..Self::all() }
    }

    /// Only keys that sort after `key` and do not start with it.
    #[must_use]
    pub fn after(mut self, key: &impl Key) -> Self {
        match successor(&key_to_bytes(key)) {
            Some(start) => self.start = self.start.max(start),
            None => self.nothing = true,
        }
        self
    }

    /// Only keys that sort before `key` and do not start with it.
    #[must_use]
    pub fn before(mut self, key: &impl Key) -> Self {
        let end = key_to_bytes(key);
        self.end = Some(self.end.take().map_or_else(|| end.clone(), |own| own.min(end.clone())));
        self
    }

    /// The same keys, largest first. The bounds keep their meaning: to go on below a key, say `.before(key).reversed()`.
    #[must_use]
    pub const fn reversed(mut self) -> Self {
        self.reversed = !self.reversed;
        self
    }

    /// First key bytes that belong to it, and first that do not; `None` when nothing can lie in it.
    pub(super) fn bounds(&self) -> Option<(&[u8], Option<&[u8]>)> {
        let end = self.end.as_deref();
        let empty = self.nothing || end.is_some_and(|end| end <= self.start.as_slice());
        (!empty).then_some((self.start.as_slice(), end))
    }

    /// Whether the largest key comes first.
    pub(super) const fn is_reversed(&self) -> bool {
        self.reversed
    }
}

/// The least bytes that sort after everything that starts with `prefix`; `None` when nothing does.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut next = prefix.get(..=last)?.to_vec();
    if let Some(byte) = next.last_mut() {
        *byte += 1;
    }
    Some(next)
}
