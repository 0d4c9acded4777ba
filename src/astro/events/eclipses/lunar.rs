//! P: One eclipse of the Moon: her way through the shadow of the Earth.

use serde::{Deserialize, Serialize};

use super::{EARTH_KM, MOON_KM, Pair, SUN_KM, contacts, dot, minimum, moon_longitude_deg, norm, plus};
use crate::astro::error::AstroError;

/// The air enlarges the Earth's shadow as if the Moon's parallax were larger by this factor (Danjon 1951, as in the French
/// almanacs and in Espenak and Meeus 2009).
const DANJON: f64 = 1.01;

/// The type of a lunar eclipse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LunarKind {
    /// The Moon touches the penumbra alone.
    Penumbral,
    /// A part of the Moon passes through the umbra.
    Partial,
    /// The whole Moon is within the umbra.
    Total,
}

/// An eclipse of the Moon.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LunarEclipse {
    /// Its type.
    pub kind: LunarKind,
    /// Maximum, when the Moon is deepest in the shadow of the Earth as it would be without air; Julian Date TT.
    pub maximum_jd_tt: f64,
    /// Greatest eclipse, when the Moon passes nearest to the axis of the shadow: up to seven seconds from the maximum,
    /// because her distance changes; Julian Date TT.
    pub greatest_jd_tt: f64,
    /// That least distance in radii of the Earth's equator, positive when the Moon passes north.
    pub gamma: f64,
    /// Apparent tropical longitude of the Moon at the syzygy, 0..360 degrees: the degree that is called the eclipse's.
    pub moon_longitude_deg: f64,
    /// The part of the Moon's diameter within the umbra; below zero if she misses it.
    pub umbral_magnitude: f64,
    /// The part of the Moon's diameter within the penumbra.
    pub penumbral_magnitude: f64,
    /// Begin and end of the penumbral phase, Julian Dates TT.
    pub penumbral_jd_tt: (f64, f64),
    /// Begin and end of the partial phase; none of a penumbral eclipse.
    pub partial_jd_tt: Option<(f64, f64)>,
    /// Begin and end of totality; none unless total.
    pub total_jd_tt: Option<(f64, f64)>,
}

/// Angles at the centre of the Earth, radians.
struct Shadow {
    /// Between the centres of Moon and shadow.
    separation: f64,
    moon: f64,
    umbra: f64,
    penumbra: f64,
}

impl Shadow {
    fn new(pair: &Pair) -> Self {
        let (sun_km, moon_km) = (norm(pair.sun), norm(pair.moon));
        let parallax = DANJON * (EARTH_KM / moon_km).asin() + (EARTH_KM / sun_km).asin();
        let sun = (SUN_KM / sun_km).asin();
        let cross = plus(pair.moon, -dot(pair.moon, pair.sun) / (sun_km * sun_km), pair.sun);
        Self {
            separation: (norm(cross) / moon_km).asin(),
            moon: (MOON_KM / moon_km).asin(),
            umbra: parallax - sun,
            penumbra: parallax + sun,
        }
    }

    fn magnitude(&self, shadow: f64) -> f64 {
        (shadow + self.moon - self.separation) / (2.0 * self.moon)
    }
}

/// The eclipse at the full moon near a Julian Date TT, if there is one.
pub(super) fn near(full_moon_jd_tt: f64) -> Result<Option<LunarEclipse>, AstroError> {
    let greatest_jd_tt = minimum(full_moon_jd_tt, |jd| Ok(miss(&Pair::at(jd)?).0.powi(2)))?;
    let jd = deepest(greatest_jd_tt)?;
    let pair = Pair::at(jd)?;
    let shadow = Shadow::new(&pair);
    // In units in which the tolerance of the contacts is some milliseconds.
    let touch = |reach: fn(&Shadow) -> f64| {
        contacts(jd, move |jd| {
            let shadow = Shadow::new(&Pair::at(jd)?);
            Ok((shadow.separation.powi(2) - reach(&shadow).powi(2)) * 1e7)
        })
    };
    let Some(penumbral_jd_tt) = touch(|s| s.penumbra + s.moon)? else { return Ok(None) };
    let partial_jd_tt = touch(|s| s.umbra + s.moon)?;
    let total_jd_tt = touch(|s| s.umbra - s.moon)?;
    let kind = match (partial_jd_tt, total_jd_tt) {
        (None, _) => LunarKind::Penumbral,
        (Some(_), None) => LunarKind::Partial,
        (Some(_), Some(_)) => LunarKind::Total,
    };
    let (miss_km, north) = miss(&Pair::at(greatest_jd_tt)?);
    Ok(Some(LunarEclipse {
        kind,
        maximum_jd_tt: jd,
        greatest_jd_tt,
        gamma: if north { miss_km } else { -miss_km } / EARTH_KM,
        moon_longitude_deg: moon_longitude_deg(full_moon_jd_tt)?,
        umbral_magnitude: shadow.magnitude(shadow.umbra),
        penumbral_magnitude: shadow.magnitude(shadow.penumbra),
        penumbral_jd_tt,
        partial_jd_tt,
        total_jd_tt,
    }))
}

/// When the Moon is deepest in the shadow, near the greatest eclipse; as `solar::deepest`.
fn deepest(greatest_jd_tt: f64) -> Result<f64, AstroError> {
    let apart = Shadow::new(&Pair::at(greatest_jd_tt)?).separation;
    minimum(greatest_jd_tt, |jd| {
        let pair = Pair::at(jd)?;
        let (separation, earth) = (Shadow::new(&pair).separation, (EARTH_KM / norm(pair.moon)).asin());
        Ok(separation * separation - 2.0 * apart * (earth + (SUN_KM / norm(pair.sun)).asin()))
    })
}

/// Distance of the Moon's centre from the axis of the shadow, km, and whether she passes north of it.
fn miss(pair: &Pair) -> (f64, bool) {
    let sun_km = norm(pair.sun);
    let foot = plus(pair.moon, -dot(pair.moon, pair.sun) / (sun_km * sun_km), pair.sun);
    (norm(foot), foot[2] > 0.0)
}
