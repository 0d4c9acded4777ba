//! P: Every durable table, typed, with its version in its name, and every row it holds. Opens nothing.
//!
//! Keys start with the tenant, so that a scan cannot leave it; parts are big-endian, so that order is byte order.
//! Personal fields hold bytes that the vault sealed; the store never sees them in clear.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Gives rows their first version.
macro_rules! rows {
    ($($row:ty),* $(,)?) => { $(impl Row for $row { const VERSION: u8 = 1; })* };
}

pub mod jobs;
pub mod ledger;
pub mod limits;
pub mod models;
pub mod worker;

use super::codec::{Row, Table};
use crate::clock::UnixMs;
use crate::ids::{AnswerId, ApiKeyId, AuditId, ChartId, SessionId, TenantId, TokenId, UserId};

/// Facts about the store itself, by name (schema version, serving index generation).
pub const META: Table<String, MetaRow> = Table::new("meta_v1");
/// Tenants.
pub const TENANTS: Table<TenantId, TenantRow> = Table::new("tenants_v1");
/// Tenant by slug.
pub const TENANT_BY_SLUG: Table<String, TenantId> = Table::new("tenant_by_slug_v1");
/// Users of a tenant.
pub const USERS: Table<(TenantId, UserId), UserRow> = Table::new("users_v1");
/// User by keyed hash of the normalised e-mail address.
pub const USER_BY_EMAIL: Table<(TenantId, [u8; 32]), UserId> = Table::new("user_by_email_v1");
/// Login sessions (devices).
pub const SESSIONS: Table<(TenantId, UserId, SessionId), SessionRow> = Table::new("sessions_v1");
/// Natal charts.
pub const CHARTS: Table<(TenantId, UserId, ChartId), ChartRow> = Table::new("charts_v1");
/// How many charts a user keeps.
pub const CHART_COUNTS: Table<(TenantId, UserId), CountRow> = Table::new("chart_counts_v1");
/// Answered questions, by the chart they are about.
pub const ANSWERS: Table<(TenantId, UserId, ChartId, AnswerId), AnswerRow> = Table::new("answers_v1");
/// How many answers are kept of a chart.
pub const ANSWER_COUNTS: Table<(TenantId, UserId, ChartId), CountRow> = Table::new("answer_counts_v1");
/// Responses kept for replay, by principal and hash of the key.
pub const IDEMPOTENCY: Table<(TenantId, UserId, [u8; 32]), IdempotencyRow> = Table::new("idempotency_v1");
/// The same by expiry (milliseconds since the epoch), for the cleaner.
pub const IDEMPOTENCY_EXPIRY: Table<(u64, TenantId, UserId, [u8; 32]), Unit> = Table::new("idempotency_expiry_v1");
/// The audit chain of each tenant, by sequence number from 1.
pub const AUDIT: Table<(TenantId, u64), AuditRow> = Table::new("audit_v1");
/// Last entry of each tenant's audit chain.
pub const AUDIT_HEADS: Table<TenantId, AuditHeadRow> = Table::new("audit_heads_v1");
/// Rulesets that operators made, by name and version such as `mine-1.0.0`. They are the appliance's, not a tenant's.
pub const RULESETS: Table<String, RulesetRow> = Table::new("rulesets_v1");

/// Wrapped data key of each user. Lives in the key ring file.
pub const USER_KEYS: Table<(TenantId, UserId), SealedRow> = Table::new("user_keys_v1");
/// Named secrets of the appliance, sealed under the master key. Lives in the key ring file.
pub const SECRETS: Table<String, SealedRow> = Table::new("secrets_v1");

/// Tables of `store.redb`, by name.
pub const STORE_TABLES: &[&str] = &[
    META.name(),
    TENANTS.name(),
    TENANT_BY_SLUG.name(),
    USERS.name(),
    USER_BY_EMAIL.name(),
    SESSIONS.name(),
    CHARTS.name(),
    CHART_COUNTS.name(),
    ANSWERS.name(),
    ANSWER_COUNTS.name(),
    IDEMPOTENCY.name(),
    IDEMPOTENCY_EXPIRY.name(),
    AUDIT.name(),
    AUDIT_HEADS.name(),
    RULESETS.name(),
    jobs::JOBS.name(),
    jobs::JOB_READY.name(),
    jobs::JOB_SCHEDULE.name(),
    jobs::JOB_FLOWS.name(),
    jobs::JOB_TURNS.name(),
    jobs::JOB_QUEUES.name(),
    jobs::JOB_SHARES.name(),
    jobs::JOB_LEASES.name(),
    jobs::JOB_UNIQUE.name(),
    jobs::JOB_PARKED.name(),
    jobs::JOB_EXPIRY.name(),
    jobs::JOB_RESULTS.name(),
    jobs::JOB_CRON.name(),
    worker::WEBHOOKS.name(),
    worker::ACTIVITY_DAYS.name(),
    worker::ACTIVITY_MARKS.name(),
    ledger::LIMITS.name(),
    ledger::ACCOUNTS.name(),
    ledger::PAST_ACCOUNTS.name(),
    ledger::RESERVATIONS.name(),
    ledger::ENTRIES.name(),
    ledger::HEADS.name(),
    ledger::OPENINGS.name(),
    ledger::EVENTS.name(),
    limits::API_KEYS.name(),
    limits::API_KEY_BY_HASH.name(),
    limits::API_KEY_USES.name(),
    limits::RATES.name(),
    limits::PLANS.name(),
    limits::PLAN_OF_TENANT.name(),
    limits::PLAN_OF_USER.name(),
    limits::QUOTA_OF_TENANT.name(),
    limits::QUOTA_OF_USER.name(),
    models::MODELS.name(),
];
/// Tables of `keys.redb`, by name.
pub const KEYS_TABLES: &[&str] = &[META.name(), USER_KEYS.name(), SECRETS.name()];

/// A row that says only that its key is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit;

/// One fact about the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MetaRow {
    /// A number, such as the schema version.
    Number(u64),
    /// A text, such as the serving index generation.
    Text(String),
}

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantRow {
    /// Name in URLs and logins: `[a-z0-9_-]{1,64}`.
    pub slug: String,
    /// Name shown to people.
    pub display_name: String,
    /// IANA time zone of the tenant's day.
    pub zone: String,
    /// Whether people may register themselves.
    pub registration_open: bool,
    /// When it was suspended, if it is.
    pub suspended_at: Option<UnixMs>,
    /// When it was made.
    pub created_at: UnixMs,
}

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A person with charts.
    User,
    /// Helps people of the tenant.
    Support,
    /// Runs the appliance.
    Ops,
    /// Runs a business account.
    EnterpriseAdmin,
}

impl Role {
    /// Stable name, on the wire, in tokens and in the audit chain.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Support => "support",
            Self::Ops => "ops",
            Self::EnterpriseAdmin => "enterprise_admin",
        }
    }

    /// The role of this name.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::User, Self::Support, Self::Ops, Self::EnterpriseAdmin].into_iter().find(|role| role.as_str() == code)
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// Effective role; tokens only repeat it.
    pub role: Role,
    /// Sealed e-mail address.
    pub email: Vec<u8>,
    /// argon2id hash in PHC form.
    pub password: String,
    /// When the password was last set.
    pub password_set_at: UnixMs,
    /// When the user was made.
    pub created_at: UnixMs,
}

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revocation {
    /// The user logged out.
    Logout,
    /// The user ended it from another session.
    Revoked,
    /// A refresh token was presented twice.
    RefreshReuse,
    /// The password was changed.
    PasswordChanged,
    /// Too many sessions; this was the oldest.
    Evicted,
}

/// A login session: one device, one family of refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// The one refresh token that is good now.
    pub refresh: TokenId,
    /// Sealed device name, as the client gave it.
    pub device: Option<Vec<u8>>,
    /// When the session began.
    pub created_at: UnixMs,
    /// When its tokens were last renewed.
    pub renewed_at: UnixMs,
    /// When its refresh token ends.
    pub expires_at: UnixMs,
    /// When and why it was ended, if it was.
    pub ended: Option<(UnixMs, Revocation)>,
}

/// A natal chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartRow {
    /// When it was made.
    pub created_at: UnixMs,
    /// Sealed name, birth data and chart.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

/// A ruleset that an operator made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesetRow {
    /// The document, as JSON text.
    pub document: String,
    /// The ruleset that it was cloned from.
    pub source: String,
    /// When it was made.
    pub created_at: UnixMs,
    /// When the document last changed.
    pub changed_at: UnixMs,
    /// When it was locked, after which nothing of it changes.
    pub locked_at: Option<UnixMs>,
}

/// A count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountRow(pub u64);

/// An answered question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRow {
    /// When it was answered.
    pub created_at: UnixMs,
    /// Provider that answered.
    pub provider: String,
    /// Sealed question and answer.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

/// A response kept for replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRow {
    /// Hash of method, path and body of the first request.
    pub request_hash: [u8; 32],
    /// Status of the stored response.
    pub status: u16,
    /// Sealed body of the stored response.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
    /// When the record ends.
    pub expires_at: UnixMs,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// Somebody who has not proved who they are.
    Anonymous,
    /// A user.
    User(UserId, Role),
    /// The operator, at the command line.
    Console,
    /// The appliance itself.
    System,
    /// A program, with a key that acts as this user.
    Key(UserId, Role, ApiKeyId),
}

impl Actor {
    /// Whether this one runs the appliance.
    pub const fn is_operator(&self) -> bool {
        matches!(self, Self::Console | Self::System | Self::User(_, Role::Ops))
    }
}

/// One entry of the audit log. Holds no personal data: ids, codes and counts alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its identifier.
    pub id: AuditId,
    /// When it was written.
    pub at: UnixMs,
    /// Who did it.
    pub actor: Actor,
    /// What was done, e.g. `chart_create`.
    pub action: String,
    /// Kind of thing it was done to.
    pub target_kind: String,
    /// Which one.
    pub target: String,
    /// Whether it was done.
    pub succeeded: bool,
    /// Request that asked for it.
    pub request_id: String,
    /// Further codes and counts.
    pub details: BTreeMap<String, String>,
    /// Hash of the entry before it; zeros for the first.
    pub previous: [u8; 32],
    /// Hash of this entry, `previous` included.
    pub hash: [u8; 32],
}

/// Last entry of a chain, authenticated so that a cut tail shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditHeadRow {
    /// Sequence number of the last entry.
    pub sequence: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// Keyed hash of the two.
    pub mac: [u8; 32],
}

/// Bytes sealed under the master key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRow {
    /// Nonce, ciphertext and tag.
    #[serde(with = "serde_bytes")]
    pub sealed: Vec<u8>,
}

rows!(
    Unit,
    MetaRow,
    TenantRow,
    UserRow,
    SessionRow,
    ChartRow,
    RulesetRow,
    AnswerRow,
    CountRow,
    IdempotencyRow,
    AuditRow,
    AuditHeadRow,
    SealedRow,
    TenantId,
    UserId,
);
