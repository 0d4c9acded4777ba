//! Figures against values of other programs.

use super::*;
use crate::astro::angles::separation_deg;
use crate::astro::zodiac::{Ayanamsa, Zodiac};

fn near(found_deg: f64, expected_deg: f64, tolerance_deg: f64) {
    assert!(separation_deg(found_deg, expected_deg) < tolerance_deg, "{found_deg} for {expected_deg}");
}

const DELHI: Site = Site { latitude_deg: 28.6139, longitude_deg: 77.209, altitude_m: 0.0 };

/// New Delhi, 2000-01-01 12:00 UTC, Lahiri: ayanamsa, Sun, Moon and Mercury as another program over the Swiss Ephemeris
/// gives them; Ascendant and Midheaven are its tropical ones less the ayanamsa.
#[test]
fn a_sidereal_figure_is_sidereal_in_its_angles_and_cusps_too() {
    let options = ChartOptions { zodiac: Zodiac::Sidereal(Ayanamsa::Lahiri), ..ChartOptions::default() };
    let figure = cast(2_451_545.0, Some(DELHI), &options).unwrap();
    near(Ayanamsa::Lahiri.mean_deg(figure.jd_tt), 23.857_092, 2e-5);
    // That program's tropical Sun less its sidereal one: the ayanamsa with nutation.
    near(figure.ayanamsa_deg.unwrap(), 280.368_920 - 256.515_697, 2e-5);
    near(figure.longitude_deg(Point::Body(Body::Sun)).unwrap(), 256.515_697, 1e-3);
    near(figure.longitude_deg(Point::Body(Body::Moon)).unwrap(), 199.470_553, 1e-3);
    near(figure.longitude_deg(Point::Body(Body::Mercury)).unwrap(), 248.036_053, 1e-3);
    near(figure.longitude_deg(Point::Ascendant).unwrap(), 76.34, 0.01);
    near(figure.longitude_deg(Point::Midheaven).unwrap(), 333.60, 0.01);
    let houses = figure.houses.unwrap();
    near(houses.cusps_deg[0], 76.34, 0.01);
    near(houses.cusps_deg[9], 333.60, 0.01);
    let tropical = cast(2_451_545.0, Some(DELHI), &ChartOptions::default()).unwrap();
    for (sidereal, tropical) in figure.bodies.iter().zip(&tropical.bodies) {
        assert_eq!(
            (sidereal.house, sidereal.declination_deg.to_bits()),
            (tropical.house, tropical.declination_deg.to_bits())
        );
    }
    assert!(tropical.ayanamsa_deg.is_none());
}

#[test]
fn whole_signs_are_those_of_the_zodiac() {
    let zodiac = Zodiac::Sidereal(Ayanamsa::FaganBradley);
    let options =
        ChartOptions { zodiac, house_system: crate::astro::HouseSystem::WholeSign, ..ChartOptions::default() };
    let figure = cast(2_451_545.0, Some(DELHI), &options).unwrap();
    assert!(figure.houses.unwrap().cusps_deg.iter().all(|cusp_deg| cusp_deg % 30.0 == 0.0));
    let rising = figure.angles.unwrap().ascendant.sign;
    for placement in figure.bodies {
        let house = (placement.sign.index() + 12 - rising.index()) % 12 + 1;
        assert_eq!(placement.house.map(usize::from), Some(house), "{:?}", placement.body);
    }
}

/// The Sun rose over Greenwich on 2000-01-01 at 08:06 and set at 16:02 (almanac).
#[test]
fn the_sect_turns_at_sunrise_and_sunset() {
    let greenwich = Site { latitude_deg: 51.48, longitude_deg: 0.0, altitude_m: 0.0 };
    let is_day = |hour: f64| {
        let jd_utc = 2_451_544.5 + hour / 24.0;
        cast(jd_utc, Some(greenwich), &ChartOptions::default()).unwrap().is_day.unwrap()
    };
    assert!(!is_day(7.9) && is_day(8.3) && is_day(15.8) && !is_day(16.2));
}

#[test]
fn without_a_place_nothing_that_needs_one_is_there() {
    let figure = cast(2_451_545.0, None, &ChartOptions::default()).unwrap();
    assert!(figure.angles.is_none() && figure.houses.is_none() && figure.lots.is_none() && figure.is_day.is_none());
    assert_eq!(figure.bodies.len(), 12);
    assert!(figure.bodies.iter().all(|placement| placement.house.is_none()));
}

/// The Moon of 2025-03-07 stood at its greatest declination of the major standstill, 28°43' (published almanacs).
#[test]
fn a_moon_at_standstill_is_out_of_bounds() {
    let figure = cast(2_460_741.6, None, &ChartOptions::default()).unwrap();
    let moon = figure.placement(Body::Moon).unwrap();
    assert!(moon.out_of_bounds && (28.3..28.8).contains(&moon.declination_deg.abs()), "{moon:?}");
    assert!(!figure.placement(Body::Sun).unwrap().out_of_bounds);
}
