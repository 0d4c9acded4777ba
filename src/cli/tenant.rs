//! E: `orrery tenant ..`, for a directory that nobody serves. A served one is asked through its interface.

use clap::{Args, Subcommand};

use super::args::DirectoryArgs;
use super::terminal::say;
use super::{Failure, open};
use crate::app::App;
use crate::auth::RequestContext;
use crate::error::Error;
use crate::ids::TenantId;
use crate::limits::PAGE_MAX_ROWS;
use crate::store::Tx;
use crate::store::tables::Actor;
use crate::tenants::plans::{Choice, Holder};
use crate::tenants::{Change, NewTenant, Tenant};

/// `orrery tenant ..`
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Open a tenant.
    Create(CreateArgs),
    /// Say which tenants there are.
    List(DirectoryArgs),
    /// Show a tenant: its day, its plan, what was used of it, its rates.
    Show(NamedArgs),
    /// Shut out the users of a tenant at once.
    Suspend(NamedArgs),
    /// Let them in again.
    Resume(NamedArgs),
}

/// `orrery tenant create ..`
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name in URLs and logins: a-z, 0-9, _ and -.
    #[arg(value_name = "SLUG")]
    pub slug: String,
    /// Name shown to people; the slug when left out.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// IANA time zone of its day.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// Let people register themselves.
    #[arg(long)]
    pub open: bool,
    /// Its plan, such as premium; the default of the settings when left out.
    #[arg(long, value_name = "PLAN")]
    pub plan: Option<String>,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery tenant show ..` and others of one tenant.
#[derive(Debug, Args)]
pub struct NamedArgs {
    /// Slug of the tenant.
    #[arg(value_name = "SLUG")]
    pub slug: String,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// Does one of the commands.
pub fn run(command: &TenantCommand) -> Result<(), Failure> {
    match command {
        TenantCommand::Create(options) => create(options),
        TenantCommand::List(directory) => {
            let all = with_app(directory, async |app| every(app))?;
            Ok(say(&all.iter().map(line).collect::<Vec<_>>().join("\n"))?)
        }
        TenantCommand::Show(options) => show(options),
        TenantCommand::Suspend(options) => suspend(options, true),
        TenantCommand::Resume(options) => suspend(options, false),
    }
}

fn create(options: &CreateArgs) -> Result<(), Failure> {
    let plan = options
        .plan
        .as_deref()
        .map(|text| text.parse::<Choice>().map_err(|right| Failure::usage(format!("--plan {text}: expected {right}"))));
    let plan = plan.transpose()?;
    let new = NewTenant {
        slug: options.slug.clone(),
        display_name: options.name.clone().unwrap_or_else(|| options.slug.clone()),
        zone: options.zone.clone(),
        registration_open: options.open,
    };
    let made = with_app(&options.directory, async |app| {
        if let Some(choice) = &plan {
            // Before the tenant, so that a plan that is not there leaves none behind.
            app.plans().get(choice)?;
        }
        let alone = |_: &Tenant| Ok(|_: &mut Tx<'_>| Ok(()));
        app.tenants().create(&RequestContext::default(), &Actor::Console, new, alone).await?;
        let made = app.tenants().by_slug(&options.slug)?;
        if plan.is_some() {
            let holder = Holder::Tenant(made.id);
            app.plans().assign(&RequestContext::default(), &Actor::Console, holder, plan.clone()).await?;
        }
        Ok(made)
    })?;
    Ok(say(&format!("tenant {} is there, as {}", made.row.slug, made.id))?)
}

fn every(app: &App) -> Result<Vec<Tenant>, Error> {
    let (mut all, mut after): (Vec<Tenant>, Option<TenantId>) = (Vec::new(), None);
    loop {
        let page = app.tenants().list(after, PAGE_MAX_ROWS)?;
        after = page.last().map(|tenant| tenant.id);
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

fn line(tenant: &Tenant) -> String {
    let row = &tenant.row;
    let state = if row.suspended_at.is_some() { "suspended" } else { "live" };
    let open = if row.registration_open { "open" } else { "closed" };
    format!("{:24} {state:9} {open:6} {:20} {}", row.slug, row.zone, row.display_name)
}

fn show(options: &NamedArgs) -> Result<(), Failure> {
    let text = with_app(&options.directory, async |app| {
        let tenant = app.tenants().by_slug(&options.slug)?;
        let holder = Holder::Tenant(tenant.id);
        let (held, quota) = (app.plans().of(holder)?, app.quotas().of(holder)?);
        let mut lines = vec![
            format!("{}  {}  {}", tenant.row.slug, tenant.id, tenant.row.display_name),
            line(&tenant),
            format!("made {}", tenant.row.created_at.rfc3339()),
            format!("plan {} (version {}, from {})", held.choice, held.plan.version, held.source.code()),
        ];
        for count in &quota.counts {
            let limit = count.limit.map_or_else(|| "no bound".to_owned(), |limit| format!("of {limit}"));
            let (scope, used, anew) = (count.span.code(), count.consumed, count.resets_at.rfc3339());
            lines.push(format!("{scope:14} {used} {limit}, anew at {anew} ({})", quota.zone));
        }
        for (scope, rate) in app.rates().of_tenant(tenant.id) {
            let rate = rate.map_or_else(|| "off".to_owned(), |rate| rate.to_string());
            lines.push(format!("rate {:14} {rate}", scope.code()));
        }
        Ok(lines.join("\n"))
    })?;
    Ok(say(&text)?)
}

fn suspend(options: &NamedArgs, suspended: bool) -> Result<(), Failure> {
    with_app(&options.directory, async |app| {
        let tenant = app.tenants().by_slug(&options.slug)?;
        let change = Change { suspended: Some(suspended), ..Change::default() };
        app.tenants().change(&RequestContext::default(), &Actor::Console, tenant.id, change).await
    })?;
    let state = if suspended { "suspended: its users and keys are shut out" } else { "let in again" };
    Ok(say(&format!("tenant {} is {state}", options.slug))?)
}

fn with_app<T>(directory: &DirectoryArgs, work: impl AsyncFnOnce(&App) -> Result<T, Error>) -> Result<T, Failure> {
    open::with_app(directory, "while it serves, use /v1/ops/tenants as an operator", work)
}
