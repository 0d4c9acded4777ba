//! P: Tables of what jobs keep beside the queue: webhooks, and what each tenant did each day. Opens nothing.

use serde::{Deserialize, Serialize};

use crate::clock::UnixMs;
use crate::ids::{TenantId, WebhookId};
use crate::store::codec::{Row, Table};

/// Addresses that a tenant's events are sent to.
pub const WEBHOOKS: Table<(TenantId, WebhookId), WebhookRow> = Table::new("webhooks_v1");
/// What a tenant did on a day (days since 1970-01-01, UTC).
pub const ACTIVITY_DAYS: Table<(TenantId, u32), ActivityRow> = Table::new("activity_days_v1");
/// The last entry of each tenant's audit chain that is counted in [`ACTIVITY_DAYS`].
pub const ACTIVITY_MARKS: Table<TenantId, MarkRow> = Table::new("activity_marks_v1");

/// An address that events are sent to. Its secret is derived from the key ring by its identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRow {
    /// The address.
    pub url: String,
    /// Which events; none means all.
    pub events: Vec<String>,
    /// When it was made.
    pub created_at: UnixMs,
}

/// Counts of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRow {
    /// Charts made.
    pub charts: u64,
    /// Charts deleted.
    pub charts_deleted: u64,
    /// Questions answered.
    pub answers: u64,
    /// Logins.
    pub logins: u64,
}

/// A sequence number of an audit chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRow(pub u64);

rows!(WebhookRow, ActivityRow, MarkRow);
