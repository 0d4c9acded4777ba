//! `orrery eval answers` as an operator runs it: the composer against its data, thresholds, a model that speaks falsely.

use serde_json::Value;

use crate::cli::{assert_code, orrery, run, stderr, stdout};
use crate::support::Appliance;
use crate::upstream::{Act, Upstream, quoted};

fn figures(output: &std::process::Output) -> Value {
    let told: Value = serde_json::from_str(&stdout(output)).unwrap();
    told["providers"][0].clone()
}

fn good_and_all(of: &Value, figure: &str) -> (u64, u64) {
    let share = &of["all"]["figures"][figure];
    (share["good"].as_u64().unwrap(), share["of"].as_u64().unwrap())
}

#[test]
fn the_composer_contradicts_no_chart_keeps_the_language_and_knows_its_limits() {
    let output = run(&["eval", "answers", "--json", "--fail-under", "truth=100,language=100"]);
    assert_code(&output, 0);
    let found = figures(&output);
    for lang in ["en", "fr"] {
        assert!(found["languages"][lang]["questions"].as_u64().unwrap() >= 60, "{lang}");
    }
    assert_eq!(found["all"]["failed"], 0, "{}", found["faults"]);
    for (figure, least_percent, least_counted) in [
        ("truth", 100, 200),
        ("language", 100, 120),
        ("refusals", 90, 40),
        ("answered", 95, 90),
        ("citations", 90, 200),
        ("groundedness", 60, 500),
        ("supported_claims", 90, 300),
        ("rules", 90, 30),
    ] {
        let (good, of) = good_and_all(&found, figure);
        assert!(of >= least_counted, "{figure}: only {of} were looked at");
        assert!(good * 100 >= of * least_percent, "{figure}: {good} of {of}; {:#}", found["faults"]);
    }
    assert!(found["all"]["latency_ms"]["p99"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_threshold_that_is_not_met_fails_and_a_wrong_one_is_explained() {
    let output = run(&["eval", "answers", "--lang", "fr", "--limit", "3", "--fail-under", "groundedness=100"]);
    assert_code(&output, 1);
    assert!(stderr(&output).contains("composer: groundedness is "), "{}", stderr(&output));
    assert!(stdout(&output).contains("latency p95") && stdout(&output).contains("facts contradicted"));
    for arguments in [
        &["eval", "answers", "--fail-under", "beauty=3"][..],
        &["eval", "answers", "--provider", "oracle"],
        &["eval", "answers", "--url", "http://127.0.0.1:1"],
    ] {
        assert_code(&run(arguments), 2);
    }
}

/// A model is asked through the gateway; what it says falsely must have been left out, and is counted as such.
#[test]
fn a_model_that_speaks_falsely_keeps_fewer_sentences_and_no_false_one() {
    let upstream = Upstream::start(|_, request| {
        let mut pieces = quoted(request);
        let false_ones = ["Your Venus stands in every sign, and in Aquarius first. ", "You will marry in May. "];
        pieces.extend(false_ones.map(str::to_owned));
        Act::Says { pieces, pause_ms: 0, usage: (900, 100) }
    });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orrery.toml");
    let toml = format!("remote.base_url = {:?}\nremote.model = \"gpt-4o-mini\"\n", upstream.base_url);
    std::fs::write(&file, toml).unwrap();
    let config = ["--config", file.to_str().unwrap()];
    let arguments =
        [&["eval", "answers", "--provider", "remote", "--lang", "en", "--limit", "6", "--json"], &config[..]];
    let output = orrery(&arguments.concat()).output().unwrap();
    assert_code(&output, 0);
    let found = figures(&output);
    let (kept, said) = good_and_all(&found, "kept");
    assert!(kept > 0 && kept + 12 <= said, "{kept} of {said}");
    assert_eq!(good_and_all(&found, "by_provider"), (6, 6), "{found:#}");
    let (good, of) = good_and_all(&found, "truth");
    assert_eq!(good, of, "{:#}", found["faults"]);
}

#[test]
fn a_server_that_runs_is_asked_with_a_key_and_left_as_it_was() {
    let at = Appliance::start(&[]);
    let token = at.person();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, format!("{token}\n")).unwrap();
    let url = format!("http://{}", at.address);
    let arguments =
        ["eval", "answers", "--url", &url, "--token-file", file.to_str().unwrap(), "--limit", "4", "--json"];
    let output = run(&arguments);
    assert_code(&output, 0);
    assert_eq!(figures(&output)["all"]["questions"], 8);
    let list = at.call("GET", "/v1/charts", Some(&token), None);
    assert_eq!(list.data(200)["charts"], serde_json::json!([]), "the charts of the evaluation are gone");
    let mut remote = arguments.to_vec();
    remote.extend(["--provider", "remote"]);
    let output = run(&remote);
    assert_code(&output, 2);
    assert!(stderr(&output).contains("not on the route"), "{}", stderr(&output));
}
