//! P: When a recurring job is due: five cron fields read in a time zone. Starts nothing, reads no clock.
//!
//! Fields are minute, hour, day of month, month, day of week, with `*`, lists, ranges, steps and English names; 0 and 7
//! are Sunday; `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly` stand for what they say. When both day fields are
//! other than `*`, a day that fits either is meant, as in Vixie cron.
//!
//! When the clocks change: a schedule with `*` as its hour runs by real time, so in an hour that happens twice it runs in
//! both. One with fixed hours runs once for each of them: a time that never happens runs at the instant of the jump, and
//! one that happens twice runs the first time.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::clock::UnixMs;
use crate::limits::JOB_CATCH_UP_MAX;

/// Days looked ahead: 29 February may be eight years away.
const DAYS_AHEAD_MAX: usize = 9 * 366;
/// A tick that lies so little behind was not missed, only noticed a little later.
const LATE_MS: u64 = 60_000;

/// What happens with ticks that passed while the appliance did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// They are passed over.
    Skip,
    /// The latest of them is made up for.
    Last,
    /// All are made up for, the latest hundred at most.
    All,
}

/// A schedule in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    any_hour: bool,
    either_day: bool,
    zone: TimeZone,
}

/// A text that is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {given:?}: {allowed}")]
pub struct BadSchedule {
    /// Which field.
    pub field: &'static str,
    /// What was given.
    pub given: String,
    /// What is allowed.
    pub allowed: String,
}

struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of month", least: 1, most: 31, names: &[] },
    Field {
        name: "month",
        least: 1,
        most: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    },
    Field { name: "day of week", least: 0, most: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

const SHORTHANDS: [(&str, &str); 5] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
];

impl Field {
    fn wrong(&self, given: &str) -> BadSchedule {
        let allowed = format!("`*`, or {}-{}, ranges, lists and steps of them", self.least, self.most);
        BadSchedule { field: self.name, given: given.to_owned(), allowed }
    }

    fn value(&self, text: &str) -> Option<u32> {
        let lower = text.to_ascii_lowercase();
        let named = self.names.iter().position(|name| *name == lower).and_then(|at| u32::try_from(at).ok());
        let plain = || text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let value = named.map(|at| at + self.least).or_else(plain)?;
        (self.least..=self.most).contains(&value).then_some(value)
    }

    /// The values of one element of a list: `*`, `a`, `a-b`, each with an optional `/step`.
    fn element(&self, text: &str) -> Option<u64> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => {
                (range, Some(step.parse::<u32>().ok().filter(|step| (1..=self.most).contains(step))?))
            }
            None => (text, None),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.most),
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            // `5/15` starts at 5 and goes to the end.
            None if step.is_some() => (self.value(range)?, self.most),
            None => (self.value(range)?, self.value(range)?),
        };
        if from > to {
            return None;
        }
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        Some((from..=to).step_by(step).fold(0, |bits, value| bits | 1 << value))
    }

    fn parse(&self, text: &str) -> Result<u64, BadSchedule> {
        let bits = text.split(',').try_fold(0, |bits, element| Some(bits | self.element(element)?));
        bits.ok_or_else(|| self.wrong(text))
    }
}

impl Schedule {
    /// Reads five fields or a shorthand, in an IANA time zone.
    ///
    /// # Errors
    /// When the text is no schedule, names no instant that ever comes, or the zone is unknown.
    pub fn parse(text: &str, zone: &str) -> Result<Self, BadSchedule> {
        let bad =
            |field, given: &str, allowed: &str| BadSchedule { field, given: given.into(), allowed: allowed.into() };
        let time_zone = TimeZone::get(zone).map_err(|_| bad("zone", zone, "an IANA time zone such as Europe/Paris"))?;
        let long = SHORTHANDS.iter().find(|(short, _)| *short == text.trim()).map_or(text, |(_, long)| long);
        let texts: Vec<&str> = long.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = texts.as_slice() else {
            return Err(bad("schedule", text, "five fields: minute, hour, day of month, month, day of week"));
        };
        let [minutes, hours, days, months, weekdays] = &FIELDS;
        let weekday_bits = weekdays.parse(weekday)?;
        let schedule = Self {
            minutes: minutes.parse(minute)?,
            hours: hours.parse(hour)?,
            days: days.parse(day)?,
            months: months.parse(month)?,
            // 7 is Sunday, as 0 is.
            weekdays: (weekday_bits | weekday_bits >> 7) & 0x7f,
            any_hour: *hour == "*",
            either_day: *day != "*" && *weekday != "*",
            zone: time_zone,
        };
        match schedule.next_after(UnixMs(946_684_800_000)) {
            Some(_) => Ok(schedule),
            None => Err(bad("schedule", text, "a schedule with a day that exists")),
        }
    }

    fn fits_day(&self, date: Date) -> bool {
        let has = |bits: u64, value: i8| u32::try_from(value).is_ok_and(|value| bits & (1 << value) != 0);
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        has(self.months, date.month()) && if self.either_day { day || weekday } else { day && weekday }
    }

    /// The first tick after `at`.
    pub fn next_after(&self, at: UnixMs) -> Option<UnixMs> {
        let at = Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()?;
        let next = if self.any_hour { self.next_by_real_time(at)? } else { self.next_by_local_time(at)? };
        u64::try_from(next.as_millisecond()).ok().map(UnixMs)
    }

    /// Every instant whose local reading fits is a tick.
    fn next_by_real_time(&self, at: Timestamp) -> Option<Timestamp> {
        let mut local = at.to_zoned(self.zone.clone());
        let past_minute = local.second();
        local = local.checked_add((60 - i64::from(past_minute)).seconds()).ok()?;
        local = local.checked_sub(i64::from(local.subsec_nanosecond()).nanoseconds()).ok()?;
        for _ in 0..DAYS_AHEAD_MAX {
            let date = local.date();
            while self.fits_day(date) && local.date() == date {
                if u32::try_from(local.minute()).is_ok_and(|minute| self.minutes & (1 << minute) != 0) {
                    return Some(local.timestamp());
                }
                local = local.checked_add(1.minute()).ok()?;
            }
            if local.date() == date {
                local = date.tomorrow().ok()?.to_zoned(self.zone.clone()).ok()?;
            }
        }
        None
    }

    /// Every local time that fits is one tick.
    fn next_by_local_time(&self, at: Timestamp) -> Option<Timestamp> {
        let start = at.to_zoned(self.zone.clone()).datetime();
        let mut date = start.date();
        for _ in 0..DAYS_AHEAD_MAX {
            if self.fits_day(date)
                && let Some(found) = self.next_on(date, start, at)
            {
                return Some(found);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn next_on(&self, date: Date, start: DateTime, at: Timestamp) -> Option<Timestamp> {
        let set = |bits: u64, most: i8| (0..=most).filter(move |value| bits & (1 << *value) != 0);
        let times = set(self.hours, 23).flat_map(|hour| set(self.minutes, 59).map(move |minute| (hour, minute)));
        times.map(|(hour, minute)| date.at(hour, minute, 0, 0)).find_map(|local| {
            // Before a jump backwards the clock showed less than what it shows at a later instant: only `at` decides.
            let instant = (local.date() > start.date() || local >= start).then(|| self.instant(local)).flatten()?;
            (instant > at).then_some(instant)
        })
    }

    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
            // The offset before the jump puts the time behind it; the jump is the last change before that.
            AmbiguousOffset::Gap { before, .. } => {
                let behind = before.to_timestamp(local).ok()?;
                self.zone.preceding(behind.checked_add(1.nanosecond()).ok()?).next().map(|jump| jump.timestamp())
            }
        }
    }

    /// The ticks after `last` up to `now` that are to be run, and the instant up to which all has been considered.
    pub fn due(&self, last: UnixMs, now: UnixMs, catch_up: CatchUp) -> (Vec<UnixMs>, UnixMs) {
        let wanted = match catch_up {
            CatchUp::Skip | CatchUp::Last => 1,
            CatchUp::All => JOB_CATCH_UP_MAX,
        };
        let mut ticks = Vec::new();
        // The latest ticks are wanted: a short window has them unless they are rare.
        for window_ms in [3_600_000, 86_400_000, 40 * 86_400_000, 400 * 86_400_000, u64::MAX] {
            let from = last.max(UnixMs(now.0.saturating_sub(window_ms)));
            ticks = self.between(from, now);
            if ticks.len() >= wanted || from == last {
                break;
            }
        }
        ticks.drain(..ticks.len().saturating_sub(wanted));
        let Some(considered) = ticks.last().copied() else { return (ticks, last) };
        if catch_up == CatchUp::Skip {
            ticks.retain(|tick| now.since_ms(*tick) <= LATE_MS);
        }
        (ticks, considered)
    }

    fn between(&self, from: UnixMs, to: UnixMs) -> Vec<UnixMs> {
        let first = self.next_after(from);
        std::iter::successors(first, |tick| self.next_after(*tick)).take_while(|tick| *tick <= to).collect()
    }
}

#[cfg(test)]
mod tests;
