//! Wire form of identity: registration, login, sessions. Secrets come in and tokens go out; neither is ever shown in Debug.

use salvo::oapi::ToSchema;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};

/// What a reader expects where a secret stands; who tells what was wrong knows by it not to repeat what stood there.
pub const HIDDEN: &str = "a string that is not repeated";

/// A text that must not be shown.
#[derive(Clone, Serialize, ToSchema)]
#[serde(transparent)]
pub struct Hidden(pub String);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(HiddenVisitor)
    }
}

struct HiddenVisitor;

impl Visitor<'_> for HiddenVisitor {
    type Value = Hidden;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(HIDDEN)
    }

    fn visit_str<E>(self, text: &str) -> Result<Hidden, E> {
        Ok(Hidden(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Hidden, E> {
        Ok(Hidden(text))
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Asks for an account in a tenant that takes registrations.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// Slug of the tenant.
    pub tenant: String,
    /// E-mail address, at most 254 bytes.
    pub email: Hidden,
    /// At least 10 characters, at most 256 bytes.
    pub password: Hidden,
}

/// The same answer whether or not the address was known.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisterReply {
    /// Always `accepted`: if the address was new, the account is there and can log in.
    pub status: &'static str,
}

/// Proves who asks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// Slug of the tenant.
    pub tenant: String,
    /// E-mail address.
    pub email: Hidden,
    /// Password.
    pub password: Hidden,
    /// Name of the device, shown in the list of sessions.
    #[serde(default)]
    pub device: Option<String>,
}

/// Renews a session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    /// The refresh token; it works once.
    pub refresh_token: Hidden,
}

/// Tokens of a session.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokensReply {
    /// For `Authorization: Bearer`.
    pub access_token: Hidden,
    /// For `/v1/auth/refresh`, once.
    pub refresh_token: Hidden,
    /// Always `bearer`.
    pub token_type: &'static str,
    /// Life of the access token, seconds.
    pub expires_in_s: u64,
    /// Life of the refresh token, seconds.
    pub refresh_expires_in_s: u64,
    /// The session, as the list of sessions names it.
    pub session_id: String,
}

/// Who is logged in.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeReply {
    /// Id of the user.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// Role as stored now.
    pub role: String,
    /// Slug of the tenant.
    pub tenant: String,
    /// IANA zone of the tenant's day.
    pub tenant_zone: String,
    /// When the account was made, RFC 3339.
    pub created_at: String,
    /// The session of this request.
    pub session_id: String,
}

/// Changes the password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The password until now.
    pub current_password: Hidden,
    /// The new one: at least 10 characters, at most 256 bytes.
    pub new_password: Hidden,
}

/// Says that it is done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Done {
    /// Always `done`.
    pub status: &'static str,
}

/// A login session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionReply {
    /// Its id.
    pub id: String,
    /// Name of the device, as given at login.
    pub device: Option<String>,
    /// When it began, RFC 3339.
    pub created_at: String,
    /// When its tokens were last renewed, RFC 3339.
    pub renewed_at: String,
    /// When it ends unless renewed, RFC 3339.
    pub expires_at: String,
    /// Whether it is the session of this request.
    pub current: bool,
}

/// Live sessions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionList {
    /// The sessions.
    pub sessions: Vec<SessionReply>,
}
