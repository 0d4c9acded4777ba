//! P: A sky cast for an instant and maybe a place: bodies, angles, houses, lots and aspects. Knows no birth and no clock;
//! interprets nothing.
//!
//! Source: the modules that it calls name theirs: `ephemeris` (Park et al. 2021), `houses` (Holden 1977), `lots`. Error:
//! 0.01 degrees against another program's digits (`charts_match_swiss_ephemeris_values`); the parts are held closer where
//! they are made.

use serde::{Deserialize, Serialize};

use super::angles::{AnglePlacement, Angles, LocalSky, norm_deg};
use super::aspects::declination::{self, Declined, ParallelHit, is_out_of_bounds};
use super::aspects::{self, ANGLE_SPEED_DEG_PER_DAY, AspectHit, Moving};
use super::body::Body;
use super::ephemeris::{Ephemeris, Position, Site};
use super::error::AstroError;
use super::houses::Houses;
use super::lots::{Lots, is_above_horizon};
use super::options::ChartOptions;
use super::patterns::{self, Pattern, PatternPoint};
use super::point::Point;
use super::rulesets::{Context, Ruleset};
use super::signs::{Sign, degree_in_sign};
use super::spans::Span;
use super::vague::open::FrameSpans;
use super::{frames, time};

/// The arc in which a body lies for sure when the birth time is vague.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LongitudeRange {
    /// Where the arc starts, 0..360 degrees.
    pub from_deg: f64,
    /// Where it ends, going forward through the zodiac, 0..360 degrees.
    pub to_deg: f64,
    /// Whether the whole arc lies in one sign.
    pub sign_certain: bool,
}

/// Between what the other figures of a body lie when the birth time is vague.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlacementSpans {
    /// Ecliptic latitude, degrees north.
    pub latitude_deg: Span,
    /// Distance, AU.
    pub distance_au: Span,
    /// Rate of the longitude, degrees per day.
    pub speed_deg_per_day: Span,
    /// Right ascension, degrees: an arc, forward.
    pub right_ascension_deg: Span,
    /// Declination, degrees north.
    pub declination_deg: Span,
    /// Rate of the declination, degrees per day.
    pub declination_speed_deg_per_day: Span,
    /// Whether the longitude falls; none if it is now one and now the other.
    pub retrograde: Option<bool>,
    /// Whether it is beyond the true obliquity; the same.
    pub out_of_bounds: Option<bool>,
}

/// A body in a figure. Longitudes are in the figure's zodiac, from the true ecliptic of date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    /// Which body.
    pub body: Body,
    /// Ecliptic longitude in the zodiac of the figure, 0..360 degrees.
    pub longitude_deg: f64,
    /// Ecliptic latitude, degrees north.
    pub latitude_deg: f64,
    /// Distance, AU; 0 for a node.
    pub distance_au: f64,
    /// Rate of the longitude, degrees per day.
    pub speed_deg_per_day: f64,
    /// Right ascension from the true equinox of date, 0..360 degrees, whatever the zodiac.
    pub right_ascension_deg: f64,
    /// Declination from the true equator of date, degrees north.
    pub declination_deg: f64,
    /// Rate of the declination, degrees per day.
    pub declination_speed_deg_per_day: f64,
    /// Whether it stands farther from the equator than the Sun ever does: beyond the true obliquity.
    pub out_of_bounds: bool,
    /// The sign of that longitude.
    pub sign: Sign,
    /// Degrees within the sign, 0..30.
    pub degree_in_sign: f64,
    /// Whether the longitude falls.
    pub retrograde: bool,
    /// House 1..=12, where houses are known.
    pub house: Option<u8>,
    /// Given when the time is not exact.
    pub range: Option<LongitudeRange>,
    /// The same, of what is not the longitude.
    pub spans: Option<PlacementSpans>,
}

impl Placement {
    /// The sign, where it is certain.
    pub fn sure_sign(&self) -> Option<Sign> {
        self.range.is_none_or(|range| range.sign_certain).then_some(self.sign)
    }

    /// The signs in which it may stand, in order.
    pub fn signs(&self) -> Vec<Sign> {
        let Some(range) = self.range else { return vec![self.sign] };
        let width_deg =
            if range.to_deg - range.from_deg >= 360.0 { 360.0 } else { norm_deg(range.to_deg - range.from_deg) };
        let first = Sign::of(range.from_deg).index();
        let crossed = ((degree_in_sign(range.from_deg) + width_deg) / 30.0).floor().min(11.0) as usize;
        (0..=crossed).map(|step| Sign::ALL[(first + step) % 12]).collect()
    }

    /// Whether the longitude falls, where that is certain.
    pub fn sure_retrograde(&self) -> Option<bool> {
        self.spans.map_or(Some(self.retrograde), |spans| spans.retrograde)
    }

    /// Whether it is out of bounds, where that is certain.
    pub fn sure_out_of_bounds(&self) -> Option<bool> {
        self.spans.map_or(Some(self.out_of_bounds), |spans| spans.out_of_bounds)
    }
}

/// A sky cast for an instant. All longitudes are in the zodiac of its options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The instant, Julian Date TT.
    pub jd_tt: f64,
    /// The instant, Julian Date UTC (UT1 before 1972).
    pub jd_utc: f64,
    /// TT minus UT1 then, seconds.
    pub delta_t_s: f64,
    /// The place, where there is one.
    pub site: Option<Site>,
    /// What was asked for.
    pub options: ChartOptions,
    /// True obliquity of the ecliptic, degrees.
    pub obliquity_deg: f64,
    /// What was taken off tropical longitudes, degrees; none for the tropical zodiac.
    pub ayanamsa_deg: Option<f64>,
    /// Local apparent sidereal time, degrees 0..360; none without a place.
    pub sidereal_time_deg: Option<f64>,
    /// The bodies of the options, in their order.
    pub bodies: Vec<Placement>,
    /// None without a place, and as seen from the Sun.
    pub angles: Option<Angles>,
    /// The same.
    pub houses: Option<Houses>,
    /// The same.
    pub lots: Option<Lots>,
    /// Aspects among bodies and angles, by first point and then by orb.
    pub aspects: Vec<AspectHit>,
    /// Parallels and contra-parallels among the bodies, in the order of their points.
    pub parallels: Vec<ParallelHit>,
    /// Figures of several points: stellium, T-square and so on.
    pub patterns: Vec<Pattern>,
    /// Whether the Sun stands above the horizon of the place.
    pub is_day: Option<bool>,
    /// Given when the instant is the middle of a span.
    pub spans: Option<FrameSpans>,
}

impl Figure {
    /// The placement of a body.
    pub fn placement(&self, body: Body) -> Option<&Placement> {
        self.bodies.iter().find(|placement| placement.body == body)
    }

    /// The longitude of a point, degrees 0..360; none for one that this figure does not have.
    pub fn longitude_deg(&self, point: Point) -> Option<f64> {
        longitude_deg(point, &self.bodies, self.angles.as_ref(), self.lots.as_ref())
    }
}

/// The longitude of a point among those given, degrees 0..360.
pub(super) fn longitude_deg(
    point: Point,
    bodies: &[Placement],
    angles: Option<&Angles>,
    lots: Option<&Lots>,
) -> Option<f64> {
    let of = |wanted: Body| bodies.iter().find(|p| p.body == wanted).map(|p| p.longitude_deg);
    let placed: AnglePlacement = match point {
        Point::Body(body) => return of(body),
        Point::SouthNode => return of(Body::TrueNode).map(|node_deg| norm_deg(node_deg + 180.0)),
        Point::Ascendant => angles?.ascendant,
        Point::Midheaven => angles?.midheaven,
        Point::Descendant => angles?.descendant,
        Point::ImumCoeli => angles?.imum_coeli,
        Point::Vertex => angles?.vertex,
        Point::EastPoint => angles?.east_point,
        Point::Fortune => lots?.fortune,
        Point::Spirit => lots?.spirit,
    };
    Some(placed.longitude_deg)
}

/// The sky at a Julian Date UTC (UT1 before 1972), and over a place if there is one.
///
/// A topocentric view is from the site that the options name, which [`ChartOptions::for_place`] makes the same.
///
/// # Errors
/// [`AstroError::OutOfSpan`] and [`AstroError::BodyOutOfSpan`] outside the ephemeris; [`AstroError::NotInFrame`] for the Sun
/// or a point of the Moon's orbit as seen from the Sun; [`AstroError::InvalidLatitude`]; with a place,
/// [`AstroError::HouseSystemUndefined`] when the house system does not exist there and then;
/// [`AstroError::UnknownRuleset`] when no built-in ruleset has the name in the options.
pub fn cast(jd_utc: f64, site: Option<Site>, options: &ChartOptions) -> Result<Figure, AstroError> {
    cast_under(jd_utc, site, options, options.builtin_ruleset()?)
}

/// [`cast`] under a ruleset that need not be built in; the options must name it.
///
/// # Errors
/// Those of [`cast`] but for the ruleset.
pub fn cast_under(
    jd_utc: f64,
    site: Option<Site>,
    options: &ChartOptions,
    ruleset: &Ruleset,
) -> Result<Figure, AstroError> {
    let scales = time::scales_from_utc(jd_utc);
    let jd_tt = scales.jd_tt;
    let obliquity_deg = frames::true_obliquity_deg(jd_tt);
    let offset_deg = options.zodiac.offset_deg(jd_tt);
    let rate = options.zodiac.rate_deg_per_day(jd_tt);
    let positions = Ephemeris::embedded().positions(&options.bodies, jd_tt, &options.view)?;
    let mut figure = Figure {
        jd_tt,
        jd_utc,
        delta_t_s: scales.delta_t_s,
        site,
        options: options.clone(),
        obliquity_deg,
        ayanamsa_deg: options.zodiac.ayanamsa().map(|_| offset_deg),
        sidereal_time_deg: None,
        bodies: options
            .bodies
            .iter()
            .zip(&positions)
            .map(|(b, p)| placement(*b, p, obliquity_deg, offset_deg, rate))
            .collect(),
        angles: None,
        houses: None,
        lots: None,
        aspects: Vec::new(),
        parallels: Vec::new(),
        patterns: Vec::new(),
        is_day: None,
        spans: None,
    };
    if let Some(site) = site {
        let armc_deg = frames::gast_deg(scales.jd_ut1, jd_tt) + site.longitude_deg;
        let sky = LocalSky::new(armc_deg, obliquity_deg, site.latitude_deg)?;
        figure.sidereal_time_deg = Some(sky.armc_deg);
        if options.has_horizon() {
            erect(&mut figure, &sky, offset_deg)?;
        }
    }
    let moving = moving_points(&figure);
    figure.aspects = aspects::among(&moving, Context::Natal, ruleset);
    figure.parallels = declination::parallels(&declined_points(&figure.bodies), ruleset);
    figure.patterns = patterns::find(&pattern_points(&figure.bodies), ruleset);
    Ok(figure)
}

/// Adds what depends on the horizon.
fn erect(figure: &mut Figure, sky: &LocalSky, offset_deg: f64) -> Result<(), AstroError> {
    let angles = sky.angles();
    let houses = Houses::under(figure.options.house_system, sky, &angles, offset_deg)?;
    let backward = houses.run_backward();
    for placement in &mut figure.bodies {
        placement.house = Some(houses.house_by(placement.longitude_deg, backward));
    }
    let [sun, moon] = luminaries(figure, offset_deg)?;
    let is_day = is_above_horizon(sky, sun.0, sun.1);
    let ascendant_deg = angles.ascendant_deg - offset_deg;
    figure.lots = Some(Lots::new(ascendant_deg, sun.0 - offset_deg, moon.0 - offset_deg, is_day));
    figure.is_day = Some(is_day);
    figure.angles = Some(Angles::of_zodiac(&figure.options.house_system.angles(sky), offset_deg));
    figure.houses = Some(houses);
    Ok(())
}

/// Tropical longitude and latitude of Sun and Moon, degrees, among the bodies or apart from them.
fn luminaries(figure: &Figure, offset_deg: f64) -> Result<[(f64, f64); 2], AstroError> {
    let mut found = [(0.0, 0.0); 2];
    for (place, body) in found.iter_mut().zip([Body::Sun, Body::Moon]) {
        *place = if let Some(placed) = figure.placement(body) {
            (placed.longitude_deg + offset_deg, placed.latitude_deg)
        } else {
            let position = Ephemeris::embedded().position(body, figure.jd_tt, &figure.options.view)?;
            (position.longitude_deg, position.latitude_deg)
        };
    }
    Ok(found)
}

fn placement(body: Body, position: &Position, obliquity_deg: f64, offset_deg: f64, rate: f64) -> Placement {
    let longitude_deg = norm_deg(position.longitude_deg - offset_deg);
    let speed_deg_per_day = position.longitude_speed_deg_per_day - rate;
    Placement {
        body,
        longitude_deg,
        latitude_deg: position.latitude_deg,
        distance_au: position.distance_au,
        speed_deg_per_day,
        right_ascension_deg: position.right_ascension_deg,
        declination_deg: position.declination_deg,
        declination_speed_deg_per_day: position.declination_speed_deg_per_day,
        out_of_bounds: is_out_of_bounds(position.declination_deg, obliquity_deg),
        sign: Sign::of(longitude_deg),
        degree_in_sign: degree_in_sign(longitude_deg),
        retrograde: speed_deg_per_day < 0.0,
        house: None,
        range: None,
        spans: None,
    }
}

/// The points of a figure that aspects join: its bodies, Ascendant and Midheaven. Of two readings of one thing, the mean
/// and the true node or the two apogees, the customary one counts: the true node, the mean apogee.
pub fn moving_points(figure: &Figure) -> Vec<Moving> {
    let mut points: Vec<Moving> = Vec::with_capacity(figure.bodies.len() + 2);
    points.extend(figure.bodies.iter().filter(|p| !repeats(p.body, &figure.bodies)).map(|placement| Moving {
        point: Point::Body(placement.body),
        longitude_deg: placement.longitude_deg,
        speed_deg_per_day: placement.speed_deg_per_day,
    }));
    if let Some(angles) = &figure.angles {
        let angle = |point, placed: AnglePlacement| Moving {
            point,
            longitude_deg: placed.longitude_deg,
            speed_deg_per_day: ANGLE_SPEED_DEG_PER_DAY,
        };
        points.push(angle(Point::Ascendant, angles.ascendant));
        points.push(angle(Point::Midheaven, angles.midheaven));
    }
    points
}

/// The bodies with their declinations, but for those that repeat another.
fn declined_points(bodies: &[Placement]) -> Vec<Declined> {
    let counted = bodies.iter().filter(|placement| !repeats(placement.body, bodies));
    let declined = |placement: &Placement| Declined {
        point: Point::Body(placement.body),
        declination_deg: placement.declination_deg,
        speed_deg_per_day: placement.declination_speed_deg_per_day,
    };
    counted.map(declined).collect()
}

/// The bodies as patterns see them, with the arcs in which they lie when the time is vague.
pub(super) fn pattern_points(bodies: &[Placement]) -> Vec<PatternPoint> {
    let counted = bodies.iter().filter(|placement| !repeats(placement.body, bodies));
    let seen = |placement: &Placement| PatternPoint {
        point: Point::Body(placement.body),
        longitude_deg: placement.longitude_deg,
        range_deg: placement.range.map(|range| (range.from_deg, range.to_deg)),
    };
    counted.map(seen).collect()
}

/// Whether a body is another reading of one that is there: the mean node beside the true one, the osculating apogee beside
/// the mean one.
pub(super) fn repeats(body: Body, among: &[Placement]) -> bool {
    let has = |wanted| among.iter().any(|placement| placement.body == wanted);
    match body {
        Body::MeanNode => has(Body::TrueNode),
        Body::OsculatingApogee => has(Body::MeanApogee),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
