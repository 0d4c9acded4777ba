//! The house rules that a compiler cannot hold: layers, ownership of crates, purity, sizes. Checks texts, runs nothing.
//!
//! The rules are functions over strings in `tidy/rules.rs`, each with a test that sees it fail.

#[path = "tidy/lex.rs"]
mod lex;
#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/sources.rs"]
mod sources;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rules::{Departure, Module, Owner, Uses};

/// The table of modules: level, and what each may use of the levels below it (`limits`, `ids`, `clock` and `error` always).
const MODULES: &[Module] = &[
    Module { name: "limits", level: 0, uses: Uses::Only(&[]) },
    Module { name: "ids", level: 0, uses: Uses::Only(&[]) },
    Module { name: "clock", level: 0, uses: Uses::Only(&[]) },
    Module { name: "error", level: 1, uses: Uses::Only(&[]) },
    Module { name: "config", level: 2, uses: Uses::Only(&[]) },
    Module { name: "astro", level: 2, uses: Uses::Only(&[]) },
    Module { name: "kernels", level: 2, uses: Uses::Only(&[]) },
    Module { name: "guard", level: 2, uses: Uses::Only(&[]) },
    Module { name: "tokens", level: 2, uses: Uses::Only(&[]) },
    Module { name: "turns", level: 2, uses: Uses::Only(&[]) },
    Module { name: "telemetry", level: 3, uses: Uses::Only(&["config"]) },
    Module { name: "store", level: 4, uses: Uses::Only(&["config", "telemetry"]) },
    Module { name: "vault", level: 5, uses: Uses::Only(&["store", "config", "telemetry"]) },
    Module { name: "audit", level: 5, uses: Uses::Only(&["store", "config", "telemetry"]) },
    Module { name: "jobs", level: 5, uses: Uses::Only(&["store", "config", "telemetry"]) },
    Module { name: "retrieval", level: 5, uses: Uses::Only(&["store", "config", "telemetry", "kernels", "turns"]) },
    Module { name: "charts", level: 5, uses: Uses::Only(&["store", "config", "telemetry", "astro"]) },
    Module { name: "almanac", level: 6, uses: Uses::Only(&["astro", "charts"]) },
    Module { name: "idempotency", level: 6, uses: Uses::Only(&["store", "config", "telemetry", "vault"]) },
    Module { name: "tenants", level: 6, uses: Uses::Below(&[]) },
    Module { name: "auth", level: 6, uses: Uses::Below(&["charts"]) },
    Module { name: "llm", level: 6, uses: Uses::Below(&[]) },
    Module { name: "snapshot", level: 6, uses: Uses::Below(&[]) },
    Module { name: "chat", level: 7, uses: Uses::Below(&[]) },
    Module { name: "privacy", level: 8, uses: Uses::Below(&[]) },
    Module { name: "support", level: 8, uses: Uses::Below(&[]) },
    Module { name: "business", level: 8, uses: Uses::Below(&[]) },
    Module { name: "worker", level: 9, uses: Uses::Below(&[]) },
    Module { name: "app", level: 10, uses: Uses::Below(&[]) },
    Module { name: "http", level: 11, uses: Uses::Below(&["store", "vault", "llm"]) },
    Module { name: "cli", level: 12, uses: Uses::Below(&[]) },
    Module { name: "loadtest", level: 12, uses: Uses::Below(&[]) },
];

/// Uses that the table does not grant, each with its reason. Together with the table they must stay free of circles.
const DEPARTURES: &[Departure] = &[
    Departure { from: "ids", to: "limits", why: "the length of a slug is one of the bounds" },
    Departure { from: "ids", to: "clock", why: "a new id takes the instant and the random bytes that were passed" },
    Departure {
        from: "retrieval",
        to: "astro",
        why: "passages are tagged by what a chart is made of, in its languages",
    },
    Departure {
        from: "charts",
        to: "auth",
        why: "a service takes the caller, as proof of who asks; auth knows no charts",
    },
    Departure { from: "config", to: "tokens", why: "a budget is an amount of money; tokens knows no settings" },
    Departure { from: "store", to: "tokens", why: "rows of the ledger hold amounts and counts" },
    Departure { from: "charts", to: "vault", why: "the personal half of a chart's row is sealed" },
    Departure { from: "charts", to: "audit", why: "a chart and its audit entry commit together" },
];

/// Who alone may name a crate.
const OWNERS: &[Owner] = &[
    Owner { crates: "salvo", paths: &["src/http.rs", "src/http/"] },
    Owner { crates: "redb", paths: &["src/store.rs", "src/store/"] },
    Owner { crates: "tantivy", paths: &["src/retrieval.rs", "src/retrieval/"] },
    Owner { crates: "bincode", paths: &["src/store/codec.rs"] },
    Owner { crates: "resvg", paths: &["src/charts/png.rs"] },
    Owner { crates: "hyper", paths: &["src/llm/remote/", "src/worker/outbound.rs"] },
    Owner { crates: "rustls", paths: &["src/llm/remote/", "src/worker/outbound.rs"] },
    Owner { crates: "candle", paths: &["src/llm.rs", "src/llm/", "src/retrieval/embed"] },
];

/// Files of `astro` that compute nothing of the sky: words, rules by convention, data as given, pictures.
const NO_ASTRONOMY: &[&str] = &[
    "src/astro/analysis",
    "src/astro/birth",
    "src/astro/calendar",
    "src/astro/dignities",
    "src/astro/dominants",
    "src/astro/names",
    "src/astro/options",
    "src/astro/places/asset",
    "src/astro/rules",
    "src/astro/scene",
    "src/astro/wheel",
];

/// What may stand at the top of the repository.
const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".config",
    ".deny.toml",
    ".gitattributes",
    ".github",
    ".gitignore",
    ".rustfmt.toml",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "assets",
    "benches",
    "data",
    "packaging",
    "src",
    "tests",
];

/// Data tables, which may be longer than a file that is read.
const DATA_TABLES: &[&str] = &[];

/// Longest file, in lines.
const FILE_LINES_MAX: usize = 500;

/// A text file of the repository, by its path with `/`.
struct Text {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `dir`, as paths from the root.
fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let is_build = path == root().join("target") || path.ends_with(".git");
        if path.is_dir() && !path.is_symlink() && !is_build {
            walk(&path, found);
        } else if path.is_file() {
            found.push(path.strip_prefix(root()).unwrap_or(&path).to_owned());
        }
    }
}

/// The tracked files; in an unpacked archive, where git knows nothing, all files.
fn tracked() -> Vec<PathBuf> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let listed = listed.ok().filter(|output| output.status.success()).map(|output| output.stdout).unwrap_or_default();
    let paths: Vec<PathBuf> = listed
        .split(|b| *b == 0)
        .filter(|p| !p.is_empty())
        .map(|p| String::from_utf8_lossy(p).as_ref().into())
        .collect();
    if !paths.is_empty() {
        return paths;
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found
}

fn read(paths: Vec<PathBuf>) -> Vec<Text> {
    let text = |path: PathBuf| {
        let text = fs::read_to_string(root().join(&path)).ok()?;
        Some(Text { path: path.to_string_lossy().replace('\\', "/"), text })
    };
    paths.into_iter().filter_map(text).collect()
}

/// The Rust files below these folders, tracked or not.
fn rust(folders: &[&str]) -> Vec<Text> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), &mut found);
    }
    found.retain(|path| path.extension().is_some_and(|end| end == "rs"));
    read(found)
}

/// Runs a rule over files and fails with everything it found.
fn hold(files: &[Text], rule: impl Fn(&Text) -> Vec<String>) {
    assert!(!files.is_empty(), "there are no files to look at");
    let found: Vec<String> = files.iter().flat_map(rule).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn modules_use_only_what_their_level_allows() {
    hold(&rust(&["src"]), |file| rules::layers(&file.path, &file.text, MODULES, DEPARTURES));
}

#[test]
fn the_table_and_its_departures_make_no_circle() {
    assert_eq!(rules::circle(MODULES, DEPARTURES), None);
    let names: BTreeSet<&str> = MODULES.iter().map(|module| module.name).collect();
    assert_eq!(names.len(), MODULES.len(), "a module stands twice");
    assert!(DEPARTURES.iter().all(|d| names.contains(d.from) && names.contains(d.to) && !d.why.is_empty()));
}

#[test]
fn each_outside_crate_has_one_owner() {
    hold(&rust(&["src"]), |file| rules::owners(&file.path, &file.text, OWNERS));
}

#[test]
fn pure_files_import_no_io_no_clock_no_randomness_no_log() {
    hold(&rust(&["src"]), |file| rules::purity(&file.path, &file.text));
}

#[test]
fn every_source_file_says_what_it_holds() {
    hold(&rust(&["src", "tests", "benches"]), |file| rules::header(&file.path, &file.text));
}

#[test]
fn every_figure_of_the_sky_names_its_source_and_its_measured_error() {
    let all = rust(&["src/astro"]);
    let tests: BTreeSet<String> = all.iter().flat_map(|file| sources::test_names(&file.text)).collect();
    assert!(tests.len() > 150, "{}", tests.len());
    let computes = |path: &str| !NO_ASTRONOMY.iter().any(|other| path.starts_with(other)) && !path.contains("tests");
    let files: Vec<Text> = all.into_iter().filter(|file| computes(&file.path)).collect();
    hold(&files, |file| sources::sources(&file.path, &file.text, &tests));
}

#[test]
fn files_stay_short() {
    hold(&rust(&["src", "tests", "benches"]), |file| {
        let is_table = DATA_TABLES.contains(&file.path.as_str());
        if is_table { Vec::new() } else { rules::length(&file.path, &file.text, FILE_LINES_MAX) }
    });
}

#[test]
fn comments_promise_nothing() {
    hold(&rust(&["src", "tests", "benches"]), |file| rules::promises(&file.path, &file.text));
}

#[test]
fn no_tracked_file_names_a_place_on_somebodys_machine() {
    hold(&read(tracked()), |file| rules::machine_paths(&file.path, &file.text));
}

#[test]
fn the_top_level_holds_only_what_belongs_there() {
    let tops =
        tracked().into_iter().filter_map(|path| path.iter().next().map(|top| top.to_string_lossy().into_owned()));
    let strangers: BTreeSet<String> = tops.filter(|top| !TOP.contains(&top.as_str())).collect();
    assert!(strangers.is_empty(), "{strangers:?} belong elsewhere");
}
