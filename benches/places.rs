//! Queries for places, worst cases among them, and the zone of a point. Ends with the slowest query of a thousand.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench has no callers to document for or to hand an error to"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use orrery::astro::places;
use orrery::clock::Stopwatch;

/// A whole name, a beginning that thousands share, two misspellings, a foreign script, a name narrowed, and nothing.
const QUERIES: &[(&str, &str)] = &[
    ("whole", "London"),
    ("beginning", "sa"),
    ("one_error", "Berlinn"),
    ("two_errors", "Johanesbrug"),
    ("cyrillic_error", "Новосибирсг"),
    ("narrowed", "Springfield, Illinois, US"),
    ("long", "San Juan Bautista de las Misionss del Paraguayy"),
    ("nothing", "zzzzzzzzzzzzzzzz"),
];

fn queries(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("places");
    for (name, query) in QUERIES {
        group.bench_function(*name, |bencher| bencher.iter(|| black_box(places::search(black_box(query), 20))));
    }
    group.bench_function("zone_of_a_point", |bencher| {
        bencher.iter(|| black_box(places::zone_at(black_box(48.4), black_box(9.99))));
    });
    group.finish();
    slowest();
}

/// Names of places near a grid of points, whole, cut and misspelt: the slowest of each, best of three.
fn slowest() {
    let mut times: Vec<(f64, String)> = Vec::new();
    for step in 0..250_u32 {
        let (lat, lon) = (f64::from(step % 130) - 60.0, f64::from(step * 37 % 360) - 180.0);
        let name = places::nearest(lat, lon).unwrap().0.name;
        let letters: Vec<char> = name.chars().collect();
        let cut = letters[..letters.len().div_ceil(2)].iter().collect();
        let one = letters.iter().enumerate().filter(|(at, _)| *at != letters.len() / 2).map(|(_, c)| c).collect();
        let two = format!("x{}y", letters[1..].iter().collect::<String>());
        for query in [name, cut, one, two] {
            let times_ms = (0..3).map(|_| {
                let watch = Stopwatch::start();
                black_box(places::search(&query, 20));
                watch.elapsed_ms()
            });
            times.push((times_ms.fold(f64::INFINITY, f64::min), query));
        }
    }
    times.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (slowest_ms, query) = times.last().unwrap();
    println!(
        "{} queries: median {:.3} ms, slowest {slowest_ms:.3} ms ({query:?})",
        times.len(),
        times[times.len() / 2].0
    );
}

criterion_group!(benches, queries);
criterion_main!(benches);
