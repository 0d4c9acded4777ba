//! P: Everything that can go wrong in the astronomy; no HTTP status and no text for users.

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
    /// The ephemeris file is truncated, corrupt or of another version.
    #[error("bad ephemeris asset: {0}")]
    BadAsset(&'static str),
}
