//! P: Tokens that are taken whole wherever they stand in a text, the longest first. Encodes nothing of what is between.

use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::TokenizerError;
use super::vocabulary::Words;

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Still to be encoded.
    Text(Range<usize>),
    /// A token.
    Token(u32),
}

/// Names of tokens, and how to find them.
#[derive(Debug)]
pub(super) struct Controls {
    finder: AhoCorasick,
    tokens: Vec<u32>,
}

impl Controls {
    /// All tokens that are chosen and have a name.
    pub(super) fn new(words: &Words, chosen: impl Fn(u32) -> bool) -> Result<Self, TokenizerError> {
        let tokens: Vec<u32> =
            (0..words.len() as u32).filter(|token| chosen(*token) && !words.text(*token).is_empty()).collect();
        let finder = AhoCorasick::new(tokens.iter().map(|token| words.text(*token)));
        Ok(Self { finder: finder.map_err(|cause| TokenizerError::broken(cause.to_string()))?, tokens })
    }

    /// Takes the named tokens out of a text. Where names overlap the longest counts, of equally long ones the first token.
    pub(super) fn cut(&self, text: &str) -> Vec<Part> {
        let mut found: Vec<_> = self.finder.find_overlapping_iter(text).collect();
        if found.is_empty() {
            return if text.is_empty() { Vec::new() } else { vec![Part::Text(0..text.len())] };
        }
        found.sort_by_key(|found| (std::cmp::Reverse(found.len()), found.pattern(), found.start()));
        let mut taken = vec![false; text.len()];
        // What is taken already is at least as long, so whoever overlaps it has an end in it.
        found.retain(|found| {
            let free = !taken[found.start()] && !taken[found.end() - 1];
            if free {
                taken[found.range()].fill(true);
            }
            free
        });
        found.sort_by_key(aho_corasick::Match::start);
        let mut parts = Vec::with_capacity(2 * found.len() + 1);
        let mut from = 0;
        for found in found {
            if found.start() > from {
                parts.push(Part::Text(from..found.start()));
            }
            parts.push(Part::Token(self.tokens[found.pattern().as_usize()]));
            from = found.end();
        }
        if from < text.len() {
            parts.push(Part::Text(from..text.len()));
        }
        parts
    }
}
