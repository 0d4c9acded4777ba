//! P: Symbols in a row, of which the best pair becomes one, and again, until no pair is good: what BPE and SentencePiece
//! have in common. The better of two pairs has the lower key; of equal ones the left goes first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// No neighbour, or no token.
pub(super) const NONE: u32 = u32::MAX;

/// A piece of the text.
#[derive(Clone, Debug)]
pub(super) struct Symbol {
    /// Where it is in the text, in bytes; empty once it has become part of the one on its left.
    pub text: Range<usize>,
    /// Its token, or [`NONE`].
    pub token: u32,
    before: u32,
    after: u32,
}

/// A pair that may become one: its key, its left and right symbols, the bytes of both, and the token that they make.
type Pair = Reverse<(u32, u32, u32, usize, u32)>;

/// Symbols being joined; kept between words, so that nothing is allocated for each.
#[derive(Default)]
pub(super) struct Chain {
    symbols: Vec<Symbol>,
    pairs: BinaryHeap<Pair>,
}

impl Chain {
    /// Puts symbols, with their tokens, in the place of the earlier ones.
    pub(super) fn start(&mut self, symbols: impl Iterator<Item = (Range<usize>, u32)>) {
        self.pairs.clear();
        self.symbols.clear();
        self.symbols.extend(symbols.enumerate().map(|(index, (text, token))| Symbol {
            text,
            token,
            before: (index as u32).checked_sub(1).unwrap_or(NONE),
            after: index as u32 + 1,
        }));
        if let Some(last) = self.symbols.last_mut() {
            last.after = NONE;
        }
    }

    /// Joins pairs for as long as `good` gives one a key and the token that it makes.
    pub(super) fn join(&mut self, good: impl Fn(&Symbol, &Symbol) -> Option<(u32, u32)>) {
        for right in 1..self.symbols.len() as u32 {
            self.consider(right - 1, right, &good);
        }
        while let Some(Reverse((_, left, right, bytes, token))) = self.pairs.pop() {
            let (a, b) = (&self.symbols[left as usize], &self.symbols[right as usize]);
            // A symbol only grows, so a pair of the same length is the pair that was considered.
            if a.text.is_empty() || b.text.is_empty() || a.text.len() + b.text.len() != bytes {
                continue;
            }
            let (end, after) = (b.text.end, b.after);
            self.symbols[right as usize].text = end..end;
            let joined = &mut self.symbols[left as usize];
            (joined.text.end, joined.token, joined.after) = (end, token, after);
            let before = joined.before;
            if after != NONE {
                self.symbols[after as usize].before = left;
                self.consider(left, after, &good);
            }
            if before != NONE {
                self.consider(before, left, &good);
            }
        }
    }

    fn consider(&mut self, left: u32, right: u32, good: impl Fn(&Symbol, &Symbol) -> Option<(u32, u32)>) {
        let (a, b) = (&self.symbols[left as usize], &self.symbols[right as usize]);
        if let Some((key, token)) = good(a, b) {
            self.pairs.push(Reverse((key, left, right, a.text.len() + b.text.len(), token)));
        }
    }

    /// The symbols that are left, in order.
    pub(super) fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.symbols.iter().filter(|symbol| !symbol.text.is_empty())
    }
}
