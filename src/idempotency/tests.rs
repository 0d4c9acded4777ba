//! Tests of requests that come under one key at once, over a real store.

use tempfile::TempDir;

use super::*;
use crate::config::MasterKey;
use crate::store::tables::STORE_TABLES;

const OWNER: (TenantId, UserId) = (TenantId([7; 16]), UserId([1; 16]));
const OTHER: (TenantId, UserId) = (TenantId([7; 16]), UserId([2; 16]));

async fn house() -> (TempDir, Idempotency) {
    let dir = tempfile::tempdir().unwrap();
    let ambient = Ambient::system();
    let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
    let vault = Vault::open(&dir.path().join("keys.redb"), &MasterKey::new([5; 32]), ambient.clone()).unwrap();
    vault.create_user_key(OWNER.0, OWNER.1).await.unwrap();
    (dir, Idempotency::new(store, Arc::new(vault), ambient))
}

fn begin(keys: &Idempotency, owner: (TenantId, UserId), body: &[u8]) -> Result<Begun> {
    keys.begin(owner, "key", "POST", "/v1/chat/advise", body)
}

fn now(begun: Result<Begun>) -> Claim {
    match begun.unwrap() {
        Begun::Now(claim) => claim,
        Begun::Before(_) => panic!("nothing was answered yet"),
    }
}

#[tokio::test]
async fn one_request_runs_under_a_key_and_the_next_repeats_it() {
    let (_dir, keys) = house().await;
    let claim = now(begin(&keys, OWNER, b"one"));
    let busy = begin(&keys, OWNER, b"one").unwrap_err();
    assert_eq!((busy.code(), busy.retry_after()), (Code::IdempotencyInFlight, Some(limits::IN_FLIGHT_RETRY_AFTER_S)));
    assert_eq!(begin(&keys, OWNER, b"two").unwrap_err().code(), Code::IdempotencyConflict);
    // Somebody else's key of the same name is another key.
    drop(now(begin(&keys, OTHER, b"two")));
    let record = keys.record(&claim, 200, b"{}").unwrap();
    drop(claim);
    assert!(begin(&keys, OWNER, b"one").is_err(), "its record is on its way");
    keys.store.write(move |tx| record.apply(tx)).await.unwrap();
    let Begun::Before(earlier) = begin(&keys, OWNER, b"one").unwrap() else { panic!("it was answered") };
    assert_eq!((earlier.status, earlier.data.as_slice()), (200, &b"{}"[..]));
    assert_eq!(begin(&keys, OWNER, b"two").unwrap_err().code(), Code::IdempotencyConflict);
    assert!(keys.running.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn one_that_failed_leaves_its_key_free_and_one_that_committed_is_repeated_while_it_lasts() {
    let (_dir, keys) = house().await;
    drop(now(begin(&keys, OWNER, b"one")));
    let claim = now(begin(&keys, OWNER, b"two"));
    let record = keys.record(&claim, 201, b"[]").unwrap();
    keys.store.write(move |tx| record.apply(tx)).await.unwrap();
    assert!(matches!(begin(&keys, OWNER, b"two"), Ok(Begun::Before(_))), "the first has not left yet");
    drop(claim);
    assert!(keys.running.0.lock().unwrap().is_empty());
}
