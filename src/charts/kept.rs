//! The bytes of a kept chart: what it was made from, and the chart as it was made. Seals nothing.
//!
//! Layout: the number of the layout, the length of the birth data and options as JSON, that JSON, the chart. A chart of an
//! earlier layout is made again from its birth data; what made it is written anew in its versions.

use serde::{Deserialize, Serialize};

use crate::astro::{
    BirthInput, Calendar, Certainty, Chart, ChartOptions, HouseSystem, ZoneSource, compute, compute_with,
};
use crate::error::{Error, Result};
use crate::store::codec;

/// Number of the layout that is written. It goes up whenever [`Chart`] or anything in it changes its fields. The first
/// layout had no number: its first byte is the 0 or 1 of whether the chart has a name.
const LAYOUT: u8 = 3;

/// What a chart is made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Source {
    /// Name that the person gave it.
    pub name: Option<String>,
    /// The birth.
    pub birth: BirthInput,
    /// What it was asked to be.
    pub options: ChartOptions,
}

/// Birth data of the first layout.
#[derive(Deserialize)]
struct FirstSource {
    name: Option<String>,
    date: String,
    time: Option<String>,
    certainty: Certainty,
    zone: String,
    latitude_deg: f64,
    longitude_deg: f64,
    place_label: Option<String>,
    house_system: HouseSystem,
    utc_offset_s: Option<i32>,
}

/// Bytes of a chart.
///
/// # Errors
/// `internal_error` when it cannot be written.
pub fn to_bytes(name: Option<&str>, chart: &Chart) -> Result<Vec<u8>> {
    let source = Source { name: name.map(str::to_owned), birth: chart.birth.clone(), options: chart.options.clone() };
    let source = serde_json::to_vec(&source).map_err(Error::internal)?;
    let length = u32::try_from(source.len()).map_err(Error::internal)?;
    let mut bytes = vec![LAYOUT];
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&source);
    bytes.extend_from_slice(&codec::to_bytes(chart).map_err(Error::internal)?);
    Ok(bytes)
}

/// What a chart was made from, without the chart.
///
/// # Errors
/// `internal_error` when these are not the bytes of a chart.
pub fn source(bytes: &[u8]) -> Result<Source> {
    match split(bytes)? {
        Some((source, _)) => Ok(source),
        None => first(bytes),
    }
}

/// The name and the chart.
///
/// # Errors
/// `internal_error` when these are not the bytes of a chart; what is wrong with birth data that a later time zone database
/// or ephemeris no longer takes.
pub fn from_bytes(bytes: &[u8]) -> Result<(Option<String>, Chart)> {
    let Some((source, chart)) = split(bytes)? else {
        let source = first(bytes)?;
        return Ok((source.name, compute(&source.birth)?));
    };
    if bytes.first() == Some(&LAYOUT) {
        return Ok((source.name, codec::from_bytes(chart).map_err(Error::internal)?));
    }
    // Rulesets of an operator's own are not at hand here; what is certain is that the default finds aspects too.
    let options = match source.options.builtin_ruleset() {
        Ok(_) => source.options,
        Err(_) => ChartOptions { ruleset: ChartOptions::default().ruleset, ..source.options },
    };
    Ok((source.name, compute_with(&source.birth, &options)?))
}

/// Source and bytes of the chart; none for the first layout.
fn split(bytes: &[u8]) -> Result<Option<(Source, &[u8])>> {
    let short = || Error::internal("the bytes of a kept chart end too early");
    let (layout, rest) = bytes.split_first().ok_or_else(short)?;
    if *layout < 2 {
        return Ok(None);
    }
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(Error::internal)?;
    let (source, chart) = rest.split_at_checked(length).ok_or_else(short)?;
    // The cause is left out: it may quote the birth data.
    let source =
        serde_json::from_slice(source).map_err(|_| Error::internal("the source of a kept chart is unreadable"))?;
    Ok(Some((source, chart)))
}

fn first(bytes: &[u8]) -> Result<Source> {
    let first: FirstSource = codec::prefix_from_bytes(bytes).map_err(Error::internal)?;
    let birth = BirthInput {
        date: first.date,
        calendar: Calendar::Gregorian,
        time: first.time,
        certainty: first.certainty,
        zone: first.zone,
        zone_source: ZoneSource::UserProvided,
        latitude_deg: first.latitude_deg,
        longitude_deg: first.longitude_deg,
        place_label: first.place_label,
        house_system: first.house_system,
        utc_offset_s: first.utc_offset_s,
    };
    Ok(Source { name: first.name, options: ChartOptions::with_houses(birth.house_system), birth })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn einstein() -> BirthInput {
        BirthInput {
            date: "1879-03-14".into(),
            calendar: Calendar::Gregorian,
            time: Some("11:30".into()),
            certainty: Certainty::Exact,
            zone: "Europe/Berlin".into(),
            zone_source: ZoneSource::UserProvided,
            latitude_deg: 48.4,
            longitude_deg: 9.99,
            place_label: Some("Ulm".into()),
            house_system: HouseSystem::Koch,
            utc_offset_s: None,
        }
    }

    #[test]
    fn a_chart_comes_back_as_it_was() {
        let options = ChartOptions {
            zodiac: crate::astro::Zodiac::Sidereal(crate::astro::Ayanamsa::Lahiri),
            ..ChartOptions::with_houses(HouseSystem::Koch)
        };
        let chart = compute_with(&einstein(), &options).unwrap();
        let bytes = to_bytes(Some("Albert"), &chart).unwrap();
        assert_eq!(from_bytes(&bytes).unwrap(), (Some("Albert".to_owned()), chart.clone()));
        assert_eq!(source(&bytes).unwrap().birth, chart.birth);
        assert!(from_bytes(&bytes[..40]).is_err() && from_bytes(&[]).is_err());
    }

    #[test]
    fn a_chart_of_another_layout_is_made_again() {
        let chart = compute(&einstein()).unwrap();
        let mut bytes = to_bytes(None, &chart).unwrap();
        bytes[0] = LAYOUT + 1;
        bytes.truncate(bytes.len() - 100);
        assert_eq!(from_bytes(&bytes).unwrap(), (None, chart));
    }

    /// The first layout, written out by hand: name, date, time, certainty, zone, place, house system, offset, then a chart
    /// of fields that no longer are.
    #[test]
    fn a_chart_of_the_first_layout_is_made_again() {
        let first = (
            (Some("Albert"), "1879-03-14", Some("11:30"), Certainty::Exact, "Europe/Berlin"),
            (48.4_f64, 9.99_f64, Some("Ulm"), HouseSystem::Koch, None::<i32>),
            [7_u8; 300],
        );
        let mut bytes = codec::to_bytes(&(first.0, first.1)).unwrap();
        bytes.extend_from_slice(&first.2);
        let (name, chart) = from_bytes(&bytes).unwrap();
        assert_eq!((name.as_deref(), &chart), (Some("Albert"), &compute(&einstein()).unwrap()));
        assert_eq!(source(&bytes).unwrap().name.as_deref(), Some("Albert"));
    }
}
