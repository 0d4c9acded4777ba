//! P: Whether a template could make a short text grow without bound: steps are counted while it runs, but one step may double
//! a text, and thirty steps fill any memory. Reads the template as words only, so that it refuses some that are harmless.

use std::collections::{BTreeMap, BTreeSet};

/// What the longest text may be, in the lengths of what is put in.
const GROWTH_MAX: u64 = 1 << 10;
/// Names that may get a value.
const NAMES_MAX: usize = 200;
/// How deep the ways between names are followed; a text that doubles on each would have been refused long before.
const NESTED_MAX: usize = 24;

/// A word or a sign of an expression.
#[derive(Debug, PartialEq, Eq)]
enum Word {
    /// A name, with what is behind its dots: `ns.text`.
    Name(String),
    Sign(char),
}

impl Word {
    /// What comes before the first dot: a part of a value counts as the whole.
    fn name(&self) -> Option<String> {
        match self {
            Self::Name(name) => name.split('.').next().map(str::to_owned),
            Self::Sign(_) => None,
        }
    }
}

/// How often the text of each name goes into the text of another.
type Flows = BTreeMap<String, BTreeMap<String, u64>>;

/// Refuses repetition (`*`), blocks whose output becomes a value, and texts that come to hold themselves more than once.
pub(super) fn check(source: &str) -> Result<(), String> {
    let tags: Vec<Vec<Word>> = tags(source).map(words).collect();
    let first = |tag: &[Word]| tag.iter().find_map(Word::name).unwrap_or_default();
    let macros: BTreeSet<String> = tags
        .iter()
        .filter(|tag| first(tag) == "macro")
        .filter_map(|tag| tag.iter().filter_map(Word::name).nth(1))
        .collect();
    let mut flows = Flows::new();
    for tag in &tags {
        let kind = first(tag);
        let called = tag.iter().filter_map(Word::name).filter(|name| macros.contains(name)).count();
        let captures = kind == "set" && !tag.contains(&Word::Sign('='));
        if tag.contains(&Word::Sign('*')) {
            return Err("it repeats with `*`, which has no bound".into());
        }
        if captures || matches!(kind.as_str(), "with" | "call" | "filter") {
            return Err(format!("it makes a value of a block (`{kind}`), which has no bound"));
        }
        if called > 1 || (called == 1 && matches!(kind.as_str(), "set" | "for")) {
            return Err("it makes a value of what a macro writes, which has no bound".into());
        }
        // What a macro is given: anything that stands beside its name.
        for target in parameters(tag, &tags, &macros) {
            flow(&mut flows, target, &tag[1..]);
        }
        for (target, from) in assigned(&kind, tag) {
            flow(&mut flows, target, from);
        }
    }
    if flows.len() > NAMES_MAX {
        return Err(format!("it gives values to {} names, at most {NAMES_MAX}", flows.len()));
    }
    for (name, from) in &flows {
        let back: u64 = from.iter().filter(|(source, _)| reaches(&flows, name, source)).map(|(_, times)| times).sum();
        if back > 1 {
            return Err(format!("the text of `{name}` may double with every step"));
        }
        if size(&flows, name, &mut BTreeSet::new()) > GROWTH_MAX {
            return Err(format!("`{name}` may grow to many times what is put in"));
        }
    }
    Ok(())
}

/// The parameters of the macro that a tag calls.
fn parameters(tag: &[Word], tags: &[Vec<Word>], macros: &BTreeSet<String>) -> Vec<String> {
    let names = |tag: &[Word]| tag.iter().filter_map(Word::name).collect::<Vec<_>>();
    let of_tag = names(tag);
    let Some(called) = of_tag.iter().find(|name| macros.contains(*name)) else { return Vec::new() };
    if of_tag.first().is_some_and(|first| first == "macro") {
        return Vec::new();
    }
    let defines =
        |tag: &&Vec<Word>| matches!(names(tag).as_slice(), [kind, name, ..] if kind == "macro" && name == called);
    tags.iter().filter(defines).flat_map(|tag| names(tag).split_off(2)).collect()
}

/// Notes that the names of `from` go into the text of `target`: as often as they stand there, where texts are put together.
fn flow(flows: &mut Flows, target: String, from: &[Word]) {
    let joins = from.iter().any(|word| matches!(word, Word::Sign('~' | '+' | '(' | '[')));
    let mut here: BTreeMap<String, u64> = BTreeMap::new();
    for name in from.iter().filter_map(Word::name) {
        let times = here.entry(name).or_default();
        *times = if joins { *times + 1 } else { 1 };
    }
    let into = flows.entry(target).or_default();
    for (name, times) in here {
        let most = into.entry(name).or_default();
        *most = times.max(*most);
    }
}

/// Whether the text of `name` goes into that of `source`, by whatever way.
fn reaches(flows: &Flows, name: &str, source: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![source]);
    while let Some(at) = open.pop() {
        if at == name {
            return true;
        }
        if seen.insert(at) {
            open.extend(flows.get(at).into_iter().flat_map(|from| from.keys().map(String::as_str)));
        }
    }
    false
}

/// How many times what is put in a name may hold, apart from what it takes from itself: that grows by steps, which are
/// counted.
fn size<'f>(flows: &'f Flows, name: &'f str, path: &mut BTreeSet<&'f str>) -> u64 {
    let Some(from) = flows.get(name).filter(|_| path.len() < NESTED_MAX) else { return 1 };
    if !path.insert(name) {
        return 1;
    }
    let mut sum = 0_u64;
    for (source, times) in from.iter().filter(|(source, _)| flows.contains_key(*source)) {
        sum = sum.saturating_add(size(flows, source, path).saturating_mul(*times));
        if sum > GROWTH_MAX {
            break;
        }
    }
    path.remove(name);
    let plain: u64 = from.iter().filter(|(source, _)| !flows.contains_key(*source)).map(|(_, times)| times).sum();
    sum.saturating_add(plain).max(1)
}

/// The insides of `{{ .. }}` and `{% .. %}`.
fn tags(source: &str) -> impl Iterator<Item = &str> {
    let mut left = source;
    std::iter::from_fn(move || {
        loop {
            let start = left.find('{')?;
            let close = match left.as_bytes().get(start + 1) {
                Some(b'{') => "}}",
                Some(b'%') => "%}",
                Some(b'#') => "#}",
                _ => {
                    left = &left[start + 1..];
                    continue;
                }
            };
            let inside = &left[start + 2..];
            let end = if close == "#}" { inside.find(close) } else { closed(inside, close) }.unwrap_or(inside.len());
            left = inside.get(end + 2..).unwrap_or_default();
            if close != "#}" {
                return Some(&inside[..end]);
            }
        }
    })
}

/// Where a tag ends, past the texts in it.
fn closed(inside: &str, close: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, letter) in inside.char_indices() {
        match quote {
            Some(open) => {
                if !escaped && letter == open {
                    quote = None;
                }
                escaped = !escaped && letter == '\\';
            }
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None if inside[at..].starts_with(close) => return Some(at),
            None => {}
        }
    }
    None
}

fn words(tag: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let (mut quote, mut escaped) = (None, false);
    for letter in tag.chars() {
        match (quote, words.last_mut()) {
            (Some(open), _) => {
                if !escaped && letter == open {
                    quote = None;
                }
                escaped = !escaped && letter == '\\';
            }
            (None, _) if matches!(letter, '"' | '\'') => {
                quote = Some(letter);
                words.push(Word::Sign(letter));
            }
            (None, Some(Word::Name(name))) if letter.is_alphanumeric() || matches!(letter, '_' | '.') => {
                name.push(letter);
            }
            (None, _) if letter.is_alphanumeric() || letter == '_' => words.push(Word::Name(letter.into())),
            (None, _) => words.push(Word::Sign(letter)),
        }
    }
    words.retain(|word| *word != Word::Sign(' '));
    words
}

/// Names that get a value in a tag, and what they get.
fn assigned<'w>(kind: &str, tag: &'w [Word]) -> Vec<(String, &'w [Word])> {
    let end = match kind {
        "set" => tag.iter().position(|word| *word == Word::Sign('=')),
        "for" => tag.iter().position(|word| word.name().is_some_and(|name| name == "in")),
        _ => None,
    };
    let Some(end) = end else { return Vec::new() };
    let targets = tag[..end].iter().filter_map(Word::name).skip(1);
    targets.map(|target| (target, &tag[end..])).collect()
}
