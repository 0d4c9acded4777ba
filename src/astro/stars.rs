//! P: Apparent ecliptic places of the fixed stars that tradition names, and their conjunctions with points of a chart.
//! Interprets nothing.
//!
//! Positions and motions are those of the Hipparcos catalogue's new reduction (van Leeuwen 2007), see `data/README.md`.
//! Each star moves in a straight line through space (ESA 1997, The Hipparcos and Tycho Catalogues, vol. 1, 1.5.5), with
//! its radial velocity and annual parallax; the orbits of double stars are left out. Against Skyfield over DE440 at twelve
//! instants from 1550 to 2649: within 0.004 arcseconds.
//!
//! Source: van Leeuwen 2007; ESA 1997. Error: 0.004 arcsec (`places_agree_with_skyfield`).

use std::sync::OnceLock;

use serde::Serialize;

use super::angles::wrap_deg;
use super::ephemeris::Ephemeris;
use super::error::AstroError;
use super::names::Lang;
use super::point::Point;
use super::spans::Span;

/// The table; `data/stars/build_stars.py` makes it.
const TABLE: &str = include_str!("../../data/stars/stars.csv");
/// Epoch of the catalogue, J1991.25, as Julian Date TDB.
const EPOCH_JD_TDB: f64 = 2_448_349.062_5;
/// One radian in milliarcseconds.
const MAS_PER_RAD: f64 = 648_000_000.0 / std::f64::consts::PI;
/// One AU per Julian year in kilometres per second (exact by the definitions of both).
const KM_S_PER_AU_YEAR: f64 = 149_597_870.7 / (365.25 * 86_400.0);
/// Speed of light, km/s.
const LIGHT_KM_S: f64 = 299_792.458;

/// Where a star's nature is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NatureSource {
    /// Ptolemy, Tetrabiblos I.9, by the part of the figure in which the star stands.
    Ptolemy,
    /// Robson 1923, The Fixed Stars and Constellations in Astrology, for stars of which Ptolemy does not speak singly.
    Robson,
}

/// A star of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Star {
    /// The stable machine name, such as `deneb_algedi`.
    pub code: &'static str,
    /// English name.
    pub name: &'static str,
    /// French name.
    pub name_fr: &'static str,
    /// Bayer's name, such as `alf Leo`.
    pub bayer: &'static str,
    /// Number in the Hipparcos catalogue.
    pub hipparcos: u32,
    /// Visual magnitude.
    pub magnitude: f64,
    /// The planets whose nature tradition gives it, by their codes, the stronger first.
    pub nature: Vec<&'static str>,
    /// Who says so.
    pub nature_source: NatureSource,
    /// Barycentric place at the epoch, ICRS, AU.
    place_au: [f64; 3],
    /// Space motion as seen from the barycentre, AU per day.
    velocity_au_per_day: [f64; 3],
}

/// Where a star stands at an instant: apparent, geocentric, true ecliptic and equinox of date.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StarPlace {
    /// Which star.
    pub star: &'static Star,
    /// Ecliptic longitude, 0..360 degrees.
    pub longitude_deg: f64,
    /// Ecliptic latitude, degrees north.
    pub latitude_deg: f64,
}

/// A star and a point of the chart at one longitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StarHit {
    /// The star and where it stands.
    pub place: StarPlace,
    /// The point beside it.
    pub point: Point,
    /// Longitude of the point less that of the star, degrees; negative when the point has not reached the star.
    pub orb_deg: f64,
    /// Given where the time is vague: between what the figures lie.
    pub open: Option<OpenStar>,
}

/// Between what the figures of a star beside a point lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OpenStar {
    /// Longitude of the point less that of the star, degrees.
    pub orb_deg: Span,
    /// The star's longitude, degrees.
    pub longitude_deg: Span,
    /// Its latitude, degrees.
    pub latitude_deg: Span,
}

/// Which conjunctions count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StarOptions {
    /// Largest difference of longitude, degrees.
    pub orb_deg: f64,
    /// Faintest visual magnitude.
    pub magnitude_max: f64,
}

impl Default for StarOptions {
    /// One degree, and magnitude 2.5: the stars that are plain to see from a town.
    fn default() -> Self {
        Self { orb_deg: 1.0, magnitude_max: 2.5 }
    }
}

impl NatureSource {
    /// `ptolemy` or `robson`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ptolemy => "ptolemy",
            Self::Robson => "robson",
        }
    }
}

impl Star {
    /// The display name.
    pub fn name(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.name,
            Lang::Fr => self.name_fr,
        }
    }

    /// The star with this code, if the table has it.
    pub fn from_code(code: &str) -> Option<&'static Self> {
        all().iter().find(|star| star.code == code)
    }

    /// A row of the table; none if it is broken, which a test rules out.
    fn parse(row: &'static str) -> Option<Self> {
        let fields: Vec<&'static str> = row.split(',').collect();
        let [code, name, name_fr, bayer, hipparcos, numbers @ .., nature, source] = fields.as_slice() else {
            return None;
        };
        let numbers: Vec<f64> = numbers.iter().map_while(|text| text.parse().ok()).collect();
        let &[ra_deg, dec_deg, pm_ra_mas, pm_dec_mas, parallax_mas, radial_km_s, magnitude] = numbers.as_slice() else {
            return None;
        };
        let (place_au, velocity_au_per_day) =
            space_motion([ra_deg, dec_deg], [pm_ra_mas, pm_dec_mas], parallax_mas, radial_km_s);
        let nature_source = if *source == "robson" { NatureSource::Robson } else { NatureSource::Ptolemy };
        let (hipparcos, nature) = (hipparcos.parse().ok()?, nature.split(' ').collect());
        Some(Self {
            code,
            name,
            name_fr,
            bayer,
            hipparcos,
            magnitude,
            nature,
            nature_source,
            place_au,
            velocity_au_per_day,
        })
    }
}

/// Place (AU) and velocity (AU per day) from catalogue values: ESA 1997, vol. 1, eqs. 1.2.11 to 1.2.16, with the
/// light-time factor of Stumpff 1985 for a star that comes nearer or recedes.
fn space_motion(
    [ra_deg, dec_deg]: [f64; 2],
    [pm_ra_mas, pm_dec_mas]: [f64; 2],
    parallax_mas: f64,
    radial_km_s: f64,
) -> ([f64; 3], [f64; 3]) {
    let (sin_ra, cos_ra) = ra_deg.to_radians().sin_cos();
    let (sin_dec, cos_dec) = dec_deg.to_radians().sin_cos();
    let outward = [cos_dec * cos_ra, cos_dec * sin_ra, sin_dec];
    let east = [-sin_ra, cos_ra, 0.0];
    let north = [-sin_dec * cos_ra, -sin_dec * sin_ra, cos_dec];
    let distance_au = MAS_PER_RAD / parallax_mas;
    let doppler = 1.0 / (1.0 - radial_km_s / LIGHT_KM_S);
    let per_day = |au_per_year: f64| au_per_year * doppler / 365.25;
    let along_east = per_day(pm_ra_mas / parallax_mas);
    let along_north = per_day(pm_dec_mas / parallax_mas);
    let along_sight = per_day(radial_km_s / KM_S_PER_AU_YEAR);
    let velocity = [0, 1, 2].map(|i| along_east * east[i] + along_north * north[i] + along_sight * outward[i]);
    (outward.map(|part| part * distance_au), velocity)
}

/// Every star of the table, by Hipparcos number.
pub fn all() -> &'static [Star] {
    static STARS: OnceLock<Vec<Star>> = OnceLock::new();
    STARS.get_or_init(|| {
        let mut stars: Vec<Star> = TABLE.lines().skip(1).filter_map(Star::parse).collect();
        stars.sort_by_key(|star| star.hipparcos);
        stars
    })
}

/// The places at a Julian Date TT of all stars as bright as `magnitude_max` or brighter.
///
/// # Errors
/// [`AstroError::OutOfSpan`] outside the ephemeris.
pub fn places(jd_tt: f64, magnitude_max: f64) -> Result<Vec<StarPlace>, AstroError> {
    let sky = Ephemeris::embedded().far_sky(jd_tt)?;
    let bright = all().iter().filter(|star| star.magnitude <= magnitude_max);
    Ok(bright
        .map(|star| {
            let (longitude_deg, latitude_deg) = sky.ecliptic_deg(star.place_au, star.velocity_au_per_day, EPOCH_JD_TDB);
            StarPlace { star, longitude_deg, latitude_deg }
        })
        .collect())
}

/// The tropical longitudes, degrees, of some stars by their codes; not a number for a code that the table lacks.
///
/// # Errors
/// As [`places`].
pub fn longitudes_deg<const N: usize>(codes: [&str; N], jd_tt: f64) -> Result<[f64; N], AstroError> {
    let sky = Ephemeris::embedded().far_sky(jd_tt)?;
    let longitude = |star: &Star| sky.ecliptic_deg(star.place_au, star.velocity_au_per_day, EPOCH_JD_TDB).0;
    Ok(codes.map(|code| Star::from_code(code).map_or(f64::NAN, longitude)))
}

/// The conjunctions in longitude of stars with points (each with its tropical longitude, degrees), the closest first.
///
/// # Errors
/// As [`places`].
pub fn conjunctions(jd_tt: f64, points: &[(Point, f64)], options: &StarOptions) -> Result<Vec<StarHit>, AstroError> {
    let mut hits = Vec::new();
    for place in places(jd_tt, options.magnitude_max)? {
        for &(point, longitude_deg) in points {
            let orb_deg = wrap_deg(longitude_deg - place.longitude_deg);
            if orb_deg.abs() <= options.orb_deg {
                hits.push(StarHit { place, point, orb_deg, open: None });
            }
        }
    }
    hits.sort_by(|a, b| a.orb_deg.abs().total_cmp(&b.orb_deg.abs()));
    Ok(hits)
}

#[cfg(test)]
mod tests;
