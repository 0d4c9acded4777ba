//! P: The English phrases of the composer. Chooses no fact and no passage.

mod remarks;
mod words;

use self::words::{field, manner, role, short_role, temper, topic_phrase};
use super::voice::{Gloss, Placement, Remark, Voice, closeness, is_generational, pick};
use crate::astro::{Aspect, Body, Factor, Lang, Point, Sign};
use crate::llm::lexicon::{
    an_aspect, aspect_name, capitalised, house_ordinal, point_name, position_text, sign_name, the_point, uncapitalised,
    your_point,
};
use crate::llm::{Danger, FactValue, Topic};

const EN: Lang = Lang::En;

pub(super) struct English;

fn list(bodies: &[Body]) -> String {
    let names: Vec<String> = bodies.iter().map(|b| the_point(EN, Point::Body(*b))).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// `a square with`, `an opposition to`.
fn aspect_with(aspect: Aspect) -> String {
    let link = if aspect == Aspect::Opposition { "to" } else { "with" };
    format!("{} {link}", an_aspect(EN, aspect))
}

impl Voice for English {
    fn opening(&self, topic: Option<Topic>, lead: &str, roll: u64) -> String {
        let Some(topic) = topic else {
            let upper = capitalised(lead);
            return match roll % 4 {
                0 => format!("Let us go straight to {lead} and see what it adds to the rest of your chart."),
                3 => format!("You asked about {lead}, so that is where I begin."),
                1 => format!("{upper} has a good deal to say, and most of it is within your reach."),
                _ => format!("You have put your finger on something particular, so {lead} comes first here."),
            };
        };
        if topic == Topic::General {
            return match roll % 4 {
                0 => format!("For a question this wide, {lead} is the steadiest place to start."),
                1 => format!("Let us begin at the centre of your chart, with {lead}, and then see what today adds."),
                2 => {
                    format!("Here is what stands out for you, starting with {lead} and ending with the sky of the day.")
                }
                _ => format!("A wide question deserves a plain beginning, so I start with {lead}."),
            };
        }
        let np = topic_phrase(topic);
        match roll % 7 {
            5 => format!("For {np}, I would start with {lead}."),
            6 => {
                format!("There is more than one way to look at {np}; in your chart, the clearest leads through {lead}.")
            }
            0 => format!("On {np}, your chart speaks first through {lead}."),
            1 => format!("Let us look at {np} through your own chart, beginning with {lead}."),
            2 => format!("When the question is {np}, {lead} is the first place to look."),
            3 => format!("Your chart has something quite particular to say about {np}, and it starts with {lead}."),
            _ => format!("To think about {np}, it helps to begin close to home, with {lead}."),
        }
    }

    fn lead(&self, value: &FactValue) -> String {
        match value {
            FactValue::Placement { point, .. } => your_point(EN, *point),
            FactValue::House { house, .. } => format!("your {} house", house_ordinal(EN, *house)),
            FactValue::EmptySign { sign, .. } => sign_name(EN, *sign).to_owned(),
            FactValue::Aspect { a, b, .. } => format!("{} and {}", your_point(EN, *a), your_point(EN, *b)),
        }
    }

    fn placement(&self, p: &Placement, gloss: Gloss, roll: u64) -> String {
        let (name, role) = (point_name(EN, p.point), role(p.point));
        let place = p.degree_in_sign.map_or_else(
            || format!("in {}", sign_name(EN, p.sign)),
            |d| format!("at {}", position_text(EN, d, p.sign)),
        );
        let back = if p.retrograde { ", retrograde," } else { "" };
        let house =
            |word: &str| p.house.map(|h| format!(" in {word} {} house", house_ordinal(EN, h))).unwrap_or_default();
        let comma = if p.house.is_none() { back.trim_end_matches(',') } else { back };
        if is_generational(p.point) {
            return p.house.map_or_else(
                || format!("Your {name} stands {place}{comma}, a sign that you share with most people of your age."),
                |h| {
                    format!(
                        "Your {name} stands {place}{back}{}, so your {role} is felt most {}.",
                        house("your"),
                        field(h)
                    )
                },
            );
        }
        if gloss == Gloss::HouseOnly {
            let shade = p.house.map_or_else(
                || format!(", and shares that temper in your {role}"),
                |h| format!(", so your {role} comes alive {}", field(h)),
            );
            return format!("Your {name} also stands {place}{comma}{}{shade}.", house("your"));
        }
        let manner = manner(p.sign);
        match (roll % 3, p.house) {
            (0, Some(h)) => format!(
                "Your {name} stands {place}{back}{}, so your {role} tends to be {manner}, above all {}.",
                house("your"),
                field(h)
            ),
            (1, Some(h)) => format!(
                "With your {name} {place}{back}{}, your {role} is often {manner}, and it shows most {}.",
                house("your"),
                field(h)
            ),
            (_, Some(h)) => format!(
                "{} your {name} sits{back}{}: your {role} tends to be {manner}, and it looks for room {}.",
                capitalised(&place) + ",",
                house("your"),
                field(h)
            ),
            (0, None) => format!("Your {name} stands {place}{comma}, so your {role} tends to be {manner}."),
            (1, None) => format!("With your {name} {place}{comma}, your {role} is often {manner}."),
            (_, None) => format!("Your {name} is {place}{comma}: your {role} leans toward being {manner}."),
        }
    }

    fn forward(&self, point: Point, roll: u64) -> String {
        let name = the_point(EN, point);
        match roll % 2 {
            0 => format!(
                "No: {name} was in forward motion when you were born, so the spells that people speak of pass over you as they pass over everybody."
            ),
            _ => format!(
                "Not from birth: {name} was in forward motion that day, so such spells come and go in your life and do not define you."
            ),
        }
    }

    fn open_sign(&self, point: Point, one: Sign, other: Sign, roll: u64) -> String {
        let (name, one, other) = (point_name(EN, point), sign_name(EN, one), sign_name(EN, other));
        match roll % 2 {
            0 => format!(
                "Your {name} is in {one} or in {other}; the birth time would settle which, so read both and keep what fits."
            ),
            _ => format!(
                "Without the hour of birth, your {name} may stand in {one} or in {other}, and you are the best judge of which sounds like you."
            ),
        }
    }

    fn house(&self, house: u8, sign: Sign, bodies: &[Body], roll: u64) -> String {
        let (nth, sign_text, field) = (house_ordinal(EN, house), sign_name(EN, sign), field(house));
        let manner = manner(sign);
        let inside = if bodies.is_empty() {
            ", with no planet in it".to_owned()
        } else {
            format!(" and holds {}", list(bodies))
        };
        match roll % 2 {
            0 => format!(
                "Your {nth} house opens in {sign_text}{inside}, so what you meet {field} is likely to feel {manner}."
            ),
            _ => format!(
                "Your {nth} house begins in {sign_text}{inside}, which gives what happens {field} a tone that is {manner}."
            ),
        }
    }

    fn natal_aspect(&self, a: Point, b: Point, aspect: Aspect, roll: u64) -> String {
        let (one, other, link) = (your_point(EN, a), your_point(EN, b), aspect_with(aspect));
        let (here, there) = (short_role(a), short_role(b));
        let meaning = match aspect {
            Aspect::Conjunction => format!("{here} and {there} tend to speak together"),
            Aspect::Sextile => format!("{here} and {there} can help each other with a little effort"),
            Aspect::Trine => format!("{here} and {there} get along with ease"),
            Aspect::Square => format!("{here} and {there} have to make room for each other"),
            Aspect::Opposition => format!("{here} and {there} may pull in two directions"),
            _ => format!("{here} and {there} take some notice of each other"),
        };
        match roll % 3 {
            0 => format!("{} forms {link} {other}, so {meaning}.", capitalised(&one)),
            1 => format!("From birth, {one} makes {link} {other}: {meaning}."),
            _ => format!("In you, {meaning}, since {one} forms {link} {other}."),
        }
    }

    fn leader(&self, f: &Factor, exact: bool, roll: u64) -> String {
        let sky = the_point(EN, Point::Body(f.transiting));
        let natal = format!("your natal {}", point_name(EN, f.natal));
        let moving = if f.applying { ["still building", "tightening"] } else { ["already easing", "loosening"] };
        let back = if f.transiting_retrograde { ", retrograde," } else { "" };
        let (link, temper) = (aspect_with(f.aspect), pick(temper(f.aspect), roll / 3));
        let close = ["almost exact", "close", "fairly close", "rather wide"][closeness(f.orb_deg)];
        match (roll % 3, exact) {
            (0, true) => {
                format!(
                    "In today's sky, {sky}{back} forms {link} {natal}; it is {close} and {}, and it {temper}.",
                    moving[0]
                )
            }
            (1, true) => format!(
                "A contact that stands out today joins {sky}{back} to {natal} by {}, {close} and {}: it {temper}.",
                aspect_name(EN, f.aspect),
                moving[0]
            ),
            (_, true) => {
                format!("Today {sky}{back} makes {link} {natal}, {close} and {}, which {temper}.", moving[1])
            }
            (0, false) => format!("In today's sky, {sky}{back} forms {link} {natal}, which {temper}."),
            (1, false) => format!(
                "A contact that stands out today joins {sky}{back} to {natal} by {}: it {temper}.",
                aspect_name(EN, f.aspect)
            ),
            (_, false) => format!("Today {sky}{back} makes {link} {natal}, and that {temper}."),
        }
    }

    fn second(&self, f: &Factor, roll: u64) -> String {
        let (sky, natal, link) =
            (the_point(EN, Point::Body(f.transiting)), your_point(EN, f.natal), aspect_with(f.aspect));
        let temper = pick(temper(f.aspect), roll / 2);
        match roll % 2 {
            0 => format!("Beside it, {sky} forms {link} {natal}, which {temper}."),
            _ => format!("There is also {link} {natal} from {sky}: it {temper}."),
        }
    }

    fn timing(&self, day: &str, is_past: bool, roll: u64) -> String {
        match (is_past, roll % 2) {
            (false, 0) => format!("The angle is exact around {day}, and you may notice it most in the days before."),
            (false, _) => format!("It comes to its peak around {day}."),
            (true, 0) => format!("The angle was exact around {day}, so what it stirred may be settling by now."),
            (true, _) => format!("Its peak was around {day}."),
        }
    }

    fn empty_sign(&self, sign: Sign, house: Option<u8>) -> String {
        let name = sign_name(EN, sign);
        house.map_or_else(
            || format!("No planet stands in {name} in your chart, so its tone may reach you through other people more than from within."),
            |h| {
                format!(
                    "No planet stands in {name} in your chart; your {} house opens in {name}, though, so you meet its tone {}.",
                    house_ordinal(EN, h),
                    field(h)
                )
            },
        )
    }

    fn step(&self, suggestion: &str, roll: u64) -> String {
        match roll % 4 {
            0 => format!("One small step: {}", uncapitalised(suggestion)),
            1 => format!("Here is something to try: {}", uncapitalised(suggestion)),
            2 => format!("Something practical for the next days: {}", uncapitalised(suggestion)),
            _ => suggestion.to_owned(),
        }
    }

    fn remarks(&self, remark: Remark) -> &'static [&'static str] {
        remarks::of(remark)
    }

    fn crisis(&self, danger: Danger) -> &'static [&'static [&'static str]] {
        remarks::crisis(danger)
    }

    fn no_planet(&self) -> &'static str {
        "no planet"
    }

    fn or(&self) -> &'static str {
        " or "
    }

    fn house_word(&self) -> &'static str {
        "house"
    }

    fn retrograde(&self) -> &'static str {
        " retrograde"
    }
}
