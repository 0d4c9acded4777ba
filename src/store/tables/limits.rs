//! P: Tables of API keys, rates, plans and quotas, with their rows. Opens nothing.

use serde::{Deserialize, Serialize};

use super::{Actor, Row, Table};
use crate::clock::UnixMs;
use crate::ids::{ApiKeyId, TenantId, UserId};
use crate::store::codec::{CodecError, from_bytes};

/// API keys of a tenant.
pub const API_KEYS: Table<(TenantId, ApiKeyId), ApiKeyRow> = Table::new("api_keys_v1");
/// Whose an API key is, by the keyed hash of its text: what a caller shows names no tenant.
pub const API_KEY_BY_HASH: Table<[u8; 32], ApiKeyPlaceRow> = Table::new("api_key_by_hash_v1");
/// The day (UTC, counted from 1970-01-01) on which a key was last used.
pub const API_KEY_USES: Table<(TenantId, ApiKeyId), DayRow> = Table::new("api_key_uses_v1");
/// Rates of a tenant that differ from the settings.
pub const RATES: Table<TenantId, RatesRow> = Table::new("rates_v1");
/// Versions of plans that operators made, by code and version. They are the appliance's, not a tenant's.
pub const PLANS: Table<(String, u32), PlanRow> = Table::new("plans_v1");
/// Plan of a tenant: the default of its users.
pub const PLAN_OF_TENANT: Table<TenantId, PlanChoiceRow> = Table::new("plan_of_tenant_v1");
/// Plan of a user who has one of their own.
pub const PLAN_OF_USER: Table<(TenantId, UserId), PlanChoiceRow> = Table::new("plan_of_user_v1");
/// What a whole tenant has used of its plan.
pub const QUOTA_OF_TENANT: Table<TenantId, UsedRow> = Table::new("quota_of_tenant_v1");
/// What a user has used of their plan.
pub const QUOTA_OF_USER: Table<(TenantId, UserId), UsedRow> = Table::new("quota_of_user_v1");

/// Tables of this file, in the order in which the schema makes them.
pub const TABLES: &[&str] = &[
    API_KEYS.name(),
    API_KEY_BY_HASH.name(),
    API_KEY_USES.name(),
    RATES.name(),
    PLANS.name(),
    PLAN_OF_TENANT.name(),
    PLAN_OF_USER.name(),
    QUOTA_OF_TENANT.name(),
    QUOTA_OF_USER.name(),
];

/// An API key. Its text is kept nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyRow {
    /// What its maker calls it.
    pub name: String,
    /// The user that it acts as.
    pub user: UserId,
    /// What it may do: one bit a scope.
    pub scopes: u8,
    /// Rate of its own, as it was written.
    pub rate: Option<String>,
    /// First characters of its text, to tell it from others.
    pub hint: String,
    /// Keyed hash of its text.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: UnixMs,
    /// Who made it.
    pub created_by: Actor,
    /// First instant at which it is no longer good.
    pub expires_at: Option<UnixMs>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<UnixMs>,
    /// The key that took its place.
    pub replaced_by: Option<ApiKeyId>,
    /// The first key of its line, when it is a later one. New in version 2.
    pub root: Option<ApiKeyId>,
}

impl Row for ApiKeyRow {
    const VERSION: u8 = 2;

    fn upgrade(version: u8, bytes: &[u8]) -> Result<Self, CodecError> {
        match version {
            // A row is its fields one behind the other, and a zero is the field that is not there.
            1 => from_bytes(&[bytes, &[0]].concat()),
            found => Err(CodecError::UnknownVersion { found, known: Self::VERSION }),
        }
    }
}

/// Where the row of a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyPlaceRow {
    /// Its tenant.
    pub tenant: TenantId,
    /// The key.
    pub key: ApiKeyId,
}

/// A day (UTC, counted from 1970-01-01).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRow(pub u32);

/// Rates by scope, each as it was written; a scope that is not named has the rate of the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RatesRow {
    /// Scope and rate, or `off`.
    pub rates: Vec<(String, String)>,
    /// When they were last set.
    pub changed_at: UnixMs,
}

/// What a version of a plan grants. A bound that is not there is no bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// Name shown to people.
    pub name: String,
    /// Messages that each user may have answered on one day.
    pub user_per_day: Option<u64>,
    /// Messages that the whole tenant may have answered on one day.
    pub tenant_per_day: Option<u64>,
    /// Messages that the whole tenant may have answered in one month.
    pub tenant_per_month: Option<u64>,
    /// When it was made.
    pub created_at: UnixMs,
}

/// A plan that was chosen: the newest version of a code, or one version for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChoiceRow {
    /// Code of the plan.
    pub code: String,
    /// The version, when it does not follow the newest.
    pub version: Option<u32>,
}

/// What was used in the day and the month that it was last used in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedRow {
    /// The day, as year, month and day in one number: 20261123.
    pub day: u32,
    /// Messages on that day.
    pub on_day: u64,
    /// The month, as year and month: 202611.
    pub month: u32,
    /// Messages in that month.
    pub in_month: u64,
}

rows!(ApiKeyPlaceRow, DayRow, RatesRow, PlanRow, PlanChoiceRow, UsedRow);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::codec::{row_from_bytes, row_to_bytes};

    /// A key as version 1 wrote it.
    #[derive(Serialize, Deserialize)]
    struct First {
        name: String,
        user: UserId,
        scopes: u8,
        rate: Option<String>,
        hint: String,
        hash: [u8; 32],
        created_at: UnixMs,
        created_by: Actor,
        expires_at: Option<UnixMs>,
        revoked_at: Option<UnixMs>,
        replaced_by: Option<ApiKeyId>,
    }

    impl Row for First {
        const VERSION: u8 = 1;
    }

    #[test]
    fn a_key_of_the_first_version_is_the_first_of_its_line() {
        for replaced_by in [None, Some(ApiKeyId([3; 16]))] {
            let first = First {
                name: "sync".into(),
                user: UserId([1; 16]),
                scopes: 7,
                rate: Some("5/s".into()),
                hint: "ork_1234".into(),
                hash: [9; 32],
                created_at: UnixMs(1_795_435_200_000),
                created_by: Actor::Console,
                expires_at: Some(UnixMs(1_795_435_200_001)),
                revoked_at: None,
                replaced_by,
            };
            let read: ApiKeyRow = row_from_bytes(&row_to_bytes(&first).unwrap()).unwrap();
            assert_eq!((read.name.as_str(), read.user, read.scopes, read.hash), ("sync", first.user, 7, [9; 32]));
            assert_eq!((read.expires_at, read.replaced_by, read.root), (first.expires_at, replaced_by, None));
            let later = ApiKeyRow { root: Some(ApiKeyId([4; 16])), ..read };
            assert_eq!(row_from_bytes(&row_to_bytes(&later).unwrap()), Ok(later));
        }
        let unknown = CodecError::UnknownVersion { found: 3, known: 2 };
        assert_eq!(row_from_bytes::<ApiKeyRow>(&[3, 0]), Err(unknown));
    }
}
