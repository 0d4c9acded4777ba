//! Time of places with rates, on one core. `cargo bench --bench ephemeris`; `benches/peers/ephemeris.py` sets the time of
//! Swiss Ephemeris' C beside it.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use orrery::astro::{Body, Center, Ephemeris, Site, View};

/// A step that jumps about in three centuries, so that neither side lives off the instant before.
const STRIDE_DAYS: f64 = 7_919.123;
const CENTURIES_DAYS: f64 = 109_000.0;

fn places(c: &mut Criterion) {
    let ephemeris = Ephemeris::embedded();
    let mut count = 0.0;
    let mut random_jd = || {
        count += 1.0;
        2_378_500.0 + (count * STRIDE_DAYS) % CENTURIES_DAYS
    };
    let geocentric = View::default();
    let ulm = Site { latitude_deg: 48.4, longitude_deg: 9.99, altitude_m: 480.0 };
    let topocentric = View { center: Center::Topocentric(ulm), ..geocentric };
    // The segments of these centuries are unpacked once.
    for _ in 0..20_000 {
        black_box(ephemeris.positions(&Body::PLANETS, random_jd(), &geocentric).is_ok());
    }
    c.bench_function("ten bodies with rates, instants at random", |b| {
        b.iter(|| black_box(ephemeris.positions(&Body::PLANETS, random_jd(), &geocentric)));
    });
    let mut jd_tt = 2_451_545.0;
    c.bench_function("ten bodies with rates, instants in a row", |b| {
        b.iter(|| {
            jd_tt += 0.1;
            black_box(ephemeris.positions(&Body::PLANETS, jd_tt, &geocentric))
        });
    });
    c.bench_function("ten topocentric bodies with rates", |b| {
        b.iter(|| black_box(ephemeris.positions(&Body::PLANETS, random_jd(), &topocentric)));
    });
    c.bench_function("one longitude", |b| {
        b.iter(|| {
            jd_tt -= 0.1;
            black_box(ephemeris.longitude_deg(Body::Mars, jd_tt))
        });
    });
}

criterion_group!(benches, places);
criterion_main!(benches);
