//! P: Newtyped identifiers: 16 bytes, time-ordered (UUID version 7 layout), shown as `prefix_` and 32 hex digits.
//! Makes none from the clock itself: time and randomness are arguments.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::{Ambient, UnixMs};
use crate::limits::TENANT_SLUG_MAX_BYTES;

/// A text that is not an identifier of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of the form {prefix}_<32 hex digits>")]
pub struct BadId {
    /// Prefix that the kind carries.
    pub prefix: &'static str,
}

/// RFC 9562 §5.7 layout: 48 bits of milliseconds, version, 12 random bits, variant, 62 random bits.
fn v7(at: UnixMs, random: [u8; 10]) -> [u8; 16] {
    uuid::Builder::from_unix_timestamp_millis(at.0, &random).into_uuid().into_bytes()
}

fn parse(prefix: &'static str, text: &str) -> Result<[u8; 16], BadId> {
    let bad = BadId { prefix };
    let hex = text.strip_prefix(prefix).and_then(|t| t.strip_prefix('_')).ok_or(bad)?;
    let is_hex = hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if !is_hex {
        return Err(bad);
    }
    uuid::Uuid::try_parse(hex).map(uuid::Uuid::into_bytes).map_err(|_| bad)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// Text prefix of this kind.
            pub const PREFIX: &'static str = $prefix;

            /// A new identifier, ordered by the present instant.
            pub fn new(ambient: &Ambient) -> Self {
                Self(v7(ambient.now(), ambient.bytes()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), uuid::Uuid::from_bytes(self.0).simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                parse($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                if d.is_human_readable() {
                    String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
                } else {
                    <[u8; 16]>::deserialize(d).map(Self)
                }
            }
        }
    )*};
}

ids! {
    /// A tenant.
    TenantId = "ten";
    /// A user of a tenant.
    UserId = "usr";
    /// A login session (one device): the family of its refresh tokens.
    SessionId = "ses";
    /// One token, as its `jti`.
    TokenId = "tok";
    /// A natal chart.
    ChartId = "cht";
    /// One answered question.
    AnswerId = "ans";
    /// One entry of the audit log.
    AuditId = "aud";
    /// A job of the queue.
    JobId = "job";
    /// An address that a tenant's events are sent to.
    WebhookId = "whk";
    /// A key with which a program calls.
    ApiKeyId = "key";
    /// Money held for one call of a model.
    ReservationId = "rsv";
}

/// Whether `text` has the form of a tenant's slug: `^[a-z0-9][a-z0-9_-]{0,63}$`.
pub fn is_slug(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    let first = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= TENANT_SLUG_MAX_BYTES && text.as_bytes().first().is_some_and(first) && text.bytes().all(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_refuse_other_kinds() {
        let ambient = Ambient::system();
        let id = ChartId::new(&ambient);
        assert_eq!(id.to_string().parse::<ChartId>(), Ok(id));
        assert!(id.to_string().parse::<UserId>().is_err());
        for bad in ["", "cht_", "cht_12", "cht_0192F0000000700080000000000000AA", "../../etc"] {
            assert!(bad.parse::<ChartId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn later_ids_sort_later() {
        let early = v7(UnixMs(1_000), [255; 10]);
        let late = v7(UnixMs(1_001), [0; 10]);
        assert!(early < late);
    }
}
