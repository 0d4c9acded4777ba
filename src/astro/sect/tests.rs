//! Heights against a worked example; sect and hayz against the texts.

use super::*;
use crate::astro::angles::norm_deg;
use crate::astro::options::ChartOptions;
use crate::astro::scene::Horizon;

/// Meeus 1998, example 13.b: Venus over the U.S. Naval Observatory on 1987 April 10 at 19:21 UT: altitude 15.1249 degrees.
#[test]
fn height_agrees_with_meeus() {
    let (ra, dec, eps) = (347.319_337_5_f64.to_radians(), -6.719_892_f64.to_radians(), 23.440_f64.to_radians());
    let longitude = (ra.sin() * eps.cos() + dec.tan() * eps.sin()).atan2(ra.cos());
    let latitude = (dec.sin() * eps.cos() - dec.cos() * eps.sin() * ra.sin()).asin();
    let greenwich_deg = 15.0 * (8.0 + 34.0 / 60.0 + 56.853 / 3600.0);
    let horizon = Horizon {
        sidereal_time_deg: norm_deg(greenwich_deg - (77.0 + 3.0 / 60.0 + 56.0 / 3600.0)),
        obliquity_deg: 23.440,
        latitude_deg: 38.0 + 55.0 / 60.0 + 17.0 / 3600.0,
    };
    let found = horizon.altitude_deg(longitude.to_degrees(), latitude.to_degrees());
    assert!((found - 15.124_9).abs() < 2e-4, "{found}");
}

/// The same sidereal time, obliquity and sky found from the clock: Meeus' 8h34m56.853s at Greenwich.
#[test]
fn the_horizon_turns_with_the_clock() {
    let horizon = Horizon::at(2_446_896.306_25, 38.921, 0.0);
    assert!((horizon.sidereal_time_deg - 15.0 * (8.0 + 34.0 / 60.0 + 56.853 / 3600.0)).abs() < 2e-3);
}

fn scene(sun_up: bool, body: Body, longitude_deg: f64, above: bool) -> (Scene, Seen) {
    let mut scene = Scene::at(2_451_545.0, &ChartOptions::default()).unwrap();
    scene.is_day = Some(sun_up);
    let seen = Seen { longitude_deg, above_horizon: Some(above), ..*scene.planet(body).unwrap() };
    (scene, seen)
}

#[test]
fn hayz_wants_day_height_and_sign() {
    let status_of = |day, body, longitude, above| {
        let (scene, seen) = scene(day, body, longitude, above);
        status(&scene, &seen).unwrap()
    };
    // Saturn above the earth by day in a masculine sign.
    let saturn = status_of(true, Body::Saturn, 190.0, true);
    assert!(saturn.of_sect && saturn.halb && saturn.hayz);
    assert!(!status_of(true, Body::Saturn, 220.0, true).hayz, "Scorpio is feminine");
    assert!(!status_of(true, Body::Saturn, 190.0, false).halb);
    assert!(status_of(false, Body::Saturn, 190.0, false).halb, "below by night");
    // The Moon above the earth by night in a feminine sign.
    let moon = status_of(false, Body::Moon, 95.0, true);
    assert!(moon.of_sect && moon.hayz);
    // Mars: of the night, masculine.
    assert!(status_of(false, Body::Mars, 125.0, true).hayz);
    assert!(!status_of(false, Body::Mars, 95.0, true).hayz && !status_of(true, Body::Mars, 125.0, true).of_sect);
    let (scene, seen) = scene(true, Body::Uranus, 10.0, true);
    assert_eq!(status(&scene, &seen), None);
}

#[test]
fn mercury_changes_its_sect_with_the_side_of_the_sun() {
    assert_eq!(sect_of(Body::Mercury, true), Some(Sect::Diurnal));
    assert_eq!(sect_of(Body::Mercury, false), Some(Sect::Nocturnal));
    assert_eq!(Sect::of_chart(false).light(), Body::Moon);
}
