//! `/v1/calendar`: the events of a period, as JSON or as an iCalendar. Owns no rule.

use salvo::http::{HeaderValue, ResBody, StatusCode, header};
use salvo::oapi::{self, Components, EndpointOutRegister, Operation, ToSchema, endpoint};
use salvo::{Depot, Request, Response, Scribe};

use crate::almanac::{CalendarDraft, ics};
use crate::astro::{Lang, Stop};
use crate::auth::Scope;
use crate::error::{Error, FieldError, Result};
use crate::http::body::{only_queries, query};
use crate::http::caller::{app, caller_for};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::calendar::CalendarReply;
use crate::turns::Gone;

/// Names that the route reads.
const QUERIES: [&str; 16] = [
    "from",
    "to",
    "tz",
    "kinds",
    "bodies",
    "aspects",
    "zodiac",
    "ayanamsa",
    "lat",
    "lon",
    "altitude_m",
    "limb",
    "refraction_deg",
    "void_to",
    "lang",
    "format",
];
const CALENDAR_TYPE: &str = "text/calendar; charset=utf-8";

/// JSON in the envelope, or an iCalendar file.
#[derive(Debug)]
pub enum Answer<T> {
    /// In the envelope.
    Json(T),
    /// The text of the file.
    Ics(String),
}

impl<T: serde::Serialize + Send> Scribe for Answer<T> {
    fn render(self, res: &mut Response) {
        match self {
            Self::Json(reply) => Reply::<T>(reply).render(res),
            Self::Ics(text) => {
                res.status_code(StatusCode::OK);
                res.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CALENDAR_TYPE));
                res.body(ResBody::Once(text.into()));
            }
        }
    }
}

impl<T: ToSchema> EndpointOutRegister for Answer<T> {
    fn register(components: &mut Components, operation: &mut Operation) {
        Reply::<T>::register(components, operation);
        if let Some(oapi::RefOr::Type(response)) = operation.responses.get_mut("200") {
            let text = oapi::Object::new().schema_type(oapi::BasicType::String);
            response.contents.insert("text/calendar".to_owned(), oapi::Content::new(text));
        }
    }
}

/// What happens in the sky over a period
///
/// Stations, ingresses, aspects, lunations, eclipses, the void Moon; with `lat` and `lon` rises, sets, culminations and
/// twilight too. At most 3660 days, 400 with kinds that need a place. As an iCalendar with `format=ics` or
/// `Accept: text/calendar`.
#[endpoint(
    tags("sky"),
    security(["bearer" = []]),
    parameters(
        ("from" = String, Query, description = "First local day, YYYY-MM-DD"),
        ("to" = String, Query, description = "Last local day, YYYY-MM-DD"),
        ("tz" = Option<String>, Query, description = "IANA zone of the days and of local times; UTC when absent"),
        ("kinds" = Option<String>, Query, description = "With commas between: stations, ingresses, aspects, lunations, eclipses, void_moon, rise_set, culminations, twilight"),
        ("bodies" = Option<String>, Query, description = "Codes with commas between; the ten planets when absent"),
        ("aspects" = Option<String>, Query, description = "Codes with commas between; the five major ones when absent"),
        ("zodiac" = Option<String>, Query, description = "tropical (default) or sidereal"),
        ("ayanamsa" = Option<String>, Query, description = "With sidereal: lahiri, fagan_bradley, raman, krishnamurti, yukteshwar, de_luce"),
        ("lat" = Option<f64>, Query, description = "Degrees, north positive"),
        ("lon" = Option<f64>, Query, description = "Degrees, east positive"),
        ("altitude_m" = Option<f64>, Query, description = "Metres above the ellipsoid"),
        ("limb" = Option<String>, Query, description = "What rises: upper (default), center, lower"),
        ("refraction_deg" = Option<f64>, Query, description = "At the horizon; 0.5667 when absent"),
        ("void_to" = Option<String>, Query, description = "Farthest planet whose aspect counts for the Moon: saturn (default) or pluto"),
        ("lang" = Option<String>, Query, description = "Language of titles: en (default) or fr"),
        ("format" = Option<String>, Query, description = "json (default) or ics"),
    )
)]
pub async fn get(req: &mut Request, depot: &mut Depot) -> Result<Answer<CalendarReply>, Problem> {
    let app = app(depot)?;
    caller_for(&app, req, Scope::Read)?;
    only_queries(req, &QUERIES)?;
    let (lang, is_file) = (lang(req)?, wants_file(req)?);
    let draft = draft(req)?;
    let find = move |gone: &Gone| draft.find(Stop::when(&|| gone.is_so()));
    let calendar = app.searches().run(find).await.map_err(Error::in_query)?;
    Ok(if is_file {
        Answer::Ics(ics::of_events(&calendar.events, lang, app.ambient().now()))
    } else {
        Answer::Json(CalendarReply::new(&calendar, lang))
    })
}

fn draft(req: &Request) -> Result<CalendarDraft> {
    let mut errors = Vec::new();
    let mut number = |name: &str| -> Result<Option<f64>> {
        let Some(text) = query(req, name)? else { return Ok(None) };
        let value = text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
        if value.is_none() {
            errors.push(FieldError::new(format!("query.{name}"), &text, "a number"));
        }
        Ok(value)
    };
    let (lat, lon, altitude_m) = (number("lat")?, number("lon")?, number("altitude_m")?);
    let refraction_deg = number("refraction_deg")?;
    if !errors.is_empty() {
        return Err(Error::fields(errors));
    }
    Ok(CalendarDraft {
        from: query(req, "from")?,
        to: query(req, "to")?,
        tz: query(req, "tz")?,
        kinds: list(req, "kinds")?,
        bodies: list(req, "bodies")?,
        aspects: list(req, "aspects")?,
        zodiac: query(req, "zodiac")?,
        ayanamsa: query(req, "ayanamsa")?,
        lat,
        lon,
        altitude_m,
        limb: query(req, "limb")?,
        refraction_deg,
        void_to: query(req, "void_to")?,
    })
}

/// A list with commas between.
pub fn list(req: &Request, name: &str) -> Result<Option<Vec<String>>> {
    Ok(query(req, name)?.map(|text| text.split(',').map(str::to_owned).collect()))
}

/// The language of titles.
pub fn lang(req: &Request) -> Result<Lang> {
    let Some(code) = query(req, "lang")? else { return Ok(Lang::En) };
    Lang::from_code(&code).ok_or_else(|| Error::fields(vec![FieldError::new("query.lang", &code, "one of: en, fr")]))
}

/// Whether an iCalendar is wanted: by `format`, or else by `Accept`.
pub fn wants_file(req: &Request) -> Result<bool> {
    match query(req, "format")?.as_deref() {
        Some("ics") => Ok(true),
        Some("json") => Ok(false),
        Some(other) => Err(Error::fields(vec![FieldError::new("query.format", other, "one of: json, ics")])),
        None => {
            let accept = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
            Ok(prefers_file(accept))
        }
    }
}

/// Whether an `Accept` asks for an iCalendar: by name, not at weight 0, and no less than for JSON (RFC 9110 §12.5.1).
fn prefers_file(accept: &str) -> bool {
    let weight = |kind: &str| {
        let named = accept
            .split(',')
            .find(|part| part.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(kind)))?;
        let q = named.split(';').skip(1).filter_map(|parameter| parameter.trim().split_once('=')).find_map(
            |(name, value)| name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f64>().unwrap_or(0.0)),
        );
        Some(q.unwrap_or(1.0))
    };
    let file = weight("text/calendar").unwrap_or(0.0);
    file > 0.0 && file >= weight("application/json").unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::prefers_file;

    #[test]
    fn a_file_is_sent_to_whom_it_is_welcome() {
        for accept in [
            "text/calendar",
            "TEXT/Calendar; charset=utf-8",
            "application/json;q=0.5, text/calendar;q=0.8",
            "text/html, text/calendar;q=0.1",
            "application/json, text/calendar",
        ] {
            assert!(prefers_file(accept), "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/json",
            "text/calendar;q=0",
            "text/calendar; q=0.0, */*",
            "text/calendar;q=nonsense",
            "application/json, text/calendar;q=0.9",
        ] {
            assert!(!prefers_file(accept), "{accept}");
        }
    }
}
