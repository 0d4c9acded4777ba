//! P: An alphabet drawn with one pen, so that a picture's words need no font: digits, Latin letters with their accents,
//! punctuation. Sets single lines of text; breaks none.
//!
//! Letters are original to this program: capitals 10 units high on the base line y = 0, y downwards, path data as in
//! `glyphs`.

use super::path::moved;

/// Height of a capital, in units of the alphabet.
pub const CAPITAL: f64 = 10.0;
/// Space between two letters.
const TRACKING: f64 = 2.0;
/// Width of a space, beside the tracking.
const SPACE: f64 = 2.4;
/// How far an accent goes down from over a capital to stand over a small letter.
const ACCENT_DROP: f64 = 3.2;

/// A letter: how wide it is, and its line.
type Drawn = (f64, &'static str);

const O: &str = "M0-3.4a3.3 3.4 0 1 0 6.6 0a3.3 3.4 0 1 0-6.6 0";

/// The drawing of a character that is not composed.
fn simple(c: char) -> Option<Drawn> {
    digit(c).or_else(|| capital(c)).or_else(|| small(c)).or_else(|| punctuation(c))
}

fn digit(c: char) -> Option<Drawn> {
    Some(match c {
        '0' => (6.4, "M0-5a3.2 5 0 1 0 6.4 0a3.2 5 0 1 0-6.4 0"),
        '1' => (2.8, "M0-8.1l2.8-1.9v10"),
        '2' => (6.4, "M.2-7.2c.2-1.7 1.4-2.8 3.1-2.8s2.9 1.1 2.9 2.7c0 1.4-.7 2.3-2.2 3.7l-3.9 3.6h6.3"),
        '3' => (6.3, "M.4-10h5.4l-3.2 4.1h.4c2 0 3.3 1.1 3.3 2.9s-1.3 3-3.2 3c-1.5 0-2.6-.7-3.1-1.9"),
        '4' => (6.8, "M5 0v-10l-5 7.2h6.8"),
        '5' => (
            6.3,
            "M5.6-10h-4.3l-.7 4.5c.7-.5 1.5-.8 2.5-.8 1.9 0 3.2 1.3 3.2 3.1s-1.3 3.2-3.2 3.2c-1.5 0-2.6-.7-3.1-1.9",
        ),
        '6' => (6.4, "M4.8-10c-2.6 1.5-4.8 3.9-4.8 6.8a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0"),
        '7' => (6.2, "M0-10h6.2l-4 10"),
        '8' => (6.4, "M.8-7.6a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0-4.8 0M0-2.6a3.2 2.6 0 1 0 6.4 0a3.2 2.6 0 1 0-6.4 0"),
        '9' => (6.4, "M1.6 0c2.6-1.5 4.8-3.9 4.8-6.8a3.2 3.2 0 1 0-6.4 0a3.2 3.2 0 1 0 6.4 0"),
        _ => return None,
    })
}

fn capital(c: char) -> Option<Drawn> {
    Some(match c {
        'A' => (7.8, "M0 0l3.9-10 3.9 10M1.3-3.3h5.2"),
        'B' => (6.4, "M0-5.4h3.4a2.3 2.3 0 0 0 0-4.6h-3.4v10h3.7a2.7 2.7 0 0 0 0-5.4"),
        'C' => (8.2, "M8.2-8.3a5 5 0 1 0 0 6.6"),
        'D' => (7.8, "M0 0v-10h2.8a5 5 0 0 1 0 10z"),
        'E' => (5.4, "M5.4 0h-5.4v-10h5.4M0-5.2h4.8"),
        'F' => (5.2, "M0 0v-10h5.2M0-5.1h4.6"),
        'G' => (9.2, "M8.2-8.4a5 5 0 1 0 1 4h-3.6"),
        'H' => (7.0, "M0 0v-10M7-10v10M0-5.2h7"),
        'I' => (0.8, "M.4 0v-10"),
        'J' => (4.0, "M4-10v7.2c0 1.8-.9 2.8-2.4 2.8-.6 0-1.1-.1-1.6-.4"),
        'K' => (6.6, "M0 0v-10M6.2-10l-6.2 6.2M2.2-6l4.4 6"),
        'L' => (5.0, "M0-10v10h5"),
        'M' => (8.6, "M0 0v-10l4.3 6.8 4.3-6.8v10"),
        'N' => (7.0, "M0 0v-10l7 10v-10"),
        'O' => (9.8, "M0-5a4.9 5 0 1 0 9.8 0a4.9 5 0 1 0-9.8 0"),
        'P' => (6.2, "M0 0v-10h3.4a2.75 2.75 0 0 1 0 5.5h-3.4"),
        'Q' => (9.8, "M0-5a4.9 5 0 1 0 9.8 0a4.9 5 0 1 0-9.8 0M6.3-2.7l3.2 3.2"),
        'R' => (6.5, "M0 0v-10h3.4a2.7 2.7 0 0 1 0 5.4h-3.4M3.2-4.6l3.3 4.6"),
        'S' => (
            6.2,
            "M5.7-8.2c-.4-1.1-1.4-1.8-2.7-1.8-1.6 0-2.7 1-2.7 2.4 0 3.4 5.9 1.8 5.9 5 0 1.5-1.3 2.6-3 2.6-1.5 0-2.7-.8-3.2-2.1",
        ),
        'T' => (7.2, "M3.6 0v-10M0-10h7.2"),
        'U' => (6.8, "M0-10v6.6a3.4 3.4 0 0 0 6.8 0v-6.6"),
        'V' => (7.6, "M0-10l3.8 10 3.8-10"),
        'W' => (11.6, "M0-10l2.9 10 2.9-8 2.9 8 2.9-10"),
        'X' => (6.6, "M0 0l6.6-10M0-10l6.6 10"),
        'Y' => (7.2, "M0-10l3.6 5.2 3.6-5.2M3.6 0v-4.8"),
        'Z' => (6.4, "M0-10h6.4l-6.4 10h6.4"),
        'Æ' => (9.6, "M0 0l4.6-10h5M9.6 0h-5v-10M4.6-5.2h4.4M1.5-3.3h3.1"),
        'Œ' => (11.2, "M11.2 0h-6.2a5 5 0 0 1 0-10h6.2M6-10v10M6-5.2h4.6"),
        'Ø' => (9.8, "M0-5a4.9 5 0 1 0 9.8 0a4.9 5 0 1 0-9.8 0M1 .6l7.8-11.2"),
        'Ł' => (5.6, "M.6-10v10h5M-1-4l4.6-2.6"),
        'Đ' | 'Ð' => (8.2, "M.4 0v-10h2.8a5 5 0 0 1 0 10zM-1.2-5.1h5"),
        'Þ' => (6.0, "M0 0v-10M0-7.8h3.2a2.7 2.7 0 0 1 0 5.4h-3.2"),
        _ => return None,
    })
}

fn small(c: char) -> Option<Drawn> {
    Some(match c {
        'a' => (6.6, "M6.6-6.8v6.8M6.6-3.4a3.3 3.4 0 1 0-6.6 0a3.3 3.4 0 1 0 6.6 0"),
        'b' => (6.6, "M0-10.4v10.4M0-3.4a3.3 3.4 0 1 0 6.6 0a3.3 3.4 0 1 0-6.6 0"),
        'c' => (5.4, "M5.4-5.8a3.3 3.4 0 1 0 0 4.8"),
        'd' => (6.6, "M6.6-10.4v10.4M6.6-3.4a3.3 3.4 0 1 0-6.6 0a3.3 3.4 0 1 0 6.6 0"),
        'e' => (6.4, "M.1-3.6h6.3a3.2 3.4 0 1 0-.9 2.5"),
        'f' => (3.6, "M3.6-10.2c-1.6-.6-2.6.4-2.6 2.2v8M-.4-6.8h3.6"),
        'g' => (
            6.6,
            "M6.6-6.8v6.8c0 2.1-1.3 3.2-3.3 3.2-1.3 0-2.3-.4-2.9-1.2M6.6-3.4a3.3 3.4 0 1 0-6.6 0a3.3 3.4 0 1 0 6.6 0",
        ),
        'h' => (5.4, "M0-10.4v10.4M0-3.8c0-1.9 1.2-3 2.8-3s2.6 1.1 2.6 3v3.8"),
        'i' => (0.6, "M.3-6.8v6.8M.1-9.5a.2 .2 0 1 0 .4 0a.2 .2 0 1 0-.4 0"),
        'ı' => (0.6, "M.3-6.8v6.8"),
        'j' => (1.0, "M1-6.8v7.4c0 1.6-.8 2.4-2.2 2.3M.8-9.5a.2 .2 0 1 0 .4 0a.2 .2 0 1 0-.4 0"),
        'k' => (5.2, "M0-10.4v10.4M4.9-6.8l-4.9 4.6M1.7-3.8l3.5 3.8"),
        'l' => (0.6, "M.3-10.4v10.4"),
        'm' => (
            9.4,
            "M0-6.8v6.8M0-3.9c0-1.8 1-2.9 2.4-2.9s2.3 1.1 2.3 2.9v3.9M4.7-3.9c0-1.8 1-2.9 2.4-2.9s2.3 1.1 2.3 2.9v3.9",
        ),
        'n' => (5.4, "M0-6.8v6.8M0-3.8c0-1.9 1.2-3 2.8-3s2.6 1.1 2.6 3v3.8"),
        'o' => (6.6, O),
        'p' => (6.6, "M0-6.8v10M0-3.4a3.3 3.4 0 1 0 6.6 0a3.3 3.4 0 1 0-6.6 0"),
        'q' => (6.6, "M6.6-6.8v10M6.6-3.4a3.3 3.4 0 1 0-6.6 0a3.3 3.4 0 1 0 6.6 0"),
        'r' => (3.1, "M0-6.8v6.8M0-3.6c.1-2.1 1.2-3.3 3.1-3.2"),
        's' => (
            4.4,
            "M4.1-5.6c-.4-.8-1.1-1.2-2-1.2-1.2 0-2 .7-2 1.7 0 2.3 4.3 1.2 4.3 3.4 0 1-.9 1.7-2.2 1.7-1.1 0-1.9-.5-2.2-1.4",
        ),
        't' => (3.8, "M1.4-9v6.7c0 1.7.8 2.5 2.4 2.2M-.2-6.8h3.7"),
        'u' => (5.4, "M0-6.8v3.8c0 1.9 1 3 2.6 3s2.8-1.1 2.8-3M5.4-6.8v6.8"),
        'v' => (5.4, "M0-6.8l2.7 6.8 2.7-6.8"),
        'w' => (8.6, "M0-6.8l2.1 6.8 2.2-5.6 2.2 5.6 2.1-6.8"),
        'x' => (5.0, "M0 0l5-6.8M0-6.8l5 6.8"),
        'y' => (5.4, "M0-6.8l2.8 6.6M5.4-6.8l-3.1 7.5c-.6 1.6-1.3 2.3-2.5 2.2"),
        'z' => (4.8, "M0-6.8h4.8l-4.8 6.8h4.8"),
        'æ' => (10.8, "M5.6-6.8v6.8M5.6-3.4a2.8 3.4 0 1 0-5.6 0a2.8 3.4 0 1 0 5.6 0M5.6-3.6h5.2a2.6 3.4 0 1 0-.7 2.5"),
        'œ' => (11.6, "M0-3.4a3.2 3.4 0 1 0 6.4 0a3.2 3.4 0 1 0-6.4 0M6.4-3.6h5.2a2.6 3.4 0 1 0-.7 2.5"),
        'ß' => (
            5.8,
            "M0 0v-7.4c0-2 1.2-3 2.7-3s2.5 1 2.5 2.4c0 1.6-1.8 2-1.8 3.2 0 1.3 2.4 1.4 2.4 3 0 1.1-.9 1.8-2.1 1.8-.7 0-1.2-.2-1.6-.5",
        ),
        'ø' => (6.6, "M0-3.4a3.3 3.4 0 1 0 6.6 0a3.3 3.4 0 1 0-6.6 0M.4 .6l5.8-8"),
        'ł' => (2.4, "M1.2-10.4v10.4M-.6-4.2l3.6-2.2"),
        'đ' => (6.8, "M6.6-10.4v10.4M6.6-3.4a3.3 3.4 0 1 0-6.6 0a3.3 3.4 0 1 0 6.6 0M3.8-8.8h4.4"),
        'ð' => (6.6, "M0-3.4a3.3 3.4 0 1 0 6.6 0c0-3-1.4-5.4-4-6.8M6.6-3.4a3.3 3.4 0 1 0-6.6 0M1.8-7.8l3.8-2.2"),
        'þ' => (6.6, "M0-10.4v13.6M0-3.4a3.3 3.4 0 1 0 6.6 0a3.3 3.4 0 1 0-6.6 0"),
        _ => return None,
    })
}

fn punctuation(c: char) -> Option<Drawn> {
    Some(match c {
        ' ' | '\u{a0}' | '\u{202f}' => (SPACE, ""),
        '°' => (2.8, "M0-8.6a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0"),
        '′' | '\'' | '’' | '‘' | 'ʼ' => (0.8, "M.8-10l-.6 2.8"),
        '″' | '"' | '“' | '”' => (2.8, "M.8-10l-.6 2.8M2.8-10l-.6 2.8"),
        '.' => (0.6, "M.1-.1a.2 .2 0 1 0 .4 0a.2 .2 0 1 0-.4 0"),
        ',' => (0.6, "M.6-.2l-.6 2"),
        ':' => (0.6, "M.1-.1a.2 .2 0 1 0 .4 0a.2 .2 0 1 0-.4 0M.1-5.7a.2 .2 0 1 0 .4 0a.2 .2 0 1 0-.4 0"),
        ';' => (0.6, "M.6-.2l-.6 2M.6-6v.2"),
        '-' | '\u{2010}' | '\u{2011}' => (3.4, "M0-3.6h3.4"),
        '–' | '−' => (5.4, "M0-3.6h5.4"),
        '—' => (9.0, "M0-3.6h9"),
        '·' => (1.2, "M.3-4a.3 .3 0 1 0 .6 0a.3 .3 0 1 0-.6 0"),
        '(' => (2.4, "M2.4-11c-3.2 3.6-3.2 9.4 0 13"),
        ')' => (2.4, "M0-11c3.2 3.6 3.2 9.4 0 13"),
        '[' => (2.0, "M2-11h-2v13h2"),
        ']' => (2.0, "M0-11h2v13h-2"),
        '/' => (4.2, "M0 1l4.2-12"),
        '+' => (5.4, "M0-3.6h5.4M2.7-6.3v5.4"),
        '=' => (5.4, "M0-4.8h5.4M0-2.4h5.4"),
        '!' => (0.0, "M0-10v6.8M0-.2v.2"),
        '?' => (4.8, "M0-8c.2-1.3 1.1-2 2.4-2 1.4 0 2.4.9 2.4 2.2 0 2-2.4 2.2-2.4 4.6M2.4-.2v.2"),
        '&' => (
            7.4,
            "M7.2 0l-5.2-6c-.7-.8-1-1.4-1-2.1 0-1.1.8-1.9 2-1.9s2 .8 2 1.8c0 2.7-5 2.7-5 5.7 0 1.5 1.2 2.5 2.9 2.5 2.2 0 4-1.6 4.5-4.4",
        ),
        '#' => (6.4, "M1.4 0l1.4-10M4.2 0l1.4-10M.4-6.8h6M0-3.2h6"),
        '%' => {
            (8.4, "M1 0l6.4-10M0-8a1.7 1.9 0 1 0 3.4 0a1.7 1.9 0 1 0-3.4 0M5-2a1.7 1.9 0 1 0 3.4 0a1.7 1.9 0 1 0-3.4 0")
        }
        '…' => (5.6, "M0-.2v.2M2.8-.2v.2M5.6-.2v.2"),
        '*' => (3.8, "M1.9-10v4.4M0-8.9l3.8 2.2M3.8-8.9l-3.8 2.2"),
        '~' => (5.2, "M0-3.2c.8-1.7 1.9-1.5 2.6-.9s1.8.8 2.6-.9"),
        '_' => (5.4, "M0 1h5.4"),
        '@' => (10.0, "M6.8-4a2 2.2 0 1 0-4 0a2 2.2 0 1 0 4 0v-2.2M6.8-4c0 3 3.2 2.4 3.2-.8a5 5.2 0 1 0-2 4"),
        _ => return None,
    })
}

/// Accents: the line over a capital centred on x = 0, the letters that can bear it, and those letters with it.
const ACCENTS: [(&str, &str, &str); 13] = [
    ("M-1-11.9l2-2", "AEIOUYCLNRSZaeioulnrsczy", "ÁÉÍÓÚÝĆĹŃŔŚŹáéíóúĺńŕśćźý"),
    ("M1-11.9l-2-2", "AEIOUNaeioun", "ÀÈÌÒÙǸàèìòùǹ"),
    ("M-1.8-11.9l1.8-2 1.8 2", "AEIOUCGHJSWYaeioucghjswy", "ÂÊÎÔÛĈĜĤĴŜŴŶâêîôûĉĝĥĵŝŵŷ"),
    ("M-2.2-12.2c.9-1.4 1.8-1.2 2.2-.8s1.3.6 2.2-.8", "ANOIUanoiu", "ÃÑÕĨŨãñõĩũ"),
    ("M-1.6-12.8v.3M1.6-12.8v.3", "AEIOUYaeiouy", "ÄËÏÖÜŸäëïöüÿ"),
    ("M-1.3-13a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0", "AUau", "ÅŮåů"),
    ("M-1.8-13.9l1.8 2 1.8-2", "CDENRSTZGAIOUcdenrstzgaiou", "ČĎĚŇŘŠŤŽǦǍǏǑǓčďěňřšťžǧǎǐǒǔ"),
    ("M-1.8-13.6c.6 1.8 3 1.8 3.6 0", "AGUEIOagueio", "ĂĞŬĔĬŎăğŭĕĭŏ"),
    ("M-2-12.7h4", "AEIOUaeiou", "ĀĒĪŌŪāēīōū"),
    ("M0-12.8v.3", "CEGZIcegz", "ĊĖĠŻİċėġż"),
    ("M-1.8-11.9l1.4-2M.6-11.9l1.4-2", "OUou", "ŐŰőű"),
    ("M.2 0c1.6.8 1.4 2.8-1.2 2.6", "CSTGKLNRcstgklnr", "ÇŞŢĢĶĻŅŖçşţģķļņŗ"),
    ("M.6 0c-1.6 1-1.4 2.8.6 2.6", "AEIUaeiu", "ĄĘĮŲąęįų"),
];

/// Accents that hang under the letter.
const HANGING: [usize; 2] = [11, 12];

/// A letter and the accent that it bears, with where the accent goes.
fn composed(c: char) -> Option<(Drawn, &'static str, f64, f64)> {
    let c = match c {
        'Ș' => 'Ş',
        'ș' => 'ş',
        'Ț' => 'Ţ',
        'ț' => 'ţ',
        other => other,
    };
    for (index, (accent, bare, bearing)) in ACCENTS.iter().enumerate() {
        let Some(found) = bearing.chars().position(|each| each == c) else { continue };
        let bare = bare.chars().nth(found)?;
        let letter = simple(if bare == 'i' && !HANGING.contains(&index) { 'ı' } else { bare })?;
        let hangs = HANGING.contains(&index);
        let ascends = matches!(bare, 'd' | 't' | 'l' | 'h' | 'k');
        let dy = if hangs || bare.is_uppercase() || ascends { 0.0 } else { ACCENT_DROP };
        let dx = if hangs && index == 12 { letter.0 - 0.6 } else { letter.0 / 2.0 };
        return Some((letter, accent, dx, dy));
    }
    None
}

/// A line of text set in the alphabet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set {
    /// Width from the first line of the first letter to the last of the last, in units of the alphabet.
    pub width: f64,
    /// Path data from x = 0 on the base line y = 0.
    pub line: String,
}

/// Sets `text`; `None` when it holds a character that the alphabet lacks.
pub fn set(text: &str) -> Option<Set> {
    let mut set = Set::default();
    let mut x = 0.0;
    for c in text.chars() {
        let (letter, accent) = match simple(c) {
            Some(letter) => (letter, None),
            None => composed(c).map(|(letter, accent, dx, dy)| (letter, Some((accent, dx, dy))))?,
        };
        set.line.push_str(&moved(letter.1, x, 0.0));
        if let Some((accent, dx, dy)) = accent {
            set.line.push_str(&moved(accent, x + dx, dy));
        }
        set.width = x + letter.0;
        x = set.width + TRACKING;
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accented_letter_has_its_bare_one() {
        for (_, bare, bearing) in ACCENTS {
            assert_eq!(bare.chars().count(), bearing.chars().count(), "{bare} {bearing}");
            for c in bearing.chars() {
                assert!(composed(c).is_some(), "{c}");
            }
        }
    }

    #[test]
    fn names_of_europe_can_be_set_and_others_say_so() {
        let names = "Åsa Þórr Łukasz Đorđe Çağla Ștefan Œuvre Müßig Señor Dvořák Hőgye Ñandú Živilė Jāzeps O’Brien-D'Arcy (1879) №";
        assert!(set(names.trim_end_matches('№')).is_some());
        assert_eq!(set("李小龍"), None);
        assert_eq!(set("№"), None);
        assert_eq!(set("").unwrap().width, 0.0);
    }
}
