//! `/v1/charts/{id}/wheel.svg` and `.png`: the chart as a picture. Draws nothing itself.

use std::sync::Arc;

use salvo::http::{HeaderValue, ResBody, StatusCode, header};
use salvo::oapi::endpoint;
use salvo::{Depot, Request, Response};
use sha2::{Digest, Sha256};

use super::charts::{named, own};
use crate::app::App;
use crate::astro::wheel::{EXTRAS, SIZE_DEFAULT_PX, SIZE_MAX_PX, SIZE_MIN_PX, Style, Theme};
use crate::astro::{Lang, Point};
use crate::auth::Scope;
use crate::charts::{Around, WheelAsked};
use crate::error::{Error, FieldError, Result};
use crate::http::body::{only_queries, query};
use crate::http::caller::{app, caller_for};
use crate::http::edge::hex;
use crate::http::problem::Problem;

/// What the routes read of the query.
const QUERIES: [&str; 6] = ["theme", "size", "lang", "with", "date", "points"];

/// Nothing in the picture may load or run anything, wherever it is opened.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// A chart as a wheel, SVG
///
/// Glyphs and letters are paths, so that no font is needed; title and description tell every placement in words.
#[endpoint(
    tags("charts"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the chart"),
        ("theme" = Option<String>, Query, description = "auto (as the viewer prefers, default), light, dark"),
        ("size" = Option<u32>, Query, description = "Width and height, 120 to 2400 pixels, default 900"),
        ("lang" = Option<String>, Query, description = "en (default) or fr"),
        ("with" = Option<String>, Query, description = "transits, or the id of another chart of yours, to stand around it"),
        ("date" = Option<String>, Query, description = "Local day of the transits (noon), YYYY-MM-DD; now when absent"),
        ("points" = Option<String>, Query, description = "fortune, spirit, vertex, east_point, south_node; by commas"),
    ),
    responses(
        (status_code = 200, body = String, content_type = "image/svg+xml", description = "The picture"),
        (status_code = 304, description = "It is the one with this If-None-Match"),
    )
)]
pub async fn svg(req: &mut Request, depot: &mut Depot, res: &mut Response) -> std::result::Result<(), Problem> {
    let (_, picture, _) = drawn(req, depot, Theme::Auto)?;
    if !is_known(req, res, &picture, "svg") {
        send(res, "image/svg+xml; charset=utf-8", picture.into_bytes());
    }
    Ok(())
}

/// A chart as a wheel, PNG
///
/// The same picture in dots. Names in scripts other than the Latin one are left out: that would need fonts.
#[endpoint(
    tags("charts"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the chart"),
        ("theme" = Option<String>, Query, description = "light (default) or dark"),
        ("size" = Option<u32>, Query, description = "Width and height, 120 to 2400 pixels, default 900"),
        ("lang" = Option<String>, Query, description = "en (default) or fr"),
        ("with" = Option<String>, Query, description = "transits, or the id of another chart of yours, to stand around it"),
        ("date" = Option<String>, Query, description = "Local day of the transits (noon), YYYY-MM-DD; now when absent"),
        ("points" = Option<String>, Query, description = "fortune, spirit, vertex, east_point, south_node; by commas"),
    ),
    responses(
        (status_code = 200, body = String, content_type = "image/png", description = "The picture"),
        (status_code = 304, description = "It is the one with this If-None-Match"),
    )
)]
pub async fn png(req: &mut Request, depot: &mut Depot, res: &mut Response) -> std::result::Result<(), Problem> {
    let (app, picture, size_px) = drawn(req, depot, Theme::Light)?;
    if !is_known(req, res, &picture, "png") {
        let dots = app.charts().png(picture, size_px).await?;
        send(res, "image/png", dots);
    }
    Ok(())
}

/// Proves who asks, reads what is asked and draws it.
fn drawn(req: &Request, depot: &Depot, theme: Theme) -> Result<(Arc<App>, String, u32)> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &QUERIES)?;
    let asked = asked(req, theme)?;
    let find = |id: &str| app.rulesets().chosen("ruleset", Some(id)).ok();
    let stored = own(&app, &caller, req)?;
    let other = match &asked.around {
        Around::Chart(id) => Some(named(&app, &caller, "query.with", &id.to_string())?),
        _ => None,
    };
    let picture = app.charts().wheel_svg(&stored, other.as_deref(), &asked, find).map_err(Error::in_query)?;
    Ok((app, picture, asked.style.size_px))
}

/// Reads the query, naming everything that is wrong at once.
fn asked(req: &Request, theme: Theme) -> Result<WheelAsked> {
    let mut errors = Vec::new();
    let mut bad = |name: &str, given: &str, allowed: String| {
        errors.push(FieldError::new(format!("query.{name}"), given, allowed));
    };
    let mut style = Style { theme, size_px: SIZE_DEFAULT_PX, lang: Lang::En };
    if let Some(text) = query(req, "theme")? {
        match Theme::from_code(&text) {
            Some(found) => style.theme = if found == Theme::Auto { theme } else { found },
            None => bad("theme", &text, "one of: auto, light, dark".to_owned()),
        }
    }
    if let Some(text) = query(req, "size")? {
        match text.parse().ok().filter(|size| (SIZE_MIN_PX..=SIZE_MAX_PX).contains(size)) {
            Some(size) => style.size_px = size,
            None => bad("size", &text, format!("a whole number of pixels from {SIZE_MIN_PX} to {SIZE_MAX_PX}")),
        }
    }
    if let Some(text) = query(req, "lang")? {
        match Lang::from_code(&text) {
            Some(lang) => style.lang = lang,
            None => bad("lang", &text, "one of: en, fr".to_owned()),
        }
    }
    let (with, date) = (query(req, "with")?, query(req, "date")?);
    let around = match with.as_deref() {
        None => Around::Nothing,
        Some("transits") => Around::Transits(date.clone()),
        Some(other) => other.parse().map_or_else(
            |_| {
                bad("with", other, "transits, or the id of a chart".to_owned());
                Around::Nothing
            },
            Around::Chart,
        ),
    };
    if let Some(text) = date.filter(|_| with.as_deref() != Some("transits")) {
        bad("date", &text, "given together with with=transits alone".to_owned());
    }
    let mut extras = Vec::new();
    for text in query(req, "points")?.iter().flat_map(|list| list.split(',')) {
        match EXTRAS.into_iter().find(|point| point.code() == text) {
            Some(point) if !extras.contains(&point) => extras.push(point),
            Some(_) => bad("points", text, "each once".to_owned()),
            None => bad("points", text, format!("some of: {}", EXTRAS.map(Point::code).join(", "))),
        }
    }
    if errors.is_empty() { Ok(WheelAsked { style, around, extras }) } else { Err(Error::fields(errors)) }
}

/// Marks the answer, and says whether the client has the picture already, in which case it is told so. What is
/// drawn decides what the dots are, so that its hash serves both kinds.
fn is_known(req: &Request, res: &mut Response, picture: &str, kind: &str) -> bool {
    let digest = Sha256::digest(picture.as_bytes());
    let tag = format!("\"{kind}-{}\"", hex(digest.get(..16).unwrap_or_default()));
    let headers = res.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, value);
    }
    // The person's own browser may keep it, and asks each time whether it still holds.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("authorization"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    let given = req.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = given.split(',').any(|each| each.trim().trim_start_matches("W/") == tag || each.trim() == "*");
    if known {
        res.status_code(StatusCode::NOT_MODIFIED);
    }
    known
}

fn send(res: &mut Response, kind: &'static str, body: Vec<u8>) {
    res.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    res.status_code(StatusCode::OK);
    res.body(ResBody::Once(body.into()));
}
