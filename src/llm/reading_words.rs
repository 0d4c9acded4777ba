//! P: The words by which a question is read, in both languages: without accents, `*` for an open ending, `~` for a weak
//! sign. Holds words, decides nothing.

use super::reading::Topic;
use crate::astro::Lang;

/// Patterns, separated by a comma and a blank.
pub type Words = &'static str;

/// The patterns of a list.
pub fn patterns(words: Words) -> impl Iterator<Item = &'static str> {
    words.split(", ")
}

const TOPICS_EN: &[(Topic, Words)] = &[
    (
        Topic::Grief,
        "grief, griev*, mourn*, died, passed away, bereave*, funeral, my loss, lost my mother, lost my father, \
         death~, miss~",
    ),
    (
        Topic::Love,
        "love*, lover*, relationship*, romance, romantic*, partner*, boyfriend*, girlfriend*, husband, wife, \
         marriage, marry, married, dating, crush, breakup, break up, broke up, my ex, soulmate*, soul mate*, \
         divorce*, couple, intimacy, single~, jealous*, heart~",
    ),
    (
        Topic::Work,
        "work, works, working, workplace, job, jobs, career*, boss, colleague*, coworker*, office, promotion, \
         profession*, vocation*, employ*, business, interview*, manager, unemploy*, resign*, retire*, project~",
    ),
    (
        Topic::Money,
        "money, financ*, salary, debt*, income, rich, wealth*, invest*, saving*, budget*, bank*, loan*, lottery, \
         stock*, crypto*, bitcoin, afford, cash, spend*, mortgage",
    ),
    (
        Topic::Family,
        "family, families, mother*, mum, mom, father*, dad, parent*, sister*, brother*, sibling*, child, \
         children, son, daughter*, kid, kids, baby, grandmother, grandfather, grandparent*, aunt, uncle, cousin*",
    ),
    (Topic::Friendship, "friend, friends, friendship*, friendly, my circle, social life"),
    (
        Topic::Rest,
        "rest, resting, tired*, exhaust*, sleep*, burnout, burn out, burned out, stress*, relax*, anxi*, \
         overwhelm*, holiday*, vacation, slow down, energy~, health*~, calm~",
    ),
    (
        Topic::Conflict,
        "conflict*, argument*, arguing, argue, fight*, quarrel*, anger, angry, tension*, dispute*, enem*, \
         resent*, hates me, forgive*~",
    ),
    (
        Topic::Creativity,
        "creativ*, art, artist*, paint*, writing, writer, music*, song*, novel, inspir*, create, drawing, \
         write~, design*~, talent*~",
    ),
    (
        Topic::Study,
        "study, studies, studying, exam, exams, school, university, college, learn*, thesis, student*, diploma, \
         course~",
    ),
    (
        Topic::Home,
        "home, where to live, should i live, apartment, relocat*, landlord, neighbo*, move house, moving house, \
         move out, house~, flat~",
    ),
    (Topic::Loneliness, "lonely, loneliness, alone, isolat*, nobody understands"),
    (
        Topic::Change,
        "change*, changing, new start, fresh start, new chapter, start over, transition*, transform*, abroad~, \
         move~, moving~, stuck~",
    ),
    (
        Topic::Decisions,
        "decide*, deciding, decision*, choose, choosing, choice*, dilemma, hesita*, should i~, option*~",
    ),
];

const TOPICS_FR: &[(Topic, Words)] = &[
    (
        Topic::Grief,
        "deuil, decede*, est mort, est morte, sa mort, chagrin, enterrement, perdu ma mere, perdu mon pere, a \
         disparu, mort~, manque~",
    ),
    (
        Topic::Love,
        "amour*, couple, relation, relation amoureuse, sentimental*, mon mari, ma femme, copain, copine, petit \
         ami, petite amie, conjoint*, mariage, marier, marie, epous*, rupture, mon ex, celibat*, ame soeur, \
         seduire, seduction, aimer, m aime, l aime, t aime, divorc*, partenaire*, jalou*, coeur~, relations~",
    ),
    (
        Topic::Work,
        "travail*, boulot, metier*, carriere, profession*, emploi*, patron*, chef, collegue*, bureau, promotion, \
         vocation*, entreprise, entretien*, demission*, chomage, retraite, poste, licenci*, reconversion, \
         projet*~",
    ),
    (
        Topic::Money,
        "argent, financ*, salaire*, dette*, revenu*, riche*, invest*, epargn*, economies, budget*, banque, \
         emprunt*, loto, loterie, bourse, crypto*, bitcoin, placement*, depens*, hypotheque",
    ),
    (
        Topic::Family,
        "famill*, familia*, mere, maman, pere, papa, parent*, soeur*, frere*, enfant*, fils, fille, filles, \
         bebe, grand mere, grand pere, tante, oncle, cousin*",
    ),
    (Topic::Friendship, "ami, amie, amis, amies, amitie*, amica*, copains, copines, vie sociale"),
    (
        Topic::Rest,
        "repos*, fatigu*, epuis*, dormir, dors, sommeil, stress*, surmen*, anxi*, angoiss*, detend*, vacances, \
         souffler, burn out, burnout, ralentir, energie~, sante~, calme~",
    ),
    (
        Topic::Conflict,
        "conflit*, disput*, colere*, tension*, querell*, fache*, ennemi*, rancun*, me deteste, pardonn*~",
    ),
    (
        Topic::Creativity,
        "creati*, creer, artist*, peindre, peinture, ecriture, ecrivain*, musique, chanson*, roman, inspir*, \
         dessin*, art, ecrire~, don~, talent*~",
    ),
    (
        Topic::Study,
        "etude*, etudi*, examen*, ecole, universit*, lycee, fac, apprendre, apprentissage, formation*, concours, \
         these, diplome*, cours~",
    ),
    (
        Topic::Home,
        "habiter*, ou vivre, appartement, logement, demenag*, foyer, chez moi, voisin*, proprietaire*, maison~, \
         loyer~",
    ),
    (Topic::Loneliness, "seul, seule, solitude, isole*, personne ne me comprend"),
    (
        Topic::Change,
        "chang*, nouveau depart, nouvelle vie, tourner la page, recommencer, transition*, transform*, etranger~, \
         bloque*~, partir~",
    ),
    (
        Topic::Decisions,
        "decid*, decision*, choisir, choix, dilemme*, hesit*, dois je~, devrais je~, je dois~, option*~",
    ),
];

/// Words of each topic; where two topics score the same, the earlier one wins.
pub const fn topics(lang: Lang) -> &'static [(Topic, Words)] {
    match lang {
        Lang::En => TOPICS_EN,
        Lang::Fr => TOPICS_FR,
    }
}

const GENERAL_EN: Words = "today, tonight, tomorrow, this week, this month, this year, my day, my week, my month, my year, future, \
     life, myself, mood*, luck*, feel, feeling*, advice, advise, purpose, strength*, weakness*, personality, \
     talent*, happy, happiness, lesson*, challenge*, chart, horoscope*, astrolog*, zodiac, planet, planets, \
     transit*, stars, birth, natal, destiny, who am i, about me, star sign, sun sign, sign, aspects, houses, \
     retrograde*";

const GENERAL_FR: Words = "aujourd hui, ce soir, demain, cette semaine, ce mois, cette annee, ma journee, ma semaine, mon mois, mon \
     annee, avenir, futur, vie, humeur*, chance, conseil*, but, force*, faiblesse*, personnalite, talent*, \
     heureu*, bonheur, lecon*, defi*, theme, carte du ciel, horoscope*, astrolog*, zodiaque, planete*, transit*, \
     astres, naissance, natal*, destin*, qui suis je, sur moi, signe, aspects, maisons, retrograd*";

/// Words of questions about oneself, the day or astrology at large.
pub const fn general(lang: Lang) -> Words {
    match lang {
        Lang::En => GENERAL_EN,
        Lang::Fr => GENERAL_FR,
    }
}

/// Words by which somebody speaks of themselves.
pub const PERSONAL: Words = "i, my, myself, mine, im, je, j, mon, ma, mes, moi";

/// Signs that the question is for another kind of helper.
pub const ELSEWHERE: Words = "python, javascript, java, sql, code, coding, html, regex, algorithm*, recipe*, cook*, weather, capital of, \
     president*, prime minister, translat*, football, soccer, basketball, world cup, movie*, population, square \
     root, equation*, calculat*, wikipedia, who invented, who wrote, essay, poem, system prompt, jailbreak, \
     previous instructions, prompt, recette*, cuisin*, meteo, capitale, ministre, tradui*, traduction, racine \
     carree, calcul*, qui a invente, qui a ecrit, poeme, dissertation, tes consignes, tes instructions";

/// Words of a person in danger; one is enough.
pub const CRISIS: Words = "suicid*, kill myself, killing myself, end my life, ending my life, end it all, want to die, wanna die, wish \
     i was dead, wish i were dead, better off dead, hurt myself, hurting myself, harm myself, self harm*, cut \
     myself, cutting myself, don t want to live, dont want to live, no reason to live, not worth living, \
     overdose*, chest pain*, heart attack, can t breathe, he hits me, she hits me, beats me, is abusing me, \
     being abused, raped, me suicider, me tuer, en finir avec la vie, en finir avec ma vie, envie d en finir, \
     veux en finir, mettre fin a mes jours, mettre fin a ma vie, envie de mourir, veux mourir, voudrais mourir, \
     voudrais etre mort*, me faire du mal, me fais du mal, plus envie de vivre, veux plus vivre, aucune raison \
     de vivre, vaut plus la peine d etre vecue, automutil*, me mutile*, me scarifie*, surdose, douleur a la \
     poitrine, crise cardiaque, n arrive plus a respirer, il me frappe, elle me frappe, me bat, viole, violee";

/// What no chart shows: the length of a life, winning numbers.
pub const UNKNOWABLE: Words = "will i die, i going to die, do i die, my death, how long will i live, date of my death, lottery numbers, \
     winning numbers, win the lottery, life expectancy, vais je mourir, je vais mourir, mourrai je, ma mort, \
     combien de temps vais je vivre, combien de temps il me reste, esperance de vie, numeros gagnants, numeros \
     du loto, gagner au loto, gagner a la loterie";

/// Questions that want a forecast.
pub const PREDICTIVE: Words = "will i, will he, will she, will we, will they, will my, will things, when will, am i going to, is he going \
     to, is she going to, going to happen, vais je, va t il, va t elle, allons nous, est ce que je vais, est ce \
     qu il va, est ce qu elle va, quand, aurai je, serai je, va t on, reviendra";

/// Words of health.
pub const HEALTH: Words = "health*, sick, sickness, ill, illness*, disease*, have cancer, breast cancer, doctor*, medic*, pregnan*, \
     symptom*, diagnos*, surgery, depress*, therap*, sante, malad*, medecin*, un cancer, le cancer du, enceinte, \
     grossesse, symptome*, douleur*, operation, chirurg*, traitement*, insomni*, anxiety, panic attack*, \
     angoisse*";

/// Words of law.
pub const LEGAL: Words = "court, lawsuit*, lawyer*, legal*, judge, trial, sue, suing, custody, tribunal, proces, avocat*, juge, \
     juges, justice, juridique*, porter plainte, garde des enfants, garde de mes enfants";

/// Words of money decisions.
pub const MONEY: Words = "invest*, stock*, crypto*, bitcoin, loan*, mortgage, lottery, trading, bourse, emprunt*, placement*, \
     hypotheque, loto, loterie, credit immobilier";
