//! Wire form of the gazetteer: places found, the place nearest to a point. Computes nothing.

use salvo::oapi::ToSchema;
use serde::Serialize;

use crate::astro::Lang;
use crate::astro::places::{ATTRIBUTION, Found, Place, ZoneGuess};

/// A populated place.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceReply {
    /// Its number at GeoNames.
    pub geoname_id: u32,
    /// Its usual name.
    pub name: String,
    /// `City, Region, Country`, by which `place` of a chart finds it.
    pub label: String,
    /// Its country, in the language asked for.
    pub country: String,
    /// ISO 3166-1 alpha-2.
    pub country_code: String,
    /// First-level region (state, province), where it is known.
    pub region: Option<String>,
    /// GeoNames' code of the region, such as `TX`.
    pub region_code: String,
    /// Degrees, north positive; rounded to 10 m.
    pub lat: f64,
    /// Degrees, east positive; rounded to 20 m, which is 0.05 s of local mean time.
    pub lon: f64,
    /// IANA time zone.
    pub tz: String,
    /// Inhabitants; 0 where they are not known.
    pub population: u32,
    /// How a query found it: `whole` (the query is a name of it), `beginning`, `later_word`, `misspelt`.
    pub quality: Option<String>,
}

/// Places for a query, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlacesReply {
    /// The places.
    pub places: Vec<PlaceReply>,
    /// Whose data it is; show it with them.
    pub attribution: String,
}

/// The place nearest to a point, and the zone that the places around it give the point.
#[derive(Debug, Serialize, ToSchema)]
pub struct NearestReply {
    /// The place.
    pub place: PlaceReply,
    /// Its distance, kilometres.
    pub distance_km: f64,
    /// IANA time zone of the point.
    pub tz: String,
    /// How sure that is: `high`, `medium` (another zone is not far), `low` (near a border of zones, or far from any place).
    pub tz_certainty: String,
    /// Other zones around, the nearest first.
    pub tz_alternatives: Vec<String>,
    /// Whose data it is; show it with them.
    pub attribution: String,
}

/// A place in a language.
pub fn place_reply(place: &Place, lang: Lang) -> PlaceReply {
    PlaceReply {
        geoname_id: place.geoname_id,
        name: place.name.clone(),
        label: place.full_label(lang),
        country: place.country_name(lang).to_owned(),
        country_code: place.country_code.to_owned(),
        region: place.region.map(str::to_owned),
        region_code: place.region_code.to_owned(),
        lat: place.latitude_deg,
        lon: place.longitude_deg,
        tz: place.zone.to_owned(),
        population: place.population,
        quality: None,
    }
}

/// Places found, in a language.
pub fn places_reply(found: &[Found], lang: Lang) -> PlacesReply {
    let one = |found: &Found| PlaceReply {
        quality: Some(found.quality.code().to_owned()),
        ..place_reply(&found.place, lang)
    };
    PlacesReply { places: found.iter().map(one).collect(), attribution: ATTRIBUTION.to_owned() }
}

/// The zone of a point, in a language.
pub fn nearest_reply(guess: &ZoneGuess, lang: Lang) -> NearestReply {
    NearestReply {
        place: place_reply(&guess.place, lang),
        distance_km: (guess.distance_km * 1_000.0).round() / 1_000.0,
        tz: guess.zone.to_owned(),
        tz_certainty: guess.certainty.code().to_owned(),
        tz_alternatives: guess.alternatives.iter().map(|zone| (*zone).to_owned()).collect(),
        attribution: ATTRIBUTION.to_owned(),
    }
}
