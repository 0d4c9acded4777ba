//! Wire form of the operator's work: tenants, users, keys, the audit chain.

use salvo::oapi::ToSchema;
use serde::{Deserialize, Serialize};

use super::auth::Hidden;

/// Opens a tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantRequest {
    /// `[a-z0-9][a-z0-9_-]{0,63}`; never changes.
    pub slug: String,
    /// Name shown to people.
    #[serde(default)]
    pub display_name: Option<String>,
    /// IANA zone of the tenant's day; `UTC` when absent.
    #[serde(default)]
    pub zone: Option<String>,
    /// Whether people may register themselves; false when absent.
    #[serde(default)]
    pub registration_open: bool,
}

/// Changes a tenant; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantChange {
    /// Whether people may register themselves.
    #[serde(default)]
    pub registration_open: Option<bool>,
    /// Suspended tenants can neither log in nor use their tokens.
    #[serde(default)]
    pub suspended: Option<bool>,
}

/// A tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantReply {
    /// Its id.
    pub id: String,
    /// Its slug.
    pub slug: String,
    /// Name shown to people.
    pub display_name: String,
    /// IANA zone of the tenant's day.
    pub zone: String,
    /// Whether people may register themselves.
    pub registration_open: bool,
    /// Whether it is suspended.
    pub suspended: bool,
    /// When it was made, RFC 3339.
    pub created_at: String,
}

/// Tenants by slug.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantList {
    /// The tenants.
    pub tenants: Vec<TenantReply>,
    /// Cursor of the next page, when there is one.
    pub next_cursor: Option<String>,
}

/// Makes a user of any role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserRequest {
    /// E-mail address.
    pub email: Hidden,
    /// At least 10 characters, at most 256 bytes.
    pub password: Hidden,
    /// `user`, `support`, `ops` or `enterprise_admin`.
    pub role: String,
}

/// A user that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserReply {
    /// Its id.
    pub id: String,
    /// Its role.
    pub role: String,
}

/// The new signing key.
#[derive(Debug, Serialize, ToSchema)]
pub struct RotateReply {
    /// Key id that signs from now on; the one before verifies until its tokens have ended.
    pub kid: String,
}

/// What the check of the audit chains found.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditReply {
    /// Whether every chain holds.
    pub intact: bool,
    /// Tenants with a chain.
    pub tenants: u64,
    /// Entries checked.
    pub entries: u64,
    /// The first break, when there is one.
    pub first_problem: Option<AuditProblem>,
}

/// A break in a chain.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditProblem {
    /// Tenant of the chain.
    pub tenant: String,
    /// Sequence number of the entry.
    pub sequence: u64,
    /// What is wrong with it.
    pub what: String,
}
