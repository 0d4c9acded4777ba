//! `/v1/retrieval/search`: the knowledge corpus in plain words. Owns no rule.

use salvo::oapi::endpoint;
use salvo::{Depot, Request};

use super::chat::language;
use crate::auth::Scope;
use crate::error::{Error, FieldError, Result};
use crate::http::body::json;
use crate::http::caller::{app, caller_for};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::chat::{HitReply, SearchReply, SearchRequest};
use crate::limits;
use crate::retrieval::{Filters, Hit, Query};

/// Hits of a search when the client names no limit.
const DEFAULT_HITS: u32 = 10;

/// Search the knowledge corpus
///
/// Plain words, accents and inflection aside; no character has a special meaning. What is not there is not found.
#[endpoint(tags("knowledge"), security(["bearer" = []]), request_body = SearchRequest)]
pub async fn search(req: &mut Request, depot: &mut Depot) -> Result<Reply<SearchReply>, Problem> {
    let app = app(depot)?;
    caller_for(&app, req, Scope::Read)?;
    let query = query(json::<SearchRequest>(req, app.body_max_bytes()).await?.value)?;
    let outcome = app.retrieval().search(&query);
    app.metrics().searched(match &outcome {
        Ok(hits) if hits.is_empty() => "empty",
        Ok(_) => "found",
        Err(_) => "failed",
    });
    let hits = outcome.map_err(Error::from)?.into_iter().map(hit).collect();
    Ok(Reply(SearchReply { hits, index_generation: app.retrieval().state() }))
}

fn query(asked: SearchRequest) -> Result<Query> {
    let mut errors = Vec::new();
    let chars = asked.query.chars().count();
    if !(1..=limits::QUERY_MAX_CHARS).contains(&chars) {
        let allowed = format!("1 to {} characters", limits::QUERY_MAX_CHARS);
        errors.push(FieldError::new("query", &asked.query, allowed));
    }
    let limit = asked.limit.unwrap_or(DEFAULT_HITS) as usize;
    if !(1..=limits::SEARCH_MAX_HITS).contains(&limit) {
        errors.push(FieldError::new("limit", limit, format!("1 to {}", limits::SEARCH_MAX_HITS)));
    }
    if let Some(house) = asked.house.filter(|h| !(1..=12).contains(h)) {
        errors.push(FieldError::new("house", house, "1 to 12"));
    }
    if !errors.is_empty() {
        return Err(Error::fields(errors));
    }
    let filters = Filters {
        kind: asked.kind,
        body: asked.body,
        sign: asked.sign,
        house: asked.house,
        aspect: asked.aspect,
        ..Filters::default()
    };
    Ok(Query { text: asked.query, lang: language(asked.lang.as_deref())?, limit, filters })
}

fn hit(hit: Hit) -> HitReply {
    let passage = std::sync::Arc::unwrap_or_clone(hit.passage);
    HitReply {
        id: passage.id,
        lang: passage.lang.code().to_owned(),
        title: passage.title,
        passage: passage.text,
        score: hit.score,
        kind: passage.kind,
        body: passage.body,
        sign: passage.sign,
        house: passage.house,
        aspect: passage.aspect,
    }
}
