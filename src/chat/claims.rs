//! P: Reads the astrological claims out of a finished sentence, English or French, knowing nothing of how it was made.
//! Judges none of them. In doubt it reads a claim where there may be none: a sentence too few is the cheaper fault.

mod dates;
mod lexer;

use crate::astro::{Aspect, Lang, Point, Sign};
pub use dates::{DayMonth, dates};
use lexer::{Kind, Mention};

/// An angle as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Whole degrees.
    pub degrees: u16,
    /// Minutes, when written.
    pub minutes: Option<u16>,
}

/// One claim about the chart or the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A body or angle stands in a sign, at a degree, or both.
    Stands {
        /// The body or angle.
        point: Point,
        /// Whether it is said to be the natal one ("your").
        natal: bool,
        /// The sign.
        sign: Option<Sign>,
        /// The degree within the sign.
        position: Option<Position>,
    },
    /// A body or angle is in a house.
    InHouse {
        /// The body or angle.
        point: Point,
        /// House 1..=12.
        house: u8,
    },
    /// A house begins in a sign.
    HouseOpens {
        /// House 1..=12.
        house: u8,
        /// The sign.
        sign: Sign,
    },
    /// A house holds a body.
    HouseHolds {
        /// House 1..=12.
        house: u8,
        /// The body.
        point: Point,
    },
    /// A house holds no planet.
    HouseEmpty {
        /// House 1..=12.
        house: u8,
    },
    /// A sign holds no planet.
    SignEmpty {
        /// The sign.
        sign: Sign,
    },
    /// A body moves backward.
    Retrograde {
        /// The body.
        point: Point,
        /// Whether it is said to be the natal one.
        natal: bool,
    },
    /// A body moves forward.
    Forward {
        /// The body.
        point: Point,
    },
    /// Two points form an aspect.
    Aspect {
        /// One point.
        a: Point,
        /// The other.
        b: Point,
        /// Whether each of the two is said to be the natal one.
        natal: [bool; 2],
        /// The aspect.
        aspect: Aspect,
        /// Distance from the exact angle.
        orb: Option<Position>,
        /// Whether it is said to be forming (`true`) or passing (`false`).
        applying: Option<bool>,
    },
    /// An angle in figures that belongs to nothing that could be checked.
    Loose,
}

/// The claims of one sentence, in the order in which they are read.
pub fn read(sentence: &str, lang: Lang) -> Vec<Claim> {
    let mentions = lexer::mentions(sentence, lang);
    let mut reader = Reader { mentions: &mentions, claims: Vec::new(), used_degrees: Vec::new() };
    reader.signs();
    reader.houses();
    reader.retrogrades();
    reader.aspects();
    reader.loose_degrees();
    reader.claims
}

struct Reader<'a> {
    mentions: &'a [Mention],
    claims: Vec<Claim>,
    used_degrees: Vec<usize>,
}

/// What a sign, house or degree is said of.
#[derive(Clone, Copy)]
enum Subject {
    Points(usize, usize),
    House(u8),
}

impl Reader<'_> {
    fn point(&self, index: usize) -> Option<(Point, bool)> {
        match self.mentions.get(index)?.kind {
            Kind::Point { point, natal } => Some((point, natal)),
            _ => None,
        }
    }

    /// The points joined by "and", commas and the like that end at `last`.
    fn group_ending_at(&self, last: usize) -> Subject {
        let mut first = last;
        while first > 0 && self.mentions[first].joined && self.point(first - 1).is_some() {
            first -= 1;
        }
        Subject::Points(first, last)
    }

    fn group_starting_at(&self, first: usize) -> Subject {
        let mut last = first;
        while self.mentions.get(last + 1).is_some_and(|next| next.joined) && self.point(last + 1).is_some() {
            last += 1;
        }
        Subject::Points(first, last)
    }

    /// The nearest subject before, else the nearest after. A house named as a place is no subject.
    fn subject_of(&self, index: usize) -> Option<Subject> {
        for before in (0..index).rev() {
            match self.mentions[before].kind {
                Kind::Point { .. } => return Some(self.group_ending_at(before)),
                Kind::House { house, is_place: false } => return Some(Subject::House(house)),
                Kind::Break => break,
                _ => {}
            }
        }
        for after in index + 1..self.mentions.len() {
            match self.mentions[after].kind {
                Kind::Point { .. } => return Some(self.group_starting_at(after)),
                Kind::Break => break,
                _ => {}
            }
        }
        None
    }

    fn signs(&mut self) {
        for index in 0..self.mentions.len() {
            let Kind::Sign(sign) = self.mentions[index].kind else { continue };
            // "no planet stands in Leo"
            if index > 0 && self.mentions[index - 1].kind == Kind::Empty && self.subject_of(index - 1).is_none() {
                self.claims.push(Claim::SignEmpty { sign });
                continue;
            }
            let position = self.degree_beside(index);
            // "your Aries Sun": the sign belongs to what follows at once.
            let subject = match self.mentions.get(index + 1) {
                Some(next) if next.adjacent && self.point(index + 1).is_some() => {
                    Some(self.group_starting_at(index + 1))
                }
                _ => self.subject_of(index),
            };
            match subject {
                Some(Subject::Points(first, last)) => self.stand(first, last, Some(sign), position),
                Some(Subject::House(house)) => self.claims.push(Claim::HouseOpens { house, sign }),
                None if position.is_some() => self.claims.push(Claim::Loose),
                None => {}
            }
        }
    }

    fn stand(&mut self, first: usize, last: usize, sign: Option<Sign>, position: Option<Position>) {
        for index in first..=last {
            if let Some((point, natal)) = self.point(index) {
                self.claims.push(Claim::Stands { point, natal, sign, position });
            }
        }
    }

    /// The degree written just before a sign ("16°59′ Aries") or just after it ("Aries 16°59′").
    fn degree_beside(&mut self, sign: usize) -> Option<Position> {
        let before = sign.checked_sub(1).filter(|index| matches!(self.mentions[*index].kind, Kind::Degree(_)));
        let after = Some(sign + 1).filter(|index| self.mentions.get(*index).is_some_and(|next| next.adjacent));
        for index in [before, after].into_iter().flatten() {
            if let Kind::Degree(position) = self.mentions[index].kind {
                self.used_degrees.push(index);
                return Some(position);
            }
        }
        None
    }

    fn houses(&mut self) {
        for index in 0..self.mentions.len() {
            let Kind::House { house, is_place } = self.mentions[index].kind else { continue };
            if is_place {
                if let Some(Subject::Points(first, last)) = self.subject_of(index) {
                    for at in first..=last {
                        if let Some((point, _)) = self.point(at) {
                            self.claims.push(Claim::InHouse { point, house });
                        }
                    }
                }
                continue;
            }
            self.contents(index, house);
        }
    }

    /// "… house … holds Mars and the Moon", "… house … with no planet in it".
    fn contents(&mut self, index: usize, house: u8) {
        let mut holds = false;
        for after in index + 1..self.mentions.len() {
            match self.mentions[after].kind {
                Kind::Holds => holds = true,
                Kind::Empty => self.claims.push(Claim::HouseEmpty { house }),
                Kind::Point { point, .. } if holds => self.claims.push(Claim::HouseHolds { house, point }),
                Kind::Break | Kind::House { .. } => break,
                _ => {}
            }
        }
    }

    fn retrogrades(&mut self) {
        for index in 0..self.mentions.len() {
            let forward = match self.mentions[index].kind {
                Kind::Retrograde => false,
                Kind::Forward => true,
                _ => continue,
            };
            if let Some(Subject::Points(first, last)) = self.subject_of(index) {
                for at in first..=last {
                    if let Some((point, natal)) = self.point(at) {
                        self.claims.push(if forward {
                            Claim::Forward { point }
                        } else {
                            Claim::Retrograde { point, natal }
                        });
                    }
                }
            }
        }
    }

    fn aspects(&mut self) {
        for index in 0..self.mentions.len() {
            let Kind::Aspect(aspect) = self.mentions[index].kind else { continue };
            let before: Vec<(Point, bool)> = (0..index).rev().filter_map(|at| self.point(at)).take(2).collect();
            let after: Vec<(Point, bool)> =
                (index + 1..self.mentions.len()).filter_map(|at| self.point(at)).take(2).collect();
            let ((a, a_natal), (b, b_natal)) = match (before.as_slice(), after.as_slice()) {
                ([a, ..], [b, ..]) | ([b, a, ..], []) | ([], [a, b, ..]) => (*a, *b),
                _ => continue,
            };
            let orb = self.orb();
            let applying = self.mentions.iter().find_map(|mention| match mention.kind {
                Kind::Moving { applying } => Some(applying),
                _ => None,
            });
            self.claims.push(Claim::Aspect { a, b, natal: [a_natal, b_natal], aspect, orb, applying });
        }
    }

    fn orb(&mut self) -> Option<Position> {
        let free = |(index, mention): (usize, &Mention)| match mention.kind {
            Kind::Degree(position) if !self.used_degrees.contains(&index) => Some((index, position)),
            _ => None,
        };
        let (index, position) = self.mentions.iter().enumerate().find_map(free)?;
        self.used_degrees.push(index);
        Some(position)
    }

    /// A degree that no sign and no aspect took: of the nearest subject, or of nothing.
    fn loose_degrees(&mut self) {
        for index in 0..self.mentions.len() {
            let Kind::Degree(position) = self.mentions[index].kind else { continue };
            if self.used_degrees.contains(&index) {
                continue;
            }
            match self.subject_of(index) {
                Some(Subject::Points(first, last)) => self.stand(first, last, None, Some(position)),
                _ => self.claims.push(Claim::Loose),
            }
        }
    }
}
