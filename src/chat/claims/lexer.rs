//! P: Finds the words of astrology in a sentence: bodies, signs, houses, degrees, aspects, motion. Joins none of them.

use super::Position;
use crate::astro::{Aspect, Body, Lang, Point, Sign};
use crate::llm::lexicon;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A body or angle; `natal` after "your".
    Point { point: Point, natal: bool },
    /// A sign.
    Sign(Sign),
    /// A house; `is_place` after "in" and the like.
    House { house: u8, is_place: bool },
    /// An angle in figures.
    Degree(Position),
    /// An aspect.
    Aspect(Aspect),
    /// Backward motion.
    Retrograde,
    /// Forward motion.
    Forward,
    /// The contact forms or passes.
    Moving { applying: bool },
    /// A house holds what follows.
    Holds,
    /// A house holds nothing.
    Empty,
    /// A semicolon: what stands before it is not carried over.
    Break,
}

/// A find in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    pub kind: Kind,
    /// Whether only words such as "and", "your" or a comma stand between it and the one before.
    pub joined: bool,
    /// Whether nothing stands between it and the one before.
    pub adjacent: bool,
}

enum Token {
    /// A word: where it stands among the folded ones, and whether it was written with a capital.
    Word {
        from: usize,
        to: usize,
        capital: bool,
    },
    Degree(Position),
    Comma,
    Break,
}

/// A sentence in pieces.
struct Tokens {
    all: Vec<Token>,
    /// Its words, folded, one behind the other.
    words: String,
}

impl Tokens {
    /// The folded word at a place; empty where there is none.
    fn word(&self, at: usize) -> &str {
        match self.all.get(at) {
            Some(Token::Word { from, to, .. }) => self.words.get(*from..*to).unwrap_or_default(),
            _ => "",
        }
    }

    fn is_degree(&self, at: usize) -> bool {
        matches!(self.all.get(at), Some(Token::Degree(_)))
    }
}

/// All finds of a sentence, in order.
pub fn mentions(sentence: &str, lang: Lang) -> Vec<Mention> {
    let tokens = tokens(sentence);
    let mut found = Vec::new();
    let (mut at, mut last_end) = (0, 0);
    while at < tokens.all.len() {
        match find(&tokens, at, lang) {
            Some((kind, length)) => {
                let mut between = last_end..at;
                let first = found.is_empty();
                found.push(Mention {
                    kind,
                    joined: !first && between.clone().all(|at| is_joint(&tokens, at)),
                    adjacent: !first && between.all(|at| matches!(tokens.word(at), "of" | "du" | "de" | "des" | "la")),
                });
                at += length;
                last_end = at;
            }
            None => at += 1,
        }
    }
    found
}

fn is_joint(tokens: &Tokens, at: usize) -> bool {
    match tokens.all.get(at) {
        Some(Token::Comma) => true,
        Some(Token::Word { .. }) => {
            matches!(
                tokens.word(at),
                "and"
                    | "et"
                    | "your"
                    | "votre"
                    | "the"
                    | "le"
                    | "la"
                    | "l"
                    | "both"
                    | "or"
                    | "ou"
                    | "as"
                    | "well"
                    | "ainsi"
                    | "que"
                    | "natal"
            )
        }
        _ => false,
    }
}

fn tokens(sentence: &str) -> Tokens {
    let (mut tokens, mut words) = (Vec::with_capacity(sentence.len() / 4), String::with_capacity(sentence.len()));
    let mut rest = sentence;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit()
            && let Some((position, after)) = degree(rest)
        {
            tokens.push(Token::Degree(position));
            rest = after;
        } else if c.is_alphanumeric() {
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let from = words.len();
            word.chars().for_each(|c| lexicon::fold_letter(&mut words, c));
            tokens.push(Token::Word { from, to: words.len(), capital: c.is_uppercase() });
            rest = after;
        } else {
            match c {
                ',' | '(' | ')' => tokens.push(Token::Comma),
                ';' => tokens.push(Token::Break),
                _ => {}
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    Tokens { all: tokens, words }
}

/// `16°59′`, `16° 59'`, `16 degrees 59 minutes`, `16 degrés`, `16,98°`: the angle, and the text behind it.
fn degree(text: &str) -> Option<(Position, &str)> {
    let (degrees, whole) = number(text)?;
    let fraction = whole.strip_prefix(['.', ',']).and_then(number);
    let after = fraction.map_or(whole, |(_, after)| after);
    let after = unit(after.trim_start(), &["°", "º", "degrees", "degree", "degrés", "degré"])?;
    if fraction.is_some() {
        return Some((Position { degrees, minutes: None }, after));
    }
    if let Some((minutes, behind)) = number(after.trim_start())
        && let Some(behind) = unit(behind.trim_start(), &["′", "'", "’", "minutes", "minute"])
    {
        return Some((Position { degrees, minutes: Some(minutes) }, behind));
    }
    Some((Position { degrees, minutes: None }, after))
}

/// The figures at the start of a text, and the text behind them.
fn number(text: &str) -> Option<(u16, &str)> {
    let (digits, after) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    digits.parse().ok().map(|value| (value, after))
}

fn unit<'t>(text: &'t str, names: &[&str]) -> Option<&'t str> {
    names.iter().find_map(|name| text.strip_prefix(name))
}

fn find(tokens: &Tokens, at: usize, lang: Lang) -> Option<(Kind, usize)> {
    match tokens.all.get(at)? {
        Token::Degree(position) => Some((Kind::Degree(*position), 1)),
        Token::Break => Some((Kind::Break, 1)),
        Token::Comma => None,
        Token::Word { capital, .. } => point(tokens, at)
            .or_else(|| house(tokens, at))
            .or_else(|| sign(tokens, at, *capital, lang))
            .or_else(|| motion(tokens, at))
            .or_else(|| aspect(tokens.word(at)).map(|aspect| (Kind::Aspect(aspect), 1))),
    }
}

fn point(tokens: &Tokens, at: usize) -> Option<(Kind, usize)> {
    let (one, two, three) = (tokens.word(at), tokens.word(at + 1), tokens.word(at + 2));
    let (point, length) = match (one, two, three) {
        ("milieu", "du", "ciel") => (Point::Midheaven, 3),
        ("north", "node", _) | ("noeud", "nord", _) => (Point::Body(Body::TrueNode), 2),
        ("rising", "sign", _) | ("signe", "ascendant", _) => (Point::Ascendant, 2),
        ("ascendant" | "ascendent", ..) => (Point::Ascendant, 1),
        ("midheaven", ..) => (Point::Midheaven, 1),
        _ => (Point::Body(body(one)?), 1),
    };
    let before = at.checked_sub(1).map_or("", |before| tokens.word(before));
    let before_that = at.checked_sub(2).map_or("", |before| tokens.word(before));
    let is_month = one == "mars" && (before.bytes().all(|b| b.is_ascii_digit()) && !before.is_empty());
    let natal = |word: &str| matches!(word, "your" | "votre" | "vos" | "natal");
    // "your Aries Sun", "your natal Moon"
    (!is_month).then_some((
        Kind::Point { point, natal: natal(before) || natal(before_that) && before != "and" && before != "et" },
        length,
    ))
}

fn body(word: &str) -> Option<Body> {
    Some(match word {
        "sun" | "soleil" => Body::Sun,
        "moon" | "lune" => Body::Moon,
        "mercury" | "mercure" => Body::Mercury,
        "venus" => Body::Venus,
        "mars" => Body::Mars,
        "jupiter" => Body::Jupiter,
        "saturn" | "saturne" => Body::Saturn,
        "uranus" => Body::Uranus,
        "neptune" => Body::Neptune,
        "pluto" | "pluton" => Body::Pluto,
        _ => return None,
    })
}

/// A sign; a French sign name that is an everyday word counts with a capital, or after "en" or a degree.
fn sign(tokens: &Tokens, at: usize, capital: bool, lang: Lang) -> Option<(Kind, usize)> {
    let sign = sign_word(tokens.word(at), lang)?;
    let near =
        at > 0 && (tokens.word(at - 1) == "en" || tokens.word(at - 1) == "in" || at > 1 && tokens.is_degree(at - 2));
    (capital || near).then_some((Kind::Sign(sign), 1))
}

/// A folded sign name. English ones count in French text too, where none of them is a French word for another sign.
fn sign_word(word: &str, lang: Lang) -> Option<Sign> {
    let french = match word {
        "belier" => Some(Sign::Aries),
        "taureau" => Some(Sign::Taurus),
        "gemeaux" => Some(Sign::Gemini),
        "lion" => Some(Sign::Leo),
        "vierge" => Some(Sign::Virgo),
        "balance" => Some(Sign::Libra),
        "scorpion" => Some(Sign::Scorpio),
        "sagittaire" => Some(Sign::Sagittarius),
        "capricorne" => Some(Sign::Capricorn),
        "verseau" => Some(Sign::Aquarius),
        "poissons" => Some(Sign::Pisces),
        _ => None,
    };
    let english = match word {
        "aries" => Some(Sign::Aries),
        "taurus" => Some(Sign::Taurus),
        "gemini" => Some(Sign::Gemini),
        "cancer" => Some(Sign::Cancer),
        "leo" => Some(Sign::Leo),
        "virgo" => Some(Sign::Virgo),
        "libra" => Some(Sign::Libra),
        "scorpio" => Some(Sign::Scorpio),
        "sagittarius" => Some(Sign::Sagittarius),
        "capricorn" => Some(Sign::Capricorn),
        "aquarius" => Some(Sign::Aquarius),
        "pisces" => Some(Sign::Pisces),
        _ => None,
    };
    english.or_else(|| french.filter(|_| lang == Lang::Fr))
}

fn house(tokens: &Tokens, at: usize) -> Option<(Kind, usize)> {
    let (one, two) = (tokens.word(at), tokens.word(at + 1));
    let (house, length) = match (one, two) {
        (number, "house" | "maison") => (house_number(number)?, 2),
        ("house" | "maison", number) => (cardinal(number)?, 2),
        _ => return None,
    };
    Some((Kind::House { house, is_place: is_place(tokens, at) }, length))
}

/// Whether a house is named as the place of something: "in your tenth house", "occupies the tenth house".
fn is_place(tokens: &Tokens, at: usize) -> bool {
    let back = |steps: usize| at.checked_sub(steps).map_or("", |index| tokens.word(index));
    let article = |word: &str| matches!(word, "your" | "the" | "votre" | "la" | "natal");
    let preposition = |word: &str| {
        matches!(
            word,
            "in" | "into"
                | "inside"
                | "within"
                | "through"
                | "dans"
                | "en"
                | "occupies"
                | "occupe"
                | "traverse"
                | "habite"
        )
    };
    preposition(back(1))
        || article(back(1)) && preposition(back(2))
        || article(back(1)) && article(back(2)) && preposition(back(3))
}

fn house_number(word: &str) -> Option<u8> {
    let ordinal = |lang: Lang| {
        let place = lexicon::folded(&lexicon::FOLDED_ORDINALS, lang).iter().position(|name| name == word)?;
        u8::try_from(place + 1).ok()
    };
    let digits = &word[..word.bytes().take_while(u8::is_ascii_digit).count()];
    let suffix = matches!(&word[digits.len()..], "st" | "nd" | "rd" | "th" | "e" | "eme" | "ere" | "re");
    let figure = || digits.parse().ok().filter(|house| suffix && (1..=12).contains(house));
    ordinal(Lang::En).or_else(|| ordinal(Lang::Fr)).or_else(figure)
}

fn cardinal(word: &str) -> Option<u8> {
    const ROMAN: [&str; 12] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    let roman = ROMAN.iter().position(|numeral| *numeral == word).and_then(|place| u8::try_from(place + 1).ok());
    word.parse().ok().filter(|house| (1..=12).contains(house)).or(roman)
}

fn aspect(word: &str) -> Option<Aspect> {
    Some(match word {
        "conjunction" | "conjunct" | "conjunctions" | "conjonction" | "conjoint" | "conjointe" => Aspect::Conjunction,
        "sextile" | "sextiles" => Aspect::Sextile,
        "square" | "squares" | "squaring" | "carre" | "carres" => Aspect::Square,
        "trine" | "trines" | "trigone" | "trigones" => Aspect::Trine,
        "opposition" | "oppositions" | "opposite" | "opposes" | "opposing" | "oppose" | "opposee" | "s oppose" => {
            Aspect::Opposition
        }
        _ => return None,
    })
}

fn motion(tokens: &Tokens, at: usize) -> Option<(Kind, usize)> {
    let (one, two) = (tokens.word(at), tokens.word(at + 1));
    let kind = match (one, two) {
        ("forward", "motion") | ("marche", "directe") => Kind::Forward,
        ("retrograde" | "retrogrades" | "backward" | "backwards", _) => Kind::Retrograde,
        ("applying" | "building" | "tightening" | "approaching" | "applique" | "appliquant", _)
        | ("se", "resserre" | "renforce" | "rapproche") => Kind::Moving { applying: true },
        ("separating" | "easing" | "loosening" | "fading" | "waning" | "separant", _)
        | ("se", "relache" | "desserre" | "defait") => Kind::Moving { applying: false },
        ("holds" | "hosts" | "contains" | "houses" | "accueille" | "abrite" | "contient" | "recoit", _) => Kind::Holds,
        ("no", "planet" | "planets") | ("aucune", "planete") | ("abriter", "de") | ("empty" | "vide", _) => Kind::Empty,
        _ => return None,
    };
    Some((kind, 1))
}
