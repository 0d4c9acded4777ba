//! P: Tokens that are taken whole wherever they stand in a text, the longest first. Encodes nothing of what is between.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::TokenizerError;
use super::vocabulary::Words;

/// Stands where a person's text would name a control token, or would help to: a noncharacter, which no text has.
pub const MARK: char = '\u{fdd0}';

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
    /// Beginnings and endings of names, without the whole ones, and the longest name.
    beginnings: HashSet<String>,
    endings: HashSet<String>,
    names: Vec<String>,
    longest_bytes: usize,
}

impl Controls {
    /// All tokens that are chosen and have a name.
    pub(super) fn new(words: &Words, chosen: impl Fn(u32) -> bool) -> Result<Self, TokenizerError> {
        let tokens: Vec<u32> =
            (0..words.len() as u32).filter(|token| chosen(*token) && !words.text(*token).is_empty()).collect();
        let names: Vec<String> = tokens.iter().map(|token| words.text(*token).to_owned()).collect();
        let finder = AhoCorasick::new(&names).map_err(|cause| TokenizerError::broken(cause.to_string()))?;
        let inner = |name: &str| name.char_indices().skip(1).map(|(at, _)| at).collect::<Vec<_>>();
        let halves = |name: &String| inner(name).into_iter().map(|at| (name[..at].into(), name[at..].into())).collect();
        let (beginnings, endings) = names.iter().flat_map::<Vec<(String, String)>, _>(halves).unzip();
        let longest_bytes = names.iter().map(String::len).max().unwrap_or(0);
        Ok(Self { finder, tokens, beginnings, endings, names, longest_bytes })
    }

    /// Marks a person's text, so that wherever a template puts it, whole and with or without the white space at its ends, no
    /// letter of it is part of a name: whole names in it, beginnings of names at its end, endings at its start, and a text
    /// that is itself from the middle of one.
    pub(super) fn guard(&self, text: &str) -> String {
        let text = if text.contains(MARK) { text.replace(MARK, "\u{fffd}") } else { text.to_owned() };
        let after_first = |at: usize| at + text[at..].chars().next().map_or(0, char::len_utf8);
        let mut marks: Vec<usize> =
            self.finder.find_overlapping_iter(&text).map(|found| after_first(found.start())).collect();
        let (start, end) = (text.len() - text.trim_start().len(), text.trim_end().len());
        for (from, to) in [(0, text.len()), (0, end), (start, text.len()), (start, end)] {
            let Some(inside) = text.get(from..to).filter(|inside| !inside.is_empty()) else { continue };
            let near_end = |at: &usize| inside.len() - at <= self.longest_bytes;
            let ends = inside.char_indices().map(|(at, _)| at).filter(near_end);
            marks.extend(ends.filter(|at| self.beginnings.contains(&inside[*at..])).map(|at| after_first(from + at)));
            for (at, letter) in inside.char_indices().take_while(|(at, _)| *at <= self.longest_bytes) {
                if self.endings.contains(&inside[..at + letter.len_utf8()]) {
                    marks.push(from + at);
                }
            }
            if inside.len() < self.longest_bytes && self.names.iter().any(|name| name.contains(inside)) {
                marks.push(after_first(from));
            }
        }
        marks.sort_unstable();
        marks.dedup();
        let mut guarded = String::with_capacity(text.len() + 3 * marks.len());
        let mut from = 0;
        for at in marks {
            guarded.push_str(&text[from..at]);
            guarded.push(MARK);
            from = at;
        }
        guarded.push_str(&text[from..]);
        guarded
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
