//! Oracles: Skyfield over JPL DE440 for bodies and sidereal time, Swiss Ephemeris for angles and cusps
//! (tests/fixtures/astro/README.md).

use super::*;
use crate::astro::angles::separation_deg;
use crate::astro::chart::compute;
use crate::astro::returns::tests::birth;

const FIXTURE: &str = include_str!("../../../tests/fixtures/astro/progressions.csv");
const ORBS: Orbs<'static> = &|_, _, _| Some(1.0);

fn method_of(what: &str) -> (Method, AngleMethod) {
    match what {
        "solar_arc" => (Method::SolarArc, AngleMethod::Naibod),
        "naibod_arc" => (Method::NaibodArc, AngleMethod::Naibod),
        "angles_sun_arc" => (Method::Secondary, AngleMethod::SolarArc),
        "angles_quotidian" => (Method::Secondary, AngleMethod::Quotidian),
        _ => (Method::Secondary, AngleMethod::Naibod),
    }
}

#[test]
fn places_agree_with_skyfield_and_swiss_ephemeris() {
    let (mut worst_body, mut worst_angle) = (0.0_f64, 0.0_f64);
    for line in FIXTURE.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let chart = compute(&birth(fields[0], Some(fields[1]))).unwrap();
        let (method, angle_method) = method_of(fields[3]);
        let found = progress(&chart, fields[2].parse().unwrap(), method, angle_method, ORBS).unwrap().unwrap();
        let cusp = fields[4].strip_prefix("cusp_").map(|number| number.parse::<usize>().unwrap() - 1);
        let longitude_deg = if let Some(index) = cusp {
            found.houses.as_ref().unwrap().cusps_deg[index]
        } else {
            let point = Point::from_code(fields[4]).unwrap();
            found.points.iter().find(|p| p.point == point).unwrap().longitude_deg
        };
        let off_arcsec = separation_deg(longitude_deg, fields[5].parse().unwrap()) * 3600.0;
        let worst = if Body::from_code(fields[4]).is_some() { &mut worst_body } else { &mut worst_angle };
        *worst = worst.max(off_arcsec);
    }
    assert!(worst_body < 0.02 && worst_angle < 0.08, "{worst_body} {worst_angle}");
}

/// The phase and sign dates hold what they say: just before and after them the sky differs, and not between.
#[test]
fn the_progressed_moon_keeps_phase_and_sign_between_its_dates() {
    let chart = compute(&birth("1955-06-15", Some("21:30:00"))).unwrap();
    let at = |jd: f64| progress(&chart, jd, Method::Secondary, AngleMethod::Naibod, ORBS).unwrap().unwrap();
    let jd = |text: &str| 2_440_587.5 + text.parse::<jiff::Timestamp>().unwrap().as_millisecond() as f64 / 86_400_000.0;
    let now = at(2_460_000.5).lunation.unwrap();
    let edges = [jd(&now.phase_from.utc), jd(&now.phase_to.utc)];
    assert!(edges[0] < 2_460_000.5 && 2_460_000.5 < edges[1]);
    // A phase of about 3.7 days stands for about 3.7 years.
    assert!((1000.0..1700.0).contains(&(edges[1] - edges[0])), "{edges:?}");
    for (edge, same_after) in [(edges[0], true), (edges[1], false)] {
        assert_eq!(at(edge + 0.5).lunation.unwrap().phase == now.phase, same_after);
        assert_eq!(at(edge - 0.5).lunation.unwrap().phase == now.phase, !same_after);
    }
    for (edge, same_after) in [(jd(&now.moon_sign_from.utc), true), (jd(&now.moon_sign_to.utc), false)] {
        assert_eq!(at(edge + 0.5).lunation.unwrap().moon_sign == now.moon_sign, same_after);
        assert_eq!(at(edge - 0.5).lunation.unwrap().moon_sign == now.moon_sign, !same_after);
    }
}

/// What any hour of the day gives lies within the ranges of the day alone.
#[test]
fn a_vague_birth_has_ranges_that_hold_every_hour() {
    let vague = compute(&birth("1984-02-29", None)).unwrap();
    for method in Method::ALL {
        let of = |chart: &Chart| progress(chart, 2_459_000.5, method, AngleMethod::Naibod, ORBS).unwrap().unwrap();
        let open = of(&vague);
        assert!(open.houses.is_none() && open.points.iter().all(|p| p.point.body().is_some()));
        let named: Vec<&str> = open.unknowns.iter().map(|u| u.what.as_str()).collect();
        assert_eq!(named[..3], ["ascendant", "midheaven", "houses"]);
        assert_eq!(named.contains(&"moon_phase"), method == Method::Secondary);
        for time in ["00:00:30", "06:00", "17:17", "23:59"] {
            let exact = of(&compute(&birth("1984-02-29", Some(time))).unwrap());
            for place in &open.points {
                let range = place.range.unwrap();
                let found = exact.points.iter().find(|p| p.point == place.point).unwrap();
                let length = norm_deg(range.to_deg - range.from_deg);
                let from_start = norm_deg(found.longitude_deg - range.from_deg + 1e-6);
                assert!(from_start <= length + 2e-6, "{method:?} {time} {place:?} {}", found.longitude_deg);
            }
        }
    }
}

#[test]
fn nothing_is_progressed_before_birth() {
    let chart = compute(&birth("1984-02-29", Some("03:07:30"))).unwrap();
    assert!(progress(&chart, 2_445_000.5, Method::Secondary, AngleMethod::Naibod, ORBS).unwrap().is_none());
}
