//! P: Essential dignities of the seven traditional planets: rulers of every degree, and what a planet holds where it
//! stands, with scores. Houses, motion and the Sun's nearness are `accidental`'s.
//!
//! Sources: Ptolemy, Tetrabiblos I.17-22 (domiciles, exaltations, terms; the tables of Robbins 1940); Dorotheus of
//! Sidon, Carmen I.1 (three rulers of a triplicity); Lilly 1647, Christian Astrology, pp. 101-104 and 115 (scores,
//! faces, his own tables of terms and triplicities). Scores: domicile 5, exaltation 4, triplicity 3, term 2, face 1,
//! detriment -5, fall -4, peregrine -5; they add up.

pub mod accidental;
mod tables;

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::signs::{Element, Sign, degree_in_sign};

/// The seven planets that have dignities.
pub const SEVEN: [Body; 7] =
    [Body::Sun, Body::Moon, Body::Mercury, Body::Venus, Body::Mars, Body::Jupiter, Body::Saturn];

/// Whose table of terms (bounds) holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermScheme {
    /// The Egyptian terms (Ptolemy I.20, Valens, Dorotheus).
    #[default]
    Egyptian,
    /// Ptolemy's own (I.21), by Robbins' table.
    Ptolemaic,
    /// Ptolemy's as Lilly printed them (1647, p. 104).
    Lilly,
}

/// Whose rulers of the triplicities hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriplicityScheme {
    /// A ruler by day, one by night and one that takes part in both (Dorotheus).
    #[default]
    Dorothean,
    /// A ruler by day and one by night; Mars alone rules water (Ptolemy I.18 as Lilly read him).
    Lilly,
}

/// What a planet can hold, or lack, in a degree of the zodiac.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dignity {
    /// In its own sign.
    Domicile,
    /// In the sign of its exaltation.
    Exaltation,
    /// Ruler of the sign's triplicity in the chart's sect.
    Triplicity,
    /// Third, taking part in the rule of the triplicity by day and night: keeps from being peregrine, scores nothing.
    ParticipatingTriplicity,
    /// In its own term.
    Term,
    /// In its own face (decan).
    Face,
    /// Opposite its domicile.
    Detriment,
    /// Opposite its exaltation.
    Fall,
    /// Without any of the five dignities.
    Peregrine,
}

/// The tables in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schemes {
    /// Terms.
    pub terms: TermScheme,
    /// Triplicities.
    pub triplicities: TriplicityScheme,
}

/// The rulers of a triplicity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Triplicity {
    /// Who rules by day.
    pub day: Body,
    /// Who rules by night.
    pub night: Body,
    /// Who takes part in both, in Dorotheus' scheme.
    pub participating: Option<Body>,
}

/// What a planet holds where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Essential {
    /// Dignities and debilities, in the order of [`Dignity`].
    pub held: Vec<Dignity>,
    /// What depends on the sect where that is not known: left out of `held` and of the score.
    pub open: Vec<Dignity>,
    /// Sum of the scores of what is held.
    pub score: i16,
}

impl TermScheme {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Egyptian, Self::Ptolemaic, Self::Lilly];

    /// The stable machine name, such as `egyptian`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Egyptian => "egyptian",
            Self::Ptolemaic => "ptolemaic",
            Self::Lilly => "lilly",
        }
    }

    /// The scheme with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.code() == code)
    }
}

impl TriplicityScheme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Dorothean, Self::Lilly];

    /// `dorothean` or `lilly`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Dorothean => "dorothean",
            Self::Lilly => "lilly",
        }
    }

    /// The scheme with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.code() == code)
    }
}

impl Dignity {
    /// All nine.
    pub const ALL: [Self; 9] = [
        Self::Domicile,
        Self::Exaltation,
        Self::Triplicity,
        Self::ParticipatingTriplicity,
        Self::Term,
        Self::Face,
        Self::Detriment,
        Self::Fall,
        Self::Peregrine,
    ];

    /// The stable machine name, such as `domicile`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Domicile => "domicile",
            Self::Exaltation => "exaltation",
            Self::Triplicity => "triplicity",
            Self::ParticipatingTriplicity => "participating_triplicity",
            Self::Term => "term",
            Self::Face => "face",
            Self::Detriment => "detriment",
            Self::Fall => "fall",
            Self::Peregrine => "peregrine",
        }
    }

    /// Points, -5..=5 (Lilly 1647, p. 115).
    pub const fn score(self) -> i16 {
        match self {
            Self::Domicile => 5,
            Self::Exaltation => 4,
            Self::Triplicity => 3,
            Self::Term => 2,
            Self::Face => 1,
            Self::ParticipatingTriplicity => 0,
            Self::Fall => -4,
            Self::Detriment | Self::Peregrine => -5,
        }
    }
}

impl Triplicity {
    /// The ruler in a sect.
    pub const fn in_sect(&self, is_day: bool) -> Body {
        if is_day { self.day } else { self.night }
    }
}

/// The traditional ruler of a sign (Ptolemy I.17).
pub const fn domicile_ruler(sign: Sign) -> Body {
    match sign {
        Sign::Aries | Sign::Scorpio => Body::Mars,
        Sign::Taurus | Sign::Libra => Body::Venus,
        Sign::Gemini | Sign::Virgo => Body::Mercury,
        Sign::Cancer => Body::Moon,
        Sign::Leo => Body::Sun,
        Sign::Sagittarius | Sign::Pisces => Body::Jupiter,
        Sign::Capricorn | Sign::Aquarius => Body::Saturn,
    }
}

/// The ruler that most moderns give a sign: Pluto for Scorpio, Uranus for Aquarius, Neptune for Pisces, else the
/// traditional one.
pub const fn modern_ruler(sign: Sign) -> Body {
    match sign {
        Sign::Scorpio => Body::Pluto,
        Sign::Aquarius => Body::Uranus,
        Sign::Pisces => Body::Neptune,
        other => domicile_ruler(other),
    }
}

/// The planet exalted in a sign and the degree of its height, 1..=30 counted as tradition counts: 19 is the nineteenth
/// degree, 18° to 19° (Ptolemy I.19 for the signs, Dorotheus I.2 for the degrees).
pub const fn exaltation(sign: Sign) -> Option<(Body, u8)> {
    Some(match sign {
        Sign::Aries => (Body::Sun, 19),
        Sign::Taurus => (Body::Moon, 3),
        Sign::Cancer => (Body::Jupiter, 15),
        Sign::Virgo => (Body::Mercury, 15),
        Sign::Libra => (Body::Saturn, 21),
        Sign::Capricorn => (Body::Mars, 28),
        Sign::Pisces => (Body::Venus, 27),
        _ => return None,
    })
}

/// The planet exalted in a sign.
pub fn exaltation_ruler(sign: Sign) -> Option<Body> {
    exaltation(sign).map(|(body, _)| body)
}

/// The sign across the zodiac.
pub fn opposite(sign: Sign) -> Sign {
    Sign::ALL[(sign.index() + 6) % 12]
}

/// The rulers of an element's triplicity.
pub const fn triplicity(element: Element, scheme: TriplicityScheme) -> Triplicity {
    use Body::{Jupiter, Mars, Mercury, Moon, Saturn, Sun, Venus};
    let (day, night, third) = match (element, scheme) {
        (Element::Fire, _) => (Sun, Jupiter, Saturn),
        (Element::Earth, _) => (Venus, Moon, Mars),
        (Element::Air, _) => (Saturn, Mercury, Jupiter),
        (Element::Water, TriplicityScheme::Dorothean) => (Venus, Mars, Moon),
        (Element::Water, TriplicityScheme::Lilly) => (Mars, Mars, Mars),
    };
    let participating = match scheme {
        TriplicityScheme::Dorothean => Some(third),
        TriplicityScheme::Lilly => None,
    };
    Triplicity { day, night, participating }
}

/// The ruler of the term that holds a longitude in degrees.
pub fn term_ruler(longitude_deg: f64, scheme: TermScheme) -> Body {
    let row = &tables::terms(scheme)[Sign::of(longitude_deg).index()];
    let within = degree_in_sign(longitude_deg);
    let last = row[row.len() - 1].0;
    row.iter().find(|(_, end)| within < f64::from(*end)).map_or(last, |(ruler, _)| *ruler)
}

/// The ruler of the face (a third of a sign) that holds a longitude in degrees: the Chaldean order from Mars at 0° Aries
/// on (Lilly 1647, p. 104).
pub fn face_ruler(longitude_deg: f64) -> Body {
    use Body::{Jupiter, Mars, Mercury, Moon, Saturn, Sun, Venus};
    const CHALDEAN: [Body; 7] = [Mars, Sun, Venus, Mercury, Moon, Saturn, Jupiter];
    let third = (degree_in_sign(longitude_deg) / 10.0).floor() as usize;
    CHALDEAN[(3 * Sign::of(longitude_deg).index() + third.min(2)) % 7]
}

/// What one of [`SEVEN`] holds at a longitude in degrees, by day, by night or where that is not known. Other bodies hold
/// nothing, and are not peregrine either.
pub fn essential(body: Body, longitude_deg: f64, is_day: Option<bool>, schemes: Schemes) -> Essential {
    if !SEVEN.contains(&body) {
        return Essential::default();
    }
    let sign = Sign::of(longitude_deg);
    let rulers = triplicity(sign.element(), schemes.triplicities);
    let shares = match is_day {
        Some(is_day) => Some(rulers.in_sect(is_day) == body),
        None if (rulers.day == body) != (rulers.night == body) => None,
        None => Some(rulers.day == body),
    };
    let in_triplicity = shares == Some(true);
    let found = [
        (Dignity::Domicile, domicile_ruler(sign) == body),
        (Dignity::Exaltation, exaltation_ruler(sign) == Some(body)),
        (Dignity::Triplicity, in_triplicity),
        (Dignity::ParticipatingTriplicity, rulers.participating == Some(body) && !in_triplicity),
        (Dignity::Term, term_ruler(longitude_deg, schemes.terms) == body),
        (Dignity::Face, face_ruler(longitude_deg) == body),
    ];
    let mut held: Vec<Dignity> = found.into_iter().filter(|(_, holds)| *holds).map(|(dignity, _)| dignity).collect();
    let mut open = Vec::new();
    let bare = held.is_empty();
    if domicile_ruler(opposite(sign)) == body {
        held.push(Dignity::Detriment);
    }
    if exaltation_ruler(opposite(sign)) == Some(body) {
        held.push(Dignity::Fall);
    }
    match shares {
        None if bare => open.extend([Dignity::Triplicity, Dignity::Peregrine]),
        None => open.push(Dignity::Triplicity),
        Some(_) if bare => held.push(Dignity::Peregrine),
        Some(_) => {}
    }
    let score = held.iter().map(|dignity| dignity.score()).sum();
    Essential { held, open, score }
}

#[cfg(test)]
mod tests;
