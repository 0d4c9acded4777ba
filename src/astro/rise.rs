//! P: When a body rises, sets and culminates over a place, and when it does neither for days; twilight by the same means.
//! No houses, no planetary hours.
//!
//! The altitude is that of the topocentric apparent place (parallax on the WGS84 ellipsoid, diurnal aberration) over the
//! geodetic horizon; rising is its passage through the standard altitude (Meeus 1998, ch. 15; Urban and Seidelmann 2013,
//! ch. 12). As a function of time it is fitted by `events::path`, so that a rise and a set minutes apart on the first and
//! last day of a polar night are both found. Within 0.15 s of Skyfield's almanac over DE440 at 840 passages of 1850 to 2090.
//!
//! Source: Meeus 1998, ch. 15; Urban and Seidelmann 2013, 12.2. Error: 1 s is held against Skyfield
//! (`rises_sets_and_culminations_agree_with_skyfield_to_a_second`).

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::ephemeris::{Ephemeris, Position, Site};
use super::error::AstroError;
use super::events::moment::{tt_of_utc, ut1_of_tt, utc_of_tt};
use super::events::path::{Fit, Path};
use super::frames;
use super::stop::Stop;

/// Equatorial radius and flattening of the Earth, WGS84.
const EARTH_RADIUS_M: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_223_563;
const AU_M: f64 = 149_597_870_700.0;
/// Speed at which the Earth's rotation carries a point of the equator, over that of light, per metre from the axis.
const ROTATION_PER_M: f64 = 7.292_115e-5 / 299_792_458.0;
/// Radius of the Moon over that of the Earth's equator (IAU 1982).
const MOON_RADIUS: f64 = 0.272_507_6;
/// The horizontal refraction of almanacs, 34 arcminutes (Urban and Seidelmann 2013, 12.2).
pub const STANDARD_REFRACTION_DEG: f64 = 34.0 / 60.0;
/// The Sun's semidiameter in almanacs' definition of sunrise, 16 arcminutes: with refraction 50.
const SUN_SEMIDIAMETER_DEG: f64 = 16.0 / 60.0;
/// A stretch without rise or set that is longer than this, days, is no day and no night: the Moon's last 1.04 days at most.
const POLAR_STRETCH_DAYS: f64 = 1.08;
/// How far around an instant its sunrises and sunsets are looked for, days.
const AROUND_DAYS: f64 = 2.0;

/// The part of the disc that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limb {
    /// The upper edge: of the Sun 16 arcminutes above its centre, of the Moon as large as it then is.
    Upper,
    /// The centre.
    Center,
    /// The lower edge.
    Lower,
}

/// Which altitude counts as rising and setting.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Horizon {
    /// A part of the disc on the horizon, lifted by refraction.
    Seen {
        /// Refraction at the horizon, degrees.
        refraction_deg: f64,
        /// What is on it. Planets count as points.
        limb: Limb,
    },
    /// The centre at this altitude without refraction, degrees: -6, -12 and -18 for the twilights of the Sun.
    Geometric(f64),
}

impl Default for Horizon {
    /// Upper limb, 34 arcminutes of refraction: -50 arcminutes for the Sun, -34 for planets.
    fn default() -> Self {
        Self::Seen { refraction_deg: STANDARD_REFRACTION_DEG, limb: Limb::Upper }
    }
}

/// What a body does over a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passage {
    /// It comes up.
    Rise,
    /// It crosses the meridian above the pole.
    UpperCulmination,
    /// It goes down.
    Set,
    /// It crosses the meridian below the pole.
    LowerCulmination,
}

/// One passage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HorizonEvent {
    /// Which.
    pub passage: Passage,
    /// Julian Date TT.
    pub jd_tt: f64,
    /// Azimuth of the topocentric place, degrees from north by east, 0..360.
    pub azimuth_deg: f64,
    /// Altitude of its centre without refraction, degrees.
    pub altitude_deg: f64,
}

/// A stretch of more than a day without rise or set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolarStretch {
    /// Julian Date TT of its start: the last rise or set, or the start of the period.
    pub from_jd_tt: f64,
    /// Julian Date TT of its end.
    pub to_jd_tt: f64,
    /// Whether the body stays up (circumpolar: for the Sun, midnight sun) or down (for the Sun, polar night).
    pub above: bool,
}

/// A period over a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HorizonEvents {
    /// Passages in order.
    pub events: Vec<HorizonEvent>,
    /// Where the body neither rises nor sets for more than a day.
    pub stretches: Vec<PolarStretch>,
}

/// The Sun's rises and sets around an instant, Julian Dates UTC.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SunAround {
    /// The last sunrise at or before the instant; `None` when there was none within two days.
    pub last_rise_jd_ut: Option<f64>,
    /// The last sunset.
    pub last_set_jd_ut: Option<f64>,
    /// The first sunrise after the instant; `None` when there is none within two days.
    pub next_rise_jd_ut: Option<f64>,
    /// The first sunset.
    pub next_set_jd_ut: Option<f64>,
    /// Whether the Sun is up: its upper limb above the refracted horizon.
    pub is_up: bool,
}

/// Sunrises and sunsets (upper limb, 34 arcminutes of refraction) around a Julian Date UTC.
///
/// # Errors
/// [`AstroError::OutOfSpan`] within two days of the ends of the ephemeris.
pub fn sun_rise_set(jd_ut: f64, site: Site) -> Result<SunAround, AstroError> {
    let here = tt_of_utc(jd_ut);
    let altitude =
        excess_path(Stop::NEVER, Body::Sun, site, Horizon::default(), here - AROUND_DAYS, here + AROUND_DAYS)?;
    let crossings = altitude.crossings(0.0);
    let pick = |rises: bool, after: bool| {
        let mut kind = crossings.iter().filter(|(jd, up)| *up == rises && (*jd > here) == after);
        let found = if after { kind.next() } else { kind.next_back() };
        found.map(|(jd, _)| utc_of_tt(*jd))
    };
    Ok(SunAround {
        last_rise_jd_ut: pick(true, false),
        last_set_jd_ut: pick(false, false),
        next_rise_jd_ut: pick(true, true),
        next_set_jd_ut: pick(false, true),
        is_up: altitude.value(here) >= 0.0,
    })
}

/// Rises, sets and culminations of a body between two Julian Dates TT.
///
/// # Errors
/// [`AstroError::OutOfSpan`] where the period leaves the ephemeris; [`AstroError::Stopped`].
pub fn horizon_events(
    stop: Stop<'_>,
    body: Body,
    site: Site,
    horizon: Horizon,
    from_jd_tt: f64,
    to_jd_tt: f64,
) -> Result<HorizonEvents, AstroError> {
    let altitude = excess_path(stop, body, site, horizon, from_jd_tt, to_jd_tt)?;
    let how = Fit { tolerance: 1e-7, piece_days: 1.0, angle: true };
    let hour_angle = Path::fit(from_jd_tt, to_jd_tt, how, |jd| {
        stop.check()?;
        Ok::<_, AstroError>(Local::at(site, jd).seen(body)?.hour_angle_deg)
    })?;
    let crossings = altitude.crossings(0.0);
    let named = |list: Vec<(f64, bool)>, passage: fn(bool) -> Passage| {
        list.into_iter().map(move |(jd, up)| (jd, passage(up))).collect::<Vec<_>>()
    };
    let mut moments = named(crossings.clone(), |up| if up { Passage::Rise } else { Passage::Set });
    moments.extend(named(hour_angle.crossings_of_angle(0.0), |_| Passage::UpperCulmination));
    moments.extend(named(hour_angle.crossings_of_angle(180.0), |_| Passage::LowerCulmination));
    moments.sort_by(|a, b| a.0.total_cmp(&b.0));
    let event = |(jd_tt, passage): (f64, Passage)| {
        let seen = Local::at(site, jd_tt).seen(body)?;
        let altitude_deg = seen.sine_of_altitude.clamp(-1.0, 1.0).asin().to_degrees();
        Ok(HorizonEvent { passage, jd_tt, azimuth_deg: seen.azimuth_deg, altitude_deg })
    };
    let mut edges = vec![from_jd_tt];
    edges.extend(crossings.iter().map(|(jd, _)| *jd));
    edges.push(to_jd_tt);
    let stretches = edges.windows(2).filter(|pair| pair[1] - pair[0] > POLAR_STRETCH_DAYS).map(|pair| PolarStretch {
        from_jd_tt: pair[0],
        to_jd_tt: pair[1],
        above: altitude.value(0.5 * (pair[0] + pair[1])) >= 0.0,
    });
    Ok(HorizonEvents {
        stretches: stretches.collect(),
        events: moments.into_iter().map(event).collect::<Result<_, AstroError>>()?,
    })
}

/// Sine of the altitude less that of the altitude that counts.
fn excess_path(
    stop: Stop<'_>,
    body: Body,
    site: Site,
    horizon: Horizon,
    from: f64,
    to: f64,
) -> Result<Path, AstroError> {
    let how = Fit { tolerance: 1e-9, piece_days: 1.0, angle: false };
    Path::fit(from, to, how, |jd| {
        stop.check()?;
        let seen = Local::at(site, jd).seen(body)?;
        Ok(seen.sine_of_altitude - horizon.altitude_deg(body, seen.distance_au).to_radians().sin())
    })
}

impl Horizon {
    /// The altitude of the centre at which the body rises, degrees, `distance_au` from the observer.
    fn altitude_deg(self, body: Body, distance_au: f64) -> f64 {
        let (refraction_deg, limb) = match self {
            Self::Geometric(altitude_deg) => return altitude_deg,
            Self::Seen { refraction_deg, limb } => (refraction_deg, limb),
        };
        let semidiameter_deg = match body {
            Body::Sun => SUN_SEMIDIAMETER_DEG,
            Body::Moon => (MOON_RADIUS * EARTH_RADIUS_M / AU_M / distance_au).asin().to_degrees(),
            _ => 0.0,
        };
        match limb {
            Limb::Upper => -refraction_deg - semidiameter_deg,
            Limb::Center => -refraction_deg,
            Limb::Lower => -refraction_deg + semidiameter_deg,
        }
    }
}

/// An observer at an instant, in axes of the true equator and equinox of date.
pub(crate) struct Local {
    jd_tt: f64,
    latitude_rad: f64,
    sidereal_rad: f64,
    obliquity_rad: f64,
    /// Geocentric, AU.
    place_au: [f64; 3],
    /// Motion by the Earth's rotation in units of the speed of light.
    velocity: [f64; 3],
}

/// A body as the observer has it.
pub(crate) struct Seen {
    pub sine_of_altitude: f64,
    pub azimuth_deg: f64,
    pub hour_angle_deg: f64,
    pub distance_au: f64,
}

impl Local {
    pub(crate) fn at(site: Site, jd_tt: f64) -> Self {
        let sidereal_deg = frames::gast_deg(ut1_of_tt(jd_tt), jd_tt) + site.longitude_deg;
        let (sin_s, cos_s) = sidereal_deg.to_radians().sin_cos();
        let latitude_rad = site.latitude_deg.to_radians();
        let (sin_l, cos_l) = latitude_rad.sin_cos();
        let shape = (1.0 - FLATTENING).powi(2);
        let normal_m = EARTH_RADIUS_M / (cos_l * cos_l + shape * sin_l * sin_l).sqrt();
        let axis_m = (normal_m + site.altitude_m) * cos_l;
        let north_m = (normal_m * shape + site.altitude_m) * sin_l;
        Self {
            jd_tt,
            latitude_rad,
            sidereal_rad: sidereal_deg.to_radians(),
            obliquity_rad: frames::true_obliquity_deg(jd_tt).to_radians(),
            place_au: [axis_m * cos_s / AU_M, axis_m * sin_s / AU_M, north_m / AU_M],
            velocity: [-axis_m * sin_s * ROTATION_PER_M, axis_m * cos_s * ROTATION_PER_M, 0.0],
        }
    }

    /// # Errors
    /// [`AstroError::OutOfSpan`].
    pub(crate) fn seen(&self, body: Body) -> Result<Seen, AstroError> {
        let place = Ephemeris::embedded().apparent(body, self.jd_tt)?;
        let far = place.distance_au;
        let [direction, from] = [equatorial(&place, self.obliquity_rad), self.place_au];
        // A node is a direction without a distance: no parallax.
        let v: [f64; 3] = std::array::from_fn(|i| if far > 0.0 { direction[i] * far - from[i] } else { direction[i] });
        let length = norm(v);
        let v: [f64; 3] = std::array::from_fn(|i| v[i] / length + self.velocity[i]);
        let hour_angle = self.sidereal_rad - v[1].atan2(v[0]);
        let (sin_l, cos_l) = self.latitude_rad.sin_cos();
        let equator = v[0].hypot(v[1]);
        let (sin_h, cos_h) = hour_angle.sin_cos();
        let (east, north) = (-equator * sin_h, v[2] * cos_l - equator * cos_h * sin_l);
        Ok(Seen {
            sine_of_altitude: (v[2] * sin_l + equator * cos_h * cos_l) / norm(v),
            azimuth_deg: east.atan2(north).to_degrees().rem_euclid(360.0),
            hour_angle_deg: hour_angle.to_degrees(),
            distance_au: length,
        })
    }
}

/// Unit vector of a place in the axes of the equator.
pub(crate) fn equatorial(place: &Position, obliquity_rad: f64) -> [f64; 3] {
    let ((sin_l, cos_l), (sin_b, cos_b)) =
        (place.longitude_deg.to_radians().sin_cos(), place.latitude_deg.to_radians().sin_cos());
    let (sin_e, cos_e) = obliquity_rad.sin_cos();
    let (x, y, z) = (cos_b * cos_l, cos_b * sin_l, sin_b);
    [x, y * cos_e - z * sin_e, y * sin_e + z * cos_e]
}

fn norm(v: [f64; 3]) -> f64 {
    (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt()
}

#[cfg(test)]
mod tests;
