//! P: Days and months of the calendar in a time zone: which one an instant lies in, and when it ends. Counts nothing.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clock::UnixMs;
use crate::error::{Error, Result};
use crate::store::tables::limits::UsedRow;

/// The present in a zone.
#[derive(Clone, Debug)]
pub struct Period {
    zone: TimeZone,
    today: Date,
}

/// As rows keep a day: 20261123.
fn number(date: Date) -> u32 {
    let (year, month, day) = (date.year().unsigned_abs(), date.month().unsigned_abs(), date.day().unsigned_abs());
    u32::from(year) * 10_000 + u32::from(month) * 100 + u32::from(day)
}

fn date(number: u32) -> Result<Date> {
    let part = |value: u32| i8::try_from(value % 100).unwrap_or(0);
    let year = i16::try_from(number / 10_000).unwrap_or(i16::MAX);
    Date::new(year, part(number / 100), part(number)).map_err(Error::internal)
}

impl Period {
    /// Of `now` in the zone of this IANA name.
    pub fn at(now: UnixMs, zone: &str) -> Result<Self> {
        let zone = TimeZone::get(zone).map_err(Error::internal)?;
        let ms = i64::try_from(now.0).map_err(Error::internal)?;
        let today = Timestamp::from_millisecond(ms).map_err(Error::internal)?.to_zoned(zone.clone()).date();
        Ok(Self { zone, today })
    }

    /// Today, as 2026-11-23.
    pub fn day_text(&self) -> String {
        self.today.to_string()
    }

    /// What was used of today and this month: nothing when the row is of an earlier one. A row of a later one, written
    /// before a clock stepped back, holds on, so that stepping back gives nothing back.
    pub fn advance(&self, row: UsedRow) -> UsedRow {
        let (day, month) = (number(self.today), number(self.today) / 100);
        let (day, on_day) = if row.day < day { (day, 0) } else { (row.day, row.on_day) };
        let (month, in_month) = if row.month < month { (month, 0) } else { (row.month, row.in_month) };
        UsedRow { day, on_day, month, in_month }
    }

    /// The first instant after the day, which need not be midnight where clocks change at midnight.
    pub fn day_ends(&self, day: u32) -> Result<UnixMs> {
        self.starts(date(day)?.checked_add(1.day()).map_err(Error::internal)?)
    }

    /// The first instant after the month.
    pub fn month_ends(&self, month: u32) -> Result<UnixMs> {
        self.starts(date(month * 100 + 1)?.checked_add(1.month()).map_err(Error::internal)?)
    }

    fn starts(&self, date: Date) -> Result<UnixMs> {
        let start = date.to_zoned(self.zone.clone()).and_then(|zoned| zoned.start_of_day()).map_err(Error::internal)?;
        Ok(UnixMs(u64::try_from(start.timestamp().as_millisecond()).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> UnixMs {
        UnixMs(u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap())
    }

    fn ends(now: &str, zone: &str) -> (String, String, String) {
        let period = Period::at(at(now), zone).unwrap();
        let used = period.advance(UsedRow::default());
        let shown = |instant: UnixMs| instant.rfc3339();
        (period.day_text(), shown(period.day_ends(used.day).unwrap()), shown(period.month_ends(used.month).unwrap()))
    }

    #[test]
    fn the_day_is_the_zones_and_as_long_as_it_is_there() {
        let cases = [
            // An ordinary day east of Greenwich, whose date differs from UTC's.
            (
                "2026-11-22T23:30:00Z",
                "Europe/Paris",
                "2026-11-23",
                "2026-11-23T23:00:00.000Z",
                "2026-11-30T23:00:00.000Z",
            ),
            // 23 and 25 hours: the clocks of Paris change on 2026-03-29 and 2026-10-25.
            (
                "2026-03-29T12:00:00Z",
                "Europe/Paris",
                "2026-03-29",
                "2026-03-29T22:00:00.000Z",
                "2026-03-31T22:00:00.000Z",
            ),
            (
                "2026-10-25T12:00:00Z",
                "Europe/Paris",
                "2026-10-25",
                "2026-10-25T23:00:00.000Z",
                "2026-10-31T23:00:00.000Z",
            ),
            // Beirut leaps over midnight: 2026-03-29 begins at 01:00 there, 2026-03-28T22:00Z.
            (
                "2026-03-28T12:00:00Z",
                "Asia/Beirut",
                "2026-03-28",
                "2026-03-28T22:00:00.000Z",
                "2026-03-31T21:00:00.000Z",
            ),
            // Half an hour and 45 minutes.
            (
                "2026-01-01T00:00:00Z",
                "Asia/Kathmandu",
                "2026-01-01",
                "2026-01-01T18:15:00.000Z",
                "2026-01-31T18:15:00.000Z",
            ),
            // The last day of a year, and a leap year's February.
            ("2026-12-31T23:59:59Z", "UTC", "2026-12-31", "2027-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
            ("2028-02-28T10:00:00Z", "UTC", "2028-02-28", "2028-02-29T00:00:00.000Z", "2028-03-01T00:00:00.000Z"),
        ];
        for (now, zone, day, day_ends, month_ends) in cases {
            assert_eq!(ends(now, zone), (day.into(), day_ends.into(), month_ends.into()), "{now} {zone}");
        }
        assert!(Period::at(at("2026-01-01T00:00:00Z"), "Mars/Phobos").is_err());
    }

    #[test]
    fn an_earlier_row_counts_no_more_and_a_later_one_still() {
        let period = Period::at(at("2026-11-23T12:00:00Z"), "UTC").unwrap();
        let row = |day, month| UsedRow { day, on_day: 4, month, in_month: 9 };
        let left = |row| {
            let UsedRow { on_day, in_month, .. } = period.advance(row);
            (on_day, in_month)
        };
        assert_eq!(left(row(20_261_122, 202_611)), (0, 9));
        assert_eq!(left(row(20_261_123, 202_611)), (4, 9));
        assert_eq!(left(row(20_251_123, 202_511)), (0, 0));
        assert_eq!(left(row(20_261_124, 202_612)), (4, 9));
    }

    proptest! {
        #[test]
        fn the_end_of_a_day_is_the_first_instant_of_another(
            now_s in 0..4_000_000_000_u64, zone in prop::sample::select(vec!["UTC", "Europe/Paris", "America/St_Johns",
                "Asia/Beirut", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo"]),
        ) {
            let now = UnixMs(now_s * 1_000);
            let period = Period::at(now, zone).unwrap();
            let used = period.advance(UsedRow::default());
            let day_ends = period.day_ends(used.day).unwrap();
            prop_assert!(day_ends > now);
            prop_assert!(day_ends.since_ms(now) <= 26 * 3_600_000);
            let before = Period::at(UnixMs(day_ends.0 - 1), zone).unwrap();
            let after = Period::at(day_ends, zone).unwrap();
            prop_assert!(before.today < after.today);
            let month_ends = period.month_ends(used.month).unwrap();
            prop_assert!(Period::at(month_ends, zone).unwrap().today.day() == 1);
            prop_assert!(month_ends >= day_ends);
        }
    }
}
