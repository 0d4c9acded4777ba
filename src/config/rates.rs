//! P: A rate with its burst, as an operator writes it: `5/s, burst 10`. Counts nothing.

use std::fmt;
use std::str::FromStr;

/// Most requests in a period, and most at once.
const COUNT_MAX: u64 = 1_000_000;
/// What a rate looks like, for whoever wrote another thing.
const FORM: &str =
    "a rate such as `5/s, burst 10` (per s, min, h or day; at most 1000000 each; the burst may be left out)";

/// So many in a period on the average, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    count: u32,
    unit: Unit,
    burst: u32,
}

/// Periods that a rate may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
}

impl Unit {
    const ALL: [Self; 4] = [Self::Second, Self::Minute, Self::Hour, Self::Day];

    const fn code(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "min",
            Self::Hour => "h",
            Self::Day => "day",
        }
    }

    const fn seconds(self) -> u64 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

impl Rate {
    /// So many requests may come at once.
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// Nanoseconds after which one more may come.
    pub const fn interval_ns(self) -> u64 {
        self.unit.seconds() * 1_000_000_000 / self.count as u64
    }

    /// Whole seconds, at least 1, in which an empty burst is whole again.
    pub const fn window_s(self) -> u64 {
        let window_ns = self.interval_ns() * self.burst as u64;
        let seconds = window_ns.div_ceil(1_000_000_000);
        if seconds == 0 { 1 } else { seconds }
    }
}

/// A number of 1 to [`COUNT_MAX`], digits only.
fn count(text: &str) -> Option<u32> {
    let is_digits = !text.is_empty() && text.len() <= 7 && text.bytes().all(|b| b.is_ascii_digit());
    let number: u64 = text.parse().ok().filter(|n| is_digits && (1..=COUNT_MAX).contains(n))?;
    u32::try_from(number).ok()
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = || {
            let (rate, burst) = text.split_once(',').map_or((text, None), |(rate, burst)| (rate, Some(burst)));
            let (number, unit) = rate.trim().split_once('/')?;
            let count_of = count(number.trim())?;
            let unit = Unit::ALL.into_iter().find(|known| known.code() == unit.trim())?;
            let burst = match burst {
                None => count_of,
                Some(words) => count(words.trim().strip_prefix("burst")?.trim())?,
            };
            Some(Self { count: count_of, unit, burst })
        };
        parsed().ok_or_else(|| format!("expected {FORM}"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}, burst {}", self.count, self.unit.code(), self.burst)
    }
}

/// A rate, or `off`.
///
/// # Errors
/// What would have been right.
pub fn rate_or_off(text: &str) -> Result<Option<Rate>, String> {
    if text.trim() == "off" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|right: String| format!("{right}, or `off`"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rates_are_read_as_they_are_written() {
        let rate: Rate = "5/s, burst 10".parse().unwrap();
        assert_eq!((rate.burst(), rate.interval_ns(), rate.window_s()), (10, 200_000_000, 2));
        let rate: Rate = " 30 / min ".parse().unwrap();
        assert_eq!((rate.burst(), rate.interval_ns(), rate.window_s()), (30, 2_000_000_000, 60));
        let rate: Rate = "1000/day,burst 1".parse().unwrap();
        assert_eq!((rate.burst(), rate.interval_ns(), rate.window_s()), (1, 86_400_000_000, 87));
        assert_eq!("3/h, burst 2".parse::<Rate>().unwrap().interval_ns(), 1_200_000_000_000);
        assert_eq!("1000000/s, burst 1".parse::<Rate>().unwrap().window_s(), 1);
        assert_eq!(rate_or_off("off"), Ok(None));
    }

    #[test]
    fn what_is_no_rate_is_told_what_would_be() {
        for bad in [
            "",
            "5",
            "5/",
            "/s",
            "0/s",
            "5/s, burst 0",
            "5/sec",
            "-5/s",
            "+5/s",
            "5.5/s",
            "5/s burst 10",
            "5/s, 10",
            "1000001/s",
            "5/s, burst 1000001",
            "5/s, burst 10, burst 10",
            "99999999999999999999/s",
            "off/s",
            "٥/s",
        ] {
            assert!(bad.parse::<Rate>().unwrap_err().contains("5/s, burst 10"), "{bad}");
            assert!(rate_or_off(bad).unwrap_err().contains("`off`"), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_rate_survives_being_written(n in 1..=1_000_000_u32, unit in 0..4_usize, burst in 1..=1_000_000_u32) {
            let rate = Rate { count: n, unit: Unit::ALL[unit], burst };
            prop_assert_eq!(rate.to_string().parse(), Ok(rate));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = rate_or_off(&text);
        }
    }
}
