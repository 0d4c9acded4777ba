//! E: `orrery plan ..`, for a directory that nobody serves. A served one is asked through its interface.

use clap::{Args, Subcommand};

use super::args::DirectoryArgs;
use super::terminal::say;
use super::{Failure, open};
use crate::app::App;
use crate::auth::RequestContext;
use crate::error::{Code, Error};
use crate::ids::UserId;
use crate::store::Tx;
use crate::store::tables::Actor;
use crate::tenants::plans::{Bounds, Choice, Holder, NewPlan, Plan};

/// `orrery plan ..`
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Say which plans there are.
    List(DirectoryArgs),
    /// Show every version of a plan.
    Show(ShowArgs),
    /// Make a version of a plan; it supersedes the one before.
    Create(CreateArgs),
    /// Give a tenant or a user a plan.
    Assign(AssignArgs),
    /// Take a tenant's or a user's own plan away: the user has the tenant's again, the tenant the default of the settings.
    Clear(ClearArgs),
}

/// `orrery plan show ..`
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Code of the plan.
    #[arg(value_name = "PLAN")]
    pub code: String,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery plan create ..`
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Code: of a plan that there is, which gets a version more, or of a new one.
    #[arg(value_name = "PLAN")]
    pub code: String,
    /// Name shown to people; the code when left out.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Messages of each user on one day; no bound when left out.
    #[arg(long, value_name = "N")]
    pub user_per_day: Option<u64>,
    /// Messages of the whole tenant on one day.
    #[arg(long, value_name = "N")]
    pub tenant_per_day: Option<u64>,
    /// Messages of the whole tenant in one month.
    #[arg(long, value_name = "N")]
    pub tenant_per_month: Option<u64>,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery plan assign ..`
#[derive(Debug, Args)]
pub struct AssignArgs {
    /// The plan: premium follows the newest version, premium@1 keeps one for good; `none` is as `orrery plan clear`.
    #[arg(value_name = "PLAN")]
    pub plan: String,
    /// Whose.
    #[command(flatten)]
    pub holder: HolderArgs,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery plan clear ..`
#[derive(Debug, Args)]
pub struct ClearArgs {
    /// Whose.
    #[command(flatten)]
    pub holder: HolderArgs,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// Whose plan it is.
#[derive(Debug, Args)]
pub struct HolderArgs {
    /// Slug of the tenant.
    #[arg(long, value_name = "SLUG")]
    pub tenant: String,
    /// Id of a user of it; the whole tenant when left out.
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
}

/// Does one of the commands.
pub fn run(command: &PlanCommand) -> Result<(), Failure> {
    match command {
        PlanCommand::List(directory) => told(&with_app(directory, async |app| app.plans().list())?),
        PlanCommand::Show(options) => {
            told(&with_app(&options.directory, async |app| app.plans().versions(&options.code))?)
        }
        PlanCommand::Create(options) => create(options),
        PlanCommand::Assign(options) => assign(options),
        PlanCommand::Clear(options) => give(&options.holder, None, &options.directory),
    }
}

fn told(plans: &[Plan]) -> Result<(), Failure> {
    Ok(say(&plans.iter().map(line).collect::<Vec<_>>().join("\n"))?)
}

fn line(plan: &Plan) -> String {
    let bound = |what: &str, bound: Option<u64>| bound.map(|number| format!("{number} {what}"));
    let Bounds { user_per_day, tenant_per_day, tenant_per_month } = plan.bounds;
    let bounds = [
        bound("a day for each user", user_per_day),
        bound("a day for the tenant", tenant_per_day),
        bound("a month for the tenant", tenant_per_month),
    ];
    let bounds: Vec<_> = bounds.into_iter().flatten().collect();
    let bounds = if bounds.is_empty() { "no bound".to_owned() } else { bounds.join(", ") };
    format!("{:24} {:24} {bounds}", format!("{}@{}", plan.code, plan.version), plan.name)
}

fn create(options: &CreateArgs) -> Result<(), Failure> {
    let CreateArgs { code, name, user_per_day, tenant_per_day, tenant_per_month, .. } = options;
    let bounds =
        Bounds { user_per_day: *user_per_day, tenant_per_day: *tenant_per_day, tenant_per_month: *tenant_per_month };
    let new = NewPlan { code: code.clone(), name: name.clone().unwrap_or_else(|| code.clone()), bounds };
    let made = with_app(&options.directory, async |app| {
        let alone = |_: &Plan| Ok(|_: &mut Tx<'_>| Ok(()));
        app.plans().create(&RequestContext::default(), &Actor::Console, new, alone).await
    })?;
    told(&[made])
}

fn assign(options: &AssignArgs) -> Result<(), Failure> {
    let AssignArgs { plan, holder, directory } = options;
    let wrong = |right: String| Failure::usage(format!("{plan}: expected {right}, or `none`"));
    let choice = (plan != "none").then(|| plan.parse::<Choice>().map_err(wrong)).transpose()?;
    give(holder, choice, directory)
}

/// Gives this plan, or none of their own.
fn give(holder: &HolderArgs, choice: Option<Choice>, directory: &DirectoryArgs) -> Result<(), Failure> {
    let HolderArgs { tenant, user } = holder;
    let held = with_app(directory, async |app| {
        let id = app.tenants().by_slug(tenant)?.id;
        let user = user.as_deref().map(|text| text.parse::<UserId>().map_err(|_| Error::new(Code::UserNotFound)));
        let holder = user.transpose()?.map_or(Holder::Tenant(id), |user| Holder::User(id, user));
        app.plans().assign(&RequestContext::default(), &Actor::Console, holder, choice).await
    })?;
    let whose = user.as_ref().map_or_else(|| format!("tenant {tenant}"), |user| format!("user {user}"));
    let (version, source) = (held.plan.version, held.source.code());
    Ok(say(&format!("{whose} has the plan {} (version {version}, from {source})", held.choice))?)
}

fn with_app<T>(directory: &DirectoryArgs, work: impl AsyncFnOnce(&App) -> Result<T, Error>) -> Result<T, Failure> {
    open::with_app(directory, "while it serves, use /v1/ops/plans as an operator", work)
}
