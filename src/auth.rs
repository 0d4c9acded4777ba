//! S: Identity: who asks, proved by password and then by token; what they may do is what the store says at that moment.
//! Knows no HTTP.
//!
//! A login makes a session (one device) with one good refresh token. Each refresh puts another in its place; a refresh
//! token that comes a second time was stolen or copied, so its whole session ends. Every call loads session, user and
//! tenant, so a revocation, a new role or a suspension holds at once. Each change is audited in its own transaction.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use secrecy::SecretString;
use zeroize::Zeroizing;

mod accounts;
mod api_keys;
mod email;
mod key_text;
mod keyring;
mod login;
mod password;
mod scopes;
mod sessions;
mod throttle;
mod tokens;
mod verified;

#[cfg(test)]
mod tests;

use keyring::KeyRing;
use password::Hasher;
use throttle::{Rule, Subject, Throttle};
use tokens::{Holder, Kind};

pub use accounts::{Me, NewUser};
pub use api_keys::{ApiKey, Grant, KeyMaker, MadeKey, NewApiKey};
pub use login::{Credentials, LoggedIn};
pub use password::HashCost;
pub use scopes::{Scope, Scopes};
pub use sessions::SessionView;
pub use throttle::network;
pub use tokens::{TokenPolicy, Tokens};

pub use crate::audit::RequestContext;
use crate::audit::{self, Auditor, Entry, SYSTEM_TENANT};
use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error, Result};
use crate::ids::{ApiKeyId, SessionId, TenantId, UserId};
use crate::limits::THROTTLE_KEYS_MAX;
pub use crate::store::tables::Role;
use crate::store::tables::{Actor, SESSIONS, SessionRow, TENANT_BY_SLUG, TENANTS, TenantRow, USERS, UserRow};
use crate::store::{Reads, Store};
use crate::vault::Vault;

/// What proved who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An access token of this session: a person, who may do all that their role may.
    Session(SessionId),
    /// An API key: a program, which may do what the key grants.
    Key(Grant),
}

/// Who asks, as proved by an access token or an API key and read from the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's tenant.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// The stored role, whatever the token says.
    pub role: Role,
    /// What proved it.
    pub credential: Credential,
}

impl Caller {
    /// As the audit log names this one.
    pub const fn actor(&self) -> Actor {
        match self.credential {
            Credential::Session(_) => Actor::User(self.user, self.role),
            Credential::Key(grant) => Actor::Key(self.user, self.role, grant.id),
        }
    }

    /// The API key under which money is counted, when one was shown: the first of its line, whatever it was rotated into.
    pub const fn key(&self) -> Option<ApiKeyId> {
        match self.credential {
            Credential::Session(_) => None,
            Credential::Key(grant) => Some(grant.root),
        }
    }

    /// The session: what a key may never do asks for it.
    ///
    /// # Errors
    /// [`Code::SessionRequired`] when a key was shown.
    pub fn session(&self) -> Result<SessionId> {
        match self.credential {
            Credential::Session(session) => Ok(session),
            Credential::Key(_) => Err(Error::new(Code::SessionRequired)),
        }
    }

    /// Goes on for a person, and for a key that has `scope`.
    ///
    /// # Errors
    /// [`Code::InsufficientScope`].
    pub fn permit(&self, scope: Scope) -> Result<()> {
        match self.credential {
            Credential::Key(grant) if !grant.scopes.contain(scope) => {
                let granted: Vec<_> = grant.scopes.codes().collect();
                Err(Error::new(Code::InsufficientScope)
                    .detail("required_scope", scope.code().into())
                    .detail("granted_scopes", granted.into()))
            }
            _ => Ok(()),
        }
    }

    fn holder(&self) -> Result<Holder> {
        Ok(Holder { tenant: self.tenant, user: self.user, role: self.role, session: self.session()? })
    }

    /// Goes on only for one of `roles`.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`].
    pub fn require(&self, roles: &[Role]) -> Result<()> {
        if roles.contains(&self.role) { Ok(()) } else { Err(Error::new(Code::InsufficientRole)) }
    }
}

/// What the service stands on.
#[derive(Clone, Debug)]
pub struct Foundations {
    /// `store.redb`, in which the system tenant stands already.
    pub store: Store,
    /// The key ring.
    pub vault: Arc<Vault>,
    /// The audit log.
    pub auditor: Auditor,
    /// Time and randomness.
    pub ambient: Ambient,
    /// What tokens name and how long they live.
    pub policy: TokenPolicy,
}

/// The service. Clones share everything.
#[derive(Clone)]
pub struct Identity {
    store: Store,
    vault: Arc<Vault>,
    auditor: Auditor,
    ambient: Ambient,
    hasher: Hasher,
    /// Hash of a password that nobody knows: what is compared when there is no account.
    dummy: Arc<str>,
    ring: Arc<RwLock<Arc<KeyRing>>>,
    rotation: Arc<tokio::sync::Mutex<()>>,
    throttle: Arc<Mutex<Throttle>>,
    uses: Arc<Mutex<api_keys::Uses>>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// Reads the ring of token keys, or makes the first one. `cost` is [`HashCost::OWASP`] save in tests.
    ///
    /// # Errors
    /// When the vault cannot be used or argon2 does not allow the cost.
    pub async fn open(on: Foundations, cost: HashCost) -> Result<Self> {
        let Foundations { store, vault, auditor, ambient, policy } = on;
        let hasher = Hasher::new(cost, ambient.clone())?;
        let unknown = Zeroizing::new(u128::from_be_bytes(ambient.bytes()).to_string());
        let dummy = hasher.hash(&SecretString::from(unknown.as_str())).await?;
        let ring = if let Some(bytes) = vault.secret(keyring::SECRET_NAME)? {
            KeyRing::from_bytes(&bytes)?
        } else {
            let ring = KeyRing::generate(&ambient);
            vault.put_secret(keyring::SECRET_NAME, &ring.to_bytes()?).await?;
            ring
        };
        Ok(Self {
            store,
            vault,
            auditor,
            ambient,
            hasher,
            dummy: dummy.into(),
            ring: Arc::new(RwLock::new(Arc::new(ring.with_policy(policy)))),
            rotation: Arc::default(),
            throttle: Arc::new(Mutex::new(Throttle::new(THROTTLE_KEYS_MAX))),
            uses: Arc::default(),
        })
    }

    /// Who holds this access token or API key. A few point reads of one snapshot; waits for nothing.
    ///
    /// # Errors
    /// [`Code::TokenExpired`]; [`Code::InvalidToken`] when it is not ours, or its session, user or tenant no longer
    /// counts; for a key [`Code::InvalidApiKey`], [`Code::ApiKeyExpired`], [`Code::ApiKeyRevoked`].
    pub fn authenticate(&self, credential: &str) -> Result<Caller> {
        if credential.starts_with(key_text::PREFIX) {
            return self.authenticate_key(credential);
        }
        let now = self.ambient.now();
        let holder = tokens::verify(&self.ring(), credential, Kind::Access, now)?.holder();
        let standing = self.store.read(|view| standing(view, &holder, now))?;
        let Holder { tenant, user, session, .. } = holder;
        Ok(Caller { tenant, user, role: standing.user.role, credential: Credential::Session(session) })
    }

    /// Puts a new key in place to sign tokens; those before it verify until their last token has ended. Gives its name.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`] unless an operator asks.
    pub async fn rotate_jwt(&self, request: &RequestContext, by: &Actor) -> Result<String> {
        require_operator(by)?;
        let _one_at_a_time = self.rotation.lock().await;
        let ring = self.ring().rotated(&self.ambient);
        let kid = ring.signing().0.to_owned();
        let entry = |action| self.auditor.entry(SYSTEM_TENANT, request, by.clone(), action).target("jwt_key", &kid);
        // The two files cannot commit together: told first, so that no rotation goes untold.
        self.tell(entry("keys_rotate_jwt").detail("live_keys", ring.live(self.ambient.now()))).await?;
        if let Err(error) = self.vault.put_secret(keyring::SECRET_NAME, &ring.to_bytes()?).await {
            self.tell(entry("keys_rotate_jwt").failed()).await?;
            return Err(error.into());
        }
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        Ok(kid)
    }

    /// Password hashes computed since the start, for metrics.
    pub fn hashes_computed(&self) -> u64 {
        self.hasher.computed()
    }

    /// Accounts and networks that the throttle remembers, for metrics.
    pub fn throttle_subjects(&self) -> usize {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).subjects()
    }

    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn throttled(&self, subject: Subject, rule: Rule) -> Result<()> {
        let now = self.ambient.now();
        let attempt = self.throttle.lock().unwrap_or_else(PoisonError::into_inner).attempt(subject, rule, now);
        attempt.map_err(|refused| Error::new(Code::Throttled).retry_after_s(refused.retry_after_s))
    }

    fn throttled_from(&self, address: Option<IpAddr>, subject: fn(IpAddr) -> Subject, rule: Rule) -> Result<()> {
        address.map_or(Ok(()), |address| self.throttled(subject(address), rule))
    }

    fn unthrottle(&self, subject: Subject) {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).reset(subject);
    }

    /// Writes an entry that accompanies no change.
    async fn tell(&self, entry: Entry) -> Result<()> {
        let auditor = self.auditor.clone();
        self.store.write(move |tx| audit::append(tx, &auditor, entry.clone())).await
    }

    fn entry(&self, caller: &Caller, request: &RequestContext, action: &'static str) -> Entry {
        self.auditor.entry(caller.tenant, request, caller.actor(), action)
    }

    /// The tenant of this slug, suspended or not.
    fn tenant(reads: &impl Reads, slug: &str) -> Result<Option<(TenantId, TenantRow)>> {
        let Some(id) = reads.get(&TENANT_BY_SLUG, &slug.to_owned())? else { return Ok(None) };
        Ok(reads.get(&TENANTS, &id)?.map(|row| (id, row)))
    }
}

/// The rows that make a token count.
struct Standing {
    user: UserRow,
    session: SessionRow,
}

/// Reads them, if the tenant is not suspended, the user there and the session neither ended nor over.
fn standing(reads: &impl Reads, holder: &Holder, now: UnixMs) -> Result<Standing> {
    let Holder { tenant, user, session, .. } = *holder;
    let invalid = |why: &'static str| Error::new(Code::InvalidToken).because(why);
    let session = reads.get(&SESSIONS, &(tenant, user, session))?.ok_or_else(|| invalid("no such session"))?;
    if !is_live(&session, now) {
        return Err(invalid("the session has ended"));
    }
    let row = reads.get(&TENANTS, &tenant)?.ok_or_else(|| invalid("no such tenant"))?;
    if row.suspended_at.is_some() {
        return Err(invalid("the tenant is suspended"));
    }
    let user = reads.get(&USERS, &(tenant, user))?.ok_or_else(|| invalid("no such user"))?;
    Ok(Standing { user, session })
}

fn is_live(session: &SessionRow, now: UnixMs) -> bool {
    session.ended.is_none() && session.expires_at > now
}

fn require_operator(by: &Actor) -> Result<()> {
    if by.is_operator() { Ok(()) } else { Err(Error::new(Code::InsufficientRole)) }
}
