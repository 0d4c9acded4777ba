//! P: One eclipse of the Sun: the axis and the cones of the Moon's shadow against the ellipsoid of the Earth.

use serde::{Deserialize, Serialize};

use super::{EARTH_KM, MOON_KM, Pair, SUN_KM, contacts, dot, minimum, moon_longitude_deg, norm, plus};
use crate::astro::angles::wrap_deg;
use crate::astro::error::AstroError;
use crate::astro::events::moment::ut1_of_tt;
use crate::astro::frames;

/// Flattening of the Earth (IAU 1976).
const FLATTENING: f64 = 1.0 / 298.257;

/// The type of a solar eclipse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SolarKind {
    /// Only the penumbra touches the Earth.
    Partial,
    /// The Moon stands within the Sun's disc.
    Annular,
    /// The Moon covers the Sun.
    Total,
    /// Annular at its ends, total between.
    Hybrid,
}

/// An eclipse of the Sun, seen from the whole Earth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SolarEclipse {
    /// Its type.
    pub kind: SolarKind,
    /// Whether the axis of the shadow meets the Earth; false of every partial eclipse, and of a rare total or annular one.
    pub central: bool,
    /// Maximum, when the limbs of Moon and Sun overlap most (or miss each other least) for the centre of the Earth; Julian
    /// Date TT.
    pub maximum_jd_tt: f64,
    /// Greatest eclipse, when the axis of the shadow passes nearest to the centre of the Earth: up to ten seconds from the
    /// maximum, because the Moon's distance changes; Julian Date TT.
    pub greatest_jd_tt: f64,
    /// That least distance in radii of the Earth's equator, positive when the axis passes north.
    pub gamma: f64,
    /// Apparent tropical longitude of the Moon at the syzygy, 0..360 degrees: the degree that is called the eclipse's.
    pub moon_longitude_deg: f64,
    /// At the place of the maximum: the part of the Sun's diameter that is covered, or for a central eclipse the ratio
    /// of the diameters of Moon and Sun.
    pub magnitude: f64,
    /// Geodetic latitude of the place of the maximum, where the axis meets the Earth or passes nearest; degrees north.
    pub latitude_deg: f64,
    /// Its longitude, degrees east, -180..180.
    pub longitude_deg: f64,
    /// First and last contact of the penumbra with the Earth, Julian Dates TT.
    pub partial_jd_tt: (f64, f64),
    /// First and last contact of the umbra or its continuation, Julian Dates TT; none of a partial eclipse.
    pub umbral_jd_tt: Option<(f64, f64)>,
    /// Begin and end of the central line on the Earth; none of an eclipse that is not central.
    pub central_jd_tt: Option<(f64, f64)>,
}

/// The Moon's shadow at an instant, km. With the polar axis stretched so that the Earth is a sphere, but for the Moon's own
/// place and the cones.
struct Shadow {
    moon: [f64; 3],
    moon_stretched: [f64; 3],
    /// From the Sun through the Moon, a unit vector.
    axis: [f64; 3],
    /// From the fundamental plane up to the Moon.
    height: f64,
    /// From the centre of the Earth to the axis.
    miss: f64,
    /// By how much lengths in that direction are stretched.
    stretch: f64,
    /// Tangents of the half-angles of umbra and penumbra.
    umbra_tan: f64,
    penumbra_tan: f64,
}

impl Shadow {
    fn new(pair: &Pair) -> Self {
        let round = |v: [f64; 3]| [v[0], v[1], v[2] / (1.0 - FLATTENING)];
        let true_gap = norm(plus(pair.moon, -1.0, pair.sun));
        let (sun, moon) = (round(pair.sun), round(pair.moon));
        let towards = plus(moon, -1.0, sun);
        let axis = towards.map(|v| v / norm(towards));
        let height = -dot(moon, axis);
        let foot = plus(moon, height, axis);
        let (umbra_sin, penumbra_sin) = ((SUN_KM - MOON_KM) / true_gap, (SUN_KM + MOON_KM) / true_gap);
        let tan = |sine: f64| sine / (1.0 - sine * sine).sqrt();
        Self {
            moon: pair.moon,
            moon_stretched: moon,
            axis,
            height,
            miss: norm(foot),
            stretch: norm(foot) / norm([foot[0], foot[1], foot[2] * (1.0 - FLATTENING)]),
            umbra_tan: tan(umbra_sin),
            penumbra_tan: tan(penumbra_sin),
        }
    }

    /// Radius of the umbra at a distance from the Moon; negative where it is its continuation (annular).
    fn umbra(&self, distance: f64) -> f64 {
        MOON_KM - distance * self.umbra_tan
    }

    fn penumbra(&self, distance: f64) -> f64 {
        MOON_KM + distance * self.penumbra_tan
    }

    /// The place where the axis first meets the Earth, or the nearest to it; unstretched, geocentric.
    fn place(&self) -> [f64; 3] {
        let reach = self.height - (EARTH_KM * EARTH_KM - self.miss * self.miss).max(0.0).sqrt();
        let foot = plus(self.moon_stretched, reach, self.axis);
        let scale = EARTH_KM / norm(foot).max(EARTH_KM);
        [foot[0] * scale, foot[1] * scale, foot[2] * scale * (1.0 - FLATTENING)]
    }

    /// Radius of the umbra at that place; negative if annular.
    fn umbra_at_place(&self) -> f64 {
        self.umbra(norm(plus(self.place(), -1.0, self.moon)))
    }
}

/// The eclipse at the new moon near a Julian Date TT, if there is one.
pub(super) fn near(new_moon_jd_tt: f64) -> Result<Option<SolarEclipse>, AstroError> {
    let greatest_jd_tt = minimum(new_moon_jd_tt, |jd| Ok(true_miss(&Pair::at(jd)?).0.powi(2)))?;
    let jd = deepest(greatest_jd_tt)?;
    let pair = Pair::at(jd)?;
    let shadow = Shadow::new(&pair);
    let touch = |radius: fn(&Shadow) -> f64| {
        contacts(jd, move |jd| {
            let shadow = Shadow::new(&Pair::at(jd)?);
            Ok((shadow.miss.powi(2) - radius(&shadow).powi(2)) / EARTH_KM)
        })
    };
    let penumbral = touch(|shadow| EARTH_KM + shadow.penumbra(shadow.height) * shadow.stretch)?;
    let Some(partial_jd_tt) = penumbral else { return Ok(None) };
    let umbral = touch(|shadow| EARTH_KM + shadow.umbra(shadow.height).abs() * shadow.stretch)?;
    let central = touch(|_| EARTH_KM)?;
    let total = shadow.umbra_at_place() > 0.0;
    let kind = match (umbral, total) {
        (None, _) => SolarKind::Partial,
        (Some(_), false) => SolarKind::Annular,
        (Some(_), true) if annular_at_an_end(central)? => SolarKind::Hybrid,
        (Some(_), true) => SolarKind::Total,
    };
    let (miss, north) = true_miss(&Pair::at(greatest_jd_tt)?);
    let place = shadow.place();
    let (latitude_deg, longitude_deg) = geodetic(place, jd);
    Ok(Some(SolarEclipse {
        kind,
        central: central.is_some(),
        maximum_jd_tt: jd,
        greatest_jd_tt,
        gamma: if north { miss } else { -miss } / EARTH_KM,
        moon_longitude_deg: moon_longitude_deg(new_moon_jd_tt)?,
        magnitude: magnitude(&pair, place, central.is_some()),
        latitude_deg,
        longitude_deg,
        partial_jd_tt,
        umbral_jd_tt: umbral,
        central_jd_tt: central,
    }))
}

/// When the limbs overlap most, near the greatest eclipse.
fn deepest(greatest_jd_tt: f64) -> Result<f64, AstroError> {
    // The separation less the semidiameters is least where the derivative of separation squared, less twice the separation
    // there times that of the semidiameters, is zero: a smooth function even where the separation itself has a corner.
    let apart = angles(&Pair::at(greatest_jd_tt)?).0;
    minimum(greatest_jd_tt, |jd| {
        let (separation, semidiameters) = angles(&Pair::at(jd)?);
        Ok(separation * separation - 2.0 * apart * semidiameters)
    })
}

/// Separation of the centres and sum of the semidiameters for the centre of the Earth, radians.
fn angles(pair: &Pair) -> (f64, f64) {
    let (sun_km, moon_km) = (norm(pair.sun), norm(pair.moon));
    let across = plus(pair.moon, -dot(pair.moon, pair.sun) / (sun_km * sun_km), pair.sun);
    ((norm(across) / moon_km).asin(), (SUN_KM / sun_km).asin() + (MOON_KM / moon_km).asin())
}

/// Distance of the axis from the centre of the Earth, km, unstretched, and whether it passes north.
fn true_miss(pair: &Pair) -> (f64, bool) {
    let towards = plus(pair.moon, -1.0, pair.sun);
    let axis = towards.map(|v| v / norm(towards));
    let foot = plus(pair.moon, -dot(pair.moon, axis), axis);
    (norm(foot), foot[2] > 0.0)
}

/// Whether the shadow that falls on the Earth at one end of the central line is no umbra any more.
fn annular_at_an_end(central: Option<(f64, f64)>) -> Result<bool, AstroError> {
    let Some((begin, end)) = central else { return Ok(false) };
    for jd in [begin, end] {
        let shadow = Shadow::new(&Pair::at(jd)?);
        if shadow.umbra_at_place() < 0.0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The magnitude as a place (geocentric km) has it.
fn magnitude(pair: &Pair, place: [f64; 3], central: bool) -> f64 {
    let (sun, moon) = (plus(pair.sun, -1.0, place), plus(pair.moon, -1.0, place));
    let (sun_radius, moon_radius) = ((SUN_KM / norm(sun)).asin(), (MOON_KM / norm(moon)).asin());
    if central {
        return moon_radius / sun_radius;
    }
    let separation = (dot(sun, moon) / norm(sun) / norm(moon)).clamp(-1.0, 1.0).acos();
    (sun_radius + moon_radius - separation) / (2.0 * sun_radius)
}

/// Geodetic latitude and longitude, degrees, of a place on the ellipsoid in axes of the equator of date.
fn geodetic(place: [f64; 3], jd_tt: f64) -> (f64, f64) {
    let latitude = place[2].atan2(place[0].hypot(place[1]) * (1.0 - FLATTENING).powi(2));
    let sidereal_deg = frames::gast_deg(ut1_of_tt(jd_tt), jd_tt);
    (latitude.to_degrees(), wrap_deg(place[1].atan2(place[0]).to_degrees() - sidereal_deg))
}
