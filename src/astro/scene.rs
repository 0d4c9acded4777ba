//! P: What the traditional analysis reads of a sky: ten planets, the node, and, where the time is exact, houses and
//! horizon. Reads charts; judges nothing.

use super::angles::{norm_deg, wrap_deg};
use super::body::Body;
use super::ephemeris::Ephemeris;
use super::error::AstroError;
use super::options::ChartOptions;
use super::{frames, time};

/// A planet as the analysis reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Which planet.
    pub body: Body,
    /// Longitude in the chart's zodiac, 0..360 degrees.
    pub longitude_deg: f64,
    /// Ecliptic latitude, degrees north.
    pub latitude_deg: f64,
    /// Distance, AU.
    pub distance_au: f64,
    /// Rate of the longitude, degrees per day.
    pub speed_deg_per_day: f64,
    /// House 1..=12, where houses are known.
    pub house: Option<u8>,
    /// Whether its centre stands above the true horizon (geocentric direction, no refraction), where that is known.
    pub above_horizon: Option<bool>,
}

/// A place on Earth and its sky's turn at an instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Horizon {
    /// Local apparent sidereal time, degrees.
    pub sidereal_time_deg: f64,
    /// True obliquity of the ecliptic, degrees.
    pub obliquity_deg: f64,
    /// Geographic latitude, degrees north.
    pub latitude_deg: f64,
}

/// The sky at one instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Julian Date TT.
    pub jd_tt: f64,
    /// The ten planets, in the order of [`Body::PLANETS`].
    pub planets: [Seen; 10],
    /// The ascending node in the chart's zodiac, degrees.
    pub node_deg: f64,
    /// Whether the Sun stands above the true horizon; none where the time or the place is not known.
    pub is_day: Option<bool>,
    /// What must be added to the chart's longitudes to make them tropical, degrees.
    pub offset_deg: f64,
}

impl Horizon {
    /// The horizon of a place at a Julian Date UTC.
    pub fn at(jd_utc: f64, latitude_deg: f64, longitude_deg: f64) -> Self {
        let scales = time::scales_from_utc(jd_utc);
        Self {
            sidereal_time_deg: norm_deg(frames::gast_deg(scales.jd_ut1, scales.jd_tt) + longitude_deg),
            obliquity_deg: frames::true_obliquity_deg(scales.jd_tt),
            latitude_deg,
        }
    }

    /// The true altitude, degrees, of a direction given by tropical ecliptic longitude and latitude in degrees (Meeus
    /// 1998, eqs. 13.3, 13.4 and 13.6): geocentric, without refraction.
    pub fn altitude_deg(&self, longitude_deg: f64, latitude_deg: f64) -> f64 {
        let (sin_lon, cos_lon) = longitude_deg.to_radians().sin_cos();
        let (sin_lat, cos_lat) = latitude_deg.to_radians().sin_cos();
        let (sin_eps, cos_eps) = self.obliquity_deg.to_radians().sin_cos();
        let (sin_phi, cos_phi) = self.latitude_deg.to_radians().sin_cos();
        let (sin_st, cos_st) = self.sidereal_time_deg.to_radians().sin_cos();
        let x = cos_lat * cos_lon;
        let y = cos_lat * sin_lon * cos_eps - sin_lat * sin_eps;
        let z = cos_lat * sin_lon * sin_eps + sin_lat * cos_eps;
        (sin_phi * z + cos_phi * (x * cos_st + y * sin_st)).clamp(-1.0, 1.0).asin().to_degrees()
    }
}

impl Scene {
    /// The sky at a Julian Date TT in the zodiac and from the place of some options; no houses, no horizon.
    ///
    /// # Errors
    /// [`AstroError::OutOfSpan`] outside the ephemeris; [`AstroError::NotInFrame`] as seen from the Sun.
    pub fn at(jd_tt: f64, options: &ChartOptions) -> Result<Self, AstroError> {
        const WANTED: [Body; 11] = [
            Body::Sun,
            Body::Moon,
            Body::Mercury,
            Body::Venus,
            Body::Mars,
            Body::Jupiter,
            Body::Saturn,
            Body::Uranus,
            Body::Neptune,
            Body::Pluto,
            Body::TrueNode,
        ];
        let offset_deg = options.zodiac.offset_deg(jd_tt);
        let found = Ephemeris::embedded().positions(&WANTED, jd_tt, &options.view)?;
        let planets = std::array::from_fn(|index| {
            let position = &found[index];
            Seen {
                body: WANTED[index],
                longitude_deg: norm_deg(position.longitude_deg - offset_deg),
                latitude_deg: position.latitude_deg,
                distance_au: position.distance_au,
                speed_deg_per_day: position.longitude_speed_deg_per_day,
                house: None,
                above_horizon: None,
            }
        });
        Ok(Self { jd_tt, planets, node_deg: norm_deg(found[10].longitude_deg - offset_deg), is_day: None, offset_deg })
    }

    /// A sky whose ten planets all stand at the zero point, to be placed.
    pub(super) fn unplaced(jd_tt: f64, offset_deg: f64) -> Self {
        let planets = Body::PLANETS.map(|body| Seen {
            body,
            longitude_deg: 0.0,
            latitude_deg: 0.0,
            distance_au: 0.0,
            speed_deg_per_day: 0.0,
            house: None,
            above_horizon: None,
        });
        Self { jd_tt, planets, node_deg: 0.0, is_day: None, offset_deg }
    }

    /// Says of every planet whether it is up, and so whether it is day.
    pub fn stand_under(&mut self, horizon: &Horizon) {
        for seen in &mut self.planets {
            let altitude = horizon.altitude_deg(seen.longitude_deg + self.offset_deg, seen.latitude_deg);
            seen.above_horizon = Some(altitude > 0.0);
        }
        self.is_day = self.planets[0].above_horizon;
    }

    /// A planet; none for a body that is not one of the ten.
    pub fn planet(&self, body: Body) -> Option<&Seen> {
        self.planets.iter().find(|seen| seen.body == body)
    }

    /// The Sun.
    pub fn sun(&self) -> &Seen {
        &self.planets[0]
    }

    /// The Moon.
    pub fn moon(&self) -> &Seen {
        &self.planets[1]
    }

    /// The declination of a planet, degrees north of the true equator of date.
    pub fn declination_deg(&self, seen: &Seen) -> f64 {
        let (sin_eps, cos_eps) = frames::true_obliquity_deg(self.jd_tt).to_radians().sin_cos();
        let (sin_lat, cos_lat) = seen.latitude_deg.to_radians().sin_cos();
        let longitude_deg = seen.longitude_deg + self.offset_deg;
        (sin_lat * cos_eps + cos_lat * sin_eps * longitude_deg.to_radians().sin()).asin().to_degrees()
    }

    /// How far a planet stands from the Sun in longitude, -180..180 degrees; negative when it rises before the Sun.
    pub fn from_sun_deg(&self, seen: &Seen) -> f64 {
        wrap_deg(seen.longitude_deg - self.sun().longitude_deg)
    }
}
