//! P: Sect: which planets belong to the day and which to the night, and how well each is placed for it. The horizon is
//! the scene's.
//!
//! A chart is one of day when the Sun's centre stands above the true horizon (its altitude, geocentric, no refraction):
//! for the Sun, which keeps to the ecliptic, that is the half from the Descendant over the meridian to the Ascendant, the
//! houses 7 to 12 of every system whose first cusp is the Ascendant. Sources: Ptolemy, Tetrabiblos I.6-7; al-Biruni 1029,
//! Elements of Astrology, 496 (halb and hayz).

use serde::{Deserialize, Serialize};

use super::body::Body;
use super::scene::{Scene, Seen};
use super::signs::Sign;

/// Day or night.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sect {
    /// Of the day: Sun, Jupiter, Saturn, and Mercury while it rises before the Sun.
    Diurnal,
    /// Of the night: Moon, Venus, Mars, and Mercury while it sets after the Sun.
    Nocturnal,
}

/// How a planet stands with the sect of its chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SectStatus {
    /// The planet's own sect.
    pub sect: Sect,
    /// Whether that is the sect of the chart.
    pub of_sect: bool,
    /// In its own half of the sky: a planet of the day above the horizon by day and below it by night, one of the
    /// night the other way round.
    pub halb: bool,
    /// Halb, and in a sign of its own gender too.
    pub hayz: bool,
}

impl Sect {
    /// Of a chart.
    pub const fn of_chart(is_day: bool) -> Self {
        if is_day { Self::Diurnal } else { Self::Nocturnal }
    }

    /// `diurnal` or `nocturnal`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Diurnal => "diurnal",
            Self::Nocturnal => "nocturnal",
        }
    }

    /// The luminary that leads it.
    pub const fn light(self) -> Body {
        match self {
            Self::Diurnal => Body::Sun,
            Self::Nocturnal => Body::Moon,
        }
    }
}

/// Whether a sign is masculine (fire and air).
pub fn is_masculine(sign: Sign) -> bool {
    sign.index().is_multiple_of(2)
}

/// The sect of a planet; Mercury's goes by whether it rises before the Sun. None for the planets unknown to tradition.
pub const fn sect_of(body: Body, oriental: bool) -> Option<Sect> {
    match body {
        Body::Sun | Body::Jupiter | Body::Saturn => Some(Sect::Diurnal),
        Body::Moon | Body::Venus | Body::Mars => Some(Sect::Nocturnal),
        Body::Mercury => Some(if oriental { Sect::Diurnal } else { Sect::Nocturnal }),
        _ => None,
    }
}

/// Whether a planet is masculine: Sun, Mars, Jupiter, Saturn, and Mercury while it rises before the Sun (Ptolemy I.6). Mars
/// is of the night and masculine nevertheless, so that its hayz needs a masculine sign.
pub const fn is_masculine_planet(body: Body, oriental: bool) -> bool {
    match body {
        Body::Moon | Body::Venus => false,
        Body::Mercury => oriental,
        _ => true,
    }
}

/// How one of the seven stands with the chart's sect; none where the horizon is not known or the planet has no sect.
pub fn status(scene: &Scene, seen: &Seen) -> Option<SectStatus> {
    let oriental = scene.from_sun_deg(seen) < 0.0;
    let sect = sect_of(seen.body, oriental)?;
    let (is_day, above) = (scene.is_day?, seen.above_horizon?);
    let halb = (sect == Sect::Diurnal) == (is_day == above);
    let own_gender = is_masculine(Sign::of(seen.longitude_deg)) == is_masculine_planet(seen.body, oriental);
    Some(SectStatus { sect, of_sect: sect == Sect::of_chart(is_day), halb, hayz: halb && own_gender })
}

#[cfg(test)]
mod tests;
