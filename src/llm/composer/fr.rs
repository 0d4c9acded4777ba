//! P: The French phrases of the composer. Chooses no fact and no passage.

mod words;

use self::words::{about_topic, field, manner, role, short_role, temper};
use super::voice::{Field, Gloss, Placement, Voice, is_generational, pick};
use crate::astro::{Aspect, Body, Certainty, Factor, Lang, Point, Sign};
use crate::llm::lexicon::{
    an_aspect, capitalised, degrees_text, house_ordinal, point_name, position_text, sign_name, the_point,
    uncapitalised, your_point,
};
use crate::llm::{FactValue, Topic};

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

impl Voice for French {
    fn opening(&self, topic: Option<Topic>, lead: &str, roll: u64) -> String {
        let upper = capitalised(lead);
        let Some(topic) = topic else {
            return match roll % 3 {
                0 => format!("Allons droit à {lead} pour voir ce que ce point ajoute au reste de votre thème."),
                1 => format!("{upper} offre un bon point de départ, car tout l’entourage du thème s’en ressent."),
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
        match roll % 5 {
            0 => format!("Quand il est question {about}, votre thème parle d’abord à travers {lead}."),
            1 => format!("Parlons {about} à partir de votre propre thème, en commençant par {lead}."),
            2 => format!("S’agissant {about}, {lead} est le premier repère à regarder."),
            3 => format!("Au sujet {about}, votre thème a quelque chose de personnel à dire, à commencer par {lead}."),
            _ => format!("Pour parler {about}, mieux vaut partir de ce qui vous est propre : {lead}."),
        }
    }

    fn comfort(&self, topic: Topic, roll: u64) -> String {
        let wordings: &[&str] = match topic {
            Topic::Grief => &[
                "Ce que vous traversez est lourd, et je le lis avec beaucoup d’égards.",
                "Une perte prend son temps, et rien ici ne cherche à le presser.",
            ],
            Topic::Loneliness => &[
                "La solitude pèse lourd et ne dit rien de votre valeur.",
                "Merci de le dire simplement : beaucoup le ressentent, peu l’avouent.",
            ],
            Topic::Conflict => &[
                "Les disputes fatiguent, avançons donc en douceur.",
                "Il n’est pas facile de rester juste quand l’air est tendu.",
            ],
            _ => {
                &["Avoir besoin de repos n’est pas une faiblesse.", "On dirait que vous portez beaucoup en ce moment."]
            }
        };
        pick(wordings, roll).to_owned()
    }

    fn lead(&self, value: &FactValue) -> String {
        match value {
            FactValue::Placement { point, .. } => your_point(FR, *point),
            FactValue::House { house, .. } => format!("votre {} maison", house_ordinal(FR, *house)),
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
                "Avec votre {name} {place}{back}{}, {role} se vit souvent {manner}, et cela se voit d’abord {}.",
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
            (1, None) => format!("Avec votre {name} {place}{back}, {role} se vit souvent {manner}."),
            (_, None) => format!("Votre {name} est {place}{back} ; {role} avance donc le plus souvent {manner}."),
        }
    }

    fn needs_the_hour(&self, roll: u64) -> String {
        pick(
            &[
                "Les maisons et les angles demandent l’heure de naissance, que ce thème ne connaît pas ; voici ce que l’on peut dire sans elle.",
                "Pour répondre exactement, il me faudrait votre heure de naissance ; d’ici là, d’autres parties de votre thème peuvent aider.",
            ],
            roll,
        )
        .to_owned()
    }

    fn forward(&self, point: Point, roll: u64) -> String {
        let name = the_point(FR, point);
        match roll % 2 {
            0 => format!(
                "{} était en marche directe à votre naissance : ce que vous remarquez tient à des périodes passagères et non à votre nature.",
                capitalised(&name)
            ),
            _ => format!(
                "À votre naissance, {name} était en marche directe, si bien que ses périodes de recul ne font que passer chez vous."
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
                "Votre {nth} maison commence en {sign_text} sans abriter de planète ; {field}, tout se passe volontiers {manner}."
            ),
            (_, false) => format!(
                "Votre {nth} maison commence en {sign_text} et abrite {} ; {field}, les choses se font souvent {manner}.",
                list(bodies)
            ),
        }
    }

    fn natal_aspect(&self, a: Point, b: Point, aspect: Aspect, orb_deg: Option<f64>, roll: u64) -> String {
        let (one, other, form) = (your_point(FR, a), your_point(FR, b), an_aspect(FR, aspect));
        let (here, there) = (short_role(a), short_role(b));
        let meaning = match aspect {
            Aspect::Conjunction => format!("{here} et {there} parlent souvent d’une même voix"),
            Aspect::Sextile => format!("{here} et {there} s’aident dès que vous faites un premier pas"),
            Aspect::Trine => format!("{here} et {there} s’accordent sans peine"),
            Aspect::Square => format!("{here} et {there} doivent apprendre à se faire de la place"),
            Aspect::Opposition => format!("{here} et {there} tirent parfois dans deux directions"),
        };
        let orb = orb_deg.map(|orb_deg| format!(", à {} de l’angle exact", degrees_text(orb_deg))).unwrap_or_default();
        match roll % 2 {
            0 => format!("{} forme {form} avec {other}{orb}, si bien que {meaning}.", capitalised(&one)),
            _ => format!("Depuis la naissance, {one} forme {form} avec {other}{orb} : {meaning}."),
        }
    }

    fn leader(&self, f: &Factor, exact: bool, roll: u64) -> String {
        let (sky, natal) = (the_point(FR, Point::Body(f.transiting)), your_point(FR, f.natal));
        let (form, orb) = (an_aspect(FR, f.aspect), degrees_text(f.orb_deg));
        let moving = if f.applying { "se resserre encore" } else { "se relâche déjà" };
        let back = if f.transiting_retrograde { ", rétrograde," } else { "" };
        let temper = pick(temper(f.aspect), roll / 3);
        match (roll % 3, exact) {
            (0, true) => format!(
                "Dans le ciel d’aujourd’hui, {sky}{back} forme {form} avec {natal} de naissance, à {orb} de l’angle exact ; ce contact {moving} et {temper}."
            ),
            (1, true) => format!(
                "Un contact qui ressort aujourd’hui relie {sky}{back} et {natal} de naissance par {form}, à {orb} de l’angle exact, et il {moving}."
            ),
            (_, true) => format!(
                "Aujourd’hui, {sky}{back} est en lien avec {natal} de naissance par {form} : l’écart à l’angle exact est de {orb}, ce contact {moving} et {temper}."
            ),
            (0, false) => format!(
                "Dans le ciel d’aujourd’hui, {sky}{back} forme {form} avec {natal} de naissance, ce qui {temper}."
            ),
            (1, false) => format!(
                "Un contact qui ressort aujourd’hui relie {sky}{back} et {natal} de naissance par {form} ; il {temper}."
            ),
            (_, false) => {
                format!("Aujourd’hui, {sky}{back} est en lien avec {natal} de naissance par {form}, et cela {temper}.")
            }
        }
    }

    fn second(&self, f: &Factor, exact: bool, roll: u64) -> String {
        let (sky, natal) = (the_point(FR, Point::Body(f.transiting)), your_point(FR, f.natal));
        let (form, temper) = (an_aspect(FR, f.aspect), pick(temper(f.aspect), roll / 2));
        let orb = if exact { format!(" (à {} de l’angle exact)", degrees_text(f.orb_deg)) } else { String::new() };
        match roll % 2 {
            0 => format!("À côté, {sky} forme {form} avec {natal}{orb}, ce qui {temper}."),
            _ => format!("{} forme aussi {form} avec {natal}{orb} : cela {temper}.", capitalised(&sky)),
        }
    }

    fn quiet_day(&self, roll: u64) -> String {
        pick(
            &[
                "Je ne vois dans le ciel du jour aucun contact étroit qui soit certain pour votre thème : la journée est largement à vous.",
                "Rien de certain ne touche votre thème de près aujourd’hui, ce qui laisse de la place à votre propre rythme.",
            ],
            roll,
        )
        .to_owned()
    }

    fn step(&self, suggestion: &str, roll: u64) -> String {
        match roll % 4 {
            0 => format!("Un petit pas possible : {}", uncapitalised(suggestion)),
            1 => format!("Voici une piste à essayer : {}", uncapitalised(suggestion)),
            2 => format!("Une idée concrète pour les jours qui viennent : {}", uncapitalised(suggestion)),
            _ => suggestion.to_owned(),
        }
    }

    fn caution(&self, field: Field, roll: u64) -> String {
        let wordings: &[&str] = match field {
            Field::Health => &[
                "Pour tout ce qui touche à votre santé, parlez-en à un médecin : un thème ne pose pas de diagnostic et ne soigne pas.",
                "Un thème n’est pas un avis médical ; confiez à un professionnel ce qui vous inquiète pour votre santé.",
            ],
            Field::Law => &[
                "Sur le plan juridique, un avocat pourra vous dire où vous en êtes ; un thème ne le peut pas.",
                "Pour le droit lui-même, adressez-vous à une personne qualifiée, car aucun thème ne connaît l’issue d’une affaire.",
            ],
            Field::Money => &[
                "Un thème ne dit rien des prix ni des rendements : faites vérifier toute décision financière par une personne qualifiée.",
                "Pour les chiffres, fiez-vous à quelqu’un de qualifié ; l’astrologie ne parle que de votre attitude à leur égard.",
            ],
        };
        pick(wordings, roll).to_owned()
    }

    fn uncertain(&self, certainty: Certainty, roll: u64) -> String {
        if certainty == Certainty::Unknown {
            return pick(
                &[
                    "Comme votre heure de naissance n’est pas connue, j’ai laissé de côté les maisons et l’ascendant.",
                    "Je m’en tiens à ce qui est sûr sans heure de naissance : ni maisons ni ascendant.",
                ],
                roll,
            )
            .to_owned();
        }
        pick(
            &[
                "Comme votre heure de naissance n’est connue qu’à peu près, j’ai laissé de côté les maisons et l’ascendant.",
                "Avec une heure de naissance approximative, mieux vaut ne rien affirmer sur les maisons ni sur l’ascendant.",
            ],
            roll,
        )
        .to_owned()
    }

    fn no_forecast(&self, roll: u64) -> String {
        pick(
            &[
                "Aucun thème ne peut promettre une issue ni une date ; il montre votre manière d’avancer, et le reste vous appartient.",
                "Je ne peux pas vous dire ce qui arrivera, et je me méfierais de qui le prétend : ce que vous ferez compte davantage.",
                "Le oui et le quand ne sont écrits nulle part où je puisse lire ; prenez ceci comme un éclairage et non comme une prédiction.",
            ],
            roll,
        )
        .to_owned()
    }

    fn farewell(&self, roll: u64) -> String {
        pick(
            &[
                "Gardez de tout cela ce qui sonne juste et laissez le reste.",
                "Ce sont des tendances et non des ordres : vous connaissez votre vie mieux que n’importe quel thème.",
                "Voyez-y une façon de regarder, et fiez-vous d’abord à votre propre jugement.",
                "Rien de ceci ne vous oblige ; c’est seulement une manière de voir les choses d’un œil neuf.",
            ],
            roll,
        )
        .to_owned()
    }

    fn elsewhere(&self, roll: u64) -> String {
        pick(
            &[
                "Cette question dépasse ce à quoi je peux répondre honnêtement : je lis les thèmes de naissance et le ciel du jour, le reste serait inventé.",
                "Je ne suis pas la bonne adresse pour cela, car je ne connais que votre thème, le ciel du jour et une petite bibliothèque à leur sujet.",
            ],
            roll,
        )
        .to_owned()
    }

    fn can_answer(&self, roll: u64) -> String {
        pick(
            &[
                "Je peux en revanche regarder avec vous l’amour, le travail, l’argent, la famille, le repos ou une décision qui vous occupe.",
                "Vous pouvez me parler d’une relation, de votre travail, d’un choix, d’un moment difficile ou simplement de votre journée.",
            ],
            roll,
        )
        .to_owned()
    }

    fn unknowable(&self, roll: u64) -> String {
        pick(
            &[
                "Aucun thème ne peut montrer cela, et je ne ferai pas semblant.",
                "Un thème de naissance ne contient rien de tel, et toute réponse de ma part serait inventée.",
            ],
            roll,
        )
        .to_owned()
    }

    fn invite(&self, roll: u64) -> String {
        pick(
            &[
                "Si vous voulez, partons de là : dites-moi à quel domaine de votre vie cela vous fait penser.",
                "Demandez-moi ce que cela peut éclairer dans un sujet qui vous tient à cœur, et j’irai volontiers plus loin.",
            ],
            roll,
        )
        .to_owned()
    }

    fn crisis(&self) -> &'static [&'static [&'static str]] {
        &[
            &[
                "Merci d’avoir écrit cela ; je laisse le thème de côté, car vous comptez plus que n’importe quelle lecture.",
                "Ce que vous décrivez mérite une personne capable d’écouter et d’agir maintenant.",
            ],
            &[
                "Si vous ou quelqu’un d’autre êtes en danger, appelez les urgences : le 112 en Europe, le 15 en France, le 911 en Amérique du Nord.",
                "Pour parler à une personne formée à cela, vous pouvez appeler le 3114 en France (gratuit, jour et nuit), le 0800 32 123 en Belgique, le 143 en Suisse ou le 988 au Canada ; ailleurs, findahelpline.com indique des lignes gratuites par pays.",
                "Si vous le pouvez, dites-le aussi à un proche, à un ami ou à un médecin, et laissez cette personne rester un moment avec vous.",
            ],
            &["Vous n’avez pas à porter cela sans aide, et ce que vous ressentez aujourd’hui peut changer."],
        ]
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
