//! P: Houses cut by great circles: Regiomontanus, Campanus, Topocentric, Morinus, Meridian, Krusinski. Cusps are tropical
//! longitudes in degrees; which way the polar sky is turned is the caller's matter.

use crate::astro::angles::{LocalSky, norm_deg};

/// Regiomontanus: circles through the north and south points of the horizon cut the equator every thirty degrees from the
/// meridian (Regiomontanus 1490; formulas of Holden 1977). Cusps 11, 12, 2, 3.
pub(super) fn regiomontanus(sky: &LocalSky) -> [f64; 4] {
    let tan_lat = sky.latitude_deg.to_radians().tan();
    [30.0_f64, 60.0, 120.0, 150.0].map(|step_deg| {
        let pole_deg = (tan_lat * step_deg.to_radians().sin()).atan().to_degrees();
        sky.rising_deg(sky.armc_deg + step_deg, pole_deg)
    })
}

/// Campanus: the same circles cut the prime vertical every thirty degrees (Campanus, 13th century; formulas of Holden 1977).
/// Cusps 11, 12, 2, 3.
pub(super) fn campanus(sky: &LocalSky) -> [f64; 4] {
    let (sin_lat, cos_lat) = sky.latitude_deg.to_radians().sin_cos();
    [30.0_f64, 60.0, 120.0, 150.0].map(|step_deg| {
        let (sin, cos) = step_deg.to_radians().sin_cos();
        let on_equator_deg = (sin * cos_lat).atan2(cos).to_degrees();
        sky.rising_deg(sky.armc_deg + on_equator_deg, (sin_lat * sin).asin().to_degrees())
    })
}

/// Topocentric houses: thirty degrees of the equator each, under poles whose tangents are one or two thirds of that of the
/// latitude (Polich and Page 1964, The Topocentric System of Houses). Cusps 11, 12, 2, 3.
pub(super) fn topocentric(sky: &LocalSky) -> [f64; 4] {
    let tan_lat = sky.latitude_deg.to_radians().tan();
    [(30.0, 1.0), (60.0, 2.0), (120.0, 2.0), (150.0, 1.0)]
        .map(|(step_deg, thirds)| sky.rising_deg(sky.armc_deg + step_deg, (tan_lat * thirds / 3.0).atan().to_degrees()))
}

/// Morinus: the equator cut every thirty degrees from the meridian, each cut carried to the ecliptic by a circle through the
/// poles of the ecliptic (Morin 1661, Astrologia Gallica). All twelve cusps; the first is not the Ascendant.
pub(super) fn morinus(sky: &LocalSky) -> [f64; 12] {
    let cos_eps = sky.obliquity_deg.to_radians().cos();
    std::array::from_fn(|house| {
        let (sin_ra, cos_ra) = (sky.armc_deg + 90.0 + 30.0 * house as f64).to_radians().sin_cos();
        norm_deg((sin_ra * cos_eps).atan2(cos_ra).to_degrees())
    })
}

/// Meridian (axial) houses: the same cuts of the equator, carried by circles through the poles of the equator (Zariel).
/// All twelve cusps; the first is the East Point.
pub(super) fn meridian(sky: &LocalSky) -> [f64; 12] {
    std::array::from_fn(|house| sky.ecliptic_of_right_ascension_deg(sky.armc_deg + 90.0 + 30.0 * house as f64))
}

/// Krusinski (Krusinski, Pisa, Goelzer): the great circle through the Ascendant and the zenith cut every thirty degrees from
/// the Ascendant, each cut carried to the ecliptic by a circle through the poles of the equator (Krusinski 1995). All twelve
/// cusps.
pub(super) fn krusinski(sky: &LocalSky, ascendant_deg: f64) -> [f64; 12] {
    let (sin_asc, cos_asc) = ascendant_deg.to_radians().sin_cos();
    let cos_eps = sky.obliquity_deg.to_radians().cos();
    let (sin_armc, cos_armc) = sky.armc_deg.to_radians().sin_cos();
    let cos_lat = sky.latitude_deg.to_radians().cos();
    // Of the two directions, which stand at right angles, the equatorial parts are enough.
    let (rising, zenith) = ([cos_asc, sin_asc * cos_eps], [cos_lat * cos_armc, cos_lat * sin_armc]);
    std::array::from_fn(|house| {
        let (sin, cos) = (30.0 * house as f64).to_radians().sin_cos();
        let (x, y) = (cos * rising[0] - sin * zenith[0], cos * rising[1] - sin * zenith[1]);
        norm_deg(y.atan2(x * cos_eps).to_degrees())
    })
}
