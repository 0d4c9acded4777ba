//! The real `openai` package against the appliance, by `tests/tools/openai_client.py`. The interpreter that has the package is
//! named by `OPENAI_TEST_PYTHON`, else `python3` is tried; without the package the test says aloud that it was skipped.

use std::io::Write;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::json;

use crate::support::Appliance;
use crate::upstream::{Act, Upstream, eventually};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/openai_client.py");
const MODEL: &str = "gpt-4o-mini";

/// An interpreter with the package; `None` where there is none, which is told past the harness that hides what tests print.
fn python() -> Option<&'static str> {
    static FOUND: OnceLock<Option<String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let named = std::env::var("OPENAI_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        let has_it = Command::new(&named).args(["-c", "import openai"]).output().is_ok_and(|o| o.status.success());
        if !has_it {
            let told = format!("\n!!! SKIPPED: {named} has no `openai` package; see OPENAI_TEST_PYTHON\n");
            std::io::stderr().write_all(told.as_bytes()).unwrap();
        }
        has_it.then_some(named)
    });
    found.as_deref()
}

fn counts() -> Upstream {
    Upstream::start(|_, _| Act::Says {
        pieces: vec!["One, ".into(), "two, ".into(), "three, ".into(), "four".into()],
        pause_ms: 5,
        usage: (1_000, 200),
    })
}

/// Runs the script as a program with a key of its own would.
#[track_caller]
fn run(python: &str, upstream: &Upstream, played: &str, changes: &[(&str, &str)]) -> Appliance {
    let mut settings =
        vec![("llm.route", "remote"), ("remote.base_url", upstream.base_url.as_str()), ("remote.model", MODEL)];
    settings.extend_from_slice(changes);
    let at = Appliance::start(&settings);
    let tenant = at.tenant();
    let (user, _) = at.member(&tenant, "user");
    let body = json!({"name": "a program", "user": user, "scopes": ["chat"]});
    let made = at.call("POST", &format!("/v1/ops/tenants/{tenant}/keys"), Some(at.operator()), Some(&body));
    let key = made.data(201)["secret"].as_str().unwrap();
    let url = format!("http://{}/v1", at.address);
    let output =
        Command::new(python).arg(SCRIPT).args([&url, key, MODEL, played]).env("NO_PROXY", "*").output().unwrap();
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", told(&output.stdout), told(&output.stderr));
    assert!(told(&output.stdout).starts_with("fine "), "{}", told(&output.stdout));
    at
}

#[test]
fn the_openai_package_is_served_as_it_expects() {
    let Some(python) = python() else { return };
    let upstream = counts();
    let at = run(python, &upstream, "usual", &[]);
    let sent = upstream.requests();
    assert!(sent.iter().any(|request| request["seed"] == 7 && request["temperature"] == 0.0), "{sent:?}");
    eventually("nothing stays open or held", || {
        let metrics = at.raw("GET", "/metrics", &[], None).text;
        ["ledger_reserved_usd 0\n", "llm_streams_open 0\n", "streams_open 0\n"]
            .iter()
            .all(|gauge| metrics.contains(gauge))
    });
}

#[test]
fn the_openai_package_waits_when_it_is_throttled_and_is_told_when_the_money_is_spent() {
    let Some(python) = python() else { return };
    run(python, &counts(), "throttled", &[("limits.key", "1/s, burst 2")]);
    run(python, &counts(), "spent", &[("budgets.default_usd", "0.000001"), ("budgets.default_block", "hard")]);
}
