//! E: `orrery calendar` and `orrery transits`: the events of a period on the terminal, as JSON or as an iCalendar, without
//! server or store. Lays out what the interface says.

mod args;

use serde::Serialize;

use super::Failure;
use super::birth::refused;
use super::terminal::{Look, say};
use super::text::{pad, wrap};
use crate::almanac::{CalendarDraft, TransitsDraft, ics};
use crate::astro::{self, Stop};
use crate::clock::Ambient;
use crate::error::Error;
use crate::http::wire::calendar::{CalendarReply, EventReply};
use crate::http::wire::transits::{PassReply, TransitReply, TransitsReply, WindowReply};
pub use args::{CalendarArgs, TransitsArgs};

/// Columns of a local time: `2024-04-08 14:17`.
const TIME_COLUMNS: usize = 18;
/// Whose transits they are in an iCalendar that no server made.
const OWNER: &str = "transit";

/// Shows the calendar of a period.
pub fn calendar(options: &CalendarArgs) -> Result<(), Failure> {
    let draft = CalendarDraft {
        from: Some(options.from.clone()),
        to: Some(options.to.clone()),
        tz: options.tz.clone(),
        kinds: options.kinds.clone(),
        bodies: options.bodies.clone(),
        aspects: options.aspects.clone(),
        zodiac: options.zodiac.clone(),
        ayanamsa: options.ayanamsa.clone(),
        lat: options.lat,
        lon: options.lon,
        altitude_m: options.altitude_m,
        limb: options.limb.clone(),
        refraction_deg: options.refraction_deg,
        void_to: options.void_to.clone(),
    };
    let found = draft.find(Stop::NEVER).map_err(|error| refused(&error))?;
    let lang = options.lang.unwrap_or_default();
    if options.ics {
        return Ok(say(ics::of_events(&found.events, lang, Ambient::system().now()).trim_end())?);
    }
    let reply = CalendarReply::new(&found, lang);
    if options.json {
        return json(&reply);
    }
    let look = Look::of_stdout();
    let mut lines = vec![look.heading(&format!("{}  {} - {}  {}", "CALENDAR", reply.from, reply.to, reply.tz))];
    lines.extend(reply.events.iter().map(|event| event_line(event, look)));
    if reply.total > reply.events.len() {
        lines.push(look.faint(&format!("{} / {}", reply.events.len(), reply.total)));
    }
    Ok(say(&lines.join("\n"))?)
}

/// Shows the transits of a period to a birth.
pub fn transits(options: &TransitsArgs) -> Result<(), Failure> {
    let (_, birth, asked) = options.birth.draft(&options.options).read().map_err(|error| refused(&error))?;
    let chart = astro::compute_with(&birth, &asked).map_err(|error| refused(&Error::from(error)))?;
    let ruleset = chart.options.builtin_ruleset().map_err(|error| refused(&Error::from(error)))?;
    let draft = TransitsDraft {
        from: Some(options.from.clone()),
        to: Some(options.to.clone()),
        tz: options.in_tz.clone(),
        bodies: options.transiting.clone(),
        points: options.points.clone(),
        aspects: options.aspects.clone(),
        limit: options.limit,
    };
    let found = draft.find(&chart, ruleset, Stop::NEVER).map_err(|error| renamed(refused(&error)))?;
    let lang = options.lang.unwrap_or_default();
    if options.ics {
        return Ok(say(ics::of_transits(&found.transits, OWNER, lang, Ambient::system().now()).trim_end())?);
    }
    let reply = TransitsReply::new(&found, lang);
    if options.json {
        return json(&reply);
    }
    let look = Look::of_stdout();
    let days = format!("TRANSITS  {} - {}", reply.from, reply.to);
    let legend = format!(
        "days of {}, times in UTC; from coming within orb to leaving it, then each exact moment after \u{201C}exact\u{201D}; R: while retrograde; ...: beyond the period",
        reply.tz
    );
    let mut lines = vec![look.heading(&days)];
    lines.extend(wrap(&legend, look.columns).iter().map(|line| look.faint(line)));
    lines.extend(reply.transits.iter().flat_map(|transit| transit_lines(transit, look)));
    for unknown in &reply.unknowns {
        lines.extend(
            wrap(&format!("{}: {}", unknown.what, unknown.why), look.columns).iter().map(|line| look.faint(line)),
        );
    }
    Ok(say(&lines.join("\n"))?)
}

fn json(reply: &impl Serialize) -> Result<(), Failure> {
    Ok(say(&serde_json::to_string_pretty(reply).map_err(Failure::failed)?)?)
}

/// The options whose names differ from the interface's, because those of the birth have these already.
fn renamed(mut failure: Failure) -> Failure {
    failure.text = failure.text.replace("--bodies", "--transiting").replace("--tz", "--in-tz");
    failure
}

/// `2024-04-08T14:17:40-04:00` as `2024-04-08 14:18`: the nearest minute of that clock.
fn minutes(rfc3339: &str) -> String {
    let clock = rfc3339.get(..19).and_then(|text| text.parse::<jiff::civil::DateTime>().ok());
    let nearest = clock.and_then(|clock| clock.round(jiff::Unit::Minute).ok());
    nearest.map_or_else(|| rfc3339.to_owned(), |nearest| nearest.strftime("%Y-%m-%d %H:%M").to_string())
}

fn event_line(event: &EventReply, look: Look) -> String {
    let time = |utc: &str, local: Option<&String>| minutes(local.map_or(utc, String::as_str));
    let start = pad(&time(&event.at, event.at_local.as_ref()), TIME_COLUMNS);
    let end = event.ends_at.as_ref().map(|utc| time(utc, event.ends_at_local.as_ref()));
    let end = end.map_or_else(String::new, |end| look.faint(&format!("  - {end}")));
    format!("{start}{}{end}", event.title)
}

fn transit_lines(transit: &TransitReply, look: Look) -> Vec<String> {
    let edge = |window: Option<&WindowReply>| window.map_or_else(|| String::from("..."), span);
    let passes: Vec<String> = transit.passes.iter().map(pass).collect();
    let exact = if passes.is_empty() { String::from("-") } else { passes.join(", ") };
    vec![
        look.strong(&transit.title),
        format!("  {} - {}  exact {exact}", edge(transit.enters.as_ref()), edge(transit.leaves.as_ref())),
    ]
}

fn pass(pass: &PassReply) -> String {
    format!("{}{}", span(&pass.exact), if pass.retrograde == Some(true) { " R" } else { "" })
}

/// A moment, or both ends of a window.
fn span(window: &WindowReply) -> String {
    if window.from == window.to {
        return minutes(&window.from);
    }
    format!("{}..{}", minutes(&window.from), minutes(&window.to))
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn moments_are_rounded_to_the_minute_also_over_midnight() {
        assert_eq!(minutes("2024-04-08T14:17:29-04:00"), "2024-04-08 14:17");
        assert_eq!(minutes("2024-04-08T14:17:30-04:00"), "2024-04-08 14:18");
        assert_eq!(minutes("2024-12-31T23:59:31Z"), "2025-01-01 00:00");
        assert_eq!(minutes("1600-02-28T23:59:45.5Z"), "1600-02-29 00:00");
        assert_eq!(minutes("soon"), "soon");
    }
}
