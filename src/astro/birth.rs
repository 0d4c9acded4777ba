//! P: Birth data as people give it, and everything that can be wrong with it. No chart is made here.

use serde::{Deserialize, Serialize};

use super::calendar::{self, CivilDate, CivilTime};
use super::error::AstroError;
use super::houses::HouseSystem;
use super::zone;

/// Longest piece of rejected text that is repeated in a [`FieldProblem`], characters.
const GIVEN_CHARS_MAX: usize = 80;
/// Widest UTC offset a zone can have, seconds (26 hours less a second is the limit of the zone library).
const OFFSET_LIMIT_S: i32 = 93_599;

/// How well the time of birth is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// To the minute or better.
    Exact,
    /// Some time in the morning.
    Morning,
    /// Some time in the afternoon.
    Afternoon,
    /// Some time in the evening.
    Evening,
    /// The day alone.
    Unknown,
}

/// What someone says about a birth; text fields are unchecked until [`BirthInput::validate`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BirthInput {
    /// Local Gregorian date, `YYYY-MM-DD`.
    pub date: String,
    /// Local time, `HH:MM` or `HH:MM:SS`; there if and only if the certainty is exact.
    pub time: Option<String>,
    /// How well the time is known.
    pub certainty: Certainty,
    /// IANA time zone, such as `Europe/Berlin`.
    pub zone: String,
    /// Degrees north, -90..=90.
    pub latitude_deg: f64,
    /// Degrees east, -180..=180.
    pub longitude_deg: f64,
    /// What to call the place; no computation uses it.
    pub place_label: Option<String>,
    /// The house system wanted.
    pub house_system: HouseSystem,
    /// The UTC offset meant, seconds east, where a clock showed the same hour twice.
    pub utc_offset_s: Option<i32>,
}

/// One field that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// One of `date`, `time`, `certainty`, `tz`, `lat`, `lon`, `utc_offset_s`.
    pub field: String,
    /// What was given, cut to 80 characters; `None` where nothing was.
    pub given: Option<String>,
    /// What would be allowed, as a phrase.
    pub allowed: String,
}

impl Certainty {
    /// All five, best first.
    pub const ALL: [Self; 5] = [Self::Exact, Self::Morning, Self::Afternoon, Self::Evening, Self::Unknown];

    /// The stable machine name, such as `exact`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Morning => "morning",
            Self::Afternoon => "afternoon",
            Self::Evening => "evening",
            Self::Unknown => "unknown",
        }
    }

    /// The certainty with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|certainty| certainty.code() == code)
    }

    /// 5 for an exact time, 3 for a part of the day, 1 for the day alone.
    pub fn precision(self) -> u8 {
        match self {
            Self::Exact => 5,
            Self::Morning | Self::Afternoon | Self::Evening => 3,
            Self::Unknown => 1,
        }
    }
}

impl FieldProblem {
    /// A problem with `given` cut to 80 characters.
    pub fn new(field: &str, given: Option<&str>, allowed: impl Into<String>) -> Self {
        let given = given.map(|text| text.chars().take(GIVEN_CHARS_MAX).collect());
        Self { field: field.to_owned(), given, allowed: allowed.into() }
    }
}

impl BirthInput {
    /// Every problem with every field at once, in the order of the fields; empty when the data can be used.
    ///
    /// With a usable date, time and zone this also says whether the local time existed and was unique.
    pub fn validate(&self) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        let date = CivilDate::parse(&self.date);
        if date.is_err() {
            problems.push(FieldProblem::new("date", Some(&self.date), calendar::DATE_ALLOWED));
        }
        let time = self.check_time(&mut problems);
        let zone_ok = self.check_zone(&mut problems);
        check_degrees("lat", self.latitude_deg, 90.0, "degrees north, -90 to 90", &mut problems);
        let lon_ok = check_degrees("lon", self.longitude_deg, 180.0, "degrees east, -180 to 180", &mut problems);
        let offset_ok = self.check_offset(&mut problems);
        if let (Ok(date), true, true) = (&date, zone_ok, self.certainty != Certainty::Exact) {
            let left_out = zone::check_day(*date, &self.zone).is_err();
            problems.extend(left_out.then(|| {
                FieldProblem::new("date", Some(&self.date), format!("a day that calendars in {} had", self.zone))
            }));
        }
        if let (Ok(date), Some(time), true, true, true) = (date, time, zone_ok, lon_ok, offset_ok) {
            let moment = zone::resolve_local(date, time, &self.zone, self.longitude_deg, self.utc_offset_s);
            problems.extend(moment.err().and_then(|error| self.moment_problem(&error)));
        }
        problems
    }

    /// The parsed date and, where the certainty is exact, time.
    ///
    /// # Errors
    /// [`AstroError::BadDate`] or [`AstroError::BadTime`].
    pub fn civil(&self) -> Result<(CivilDate, Option<CivilTime>), AstroError> {
        let date = CivilDate::parse(&self.date)?;
        let time = self.time.as_deref().map(CivilTime::parse).transpose()?;
        Ok((date, time.filter(|_| self.certainty == Certainty::Exact)))
    }

    /// The usable time, or `None` with the problem pushed (or without one where no time is wanted).
    fn check_time(&self, problems: &mut Vec<FieldProblem>) -> Option<CivilTime> {
        match (&self.time, self.certainty) {
            (None, Certainty::Exact) => {
                let allowed = format!("{}, because the certainty is exact", calendar::TIME_ALLOWED);
                problems.push(FieldProblem::new("time", None, allowed));
                None
            }
            (None, _) => None,
            (Some(given), Certainty::Exact) => {
                let time = CivilTime::parse(given).ok();
                if time.is_none() {
                    problems.push(FieldProblem::new("time", Some(given), calendar::TIME_ALLOWED));
                }
                time
            }
            (Some(given), _) => {
                problems.push(FieldProblem::new("time", Some(given), "leave it out, or say exact"));
                None
            }
        }
    }

    fn check_zone(&self, problems: &mut Vec<FieldProblem>) -> bool {
        let Err(error) = zone::check_zone(&self.zone) else { return true };
        let mut allowed = "an IANA time zone such as Europe/Berlin".to_owned();
        if let AstroError::UnknownZone { nearest: Some(name), .. } = error {
            allowed = format!("{allowed}; nearest: {name}");
        }
        problems.push(FieldProblem::new("tz", Some(&self.zone), allowed));
        false
    }

    fn check_offset(&self, problems: &mut Vec<FieldProblem>) -> bool {
        match self.utc_offset_s {
            Some(given) if !(-OFFSET_LIMIT_S..=OFFSET_LIMIT_S).contains(&given) => {
                let allowed = format!("seconds east of Greenwich, {} to {OFFSET_LIMIT_S}", -OFFSET_LIMIT_S);
                problems.push(FieldProblem::new("utc_offset_s", Some(&given.to_string()), allowed));
                false
            }
            _ => true,
        }
    }

    /// What a failed resolution of a well-formed local time says about the fields.
    fn moment_problem(&self, error: &AstroError) -> Option<FieldProblem> {
        let given = self.utc_offset_s.map(|offset| offset.to_string());
        let time = self.time.as_deref();
        match error {
            AstroError::AmbiguousLocalTime { candidates, .. } => {
                let allowed = format!("one of {candidates:?}, because clocks showed this time twice");
                Some(FieldProblem::new("utc_offset_s", given.as_deref(), allowed))
            }
            AstroError::OffsetNotInForce { candidates, .. } => {
                let allowed = format!("one of {candidates:?}, the offsets in force then");
                Some(FieldProblem::new("utc_offset_s", given.as_deref(), allowed))
            }
            AstroError::NonexistentLocalTime { candidates, .. } => {
                let allowed = format!("a time that clocks showed; they skipped this one, offsets {candidates:?}");
                Some(FieldProblem::new("time", time, allowed))
            }
            AstroError::UnknownZone { .. } => None,
            other => Some(FieldProblem::new("date", Some(&self.date), other.to_string())),
        }
    }
}

fn check_degrees(field: &str, value: f64, limit: f64, allowed: &str, problems: &mut Vec<FieldProblem>) -> bool {
    let usable = value.is_finite() && value.abs() <= limit;
    if !usable {
        problems.push(FieldProblem::new(field, Some(&value.to_string()), allowed));
    }
    usable
}

#[cfg(test)]
mod tests;
