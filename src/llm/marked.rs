//! P: Reads a model's sentence: takes out the marks of what it rests on, and refuses what no answer may hold. What the
//! sentence claims is checked elsewhere.
//!
//! Marks are `[1]` for a passage, `[f1]` for a fact of the chart, `[d1]` for a contact of the day, numbered as the prompt
//! numbers them; the id of a fact or contact in brackets counts too.

use super::Sentence;
use super::prompt::Offered;
use super::splitter::Cut;
use crate::guard::pii;

/// Why a sentence is left out before anybody looks at what it claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It cites what was not offered.
    UnknownMark,
    /// It holds an address of the web, an e-mail address or a number to call, none of which it can know.
    Address,
    /// It repeats the prompt.
    Echo,
    /// Nothing is left of it without its marks.
    Empty,
}

/// Strips Markdown and marks, and says what the sentence rests on.
///
/// # Errors
/// A [`Fault`].
pub fn read(cut: &Cut, offered: &Offered<'_>) -> Result<Sentence, Fault> {
    let mut text = String::with_capacity(cut.text.len());
    let mut support = Vec::new();
    let mut rest = cut.text.as_str();
    while let Some(open) = rest.find(['[', '\u{3010}']) {
        let (before, from) = rest.split_at(open);
        text.push_str(before);
        let close = from.find([']', '\u{3011}']).ok_or(Fault::UnknownMark)?;
        let bracket = from.chars().next().map_or(1, char::len_utf8);
        for mark in from[bracket..close].split([',', ';']) {
            let found = offered.support(mark.trim()).ok_or(Fault::UnknownMark)?;
            if !support.contains(&found) {
                support.push(found);
            }
        }
        let end = from[close..].chars().next().map_or(1, char::len_utf8);
        rest = &from[close + end..];
    }
    text.push_str(rest);
    let text = tidied(&text);
    if !text.chars().any(char::is_alphabetic) {
        return Err(Fault::Empty);
    }
    if offered.is_echo(&text) {
        return Err(Fault::Echo);
    }
    if has_address(&text) {
        return Err(Fault::Address);
    }
    Ok(Sentence { text, support, opens_paragraph: cut.opens_paragraph })
}

fn has_address(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["http:", "https:", "www.", "://", "<", ">", "javascript:"].iter().any(|sign| lower.contains(sign))
        || !pii::addresses(text).is_empty()
}

/// Without Markdown's signs, unseen characters and control characters; blanks single, none before a full stop.
fn tidied(text: &str) -> String {
    let plain = crate::guard::normalise(&text.replace(['*', '_', '`', '#'], ""));
    let mut tidy = String::with_capacity(plain.len());
    for c in plain.chars() {
        if matches!(c, '.' | ',') && tidy.ends_with(' ') {
            tidy.pop();
        }
        // A mark between two full stops leaves both.
        if !(c == '.' && tidy.ends_with('.') && !tidy.ends_with("..")) {
            tidy.push(c);
        }
    }
    let tidy = tidy.trim();
    // A full stop behind the last mark.
    tidy.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::prompt::tests::offered;
    use super::*;

    fn of(text: &str) -> Result<(String, usize), Fault> {
        let cut = Cut { text: text.to_owned(), opens_paragraph: false };
        read(&cut, &offered()).map(|sentence| (sentence.text, sentence.support.len()))
    }

    #[test]
    fn marks_become_support_and_leave_the_text() {
        assert_eq!(of("Venus **asks** for ease [1]."), Ok(("Venus asks for ease.".into(), 1)));
        assert_eq!(of("Venus asks for ease. [1][f1] [d1, 2]"), Ok(("Venus asks for ease.".into(), 4)));
        assert_eq!(of("Venus [1] asks [1] for ease \u{3010}2\u{3011}!"), Ok(("Venus asks for ease !".into(), 2)));
        assert_eq!(of("Nothing cited."), Ok(("Nothing cited.".into(), 0)));
        assert_eq!(of("By id [natal-venus]."), Ok(("By id.".into(), 1)));
    }

    #[test]
    fn what_was_not_offered_is_a_fault() {
        for text in ["So it is [9].", "So it is [0].", "So it is [f9].", "So it is [source].", "So it is [1", "[-1] so"]
        {
            assert_eq!(of(text), Err(Fault::UnknownMark), "{text}");
        }
        assert_eq!(of("[1]."), Err(Fault::Empty));
    }

    #[test]
    fn addresses_and_echoes_are_faults() {
        for text in [
            "See https://example.org [1].",
            "See www.example.org [1].",
            "Write to help@example.org [1].",
            "Call +33 6 12 34 56 78 [1].",
            "<script>alert(1)</script> [1]",
        ] {
            assert_eq!(of(text), Err(Fault::Address), "{text}");
        }
        assert_eq!(of("My reference is canary-0123456789abcdef [1]."), Err(Fault::Echo));
    }
}
