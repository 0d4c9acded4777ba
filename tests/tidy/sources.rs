//! The rule that a computed figure says where its formula comes from and how far it is off. Reads texts; measures nothing.

use std::collections::BTreeSet;

/// Types that hold an angle, a time or a place in the sky.
pub const FIGURES: &[&str] = &[
    "AnglePlacement",
    "Angles",
    "Chart",
    "Composite",
    "DeltaT",
    "ExactMoments",
    "Figure",
    "Firdaria",
    "Houses",
    "Ingress",
    "Instants",
    "LocalMoment",
    "LunarEclipse",
    "LunarPhase",
    "Lunation",
    "MoonToday",
    "PlanetaryHour",
    "Position",
    "Profections",
    "Progressed",
    "RawAngles",
    "Return",
    "Scales",
    "SkyAspect",
    "SolarEclipse",
    "Span",
    "StarHit",
    "StarPlace",
    "Station",
    "SunAround",
    "Today",
    "Transit",
    "VoidMoon",
    "f64",
];

/// Units in which an error may be told.
const UNITS: &[&str] =
    &["arcsec", "mas", "s", "ms", "min", "minutes", "degrees", "days", "m", "km", "AU", "degrees/day"];

/// A function that gives a figure, with what is written about it.
struct Told<'a> {
    name: &'a str,
    line: usize,
    doc: String,
}

/// Each public function of the file that gives a figure has, in its own doc or in that of its file, a sentence `Source:` with
/// a year (an author's, an edition's) or the word `definition`, and a sentence `Error:` that tells a number with its unit and,
/// in backticks, a test there is that measures it, or that begins with `none` and says why.
pub fn sources(path: &str, text: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let header: String =
        text.lines().take_while(|line| line.starts_with("//!")).map(|line| line[3..].to_owned() + " ").collect();
    let mut found = Vec::new();
    for told in told(text) {
        let doc = format!("{} {header}", told.doc);
        if !sentence(&doc, " Source: ").is_some_and(names_a_source) {
            found.push(format!("{path}:{}: `{}` names no source", told.line, told.name));
        }
        if !sentence(&doc, " Error: ").is_some_and(|said| tells_an_error(said, tests)) {
            found.push(format!("{path}:{}: `{}` tells no measured error", told.line, told.name));
        }
    }
    found
}

/// The names of the functions under `#[test]` of a file, those of `proptest!` among them.
pub fn test_names(text: &str) -> impl Iterator<Item = String> {
    let mut is_next = false;
    let name = move |line: &str| {
        let line = line.trim();
        is_next |= line == "#[test]";
        let name = line.strip_prefix("fn ").filter(|_| is_next)?;
        is_next = false;
        name.split('(').next().map(str::to_owned)
    };
    text.lines().filter_map(name).collect::<Vec<_>>().into_iter()
}

/// The public functions before the tests whose return type holds a figure.
fn told(text: &str) -> Vec<Told<'_>> {
    let (mut found, mut doc) = (Vec::new(), String::new());
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let code = line.trim();
        if code == "#[cfg(test)]" {
            break;
        }
        if let Some(said) = code.strip_prefix("///") {
            doc.push_str(said);
            doc.push(' ');
        } else if let Some(name) = function(code) {
            let to_body: String =
                lines[index..].iter().take_while(|line| !line.trim().starts_with('}')).take(12).copied().collect();
            let head = to_body.split(" {").next().unwrap_or_default();
            let gives = head.rsplit_once("->").map_or("", |(_, gives)| gives);
            let words: BTreeSet<&str> = gives.split(|c: char| !c.is_alphanumeric()).collect();
            if FIGURES.iter().any(|figure| words.contains(figure)) {
                found.push(Told { name, line: index + 1, doc: std::mem::take(&mut doc) });
            }
            doc.clear();
        } else if !code.starts_with("#[") {
            doc.clear();
        }
    }
    found
}

/// The name, where a line starts a function that others see.
fn function(code: &str) -> Option<&str> {
    let rest = ["pub ", "pub(crate) "].into_iter().find_map(|public| code.strip_prefix(public))?;
    let rest = rest.strip_prefix("const ").unwrap_or(rest).strip_prefix("fn ")?;
    rest.split(['(', '<']).next()
}

/// What follows a mark, up to the other one.
fn sentence<'a>(doc: &'a str, mark: &str) -> Option<&'a str> {
    let rest = doc.split_once(mark)?.1;
    let end = [" Source: ", " Error: ", "# Errors"].into_iter().filter_map(|other| rest.find(other)).min();
    Some(rest[..end.unwrap_or(rest.len())].trim())
}

fn names_a_source(said: &str) -> bool {
    let is_year = |word: &str| word.len() == 4 && word.parse().is_ok_and(|year: u32| (1000..2100).contains(&year));
    said.starts_with("definition") || said.split(|c: char| !c.is_alphanumeric()).any(is_year)
}

fn tells_an_error(said: &str, tests: &BTreeSet<String>) -> bool {
    let words: Vec<&str> =
        said.split_whitespace().map(|word| word.trim_matches([',', ';', '.', '(', ')', ':'])).collect();
    let has_figure = words.windows(2).any(|pair| pair[0].parse::<f64>().is_ok() && UNITS.contains(&pair[1]));
    let has_test = said.split('`').skip(1).step_by(2).any(|name| tests.contains(name));
    said.strip_prefix("none").is_some_and(|why| why.len() > 10) || (has_figure && has_test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_without_source_or_error_is_found() {
        let tests = BTreeSet::from(["places_agree".to_owned()]);
        let count =
            |doc: &str, head: &str| sources("src/a.rs", &format!("//! P: x.\n\n{doc}\n{head} {{\n}}\n"), &tests).len();
        let good = "/// Source: Meeus 1998, ch. 7. Error: 0.1 arcsec (`places_agree`).";
        let head = "pub fn a(x: f64) -> f64";
        assert_eq!(count(good, head), 0);
        assert_eq!(count(good, "pub(crate) fn a(\n    x: u8,\n) -> Result<Vec<Position>, E>"), 0);
        assert_eq!(count("/// The angle.", head), 2);
        assert_eq!(count("/// The angle.\n///\n/// # Errors\n/// [`E::Error::A`].", head), 2);
        assert_eq!(count("/// The angle.", "pub(crate) fn a(\n    x: u8,\n) -> Result<Vec<Position>, E>"), 2);
        assert_eq!(count("/// Source: Meeus. Error: 0.1 arcsec (`places_agree`).", head), 1);
        assert_eq!(count("/// Source: Meeus 1998. Error: 0.1 arcsec.", head), 1);
        assert_eq!(count("/// Source: Meeus 1998. Error: small (`places_agree`).", head), 1);
        assert_eq!(count("/// Source: Meeus 1998. Error: 0.1 arcsec (`no_such_test`).", head), 1);
        assert_eq!(count("/// Source: definition. Error: none beyond rounding.", head), 0);
        assert_eq!(count("/// Source: definition. Error: none.", head), 1);
        // What gives no figure, and what nobody else sees, need say nothing.
        assert_eq!(count("/// Whether.", "pub fn a(x: f64) -> bool") + count("/// The angle.", "fn a() -> f64"), 0);
        let of_file =
            "//! P: x.\n//! Source: Meeus 1998. Error: 1 s (`places_agree`).\npub fn a() -> Option<f64> {\n}\n";
        assert!(sources("src/a.rs", of_file, &tests).is_empty());
        assert!(test_names("#[test]\nfn b() {}\nfn c() {}\n").eq(["b".to_owned()]));
    }
}
