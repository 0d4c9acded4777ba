//! API keys as programs and their makers meet them: shown once, good for what they grant, ended at once or with an overlap.

use std::sync::Arc;

use orrery::clock::{Ambient, ManualClock, SystemEntropy, UnixMs};
use orrery::limits::API_KEYS_PER_TENANT_MAX;
use serde_json::{Value, json};

use crate::support::{Appliance, einstein, shared};

/// A key of a new user of `tenant`, made by the operator: id and text of the key, id of the user.
fn key(server: &Appliance, tenant: &str, more: &Value) -> (String, String, String) {
    let (user, _) = server.member(tenant, "user");
    let mut body = json!({"name": "a program", "user": user, "scopes": ["read", "charts", "chat"]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = format!("/v1/ops/tenants/{tenant}/keys");
    let made = server.call("POST", &path, Some(server.operator()), Some(&body));
    let data = made.data(201);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&data["key"]["id"]), text(&data["secret"]), user)
}

#[test]
fn a_program_does_what_its_key_grants_and_no_more() {
    let server = shared();
    let tenant = server.tenant();
    let (_, all, _) = key(server, &tenant, &json!({}));
    let made = server.call("POST", "/v1/charts", Some(&all), Some(&einstein()));
    let chart = made.data(201)["id"].as_str().unwrap().to_owned();
    let question = json!({"chart_id": chart, "question": "What may I learn this year?"});
    server.call("POST", "/v1/chat/advise", Some(&all), Some(&question)).data(200);
    let by_header = server.call_with("GET", "/v1/charts", None, None, &[("x-api-key", &all)]);
    assert_eq!(by_header.data(200)["charts"].as_array().unwrap().len(), 1);
    let (_, reader, _) = key(server, &tenant, &json!({"scopes": ["read"]}));
    server.call("GET", "/v1/charts", Some(&reader), None).data(200);
    let refused = server.call("POST", "/v1/charts", Some(&reader), Some(&einstein()));
    assert_eq!(refused.error(403, "insufficient_scope")["details"]["required_scope"], "charts");
    server.call("POST", "/v1/chat/advise", Some(&reader), Some(&question)).error(403, "insufficient_scope");
    server.call("GET", &format!("/v1/charts/{chart}"), Some(&reader), None).error(404, "chart_not_found");
    // What belongs to a session refuses every key.
    for (method, path) in [
        ("GET", "/v1/auth/me"),
        ("GET", "/v1/auth/sessions"),
        ("POST", "/v1/auth/logout"),
        ("GET", "/v1/keys"),
        ("GET", "/v1/ops/tenants"),
    ] {
        server.call(method, path, Some(&all), None).error(403, "session_required");
    }
    let change = json!({"current_password": "x", "new_password": "a password of another kind"});
    server.call("POST", "/v1/auth/password", Some(&all), Some(&change)).error(403, "session_required");
}

#[test]
fn the_text_of_a_key_is_shown_once_and_kept_nowhere() {
    let server = Appliance::start(&[]);
    let tenant = server.tenant();
    let (id, text, _) = key(&server, &tenant, &json!({}));
    assert!(text.starts_with("ork_") && text.len() == 54 && text[4..].bytes().all(|b| b.is_ascii_alphanumeric()));
    server.call("GET", "/v1/charts", Some(&text), None).data(200);
    let list = server.call("GET", &format!("/v1/ops/tenants/{tenant}/keys"), Some(server.operator()), None);
    assert!(!list.text.contains(&text));
    let listed = &list.data(200)["keys"][0];
    assert_eq!((listed["id"].as_str(), &listed["hint"]), (Some(id.as_str()), &json!(&text[..8])));
    let secret = &text.as_bytes()[8..48];
    assert!(!server.bytes_on_disk().windows(secret.len()).any(|window| window == secret));
    // A slip is told apart from a key that is not ours, and neither opens anything.
    let slip = format!("{}x", &text[..53]);
    let refused = server.call("GET", "/v1/charts", Some(&slip), None);
    assert!(refused.error(401, "invalid_api_key")["message"].as_str().unwrap().contains("checksum") || slip == text);
    server.call_with("GET", "/v1/charts", None, None, &[("x-api-key", "anything")]).error(401, "invalid_api_key");
}

#[test]
fn a_revoked_key_ends_at_once_and_a_suspended_tenants_keys_with_it() {
    let server = shared();
    let (tenant, ops) = (server.tenant(), Some(server.operator()));
    let (id, text, _) = key(server, &tenant, &json!({}));
    let suspend = |suspended: bool| {
        let path = format!("/v1/ops/tenants/{tenant}");
        server.call("PATCH", &path, ops, Some(&json!({"suspended": suspended}))).data(200);
    };
    suspend(true);
    server.call("GET", "/v1/charts", Some(&text), None).error(401, "invalid_api_key");
    suspend(false);
    server.call("GET", "/v1/charts", Some(&text), None).data(200);
    let path = format!("/v1/ops/tenants/{tenant}/keys/{id}");
    assert_eq!(server.call("DELETE", &path, ops, None).data(200)["state"], "revoked");
    server.call("GET", "/v1/charts", Some(&text), None).error(401, "api_key_revoked");
    assert_eq!(server.call("DELETE", &path, ops, None).data(200)["state"], "revoked");
    let other = server.tenant();
    let elsewhere = format!("/v1/ops/tenants/{other}/keys/{id}");
    server.call("DELETE", &elsewhere, ops, None).error(404, "api_key_not_found");
}

#[test]
fn a_rotation_overlaps_and_an_end_is_kept() {
    let clock = Arc::new(ManualClock::at(UnixMs(1_795_435_200_000)));
    let ambient = Ambient::new(Arc::<ManualClock>::clone(&clock), Arc::new(SystemEntropy));
    let long = [("auth.access_token_s", "86400"), ("auth.refresh_token_s", "604800")];
    let server = Appliance::start_at(&long, ambient);
    let (tenant, ops) = (server.tenant(), Some(server.operator()));
    let (id, before, _) = key(&server, &tenant, &json!({"expires_at": "2026-11-23T20:00:00Z"}));
    let path = format!("/v1/ops/tenants/{tenant}/keys/{id}/rotate");
    let rotated = server.call("POST", &path, ops, Some(&json!({"overlap_s": 3600})));
    let after = rotated.data(201)["secret"].as_str().unwrap().to_owned();
    assert_eq!(rotated.data(201)["key"]["expires_at"], "2026-11-23T20:00:00.000Z");
    let works = |text: &str| server.call("GET", "/v1/charts", Some(text), None).status == 200;
    assert!(works(&before) && works(&after));
    // A second successor would inherit the short life of the overlap.
    let again = server.call("POST", &path, ops, Some(&json!({})));
    assert_eq!(again.error(409, "api_key_replaced")["details"]["replaced_by"], rotated.data(201)["key"]["id"]);
    clock.advance_ms(3_600_000 - 1);
    assert!(works(&before));
    clock.advance_ms(1);
    server.call("GET", "/v1/charts", Some(&before), None).error(401, "api_key_expired");
    assert!(works(&after));
    server.call("POST", &path, ops, Some(&json!({}))).error(404, "api_key_not_found");
    clock.advance_ms(7 * 3_600_000);
    assert!(!works(&after));
    let list = server.call("GET", &format!("/v1/ops/tenants/{tenant}/keys"), ops, None);
    let states: Vec<_> = list.data(200)["keys"].as_array().unwrap().iter().map(|k| k["state"].clone()).collect();
    assert_eq!(states, ["expired", "expired"]);
    assert_eq!(list.data(200)["keys"][1]["last_used_on"], "2026-11-23");
}

#[test]
fn an_administrator_makes_keys_for_the_tenant_but_none_that_read_peoples_charts() {
    let server = shared();
    let tenant = server.tenant();
    let (admin_id, admin) = server.member(&tenant, "enterprise_admin");
    let (person_id, person) = server.member(&tenant, "user");
    let make = |token: &str, user: Option<&str>| {
        let body = json!({"name": "sync", "scopes": ["read"], "user": user});
        server.call("POST", "/v1/keys", Some(token), Some(&body))
    };
    make(&person, None).error(403, "insufficient_role");
    let refused = make(&admin, Some(&person_id));
    refused.error(422, "invalid_fields");
    assert_eq!(refused.fields(), ["user"]);
    let own = make(&admin, None);
    assert_eq!(own.data(201)["key"]["user"], json!(admin_id));
    let text = own.data(201)["secret"].as_str().unwrap().to_owned();
    server.call("GET", "/v1/charts", Some(&text), None).data(200);
    let stranger = server.tenant();
    let (_, other_admin) = server.member(&stranger, "enterprise_admin");
    let id = own.data(201)["key"]["id"].as_str().unwrap();
    let path = format!("/v1/keys/{id}");
    server.call("DELETE", &path, Some(&other_admin), None).error(404, "api_key_not_found");
    assert!(server.call("GET", "/v1/keys", Some(&other_admin), None).data(200)["keys"].as_array().unwrap().is_empty());
    let rotated = server.call("POST", &format!("{path}/rotate"), Some(&admin), Some(&json!({"overlap_s": 0})));
    server.call("GET", "/v1/charts", rotated.data(201)["secret"].as_str(), None).data(200);
    server.call("GET", "/v1/charts", Some(&text), None).error(401, "api_key_expired");
    assert_eq!(server.call("DELETE", &path, Some(&admin), None).data(200)["state"], "revoked");
    let audit = server.call("GET", "/v1/ops/audit/verify", Some(server.operator()), None);
    assert_eq!(audit.data(200)["intact"], true);
}

#[test]
fn an_administrator_cannot_rotate_into_a_key_that_acts_as_a_person() {
    let server = shared();
    let (tenant, ops) = (server.tenant(), Some(server.operator()));
    let (_, admin) = server.member(&tenant, "enterprise_admin");
    let (id, text, _) = key(server, &tenant, &json!({}));
    let rotate = |path: &str, token: Option<&str>| {
        server.call("POST", &format!("{path}/{id}/rotate"), token, Some(&json!({"overlap_s": 0})))
    };
    let refused = rotate("/v1/keys", Some(&admin));
    refused.error(403, "insufficient_role");
    assert!(!refused.text.contains("ork_"), "{}", refused.text);
    // Nothing of it was done: the key is the only one, and good.
    server.call("GET", "/v1/charts", Some(&text), None).data(200);
    let listed = server.call("GET", "/v1/keys", Some(&admin), None);
    let keys = listed.data(200)["keys"].as_array().unwrap();
    assert_eq!((keys.len(), &keys[0]["state"], &keys[0]["replaced_by"]), (1, &json!("live"), &Value::Null));
    // An operator, who may make such a key, may rotate it; the administrator may still end it.
    let rotated = rotate(&format!("/v1/ops/tenants/{tenant}/keys"), ops);
    let successor = rotated.data(201)["key"]["id"].as_str().unwrap();
    server.call("DELETE", &format!("/v1/keys/{successor}"), Some(&admin), None).data(200);
}

#[test]
fn a_tenant_with_as_many_keys_as_allowed_rotates_without_an_overlap() {
    let server = shared();
    let (tenant, ops) = (server.tenant(), Some(server.operator()));
    let (id, _, user) = key(server, &tenant, &json!({}));
    let path = format!("/v1/ops/tenants/{tenant}/keys");
    let body = json!({"name": "one more", "scopes": ["read"], "user": user});
    for _ in 1..API_KEYS_PER_TENANT_MAX {
        server.call("POST", &path, ops, Some(&body)).data(201);
    }
    let rotate = |overlap_s: u64| {
        server.call("POST", &format!("{path}/{id}/rotate"), ops, Some(&json!({"overlap_s": overlap_s})))
    };
    server.call("POST", &path, ops, Some(&body)).error(409, "too_many_api_keys");
    rotate(60).error(409, "too_many_api_keys");
    assert_eq!(rotate(0).data(201)["key"]["state"], "live");
    server.call("POST", &path, ops, Some(&body)).error(409, "too_many_api_keys");
}

#[test]
fn a_rotation_brings_no_new_burst() {
    let clock = Arc::new(ManualClock::at(UnixMs(1_795_435_200_000)));
    let ambient = Ambient::new(Arc::<ManualClock>::clone(&clock), Arc::new(SystemEntropy));
    let server = Appliance::start_at(&[], ambient);
    let tenant = server.tenant();
    let (first, before, _) = key(&server, &tenant, &json!({"rate": "1/h, burst 6"}));
    let passed = |text: &str, n: usize| {
        (0..n).filter(|_| server.call("GET", "/v1/charts", Some(text), None).status == 200).count()
    };
    assert_eq!(passed(&before, 2), 2);
    let rotate = |id: &str| {
        let path = format!("/v1/ops/tenants/{tenant}/keys/{id}/rotate");
        let rotated = server.call("POST", &path, Some(server.operator()), Some(&json!({})));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let data = rotated.data(201);
        assert_eq!(data["key"]["counted_under"], json!(first));
        (text(&data["key"]["id"]), text(&data["secret"]))
    };
    let (second, after) = rotate(&first);
    assert_eq!((passed(&after, 1), passed(&before, 1)), (1, 1));
    let (_, last) = rotate(&second);
    assert_eq!((passed(&last, 5), passed(&after, 2), passed(&before, 2)), (2, 0, 0));
    clock.advance_ms(3_600_000);
    assert_eq!((passed(&after, 2), passed(&last, 2)), (1, 0));
}

#[test]
fn wrong_fields_of_a_key_are_all_named() {
    let server = shared();
    let tenant = server.tenant();
    let path = format!("/v1/ops/tenants/{tenant}/keys");
    let body = json!({"name": "x", "scopes": ["everything"], "user": "me", "rate": "fast", "expires_at": "soon"});
    let refused = server.call("POST", &path, Some(server.operator()), Some(&body));
    refused.error(422, "invalid_fields");
    assert_eq!(refused.fields(), ["scopes", "rate", "expires_at", "user"]);
    let (user, _) = server.member(&tenant, "user");
    let body = json!({"name": " ", "scopes": ["read"], "user": user, "expires_at": "2020-01-01T00:00:00Z"});
    let refused = server.call("POST", &path, Some(server.operator()), Some(&body));
    refused.error(422, "invalid_fields");
    assert_eq!(refused.fields(), ["name", "expires_at"]);
    let body = json!({"name": "x", "scopes": ["read"], "user": user});
    let system = server.call("POST", "/v1/ops/tenants/system/keys", Some(server.operator()), Some(&body));
    system.error(403, "insufficient_role");
}

#[test]
fn a_key_has_a_rate_of_its_own_and_shares_its_users_plan() {
    let server = Appliance::start(&[("limits.key", "1/h, burst 2")]);
    let tenant = server.tenant();
    let (_, usual, _) = key(&server, &tenant, &json!({}));
    let (_, faster, user) = key(&server, &tenant, &json!({"rate": "1/h, burst 4"}));
    let passed =
        |text: &str| (0..10).filter(|_| server.call("GET", "/v1/charts", Some(text), None).status == 200).count();
    assert_eq!((passed(&usual), passed(&faster)), (2, 4));
    let refused = server.call("GET", "/v1/charts", Some(&faster), None);
    assert_eq!(refused.error(429, "rate_limited")["details"]["scope"], "key");
    let plan = format!("/v1/ops/tenants/{tenant}/users/{user}/plan");
    let held = server.call("PUT", &plan, Some(server.operator()), Some(&json!({"plan": "basic-entry"})));
    assert_eq!(held.data(200)["quota"]["counts"][0]["limit"], 5);
}
