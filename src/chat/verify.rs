//! P: Decides whether a sentence may leave: its citations were retrieved and say what it says, its facts were offered, and
//! every claim read out of its own words agrees with the chart and the day. Repairs nothing.

use std::sync::Arc;

use super::claims::{self, Claim, Position};
use super::facts;
use crate::astro::{Aspect, AspectHit, Body, Certainty, Chart, Factor, Lang, Placement, Point, Sign, Today};
use crate::llm::{ChartFact, Evidence, Sentence, Support, lexicon};
use crate::retrieval::{Corpus, PassageSet};

/// Least share of a sentence's longer words that its passages must hold, when it rests on passages alone.
const GROUNDED_MIN_PERCENT: usize = 50;
/// The same for a sentence that states facts beside what it cites.
const GROUNDED_BESIDE_FACTS_MIN_PERCENT: usize = 20;
/// By how much another passage offered may hold more of the sentence than those cited; beyond it the citation is wrong.
const BETTER_ELSEWHERE_MAX_PERCENT: usize = 25;
/// Shortest word that counts for it, in characters.
const GROUNDED_WORD_MIN_CHARS: usize = 4;
/// Allowance between a stated and a true angle, in minutes of arc: one for cutting against rounding.
const ANGLE_TOLERANCE_ARCMIN: i32 = 1;

/// Everything that a sentence may rest on.
pub struct Scope<'a> {
    /// The natal chart.
    pub chart: &'a Chart,
    /// The day.
    pub today: &'a Today,
    /// Chart facts offered to the provider.
    pub facts: &'a [ChartFact],
    /// Contacts offered to the provider.
    pub factors: &'a [Factor],
    /// Passages offered to the provider.
    pub evidence: &'a [Evidence],
    /// The corpus itself.
    pub corpus: &'a Corpus,
    /// Generation of the index that found the passages.
    pub index_generation: &'a str,
    /// Language of the answer.
    pub lang: Lang,
}

/// Whether a sentence holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may leave.
    Holds,
    /// It rests on nothing.
    Unsupported,
    /// It cites something that was not retrieved, is not in the corpus, or says something else.
    BadCitation,
    /// It names a fact or contact that was not offered.
    BadFact,
    /// A claim in its words disagrees with chart or day.
    FalseClaim,
}

/// Judges one sentence.
pub fn sentence(sentence: &Sentence, scope: &Scope<'_>) -> Verdict {
    if sentence.support.is_empty() {
        return Verdict::Unsupported;
    }
    let mut cited = PassageSet::default();
    for support in &sentence.support {
        match support {
            Support::Passage(id) => match offered(id, scope) {
                Some(position) => cited.insert(position),
                None => return Verdict::BadCitation,
            },
            Support::ChartFact(id) if !scope.facts.iter().any(|fact| fact.id == *id) => return Verdict::BadFact,
            Support::Factor(id) if !scope.factors.iter().any(|factor| factor.id == *id) => return Verdict::BadFact,
            _ => {}
        }
    }
    let passages = sentence.support.iter().filter(|support| matches!(support, Support::Passage(_))).count();
    if passages > 0 && !is_grounded(&sentence.text, &cited, passages == sentence.support.len(), scope) {
        return Verdict::BadCitation;
    }
    if passages < sentence.support.len() && !dates_agree(sentence, scope) {
        return Verdict::FalseClaim;
    }
    let claims = claims::read(&sentence.text, scope.lang);
    if !claims.is_empty() && sentence.support.iter().all(|support| *support == Support::Own) {
        return Verdict::Unsupported;
    }
    if claims.iter().all(|claim| agrees(claim, scope)) { Verdict::Holds } else { Verdict::FalseClaim }
}

/// The position of a passage that was offered and stands in the corpus as it was offered.
fn offered(id: &str, scope: &Scope<'_>) -> Option<usize> {
    let offered = scope.evidence.iter().find(|evidence| evidence.passage.id == id)?;
    let position = scope.corpus.position(scope.lang, id)?;
    let stored = scope.corpus.at(position)?;
    let unchanged = Arc::ptr_eq(stored, &offered.passage) || stored.text == offered.passage.text;
    unchanged.then_some(position)
}

/// Whether the cited passages say what the sentence says, and no other passage offered says it much better.
fn is_grounded(text: &str, cited: &PassageSet, alone: bool, scope: &Scope<'_>) -> bool {
    let folded = lexicon::fold(text);
    let vocabulary = scope.corpus.vocabulary(lexicon::fold);
    let counts = |word: &&str| word.chars().count() >= GROUNDED_WORD_MIN_CHARS;
    let words: Vec<Option<&PassageSet>> =
        folded.split_whitespace().filter(counts).map(|word| vocabulary.holding(word)).collect();
    if words.is_empty() {
        return true;
    }
    let share = |held: &dyn Fn(&PassageSet) -> bool| {
        words.iter().flatten().filter(|passages| held(passages)).count() * 100 / words.len()
    };
    let held = share(&|passages| passages.meets(cited));
    let least = if alone { GROUNDED_MIN_PERCENT } else { GROUNDED_BESIDE_FACTS_MIN_PERCENT };
    let is_better = |id: &str| {
        let position = scope.corpus.position(scope.lang, id);
        position.is_some_and(|one| share(&|passages| passages.contains(one)) > held + BETTER_ELSEWHERE_MAX_PERCENT)
    };
    // No share is above 100 percent, so that where nearly all is held nobody holds so much more.
    let can_be_better = held + BETTER_ELSEWHERE_MAX_PERCENT < 100;
    held >= least && !(can_be_better && scope.evidence.iter().any(|evidence| is_better(&evidence.passage.id)))
}

/// Whether every day named is one on which a contact that the sentence rests on is exact.
fn dates_agree(sentence: &Sentence, scope: &Scope<'_>) -> bool {
    let rests_on = |factor: &&Factor| sentence.support.contains(&Support::Factor(factor.id.clone()));
    let passes = || scope.factors.iter().filter(rests_on).flat_map(|factor| &factor.exact_at_utc);
    let exact_on = |(day, month): claims::DayMonth| {
        is_exact(scope) && passes().any(|pass| lexicon::ymd(pass).is_some_and(|(_, m, d)| (d, m) == (day, month)))
    };
    claims::dates(&sentence.text, scope.lang).into_iter().all(exact_on)
}

fn agrees(claim: &Claim, scope: &Scope<'_>) -> bool {
    match claim {
        Claim::Stands { point, natal, sign, position } => stands(*point, *natal, *sign, *position, scope),
        Claim::InHouse { point, house } | Claim::HouseHolds { house, point } => in_house(*point, *house, scope.chart),
        Claim::HouseOpens { house, sign } => cusp_sign(*house, scope.chart) == Some(*sign),
        Claim::HouseEmpty { house } => {
            let inside = |p: &&Placement| p.house == Some(*house) && !p.body.is_node();
            scope.chart.houses.is_some() && !scope.chart.bodies.iter().any(|p| inside(&p))
        }
        Claim::SignEmpty { sign } => facts::is_empty(scope.chart, *sign),
        Claim::Retrograde { point, natal } => retrograde(*point, *natal, scope),
        Claim::Forward { point } => placements(*point, scope.chart).any(|p| p.sure_retrograde() == Some(false)),
        Claim::Aspect { a, b, natal, aspect, orb, applying } => {
            let stated = Contact { a: *a, b: *b, aspect: *aspect, orb: *orb, applying: *applying };
            match natal {
                [true, true] => is_natal_aspect(&stated, scope),
                [false, true] => is_contact(&stated, scope),
                [true, false] => is_contact(&Contact { a: *b, b: *a, ..stated }, scope),
                [false, false] => {
                    is_natal_aspect(&stated, scope)
                        || is_contact(&stated, scope)
                        || is_contact(&Contact { a: *b, b: *a, ..stated }, scope)
                }
            }
        }
        Claim::Loose => false,
    }
}

/// An aspect as stated; in a contact of the day, `a` is the moving one.
#[derive(Clone, Copy)]
struct Contact {
    a: Point,
    b: Point,
    aspect: Aspect,
    orb: Option<Position>,
    applying: Option<bool>,
}

impl Contact {
    /// Without the minute of birth, neither the orb nor its trend is known.
    fn fits(&self, orb_deg: f64, is_applying: bool, exact: bool) -> bool {
        if !exact {
            return self.orb.is_none() && self.applying.is_none();
        }
        self.orb.is_none_or(|orb| near(orb, orb_deg)) && self.applying.is_none_or(|applying| applying == is_applying)
    }
}

fn is_exact(scope: &Scope<'_>) -> bool {
    scope.chart.birth.certainty == Certainty::Exact
}

fn is_natal_aspect(stated: &Contact, scope: &Scope<'_>) -> bool {
    let between = |hit: &AspectHit| pair(hit.a, hit.b, stated.a, stated.b);
    let hits = scope.chart.aspects.iter().filter(|hit| hit.certain && hit.aspect == stated.aspect && between(hit));
    hits.into_iter().any(|hit| stated.fits(hit.orb_deg, hit.applying, is_exact(scope)))
}

fn is_contact(stated: &Contact, scope: &Scope<'_>) -> bool {
    let between = |f: &Factor| same(Point::Body(f.transiting), stated.a) && same(f.natal, stated.b);
    let found = contacts(scope).filter(|f| f.certain && f.aspect == stated.aspect && between(f));
    found.into_iter().any(|f| stated.fits(f.orb_deg, f.applying, is_exact(scope)))
}

fn contacts<'a>(scope: &'a Scope<'_>) -> impl Iterator<Item = &'a Factor> {
    scope.today.leaders.iter().chain(&scope.today.influences)
}

fn same(one: Point, other: Point) -> bool {
    one == other || (one.is_ascending_node() && other.is_ascending_node())
}

fn pair(a: Point, b: Point, c: Point, d: Point) -> bool {
    (same(a, c) && same(b, d)) || (same(a, d) && same(b, c))
}

fn near(stated: Position, true_deg: f64) -> bool {
    let (degrees, minutes) = lexicon::degree_minute(true_deg);
    let truth = i32::from(degrees) * 60 + i32::from(minutes);
    match stated.minutes {
        Some(minutes) => (i32::from(stated.degrees) * 60 + i32::from(minutes) - truth).abs() <= ANGLE_TOLERANCE_ARCMIN,
        None => (i32::from(stated.degrees) * 60 - truth).abs() <= 60,
    }
}

fn placements(point: Point, chart: &Chart) -> impl Iterator<Item = &Placement> {
    chart.bodies.iter().filter(move |p| same(Point::Body(p.body), point))
}

fn stands(point: Point, natal: bool, sign: Option<Sign>, position: Option<Position>, scope: &Scope<'_>) -> bool {
    let fits = |signs: &[Sign], degree: Option<f64>| {
        sign.is_none_or(|sign| signs.contains(&sign))
            && position.is_none_or(|p| degree.is_some_and(|degree| near(p, degree)))
    };
    let today = !natal && point == Point::Body(Body::Moon) && position.is_none() && sign == Some(scope.today.moon.sign);
    let born = match point {
        Point::Body(_) => placements(point, scope.chart).any(|p| {
            let degree = p.range.is_none().then_some(p.degree_in_sign);
            fits(&facts::signs_of(p), degree)
        }),
        Point::Ascendant => {
            scope.chart.angles.as_ref().is_some_and(|a| fits(&[a.ascendant.sign], Some(a.ascendant.degree_in_sign)))
        }
        Point::Midheaven => {
            scope.chart.angles.as_ref().is_some_and(|a| fits(&[a.midheaven.sign], Some(a.midheaven.degree_in_sign)))
        }
        _ => false,
    };
    born || today
}

fn in_house(point: Point, house: u8, chart: &Chart) -> bool {
    match point {
        Point::Body(_) => placements(point, chart).any(|p| p.house == Some(house)),
        Point::Ascendant => chart.angles.is_some() && house == 1,
        _ => false,
    }
}

fn cusp_sign(house: u8, chart: &Chart) -> Option<Sign> {
    let cusps = &chart.houses.as_ref()?.cusps_deg;
    cusps.get(usize::from(house).checked_sub(1)?).map(|cusp_deg| Sign::of(*cusp_deg))
}

fn retrograde(point: Point, natal: bool, scope: &Scope<'_>) -> bool {
    let born = placements(point, scope.chart).any(|p| p.sure_retrograde() == Some(true));
    let moving = |f: &Factor| Point::Body(f.transiting) == point && f.transiting_retrograde;
    born || (!natal && contacts(scope).any(moving))
}
