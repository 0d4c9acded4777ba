//! P: Who rules whom: receptions between planets, dispositors and where their chains end, rulers of houses. Scores nothing.
//!
//! A planet receives another that stands where the first has a dignity (Lilly 1647, p. 112); it is named with whether their
//! signs behold each other, which many authors ask for. Rulers: Ptolemy I.17; the modern ones as `dignities` has them.

use serde::Serialize;

use super::angles::norm_deg;
use super::body::Body;
use super::dignities::{self, Dignity, SEVEN, Schemes};
use super::houses::Houses;
use super::signs::Sign;

/// A planet and the sign that it is in for sure.
pub type InSign = (Body, Sign);

/// One planet stands where another has dignities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reception {
    /// Who receives.
    pub host: Body,
    /// Who is received.
    pub guest: Body,
    /// By which of the host's dignities: domicile, exaltation, triplicity.
    pub by: Vec<Dignity>,
    /// Whether the two stand in one sign or in signs that make a sextile, square, trine or opposition.
    pub beholds: bool,
}

/// Two planets receive each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MutualReception {
    /// The first, in the order of the planets.
    pub a: Body,
    /// The second.
    pub b: Body,
    /// The dignities of the first by which it receives the second.
    pub a_by: Vec<Dignity>,
    /// The dignities of the second by which it receives the first.
    pub b_by: Vec<Dignity>,
    /// Whether their signs behold each other.
    pub beholds: bool,
}

/// Receptions one way and both ways.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Receptions {
    /// Those that are not answered.
    pub one_sided: Vec<Reception>,
    /// Those that are.
    pub mutual: Vec<MutualReception>,
}

/// Whose table of rulers holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rulership {
    /// The seven.
    Traditional,
    /// With Uranus, Neptune and Pluto.
    Modern,
}

/// Every planet's dispositor, the ruler of the sign it is in, and where following them leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dispositors {
    /// Planet and its dispositor; a planet in its own sign disposes of itself.
    pub of: Vec<(Body, Body)>,
    /// Planets in their own signs.
    pub at_home: Vec<Body>,
    /// Rings of planets that dispose of each other in turn, two or more, each from its first in the order of the planets.
    pub rings: Vec<Vec<Body>>,
    /// The one planet in which every chain ends, if there is one.
    pub last: Option<Body>,
}

/// A house, its rulers, and the signs that it hides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HouseRuler {
    /// 1..=12.
    pub house: u8,
    /// The sign on its cusp.
    pub sign: Sign,
    /// The traditional ruler of that sign.
    pub ruler: Body,
    /// The modern ruler, where it is another.
    pub modern_ruler: Option<Body>,
    /// The house that the traditional ruler stands in.
    pub ruler_house: Option<u8>,
    /// The house that the modern ruler stands in, where it is another.
    pub modern_ruler_house: Option<u8>,
    /// Signs that lie whole within the house, without a cusp.
    pub intercepted: Vec<Sign>,
}

impl Rulership {
    /// The ruler of a sign.
    pub const fn of(self, sign: Sign) -> Body {
        match self {
            Self::Traditional => dignities::domicile_ruler(sign),
            Self::Modern => dignities::modern_ruler(sign),
        }
    }
}

/// Whether two signs are the same or make one of Ptolemy's aspects (I.13): not one or five signs apart.
pub fn beholds(a: Sign, b: Sign) -> bool {
    let apart = a.index().abs_diff(b.index());
    !matches!(apart.min(12 - apart), 1 | 5)
}

/// The dignities that `host` has in a sign; triplicity only where the sect is known.
fn dignities_in(host: Body, sign: Sign, is_day: Option<bool>, schemes: Schemes) -> Vec<Dignity> {
    let mut by = Vec::new();
    if dignities::domicile_ruler(sign) == host {
        by.push(Dignity::Domicile);
    }
    if dignities::exaltation_ruler(sign) == Some(host) {
        by.push(Dignity::Exaltation);
    }
    let rulers = dignities::triplicity(sign.element(), schemes.triplicities);
    if is_day.is_some_and(|is_day| rulers.in_sect(is_day) == host) {
        by.push(Dignity::Triplicity);
    }
    by
}

/// The receptions among those of [`SEVEN`] whose signs are given.
pub fn receptions(placed: &[InSign], is_day: Option<bool>, schemes: Schemes) -> Receptions {
    let seven: Vec<InSign> = placed.iter().copied().filter(|(body, _)| SEVEN.contains(body)).collect();
    let mut found = Receptions::default();
    for (index, &(a, a_sign)) in seven.iter().enumerate() {
        for &(b, b_sign) in &seven[index + 1..] {
            let a_by = dignities_in(a, b_sign, is_day, schemes);
            let b_by = dignities_in(b, a_sign, is_day, schemes);
            let beholds = beholds(a_sign, b_sign);
            match (a_by.is_empty(), b_by.is_empty()) {
                (false, false) => found.mutual.push(MutualReception { a, b, a_by, b_by, beholds }),
                (false, true) => found.one_sided.push(Reception { host: a, guest: b, by: a_by, beholds }),
                (true, false) => found.one_sided.push(Reception { host: b, guest: a, by: b_by, beholds }),
                (true, true) => {}
            }
        }
    }
    found
}

/// The dispositors of planets whose signs are all given: the seven, or the ten where modern rulers hold. None when a
/// chain leaves the given planets, because a sign is not known.
pub fn dispositors(placed: &[InSign], rulership: Rulership) -> Option<Dispositors> {
    let of: Vec<(Body, Body)> = placed.iter().map(|&(body, sign)| (body, rulership.of(sign))).collect();
    let next = |body: Body| of.iter().find(|(from, _)| *from == body).map(|(_, to)| *to);
    if of.iter().any(|(_, to)| next(*to).is_none()) {
        return None;
    }
    let at_home: Vec<Body> = of.iter().filter(|(from, to)| from == to).map(|(body, _)| *body).collect();
    let mut rings: Vec<Vec<Body>> = Vec::new();
    for &(start, _) in &of {
        let mut ring = vec![start];
        let mut here = next(start)?;
        while here != start && ring.len() <= of.len() {
            ring.push(here);
            here = next(here)?;
        }
        let seen_before = rings.iter().any(|known| known.contains(&start));
        if here == start && ring.len() > 1 && !seen_before {
            rings.push(ring);
        }
    }
    let last = if rings.is_empty() && at_home.len() == 1 { at_home.first().copied() } else { None };
    Some(Dispositors { of, at_home, rings, last })
}

/// The rulers of the twelve houses; `house_of` finds the house of a planet.
pub fn house_rulers(houses: &Houses, house_of: impl Fn(Body) -> Option<u8>) -> Vec<HouseRuler> {
    let signs: Vec<Sign> = houses.cusps_deg.iter().map(|cusp| Sign::of(*cusp)).collect();
    let rows = (0..12_usize).map(|index| {
        let sign = signs[index];
        let (ruler, modern) = (dignities::domicile_ruler(sign), dignities::modern_ruler(sign));
        let modern_ruler = (modern != ruler).then_some(modern);
        let (start, end) = (houses.cusps_deg[index], houses.cusps_deg[(index + 1) % 12]);
        let size = norm_deg(end - start);
        // Whole within: the sign starts after the cusp and ends before the next one.
        let hidden = |sign: &Sign| {
            let begins = norm_deg(30.0 * sign.index() as f64 - start);
            begins > 0.0 && begins + 30.0 < size
        };
        HouseRuler {
            house: index as u8 + 1,
            sign,
            ruler,
            modern_ruler,
            ruler_house: house_of(ruler),
            modern_ruler_house: modern_ruler.and_then(&house_of),
            intercepted: Sign::ALL.into_iter().filter(hidden).collect(),
        }
    });
    rows.collect()
}

#[cfg(test)]
mod tests;
