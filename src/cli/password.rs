//! P: Passwords that nobody chose, from bytes that nobody can guess. Stores none.

/// Characters that are not mistaken for one another in print: 32 of them, so that each carries exactly five bits.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Four groups of five characters, 100 bits: `k3x9p-..`. Each byte gives its low five bits.
pub fn from_bytes(bytes: [u8; 20]) -> String {
    let mut text = String::with_capacity(23);
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 && i % 5 == 0 {
            text.push('-');
        }
        text.push(ALPHABET.get(usize::from(byte & 31)).map_or('a', |c| char::from(*c)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_no_doubles() {
        assert_eq!(ALPHABET.iter().collect::<std::collections::BTreeSet<_>>().len(), 32);
    }

    #[test]
    fn a_password_is_four_groups_of_five() {
        assert_eq!(from_bytes([0; 20]), "aaaaa-aaaaa-aaaaa-aaaaa");
        assert_eq!(from_bytes([0xff; 20]), "99999-99999-99999-99999");
    }
}
