//! S: API keys: made for a program that acts as a user of a tenant, shown once, listed, rotated with an overlap, revoked.
//! What is kept of a key is a keyed hash; whoever reads the store can neither use a key nor test a guess.
//!
//! A key does what its scopes grant and no more: what needs a session (passwords, sessions, keys, the operator's work)
//! refuses every key. Operators make keys that act as anybody of a tenant; the tenant's own administrators only ones that
//! act as themselves or as others who are no mere users, as a key that acts as a person reads that person's charts.

use std::collections::HashSet;
use std::fmt;
use std::sync::PoisonError;

use zeroize::Zeroizing;

use super::scopes::Scopes;
use super::{Caller, Credential, Identity, RequestContext, key_text, require_operator};
use crate::audit::{self, SYSTEM_TENANT};
use crate::clock::UnixMs;
use crate::config::Rate;
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{ApiKeyId, TenantId, UserId};
use crate::limits::{
    API_KEY_NAME_MAX_CHARS, API_KEY_OVERLAP_MAX_S, API_KEY_ROWS_PER_TENANT_MAX, API_KEYS_PER_TENANT_MAX,
};
use crate::store::tables::limits::{API_KEY_BY_HASH, API_KEY_USES, API_KEYS, ApiKeyPlaceRow, ApiKeyRow, DayRow};
use crate::store::tables::{Actor, Role, TENANTS, USERS};
use crate::store::{Reads, Span, Tx};

/// Label of the keyed hash of a key's text.
const HASH_LABEL: &str = "api key";
/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// What a caller's key grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The key.
    pub id: ApiKeyId,
    /// The first key of its line: rates and money are counted under it, so that a rotation escapes neither.
    pub root: ApiKeyId,
    /// What it may do.
    pub scopes: Scopes,
    /// A rate of its own.
    pub rate: Option<Rate>,
}

/// Who makes and ends keys.
#[derive(Clone, Debug)]
pub enum KeyMaker {
    /// Somebody who runs the appliance, for any tenant but the system's.
    Operator(Actor),
    /// Who administers a tenant, for that tenant.
    Administrator(Caller),
}

/// A key as asked for.
#[derive(Clone, Debug)]
pub struct NewApiKey {
    /// The user that it acts as; the administrator who makes it when absent.
    pub user: Option<UserId>,
    /// What to call it, 1 to 80 characters.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// A rate of its own.
    pub rate: Option<Rate>,
    /// When it ends.
    pub expires_at: Option<UnixMs>,
}

/// A key as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its identifier.
    pub id: ApiKeyId,
    /// Its facts.
    pub row: ApiKeyRow,
    /// What it may do.
    pub scopes: Scopes,
    /// The day (UTC) on which it was last used, counted from 1970-01-01.
    pub last_used: Option<u32>,
}

impl ApiKey {
    /// The first key of its line.
    pub fn root(&self) -> ApiKeyId {
        self.row.root.unwrap_or(self.id)
    }

    /// `live`, `expired` or `revoked`.
    pub fn state(&self, now: UnixMs) -> &'static str {
        match ended(&self.row, now) {
            None => "live",
            Some(Code::ApiKeyRevoked) => "revoked",
            Some(_) => "expired",
        }
    }

    /// The day on which it was last used, as 2026-11-23.
    pub fn last_used_on(&self) -> Option<String> {
        self.last_used.map(|day| UnixMs(u64::from(day) * DAY_MS).rfc3339().chars().take(10).collect())
    }
}

/// A key that was just made, with its text, which is not kept. Debug does not show it.
#[derive(Clone)]
pub struct MadeKey {
    /// The key.
    pub key: ApiKey,
    /// Its text.
    pub text: Zeroizing<String>,
}

impl fmt::Debug for MadeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Keys whose use was noted, and the day of it.
#[derive(Debug, Default)]
pub struct Uses {
    day: u32,
    noted: HashSet<ApiKeyId>,
}

/// Why a key is no longer good.
fn ended(row: &ApiKeyRow, now: UnixMs) -> Option<Code> {
    if row.revoked_at.is_some() {
        return Some(Code::ApiKeyRevoked);
    }
    row.expires_at.is_some_and(|end| end <= now).then_some(Code::ApiKeyExpired)
}

fn invalid(why: &'static str) -> Error {
    Error::new(Code::InvalidApiKey).because(why)
}

impl Identity {
    /// Who holds this key.
    pub(super) fn authenticate_key(&self, text: &str) -> Result<Caller> {
        if !key_text::is_whole(text) {
            return Err(invalid("the checksum").message("This is no whole API key: its length or checksum is wrong."));
        }
        let (hash, now) = (self.vault.mac(HASH_LABEL, text.as_bytes()), self.ambient.now());
        let (caller, key) = self.store.read(|view| {
            let place = view.get(&API_KEY_BY_HASH, &hash)?.ok_or_else(|| invalid("unknown"))?;
            let (tenant, id) = (place.tenant, place.key);
            let row = view.get(&API_KEYS, &(tenant, id))?.ok_or_else(|| invalid("its row is gone"))?;
            if let Some(code) = ended(&row, now) {
                return Err(Error::new(code));
            }
            let standing = view.get(&TENANTS, &tenant)?.filter(|tenant| tenant.suspended_at.is_none());
            standing.ok_or_else(|| invalid("the tenant is gone or suspended"))?;
            let user = view.get(&USERS, &(tenant, row.user))?.ok_or_else(|| invalid("the user is gone"))?;
            let rate = row.rate.as_deref().map(str::parse).transpose().map_err(Error::internal)?;
            let grant = Grant { id, root: row.root.unwrap_or(id), scopes: Scopes(row.scopes), rate };
            let caller = Caller { tenant, user: row.user, role: user.role, credential: Credential::Key(grant) };
            Ok::<_, Error>((caller, id))
        })?;
        self.note_use(caller.tenant, key, now);
        Ok(caller)
    }

    /// Keeps the day on which a key was used: one write a key and day, which no request waits for.
    fn note_use(&self, tenant: TenantId, key: ApiKeyId, now: UnixMs) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let day = u32::try_from(now.0 / DAY_MS).unwrap_or(u32::MAX);
        {
            let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
            if uses.day != day {
                *uses = Uses { day, noted: HashSet::new() };
            }
            if !uses.noted.insert(key) {
                return;
            }
        }
        let store = self.store.clone();
        runtime.spawn(async move {
            let write = store.write(move |tx| {
                // A key that was removed meanwhile leaves nothing behind.
                if tx.get(&API_KEYS, &(tenant, key))?.is_some() {
                    tx.put(&API_KEY_USES, &(tenant, key), &DayRow(day))?;
                }
                Ok::<_, Error>(())
            });
            if let Err(error) = write.await {
                tracing::warn!(%key, %error, "the day on which a key was used was not kept");
            }
        });
    }

    /// Makes a key, with whatever `also` prepares for it, together or not at all.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`]; [`Code::InvalidFields`]; [`Code::TenantNotFound`]; [`Code::TooManyApiKeys`].
    pub async fn create_api_key<P, F>(
        &self,
        request: &RequestContext,
        by: &KeyMaker,
        tenant: TenantId,
        new: &NewApiKey,
        also: P,
    ) -> Result<MadeKey>
    where
        P: FnOnce(&MadeKey) -> Result<F> + Send,
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        let actor = may_manage(by, tenant)?;
        let now = self.ambient.now();
        let user = check(by, new, now)?;
        let made = self.fresh(ApiKeyRow {
            name: new.name.trim().to_owned(),
            user,
            scopes: new.scopes.0,
            rate: new.rate.map(|rate| rate.to_string()),
            hint: String::new(),
            hash: [0; 32],
            created_at: now,
            created_by: actor.clone(),
            expires_at: new.expires_at,
            revoked_at: None,
            replaced_by: None,
            root: None,
        });
        let also = also(&made)?;
        let entry = self.key_entry(tenant, request, &actor, "api_key_create", made.key.id);
        let entry = entry.detail("user", user).detail("scopes", new.scopes.codes().collect::<Vec<_>>().join(","));
        let (auditor, key, by) = (self.auditor.clone(), made.key.clone(), by.clone());
        let write = self.store.write(move |tx| {
            tx.get(&TENANTS, &tenant)?.ok_or_else(|| Error::new(Code::TenantNotFound))?;
            if !may_give(tx, &by, tenant, user)? {
                let allowed = "a user of the tenant; an administrator of it names themselves or no mere user";
                return Err(Error::fields(vec![FieldError::new("user", user, allowed)]));
            }
            make_room(tx, tenant, now)?;
            put(tx, tenant, &key)?;
            audit::append(tx, &auditor, entry.clone())?;
            also(tx)
        });
        write.await?;
        Ok(made)
    }

    /// Puts a new key of the same grants in the place of a live one, which stays good for `overlap_s` seconds more. The
    /// new one goes on in the line of the first: what is counted by key goes on with it.
    ///
    /// # Errors
    /// [`Code::ApiKeyNotFound`] unless the tenant has such a live key; [`Code::ApiKeyReplaced`] when it was rotated
    /// already; [`Code::InsufficientRole`] also where `by` could make no key that acts as the same user;
    /// [`Code::InvalidFields`]; [`Code::TooManyApiKeys`].
    pub async fn rotate_api_key<P, F>(
        &self,
        request: &RequestContext,
        by: &KeyMaker,
        (tenant, id): (TenantId, ApiKeyId),
        overlap_s: u64,
        also: P,
    ) -> Result<MadeKey>
    where
        P: FnOnce(&MadeKey) -> Result<F> + Send,
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        let actor = may_manage(by, tenant)?;
        if overlap_s > API_KEY_OVERLAP_MAX_S {
            let allowed = format!("0 to {API_KEY_OVERLAP_MAX_S}");
            return Err(Error::fields(vec![FieldError::new("overlap_s", overlap_s, allowed)]));
        }
        let now = self.ambient.now();
        let before = self.store.read(|view| replaceable(view, tenant, id, now))?;
        let root = Some(before.root.unwrap_or(id));
        let made = self.fresh(ApiKeyRow { created_at: now, created_by: actor.clone(), root, ..before.clone() });
        let also = also(&made)?;
        let entry = self.key_entry(tenant, request, &actor, "api_key_rotate", id);
        let entry = entry.detail("new", made.key.id).detail("overlap_s", overlap_s);
        let (auditor, key, by) = (self.auditor.clone(), made.key.clone(), by.clone());
        let write = self.store.write(move |tx| {
            let mut row = replaceable(tx, tenant, id, now)?;
            if !may_give(tx, &by, tenant, row.user)? {
                let why = "This key acts as somebody for whom you may make no key; ask an operator.";
                return Err(Error::new(Code::InsufficientRole).message(why));
            }
            if row != before {
                return Err(Error::new(Code::ApiKeyNotFound).message("The key was rotated or changed meanwhile."));
            }
            let end = now.plus_ms(overlap_s * 1_000);
            row.expires_at = Some(row.expires_at.map_or(end, |before| before.min(end)));
            row.replaced_by = Some(key.id);
            // First the end of the one before, so that a tenant with as many keys as allowed can rotate without an overlap.
            tx.put(&API_KEYS, &(tenant, id), &row)?;
            make_room(tx, tenant, now)?;
            put(tx, tenant, &key)?;
            audit::append(tx, &auditor, entry.clone())?;
            also(tx)
        });
        write.await?;
        Ok(made)
    }

    /// Ends a key at once and for good; one that has ended stays as it is.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`], [`Code::ApiKeyNotFound`].
    pub async fn revoke_api_key(
        &self,
        request: &RequestContext,
        by: &KeyMaker,
        tenant: TenantId,
        id: ApiKeyId,
    ) -> Result<ApiKey> {
        let actor = may_manage(by, tenant)?;
        let now = self.ambient.now();
        let entry = self.key_entry(tenant, request, &actor, "api_key_revoke", id);
        let auditor = self.auditor.clone();
        let write = self.store.write(move |tx| {
            let mut row = tx.get(&API_KEYS, &(tenant, id))?.ok_or_else(|| Error::new(Code::ApiKeyNotFound))?;
            if row.revoked_at.is_none() {
                row.revoked_at = Some(now);
                tx.put(&API_KEYS, &(tenant, id), &row)?;
                audit::append(tx, &auditor, entry.clone())?;
            }
            read(tx, tenant, id, row)
        });
        write.await
    }

    /// Keys of a tenant in the order they were made, those that have ended with the others: at most `limit` behind
    /// `after`.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`].
    pub fn list_api_keys(
        &self,
        by: &KeyMaker,
        tenant: TenantId,
        after: Option<ApiKeyId>,
        limit: usize,
    ) -> Result<Vec<ApiKey>> {
        may_manage(by, tenant)?;
        let span = Span::prefix(&tenant);
        let span = after.map_or(span.clone(), |after| span.after(&(tenant, after)));
        self.store.read(|view| {
            let rows = view.scan(&API_KEYS, span, limit)?;
            rows.into_iter().map(|((_, id), row)| read(view, tenant, id, row)).collect()
        })
    }

    /// A key of these facts with a text of its own.
    fn fresh(&self, row: ApiKeyRow) -> MadeKey {
        let text = key_text::write(&Zeroizing::new(self.ambient.bytes()));
        let hash = self.vault.mac(HASH_LABEL, text.as_bytes());
        let row = ApiKeyRow { hint: key_text::hint(&text), hash, ..row };
        let id = ApiKeyId::new(&self.ambient);
        MadeKey { key: ApiKey { id, scopes: Scopes(row.scopes), row, last_used: None }, text }
    }

    fn key_entry(
        &self,
        tenant: TenantId,
        request: &RequestContext,
        by: &Actor,
        action: &'static str,
        id: ApiKeyId,
    ) -> audit::Entry {
        self.auditor.entry(tenant, request, by.clone(), action).target("api_key", id)
    }
}

/// Who does it, if they may do it for `tenant`.
fn may_manage(by: &KeyMaker, tenant: TenantId) -> Result<Actor> {
    match by {
        KeyMaker::Operator(actor) => {
            require_operator(actor)?;
            if tenant == SYSTEM_TENANT {
                return Err(Error::new(Code::InsufficientRole).message("Operators log in; there are no keys for them."));
            }
            Ok(actor.clone())
        }
        KeyMaker::Administrator(caller) => {
            caller.session()?;
            caller.require(&[Role::EnterpriseAdmin])?;
            if caller.tenant != tenant {
                return Err(Error::new(Code::InsufficientRole));
            }
            Ok(caller.actor())
        }
    }
}

fn user_of(by: &KeyMaker) -> Option<UserId> {
    match by {
        KeyMaker::Operator(_) => None,
        KeyMaker::Administrator(caller) => Some(caller.user),
    }
}

/// Whether `by` may have a key that acts as `user`: a key is its user's hands, so an administrator gets none of a person's.
fn may_give(reads: &impl Reads, by: &KeyMaker, tenant: TenantId, user: UserId) -> Result<bool> {
    let role = reads.get(&USERS, &(tenant, user))?.map(|row| row.role);
    let is_operator = matches!(by, KeyMaker::Operator(_));
    Ok(role.is_some_and(|role| is_operator || role != Role::User || user_of(by) == Some(user)))
}

/// The user that the key acts as; every wrong field is named at once.
fn check(by: &KeyMaker, new: &NewApiKey, now: UnixMs) -> Result<UserId> {
    let mut wrong = Vec::new();
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > API_KEY_NAME_MAX_CHARS || name.chars().any(char::is_control) {
        let allowed = format!("1 to {API_KEY_NAME_MAX_CHARS} characters, none of them a control character");
        wrong.push(FieldError::new("name", &new.name, allowed));
    }
    if let Some(end) = new.expires_at.filter(|end| *end <= now) {
        wrong.push(FieldError::new("expires_at", end.rfc3339(), "an instant to come"));
    }
    let user = new.user.or_else(|| user_of(by));
    if user.is_none() {
        wrong.push(FieldError::unshown("user", "the id of the user that the key acts as"));
    }
    match user {
        Some(user) if wrong.is_empty() => Ok(user),
        _ => Err(Error::fields(wrong)),
    }
}

fn read(reads: &impl Reads, tenant: TenantId, id: ApiKeyId, row: ApiKeyRow) -> Result<ApiKey> {
    let last_used = reads.get(&API_KEY_USES, &(tenant, id))?.map(|DayRow(day)| day);
    Ok(ApiKey { id, scopes: Scopes(row.scopes), row, last_used })
}

/// A key that another can be put in the place of: a live one without a successor. One in its overlap has a shorter life
/// than it was given, which a second successor would inherit.
fn replaceable(reads: &impl Reads, tenant: TenantId, id: ApiKeyId, now: UnixMs) -> Result<ApiKeyRow> {
    let row = reads.get(&API_KEYS, &(tenant, id))?.ok_or_else(|| Error::new(Code::ApiKeyNotFound))?;
    if ended(&row, now).is_some() {
        return Err(Error::new(Code::ApiKeyNotFound).message("This key has ended; make a new one."));
    }
    if let Some(successor) = row.replaced_by {
        return Err(Error::new(Code::ApiKeyReplaced).detail("replaced_by", successor.to_string().into()));
    }
    Ok(row)
}

fn put(tx: &mut Tx<'_>, tenant: TenantId, key: &ApiKey) -> Result<()> {
    tx.put(&API_KEYS, &(tenant, key.id), &key.row)?;
    tx.put(&API_KEY_BY_HASH, &key.row.hash, &ApiKeyPlaceRow { tenant, key: key.id })?;
    Ok(())
}

/// Refuses one more live key than there may be; removes the oldest ended ones when the rows become too many.
fn make_room(tx: &mut Tx<'_>, tenant: TenantId, now: UnixMs) -> Result<()> {
    let rows = tx.scan(&API_KEYS, Span::prefix(&tenant), API_KEY_ROWS_PER_TENANT_MAX)?;
    let alive = rows.iter().filter(|(_, row)| ended(row, now).is_none()).count();
    if alive >= API_KEYS_PER_TENANT_MAX {
        return Err(Error::new(Code::TooManyApiKeys).detail("allowed", API_KEYS_PER_TENANT_MAX.into()));
    }
    let too_many = (rows.len() + 1).saturating_sub(API_KEY_ROWS_PER_TENANT_MAX);
    for (place, row) in rows.into_iter().filter(|(_, row)| ended(row, now).is_some()).take(too_many) {
        tx.delete(&API_KEYS, &place)?;
        tx.delete(&API_KEY_BY_HASH, &row.hash)?;
        tx.delete(&API_KEY_USES, &place)?;
    }
    Ok(())
}
