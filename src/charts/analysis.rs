//! Reads by whose tables a chart is to be analysed, and has it analysed. Knows no store and no caller.

use super::lines::seen_from_the_earth;
use crate::astro::Chart;
use crate::astro::analysis::{Analysis, AnalysisOptions, Subject, analyse};
use crate::astro::dignities::{TermScheme, TriplicityScheme};
use crate::astro::rulesets::Ruleset;
use crate::error::{Error, FieldError, Result};

/// The widest orb of a star, degrees.
const STAR_ORB_MAX_DEG: f64 = 5.0;
/// Magnitudes that a limit may have.
const MAGNITUDES: std::ops::RangeInclusive<f64> = -2.0..=10.0;

/// What a client asked for, as text.
#[derive(Clone, Debug, Default)]
pub struct AnalysisDraft {
    /// Code of a table of terms.
    pub terms: Option<String>,
    /// Code of a table of triplicities.
    pub triplicities: Option<String>,
    /// Largest orb of a star, degrees.
    pub star_orb_deg: Option<String>,
    /// Faintest magnitude of a star.
    pub star_magnitude_max: Option<String>,
}

impl AnalysisDraft {
    /// The options meant.
    ///
    /// # Errors
    /// `invalid_fields` with every wrong value at once.
    pub fn read(&self) -> Result<AnalysisOptions> {
        let mut options = AnalysisOptions::default();
        let mut stars = options.stars.unwrap_or_default();
        let mut errors = Vec::new();
        let mut refuse = |field: &str, given: &str, allowed: String| {
            errors.push(FieldError::new(format!("query.{field}"), given, allowed));
        };
        if let Some(code) = &self.terms {
            match TermScheme::from_code(code) {
                Some(scheme) => options.schemes.terms = scheme,
                None => refuse("terms", code, one_of(TermScheme::ALL.map(TermScheme::code))),
            }
        }
        if let Some(code) = &self.triplicities {
            match TriplicityScheme::from_code(code) {
                Some(scheme) => options.schemes.triplicities = scheme,
                None => refuse("triplicities", code, one_of(TriplicityScheme::ALL.map(TriplicityScheme::code))),
            }
        }
        if let Some(text) = &self.star_orb_deg {
            match text.parse().ok().filter(|orb| (0.0..=STAR_ORB_MAX_DEG).contains(orb)) {
                Some(orb) => stars.orb_deg = orb,
                None => refuse("star_orb_deg", text, format!("degrees from 0 to {STAR_ORB_MAX_DEG}")),
            }
        }
        if let Some(text) = &self.star_magnitude_max {
            if let Some(magnitude) = text.parse().ok().filter(|magnitude| MAGNITUDES.contains(magnitude)) {
                stars.magnitude_max = magnitude;
            } else {
                let allowed = format!("a magnitude from {} to {}", MAGNITUDES.start(), MAGNITUDES.end());
                refuse("star_magnitude_max", text, allowed);
            }
        }
        options.stars = Some(stars);
        if errors.is_empty() { Ok(options) } else { Err(Error::fields(errors)) }
    }
}

fn one_of<const N: usize>(codes: [&str; N]) -> String {
    format!("one of: {}", codes.join(", "))
}

/// Analyses a chart under a ruleset: that it was made with, where that is still here.
///
/// # Errors
/// `invalid_fields` for a sky as seen from the Sun.
pub fn analysis_of(chart: &Chart, options: &AnalysisOptions, ruleset: &Ruleset) -> Result<Analysis> {
    seen_from_the_earth(chart)?;
    Ok(analyse(&Subject::from(chart), options, ruleset)?)
}
