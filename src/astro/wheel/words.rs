//! P: The wheel in words, for those who listen to it: title and description in English and French.

use std::fmt::Write;

use super::super::names::{self, Lang};
use super::super::signs::{Sign, degree_minute};
use super::{Link, Mark, Ring, Wheel};

/// Title and description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// One line.
    pub title: String,
    /// Every placement and aspect.
    pub description: String,
}

/// The text of this language out of a pair.
fn pick(lang: Lang, english: &'static str, french: &'static str) -> &'static str {
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}

/// The wheel in words.
pub fn tell(wheel: &Wheel, lang: Lang) -> Words {
    let colon = pick(lang, ": ", " : ");
    let kind = match &wheel.outer {
        None => pick(lang, "astrological chart", "thème astral"),
        Some(_) => pick(lang, "astrological chart with a second one around it", "thème astral entouré d’un second"),
    };
    let title =
        if wheel.inner.name.is_empty() { capitalised(kind) } else { format!("{}{colon}{kind}", wheel.inner.name) };
    let mut sentences = vec![lines(&wheel.inner, &wheel.notes)];
    if !wheel.angles.is_empty() {
        sentences.push(places(&wheel.angles, lang));
    }
    sentences.push(places(&wheel.inner.marks, lang));
    if !wheel.absent.is_empty() {
        let names: Vec<String> = wheel.absent.iter().map(|code| name(code, lang)).collect();
        sentences.push(format!("{}{colon}{}", pick(lang, "Not given", "Non donnés"), names.join(", ")));
    }
    if let Some(outer) = &wheel.outer {
        let head = pick(lang, "Around it", "Autour");
        let who =
            [std::slice::from_ref(&outer.name), outer.lines.as_slice()].concat().into_iter().filter(|t| !t.is_empty());
        sentences.push(format!("{head}{colon}{}", who.collect::<Vec<_>>().join(", ")));
        sentences.push(places(&outer.marks, lang));
    }
    if !wheel.links.is_empty() {
        let links: Vec<String> = wheel.links.iter().map(|link| aspect(link, lang)).collect();
        sentences.push(format!("{}{colon}{}", pick(lang, "Aspects", "Aspects"), links.join("; ")));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    Words { title, description: sentences.join(". ") + "." }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn lines(ring: &Ring, notes: &[String]) -> String {
    ring.lines.iter().chain(notes).cloned().collect::<Vec<_>>().join(", ")
}

fn name(code: &str, lang: Lang) -> String {
    names::point(code, lang).map_or_else(|| code.replace('_', " "), str::to_owned)
}

fn at(longitude_deg: f64, lang: Lang) -> String {
    let (degree, minute) = degree_minute(longitude_deg);
    format!("{} {degree}°{minute:02}′", names::sign(Sign::of(longitude_deg), lang))
}

fn places(marks: &[Mark], lang: Lang) -> String {
    marks.iter().map(|mark| place(mark, lang)).collect::<Vec<_>>().join("; ")
}

fn place(mark: &Mark, lang: Lang) -> String {
    let mut text = name(&mark.code, lang);
    let _ = match mark.range_deg {
        Some((from, to)) => {
            let (between, and) = (pick(lang, "between", "entre"), pick(lang, "and", "et"));
            write!(text, " {between} {} {and} {}", at(from, lang), at(to, lang))
        }
        None => write!(text, " {}", at(mark.longitude_deg, lang)),
    };
    if let Some(house) = mark.house {
        let _ = write!(text, ", {} {house}", pick(lang, "house", "maison"));
    }
    if mark.retrograde {
        text += pick(lang, ", retrograde", ", rétrograde");
    }
    text
}

fn aspect(link: &Link, lang: Lang) -> String {
    let kind = names::aspect(&link.aspect, lang).map_or_else(|| link.aspect.replace('_', " "), str::to_lowercase);
    let orb = match link.orbs_deg {
        Some((least, most)) => format!("{least:.1}°-{most:.1}°"),
        None => format!("{:.1}°", link.orb_deg),
    };
    let orb = if lang == Lang::Fr { orb.replace('.', ",") } else { orb };
    let mut text =
        format!("{} {kind} {}, {} {orb}", name(&link.a, lang), name(&link.b, lang), pick(lang, "orb", "orbe"));
    match link.applying {
        Some(true) => text += pick(lang, ", applying", ", appliquant"),
        Some(false) => text += pick(lang, ", separating", ", séparant"),
        None => {}
    }
    if !link.certain {
        text += pick(lang, ", uncertain", ", incertain");
    }
    text
}
