//! P: From barycentric places to apparent directions: light-time, the Sun's deflection, aberration. No frame of date.
//!
//! The formulas are those of the IAU's astrometric chain (Klioner 2003; Urban and Seidelmann 2013, ch. 7).

use super::asset::{Asset, Content};
use super::jet::{Jet, Scalar, Vec3};
use super::series::{Series, State};

/// Speed of light in AU per day (exact, from 299 792.458 km/s and 149 597 870.7 km).
const LIGHT_AU_PER_DAY: f64 = 299_792.458 * 86_400.0 / 149_597_870.7;
/// Mass of the Earth over that of the Moon, DE440 (Park et al. 2021).
const EARTH_MOON_RATIO: f64 = 81.300_568_221_497_22;
/// Schwarzschild radius of the Sun in AU.
const SUN_SCHWARZSCHILD_AU: f64 = 1.974_125_743_36e-8;
/// Floor of 1 + cos(elongation of Sun and body as seen from each other), so that a body behind the Sun stays finite.
const DEFLECTION_FLOOR: f64 = 1e-6;

/// What the Earth and its neighbours do at an instant (TDB): all that the places of an instant share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant {
    jd_tdb: f64,
    sun: State,
    earth: State,
    /// Barycentric.
    moon: State,
    /// Geocentric and geometric.
    pub(super) moon_geocentric: State,
}

/// A scalar that can be taken out of a state: a place with or without its motion.
pub(super) trait Motion: Scalar {
    /// The state of a body on which rates depend: with its acceleration where rates are wanted.
    fn state(series: &Series, jd_tdb: f64) -> State;
    /// The vector that moves from `place` with `velocity`.
    fn vector(place: [f64; 3], velocity: [f64; 3]) -> Vec3<Self>;
    /// A number with its rate.
    fn number(value: f64, rate: f64) -> Self;
}

impl Motion for f64 {
    #[inline]
    fn state(series: &Series, jd_tdb: f64) -> State {
        series.motion(jd_tdb)
    }
    #[inline]
    fn vector(place: [f64; 3], _: [f64; 3]) -> Vec3<Self> {
        Vec3(place)
    }
    #[inline]
    fn number(value: f64, _: f64) -> Self {
        value
    }
}

impl Motion for Jet {
    #[inline]
    fn state(series: &Series, jd_tdb: f64) -> State {
        series.state(jd_tdb)
    }
    #[inline]
    fn vector(place: [f64; 3], velocity: [f64; 3]) -> Vec3<Self> {
        Vec3([0, 1, 2].map(|i| Self::new(place[i], velocity[i])))
    }
    #[inline]
    fn number(value: f64, rate: f64) -> Self {
        Self::new(value, rate)
    }
}

impl State {
    /// This state plus `factor` times another.
    fn plus(&self, factor: f64, o: &Self) -> Self {
        let add = |a: [f64; 3], b: [f64; 3]| [0, 1, 2].map(|i| a[i] + factor * b[i]);
        Self {
            place: add(self.place, o.place),
            velocity: add(self.velocity, o.velocity),
            acceleration: add(self.acceleration, o.acceleration),
        }
    }

    /// Place and velocity a short time later (days): minutes for the Sun, a second for the others.
    #[inline]
    fn after(&self, days: f64) -> Self {
        let (p, v, a) = (self.place, self.velocity, self.acceleration);
        Self {
            place: [0, 1, 2].map(|i| p[i] + days * (v[i] + 0.5 * days * a[i])),
            velocity: [0, 1, 2].map(|i| v[i] + days * a[i]),
            acceleration: a,
        }
    }
}

impl Instant {
    pub(super) fn new<T: Motion>(asset: &Asset, jd_tdb: f64) -> Self {
        let sun = asset.series(Content::Sun).motion(jd_tdb);
        let barycentre = T::state(asset.series(Content::EarthMoon), jd_tdb);
        let moon_geocentric = T::state(asset.series(Content::Moon), jd_tdb);
        let earth_part = 1.0 / (1.0 + EARTH_MOON_RATIO);
        Self {
            jd_tdb,
            sun,
            earth: barycentre.plus(-earth_part, &moon_geocentric),
            moon: barycentre.plus(1.0 - earth_part, &moon_geocentric),
            moon_geocentric,
        }
    }

    /// The apparent direction (ICRS axes, a unit vector to first order) and the light-time distance in AU.
    pub(super) fn apparent<T: Motion>(&self, asset: &Asset, content: Content) -> (Vec3<T>, T) {
        let (body, light_days, light_rate) = self.retarded(asset, content);
        let body = T::vector(body.place, body.velocity.map(|v| v * (1.0 - light_rate)));
        let earth = T::vector(self.earth.place, self.earth.velocity);
        let sun = T::vector(self.sun.place, self.sun.velocity);
        let (direction, _) = (body - earth).unit();
        let (from_sun, sun_au) = (earth - sun).unit();
        let direction = match content {
            Content::Sun | Content::Moon => direction,
            _ => deflect(direction, (body - sun).unit().0, from_sun, sun_au),
        };
        let velocity = T::vector(self.earth.velocity, self.earth.acceleration).scale(1.0 / LIGHT_AU_PER_DAY);
        let distance = T::number(light_days, light_rate).scale(LIGHT_AU_PER_DAY);
        (aberrate(direction, velocity, sun_au), distance)
    }

    /// The apparent direction (ICRS axes) of something far beyond the planets, from its place `from_barycentre_au` when the
    /// light left it: annual parallax comes by itself, the Sun bends its light, the Earth's motion shifts it.
    pub(super) fn apparent_far(&self, from_barycentre_au: [f64; 3]) -> Vec3<f64> {
        let (earth, sun, body) = (Vec3(self.earth.place), Vec3(self.sun.place), Vec3(from_barycentre_au));
        let (from_sun, sun_au) = (earth - sun).unit();
        let direction = deflect((body - earth).unit().0, (body - sun).unit().0, from_sun, sun_au);
        aberrate(direction, Vec3(self.earth.velocity).scale(1.0 / LIGHT_AU_PER_DAY), sun_au)
    }

    /// How much earlier light reaches the Earth than the barycentre from a direction (unit vector), days.
    pub(super) fn ahead_of_barycentre_days(&self, direction: Vec3<f64>) -> f64 {
        direction.dot(Vec3(self.earth.place)) / LIGHT_AU_PER_DAY
    }

    /// The body's state when the light left it, the light-time in days, and that time's rate.
    #[inline]
    fn retarded(&self, asset: &Asset, content: Content) -> (State, f64, f64) {
        let earth = Vec3(self.earth.place);
        let (seen, first_days) = match content {
            Content::Sun | Content::Moon => {
                let now = if content == Content::Sun { &self.sun } else { &self.moon };
                let days = (Vec3(now.place) - earth).norm() / LIGHT_AU_PER_DAY;
                (now.after(-days), days)
            }
            _ => {
                let series = asset.series(content);
                let days = (Vec3(series.value(self.jd_tdb)) - earth).norm() / LIGHT_AU_PER_DAY;
                (series.motion(self.jd_tdb - days), days)
            }
        };
        // One step of Newton's method on c * light-time = distance; what remains is of order 1e-13 days.
        let (direction, distance) = (Vec3(seen.place) - earth).unit();
        let along = direction.dot(Vec3(seen.velocity));
        let step_days = (distance / LIGHT_AU_PER_DAY - first_days) / (1.0 + along / LIGHT_AU_PER_DAY);
        let seen = seen.after(-step_days);
        let closing = along - direction.dot(Vec3(self.earth.velocity));
        (seen, first_days + step_days, closing / (LIGHT_AU_PER_DAY + along))
    }
}

/// Bending by the Sun of the direction to a body (`from_sun_to_body`, `from_sun` to the observer: unit vectors).
fn deflect<T: Scalar>(direction: Vec3<T>, from_sun_to_body: Vec3<T>, from_sun: Vec3<T>, sun_au: T) -> Vec3<T> {
    let denominator = T::constant(1.0) + from_sun_to_body.dot(from_sun);
    let denominator = if denominator.value() < DEFLECTION_FLOOR { T::constant(DEFLECTION_FLOOR) } else { denominator };
    let weight = (sun_au * denominator).recip().scale(SUN_SCHWARZSCHILD_AU);
    let bend = from_sun.times(direction.dot(from_sun_to_body)) - from_sun_to_body.times(direction.dot(from_sun));
    direction + bend.times(weight)
}

/// Aberration for an observer's `velocity` in units of that of light, with the Sun's potential (Klioner 2003, eq. 7).
fn aberrate<T: Scalar>(direction: Vec3<T>, velocity: Vec3<T>, sun_au: T) -> Vec3<T> {
    let one = T::constant(1.0);
    let shrink = (one - velocity.dot(velocity)).sqrt();
    let along = direction.dot(velocity);
    let boost = one + along * (one + shrink).recip();
    let potential = sun_au.recip().scale(SUN_SCHWARZSCHILD_AU);
    direction.times(shrink - potential * along) + velocity.times(boost + potential)
}
