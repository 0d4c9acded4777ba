//! A: The master key: decoded, judged, read from its file or generated once. Encrypts nothing.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Settings;
use crate::clock::Ambient;

/// Name of the generated master key in the data directory.
pub const MASTER_KEY_FILE: &str = "master.key";
/// Stands before a generated key in its file, so that production knows it wherever it was copied.
const GENERATED: &str = "generated:";
/// Largest secret file read, in bytes.
const SECRET_FILE_MAX_BYTES: u64 = 4_096;
/// Fewest different bytes in a key. Of 32 random bytes about 30 differ; fewer than 16 never happens by chance.
const DISTINCT_BYTES_MIN: usize = 16;

/// The 32 bytes that wrap every other key. Erased from memory when dropped, never shown.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey {
    bytes: [u8; 32],
    /// Whether the appliance made it itself.
    generated: bool,
}

impl MasterKey {
    /// A key that its owner keeps.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self { bytes, generated: false }
    }

    /// The bytes, for the vault alone.
    pub const fn expose(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether the appliance made it itself; production takes no such key.
    pub const fn is_generated(&self) -> bool {
        self.generated
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey([redacted])")
    }
}

impl PartialEq for MasterKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes.ct_eq(&other.bytes).into()
    }
}

impl Eq for MasterKey {}

/// The key of an outside API, as its operator was given it. Erased from memory when dropped, never shown.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key of printable ASCII characters.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let usable = (1..=1_024).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if usable { Ok(Self(text.to_owned())) } else { Err("expected 1 to 1024 printable ASCII characters".into()) }
    }

    /// The key, for the header of a request alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey([redacted])")
    }
}

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for ApiKey {}

/// Why there is no master key. Never holds what was given.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The text is no key.
    #[error("expected 32 bytes as base64 or 64 hex digits; make one with `openssl rand -base64 32`")]
    NotAKey,
    /// The key can be guessed.
    #[error("expected random bytes, and these {why}; make some with `openssl rand -base64 32`")]
    Weak {
        /// What gives it away.
        why: &'static str,
    },
    /// The file cannot be read or written.
    #[error("cannot use the key file {}: {cause}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Production, and the key was made by the appliance itself.
    #[error(
        "production needs a master key of its own, not a generated one: \
         give secrets.master_key_file or ORRERY_SECRETS_MASTER_KEY"
    )]
    Generated,
    /// There is none, and none was to be made.
    #[error("there is no master key at {}; restore it, or start on a new directory with `orrery init`", file.display())]
    Missing {
        /// Where it was looked for.
        file: PathBuf,
    },
}

/// A key from a text: 32 strong bytes as hex or base64.
///
/// # Errors
/// [`MasterKeyError::NotAKey`] or [`MasterKeyError::Weak`].
pub(super) fn decode(text: &str) -> Result<MasterKey, MasterKeyError> {
    let text = text.trim();
    let (generated, text) = text.strip_prefix(GENERATED).map_or((false, text), |rest| (true, rest));
    let decoded = Zeroizing::new(decode_bytes(text).ok_or(MasterKeyError::NotAKey)?);
    let bytes = <[u8; 32]>::try_from(decoded.as_slice()).map_err(|_| MasterKeyError::NotAKey)?;
    match weakness(&bytes) {
        Some(why) => Err(MasterKeyError::Weak { why }),
        None => Ok(MasterKey { bytes, generated }),
    }
}

fn decode_bytes(text: &str) -> Option<Vec<u8>> {
    // 64 hex digits are valid base64 too, of 48 bytes; 32 are wanted, so hex is tried first.
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return (0..64).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect();
    }
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(text).ok())
}

/// What makes a key guessable, if anything. Each test passes random bytes but for odds below 1 in 10^9.
fn weakness(key: &[u8; 32]) -> Option<&'static str> {
    let distinct = key.iter().collect::<std::collections::BTreeSet<_>>().len();
    let step = |pair: &[u8]| pair.first().zip(pair.last()).map(|(a, b)| b.wrapping_sub(*a));
    let mut steps = key.windows(2).map(step);
    let first = steps.next();
    if distinct == 1 {
        Some("are all the same byte")
    } else if steps.all(|next| Some(next) == first) {
        Some("are a sequence")
    } else if key.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
        Some("are readable text, such as a passphrase or an example")
    } else if key.get(..16) == key.get(16..) {
        Some("repeat themselves")
    } else if distinct < DISTINCT_BYTES_MIN {
        Some("hold too few different values")
    } else {
        None
    }
}

/// A key from a file.
///
/// # Errors
/// [`MasterKeyError::File`] when it is no plain file, is too large or cannot be read; otherwise what its text lacks.
pub(super) fn read_file(file: &Path) -> Result<MasterKey, MasterKeyError> {
    let failed = |cause| MasterKeyError::File { file: file.to_owned(), cause };
    decode(&read_text(file).map_err(failed)?)
}

/// The text of a secret's file.
///
/// # Errors
/// When it is no plain file or cannot be read.
pub(super) fn read_text(file: &Path) -> io::Result<Zeroizing<String>> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"));
    }
    let mut text = Zeroizing::new(String::new());
    let limited = File::open(file)?.take(SECRET_FILE_MAX_BYTES);
    { limited }.read_to_string(&mut text)?;
    Ok(text)
}

/// Whether everybody on this machine can read the file.
#[cfg(unix)]
pub(super) fn readable_by_all(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|meta| meta.permissions().mode() & 0o004 != 0)
}

/// Whether everybody on this machine can read the file; not known here.
#[cfg(not(unix))]
pub(super) const fn readable_by_all(_: &Path) -> bool {
    false
}

/// The master key: the one that was set, otherwise the generated one of the data directory, which is made first
/// when `generate` holds and it is not there.
///
/// Whoever generates owns the directory's lock, and has seen that the directory is new: a new key cannot open old data.
///
/// # Errors
/// In production only a key that was set counts ([`MasterKeyError::Generated`]). [`MasterKeyError::Missing`] when there
/// is none and none is to be made; the others when the file cannot be used.
pub fn resolve_master_key(settings: &Settings, generate: bool, ambient: &Ambient) -> Result<MasterKey, MasterKeyError> {
    if let Some(key) = &settings.secrets.master_key {
        return Ok(key.clone());
    }
    if settings.environment.is_production() {
        return Err(MasterKeyError::Generated);
    }
    let file = settings.in_data_dir(MASTER_KEY_FILE);
    match read_file(&file) {
        Err(MasterKeyError::File { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {}
        Err(bad @ (MasterKeyError::NotAKey | MasterKeyError::Weak { .. })) => {
            return Err(MasterKeyError::File { file, cause: io::Error::other(bad.to_string()) });
        }
        other => return other,
    }
    if !generate {
        return Err(MasterKeyError::Missing { file });
    }
    let key = MasterKey { bytes: ambient.bytes(), generated: true };
    write_generated(&file, &key).map_err(|cause| MasterKeyError::File { file, cause })?;
    Ok(key)
}

/// Writes beside the file and renames, so that a crash leaves the whole key or none.
fn write_generated(file: &Path, key: &MasterKey) -> io::Result<()> {
    let beside = file.with_extension("key.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&beside)?;
    let text = Zeroizing::new(format!("{GENERATED}{}\n", *Zeroizing::new(STANDARD.encode(key.bytes))));
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    fs::rename(&beside, file)?;
    file.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}
