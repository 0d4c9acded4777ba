//! S: `natal_report`: a chart as one HTML page with its wheel, placements and aspects, kept for its owner as the job's
//! result, sealed with the owner's key. The page loads nothing and runs nothing.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::{REPORTS, Services, webhooks};
use crate::astro::wheel::{self, Style, Theme, Wheel};
use crate::astro::{Chart, Lang, names};
use crate::charts::StoredChart;
use crate::error::{Code, Error};
use crate::ids::ChartId;
use crate::jobs::{Ctx, Done, Job, JobError, Policy, Unique};

/// Width of the wheel, in pixels.
const WHEEL_PX: u32 = 720;

/// Renders a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatalReport {
    /// The chart, one of the user's who caused the job.
    pub chart: ChartId,
    /// Language of the page.
    pub lang: String,
}

impl Job for NatalReport {
    const NAME: &'static str = "natal_report";
    const QUEUE: &'static str = REPORTS;
    const PRIORITY: u8 = 3;
    const POLICY: Policy = Policy { timeout_ms: 60_000, ..Policy::USUAL };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::by([self.chart.to_string(), self.lang.clone()]))
    }
}

pub(super) async fn run(services: Services, ctx: Ctx, job: NatalReport) -> Result<Done, JobError> {
    let user = ctx.user().ok_or_else(|| JobError::fail("no_user", &"a report has an owner"))?;
    let owner = (ctx.tenant(), user);
    ctx.progress(0, 2);
    let lang = Lang::from_code(&job.lang).unwrap_or(Lang::En);
    let charts = services.charts.clone();
    let page = ctx
        .blocking(move |ctx| {
            let stored = charts.of(owner, job.chart)?;
            ctx.progress(1, 2);
            Ok::<_, Error>(page(&stored, lang))
        })
        .await?;
    let page = match page {
        // It was deleted in the meantime: nobody waits for the page.
        Err(error) if error.code() == Code::ChartNotFound => return Err(JobError::fail("chart_not_found", &error)),
        other => other?,
    };
    let sealed = services.sealer().seal(owner, &ctx.id().0, page.as_bytes())?;
    let data = serde_json::json!({ "job_id": ctx.id().to_string(), "chart_id": job.chart.to_string() });
    let tell = webhooks::announce(&services, ctx.tenant(), "report.completed", &data)?;
    Done::with(tell).output("text/html; charset=utf-8", sealed, true)
}

/// The page of a chart.
pub(super) fn page(stored: &StoredChart, lang: Lang) -> String {
    let chart = &stored.chart;
    let name = stored.name.as_deref().unwrap_or_else(|| pick(lang, "Natal chart", "Thème natal"));
    let style = Style { theme: Theme::Light, size_px: WHEEL_PX, lang };
    let drawn = wheel::draw(&Wheel::of_chart(chart, stored.name.as_deref(), &[], lang), &style);
    let (title, born) = (escaped(name), escaped(&birth(chart, lang)));
    let picture = drawn.find("<svg").map_or(drawn.as_str(), |start| drawn.get(start..).unwrap_or_default());
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style></head>\n\
         <body><h1>{title}</h1>\n<p>{born}</p>\n{picture}\n<h2>{}</h2>\n{}\n<h2>{}</h2>\n{}\n<p class=\"made\">{}</p>\n</body></html>\n",
        lang.code(),
        pick(lang, "Placements", "Positions"),
        placements(chart, lang),
        "Aspects",
        aspects(chart, lang),
        escaped(&format!("Orrery {}, {}", env!("CARGO_PKG_VERSION"), chart.input_hash)),
    )
}

const STYLE: &str = "body{font:16px/1.5 serif;max-width:46em;margin:2em auto;padding:0 1em}svg{max-width:100%;height:auto}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2em .8em .2em 0;border-bottom:1px solid #ddd}\
.made{color:#777;font-size:80%}@media print{svg{page-break-after:always}}";

fn birth(chart: &Chart, lang: Lang) -> String {
    let birth = &chart.birth;
    let time = birth.time.as_deref().unwrap_or_else(|| names::certainty(birth.certainty, lang));
    let place = birth.place_label.clone();
    let place = place.unwrap_or_else(|| format!("{:.4}, {:.4}", birth.latitude_deg, birth.longitude_deg));
    format!("{} {time} ({}) - {place}", birth.date, birth.zone)
}

fn placements(chart: &Chart, lang: Lang) -> String {
    let mut rows = String::from("<table>");
    for placement in &chart.bodies {
        let house = placement.house.map(|house| names::house(house, lang)).unwrap_or_default();
        let retrograde = if placement.retrograde { "℞" } else { "" };
        // What cannot be written into a string does not exist.
        let _ = writeln!(
            rows,
            "<tr><th>{}</th><td>{}</td><td>{} {}</td><td>{}</td></tr>",
            escaped(names::body(placement.body, lang)),
            degrees(placement.degree_in_sign),
            escaped(names::sign(placement.sign, lang)),
            retrograde,
            escaped(&house),
        );
    }
    rows + "</table>"
}

fn aspects(chart: &Chart, lang: Lang) -> String {
    let mut rows = String::from("<table>");
    for hit in &chart.aspects {
        let _ = writeln!(
            rows,
            "<tr><th>{}</th><td>{}</td><th>{}</th><td>{}</td></tr>",
            escaped(names::point(hit.a.code(), lang).unwrap_or_default()),
            escaped(names::aspect(hit.aspect.code(), lang).unwrap_or_default()),
            escaped(names::point(hit.b.code(), lang).unwrap_or_default()),
            degrees(hit.orb_deg.abs()),
        );
    }
    rows + "</table>"
}

const fn pick(lang: Lang, english: &'static str, french: &'static str) -> &'static str {
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}

/// Degrees and minutes, the minutes cut.
fn degrees(value: f64) -> String {
    let minutes = (value * 60.0).floor() as u32;
    format!("{}°{:02}′", minutes / 60, minutes % 60)
}

/// Text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
