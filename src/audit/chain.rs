//! P: The arithmetic of the chain: what an entry hashes to, what a head is signed over, what a whole chain must be.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ids::TenantId;
use crate::store::tables::{Actor, AuditHeadRow, AuditRow};

/// Hash that the first entry names as its predecessor.
pub const GENESIS: [u8; 32] = [0; 32];

/// Feeds a hash with parts that cannot run into each other: each text behind its length (u64, big-endian).
struct Canonical(Sha256);

impl Canonical {
    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn actor(&mut self, actor: &Actor) {
        match actor {
            Actor::Anonymous => self.text("anonymous"),
            Actor::Console => self.text("console"),
            Actor::System => self.text("system"),
            Actor::User(user, role) => {
                self.text("user");
                self.0.update(user.0);
                self.text(role.as_str());
            }
            Actor::Key(user, role, key) => {
                self.text("key");
                self.0.update(user.0);
                self.text(role.as_str());
                self.0.update(key.0);
            }
        }
    }
}

/// SHA-256 over every field of the entry save its own hash, with the chain and the place it stands in.
pub fn entry_hash(tenant: TenantId, sequence: u64, row: &AuditRow) -> [u8; 32] {
    let mut hash = Canonical(Sha256::new());
    hash.text("orrery audit entry v1");
    hash.0.update(tenant.0);
    hash.number(sequence);
    hash.0.update(row.previous);
    hash.0.update(row.id.0);
    hash.number(row.at.0);
    hash.actor(&row.actor);
    for text in [&row.action, &row.target_kind, &row.target] {
        hash.text(text);
    }
    hash.0.update([u8::from(row.succeeded)]);
    hash.text(&row.request_id);
    hash.number(row.details.len() as u64);
    for (key, value) in &row.details {
        hash.text(key);
        hash.text(value);
    }
    hash.0.finalize().into()
}

/// Keyed hash over the head of a tenant's chain.
pub fn head_mac(key: &[u8; 32], tenant: TenantId, sequence: u64, hash: &[u8; 32]) -> [u8; 32] {
    // RFC 2104 pads a short key with zeros to the block, so the padded block is the same key and cannot be refused.
    let mut block = [0_u8; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    zeroize::Zeroize::zeroize(&mut block);
    mac.update(b"orrery audit head v1");
    mac.update(&tenant.0);
    mac.update(&sequence.to_be_bytes());
    mac.update(hash);
    mac.finalize().into_bytes().into()
}

/// Whether the head is one that this appliance signed for this tenant.
pub fn head_is_ours(key: &[u8; 32], tenant: TenantId, head: &AuditHeadRow) -> bool {
    head_mac(key, tenant, head.sequence, &head.hash).ct_eq(&head.mac).into()
}

/// One chain being read from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainCheck {
    tenant: TenantId,
    sequence: u64,
    hash: [u8; 32],
}

/// What is wrong with a chain, and at which entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Sequence number at which it shows.
    pub sequence: u64,
    /// In words.
    pub what: &'static str,
}

impl ChainCheck {
    /// Nothing read yet.
    pub const fn start(tenant: TenantId) -> Self {
        Self { tenant, sequence: 0, hash: GENESIS }
    }

    /// What to say when an entry of the next page is no entry at all.
    pub const fn unreadable(&self) -> Fault {
        Fault { sequence: self.sequence + 1, what: "this entry, or one soon after it, cannot be read" }
    }

    /// Reads the next entry.
    pub fn step(&mut self, sequence: u64, row: &AuditRow) -> Result<(), Fault> {
        let expected = self.sequence + 1;
        if sequence != expected {
            return Err(Fault { sequence: expected, what: "an entry is missing" });
        }
        if row.previous != self.hash {
            return Err(Fault { sequence, what: "the entry does not follow from the one before it" });
        }
        if entry_hash(self.tenant, sequence, row) != row.hash {
            return Err(Fault { sequence, what: "the entry was altered" });
        }
        self.sequence = sequence;
        self.hash = row.hash;
        Ok(())
    }

    /// Compares the end of the chain with its head.
    pub fn finish(&self, key: &[u8; 32], head: Option<&AuditHeadRow>) -> Result<(), Fault> {
        let fault = |sequence, what| Err(Fault { sequence, what });
        let Some(head) = head else {
            return fault(self.sequence, "the chain has lost its head");
        };
        if !head_is_ours(key, self.tenant, head) {
            return fault(head.sequence, "the head was altered");
        }
        match head.sequence.cmp(&self.sequence) {
            std::cmp::Ordering::Greater => fault(self.sequence + 1, "the end of the chain was cut"),
            std::cmp::Ordering::Less => fault(head.sequence + 1, "entries were added behind the head"),
            std::cmp::Ordering::Equal if head.hash != self.hash => fault(head.sequence, "the last entry was replaced"),
            std::cmp::Ordering::Equal => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::clock::UnixMs;
    use crate::ids::{ApiKeyId, AuditId, UserId};
    use crate::store::tables::Role;

    const KEY: [u8; 32] = [9; 32];
    const TENANT: TenantId = TenantId([1; 16]);

    fn entry() -> impl Strategy<Value = AuditRow> {
        let actor = prop_oneof![
            Just(Actor::Anonymous),
            Just(Actor::Console),
            Just(Actor::System),
            any::<[u8; 16]>().prop_map(|id| Actor::User(UserId(id), Role::User)),
            any::<[u8; 16]>().prop_map(|id| Actor::User(UserId(id), Role::Ops)),
            any::<[u8; 16]>().prop_map(|id| Actor::Key(UserId(id), Role::User, ApiKeyId(id))),
        ];
        let details = prop::collection::btree_map("[a-c]{0,2}", "[a-c]{0,2}", 0..3);
        (
            any::<[u8; 16]>(),
            any::<u64>(),
            actor,
            ["[ab]{0,2}", "[ab]{0,2}", "[ab]{0,2}", "[ab]{0,2}"],
            any::<bool>(),
            details,
        )
            .prop_map(|(id, at, actor, [action, target_kind, target, request_id], succeeded, details)| {
                AuditRow {
                    id: AuditId(id),
                    at: UnixMs(at),
                    actor,
                    action,
                    target_kind,
                    target,
                    succeeded,
                    request_id,
                    details,
                    previous: GENESIS,
                    hash: GENESIS,
                }
            })
    }

    type Chain = (Vec<(u64, AuditRow)>, Option<AuditHeadRow>);

    fn linked(rows: Vec<AuditRow>) -> Chain {
        let mut previous = GENESIS;
        let mut chain = Vec::new();
        for (index, mut row) in rows.into_iter().enumerate() {
            let sequence = index as u64 + 1;
            row.previous = previous;
            row.hash = entry_hash(TENANT, sequence, &row);
            previous = row.hash;
            chain.push((sequence, row));
        }
        let sequence = chain.len() as u64;
        let head = AuditHeadRow { sequence, hash: previous, mac: head_mac(&KEY, TENANT, sequence, &previous) };
        (chain, Some(head))
    }

    fn check((entries, head): &Chain) -> Result<(), Fault> {
        let mut check = ChainCheck::start(TENANT);
        entries.iter().try_for_each(|(sequence, row)| check.step(*sequence, row))?;
        check.finish(&KEY, head.as_ref())
    }

    /// What somebody without the key could do to the file.
    #[derive(Clone, Debug)]
    enum Mutation {
        Delete(usize),
        Insert(usize, Box<AuditRow>),
        Swap(usize, usize),
        Truncate(usize),
        TruncateWithHead(usize),
        Edit(usize, Box<AuditRow>),
        EditAndRehash(usize, Box<AuditRow>),
        RelinkAll(usize, Box<AuditRow>),
        DropHead,
        Renumber(usize, u64),
    }

    fn mutation() -> impl Strategy<Value = Mutation> {
        let at = 0..8_usize;
        let row = || entry().prop_map(Box::new);
        prop_oneof![
            at.clone().prop_map(Mutation::Delete),
            (at.clone(), row()).prop_map(|(i, r)| Mutation::Insert(i, r)),
            (at.clone(), at.clone()).prop_map(|(i, j)| Mutation::Swap(i, j)),
            at.clone().prop_map(Mutation::Truncate),
            at.clone().prop_map(Mutation::TruncateWithHead),
            (at.clone(), row()).prop_map(|(i, r)| Mutation::Edit(i, r)),
            (at.clone(), row()).prop_map(|(i, r)| Mutation::EditAndRehash(i, r)),
            (at.clone(), row()).prop_map(|(i, r)| Mutation::RelinkAll(i, r)),
            Just(Mutation::DropHead),
            (at, any::<u64>()).prop_map(|(i, n)| Mutation::Renumber(i, n)),
        ]
    }

    fn renumbered(entries: &mut [(u64, AuditRow)]) {
        for (index, entry) in entries.iter_mut().enumerate() {
            entry.0 = index as u64 + 1;
        }
    }

    fn mutate(chain: &Chain, mutation: Mutation) -> Chain {
        let (mut entries, mut head) = chain.clone();
        let n = entries.len();
        match mutation {
            Mutation::Delete(i) => {
                entries.remove(i % n);
                renumbered(&mut entries);
            }
            Mutation::Insert(i, row) => {
                entries.insert(i % (n + 1), (0, *row));
                renumbered(&mut entries);
            }
            Mutation::Swap(i, j) => {
                entries.swap(i % n, j % n);
                renumbered(&mut entries);
            }
            Mutation::Truncate(i) => entries.truncate(i % n),
            Mutation::TruncateWithHead(i) => {
                entries.truncate(i % n);
                let last = entries.last().map_or(GENESIS, |(_, row)| row.hash);
                head = head.map(|h| AuditHeadRow { sequence: entries.len() as u64, hash: last, ..h });
            }
            Mutation::Edit(i, row) => {
                let (_, old) = &mut entries[i % n];
                *old = AuditRow { previous: old.previous, hash: old.hash, ..*row };
            }
            Mutation::EditAndRehash(i, row) => {
                let (sequence, old) = &mut entries[i % n];
                *old = AuditRow { previous: old.previous, ..*row };
                old.hash = entry_hash(TENANT, *sequence, old);
            }
            Mutation::RelinkAll(i, row) => {
                let mut rows: Vec<_> = entries.into_iter().map(|(_, row)| row).collect();
                rows[i % n] = *row;
                let (relinked, new_head) = linked(rows);
                entries = relinked;
                // Whoever lacks the key must keep the old signature.
                head = new_head.zip(head).map(|(new, old)| AuditHeadRow { mac: old.mac, ..new });
            }
            Mutation::DropHead => head = None,
            Mutation::Renumber(i, number) => entries[i % n].0 = number,
        }
        (entries, head)
    }

    proptest! {
        #[test]
        fn any_change_to_a_chain_shows(
            rows in prop::collection::vec(entry(), 1..8), mutations in prop::collection::vec(mutation(), 1..4),
        ) {
            let sound = linked(rows);
            prop_assert_eq!(check(&sound), Ok(()));
            let mut changed = sound.clone();
            for mutation in mutations {
                if changed.0.is_empty() { break; }
                changed = mutate(&changed, mutation);
            }
            prop_assert_eq!(check(&changed).is_ok(), changed == sound);
        }

        #[test]
        fn two_entries_hash_alike_only_when_they_are_equal(a in entry(), b in entry()) {
            prop_assert_eq!(entry_hash(TENANT, 1, &a) == entry_hash(TENANT, 1, &b), a == b);
        }
    }

    #[test]
    fn the_encoding_is_the_documented_one() {
        let row = AuditRow {
            id: AuditId([2; 16]),
            at: UnixMs(3),
            actor: Actor::User(UserId([4; 16]), Role::Ops),
            action: "act".into(),
            target_kind: String::new(),
            target: "t".into(),
            succeeded: true,
            request_id: "r".into(),
            details: BTreeMap::from([("k".into(), "v".into())]),
            previous: [5; 32],
            hash: [6; 32],
        };
        let mut bytes = Vec::new();
        let text = |bytes: &mut Vec<u8>, s: &str| {
            bytes.extend((s.len() as u64).to_be_bytes());
            bytes.extend(s.bytes());
        };
        text(&mut bytes, "orrery audit entry v1");
        bytes.extend([1; 16]);
        bytes.extend(7_u64.to_be_bytes());
        bytes.extend([5; 32]);
        bytes.extend([2; 16]);
        bytes.extend(3_u64.to_be_bytes());
        text(&mut bytes, "user");
        bytes.extend([4; 16]);
        for s in ["ops", "act", "", "t"] {
            text(&mut bytes, s);
        }
        bytes.push(1);
        text(&mut bytes, "r");
        bytes.extend(1_u64.to_be_bytes());
        text(&mut bytes, "k");
        text(&mut bytes, "v");
        assert_eq!(entry_hash(TENANT, 7, &row), <[u8; 32]>::from(Sha256::digest(&bytes)));
    }

    #[test]
    fn an_entry_does_not_fit_another_chain_or_place() {
        let (chain, head) = linked(vec![AuditRow {
            id: AuditId([0; 16]),
            at: UnixMs(0),
            actor: Actor::System,
            action: String::new(),
            target_kind: String::new(),
            target: String::new(),
            succeeded: true,
            request_id: String::new(),
            details: BTreeMap::new(),
            previous: GENESIS,
            hash: GENESIS,
        }]);
        let mut other = ChainCheck::start(TenantId([2; 16]));
        assert!(other.step(1, &chain[0].1).is_err());
        assert!(!head_is_ours(&KEY, TenantId([2; 16]), &head.unwrap()));
    }
}
