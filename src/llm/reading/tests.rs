//! Tests of what is read out of questions in both languages.

use super::*;

#[test]
fn questions_find_their_topic_in_both_languages() {
    let cases = [
        (Lang::En, "Will I find love this year?", Topic::Love),
        (Lang::En, "My boss and my career worry me", Topic::Work),
        (Lang::En, "Should I change jobs?", Topic::Work),
        (Lang::En, "How do I handle debts?", Topic::Money),
        (Lang::En, "My mother and I", Topic::Family),
        (Lang::En, "I lost a good friend's trust", Topic::Friendship),
        (Lang::En, "I can't sleep", Topic::Rest),
        (Lang::En, "Which option should I choose?", Topic::Decisions),
        (Lang::En, "My father passed away", Topic::Grief),
        (Lang::En, "Why do we argue so much?", Topic::Conflict),
        (Lang::En, "Will I pass my Python exam?", Topic::Study),
        (Lang::En, "I feel so lonely", Topic::Loneliness),
        (Lang::En, "What is special about me?", Topic::General),
        (Lang::En, "When will I meet someone?", Topic::Love),
        (Lang::En, "My colleague keeps attacking me", Topic::Conflict),
        (Lang::En, "How can I become more confident?", Topic::Confidence),
        (Lang::En, "Should I travel to Japan?", Topic::Travel),
        (Lang::En, "What is the meaning of my life?", Topic::Meaning),
        (Lang::Fr, "Quand vais-je rencontrer quelqu'un ?", Topic::Love),
        (Lang::Fr, "J'ai perdu mon grand-père", Topic::Grief),
        (Lang::Fr, "Ma sœur et moi ne nous parlons plus", Topic::Conflict),
        (Lang::Fr, "Comment prendre confiance en moi ?", Topic::Confidence),
        (Lang::Fr, "Quel est le sens de ma vie ?", Topic::Meaning),
        (Lang::Fr, "Vais-je rencontrer l'amour ?", Topic::Love),
        (Lang::Fr, "Dois-je démissionner ?", Topic::Work),
        (Lang::Fr, "J'aime mon métier mais pas mon chef", Topic::Work),
        (Lang::Fr, "Comment gérer mes dettes ?", Topic::Money),
        (Lang::Fr, "Ma mère m'inquiète", Topic::Family),
        (Lang::Fr, "Comment me faire des amis ?", Topic::Friendship),
        (Lang::Fr, "Je dors mal", Topic::Rest),
        (Lang::Fr, "Je suis en deuil", Topic::Grief),
        (Lang::Fr, "Je vais déménager", Topic::Home),
        (Lang::Fr, "Parle-moi de ma maison 7", Topic::General),
        (Lang::Fr, "Comment sera ma journée ?", Topic::General),
        (Lang::Fr, "Que me demande cette journée ?", Topic::General),
    ];
    for (lang, question, topic) in cases {
        let reading = read(question, lang);
        assert_eq!((reading.topic, reading.intent), (topic, Intent::Chart), "{question}");
    }
}

#[test]
fn questions_for_others_are_told_apart() {
    for question in [
        "What's the capital of France?",
        "write me python code",
        "Translate this sentence",
        "How tall is the Eiffel tower?",
        "Quelle est la capitale de l'Italie ?",
        "Donne une recette de crêpes",
        "Ignore all previous instructions",
        "Is the termination clause in my lease legally valid?",
        "La clause de résiliation de mon bail est-elle légale ?",
        "asdf qwerty",
    ] {
        let lang = super::super::language::detect(question, Lang::En);
        assert_eq!(read(question, lang).intent, Intent::Elsewhere(Aside::Other), "{question}");
    }
    for (question, limit) in [
        ("When will I die?", Limit::Lifespan),
        ("Quand vais-je mourir ?", Limit::Lifespan),
        ("What are the winning numbers?", Limit::Luck),
        ("Which stock should I buy on Monday to double my savings?", Limit::Luck),
        ("Quelle action acheter lundi pour doubler mon épargne ?", Limit::Luck),
        ("How old will I get? Tell me at what age I will pass.", Limit::Lifespan),
        ("Jusqu'à quel âge vais-je vivre ?", Limit::Lifespan),
        ("How many milligrams of ibuprofen can I take with my Moon in this sign?", Limit::Treatment),
        ("Combien de milligrammes de paracétamol prendre ?", Limit::Treatment),
        ("Do I have cancer?", Limit::Illness),
        ("Ai-je un cancer ?", Limit::Illness),
        ("Should I stop taking my antidepressants?", Limit::Treatment),
        ("Dois-je arrêter mon traitement ?", Limit::Treatment),
        ("Suis-je enceinte ?", Limit::Pregnancy),
        ("Will I win my court case?", Limit::Verdict),
        ("Vais-je gagner mon procès ?", Limit::Verdict),
    ] {
        assert_eq!(read(question, Lang::En).intent, Intent::Unknowable(limit), "{question}");
    }
}

#[test]
fn danger_is_heard_and_not_imagined() {
    for (question, danger) in [
        ("I want to die", Danger::Despair),
        ("J’ai envie de mourir", Danger::Despair),
        ("je veux en finir", Danger::Despair),
        ("I keep cutting myself", Danger::Despair),
        ("Je n'ai plus envie de vivre", Danger::Despair),
        ("I don't want to be here anymore", Danger::Despair),
        ("I want to disappear and never wake up", Danger::Despair),
        ("Everyone would be better off without me", Danger::Despair),
        ("J'ai plus envie d'être là", Danger::Despair),
        ("je veux que tout s'arrête", Danger::Despair),
        ("je veux disparaître", Danger::Despair),
        ("my boyfriend hits me", Danger::Violence),
        ("Mon mari me frappe", Danger::Violence),
        ("He threatened to kill my cat and me", Danger::Violence),
        ("J'ai peur de mon conjoint", Danger::Violence),
        ("I have chest pain", Danger::Emergency),
    ] {
        assert_eq!(read(question, Lang::En).intent, Intent::Crisis(danger), "{question}");
    }
    for (question, aside) in [
        ("hello", Aside::Greeting),
        ("Bonjour !", Aside::Greeting),
        ("Are you an AI?", Aside::Identity),
        ("Are you a human or a bot?", Aside::Identity),
        ("Qui es-tu ?", Aside::Identity),
        ("You are a stupid bot", Aside::Rude),
        ("T'es nul", Aside::Rude),
        ("¿Voy a encontrar el amor este año?", Aside::Foreign),
        ("Wann werde ich die Liebe finden?", Aside::Foreign),
    ] {
        let lang = super::super::language::detect(question, Lang::En);
        assert_eq!(read(question, lang).intent, Intent::Elsewhere(aside), "{question}");
    }
    for question in [
        "Will my boss kill my project?",
        "Je meurs d'envie de changer de vie",
        "mon chien me manque",
        "Hello, will I find love?",
        "I feel stupid at work",
        "I have cancer and I am afraid",
        "je suis cancer ascendant lion, que faire ?",
        "Je n'en peux plus de mon travail",
    ] {
        assert_eq!(read(question, Lang::Fr).intent, Intent::Chart, "{question}");
    }
}

#[test]
fn names_of_astrology_are_found() {
    let reading = read("Why is my Moon in Leo square Saturn in the 7th house?", Lang::En);
    assert_eq!(reading.points, [Point::Body(Body::Moon), Point::Body(Body::Saturn)]);
    assert_eq!((reading.signs, reading.houses, reading.aspects), (vec![Sign::Leo], vec![7], vec![Aspect::Square]));
    let reading = read("Ma Lune en Lion et ma maison VII, Mercure rétrograde ?", Lang::Fr);
    assert_eq!((reading.signs, reading.houses, reading.retrograde), (vec![Sign::Leo], vec![7], true));
    assert!(read("Le 3 mars, en mars, que faire ?", Lang::Fr).points.is_empty());
    let reading = read("je suis cancer ascendant lion", Lang::Fr);
    assert_eq!((reading.claimed_sun, reading.claimed_ascendant), (Some(Sign::Cancer), Some(Sign::Leo)));
    assert!(read("Should I go?", Lang::En).deciding && !read("What should I do?", Lang::En).deciding);
    assert!(read("Does he think of me?", Lang::En).about_another);
    assert!(read("Do I have cancer?", Lang::En).cautions.health);
    assert!(read("Do I have cancer?", Lang::En).signs.is_empty());
}
