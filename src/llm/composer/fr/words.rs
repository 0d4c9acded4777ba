//! P: The French words of the composer for topics, bodies, signs, houses and aspects. Builds no sentence.

use crate::astro::{Aspect, Body, Nature, Point, Sign};
use crate::llm::Topic;

/// With the preposition that goes before it: `de l’amour`, `du travail`.
pub(in crate::llm::composer) const fn about_topic(topic: Topic) -> &'static str {
    match topic {
        Topic::Love => "de l’amour et du lien",
        Topic::Work => "du travail",
        Topic::Money => "de l’argent et de ce qu’il représente",
        Topic::Family => "des liens de famille",
        Topic::Friendship => "de l’amitié",
        Topic::Rest => "du repos et de vos ressources",
        Topic::Decisions => "d’un choix à faire",
        Topic::Change => "d’une période de changement",
        Topic::Grief => "d’une perte et de ce qui aide à la traverser",
        Topic::Creativity => "de votre part créative",
        Topic::Conflict => "des tensions avec les autres",
        Topic::Study => "des études et de l’apprentissage",
        Topic::Home => "de votre foyer et du lieu où vous vous sentez chez vous",
        Topic::Loneliness => "de la solitude et de l’envie de compagnie",
        Topic::Confidence => "de la confiance en vous",
        Topic::Travel => "des voyages et du lointain",
        Topic::Meaning => "du sens et de la direction à prendre",
        Topic::General => "de ce que vous vivez en ce moment",
    }
}

pub(in crate::llm::composer) const fn role(point: Point) -> &'static str {
    match point {
        Point::Body(body) => match body {
            Body::Sun => "votre élan de vie",
            Body::Moon => "votre façon de ressentir",
            Body::Mercury => "votre façon de penser et de parler",
            Body::Venus => "votre façon d’aimer",
            Body::Mars => "votre façon d’agir",
            Body::Jupiter => "votre confiance",
            Body::Saturn => "votre sens des responsabilités",
            Body::Uranus => "votre besoin de liberté",
            Body::Neptune => "votre imaginaire",
            Body::Pluto => "votre capacité de transformation",
            Body::MeanNode | Body::TrueNode => "votre direction de croissance",
            Body::Chiron => "votre façon de soigner les vieilles blessures",
            Body::Ceres => "votre façon de prendre soin et de nourrir",
            Body::Pallas => "votre sens de la stratégie",
            Body::Juno => "votre fidélité",
            Body::Vesta => "votre dévouement",
            Body::Pholus => "votre façon de déclencher les choses",
            Body::Eris => "votre refus de l’exclusion",
            Body::MeanApogee | Body::OsculatingApogee => "votre part indomptée",
        },
        Point::Ascendant => "votre premier contact avec les autres",
        Point::Midheaven => "votre orientation publique",
        Point::Descendant => "votre façon de rencontrer l’autre",
        Point::ImumCoeli => "votre assise intime",
        Point::Vertex | Point::EastPoint => "vos rencontres",
        Point::Fortune => "votre bien-être",
        Point::Spirit => "votre intention",
        Point::SouthNode => "votre terrain familier",
    }
}

pub(in crate::llm::composer) const fn manner(sign: Sign) -> &'static str {
    match sign {
        Sign::Aries => "avec franchise, élan et goût du départ",
        Sign::Taurus => "avec patience, constance et plaisir des sens",
        Sign::Gemini => "avec curiosité, légèreté et goût des mots",
        Sign::Cancer => "avec tendresse, pudeur et mémoire",
        Sign::Leo => "avec chaleur, fierté et générosité",
        Sign::Virgo => "avec soin, discernement et envie d’être utile",
        Sign::Libra => "avec tact, sens du juste et goût du lien",
        Sign::Scorpio => "avec intensité, discrétion et loyauté",
        Sign::Sagittarius => "avec entrain, optimisme et soif de sens",
        Sign::Capricorn => "avec mesure, endurance et vue à long terme",
        Sign::Aquarius => "avec indépendance, originalité et souci du groupe",
        Sign::Pisces => "avec sensibilité, imagination et compassion",
    }
}

pub(in crate::llm::composer) fn field(house: u8) -> &'static str {
    match house {
        1 => "dans votre manière de vous présenter",
        2 => "dans votre rapport à l’argent et à ce qui compte",
        3 => "dans les échanges du quotidien",
        4 => "à la maison et en famille",
        5 => "dans le jeu, l’amour et la création",
        6 => "dans le travail de tous les jours",
        7 => "dans la vie à deux",
        8 => "dans ce que vous partagez et laissez partir",
        9 => "dans les études et les grands voyages",
        10 => "dans votre rôle public",
        11 => "parmi vos amis et dans les projets communs",
        12 => "dans la solitude et à l’abri des regards",
        _ => "",
    }
}

pub(in crate::llm::composer) const fn temper(aspect: Aspect) -> &'static [&'static str] {
    match aspect {
        Aspect::Conjunction => &["concentre l’attention en un seul endroit", "rapproche ces deux voix"],
        Aspect::Sextile => &["ouvre une petite porte", "aide pourvu que vous fassiez le premier pas"],
        Aspect::Trine => &["facilite un peu les choses", "apporte une aisance discrète"],
        Aspect::Square => &["demande un peu de patience", "crée un frottement qui peut être utile"],
        Aspect::Opposition => &["invite à peser deux points de vue", "peut se manifester à travers quelqu’un d’autre"],
        _ => match aspect.nature() {
            Nature::Harmonious => &["facilite un peu les choses", "apporte une aisance discrète"],
            Nature::Tense => &["demande un peu de patience", "crée un frottement qui peut être utile"],
            Nature::Neutral => &["rapproche ces deux voix"],
        },
    }
}

pub(in crate::llm::composer) const fn short_role(point: Point) -> &'static str {
    match point {
        Point::Body(body) => match body {
            Body::Sun => "la volonté",
            Body::Moon => "l’émotion",
            Body::Mercury => "la pensée",
            Body::Venus => "l’affection",
            Body::Mars => "l’action",
            Body::Jupiter => "la confiance",
            Body::Saturn => "le devoir",
            Body::Uranus => "la liberté",
            Body::Neptune => "le rêve",
            Body::Pluto => "la profondeur",
            Body::MeanNode | Body::TrueNode => "la croissance",
            Body::Chiron => "la guérison",
            Body::Ceres => "le soin",
            Body::Pallas => "la stratégie",
            Body::Juno => "la fidélité",
            Body::Vesta => "le dévouement",
            Body::Pholus => "le déclic",
            Body::Eris => "la contestation",
            Body::MeanApogee | Body::OsculatingApogee => "l’instinct",
        },
        Point::Ascendant => "la première impression",
        Point::Midheaven => "l’ambition",
        Point::Descendant => "le lien",
        Point::ImumCoeli => "le foyer",
        Point::Vertex | Point::EastPoint => "la rencontre",
        Point::Fortune => "le bien-être",
        Point::Spirit => "l’intention",
        Point::SouthNode => "l’habitude",
    }
}
