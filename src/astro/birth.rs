//! P: Birth data as people give it, and everything that can be wrong with it. No chart is made here.

use serde::{Deserialize, Serialize};

use super::calendar::{self, Calendar, CivilDate, CivilTime};
use super::ephemeris::Site;
use super::error::AstroError;
use super::houses::HouseSystem;
use super::options::ChartOptions;
use super::zone::{self, ZoneSource};

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
    /// Local date, `YYYY-MM-DD`.
    pub date: String,
    /// The calendar of that date.
    pub calendar: Calendar,
    /// Local time, `HH:MM` or `HH:MM:SS`; there if and only if the certainty is exact.
    pub time: Option<String>,
    /// How well the time is known.
    pub certainty: Certainty,
    /// IANA time zone, such as `Europe/Berlin`, or a fixed offset, such as `+01:19:32`.
    pub zone: String,
    /// Who named the zone; no computation uses it.
    pub zone_source: ZoneSource,
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
    /// Every problem with every field at once, in the order of the fields. Whether the local time existed, and once only,
    /// is [`zone::resolve_local`]'s to say, which names the candidates.
    pub fn validate(&self) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        if let Err(AstroError::BadDate { allowed, .. }) = self.civil_date() {
            problems.push(FieldProblem::new("date", Some(&self.date), allowed));
        }
        self.check_time(&mut problems);
        self.check_zone(&mut problems);
        check_degrees("lat", self.latitude_deg, 90.0, "degrees north, -90 to 90", &mut problems);
        check_degrees("lon", self.longitude_deg, 180.0, "degrees east, -180 to 180", &mut problems);
        self.check_offset(&mut problems);
        problems
    }

    /// The place, at the altitude that the options give.
    pub fn site(&self, options: &ChartOptions) -> Site {
        Site { latitude_deg: self.latitude_deg, longitude_deg: self.longitude_deg, altitude_m: options.altitude_m() }
    }

    /// The parsed date.
    ///
    /// # Errors
    /// [`AstroError::BadDate`].
    pub fn civil_date(&self) -> Result<CivilDate, AstroError> {
        CivilDate::parse_in(self.calendar, &self.date)
    }

    /// The parsed date and, where the certainty is exact, time.
    ///
    /// # Errors
    /// [`AstroError::BadDate`] or [`AstroError::BadTime`].
    pub fn civil(&self) -> Result<(CivilDate, Option<CivilTime>), AstroError> {
        let date = self.civil_date()?;
        let time = self.time.as_deref().map(CivilTime::parse).transpose()?;
        Ok((date, time.filter(|_| self.certainty == Certainty::Exact)))
    }

    fn check_time(&self, problems: &mut Vec<FieldProblem>) {
        let problem = match (self.time.as_deref(), self.certainty) {
            (None, Certainty::Exact) => {
                let allowed = format!("{}, because the certainty is exact", calendar::TIME_ALLOWED);
                FieldProblem::new("time", None, allowed)
            }
            (Some(given), Certainty::Exact) if CivilTime::parse(given).is_err() => {
                FieldProblem::new("time", Some(given), calendar::TIME_ALLOWED)
            }
            (None, _) | (_, Certainty::Exact) => return,
            (given, _) => FieldProblem::new("time", given, "leave it out, or say exact"),
        };
        problems.push(problem);
    }

    fn check_zone(&self, problems: &mut Vec<FieldProblem>) {
        let Err(error) = zone::check_zone(&self.zone) else { return };
        let mut allowed =
            "an IANA time zone such as Europe/Berlin, a fixed offset such as +01:19:32, or LMT".to_owned();
        if let AstroError::UnknownZone { nearest: Some(name), .. } = error {
            allowed = format!("{allowed}; nearest: {name}");
        }
        problems.push(FieldProblem::new("tz", Some(&self.zone), allowed));
    }

    fn check_offset(&self, problems: &mut Vec<FieldProblem>) {
        let allowed = || format!("seconds east of Greenwich, {} to {OFFSET_LIMIT_S}", -OFFSET_LIMIT_S);
        if let Some(given) = self.utc_offset_s.filter(|s| !(-OFFSET_LIMIT_S..=OFFSET_LIMIT_S).contains(s)) {
            problems.push(FieldProblem::new("utc_offset_s", Some(&given.to_string()), allowed()));
        }
    }
}

fn check_degrees(field: &str, value: f64, limit: f64, allowed: &str, problems: &mut Vec<FieldProblem>) {
    if !(value.is_finite() && value.abs() <= limit) {
        problems.push(FieldProblem::new(field, Some(&value.to_string()), allowed));
    }
}

#[cfg(test)]
mod tests;
