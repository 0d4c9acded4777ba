//! A year of transits of ten bodies to twelve points (five aspects: enter, exact, leave), and what it is made of; a year of
//! aspects in the sky, of lunations, and a century of eclipses.

#![expect(clippy::unwrap_used, reason = "a bench has no callers to hand an error to")]

use std::hint::black_box;

use criterion::Criterion;
use orrery::astro::events::{NatalArc, Phase, Sky, lunations, sky_aspects, solar_eclipses, transits};
use orrery::astro::rules::NATAL_BODIES;
use orrery::astro::rulesets::{Context, Ruleset};
use orrery::astro::{Aspect, Body, Point, Stop};

/// 2024-01-01 0h TT.
const FROM_JD_TT: f64 = 2_460_310.5;
const YEAR_DAYS: f64 = 365.25;

/// Ten planets, true node and Ascendant at longitudes spread over the circle.
fn points() -> Vec<NatalArc> {
    let points = NATAL_BODIES.map(Point::Body).into_iter().chain([Point::Ascendant]);
    points.enumerate().map(|(index, point)| NatalArc::exact(point, 17.3 + 31.7 * index as f64)).collect()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let (from, to, points) = (FROM_JD_TT, FROM_JD_TT + YEAR_DAYS, points());
    let rules = Ruleset::builtin();
    let orb = |body: Body, aspect: Aspect, point: Point| {
        rules.orb_deg(Context::TransitToNatal, aspect, Point::Body(body), point)
    };
    let sky = || Sky::new(from, to, &Body::PLANETS).unwrap();
    let sampled = sky();
    criterion.bench_function("a year of transits, ten bodies to twelve points", |bench| {
        bench.iter(|| transits(Stop::NEVER, &sky(), black_box(&points), &Aspect::MAJOR, orb).unwrap());
    });
    criterion.bench_function("of that, the paths of the bodies", |bench| bench.iter(sky));
    criterion.bench_function("a year of major aspects among ten bodies", |bench| {
        bench.iter(|| sky_aspects(black_box(&sampled), &Aspect::MAJOR));
    });
    criterion.bench_function("a year of lunations", |bench| {
        bench.iter(|| lunations(Stop::NEVER, from, to, &Phase::ALL).unwrap());
    });
    criterion.bench_function("a century of solar eclipses", |bench| {
        bench.iter(|| solar_eclipses(Stop::NEVER, black_box(from - 36_525.0), from).unwrap());
    });
    criterion.final_summary();
}
