//! `/v1/ops/models`: the models on this machine, for operators. Owns no rule. A model is imported from a directory on the
//! server's disk: a body of a gigabyte would outlast any request, and a closed network has other ways to bring a file.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use crate::error::Error;
use crate::http::body::{json, only_queries, unfound};
use crate::http::caller::{app, arrival, operator};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::models::{ModelDeleted, ModelImported, ModelList, ModelReply, ModelRequest};

fn name(req: &Request) -> String {
    req.param::<String>("name").unwrap_or_default()
}

fn missing(req: &Request, error: Error) -> Problem {
    unfound(req, "name", error).into()
}

/// Models on this machine, by name
#[endpoint(tags("operator"), security(["bearer" = []]))]
pub async fn list(req: &mut Request, depot: &mut Depot) -> Result<Reply<ModelList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    Ok(Reply(ModelList { models: app.models().list()?.iter().map(ModelReply::from).collect() }))
}

/// Check a model that lies in the import directory, and keep it
///
/// A large file may take longer than the request: the import goes on, and asking again tells how it ended.
#[endpoint(tags("operator"), security(["bearer" = []]), request_body = ModelRequest)]
pub async fn import(req: &mut Request, depot: &mut Depot) -> Result<Reply<ModelImported>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let ModelRequest { file, inside, name } = json::<ModelRequest>(req, app.body_max_bytes()).await?.value;
    let imported = app.import_model(arrival, actor, &file, (inside, name)).await?;
    Ok(Reply(ModelImported::from(&imported)))
}

/// One model
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("name" = String, Path, description = "Name of the model"))
)]
pub async fn show(req: &mut Request, depot: &mut Depot) -> Result<Reply<ModelReply>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let model = app.models().get(&name(req)).map_err(|error| missing(req, error))?;
    Ok(Reply(ModelReply::from(&model)))
}

/// Read the files of a model again and compare their hashes
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("name" = String, Path, description = "Name of the model"))
)]
pub async fn verify(req: &mut Request, depot: &mut Depot) -> Result<Reply<ModelReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let verified = app.verify_model(arrival, actor, name(req)).await.map_err(|error| missing(req, error))?;
    Ok(Reply(ModelReply::from(&verified)))
}

/// Put a model to use, in the place of the one of its kind
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("name" = String, Path, description = "Name of the model"))
)]
pub async fn put_to_use(req: &mut Request, depot: &mut Depot) -> Result<Reply<ModelReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let used = app.models().put_to_use(&arrival, &actor, &name(req)).await.map_err(|error| missing(req, error))?;
    Ok(Reply(ModelReply::from(&used)))
}

/// Take a model out of use; none of its kind is used then
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("name" = String, Path, description = "Name of the model"))
)]
pub async fn release(req: &mut Request, depot: &mut Depot) -> Result<Reply<ModelReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let released = app.models().release(&arrival, &actor, &name(req)).await.map_err(|error| missing(req, error))?;
    Ok(Reply(ModelReply::from(&released)))
}

/// Remove a model that is not in use, and its files
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("name" = String, Path, description = "Name of the model"))
)]
pub async fn remove(req: &mut Request, depot: &mut Depot) -> Result<Reply<ModelDeleted>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let name = name(req);
    app.models().remove(&arrival, &actor, &name).await.map_err(|error| missing(req, error))?;
    Ok(Reply(ModelDeleted { deleted: name }))
}
