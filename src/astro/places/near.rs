//! P: From coordinates to the nearest place and its zone, and how sure that zone is. Knows no names.
//!
//! Source: haversine (Sinnott 1984, Sky and Telescope 68, 158) on a sphere. Error: 0.01 km against the law of cosines
//! (`no_place_is_nearer_than_the_nearest`); the sphere itself is off by up to 0.5 per cent.

use serde::{Deserialize, Serialize};

use super::Place;
use super::asset::asset;
use super::regions::atlas;

/// Mean radius of the Earth, kilometres (IUGG).
const EARTH_RADIUS_KM: f64 = 6_371.008_8;
/// How many places around a point are asked for their zone.
const AROUND: usize = 12;
/// Beyond this distance a place says little about the zone of a point, kilometres.
const FAR_KM: f64 = 100.0;
/// A place of another zone counts as near a border if it is at most so many times as far as the nearest place, and
/// [`BORDER_KM`] more.
const BORDER_RATIO: f64 = 2.0;
/// See [`BORDER_RATIO`].
const BORDER_KM: f64 = 10.0;

/// How sure the zone of a point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneCertainty {
    /// The place is near and the places around it are of the same zone.
    High,
    /// A place of another zone is not far, but clearly farther.
    Medium,
    /// Near a border of zones, or far from any place.
    Low,
}

/// The zone of a point, as the places around it have it.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneGuess {
    /// IANA zone of the nearest place.
    pub zone: &'static str,
    /// How sure it is.
    pub certainty: ZoneCertainty,
    /// Other zones around, the nearest first.
    pub alternatives: Vec<&'static str>,
    /// The nearest place.
    pub place: Place,
    /// Its distance, kilometres.
    pub distance_km: f64,
}

impl ZoneCertainty {
    /// The stable machine name.
    pub fn code(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// The listed place nearest to a point (degrees north and east) and its distance in kilometres (haversine on a sphere);
/// `None` when a coordinate is no number.
pub fn nearest(latitude_deg: f64, longitude_deg: f64) -> Option<(Place, f64)> {
    around(latitude_deg, longitude_deg, 1).first().map(|(distance_km, place)| (Place::of(*place), *distance_km))
}

/// The zone of the nearest listed place alone; [`zone_at`] says how sure it is.
pub fn nearest_zone(latitude_deg: f64, longitude_deg: f64) -> Option<&'static str> {
    zone_at(latitude_deg, longitude_deg).map(|guess| guess.zone)
}

/// The zone of a point (degrees north and east) by the places around it; `None` when a coordinate is no number.
pub fn zone_at(latitude_deg: f64, longitude_deg: f64) -> Option<ZoneGuess> {
    let around = around(latitude_deg, longitude_deg, AROUND);
    let zone_of = |place: usize| atlas().regions.get(asset().region(place)).map_or("UTC", |region| region.zone);
    let &(distance_km, place) = around.first()?;
    let zone = zone_of(place);
    let mut alternatives: Vec<&'static str> = Vec::new();
    for other in around.iter().map(|(_, place)| zone_of(*place)) {
        if other != zone && !alternatives.contains(&other) {
            alternatives.push(other);
        }
    }
    let border_km = around.iter().find(|(_, place)| zone_of(*place) != zone).map(|(km, _)| *km);
    let certainty = match border_km {
        _ if distance_km > FAR_KM => ZoneCertainty::Low,
        Some(other_km) if other_km <= BORDER_RATIO * distance_km + BORDER_KM => ZoneCertainty::Low,
        Some(_) => ZoneCertainty::Medium,
        None => ZoneCertainty::High,
    };
    Some(ZoneGuess { zone, certainty, alternatives, place: Place::of(place), distance_km })
}

/// The `count` places nearest to a point with their distances in kilometres, nearest first.
fn around(latitude_deg: f64, longitude_deg: f64, count: usize) -> Vec<(f64, usize)> {
    if !latitude_deg.is_finite() || !longitude_deg.is_finite() {
        return Vec::new();
    }
    let asset = asset();
    let (cos_lat, kilometres_per_degree) = (latitude_deg.to_radians().cos(), EARTH_RADIUS_KM.to_radians());
    let mut nearest: Vec<(f64, usize)> = Vec::with_capacity(count + 1);
    let mut farthest_km = f64::INFINITY;
    for place in 0..asset.len {
        let (lat, lon) = asset.point(place);
        // A degree of latitude is never shorter than this, so the difference alone rules most places out.
        if (lat - latitude_deg).abs() * kilometres_per_degree > farthest_km {
            continue;
        }
        let half_lat = ((lat - latitude_deg).to_radians() / 2.0).sin();
        let half_lon = ((lon - longitude_deg).to_radians() / 2.0).sin();
        let haversine = half_lat * half_lat + cos_lat * lat.to_radians().cos() * half_lon * half_lon;
        let distance_km = 2.0 * EARTH_RADIUS_KM * haversine.clamp(0.0, 1.0).sqrt().asin();
        if distance_km < farthest_km || nearest.len() < count {
            let at = nearest.partition_point(|(known_km, _)| *known_km <= distance_km);
            nearest.insert(at, (distance_km, place));
            nearest.truncate(count);
            if nearest.len() == count {
                farthest_km = nearest.last().map_or(f64::INFINITY, |(km, _)| *km);
            }
        }
    }
    nearest
}
