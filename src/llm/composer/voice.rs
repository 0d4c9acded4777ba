//! P: What a language must be able to say for the composer. Says nothing itself.

use crate::astro::{Aspect, Body, Certainty, Factor, Point, Sign};
use crate::llm::{FactValue, Topic};

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
}

/// The phrases of one language. `roll` chooses between several wordings of the same thing.
pub(super) trait Voice {
    fn opening(&self, topic: Option<Topic>, lead: &str, roll: u64) -> String;
    fn comfort(&self, topic: Topic, roll: u64) -> String;
    /// Noun for a fact, for the opening: `your Venus`, `your seventh house`.
    fn lead(&self, value: &FactValue) -> String;
    fn placement(&self, placement: &Placement, gloss: Gloss, roll: u64) -> String;
    /// What the opening says where a house or an angle is asked about and the birth time is not known.
    fn needs_the_hour(&self, roll: u64) -> String;
    /// A body that the question holds for retrograde, and that was not at birth.
    fn forward(&self, point: Point, roll: u64) -> String;
    fn open_sign(&self, point: Point, one: Sign, other: Sign, roll: u64) -> String;
    fn house(&self, house: u8, sign: Sign, bodies: &[Body], roll: u64) -> String;
    fn natal_aspect(&self, a: Point, b: Point, aspect: Aspect, orb_deg: Option<f64>, roll: u64) -> String;
    /// With the orb and its trend where the birth is known to the minute.
    fn leader(&self, factor: &Factor, exact: bool, roll: u64) -> String;
    fn second(&self, factor: &Factor, exact: bool, roll: u64) -> String;
    fn quiet_day(&self, roll: u64) -> String;
    fn step(&self, suggestion: &str, roll: u64) -> String;
    fn caution(&self, field: Field, roll: u64) -> String;
    fn uncertain(&self, certainty: Certainty, roll: u64) -> String;
    fn no_forecast(&self, roll: u64) -> String;
    fn farewell(&self, roll: u64) -> String;
    fn elsewhere(&self, roll: u64) -> String;
    fn can_answer(&self, roll: u64) -> String;
    fn unknowable(&self, roll: u64) -> String;
    fn invite(&self, roll: u64) -> String;
    fn crisis(&self) -> &'static [&'static [&'static str]];
    fn or(&self) -> &'static str;
    fn house_word(&self) -> &'static str;
    fn retrograde(&self) -> &'static str;
}

/// One of several wordings.
pub(super) fn pick<'a, T: ?Sized>(wordings: &[&'a T], roll: u64) -> &'a T {
    wordings[choice(wordings.len(), roll)]
}

/// A place in a list of `length` things, none of which is preferred.
pub(super) fn choice(length: usize, roll: u64) -> usize {
    usize::try_from(roll % (length.max(1) as u64)).unwrap_or(0)
}
