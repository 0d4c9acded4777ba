//! P: The demo's page on a natal chart. Lays out what the server said; computes no astrology.

use super::replies::{Angle, Between, Chart, Hit, Placement, Range, Ranges, Sky};
use super::words::{Words, sign_of};
use crate::astro::Lang;
use crate::astro::why::said;
use crate::cli::terminal::Look;
use crate::cli::text::{arc, coordinate, degree_in_sign, offset, pad, pad_left, printable, wrap};

/// Aspects shown: the tightest ones.
const ASPECTS_SHOWN: usize = 8;
/// Columns of a body's or point's name.
const NAME_COLUMNS: usize = 18;
/// Columns of a declination.
const DECLINATION_COLUMNS: usize = 8;
/// Columns of a sign's name.
const SIGN_COLUMNS: usize = 12;

/// The page, line by line.
pub fn chart_page(chart: &Chart, lang: Lang, look: Look) -> Vec<String> {
    let mut lines = vec![look.heading(lang.pick("NATAL CHART", "THÈME NATAL"))];
    let name = chart.name.as_deref().map(printable).unwrap_or_default();
    let name = name.replace('\n', " ");
    lines.extend(wrap(&name, look.columns).iter().map(|line| look.strong(line)));
    lines.extend(wrap(&birth_line(chart, lang), look.columns));
    lines.extend(wrap(&moment_line(chart, lang), look.columns).iter().map(|line| look.faint(line)));
    lines.extend(
        asked_line(&chart.sky, true, lang)
            .iter()
            .flat_map(|line| wrap(line, look.columns))
            .map(|line| look.faint(&line)),
    );
    lines.push(String::new());
    lines.extend(bodies(&chart.sky, lang, look));
    lines.push(String::new());
    lines.extend(frame(&chart.sky, lang, look));
    lines.extend(balance(chart, lang, look));
    lines.push(String::new());
    lines.extend(aspects(&chart.sky, chart.moment.is_some(), lang, look));
    lines.extend(unknowns(chart, lang, look));
    let versions = &chart.versions;
    let hash: String = versions.ephemeris_sha256.chars().take(12).collect();
    lines.push(look.faint(&format!(
        "{} · {} {} · {} {hash} · tzdb {}",
        versions.engine,
        lang.pick("rules", "règles"),
        versions.ruleset,
        lang.pick("ephemeris", "éphémérides"),
        versions.tzdb,
    )));
    lines
}

fn birth_line(chart: &Chart, lang: Lang) -> String {
    let birth = &chart.birth;
    let time = birth.time.clone().unwrap_or_else(|| lang.name(&birth.certainty));
    let west = if lang == Lang::En { 'W' } else { 'O' };
    let at = format!("{} {}", coordinate(birth.lat, 'N', 'S'), coordinate(birth.lon, 'E', west));
    let place = birth.place.as_deref().map_or_else(|| at.clone(), |place| format!("{} ({at})", printable(place)));
    let julian = if birth.calendar == "julian" {
        let gregorian = lang.date(&birth.date_gregorian);
        lang.pick(" (Julian; Gregorian {})", " (julien ; grégorien {})").replace("{}", &gregorian)
    } else {
        String::new()
    };
    format!("{}{julian}, {time}, {place}", lang.date(&birth.date))
}

fn moment_line(chart: &Chart, lang: Lang) -> String {
    if let Some(moment) = &chart.moment {
        let source = match moment.offset_source.as_str() {
            "local_mean_time" => lang.pick("local mean time", "heure locale moyenne").to_owned(),
            "given" => lang.pick("offset as given", "décalage donné").to_owned(),
            _ => chart.birth.tz.clone(),
        };
        return format!("{} (UTC{}, {source})", moment.utc, offset(moment.utc_offset_s));
    }
    let between = lang.pick("between", "entre");
    let and = lang.pick("and", "et");
    chart.window.as_ref().map_or_else(String::new, |w| format!("{between} {} {and} {}", w.from, w.to))
}

/// What the figure was asked to be, where that is known; of a birth, or of another moment.
pub fn asked_line(sky: &Sky, is_birth: bool, lang: Lang) -> Option<String> {
    let options = sky.options.as_ref()?;
    let mut parts = vec![match (&options.ayanamsa, sky.ayanamsa_mean_deg) {
        (Some(ayanamsa), Some(value_deg)) => {
            format!("{} ({} {})", lang.name(&options.zodiac), lang.name(ayanamsa), arc(value_deg))
        }
        _ => lang.name(&options.zodiac),
    }];
    parts.push(match options.altitude_m {
        Some(altitude_m) => format!("{} ({altitude_m:.0} m)", lang.name(&options.frame)),
        None => lang.name(&options.frame),
    });
    parts.push(lang.name(&options.reduction));
    if let Some(is_day) = sky.is_day {
        let part = if is_day { lang.pick("day", "de jour") } else { lang.pick("night", "de nuit") };
        parts.push(format!("{part}{}", if is_birth { lang.pick(" birth", "") } else { "" }));
    }
    parts.push(options.ruleset.clone());
    if let Some(delta_t) = &sky.delta_t {
        parts.push(delta_t_text(delta_t.seconds, delta_t.uncertainty_s));
    }
    Some(parts.join(" · "))
}

/// Delta T to the digit that its uncertainty leaves it, which is never shown as none.
fn delta_t_text(seconds: f64, uncertainty_s: f64) -> String {
    let digits = [1, 2, 3].into_iter().find(|digits| uncertainty_s * 10_f64.powi(*digits) >= 0.5).unwrap_or(3);
    let digits = digits.unsigned_abs() as usize;
    let uncertainty_s = uncertainty_s.max(0.1_f64.powi(3));
    format!("ΔT {seconds:.digits$} ± {uncertainty_s:.digits$} s")
}

/// A table of bodies.
pub fn bodies(chart: &Sky, lang: Lang, look: Look) -> Vec<String> {
    let house = if chart.houses.is_some() { lang.pick("House", "Maison") } else { "" };
    let declined = chart.bodies.iter().any(|placement| placement.declination_deg.is_some());
    let head = format!(
        "  {}{}{}   {}   {house}",
        pad(lang.pick("Body", "Astre"), NAME_COLUMNS),
        pad(lang.pick("Sign", "Signe"), SIGN_COLUMNS),
        pad_left(lang.pick("Degree", "Degré"), 7),
        pad(if declined { lang.pick("Decl.", "Décl.") } else { "" }, DECLINATION_COLUMNS),
    );
    let mut lines = vec![look.faint(head.trim_end())];
    lines.extend(chart.bodies.iter().map(|placement| body_line(placement, lang, look)));
    if chart.bodies.iter().any(|placement| placement.out_of_bounds == Some(true)) {
        let legend = lang.pick(
            "* out of bounds: farther from the equator than the Sun ever comes",
            "* hors limites : plus loin de l'équateur que le Soleil n'y va jamais",
        );
        lines.extend(wrap(legend, look.columns.saturating_sub(2)).iter().map(|line| look.faint(&format!("  {line}"))));
    }
    lines
}

fn body_line(placement: &Placement, lang: Lang, look: Look) -> String {
    let name = pad(&lang.name(&placement.body), NAME_COLUMNS);
    let sign = pad(&placement.sign.as_deref().map(|sign| lang.name(sign)).unwrap_or_default(), SIGN_COLUMNS);
    // Of a vague time the range says where it stands.
    let degree = placement.degree_in_sign.filter(|_| placement.range.is_none());
    let degree = pad_left(&degree.map(degree_in_sign).unwrap_or_default(), 7);
    let retrograde = if placement.retrograde == Some(true) { look.tense("R") } else { String::from(" ") };
    // Without an exact time there are no houses, and where the body may stand takes their place.
    let rest = match (&placement.range, placement.house) {
        (Some(range), _) => look.faint(&range_text(range, lang)),
        (None, Some(house)) => pad_left(&house.to_string(), 2),
        (None, None) => String::new(),
    };
    // The Moon's declination runs through degrees in a day: shown where both ends of it are written alike.
    let shown = |deg: f64| coordinate(deg, 'N', 'S');
    let same = |range: &Between| shown(range.from) == shown(range.to);
    let known = placement.declination_deg.filter(|_| placement.ranges.get("declination_deg").is_none_or(same));
    let declination = pad_left(&known.map(shown).unwrap_or_default(), DECLINATION_COLUMNS);
    let is_out = placement.out_of_bounds == Some(true);
    let declination = if is_out { look.tense(&declination) } else { look.faint(&declination) };
    let bounds = if is_out { look.tense("*") } else { String::from(" ") };
    let line = format!("  {}{sign}{degree} {retrograde} {declination}{bounds} {rest}", look.strong(&name));
    line.trim_end().to_owned()
}

fn range_text(range: &Range, lang: Lang) -> String {
    let ((from_sign, from), (to_sign, to)) = (sign_of(range.from_deg), sign_of(range.to_deg));
    if range.sign_certain && from_sign == to_sign {
        return format!("{} - {}", degree_in_sign(from), degree_in_sign(to));
    }
    format!("{} - {} (?)", position(range.from_deg, lang), position(range.to_deg, lang))
}

fn position(longitude_deg: f64, lang: Lang) -> String {
    let (sign, degrees) = sign_of(longitude_deg);
    format!("{} {}", lang.name(sign), degree_in_sign(degrees))
}

/// Angles, lots and cusps.
pub fn frame(chart: &Sky, lang: Lang, look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(angles) = &chart.angles {
        let mut rows: Vec<(&str, &Angle)> = vec![
            ("ascendant", &angles.ascendant),
            ("midheaven", &angles.midheaven),
            ("descendant", &angles.descendant),
            ("imum_coeli", &angles.imum_coeli),
            ("vertex", &angles.vertex),
        ];
        rows.extend(angles.east_point.as_ref().map(|angle| ("east_point", angle)));
        if let Some(lots) = &chart.lots {
            rows.extend([("fortune", &lots.fortune), ("spirit", &lots.spirit)]);
        }
        lines.extend(rows.iter().map(|(code, angle)| {
            let sign = pad(&lang.name(&angle.sign), SIGN_COLUMNS);
            let degree = pad_left(&degree_in_sign(angle.degree_in_sign), 7);
            format!("  {}{sign}{degree}", look.strong(&pad(&lang.name(code), NAME_COLUMNS)))
        }));
        lines.push(String::new());
    }
    if let Some(houses) = &chart.houses {
        let system = lang.name(&houses.system);
        lines.push(look.faint(&format!("  {} ({system})", lang.pick("House cusps", "Cuspides des maisons"))));
        let cells: Vec<String> = houses
            .cusps_deg
            .iter()
            .enumerate()
            .map(|(i, cusp)| format!("{} {}", pad_left(&(i + 1).to_string(), 2), pad(&position(*cusp, lang), 20)))
            .collect();
        lines.extend(cells.chunks(3).map(|row| format!("  {}", row.join(" ")).trim_end().to_owned()));
        lines.push(String::new());
    }
    lines
}

fn balance(chart: &Chart, lang: Lang, look: Look) -> Vec<String> {
    let b = &chart.balance;
    let elements = [("fire", b.fire), ("earth", b.earth), ("air", b.air), ("water", b.water)];
    let modes = [("cardinal", b.cardinal), ("fixed", b.fixed), ("mutable", b.mutable)];
    let of = |code: &str, count: u8| match b.ranges.get(code) {
        Some(range) if range.to > range.from => format!("{:.0}-{:.0}", range.from, range.to),
        _ => count.to_string(),
    };
    let all = usize::from(b.fire) + usize::from(b.earth) + usize::from(b.air) + usize::from(b.water);
    let cell = |(code, count): &(&str, u8)| {
        let label = pad(&lang.name(code), 9);
        format!(
            "  {label} {} {}",
            look.bar(usize::from(*count), all),
            pad_left(&of(code, *count), if b.ranges.is_empty() { 2 } else { 4 })
        )
    };
    (0..elements.len())
        .map(|i| {
            let mode = modes.get(i).map(cell).unwrap_or_default();
            format!("{}   {mode}", elements.get(i).map(cell).unwrap_or_default()).trim_end().to_owned()
        })
        .collect()
}

/// The tightest aspects.
pub fn aspects(chart: &Sky, exact: bool, lang: Lang, look: Look) -> Vec<String> {
    // The two nodes stand almost at the same place; their aspect to each other says nothing.
    let is_node = |code: &str| code.ends_with("_node");
    let mut tightest: Vec<&Hit> = chart.aspects.iter().filter(|a| !(is_node(&a.a) && is_node(&a.b))).collect();
    tightest.sort_by(|x, y| x.orb_deg.total_cmp(&y.orb_deg));
    let title = format!(
        "  {} ({}/{})",
        lang.pick("Tightest aspects", "Aspects les plus serrés"),
        tightest.len().min(ASPECTS_SHOWN),
        tightest.len(),
    );
    let mut lines = vec![look.faint(&title)];
    lines.extend(tightest.iter().take(ASPECTS_SHOWN).map(|hit| aspect_line(hit, exact, lang, look)));
    lines.push(String::new());
    lines
}

fn aspect_line(hit: &Hit, exact: bool, lang: Lang, look: Look) -> String {
    let pair = format!("{} {} {}", lang.name(&hit.a), lang.name(&hit.aspect), lang.name(&hit.b));
    let doubt = if hit.certain { "" } else { lang.pick(", not certain", ", incertain") };
    // Within a vague time an aspect may form and pass.
    let phase = hit.applying.filter(|_| exact && hit.certain);
    let phase = phase.map_or_else(String::new, |applying| format!("  {}", self::phase(applying, lang)));
    format!(
        "  {} {} {}{phase}{doubt}",
        aspect_coloured(&hit.aspect, &pad(&pair, 36), look),
        lang.pick("orb", "orbe"),
        orb_text(hit.orb_deg, &hit.ranges),
    )
}

/// An orb, or both ends of its range where a vague time leaves one.
pub fn orb_text(orb_deg: f64, ranges: &Ranges) -> String {
    match ranges.get("orb_deg") {
        Some(range) if arc(range.from) != arc(range.to) => format!("{} - {}", arc(range.from), arc(range.to)),
        _ => arc(orb_deg),
    }
}

/// `text` in the colour of the aspect's nature.
pub fn aspect_coloured(aspect: &str, text: &str, look: Look) -> String {
    match aspect {
        "square" | "opposition" => look.tense(text),
        "trine" | "sextile" => look.good(text),
        _ => look.strong(text),
    }
}

/// Whether an aspect is still forming, in words.
pub fn phase(applying: bool, lang: Lang) -> &'static str {
    if applying { lang.pick("applying", "se forme") } else { lang.pick("separating", "se défait") }
}

fn unknowns(chart: &Chart, lang: Lang, look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    for unknown in &chart.unknowns {
        let text = format!("{}: {}", lang.name(&unknown.what), printable(&said(&unknown.why, lang)));
        let wrapped = wrap(&text, look.columns.saturating_sub(4));
        lines.extend(
            wrapped.iter().enumerate().map(|(i, line)| format!("{} {line}", if i == 0 { "  ?" } else { "   " })),
        );
    }
    if !lines.is_empty() {
        let title = lang.pick("  What the birth data leave open", "  Ce que les données laissent ouvert");
        lines.insert(0, look.faint(title));
        lines.push(String::new());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delta_t_is_as_sharp_as_it_is_known() {
        assert_eq!(delta_t_text(21.04, 12.0), "ΔT 21.0 ± 12.0 s");
        assert_eq!(delta_t_text(-5.26, 0.5), "ΔT -5.3 ± 0.5 s");
        assert_eq!(delta_t_text(69.184_2, 0.01), "ΔT 69.18 ± 0.01 s");
        assert_eq!(delta_t_text(63.828_6, 0.001), "ΔT 63.829 ± 0.001 s");
        for small in [0.0, 1e-9, 0.000_4] {
            assert_eq!(delta_t_text(63.828_6, small), "ΔT 63.829 ± 0.001 s");
        }
    }
}
