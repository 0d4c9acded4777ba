//! `orrery ephemeris` from outside: instants in, places out, held to JPL.

use std::collections::HashMap;
use std::io::Write as _;
use std::process::Stdio;

use crate::cli::{assert_code, orrery, run, stderr, stdout};

/// Skyfield over JPL DE440, and ERFA over JPL's small bodies (tests/fixtures/astro/README.md).
const POSITIONS: &str = include_str!("../fixtures/astro/positions.csv");
const SMALL_BODIES: &str = include_str!("../fixtures/astro/small_bodies.csv");

/// Instant and body, then longitude, latitude, distance and their rates.
type Row = ((String, String), Vec<f64>);

fn rows(table: &str) -> impl Iterator<Item = Row> {
    table.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let numbers = fields[2..8].iter().map(|field| field.parse().unwrap()).collect();
        ((fields[0].to_owned(), fields[1].to_owned()), numbers)
    })
}

#[test]
fn a_batch_of_instants_gives_the_places_of_jpl() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("instants.csv");
    for (fixture, bodies, limit_arcsec) in
        [(POSITIONS, "sun,moon,mercury,pluto", 0.002), (SMALL_BODIES, "Chiron, ceres,eris", 0.01)]
    {
        let expected: HashMap<_, _> = rows(fixture).collect();
        let mut instants: Vec<&String> = expected.keys().map(|(jd_tt, _)| jd_tt).collect();
        instants.sort();
        instants.dedup();
        let lines: Vec<String> = instants.iter().enumerate().map(|(id, jd_tt)| format!("{id},{jd_tt},47.5")).collect();
        std::fs::write(&file, format!("id,jd_tt,lat\n{}\n", lines.join("\n"))).unwrap();
        let output = run(&["ephemeris", "--instants", file.to_str().unwrap(), "--bodies", bodies, "--format", "csv"]);
        assert_code(&output, 0);
        let told = stdout(&output);
        assert!(told.starts_with("jd_tt,body,lon,lat,dist_au,dlon,dlat,ddist\n"));
        let found: Vec<Row> = rows(&told).collect();
        assert_eq!(found.len(), instants.len() * bodies.split(',').count());
        for (key, numbers) in found {
            let reference = &expected[&key];
            let lon = (numbers[0] - reference[0] + 180.0).rem_euclid(360.0) - 180.0;
            assert!(lon.abs() * 3600.0 < limit_arcsec, "{key:?}: {lon}");
            assert!((numbers[1] - reference[1]).abs() * 3600.0 < limit_arcsec, "{key:?}");
            assert!((numbers[2] / reference[2] - 1.0).abs() < 5e-8, "{key:?}");
            assert!((numbers[3] - reference[3]).abs() < 1e-5 && (numbers[5] - reference[5]).abs() < 1e-7, "{key:?}");
        }
    }
}

#[test]
fn bad_rows_are_named_and_the_others_answered() {
    let mut child = orrery(&["ephemeris", "--instants", "-", "--bodies", "sun,chiron", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"jd_tt\n2451545.0\nnoon\n2290000.5\n9000000\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_code(&output, 1);
    let objects: Vec<serde_json::Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        objects.iter().map(|object| object["body"].as_str().unwrap()).collect::<Vec<_>>(),
        ["sun", "chiron", "sun"]
    );
    assert!(objects[0]["right_ascension_deg"].is_f64());
    let told = stderr(&output);
    for part in ["-:3: ", "\"noon\"", "-:4: chiron is known from 1600 to 2498", "-:5: ", "1550 to 2649", "4 places"] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("instants.csv");
    std::fs::write(&file, "jd\n2451545\n").unwrap();
    let path = file.to_str().unwrap();
    for (arguments, part) in [
        (vec!["--instants", path], "jd_tt"),
        (vec!["--instants", "/nowhere/instants.csv"], "/nowhere/instants.csv"),
        (vec!["--instants", path, "--bodies", "sun,vulcan"], "vulcan"),
        (vec!["--instants", path, "--center", "topocentric"], "--lat"),
    ] {
        let output = run(&[&["ephemeris"], arguments.as_slice()].concat());
        assert_code(&output, 2);
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
}
