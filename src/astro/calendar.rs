//! P: Civil dates and times of day as people write them, read strictly. No zones and no instants.

use serde::{Deserialize, Serialize};

use super::error::AstroError;

/// First year for which birth data is taken.
pub const FIRST_YEAR: i16 = 1800;
/// Last year for which birth data is taken.
pub const LAST_YEAR: i16 = 2100;
/// What a date may be, as a phrase for [`AstroError::BadDate`].
pub const DATE_ALLOWED: &str = "a Gregorian date YYYY-MM-DD from 1800-01-01 to 2100-12-31";
/// What a time may be, as a phrase for [`AstroError::BadTime`].
pub const TIME_ALLOWED: &str = "HH:MM or HH:MM:SS, from 00:00 to 23:59:59";

/// A day of the Gregorian calendar that exists and lies in 1800..=2100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CivilDate {
    year: i16,
    month: u8,
    day: u8,
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
    /// The day with these numbers.
    ///
    /// # Errors
    /// [`AstroError::BadDate`] when there is no such day or it lies outside 1800..=2100.
    pub fn new(year: i16, month: u8, day: u8) -> Result<Self, AstroError> {
        let in_span = (FIRST_YEAR..=LAST_YEAR).contains(&year);
        if in_span && (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day) {
            Ok(Self { year, month, day })
        } else {
            Err(bad_date(&format!("{year:04}-{month:02}-{day:02}")))
        }
    }

    /// Reads `YYYY-MM-DD`, nothing else: no spaces, signs or missing zeros.
    ///
    /// # Errors
    /// [`AstroError::BadDate`] with the text as given.
    pub fn parse(text: &str) -> Result<Self, AstroError> {
        let fields = match text.as_bytes() {
            [y @ .., b'-', m1, m2, b'-', d1, d2] if y.len() == 4 => {
                (digits(y), digits(&[*m1, *m2]), digits(&[*d1, *d2]))
            }
            _ => return Err(bad_date(text)),
        };
        let (Some(year), Some(month), Some(day)) = fields else { return Err(bad_date(text)) };
        Self::new(year.cast_signed(), month as u8, day as u8).map_err(|_| bad_date(text))
    }

    /// The year, 1800..=2100.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month, 1..=12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, 1..=31.
    pub fn day(self) -> u8 {
        self.day
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

impl TryFrom<String> for CivilDate {
    type Error = AstroError;
    fn try_from(text: String) -> Result<Self, AstroError> {
        Self::parse(&text)
    }
}

impl TryFrom<String> for CivilTime {
    type Error = AstroError;
    fn try_from(text: String) -> Result<Self, AstroError> {
        Self::parse(&text)
    }
}

impl From<CivilDate> for String {
    fn from(date: CivilDate) -> Self {
        date.to_string()
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

fn days_in_month(year: i16, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn bad_date(given: &str) -> AstroError {
    AstroError::BadDate { given: given.to_owned(), allowed: DATE_ALLOWED.to_owned() }
}

fn bad_time(given: &str) -> AstroError {
    AstroError::BadTime { given: given.to_owned(), allowed: TIME_ALLOWED.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_gregorian_days_of_the_span_are_read() {
        for good in ["1800-01-01", "2100-12-31", "2000-02-29", "1879-03-14"] {
            assert_eq!(CivilDate::parse(good).unwrap().to_string(), good);
        }
        let bad = [
            "1900-02-29",
            "2100-02-29",
            "1799-12-31",
            "2101-01-01",
            "2000-13-01",
            "2000-00-10",
            "2000-04-31",
            "2000-01-00",
            "2000-1-01",
            "+200-01-01",
            "2000-01-01 ",
            "2000/01/01",
            "banana",
            "",
            "２000-01-01",
        ];
        for text in bad {
            assert!(CivilDate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_read_strictly() {
        assert_eq!(CivilTime::parse("11:30").unwrap().to_string(), "11:30:00");
        assert_eq!(CivilTime::parse("23:59:59").unwrap().to_string(), "23:59:59");
        for text in ["24:00", "25:00", "12:60", "12:00:60", "9:00", "12", "12:00:", "12:00 ", "-1:00", "éé:00", ""] {
            assert!(CivilTime::parse(text).is_err(), "{text}");
        }
    }
}
