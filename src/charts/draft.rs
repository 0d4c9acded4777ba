//! P: Turns what a person typed into birth data, naming every field that is wrong at once. Guesses nothing.

use crate::astro::{self, AstroError, BirthInput, Certainty, FieldProblem, HouseSystem, places};
use crate::clock::UnixMs;
use crate::error::{Code, Error, FieldError, Result};
use crate::limits;

/// Birth data as typed.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Name for the chart.
    pub name: Option<String>,
    /// `YYYY-MM-DD`.
    pub date: Option<String>,
    /// `HH:MM[:SS]`.
    pub time: Option<String>,
    /// Code of the certainty.
    pub certainty: Option<String>,
    /// IANA zone.
    pub tz: Option<String>,
    /// Place, instead of coordinates.
    pub place: Option<String>,
    /// Degrees, north positive.
    pub lat: Option<f64>,
    /// Degrees, east positive.
    pub lon: Option<f64>,
    /// Code of the house system.
    pub house_system: Option<String>,
    /// Chosen offset, in seconds.
    pub utc_offset_s: Option<i32>,
}

struct Whereabouts {
    label: Option<String>,
    zone: String,
    latitude_deg: f64,
    longitude_deg: f64,
}

impl Draft {
    /// The name and the birth data.
    ///
    /// # Errors
    /// `invalid_fields` with every field that is wrong: what was given, what is allowed.
    pub fn read(self) -> Result<(Option<String>, BirthInput)> {
        let mut errors = Vec::new();
        let name = self.name(&mut errors);
        let certainty = self.certainty(&mut errors);
        let house_system = self.house_system(&mut errors);
        if self.date.is_none() {
            errors.push(FieldError::unshown("date", "a local calendar date, YYYY-MM-DD"));
        }
        let place = self.whereabouts(&mut errors);
        // Placeholders stand only for fields that already have an error, so that the rest is checked as well.
        let known = place.is_some();
        let at =
            place.unwrap_or(Whereabouts { label: None, zone: "UTC".into(), latitude_deg: 0.0, longitude_deg: 0.0 });
        let birth = BirthInput {
            date: self.date.clone().unwrap_or_else(|| "2000-01-01".into()),
            time: self.time.clone(),
            certainty,
            zone: at.zone,
            latitude_deg: at.latitude_deg,
            longitude_deg: at.longitude_deg,
            place_label: at.label,
            house_system,
            utc_offset_s: self.utc_offset_s,
        };
        let problems = birth.validate().into_iter().map(field_error);
        errors.extend(problems.filter(|p| known || !matches!(p.field.as_str(), "tz" | "lat" | "lon")));
        if errors.is_empty() { Ok((name, birth)) } else { Err(Error::fields(errors)) }
    }

    fn name(&self, errors: &mut Vec<FieldError>) -> Option<String> {
        let name = self.name.as_deref()?.trim();
        if name.chars().count() > limits::CHART_NAME_MAX_CHARS || name.chars().any(char::is_control) {
            let allowed =
                format!("at most {} characters, none of them control characters", limits::CHART_NAME_MAX_CHARS);
            errors.push(FieldError::new("name", name, allowed));
        }
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn certainty(&self, errors: &mut Vec<FieldError>) -> Certainty {
        let default = if self.time.is_some() { Certainty::Exact } else { Certainty::Unknown };
        let Some(code) = &self.certainty else { return default };
        Certainty::from_code(code).unwrap_or_else(|| {
            errors.push(FieldError::new("certainty", code, "one of: exact, morning, afternoon, evening, unknown"));
            default
        })
    }

    fn house_system(&self, errors: &mut Vec<FieldError>) -> HouseSystem {
        let Some(code) = &self.house_system else { return HouseSystem::Placidus };
        HouseSystem::from_code(code).unwrap_or_else(|| {
            let all: Vec<_> = HouseSystem::ALL.iter().map(|s| s.code()).collect();
            errors.push(FieldError::new("house_system", code, format!("one of: {}", all.join(", "))));
            HouseSystem::Placidus
        })
    }

    fn whereabouts(&self, errors: &mut Vec<FieldError>) -> Option<Whereabouts> {
        match (&self.place, self.lat, self.lon) {
            (Some(place), None, None) => self.at_place(place, errors),
            (label, Some(lat), Some(lon)) => {
                let Some(zone) = self.tz.clone() else {
                    errors
                        .push(FieldError::unshown("tz", "an IANA time zone such as Europe/Berlin, beside lat and lon"));
                    return None;
                };
                Some(Whereabouts { label: label.clone(), zone, latitude_deg: lat, longitude_deg: lon })
            }
            (_, lat, _) => {
                let missing = if lat.is_none() { "lat" } else { "lon" };
                errors.push(FieldError::unshown(missing, "give place, or lat, lon and tz together"));
                None
            }
        }
    }

    fn at_place(&self, query: &str, errors: &mut Vec<FieldError>) -> Option<Whereabouts> {
        if query.chars().count() > limits::PLACE_MAX_CHARS {
            let allowed = format!("at most {} characters", limits::PLACE_MAX_CHARS);
            errors.push(FieldError::new("place", query, allowed));
            return None;
        }
        match places::resolve(query) {
            Ok(place) => Some(Whereabouts {
                label: Some(format!("{}, {}", place.name, place.country)),
                zone: self.tz.clone().unwrap_or_else(|| place.zone.to_owned()),
                latitude_deg: place.latitude_deg,
                longitude_deg: place.longitude_deg,
            }),
            Err(error) => {
                errors.push(FieldError::new("place", query, format!("{error}; or give lat, lon and tz")));
                None
            }
        }
    }
}

fn field_error(problem: FieldProblem) -> FieldError {
    FieldError { field: problem.field, given: problem.given, allowed: problem.allowed }
}

/// Local date of an instant in a zone.
pub fn local_date(now: UnixMs, zone: &str) -> Result<String> {
    Ok(astro::local_date(now.0, zone)?)
}

/// `offset` as `+HH:MM` or `+HH:MM:SS`.
fn offset_text(seconds: i32) -> String {
    let (sign, s) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let (h, m, s) = (s / 3_600, s / 60 % 60, s % 60);
    if s == 0 { format!("{sign}{h:02}:{m:02}") } else { format!("{sign}{h:02}:{m:02}:{s:02}") }
}

fn candidates(code: Code, zone: &str, local: &str, offsets_s: &[i32]) -> Error {
    let list: Vec<_> =
        offsets_s.iter().map(|s| serde_json::json!({"utc_offset_s": s, "offset": offset_text(*s)})).collect();
    Error::new(code)
        .detail("tz", zone.into())
        .detail("local_time", local.into())
        .detail("candidates", list.into())
        .detail("hint", "send one of the candidates as utc_offset_s, or correct the time".into())
}

impl From<AstroError> for Error {
    fn from(error: AstroError) -> Self {
        let text = error.to_string();
        match error {
            AstroError::AmbiguousLocalTime { zone, local, candidates: c } => {
                candidates(Code::AmbiguousLocalTime, &zone, &local, &c)
            }
            AstroError::NonexistentLocalTime { zone, local, candidates: c } => {
                candidates(Code::NonexistentLocalTime, &zone, &local, &c)
            }
            AstroError::UnknownZone { given, nearest } => {
                let near = nearest.map_or_else(String::new, |n| format!("; did you mean {n}?"));
                let allowed = format!("an IANA time zone such as Europe/Berlin{near}");
                Self::fields(vec![FieldError::new("tz", given, allowed)])
            }
            AstroError::UnknownRuleset { given, offers } => {
                Self::fields(vec![FieldError::new("ruleset", given, format!("one of: {}", offers.join(", ")))])
            }
            AstroError::HouseSystemUndefined { system, latitude_deg, offers } => {
                let offers: Vec<_> = offers.iter().map(|s| s.code()).collect();
                Self::new(Code::HouseSystemUndefined)
                    .detail("house_system", system.code().into())
                    .detail("latitude_deg", latitude_deg.into())
                    .detail("offers", offers.into())
            }
            AstroError::OffsetNotInForce { given, candidates, .. } => {
                let offsets: Vec<_> = candidates.iter().map(ToString::to_string).collect();
                let allowed = format!("{}, the offset in force then", offsets.join(" or "));
                Self::fields(vec![FieldError::new("utc_offset_s", given, allowed)])
            }
            AstroError::BadDate { given, allowed } => Self::fields(vec![FieldError::new("date", given, allowed)]),
            AstroError::BadTime { given, allowed } => Self::fields(vec![FieldError::new("time", given, allowed)]),
            AstroError::BadBirth(problems) => Self::fields(problems.into_iter().map(field_error).collect()),
            AstroError::InvalidLatitude { latitude_deg } => {
                Self::fields(vec![FieldError::new("lat", latitude_deg, "degrees north, -90 to 90")])
            }
            AstroError::BodyOutOfSpan { body, .. } | AstroError::NotInFrame { body, .. } => {
                Self::fields(vec![FieldError::new("bodies", body.code(), text)])
            }
            AstroError::OutOfSpan { .. } => Self::new(Code::DateOutOfRange).message(text),
            AstroError::BadAsset(_) => Self::internal(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields_of(draft: Draft) -> Vec<String> {
        let error = draft.read().unwrap_err();
        assert_eq!(error.code(), Code::InvalidFields);
        let list = error.details()["errors"].as_array().unwrap().clone();
        list.iter().map(|e| e["field"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let draft = Draft {
            date: Some("banana".into()),
            time: Some("25:99".into()),
            certainty: Some("perhaps".into()),
            tz: Some("Mars/Phobos".into()),
            lat: Some(999.0),
            lon: Some(-181.0),
            house_system: Some("campanile".into()),
            ..Draft::default()
        };
        let mut fields = fields_of(draft);
        fields.sort();
        fields.dedup();
        assert_eq!(fields, ["certainty", "date", "house_system", "lat", "lon", "time", "tz"]);
    }

    #[test]
    fn nothing_at_all_is_a_list_of_what_is_missing() {
        assert_eq!(fields_of(Draft::default()), ["date", "lat"]);
    }

    #[test]
    fn a_place_gives_zone_and_coordinates() {
        let draft = Draft {
            date: Some("1879-03-14".into()),
            time: Some("11:30".into()),
            place: Some("Ulm, Germany".into()),
            ..Draft::default()
        };
        let (name, birth) = draft.read().unwrap();
        assert_eq!(name, None);
        assert_eq!(birth.zone, "Europe/Berlin");
        assert!((birth.latitude_deg - 48.4).abs() < 0.05 && (birth.longitude_deg - 9.99).abs() < 0.05);
    }

    #[test]
    fn offsets_are_shown_with_seconds_only_when_they_have_them() {
        assert_eq!(offset_text(7_200), "+02:00");
        assert_eq!(offset_text(-3_600), "-01:00");
        assert_eq!(offset_text(2_398), "+00:39:58");
    }
}
