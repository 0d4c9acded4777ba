//! Tokens, refreshes, revocations, key rotation, suspension.

use super::*;

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

#[tokio::test]
async fn access_ends_after_fifteen_minutes_and_refresh_after_seven_days() {
    let house = House::with_ada().await;
    let login = house.login().await;
    house.clock.advance_ms(ACCESS_TOKEN_S * 1_000 - 1);
    assert_eq!(house.code(&login), None);
    house.clock.advance_ms(1);
    assert_eq!(house.code(&login), Some(Code::TokenExpired));
    house.clock.advance_ms((REFRESH_TOKEN_S - ACCESS_TOKEN_S) * 1_000 - 1);
    let next = house.identity.refresh(&request(), &login.tokens.refresh).await.unwrap();
    assert_eq!((next.session, house.code(&next)), (login.session, None));
    house.clock.advance_ms(REFRESH_TOKEN_S * 1_000);
    assert_eq!(code(house.identity.refresh(&request(), &next.tokens.refresh).await), Some(Code::TokenExpired));
}

#[tokio::test]
async fn the_two_kinds_of_token_do_not_stand_in_for_each_other() {
    let house = House::with_ada().await;
    let tokens = house.login().await.tokens;
    assert_eq!(code(house.identity.authenticate(&tokens.refresh)), Some(Code::InvalidToken));
    assert_eq!(code(house.identity.refresh(&request(), &tokens.access).await), Some(Code::InvalidToken));
}

#[tokio::test]
async fn a_refresh_token_that_comes_again_ends_the_whole_session_and_no_other() {
    let house = House::with_ada().await;
    let (login, elsewhere) = (house.login().await, house.login().await);
    let second = house.identity.refresh(&request(), &login.tokens.refresh).await.unwrap();
    let third = house.identity.refresh(&request(), &second.tokens.refresh).await.unwrap();
    assert_eq!(house.code(&login), None);
    assert_eq!(code(house.identity.refresh(&request(), &login.tokens.refresh).await), Some(Code::InvalidToken));
    for ended in [&login, &second, &third] {
        assert_eq!(house.code(ended), Some(Code::InvalidToken));
    }
    assert_eq!(code(house.identity.refresh(&request(), &third.tokens.refresh).await), Some(Code::InvalidToken));
    assert_eq!(house.code(&elsewhere), None);
    let reuse: Vec<_> = house.told(house.acme()).into_iter().filter(|row| row.action == "auth_refresh_reuse").collect();
    assert_eq!(reuse.len(), 1);
    assert_eq!((reuse[0].succeeded, reuse[0].target.clone()), (false, login.session.to_string()));
    let key = (login.tenant, login.user, login.session);
    let row = house.on.store.read(|view| view.get(&SESSIONS, &key)).unwrap().unwrap();
    assert_eq!(row.ended.map(|(_, why)| why), Some(Revocation::RefreshReuse));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_simultaneous_refreshes_one_wins_and_the_session_ends() {
    let house = House::with_ada().await;
    for round in 0..20 {
        let login = house.login().await;
        let tasks: Vec<_> = (0..2 + round % 3)
            .map(|_| {
                let (identity, token) = (house.identity.clone(), login.tokens.refresh.clone());
                tokio::spawn(async move { identity.refresh(&request(), &token).await })
            })
            .collect();
        let mut won = Vec::new();
        for task in tasks {
            match task.await.unwrap() {
                Ok(next) => won.push(next),
                Err(error) => assert_eq!(error.code(), Code::InvalidToken),
            }
        }
        assert_eq!(won.len(), 1);
        assert_eq!(house.code(&won[0]), Some(Code::InvalidToken));
        assert_eq!(code(house.identity.refresh(&request(), &won[0].tokens.refresh).await), Some(Code::InvalidToken));
    }
    assert_eq!(house.verified().first_problem, None);
}

#[tokio::test]
async fn sessions_are_listed_and_revoked_by_their_owner_alone() {
    let house = House::with_ada().await;
    house.identity.register(&request(), "acme", "bob@example.org", &secret(PASSWORD)).await.unwrap();
    let bob = house.identity.login(&request(), &credentials("acme", "bob@example.org", PASSWORD)).await.unwrap();
    let here = house.login().await;
    house.clock.advance_ms(10);
    let there = house.login().await;
    let (ada, bob_caller) = (house.caller(&here), house.caller(&bob));
    let listed = house.identity.list_sessions(&ada).unwrap();
    assert_eq!(
        listed.iter().map(|s| (s.id, s.current)).collect::<Vec<_>>(),
        [(here.session, true), (there.session, false)]
    );
    assert_eq!(listed[0].device.as_deref(), Some("Ada's telephone"));
    let foreign = house.identity.revoke_session(&request(), &bob_caller, here.session).await;
    assert_eq!(code(foreign), Some(Code::SessionNotFound));
    house.identity.revoke_session(&request(), &ada, there.session).await.unwrap();
    assert_eq!(house.code(&there), Some(Code::InvalidToken));
    let again = house.identity.revoke_session(&request(), &ada, there.session).await;
    assert_eq!(code(again), Some(Code::SessionNotFound));
    house.identity.logout(&request(), &ada).await.unwrap();
    assert_eq!(house.code(&here), Some(Code::InvalidToken));
    assert_eq!(house.code(&bob), None);
    let actions = house.actions(house.acme());
    assert_eq!(actions[actions.len() - 2..], ["session_revoke", "auth_logout"]);
}

#[tokio::test]
async fn the_longest_unused_session_makes_room() {
    let house = House::with_ada().await;
    let mut logins = Vec::new();
    for _ in 0..SESSIONS_PER_USER_MAX {
        logins.push(house.login().await);
        house.clock.advance_ms(1_000);
    }
    logins[0] = house.identity.refresh(&request(), &logins[0].tokens.refresh).await.unwrap();
    let last = house.login().await;
    assert_eq!(house.code(&logins[1]), Some(Code::InvalidToken));
    for live in [&logins[0], &logins[2], &last] {
        assert_eq!(house.code(live), None);
    }
    for _ in 0..SESSIONS_PER_USER_MAX {
        house.login().await;
    }
    let rows = house.on.store.read(|view| view.scan(&SESSIONS, Span::all(), 10_000)).unwrap();
    assert!(rows.len() <= SESSIONS_PER_USER_MAX + 1, "{}", rows.len());
    let caller = house.caller(&house.login().await);
    assert_eq!(house.identity.list_sessions(&caller).unwrap().len(), SESSIONS_PER_USER_MAX);
}

#[tokio::test]
async fn the_stored_role_and_a_suspension_hold_at_once() {
    let house = House::with_ada().await;
    let login = house.login().await;
    let key = (login.tenant, login.user);
    let promote = move |tx: &mut Tx<'_>| {
        let mut row = tx.get(&USERS, &key)?.unwrap();
        row.role = Role::Support;
        tx.put(&USERS, &key, &row)
    };
    house.on.store.write(promote).await.unwrap();
    assert_eq!(house.caller(&login).role, Role::Support);
    house.suspend(login.tenant, true).await;
    assert_eq!(house.code(&login), Some(Code::InvalidToken));
    assert_eq!(code(house.identity.refresh(&request(), &login.tokens.refresh).await), Some(Code::InvalidToken));
    house.suspend(login.tenant, false).await;
    assert_eq!(house.code(&login), None);
    house.on.store.write(move |tx| tx.delete(&USERS, &key)).await.unwrap();
    assert_eq!(house.code(&login), Some(Code::InvalidToken));
}

#[tokio::test]
async fn a_rotated_key_leaves_tokens_good_also_after_a_restart() {
    let house = House::with_ada().await;
    let login = house.login().await;
    let kid = house.identity.rotate_jwt(&request(), &Actor::Console).await.unwrap();
    assert_eq!(house.code(&login), None);
    let after = house.login().await;
    let named = |token: &str| jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    assert_eq!(named(&after.tokens.access), kid);
    assert_ne!(named(&login.tokens.access), kid);
    let restarted = Identity::open(house.on.clone(), CHEAP).await.unwrap();
    assert!(restarted.authenticate(&login.tokens.access).is_ok());
    let next = restarted.refresh(&request(), &login.tokens.refresh).await.unwrap();
    assert_eq!(named(&next.tokens.refresh), kid);
    let told = house.told(SYSTEM_TENANT);
    let last = told.last().unwrap();
    assert_eq!((last.action.as_str(), last.target.as_str()), ("keys_rotate_jwt", kid.as_str()));
    assert!(house.clone_with_other_ring().await.authenticate(&after.tokens.access).is_err());
}

impl House {
    /// Another appliance, whose keys never signed our tokens.
    async fn clone_with_other_ring(&self) -> Identity {
        Self::new().await.identity
    }
}

#[tokio::test]
async fn tampering_with_the_audit_table_is_found() {
    let house = House::with_ada().await;
    house.login().await;
    let acme = house.acme();
    let sound = house.verified();
    assert_eq!((sound.tenants, sound.entries, sound.first_problem), (2, 4, None));
    let original = house.told(acme)[1].clone();
    let mut forged = original.clone();
    forged.succeeded = false;
    house.on.store.write(move |tx| tx.put(&AUDIT, &(acme, 2), &forged)).await.unwrap();
    let problem = house.verified().first_problem.unwrap();
    assert_eq!((problem.tenant, problem.sequence, problem.what), (acme, 2, "the entry was altered"));
    house.on.store.write(move |tx| tx.put(&AUDIT, &(acme, 2), &original)).await.unwrap();
    assert_eq!(house.verified().first_problem, None);
    house.on.store.write(move |tx| tx.delete(&AUDIT, &(acme, 3))).await.unwrap();
    assert_eq!(house.verified().first_problem.unwrap().what, "the end of the chain was cut");
    let all_gone = move |tx: &mut Tx<'_>| {
        for sequence in 1..=2 {
            tx.delete(&AUDIT, &(acme, sequence))?;
        }
        tx.delete(&AUDIT_HEADS, &acme)
    };
    house.on.store.write(all_gone).await.unwrap();
    assert_eq!(house.verified().first_problem.unwrap().what, "the chain has lost its head");
}
