//! P: The arguments that say whose birth and what chart, for every command that needs one, and what was wrong with them in
//! words. Computes nothing.

use clap::Args;
use serde_json::{Map, Value};

use super::Failure;
use super::text::{parse_offset, printable};
use crate::charts::{Draft, OptionsDraft};
use crate::error::{Class, Error};

/// Whose birth.
#[derive(Clone, Debug, Default, Args)]
pub struct BirthArgs {
    /// Date of birth by the local calendar.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// Calendar of that date: gregorian or julian; when left out, Julian to 1582-10-04.
    #[arg(long, value_name = "CALENDAR")]
    pub calendar: Option<String>,
    /// Time of birth by the local clock.
    #[arg(long, value_name = "HH:MM[:SS]")]
    pub time: Option<String>,
    /// How well the time is known: exact, morning, afternoon, evening, unknown.
    #[arg(long, value_name = "HOW")]
    pub certainty: Option<String>,
    /// Place of birth, such as "Ulm, Germany"; instead of --lat, --lon and --tz.
    #[arg(long, value_name = "PLACE")]
    pub place: Option<String>,
    /// Latitude in degrees, north positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub lat: Option<f64>,
    /// Longitude in degrees, east positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub lon: Option<f64>,
    /// IANA time zone, such as Europe/Berlin, or a fixed offset, such as +01:19:32.
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub tz: Option<String>,
    /// Offset from UTC, to choose between the two readings of a time that happened twice.
    #[arg(long, value_name = "+HH:MM", value_parser = parse_offset, allow_hyphen_values = true)]
    pub utc_offset: Option<i32>,
    /// Name for the chart.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// Whose birth is the second of two.
#[derive(Clone, Debug, Default, Args)]
#[expect(clippy::struct_field_names, reason = "each field is an option, named as on the command line")]
pub struct SecondBirthArgs {
    /// Second birth: date by the local calendar.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date_b: Option<String>,
    /// Second birth: calendar of that date, gregorian or julian.
    #[arg(long, value_name = "CALENDAR")]
    pub calendar_b: Option<String>,
    /// Second birth: time by the local clock.
    #[arg(long, value_name = "HH:MM[:SS]")]
    pub time_b: Option<String>,
    /// Second birth: how well the time is known.
    #[arg(long, value_name = "HOW")]
    pub certainty_b: Option<String>,
    /// Second birth: place, instead of --lat-b, --lon-b and --tz-b.
    #[arg(long, value_name = "PLACE")]
    pub place_b: Option<String>,
    /// Second birth: latitude in degrees, north positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub lat_b: Option<f64>,
    /// Second birth: longitude in degrees, east positive.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub lon_b: Option<f64>,
    /// Second birth: IANA time zone.
    #[arg(long, value_name = "ZONE")]
    pub tz_b: Option<String>,
    /// Second birth: offset from UTC, to choose between two readings.
    #[arg(long, value_name = "+HH:MM", value_parser = parse_offset, allow_hyphen_values = true)]
    pub utc_offset_b: Option<i32>,
    /// Second birth: name.
    #[arg(long, value_name = "NAME")]
    pub name_b: Option<String>,
}

/// What the chart is to be.
#[derive(Clone, Debug, Default, Args)]
pub struct OptionsArgs {
    /// Zodiac: tropical or sidereal.
    #[arg(long, value_name = "ZODIAC")]
    pub zodiac: Option<String>,
    /// With sidereal: lahiri, fagan_bradley, raman, krishnamurti, yukteshwar, de_luce, user.
    #[arg(long, value_name = "NAME")]
    pub ayanamsa: Option<String>,
    /// With ayanamsa user: its epoch, Julian Date TT.
    #[arg(long, value_name = "JD")]
    pub ayanamsa_epoch_jd_tt: Option<f64>,
    /// With ayanamsa user: its value there without nutation, degrees.
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub ayanamsa_value_deg: Option<f64>,
    /// House system: placidus, koch, porphyry, equal, whole_sign, regiomontanus, campanus, equal_mc, alcabitius,
    /// topocentric, morinus, meridian, vehlow, krusinski, sripati.
    #[arg(long, value_name = "SYSTEM")]
    pub house_system: Option<String>,
    /// From where: geocentric, topocentric, heliocentric.
    #[arg(long, value_name = "FRAME")]
    pub frame: Option<String>,
    /// How: apparent, or geometric without light-time, deflection and aberration.
    #[arg(long, value_name = "HOW")]
    pub reduction: Option<String>,
    /// With topocentric: metres above the ellipsoid.
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    pub altitude_m: Option<f64>,
    /// Bodies wanted, such as sun,moon,chiron.
    #[arg(long, value_name = "CODE,..", value_delimiter = ',')]
    pub bodies: Option<Vec<String>>,
    /// Ruleset of aspects, such as modern-1.0.0.
    #[arg(long, value_name = "RULESET")]
    pub ruleset: Option<String>,
}

impl BirthArgs {
    /// Whether anything was said that makes it somebody's birth.
    pub fn is_typed(&self) -> bool {
        let texts = [&self.date, &self.time, &self.certainty, &self.place, &self.tz];
        texts.into_iter().any(Option::is_some) || self.lat.is_some() || self.lon.is_some()
    }

    /// The birth with its options, unchecked.
    pub fn draft(&self, options: &OptionsArgs) -> Draft {
        Draft {
            name: self.name.clone(),
            date: self.date.clone(),
            calendar: self.calendar.clone(),
            time: self.time.clone(),
            certainty: self.certainty.clone(),
            tz: self.tz.clone(),
            place: self.place.clone(),
            lat: self.lat,
            lon: self.lon,
            utc_offset_s: self.utc_offset,
            options: options.draft(),
        }
    }
}

impl SecondBirthArgs {
    /// The options of a birth that these are the second of.
    const NAMES: [&str; 10] =
        ["date", "calendar", "time", "certainty", "place", "lat", "lon", "tz", "utc-offset", "name"];

    /// The second birth as a first one.
    pub fn birth(&self) -> BirthArgs {
        BirthArgs {
            date: self.date_b.clone(),
            calendar: self.calendar_b.clone(),
            time: self.time_b.clone(),
            certainty: self.certainty_b.clone(),
            place: self.place_b.clone(),
            lat: self.lat_b,
            lon: self.lon_b,
            tz: self.tz_b.clone(),
            utc_offset: self.utc_offset_b,
            name: self.name_b.clone(),
        }
    }

    /// A refusal of the second birth, with the names of its options.
    pub fn refused(error: &Error) -> Failure {
        let Failure { code, mut text } = refused(error);
        for name in Self::NAMES {
            text = text.replace(&format!("--{name}"), &format!("--{name}-b"));
        }
        Failure { code, text }
    }
}

impl OptionsArgs {
    /// The options, unchecked.
    pub fn draft(&self) -> OptionsDraft {
        OptionsDraft {
            zodiac: self.zodiac.clone(),
            ayanamsa: self.ayanamsa.clone(),
            ayanamsa_epoch_jd_tt: self.ayanamsa_epoch_jd_tt,
            ayanamsa_value_deg: self.ayanamsa_value_deg,
            house_system: self.house_system.clone(),
            frame: self.frame.clone(),
            reduction: self.reduction.clone(),
            altitude_m: self.altitude_m,
            bodies: self.bodies.clone(),
            ruleset: self.ruleset.clone(),
        }
    }
}

/// A refusal of the services in the words of the command line: 2 when what was typed is wrong, otherwise 1.
pub fn refused(error: &Error) -> Failure {
    let text = explanation(error.public_message(), error.details());
    match error.code().class() {
        Class::Invalid | Class::Malformed | Class::TooLarge => Failure::usage(text),
        _ => Failure::failed(error),
    }
}

/// What was found wrong with what was typed, by the names of the options.
pub fn explanation(message: &str, details: &Map<String, Value>) -> String {
    let list = |key: &str| details.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(printable);
    let mut lines = vec![printable(message)];
    // Of a clock that was put back or forward the readings say more, below.
    let errors = if details.contains_key("candidates") { Vec::new() } else { list("errors") };
    for error in errors {
        let option = option_of(&text(&error, "field").unwrap_or_default());
        let allowed = text(&error, "allowed").unwrap_or_default();
        lines.push(match text(&error, "given") {
            None => format!("  {option} is missing: {allowed}"),
            // Of a place the server says itself what it found instead.
            Some(given) if option == "--place" => format!("  {option} {given:?}: {allowed}"),
            Some(given) => format!("  {option} {given:?}: expected {allowed}"),
        });
    }
    let offsets: Vec<String> =
        list("candidates").iter().filter_map(|c| text(c, "offset")).map(|o| format!("--utc-offset {o}")).collect();
    if !offsets.is_empty() {
        lines.push(format!("  choose one with {}, or correct --time", offsets.join(" or ")));
    }
    lines.join("\n")
}

/// The option that set a field of the request; of one in a list, the list's.
fn option_of(field: &str) -> String {
    let field = field.split('[').next().unwrap_or(field);
    match field {
        "utc_offset_s" => String::from("--utc-offset"),
        other => format!("--{}", other.replace('_', "-")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(details: &Value) -> String {
        explanation("No.", details.as_object().unwrap())
    }

    #[test]
    fn wrong_fields_are_told_by_the_names_of_the_options() {
        let told = told(&json!({"errors": [
            {"field": "date", "given": "banana", "allowed": "a date"},
            {"field": "house_system", "given": "x\u{1b}", "allowed": "one of: koch"},
            {"field": "bodies[3]", "given": "vulcan", "allowed": "one of: sun"},
            {"field": "lat", "allowed": "a place"},
        ]}));
        assert_eq!(
            told,
            "No.\n  --date \"banana\": expected a date\n  --house-system \"x\": expected one of: koch\n  \
             --bodies \"vulcan\": expected one of: sun\n  --lat is missing: a place"
        );
    }

    #[test]
    fn both_readings_of_a_time_are_offered() {
        let told = told(&json!({"candidates": [
            {"utc_offset_s": 7200, "offset": "+02:00"}, {"utc_offset_s": 3600, "offset": "+01:00"},
        ]}));
        assert!(told.contains("--utc-offset +02:00 or --utc-offset +01:00"), "{told}");
    }
}
