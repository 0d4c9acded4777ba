//! Oracles: Skyfield over JPL DE440 for bodies and sidereal time, Swiss Ephemeris for midpoints, angles and cusps
//! (tests/fixtures/astro/README.md).

use super::*;
use crate::astro::angles::separation_deg;
use crate::astro::chart::compute;
use crate::astro::returns::tests::birth;

const FIXTURE: &str = include_str!("../../../tests/fixtures/astro/composite.csv");
const ORBS: Orbs<'static> = &|_, _, _| Some(1.0);

#[test]
fn midpoints_and_cusps_agree_with_swiss_ephemeris() {
    let mut checked = 0;
    for line in FIXTURE.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let method = match fields[4] {
            "midpoint" => CompositeHouses::Midpoints,
            "derived_40" => CompositeHouses::Derived(40.0),
            _ => continue,
        };
        let a = compute(&birth(fields[0], Some(fields[1]))).unwrap();
        let b = compute(&birth(fields[2], Some(fields[3]))).unwrap();
        let found = composite(&a, &b, (method, HouseSystem::Placidus), ORBS).unwrap();
        let longitude_deg = if let Some(number) = fields[5].strip_prefix("cusp_") {
            found.houses.unwrap().cusps_deg[number.parse::<usize>().unwrap() - 1]
        } else {
            let point = Point::from_code(fields[5]).unwrap();
            found.points.iter().find(|p| p.point == point).unwrap().longitude_deg
        };
        let off_arcsec = separation_deg(longitude_deg, fields[6].parse().unwrap()) * 3600.0;
        assert!(off_arcsec < 0.08, "{line}: {off_arcsec}");
        checked += 1;
    }
    assert!(checked > 100, "{checked}");
}

/// Davison's chart is the sky of the middle: Skyfield's bodies, Swiss Ephemeris' angles and cusps.
#[test]
fn the_davison_sky_agrees_with_skyfield_and_swiss_ephemeris() {
    let mut checked = 0;
    for line in FIXTURE.lines().skip(1).filter(|line| line.contains(",davison,")) {
        let fields: Vec<&str> = line.split(',').collect();
        let a = compute(&birth(fields[0], Some(fields[1]))).unwrap();
        let b = compute(&birth(fields[2], Some(fields[3]))).unwrap();
        let (figure, unknowns) =
            davison(&a, &b, (MiddlePlace::Coordinates, HouseSystem::Placidus), Ruleset::builtin()).unwrap();
        assert!(unknowns.is_empty());
        let longitude_deg = match fields[5] {
            "cusp_12" => figure.houses.unwrap().cusps_deg[11],
            code => figure.longitude_deg(Point::from_code(code).unwrap()).unwrap(),
        };
        let off_arcsec = separation_deg(longitude_deg, fields[6].parse().unwrap()) * 3600.0;
        // Instants that ended up in seconds of UT1 or UTC differ by parts of a second in the fixture's middle.
        assert!(
            off_arcsec < if Point::from_code(fields[5]).is_some_and(|p| p.body().is_some()) { 0.02 } else { 0.08 },
            "{line}: {off_arcsec}"
        );
        checked += 1;
    }
    assert_eq!(checked, 130);
}

/// Cusps keep their order however far apart the two charts are.
#[test]
fn composite_cusps_keep_their_order() {
    for (time, other) in [("00:10", "12:00"), ("03:00", "15:30"), ("21:00", "08:00"), ("05:00", "17:00")] {
        let a = compute(&birth("1984-02-29", Some(time))).unwrap();
        let b = compute(&birth("1990-08-01", Some(other))).unwrap();
        for method in [CompositeHouses::Midpoints, CompositeHouses::Derived(52.0)] {
            let found = composite(&a, &b, (method, HouseSystem::Placidus), ORBS).unwrap();
            let cusps = found.houses.unwrap().cusps_deg;
            let turn: f64 = (0..12).map(|i| norm_deg(cusps[(i + 1) % 12] - cusps[i])).sum();
            assert!((turn - 360.0).abs() < 1e-6, "{cusps:?}");
            assert!((0..6).all(|i| separation_deg(cusps[i], cusps[i + 6]) > 179.999_999), "{cusps:?}");
        }
    }
}

#[test]
fn vague_births_give_ranges_and_no_angles() {
    let vague = compute(&birth("1984-02-29", None)).unwrap();
    let exact = compute(&birth("1955-06-15", Some("21:30:00"))).unwrap();
    let found = composite(&vague, &exact, (CompositeHouses::Midpoints, HouseSystem::Placidus), ORBS).unwrap();
    assert!(found.houses.is_none());
    assert!(["ascendant", "midheaven", "houses"].iter().all(|what| found.unknowns.iter().any(|u| u.what == *what)));
    for time in ["00:00:30", "12:00", "23:59"] {
        let a = compute(&birth("1984-02-29", Some(time))).unwrap();
        let known = composite(&a, &exact, (CompositeHouses::Midpoints, HouseSystem::Placidus), ORBS).unwrap();
        for point in &found.points {
            let range = point.range.unwrap();
            let place = known.points.iter().find(|p| p.point == point.point).unwrap();
            let into = norm_deg(place.longitude_deg - range.from_deg + 1e-6);
            assert!(into <= norm_deg(range.to_deg - range.from_deg) + 2e-6, "{point:?}");
        }
    }
    // Two vague births half a year apart: the Suns may be exactly opposite, and neither midpoint is known to be nearer.
    let other = compute(&birth("1984-08-31", None)).unwrap();
    let found = composite(&vague, &other, (CompositeHouses::Midpoints, HouseSystem::Placidus), ORBS).unwrap();
    let known = |body| found.points.iter().any(|p| p.point == Point::Body(body));
    let named = |body: Body| found.unknowns.iter().any(|u| u.what == body.code());
    assert!(Body::PLANETS.into_iter().all(|body| known(body) != named(body)));
}

#[test]
fn the_middle_of_two_places() {
    let mut a = birth("1984-02-29", Some("03:00"));
    let mut b = birth("1984-03-02", Some("05:00"));
    (a.latitude_deg, a.longitude_deg) = (50.0, 170.0);
    (b.latitude_deg, b.longitude_deg) = (50.0, -170.0);
    let (a, b) = (compute(&a).unwrap(), compute(&b).unwrap());
    let flat = middle_of(&a, &b, MiddlePlace::Coordinates);
    assert!((flat.latitude_deg - 50.0).abs() < 1e-12 && (flat.longitude_deg + 180.0).abs() < 1e-9, "{flat:?}");
    // tan(latitude) = tan(50) / cos(10), the highest point of a great circle (Napier).
    let great = middle_of(&a, &b, MiddlePlace::GreatCircle);
    let highest = (50.0_f64.to_radians().tan() / 10.0_f64.to_radians().cos()).atan().to_degrees();
    assert!((great.latitude_deg - highest).abs() < 1e-9 && (great.longitude_deg.abs() - 180.0).abs() < 1e-9);
    // From 29 February 03:00 to 2 March 05:00 it is 50 hours.
    assert!(((flat.instants.from_jd_utc - Instants::of(&a).middle()) * 24.0 - 25.0).abs() < 1e-6);
}
