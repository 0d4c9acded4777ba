//! `/v1/ops/rulesets`: the operator's work on rulesets. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::astro::rulesets::RulesetId;
use crate::charts::rulesets::{Change, Kept, State};
use crate::error::{Code, Error, Result};
use crate::http::body::{json, only_queries, unfound};
use crate::http::caller::{app, arrival, operator};
use crate::http::idempotency::{Seen, seen};
use crate::http::problem::Problem;
use crate::http::reply::{Reply, Stored};
use crate::http::wire::rulesets::{CloneRequest, Document, RulesetDeleted, RulesetList, RulesetReply, RulesetSummary};
use crate::idempotency::also;

fn id(req: &Request) -> Result<RulesetId> {
    let part = |name| req.param::<String>(name).unwrap_or_default();
    RulesetId::new(&part("name"), &part("version")).ok_or_else(|| missing(req, Code::RulesetNotFound.into()))
}

/// Of a ruleset that is not there, the version in the path that names it.
fn missing(req: &Request, error: Error) -> Error {
    unfound(req, "version", error)
}

/// Rulesets: those of the program, then the others by name and version
#[endpoint(tags("operator"), security(["bearer" = []]))]
pub async fn list(req: &mut Request, depot: &mut Depot) -> Result<Reply<RulesetList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let rulesets = app.rulesets().list()?;
    Ok(Reply(RulesetList { rulesets: rulesets.iter().map(RulesetSummary::from).collect() }))
}

/// One ruleset, with its document
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("name" = String, Path, description = "Name of the ruleset"),
        ("version" = String, Path, description = "Its version"),
    )
)]
pub async fn show(req: &mut Request, depot: &mut Depot) -> Result<Reply<RulesetReply>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let found = app.rulesets().get(&id(req)?).map_err(|error| missing(req, error))?;
    Ok(Reply(RulesetReply::from(&found)))
}

/// Draft a new version of a ruleset, with changes
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    request_body = CloneRequest,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"))
)]
pub async fn clone(req: &mut Request, depot: &mut Depot) -> Result<Stored<RulesetReply, 201>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = operator(&app, req)?;
    let body = json::<CloneRequest>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &caller, req, &body.bytes)? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let CloneRequest { source, new_name, new_version, changes } = body.value;
    let draft = app.rulesets().draft(&source, new_name.as_deref(), &new_version, changes)?;
    let (prepared, record) = once.prepare(&app, &RulesetReply::from(&draft))?;
    let outcome = app.rulesets().keep(&arrival, &caller.actor(), &draft, also(record)).await;
    Ok(prepared.settle(&app, outcome)?)
}

/// Replace the document of a draft
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("name" = String, Path, description = "Name of the ruleset"),
        ("version" = String, Path, description = "Its version"),
    ),
    request_body = Document
)]
pub async fn replace(req: &mut Request, depot: &mut Depot) -> Result<Reply<RulesetReply>, Problem> {
    change(req, depot, |Document(document)| Change::Replace(document)).await
}

/// Change a draft by a merge patch (RFC 7396)
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("name" = String, Path, description = "Name of the ruleset"),
        ("version" = String, Path, description = "Its version"),
    ),
    request_body = Document
)]
pub async fn patch(req: &mut Request, depot: &mut Depot) -> Result<Reply<RulesetReply>, Problem> {
    change(req, depot, |Document(changes)| Change::Merge(changes)).await
}

async fn change(
    req: &mut Request,
    depot: &mut Depot,
    read: fn(Document) -> Change,
) -> Result<Reply<RulesetReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let body = json::<Document>(req, app.body_max_bytes()).await?;
    let changed = app.rulesets().change(&arrival, &actor, &id(req)?, read(body.value)).await;
    let changed = changed.map_err(|error| missing(req, error))?;
    Ok(Reply(RulesetReply::from(&changed)))
}

/// Remove a draft
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("name" = String, Path, description = "Name of the ruleset"),
        ("version" = String, Path, description = "Its version"),
    )
)]
pub async fn delete(req: &mut Request, depot: &mut Depot) -> Result<Reply<RulesetDeleted>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let id = id(req)?;
    app.rulesets().delete(&arrival, &actor, &id).await.map_err(|error| missing(req, error))?;
    Ok(Reply(RulesetDeleted { deleted: id.to_string() }))
}

/// Lock a draft for good; only then can it be activated
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("name" = String, Path, description = "Name of the ruleset"),
        ("version" = String, Path, description = "Its version"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"),
    )
)]
pub async fn lock(req: &mut Request, depot: &mut Depot) -> Result<Stored<RulesetSummary, 200>, Problem> {
    advance(req, depot, Step::Lock).await
}

/// Make charts with this ruleset from now on
///
/// Kept charts stay as they are, and each names the ruleset that it was made with. To go back, activate the one before.
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("name" = String, Path, description = "Name of the ruleset"),
        ("version" = String, Path, description = "Its version"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"),
    )
)]
pub async fn activate(req: &mut Request, depot: &mut Depot) -> Result<Stored<RulesetSummary, 200>, Problem> {
    advance(req, depot, Step::Activate).await
}

/// A ruleset's way from draft to service.
enum Step {
    Lock,
    Activate,
}

async fn advance(req: &mut Request, depot: &mut Depot, step: Step) -> Result<Stored<RulesetSummary, 200>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = operator(&app, req)?;
    let once = match seen(&app, &caller, req, &[])? {
        Seen::Before(answer) => return Ok(answer),
        Seen::Never(once) => once,
    };
    let id = id(req)?;
    let (now, actor) = (app.rulesets().get(&id).map_err(|error| missing(req, error))?, caller.actor());
    let then = match step {
        Step::Lock => Kept { state: State::Locked, ..now },
        Step::Activate => Kept { active: true, ..now },
    };
    let (prepared, record) = once.prepare(&app, &RulesetSummary::from(&then))?;
    let outcome = match step {
        Step::Lock => app.rulesets().lock(&arrival, &actor, &id, also(record)).await,
        Step::Activate => app.rulesets().activate(&arrival, &actor, &id, also(record)).await,
    };
    Ok(prepared.settle(&app, outcome)?)
}
