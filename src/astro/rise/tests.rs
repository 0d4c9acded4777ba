//! Tests of rise, set and culmination against Skyfield and almanacs.

use super::*;
use crate::astro::time::julian_date;

/// Skyfield's almanac over DE440 (tests/fixtures/astro/README.md).
const FIXTURE: &str = include_str!("../../../tests/fixtures/astro/rise.csv");

fn place(latitude_deg: f64, longitude_deg: f64) -> Site {
    Site { latitude_deg, longitude_deg, altitude_m: 0.0 }
}

fn code(passage: Passage) -> &'static str {
    match passage {
        Passage::Rise => "rise",
        Passage::Set => "set",
        Passage::UpperCulmination => "upper_culmination",
        Passage::LowerCulmination => "lower_culmination",
    }
}

#[test]
fn rises_sets_and_culminations_agree_with_skyfield_to_a_second() {
    let rows: Vec<Vec<&str>> = FIXTURE.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let mut worst_s = 0.0_f64;
    for group in rows.chunk_by(|a, b| a[..6] == b[..6]) {
        let number = |index: usize| group[0][index].parse::<f64>().unwrap();
        let body = Body::from_code(group[0][0]).unwrap();
        let site = Site { latitude_deg: number(1), longitude_deg: number(2), altitude_m: number(3) };
        let limb = if body == Body::Sun { Limb::Upper } else { Limb::Center };
        let horizon = Horizon::Seen { refraction_deg: STANDARD_REFRACTION_DEG, limb };
        let found = horizon_events(Stop::NEVER, body, site, horizon, number(4), number(5)).unwrap();
        let found: Vec<_> = found.events.iter().filter(|e| e.passage != Passage::LowerCulmination).collect();
        assert_eq!(found.len(), group.len(), "{:?}", group[0]);
        for (event, row) in found.iter().zip(group) {
            assert_eq!(code(event.passage), row[6]);
            let off_s = (event.jd_tt - row[7].parse::<f64>().unwrap()).abs() * 86_400.0;
            worst_s = worst_s.max(off_s);
            assert!(off_s < 1.0, "{row:?} {off_s}");
        }
    }
    println!("worst {worst_s} s");
}

#[test]
fn tromso_has_its_midnight_sun_and_its_polar_night() {
    let site = place(69.65, 18.96);
    let year = horizon_events(
        Stop::NEVER,
        Body::Sun,
        site,
        Horizon::default(),
        julian_date(2024, 1, 3, 0.0),
        julian_date(2024, 12, 28, 0.0),
    )
    .unwrap();
    // Published for Tromsø: midnight sun from about 18 May to 26 July, polar night from about 27 November to 15 January.
    let stretches: Vec<(bool, f64, f64)> = year.stretches.iter().map(|s| (s.above, s.from_jd_tt, s.to_jd_tt)).collect();
    assert_eq!(stretches.iter().map(|s| s.0).collect::<Vec<_>>(), [false, true, false]);
    let near = |jd: f64, month, day| (jd - julian_date(2024, month, day, 0.5)).abs() < 2.0;
    assert!(
        near(stretches[0].2, 1, 15)
            && near(stretches[1].1, 5, 18)
            && near(stretches[1].2, 7, 26)
            && near(stretches[2].1, 11, 27)
    );
}

#[test]
fn the_sun_around_an_instant_is_that_of_the_almanac() {
    // Sunrise and sunset at Greenwich, 2024-06-20: 03:43 and 20:21 UTC (HM Nautical Almanac Office, to the minute).
    let site = place(51.4769, 0.0);
    let day = julian_date(2024, 6, 20, 0.0);
    let noon = sun_rise_set(day + 0.5, site).unwrap();
    let minute = |jd: Option<f64>| ((jd.unwrap() - day) * 1440.0).round() as i32;
    assert!(noon.is_up);
    assert!((minute(noon.last_rise_jd_ut) - (3 * 60 + 43)).abs() <= 1, "{}", minute(noon.last_rise_jd_ut));
    assert!((minute(noon.next_set_jd_ut) - (20 * 60 + 21)).abs() <= 1);
    let (rise, set) = (noon.next_rise_jd_ut.unwrap(), noon.last_set_jd_ut.unwrap());
    assert!((rise - day - 1.155).abs() < 0.01 && (set - day + 0.152).abs() < 0.01);
    let pole = sun_rise_set(day, place(89.0, 0.0)).unwrap();
    assert!(pole.is_up && pole.last_rise_jd_ut.is_none() && pole.next_set_jd_ut.is_none());
}
