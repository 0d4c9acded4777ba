//! P: The words by which a question is read, in both languages: without accents, `*` for an open ending, `~` for a weak
//! sign. Holds words, decides nothing.

use super::patterns::Words;
use super::reading::Topic;
use crate::astro::Lang;

static TOPICS_EN: [(Topic, Words); 17] = [
    (
        Topic::Grief,
        Words::new(
            "grief, griev*, mourn*, died, passed away, bereave*, funeral, my loss, lost my mother, lost my father, lost my \
         mum, lost my mom, lost my dad, lost my husband, lost my wife, lost my son, lost my daughter, lost my baby, lost \
         my brother, lost my sister, lost my grand*, lost my dog, lost my cat, lost someone, miscarr*, death~, miss~",
        ),
    ),
    (
        Topic::Love,
        Words::new(
            "love*, lover*, relationship*, romance, romantic*, partner*, boyfriend*, girlfriend*, husband, wife, \
         marriage, marry, married, dating, crush, breakup, break up, broke up, my ex, soulmate*, soul mate*, \
         divorce*, couple, intimacy, compatib*, meet someone, meet somebody, find someone, find somebody, cheating, \
         cheats, unfaithful, single~, jealous*, heart~",
        ),
    ),
    (
        Topic::Conflict,
        Words::new(
            "conflict*, argument*, arguing, argue, fight*, quarrel*, anger, angry, tension*, dispute*, enem*, \
         resent*, hates me, attack*, no longer talk*, no longer speak*, not speaking, not talking, don t talk, don t speak, \
         furious, forgive*",
        ),
    ),
    (
        Topic::Work,
        Words::new(
            "work, works, working, workplace, job, jobs, career*, boss, colleague*, coworker*, office, promotion, \
         profession*, vocation*, employ*, business, interview*, manager, unemploy*, resign*, retire*, project~",
        ),
    ),
    (
        Topic::Money,
        Words::new(
            "money, financ*, salary, debt*, income, rich, wealth*, invest*, saving*, budget*, bank*, loan*, lottery, \
         stock*, crypto*, bitcoin, afford, cash, spend*, mortgage",
        ),
    ),
    (
        Topic::Family,
        Words::new(
            "family, families, mother*, mum, mom, father*, dad, parent*, sister*, brother*, sibling*, child, \
         children, son, daughter*, kid, kids, baby, grandmother, grandfather, grandparent*, aunt, uncle, cousin*",
        ),
    ),
    (Topic::Friendship, Words::new("friend, friends, friendship*, friendly, my circle, social life")),
    (
        Topic::Rest,
        Words::new(
            "rest, resting, tired*, exhaust*, sleep*, burnout, burn out, burned out, stress*, relax*, anxi*, \
         overwhelm*, holiday*, vacation, slow down, energy~, health*~, calm~",
        ),
    ),
    (
        Topic::Creativity,
        Words::new(
            "creativ*, art, artist*, paint*, writing, writer, music*, song*, novel, inspir*, create, drawing, \
         write~, design*~, talent*~",
        ),
    ),
    (
        Topic::Study,
        Words::new(
            "study, studies, studying, exam, exams, school, university, college, learn*, thesis, student*, diploma, \
         course~",
        ),
    ),
    (
        Topic::Home,
        Words::new(
            "home, where to live, should i live, apartment, relocat*, landlord, neighbo*, move house, moving house, \
         move out, house~, flat~",
        ),
    ),
    (Topic::Loneliness, Words::new("lonely, loneliness, alone, isolat*, nobody understands")),
    (
        Topic::Confidence,
        Words::new(
            "confiden*, self esteem, self worth, worthless, insecure, insecurit*, shy, shyness, believe in myself, hate \
         myself, ugly, not good enough, imposter, impostor",
        ),
    ),
    (Topic::Travel, Words::new("travel*, trip, trips, journey, journeys, flight, flights, abroad, emigrat*, expat*")),
    (
        Topic::Meaning,
        Words::new(
            "meaning of my life, meaning of life, meaning in life, purpose, soul, spiritual*, faith, pray*, destiny, \
         meaning~",
        ),
    ),
    (
        Topic::Change,
        Words::new(
            "change*, changing, new start, fresh start, new chapter, start over, transition*, transform*, \
         move~, moving~, stuck~",
        ),
    ),
    (
        Topic::Decisions,
        Words::new(
            "decide*, deciding, decision*, choose, choosing, choice*, dilemma, hesita*, deciding, can t decide, should i~, option*~",
        ),
    ),
];

static TOPICS_FR: [(Topic, Words); 17] = [
    (
        Topic::Grief,
        Words::new(
            "deuil, decede*, est mort, est morte, sa mort, chagrin, enterrement, perdu ma mere, perdu mon pere, perdu mon \
         grand*, perdu ma grand*, perdu mon mari, perdu ma femme, perdu mon fils, perdu ma fille, perdu mon frere, perdu \
         ma soeur, perdu mon bebe, perdu mon chien, perdu mon chat, perdu un proche, perdu quelqu un, fausse couche, a \
         disparu, mort~, manque~",
        ),
    ),
    (
        Topic::Love,
        Words::new(
            "amour*, couple, relation, relation amoureuse, sentimental*, mon mari, ma femme, copain, copine, petit \
         ami, petite amie, conjoint*, mariage, marier, marie, epous*, rupture, mon ex, celibat*, ame soeur, \
         seduire, seduction, aimer, m aime, l aime, t aime, divorc*, partenaire*, compatib*, rencontrer quelqu un, trouver quelqu un, me trompe, infidel*, jalou*, coeur~, relations~",
        ),
    ),
    (
        Topic::Conflict,
        Words::new(
            "conflit*, disput*, colere*, tension*, querell*, fache*, ennemi*, rancun*, me deteste, attaque*, parlons plus, parle plus, parlent plus, brouill*, furieu*, pardonn*",
        ),
    ),
    (
        Topic::Work,
        Words::new(
            "travail*, boulot, metier*, carriere, profession*, emploi*, patron*, chef, collegue*, bureau, promotion, \
         vocation*, entreprise, entretien*, demission*, chomage, retraite, poste, licenci*, reconversion, \
         projet*~",
        ),
    ),
    (
        Topic::Money,
        Words::new(
            "argent, financ*, salaire*, dette*, revenu*, riche*, invest*, epargn*, economies, budget*, banque, \
         emprunt*, loto, loterie, bourse, crypto*, bitcoin, placement*, depens*, hypotheque",
        ),
    ),
    (
        Topic::Family,
        Words::new(
            "famill*, familia*, mere, maman, pere, papa, parent*, soeur*, frere*, enfant*, fils, fille, filles, \
         bebe, grand mere, grand pere, tante, oncle, cousin*",
        ),
    ),
    (Topic::Friendship, Words::new("ami, amie, amis, amies, amitie*, amica*, copains, copines, vie sociale")),
    (
        Topic::Rest,
        Words::new(
            "repos*, fatigu*, epuis*, dormir, dors, sommeil, stress*, surmen*, anxi*, angoiss*, detend*, vacances, \
         souffler, burn out, burnout, ralentir, energie~, sante~, calme~",
        ),
    ),
    (
        Topic::Creativity,
        Words::new(
            "creati*, creer, artist*, peindre, peinture, ecriture, ecrivain*, musique, chanson*, roman, inspir*, \
         dessin*, art, ecrire~, don~, talent*~",
        ),
    ),
    (
        Topic::Study,
        Words::new(
            "etude*, etudi*, examen*, ecole, universit*, lycee, fac, apprendre, apprentissage, formation*, concours, \
         these, diplome*, cours~",
        ),
    ),
    (
        Topic::Home,
        Words::new(
            "habiter*, ou vivre, appartement, logement, demenag*, foyer, chez moi, voisin*, proprietaire*, maison~, \
         loyer~",
        ),
    ),
    (Topic::Loneliness, Words::new("seul, seule, solitude, isole*, personne ne me comprend")),
    (
        Topic::Confidence,
        Words::new(
            "confiance en moi, confiance en soi, estime de moi, estime de soi, timid*, complexe*, moche, laid, laide, inutile, \
         bon a rien, bonne a rien, me deteste, imposteur, assurance~, confiance~",
        ),
    ),
    (Topic::Travel, Words::new("voyag*, partir loin, a l etranger, vols, avion, expatri*, sejour*")),
    (
        Topic::Meaning,
        Words::new(
            "sens de ma vie, sens de la vie, sens a ma vie, donner du sens, ame, spirit*, foi, prier, priere*, mission de vie, \
         destin, destinee",
        ),
    ),
    (
        Topic::Change,
        Words::new(
            "chang*, nouveau depart, nouvelle vie, tourner la page, recommencer, transition*, transform*, \
         bloque*~, partir~",
        ),
    ),
    (
        Topic::Decisions,
        Words::new("decid*, decision*, choisir, choix, dilemme*, hesit*, dois je~, devrais je~, je dois~, option*~"),
    ),
];

/// Words of each topic; where two topics score the same, the earlier one wins.
pub fn topics(lang: Lang) -> &'static [(Topic, Words)] {
    match lang {
        Lang::En => &TOPICS_EN,
        Lang::Fr => &TOPICS_FR,
    }
}

static GENERAL_EN: Words = Words::new(
    "today, tonight, tomorrow, this week, this month, this year, my day, my week, my month, my year, future, \
     life, myself, mood*, luck*, feel, feeling*, advice, advise, purpose, strength*, weakness*, personality, \
     talent*, happy, happiness, lesson*, challenge*, chart, horoscope*, astrolog*, zodiac, planet, planets, \
     transit*, stars, birth, natal, destiny, who am i, about me, star sign, sun sign, sign, aspects, houses, \
     retrograde*, compatible",
);

static GENERAL_FR: Words = Words::new(
    "aujourd hui, ce soir, demain, journee*, cette semaine, ce mois, cette annee, ma journee, ma semaine, mon mois, mon \
     annee, avenir, futur, vie, humeur*, chance, conseil*, but, force*, faiblesse*, personnalite, talent*, \
     heureu*, bonheur, lecon*, defi*, theme, carte du ciel, horoscope*, astrolog*, zodiaque, planete*, transit*, \
     astres, naissance, natal*, destin*, qui suis je, sur moi, signe, aspects, maisons, retrograd*",
);

/// Words of questions about oneself, the day or astrology at large.
pub fn general(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &GENERAL_EN,
        Lang::Fr => &GENERAL_FR,
    }
}

/// Words by which somebody speaks of themselves.
pub static PERSONAL: Words = Words::new("i, my, myself, mine, im, je, j, mon, ma, mes, moi");

/// Signs that the question is for another kind of helper.
pub static ELSEWHERE: Words = Words::new(
    "clause*, legally, legal advice, is it legal, legalement, est elle legale, est il legal, est ce legal, rain, snow, pleuvoir, neiger, joke, blague, python, javascript, java, sql, code, coding, html, regex, algorithm*, recipe*, cook*, weather, capital of, \
     president*, prime minister, translat*, football, soccer, basketball, world cup, movie*, population, square \
     root, equation*, calculat*, wikipedia, who invented, who wrote, essay, poem, system prompt, jailbreak, \
     previous instructions, prompt, recette*, cuisin*, meteo, capitale, ministre, tradui*, traduction, racine \
     carree, calcul*, qui a invente, qui a ecrit, poeme, dissertation, tes consignes, tes instructions",
);

/// Words of a person who may be about to harm themselves or somebody else; one is enough.
pub static DESPAIR: Words = Words::new(
    "suicid*, kill myself, killing myself, end my life, ending my life, end it all, take my own life, taking my own \
     life, want to die, wanna die, ready to die, wish i was dead, wish i were dead, better off dead, better off without \
     me, better without me, nobody would miss me, no one would miss me, hurt myself, hurting myself, harm myself, self \
     harm*, cut myself, cutting myself, hang myself, don t want to live, dont want to live, don t want to be alive, dont \
     want to be alive, to be here anymore, to be here any more, to be alive anymore, never wake up, not wake up, to wake \
     up anymore, want to disappear, wish i could disappear, can t go on living, no reason to live, no point in living, \
     no point living, not worth living, tired of living, tired of life, tired of being alive, want it all to stop, want \
     everything to stop, sleep forever, overdos*, want to kill him, want to kill her, want to kill them, want to kill \
     someone, quiero morir, me quiero morir, ich will sterben, voglio morire, quero morrer, me suicider, me tuer, en finir \
     avec la vie, en finir avec ma vie, envie d en finir, veux en finir, voudrais en finir, mettre fin a mes jours, mettre \
     fin a ma vie, envie de mourir, veux mourir, voudrais mourir, voudrais etre mort*, envie de disparaitre, veux \
     disparaitre, voudrais disparaitre, envie d etre la, veux plus etre la, ne plus etre la, ne plus me reveiller, plus \
     jamais me reveiller, dormir pour toujours, que tout s arrete, veux que ca s arrete, voudrais que ca s arrete, me \
     faire du mal, me fais du mal, plus envie de vivre, veux plus vivre, aucune raison de vivre, plus de raison de vivre, \
     a quoi bon vivre, fatigue de vivre, fatiguee de vivre, marre de vivre, marre de la vie, mieux sans moi, manquerais a \
     personne, me pendre, m ouvrir les veines, me foutre en l air, idees noires, plus la peine de vivre, vaut plus la \
     peine d etre vecue, automutil*, me mutile*, me scarifie*, surdose, envie de le tuer, envie de la tuer, vais le tuer, \
     vais la tuer",
);

/// Words of a person whom somebody hurts or threatens.
pub static VIOLENCE: Words = Words::new(
    "hits me, he hit me, she hit me, husband hit me, wife hit me, boyfriend hit me, girlfriend hit me, partner hit \
     me, father hit me, mother hit me, dad hit me, mom hit me, mum hit me, beats me, beat me up, beaten by, slaps me, \
     chokes me, choked me, strangle*, threatens me, threatens to kill, threatened to kill, abuses me, abusing me, abused \
     by, being abused, is abusive, abusive husband, abusive wife, abusive partner, abusive boyfriend, abusive girlfriend, \
     abusive relationship, domestic violence, raped, rapes me, molest*, forced me to have sex, afraid of my husband, \
     afraid of my partner, afraid of my boyfriend, scared of my husband, scared of my partner, scared of my boyfriend, me \
     frappe, me frappent, m a frappe*, me bat, me battent, m a battu*, me cogne, me gifle, m a gifle*, m etrangle*, m a \
     etrangle*, me menace, me menacent, m a menace*, menace de me tuer, me viole, m a viole*, viole, violee, violences \
     conjugales, violence conjugale, femme battue, homme battu, abuse de moi, m a agresse*, peur de mon mari, peur de ma \
     femme, peur de mon conjoint, peur de mon copain, peur de mon compagnon",
);

/// Words of a body in immediate danger.
pub static EMERGENCY: Words = Words::new(
    "chest pain*, heart attack, having a stroke, can t breathe, cannot breathe, bleeding heavily, douleur a la \
     poitrine, crise cardiaque, fais un avc, arrive plus a respirer, arrive pas a respirer, saigne beaucoup",
);

/// The length of a life.
pub static LIFESPAN: Words = Words::new(
    "will i die, i going to die, do i die, my death, how long will i live, how long do i have, date of my death, \
     life expectancy, how old will i get, how old will i become, what age will i die, what age i will die, what age will i \
     pass, what age i will pass, vais je mourir, jusqu a quel age vais je vivre, jusqu a quel age vivrai je, quel age mourrai je, je vais mourir, mourrai je, ma mort, combien de temps vais je vivre, combien de \
     temps il me reste, esperance de vie",
);

/// Chance games.
pub static LUCK: Words = Words::new(
    "lottery numbers, winning numbers, win the lottery, lucky numbers, which stock*, which share*, which coin*, which crypto*, stock should i \
     buy, stocks should i buy, shares should i buy, numeros gagnants, numeros du loto, gagner au loto, gagner a la loterie, quelle \
     action acheter, quelles actions acheter, quel titre acheter, quelle crypto*",
);

/// Whether one is ill.
pub static ILLNESS: Words = Words::new(
    "do i have cancer, could i have cancer, might i have cancer, is it cancer, do i have an illness, do i \
     have depression, do i have adhd, do i have autism, am i ill, am i sick, am i dying, will i get sick, will i get \
     cancer, will i get better, will i recover, will i be cured, what disease, est ce que j ai un cancer, ai je un cancer, \
     ai je le cancer, est ce un cancer, j ai un cancer ou, ai je une maladie, suis je malade, est ce que je suis malade, \
     vais je guerir, est ce que je vais guerir, vais je tomber malade, quelle maladie",
);

/// What to do about a treatment.
pub static TREATMENT: Words = Words::new(
    "antidepress*, medication*, milligram*, dosage*, ibuprofen*, paracetamol*, aspirin*, antibiotic*, antibiotique*, my meds, my pills, my treatment, chemo*, insulin, should i have surgery, have the \
     surgery, have the operation, vaccin*, mon traitement, mes medicaments, mes cachets, chimio*, insuline, me faire \
     operer, l operation",
);

/// Whether one is expecting.
pub static PREGNANCY: Words =
    Words::new("am i pregnant, am i expecting, could i be pregnant, suis je enceinte, est ce que je suis enceinte");

/// Greetings and thanks, which count in a very short question alone.
pub static GREETING: Words = Words::new(
    "hello, hi, hey, good morning, good evening, good afternoon, thanks, thank you, bonjour, bonsoir, salut, coucou, \
     merci",
);

/// Questions about what is answering.
pub static IDENTITY: Words = Words::new(
    "are you an ai, are you ai, are you a bot, are you a human, are you a machine, are you a program, are you a computer, human or a \
     bot, human or a robot, human or a machine, es tu une machine, etes vous une machine, es tu un programme, humain ou un robot, are you a robot, are you human, are you real, are you a person, are you \
     chatgpt, who are you, what are you, what can you do, what do you do, how do you work, how can you help, who made you, \
     es tu une ia, tu es une ia, etes vous une ia, es tu un robot, etes vous un robot, es tu humain*, etes vous humain*, \
     qui es tu, qui etes vous, que peux tu faire, que sais tu faire, que pouvez vous faire, comment fonctionnes tu, es tu \
     reel*, chatgpt",
);

/// Insults, where nobody speaks of themselves.
pub static RUDE: Words = Words::new(
    "stupid, idiot*, dumb, shut up, fuck*, sucks, you suck, moron, useless, bullshit, es nul, es nulle, debile, connard, \
     connasse, ta gueule, merde, ferme la, imbecile, n importe quoi",
);

/// Questions about what another person thinks, feels or will do.
pub static ANOTHER: Words = Words::new(
    "does he, does she, is he, is she, will he, will she, did he, did she, is my partner, is my husband, is my wife, is \
     my boyfriend, is my girlfriend, does my partner, does my husband, does my wife, does my boyfriend, does my \
     girlfriend, does my ex, will my ex, will my husband, will my wife, cheating, cheats, loves me, love me, miss me, \
     misses me, think of me, thinks of me, come back to me, kids future, children s future, m aime t, m aime encore, me \
     trompe, pense a moi, pense t il, pense t elle, va t il, va t elle, est ce qu il, est ce qu elle, il va revenir, elle \
     va revenir, va revenir, reviendra, avenir de mes enfants, avenir de mon fils, avenir de ma fille",
);

/// Questions that want a decision made.
pub static DECIDING: Words = Words::new(
    "should i, should we, shall i, ought i, is it a good time, is this a good time, good moment to, right time to, is \
     it time to, am i right to, dois je, devrais je, doit on, devrait on, faut il, est ce que je dois, est ce que je \
     devrais, bon moment pour, est ce le moment, ai je raison",
);

/// Openings of questions that only look like it.
pub static NOT_DECIDING: Words = Words::new(
    "what should i, how should i, where should i, who should i, what shall i, que dois je, comment dois je, que \
     devrais je, que faut il, comment faut il, a quoi dois je",
);

/// A person near the end of their strength, though in no danger that their words show.
pub static STRAIN: Words = Words::new(
    "can t go on, can t take it, can t take this, can t cope, cannot cope, at the end of my rope, hopeless*, worthless, \
     desperate, despair, hate myself, hate my life, empty inside, falling apart, panic attack*, depress*, en peux plus, \
     bout du rouleau, a bout, desespoir, desespere*, bon a rien, bonne a rien, inutile, me hais, je me deteste, je deteste \
     ma vie, m effondre, crise d angoisse, crises d angoisse, deprim*, depress*, angoisse*, anxiety",
);

/// Words of a language that is neither English nor French; two that outweigh those of both make the question foreign.
pub static FOREIGN: Words = Words::new(
    "voy, el, los, las, este, mi, mis, estoy, esta, por, como, cuando, donde, quiero, tengo, soy, muy, trabajo, amor, \
     hola, gracias, encontrar, hay, una, con, para, ano, sera, wann, werde, ich, das, der, die, ist, bin, mein, meine, wie, \
     warum, nicht, und, soll, kann, mir, ein, eine, liebe, arbeit, wird, hallo, habe, finden, sono, mio, mia, amore, lavoro, \
     perche, ciao, trovero, devo, non, della, eu, meu, minha, nao, quando, estou, vou, trabalho",
);

/// Questions that want a forecast.
pub static PREDICTIVE: Words = Words::new(
    "will i, will we, when do i, when can i, soon, bientot, will he, will she, will we, will they, will my, will things, when will, am i going to, is he going \
     to, is she going to, going to happen, vais je, va t il, va t elle, allons nous, est ce que je vais, est ce \
     qu il va, est ce qu elle va, quand, aurai je, serai je, va t on, reviendra",
);

/// Words of health.
pub static HEALTH: Words = Words::new(
    "health*, sick, sickness, ill, illness*, disease*, have cancer, got cancer, cancer diagnos*, breast cancer, lung cancer, tumo*, antidepress*, medication*, doctor*, medic*, pregnan*, \
     symptom*, diagnos*, surgery, depress*, anxi*, panic, therap*, sante, malad*, medecin*, un cancer, le cancer du, enceinte, \
     grossesse, symptome*, douleur*, operation, chirurg*, traitement*, insomni*, anxiety, panic attack*, \
     angoisse*",
);

/// Words of law.
pub static LEGAL: Words = Words::new(
    "court, lawsuit*, lawyer*, legal*, judge, trial, sue, suing, custody, tribunal, proces, avocat*, juge, \
     juges, justice, juridique*, porter plainte, garde des enfants, garde de mes enfants",
);

/// Words of money decisions.
pub static MONEY: Words = Words::new(
    "invest*, stock*, crypto*, bitcoin, loan*, mortgage, lottery, trading, bourse, emprunt*, placement*, \
     hypotheque, loto, loterie, credit immobilier",
);
