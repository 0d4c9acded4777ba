//! E: `orrery jobs ..`, for a directory that nobody serves. A served one is asked through its interface.

use clap::{Args, Subcommand};

use super::args::DirectoryArgs;
use super::audit::with_hint;
use super::terminal::say;
use super::{Failure, config, open, runtime};
use crate::app::App;
use crate::audit::RequestContext;
use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error};
use crate::ids::JobId;
use crate::jobs::admin::Filter;
use crate::jobs::{JobKey, JobRow, JobState, ShareRow};
use crate::limits::PAGE_MAX_ROWS;
use crate::store::tables::Actor;
use crate::worker::desk::{Action, Desk};

/// `orrery jobs ..`
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List jobs, of each tenant the newest first.
    List(ListArgs),
    /// Show one job: what it is to do, its failed attempts.
    Show(JobArgs),
    /// Run a dead or cancelled job again, or a waiting one at the next start; with --all, every dead one that fits.
    Retry(RetryArgs),
    /// Call a job off.
    Cancel(JobArgs),
    /// List dead letters; with --discard, remove one for good.
    Dead(LettersArgs),
    /// List jobs in quarantine; with --replay, let one out.
    Quarantine(LettersArgs),
    /// Start no more jobs of a queue, a tenant or a recurring job.
    Pause(PauseArgs),
    /// Let a queue, a tenant or a recurring job go on.
    Resume(PauseArgs),
    /// List recurring jobs, and when they are due.
    Cron(DirectoryArgs),
    /// Say how every queue stands.
    Stats(DirectoryArgs),
}

/// Which jobs.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Only those in this queue.
    #[arg(long, value_name = "QUEUE")]
    pub queue: Option<String>,
    /// Only those of this kind.
    #[arg(long, value_name = "TASK")]
    pub task: Option<String>,
    /// Only those of this tenant.
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
}

/// `orrery jobs list ..`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those in this state.
    #[arg(long, value_parser = JobState::ALL.map(JobState::as_str))]
    pub state: Option<String>,
    /// Which.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = PAGE_MAX_ROWS)]
    pub limit: usize,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// One job.
#[derive(Debug, Args)]
pub struct JobArgs {
    /// Its id.
    #[arg(value_name = "JOB")]
    pub id: JobId,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery jobs retry ..`
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// Its id.
    #[arg(value_name = "JOB", required_unless_present = "all", conflicts_with = "all")]
    pub id: Option<JobId>,
    /// Every dead job that fits.
    #[arg(long)]
    pub all: bool,
    /// Which.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery jobs dead ..` and `orrery jobs quarantine ..`
#[derive(Debug, Args)]
pub struct LettersArgs {
    /// Remove this one for good.
    #[arg(long, value_name = "JOB")]
    pub discard: Option<JobId>,
    /// Let this one out of quarantine.
    #[arg(long, value_name = "JOB", conflicts_with = "discard")]
    pub replay: Option<JobId>,
    /// Which.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery jobs pause ..`
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// What.
    #[command(flatten)]
    pub what: PauseWhat,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// One of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct PauseWhat {
    /// A queue.
    #[arg(long, value_name = "QUEUE")]
    pub queue: Option<String>,
    /// A tenant.
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
    /// A recurring job.
    #[arg(long, value_name = "NAME")]
    pub cron: Option<String>,
}

/// Does one of the commands.
pub fn run(command: &JobsCommand) -> Result<(), Failure> {
    match command {
        JobsCommand::List(options) => {
            let state = options.state.as_deref().and_then(JobState::from_code);
            list(&options.directory, &options.filter, state, options.limit)
        }
        JobsCommand::Show(options) => {
            let (key, row) = with_app(&options.directory, async |app| app.worker().desk().find(options.id))?;
            Ok(say(&page(key, &row))?)
        }
        JobsCommand::Retry(options) => retry(options),
        JobsCommand::Cancel(options) => act(&options.directory, options.id, Action::Cancel),
        JobsCommand::Dead(options) => letters(options, JobState::Discarded),
        JobsCommand::Quarantine(options) => letters(options, JobState::Quarantined),
        JobsCommand::Pause(options) => pause(options, true),
        JobsCommand::Resume(options) => pause(options, false),
        JobsCommand::Cron(directory) => cron(directory),
        JobsCommand::Stats(directory) => stats(directory),
    }
}

fn filter(app: &App, args: &FilterArgs, state: Option<JobState>) -> Result<Filter, Error> {
    let tenant = args.tenant.as_deref().map(|slug| app.tenants().by_slug(slug)).transpose()?;
    Ok(Filter { state, queue: args.queue.clone(), task: args.task.clone(), tenant: tenant.map(|tenant| tenant.id) })
}

fn list(directory: &DirectoryArgs, args: &FilterArgs, state: Option<JobState>, limit: usize) -> Result<(), Failure> {
    let jobs = with_app(directory, async |app| {
        let filter = filter(app, args, state)?;
        let (desk, mut jobs, mut after) = (app.worker().desk(), Vec::new(), None);
        while jobs.len() < limit {
            let page = desk.list(&filter, after, limit - jobs.len())?;
            jobs.extend(page.jobs);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(jobs)
    })?;
    let lines: Vec<String> = jobs.iter().map(|(key, row)| line(*key, row)).collect();
    Ok(say(&if lines.is_empty() { String::from("there are none") } else { lines.join("\n") })?)
}

fn line((_, id): JobKey, row: &JobRow) -> String {
    let state = row.state.as_str();
    let at = row.finished_at.unwrap_or(row.run_at).rfc3339();
    format!("{id}  {state:11}  {:18} {:12} {at}  {}", row.task, row.queue, row.reason).trim_end().to_owned()
}

fn page(key: JobKey, row: &JobRow) -> String {
    let mut lines = vec![
        format!("{}  {} in {}", key.1, row.task, row.queue),
        format!("state      {}{}", row.state.as_str(), if row.cancel_requested { ", to be cancelled" } else { "" }),
        format!("tenant     {}", key.0),
    ];
    let mut add = |name: &str, text: String| lines.push(format!("{name:10} {text}"));
    if let Some(user) = row.user {
        add("user", user.to_string());
    }
    add("enqueued", row.enqueued_at.rfc3339());
    add("run at", row.run_at.rfc3339());
    if let Some(at) = row.finished_at {
        add("ended", at.rfc3339());
    }
    add("failures", format!("{} of {}", row.failures, row.failures_max));
    add("crashes", row.crashes.to_string());
    if !row.reason.is_empty() {
        add("reason", row.reason.clone());
    }
    let payload = Desk::payload(row).map_or_else(|| String::from("sealed"), |payload| payload.to_string());
    add("payload", payload);
    for attempt in &row.attempts {
        add("attempt", format!("{}  {}: {}", attempt.ended_at.rfc3339(), attempt.class, attempt.chain.join(": ")));
    }
    lines.join("\n")
}

fn act(directory: &DirectoryArgs, id: JobId, action: Action) -> Result<(), Failure> {
    let (key, row) = with_app(directory, async |app| {
        app.worker().desk().act(&RequestContext::default(), &Actor::Console, id, action).await
    })?;
    Ok(say(&match action {
        Action::Discard => format!("{id} is removed for good"),
        _ => line(key, &row),
    })?)
}

fn retry(options: &RetryArgs) -> Result<(), Failure> {
    if let Some(id) = options.id {
        return act(&options.directory, id, Action::Retry);
    }
    let retried = with_app(&options.directory, async |app| {
        let (mut retried, filter) = (0, filter(app, &options.filter, None)?);
        loop {
            let request = RequestContext::default();
            let some = app.worker().desk().retry_all(&request, &Actor::Console, filter.clone()).await?;
            retried += some;
            if some == 0 {
                return Ok(retried);
            }
        }
    })?;
    Ok(say(&format!("{retried} dead jobs are in line again"))?)
}

fn letters(options: &LettersArgs, state: JobState) -> Result<(), Failure> {
    match (options.discard, options.replay) {
        (Some(id), _) => act(&options.directory, id, Action::Discard),
        (_, Some(id)) => act(&options.directory, id, Action::Replay),
        _ => list(&options.directory, &options.filter, Some(state), usize::MAX),
    }
}

fn pause(options: &PauseArgs, paused: bool) -> Result<(), Failure> {
    let done = if paused { "is paused" } else { "goes on" };
    let what = &options.what;
    let name = with_app(&options.directory, async |app| {
        let (desk, request, by) = (app.worker().desk(), RequestContext::default(), Actor::Console);
        if let Some(queue) = &what.queue {
            desk.pause_queue(&request, &by, queue, paused).await?;
        } else if let Some(cron) = &what.cron {
            desk.pause_cron(&request, &by, cron, paused).await?;
        } else if let Some(slug) = &what.tenant {
            let tenant = app.tenants().by_slug(slug)?.id;
            let share = ShareRow { paused, ..desk.share(tenant)? };
            desk.set_share(&request, &by, tenant, share).await?;
        }
        let name = what.queue.as_ref().or(what.cron.as_ref()).or(what.tenant.as_ref());
        Ok(name.cloned().unwrap_or_default())
    })?;
    Ok(say(&format!("{name} {done}"))?)
}

fn cron(directory: &DirectoryArgs) -> Result<(), Failure> {
    let entries = with_app(directory, async |app| app.worker().desk().cron())?;
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| {
            let next = entry.next_tick.map(UnixMs::rfc3339).unwrap_or_default();
            let paused = if entry.paused { "  paused" } else { "" };
            format!("{:18} {:12} {}  next {next}{paused}", entry.name, entry.schedule, entry.zone)
        })
        .collect();
    Ok(say(&lines.join("\n"))?)
}

fn stats(directory: &DirectoryArgs) -> Result<(), Failure> {
    let stats = with_app(directory, async |app| app.worker().desk().stats())?;
    let mut lines = vec![String::from("queue           waiting  running  completed  cancelled     dead  quarantined")];
    for (queue, stats) in &stats {
        let count = |state| stats.count(state);
        lines.push(format!(
            "{queue:14} {:8} {:8} {:10} {:10} {:8} {:12}{}",
            stats.depth(),
            count(JobState::Running),
            count(JobState::Completed),
            count(JobState::Cancelled),
            count(JobState::Discarded),
            count(JobState::Quarantined),
            if stats.row.paused { "  paused" } else { "" },
        ));
    }
    Ok(say(&lines.join("\n"))?)
}

/// Opens the directory, does one thing, closes it. No job is run.
fn with_app<T>(directory: &DirectoryArgs, work: impl AsyncFnOnce(&App) -> Result<T, Error>) -> Result<T, Failure> {
    let settings = config::load(&directory.sources())?;
    runtime()?.block_on(async {
        let app = open::open_existing(settings, Ambient::system())
            .await
            .map_err(|failure| with_hint(failure, "while it serves, use /v1/ops/jobs as an operator"))?;
        let outcome = work(&app).await;
        app.shutdown().await;
        outcome.map_err(|error| match error.code() {
            Code::JobNotFound | Code::QueueNotFound | Code::CronNotFound | Code::TenantNotFound => {
                Failure::usage(error.public_message())
            }
            Code::JobStateForbids => {
                let state = error.details().get("state").and_then(|state| state.as_str()).unwrap_or_default();
                Failure::failed(format!("the job is {state}, which does not allow this"))
            }
            _ => Failure::failed(error.public_message()),
        })
    })
}
