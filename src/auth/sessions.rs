//! S: Sessions once they run: renewed by refresh tokens, listed, revoked, logged out. Starts none.

use std::fmt;

use super::login::{DEVICE_PURPOSE, LoggedIn};
use super::tokens::{self, Holder, Kind};
use super::{Caller, Identity, RequestContext, is_live, standing};
use crate::audit;
use crate::clock::UnixMs;
use crate::error::{Code, Error, Result};
use crate::ids::{SessionId, TenantId, TokenId, UserId};
use crate::limits::SESSIONS_PER_USER_MAX;
use crate::store::tables::{Actor, Revocation, Role, SESSIONS, SessionRow};
use crate::store::{Reads, Span, Tx};

/// Rows of one user read at once. There are never as many: a login leaves the live ones alone.
const ROWS_MAX: usize = 4 * SESSIONS_PER_USER_MAX;

/// A live session, as its user sees it. The device name is not shown by Debug.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// Name that the client gave it.
    pub device: Option<String>,
    /// When it began.
    pub created_at: UnixMs,
    /// When its tokens were last renewed.
    pub renewed_at: UnixMs,
    /// When it ends unless it is renewed.
    pub expires_at: UnixMs,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl fmt::Debug for SessionView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionView").field("id", &self.id).field("current", &self.current).finish_non_exhaustive()
    }
}

/// What became of a refresh token.
enum Renewal {
    Renewed(Role),
    Reused,
}

impl Identity {
    /// Takes a refresh token and gives the next pair. The token is good once: of two calls with it one at most is
    /// answered with tokens, and the other ends the session for both.
    ///
    /// # Errors
    /// [`Code::TokenExpired`], [`Code::InvalidToken`].
    pub async fn refresh(&self, request: &RequestContext, refresh_token: &str) -> Result<LoggedIn> {
        let now = self.ambient.now();
        let claims = tokens::verify(&self.ring(), refresh_token, Kind::Refresh, now)?;
        let holder = claims.holder();
        let Holder { tenant, user, role, session } = holder;
        let key = (tenant, user, session);
        let (presented, next) = (claims.jti, TokenId::new(&self.ambient));
        let by = Actor::User(user, role);
        let entry = |action| self.auditor.entry(tenant, request, by.clone(), action).target("session", session);
        let (renewed, reused) = (entry("auth_refresh"), entry("auth_refresh_reuse").failed());
        let (auditor, life_ms) = (self.auditor.clone(), self.ring().policy().session_ms());
        let write = self.store.write(move |tx| {
            let standing = standing(tx, &holder, now)?;
            let mut session = standing.session;
            let reuse = session.refresh != presented;
            if reuse {
                session.ended = Some((now, Revocation::RefreshReuse));
            } else {
                session.refresh = next;
                session.renewed_at = now;
                session.expires_at = now.plus_ms(life_ms);
            }
            tx.put(&SESSIONS, &key, &session)?;
            let role = standing.user.role;
            let entry = if reuse { reused.clone() } else { renewed.clone() };
            audit::append(tx, &auditor, entry.by(Actor::User(user, role)))?;
            // A reuse is no error yet: its transaction must commit.
            Ok::<_, Error>(if reuse { Renewal::Reused } else { Renewal::Renewed(role) })
        });
        match write.await? {
            Renewal::Reused => Err(Error::new(Code::InvalidToken).because("a refresh token came again")),
            Renewal::Renewed(role) => self.logged_in(Holder { role, ..holder }, next, now),
        }
    }

    /// The caller's live sessions, oldest first.
    pub fn list_sessions(&self, caller: &Caller) -> Result<Vec<SessionView>> {
        let (now, own) = (self.ambient.now(), caller.session()?);
        let rows = self.store.read(|view| rows(view, caller.tenant, caller.user))?;
        let live = rows.into_iter().filter(|(_, row)| is_live(row, now));
        live.map(|(id, row)| {
            Ok(SessionView {
                id,
                device: self.device(caller, id, row.device.as_deref())?,
                created_at: row.created_at,
                renewed_at: row.renewed_at,
                expires_at: row.expires_at,
                current: id == own,
            })
        })
        .collect()
    }

    /// Ends one of the caller's sessions.
    ///
    /// # Errors
    /// [`Code::SessionNotFound`] unless the caller has such a live session.
    pub async fn revoke_session(&self, request: &RequestContext, caller: &Caller, id: SessionId) -> Result<()> {
        self.end_session(request, caller, id, Revocation::Revoked, "session_revoke").await
    }

    /// Ends the caller's own session.
    ///
    /// # Errors
    /// [`Code::SessionNotFound`] when it was ended meanwhile.
    pub async fn logout(&self, request: &RequestContext, caller: &Caller) -> Result<()> {
        self.end_session(request, caller, caller.session()?, Revocation::Logout, "auth_logout").await
    }

    async fn end_session(
        &self,
        request: &RequestContext,
        caller: &Caller,
        id: SessionId,
        why: Revocation,
        action: &'static str,
    ) -> Result<()> {
        caller.session()?;
        let now = self.ambient.now();
        let key = (caller.tenant, caller.user, id);
        let entry = self.entry(caller, request, action).target("session", id);
        let auditor = self.auditor.clone();
        let write = self.store.write(move |tx| {
            let row = tx.get(&SESSIONS, &key)?.filter(|row| is_live(row, now));
            let mut row = row.ok_or_else(|| Error::new(Code::SessionNotFound))?;
            row.ended = Some((now, why));
            tx.put(&SESSIONS, &key, &row)?;
            audit::append(tx, &auditor, entry.clone())
        });
        write.await
    }

    fn device(&self, caller: &Caller, id: SessionId, sealed: Option<&[u8]>) -> Result<Option<String>> {
        let Some(sealed) = sealed else { return Ok(None) };
        let bytes = self.vault.unseal(caller.tenant, caller.user, DEVICE_PURPOSE, &id.0, sealed)?;
        String::from_utf8(bytes).map(Some).map_err(|_| Error::internal("a device name is not text"))
    }
}

fn rows(reads: &impl Reads, tenant: TenantId, user: UserId) -> Result<Vec<(SessionId, SessionRow)>> {
    let rows = reads.scan(&SESSIONS, Span::prefix(&(tenant, user)), ROWS_MAX)?;
    Ok(rows.into_iter().map(|((_, _, id), row)| (id, row)).collect())
}

/// Removes the user's sessions that are over, and ends the longest unused live ones until one more fits; says how many.
pub(super) fn make_room(tx: &mut Tx<'_>, tenant: TenantId, user: UserId, now: UnixMs) -> Result<usize> {
    let (mut live, over): (Vec<_>, Vec<_>) =
        rows(tx, tenant, user)?.into_iter().partition(|(_, row)| is_live(row, now));
    for (id, _) in over {
        tx.delete(&SESSIONS, &(tenant, user, id))?;
    }
    live.sort_by_key(|(id, row)| (row.renewed_at, *id));
    let too_many = (live.len() + 1).saturating_sub(SESSIONS_PER_USER_MAX);
    for (id, mut row) in live.into_iter().take(too_many) {
        row.ended = Some((now, Revocation::Evicted));
        tx.put(&SESSIONS, &(tenant, user, id), &row)?;
    }
    Ok(too_many)
}

/// Ends every live session of the holder's user but the holder's own; says how many.
pub(super) fn end_others(tx: &mut Tx<'_>, holder: &Holder, now: UnixMs, why: Revocation) -> Result<usize> {
    let mut ended = 0;
    for (id, mut row) in rows(tx, holder.tenant, holder.user)? {
        if id != holder.session && is_live(&row, now) {
            row.ended = Some((now, why));
            tx.put(&SESSIONS, &(holder.tenant, holder.user, id), &row)?;
            ended += 1;
        }
    }
    Ok(ended)
}
