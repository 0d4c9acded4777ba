//! Recurring jobs: each tick at most once, whatever restarts in between.

use super::services::{Recurring, tick};
use super::*;
use crate::jobs::cron::{CatchUp, Schedule};

fn recurring(catch_up: CatchUp) -> Recurring {
    Recurring {
        name: "adding",
        text: "@hourly",
        schedule: Schedule::parse("@hourly", "UTC").unwrap(),
        catch_up,
        make: Arc::new(|jobs, at| jobs.draft(Owner::tenant(ACME), &Add { n: at.0 })),
    }
}

async fn open(bench: &Bench) -> Jobs {
    Jobs::open(bench.store.clone(), bench.ambient.clone(), Arc::new(NoSealer), None).await.unwrap()
}

fn waiting(bench: &Bench) -> u64 {
    bench.read(|view| admin::stats(view)).get(DEFAULT_QUEUE).map_or(0, admin::QueueStats::depth)
}

#[tokio::test]
async fn a_tick_makes_one_job_across_restarts() {
    let bench = Bench::new();
    let hourly = recurring(CatchUp::Last);
    let jobs = open(&bench).await;
    tick(&jobs, &hourly).await.unwrap();
    assert_eq!(waiting(&bench), 0, "a new one starts with its next tick");
    for hour in 1..=3 {
        bench.clock.advance_ms(3_600_000);
        // Two that look at the same time, and one of the next process.
        let other = open(&bench).await;
        let (first, second) = tokio::join!(tick(&jobs, &hourly), tick(&other, &hourly));
        first.unwrap();
        second.unwrap();
        tick(&open(&bench).await, &hourly).await.unwrap();
        assert_eq!(waiting(&bench), hour);
    }
}

#[tokio::test]
async fn missed_ticks_follow_the_policy() {
    for (catch_up, made) in [(CatchUp::Skip, 0), (CatchUp::Last, 1), (CatchUp::All, 5)] {
        let bench = Bench::new();
        let jobs = open(&bench).await;
        tick(&jobs, &recurring(catch_up)).await.unwrap();
        bench.clock.advance_ms(5 * 3_600_000 + 600_000);
        tick(&jobs, &recurring(catch_up)).await.unwrap();
        assert_eq!(waiting(&bench), made, "{catch_up:?}");
    }
}

#[tokio::test]
async fn a_paused_one_passes_its_ticks_over() {
    let bench = Bench::new();
    let jobs = open(&bench).await;
    let hourly = recurring(CatchUp::All);
    assert!(bench.write(|tx| admin::pause_cron(tx, "adding", true)).is_err());
    tick(&jobs, &hourly).await.unwrap();
    bench.write(|tx| admin::pause_cron(tx, "adding", true)).unwrap();
    bench.clock.advance_ms(3 * 3_600_000);
    tick(&jobs, &hourly).await.unwrap();
    bench.write(|tx| admin::pause_cron(tx, "adding", false)).unwrap();
    tick(&jobs, &hourly).await.unwrap();
    assert_eq!(waiting(&bench), 0);
    bench.clock.advance_ms(3_600_000);
    tick(&jobs, &hourly).await.unwrap();
    assert_eq!(waiting(&bench), 1);
}
