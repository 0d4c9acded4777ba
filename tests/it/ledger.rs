//! Money from outside: budgets, usage, prices and the check of the ledger, over HTTP and at the command line.

use std::process::Command;

use orrery::ids::{ApiKeyId, TenantId, UserId};
use orrery::tenants::ledger::{Actual, Bound, Outcome, Purpose, Verdict};
use orrery::tokens::{Count, Method, MicroUsd};
use serde_json::{Value, json};

use crate::support::{Appliance, shared, unique};

const BUDGETS: &str = "/v1/ops/budgets";

/// A call of gpt-4o-mini ($0.15 and $0.60 a million tokens) by this person; what it was charged, or the refusal's code.
fn call(server: &Appliance, tenant: &str, user: UserId, input: u64, output: u64) -> Result<MicroUsd, &'static str> {
    let tenant = server.app().tenants().by_slug(tenant).unwrap().id;
    let purpose = Purpose { tenant, user: Some(user), key: None, model: "gpt-4o-mini".into(), remote: true };
    call_for(server, purpose, input, output)
}

fn call_for(server: &Appliance, purpose: Purpose, input: u64, output: u64) -> Result<MicroUsd, &'static str> {
    let (app, by) = (std::sync::Arc::clone(server.app()), Method::Api);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async move {
        let bound = Bound { prompt_tokens: input, output_tokens: output };
        match app.ledger().reserve(&purpose, bound, "it").await {
            Ok(Verdict::Granted(held)) => {
                let (input, output) = (Count::new(input, by), Count::new(output, by));
                let actual = Actual { input, cached_tokens: 0, output };
                Ok(held.settle_alone(actual, Outcome::Whole).await.unwrap().charged)
            }
            Ok(Verdict::Degraded(_)) => Err("degraded"),
            Ok(Verdict::Free) => Err("free"),
            Err(error) => Err(error.code().as_str()),
        }
    })
}

fn id_of(server: &Appliance, token: &str) -> UserId {
    let me = server.call("GET", "/v1/auth/me", Some(token), None);
    me.data(200)["id"].as_str().unwrap().parse().unwrap()
}

#[test]
fn money_is_the_operators_and_each_sees_their_own_usage() {
    let server = shared();
    let person = server.person();
    let body = json!({"tenant": "system", "window": "day", "limit_usd": "1"});
    let name = json!({"tenant": "system", "window": "day"});
    for (method, path, body) in [
        ("GET", BUDGETS, None),
        ("PUT", BUDGETS, Some(&body)),
        ("DELETE", "/v1/ops/budgets?tenant=system&window=day", None),
        ("POST", "/v1/ops/budgets/reset", Some(&name)),
        ("GET", "/v1/ops/usage", None),
        ("GET", "/v1/ops/prices", None),
        ("GET", "/v1/ops/ledger/verify", None),
    ] {
        server.call(method, path, Some(&person), body).error(403, "insufficient_role");
        server.call(method, path, None, body).error(401, "missing_access_token");
    }
    server.call("GET", "/v1/usage", None, None).error(401, "missing_access_token");
    let own = server.call("GET", "/v1/usage", Some(&person), None);
    assert_eq!((&own.data(200)["days"], &own.data(200)["total"]["cost_usd"]), (&json!([]), &json!("0.000000")));
    assert_eq!(server.call("GET", "/v1/usage?from=x", Some(&person), None).fields(), ["query.from"]);
    assert_eq!(server.call("GET", "/v1/usage?from=2020-01-01", Some(&person), None).fields(), ["query.to"]);
    assert_eq!(server.call("GET", "/v1/usage?tenant=acme", Some(&person), None).fields(), ["query.tenant"]);
}

#[test]
fn a_budget_is_set_used_up_reset_and_removed() {
    let server = shared();
    let ops = Some(server.operator());
    let tenant = server.tenant();
    let person = server.user(&tenant);
    let user = id_of(server, &person);
    let set = |limit: &str, block: &str| {
        let body = json!({"tenant": tenant, "window": "month", "limit_usd": limit, "block": block});
        server.call("PUT", BUDGETS, ops, Some(&body)).data(200).clone()
    };
    let made = set("0.90", "hard");
    assert_eq!((&made["limit_usd"], &made["remaining_usd"]), (&json!("0.900000"), &json!("0.900000")));
    assert_eq!((&made["scope"]["kind"], &made["unlimited"]), (&json!("tenant"), &json!(false)));
    // By hand: 2 M tokens of the prompt at $0.15 and 0.5 M of the answer at $0.60 a million are $0.60.
    assert_eq!(call(server, &tenant, user, 2_000_000, 500_000), Ok(MicroUsd(600_000)));
    assert_eq!(call(server, &tenant, user, 2_000_001, 0), Err("budget_exhausted"));
    assert_eq!(call(server, &tenant, user, 2_000_000, 0), Ok(MicroUsd(300_000)));
    set("0.90", "soft");
    assert_eq!(call(server, &tenant, user, 1, 0), Err("degraded"));
    let own = server.call("GET", "/v1/usage", Some(&person), None);
    let total = &own.data(200)["total"];
    assert_eq!((&total["calls"], &total["cost_usd"]), (&json!(2), &json!("0.900000")));
    assert_eq!(own.data(200)["days"].as_array().unwrap().len(), 1);
    let listed = server.call("GET", &format!("{BUDGETS}?tenant={tenant}"), ops, None);
    let budget = &listed.data(200)["budgets"][0];
    assert_eq!(
        (&budget["spent_usd"], &budget["percent"], &budget["warning"]),
        (&json!("0.900000"), &json!(100), &json!(true))
    );
    let (key, name) = (format!("reset-{}", unique()), json!({"tenant": tenant, "window": "month"}));
    let reset = || server.call_with("POST", "/v1/ops/budgets/reset", ops, Some(&name), &[("idempotency-key", &key)]);
    assert_eq!(reset().data(200)["reset"], true);
    assert_eq!(call(server, &tenant, user, 2_000_000, 0), Ok(MicroUsd(300_000)));
    // The same key again resets nothing more.
    assert_eq!(reset().header("idempotency-replayed"), Some("true"));
    let listed = server.call("GET", &format!("{BUDGETS}?tenant={tenant}"), ops, None);
    assert_eq!(listed.data(200)["budgets"][0]["spent_usd"], "0.300000");
    let lifted = set("-5", "hard");
    assert_eq!(
        (&lifted["unlimited"], &lifted["limit_usd"], &lifted["set_by"]),
        (&json!(true), &Value::Null, &json!("operator"))
    );
    let path = format!("{BUDGETS}?tenant={tenant}&window=month");
    assert_eq!(server.call("DELETE", &path, ops, None).data(200)["set_by"], "settings");
    server.call("DELETE", &path, ops, None).error(404, "budget_not_found");
    let report = server.call("GET", "/v1/ops/ledger/verify", ops, None);
    assert_eq!((&report.data(200)["intact"], &report.data(200)["problems"]), (&json!(true), &json!(0)));
    assert_eq!(server.call("GET", "/v1/ops/audit/verify", ops, None).data(200)["intact"], true);
    let metrics = server.call("GET", "/metrics", None, None).text;
    assert!(metrics.contains("llm_cost_usd_total{model=\"gpt-4o-mini\""), "no cost is counted");
    assert!(metrics.contains("ledger_reserved_usd 0"), "something is held");
}

#[test]
fn a_limit_of_a_key_holds_whatever_the_key_is_rotated_into() {
    let server = shared();
    let ops = Some(server.operator());
    let tenant = server.tenant();
    let (user, _) = server.member(&tenant, "user");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let keys = format!("/v1/ops/tenants/{tenant}/keys");
    let made = server.call("POST", &keys, ops, Some(&json!({"name": "k", "user": user, "scopes": ["chat"]})));
    let (first, secret) = (text(&made.data(201)["key"]["id"]), text(&made.data(201)["secret"]));
    let rotate = |id: &str| {
        let made = server.call("POST", &format!("{keys}/{id}/rotate"), ops, Some(&json!({"overlap_s": 0})));
        (text(&made.data(201)["key"]["id"]), text(&made.data(201)["secret"]))
    };
    // What the advisor charges, by who the text of a key proves to be. 1 M tokens of the prompt are $0.15.
    let spend = |secret: &str, tokens: u64| {
        let caller = server.app().identity().authenticate(secret).unwrap();
        let (tenant, user, key) = (caller.tenant, Some(caller.user), caller.key());
        let purpose = Purpose { tenant, user, key, model: "gpt-4o-mini".into(), remote: true };
        call_for(server, purpose, tokens, 0)
    };
    let set = |key: &str, limit: &str| {
        let body = json!({"tenant": tenant, "key": key, "window": "total", "limit_usd": limit, "block": "hard"});
        server.call("PUT", BUDGETS, ops, Some(&body))
    };
    assert_eq!(set(&first, "0.30").data(200)["scope"]["key"], json!(first));
    assert_eq!(spend(&secret, 1_000_000), Ok(MicroUsd(150_000)));
    let (second, secret) = rotate(&first);
    assert_eq!(spend(&secret, 1_000_001), Err("budget_exhausted"));
    assert_eq!(spend(&secret, 1_000_000), Ok(MicroUsd(150_000)));
    let (third, secret) = rotate(&second);
    assert_eq!(spend(&secret, 1), Err("budget_exhausted"));
    // Any key of the line names the line.
    let raised = set(&third, "0.45");
    let raised = raised.data(200);
    assert_eq!((&raised["scope"]["key"], &raised["spent_usd"]), (&json!(first), &json!("0.300000")));
    assert_eq!(spend(&secret, 1_000_000), Ok(MicroUsd(150_000)));
    let get = |query: &str| server.call("GET", &format!("/v1/ops/usage?tenant={tenant}&{query}"), ops, None);
    let by_key = get("by=key");
    let rows = by_key.data(200)["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["usage"]["cost_usd"]), (1, &json!("0.450000")));
    assert_eq!(get(&format!("by=day&key={second}")).data(200)["rows"][0]["usage"]["calls"], 3);
    let path = format!("{BUDGETS}?tenant={tenant}&key={second}&window=total");
    server.call("DELETE", &path, ops, None).data(200);
    server.call("DELETE", &path, ops, None).error(404, "budget_not_found");
    // A limit on a key that is not the tenant's would hold nobody.
    set(&ApiKeyId([9; 16]).to_string(), "1").error(404, "api_key_not_found");
    let other = server.tenant();
    let body = json!({"tenant": other, "key": first, "window": "total", "limit_usd": "1"});
    server.call("PUT", BUDGETS, ops, Some(&body)).error(404, "api_key_not_found");
    let name = json!({"tenant": other, "key": first, "window": "total"});
    server.call("POST", "/v1/ops/budgets/reset", ops, Some(&name)).error(404, "api_key_not_found");
}

#[test]
fn usage_is_told_by_everything_as_json_and_csv() {
    let server = shared();
    let ops = Some(server.operator());
    let tenant = server.tenant();
    let users = [0; 3].map(|_| id_of(server, &server.user(&tenant)));
    for user in users {
        call(server, &tenant, user, 1_000_000, 0).unwrap();
    }
    let get = |query: &str| server.call("GET", &format!("/v1/ops/usage?{query}"), ops, None);
    let by_tenant = get(&format!("tenant={tenant}"));
    assert_eq!(by_tenant.data(200)["rows"][0]["usage"]["cost_usd"], "0.450000");
    let day = get(&format!("by=day&tenant={tenant}"));
    assert_eq!(
        (day.data(200)["rows"].as_array().unwrap().len(), &day.data(200)["rows"][0]["usage"]["calls"]),
        (1, &json!(3))
    );
    let one = get(&format!("by=day&tenant={tenant}&user={}", users[0]));
    assert_eq!(one.data(200)["rows"][0]["usage"]["cost_usd"], "0.150000");
    let first = get(&format!("by=user&tenant={tenant}&limit=2"));
    assert_eq!(first.data(200)["rows"].as_array().unwrap().len(), 2);
    let cursor = first.data(200)["next_cursor"].as_str().unwrap();
    let rest = get(&format!("by=user&tenant={tenant}&limit=2&cursor={cursor}"));
    assert_eq!((rest.data(200)["rows"].as_array().unwrap().len(), &rest.data(200)["next_cursor"]), (1, &Value::Null));
    let model = get(&format!("by=model&tenant={tenant}"));
    assert_eq!(model.data(200)["rows"][0]["scope"]["model"], "gpt-4o-mini");
    assert!(!get("by=model").data(200)["rows"].as_array().unwrap().is_empty());
    assert_eq!(get("by=user").fields(), ["query.tenant"]);
    assert_eq!(get("by=week").fields(), ["query.by"]);
    assert_eq!(get(&format!("by=user&tenant={tenant}&cursor=x")).fields(), ["query.cursor"]);
    get("by=user&tenant=nobody").error(404, "tenant_not_found");
    let bearer = format!("Bearer {}", server.operator());
    let headers = [("authorization", bearer.as_str()), ("accept", "text/csv")];
    let table = server.raw("GET", &format!("/v1/ops/usage?by=user&tenant={tenant}"), &headers, None);
    assert!(table.header("content-type").unwrap().starts_with("text/csv"), "{table:?}");
    let mut reader = csv::Reader::from_reader(table.text.as_bytes());
    let cost = reader.headers().unwrap().iter().position(|name| name == "cost_usd").unwrap();
    let costs: Vec<String> = reader.records().map(|row| row.unwrap()[cost].to_owned()).collect();
    assert_eq!(costs, ["0.150000"; 3]);
}

#[test]
fn what_is_wrong_about_a_budget_is_told_by_field() {
    let server = shared();
    let ops = Some(server.operator());
    let tenant = server.tenant();
    let put = |body: &Value| server.call("PUT", BUDGETS, ops, Some(body));
    for (body, fields) in [
        (json!({"tenant": tenant, "window": "week", "limit_usd": "1"}), vec!["window"]),
        (json!({"tenant": tenant, "window": "day", "limit_usd": "1,5", "block": "firm"}), vec!["limit_usd", "block"]),
        (json!({"tenant": tenant, "window": "day", "limit_usd": "0.0000001"}), vec!["limit_usd"]),
        (json!({"window": "day", "limit_usd": "1"}), vec!["tenant"]),
        (json!({"tenant": tenant, "user": "me", "window": "day", "limit_usd": "1"}), vec!["user"]),
        (json!({"tenant": tenant, "user": "x", "model": "y", "window": "day", "limit_usd": "1"}), vec!["user"]),
        (json!({"tenant": tenant, "model": "a b", "window": "day", "limit_usd": "1"}), vec!["model"]),
    ] {
        let refused = put(&body);
        refused.error(422, "invalid_fields");
        assert_eq!(refused.fields(), fields, "{body}");
    }
    put(&json!({"tenant": "nobody", "window": "day", "limit_usd": "1"})).error(404, "tenant_not_found");
    let stranger = UserId(TenantId([9; 16]).0).to_string();
    put(&json!({"tenant": tenant, "user": stranger, "window": "day", "limit_usd": "1"})).error(404, "user_not_found");
    let everywhere = put(&json!({"model": format!("m-{}", unique()), "window": "total", "limit_usd": "1"}));
    assert_eq!(everywhere.data(200)["scope"]["kind"], "model_everywhere");
    let prices = server.call("GET", "/v1/ops/prices", ops, None);
    let models = prices.data(200)["models"].as_array().unwrap();
    assert!(models.iter().any(|price| price["model"] == "gpt-4o" && price["output_usd"] == "10.000000"));
}

#[test]
fn the_command_line_sets_shows_and_checks() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let run = |args: &[&str], budget: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_orrery"))
            .args(args)
            .args(["--data-dir", data.to_str().unwrap()])
            .env("TENANT_DEFAULT_BUDGET_USD", budget)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code(), text)
    };
    let (code, text) = run(&["init", "--admin-email", "ops@example.org"], "0");
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = run(&["budget", "set", "--tenant", "system", "--limit", "12.5", "--block", "hard"], "0");
    assert!(code == Some(0) && text.contains("$0.000000 of $12.500000 spent") && text.contains("(hard)"), "{text}");
    let (_, text) = run(&["budget", "show"], "0");
    assert!(text.starts_with("system tenant, month:"), "{text}");
    let (code, text) = run(&["budget", "remove", "--tenant", "system"], "7");
    assert!(code == Some(0) && text.contains("$7.000000 spent") && text.contains("from the settings"), "{text}");
    let (code, text) = run(&["budget", "reset", "--tenant", "system"], "7");
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = run(&["ledger", "verify"], "0");
    assert!(code == Some(0) && text.starts_with("every balance is what its entries say"), "{text}");
    let (code, text) = run(&["usage"], "0");
    assert!(code == Some(0) && text.starts_with("date,tenant,scope,calls"), "{text}");
    let (code, text) = run(&["budget", "set", "--tenant", "nobody", "--limit", "1"], "0");
    assert!(code == Some(2) && text.contains("no such tenant"), "{text}");
    let (code, text) = run(&["budget", "set", "--tenant", "system", "--limit", "1,5"], "0");
    assert!(code == Some(2) && text.contains("limit_usd"), "{text}");
}
