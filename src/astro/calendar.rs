//! P: Civil dates (Gregorian or Julian) and times of day as people write them, read strictly. No zones and no instants.

use serde::{Deserialize, Serialize};

use super::error::AstroError;

/// First Gregorian year of which dates are taken.
pub const FIRST_YEAR: i16 = 1550;
/// Last Gregorian year of which dates are taken.
pub const LAST_YEAR: i16 = 2650;
/// The last Gregorian day that is taken. The ephemeris ends as the 25th of January 2650 starts in Greenwich; this day lies
/// in it as a whole by every clock, as the first of 1550 does, with which it starts a day before.
const LAST_DAY: (i16, u8, u8) = (LAST_YEAR, 1, 23);
/// What a date may be, as a phrase for [`AstroError::BadDate`].
pub const DATE_ALLOWED: &str = "a date YYYY-MM-DD from 1550-01-01 to 2650-01-23 (Gregorian)";
/// What a date in the Julian calendar may be, as a phrase for [`AstroError::BadDate`].
pub const JULIAN_DATE_ALLOWED: &str =
    "a date YYYY-MM-DD of the Julian calendar from 1549-12-22 to 2650-01-05 (1550-01-01 to 2650-01-23 Gregorian)";
/// What a date between the calendars may be, as a phrase for [`AstroError::BadDate`].
pub const REFORM_ALLOWED: &str = "say which calendar is meant, julian or gregorian: Thursday 4 October 1582 (Julian) was \
     followed by Friday 15 October (Gregorian), so that without a calendar the days between do not exist";
/// What a time may be, as a phrase for [`AstroError::BadTime`].
pub const TIME_ALLOWED: &str = "HH:MM or HH:MM:SS, from 00:00 to 23:59:59";

/// Julian Day Number (of the day that starts at the preceding midnight) of 1970-01-01, Gregorian.
const UNIX_EPOCH_DAY: i64 = 2_440_588;
/// Days from 1 March of the year 0 to 1970-01-01, Gregorian and Julian.
const MARCH_ZERO: [i64; 2] = [719_468, 719_470];
/// Days in a cycle of leap years: 400 Gregorian years, four Julian ones.
const CYCLE_DAYS: [i64; 2] = [146_097, 1_461];
/// Years in the same cycles.
const CYCLE_YEARS: [i64; 2] = [400, 4];

/// By which rule of leap years a date is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    /// That of 1582, in use today; before 1582-10-15 it is counted backwards (proleptic).
    #[default]
    Gregorian,
    /// The older one, in use until 1582 in Rome, 1752 in Britain, 1918 in Russia.
    Julian,
}

/// A day that exists in its calendar and lies within the ephemeris: 1550-01-01 to 2650-01-23 by the Gregorian one.
///
/// The numbers are always those of the Gregorian calendar; the calendar says how the date was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate {
    year: i16,
    month: u8,
    day: u8,
    calendar: Calendar,
}

impl Calendar {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Gregorian, Self::Julian];

    /// The stable machine name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Gregorian => "gregorian",
            Self::Julian => "julian",
        }
    }

    /// The calendar with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|calendar| calendar.code() == code)
    }

    /// The calendar by which a date `YYYY-MM-DD` is read when none is said: Julian to 1582-10-04, Gregorian from
    /// 1582-10-15 (bull Inter gravissimas, 1582); `None` between, where neither is meant for sure. What is no date counts
    /// as Gregorian. Countries changed later, to as late as 1927: there the writer has to say.
    pub fn customary(date: &str) -> Option<Self> {
        match numbers(date) {
            Some(numbers) if numbers <= (1582, 10, 4) => Some(Self::Julian),
            Some(numbers) if numbers < (1582, 10, 15) => None,
            _ => Some(Self::Gregorian),
        }
    }

    /// Julian Day Number of a day of this calendar: of the noon in it. `year` is astronomical; other months and days than
    /// those of the calendar carry over. Years are counted from March, so that the leap day comes last.
    pub fn day_number(self, year: i32, month: u8, day: u8) -> i64 {
        let months = i64::from(year) * 12 + i64::from(month) - 1;
        let (y, m) = ((months - 2).div_euclid(12), (months - 2).rem_euclid(12));
        let centuries = match self {
            Self::Gregorian => y.div_euclid(400) - y.div_euclid(100),
            Self::Julian => 0,
        };
        let days = 365 * y + y.div_euclid(4) + centuries + (153 * m + 2) / 5 + i64::from(day) - 1;
        days - MARCH_ZERO[self as usize] + UNIX_EPOCH_DAY
    }

    /// Year, month and day of this calendar of a Julian Day Number; the inverse of [`Calendar::day_number`].
    pub fn day_of(self, day_number: i64) -> (i32, u8, u8) {
        let days = day_number - UNIX_EPOCH_DAY + MARCH_ZERO[self as usize];
        let cycle = CYCLE_DAYS[self as usize];
        let in_cycle = days.rem_euclid(cycle);
        // Leap days before this one in the cycle, those of whole centuries less.
        let leaps = match self {
            Self::Gregorian => in_cycle / 1_460 - in_cycle / 36_524 + in_cycle / 146_096,
            Self::Julian => in_cycle / 1_460,
        };
        let year = (in_cycle - leaps) / 365;
        let past = match self {
            Self::Gregorian => year / 4 - year / 100,
            Self::Julian => year / 4,
        };
        let in_year = in_cycle - 365 * year - past;
        let from_march = (5 * in_year + 2) / 153;
        let day = in_year - (153 * from_march + 2) / 5 + 1;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year + days.div_euclid(cycle) * CYCLE_YEARS[self as usize] + i64::from(month <= 2);
        (year as i32, month as u8, day as u8)
    }

    fn days_in_month(self, year: i32, month: u8) -> u8 {
        match month {
            2 if year % 4 == 0 && (self == Self::Julian || year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

/// A time of day to the second, 00:00:00 to 23:59:59.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CivilTime {
    hour: u8,
    minute: u8,
    second: u8,
}

impl CivilDate {
    /// The Gregorian day with these numbers.
    ///
    /// # Errors
    /// [`AstroError::BadDate`] when there is no such day or it lies outside the ephemeris.
    pub fn new(year: i16, month: u8, day: u8) -> Result<Self, AstroError> {
        Self::in_calendar(Calendar::Gregorian, year, month, day)
    }

    /// The day that a calendar writes with these numbers.
    ///
    /// # Errors
    /// [`AstroError::BadDate`] when there is no such day or it lies outside the ephemeris.
    pub fn in_calendar(calendar: Calendar, year: i16, month: u8, day: u8) -> Result<Self, AstroError> {
        let bad = || bad_date(&format!("{year:04}-{month:02}-{day:02}"), calendar);
        let year = i32::from(year);
        if !(1..=12).contains(&month) || !(1..=calendar.days_in_month(year, month)).contains(&day) {
            return Err(bad());
        }
        let (year, month, day) = Calendar::Gregorian.day_of(calendar.day_number(year, month, day));
        let year = i16::try_from(year).map_err(|_| bad())?;
        if year < FIRST_YEAR || (year, month, day) > LAST_DAY {
            return Err(bad());
        }
        Ok(Self { year, month, day, calendar })
    }

    /// Reads a Gregorian date `YYYY-MM-DD`, nothing else: no spaces, signs or missing zeros.
    ///
    /// # Errors
    /// [`AstroError::BadDate`] with the text as given.
    pub fn parse(text: &str) -> Result<Self, AstroError> {
        Self::parse_in(Calendar::Gregorian, text)
    }

    /// Reads a date `YYYY-MM-DD` of a calendar.
    ///
    /// # Errors
    /// [`AstroError::BadDate`] with the text as given.
    pub fn parse_in(calendar: Calendar, text: &str) -> Result<Self, AstroError> {
        let (year, month, day) = numbers(text).ok_or_else(|| bad_date(text, calendar))?;
        Self::in_calendar(calendar, year, month, day).map_err(|_| bad_date(text, calendar))
    }

    /// The Gregorian year, 1550..=2650.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The Gregorian month, 1..=12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The Gregorian day of the month, 1..=31.
    pub fn day(self) -> u8 {
        self.day
    }

    /// The calendar in which the date was written.
    pub fn calendar(self) -> Calendar {
        self.calendar
    }

    /// Julian Day Number: of the noon in this day.
    pub fn day_number(self) -> i64 {
        Calendar::Gregorian.day_number(i32::from(self.year), self.month, self.day)
    }

    /// `YYYY-MM-DD` in the given calendar.
    pub fn written(self, calendar: Calendar) -> String {
        let (year, month, day) = calendar.day_of(self.day_number());
        format!("{year:04}-{month:02}-{day:02}")
    }
}

impl CivilTime {
    /// The time of day with these numbers.
    ///
    /// # Errors
    /// [`AstroError::BadTime`] when a number is out of range; there is no 24:00 and no leap second.
    pub fn new(hour: u8, minute: u8, second: u8) -> Result<Self, AstroError> {
        if hour < 24 && minute < 60 && second < 60 {
            Ok(Self { hour, minute, second })
        } else {
            Err(bad_time(&format!("{hour:02}:{minute:02}:{second:02}")))
        }
    }

    /// Reads `HH:MM` or `HH:MM:SS`, nothing else.
    ///
    /// # Errors
    /// [`AstroError::BadTime`] with the text as given.
    pub fn parse(text: &str) -> Result<Self, AstroError> {
        let (hm, second) = match text.as_bytes() {
            [h1, h2, b':', m1, m2] => ([[*h1, *h2], [*m1, *m2]], [b'0', b'0']),
            [h1, h2, b':', m1, m2, b':', s1, s2] => ([[*h1, *h2], [*m1, *m2]], [*s1, *s2]),
            _ => return Err(bad_time(text)),
        };
        match (digits(&hm[0]), digits(&hm[1]), digits(&second)) {
            (Some(hour), Some(minute), Some(second)) => {
                Self::new(hour as u8, minute as u8, second as u8).map_err(|_| bad_time(text))
            }
            _ => Err(bad_time(text)),
        }
    }

    /// The hour, 0..=23.
    pub fn hour(self) -> u8 {
        self.hour
    }

    /// The minute, 0..=59.
    pub fn minute(self) -> u8 {
        self.minute
    }

    /// The second, 0..=59.
    pub fn second(self) -> u8 {
        self.second
    }
}

/// ISO 8601, hence Gregorian, whatever the calendar of the writer.
impl std::fmt::Display for CivilDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl std::fmt::Display for CivilTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)
    }
}

impl TryFrom<String> for CivilTime {
    type Error = AstroError;
    fn try_from(text: String) -> Result<Self, AstroError> {
        Self::parse(&text)
    }
}

impl From<CivilTime> for String {
    fn from(time: CivilTime) -> Self {
        time.to_string()
    }
}

/// Up to four ASCII digits as a number, or `None`.
fn digits(bytes: &[u8]) -> Option<u16> {
    bytes.iter().try_fold(0_u16, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u16::from(byte - b'0')))
}

/// Year, month and day of a text `YYYY-MM-DD`, whether or not there is such a day.
fn numbers(text: &str) -> Option<(i16, u8, u8)> {
    let [y @ .., b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let year = Some(y).filter(|y| y.len() == 4).and_then(digits)?;
    Some((year.cast_signed(), digits(&[*m1, *m2])? as u8, digits(&[*d1, *d2])? as u8))
}

fn bad_date(given: &str, calendar: Calendar) -> AstroError {
    let allowed = match calendar {
        Calendar::Gregorian => DATE_ALLOWED,
        Calendar::Julian => JULIAN_DATE_ALLOWED,
    };
    AstroError::BadDate { given: given.to_owned(), allowed: allowed.to_owned() }
}

fn bad_time(given: &str) -> AstroError {
    AstroError::BadTime { given: given.to_owned(), allowed: TIME_ALLOWED.to_owned() }
}

#[cfg(test)]
mod tests;
