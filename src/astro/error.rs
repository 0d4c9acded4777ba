//! P: Everything that can go wrong in the astronomy; no HTTP status and no text for users.

use super::birth::FieldProblem;
use super::body::Body;
use super::houses::HouseSystem;

/// An astronomical computation that could not be done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AstroError {
    /// The instant lies outside the years the ephemeris covers (NaN included).
    #[error("Julian Date {jd_tt} (TT) is outside the ephemeris, which covers {from} to {to}")]
    OutOfSpan {
        /// The instant asked for, Julian Date TT.
        jd_tt: f64,
        /// First ISO year wholly covered.
        from: i32,
        /// Last ISO year wholly covered.
        to: i32,
    },
    /// The instant lies outside the years for which the place of one body is known.
    #[error("{} is known from {from} to {to}; Julian Date {jd_tt} (TT) is outside", body.code())]
    BodyOutOfSpan {
        /// The body asked for.
        body: Body,
        /// The instant asked for, Julian Date TT.
        jd_tt: f64,
        /// First year wholly covered.
        from: i32,
        /// Last year wholly covered.
        to: i32,
    },
    /// The body has no place as seen from this centre.
    #[error("{} has no {center} place; allowed: {allowed}", body.code())]
    NotInFrame {
        /// The body asked for.
        body: Body,
        /// `heliocentric` or `topocentric`.
        center: &'static str,
        /// The centres from which it can be seen.
        allowed: &'static str,
    },
    /// Whoever asked for a long search has gone.
    #[error("stopped, since nobody waits for it any longer")]
    Stopped,
    /// The ephemeris file is truncated, corrupt or of another version.
    #[error("bad ephemeris asset: {0}")]
    BadAsset(&'static str),
    /// The clock showed this local time twice, so it names two instants.
    #[error("{local} came twice in {zone}; say which UTC offset is meant, in seconds: {candidates:?}")]
    AmbiguousLocalTime {
        /// The IANA zone.
        zone: String,
        /// The local date and time, `YYYY-MM-DDTHH:MM:SS`.
        local: String,
        /// Offsets of the two readings in seconds east of Greenwich, the earlier instant first.
        candidates: Vec<i32>,
    },
    /// The clock never showed this local time: it was put forward over it.
    #[error("{local} did not exist in {zone}: clocks went from UTC offset to offset, in seconds: {candidates:?}")]
    NonexistentLocalTime {
        /// The IANA zone.
        zone: String,
        /// The local date and time, `YYYY-MM-DDTHH:MM:SS`.
        local: String,
        /// Offsets in force before and after the gap, in seconds east of Greenwich.
        candidates: Vec<i32>,
    },
    /// The chosen UTC offset was not in force at this local time.
    #[error("UTC offset {given} s was not in force at {local} in {zone}; in force, in seconds: {candidates:?}")]
    OffsetNotInForce {
        /// The IANA zone.
        zone: String,
        /// The local date and time, `YYYY-MM-DDTHH:MM:SS`.
        local: String,
        /// The offset that was chosen, seconds east of Greenwich.
        given: i32,
        /// Offsets that were in force, seconds east of Greenwich.
        candidates: Vec<i32>,
    },
    /// No IANA zone has this name.
    #[error("unknown time zone {given:?}{}", .nearest.as_ref().map(|name| format!("; nearest: {name}")).unwrap_or_default())]
    UnknownZone {
        /// The name as given.
        given: String,
        /// The zone whose name is nearest, where one is near.
        nearest: Option<String>,
    },
    /// Not a Gregorian date `YYYY-MM-DD` in the years covered.
    #[error("bad date {given:?}; allowed: {allowed}")]
    BadDate {
        /// The text as given.
        given: String,
        /// What is allowed, as a phrase.
        allowed: String,
    },
    /// Not a time of day `HH:MM` or `HH:MM:SS`.
    #[error("bad time {given:?}; allowed: {allowed}")]
    BadTime {
        /// The text as given.
        given: String,
        /// What is allowed, as a phrase.
        allowed: String,
    },
    /// Birth data with one or more unusable fields.
    #[error("{} unusable field(s) in the birth data", .0.len())]
    BadBirth(Vec<FieldProblem>),
    /// The latitude is not a number within -90..=90 degrees.
    #[error("latitude {latitude_deg} is not within -90 to 90 degrees")]
    InvalidLatitude {
        /// The latitude asked for, degrees north.
        latitude_deg: f64,
    },
    /// No ruleset has this name and version.
    #[error("no ruleset {given:?}; there are: {}", .offers.join(", "))]
    UnknownRuleset {
        /// The name as given.
        given: String,
        /// Those that there are.
        offers: Vec<String>,
    },
    /// The house system does not exist at this latitude.
    #[error("{} houses do not exist at latitude {latitude_deg}", .system.code())]
    HouseSystemUndefined {
        /// The system asked for.
        system: HouseSystem,
        /// Geographic latitude, degrees north.
        latitude_deg: f64,
        /// Systems that do exist there.
        offers: Vec<HouseSystem>,
    },
}
