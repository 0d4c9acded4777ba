//! `/v1/ops/jobs` and `/v1/jobs`: the queue as operators see and change it, and a user's own jobs. Owns no rule.

use std::convert::Infallible;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use salvo::http::{HeaderValue, ResBody, StatusCode, header};
use salvo::oapi::{Components, EndpointOutRegister, Operation, endpoint};
use salvo::{Depot, Request, Response, Scribe};

use crate::app::App;
use crate::astro::Lang;
use crate::clock::UnixMs;
use crate::error::{Code, Error, FieldError, Result};
use crate::http::body::{json, only_queries, page, path_id, query};
use crate::http::caller::{app, arrival, caller, operator};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::wire::jobs::{
    Activity, ActivityDay, CronList, DeadLetters, JobList, JobReply, MyJob, Paused, QueueReply, Rate, ReportRequest,
    Retried, RetryRequest, Share, Stats,
};
use crate::ids::{JobId, TenantId, UserId};
use crate::jobs::admin::{Filter, Page};
use crate::jobs::state::is_final;
use crate::jobs::{JobKey, JobRow, JobState, RateRow, ShareRow, is_name};
use crate::limits;
use crate::tenants::is_slug;
use crate::worker::desk::Action;
use crate::worker::report::NatalReport;

/// How often a stream of progress says that it is still there.
const STREAM_BEAT: Duration = Duration::from_secs(15);

/// Where a list goes on: tenant and job.
struct Cursor(JobKey);

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (tenant, job) = text.split_once('.').ok_or(())?;
        Ok(Self((tenant.parse().map_err(drop)?, job.parse().map_err(drop)?)))
    }
}

fn cursor(next: Option<JobKey>) -> Option<String> {
    next.map(|(tenant, job)| format!("{tenant}.{job}"))
}

fn tenant_of(app: &App, slug: Option<&str>) -> Result<Option<TenantId>> {
    slug.map(|slug| app.tenants().by_slug(slug).map(|tenant| tenant.id)).transpose()
}

/// The page of jobs that the query asks for; `state` is fixed by the route, or read.
fn found(app: &App, req: &Request, state: Option<JobState>) -> Result<Page> {
    let named = |name: &str, is_right: fn(&str) -> bool| {
        let wrong = |text: &str| FieldError::new(format!("query.{name}"), text, "1 to 64 of a-z, 0-9, _ and -");
        match query(req, name)? {
            Some(text) if !is_right(&text) => Err(Error::fields(vec![wrong(&text)])),
            text => Ok(text),
        }
    };
    let mut filter = Filter { state, queue: named("queue", is_name)?, task: named("task", is_name)?, tenant: None };
    filter.tenant = tenant_of(app, named("tenant", is_slug)?.as_deref())?;
    if state.is_none()
        && let Some(text) = query(req, "state")?
    {
        let allowed = || format!("one of: {}", JobState::ALL.map(JobState::as_str).join(", "));
        let read = JobState::from_code(&text);
        filter.state = Some(read.ok_or_else(|| Error::fields(vec![FieldError::new("query.state", &text, allowed())]))?);
    }
    let page = page::<Cursor>(req)?;
    app.worker().desk().list(&filter, page.after.map(|Cursor(key)| key), page.limit)
}

/// Jobs, of each tenant the newest first
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("state" = Option<String>, Query, description = "scheduled, available, running, retryable, completed, cancelled, discarded, quarantined"),
        ("queue" = Option<String>, Query, description = "Name of a queue"),
        ("task" = Option<String>, Query, description = "Kind of job"),
        ("tenant" = Option<String>, Query, description = "Slug of a tenant"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 20"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn list(req: &mut Request, depot: &mut Depot) -> Result<Reply<JobList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &["state", "queue", "task", "tenant", "limit", "cursor"])?;
    let page = found(&app, req, None)?;
    let jobs = page.jobs.iter().map(|(key, row)| JobReply::from((*key, row))).collect();
    Ok(Reply(JobList { jobs, next_cursor: cursor(page.next) }))
}

fn letters(req: &Request, depot: &Depot, state: JobState) -> Result<Reply<DeadLetters>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &["queue", "task", "tenant", "limit", "cursor"])?;
    let page = found(&app, req, Some(state))?;
    let entries = page.jobs.iter().map(|(key, row)| (*key, row).into()).collect();
    Ok(Reply(DeadLetters { entries, next_cursor: cursor(page.next) }))
}

/// Dead letters: jobs that failed for good, with what they were to do and why they failed
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("queue" = Option<String>, Query, description = "Name of a queue"),
        ("task" = Option<String>, Query, description = "Kind of job"),
        ("tenant" = Option<String>, Query, description = "Slug of a tenant"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 20"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn dead(req: &mut Request, depot: &mut Depot) -> Result<Reply<DeadLetters>, Problem> {
    letters(req, depot, JobState::Discarded)
}

/// Jobs that cannot be read, or that brought the process down twice
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("queue" = Option<String>, Query, description = "Name of a queue"),
        ("task" = Option<String>, Query, description = "Kind of job"),
        ("tenant" = Option<String>, Query, description = "Slug of a tenant"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 20"),
        ("cursor" = Option<String>, Query, description = "next_cursor of the page before"),
    )
)]
pub async fn quarantine(req: &mut Request, depot: &mut Depot) -> Result<Reply<DeadLetters>, Problem> {
    letters(req, depot, JobState::Quarantined)
}

/// Retry all dead jobs of a kind, a queue, a tenant, or all there are
#[endpoint(tags("operator"), security(["bearer" = []]), request_body = RetryRequest)]
pub async fn retry_dead(req: &mut Request, depot: &mut Depot) -> Result<Reply<Retried>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let body = json::<RetryRequest>(req, app.body_max_bytes()).await?.value;
    let tenant = tenant_of(&app, body.tenant.as_deref())?;
    let filter = Filter { state: None, queue: body.queue, task: body.task, tenant };
    Ok(Reply(Retried { retried: app.worker().desk().retry_all(&arrival, &actor, filter).await? }))
}

/// How every queue stands
#[endpoint(tags("operator"), security(["bearer" = []]))]
pub async fn stats(req: &mut Request, depot: &mut Depot) -> Result<Reply<Stats>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let queues = app.worker().desk().stats()?;
    Ok(Reply(Stats { queues: queues.iter().map(QueueReply::from).collect() }))
}

/// One job
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("id" = String, Path, description = "Id of the job")))]
pub async fn show(req: &mut Request, depot: &mut Depot) -> Result<Reply<JobReply>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let (key, row) = app.worker().desk().find(path_id(req, "id", Code::JobNotFound)?)?;
    Ok(Reply(JobReply::from((key, &row))))
}

async fn act(req: &Request, depot: &Depot, action: Action) -> Result<Reply<JobReply>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let id = path_id(req, "id", Code::JobNotFound)?;
    let (key, row) = app.worker().desk().act(&arrival, &actor, id, action).await?;
    Ok(Reply(JobReply::from((key, &row))))
}

/// Run a dead or cancelled job again from the beginning, or a waiting one now
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("id" = String, Path, description = "Id of the job")))]
pub async fn retry(req: &mut Request, depot: &mut Depot) -> Result<Reply<JobReply>, Problem> {
    act(req, depot, Action::Retry).await
}

/// Call a job off; a running one is asked to end
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("id" = String, Path, description = "Id of the job")))]
pub async fn cancel(req: &mut Request, depot: &mut Depot) -> Result<Reply<JobReply>, Problem> {
    act(req, depot, Action::Cancel).await
}

/// Remove a dead or quarantined job for good; the answer shows what it was
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("id" = String, Path, description = "Id of the job")))]
pub async fn discard(req: &mut Request, depot: &mut Depot) -> Result<Reply<JobReply>, Problem> {
    act(req, depot, Action::Discard).await
}

/// Let a job out of quarantine
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("id" = String, Path, description = "Id of the job")))]
pub async fn replay(req: &mut Request, depot: &mut Depot) -> Result<Reply<JobReply>, Problem> {
    act(req, depot, Action::Replay).await
}

/// Recurring jobs, and when they are due
#[endpoint(tags("operator"), security(["bearer" = []]))]
pub async fn cron(req: &mut Request, depot: &mut Depot) -> Result<Reply<CronList>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    Ok(Reply(CronList { cron: app.worker().desk().cron()?.iter().map(Into::into).collect() }))
}

async fn hold_cron(req: &Request, depot: &Depot, paused: bool) -> Result<Reply<Paused>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let name = req.param::<String>("name").unwrap_or_default();
    app.worker().desk().pause_cron(&arrival, &actor, &name, paused).await?;
    Ok(Reply(Paused { name, paused }))
}

/// Pause a recurring job: its ticks are passed over
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("name" = String, Path, description = "Its name")))]
pub async fn pause_cron(req: &mut Request, depot: &mut Depot) -> Result<Reply<Paused>, Problem> {
    hold_cron(req, depot, true).await
}

/// Let a recurring job go on
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("name" = String, Path, description = "Its name")))]
pub async fn resume_cron(req: &mut Request, depot: &mut Depot) -> Result<Reply<Paused>, Problem> {
    hold_cron(req, depot, false).await
}

async fn hold_queue(req: &Request, depot: &Depot, paused: bool) -> Result<Reply<Paused>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let name = req.param::<String>("name").unwrap_or_default();
    app.worker().desk().pause_queue(&arrival, &actor, &name, paused).await?;
    Ok(Reply(Paused { name, paused }))
}

/// Start no more jobs of a queue
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("name" = String, Path, description = "Its name")))]
pub async fn pause_queue(req: &mut Request, depot: &mut Depot) -> Result<Reply<Paused>, Problem> {
    hold_queue(req, depot, true).await
}

/// Let a queue go on
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("name" = String, Path, description = "Its name")))]
pub async fn resume_queue(req: &mut Request, depot: &mut Depot) -> Result<Reply<Paused>, Problem> {
    hold_queue(req, depot, false).await
}

/// Bound how many jobs of a queue start in a period
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("name" = String, Path, description = "Its name")),
    request_body = Rate
)]
pub async fn set_rate(req: &mut Request, depot: &mut Depot) -> Result<Reply<Rate>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let body = json::<Rate>(req, app.body_max_bytes()).await?.value;
    let rate = match (body.jobs, body.per_ms) {
        (Some(jobs), Some(per_ms)) => Some(RateRow { jobs, per_ms }),
        (None, None) => None,
        _ => {
            return Err(
                Error::fields(vec![FieldError::unshown("per_ms", "given together with jobs, or neither")]).into()
            );
        }
    };
    let name = req.param::<String>("name").unwrap_or_default();
    app.worker().desk().limit_queue(&arrival, &actor, &name, rate).await?;
    Ok(Reply(body))
}

/// How a tenant shares the queues with others
#[endpoint(tags("operator"), security(["bearer" = []]), parameters(("slug" = String, Path, description = "Slug of the tenant")))]
pub async fn share(req: &mut Request, depot: &mut Depot) -> Result<Reply<Share>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &[])?;
    let tenant = app.tenants().by_slug(&req.param::<String>("slug").unwrap_or_default())?;
    Ok(Reply(app.worker().desk().share(tenant.id)?.into()))
}

/// Change how a tenant shares the queues: weight, cap, pause
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(("slug" = String, Path, description = "Slug of the tenant")),
    request_body = Share
)]
pub async fn set_share(req: &mut Request, depot: &mut Depot) -> Result<Reply<Share>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let actor = operator(&app, req)?.actor();
    let wanted: ShareRow = json::<Share>(req, app.body_max_bytes()).await?.value.into();
    let tenant = app.tenants().by_slug(&req.param::<String>("slug").unwrap_or_default())?;
    app.worker().desk().set_share(&arrival, &actor, tenant.id, wanted).await?;
    Ok(Reply(wanted.into()))
}

/// What a tenant did, by day
#[endpoint(
    tags("operator"),
    security(["bearer" = []]),
    parameters(
        ("slug" = String, Path, description = "Slug of the tenant"),
        ("days" = Option<u32>, Query, description = "1 to 400, default 31"),
    )
)]
pub async fn activity(req: &mut Request, depot: &mut Depot) -> Result<Reply<Activity>, Problem> {
    let app = app(depot)?;
    operator(&app, req)?;
    only_queries(req, &["days"])?;
    let text = query(req, "days")?.unwrap_or_else(|| "31".to_owned());
    let days = text.parse().ok().filter(|days| (1..=limits::ACTIVITY_DAYS_MAX).contains(days)).ok_or_else(|| {
        let allowed = format!("a number from 1 to {}", limits::ACTIVITY_DAYS_MAX);
        Error::fields(vec![FieldError::new("query.days", &text, allowed)])
    })?;
    let tenant = app.tenants().by_slug(&req.param::<String>("slug").unwrap_or_default())?;
    let day = |day: crate::worker::activity::Day| ActivityDay {
        date: UnixMs(u64::from(day.day) * 86_400_000).rfc3339().chars().take(10).collect(),
        charts: day.counts.charts,
        charts_deleted: day.counts.charts_deleted,
        answers: day.counts.answers,
        logins: day.counts.logins,
    };
    Ok(Reply(Activity { days: app.worker().activity(tenant.id, days)?.into_iter().map(day).collect() }))
}

/// Have a report of a chart made: a page with its wheel, placements and aspects
///
/// The answer is the job; its result is the page, kept for a day. While one is being made for the chart and language, it is
/// the same job.
#[endpoint(
    tags("charts"),
    security(["bearer" = []]),
    parameters(("id" = String, Path, description = "Id of the chart")),
    request_body = ReportRequest
)]
pub async fn report(req: &mut Request, depot: &mut Depot) -> Result<Reply<MyJob, 202>, Problem> {
    let (app, arrival) = (app(depot)?, arrival(depot)?);
    let caller = caller(&app, req)?;
    let body = json::<ReportRequest>(req, app.body_max_bytes()).await?.value;
    let lang = body.lang.unwrap_or_else(|| "en".to_owned());
    if Lang::from_code(&lang).is_none() {
        return Err(Error::fields(vec![FieldError::new("lang", &lang, "one of: en, fr")]).into());
    }
    let chart = app.charts().get(&caller, path_id(req, "id", Code::ChartNotFound)?)?.id;
    let owner = (caller.tenant, caller.user);
    let enqueued = app.worker().desk().ask(&arrival, owner, &caller.actor(), &NatalReport { chart, lang }).await?;
    Ok(Reply(my_job(&app, owner, enqueued.id)?))
}

fn my_job(app: &App, owner: (TenantId, UserId), id: JobId) -> Result<MyJob> {
    let desk = app.worker().desk();
    let row: JobRow = desk.of(owner, id)?;
    let progress = app.worker().jobs().progress((owner.0, id));
    let has_result = row.state == JobState::Completed && desk.has_result(owner, id)?;
    Ok(MyJob {
        id: id.to_string(),
        task: row.task,
        state: row.state.as_str().to_owned(),
        enqueued_at: row.enqueued_at.rfc3339(),
        finished_at: row.finished_at.map(UnixMs::rfc3339),
        progress_done: progress.map(|(done, _)| done),
        progress_total: progress.map(|(_, total)| total),
        result: has_result.then(|| format!("/v1/jobs/{id}/result")),
    })
}

/// A job that you caused
///
/// With `Accept: text/event-stream`: an event `job` with the same data at each change, until the job has ended.
#[endpoint(
    tags("jobs"),
    security(["bearer" = []]),
    parameters(("id" = String, Path, description = "Id of the job"))
)]
pub async fn mine(req: &mut Request, depot: &mut Depot) -> Result<Mine, Problem> {
    let app = app(depot)?;
    let caller = caller(&app, req)?;
    only_queries(req, &[])?;
    let (owner, id) = ((caller.tenant, caller.user), path_id(req, "id", Code::JobNotFound)?);
    // Before it is looked at, so that no change falls in between.
    let changes = app.worker().jobs().changes();
    let job = my_job(&app, owner, id)?;
    let accept = req.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("text/event-stream") {
        Ok(Mine::Followed(Box::new(Watch { app, owner, id, changes, last: String::new(), over: false })))
    } else {
        Ok(Mine::Once(Reply(job)))
    }
}

/// A job once, or as often as it changes.
pub enum Mine {
    Once(Reply<MyJob>),
    Followed(Box<Watch>),
}

impl Scribe for Mine {
    fn render(self, res: &mut Response) {
        let watch = match self {
            Self::Once(reply) => return reply.render(res),
            Self::Followed(watch) => watch,
        };
        let headers = res.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        res.status_code(StatusCode::OK);
        res.stream(stream::unfold(watch, |mut watch| async move {
            let text = watch.next().await?;
            Some((Ok::<_, Infallible>(text), watch))
        }));
    }
}

impl EndpointOutRegister for Mine {
    fn register(components: &mut Components, operation: &mut Operation) {
        Reply::<MyJob>::register(components, operation);
    }
}

/// Somebody who watches a job.
pub struct Watch {
    app: Arc<App>,
    owner: (TenantId, UserId),
    id: JobId,
    changes: tokio::sync::broadcast::Receiver<JobKey>,
    last: String,
    over: bool,
}

impl Watch {
    /// The next event, or a sign of life; `None` when the job has ended or is gone.
    async fn next(&mut self) -> Option<String> {
        use tokio::sync::broadcast::error::RecvError;
        loop {
            if self.over {
                return None;
            }
            let job = my_job(&self.app, self.owner, self.id).ok()?;
            self.over = JobState::from_code(&job.state).is_none_or(is_final);
            let text = serde_json::to_string(&job).ok()?;
            if text != self.last {
                self.last.clone_from(&text);
                return Some(format!("event: job\ndata: {text}\n\n"));
            }
            let own = (self.owner.0, self.id);
            let changed = async {
                loop {
                    match self.changes.recv().await {
                        Ok(key) if key == own => break true,
                        Ok(_) => {}
                        Err(RecvError::Lagged(_)) => break true,
                        Err(RecvError::Closed) => break false,
                    }
                }
            };
            match tokio::time::timeout(STREAM_BEAT, changed).await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(_) => return Some(String::from(": still here\n\n")),
            }
        }
    }
}

/// What a job of yours left
#[endpoint(
    tags("jobs"),
    security(["bearer" = []]),
    parameters(("id" = String, Path, description = "Id of the job")),
    responses((status_code = 200, body = String, content_type = "text/html", description = "The result, in its own media type"))
)]
pub async fn result(req: &mut Request, depot: &mut Depot, res: &mut Response) -> std::result::Result<(), Problem> {
    let app = app(depot)?;
    let caller = caller(&app, req)?;
    only_queries(req, &[])?;
    let id = path_id(req, "id", Code::JobNotFound)?;
    let opened = app.worker().desk().result((caller.tenant, caller.user), id)?;
    let kind = HeaderValue::from_str(&opened.content_type).map_err(Error::internal)?;
    let headers = res.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    // The page may draw and nothing else.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    res.status_code(StatusCode::OK);
    res.body(ResBody::Once(opened.bytes.into()));
    Ok(())
}
