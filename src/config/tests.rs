//! Tests of the settings: precedence, provenance, suggestions, redaction, and what production demands.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::clock::{Ambient, Entropy, ManualClock, UnixMs};
use crate::tokens::Strategy;

/// 32 random bytes, used nowhere but here.
const STRONG: &str = "2Xflbw82lCAkvYp0a8l2KQpwV4fGJXyjdovVtwzrYvg=";

/// Sources that read no file of the machine.
fn sources(toml: &str) -> Sources {
    Sources::new().text("orrery.toml", toml)
}

fn env(sources: Sources, variables: &[(&str, &str)]) -> Sources {
    sources.environment(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn settings(sources: &Sources) -> Settings {
    Settings::load(sources).expect("settings").0
}

fn problems(sources: &Sources) -> Vec<String> {
    Settings::load(sources).expect_err("problems").iter().map(ToString::to_string).collect()
}

#[test]
fn weights_of_tenants_are_read_and_bounded() {
    let weights = |text: &str| {
        let sources = Sources::new().environment([(String::from("ORRERY_STREAMS_WEIGHTS"), text.to_owned())]);
        Settings::load(&sources).map(|(settings, _)| settings.streams.weights)
    };
    assert_eq!(weights("").unwrap(), []);
    assert_eq!(weights("acme=3, beta=100").unwrap(), [(String::from("acme"), 3), (String::from("beta"), 100)]);
    for bad in ["acme", "acme=0", "acme=101", "acme=x", "Acme=2", "acme=1,acme=2"] {
        let problems = weights(bad).unwrap_err();
        assert_eq!(
            problems.iter().map(|problem| problem.key.as_str()).collect::<Vec<_>>(),
            ["streams.weights"],
            "{bad}"
        );
    }
}

#[test]
fn the_defaults_hold_when_nobody_sets_anything() {
    let settings = settings(&sources(""));
    assert_eq!(settings.environment, Environment::Development);
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8460");
    assert_eq!(settings.server.trusted_proxies, Vec::<IpAddr>::new());
    assert!(settings.server.metrics);
    assert_eq!(settings.auth.access_token_s, 900);
    assert_eq!(settings.auth.refresh_token_s, 604_800);
    assert_eq!(settings.secrets, Secrets { master_key_file: None, master_key: None });
    assert_eq!(settings.log, Log { level: String::from("info"), format: LogFormat::Compact });
}

#[test]
fn a_flag_wins_over_the_environment_over_the_file_over_the_default() {
    let by_file = sources("[server]\n# a comment\nlisten = \"127.0.0.1:1\"\n");
    let by_variable = env(by_file.clone(), &[("ORRERY_SERVER_LISTEN", "127.0.0.1:2")]);
    let by_flag = by_variable.clone().flag("server.listen", "--listen", "127.0.0.1:3");
    for (sources, port, origin) in [
        (sources(""), 8460, "default"),
        (by_file, 1, "file orrery.toml:3"),
        (by_variable, 2, "environment ORRERY_SERVER_LISTEN"),
        (by_flag, 3, "flag --listen"),
    ] {
        let (settings, provenance) = Settings::load(&sources).expect("settings");
        assert_eq!(settings.server.listen.port(), port);
        let effective = provenance.get("server.listen").expect("listed");
        assert_eq!(effective.origin.to_string(), origin);
        assert_eq!(effective.shown, Some(format!("\"127.0.0.1:{port}\"")));
    }
}

#[test]
fn every_shape_reads_the_same_from_file_and_environment() {
    let by_file = "environment = \"development\"\n[server]\ntrusted_proxies = [\"10.0.0.1\", \"::1\"]\nmetrics = false\n\
                   body_max_bytes = 0x1_0000\n[log]\nlevel = \"warn,orrery::store=debug\"\nformat = \"json\"\n";
    let by_variable = [
        ("ORRERY_ENV", "development"),
        ("ORRERY_SERVER_TRUSTED_PROXIES", "10.0.0.1, ::1"),
        ("ORRERY_SERVER_METRICS", "false"),
        ("ORRERY_SERVER_BODY_MAX_BYTES", "65536"),
        ("ORRERY_LOG_LEVEL", "warn,orrery::store=debug"),
        ("ORRERY_LOG_FORMAT", "json"),
    ];
    let from_file = settings(&sources(by_file));
    assert_eq!(from_file, settings(&env(sources(""), &by_variable)));
    assert_eq!(from_file.server.trusted_proxies, ["10.0.0.1", "::1"].map(|ip| ip.parse::<IpAddr>().expect("an IP")));
    assert_eq!(from_file.server.body_max_bytes, 65_536);
    assert_eq!(from_file.log.format, LogFormat::Json);
}

#[test]
fn budgets_are_read_under_our_names_and_the_predecessor_s() {
    let usd = |text: &str| text.parse::<MicroUsd>().expect("money");
    let old = [
        ("TENANT_DEFAULT_BUDGET_USD", "10.5"),
        ("TENANT_BUDGETS_JSON", r#"{"acme": 0.25, "beta": "7", "gamma": -1}"#),
        ("TOKEN_COUNT_STRATEGY", "TikToken"),
    ];
    let found = settings(&env(sources(""), &old));
    assert_eq!(found.budgets.default_usd, usd("10.5"));
    let of = [("acme", "0.25"), ("beta", "7"), ("gamma", "0")].map(|(slug, text)| (slug.to_owned(), usd(text)));
    assert_eq!(found.budgets.tenants, of);
    assert_eq!(found.tokens.strategy, Strategy::Tokenizer);
    let ours = env(sources(""), &old);
    let ours = env(ours, &[("ORRERY_BUDGETS_DEFAULT_USD", "3"), ("ORRERY_BUDGETS_TENANTS", "acme=1, delta=2.000001")]);
    let found = settings(&ours);
    assert_eq!(found.budgets.default_usd, usd("3"));
    assert_eq!(found.budgets.tenants.last(), Some(&(String::from("delta"), MicroUsd(2_000_001))));
    let by_file =
        settings(&sources("[budgets]\ndefault_usd = \"-5\"\ntenants = [\"acme=1.50\"]\ndefault_block = \"hard\"\n"));
    assert_eq!(by_file.budgets.default_usd, MicroUsd::ZERO);
    assert_eq!((by_file.budgets.tenants.len(), by_file.budgets.default_block.as_str()), (1, "hard"));
    for (variables, key) in [
        ([("TENANT_BUDGETS_JSON", "[]")], "budgets.tenants"),
        ([("TENANT_BUDGETS_JSON", r#"{"acme": true}"#)], "budgets.tenants"),
        ([("TENANT_BUDGETS_JSON", r#"{"acme": 1e-9}"#)], "budgets.tenants"),
        ([("TENANT_DEFAULT_BUDGET_USD", "ten")], "budgets.default_usd"),
        ([("ORRERY_BUDGETS_TENANTS", "acme=1,acme=2")], "budgets.tenants"),
        ([("ORRERY_BUDGETS_DEFAULT_WINDOW", "week")], "budgets.default_window"),
        ([("TOKEN_COUNT_STRATEGY", "guess")], "tokens.strategy"),
    ] {
        let told = problems(&env(sources(""), &variables));
        assert!(told.len() == 1 && told[0].starts_with(key), "{variables:?}: {told:?}");
    }
}

#[test]
fn what_is_printed_sets_the_same_again() {
    let first = env(sources("auth.issuer = \"a\\\"b\"\n"), &[("ORRERY_SERVER_TRUSTED_PROXIES", "10.0.0.1,10.0.0.2")])
        .flag("data_dir", "--data-dir", "a \"quoted\" dir\n[server]");
    let (settings, provenance) = Settings::load(&first).expect("settings");
    let (again, _) = Settings::load(&sources(&provenance.to_string())).expect("settings");
    assert_eq!(settings, again);
    assert_eq!(provenance.0.len(), SPECS.len());
}

#[test]
fn unknown_names_are_refused_with_the_nearest_valid_one() {
    for (toml, told) in [
        (
            "[serverr]\nlisten = \"x\"",
            "serverr.listen (file orrery.toml:2): there is no such setting; did you mean `server.listen`?",
        ),
        ("listen = 3", "listen (file orrery.toml:1): there is no such setting; did you mean `server.listen`?"),
        (
            "[auth]\naccess_tokens = 3",
            "auth.access_tokens (file orrery.toml:2): there is no such setting; did you mean `auth.access_token_s`?",
        ),
        ("[auht]", "auht (file orrery.toml:1): there is no such setting; did you mean `auth.audience`?"),
        ("server = 3", "server (file orrery.toml:1): expected a table of settings, written as [server]"),
    ] {
        let told_now = problems(&sources(toml));
        assert_eq!(told_now.len(), 1);
        let (where_, right) = told.split_once("did you").unwrap_or((told, ""));
        assert!(told_now[0].starts_with(where_), "{told_now:?}");
        // For a bare group any setting of that group will do.
        assert!(toml == "[auht]" || told_now[0].ends_with(right), "{told_now:?}");
    }
    assert_eq!(
        problems(&env(sources(""), &[("ORRERY_LISTEN", "x"), ("PATH", "y")])),
        ["ORRERY_LISTEN (environment ORRERY_LISTEN): there is no such variable; did you mean `ORRERY_SERVER_LISTEN`?"]
    );
    assert_eq!(
        problems(&sources("").flag("server.lisen", "--set", "x")),
        ["server.lisen (flag --set): there is no such setting; did you mean `server.listen`?"]
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let toml = "[server]\nlisten = \"banana\"\nshutdown_grace_ms = \"10\"\nbody_max_bytes = 1\nmetrics = 1\n\
                trusted_proxies = \"10.0.0.1\"\n[auth]\naccess_token_s = -5\nissuer = \"\"\n[log]\nformat = \"xml\"\n\
                level = \"infoo\"\n[colour]\nred = 1\n";
    let told = problems(&env(sources(toml), &[("ORRERY_ENV", "prod"), ("ORRERY_X", "1")]));
    for part in [
        "server.listen (file orrery.toml:2): given \"banana\", expected an IP address and a port",
        "server.shutdown_grace_ms (file orrery.toml:3): expected a whole number without quotes, not string",
        "server.body_max_bytes (file orrery.toml:4): given \"1\", expected a whole number from 4096 to 1048576",
        "server.metrics (file orrery.toml:5): expected true or false without quotes, not integer",
        "server.trusted_proxies (file orrery.toml:6): expected a list of texts",
        "auth.access_token_s (file orrery.toml:8): given \"-5\", expected a whole number from 60 to 86400",
        "auth.issuer (file orrery.toml:9): given \"\", expected 1 to 128 printable ASCII characters",
        "log.format (file orrery.toml:11): given \"xml\", expected one of pretty, json, compact",
        "log.level (file orrery.toml:12): given \"infoo\", expected levels out of",
        "colour.red (file orrery.toml:14): there is no such setting",
        "environment (environment ORRERY_ENV): given \"prod\", expected one of development, production",
        "ORRERY_X (environment ORRERY_X): there is no such variable",
    ] {
        assert_eq!(told.iter().filter(|line| line.starts_with(part)).count(), 1, "{part} in {told:#?}");
    }
    assert_eq!(told.len(), 12, "{told:#?}");
}

#[test]
fn tokens_must_outlive_each_other() {
    let told = problems(&sources("[auth]\naccess_token_s = 600\nrefresh_token_s = 600\n"));
    assert_eq!(
        told,
        [
            "auth.refresh_token_s (file orrery.toml:3): given \"600\", expected more than auth.access_token_s, which is 600"
        ]
    );
}

#[test]
fn a_broken_file_is_told_by_line_and_never_quoted() {
    let told = problems(&sources("[server]\nlisten = \"127.0.0.1:1\"\n[secrets]\nmaster_key = \"hunter2\nx = 1\n"));
    assert!(told[0].starts_with("orrery.toml (file orrery.toml:4): expected TOML"), "{told:?}");
    assert!(!format!("{told:?}").contains("hunter2"));
}

#[test]
fn a_secret_is_refused_in_the_file_and_on_the_command_line() {
    let by_file = sources(&format!("[secrets]\nmaster_key = \"{STRONG}\""));
    let by_flag = sources("").flag("secrets.master_key", "--set", STRONG);
    for sources in [by_file, by_flag] {
        let told = problems(&sources);
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains("ORRERY_SECRETS_MASTER_KEY") && told[0].contains("secrets.master_key_file"),
            "{told:?}"
        );
        assert!(!told[0].contains(STRONG));
    }
}

#[test]
fn secrets_are_shown_nowhere() {
    let sources = env(sources(""), &[("ORRERY_SECRETS_MASTER_KEY", STRONG)]);
    let inspection = Settings::inspect(&sources);
    let shown = format!("{sources:?} {inspection:?} {:#?} {}", inspection, inspection.provenance);
    let key = inspection.settings.and_then(|settings| settings.secrets.master_key).expect("a key");
    assert!(!shown.contains(STRONG) && !shown.contains(&format!("{:?}", key.expose())));
    assert!(shown.contains("# secrets.master_key = [redacted]  # environment ORRERY_SECRETS_MASTER_KEY"));
    let told =
        problems(&env(self::sources(""), &[("ORRERY_SECRETS_MASTER_KEY", "hunter2hunter2"), ("ORRERY_KEY", STRONG)]));
    assert_eq!(told.len(), 2);
    assert!(!format!("{told:?}").contains("hunter2") && !format!("{told:?}").contains(STRONG));
}

/// A key file with the mode given.
fn key_file(dir: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let file = dir.join(name);
    fs::write(&file, text).expect("written");
    #[cfg(unix)]
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).expect("mode");
    file
}

#[test]
fn production_takes_only_a_strong_private_key_of_its_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let with = |variables: &[(&str, &str)]| {
        let production = [("ORRERY_ENV", "production"), ("ORRERY_DATA_DIR", dir.path().to_str().expect("UTF-8"))];
        env(env(sources(""), &production), variables)
    };
    let told = |variables: &[(&str, &str)]| problems(&with(variables)).join("\n");
    let by_file = |file: &Path| told(&[("ORRERY_SECRETS_MASTER_KEY_FILE", file.to_str().expect("UTF-8"))]);

    assert!(told(&[]).contains("production needs a master key of its own"));
    let generated = format!("generated:{STRONG}");
    assert!(told(&[("ORRERY_SECRETS_MASTER_KEY", &generated)]).contains("not a generated one"));
    assert!(by_file(&key_file(dir.path(), "copied", &generated, 0o600)).contains("not a generated one"));
    assert!(by_file(&key_file(dir.path(), MASTER_KEY_FILE, STRONG, 0o600)).contains("not a generated one"));
    assert!(by_file(&dir.path().join("none")).contains("cannot use the key file"));
    assert!(by_file(dir.path()).contains("not a plain file"));
    assert!(by_file(&key_file(dir.path(), "long", &"x".repeat(9_000), 0o600)).contains("expected 32 bytes"));
    #[cfg(unix)]
    assert!(by_file(&key_file(dir.path(), "open", STRONG, 0o644)).contains("everybody on this machine can read"));

    let good = key_file(dir.path(), "good", &format!("{STRONG}\n"), 0o600);
    let good = good.to_str().expect("UTF-8");
    assert!(settings(&with(&[("ORRERY_SECRETS_MASTER_KEY_FILE", good)])).secrets.master_key.is_some());
    assert!(settings(&with(&[("ORRERY_SECRETS_MASTER_KEY", STRONG)])).secrets.master_key.is_some());
    let both = told(&[("ORRERY_SECRETS_MASTER_KEY_FILE", good), ("ORRERY_SECRETS_MASTER_KEY", STRONG)]);
    assert!(both.contains("not both"), "{both}");
}

#[test]
fn weak_keys_are_refused_with_the_reason() {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().concat();
    let sequence: Vec<u8> = (0..32).collect();
    let twice: Vec<u8> = [7u8, 99, 200, 13, 41, 180, 5, 250, 77, 31, 142, 66, 201, 3, 90, 155].repeat(2);
    for (bytes, why) in [
        (vec![0; 32], "all the same byte"),
        (sequence, "a sequence"),
        (twice, "repeat themselves"),
        (b"correct horse battery staple !!!".to_vec(), "readable text"),
        ([1u8, 2, 3, 200].repeat(8), "repeat themselves"),
        ([1u8, 2, 3].repeat(11)[..32].to_vec(), "too few different"),
        (vec![9; 31], "expected 32 bytes"),
        (vec![], "expected 32 bytes"),
    ] {
        let told = problems(&env(sources(""), &[("ORRERY_SECRETS_MASTER_KEY", &hex(&bytes))]));
        assert!(told[0].contains(why), "{why}: {told:?}");
    }
}

/// A generator whose bytes are known.
struct Known;

impl Entropy for Known {
    fn fill(&self, out: &mut [u8]) {
        for (i, byte) in out.iter_mut().enumerate() {
            *byte = u8::try_from((i * i * 7 + 13) % 251).expect("a byte");
        }
    }
}

#[test]
fn a_generated_key_is_made_once_kept_private_and_read_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let settings = settings(&sources("").flag("data_dir", "--data-dir", dir.path().to_str().expect("UTF-8")));
    let known = Ambient::new(Arc::new(ManualClock::at(UnixMs(0))), Arc::new(Known));
    let file = dir.path().join(MASTER_KEY_FILE);
    let missing = resolve_master_key(&settings, false, &known);
    assert!(matches!(missing, Err(MasterKeyError::Missing { .. })));
    assert!(!file.exists());

    let made = resolve_master_key(&settings, true, &known).expect("a key");
    assert_eq!(made.expose(), &known.bytes::<32>());
    let other = Ambient::system();
    assert_eq!(resolve_master_key(&settings, true, &other).expect("a key"), made);
    assert_eq!(resolve_master_key(&settings, false, &other).expect("a key"), made);
    assert!(made.is_generated());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1);

    fs::write(&file, "damaged").expect("written");
    let told = resolve_master_key(&settings, true, &known).expect_err("no key").to_string();
    assert!(told.contains("master.key"), "{told}");
}

#[test]
fn the_file_of_the_data_directory_is_found_and_cannot_move_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let found = Sources::new().flag("data_dir", "--data-dir", dir.path().to_str().expect("UTF-8"));
    assert_eq!(settings(&found).auth.issuer, "orrery");
    let file = dir.path().join("orrery.toml");
    fs::write(&file, "auth.issuer = \"here\"\n").expect("written");
    assert_eq!(settings(&found).auth.issuer, "here");
    fs::write(&file, "data_dir = \"elsewhere\"\n").expect("written");
    assert!(problems(&found)[0].contains("cannot name it"));

    let named = Sources::new().file(Some(&file));
    assert_eq!(settings(&named).data_dir, Path::new("elsewhere"));
    let by_variable = env(Sources::new(), &[("ORRERY_CONFIG", file.to_str().expect("UTF-8"))]);
    assert_eq!(settings(&by_variable).data_dir, Path::new("elsewhere"));
    let absent = problems(&Sources::new().file(Some(dir.path().join("none.toml"))));
    assert!(absent[0].contains("none.toml (flag --config): expected a TOML file that can be read"), "{absent:?}");
}

#[test]
fn names_are_unique_and_every_default_is_right() {
    let mut seen = std::collections::BTreeSet::new();
    for spec in SPECS {
        assert!(seen.insert(spec.env()), "{} stands twice", spec.env());
        assert!(spec.doc.ends_with('.') || spec.doc.ends_with('`'), "{} needs a sentence", spec.key);
    }
    assert!(Settings::load(&sources("")).is_ok());
}

proptest! {
    #[test]
    fn nothing_that_is_given_makes_the_loader_panic(
        toml in any::<String>(),
        key in "[a-z._\"\\[\\]= ]{0,40}",
        value in any::<String>(),
        index in 0..SPECS.len(),
    ) {
        let spec = &SPECS[index];
        let variables = [(spec.env(), value.clone()), (format!("ORRERY_{key}"), value.clone())];
        let both = sources(&toml).environment(variables).flag(&key, "--set", value.clone());
        let inspection = Settings::inspect(&both);
        prop_assert_eq!(inspection.settings.is_none(), !inspection.problems.is_empty());
        Settings::inspect(&sources(&format!("{key} = {value}")));
        Settings::inspect(&sources(&format!("{} = {value}", spec.key)));
        Settings::inspect(&sources(&format!("{} = {value:?}", spec.key)));
    }

    #[test]
    fn what_is_printed_is_toml_whatever_was_given(directory in any::<String>(), grace in "0{0,3}[0-9]{1,5}") {
        let given = sources("").flag("data_dir", "--data-dir", directory).flag("server.shutdown_grace_ms", "--grace", grace);
        if let Ok((settings, provenance)) = Settings::load(&given) {
            prop_assert_eq!(Settings::load(&sources(&provenance.to_string())).map(|again| again.0), Ok(settings));
        }
    }

    #[test]
    fn a_secret_never_shows_whatever_stands_around_it(prefix in "[a-z]{0,3}", suffix in "[A-Za-z0-9+/=\n ]{0,60}") {
        let secret = format!("{prefix}hunter2{suffix}");
        let given = env(sources(""), &[("ORRERY_SECRETS_MASTER_KEY", secret.as_str())]);
        let inspection = Settings::inspect(&given);
        let shown = format!("{given:?} {inspection:?} {}", inspection.provenance);
        prop_assert!(!shown.contains("hunter2"));
    }

    #[test]
    fn every_key_round_trips_as_hex_and_base64(bytes in any::<[u8; 32]>()) {
        use base64::Engine;
        let hex = bytes.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().concat();
        let standard = base64::engine::general_purpose::STANDARD.encode(bytes);
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        for text in [hex, standard, url] {
            let key = secret::decode(&text).expect("a key");
            prop_assert_eq!(key.expose(), &bytes);
        }
    }
}
