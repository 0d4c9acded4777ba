//! P: Brings a question into one plain form before anything reads it, and says what is wrong with it. Judges no meaning.

pub mod pii;

use crate::error::FieldError;
use crate::limits;

/// Unseen characters that carry no text: soft hyphen, zero-width and direction marks, tags, byte-order mark.
const fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The text without control and unseen characters, white space collapsed to single blanks, ends trimmed.
pub fn normalise(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !is_unseen(*c)) {
        if c.is_whitespace() || c.is_control() {
            if !plain.is_empty() && !plain.ends_with(' ') {
                plain.push(' ');
            }
        } else {
            plain.push(c);
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

/// A question in its plain form: 1 to `limits::QUESTION_MAX_CHARS` characters, with a letter or digit among them.
///
/// # Errors
/// A problem of the field `question`: empty, without any letter, or too long. The text itself is not repeated.
pub fn question(text: &str) -> Result<String, FieldError> {
    let plain = normalise(text);
    let problem = |allowed: String| FieldError::unshown("question", allowed);
    let length = plain.chars().count();
    if length > limits::QUESTION_MAX_CHARS {
        return Err(problem(format!("1 to {} characters; this one has {length}", limits::QUESTION_MAX_CHARS)));
    }
    if !plain.chars().any(char::is_alphanumeric) {
        return Err(problem(format!("a question in words, 1 to {} characters", limits::QUESTION_MAX_CHARS)));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unseen_characters_and_loose_blanks_go() {
        assert_eq!(question(" Will\u{200B} I \n\t find\u{AD} love\u{0}? ").unwrap(), "Will I find love ?");
        assert_eq!(question("Où\u{A0}vais-je\u{202F}?").unwrap(), "Où vais-je ?");
    }

    #[test]
    fn empty_wordless_and_long_questions_are_field_problems() {
        for text in ["", "  \n ", "\u{200B}\u{FEFF}", "???", "…"] {
            assert_eq!(question(text).unwrap_err().field, "question");
        }
        assert!(question(&"a".repeat(limits::QUESTION_MAX_CHARS)).is_ok());
        let long = question(&"é".repeat(limits::QUESTION_MAX_CHARS + 1)).unwrap_err();
        assert!(long.allowed.contains("1001") && long.given.is_none());
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in any::<String>()) {
            let once = normalise(&text);
            prop_assert_eq!(normalise(&once), once.clone());
            prop_assert!(!once.contains("  ") && once.trim() == once && !once.chars().any(char::is_control));
        }
    }
}
