//! P: A period of local days as a person names it. Finds no events.

use crate::astro::birth::FieldProblem;
use crate::astro::calendar::CivilDate;
use crate::astro::chart::window::local_day;
use crate::astro::error::AstroError;
use crate::astro::zone::check_day;

use super::moment::tt_of_utc;

/// From the start of one local day to the end of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// The first day, `YYYY-MM-DD`.
    pub from: String,
    /// The last day, `YYYY-MM-DD`; it belongs to the period.
    pub to: String,
    /// The IANA zone whose days they are.
    pub zone: String,
    /// Start, Julian Date TT.
    pub from_jd_tt: f64,
    /// End, Julian Date TT.
    pub to_jd_tt: f64,
}

impl Period {
    /// Reads two dates `YYYY-MM-DD` of an IANA zone.
    ///
    /// # Errors
    /// [`AstroError::BadBirth`] with what is wrong of `from`, `to` and `tz`: a date that is none, an end before the start,
    /// more days than `days_max`, a zone that is not known.
    pub fn read(from: &str, to: &str, zone: &str, days_max: u32) -> Result<Self, AstroError> {
        let mut problems = Vec::new();
        let mut day = |field: &str, text: &str| {
            let read = CivilDate::parse(text).and_then(|date| check_day(date, zone).map(|()| date));
            match read {
                Ok(date) => Some(date),
                Err(AstroError::UnknownZone { nearest, .. }) => {
                    let near = nearest.map_or_else(String::new, |name| format!("; did you mean {name}?"));
                    let allowed = format!("an IANA time zone such as Europe/Berlin{near}");
                    problems.push(FieldProblem::new("tz", Some(zone), allowed));
                    None
                }
                Err(AstroError::BadDate { allowed, .. }) => {
                    problems.push(FieldProblem::new(field, Some(text), allowed));
                    None
                }
                Err(other) => {
                    problems.push(FieldProblem::new(
                        field,
                        Some(text),
                        format!("a day of the zone's calendar: {other}"),
                    ));
                    None
                }
            }
        };
        let (first, last) = (day("from", from), day("to", to));
        problems.dedup_by(|a, b| a.field == b.field);
        let (Some(first), Some(last)) = (first, last) else { return Err(AstroError::BadBirth(problems)) };
        let from_utc = local_day(first, zone, f64::NAN)?.0;
        let to_utc = local_day(last, zone, f64::NAN)?.1;
        if to_utc <= from_utc {
            problems.push(FieldProblem::new("to", Some(to), format!("the day {from} or a later one")));
        } else if to_utc - from_utc > f64::from(days_max) + 1.5 {
            problems.push(FieldProblem::new("to", Some(to), format!("at most {days_max} days after {from}")));
        }
        if !problems.is_empty() {
            return Err(AstroError::BadBirth(problems));
        }
        Ok(Self {
            from: from.to_owned(),
            to: to.to_owned(),
            zone: zone.to_owned(),
            from_jd_tt: tt_of_utc(from_utc),
            to_jd_tt: tt_of_utc(to_utc),
        })
    }
}
