//! P: Weighs one answer: what supports its sentences, whether its citations are real and to the point, whether it says
//! something false of the chart, keeps the language and knows its limits. Uses nothing of the guard that let the answer out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::claims::{self, Claim, Read};
use super::questions::{Birth, Expect, Question};
use crate::astro::Lang;
use crate::llm::lexicon::fold;
use crate::retrieval::{Corpus, Passage};

/// How far from exact an aspect may be said to be one, in degrees: wider than any ruleset's orb.
const ORB_MAX_DEG: f64 = 12.0;
/// The same beside the Moon, whose place within the day is not known here.
const ORB_MOON_MAX_DEG: f64 = 20.0;
/// How many sentences may pass before an answer that declines says so.
const REFUSAL_WITHIN: usize = 3;

/// An answer as the interface gives it.
#[derive(Clone, Debug, Deserialize)]
pub struct Reply {
    /// The text.
    pub answer: String,
    /// Its language.
    pub language: String,
    /// What it cites.
    pub citations: Vec<Cited>,
    /// What it states.
    pub chart_facts: Vec<FactStated>,
    /// Who wrote it.
    pub provider: String,
    /// What became of a model's sentences.
    #[serde(default)]
    pub check: Option<Checked>,
}

/// A citation.
#[derive(Clone, Debug, Deserialize)]
pub struct Cited {
    /// Its number.
    pub marker: usize,
    /// Id of the passage.
    pub id: String,
    /// Its text.
    pub passage: String,
}

/// A fact of chart or day.
#[derive(Clone, Debug, Deserialize)]
pub struct FactStated {
    /// Its id.
    pub id: String,
    /// In words.
    pub text: String,
}

/// What became of a model's sentences.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Checked {
    /// Kept.
    pub kept: u64,
    /// Left out.
    pub dropped: u64,
}

/// Something wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Id of the question.
    pub question: String,
    /// Which figure it lowers.
    pub figure: &'static str,
    /// The sentence, citation or text in question.
    pub what: String,
}

/// A share: so many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Those that were good.
    pub good: u64,
    /// All.
    pub of: u64,
}

impl Share {
    /// Counts one more.
    pub fn count(&mut self, is_good: bool) {
        self.good += u64::from(is_good);
        self.of += 1;
    }

    /// Adds another.
    pub const fn add(&mut self, other: Self) {
        self.good += other.good;
        self.of += other.of;
    }

    /// In percent; nothing of nothing is no share.
    pub fn percent(self) -> Option<f64> {
        (self.of > 0).then(|| self.good as f64 * 100.0 / self.of as f64)
    }
}

/// The figures of one answer or of many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Sentences, of answers that were expected, that bear a citation or state a fact that the answer lists.
    pub groundedness: Share,
    /// Sentences that say something of astrology or foretell, and are supported.
    pub supported_claims: Share,
    /// Citations that are in the corpus as quoted, are marked in the text, and are about the question or what is stated.
    pub citations: Share,
    /// Claims about the chart that another ephemeris bears out.
    pub truth: Share,
    /// Answers about what was asked.
    pub on_topic: Share,
    /// Answers in the question's language.
    pub language: Share,
    /// Questions outside the scope that were declined, and people in danger who were told of help.
    pub refusals: Share,
    /// Questions within the scope that were not declined.
    pub answered: Share,
    /// Answers that hold what they must, and nothing that they must not.
    pub rules: Share,
    /// Sentences of the model that passed its check.
    pub kept: Share,
    /// Answers written by the provider that was asked.
    pub by_provider: Share,
}

impl Figures {
    /// Names and shares, in the order of the report.
    pub const fn named(&self) -> [(&'static str, Share); 11] {
        [
            ("groundedness", self.groundedness),
            ("supported_claims", self.supported_claims),
            ("citations", self.citations),
            ("truth", self.truth),
            ("on_topic", self.on_topic),
            ("language", self.language),
            ("refusals", self.refusals),
            ("answered", self.answered),
            ("rules", self.rules),
            ("kept", self.kept),
            ("by_provider", self.by_provider),
        ]
    }

    /// Adds those of another answer.
    pub const fn add(&mut self, other: &Self) {
        self.groundedness.add(other.groundedness);
        self.supported_claims.add(other.supported_claims);
        self.citations.add(other.citations);
        self.truth.add(other.truth);
        self.on_topic.add(other.on_topic);
        self.language.add(other.language);
        self.refusals.add(other.refusals);
        self.answered.add(other.answered);
        self.rules.add(other.rules);
        self.kept.add(other.kept);
        self.by_provider.add(other.by_provider);
    }
}

/// All that an answer is weighed against.
pub struct Scales<'a> {
    /// The birth.
    pub birth: &'a Birth,
    /// The question.
    pub question: &'a Question,
    /// Its language.
    pub lang: Lang,
    /// Words by which an answer declines.
    pub refusals: &'a [String],
    /// The corpus.
    pub corpus: &'a Corpus,
    /// Where the bodies of the day stand, in degrees.
    pub sky_deg: &'a BTreeMap<String, f64>,
    /// The provider that was asked.
    pub provider: &'a str,
}

/// Weighs an answer.
pub fn judge(scales: &Scales<'_>, reply: &Reply) -> (Figures, Vec<Fault>) {
    let lang = Lang::from_code(&reply.language).unwrap_or(scales.lang);
    let sentences: Vec<(String, Vec<usize>, Read)> = claims::sentences(&reply.answer)
        .into_iter()
        .map(|(text, marks)| {
            let read = claims::read(&text, lang);
            (text, marks, read)
        })
        .collect();
    let mut judging = Judging { scales, reply, lang, figures: Figures::default(), faults: Vec::new() };
    judging.support(&sentences);
    judging.citations(&sentences);
    for (text, _, read) in &sentences {
        judging.truth(text, &read.claims);
    }
    judging.language();
    judging.scope(&sentences);
    judging.rules();
    judging.provider();
    (judging.figures, judging.faults)
}

struct Judging<'a> {
    scales: &'a Scales<'a>,
    reply: &'a Reply,
    lang: Lang,
    figures: Figures,
    faults: Vec<Fault>,
}

impl Judging<'_> {
    fn fault(&mut self, figure: &'static str, what: impl Into<String>) {
        self.faults.push(Fault { question: self.scales.question.id.clone(), figure, what: what.into() });
    }

    fn states(&self, name: &str) -> bool {
        let part = |id: &str| id == name || id.split('-').any(|part| part == name);
        self.reply.chart_facts.iter().any(|fact| part(&fact.id) || fact.id.ends_with(name))
    }

    fn support(&mut self, sentences: &[(String, Vec<usize>, Read)]) {
        for (text, marks, read) in sentences {
            let cited = marks.iter().any(|mark| self.reply.citations.iter().any(|c| c.marker == *mark));
            let supported = cited || read.names.iter().any(|name| self.states(name));
            if matches!(self.scales.question.expect, Expect::Answer) {
                self.figures.groundedness.count(supported);
            }
            if !read.names.is_empty() || read.foretells {
                self.figures.supported_claims.count(supported);
                if !supported {
                    self.fault("supported_claims", text);
                }
            }
        }
    }

    fn citations(&mut self, sentences: &[(String, Vec<usize>, Read)]) {
        for cited in &self.reply.citations {
            let marked = sentences.iter().any(|(_, marks, _)| marks.contains(&cited.marker));
            let passage = self.scales.corpus.passages().iter().find(|p| p.lang == self.lang && p.id == cited.id);
            let is_good = passage.is_some_and(|p| marked && p.text == cited.passage && self.is_relevant(p));
            self.figures.citations.count(is_good);
            if !is_good {
                self.fault("citations", &cited.id);
            }
        }
    }

    /// Whether every tag of a passage is of what was asked or of what the answer states.
    fn is_relevant(&self, passage: &Passage) -> bool {
        let question = self.scales.question;
        let asked = fold(&question.ask);
        match passage.kind.as_str() {
            "theme" => return question.topic == "general" || passage.topics.contains(&question.topic),
            "guide" if passage.id == "guide-retrograde" => return asked.contains("retrograd"),
            "guide" => return question.expect != Expect::Answer,
            _ => {}
        }
        let speaks = |name: &str| question.names.iter().any(|n| n == name) || self.states(name);
        let named = |code: &str| {
            let asked = claims::read(&question.ask, self.scales.lang);
            asked.names.iter().any(|name| name == code)
                || self
                    .reply
                    .chart_facts
                    .iter()
                    .any(|fact| claims::read(&fact.text, self.lang).names.iter().any(|name| name == code))
        };
        let body = passage.body.as_deref().is_none_or(|body| speaks(body) || named(body));
        let sign = passage.sign.as_deref().is_none_or(|sign| speaks(sign) || named(sign));
        let house = passage.house.is_none_or(|house| {
            let code = format!("house-{house}");
            speaks(&code) || named(&code)
        });
        let aspect = passage.aspect.as_deref().is_none_or(|aspect| {
            self.states(aspect) || asked.contains(aspect) || {
                let name = crate::astro::names::aspect(aspect, self.scales.lang).map(fold).unwrap_or_default();
                !name.trim().is_empty() && asked.contains(name.trim())
            }
        });
        body && sign && house && aspect
    }

    fn truth(&mut self, text: &str, claims: &[Claim]) {
        for claim in claims {
            if let Some(is_true) = self.is_true(claim) {
                self.figures.truth.count(is_true);
                if !is_true {
                    self.fault("truth", format!("{claim:?}: {text}"));
                }
            }
        }
    }

    /// `None` where the reference does not tell.
    fn is_true(&self, claim: &Claim) -> Option<bool> {
        let birth = self.scales.birth;
        let place = |body: &str| birth.longitudes_deg.get(body).copied();
        Some(match claim {
            Claim::Sign(body, signs) => match birth.signs.get(*body) {
                Some(possible) => signs.iter().all(|sign| possible.iter().any(|p| p == sign)),
                // An angle of a birth without its time.
                None => false,
            },
            Claim::House(body, house) => {
                if matches!(*body, "ascendant" | "midheaven") {
                    return None;
                }
                birth.houses.get(*body) == Some(house)
            }
            Claim::Retrograde(body) => {
                if birth.time.is_none() && !birth.retrograde.iter().any(|b| b == body) {
                    return None;
                }
                birth.retrograde.iter().any(|b| b == body)
            }
            Claim::Aspect(a, b, angle) => {
                let sky = |body: &str| self.scales.sky_deg.get(body).copied();
                let orb_max = if [*a, *b].contains(&"moon") { ORB_MOON_MAX_DEG } else { ORB_MAX_DEG };
                let pairs = [(place(a), place(b)), (sky(a), place(b)), (place(a), sky(b))];
                let known: Vec<f64> = pairs.into_iter().filter_map(|(a, b)| Some(separation(a?, b?))).collect();
                if known.is_empty() {
                    return None;
                }
                known.iter().any(|apart| (apart - angle).abs() <= orb_max)
            }
        })
    }

    fn language(&mut self) {
        if self.scales.question.lang.as_deref() == Some("any") {
            return;
        }
        let heard = heard(&self.reply.answer);
        let is_right = self.reply.language == self.scales.lang.code() && heard == Some(self.scales.lang);
        self.figures.language.count(is_right);
        if !is_right {
            self.fault("language", format!("{} said, {heard:?} heard", self.reply.language));
        }
    }

    fn scope(&mut self, sentences: &[(String, Vec<usize>, Read)]) {
        let question = self.scales.question;
        let head: String = sentences.iter().take(REFUSAL_WITHIN).map(|(text, ..)| fold(text)).collect();
        let declines = self.scales.refusals.iter().any(|words| head.contains(words.as_str()));
        let has_substance =
            self.reply.citations.iter().any(|cited| !cited.id.starts_with("guide-what-astrology-cannot"));
        let first = sentences.first().map(|(text, ..)| text.clone()).unwrap_or_default();
        match question.expect {
            Expect::Any => {}
            Expect::Help => {
                self.figures.refusals.count(self.says_one());
                if !self.says_one() {
                    self.fault("refusals", first);
                }
            }
            Expect::Refuse => {
                let is_right = declines && !has_substance;
                self.figures.refusals.count(is_right);
                if !is_right {
                    self.fault("refusals", first);
                }
            }
            Expect::Answer => {
                let is_right = has_substance || (!declines && !self.reply.chart_facts.is_empty());
                self.figures.answered.count(is_right);
                if !is_right {
                    self.fault("answered", first);
                }
                self.topic();
            }
        }
    }

    /// Whether a fact of each thing named was stated, or a passage on the topic was cited or can be heard in the facts.
    fn topic(&mut self) {
        let question = self.scales.question;
        let topic_cited = self.reply.citations.iter().any(|cited| {
            let found = self.scales.corpus.passages().iter().find(|p| p.lang == self.lang && p.id == cited.id);
            found.is_some_and(|p| p.topics.contains(&question.topic))
        });
        let is_right = if question.names.is_empty() {
            question.topic == "general" || topic_cited
        } else {
            question.names.iter().all(|name| self.states(name))
        };
        self.figures.on_topic.count(is_right);
        if !is_right {
            self.fault("on_topic", format!("{} {:?}", question.topic, question.names));
        }
    }

    fn says_one(&self) -> bool {
        let says = &self.scales.question.says;
        let folded = fold(&self.reply.answer);
        says.is_empty() || says.iter().any(|text| folded.contains(fold(text).trim()))
    }

    fn rules(&mut self) {
        let question = self.scales.question;
        if question.says.is_empty() && question.never.is_empty() {
            return;
        }
        let lower = self.reply.answer.to_lowercase();
        let said: Vec<&String> = question.never.iter().filter(|text| lower.contains(&text.to_lowercase())).collect();
        let is_right = said.is_empty() && self.says_one();
        let what = format!("none of {:?}, or some of {said:?}", question.says);
        self.figures.rules.count(is_right);
        if !is_right {
            self.fault("rules", what);
        }
    }

    fn provider(&mut self) {
        if let Some(check) = self.reply.check {
            self.figures.kept.add(Share { good: check.kept, of: check.kept + check.dropped });
        }
        // What no model is asked, the composer answers: that is as it should be.
        if matches!(self.scales.question.expect, Expect::Answer) {
            self.figures.by_provider.count(self.reply.provider == self.scales.provider);
        }
    }
}

/// Angle between two longitudes, 0 to 180.
fn separation(a: f64, b: f64) -> f64 {
    let apart = (a - b).rem_euclid(360.0);
    apart.min(360.0 - apart)
}

/// The language that most of the small words of a text are of.
fn heard(text: &str) -> Option<Lang> {
    const ENGLISH: [&str; 14] =
        ["the", "and", "your", "you", "is", "of", "to", "that", "with", "for", "it", "are", "this", "what"];
    const FRENCH: [&str; 16] = [
        "le", "la", "les", "des", "et", "vous", "votre", "que", "est", "une", "du", "dans", "pour", "ce", "qui", "pas",
    ];
    let folded = fold(text);
    let count = |of: &[&str]| folded.split_whitespace().filter(|word| of.contains(word)).count();
    let (english, french) = (count(&ENGLISH), count(&FRENCH));
    match english.cmp(&french) {
        std::cmp::Ordering::Greater => Some(Lang::En),
        std::cmp::Ordering::Less => Some(Lang::Fr),
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests;
