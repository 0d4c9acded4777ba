//! S: Wheels of kept charts: gathers what is drawn, and bounds how many pictures of dots are made at once.

use std::sync::Arc;

use super::{Charts, StoredChart, png};
use crate::astro::rulesets::Ruleset;
use crate::astro::wheel::{self, Style, Theme, Wheel};
use crate::astro::{self, CivilDate, CivilTime, Lang, Point};
use crate::clock::UnixMs;
use crate::error::{Error, Result};
use crate::ids::ChartId;

/// What stands around the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Around {
    /// Nothing.
    Nothing,
    /// The sky at noon of a local day of the birth's zone, or now.
    Transits(Option<String>),
    /// Another chart of the same person.
    Chart(ChartId),
}

/// A wheel as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelAsked {
    /// Colours, size and language.
    pub style: Style,
    /// What stands around it.
    pub around: Around,
    /// Points beside bodies and angles.
    pub extras: Vec<Point>,
}

impl Charts {
    /// A chart as an SVG document, with the `other` around it where one was asked for. Aspects between two rings go by the
    /// ruleset of the chart, which `find` finds by its id; by the built-in one where it is gone.
    ///
    /// # Errors
    /// `invalid_fields` for the date.
    pub fn wheel_svg<F>(
        &self,
        stored: &StoredChart,
        other: Option<&StoredChart>,
        asked: &WheelAsked,
        find: F,
    ) -> Result<String>
    where
        F: FnOnce(&str) -> Option<Arc<Ruleset>>,
    {
        let lang = asked.style.lang;
        let found = find(&stored.chart.options.ruleset);
        let ruleset = found.as_deref().unwrap_or_else(|| Ruleset::builtin());
        let wheel = Wheel::of_chart(&stored.chart, stored.name.as_deref(), &asked.extras, lang);
        let wheel = match (&asked.around, other) {
            (Around::Nothing, _) | (Around::Chart(_), None) => wheel,
            (Around::Chart(_), Some(other)) => {
                wheel.with_chart(&stored.chart, &other.chart, other.name.as_deref(), ruleset, lang)
            }
            (Around::Transits(date), _) => {
                let jd_utc = instant(stored, date.as_deref(), self.ambient.now())?;
                let sky = astro::cast_under(jd_utc, None, &stored.chart.options, ruleset)?;
                wheel.with_transits(&stored.chart, &sky, vec![instant_text(jd_utc, lang)], ruleset)
            }
        };
        Ok(wheel::draw(&wheel, &asked.style))
    }

    /// An SVG of ours as PNG, `size_px` wide. Waits while others are made.
    ///
    /// # Errors
    /// `internal_error`.
    pub async fn png(&self, svg: String, size_px: u32) -> Result<Vec<u8>> {
        let _permit = self.pictures.acquire().await.map_err(Error::internal)?;
        let made = tokio::task::spawn_blocking(move || png::render(&svg, size_px)).await;
        made.map_err(Error::internal)?.map_err(Error::internal)
    }
}

/// A wheel that is not kept, as PNG; dark or light.
///
/// # Errors
/// `internal_error`.
pub fn png_of(wheel: &Wheel, style: &Style) -> Result<Vec<u8>> {
    let theme = if style.theme == Theme::Dark { Theme::Dark } else { Theme::Light };
    png::render(&wheel::draw(wheel, &Style { theme, ..*style }), style.size_px).map_err(Error::internal)
}

/// Noon of a local day of the birth's zone, or now, to the minute; Julian Date UTC.
fn instant(stored: &StoredChart, date: Option<&str>, now: UnixMs) -> Result<f64> {
    let birth = &stored.chart.birth;
    let Some(text) = date else {
        return Ok(astro::zone::julian_date_of_unix(i64::try_from(now.0 / 60_000 * 60).unwrap_or(i64::MAX)));
    };
    let noon = CivilTime::new(12, 0, 0)?;
    let moment = astro::resolve_local(CivilDate::parse(text)?, noon, &birth.zone, birth.longitude_deg, None)?;
    Ok(moment.utc_jd)
}

/// `23 November 2026, 12:00 UT`.
fn instant_text(jd_utc: f64, lang: Lang) -> String {
    let text = astro::zone::rfc3339_of_julian_date(jd_utc).unwrap_or_default();
    let (day, clock) = text.split_once('T').unwrap_or((text.as_str(), ""));
    format!("{}, {} UT", wheel::date(day, lang), clock.get(..5).unwrap_or_default())
}
