//! Tests of what a person asks of the calendar and of transits: drafts with their errors, and files that are the same every time.

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
    let mut found = fields(&draft.find(Stop::NEVER).unwrap_err());
    found.sort();
    assert_eq!(found, ["bodies[1]", "from", "kinds[1]", "lat", "limb", "lon", "refraction_deg", "void_to", "zodiac"]);
    let none = fields(&CalendarDraft::default().find(Stop::NEVER).unwrap_err());
    assert_eq!(none, ["from", "to"]);
}

#[test]
fn what_belongs_to_another_kind_is_refused_and_what_stands_twice() {
    let march = || CalendarDraft { from: text("2024-03-01"), to: text("2024-03-02"), ..CalendarDraft::default() };
    let refused = |draft: CalendarDraft| fields(&draft.find(Stop::NEVER).unwrap_err());
    let stations = CalendarDraft { kinds: list("stations"), ..march() };
    assert_eq!(refused(CalendarDraft { aspects: list("trine"), ..stations.clone() }), ["aspects"]);
    assert_eq!(refused(CalendarDraft { void_to: text("pluto"), ..stations.clone() }), ["void_to"]);
    let here = CalendarDraft { lat: Some(1.0), lon: Some(2.0), ..march() };
    assert!(here.find(Stop::NEVER).is_ok());
    assert_eq!(refused(CalendarDraft { kinds: list("stations"), ..here.clone() }), ["lat", "lon"]);
    let twilight = CalendarDraft { kinds: list("twilight"), limb: text("lower"), bodies: list("mars"), ..here };
    assert_eq!(refused(twilight), ["bodies", "limb"]);
    assert_eq!(
        refused(CalendarDraft { limb: text("lower"), altitude_m: Some(9.0), ..march() }),
        ["altitude_m", "limb"]
    );
    let sidereal = CalendarDraft { zodiac: text("sidereal"), ayanamsa: text("lahiri"), ..march() };
    assert!(sidereal.find(Stop::NEVER).is_ok());
    assert_eq!(refused(CalendarDraft { kinds: list("aspects"), ..sidereal }), ["zodiac", "ayanamsa"]);
    let twice = CalendarDraft { kinds: list("stations,stations"), bodies: list("sun,mars,sun"), ..march() };
    assert_eq!(refused(twice), ["kinds[1]", "bodies[2]"]);
    assert_eq!(refused(CalendarDraft { aspects: list("trine,trine"), ..march() }), ["aspects[1]"]);
}

#[test]
fn periods_have_a_longest_length_and_a_direction() {
    let days = |from: &str, to: &str, kinds: &str| {
        let draft = CalendarDraft { from: text(from), to: text(to), kinds: list(kinds), ..CalendarDraft::default() };
        draft.find(Stop::NEVER).map(|calendar| calendar.total).map_err(|error| fields(&error))
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
    let calendar = draft.find(Stop::NEVER).unwrap();
    let file = ics::of_events(&calendar.events, Lang::En, UnixMs(1_700_000_000_000));
    assert_eq!(file, ics::of_events(&draft.find(Stop::NEVER).unwrap().events, Lang::En, UnixMs(1_700_000_000_000)));
    assert!(file.starts_with("BEGIN:VCALENDAR\r\n") && file.ends_with("END:VCALENDAR\r\n"));
    assert_eq!(file.matches("BEGIN:VEVENT").count(), calendar.events.len());
    let uids: std::collections::BTreeSet<_> = file.lines().filter(|line| line.starts_with("UID:")).collect();
    assert_eq!(uids.len(), calendar.events.len());
    // 2024-04-08: total, maximum 18:17 UTC.
    assert!(file.contains("UID:solar_eclipse-total-20240408T1817Z@orrery"), "{file}");
    assert!(file.contains("SUMMARY:Total solar eclipse\\, 19°24′ Aries"));
    assert!(ics::of_events(&calendar.events, Lang::Fr, UnixMs(0)).contains("Éclipse totale de Soleil"));
}
