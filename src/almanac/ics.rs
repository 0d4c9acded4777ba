//! P: Events as an iCalendar (RFC 5545): lines of at most 75 octets that end in CRLF, texts escaped, times in UTC. Decides
//! nothing about content.

use super::titles::{code, id, minute, title, transit_title};
use crate::astro::Lang;
use crate::astro::events::moment::utc_text;
use crate::astro::events::{Event, Transit, Window};
use crate::clock::UnixMs;

/// Longest content line, in octets without its end (RFC 5545, 3.1).
const LINE_MAX_BYTES: usize = 75;
/// What follows the event's own name in its UID.
const DOMAIN: &str = "orrery";

/// The calendar of events, stamped with the instant at which it was made.
pub fn of_events(events: &[Event], lang: Lang, stamp: UnixMs) -> String {
    let mut file = File::new("Orrery", stamp);
    for event in events {
        file.event(&id(event), &title(event, lang), code(&event.what), event.jd_tt, event.to_jd_tt);
    }
    file.end()
}

/// The exact passes of transits, each an event of its own; `owner` makes their names those of one chart.
pub fn of_transits(transits: &[Transit], owner: &str, lang: Lang, stamp: UnixMs) -> String {
    let mut file = File::new("Orrery", stamp);
    for transit in transits {
        let title = transit_title(transit, lang);
        for pass in &transit.passes {
            let Window { from_jd_tt, to_jd_tt } = pass.exact;
            let codes = [transit.transiting.code(), transit.aspect.code(), transit.natal.code()].join("-");
            let name = format!("{owner}-{codes}-{}", minute(from_jd_tt));
            file.event(&name, &title, "transit", from_jd_tt, (to_jd_tt > from_jd_tt).then_some(to_jd_tt));
        }
    }
    file.end()
}

/// A calendar in the making.
struct File {
    text: String,
    stamp: String,
}

impl File {
    fn new(name: &str, stamp: UnixMs) -> Self {
        let rfc3339 = stamp.rfc3339();
        let seconds = rfc3339.split('.').next().unwrap_or_default();
        let mut file = Self { text: String::new(), stamp: format!("{}Z", compact(seconds)) };
        file.line("BEGIN", "VCALENDAR");
        file.line("VERSION", "2.0");
        file.line("PRODID", "-//Orrery//Orrery calendar//EN");
        file.line("CALSCALE", "GREGORIAN");
        file.line("METHOD", "PUBLISH");
        file.line("X-WR-CALNAME", &escaped(name));
        file
    }

    fn event(&mut self, name: &str, title: &str, category: &str, jd_tt: f64, to_jd_tt: Option<f64>) {
        let time = |jd| utc_text(jd).map(|text| compact(&text));
        let Some(start) = time(jd_tt) else { return };
        let stamp = self.stamp.clone();
        self.line("BEGIN", "VEVENT");
        self.line("UID", &format!("{name}@{DOMAIN}"));
        self.line("DTSTAMP", &stamp);
        self.line("DTSTART", &start);
        if let Some(end) = to_jd_tt.and_then(time) {
            self.line("DTEND", &end);
        }
        self.line("SUMMARY", &escaped(title));
        self.line("CATEGORIES", &escaped(&category.to_uppercase()));
        self.line("TRANSP", "TRANSPARENT");
        self.line("END", "VEVENT");
    }

    fn end(mut self) -> String {
        self.line("END", "VCALENDAR");
        self.text
    }

    /// One content line, folded between characters.
    fn line(&mut self, name: &str, value: &str) {
        let mut room = LINE_MAX_BYTES;
        for c in format!("{name}:{value}").chars() {
            if c.len_utf8() > room {
                self.text.push_str("\r\n ");
                room = LINE_MAX_BYTES - 1;
            }
            self.text.push(c);
            room -= c.len_utf8();
        }
        self.text.push_str("\r\n");
    }
}

/// `2024-04-08T18:17:20Z` as `20240408T181720Z`.
fn compact(rfc3339: &str) -> String {
    rfc3339.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

/// A TEXT value (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_between_characters_and_unfold_to_themselves() {
        let mut file = File::new("x", UnixMs(0));
        let value = "é°′".repeat(60);
        file.text.clear();
        file.line("SUMMARY", &value);
        assert!(file.text.split("\r\n").all(|line| line.len() <= LINE_MAX_BYTES));
        assert_eq!(file.text.replace("\r\n ", ""), format!("SUMMARY:{value}\r\n"));
    }

    #[test]
    fn texts_are_escaped_and_times_compact() {
        assert_eq!(escaped("a,b;c\\d\ne\u{7}"), "a\\,b\\;c\\\\d\\ne");
        assert_eq!(compact("2024-04-08T18:17:20Z"), "20240408T181720Z");
        assert_eq!(File::new("x", UnixMs(1_000_000_000_123)).stamp, "20010909T014640Z");
    }
}
