//! P: Finds calendar days written without a year in a sentence: `8 December`, `December 8`, `1er décembre`. Judges none.

use crate::astro::Lang;
use crate::llm::lexicon;

/// A day of a month, 1..=31 and 1..=12.
pub type DayMonth = (u8, u8);

/// The days named in a sentence, in order.
pub fn dates(sentence: &str, lang: Lang) -> Vec<DayMonth> {
    if !sentence.bytes().any(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let folded = lexicon::fold(sentence);
    let words: Vec<&str> = folded.split_whitespace().collect();
    let months = lexicon::folded(&lexicon::FOLDED_MONTHS, lang);
    let month = |word: &str| months.iter().position(|name| name == word).and_then(|place| u8::try_from(place + 1).ok());
    let named = |at: usize| words.get(at).and_then(|word| Some((month(word)?, at)));
    let beside = |(month, at): (u8, usize)| {
        let before = at.checked_sub(1).and_then(|at| day(words[at]));
        let after = words.get(at + 1).and_then(|word| day(word));
        before.or(after).map(|day| (day, month))
    };
    (0..words.len()).filter_map(named).filter_map(beside).collect()
}

/// `8`, `8th`, `1er`.
fn day(word: &str) -> Option<u8> {
    let digits = &word[..word.bytes().take_while(u8::is_ascii_digit).count()];
    let suffix = matches!(&word[digits.len()..], "" | "st" | "nd" | "rd" | "th" | "er");
    digits.parse().ok().filter(|day| suffix && (1..=31).contains(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_found_in_both_languages() {
        assert_eq!(dates("It is exact around 8 December.", Lang::En), [(8, 12)]);
        assert_eq!(dates("On May 1st and the 3rd June, perhaps.", Lang::En), [(1, 5), (3, 6)]);
        assert_eq!(dates("Vers le 1er mars, puis le 12 août.", Lang::Fr), [(1, 3), (12, 8)]);
        assert!(dates("Mars may march, and 988 is a number.", Lang::En).is_empty());
    }
}
