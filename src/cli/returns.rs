//! E: `orrery returns`: when a body comes back to its natal place, on the terminal or as JSON, without server or store.
//! Lays out what the interface says.

mod args;

use serde_json::Value;

use super::Failure;
use super::birth::refused;
use super::demo::chart_page::{asked_line, aspects, bodies, frame};
use super::demo::replies::Sky;
use super::demo::words::Words;
use super::pair::{json_page, unknowns};
use super::terminal::{Look, say};
use super::text::{coordinate, degree_in_sign, pad, pad_left, wrap};
pub use args::ReturnsArgs;

use crate::astro::{self, Body, Lang, Stop, signs};
use crate::charts::lines::{ReturnChart, ReturnsAsk, returns_of};
use crate::clock::Ambient;
use crate::error::Error;
use crate::http::wire::figure::SkyReply;
use crate::http::wire::lines::ReturnsReply;

/// Shows the returns.
pub fn run(options: &ReturnsArgs) -> Result<(), Failure> {
    let (_, birth, asked) = options.birth.draft(&options.options).read().map_err(|error| refused(&error))?;
    let chart = astro::compute_with(&birth, &asked).map_err(|error| refused(&Error::from(error)))?;
    let rules = asked.builtin_ruleset().map_err(|error| refused(&Error::from(error)))?;
    let ask = ReturnsAsk {
        body: Some(options.body.clone()),
        from: options.from.clone(),
        to: options.to.clone(),
        year: options.year.clone(),
        place: options.at_place.clone(),
        lat: options.at_lat.clone(),
        lon: options.at_lon.clone(),
        house_system: options.at_house_system.clone(),
        site_prefix: "at_",
    };
    let found =
        returns_of(&chart, &ask, rules, Ambient::system().now(), Stop::NEVER).map_err(|error| renamed(&error))?;
    if options.json {
        return json_page(serde_json::to_value(ReturnsReply::new(
            String::new(),
            &chart.options.ruleset,
            found.0,
            &found.1,
        )));
    }
    let page = page(found.0, &found.1, options.lang.unwrap_or_default(), Look::of_stdout())?;
    Ok(say(&page.join("\n"))?)
}

/// Here the houses are those of the return, and have an option of their own.
fn renamed(error: &Error) -> Failure {
    let Failure { code, text } = refused(error);
    Failure { code, text: text.replace("--house-system", "--at-house-system") }
}

/// One line for each return, and the sky of a return that stands alone.
fn page(body: Body, found: &[ReturnChart], lang: Lang, look: Look) -> Result<Vec<String>, Failure> {
    let title = lang.pick("RETURNS", "RETOURS");
    let mut lines = vec![format!("{}  {}", look.heading(title), look.strong(&lang.name(body.code())))];
    if let Some(first) = found.first() {
        lines.push(look.faint(&place_line(first, lang)));
    }
    lines.push(String::new());
    if found.is_empty() {
        lines.push(lang.pick("  None in this period.", "  Aucun dans cette période.").to_owned());
    }
    lines.extend(found.iter().flat_map(|one| return_lines(one, lang, look)));
    if let [one] = found {
        let sky: Sky = serde_json::to_value(SkyReply::from(&one.figure))
            .and_then(serde_json::from_value::<Sky>)
            .map_err(Failure::failed)?;
        lines.push(String::new());
        let asked = asked_line(&sky, false, lang);
        lines.extend(asked.iter().flat_map(|line| wrap(line, look.columns)).map(|line| look.faint(&line)));
        lines.push(String::new());
        lines.extend(bodies(&sky, lang, look));
        lines.push(String::new());
        lines.extend(frame(&sky, lang, look));
        lines.extend(aspects(&sky, true, lang, look));
        lines.extend(unknowns(&one.unknowns, lang, look));
    }
    Ok(lines)
}

/// The natal place and the place of the sky.
fn place_line(one: &ReturnChart, lang: Lang) -> String {
    let longitude_deg = one.pass.natal_longitude_deg;
    let sign = lang.name(astro::Sign::of(longitude_deg).code());
    let place = format!(
        "{} {sign} {}",
        lang.pick("natal place", "place natale"),
        degree_in_sign(signs::degree_in_sign(longitude_deg))
    );
    let west = if lang == Lang::En { 'W' } else { 'O' };
    match one.figure.site {
        Some(site) => format!(
            "{place} · {} {}",
            coordinate(site.latitude_deg, 'N', 'S'),
            coordinate(site.longitude_deg, 'E', west)
        ),
        None => place,
    }
}

/// The instant, the age, the Ascendant, or the span of a birth of inexact time.
fn return_lines(one: &ReturnChart, lang: Lang, look: Look) -> Vec<String> {
    let pass = &one.pass;
    let day = lang.day(pass.utc.get(..10).unwrap_or_default());
    let clock = pass.utc.get(11..19).unwrap_or_default();
    let age = format!("{} {:.1}", lang.pick("age", "âge"), pass.age_years);
    let back = if pass.retrograde { look.tense("R") } else { String::from(" ") };
    let ascendant = one.figure.angles.as_ref().map_or_else(String::new, |angles| {
        let at = &angles.ascendant;
        format!("{} {} {}", lang.name("ascendant"), lang.name(at.sign.code()), degree_in_sign(at.degree_in_sign))
    });
    let when = look.strong(&format!("{} {clock} UTC", pad(&day, 24)));
    let mut lines = vec![format!("  {when} {back} {}  {ascendant}", pad_left(&age, 9)).trim_end().to_owned()];
    if let Some(window) = pass.window {
        let text = |jd_utc: f64| astro::zone::rfc3339_of_julian_date(jd_utc).unwrap_or_default();
        let doubt = if pass.certain { "" } else { lang.pick("; it may not come about", "; il peut ne pas avoir lieu") };
        let (between, and) = (lang.pick("between", "entre"), lang.pick("and", "et"));
        let span = format!("    {between} {} {and} {}{doubt}", text(window.from_jd_utc), text(window.to_jd_utc));
        lines.push(look.faint(&span));
    }
    lines
}

/// Fields of the interface's answer that only kept charts have.
pub(super) fn without_ids(mut reply: Value) -> Value {
    if let Value::Object(fields) = &mut reply {
        fields.retain(|name, _| !matches!(name.as_str(), "chart_id" | "chart_a" | "chart_b"));
    }
    reply
}
