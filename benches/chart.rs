//! Time of a whole chart on one core: figures (bodies, angles, houses, lots, aspects, parallels, patterns) and births.
//! `cargo bench --bench chart`

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use orrery::astro::analysis::{AnalysisOptions, Subject, analyse};
use orrery::astro::{self, Ayanamsa, Body, Calendar, Certainty, ChartOptions, HouseSystem, Site, Zodiac, cast};
use std::hint::black_box;

const ULM: Site = Site { latitude_deg: 48.4, longitude_deg: 9.99, altitude_m: 0.0 };

/// A moment that is never the same, so that nothing can be remembered: steps of 1.7 days from 1900 on.
fn moments() -> impl FnMut() -> f64 {
    let mut jd_utc = 2_415_020.5;
    move || {
        jd_utc = if jd_utc > 2_480_000.0 { 2_415_020.5 } else { jd_utc + 1.7 };
        jd_utc
    }
}

fn figures(c: &mut Criterion) {
    let mut group = c.benchmark_group("figure");
    group.throughput(Throughput::Elements(1));
    let planets = ChartOptions { bodies: Body::PLANETS.to_vec(), ..ChartOptions::default() };
    let lahiri = ChartOptions { zodiac: Zodiac::Sidereal(Ayanamsa::Lahiri), ..planets.clone() };
    let whole = ChartOptions { house_system: HouseSystem::WholeSign, ..planets.clone() };
    let all = ChartOptions { bodies: Body::ALL.to_vec(), ..ChartOptions::default() };
    for (name, options) in [
        ("ten bodies, Placidus", planets),
        ("ten bodies, whole signs", whole),
        ("ten bodies, Lahiri, Placidus", lahiri),
        ("twelve bodies, Placidus", ChartOptions::default()),
        ("twenty-one bodies, Placidus", all),
    ] {
        let mut next = moments();
        group.bench_function(name, |b| b.iter(|| black_box(cast(next(), Some(ULM), &options).is_ok())));
    }
    group.finish();
}

/// Figure and analysis, one after the other: dignities, sect, receptions, rulers, balance, phase, dominants, patterns; then
/// with 76 stars beside them, and with the search for sunrise that the planetary hour takes.
fn analyses(c: &mut Criterion) {
    let mut group = c.benchmark_group("figure with its analysis");
    group.throughput(Throughput::Elements(1));
    let options = ChartOptions { bodies: Body::PLANETS.to_vec(), ..ChartOptions::default() };
    let ruleset = options.builtin_ruleset();
    let whole = AnalysisOptions::default();
    let starless = AnalysisOptions { stars: None, hour: false, ..whole };
    for (name, wanted) in [
        ("ten bodies, Placidus, dignities", starless),
        ("the same, stars", AnalysisOptions { hour: false, ..whole }),
        ("the same, stars, planetary hour", whole),
    ] {
        let mut next = moments();
        group.bench_function(name, |b| {
            b.iter(|| {
                let (Ok(figure), Ok(ruleset)) = (cast(next(), Some(ULM), &options), ruleset.as_ref()) else { return };
                black_box(analyse(&Subject::from(&figure), &wanted, ruleset).is_ok());
            });
        });
    }
    group.finish();
}

fn births(c: &mut Criterion) {
    let mut group = c.benchmark_group("birth");
    group.throughput(Throughput::Elements(1));
    let exact = astro::BirthInput {
        date: "1879-03-14".into(),
        calendar: Calendar::Gregorian,
        time: Some("11:30".into()),
        certainty: Certainty::Exact,
        zone: "Europe/Berlin".into(),
        zone_source: astro::ZoneSource::UserProvided,
        latitude_deg: ULM.latitude_deg,
        longitude_deg: ULM.longitude_deg,
        place_label: None,
        house_system: HouseSystem::Placidus,
        utc_offset_s: None,
    };
    let vague = astro::BirthInput { time: None, certainty: Certainty::Unknown, ..exact.clone() };
    for (name, birth) in [("exact", exact), ("of unknown time", vague)] {
        group.bench_function(name, |b| b.iter(|| black_box(astro::compute(&birth).is_ok())));
    }
    group.finish();
}

criterion_group!(benches, figures, analyses, births);
criterion_main!(benches);
