//! `/v1/embeddings` in OpenAI's shape, so that its clients can be pointed here. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request, Response};

use super::completions::fail;
use super::stream::warn;
use crate::auth::Scope;
use crate::chat::embeddings::Wanted;
use crate::error::Result;
use crate::http::body::json;
use crate::http::caller::{app, arrival, caller_for};
use crate::http::idempotency;
use crate::http::problem::Failure;
use crate::http::quota;
use crate::http::reply::write_json;
use crate::http::wire::embeddings::{EmbeddingList, EmbeddingRequest};

/// Turn texts into vectors
///
/// In OpenAI's shape; errors too. By the sentence encoder in use, which `/v1/models` names beside the others; vectors have
/// length 1. Texts stay on the machine and are not kept. A text of more tokens than the model reads is refused, not cut.
#[endpoint(
    tags("openai"),
    security(["bearer" = []]),
    request_body = EmbeddingRequest,
    responses(
        (status_code = 200, body = EmbeddingList, description = "The vectors"),
        (status_code = "4XX", body = Failure, description = "The request was refused"),
        (status_code = "5XX", body = Failure, description = "The appliance could not answer"),
    )
)]
pub async fn embed(req: &mut Request, depot: &mut Depot, res: &mut Response) {
    match answer(req, depot, res).await {
        Ok(list) => write_json(res, &list),
        Err(error) => fail(res, &error),
    }
}

async fn answer(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<EmbeddingList> {
    let (app, request) = (app(depot)?, arrival(depot)?);
    let caller = caller_for(&app, req, Scope::Chat)?;
    idempotency::refuse(req, "vectors are not kept; the same texts give the same ones")?;
    let asked = json::<EmbeddingRequest>(req, app.body_max_bytes()).await?.value.read()?;
    let count = quota::begin(&app, &caller, res)?;
    let (model, is_base64) = (asked.model.clone(), asked.is_base64);
    let wanted = Wanted {
        caller,
        request,
        model: asked.model,
        texts: asked.texts,
        is_list: asked.is_list,
        dimensions: asked.dimensions,
        count,
    };
    let embedded = app.embeddings().embed(wanted).await;
    quota::tell(&app, &caller, res);
    let embedded = embedded?;
    warn(res, embedded.budget_warning.as_deref());
    Ok(EmbeddingList::new(model, embedded.vectors, embedded.tokens, is_base64))
}
