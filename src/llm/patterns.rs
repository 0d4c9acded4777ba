//! P: Many word patterns looked for in one pass over a folded text, each with what finding it means. Holds no list of words.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::lexicon;

/// Patterns as [`lexicon::holds`] reads them, each with a tag, compiled into one automaton.
#[derive(Debug)]
pub struct Patterns<T> {
    entries: Vec<(String, T)>,
    /// None if the automaton could not be built; the patterns are then tried one by one.
    automaton: Option<AhoCorasick>,
}

impl<T: Copy> Patterns<T> {
    /// Compiles patterns: a word or words, or with `*` at its end the beginning of a word.
    pub fn new(patterns: impl IntoIterator<Item = (String, T)>) -> Self {
        let entries: Vec<(String, T)> = patterns.into_iter().collect();
        let needles = entries.iter().map(|(pattern, _)| match pattern.strip_suffix('*') {
            Some(stem) => format!(" {stem}"),
            None => format!(" {pattern} "),
        });
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(needles).ok();
        Self { entries, automaton }
    }

    /// Whether the text holds one of them.
    pub fn any(&self, folded: &str) -> bool {
        match &self.automaton {
            Some(automaton) => automaton.is_match(folded),
            None => self.entries.iter().any(|(pattern, _)| lexicon::holds(folded, pattern)),
        }
    }

    /// The tags of all that the text holds, each pattern once, in the order of the patterns.
    pub fn found(&self, folded: &str) -> Vec<T> {
        let Some(automaton) = &self.automaton else {
            let held = self.entries.iter().filter(|(pattern, _)| lexicon::holds(folded, pattern));
            return held.map(|(_, tag)| *tag).collect();
        };
        let mut places: Vec<usize> =
            automaton.find_overlapping_iter(folded).map(|found| found.pattern().as_usize()).collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place| self.entries.get(place)).map(|(_, tag)| *tag).collect()
    }
}

/// A list of patterns, separated by a comma and a blank, compiled at its first use. A `~` at the end of a pattern makes it
/// a weak sign; its tag here is the pattern as written.
#[derive(Debug)]
pub struct Words {
    list: &'static str,
    compiled: OnceLock<Patterns<&'static str>>,
}

impl Words {
    /// A list.
    pub const fn new(list: &'static str) -> Self {
        Self { list, compiled: OnceLock::new() }
    }

    fn compiled(&self) -> &Patterns<&'static str> {
        self.compiled.get_or_init(|| {
            Patterns::new(self.list.split(", ").map(|written| (written.trim_end_matches('~').to_owned(), written)))
        })
    }

    /// Whether a folded text holds a pattern of the list, weak ones included.
    pub fn any(&self, folded: &str) -> bool {
        self.compiled().any(folded)
    }

    /// The patterns that a folded text holds, as written.
    pub fn found(&self, folded: &str) -> Vec<&'static str> {
        self.compiled().found(folded)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    static WORDS: Words = Words::new("work, works, love*, my ex, should i~, i, me, love me");

    #[test]
    fn whole_words_beginnings_and_neighbours_are_found() {
        assert_eq!(WORDS.found(" should i tell my ex that she loves me "), ["love*", "my ex", "should i~", "i", "me"]);
        assert_eq!(WORDS.found(" love me love me "), ["love*", "me", "love me"]);
        assert!(WORDS.any(" i ") && !WORDS.any(" workshop exile ") && !WORDS.any("  "));
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_a_search_for_each_finds(
            patterns in prop::collection::vec("[ab]{1,3}( [ab]{1,2})?\\*?", 1..12),
            words in prop::collection::vec("[ab]{1,4}", 0..12),
        ) {
            let text = format!(" {} ", words.join(" "));
            let each: Vec<usize> = (0..patterns.len()).filter(|&at| lexicon::holds(&text, &patterns[at])).collect();
            let compiled = Patterns::new(patterns.iter().cloned().zip(0..));
            prop_assert_eq!(compiled.any(&text), !each.is_empty());
            prop_assert_eq!(compiled.found(&text), each);
        }
    }
}
