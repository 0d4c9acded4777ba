//! P: The master key, as its holder hands it over. Reads no file.

use std::fmt;

use zeroize::Zeroizing;

use super::crypto::{KEY_BYTES, Key};
use crate::clock::Ambient;

/// The one key that is not in the data directory's files. Wiped when dropped, never shown.
#[derive(Clone)]
pub struct MasterKey(Key);

/// A text that is no master key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key is {} hexadecimal digits", KEY_BYTES * 2)]
pub struct BadMasterKey;

impl MasterKey {
    /// These 32 bytes.
    pub fn new(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new one that nobody can guess.
    pub fn generate(ambient: &Ambient) -> Self {
        Self::new(ambient.bytes())
    }

    /// From 64 hexadecimal digits; white space around them is ignored, as files end in a line feed.
    ///
    /// # Errors
    /// Anything else.
    pub fn from_hex(text: &str) -> Result<Self, BadMasterKey> {
        let digits = text.trim().as_bytes();
        if digits.len() != KEY_BYTES * 2 {
            return Err(BadMasterKey);
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(key))
    }

    /// As 64 hexadecimal digits, for the file that keeps it.
    pub fn to_hex(&self) -> Zeroizing<String> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut out = Zeroizing::new(String::with_capacity(KEY_BYTES * 2));
        for byte in self.0.iter() {
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        out
    }

    /// Whether a person made it up: fewer than 8 different bytes. A random one has that few less than once in 10³⁰.
    pub fn is_weak(&self) -> bool {
        self.0.iter().collect::<std::collections::BTreeSet<_>>().len() < 8
    }

    pub(super) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

fn digit(ascii: u8) -> Result<u8, BadMasterKey> {
    match ascii {
        b'0'..=b'9' => Ok(ascii - b'0'),
        b'a'..=b'f' => Ok(ascii - b'a' + 10),
        b'A'..=b'F' => Ok(ascii - b'A' + 10),
        _ => Err(BadMasterKey),
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_goes_there_and_back_and_is_never_shown() {
        let key = MasterKey::generate(&Ambient::system());
        let text = key.to_hex();
        assert_eq!(MasterKey::from_hex(&format!(" {}\n", *text)).unwrap().bytes(), key.bytes());
        assert_eq!(MasterKey::from_hex(&text.to_uppercase()).unwrap().bytes(), key.bytes());
        assert_eq!(format!("{key:?}"), "MasterKey(redacted)");
        assert!(!key.is_weak());
        assert!(MasterKey::new([7; 32]).is_weak());
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65), &"é".repeat(32)] {
            assert!(MasterKey::from_hex(bad).is_err(), "{bad}");
        }
    }
}
