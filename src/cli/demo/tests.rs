//! The pages of the demo, from answers as the interface gives them.

use serde_json::{Value, json};

use super::answer_page::answer_page;
use super::chart_page::chart_page;
use super::replies::{Advice, Chart, Today};
use super::today_page::today_page;
use crate::astro::Lang;
use crate::cli::terminal::Look;
use crate::cli::text::width;

const PLAIN: Look = Look { is_rich: false, columns: 80 };
const RICH: Look = Look { is_rich: true, columns: 80 };

fn placement(body: &str, sign: &str, degree: f64, house: &Value, range: &Value) -> Value {
    json!({"body": body, "longitude_deg": 1.0, "sign": sign, "degree_in_sign": degree, "retrograde": body == "uranus",
           "house": house, "range": range})
}

/// Einstein's chart; positions from its published form (Astro-Databank, rated AA), cut to what the page shows.
fn chart() -> Value {
    let angle = |sign: &str, degree: f64| json!({"sign": sign, "degree_in_sign": degree});
    json!({
        "id": "c1", "name": "Albert\u{1b}[2J Einstein",
        "birth": {"date": "1879-03-14", "time": "11:30", "certainty": "exact", "tz": "Europe/Berlin",
                  "place": "Ulm, Germany", "lat": 48.4, "lon": 9.99},
        "moment": {"utc": "1879-03-14T10:50:02Z", "utc_offset_s": 2398, "offset_source": "local_mean_time"},
        "window": null,
        "bodies": [
            placement("sun", "pisces", 23.5, &json!(10), &Value::Null),
            placement("moon", "sagittarius", 14.5168, &json!(6), &Value::Null),
            placement("uranus", "virgo", 29.9999, &json!(3), &Value::Null),
        ],
        "angles": {"ascendant": angle("cancer", 11.6334), "midheaven": angle("pisces", 12.8334),
                   "descendant": angle("capricorn", 11.6334), "imum_coeli": angle("virgo", 12.8334),
                   "vertex": angle("scorpio", 20.0)},
        "houses": {"system": "placidus", "cusps_deg": [101.63, 119.0, 137.0, 162.8334, 193.0, 237.0,
                   281.63, 299.0, 317.0, 342.8334, 13.0, 57.0]},
        "aspects": [
            {"a": "true_node", "b": "mean_node", "aspect": "conjunction", "orb_deg": 0.01, "applying": true, "certain": true},
            {"a": "sun", "b": "jupiter", "aspect": "sextile", "orb_deg": 3.0, "applying": false, "certain": true},
            {"a": "mercury", "b": "saturn", "aspect": "conjunction", "orb_deg": 1.0334, "applying": true, "certain": true},
        ],
        "balance": {"fire": 4, "earth": 3, "air": 1, "water": 4, "cardinal": 5, "fixed": 3, "mutable": 4},
        "unknowns": [],
        "versions": {"engine": "orrery 0.1.0", "ruleset": "1.0.0", "ephemeris_sha256": "0123456789abcdef", "tzdb": "2026a"},
    })
}

fn unknown_time() -> Value {
    let mut chart = chart();
    chart["moment"] = Value::Null;
    chart["angles"] = Value::Null;
    chart["houses"] = Value::Null;
    chart["name"] = Value::Null;
    chart["birth"]["time"] = Value::Null;
    chart["birth"]["certainty"] = json!("unknown");
    chart["window"] = json!({"from": "1879-03-13T23:20:02Z", "to": "1879-03-14T23:20:02Z"});
    let range = json!({"from_deg": 247.9, "to_deg": 260.4, "sign_certain": true});
    chart["bodies"] = json!([placement("moon", "sagittarius", 14.2, &Value::Null, &range)]);
    let why = "the time of birth is not known, and the horizon turns through all signs within a day, so that it cannot be said";
    chart["unknowns"] = json!([{"what": "houses", "why": why}]);
    chart
}

fn today() -> Value {
    let factor = |transiting: &str, natal: &str, aspect: &str, exact: Value| {
        json!({"transiting": transiting, "natal": natal, "aspect": aspect, "orb_deg": 0.7, "applying": true,
               "retrograde": transiting == "saturn", "exact_at": exact, "score": 2.314, "natal_house": 6, "certain": true})
    };
    json!({
        "date": "2026-11-23", "tz": "Europe/Berlin",
        "leaders": [factor("saturn", "moon", "square", json!(["2026-11-24T02:12:00Z", "2027-01-02T23:30:00Z"]))],
        "influences": [],
        "eao": {"energy": 1, "attention": 2, "opportunity": 0},
        "precision": 5, "considered": 11,
        "moon": {"sign": "taurus", "phase": "waxing_gibbous", "illumination": 0.974, "sign_change_at": null},
    })
}

fn advice() -> Value {
    json!({
        "answer": "Saturn asks for patience today, and the chart shows where patience has always paid: in the sixth house [1].\n\nBegin small [2].",
        "citations": [{"id": "transit-saturn", "title": "Saturn in transit", "score": 7.31, "marker": 1},
                      {"id": "house-6", "title": "The sixth house", "score": 4.0}],
        "chart_facts": [{"id": "moon", "text": "Moon in Sagittarius, house 6"}],
        "provider": "composer",
    })
}

fn pages(chart: Value, lang: Lang, look: Look) -> String {
    let chart: Chart = serde_json::from_value(chart).unwrap();
    let today: Today = serde_json::from_value(today()).unwrap();
    let advice: Advice = serde_json::from_value(advice()).unwrap();
    let mut lines = chart_page(&chart, lang, look);
    lines.extend(today_page(&today, lang, look));
    lines.extend(answer_page("What now?", &advice, lang, look));
    lines.join("\n")
}

#[track_caller]
fn assert_holds(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text:?} is not in\n{page}");
    }
}

#[test]
fn the_page_shows_chart_day_and_answer() {
    let page = pages(chart(), Lang::En, PLAIN);
    assert_holds(
        &page,
        &[
            "14 Mar 1879, 11:30, Ulm, Germany (48°24′N 9°59′E)",
            "1879-03-14T10:50:02Z (UTC+00:39:58, local mean time)",
            "Ascendant         Cancer       11°38′",
            "Midheaven         Pisces       12°50′",
            "Moon              Sagittarius  14°31′",
            "Uranus            Virgo        29°59′ R",
            "Mercury conjunct Saturn",
            "orb 1°02′  applying",
            "Saturn (R) square natal Moon",
            "exact 24 Nov 03:12, 3 Jan 2027 00:30",
            "attention ##. 2/3",
            "[1] Saturn in transit  transit-saturn, 7.3",
            "[2] The sixth house",
            "Moon in Sagittarius, house 6",
            "nothing within orb",
        ],
    );
    assert!(!page.contains("North Node conjunct"), "{page}");
}

#[test]
fn french_pages_are_french() {
    let page = pages(chart(), Lang::Fr, PLAIN);
    assert_holds(
        &page,
        &[
            "14 mars 1879",
            "heure locale moyenne",
            "Poissons",
            "Sagittaire",
            "THÈME NATAL",
            "AUJOURD'HUI",
            "lundi 23 nov. 2026",
            "Saturne (R) carré Lune natale",
            "exact le 24 nov. 03:12",
            "RÉPONSE",
            "feu",
            "orbe 1°02′  se forme",
        ],
    );
    assert!(!page.contains("Pisces") && !page.contains("applying"), "{page}");
}

#[test]
fn what_an_unknown_time_leaves_open_is_said() {
    let page = pages(unknown_time(), Lang::En, PLAIN);
    assert_holds(
        &page,
        &[
            "14 Mar 1879, time unknown",
            "between 1879-03-13T23:20:02Z and",
            " 7°54′ - 20°24′",
            "? houses: the time of birth is not known",
        ],
    );
    assert!(!page.contains("Ascendant") && !page.contains("House cusps"), "{page}");
}

#[test]
fn plain_pages_carry_no_escape_and_keep_to_the_width() {
    for lang in [Lang::En, Lang::Fr] {
        for chart in [chart(), unknown_time()] {
            let page = pages(chart, lang, PLAIN);
            assert!(!page.contains('\u{1b}'), "{page}");
            for line in page.lines() {
                assert!(width(line) <= PLAIN.columns, "{line:?} is {} wide", width(line));
                assert_eq!(line.trim_end(), line);
            }
        }
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    let mut bare = String::new();
    let rich = pages(chart(), Lang::En, RICH).replace('█', "#").replace('░', ".");
    let mut rest = rich.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').map_or("", |(_, text)| text);
    }
    bare.push_str(rest);
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&bare), trimmed(&pages(chart(), Lang::En, PLAIN)));
}
