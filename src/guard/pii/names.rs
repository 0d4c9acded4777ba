//! P: Names and places in a text: those that are known, those that are announced, and words with a capital that nothing
//! explains.

use std::ops::Range;

use super::dates::{births, month, plain};
use super::{Found, Kind, Known, touches, words};

/// What a person says before a name; plain, in words.
const ANNOUNCED: &[&[&str]] = &[
    &["my", "name", "is"],
    &["i", "am", "called"],
    &["call", "me"],
    &["je", "m", "appelle"],
    &["mon", "nom", "est"],
    &["mon", "prenom", "est"],
    &["s", "appelle"],
    &["named"],
    &["nomme"],
    &["nommee"],
    &["name"],
    &["nom"],
    &["prenom"],
];
/// Words of a chart's name that say nothing of the person.
const LABEL_WORDS: &[&str] = &[
    "an", "and", "birth", "carte", "chart", "de", "du", "et", "for", "friend", "home", "la", "le", "les", "love", "ma",
    "me", "mes", "moi", "mon", "my", "natal", "natale", "new", "of", "own", "self", "test", "the", "theme", "work",
];
/// Common words that a sentence may open with, or that bear a capital wherever they stand; plain, with blanks between.
const COMMON: &str = " a about after again ai alors also am an and any apres are as at au aujourd aussi avant avec be because \
    been before being besoin bonjour both but by c can ce cela ces cet cette cher chere chez christmas comme comment \
    concernant contre could d dans de dear demain depuis des describe did dimanche dis dites do does doesn dois don donc du \
    each easter elle en encore english entre envie es est et etre eux ever every explain explique expliquez faut feel \
    finding for francais french friday from getting give going had has have having he hello help her hi hier his hour house \
    how hui i if il ils in is isn it its j jamais je jeudi just l la last le les let leur look lui lundi m ma maintenant \
    mais maison making mardi may maybe me merci mercredi mes might moi mon monday must my n ne need never next no noel non \
    not notre nous now of on one or ou oui our parce parle parlez pas perhaps peur peut peux please pour pourquoi pourrai \
    pourrais puis qu quand que quel quelle quelles quelqu quels qui quoi read s sa samedi sans saturday say se sera serai \
    ses shall she should show si since so some son souvent suis sunday sur t ta talk tell tes thank thanks that the their \
    then there these they think this thursday to today tomorrow ton tonight toujours tous tout toute tu tuesday un une va \
    vais vas vendredi vers very veux vont votre vous want was we wednesday well were what whatever when where whether which \
    while who whom whose why will with won worry would y yes yesterday you your ";

fn is_ordinary(written: &str) -> bool {
    let plain = plain(written);
    month(&plain).is_some() || COMMON.contains(&format!(" {plain} "))
}

/// Adds the names and places found in `text`.
pub fn find(text: &str, known: &Known<'_>, found: &mut Vec<Found>) {
    let words = words(text);
    let label = parts(known.name.unwrap_or_default(), known.fold, 2);
    let place = parts(known.place.unwrap_or_default(), known.fold, 3);
    let births = births(text);
    let announced = announced(text, &words);
    let shouts = is_shouted(text, &words);
    for (index, word) in words.iter().enumerate() {
        let written = &text[word.clone()];
        let folded = (known.fold)(written);
        let is_explained = is_ordinary(written) || (known.is_common)(&folded);
        let is_behind_birth = births.iter().any(|reach| reach.contains(&word.start));
        let is_named = label.contains(&folded) && !LABEL_WORDS.contains(&folded.as_str());
        let is_place = place.contains(&folded) && !is_ordinary(written);
        let is_capital = !shouts && written.chars().next().is_some_and(char::is_uppercase);
        let kind = if is_named || (announced.contains(&index) && !is_ordinary(written)) {
            Kind::Name
        } else if is_place || (is_capital && !is_explained && is_behind_birth) {
            Kind::Place
        } else if is_capital && !is_explained {
            Kind::Name
        } else {
            continue;
        };
        if !touches(found, word) {
            found.push((word.clone(), kind));
        }
    }
}

/// The folded words of a label that are long enough to name somebody.
fn parts(label: &str, fold: fn(&str) -> String, least_chars: usize) -> Vec<String> {
    let is_long = |word: &Range<usize>| label[word.clone()].chars().count() >= least_chars;
    words(label).into_iter().filter(is_long).map(|word| fold(&label[word])).collect()
}

/// Whether most words stand in capitals, so that a capital says nothing.
fn is_shouted(text: &str, words: &[Range<usize>]) -> bool {
    let long = || words.iter().map(|word| &text[word.clone()]).filter(|word| word.chars().count() > 1);
    let capitals = long().filter(|word| word.chars().all(char::is_uppercase)).count();
    long().count() >= 3 && capitals * 3 > long().count() * 2
}

/// Indices of the words behind an announcement: the first, and those with a capital that follow it at once.
fn announced(text: &str, words: &[Range<usize>]) -> Vec<usize> {
    let written: Vec<String> = words.iter().map(|word| plain(&text[word.clone()])).collect();
    let mut found = Vec::new();
    for phrase in ANNOUNCED {
        for start in 0..written.len().saturating_sub(phrase.len()) {
            let first = start + phrase.len();
            if !written[start..first].iter().zip(*phrase).all(|(word, said)| word == said) {
                continue;
            }
            let between = &text[words[first - 1].end..words[first].start];
            let is_field = matches!(*phrase, ["name" | "nom" | "prenom"]);
            if is_field && !between.contains([':', '=']) {
                continue;
            }
            found.push(first);
            let goes_on = |next: &usize| {
                let is_capital = text[words[*next].clone()].chars().next().is_some_and(char::is_uppercase);
                is_capital && words[*next].start - words[*next - 1].end == 1
            };
            found.extend((first + 1..words.len().min(first + 4)).take_while(goes_on));
        }
    }
    found
}
