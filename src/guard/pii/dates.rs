//! P: Dates in a text, in figures and in words, English and French; and which of them are somebody's own.

use std::ops::Range;

use super::{Found, Kind, Known, touches, words};

/// Years around today whose dates a question may well be about.
const NEAR_YEARS: i32 = 2;
/// How far behind "born" its date, time and place are looked for, in bytes.
const BIRTH_REACH_BYTES: usize = 90;

/// Months by their names, without accents.
const MONTHS: &[(&str, u8)] = &[
    ("january", 1),
    ("janvier", 1),
    ("february", 2),
    ("fevrier", 2),
    ("march", 3),
    ("mars", 3),
    ("april", 4),
    ("avril", 4),
    ("may", 5),
    ("mai", 5),
    ("june", 6),
    ("juin", 6),
    ("july", 7),
    ("juillet", 7),
    ("august", 8),
    ("aout", 8),
    ("september", 9),
    ("septembre", 9),
    ("october", 10),
    ("octobre", 10),
    ("november", 11),
    ("novembre", 11),
    ("december", 12),
    ("decembre", 12),
    // English short forms; "mar" is a word of its own.
    ("jan", 1),
    ("feb", 2),
    ("apr", 4),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("sept", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
];

/// Words that speak of a birth. French `né` without its accent is a negation.
const BIRTH: &[&str] =
    &["born", "birth", "birthday", "birthdate", "né", "née", "nés", "nées", "nee", "naissance", "naquis"];
/// What makes an ordinal of a number.
const ORDINALS: [&str; 5] = ["st", "nd", "rd", "th", "er"];
/// Years that are written out.
const YEARS: std::ops::RangeInclusive<i32> = 1500..=2200;

/// Year, month and day; the year may be missing.
type Date = (Option<i32>, u8, u8);

/// Whether a plain word is the name of a month.
pub fn month(word: &str) -> Option<u8> {
    MONTHS.iter().find(|(name, _)| *name == word).map(|(_, month)| *month)
}

fn year_of(text: &str) -> Option<i32> {
    let year: i32 = text.parse().ok()?;
    match text.len() {
        4 => YEARS.contains(&year).then_some(year),
        2 => Some(if year > 30 { 1900 + year } else { 2000 + year }),
        _ => None,
    }
}

fn valid(year: Option<i32>, month: u8, day: u8) -> Option<Date> {
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

/// Every date, in the order of the text.
pub fn all(text: &str) -> Vec<(Range<usize>, Date)> {
    let mut found = in_figures(text);
    found.extend(in_words(text));
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// `1990-06-15`, `15/06/1990`, `6.15.90`: three numbers with the same sign between them.
fn in_figures(text: &str) -> Vec<(Range<usize>, Date)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let before = |back: usize| at.checked_sub(back).map_or(b' ', |i| bytes[i]);
        let is_inner = before(1).is_ascii_alphanumeric()
            || before(1) == b'+'
            || (matches!(before(1), b'-' | b'/' | b'.') && before(2).is_ascii_digit());
        let is_start = bytes[at].is_ascii_digit() && !is_inner;
        if let Some((end, date)) = is_start.then(|| three_numbers(text, at)).flatten() {
            found.push((at..end, date));
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

fn three_numbers(text: &str, start: usize) -> Option<(usize, Date)> {
    let bytes = text.as_bytes();
    let number = |from: usize| {
        let len = bytes.get(from..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        if (1..=4).contains(&len) { Some((from + len, text.get(from..from + len)?)) } else { None }
    };
    let (end, first) = number(start)?;
    let sign = *bytes.get(end).filter(|b| matches!(b, b'-' | b'/' | b'.'))?;
    let (end, second) = number(end + 1)?;
    if bytes.get(end) != Some(&sign) {
        return None;
    }
    let (end, third) = number(end + 1)?;
    // More of the same sign and a number: no date, but part of something longer.
    let goes_on = bytes.get(end) == Some(&sign) && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    let small = |t: &str| t.parse::<u8>().ok().filter(|_| t.len() <= 2);
    let date = if first.len() == 4 {
        valid(Some(year_of(first)?), small(second)?, small(third)?)
    } else {
        let (a, b, year) = (small(first)?, small(second)?, Some(year_of(third)?));
        valid(year, b, a).or_else(|| valid(year, a, b))
    };
    date.filter(|_| !goes_on).map(|date| (end, date))
}

/// `15 June 1990`, `June 15th, 1990`, `le 15 juin 1990`, and the same without a year.
fn in_words(text: &str) -> Vec<(Range<usize>, Date)> {
    let mut found = Vec::new();
    for word in words(text) {
        let Some(month) = month(&plain(&text[word.clone()])) else { continue };
        let is_day = |n: i32| (1..=31).contains(&n);
        let (start, day, end) = match (number_before(text, word.start), number_after(text, word.end)) {
            (Some((start, day)), _) if is_day(day) => (start, day, word.end),
            (_, Some((end, day))) if is_day(day) => {
                let ordinal = ORDINALS.iter().find(|s| text[end..].starts_with(**s)).map_or(0, |s| s.len());
                (word.start, day, end + ordinal)
            }
            _ => continue,
        };
        let year = number_after(text, end).filter(|(_, year)| YEARS.contains(year));
        let (end, year) = year.map_or((end, None), |(end, year)| (end, Some(year)));
        found.extend(u8::try_from(day).ok().and_then(|day| valid(year, month, day)).map(|date| (start..end, date)));
    }
    found
}

fn number_before(text: &str, at: usize) -> Option<(usize, i32)> {
    let head = text[..at].trim_end();
    let head = head.strip_suffix(" of").unwrap_or(head);
    let head = ORDINALS.iter().find_map(|s| head.strip_suffix(*s)).unwrap_or(head);
    let len = head.bytes().rev().take_while(u8::is_ascii_digit).count();
    let start = head.len() - len;
    if (1..=2).contains(&len) { Some((start, head[start..].parse().ok()?)) } else { None }
}

fn number_after(text: &str, at: usize) -> Option<(usize, i32)> {
    let tail = &text[at..];
    let skipped = tail.len() - tail.trim_start_matches([' ', ',', '.']).len();
    let start = at + skipped;
    let len = text[start..].bytes().take_while(u8::is_ascii_digit).count();
    let fits = skipped <= 2 && (1..=4).contains(&len);
    if fits { Some((start + len, text[start..start + len].parse().ok()?)) } else { None }
}

/// Lower case, the accents of French gone.
pub fn plain(word: &str) -> String {
    let bare = |c| match c {
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'à' | 'â' => 'a',
        'û' | 'ù' | 'ü' => 'u',
        'î' | 'ï' => 'i',
        'ô' => 'o',
        'ç' => 'c',
        other => other,
    };
    word.to_lowercase().chars().map(bare).collect()
}

/// Where "born" and the like stand, and how far what follows belongs to it: to the end of the sentence, at the furthest
/// [`BIRTH_REACH_BYTES`].
pub fn births(text: &str) -> Vec<Range<usize>> {
    let reach = |word: Range<usize>| {
        let stop = text[word.end..].find(['?', '!', ';']).unwrap_or(usize::MAX).min(BIRTH_REACH_BYTES);
        let mut end = word.end.saturating_add(stop).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        word.end..end
    };
    let speaks = |word: &Range<usize>| BIRTH.contains(&text[word.clone()].to_lowercase().as_str());
    words(text).into_iter().filter(speaks).map(reach).collect()
}

/// The dates and times that belong to a person: those of the chart, those far from today, every figure behind "born".
pub fn personal(text: &str, known: &Known<'_>, found: &mut Vec<Found>) {
    let ymd = |date: &str| {
        let mut parts = date.splitn(3, '-');
        let year = parts.next()?.parse::<i32>().ok()?;
        Some((year, parts.next()?.parse::<u8>().ok()?, parts.next()?.parse::<u8>().ok()?))
    };
    let (birth, today) = (ymd(known.date), ymd(known.today));
    for (range, (year, month, day)) in all(text) {
        let is_birthday = birth.is_some_and(|(_, m, d)| (m, d) == (month, day) || (d, m) == (month, day));
        let is_far = year.is_some_and(|year| today.is_none_or(|(now, ..)| (year - now).abs() > NEAR_YEARS));
        if (is_birthday || is_far) && !touches(found, &range) {
            found.push((range, Kind::Date));
        }
    }
    let behind = births(text);
    for (range, is_time) in figures(text) {
        let is_near_birth = behind.iter().any(|reach| reach.contains(&range.start));
        let is_birth_time = is_time && known.time.is_some_and(|time| same_time(&text[range.clone()], time));
        let is_birth_year = birth.is_some_and(|(year, ..)| text[range.clone()] == year.to_string());
        if (is_near_birth || is_birth_time || is_birth_year) && !touches(found, &range) {
            found.push((range, Kind::Date));
        }
    }
}

/// Every number, `14:35` and `14h35` in one, and whether it has the form of a time.
fn figures(text: &str) -> Vec<(Range<usize>, bool)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let mut end = at + digits(at);
        if end == at {
            at += 1;
            continue;
        }
        let mut is_time = false;
        while let Some(sign) = bytes.get(end).filter(|b| matches!(b, b':' | b'h' | b'H')) {
            let more = digits(end + 1);
            // `7 houses` is no time; `7h` is.
            let is_word = more == 0 && bytes.get(end + 1).is_some_and(u8::is_ascii_alphabetic);
            if is_word || (more == 0 && *sign == b':') {
                break;
            }
            is_time = true;
            end += 1 + more;
        }
        found.push((at..end, is_time));
        at = end;
    }
    found
}

/// Whether a time as written, on the clock of 24 or of 12 hours, is this one.
fn same_time(written: &str, time: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).take(2).collect()
    };
    let (mut written, time) = (numbers(written), numbers(time));
    written.resize(2, 0);
    let [hour, minute] = written[..] else { return false };
    let [birth_hour, birth_minute] = time[..] else { return false };
    minute == birth_minute && (hour == birth_hour || hour + 12 == birth_hour)
}
