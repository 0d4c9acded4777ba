//! P: Where Sun, Earth and Moon are at an instant, how they move, and what pulls them; nothing apparent and no frame of date.
//!
//! Accelerations come from Newton's law and not from the series, whose second derivatives are rough: they enter only rates.

use super::asset::{Asset, Content};
use super::jet::{Jet, Scalar, Vec3};
use super::series::State;
use crate::astro::nodes::GM_EARTH_MOON;

/// Mass of the Earth over that of the Moon, DE440 (Park et al. 2021).
const EARTH_MOON_RATIO: f64 = 81.300_568_221_497_22;
/// Gravity of the Sun, AU^3 per day^2, DE440 (Park et al. 2021).
const GM_SUN: f64 = 2.959_122_082_841_196e-4;
/// The same of Venus and of Jupiter with its moons.
const GM_VENUS: f64 = 7.243_452_332_644_12e-10;
const GM_JUPITER: f64 = 2.825_345_825_225_792e-7;
/// Dynamical form factor of the Earth (IERS Conventions 2010).
const EARTH_J2: f64 = 1.082_635_9e-3;
/// Equatorial radius of the Earth in AU.
const EARTH_RADIUS_AU: f64 = 6_378.136_6 / 149_597_870.7;

/// What the Earth and its neighbours do at an instant (TDB): all that the places of an instant share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant {
    pub(super) jd_tdb: f64,
    pub(super) sun: Moving,
    pub(super) earth: Moving,
    /// Barycentric.
    pub(super) moon: Moving,
    /// Geocentric and geometric.
    pub(super) moon_geocentric: Moving,
}

/// A body's place, and its derivatives by time up to the third (AU and days). What is not known, or not felt, is zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moving {
    pub(super) place: Vec3<f64>,
    pub(super) velocity: Vec3<f64>,
    pub(super) acceleration: Vec3<f64>,
    jerk: Vec3<f64>,
}

/// A scalar that can be taken out of a motion: a place with or without its rate.
pub(super) trait Motion: Scalar {
    /// The vector that moves from `place` with `velocity`.
    fn vector(place: Vec3<f64>, velocity: Vec3<f64>) -> Vec3<Self>;
    /// A number with its rate.
    fn number(value: f64, rate: f64) -> Self;
}

impl Motion for f64 {
    #[inline]
    fn vector(place: Vec3<f64>, _: Vec3<f64>) -> Vec3<Self> {
        place
    }
    #[inline]
    fn number(value: f64, _: f64) -> Self {
        value
    }
}

impl Motion for Jet {
    #[inline]
    fn vector(place: Vec3<f64>, velocity: Vec3<f64>) -> Vec3<Self> {
        Vec3([0, 1, 2].map(|i| Self::new(place.0[i], velocity.0[i])))
    }
    #[inline]
    fn number(value: f64, rate: f64) -> Self {
        Self::new(value, rate)
    }
}

impl Moving {
    /// A motion without a third derivative.
    pub(super) fn new(place: Vec3<f64>, velocity: Vec3<f64>, acceleration: Vec3<f64>) -> Self {
        Self { place, velocity, acceleration, jerk: Vec3([0.0; 3]) }
    }

    /// A motion without acceleration.
    fn straight(state: State) -> Self {
        Self::new(Vec3(state.place), Vec3(state.velocity), Vec3([0.0; 3]))
    }

    /// The place as a moving vector.
    #[inline]
    pub(super) fn vector<T: Motion>(&self) -> Vec3<T> {
        T::vector(self.place, self.velocity)
    }

    /// The velocity as a moving vector.
    #[inline]
    pub(super) fn velocity<T: Motion>(&self) -> Vec3<T> {
        T::vector(self.velocity, self.acceleration)
    }

    /// Place and velocity some `days` later: as much as light takes within the planetary system.
    #[inline]
    pub(super) fn after(&self, days: f64) -> (Vec3<f64>, Vec3<f64>) {
        let (half, third) = (0.5 * days, days / 3.0);
        let bend = self.acceleration + self.jerk.scale(third);
        let turn = self.acceleration + self.jerk.scale(half);
        (self.place + (self.velocity + bend.scale(half)).scale(days), self.velocity + turn.scale(days))
    }
}

impl std::ops::Add for Moving {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        Self {
            place: self.place + o.place,
            velocity: self.velocity + o.velocity,
            acceleration: self.acceleration + o.acceleration,
            jerk: self.jerk + o.jerk,
        }
    }
}

impl Instant {
    pub(super) fn new(asset: &Asset, jd_tdb: f64) -> Self {
        let sun = Moving::straight(asset.series(Content::Sun).motion(jd_tdb));
        let barycentre = drawn_to(&sun, asset.series(Content::EarthMoon).motion(jd_tdb));
        let mut moon_geocentric = Moving::straight(asset.series(Content::Moon).motion(jd_tdb));
        moon_geocentric.acceleration = lunar_acceleration(moon_geocentric.place, sun.place - barycentre.place, jd_tdb);
        let Moving { place, velocity, acceleration, .. } = moon_geocentric;
        let part = |factor: f64| Moving::new(place.scale(factor), velocity.scale(factor), acceleration.scale(factor));
        let earth_part = 1.0 / (1.0 + EARTH_MOON_RATIO);
        let (earth, moon) = (barycentre + part(-earth_part), barycentre + part(1.0 - earth_part));
        Self { jd_tdb, sun, earth, moon, moon_geocentric }
    }

    /// The geocentric motion of the Moon with the tides of Venus and Jupiter besides: a ten-thousandth of the Sun's, which
    /// only the osculating orbit feels.
    pub(super) fn moon_of_planets(&self, asset: &Asset) -> Moving {
        let mut moon = self.moon_geocentric;
        let barycentre = self.earth.place + moon.place.scale(1.0 / (1.0 + EARTH_MOON_RATIO));
        for (content, gm) in [(Content::Venus, GM_VENUS), (Content::Jupiter, GM_JUPITER)] {
            let place = Vec3(asset.series(content).motion(self.jd_tdb).place) - barycentre;
            moon.acceleration = moon.acceleration + tide(gm, place, moon.place);
        }
        moon
    }

    /// The barycentric motion of a body.
    #[inline]
    pub(super) fn body(&self, asset: &Asset, content: Content) -> Moving {
        match content {
            Content::Sun => self.sun,
            Content::Moon => self.moon,
            _ => drawn_to(&self.sun, asset.series(content).motion(self.jd_tdb)),
        }
    }
}

/// A barycentric motion on which the Sun alone is felt; the planets' pull is less than a thousandth of that.
#[inline]
fn drawn_to(sun: &Moving, state: State) -> Moving {
    let (place, velocity) = (Vec3(state.place), Vec3(state.velocity));
    let (r, v) = (place - sun.place, velocity - sun.velocity);
    let r2 = r.dot(r);
    let pull = -GM_SUN / (r2 * r2.sqrt());
    let slide = 3.0 * r.dot(v) / r2;
    Moving { place, velocity, acceleration: r.scale(pull), jerk: (v - r.scale(slide)).scale(pull) }
}

/// Acceleration of the Moon relative to the Earth that a body of gravity `gm` causes from `place`, both from the
/// Earth-Moon barycentre.
fn tide(gm: f64, place: Vec3<f64>, moon: Vec3<f64>) -> Vec3<f64> {
    let cube = |v: Vec3<f64>| v.dot(v) * v.norm();
    let earth_part = 1.0 / (1.0 + EARTH_MOON_RATIO);
    let (from_earth, from_moon) = (place + moon.scale(earth_part), place - moon.scale(1.0 - earth_part));
    from_moon.scale(gm / cube(from_moon)) - from_earth.scale(gm / cube(from_earth))
}

/// Acceleration of the Moon relative to the Earth: two bodies, the Sun's tide (`sun` from the Earth-Moon barycentre) and
/// the Earth's oblateness (Montenbruck and Gill 2000, eq. 3.34).
fn lunar_acceleration(moon: Vec3<f64>, sun: Vec3<f64>, jd_tdb: f64) -> Vec3<f64> {
    let (outward, r) = moon.unit();
    let pull = GM_EARTH_MOON / (r * r);
    // The pole of date, near enough: precession has moved it along x by 2004.2 arcsec a century.
    let pole = Vec3([9.717e-3 * (jd_tdb - 2_451_545.0) / 36_525.0, 0.0, 1.0]).unit().0;
    let sine = outward.dot(pole);
    let flattening = 1.5 * EARTH_J2 * (EARTH_RADIUS_AU / r).powi(2);
    let oblate = outward.scale(1.0 - 5.0 * sine * sine) + pole.scale(2.0 * sine);
    tide(GM_SUN, sun, moon) - (outward + oblate.scale(flattening)).scale(pull)
}
