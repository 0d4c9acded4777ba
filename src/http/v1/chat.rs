//! `/v1/chat/advise` and the answers kept of a chart. Parse, prove who asks, call, map.

use salvo::oapi::endpoint;
use salvo::{Depot, Request, Response};

use super::charts::named;
use crate::app::App;
use crate::astro::Lang;
use crate::auth::{Caller, Scope};
use crate::chat::{Answer, Answered, Question, Said};
use crate::error::{Code, Error, FieldError, Result};
use crate::http::body::{json, only_queries, page, path_id, unfound};
use crate::http::caller::{app, arrival, caller_for};
use crate::http::idempotency::{Seen, seen};
use crate::http::problem::Problem;
use crate::http::quota;
use crate::http::reply::{Reply, Stored};
use crate::http::wire::chat::{AdviseReply, AdviseRequest, AnswerList, KeptAnswer};
use crate::idempotency::also;
use crate::ids::{AnswerId, ChartId};

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

/// Ask a question about a chart
///
/// The answer cites passages of the knowledge corpus and states facts of the chart and of today; each sentence was checked
/// against both before it was sent. It is given in the question's language.
#[endpoint(
    tags("chat"),
    security(["bearer" = []]),
    request_body = AdviseRequest,
    parameters(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 printable ASCII characters"))
)]
pub async fn advise(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<Stored<AdviseReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller_for(&app, req, Scope::Chat)?;
    let body = json::<AdviseRequest>(req, app.body_max_bytes()).await?;
    let once = match seen(&app, &caller, req, &body.bytes)? {
        Seen::Before(answer) => {
            quota::tell(&app, &caller, res);
            return Ok(answer);
        }
        Seen::Never(once) => once,
    };
    let charge = quota::begin(&app, &caller, res)?;
    let (answered, answer) = answer(&app, &caller, &body.value)?;
    let (prepared, record) = once.prepare(&app, &AdviseReply::new(&answered, answer))?;
    let record = also(record);
    let keep = app.answers().keep(&caller, &arrival, &answered, move |tx| charge.apply(tx).and_then(|()| record(tx)));
    let outcome = keep.await;
    quota::end(&app, &caller, &outcome, res);
    Ok(prepared.settle(&app, outcome)?)
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
