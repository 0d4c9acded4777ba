//! P: The built-in list of cities (GeoNames) and the search in it. The list is in the program; no network, no files.

mod fold;

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Serialize;

use super::names::Lang;
use fold::fold;

/// Columns: name, country code, latitude, longitude, zone, population, other names.
const PLACES_TSV: &str = include_str!("../../data/places/places.tsv");
/// Columns: code, English name, French name, other names.
const COUNTRIES_TSV: &str = include_str!("../../data/places/countries.tsv");
/// How many near names an error offers.
const NEAREST_COUNT: usize = 5;
/// Longest query that is looked at, characters; the rest is cut.
const QUERY_CHARS_MAX: usize = 120;
/// Mean radius of the Earth, kilometres (IUGG).
const EARTH_RADIUS_KM: f64 = 6_371.008_8;

/// A city.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Place {
    /// Its usual name, with accents.
    pub name: &'static str,
    /// English name of its country.
    pub country: &'static str,
    /// ISO 3166-1 alpha-2 code of its country.
    pub country_code: &'static str,
    /// Degrees north, to a thousandth.
    pub latitude_deg: f64,
    /// Degrees east, to a thousandth.
    pub longitude_deg: f64,
    /// IANA time zone.
    pub zone: &'static str,
    /// Inhabitants according to GeoNames.
    pub population: u32,
}

/// Why a query names no single place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// The list has no such city, or not in that country.
    #[error("no such place in the built-in list{}", near(.nearest))]
    NotFound {
        /// Labels `City, Country` of the cities with the most similar names, best first.
        nearest: Vec<String>,
    },
    /// Several cities fit and the query names a region, which the list does not know.
    #[error("several places in the built-in list fit: {}", .candidates.join("; "))]
    Ambiguous {
        /// Labels `City, Country (latitude, longitude)`, largest first.
        candidates: Vec<String>,
    },
}

struct Country {
    code: &'static str,
    english: &'static str,
    french: &'static str,
}

struct Index {
    /// Largest first.
    places: Vec<Place>,
    /// Folded names (usual and other) with positions in `places`, in order of position.
    keys: Vec<(String, usize)>,
    by_key: HashMap<String, Vec<usize>>,
    countries: Vec<Country>,
    /// Folded names and codes of countries, with the code.
    country_by_key: HashMap<String, &'static str>,
}

impl Place {
    /// `City, Country`, the country in the language asked for.
    pub fn label(&self, lang: Lang) -> String {
        format!("{}, {}", self.name, self.country_name(lang))
    }

    /// The country's name.
    pub fn country_name(&self, lang: Lang) -> &'static str {
        let country = index().countries.iter().find(|country| country.code == self.country_code);
        match (lang, country) {
            (Lang::Fr, Some(country)) => country.french,
            _ => self.country,
        }
    }
}

/// Every place in the list, largest first.
pub fn all() -> &'static [Place] {
    &index().places
}

/// At most `limit` places whose name begins with the query (accents and case aside), whole names before beginnings, then
/// names with a later word that begins so; larger places first. A country after a comma narrows the list.
pub fn search(query: &str, limit: usize) -> Vec<&'static Place> {
    let index = index();
    let parts = split(query);
    let Some(city) = parts.first().filter(|city| !city.is_empty()) else { return Vec::new() };
    let country = (parts.len() > 1).then(|| parts.last().map_or("", String::as_str)).filter(|name| !name.is_empty());
    let later_word = format!(" {city}");
    let mut hits: Vec<(u8, usize)> = Vec::new();
    for (key, position) in &index.keys {
        let rank = match key {
            key if key == city => 0,
            key if key.starts_with(city.as_str()) => 1,
            key if key.contains(&later_word) => 2,
            _ => continue,
        };
        if country.is_none_or(|wanted| index.country_begins(&index.places[*position], wanted)) {
            hits.push((rank, *position));
        }
    }
    hits.sort_unstable();
    let mut seen = std::collections::HashSet::new();
    hits.into_iter()
        .filter(|(_, position)| seen.insert(*position))
        .take(limit)
        .map(|(_, position)| &index.places[position])
        .collect()
}

/// The one place a query names: `City` (the largest of that name), `City, Country`, `City, Region, Country`.
/// Countries go by English or French name or ISO code; accents and case do not matter.
///
/// # Errors
/// [`PlaceError::NotFound`]; [`PlaceError::Ambiguous`] where only a region tells several cities of a country apart.
pub fn resolve(query: &str) -> Result<&'static Place, PlaceError> {
    let index = index();
    let parts: Vec<String> = split(query).into_iter().filter(|part| !part.is_empty()).collect();
    let found = match parts.as_slice() {
        [] => Vec::new(),
        [whole] => match index.named(whole, None) {
            none if none.is_empty() => index.without_comma(whole),
            some => some,
        },
        [city, .., country] => match index.country_by_key.get(country.as_str()) {
            Some(code) => index.named(city, Some(code)),
            None => Vec::new(),
        },
    };
    if parts.len() > 2 && found.len() > 1 {
        let label = |place: &&Place| {
            format!("{} ({:.2}, {:.2})", place.label(Lang::En), place.latitude_deg, place.longitude_deg)
        };
        return Err(PlaceError::Ambiguous { candidates: found.iter().take(NEAREST_COUNT).map(label).collect() });
    }
    found.first().copied().ok_or_else(|| PlaceError::NotFound { nearest: index.nearest_labels(&parts) })
}

/// The listed place nearest to a point and its distance in kilometres (haversine on a sphere); `None` when a
/// coordinate is no number.
pub fn nearest(latitude_deg: f64, longitude_deg: f64) -> Option<(&'static Place, f64)> {
    if !latitude_deg.is_finite() || !longitude_deg.is_finite() {
        return None;
    }
    let (lat, lon) = (latitude_deg.to_radians(), longitude_deg.to_radians());
    index()
        .places
        .iter()
        .map(|place| {
            let (place_lat, place_lon) = (place.latitude_deg.to_radians(), place.longitude_deg.to_radians());
            let half_lat = ((place_lat - lat) / 2.0).sin();
            let half_lon = ((place_lon - lon) / 2.0).sin();
            let haversine = half_lat * half_lat + lat.cos() * place_lat.cos() * half_lon * half_lon;
            (place, 2.0 * EARTH_RADIUS_KM * haversine.clamp(0.0, 1.0).sqrt().asin())
        })
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

/// The zone of the nearest listed place: a guess, wrong near borders and at sea; it must be shown to be confirmed.
pub fn nearest_zone(latitude_deg: f64, longitude_deg: f64) -> Option<&'static str> {
    nearest(latitude_deg, longitude_deg).map(|(place, _)| place.zone)
}

impl Index {
    /// Places with exactly this folded name, largest first, in a country where one is given.
    fn named(&self, city: &str, country_code: Option<&str>) -> Vec<&Place> {
        let positions = self.by_key.get(city).map_or(&[][..], Vec::as_slice);
        let places = positions.iter().map(|position| &self.places[*position]);
        places.filter(|place| country_code.is_none_or(|code| place.country_code == code)).collect()
    }

    /// Reads `ulm germany` as a city and a country name of one or more words (not a code: `la paz mx` is left alone).
    fn without_comma(&self, whole: &str) -> Vec<&Place> {
        for (gap, _) in whole.match_indices(' ') {
            let (city, country) = (&whole[..gap], &whole[gap + 1..]);
            if let Some(code) = self.country_by_key.get(country).filter(|_| country.len() > 2) {
                let found = self.named(city, Some(code));
                if !found.is_empty() {
                    return found;
                }
            }
        }
        Vec::new()
    }

    /// Whether a folded text is the code or the beginning of a name of the place's country.
    fn country_begins(&self, place: &Place, wanted: &str) -> bool {
        match self.country_by_key.get(wanted) {
            Some(code) => *code == place.country_code,
            None => {
                self.country_by_key.iter().any(|(key, code)| *code == place.country_code && key.starts_with(wanted))
            }
        }
    }

    /// Labels of the cities whose names are most like the first part (Jaro-Winkler), the larger first among equals.
    fn nearest_labels(&self, parts: &[String]) -> Vec<String> {
        let Some(city) = parts.first() else { return Vec::new() };
        let mut ranked: Vec<(f64, usize)> =
            self.keys.iter().map(|(key, position)| (strsim::jaro_winkler(city, key), *position)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut labels = Vec::new();
        for (_, position) in ranked.iter().take(NEAREST_COUNT * 2) {
            let label = self.places[*position].label(Lang::En);
            if labels.len() < NEAREST_COUNT && !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels
    }
}

/// Folded, trimmed parts between commas.
fn split(query: &str) -> Vec<String> {
    let cut: String = query.chars().take(QUERY_CHARS_MAX).collect();
    cut.split(',').map(fold).collect()
}

fn near(labels: &[String]) -> String {
    if labels.is_empty() { String::new() } else { format!("; near: {}", labels.join("; ")) }
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(build)
}

/// Reads both tables; a line that cannot be read is left out (a test counts them).
fn build() -> Index {
    let mut index = Index {
        places: Vec::new(),
        keys: Vec::new(),
        by_key: HashMap::new(),
        countries: Vec::new(),
        country_by_key: HashMap::new(),
    };
    for line in COUNTRIES_TSV.lines() {
        let [code, english, french, others] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
        for name in [code, english, french].into_iter().chain(others.split('|')).filter(|name| !name.is_empty()) {
            index.country_by_key.entry(fold(name)).or_insert(code);
        }
        index.countries.push(Country { code, english, french });
    }
    for line in PLACES_TSV.lines() {
        let Some((place, others)) = read_place(line, &index.countries) else { continue };
        let position = index.places.len();
        index.places.push(place);
        for name in std::iter::once(place.name).chain(others.split('|')).filter(|name| !name.is_empty()) {
            let key = fold(name);
            let positions = index.by_key.entry(key.clone()).or_default();
            if positions.last() != Some(&position) {
                positions.push(position);
                index.keys.push((key, position));
            }
        }
    }
    index
}

fn read_place(line: &'static str, countries: &[Country]) -> Option<(Place, &'static str)> {
    let [name, country_code, lat, lon, zone, population, others] = line.split('\t').collect::<Vec<_>>()[..] else {
        return None;
    };
    let country = countries.iter().find(|country| country.code == country_code)?.english;
    let place = Place {
        name,
        country,
        country_code,
        latitude_deg: lat.parse().ok()?,
        longitude_deg: lon.parse().ok()?,
        zone,
        population: population.parse().ok()?,
    };
    Some((place, others))
}

#[cfg(test)]
mod tests;
