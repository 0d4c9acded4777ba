//! P: Rulesets: which aspects count, how wide their orbs are by context and by class of point, and what makes a pattern.
//! They are convention kept as data, in versions that never change. Finds no aspect and knows no position.

mod document;
mod table;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use serde::Serialize;
use serde_json::Value;

use super::aspects::{Aspect, Contact};
use super::point::Point;
use super::rules::{self, Class};
use table::OrbTable;

/// The rulesets of this build, the default first.
const BUILTIN: [&str; 3] = [
    include_str!("../../data/rulesets/modern-1.0.0.toml"),
    include_str!("../../data/rulesets/traditional-1.0.0.toml"),
    include_str!("../../data/rulesets/strict-1.0.0.toml"),
];

/// What is compared with what; each has its own orbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Points of one chart among themselves.
    Natal,
    /// A point of the sky (source) to a point of a birth (target).
    TransitToNatal,
    /// Points of the sky among themselves.
    SkyToSky,
    /// A progressed or directed point (source) to a point of the birth (target).
    ProgressionToNatal,
    /// Points of one birth to points of another.
    Synastry,
}

impl Context {
    /// All five, in the order of the enum.
    pub const ALL: [Self; 5] =
        [Self::Natal, Self::TransitToNatal, Self::SkyToSky, Self::ProgressionToNatal, Self::Synastry];

    /// The stable machine name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Natal => "natal",
            Self::TransitToNatal => "transit_to_natal",
            Self::SkyToSky => "sky_to_sky",
            Self::ProgressionToNatal => "progression_to_natal",
            Self::Synastry => "synastry",
        }
    }

    /// The context with this code, if there is one.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|context| context.code() == code)
    }

    /// Whether the two ends of a pair are alike, so that a rule fits them either way round.
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Natal | Self::SkyToSky | Self::Synastry)
    }
}

/// The name and version of a ruleset. As text `modern-1.0.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RulesetId {
    /// `[a-z][a-z0-9_-]{0,31}`.
    pub name: String,
    /// Three numbers of at most four digits: `1.0.0`.
    pub version: Version,
}

/// A version `major.minor.patch`; ordered as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Changes what charts show.
    pub major: u16,
    /// Adds.
    pub minor: u16,
    /// Corrects.
    pub patch: u16,
}

/// Something in a ruleset that cannot stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleProblem {
    /// Where, such as `rules.natal_luminary.orbs_deg.trine`.
    pub path: String,
    /// What was given, cut short; absent when something is missing.
    pub given: Option<String>,
    /// What is allowed, with the nearest valid name where one was mistyped.
    pub allowed: String,
}

/// A ruleset that cannot be used, with all that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} problem(s) in the ruleset; the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
pub struct BadRuleset(pub Vec<RuleProblem>);

/// What forms patterns.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternRules {
    /// Classes whose points take part.
    pub classes: Vec<Class>,
    /// Largest distance from exact of a side, degrees, by aspect; a figure with a side that is not named is not looked for.
    pub orbs_deg: Vec<(Aspect, f64)>,
    /// Fewest points of a stellium, 3..=8.
    pub stellium_points: usize,
    /// Longest arc of a stellium, degrees, 1..=30.
    pub stellium_arc_deg: f64,
}

/// A checked ruleset, ready to be asked. Cheap to share behind an [`Arc`], not to clone.
#[derive(Clone, Debug)]
pub struct Ruleset {
    id: RulesetId,
    description: String,
    document: Value,
    enabled: Vec<(Aspect, f64)>,
    table: OrbTable,
    parallel_orb_deg: f64,
    patterns: PatternRules,
}

impl std::fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.given {
            Some(given) => write!(f, "{}: {given:?} is not allowed; {}", self.path, self.allowed),
            None => write!(f, "{}: {}", self.path, self.allowed),
        }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl std::fmt::Display for RulesetId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.name, self.version)
    }
}

impl Version {
    /// Reads `1.0.0`; `None` for another form, a number above 9999 or one with leading zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|part| {
            let fits = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            let plain = part.len() == 1 || !part.starts_with('0');
            (fits && plain).then(|| part.parse::<u16>().ok()).flatten()
        });
        let version = Self { major: numbers.next()??, minor: numbers.next()??, patch: numbers.next()?? };
        numbers.next().is_none().then_some(version)
    }
}

impl RulesetId {
    /// Reads `modern-1.0.0`; `None` for another form.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, version) = text.rsplit_once('-')?;
        Self::new(name, version)
    }

    /// From its two parts; `None` when either has another form.
    pub fn new(name: &str, version: &str) -> Option<Self> {
        let fits = (1..=32).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
        Some(Self { name: fits.then(|| name.to_owned())?, version: Version::parse(version)? })
    }
}

impl Ruleset {
    /// Reads and checks TOML.
    ///
    /// # Errors
    /// [`BadRuleset`] with every unknown key, missing value and value out of its range, or with the place where the text
    /// stops being TOML.
    pub fn from_toml(text: &str) -> Result<Self, BadRuleset> {
        let document = toml::from_str::<Value>(text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
            let path = format!("line {line}");
            BadRuleset(vec![RuleProblem { path, given: None, allowed: format!("TOML; {}", error.message()) }])
        })?;
        Self::from_json(document)
    }

    /// Checks a document of the same shape as the TOML of `data/rulesets`.
    ///
    /// # Errors
    /// [`BadRuleset`] with every unknown key, missing value and value out of its range.
    pub fn from_json(document: Value) -> Result<Self, BadRuleset> {
        let read = document::read(&document).map_err(BadRuleset)?;
        let mut enabled: Vec<(Aspect, f64)> =
            read.aspects.iter().filter(|(_, default)| default.enabled).map(|(aspect, _)| (*aspect, 0.0)).collect();
        for (aspect, angle_deg) in &mut enabled {
            *angle_deg = aspect.angle_deg();
        }
        enabled.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        let table = OrbTable::build(&read.aspects, &read.rules);
        Ok(Self {
            id: read.id,
            description: read.description,
            document,
            enabled,
            table,
            parallel_orb_deg: read.parallel_orb_deg,
            patterns: read.patterns,
        })
    }

    /// The default of this build, `modern-1.0.0`.
    pub fn builtin() -> &'static Self {
        match Self::builtins() {
            [default, ..] => default,
            [] => Self::none(),
        }
    }

    /// Every ruleset of this build, the default first. They are locked for good.
    pub fn builtins() -> &'static [Arc<Self>] {
        static PARSED: OnceLock<Vec<Arc<Ruleset>>> = OnceLock::new();
        PARSED.get_or_init(|| BUILTIN.iter().filter_map(|text| Self::from_toml(text).ok().map(Arc::new)).collect())
    }

    /// The built-in ruleset of this id, such as `modern-1.0.0`.
    pub fn find_builtin(id: &str) -> Option<&'static Arc<Self>> {
        Self::builtins().iter().find(|ruleset| ruleset.id.to_string() == id)
    }

    /// A ruleset that finds nothing. Stands in for a built-in file that does not parse, which a test rules out.
    fn none() -> &'static Self {
        static NONE: OnceLock<Ruleset> = OnceLock::new();
        NONE.get_or_init(|| Self {
            id: RulesetId { name: String::from("none"), version: Version { major: 0, minor: 0, patch: 0 } },
            description: String::new(),
            document: Value::Null,
            enabled: Vec::new(),
            table: OrbTable::build(&[], &[]),
            parallel_orb_deg: 0.0,
            patterns: PatternRules {
                classes: Vec::new(),
                orbs_deg: Vec::new(),
                stellium_points: usize::MAX,
                stellium_arc_deg: 0.0,
            },
        })
    }

    /// Name and version; as text what charts keep of their ruleset.
    pub const fn id(&self) -> &RulesetId {
        &self.id
    }

    /// What it is for, in a sentence.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The document it was made from.
    pub const fn document(&self) -> &Value {
        &self.document
    }

    /// The aspects that it looks for, by angle.
    pub fn aspects(&self) -> impl Iterator<Item = Aspect> {
        self.enabled.iter().map(|(aspect, _)| *aspect)
    }

    /// The largest orb of an aspect from `a` to `b`, degrees; `None` where the ruleset does not look for it. In a context
    /// with a direction `a` moves and `b` is of the birth. A lookup in a table that was made when the ruleset was read.
    pub fn orb_deg(&self, context: Context, aspect: Aspect, a: Point, b: Point) -> Option<f64> {
        Some(self.table.row(context, a, b)[aspect as usize]).filter(|orb_deg| *orb_deg > 0.0)
    }

    /// The aspect between two points at these longitudes (degrees) that is within its orb; the narrowest if two are.
    pub fn contact(&self, context: Context, (a, a_deg): (Point, f64), (b, b_deg): (Point, f64)) -> Option<Contact> {
        let orbs_deg = self.table.row(context, a, b);
        let separation_deg = super::angles::separation_deg(a_deg, b_deg);
        let mut found: Option<Contact> = None;
        for (aspect, angle_deg) in &self.enabled {
            let orb_deg = (separation_deg - angle_deg).abs();
            let orb_max_deg = orbs_deg[*aspect as usize];
            if orb_deg <= orb_max_deg && found.is_none_or(|narrowest| orb_deg < narrowest.orb_deg) {
                found = Some(Contact { aspect: *aspect, separation_deg, orb_deg, orb_max_deg });
            }
        }
        found
    }

    /// The largest difference in declination of a parallel or contra-parallel, degrees.
    pub const fn parallel_orb_deg(&self) -> f64 {
        self.parallel_orb_deg
    }

    /// What forms patterns.
    pub const fn patterns(&self) -> &PatternRules {
        &self.patterns
    }
}

impl PatternRules {
    /// The largest orb of a side, degrees; `None` where figures with such a side are not looked for.
    pub fn orb_deg(&self, aspect: Aspect) -> Option<f64> {
        self.orbs_deg.iter().find(|(named, _)| *named == aspect).map(|(_, orb_deg)| *orb_deg)
    }

    /// Whether a point takes part.
    pub fn counts(&self, point: Point) -> bool {
        self.classes.contains(&rules::class(point))
    }
}
