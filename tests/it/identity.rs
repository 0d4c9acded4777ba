//! Registration, login, sessions and the operator's routes as clients meet them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Appliance, PASSWORD, shared, unique};

fn login_body(tenant: &str, email: &str, password: &str) -> Value {
    json!({"tenant": tenant, "email": email, "password": password, "device": "a test"})
}

#[test]
fn a_person_registers_logs_in_and_is_a_user() {
    let server = shared();
    let tenant = server.tenant();
    let email = format!("new-{}@example.org", unique());
    let body = json!({"tenant": tenant, "email": email, "password": PASSWORD});
    let first = server.call("POST", "/v1/auth/register", None, Some(&body));
    let again = server.call("POST", "/v1/auth/register", None, Some(&body));
    assert_eq!(first.data(202), again.data(202), "the answer must not tell whether the address was known");
    let mut pretender = body;
    pretender["role"] = json!("ops");
    server.call("POST", "/v1/auth/register", None, Some(&pretender)).error(422, "invalid_fields");
    let token = server.login(&tenant, &email.to_uppercase());
    let me = server.call("GET", "/v1/auth/me", Some(&token), None);
    assert_eq!(me.data(200)["role"], "user");
    assert_eq!(me.data(200)["email"], email.as_str());
    assert_eq!(me.data(200)["tenant"], tenant.as_str());
}

#[test]
fn wrong_credentials_are_refused_alike() {
    let server = shared();
    let tenant = server.tenant();
    server.user(&tenant);
    let refuse = |tenant: &str, email: &str| {
        let answer =
            server.call("POST", "/v1/auth/login", None, Some(&login_body(tenant, email, "wrong password here")));
        let mut error = answer.error(401, "invalid_credentials").clone();
        error["request_id"] = Value::Null;
        error
    };
    let known = refuse(&tenant, "ops@example.org");
    assert_eq!(known, refuse(&tenant, "nobody@example.org"));
    assert_eq!(known, refuse("no-such-tenant", "nobody@example.org"));
}

#[test]
fn registration_needs_an_open_tenant_and_a_decent_password() {
    let server = shared();
    let slug = format!("closed-{}", unique());
    let closed = json!({"slug": slug, "registration_open": false});
    server.call("POST", "/v1/ops/tenants", Some(server.operator()), Some(&closed)).data(201);
    let register = |tenant: &str, email: &str, password: &str| {
        let body = json!({"tenant": tenant, "email": email, "password": password});
        server.call("POST", "/v1/auth/register", None, Some(&body))
    };
    register(&slug, "a@example.org", PASSWORD).error(403, "registration_closed");
    let open = server.tenant();
    register(&open, "a@example.org", "short").error(422, "weak_password");
    register(&open, "not an address", PASSWORD).error(422, "invalid_fields");
}

#[test]
fn refresh_tokens_rotate_and_a_replayed_one_ends_the_session() {
    let server = shared();
    let tenant = server.tenant();
    let email = format!("r-{}@example.org", unique());
    let body = json!({"email": email, "password": PASSWORD, "role": "user"});
    server.call("POST", &format!("/v1/ops/tenants/{tenant}/users"), Some(server.operator()), Some(&body)).data(201);
    let login = server.call("POST", "/v1/auth/login", None, Some(&login_body(&tenant, &email, PASSWORD)));
    let first = login.data(200)["refresh_token"].clone();
    let refresh = |token: &Value| server.call("POST", "/v1/auth/refresh", None, Some(&json!({"refresh_token": token})));
    let renewed = refresh(&first);
    let access = renewed.data(200)["access_token"].as_str().unwrap().to_owned();
    let second = renewed.data(200)["refresh_token"].clone();
    assert_ne!(first, second);
    server.call("GET", "/v1/auth/me", Some(&access), None).data(200);
    assert_eq!(refresh(&first).status, 401, "a refresh token works once");
    assert_eq!(refresh(&second).status, 401, "its reuse ends the whole session");
    assert_eq!(server.call("GET", "/v1/auth/me", Some(&access), None).status, 401);
}

#[test]
fn sessions_are_listed_revoked_and_ended_by_a_password_change() {
    let server = shared();
    let tenant = server.tenant();
    let email = format!("s-{}@example.org", unique());
    let body = json!({"email": email, "password": PASSWORD, "role": "user"});
    server.call("POST", &format!("/v1/ops/tenants/{tenant}/users"), Some(server.operator()), Some(&body)).data(201);
    let (one, two, three) =
        (server.login(&tenant, &email), server.login(&tenant, &email), server.login(&tenant, &email));
    let list = server.call("GET", "/v1/auth/sessions", Some(&one), None);
    let sessions = list.data(200)["sessions"].as_array().unwrap().clone();
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|s| s["current"] == true).count(), 1);
    let me_two = server.call("GET", "/v1/auth/me", Some(&two), None);
    let id_two = me_two.data(200)["session_id"].as_str().unwrap().to_owned();
    server.call("DELETE", &format!("/v1/auth/sessions/{id_two}"), Some(&one), None).data(200);
    server.call("GET", "/v1/auth/me", Some(&two), None).error(401, "invalid_token");
    let change = json!({"current_password": PASSWORD, "new_password": "another long password"});
    let wrong = json!({"current_password": "not this one at all", "new_password": "another long password"});
    assert_eq!(server.call("POST", "/v1/auth/password", Some(&one), Some(&wrong)).status, 401);
    server.call("POST", "/v1/auth/password", Some(&one), Some(&change)).data(200);
    server.call("GET", "/v1/auth/me", Some(&three), None).error(401, "invalid_token");
    server.call("GET", "/v1/auth/me", Some(&one), None).data(200);
    server.call("POST", "/v1/auth/logout", Some(&one), None).data(200);
    server.call("GET", "/v1/auth/me", Some(&one), None).error(401, "invalid_token");
}

#[test]
fn sessions_of_others_cannot_be_revoked() {
    let server = shared();
    let tenant = server.tenant();
    let (mine, theirs) = (server.user(&tenant), server.user(&tenant));
    let me = server.call("GET", "/v1/auth/me", Some(&theirs), None);
    let id = me.data(200)["session_id"].as_str().unwrap().to_owned();
    server.call("DELETE", &format!("/v1/auth/sessions/{id}"), Some(&mine), None).error(404, "session_not_found");
    server.call("GET", "/v1/auth/me", Some(&theirs), None).data(200);
}

#[test]
fn forged_tokens_are_refused() {
    let (server, token) = (shared(), shared().person());
    let parts: Vec<&str> = token.split('.').collect();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    assert_eq!(header["alg"], "HS256");
    for name in ["iss", "aud", "sub", "tenant", "role", "jti", "iat", "exp", "nbf"] {
        assert!(!claims[name].is_null(), "{name} is missing");
    }
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 900);
    let encode = |v: &Value| URL_SAFE_NO_PAD.encode(serde_json::to_vec(v).unwrap());
    let with = |v: &Value, k: &str, to: Value| {
        let mut v = v.clone();
        v[k] = to;
        encode(&v)
    };
    let forgeries = [
        format!("{}.{}.", with(&header, "alg", json!("none")), parts[1]),
        format!("{}.{}.{}", with(&header, "alg", json!("HS512")), parts[1], parts[2]),
        format!("{}.{}.{}", with(&header, "kid", json!("other")), parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], with(&claims, "role", json!("ops")), parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        String::new(),
    ];
    for forged in forgeries {
        assert_eq!(server.call("GET", "/v1/auth/me", Some(&forged), None).status, 401, "{forged}");
    }
}

#[test]
fn logins_are_throttled_with_retry_after() {
    let server = Appliance::start(&[]);
    let tenant = server.tenant();
    let wrong = login_body(&tenant, "victim@example.org", "wrong password here");
    let statuses: Vec<u16> = (0..8).map(|_| server.call("POST", "/v1/auth/login", None, Some(&wrong)).status).collect();
    assert_eq!(&statuses[..3], [401, 401, 401]);
    assert!(statuses.contains(&429), "{statuses:?}");
    let answer = server.call("POST", "/v1/auth/login", None, Some(&wrong));
    answer.error(429, "throttled");
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
}

#[test]
fn rotating_the_signing_key_keeps_people_logged_in() {
    let server = Appliance::start(&[]);
    let token = server.person();
    let before: Value = {
        let head = token.split('.').next().unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap()
    };
    let rotated = server.call("POST", "/v1/ops/keys/jwt/rotate", Some(server.operator()), None);
    assert_ne!(rotated.data(200)["kid"], before["kid"]);
    server.call("GET", "/v1/auth/me", Some(&token), None).data(200);
    server.call("POST", "/v1/ops/keys/jwt/rotate", Some(&token), None).error(403, "insufficient_role");
}

#[test]
fn tenants_are_the_operators_and_can_be_suspended() {
    let server = shared();
    let slug = server.tenant();
    let token = server.user(&slug);
    let again = json!({"slug": slug});
    server.call("POST", "/v1/ops/tenants", Some(server.operator()), Some(&again)).error(409, "tenant_exists");
    for bad in ["", "UPPER", "a b", "../x", "-a", &"a".repeat(65)] {
        let body = json!({"slug": bad});
        server.call("POST", "/v1/ops/tenants", Some(server.operator()), Some(&body)).error(422, "invalid_fields");
    }
    let zone = json!({"slug": format!("zone-{}", unique()), "zone": "Mars/Phobos"});
    server.call("POST", "/v1/ops/tenants", Some(server.operator()), Some(&zone)).error(422, "invalid_fields");
    let path = format!("/v1/ops/tenants/{slug}");
    server.call("PATCH", &path, Some(server.operator()), Some(&json!({"suspended": true}))).data(200);
    assert_eq!(server.call("GET", "/v1/auth/me", Some(&token), None).status, 401);
    server.call("PATCH", &path, Some(server.operator()), Some(&json!({"suspended": false}))).data(200);
    server.call("GET", "/v1/auth/me", Some(&token), None).data(200);
}

#[test]
fn the_audit_chain_holds_after_all_this() {
    let server = shared();
    server.person();
    let report = server.call("GET", "/v1/ops/audit/verify", Some(server.operator()), None);
    assert_eq!(report.data(200)["intact"], true, "{}", report.text);
    assert!(report.data(200)["entries"].as_u64().unwrap() >= 3);
}
