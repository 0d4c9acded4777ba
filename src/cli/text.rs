//! P: Text for a terminal: widths, wrapping, columns, degrees. Knows no colour and writes nothing.

/// Columns that `text` takes. Combining and zero-width marks take none.
pub fn width(text: &str) -> usize {
    text.chars().filter(|c| !takes_no_room(*c)).count()
}

/// Combining marks of Latin text, zero-width spaces and joiners, and variation selectors.
const fn takes_no_room(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// `text` with blanks after it, `columns` wide; longer text stays as it is.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` with blanks before it, `columns` wide; longer text stays as it is.
pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Breaks `text` into lines of at most `columns`, at blanks alone: a word that is longer stands on a line of its own.
/// A newline ends a line, an empty line stays. No-break spaces hold their words together.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    text.trim_end().lines().flat_map(|line| wrap_line(line, columns)).collect()
}

fn wrap_line(line: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split([' ', '\t']).filter(|word| !word.is_empty()) {
        let Some(last) = lines.last_mut() else { break };
        if last.is_empty() {
            last.push_str(word);
        } else if width(last) + 1 + width(word) <= columns {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// `text` without control characters, so that nothing a server sends can drive the terminal. Newlines stay.
pub fn printable(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// A position within a sign in whole arc minutes, the rest cut off as ephemerides print it: `11°38′`. Never `30°00′`,
/// which would be the next sign.
pub fn degree_in_sign(degrees: f64) -> String {
    minutes_text(arc_minutes(degrees).min(30 * 60 - 1))
}

/// An arc such as an orb, likewise: `0°42′`.
pub fn arc(degrees: f64) -> String {
    minutes_text(arc_minutes(degrees))
}

/// A geographic coordinate: `48°24′N`.
pub fn coordinate(degrees: f64, positive: char, negative: char) -> String {
    // To the nearest minute, as on the wheel.
    format!("{}{}", arc(degrees.abs() + 1.0 / 120.0), if degrees < 0.0 { negative } else { positive })
}

/// What a number may lack to its whole minute by the way it was computed or printed, in arc minutes.
const MINUTES_SLACK: f64 = 1e-6;

fn arc_minutes(degrees: f64) -> u32 {
    // `as` saturates, and takes NaN to 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, within 0..=360*60")]
    let minutes = (degrees.max(0.0) * 60.0 + MINUTES_SLACK) as u32;
    minutes
}

fn minutes_text(minutes: u32) -> String {
    format!("{}°{:02}′", minutes / 60, minutes % 60)
}

/// A UTC offset in words of the clock: `+00:39:58`, `-05:00`.
pub fn offset(seconds: i32) -> String {
    let (sign, s) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let (h, m, s) = (s / 3_600, s / 60 % 60, s % 60);
    if s == 0 { format!("{sign}{h:02}:{m:02}") } else { format!("{sign}{h:02}:{m:02}:{s:02}") }
}

/// Seconds of a UTC offset written as `+02:00`, `-05:30` or `+00:39:58`.
///
/// # Errors
/// What would have been right.
pub fn parse_offset(text: &str) -> Result<i32, String> {
    let wrong = || String::from("expected an offset from UTC such as +02:00 or -00:39:58");
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let two_digits = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !(2..=3).contains(&parts.len()) || !parts.iter().all(two_digits) {
        return Err(wrong());
    }
    let numbers: Vec<i32> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    match numbers.as_slice() {
        [h, m, rest @ ..] if *h < 24 && *m < 60 && rest.iter().all(|s| *s < 60) => {
            Ok(sign * (h * 3_600 + m * 60 + rest.first().copied().unwrap_or(0)))
        }
        _ => Err(wrong()),
    }
}

/// Milliseconds for a person: `3 ms`, `412 ms`, `1.24 s`.
pub fn duration(ms: f64) -> String {
    if ms < 999.5 { format!("{ms:.0} ms") } else { format!("{:.2} s", ms / 1e3) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn degrees_are_cut_to_the_minute_and_stay_in_their_sign() {
        assert_eq!(degree_in_sign(11.0 + 38.0 / 60.0), "11°38′");
        assert_eq!(degree_in_sign(11.0 + 38.99 / 60.0), "11°38′");
        assert_eq!(degree_in_sign(0.0), "0°00′");
        assert_eq!(degree_in_sign(12.999), "12°59′");
        assert_eq!(degree_in_sign(29.0 + 59.49 / 60.0), "29°59′");
        assert_eq!(degree_in_sign(29.0 + 59.99 / 60.0), "29°59′");
        assert_eq!(degree_in_sign(f64::NAN), "0°00′");
        assert_eq!(arc(0.7), "0°42′");
        assert_eq!(arc(30.0), "30°00′");
        assert_eq!(arc(29.0 + 59.99 / 60.0), "29°59′");
    }

    #[test]
    fn coordinates_carry_their_hemisphere() {
        assert_eq!(coordinate(48.4, 'N', 'S'), "48°24′N");
        assert_eq!(coordinate(-73.5, 'E', 'W'), "73°30′W");
    }

    #[test]
    fn columns_are_counted_as_a_terminal_does() {
        assert_eq!(width("Poissons 12°50′"), 15);
        assert_eq!(width("e\u{301}te\u{301}"), 3);
        assert_eq!(pad("été", 5), "été  ");
        assert_eq!(pad_left("été", 5), "  été");
        assert_eq!(pad("longer", 3), "longer");
    }

    #[test]
    fn lines_break_at_blanks_and_keep_paragraphs() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("first\n\nsecond one", 8), ["first", "", "second", "one"]);
        assert_eq!(wrap("a http://127.0.0.1/very/long b", 10), ["a", "http://127.0.0.1/very/long", "b"]);
        assert_eq!(wrap("vraiment\u{a0}? oui", 10), ["vraiment\u{a0}?", "oui"]);
        assert_eq!(wrap("", 10), Vec::<String>::new());
    }

    #[test]
    fn a_server_cannot_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\nc\u{9b}d"), "a[2Jb\ncd");
    }

    #[test]
    fn offsets_are_read_as_they_are_shown() {
        assert_eq!(parse_offset("+02:00"), Ok(7_200));
        assert_eq!(parse_offset("-00:39:58"), Ok(-2_398));
        for wrong in ["", "2", "+2", "+2:00", "02:00", "+25:00", "+02:60", "+02:00:00:00", "+é0:00"] {
            assert!(parse_offset(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(duration(2.6), "3 ms");
        assert_eq!(duration(999.6), "1.00 s");
        assert_eq!(duration(1_240.0), "1.24 s");
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_word_and_keeps_to_its_width(text in "[a-zé ]{0,200}", columns in 1..60_usize) {
            let lines = wrap(&text, columns);
            let words: Vec<_> = text.split_whitespace().collect();
            let joined = lines.join(" ");
            prop_assert_eq!(joined.split_whitespace().collect::<Vec<_>>(), words);
            for line in &lines {
                prop_assert!(width(line) <= columns || !line.contains(' '));
            }
        }

        #[test]
        fn every_offset_survives(seconds in -86_399..86_400_i32) {
            prop_assert_eq!(parse_offset(&offset(seconds)), Ok(seconds));
        }
    }
}
