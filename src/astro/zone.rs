//! P: Local time to UTC and back through the time zone history built into the program. Reads no file and no clock.
//!
//! Source: IANA Time Zone Database of 2026 with its file backzone; local mean time by the longitude, four minutes a degree.
//! Error: none: the database is taken at its word (`offsets_follow_legal_history`), and says itself where it is uncertain.

mod history;

use std::sync::OnceLock;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, tz::Offset};
use serde::{Deserialize, Serialize};

use super::calendar::{CivilDate, CivilTime};
use super::error::AstroError;
use super::places::ZoneCertainty;

/// Julian Date of 1970-01-01T00:00:00 UTC.
const UNIX_EPOCH_JD: f64 = 2_440_587.5;
/// Seconds of local mean time per degree of longitude: 86400 / 360.
const SECONDS_PER_DEGREE: f64 = 240.0;
const SECONDS_PER_DAY: f64 = 86_400.0;
/// Largest hours of a fixed offset: Manila kept the date of America until 1844.
const FIXED_HOURS_MAX: i32 = 16;
/// The abbreviation the time zone database gives to local mean time.
const LOCAL_MEAN_TIME: &str = "LMT";
/// The database's mark of a clock that nobody has set.
const UNSET_ZONE: &str = "Factory";
/// The release of the time zone database built in through `jiff`, and of the older histories beside it.
pub const TZDB_VERSION: &str = "2026f";
/// Names further than this from every zone name (normalised Damerau-Levenshtein similarity) get no suggestion.
const SUGGESTION_MIN_SIMILARITY: f64 = 0.6;

/// Where the UTC offset of a moment comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffsetSource {
    /// The zone's rules alone.
    Iana,
    /// The longitude of the place, before its zone had a legal time.
    LocalMeanTime,
    /// A choice between two readings of a repeated hour, or of an hour that the clocks skipped; or a fixed offset given
    /// instead of a zone.
    Given,
}

/// Who named the zone of a birth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum ZoneSource {
    /// Whoever gave the birth data.
    #[default]
    UserProvided,
    /// The gazetteer, for the place that was named.
    Place,
    /// The gazetteer, by the places around the coordinates that were given.
    Derived {
        /// How sure it is.
        certainty: ZoneCertainty,
        /// Nearest place, `City, Region, Country`.
        nearest_place: String,
        /// Its distance, kilometres.
        distance_km: f64,
        /// Other zones around, the nearest first.
        alternatives: Vec<String>,
    },
    /// `LMT` was asked for: the mean time of the longitude.
    LocalMeanTime,
}

impl ZoneSource {
    /// The stable machine name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UserProvided => "user_provided",
            Self::Place => "place",
            Self::Derived { .. } => "derived",
            Self::LocalMeanTime => "local_mean_time",
        }
    }
}

/// A local date and time tied to one instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocalMoment {
    /// The instant, Julian Date UTC.
    pub utc_jd: f64,
    /// The instant, `YYYY-MM-DDTHH:MM:SSZ`.
    pub utc_rfc3339: String,
    /// Local minus UTC, seconds.
    pub offset_seconds: i32,
    /// Where the offset comes from.
    pub offset_source: OffsetSource,
    /// The IANA zone, spelt as the database spells it; or a fixed offset, `+HH:MM:SS`.
    pub zone: String,
    /// The local reading with its offset, `YYYY-MM-DDTHH:MM:SS+HH:MM`, seconds of offset appended where there are any.
    pub local_rfc3339: String,
}

impl OffsetSource {
    /// The stable machine name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Iana => "iana",
            Self::LocalMeanTime => "local_mean_time",
            Self::Given => "given",
        }
    }
}

/// The instant at which a clock in `zone` at `longitude_deg` (degrees east) showed this date and time.
///
/// Where the zone still had local mean time, the mean time of the longitude itself counts, to the second, and not that
/// of the zone's city; which day it was there is still the zone's to say. `chosen_offset_s` (seconds east) picks one
/// reading of a repeated hour, or says by which offset a clock went that showed a skipped one; elsewhere it must agree
/// with the offset in force.
///
/// # Errors
/// [`AstroError::UnknownZone`], [`AstroError::AmbiguousLocalTime`], [`AstroError::NonexistentLocalTime`],
/// [`AstroError::OffsetNotInForce`].
pub fn resolve_local(
    date: CivilDate,
    time: CivilTime,
    zone: &str,
    longitude_deg: f64,
    chosen_offset_s: Option<i32>,
) -> Result<LocalMoment, AstroError> {
    let (tz, name) = time_zone(zone)?;
    let bad = |_| AstroError::BadDate { given: date.to_string(), allowed: super::calendar::DATE_ALLOWED.to_owned() };
    let local = DateTime::new(
        date.year(),
        date.month().cast_signed(),
        date.day().cast_signed(),
        time.hour().cast_signed(),
        time.minute().cast_signed(),
        time.second().cast_signed(),
        0,
    )
    .map_err(bad)?;
    let wall = || format!("{date}T{time}");
    let (readings, skipped, local_mean) = readings(&tz, local, longitude_deg);
    let repeated = readings.len() > 1 && !skipped;
    let candidates: Vec<i32> = readings.iter().map(|offset| offset.seconds()).collect();
    let (offset, source) = match chosen_offset_s {
        None if skipped => return Err(AstroError::NonexistentLocalTime { zone: name, local: wall(), candidates }),
        None if repeated => return Err(AstroError::AmbiguousLocalTime { zone: name, local: wall(), candidates }),
        None if is_fixed(zone) => (readings[0], OffsetSource::Given),
        None => (readings[0], source_of_single(local_mean)),
        Some(given) => match readings.iter().find(|offset| offset.seconds() == given) {
            Some(offset) if repeated || skipped => (*offset, OffsetSource::Given),
            Some(offset) => (*offset, source_of_single(local_mean)),
            None => return Err(AstroError::OffsetNotInForce { zone: name, local: wall(), given, candidates }),
        },
    };
    let instant = offset.to_timestamp(local).map_err(bad)?;
    Ok(LocalMoment {
        utc_jd: julian_date_of_unix(instant.as_second()),
        utc_rfc3339: instant.to_string(),
        offset_seconds: offset.seconds(),
        offset_source: source,
        zone: name,
        local_rfc3339: format!("{}{}", wall(), offset_text(offset.seconds())),
    })
}

/// Whether calendars in `zone` had this date at all: Samoa went from 29 to 31 December 2011.
///
/// # Errors
/// [`AstroError::NonexistentLocalTime`] for a day left out whole; [`AstroError::UnknownZone`]; [`AstroError::BadDate`].
pub fn check_day(date: CivilDate, zone: &str) -> Result<(), AstroError> {
    let (tz, name) = time_zone(zone)?;
    let bad = |_| AstroError::BadDate { given: date.to_string(), allowed: super::calendar::DATE_ALLOWED.to_owned() };
    let day = Date::new(date.year(), date.month().cast_signed(), date.day().cast_signed()).map_err(bad)?;
    let gap_at = |local: DateTime| match tz.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Gap { before, after } => Some((before.seconds(), after.seconds())),
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => None,
    };
    match (gap_at(day.at(0, 0, 0, 0)), gap_at(day.at(23, 59, 59, 0))) {
        (Some(first), Some(last)) if first == last => Err(AstroError::NonexistentLocalTime {
            zone: name,
            local: format!("{date}T00:00:00"),
            candidates: vec![first.0, first.1],
        }),
        _ => Ok(()),
    }
}

/// The date `YYYY-MM-DD` that a calendar in `zone` shows at an instant in milliseconds since 1970-01-01 UTC.
///
/// # Errors
/// [`AstroError::UnknownZone`]; [`AstroError::BadDate`] for instants after the year 9999.
pub fn local_date(unix_ms: u64, zone: &str) -> Result<String, AstroError> {
    let (tz, _) = time_zone(zone)?;
    let instant = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).ok_or_else(|| {
        AstroError::BadDate { given: format!("{unix_ms} ms"), allowed: "an instant before the year 10000".to_owned() }
    })?;
    Ok(tz.to_datetime(instant).date().to_string())
}

/// Julian Date UTC of whole seconds since 1970-01-01 UTC.
pub fn julian_date_of_unix(unix_s: i64) -> f64 {
    unix_s as f64 / 86_400.0 + UNIX_EPOCH_JD
}

/// Julian Date UTC of an instant with its offset, such as `2026-11-23T07:30:00Z` or `2026-11-23T08:30:00.5+01:00`; `None` for
/// another form, for an offset of a day or more, and for a year outside -9999..=9999.
pub fn julian_date_of_rfc3339(text: &str) -> Option<f64> {
    // RFC 3339 writes an offset as Z or +HH:MM, to 23:59; the library would take more.
    let is_utc = text.ends_with(['Z', 'z']);
    let tail = text.len().checked_sub(6).and_then(|start| text.get(start..));
    let hours = tail.filter(|tail| tail.starts_with(['+', '-']) && tail.as_bytes().get(3) == Some(&b':'));
    if !is_utc && hours.and_then(|tail| tail.get(1..3)?.parse::<u8>().ok()).is_none_or(|hours| hours >= 24) {
        return None;
    }
    let instant: Timestamp = text.parse().ok()?;
    Some(instant.as_millisecond() as f64 / 86_400_000.0 + UNIX_EPOCH_JD)
}

/// `YYYY-MM-DDTHH:MM:SSZ` of a Julian Date UTC, to the nearest second; `None` outside years -9999..=9999 and for NaN.
pub fn rfc3339_of_julian_date(jd_utc: f64) -> Option<String> {
    let unix_s = ((jd_utc - UNIX_EPOCH_JD) * 86_400.0).round();
    if !unix_s.is_finite() {
        return None;
    }
    Timestamp::from_second(unix_s as i64).ok().map(|instant| instant.to_string())
}

/// `YYYY-MM-DDTHH:MM:SS+HH:MM` of a Julian Date UTC by the clocks of a zone, to the nearest second; `None` for a zone that is
/// not built in and outside the years -9999..=9999.
pub fn local_rfc3339(jd_utc: f64, zone: &str) -> Option<String> {
    let unix_s = ((jd_utc - UNIX_EPOCH_JD) * 86_400.0).round();
    let instant = Timestamp::from_second(unix_s.is_finite().then_some(unix_s as i64)?).ok()?;
    let (tz, _) = time_zone(zone).ok()?;
    Some(instant.display_with_offset(tz.to_offset(instant)).to_string())
}

/// Whether a zone of this name is built in (upper and lower case are one).
///
/// # Errors
/// [`AstroError::UnknownZone`] with the nearest name.
pub fn check_zone(zone: &str) -> Result<(), AstroError> {
    time_zone(zone).map(|_| ())
}

fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

/// A fixed offset `+HH`, `+HH:MM` or `+HH:MM:SS` (or with `-`), seconds east, if the text is one.
pub fn fixed_offset_s(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let parts: Vec<&str> = digits.split(':').collect();
    let two = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=3).contains(&parts.len()) || !parts.iter().all(two) {
        return None;
    }
    let mut numbers = parts.iter().filter_map(|part| part.parse::<i32>().ok()).chain([0, 0]);
    let (hours, minutes, seconds) = (numbers.next()?, numbers.next()?, numbers.next()?);
    (hours <= FIXED_HOURS_MAX && minutes < 60 && seconds < 60).then_some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// The name of a fixed offset as a zone: `+HH:MM`, or `+HH:MM:SS` where there are seconds.
pub fn fixed_zone(offset_s: i32) -> String {
    offset_text(offset_s)
}

/// The fixed offset of local mean time at a longitude (degrees east), as a zone.
pub fn local_mean_zone(longitude_deg: f64) -> String {
    fixed_zone((longitude_deg * SECONDS_PER_DEGREE).round() as i32)
}

fn is_fixed(zone: &str) -> bool {
    fixed_offset_s(zone).is_some()
}

/// The zone and its name as the database spells it.
fn time_zone(given: &str) -> Result<(TimeZone, String), AstroError> {
    if let Some(offset) = fixed_offset_s(given).and_then(|seconds| Offset::from_seconds(seconds).ok()) {
        return Ok((TimeZone::fixed(offset), fixed_zone(offset.seconds())));
    }
    let unknown = || AstroError::UnknownZone { given: given.to_owned(), nearest: nearest_zone_name(given) };
    let tz = match history::zone(given) {
        Some(tz) => tz,
        None => database().get(given).map_err(|_| unknown())?,
    };
    let name = tz.iana_name().ok_or_else(unknown)?.to_owned();
    if tz.is_unknown() || name == UNSET_ZONE {
        return Err(unknown());
    }
    Ok((tz, name))
}

/// The zone whose whole name, or whose city, is most like what was given.
fn nearest_zone_name(given: &str) -> Option<String> {
    let wanted: String = given.chars().take(64).collect::<String>().to_lowercase().replace(' ', "_");
    if wanted.is_empty() {
        return None;
    }
    database()
        .available()
        .filter(|name| name.as_str() != UNSET_ZONE)
        .map(|name| {
            let known = name.as_str().to_lowercase();
            let city = known.rsplit('/').next().unwrap_or(&known);
            let wanted_city = wanted.rsplit('/').next().unwrap_or(&wanted);
            let whole = strsim::normalized_damerau_levenshtein(&wanted, &known);
            let part = strsim::normalized_damerau_levenshtein(wanted_city, city);
            (whole.max(part), name.as_str().to_owned())
        })
        .filter(|(similarity, _)| *similarity >= SUGGESTION_MIN_SIMILARITY)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
        .map(|(_, name)| name)
}

/// The offsets by which a clock can have shown `local`, the earlier offset first: one of them, or two around a change
/// of the clocks; whether that change skipped the reading; whether local mean time of the longitude is among them.
///
/// Where a zone went from the mean time of one city to that of another (Lima 1890, Sao Tome 1884), clocks that kept the
/// mean time of their own longitude did not change.
fn readings(tz: &TimeZone, local: DateTime, longitude_deg: f64) -> (Vec<Offset>, bool, bool) {
    let (offsets, skipped) = match tz.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => (vec![offset], false),
        AmbiguousOffset::Fold { before, after } => (vec![before, after], false),
        AmbiguousOffset::Gap { before, after } => (vec![before, after], true),
    };
    // A skipped reading taken with the offset of one side falls on the other side of the change.
    let mut seen = offsets.clone();
    if skipped {
        seen.reverse();
    }
    let mut local_mean = false;
    let mut own: Vec<Offset> = Vec::new();
    for (offset, seen) in offsets.iter().zip(seen) {
        let mean = is_local_mean_time(tz, local, seen).then(|| local_mean_offset(longitude_deg, *offset)).flatten();
        local_mean |= is_local_mean_time(tz, local, seen);
        own.push(mean.unwrap_or(*offset));
    }
    own.dedup();
    let skipped = skipped && own.len() > 1;
    (own, skipped, local_mean)
}

/// Whether the zone called its time local mean time at the instant that `offset` makes of this reading.
fn is_local_mean_time(tz: &TimeZone, local: DateTime, offset: Offset) -> bool {
    offset.to_timestamp(local).is_ok_and(|instant| tz.to_offset_info(instant).abbreviation() == LOCAL_MEAN_TIME)
}

fn source_of_single(local_mean: bool) -> OffsetSource {
    if local_mean { OffsetSource::LocalMeanTime } else { OffsetSource::Iana }
}

/// Mean solar time of a longitude minus UTC; `None` for a longitude that is no number.
///
/// Which calendar day a place near the date line counted is the zone's to say: Manila kept the American date until 1844
/// and Alaska the Asian one until 1867. So whole days are added until the offset is the nearest to the zone's own.
fn local_mean_offset(longitude_deg: f64, of_zone: Offset) -> Option<Offset> {
    if !longitude_deg.is_finite() {
        return None;
    }
    let mean_s = longitude_deg * SECONDS_PER_DEGREE;
    let days = ((f64::from(of_zone.seconds()) - mean_s) / SECONDS_PER_DAY).round();
    Offset::from_seconds((mean_s + days * SECONDS_PER_DAY).round() as i32).ok()
}

/// `+HH:MM`, or `+HH:MM:SS` where there are seconds.
fn offset_text(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let (hours, minutes, rest) = (seconds.abs() / 3600, seconds.abs() / 60 % 60, seconds.abs() % 60);
    if rest == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{rest:02}")
    }
}

#[cfg(test)]
mod tests;
