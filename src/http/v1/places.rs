//! `/v1/places`: the gazetteer by name and by point. Owns no rule.

use std::str::FromStr;

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::astro::{Lang, places};
use crate::auth::Scope;
use crate::error::{Error, FieldError, Result};
use crate::http::body::{only_queries, query};
use crate::http::caller::{app, caller_for};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::place::{NearestReply, PlacesReply, nearest_reply, places_reply};
use crate::limits;

/// Places of a search when the client names no number.
const DEFAULT_PLACES: usize = 10;

/// Search places by name
///
/// Every populated place of GeoNames with 500 people or more, by its usual and other names in any script. Accents and case
/// do not matter, and a letter or two may be wrong. A country or region after a comma narrows the list.
#[endpoint(
    tags("places"),
    security(["bearer" = []]),
    parameters(
        ("q" = String, Query, description = "Name or its beginning, 2 to 120 characters, such as `Springfield, Illinois`"),
        ("country" = Option<String>, Query, description = "ISO 3166-1 alpha-2 code"),
        ("limit" = Option<u32>, Query, description = "1 to 50, default 10"),
        ("lang" = Option<String>, Query, description = "Language of the countries' names: en (default), fr"),
    )
)]
pub async fn search(req: &mut Request, depot: &mut Depot) -> Result<Reply<PlacesReply>, Problem> {
    caller_for(&*app(depot)?, req, Scope::Read)?;
    only_queries(req, &["q", "country", "limit", "lang"])?;
    let asked = Asked::read(req)?;
    let found = places::search_in(&asked.text, asked.country.as_deref(), asked.limit);
    Ok(Reply(places_reply(&found, asked.lang)))
}

/// The place nearest to a point, and the point's time zone
///
/// The zone is that of the nearest place; `tz_certainty` says how far that can be trusted.
#[endpoint(
    tags("places"),
    security(["bearer" = []]),
    parameters(
        ("lat" = f64, Query, description = "Degrees, north positive, -90 to 90"),
        ("lon" = f64, Query, description = "Degrees, east positive, -180 to 180"),
        ("lang" = Option<String>, Query, description = "Language of the country's name: en (default), fr"),
    )
)]
pub async fn nearest(req: &mut Request, depot: &mut Depot) -> Result<Reply<NearestReply>, Problem> {
    caller_for(&*app(depot)?, req, Scope::Read)?;
    only_queries(req, &["lat", "lon", "lang"])?;
    let mut errors = Vec::new();
    let lat = degrees(req, "lat", 90.0, &mut errors)?;
    let lon = degrees(req, "lon", 180.0, &mut errors)?;
    let lang = language(req, &mut errors)?;
    let guess = if errors.is_empty() { places::zone_at(lat, lon) } else { None };
    let guess = guess.ok_or_else(|| Error::fields(errors))?;
    Ok(Reply(nearest_reply(&guess, lang)))
}

struct Asked {
    text: String,
    country: Option<String>,
    limit: usize,
    lang: Lang,
}

impl Asked {
    fn read(req: &Request) -> Result<Self> {
        let mut errors = Vec::new();
        let text = query(req, "q")?.unwrap_or_default();
        let chars = limits::PLACE_QUERY_CHARS;
        if !chars.contains(&text.trim().chars().count()) {
            let allowed = format!("{} to {} characters", chars.start(), chars.end());
            errors.push(FieldError::new("query.q", &text, allowed));
        }
        let country = query(req, "country")?;
        if let Some(code) = country.as_deref().filter(|code| !places::is_country(code)) {
            errors.push(FieldError::new("query.country", code, "an ISO 3166-1 alpha-2 code such as DE"));
        }
        let limit = number(req, "limit")?.unwrap_or(Ok(DEFAULT_PLACES));
        let limit = limit.ok().filter(|limit| (1..=limits::PLACES_MAX).contains(limit)).unwrap_or_else(|| {
            let given = query(req, "limit").ok().flatten().unwrap_or_default();
            errors.push(FieldError::new("query.limit", given, format!("1 to {}", limits::PLACES_MAX)));
            DEFAULT_PLACES
        });
        let lang = language(req, &mut errors)?;
        if errors.is_empty() { Ok(Self { text, country, limit, lang }) } else { Err(Error::fields(errors)) }
    }
}

/// A number of the query, if there is one, or what stood in its place.
fn number<N: FromStr>(req: &Request, name: &str) -> Result<Option<Result<N, String>>> {
    Ok(query(req, name)?.map(|text| text.parse().map_err(|_| text)))
}

fn degrees(req: &Request, name: &str, limit: f64, errors: &mut Vec<FieldError>) -> Result<f64> {
    let allowed = format!("degrees, -{limit} to {limit}");
    match number::<f64>(req, name)? {
        Some(Ok(value)) if value.abs() <= limit => return Ok(value),
        Some(Ok(value)) => errors.push(FieldError::new(format!("query.{name}"), value, allowed)),
        Some(Err(text)) => errors.push(FieldError::new(format!("query.{name}"), text, allowed)),
        None => errors.push(FieldError::unshown(format!("query.{name}"), allowed)),
    }
    Ok(0.0)
}

fn language(req: &Request, errors: &mut Vec<FieldError>) -> Result<Lang> {
    let Some(code) = query(req, "lang")? else { return Ok(Lang::En) };
    Ok(Lang::from_code(&code).unwrap_or_else(|| {
        errors.push(FieldError::new("query.lang", code, "one of: en, fr"));
        Lang::En
    }))
}
