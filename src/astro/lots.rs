//! P: The Parts of Fortune and Spirit, and whether the Sun stands above the horizon. No other lots.

use serde::{Deserialize, Serialize};

use super::angles::{AnglePlacement, LocalSky};

/// The two lots of the luminaries.
///
/// By day Fortune lies as far from the Ascendant as the Moon from the Sun, and Spirit the other way; by night the two
/// change places (Dorotheus, Carmen Astrologicum I.26; Vettius Valens, Anthologies II.3; Paulus Alexandrinus,
/// Introduction 23). Ptolemy's Fortune, which takes no account of the night (Tetrabiblos III.10), is not this one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lots {
    /// The Part of Fortune.
    pub fortune: AnglePlacement,
    /// The Part of Spirit.
    pub spirit: AnglePlacement,
}

impl Lots {
    /// From longitudes in one zodiac, degrees, and the sect.
    pub fn new(ascendant_deg: f64, sun_deg: f64, moon_deg: f64, is_day: bool) -> Self {
        let arc = if is_day { moon_deg - sun_deg } else { sun_deg - moon_deg };
        Self { fortune: AnglePlacement::at(ascendant_deg + arc), spirit: AnglePlacement::at(ascendant_deg - arc) }
    }
}

/// Whether a body of this tropical longitude and latitude (degrees) stands above the geometric horizon: neither refraction
/// nor its disc count, so that the Sun at sunrise is still just below.
pub fn is_above_horizon(sky: &LocalSky, longitude_deg: f64, latitude_deg: f64) -> bool {
    sine_of_altitude(sky, longitude_deg, latitude_deg) > 0.0
}

/// Sine of the geometric altitude of a tropical longitude and latitude, degrees (Meeus 1998, eqs. 13.3, 13.4 and 13.6).
pub(super) fn sine_of_altitude(sky: &LocalSky, longitude_deg: f64, latitude_deg: f64) -> f64 {
    let (sin_lon, cos_lon) = longitude_deg.to_radians().sin_cos();
    let (sin_lat, cos_lat) = latitude_deg.to_radians().sin_cos();
    let (sin_eps, cos_eps) = sky.obliquity_deg.to_radians().sin_cos();
    let [x, y, z] = [
        cos_lat * cos_lon,
        cos_lat * sin_lon * cos_eps - sin_lat * sin_eps,
        cos_lat * sin_lon * sin_eps + sin_lat * cos_eps,
    ];
    let (sin_armc, cos_armc) = sky.armc_deg.to_radians().sin_cos();
    let (sin_phi, cos_phi) = sky.latitude_deg.to_radians().sin_cos();
    sin_phi * z + cos_phi * (x * cos_armc + y * sin_armc)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paulus Alexandrinus, Introduction 23: by day from the Sun to the Moon, and as far from the Ascendant; by night the
    /// other way round.
    #[test]
    fn fortune_by_day_is_spirit_by_night() {
        let (day, night) = (Lots::new(100.0, 20.0, 65.0, true), Lots::new(100.0, 20.0, 65.0, false));
        assert!((day.fortune.longitude_deg - 145.0).abs() < 1e-12 && (day.spirit.longitude_deg - 55.0).abs() < 1e-12);
        assert_eq!((day.fortune, day.spirit), (night.spirit, night.fortune));
    }

    /// At an equinox the Sun is up from six to eighteen hours of local sidereal time shifted by its right ascension.
    #[test]
    fn the_sun_of_an_equinox_is_up_for_half_of_the_day() {
        for (armc_deg, up) in [(0.0, true), (80.0, true), (100.0, false), (180.0, false), (260.0, false), (280.0, true)]
        {
            for latitude_deg in [-60.0, 0.0, 45.0] {
                let sky = LocalSky { armc_deg, obliquity_deg: 23.44, latitude_deg };
                assert_eq!(is_above_horizon(&sky, 0.0, 0.0), up, "{armc_deg} {latitude_deg}");
            }
        }
    }

    #[test]
    fn inside_the_polar_circle_the_summer_sun_stays_up() {
        for armc_deg in [0.0, 90.0, 180.0, 270.0] {
            let sky = LocalSky { armc_deg, obliquity_deg: 23.44, latitude_deg: 70.0 };
            assert!(is_above_horizon(&sky, 90.0, 0.0) && !is_above_horizon(&sky, 270.0, 0.0));
        }
    }
}
