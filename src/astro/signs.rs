//! P: The twelve tropical signs, their elements and modalities, and degrees within them. Holds no display names.
//!
//! Source: definition: twelve signs of thirty degrees. Error: none beyond rounding of the longitude given.

use serde::{Deserialize, Serialize};

use super::angles::norm_deg;
use super::names::{self, Lang};

/// A sign of the tropical zodiac: thirty degrees of ecliptic longitude, counted from the true equinox of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Aries, 0 to 30 degrees.
    Aries,
    /// Taurus, 30 to 60 degrees.
    Taurus,
    /// Gemini, 60 to 90 degrees.
    Gemini,
    /// Cancer, 90 to 120 degrees.
    Cancer,
    /// Leo, 120 to 150 degrees.
    Leo,
    /// Virgo, 150 to 180 degrees.
    Virgo,
    /// Libra, 180 to 210 degrees.
    Libra,
    /// Scorpio, 210 to 240 degrees.
    Scorpio,
    /// Sagittarius, 240 to 270 degrees.
    Sagittarius,
    /// Capricorn, 270 to 300 degrees.
    Capricorn,
    /// Aquarius, 300 to 330 degrees.
    Aquarius,
    /// Pisces, 330 to 360 degrees.
    Pisces,
}

/// The four classical elements; signs take them in this order, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// Aries, Leo, Sagittarius.
    Fire,
    /// Taurus, Virgo, Capricorn.
    Earth,
    /// Gemini, Libra, Aquarius.
    Air,
    /// Cancer, Scorpio, Pisces.
    Water,
}

/// The three modalities (quadruplicities); signs take them in this order, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Starts a season.
    Cardinal,
    /// Holds a season.
    Fixed,
    /// Ends a season.
    Mutable,
}

impl Sign {
    /// All twelve in zodiacal order.
    pub const ALL: [Self; 12] = [
        Self::Aries,
        Self::Taurus,
        Self::Gemini,
        Self::Cancer,
        Self::Leo,
        Self::Virgo,
        Self::Libra,
        Self::Scorpio,
        Self::Sagittarius,
        Self::Capricorn,
        Self::Aquarius,
        Self::Pisces,
    ];

    /// The sign that holds an ecliptic longitude in degrees (any real; it is reduced to 0..360). Not-a-number gives
    /// Aries.
    pub fn of(longitude_deg: f64) -> Self {
        let index = (norm_deg(longitude_deg) / 30.0).floor() as usize;
        Self::ALL[index.min(11)]
    }

    /// 0 for Aries to 11 for Pisces.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The stable machine name, such as `aries`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Aries => "aries",
            Self::Taurus => "taurus",
            Self::Gemini => "gemini",
            Self::Cancer => "cancer",
            Self::Leo => "leo",
            Self::Virgo => "virgo",
            Self::Libra => "libra",
            Self::Scorpio => "scorpio",
            Self::Sagittarius => "sagittarius",
            Self::Capricorn => "capricorn",
            Self::Aquarius => "aquarius",
            Self::Pisces => "pisces",
        }
    }

    /// The sign with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sign| sign.code() == code)
    }

    /// Its element.
    pub fn element(self) -> Element {
        match self.index() % 4 {
            0 => Element::Fire,
            1 => Element::Earth,
            2 => Element::Air,
            _ => Element::Water,
        }
    }

    /// Its modality.
    pub fn modality(self) -> Modality {
        match self.index() % 3 {
            0 => Modality::Cardinal,
            1 => Modality::Fixed,
            _ => Modality::Mutable,
        }
    }

    /// The display name.
    pub fn name(self, lang: Lang) -> &'static str {
        names::sign(self, lang)
    }
}

impl Element {
    /// The stable machine name, such as `fire`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Fire => "fire",
            Self::Earth => "earth",
            Self::Air => "air",
            Self::Water => "water",
        }
    }
}

impl Modality {
    /// The stable machine name, such as `fixed`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cardinal => "cardinal",
            Self::Fixed => "fixed",
            Self::Mutable => "mutable",
        }
    }
}

/// Degrees 0..30 within the sign of a longitude.
pub fn degree_in_sign(longitude_deg: f64) -> f64 {
    norm_deg(longitude_deg) % 30.0
}

/// Whole degrees 0..=29 and whole minutes 0..=59 within the sign, cut and not rounded, so that 29°59.9′ stays in its
/// sign.
pub fn degree_minute(longitude_deg: f64) -> (u8, u8) {
    let within = degree_in_sign(longitude_deg);
    let minutes = (within * 60.0).floor().clamp(0.0, 1799.0) as u16;
    ((minutes / 60) as u8, (minutes % 60) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_change_every_thirty_degrees() {
        assert_eq!(Sign::of(0.0), Sign::Aries);
        assert_eq!(Sign::of(29.999_999), Sign::Aries);
        assert_eq!(Sign::of(30.0), Sign::Taurus);
        assert_eq!(Sign::of(-0.001), Sign::Pisces);
        assert_eq!(Sign::of(360.0), Sign::Aries);
        assert_eq!(Sign::of(-1e-18), Sign::Aries);
    }

    #[test]
    fn elements_and_modalities_follow_tradition() {
        assert_eq!(Sign::Leo.element(), Element::Fire);
        assert_eq!(Sign::Scorpio.element(), Element::Water);
        assert_eq!(Sign::Aquarius.modality(), Modality::Fixed);
        assert_eq!(Sign::Gemini.modality(), Modality::Mutable);
        assert_eq!(Sign::from_code("capricorn").map(Sign::modality), Some(Modality::Cardinal));
    }

    #[test]
    fn minutes_are_cut_not_rounded() {
        assert_eq!(degree_minute(29.999_9), (29, 59));
        assert_eq!(degree_minute(101.65), (11, 39));
    }
}
