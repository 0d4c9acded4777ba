//! `/v1/sky`: the sky of an instant, over a place if one is given. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::astro::cast_under;
use crate::auth::Scope;
use crate::charts::{OptionsDraft, SkyDraft};
use crate::error::{Error, FieldError, Result};
use crate::http::body::{only_queries, query};
use crate::http::caller::{app, caller_for};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::figure::SkyReply;

/// Names that the route reads.
const QUERIES: [&str; 13] = [
    "at",
    "lat",
    "lon",
    "zodiac",
    "ayanamsa",
    "ayanamsa_epoch_jd_tt",
    "ayanamsa_value_deg",
    "house_system",
    "frame",
    "reduction",
    "altitude_m",
    "bodies",
    "ruleset",
];

/// The sky now or at any instant
///
/// Bodies and their aspects; with `lat` and `lon` angles, houses and lots too. The options are those of `POST /v1/charts`.
#[endpoint(
    tags("sky"),
    security(["bearer" = []]),
    parameters(
        ("at" = Option<String>, Query, description = "RFC 3339 instant, or Julian Date UTC; now when absent"),
        ("lat" = Option<f64>, Query, description = "Degrees, north positive"),
        ("lon" = Option<f64>, Query, description = "Degrees, east positive"),
        ("zodiac" = Option<String>, Query, description = "tropical (default) or sidereal"),
        ("ayanamsa" = Option<String>, Query, description = "With sidereal: lahiri, fagan_bradley, raman, krishnamurti, yukteshwar, de_luce, user"),
        ("ayanamsa_epoch_jd_tt" = Option<f64>, Query, description = "With ayanamsa user: its epoch, Julian Date TT"),
        ("ayanamsa_value_deg" = Option<f64>, Query, description = "With ayanamsa user: its value there, degrees"),
        ("house_system" = Option<String>, Query, description = "placidus (default), koch, porphyry, .."),
        ("frame" = Option<String>, Query, description = "geocentric (default), topocentric, heliocentric"),
        ("reduction" = Option<String>, Query, description = "apparent (default) or geometric"),
        ("altitude_m" = Option<f64>, Query, description = "With topocentric: metres above the ellipsoid"),
        ("bodies" = Option<String>, Query, description = "Codes of bodies, with commas between"),
        ("ruleset" = Option<String>, Query, description = "Name and version of the ruleset of aspects"),
    )
)]
pub async fn get(req: &mut Request, depot: &mut Depot) -> Result<Reply<SkyReply>, Problem> {
    let app = app(depot)?;
    caller_for(&app, req, Scope::Read)?;
    only_queries(req, &QUERIES)?;
    let mut draft = draft(req)?;
    let ruleset = app.rulesets().chosen("query.ruleset", draft.options.ruleset.as_deref())?;
    draft.options.ruleset = Some(ruleset.id().to_string());
    let (jd_utc, site, options) = draft.read(app.ambient().now()).map_err(Error::in_query)?;
    let figure = cast_under(jd_utc, site, &options, &ruleset).map_err(|error| Error::from(error).in_query())?;
    Ok(Reply((&figure).into()))
}

fn draft(req: &Request) -> Result<SkyDraft> {
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
    let (epoch, value) = (number("ayanamsa_epoch_jd_tt")?, number("ayanamsa_value_deg")?);
    if !errors.is_empty() {
        return Err(Error::fields(errors));
    }
    let bodies = query(req, "bodies")?;
    Ok(SkyDraft {
        at: query(req, "at")?,
        lat,
        lon,
        options: OptionsDraft {
            zodiac: query(req, "zodiac")?,
            ayanamsa: query(req, "ayanamsa")?,
            ayanamsa_epoch_jd_tt: epoch,
            ayanamsa_value_deg: value,
            house_system: query(req, "house_system")?,
            frame: query(req, "frame")?,
            reduction: query(req, "reduction")?,
            altitude_m,
            bodies: bodies.map(|list| list.split(',').map(str::to_owned).collect()),
            ruleset: query(req, "ruleset")?,
        },
    })
}
