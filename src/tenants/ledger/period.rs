//! P: Days and months of UTC, as numbers: which one an instant lies in, when it ends, and how it is written.

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};

use crate::clock::UnixMs;
use crate::store::tables::ledger::{Period, Window};

const DAY_MS: u64 = 86_400_000;
const EPOCH: Date = date(1970, 1, 1);

/// The date of day number `day`.
pub fn date_of(day: u32) -> Option<Date> {
    EPOCH.checked_add(i64::from(day).days()).ok()
}

/// The number of this date; `None` before 1970.
pub fn day_of(date: Date) -> Option<u32> {
    u32::try_from(date.duration_since(EPOCH).as_hours() / 24).ok()
}

fn month_of(date: Date) -> u32 {
    let years = u32::try_from(i32::from(date.year()) - 1970).unwrap_or(0);
    years * 12 + u32::from(date.month().unsigned_abs()) - 1
}

/// First date of month number `month`.
fn month_start(month: u32) -> Option<Date> {
    let span: Span = i64::from(month).months();
    EPOCH.checked_add(span).ok()
}

/// The day, the month and the whole that `at` lies in.
pub fn periods(at: UnixMs) -> [Period; 3] {
    let day = u32::try_from(at.0 / DAY_MS).unwrap_or(u32::MAX);
    let month = date_of(day).map_or(u32::MAX, month_of);
    [
        Period { window: Window::Day, index: day },
        Period { window: Window::Month, index: month },
        Period { window: Window::Total, index: 0 },
    ]
}

/// The period of this window that `at` lies in.
pub fn period(at: UnixMs, window: Window) -> Period {
    let [day, month, total] = periods(at);
    match window {
        Window::Day => day,
        Window::Month => month,
        Window::Total => total,
    }
}

/// When a period ends and the next begins; never, for all.
pub fn ends_at(period: Period) -> Option<UnixMs> {
    let next = match period.window {
        Window::Day => period.index.checked_add(1)?,
        Window::Month => day_of(month_start(period.index.checked_add(1)?)?)?,
        Window::Total => return None,
    };
    Some(UnixMs(u64::from(next) * DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UnixMs {
        let stamp: jiff::Timestamp = text.parse().unwrap();
        UnixMs(u64::try_from(stamp.as_millisecond()).unwrap())
    }

    #[test]
    fn days_and_months_are_those_of_utc() {
        for (text, day_end, month_end) in [
            ("1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z", "1970-02-01T00:00:00Z"),
            ("2024-02-29T23:59:59.999Z", "2024-03-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("2026-12-31T23:30:00-01:00", "2027-01-02T00:00:00Z", "2027-02-01T00:00:00Z"),
        ] {
            let [day, month, total] = periods(at(text));
            assert_eq!(ends_at(day), Some(at(day_end)), "{text}");
            assert_eq!(ends_at(month), Some(at(month_end)), "{text}");
            assert_eq!(ends_at(total), None);
        }
        let day = period(at("2026-11-23T10:00:00Z"), Window::Day);
        assert_eq!(date_of(day.index).map(|date| date.to_string()).as_deref(), Some("2026-11-23"));
        assert_eq!(day_of(date(2026, 11, 23)), Some(day.index));
        assert_eq!(day_of(date(1969, 12, 31)), None);
    }
}
