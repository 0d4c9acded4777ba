//! Oracles: a calendar counted day by day, published pairs of old and new style, Meeus 1998, chapter 7.

use proptest::prelude::*;

use super::*;

#[test]
fn only_real_gregorian_days_of_the_span_are_read() {
    for good in ["1550-01-01", "1800-01-01", "2100-12-31", "2650-01-23", "2000-02-29", "1879-03-14"] {
        assert_eq!(CivilDate::parse(good).unwrap().to_string(), good);
    }
    let bad = [
        "1900-02-29",
        "2100-02-29",
        "1549-12-31",
        "2650-01-24",
        "2650-12-31",
        "2651-01-01",
        "2000-13-01",
        "2000-00-10",
        "2000-04-31",
        "2000-01-00",
        "2000-1-01",
        "+200-01-01",
        "2000-01-01 ",
        "2000/01/01",
        "banana",
        "",
        "２000-01-01",
    ];
    for text in bad {
        assert!(CivilDate::parse(text).is_err(), "{text}");
    }
}

#[test]
fn times_are_read_strictly() {
    assert_eq!(CivilTime::parse("11:30").unwrap().to_string(), "11:30:00");
    assert_eq!(CivilTime::parse("23:59:59").unwrap().to_string(), "23:59:59");
    for text in ["24:00", "25:00", "12:60", "12:00:60", "9:00", "12", "12:00:", "12:00 ", "-1:00", "éé:00", ""] {
        assert!(CivilTime::parse(text).is_err(), "{text}");
    }
}

/// Old and new style as the history books pair them.
#[test]
fn dates_of_the_julian_calendar_are_those_of_the_books() {
    let pairs = [
        ("1582-10-05", "1582-10-15"), // the reform: the day after Thursday 4 October
        ("1582-10-04", "1582-10-14"),
        ("1571-12-27", "1572-01-06"), // Kepler's birth, proleptic
        ("1564-02-15", "1564-02-25"), // Galileo's birth, proleptic
        ("1642-12-25", "1643-01-04"), // Newton's birth
        ("1685-03-21", "1685-03-31"), // Bach's birth
        ("1706-01-06", "1706-01-17"), // Franklin's birth
        ("1732-02-11", "1732-02-22"), // Washington's birth
        ("1752-09-02", "1752-09-13"), // the last day of the old style in Britain; the next was the 14th
        ("1917-10-25", "1917-11-07"), // the October Revolution
        ("1918-01-31", "1918-02-13"), // the last day of the old style in Russia
        ("1700-02-29", "1700-03-11"), // a leap day that only the Julian calendar has
        ("1900-02-29", "1900-03-13"),
    ];
    for (julian, gregorian) in pairs {
        let date = CivilDate::parse_in(Calendar::Julian, julian).unwrap();
        assert_eq!((date.to_string().as_str(), date.calendar()), (gregorian, Calendar::Julian));
        assert_eq!(date.written(Calendar::Julian), julian);
        let same = CivilDate::parse(gregorian).unwrap();
        assert_eq!((same.day_number(), same.written(Calendar::Julian).as_str()), (date.day_number(), julian));
    }
    assert!(CivilDate::parse("1700-02-29").is_err());
    let allowed = CivilDate::parse_in(Calendar::Julian, "2650-01-06").unwrap_err().to_string();
    assert!(allowed.contains("Julian"), "{allowed}");
    for edge in ["1549-12-22", "2650-01-05"] {
        assert!(CivilDate::parse_in(Calendar::Julian, edge).is_ok(), "{edge}");
    }
    assert!(CivilDate::parse_in(Calendar::Julian, "1549-12-21").is_err());
}

#[test]
fn day_numbers_are_those_of_meeus() {
    // Meeus 1998, chapter 7: the examples and the list after them (noon of the day).
    for (calendar, (year, month, day), number) in [
        (Calendar::Gregorian, (1957, 10, 4), 2_436_116),
        (Calendar::Gregorian, (2000, 1, 1), 2_451_545),
        (Calendar::Gregorian, (1600, 12, 31), 2_305_813),
        (Calendar::Julian, (333, 1, 27), 1_842_713),
        (Calendar::Julian, (837, 4, 10), 2_026_872),
        (Calendar::Julian, (-1000, 7, 12), 1_356_001),
        (Calendar::Julian, (-4712, 1, 1), 0),
    ] {
        assert_eq!(calendar.day_number(year, month, day), number, "{calendar:?} {year}");
        assert_eq!(calendar.day_of(number), (year, month, day));
    }
}

#[test]
fn both_calendars_are_those_counted_day_by_day() {
    for calendar in Calendar::ALL {
        let (mut year, mut month, mut day) = (1500_i32, 1_u8, 1_u8);
        let first = calendar.day_number(year, month, day);
        for number in first..first + 430_000 {
            assert_eq!(calendar.day_number(year, month, day), number, "{calendar:?} {year}-{month}-{day}");
            assert_eq!(calendar.day_of(number), (year, month, day));
            let leap = year % 4 == 0 && (calendar == Calendar::Julian || year % 100 != 0 || year % 400 == 0);
            let last = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][usize::from(month) - 1];
            day += 1;
            if day > last {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
        assert!(year > 2670);
    }
}

#[test]
fn the_customary_calendar_changes_with_the_reform() {
    for (date, calendar) in [
        ("1550-01-01", Some(Calendar::Julian)),
        ("1582-10-04", Some(Calendar::Julian)),
        ("1582-10-05", None),
        ("1582-10-14", None),
        ("1582-10-15", Some(Calendar::Gregorian)),
        ("1642-12-25", Some(Calendar::Gregorian)),
        ("banana", Some(Calendar::Gregorian)),
    ] {
        assert_eq!(Calendar::customary(date), calendar, "{date}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_and_what_is_read_is_written_back(text in "\\PC{0,12}|[0-9]{4}-[0-9]{2}-[0-9]{2}") {
        for calendar in Calendar::ALL {
            if let Ok(date) = CivilDate::parse_in(calendar, &text) {
                prop_assert_eq!(date.written(calendar), text.clone());
            }
        }
        let _ = Calendar::customary(&text);
    }
}
