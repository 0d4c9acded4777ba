//! S: Logging in: from an address and a password to a session and its first tokens. The same work and the same answer
//! whatever is wrong.

use std::fmt;

use secrecy::SecretString;

use super::email::Email;
use super::throttle::{LOGIN_BY_ACCOUNT, LOGIN_BY_ADDRESS, Subject};
use super::tokens::{self, Holder};
use super::{Identity, RequestContext, Tokens, sessions};
use crate::audit::{self, SYSTEM_TENANT};
use crate::clock::UnixMs;
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{SessionId, TenantId, TokenId, UserId};
use crate::store::Reads;
use crate::store::tables::{Actor, Role, SESSIONS, SessionRow, TENANTS, USER_BY_EMAIL, USERS, UserRow};

/// What the vault binds a sealed device name to, beside its user and session.
pub(super) const DEVICE_PURPOSE: &str = "session_device";
/// Longest device name, in Unicode scalar values.
const DEVICE_MAX_CHARS: usize = 120;

/// What somebody logs in with. Nothing of it is shown by Debug.
#[derive(Clone)]
pub struct Credentials {
    /// Slug of the tenant.
    pub tenant_slug: String,
    /// Address of the account.
    pub email: String,
    /// Its password.
    pub password: SecretString,
    /// Name for the session, as the user will see it in the list; 120 characters at most.
    pub device: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(redacted)")
    }
}

/// A session with a fresh pair of tokens.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// Tenant of the user.
    pub tenant: TenantId,
    /// The user.
    pub user: UserId,
    /// Stored role.
    pub role: Role,
    /// The session.
    pub session: SessionId,
    /// Its tokens.
    pub tokens: Tokens,
}

/// Whom the credentials name, as far as there is somebody.
#[derive(Default)]
struct Named {
    tenant: Option<TenantId>,
    suspended: bool,
    user: Option<(UserId, UserRow)>,
}

impl Identity {
    /// Starts a session. An unknown tenant, an unknown address, a wrong password and a suspended tenant cost the same
    /// and are answered alike.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`]; [`Code::InvalidFields`] for the device name; [`Code::Throttled`];
    /// [`Code::Overloaded`].
    pub async fn login(&self, request: &RequestContext, credentials: &Credentials) -> Result<LoggedIn> {
        let device = device_name(credentials.device.as_deref())?;
        self.throttled_from(request.address, Subject::login_from, LOGIN_BY_ADDRESS)?;
        let account = self.account(credentials);
        self.throttled(account, LOGIN_BY_ACCOUNT)?;
        let named = self.named(credentials)?;
        let hash = named.user.as_ref().map_or(&*self.dummy, |(_, row)| row.password.as_str());
        let fits = self.hasher.verify(&credentials.password, hash).await?;
        let (Some(tenant), Some((user, row)), true, false) = (named.tenant, &named.user, fits, named.suspended) else {
            return self.refuse(request, &named).await;
        };
        let rehashed = self.rehashed(&credentials.password, row).await;
        let now = self.ambient.now();
        let holder = Holder { tenant, user: *user, role: row.role, session: SessionId::new(&self.ambient) };
        let refresh = TokenId::new(&self.ambient);
        let session = self.session_row(&holder, device, refresh, now)?;
        let started = self.start(request, holder, session, row.password.clone(), rehashed).await?;
        let Some(role) = started else { return self.refuse(request, &named).await };
        self.unthrottle(account);
        self.logged_in(Holder { role, ..holder }, refresh, now)
    }

    /// Signs a pair for a session whose good refresh token is `refresh`.
    pub(super) fn logged_in(&self, holder: Holder, refresh: TokenId, now: UnixMs) -> Result<LoggedIn> {
        let tokens = tokens::sign_pair(&self.ring(), holder, TokenId::new(&self.ambient), refresh, now)?;
        let Holder { tenant, user, role, session } = holder;
        Ok(LoggedIn { tenant, user, role, session, tokens })
    }

    /// Whom to count: the names as given, so that nothing is looked up for somebody who is refused.
    fn account(&self, credentials: &Credentials) -> Subject {
        let email = credentials.email.trim().to_lowercase();
        Subject::Account(self.vault.mac(&format!("login account {}", credentials.tenant_slug), email.as_bytes()))
    }

    fn named(&self, credentials: &Credentials) -> Result<Named> {
        let email = Email::parse(&credentials.email).ok();
        self.store.read(|view| {
            let Some((tenant, row)) = Self::tenant(view, &credentials.tenant_slug)? else {
                return Ok(Named::default());
            };
            let mut named = Named { tenant: Some(tenant), suspended: row.suspended_at.is_some(), user: None };
            let Some(email) = email else { return Ok(named) };
            if let Some(user) = view.get(&USER_BY_EMAIL, &(tenant, self.email_index(tenant, &email)))? {
                named.user = view.get(&USERS, &(tenant, user))?.map(|row| (user, row));
            }
            Ok(named)
        })
    }

    /// Tells of a refused login, in the chain of the tenant if there is one, and answers.
    async fn refuse(&self, request: &RequestContext, named: &Named) -> Result<LoggedIn> {
        let chain = named.tenant.unwrap_or(SYSTEM_TENANT);
        let entry = self.auditor.entry(chain, request, Actor::Anonymous, "auth_login_failed").failed();
        let entry = match &named.user {
            Some((user, _)) => entry.target("user", user),
            None => entry,
        };
        self.tell(if named.suspended { entry.detail("reason", "tenant_suspended") } else { entry }).await?;
        Err(Error::new(Code::InvalidCredentials))
    }

    /// A hash at today's cost, when the stored one has another. Left for next time when the appliance is busy.
    async fn rehashed(&self, password: &SecretString, row: &UserRow) -> Option<String> {
        if !self.hasher.is_outdated(&row.password) {
            return None;
        }
        self.hasher.hash(password).await.ok()
    }

    fn session_row(&self, holder: &Holder, device: Option<&str>, refresh: TokenId, now: UnixMs) -> Result<SessionRow> {
        let seal = |name: &str| {
            self.vault.seal(holder.tenant, holder.user, DEVICE_PURPOSE, &holder.session.0, name.as_bytes())
        };
        Ok(SessionRow {
            refresh,
            device: device.map(seal).transpose()?,
            created_at: now,
            renewed_at: now,
            expires_at: now.plus_ms(self.ring().policy().session_ms()),
            ended: None,
        })
    }

    /// Writes the session; gives the stored role, or nothing when the account changed since the password was checked.
    async fn start(
        &self,
        request: &RequestContext,
        holder: Holder,
        session: SessionRow,
        verified: String,
        rehashed: Option<String>,
    ) -> Result<Option<Role>> {
        let Holder { tenant, user, session: id, .. } = holder;
        let entry = self.auditor.entry(tenant, request, Actor::User(user, holder.role), "auth_login");
        let entry = entry.target("session", id);
        let auditor = self.auditor.clone();
        let write = self.store.write(move |tx| {
            let suspended = tx.get(&TENANTS, &tenant)?.is_none_or(|row| row.suspended_at.is_some());
            let row = tx.get(&USERS, &(tenant, user))?.filter(|row| row.password == verified);
            let (false, Some(mut row)) = (suspended, row) else { return Ok(None) };
            if let Some(hash) = &rehashed {
                row.password.clone_from(hash);
                tx.put(&USERS, &(tenant, user), &row)?;
            }
            let evicted = sessions::make_room(tx, tenant, user, session.created_at)?;
            tx.put(&SESSIONS, &(tenant, user, id), &session)?;
            let entry = entry.clone().detail("evicted", evicted).detail("rehashed", rehashed.is_some());
            audit::append(tx, &auditor, entry)?;
            Ok(Some(row.role))
        });
        write.await
    }
}

fn device_name(device: Option<&str>) -> Result<Option<&str>> {
    let name = device.map(str::trim).filter(|name| !name.is_empty());
    let bad = |name: &str| name.chars().count() > DEVICE_MAX_CHARS || name.chars().any(char::is_control);
    if name.is_some_and(bad) {
        let allowed = format!("at most {DEVICE_MAX_CHARS} characters, none of them a control character");
        return Err(Error::fields(vec![FieldError::unshown("device", allowed)]));
    }
    Ok(name)
}
