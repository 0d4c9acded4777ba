//! P: Reads a question: what it is about, what it names of astrology, and whether a chart is the place to answer it.
//! Reads words, not meaning; writes nothing.

use std::sync::LazyLock;

use super::lexicon::{self, fold, holds};
use super::patterns::{Patterns, Words};
use super::reading_words as words;
use crate::astro::rules::NATAL_BODIES;
use crate::astro::{Aspect, Body, Lang, Point, Sign};

/// A field of life that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Love and partnership.
    Love,
    /// Work and vocation.
    Work,
    /// Money and possessions.
    Money,
    /// Family.
    Family,
    /// Friendship.
    Friendship,
    /// Rest, sleep, strain.
    Rest,
    /// A choice to make.
    Decisions,
    /// Change.
    Change,
    /// Loss and mourning.
    Grief,
    /// Making things.
    Creativity,
    /// Quarrels.
    Conflict,
    /// Learning.
    Study,
    /// The place to live.
    Home,
    /// Being alone.
    Loneliness,
    /// Trust in oneself.
    Confidence,
    /// Journeys.
    Travel,
    /// What a life is for.
    Meaning,
    /// Oneself and the day at large.
    General,
}

impl Topic {
    /// Code as in the corpus; the passage on a topic is `theme-<code>`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Love => "love",
            Self::Work => "work",
            Self::Money => "money",
            Self::Family => "family",
            Self::Friendship => "friendship",
            Self::Rest => "rest",
            Self::Decisions => "decisions",
            Self::Change => "change",
            Self::Grief => "grief",
            Self::Creativity => "creativity",
            Self::Conflict => "conflict",
            Self::Study => "study",
            Self::Home => "home",
            Self::Loneliness => "loneliness",
            Self::Confidence => "self-confidence",
            Self::Travel => "travel",
            Self::Meaning => "spirituality",
            Self::General => "general",
        }
    }
}

/// Whether a chart is the place to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A question that chart and sky can speak to.
    Chart,
    /// A question for another kind of helper, or no question.
    Elsewhere(Aside),
    /// Something that no chart shows, such as the length of a life.
    Unknowable(Limit),
    /// A person in danger.
    Crisis(Danger),
}

/// What was said in place of a question that a chart can speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aside {
    /// A question for another kind of helper.
    Other,
    /// A greeting or thanks.
    Greeting,
    /// A question about what is answering.
    Identity,
    /// An insult.
    Rude,
    /// A language that is neither English nor French.
    Foreign,
}

/// What no chart shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The length of a life.
    Lifespan,
    /// Whether one is or will be ill.
    Illness,
    /// What to do about a treatment.
    Treatment,
    /// Whether one is expecting.
    Pregnancy,
    /// How a court will decide.
    Verdict,
    /// Winning numbers.
    Luck,
}

/// What endangers a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Danger {
    /// Themselves.
    Despair,
    /// Somebody else.
    Violence,
    /// Their body.
    Emergency,
}

/// Fields in which a chart must not stand in for a professional.
#[expect(clippy::struct_excessive_bools, reason = "each is a caution of its own, and any of them may apply")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cautions {
    /// Body and mind.
    pub health: bool,
    /// Law.
    pub legal: bool,
    /// Money decisions.
    pub money: bool,
    /// Strength near its end.
    pub strain: bool,
}

/// What was read out of a question.
#[expect(clippy::struct_excessive_bools, reason = "each is a finding of its own, and any of them may hold")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether a chart is the place to answer.
    pub intent: Intent,
    /// The field of life.
    pub topic: Topic,
    /// Bodies and angles named.
    pub points: Vec<Point>,
    /// Signs named.
    pub signs: Vec<Sign>,
    /// Houses named, 1..=12.
    pub houses: Vec<u8>,
    /// Aspects named beside some other word of astrology.
    pub aspects: Vec<Aspect>,
    /// Whether it names retrogradation.
    pub retrograde: bool,
    /// Whether it wants a forecast.
    pub predictive: bool,
    /// Whether it asks what another person thinks, feels or will do.
    pub about_another: bool,
    /// Whether it wants a decision made.
    pub deciding: bool,
    /// The sign that the person takes their Sun to be in.
    pub claimed_sun: Option<Sign>,
    /// The sign that the person takes to have been rising.
    pub claimed_ascendant: Option<Sign>,
    /// Where a professional belongs.
    pub cautions: Cautions,
}

/// Reads a question written in `lang`; words of the other language count where this one's say nothing.
pub fn read(question: &str, lang: Lang) -> Reading {
    let folded = fold(question);
    let other = if lang == Lang::En { Lang::Fr } else { Lang::En };
    let (points, signs, houses) = (points(&folded), signs(&folded, lang), houses(&folded));
    let (topic, strength) = match topic(&folded, lang, !houses.is_empty()) {
        (Topic::General, _) => topic(&folded, other, !houses.is_empty()),
        found => found,
    };
    let about_another = words::ANOTHER.any(&folded);
    // Who asks after another person's heart, and names no other field, asks about love.
    let topic = if about_another && topic == Topic::General { Topic::Love } else { topic };
    let general = words::general(lang).any(&folded) || words::general(other).any(&folded);
    let named = !(points.is_empty() && signs.is_empty() && houses.is_empty());
    let personal = words::PERSONAL.any(&folded);
    let concerns_chart = named || strength > 0 || about_another;
    let cautions = Cautions {
        health: words::HEALTH.any(&folded),
        legal: words::LEGAL.any(&folded),
        money: topic == Topic::Money || words::MONEY.any(&folded),
        strain: words::STRAIN.any(&folded),
    };
    let predictive = words::PREDICTIVE.any(&folded);
    let intent = if let Some(danger) = danger(&folded) {
        Intent::Crisis(danger)
    } else if let Some(limit) = limit(&folded, cautions.legal && predictive) {
        Intent::Unknowable(limit)
    } else if let Some(aside) = aside(&folded, concerns_chart, personal) {
        Intent::Elsewhere(aside)
    } else if words::ELSEWHERE.any(&folded) && !named && !(strength >= STRONG && personal) {
        Intent::Elsewhere(Aside::Other)
    } else if concerns_chart || general || personal {
        Intent::Chart
    } else {
        Intent::Elsewhere(Aside::Other)
    };
    let claimed_ascendant = claimed(&folded, lang, &signs, &ASCENDANT_FORMS);
    let aspects = if named || general { aspects(&folded) } else { Vec::new() };
    Reading {
        intent,
        topic,
        aspects,
        retrograde: holds(&folded, "retrograd*"),
        predictive,
        about_another,
        deciding: words::DECIDING.any(&folded) && !words::NOT_DECIDING.any(&folded),
        claimed_sun: claimed(&folded, lang, &signs, &SUN_FORMS).filter(|sign| Some(*sign) != claimed_ascendant),
        claimed_ascendant,
        points,
        signs,
        houses,
        cautions,
    }
}

fn danger(folded: &str) -> Option<Danger> {
    let of = [
        (&words::EMERGENCY, Danger::Emergency),
        (&words::DESPAIR, Danger::Despair),
        (&words::VIOLENCE, Danger::Violence),
    ];
    of.into_iter().find_map(|(patterns, danger)| patterns.any(folded).then_some(danger))
}

fn limit(folded: &str, wants_a_verdict: bool) -> Option<Limit> {
    let of = [
        (&words::LIFESPAN, Limit::Lifespan),
        (&words::LUCK, Limit::Luck),
        (&words::TREATMENT, Limit::Treatment),
        (&words::ILLNESS, Limit::Illness),
        (&words::PREGNANCY, Limit::Pregnancy),
    ];
    let found = of.into_iter().find_map(|(patterns, limit)| patterns.any(folded).then_some(limit));
    found.or_else(|| wants_a_verdict.then_some(Limit::Verdict))
}

/// Most words that a greeting has.
const GREETING_MAX_WORDS: usize = 4;

fn aside(folded: &str, concerns_chart: bool, personal: bool) -> Option<Aside> {
    let count = folded.split_whitespace().count();
    if words::IDENTITY.any(folded) {
        Some(Aside::Identity)
    } else if words::RUDE.any(folded) && !concerns_chart && !personal {
        Some(Aside::Rude)
    } else if words::GREETING.any(folded) && !concerns_chart && count <= GREETING_MAX_WORDS {
        Some(Aside::Greeting)
    } else if super::language::is_foreign(folded) {
        Some(Aside::Foreign)
    } else {
        None
    }
}

/// The sign that stands in the first of the `forms` that fits, such as `je suis {}`.
fn claimed(folded: &str, lang: Lang, signs: &[Sign], forms: &[&str]) -> Option<Sign> {
    let said = |form: &&str, sign: &Sign| {
        let name = fold(lexicon::sign_name(lang, *sign));
        holds(folded, &form.replace("{}", name.trim()))
    };
    forms.iter().find_map(|form| signs.iter().find(|sign| said(form, sign)).copied())
}

const SUN_FORMS: [&str; 10] = [
    "i am {}",
    "i am a {}",
    "i am an {}",
    "i m {}",
    "i m a {}",
    "i m an {}",
    "as a {}",
    "je suis {}",
    "je suis un {}",
    "je suis une {}",
];
const ASCENDANT_FORMS: [&str; 4] = ["ascendant {}", "rising {}", "{} rising", "{} ascendant"];

const STRONG: u32 = 2;
const GRIEF_BONUS: u32 = 4;

fn topic(folded: &str, lang: Lang, names_a_house: bool) -> (Topic, u32) {
    let mut best = (Topic::General, 0);
    for (topic, patterns) in words::topics(lang) {
        let counted = |pattern: &&str| !(names_a_house && matches!(*pattern, "house~" | "maison~"));
        let weigh = |pattern: &str| if pattern.ends_with('~') { 1 } else { STRONG };
        let score: u32 = patterns.found(folded).into_iter().filter(counted).map(weigh).sum();
        // A loss outweighs whom or what it is about.
        let score = if *topic == Topic::Grief && score >= STRONG { score + GRIEF_BONUS } else { score };
        if score > best.1 {
            best = (*topic, score);
        }
    }
    best
}

/// Names as they stand in a folded text, both languages, each with what it names; made at the first use.
type Names<T> = LazyLock<Patterns<T>>;

/// What a folded text names, each once, in the order of the names.
fn named<T: Copy + PartialEq>(names: &Patterns<T>, folded: &str) -> Vec<T> {
    let mut found = names.found(folded);
    found.dedup();
    found
}

fn in_both<T: Copy>(things: impl Iterator<Item = T>, name: fn(Lang, T) -> &'static str) -> Vec<(String, T)> {
    let names = |thing| [Lang::En, Lang::Fr].map(|lang| (fold(name(lang, thing)).trim().to_owned(), thing));
    things.flat_map(names).collect()
}

static POINTS: Names<Point> = LazyLock::new(|| {
    let bodies = NATAL_BODIES.into_iter().map(Point::Body).chain([Point::Ascendant]);
    let mut names = in_both(bodies, lexicon::point_name);
    names.extend(["rising sign", "my rising"].map(|name| (name.to_owned(), Point::Ascendant)));
    names.extend(in_both(std::iter::once(Point::Midheaven), lexicon::point_name));
    Patterns::new(names)
});
static SIGNS: [Names<Sign>; 2] = [LazyLock::new(|| signs_of(Lang::En)), LazyLock::new(|| signs_of(Lang::Fr))];
static HOUSES: Names<u8> = LazyLock::new(|| Patterns::new((1..=12).flat_map(house_forms)));
static ASPECTS: Names<Aspect> = LazyLock::new(|| {
    let names = in_both(MAJOR_ASPECTS.into_iter(), lexicon::aspect_name).into_iter();
    Patterns::new(names.map(|(name, aspect)| (format!("{name}*"), aspect)))
});
static MARCH: Words = Words::new("en mars, de mars, debut mars, fin mars, mi mars");
static CANCER_THE_ILLNESS: Words = Words::new(
    "have cancer, got cancer, breast cancer, lung cancer, is it cancer, cancer diagnos*, my cancer, un cancer, le cancer, mon cancer, du cancer, get cancer",
);
static ANY_HOUSE: Words = Words::new("house*, maison*");

const MAJOR_ASPECTS: [Aspect; 5] =
    [Aspect::Conjunction, Aspect::Sextile, Aspect::Square, Aspect::Trine, Aspect::Opposition];

fn points(folded: &str) -> Vec<Point> {
    let mut found = named(&POINTS, folded);
    if found.contains(&Point::Body(Body::Mars)) && MARCH.any(folded) {
        found.retain(|point| *point != Point::Body(Body::Mars));
    }
    found
}

/// Whether a folded text names a body, an angle, a sign of either language, or a house.
pub(super) fn names_astrology(folded: &str) -> bool {
    let sign = |lang| !signs(folded, lang).is_empty();
    !points(folded).is_empty() || sign(Lang::En) || sign(Lang::Fr) || ANY_HOUSE.any(folded)
}

fn signs_of(lang: Lang) -> Patterns<Sign> {
    Patterns::new(Sign::ALL.map(|sign| (fold(lexicon::sign_name(lang, sign)).trim().to_owned(), sign)))
}

/// French sign names are everyday words (`lion`, `balance`), so that only the question's own language counts.
fn signs(folded: &str, lang: Lang) -> Vec<Sign> {
    let names = match lang {
        Lang::En => &SIGNS[0],
        Lang::Fr => &SIGNS[1],
    };
    let mut found = named(names, folded);
    if found.contains(&Sign::Cancer) && CANCER_THE_ILLNESS.any(folded) {
        found.retain(|sign| *sign != Sign::Cancer);
    }
    found
}

/// The ways in which a question names a house.
fn house_forms(house: u8) -> Vec<(String, u8)> {
    const ROMAN: [&str; 12] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    let english = lexicon::house_ordinal(Lang::En, house);
    let french = fold(lexicon::house_ordinal(Lang::Fr, house));
    let roman = ROMAN.get(usize::from(house).wrapping_sub(1)).copied().unwrap_or_default();
    let suffix = match house {
        1 => "st",
        2 => "nd",
        3 => "rd",
        _ => "th",
    };
    let forms = [
        format!("{english} house"),
        format!("{house}{suffix} house"),
        format!("house {house}"),
        format!("{} maison", french.trim()),
        format!("maison {house}"),
        format!("maison {roman}"),
        format!("{house}e maison"),
        format!("{house}eme maison"),
    ];
    forms.map(|form| (form, house)).into()
}

fn houses(folded: &str) -> Vec<u8> {
    named(&HOUSES, folded)
}

fn aspects(folded: &str) -> Vec<Aspect> {
    named(&ASPECTS, folded)
}

#[cfg(test)]
mod tests;
