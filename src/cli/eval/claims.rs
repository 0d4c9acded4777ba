//! P: Reads what a sentence says of the person's chart, for the evaluation alone: a reader of its own, so that a fault of
//! the one that guards the answers shows. Reads less than that one, and is meant to read nothing that is not there.

use super::questions::pick;
use crate::astro::Lang;
use crate::llm::lexicon::fold;

/// How far behind a body its sign or house may stand, in words.
const REACH_WORDS: usize = 14;

/// Codes of bodies and angles with their names, English and French, folded.
const BODIES: [(&str, &str, &str); 12] = [
    ("sun", "sun", "soleil"),
    ("moon", "moon", "lune"),
    ("mercury", "mercury", "mercure"),
    ("venus", "venus", "venus"),
    ("mars", "mars", "mars"),
    ("jupiter", "jupiter", "jupiter"),
    ("saturn", "saturn", "saturne"),
    ("uranus", "uranus", "uranus"),
    ("neptune", "neptune", "neptune"),
    ("pluto", "pluto", "pluton"),
    ("ascendant", "ascendant", "ascendant"),
    ("midheaven", "midheaven", "milieu"),
];

const SIGNS: [(&str, &str); 12] = [
    ("aries", "belier"),
    ("taurus", "taureau"),
    ("gemini", "gemeaux"),
    ("cancer", "cancer"),
    ("leo", "lion"),
    ("virgo", "vierge"),
    ("libra", "balance"),
    ("scorpio", "scorpion"),
    ("sagittarius", "sagittaire"),
    ("capricorn", "capricorne"),
    ("aquarius", "verseau"),
    ("pisces", "poissons"),
];

/// Codes of the aspects that answers speak of, their angles, and how their names begin.
const ASPECTS: [(&str, f64, &[&str]); 5] = [
    ("conjunction", 0.0, &["conjunct", "conjonct"]),
    ("sextile", 60.0, &["sextil"]),
    ("square", 90.0, &["square", "carre"]),
    ("trine", 120.0, &["trine", "trigone"]),
    ("opposition", 180.0, &["opposition", "oppose"]),
];

const ORDINALS: [(&str, &str); 12] = [
    ("first", "premiere"),
    ("second", "deuxieme"),
    ("third", "troisieme"),
    ("fourth", "quatrieme"),
    ("fifth", "cinquieme"),
    ("sixth", "sixieme"),
    ("seventh", "septieme"),
    ("eighth", "huitieme"),
    ("ninth", "neuvieme"),
    ("tenth", "dixieme"),
    ("eleventh", "onzieme"),
    ("twelfth", "douzieme"),
];

/// What a sentence says.
#[derive(Clone, Debug, PartialEq)]
pub enum Claim {
    /// The person's body or angle has one of these signs.
    Sign(&'static str, Vec<&'static str>),
    /// The person's body is in a house.
    House(&'static str, u8),
    /// The person's body moves backward.
    Retrograde(&'static str),
    /// Two bodies stand at an angle, either of them the day's.
    Aspect(&'static str, &'static str, f64),
}

/// A sentence read: what it names, and what it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// Codes of what it names: bodies, angles, `house-7`, signs.
    pub names: Vec<String>,
    /// What it says.
    pub claims: Vec<Claim>,
    /// Whether it foretells: says `you will` or `vous allez`.
    pub foretells: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    Body(&'static str, bool),
    Sign(&'static str),
    House(u8),
    Retrograde,
    Aspect(f64),
    /// Ends what is said of the body before it.
    Stop,
    Other,
}

/// Reads one sentence.
pub fn read(sentence: &str, lang: Lang) -> Read {
    let words = words(sentence, lang);
    let mut read = Read { foretells: foretells(sentence), ..Read::default() };
    for word in &words {
        let name = match word {
            Word::Body(code, _) | Word::Sign(code) => (*code).to_owned(),
            Word::House(house) => format!("house-{house}"),
            _ => continue,
        };
        if !read.names.contains(&name) {
            read.names.push(name);
        }
    }
    for (at, word) in words.iter().enumerate() {
        if let Word::Body(code, true) = word {
            of_body(code, &words, at, &mut read.claims);
        }
    }
    read.claims.extend(aspect(&words));
    read
}

/// What is said of the person's body at `at`.
fn of_body(code: &'static str, words: &[Word], at: usize, claims: &mut Vec<Claim>) {
    let said: Vec<Word> = words[at + 1..]
        .iter()
        .take(REACH_WORDS)
        .take_while(|word| !matches!(word, Word::Body(..) | Word::Stop | Word::Aspect(_)))
        .copied()
        .collect();
    let mut signs: Vec<&'static str> =
        said.iter().filter_map(|word| if let Word::Sign(sign) = word { Some(*sign) } else { None }).collect();
    if signs.is_empty() {
        // `In Aries, your Venus ..`
        let before = &words[at.saturating_sub(4)..at];
        let clear = !words[at.saturating_sub(REACH_WORDS)..at]
            .iter()
            .any(|word| matches!(word, Word::Body(..) | Word::House(_)));
        signs.extend(before.iter().filter_map(|word| if let Word::Sign(sign) = word { Some(*sign) } else { None }));
        if !clear {
            signs.clear();
        }
    }
    if !signs.is_empty() {
        claims.push(Claim::Sign(code, signs));
    }
    let house = said.iter().find_map(|word| if let Word::House(house) = word { Some(*house) } else { None });
    claims.extend(house.map(|house| Claim::House(code, house)));
    if said.contains(&Word::Retrograde) {
        claims.push(Claim::Retrograde(code));
    }
}

/// The aspect of a sentence that names two bodies and one aspect, the person's among them.
fn aspect(words: &[Word]) -> Option<Claim> {
    let bodies: Vec<(&'static str, bool)> = words
        .iter()
        .filter_map(|word| if let Word::Body(code, own) = word { Some((*code, *own)) } else { None })
        .collect();
    let angles: Vec<f64> =
        words.iter().filter_map(|word| if let Word::Aspect(angle) = word { Some(*angle) } else { None }).collect();
    match (bodies.as_slice(), angles.as_slice()) {
        ([(a, own), (b, also)], [angle]) if *own || *also => Some(Claim::Aspect(a, b, *angle)),
        _ => None,
    }
}

fn words(sentence: &str, lang: Lang) -> Vec<Word> {
    let raw: Vec<&str> = sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let folded: Vec<String> = raw.iter().map(|word| fold(word).trim().to_owned()).collect();
    let at = |index: usize| folded.get(index).map_or("", String::as_str);
    (0..raw.len())
        .map(|index| {
            let word = at(index);
            let capital = raw[index].starts_with(char::is_uppercase);
            if let Some(code) =
                body(word, lang).filter(|code| is_body(code, capital, at(index + 1), at(index.wrapping_sub(1))))
            {
                let own = (1..=3).any(|back| matches!(at(index.wrapping_sub(back)), "your" | "votre" | "vos"));
                return Word::Body(code, own);
            }
            if let Some((code, _)) = SIGNS.iter().find(|(en, fr)| capital && word == pick(lang, *en, *fr)) {
                return Word::Sign(code);
            }
            if let Some(house) = house(word, at(index + 1), at(index.wrapping_sub(1))) {
                return Word::House(house);
            }
            if let Some((_, angle, _)) =
                ASPECTS.iter().find(|(_, _, begins)| begins.iter().any(|b| word.starts_with(b)))
            {
                return Word::Aspect(*angle);
            }
            match word {
                _ if word.starts_with("retrograd") => Word::Retrograde,
                "not" | "pas" | "rather" | "plutot" | "while" | "tandis" | "but" | "mais" | "ruler" | "maitre" => {
                    Word::Stop
                }
                _ => Word::Other,
            }
        })
        .collect()
}

fn body(word: &str, lang: Lang) -> Option<&'static str> {
    BODIES.iter().find(|(_, en, fr)| word == pick(lang, *en, *fr)).map(|(code, ..)| *code)
}

/// Everyday words that are also names: `mars` the month, `lune de miel`, `milieu` without the sky, `l'ascendant` at large.
fn is_body(code: &str, capital: bool, next: &str, before: &str) -> bool {
    match code {
        "midheaven" => next == "du" || before != "au",
        "sun" | "moon" => next != "de",
        _ => capital,
    }
}

/// `seventh house`, `7th house`, `house 7`, `septième maison`, `maison 7`: told at the word that is the number.
fn house(word: &str, next: &str, before: &str) -> Option<u8> {
    let is_house = |word: &str| matches!(word, "house" | "maison");
    let ordinal = ORDINALS.iter().position(|(en, fr)| word == *en || word == *fr);
    let number = || {
        let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        digits.parse::<u8>().ok().filter(|house| (1..=12).contains(house))
    };
    if is_house(next) {
        return ordinal.and_then(|place| u8::try_from(place + 1).ok()).or_else(number);
    }
    number().filter(|_| is_house(before))
}

fn foretells(sentence: &str) -> bool {
    let folded = fold(sentence);
    ["you will", "you ll", "you are going to", "vous allez", "vous aurez", "vous serez", "vous rencontrerez"]
        .iter()
        .any(|words| format!(" {} ", folded.trim()).contains(&format!(" {words} ")))
}

/// The sentences of an answer, each with the numbers of the citations behind it.
pub fn sentences(answer: &str) -> Vec<(String, Vec<usize>)> {
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    for paragraph in answer.split('\n') {
        let mut text = String::new();
        let mut rest = paragraph.trim();
        while let Some(first) = rest.chars().next() {
            let mark = rest.strip_prefix('[').and_then(|inside| inside.split_once(']'));
            if let Some((digits, after)) = mark.filter(|(digits, _)| digits.parse::<usize>().is_ok()) {
                let number = digits.parse().unwrap_or_default();
                if text.trim().is_empty() {
                    if let Some((_, marks)) = found.last_mut() {
                        marks.push(number);
                    }
                } else {
                    found.push((std::mem::take(&mut text).trim().to_owned(), vec![number]));
                }
                rest = after.trim_start_matches([' ', '.']);
                continue;
            }
            rest = &rest[first.len_utf8()..];
            text.push(first);
            let ends =
                matches!(first, '.' | '!' | '?' | '…') && (rest.is_empty() || rest.starts_with(char::is_whitespace));
            if ends {
                found.push((std::mem::take(&mut text).trim().to_owned(), Vec::new()));
                rest = rest.trim_start();
            }
        }
        if !text.trim().is_empty() {
            found.push((text.trim().to_owned(), Vec::new()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_the_person_is_read_in_both_languages() {
        let claims = |text, lang| read(text, lang).claims;
        assert_eq!(
            claims("Your Venus stands at 16°59′ Aries, retrograde, in your tenth house.", Lang::En),
            [Claim::Sign("venus", vec!["aries"]), Claim::House("venus", 10), Claim::Retrograde("venus")]
        );
        assert_eq!(claims("In Aries, your Venus sits well.", Lang::En), [Claim::Sign("venus", vec!["aries"])]);
        assert_eq!(
            claims("Votre Lune est en Lion, en maison 4.", Lang::Fr),
            [Claim::Sign("moon", vec!["leo"]), Claim::House("moon", 4)]
        );
        assert_eq!(
            claims("Transiting Mars forms a square with your Saturn today.", Lang::En),
            [Claim::Aspect("mars", "saturn", 90.0)]
        );
        assert_eq!(
            claims("Your Moon is in Aries or Taurus.", Lang::En),
            [Claim::Sign("moon", vec!["aries", "taurus"])]
        );
        for (text, lang) in [
            ("Venus rules Taurus and Libra.", Lang::En),
            ("Le 3 mars, un lion dort au milieu du salon.", Lang::Fr),
            ("Your Mars is not in Leo.", Lang::En),
        ] {
            assert_eq!(claims(text, lang), [], "{text}");
        }
    }

    #[test]
    fn sentences_keep_their_marks() {
        let read = sentences("Venus asks for ease. [1] Mars, at 3°04′, pushes! [2] [3]\n\nEnd [4].");
        let shown: Vec<(&str, &[usize])> = read.iter().map(|(text, marks)| (text.as_str(), marks.as_slice())).collect();
        assert_eq!(
            shown,
            [("Venus asks for ease.", &[1][..]), ("Mars, at 3°04′, pushes!", &[2, 3][..]), ("End", &[4][..])]
        );
    }

    #[test]
    fn what_is_foretold_is_heard() {
        assert!(read("You will meet somebody in May.", Lang::En).foretells);
        assert!(!read("Your will is strong.", Lang::En).foretells);
    }
}
