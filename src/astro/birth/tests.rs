//! What people get wrong, field by field.

use proptest::prelude::*;

use super::*;

fn einstein() -> BirthInput {
    BirthInput {
        calendar: Calendar::Gregorian,
        zone_source: ZoneSource::UserProvided,
        date: "1879-03-14".to_owned(),
        time: Some("11:30".to_owned()),
        certainty: Certainty::Exact,
        zone: "Europe/Berlin".to_owned(),
        latitude_deg: 48.4,
        longitude_deg: 9.99,
        place_label: Some("Ulm, Germany".to_owned()),
        house_system: HouseSystem::Placidus,
        utc_offset_s: None,
    }
}

fn fields(birth: &BirthInput) -> Vec<String> {
    birth.validate().into_iter().map(|problem| problem.field).collect()
}

#[test]
fn good_data_has_no_problem_and_round_trips() {
    let birth = einstein();
    assert_eq!(birth.validate(), vec![]);
    let json = serde_json::to_string(&birth).unwrap();
    assert_eq!(serde_json::from_str::<BirthInput>(&json).unwrap(), birth);
    assert_eq!(birth.civil().unwrap().1, Some(CivilTime::new(11, 30, 0).unwrap()));
}

#[test]
fn all_problems_come_at_once() {
    let birth = BirthInput {
        date: "banana".to_owned(),
        time: Some("25:00".to_owned()),
        zone: "Mars/Phobos".to_owned(),
        latitude_deg: 999.0,
        longitude_deg: f64::NAN,
        utc_offset_s: Some(i32::MIN),
        ..einstein()
    };
    let problems = birth.validate();
    assert_eq!(fields(&birth), ["date", "time", "tz", "lat", "lon", "utc_offset_s"]);
    assert_eq!(problems[0].given.as_deref(), Some("banana"));
    assert!(problems[0].allowed.contains("1550-01-01 to 2650-01-23"));
    assert_eq!((problems[3].given.as_deref(), problems[4].given.as_deref()), (Some("999"), Some("NaN")));
}

#[test]
fn a_zone_nearly_right_is_suggested() {
    let problems = BirthInput { zone: "Europe/Pari".to_owned(), ..einstein() }.validate();
    assert!(problems[0].allowed.contains("Europe/Paris"), "{problems:?}");
}

#[test]
fn time_and_certainty_must_agree() {
    let missing = BirthInput { time: None, ..einstein() };
    assert_eq!(fields(&missing), ["time"]);
    assert_eq!(missing.validate()[0].given, None);
    let extra = BirthInput { certainty: Certainty::Morning, ..einstein() };
    assert_eq!(extra.validate()[0].allowed, "leave it out, or say exact");
    let vague = BirthInput { time: None, certainty: Certainty::Unknown, ..einstein() };
    assert_eq!(vague.validate(), vec![]);
}

#[test]
fn certainties_have_codes_and_precisions() {
    for certainty in Certainty::ALL {
        assert_eq!(Certainty::from_code(certainty.code()), Some(certainty));
        assert_eq!(serde_json::to_string(&certainty).unwrap(), format!("\"{}\"", certainty.code()));
    }
    assert_eq!(Certainty::ALL.map(Certainty::precision), [5, 3, 3, 3, 1]);
    assert_eq!(Certainty::from_code("Exact"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn validate_never_panics(
        date in "\\PC{0,30}|[0-9]{4}-[0-9]{2}-[0-9]{2}",
        time in proptest::option::of("\\PC{0,12}|[0-9]{2}:[0-9]{2}(:[0-9]{2})?"),
        zone in "\\PC{0,30}|Europe/Paris|America/[A-Z][a-z]{0,8}",
        lat in any::<f64>(),
        lon in proptest::num::f64::ANY,
        offset in any::<Option<i32>>(),
    ) {
        let birth = BirthInput {
            date,
            time,
            zone,
            latitude_deg: lat,
            longitude_deg: lon,
            utc_offset_s: offset,
            ..einstein()
        };
        for problem in birth.validate() {
            prop_assert!(problem.given.is_none_or(|given| given.chars().count() <= GIVEN_CHARS_MAX));
        }
        let _ = birth.civil();
    }
}
