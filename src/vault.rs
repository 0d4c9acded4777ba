//! A: The key ring: a data key for each user, named secrets and keyed hashes. Holds no personal data itself.
//!
//! The file `keys.redb` holds a random root, sealed under the master key, and below it everything else:
//!
//! ```text
//! master key (outside the directory) ── opens ──> root ── derives ──┬─> wrapping key ── opens ──> user data keys
//!                                                                   ├─> secrets key  ── opens ──> named secrets
//!                                                                   ├─> index key    ── hashes ─> blind indexes
//!                                                                   └─> label keys   ── hash ───> `mac`
//! ```
//!
//! Destroying a user's data key makes everything sealed under it unreadable, in old snapshots of the store too.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

mod cache;
mod crypto;

use cache::KeyCache;
use crypto::{Key, Unopened, framed};

use crate::clock::Ambient;
use crate::config::MasterKey;
use crate::error::{Code, Error};
use crate::ids::{TenantId, UserId};
use crate::store::tables::{KEYS_TABLES, SECRETS, SealedRow, USER_KEYS};
use crate::store::{Reads, Span, Store, StoreError};

/// Unwrapped data keys kept in memory.
const KEYS_CACHED_MAX: usize = 4_096;
/// Length of the authentication tag with which sealed bytes end, in bytes (Poly1305).
pub const SEAL_TAG_BYTES: usize = 16;
/// Name of the sealed root among the secrets.
const ROOT: &str = "root";

/// Why the key ring did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The root does not open: another master key made this ring, or the file was altered.
    #[error("the master key does not fit this key ring")]
    WrongMasterKey,
    /// The ring holds keys and no root, so nothing in it can be opened.
    #[error("the key ring has lost its root secret")]
    RootMissing,
    /// The user's data key was never made, or it was destroyed.
    #[error("there is no data key for this user")]
    NoKey,
    /// The bytes were altered, or belong to another row, purpose or user.
    #[error("sealed bytes do not open in this place")]
    Tampered,
    /// The file could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Unopened> for VaultError {
    fn from(_: Unopened) -> Self {
        Self::Tampered
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(store) => store.into(),
            VaultError::NoKey => Self::new(Code::UserNotFound).because(error),
            other => Self::internal(other),
        }
    }
}

/// The key ring. Shared through an `Arc`.
pub struct Vault {
    store: Store,
    ambient: Ambient,
    root: Key,
    wrapping: Key,
    secrets: Key,
    index: Key,
    cache: Mutex<KeyCache>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(redacted)")
    }
}

impl Vault {
    /// Opens the ring at `path`, or makes it. Blocks: call it before the async work starts.
    ///
    /// # Errors
    /// [`VaultError::WrongMasterKey`] when another key made the ring; the file is then left as it is.
    pub fn open(path: &Path, master: &MasterKey, ambient: Ambient) -> Result<Self, VaultError> {
        let store = Store::open(path, KEYS_TABLES)?;
        let master = crypto::derive(master.expose(), &[b"orrery root wrap v1"]);
        let root = match store.read(|view| view.get(&SECRETS, &ROOT.to_owned()))? {
            Some(row) => open_key(&master, &secret_place(ROOT), &row.sealed).map_err(|_| VaultError::WrongMasterKey)?,
            None => make_root(&store, &master, &ambient)?,
        };
        Ok(Self {
            wrapping: crypto::derive(&root, &[b"user key wrap v1"]),
            secrets: crypto::derive(&root, &[b"secrets v1"]),
            index: crypto::derive(&root, &[b"blind index v1"]),
            root,
            store,
            ambient,
            cache: Mutex::new(KeyCache::new(KEYS_CACHED_MAX)),
        })
    }

    /// Makes the data key of a user, durably. A key that is there already stays, as what it sealed needs it.
    pub async fn create_user_key(&self, tenant: TenantId, user: UserId) -> Result<(), VaultError> {
        let key: Key = Zeroizing::new(self.ambient.bytes());
        let sealed = crypto::seal(&self.wrapping, self.ambient.bytes(), &key_place(tenant, user), key.as_slice())?;
        let row = SealedRow { sealed };
        self.store
            .write(move |tx| {
                if tx.get(&USER_KEYS, &(tenant, user))?.is_none() {
                    tx.put(&USER_KEYS, &(tenant, user), &row)?;
                }
                Ok(())
            })
            .await
    }

    /// Destroys the data key of a user, durably; says whether there was one. What it sealed can never be read again.
    pub async fn destroy_user_key(&self, tenant: TenantId, user: UserId) -> Result<bool, VaultError> {
        let done = self.store.write(move |tx| Ok::<_, VaultError>(tx.delete(&USER_KEYS, &(tenant, user))?)).await;
        // Forgotten even when the write failed: the cache can be filled again, a kept key could not be taken back.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).forget(&(tenant, user));
        done
    }

    /// Whether the user has a data key: without one, nothing of theirs may be shown, also not from memory.
    pub fn holds_user_key(&self, tenant: TenantId, user: UserId) -> Result<bool, VaultError> {
        match self.user_key(tenant, user) {
            Ok(_) => Ok(true),
            Err(VaultError::NoKey) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Encrypts `plaintext` under the user's data key, bound to its purpose (a column, say) and context (a row's key).
    ///
    /// # Errors
    /// [`VaultError::NoKey`] when the user has none.
    pub fn seal(
        &self,
        tenant: TenantId,
        user: UserId,
        purpose: &str,
        context: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.user_key(tenant, user)?;
        Ok(crypto::seal(&key, self.ambient.bytes(), &data_place(tenant, user, purpose, context), plaintext)?)
    }

    /// Decrypts what [`Self::seal`] made for the same user, purpose and context.
    ///
    /// # Errors
    /// [`VaultError::Tampered`] when any of them differs or the bytes were altered; [`VaultError::NoKey`] as above.
    pub fn unseal(
        &self,
        tenant: TenantId,
        user: UserId,
        purpose: &str,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.user_key(tenant, user)?;
        Ok(crypto::open(&key, &data_place(tenant, user, purpose, context), sealed)?)
    }

    /// A keyed hash by which a sealed value can be found again: equal for equal values of one tenant and kind alone.
    pub fn blind_index(&self, tenant: TenantId, kind: &str, value: &str) -> [u8; 32] {
        crypto::hmac(&self.index, &framed(&[&tenant.0, kind.as_bytes(), value.as_bytes()]))
    }

    /// A keyed hash of `bytes`; one label tells nothing about another's.
    pub fn mac(&self, label: &str, bytes: &[u8]) -> [u8; 32] {
        crypto::hmac(&crypto::derive(&self.root, &[b"mac v1", label.as_bytes()]), bytes)
    }

    /// Keeps a secret of the appliance under a name, durably, in place of the one before.
    pub async fn put_secret(&self, name: &str, secret: &[u8]) -> Result<(), VaultError> {
        let sealed = crypto::seal(&self.secrets, self.ambient.bytes(), &secret_place(name), secret)?;
        let (name, row) = (secret_name(name), SealedRow { sealed });
        self.store.write(move |tx| Ok(tx.put(&SECRETS, &name, &row)?)).await
    }

    /// The secret of this name, if there is one.
    pub fn secret(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let row = self.store.read(|view| view.get(&SECRETS, &secret_name(name)))?;
        row.map(|row| Ok(Zeroizing::new(crypto::open(&self.secrets, &secret_place(name), &row.sealed)?))).transpose()
    }

    /// Proves that the ring's file can still be written.
    pub async fn probe_writable(&self) -> Result<(), VaultError> {
        Ok(self.store.probe_writable().await?)
    }

    /// Data keys in the ring, for tests of what is left behind.
    #[cfg(test)]
    pub fn count_user_keys(&self) -> Result<usize, VaultError> {
        Ok(self.store.read(|view| view.scan(&USER_KEYS, Span::all(), usize::MAX))?.len())
    }

    /// Finishes what is being written and closes the file. Nothing can be opened or sealed for a new user after.
    pub fn close(&self) {
        self.store.clone().close();
    }

    fn user_key(&self, tenant: TenantId, user: UserId) -> Result<Arc<Key>, VaultError> {
        let owner = (tenant, user);
        let mark = {
            let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(key) = cache.get(&owner) {
                return Ok(key);
            }
            cache.mark()
        };
        let row = self.store.read(|view| view.get(&USER_KEYS, &owner))?.ok_or(VaultError::NoKey)?;
        let key = Arc::new(open_key(&self.wrapping, &key_place(tenant, user), &row.sealed)?);
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).keep(mark, owner, Arc::clone(&key));
        Ok(key)
    }
}

/// The first root of an empty ring. A ring that holds keys is never given another.
fn make_root(store: &Store, master: &Key, ambient: &Ambient) -> Result<Key, VaultError> {
    let root: Key = Zeroizing::new(ambient.bytes());
    let row = SealedRow { sealed: crypto::seal(master, ambient.bytes(), &secret_place(ROOT), root.as_slice())? };
    store.write_blocking(move |tx| {
        let holds_keys =
            !tx.scan(&USER_KEYS, Span::all(), 1)?.is_empty() || !tx.scan(&SECRETS, Span::all(), 1)?.is_empty();
        if holds_keys {
            return Err(VaultError::RootMissing);
        }
        Ok(tx.put(&SECRETS, &ROOT.to_owned(), &row)?)
    })?;
    Ok(root)
}

fn open_key(key: &Key, place: &[u8], sealed: &[u8]) -> Result<Key, VaultError> {
    let bytes = Zeroizing::new(crypto::open(key, place, sealed)?);
    <[u8; crypto::KEY_BYTES]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| VaultError::Tampered)
}

fn data_place(tenant: TenantId, user: UserId, purpose: &str, context: &[u8]) -> Vec<u8> {
    framed(&[b"data v1", purpose.as_bytes(), &tenant.0, &user.0, context])
}

fn key_place(tenant: TenantId, user: UserId) -> Vec<u8> {
    framed(&[b"user key v1", &tenant.0, &user.0])
}

/// Names of callers are kept apart from [`ROOT`].
fn secret_name(name: &str) -> String {
    format!("s/{name}")
}

fn secret_place(name: &str) -> Vec<u8> {
    framed(&[b"secret v1", name.as_bytes()])
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const TENANT: TenantId = TenantId([1; 16]);
    const ADA: UserId = UserId([2; 16]);
    const BOB: UserId = UserId([3; 16]);

    fn master() -> MasterKey {
        MasterKey::new(*b"0123456789abcdef0123456789abcdef")
    }

    fn open_in(dir: &TempDir, master: &MasterKey) -> Result<Vault, VaultError> {
        Vault::open(&dir.path().join("keys.redb"), master, Ambient::system())
    }

    #[tokio::test]
    async fn what_is_sealed_opens_in_its_place_alone() {
        let dir = tempfile::tempdir().unwrap();
        let vault = open_in(&dir, &master()).unwrap();
        for user in [ADA, BOB] {
            vault.create_user_key(TENANT, user).await.unwrap();
        }
        let sealed = vault.seal(TENANT, ADA, "name", b"row 1", b"Ada").unwrap();
        assert!(!sealed.windows(3).any(|bytes| bytes == b"Ada"));
        assert_eq!(vault.unseal(TENANT, ADA, "name", b"row 1", &sealed).unwrap(), b"Ada");
        let elsewhere = [
            vault.unseal(TENANT, ADA, "name", b"row 2", &sealed),
            vault.unseal(TENANT, ADA, "born", b"row 1", &sealed),
            vault.unseal(TENANT, BOB, "name", b"row 1", &sealed),
            vault.unseal(TENANT, ADA, "namerow", b" 1", &sealed),
        ];
        for opened in elsewhere {
            assert!(matches!(opened, Err(VaultError::Tampered)));
        }
        assert!(matches!(vault.unseal(TenantId([9; 16]), ADA, "name", b"row 1", &sealed), Err(VaultError::NoKey)));
        let mut altered = sealed;
        altered[30] ^= 1;
        assert!(matches!(vault.unseal(TENANT, ADA, "name", b"row 1", &altered), Err(VaultError::Tampered)));
    }

    #[tokio::test]
    async fn a_wrapped_key_moved_to_another_user_does_not_open() {
        let dir = tempfile::tempdir().unwrap();
        let vault = open_in(&dir, &master()).unwrap();
        vault.create_user_key(TENANT, ADA).await.unwrap();
        let row = vault.store.read(|view| view.get(&USER_KEYS, &(TENANT, ADA))).unwrap().unwrap();
        vault.store.write(move |tx| tx.put(&USER_KEYS, &(TENANT, BOB), &row)).await.unwrap();
        assert!(matches!(vault.seal(TENANT, BOB, "name", b"", b"x"), Err(VaultError::Tampered)));
    }

    #[tokio::test]
    async fn a_destroyed_key_is_gone_at_once_and_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let vault = open_in(&dir, &master()).unwrap();
        vault.create_user_key(TENANT, ADA).await.unwrap();
        let sealed = vault.seal(TENANT, ADA, "name", b"", b"Ada").unwrap();
        assert!(vault.destroy_user_key(TENANT, ADA).await.unwrap());
        assert!(!vault.destroy_user_key(TENANT, ADA).await.unwrap());
        assert!(matches!(vault.unseal(TENANT, ADA, "name", b"", &sealed), Err(VaultError::NoKey)));
        vault.create_user_key(TENANT, ADA).await.unwrap();
        assert!(matches!(vault.unseal(TENANT, ADA, "name", b"", &sealed), Err(VaultError::Tampered)));
        drop(vault);
        let vault = open_in(&dir, &master()).unwrap();
        assert!(matches!(vault.unseal(TENANT, ADA, "name", b"", &sealed), Err(VaultError::Tampered)));
    }

    #[tokio::test]
    async fn keys_secrets_and_indexes_survive_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let vault = open_in(&dir, &master()).unwrap();
        vault.create_user_key(TENANT, ADA).await.unwrap();
        let sealed = vault.seal(TENANT, ADA, "name", b"", b"Ada").unwrap();
        vault.create_user_key(TENANT, ADA).await.unwrap();
        vault.put_secret("root", b"not the root").await.unwrap();
        vault.put_secret("ring", b"first").await.unwrap();
        vault.put_secret("ring", b"second").await.unwrap();
        let (index, mac) = (vault.blind_index(TENANT, "email", "a@b.co"), vault.mac("audit", b"x"));
        drop(vault);
        let vault = open_in(&dir, &master()).unwrap();
        assert_eq!(vault.unseal(TENANT, ADA, "name", b"", &sealed).unwrap(), b"Ada");
        assert_eq!(vault.secret("ring").unwrap().unwrap().as_slice(), b"second");
        assert_eq!(vault.secret("root").unwrap().unwrap().as_slice(), b"not the root");
        assert!(vault.secret("other").unwrap().is_none());
        assert_eq!((vault.blind_index(TENANT, "email", "a@b.co"), vault.mac("audit", b"x")), (index, mac));
        assert_ne!(vault.blind_index(TenantId([9; 16]), "email", "a@b.co"), index);
        assert_ne!(vault.blind_index(TENANT, "phone", "a@b.co"), index);
        assert_ne!(vault.mac("audits", b"x"), mac);
    }

    #[tokio::test]
    async fn a_secret_under_another_name_does_not_open() {
        let dir = tempfile::tempdir().unwrap();
        let vault = open_in(&dir, &master()).unwrap();
        vault.put_secret("a", b"x").await.unwrap();
        let row = vault.store.read(|view| view.get(&SECRETS, &secret_name("a"))).unwrap().unwrap();
        vault.store.write(move |tx| tx.put(&SECRETS, &secret_name("b"), &row)).await.unwrap();
        assert!(matches!(vault.secret("b"), Err(VaultError::Tampered)));
    }

    #[tokio::test]
    async fn another_master_key_is_told_apart_and_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let vault = open_in(&dir, &master()).unwrap();
        vault.put_secret("a", b"x").await.unwrap();
        drop(vault);
        let error = open_in(&dir, &MasterKey::new([1; 32])).unwrap_err();
        assert!(matches!(error, VaultError::WrongMasterKey));
        assert_eq!(error.to_string(), "the master key does not fit this key ring");
        assert_eq!(open_in(&dir, &master()).unwrap().secret("a").unwrap().unwrap().as_slice(), b"x");
    }

    #[tokio::test]
    async fn a_ring_without_its_root_is_not_given_another() {
        let dir = tempfile::tempdir().unwrap();
        let vault = open_in(&dir, &master()).unwrap();
        vault.create_user_key(TENANT, ADA).await.unwrap();
        vault.store.write(|tx| tx.delete(&SECRETS, &ROOT.to_owned())).await.unwrap();
        drop(vault);
        assert!(matches!(open_in(&dir, &master()), Err(VaultError::RootMissing)));
    }

    #[tokio::test]
    async fn nothing_of_it_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(format!("{:?}", open_in(&dir, &master()).unwrap()), "Vault(redacted)");
    }
}
