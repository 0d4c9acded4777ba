//! Calendars and transits as a client meets them: known answers, files, vague births, wrong input.

use serde_json::{Value, json};

use crate::cli::{assert_code, run, stderr, stdout};
use crate::support::{einstein, shared};

fn events<'a>(calendar: &'a Value, kind: &str) -> Vec<&'a Value> {
    calendar["events"].as_array().unwrap().iter().filter(|event| event["kind"] == kind).collect()
}

#[test]
fn a_calendar_holds_the_sky_that_was_published() {
    let (server, token) = (shared(), shared().person());
    let path = "/v1/calendar?from=2024-03-20&to=2024-04-30&tz=America/New_York";
    let answer = server.call("GET", path, Some(&token), None);
    let calendar = answer.data(200);
    // Published: equinox 2024-03-20 03:06 UTC (before the first day in New York), total eclipse 2024-04-08 18:17 UTC,
    // Mercury retrograde 2024-04-01 22:14 UTC, full moon 2024-04-23 23:49 UTC (23:48:59).
    let eclipse = events(calendar, "solar_eclipse")[0];
    assert!(eclipse["at"].as_str().unwrap().starts_with("2024-04-08T18:17"), "{eclipse}");
    assert!(eclipse["at_local"].as_str().unwrap().starts_with("2024-04-08T14:17"), "{eclipse}");
    assert_eq!((&eclipse["solar_eclipse"]["type"], &eclipse["sign"]), (&json!("total"), &json!("aries")));
    let station = events(calendar, "station")[0];
    assert_eq!((&station["body"], &station["detail"]), (&json!("mercury"), &json!("retrograde")));
    assert!(station["at"].as_str().unwrap().starts_with("2024-04-01T22:1"), "{station}");
    let full = events(calendar, "lunation").into_iter().find(|e| e["at"].as_str().unwrap() > "2024-04-20").unwrap();
    assert!(full["at"].as_str().unwrap().starts_with("2024-04-23T23:48:5") && full["detail"] == "full_moon", "{full}");
    assert!(events(calendar, "rise").is_empty() && events(calendar, "void_moon").len() > 15);
    let with_place = format!("{path}&kinds=rise_set,twilight&lat=40.71&lon=-74.01&bodies=sun");
    let answer = server.call("GET", &with_place, Some(&token), None);
    assert_eq!((events(answer.data(200), "rise").len(), events(answer.data(200), "dawn").len()), (42, 126));
    let sidereal =
        "/v1/calendar?from=2024-04-01&to=2024-04-30&kinds=ingresses&bodies=sun&zodiac=sidereal&ayanamsa=lahiri";
    let answer = server.call("GET", sidereal, Some(&token), None);
    let entries = events(answer.data(200), "ingress");
    assert!(entries.len() == 1 && entries[0]["at"].as_str().unwrap().starts_with("2024-04-13T15:3"), "{entries:?}");
}

#[test]
fn a_calendar_is_a_file_when_asked_for() {
    let (server, token) = (shared(), shared().person());
    let bearer = format!("Bearer {token}");
    let path = "/v1/calendar?from=2024-04-01&to=2024-04-30";
    let by_name = server.raw("GET", &format!("{path}&format=ics"), &[("authorization", &bearer)], None);
    let by_type = server.raw("GET", path, &[("authorization", &bearer), ("accept", "text/calendar")], None);
    for file in [by_name, by_type] {
        assert_eq!((file.status, file.header("content-type")), (200, Some("text/calendar; charset=utf-8")));
        assert!(
            file.text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && file.text.ends_with("END:VCALENDAR\r\n")
        );
        assert!(file.text.contains("\r\nUID:solar_eclipse-total-20240408T1817Z@orrery\r\n"));
        assert!(file.text.split("\r\n").all(|line| line.len() <= 75));
    }
}

#[test]
fn transits_are_told_with_every_pass() {
    let (server, token) = (shared(), shared().person());
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let id = made.data(201)["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/charts/{id}/transits?from=2023-01-01&to=2025-12-31&bodies=saturn,uranus&points=sun,moon");
    let answer = server.call("GET", &path, Some(&token), None);
    let found = answer.data(200);
    let list = found["transits"].as_array().unwrap();
    assert_eq!(found["total"], list.len());
    // Einstein's Moon is at 14°31' Sagittarius; Saturn was at 14°31' Pisces in March 2024, turned at 19°26' in June, came
    // back to 12°41' by November, and passed it again in January 2025.
    let square = |t: &&Value| t["transiting"] == "saturn" && t["natal"] == "moon" && t["aspect"] == "square";
    let passes = list.iter().filter(square).flat_map(|t| t["passes"].as_array().unwrap());
    assert_eq!(passes.map(|pass| pass["retrograde"] == true).collect::<Vec<_>>(), [false, true, false]);
    for transit in list {
        let mut moments: Vec<&str> = Vec::new();
        moments.extend(transit["enters"]["from"].as_str());
        moments
            .extend(transit["passes"].as_array().unwrap().iter().map(|pass| pass["exact"]["from"].as_str().unwrap()));
        moments.extend(transit["leaves"]["from"].as_str());
        assert!(moments.is_sorted(), "{transit}");
    }
    let cut = server.call("GET", &format!("{path}&limit=1"), Some(&token), None);
    assert_eq!((cut.data(200)["transits"].as_array().unwrap().len(), &cut.data(200)["total"]), (1, &found["total"]));
    let bearer = format!("Bearer {token}");
    let file = server.raw("GET", &format!("{path}&format=ics"), &[("authorization", &bearer)], None);
    assert!(file.text.contains(&format!("UID:{id}-saturn-conjunction-sun-")), "{}", file.text);
}

#[test]
fn a_vague_birth_has_windows_and_names_what_it_cannot_tell() {
    let (server, token) = (shared(), shared().person());
    let body = json!({"date": "1990-06-15", "certainty": "unknown", "place": "Paris, France"});
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&body));
    let id = made.data(201)["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/charts/{id}/transits?from=2026-01-01&to=2026-06-30&bodies=mars,jupiter");
    let answer = server.call("GET", &path, Some(&token), None);
    let found = answer.data(200);
    let unknowns: Vec<&Value> = found["unknowns"].as_array().unwrap().iter().map(|u| &u["what"]).collect();
    for point in ["moon", "ascendant", "midheaven"] {
        assert!(unknowns.contains(&&json!(point)), "{unknowns:?}");
    }
    let why = |found: &Value, what: &str| {
        let all = found["unknowns"].as_array().unwrap();
        all.iter().find(|open| open["what"] == what).unwrap()["why"].as_str().unwrap().to_owned()
    };
    assert_eq!(why(found, "ascendant"), "It follows the clock; the time of birth is not exact.");
    let french = server.call("GET", &format!("{path}&lang=fr"), Some(&token), None);
    let french = french.data(200);
    assert_eq!(why(french, "ascendant"), "Il suit l’horloge ; l’heure de naissance n’est pas exacte.");
    assert!(why(french, "moon").starts_with("L’heure de naissance est vague et laisse 1"), "{}", why(french, "moon"));
    let list = found["transits"].as_array().unwrap();
    let to_sun: Vec<_> = list.iter().filter(|t| t["natal"] == "sun" && t["transiting"] == "mars").collect();
    assert!(!to_sun.is_empty() && list.iter().all(|t| t["natal"] != "moon"));
    assert!(
        to_sun.iter().flat_map(|t| t["passes"].as_array().unwrap()).all(|p| p["exact"]["from"] != p["exact"]["to"])
    );
}

#[test]
fn wrong_questions_are_answered_with_what_is_allowed() {
    let (server, token) = (shared(), shared().person());
    let made = server.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let id = made.data(201)["id"].as_str().unwrap().to_owned();
    let period = "from=2024-01-01&to=2024-02-01";
    for (path, fields) in [
        ("/v1/calendar".to_owned(), vec!["query.from", "query.to"]),
        ("/v1/calendar?from=banana&to=2024-02-01".to_owned(), vec!["query.from"]),
        ("/v1/calendar?from=2024-01-01&to=2044-01-01".to_owned(), vec!["query.to"]),
        (format!("/v1/calendar?{period}&tz=Mars/Phobos"), vec!["query.tz"]),
        (format!("/v1/calendar?{period}&kinds=rise_set"), vec!["query.lat"]),
        (format!("/v1/calendar?{period}&kinds=parties&lat=99&lon=0&format=pdf"), vec!["query.format"]),
        (format!("/v1/calendar?{period}&kinds=parties&lat=99&lon=0"), vec!["query.lat", "query.kinds[0]"]),
        (format!("/v1/calendar?{period}&zodiac=sidereal"), vec!["query.ayanamsa"]),
        (format!("/v1/calendar?{period}&lat=x"), vec!["query.lat"]),
        (format!("/v1/calendar?{period}&when=now"), vec!["query.when"]),
        (
            format!("/v1/charts/{id}/transits?{period}&bodies=vulcan&points=head&aspects=kiss"),
            vec!["query.bodies[0]", "query.aspects[0]", "query.points[0]"],
        ),
        (format!("/v1/charts/{id}/transits?{period}&limit=0"), vec!["query.limit"]),
        (format!("/v1/charts/{id}/transits?from=2024-02-01&to=2024-01-01"), vec!["query.to"]),
    ] {
        let answer = server.call("GET", &path, Some(&token), None);
        answer.error(422, "invalid_fields");
        assert_eq!(answer.fields(), fields, "{path}");
    }
    server.call("GET", &format!("/v1/calendar?{period}"), None, None).error(401, "missing_access_token");
    let other = server.person();
    let path = format!("/v1/charts/{id}/transits?{period}");
    server.call("GET", &path, Some(&other), None).error(404, "chart_not_found");
}

#[test]
fn both_can_be_had_on_the_command_line() {
    let period = ["--from", "2024-04-01", "--to", "2024-04-30"];
    let shown =
        run(&[&["calendar"], &period[..], &["--tz", "America/New_York", "--kinds", "eclipses,stations"]].concat());
    assert_code(&shown, 0);
    assert!(stdout(&shown).contains("2024-04-08 14:17  Total solar eclipse, 19°24′ Aries"), "{}", stdout(&shown));
    let file = run(&[&["calendar"], &period[..], &["--ics"]].concat());
    assert_code(&file, 0);
    assert!(stdout(&file).contains("UID:solar_eclipse-total-20240408T1817Z@orrery"));
    let birth = ["--date", "1879-03-14", "--time", "11:30", "--place", "Ulm, Germany"];
    let json = run(&[&["transits"], &birth[..], &period[..], &["--transiting", "mars", "--json"]].concat());
    assert_code(&json, 0);
    let reply: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert!(reply["transits"].as_array().unwrap().iter().all(|t| t["transiting"] == "mars"));
    let wrong = run(&[&["transits"], &birth[..], &period[..], &["--transiting", "vulcan"]].concat());
    assert_code(&wrong, 2);
    assert!(stderr(&wrong).contains("--transiting \"vulcan\": expected one of: sun"), "{}", stderr(&wrong));
}
