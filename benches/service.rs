//! Time of the pure work behind each route, without HTTP and without the store: a chart, a day, a search, an answer.
//! `cargo bench --bench service`

#![expect(clippy::print_stderr, reason = "a bench has no caller to hand an error to")]

use criterion::{Criterion, criterion_group, criterion_main};
use orrery::astro::{self, BirthInput, Certainty, Ephemeris, HouseSystem, Lang};
use orrery::chat::{Question, advise};
use orrery::llm::Composer;
use orrery::retrieval::{Query, Retrieval};
use std::hint::black_box;

fn birth() -> BirthInput {
    BirthInput {
        calendar: astro::Calendar::Gregorian,
        zone_source: astro::ZoneSource::UserProvided,
        date: "1879-03-14".into(),
        time: Some("11:30".into()),
        certainty: Certainty::Exact,
        zone: "Europe/Berlin".into(),
        latitude_deg: 48.4,
        longitude_deg: 9.99,
        place_label: None,
        house_system: HouseSystem::Placidus,
        utc_offset_s: None,
    }
}

/// A run that cannot prepare its data has nothing to measure.
fn ready<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => {
            eprintln!("the bench cannot start: {error:?}");
            std::process::exit(1);
        }
    }
}

fn astronomy(c: &mut Criterion) {
    let eph = Ephemeris::embedded();
    let mut jd_tt = 2_451_545.0;
    c.bench_function("twelve bodies with rates", |b| {
        b.iter(|| {
            jd_tt += 0.01;
            black_box(eph.apparent_all(jd_tt).is_ok())
        });
    });
    let birth = birth();
    c.bench_function("natal chart", |b| b.iter(|| black_box(astro::compute(&birth).is_ok())));
    let chart = ready(astro::compute(&birth));
    let mut day = 0;
    c.bench_function("day of a chart", |b| {
        b.iter(|| {
            day = (day + 1) % 28;
            black_box(astro::today(&chart, &format!("2026-11-{:02}", day + 1), "Europe/Berlin").is_ok())
        });
    });
}

fn answers(c: &mut Criterion) {
    let dir = ready(tempfile::tempdir());
    let retrieval = ready(Retrieval::open(dir.path()));
    let query = Query {
        text: "What should I keep in mind at work?".into(),
        lang: Some(Lang::En),
        limit: 10,
        ..Query::default()
    };
    c.bench_function("search", |b| b.iter(|| black_box(retrieval.search(&query).is_ok())));
    let chart = ready(astro::compute(&birth()));
    let today = ready(astro::today(&chart, "2026-11-23", "Europe/Berlin"));
    let question = Question { text: "What should I keep in mind at work?", lang: None, default_lang: Lang::En };
    c.bench_function("answer with its checks", |b| {
        b.iter(|| black_box(advise(&chart, &today, question, &retrieval, &Composer).is_ok()));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(3));
    targets = astronomy, answers
}
criterion_main!(benches);
