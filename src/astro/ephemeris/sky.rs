//! P: What the places of one instant and one view share, and the places themselves; no spans and no file.

use super::apparent::{apparent, astrometric, geometric};
use super::asset::{Asset, Content};
use super::instant::{Instant, Motion, Moving};
use super::jet::{Jet, Scalar, Vec3};
use super::view::{Center, Reduction, View};
use super::{Position, observer};
use crate::astro::body::Body;
use crate::astro::frames::{EclipticFrame, Tilt};
use crate::astro::{nodes, time};

/// Everything that the places of one instant share.
pub(super) struct Sky<'a, T> {
    asset: &'a Asset<'a>,
    instant: Instant,
    /// From where bodies are seen; the points of the Moon's orbit are always seen from the Earth's centre.
    observer: Moving,
    view: View,
    frame: EclipticFrame<T>,
    jd_tt: T,
    dpsi_rad: T,
    deps_rad: T,
}

impl<'a, T: Motion> Sky<'a, T> {
    pub(super) fn new(asset: &'a Asset<'a>, jd_tt: f64, view: &View) -> Self {
        let nutation = asset.series(Content::Nutation).motion(jd_tt);
        let [dpsi_rad, deps_rad] = [0, 1].map(|i| T::number(nutation.place[i], nutation.velocity[i]));
        let moving_jd = T::number(jd_tt, 1.0);
        let instant = Instant::new(asset, jd_tt + time::tdb_minus_tt_s(jd_tt) / 86_400.0);
        let observer = match view.center {
            Center::Geocentric => instant.earth,
            Center::Heliocentric => instant.sun,
            Center::Topocentric(site) => {
                let frame = EclipticFrame::new(jd_tt, nutation.place[0]);
                instant.earth + observer::motion(&site, jd_tt, &frame, Tilt::new(jd_tt, nutation.place[1]))
            }
        };
        let frame = EclipticFrame::new(moving_jd, dpsi_rad);
        Self { asset, instant, observer, view: *view, frame, jd_tt: moving_jd, dpsi_rad, deps_rad }
    }

    /// Longitude in radians, not reduced.
    pub(super) fn longitude_rad(&self, body: Body) -> T {
        match content(body) {
            Some(content) => self.frame.longitude(self.seen(content).0),
            None => longitude(self.lunar_point(body)),
        }
    }

    /// A body's direction (ICRS axes, of any length) and its distance in AU.
    #[inline]
    fn seen(&self, content: Content) -> (Vec3<T>, T) {
        let body = self.instant.body(self.asset, content);
        match (self.view.reduction, self.view.center) {
            (Reduction::Geometric, _) => geometric(&body, &self.observer),
            (Reduction::Apparent, Center::Heliocentric) => astrometric(&body, &self.observer),
            (Reduction::Apparent, _) => apparent(content, &body, &self.observer, &self.instant.sun),
        }
    }

    /// A node or an apogee as a vector in axes of the true ecliptic of date.
    fn lunar_point(&self, body: Body) -> Vec3<T> {
        let moon = || self.instant.moon_of_planets(self.asset);
        match body {
            Body::MeanNode => {
                let (sin, cos) = (nodes::mean_node_rad(self.jd_tt) + self.dpsi_rad).sin_cos();
                Vec3([cos, sin, T::constant(0.0)])
            }
            Body::MeanApogee => turned(nodes::mean_apogee(self.jd_tt), self.dpsi_rad),
            Body::OsculatingApogee => {
                let moon = moon();
                self.frame.rotate(nodes::osculating_apogee(moon.vector(), moon.velocity()))
            }
            _ => {
                let moon = moon();
                nodes::osculating_node(self.frame.rotate(moon.vector()), self.frame.rotate(moon.velocity()))
            }
        }
    }
}

impl Sky<'_, Jet> {
    /// Places and rates of bodies, in their order.
    pub(super) fn positions<'b>(&'b self, bodies: &'b [Body]) -> impl Iterator<Item = Position> + 'b {
        let tilt = Tilt::new(self.jd_tt, self.deps_rad);
        bodies.iter().map(move |body| self.position(*body, tilt))
    }

    fn position(&self, body: Body, tilt: Tilt<Jet>) -> Position {
        let none = Jet::new(0.0, 0.0);
        let (vector, distance) = if let Some(content) = content(body) {
            let (direction, distance) = self.seen(content);
            (self.frame.rotate(direction), distance)
        } else {
            let vector = self.lunar_point(body);
            (vector, if body.is_node() { none } else { vector.norm() })
        };
        let equatorial = tilt.to_equator(vector);
        let (longitude_rad, latitude_rad) = (longitude(vector), latitude(vector));
        let (right_ascension_rad, declination_rad) = (longitude(equatorial), latitude(equatorial));
        Position {
            longitude_deg: reduced_deg(longitude_rad),
            latitude_deg: latitude_rad.value.to_degrees(),
            distance_au: distance.value,
            longitude_speed_deg_per_day: longitude_rad.rate.to_degrees(),
            latitude_speed_deg_per_day: latitude_rad.rate.to_degrees(),
            distance_speed_au_per_day: distance.rate,
            right_ascension_deg: reduced_deg(right_ascension_rad),
            declination_deg: declination_rad.value.to_degrees(),
            right_ascension_speed_deg_per_day: right_ascension_rad.rate.to_degrees(),
            declination_speed_deg_per_day: declination_rad.rate.to_degrees(),
        }
    }
}

/// The series a body is read from; `None` for the points of the Moon's orbit.
pub(super) const fn content(body: Body) -> Option<Content> {
    Some(match body {
        Body::Sun => Content::Sun,
        Body::Moon => Content::Moon,
        Body::Mercury => Content::Mercury,
        Body::Venus => Content::Venus,
        Body::Mars => Content::Mars,
        Body::Jupiter => Content::Jupiter,
        Body::Saturn => Content::Saturn,
        Body::Uranus => Content::Uranus,
        Body::Neptune => Content::Neptune,
        Body::Pluto => Content::Pluto,
        Body::Chiron => Content::Chiron,
        Body::Ceres => Content::Ceres,
        Body::Pallas => Content::Pallas,
        Body::Juno => Content::Juno,
        Body::Vesta => Content::Vesta,
        Body::Pholus => Content::Pholus,
        Body::Eris => Content::Eris,
        Body::MeanNode | Body::TrueNode | Body::MeanApogee | Body::OsculatingApogee => return None,
    })
}

/// A vector turned about the third axis.
fn turned<T: Scalar>(v: Vec3<T>, angle_rad: T) -> Vec3<T> {
    let ([x, y, z], (sin, cos)) = (v.0, angle_rad.sin_cos());
    Vec3([x * cos - y * sin, x * sin + y * cos, z])
}

#[inline]
pub(super) fn longitude<T: Scalar>(v: Vec3<T>) -> T {
    v.0[1].atan2(v.0[0])
}

#[inline]
pub(super) fn latitude<T: Scalar>(v: Vec3<T>) -> T {
    let [x, y, z] = v.0;
    z.atan2((x * x + y * y).sqrt())
}

/// Radians as degrees from 0 up to, and never equal to, 360.
#[inline]
pub(super) fn reduced_deg(radians: impl Scalar) -> f64 {
    let degrees = radians.value().to_degrees().rem_euclid(360.0);
    if degrees < 360.0 { degrees } else { 0.0 }
}
