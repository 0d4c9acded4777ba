//! Oracle: return instants by Skyfield over JPL DE440 (tests/fixtures/astro/README.md).

use super::*;
use crate::astro::birth::{BirthInput, Certainty};
use crate::astro::chart::{compute, compute_with};
use crate::astro::houses::HouseSystem;
use crate::astro::zodiac::{Ayanamsa, Zodiac};

const FIXTURE: &str = include_str!("../../../tests/fixtures/astro/returns.csv");

/// A birth at a UTC time in Ulm.
pub(crate) fn birth(date: &str, time: Option<&str>) -> BirthInput {
    BirthInput {
        calendar: crate::astro::Calendar::Gregorian,
        zone_source: crate::astro::ZoneSource::UserProvided,
        date: date.to_owned(),
        time: time.map(str::to_owned),
        certainty: if time.is_some() { Certainty::Exact } else { Certainty::Unknown },
        zone: "UTC".to_owned(),
        latitude_deg: 48.4,
        longitude_deg: 9.99,
        place_label: None,
        house_system: HouseSystem::Placidus,
        utc_offset_s: None,
    }
}

/// Largest error allowed, seconds: what 0.01 arc seconds are at each body's pace, and what a slower pace near a station
/// makes of them.
fn allowed_s(body: Body, speed_deg_per_day: f64) -> f64 {
    let arcseconds = if body == Body::Moon { 0.004 } else { 0.01 };
    arcseconds / 3600.0 / speed_deg_per_day.abs() * 86_400.0
}

#[test]
fn instants_agree_with_skyfield() {
    let mut worst = std::collections::BTreeMap::new();
    for line in FIXTURE.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let chart = compute(&birth(fields[0], Some(fields[1]))).unwrap();
        let body = Body::from_code(fields[2]).unwrap();
        let [from, to] = [4, 5].map(|i| utc_of_tt(fields[i].parse().unwrap()));
        let expected: Vec<f64> = fields[6].split(';').map(|f| f.parse().unwrap()).collect();
        let found = within(Stop::NEVER, &chart, body, from, to).unwrap();
        assert_eq!(found.len(), expected.len(), "{line}");
        for (found, expected) in found.iter().zip(expected) {
            let jd_tt = time::scales_from_utc(found.jd_utc).jd_tt;
            let off_s = (jd_tt - expected).abs() * 86_400.0;
            let speed = Ephemeris::embedded().apparent(body, jd_tt).unwrap().longitude_speed_deg_per_day;
            assert!(off_s < allowed_s(body, speed), "{line}: {off_s} s at {speed}");
            assert_eq!(found.retrograde, speed < 0.0);
            assert!(found.certain && found.window.is_none());
            let entry: &mut f64 = worst.entry(body).or_default();
            *entry = entry.max(off_s);
        }
    }
    assert!(worst.contains_key(&Body::Saturn));
    // The luminaries, whose returns are read to the minute everywhere, are good to a fraction of a second.
    assert!(worst[&Body::Sun] < 0.2 && worst[&Body::Moon] < 0.05, "{worst:?}");
}

#[test]
fn the_root_is_sharper_than_a_millisecond() {
    let chart = compute(&birth("1984-02-29", Some("03:07:30"))).unwrap();
    for body in Body::PLANETS {
        let Some(next) = next_after(Stop::NEVER, &chart, body, 2_450_000.5).unwrap().pop() else { continue };
        let position = Ephemeris::embedded().apparent(body, time::scales_from_utc(next.jd_utc).jd_tt).unwrap();
        let off_deg = crate::astro::angles::wrap_deg(position.longitude_deg - next.natal_longitude_deg);
        // 0.1 ms and the spacing of Julian Dates, 40 microseconds.
        assert!((off_deg / position.longitude_speed_deg_per_day).abs() * 86_400.0 < 1e-3, "{body:?} {off_deg}");
        assert!(next.jd_utc > 2_450_000.5);
    }
}

/// A birthday can only be a year after: the Sun's return of age n lies near n tropical years (a return to one place is up to a
/// minute a year shorter or longer than the mean of all places).
#[test]
fn birthdays_follow_each_other() {
    let chart = compute(&birth("1955-06-15", Some("21:30:00"))).unwrap();
    let birth_jd = Instants::of(&chart).middle();
    for age in 0..100 {
        let found = solar_of_age(&chart, age).unwrap().unwrap();
        assert!((found.jd_utc - birth_jd - f64::from(age) * TROPICAL_YEAR_DAYS).abs() < 0.1, "{found:?}");
    }
}

/// Every exact birth of a day has its return within the window of the day alone.
#[test]
fn a_vague_birth_has_a_window_that_holds_every_hour() {
    let vague = compute(&birth("1984-02-29", None)).unwrap();
    for (body, from, to) in [
        (Body::Sun, 2_455_000.5, 2_457_000.5),
        (Body::Moon, 2_455_000.5, 2_455_200.5),
        (Body::Saturn, 2_455_000.5, 2_460_000.5),
    ] {
        let windows = within(Stop::NEVER, &vague, body, from, to).unwrap();
        assert!(!windows.is_empty());
        for time in ["00:00:30", "06:00", "12:00", "17:17", "23:59"] {
            let exact = compute(&birth("1984-02-29", Some(time))).unwrap();
            let passes = within(Stop::NEVER, &exact, body, from, to).unwrap();
            assert_eq!(passes.len(), windows.len());
            for (pass, window) in passes.iter().zip(&windows) {
                let span = window.instants();
                assert!((span.from_jd_utc..=span.to_jd_utc).contains(&pass.jd_utc), "{pass:?} {window:?}");
                assert!(window.certain && span.half_days() < 2.0, "{window:?}");
            }
        }
    }
}

#[test]
fn instants_are_written_to_the_millisecond() {
    assert_eq!(instant_text(2_440_587.5), "1970-01-01T00:00:00.000Z");
    assert_eq!(instant_text(2_440_587.5 + 1.25 / 86_400.0), "1970-01-01T00:00:01.250Z");
}

/// A sidereal return waits for precession: Skyfield's longitudes less Swiss Ephemeris' Lahiri ayanamsa. Returns of the Sun
/// fall some twenty minutes later each year than the tropical ones.
#[test]
fn sidereal_returns_agree_with_skyfield_and_swiss_ephemeris() {
    let fixture = include_str!("../../../tests/fixtures/astro/returns_sidereal.csv");
    for line in fixture.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let options = ChartOptions { zodiac: Zodiac::Sidereal(Ayanamsa::Lahiri), ..ChartOptions::default() };
        let chart = compute_with(&birth(fields[0], Some(fields[1])), &options).unwrap();
        let body = Body::from_code(fields[2]).unwrap();
        let expected: f64 = fields[4].parse().unwrap();
        let near = utc_of_tt(expected);
        let found = within(Stop::NEVER, &chart, body, near - 2.0, near + 2.0).unwrap();
        assert_eq!(found.len(), 1, "{line}");
        let off_s = (time::scales_from_utc(found[0].jd_utc).jd_tt - expected).abs() * 86_400.0;
        // 0.01 arc seconds are a quarter of a second of the Sun and 0.02 s of the Moon.
        assert!(off_s < if body == Body::Sun { 0.5 } else { 0.05 }, "{line}: {off_s}");
        let tropical = compute(&birth(fields[0], Some(fields[1]))).unwrap();
        if body == Body::Sun {
            let years = (found[0].age_years).round();
            let other = solar_of_age(&tropical, years as u32).unwrap().unwrap();
            let later_min = (found[0].jd_utc - other.jd_utc) * 1440.0;
            assert!((18.0..23.0).contains(&(later_min / years)), "{later_min} {years}");
        }
    }
}

/// The figure of a return has its body at the natal place, wherever it is cast; the house of a place is its own.
#[test]
fn a_relocated_return_is_one_sky_over_another_place() {
    let chart = compute(&birth("1984-02-29", Some("03:07:30"))).unwrap();
    let sun = solar_of_age(&chart, 40).unwrap().unwrap();
    let home = chart.birth.site(&chart.options);
    let away = Site { latitude_deg: -33.87, longitude_deg: 151.21, altitude_m: 0.0 };
    let (here, _) = figure(&chart, &sun, home, HouseSystem::Placidus, Ruleset::builtin()).unwrap();
    let (there, unknowns) = figure(&chart, &sun, away, HouseSystem::Placidus, Ruleset::builtin()).unwrap();
    assert!(unknowns.is_empty());
    assert_eq!(here.placement(Body::Moon).unwrap().longitude_deg, there.placement(Body::Moon).unwrap().longitude_deg);
    assert!(here.angles.unwrap().ascendant != there.angles.unwrap().ascendant);
    let off = crate::astro::angles::separation_deg(
        there.placement(Body::Sun).unwrap().longitude_deg,
        chart.placement(Body::Sun).unwrap().longitude_deg,
    );
    assert!(off * 3600.0 < 1e-4, "{off}");
}

#[test]
fn the_return_of_a_vague_birth_has_no_angles() {
    let chart = compute(&birth("1984-02-29", None)).unwrap();
    let sun = solar_of_age(&chart, 40).unwrap().unwrap();
    let home = chart.birth.site(&chart.options);
    let (figure, unknowns) = figure(&chart, &sun, home, HouseSystem::Placidus, Ruleset::builtin()).unwrap();
    assert!(figure.angles.is_none() && figure.houses.is_none() && figure.lots.is_none());
    assert!(figure.bodies.iter().all(|placed| placed.range.is_some() && placed.house.is_none()));
    assert!(unknowns.iter().any(|open| open.what == "ascendant"));
    // The Moon goes some twelve degrees in the window of a day.
    let range = figure.placement(Body::Moon).unwrap().range.unwrap();
    let length = (range.to_deg - range.from_deg).rem_euclid(360.0);
    assert!((11.0..16.0).contains(&length), "{length}");
}

#[test]
fn instants_before_1970_are_written_as_rfc_3339_has_them() {
    // Julian Dates of Meeus 1998, ch. 7, and of 1951-03-11 10:17:00 (2,433,716.5 + 10.28333 h / 24).
    assert_eq!(instant_text(2_436_116.31), "1957-10-04T19:26:24.000Z");
    assert_eq!(instant_text(2_433_716.5 + (10.0 * 60.0 + 17.0) / 1_440.0), "1951-03-11T10:17:00.000Z");
    assert_eq!(instant_text(2_440_587.5 - 0.001 / 86_400.0), "1969-12-31T23:59:59.999Z");
}
