//! `orrery tenant`, `plan` and `key` as an operator meets them, and what they leave for the server.

use std::path::Path;

use crate::cli::{assert_code, run, stderr, stdout};

/// Runs a command on this directory.
fn on(dir: &Path, words: &[&str]) -> std::process::Output {
    run(&[words, &["--data-dir", dir.to_str().unwrap()]].concat())
}

fn told(dir: &Path, words: &[&str]) -> String {
    let output = on(dir, words);
    assert_code(&output, 0);
    stdout(&output)
}

fn refused(dir: &Path, words: &[&str], part: &str) {
    let output = on(dir, words);
    assert_code(&output, 2);
    assert!(stderr(&output).contains(part), "{part:?} is not in {}", stderr(&output));
}

#[test]
fn tenants_plans_and_keys_are_looked_after_at_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("data");
    assert_code(&run(&["init", "--data-dir", dir.to_str().unwrap(), "--admin-email", "ada@example.org"]), 0);
    refused(&dir, &["tenant", "create", "acme", "--plan", "golden"], "no such plan");
    refused(&dir, &["tenant", "show", "acme"], "no such tenant");
    told(&dir, &["tenant", "create", "acme", "--zone", "Europe/Paris", "--plan", "business-starter"]);
    refused(&dir, &["tenant", "create", "a b", "--zone", "Mars/Phobos"], "zone Mars/Phobos");
    let shown = told(&dir, &["tenant", "show", "acme"]);
    assert!(shown.contains("plan business-starter (version 1, from tenant)"), "{shown}");
    assert!(shown.contains("tenant_month   0 of 10000"), "{shown}");
    told(&dir, &["tenant", "suspend", "acme"]);
    assert!(told(&dir, &["tenant", "list"]).contains("acme                     suspended"));
    told(&dir, &["tenant", "resume", "acme"]);
    assert!(told(&dir, &["plan", "create", "club", "--user-per-day", "3"]).starts_with("club@1"));
    assert!(told(&dir, &["plan", "create", "club", "--user-per-day", "4"]).starts_with("club@2"));
    let versions = told(&dir, &["plan", "show", "club"]);
    assert!(versions.contains("3 a day for each user") && versions.contains("4 a day for each user"), "{versions}");
    assert!(told(&dir, &["plan", "list"]).contains("basic-entry@1"));
    assert!(told(&dir, &["plan", "assign", "club@1", "--tenant", "acme"]).contains("club@1 (version 1, from tenant)"));
    assert!(
        told(&dir, &["plan", "assign", "none", "--tenant", "acme"]).contains("unmetered (version 1, from default)")
    );
    told(&dir, &["plan", "assign", "club", "--tenant", "acme"]);
    assert!(told(&dir, &["plan", "clear", "--tenant", "acme"]).contains("unmetered (version 1, from default)"));
    refused(&dir, &["plan", "clear", "--tenant", "nobody"], "no such tenant");
    refused(&dir, &["plan", "assign", "club@9", "--tenant", "acme"], "no such plan");
    let stranger = "usr_0192f000000070008000000000000000";
    let make = |scopes| ["key", "create", "--tenant", "acme", "--user", stranger, "--name", "sync", "--scopes", scopes];
    refused(&dir, &["plan", "clear", "--tenant", "acme", "--user", stranger], "no such user");
    refused(&dir, &make("read,everything"), "read, charts, chat");
    refused(&dir, &make("read"), "a user of the tenant");
    assert_eq!(told(&dir, &["key", "list", "--tenant", "acme"]).trim(), "");
    refused(&dir, &["key", "revoke", "key_1", "--tenant", "acme"], "names no API key");
    let audit = told(&dir, &["audit", "verify"]);
    assert!(audit.contains("intact"), "{audit}");
}
