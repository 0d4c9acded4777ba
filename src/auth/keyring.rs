//! S: The keys that sign tokens: one signs, those before it still verify until the last token they signed has ended.
//! Stored as one secret of the vault; never shown.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::tokens::TokenPolicy;
use super::verified::Verified;
use crate::clock::{Ambient, UnixMs};
use crate::error::{Error, Result};

/// Name of the ring among the vault's secrets.
pub const SECRET_NAME: &str = "jwt_ring";
/// Earlier keys kept at most; with daily rotation 7 are live.
const PREVIOUS_MAX: usize = 16;
/// Length of a signing key, in bytes (RFC 7518 §3.2: at least the hash's 32).
const KEY_BYTES: usize = 32;

/// One signing key.
#[derive(Clone)]
struct SigningKey {
    kid: String,
    secret: Zeroizing<[u8; KEY_BYTES]>,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl SigningKey {
    fn new(kid: String, secret: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let encoding = EncodingKey::from_secret(secret.as_slice());
        let decoding = DecodingKey::from_secret(secret.as_slice());
        Self { kid, secret, encoding, decoding }
    }

    fn generate(ambient: &Ambient) -> Self {
        let name = u64::from_be_bytes(ambient.bytes());
        Self::new(format!("{name:016x}"), Zeroizing::new(ambient.bytes()))
    }
}

/// The signing key and those before it. Immutable: a rotation gives a new ring.
#[derive(Clone)]
pub struct KeyRing {
    current: SigningKey,
    previous: Vec<(SigningKey, UnixMs)>,
    policy: Arc<TokenPolicy>,
    /// Tokens that these keys signed under this policy.
    verified: Arc<Verified>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let previous: Vec<_> = self.previous.iter().map(|(key, _)| &key.kid).collect();
        f.debug_struct("KeyRing")
            .field("current", &self.current.kid)
            .field("previous", &previous)
            .finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring with one new key.
    pub fn generate(ambient: &Ambient) -> Self {
        Self {
            current: SigningKey::generate(ambient),
            previous: Vec::new(),
            policy: Arc::default(),
            verified: Arc::default(),
        }
    }

    /// The same ring with a new signing key; the one before it verifies for as long as a refresh token lives.
    #[must_use]
    pub fn rotated(&self, ambient: &Ambient) -> Self {
        let now = ambient.now();
        let mut previous = vec![(self.current.clone(), now.plus_ms(self.policy.session_ms()))];
        previous.extend(self.previous.iter().filter(|(_, retires_at)| *retires_at > now).cloned());
        previous.truncate(PREVIOUS_MAX);
        Self {
            current: SigningKey::generate(ambient),
            previous,
            policy: Arc::clone(&self.policy),
            verified: Arc::default(),
        }
    }

    /// The same keys, for tokens of this policy.
    #[must_use]
    pub fn with_policy(self, policy: TokenPolicy) -> Self {
        Self { policy: Arc::new(policy), verified: Arc::default(), ..self }
    }

    /// What tokens name and how long they live.
    pub fn policy(&self) -> &TokenPolicy {
        &self.policy
    }

    /// Tokens of this ring that were found good.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }

    /// Name and key that sign now.
    pub fn signing(&self) -> (&str, &EncodingKey) {
        (&self.current.kid, &self.current.encoding)
    }

    /// The key of this name, if it may still verify.
    pub fn verifying(&self, kid: &str, now: UnixMs) -> Option<&DecodingKey> {
        if self.current.kid == kid {
            return Some(&self.current.decoding);
        }
        let (key, _) = self.previous.iter().find(|(key, retires_at)| key.kid == kid && *retires_at > now)?;
        Some(&key.decoding)
    }

    /// Keys that may still verify, the signing one included.
    pub fn live(&self, now: UnixMs) -> usize {
        1 + self.previous.iter().filter(|(_, retires_at)| *retires_at > now).count()
    }

    /// As the vault keeps it.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>> {
        let stored = StoredRing {
            version: 1,
            current: StoredKey::from(&self.current),
            previous: self.previous.iter().map(|(key, at)| (StoredKey::from(key), *at)).collect(),
        };
        serde_json::to_vec(&stored).map(Zeroizing::new).map_err(Error::internal)
    }

    /// From what the vault kept.
    ///
    /// # Errors
    /// When it is no ring of a known version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        // The parser's message could repeat a key.
        let damaged = || Error::internal("the ring of token keys cannot be read");
        let stored: StoredRing = serde_json::from_slice(bytes).map_err(|_| damaged())?;
        if stored.version != 1 {
            return Err(Error::internal(format!("the ring of token keys has the unknown version {}", stored.version)));
        }
        let current = stored.current.read().ok_or_else(damaged)?;
        let previous = stored.previous.iter().map(|(key, at)| Some((key.read()?, *at))).collect::<Option<Vec<_>>>();
        Ok(Self { current, previous: previous.ok_or_else(damaged)?, policy: Arc::default(), verified: Arc::default() })
    }
}

#[derive(Serialize, Deserialize)]
struct StoredRing {
    version: u32,
    current: StoredKey,
    previous: Vec<(StoredKey, UnixMs)>,
}

#[derive(Serialize, Deserialize)]
struct StoredKey {
    kid: String,
    secret: String,
}

impl From<&SigningKey> for StoredKey {
    fn from(key: &SigningKey) -> Self {
        Self { kid: key.kid.clone(), secret: STANDARD_NO_PAD.encode(key.secret.as_slice()) }
    }
}

impl StoredKey {
    fn read(&self) -> Option<SigningKey> {
        let bytes = Zeroizing::new(STANDARD_NO_PAD.decode(&self.secret).ok()?);
        let secret = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).ok()?;
        Some(SigningKey::new(self.kid.clone(), Zeroizing::new(secret)))
    }
}

impl Drop for StoredKey {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::{ManualClock, SystemEntropy};
    use crate::limits::REFRESH_TOKEN_S;

    fn ambient() -> (Ambient, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::at(UnixMs(1_000)));
        (Ambient::new(Arc::<ManualClock>::clone(&clock), Arc::new(SystemEntropy)), clock)
    }

    #[test]
    fn earlier_keys_verify_until_their_last_token_has_ended() {
        let (ambient, clock) = ambient();
        let first = KeyRing::generate(&ambient);
        let old = first.signing().0.to_owned();
        let second = first.rotated(&ambient);
        assert_ne!(second.signing().0, old);
        assert!(second.verifying(&old, ambient.now()).is_some());
        clock.advance_ms(REFRESH_TOKEN_S * 1_000 - 1);
        assert!(second.verifying(&old, ambient.now()).is_some());
        clock.advance_ms(1);
        assert!(second.verifying(&old, ambient.now()).is_none());
        assert!(second.rotated(&ambient).previous.iter().all(|(key, _)| key.kid != old));
        assert!(second.verifying("", ambient.now()).is_none());
    }

    #[test]
    fn a_ring_stays_bounded_and_survives_storage() {
        let (ambient, _) = ambient();
        let mut ring = KeyRing::generate(&ambient);
        for _ in 0..40 {
            ring = ring.rotated(&ambient);
        }
        assert_eq!(ring.previous.len(), PREVIOUS_MAX);
        let read = KeyRing::from_bytes(&ring.to_bytes().unwrap()).unwrap();
        assert_eq!(read.signing().0, ring.signing().0);
        assert_eq!(read.live(ambient.now()), ring.live(ambient.now()));
        assert_eq!(read.current.secret, ring.current.secret);
        assert!(KeyRing::from_bytes(b"{}").is_err());
        assert!(KeyRing::from_bytes(br#"{"version":2,"current":{"kid":"a","secret":""},"previous":[]}"#).is_err());
    }

    #[test]
    fn debug_shows_names_alone() {
        let (ambient, _) = ambient();
        let ring = KeyRing::generate(&ambient);
        let shown = format!("{ring:?}");
        assert!(!shown.contains(&STANDARD_NO_PAD.encode(ring.current.secret.as_slice())));
        assert!(!shown.contains(&format!("{:?}", ring.current.secret.as_slice())));
    }
}
