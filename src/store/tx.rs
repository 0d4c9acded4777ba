//! Typed reads and writes inside one transaction: the overlay of pending changes, and scans merged with it. Names no
//! engine and commits nothing.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use super::codec::{CodecError, Key, Row, Table, key_from_bytes, key_to_bytes, row_from_bytes, row_to_bytes};
use super::error::StoreError;
use super::span::Span;

/// What a scan calls for each key and value, in order, until it breaks off.
pub(super) type Visit<'v> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError> + 'v;

/// Ordered tables of bytes, as an engine gives them.
pub(super) trait Source {
    /// Refuses a table that the store was not opened with.
    fn check(&self, table: &'static str) -> Result<(), StoreError>;

    /// The value at `key`.
    fn get(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether there is a value at `key`.
    fn has(&self, table: &'static str, key: &[u8]) -> Result<bool, StoreError>;

    /// Visits what lies in `span`, in its order.
    fn visit(&self, table: &'static str, span: &Span, visit: &mut Visit<'_>) -> Result<(), StoreError>;
}

/// Changes of one closure: per table, per key, the new value, or `None` where the key goes.
pub(super) type Pending = BTreeMap<&'static str, BTreeMap<Vec<u8>, Option<Vec<u8>>>>;

/// Reading, in a write transaction and in a snapshot alike.
pub trait Reads {
    /// The row at `key`.
    ///
    /// # Errors
    /// When the table is unknown, the disk fails, or the row cannot be read.
    fn get<K: Key, V: Row>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, StoreError>;

    /// Whether there is a row at `key`; cheaper than to read it.
    ///
    /// # Errors
    /// When the table is unknown or the disk fails.
    fn has<K: Key, V: Row>(&self, table: &Table<K, V>, key: &K) -> Result<bool, StoreError>;

    /// At most `limit` keys and rows of `span`, in its order.
    ///
    /// # Errors
    /// When the table is unknown, the disk fails, or a key or row cannot be read.
    fn scan<K: Key, V: Row>(&self, table: &Table<K, V>, span: Span, limit: usize) -> Result<Vec<(K, V)>, StoreError>;
}

/// A snapshot: what was committed when it was taken, and nothing later.
pub struct View<'a> {
    source: &'a dyn Source,
}

impl<'a> View<'a> {
    pub(super) const fn new(source: &'a dyn Source) -> Self {
        Self { source }
    }

    /// Everything in `span`, with what is wrong in the place of what cannot be read, so that one bad row hides no other.
    ///
    /// # Errors
    /// When the table is unknown or the disk fails.
    pub fn survey<K: Key, V: Row>(&self, table: &Table<K, V>, span: &Span) -> Result<Vec<Surveyed<K, V>>, StoreError> {
        let mut found = Vec::new();
        self.source.visit(table.name(), span, &mut |key, value| {
            found.push(match (key_from_bytes(key), row_from_bytes(value)) {
                (Ok(key), Ok(row)) => Ok((key, row)),
                (Ok(key), Err(cause)) => Err(Unreadable { key: Some(key), cause }),
                (Err(cause), _) => Err(Unreadable { key: None, cause }),
            });
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }
}

/// A key and its row, or what cannot be read of them.
pub type Surveyed<K, V> = Result<(K, V), Unreadable<K>>;

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable<K> {
    /// Its key, unless that is what cannot be read.
    pub key: Option<K>,
    /// Why.
    pub cause: CodecError,
}

impl Reads for View<'_> {
    fn get<K: Key, V: Row>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, StoreError> {
        let bytes = self.source.get(table.name(), &key_to_bytes(key))?;
        Ok(bytes.as_deref().map(row_from_bytes).transpose()?)
    }

    fn has<K: Key, V: Row>(&self, table: &Table<K, V>, key: &K) -> Result<bool, StoreError> {
        self.source.has(table.name(), &key_to_bytes(key))
    }

    fn scan<K: Key, V: Row>(&self, table: &Table<K, V>, span: Span, limit: usize) -> Result<Vec<(K, V)>, StoreError> {
        let mut found = Found::new(limit);
        if limit > 0 {
            self.source.visit(table.name(), &span, &mut |key, value| found.add(key, value))?;
        }
        Ok(found.rows)
    }
}

/// A write transaction, as one closure sees it: the batch so far, under the closure's own pending changes.
pub struct Tx<'a> {
    source: &'a dyn Source,
    pending: Pending,
}

impl<'a> Tx<'a> {
    pub(super) const fn new(source: &'a dyn Source) -> Self {
        Self { source, pending: BTreeMap::new() }
    }

    pub(super) fn into_pending(self) -> Pending {
        self.pending
    }

    /// Sets the row at `key`.
    ///
    /// # Errors
    /// When the table is unknown or the row is too large.
    pub fn put<K: Key, V: Row>(&mut self, table: &Table<K, V>, key: &K, row: &V) -> Result<(), StoreError> {
        self.source.check(table.name())?;
        let value = row_to_bytes(row)?;
        self.pending.entry(table.name()).or_default().insert(key_to_bytes(key), Some(value));
        Ok(())
    }

    /// Removes the row at `key`; says whether there was one.
    ///
    /// # Errors
    /// When the table is unknown or the disk fails.
    pub fn delete<K: Key, V: Row>(&mut self, table: &Table<K, V>, key: &K) -> Result<bool, StoreError> {
        let key = key_to_bytes(key);
        let was_there = self.has_bytes(table.name(), &key)?;
        self.pending.entry(table.name()).or_default().insert(key, None);
        Ok(was_there)
    }

    fn bytes(&self, table: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.pending.get(table).and_then(|rows| rows.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.source.get(table, key),
        }
    }

    fn has_bytes(&self, table: &'static str, key: &[u8]) -> Result<bool, StoreError> {
        match self.pending.get(table).and_then(|rows| rows.get(key)) {
            Some(value) => Ok(value.is_some()),
            None => self.source.has(table, key),
        }
    }
}

impl Reads for Tx<'_> {
    fn get<K: Key, V: Row>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, StoreError> {
        let bytes = self.bytes(table.name(), &key_to_bytes(key))?;
        Ok(bytes.as_deref().map(row_from_bytes).transpose()?)
    }

    fn has<K: Key, V: Row>(&self, table: &Table<K, V>, key: &K) -> Result<bool, StoreError> {
        self.has_bytes(table.name(), &key_to_bytes(key))
    }

    fn scan<K: Key, V: Row>(&self, table: &Table<K, V>, span: Span, limit: usize) -> Result<Vec<(K, V)>, StoreError> {
        let mut found = Found::new(limit);
        if limit == 0 {
            return Ok(found.rows);
        }
        let mut merge = Merge { ours: ours(&self.pending, table.name(), &span), reversed: span.is_reversed() };
        let mut full = false;
        self.source.visit(table.name(), &span, &mut |key, value| {
            let flow = merge.before(key, value, &mut found)?;
            full = flow.is_break();
            Ok(flow)
        })?;
        if !full {
            merge.rest(&mut found)?;
        }
        Ok(found.rows)
    }
}

/// Rows found so far, decoded.
struct Found<K, V> {
    rows: Vec<(K, V)>,
    limit: usize,
}

impl<K: Key, V: Row> Found<K, V> {
    const fn new(limit: usize) -> Self {
        Self { rows: Vec::new(), limit }
    }

    fn add(&mut self, key: &[u8], value: &[u8]) -> Result<ControlFlow<()>, StoreError> {
        self.rows.push((key_from_bytes(key)?, row_from_bytes(value)?));
        Ok(if self.rows.len() < self.limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }
}

type Changes<'p> = Box<dyn Iterator<Item = (&'p [u8], Option<&'p [u8]>)> + 'p>;
type Ours<'p> = std::iter::Peekable<Changes<'p>>;

/// The pending changes of `table` that lie in `span`, in its order.
fn ours<'p>(pending: &'p Pending, table: &'static str, span: &Span) -> Ours<'p> {
    let (Some(rows), Some((start, end))) = (pending.get(table), span.bounds()) else {
        return (Box::new(std::iter::empty()) as Changes<'p>).peekable();
    };
    let range = (Bound::Included(start), end.map_or(Bound::Unbounded, Bound::Excluded));
    let rows = rows.range::<[u8], _>(range).map(|(key, value)| (key.as_slice(), value.as_deref()));
    let rows: Changes<'p> = if span.is_reversed() { Box::new(rows.rev()) } else { Box::new(rows) };
    rows.peekable()
}

/// Lays pending changes over the rows of the engine, both in the same order.
struct Merge<'p> {
    ours: Ours<'p>,
    reversed: bool,
}

impl Merge<'_> {
    /// Adds our rows that come before the engine's `key`, then the one at `key`, unless ours stands there.
    fn before<K: Key, V: Row>(
        &mut self,
        key: &[u8],
        value: &[u8],
        found: &mut Found<K, V>,
    ) -> Result<ControlFlow<()>, StoreError> {
        while let Some((our_key, our_value)) = self.ours.peek().copied() {
            let order = if self.reversed { key.cmp(our_key) } else { our_key.cmp(key) };
            if order == Ordering::Greater {
                break;
            }
            self.ours.next();
            let flow = our_value.map_or(Ok(ControlFlow::Continue(())), |ours| found.add(our_key, ours))?;
            if flow.is_break() || order == Ordering::Equal {
                return Ok(flow);
            }
        }
        found.add(key, value)
    }

    /// Adds our rows behind the last one of the engine.
    fn rest<K: Key, V: Row>(&mut self, found: &mut Found<K, V>) -> Result<(), StoreError> {
        for (key, value) in self.ours.by_ref() {
            let Some(value) = value else { continue };
            if found.add(key, value)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
