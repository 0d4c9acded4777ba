//! Wire form of API keys. The text of a key goes out once, in the answer that makes it, and is never shown in Debug.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};

use super::auth::Hidden;
use crate::auth::{ApiKey, MadeKey};
use crate::clock::UnixMs;

/// Makes an API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// What to call it, 1 to 80 characters; no personal data.
    pub name: String,
    /// Any of `read`, `charts`, `chat`.
    pub scopes: Vec<String>,
    /// Id of the user that the key acts as; for an administrator, themselves when absent.
    #[serde(default)]
    pub user: Option<String>,
    /// A rate of its own in place of the setting `limits.key`, such as `5/s, burst 10`.
    #[serde(default)]
    pub rate: Option<String>,
    /// When it ends, RFC 3339; never when absent.
    #[serde(default)]
    pub expires_at: Option<String>,
}

/// Puts a new key in the place of one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRotateRequest {
    /// Seconds for which the one before stays good, 0 to 2592000; a day when absent.
    #[serde(default)]
    pub overlap_s: Option<u64>,
}

/// An API key, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyReply {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// First characters of its text, to tell it from others.
    pub hint: String,
    /// `live`, `expired` or `revoked`.
    pub state: &'static str,
    /// What it may do: any of `read`, `charts`, `chat`.
    pub scopes: Vec<&'static str>,
    /// The user that it acts as.
    pub user: String,
    /// A rate of its own.
    pub rate: Option<String>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it ends, RFC 3339.
    pub expires_at: Option<String>,
    /// When it was revoked, RFC 3339.
    pub revoked_at: Option<String>,
    /// The key that took its place.
    pub replaced_by: Option<String>,
    /// The first key of its line, itself when it was not rotated: budgets, usage and rates are counted under it.
    pub counted_under: String,
    /// The day (UTC) on which it was last used.
    pub last_used_on: Option<String>,
}

/// A new API key, with its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyMadeReply {
    /// The text: `Authorization: Bearer ork_..`. It is shown this once and cannot be read again.
    pub secret: Hidden,
    /// The key.
    pub key: KeyReply,
}

/// API keys of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    /// The keys, oldest first.
    pub keys: Vec<KeyReply>,
    /// Cursor of the next page, when there is one.
    pub next_cursor: Option<String>,
}

impl KeyReply {
    /// The key as it stands `now`.
    pub fn new(key: &ApiKey, now: UnixMs) -> Self {
        let row = &key.row;
        Self {
            id: key.id.to_string(),
            name: row.name.clone(),
            hint: row.hint.clone(),
            state: key.state(now),
            scopes: key.scopes.codes().collect(),
            user: row.user.to_string(),
            rate: row.rate.clone(),
            created_at: row.created_at.rfc3339(),
            expires_at: row.expires_at.map(UnixMs::rfc3339),
            revoked_at: row.revoked_at.map(UnixMs::rfc3339),
            replaced_by: row.replaced_by.map(|id| id.to_string()),
            counted_under: key.root().to_string(),
            last_used_on: key.last_used_on(),
        }
    }
}

impl KeyMadeReply {
    /// The key with its text.
    pub fn new(made: &MadeKey, now: UnixMs) -> Self {
        Self { secret: Hidden(made.text.to_string()), key: KeyReply::new(&made.key, now) }
    }
}
