//! E: `orrery sky`: the sky of an instant on the terminal or as JSON, without server or store. Lays out what the interface
//! says.

use super::Failure;
use super::args::SkyArgs;
use super::birth::refused;
use super::demo::chart_page::{asked_line, aspects, bodies, frame};
use super::demo::replies::Sky;
use super::demo::words::Words;
use super::terminal::{Look, say};
use super::text::{coordinate, wrap};
use crate::astro::{Lang, cast};
use crate::charts::SkyDraft;
use crate::clock::Ambient;
use crate::error::Error;
use crate::http::wire::figure::SkyReply;

/// Shows the sky.
pub fn run(options: &SkyArgs) -> Result<(), Failure> {
    let draft =
        SkyDraft { at: options.at.clone(), lat: options.lat, lon: options.lon, options: options.options.draft() };
    let (jd_utc, site, asked) = draft.read(Ambient::system().now()).map_err(|error| refused(&error))?;
    let figure = cast(jd_utc, site, &asked).map_err(|error| refused(&Error::from(error)))?;
    let reply = SkyReply::from(&figure);
    if options.json {
        return Ok(say(&serde_json::to_string_pretty(&reply).map_err(Failure::failed)?)?);
    }
    let lang = options.lang.unwrap_or_default();
    let mut title = reply.at.clone();
    if let Some(site) = &reply.site {
        let west = if lang == Lang::En { 'W' } else { 'O' };
        title = format!("{title}  {} {}", coordinate(site.lat, 'N', 'S'), coordinate(site.lon, 'E', west));
    }
    let sky = serde_json::to_value(&reply).and_then(serde_json::from_value).map_err(Failure::failed)?;
    Ok(say(&page(&sky, &title, lang, Look::of_stdout()).join("\n"))?)
}

fn page(sky: &Sky, title: &str, lang: Lang, look: Look) -> Vec<String> {
    let mut lines = vec![format!("{}  {title}", look.heading(lang.pick("SKY", "CIEL")))];
    let asked = asked_line(sky, false, lang);
    lines.extend(asked.iter().flat_map(|line| wrap(line, look.columns)).map(|line| look.faint(&line)));
    lines.push(String::new());
    lines.extend(bodies(sky, lang, look));
    lines.push(String::new());
    lines.extend(frame(sky, lang, look));
    lines.extend(aspects(sky, true, lang, look));
    lines
}
