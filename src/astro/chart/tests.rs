//! Charts against published data and Swiss Ephemeris values that this code did not make.

use super::*;
use crate::astro::angles::{norm_deg, separation_deg};
use crate::astro::aspects::Aspect;
use crate::astro::houses::HouseSystem;

fn birth(date: &str, time: &str, zone: &str, latitude_deg: f64, longitude_deg: f64) -> BirthInput {
    BirthInput {
        calendar: crate::astro::Calendar::Gregorian,
        zone_source: ZoneSource::UserProvided,
        date: date.to_owned(),
        time: Some(time.to_owned()),
        certainty: Certainty::Exact,
        zone: zone.to_owned(),
        latitude_deg,
        longitude_deg,
        place_label: None,
        house_system: HouseSystem::Placidus,
        utc_offset_s: None,
    }
}

fn vague_birth(date: &str, zone: &str, certainty: Certainty) -> BirthInput {
    BirthInput { time: None, certainty, ..birth(date, "", zone, 48.0, 2.0) }
}

fn einstein() -> BirthInput {
    birth("1879-03-14", "11:30", "Europe/Berlin", 48.4, 9.99)
}

fn near(found_deg: f64, expected_deg: f64, tolerance_deg: f64) {
    assert!(separation_deg(found_deg, expected_deg) < tolerance_deg, "{found_deg} for {expected_deg}");
}

fn longitude(chart: &Chart, body: Body) -> f64 {
    chart.placement(body).unwrap().longitude_deg
}

/// Equal but for the last digits of numbers, which the JSON parser may round another way.
pub(crate) fn alike(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Number(a), Number(b)) => {
            (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() <= 1e-12 * a.as_f64().unwrap().abs()
        }
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| alike(value, other)))
        }
        _ => a == b,
    }
}

/// Einstein's birth certificate, as Astrodatabank publishes its chart (rated AA), to the minute of arc.
#[test]
fn einstein_matches_his_published_chart() {
    let chart = compute(&einstein()).unwrap();
    let angles = chart.angles.unwrap();
    let minute = 1.0 / 60.0;
    near(angles.ascendant.longitude_deg, 90.0 + 11.0 + 38.0 / 60.0, 1.5 * minute);
    near(angles.midheaven.longitude_deg, 330.0 + 12.0 + 50.0 / 60.0, 1.5 * minute);
    near(longitude(&chart, Body::Moon), 240.0 + 14.0 + 31.0 / 60.0, 1.5 * minute);
    assert_eq!(angles.ascendant.sign, Sign::Cancer);
    assert_eq!(chart.placement(Body::Sun).unwrap().house, Some(10));
    assert_eq!(chart.placement(Body::Moon).unwrap().house, Some(6));
    assert_eq!(chart.precision, 5);
    assert_eq!(chart.balance.counted.len(), 12);
    assert!(chart.unknowns.is_empty() && chart.window.is_none());
}

/// Values of another program over the Swiss Ephemeris (Moshier), to its own accuracy.
#[test]
fn charts_match_swiss_ephemeris_values() {
    type Case<'a> = (BirthInput, &'a [(Body, f64)], Option<(f64, f64)>);
    let autumn =
        BirthInput { utc_offset_s: Some(7200), ..birth("2024-10-27", "02:30", "Europe/Paris", 48.8566, 2.3522) };
    let cases: [Case; 8] = [
        (
            birth("2000-01-01", "12:00", "UTC", 0.0, 0.0),
            &[
                (Body::Sun, 280.368_920),
                (Body::Moon, 223.323_775),
                (Body::Mercury, 271.889_275),
                (Body::Saturn, 40.395_639),
            ],
            None,
        ),
        (
            birth("1990-06-15", "12:00", "UTC", 0.0, 0.0),
            &[(Body::Sun, 84.129_567), (Body::Moon, 345.357_940), (Body::Mercury, 65.690_706)],
            None,
        ),
        (birth("1980-03-21", "12:00", "UTC", 0.0, 0.0), &[(Body::Sun, 1.027_914), (Body::Mars, 147.471_070)], None),
        (
            birth("1973-07-04", "09:00", "Europe/Paris", 48.8566, 2.3522),
            &[(Body::Sun, 102.200_902), (Body::Moon, 154.960_685), (Body::Mercury, 123.125_606)],
            Some((147.033_682, 47.009_905)),
        ),
        (
            autumn,
            &[(Body::Sun, 214.080_240), (Body::Moon, 154.351_320), (Body::Mercury, 230.283_789)],
            Some((147.879_810, 48.179_520)),
        ),
        (
            birth("2024-03-31", "03:30", "Europe/Paris", 48.8566, 2.3522),
            &[(Body::Sun, 10.826_916), (Body::Moon, 255.613_553), (Body::Mercury, 27.009_673)],
            Some((273.769_477, 216.088_823)),
        ),
        (
            birth("1985-01-10", "12:00", "Atlantic/Reykjavik", 64.1466, -21.9426),
            &[(Body::Sun, 290.197_152)],
            Some((340.090_263, 268.173_542)),
        ),
        (
            birth("1966-12-21", "23:45", "Europe/Helsinki", 60.1699, 24.9384),
            &[(Body::Sun, 269.587_628), (Body::Moon, 21.306_723)],
            Some((174.537_887, 81.913_408)),
        ),
    ];
    for (birth, bodies, angles) in cases {
        let chart = compute(&birth).unwrap();
        for (body, expected) in bodies {
            near(longitude(&chart, *body), *expected, 0.01);
        }
        if let Some((ascendant, midheaven)) = angles {
            near(chart.angles.unwrap().ascendant.longitude_deg, ascendant, 0.05);
            near(chart.angles.unwrap().midheaven.longitude_deg, midheaven, 0.05);
        }
    }
}

#[test]
fn retrograde_motion_and_speed_match_swiss_ephemeris() {
    let chart = compute(&birth("1980-03-21", "12:00", "UTC", 0.0, 0.0)).unwrap();
    let mars = chart.placement(Body::Mars).unwrap();
    assert!(mars.retrograde && (mars.speed_deg_per_day + 0.203_976).abs() < 1e-4);
}

#[test]
fn a_clock_that_jumped_is_a_typed_error_when_the_time_is_exact() {
    let twice = compute(&birth("2024-10-27", "02:30", "Europe/Paris", 48.0, 2.0));
    assert!(matches!(twice, Err(AstroError::AmbiguousLocalTime { .. })), "{twice:?}");
    let never = compute(&birth("2024-03-31", "02:30", "Europe/Paris", 48.0, 2.0));
    assert!(matches!(never, Err(AstroError::NonexistentLocalTime { .. })), "{never:?}");
    let nowhere = compute(&BirthInput { longitude_deg: f64::NAN, ..einstein() });
    assert!(matches!(nowhere, Err(AstroError::BadBirth(_))), "{nowhere:?}");
}

#[test]
fn a_polar_birth_needs_another_house_system_only_when_the_time_is_exact() {
    let tromso = birth("1990-06-15", "12:00", "Europe/Oslo", 69.65, 18.96);
    assert!(matches!(compute(&tromso), Err(AstroError::HouseSystemUndefined { .. })));
    assert!(compute(&BirthInput { house_system: HouseSystem::Porphyry, ..tromso.clone() }).is_ok());
    assert!(compute(&BirthInput { time: None, certainty: Certainty::Unknown, ..tromso }).is_ok());
}

/// Sun enters Aquarius 2000-01-20 18:23 UTC (almanac); the Moon was full at 0°26' Leo on 2000-01-21 04:40 UTC (NASA).
#[test]
fn a_day_on_which_a_body_changes_sign_leaves_its_sign_open() {
    let what = |chart: &Chart| chart.unknowns.iter().map(|unknown| unknown.what.clone()).collect::<Vec<_>>();
    let sun = compute(&vague_birth("2000-01-20", "UTC", Certainty::Unknown)).unwrap();
    assert!(what(&sun).contains(&"sun_sign".to_owned()), "{:?}", sun.unknowns);
    assert!(!sun.balance.counted.contains(&Point::Body(Body::Sun)));
    let moon = compute(&vague_birth("2000-01-21", "UTC", Certainty::Unknown)).unwrap();
    assert_eq!(
        what(&moon),
        ["houses", "ascendant", "midheaven", "lots", "is_day", "moon_sign", "true_node_retrograde", "applying"]
    );
    assert_eq!(moon.balance.counted.len(), 9);
    let balance = &moon.balance;
    assert_eq!(balance.fire + balance.earth + balance.air + balance.water, 9);
    let evening = compute(&vague_birth("2000-01-21", "UTC", Certainty::Evening)).unwrap();
    // An evening in January at 48 degrees north is night from 18:00 on.
    assert_eq!(what(&evening), ["houses", "ascendant", "midheaven", "lots", "applying"]);
    assert_eq!((evening.is_day, moon.is_day), (Some(false), None));
    assert_eq!((evening.precision, moon.precision), (3, 1));
}

/// Mercury turned retrograde on 2024-04-01 22:14 UTC at 27°13' Aries (almanac).
#[test]
fn the_arc_of_a_body_that_turns_reaches_its_station() {
    let chart = compute(&vague_birth("2024-04-01", "America/New_York", Certainty::Unknown)).unwrap();
    let range = chart.placement(Body::Mercury).unwrap().range.unwrap();
    near(range.to_deg, 27.0 + 13.0 / 60.0, 1.0 / 60.0);
    assert!(range.from_deg < range.to_deg && range.sign_certain);
}

#[test]
fn every_time_in_the_window_lies_in_the_arc_and_keeps_the_certain_aspects() {
    let zone = "America/Sao_Paulo";
    for date in ["1990-06-15", "2018-11-04", "2024-04-01"] {
        let vague = compute(&vague_birth(date, zone, Certainty::Unknown)).unwrap();
        for hour in 1..24 {
            let exact = compute(&birth(date, &format!("{hour:02}:00"), zone, 48.0, 2.0)).unwrap();
            for placement in &vague.bodies {
                let range = placement.range.unwrap();
                let width = norm_deg(range.to_deg - range.from_deg);
                let at = norm_deg(longitude(&exact, placement.body) - range.from_deg + 1e-6);
                assert!(at <= width + 2e-6, "{date} {hour} {placement:?}");
            }
            for hit in vague.aspects.iter().filter(|hit| hit.certain) {
                let same =
                    exact.aspects.iter().any(|other| (other.a, other.b, other.aspect) == (hit.a, hit.b, hit.aspect));
                assert!(same, "{date} {hour} {hit:?}");
            }
        }
    }
}

#[test]
fn windows_follow_the_local_clock() {
    let window = |date, certainty| compute(&vague_birth(date, "Europe/Paris", certainty)).unwrap().window.unwrap();
    let morning = window("1990-06-15", Certainty::Morning);
    assert_eq!(
        (morning.from_utc_rfc3339.as_str(), morning.to_utc_rfc3339.as_str()),
        ("1990-06-15T04:00:00Z", "1990-06-15T10:00:00Z")
    );
    let evening = window("1990-06-15", Certainty::Evening);
    assert_eq!((evening.local_from.as_str(), evening.local_to.as_str()), ("18:00", "24:00"));
    assert_eq!(evening.to_utc_rfc3339, "1990-06-15T22:00:00Z");
    let long = window("2024-10-27", Certainty::Unknown);
    assert!((long.to_jd_ut - long.from_jd_ut - 25.0 / 24.0).abs() < 1e-6);
    // Clocks in Sao Paulo went from 24:00 to 01:00, so that the day starts at 03:00 UTC and has 23 hours.
    let skipped = compute(&vague_birth("2018-11-04", "America/Sao_Paulo", Certainty::Unknown)).unwrap().window.unwrap();
    assert_eq!(skipped.from_utc_rfc3339, "2018-11-04T03:00:00Z");
    assert!((skipped.to_jd_ut - skipped.from_jd_ut - 23.0 / 24.0).abs() < 1e-6);
}

/// An aspect that applies is nearer an hour later, by the chart of that hour.
#[test]
fn applying_aspects_get_closer() {
    let now = compute(&birth("1990-06-15", "12:00", "UTC", 48.0, 2.0)).unwrap();
    let later = compute(&birth("1990-06-15", "12:01", "UTC", 48.0, 2.0)).unwrap();
    assert!(now.aspects.len() > 10);
    for hit in &now.aspects {
        let [a, b] = [hit.a, hit.b].map(|point| later.longitude_deg(point).unwrap());
        let orb = hit.aspect.orb_deg(a, b);
        assert!((orb < hit.orb_deg) == hit.applying || (orb - hit.orb_deg).abs() < 1e-6, "{hit:?} {orb}");
    }
}

#[test]
fn the_full_moon_of_an_eclipse_is_an_opposition() {
    let chart = compute(&birth("2000-01-21", "04:40", "UTC", 0.0, 0.0)).unwrap();
    let hit =
        chart.aspects.iter().find(|hit| (hit.a, hit.b) == (Point::Body(Body::Sun), Point::Body(Body::Moon))).unwrap();
    assert!(hit.aspect == Aspect::Opposition && hit.orb_deg < 0.02, "{hit:?}");
}

#[test]
fn a_chart_survives_json_and_its_hash_ignores_the_label_alone() {
    let chart = compute(&einstein()).unwrap();
    let back: Chart = serde_json::from_str(&serde_json::to_string(&chart).unwrap()).unwrap();
    assert!(alike(&serde_json::to_value(back).unwrap(), &serde_json::to_value(&chart).unwrap()));
    let labelled = compute(&BirthInput { place_label: Some("Ulm".to_owned()), ..einstein() }).unwrap();
    assert_eq!(labelled.input_hash, chart.input_hash);
    let moved = compute(&BirthInput { longitude_deg: 9.991, ..einstein() }).unwrap();
    assert_ne!(moved.input_hash, chart.input_hash);
    assert!(chart.input_hash.len() == 64 && chart.versions.ruleset == "modern-1.0.0");
}

#[test]
fn canonical_json_sorts_keys_at_every_level() {
    let value = serde_json::json!({"b": {"z": 1, "a": [true, null]}, "a": "x\"y"});
    let mut json = String::new();
    write_canonical(&mut json, &value);
    assert_eq!(json, r#"{"a":"x\"y","b":{"a":[true,null],"z":1}}"#);
}

/// Sunrise at Tromsø ends on 27 November and comes back on 15 January; the Sun does not set from 20 May to 22 July
/// (almanac of the municipality).
#[test]
fn a_polar_day_and_a_polar_night_are_known_without_the_time() {
    let tromso = |date| BirthInput {
        latitude_deg: 69.65,
        longitude_deg: 18.96,
        ..vague_birth(date, "Europe/Oslo", Certainty::Unknown)
    };
    let is_day = |date| compute(&tromso(date)).unwrap().is_day;
    assert_eq!((is_day("1990-06-15"), is_day("1990-12-15"), is_day("1990-03-21")), (Some(true), Some(false), None));
}

#[test]
fn a_vague_sidereal_chart_keeps_every_exact_one_in_its_arcs() {
    let options = ChartOptions {
        zodiac: crate::astro::Zodiac::Sidereal(crate::astro::Ayanamsa::Lahiri),
        bodies: vec![Body::Sun, Body::Moon, Body::Mercury, Body::Chiron, Body::MeanApogee],
        ..ChartOptions::default()
    };
    let vague = compute_with(&vague_birth("2024-04-01", "UTC", Certainty::Unknown), &options).unwrap();
    assert!(vague.ayanamsa_deg.is_some() && vague.lots.is_none() && vague.bodies.len() == 5);
    for hour in 0..24 {
        let exact = compute_with(&birth("2024-04-01", &format!("{hour:02}:00"), "UTC", 48.0, 2.0), &options).unwrap();
        for placement in &vague.bodies {
            let range = placement.range.unwrap();
            let width = norm_deg(range.to_deg - range.from_deg);
            let at = norm_deg(longitude(&exact, placement.body) - range.from_deg + 1e-6);
            assert!(at <= width + 2e-6, "{hour} {placement:?}");
        }
    }
}

#[test]
fn a_chart_from_the_sun_has_no_horizon_and_says_so() {
    let options = ChartOptions {
        view: crate::astro::View { center: crate::astro::Center::Heliocentric, ..Default::default() },
        bodies: ChartOptions::HELIOCENTRIC.to_vec(),
        ..ChartOptions::default()
    };
    let chart = compute_with(&einstein(), &options).unwrap();
    assert!(chart.houses.is_none() && chart.angles.is_none() && chart.lots.is_none() && chart.is_day.is_none());
    assert!(chart.unknowns.iter().any(|unknown| unknown.what == "houses"));
    let sun = ChartOptions { bodies: vec![Body::Sun], ..options };
    assert!(matches!(compute_with(&einstein(), &sun), Err(AstroError::NotInFrame { .. })));
}

/// Sun, Moon, Mercury, Ascendant and Midheaven of 2000-07-17 12:00 UTC over Mount Rainier at 4392 m, topocentric, by another
/// program over the Swiss Ephemeris (Moshier).
#[test]
fn a_topocentric_chart_is_seen_from_the_place_of_birth() {
    let site = crate::astro::Site { latitude_deg: 0.0, longitude_deg: 0.0, altitude_m: 4392.0 };
    let options = ChartOptions {
        view: crate::astro::View { center: crate::astro::Center::Topocentric(site), ..Default::default() },
        ..ChartOptions::default()
    };
    let chart = compute_with(&birth("2000-07-17", "12:00", "UTC", 46.8523, -121.7603), &options).unwrap();
    near(longitude(&chart, Body::Sun), 115.202_661, 1e-3);
    near(longitude(&chart, Body::Moon), 304.591_124, 2e-3);
    near(longitude(&chart, Body::Mercury), 100.389_013, 1e-3);
    near(chart.angles.unwrap().ascendant.longitude_deg, 108.160_128, 0.01);
    near(chart.angles.unwrap().midheaven.longitude_deg, 353.306_935, 0.01);
    assert!((chart.options.altitude_m() - 4392.0).abs() < 1e-9);
}
