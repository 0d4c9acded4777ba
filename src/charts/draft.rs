//! P: Turns what a person typed into birth data, naming every field that is wrong at once. What it derives it labels.

use super::options::OptionsDraft;
use crate::astro::calendar::REFORM_ALLOWED;
use crate::astro::{
    self, AstroError, BirthInput, Calendar, Certainty, ChartOptions, Ephemeris, FieldProblem, Lang, ZoneSource, places,
    time, zone,
};
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
    /// Code of the calendar of the date.
    pub calendar: Option<String>,
    /// `HH:MM[:SS]`.
    pub time: Option<String>,
    /// Code of the certainty.
    pub certainty: Option<String>,
    /// IANA zone, fixed offset or `LMT`.
    pub tz: Option<String>,
    /// Place, instead of coordinates.
    pub place: Option<String>,
    /// Degrees, north positive.
    pub lat: Option<f64>,
    /// Degrees, east positive.
    pub lon: Option<f64>,
    /// Chosen offset, in seconds.
    pub utc_offset_s: Option<i32>,
    /// What the chart is asked to be.
    pub options: OptionsDraft,
}

/// What is asked for as `tz` to have the local mean time of the longitude.
const LOCAL_MEAN_TIME: &str = "LMT";

struct Whereabouts {
    label: Option<String>,
    zone: String,
    zone_source: ZoneSource,
    latitude_deg: f64,
    longitude_deg: f64,
}

impl Draft {
    /// The name, the birth data and the options.
    ///
    /// # Errors
    /// `invalid_fields` with every field that is wrong: what was given, what is allowed.
    pub fn read(self) -> Result<(Option<String>, BirthInput, ChartOptions)> {
        let mut errors = Vec::new();
        let name = self.name(&mut errors);
        let certainty = self.certainty(&mut errors);
        let options = self.options.read(&mut errors);
        if self.date.is_none() {
            errors.push(FieldError::unshown("date", "a local calendar date, YYYY-MM-DD"));
        }
        let calendar = self.calendar(&mut errors);
        let place = self.whereabouts(&mut errors);
        // Placeholders stand only for fields that already have an error, so that the rest is checked as well.
        let known = place.is_some();
        let at = place.unwrap_or(Whereabouts {
            label: None,
            zone: "UTC".into(),
            zone_source: ZoneSource::UserProvided,
            latitude_deg: 0.0,
            longitude_deg: 0.0,
        });
        let birth = BirthInput {
            date: self.date.clone().unwrap_or_else(|| "2000-01-01".into()),
            calendar: calendar.unwrap_or_default(),
            time: self.time.clone(),
            certainty,
            zone: at.zone,
            zone_source: at.zone_source,
            latitude_deg: at.latitude_deg,
            longitude_deg: at.longitude_deg,
            place_label: at.label,
            house_system: options.house_system,
            utc_offset_s: self.utc_offset_s,
        };
        let problems = birth.validate().into_iter().map(field_error);
        errors.extend(problems.filter(|p| match p.field.as_str() {
            "tz" | "lat" | "lon" => known,
            "date" => calendar.is_some() && self.date.is_some(),
            _ => true,
        }));
        if errors.is_empty() { Ok((name, birth, options)) } else { Err(Error::fields(errors)) }
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

    /// The calendar of the date; `None` where that is an error already.
    fn calendar(&self, errors: &mut Vec<FieldError>) -> Option<Calendar> {
        let date = self.date.as_deref().unwrap_or_default();
        let (calendar, problem) = if let Some(code) = &self.calendar {
            (Calendar::from_code(code), FieldError::new("calendar", code, "one of: gregorian, julian"))
        } else {
            (Calendar::customary(date), FieldError::new("date", date, REFORM_ALLOWED))
        };
        if calendar.is_none() {
            errors.push(problem);
        }
        calendar
    }

    /// The zone that was asked for, at a longitude.
    fn zone_given(&self, longitude_deg: f64) -> Option<(String, ZoneSource)> {
        let given = self.tz.as_deref()?;
        if given.eq_ignore_ascii_case(LOCAL_MEAN_TIME) && longitude_deg.abs() <= 180.0 {
            return Some((zone::local_mean_zone(longitude_deg), ZoneSource::LocalMeanTime));
        }
        let name = zone::fixed_offset_s(given).map_or_else(|| given.to_owned(), zone::fixed_zone);
        Some((name, ZoneSource::UserProvided))
    }

    fn whereabouts(&self, errors: &mut Vec<FieldError>) -> Option<Whereabouts> {
        match (&self.place, self.lat, self.lon) {
            (Some(place), None, None) => self.at_place(place, errors),
            (label, Some(lat), Some(lon)) => {
                self.label(errors);
                // Coordinates off the map are named as such by the check of the whole.
                let (zone, zone_source) = self.zone_given(lon).or_else(|| derived_zone(lat, lon)).unwrap_or_default();
                Some(Whereabouts { label: label.clone(), zone, zone_source, latitude_deg: lat, longitude_deg: lon })
            }
            (_, lat, _) => {
                let missing = if lat.is_none() { "lat" } else { "lon" };
                errors.push(FieldError::unshown(missing, "give place, or lat and lon together"));
                None
            }
        }
    }

    /// Beside coordinates the place is a name, and kept as such.
    fn label(&self, errors: &mut Vec<FieldError>) {
        let Some(label) = &self.place else { return };
        if label.chars().count() > limits::PLACE_MAX_CHARS || label.chars().any(char::is_control) {
            let allowed = format!(
                "beside lat and lon, what the place is called: at most {} characters, none of them control characters",
                limits::PLACE_MAX_CHARS
            );
            errors.push(FieldError::new("place", label, allowed));
        }
    }

    fn at_place(&self, query: &str, errors: &mut Vec<FieldError>) -> Option<Whereabouts> {
        if query.chars().count() > limits::PLACE_MAX_CHARS {
            let allowed = format!("at most {} characters", limits::PLACE_MAX_CHARS);
            errors.push(FieldError::new("place", query, allowed));
            return None;
        }
        match places::resolve(query) {
            Ok(place) => {
                let of_place = || (place.zone.to_owned(), ZoneSource::Place);
                let (zone, zone_source) = self.zone_given(place.longitude_deg).unwrap_or_else(of_place);
                Some(Whereabouts {
                    label: Some(place.label(Lang::En)),
                    zone,
                    zone_source,
                    latitude_deg: place.latitude_deg,
                    longitude_deg: place.longitude_deg,
                })
            }
            Err(error) => {
                errors.push(FieldError::new("place", query, format!("{error}; or give lat and lon")));
                None
            }
        }
    }
}

/// The zone of coordinates on the map, as the places around them have it.
fn derived_zone(latitude_deg: f64, longitude_deg: f64) -> Option<(String, ZoneSource)> {
    if latitude_deg.abs() > 90.0 || longitude_deg.abs() > 180.0 {
        return Some(("UTC".to_owned(), ZoneSource::UserProvided));
    }
    let guess = places::zone_at(latitude_deg, longitude_deg)?;
    let source = ZoneSource::Derived {
        certainty: guess.certainty,
        nearest_place: guess.place.full_label(Lang::En),
        distance_km: (guess.distance_km * 10.0).round() / 10.0,
        alternatives: guess.alternatives.iter().map(|zone| (*zone).to_owned()).collect(),
    };
    Some((guess.zone.to_owned(), source))
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
    let offsets: Vec<_> = offsets_s.iter().map(|s| format!("{s} ({})", offset_text(*s))).collect();
    let once = if code == Code::AmbiguousLocalTime { "only once" } else { "at all" };
    let allowed = format!(
        "a time that clocks in {zone} showed {once}; or, beside this one, utc_offset_s {}",
        offsets.join(" or ")
    );
    Error::new(code)
        .at(vec![FieldError::new("time", local, allowed)])
        .detail("tz", zone.into())
        .detail("local_time", local.into())
        .detail("candidates", list.into())
        .detail("hint", "send one of the candidates as utc_offset_s, or correct the time".into())
}

/// An instant outside the ephemeris, by the name of its field and as it was given.
pub fn out_of_span(field: &str, given: &str) -> Error {
    Error::new(Code::DateOutOfRange).at(vec![FieldError::new(field, given, span_allowed())])
}

/// The instants that the ephemeris has, in words.
pub fn span_allowed() -> String {
    let (first, last) = Ephemeris::embedded().span();
    format!("an instant from {} to {} (UTC)", day_of(first.ceil()), day_of(last.floor()))
}

/// Whether the ephemeris has an instant, Julian Date UTC.
pub fn in_span(jd_utc: f64) -> bool {
    let (first, last) = Ephemeris::embedded().span();
    (first..=last).contains(&time::scales_from_utc(jd_utc).jd_tt)
}

/// The Gregorian day of a Julian Date, `YYYY-MM-DD`.
fn day_of(jd: f64) -> String {
    let (year, month, day) = Calendar::Gregorian.day_of((jd + 0.5).floor() as i64);
    format!("{year:04}-{month:02}-{day:02}")
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
                let allowed = format!("at latitude {latitude_deg}, one of: {}", offers.join(", "));
                Self::new(Code::HouseSystemUndefined)
                    .at(vec![FieldError::new("house_system", system.code(), allowed)])
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
            AstroError::BodyOutOfSpan { body, jd_tt, from, to } => {
                let allowed = format!(
                    "bodies that are known then ({}); {} is known from {from} to {to}",
                    day_of(jd_tt),
                    body.code()
                );
                Self::fields(vec![FieldError::new("bodies", body.code(), allowed)])
            }
            AstroError::NotInFrame { body, .. } => Self::fields(vec![FieldError::new("bodies", body.code(), text)]),
            AstroError::OutOfSpan { jd_tt, .. } => out_of_span("date", &day_of(jd_tt)),
            // Nobody hears this: who asked has gone.
            AstroError::Stopped => Self::new(Code::TimedOut),
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
            options: OptionsDraft { house_system: Some("campanile".into()), ..OptionsDraft::default() },
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
        let (name, birth, _) = draft.read().unwrap();
        assert_eq!(name, None);
        assert_eq!(birth.zone, "Europe/Berlin");
        assert!((birth.latitude_deg - 48.4).abs() < 0.05 && (birth.longitude_deg - 9.99).abs() < 0.05);
    }

    fn birth_of(draft: Draft) -> BirthInput {
        draft.read().unwrap().1
    }

    fn at(lat: f64, lon: f64) -> Draft {
        Draft { date: Some("1990-06-15".into()), lat: Some(lat), lon: Some(lon), ..Draft::default() }
    }

    #[test]
    fn coordinates_alone_have_a_zone_that_says_how_sure_it_is() {
        let birth = birth_of(at(48.4, 9.99));
        assert_eq!(birth.zone, "Europe/Berlin");
        let ZoneSource::Derived { certainty, alternatives, .. } = birth.zone_source else { panic!() };
        assert_eq!((certainty.code(), alternatives.len()), ("high", 0));
        let birth = birth_of(Draft { tz: Some("Europe/Zurich".into()), ..at(47.57, 7.58) });
        assert_eq!((birth.zone.as_str(), birth.zone_source.code()), ("Europe/Zurich", "user_provided"));
        let birth = birth_of(Draft { tz: Some("lmt".into()), ..at(48.4, 9.99) });
        assert_eq!((birth.zone.as_str(), birth.zone_source.code()), ("+00:39:58", "local_mean_time"));
        let birth = birth_of(Draft { tz: Some("-03".into()), ..at(48.4, 9.99) });
        assert_eq!(birth.zone, "-03:00");
        assert_eq!(fields_of(at(91.0, 9.99)), ["lat"]);
        assert_eq!(fields_of(at(48.0, f64::NAN)), ["tz", "lon"]);
    }

    #[test]
    fn the_calendar_changes_with_the_reform_unless_it_is_said() {
        let dated = |date: &str, calendar: Option<&str>| Draft {
            date: Some(date.into()),
            calendar: calendar.map(str::to_owned),
            ..at(48.4, 9.99)
        };
        assert_eq!(birth_of(dated("1571-12-27", None)).calendar, Calendar::Julian);
        assert_eq!(birth_of(dated("1571-12-27", Some("gregorian"))).calendar, Calendar::Gregorian);
        assert_eq!(birth_of(dated("1642-12-25", None)).calendar, Calendar::Gregorian);
        let newton = birth_of(dated("1642-12-25", Some("julian")));
        assert_eq!(newton.civil_date().unwrap().to_string(), "1643-01-04");
        assert_eq!(fields_of(dated("1582-10-10", None)), ["date"]);
        assert_eq!(fields_of(dated("1642-12-25", Some("mayan"))), ["calendar"]);
        assert_eq!(fields_of(dated("1642-02-29", Some("julian"))), ["date"]);
    }

    #[test]
    fn offsets_are_shown_with_seconds_only_when_they_have_them() {
        assert_eq!(offset_text(7_200), "+02:00");
        assert_eq!(offset_text(-3_600), "-01:00");
        assert_eq!(offset_text(2_398), "+00:39:58");
    }
}
