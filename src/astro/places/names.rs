//! P: Which names of the gazetteer a folded text is, begins, or misspells. Ranks no places.

use fst::raw::{Fst, Node, Output, Transition};
use fst::{IntoStreamer, Streamer};

use super::asset::{Asset, LATER};

/// Longest text whose misspellings are looked for, characters.
const MISSPELT_CHARS_MAX: usize = 40;
/// Shortest text in which one letter may be wrong, characters.
const ONE_ERROR_FROM: usize = 4;
/// Shortest text in which two may.
const TWO_ERRORS_FROM: usize = 8;

/// The ordinal of a key, if the text is one.
pub(super) fn exact(asset: &Asset, key: &str) -> Option<usize> {
    asset.index.as_ref()?.get(key).map(|ordinal| ordinal.value() as usize)
}

/// The ordinals of all keys that begin with the text.
pub(super) fn beginning(asset: &Asset, key: &str) -> std::ops::Range<usize> {
    let Some(index) = &asset.index else { return 0..0 };
    let mut after = key.as_bytes().to_vec();
    // No byte of UTF-8 is 0xff.
    after.push(0xff);
    first_from(index, key.as_bytes(), asset.keys)..first_from(index, &after, asset.keys)
}

/// The ordinals of the later words of names that begin with the text.
pub(super) fn later(asset: &Asset, key: &str) -> std::ops::Range<usize> {
    beginning(asset, &format!("{LATER}{key}"))
}

fn first_from(index: &Fst<&'static [u8]>, key: &[u8], end: usize) -> usize {
    let mut stream = index.range().ge(key).into_stream();
    stream.next().map_or(end, |(_, ordinal)| ordinal.value() as usize)
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
/// distance: optimal string alignment, by a walk through the index that leaves a branch as soon as no key below it can
/// be near enough. Of two errors at most one may lie in the first half, which keeps the walk short.
pub(super) fn misspelt(asset: &Asset, key: &str, errors: u8) -> Vec<(u8, usize)> {
    let wanted: Vec<char> = key.chars().collect();
    let Some(index) = asset.index.as_ref().filter(|_| !wanted.is_empty() && wanted.len() <= MISSPELT_CHARS_MAX) else {
        return Vec::new();
    };
    let first: Row = std::array::from_fn(|column| (column as u8).min(errors + 1));
    let mut walk = Walk {
        index,
        wanted: &wanted,
        is_latin: key.is_ascii(),
        is_foreign: !key.bytes().any(|byte| byte.is_ascii_alphanumeric()),
        errors,
        letters: Vec::new(),
        rows: vec![(first, 0)],
        found: Vec::new(),
    };
    walk.node(&index.root(), Output::zero(), 0, 0);
    walk.found
}

/// Distances of what was walked to the beginnings of the text, at most one more than is allowed.
type Row = [u8; MISSPELT_CHARS_MAX + 1];

struct Walk<'a> {
    index: &'a Fst<&'static [u8]>,
    wanted: &'a [char],
    is_latin: bool,
    /// The text has no letter of ASCII.
    is_foreign: bool,
    errors: u8,
    letters: Vec<char>,
    /// The row after each letter, and the least distance in it.
    rows: Vec<(Row, u8)>,
    found: Vec<(u8, usize)>,
}

impl Walk<'_> {
    /// Walks what is below a node. `partial` holds the bits so far of a letter of several bytes, of which `missing` are
    /// still to come.
    fn node(&mut self, node: &Node<'_>, output: Output, partial: u32, missing: u8) {
        let depth = self.letters.len();
        let Some(&(row, least)) = self.rows.last() else { return };
        if missing == 0 && node.is_final() && row[self.wanted.len()] <= self.errors {
            self.found.push((row[self.wanted.len()], output.cat(node.final_output()).value() as usize));
        }
        if self.is_latin && least >= self.allowed(depth + 1) {
            // No more error may follow: the next letter is one of those about here.
            let about = depth.saturating_sub(3)..(depth + 4).min(self.wanted.len());
            for at in about.clone() {
                let letter = self.wanted[at];
                if !self.wanted[about.start..at].contains(&letter)
                    && let Some(transition) = node.find_input(letter as u8)
                {
                    self.follow(node.transition(transition), output, u32::from(letter), 0);
                }
            }
            return;
        }
        for transition in node.transitions() {
            let byte = transition.inp;
            let (partial, missing) = match byte {
                0..0x20 => continue,
                0x80.. if self.is_latin => continue,
                0x21..0x80 if self.is_foreign => continue,
                0x20..0x80 => (u32::from(byte), 0),
                0x80..0xc0 => (partial << 6 | u32::from(byte & 0x3f), missing.saturating_sub(1)),
                0xc0..0xe0 => (u32::from(byte & 0x1f), 1),
                0xe0..0xf0 => (u32::from(byte & 0x0f), 2),
                0xf0.. => (u32::from(byte & 0x07), 3),
            };
            self.follow(transition, output, partial, missing);
        }
    }

    fn follow(&mut self, transition: Transition, output: Output, partial: u32, missing: u8) {
        let output = output.cat(transition.out);
        if missing > 0 {
            self.node(&self.index.node(transition.addr), output, partial, missing);
        } else if self.letter(char::from_u32(partial).unwrap_or_default()) {
            self.node(&self.index.node(transition.addr), output, 0, 0);
            self.letters.pop();
            self.rows.pop();
        }
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
