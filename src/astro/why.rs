//! P: Why something is not known, as sentences in English and French. What is not known is found where it is missing.

use std::borrow::Cow;

use super::chart::Unknown;
use super::names::{self, Lang};
use super::signs::Sign;

/// The reasons, each with its English and its French sentence; `{}` stands for what the case adds, in the same order in both.
macro_rules! reasons {
    ($($name:ident: $english:literal, $french:literal;)*) => {
        /// Why something is not known.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Why {
            $(#[doc = $english] $name,)*
        }

        impl Why {
            const ALL: &[Self] = &[$(Self::$name),*];

            fn texts(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$name => ($english, $french),)*
                }
            }
        }
    };
}

reasons! {
    NoHorizon: "As seen from the Sun there is no horizon.", "Vu du Soleil, il n’y a pas d’horizon.";
    Houses: "Houses follow the Ascendant, which moves a degree in about four minutes; the time of birth is not exact.",
        "Les maisons suivent l’Ascendant, qui avance d’un degré en quatre minutes environ ; l’heure de naissance n’est pas exacte.";
    Ascendant: "The Ascendant passes through every sign in a day; the time of birth is not exact.",
        "L’Ascendant parcourt tous les signes en un jour ; l’heure de naissance n’est pas exacte.";
    Midheaven: "The Midheaven moves a degree in about four minutes; the time of birth is not exact.",
        "Le Milieu du Ciel avance d’un degré en quatre minutes environ ; l’heure de naissance n’est pas exacte.";
    Lots: "The lots are as far from the Ascendant as Sun and Moon are apart; the time of birth is not exact.",
        "Les parts sont aussi loin de l’Ascendant que la Lune l’est du Soleil ; l’heure de naissance n’est pas exacte.";
    DayOrNight: "The Sun is above the horizon for some of the hours in which the birth can lie, and below it for others.",
        "Le Soleil est au-dessus de l’horizon à certaines des heures possibles de la naissance, au-dessous à d’autres.";
    Changes: "It changes within the hours in which the birth can lie.",
        "Cela change d’une heure possible de la naissance à l’autre.";
    ChangesSign: "It changes sign within the hours in which the birth can lie.",
        "Il change de signe entre les heures possibles de la naissance.";
    ChangesSignFrom: "It changes sign between {} and {} within the hours in which the birth can lie.",
        "Changement de signe, de {} à {}, entre les heures possibles de la naissance.";
    PartOf: "A pattern is part of a larger one at some of the hours in which the birth can lie.",
        "Une figure fait partie d’une plus grande à certaines des heures possibles de la naissance.";
    Applying: "Exact, or of bodies that change their pace, within the hours in which the birth can lie: {}.",
        "Exacts, ou entre des astres qui changent d’allure, pendant les heures possibles de la naissance : {}.";
    ExactWithin: "It is exact, or comes within reach of the search, within the hours in which the birth can lie.",
        "Il est exact, ou entre dans le champ de la recherche, pendant les heures possibles de la naissance.";
    ChangesWithin: "It changes within the span of the birth time.", "Cela change selon l’heure de naissance possible.";
    NeedsClock: "It needs the time of birth to the minute.", "Il faut l’heure de naissance à la minute près.";
    NoSunrise: "It needs a place where the Sun rises and sets at that time of the year.",
        "Il faut un lieu où le Soleil se lève et se couche à cette époque de l’année.";
    DaysBeyond: "It needs the days around it, and they lie beyond the ephemeris.",
        "Il faut les jours voisins, et ils sont hors de l’éphéméride.";
    NewMoonBeyond: "The new moon before it lies beyond the ephemeris.",
        "La nouvelle lune qui précède est hors de l’éphéméride.";
    Opposite: "The two natal places can be opposite, so that either midpoint may be the nearer one.",
        "Les deux positions natales peuvent être opposées : l’un ou l’autre mi-point peut être le plus proche.";
    BothTimes: "They need both times of birth, and not both are exact.",
        "Il faut les deux heures de naissance, et elles ne sont pas exactes toutes deux.";
    ChangesWithHours: "It changes with the hours of birth.", "Cela change avec les heures de naissance.";
    OtherHouse: "It changes its house in the other chart within the hours in which the birth can lie.",
        "La maison occupée dans l’autre thème change entre les heures possibles de la naissance.";
    Birthday: "The birthday falls here at some hours of birth and not at others.",
        "L’anniversaire tombe ici pour certaines heures de naissance et non pour d’autres.";
    MonthEnds: "One month ends and the next begins here with the hour of birth.",
        "Un mois finit et le suivant commence ici selon l’heure de naissance.";
    NotAmongBodies: "It is not among the bodies of the chart.", "Il n’est pas parmi les astres du thème.";
    TurnsWithSky: "It turns with the sky; the time of birth is not exact.",
        "Il tourne avec le ciel ; l’heure de naissance n’est pas exacte.";
    NatalAngles: "They follow the natal angles; the time of birth is not exact.",
        "Ils suivent les angles de naissance ; l’heure de naissance n’est pas exacte.";
    ChangesWithHour: "It changes with the hour of birth.", "Cela change avec l’heure de naissance.";
    SomeApplying: "Of the aspects that say nothing of it, it changes with the hour of birth.",
        "Pour les aspects qui n’en disent rien, cela change avec l’heure de naissance.";
    MoonDates: "It changes with the hour of birth, and with it the dates between which it holds.",
        "Cela change avec l’heure de naissance, et avec elle les dates entre lesquelles il en est ainsi.";
    SunAtHorizon: "The Sun rises or sets within the hours in which the birth can lie.",
        "Le Soleil se lève ou se couche pendant les heures possibles de la naissance.";
    RoundEnds: "One round of 75 years ends and the next begins here with the hour of birth.",
        "Un cycle de 75 ans finit et le suivant commence ici selon l’heure de naissance.";
    PartEnds: "One part ends and the next begins here with the hour of birth.",
        "Une partie finit et la suivante commence ici selon l’heure de naissance.";
    NoTransit: "It follows the clock; the time of birth is not exact: no transit to it can be told.",
        "Il suit l’horloge ; l’heure de naissance n’est pas exacte : aucun transit sur lui ne peut être donné.";
    FollowsClock: "It follows the clock; the time of birth is not exact.",
        "Il suit l’horloge ; l’heure de naissance n’est pas exacte.";
    HousesFollow: "Houses follow the Ascendant; the time of birth is not exact.",
        "Les maisons suivent l’Ascendant ; l’heure de naissance n’est pas exacte.";
    Ranking: "Leaders and influences are ranked by the middle of the hours in which the birth can lie, without the angles.",
        "Les dominantes et les influences sont classées selon le milieu des heures possibles de la naissance, sans les angles.";
    ExactAtNoon: "It is exact at noon for a place that the birth may have.",
        "Il est exact à midi pour une position que la naissance peut avoir.";
    TooWide: "The birth time is vague and leaves {} degrees open, wider than the orbs: no transit to it could be told.",
        "L’heure de naissance est vague et laisse {} degrés ouverts, plus que les orbes : aucun transit ne pourrait être donné.";
    NotHeld: "This chart does not hold it.", "Ce thème ne le contient pas.";
}

impl Unknown {
    /// Something that is not known, and why.
    pub(crate) fn new(what: impl Into<String>, why: Why) -> Self {
        Self::with(what, why, &[])
    }

    /// The same, with what the sentence leaves to the case.
    pub(crate) fn with(what: impl Into<String>, why: Why, parts: &[&str]) -> Self {
        Self { what: what.into(), why: fill(why.texts().0, parts) }
    }

    /// Why, in a language; a sentence of another version as it stands.
    pub fn why_in(&self, lang: Lang) -> Cow<'_, str> {
        said(&self.why, lang)
    }
}

/// The sentence of an [`Unknown`] in a language; one that is not among them as it stands.
pub fn said(english: &str, lang: Lang) -> Cow<'_, str> {
    if lang == Lang::En {
        return Cow::Borrowed(english);
    }
    let french = Why::ALL.iter().find_map(|why| {
        let (template, french) = why.texts();
        let parts = parts(template, english)?;
        let parts: Vec<String> = parts.into_iter().map(|part| part_in(part, lang)).collect();
        Some(fill(french, &parts.iter().map(String::as_str).collect::<Vec<_>>()))
    });
    french.map_or(Cow::Borrowed(english), Cow::Owned)
}

fn fill(template: &str, parts: &[&str]) -> String {
    let mut parts = parts.iter();
    let mut out = String::new();
    for (index, piece) in template.split("{}").enumerate() {
        if index > 0 {
            out.push_str(parts.next().copied().unwrap_or_default());
        }
        out.push_str(piece);
    }
    out
}

/// What a sentence puts where its template leaves room; `None` when it is not of that template.
fn parts<'a>(template: &str, sentence: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = template.split("{}");
    let mut rest = sentence.strip_prefix(pieces.next()?)?;
    let mut found = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let at = if pieces.peek().is_some() { rest.find(piece)? } else { rest.strip_suffix(piece)?.len() };
        found.push(&rest[..at]);
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty().then_some(found)
}

/// A sign, a number of degrees, or aspects as codes (`sun square moon, ..`), in a language.
fn part_in(part: &str, lang: Lang) -> String {
    if let Some(sign) = Sign::from_code(part) {
        return names::sign(sign, lang).to_owned();
    }
    if part.parse::<f64>().is_ok() {
        return part.replace('.', ",");
    }
    let word = |code: &str| -> String {
        let parallel = match code {
            "parallel" => Some(("parallel", "parallèle")),
            "contra_parallel" => Some(("contra-parallel", "contre-parallèle")),
            _ => None,
        };
        let parallel = parallel.map(|pair| lang.pick(pair).to_owned());
        let aspect = || names::aspect(code, lang).map(str::to_lowercase);
        let point = || names::point(code, lang).map(str::to_owned);
        parallel.or_else(aspect).or_else(point).unwrap_or_else(|| code.to_owned())
    };
    let words = |contact: &str| contact.split(' ').map(word).collect::<Vec<_>>().join(" ");
    part.split(", ").map(words).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_said_in_both_languages() {
        for why in Why::ALL {
            let (english, french) = why.texts();
            let holes = english.matches("{}").count();
            assert_eq!(holes, french.matches("{}").count(), "{english}");
            assert!(english.ends_with('.') && french.ends_with('.') && english != french, "{english}");
            let parts = &["aries", "taurus"][..holes];
            let open = Unknown::with("x", *why, parts);
            assert_eq!(open.why_in(Lang::En), open.why);
            let told = open.why_in(Lang::Fr);
            assert_eq!(told, fill(french, &["Bélier", "Taureau"][..holes]));
            assert!(!told.contains('{'));
        }
    }

    #[test]
    fn what_the_case_adds_is_said_in_the_language_too() {
        let open = Unknown::with("sun_sign", Why::ChangesSignFrom, &["gemini", "cancer"]);
        assert_eq!(open.why, "It changes sign between gemini and cancer within the hours in which the birth can lie.");
        assert_eq!(
            open.why_in(Lang::Fr),
            "Changement de signe, de Gémeaux à Cancer, entre les heures possibles de la naissance."
        );
        let wide = Unknown::with("moon", Why::TooWide, &["13.2"]);
        assert!(wide.why_in(Lang::Fr).contains("laisse 13,2 degrés ouverts"));
        let applying = Unknown::with("applying", Why::Applying, &["sun square moon, moon contra_parallel mars"]);
        assert!(
            applying.why_in(Lang::Fr).ends_with(": Soleil carré Lune, Lune contre-parallèle Mars."),
            "{applying:?}"
        );
    }

    #[test]
    fn a_sentence_of_another_version_stays() {
        assert_eq!(said("Nobody knows.", Lang::Fr), "Nobody knows.");
    }
}
