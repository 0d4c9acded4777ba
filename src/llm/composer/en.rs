//! P: The English phrases of the composer. Chooses no fact and no passage.

mod words;

use self::words::{field, manner, role, short_role, temper, topic_phrase};
use super::voice::{Field, Gloss, Placement, Voice, is_generational, pick};
use crate::astro::{Aspect, Body, Certainty, Factor, Lang, Point, Sign};
use crate::llm::lexicon::{
    an_aspect, aspect_name, capitalised, degrees_text, house_ordinal, point_name, position_text, sign_name, the_point,
    uncapitalised, your_point,
};
use crate::llm::{FactValue, Topic};

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
            return match roll % 3 {
                0 => format!("Let us go straight to {lead} and see what it adds to the rest of your chart."),
                1 => format!("{upper} is a good place to begin, since it colours much of what surrounds it."),
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
        match roll % 5 {
            0 => format!("On {np}, your chart speaks first through {lead}."),
            1 => format!("Let us look at {np} through your own chart, beginning with {lead}."),
            2 => format!("When the question is {np}, {lead} is the first place to look."),
            3 => format!("Your chart has something quite particular to say about {np}, and it starts with {lead}."),
            _ => format!("To think about {np}, it helps to begin close to home, with {lead}."),
        }
    }

    fn comfort(&self, topic: Topic, roll: u64) -> String {
        let wordings: &[&str] = match topic {
            Topic::Grief => &[
                "I am sorry for what you have lost.",
                "Loss takes its own time, and nothing here is meant to hurry it.",
            ],
            Topic::Loneliness => &[
                "Feeling alone is heavy, and it says nothing bad about you.",
                "Thank you for saying this plainly; many people feel it and few say it.",
            ],
            Topic::Conflict => &[
                "Quarrels wear people out, so let us go gently.",
                "It is not easy to stay fair when things are tense.",
            ],
            _ => &["Needing rest is no failing.", "It sounds as though you have been carrying a good deal."],
        };
        pick(wordings, roll).to_owned()
    }

    fn lead(&self, value: &FactValue) -> String {
        match value {
            FactValue::Placement { point, .. } => your_point(EN, *point),
            FactValue::House { house, .. } => format!("your {} house", house_ordinal(EN, *house)),
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

    fn needs_the_hour(&self, roll: u64) -> String {
        pick(
            &[
                "Houses and angles need the hour of birth, which this chart does not have, so let me tell you what can be said without it.",
                "To answer that exactly I would need your birth time; until then, other parts of your chart can still help.",
            ],
            roll,
        )
        .to_owned()
    }

    fn forward(&self, point: Point, roll: u64) -> String {
        let name = capitalised(&the_point(EN, point));
        match roll % 2 {
            0 => format!(
                "{name} was in forward motion when you were born, so what you notice belongs to passing periods and not to your nature."
            ),
            _ => format!(
                "At your birth {} was in forward motion, so such spells come and go in your life and do not define you.",
                the_point(EN, point)
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

    fn natal_aspect(&self, a: Point, b: Point, aspect: Aspect, orb_deg: Option<f64>, roll: u64) -> String {
        let (one, other, link) = (your_point(EN, a), your_point(EN, b), aspect_with(aspect));
        let (here, there) = (short_role(a), short_role(b));
        let meaning = match aspect {
            Aspect::Conjunction => format!("{here} and {there} tend to speak together"),
            Aspect::Sextile => format!("{here} and {there} can help each other with a little effort"),
            Aspect::Trine => format!("{here} and {there} get along with ease"),
            Aspect::Square => format!("{here} and {there} have to make room for each other"),
            Aspect::Opposition => format!("{here} and {there} may pull in two directions"),
        };
        let orb = orb_deg.map(|orb_deg| format!(", {} from exact", degrees_text(orb_deg))).unwrap_or_default();
        match roll % 2 {
            0 => format!("{} forms {link} {other}{orb}, so {meaning}.", capitalised(&one)),
            _ => format!("From birth, {one} makes {link} {other}{orb}: {meaning}."),
        }
    }

    fn leader(&self, f: &Factor, exact: bool, roll: u64) -> String {
        let sky = the_point(EN, Point::Body(f.transiting));
        let natal = format!("your natal {}", point_name(EN, f.natal));
        let moving = if f.applying { ["still building", "tightening"] } else { ["already easing", "loosening"] };
        let back = if f.transiting_retrograde { ", retrograde," } else { "" };
        let (link, temper, orb) = (aspect_with(f.aspect), pick(temper(f.aspect), roll / 3), degrees_text(f.orb_deg));
        match (roll % 3, exact) {
            (0, true) => format!(
                "In today's sky, {sky}{back} forms {link} {natal}, {orb} from exact and {}, which {temper}.",
                moving[0]
            ),
            (1, true) => format!(
                "A contact that stands out today joins {sky}{back} to {natal} by {}: it is {orb} from exact and {}.",
                aspect_name(EN, f.aspect),
                moving[0]
            ),
            (_, true) => format!(
                "Today {sky}{back} makes {link} {natal}; the angle is {orb} from exact and {}, and it {temper}.",
                moving[1]
            ),
            (0, false) => format!("In today's sky, {sky}{back} forms {link} {natal}, which {temper}."),
            (1, false) => format!(
                "A contact that stands out today joins {sky}{back} to {natal} by {}: it {temper}.",
                aspect_name(EN, f.aspect)
            ),
            (_, false) => format!("Today {sky}{back} makes {link} {natal}, and that {temper}."),
        }
    }

    fn second(&self, f: &Factor, exact: bool, roll: u64) -> String {
        let (sky, natal, link) =
            (the_point(EN, Point::Body(f.transiting)), your_point(EN, f.natal), aspect_with(f.aspect));
        let temper = pick(temper(f.aspect), roll / 2);
        let orb = if exact { format!(" ({} from exact)", degrees_text(f.orb_deg)) } else { String::new() };
        match roll % 2 {
            0 => format!("Beside it, {sky} forms {link} {natal}{orb}, which {temper}."),
            _ => format!("There is also {link} {natal} from {sky}{orb}: it {temper}."),
        }
    }

    fn quiet_day(&self, roll: u64) -> String {
        pick(
            &[
                "I find no close contact in today's sky that is certain for your chart, so the day is largely yours to shape.",
                "Nothing certain touches your chart closely today, which leaves room to follow your own rhythm.",
            ],
            roll,
        )
        .to_owned()
    }

    fn step(&self, suggestion: &str, roll: u64) -> String {
        match roll % 4 {
            0 => format!("One small step: {}", uncapitalised(suggestion)),
            1 => format!("Here is something to try: {}", uncapitalised(suggestion)),
            2 => format!("Something practical for the next days: {}", uncapitalised(suggestion)),
            _ => suggestion.to_owned(),
        }
    }

    fn caution(&self, field: Field, roll: u64) -> String {
        let wordings: &[&str] = match field {
            Field::Health => &[
                "For anything that touches your health, please speak with a doctor; a chart can neither diagnose nor treat.",
                "A chart is no medical opinion, so take whatever worries you about your health to a professional.",
            ],
            Field::Law => &[
                "On the legal side, a lawyer can tell you where you stand; a chart cannot.",
                "For the law itself, please ask somebody qualified, since no chart knows how a case will go.",
            ],
            Field::Money => &[
                "A chart says nothing about prices or returns, so let a qualified adviser check any financial decision.",
                "For the figures themselves, rely on someone qualified; astrology can only speak of your attitude to them.",
            ],
        };
        pick(wordings, roll).to_owned()
    }

    fn uncertain(&self, certainty: Certainty, roll: u64) -> String {
        if certainty == Certainty::Unknown {
            return pick(
                &[
                    "Since your birth time is not known, I have left the houses and the rising sign out of this answer.",
                    "I have kept to what is sure without a birth time, which means no houses and no rising sign.",
                ],
                roll,
            )
            .to_owned();
        }
        pick(
            &[
                "Since your birth time is known only roughly, I have left the houses and the rising sign out of this answer.",
                "With a birth time known only to the part of the day, the houses and the rising sign are best left open.",
            ],
            roll,
        )
        .to_owned()
    }

    fn no_forecast(&self, roll: u64) -> String {
        pick(
            &[
                "No chart can promise an outcome or a date; it can show how you tend to move, and the rest is yours.",
                "I cannot tell you what will happen, and I would distrust anyone who does; what you do next counts for more.",
                "Whether and when is not written anywhere that I can read, so treat this as light on the path and not as a forecast.",
            ],
            roll,
        )
        .to_owned()
    }

    fn farewell(&self, roll: u64) -> String {
        pick(
            &[
                "Take from this what rings true, and leave the rest.",
                "These are tendencies and not orders; you know your life better than any chart does.",
                "Treat it as a lens for looking, and trust your own judgement over mine.",
                "Nothing here binds you; it is only one way to look at things with fresh eyes.",
            ],
            roll,
        )
        .to_owned()
    }

    fn elsewhere(&self, roll: u64) -> String {
        pick(
            &[
                "That one lies outside what I can answer honestly: I read birth charts and the day's sky, and anything else would be guesswork.",
                "I am not the right helper for that, since all I know is your birth chart, the sky of the day and a small library about them.",
            ],
            roll,
        )
        .to_owned()
    }

    fn can_answer(&self, roll: u64) -> String {
        pick(
            &[
                "What I can do is look with you at love, work, money, family, rest or a decision that is on your mind.",
                "You can ask me about a relationship, your work, a choice, a hard time or simply the day ahead.",
            ],
            roll,
        )
        .to_owned()
    }

    fn unknowable(&self, roll: u64) -> String {
        pick(
            &[
                "No chart can show that, and I will not pretend otherwise.",
                "That is something no birth chart contains, so any answer from me would be invented.",
            ],
            roll,
        )
        .to_owned()
    }

    fn invite(&self, roll: u64) -> String {
        pick(
            &[
                "If you like, we can start from there: tell me which part of your life it makes you think of.",
                "Ask me what that could mean for something you care about, and I will gladly go further.",
            ],
            roll,
        )
        .to_owned()
    }

    fn crisis(&self) -> &'static [&'static [&'static str]] {
        &[
            &[
                "I am really glad that you wrote this, and I want to set the chart aside, because you matter more than any reading.",
                "What you describe deserves a person who can listen and act now.",
            ],
            &[
                "If you or somebody else is in danger, please call your local emergency number: 112 in Europe, 911 in North America, 999 in the United Kingdom.",
                "To talk with someone trained for this, you can call or text 988 in the United States and Canada, call Samaritans on 116 123 in the United Kingdom and Ireland, or call 3114 in France; elsewhere, findahelpline.com lists free lines by country.",
                "If you can, also tell one person near you, a friend, a relative or a doctor, and let them stay with you for a while.",
            ],
            &["You do not have to carry this alone, and how you feel now can change with help."],
        ]
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
