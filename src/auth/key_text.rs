//! P: The text of an API key: `ork_`, 44 characters of secret, 6 of checksum, all of 0-9, A-Z and a-z. Knows no store.
//!
//! The prefix lets secret scanners find a leaked key (`ork_[0-9A-Za-z]{50}`); the checksum, CRC-32 (ISO-HDLC) of what
//! stands before it, tells them, and us, a key from a look-alike or a slip of the pen without asking the store.

use zeroize::Zeroizing;

/// How every key begins.
pub const PREFIX: &str = "ork_";
/// Characters of a key.
const LENGTH: usize = PREFIX.len() + 2 * HALF + CHECK;
/// Characters of half a secret: 62^22 is more than 2^128.
const HALF: usize = 22;
/// Characters of the checksum: 62^6 is more than 2^32.
const CHECK: usize = 6;
/// Characters shown to tell a key from others: 4 of the 44, which leave 232 bits unknown.
const HINT: usize = PREFIX.len() + 4;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Writes `number` in `width` digits, base 62.
fn push(out: &mut String, mut number: u128, width: usize) {
    let mut digits = Zeroizing::new([b'0'; HALF]);
    for digit in digits.iter_mut().take(width).rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    out.extend(digits.iter().take(width).map(|digit| char::from(*digit)));
}

/// CRC-32 of ISO 3309 (reflected, polynomial 0xEDB88320), bit by bit: a key is short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// The key of 32 unpredictable bytes.
pub fn write(secret: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(LENGTH));
    text.push_str(PREFIX);
    for half in secret.chunks_exact(16) {
        push(&mut text, half.iter().fold(0, |number, byte| number << 8 | u128::from(*byte)), HALF);
    }
    let check = crc32(text.as_bytes());
    push(&mut text, u128::from(check), CHECK);
    text
}

/// Whether `text` has the form of a key, checksum included.
pub fn is_whole(text: &str) -> bool {
    let fits =
        text.len() == LENGTH && text.starts_with(PREFIX) && text[PREFIX.len()..].bytes().all(|b| DIGITS.contains(&b));
    if !fits {
        return false;
    }
    let (body, check) = text.split_at(LENGTH - CHECK);
    let mut right = String::new();
    push(&mut right, u128::from(crc32(body.as_bytes())), CHECK);
    right == check
}

/// The characters that tell this key from others, and open nothing.
pub fn hint(text: &str) -> String {
    text.chars().take(HINT).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_checksum_is_the_standard_one() {
        // The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn the_least_and_the_greatest_secret_fit() {
        let least = write(&[0; 32]);
        assert!(least.starts_with("ork_00000000000000000000000000000000000000000000"), "{}", *least);
        assert_eq!(least.len(), 54);
        // 2^128 - 1 in base 62, by another program's long division.
        let greatest = write(&[255; 32]);
        assert!(greatest.starts_with("ork_7n42DGM5Tflk9n8mt7Fhc77n42DGM5Tflk9n8mt7Fhc7"), "{}", *greatest);
    }

    proptest! {
        #[test]
        fn each_key_is_whole_and_no_slip_of_one_character_is(
            secret in any::<[u8; 32]>(), at in 0..54_usize, with in "[0-9A-Za-z_-]",
        ) {
            let text = write(&secret);
            prop_assert!(is_whole(&text));
            prop_assert_eq!(hint(&text).len(), 8);
            let mut slip = text.to_string();
            slip.replace_range(at..=at, &with);
            prop_assert_eq!(is_whole(&slip), slip == *text);
            prop_assert!(!is_whole(&text[..53]));
        }

        #[test]
        fn no_text_makes_it_panic(text in "(ork_)?\\PC{0,60}") {
            let _ = (is_whole(&text), hint(&text));
        }
    }
}
