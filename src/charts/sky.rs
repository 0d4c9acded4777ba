//! Turns what was typed about a sky into an instant, maybe a place, and options, naming everything that is wrong at once.

use super::draft::{in_span, out_of_span};
use super::options::OptionsDraft;
use crate::astro::{Center, ChartOptions, Site, zone};
use crate::clock::UnixMs;
use crate::error::{Error, FieldError, Result};

/// Instants that can be written.
const AT_ALLOWED: &str = "an RFC 3339 instant with its offset, such as 2026-11-23T07:30:00Z, or a Julian Date UTC";

/// A sky as typed.
#[derive(Clone, Debug, Default)]
pub struct SkyDraft {
    /// RFC 3339 instant, or Julian Date UTC; now when absent.
    pub at: Option<String>,
    /// Degrees, north positive.
    pub lat: Option<f64>,
    /// Degrees, east positive.
    pub lon: Option<f64>,
    /// What the figure is asked to be.
    pub options: OptionsDraft,
}

impl SkyDraft {
    /// The instant (Julian Date UTC), `now` unless one was named, the place and the options.
    ///
    /// # Errors
    /// `invalid_fields` with every field that is wrong; `date_out_of_range`.
    pub fn read(&self, now: UnixMs) -> Result<(f64, Option<Site>, ChartOptions)> {
        let mut errors = Vec::new();
        let jd_utc = self.jd_utc(now, &mut errors);
        let options = self.options.read(&mut errors);
        let site = self.site(&options, &mut errors);
        if !errors.is_empty() {
            return Err(Error::fields(errors));
        }
        if let Some(at) = self.at.as_deref().filter(|_| !in_span(jd_utc)) {
            return Err(out_of_span("at", at));
        }
        Ok((jd_utc, site, site.map_or_else(|| options.clone(), |s| options.for_place(s.latitude_deg, s.longitude_deg))))
    }

    fn jd_utc(&self, now: UnixMs, errors: &mut Vec<FieldError>) -> f64 {
        let now_jd = zone::julian_date_of_unix(0) + now.0 as f64 / 86_400_000.0;
        let Some(text) = self.at.as_deref().map(str::trim) else { return now_jd };
        let julian = || text.parse::<f64>().ok().filter(|jd| jd.is_finite());
        zone::julian_date_of_rfc3339(text).or_else(julian).unwrap_or_else(|| {
            errors.push(FieldError::new("at", text, AT_ALLOWED));
            now_jd
        })
    }

    fn site(&self, options: &ChartOptions, errors: &mut Vec<FieldError>) -> Option<Site> {
        let mut check = |field: &str, given: Option<f64>, limit: f64, allowed: &str| {
            if let Some(given) = given.filter(|value| !(value.is_finite() && value.abs() <= limit)) {
                errors.push(FieldError::new(field, given, allowed));
            }
        };
        check("lat", self.lat, 90.0, "degrees north, -90 to 90");
        check("lon", self.lon, 180.0, "degrees east, -180 to 180");
        match (self.lat, self.lon) {
            (Some(latitude_deg), Some(longitude_deg)) => {
                Some(Site { latitude_deg, longitude_deg, altitude_m: options.altitude_m() })
            }
            (None, None) => {
                if matches!(options.view.center, Center::Topocentric(_)) {
                    errors.push(FieldError::unshown("lat", "lat and lon, beside frame topocentric"));
                }
                None
            }
            (lat, _) => {
                let missing = if lat.is_none() { "lat" } else { "lon" };
                errors.push(FieldError::unshown(missing, "lat and lon together, or neither"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    const NOW: UnixMs = UnixMs(1_795_420_800_000);

    fn instant(at: &str) -> Result<f64> {
        SkyDraft { at: Some(at.to_owned()), ..SkyDraft::default() }.read(NOW).map(|(jd_utc, ..)| jd_utc)
    }

    #[test]
    fn instants_are_read_with_their_offset_and_as_julian_dates() {
        for at in ["2000-01-01T12:00:00Z", "2000-01-01T13:00:00+01:00", "2451545.0", " 2451545 "] {
            assert!((instant(at).unwrap() - 2_451_545.0).abs() < 1e-8, "{at}");
        }
        assert!((SkyDraft::default().read(NOW).unwrap().0 - (2_440_587.5 + 20_780.333_333_333)).abs() < 1e-6);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let odd_offsets = ["2000-01-01T12:00:00+25:00", "2000-01-01T12:00:00-24:00", "2000-01-01T12:00:00+0100"];
        for at in ["yesterday", "2000-01-01", "2000-01-01T12:00:00", "NaN", "inf"].iter().chain(&odd_offsets) {
            assert_eq!(instant(at).unwrap_err().code(), Code::InvalidFields, "{at}");
        }
        for at in ["1549-12-30T00:00:00Z", "2650-02-01T00:00:00Z", "0", "2451545000"] {
            let error = instant(at).unwrap_err();
            assert_eq!(error.code(), Code::DateOutOfRange);
            let found = &error.details()["errors"][0];
            assert_eq!((&found["field"], &found["given"]), (&"at".into(), &at.into()));
            assert_eq!(found["allowed"], "an instant from 1549-12-31 to 2650-01-24 (UTC)");
        }
        let half = SkyDraft { lat: Some(91.0), ..SkyDraft::default() }.read(NOW).unwrap_err();
        let fields: Vec<_> = half.details()["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(fields, ["lat", "lon"]);
        let nowhere = OptionsDraft { frame: Some("topocentric".into()), ..OptionsDraft::default() };
        assert!(SkyDraft { options: nowhere, ..SkyDraft::default() }.read(NOW).is_err());
    }
}
