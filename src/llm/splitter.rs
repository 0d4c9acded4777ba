//! P: Cuts a model's text into sentences while it comes. A sentence is given out once nothing that follows can belong to it:
//! its closing quotes and the citations behind its full stop do. Judges no sentence.

use crate::limits;

/// Words whose full stop ends no sentence, in lower case.
const ABBREVIATIONS: &[&str] =
    &["e.g", "i.e", "cf", "etc", "vs", "mr", "mrs", "ms", "dr", "st", "p.ex", "ex", "mme", "m"];

/// A sentence as written, and whether a paragraph opens with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The text, its ends trimmed.
    pub text: String,
    /// Whether an empty line, or a new point of a list, stands before it.
    pub opens_paragraph: bool,
}

/// A splitter of one text.
#[derive(Debug)]
pub struct Splitter {
    pending: String,
    opens_paragraph: bool,
    taken_chars: usize,
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}

impl Splitter {
    /// At the start of a text.
    pub const fn new() -> Self {
        Self { pending: String::new(), opens_paragraph: true, taken_chars: 0 }
    }

    /// Whether the text has reached the length up to which it is read.
    pub const fn is_full(&self) -> bool {
        self.taken_chars >= limits::MODEL_TEXT_MAX_CHARS
    }

    /// Takes a piece of the text, and gives out the sentences that are finished.
    pub fn push(&mut self, piece: &str) -> Vec<Cut> {
        for c in piece.chars() {
            if self.is_full() {
                break;
            }
            self.taken_chars += 1;
            self.pending.push(c);
        }
        let mut cuts = Vec::new();
        while let Some(end) = boundary(&self.pending) {
            let rest = self.pending.split_off(end);
            let sentence = std::mem::replace(&mut self.pending, rest);
            self.cut(&sentence, &mut cuts);
        }
        cuts
    }

    /// The text ends; what was begun is given out when it was finished by a full stop or the like, as half a sentence may
    /// say the opposite of the whole.
    pub fn finish(mut self, complete: bool) -> Vec<Cut> {
        let mut cuts = Vec::new();
        let rest = std::mem::take(&mut self.pending);
        if complete || ends_sentence(rest.trim_end()) {
            self.cut(&rest, &mut cuts);
        }
        cuts
    }

    fn cut(&mut self, sentence: &str, cuts: &mut Vec<Cut>) {
        let (text, is_point) = without_bullet(sentence.trim());
        // A heading or a rule of Markdown is no sentence.
        let has_words = text.chars().any(char::is_alphabetic);
        if has_words && text.chars().count() <= limits::MODEL_SENTENCE_MAX_CHARS {
            cuts.push(Cut { text: text.to_owned(), opens_paragraph: self.opens_paragraph || is_point });
            self.opens_paragraph = false;
        }
        let breaks = sentence.chars().rev().take_while(|c| c.is_whitespace()).filter(|c| *c == '\n').count();
        self.opens_paragraph |= breaks >= 2;
    }
}

const fn is_closing(c: char) -> bool {
    matches!(c, '"' | '\'' | '\u{201D}' | '\u{2019}' | '\u{BB}' | ')' | '*' | '_')
}

const fn is_terminal(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '\u{2026}')
}

/// Where the first sentence ends, its trailing blanks included, once the character behind it is known.
fn boundary(text: &str) -> Option<usize> {
    let mut end = None;
    let mut in_brackets = false;
    for (at, c) in text.char_indices() {
        match (c, end) {
            ('[' | '\u{3010}', _) => {
                in_brackets = true;
                // A citation behind the full stop belongs to the sentence before it.
            }
            (']' | '\u{3011}', _) => in_brackets = false,
            _ if in_brackets && c != '\n' => {}
            ('\n', _) => {
                in_brackets = false;
                end = Some(End::Blank);
            }
            // French puts a blank before it.
            ('\u{BB}', Some(End::Blank)) => end = Some(End::Mark),
            (c, Some(End::Blank)) if !c.is_whitespace() => return Some(at),
            (c, Some(End::Mark)) if c.is_whitespace() => end = Some(End::Blank),
            (c, Some(End::Mark)) if is_closing(c) || is_terminal(c) => {}
            (_, Some(End::Mark)) => end = None,
            (c, None) if is_terminal(c) && !(c == '.' && is_abbreviation(&text[..at])) => end = Some(End::Mark),
            _ => {}
        }
    }
    None
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// A full stop or the like was read, and what may close it.
    Mark,
    /// Blanks behind it.
    Blank,
}

/// Whether the full stop behind `text` belongs to its last word: an abbreviation, an initial, or the number of a list.
fn is_abbreviation(text: &str) -> bool {
    let word = text.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let opens_line = || text.rsplit('\n').next().unwrap_or_default().trim() == word;
    let is_number = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    ABBREVIATIONS.contains(&word.to_lowercase().as_str()) || (is_number && word.len() <= 2 && opens_line())
}

fn ends_sentence(text: &str) -> bool {
    let mut text = text;
    while let Some(inner) = text.strip_suffix(']') {
        text = inner.rfind('[').map_or("", |open| inner[..open].trim_end());
    }
    text.trim_end_matches(is_closing).ends_with(is_terminal)
}

/// The text without the mark of a list's point or a heading before it, and whether there was one.
fn without_bullet(text: &str) -> (&str, bool) {
    let bare = text.trim_start_matches(['#', '>']).trim_start();
    for bullet in ["- ", "* ", "\u{2022} ", "\u{2013} "] {
        if let Some(rest) = bare.strip_prefix(bullet) {
            return (rest.trim_start(), true);
        }
    }
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits)
        && let Some(rest) = bare[digits..].strip_prefix(['.', ')'])
        && rest.starts_with(' ')
    {
        return (rest.trim_start(), true);
    }
    (bare, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<String> {
        let mut splitter = Splitter::new();
        let mut cuts = splitter.push(text);
        cuts.extend(splitter.finish(true));
        cuts.into_iter().map(|cut| cut.text).collect()
    }

    #[test]
    fn citations_behind_the_full_stop_stay_with_their_sentence() {
        let text = "Venus asks for ease [1]. Saturn slows. [2] [f1] \u{ab} Oui ? \u{bb} Rest.[3] More";
        assert_eq!(
            split(text),
            ["Venus asks for ease [1].", "Saturn slows. [2] [f1]", "\u{ab} Oui ? \u{bb}", "Rest.[3]", "More"]
        );
    }

    #[test]
    fn numbers_abbreviations_and_lists_are_not_ends() {
        assert_eq!(
            split("It stands at 12.5 degrees, e.g. in Leo. Done."),
            ["It stands at 12.5 degrees, e.g. in Leo.", "Done."]
        );
        assert_eq!(
            split("1. First thing.\n2. Second thing.\n- Third\n## Head\n\n---\n\nLast."),
            ["First thing.", "Second thing.", "Third", "Head", "Last."]
        );
    }

    #[test]
    fn paragraphs_are_kept() {
        let mut splitter = Splitter::new();
        let cuts = splitter.push("One. Two.\n\nThree. ");
        let opens: Vec<bool> = cuts.iter().map(|cut| cut.opens_paragraph).collect();
        assert_eq!(opens, [true, false]);
        assert!(splitter.finish(true)[0].opens_paragraph);
    }

    #[test]
    fn half_a_sentence_is_left_out_when_the_text_was_cut() {
        for (text, kept) in [("You will not. You will", 1), ("You will not. You will. [1]", 2), ("One. Two?", 2)] {
            let mut splitter = Splitter::new();
            let cuts = splitter.push(text).len();
            assert_eq!(cuts + splitter.finish(false).len(), kept, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_left_out() {
        let long = format!("{} end. Short one.", "word ".repeat(200));
        assert_eq!(split(&long), ["Short one."]);
        let mut splitter = Splitter::new();
        for _ in 0..10_000 {
            splitter.push("word. ");
        }
        assert!(splitter.is_full());
    }

    proptest! {
        #[test]
        fn the_cuts_between_pieces_do_not_matter(text in "([A-Za-zé]{1,6}[.!?]?[\\] \\[1\n]{0,3}){0,40}", piece in 1_usize..7) {
            let whole = split(&text);
            let (mut splitter, mut cuts) = (Splitter::new(), Vec::new());
            let chars: Vec<char> = text.chars().collect();
            for piece in chars.chunks(piece) {
                cuts.extend(splitter.push(&piece.iter().collect::<String>()));
            }
            cuts.extend(splitter.finish(true));
            prop_assert_eq!(cuts.into_iter().map(|cut| cut.text).collect::<Vec<_>>(), whole);
        }

        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            split(&text);
        }
    }
}
