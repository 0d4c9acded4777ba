//! P: What a language must be able to say for the composer. Says nothing itself.

use crate::astro::{Aspect, Body, Factor, Point, Sign};
use crate::llm::{Aside, Danger, FactValue, Limit, Topic};

/// How much meaning follows a stated placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gloss {
    /// The manner of the sign and the field of the house.
    Full,
    /// The field of the house alone: the sign was explained already.
    HouseOnly,
}

/// Bodies so slow that a whole generation shares their sign; its manner says little of one person.
pub(super) const fn is_generational(point: Point) -> bool {
    matches!(point, Point::Body(Body::Uranus | Body::Neptune | Body::Pluto))
}

/// A placement to be stated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    pub point: Point,
    pub sign: Sign,
    pub degree_in_sign: Option<f64>,
    pub house: Option<u8>,
    pub retrograde: bool,
}

/// A field in which a professional belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Health,
    Law,
    Money,
    Strain,
}

/// Something that is said in one of a few fixed wordings, whatever the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remark {
    /// A kind word on a hard topic.
    Comfort(Topic),
    /// A kind word to somebody who fears for their health.
    HealthComfort,
    /// A kind word to somebody near the end of their strength.
    StrainComfort,
    /// A house or an angle is asked about and the birth time is not known.
    NeedsTheHour,
    /// No contact of the day is certain.
    QuietDay,
    /// Where a professional belongs.
    Caution(Field),
    /// What was left out for want of a birth time.
    NoBirthTime,
    /// The same, where the part of the day is known.
    RoughBirthTime,
    /// No promise of an outcome or a date.
    NoForecast,
    /// The chart does not show another person's heart.
    AboutAnother,
    /// The decision stays with the person.
    Deciding,
    /// The chart has other signs than those that the person named.
    Disagrees,
    /// A last word.
    Farewell,
    /// What was said is for somebody else to answer.
    Aside(Aside),
    /// What may be asked.
    CanAnswer,
    /// Why no chart can tell.
    Limit(Limit),
    /// An opening to a better question.
    Invite,
    /// The same, to somebody who is afraid.
    InviteGently,
}

/// The phrases of one language. `roll` chooses between several wordings of the same thing.
pub(super) trait Voice {
    fn opening(&self, topic: Option<Topic>, lead: &str, roll: u64) -> String;
    /// Noun for a fact, for the opening: `your Venus`, `your seventh house`.
    fn lead(&self, value: &FactValue) -> String;
    fn placement(&self, placement: &Placement, gloss: Gloss, roll: u64) -> String;
    /// A body that the question holds for retrograde, and that was not at birth.
    fn forward(&self, point: Point, roll: u64) -> String;
    fn open_sign(&self, point: Point, one: Sign, other: Sign, roll: u64) -> String;
    fn house(&self, house: u8, sign: Sign, bodies: &[Body], roll: u64) -> String;
    fn empty_sign(&self, sign: Sign, house: Option<u8>) -> String;
    fn natal_aspect(&self, a: Point, b: Point, aspect: Aspect, roll: u64) -> String;
    /// With its closeness and trend where the birth is known to the minute.
    fn leader(&self, factor: &Factor, exact: bool, roll: u64) -> String;
    fn second(&self, factor: &Factor, roll: u64) -> String;
    /// When the contact of the sentence before is exact, or was; `day` is a day and a month.
    fn timing(&self, day: &str, is_past: bool, roll: u64) -> String;
    fn step(&self, suggestion: &str, roll: u64) -> String;
    /// The wordings of a remark, at least one.
    fn remarks(&self, remark: Remark) -> &'static [&'static str];
    /// Paragraphs of sentences for a person in danger.
    fn crisis(&self, danger: Danger) -> &'static [&'static [&'static str]];
    fn or(&self) -> &'static str;
    fn house_word(&self) -> &'static str;
    fn retrograde(&self) -> &'static str;
    fn no_planet(&self) -> &'static str;
}

/// How close a contact is, as one of four steps from almost exact to wide.
pub(super) fn closeness(orb_deg: f64) -> usize {
    [0.25, 1.0, 2.5].iter().filter(|limit| orb_deg >= **limit).count()
}

/// One of several wordings.
pub(super) fn pick<'a, T: ?Sized>(wordings: &[&'a T], roll: u64) -> &'a T {
    wordings[choice(wordings.len(), roll)]
}

/// A place in a list of `length` things, none of which is preferred.
pub(super) fn choice(length: usize, roll: u64) -> usize {
    usize::try_from(roll % (length.max(1) as u64)).unwrap_or(0)
}
