//! P: The French phrases of the composer. Chooses no fact and no passage.

mod remarks;
mod words;

use self::words::{about_topic, field, manner, role, short_role, temper};
use super::voice::{Gloss, Placement, Remark, Voice, closeness, is_generational, pick};
use crate::astro::{Aspect, Body, Factor, Lang, Point, Sign};
use crate::llm::lexicon::{
    an_aspect, capitalised, house_ordinal, point_name, position_text, sign_name, the_point, the_sign_fr, uncapitalised,
    your_point,
};
use crate::llm::{Danger, FactValue, Topic};

const FR: Lang = Lang::Fr;

pub(super) struct French;

fn list(bodies: &[Body]) -> String {
    let names: Vec<String> = bodies.iter().map(|b| the_point(FR, Point::Body(*b))).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} et {last}", most.join(", ")),
    }
}

/// `votre Lune de naissance`; an angle is of the birth by itself.
fn natal_point(point: Point) -> String {
    let name = your_point(FR, point);
    if matches!(point, Point::Body(_)) { format!("{name} de naissance") } else { name }
}

impl Voice for French {
    fn opening(&self, topic: Option<Topic>, lead: &str, roll: u64) -> String {
        let upper = capitalised(lead);
        let Some(topic) = topic else {
            return match roll % 4 {
                0 => format!("Regardons de près {lead} et ce que cela apporte au reste de votre thème."),
                3 => format!("{upper}, puisque vous posez la question : c’est par là que je commence."),
                1 => format!("{upper} a beaucoup à vous dire, et presque tout dépend de ce que vous en ferez."),
                _ => format!("Votre question vise un point précis, commençons donc par {lead}."),
            };
        };
        if topic == Topic::General {
            return match roll % 4 {
                0 => format!("Pour une question aussi large, le repère le plus sûr est {lead}."),
                1 => {
                    format!("Commençons par le cœur de votre thème, {lead}, avant de voir ce que la journée y ajoute.")
                }
                2 => format!("Voici ce qui ressort pour vous, de {lead} jusqu’au ciel du jour."),
                _ => format!("À question ouverte, début simple : je pars de {lead}."),
            };
        }
        let about = about_topic(topic);
        match roll % 7 {
            5 => format!("À propos {about}, je commencerais par {lead}."),
            6 => format!(
                "On peut aborder la question {about} de bien des manières ; dans votre thème, la plus claire passe par {lead}."
            ),
            0 => format!("Quand il est question {about}, votre thème parle d’abord à travers {lead}."),
            1 => format!("Parlons {about} à partir de votre propre thème, en commençant par {lead}."),
            2 => format!("S’agissant {about}, {lead} est le premier repère à regarder."),
            3 => format!("Au sujet {about}, votre thème a quelque chose de personnel à dire, à commencer par {lead}."),
            _ => format!("Pour parler {about}, mieux vaut partir de ce qui vous est propre : {lead}."),
        }
    }

    fn lead(&self, value: &FactValue) -> String {
        match value {
            FactValue::Placement { point, .. } => your_point(FR, *point),
            FactValue::House { house, .. } => format!("votre {} maison", house_ordinal(FR, *house)),
            FactValue::EmptySign { sign, .. } => the_sign_fr(*sign),
            FactValue::Aspect { a, b, .. } => format!("{} et {}", your_point(FR, *a), your_point(FR, *b)),
        }
    }

    fn placement(&self, p: &Placement, gloss: Gloss, roll: u64) -> String {
        let (name, role) = (point_name(FR, p.point), role(p.point));
        let place = p
            .degree_in_sign
            .map_or_else(|| format!("en {}", sign_name(FR, p.sign)), |d| format!("à {}", position_text(FR, d, p.sign)));
        let back = if p.retrograde { ", rétrograde" } else { "" };
        let house =
            |word: &str| p.house.map(|h| format!(", dans {word} {} maison", house_ordinal(FR, h))).unwrap_or_default();
        if is_generational(p.point) {
            return p.house.map_or_else(
                || format!("Votre {name} se trouve {place}{back}, un signe que vous partagez avec la plupart des gens de votre âge."),
                |h| format!("Votre {name} se trouve {place}{back}{} : {role} se fait sentir surtout {}.", house("votre"), field(h)),
            );
        }
        if gloss == Gloss::HouseOnly {
            let shade = p.house.map_or_else(
                || format!(" : {role} prend la même couleur"),
                |h| format!(" : {role} s’anime surtout {}", field(h)),
            );
            return format!("Votre {name} se trouve aussi {place}{back}{}{shade}.", house("votre"));
        }
        let manner = manner(p.sign);
        match (roll % 3, p.house) {
            (0, Some(h)) => format!(
                "Votre {name} se trouve {place}{back}{} : {role} s’exprime volontiers {manner}, surtout {}.",
                house("votre"),
                field(h)
            ),
            (1, Some(h)) => format!(
                "Avec votre {name} {place}{back}{}, {role} se manifeste souvent {manner}, et cela se remarque d’abord {}.",
                house("votre"),
                field(h)
            ),
            (_, Some(h)) => format!(
                "{}, votre {name}{} occupe votre {} maison : {role} s’exprime {manner} et cherche sa place {}.",
                capitalised(&place),
                if p.retrograde { ", rétrograde," } else { "" },
                house_ordinal(FR, h),
                field(h)
            ),
            (0, None) => format!("Votre {name} se trouve {place}{back} : {role} s’exprime volontiers {manner}."),
            (1, None) => format!("Avec votre {name} {place}{back}, {role} se manifeste souvent {manner}."),
            (_, None) => format!("Votre {name} est {place}{back} ; {role} s’exprime donc le plus souvent {manner}."),
        }
    }

    fn forward(&self, point: Point, roll: u64) -> String {
        let name = the_point(FR, point);
        match roll % 2 {
            0 => format!(
                "Non : {name} était en marche directe à votre naissance, et les périodes dont on parle tant passent sur vous comme sur tout le monde."
            ),
            _ => format!(
                "Pas de naissance, en tout cas : {name} était ce jour-là en marche directe, si bien que ses périodes de recul ne font que passer chez vous."
            ),
        }
    }

    fn open_sign(&self, point: Point, one: Sign, other: Sign, roll: u64) -> String {
        let (name, one, other) = (point_name(FR, point), sign_name(FR, one), sign_name(FR, other));
        match roll % 2 {
            0 => format!(
                "Votre {name} est en {one} ou en {other} ; seule l’heure de naissance le dirait, alors gardez des deux ce qui vous ressemble."
            ),
            _ => format!(
                "Sans l’heure de naissance, votre {name} peut être en {one} ou en {other}, et vous êtes la personne la mieux placée pour sentir ce qui sonne juste."
            ),
        }
    }

    fn house(&self, house: u8, sign: Sign, bodies: &[Body], roll: u64) -> String {
        let (nth, sign_text, field, manner) =
            (house_ordinal(FR, house), sign_name(FR, sign), field(house), manner(sign));
        match (roll % 2, bodies.is_empty()) {
            (0, true) => format!(
                "Votre {nth} maison s’ouvre en {sign_text}, sans aucune planète à l’intérieur : {field}, vous avancez volontiers {manner}."
            ),
            (0, false) => format!(
                "Votre {nth} maison s’ouvre en {sign_text} et accueille {} : {field}, vous avancez volontiers {manner}.",
                list(bodies)
            ),
            (_, true) => format!(
                "Votre {nth} maison commence en {sign_text} sans abriter de planète ; {field}, vous procédez souvent {manner}."
            ),
            (_, false) => format!(
                "Votre {nth} maison commence en {sign_text} et abrite {} ; {field}, vous procédez souvent {manner}.",
                list(bodies)
            ),
        }
    }

    fn natal_aspect(&self, a: Point, b: Point, aspect: Aspect, roll: u64) -> String {
        let (one, other, form) = (your_point(FR, a), your_point(FR, b), an_aspect(FR, aspect));
        let (here, there) = (short_role(a), short_role(b));
        let meaning = match aspect {
            Aspect::Conjunction => format!("{here} et {there} parlent souvent d’une même voix"),
            Aspect::Sextile => format!("{here} et {there} s’aident dès que vous faites un premier pas"),
            Aspect::Trine => format!("{here} et {there} s’accordent sans peine"),
            Aspect::Square => format!("{here} et {there} doivent apprendre à se faire de la place"),
            Aspect::Opposition => format!("{here} et {there} tirent parfois dans deux directions"),
            _ => format!("{here} et {there} se remarquent parfois"),
        };
        match roll % 3 {
            0 => format!("{} forme {form} avec {other}, si bien que {meaning}.", capitalised(&one)),
            1 => format!("Depuis la naissance, {one} forme {form} avec {other} : {meaning}."),
            _ => format!("Chez vous, {meaning}, car {one} forme {form} avec {other}."),
        }
    }

    fn leader(&self, f: &Factor, exact: bool, roll: u64) -> String {
        let (sky, natal) = (the_point(FR, Point::Body(f.transiting)), natal_point(f.natal));
        let form = an_aspect(FR, f.aspect);
        let moving = if f.applying { "se resserre encore" } else { "se relâche déjà" };
        let back = if f.transiting_retrograde { ", rétrograde," } else { "" };
        let temper = pick(temper(f.aspect), roll / 3);
        let close = ["presque exact", "étroit", "assez étroit", "plutôt large"][closeness(f.orb_deg)];
        match (roll % 3, exact) {
            (0, true) => format!(
                "Dans le ciel d’aujourd’hui, {sky}{back} forme {form} avec {natal} ; ce contact {close} {moving} et {temper}."
            ),
            (1, true) => format!(
                "Le contact qui ressort aujourd’hui relie {sky}{back} et {natal} par {form} : il est {close}, {moving} et {temper}."
            ),
            (_, true) => format!(
                "Aujourd’hui, {sky}{back} est en lien avec {natal} par {form} : c’est un contact {close} qui {moving} et {temper}."
            ),
            (0, false) => {
                format!("Dans le ciel d’aujourd’hui, {sky}{back} forme {form} avec {natal}, ce qui {temper}.")
            }
            (1, false) => {
                format!("Le contact qui ressort aujourd’hui relie {sky}{back} et {natal} par {form} ; il {temper}.")
            }
            (_, false) => format!("Aujourd’hui, {sky}{back} est en lien avec {natal} par {form}, et cela {temper}."),
        }
    }

    fn second(&self, f: &Factor, roll: u64) -> String {
        let (sky, natal) = (the_point(FR, Point::Body(f.transiting)), your_point(FR, f.natal));
        let (form, temper) = (an_aspect(FR, f.aspect), pick(temper(f.aspect), roll / 2));
        match roll % 2 {
            0 => format!("Par ailleurs, {sky} forme {form} avec {natal}, ce qui {temper}."),
            _ => format!("{} forme aussi {form} avec {natal} : cela {temper}.", capitalised(&sky)),
        }
    }

    fn timing(&self, day: &str, is_past: bool, roll: u64) -> String {
        match (is_past, roll % 2) {
            (false, 0) => format!(
                "L’angle devient exact vers le {day}, et c’est dans les jours qui précèdent qu’il se remarque le plus."
            ),
            (false, _) => format!("Il culmine vers le {day}."),
            (true, 0) => {
                format!("L’angle a été exact vers le {day} : ce qu’il a remué se dépose sans doute peu à peu.")
            }
            (true, _) => format!("Il a culminé vers le {day}."),
        }
    }

    fn empty_sign(&self, sign: Sign, house: Option<u8>) -> String {
        let name = sign_name(FR, sign);
        house.map_or_else(
            || format!("Aucune planète ne se trouve en {name} dans votre thème : sa note vous parvient peut-être davantage par les autres que de l’intérieur."),
            |h| {
                format!(
                    "Aucune planète ne se trouve en {name} dans votre thème ; votre {} maison s’ouvre toutefois en {name}, et sa note s’entend {}.",
                    house_ordinal(FR, h),
                    field(h)
                )
            },
        )
    }

    fn step(&self, suggestion: &str, roll: u64) -> String {
        match roll % 4 {
            0 => format!("Un petit pas possible : {}", uncapitalised(suggestion)),
            1 => format!("Voici une piste à essayer : {}", uncapitalised(suggestion)),
            2 => format!("Une idée concrète pour les jours qui viennent : {}", uncapitalised(suggestion)),
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
        "aucune planète"
    }

    fn or(&self) -> &'static str {
        " ou "
    }

    fn house_word(&self) -> &'static str {
        "maison"
    }

    fn retrograde(&self) -> &'static str {
        " rétrograde"
    }
}
