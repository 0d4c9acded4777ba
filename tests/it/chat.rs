//! Questions and searches as clients meet them: cited, checked, in the question's language, kept for who asked.

use serde_json::{Value, json};

use crate::support::{einstein, shared};

fn chart(token: &str, body: &Value) -> String {
    let made = shared().call("POST", "/v1/charts", Some(token), Some(body));
    made.data(201)["id"].as_str().unwrap().to_owned()
}

fn ask(token: &str, chart: &str, question: &str) -> Value {
    let body = json!({"chart_id": chart, "question": question});
    shared().call("POST", "/v1/chat/advise", Some(token), Some(&body)).data(200).clone()
}

#[test]
fn an_answer_cites_passages_that_exist_and_facts_of_the_chart() {
    let token = shared().person();
    let id = chart(&token, &einstein());
    let made = shared().call("GET", &format!("/v1/charts/{id}"), Some(&token), None);
    let question = "How can I grow in my work without losing my curiosity?";
    let answer = ask(&token, &id, question);
    let text = answer["answer"].as_str().unwrap();
    assert!(text.split_whitespace().count() >= 80, "{text}");
    assert!(!text.contains(question), "the answer echoes the question");
    let citations = answer["citations"].as_array().unwrap();
    assert!(!citations.is_empty());
    for citation in citations {
        let marker = format!("[{}]", citation["marker"]);
        assert!(text.contains(&marker), "{marker} is not in the text");
        let query = json!({"query": citation["title"], "lang": "en", "limit": 50});
        let found = shared().call("POST", "/v1/retrieval/search", Some(&token), Some(&query));
        let hits = found.data(200)["hits"].as_array().unwrap();
        let hit = hits.iter().find(|h| h["id"] == citation["id"]).expect("a cited passage is found by its title");
        assert_eq!(hit["passage"], citation["passage"]);
    }
    assert!(!answer["chart_facts"].as_array().unwrap().is_empty());
    assert_eq!(answer["provider"], "composer");
    assert_eq!(answer["language"], "en");
    // The signs named for Sun and Moon are those of the chart.
    let bodies = made.data(200)["bodies"].as_array().unwrap().clone();
    for body in ["sun", "moon"] {
        let sign = bodies.iter().find(|b| b["body"] == body).unwrap()["sign"].as_str().unwrap().to_owned();
        let lower = text.to_lowercase();
        for other in ["aries", "taurus", "gemini", "leo", "virgo", "libra", "scorpio", "capricorn", "aquarius"] {
            if other != sign {
                assert!(!lower.contains(&format!("your {body} in {other}")), "{text}");
            }
        }
    }
}

#[test]
fn a_question_in_french_is_answered_in_french() {
    let token = shared().person();
    let id = chart(&token, &einstein());
    let answer = ask(&token, &id, "Comment mieux vivre mes relations amoureuses ?");
    assert_eq!(answer["language"], "fr");
    let text = answer["answer"].as_str().unwrap();
    assert!(text.contains(" votre ") || text.contains("Votre "), "{text}");
    assert!(!text.contains(" your "), "{text}");
    let body = json!({"chart_id": id, "question": "What about love?", "lang": "fr"});
    let forced = shared().call("POST", "/v1/chat/advise", Some(&token), Some(&body));
    assert_eq!(forced.data(200)["language"], "fr");
}

#[test]
fn answers_differ_between_charts_and_repeat_for_the_same_question() {
    let token = shared().person();
    let albert = chart(&token, &einstein());
    let other = chart(&token, &json!({"date": "1990-06-15", "time": "10:30", "place": "Paris, France"}));
    let question = "What should I keep in mind in my friendships?";
    let first = ask(&token, &albert, question);
    assert_eq!(first["answer"], ask(&token, &albert, question)["answer"]);
    assert_ne!(first["answer"], ask(&token, &other, question)["answer"]);
    assert_ne!(first["answer"], ask(&token, &albert, "How do I rest well?")["answer"]);
}

#[test]
fn questions_are_bounded_and_languages_known() {
    let token = shared().person();
    let id = chart(&token, &einstein());
    let long = "why ".repeat(300);
    let cases = [
        (json!({"chart_id": id, "question": ""}), "question"),
        (json!({"chart_id": id, "question": " \u{200b}\n "}), "question"),
        (json!({"chart_id": id, "question": long}), "question"),
        (json!({"chart_id": id, "question": "What now?", "lang": "tlh"}), "lang"),
    ];
    for (body, field) in cases {
        let answer = shared().call("POST", "/v1/chat/advise", Some(&token), Some(&body));
        answer.error(422, "invalid_fields");
        assert_eq!(answer.fields(), [field]);
    }
    let body = json!({"chart_id": "cht_nope", "question": "What now?"});
    shared().call("POST", "/v1/chat/advise", Some(&token), Some(&body)).error(404, "chart_not_found");
}

#[test]
fn answers_are_kept_for_who_asked_and_go_with_the_chart() {
    let token = shared().person();
    let id = chart(&token, &einstein());
    let asked = ask(&token, &id, "What does my Moon say about rest?");
    let path = format!("/v1/charts/{id}/answers");
    let list = shared().call("GET", &path, Some(&token), None);
    let kept = &list.data(200)["answers"][0];
    assert_eq!(kept["id"], asked["id"]);
    assert_eq!(kept["question"], "What does my Moon say about rest?");
    assert_eq!(kept["answer"], asked["answer"]);
    shared().call("DELETE", &format!("/v1/charts/{id}"), Some(&token), None).data(200);
    shared().call("GET", &path, Some(&token), None).error(404, "chart_not_found");
}

#[test]
fn a_question_under_a_key_is_answered_once() {
    let token = shared().person();
    let id = chart(&token, &einstein());
    let body = json!({"chart_id": id, "question": "What may I learn this year?"});
    let send = || {
        let key = [("idempotency-key", "ask-1")];
        shared().call_with("POST", "/v1/chat/advise", Some(&token), Some(&body), &key)
    };
    let (first, again) = (send(), send());
    assert_eq!(first.data(200), again.data(200));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let list = shared().call("GET", &format!("/v1/charts/{id}/answers"), Some(&token), None);
    assert_eq!(list.data(200)["answers"].as_array().unwrap().len(), 1);
}

#[test]
fn search_finds_what_is_there_and_invents_nothing() {
    let token = shared().person();
    let search = |body: Value| shared().call("POST", "/v1/retrieval/search", Some(&token), Some(&body));
    let hits = search(json!({"query": "Moon in Cancer", "lang": "en"})).data(200)["hits"].clone();
    assert_eq!(hits[0]["id"], "moon-in-cancer", "{hits}");
    // Accents and inflection do not matter.
    let hits = search(json!({"query": "belier soleil", "lang": "fr"})).data(200)["hits"].clone();
    assert_eq!(hits[0]["id"], "sun-in-aries", "{hits}");
    assert_eq!(search(json!({"query": "zxqwv"})).data(200)["hits"], json!([]));
    assert_eq!(search(json!({"query": "the and of"})).data(200)["hits"].as_array().map(Vec::len), Some(0));
    for hostile in ["title:\"", "a AND (", "*", "[1 TO", "\\", "id:*", "^~", "\u{0}"] {
        assert!(matches!(search(json!({"query": hostile})).status, 200 | 422), "{hostile}");
    }
    search(json!({"query": "moon", "limit": 51})).error(422, "invalid_fields");
    search(json!({"query": "moon", "lang": "xx"})).error(422, "invalid_fields");
    search(json!({"query": "x".repeat(300)})).error(422, "invalid_fields");
    let house = search(json!({"query": "house", "lang": "en", "house": 7, "limit": 3}));
    assert!(house.data(200)["hits"].as_array().unwrap().iter().all(|h| h["house"] == 7));
}

#[test]
fn the_old_paths_answer_in_their_old_shapes_and_say_they_are_old() {
    let token = shared().person();
    let birth = json!({"name": "Albert", "date": "1879-03-14", "time": "11:30", "tz": "Europe/Berlin",
        "lat": 48.4, "lon": 9.99, "time_certainty": "exact"});
    let made = shared().call("POST", "/horoscope/natal", Some(&token), Some(&birth));
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(made.body["owner"], "Albert");
    assert_eq!(made.body["chart"]["precision_score"], 5);
    let id = made.body["id"].as_str().unwrap().to_owned();
    let today = shared().call("GET", &format!("/horoscope/today/{id}"), Some(&token), None);
    assert!(!today.body["leaders"].as_array().unwrap().is_empty(), "{}", today.text);
    let asked = json!({"chart_id": id, "question": "What now?"});
    let answer = shared().call("POST", "/chat/advise", Some(&token), Some(&asked));
    assert!(answer.body["answer"].as_str().unwrap().len() > 100);
    for (answer, successor) in
        [(&made, "/v1/charts"), (&today, &*format!("/v1/charts/{id}/today")), (&answer, "/v1/chat/advise")]
    {
        assert!(answer.header("deprecation").unwrap().starts_with('@'));
        assert_eq!(answer.header("link"), Some(&*format!("<{successor}>; rel=\"successor-version\"")));
    }
    shared().call("POST", "/horoscope/natal", None, Some(&birth)).error(401, "missing_access_token");
}
