//! P: The words for bodies, signs, houses and aspects in running text, with the articles and contractions that French
//! needs, and the folding under which words are compared. Holds words, composes no sentence.

use std::sync::LazyLock;

use crate::astro::names::month_names;
use crate::astro::{Aspect, Body, Lang, Point, Sign};

/// A text as lower-case words without accents, each between single blanks, blank at both ends: `" ou vais je "`.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 2);
    folded.push(' ');
    for c in text.chars() {
        if c.is_alphanumeric() {
            fold_letter(&mut folded, c);
        } else if !is_combining(c) && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    if !folded.ends_with(' ') {
        folded.push(' ');
    }
    folded
}

/// Appends a letter or figure in lower case and without its accents.
pub fn fold_letter(folded: &mut String, c: char) {
    if c.is_ascii() {
        folded.push(c.to_ascii_lowercase());
    } else {
        c.to_lowercase().filter(|c| !is_combining(*c)).for_each(|c| push_folded(folded, c));
    }
}

/// Names of one kind in both languages, folded and without the blanks at their ends, made once.
pub type Folded = LazyLock<[Vec<String>; 2]>;

fn folded_names(names: fn(Lang) -> &'static [&'static str]) -> [Vec<String>; 2] {
    [Lang::En, Lang::Fr].map(|lang| names(lang).iter().map(|name| fold(name).trim().to_owned()).collect())
}

/// The names of one language.
pub fn folded(names: &'static Folded, lang: Lang) -> &'static [String] {
    match lang {
        Lang::En => &names[0],
        Lang::Fr => &names[1],
    }
}

/// The months.
pub static FOLDED_MONTHS: Folded = LazyLock::new(|| folded_names(|lang| month_names(lang)));
/// First to twelfth.
pub static FOLDED_ORDINALS: Folded = LazyLock::new(|| folded_names(|lang| house_ordinals(lang)));

const fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

fn push_folded(out: &mut String, c: char) {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => out.push('a'),
        'ç' => out.push('c'),
        'è' | 'é' | 'ê' | 'ë' => out.push('e'),
        'ì' | 'í' | 'î' | 'ï' => out.push('i'),
        'ñ' => out.push('n'),
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => out.push('o'),
        'ù' | 'ú' | 'û' | 'ü' => out.push('u'),
        'ÿ' | 'ý' => out.push('y'),
        'œ' => out.push_str("oe"),
        'æ' => out.push_str("ae"),
        other => out.push(other),
    }
}

/// Whether a folded text holds a pattern: a word or words, or with `*` at its end the beginning of a word.
pub fn holds(folded: &str, pattern: &str) -> bool {
    let (stem, open) = pattern.strip_suffix('*').map_or((pattern, false), |stem| (stem, true));
    // Read by bytes: thousands of patterns are tried on each question, and a blank is one byte wherever it stands.
    let (text, stem) = (folded.as_bytes(), stem.as_bytes());
    (0..text.len().saturating_sub(stem.len())).any(|blank| {
        let rest = &text[blank + 1..];
        text[blank] == b' ' && rest.starts_with(stem) && (open || rest.get(stem.len()) == Some(&b' '))
    })
}

/// Name of a sign.
pub const fn sign_name(lang: Lang, sign: Sign) -> &'static str {
    match (lang, sign) {
        (Lang::En, Sign::Aries) => "Aries",
        (Lang::En, Sign::Taurus) => "Taurus",
        (Lang::En, Sign::Gemini) => "Gemini",
        (_, Sign::Cancer) => "Cancer",
        (Lang::En, Sign::Leo) => "Leo",
        (Lang::En, Sign::Virgo) => "Virgo",
        (Lang::En, Sign::Libra) => "Libra",
        (Lang::En, Sign::Scorpio) => "Scorpio",
        (Lang::En, Sign::Sagittarius) => "Sagittarius",
        (Lang::En, Sign::Capricorn) => "Capricorn",
        (Lang::En, Sign::Aquarius) => "Aquarius",
        (Lang::En, Sign::Pisces) => "Pisces",
        (Lang::Fr, Sign::Aries) => "Bélier",
        (Lang::Fr, Sign::Taurus) => "Taureau",
        (Lang::Fr, Sign::Gemini) => "Gémeaux",
        (Lang::Fr, Sign::Leo) => "Lion",
        (Lang::Fr, Sign::Virgo) => "Vierge",
        (Lang::Fr, Sign::Libra) => "Balance",
        (Lang::Fr, Sign::Scorpio) => "Scorpion",
        (Lang::Fr, Sign::Sagittarius) => "Sagittaire",
        (Lang::Fr, Sign::Capricorn) => "Capricorne",
        (Lang::Fr, Sign::Aquarius) => "Verseau",
        (Lang::Fr, Sign::Pisces) => "Poissons",
    }
}

/// French `du Bélier`, `de la Vierge`, `des Gémeaux`.
pub fn of_sign_fr(sign: Sign) -> String {
    let article = match sign {
        Sign::Gemini | Sign::Pisces => "des",
        Sign::Virgo | Sign::Libra => "de la",
        _ => "du",
    };
    format!("{article} {}", sign_name(Lang::Fr, sign))
}

/// French `le Bélier`, `la Vierge`, `les Gémeaux`.
pub fn the_sign_fr(sign: Sign) -> String {
    let article = match sign {
        Sign::Gemini | Sign::Pisces => "les",
        Sign::Virgo | Sign::Libra => "la",
        _ => "le",
    };
    format!("{article} {}", sign_name(Lang::Fr, sign))
}

/// Bare name of a body or angle: `Venus`, `Lune`, `Milieu du Ciel`.
pub const fn point_name(lang: Lang, point: Point) -> &'static str {
    match (lang, point) {
        (Lang::En, Point::Body(body)) => match body {
            Body::Sun => "Sun",
            Body::Moon => "Moon",
            Body::Mercury => "Mercury",
            Body::Venus => "Venus",
            Body::Mars => "Mars",
            Body::Jupiter => "Jupiter",
            Body::Saturn => "Saturn",
            Body::Uranus => "Uranus",
            Body::Neptune => "Neptune",
            Body::Pluto => "Pluto",
            Body::MeanNode | Body::TrueNode => "North Node",
            Body::Chiron => "Chiron",
            Body::Ceres => "Ceres",
            Body::Pallas => "Pallas",
            Body::Juno => "Juno",
            Body::Vesta => "Vesta",
            Body::Pholus => "Pholus",
            Body::Eris => "Eris",
            Body::MeanApogee | Body::OsculatingApogee => "Lilith",
        },
        (Lang::Fr, Point::Body(body)) => match body {
            Body::Sun => "Soleil",
            Body::Moon => "Lune",
            Body::Mercury => "Mercure",
            Body::Venus => "Vénus",
            Body::Mars => "Mars",
            Body::Jupiter => "Jupiter",
            Body::Saturn => "Saturne",
            Body::Uranus => "Uranus",
            Body::Neptune => "Neptune",
            Body::Pluto => "Pluton",
            Body::MeanNode | Body::TrueNode => "nœud nord",
            Body::Chiron => "Chiron",
            Body::Ceres => "Cérès",
            Body::Pallas => "Pallas",
            Body::Juno => "Junon",
            Body::Vesta => "Vesta",
            Body::Pholus => "Pholus",
            Body::Eris => "Éris",
            Body::MeanApogee | Body::OsculatingApogee => "Lilith",
        },
        (_, Point::Ascendant) => "Ascendant",
        (_, Point::Descendant) => "Descendant",
        (_, Point::Vertex) => "Vertex",
        (Lang::En, Point::Midheaven) => "Midheaven",
        (Lang::Fr, Point::Midheaven) => "Milieu du Ciel",
        (Lang::En, Point::ImumCoeli) => "Imum Coeli",
        (Lang::Fr, Point::ImumCoeli) => "Fond du Ciel",
        (Lang::En, Point::EastPoint) => "East Point",
        (Lang::Fr, Point::EastPoint) => "Point Est",
        (Lang::En, Point::Fortune) => "Part of Fortune",
        (Lang::Fr, Point::Fortune) => "Part de Fortune",
        (Lang::En, Point::Spirit) => "Part of Spirit",
        (Lang::Fr, Point::Spirit) => "Part d’Esprit",
        (Lang::En, Point::SouthNode) => "South Node",
        (Lang::Fr, Point::SouthNode) => "nœud sud",
    }
}

/// With the article that the language wants: `the Moon`, `Mars`, `la Lune`, `l’Ascendant`.
pub fn the_point(lang: Lang, point: Point) -> String {
    let name = point_name(lang, point);
    let article = match (lang, point) {
        (Lang::En, Point::Body(Body::Sun | Body::Moon | Body::MeanNode | Body::TrueNode)) => "the ",
        (Lang::Fr, Point::Body(Body::Sun | Body::MeanNode | Body::TrueNode)) => "le ",
        (Lang::Fr, Point::Body(Body::Moon) | Point::Fortune | Point::Spirit) => "la ",
        (Lang::Fr, Point::Ascendant) => "l’",
        (_, Point::Body(_)) => "",
        (Lang::En, _) => "the ",
        (Lang::Fr, _) => "le ",
    };
    format!("{article}{name}")
}

/// `your Venus`, `votre Lune`.
pub fn your_point(lang: Lang, point: Point) -> String {
    let your = if lang == Lang::En { "your" } else { "votre" };
    format!("{your} {}", point_name(lang, point))
}

const ORDINALS_EN: [&str; 12] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
    "twelfth",
];
const ORDINALS_FR: [&str; 12] = [
    "première",
    "deuxième",
    "troisième",
    "quatrième",
    "cinquième",
    "sixième",
    "septième",
    "huitième",
    "neuvième",
    "dixième",
    "onzième",
    "douzième",
];

/// Ordinals of the houses, from the first, in the gender of the word for house.
pub const fn house_ordinals(lang: Lang) -> &'static [&'static str; 12] {
    match lang {
        Lang::En => &ORDINALS_EN,
        Lang::Fr => &ORDINALS_FR,
    }
}

/// `seventh`, `septième`; empty beyond 1..=12.
pub fn house_ordinal(lang: Lang, house: u8) -> &'static str {
    house_ordinals(lang).get(usize::from(house).wrapping_sub(1)).copied().unwrap_or("")
}

/// Name of an aspect.
pub const fn aspect_name(lang: Lang, aspect: Aspect) -> &'static str {
    match (lang, aspect) {
        (Lang::En, Aspect::Conjunction) => "conjunction",
        (_, Aspect::Sextile) => "sextile",
        (Lang::En, Aspect::Square) => "square",
        (Lang::En, Aspect::Trine) => "trine",
        (_, Aspect::Opposition) => "opposition",
        (Lang::Fr, Aspect::Conjunction) => "conjonction",
        (Lang::Fr, Aspect::Square) => "carré",
        (Lang::Fr, Aspect::Trine) => "trigone",
        (_, Aspect::Quintile) => "quintile",
        (_, Aspect::Biquintile) => "biquintile",
        (_, Aspect::Septile) => "septile",
        (_, Aspect::Biseptile) => "biseptile",
        (_, Aspect::Triseptile) => "triseptile",
        (_, Aspect::Novile) => "novile",
        (_, Aspect::Binovile) => "binovile",
        (_, Aspect::Quadranovile) => "quadranovile",
        (Lang::En, Aspect::SemiSextile) => "semisextile",
        (Lang::Fr, Aspect::SemiSextile) => "semi-sextile",
        (Lang::En, Aspect::SemiSquare) => "semisquare",
        (Lang::Fr, Aspect::SemiSquare) => "semi-carré",
        (Lang::En, Aspect::Sesquiquadrate) => "sesquiquadrate",
        (Lang::Fr, Aspect::Sesquiquadrate) => "sesqui-carré",
        (Lang::En, Aspect::Quincunx) => "quincunx",
        (Lang::Fr, Aspect::Quincunx) => "quinconce",
        (Lang::En, Aspect::Decile) => "decile",
        (Lang::Fr, Aspect::Decile) => "décile",
        (Lang::En, Aspect::Tredecile) => "tredecile",
        (Lang::Fr, Aspect::Tredecile) => "tridécile",
        (Lang::En, Aspect::Quindecile) => "quindecile",
        (Lang::Fr, Aspect::Quindecile) => "quindécile",
    }
}

/// With the indefinite article: `an opposition`, `une conjonction`.
pub fn an_aspect(lang: Lang, aspect: Aspect) -> String {
    let article = match (lang, aspect) {
        (Lang::En, Aspect::Opposition) => "an",
        (Lang::En, _) => "a",
        (Lang::Fr, Aspect::Conjunction | Aspect::Opposition) => "une",
        (Lang::Fr, _) => "un",
    };
    format!("{article} {}", aspect_name(lang, aspect))
}

/// Whole degrees and minutes of an angle, cut and not rounded, so that 29°59.9′ stays in its sign.
pub fn degree_minute(angle_deg: f64) -> (u16, u16) {
    // The allowance keeps 16.9833… (16°59′ written in degrees) from falling to 58′ by its last bit.
    let minutes = (angle_deg.abs() * 60.0 + 1e-9).floor().min(359.0 * 60.0 + 59.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 21,599 by the line above")]
    let minutes = minutes as u16;
    (minutes / 60, minutes % 60)
}

/// `16°59′`.
pub fn degrees_text(angle_deg: f64) -> String {
    let (degrees, minutes) = degree_minute(angle_deg);
    format!("{degrees}°{minutes:02}′")
}

/// `16°59′ Aries`, `16°59′ du Bélier`.
pub fn position_text(lang: Lang, degree_in_sign: f64, sign: Sign) -> String {
    match lang {
        Lang::En => format!("{} {}", degrees_text(degree_in_sign), sign_name(lang, sign)),
        Lang::Fr => format!("{} {}", degrees_text(degree_in_sign), of_sign_fr(sign)),
    }
}

/// Year, month and day of a text that begins with `YYYY-MM-DD`.
pub fn ymd(date: &str) -> Option<(i32, u8, u8)> {
    let mut parts = date.get(..10)?.split('-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// `8 December`, `1er décembre`, of a text that begins with `YYYY-MM-DD`.
pub fn day_month_text(lang: Lang, date: &str) -> Option<String> {
    let (_, month, day) = ymd(date)?;
    let name = month_names(lang).get(usize::from(month).checked_sub(1)?)?;
    Some(if lang == Lang::Fr && day == 1 { format!("1er {name}") } else { format!("{day} {name}") })
}

/// Days since 1 March of the year 0, of a text that begins with `YYYY-MM-DD` (Gregorian; Hinnant 2013, `days_from_civil`).
pub fn day_number(date: &str) -> Option<i32> {
    let (year, month, day) = ymd(date)?;
    let (year, month) = if month > 2 { (year, i32::from(month) - 3) } else { (year - 1, i32::from(month) + 9) };
    let days_of_year = (153 * month + 2) / 5 + i32::from(day) - 1;
    Some(365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + days_of_year)
}

/// The text with its first letter in upper case.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The text with its first letter in lower case.
pub fn uncapitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_and_patterns() {
        let folded = fold("L’Amitié, c'est quoi ? Mon cœur…");
        assert_eq!(folded, " l amitie c est quoi mon coeur ");
        assert!(holds(&folded, "amitie") && holds(&folded, "ami*") && holds(&folded, "mon coeur"));
        assert!(!holds(&folded, "ami") && !holds(&folded, "mitie"));
    }

    #[test]
    fn french_contractions() {
        assert_eq!(position_text(Lang::Fr, 16.99, Sign::Gemini), "16°59′ des Gémeaux");
        assert_eq!(position_text(Lang::Fr, 0.0, Sign::Libra), "0°00′ de la Balance");
        assert_eq!(the_point(Lang::Fr, Point::Body(Body::Moon)), "la Lune");
        assert_eq!(the_point(Lang::Fr, Point::Ascendant), "l’Ascendant");
        assert_eq!(an_aspect(Lang::Fr, Aspect::Conjunction), "une conjonction");
        assert_eq!(house_ordinal(Lang::Fr, 1), "première");
    }

    #[test]
    fn days_are_counted_and_named() {
        assert_eq!(day_month_text(Lang::En, "2026-12-08T04:00:00Z").unwrap(), "8 December");
        assert_eq!(day_month_text(Lang::Fr, "2027-02-01").unwrap(), "1er février");
        assert_eq!(day_month_text(Lang::Fr, "2027-13-01"), None);
        for (from, to, days) in [
            ("2026-12-31", "2027-01-01", 1),
            ("2024-02-28", "2024-03-01", 2),
            ("1900-02-28", "1900-03-01", 1),
            ("2000-01-01", "2001-01-01", 366),
        ] {
            assert_eq!(day_number(to).unwrap() - day_number(from).unwrap(), days, "{from}");
        }
    }

    #[test]
    fn degrees_are_cut_to_the_minute() {
        assert_eq!(degrees_text(29.999_9), "29°59′");
        assert_eq!(degrees_text(16.0 + 59.0 / 60.0), "16°59′");
        assert_eq!(degrees_text(0.7), "0°42′");
    }
}
