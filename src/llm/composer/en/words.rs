//! P: The English words of the composer for topics, bodies, signs, houses and aspects. Builds no sentence.

use crate::astro::{Aspect, Body, Nature, Point, Sign};
use crate::llm::Topic;

pub(in crate::llm::composer) const fn topic_phrase(topic: Topic) -> &'static str {
    match topic {
        Topic::Love => "love and closeness",
        Topic::Work => "your working life",
        Topic::Money => "money and what it stands for",
        Topic::Family => "family ties",
        Topic::Friendship => "friendship",
        Topic::Rest => "rest and how you refill your strength",
        Topic::Decisions => "a choice like this",
        Topic::Change => "a time of change",
        Topic::Grief => "loss and what helps in it",
        Topic::Creativity => "your creative side",
        Topic::Conflict => "tension with others",
        Topic::Study => "learning",
        Topic::Home => "home and where you belong",
        Topic::Loneliness => "solitude and the wish for company",
        Topic::Confidence => "trust in yourself",
        Topic::Travel => "travel and distance",
        Topic::Meaning => "meaning and direction",
        Topic::General => "where you stand just now",
    }
}

pub(in crate::llm::composer) const fn role(point: Point) -> &'static str {
    match point {
        Point::Body(body) => match body {
            Body::Sun => "sense of purpose",
            Body::Moon => "way of feeling and finding comfort",
            Body::Mercury => "way of thinking and speaking",
            Body::Venus => "way of loving and enjoying",
            Body::Mars => "way of acting and standing your ground",
            Body::Jupiter => "way of growing and trusting",
            Body::Saturn => "way of carrying responsibility",
            Body::Uranus => "wish for freedom",
            Body::Neptune => "imagination",
            Body::Pluto => "way of facing deep change",
            Body::MeanNode | Body::TrueNode => "direction of growth",
            Body::Chiron => "way of tending old wounds",
            Body::Ceres => "way of caring and feeding",
            Body::Pallas => "sense of pattern and strategy",
            Body::Juno => "way of keeping faith",
            Body::Vesta => "way of devoting yourself",
            Body::Pholus => "way of setting things in motion",
            Body::Eris => "refusal to be left out",
            Body::MeanApogee | Body::OsculatingApogee => "untamed side",
        },
        Point::Ascendant => "first approach to people and situations",
        Point::Midheaven => "public direction",
        Point::Descendant => "way of meeting others",
        Point::ImumCoeli => "private foundation",
        Point::Vertex | Point::EastPoint => "encounters",
        Point::Fortune => "sense of well-being",
        Point::Spirit => "sense of intention",
        Point::SouthNode => "familiar ground",
    }
}

pub(in crate::llm::composer) const fn manner(sign: Sign) -> &'static str {
    match sign {
        Sign::Aries => "direct, quick and willing to go first",
        Sign::Taurus => "patient, sensual and hard to hurry",
        Sign::Gemini => "curious, light and fond of words",
        Sign::Cancer => "protective, tender and attentive to memory",
        Sign::Leo => "warm, proud and generous",
        Sign::Virgo => "careful, observant and eager to be useful",
        Sign::Libra => "tactful, fair-minded and turned toward others",
        Sign::Scorpio => "intense, private and loyal",
        Sign::Sagittarius => "frank, hopeful and hungry for meaning",
        Sign::Capricorn => "steady, reserved and built for the long run",
        Sign::Aquarius => "independent, original and mindful of the group",
        Sign::Pisces => "sensitive, imaginative and easily moved",
    }
}

pub(in crate::llm::composer) fn field(house: u8) -> &'static str {
    match house {
        1 => "in the way you present yourself",
        2 => "around what you earn and value",
        3 => "in everyday exchanges",
        4 => "at home and in the family",
        5 => "in play, romance and creation",
        6 => "in daily work and habits",
        7 => "in partnership",
        8 => "in what you share and let go",
        9 => "in study and far horizons",
        10 => "in your public role",
        11 => "among friends and in shared projects",
        12 => "in solitude and away from view",
        _ => "",
    }
}

pub(in crate::llm::composer) const fn temper(aspect: Aspect) -> &'static [&'static str] {
    match aspect {
        Aspect::Conjunction => &["gathers attention in one place", "brings the two very close"],
        Aspect::Sextile => &["offers a small opening", "helps if you take the first step"],
        Aspect::Trine => &["makes things a little easier", "lends a quiet ease"],
        Aspect::Square => &["asks for some patience", "adds a useful friction"],
        Aspect::Opposition => &["asks you to weigh two sides", "may speak through somebody else"],
        _ => match aspect.nature() {
            Nature::Harmonious => &["makes things a little easier", "lends a quiet ease"],
            Nature::Tense => &["asks for some patience", "adds a useful friction"],
            Nature::Neutral => &["draws the two together"],
        },
    }
}

pub(in crate::llm::composer) const fn short_role(point: Point) -> &'static str {
    match point {
        Point::Body(body) => match body {
            Body::Sun => "purpose",
            Body::Moon => "feeling",
            Body::Mercury => "thought",
            Body::Venus => "affection",
            Body::Mars => "drive",
            Body::Jupiter => "confidence",
            Body::Saturn => "duty",
            Body::Uranus => "freedom",
            Body::Neptune => "dreams",
            Body::Pluto => "depth",
            Body::MeanNode | Body::TrueNode => "growth",
            Body::Chiron => "healing",
            Body::Ceres => "care",
            Body::Pallas => "strategy",
            Body::Juno => "loyalty",
            Body::Vesta => "devotion",
            Body::Pholus => "turning points",
            Body::Eris => "dissent",
            Body::MeanApogee | Body::OsculatingApogee => "instinct",
        },
        Point::Ascendant => "first impressions",
        Point::Midheaven => "ambition",
        Point::Descendant => "closeness",
        Point::ImumCoeli => "home",
        Point::Vertex | Point::EastPoint => "encounters",
        Point::Fortune => "well-being",
        Point::Spirit => "intention",
        Point::SouthNode => "habit",
    }
}
