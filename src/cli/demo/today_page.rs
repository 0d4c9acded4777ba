//! P: The demo's page on what a day holds for a chart. Lays out what the server said; computes no astrology.

use super::chart_page::{aspect_coloured, orb_text, phase};
use super::replies::{Factor, Today, Window};
use super::words::Words;
use crate::astro::Lang;
use crate::cli::terminal::Look;
use crate::cli::text::{pad, wrap};

/// Columns of a factor's three names.
const FACTOR_COLUMNS: usize = 40;

/// The page, line by line.
pub fn today_page(today: &Today, lang: Lang, look: Look) -> Vec<String> {
    let year = today.date.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
    let title = look.heading(lang.pick("TODAY", "AUJOURD'HUI"));
    let mut lines = vec![format!("{title}  {} ({})", lang.day(&today.date), today.tz)];
    lines.push(moon_line(today, lang, look, year));
    lines.push(String::new());
    let groups = [
        (lang.pick("What leads the day", "Ce qui mène la journée"), &today.leaders),
        (lang.pick("What colours it", "Ce qui la colore"), &today.influences),
    ];
    for (title, factors) in groups {
        lines.push(look.faint(&format!("  {title}")));
        if factors.is_empty() {
            lines.push(format!("  {}", lang.pick("nothing within orb", "rien dans les orbes")));
        }
        lines.extend(factors.iter().flat_map(|factor| factor_lines(factor, &today.tz, year, lang, look)));
        lines.push(String::new());
    }
    let counts =
        [("energy", today.eao.energy), ("attention", today.eao.attention), ("opportunity", today.eao.opportunity)];
    let counts: Vec<String> = counts
        .iter()
        .map(|(code, count)| format!("{} {} {count}/3", lang.name(code), look.bar(usize::from(*count), 3)))
        .collect();
    lines.push(format!("  {}", counts.join("    ")));
    lines.push(look.faint(&format!(
        "  {} {} · {} {}/5",
        today.considered,
        lang.pick("transits within orb were weighed", "transits dans les orbes ont été pesés"),
        lang.pick("precision", "précision"),
        today.precision,
    )));
    lines
}

fn moon_line(today: &Today, lang: Lang, look: Look, year: i16) -> String {
    let moon = &today.moon;
    let lit = format!("{:.0} %", moon.illumination.clamp(0.0, 1.0) * 100.0);
    let change = moon.sign_change_at.as_deref().map_or_else(String::new, |at| {
        format!(", {} {}", lang.pick("changes sign", "change de signe le"), lang.instant(at, &today.tz, year))
    });
    let place = lang.pick("Moon in", "Lune en");
    look.faint(&format!("{place} {}, {}, {lit}{change}", lang.name(&moon.sign), lang.name(&moon.phase).to_lowercase()))
}

fn factor_lines(factor: &Factor, zone: &str, year: i16, lang: Lang, look: Look) -> Vec<String> {
    let retrograde = if factor.retrograde { " (R)" } else { "" };
    let pair = format!(
        "{}{retrograde} {} {}",
        lang.name(&factor.transiting),
        lang.name(&factor.aspect),
        natal(&factor.natal, lang),
    );
    let doubt = if factor.certain { "" } else { lang.pick(", not certain", ", incertain") };
    let first = format!(
        "  {} {} {}{}{doubt}",
        aspect_coloured(&factor.aspect, &pad(&pair, FACTOR_COLUMNS), look),
        lang.pick("orb", "orbe"),
        orb_text(factor.orb_deg, &factor.ranges),
        factor.applying.map_or(String::new(), |applying| format!(", {}", phase(applying, lang))),
    );
    let passes: Vec<String> = factor.exact_at.iter().map(|at| lang.instant(at, zone, year)).collect();
    let span = |window: &Window| {
        let [from, to] = [&window.from, &window.to].map(|at| lang.instant(at, zone, year));
        format!("{} {from} {} {to}", lang.pick("between", "entre le"), lang.pick("and", "et le"))
    };
    let within: Vec<String> = factor.exact_within.iter().flatten().map(span).collect();
    let exact = if !within.is_empty() {
        format!("exact {}", within.join(", "))
    } else if passes.is_empty() {
        lang.pick("not exact around this day", "pas exact autour de ce jour").to_owned()
    } else {
        format!("{} {}", lang.pick("exact", "exact le"), passes.join(", "))
    };
    let house =
        factor.natal_house.map_or_else(String::new, |house| format!(" · {} {house}", lang.pick("house", "maison")));
    let score = match factor.ranges.get("score") {
        Some(range) => format!("{:.2}-{:.2}", range.from, range.to),
        None => format!("{:.2}", factor.score),
    };
    let score = format!("{} {score}", lang.pick("score", "poids"));
    let second = wrap(&format!("{exact}{house} · {score}"), look.columns.saturating_sub(4));
    std::iter::once(first).chain(second.iter().map(|line| look.faint(&format!("    {line}")))).collect()
}

/// The natal point as the second half of "Mars square ..".
fn natal(code: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("natal {}", lang.name(code)),
        Lang::Fr => format!("{} natal{}", lang.name(code), if matches!(code, "moon" | "venus") { "e" } else { "" }),
    }
}
