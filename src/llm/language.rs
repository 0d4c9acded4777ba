//! P: Tells whether a short question is English or French. Knows no third language: the caller's default answers doubt.

use super::lexicon;
use super::reading_words;
use crate::astro::Lang;

/// Words that only one of the two languages has, frequent in questions. Words that both have (`on`, `son`, `or`, `me`) are out.
const ENGLISH: &[&str] = &[
    "the", "is", "are", "am", "was", "were", "be", "been", "i", "my", "you", "your", "he", "she", "it", "we", "they",
    "his", "her", "their", "what", "when", "where", "who", "why", "how", "which", "will", "would", "should", "could",
    "can", "do", "does", "did", "have", "has", "had", "and", "but", "of", "to", "in", "with", "for", "from", "about",
    "this", "that", "these", "today", "tomorrow", "week", "with", "not", "feel", "feeling", "need", "want", "tell",
    "give", "going", "get", "keep", "find", "make", "right", "good", "best", "next", "new", "more", "always",
    "between", "life", "help", "myself", "ll", "ve", "hello", "hi", "thanks", "house", "rising", "moon", "sun", "any",
    "at", "than", "there",
];
const FRENCH: &[&str] = &[
    "le",
    "la",
    "les",
    "un",
    "une",
    "des",
    "du",
    "de",
    "au",
    "aux",
    "et",
    "est",
    "es",
    "suis",
    "sont",
    "sera",
    "je",
    "tu",
    "il",
    "elle",
    "nous",
    "vous",
    "ils",
    "elles",
    "mon",
    "ma",
    "mes",
    "ton",
    "ta",
    "tes",
    "sa",
    "ses",
    "notre",
    "nos",
    "votre",
    "vos",
    "leur",
    "que",
    "qui",
    "quoi",
    "quel",
    "quelle",
    "quels",
    "quelles",
    "quand",
    "comment",
    "pourquoi",
    "combien",
    "ou",
    "ai",
    "as",
    "avoir",
    "etre",
    "vais",
    "va",
    "dois",
    "devrais",
    "peux",
    "puis",
    "faut",
    "fait",
    "faire",
    "dans",
    "avec",
    "pour",
    "par",
    "sur",
    "sans",
    "chez",
    "ce",
    "cet",
    "cette",
    "ces",
    "ca",
    "cela",
    "pas",
    "ne",
    "plus",
    "aujourd",
    "hui",
    "demain",
    "semaine",
    "moi",
    "toi",
    "bonjour",
    "merci",
    "maison",
    "lune",
    "soleil",
    "ciel",
    "entre",
    "mieux",
    "toujours",
    "beaucoup",
    "parle",
    "dis",
    "sens",
    "qu",
    "c",
    "j",
    "l",
    "d",
    "n",
    "vie",
    "en",
    "ascendant",
];

/// The language of a question, or `default` when nothing in it tells.
pub fn detect(text: &str, default: Lang) -> Lang {
    let folded = lexicon::fold(text);
    let (mut english, mut french) = (0_i32, 0_i32);
    for word in folded.split_whitespace() {
        english += i32::from(ENGLISH.contains(&word)) * 2;
        french += i32::from(FRENCH.contains(&word)) * 2;
    }
    french += match text.to_lowercase().chars().filter(|c| "éèêëàâçùûîïôœ«»".contains(*c)).count() {
        0 => 0,
        1 => 3,
        _ => 6,
    };
    if english == french {
        english += topic_words(&folded, Lang::En);
        french += topic_words(&folded, Lang::Fr);
    }
    match english.cmp(&french) {
        std::cmp::Ordering::Greater => Lang::En,
        std::cmp::Ordering::Less => Lang::Fr,
        std::cmp::Ordering::Equal => default,
    }
}

/// Whether a folded question is in a language that is neither English nor French. Knows the commonest words of Spanish,
/// German, Italian and Portuguese, and says no in doubt.
pub fn is_foreign(folded: &str) -> bool {
    let known = |word: &&str| ENGLISH.contains(word) || FRENCH.contains(word);
    let foreign = |word: &&str| reading_words::FOREIGN.any(&format!(" {word} "));
    if !reading_words::FOREIGN.any(folded) {
        return false;
    }
    let count = |test: &dyn Fn(&&str) -> bool| folded.split_whitespace().filter(|word| test(word)).count();
    count(&foreign) >= 2 && count(&foreign) > count(&known)
}

fn topic_words(folded: &str, lang: Lang) -> i32 {
    let lists = reading_words::topics(lang).iter().map(|(_, words)| words).chain([reading_words::general(lang)]);
    let found: usize = lists.map(|words| words.found(folded).len()).sum();
    i32::try_from(found).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH_QUESTIONS: &[&str] = &[
        "Will I find love this year?",
        "What about my career?",
        "Should I change jobs?",
        "How is my day?",
        "Love?",
        "work",
        "Why am I so tired lately",
        "Tell me about my Moon sign",
        "Is this a good time to move house?",
        "money problems",
        "What does my ascendant say about me?",
        "my boss hates me",
        "When will things get better?",
        "I feel lonely",
        "Mars in my chart",
        "What's my biggest strength?",
        "Can you help me decide?",
        "family dinner tonight",
        "Do I have a creative gift?",
        "Mercury retrograde, what now?",
        "Who am I?",
        "Is Saturn hard on me?",
    ];
    const FRENCH_QUESTIONS: &[&str] = &[
        "Vais-je trouver l'amour cette année ?",
        "Et mon travail ?",
        "Dois-je changer de métier ?",
        "Comment sera ma journée ?",
        "Amour ?",
        "travail",
        "Pourquoi suis-je si fatiguée ?",
        "Parle-moi de ma Lune",
        "Est-ce le moment de déménager ?",
        "problemes d'argent",
        "Que dit mon ascendant ?",
        "mon chef me déteste",
        "Quand est-ce que ça ira mieux ?",
        "Je me sens seule",
        "Mars dans mon thème",
        "Quelle est ma plus grande force ?",
        "Peux-tu m'aider à choisir ?",
        "repas de famille ce soir",
        "Ai-je un don créatif ?",
        "Mercure rétrograde, et maintenant ?",
        "Qui suis-je ?",
        "Saturne est-il dur avec moi ?",
    ];

    #[test]
    fn short_questions_are_told_apart_whatever_the_default() {
        for default in [Lang::En, Lang::Fr] {
            for question in ENGLISH_QUESTIONS {
                assert_eq!(detect(question, default), Lang::En, "{question}");
            }
            for question in FRENCH_QUESTIONS {
                assert_eq!(detect(question, default), Lang::Fr, "{question}");
            }
        }
    }

    #[test]
    fn doubt_goes_to_the_default() {
        for default in [Lang::En, Lang::Fr] {
            assert_eq!(detect("2027 ?", default), default);
            assert_eq!(detect("🙂", default), default);
        }
    }
}
