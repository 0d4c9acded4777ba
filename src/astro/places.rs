//! P: The gazetteer in the program (GeoNames, places of 500 people and more): search by name, nearest place, zone of a
//! point. No network, no files. Unpacked at its first use.

mod asset;
#[cfg(test)]
mod build;
mod fold;
mod index;
mod names;
mod near;
mod regions;
mod search;

use serde::Serialize;

use super::names::Lang;
use asset::asset;
use regions::atlas;

pub use near::{ZoneCertainty, ZoneGuess, nearest, nearest_zone, zone_at};
pub use search::{Found, Quality, resolve, search, search_in};

/// What has to be said wherever the places are shown.
pub const ATTRIBUTION: &str = "Places: GeoNames (https://www.geonames.org), CC BY 4.0, coordinates rounded to 20 m";
/// Longest query that is looked at, characters; the rest is cut.
pub const QUERY_CHARS_MAX: usize = 120;

/// A populated place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    /// Its number at GeoNames.
    pub geoname_id: u32,
    /// Its usual name, with accents.
    pub name: String,
    /// English name of its country.
    pub country: &'static str,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country_code: &'static str,
    /// English or local name of its first-level region (state, province), where the list knows one.
    pub region: Option<&'static str>,
    /// GeoNames' code of that region, such as `TX`; empty where there is none.
    pub region_code: &'static str,
    /// Degrees north, to 0.0001 (10 m).
    pub latitude_deg: f64,
    /// Degrees east, to 0.0002 (19 m at the equator, 0.04 s of local mean time).
    pub longitude_deg: f64,
    /// IANA time zone.
    pub zone: &'static str,
    /// Inhabitants according to GeoNames; 0 where it does not know.
    pub population: u32,
}

/// Why a query names no single place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The list has no such place, or not in that country or region.
    #[error("no such place in the built-in list{}", near(.nearest))]
    NotFound {
        /// Labels `City, Region, Country` of the places with the most similar names, best first.
        nearest: Vec<String>,
    },
    /// Several places fit, none of which is by far the largest.
    #[error("several places in the built-in list fit, name one of: {}", .candidates.join("; "))]
    Ambiguous {
        /// Labels `City, Region, Country`, the likeliest first.
        candidates: Vec<String>,
    },
}

impl Place {
    /// The place of this number in the list.
    fn of(place: usize) -> Self {
        let (asset, atlas) = (asset(), atlas());
        let (latitude_deg, longitude_deg) = asset.point(place);
        let region = atlas.regions.get(asset.region(place));
        let country = region.and_then(|region| atlas.countries.get(region.country));
        let round = |degrees: f64| (degrees * 1e4).round() / 1e4;
        Self {
            geoname_id: asset.geoname_id(place),
            name: asset.name(place).to_owned(),
            country: country.map_or("", |country| country.english),
            country_code: country.map_or("", |country| country.code),
            region: region.map(|region| region.name).filter(|name| !name.is_empty()),
            region_code: region.map_or("", |region| region.code),
            latitude_deg: round(latitude_deg),
            longitude_deg: round(longitude_deg),
            zone: region.map_or("UTC", |region| region.zone),
            population: asset.population(place),
        }
    }

    /// `City, Country`, the country in the language asked for.
    pub fn label(&self, lang: Lang) -> String {
        format!("{}, {}", self.name, self.country_name(lang))
    }

    /// `City, Region, Country`, the country in the language asked for; [`resolve`] finds the place by it.
    pub fn full_label(&self, lang: Lang) -> String {
        match self.region {
            Some(region) => format!("{}, {region}, {}", self.name, self.country_name(lang)),
            None => self.label(lang),
        }
    }

    /// The country's name.
    pub fn country_name(&self, lang: Lang) -> &'static str {
        let country = atlas().countries.iter().find(|country| country.code == self.country_code);
        match (lang, country) {
            (Lang::Fr, Some(country)) => country.french,
            _ => self.country,
        }
    }
}

/// Unpacks the list and makes its index, which the first search would else do: 0.3 s of one core. Later calls do nothing.
pub fn open() {
    index::index();
    atlas();
}

/// How many places the list has.
pub fn count() -> usize {
    asset().len
}

/// Whether an ISO 3166-1 alpha-2 code (upper or lower case) is that of a country in the list.
pub fn is_country(code: &str) -> bool {
    atlas().countries.iter().any(|country| country.code.eq_ignore_ascii_case(code))
}

fn near(labels: &[String]) -> String {
    if labels.is_empty() { String::new() } else { format!("; near: {}", labels.join("; ")) }
}

#[cfg(test)]
mod tests;
