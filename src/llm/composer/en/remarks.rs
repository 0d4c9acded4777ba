//! P: The English sentences of the composer that are the same for every chart: kind words, limits, cautions, help in
//! danger. States nothing of a chart.

use super::super::voice::{Field, Remark};
use crate::llm::{Aside, Danger, Limit, Topic};

type Wordings = &'static [&'static str];

/// The wordings of a remark.
pub(in crate::llm::composer) const fn of(remark: Remark) -> Wordings {
    match remark {
        Remark::Comfort(topic) => comfort(topic),
        Remark::HealthComfort => &[
            "Fear for your health weighs heavily, and it deserves real answers from someone who can examine you.",
            "I am sorry that your health is on your mind; a doctor can answer what no chart can.",
        ],
        Remark::StrainComfort => &[
            "I hear how heavy this is, and I am glad that you put it into words.",
            "That sounds like a lot to hold at once, so let us take it slowly.",
        ],
        Remark::NeedsTheHour => &[
            "Houses and angles need the hour of birth, which this chart does not have, so let me tell you what can be said without it.",
            "To answer that exactly I would need your birth time; until then, other parts of your chart can still help.",
        ],
        Remark::QuietDay => &[
            "I find no close contact in today's sky that is certain for your chart, so the day is largely yours to shape.",
            "Nothing certain touches your chart closely today, which leaves room to follow your own rhythm.",
        ],
        Remark::Caution(field) => caution(field),
        Remark::NoBirthTime => &[
            "Since your birth time is not known, I have left the houses and the rising sign out of this answer.",
            "I have kept to what is sure without a birth time, which means no houses and no rising sign.",
        ],
        Remark::RoughBirthTime => &[
            "Since your birth time is known only roughly, I have left the houses and the rising sign out of this answer.",
            "With a birth time known only to the part of the day, the houses and the rising sign are best left open.",
        ],
        Remark::NoForecast => &[
            "I cannot name a date or promise an outcome, and I would distrust anyone who did; what I can show is how you tend to move toward it.",
            "Whether and when is not written anywhere that I can read, so let me tell you instead what you bring to it.",
            "No chart can promise an outcome or a date, yet yours can say something about how you go to meet it.",
        ],
        Remark::AboutAnother => &[
            "Your chart speaks of you, so what somebody else thinks or will do is not in it; your own side of the story is.",
            "I cannot look into another person's heart through your chart, and a calm talk with them will tell you more; here is what it says about you.",
        ],
        Remark::Deciding => &[
            "The decision stays with you; what your chart can do is show what tends to weigh with you.",
            "I will not choose for you, but I can lay out what you bring to the choice.",
            "That is yours to decide, so take what follows as something to think with.",
        ],
        Remark::Disagrees => &[
            "This chart comes out a little differently from the signs you name, so it may be worth checking the birth date, time and place that it was made from.",
            "Computed from the birth details given here, your chart has other signs than the ones you name, so a look at those details may help.",
        ],
        Remark::Farewell => &[
            "Take from this what rings true, and leave the rest.",
            "These are tendencies and not orders; you know your life better than any chart does.",
            "Treat it as a lens for looking, and trust your own judgement over mine.",
            "Nothing here binds you; it is only one way to look at things with fresh eyes.",
            "If one line of this stays with you, that is enough to begin with.",
            "See how it sits with you tomorrow; what still fits then is worth keeping.",
        ],
        Remark::Aside(aside) => self::aside(aside),
        Remark::CanAnswer => &[
            "What I can do is look with you at love, work, money, family, rest or a decision that is on your mind.",
            "You can ask me about a relationship, your work, a choice, a hard time or simply the day ahead.",
        ],
        Remark::Limit(limit) => self::limit(limit),
        Remark::Invite => &[
            "If you like, we can start from there: tell me which part of your life it makes you think of.",
            "Ask me what that could mean for something you care about, and I will gladly go further.",
        ],
        Remark::InviteGently => &[
            "If you would like to talk about how to look after yourself meanwhile, ask me about rest or about what steadies you.",
            "If it helps, ask me what comforts you or where you find strength, and I will gladly look at that with you.",
        ],
    }
}

const fn comfort(topic: Topic) -> Wordings {
    match topic {
        Topic::Grief => {
            &["I am sorry for what you have lost.", "Loss takes its own time, and nothing here is meant to hurry it."]
        }
        Topic::Loneliness => &[
            "Feeling alone is heavy, and it says nothing bad about you.",
            "Thank you for saying this plainly; many people feel it and few say it.",
        ],
        Topic::Conflict => &[
            "Anger and tension usually guard something that matters, so let us go gently.",
            "It is not easy to stay fair when things are tense.",
        ],
        Topic::Confidence => &[
            "Doubting yourself says nothing about what you are worth.",
            "Most people know this doubt better than they let on.",
        ],
        _ => &[
            "It sounds as though you have been carrying a good deal.",
            "Being worn out or on edge is no failing, and it is worth listening to.",
        ],
    }
}

const fn caution(field: Field) -> Wordings {
    match field {
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
        Field::Strain => &[
            "If it becomes too heavy, please talk to a doctor or to a free helpline such as 988 in the United States and Canada or 116 123 in the United Kingdom and Ireland; findahelpline.com lists others.",
        ],
    }
}

const fn aside(aside: Aside) -> Wordings {
    match aside {
        Aside::Other => &[
            "That one lies outside what I can answer honestly: I read birth charts and the day's sky, and anything else would be guesswork.",
            "I am not the right helper for that, since all I know is your birth chart, the sky of the day and a small library about them.",
        ],
        Aside::Greeting => {
            &["Hello, and welcome; it is good to have you here.", "Hello! Your chart and today's sky are at hand."]
        }
        Aside::Identity => &[
            "I am a program and not a person: I read your birth chart and the day's sky, and I answer from a small library whose passages I cite.",
            "No person is writing this: a program compares your birth chart with the day's sky and cites the texts that it draws on.",
        ],
        Aside::Rude => &[
            "I am sorry that I have not been of much use so far; let us try again.",
            "Fair enough, not every answer lands; a concrete question may get you a better one.",
        ],
        Aside::Foreign => &["I understand English and French only so far; please ask me again in one of the two."],
    }
}

const fn limit(limit: Limit) -> Wordings {
    match limit {
        Limit::Lifespan => &[
            "No chart can show how long a life will be, and I will not pretend otherwise; if fear lies behind your question, please share it with a doctor or with someone close to you.",
            "The length of a life is something that no birth chart contains, so any answer would be invented; if something frightens you, please tell a doctor or somebody you trust.",
        ],
        Limit::Illness => &[
            "No chart can show whether you are ill or will be well again, so please take this question to a doctor, and soon if something worries you.",
            "That is a question for a doctor and not for a chart, which can neither find an illness nor rule one out; please do not wait with it.",
        ],
        Limit::Treatment => &[
            "Please do not start, change or stop a treatment because of a chart; the doctor or pharmacist who knows your case is the one to ask, and doubts or side effects are good reasons to call them.",
        ],
        Limit::Pregnancy => &["A test, a midwife or a doctor can tell you that; no chart can."],
        Limit::Verdict => &[
            "No chart knows how a court will decide; a lawyer who has read the file can tell you where you stand.",
            "How a case ends is not something a chart can show, so the person to ask is your lawyer.",
        ],
        Limit::Luck => &[
            "No chart can show that, and I will not pretend otherwise.",
            "That is something no birth chart contains, so any answer from me would be invented.",
        ],
    }
}

/// Paragraphs of sentences for a person in danger.
pub(in crate::llm::composer) const fn crisis(danger: Danger) -> &'static [Wordings] {
    match danger {
        Danger::Despair => &[
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
        ],
        Danger::Violence => &[
            &[
                "I am glad that you wrote this, and I want to set the chart aside, because your safety comes first.",
                "What is being done to you is not your fault, and nobody has the right to hurt or threaten you.",
            ],
            &[
                "If you are in danger now, please call your local emergency number: 112 in Europe, 911 in North America, 999 in the United Kingdom.",
                "People who know such situations will listen in confidence and help you to plan: the National Domestic Violence Hotline on 1-800-799-7233 in the United States, the National Domestic Abuse Helpline on 0808 2000 247 in the United Kingdom, or 3919 in France.",
                "If it is safe to do so, tell one person you trust, and keep what you write here where nobody else can read it.",
            ],
            &["You do not have to face this alone, and asking for help is a way of protecting yourself."],
        ],
        Danger::Emergency => &[
            &[
                "What you describe may be an emergency, so please leave the chart aside and call for help now.",
                "The number is 112 in Europe, 911 in North America and 999 in the United Kingdom.",
            ],
            &["If you can, tell someone near you, unlock the door, and stay on the line until help arrives."],
        ],
    }
}
