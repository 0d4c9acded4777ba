//! Tests of the whole sequence: answers that hold and read well, drafts that do not.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::fixture::{self, EINSTEIN_DEG, OTHER_DEG, OTHER_SKY_DEG, SKY_DEG, THIRD_DEG};
use super::*;
use crate::astro::{self, BirthInput, Certainty, HouseSystem};
use crate::llm::{Composer, Draft, Spent, Support, composer};

static RETRIEVAL: LazyLock<(tempfile::TempDir, Retrieval)> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let retrieval = Retrieval::open(dir.path()).unwrap();
    (dir, retrieval)
});

fn people() -> Vec<(Chart, Today)> {
    let charts = [
        fixture::chart(EINSTEIN_DEG, 101.633, 342.833, Certainty::Exact),
        fixture::chart(OTHER_DEG, 12.3, 280.1, Certainty::Exact),
        fixture::chart(THIRD_DEG, 200.2, 117.7, Certainty::Exact),
        fixture::chart(OTHER_DEG, 0.0, 0.0, Certainty::Unknown),
        fixture::chart(THIRD_DEG, 0.0, 0.0, Certainty::Morning),
    ];
    let born = |date: &str, time: Option<&str>, certainty, zone: &str, latitude_deg, longitude_deg| {
        let birth = BirthInput {
            calendar: astro::Calendar::Gregorian,
            zone_source: astro::ZoneSource::UserProvided,
            date: date.into(),
            time: time.map(Into::into),
            certainty,
            zone: zone.into(),
            latitude_deg,
            longitude_deg,
            place_label: None,
            house_system: HouseSystem::Placidus,
            utc_offset_s: None,
        };
        let chart = astro::compute(&birth).unwrap();
        let today = astro::today(&chart, "2026-11-23", "Europe/Paris").unwrap();
        (chart, today)
    };
    let computed = [
        born("1879-03-14", Some("11:30"), Certainty::Exact, "Europe/Berlin", 48.4, 10.0),
        born("1990-07-02", Some("23:05"), Certainty::Exact, "Europe/Paris", 48.85, 2.35),
        born("1984-12-30", None, Certainty::Unknown, "America/New_York", 40.7, -74.0),
        born("2001-02-11", None, Certainty::Evening, "Asia/Tokyo", 35.7, 139.7),
        born("1967-05-21", Some("04:12:30"), Certainty::Exact, "Australia/Sydney", -33.9, 151.2),
    ];
    let skies = [(SKY_DEG, "2026-11-23"), (OTHER_SKY_DEG, "2026-06-15")];
    let by_hand =
        charts.iter().flat_map(|chart| skies.map(|(sky, date)| (chart.clone(), fixture::today(chart, sky, date))));
    by_hand.chain(computed).collect()
}

const QUESTIONS: &[&str] = &[
    "Will I find love this year?",
    "Should I change jobs?",
    "How can I handle my debts?",
    "My mother and I argue a lot",
    "What does today hold for me?",
    "Tell me about my Moon",
    "What does my seventh house say?",
    "Why is Mercury retrograde so hard for me?",
    "I feel so lonely",
    "My father passed away",
    "Where should I live?",
    "I cannot sleep and I worry about my health",
    "Will I pass my exam?",
    "What about Leo in my chart?",
    "Should I sue my landlord?",
    "Vais-je rencontrer l'amour ?",
    "Dois-je quitter mon travail ?",
    "Comment mieux gérer mon argent ?",
    "Je me dispute souvent avec ma sœur",
    "Comment sera ma journée ?",
    "Parle-moi de ma Vénus",
    "Que dit ma maison VII ?",
    "Je me sens seule",
    "Je suis en deuil",
    "Faut-il déménager ?",
    "Je dors mal, est-ce grave pour ma santé ?",
    "Vais-je réussir mon examen ?",
    "Comment nourrir ma créativité ?",
    "Je dois faire un choix difficile",
    "Et le Lion dans mon thème ?",
    "When will I meet someone?",
    "Does he still think of me?",
    "How can I become more confident?",
    "Should I travel to Japan this spring?",
    "What is the meaning of my life?",
    "My colleague keeps attacking me in meetings",
    "I have cancer and I am afraid",
    "I feel worthless and I can't cope",
    "I am a Leo rising, what does it mean?",
    "Am I compatible with a Scorpio?",
    "Que dit le Taureau dans mon thème ?",
    "je suis cancer ascendant lion, que faire ?",
    "Est-ce qu'il va revenir ?",
    "Comment prendre confiance en moi ?",
    "Est-ce le bon moment pour partir en voyage ?",
    "Quel est le sens de ma vie ?",
    "J'ai perdu mon grand-père le mois dernier",
    "Je n'en peux plus de mon travail",
    "Mercure est-il rétrograde pour moi ?",
];

fn ask(chart: &Chart, today: &Today, text: &str, provider: &dyn Provider) -> Answer {
    let question = Question { text, lang: None, default_lang: Lang::En };
    advise(chart, today, question, &RETRIEVAL.1, provider).unwrap()
}

#[test]
fn answers_hold_and_read_well_for_every_chart_and_question() {
    for (chart, today) in people() {
        for question in QUESTIONS {
            let answer = ask(&chart, &today, question, &Composer);
            let text = &answer.text;
            let shown = format!("{question}\n{text}\n{answer:#?}");
            assert_eq!(answer.dropped_sentences, 0, "{shown}");
            let words = text
                .split_whitespace()
                .filter(|word| !word.starts_with('[') && word.chars().any(char::is_alphanumeric))
                .count();
            assert!((110..=230).contains(&words), "{words} words: {shown}");
            for fault in ["  ", " .", " ,", ",,", "..", "{", "}", ",.", " ;;", "?.", "!."] {
                assert!(!text.contains(fault), "{fault:?}: {shown}");
            }
            assert!(!answer.citations.is_empty() && answer.citations.len() <= crate::limits::CITATIONS_MAX, "{shown}");
            for (place, citation) in answer.citations.iter().enumerate() {
                assert_eq!(citation.marker, place + 1);
                assert!((1..=2).contains(&text.matches(&format!("[{}]", citation.marker)).count()), "{shown}");
                assert_eq!(RETRIEVAL.1.passage(answer.language, &citation.id).unwrap().text, citation.passage);
            }
            assert!(!answer.chart_facts.is_empty(), "{shown}");
            let step = text.rsplit("\n\n").next().unwrap();
            assert!(step.contains('['), "no practical step: {shown}");
            assert!(!text.to_lowercase().contains(&question.to_lowercase()), "{shown}");
        }
    }
}

#[test]
fn the_same_input_gives_the_same_answer_and_another_another() {
    let mut seen = BTreeSet::new();
    for (chart, today) in people() {
        for question in QUESTIONS {
            let once = ask(&chart, &today, question, &Composer);
            assert_eq!(once, ask(&chart, &today, question, &Composer));
            assert!(seen.insert(once.text), "{question} on {}", today.date);
        }
    }
}

#[test]
fn the_language_is_the_question_s_unless_one_is_asked_for() {
    let (chart, today) = people().remove(0);
    assert_eq!(ask(&chart, &today, "Vais-je trouver l'amour ?", &Composer).language, Lang::Fr);
    assert_eq!(ask(&chart, &today, "Will I find love?", &Composer).language, Lang::En);
    let question = Question { text: "Will I find love?", lang: Some(Lang::Fr), default_lang: Lang::En };
    let answer = advise(&chart, &today, question, &RETRIEVAL.1, &Composer).unwrap();
    assert_eq!(answer.language, Lang::Fr);
    assert!(answer.text.contains("Vénus") && answer.text.contains("de l’amour"), "{}", answer.text);
}

#[test]
fn other_questions_get_an_honest_answer() {
    let (chart, today) = people().remove(0);
    for (text, expected) in [
        ("What's the capital of France?", "birth chart"),
        ("write me python code", "chart"),
        ("Quelle est la capitale de l'Italie ?", "thème"),
        ("When will I die?", "No chart|no birth chart|No birth chart"),
        ("I want to kill myself", "988"),
        ("J'ai envie de mourir", "3114"),
    ] {
        let answer = ask(&chart, &today, text, &Composer);
        assert!(expected.split('|').any(|e| answer.text.contains(e)), "{}", answer.text);
        assert_eq!(answer.dropped_sentences, 0);
        assert!(!answer.text.contains("Paris") && !answer.text.contains("Rome"), "{}", answer.text);
    }
    for (text, expected) in [
        ("my boyfriend hits me", "1-800-799-7233"),
        ("mon mari me frappe", "3919"),
        ("I don't want to be here anymore", "988"),
        ("je veux disparaître", "3114"),
        ("Should I stop taking my antidepressants?", "doctor or pharmacist"),
        ("Ai-je un cancer ?", "médecin"),
        ("Am I pregnant?", "test"),
        ("Will I win my court case?", "lawyer"),
        ("Wann werde ich die Liebe finden?", "English and French"),
        ("Are you an AI?", "program"),
        ("Bonjour", "Bonjour"),
        ("T'es nul", "essayons autrement|question concrète"),
        ("I feel hopeless about my job", "helpline"),
    ] {
        for (chart, today) in people() {
            let answer = ask(&chart, &today, text, &Composer);
            assert!(expected.split('|').any(|e| answer.text.contains(e)), "{text}\n{}", answer.text);
            assert_eq!(answer.dropped_sentences, 0, "{text}\n{}", answer.text);
        }
    }
    let crisis = ask(&chart, &today, "I want to kill myself", &Composer);
    assert!(crisis.chart_facts.is_empty() && crisis.citations.is_empty());
}

#[test]
fn empty_and_long_questions_are_field_problems() {
    let (chart, today) = people().remove(0);
    for text in ["", " \u{200B} ", &"x".repeat(1001)] {
        let question = Question { text, lang: None, default_lang: Lang::En };
        let error = advise(&chart, &today, question, &RETRIEVAL.1, &Composer).unwrap_err();
        assert_eq!(error.code(), Code::InvalidFields);
    }
}

/// Emits a given draft.
struct Scripted(Draft);

impl Provider for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }
    fn version(&self) -> &'static str {
        "0"
    }
    fn answer(&self, _: &Brief<'_>, sink: &mut dyn Sink) -> std::result::Result<Spent, ProviderError> {
        for sentence in self.0.clone() {
            let _ = sink.sentence(sentence);
        }
        Ok(Spent::default())
    }
}

/// Runs `check` with a draft and its scope, for every person and question.
fn with_drafts(mut check: impl FnMut(&Draft, &Scope<'_>)) {
    for (chart, today) in people() {
        for question in QUESTIONS {
            let lang = language::detect(question, Lang::En);
            let reading = reading::read(question, lang);
            let facts = facts::for_reading(&chart, &reading, lang);
            let factors = facts::factors(&today, &reading);
            let evidence = evidence::gather(&RETRIEVAL.1, question, lang, &reading, &facts, &factors).unwrap();
            let brief = Brief {
                question,
                reading: &reading,
                language: lang,
                facts: &facts,
                factors: &factors,
                evidence: &evidence,
                date: &today.date,
                certainty: chart.birth.certainty,
                seed: seed(&chart, &today, question),
            };
            let scope = Scope {
                chart: &chart,
                today: &today,
                facts: &facts,
                factors: &factors,
                evidence: &evidence,
                corpus: RETRIEVAL.1.corpus(),
                index_generation: RETRIEVAL.1.generation(),
                lang,
            };
            check(&composer::compose(&brief), &scope);
        }
    }
}

/// The text with the first occurrence of one of `words` replaced by the next one in the list.
fn swap(text: &str, words: &[&str], step: usize) -> Option<String> {
    let whole = |at: usize, word: &str| {
        let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let after = text[at + word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        before && after
    };
    let (at, place) = words
        .iter()
        .enumerate()
        .filter_map(|(place, word)| text.find(word).filter(|at| whole(*at, word)).map(|at| (at, place)))
        .min()?;
    let other = words[(place + step) % words.len()];
    Some(format!("{}{other}{}", &text[..at], &text[at + words[place].len()..]))
}

/// Ways in which a stated fact can be wrong, each applied once to a text where it applies.
fn corruptions(text: &str, lang: Lang, states_a_contact: bool) -> Vec<(&'static str, String)> {
    use crate::astro::{Aspect, Sign};
    use crate::llm::lexicon;
    let mut wrong = Vec::new();
    let mut add = |name: &'static str, text: Option<String>| wrong.extend(text.map(|text| (name, text)));
    let signs: Vec<&str> = Sign::ALL.into_iter().map(|sign| lexicon::sign_name(lang, sign)).collect();
    // Where the hour leaves two signs open, another sign than the first may still be right.
    // And where one sign is empty, so may the other be.
    let is_empty = text.starts_with("No planet") || text.starts_with("Aucune planète");
    if !is_empty && !text.contains(" or in ") && !text.contains(" ou en ") {
        add("sign", swap(text, &signs, 5));
    }
    if text.contains(" house") || text.contains(" maison") {
        add("house", swap(text, lexicon::house_ordinals(lang), 3));
    }
    let figures = |at: usize| text[..at].rfind(|c: char| !c.is_ascii_digit());
    add(
        "degree",
        text.find('°').map(|at| {
            let start = figures(at).map_or(0, |i| i + text[i..].chars().next().unwrap().len_utf8());
            let value: u16 = text[start..at].parse().unwrap();
            format!("{}{}{}", &text[..start], (value + 7) % 30, &text[at..])
        }),
    );
    let aspects = [Aspect::Conjunction, Aspect::Sextile, Aspect::Square, Aspect::Trine, Aspect::Opposition];
    add("aspect", swap(text, &aspects.map(|aspect| lexicon::aspect_name(lang, aspect)), 2));
    if states_a_contact {
        let pairs = [
            ("still building", "already easing"),
            ("tightening", "loosening"),
            ("se resserre encore", "se relâche déjà"),
        ];
        let both = pairs.iter().flat_map(|(one, other)| [(one, other), (other, one)]);
        let motion = both.into_iter().find(|(from, _)| text.contains(**from));
        add("motion", motion.map(|(from, to)| text.replace(*from, to)));
    }
    wrong
}

/// Supports that a sentence does not have, in place of one that it has.
fn false_supports(support: &Support, scope: &Scope<'_>) -> Vec<Support> {
    match support {
        Support::Passage(id) => {
            let others = scope.evidence.iter().map(|e| &e.passage.id).filter(|other| *other != id).take(3);
            others.cloned().chain(["sun-in-nowhere".to_owned()]).map(Support::Passage).collect()
        }
        Support::ChartFact(_) => vec![Support::ChartFact("natal-vulcan".into())],
        Support::Factor(_) => vec![Support::Factor("mars-square-vulcan".into())],
        Support::Own => Vec::new(),
    }
}

#[test]
fn a_corrupted_sentence_never_passes() {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    with_drafts(|draft, scope| {
        for sentence in draft {
            assert_eq!(verify::sentence(sentence, scope), Verdict::Holds, "{sentence:?}");
            let contact = sentence.support.iter().any(|s| matches!(s, Support::Factor(_)));
            let fact = sentence.support.iter().any(|s| matches!(s, Support::ChartFact(_)));
            if contact || fact {
                for (name, text) in corruptions(&sentence.text, scope.lang, contact) {
                    let corrupted = Sentence { text, ..sentence.clone() };
                    assert_ne!(verify::sentence(&corrupted, scope), Verdict::Holds, "{sentence:?}\n{corrupted:?}");
                    *counts.entry(name).or_default() += 1;
                }
            }
            for (place, support) in sentence.support.iter().enumerate() {
                for other in false_supports(support, scope) {
                    let mut corrupted = sentence.clone();
                    corrupted.support[place] = other;
                    assert_ne!(verify::sentence(&corrupted, scope), Verdict::Holds, "{corrupted:?}");
                    *counts.entry("support").or_default() += 1;
                }
            }
            let unsupported = Sentence { support: Vec::new(), ..sentence.clone() };
            assert_eq!(verify::sentence(&unsupported, scope), Verdict::Unsupported);
        }
    });
    for name in ["sign", "house", "degree", "aspect", "motion", "support"] {
        assert!(counts.get(name).is_some_and(|count| *count >= 100), "{counts:?}");
    }
}

#[test]
fn sentences_of_a_stranger_are_dropped_when_false_and_kept_when_true() {
    let (chart, today) = people().remove(0);
    let fact = || vec![Support::ChartFact("natal-venus".into())];
    let sentence =
        |text: &str, support: Vec<Support>| Sentence { text: text.to_owned(), support, opens_paragraph: false };
    let (true_ones, false_ones) = (
        [
            "Your Venus is in Aries, in the tenth house.",
            "With Venus in Aries you love quickly.",
            "Your Aries Venus loves quickly.",
            "Your Sun and your Venus share a warm heart.",
            "At 16°59′ Aries, your Venus shines.",
            "The Ascendant falls at 11°38′ of Cancer.",
        ],
        [
            "Your Venus is in Taurus.",
            "Your Taurus Venus loves slowly.",
            "Venus, in the 3rd house, writes letters.",
            "Your Venus sits at 17°30′ Aries.",
            "In Leo, your Venus shines.",
            "Your Moon and Venus are in Aries.",
            "Your Venus is retrograde.",
            "Your Venus squares your Jupiter.",
            "Your Sun is in Pisces, your Venus in Gemini.",
            "Your house 7 opens in Leo.",
            "Orb 3°10′.",
            "your venus is in Virgo",
            "The Moon is in Capricorn today.",
        ],
    );
    let mut draft: Draft = true_ones.iter().map(|text| sentence(text, fact())).collect();
    draft.extend(false_ones.iter().map(|text| sentence(text, fact())));
    draft.push(sentence("Trust me.", Vec::new()));
    draft.push(sentence("Your Venus is in Aries", vec![Support::Own]));
    draft.push(sentence(true_ones[0], fact()));
    let answer = ask(&chart, &today, "Tell me about my Venus", &Scripted(draft));
    assert_eq!(answer.text, true_ones.join(" "));
    assert_eq!(answer.dropped_sentences, false_ones.len() + 3);
}

#[test]
fn a_day_is_named_only_where_a_contact_is_exact() {
    let born = |(chart, today): (Chart, Today)| {
        let mut today = today;
        for factor in today.leaders.iter_mut().chain(&mut today.influences) {
            factor.exact_at_utc = vec!["2026-12-08T03:00:00Z".into()];
            factor.applying = true;
        }
        (chart, today)
    };
    let (chart, today) = born(people().remove(0));
    let answer = ask(&chart, &today, "What does today hold for me?", &Composer);
    assert!(answer.text.contains("8 December"), "{}", answer.text);
    let answer = ask(&chart, &today, "Comment sera ma journée ?", &Composer);
    assert!(answer.text.contains("8 décembre"), "{}", answer.text);
    let factor = today.leaders.iter().find(|factor| factor.certain).unwrap();
    let say = |text: &str, support| Sentence { text: text.into(), support: vec![support], opens_paragraph: false };
    let right = say("It is exact around 8 December.", Support::Factor(factor.id.clone()));
    let draft = vec![
        right.clone(),
        say("It is exact around 9 December.", Support::Factor(factor.id.clone())),
        say("You will meet someone on 8 December.", Support::Own),
    ];
    let answer = ask(&chart, &today, "What does today hold for me?", &Scripted(draft));
    assert!(!answer.text.contains("9 December") && answer.dropped_sentences == 2, "{}", answer.text);
}

#[test]
fn an_empty_sign_is_said_to_be_empty() {
    let (chart, today) = people().remove(0);
    let answer = ask(&chart, &today, "What about Leo in my chart?", &Composer);
    assert!(answer.text.contains("No planet stands in Leo"), "{}", answer.text);
    let lie = Sentence {
        text: "No planet stands in Aries in your chart.".into(),
        support: vec![Support::ChartFact("natal-sun".into())],
        opens_paragraph: true,
    };
    let answer = ask(&chart, &today, "Tell me about my Sun", &Scripted(vec![lie]));
    assert!(!answer.text.contains("No planet"), "{}", answer.text);
}

#[test]
fn a_draft_that_does_not_hold_leaves_a_minimal_true_answer() {
    let (chart, today) = people().remove(0);
    let lie = Sentence {
        text: "Your Sun is in Leo.".into(),
        support: vec![Support::ChartFact("natal-sun".into())],
        opens_paragraph: true,
    };
    let answer = ask(&chart, &today, "Who am I?", &Scripted(vec![lie]));
    assert!(!answer.text.contains("Leo") && answer.text.contains("Pisces"), "{}", answer.text);
    assert_eq!(answer.dropped_sentences, 1);
}
