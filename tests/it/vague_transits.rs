//! Transits to births of inexact time against those to each exact birth of the window, and the day under each ruleset.

use serde_json::{Value, json};

use crate::support::shared;
use crate::vague::{cases, charts, get, instant, is_within, keep};

#[test]
fn transits_hold_for_every_hour() {
    let (server, token) = (shared(), shared().person());
    let (mut certain, mut known) = (0, 0);
    for case in cases() {
        let (vague, exact) = charts(server, &token, &case);
        let path = |id: &str| {
            format!("/v1/charts/{id}/transits?from=2026-01-01&to=2026-12-31&tz=UTC&bodies=sun,mars,jupiter,saturn")
        };
        let reply = get(server, &token, &path(&vague));
        let open: Vec<&str> =
            reply["unknowns"].as_array().unwrap().iter().map(|u| u["what"].as_str().unwrap()).collect();
        let of = |t: &Value| ["transiting", "aspect", "natal"].map(|field| t[field].as_str().unwrap().to_owned());
        let fits = |outer: &Value, inner: &Value| {
            let edge = |window: &Value| instant(window["from"].as_str().unwrap()).unwrap();
            let edges = ["enters", "leaves"].into_iter().all(|edge_name| {
                let (window, at) = (&outer[edge_name], &inner[edge_name]);
                at.is_null() || window.is_object() && is_within(edge(at), window)
            });
            let passes = inner["passes"].as_array().unwrap().iter().all(|pass| {
                outer["passes"].as_array().unwrap().iter().any(|window| {
                    is_within(edge(&pass["exact"]), &window["exact"])
                        && (window["retrograde"].is_null() || window["retrograde"] == pass["retrograde"])
                        && (window["number"].is_null() || window["number"] == pass["number"])
                })
            });
            edges && passes
        };
        let ours = reply["transits"].as_array().unwrap();
        for id in &exact {
            let theirs = get(server, &token, &path(id));
            for transit in theirs["transits"].as_array().unwrap() {
                if open.contains(&transit["natal"].as_str().unwrap()) {
                    continue;
                }
                known += 1;
                let told = ours.iter().any(|one| of(one) == of(transit) && fits(one, transit));
                assert!(
                    told,
                    "{}: {transit:#}\nof {:#?}",
                    case.birth,
                    ours.iter().filter(|o| of(o) == of(transit)).collect::<Vec<_>>()
                );
            }
            for one in ours.iter().filter(|one| one["certain"] == true) {
                certain += 1;
                let list = theirs["transits"].as_array().unwrap();
                assert!(list.iter().any(|t| of(t) == of(one) && fits(one, t)), "{}: {one:#}", case.birth);
            }
        }
    }
    assert!(certain > 100 && known > 500, "{certain} {known}");
}

#[test]
fn a_day_is_measured_by_the_ruleset_of_its_chart() {
    let (server, token) = (shared(), shared().person());
    let day = |ruleset: &str| {
        let birth = json!({"date": "1990-06-15", "time": "10:30", "place": "Paris, France", "ruleset": ruleset});
        let id = keep(server, &token, &birth);
        let advice = json!({"chart_id": id, "question": "What about my work today?"});
        let advice = server.call("POST", "/v1/chat/advise", Some(&token), Some(&advice));
        (get(server, &token, &format!("/v1/charts/{id}/today?date=2026-11-23")), advice.data(200).clone())
    };
    let days = ["modern-1.0.0", "traditional-1.0.0", "strict-1.0.0"].map(day);
    for ((day, advice), ruleset) in days.iter().zip(["modern-1.0.0", "traditional-1.0.0", "strict-1.0.0"]) {
        assert_eq!(day["versions"]["ruleset"], ruleset);
        assert_eq!(advice["versions"]["ruleset"], ruleset);
        let shown = server.call(
            "GET",
            &format!("/v1/ops/rulesets/{}", ruleset.replace("-1.0.0", "/1.0.0")),
            Some(server.operator()),
            None,
        );
        assert_eq!(shown.status, 200);
        for factor in ["leaders", "influences"].iter().flat_map(|list| day[*list].as_array().unwrap()) {
            let (orb, most) = (factor["orb_deg"].as_f64().unwrap(), factor["orb_max_deg"].as_f64().unwrap());
            assert!(orb <= most && (0.5..=1.5).contains(&factor["intensity"].as_f64().unwrap()), "{factor}");
        }
    }
    let considered = |at: usize| days[at].0["considered"].as_u64().unwrap();
    assert!(considered(2) < considered(0), "the strict orbs are narrower");
    assert_ne!(days[0].0["input_hash"], days[2].0["input_hash"]);
}
