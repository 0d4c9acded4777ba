//! P: Which names of the gazetteer a folded text is, begins, or misspells. Ranks no places.

use std::ops::Range;

use super::index::{Index, LATER, common};

/// Longest text whose misspellings are looked for, characters.
const MISSPELT_CHARS_MAX: usize = 40;
/// Shortest text in which one letter may be wrong, characters.
const ONE_ERROR_FROM: usize = 4;
/// Shortest text in which two may.
const TWO_ERRORS_FROM: usize = 8;

/// The ordinal of a key, if the text is one.
pub(super) fn exact(index: &Index, key: &str) -> Option<usize> {
    let (ordinal, is_it) = index.first_from(key.as_bytes());
    is_it.then_some(ordinal)
}

/// The ordinals of all keys that begin with the text.
pub(super) fn beginning(index: &Index, key: &str) -> Range<usize> {
    beginning_bytes(index, key.as_bytes().to_vec())
}

/// The ordinals of the later words of names that begin with the text.
pub(super) fn later(index: &Index, key: &str) -> Range<usize> {
    beginning_bytes(index, [&[LATER], key.as_bytes()].concat())
}

fn beginning_bytes(index: &Index, mut key: Vec<u8>) -> Range<usize> {
    let from = index.first_from(&key).0;
    // No byte of UTF-8 is 0xff.
    key.push(0xff);
    from..index.first_from(&key).0
}

/// How many letters of a text may be wrong: none in the shortest, two from eight characters on.
pub(super) fn errors_allowed(key: &str) -> u8 {
    match key.chars().count() {
        ONE_ERROR_FROM..TWO_ERRORS_FROM => 1,
        TWO_ERRORS_FROM..=MISSPELT_CHARS_MAX => 2,
        _ => 0,
    }
}

/// The keys within `errors` letters of the text (left out, put in, changed, or two neighbours swapped), with their
/// distance: optimal string alignment, by a pass over the keys in their order that passes over all of a common beginning as
/// soon as no key that begins so can be near enough. Of two errors at most one may lie in the first half, which keeps the
/// pass short.
pub(super) fn misspelt(index: &Index, key: &str, errors: u8) -> Vec<(u8, usize)> {
    let wanted: Vec<char> = key.chars().collect();
    if wanted.is_empty() || wanted.len() > MISSPELT_CHARS_MAX {
        return Vec::new();
    }
    let first: Row = std::array::from_fn(|column| (column as u8).min(errors + 1));
    let mut walk = Walk {
        wanted: &wanted,
        is_latin: key.is_ascii(),
        is_foreign: !key.bytes().any(|byte| byte.is_ascii_alphanumeric()),
        errors,
        letters: Vec::new(),
        ends: Vec::new(),
        rows: vec![(first, 0)],
        path: Vec::new(),
        dead_end: None,
    };
    let mut found = Vec::new();
    let mut key = Vec::new();
    // Neither the later words, which come first, nor, for a text in plain letters, the names in others, which come last.
    let after = if walk.is_latin { index.first_from(&[0x80]).0 } else { index.keys };
    let (mut from, to) = (Index::block_of(index.first_from(b" ").0), Index::block_of(after) + 1);
    while let Some(block) = index.next_block(from..to, walk.dead_end.unwrap_or(usize::MAX)) {
        from = block + 1;
        let mut same = 0;
        for (nth, (shared, rest)) in index.entries(block).enumerate() {
            key.truncate(shared);
            key.extend(rest);
            same = if nth == 0 { common(&walk.path, &key) } else { same.min(shared) };
            if walk.dead_end.is_none_or(|bytes| same < bytes) {
                if let Some(distance) = walk.key(&key, same) {
                    found.push((distance, Index::first_of(block) + nth));
                }
                same = walk.path.len();
            }
        }
    }
    found
}

/// Distances of what was walked to the beginnings of the text, at most one more than is allowed.
type Row = [u8; MISSPELT_CHARS_MAX + 1];

struct Walk<'a> {
    wanted: &'a [char],
    /// The text is ASCII.
    is_latin: bool,
    /// The text has no letter of ASCII.
    is_foreign: bool,
    errors: u8,
    letters: Vec<char>,
    /// Where each letter ends in the path, bytes.
    ends: Vec<usize>,
    /// The row after each letter, and the least distance in it.
    rows: Vec<(Row, u8)>,
    /// The beginning of a key up to where it was walked.
    path: Vec<u8>,
    /// So many bytes of the path begin no key that is near enough.
    dead_end: Option<usize>,
}

impl Walk<'_> {
    /// The distance of a key that shares so many bytes with the path, if it is near enough.
    fn key(&mut self, key: &[u8], same: usize) -> Option<u8> {
        while self.ends.pop_if(|end| *end > same).is_some() {
            self.letters.pop();
            self.rows.pop();
        }
        self.path.truncate(self.ends.last().copied().unwrap_or(0));
        let from = self.path.len();
        for chunk in letters(key.get(from..)?) {
            let letter = letter_of(chunk);
            self.path.extend(chunk);
            if !self.may_stand(letter) || !self.letter(letter) {
                self.dead_end = Some(self.path.len());
                return None;
            }
            self.ends.push(self.path.len());
        }
        self.dead_end = None;
        let (row, _) = self.rows.last()?;
        (row[self.wanted.len()] <= self.errors).then(|| row[self.wanted.len()])
    }

    /// Whether a letter is of a script in which the text is looked for and, where no more error may follow, one of those
    /// about here.
    fn may_stand(&self, letter: char) -> bool {
        let depth = self.letters.len();
        let must_fit = self.rows.last().is_some_and(|(_, least)| *least >= self.allowed(depth + 1));
        let about = || &self.wanted[depth.saturating_sub(3).min(self.wanted.len())..(depth + 4).min(self.wanted.len())];
        let is_other =
            if self.is_latin { !letter.is_ascii() } else { self.is_foreign && ('!'..'\u{80}').contains(&letter) };
        !is_other && (!must_fit || about().contains(&letter))
    }

    /// How many errors there may be after so many letters.
    fn allowed(&self, depth: usize) -> u8 {
        if depth <= self.wanted.len() / 2 { self.errors.min(1) } else { self.errors }
    }

    /// Goes on by one letter, unless no key that starts like this can be near enough.
    fn letter(&mut self, letter: char) -> bool {
        let depth = self.rows.len();
        let too_many = self.errors + 1;
        let band = usize::from(self.errors);
        if depth > self.wanted.len() + band {
            return false;
        }
        let Some((above, _)) = self.rows.last() else { return false };
        let mut row: Row = [too_many; MISSPELT_CHARS_MAX + 1];
        if depth <= band {
            row[0] = depth as u8;
        }
        let mut least = row[0];
        for column in depth.saturating_sub(band).max(1)..=(depth + band).min(self.wanted.len()) {
            let same = self.wanted[column - 1] == letter;
            let mut cost = (above[column - 1] + u8::from(!same)).min(above[column] + 1).min(row[column - 1] + 1);
            let swapped = depth > 1
                && column > 1
                && self.wanted[column - 2] == letter
                && self.letters.last() == Some(&self.wanted[column - 1]);
            if swapped {
                cost = cost.min(self.rows[depth - 2].0[column - 2] + 1);
            }
            row[column] = cost.min(too_many);
            least = least.min(row[column]);
        }
        // A swap reaches over a row, but what it reaches is within one of this row.
        if least > self.allowed(depth) {
            return false;
        }
        self.letters.push(letter);
        self.rows.push((row, least));
        true
    }
}

/// The bytes of each letter.
fn letters(mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let size = match *text.first()? {
            ..0xc0 => 1,
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0.. => 4,
        };
        let (letter, rest) = text.split_at(size.min(text.len()));
        text = rest;
        Some(letter)
    })
}

/// The letter of these bytes.
fn letter_of(bytes: &[u8]) -> char {
    match bytes {
        [byte] => char::from(*byte),
        more => std::str::from_utf8(more).ok().and_then(|letter| letter.chars().next()).unwrap_or_default(),
    }
}
