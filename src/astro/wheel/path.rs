//! P: Path data moved, and numbers written short. Draws nothing.

use std::fmt::Write;

/// A number with at most one decimal and nothing to spare: `12`, `-.5`, `3.1`.
pub fn short(value: f64) -> String {
    decimals(value, 10.0)
}

/// A number with at most two decimals.
pub fn short2(value: f64) -> String {
    decimals(value, 100.0)
}

fn decimals(value: f64, per_unit: f64) -> String {
    let rounded = (value * per_unit).round() / per_unit;
    if rounded == 0.0 || !rounded.is_finite() {
        return "0".to_owned();
    }
    let text = rounded.to_string();
    match text.strip_prefix("0.") {
        Some(rest) => format!(".{rest}"),
        None => text.strip_prefix("-0.").map_or_else(|| text.clone(), |rest| format!("-.{rest}")),
    }
}

/// Path data of absolute `M`s and relative commands, moved by (dx, dy).
pub fn moved(path: &str, dx: f64, dy: f64) -> String {
    let mut out = String::with_capacity(path.len() + 8);
    for part in path.split('M').skip(1) {
        let (x, rest) = number(part);
        let (y, rest) = number(rest);
        let _ = write!(out, "M{} {}{rest}", short2(x + dx), short2(y + dy));
    }
    out
}

/// The number that `text` starts with, and what comes after it.
fn number(text: &str) -> (f64, &str) {
    let text = text.trim_start_matches([' ', ',']);
    let signed = text.strip_prefix('-').map_or(0, |_| 1);
    let mut seen_point = false;
    let end = text[signed..].find(|c: char| match c {
        '.' => std::mem::replace(&mut seen_point, true),
        other => !other.is_ascii_digit(),
    });
    let (head, rest) = text.split_at(end.map_or(text.len(), |end| end + signed));
    (head.parse().unwrap_or(0.0), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_right() {
        let given = [0.0, -0.04, 0.5, -0.5, 12.0, 12.34, -3.16, 999.96];
        assert_eq!(given.map(short), ["0", "0", ".5", "-.5", "12", "12.3", "-3.2", "1000"]);
        assert_eq!(short2(-0.126), "-.13");
    }

    #[test]
    fn only_the_starts_of_lines_move() {
        assert_eq!(
            moved("M0-5.4h3M-.7 2a1 1 0 1 0-2 0", 10.0, 1.0),
            "M10-4.4h3M9.3 3a1 1 0 1 0-2 0".replace("10-", "10 -")
        );
        assert_eq!(moved("", 1.0, 1.0), "");
    }
}
