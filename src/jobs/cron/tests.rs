//! Ticks against dates known from calendars, and against a search that tries every minute.

use proptest::prelude::*;

use super::*;

fn at(text: &str) -> UnixMs {
    UnixMs(text.parse::<Timestamp>().unwrap().as_millisecond().try_into().unwrap())
}

fn ticks(schedule: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::parse(schedule, zone).unwrap();
    let first = schedule.next_after(at(from));
    let ticks = std::iter::successors(first, |tick| schedule.next_after(*tick)).take(count);
    ticks.map(|tick| tick.rfc3339().replace(":00.000Z", "Z")).collect()
}

#[test]
fn fields_mean_what_cron_means() {
    assert_eq!(
        ticks("*/20 8-9 * * mon-fri", "UTC", "2026-11-20T09:30:00Z", 4),
        ["2026-11-20T09:40Z", "2026-11-23T08:00Z", "2026-11-23T08:20Z", "2026-11-23T08:40Z"]
    );
    assert_eq!(ticks("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1), ["2104-02-29T00:00Z"]);
    // Friday or the 13th.
    assert_eq!(
        ticks("0 12 13 * 5", "UTC", "2026-11-10T00:00:00Z", 4),
        ["2026-11-13T12:00Z", "2026-11-20T12:00Z", "2026-11-27T12:00Z", "2026-12-04T12:00Z"]
    );
    assert_eq!(ticks("@weekly", "UTC", "2026-11-23T00:00:00Z", 1), ["2026-11-29T00:00Z"]);
    assert_eq!(ticks("0 0 * * 7", "UTC", "2026-11-23T00:00:00Z", 1), ["2026-11-29T00:00Z"]);
    assert_eq!(
        ticks("5/25 3 1 JAN *", "UTC", "2026-11-23T00:00:00Z", 3),
        ["2027-01-01T03:05Z", "2027-01-01T03:30Z", "2027-01-01T03:55Z"]
    );
}

#[test]
fn a_time_that_never_happens_runs_at_the_jump() {
    // Paris, 2026-03-29: 02:00 becomes 03:00, at 01:00 UTC.
    assert_eq!(
        ticks("30 2 * * *", "Europe/Paris", "2026-03-28T00:00:00Z", 3),
        ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"]
    );
    // Several in the gap, and one at its end, are one tick.
    assert_eq!(
        ticks("0,15,30 2,3 * * *", "Europe/Paris", "2026-03-29T00:30:00Z", 3),
        ["2026-03-29T01:00Z", "2026-03-29T01:15Z", "2026-03-29T01:30Z"]
    );
}

#[test]
fn a_time_that_happens_twice_runs_the_first_time() {
    // Paris, 2026-10-25: 03:00 becomes 02:00, at 01:00 UTC.
    assert_eq!(
        ticks("30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", 2),
        ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]
    );
    assert_eq!(ticks("30 2 * * *", "Europe/Paris", "2026-10-25T01:10:00Z", 1), ["2026-10-26T01:30Z"]);
}

#[test]
fn every_hour_means_every_real_hour() {
    assert_eq!(
        ticks("15 * * * *", "Europe/Paris", "2026-10-25T00:00:00Z", 3),
        ["2026-10-25T00:15Z", "2026-10-25T01:15Z", "2026-10-25T02:15Z"]
    );
    assert_eq!(
        ticks("15 * * * *", "Europe/Paris", "2026-03-29T00:00:00Z", 3),
        ["2026-03-29T00:15Z", "2026-03-29T01:15Z", "2026-03-29T02:15Z"]
    );
}

#[test]
fn what_is_no_schedule_is_refused_by_field() {
    let refused = |text, zone| Schedule::parse(text, zone).unwrap_err().field;
    assert_eq!(refused("60 * * * *", "UTC"), "minute");
    assert_eq!(refused("* 24 * * *", "UTC"), "hour");
    assert_eq!(refused("* * 0 * *", "UTC"), "day of month");
    assert_eq!(refused("* * * 13 *", "UTC"), "month");
    assert_eq!(refused("* * * * 8", "UTC"), "day of week");
    assert_eq!(refused("5-1 * * * *", "UTC"), "minute");
    assert_eq!(refused("*/0 * * * *", "UTC"), "minute");
    assert_eq!(refused("1,,2 * * * *", "UTC"), "minute");
    assert_eq!(refused("+5 * * * *", "UTC"), "minute");
    assert_eq!(refused("* * * *", "UTC"), "schedule");
    assert_eq!(refused("0 0 31 2 *", "UTC"), "schedule");
    assert_eq!(refused("* * * * *", "Mars/Phobos"), "zone");
}

#[test]
fn missed_ticks_are_made_up_for_as_the_policy_says() {
    let hourly = Schedule::parse("@hourly", "UTC").unwrap();
    let (last, now) = (at("2026-11-20T10:00:00Z"), at("2026-11-23T10:30:00Z"));
    let due = |catch_up| hourly.due(last, now, catch_up);
    assert_eq!(due(CatchUp::Skip), (vec![], at("2026-11-23T10:00:00Z")));
    assert_eq!(due(CatchUp::Last), (vec![at("2026-11-23T10:00:00Z")], at("2026-11-23T10:00:00Z")));
    let (all, considered) = due(CatchUp::All);
    assert_eq!((all.len(), all[0], considered), (72, at("2026-11-20T11:00:00Z"), at("2026-11-23T10:00:00Z")));
    let (all, _) = hourly.due(UnixMs(0), now, CatchUp::All);
    assert_eq!((all.len(), all[99]), (JOB_CATCH_UP_MAX, at("2026-11-23T10:00:00Z")));
    let just = at("2026-11-23T10:00:05Z");
    assert_eq!(hourly.due(last, just, CatchUp::Skip).0, [at("2026-11-23T10:00:00Z")]);
    assert_eq!(hourly.due(now, now, CatchUp::All), (vec![], now));
    let yearly = Schedule::parse("@yearly", "UTC").unwrap();
    assert_eq!(yearly.due(at("2020-01-01T00:00:00Z"), now, CatchUp::All).0.len(), 6);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_next_tick_is_the_first_minute_that_fits(
        minute in 0_u32..60, hour in proptest::option::of(0_u32..24), start in 1_770_000_000_u64..1_800_000_000,
        zone in prop_oneof![Just("Europe/Paris"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("UTC")],
    ) {
        let text = hour.map_or_else(|| format!("{minute} * * * *"), |hour| format!("{minute} {hour} * * *"));
        let schedule = Schedule::parse(&text, zone).unwrap();
        let zone = TimeZone::get(zone).unwrap();
        let from = UnixMs(start * 1_000);
        let found = schedule.next_after(from).unwrap();
        // Whole minutes, in order; a fixed hour may be skipped by a jump, which the named tests hold.
        let first_minute = start / 60 + 1;
        let fits = |at: &u64| {
            let local = Timestamp::from_second(i64::try_from(at * 60).unwrap()).unwrap().to_zoned(zone.clone());
            let minute_fits = u32::try_from(local.minute()).unwrap() == minute;
            minute_fits && hour.is_none_or(|hour| u32::try_from(local.hour()).unwrap() == hour)
        };
        let searched = (first_minute..first_minute + 4 * 1_440).find(fits).unwrap() * 60_000;
        let at_jump = zone.following(Timestamp::from_second(i64::try_from(start).unwrap()).unwrap()).next().is_some_and(|jump| jump.timestamp().as_millisecond() <= i64::try_from(searched.max(found.0)).unwrap())
            || zone.preceding(Timestamp::from_second(i64::try_from(start).unwrap()).unwrap()).next().is_some_and(|jump| jump.timestamp().as_second() + 86_400 > i64::try_from(start).unwrap());
        prop_assert!(found.0 == searched || (hour.is_some() && at_jump), "{} for {}", found.0, searched);
    }
}
