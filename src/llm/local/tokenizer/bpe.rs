//! P: Byte-level BPE: each byte is a token, and the pairs of the merge list become longer ones, the first of the list first.
//! Cuts no words and knows no control tokens.

use std::collections::HashMap;

use super::TokenizerError;
use super::chain::{Chain, NONE};
use super::vocabulary::{Kind, Words};

/// The tokens of bytes and the merges.
#[derive(Debug)]
pub(super) struct Bpe {
    bytes: [u32; 256],
    /// Rank and result of a pair of tokens.
    merges: HashMap<(u32, u32), (u32, u32)>,
}

impl Bpe {
    /// From the merges of a file: two tokens with a space between, the strongest first.
    pub(super) fn new(words: &Words, merges: &[String]) -> Result<Self, TokenizerError> {
        let bytes = std::array::from_fn(|byte| {
            let mut letter = [0; 4];
            words.ordinary(letter_of(byte as u8).encode_utf8(&mut letter)).unwrap_or(NONE)
        });
        // What a prompt is made of; some vocabularies lack bytes that no text has.
        if let Some(byte) = (b' '..=b'~').chain([b'\n']).find(|byte| bytes[usize::from(*byte)] == NONE) {
            return Err(TokenizerError::broken(format!("no token spells the byte 0x{byte:02x}")));
        }
        let mut table = HashMap::with_capacity(merges.len());
        for (rank, merge) in merges.iter().enumerate() {
            let unknown = |what: &str| {
                let merge: String = merge.chars().take(80).collect();
                TokenizerError::broken(format!("merge {rank} (`{merge}`) {what}"))
            };
            // A token may itself begin with a space.
            let split = merge.char_indices().skip(1).find(|(_, letter)| *letter == ' ').map(|(at, _)| at);
            let (left, right) =
                split.map(|at| (&merge[..at], &merge[at + 1..])).ok_or_else(|| unknown("is no pair"))?;
            let token =
                |text: &str| words.ordinary(text).ok_or_else(|| unknown("names or makes something that is no token"));
            let pair = (token(left)?, token(right)?);
            // Of a pair that stands twice the stronger counts.
            table.entry(pair).or_insert((rank as u32, token(&format!("{left}{right}"))?));
        }
        Ok(Self { bytes, merges: table })
    }

    /// Puts the tokens of one word behind `tokens`.
    pub(super) fn encode(&self, word: &str, chain: &mut Chain, tokens: &mut Vec<u32>) {
        chain.start(word.bytes().enumerate().map(|(at, byte)| (at..at + 1, self.bytes[usize::from(byte)])));
        chain.join(|left, right| self.merges.get(&(left.token, right.token)).copied());
        // A byte without a token is left out, as there is nothing that could spell it.
        tokens.extend(chain.symbols().map(|symbol| symbol.token).filter(|token| *token != NONE));
    }
}

/// The letter that stands for a byte: itself where it can be seen, otherwise one from U+0100 on.
pub(super) fn letter_of(byte: u8) -> char {
    match byte {
        b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => char::from(byte),
        0..=b' ' => shifted(u32::from(byte)),
        0x7f..=0xa0 => shifted(u32::from(byte) - 0x7f + 33),
        0xad => shifted(67),
    }
}

fn shifted(place: u32) -> char {
    char::from_u32(0x100 + place).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that a letter stands for.
fn byte_of(letter: char) -> Option<u8> {
    match u32::from(letter) {
        seen @ (0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff) => Some(seen as u8),
        place @ 0x100..=0x120 => Some((place - 0x100) as u8),
        place @ 0x121..=0x142 => Some((place - 0x121 + 0x7f) as u8),
        0x143 => Some(0xad),
        _ => None,
    }
}

/// The bytes that a token spells.
pub(super) fn spelled(token: &str, kind: Kind) -> Vec<u8> {
    if kind != Kind::Normal {
        return token.as_bytes().to_vec();
    }
    let mut bytes = Vec::with_capacity(token.len());
    for letter in token.chars() {
        match byte_of(letter) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_a_letter_of_its_own() {
        let letters: std::collections::BTreeSet<char> = (0..=255).map(letter_of).collect();
        assert_eq!(letters.len(), 256);
        for byte in 0..=255 {
            assert_eq!(byte_of(letter_of(byte)), Some(byte));
        }
        // As GPT-2's own table has them.
        assert_eq!([b' ', b'\n', 0x7f, 0xa0, 0xad].map(letter_of), ['Ġ', 'Ċ', 'ġ', 'ł', 'Ń']);
    }
}
