//! P: The byte-pair encodings of known remote models, from ranks that the program carries: no network, no file. Each is
//! unpacked at its first use and then kept.

use tiktoken_rs::{cl100k_base_singleton, o200k_base_singleton};

use crate::limits::BPE_TEXT_MAX_BYTES;

/// An encoding that the program carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `gpt-4` and `gpt-3.5-turbo`.
    Cl100k,
    /// `gpt-4o` and all that came after.
    O200k,
}

/// Beginnings of model names, and what they encode with; the first that fits holds.
const FAMILIES: &[(&str, Encoding)] = &[
    ("gpt-4o", Encoding::O200k),
    ("gpt-4.1", Encoding::O200k),
    ("gpt-4.5", Encoding::O200k),
    ("gpt-5", Encoding::O200k),
    ("chatgpt-4o", Encoding::O200k),
    ("o1", Encoding::O200k),
    ("o3", Encoding::O200k),
    ("o4", Encoding::O200k),
    ("gpt-4", Encoding::Cl100k),
    ("gpt-3.5", Encoding::Cl100k),
];

/// What this model encodes with, when it is known. A provider's name before a slash is passed over.
pub fn of_model(model: &str) -> Option<Encoding> {
    let name = model.rsplit('/').next().unwrap_or(model);
    let fits = |family: &str| {
        let rest = name.strip_prefix(family);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', ':']))
    };
    FAMILIES.iter().find(|(family, _)| fits(family)).map(|(_, encoding)| *encoding)
}

/// Tokens of `text`, special tokens read as plain text; `None` when the text is too long to be worth it.
pub fn count(encoding: Encoding, text: &str) -> Option<u64> {
    if text.len() > BPE_TEXT_MAX_BYTES {
        return None;
    }
    let bpe = match encoding {
        Encoding::Cl100k => cl100k_base_singleton(),
        Encoding::O200k => o200k_base_singleton(),
    };
    u64::try_from(bpe.encode_ordinary(text).len()).ok()
}

/// Unpacks what `model` encodes with, so that no request waits for it.
pub fn warm(model: &str) {
    if let Some(encoding) = of_model(model) {
        count(encoding, "a");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_apart() {
        for (model, encoding) in [
            ("gpt-4o-mini", Some(Encoding::O200k)),
            ("openai/gpt-5.1", Some(Encoding::O200k)),
            ("o3", Some(Encoding::O200k)),
            ("gpt-4-0613", Some(Encoding::Cl100k)),
            ("gpt-3.5-turbo", Some(Encoding::Cl100k)),
            ("gpt-40", None),
            ("o3x", None),
            ("mistral-small", None),
        ] {
            assert_eq!(of_model(model), encoding, "{model}");
        }
    }

    /// Counts that OpenAI's cookbook prints ("How to count tokens with tiktoken").
    #[test]
    fn published_counts_come_out() {
        for (text, cl100k, o200k) in [
            ("tiktoken is great!", 6, 6),
            ("antidisestablishmentarianism", 6, 6),
            ("2 + 2 = 4", 7, 7),
            ("お誕生日おめでとう", 9, 8),
        ] {
            assert_eq!(count(Encoding::Cl100k, text), Some(cl100k), "{text}");
            assert_eq!(count(Encoding::O200k, text), Some(o200k), "{text}");
        }
    }
}
