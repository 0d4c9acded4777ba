//! P: The built-in provider: an answer of some 120 to 220 words from the chart facts, the day's contacts and the passages
//! of its brief, in English or French. Uses no model, no prompt and no word of the question.

mod aside;
mod en;
mod facts;
mod fr;
mod voice;

use super::lexicon;
use super::patterns::Words;
use super::{
    Brief, ChartFact, Draft, FactValue, Flow, Intent, Provider, ProviderError, Sentence, Sink, Spent, Support, Topic,
};
use crate::astro::{Body, Certainty, Factor, Lang, Point, Sign};
use crate::retrieval;
pub use facts::{fact_text, passages_around, passages_on};
use voice::{Gloss, Placement, Remark, Voice};

/// Changes whenever a phrase or the order of an answer changes.
pub const COMPOSER_VERSION: &str = "composer-2";
/// Words beyond which an answer leaves out what it can spare.
const ANSWER_MAX_WORDS: usize = 220;
/// How far ahead an exact contact is dated, in days.
const AHEAD_MAX_DAYS: i32 = 45;
/// How far behind.
const BEHIND_MAX_DAYS: i32 = 14;

/// The built-in provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Composer;

impl Provider for Composer {
    fn name(&self) -> &'static str {
        "composer"
    }

    fn version(&self) -> &'static str {
        COMPOSER_VERSION
    }

    fn answer(&self, brief: &Brief<'_>, sink: &mut dyn Sink) -> Result<Spent, ProviderError> {
        for sentence in compose(brief) {
            if sink.sentence(sentence) == Flow::Stop {
                break;
            }
        }
        Ok(Spent::default())
    }
}

/// The whole draft of a brief.
pub fn compose(brief: &Brief<'_>) -> Draft {
    let mut writer = Writer::new(brief);
    match brief.reading.intent {
        Intent::Chart => writer.reading(),
        Intent::Elsewhere(aside) => writer.elsewhere(aside),
        Intent::Unknowable(limit) => writer.unknowable(limit),
        Intent::Crisis(danger) => writer.crisis(danger),
    }
    writer.finish()
}

/// A sentence on its way, with how readily it is given up when the answer grows long (0: never).
struct Planned {
    sentence: Sentence,
    spare: u8,
}

struct Writer<'a> {
    brief: &'a Brief<'a>,
    voice: &'static dyn Voice,
    planned: Vec<Planned>,
    quoted: Vec<String>,
    glossed_signs: Vec<Sign>,
    opens: bool,
}

impl<'a> Writer<'a> {
    fn new(brief: &'a Brief<'a>) -> Self {
        let voice: &'static dyn Voice = match brief.language {
            Lang::En => &en::English,
            Lang::Fr => &fr::French,
        };
        Self { brief, voice, planned: Vec::new(), quoted: Vec::new(), glossed_signs: Vec::new(), opens: true }
    }

    /// A number for one slot of the answer: FNV-1a of the slot's name, started from the seed.
    fn roll(&self, slot: &str) -> u64 {
        let start = self.brief.seed ^ 0xcbf2_9ce4_8422_2325;
        let hash = slot.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        hash ^ (hash >> 29)
    }

    fn paragraph(&mut self) {
        self.opens = true;
    }

    fn say(&mut self, text: &str, support: Vec<Support>, spare: u8) {
        // One kind of apostrophe in one answer, whoever wrote the sentence.
        let text = text.replace('\'', "’");
        if text.is_empty() || self.planned.iter().any(|p| p.sentence.text == text) {
            return;
        }
        let sentence = Sentence { text, support, opens_paragraph: self.opens };
        self.opens = false;
        self.planned.push(Planned { sentence, spare });
    }

    fn own(&mut self, text: &str) {
        self.say(text, vec![Support::Own], 0);
    }

    /// A remark in one of its wordings.
    fn remark(&mut self, remark: Remark) {
        let wordings = self.voice.remarks(remark);
        let roll = self.roll(&format!("{remark:?}"));
        if let Some(text) = wordings.get(voice::choice(wordings.len(), roll)) {
            self.own(text);
        }
    }

    /// Quotes the core of the first passage offered that was not quoted yet; the roll decides where to begin to look.
    fn quote(&mut self, ids: &[String], slot: &str, spare: u8) {
        let offered: Vec<&String> = ids.iter().filter(|id| self.can_quote(id)).collect();
        if offered.is_empty() {
            return;
        }
        let id = offered[voice::choice(offered.len(), self.roll(slot))].clone();
        if let Some(text) = self.passage(&id).map(|p| p.first_sentence().to_owned()) {
            self.quoted.push(id.clone());
            self.say(&text, vec![Support::Passage(id)], spare);
        }
    }

    fn can_quote(&self, id: &str) -> bool {
        !self.quoted.iter().any(|quoted| quoted == id) && self.passage(id).is_some()
    }

    fn passage(&self, id: &str) -> Option<&'a retrieval::Passage> {
        self.brief.evidence.iter().map(|e| &*e.passage).find(|p| p.id == id)
    }

    // --- The answer to a question that a chart can speak to

    fn reading(&mut self) {
        let facts = self.brief.facts;
        self.opening(facts);
        self.forward_motion();
        for (rank, fact) in facts.iter().take(3).enumerate() {
            let spare = [0, 0, 6][rank];
            self.fact(fact, rank, spare);
            if rank < 2 {
                let (slot, spare) = [("first quote", 1), ("second quote", 5)][rank];
                self.quote(&passages_on(&fact.value), slot, spare);
            }
        }
        self.question_passages();
        self.paragraph();
        self.today();
        self.paragraph();
        self.insight();
        self.suggestion();
        self.closing();
    }

    // --- Parts of a reading

    fn opening(&mut self, facts: &[ChartFact]) {
        let reading = self.brief.reading;
        let topic = reading.topic;
        if let Some(comfort) = self.comfort() {
            self.remark(comfort);
        }
        if let Some(front) = self.front() {
            self.remark(front);
        }
        // That a sign is empty is an opening by itself.
        let told = |fact: &&ChartFact| !matches!(fact.value, FactValue::EmptySign { .. });
        let lead = facts.first().filter(told).map(|fact| self.voice.lead(&fact.value));
        if self.needs_the_hour() {
            self.remark(Remark::NeedsTheHour);
            return;
        }
        let first_in_named_sign = facts.first().is_some_and(|fact| match &fact.value {
            FactValue::Placement { signs, .. } => signs.iter().any(|sign| reading.signs.contains(sign)),
            _ => false,
        });
        let named = first_in_named_sign || !(reading.points.is_empty() && reading.houses.is_empty());
        let topic = if named && topic == Topic::General { None } else { Some(topic) };
        if let Some(lead) = lead {
            self.own(&self.voice.opening(topic, &lead, self.roll("opening")));
        }
    }

    /// A kind word, where the question calls for one.
    fn comfort(&self) -> Option<Remark> {
        let reading = self.brief.reading;
        let topic = reading.topic;
        if reading.cautions.strain && topic != Topic::Grief {
            Some(Remark::StrainComfort)
        } else if matches!(topic, Topic::Grief | Topic::Loneliness | Topic::Conflict | Topic::Rest | Topic::Confidence)
        {
            Some(Remark::Comfort(topic))
        } else {
            reading.cautions.health.then_some(Remark::HealthComfort)
        }
    }

    /// What must be said before all else to what the question wants and a chart cannot give.
    fn front(&self) -> Option<Remark> {
        let reading = self.brief.reading;
        if self.disagrees() {
            Some(Remark::Disagrees)
        } else if reading.about_another {
            Some(Remark::AboutAnother)
        } else if reading.predictive {
            Some(Remark::NoForecast)
        } else {
            reading.deciding.then_some(Remark::Deciding)
        }
    }

    /// Whether the person takes their Sun or Ascendant to be in a sign where this chart does not have it.
    fn disagrees(&self) -> bool {
        let elsewhere = |wanted: Point, claimed: Option<Sign>| {
            claimed.is_some_and(|claimed| {
                self.brief.facts.iter().any(|fact| {
                    matches!(&fact.value, FactValue::Placement { point, signs, .. } if *point == wanted && !signs.contains(&claimed))
                })
            })
        };
        let reading = self.brief.reading;
        elsewhere(Point::Body(Body::Sun), reading.claimed_sun) || elsewhere(Point::Ascendant, reading.claimed_ascendant)
    }

    /// Whether something asked about needs the hour of birth, which is not known.
    fn needs_the_hour(&self) -> bool {
        let reading = self.brief.reading;
        let angle = reading.points.iter().any(|point| matches!(point, Point::Ascendant | Point::Midheaven));
        self.brief.certainty != Certainty::Exact && (angle || !reading.houses.is_empty())
    }

    /// A question about retrogradation names a body that did not move backward at birth: the answer says so.
    fn forward_motion(&mut self) {
        let reading = self.brief.reading;
        let moves = |point: &Point| matches!(point, Point::Body(body) if !matches!(body, Body::Sun | Body::Moon | Body::MeanNode | Body::TrueNode));
        let forward = self.brief.facts.iter().find_map(|fact| match &fact.value {
            FactValue::Placement { point, retrograde: false, .. } if reading.points.contains(point) && moves(point) => {
                Some((*point, fact.id.clone()))
            }
            _ => None,
        });
        if let Some((point, id)) = forward.filter(|_| reading.retrograde) {
            self.say(&self.voice.forward(point, self.roll("forward")), vec![Support::ChartFact(id)], 0);
        }
    }

    fn fact(&mut self, fact: &ChartFact, rank: usize, spare: u8) {
        let roll = self.roll(&fact.id);
        let text = match &fact.value {
            FactValue::Placement { point, signs, degree_in_sign, house, retrograde } => {
                let Some(&sign) = signs.first() else { return };
                if let Some(&other) = signs.get(1) {
                    self.voice.open_sign(*point, sign, other, roll)
                } else {
                    let fresh = !self.glossed_signs.contains(&sign);
                    self.glossed_signs.push(sign);
                    let gloss = if fresh { Gloss::Full } else { Gloss::HouseOnly };
                    let placement = Placement {
                        point: *point,
                        sign,
                        degree_in_sign: *degree_in_sign,
                        house: *house,
                        retrograde: *retrograde,
                    };
                    self.voice.placement(&placement, gloss, roll.wrapping_add(rank as u64))
                }
            }
            FactValue::House { house, sign, bodies } => self.voice.house(*house, *sign, bodies, roll),
            FactValue::EmptySign { sign, house } => self.voice.empty_sign(*sign, *house),
            FactValue::Aspect { a, b, aspect, .. } => self.voice.natal_aspect(*a, *b, *aspect, roll),
        };
        self.say(&text, vec![Support::ChartFact(fact.id.clone())], spare);
    }

    /// What the corpus says on something that the question itself names.
    fn question_passages(&mut self) {
        let reading = self.brief.reading;
        let mut ids: Vec<String> = reading.aspects.iter().map(|a| format!("aspect-{}", a.code())).collect();
        if reading.retrograde {
            ids.push("guide-retrograde".to_owned());
        }
        ids.extend(reading.houses.iter().map(|house| format!("house-{house}")));
        if !self.disagrees() {
            ids.extend(reading.signs.iter().map(|sign| format!("sign-{}", sign.code())));
        }
        for id in ids.into_iter().take(2) {
            self.quote(&[id], "named", 1);
        }
    }

    fn today(&mut self) {
        let factors = self.brief.factors;
        let Some(leader) = factors.first() else {
            self.remark(Remark::QuietDay);
            return;
        };
        self.contact(leader, 0, 0);
        self.timing(leader);
        // What such a body brings, or at times what such an aspect of the day does.
        let body = &leader.passage_id;
        let passages = [body.clone(), body.clone(), format!("transit-aspect-{}", leader.aspect.code())];
        self.quote(&passages, "today's quote", 2);
        let other =
            |f: &&Factor| f.transiting != leader.transiting && f.natal != leader.natal && !f.natal.is_ascending_node();
        if let Some(second) = factors.iter().skip(1).find(other) {
            self.contact(second, 1, 7);
        }
    }

    fn contact(&mut self, factor: &Factor, rank: usize, spare: u8) {
        let roll = self.roll(&factor.id);
        let exact = self.brief.certainty == Certainty::Exact;
        let text = if rank == 0 { self.voice.leader(factor, exact, roll) } else { self.voice.second(factor, roll) };
        self.say(&text, vec![Support::Factor(factor.id.clone())], spare);
    }

    /// The day around which a contact is exact, where that is near and not today.
    fn timing(&mut self, factor: &Factor) {
        let today = lexicon::day_number(self.brief.date);
        let Some(today) = today.filter(|_| self.brief.certainty == Certainty::Exact) else { return };
        let ahead = |pass: &&String| {
            lexicon::day_number(pass).is_some_and(|day| {
                let days = day - today;
                if factor.applying {
                    (1..=AHEAD_MAX_DAYS).contains(&days)
                } else {
                    (-BEHIND_MAX_DAYS..0).contains(&days)
                }
            })
        };
        let mut passes = factor.exact_at_utc.iter().filter(ahead);
        let pass = if factor.applying { passes.next() } else { passes.next_back() };
        let Some(pass) = pass else { return };
        if let Some(day) = lexicon::day_month_text(self.brief.language, pass) {
            let is_near = passes_near(today, pass);
            // The first wording speaks of the days between, of which there are few.
            let text = self.voice.timing(&day, !factor.applying, self.roll("timing") | u64::from(is_near));
            self.say(&text, vec![Support::Factor(factor.id.clone())], 1);
        }
    }

    /// What the corpus says on the topic itself: a sentence from the middle of its passage that stands alone.
    fn insight(&mut self) {
        let id = format!("theme-{}", self.brief.reading.topic.code());
        let Some(passage) = self.passage(&id) else { return };
        let mut alone = passage.middle(stands_alone);
        let roll = self.roll("insight");
        if let Some(text) = alone.nth(voice::choice(alone.len(), roll)) {
            self.say(text, vec![Support::Passage(id)], 3);
        }
    }

    /// The practical end of a passage that was not quoted, on the topic if there is one.
    fn suggestion(&mut self) {
        let reading = self.brief.reading;
        let theme = format!("theme-{}", reading.topic.code());
        // The step on love is one for two, which who waits for somebody cannot take.
        let waits = reading.topic == Topic::Love && (reading.predictive || reading.about_another);
        let mut ids = if waits { Vec::new() } else { vec![theme] };
        let placed = self.brief.facts.iter().take(3).filter(|fact| !matches!(fact.value, FactValue::Aspect { .. }));
        ids.extend(placed.flat_map(|fact| passages_around(&fact.value)));
        ids.extend(
            self.brief
                .factors
                .iter()
                .take(1)
                .flat_map(|f| [f.passage_id.clone(), format!("transit-aspect-{}", f.aspect.code())]),
        );
        let fit: Vec<&String> = ids.iter().filter(|id| self.can_quote(id)).collect();
        let Some(first) = fit.first() else { return };
        let id = if first.starts_with("theme-") {
            (*first).clone()
        } else {
            fit[voice::choice(fit.len(), self.roll("suggestion"))].clone()
        };
        if let Some(text) = self.passage(&id).map(|p| p.last_sentence().to_owned()) {
            self.quoted.push(id.clone());
            let text = self.voice.step(&text, self.roll("step"));
            self.say(&text, vec![Support::Passage(id)], 0);
        }
    }

    fn caution_sentences(&mut self) {
        let cautions = self.brief.reading.cautions;
        let given = [
            (cautions.strain, voice::Field::Strain),
            (cautions.health && !cautions.strain, voice::Field::Health),
            (cautions.legal, voice::Field::Law),
            (cautions.money, voice::Field::Money),
        ];
        for (applies, field) in given {
            if applies {
                self.remark(Remark::Caution(field));
            }
        }
    }

    fn closing(&mut self) {
        self.caution_sentences();
        let certainty = self.brief.certainty;
        if certainty != Certainty::Exact && !self.needs_the_hour() {
            let is_unknown = certainty == Certainty::Unknown;
            self.remark(if is_unknown { Remark::NoBirthTime } else { Remark::RoughBirthTime });
        }
        let cautions = self.brief.reading.cautions;
        let cautioned = cautions.health || cautions.legal || cautions.money || cautions.strain;
        if !cautioned && self.front().is_none() && certainty == Certainty::Exact {
            self.remark(Remark::Farewell);
        }
    }

    /// Gives up what can be spared, the readiest first, until the answer is short enough.
    fn finish(mut self) -> Draft {
        let words = |planned: &[Planned]| -> usize { planned.iter().map(|p| word_count(&p.sentence.text)).sum() };
        while words(&self.planned) > ANSWER_MAX_WORDS {
            let Some(spare) = self.planned.iter().map(|p| p.spare).filter(|spare| *spare > 0).max() else { break };
            if let Some(at) = self.planned.iter().position(|p| p.spare == spare) {
                let gone = self.planned.remove(at);
                if gone.sentence.opens_paragraph
                    && let Some(next) = self.planned.get_mut(at)
                {
                    next.sentence.opens_paragraph = true;
                }
            }
        }
        self.planned.into_iter().map(|p| p.sentence).collect()
    }
}

/// Whether a pass is within three days of `today`, a day number.
fn passes_near(today: i32, pass: &str) -> bool {
    lexicon::day_number(pass).is_some_and(|day| (day - today).abs() <= 3)
}

/// Whether a sentence can be read without the one before it and without a word of astrology.
fn stands_alone(sentence: &str) -> bool {
    const LEANING: [&str; 32] = [
        "it",
        "its",
        "they",
        "this",
        "these",
        "those",
        "that",
        "each",
        "one",
        "either",
        "everyone",
        "he",
        "she",
        "some",
        "such",
        "two",
        "il",
        "elle",
        "ils",
        "elles",
        "on",
        "cela",
        "ce",
        "ces",
        "aucun",
        "quand",
        "savoir",
        "laisser",
        "dans",
        "certaines",
        "certains",
        "pour",
    ];
    static WITHIN: Words = Words::new(
        "this, these, those, ces, donc, therefore, placement, chart, position, transit*, reading, signe*, sign",
    );
    let folded = lexicon::fold(sentence);
    let leans = folded.split_whitespace().next().is_none_or(|first| LEANING.contains(&first));
    !leans && !WITHIN.any(&folded) && !super::reading::names_astrology(&folded)
}

/// Words of a text; a sign that French sets between blanks is none.
fn word_count(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}
