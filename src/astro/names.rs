//! P: Display names in English and French of everything a chart shows. Codes stay with their enums; no sentences here.

pub mod analysis;

use serde::{Deserialize, Serialize};

use super::aspects::Aspect;
use super::birth::Certainty;
use super::body::Body;
use super::houses::HouseSystem;
use super::signs::{Element, Modality, Sign};
use super::zodiac::Ayanamsa;

/// A language of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// `en` or `fr`.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// The language with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The text of this language out of a pair.
    pub(super) fn pick(self, (english, french): (&'static str, &'static str)) -> &'static str {
        match self {
            Self::En => english,
            Self::Fr => french,
        }
    }
}

/// The name of a sign.
pub fn sign(sign: Sign, lang: Lang) -> &'static str {
    lang.pick(match sign {
        Sign::Aries => ("Aries", "Bélier"),
        Sign::Taurus => ("Taurus", "Taureau"),
        Sign::Gemini => ("Gemini", "Gémeaux"),
        Sign::Cancer => ("Cancer", "Cancer"),
        Sign::Leo => ("Leo", "Lion"),
        Sign::Virgo => ("Virgo", "Vierge"),
        Sign::Libra => ("Libra", "Balance"),
        Sign::Scorpio => ("Scorpio", "Scorpion"),
        Sign::Sagittarius => ("Sagittarius", "Sagittaire"),
        Sign::Capricorn => ("Capricorn", "Capricorne"),
        Sign::Aquarius => ("Aquarius", "Verseau"),
        Sign::Pisces => ("Pisces", "Poissons"),
    })
}

/// The name of an element.
pub fn element(element: Element, lang: Lang) -> &'static str {
    lang.pick(match element {
        Element::Fire => ("Fire", "Feu"),
        Element::Earth => ("Earth", "Terre"),
        Element::Air => ("Air", "Air"),
        Element::Water => ("Water", "Eau"),
    })
}

/// The name of a modality.
pub fn modality(modality: Modality, lang: Lang) -> &'static str {
    lang.pick(match modality {
        Modality::Cardinal => ("Cardinal", "Cardinal"),
        Modality::Fixed => ("Fixed", "Fixe"),
        Modality::Mutable => ("Mutable", "Mutable"),
    })
}

/// The name of a body, lunar node or lunar apogee, without an article.
pub fn body(body: Body, lang: Lang) -> &'static str {
    lang.pick(match body {
        Body::Sun => ("Sun", "Soleil"),
        Body::Moon => ("Moon", "Lune"),
        Body::Mercury => ("Mercury", "Mercure"),
        Body::Venus => ("Venus", "Vénus"),
        Body::Mars => ("Mars", "Mars"),
        Body::Jupiter => ("Jupiter", "Jupiter"),
        Body::Saturn => ("Saturn", "Saturne"),
        Body::Uranus => ("Uranus", "Uranus"),
        Body::Neptune => ("Neptune", "Neptune"),
        Body::Pluto => ("Pluto", "Pluton"),
        Body::MeanNode => ("Mean North Node", "Nœud Nord moyen"),
        Body::TrueNode => ("True North Node", "Nœud Nord vrai"),
        Body::Chiron => ("Chiron", "Chiron"),
        Body::Ceres => ("Ceres", "Cérès"),
        Body::Pallas => ("Pallas", "Pallas"),
        Body::Juno => ("Juno", "Junon"),
        Body::Vesta => ("Vesta", "Vesta"),
        Body::Pholus => ("Pholus", "Pholus"),
        Body::Eris => ("Eris", "Éris"),
        Body::MeanApogee => ("Mean Lilith", "Lilith moyenne"),
        Body::OsculatingApogee => ("Osculating Lilith", "Lilith vraie"),
    })
}

/// The name of a house system.
pub fn house_system(system: HouseSystem, lang: Lang) -> &'static str {
    lang.pick(match system {
        HouseSystem::Placidus => ("Placidus", "Placidus"),
        HouseSystem::Koch => ("Koch", "Koch"),
        HouseSystem::Porphyry => ("Porphyry", "Porphyre"),
        HouseSystem::Equal => ("Equal houses", "Maisons égales"),
        HouseSystem::WholeSign => ("Whole sign houses", "Maisons en signes entiers"),
        HouseSystem::Regiomontanus => ("Regiomontanus", "Regiomontanus"),
        HouseSystem::Campanus => ("Campanus", "Campanus"),
        HouseSystem::EqualMc => ("Equal houses from the Midheaven", "Maisons égales depuis le Milieu du Ciel"),
        HouseSystem::Alcabitius => ("Alcabitius", "Alcabitius"),
        HouseSystem::Topocentric => ("Topocentric (Polich-Page)", "Topocentrique (Polich-Page)"),
        HouseSystem::Morinus => ("Morinus", "Morin"),
        HouseSystem::Meridian => ("Meridian (axial)", "Méridien (axiale)"),
        HouseSystem::Vehlow => ("Vehlow", "Vehlow"),
        HouseSystem::Krusinski => ("Krusinski", "Krusinski"),
        HouseSystem::Sripati => ("Sripati", "Sripati"),
    })
}

/// The name of an ayanamsa.
pub fn ayanamsa(ayanamsa: Ayanamsa, lang: Lang) -> &'static str {
    lang.pick(match ayanamsa {
        Ayanamsa::Lahiri => ("Lahiri (Chitrapaksha)", "Lahiri (Chitrapaksha)"),
        Ayanamsa::FaganBradley => ("Fagan-Bradley", "Fagan-Bradley"),
        Ayanamsa::Raman => ("Raman", "Raman"),
        Ayanamsa::Krishnamurti => ("Krishnamurti", "Krishnamurti"),
        Ayanamsa::Yukteshwar => ("Yukteshwar", "Yukteshwar"),
        Ayanamsa::DeLuce => ("De Luce", "De Luce"),
        Ayanamsa::User { .. } => ("Your own", "La vôtre"),
    })
}

/// How well a birth time is known, in words.
pub fn certainty(certainty: Certainty, lang: Lang) -> &'static str {
    lang.pick(match certainty {
        Certainty::Exact => ("exact time", "heure exacte"),
        Certainty::Morning => ("morning", "matin"),
        Certainty::Afternoon => ("afternoon", "après-midi"),
        Certainty::Evening => ("evening", "soir"),
        Certainty::Unknown => ("time unknown", "heure inconnue"),
    })
}

/// The name of a point of the chart by its code: a body's, or that of another [`super::Point`]; `None` for other codes.
pub fn point(code: &str, lang: Lang) -> Option<&'static str> {
    let pair = match code {
        "ascendant" => ("Ascendant", "Ascendant"),
        "midheaven" => ("Midheaven", "Milieu du Ciel"),
        "vertex" => ("Vertex", "Vertex"),
        "descendant" => ("Descendant", "Descendant"),
        "imum_coeli" => ("Imum Coeli", "Fond du Ciel"),
        "east_point" => ("East Point", "Point Est"),
        "fortune" => ("Part of Fortune", "Part de Fortune"),
        "spirit" => ("Part of Spirit", "Part d’Esprit"),
        "south_node" => ("South Node", "Nœud Sud"),
        other => return Body::from_code(other).map(|found| body(found, lang)),
    };
    Some(lang.pick(pair))
}

/// The name of an aspect by its code, such as `square`; `None` for other codes.
pub fn aspect(code: &str, lang: Lang) -> Option<&'static str> {
    Some(lang.pick(match Aspect::from_code(code)? {
        Aspect::Conjunction => ("Conjunction", "Conjonction"),
        Aspect::Sextile => ("Sextile", "Sextile"),
        Aspect::Square => ("Square", "Carré"),
        Aspect::Trine => ("Trine", "Trigone"),
        Aspect::Opposition => ("Opposition", "Opposition"),
        Aspect::SemiSextile => ("Semisextile", "Semi-sextile"),
        Aspect::SemiSquare => ("Semisquare", "Semi-carré"),
        Aspect::Quintile => ("Quintile", "Quintile"),
        Aspect::Sesquiquadrate => ("Sesquiquadrate", "Sesqui-carré"),
        Aspect::Biquintile => ("Biquintile", "Biquintile"),
        Aspect::Quincunx => ("Quincunx", "Quinconce"),
        Aspect::Septile => ("Septile", "Septile"),
        Aspect::Biseptile => ("Biseptile", "Biseptile"),
        Aspect::Triseptile => ("Triseptile", "Triseptile"),
        Aspect::Novile => ("Novile", "Novile"),
        Aspect::Binovile => ("Binovile", "Binovile"),
        Aspect::Quadranovile => ("Quadranovile", "Quadranovile"),
        Aspect::Decile => ("Decile", "Décile"),
        Aspect::Tredecile => ("Tredecile", "Tridécile"),
        Aspect::Quindecile => ("Quindecile", "Quindécile"),
    }))
}

/// The name of a phase of the Moon by its code, from `new_moon` to `waning_crescent`; `None` for other codes.
pub fn moon_phase(code: &str, lang: Lang) -> Option<&'static str> {
    let pair = match code {
        "new_moon" => ("New Moon", "Nouvelle Lune"),
        "waxing_crescent" => ("Waxing crescent", "Premier croissant"),
        "first_quarter" => ("First quarter", "Premier quartier"),
        "waxing_gibbous" => ("Waxing gibbous", "Gibbeuse croissante"),
        "full_moon" => ("Full Moon", "Pleine Lune"),
        "waning_gibbous" => ("Waning gibbous", "Gibbeuse décroissante"),
        "last_quarter" => ("Last quarter", "Dernier quartier"),
        "waning_crescent" => ("Waning crescent", "Dernier croissant"),
        _ => return None,
    };
    Some(lang.pick(pair))
}

/// `House 7`, `Maison 7`; houses are 1 to 12, and other numbers are named as they come.
pub fn house(number: u8, lang: Lang) -> String {
    format!("{} {number}", lang.pick(("House", "Maison")))
}

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// Names of the months, from January.
pub const fn month_names(lang: Lang) -> &'static [&'static str; 12] {
    match lang {
        Lang::En => &MONTHS_EN,
        Lang::Fr => &MONTHS_FR,
    }
}

#[cfg(test)]
mod tests {
    use super::super::point::Point;
    use super::*;

    #[test]
    fn every_code_has_a_name_in_both_languages() {
        for lang in Lang::ALL {
            assert_eq!(Lang::from_code(lang.code()), Some(lang));
            for found in Body::ALL {
                assert_eq!(point(found.code(), lang), Some(body(found, lang)));
            }
            let aspects = Aspect::ALL.map(|each| aspect(each.code(), lang).unwrap());
            assert_eq!(std::collections::HashSet::from(aspects).len(), 20);
            assert!(Point::OTHERS.into_iter().all(|each| point(each.code(), lang).is_some()));
        }
        assert_eq!(sign(Sign::Leo, Lang::Fr), "Lion");
        assert_eq!(point("midheaven", Lang::Fr), Some("Milieu du Ciel"));
        assert_eq!(
            (point("vulcan", Lang::En), aspect("parallel", Lang::En), moon_phase("", Lang::En)),
            (None, None, None)
        );
    }

    #[test]
    fn sign_names_are_distinct() {
        for lang in Lang::ALL {
            let names: std::collections::HashSet<_> = Sign::ALL.into_iter().map(|each| sign(each, lang)).collect();
            assert_eq!(names.len(), 12);
        }
    }
}
