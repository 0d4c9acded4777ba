//! P: The Moon of a local day: phase, lit part, change of sign. No transits.

use serde::{Deserialize, Serialize};

use super::passes::Path;
use super::seen::Seen;
use crate::astro::angles::norm_deg;
use crate::astro::body::Body;
use crate::astro::calendar::CivilDate;
use crate::astro::chart::window::local_day;
use crate::astro::error::AstroError;
use crate::astro::events::moment::utc_text;
use crate::astro::signs::Sign;
use crate::astro::time::scales_from_utc;

/// The Moon of a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoonToday {
    /// Its sign at local noon.
    pub sign: Sign,
    /// `new_moon`, `first_quarter`, `full_moon` and `last_quarter` on the local day that holds the exact phase, else
    /// `waxing_crescent`, `waxing_gibbous`, `waning_gibbous` or `waning_crescent`.
    pub phase: String,
    /// Lit part of the disc at local noon, 0..=1.
    pub illumination: f64,
    /// When it changes sign, if it does on that local day, `YYYY-MM-DDTHH:MM:SSZ`.
    pub sign_change_at_utc: Option<String>,
}

/// The Moon of a local day with its noon at a Julian Date TT, as `seen`.
///
/// # Errors
/// [`AstroError::OutOfSpan`], [`AstroError::UnknownZone`].
pub(super) fn of_day(day: CivilDate, zone: &str, noon_tt: f64, seen: Seen) -> Result<MoonToday, AstroError> {
    let (from_utc, to_utc) = local_day(day, zone, f64::NAN)?;
    let (from, to) = (scales_from_utc(from_utc).jd_tt, scales_from_utc(to_utc).jd_tt);
    let both = |jd_tt| -> Result<(f64, f64), AstroError> {
        let [moon, sun] = [seen.longitude(Body::Moon, jd_tt)?, seen.longitude(Body::Sun, jd_tt)?];
        Ok((moon.0, norm_deg(moon.0 - sun.0)))
    };
    let ((moon_from, elongation_from), (moon_to, elongation_to)) = (both(from)?, both(to)?);
    let sign_change_at_utc = if Sign::of(moon_from) == Sign::of(moon_to) {
        None
    } else {
        let boundary_deg = 30.0 * Sign::of(moon_to).index() as f64;
        let path = Path::new(Body::Moon, boundary_deg, seen);
        utc_text(path.reaches(0.0, path.node(from)?, path.node(to)?)?)
    };
    let (moon_deg, elongation) = both(noon_tt)?;
    let latitude_deg = seen.positions(&[Body::Moon], noon_tt)?.first().map_or(0.0, |moon| moon.latitude_deg);
    let cosine = elongation.to_radians().cos() * latitude_deg.to_radians().cos();
    Ok(MoonToday {
        sign: Sign::of(moon_deg),
        phase: phase(elongation_from, elongation, elongation_to).to_owned(),
        illumination: 0.5 * (1.0 - cosine),
        sign_change_at_utc,
    })
}

/// The phase of a day by the Moon's lead over the Sun, degrees 0..360, at its start, noon and end.
fn phase(from_deg: f64, noon_deg: f64, to_deg: f64) -> &'static str {
    let quarter_from = (from_deg / 90.0).floor() as u8;
    let quarter_to = (to_deg / 90.0).floor() as u8;
    if quarter_from != quarter_to {
        return ["new_moon", "first_quarter", "full_moon", "last_quarter"][usize::from(quarter_to % 4)];
    }
    let quarter = (noon_deg / 90.0).floor() as usize;
    ["waxing_crescent", "waxing_gibbous", "waning_gibbous", "waning_crescent"][quarter % 4]
}

#[cfg(test)]
mod tests {
    use super::phase;

    #[test]
    fn a_principal_phase_is_named_on_its_own_day_alone() {
        assert_eq!(phase(355.0, 1.0, 7.0), "new_moon");
        assert_eq!(phase(7.0, 13.0, 19.0), "waxing_crescent");
        assert_eq!(phase(84.0, 89.0, 95.0), "first_quarter");
        assert_eq!(phase(100.0, 106.0, 112.0), "waxing_gibbous");
        assert_eq!(phase(179.0, 185.0, 191.0), "full_moon");
        assert_eq!(phase(191.0, 197.0, 203.0), "waning_gibbous");
        assert_eq!(phase(260.0, 266.0, 272.0), "last_quarter");
        assert_eq!(phase(340.0, 346.0, 352.0), "waning_crescent");
    }
}
