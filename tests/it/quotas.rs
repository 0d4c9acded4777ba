//! Plans as people and operators meet them: the last message once, failures free, days that end in the tenant's zone.

use std::sync::Arc;
use std::thread;

use orrery::clock::{Ambient, ManualClock, SystemEntropy, UnixMs};
use serde_json::{Value, json};

use crate::support::{Answer, Appliance, einstein, shared, unique};
use crate::upstream::{Act, Upstream, eventually, quoted};

const QUESTION: &str = "What should I keep in mind at work?";

fn chart(server: &Appliance, token: &str) -> String {
    let made = server.call("POST", "/v1/charts", Some(token), Some(&einstein()));
    made.data(201)["id"].as_str().unwrap().to_owned()
}

fn ask(server: &Appliance, token: &str, chart: &str) -> Answer {
    server.call("POST", "/v1/chat/advise", Some(token), Some(&json!({"chart_id": chart, "question": QUESTION})))
}

fn choose(server: &Appliance, path: &str, plan: &str) -> Value {
    let path = format!("/v1/ops/tenants/{path}/plan");
    server.call("PUT", &path, Some(server.operator()), Some(&json!({"plan": plan}))).data(200).clone()
}

fn quota(server: &Appliance, token: &str) -> Value {
    server.call("GET", "/v1/quota", Some(token), None).data(200).clone()
}

#[test]
fn of_two_hundred_at_once_exactly_five_are_answered() {
    let server = shared();
    let tenant = server.tenant();
    let person = server.user(&tenant);
    choose(server, &tenant, "basic-entry");
    let chart = chart(server, &person);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let threads: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| (0..10).map(|_| ask(server, &person, &chart).status).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert_eq!((count(200), count(429), statuses.len()), (5, 195, 200));
    let kept = server.call("GET", &format!("/v1/charts/{chart}/answers"), Some(&person), None);
    assert_eq!(kept.data(200)["answers"].as_array().unwrap().len(), 5);
    let state = quota(server, &person);
    assert_eq!((&state["allowed"], &state["counts"][0]["remaining"]), (&json!(false), &json!(0)));
    let text = server.raw("GET", "/metrics", &[], None).text;
    assert!(text.contains(&format!("quota_consumed_total{{tenant=\"{tenant}\"}} 5")), "{text}");
    assert!(text.contains(&format!("quota_refused_total{{tenant=\"{tenant}\"}} 195")), "{text}");
}

/// An appliance that asks a slow model, and five messages a day.
fn slow(upstream: &Upstream) -> Appliance {
    Appliance::start(&[
        ("llm.route", "remote"),
        ("remote.base_url", &upstream.base_url),
        ("remote.model", "gpt-4o-mini"),
        ("quotas.default_plan", "basic-entry"),
    ])
}

fn slowly() -> Upstream {
    Upstream::start(|_, request| Act::Says { pieces: quoted(request), pause_ms: 40, usage: (900, 100) })
}

/// Two hundred requests at once.
fn storm(server: &Appliance, path: &str, token: &str, accept: &str, body: &Value) -> Vec<Answer> {
    let (bearer, body) = (format!("Bearer {token}"), serde_json::to_vec(body).unwrap());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json"), ("accept", accept)];
    let (start, at_once) = (std::sync::Barrier::new(200), || thread::Builder::new().stack_size(512 * 1024));
    thread::scope(|scope| {
        let send = || {
            start.wait();
            server.raw("POST", path, &headers, Some(&body))
        };
        let threads: Vec<_> = (0..200).map(|_| at_once().spawn_scoped(scope, send).unwrap()).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    })
}

#[track_caller]
fn assert_refused_by_the_plan(refused: &[&Answer]) {
    for answer in refused {
        answer.error(429, "quota_exceeded");
        assert!(answer.header("retry-after").is_some() && !answer.text.contains("event:"), "{}", answer.text);
    }
}

#[track_caller]
fn assert_counted(server: &Appliance, consumed: u64, refused: u64) {
    let text = || server.raw("GET", "/metrics", &[], None).text;
    let sum = |text: &str, name: &str| -> u64 {
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    };
    let (of_plans, by_plans) = ("quota_consumed_total{", "quota_refused_total{");
    let seen = |text: &str| (sum(text, of_plans), sum(text, by_plans));
    eventually("the metrics tell them", || seen(&text()) == (consumed, refused));
}

#[test]
fn of_two_hundred_streams_at_once_exactly_five_tell_a_text() {
    let upstream = slowly();
    let server = slow(&upstream);
    let person = server.person();
    let body = json!({"chart_id": chart(&server, &person), "question": QUESTION});
    let answers = storm(&server, "/v1/chat/advise", &person, "text/event-stream", &body);
    let (told, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((told.len(), refused.len()), (5, 195));
    assert!(told.iter().all(|answer| answer.text.contains("event: done") && answer.header("x-quota-limit").is_some()));
    assert_refused_by_the_plan(&refused);
    assert_eq!((upstream.requests().len(), &quota(&server, &person)["counts"][0]["consumed"]), (5, &json!(5)));
    assert_counted(&server, 5, 195);
}

#[test]
fn of_two_hundred_questions_at_once_no_more_reach_the_model_than_the_plan_allows() {
    let upstream = slowly();
    let server = slow(&upstream);
    let person = server.person();
    let body = json!({"chart_id": chart(&server, &person), "question": QUESTION});
    let answers = storm(&server, "/v1/chat/advise", &person, "application/json", &body);
    let (told, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((told.len(), refused.len(), upstream.requests().len()), (5, 195, 5));
    assert_refused_by_the_plan(&refused);
    assert_counted(&server, 5, 195);
}

#[test]
fn conversations_hold_their_place_within_a_plan_too() {
    let upstream =
        Upstream::start(|_, _| Act::Says { pieces: vec!["Yes, ".into(), "no.".into()], pause_ms: 150, usage: (9, 9) });
    let server = slow(&upstream);
    let person = server.person();
    let body = json!({"model": "gpt-4o-mini", "stream": true, "messages": [{"role": "user", "content": "Is it?"}]});
    let answers = storm(&server, "/v1/chat/completions", &person, "*/*", &body);
    let (told, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((told.len(), refused.len(), upstream.requests().len()), (5, 195, 5));
    assert!(told.iter().all(|answer| answer.text.contains("[DONE]") && answer.header("x-quota-limit") == Some("5")));
    assert!(refused.iter().all(|answer| answer.body["error"]["code"] == "quota_exceeded" && answer.status == 429));
    assert_counted(&server, 5, 195);
}

#[test]
fn what_was_not_answered_costs_nothing_and_neither_does_a_replay() {
    let server = shared();
    let tenant = server.tenant();
    let person = server.user(&tenant);
    choose(server, &tenant, "basic-entry");
    let chart = chart(server, &person);
    ask(server, &person, "cht_0192f000000070008000000000000000").error(404, "chart_not_found");
    let empty = json!({"chart_id": chart, "question": ""});
    server.call("POST", "/v1/chat/advise", Some(&person), Some(&empty)).error(422, "invalid_fields");
    assert_eq!(quota(server, &person)["counts"][0]["consumed"], 0);
    let body = json!({"chart_id": chart, "question": QUESTION});
    let send =
        || server.call_with("POST", "/v1/chat/advise", Some(&person), Some(&body), &[("idempotency-key", "one")]);
    for replayed in [None, Some("true"), Some("true")] {
        let answer = send();
        answer.data(200);
        assert_eq!(answer.header("idempotency-replayed"), replayed);
        assert_eq!((answer.header("x-quota-limit"), answer.header("x-quota-remaining")), (Some("5"), Some("4")));
    }
    let old = json!({"chart_id": chart, "question": QUESTION});
    let answer = server.call("POST", "/chat/advise", Some(&person), Some(&old));
    assert_eq!((answer.status, answer.header("x-quota-remaining")), (200, Some("3")), "the old path counts too");
}

#[test]
fn the_day_ends_at_midnight_of_the_tenants_zone() {
    // 2026-10-24T21:59:00Z is 23:59 in Paris, on the eve of the day of 25 hours.
    let clock = Arc::new(ManualClock::at(UnixMs(1_792_879_140_000)));
    let ambient = Ambient::new(Arc::<ManualClock>::clone(&clock), Arc::new(SystemEntropy));
    let long =
        [("auth.access_token_s", "86400"), ("auth.refresh_token_s", "604800"), ("quotas.default_plan", "basic-entry")];
    let server = Appliance::start_at(&long, ambient);
    let person = server.person();
    let chart = chart(&server, &person);
    for left in ["4", "3", "2", "1", "0"] {
        let answer = ask(&server, &person, &chart);
        answer.data(200);
        assert_eq!(answer.header("x-quota-remaining"), Some(left));
        assert_eq!(answer.header("x-quota-reset"), Some("1792879200"));
    }
    let refused = ask(&server, &person, &chart);
    let details = refused.error(429, "quota_exceeded")["details"].clone();
    assert_eq!((&details["day"], &details["zone"]), (&json!("2026-10-24"), &json!("Europe/Paris")));
    assert_eq!(
        (&details["resets_at"], refused.header("retry-after")),
        (&json!("2026-10-24T22:00:00.000Z"), Some("60"))
    );
    assert_eq!((&details["limit"], &details["consumed"], &details["remaining"]), (&json!(5), &json!(5), &json!(0)));
    assert_eq!((&details["plan"], &details["scope"]), (&json!("basic-entry"), &json!("user_day")));
    clock.advance_ms(60_000);
    let answer = ask(&server, &person, &chart);
    answer.data(200);
    assert_eq!(answer.header("x-quota-remaining"), Some("4"));
    // The new day lasts 25 hours.
    assert_eq!(answer.header("x-quota-reset"), Some("1792969200"));
}

#[test]
fn plans_change_by_version_and_by_holder() {
    let server = shared();
    let ops = Some(server.operator());
    let tenant = server.tenant();
    let (id, person) = server.member(&tenant, "user");
    let first = quota(server, &person);
    assert_eq!(
        (&first["plan"], &first["zone"], &first["allowed"]),
        (&json!("unmetered"), &json!("Europe/Paris"), &json!(true))
    );
    let code = format!("club-{}", unique());
    let make = |bounds: Value| {
        server.call("POST", "/v1/ops/plans", ops, Some(&json!({"code": code, "name": "Club", "bounds": bounds})))
    };
    assert_eq!(make(json!({"user_per_day": 1})).data(201)["version"], 1);
    choose(server, &tenant, &code);
    let chart = chart(server, &person);
    ask(server, &person, &chart).data(200);
    ask(server, &person, &chart).error(429, "quota_exceeded");
    assert_eq!(make(json!({"user_per_day": 2, "tenant_per_day": 3})).data(201)["version"], 2);
    ask(server, &person, &chart).data(200);
    ask(server, &person, &chart).error(429, "quota_exceeded");
    let own = choose(server, &format!("{tenant}/users/{id}"), "premium");
    assert_eq!((&own["source"], &own["plan"]["version"]), (&json!("user"), &json!(1)));
    ask(server, &person, &chart).data(200);
    let refused = ask(server, &person, &chart);
    assert_eq!(refused.error(429, "quota_exceeded")["details"]["scope"], "tenant_day");
    let reset = server.call("POST", &format!("/v1/ops/tenants/{tenant}/quota/reset"), ops, None);
    assert_eq!(reset.data(200)["counts"][0]["consumed"], 0);
    ask(server, &person, &chart).data(200);
    let cleared = server.call("DELETE", &format!("/v1/ops/tenants/{tenant}/users/{id}/plan"), ops, None);
    assert_eq!(cleared.data(200)["source"], "tenant");
    ask(server, &person, &chart).error(429, "quota_exceeded");
    server.call("POST", &format!("/v1/ops/tenants/{tenant}/users/{id}/quota/reset"), ops, None).data(200);
    ask(server, &person, &chart).data(200);
    let held = choose(server, &tenant, &format!("{code}@1"));
    assert_eq!((&held["choice"], &held["plan"]["version"]), (&json!(format!("{code}@1")), &json!(1)));
    let versions = server.call("GET", &format!("/v1/ops/plans/{code}"), ops, None);
    assert_eq!(versions.data(200)["plans"].as_array().unwrap().len(), 2);
}

#[test]
fn plans_are_the_operators_business_and_wrong_ones_are_told() {
    let server = shared();
    let ops = Some(server.operator());
    let tenant = server.tenant();
    let person = server.user(&tenant);
    let plan_path = format!("/v1/ops/tenants/{tenant}/plan");
    for (method, path) in [("GET", "/v1/ops/plans"), ("GET", plan_path.as_str()), ("DELETE", plan_path.as_str())] {
        server.call(method, path, Some(&person), None).error(403, "insufficient_role");
    }
    let choose = |plan: &str| server.call("PUT", &plan_path, ops, Some(&json!({"plan": plan})));
    choose("golden").error(404, "plan_not_found");
    choose("premium@7").error(404, "plan_not_found");
    assert_eq!(
        {
            choose("Premium!").error(422, "invalid_fields");
            choose("Premium!").fields()
        },
        ["plan"]
    );
    server.call("GET", "/v1/ops/tenants/nobody/plan", ops, None).error(404, "tenant_not_found");
    let stranger = format!("/v1/ops/tenants/{tenant}/users/usr_0192f000000070008000000000000000/plan");
    server.call("GET", &stranger, ops, None).error(404, "user_not_found");
    let wrong = json!({"code": "Big Plan", "name": " ", "bounds": {"user_per_day": 2_000_000_000}});
    let wrong = server.call("POST", "/v1/ops/plans", ops, Some(&wrong));
    wrong.error(422, "invalid_fields");
    assert_eq!(wrong.fields(), ["code", "name", "user_per_day"]);
    let all = server.call("GET", "/v1/ops/plans", ops, None);
    let codes: Vec<_> = all.data(200)["plans"].as_array().unwrap().iter().take(5).map(|p| p["code"].clone()).collect();
    assert_eq!(codes, ["unmetered", "basic-entry", "premium", "business-starter", "business-scale"]);
}
