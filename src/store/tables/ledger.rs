//! P: The tables of the money ledger and their rows. Rows hold ids, codes and counts alone, never personal data.
//!
//! An account has one row with its open day, its open month and its whole life; a day or month that has passed has a
//! row of its own. So a call touches one row of each of its scopes, and the past is the rollup.

use serde::{Deserialize, Serialize};

use crate::clock::UnixMs;
use crate::ids::{ApiKeyId, ReservationId, TenantId, UserId};
use crate::store::codec::{CodecError, Key, Row, Table};
use crate::tokens::{Count, MicroUsd};

/// Limits of a scope.
pub const LIMITS: Table<Scope, LimitsRow> = Table::new("ledger_limits_v1");
/// Balances of a scope: the open day, the open month, and all.
pub const ACCOUNTS: Table<Scope, AccountRow> = Table::new("ledger_accounts_v1");
/// Balances of the days and months that have passed, by scope.
pub const PAST_ACCOUNTS: Table<(Scope, Period), Balance> = Table::new("ledger_past_accounts_v1");
/// Money held for calls that have not ended.
pub const RESERVATIONS: Table<(TenantId, ReservationId), ReservationRow> = Table::new("ledger_reservations_v1");
/// Every posting of a tenant, by sequence number from 1. Never changed.
pub const ENTRIES: Table<(TenantId, u64), EntryRow> = Table::new("ledger_entries_v1");
/// First and last entry of each tenant.
pub const HEADS: Table<TenantId, HeadRow> = Table::new("ledger_heads_v1");
/// What the entries came to that are no longer kept one by one.
pub const OPENINGS: Table<(Scope, Period), Balance> = Table::new("ledger_openings_v1");
/// What was told of a limit, once each.
pub const EVENTS: Table<(Scope, Period, EventKey), EventRow> = Table::new("ledger_events_v1");

/// Whose money: a tenant, or one of its users, keys or models; or a model for everybody, which is the appliance's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The tenant it belongs to.
    pub tenant: TenantId,
    /// Which of its things.
    pub subject: Subject,
}

/// What a scope is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The whole tenant.
    Tenant,
    /// One of its users.
    User(UserId),
    /// One of its API keys.
    Key(ApiKeyId),
    /// A model, as this tenant uses it.
    Model(String),
    /// A model, as everybody uses it; the tenant is the appliance's own.
    ModelEverywhere(String),
}

impl Subject {
    /// Stable name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User(_) => "user",
            Self::Key(_) => "key",
            Self::Model(_) => "model",
            Self::ModelEverywhere(_) => "model_everywhere",
        }
    }

    /// Byte that keys of this kind start with.
    pub const fn tag(&self) -> u8 {
        match self {
            Self::Tenant => 0,
            Self::User(_) => 1,
            Self::Key(_) => 2,
            Self::Model(_) => 3,
            Self::ModelEverywhere(_) => 4,
        }
    }
}

impl Key for Scope {
    fn encode(&self, out: &mut Vec<u8>) {
        self.tenant.encode(out);
        out.push(self.subject.tag());
        match &self.subject {
            Subject::Tenant => {}
            Subject::User(id) => id.encode(out),
            Subject::Key(id) => id.encode(out),
            Subject::Model(name) | Subject::ModelEverywhere(name) => name.encode(out),
        }
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        let tenant = TenantId::decode(input)?;
        let subject = match u8::decode(input)? {
            0 => Subject::Tenant,
            1 => Subject::User(Key::decode(input)?),
            2 => Subject::Key(Key::decode(input)?),
            3 => Subject::Model(Key::decode(input)?),
            4 => Subject::ModelEverywhere(Key::decode(input)?),
            _ => return Err(CodecError::Malformed(String::from("no kind of scope"))),
        };
        Ok(Self { tenant, subject })
    }
}

/// How long a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// A day of UTC.
    Day,
    /// A calendar month of UTC.
    Month,
    /// For ever.
    Total,
}

impl Window {
    /// Every window.
    pub const ALL: [Self; 3] = [Self::Day, Self::Month, Self::Total];

    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Total => "total",
        }
    }

    /// The window of this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.code() == code)
    }
}

/// One day (days since 1970-01-01), one month (months since 1970-01), or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// How long it is.
    pub window: Window,
    /// Which one; 0 for all.
    pub index: u32,
}

impl Key for Period {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(match self.window {
            Window::Day => 0,
            Window::Month => 1,
            Window::Total => 2,
        });
        self.index.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        let window = match u8::decode(input)? {
            0 => Window::Day,
            1 => Window::Month,
            2 => Window::Total,
            _ => return Err(CodecError::Malformed(String::from("no kind of period"))),
        };
        Ok(Self { window, index: Key::decode(input)? })
    }
}

/// What is held and what was spent, with the calls and tokens it was spent on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// Held for calls that have not ended.
    pub reserved: MicroUsd,
    /// Charged.
    pub spent: MicroUsd,
    /// What calls cost beyond what was held for them: the operator's loss, charged to nobody.
    pub overrun: MicroUsd,
    /// Calls that ended and were charged, those at no price included.
    pub calls: u64,
    /// Tokens of prompts, cached ones included.
    pub input_tokens: u64,
    /// Those of them that the provider had kept.
    pub cached_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
}

/// A balance of one open period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Which day or month.
    pub index: u32,
    /// What stands in it.
    pub balance: Balance,
}

/// The account of a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow {
    /// The last day that anything was posted to.
    pub day: Open,
    /// The last month.
    pub month: Open,
    /// All of it.
    pub total: Balance,
}

/// A limit that the operator set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// How much; nothing means no limit, against whatever the settings say.
    pub limit: MicroUsd,
    /// Whether a request beyond it is refused, and not answered by the built-in composer.
    pub hard: bool,
}

/// What holds for one window of a scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The limit; `None` leaves it to the settings.
    pub cap: Option<Cap>,
    /// Counts changes and resets, so that each may be told of anew.
    pub epoch: u64,
    /// Period of the last reset.
    pub forgiven_in: u32,
    /// What was spent in that period before the reset, and no longer counts against the limit.
    pub forgiven: MicroUsd,
}

/// Limits of a scope, by window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsRow {
    /// Of a day.
    pub day: Standing,
    /// Of a month.
    pub month: Standing,
    /// Of all.
    pub total: Standing,
}

/// Money held for a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservationRow {
    /// Process that holds it.
    pub boot: [u8; 16],
    /// When it was made; its day and month are those it is charged to.
    pub made_at: UnixMs,
    /// Who asks, if a person does.
    pub user: Option<UserId>,
    /// With which key, if with one.
    pub key: Option<ApiKeyId>,
    /// What answers.
    pub model: String,
    /// How much is held.
    pub bound: MicroUsd,
    /// The request it is for.
    pub request_id: String,
}

/// What an entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Money is held.
    Reserve,
    /// The call ended and is charged.
    Settle,
    /// The call was cut and is charged for what it made.
    SettlePartial,
    /// The call came to nothing, and nothing is charged.
    Release,
    /// The process that held the money has ended.
    Recover,
    /// The money was held for longer than any call may last.
    Expire,
    /// A call at no price.
    Free,
}

impl EntryKind {
    /// Its stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Settle => "settle",
            Self::SettlePartial => "settle_partial",
            Self::Release => "release",
            Self::Recover => "recover",
            Self::Expire => "expire",
            Self::Free => "free",
        }
    }
}

/// What moved between the accounts of each scope of the entry, in micro-dollars: what one gains another loses, so the
/// five come to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postings {
    /// What the limit leaves free.
    pub available: i64,
    /// What is held.
    pub reserved: i64,
    /// What was charged.
    pub spent: i64,
    /// What calls cost beyond what was held.
    pub overrun: i64,
    /// Who bears that: the operator.
    pub operator: i64,
}

/// One entry: what moved, for whom, why, and by which prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRow {
    /// When it was written.
    pub at: UnixMs,
    /// When the money was first held: its day and month are those of the entry.
    pub of: UnixMs,
    /// What it tells.
    pub kind: EntryKind,
    /// The reservation; `None` for a call at no price.
    pub reservation: Option<ReservationId>,
    /// Who asks.
    pub user: Option<UserId>,
    /// With which key.
    pub key: Option<ApiKeyId>,
    /// What answers.
    pub model: String,
    /// The request.
    pub request_id: String,
    /// Version of the price table.
    pub prices: String,
    /// Tokens of the prompt, and who counted them.
    pub input: Option<Count>,
    /// Those of them that the provider had kept.
    pub cached_tokens: u64,
    /// Tokens of the answer, and who counted them.
    pub output: Option<Count>,
    /// What moved.
    pub postings: Postings,
}

/// First and last entry that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadRow {
    /// Sequence number of the first one that is kept.
    pub first: u64,
    /// Sequence number of the last one.
    pub last: u64,
}

/// What tells one event of a period from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventKey {
    /// Which state of the limit.
    pub epoch: u64,
    /// The limit itself: one from the settings may change between two starts.
    pub limit: MicroUsd,
    /// 80 or 100, in percent.
    pub level: u8,
}

impl Key for EventKey {
    fn encode(&self, out: &mut Vec<u8>) {
        self.epoch.encode(out);
        self.limit.0.encode(out);
        self.level.encode(out);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        let (epoch, limit) = (u64::decode(input)?, MicroUsd(u64::decode(input)?));
        Ok(Self { epoch, limit, level: u8::decode(input)? })
    }
}

/// A limit came near, or was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    /// When.
    pub at: UnixMs,
    /// What counted as spent then.
    pub spent: MicroUsd,
    /// What was held then.
    pub reserved: MicroUsd,
}

rows!(LimitsRow, AccountRow, Balance, ReservationRow, EntryRow, HeadRow, EventRow);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::codec::{key_from_bytes, key_to_bytes};

    fn scopes() -> impl Strategy<Value = Scope> {
        let subject = prop_oneof![
            Just(Subject::Tenant),
            any::<[u8; 16]>().prop_map(|id| Subject::User(UserId(id))),
            any::<[u8; 16]>().prop_map(|id| Subject::Key(ApiKeyId(id))),
            ".{0,6}".prop_map(Subject::Model),
            ".{0,6}".prop_map(Subject::ModelEverywhere),
        ];
        (any::<[u8; 16]>(), subject).prop_map(|(tenant, subject)| Scope { tenant: TenantId(tenant), subject })
    }

    proptest! {
        #[test]
        fn scopes_sort_as_their_bytes_and_none_starts_another(one in scopes(), other in scopes()) {
            let (a, b) = (key_to_bytes(&one), key_to_bytes(&other));
            prop_assert_eq!(one.cmp(&other), a.cmp(&b));
            prop_assert!(one == other || !b.starts_with(&a));
            prop_assert_eq!(key_from_bytes::<Scope>(&a), Ok(one));
        }
    }

    #[test]
    fn periods_and_events_read_back() {
        for window in Window::ALL {
            let period = Period { window, index: 20_000 };
            assert_eq!(key_from_bytes::<Period>(&key_to_bytes(&period)), Ok(period));
            assert_eq!(Window::from_code(window.code()), Some(window));
        }
        let event = EventKey { epoch: 3, limit: MicroUsd(5), level: 80 };
        assert_eq!(key_from_bytes::<EventKey>(&key_to_bytes(&event)), Ok(event));
    }
}
