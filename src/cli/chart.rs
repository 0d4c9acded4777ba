//! E: `orrery chart`: a natal chart on the terminal or as JSON, without server or store. Lays out what the interface says.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Failure;
use super::analysis_page::analysis_page;
use super::args::ChartArgs;
use super::birth::refused;
use super::demo::chart_page::chart_page;
use super::demo::replies::Chart;
use super::terminal::{Look, say};
use crate::astro;
use crate::astro::analysis::AnalysisOptions;
use crate::astro::rulesets::Ruleset;
use crate::astro::wheel::{self, SIZE_DEFAULT_PX, Style, Wheel};
use crate::charts::{StoredChart, analysis_of, png_of};
use crate::clock::Ambient;
use crate::error::Error;
use crate::http::wire::analysis::analysis_reply;
use crate::http::wire::chart::ChartReply;
use crate::ids::ChartId;

/// Fields of the interface's answer that only a kept chart has.
const OF_KEPT_CHARTS: [&str; 2] = ["id", "created_at"];

/// Shows the chart of a birth.
pub fn run(options: &ChartArgs) -> Result<(), Failure> {
    let (name, birth, asked) = options.birth.draft(&options.options).read().map_err(|error| refused(&error))?;
    let chart = astro::compute_with(&birth, &asked).map_err(|error| refused(&Error::from(error)))?;
    let ambient = Ambient::system();
    let stored = StoredChart { id: ChartId::new(&ambient), name, created_at: ambient.now(), chart };
    if options.wheel.svg.is_some() || options.wheel.png.is_some() {
        return wheel(options, &stored);
    }
    let mut reply = serde_json::to_value(ChartReply::from(&stored)).map_err(Failure::failed)?;
    // A sky as seen from the Sun has no analysis.
    let ruleset = Ruleset::find_builtin(&stored.chart.options.ruleset);
    let ruleset = ruleset.map_or_else(Ruleset::builtin, |found| found.as_ref());
    let analysis = analysis_of(&stored.chart, &AnalysisOptions::default(), ruleset).ok();
    if options.json {
        if let Value::Object(fields) = &mut reply {
            let found = analysis.as_ref().map(|found| analysis_reply(&stored, found));
            let mut found = serde_json::to_value(found).map_err(Failure::failed)?;
            if let Value::Object(analysis) = &mut found {
                analysis.remove("chart_id");
            }
            fields.insert("analysis".to_owned(), found);
            fields.retain(|name, _| !OF_KEPT_CHARTS.contains(&name.as_str()));
        }
        return Ok(say(&serde_json::to_string_pretty(&reply).map_err(Failure::failed)?)?);
    }
    let chart: Chart = serde_json::from_value(reply).map_err(Failure::failed)?;
    let (lang, look) = (options.lang.unwrap_or_default(), Look::of_stdout());
    let mut page = chart_page(&chart, lang, look);
    if let Some(found) = &analysis {
        page.push(String::new());
        page.extend(analysis_page(found, lang, look));
    }
    Ok(say(&page.join("\n"))?)
}

/// Draws the wheel into the files that were named, and says which.
fn wheel(options: &ChartArgs, stored: &StoredChart) -> Result<(), Failure> {
    let lang = options.lang.unwrap_or_default();
    let asked = &options.wheel;
    let style = Style { theme: asked.theme.unwrap_or_default(), size_px: asked.size.unwrap_or(SIZE_DEFAULT_PX), lang };
    let wheel = Wheel::of_chart(&stored.chart, stored.name.as_deref(), &asked.points, lang);
    if let Some(file) = &asked.svg {
        let picture = wheel::draw(&wheel, &style);
        if file.as_os_str() == "-" {
            say(&picture)?;
        } else {
            write(file, picture.as_bytes())?;
        }
    }
    if let Some(file) = &asked.png {
        write(file, &png_of(&wheel, &style).map_err(Failure::failed)?)?;
    }
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    fs::write(file, bytes)
        .map_err(|cause| Failure::failed(format!("{} cannot be written: {cause}", file.display())))?;
    Ok(say(&file.display().to_string())?)
}
