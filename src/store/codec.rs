//! P: Bytes of keys and rows: order-preserving prefix-free keys, versioned rows. Knows no table and opens nothing.
//!
//! The only file that names the serialisation crate, so that it can be replaced here.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ids::{
    AnswerId, ApiKeyId, AuditId, ChartId, JobId, ReservationId, SessionId, TenantId, TokenId, UserId, WebhookId,
};

/// Largest encoded value, in bytes. A row beyond it is refused on the way in and on the way out.
pub const VALUE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Bytes that are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    Truncated,
    /// Bytes are left over behind the value.
    #[error("{0} bytes are left over behind the value")]
    Trailing(usize),
    /// A text key is not escaped as it should be, or is not UTF-8.
    #[error("a text key is malformed")]
    BadText,
    /// The row was written in a version that this program cannot read.
    #[error("row version {found} is unknown; this program writes version {known}")]
    UnknownVersion {
        /// Version of the bytes.
        found: u8,
        /// Version that this program writes.
        known: u8,
    },
    /// The value is larger than [`VALUE_MAX_BYTES`].
    #[error("the value takes more than {VALUE_MAX_BYTES} bytes")]
    TooLarge,
    /// The value cannot be written or read; the text says why and holds no part of the value.
    #[error("the value does not fit its type: {0}")]
    Malformed(String),
}

/// A typed table: a name, and the types of its keys and rows. Holds no handle.
pub struct Table<K, V> {
    name: &'static str,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Table<K, V> {
    /// The table called `name`; the name carries the version of its layout, e.g. `users_v1`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<K, V> std::fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A key: its bytes sort as its values do, and no key's bytes start another's of the same type, so that a tuple
/// sorts by its parts and the first parts of a tuple are a prefix to scan by.
pub trait Key: Sized {
    /// Appends the bytes of this key.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes one key off the front of `input`.
    ///
    /// # Errors
    /// When the bytes end too early or no key of this type is written like that.
    fn decode(input: &mut &[u8]) -> Result<Self, CodecError>;
}

/// A row: written with the version of its layout in front, and readable in every version that was ever written.
pub trait Row: Serialize + DeserializeOwned {
    /// Version that is written.
    const VERSION: u8;

    /// Reads `bytes` (without the version byte) of an earlier `version`.
    ///
    /// # Errors
    /// When the version is not one that ever was, or the bytes do not fit it.
    fn upgrade(version: u8, bytes: &[u8]) -> Result<Self, CodecError> {
        let _ = bytes;
        Err(CodecError::UnknownVersion { found: version, known: Self::VERSION })
    }
}

/// Bytes of one key.
pub fn key_to_bytes<K: Key>(key: &K) -> Vec<u8> {
    let mut out = Vec::with_capacity(64);
    key.encode(&mut out);
    out
}

/// The key that `bytes` are, all of them.
///
/// # Errors
/// When they are not a key of this type, or more than one.
pub fn key_from_bytes<K: Key>(bytes: &[u8]) -> Result<K, CodecError> {
    let mut rest = bytes;
    let key = K::decode(&mut rest)?;
    if rest.is_empty() { Ok(key) } else { Err(CodecError::Trailing(rest.len())) }
}

/// Version byte and bytes of one row.
///
/// # Errors
/// When the row is larger than [`VALUE_MAX_BYTES`].
pub fn row_to_bytes<V: Row>(row: &V) -> Result<Vec<u8>, CodecError> {
    let body = to_bytes(row)?;
    let mut out = Vec::with_capacity(body.len() + 1);
    out.push(V::VERSION);
    out.extend_from_slice(&body);
    Ok(out)
}

/// The row that `bytes` are, upgraded when they are of an earlier version.
///
/// # Errors
/// When the version is unknown or the bytes do not fit it.
pub fn row_from_bytes<V: Row>(bytes: &[u8]) -> Result<V, CodecError> {
    let (version, body) = bytes.split_first().ok_or(CodecError::Truncated)?;
    if *version == V::VERSION { from_bytes(body) } else { V::upgrade(*version, body) }
}

type Config = bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    bincode::config::Limit<VALUE_MAX_BYTES>,
>;

const CONFIG: Config = bincode::config::standard().with_limit::<VALUE_MAX_BYTES>();

/// Compact bytes of any value, without a version.
///
/// # Errors
/// When it takes more than [`VALUE_MAX_BYTES`], or its type asks for a self-describing format.
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
    let bytes =
        bincode::serde::encode_to_vec(value, CONFIG).map_err(|cause| CodecError::Malformed(cause.to_string()))?;
    if bytes.len() > VALUE_MAX_BYTES { Err(CodecError::TooLarge) } else { Ok(bytes) }
}

/// The value at the front of `bytes`, whatever comes behind it.
///
/// # Errors
/// When they do not start with such a value.
pub fn prefix_from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    decoded(bytes).map(|(value, _)| value)
}

/// The value that `bytes` are, all of them.
///
/// # Errors
/// When they are not such a value, or more than one.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let (value, used) = decoded(bytes)?;
    let left = bytes.len().saturating_sub(used);
    if left == 0 { Ok(value) } else { Err(CodecError::Trailing(left)) }
}

/// The value at the front of `bytes`, and how many of them it takes.
fn decoded<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, usize), CodecError> {
    use bincode::error::DecodeError;
    bincode::serde::decode_from_slice(bytes, CONFIG).map_err(|cause| match cause {
        DecodeError::UnexpectedEnd { .. } => CodecError::Truncated,
        DecodeError::LimitExceeded => CodecError::TooLarge,
        // Its text may quote the value, and the value may be personal: say the kind alone.
        DecodeError::OtherString(_) | DecodeError::Other(_) | DecodeError::Serde(_) => {
            CodecError::Malformed(String::from("not what the type asks for"))
        }
        DecodeError::Utf8 { .. } => CodecError::Malformed(String::from("a text is not UTF-8")),
        _ => CodecError::Malformed(String::from("not the bytes of this type")),
    })
}

fn take<const N: usize>(input: &mut &[u8]) -> Result<[u8; N], CodecError> {
    let (head, rest) = input.split_first_chunk::<N>().ok_or(CodecError::Truncated)?;
    *input = rest;
    Ok(*head)
}

macro_rules! integer_keys {
    ($($int:ty),*) => {$(
        impl Key for $int {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
            fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
                take(input).map(Self::from_be_bytes)
            }
        }
    )*};
}
integer_keys!(u8, u32, u64);

impl<const N: usize> Key for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        take(input)
    }
}

/// Byte that ends a text, after a zero; it sorts before [`ESCAPED_ZERO`].
const END: u8 = 0x00;
/// Byte that says, after a zero, that the text holds that zero.
const ESCAPED_ZERO: u8 = 0xff;

/// Zero bytes become `00 ff`, and `00 00` ends the text: a text that starts another sorts before it.
impl Key for String {
    fn encode(&self, out: &mut Vec<u8>) {
        for byte in self.bytes() {
            out.push(byte);
            if byte == 0 {
                out.push(ESCAPED_ZERO);
            }
        }
        out.extend_from_slice(&[0, END]);
    }

    fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
        let mut text = Vec::new();
        loop {
            let [byte] = take(input)?;
            if byte != 0 {
                text.push(byte);
                continue;
            }
            match take(input)? {
                [END] => break,
                [ESCAPED_ZERO] => text.push(0),
                _ => return Err(CodecError::BadText),
            }
        }
        Self::from_utf8(text).map_err(|_| CodecError::BadText)
    }
}

macro_rules! id_keys {
    ($($id:ident),* $(,)?) => {$(
        impl Key for $id {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0);
            }
            fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
                take(input).map(Self)
            }
        }
    )*};
}
id_keys!(TenantId, UserId, SessionId, TokenId, ChartId, AnswerId, AuditId, ApiKeyId, ReservationId, JobId, WebhookId,);

macro_rules! tuple_keys {
    ($($part:ident $index:tt),*) => {
        impl<$($part: Key),*> Key for ($($part,)*) {
            fn encode(&self, out: &mut Vec<u8>) {
                $(self.$index.encode(out);)*
            }
            fn decode(input: &mut &[u8]) -> Result<Self, CodecError> {
                Ok(($($part::decode(input)?,)*))
            }
        }
    };
}
tuple_keys!(A 0, B 1);
tuple_keys!(A 0, B 1, C 2);
tuple_keys!(A 0, B 1, C 2, D 3);

#[cfg(test)]
mod tests;
