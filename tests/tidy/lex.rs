//! Splits Rust text into code and comments, and lists the paths that code names. Understands no more of Rust than that.

/// A source file in two halves with the same lines: what is code, and what is comment. Literals are blanked in both.
#[derive(Debug, Default)]
pub struct Halves {
    pub code: String,
    pub comments: String,
}

/// Which half a character belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Code,
    Comment,
    Literal,
}

/// Splits a text.
pub fn split(text: &str) -> Halves {
    let chars: Vec<char> = text.chars().collect();
    let mut halves = Halves::default();
    let mut at = 0;
    while let Some(now) = chars.get(at) {
        let (half, end) = piece(&chars, at, *now);
        for c in chars.get(at..end).unwrap_or_default() {
            let blank = if c.is_whitespace() { *c } else { ' ' };
            halves.code.push(if half == Half::Code { *c } else { blank });
            halves.comments.push(if half == Half::Comment { *c } else { blank });
        }
        at = end;
    }
    halves
}

/// The piece that starts at `at`, and where it ends.
fn piece(chars: &[char], at: usize, now: char) -> (Half, usize) {
    let peek = |ahead: usize| chars.get(at + ahead).copied();
    match (now, peek(1)) {
        ('/', Some('/')) => (Half::Comment, find(chars, at, |c| c == '\n')),
        ('/', Some('*')) => (Half::Comment, block_comment(chars, at)),
        ('"', _) => (Half::Literal, quoted(chars, at)),
        ('\'', Some('\\')) => (Half::Literal, find(chars, at + 3, |c| c == '\'') + 1),
        ('\'', Some(_)) if peek(2) == Some('\'') => (Half::Literal, at + 3),
        _ if is_word(now) => {
            let end = find(chars, at, |c| !is_word(c));
            let word: String = chars.get(at..end).unwrap_or_default().iter().collect();
            let is_raw = matches!(word.as_str(), "r" | "br" | "cr") && raw_hashes(chars, end).is_some();
            if is_raw { (Half::Literal, raw(chars, end)) } else { (Half::Code, end) }
        }
        _ => (Half::Code, at + 1),
    }
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn find(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    let rest = chars.get(from..).unwrap_or_default();
    rest.iter().position(|c| stop(*c)).map_or(chars.len(), |i| from + i)
}

fn block_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    while at < chars.len() {
        match (chars.get(at), chars.get(at + 1)) {
            (Some('/'), Some('*')) => (depth, at) = (depth + 1, at + 2),
            (Some('*'), Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn quoted(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(c) = chars.get(at) {
        match c {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// How many `#` stand at `at`, if a quote follows them.
fn raw_hashes(chars: &[char], at: usize) -> Option<usize> {
    let quote = find(chars, at, |c| c != '#');
    (chars.get(quote) == Some(&'"')).then_some(quote - at)
}

fn raw(chars: &[char], at: usize) -> usize {
    let hashes = raw_hashes(chars, at).unwrap_or_default();
    let mut end: Vec<char> = vec!['"'];
    end.resize(hashes + 1, '#');
    let body = at + hashes + 1;
    let rest = chars.get(body..).unwrap_or_default();
    rest.windows(end.len()).position(|window| window == end).map_or(chars.len(), |i| body + i + end.len())
}

/// The code without items under `#[cfg(test)]`.
pub fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some((before, after)) = rest.split_once("#[cfg(test)]") {
        kept.push_str(before);
        rest = after_item(after);
    }
    kept + rest
}

/// What follows an item: after its closing brace, or after its semicolon.
fn after_item(code: &str) -> &str {
    let mut depth = 0_usize;
    for (i, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (c == '}' || c == ';') {
            return code.get(i + 1..).unwrap_or_default();
        }
    }
    ""
}

fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// Every path that the code names, imports with braces written out: `use a::{b, c::*}` gives `a::b` and `a::c::*`.
pub fn paths(code: &str) -> Vec<String> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1).copied().unwrap_or_default();
        if *token == "use" && next != "<" {
            at += 1;
            tree(&tokens, &mut at, "", &mut found);
        } else if token.starts_with(is_word) && next == "::" {
            let mut path = (*token).to_owned();
            while tokens.get(at + 1) == Some(&"::") {
                at += 2;
                let Some(part) = tokens.get(at).filter(|part| part.starts_with(is_word)) else { break };
                path = format!("{path}::{part}");
            }
            found.push(path);
        }
        at += 1;
    }
    found
}

/// One branch of an import, up to the comma, brace or semicolon that ends it.
fn tree(tokens: &[&str], at: &mut usize, prefix: &str, found: &mut Vec<String>) {
    let mut path = prefix.to_owned();
    while let Some(token) = tokens.get(*at) {
        match *token {
            "," | "}" | ";" => break,
            "::" => *at += 1,
            "as" => *at += 2,
            "{" => {
                while tokens.get(*at).is_some_and(|token| matches!(*token, "{" | ",")) {
                    *at += 1;
                    tree(tokens, at, &path, found);
                }
                *at += 1;
                return;
            }
            part => {
                path = if path.is_empty() { part.to_owned() } else { format!("{path}::{part}") };
                *at += 1;
            }
        }
    }
    if path != prefix {
        found.push(path);
    }
}

#[test]
fn comments_and_literals_are_told_from_code() {
    let halves = split(
        "let a = \"crate::x // no\"; // TODO é\nlet b = r#\"\"crate::y\"#; /* a /* b */ c */ let c: &'a str = f('\"', '\\'');",
    );
    assert!(!halves.code.contains("crate") && !halves.code.contains("TODO") && !halves.code.contains(" c */"));
    assert!(halves.code.contains("let b =") && halves.code.contains("let c: &'a str = f("));
    assert!(halves.comments.contains("TODO é") && halves.comments.contains("/* a /* b */ c */"));
    assert!(!halves.comments.contains("crate"));
    assert_eq!(halves.code.lines().count(), 2);
}

#[test]
fn imports_are_written_out() {
    let code = "use a::{b::{self, C}, d as e, f::*}; pub use g; fn h() -> impl I + use<'_> { i::j::<k::L>(m) }";
    assert_eq!(paths(code), ["a::b::self", "a::b::C", "a::d", "a::f::*", "g", "i::j", "k::L"]);
    assert_eq!(paths("use a::{\n b,\n c,\n};\nuse d::e;"), ["a::b", "a::c", "d::e"]);
}

#[test]
fn test_items_are_left_out() {
    let code = "a; #[cfg(test)] mod tests { fn b() { c } } d; #[cfg(test)] use e; f; #[cfg(test)] fn g(a: [u8; 2]) {} h; #[cfg(test)] mod tests;";
    assert_eq!(without_tests(code).split_whitespace().collect::<Vec<_>>(), ["a;", "d;", "f;", "h;"]);
}
