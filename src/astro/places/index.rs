//! P: The folded names of all places in the order of their bytes, each beginning shared with the name before left out, and
//! the places of each. Made when it is first asked for. Ranks nothing.

use std::ops::Range;
use std::sync::OnceLock;

use super::asset::{Asset, LINE, TAB, asset, other_names};
use super::fold::fold;

/// Names in a block, the first of which is written out.
const BLOCK: usize = 8;
/// Bit of a posting: the last of its key.
const LAST: u32 = 1 << 23;
/// Bit of a posting: the key is the place's usual name and not another one.
pub(super) const USUAL: u32 = 1 << 22;
/// Bits of a posting that are the place.
const PLACE_MASK: u32 = (1 << 18) - 1;
/// In front of keys that are the later words of a name.
pub(super) const LATER: u8 = 1;
/// Places from this size on are found by the later words of their names too.
const LATER_WORDS_FROM: u32 = 15_000;
/// Longest key, bytes: what is longer is no name but a remark.
pub(super) const KEY_BYTES_MAX: usize = 60;

/// The keys by their ordinals, and the places of each.
pub(super) struct Index {
    /// How many keys there are.
    pub(super) keys: usize,
    blocks: Vec<Block>,
    /// Of each block the fewest bytes that a key of it shares with the key before, that of the block before included.
    least_shared: Vec<u8>,
    /// Of each key the bytes that it shares with the key before (none in the first of a block), those that follow, and these.
    text: Vec<u8>,
    postings: Vec<[u8; 3]>,
}

/// Where a block of keys begins.
struct Block {
    text: u32,
    posting: u32,
}

/// The index of this program.
pub(super) fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| build(asset(), &other_names()))
}

/// A name on its way into the index.
struct Entry {
    /// Its first bytes, so that most comparisons need no text.
    first: u64,
    at: u32,
    posting: u32,
}

/// Folded names, each with [`LINE`] after it, of which entries hold the places.
struct Names<'a> {
    text: &'a [u8],
    entries: Vec<Entry>,
}

impl Names<'_> {
    fn add(&mut self, range: Range<usize>, posting: u32) {
        let name = &self.text[range.clone()];
        if name.is_empty() || name.len() > KEY_BYTES_MAX {
            return;
        }
        let mut first = [0; 8];
        let size = name.len().min(first.len());
        first[..size].copy_from_slice(&name[..size]);
        self.entries.push(Entry { first: u64::from_be_bytes(first), at: range.start as u32, posting });
    }

    fn sort(&mut self) {
        let text = self.text;
        self.entries.sort_unstable_by(|a, b| {
            let by_text = || name_at(text, a.at).cmp(name_at(text, b.at));
            a.first
                .cmp(&b.first)
                .then_with(by_text)
                .then_with(|| (a.posting & PLACE_MASK).cmp(&(b.posting & PLACE_MASK)))
        });
    }
}

fn name_at(text: &[u8], at: u32) -> &[u8] {
    let rest = &text[at as usize..];
    &rest[..rest.iter().position(|byte| matches!(*byte, LINE | TAB)).unwrap_or(rest.len())]
}

fn build(asset: &Asset, others: &str) -> Index {
    let mut text = String::with_capacity(others.len() * 3 / 2);
    text.push_str(others);
    let mut usual = Vec::with_capacity(asset.len);
    for place in 0..asset.len {
        let from = text.len();
        text.push_str(&fold(asset.name(place)));
        usual.push(from..text.len());
        text.push(char::from(LINE));
    }
    let mut names = Names { text: text.as_bytes(), entries: Vec::with_capacity(asset.len * 7 / 2) };
    let mut later = Names { text: text.as_bytes(), entries: Vec::new() };
    for (place, range) in usual.into_iter().enumerate() {
        let posting = place as u32 | USUAL;
        if asset.population(place) >= LATER_WORDS_FROM {
            for (space, _) in text[range.clone()].match_indices(' ') {
                later.add(range.start + space + 1..range.end, posting);
            }
        }
        names.add(range, posting);
    }
    let mut at = 0;
    for (line, place) in others.split_inclusive(char::from(LINE)).zip(asset.in_file_order()) {
        for name in line.split_inclusive([char::from(TAB), char::from(LINE)]) {
            names.add(at..at + name.len() - 1, *place);
            at += name.len();
        }
    }
    let mut index = Index {
        keys: 0,
        blocks: Vec::new(),
        least_shared: Vec::new(),
        text: Vec::with_capacity(others.len()),
        postings: Vec::new(),
    };
    let mut before = Vec::new();
    later.sort();
    names.sort();
    index.take(&later, &[LATER], &mut before);
    index.take(&names, &[], &mut before);
    index.text.shrink_to_fit();
    index.postings.shrink_to_fit();
    index
}

impl Index {
    /// Adds names in their order; `before` is the key before.
    fn take(&mut self, names: &Names<'_>, prefix: &[u8], before: &mut Vec<u8>) {
        let mut key = Vec::with_capacity(KEY_BYTES_MAX + 1);
        let mut last_place = None;
        for entry in &names.entries {
            key.clear();
            key.extend(prefix);
            key.extend(name_at(names.text, entry.at));
            let place = entry.posting & PLACE_MASK;
            if key != *before {
                self.push(&key, before);
                before.clone_from(&key);
            } else if let Some(last) = self.postings.last_mut() {
                // A place that has the name twice has it as its usual name if either is.
                if last_place == Some(place) {
                    last[2] |= (entry.posting >> 16) as u8 & (USUAL >> 16) as u8;
                    continue;
                }
                last[2] &= !((LAST >> 16) as u8);
            }
            last_place = Some(place);
            let [a, b, c, _] = (entry.posting | LAST).to_le_bytes();
            self.postings.push([a, b, c]);
        }
    }

    fn push(&mut self, key: &[u8], before: &[u8]) {
        let shared = common(key, before);
        let (text, posting) = (self.text.len() as u32, self.postings.len() as u32);
        let is_first = self.keys.is_multiple_of(BLOCK);
        if is_first {
            self.blocks.push(Block { text, posting });
            self.least_shared.push(shared as u8);
        } else if let Some(least) = self.least_shared.last_mut() {
            *least = (*least).min(shared as u8);
        }
        let kept = if is_first { 0 } else { shared };
        self.text.extend([kept as u8, (key.len() - kept) as u8]);
        self.text.extend(&key[kept..]);
        self.keys += 1;
    }

    /// The first of these blocks in which a key shares less than so many bytes with the key before it.
    pub(super) fn next_block(&self, blocks: Range<usize>, bytes: usize) -> Option<usize> {
        let from = blocks.start;
        let least = self.least_shared.get(from..blocks.end.min(self.least_shared.len())).unwrap_or(&[]);
        least.iter().position(|shared| usize::from(*shared) < bytes).map(|skipped| from + skipped)
    }

    /// The ordinal of the first key of a block.
    pub(super) fn first_of(block: usize) -> usize {
        block * BLOCK
    }

    /// The block of a key.
    pub(super) fn block_of(key: usize) -> usize {
        key / BLOCK
    }

    /// The keys of a block: how many bytes each shares with the one before, and those that follow.
    pub(super) fn entries(&self, block: usize) -> impl Iterator<Item = (usize, &[u8])> {
        let from = self.blocks.get(block).map_or(self.text.len(), |block| block.text as usize);
        let mut rest = &self.text[from..];
        std::iter::from_fn(move || {
            let ([shared, more], tail) = rest.split_first_chunk()?;
            let (suffix, tail) = tail.split_at_checked(usize::from(*more))?;
            rest = tail;
            Some((usize::from(*shared), suffix))
        })
        .take(BLOCK)
    }

    /// The ordinal of the first key that is not before these bytes, and whether it is these.
    pub(super) fn first_from(&self, wanted: &[u8]) -> (usize, bool) {
        let head = |block: usize| self.entries(block).next().map_or(&[][..], |(_, head)| head);
        let numbers: Range<usize> = 0..self.blocks.len();
        let after = partition_point(numbers, |block| head(block) <= wanted);
        let Some(block) = after.checked_sub(1) else { return (0, false) };
        let mut key = Vec::with_capacity(KEY_BYTES_MAX + 1);
        for (nth, (shared, suffix)) in self.entries(block).enumerate() {
            key.truncate(shared);
            key.extend(suffix);
            if key.as_slice() >= wanted {
                return (Self::first_of(block) + nth, key == wanted);
            }
        }
        (Self::first_of(after).min(self.keys), false)
    }

    /// Where the postings of a key start.
    fn first_posting(&self, key: usize) -> usize {
        let Some(block) = self.blocks.get(Self::block_of(key)) else { return self.postings.len() };
        let mut at = block.posting as usize;
        for _ in Self::first_of(Self::block_of(key))..key {
            while self.posting(at).is_some_and(|posting| posting & LAST == 0) {
                at += 1;
            }
            at += 1;
        }
        at
    }

    fn posting(&self, at: usize) -> Option<u32> {
        self.postings.get(at).map(|[a, b, c]| u32::from_le_bytes([*a, *b, *c, 0]))
    }

    /// The postings of the keys of these ordinals: places with [`USUAL`] where it holds.
    pub(super) fn postings(&self, keys: Range<usize>) -> impl Iterator<Item = u32> + '_ {
        let (from, to) = (self.first_posting(keys.start), self.first_posting(keys.end.max(keys.start)));
        (from..to).map_while(|at| self.posting(at)).map(|posting| posting & (PLACE_MASK | USUAL))
    }
}

/// How many first bytes are the same.
pub(super) fn common(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

/// The first number of a range for which it does not hold.
fn partition_point(numbers: Range<usize>, holds: impl Fn(usize) -> bool) -> usize {
    let Range { start: mut low, end: mut high } = numbers;
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Against a map made in the plainest way from the same lists.
    #[test]
    fn the_index_holds_every_name_with_its_places() {
        let (asset, index, others) = (asset(), index(), other_names());
        let mut plain: BTreeMap<Vec<u8>, BTreeMap<u32, bool>> = BTreeMap::new();
        for place in 0..asset.len {
            let name = fold(asset.name(place));
            plain.entry(name.clone().into_bytes()).or_default().insert(place as u32, true);
            if asset.population(place) >= LATER_WORDS_FROM {
                for (space, _) in name.match_indices(' ') {
                    let later = format!("{}{}", char::from(LATER), &name[space + 1..]);
                    plain.entry(later.into_bytes()).or_default().insert(place as u32, true);
                }
            }
        }
        assert_eq!(others.lines().count(), asset.len);
        for (line, place) in others.lines().zip(asset.in_file_order()) {
            for name in line.split(char::from(TAB)).filter(|name| !name.is_empty()) {
                plain.entry(name.to_owned().into_bytes()).or_default().entry(*place).or_insert(false);
            }
        }
        plain.retain(|key, _| !key.is_empty() && key.len() <= KEY_BYTES_MAX);
        assert_eq!(index.keys, plain.len());
        assert!(index.keys > 600_000, "{}", index.keys);
        let mut key: Vec<u8> = Vec::new();
        let mut read = (0..index.blocks.len()).flat_map(|block| index.entries(block));
        for (ordinal, (name, places)) in plain.iter().enumerate() {
            let (shared, suffix) = read.next().unwrap();
            key.truncate(shared);
            key.extend(suffix);
            assert_eq!(key, *name);
            let usual = |(place, is_usual): (&u32, &bool)| place | if *is_usual { USUAL } else { 0 };
            if ordinal % 7 == 0 {
                assert_eq!(index.first_from(name), (ordinal, true));
                assert!(index.postings(ordinal..ordinal + 1).eq(places.iter().map(usual)), "{name:?}");
            }
        }
        assert_eq!(index.postings(0..index.keys).count(), plain.values().map(BTreeMap::len).sum::<usize>());
    }

    #[test]
    fn names_are_kept_as_queries_are_folded() {
        for name in other_names().split(['\t', '\n']).step_by(11) {
            assert_eq!(fold(name), name);
        }
    }
}
