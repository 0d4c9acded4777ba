//! Tests of the sampled path: what it may not miss, and how near it runs to the ephemeris.

use std::convert::Infallible;

use super::*;
use proptest::prelude::*;

fn fit(from: f64, to: f64, angle: bool, f: impl Fn(f64) -> f64) -> Path {
    let how = Fit { tolerance: 1e-10, piece_days: 8.0, angle };
    match Path::fit(from, to, how, |t| Ok::<_, Infallible>(f(t))) {
        Ok(path) => path,
        Err(never) => match never {},
    }
}

#[test]
fn a_wave_is_followed_to_the_tolerance_with_its_turns_and_levels() {
    let path = fit(0.0, 100.0, false, f64::sin);
    for k in 0..1000 {
        let t = f64::from(k) * 0.1;
        assert!((path.value(t) - t.sin()).abs() < 1e-9 && (path.rate(t) - t.cos()).abs() < 1e-8);
    }
    let turns = path.turns();
    assert_eq!(turns.len(), 32);
    for (k, turn) in turns.iter().enumerate() {
        assert!((turn.jd - std::f64::consts::PI * (k as f64 + 0.5)).abs() < 1e-6);
        assert_eq!(turn.maximum, k % 2 == 0);
    }
    let halves = path.crossings(0.5);
    assert_eq!(halves.len(), 32);
    for (t, rises) in halves {
        assert!((t.sin() - 0.5).abs() < 1e-9 && rises == (t.cos() > 0.0));
    }
}

/// A retrograde loop whose second and third pass lie minutes apart is still three passes; a hair higher it is one.
#[test]
fn a_double_pass_at_a_station_is_not_missed() {
    // Turns at t = 10 (maximum, 400 / 3 above the start's 0 ...) and t = 30 of the cubic t^3/3 - 20 t^2 + 300 t.
    let cubic = |t: f64| 1e-3 * (t * t * t / 3.0 - 20.0 * t * t + 300.0 * t);
    let path = fit(0.0, 60.0, true, cubic);
    let top = cubic(10.0);
    for depth in [1e-7, 1e-5, 1e-2] {
        assert_eq!(path.crossings_of_angle(top - depth).len(), 3, "{depth}");
        assert_eq!(path.crossings_of_angle(top + depth).len(), 1, "{depth}");
    }
    let stays = path.stays(top - 1e-5, 0.05);
    assert_eq!(stays.len(), 2);
    assert_eq!(stays.iter().map(|stay| stay.exact.len()).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn stays_cut_by_the_ends_say_so() {
    let path = fit(0.0, 400.0, true, |t| (350.0 + t).rem_euclid(360.0));
    let stays = path.stays(355.0, 10.0);
    assert_eq!(stays.len(), 2);
    assert_eq!((stays[0].enters, stays[1].leaves.map(f64::round)), (None, Some(375.0)));
    assert!((stays[0].leaves.unwrap() - 15.0).abs() < 1e-9 && (stays[0].exact[0] - 5.0).abs() < 1e-9);
    let whole = fit(0.0, 5.0, true, |t| 350.0 + t).stays(352.0, 20.0);
    assert_eq!((whole.len(), whole[0].enters, whole[0].leaves), (1, None, None));
}

proptest! {
    /// Against a brute scan of the same wave: as many passes, each where the wave is on the level.
    #[test]
    fn passes_equal_those_of_a_fine_scan(a in 1.0..40.0_f64, w in 0.05..0.4_f64, drift in -1.5..1.5_f64, level in 0.0..360.0_f64) {
        let f = |t: f64| 100.0 + drift * t + a * (w * t).sin();
        let path = fit(0.0, 200.0, true, f);
        let found = path.crossings_of_angle(level);
        let whole = |t: f64| ((f(t) - level) / 360.0).floor();
        let step = 0.002;
        let mut scan = 0;
        for k in 0..100_000 {
            let (t, u) = (f64::from(k) * step, f64::from(k + 1) * step);
            scan += usize::from((whole(t) - whole(u)).abs() > 0.5);
        }
        // A pass and its return within one step of the scan are seen here alone.
        prop_assert!(found.len() >= scan && (found.len() - scan) % 2 == 0);
        for (t, _) in found {
            prop_assert!(wrap_deg(f(t) - level).abs() < 1e-7);
        }
    }
}
