//! P: Chooses and words the chart facts that matter for a question, and orders the day's contacts. States only what the
//! chart holds: where the birth time leaves something open, the fact says so or is not made.

use crate::astro::{Body, Certainty, Chart, Factor, Lang, Placement, Point, Sign, Today};
use crate::llm::{ChartFact, FactValue, Reading, Topic, composer, lexicon};

/// Facts offered to a provider.
const FACTS_MAX: usize = 8;

/// One place in the chart to look at.
#[derive(Clone, Copy)]
enum Look {
    Planet(Body),
    At(Point),
    House(u8),
    Empty(Sign),
}

const ASCENDANT: Look = Look::At(Point::Ascendant);
const MIDHEAVEN: Look = Look::At(Point::Midheaven);

/// Where tradition looks first for a topic.
const fn significators(topic: Topic) -> &'static [Look] {
    use Body::{Jupiter, Mars, Mercury, Moon, Neptune, Pluto, Saturn, Sun, Uranus, Venus};
    use Look::{House, Planet};
    match topic {
        Topic::Love => &[Planet(Venus), House(7), Planet(Moon), Planet(Mars)],
        Topic::Work => &[MIDHEAVEN, Planet(Saturn), Planet(Sun), House(6), Planet(Mars)],
        Topic::Money => &[House(2), Planet(Venus), Planet(Saturn), Planet(Jupiter)],
        Topic::Family => &[Planet(Moon), House(4), Planet(Saturn), Planet(Sun)],
        Topic::Friendship => &[House(11), Planet(Mercury), Planet(Venus), Planet(Jupiter)],
        Topic::Rest => &[Planet(Moon), House(12), Planet(Neptune), Planet(Saturn)],
        Topic::Decisions => &[Planet(Mercury), Planet(Saturn), Planet(Sun), Planet(Mars)],
        Topic::Change => &[Planet(Uranus), Planet(Sun), Planet(Pluto), ASCENDANT],
        Topic::Grief => &[Planet(Moon), Planet(Saturn), House(8), Planet(Pluto)],
        Topic::Creativity => &[House(5), Planet(Venus), Planet(Sun), Planet(Neptune)],
        Topic::Conflict => &[Planet(Mars), Planet(Mercury), Planet(Venus), House(7)],
        Topic::Study => &[Planet(Mercury), House(9), Planet(Jupiter), Planet(Saturn)],
        Topic::Home => &[House(4), Planet(Moon), Planet(Venus), Planet(Saturn)],
        Topic::Loneliness => &[Planet(Moon), House(11), Planet(Saturn), Planet(Venus)],
        Topic::Confidence => &[Planet(Sun), Planet(Mars), ASCENDANT, Planet(Saturn)],
        Topic::Travel => &[House(9), Planet(Jupiter), Planet(Mercury), House(3)],
        Topic::Meaning => &[Planet(Jupiter), House(9), Planet(Sun), Planet(Neptune)],
        Topic::General => &[Planet(Sun), Planet(Moon), ASCENDANT, MIDHEAVEN],
    }
}

/// The facts for a question, the weightiest first: what it names, then where its topic is looked for; the closest natal
/// aspect of the first body comes third.
pub fn for_reading(chart: &Chart, reading: &Reading, lang: Lang) -> Vec<ChartFact> {
    let claimed = [reading.claimed_sun.map(|_| Look::Planet(Body::Sun)), reading.claimed_ascendant.map(|_| ASCENDANT)];
    let mut looks: Vec<Look> = claimed.into_iter().flatten().collect();
    let claims_signs = !looks.is_empty();
    looks.extend(reading.points.iter().map(|point| Look::At(*point)));
    looks.extend(reading.houses.iter().map(|house| Look::House(*house)));
    if reading.points.is_empty() && !claims_signs {
        looks.extend(reading.signs.iter().flat_map(|sign| in_sign(chart, *sign, reading.topic)));
    }
    if reading.retrograde && reading.points.is_empty() {
        let back = chart.bodies.iter().filter(|p| p.sure_retrograde() == Some(true) && !p.body.is_node());
        looks.extend(back.map(|p| Look::At(Point::Body(p.body))));
    }
    looks.extend(significators(reading.topic));
    looks.extend(significators(Topic::General));
    let mut values: Vec<FactValue> = Vec::new();
    for look in looks {
        if let Some(value) = value_at(chart, look)
            && !values.contains(&value)
        {
            values.push(value);
        }
    }
    if let Some(aspect) = closest_aspect(chart, &values) {
        values.insert(values.len().min(2), aspect);
    }
    values.truncate(FACTS_MAX);
    values
        .into_iter()
        .map(|value| ChartFact { id: fact_id(&value), text: composer::fact_text(lang, &value), value })
        .collect()
}

/// What stands in a sign that a question names; a question on nothing else is told when nothing does.
fn in_sign(chart: &Chart, sign: Sign, topic: Topic) -> Vec<Look> {
    let bodies = chart.bodies.iter().filter(|p| p.body != Body::MeanNode && p.sign == sign);
    let mut looks: Vec<Look> = bodies.map(|p| Look::At(Point::Body(p.body))).collect();
    if let Some(angles) = &chart.angles {
        looks.extend((angles.ascendant.sign == sign).then_some(ASCENDANT));
        looks.extend((angles.midheaven.sign == sign).then_some(MIDHEAVEN));
    }
    if topic == Topic::General && is_empty(chart, sign) {
        looks.push(Look::Empty(sign));
    }
    looks
}

/// Whether no planet can stand in a sign, whatever the missing birth time leaves open.
pub fn is_empty(chart: &Chart, sign: Sign) -> bool {
    let planets = chart.bodies.iter().filter(|p| !p.body.is_node());
    !planets.into_iter().any(|p| signs_of(p).contains(&sign))
}

/// The day's contacts: those with a body that the question names come first, then those with a point that its topic looks
/// to, and among them leaders before influences. Contacts with the lunar node come last.
pub fn factors(today: &Today, reading: &Reading) -> Vec<Factor> {
    let mut factors: Vec<Factor> =
        today.leaders.iter().chain(&today.influences).filter(|f| f.certain).cloned().collect();
    let named = |f: &Factor| reading.points.contains(&Point::Body(f.transiting)) || reading.points.contains(&f.natal);
    let on_topic = |f: &Factor| {
        reading.topic != Topic::General
            && significators(reading.topic).iter().any(|look| match look {
                Look::Planet(body) => f.natal == Point::Body(*body),
                Look::At(point) => f.natal == *point,
                Look::House(house) => f.natal_house == Some(*house),
                Look::Empty(_) => false,
            })
    };
    let is_node = |f: &Factor| f.natal.is_ascending_node();
    factors.sort_by_key(|factor| (!named(factor), is_node(factor), !on_topic(factor)));
    factors
}

/// `transiting Mars square natal Sun 0°42′`: a contact in a few words, its orb where the birth is known to the minute.
pub fn factor_text(lang: Lang, factor: &Factor, exact: bool) -> String {
    let (sky, natal) =
        (lexicon::point_name(lang, Point::Body(factor.transiting)), lexicon::point_name(lang, factor.natal));
    let (from, to) = if lang == Lang::En { ("transiting", "natal") } else { ("en transit", "natal") };
    let (aspect, orb) = (
        lexicon::aspect_name(lang, factor.aspect),
        if exact { format!(" {}", lexicon::degrees_text(factor.orb_deg)) } else { String::new() },
    );
    match lang {
        Lang::En => format!("{from} {sky} {aspect} {to} {natal}{orb}"),
        Lang::Fr => format!("{} {from}, {aspect}, {natal} de naissance{orb}", lexicon::capitalised(sky)),
    }
}

fn value_at(chart: &Chart, look: Look) -> Option<FactValue> {
    match look {
        Look::Planet(wanted) | Look::At(Point::Body(wanted)) => {
            chart.bodies.iter().find(|p| p.body == wanted).map(placement)
        }
        Look::At(point) => {
            let angles = chart.angles.as_ref()?;
            let angle = if point == Point::Ascendant { &angles.ascendant } else { &angles.midheaven };
            Some(FactValue::Placement {
                point,
                signs: vec![angle.sign],
                degree_in_sign: Some(angle.degree_in_sign),
                house: None,
                retrograde: false,
            })
        }
        Look::Empty(sign) => {
            let cusps = chart.houses.as_ref().map(|houses| houses.cusps_deg.iter());
            let opens = cusps.and_then(|mut cusps| cusps.position(|cusp_deg| Sign::of(*cusp_deg) == sign));
            let house = opens.and_then(|place| u8::try_from(place + 1).ok());
            Some(FactValue::EmptySign { sign, house })
        }
        Look::House(house) => {
            let cusp_deg = chart.houses.as_ref()?.cusps_deg.get(usize::from(house).checked_sub(1)?)?;
            let inside = |p: &&Placement| p.house == Some(house) && !p.body.is_node();
            let bodies = chart.bodies.iter().filter(inside).map(|p| p.body).collect();
            Some(FactValue::House { house, sign: Sign::of(*cusp_deg), bodies })
        }
    }
}

fn placement(p: &Placement) -> FactValue {
    let signs = signs_of(p);
    // The degree is stated to the minute, which no range allows.
    let certain_degree = p.range.is_none();
    FactValue::Placement {
        point: Point::Body(p.body),
        degree_in_sign: (certain_degree && signs.len() == 1).then_some(p.degree_in_sign),
        signs,
        house: p.house,
        retrograde: p.sure_retrograde() == Some(true),
    }
}

/// The signs that a placement may have: one, or both ends of its range.
pub fn signs_of(p: &Placement) -> Vec<Sign> {
    match &p.range {
        Some(range) if !range.sign_certain => {
            let (from, to) = (Sign::of(range.from_deg), Sign::of(range.to_deg));
            if from == to { vec![from] } else { vec![from, to] }
        }
        _ => vec![p.sign],
    }
}

fn closest_aspect(chart: &Chart, values: &[FactValue]) -> Option<FactValue> {
    const CLOSE_DEG: f64 = 4.0;
    let lead = values.iter().find_map(|value| match value {
        FactValue::Placement { point, .. } => Some(*point),
        _ => None,
    })?;
    let exact = chart.birth.certainty == Certainty::Exact;
    let is_node = Point::is_ascending_node;
    chart
        .aspects
        .iter()
        .filter(|hit| hit.certain && hit.orb_deg <= CLOSE_DEG && (hit.a == lead || hit.b == lead))
        .filter(|hit| !is_node(hit.a) && !is_node(hit.b) && hit.a != hit.b)
        .filter(|hit| hit.aspect.is_major() && is_spoken_of(hit.a) && is_spoken_of(hit.b))
        .min_by(|one, other| one.orb_deg.total_cmp(&other.orb_deg))
        .map(|hit| {
            let other = if hit.a == lead { hit.b } else { hit.a };
            FactValue::Aspect { a: lead, b: other, aspect: hit.aspect, orb_deg: exact.then_some(hit.orb_deg) }
        })
}

/// Whether the answers have words for a point: a body, the Ascendant or the Midheaven.
const fn is_spoken_of(point: Point) -> bool {
    matches!(point, Point::Body(_) | Point::Ascendant | Point::Midheaven)
}

fn fact_id(value: &FactValue) -> String {
    match value {
        FactValue::Placement { point, .. } => format!("natal-{}", point.code()),
        FactValue::House { house, .. } => format!("house-{house}"),
        FactValue::EmptySign { sign, .. } => format!("empty-{}", sign.code()),
        FactValue::Aspect { a, b, aspect, .. } => format!("natal-{}-{}-{}", a.code(), aspect.code(), b.code()),
    }
}
