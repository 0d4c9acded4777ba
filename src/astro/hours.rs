//! P: Planetary hours: the ruler of a day and of its hour. Sunrise and sunset are `rise`'s.
//!
//! A day runs from sunrise to sunrise (upper limb, 34' of refraction) and belongs to the planet of its weekday. Light and dark
//! are cut in twelve hours each, and the hours go down the planets from Saturn to the Moon, the first being the ruler's of the
//! day (Cassius Dio, Roman History 37.18-19; Lilly 1647, Christian Astrology, pp. 482-485). The weekday is that of the
//! local mean time of the place at sunrise.
//!
//! Source: Lilly 1647, as above. Error: 2 s against Skyfield's sunrise and sunset (`hours_of_an_equinox`).

use serde::Serialize;

use super::body::Body;
use super::ephemeris::Site;
use super::error::AstroError;
use super::rise::sun_rise_set;

/// From the slowest to the swiftest.
const CHALDEAN: [Body; 7] =
    [Body::Saturn, Body::Jupiter, Body::Mars, Body::Sun, Body::Venus, Body::Mercury, Body::Moon];
/// From Sunday on.
const WEEK: [Body; 7] = [Body::Sun, Body::Moon, Body::Mars, Body::Mercury, Body::Jupiter, Body::Venus, Body::Saturn];

/// A planetary hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PlanetaryHour {
    /// The ruler of the day that began at the last sunrise.
    pub day_ruler: Body,
    /// The ruler of the hour.
    pub hour_ruler: Body,
    /// 1..=12 from sunrise, 13..=24 from sunset.
    pub hour: u8,
    /// When the hour began, Julian Date UTC.
    pub from_jd_utc: f64,
    /// When it ends.
    pub to_jd_utc: f64,
}

/// The ruler of a weekday, 0 for Sunday to 6 for Saturday (larger numbers go around).
pub fn day_ruler(weekday: usize) -> Body {
    WEEK[weekday % 7]
}

/// The ruler of an hour, 1..=24, of a day with a ruler.
pub fn hour_ruler(day_ruler: Body, hour: u8) -> Body {
    let first = CHALDEAN.iter().position(|body| *body == day_ruler).unwrap_or(0);
    CHALDEAN[(first + usize::from(hour.max(1)) - 1) % 7]
}

/// The weekday at a Julian Date in local time, 0 for Sunday.
fn weekday(jd_local: f64) -> usize {
    ((jd_local + 1.5).floor() as i64).rem_euclid(7) as usize
}

/// The planetary hour of an instant (Julian Date UTC); none where the Sun has not risen and set within two days on
/// either side, as in polar summer and winter.
///
/// # Errors
/// [`AstroError::OutOfSpan`] within two days of the ends of the ephemeris.
pub fn planetary_hour(jd_utc: f64, site: Site) -> Result<Option<PlanetaryHour>, AstroError> {
    let sun = sun_rise_set(jd_utc, site)?;
    let (Some(last_rise), Some(next_rise)) = (sun.last_rise_jd_ut, sun.next_rise_jd_ut) else { return Ok(None) };
    let (Some(last_set), Some(next_set)) = (sun.last_set_jd_ut, sun.next_set_jd_ut) else { return Ok(None) };
    let is_light = last_rise > last_set;
    let (from, to) = if is_light { (last_rise, next_set) } else { (last_set, next_rise) };
    // Around a polar night or day a rise and the set before it can belong to different days.
    if to - from > 1.0 || jd_utc - last_rise > 1.0 + 1.0 / 24.0 {
        return Ok(None);
    }
    let length = (to - from) / 12.0;
    let index = ((jd_utc - from) / length).floor().clamp(0.0, 11.0);
    let hour = index as u8 + if is_light { 1 } else { 13 };
    let day_ruler = day_ruler(weekday(last_rise + site.longitude_deg / 360.0));
    Ok(Some(PlanetaryHour {
        day_ruler,
        hour_ruler: hour_ruler(day_ruler, hour),
        hour,
        from_jd_utc: from + index * length,
        to_jd_utc: from + (index + 1.0) * length,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The week is what the hours make it: the hour after the last of a day is the first of the next ruler's.
    #[test]
    fn the_twenty_fifth_hour_belongs_to_the_next_day() {
        for weekday in 0..7 {
            let last = hour_ruler(day_ruler(weekday), 24);
            let after = CHALDEAN[(CHALDEAN.iter().position(|body| *body == last).unwrap() + 1) % 7];
            assert_eq!(after, day_ruler(weekday + 1));
        }
        assert_eq!(hour_ruler(Body::Sun, 2), Body::Venus);
        assert_eq!(hour_ruler(Body::Saturn, 1), Body::Saturn);
    }

    /// 1 January 2000 was a Saturday, 20 July 1969 a Sunday.
    #[test]
    fn weekdays() {
        assert_eq!((weekday(2_451_544.5), weekday(2_451_545.4)), (6, 6));
        assert_eq!((weekday(2_440_422.6), weekday(2_440_423.6)), (0, 1));
    }

    /// Greenwich, 20 March 2000, a Monday: sunrise 6:02:14, sunset 18:13:31 UTC (Skyfield 1.55 over DE440).
    #[test]
    fn hours_of_an_equinox() {
        let site = Site { latitude_deg: 51.48, longitude_deg: 0.0, altitude_m: 0.0 };
        let midnight = 2_451_623.5;
        let at = |hour: f64| planetary_hour(midnight + hour / 24.0, site).unwrap().unwrap();
        let noon = at(12.0);
        assert_eq!((noon.day_ruler, noon.hour), (Body::Moon, 6));
        assert_eq!(at(6.2).hour_ruler, Body::Moon, "the first hour is the ruler's of the day");
        let (sunrise, sunset) = (midnight + 21_734.0 / 86_400.0, midnight + 65_611.0 / 86_400.0);
        let sixth = sunrise + (sunset - sunrise) * 5.0 / 12.0;
        assert!((noon.from_jd_utc - sixth).abs() * 86_400.0 < 2.0, "{}", (noon.from_jd_utc - sixth) * 86_400.0);
        let evening = at(18.5);
        assert_eq!((evening.hour, evening.day_ruler), (13, Body::Moon));
        // Before sunrise it is still Sunday's night.
        assert_eq!((at(5.0).day_ruler, at(5.0).hour), (Body::Sun, 23));
    }

    #[test]
    fn hours_follow_each_other_without_gap() {
        let site = Site { latitude_deg: -33.9, longitude_deg: 151.2, altitude_m: 0.0 };
        let mut jd = 2_451_700.1;
        let mut before = planetary_hour(jd, site).unwrap().unwrap();
        for _ in 0..60 {
            jd = before.to_jd_utc + 1e-4;
            let next = planetary_hour(jd, site).unwrap().unwrap();
            assert!((next.from_jd_utc - before.to_jd_utc).abs() < 1e-6);
            let expected = CHALDEAN[(CHALDEAN.iter().position(|b| *b == before.hour_ruler).unwrap() + 1) % 7];
            assert_eq!(next.hour_ruler, expected);
            before = next;
        }
    }

    #[test]
    fn the_polar_summer_has_no_hours() {
        assert_eq!(
            planetary_hour(2_451_716.0, Site { latitude_deg: 69.65, longitude_deg: 18.96, altitude_m: 0.0 }).unwrap(),
            None
        );
    }
}
