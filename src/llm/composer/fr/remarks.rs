//! P: The French sentences of the composer that are the same for every chart: kind words, limits, cautions, help in
//! danger. States nothing of a chart.

use super::super::voice::{Field, Remark};
use crate::llm::{Aside, Danger, Limit, Topic};

type Wordings = &'static [&'static str];

/// The wordings of a remark.
pub(in crate::llm::composer) const fn of(remark: Remark) -> Wordings {
    match remark {
        Remark::Comfort(topic) => comfort(topic),
        Remark::HealthComfort => &[
            "Avoir peur pour sa santé pèse lourd, et cette peur mérite de vraies réponses, celles de quelqu’un qui peut vous examiner.",
            "Votre santé vous préoccupe, je le comprends ; un médecin peut répondre là où aucun thème ne le peut.",
        ],
        Remark::StrainComfort => &[
            "J’entends combien c’est lourd, et vous avez bien fait de le dire.",
            "Cela fait beaucoup à porter d’un coup, alors prenons les choses doucement.",
        ],
        Remark::NeedsTheHour => &[
            "Les maisons et les angles demandent l’heure de naissance, qui manque à ce thème ; voici ce que l’on peut dire sans elle.",
            "Pour répondre exactement, il me faudrait votre heure de naissance ; d’ici là, d’autres parties de votre thème peuvent aider.",
        ],
        Remark::QuietDay => &[
            "Je ne vois dans le ciel du jour aucun contact étroit qui soit certain pour votre thème : la journée est largement à vous.",
            "Rien de certain ne touche votre thème de près aujourd’hui, ce qui laisse de la place à votre propre rythme.",
        ],
        Remark::Caution(field) => caution(field),
        Remark::NoBirthTime => &[
            "Comme votre heure de naissance n’est pas connue, j’ai laissé de côté les maisons et l’ascendant.",
            "Je m’en tiens à ce qui est sûr sans heure de naissance : ni maisons ni ascendant.",
        ],
        Remark::RoughBirthTime => &[
            "Comme votre heure de naissance n’est connue qu’à peu près, j’ai laissé de côté les maisons et l’ascendant.",
            "Avec une heure de naissance approximative, mieux vaut ne rien affirmer sur les maisons ni sur l’ascendant.",
        ],
        Remark::NoForecast => &[
            "Je ne peux ni donner de date ni promettre une issue, et je me méfierais de qui le ferait ; je peux en revanche montrer votre manière d’aller vers ce que vous espérez.",
            "Le oui et le quand ne sont écrits nulle part où je puisse lire ; voici plutôt ce que vous y apportez.",
            "Aucun thème ne peut promettre une issue ni une date, mais le vôtre parle de votre façon d’aller à sa rencontre.",
        ],
        Remark::AboutAnother => &[
            "Votre thème parle de vous : ce qu’une autre personne pense ou fera ne s’y lit pas, votre part de l’histoire, si.",
            "Je ne peux pas lire le cœur de quelqu’un d’autre dans votre thème, et une conversation calme vous en dira plus ; voici ce qu’il dit de vous.",
        ],
        Remark::Deciding => &[
            "La décision vous appartient ; votre thème peut montrer ce qui pèse d’ordinaire dans vos choix.",
            "Je ne choisirai pas à votre place, mais je peux poser devant vous ce que vous apportez à ce choix.",
            "C’est à vous d’en décider : prenez ce qui suit comme de quoi réfléchir.",
        ],
        Remark::Disagrees => &[
            "Ce thème ne donne pas tout à fait les signes que vous citez ; il vaut la peine de vérifier la date, l’heure et le lieu de naissance indiqués.",
            "Calculé d’après la naissance indiquée ici, votre thème a d’autres signes que ceux que vous citez, et un coup d’œil à ces données peut aider.",
        ],
        Remark::Farewell => &[
            "Gardez de tout cela ce qui sonne juste et laissez le reste.",
            "Ce sont des tendances et non des ordres : vous connaissez votre vie mieux que n’importe quel thème.",
            "Voyez-y une façon de regarder, et fiez-vous d’abord à votre propre jugement.",
            "Rien de ceci ne vous oblige ; c’est seulement une manière de voir les choses d’un œil neuf.",
            "Si une seule de ces phrases vous accompagne aujourd’hui, c’est déjà un début.",
            "Relisez-le demain : ce qui vous parlera encore mérite d’être gardé.",
        ],
        Remark::Aside(aside) => self::aside(aside),
        Remark::CanAnswer => &[
            "Je peux regarder avec vous l’amour, le travail, l’argent, la famille, le repos ou une décision qui vous occupe.",
            "Vous pouvez me parler d’une relation, de votre travail, d’un choix, d’un moment difficile ou simplement de votre journée.",
        ],
        Remark::Limit(limit) => self::limit(limit),
        Remark::Invite => &[
            "Si vous voulez, partons de là : dites-moi à quel domaine de votre vie cela vous fait penser.",
            "Demandez-moi ce que cela peut éclairer dans un sujet qui vous tient à cœur, et j’irai volontiers plus loin.",
        ],
        Remark::InviteGently => &[
            "Si vous souhaitez parler de la manière de prendre soin de vous en attendant, interrogez-moi sur le repos ou sur ce qui vous apaise.",
            "Si cela vous aide, demandez-moi ce qui vous réconforte ou d’où vous tirez votre force, et nous regarderons cela ensemble.",
        ],
    }
}

const fn comfort(topic: Topic) -> Wordings {
    match topic {
        Topic::Grief => &[
            "Ce que vous traversez est lourd, et je le lis avec beaucoup d’égards.",
            "Une perte prend son temps, et rien ici ne cherche à le presser.",
        ],
        Topic::Loneliness => &[
            "La solitude pèse lourd et ne dit rien de votre valeur.",
            "Merci de le dire simplement : beaucoup le ressentent, peu l’avouent.",
        ],
        Topic::Conflict => &[
            "La colère et les tensions protègent souvent quelque chose qui compte, alors avançons en douceur.",
            "Il n’est pas facile de rester juste quand l’air est tendu.",
        ],
        Topic::Confidence => &[
            "Douter de soi ne dit rien de ce que l’on vaut.",
            "Ce doute, la plupart des gens le connaissent mieux qu’ils ne le montrent.",
        ],
        _ => &[
            "On dirait que vous portez beaucoup en ce moment.",
            "La fatigue et l’inquiétude ne sont pas des fautes, et elles valent la peine d’être écoutées.",
        ],
    }
}

const fn caution(field: Field) -> Wordings {
    match field {
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
        Field::Strain => &[
            "Si cela devient trop lourd, parlez-en à un médecin ou à une ligne d’écoute gratuite comme le 3114 en France, le 143 en Suisse ou le 988 au Canada ; findahelpline.com en indique d’autres.",
        ],
    }
}

const fn aside(aside: Aside) -> Wordings {
    match aside {
        Aside::Other => &[
            "Cette question dépasse ce à quoi je peux répondre honnêtement : je lis les thèmes de naissance et le ciel du jour, le reste serait inventé.",
            "Je ne suis pas la bonne adresse pour cela, car je ne connais que votre thème, le ciel du jour et une petite bibliothèque à leur sujet.",
        ],
        Aside::Greeting => &[
            "Bonjour et bienvenue, c’est un plaisir de vous lire.",
            "Bonjour ! J’ai votre thème et le ciel du jour sous les yeux.",
        ],
        Aside::Identity => &[
            "Je suis un programme et non une personne : je lis votre thème de naissance et le ciel du jour, et je réponds à partir d’une petite bibliothèque dont je cite les passages.",
            "Personne n’écrit ces lignes à la main : un programme compare votre thème au ciel du jour et cite les textes sur lesquels il s’appuie.",
        ],
        Aside::Rude => &[
            "Désolé de n’avoir pas été plus utile jusqu’ici ; essayons autrement.",
            "Toutes les réponses ne tombent pas juste, c’est vrai ; une question concrète en appellera peut-être une meilleure.",
        ],
        Aside::Foreign => &[
            "Je ne comprends pour l’instant que le français et l’anglais ; reposez-moi votre question dans l’une des deux langues.",
        ],
    }
}

const fn limit(limit: Limit) -> Wordings {
    match limit {
        Limit::Lifespan => &[
            "Aucun thème ne peut montrer la durée d’une vie, et je ne ferai pas semblant ; si une peur se cache derrière votre question, confiez-la à un médecin ou à quelqu’un de proche.",
            "La durée d’une vie ne figure dans aucun thème de naissance, et toute réponse serait inventée ; si quelque chose vous effraie, parlez-en à un médecin ou à une personne de confiance.",
        ],
        Limit::Illness => &[
            "Aucun thème ne peut montrer si l’on est malade ou si l’on va guérir : posez cette question à un médecin, et sans tarder si quelque chose vous inquiète.",
            "C’est une question pour un médecin et non pour un thème, qui ne peut ni trouver une maladie ni l’écarter ; ne restez pas avec ce doute.",
        ],
        Limit::Treatment => &[
            "Ne commencez, ne modifiez et n’arrêtez aucun traitement à cause d’un thème : le médecin ou le pharmacien qui connaît votre situation est la bonne personne, et un doute ou un effet gênant sont de bonnes raisons de l’appeler.",
        ],
        Limit::Pregnancy => &["Un test, une sage-femme ou un médecin peuvent vous le dire ; aucun thème ne le peut."],
        Limit::Verdict => &[
            "Aucun thème ne sait comment un tribunal tranchera ; un avocat qui a lu le dossier peut vous dire où vous en êtes.",
            "L’issue d’une affaire ne se lit pas dans un thème, et c’est à votre avocat qu’il faut poser la question.",
        ],
        Limit::Luck => &[
            "Aucun thème ne peut montrer cela, et je ne ferai pas semblant.",
            "Un thème de naissance ne contient rien de tel, et toute réponse de ma part serait inventée.",
        ],
    }
}

/// Paragraphs of sentences for a person in danger.
pub(in crate::llm::composer) const fn crisis(danger: Danger) -> &'static [Wordings] {
    match danger {
        Danger::Despair => &[
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
        ],
        Danger::Violence => &[
            &[
                "Merci d’avoir écrit cela ; je laisse le thème de côté, car votre sécurité passe avant tout.",
                "Ce que l’on vous fait n’est pas votre faute, et personne n’a le droit de vous frapper ni de vous menacer.",
            ],
            &[
                "Si vous êtes en danger maintenant, appelez les urgences : le 112 en Europe, le 17 en France (ou le 114 par SMS), le 911 en Amérique du Nord.",
                "Des personnes qui connaissent ces situations vous écouteront en toute confidentialité et vous aideront à vous protéger : le 3919 en France (gratuit, jour et nuit), le 0800 30 030 en Belgique ou SOS violence conjugale au 1 800 363-9010 au Québec.",
                "Si c’est sans risque, parlez-en à une personne de confiance, et gardez ces messages à l’abri d’autres regards.",
            ],
            &["Vous n’avez pas à affronter cela sans aide, et demander de l’aide est déjà une façon de vous protéger."],
        ],
        Danger::Emergency => &[
            &[
                "Ce que vous décrivez peut être une urgence : laissez le thème de côté et appelez les secours maintenant.",
                "Composez le 15 ou le 112 en France, le 112 ailleurs en Europe, le 144 en Suisse ou le 911 en Amérique du Nord.",
            ],
            &[
                "Si vous le pouvez, prévenez quelqu’un près de vous, déverrouillez la porte et restez en ligne jusqu’à l’arrivée des secours.",
            ],
        ],
    }
}
