//! E: `orrery synastry`: two births side by side, or joined in one chart, on the terminal or as JSON, without server or
//! store. Lays out what the interface says.

mod args;

use serde_json::Value;

use super::Failure;
use super::birth::{BirthArgs, SecondBirthArgs, refused};
use super::demo::chart_page::{asked_line, aspect_coloured, aspects, bodies, frame};
use super::demo::replies::Sky;
use super::demo::words::{Words, sign_of};
use super::returns::without_ids;
use super::terminal::{Look, say};
use super::text::{arc, degree_in_sign, pad, pad_left, printable, wrap};
pub use args::SynastryArgs;

use crate::astro::composite::{Composite, CompositePoint};
use crate::astro::contacts::CrossAspect;
use crate::astro::synastry::{Overlay, Synastry};
use crate::astro::why::said;
use crate::astro::{self, Chart, Lang, Unknown};
use crate::charts::lines::{Combined, CompositeAsk, composite_of, synastry_of};
use crate::error::Error;
use crate::http::wire::figure::SkyReply;
use crate::http::wire::pair::{CompositeReply, SynastryReply};

/// Aspects shown: the tightest ones.
const ASPECTS_SHOWN: usize = 20;
/// Columns of a point's name.
const NAME_COLUMNS: usize = 18;
/// Columns of a sign's name.
const SIGN_COLUMNS: usize = 12;
/// Columns of a house in the table of overlays.
const HOUSE_COLUMNS: usize = 16;

/// Shows two births together.
pub fn run(options: &SynastryArgs) -> Result<(), Failure> {
    let a = chart_of(&options.birth, options).map_err(|error| refused(&error))?;
    let b = chart_of(&options.second.birth(), options).map_err(|error| SecondBirthArgs::refused(&error))?;
    let (lang, look) = (options.lang.unwrap_or_default(), Look::of_stdout());
    let titles = [title_of("A", &a, lang), title_of("B", &b, lang)];
    let rules = a.1.options.builtin_ruleset().map_err(|error| refused(&Error::from(error)))?;
    let ids = || (String::new(), String::new());
    let Some(method) = &options.composite else {
        let found = synastry_of(&a.1, &b.1, rules, "date_b").map_err(|error| refused(&error))?;
        if options.json {
            return json_page(serde_json::to_value(SynastryReply::new(ids().0, ids().1, &a.1.options.ruleset, &found)));
        }
        return Ok(say(&synastry_page(&found, &titles, lang, look).join("\n"))?);
    };
    let ask = CompositeAsk {
        method: Some(method.clone()),
        houses: options.houses.clone(),
        latitude_deg: options.latitude_deg,
        middle: options.middle.clone(),
        house_system: options.composite_house_system.clone(),
    };
    let found = composite_of((&a.1, &b.1), &ask, rules, "date_b").map_err(|error| composite_refused(&error))?;
    if options.json {
        return json_page(serde_json::to_value(CompositeReply::new(ids().0, ids().1, &a.1.options.ruleset, &found)));
    }
    let page = match &found {
        Combined::Midpoint(composite) => composite_page(composite, &titles, lang, look),
        Combined::Davison(figure, open) => davison_page(&SkyReply::from(figure.as_ref()), open, &titles, lang, look)?,
    };
    Ok(say(&page.join("\n"))?)
}

/// Here the method has the name of its option, and the houses of the joint chart have an option of their own.
fn composite_refused(error: &Error) -> Failure {
    let Failure { code, text } = refused(error);
    Failure {
        code,
        text: text.replace("--house-system", "--composite-house-system").replace("--method", "--composite"),
    }
}

fn chart_of(birth: &BirthArgs, options: &SynastryArgs) -> crate::error::Result<(Option<String>, Chart)> {
    let (name, birth, asked) = birth.draft(&options.options).read()?;
    Ok((name, astro::compute_with(&birth, &asked)?))
}

/// Prints an answer of the interface, without ids of charts that are not kept.
pub(super) fn json_page(reply: serde_json::Result<Value>) -> Result<(), Failure> {
    let reply = without_ids(reply.map_err(Failure::failed)?);
    Ok(say(&serde_json::to_string_pretty(&reply).map_err(Failure::failed)?)?)
}

fn title_of(letter: &str, (name, chart): &(Option<String>, Chart), lang: Lang) -> String {
    let name = name.as_deref().map(|name| format!("{}, ", printable(name).replace('\n', " "))).unwrap_or_default();
    let time = chart.birth.time.clone().unwrap_or_else(|| lang.name(chart.birth.certainty.code()));
    let place = chart.birth.place_label.as_deref().map(|place| format!(", {}", printable(place))).unwrap_or_default();
    format!("{letter}  {name}{}, {time}{place}", lang.date(&chart.birth.date))
}

fn head(title: &str, titles: &[String; 2], look: Look) -> Vec<String> {
    let mut lines = vec![look.heading(title)];
    lines.extend(titles.iter().flat_map(|line| wrap(line, look.columns)));
    lines.push(String::new());
    lines
}

fn synastry_page(found: &Synastry, titles: &[String; 2], lang: Lang, look: Look) -> Vec<String> {
    let mut lines = head(lang.pick("SYNASTRY", "SYNASTRIE"), titles, look);
    lines.extend(cross_aspects(&found.a_to_b, ["A ", "B "], lang, look));
    lines.extend(overlays(found, lang, look));
    lines.extend(unknowns(&found.unknowns, lang, look));
    lines
}

/// The tightest aspects, each point after the letter of its chart.
fn cross_aspects(hits: &[CrossAspect], letters: [&str; 2], lang: Lang, look: Look) -> Vec<String> {
    // The two nodes stand almost at the same place; two aspects would say one thing.
    let mut tightest: Vec<&CrossAspect> = hits.iter().collect();
    tightest.sort_by(|x, y| x.orb_deg.total_cmp(&y.orb_deg));
    let shown = tightest.len().min(ASPECTS_SHOWN);
    let title = lang.pick("Tightest aspects", "Aspects les plus serrés");
    let mut lines = vec![look.faint(&format!("  {title} ({shown}/{})", tightest.len()))];
    lines.extend(tightest.iter().take(ASPECTS_SHOWN).map(|hit| {
        let from = format!("{}{}", letters[0], lang.name(hit.from.code()));
        let to = format!("{}{}", letters[1], lang.name(hit.to.code()));
        let aspect = aspect_coloured(hit.aspect.code(), &pad(&lang.name(hit.aspect.code()), 16), look);
        let doubt = if hit.certain { "" } else { lang.pick("  not certain", "  incertain") };
        let orb = format!("{} {}", lang.pick("orb", "orbe"), pad_left(&arc(hit.orb_deg), 6));
        format!("  {} {aspect} {} {orb}{doubt}", pad(&from, NAME_COLUMNS), pad(&to, NAME_COLUMNS))
    }));
    lines.push(String::new());
    lines
}

/// Which house of the other each point falls in, both ways in one table.
fn overlays(found: &Synastry, lang: Lang, look: Look) -> Vec<String> {
    let (a, b) = (found.a_in_houses_of_b.as_deref(), found.b_in_houses_of_a.as_deref());
    let Some(rows) = a.filter(|a| a.len() >= b.map_or(0, <[_]>::len)).or(b).or(a) else { return Vec::new() };
    let heads = [lang.pick("A in houses of B", "A en maison de B"), lang.pick("B in houses of A", "B en maison de A")];
    let mut lines = vec![look.faint(&format!(
        "  {}{}   {}",
        pad(lang.pick("Point", "Point"), NAME_COLUMNS),
        pad_left(heads[0], HOUSE_COLUMNS),
        pad_left(heads[1], HOUSE_COLUMNS)
    ))];
    let house = |list: Option<&[Overlay]>, row: &Overlay| {
        let of = list.and_then(|list| list.iter().find(|other| other.point == row.point));
        let text = of.map(|of| format!("{}{}", of.house, if of.certain { "" } else { " ?" }));
        pad_left(&text.unwrap_or_else(|| String::from("-")), HOUSE_COLUMNS)
    };
    lines.extend(rows.iter().map(|row| {
        let name = look.strong(&pad(&lang.name(row.point.code()), NAME_COLUMNS));
        format!("  {name}{}   {}", house(a, row), house(b, row))
    }));
    lines.push(String::new());
    lines
}

fn composite_page(found: &Composite, titles: &[String; 2], lang: Lang, look: Look) -> Vec<String> {
    let mut lines = head(lang.pick("COMPOSITE OF MIDPOINTS", "COMPOSITE DE MI-POINTS"), titles, look);
    lines.extend(found.points.iter().map(|point| point_line(point, lang, look)));
    lines.push(String::new());
    if let Some(houses) = &found.houses {
        let title = lang.pick("House cusps", "Cuspides des maisons");
        lines.push(look.faint(&format!("  {title} ({})", lang.name(houses.system.code()))));
        let cell = |(index, cusp): (usize, &f64)| {
            let (sign, degrees) = sign_of(*cusp);
            let place = format!("{} {}", lang.name(sign), degree_in_sign(degrees));
            format!("{} {}", pad_left(&(index + 1).to_string(), 2), pad(&place, 20))
        };
        let cells: Vec<String> = houses.cusps_deg.iter().enumerate().map(cell).collect();
        lines.extend(cells.chunks(3).map(|row| format!("  {}", row.join(" ")).trim_end().to_owned()));
        lines.push(String::new());
    }
    lines.extend(cross_aspects(&found.aspects, ["", ""], lang, look));
    lines.extend(unknowns(&found.unknowns, lang, look));
    lines
}

fn point_line(point: &CompositePoint, lang: Lang, look: Look) -> String {
    let name = look.strong(&pad(&lang.name(point.point.code()), NAME_COLUMNS));
    let sign = pad(&lang.name(point.sign.code()), SIGN_COLUMNS);
    let degree = pad_left(&degree_in_sign(point.degree_in_sign), 7);
    let rest = match (&point.range, point.house) {
        (Some(range), _) => {
            let place = |longitude_deg: f64| {
                let (sign, degrees) = sign_of(longitude_deg);
                format!("{} {}", lang.name(sign), degree_in_sign(degrees))
            };
            look.faint(&format!("{} - {}", place(range.from_deg), place(range.to_deg)))
        }
        (None, Some(house)) => pad_left(&house.to_string(), 2),
        (None, None) => String::new(),
    };
    format!("  {name}{sign}{degree}   {rest}").trim_end().to_owned()
}

fn davison_page(
    reply: &SkyReply,
    open: &[Unknown],
    titles: &[String; 2],
    lang: Lang,
    look: Look,
) -> Result<Vec<String>, Failure> {
    let sky: Sky = serde_json::to_value(reply).and_then(serde_json::from_value::<Sky>).map_err(Failure::failed)?;
    let mut lines = head(lang.pick("DAVISON CHART", "THÈME DE DAVISON"), titles, look);
    lines.push(look.faint(&reply.at));
    lines.extend(
        asked_line(&sky, false, lang).iter().flat_map(|line| wrap(line, look.columns)).map(|line| look.faint(&line)),
    );
    lines.push(String::new());
    lines.extend(bodies(&sky, lang, look));
    lines.push(String::new());
    lines.extend(frame(&sky, lang, look));
    lines.extend(aspects(&sky, true, lang, look));
    lines.extend(unknowns(open, lang, look));
    Ok(lines)
}

/// What the birth data leave open.
pub(super) fn unknowns(open: &[Unknown], lang: Lang, look: Look) -> Vec<String> {
    if open.is_empty() {
        return Vec::new();
    }
    let mut lines =
        vec![look.faint(lang.pick("  What the birth data leave open", "  Ce que les données laissent ouvert"))];
    for unknown in open {
        let (whose, what) = unknown.what.split_once('.').unwrap_or(("", &unknown.what));
        let whose = if whose.is_empty() { String::new() } else { format!("{} ", whose.to_uppercase()) };
        let text = format!("{whose}{}: {}", lang.name(what), said(&unknown.why, lang));
        let wrapped = wrap(&text, look.columns.saturating_sub(4));
        let start = |index: usize| if index == 0 { "  ?" } else { "   " };
        lines.extend(wrapped.iter().enumerate().map(|(index, line)| format!("{} {line}", start(index))));
    }
    lines.push(String::new());
    lines
}
