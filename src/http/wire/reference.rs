//! Wire form of the reference data: every code of the interface with its names, and what the active ruleset makes of it.

use salvo::oapi::ToSchema;
use serde::Serialize;
use serde_json::Value;

use crate::astro::rules::class;
use crate::astro::rulesets::Ruleset;
use crate::astro::zodiac::Ayanamsa;
use crate::astro::{Aspect, Body, Element, HouseSystem, Lang, Modality, Nature, Point, Sign, names};

/// A name in the languages of the product.
#[derive(Debug, Serialize, ToSchema)]
pub struct Names {
    /// English.
    pub en: String,
    /// French.
    pub fr: String,
}

/// A code with its names.
#[derive(Debug, Serialize, ToSchema)]
pub struct Named {
    /// The stable code.
    pub code: String,
    /// Its names.
    pub name: Names,
}

/// A body or another point of a chart.
#[derive(Debug, Serialize, ToSchema)]
pub struct PointReference {
    /// The stable code.
    pub code: String,
    /// Its names.
    pub name: Names,
    /// The class by which rules choose it: `luminary`, `personal`, `social`, `transpersonal`, `minor`, `node`, `angle`,
    /// `apogee`, `lot` or `secondary_angle`.
    pub class: String,
}

/// A sign of the zodiac.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignReference {
    /// The stable code.
    pub code: String,
    /// Its names.
    pub name: Names,
    /// Code of its element.
    pub element: String,
    /// Code of its modality.
    pub modality: String,
    /// Where it begins, degrees from the start of the zodiac.
    pub begins_deg: f64,
}

/// A house.
#[derive(Debug, Serialize, ToSchema)]
pub struct HouseReference {
    /// 1 to 12.
    pub number: u8,
    /// Its names.
    pub name: Names,
}

/// An aspect.
#[derive(Debug, Serialize, ToSchema)]
pub struct AspectReference {
    /// The stable code.
    pub code: String,
    /// Its names.
    pub name: Names,
    /// The exact angle, degrees.
    pub angle_deg: f64,
    /// `major`, `minor` or `advanced`.
    pub family: String,
    /// `harmonious`, `tense` or `neutral`.
    pub nature: String,
    /// Whether the active ruleset looks for it.
    pub enabled: bool,
}

/// Everything that a chart is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReferenceReply {
    /// Program and version that these data belong to.
    pub engine: String,
    /// The ruleset that charts are made with now, such as `modern-1.0.0`.
    pub active_ruleset: String,
    /// Planets, nodes, apogees and small bodies.
    pub bodies: Vec<PointReference>,
    /// Angles, lots and the south node.
    pub points: Vec<PointReference>,
    /// The twelve signs.
    pub signs: Vec<SignReference>,
    /// The four elements.
    pub elements: Vec<Named>,
    /// The three modalities.
    pub modalities: Vec<Named>,
    /// The twelve houses.
    pub houses: Vec<HouseReference>,
    /// The twenty aspects.
    pub aspects: Vec<AspectReference>,
    /// Ways to divide the houses.
    pub house_systems: Vec<Named>,
    /// Sidereal zodiacs; `user` takes an epoch and a value of your own.
    pub ayanamsas: Vec<Named>,
}

/// The ruleset that charts are made with.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActiveReply {
    /// Name and version, as charts state them.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// Aspects with their orbs, rules by context and class, parallels, patterns.
    #[salvo(schema(value_type = Object))]
    pub document: Value,
}

fn both(name: impl Fn(Lang) -> String) -> Names {
    Names { en: name(Lang::En), fr: name(Lang::Fr) }
}

fn named(code: &str, name: impl Fn(Lang) -> &'static str) -> Named {
    Named { code: code.to_owned(), name: both(|lang| name(lang).to_owned()) }
}

fn point(point: Point) -> PointReference {
    PointReference {
        code: point.code().to_owned(),
        name: both(|lang| names::point(point.code(), lang).unwrap_or_default().to_owned()),
        class: class(point).code().to_owned(),
    }
}

fn sign(index: usize, sign: Sign) -> SignReference {
    SignReference {
        code: sign.code().to_owned(),
        name: both(|lang| names::sign(sign, lang).to_owned()),
        element: sign.element().code().to_owned(),
        modality: sign.modality().code().to_owned(),
        begins_deg: index as f64 * 30.0,
    }
}

fn aspect(aspect: Aspect, active: &Ruleset) -> AspectReference {
    let nature = match aspect.nature() {
        Nature::Harmonious => "harmonious",
        Nature::Tense => "tense",
        Nature::Neutral => "neutral",
    };
    AspectReference {
        code: aspect.code().to_owned(),
        name: both(|lang| names::aspect(aspect.code(), lang).unwrap_or_default().to_owned()),
        angle_deg: aspect.angle_deg(),
        family: aspect.family().code().to_owned(),
        nature: nature.to_owned(),
        enabled: active.aspects().any(|enabled| enabled == aspect),
    }
}

impl From<&Ruleset> for ReferenceReply {
    fn from(active: &Ruleset) -> Self {
        let elements = [Element::Fire, Element::Earth, Element::Air, Element::Water];
        let modalities = [Modality::Cardinal, Modality::Fixed, Modality::Mutable];
        let own = Ayanamsa::User { epoch_jd_tt: 0.0, value_deg: 0.0 };
        Self {
            engine: concat!("orrery ", env!("CARGO_PKG_VERSION")).to_owned(),
            active_ruleset: active.id().to_string(),
            bodies: Body::ALL.map(|body| point(Point::Body(body))).into(),
            points: Point::OTHERS.map(point).into(),
            signs: Sign::ALL.into_iter().enumerate().map(|(index, each)| sign(index, each)).collect(),
            elements: elements.map(|each| named(each.code(), |lang| names::element(each, lang))).into(),
            modalities: modalities.map(|each| named(each.code(), |lang| names::modality(each, lang))).into(),
            houses: (1..=12).map(|number| HouseReference { number, name: both(|l| names::house(number, l)) }).collect(),
            aspects: Aspect::ALL.map(|each| aspect(each, active)).into(),
            house_systems: HouseSystem::ALL
                .map(|each| named(each.code(), |lang| names::house_system(each, lang)))
                .into(),
            ayanamsas: Ayanamsa::NAMED
                .into_iter()
                .chain([own])
                .map(|each| named(each.code(), |lang| names::ayanamsa(each, lang)))
                .collect(),
        }
    }
}

impl From<&Ruleset> for ActiveReply {
    fn from(active: &Ruleset) -> Self {
        Self {
            id: active.id().to_string(),
            name: active.id().name.clone(),
            version: active.id().version.to_string(),
            description: active.description().to_owned(),
            document: active.document().clone(),
        }
    }
}
