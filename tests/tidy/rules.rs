//! The house rules as functions from a file's path and text to what is wrong with it. Reads no file.

use std::collections::BTreeMap;

use super::lex;

/// What a module may use of the levels below it.
#[derive(Clone, Copy)]
pub enum Uses {
    /// These alone.
    Only(&'static [&'static str]),
    /// All but these.
    Below(&'static [&'static str]),
}

/// One line of the table of modules.
#[derive(Clone, Copy)]
pub struct Module {
    pub name: &'static str,
    pub level: u8,
    pub uses: Uses,
}

/// A use that the table does not grant, and its reason.
#[derive(Clone, Copy)]
pub struct Departure {
    pub from: &'static str,
    pub to: &'static str,
    pub why: &'static str,
}

/// The files that alone may name a crate, or a family of crates by its first word.
#[derive(Clone, Copy)]
pub struct Owner {
    pub crates: &'static str,
    pub paths: &'static [&'static str],
}

/// The modules that anybody above them may use.
const COMMON: &[&str] = &["limits", "ids", "clock", "error"];

fn granted(from: &Module, to: &Module, departures: &[Departure]) -> bool {
    let by_table = from.level > to.level
        && match from.uses {
            Uses::Only(names) => names.contains(&to.name) || COMMON.contains(&to.name),
            Uses::Below(barred) => !barred.contains(&to.name),
        };
    by_table || departures.iter().any(|d| d.from == from.name && d.to == to.name)
}

/// The top module that a file belongs to; `None` for the roots, which belong to none.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let top = inside.split('/').next()?;
    let name = top.strip_suffix(".rs").unwrap_or(top);
    (!matches!(name, "lib" | "main" | "bin")).then_some(name)
}

/// The top module that a path of the code leads to, from a file `depth` modules deep.
fn target(path: &str, depth: usize) -> Option<&str> {
    let ups = path.split("::").take_while(|part| *part == "super").count();
    let mut parts = path.split("::").skip(ups);
    if ups == 0 {
        return parts.next().filter(|first| *first == "crate").and_then(|_| parts.next());
    }
    // `super` in an inline module goes up less far than here assumed; only names of modules are looked at for it.
    (ups >= depth).then(|| parts.next())?
}

/// Every module used by a file is granted to the file's own module.
pub fn layers(path: &str, text: &str, modules: &[Module], departures: &[Departure]) -> Vec<String> {
    let Some(name) = module_of(path) else { return Vec::new() };
    let named = |name: &str| modules.iter().find(|module| module.name == name);
    let Some(from) = named(name) else {
        return vec![format!("{path}: module `{name}` is not in the table of modules")];
    };
    let depth = path.split('/').count() - 1;
    let mut found = Vec::new();
    for used in lex::paths(&lex::split(text).code) {
        match target(&used, depth).map(|to| (to, named(to))) {
            Some((_, Some(to))) if to.name == name || granted(from, to, departures) => {}
            Some((_, Some(to))) => found.push(format!(
                "{path}: `{name}` (level {}) may not use `{}` (level {}): {used}",
                from.level, to.name, to.level
            )),
            Some((to, None)) if used.starts_with("crate::") => {
                found.push(format!("{path}: module `{to}` is not in the table of modules: {used}"));
            }
            _ => {}
        }
    }
    found.dedup();
    found
}

/// A circle in what is granted, if there is one.
pub fn circle(modules: &[Module], departures: &[Departure]) -> Option<String> {
    let mut left: Vec<&Module> = modules.iter().collect();
    // Takes away whatever uses nothing that is left, until nothing more can be taken.
    loop {
        let free = |m: &&Module| !left.iter().any(|to| to.name != m.name && granted(m, to, departures));
        let kept: Vec<&Module> = left.iter().copied().filter(|m| !free(m)).collect();
        if kept.len() == left.len() {
            let names: Vec<&str> = kept.iter().map(|module| module.name).collect();
            return (!names.is_empty()).then(|| names.join(", "));
        }
        left = kept;
    }
}

/// Each outside crate is named by its owner alone.
pub fn owners(path: &str, text: &str, owners: &[Owner]) -> Vec<String> {
    let mut found = Vec::new();
    for used in lex::paths(&lex::split(text).code) {
        let first = used.split("::").next().unwrap_or_default();
        let of = |owner: &&Owner| first == owner.crates || first.starts_with(&format!("{}_", owner.crates));
        if let Some(owner) = owners.iter().find(of)
            && !owner.paths.iter().any(|allowed| path.starts_with(allowed))
        {
            found.push(format!("{path}: `{used}` may be named in {} alone", owner.paths.join(", ")));
        }
    }
    found
}

/// What a pure file may not name.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "rand",
    "redb",
    "tantivy",
    "tokio",
    "tracing",
    "tracing_subscriber",
    "ureq",
];

/// Addresses are values.
const PURE_ALL_THE_SAME: &[&str] = &["IpAddr", "Ipv4Addr", "Ipv6Addr", "SocketAddr", "SocketAddrV4", "SocketAddrV6"];

/// A file marked `//! P:` names no IO, clock, randomness or log outside its tests.
pub fn purity(path: &str, text: &str) -> Vec<String> {
    if !text.starts_with("//! P:") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for used in lex::paths(&lex::without_tests(&lex::split(text).code)) {
        let is_value = used.strip_prefix("std::net::").is_some_and(|name| PURE_ALL_THE_SAME.contains(&name));
        let is_below = |impure: &&&str| used == **impure || used.starts_with(&format!("{impure}::"));
        if !is_value && let Some(impure) = IMPURE.iter().find(is_below) {
            found.push(format!("{path}: a pure file names `{impure}`: {used}"));
        }
    }
    found
}

/// The first line says what the file holds; and there is no `mod.rs`.
pub fn header(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push(format!("{path}:1: starts without a `//!` sentence"));
    }
    if path.ends_with("/mod.rs") {
        found.push(format!("{path}: a module lives in `name.rs` beside `name/`"));
    }
    found
}

/// The file is no longer than it may be.
pub fn length(path: &str, text: &str, lines_max: usize) -> Vec<String> {
    let lines = text.lines().count();
    if lines > lines_max { vec![format!("{path}: {lines} lines, {lines_max} allowed")] } else { Vec::new() }
}

/// Comments hold no notes of work undone.
pub fn promises(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(lex::split(text).comments.lines()) {
        for word in line.split(|c| !lex::is_word(c)).filter(|word| matches!(*word, "TODO" | "FIXME" | "XXX" | "HACK")) {
            found.push(format!("{path}:{number}: {word} in a comment: do it, or leave it"));
        }
    }
    found
}

/// Folders of one machine; written in two parts, so that this file passes too.
const MACHINE_FOLDERS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// No absolute path of somebody's machine.
pub fn machine_paths(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for folder in MACHINE_FOLDERS {
            // Within a longer path or an address on the web the name means nothing.
            let is_start = |at: usize| {
                let before = line.get(..at).and_then(|before| before.chars().next_back());
                before.is_none_or(|c| !lex::is_word(c) && !matches!(c, '.' | '-' | '}'))
            };
            if line.match_indices(folder).any(|(at, _)| is_start(at)) {
                found.push(format!("{path}:{number}: names {folder}"));
            }
        }
    }
    found
}

/// How many problems each of these texts has, by name.
#[cfg(test)]
fn counts<'t>(texts: &[(&'t str, Vec<String>)]) -> BTreeMap<&'t str, usize> {
    texts.iter().map(|(name, found)| (*name, found.len())).collect()
}

#[test]
fn layers_fail_upwards_sideways_and_on_strangers() {
    const TABLE: &[Module] = &[
        Module { name: "error", level: 1, uses: Uses::Only(&[]) },
        Module { name: "low", level: 2, uses: Uses::Only(&[]) },
        Module { name: "beside", level: 2, uses: Uses::Only(&["low"]) },
        Module { name: "top", level: 3, uses: Uses::Below(&["beside"]) },
    ];
    let departure = [Departure { from: "low", to: "beside", why: "a test" }];
    let check = |path: &str, text: &str| layers(path, text, TABLE, &[]);
    let found = counts(&[
        ("down", check("src/top/a/b.rs", "use crate::{low::X, error};")),
        ("self", check("src/low/a.rs", "use crate::low::X; use super::b; use super::super::error::E;")),
        ("comment", check("src/low.rs", "//! [crate::top]\n\"crate::top\"")),
        ("root", check("src/lib.rs", "use crate::top;")),
        ("departure", layers("src/low.rs", "use crate::beside::X;", TABLE, &departure)),
        ("UP", check("src/low.rs", "fn f() { crate::top::g() }")),
        ("BY SUPER", check("src/low/a.rs", "use super::super::top::X;")),
        ("SIDEWAYS", check("src/beside.rs", "use crate::{error::E, low::{X, Y as Z}};")),
        ("BARRED", check("src/top.rs", "pub use crate::beside::X;")),
        ("STRANGE USE", check("src/top.rs", "use crate::nowhere::X;")),
        ("STRANGE FILE", check("src/nowhere/a.rs", "")),
    ]);
    let sideways = found.get("SIDEWAYS").copied().unwrap_or_default();
    assert_eq!(sideways, 2, "a level does not grant its own members, even where they are named");
    for (name, number) in found.iter().filter(|(name, _)| **name != "SIDEWAYS") {
        assert_eq!(*number, usize::from(name.chars().all(|c| !c.is_lowercase())), "{name}");
    }
}

#[test]
fn a_circle_is_found() {
    let table = [
        Module { name: "a", level: 1, uses: Uses::Only(&[]) },
        Module { name: "b", level: 2, uses: Uses::Only(&["a"]) },
        Module { name: "c", level: 3, uses: Uses::Below(&[]) },
    ];
    assert_eq!(circle(&table, &[]), None);
    assert_eq!(circle(&table, &[Departure { from: "a", to: "b", why: "a test" }]).as_deref(), Some("a, b, c"));
}

#[test]
fn owners_hold_families_of_crates() {
    let table = [Owner { crates: "salvo", paths: &["src/http.rs", "src/http/"] }];
    for (path, text, number) in [
        ("src/http.rs", "use salvo::Router;", 0),
        ("src/http/v1/a.rs", "#[salvo::handler] fn f() {}", 0),
        ("src/app.rs", "use salvo::Router;", 1),
        ("src/app.rs", "fn f(a: salvo_oapi::OpenApi) {}", 1),
        ("src/app.rs", "#[salvo::handler] fn f() {}", 1),
        ("src/app.rs", "use crate::salvo; // salvo::x\nuse salvor::X;", 0),
    ] {
        assert_eq!(owners(path, text, &table).len(), number, "{path}: {text}");
    }
}

#[test]
fn purity_is_held_where_it_is_claimed() {
    for (text, number) in [
        ("//! P: x\nuse std::time::Duration; use std::net::IpAddr; use std::iter; use core::fmt;", 0),
        ("//! P: x\n#[cfg(test)]\nmod tests { use std::fs; }", 0),
        ("//! A: x\nuse std::fs;", 0),
        ("//! P: x\nuse std::{fmt, fs::File, io};", 2),
        ("//! P: x\nuse std::net::{IpAddr, TcpStream};", 1),
        ("//! P: x\nfn f() { std::time::Instant::now(); tracing::info!(a); rand::rng() }", 3),
        ("//! P: x\nuse tokio as t;", 1),
    ] {
        assert_eq!(purity("src/a.rs", text).len(), number, "{text}");
    }
}

#[test]
fn small_rules_fail_when_broken() {
    assert!(header("src/a.rs", "//! Holds a.\n").is_empty());
    assert_eq!(header("src/a.rs", "// Holds a.\n").len(), 1);
    assert_eq!(header("src/a/mod.rs", "//! Holds a.\n").len(), 1);
    assert!(length("src/a.rs", "a\nb\n", 2).is_empty());
    assert_eq!(length("src/a.rs", "a\nb\nc", 2).len(), 1);
    assert!(promises("src/a.rs", "let a = \"TODO\"; // the method TODOS, todo").is_empty());
    assert_eq!(promises("src/a.rs", "a\n// TODO: b\n/* FIXME */").len(), 2);
    let [first, second, third] = [0, 1, 2].map(|i| MACHINE_FOLDERS.get(i).copied().unwrap_or_default());
    assert!(machine_paths("a.md", &format!("https://a.org{second}b /var/lib{third}x ./b{first}c")).is_empty());
    assert_eq!(machine_paths("a.md", &format!("{first}a\nx\n--dir={third}b (`{second}c`)")).len(), 3);
}
