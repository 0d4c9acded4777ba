//! Remembers the answer to a changing request under its `Idempotency-Key`, in the transaction of the change itself.
//! Knows no HTTP; a key belongs to one principal of one tenant. While a request runs, no other runs under its key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Ambient;
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{TenantId, UserId};
use crate::limits;
use crate::store::tables::{IDEMPOTENCY, IDEMPOTENCY_EXPIRY, IdempotencyRow, Unit};
use crate::store::{Reads, Span, Store, Tx};
use crate::vault::Vault;

const PURPOSE: &str = "idempotency";
/// Expired records removed in one transaction of the cleaner.
const CLEAN_BATCH: usize = 256;

/// Who uses a key, and its hash.
type Key = (TenantId, UserId, [u8; 32]);

/// Stored answers, by principal and key. Clones share everything.
#[derive(Clone, Debug)]
pub struct Idempotency {
    store: Store,
    vault: Arc<Vault>,
    ambient: Ambient,
    running: Arc<Running>,
}

/// The requests that run now, by key: hash of each.
#[derive(Debug, Default)]
struct Running(Mutex<HashMap<Key, [u8; 32]>>);

/// A request under a key.
#[derive(Clone, Debug)]
pub struct Claim {
    tenant: TenantId,
    user: UserId,
    key_hash: [u8; 32],
    request_hash: [u8; 32],
    turn: Option<Arc<Turn>>,
}

/// The key is this request's until the last clone of its claim is dropped, those in records on their way included.
#[derive(Debug)]
struct Turn {
    running: Arc<Running>,
    key: Key,
}

/// What a request under a key is to do.
#[derive(Debug)]
pub enum Begun {
    /// Repeat this.
    Before(Earlier),
    /// Its work, alone under the key.
    Now(Claim),
}

/// An answer that was given before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Its status.
    pub status: u16,
    /// Its data, as JSON text.
    pub data: Vec<u8>,
}

/// A record ready to be written with the change.
#[derive(Clone, Debug)]
pub struct Record {
    claim: Claim,
    row: IdempotencyRow,
    now_ms: u64,
}

impl Claim {
    const fn table_key(&self) -> Key {
        (self.tenant, self.user, self.key_hash)
    }
}

impl Running {
    /// Gives the claim its turn.
    fn enter(self: &Arc<Self>, claim: &mut Claim) -> Result<()> {
        let key = claim.table_key();
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key) {
            Entry::Occupied(other) if *other.get() == claim.request_hash => return Err(in_flight()),
            Entry::Occupied(_) => return Err(Code::IdempotencyConflict.into()),
            Entry::Vacant(free) => free.insert(claim.request_hash),
        };
        claim.turn = Some(Arc::new(Turn { running: Arc::clone(self), key }));
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

fn in_flight() -> Error {
    Error::new(Code::IdempotencyInFlight).retry_after_s(limits::IN_FLIGHT_RETRY_AFTER_S)
}

impl Idempotency {
    /// Over `store`, sealing with `vault`.
    pub fn new(store: Store, vault: Arc<Vault>, ambient: Ambient) -> Self {
        Self { store, vault, ambient, running: Arc::default() }
    }

    /// Begins a request of `owner` under `key`, unless it was answered before.
    ///
    /// # Errors
    /// `invalid_fields` when the key is empty, too long, or not printable ASCII; `idempotency_conflict` when it was used
    /// with another request; `idempotency_in_flight` while the first request runs.
    pub fn begin(&self, owner: (TenantId, UserId), key: &str, method: &str, path: &str, body: &[u8]) -> Result<Begun> {
        let mut claim = self.claim(owner, key, method, path, body)?;
        // Entered before the look: what leaves after it has committed is seen.
        let entered = self.running.enter(&mut claim);
        match (self.earlier(&claim)?, entered) {
            (Some(earlier), _) => Ok(Begun::Before(earlier)),
            (None, Ok(())) => Ok(Begun::Now(claim)),
            (None, Err(busy)) => Err(busy),
        }
    }

    /// Claims `key` for a request of `user`. The hashes kept of key and request are keyed: a body holds birth data or
    /// passwords, which a plain hash would let a thief of the store guess.
    fn claim(&self, owner: (TenantId, UserId), key: &str, method: &str, path: &str, body: &[u8]) -> Result<Claim> {
        let fits = (1..=limits::IDEMPOTENCY_KEY_MAX_BYTES).contains(&key.len());
        if !fits || !key.bytes().all(|b| b.is_ascii_graphic()) {
            let allowed = format!("1 to {} printable ASCII characters", limits::IDEMPOTENCY_KEY_MAX_BYTES);
            return Err(Error::fields(vec![FieldError::new("header.idempotency-key", key, allowed)]));
        }
        let mut request = Vec::with_capacity(method.len() + path.len() + body.len() + 24);
        for part in [method.as_bytes(), path.as_bytes(), body] {
            request.extend((part.len() as u64).to_be_bytes());
            request.extend(part);
        }
        let (tenant, user) = owner;
        let key_hash = self.vault.mac("idempotency key", key.as_bytes());
        let request_hash = self.vault.mac("idempotency request", &request);
        Ok(Claim { tenant, user, key_hash, request_hash, turn: None })
    }

    /// The answer given before under this claim, if any.
    ///
    /// # Errors
    /// `idempotency_conflict` when the key was used with another request.
    pub fn earlier(&self, claim: &Claim) -> Result<Option<Earlier>> {
        let now = self.ambient.now();
        let found = self.store.read(|view| view.get(&IDEMPOTENCY, &claim.table_key()).map_err(Error::from))?;
        let Some(row) = found.filter(|row| row.expires_at > now) else { return Ok(None) };
        if row.request_hash != claim.request_hash {
            return Err(Code::IdempotencyConflict.into());
        }
        let plain = self.vault.unseal(claim.tenant, claim.user, PURPOSE, &claim.key_hash, &row.sealed)?;
        Ok(Some(Earlier { status: row.status, data: plain }))
    }

    /// Prepares the record of an answer.
    pub fn record(&self, claim: &Claim, status: u16, data: &[u8]) -> Result<Record> {
        let sealed = self.vault.seal(claim.tenant, claim.user, PURPOSE, &claim.key_hash, data)?;
        let now = self.ambient.now();
        let expires_at = now.plus_ms(limits::IDEMPOTENCY_TTL_MS);
        let row = IdempotencyRow { request_hash: claim.request_hash, status, sealed, expires_at };
        Ok(Record { claim: claim.clone(), row, now_ms: now.0 })
    }

    /// Removes expired records, at most one batch; returns how many.
    pub async fn clean(&self) -> Result<usize> {
        let now_ms = self.ambient.now().0;
        self.store
            .write(move |tx| {
                let due = tx.scan(&IDEMPOTENCY_EXPIRY, Span::all().before(&now_ms), CLEAN_BATCH)?;
                for (key, Unit) in &due {
                    let (_, tenant, user, hash) = *key;
                    let row_key = (tenant, user, hash);
                    // A key used again after its end has a later row, which stays.
                    if tx.get(&IDEMPOTENCY, &row_key)?.is_some_and(|row| row.expires_at.0 <= now_ms) {
                        tx.delete(&IDEMPOTENCY, &row_key)?;
                    }
                    tx.delete(&IDEMPOTENCY_EXPIRY, key)?;
                }
                Ok::<_, Error>(due.len())
            })
            .await
    }
}

impl Record {
    /// Writes the record with the change.
    ///
    /// # Errors
    /// `idempotency_in_flight` when another request with the key committed first: the change must not happen again.
    pub fn apply(&self, tx: &mut Tx<'_>) -> Result<()> {
        let key = self.claim.table_key();
        if tx.get(&IDEMPOTENCY, &key)?.is_some_and(|row| row.expires_at.0 > self.now_ms) {
            return Err(in_flight());
        }
        tx.put(&IDEMPOTENCY, &key, &self.row)?;
        let expiry = (self.row.expires_at.0, key.0, key.1, key.2);
        tx.put(&IDEMPOTENCY_EXPIRY, &expiry, &Unit)?;
        Ok(())
    }
}

/// What the edge asks to be written with a change: the record, when the request came with a key.
pub fn also(record: Option<Record>) -> impl Fn(&mut Tx<'_>) -> Result<()> + Send + 'static {
    move |tx| record.as_ref().map_or(Ok(()), |record| record.apply(tx))
}

#[cfg(test)]
mod tests;
