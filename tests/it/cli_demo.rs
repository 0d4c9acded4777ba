//! `orrery demo` as a newcomer meets it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::cli::{assert_code, orrery, run, stderr, stdout};

/// Arc minutes of the line that starts with `point` and names `sign`, from `11°38′`.
#[track_caller]
fn minutes(page: &str, point: &str, sign: &str) -> i32 {
    let line = page.lines().find(|line| line.trim_start().starts_with(point) && line.contains(sign));
    let line = line.unwrap_or_else(|| panic!("no line of {point} in {sign}:\n{page}"));
    let (degrees, rest) = line.split_once('°').unwrap();
    let degrees: i32 = degrees.rsplit(' ').next().unwrap().parse().unwrap();
    degrees * 60 + rest.split_once('′').unwrap().0.parse::<i32>().unwrap()
}

#[test]
fn the_default_is_einsteins_chart_a_day_and_a_cited_answer() {
    let output = run(&["demo", "--exit"]);
    assert_code(&output, 0);
    let page = stdout(&output);
    // Astro-Databank, Einstein, Albert: 11:30 LMT, Ulm.
    for (point, sign, known) in [
        ("Ascendant", "Cancer", 11 * 60 + 38),
        ("Midheaven", "Pisces", 12 * 60 + 50),
        ("Moon", "Sagittarius", 14 * 60 + 31),
    ] {
        assert!((minutes(&page, point, sign) - known).abs() <= 1, "{point}:\n{page}");
    }
    for part in
        ["NATAL CHART", "TODAY", "ANSWER", "local mean time", "[1]", " ms", "All of that took", "What leads the day"]
    {
        assert!(page.contains(part), "{part:?} is not in\n{page}");
    }
    assert!(!page.contains('\u{1b}'), "colours where nobody can see them");
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    assert_eq!(stderr(&output), "", "the demo logs nothing when nothing is wrong");
}

#[test]
fn french_is_french_throughout() {
    let output = run(&[
        "demo",
        "--exit",
        "--lang",
        "fr",
        "--date",
        "1990-07-14",
        "--time",
        "08:15",
        "--place",
        "Paris, France",
        "--question",
        "Comment vivre cette journée au travail ?",
    ]);
    assert_code(&output, 0);
    let page = stdout(&output);
    for part in ["THÈME NATAL", "AUJOURD'HUI", "RÉPONSE", "Soleil", "14 juil. 1990", "maison", "[1]"] {
        assert!(page.contains(part), "{part:?} is not in\n{page}");
    }
    for part in ["Sagittarius", "applying", "natal Moon"] {
        assert!(!page.contains(part), "{part:?} is in\n{page}");
    }
}

#[test]
fn a_directory_that_was_named_is_kept_and_can_be_used_again() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("demo");
    let arguments = ["demo", "--exit", "--data-dir", data.to_str().unwrap()];
    assert_code(&run(&arguments), 0);
    assert!(data.join("store.redb").is_file());
    assert_code(&run(&arguments), 0);
    let verified = run(&["audit", "verify", "--data-dir", data.to_str().unwrap()]);
    assert_code(&verified, 0);
}

#[test]
fn what_was_typed_wrong_is_told_by_option_and_exits_2() {
    let cases: [(&[&str], &[&str]); 5] = [
        (&["--date", "banana", "--place", "Ulm, Germany"], &["--date", "banana"]),
        (&["--date", "1990-01-01", "--place", "Zzyxburg"], &["--place", "Zzyxburg"]),
        (&["--date", "1990-01-01", "--lat", "999", "--lon", "0", "--tz", "UTC"], &["--lat", "999"]),
        (&["--date", "1990-01-01", "--lat", "1", "--lon", "0", "--tz", "Mars/Phobos"], &["--tz", "Mars/Phobos"]),
        // Clocks in Germany were set back from 03:00 to 02:00 on that morning.
        (&["--date", "1995-09-24", "--time", "02:30", "--place", "Ulm, Germany"], &["--utc-offset +02:00", "+01:00"]),
    ];
    for (arguments, parts) in cases {
        let arguments: Vec<&str> = ["demo", "--exit"].into_iter().chain(arguments.iter().copied()).collect();
        let output = run(&arguments);
        assert_code(&output, 2);
        for part in parts {
            assert!(stderr(&output).contains(part), "{part:?} is not in\n{}", stderr(&output));
        }
    }
}

#[test]
fn an_unknown_time_leaves_the_houses_out_and_says_so() {
    let output = run(&[
        "demo",
        "--exit",
        "--date",
        "1990-01-01",
        "--lat",
        "-33.45",
        "--lon",
        "-70.66",
        "--tz",
        "America/Santiago",
    ]);
    assert_code(&output, 0);
    let page = stdout(&output);
    assert!(page.contains("time unknown") && page.contains("What the birth data leave open"), "{page}");
    assert!(!page.contains("House cusps"), "{page}");
}

#[test]
fn the_server_stays_up_until_it_is_told_to_stop_and_takes_its_directory_along() {
    let temporary = tempfile::tempdir().unwrap();
    let mut child = orrery(&["demo"])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let docs = lines.by_ref().find(|line| line.contains("/docs")).expect("the URLs are shown");
    lines.by_ref().find(|line| line.starts_with("Ctrl-C")).expect("how to stop is said");
    let docs = docs.split_whitespace().next().unwrap().to_owned();
    let health = docs.replace("/docs", "/health");
    assert_eq!(ureq::get(&health).call().unwrap().status().as_u16(), 200);
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 1);
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}
