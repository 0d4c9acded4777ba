//! P: Firdaria, the Persian periods of life: nine lords in 75 years, each planet's time shared among the seven. Dates
//! from a birth; no meaning.
//!
//! Source: Abu Ma'shar, On the Revolutions of the Years of Nativities IV; al-Biruni 1029; the tropical year of Simon et al.
//! 1994. Error: none: a table (`the_tables_of_the_tradition`) and multiples of that year.

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::chart::{Chart, Unknown};
use super::returns::{TROPICAL_YEAR_DAYS, instant_text};
use super::spans::Span;
use super::vague::Instants;
use super::why::Why;

/// Years of one round of all nine lords.
pub const CYCLE_YEARS: f64 = 75.0;
/// The seven planets in the order in which they follow each other, from above in the order of the spheres with the Sun
/// first.
const ORDER: [Body; 7] = [Body::Sun, Body::Venus, Body::Mercury, Body::Moon, Body::Saturn, Body::Jupiter, Body::Mars];

/// Who rules a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lord {
    /// The Sun, ten years.
    Sun,
    /// Venus, eight years.
    Venus,
    /// Mercury, thirteen years.
    Mercury,
    /// The Moon, nine years.
    Moon,
    /// Saturn, eleven years.
    Saturn,
    /// Jupiter, twelve years.
    Jupiter,
    /// Mars, seven years.
    Mars,
    /// The ascending node, three years.
    NorthNode,
    /// The descending node, two years.
    SouthNode,
}

/// Where the nodes' five years stand in the order of a birth by night. By day they always come last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NightNodes {
    /// Last, as by day: Abu Ma'shar, On the Revolutions of the Years of Nativities IV; al-Biruni (1029), Book of
    /// Instruction, 395.
    #[default]
    Last,
    /// After Mars, before the Sun: the reading of Bonatti (13th century), Liber Astronomiae, Tractatus IX.
    AfterMars,
}

/// A stretch of a period in the charge of one of the seven.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubPeriod {
    /// Who has charge.
    pub lord: Lord,
    /// Start, RFC 3339 UTC.
    pub from_utc: String,
    /// End, RFC 3339 UTC.
    pub to_utc: String,
    /// Start, years after birth.
    pub from_age_years: f64,
    /// End, years after birth.
    pub to_age_years: f64,
    /// Between which instants it starts and ends: one each when the birth is exact.
    pub edges: (Instants, Instants),
}

/// A lord's period.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Period {
    /// Who rules it.
    pub lord: Lord,
    /// Start, RFC 3339 UTC.
    pub from_utc: String,
    /// End, RFC 3339 UTC.
    pub to_utc: String,
    /// Start, years after birth.
    pub from_age_years: f64,
    /// End, years after birth.
    pub to_age_years: f64,
    /// Between which instants it starts and ends: one each when the birth is exact.
    pub edges: (Instants, Instants),
    /// Seven equal parts; none in a node's period.
    pub parts: Vec<SubPeriod>,
}

/// The periods of a life.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Firdaria {
    /// Whether the birth was by day: the Sun above the horizon.
    pub is_day: bool,
    /// Where the nodes stand by night.
    pub night_nodes: NightNodes,
    /// Days of a year: the mean tropical year.
    pub year_days: f64,
    /// By how much every date may be earlier or later, days: half of the window of a vague birth, else 0.
    pub plus_minus_days: f64,
    /// Nine periods for each round asked for.
    pub periods: Vec<Period>,
}

impl Lord {
    /// All nine in the order of a birth by day.
    pub const ALL: [Self; 9] = [
        Self::Sun,
        Self::Venus,
        Self::Mercury,
        Self::Moon,
        Self::Saturn,
        Self::Jupiter,
        Self::Mars,
        Self::NorthNode,
        Self::SouthNode,
    ];

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sun => "sun",
            Self::Venus => "venus",
            Self::Mercury => "mercury",
            Self::Moon => "moon",
            Self::Saturn => "saturn",
            Self::Jupiter => "jupiter",
            Self::Mars => "mars",
            Self::NorthNode => "north_node",
            Self::SouthNode => "south_node",
        }
    }

    /// The planet; none for a node.
    pub fn body(self) -> Option<Body> {
        ORDER.get(self as usize).copied()
    }

    /// Years of the lord's period.
    pub const fn years(self) -> u8 {
        match self {
            Self::Sun => 10,
            Self::Venus => 8,
            Self::Mercury => 13,
            Self::Moon => 9,
            Self::Saturn => 11,
            Self::Jupiter => 12,
            Self::Mars => 7,
            Self::NorthNode => 3,
            Self::SouthNode => 2,
        }
    }

    /// The seven from this planet on; empty for a node.
    fn round(self) -> impl Iterator<Item = Self> {
        let parts = if self.body().is_some() { 7 } else { 0 };
        (0..parts).map(move |step| Self::ALL[(self as usize + step) % 7])
    }
}

impl NightNodes {
    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::AfterMars => "after_mars",
        }
    }

    /// The convention with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Last, Self::AfterMars].into_iter().find(|nodes| nodes.code() == code)
    }
}

/// The nine lords in the order in which they rule.
pub fn sequence(is_day: bool, night_nodes: NightNodes) -> [Lord; 9] {
    use Lord::{Jupiter, Mars, Mercury, Moon, NorthNode, Saturn, SouthNode, Sun, Venus};
    match (is_day, night_nodes) {
        (true, _) => Lord::ALL,
        (false, NightNodes::Last) => [Moon, Saturn, Jupiter, Mars, Sun, Venus, Mercury, NorthNode, SouthNode],
        (false, NightNodes::AfterMars) => [Moon, Saturn, Jupiter, Mars, NorthNode, SouthNode, Sun, Venus, Mercury],
    }
}

/// The periods from a birth: round number `cycle`, 0 for the first 75 years, 1 for the next.
pub fn cycle(is_day: bool, night_nodes: NightNodes, birth: Instants, cycle: u8) -> Vec<Period> {
    let at_age = |age_years: f64| birth.map(|jd_utc| jd_utc + age_years * TROPICAL_YEAR_DAYS);
    let text = |age_years: f64| instant_text(at_age(age_years).middle());
    let mut age_years = CYCLE_YEARS * f64::from(cycle);
    let mut periods = Vec::with_capacity(9);
    for lord in sequence(is_day, night_nodes) {
        let years = f64::from(lord.years());
        let at = |part: usize| age_years + years * part as f64 / 7.0;
        let parts = lord.round().enumerate().map(|(part, lord)| SubPeriod {
            lord,
            from_utc: text(at(part)),
            to_utc: text(at(part + 1)),
            from_age_years: at(part),
            to_age_years: at(part + 1),
            edges: (at_age(at(part)), at_age(at(part + 1))),
        });
        periods.push(Period {
            lord,
            from_utc: text(age_years),
            to_utc: text(age_years + years),
            from_age_years: age_years,
            to_age_years: age_years + years,
            edges: (at_age(age_years), at_age(age_years + years)),
            parts: parts.collect(),
        });
        age_years += years;
    }
    periods
}

/// The periods of a chart in the round that holds a Julian Date UTC (the first where that is before birth).
///
/// # Errors
/// What is not known, where the birth's time leaves open whether it was by day.
pub fn of(chart: &Chart, night_nodes: NightNodes, at_jd_utc: f64) -> Result<Firdaria, Unknown> {
    let birth = Instants::of(chart);
    let Some(is_day) = chart.is_day else {
        return Err(Unknown::new("sect", Why::SunAtHorizon));
    };
    let ages = ages(chart, at_jd_utc);
    let [round, other] = [ages.from, ages.to].map(|age| (age / CYCLE_YEARS).floor().clamp(0.0, 9.0) as u8);
    if round != other {
        return Err(Unknown::new("firdaria", Why::RoundEnds));
    }
    Ok(Firdaria {
        is_day,
        night_nodes,
        year_days: TROPICAL_YEAR_DAYS,
        plus_minus_days: birth.half_days(),
        periods: cycle(is_day, night_nodes, birth, round),
    })
}

/// Between what the age at a Julian Date UTC lies, tropical years.
pub fn ages(chart: &Chart, at_jd_utc: f64) -> Span {
    let birth = Instants::of(chart);
    Span { from: at_jd_utc - birth.to_jd_utc, to: at_jd_utc - birth.from_jd_utc }.map(|days| days / TROPICAL_YEAR_DAYS)
}

impl Firdaria {
    /// The period and the part in which an age falls; what is not known where they change with the hour of a vague birth.
    pub fn during(&self, ages: Span) -> Result<Option<(&Period, Option<&SubPeriod>)>, Unknown> {
        let (early, late) = (self.at(ages.from), self.at(ages.to));
        if early == late {
            return Ok(early);
        }
        Err(Unknown::new("firdaria_current", Why::PartEnds))
    }

    /// The period and, in a planet's, the part in which an age in years falls.
    pub fn at(&self, age_years: f64) -> Option<(&Period, Option<&SubPeriod>)> {
        let period = self.periods.iter().find(|p| (p.from_age_years..p.to_age_years).contains(&age_years))?;
        let part = period.parts.iter().find(|p| (p.from_age_years..p.to_age_years).contains(&age_years));
        Some((period, part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ages at which each period starts, as the tables of the literature print them.
    #[test]
    fn the_tables_of_the_tradition() {
        let ages = |is_day, nodes| -> Vec<(&str, f64)> {
            cycle(is_day, nodes, Instants::at(2_451_545.0), 0)
                .iter()
                .map(|p| (p.lord.code(), p.from_age_years))
                .collect()
        };
        assert_eq!(
            ages(true, NightNodes::AfterMars),
            [
                ("sun", 0.0),
                ("venus", 10.0),
                ("mercury", 18.0),
                ("moon", 31.0),
                ("saturn", 40.0),
                ("jupiter", 51.0),
                ("mars", 63.0),
                ("north_node", 70.0),
                ("south_node", 73.0)
            ]
        );
        assert_eq!(
            ages(false, NightNodes::Last),
            [
                ("moon", 0.0),
                ("saturn", 9.0),
                ("jupiter", 20.0),
                ("mars", 32.0),
                ("sun", 39.0),
                ("venus", 49.0),
                ("mercury", 57.0),
                ("north_node", 70.0),
                ("south_node", 73.0)
            ]
        );
        assert_eq!(
            ages(false, NightNodes::AfterMars)[4..],
            [("north_node", 39.0), ("south_node", 42.0), ("sun", 44.0), ("venus", 54.0), ("mercury", 62.0)]
        );
    }

    #[test]
    fn parts_start_with_the_lord_and_fill_the_period() {
        for period in cycle(false, NightNodes::Last, Instants::at(2_440_000.5), 1) {
            let Some(body) = period.lord.body() else {
                assert!(period.parts.is_empty());
                continue;
            };
            assert_eq!(body.code(), period.lord.code());
            assert_eq!(period.parts.first().map(|p| p.lord), Some(period.lord));
            assert_eq!(period.parts.first().map(|p| &p.from_utc), Some(&period.from_utc));
            assert_eq!(period.parts.last().map(|p| &p.to_utc), Some(&period.to_utc));
            assert!(period.parts.windows(2).all(|w| w[0].to_utc == w[1].from_utc));
            assert!(period.from_age_years >= CYCLE_YEARS);
        }
        // Of Mars the order goes on with the Sun; of the Moon with Saturn.
        let parts: Vec<_> = Lord::Mars.round().map(Lord::code).collect();
        assert_eq!(parts, ["mars", "sun", "venus", "mercury", "moon", "saturn", "jupiter"]);
    }
}
