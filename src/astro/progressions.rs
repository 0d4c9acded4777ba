//! P: Secondary progressions and solar arc directions: a day of the sky for a year of life. Aspects are made to the
//! natal chart; nothing is interpreted.
//!
//! Source: Placidus 1657 (a day for a year); Naibod 1560 (the mean measure); Meeus 1998, eq. 13.3. Error: 0.02 arcsec in
//! bodies, 0.08 arcsec in angles and cusps, against Skyfield and Swiss Ephemeris
//! (`places_agree_with_skyfield_and_swiss_ephemeris`).

pub mod moon;

use serde::{Deserialize, Serialize};

use super::angles::{LocalSky, norm_deg, wrap_deg};
use super::body::Body;
use super::chart::{Chart, Unknown};
use super::contacts::{CrossAspect, Orbs, Spot, between, natal_spots};
use super::ephemeris::Center;
use super::error::AstroError;
use super::figure::LongitudeRange;
use super::houses::Houses;
use super::options::ChartOptions;
use super::point::Point;
use super::returns::{TROPICAL_YEAR_DAYS, instant_text, motion, step_days};
use super::signs::{Sign, degree_in_sign};
use super::spans::Span;
use super::vague::{Instants, arc, range, reach_deg};
use super::why::Why;
use super::{frames, time};
use moon::Lunation;

/// The Sun's mean motion in right ascension, degrees a day: Naibod's measure (Valentin Naibod 1560), 59' 08.33".
pub const NAIBOD_DEG: f64 = 360.0 / TROPICAL_YEAR_DAYS;

/// Births looked at in a window.
const BIRTHS: u32 = 13;

/// How the natal sky is carried on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The sky so many days after birth as years have passed (Placidus 1657; tropical years).
    #[default]
    Secondary,
    /// Every point by the arc that the secondary Sun has gone.
    SolarArc,
    /// Every point by [`NAIBOD_DEG`] for each year.
    NaibodArc,
}

/// How the angles of secondary progressions are carried on. The Ascendant always follows from the progressed meridian at
/// the birthplace's latitude.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AngleMethod {
    /// The meridian's right ascension grows by [`NAIBOD_DEG`] a year.
    #[default]
    Naibod,
    /// The Midheaven's longitude grows by the arc that the secondary Sun has gone.
    SolarArc,
    /// The sidereal time of the progressed instant itself: the angles run once around in each year.
    Quotidian,
}

/// A point carried on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgressedPoint {
    /// Which point.
    pub point: Point,
    /// Longitude, 0..360 degrees in the chart's zodiac.
    pub longitude_deg: f64,
    /// The sign of that longitude.
    pub sign: Sign,
    /// Degrees within the sign, 0..30.
    pub degree_in_sign: f64,
    /// The natal house in which it falls; none where houses are not known.
    pub natal_house: Option<u8>,
    /// Degrees that it goes in a year of life.
    pub speed_deg_per_year: f64,
    /// Where it may stand when the birth is vague.
    pub range: Option<LongitudeRange>,
    /// The same of its pace.
    pub speeds: Option<Span>,
}

impl ProgressedPoint {
    /// The sign, where it is certain.
    pub fn sure_sign(&self) -> Option<Sign> {
        self.range.is_none_or(|range| range.sign_certain).then_some(self.sign)
    }

    /// Whether it goes backwards, where that is certain.
    pub fn sure_retrograde(&self) -> Option<bool> {
        self.speeds.unwrap_or(Span::at(self.speed_deg_per_year)).sign().map(|forward| !forward)
    }
}

/// What a vague birth leaves of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenCourse {
    /// Tropical years since birth.
    pub age_years: Span,
    /// The instant of the sky that stands for the date.
    pub progressed: Instants,
    /// The arc, degrees.
    pub arc_deg: Span,
}

/// A chart carried on to a date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progressed {
    /// How.
    pub method: Method,
    /// How the angles were; none for directions, which take all points alike, and where they are not known.
    pub angle_method: Option<AngleMethod>,
    /// The date, RFC 3339 UTC.
    pub at_utc: String,
    /// Tropical years since birth.
    pub age_years: f64,
    /// Days of a year of life.
    pub year_days: f64,
    /// The instant of the sky that stands for the date, RFC 3339 UTC.
    pub progressed_utc: String,
    /// The arc of a direction, degrees; for secondary progressions that of the Sun.
    pub arc_deg: f64,
    /// Bodies, then Ascendant and Midheaven where they are known.
    pub points: Vec<ProgressedPoint>,
    /// Progressed cusps of the chart's house system; none for directions and where they are not known.
    pub houses: Option<Houses>,
    /// Aspects to the natal points.
    pub aspects: Vec<CrossAspect>,
    /// Where the secondary Moon stands to the secondary Sun; none for directions.
    pub lunation: Option<Lunation>,
    /// Between what the figures of the whole lie when the birth is vague.
    pub open: Option<OpenCourse>,
    /// What the birth leaves open.
    pub unknowns: Vec<Unknown>,
}

/// A birth, a date, and the instants of the sky that stand for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    pub(super) birth: Instants,
    pub(super) at_jd_utc: f64,
}

impl Method {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Secondary, Self::SolarArc, Self::NaibodArc];

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Secondary => "secondary",
            Self::SolarArc => "solar_arc",
            Self::NaibodArc => "naibod_arc",
        }
    }

    /// The method with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.code() == code)
    }
}

impl AngleMethod {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Naibod, Self::SolarArc, Self::Quotidian];

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Naibod => "naibod",
            Self::SolarArc => "solar_arc",
            Self::Quotidian => "quotidian",
        }
    }

    /// The method with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.code() == code)
    }
}

impl Course {
    /// The instant of the sky for a birth at a Julian Date UTC: a day for a year.
    pub(super) fn sky_jd_utc(&self, birth_jd_utc: f64) -> f64 {
        birth_jd_utc + (self.at_jd_utc - birth_jd_utc) / TROPICAL_YEAR_DAYS
    }

    fn sky_tt(&self, birth_jd_utc: f64) -> f64 {
        time::scales_from_utc(self.sky_jd_utc(birth_jd_utc)).jd_tt
    }

    pub(super) fn age_years(&self) -> f64 {
        (self.at_jd_utc - self.birth.middle()) / TROPICAL_YEAR_DAYS
    }

    /// The Sun's arc from birth to the sky that stands for the date, degrees. It goes less than once around.
    fn solar_arc_deg(&self, chart: &Chart, birth_jd_utc: f64) -> Result<f64, AstroError> {
        let options = of_earth(chart);
        let sun = motion(&options, Body::Sun);
        let (natal_deg, _) = sun(time::scales_from_utc(birth_jd_utc).jd_tt)?;
        let (now_deg, _) = sun(self.sky_tt(birth_jd_utc))?;
        Ok(norm_deg(now_deg - natal_deg))
    }
}

impl Course {
    /// Between what the age lies.
    pub(super) fn ages(&self) -> Span {
        let age = |birth: f64| (self.at_jd_utc - birth) / TROPICAL_YEAR_DAYS;
        Span { from: age(self.birth.to_jd_utc), to: age(self.birth.from_jd_utc) }
    }

    /// Between what something lies for all births of the window, Julian Dates UTC.
    fn over_births(&self, of: impl Fn(f64) -> Result<f64, AstroError>) -> Result<Span, AstroError> {
        let length_days = self.birth.to_jd_utc - self.birth.from_jd_utc;
        let birth = |look: u32| self.birth.from_jd_utc + length_days * f64::from(look) / f64::from(BIRTHS - 1);
        let values: Vec<f64> = (0..BIRTHS).map(|look| of(birth(look))).collect::<Result<_, _>>()?;
        Ok(Span::of_samples(&values))
    }

    /// Between what the arc of a method lies.
    fn arcs(&self, chart: &Chart, method: Method) -> Result<Span, AstroError> {
        match method {
            Method::NaibodArc => Ok(self.ages().map(|years| NAIBOD_DEG * years)),
            Method::SolarArc | Method::Secondary => self.over_births(|birth| self.solar_arc_deg(chart, birth)),
        }
    }
}

/// A chart carried on to a Julian Date UTC; none before birth, or where a vague birth may be later.
///
/// Measured against Skyfield over DE440: bodies within 0.01".
///
/// # Errors
/// Those of the ephemeris; [`AstroError::HouseSystemUndefined`] as for the natal chart.
pub fn progress(
    chart: &Chart,
    at_jd_utc: f64,
    method: Method,
    angle_method: AngleMethod,
    orbs: Orbs,
) -> Result<Option<Progressed>, AstroError> {
    let course = Course { birth: Instants::of(chart), at_jd_utc };
    if at_jd_utc < course.birth.to_jd_utc {
        return Ok(None);
    }
    let secondary = method == Method::Secondary;
    let arc_deg = match method {
        Method::Secondary | Method::SolarArc => course.solar_arc_deg(chart, course.birth.middle())?,
        Method::NaibodArc => NAIBOD_DEG * course.age_years(),
    };
    let arcs = course.arcs(chart, method)?;
    let mut points =
        if secondary { bodies(chart, &course)? } else { directed(chart, &course, method, (arc_deg, arcs))? };
    let houses = if secondary { angles(chart, &course, angle_method, arc_deg, &mut points)? } else { None };
    let spots: Vec<Spot> = points.iter().map(spot).collect();
    let mut unknowns = Vec::new();
    if chart.angles.is_none() {
        let why = if chart.options.has_horizon() { Why::NatalAngles } else { Why::NoHorizon };
        unknowns.extend(["ascendant", "midheaven", "houses"].map(|what| Unknown::new(what, why)));
    }
    if !course.birth.is_exact() {
        for point in &points {
            let open = [("sign", point.sure_sign().is_none()), ("retrograde", point.sure_retrograde().is_none())];
            let named = open.into_iter().filter(|(_, open)| *open);
            unknowns.extend(
                named.map(|(what, _)| Unknown::new(format!("{}_{what}", point.point.code()), Why::ChangesWithHour)),
            );
        }
    }
    let aspects = between(&spots, &natal_spots(chart), orbs);
    if aspects.iter().any(|hit| hit.applying.is_none()) {
        unknowns.push(Unknown::new("applying", Why::SomeApplying));
    }
    let lunation = if secondary { Some(moon::lunation(chart, &course)?) } else { None };
    unknowns.extend(lunation.iter().flat_map(Lunation::unknowns));
    let open = (!course.birth.is_exact()).then(|| OpenCourse {
        age_years: course.ages(),
        progressed: course.birth.map(|birth| course.sky_jd_utc(birth)),
        arc_deg: arcs.with(arc_deg),
    });
    Ok(Some(Progressed {
        method,
        angle_method: (secondary && chart.angles.is_some()).then_some(angle_method),
        at_utc: instant_text(at_jd_utc),
        age_years: course.age_years(),
        year_days: TROPICAL_YEAR_DAYS,
        progressed_utc: instant_text(course.sky_jd_utc(course.birth.middle())),
        arc_deg,
        aspects,
        points,
        houses,
        lunation,
        open,
        unknowns,
    }))
}

fn spot(moved: &ProgressedPoint) -> Spot {
    Spot {
        point: moved.point,
        longitude_deg: moved.longitude_deg,
        speed: moved.speed_deg_per_year,
        speeds: moved.speeds.unwrap_or(Span::at(moved.speed_deg_per_year)),
        reach_deg: reach_deg(moved.longitude_deg, moved.range.as_ref()),
    }
}

fn moved(chart: &Chart, point: Point, longitude_deg: f64, speed_deg_per_year: f64) -> ProgressedPoint {
    let longitude_deg = norm_deg(longitude_deg);
    ProgressedPoint {
        point,
        longitude_deg,
        sign: Sign::of(longitude_deg),
        degree_in_sign: degree_in_sign(longitude_deg),
        natal_house: chart.houses.as_ref().map(|houses| houses.house_of(longitude_deg)),
        speed_deg_per_year,
        range: None,
        speeds: None,
    }
}

/// The chart's options with Sun and Moon as seen from the Earth, by which arcs and phases are measured in every chart.
pub(super) fn of_earth(chart: &Chart) -> ChartOptions {
    let mut options = chart.options.clone();
    if options.view.center == Center::Heliocentric {
        options.view.center = Center::Geocentric;
    }
    options
}

/// The bodies of the sky that stands for the date.
fn bodies(chart: &Chart, course: &Course) -> Result<Vec<ProgressedPoint>, AstroError> {
    let sky = course.birth.map(|birth| course.sky_tt(birth));
    let middle_tt = course.sky_tt(course.birth.middle());
    let place = |body: Body| {
        let motion = motion(&chart.options, body);
        let (longitude_deg, speed) = motion(middle_tt)?;
        let mut placed = moved(chart, Point::Body(body), longitude_deg, speed);
        if !course.birth.is_exact() {
            placed.range = Some(arc(&motion, sky.from_jd_utc, sky.to_jd_utc, step_days(body))?);
            placed.speeds = Some(course.over_births(|birth| Ok(motion(course.sky_tt(birth))?.1))?);
        }
        Ok(placed)
    };
    chart.bodies.iter().map(|natal| place(natal.body)).collect()
}

/// Every natal point carried on by one arc.
fn directed(
    chart: &Chart,
    course: &Course,
    method: Method,
    (arc_deg, arcs): (f64, Span),
) -> Result<Vec<ProgressedPoint>, AstroError> {
    let options = of_earth(chart);
    let sun = motion(&options, Body::Sun);
    let pace = |birth: f64| match method {
        Method::NaibodArc => Ok(NAIBOD_DEG),
        Method::SolarArc | Method::Secondary => Ok(sun(course.sky_tt(birth))?.1),
    };
    let speed = pace(course.birth.middle())?;
    let speeds = course.over_births(pace)?;
    let natal = chart.bodies.iter().map(|placed| (Point::Body(placed.body), placed.longitude_deg, placed.range));
    let angles = [Point::Ascendant, Point::Midheaven]
        .into_iter()
        .filter_map(|point| chart.longitude_deg(point).map(|longitude_deg| (point, longitude_deg, None)));
    let carry = |(point, longitude_deg, open): (Point, f64, Option<LongitudeRange>)| {
        let (low, high) = reach_deg(longitude_deg, open.as_ref());
        ProgressedPoint {
            range: open.is_some().then(|| range(longitude_deg + low + arcs.from, longitude_deg + high + arcs.to)),
            speeds: open.is_some().then_some(speeds),
            ..moved(chart, point, longitude_deg + arc_deg, speed)
        }
    };
    Ok(natal.chain(angles).map(carry).collect())
}

/// Adds the progressed Ascendant and Midheaven, where the natal ones are known, and gives the progressed houses.
fn angles(
    chart: &Chart,
    course: &Course,
    method: AngleMethod,
    arc_deg: f64,
    points: &mut Vec<ProgressedPoint>,
) -> Result<Option<Houses>, AstroError> {
    let (Some(natal_armc_deg), Some(natal_houses)) = (chart.sidereal_time_deg, &chart.houses) else { return Ok(None) };
    let scales = time::scales_from_utc(course.sky_jd_utc(course.birth.middle()));
    let obliquity_deg = frames::true_obliquity_deg(scales.jd_tt);
    let offset_deg = chart.options.zodiac.offset_deg(scales.jd_tt);
    let natal_mc_deg = LocalSky::new(natal_armc_deg, chart.obliquity_deg, 0.0)?.angles().midheaven_deg;
    // The Sun's arc among the stars falls short of the tropical one by precession.
    let arc_deg = arc_deg + offset_deg - chart.ayanamsa_deg.unwrap_or(0.0);
    let (armc_deg, turns_deg_per_year) = match method {
        AngleMethod::Naibod => (natal_armc_deg + NAIBOD_DEG * course.age_years(), NAIBOD_DEG),
        AngleMethod::SolarArc => (right_ascension_deg(natal_mc_deg + arc_deg, obliquity_deg), NAIBOD_DEG),
        AngleMethod::Quotidian => {
            (frames::gast_deg(scales.jd_ut1, scales.jd_tt) + chart.birth.longitude_deg, 360.0 + NAIBOD_DEG)
        }
    };
    let at = |armc_deg: f64| LocalSky::new(armc_deg, obliquity_deg, chart.birth.latitude_deg);
    let sky = at(armc_deg)?;
    // A tenth of a degree of the sky's turn gives the pace of each angle.
    let (raw, later) = (sky.angles(), at(armc_deg + 0.1)?.angles());
    let pace = |from: f64, to: f64| wrap_deg(to - from) / 0.1 * turns_deg_per_year;
    points.push(moved(
        chart,
        Point::Ascendant,
        raw.ascendant_deg - offset_deg,
        pace(raw.ascendant_deg, later.ascendant_deg),
    ));
    points.push(moved(
        chart,
        Point::Midheaven,
        raw.midheaven_deg - offset_deg,
        pace(raw.midheaven_deg, later.midheaven_deg),
    ));
    Houses::of_zodiac(natal_houses.system, &sky, offset_deg).map(Some)
}

/// Right ascension of an ecliptic longitude without latitude (Meeus 1998, eq. 13.3), degrees.
pub(super) fn right_ascension_deg(longitude_deg: f64, obliquity_deg: f64) -> f64 {
    let (sin, cos) = longitude_deg.to_radians().sin_cos();
    norm_deg((sin * obliquity_deg.to_radians().cos()).atan2(cos).to_degrees())
}

#[cfg(test)]
mod tests;
