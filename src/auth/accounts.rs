//! S: Accounts: registration, users made by operators, the first operator, passwords, and what users may see of
//! themselves. Starts no sessions.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::email::Email;
use super::throttle::{LOGIN_BY_ACCOUNT, REGISTER_BY_ADDRESS, Subject};
use super::{Caller, Identity, RequestContext, password, require_operator, sessions, standing};
use crate::audit::{self, SYSTEM_TENANT};
use crate::clock::UnixMs;
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{TenantId, UserId};
use crate::store::tables::{Actor, Revocation, Role, TENANTS, USER_BY_EMAIL, USERS, UserRow};
use crate::store::{Reads, Span, Tx};

/// What the vault binds a sealed address to, beside its user.
const EMAIL_PURPOSE: &str = "user_email";
/// Kind of the blind index over addresses.
const EMAIL_INDEX: &str = "email";

/// A user as an operator asks for it.
pub struct NewUser {
    /// Tenant that the user will belong to.
    pub tenant: TenantId,
    /// Address to log in with.
    pub email: String,
    /// First password.
    pub password: SecretString,
    /// Role. `ops` only in the system tenant, and there no other.
    pub role: Role,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("tenant", &self.tenant).field("role", &self.role).finish_non_exhaustive()
    }
}

/// What users may see of themselves. The address is not shown by Debug.
#[derive(Clone, PartialEq, Eq)]
pub struct Me {
    /// The user.
    pub user: UserId,
    /// The user's tenant.
    pub tenant: TenantId,
    /// Slug of the tenant.
    pub tenant_slug: String,
    /// Name of the tenant.
    pub tenant_name: String,
    /// IANA time zone of the tenant.
    pub tenant_zone: String,
    /// Address, trimmed and in lower case.
    pub email: String,
    /// Stored role.
    pub role: Role,
    /// When the user was made.
    pub created_at: UnixMs,
    /// When the password was last set.
    pub password_set_at: UnixMs,
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Me").field("user", &self.user).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Operators there are, as far as one or more matters.
fn operators(reads: &impl Reads) -> Result<usize> {
    Ok(reads.scan(&USERS, Span::prefix(&SYSTEM_TENANT), 2)?.len())
}

/// Refuses a first operator beside others.
fn only_operators(found: usize, allowed: usize) -> Result<()> {
    if found <= allowed {
        return Ok(());
    }
    Err(Error::new(Code::InsufficientRole).message("There is an operator already; operators make further ones."))
}

/// A user ready to be written: password hashed, key made, address sealed.
#[derive(Clone)]
struct Draft {
    tenant: TenantId,
    user: UserId,
    index: [u8; 32],
    row: UserRow,
}

impl Draft {
    /// Writes it, or gives the user who has the address already.
    fn insert(&self, tx: &mut Tx<'_>) -> Result<Option<UserId>> {
        let key = (self.tenant, self.index);
        if let Some(other) = tx.get(&USER_BY_EMAIL, &key)? {
            return Ok(Some(other));
        }
        tx.put(&USER_BY_EMAIL, &key, &self.user)?;
        tx.put(&USERS, &(self.tenant, self.user), &self.row)?;
        Ok(None)
    }
}

impl Identity {
    /// Registers somebody with role `user` in a tenant that is open for it. The answer and the work are the same
    /// whether or not the address has an account already; an account that is there stays as it is.
    ///
    /// # Errors
    /// [`Code::InvalidFields`], [`Code::WeakPassword`], [`Code::RegistrationClosed`] (also for tenants that do not
    /// exist), [`Code::Throttled`], [`Code::Overloaded`].
    pub async fn register(
        &self,
        request: &RequestContext,
        tenant_slug: &str,
        email: &str,
        password: &SecretString,
    ) -> Result<()> {
        self.throttled_from(request.address, Subject::register_from, REGISTER_BY_ADDRESS)?;
        let email = Email::parse(email).map_err(|error| Error::fields(vec![error]))?;
        password::check_policy(password, &email)?;
        let found = self.store.read(|view| Self::tenant(view, tenant_slug))?;
        let Some((tenant, _)) = found.filter(|(_, row)| row.registration_open && row.suspended_at.is_none()) else {
            return Err(Error::new(Code::RegistrationClosed));
        };
        let draft = self.draft(tenant, &email, password, Role::User).await?;
        let entry = self.auditor.entry(tenant, request, Actor::Anonymous, "auth_register");
        let (auditor, writing) = (self.auditor.clone(), draft.clone());
        let taken = self.store.write(move |tx| {
            let open =
                tx.get(&TENANTS, &tenant)?.is_some_and(|row| row.registration_open && row.suspended_at.is_none());
            if !open {
                return Err(Error::new(Code::RegistrationClosed));
            }
            let taken = writing.insert(tx)?;
            let entry = match taken {
                Some(other) => entry.clone().failed().target("user", other).detail("reason", "exists"),
                None => entry.clone().target("user", writing.user),
            };
            audit::append(tx, &auditor, entry)?;
            Ok(taken)
        });
        self.settle(&draft, taken.await).map(|_| ())
    }

    /// Makes a user for an operator, with whatever `also` prepares for it, together or not at all.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`] unless an operator asks; [`Code::TenantNotFound`]; [`Code::InvalidFields`], also when
    /// the address is taken or the role does not belong in the tenant; [`Code::WeakPassword`].
    pub async fn create_user<P, F>(&self, request: &RequestContext, by: &Actor, new: &NewUser, also: P) -> Result<()>
    where
        P: FnOnce(UserId) -> Result<F> + Send,
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        require_operator(by)?;
        let email = Email::parse(&new.email).map_err(|error| Error::fields(vec![error]))?;
        password::check_policy(&new.password, &email)?;
        if (new.role == Role::Ops) != (new.tenant == SYSTEM_TENANT) {
            let allowed = "ops in the system tenant, any other role elsewhere";
            return Err(Error::fields(vec![FieldError::new("role", new.role.as_str(), allowed)]));
        }
        let tenant = new.tenant;
        let exists = self.store.read(|view| view.get(&TENANTS, &tenant))?.is_some();
        if !exists {
            return Err(Error::new(Code::TenantNotFound));
        }
        self.insert_user(request, by, &email, new, also).await.map(|_| ())
    }

    /// Makes the first operator, in the system tenant.
    ///
    /// # Errors
    /// [`Code::InsufficientRole`] when there is an operator already: from then on operators make operators.
    pub async fn bootstrap_operator(&self, email: &str, password: &SecretString) -> Result<UserId> {
        let email = Email::parse(email).map_err(|error| Error::fields(vec![error]))?;
        password::check_policy(password, &email)?;
        let new = NewUser { tenant: SYSTEM_TENANT, email: String::new(), password: password.clone(), role: Role::Ops };
        only_operators(self.store.read(|view| operators(view))?, 0)?;
        // Asked once more in the transaction, which has just put the new one in.
        let nobody_else = |tx: &mut Tx<'_>| only_operators(operators(tx)?, 1);
        self.insert_user(&RequestContext::default(), &Actor::Console, &email, &new, |_| Ok(nobody_else)).await
    }

    /// What the caller may see of themselves.
    pub fn me(&self, caller: &Caller) -> Result<Me> {
        let (user, tenant) = self
            .store
            .read(|view| {
                let user = view.get(&USERS, &(caller.tenant, caller.user))?;
                Ok::<_, Error>(user.zip(view.get(&TENANTS, &caller.tenant)?))
            })?
            .ok_or_else(|| Error::new(Code::UserNotFound))?;
        Ok(Me {
            user: caller.user,
            tenant: caller.tenant,
            tenant_slug: tenant.slug,
            tenant_name: tenant.display_name,
            tenant_zone: tenant.zone,
            email: self.unsealed_email(caller, &user)?.as_str().to_owned(),
            role: user.role,
            created_at: user.created_at,
            password_set_at: user.password_set_at,
        })
    }

    /// Sets another password, and ends every other session of the user.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`] when `current` is wrong; [`Code::WeakPassword`]; [`Code::Throttled`].
    pub async fn change_password<F>(
        &self,
        request: &RequestContext,
        caller: &Caller,
        current: &SecretString,
        new: &SecretString,
        also: F,
    ) -> Result<()>
    where
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        let (now, holder) = (self.ambient.now(), caller.holder()?);
        let row = self.store.read(|view| standing(view, &holder, now))?.user;
        let email = self.unsealed_email(caller, &row)?;
        password::check_policy(new, &email)?;
        if new.expose_secret() == current.expose_secret() {
            return Err(Error::new(Code::WeakPassword).message("Choose a password other than the present one."));
        }
        let user = caller.user.to_string();
        let subject = Subject::Account(self.vault.blind_index(caller.tenant, "password_change", &user));
        self.throttled(subject, LOGIN_BY_ACCOUNT)?;
        let entry = self.entry(caller, request, "password_change").target("user", caller.user);
        let wrong = || Error::new(Code::InvalidCredentials).message("The current password is wrong.");
        if !self.hasher.verify(current, &row.password).await? {
            self.tell(entry.failed()).await?;
            return Err(wrong());
        }
        let hash = self.hasher.hash(new).await?;
        let auditor = self.auditor.clone();
        let change = self.store.write(move |tx| {
            let mut user = standing(tx, &holder, now)?.user;
            if user.password != row.password {
                return Err(wrong());
            }
            user.password.clone_from(&hash);
            user.password_set_at = now;
            tx.put(&USERS, &(holder.tenant, holder.user), &user)?;
            let ended = sessions::end_others(tx, &holder, now, Revocation::PasswordChanged)?;
            also(tx)?;
            audit::append(tx, &auditor, entry.clone().detail("sessions_ended", ended))
        });
        change.await?;
        self.unthrottle(subject);
        Ok(())
    }

    /// Under which an address of a tenant is found.
    pub(super) fn email_index(&self, tenant: TenantId, email: &Email) -> [u8; 32] {
        self.vault.blind_index(tenant, EMAIL_INDEX, email.as_str())
    }

    fn unsealed_email(&self, caller: &Caller, user: &UserRow) -> Result<Email> {
        let bytes = self.vault.unseal(caller.tenant, caller.user, EMAIL_PURPOSE, b"", &user.email)?;
        let text = Zeroizing::new(String::from_utf8(bytes).map_err(|_| Error::internal("an address is not text"))?);
        Email::parse(&text).map_err(|_| Error::internal("a stored address is not acceptable any more"))
    }

    async fn insert_user<P, F>(
        &self,
        request: &RequestContext,
        by: &Actor,
        email: &Email,
        new: &NewUser,
        also: P,
    ) -> Result<UserId>
    where
        P: FnOnce(UserId) -> Result<F> + Send,
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        let draft = self.draft(new.tenant, email, &new.password, new.role).await?;
        let also = also(draft.user)?;
        let entry = self.auditor.entry(new.tenant, request, by.clone(), "user_create");
        let entry = entry.target("user", draft.user).detail("role", new.role.as_str());
        let (auditor, writing) = (self.auditor.clone(), draft.clone());
        let taken = self.store.write(move |tx| {
            let taken = writing.insert(tx)?;
            if taken.is_none() {
                audit::append(tx, &auditor, entry.clone())?;
                also(tx)?;
            }
            Ok(taken)
        });
        if self.settle(&draft, taken.await)?.is_some() {
            let allowed = "an address that nobody in this tenant has yet";
            return Err(Error::fields(vec![FieldError::unshown("email", allowed)]));
        }
        Ok(draft.user)
    }

    async fn draft(&self, tenant: TenantId, email: &Email, password: &SecretString, role: Role) -> Result<Draft> {
        let hash = self.hasher.hash(password).await?;
        let user = UserId::new(&self.ambient);
        self.vault.create_user_key(tenant, user).await?;
        let now = self.ambient.now();
        let sealed = self.vault.seal(tenant, user, EMAIL_PURPOSE, b"", email.as_str().as_bytes())?;
        let row = UserRow { role, email: sealed, password: hash, password_set_at: now, created_at: now };
        Ok(Draft { tenant, user, index: self.email_index(tenant, email), row })
    }

    /// Destroys the key of a draft that was not written. Not waited for, so that the answer comes as soon as if it had
    /// been; should the process end before, a key is left that opens nothing.
    fn settle(&self, draft: &Draft, taken: Result<Option<UserId>>) -> Result<Option<UserId>> {
        // After a failed commit the row may be there after all, and its key with it.
        let unwritten = match &taken {
            Ok(taken) => taken.is_some(),
            Err(error) => error.code() != Code::StoreUnavailable,
        };
        if unwritten {
            let (vault, tenant, user) = (self.vault.clone(), draft.tenant, draft.user);
            tokio::spawn(async move {
                if let Err(error) = vault.destroy_user_key(tenant, user).await {
                    tracing::warn!(%tenant, %user, %error, "an unused data key was left in the key ring");
                }
            });
        }
        taken
    }
}
