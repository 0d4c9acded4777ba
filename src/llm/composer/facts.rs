//! P: A chart fact in a few words, and the passages that explain it. Writes no sentence.

use super::voice::Voice;
use super::{en, fr};
use crate::astro::{Body, Lang, Point};
use crate::llm::{FactValue, lexicon};

/// Passages that explain a fact, the most particular first.
pub fn passages_on(value: &FactValue) -> Vec<String> {
    match value {
        FactValue::Placement { point, signs, house, .. } => {
            let certain = (signs.len() == 1).then(|| signs[0].code());
            let in_sign = match point {
                Point::Body(Body::Sun) => Some("sun"),
                Point::Body(Body::Moon) => Some("moon"),
                Point::Ascendant => Some("ascendant"),
                _ => None,
            };
            if let (Some(name), Some(sign)) = (in_sign, certain) {
                return vec![format!("{name}-in-{sign}")];
            }
            let mut ids = vec![match point {
                Point::Body(Body::MeanNode | Body::TrueNode) => "point-north-node".to_owned(),
                Point::Body(body) => format!("planet-{}", body.code()),
                other => format!("point-{}", other.code()),
            }];
            ids.extend(certain.map(|sign| format!("sign-{sign}")));
            ids.extend(house.map(|house| format!("house-{house}")));
            ids
        }
        FactValue::House { house, .. } => vec![format!("house-{house}")],
        FactValue::EmptySign { sign, .. } => vec![format!("sign-{}", sign.code())],
        FactValue::Aspect { aspect, .. } => vec![format!("aspect-{}", aspect.code())],
    }
}

/// Passages that a practical step about a placement may come from: those on it, and on its body, sign and house alone.
pub fn passages_around(value: &FactValue) -> Vec<String> {
    let mut ids = passages_on(value);
    if let FactValue::Placement { point, signs, house, .. } = value {
        let own = if let Point::Body(body) = point {
            format!("planet-{}", body.code())
        } else {
            format!("point-{}", point.code())
        };
        let sign = signs.first().filter(|_| signs.len() == 1).map(|sign| format!("sign-{}", sign.code()));
        let more = [Some(own), sign, house.map(|house| format!("house-{house}"))];
        for id in more.into_iter().flatten() {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    ids
}

/// `Venus 16°59′ Aries, house 10`: a fact in a few words.
pub fn fact_text(lang: Lang, value: &FactValue) -> String {
    let voice: &dyn Voice = match lang {
        Lang::En => &en::English,
        Lang::Fr => &fr::French,
    };
    match value {
        FactValue::Placement { point, signs, degree_in_sign, house, retrograde } => {
            let name = lexicon::capitalised(lexicon::point_name(lang, *point));
            let place = match (degree_in_sign, signs.as_slice()) {
                (Some(degree), [sign]) => lexicon::position_text(lang, *degree, *sign),
                _ => signs.iter().map(|s| lexicon::sign_name(lang, *s)).collect::<Vec<_>>().join(voice.or()),
            };
            let house = house.map(|h| format!(", {} {h}", voice.house_word())).unwrap_or_default();
            let back = if *retrograde { voice.retrograde() } else { "" };
            format!("{name} {place}{back}{house}")
        }
        FactValue::House { house, sign, bodies } => {
            let inside: Vec<&str> = bodies.iter().map(|b| lexicon::point_name(lang, Point::Body(*b))).collect();
            let inside = if inside.is_empty() { String::new() } else { format!(" ({})", inside.join(", ")) };
            format!("{} {house}: {}{inside}", lexicon::capitalised(voice.house_word()), lexicon::sign_name(lang, *sign))
        }
        FactValue::EmptySign { sign, .. } => format!("{}: {}", lexicon::sign_name(lang, *sign), voice.no_planet()),
        FactValue::Aspect { a, b, aspect, orb_deg } => {
            let name = |p: &Point| lexicon::capitalised(lexicon::point_name(lang, *p));
            let orb = orb_deg.map(lexicon::degrees_text).unwrap_or_default();
            format!("{} {} {} {}", name(a), lexicon::aspect_name(lang, *aspect), name(b), orb).trim_end().to_owned()
        }
    }
}
