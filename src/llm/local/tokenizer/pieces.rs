//! P: SentencePiece: of all neighbours that together are a token, those with the best score become one; what is no token is
//! spelled byte by byte. White space is `▁`. Knows no control tokens.

use super::TokenizerError;
use super::chain::{Chain, NONE, Symbol};
use super::vocabulary::{Kind, Words};

/// The letter that stands for a space.
const SPACE: char = '▁';

/// Scores, and the tokens of bytes.
#[derive(Debug)]
pub(super) struct Pieces {
    /// By token; the lower the better.
    keys: Vec<u32>,
    bytes: [u32; 256],
    longest_bytes: usize,
}

impl Pieces {
    /// From the scores of a file, which may have none.
    pub(super) fn new(words: &Words, scores: Option<&[f32]>, unknown: Option<u32>) -> Result<Self, TokenizerError> {
        let keys = match scores {
            None => vec![0; words.len()],
            Some(scores) if scores.len() < words.len() => {
                return Err(TokenizerError::broken(format!("{} scores for {} tokens", scores.len(), words.len())));
            }
            Some(scores) if scores.iter().any(|score| score.is_nan()) => {
                return Err(TokenizerError::broken("a score is no number"));
            }
            Some(scores) => scores.iter().map(|score| key(*score)).collect(),
        };
        let mut bytes = [NONE; 256];
        for (byte, token) in bytes.iter_mut().enumerate() {
            let letter = char::from(byte as u8);
            let spelled = || words.ordinary(letter.encode_utf8(&mut [0; 4])).filter(|_| letter.is_ascii());
            let found = words.of_kind(&format!("<0x{byte:02X}>"), Kind::Byte).or_else(spelled).or(unknown);
            *token = found.ok_or_else(|| {
                TokenizerError::broken(format!("no token spells the byte 0x{byte:02x}, and none is for the unknown"))
            })?;
        }
        Ok(Self { keys, bytes, longest_bytes: words.longest_bytes() })
    }

    /// Puts the tokens of a text behind `tokens`; `space` puts a space before it.
    pub(super) fn encode(&self, words: &Words, text: &str, space: bool, chain: &mut Chain, tokens: &mut Vec<u32>) {
        let mut shown = String::with_capacity(text.len() + 8);
        shown.extend(space.then_some(SPACE));
        shown.extend(text.chars().map(|letter| if letter == ' ' { SPACE } else { letter }));
        let token = |text: &str| words.ordinary(text).unwrap_or(NONE);
        chain.start(shown.char_indices().map(|(at, letter)| {
            let place = at..at + letter.len_utf8();
            (place.clone(), token(&shown[place]))
        }));
        chain.join(|left: &Symbol, right: &Symbol| {
            let both = &shown[left.text.start..right.text.end];
            // No token is longer, and looking takes time in proportion to the length.
            let token = (both.len() <= self.longest_bytes).then(|| words.ordinary(both))??;
            Some((self.keys[token as usize], token))
        });
        for symbol in chain.symbols() {
            match symbol.token {
                NONE => tokens.extend(shown[symbol.text.clone()].bytes().map(|byte| self.bytes[usize::from(byte)])),
                token => tokens.push(token),
            }
        }
    }
}

/// Whole numbers in the order of the scores, the best first.
fn key(score: f32) -> u32 {
    // Adding zero makes one of the two zeros.
    let bits = (score + 0.).to_bits();
    let rising = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    !rising
}

/// The byte that the name of a token of that kind means.
pub(super) fn byte_named(name: &str) -> Option<u8> {
    let digits = name.strip_prefix("<0x")?.strip_suffix('>')?;
    let hexadecimal = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    hexadecimal.then(|| u8::from_str_radix(digits, 16).ok())?
}

/// The bytes that a token spells.
pub(super) fn spelled(token: &str, kind: Kind) -> Vec<u8> {
    match (kind, byte_named(token)) {
        (Kind::Byte, Some(byte)) => vec![byte],
        (Kind::Normal | Kind::Unused, _) => token.replace(SPACE, " ").into_bytes(),
        _ => token.as_bytes().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_better_score_has_a_lower_key() {
        let scores = [f32::INFINITY, 3.5, 1e-30, 0., -1e-30, -1., -1000., f32::NEG_INFINITY];
        assert!(scores.map(key).is_sorted_by(|a, b| a < b));
        assert_eq!(key(0.), key(-0.));
    }

    #[test]
    fn bytes_are_named_by_two_hexadecimal_digits() {
        assert_eq!(
            ["<0x0A>", "<0xff>", "<0x1>", "<0x+1>", "0x41"].map(byte_named),
            [Some(10), Some(255), None, None, None]
        );
    }
}
