//! P: Reads the document of a ruleset key by key and says all that is wrong with it: no key is ignored, no value is
//! clamped. Resolves no orb.

use serde_json::{Map, Value};

use super::{Context, PatternRules, RuleProblem, RulesetId, Version};
use crate::astro::aspects::Aspect;
use crate::astro::point::Point;
use crate::astro::rules::Class;

/// Widest orb that any aspect may have, degrees: half the gap between the sextile and the square.
const ORB_MAX_DEG: f64 = 15.0;
const PARALLEL_ORB_MAX_DEG: f64 = 3.0;
const PRIORITY_MAX: u16 = 9999;
const RULES_MAX: usize = 100;
const RULE_NAME_MAX: usize = 64;
const DESCRIPTION_MAX_CHARS: usize = 300;
const STELLIUM_POINTS: (u16, u16) = (3, 8);
const STELLIUM_ARC_DEG: (f64, f64) = (1.0, 30.0);
/// What was given is repeated up to this many characters.
const GIVEN_MAX_CHARS: usize = 80;

/// A side of a figure can only be one of these.
const SIDES: [Aspect; 5] = [Aspect::Opposition, Aspect::Square, Aspect::Trine, Aspect::Sextile, Aspect::Quincunx];

/// What holds of an aspect where no rule says otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct AspectDefault {
    pub(super) orb_deg: f64,
    pub(super) enabled: bool,
}

/// One end that a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    Point(Point),
    Class(Class),
}

/// A rule; no picks at an end leave it open.
#[derive(Clone, Debug)]
pub(super) struct OrbRule {
    pub(super) context: Context,
    pub(super) source: Vec<Pick>,
    pub(super) target: Vec<Pick>,
    pub(super) priority: u16,
    pub(super) orbs_deg: Vec<(Aspect, f64)>,
}

/// A document that holds.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) id: RulesetId,
    pub(super) description: String,
    pub(super) aspects: Vec<(Aspect, AspectDefault)>,
    pub(super) rules: Vec<OrbRule>,
    pub(super) parallel_orb_deg: f64,
    pub(super) patterns: PatternRules,
}

/// Reads a document whole.
pub(super) fn read(document: &Value) -> Result<Read, Vec<RuleProblem>> {
    let mut reader = Reader { problems: Vec::new() };
    let read = reader.ruleset(document);
    match read {
        Some(read) if reader.problems.is_empty() => Ok(read),
        _ => Err(reader.problems),
    }
}

/// Collects problems on its way through a document. What cannot be read comes out as `None`, and its problem is kept.
struct Reader {
    problems: Vec<RuleProblem>,
}

/// `rules.natal.priority` out of its parts.
fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// One of `names` that may have been meant by `given`.
fn nearest<'n>(given: &str, names: &[&'n str]) -> Option<&'n str> {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(&given.to_lowercase(), name);
    let best = names.iter().copied().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(best) >= 0.5).then_some(best)
}

/// `one of: a, b; nearest: b`.
fn one_of(given: &str, names: &[&str]) -> String {
    let listed = format!("one of: {}", names.join(", "));
    nearest(given, names).map_or_else(|| listed.clone(), |near| format!("{listed}; nearest: {near}"))
}

impl Reader {
    fn wrong(&mut self, path: &str, given: &Value, allowed: impl Into<String>) {
        let given = match given {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let given = Some(given.chars().take(GIVEN_MAX_CHARS).collect());
        self.problems.push(RuleProblem { path: path.to_owned(), given, allowed: allowed.into() });
    }

    fn missing(&mut self, path: &str, allowed: impl Into<String>) {
        let allowed = format!("is missing; {}", allowed.into());
        self.problems.push(RuleProblem { path: path.to_owned(), given: None, allowed });
    }

    /// A table none of whose keys is unknown.
    fn table<'v>(&mut self, path: &str, value: &'v Value, keys: &[&str]) -> Option<&'v Map<String, Value>> {
        let Value::Object(table) = value else {
            self.wrong(path, value, "a table");
            return None;
        };
        for key in table.keys().filter(|key| !keys.contains(&key.as_str())) {
            let allowed = one_of(key, keys);
            self.wrong(&join(path, key), &Value::String(key.clone()), allowed);
        }
        Some(table)
    }

    fn needed<'v>(&mut self, path: &str, table: &'v Map<String, Value>, key: &str, what: &str) -> Option<&'v Value> {
        let found = table.get(key);
        if found.is_none() {
            self.missing(&join(path, key), what);
        }
        found
    }

    fn number(&mut self, path: &str, value: &Value, (least, most): (f64, f64)) -> Option<f64> {
        let number = value.as_f64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong(path, value, format!("a number from {least} to {most}"));
        }
        number
    }

    fn whole(&mut self, path: &str, value: &Value, (least, most): (u16, u16)) -> Option<u16> {
        let number = value.as_u64().and_then(|n| u16::try_from(n).ok()).filter(|n| (least..=most).contains(n));
        if number.is_none() {
            self.wrong(path, value, format!("a whole number from {least} to {most}"));
        }
        number
    }

    /// A text that names one of `all`.
    fn named<T: Copy>(&mut self, path: &str, value: &Value, all: &[(&str, T)]) -> Option<T> {
        let text = value.as_str().unwrap_or_default();
        let found = all.iter().find(|(name, _)| *name == text).map(|(_, meant)| *meant);
        if found.is_none() {
            let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
            self.wrong(path, value, one_of(text, &names));
        }
        found
    }

    fn list<T: Copy>(&mut self, path: &str, value: &Value, all: &[(&str, T)]) -> Option<Vec<T>> {
        let Some(items) = value.as_array().filter(|items| !items.is_empty()) else {
            self.wrong(path, value, "a list of at least one name");
            return None;
        };
        let mut seen: Vec<&Value> = Vec::new();
        let mut read = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let path = format!("{path}[{place}]");
            if seen.contains(&item) {
                self.wrong(&path, item, "every name once");
            }
            seen.push(item);
            read.extend(self.named(&path, item, all));
        }
        Some(read)
    }

    fn ruleset(&mut self, document: &Value) -> Option<Read> {
        let keys = ["name", "version", "description", "aspects", "rules", "parallels", "patterns"];
        let table = self.table("", document, &keys)?;
        let id = self.id(table);
        let description = self.description(table);
        let aspects = self.needed("", table, "aspects", "a table of aspects").and_then(|value| self.aspects(value));
        let rules = table.get("rules").map_or(Some(Vec::new()), |value| self.rules(value));
        let parallel_orb_deg = self.needed("", table, "parallels", "a table with `orb_deg`").and_then(|value| {
            let table = self.table("parallels", value, &["orb_deg"])?;
            let orb = self.needed("parallels", table, "orb_deg", "a number")?;
            self.number("parallels.orb_deg", orb, (0.0, PARALLEL_ORB_MAX_DEG))
        });
        let patterns = self.needed("", table, "patterns", "a table of pattern rules").and_then(|v| self.patterns(v));
        Some(Read {
            id: id?,
            description: description?,
            aspects: aspects?,
            rules: rules?,
            parallel_orb_deg: parallel_orb_deg?,
            patterns: patterns?,
        })
    }

    fn id(&mut self, table: &Map<String, Value>) -> Option<RulesetId> {
        let name = self.needed("", table, "name", "a name such as `modern`")?;
        let version = self.needed("", table, "version", "a version such as `1.0.0`")?;
        let (named, numbered) = (name.as_str().unwrap_or_default(), version.as_str().unwrap_or_default());
        if RulesetId::new(named, "0.0.0").is_none() {
            self.wrong("name", name, "1 to 32 of a-z, 0-9, `_` and `-`, starting with a letter");
        }
        if Version::parse(numbered).is_none() {
            self.wrong("version", version, "three numbers from 0 to 9999, such as 1.0.0");
        }
        RulesetId::new(named, numbered)
    }

    fn description(&mut self, table: &Map<String, Value>) -> Option<String> {
        let Some(value) = table.get("description") else { return Some(String::new()) };
        let text = value.as_str().filter(|text| text.chars().count() <= DESCRIPTION_MAX_CHARS);
        if text.is_none() {
            self.wrong("description", value, format!("a text of at most {DESCRIPTION_MAX_CHARS} characters"));
        }
        text.map(str::to_owned)
    }

    fn aspects(&mut self, value: &Value) -> Option<Vec<(Aspect, AspectDefault)>> {
        let table = self.table("aspects", value, &Aspect::ALL.map(Aspect::code))?;
        let mut read = Vec::new();
        for aspect in Aspect::ALL {
            let Some(value) = table.get(aspect.code()) else { continue };
            let path = join("aspects", aspect.code());
            let Some(table) = self.table(&path, value, &["orb_deg", "enabled"]) else { continue };
            let orb = self.needed(&path, table, "orb_deg", "a number");
            let orb_deg = orb.and_then(|orb| self.number(&join(&path, "orb_deg"), orb, (0.0, ORB_MAX_DEG)));
            let enabled = table.get("enabled").map_or(Some(true), |value| {
                let flag = value.as_bool();
                if flag.is_none() {
                    self.wrong(&join(&path, "enabled"), value, "true or false");
                }
                flag
            });
            read.extend(orb_deg.zip(enabled).map(|(orb_deg, enabled)| (aspect, AspectDefault { orb_deg, enabled })));
        }
        Some(read)
    }

    fn rules(&mut self, value: &Value) -> Option<Vec<OrbRule>> {
        let Value::Object(table) = value else {
            self.wrong("rules", value, "a table of rules by name");
            return None;
        };
        if table.len() > RULES_MAX {
            self.wrong("rules", &Value::from(table.len()), format!("at most {RULES_MAX} rules"));
            return None;
        }
        let mut named: Vec<(&String, &Value)> = table.iter().collect();
        named.sort_by_key(|(name, _)| *name);
        let mut rules = Vec::new();
        for (name, value) in named {
            let fits = (1..=RULE_NAME_MAX).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !fits {
                let allowed = format!("a rule's name is 1 to {RULE_NAME_MAX} of a-z, 0-9 and `_`");
                self.wrong("rules", &Value::String(name.clone()), allowed);
            }
            rules.extend(self.rule(&join("rules", name), value));
        }
        Some(rules)
    }

    fn rule(&mut self, path: &str, value: &Value) -> Option<OrbRule> {
        let table = self.table(path, value, &["context", "source", "target", "priority", "orbs_deg"])?;
        let contexts = Context::ALL.map(|context| (context.code(), context));
        let mut picks: Vec<(&str, Pick)> = Class::ALL.map(|class| (class.code(), Pick::Class(class))).into();
        picks.extend(Point::all().map(|point| (point.code(), Pick::Point(point))));
        let context = self.needed(path, table, "context", "a context");
        let context = context.and_then(|value| self.named(&join(path, "context"), value, &contexts));
        let mut end = |key| table.get(key).map_or(Some(Vec::new()), |v| self.list(&join(path, key), v, &picks));
        let (source, target) = (end("source"), end("target"));
        let priority = self.needed(path, table, "priority", "a whole number");
        let priority = priority.and_then(|v| self.whole(&join(path, "priority"), v, (0, PRIORITY_MAX)));
        let orbs = self.needed(path, table, "orbs_deg", "a table of orbs by aspect");
        let orbs_deg = orbs.and_then(|value| self.orbs(&join(path, "orbs_deg"), value, &Aspect::ALL));
        Some(OrbRule { context: context?, source: source?, target: target?, priority: priority?, orbs_deg: orbs_deg? })
    }

    fn orbs(&mut self, path: &str, value: &Value, allowed: &[Aspect]) -> Option<Vec<(Aspect, f64)>> {
        let names: Vec<&str> = allowed.iter().map(|aspect| aspect.code()).collect();
        let table = self.table(path, value, &names)?;
        let mut read = Vec::new();
        for aspect in allowed {
            let Some(orb) = table.get(aspect.code()) else { continue };
            let orb_deg = self.number(&join(path, aspect.code()), orb, (0.0, ORB_MAX_DEG));
            read.extend(orb_deg.map(|orb_deg| (*aspect, orb_deg)));
        }
        Some(read)
    }

    fn patterns(&mut self, value: &Value) -> Option<PatternRules> {
        let path = "patterns";
        let table = self.table(path, value, &["classes", "orbs_deg", "stellium_points", "stellium_arc_deg"])?;
        let classes = Class::ALL.map(|class| (class.code(), class));
        let listed = self.needed(path, table, "classes", "a list of classes of points");
        let listed = listed.and_then(|value| self.list("patterns.classes", value, &classes));
        let orbs = self.needed(path, table, "orbs_deg", "a table of orbs by aspect");
        let orbs_deg = orbs.and_then(|value| self.orbs("patterns.orbs_deg", value, &SIDES));
        let points = self.needed(path, table, "stellium_points", "a whole number");
        let points = points.and_then(|value| self.whole("patterns.stellium_points", value, STELLIUM_POINTS));
        let arc = self.needed(path, table, "stellium_arc_deg", "a number");
        let arc = arc.and_then(|value| self.number("patterns.stellium_arc_deg", value, STELLIUM_ARC_DEG));
        Some(PatternRules {
            classes: listed?,
            orbs_deg: orbs_deg?,
            stellium_points: usize::from(points?),
            stellium_arc_deg: arc?,
        })
    }
}
