//! P: Which planets, signs, elements and modalities weigh most in a chart, each with what its weight is made of. The weights
//! are convention (ours, after the habit of adding up angles, rulers, dignities and aspects); nothing here is measured.
//!
//! | factor | points |
//! |---|---|
//! | luminary | 3 for the Sun and for the Moon |
//! | light of the sect | 2 |
//! | rules the Ascendant's sign | 5 (a modern co-ruler 3) |
//! | rules the Midheaven's sign | 3 (2) |
//! | rules the Sun's sign, the Moon's sign | 3, 2 |
//! | house | angular 4, succedent 2, cadent 1 |
//! | near an angle | 5, falling in a line to nothing at 10 degrees |
//! | essential dignity | half its score, where that is above 0 |
//! | last dispositor | 4 |
//! | each major aspect | 1.5 conjunction, 1.35 opposition, 1.25 square, 1 trine, 0.8 sextile, times what is left of the orb |
//!
//! A sign weighs what its planets weigh, and the Ascendant's sign 5 and the Midheaven's 3 more.

use serde::Serialize;

use super::angles::{Angles, separation_deg};
use super::aspects::{Aspect, AspectHit};
use super::body::Body;
use super::dignities::{domicile_ruler, modern_ruler};
use super::point::Point;
use super::receptions::InSign;
use super::sect::Sect;
use super::signs::{Element, Modality, Sign};

/// Beyond this from an angle nothing is added, degrees.
const ANGLE_REACH_DEG: f64 = 10.0;

/// What a planet's weight is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DominanceFactor {
    /// Sun or Moon.
    Luminary,
    /// Leads the sect of the chart.
    SectLight,
    /// Rules the rising sign.
    AscendantRuler,
    /// Rules the culminating sign.
    MidheavenRuler,
    /// Rules the Sun's sign.
    SunRuler,
    /// Rules the Moon's sign.
    MoonRuler,
    /// By its house.
    House,
    /// By its nearness to an angle.
    NearAngle,
    /// By its essential dignities.
    Dignity,
    /// Every chain of dispositors ends in it.
    LastDispositor,
    /// By its aspects.
    Aspects,
}

/// A planet and its weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Weighed {
    /// Which planet.
    pub body: Body,
    /// The sum of its factors.
    pub score: f64,
    /// That as a part of the sum over all planets, 0..=1.
    pub share: f64,
    /// Each factor with its points.
    pub factors: Vec<(DominanceFactor, f64)>,
}

/// What weighs most, each list with the heaviest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Dominants {
    /// Planets whose place is known.
    pub planets: Vec<Weighed>,
    /// Signs that hold something, with their weight.
    pub signs: Vec<(Sign, f64)>,
    /// Elements.
    pub elements: Vec<(Element, f64)>,
    /// Modalities.
    pub modalities: Vec<(Modality, f64)>,
}

/// What the weights are taken from.
#[derive(Clone, Copy, Debug)]
pub struct Scales<'a> {
    /// Planets whose sign is known.
    pub placed: &'a [InSign],
    /// The longitude and, where known, the house of a planet.
    pub places: &'a [(Body, f64, Option<u8>)],
    /// Essential scores of the seven.
    pub essential: &'a [(Body, i16)],
    /// The angles, where known.
    pub angles: Option<&'a Angles>,
    /// The chart's sect, where known.
    pub sect: Option<Sect>,
    /// The last dispositor, if there is one.
    pub last_dispositor: Option<Body>,
    /// The chart's aspects; those that are not certain do not weigh.
    pub aspects: &'a [AspectHit],
}

impl DominanceFactor {
    /// The stable machine name, such as `ascendant_ruler`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Luminary => "luminary",
            Self::SectLight => "sect_light",
            Self::AscendantRuler => "ascendant_ruler",
            Self::MidheavenRuler => "midheaven_ruler",
            Self::SunRuler => "sun_ruler",
            Self::MoonRuler => "moon_ruler",
            Self::House => "house",
            Self::NearAngle => "near_angle",
            Self::Dignity => "dignity",
            Self::LastDispositor => "last_dispositor",
            Self::Aspects => "aspects",
        }
    }
}

/// Points of an aspect at its exact angle; none for minor ones.
const fn aspect_points(aspect: Aspect) -> Option<f64> {
    match aspect {
        Aspect::Conjunction => Some(1.5),
        Aspect::Opposition => Some(1.35),
        Aspect::Square => Some(1.25),
        Aspect::Trine => Some(1.0),
        Aspect::Sextile => Some(0.8),
        _ => None,
    }
}

/// Weighs everything.
pub fn dominants(scales: &Scales<'_>) -> Dominants {
    let mut planets: Vec<Weighed> = scales.placed.iter().map(|(body, _)| weigh(scales, *body)).collect();
    let total: f64 = planets.iter().map(|planet| planet.score).sum();
    for planet in &mut planets {
        planet.share = if total > 0.0 { planet.score / total } else { 0.0 };
    }
    let mut by_sign = [0.0; 12];
    for (planet, (_, sign)) in planets.iter().zip(scales.placed) {
        by_sign[sign.index()] += planet.score;
    }
    if let Some(angles) = scales.angles {
        by_sign[angles.ascendant.sign.index()] += 5.0;
        by_sign[angles.midheaven.sign.index()] += 3.0;
    }
    planets.sort_by(|a, b| b.score.total_cmp(&a.score));
    let signs = Sign::ALL.into_iter().map(|sign| (sign, by_sign[sign.index()])).filter(|(_, weight)| *weight > 0.0);
    let sum = |belongs: &dyn Fn(Sign) -> bool| -> f64 {
        Sign::ALL.into_iter().filter(|sign| belongs(*sign)).map(|sign| by_sign[sign.index()]).sum()
    };
    let elements = [Element::Fire, Element::Earth, Element::Air, Element::Water];
    let modalities = [Modality::Cardinal, Modality::Fixed, Modality::Mutable];
    Dominants {
        planets,
        signs: heaviest_first(signs.collect()),
        elements: heaviest_first(elements.map(|one| (one, sum(&|sign| sign.element() == one))).to_vec()),
        modalities: heaviest_first(modalities.map(|one| (one, sum(&|sign| sign.modality() == one))).to_vec()),
    }
}

fn heaviest_first<T>(mut weights: Vec<(T, f64)>) -> Vec<(T, f64)> {
    weights.sort_by(|a, b| b.1.total_cmp(&a.1));
    weights
}

fn weigh(scales: &Scales<'_>, body: Body) -> Weighed {
    use DominanceFactor as F;
    let mut factors: Vec<(F, f64)> = Vec::with_capacity(8);
    let mut add = |factor: F, points: f64| {
        if points > 0.0 {
            factors.push((factor, points));
        }
    };
    let sign_of = |other: Body| scales.placed.iter().find(|(found, _)| *found == other).map(|(_, sign)| *sign);
    let rules = |sign: Sign, full: f64, part: f64| match body {
        ruler if ruler == domicile_ruler(sign) => full,
        ruler if ruler == modern_ruler(sign) => part,
        _ => 0.0,
    };
    if matches!(body, Body::Sun | Body::Moon) {
        add(F::Luminary, 3.0);
    }
    if scales.sect.is_some_and(|sect| sect.light() == body) {
        add(F::SectLight, 2.0);
    }
    if let Some(angles) = scales.angles {
        add(F::AscendantRuler, rules(angles.ascendant.sign, 5.0, 3.0));
        add(F::MidheavenRuler, rules(angles.midheaven.sign, 3.0, 2.0));
    }
    add(F::SunRuler, sign_of(Body::Sun).map_or(0.0, |sign| rules(sign, 3.0, 0.0)));
    add(F::MoonRuler, sign_of(Body::Moon).map_or(0.0, |sign| rules(sign, 2.0, 0.0)));
    if let Some(&(_, longitude_deg, house)) = scales.places.iter().find(|(found, ..)| *found == body) {
        add(F::House, house.map_or(0.0, |house| [1.0, 4.0, 2.0][usize::from(house % 3)]));
        add(F::NearAngle, scales.angles.map_or(0.0, |angles| near_angle(longitude_deg, angles)));
    }
    let score = scales.essential.iter().find(|(found, _)| *found == body).map_or(0, |(_, score)| *score);
    add(F::Dignity, 0.5 * f64::from(score.max(0)));
    if scales.last_dispositor == Some(body) {
        add(F::LastDispositor, 4.0);
    }
    let with_body = |hit: &&AspectHit| hit.certain && (hit.a == Point::Body(body) || hit.b == Point::Body(body));
    let left = |hit: &AspectHit| (1.0 - hit.orb_deg / hit.orb_max_deg).clamp(0.0, 1.0);
    let aspects = scales.aspects.iter().filter(with_body);
    add(F::Aspects, aspects.filter_map(|hit| Some(aspect_points(hit.aspect)? * left(hit))).sum());
    Weighed { body, score: factors.iter().map(|(_, points)| points).sum(), share: 0.0, factors }
}

fn near_angle(longitude_deg: f64, angles: &Angles) -> f64 {
    let four = [&angles.ascendant, &angles.midheaven, &angles.descendant, &angles.imum_coeli];
    let distances = four.map(|angle| separation_deg(longitude_deg, angle.longitude_deg));
    let nearest = distances.into_iter().fold(f64::INFINITY, f64::min);
    5.0 * (1.0 - nearest / ANGLE_REACH_DEG).max(0.0)
}
