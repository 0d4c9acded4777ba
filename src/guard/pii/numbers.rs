//! P: Personal data that its form gives away: e-mail addresses, ids, bank accounts, cards, numbers to call.

use std::ops::Range;

use super::{Found, Kind, touches};

/// Digits of a payment card.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// Digits of a number to call, with its country (ITU-T E.164), when it begins as one.
const CALL_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// The same, when nothing but its length gives it away.
const BARE_DIGITS: std::ops::RangeInclusive<usize> = 9..=15;
/// Characters of an account (ISO 13616).
const IBAN_CHARS: std::ops::RangeInclusive<usize> = 15..=34;

const fn is_local(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-') || b >= 0x80
}

/// `local@domain.end`, also with letters beyond ASCII.
pub fn emails(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        let start = at - bytes[..at].iter().rev().take_while(|b| is_local(**b)).count();
        let is_domain = |b: &&u8| b.is_ascii_alphanumeric() || matches!(**b, b'.' | b'-') || **b >= 0x80;
        let mut end = at + 1 + bytes[at + 1..].iter().take_while(is_domain).count();
        while end > at && matches!(bytes[end - 1], b'.' | b'-') {
            end -= 1;
        }
        let has_end = bytes[at..end].iter().rev().position(|b| *b == b'.').is_some_and(|len| len >= 2);
        if start < at && has_end && text.is_char_boundary(start) && text.is_char_boundary(end) {
            found.push((start..end, Kind::Email));
        }
    }
    found
}

/// UUIDs, and ids as this appliance writes them: a short prefix, an underscore and many characters.
pub fn ids(text: &str, found: &mut Vec<Found>) {
    let is_id = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let mut at = 0;
    for run in text.as_bytes().split(|b| !is_id(*b)) {
        let range = at..at + run.len();
        at = range.end + 1;
        let is_uuid = run.len() == 36
            && run.iter().enumerate().all(|(i, b)| match i {
                8 | 13 | 18 | 23 => *b == b'-',
                _ => b.is_ascii_hexdigit(),
            });
        let has_digit = run.iter().any(u8::is_ascii_digit);
        let is_ours = run.len() >= 16 && has_digit && run.iter().position(|b| *b == b'_').is_some_and(|u| u <= 8);
        if is_uuid || is_ours {
            found.push((range, Kind::Id));
        }
    }
}

/// Accounts by form and checksum, with or without blanks between their groups.
pub fn ibans(text: &str, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    for start in 0..bytes.len() {
        let begins = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
        let head = bytes.get(start..start + 4).is_some_and(|head| {
            head[..2].iter().all(u8::is_ascii_alphabetic) && head[2..].iter().all(u8::is_ascii_digit)
        });
        if !begins || !head {
            continue;
        }
        if let Some(end) = iban_end(bytes, start) {
            found.push((start..end, Kind::Iban));
        }
    }
}

/// The end of the longest account that begins at `start`.
fn iban_end(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut chars, mut longest) = (Vec::new(), None);
    let mut at = start;
    while let Some(b) = bytes.get(at) {
        if b.is_ascii_alphanumeric() && chars.len() < *IBAN_CHARS.end() {
            chars.push(b.to_ascii_uppercase());
            let ends = bytes.get(at + 1).is_none_or(|next| !next.is_ascii_alphanumeric());
            if ends && IBAN_CHARS.contains(&chars.len()) && remainder_97(&chars) == 1 {
                longest = Some(at + 1);
            }
        } else if !(matches!(b, b' ' | b'-') && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)) {
            break;
        }
        at += 1;
    }
    longest
}

/// ISO 7064 MOD 97-10 over the account with its first four characters moved to the end.
fn remainder_97(chars: &[u8]) -> u32 {
    chars[4..].iter().chain(&chars[..4]).fold(0, |sum, c| match c {
        b'0'..=b'9' => (sum * 10 + u32::from(c - b'0')) % 97,
        _ => (sum * 100 + u32::from(c - b'A') + 10) % 97,
    })
}

fn luhn(digits: &[u8]) -> bool {
    let doubled = |d: u32| if d > 4 { d * 2 - 9 } else { d * 2 };
    let of = |(i, d): (usize, &u8)| if i % 2 == 0 { u32::from(*d) } else { doubled(u32::from(*d)) };
    digits.iter().rev().enumerate().map(of).sum::<u32>().is_multiple_of(10)
}

/// Runs of digits with single blanks, dots, hyphens or brackets between them that are no dates.
pub fn phones_and_cards(text: &str, dates: &[Range<usize>], found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let Some((range, digits)) = run(bytes, at, dates) else {
            at += 1;
            continue;
        };
        at = range.end;
        if touches(found, &range) {
            continue;
        }
        let written = &bytes[range.clone()];
        let is_grouped = written.split(|b| *b == b'-').map(<[u8]>::len).eq([3, 4]);
        let calls = written.first() == Some(&b'+') || digits.first() == Some(&0);
        if CARD_DIGITS.contains(&digits.len()) && luhn(&digits) {
            found.push((range, Kind::Card));
        } else if (calls && CALL_DIGITS.contains(&digits.len())) || BARE_DIGITS.contains(&digits.len()) || is_grouped {
            found.push((range, Kind::Phone));
        } else if digits.len() > *BARE_DIGITS.end() {
            found.push((range, Kind::Id));
        }
    }
}

/// The run of digits that begins at `start`, with its digits. It stops before a date.
fn run(bytes: &[u8], start: usize, dates: &[Range<usize>]) -> Option<(Range<usize>, Vec<u8>)> {
    let is_free = |at: usize| !dates.iter().any(|date| date.contains(&at));
    let digit = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_digit() && is_free(at));
    let opens = match bytes[start] {
        b'+' => digit(start + 1) || bytes.get(start + 1) == Some(&b'('),
        b'(' => digit(start + 1),
        _ => digit(start),
    };
    let follows_word = start > 0 && bytes[start - 1].is_ascii_alphanumeric();
    if !opens || follows_word {
        return None;
    }
    let (mut digits, mut end, mut gap, mut at) = (Vec::new(), start, 0, start);
    while let Some(b) = bytes.get(at).filter(|_| is_free(at)) {
        match b {
            b'0'..=b'9' => {
                digits.push(b - b'0');
                (end, gap) = (at + 1, 0);
            }
            b'+' if at == start => {}
            b' ' | b'.' | b'-' | b'/' | b'(' | b')' if gap < 2 => gap += 1,
            _ => break,
        }
        at += 1;
    }
    (!digits.is_empty()).then_some((start..end, digits))
}
