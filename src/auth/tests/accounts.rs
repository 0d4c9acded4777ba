//! Registration, logins, throttles, passwords, operators.

use super::*;

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

#[tokio::test]
async fn a_registration_gives_an_account_with_role_user_in_that_tenant() {
    let house = House::with_ada().await;
    let login = house.login().await;
    let caller = house.caller(&login);
    assert_eq!((caller.role, caller.tenant), (Role::User, house.acme()));
    assert_eq!(caller.session().unwrap(), login.session);
    let me = house.identity.me(&caller).unwrap();
    assert_eq!((me.email.as_str(), me.tenant_slug.as_str(), me.tenant_zone.as_str()), (EMAIL, "acme", "Europe/Paris"));
    assert!(caller.require(&[Role::Ops, Role::Support]).is_err());
    assert_eq!(house.actions(house.acme()), ["tenant_create", "auth_register", "auth_login"]);
    assert_eq!(house.verified().first_problem, None);
}

#[tokio::test]
async fn the_address_is_found_in_any_spelling_and_lies_nowhere_in_clear() {
    let house = House::with_ada().await;
    let spelled = credentials("acme", "  ADA@Example.org ", PASSWORD);
    assert!(house.identity.login(&request(), &spelled).await.is_ok());
    house.on.store.flush().await.unwrap();
    for file in ["store.redb", "keys.redb"] {
        let bytes = std::fs::read(house.dir.path().join(file)).unwrap();
        for needle in [EMAIL, PASSWORD, "Ada's telephone"] {
            assert!(!bytes.windows(needle.len()).any(|at| at == needle.as_bytes()), "{needle} in {file}");
        }
    }
}

#[tokio::test]
async fn a_second_registration_is_answered_alike_with_the_same_work_and_changes_nothing() {
    let house = House::new().await;
    let mut work = Vec::new();
    for _ in 0..2 {
        let before = (house.identity.hashes_computed(), house.told(house.acme()).len());
        house.identity.register(&request(), "acme", EMAIL, &secret("another good one")).await.unwrap();
        let after = (house.identity.hashes_computed(), house.told(house.acme()).len());
        work.push((after.0 - before.0, after.1 - before.1));
        house.clock.advance_ms(1);
    }
    assert_eq!(work, [(1, 1), (1, 1)]);
    house.identity.register(&request(), "acme", "Ada@EXAMPLE.org", &secret("a third good one")).await.unwrap();
    assert_eq!(house.users(), 1);
    let good = credentials("acme", EMAIL, "another good one");
    assert!(house.identity.login(&request(), &good).await.is_ok());
    let last = house.told(house.acme()).into_iter().rev().find(|row| row.action == "auth_register").unwrap();
    assert!(!last.succeeded);
    // The keys made for accounts that were not made are destroyed soon after.
    for _ in 0..200 {
        if keys(&house) == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("unused keys were left: {}", keys(&house));
}

/// Data keys in the ring.
fn keys(house: &House) -> usize {
    house.on.vault.count_user_keys().unwrap()
}

#[tokio::test]
async fn the_same_address_in_two_tenants_is_two_accounts() {
    let house = House::with_ada().await;
    house.tenant("other", true).await;
    house.identity.register(&request(), "other", EMAIL, &secret("quite another one")).await.unwrap();
    assert_eq!(house.users(), 2);
    assert_eq!(
        code(house.identity.login(&request(), &credentials("other", EMAIL, PASSWORD)).await),
        Some(Code::InvalidCredentials)
    );
}

#[tokio::test]
async fn two_registrations_at_once_make_one_account() {
    let house = House::new().await;
    let password = secret(PASSWORD);
    let request = request();
    let all = (0..8).map(|_| house.identity.register(&request, "acme", EMAIL, &password));
    for done in futures_util::future::join_all(all).await {
        done.unwrap();
    }
    assert_eq!(house.users(), 1);
    assert_eq!(house.verified().first_problem, None);
}

#[tokio::test]
async fn registration_is_for_open_tenants_alone() {
    let house = House::new().await;
    house.tenant("closed", false).await;
    let shut = house.tenant("shut", true).await;
    house.suspend(shut, true).await;
    for slug in ["closed", "shut", "nobody", "system", "", "../etc", "ACME"] {
        let done = house.identity.register(&request(), slug, EMAIL, &secret(PASSWORD)).await;
        assert_eq!(code(done), Some(Code::RegistrationClosed), "{slug}");
    }
    assert_eq!(house.users(), 0);
    house.change_tenant(house.acme(), |row| row.registration_open = false).await;
    let done = house.identity.register(&request(), "acme", EMAIL, &secret(PASSWORD)).await;
    assert_eq!(code(done), Some(Code::RegistrationClosed));
}

#[tokio::test]
async fn bad_addresses_and_weak_passwords_are_refused() {
    let house = House::new().await;
    let identity = &house.identity;
    assert_eq!(
        code(identity.register(&request(), "acme", "no address", &secret(PASSWORD)).await),
        Some(Code::InvalidFields)
    );
    for weak in ["short", "password123", EMAIL] {
        assert_eq!(code(identity.register(&request(), "acme", EMAIL, &secret(weak)).await), Some(Code::WeakPassword));
    }
}

#[tokio::test]
async fn every_wrong_login_gets_one_answer_for_the_same_work() {
    let house = House::with_ada().await;
    let shut = house.tenant("shut", true).await;
    house.identity.register(&request(), "shut", EMAIL, &secret(PASSWORD)).await.unwrap();
    house.suspend(shut, true).await;
    let wrong = [
        credentials("acme", EMAIL, "not the password"),
        credentials("acme", "bob@example.org", PASSWORD),
        credentials("acme", "no address", PASSWORD),
        credentials("nobody", EMAIL, PASSWORD),
        credentials("", "", ""),
        credentials("shut", EMAIL, PASSWORD),
    ];
    let chains = || [house.acme(), shut, SYSTEM_TENANT].iter().map(|chain| house.told(*chain).len()).sum::<usize>();
    for wrong in wrong {
        let before = (house.identity.hashes_computed(), chains());
        let error = house.identity.login(&request(), &wrong).await.unwrap_err();
        let after = (house.identity.hashes_computed(), chains());
        assert_eq!(
            (error.code(), error.public_message()),
            (Code::InvalidCredentials, Code::InvalidCredentials.message())
        );
        assert!(error.details().is_empty());
        assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));
    }
    assert_eq!(house.verified().first_problem, None);
}

#[tokio::test]
async fn logins_are_throttled_by_account_whether_it_exists_or_not() {
    let house = House::with_ada().await;
    for email in [EMAIL, "bob@example.org"] {
        let wrong = credentials("acme", email, "not the password");
        for _ in 0..5 {
            assert_eq!(code(house.identity.login(&request(), &wrong).await), Some(Code::InvalidCredentials));
        }
        let hashes = house.identity.hashes_computed();
        let error = house.identity.login(&request(), &credentials("acme", email, PASSWORD)).await.unwrap_err();
        assert_eq!((error.code(), error.retry_after()), (Code::Throttled, Some(30)));
        assert_eq!(house.identity.hashes_computed(), hashes);
    }
    house.clock.advance_ms(30_000);
    house.login().await;
    // The success has given the whole burst back.
    let wrong = credentials("acme", " ADA@example.org", "not the password");
    for _ in 0..5 {
        assert_eq!(code(house.identity.login(&request(), &wrong).await), Some(Code::InvalidCredentials));
    }
    assert_eq!(code(house.identity.login(&request(), &wrong).await), Some(Code::Throttled));
}

#[tokio::test]
async fn logins_and_registrations_are_throttled_by_address() {
    let house = House::with_ada().await;
    for n in 0..20 {
        let wrong = credentials("acme", &format!("u{n}@example.org"), "not the password");
        assert_eq!(code(house.identity.login(&from("192.0.2.1"), &wrong).await), Some(Code::InvalidCredentials));
    }
    let ada = credentials("acme", EMAIL, PASSWORD);
    let error = house.identity.login(&from("192.0.2.1"), &ada).await.unwrap_err();
    assert_eq!((error.code(), error.retry_after()), (Code::Throttled, Some(3)));
    assert!(house.identity.login(&from("192.0.2.2"), &ada).await.is_ok());
    for n in 0..10 {
        let email = format!("n{n}@example.org");
        house.identity.register(&from("2001:db8::1"), "acme", &email, &secret(PASSWORD)).await.unwrap();
    }
    let done = house.identity.register(&from("2001:db8::2"), "acme", "z@example.org", &secret(PASSWORD)).await;
    let error = done.unwrap_err();
    assert_eq!((error.code(), error.retry_after()), (Code::Throttled, Some(60)));
}

#[tokio::test]
async fn another_password_ends_every_other_session() {
    let house = House::with_ada().await;
    let (here, there) = (house.login().await, house.login().await);
    let caller = house.caller(&here);
    let change = |current: &'static str, new: &'static str| {
        let identity = house.identity.clone();
        async move { identity.change_password(&request(), &caller, &secret(current), &secret(new), nothing).await }
    };
    assert_eq!(code(change("not the password", "another good one").await), Some(Code::InvalidCredentials));
    assert_eq!(code(change(PASSWORD, "password123").await), Some(Code::WeakPassword));
    assert_eq!(code(change(PASSWORD, PASSWORD).await), Some(Code::WeakPassword));
    change(PASSWORD, "another good one").await.unwrap();
    assert_eq!(house.code(&here), None);
    assert_eq!(house.code(&there), Some(Code::InvalidToken));
    let refreshed = house.identity.refresh(&request(), &there.tokens.refresh).await;
    assert_eq!(code(refreshed), Some(Code::InvalidToken));
    assert!(house.identity.login(&request(), &credentials("acme", EMAIL, PASSWORD)).await.is_err());
    assert!(house.identity.login(&request(), &credentials("acme", EMAIL, "another good one")).await.is_ok());
    let told: Vec<_> = house.told(house.acme()).into_iter().filter(|row| row.action == "password_change").collect();
    assert_eq!(told.iter().map(|row| row.succeeded).collect::<Vec<_>>(), [false, true]);
    assert_eq!(told[1].details["sessions_ended"], "1");
}

#[tokio::test]
async fn guessing_the_current_password_is_throttled() {
    let house = House::with_ada().await;
    let caller = house.caller(&house.login().await);
    let (wrong, new, request) = (secret("not the password"), secret("another good one"), request());
    let guess = || house.identity.change_password(&request, &caller, &wrong, &new, nothing);
    for _ in 0..5 {
        assert_eq!(code(guess().await), Some(Code::InvalidCredentials));
    }
    assert_eq!(code(guess().await), Some(Code::Throttled));
}

#[tokio::test]
async fn a_login_renews_a_hash_of_another_cost() {
    let house = House::with_ada().await;
    let dearer = HashCost { memory_kib: 16, passes: 2, lanes: 1 };
    let identity = Identity::open(house.on.clone(), dearer).await.unwrap();
    for renewed in ["true", "false"] {
        identity.login(&request(), &credentials("acme", EMAIL, PASSWORD)).await.unwrap();
        assert_eq!(house.told(house.acme()).last().unwrap().details["rehashed"], renewed);
    }
    let rows = house.on.store.read(|view| view.scan(&USERS, Span::all(), 10)).unwrap();
    assert!(rows[0].1.password.starts_with("$argon2id$v=19$m=16,t=2,p=1$"));
}

#[tokio::test]
async fn the_first_operator_is_made_once_and_makes_others() {
    let house = House::with_ada().await;
    let identity = &house.identity;
    let operator = identity.bootstrap_operator("ops@example.org", &secret(PASSWORD)).await.unwrap();
    let again = identity.bootstrap_operator("ops2@example.org", &secret(PASSWORD)).await;
    assert_eq!(code(again), Some(Code::InsufficientRole));
    let same = identity.bootstrap_operator("ops@example.org", &secret(PASSWORD)).await;
    assert_eq!(code(same), Some(Code::InsufficientRole), "not that the address is taken: a start may try it again");
    let login = identity.login(&request(), &credentials("system", "ops@example.org", PASSWORD)).await.unwrap();
    let ops = house.caller(&login);
    assert_eq!((ops.user, ops.role, ops.tenant), (operator, Role::Ops, SYSTEM_TENANT));
    let new = |tenant, role, email: &str| NewUser { tenant, email: email.to_owned(), password: secret(PASSWORD), role };
    let support = new(house.acme(), Role::Support, "help@example.org");
    identity.create_user(&request(), &ops.actor(), &support, alone).await.unwrap();
    assert_eq!(code(identity.create_user(&request(), &ops.actor(), &support, alone).await), Some(Code::InvalidFields));
    let second = new(SYSTEM_TENANT, Role::Ops, "ops2@example.org");
    identity.create_user(&request(), &ops.actor(), &second, alone).await.unwrap();
    for (tenant, role) in [(house.acme(), Role::Ops), (SYSTEM_TENANT, Role::User)] {
        let done = identity.create_user(&request(), &ops.actor(), &new(tenant, role, "x@example.org"), alone).await;
        assert_eq!(code(done), Some(Code::InvalidFields));
    }
    let ada = house.caller(&house.login().await).actor();
    let help = identity.login(&request(), &credentials("acme", "help@example.org", PASSWORD)).await.unwrap();
    for by in [ada, house.caller(&help).actor(), Actor::Anonymous] {
        let done = identity.create_user(&request(), &by, &new(house.acme(), Role::User, "y@example.org"), alone).await;
        assert_eq!(code(done), Some(Code::InsufficientRole));
        assert_eq!(code(identity.rotate_jwt(&request(), &by).await), Some(Code::InsufficientRole));
    }
    assert_eq!(house.verified().first_problem, None);
}

#[tokio::test]
async fn what_cannot_be_audited_is_not_done() {
    let house = House::with_ada().await;
    let login = house.login().await;
    let caller = house.caller(&login);
    house.spoil_audit(house.acme()).await;
    let identity = &house.identity;
    let unavailable = Some(Code::AuditUnavailable);
    assert_eq!(code(identity.register(&request(), "acme", "bob@example.org", &secret(PASSWORD)).await), unavailable);
    assert_eq!(house.users(), 1);
    assert_eq!(code(identity.login(&request(), &credentials("acme", EMAIL, PASSWORD)).await), unavailable);
    assert_eq!(code(identity.login(&request(), &credentials("acme", EMAIL, "wrong")).await), unavailable);
    assert_eq!(code(identity.refresh(&request(), &login.tokens.refresh).await), unavailable);
    assert_eq!(code(identity.logout(&request(), &caller).await), unavailable);
    assert_eq!(house.code(&login), None);
    let acme = house.acme();
    let problem = house.verified().first_problem.unwrap();
    assert_eq!((problem.tenant, problem.what), (acme, "the head was altered"));
}

#[tokio::test]
async fn nothing_personal_or_secret_is_shown_or_audited() {
    let house = House::with_ada().await;
    let login = house.identity.login(&from("192.0.2.77"), &credentials("acme", EMAIL, PASSWORD)).await.unwrap();
    let caller = house.caller(&login);
    let identity = &house.identity;
    let _ = identity.login(&from("192.0.2.77"), &credentials("acme", EMAIL, "wrong guess")).await;
    let mut shown = format!(
        "{login:?} {caller:?} {identity:?} {:?} {:?} {:?} {:?} {:?}",
        identity.me(&caller).unwrap(),
        identity.list_sessions(&caller).unwrap(),
        credentials("acme", EMAIL, PASSWORD),
        from("192.0.2.77"),
        house.on,
    );
    for row in house.told(house.acme()) {
        shown += format!("{row:?}").as_str();
    }
    for needle in [EMAIL, "ada", "example", PASSWORD, "wrong guess", "192.0.2", "telephone", &login.tokens.access[..20]]
    {
        assert!(!shown.contains(needle), "{needle}");
    }
}
