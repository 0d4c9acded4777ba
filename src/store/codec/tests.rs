//! Properties of the key and row bytes. Opens no store.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::clock::UnixMs;
use crate::store::tables::{
    Actor, AnswerRow, AuditHeadRow, AuditRow, ChartRow, IdempotencyRow, MetaRow, Revocation, Role, SealedRow,
    SessionRow, TenantRow, Unit, UserRow,
};

/// Texts in which the escaped byte and its neighbours are common.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        vec(prop_oneof![Just('\0'), Just('\u{1}'), Just('a'), Just('\u{ff}'), any::<char>()], 0..12)
            .prop_map(String::from_iter),
        any::<String>(),
    ]
}

fn check_pair<K: Key + Ord + std::fmt::Debug>(a: &K, b: &K) -> Result<(), TestCaseError> {
    let (x, y) = (key_to_bytes(a), key_to_bytes(b));
    prop_assert_eq!(x.cmp(&y), a.cmp(b), "bytes sort as values do");
    prop_assert!(a == b || !x.starts_with(&y) && !y.starts_with(&x), "no key starts another");
    prop_assert_eq!(&key_from_bytes::<K>(&x), &Ok(K::decode(&mut x.as_slice()).unwrap()));
    prop_assert_eq!(&key_from_bytes::<K>(&x).unwrap(), a);
    Ok(())
}

type Four = (u64, [u8; 3], String, u8);

proptest! {
    #[test]
    fn numbers_sort_as_their_bytes(a: u64, b: u64, c: u32, d: u32, e: u8, f: u8) {
        check_pair(&a, &b)?;
        check_pair(&c, &d)?;
        check_pair(&e, &f)?;
    }

    #[test]
    fn texts_sort_as_their_bytes(a in text(), b in text()) {
        check_pair(&a, &b)?;
        check_pair(&a, &format!("{a}{b}"))?;
    }

    #[test]
    fn ids_sort_as_their_bytes(a: [u8; 16], b: [u8; 16]) {
        check_pair(&TenantId(a), &TenantId(b))?;
        check_pair(&(TenantId(a), UserId(b)), &(TenantId(a), UserId(a)))?;
    }

    #[test]
    fn tuples_sort_by_their_parts(a in (0_u64..3, any::<[u8; 3]>(), text(), any::<u8>()), b in (0_u64..3, any::<[u8; 3]>(), text(), any::<u8>())) {
        check_pair::<Four>(&a, &b)?;
        check_pair(&(a.2.clone(), a.0), &(b.2.clone(), b.0))?;
        check_pair(&(a.2.clone(), b.2.clone(), a.3), &(b.2, a.2, b.3))?;
    }

    #[test]
    fn first_parts_of_a_tuple_are_a_prefix(a in text(), b in text(), c: u64, d: [u8; 32]) {
        let whole = key_to_bytes(&(a.clone(), b.clone(), c, d));
        prop_assert!(whole.starts_with(&key_to_bytes(&a)));
        prop_assert!(whole.starts_with(&key_to_bytes(&(a.clone(), b.clone()))));
        prop_assert!(whole.starts_with(&key_to_bytes(&(a, b, c))));
    }

    #[test]
    fn other_first_parts_are_no_prefix(a in text(), b in text(), c in text()) {
        prop_assume!(a != c);
        prop_assert!(!key_to_bytes(&(a, b)).starts_with(&key_to_bytes(&c)));
    }

    #[test]
    fn arbitrary_bytes_never_panic_as_keys(bytes in vec(prop_oneof![Just(0_u8), Just(255), any::<u8>()], 0..96)) {
        let _ = key_from_bytes::<u8>(&bytes);
        let _ = key_from_bytes::<u32>(&bytes);
        let _ = key_from_bytes::<[u8; 32]>(&bytes);
        let _ = key_from_bytes::<(TenantId, UserId, [u8; 32])>(&bytes);
        let _ = key_from_bytes::<Four>(&bytes);
        if let Ok(text) = key_from_bytes::<String>(&bytes) {
            prop_assert_eq!(key_to_bytes(&text), bytes, "one text has one spelling");
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_as_rows(bytes in vec(prop_oneof![Just(1_u8), Just(251), Just(252), Just(253), any::<u8>()], 0..256)) {
        let _ = row_from_bytes::<Unit>(&bytes);
        let _ = row_from_bytes::<MetaRow>(&bytes);
        let _ = row_from_bytes::<TenantRow>(&bytes);
        let _ = row_from_bytes::<UserRow>(&bytes);
        let _ = row_from_bytes::<SessionRow>(&bytes);
        let _ = row_from_bytes::<ChartRow>(&bytes);
        let _ = row_from_bytes::<AnswerRow>(&bytes);
        let _ = row_from_bytes::<IdempotencyRow>(&bytes);
        let _ = row_from_bytes::<AuditRow>(&bytes);
        let _ = row_from_bytes::<AuditHeadRow>(&bytes);
        let _ = row_from_bytes::<SealedRow>(&bytes);
        let _ = row_from_bytes::<TenantId>(&bytes);
    }

    #[test]
    fn rows_round_trip(number: u64, words: String, sealed: Vec<u8>, random: [u8; 16], hash: [u8; 32], switch: bool) {
        round_trip(&MetaRow::Text(words.clone()))?;
        round_trip(&MetaRow::Number(number))?;
        round_trip(&SealedRow { sealed: sealed.clone() })?;
        round_trip(&UserId(random))?;
        let role = if switch { Role::Support } else { Role::EnterpriseAdmin };
        round_trip(&UserRow { role, email: sealed.clone(), password: words.clone(), password_set_at: UnixMs(number), created_at: UnixMs(0) })?;
        round_trip(&SessionRow {
            refresh: TokenId(random),
            device: switch.then_some(sealed),
            created_at: UnixMs(number),
            renewed_at: UnixMs(1),
            expires_at: UnixMs(u64::MAX),
            ended: switch.then_some((UnixMs(number), Revocation::RefreshReuse)),
        })?;
        round_trip(&AuditRow {
            id: AuditId(random),
            at: UnixMs(number),
            actor: Actor::User(UserId(random), role),
            action: words.clone(),
            target_kind: words.clone(),
            target: String::new(),
            succeeded: switch,
            request_id: words.clone(),
            details: [(words.clone(), words)].into(),
            previous: hash,
            hash,
        })?;
    }

    #[test]
    fn cut_or_lengthened_rows_are_refused(words: String, at: u64) {
        let row = TenantRow {
            slug: words.clone(),
            display_name: words,
            zone: String::from("Europe/Rome"),
            registration_open: true,
            suspended_at: None,
            created_at: UnixMs(at),
        };
        let mut bytes = row_to_bytes(&row).unwrap();
        for end in 0..bytes.len() {
            prop_assert!(row_from_bytes::<TenantRow>(&bytes[..end]).is_err());
        }
        bytes.push(0);
        prop_assert_eq!(row_from_bytes::<TenantRow>(&bytes), Err(CodecError::Trailing(1)));
    }
}

fn round_trip<V: Row + PartialEq + std::fmt::Debug>(row: &V) -> Result<(), TestCaseError> {
    let bytes = row_to_bytes(row).unwrap();
    prop_assert_eq!(bytes.first(), Some(&V::VERSION));
    prop_assert_eq!(&row_from_bytes::<V>(&bytes).unwrap(), row);
    Ok(())
}

#[test]
fn key_bytes_are_as_documented() {
    assert_eq!(key_to_bytes(&0x0102_0304_u32), [1, 2, 3, 4]);
    assert_eq!(key_to_bytes(&1_u64), [0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(key_to_bytes(&String::from("a\0b")), [b'a', 0, 0xff, b'b', 0, 0]);
    assert_eq!(key_to_bytes(&(String::new(), 7_u8)), [0, 0, 7]);
    assert_eq!(key_from_bytes::<String>(&[b'a', 0, 1]), Err(CodecError::BadText));
    assert_eq!(key_from_bytes::<String>(b"a"), Err(CodecError::Truncated));
    assert_eq!(key_from_bytes::<u8>(&[1, 2, 3]), Err(CodecError::Trailing(2)));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct First {
    name: String,
}
impl Row for First {
    const VERSION: u8 = 1;
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Second {
    name: String,
    visits: u32,
}
impl Row for Second {
    const VERSION: u8 = 2;
    fn upgrade(version: u8, bytes: &[u8]) -> Result<Self, CodecError> {
        match version {
            1 => from_bytes::<First>(bytes).map(|first| Self { name: first.name, visits: 0 }),
            found => Err(CodecError::UnknownVersion { found, known: 2 }),
        }
    }
}

#[test]
fn rows_of_an_earlier_version_are_upgraded_and_later_ones_refused() {
    let old = row_to_bytes(&First { name: String::from("Ada") }).unwrap();
    let new = row_to_bytes(&Second { name: String::from("Ada"), visits: 3 }).unwrap();
    assert_eq!(row_from_bytes::<Second>(&old), Ok(Second { name: String::from("Ada"), visits: 0 }));
    assert_eq!(row_from_bytes::<First>(&new), Err(CodecError::UnknownVersion { found: 2, known: 1 }));
    assert_eq!(row_from_bytes::<First>(&[]), Err(CodecError::Truncated));
}

#[test]
fn a_row_beyond_the_bound_is_refused() {
    let row = SealedRow { sealed: vec![0; VALUE_MAX_BYTES] };
    assert_eq!(row_to_bytes(&row), Err(CodecError::TooLarge));
    // A length of 2^40 in front of nothing must not reserve that much.
    let bytes = [1, 253, 0, 0, 0, 0, 0, 1, 0, 0];
    assert!(row_from_bytes::<SealedRow>(&bytes).is_err());
}

proptest! {
    /// Sealed bytes are written in one piece, and rows of before, written byte by byte, must still be read.
    #[test]
    fn sealed_bytes_are_written_as_a_list_of_bytes_was(sealed in vec(any::<u8>(), 0..600)) {
        let row = SealedRow { sealed: sealed.clone() };
        prop_assert_eq!(to_bytes(&row).unwrap(), to_bytes(&(sealed,)).unwrap());
    }
}
