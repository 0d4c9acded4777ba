//! Rulesets against the numbers of the conventions that they state, and against documents that are wrong.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::astro::body::Body;

const SUN: Point = Point::Body(Body::Sun);
const MOON: Point = Point::Body(Body::Moon);
const MARS: Point = Point::Body(Body::Mars);
const URANUS: Point = Point::Body(Body::Uranus);
const PLUTO: Point = Point::Body(Body::Pluto);
const NODE: Point = Point::Body(Body::TrueNode);

#[test]
fn every_built_in_file_parses_and_is_named_as_its_file() {
    let ids: Vec<String> = BUILTIN.iter().map(|text| Ruleset::from_toml(text).unwrap().id().to_string()).collect();
    assert_eq!(ids, ["modern-1.0.0", "traditional-1.0.0", "strict-1.0.0"]);
    assert_eq!(Ruleset::builtin().id().to_string(), "modern-1.0.0");
    assert!(Ruleset::find_builtin("strict-1.0.0").is_some() && Ruleset::find_builtin("strict-1.0.1").is_none());
}

/// The orbs that charts had when they were fixed in the program, written out pair by pair: conjunction or opposition,
/// square or trine, sextile.
#[test]
fn modern_keeps_the_orbs_of_the_majors() {
    use Context::{Natal, ProgressionToNatal, SkyToSky, TransitToNatal};
    let ruleset = Ruleset::builtin();
    let cases = [
        (Natal, SUN, MARS, [10.0, 8.0, 5.0]),
        (Natal, PLUTO, MOON, [10.0, 8.0, 5.0]),
        (Natal, SUN, Point::Ascendant, [10.0, 8.0, 5.0]),
        (Natal, Point::Midheaven, MARS, [6.0, 5.0, 4.0]),
        (Natal, PLUTO, Point::Ascendant, [6.0, 5.0, 4.0]),
        (Natal, NODE, Point::Ascendant, [6.0, 5.0, 4.0]),
        (Natal, URANUS, PLUTO, [4.0, 3.0, 2.0]),
        (Natal, URANUS, MARS, [8.0, 6.0, 4.0]),
        (Natal, NODE, PLUTO, [8.0, 6.0, 4.0]),
        (TransitToNatal, PLUTO, SUN, [3.0, 2.5, 2.0]),
        (TransitToNatal, SUN, PLUTO, [2.0, 1.5, 1.2]),
        (TransitToNatal, MARS, Point::Midheaven, [2.5, 2.0, 1.5]),
        (TransitToNatal, MARS, NODE, [2.0, 1.5, 1.2]),
        (SkyToSky, SUN, MOON, [1.5, 1.2, 1.0]),
        (ProgressionToNatal, SUN, MOON, [1.0, 1.0, 0.8]),
    ];
    for (context, a, b, [full, half, third]) in cases {
        let orbs = [full, third, half, half, full].map(Some);
        assert_eq!(Aspect::MAJOR.map(|aspect| ruleset.orb_deg(context, aspect, a, b)), orbs, "{context:?} {a:?} {b:?}");
    }
    assert_eq!(ruleset.orb_deg(Natal, Aspect::Quincunx, SUN, MARS), Some(3.5));
    assert_eq!(ruleset.orb_deg(Natal, Aspect::Quintile, SUN, MARS), Some(2.0));
    assert_eq!(ruleset.orb_deg(Natal, Aspect::Quincunx, PLUTO, MARS), Some(3.0));
    assert_eq!(ruleset.orb_deg(Natal, Aspect::SemiSquare, MOON, MARS), Some(2.5));
    assert!(Aspect::ALL[11..].iter().all(|aspect| ruleset.orb_deg(Natal, *aspect, SUN, MOON).is_none()));
    assert_eq!(ruleset.aspects().count(), 11);
}

#[test]
fn traditional_and_strict_know_five_aspects() {
    for id in ["traditional-1.0.0", "strict-1.0.0"] {
        let ruleset = Ruleset::find_builtin(id).unwrap();
        assert_eq!(ruleset.aspects().map(Aspect::is_major).collect::<Vec<_>>(), [true; 5]);
    }
}

fn small() -> Value {
    json!({
        "name": "mine", "version": "0.1.0",
        "aspects": {"trine": {"orb_deg": 6}, "square": {"orb_deg": 5}, "novile": {"orb_deg": 1, "enabled": false}},
        "rules": {
            "a_class": {"context": "natal", "source": ["luminary"], "priority": 10, "orbs_deg": {"trine": 7}},
            "b_point": {"context": "natal", "source": ["sun"], "priority": 10, "orbs_deg": {"trine": 8}},
            "c_both": {"context": "natal", "source": ["sun"], "target": ["mars"], "priority": 10, "orbs_deg": {"trine": 9}},
            "d_strong": {"context": "natal", "target": ["node"], "priority": 11, "orbs_deg": {"trine": 1, "square": 0}},
            "e_tie": {"context": "natal", "source": ["moon"], "target": ["mars"], "priority": 10, "orbs_deg": {"trine": 4}},
            "f_tie": {"context": "natal", "source": ["mars"], "target": ["moon"], "priority": 10, "orbs_deg": {"trine": 3}},
            "g_one_way": {"context": "transit_to_natal", "source": ["sun"], "priority": 0, "orbs_deg": {"trine": 2}},
        },
        "parallels": {"orb_deg": 1},
        "patterns": {"classes": ["luminary"], "orbs_deg": {}, "stellium_points": 3, "stellium_arc_deg": 8},
    })
}

#[test]
fn priority_counts_before_specificity_before_the_name() {
    let ruleset = Ruleset::from_json(small()).unwrap();
    let orb = |context, a, b| ruleset.orb_deg(context, Aspect::Trine, a, b);
    let natal = |a, b| orb(Context::Natal, a, b);
    assert_eq!(natal(MOON, PLUTO), Some(7.0));
    assert_eq!((natal(SUN, PLUTO), natal(PLUTO, SUN)), (Some(8.0), Some(8.0)));
    assert_eq!((natal(SUN, MARS), natal(MARS, SUN)), (Some(9.0), Some(9.0)));
    assert_eq!((natal(SUN, NODE), natal(NODE, SUN)), (Some(1.0), Some(1.0)));
    assert_eq!((natal(MOON, MARS), natal(MARS, MOON)), (Some(4.0), Some(4.0)));
    assert_eq!(natal(PLUTO, MARS), Some(6.0));
    assert_eq!(
        (orb(Context::TransitToNatal, SUN, MARS), orb(Context::TransitToNatal, MARS, SUN)),
        (Some(2.0), Some(6.0))
    );
    assert_eq!(ruleset.orb_deg(Context::Natal, Aspect::Square, MARS, NODE), None);
    assert_eq!(ruleset.orb_deg(Context::Natal, Aspect::Square, MARS, PLUTO), Some(5.0));
    assert_eq!(ruleset.orb_deg(Context::Natal, Aspect::Conjunction, MARS, PLUTO), None);
    assert_eq!(ruleset.orb_deg(Context::Natal, Aspect::Novile, MARS, PLUTO), None);
}

/// Sets the value at a path of keys, and returns what the reader says of it.
fn said(path: &[&str], value: Value) -> Vec<String> {
    let mut document = small();
    let mut at = &mut document;
    for key in path {
        at = &mut at[*key];
    }
    *at = value;
    let problems = Ruleset::from_json(document).unwrap_err().0;
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_wrong_document_is_told_path_given_and_allowed() {
    let one = |path: &[&str], value| {
        let said = said(path, value);
        assert_eq!(said.len(), 1, "{said:?}");
        said.concat()
    };
    let text = one(&["aspects", "trigon"], json!({"orb_deg": 3}));
    assert!(
        text.starts_with("aspects.trigon: ")
            && text.contains("one of: conjunction")
            && text.ends_with("nearest: trine"),
        "{text}"
    );
    assert_eq!(
        one(&["aspects", "trine", "orb_deg"], json!(15.1)),
        "aspects.trine.orb_deg: \"15.1\" is not allowed; a number from 0 to 15"
    );
    assert!(one(&["aspects", "trine", "orb_deg"], json!("6")).contains("\"6\""));
    assert!(one(&["aspects", "trine"], json!({})).contains("aspects.trine.orb_deg: is missing"));
    assert!(one(&["rules", "a_class", "sorce"], json!(["sun"])).ends_with("nearest: source"));
    assert!(
        one(&["rules", "a_class", "source"], json!(["luminary", "lumninary"])).starts_with("rules.a_class.source[1]:")
    );
    assert!(one(&["rules", "a_class", "source"], json!(["sun", "sun"])).contains("every name once"));
    assert!(one(&["rules", "a_class", "source"], json!([])).contains("at least one"));
    assert!(one(&["rules", "a_class", "context"], json!("transit")).contains("transit_to_natal"));
    assert!(one(&["rules", "a_class", "priority"], json!(-1)).contains("0 to 9999"));
    assert!(one(&["rules", "A"], small()["rules"]["a_class"].clone()).contains("a rule's name"));
    assert!(one(&["patterns", "stellium_points"], json!(2)).contains("3 to 8"));
    assert!(one(&["patterns", "orbs_deg", "conjunction"], json!(2)).contains("one of: opposition"));
    assert!(one(&["parallels", "orb_deg"], json!(null)).contains("0 to 3"));
    assert!(one(&["version"], json!("1.0")).contains("such as 1.0.0"));
    assert!(one(&["name"], json!("Mine")).contains("a-z"));
    assert!(one(&["descripton"], json!("x")).ends_with("nearest: description"));
    assert!(one(&[], json!(3)).contains("a table"));
    assert_eq!(
        said(&["aspects"], json!({"trine": {"orb_deg": -1}, "sextil": {}})).len(),
        2,
        "all problems come at once"
    );
    let broken = Ruleset::from_toml("name = \"x\"\nversion = = 1").unwrap_err();
    assert_eq!(broken.0[0].path, "line 2");
    assert!(Ruleset::from_toml("name = 1979-05-27\n").is_err());
}

#[test]
fn an_id_is_read_back() {
    let id = RulesetId::parse("my-own_set-10.0.9999").unwrap();
    assert_eq!((id.name.as_str(), id.to_string().as_str()), ("my-own_set", "my-own_set-10.0.9999"));
    for wrong in [
        "modern",
        "modern-1.0",
        "modern-1.0.0.0",
        "modern-01.0.0",
        "modern-1.0.10000",
        "-1.0.0",
        "1x-1.0.0",
        "a-+1.0.0",
    ] {
        assert_eq!(RulesetId::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn the_narrower_of_two_aspects_is_found() {
    let mut document = small();
    document["aspects"]["quintile"] = json!({"orb_deg": 15});
    document["aspects"]["square"] = json!({"orb_deg": 15});
    let ruleset = Ruleset::from_json(document).unwrap();
    let found = ruleset.contact(Context::SkyToSky, (SUN, 350.0), (MARS, 71.5)).unwrap();
    assert_eq!(found.aspect, Aspect::Square);
    let found = ruleset.contact(Context::SkyToSky, (SUN, 350.0), (MARS, 70.0)).unwrap();
    assert_eq!((found.aspect, found.orb_max_deg), (Aspect::Quintile, 15.0));
}

proptest! {
    /// The table says what the rules say when they are gone through one by one, in every context and for every pair.
    #[test]
    fn the_table_agrees_with_the_rules(a in 0..Point::COUNT, b in 0..Point::COUNT, aspect in 0..20_usize) {
        let (a, b) = (Point::all().nth(a).unwrap(), Point::all().nth(b).unwrap());
        let aspect = Aspect::ALL[aspect];
        for ruleset in Ruleset::builtins() {
            for context in Context::ALL {
                let expected = slow(ruleset.document(), context.code(), aspect.code(), a, b);
                prop_assert_eq!(ruleset.orb_deg(context, aspect, a, b), expected);
            }
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = Ruleset::from_toml(&text);
        let _ = RulesetId::parse(&text);
    }

    /// Whatever is put in the place of any value, the reader answers.
    #[test]
    fn no_value_panics(place in 0..60_usize, what in 0..6_usize) {
        let values = [json!(null), json!(-3.5), json!("x"), json!([1]), json!({"y": 1}), json!(true)];
        let mut document = small();
        let mut left = place;
        replace(&mut document, &mut left, &values[what]);
        let _ = Ruleset::from_json(document);
    }
}

fn replace(value: &mut Value, left: &mut usize, by: &Value) {
    if *left == 0 {
        *value = by.clone();
    }
    *left = left.wrapping_sub(1);
    match value {
        Value::Object(table) => table.values_mut().for_each(|inner| replace(inner, left, by)),
        Value::Array(items) => items.iter_mut().for_each(|inner| replace(inner, left, by)),
        _ => {}
    }
}

/// The orb straight from a document, by sorting every rule that fits.
fn slow(document: &Value, context: &str, aspect: &str, a: Point, b: Point) -> Option<f64> {
    let default = &document["aspects"][aspect];
    if default.is_null() || default["enabled"] == json!(false) {
        return None;
    }
    let level = |end: &Value, point: Point| -> i32 {
        let Some(names) = end.as_array() else { return 0 };
        let class = rules::class(point).code();
        if names.contains(&json!(point.code())) {
            2
        } else if names.contains(&json!(class)) {
            1
        } else {
            -9
        }
    };
    let two_way = matches!(context, "natal" | "sky_to_sky" | "synastry");
    let mut fitting: Vec<(i64, i32, std::cmp::Reverse<&String>, f64)> = Vec::new();
    for (name, rule) in document["rules"].as_object().unwrap() {
        let Some(orb) = rule["orbs_deg"][aspect].as_f64() else { continue };
        if rule["context"] != json!(context) {
            continue;
        }
        let ways = if two_way { vec![(a, b), (b, a)] } else { vec![(a, b)] };
        for (from, to) in ways {
            let specific = level(&rule["source"], from) + level(&rule["target"], to);
            if specific >= 0 {
                fitting.push((rule["priority"].as_i64().unwrap(), specific, std::cmp::Reverse(name), orb));
            }
        }
    }
    fitting.sort_by(|one, other| one.partial_cmp(other).unwrap());
    let orb = fitting.last().map_or_else(|| default["orb_deg"].as_f64().unwrap(), |found| found.3);
    Some(orb).filter(|orb| *orb > 0.0)
}
