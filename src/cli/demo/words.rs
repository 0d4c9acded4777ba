//! P: The words of the demo's pages in English and French, by the codes of the interface. What charts show is named in
//! `astro`; the rest is here. Lays nothing out.

use crate::astro::{HouseSystem, Lang, Sign, names, signs};

/// What the pages ask of a language.
pub trait Words: Copy {
    /// The one of the two that is in this language.
    fn pick<'t>(self, en: &'t str, fr: &'t str) -> &'t str;

    /// Name for a code of the interface: a body, point, sign, aspect, phase, house system, certainty. A code that is not
    /// known here is shown as it is, with blanks.
    fn name(self, code: &str) -> String;

    /// `23 Nov 2026`, of an ISO date; the text itself when it is none.
    fn date(self, iso: &str) -> String;

    /// `Monday 23 Nov 2026`, of an ISO date; the text itself when it is none.
    fn day(self, iso: &str) -> String;

    /// An instant (RFC 3339) by the clocks of `zone`: `23 Nov 14:05`, with the year where it is not `year`. Unchanged
    /// when instant or zone cannot be read.
    fn instant(self, rfc3339: &str, zone: &str, year: i16) -> String;
}

impl Words for Lang {
    fn pick<'t>(self, en: &'t str, fr: &'t str) -> &'t str {
        match self {
            Self::En => en,
            Self::Fr => fr,
        }
    }

    fn name(self, code: &str) -> String {
        let here = || NAMES.iter().find(|(known, ..)| *known == code).map(|(_, en, fr)| self.pick(en, fr));
        let sign = || Sign::from_code(code).map(|sign| names::sign(sign, self));
        let system = || HouseSystem::from_code(code).map(|system| names::house_system(system, self));
        let phase = || names::moon_phase(code, self);
        let aspect = || names::aspect(code, self).map(str::to_lowercase);
        let known = here().or_else(|| names::point(code, self)).or_else(sign).or_else(system).or_else(phase);
        if known.is_none()
            && let Some(aspect) = aspect()
        {
            return aspect;
        }
        known.map_or_else(|| code.replace('_', " "), str::to_owned)
    }

    fn date(self, iso: &str) -> String {
        iso.parse::<jiff::civil::Date>().map_or_else(|_| iso.to_owned(), |date| civil_date(self, date, true))
    }

    fn day(self, iso: &str) -> String {
        let Ok(date) = iso.parse::<jiff::civil::Date>() else { return iso.to_owned() };
        let index = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
        let (en, fr) = WEEKDAYS.get(index).copied().unwrap_or_default();
        format!("{} {}", self.pick(en, fr), civil_date(self, date, true))
    }

    fn instant(self, rfc3339: &str, zone: &str, year: i16) -> String {
        let local = || {
            let zone = jiff::tz::TimeZoneDatabase::bundled().get(zone).ok()?;
            Some(rfc3339.parse::<jiff::Timestamp>().ok()?.to_zoned(zone))
        };
        local().map_or_else(
            || rfc3339.to_owned(),
            |at| format!("{} {:02}:{:02}", civil_date(self, at.date(), at.year() != year), at.hour(), at.minute()),
        )
    }
}

fn civil_date(lang: Lang, date: jiff::civil::Date, with_year: bool) -> String {
    let index = usize::try_from(date.month() - 1).unwrap_or(0);
    let (en, fr) = MONTHS.get(index).copied().unwrap_or_default();
    let (day, month) = (date.day(), lang.pick(en, fr));
    if with_year { format!("{day} {month} {}", date.year()) } else { format!("{day} {month}") }
}

const WEEKDAYS: [(&str, &str); 7] = [
    ("Monday", "lundi"),
    ("Tuesday", "mardi"),
    ("Wednesday", "mercredi"),
    ("Thursday", "jeudi"),
    ("Friday", "vendredi"),
    ("Saturday", "samedi"),
    ("Sunday", "dimanche"),
];

const MONTHS: [(&str, &str); 12] = [
    ("Jan", "janv."),
    ("Feb", "févr."),
    ("Mar", "mars"),
    ("Apr", "avril"),
    ("May", "mai"),
    ("Jun", "juin"),
    ("Jul", "juil."),
    ("Aug", "août"),
    ("Sep", "sept."),
    ("Oct", "oct."),
    ("Nov", "nov."),
    ("Dec", "déc."),
];

/// Code of the sign of an ecliptic longitude, and the degrees within it.
pub fn sign_of(longitude_deg: f64) -> (&'static str, f64) {
    (Sign::of(longitude_deg).code(), signs::degree_in_sign(longitude_deg))
}

const NAMES: &[(&str, &str, &str)] = &[
    ("conjunction", "conjunct", "conjonction"),
    ("sextile", "sextile", "sextile"),
    ("square", "square", "carré"),
    ("trine", "trine", "trigone"),
    ("opposition", "opposite", "opposition"),
    ("morning", "in the morning", "le matin"),
    ("afternoon", "in the afternoon", "l'après-midi"),
    ("evening", "in the evening", "le soir"),
    ("unknown", "time unknown", "heure inconnue"),
    ("houses", "houses", "maisons"),
    ("lots", "lots", "parts"),
    ("stellium", "stellium", "stellium"),
    ("t_square", "T-square", "T-carré"),
    ("grand_trine", "grand trine", "grand trigone"),
    ("grand_cross", "grand cross", "grande croix"),
    ("kite", "kite", "cerf-volant"),
    ("yod", "yod", "yod"),
    ("mystic_rectangle", "mystic rectangle", "rectangle mystique"),
    ("applying", "applying or separating", "application ou séparation"),
    ("part_of", "patterns within patterns", "figures dans des figures"),
    ("ranking", "the ranking", "le classement"),
    ("is_day", "day or night", "jour ou nuit"),
    ("moon_sign", "Moon's sign", "signe de la Lune"),
    ("fire", "fire", "feu"),
    ("earth", "earth", "terre"),
    ("air", "air", "air"),
    ("water", "water", "eau"),
    ("cardinal", "cardinal", "cardinal"),
    ("fixed", "fixed", "fixe"),
    ("mutable", "mutable", "mutable"),
    ("tropical", "tropical", "tropical"),
    ("sidereal", "sidereal", "sidéral"),
    ("lahiri", "Lahiri", "Lahiri"),
    ("fagan_bradley", "Fagan-Bradley", "Fagan-Bradley"),
    ("raman", "Raman", "Raman"),
    ("krishnamurti", "Krishnamurti", "Krishnamurti"),
    ("yukteshwar", "Yukteshwar", "Yukteshwar"),
    ("de_luce", "De Luce", "De Luce"),
    ("user", "own ayanamsa", "ayanamsa propre"),
    ("geocentric", "geocentric", "géocentrique"),
    ("topocentric", "topocentric", "topocentrique"),
    ("heliocentric", "heliocentric", "héliocentrique"),
    ("apparent", "apparent", "apparent"),
    ("geometric", "geometric", "géométrique"),
    ("energy", "energy", "énergie"),
    ("attention", "attention", "attention"),
    ("opportunity", "opportunity", "opportunité"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_unknown_ones_are_shown() {
        let codes: std::collections::BTreeSet<_> = NAMES.iter().map(|(code, ..)| code).collect();
        assert_eq!(codes.len(), NAMES.len());
        assert_eq!(Lang::Fr.name("moon"), "Lune");
        assert_eq!(Lang::Fr.name("square"), "carré");
        assert_eq!(Lang::Fr.name("pisces"), "Poissons");
        assert_eq!(Lang::En.name("some_new_thing"), "some new thing");
    }

    #[test]
    fn longitudes_fall_into_their_signs() {
        assert_eq!(sign_of(0.0), ("aries", 0.0));
        assert_eq!(sign_of(29.999).0, "aries");
        assert_eq!(sign_of(30.0), ("taurus", 0.0));
        assert_eq!(sign_of(359.5), ("pisces", 29.5));
        assert_eq!(sign_of(-1.0), ("pisces", 29.0));
    }

    #[test]
    fn instants_are_shown_by_the_persons_clock() {
        // Central European Summer Time is two hours ahead of UTC.
        assert_eq!(Lang::En.instant("2026-07-01T22:30:00Z", "Europe/Paris", 2026), "2 Jul 00:30");
        assert_eq!(Lang::Fr.instant("2027-02-01T09:05:00Z", "Europe/Paris", 2026), "1 févr. 2027 10:05");
        assert_eq!(Lang::En.instant("soon", "Europe/Paris", 2026), "soon");
        assert_eq!(Lang::En.day("2026-11-23"), "Monday 23 Nov 2026");
        assert_eq!(Lang::Fr.date("1879-03-14"), "14 mars 1879");
    }
}
