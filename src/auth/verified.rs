//! P: A bounded memory of tokens whose signature and form were found good. Says nothing of their time, their session or
//! their key's: those are looked at at each use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::tokens::Claims;
use crate::limits::TOKENS_VERIFIED_MAX;

/// SHA-256 of a token: the memory holds nothing that could be shown to anybody.
type Name = [u8; 32];

/// What a good token says, and the name of the key that signed it.
#[derive(Debug)]
pub struct Good {
    /// Name of the key.
    pub kid: String,
    /// What it says.
    pub claims: Claims,
}

/// Two generations: what is used moves to the young one, and when that is full the old one goes.
#[derive(Default)]
pub struct Verified {
    generations: Mutex<[HashMap<Name, Arc<Good>>; 2]>,
}

impl Verified {
    /// Under which a token is remembered.
    pub fn name(token: &str) -> Name {
        Sha256::digest(token.as_bytes()).into()
    }

    /// The token of this name, if it is remembered.
    pub fn get(&self, name: &Name) -> Option<Arc<Good>> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let [young, old] = &mut *generations;
        if let Some(good) = young.get(name) {
            return Some(Arc::clone(good));
        }
        let good = old.remove(name)?;
        put(&mut generations, *name, Arc::clone(&good));
        Some(good)
    }

    /// Remembers a token that was found good.
    pub fn keep(&self, name: Name, good: Good) -> Arc<Good> {
        let good = Arc::new(good);
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        put(&mut generations, name, Arc::clone(&good));
        good
    }
}

fn put([young, old]: &mut [HashMap<Name, Arc<Good>>; 2], name: Name, good: Arc<Good>) {
    if young.len() >= TOKENS_VERIFIED_MAX / 2 {
        *old = std::mem::take(young);
    }
    young.insert(name, good);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::tokens::{Holder, Kind, TokenPolicy};
    use crate::clock::UnixMs;
    use crate::ids::{SessionId, TenantId, TokenId, UserId};
    use crate::store::tables::Role;

    fn good() -> Good {
        let holder =
            Holder { tenant: TenantId([1; 16]), user: UserId([2; 16]), role: Role::User, session: SessionId([3; 16]) };
        let claims = Claims::new(&TokenPolicy::default(), Kind::Access, holder, TokenId([4; 16]), UnixMs(1_000));
        Good { kid: "k1".to_owned(), claims }
    }

    #[test]
    fn it_holds_no_more_than_its_bound_and_keeps_what_is_used() {
        let verified = Verified::default();
        let used = Verified::name("used");
        verified.keep(used, good());
        for n in 0..3 * TOKENS_VERIFIED_MAX {
            verified.keep(Verified::name(&n.to_string()), good());
            assert!(n % 1_000 != 0 || verified.get(&used).is_some(), "the one in use was dropped after {n}");
        }
        let held: usize = verified.generations.lock().unwrap().iter().map(HashMap::len).sum();
        assert!(held <= TOKENS_VERIFIED_MAX, "{held}");
        assert!(verified.get(&Verified::name("0")).is_none());
    }
}
