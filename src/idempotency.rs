//! Remembers the answer to a changing request under its `Idempotency-Key`, in the transaction of the change itself.
//! Knows no HTTP; a key belongs to one principal of one tenant.

use std::sync::Arc;

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

/// Stored answers, by principal and key.
#[derive(Clone, Debug)]
pub struct Idempotency {
    store: Store,
    vault: Arc<Vault>,
    ambient: Ambient,
}

/// A request under a key.
#[derive(Clone, Debug)]
pub struct Claim {
    tenant: TenantId,
    user: UserId,
    key_hash: [u8; 32],
    request_hash: [u8; 32],
}

/// An answer that was given before.
#[derive(Clone, PartialEq, Eq)]
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
    fn table_key(&self) -> (TenantId, UserId, [u8; 32]) {
        (self.tenant, self.user, self.key_hash)
    }
}

impl Idempotency {
    /// Over `store`, sealing with `vault`.
    pub const fn new(store: Store, vault: Arc<Vault>, ambient: Ambient) -> Self {
        Self { store, vault, ambient }
    }

    /// Claims `key` for a request of `user`. The hashes kept of key and request are keyed: a body holds birth data or
    /// passwords, which a plain hash would let a thief of the store guess.
    ///
    /// # Errors
    /// `invalid_fields` when the key is empty, too long, or not printable ASCII.
    pub fn claim(&self, owner: (TenantId, UserId), key: &str, method: &str, path: &str, body: &[u8]) -> Result<Claim> {
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
        Ok(Claim { tenant, user, key_hash, request_hash })
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
            return Err(Code::IdempotencyInFlight.into());
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
