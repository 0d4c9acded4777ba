//! P: Two charts as one: the composite of midpoints, and the middle in time and space that Davison's chart is cast for.
//!
//! Source: Hand 1975, Planets in Composite; Davison 1977, Synastry. Error: 0.08 arcsec in cusps and midpoints, 0.02 arcsec
//! in bodies of a Davison sky, against Swiss Ephemeris and Skyfield (`midpoints_and_cusps_agree_with_swiss_ephemeris`,
//! `the_davison_sky_agrees_with_skyfield_and_swiss_ephemeris`).

use serde::{Deserialize, Serialize};

use super::angles::{LocalSky, norm_deg, wrap_deg};
use super::body::Body;
use super::chart::{Chart, Unknown};
use super::contacts::{CrossAspect, Orbs, Spot, between};
use super::ephemeris::Site;
use super::error::AstroError;
use super::figure::{Figure, LongitudeRange};
use super::houses::{HouseSystem, Houses};
use super::options::ChartOptions;
use super::point::Point;
use super::progressions::right_ascension_deg;
use super::rulesets::Ruleset;
use super::signs::{Sign, degree_in_sign};
use super::spans::Span;
use super::vague::{self, Instants, range, reach_deg};
use super::why::Why;

/// How a composite gets its Ascendant and cusps. The Midheaven is the midpoint of the two Midheavens in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompositeHouses {
    /// From the Midheaven on, every cusp is the mean of the two charts' ways from their Midheavens: midpoints of cusps
    /// that always keep their order. It needs no place.
    #[default]
    Midpoints,
    /// The houses of a latitude, degrees north, under the meridian of the composite Midheaven (Hand 1975, Planets in
    /// Composite).
    Derived(f64),
}

/// How the middle of two places is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MiddlePlace {
    /// The mean of the latitudes and of the longitudes, these by the shorter way (Davison 1977, Synastry).
    #[default]
    Coordinates,
    /// The middle of the great circle between them.
    GreatCircle,
}

/// A midpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompositePoint {
    /// Which point.
    pub point: Point,
    /// Longitude, 0..360 degrees.
    pub longitude_deg: f64,
    /// The sign of that longitude.
    pub sign: Sign,
    /// Degrees within the sign, 0..30.
    pub degree_in_sign: f64,
    /// The composite house, where houses are known.
    pub house: Option<u8>,
    /// The shorter arc between the two natal places, 0..=180 degrees: near 180 the other midpoint is as good.
    pub arc_deg: f64,
    /// Where it may stand when a birth is vague.
    pub range: Option<LongitudeRange>,
    /// Between what the arc lies then.
    pub arcs_deg: Option<Span>,
}

impl CompositePoint {
    /// The sign, where it is certain.
    pub fn sure_sign(&self) -> Option<Sign> {
        self.range.is_none_or(|range| range.sign_certain).then_some(self.sign)
    }
}

/// The composite of two charts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Composite {
    /// How cusps were made.
    pub house_method: CompositeHouses,
    /// Bodies, then Ascendant and Midheaven where both charts have them.
    pub points: Vec<CompositePoint>,
    /// Cusps in the house system asked for; none unless both births are exact.
    pub houses: Option<Houses>,
    /// Aspects among the points.
    pub aspects: Vec<CrossAspect>,
    /// What the births leave open.
    pub unknowns: Vec<Unknown>,
}

/// When and where a Davison chart is cast for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Middle {
    /// The middle of the two instants of birth: a span when one of them is.
    pub instants: Instants,
    /// Degrees north.
    pub latitude_deg: f64,
    /// Degrees east, -180..180.
    pub longitude_deg: f64,
}

/// The midpoint of two longitudes on the shorter arc, degrees; of opposite places the one a quarter ahead of the first.
pub fn midpoint_deg(a_deg: f64, b_deg: f64) -> f64 {
    let ahead = norm_deg(b_deg - a_deg);
    let way = if ahead > 180.0 { ahead - 360.0 } else { ahead };
    norm_deg(a_deg + 0.5 * way)
}

/// The composite of two charts, which are taken to be in one zodiac, with the houses of a system.
///
/// # Errors
/// [`AstroError::HouseSystemUndefined`], [`AstroError::InvalidLatitude`] for derived houses at a latitude that has none.
pub fn composite(
    a: &Chart,
    b: &Chart,
    (method, system): (CompositeHouses, HouseSystem),
    orbs: Orbs,
) -> Result<Composite, AstroError> {
    let mut unknowns = Vec::new();
    let mut points = Vec::new();
    for placed in &a.bodies {
        let Some(other) = b.placement(placed.body) else { continue };
        let of_a = (placed.longitude_deg, placed.range.as_ref());
        match middle(Point::Body(placed.body), of_a, (other.longitude_deg, other.range.as_ref())) {
            Some(point) => points.push(point),
            None => unknowns.push(Unknown::new(placed.body.code(), Why::Opposite)),
        }
    }
    let frame = frame(a, b, method, system)?;
    if let Some(frame) = &frame {
        for point in &mut points {
            point.house = Some(frame.houses.house_of(point.longitude_deg));
        }
        for (point, longitude_deg) in [(Point::Ascendant, frame.ascendant_deg), (Point::Midheaven, frame.midheaven_deg)]
        {
            let natal = (a.longitude_deg(point), b.longitude_deg(point));
            let arc_deg = natal.0.zip(natal.1).map_or(0.0, |(x, y)| wrap_deg(x - y).abs());
            let house = Some(frame.houses.house_of(longitude_deg));
            points.push(CompositePoint { house, ..at(point, longitude_deg, arc_deg) });
        }
    } else {
        let why = if a.options.has_horizon() && b.options.has_horizon() { Why::BothTimes } else { Why::NoHorizon };
        unknowns.extend(["ascendant", "midheaven", "houses"].map(|what| Unknown::new(what, why)));
    }
    for point in points.iter().filter(|point| point.sure_sign().is_none()) {
        unknowns.push(Unknown::new(format!("{}_sign", point.point.code()), Why::ChangesWithHours));
    }
    Ok(Composite {
        house_method: method,
        aspects: aspects(&points, orbs),
        houses: frame.map(|frame| frame.houses),
        points,
        unknowns,
    })
}

/// When and where the Davison chart of two births is cast for.
pub fn middle_of(a: &Chart, b: &Chart, method: MiddlePlace) -> Middle {
    let (of_a, of_b) = (Instants::of(a), Instants::of(b));
    let (place_a, place_b) =
        ((a.birth.latitude_deg, a.birth.longitude_deg), (b.birth.latitude_deg, b.birth.longitude_deg));
    let (latitude_deg, longitude_deg) = match method {
        MiddlePlace::Coordinates => {
            let east = wrap_deg(midpoint_deg(place_a.1, place_b.1));
            (0.5 * (place_a.0 + place_b.0), east)
        }
        MiddlePlace::GreatCircle => great_circle_middle(place_a, place_b),
    };
    let instants = Instants {
        from_jd_utc: 0.5 * (of_a.from_jd_utc + of_b.from_jd_utc),
        to_jd_utc: 0.5 * (of_a.to_jd_utc + of_b.to_jd_utc),
    };
    Middle { instants, latitude_deg, longitude_deg }
}

/// Davison's chart: the sky of the middle in time over the middle place, with the options of the first chart but for the
/// houses; of vague births that of the middle of the span, with what it leaves open.
///
/// # Errors
/// Those of [`super::figure::cast_under`].
pub fn davison(
    a: &Chart,
    b: &Chart,
    (method, house_system): (MiddlePlace, HouseSystem),
    ruleset: &Ruleset,
) -> Result<(Figure, Vec<Unknown>), AstroError> {
    let Middle { instants, latitude_deg, longitude_deg } = middle_of(a, b, method);
    let altitude_m = 0.5 * (a.options.altitude_m() + b.options.altitude_m());
    let options = ChartOptions { house_system, ..a.options.clone() };
    vague::figure(instants, Site { latitude_deg, longitude_deg, altitude_m }, &options, ruleset)
}

/// The middle of the great circle between two places, (latitude, longitude) in degrees: the direction of the sum of
/// their unit vectors. Of opposite places any middle would do; the mean of the coordinates is taken.
fn great_circle_middle(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let unit = |(latitude, longitude): (f64, f64)| {
        let ((sin_b, cos_b), (sin_l, cos_l)) = (latitude.to_radians().sin_cos(), longitude.to_radians().sin_cos());
        [cos_b * cos_l, cos_b * sin_l, sin_b]
    };
    let (u, v) = (unit(a), unit(b));
    let [x, y, z] = [u[0] + v[0], u[1] + v[1], u[2] + v[2]];
    let flat = x.hypot(y);
    if flat.hypot(z) < 1e-9 {
        return (0.5 * (a.0 + b.0), wrap_deg(midpoint_deg(a.1, b.1)));
    }
    (z.atan2(flat).to_degrees(), y.atan2(x).to_degrees())
}

fn at(point: Point, longitude_deg: f64, arc_deg: f64) -> CompositePoint {
    let longitude_deg = norm_deg(longitude_deg);
    CompositePoint {
        point,
        longitude_deg,
        sign: Sign::of(longitude_deg),
        degree_in_sign: degree_in_sign(longitude_deg),
        house: None,
        arc_deg,
        range: None,
        arcs_deg: None,
    }
}

/// The midpoint of two natal places, each with its range; none if it can flip to the other side.
fn middle(
    point: Point,
    (a_deg, a_range): (f64, Option<&LongitudeRange>),
    (b_deg, b_range): (f64, Option<&LongitudeRange>),
) -> Option<CompositePoint> {
    let arc_deg = wrap_deg(a_deg - b_deg).abs();
    let middle_deg = midpoint_deg(a_deg, b_deg);
    if a_range.is_none() && b_range.is_none() {
        return Some(at(point, middle_deg, arc_deg));
    }
    let (of_a, of_b) = (reach_deg(a_deg, a_range), reach_deg(b_deg, b_range));
    // What takes the two apart: the one ahead forward, the one behind backward.
    let apart = if wrap_deg(a_deg - b_deg) >= 0.0 { of_a.1 - of_b.0 } else { of_b.1 - of_a.0 };
    if arc_deg + apart >= 180.0 {
        return None;
    }
    let (low, high) = (0.5 * (of_a.0 + of_b.0), 0.5 * (of_a.1 + of_b.1));
    let gap_deg = wrap_deg(a_deg - b_deg);
    let gaps = Span { from: gap_deg + of_a.0 - of_b.1, to: gap_deg + of_a.1 - of_b.0 };
    Some(CompositePoint {
        range: Some(range(middle_deg + low, middle_deg + high)),
        arcs_deg: Some(gaps.folded()),
        ..at(point, middle_deg, arc_deg)
    })
}

struct Frame {
    ascendant_deg: f64,
    midheaven_deg: f64,
    houses: Houses,
}

/// Angles and cusps, where both charts have them.
fn frame(a: &Chart, b: &Chart, method: CompositeHouses, system: HouseSystem) -> Result<Option<Frame>, AstroError> {
    let (Some(of_a), Some(of_b)) = (Sky::of(a)?, Sky::of(b)?) else { return Ok(None) };
    let midheaven_deg = midpoint_deg(of_a.midheaven_deg, of_b.midheaven_deg);
    match method {
        CompositeHouses::Midpoints => {
            let from_mc = |longitude: f64, sky: &Sky| norm_deg(longitude - sky.midheaven_deg);
            let mean = |x: f64, y: f64| norm_deg(midheaven_deg + 0.5 * (from_mc(x, &of_a) + from_mc(y, &of_b)));
            let ascendant_deg = mean(of_a.ascendant_deg, of_b.ascendant_deg);
            let cusps_deg = if system == HouseSystem::WholeSign {
                let start = (ascendant_deg / 30.0).floor() * 30.0;
                std::array::from_fn(|house| norm_deg(start + 30.0 * house as f64))
            } else {
                let (x, y) = (of_a.cusps_deg(system)?, of_b.cusps_deg(system)?);
                std::array::from_fn(|house| mean(x[house], y[house]))
            };
            Ok(Some(Frame { ascendant_deg, midheaven_deg, houses: Houses { system, cusps_deg } }))
        }
        CompositeHouses::Derived(latitude_deg) => {
            let obliquity_deg = 0.5 * (a.obliquity_deg + b.obliquity_deg);
            let offset_deg = 0.5 * (of_a.offset_deg + of_b.offset_deg);
            let armc_deg = right_ascension_deg(midheaven_deg + offset_deg, obliquity_deg);
            let sky = LocalSky::new(armc_deg, obliquity_deg, latitude_deg)?;
            let houses = Houses::of_zodiac(system, &sky, offset_deg)?;
            let ascendant_deg = norm_deg(sky.angles().ascendant_deg - offset_deg);
            Ok(Some(Frame { ascendant_deg, midheaven_deg, houses }))
        }
    }
}

/// The local sky of a chart with its angles in the chart's zodiac.
struct Sky {
    local: LocalSky,
    offset_deg: f64,
    ascendant_deg: f64,
    midheaven_deg: f64,
}

impl Sky {
    fn of(chart: &Chart) -> Result<Option<Self>, AstroError> {
        let (Some(armc_deg), Some(angles)) = (chart.sidereal_time_deg, &chart.angles) else { return Ok(None) };
        let local = LocalSky::new(armc_deg, chart.obliquity_deg, chart.birth.latitude_deg)?;
        Ok(Some(Self {
            local,
            offset_deg: chart.ayanamsa_deg.unwrap_or(0.0),
            ascendant_deg: angles.ascendant.longitude_deg,
            midheaven_deg: angles.midheaven.longitude_deg,
        }))
    }

    fn cusps_deg(&self, system: HouseSystem) -> Result<[f64; 12], AstroError> {
        Ok(Houses::of_zodiac(system, &self.local, self.offset_deg)?.cusps_deg)
    }
}

/// Aspects among the points, of the two nodes the true one alone; two angles make none, since they are one sky.
fn aspects(points: &[CompositePoint], orbs: Orbs) -> Vec<CrossAspect> {
    let has_true_node = points.iter().any(|point| point.point == Point::Body(Body::TrueNode));
    let counts = |point: &&CompositePoint| !has_true_node || point.point != Point::Body(Body::MeanNode);
    let spot = |point: &CompositePoint| Spot {
        reach_deg: reach_deg(point.longitude_deg, point.range.as_ref()),
        ..Spot::still(point.point, point.longitude_deg)
    };
    let spots: Vec<Spot> = points.iter().filter(counts).map(spot).collect();
    let mut found = Vec::new();
    for (index, first) in spots.iter().enumerate() {
        let others = spots.get(index + 1..).unwrap_or_default();
        found.extend(between(&[*first], others, orbs));
    }
    found.retain(|hit| !(hit.from.is_angle() && hit.to.is_angle()));
    found
}

#[cfg(test)]
mod tests;
