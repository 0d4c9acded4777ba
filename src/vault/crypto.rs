//! P: The three primitives of the vault: key derivation, authenticated encryption and keyed hashes. Keeps no keys.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// Length of every key, in bytes.
pub const KEY_BYTES: usize = 32;
/// Length of an XChaCha20 nonce, in bytes.
pub const NONCE_BYTES: usize = 24;
/// First byte of everything sealed; tells later formats apart.
const FORMAT: u8 = 1;

/// Bytes that did not open: altered, sealed under another key, or taken from another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unopened;

/// A key that is wiped when it is dropped.
pub type Key = Zeroizing<[u8; KEY_BYTES]>;

/// Joins parts so that no two different lists give the same bytes: each part behind its length (u64, big-endian).
pub fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::with_capacity(parts.iter().map(|p| p.len() + 8).sum());
    for part in parts {
        out.extend_from_slice(&(part.len() as u64).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

/// HMAC-SHA-256 (RFC 2104) of `message`.
pub fn hmac(key: &[u8; KEY_BYTES], message: &[u8]) -> [u8; 32] {
    // RFC 2104 pads a short key with zeros to the block, so handing over the padded block is the same and cannot fail.
    let mut block = [0_u8; 64];
    block[..KEY_BYTES].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    block.zeroize();
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// A key for one purpose: HKDF-Expand (RFC 5869 §2.3) of one block, `parts` framed as its info.
pub fn derive(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> Key {
    let mut info = framed(parts);
    info.push(1);
    Zeroizing::new(hmac(key, &info))
}

/// Encrypts with XChaCha20-Poly1305; `place` is authenticated and not stored. Gives format, nonce, ciphertext, tag.
pub fn seal(
    key: &[u8; KEY_BYTES],
    nonce: [u8; NONCE_BYTES],
    place: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Unopened> {
    let cipher = XChaCha20Poly1305::new(key.into());
    let payload = Payload { msg: plaintext, aad: place };
    let ciphertext = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| Unopened)?;
    let mut out = Vec::with_capacity(1 + NONCE_BYTES + ciphertext.len());
    out.push(FORMAT);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&ciphertext);
    Ok(out)
}

/// Decrypts what [`seal`] made with the same key and place.
pub fn open(key: &[u8; KEY_BYTES], place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
    let (&format, rest) = sealed.split_first().ok_or(Unopened)?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened)?;
    if format != FORMAT {
        return Err(Unopened);
    }
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: ciphertext, aad: place }).map_err(|_| Unopened)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn hmac_agrees_with_rfc_4231_test_case_1() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let expected = hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_eq!(hmac(&key, b"Hi There").to_vec(), expected);
    }

    #[test]
    fn sealing_agrees_with_the_xchacha_draft_a_3_1() {
        // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
        let key: [u8; 32] = std::array::from_fn(|i| 0x80 + u8::try_from(i).unwrap());
        let nonce: [u8; 24] = std::array::from_fn(|i| 0x40 + u8::try_from(i).unwrap());
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                     sunscreen would be it.";
        let sealed = seal(&key, nonce, &hex("50515253c0c1c2c3c4c5c6c7"), text).unwrap();
        assert_eq!(&sealed[25..41], hex("bd6d179d3e83d43b9576579493c0e939").as_slice());
        assert_eq!(&sealed[sealed.len() - 16..], hex("c0875924c1c7987947deafd8780acf49").as_slice());
    }

    #[test]
    fn framing_tells_lists_apart() {
        assert_ne!(framed(&[b"ab", b"c"]), framed(&[b"a", b"bc"]));
        assert_ne!(framed(&[b"ab"]), framed(&[b"ab", b""]));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_any_flipped_bit_shows(
            key: [u8; 32], nonce in any::<[u8; 24]>(), place: Vec<u8>, text: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8,
        ) {
            let mut sealed = seal(&key, nonce, &place, &text).unwrap();
            prop_assert_eq!(open(&key, &place, &sealed).unwrap(), text);
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert_eq!(open(&key, &place, &sealed), Err(Unopened));
        }

        #[test]
        fn nothing_short_or_wild_opens(key: [u8; 32], wild: Vec<u8>) {
            prop_assert_eq!(open(&key, b"", &wild), Err(Unopened));
        }
    }
}
