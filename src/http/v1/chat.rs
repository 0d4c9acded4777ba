//! `/v1/chat/advise` and the answers kept of a chart. Parse, prove who asks, call, map.

use std::sync::Arc;

use salvo::oapi::endpoint;
use salvo::{Depot, Request, Response};

use super::charts::named;
use crate::app::App;
use crate::astro::Lang;
use crate::audit::RequestContext;
use crate::auth::{Caller, Scope};
use crate::chat::advisor::{Advisor, Also, Asked};
use crate::chat::stream::Reader;
use crate::chat::{Answer, Answered, Question, Said};
use crate::config::{Hop, Route};
use crate::error::{Code, Error, FieldError, Result};
use crate::http::body::{json, only_queries, page, path_id, unfound};
use crate::http::caller::{app, arrival, caller_for};
use crate::http::idempotency::{Once, Prepared, Seen, seen};
use crate::http::problem::Problem;
use crate::http::quota;
use crate::http::reply::Reply;
use crate::http::v1::stream::{self, Advised};
use crate::http::wire::chat::{AdviseReply, AdviseRequest, AnswerList, KeptAnswer};
use crate::idempotency::also;
use crate::ids::{AnswerId, ChartId};
use crate::tenants::quotas::Charge;

/// A language code, or what is allowed.
pub fn language(code: Option<&str>) -> Result<Option<Lang>> {
    let Some(code) = code else { return Ok(None) };
    let refused = || Error::fields(vec![FieldError::new("lang", code, "one of: en, fr")]);
    Lang::from_code(code).map(Some).ok_or_else(refused)
}

/// Answers a question about one of the caller's charts; nothing is kept yet.
pub fn answer(app: &App, caller: &Caller, asked: &AdviseRequest) -> Result<(Answered, Answer)> {
    let lang = language(asked.lang.as_deref())?;
    let stored = named(app, caller, "chart_id", &asked.chart_id)?;
    let ruleset = app.rulesets().of_chart(&stored.chart)?;
    let today = app.charts().today(&stored, None, None, &ruleset)?;
    let question = Question { text: &asked.question, lang, default_lang: Lang::En };
    let answer = app.advise(&stored.chart, &today, question)?;
    app.metrics().answered(&answer.provider, answer.language.code());
    let said = Said { question: asked.question.trim().to_owned(), answer: answer.text.clone() };
    Ok((app.answers().draft(stored.id, answer.provider.clone(), said), answer))
}

/// Who is asked, for a caller who may want a provider.
pub fn route(app: &App, caller: &Caller, asked: &AdviseRequest) -> Result<Route> {
    let known = |code: &str| {
        let refused = || Error::fields(vec![FieldError::new("provider", code, "one of: local, remote, composer")]);
        Hop::from_code(code).ok_or_else(refused)
    };
    app.advisor().route(caller, asked.provider.as_deref().map(known).transpose()?)
}

/// Begins to answer a question by a route with a model in it, or for somebody who reads along.
pub fn begin(
    app: &Arc<App>,
    (caller, request, charge): (Caller, RequestContext, Charge),
    asked: AdviseRequest,
    route: Route,
    reads_along: bool,
    once: Once,
) -> Result<Reader> {
    let lang = language(asked.lang.as_deref())?;
    let chart = named(app, &caller, "chart_id", &asked.chart_id)?;
    let ruleset = app.rulesets().of_chart(&chart.chart)?;
    let today = app.charts().today(&chart, None, None, &ruleset)?;
    let sealing = Arc::clone(app);
    let seal = move |answered: &Answered, answer: Answer| {
        let complete = answer.complete;
        let (prepared, record): (Prepared<AdviseReply, 200>, _) =
            once.prepare(&sealing, &AdviseReply::new(answered, answer))?;
        // Half an answer is nothing to repeat.
        let record = also(record.filter(|_| complete));
        let charge = charge.clone();
        let write: Also = Box::new(move |tx| charge.apply(tx).and_then(|()| record(tx)));
        Ok((prepared.into_data(), write))
    };
    app.advisor().start(Asked {
        caller,
        request,
        chart,
        today,
        question: asked.question,
        lang,
        route,
        keeps_part: reads_along,
        seal: Box::new(seal),
    })
}

/// Ask a question about a chart
///
/// The answer cites passages of the knowledge corpus and states facts of the chart and of today; each sentence was checked
/// against both before it was sent. It is given in the question's language. With `Accept: text/event-stream` it comes
/// sentence by sentence, as events `meta`, `delta`, `citation`, `usage`, `done` (the whole answer) and `error`.
#[endpoint(
    tags("chat"),
    security(["bearer" = []]),
    request_body = AdviseRequest,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"))
)]
pub async fn advise(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<Advised, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller_for(&app, req, Scope::Chat)?;
    let body = json::<AdviseRequest>(req, app.body_max_bytes()).await?;
    let is_streamed = stream::is_wanted(req);
    let once = match seen(&app, &caller, req, &body.bytes)? {
        Seen::Before(answer) => {
            quota::tell(&app, &caller, res);
            return Ok(Advised::again(app, answer, is_streamed));
        }
        Seen::Never(once) => once,
    };
    let charge = quota::begin(&app, &caller, res)?;
    let route = route(&app, &caller, &body.value)?;
    if is_streamed || !Advisor::is_composed(&route) {
        let reader = begin(&app, (caller, arrival, charge), body.value, route, is_streamed, once.clone())?;
        if is_streamed {
            quota::tell(&app, &caller, res);
            return Ok(Advised::begun(app, reader).await?);
        }
        let finished = reader.outcome().await;
        quota::tell(&app, &caller, res);
        let warning = finished.as_ref().ok().and_then(|finished| finished.budget_warning.clone());
        let stored = once.settle(&app, finished.map(|finished| finished.data.to_vec()))?;
        return Ok(Advised::Whole(stored, warning));
    }
    let (answered, answer) = answer(&app, &caller, &body.value)?;
    let (prepared, record) = once.prepare(&app, &AdviseReply::new(&answered, answer))?;
    let (record, is_bounded) = (also(record), charge.is_bounded());
    let keep = app.answers().keep(&caller, &arrival, &answered, move |tx| charge.apply(tx).and_then(|()| record(tx)));
    let outcome = keep.await;
    quota::end(&app, &caller, is_bounded, &outcome, res);
    Ok(Advised::Whole(prepared.settle(&app, outcome)?, None))
}

/// Answers about a chart, newest first
#[endpoint(
    tags("chat"),
    security(["bearer" = []]),
    parameters(
        ("id" = String, Path, description = "Id of the chart"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 20"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn answers(req: &mut Request, depot: &mut Depot) -> Result<Reply<AnswerList>, Problem> {
    let app = app(depot)?;
    let caller = caller_for(&app, req, Scope::Read)?;
    only_queries(req, &["limit", "cursor"])?;
    let chart: ChartId = path_id(req, "id", Code::ChartNotFound)?;
    let page = page::<AnswerId>(req)?;
    let (rows, more) =
        app.answers().list(&caller, chart, page.limit, page.after).map_err(|error| unfound(req, "id", error))?;
    let next_cursor = rows.last().filter(|_| more).map(|a| a.id.to_string());
    let listed = rows.into_iter().map(|a| KeptAnswer {
        id: a.id.to_string(),
        created_at: a.created_at.rfc3339(),
        provider: a.provider,
        question: a.said.question,
        answer: a.said.answer,
    });
    Ok(Reply(AnswerList { answers: listed.collect(), next_cursor }))
}
