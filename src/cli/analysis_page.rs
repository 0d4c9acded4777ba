//! P: The page of a chart's traditional analysis. Lays out what `astro` found; judges nothing.

use super::demo::words::Words;
use super::terminal::Look;
use super::text::{arc, pad, pad_left, wrap};
use crate::astro::analysis::{Analysis, PlanetAnalysis};
use crate::astro::names::{self, analysis as named};
use crate::astro::receptions::Dispositors;
use crate::astro::{Body, Lang};

/// Columns of a planet's name.
const NAME_COLUMNS: usize = 12;
/// Columns of a score.
const SCORE_COLUMNS: usize = 6;
/// Dominant planets shown.
const DOMINANTS_SHOWN: usize = 3;
/// Stars shown.
const STARS_SHOWN: usize = 6;

/// The page, line by line.
pub fn analysis_page(found: &Analysis, lang: Lang, look: Look) -> Vec<String> {
    let mut lines = vec![look.heading(lang.pick("TRADITIONAL ANALYSIS", "ANALYSE TRADITIONNELLE"))];
    lines.extend(wrap(&sky_line(found, lang), look.columns.saturating_sub(2)).iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    lines.extend(dignities(found, lang, look));
    lines.push(String::new());
    for (label, text) in facts(found, lang) {
        let wrapped = wrap(&text, look.columns.saturating_sub(22));
        lines.extend(wrapped.iter().enumerate().map(|(index, line)| {
            let label = pad(if index == 0 { label } else { "" }, 18);
            format!("  {} {line}", look.faint(&label))
        }));
    }
    lines.push(String::new());
    lines
}

/// Sect, Moon and hour on one line.
fn sky_line(found: &Analysis, lang: Lang) -> String {
    let mut parts = Vec::new();
    if let Some(sect) = found.sect {
        parts.push(format!("{} {}", lang.pick("sect:", "secte :"), named::sect(sect, lang)));
    }
    if let Some(phase) = found.phase {
        let age = found.lunar_phase.map(|moon| {
            let age = moon.age_days.map(|days| format!("{days:.1} {}, ", lang.pick("days", "jours")));
            format!(" ({}{:.0} %)", age.unwrap_or_default(), 100.0 * moon.illuminated)
        });
        parts.push(format!("{}{}", named::phase(phase, lang), age.unwrap_or_default()));
    }
    if let Some(hour) = found.hour {
        let (day, ruler) = (names::body(hour.day_ruler, lang), names::body(hour.hour_ruler, lang));
        parts.push(format!(
            "{} {day}, {} {} {ruler}",
            lang.pick("day of", "jour :"),
            lang.pick("hour", "heure"),
            hour.hour
        ));
    }
    parts.join(" · ")
}

/// A line for each of the seven.
fn dignities(found: &Analysis, lang: Lang, look: Look) -> Vec<String> {
    let columns = score_columns(found.planets.iter().any(|planet| planet.scores.is_some()));
    let head = format!(
        "  {}{}{}  {}",
        pad(lang.pick("Planet", "Planète"), NAME_COLUMNS),
        pad_left("Ess.", columns),
        pad_left("Acc.", columns),
        lang.pick("Dignities", "Dignités"),
    );
    let mut lines = vec![look.faint(&head)];
    for planet in &found.planets {
        lines.extend(planet_lines(planet, lang, look));
    }
    lines
}

/// Columns of a score; of a vague time it is a range.
const fn score_columns(vague: bool) -> usize {
    if vague { SCORE_COLUMNS + 5 } else { SCORE_COLUMNS }
}

fn planet_lines(planet: &PlanetAnalysis, lang: Lang, look: Look) -> Vec<String> {
    let (Some(essential), Some(accidental)) = (&planet.essential, &planet.accidental) else { return Vec::new() };
    let columns = score_columns(planet.scores.is_some());
    let essentials = essential.held.iter().map(|dignity| named::dignity(*dignity, lang));
    let accidents = accidental.items.iter().map(|(accident, _)| named::accident(*accident, lang));
    let words: Vec<&str> = essentials.chain(accidents).collect();
    let score = |score: i16, between: Option<(i16, i16)>| {
        let text = match between {
            Some((least, most)) if least != most => format!("{least:+}..{most:+}"),
            _ => format!("{score:+}"),
        };
        let text = pad_left(&text, columns);
        if score < 0 { look.tense(&text) } else { look.good(&text) }
    };
    let indent = 4 + NAME_COLUMNS + 2 * columns;
    let wrapped = wrap(&words.join(", "), look.columns.saturating_sub(indent));
    let mut lines = Vec::new();
    for (index, text) in wrapped.iter().enumerate() {
        lines.push(if index == 0 {
            let name = look.strong(&pad(names::body(planet.body, lang), NAME_COLUMNS));
            let scores = planet.scores.as_ref();
            let essential = score(essential.score, scores.map(|scores| scores.essential));
            let accidental = score(accidental.score, scores.map(|scores| scores.accidental));
            format!("  {name}{essential}{accidental}  {text}")
        } else {
            format!("{}{}", " ".repeat(indent), look.faint(text))
        });
    }
    lines
}

/// What is said in a sentence, with its label.
fn facts(found: &Analysis, lang: Lang) -> Vec<(&'static str, String)> {
    let body = |body: Body| names::body(body, lang);
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    let receptions: Vec<String> =
        found.receptions.mutual.iter().map(|m| format!("{} - {}", body(m.a), body(m.b))).collect();
    facts.push((lang.pick("Mutual receptions", "Réceptions mut."), receptions.join(", ")));
    if let Some(dispositors) = &found.dispositors {
        facts.push((lang.pick("Dispositors", "Dispositeurs"), dispositors_text(dispositors, lang)));
    }
    if let Some(first) = found.house_rulers.as_ref().and_then(|rulers| rulers.first()) {
        let house = first.ruler_house.map(|house| format!(", {}", names::house(house, lang).to_lowercase()));
        let text = format!("{}{}", body(first.ruler), house.unwrap_or_default());
        facts.push((lang.pick("Ruler of the chart", "Maître du thème"), text));
    }
    let dominants: Vec<String> = found
        .dominants
        .iter()
        .flat_map(|dominants| dominants.planets.iter().take(DOMINANTS_SHOWN))
        .map(|planet| format!("{} {:.0} %", body(planet.body), 100.0 * planet.share))
        .collect();
    facts.push((lang.pick("Dominant planets", "Planètes domin."), dominants.join(", ")));
    let patterns: Vec<String> = found
        .patterns
        .iter()
        .filter(|pattern| pattern.certain && pattern.part_of.is_none())
        .map(|pattern| {
            let points: Vec<String> = pattern.points.iter().map(|point| lang.name(point.code())).collect();
            format!("{} ({})", lang.name(pattern.kind.code()), points.join(", "))
        })
        .collect();
    facts.push((lang.pick("Patterns", "Figures"), patterns.join("; ")));
    let stars: Vec<String> = found
        .stars
        .iter()
        .take(STARS_SHOWN)
        .map(|hit| format!("{} {} {}", lang.name(hit.point.code()), hit.place.star.name(lang), arc(hit.orb_deg.abs())))
        .collect();
    facts.push((lang.pick("Fixed stars", "Étoiles fixes"), stars.join(", ")));
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

fn dispositors_text(dispositors: &Dispositors, lang: Lang) -> String {
    let body = |body: &Body| names::body(*body, lang);
    let mut parts: Vec<String> =
        dispositors.rings.iter().map(|ring| ring.iter().map(body).collect::<Vec<_>>().join(" → ")).collect();
    if let Some(last) = &dispositors.last {
        parts.push(format!("{} ({})", body(last), lang.pick("last of all", "dernier de tous")));
    } else {
        parts.extend(
            dispositors.at_home.iter().map(|home| format!("{} ({})", body(home), lang.pick("at home", "chez lui"))),
        );
    }
    parts.join("; ")
}
