//! Rulesets from outside: who may change them, what is refused, and that charts are made with the one that serves.

use serde_json::{Value, json};

use crate::support::{Appliance, einstein, shared, unique};

const LIST: &str = "/v1/ops/rulesets";

/// A new draft of `modern-1.0.0` under a name of its own.
fn draft(server: &Appliance, changes: &Value) -> String {
    let name = format!("mine-{}", unique());
    let body = json!({"source": "modern-1.0.0", "new_name": name, "new_version": "0.1.0", "changes": changes});
    let made = server.call("POST", "/v1/ops/rulesets/clone", Some(server.operator()), Some(&body));
    assert_eq!(made.data(201)["state"], "draft");
    format!("{LIST}/{name}/0.1.0")
}

#[test]
fn rulesets_are_the_operators_alone() {
    let server = shared();
    let person = server.person();
    let body = json!({"source": "modern-1.0.0", "new_version": "9.9.9"});
    for (method, path, body) in [
        ("GET", LIST, None),
        ("GET", "/v1/ops/rulesets/modern/1.0.0", None),
        ("POST", "/v1/ops/rulesets/clone", Some(&body)),
        ("PUT", "/v1/ops/rulesets/modern/1.0.0", Some(&body)),
        ("PATCH", "/v1/ops/rulesets/modern/1.0.0", Some(&body)),
        ("DELETE", "/v1/ops/rulesets/modern/1.0.0", None),
        ("POST", "/v1/ops/rulesets/modern/1.0.0/lock", None),
        ("POST", "/v1/ops/rulesets/modern/1.0.0/activate", None),
    ] {
        server.call(method, path, Some(&person), body).error(403, "insufficient_role");
        server.call(method, path, None, body).error(401, "missing_access_token");
    }
    let list = server.call("GET", LIST, Some(server.operator()), None);
    let states: Vec<&str> = list.data(200)["rulesets"].as_array().unwrap()[..3]
        .iter()
        .map(|ruleset| ruleset["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["built_in"; 3]);
}

#[test]
fn a_draft_is_changed_and_a_locked_one_is_not() {
    let server = shared();
    let ops = Some(server.operator());
    let path = draft(server, &json!({"aspects": {"novile": {"enabled": true}}}));
    let wrong = json!({"aspects": {"trin": {"orb_deg": 3}, "square": {"orb_deg": 16}}});
    let refused = server.call("PATCH", &path, ops, Some(&wrong));
    refused.error(422, "invalid_fields");
    assert_eq!(refused.fields(), ["aspects.trin", "aspects.square.orb_deg"]);
    let errors = &refused.body["error"]["details"]["errors"];
    assert!(errors[0]["allowed"].as_str().unwrap().ends_with("nearest: trine"), "{errors}");
    assert_eq!((&errors[1]["given"], &errors[1]["allowed"]), (&json!("16"), &json!("a number from 0 to 15")));
    let patched = server.call("PATCH", &path, ops, Some(&json!({"parallels": {"orb_deg": 0.25}})));
    assert_eq!(patched.data(200)["document"]["parallels"]["orb_deg"], 0.25);
    let mut whole = patched.data(200)["document"].clone();
    whole["description"] = json!("Ours.");
    let replaced = server.call("PUT", &path, ops, Some(&whole));
    assert_eq!(replaced.data(200)["description"], "Ours.");
    server.call("POST", &format!("{path}/activate"), ops, None).error(409, "ruleset_not_locked");
    let key = format!("lock-{}", unique());
    let lock = || server.call_with("POST", &format!("{path}/lock"), ops, None, &[("idempotency-key", &key)]);
    assert_eq!(lock().data(200)["state"], "locked");
    let again = lock();
    assert_eq!(
        (again.data(200)["state"].as_str(), again.header("idempotency-replayed")),
        (Some("locked"), Some("true"))
    );
    for (method, path, body) in [
        ("PATCH", path.as_str(), Some(&whole)),
        ("PUT", &path, Some(&whole)),
        ("DELETE", &path, None),
        ("POST", &format!("{path}/lock"), None),
        ("PUT", "/v1/ops/rulesets/modern/1.0.0", Some(&whole)),
        ("POST", "/v1/ops/rulesets/strict/1.0.0/lock", None),
    ] {
        let refused = server.call(method, path, ops, body);
        let code = if method == "PATCH" { refused.body["error"]["code"].as_str().unwrap() } else { "ruleset_locked" };
        assert!(matches!(code, "ruleset_locked" | "invalid_fields"), "{}", refused.text);
        assert_eq!(refused.status, if code == "ruleset_locked" { 409 } else { 422 });
    }
    server.call("PATCH", &path, ops, Some(&json!({"description": "x"}))).error(409, "ruleset_locked");
    for missing in ["none/1.0.0", "modern/1", "modern/1.0.1"] {
        server.call("GET", &format!("{LIST}/{missing}"), ops, None).error(404, "ruleset_not_found");
    }
    let other = draft(server, &json!({}));
    server.call("DELETE", &other, ops, None).data(200);
    server.call("GET", &other, ops, None).error(404, "ruleset_not_found");
}

#[test]
fn a_clone_is_made_once_and_says_what_is_wrong() {
    let server = shared();
    let ops = Some(server.operator());
    let clone = |body: &Value, key: &str| {
        server.call_with("POST", "/v1/ops/rulesets/clone", ops, Some(body), &[("idempotency-key", key)])
    };
    let version = format!("1.{}.0", unique() % 9000 + 1);
    let body = json!({"source": "strict-1.0.0", "new_version": version});
    let key = format!("clone-{}", unique());
    let first = clone(&body, &key);
    assert_eq!(first.data(201)["id"], format!("strict-{version}"));
    assert_eq!(clone(&body, &key).data(201)["id"], first.data(201)["id"]);
    clone(&body, &format!("{key}-other")).error(409, "ruleset_exists");
    let body = json!({"source": "none-1.0.0", "new_version": "1.0.0"});
    clone(&body, &format!("{key}-none")).error(404, "ruleset_not_found");
    let body = json!({"source": "strict-1.0.0", "new_version": "one", "new_name": "Strict"});
    assert_eq!(clone(&body, &format!("{key}-wrong")).fields(), ["new_version", "new_name"]);
    let body = json!({"source": "strict-1.0.0", "new_version": "7.7.7", "changes": {"name": "other"}});
    assert_eq!(clone(&body, &format!("{key}-name")).fields(), ["changes.name"]);
    let body =
        json!({"source": "strict-1.0.0", "new_version": "7.7.7", "changes": {"patterns": {"stellium_points": 2}}});
    assert_eq!(clone(&body, &format!("{key}-range")).fields(), ["changes.patterns.stellium_points"]);
}

/// On an appliance of its own, since what serves, serves everybody.
#[test]
fn charts_are_made_with_the_ruleset_that_serves_and_keep_it() {
    let server = Appliance::start(&[]);
    let ops = Some(server.operator());
    let person = server.person();
    let chart = |ruleset: Option<&str>| {
        let mut body = einstein();
        if let Some(ruleset) = ruleset {
            body["ruleset"] = json!(ruleset);
        }
        server.call("POST", "/v1/charts", Some(&person), Some(&body))
    };
    let aspects = |chart: &Value| -> Vec<String> {
        let list = chart["aspects"].as_array().unwrap();
        list.iter().map(|hit| hit["aspect"].as_str().unwrap().to_owned()).collect()
    };
    let majors = ["conjunction", "sextile", "square", "trine", "opposition"];
    let is_major = |name: &String| majors.contains(&name.as_str());
    let before = chart(None);
    let kept = before.data(201).clone();
    assert_eq!(kept["versions"]["ruleset"], "modern-1.0.0");
    assert!(!aspects(&kept).iter().all(is_major), "the minor aspects count");
    let strict = chart(Some("strict-1.0.0"));
    assert_eq!(strict.data(201)["versions"]["ruleset"], "strict-1.0.0");
    assert!(aspects(strict.data(201)).iter().all(is_major));
    let unknown = chart(Some("mine-0.1.0"));
    unknown.error(422, "invalid_fields");
    assert_eq!(unknown.fields(), ["ruleset"]);
    let path = draft(&server, &json!({"aspects": {"trine": {"enabled": false}}}));
    server.call("POST", &format!("{path}/lock"), ops, None).data(200);
    let audit = || server.call("GET", "/v1/ops/audit/verify", ops, None).data(200).clone();
    let entries = audit()["entries"].as_u64().unwrap();
    let active = server.call("POST", &format!("{path}/activate"), ops, None);
    let id = active.data(200)["id"].clone();
    assert_eq!(active.data(200)["active"], true);
    assert_eq!(
        audit(),
        json!({"intact": true, "tenants": audit()["tenants"], "entries": entries + 1, "first_problem": null})
    );
    let after = chart(None);
    assert_eq!(after.data(201)["versions"]["ruleset"], id);
    assert!(aspects(after.data(201)).iter().all(|name| name != "trine"));
    assert!(aspects(&kept).iter().any(|name| name == "trine"));
    let old = server.call("GET", &format!("/v1/charts/{}", kept["id"].as_str().unwrap()), Some(&person), None);
    assert_eq!((&old.data(200)["aspects"], &old.data(200)["versions"]), (&kept["aspects"], &kept["versions"]));
    let shown = server.call("GET", "/v1/reference-data", Some(&person), None);
    assert_eq!(shown.data(200)["active_ruleset"], id);
    server.call("POST", "/v1/ops/rulesets/modern/1.0.0/activate", ops, None).data(200);
    assert_eq!(chart(None).data(201)["aspects"], kept["aspects"]);
}

#[test]
fn reference_data_name_everything_in_both_languages() {
    let server = shared();
    let person = server.person();
    server.call("GET", "/v1/reference-data", None, None).error(401, "missing_access_token");
    let all = server.call("GET", "/v1/reference-data", Some(&person), None);
    let data = all.data(200);
    let count = |key: &str| data[key].as_array().unwrap().len();
    assert_eq!(
        [count("signs"), count("houses"), count("aspects"), count("elements"), count("modalities")],
        [12, 12, 20, 4, 3]
    );
    assert!(count("bodies") == 21 && count("points") == 9 && count("house_systems") >= 5 && count("ayanamsas") == 7);
    for key in
        ["bodies", "points", "signs", "houses", "aspects", "elements", "modalities", "house_systems", "ayanamsas"]
    {
        for item in data[key].as_array().unwrap() {
            assert!(item["name"]["en"] != "" && item["name"]["fr"] != "", "{item}");
        }
    }
    let quincunx = data["aspects"].as_array().unwrap().iter().find(|aspect| aspect["code"] == "quincunx").unwrap();
    let expected = json!({"code": "quincunx", "name": {"en": "Quincunx", "fr": "Quinconce"}, "angle_deg": 150.0,
        "family": "minor", "nature": "tense", "enabled": true});
    assert_eq!(quincunx, &expected);
    let active = server.call("GET", "/v1/reference-data/active", Some(&person), None);
    assert_eq!(active.data(200)["document"]["aspects"]["quincunx"]["orb_deg"], 3.0);
    let strict = server.call("GET", "/v1/reference-data/active?ruleset=strict-1.0.0", Some(&person), None);
    assert_eq!(strict.data(200)["id"], "strict-1.0.0");
    let none = server.call("GET", "/v1/reference-data/active?ruleset=none-1.0.0", Some(&person), None);
    assert_eq!(none.fields(), ["query.ruleset"]);
}

/// Einstein's Mercury and Saturn: the conjunction that applied at his birth (14 March 1879) was exact the day after
/// (Mercury 1.0° behind and faster by 0.9° to 1.8° a day).
#[test]
fn aspects_tell_when_they_are_exact() {
    let server = shared();
    let person = server.person();
    let made = server.call("POST", "/v1/charts", Some(&person), Some(&einstein()));
    let path = format!("/v1/charts/{}/aspects", made.data(201)["id"].as_str().unwrap());
    let found = server.call("GET", &path, Some(&person), None);
    let data = found.data(200);
    let hits: Vec<Value> = data["aspects"].as_array().unwrap().iter().map(|timed| timed["hit"].clone()).collect();
    assert_eq!(&Value::from(hits), &made.data(201)["aspects"]);
    let is_pair = |timed: &&Value| timed["hit"]["a"] == "mercury" && timed["hit"]["b"] == "saturn";
    let conjunction = data["aspects"].as_array().unwrap().iter().find(is_pair).unwrap();
    assert_eq!((&conjunction["hit"]["aspect"], &conjunction["hit"]["applying"]), (&json!("conjunction"), &json!(true)));
    assert!(conjunction["exact_after"].as_str().unwrap().starts_with("1879-03-15T"), "{conjunction}");
    for timed in data["aspects"].as_array().unwrap() {
        let later = timed["exact_after"].as_str().is_none_or(|at| at > "1879-03-14T10:50");
        let earlier = timed["exact_before"].as_str().is_none_or(|at| at < "1879-03-14T10:51");
        assert!(later && earlier, "{timed}");
    }
    assert_eq!((&data["patterns"], &data["parallels"]), (&made.data(201)["patterns"], &made.data(201)["parallels"]));
    server.call("GET", &path, Some(&server.person()), None).error(404, "chart_not_found");
}
