use super::*;
use crate::astro::Lang;
use crate::clock::UnixMs;

#[expect(clippy::unnecessary_wraps, reason = "fields of a draft are optional")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "fields of a draft are optional")]
fn list(codes: &str) -> Option<Vec<String>> {
    Some(codes.split(',').map(str::to_owned).collect())
}

fn fields(error: &Error) -> Vec<String> {
    let errors = error.details()["errors"].as_array().unwrap();
    assert!(errors.iter().all(|e| !e["allowed"].as_str().unwrap().is_empty()));
    errors.iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn everything_wrong_is_named_at_once() {
    let draft = CalendarDraft {
        from: text("2024-02-30"),
        to: text("2024-03-01"),
        kinds: list("stations,parties"),
        bodies: list("sun,vulcan"),
        zodiac: text("draconic"),
        lat: Some(91.0),
        limb: text("left"),
        void_to: text("eris"),
        refraction_deg: Some(9.0),
        ..CalendarDraft::default()
    };
    let mut found = fields(&draft.find().unwrap_err());
    found.sort();
    assert_eq!(found, ["bodies[1]", "from", "kinds[1]", "lat", "limb", "lon", "refraction_deg", "void_to", "zodiac"]);
    let none = fields(&CalendarDraft::default().find().unwrap_err());
    assert_eq!(none, ["from", "to"]);
}

#[test]
fn periods_have_a_longest_length_and_a_direction() {
    let days = |from: &str, to: &str, kinds: &str| {
        let draft = CalendarDraft { from: text(from), to: text(to), kinds: list(kinds), ..CalendarDraft::default() };
        draft.find().map(|calendar| calendar.total).map_err(|error| fields(&error))
    };
    assert!(days("2024-01-01", "2034-01-01", "eclipses").unwrap() > 40);
    assert_eq!(days("2024-01-01", "2034-02-01", "eclipses"), Err(vec!["to".to_owned()]));
    assert_eq!(days("2024-01-02", "2024-01-01", "eclipses"), Err(vec!["to".to_owned()]));
    assert_eq!(days("2024-01-01", "2024-01-02", "rise_set"), Err(vec!["lat".to_owned()]));
}

#[test]
fn a_calendar_becomes_a_file_that_is_the_same_every_time() {
    let draft = CalendarDraft {
        from: text("2024-04-01"),
        to: text("2024-04-30"),
        tz: text("America/New_York"),
        lat: Some(40.7),
        lon: Some(-74.0),
        ..CalendarDraft::default()
    };
    let calendar = draft.find().unwrap();
    let file = ics::of_events(&calendar.events, Lang::En, UnixMs(1_700_000_000_000));
    assert_eq!(file, ics::of_events(&draft.find().unwrap().events, Lang::En, UnixMs(1_700_000_000_000)));
    assert!(file.starts_with("BEGIN:VCALENDAR\r\n") && file.ends_with("END:VCALENDAR\r\n"));
    assert_eq!(file.matches("BEGIN:VEVENT").count(), calendar.events.len());
    let uids: std::collections::BTreeSet<_> = file.lines().filter(|line| line.starts_with("UID:")).collect();
    assert_eq!(uids.len(), calendar.events.len());
    // 2024-04-08: total, maximum 18:17 UTC.
    assert!(file.contains("UID:solar_eclipse-total-20240408T1817Z@orrery"), "{file}");
    assert!(file.contains("SUMMARY:Total solar eclipse\\, 19°24′ Aries"));
    assert!(ics::of_events(&calendar.events, Lang::Fr, UnixMs(0)).contains("Éclipse totale de Soleil"));
}
