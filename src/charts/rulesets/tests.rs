//! Rulesets through their life: drafted, changed, locked, activated; each change with its audit entry or not at all.

use serde_json::json;

use super::*;
use crate::ids::UserId;
use crate::store::tables::{AUDIT_HEADS, Role, STORE_TABLES};

const OPS: Actor = Actor::Console;

fn fresh() -> (tempfile::TempDir, Rulesets) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
    let ambient = Ambient::system();
    (dir, Rulesets::new(store, Auditor::new([1; 32], ambient.clone()), ambient))
}

fn id(text: &str) -> RulesetId {
    RulesetId::parse(text).unwrap()
}

fn code<T>(result: Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

fn entries(rulesets: &Rulesets) -> u64 {
    let report = rulesets.store.read(|view| audit::verify(view, &rulesets.auditor)).unwrap();
    assert_eq!(report.first_problem, None);
    report.entries
}

fn table(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of what is written beside a change")]
fn alone(_: &mut Tx<'_>) -> Result<()> {
    Ok(())
}

async fn cloned(rulesets: &Rulesets, name: &str) -> Kept {
    let id = id(name);
    let draft = rulesets.draft("modern-1.0.0", Some(&id.name), &id.version.to_string(), None).unwrap();
    rulesets.keep(&RequestContext::default(), &OPS, &draft, alone).await.unwrap();
    draft
}

#[tokio::test]
async fn a_ruleset_lives_from_draft_to_service_and_back() {
    let (_dir, rulesets) = fresh();
    let request = RequestContext::default();
    assert_eq!(rulesets.active().unwrap().id().to_string(), "modern-1.0.0");
    let wide = table(&json!({"aspects": {"trine": {"orb_deg": 7.5}, "novile": {"enabled": true}}}));
    let draft = rulesets.draft("modern-1.0.0", Some("mine"), "0.1.0", Some(wide)).unwrap();
    rulesets.keep(&request, &OPS, &draft, alone).await.unwrap();
    let mine = id("mine-0.1.0");
    let found = rulesets.get(&mine).unwrap();
    assert_eq!((found.state, found.active, found.source.as_deref()), (State::Draft, false, Some("modern-1.0.0")));
    assert_eq!(found.ruleset.document()["aspects"]["trine"]["orb_deg"], json!(7.5));
    assert_eq!(found.ruleset.aspects().count(), 12);
    assert_eq!(code(rulesets.activate(&request, &OPS, &mine, alone).await), Some(Code::RulesetNotLocked));
    assert_eq!(code(rulesets.chosen("ruleset", Some("mine-0.1.0"))), Some(Code::InvalidFields));
    let less = Change::Merge(table(&json!({"aspects": {"novile": null}, "parallels": {"orb_deg": 0.5}})));
    let changed = rulesets.change(&request, &OPS, &mine, less).await.unwrap();
    assert_eq!((changed.ruleset.aspects().count(), changed.ruleset.parallel_orb_deg()), (11, 0.5));
    rulesets.lock(&request, &OPS, &mine, alone).await.unwrap();
    let before = entries(&rulesets);
    let again = Change::Merge(table(&json!({"description": "x"})));
    assert_eq!(code(rulesets.change(&request, &OPS, &mine, again.clone()).await), Some(Code::RulesetLocked));
    assert_eq!(code(rulesets.lock(&request, &OPS, &mine, alone).await), Some(Code::RulesetLocked));
    assert_eq!(code(rulesets.delete(&request, &OPS, &mine).await), Some(Code::RulesetLocked));
    assert_eq!(code(rulesets.change(&request, &OPS, &id("modern-1.0.0"), again).await), Some(Code::RulesetLocked));
    assert_eq!(entries(&rulesets), before);
    rulesets.activate(&request, &OPS, &mine, alone).await.unwrap();
    assert_eq!(rulesets.active().unwrap().id(), &mine);
    assert_eq!(rulesets.chosen("ruleset", None).unwrap().id(), &mine);
    rulesets.activate(&request, &OPS, &id("modern-1.0.0"), alone).await.unwrap();
    assert_eq!(rulesets.active().unwrap().id().name, "modern");
    assert_eq!(entries(&rulesets), before + 2);
    let listed: Vec<(String, bool)> =
        rulesets.list().unwrap().iter().map(|kept| (kept.ruleset.id().to_string(), kept.active)).collect();
    let names = ["modern-1.0.0", "traditional-1.0.0", "strict-1.0.0", "mine-0.1.0"];
    assert_eq!(listed, names.map(|name| (name.to_owned(), name == "modern-1.0.0")));
}

#[tokio::test]
async fn operators_alone_and_only_when_it_can_be_audited() {
    let (_dir, rulesets) = fresh();
    let request = RequestContext::default();
    let draft = cloned(&rulesets, "mine-1.0.0").await;
    let mine = draft.ruleset.id().clone();
    for role in [Role::User, Role::Support, Role::EnterpriseAdmin] {
        let by = Actor::User(UserId([1; 16]), role);
        let none = Change::Merge(Map::new());
        assert_eq!(code(rulesets.keep(&request, &by, &draft, alone).await), Some(Code::InsufficientRole));
        assert_eq!(code(rulesets.change(&request, &by, &mine, none).await), Some(Code::InsufficientRole));
        assert_eq!(code(rulesets.lock(&request, &by, &mine, alone).await), Some(Code::InsufficientRole));
        assert_eq!(code(rulesets.activate(&request, &by, &mine, alone).await), Some(Code::InsufficientRole));
        assert_eq!(code(rulesets.delete(&request, &by, &mine).await), Some(Code::InsufficientRole));
    }
    let spoil = |tx: &mut Tx<'_>| {
        let mut head = tx.get(&AUDIT_HEADS, &SYSTEM_TENANT)?.unwrap();
        head.mac[0] ^= 1;
        tx.put(&AUDIT_HEADS, &SYSTEM_TENANT, &head)
    };
    rulesets.store.write(spoil).await.unwrap();
    assert_eq!(code(rulesets.lock(&request, &OPS, &mine, alone).await), Some(Code::AuditUnavailable));
    assert_eq!(code(rulesets.delete(&request, &OPS, &mine).await), Some(Code::AuditUnavailable));
    assert_eq!(rulesets.get(&mine).unwrap().state, State::Draft);
    let modern = id("strict-1.0.0");
    assert_eq!(code(rulesets.activate(&request, &OPS, &modern, alone).await), Some(Code::AuditUnavailable));
    assert_eq!(rulesets.active().unwrap().id().name, "modern");
}

#[tokio::test]
async fn what_is_written_beside_a_change_fails_with_it() {
    let (_dir, rulesets) = fresh();
    let request = RequestContext::default();
    let fails = |_: &mut Tx<'_>| Err(Code::IdempotencyInFlight.into());
    let draft = rulesets.draft("strict-1.0.0", None, "1.0.1", None).unwrap();
    let before = entries(&rulesets);
    assert_eq!(code(rulesets.keep(&request, &OPS, &draft, fails).await), Some(Code::IdempotencyInFlight));
    assert_eq!(
        code(rulesets.activate(&request, &OPS, &id("strict-1.0.0"), fails).await),
        Some(Code::IdempotencyInFlight)
    );
    assert_eq!(code(rulesets.get(draft.ruleset.id())), Some(Code::RulesetNotFound));
    assert_eq!((entries(&rulesets), rulesets.active().unwrap().id().name.as_str()), (before, "modern"));
}

#[tokio::test]
async fn names_are_taken_once_and_wrong_ones_are_told() {
    let (_dir, rulesets) = fresh();
    let request = RequestContext::default();
    let draft = cloned(&rulesets, "mine-1.0.0").await;
    assert_eq!(code(rulesets.keep(&request, &OPS, &draft, alone).await), Some(Code::RulesetExists));
    let like_builtin = rulesets.draft("mine-1.0.0", Some("strict"), "1.0.0", None).unwrap();
    assert_eq!(code(rulesets.keep(&request, &OPS, &like_builtin, alone).await), Some(Code::RulesetExists));
    assert_eq!(code(rulesets.draft("none-1.0.0", None, "1.1.0", None)), Some(Code::RulesetNotFound));
    let fields = |error: Error| -> Vec<String> {
        let errors = error.details()["errors"].as_array().unwrap().clone();
        errors.iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
    };
    let wrong = rulesets.draft("mine-1.0.0", Some("Mine"), "1", None).unwrap_err();
    assert_eq!(fields(wrong), ["new_version", "new_name"]);
    let wrong = table(&json!({"aspects": {"trine": {"orb_deg": 99}}, "rule": {}}));
    let wrong = rulesets.draft("mine-1.0.0", None, "2.0.0", Some(wrong)).unwrap_err();
    assert_eq!(fields(wrong), ["changes.rule", "changes.aspects.trine.orb_deg"]);
    let renamed = table(&json!({"name": "other", "version": "1.0.0"}));
    let wrong = rulesets.draft("mine-1.0.0", None, "2.0.0", Some(renamed)).unwrap_err();
    assert_eq!(fields(wrong), ["changes.name", "changes.version"]);
    let other = table(Ruleset::find_builtin("strict-1.0.0").unwrap().document());
    let mine = id("mine-1.0.0");
    let wrong = rulesets.change(&request, &OPS, &mine, Change::Replace(other.clone())).await.unwrap_err();
    assert_eq!(fields(wrong), ["name"]);
    let mut nameless = other;
    nameless.remove("name");
    let replaced = rulesets.change(&request, &OPS, &mine, Change::Replace(nameless)).await.unwrap();
    assert_eq!((replaced.ruleset.id(), replaced.ruleset.aspects().count()), (&mine, 5));
    rulesets.delete(&request, &OPS, &mine).await.unwrap();
    assert_eq!(code(rulesets.get(&mine)), Some(Code::RulesetNotFound));
}

/// The examples of RFC 7396, appendix A, that have an object as their result.
#[test]
fn a_merge_patch_does_as_the_rfc_says() {
    for (target, patch, result) in [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
        (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
        (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
        (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
        (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
        (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
    ] {
        let mut merged = target;
        merge(&mut merged, &patch);
        assert_eq!(merged, result);
    }
}
