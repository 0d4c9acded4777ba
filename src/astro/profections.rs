//! P: Profections: a point of the chart carried on by one sign for each year of life and one for each month of it, and
//! the lords of those signs. Whole signs; dates from the Sun's returns.
//!
//! Source: definition: a whole sign a year (Vettius Valens, Anthologies IV), from return to return of the Sun. Error: that
//! of the returns, 0.2 s (`instants_agree_with_skyfield`).

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::chart::{Chart, Unknown};
use super::dignities::domicile_ruler;
use super::error::AstroError;
use super::point::Point;
use super::returns::{Return, TROPICAL_YEAR_DAYS, instant_text, solar_of_age};
use super::signs::Sign;
use super::vague::Instants;
use super::why::Why;

/// The points that are carried on, the Ascendant first: Valens (2nd century), Anthology IV, uses them all.
pub const POINTS: [Point; 5] =
    [Point::Ascendant, Point::Midheaven, Point::Body(Body::Sun), Point::Body(Body::Moon), Point::Fortune];

/// A sign that a point has come to, and who rules it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activated {
    /// The sign.
    pub sign: Sign,
    /// Its place from the Ascendant's sign, 1..=12; none where the Ascendant is not known.
    pub house: Option<u8>,
    /// The planet that has its domicile there, of the seven.
    pub lord: Body,
    /// Natal bodies in the sign, those whose sign is certain.
    pub natal_bodies: Vec<Body>,
}

/// One point and how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profection {
    /// The point carried on.
    pub from: Point,
    /// Its natal sign.
    pub natal_sign: Sign,
    /// Where it is in this year; its lord is the lord of the year if the point is the Ascendant.
    pub year: Activated,
    /// Where it is in this month of the year; none where the month is open.
    pub month: Option<Activated>,
}

/// The profections of an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profections {
    /// The instant, RFC 3339 UTC.
    pub at_utc: String,
    /// Whole years of life: the Sun's returns since birth. None within the window of a vague birth's birthday.
    pub age: Option<u32>,
    /// The year's start: the Sun's return.
    pub year_from: Option<Return>,
    /// Its end: the next one.
    pub year_to: Option<Return>,
    /// Which month of the year, 1..=12; none where a vague birth leaves it open.
    pub month: Option<u8>,
    /// When it starts.
    pub month_from: Option<Instants>,
    /// When it ends.
    pub month_to: Option<Instants>,
    /// The points, those whose natal sign is known.
    pub points: Vec<Profection>,
    /// What the birth leaves open.
    pub unknowns: Vec<Unknown>,
}

/// The profections of a chart at a Julian Date UTC: one sign for each return of the Sun since birth, and within the year
/// twelve months of equal length with one sign each, the first that of the year. None before birth and beyond the
/// ephemeris.
///
/// # Errors
/// Those of the ephemeris.
pub fn at(chart: &Chart, jd_utc: f64) -> Result<Option<Profections>, AstroError> {
    let Some((age, from, to)) = year_of_life(chart, jd_utc)? else { return Ok(None) };
    let mut found = Profections {
        at_utc: instant_text(jd_utc),
        age: Some(age),
        year_from: None,
        year_to: None,
        month: None,
        month_from: None,
        month_to: None,
        points: Vec::new(),
        unknowns: Vec::new(),
    };
    let between = |edge: &Return| {
        let span = edge.instants();
        !span.is_exact() && (span.from_jd_utc..span.to_jd_utc).contains(&jd_utc)
    };
    if between(&from) || between(&to) {
        found.age = None;
        found.unknowns.push(Unknown::new("age", Why::Birthday));
    } else {
        let (starts, ends) = (from.instants(), to.instants());
        let edge = |share: f64| Instants {
            from_jd_utc: starts.from_jd_utc + share * (ends.from_jd_utc - starts.from_jd_utc),
            to_jd_utc: starts.to_jd_utc + share * (ends.to_jd_utc - starts.to_jd_utc),
        };
        let twelfth = |number: u8| edge(f64::from(number) / 12.0);
        let month = (0..12_u8)
            .find(|&month| {
                (month == 0 || twelfth(month).to_jd_utc <= jd_utc) && jd_utc < twelfth(month + 1).from_jd_utc
            })
            .filter(|&month| starts.is_exact() || twelfth(month).to_jd_utc <= jd_utc);
        found.month = month.map(|month| month + 1);
        found.month_from = month.map(twelfth);
        found.month_to = month.map(|month| twelfth(month + 1));
        if month.is_none() {
            found.unknowns.push(Unknown::new("month", Why::MonthEnds));
        }
        let ascendant = sign_of(chart, Point::Ascendant);
        for point in POINTS {
            match sign_of(chart, point) {
                Some(natal_sign) => found.points.push(Profection {
                    from: point,
                    natal_sign,
                    year: activated(chart, ascendant, natal_sign, age),
                    month: month.map(|month| activated(chart, ascendant, natal_sign, age + u32::from(month))),
                }),
                None => found.unknowns.push(open(chart, point)),
            }
        }
    }
    found.year_from = Some(from);
    found.year_to = Some(to);
    Ok(Some(found))
}

/// The year of life that holds an instant, and the Sun's returns at its ends.
fn year_of_life(chart: &Chart, jd_utc: f64) -> Result<Option<(u32, Return, Return)>, AstroError> {
    let elapsed = (jd_utc - Instants::of(chart).middle()) / TROPICAL_YEAR_DAYS;
    // Returns wander about the mean year, and a sidereal one falls ever later.
    let guess = elapsed.floor().max(0.0) as u32;
    for age in guess.saturating_sub(1)..=guess + 1 {
        let (Some(from), Some(to)) = (solar_of_age(chart, age)?, solar_of_age(chart, age + 1)?) else {
            return Ok(None);
        };
        // Birth itself opens the first year, and the root of its own place may lie a millisecond after it.
        let opened = from.jd_utc <= jd_utc || (age == 0 && elapsed >= 0.0);
        if opened && jd_utc < to.jd_utc {
            return Ok(Some((age, from, to)));
        }
    }
    Ok(None)
}

/// The natal sign of a point, where it is certain.
fn sign_of(chart: &Chart, point: Point) -> Option<Sign> {
    let open = point.body().and_then(|body| chart.placement(body)).and_then(|placed| placed.range.as_ref());
    if open.is_some_and(|range| !range.sign_certain) {
        return None;
    }
    chart.longitude_deg(point).map(Sign::of)
}

fn activated(chart: &Chart, ascendant: Option<Sign>, natal: Sign, steps: u32) -> Activated {
    let index = (natal.index() + steps as usize) % 12;
    let sign = Sign::ALL[index];
    let bodies = chart.bodies.iter().map(|placed| placed.body);
    Activated {
        sign,
        house: ascendant.map(|rising| ((index + 12 - rising.index()) % 12) as u8 + 1),
        lord: domicile_ruler(sign),
        natal_bodies: bodies.filter(|body| sign_of(chart, Point::Body(*body)) == Some(sign)).collect(),
    }
}

fn open(chart: &Chart, point: Point) -> Unknown {
    let why = if point.body().is_some_and(|body| chart.placement(body).is_none()) {
        Why::NotAmongBodies
    } else if point.body().is_some() {
        Why::ChangesSign
    } else {
        Why::TurnsWithSky
    };
    Unknown::new(point.code(), why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::astro::chart::compute;
    use crate::astro::returns::tests::birth;

    fn of_age(chart: &Chart, years: f64) -> Profections {
        at(chart, Instants::of(chart).middle() + years * TROPICAL_YEAR_DAYS).unwrap().unwrap()
    }

    /// The rule as every handbook has it: the first house at 0, 12, 24, ...; the second at 1, 13, ...; the lord of the
    /// year rules the sign so many signs after the Ascendant's.
    #[test]
    fn a_house_for_each_year_of_life() {
        let chart = compute(&birth("1984-02-29", Some("03:07:30"))).unwrap();
        let rising = chart.angles.unwrap().ascendant.sign;
        for age in 0..90_u32 {
            let found = of_age(&chart, f64::from(age) + 0.5);
            assert_eq!(found.age, Some(age));
            let ascendant = &found.points[0];
            assert_eq!((ascendant.from, ascendant.natal_sign), (Point::Ascendant, rising));
            assert_eq!(ascendant.year.house, Some((age % 12) as u8 + 1));
            assert_eq!(ascendant.year.sign, Sign::ALL[(rising.index() + age as usize) % 12]);
            // Half a year on, the seventh month (or, by a whisker, the sixth) has begun.
            let month = found.month.unwrap();
            assert!((6..=7).contains(&month));
            assert_eq!(ascendant.month.as_ref().unwrap().house, Some((age as u8 + month - 1) % 12 + 1));
        }
    }

    #[test]
    fn the_day_of_birth_is_in_the_first_year_and_the_day_before_in_none() {
        let chart = compute(&birth("1984-02-29", Some("03:07:30"))).unwrap();
        let birth_jd = Instants::of(&chart).middle();
        let first = at(&chart, birth_jd).unwrap().unwrap();
        assert_eq!((first.age, first.month), (Some(0), Some(1)));
        assert!(at(&chart, birth_jd - 1.0).unwrap().is_none());
    }

    #[test]
    fn a_vague_birth_names_what_it_leaves_open() {
        let chart = compute(&birth("1984-02-29", None)).unwrap();
        let found = of_age(&chart, 40.5);
        assert!(found.points.iter().all(|p| p.from.body().is_some() && p.year.house.is_none()));
        let open: Vec<&str> = found.unknowns.iter().map(|u| u.what.as_str()).collect();
        assert!(open.contains(&"ascendant") && open.contains(&"midheaven"), "{open:?}");
        // The birthday itself: the Sun's return lies somewhere in a day.
        let birthday = solar_of_age(&chart, 30).unwrap().unwrap();
        let found = at(&chart, birthday.jd_utc + 0.1).unwrap().unwrap();
        assert_eq!((found.age, found.points.len()), (None, 0));
        assert_eq!(found.unknowns[0].what, "age");
    }
}
