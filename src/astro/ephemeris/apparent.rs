//! P: From barycentric motions to directions: light-time, the Sun's deflection, aberration. No frame of date.
//!
//! The formulas are those of the IAU's astrometric chain (Klioner 2003; Urban and Seidelmann 2013, ch. 7).

use super::asset::Content;
use super::instant::{Motion, Moving};
use super::jet::{Scalar, Vec3};

/// Speed of light in AU per day (exact, from 299 792.458 km/s and 149 597 870.7 km).
const LIGHT_AU_PER_DAY: f64 = 299_792.458 * 86_400.0 / 149_597_870.7;
/// Schwarzschild radius of the Sun in AU.
const SUN_SCHWARZSCHILD_AU: f64 = 1.974_125_743_36e-8;
/// Floor of 1 + cos(elongation of Sun and body as seen from each other), so that a body behind the Sun stays finite.
const DEFLECTION_FLOOR: f64 = 1e-6;

/// The apparent direction (ICRS axes, a unit vector to first order) and the light-time distance in AU of a body for an
/// observer on or in the Earth.
pub(super) fn apparent<T: Motion>(content: Content, body: &Moving, observer: &Moving, sun: &Moving) -> (Vec3<T>, T) {
    let (body, distance) = retarded::<T>(body, observer);
    let (earth, sun) = (observer.vector::<T>(), sun.vector::<T>());
    let (direction, _) = (body - earth).unit();
    let (from_sun, sun_au) = (earth - sun).unit();
    let direction = match content {
        Content::Sun | Content::Moon => direction,
        _ => deflect(direction, (body - sun).unit().0, from_sun, sun_au),
    };
    (aberrate(direction, observer.velocity::<T>().scale(1.0 / LIGHT_AU_PER_DAY), sun_au), distance)
}

/// The apparent direction (ICRS axes) of something far beyond the planets, from its place `from_barycentre_au` when the
/// light left it: annual parallax comes by itself, the Sun bends its light, the Earth's motion shifts it.
pub(super) fn apparent_far(from_barycentre_au: Vec3<f64>, earth: &Moving, sun: &Moving) -> Vec3<f64> {
    let (from_sun, sun_au) = (earth.place - sun.place).unit();
    let direction = (from_barycentre_au - earth.place).unit().0;
    let direction = deflect(direction, (from_barycentre_au - sun.place).unit().0, from_sun, sun_au);
    aberrate(direction, earth.velocity.scale(1.0 / LIGHT_AU_PER_DAY), sun_au)
}

/// How much earlier light reaches the Earth than the barycentre from a direction (unit vector), days.
pub(super) fn ahead_of_barycentre_days(direction: Vec3<f64>, earth: &Moving) -> f64 {
    direction.dot(earth.place) / LIGHT_AU_PER_DAY
}

/// The vector from the observer to where the body was when the light left it (ICRS axes, AU) and the distance in AU.
pub(super) fn astrometric<T: Motion>(body: &Moving, observer: &Moving) -> (Vec3<T>, T) {
    let (place, distance) = retarded::<T>(body, observer);
    (place - observer.vector(), distance)
}

/// The vector from the observer to the body (ICRS axes, AU) and the distance in AU.
pub(super) fn geometric<T: Motion>(body: &Moving, observer: &Moving) -> (Vec3<T>, T) {
    let vector = body.vector::<T>() - observer.vector();
    (vector, vector.norm())
}

/// The body's place when the light left it and the distance that the light travelled (AU).
#[inline]
fn retarded<T: Motion>(body: &Moving, observer: &Moving) -> (Vec3<T>, T) {
    let first_days = (body.place - observer.place).norm() / LIGHT_AU_PER_DAY;
    let (place, velocity) = body.after(-first_days);
    // One step of Newton's method on c * light-time = distance; what remains is of order 1e-13 days.
    let (direction, distance) = (place - observer.place).unit();
    let along = direction.dot(velocity);
    let light_days = first_days + (distance / LIGHT_AU_PER_DAY - first_days) / (1.0 + along / LIGHT_AU_PER_DAY);
    let (place, velocity) = body.after(-light_days);
    let closing = along - direction.dot(observer.velocity);
    let light_rate = closing / (LIGHT_AU_PER_DAY + along);
    let distance = T::number(light_days, light_rate).scale(LIGHT_AU_PER_DAY);
    (T::vector(place, velocity.scale(1.0 - light_rate)), distance)
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
