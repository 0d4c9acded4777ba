//! How well searches find what an editor would want on the table: by words, by meaning, by both, in each language.

use std::path::Path;

use orrery::astro::Lang;
use orrery::retrieval::embed::Embedder;
use orrery::retrieval::{Hit, Query, Retrieval};
use serde::Deserialize;

#[derive(Deserialize)]
struct Labelled {
    question: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    en: String,
    fr: String,
    /// The first answers, the others help.
    wanted: Vec<String>,
}

impl Question {
    fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Fr => &self.fr,
        }
    }

    /// What a passage is worth here.
    fn gain(&self, id: &str) -> f64 {
        self.wanted.iter().position(|wanted| wanted == id).map_or(0.0, |at| if at == 0 { 2.0 } else { 1.0 })
    }
}

fn labelled() -> Vec<Question> {
    let labelled: Labelled = toml::from_str(include_str!("../fixtures/retrieval/questions.toml")).unwrap();
    labelled.question
}

/// Recall in the first five, and normalised discounted cumulative gain in the first ten.
fn measures(question: &Question, hits: &[Hit]) -> (f64, f64) {
    let found = |hit: &&Hit| question.gain(&hit.passage.id) > 0.0;
    let recall = hits.iter().take(5).filter(found).count() as f64 / question.wanted.len().min(5) as f64;
    let discounted = |gains: Vec<f64>| -> f64 {
        gains.into_iter().take(10).enumerate().map(|(rank, gain)| gain / (rank as f64 + 2.0).log2()).sum()
    };
    let ideal = discounted(question.wanted.iter().map(|id| question.gain(id)).collect());
    (recall, discounted(hits.iter().map(|hit| question.gain(&hit.passage.id)).collect()) / ideal)
}

fn mean(lang: Lang, questions: &[Question], search: impl Fn(&str) -> Vec<Hit>) -> (f64, f64) {
    let each = questions.iter().map(|question| measures(question, &search(question.text(lang))));
    let (recall, gain) = each.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    (recall / questions.len() as f64, gain / questions.len() as f64)
}

fn search(retrieval: &Retrieval, lang: Lang) -> impl Fn(&str) -> Vec<Hit> {
    move |text| {
        let query = Query { text: text.to_owned(), lang: Some(lang), limit: 10, ..Query::default() };
        retrieval.search(&query).unwrap()
    }
}

#[test]
fn words_alone_find_a_third_of_what_an_editor_wants() {
    let (index, questions) = (tempfile::tempdir().unwrap(), labelled());
    let retrieval = Retrieval::open(index.path()).unwrap();
    assert_eq!(questions.len(), 40);
    for lang in Lang::ALL {
        for id in questions.iter().flat_map(|question| &question.wanted) {
            assert!(retrieval.passage(lang, id).is_some(), "{lang:?} {id}");
        }
        let (recall, gain) = mean(lang, &questions, search(&retrieval, lang));
        assert!(recall > 0.35 && gain > 0.35, "{lang:?}: recall {recall:.3}, nDCG {gain:.3}");
    }
}

/// `ORRERY_EMBED_MODEL` names a directory with a real model, such as all-MiniLM-L6-v2. Prints a table.
#[test]
#[ignore = "needs a real model"]
fn a_model_helps_in_the_languages_that_its_card_names() {
    let dir = std::env::var("ORRERY_EMBED_MODEL").expect("ORRERY_EMBED_MODEL");
    let (index, questions) = (tempfile::tempdir().unwrap(), labelled());
    let retrieval = Retrieval::open(index.path()).unwrap();
    let by_words = Lang::ALL.map(|lang| mean(lang, &questions, search(&retrieval, lang)));
    let embedder = std::sync::Arc::new(Embedder::load(Path::new(&dir), "m", 0).unwrap());
    retrieval.use_embedder(std::sync::Arc::clone(&embedder), &Lang::ALL).unwrap();
    for (lang, by_words) in Lang::ALL.into_iter().zip(by_words) {
        let by_meaning = mean(lang, &questions, |text| retrieval.nearest(text, lang, 10).unwrap());
        let hybrid = mean(lang, &questions, search(&retrieval, lang));
        for (name, (recall, gain)) in [("words", by_words), ("meaning", by_meaning), ("hybrid", hybrid)] {
            println!("{} {name:<8} recall@5 {recall:.3}  nDCG@10 {gain:.3}", lang.code());
        }
        if embedder.languages().contains(&lang) {
            assert!(hybrid.0 >= by_words.0 && hybrid.1 >= by_words.1, "{lang:?} is worse with the model");
        }
    }
}
