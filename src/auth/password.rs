//! S: Passwords: what is acceptable, and argon2id hashes computed off the async threads, few at a time. Stores nothing.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};

use super::email::Email;
use crate::clock::Ambient;
use crate::error::{Code, Error, Result};
use crate::limits::{PASSWORD_HASH_QUEUE_MAX, PASSWORD_HASHES_AT_ONCE, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARS};
use crate::turns::Turns;

/// Length of the salt, in bytes (RFC 9106 §3.1 recommends 16).
const SALT_BYTES: usize = 16;
/// When to come back when too many hashes wait, in seconds: a full queue takes about that long.
const RETRY_AFTER_S: u64 = 5;

/// What a hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl HashCost {
    /// OWASP Password Storage Cheat Sheet (2023), argon2id, second choice of equal strength: 19 MiB, 2 passes, 1 lane.
    pub const OWASP: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };

    fn params(self) -> Result<Params> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(Params::DEFAULT_OUTPUT_LEN)).map_err(Error::internal)
    }
}

/// Refuses a password that is too short or long, well known, or the account's own name. Nothing is normalised: the
/// bytes that were typed are the bytes that are hashed.
///
/// # Errors
/// [`Code::WeakPassword`], saying what is right.
pub fn check_policy(password: &SecretString, email: &Email) -> Result<()> {
    let text = password.expose_secret();
    let weak = |allowed: String| Err(Error::new(Code::WeakPassword).message(allowed));
    if text.chars().count() < PASSWORD_MIN_CHARS {
        return weak(format!("Choose a password of {PASSWORD_MIN_CHARS} characters or more."));
    }
    if text.len() > PASSWORD_MAX_BYTES {
        return weak(format!("Choose a password of at most {PASSWORD_MAX_BYTES} bytes."));
    }
    let folded = zeroize::Zeroizing::new(text.trim().to_lowercase());
    if folded.as_str() == email.as_str() || folded.as_str() == email.local_part() {
        return weak("Choose a password that is not your e-mail address or a part of it.".to_owned());
    }
    if COMMON.split(' ').any(|common| common == folded.as_str()) || is_monotonous(&folded) {
        return weak("Choose a password that others do not use: this one is among the first to be guessed.".to_owned());
    }
    Ok(())
}

/// Whether it is one to three characters over and over.
fn is_monotonous(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=3).any(|period| chars.iter().skip(period).zip(&chars).all(|(later, earlier)| later == earlier))
}

/// Well-known passwords that are long enough to pass otherwise, or nearly; in lower case, one behind the other.
const COMMON: &str = "\
    0123456789 01234567890 0987654321 09876543210 1020304050 1029384756 1112131415 1212121212 123123123123 \
    1231231234 1234512345 1234567890 12345678900 12345678901 1234567890q 1234567891 12345678910 123456789123 \
    1234567899 123456789a 123456789abc 123456789q 123456789z 12345qwert 123654789 123qweasdzxc 1357924680 147258369 \
    1472583690 1a2b3c4d5e 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc 9876543210 a123456789 aa12345678 \
    abc1234567 abcd123456 abcd1234567 abcdef1234 abcdefghij abcdefghijk admin12345 admin123456 administrator \
    alexander1 asdfghjkl1 asdfghjkl; astrology1 astrology123 azerty12345 azerty123456 azertyuiop azertyuiop1 \
    azertyuiopqs barcelona1 basketball basketball1 bonjour123 changeme123 chocolate1 christopher computer123 \
    correcthorsebatterystaple football123 horoscope1 horoscope123 iloveyou12 iloveyou123 iloveyou1234 jetaime123 \
    letmein123 letmein1234 liverpool1 loulou1234 manchester michael123 motdepasse motdepasse1 motdepasse123 \
    p@ssw0rd123 p@ssword123 passpass123 passw0rd123 password00 password01 password10 password11 password12 \
    password123 password123! password1234 password12345 password123456 password2024 password2025 passwordpassword \
    princess123 q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedcrfv qwe1234567 qweasdzxc1 qweasdzxc123 qwerty1234 qwerty12345 \
    qwerty123456 qwertyqwerty qwertyuiop qwertyuiop1 qwertyuiop123 qwertyuiop[] sunshine123 superman123 \
    trustno1trustno1 welcome123 welcome1234 welcome12345 zaq12wsxcde3 zxcvbnm123 zxcvbnm1234";

/// Computes and checks hashes.
#[derive(Clone)]
pub struct Hasher {
    cost: HashCost,
    argon2: Argon2<'static>,
    ambient: Ambient,
    turns: Turns,
    computed: Arc<AtomicU64>,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("cost", &self.cost).finish_non_exhaustive()
    }
}

impl Hasher {
    /// At this cost.
    ///
    /// # Errors
    /// When argon2 does not allow the cost.
    pub fn new(cost: HashCost, ambient: Ambient) -> Result<Self> {
        Ok(Self {
            cost,
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params()?),
            ambient,
            turns: Turns::new(PASSWORD_HASHES_AT_ONCE, PASSWORD_HASH_QUEUE_MAX, RETRY_AFTER_S),
            computed: Arc::default(),
        })
    }

    /// Hashes computed so far, for metrics.
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// A new hash in PHC form, under a new salt.
    ///
    /// # Errors
    /// [`Code::Overloaded`] when too many wait.
    pub async fn hash(&self, password: &SecretString) -> Result<String> {
        let (this, password, salt) = (self.clone(), password.clone(), self.ambient.bytes::<SALT_BYTES>());
        self.turns.run(move |_| this.hash_now(&password, &salt)).await
    }

    /// Whether `password` is the one of `phc`, whose own parameters hold. A hash that cannot be read takes the same
    /// work and is an error.
    ///
    /// # Errors
    /// [`Code::Overloaded`] when too many wait.
    pub async fn verify(&self, password: &SecretString, phc: &str) -> Result<bool> {
        let (this, password, phc) = (self.clone(), password.clone(), phc.to_owned());
        self.turns.run(move |_| this.verify_now(&password, &phc)).await
    }

    /// Whether `phc` was made at another cost than today's, so that it should be made anew at the next login.
    pub fn is_outdated(&self, phc: &str) -> bool {
        let Ok(hash) = PasswordHash::new(phc) else { return true };
        let ours = Params::try_from(&hash).is_ok_and(|params| {
            let cost = HashCost { memory_kib: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() };
            cost == self.cost
        });
        let same_kind = hash.algorithm == argon2::ARGON2ID_IDENT && hash.version == Some(Version::V0x13.into());
        !(ours && same_kind)
    }

    fn hash_now(&self, password: &SecretString, salt: &[u8]) -> Result<String> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let hash = self.argon2.hash_password_with_salt(password.expose_secret().as_bytes(), salt);
        let hash: PasswordHash = hash.map_err(Error::internal)?;
        Ok(hash.to_string())
    }

    fn verify_now(&self, password: &SecretString, phc: &str) -> Result<bool> {
        self.computed.fetch_add(1, Ordering::Relaxed);
        let hash = PasswordHash::new(phc).map_err(|_| Error::internal("a stored password hash cannot be read"))?;
        match self.argon2.verify_password(password.expose_secret().as_bytes(), &hash) {
            Ok(()) => Ok(true),
            Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(Error::internal(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: HashCost = HashCost { memory_kib: 8, passes: 1, lanes: 1 };

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    fn hasher(cost: HashCost) -> Hasher {
        Hasher::new(cost, Ambient::system()).unwrap()
    }

    #[test]
    fn the_policy_says_what_is_right() {
        let email = Email::parse("ada.lovelace@example.org").unwrap();
        let long = "é".repeat(PASSWORD_MAX_BYTES / 2 + 1);
        let weak = [
            "",
            "short",
            "123456789",
            "Password123",
            "QWERTYUIOP",
            "ada.lovelace",
            "Ada.Lovelace@example.org",
            "aaaaaaaaaaaa",
            "abababababab",
            "abcabcabcabc",
            " motdepasse ",
            &long,
        ];
        for weak in weak {
            let error = check_policy(&secret(weak), &email).expect_err(weak);
            assert_eq!(error.code(), Code::WeakPassword);
            assert!(error.public_message().starts_with("Choose"));
        }
        let long = format!("{}0", "é".repeat(PASSWORD_MAX_BYTES / 2 - 1));
        for good in ["a quiet river", "Zw3!kd-91x", "ééééééééé0", "ada.lovelace 1815", &long] {
            assert!(check_policy(&secret(good), &email).is_ok(), "{good}");
        }
    }

    #[test]
    fn the_list_is_in_lower_case_and_has_one_space_between_two() {
        assert_eq!(COMMON, COMMON.to_lowercase());
        assert!(COMMON.split(' ').all(|common| common.len() >= 9) && COMMON.split(' ').count() > 100);
    }

    #[tokio::test]
    async fn a_hash_verifies_its_own_password_and_no_other() {
        let hasher = hasher(CHEAP);
        let phc = hasher.hash(&secret("a quiet river")).await.unwrap();
        assert!(hasher.verify(&secret("a quiet river"), &phc).await.unwrap());
        assert!(!hasher.verify(&secret("a quiet river "), &phc).await.unwrap());
        assert!(!hasher.verify(&secret("A quiet river"), &phc).await.unwrap());
        assert_ne!(hasher.hash(&secret("a quiet river")).await.unwrap(), phc);
        assert!(hasher.verify(&secret("a quiet river"), "no hash").await.is_err());
        assert_eq!(hasher.computed(), 6);
    }

    #[tokio::test]
    async fn the_cost_is_the_one_owasp_asks_for_and_older_ones_show() {
        let owasp = hasher(HashCost::OWASP);
        let phc = owasp.hash(&secret("a quiet river")).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(!owasp.is_outdated(&phc));
        assert!(hasher(CHEAP).is_outdated(&phc));
        assert!(owasp.is_outdated(&phc.replace("argon2id", "argon2i")));
        assert!(owasp.is_outdated("nonsense"));
    }

    #[test]
    fn argon2id_agrees_with_the_reference_implementation() {
        // `argon2` command line of the reference implementation (Biryukov, Dinu, Khovratovich):
        // echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32 -e; test vector of its src/test.c.
        let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(hasher(CHEAP).verify_now(&secret("password"), phc).unwrap());
        assert!(!hasher(CHEAP).verify_now(&secret("passwore"), phc).unwrap());
    }

    #[tokio::test]
    async fn the_queue_is_bounded_and_the_rest_is_told_to_come_back() {
        let hasher = hasher(CHEAP);
        let held = (hasher.turns.turn().await.unwrap(), hasher.turns.turn().await.unwrap());
        let password = secret("a quiet river");
        let mut waiting: Vec<_> = (0..PASSWORD_HASH_QUEUE_MAX).map(|_| Box::pin(hasher.hash(&password))).collect();
        for task in &mut waiting {
            assert!(futures_util::poll!(task).is_pending());
        }
        let error = hasher.hash(&password).await.unwrap_err();
        assert_eq!((error.code(), error.retry_after()), (Code::Overloaded, Some(RETRY_AFTER_S)));
        drop(waiting.pop());
        let mut next = Box::pin(hasher.hash(&password));
        assert!(futures_util::poll!(&mut next).is_pending());
        waiting.push(next);
        drop(held);
        assert!(futures_util::future::join_all(waiting).await.iter().all(Result::is_ok));
        assert_eq!(hasher.turns.waiting(), 0);
    }
}
