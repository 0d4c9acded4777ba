//! Births of inexact time, through every reply about a chart: whatever the reply states sharply is so for each exact birth of
//! the window, whatever it gives as a range or a window holds theirs, and whatever is absent is named.

use serde_json::{Value, json};

use crate::support::{Appliance, shared};

/// What is of the birth data, the request or the list itself, and not of the sky.
const OF_THE_REPLY: [&str; 23] = [
    "plus_minus_days",
    "id",
    "chart_id",
    "chart",
    "chart_a",
    "chart_b",
    "name",
    "created_at",
    "birth",
    "precision",
    "moment",
    "window",
    "windows",
    "range",
    "ranges",
    "versions",
    "input_hash",
    "unknowns",
    "certain",
    "phase_certain",
    "moon_sign_certain",
    "sign_certain",
    "open",
];
/// Angles, counted around the circle.
const ANGLES: [&str; 5] =
    ["longitude_deg", "right_ascension_deg", "elongation_deg", "natal_longitude_deg", "degree_in_sign"];
/// Lists of all that there is: what an exact birth has must be among what the inexact one may have.
const WHOLE: [&str; 8] = ["bodies", "aspects", "parallels", "patterns", "points", "a_to_b", "b_to_a", "returns"];
/// Instants are written to the second or to the millisecond.
const SLACK_S: f64 = 1.5;

/// A birth of inexact time, and exact ones of the same day.
pub struct Case {
    pub birth: Value,
    pub times: &'static [&'static str],
}

pub fn cases() -> Vec<Case> {
    const DAY: &[&str] = &["00:00:00", "02:41:13", "06:19:50", "11:59:59", "17:05", "21:33:20", "23:59:59"];
    const MORNING: &[&str] = &["06:00:00", "07:13", "09:59:30", "11:59:59"];
    const AFTERNOON: &[&str] = &["12:00:00", "14:20:05", "17:59:59"];
    const EVENING: &[&str] = &["18:00:00", "19:47", "22:22:22", "23:59:59"];
    let at = |date: &str, certainty: &str, place: &str, more: &Value, times| {
        let mut birth = json!({"date": date, "certainty": certainty, "place": place});
        birth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Case { birth, times }
    };
    let all = json!({"bodies": ["sun", "moon", "mercury", "venus", "mars", "jupiter", "saturn", "uranus", "neptune", "pluto",
        "mean_node", "true_node", "mean_apogee", "osculating_apogee", "chiron", "vesta"]});
    vec![
        at("1990-07-21", "unknown", "Paris, France", &json!({}), DAY),
        // Mercury was stationary that evening.
        at("2024-04-01", "unknown", "London", &all, DAY),
        at("1961-02-05", "morning", "Berlin", &json!({"zodiac": "sidereal", "ayanamsa": "lahiri"}), MORNING),
        at("1975-06-21", "afternoon", "Sydney", &json!({"ruleset": "traditional-1.0.0"}), AFTERNOON),
        at("2004-11-12", "evening", "New York", &json!({"house_system": "whole_sign"}), EVENING),
    ]
}

/// A kept chart; its id.
pub fn keep(server: &Appliance, token: &str, birth: &Value) -> String {
    let made = server.call("POST", "/v1/charts", Some(token), Some(birth));
    made.data(201)["id"].as_str().unwrap().to_owned()
}

/// The inexact chart and the exact ones.
pub fn charts(server: &Appliance, token: &str, case: &Case) -> (String, Vec<String>) {
    let exact = |time: &&str| {
        let mut birth = case.birth.clone();
        birth["certainty"] = json!("exact");
        birth["time"] = json!(time);
        keep(server, token, &birth)
    };
    (keep(server, token, &case.birth), case.times.iter().map(exact).collect())
}

/// What does not hold, with its path, and how much was held.
#[derive(Default)]
struct Check {
    names: Vec<String>,
    wrong: Vec<String>,
    ranged: usize,
    sharp: usize,
    absent: usize,
}

impl Check {
    fn of(vague: &Value) -> Self {
        let list = vague["unknowns"].as_array().cloned().unwrap_or_default();
        let what = |unknown: &Value| unknown["what"].as_str().unwrap().to_owned();
        Self { names: list.iter().map(what).collect(), ..Self::default() }
    }

    fn say(&mut self, path: &str, vague: &Value, exact: &Value) {
        self.wrong.push(format!("{path}: {vague} for {exact}"));
    }

    /// Every field of an object.
    fn object(&mut self, path: &str, vague: &Value, exact: &Value) {
        // A return names what it leaves open itself.
        self.names.extend(Self::of(vague).names);
        for (name, value) in vague.as_object().unwrap() {
            if !OF_THE_REPLY.contains(&name.as_str()) {
                self.field(&format!("{path}.{name}"), name, value, &exact[name], vague);
            }
        }
    }

    fn field(&mut self, path: &str, name: &str, value: &Value, exact: &Value, beside: &Value) {
        match value {
            Value::Null if exact.is_null() => {}
            Value::Null => {
                self.absent += 1;
                if !self.is_named(path, name) {
                    self.wrong.push(format!("{path} is absent and not named among {:?}", self.names));
                }
            }
            Value::Object(_) if exact.is_object() => self.object(path, value, exact),
            Value::Array(list) if list.iter().any(Value::is_object) => self.list(path, name, list, exact),
            Value::Array(list) => {
                let theirs = exact.as_array().cloned().unwrap_or_default();
                if !list.iter().all(|one| theirs.contains(one)) {
                    self.say(path, value, exact);
                }
            }
            Value::Number(_) => self.number(path, name, value, exact, beside),
            Value::String(text) if instant(text).is_some() => self.instant(path, name, value, exact, beside),
            _ => {
                self.sharp += 1;
                if value != exact {
                    self.say(path, value, exact);
                }
            }
        }
    }

    fn number(&mut self, path: &str, name: &str, value: &Value, exact: &Value, beside: &Value) {
        let Some(theirs) = exact.as_f64() else { return self.say(path, value, exact) };
        let range = match name {
            "longitude_deg" if !beside["range"].is_null() => {
                Some((beside["range"]["from_deg"].as_f64().unwrap(), beside["range"]["to_deg"].as_f64().unwrap()))
            }
            "degree_in_sign" if !beside["range"].is_null() => {
                let edge = |end: &str| beside["range"][end].as_f64().unwrap() % 30.0;
                Some((edge("from_deg"), edge("to_deg")))
            }
            _ => beside["ranges"].get(name).map(|r| (r["from"].as_f64().unwrap(), r["to"].as_f64().unwrap())),
        };
        let Some((from, to)) = range else {
            self.sharp += 1;
            // Rates and places of what does not move still differ in the last digits.
            if (value.as_f64().unwrap() - theirs).abs() > 1e-9 * theirs.abs().max(1.0) {
                self.say(path, value, exact);
            }
            return;
        };
        self.ranged += 1;
        let slack = 1e-6;
        let inside = if ANGLES.contains(&name) {
            (theirs - from + slack).rem_euclid(360.0) <= (to - from).rem_euclid(360.0) + 2.0 * slack
                || to - from >= 360.0
        } else {
            (from - slack..=to + slack).contains(&theirs)
        };
        if !inside {
            self.wrong.push(format!("{path}: {theirs} is not within {from} to {to}"));
        }
    }

    fn instant(&mut self, path: &str, name: &str, value: &Value, exact: &Value, beside: &Value) {
        let windows = [beside["windows"].get(name), Some(&beside["window"]).filter(|w| w.is_object() && name == "utc")];
        let Some(theirs) = exact.as_str().and_then(instant) else { return self.say(path, value, exact) };
        let inside = if let Some(window) = windows.into_iter().flatten().next() {
            self.ranged += 1;
            is_within(theirs, window)
        } else {
            self.sharp += 1;
            (instant(value.as_str().unwrap()).unwrap() - theirs).abs() < SLACK_S
        };
        if !inside {
            self.say(path, value, exact);
        }
    }

    /// Objects by what they are of: those that are certain must be there, and of whole lists all that is there be known.
    fn list(&mut self, path: &str, name: &str, list: &[Value], exact: &Value) {
        let theirs = exact.as_array().cloned().unwrap_or_default();
        for value in list {
            let path = format!("{path}[{}]", key(value));
            match theirs.iter().find(|other| is_same(value, other)) {
                Some(other) => self.object(&path, value, other),
                None if [value, &value["hit"]].iter().any(|of| of["certain"] == false) || name == "factors" => {}
                None => self.wrong.push(format!("{path} is not in the exact chart")),
            }
        }
        for other in theirs.iter().filter(|_| WHOLE.contains(&name)) {
            if !list.iter().any(|value| is_same(value, other)) && !self.is_named(&key(other), "") {
                self.wrong.push(format!("{path}: {} may be and is not told", key(other)));
            }
        }
    }

    /// Whether the unknowns name a field, a body's field, or what the field rests on.
    fn is_named(&self, path: &str, name: &str) -> bool {
        let rests_on = |unknown: &str| match name {
            "angles" | "sidereal_time_deg" | "angles_method" => unknown == "ascendant",
            // The houses of profections count from the Ascendant's sign.
            "house" if path.contains("profections") => unknown == "ascendant",
            "house" | "natal_house" | "transited_house" | "a_in_houses_of_b" | "b_in_houses_of_a" => {
                unknown == "houses"
            }
            "degree_in_sign" => unknown.ends_with("sign"),
            "lunar_phase" => unknown == "lunar_age",
            "phase" | "phase_from" | "phase_to" => unknown == "moon_phase",
            "moon_sign_from" | "moon_sign_to" => unknown == "moon_sign_dates",
            "element" | "modality" => unknown.ends_with("_sign"),
            "year" => unknown == "age",
            "month_span" => unknown == "month",
            "oriental" => unknown.ends_with("orientation"),
            "retrograde" => unknown.ends_with("retrograde") || unknown.ends_with("direction"),
            "score" => unknown == "house_strength" || unknown.ends_with("essential"),
            "sect" => unknown.ends_with("sect_status") || unknown == "sect",
            "speed_over_mean" | "from_sun_deg" | "dominants" => unknown == name,
            "firdaria" => unknown == "sect",
            "current" => unknown == "firdaria_current",
            "applying" => unknown.ends_with("applying"),
            // A point of the frame in a list of points or aspects.
            "" => path.split([' ', '.']).any(|point| point == unknown),
            _ => false,
        };
        let plain = |unknown: &str| unknown.split_once('.').map_or(unknown, |(_, what)| what).to_owned();
        self.names.iter().any(|named| {
            let unknown = plain(named);
            unknown == name || unknown.ends_with(&format!("_{name}")) && !name.is_empty() || rests_on(&unknown)
        })
    }
}

/// Unix seconds of an instant.
pub fn instant(text: &str) -> Option<f64> {
    if text.len() < 20 {
        return None;
    }
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond() as f64 / 1000.0)
}

pub fn is_within(at: f64, window: &Value) -> bool {
    let edge = |end: &str| instant(window[end].as_str().unwrap()).unwrap();
    (edge("from") - SLACK_S..=edge("to") + SLACK_S).contains(&at)
}

/// What an element of a list is of.
fn key(value: &Value) -> String {
    let fields = [
        "id", "body", "point", "a", "from", "aspect", "kind", "b", "to", "apex", "star", "code", "lord", "host",
        "guest",
    ];
    let text = |field: &&str| {
        let found = &value[*field];
        // Instants named from and to are no names.
        found.as_str().filter(|text| instant(text).is_none()).map(str::to_owned)
    };
    let mut parts: Vec<String> = fields.iter().filter_map(text).collect();
    if value["kind"].is_string() {
        parts.extend(value["points"].as_array().iter().flat_map(|list| list.iter()).map(Value::to_string));
    }
    if let Some(hit) = value.get("hit") {
        parts.push(key(hit));
    }
    parts.join(" ")
}

fn is_same(vague: &Value, exact: &Value) -> bool {
    // Returns are told apart by when they are.
    if let (Some(utc), Some(window)) = (exact["utc"].as_str().and_then(instant), vague.get("window")) {
        return window.is_object() && is_within(utc, window);
    }
    key(vague) == key(exact)
}

/// The same reply about the inexact birth and about each exact one.
fn hold(server: &Appliance, token: &str, case: &Case, what: &str, ask: impl Fn(&str) -> Value) -> Check {
    let (vague, exact) = charts(server, token, case);
    let reply = ask(&vague);
    let mut check = Check::of(&reply);
    for (id, time) in exact.iter().zip(case.times) {
        let theirs = ask(id);
        check.object(&format!("{what} {} {time} ", case.birth["date"]), &reply, &theirs);
    }
    let wrong = &check.wrong;
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(check.absent > 0 || !reply["unknowns"].as_array().unwrap().is_empty(), "{what} leaves nothing open");
    check
}

pub fn get(server: &Appliance, token: &str, path: &str) -> Value {
    server.call("GET", path, Some(token), None).data(200).clone()
}

#[test]
fn the_chart_its_aspects_and_its_analysis_hold_for_every_hour() {
    let (server, token) = (shared(), shared().person());
    for case in cases() {
        let chart = hold(server, &token, &case, "chart", |id| get(server, &token, &format!("/v1/charts/{id}")));
        assert!(chart.ranged > 300 && chart.sharp > 150, "{} {}", chart.ranged, chart.sharp);
        hold(server, &token, &case, "aspects", |id| get(server, &token, &format!("/v1/charts/{id}/aspects")));
        hold(server, &token, &case, "analysis", |id| {
            get(server, &token, &format!("/v1/charts/{id}/analysis?star_orb_deg=2"))
        });
    }
}

#[test]
fn the_time_lines_hold_for_every_hour() {
    let (server, token) = (shared(), shared().person());
    for case in cases() {
        for line in [
            "progressions?date=2033-03-03",
            "progressions?date=2033-03-03&method=solar_arc",
            "progressions?date=2033-03-03&method=naibod_arc",
            "profections?date=2031-01-16",
            "profections?date=2031-04-01T12:00:00Z",
            "returns?year=2030",
            "returns?body=moon&from=2030-01-01&to=2030-06-01",
            "returns?body=mercury&from=2030-01-01&to=2031-01-01",
        ] {
            hold(server, &token, &case, line, |id| get(server, &token, &format!("/v1/charts/{id}/{line}")));
        }
    }
}

#[test]
fn two_charts_together_hold_for_every_hour() {
    let (server, token) = (shared(), shared().person());
    for case in cases() {
        let mut partner = json!({"date": "1985-05-05", "time": "05:05", "place": "Madrid"});
        for option in ["zodiac", "ayanamsa"] {
            partner[option] = case.birth[option].clone();
        }
        let partner = keep(server, &token, &partner);
        for (path, more) in
            [("synastry", json!({})), ("composite", json!({})), ("composite", json!({"method": "davison"}))]
        {
            let ask = |a: &str, b: &str| {
                let mut body = json!({"chart_a": a, "chart_b": b});
                body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                let answer =
                    server.call("POST", &format!("/v1/charts/{path}"), Some(&token), Some(&body)).data(200).clone();
                // What is open of a composite is named for the whole.
                let mut inner =
                    [&answer["midpoint"], &answer["davison"]].into_iter().find(|one| one.is_object()).cloned();
                if let Some(inner) = &mut inner {
                    inner["unknowns"] = answer["unknowns"].clone();
                }
                inner.unwrap_or(answer)
            };
            hold(server, &token, &case, path, |id| ask(id, &partner));
            hold(server, &token, &case, path, |id| ask(&partner, id));
        }
    }
}

#[test]
fn a_day_holds_for_every_hour() {
    let (server, token) = (shared(), shared().person());
    let mut windows = 0;
    for case in cases() {
        for date in ["2026-11-23", "2027-02-14"] {
            let ask = |id: &str| {
                let mut day = get(server, &token, &format!("/v1/charts/{id}/today?date={date}"));
                let lists = ["leaders", "influences"].map(|list| day[list].as_array().unwrap().clone());
                let object = day.as_object_mut().unwrap();
                object.retain(|name, _| !matches!(name.as_str(), "leaders" | "influences"));
                let mut factors = lists.concat();
                for factor in &mut factors {
                    // Instants are held to their windows below.
                    let whole = factor.clone();
                    let object = factor.as_object_mut().unwrap();
                    object.retain(|name, _| !matches!(name.as_str(), "exact_at" | "enters_at" | "leaves_at"));
                    object.retain(|name, _| !name.ends_with("_within"));
                    object.insert("range".into(), json!(null));
                    object.insert("windows".into(), whole);
                }
                object.insert("factors".into(), json!(factors));
                day
            };
            hold(server, &token, &case, "today", ask);
            let (vague, exact) = charts(server, &token, &case);
            let day = ask(&vague);
            for id in exact {
                let theirs = ask(&id);
                for factor in day["factors"].as_array().unwrap() {
                    let list = theirs["factors"].as_array().unwrap();
                    if let Some(other) = list.iter().find(|other| other["id"] == factor["id"]) {
                        windows += day_windows(&factor["windows"], &other["windows"]);
                    }
                }
            }
        }
    }
    assert!(windows > 50, "{windows}");
}

/// Every instant of a factor lies in a window, and every window that is certain holds one.
fn day_windows(vague: &Value, exact: &Value) -> usize {
    let found = vague["exact_within"].as_array().unwrap();
    let passes: Vec<f64> =
        exact["exact_at"].as_array().unwrap().iter().map(|at| instant(at.as_str().unwrap()).unwrap()).collect();
    for at in &passes {
        assert!(found.iter().any(|window| is_within(*at, window)), "{} {vague}\n{exact}", exact["id"]);
    }
    for window in found.iter().filter(|window| window["certain"] == true) {
        assert_eq!(passes.iter().filter(|at| is_within(**at, window)).count(), 1, "{window} {exact}");
    }
    for (edge, window) in [("enters_at", "enters_within"), ("leaves_at", "leaves_within")] {
        let Some(at) = exact[edge].as_str().and_then(instant) else { continue };
        assert!(is_within(at, &vague[window]), "{edge} {exact}\n{vague}");
    }
    passes.len() + 2
}
