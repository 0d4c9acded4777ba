//! E: `orrery ruleset ..`, for a directory that nobody serves. A served one is asked through its interface.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::args::DirectoryArgs;
use super::terminal::say;
use super::{Failure, open};
use crate::app::App;
use crate::astro::rulesets::RulesetId;
use crate::auth::RequestContext;
use crate::charts::rulesets::Kept;
use crate::error::Error;
use crate::store::tables::Actor;

/// `orrery ruleset ..`
#[derive(Debug, Subcommand)]
pub enum RulesetCommand {
    /// Say which rulesets there are, and which one charts are made with.
    List(DirectoryArgs),
    /// Print the document of a ruleset as JSON.
    Show(RulesetArgs),
    /// Draft a new version of a ruleset.
    Clone(CloneArgs),
    /// Lock a draft for good.
    Lock(RulesetArgs),
    /// Make charts with a ruleset from now on.
    Activate(RulesetArgs),
}

/// `orrery ruleset show ..` and others of one ruleset.
#[derive(Debug, Args)]
pub struct RulesetArgs {
    /// Name and version, such as modern-1.0.0.
    #[arg(value_name = "RULESET")]
    pub id: String,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery ruleset clone ..`
#[derive(Debug, Args)]
pub struct CloneArgs {
    /// The ruleset to start from, such as modern-1.0.0.
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// Name and version of the new one, such as mine-1.0.0.
    #[arg(value_name = "NEW")]
    pub new: String,
    /// JSON file with what differs from the source (a merge patch, RFC 7396).
    #[arg(long, value_name = "FILE")]
    pub changes: Option<PathBuf>,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// Does one of the commands.
pub fn run(command: &RulesetCommand) -> Result<(), Failure> {
    match command {
        RulesetCommand::List(directory) => list(directory),
        RulesetCommand::Show(options) => show(options),
        RulesetCommand::Clone(options) => clone(options),
        RulesetCommand::Lock(options) => {
            let id = id(&options.id)?;
            with_app(&options.directory, async |app| {
                app.rulesets().lock(&RequestContext::default(), &Actor::Console, &id, |_| Ok(())).await
            })?;
            Ok(say(&format!("{id} is locked for good; charts are made with it once it is activated"))?)
        }
        RulesetCommand::Activate(options) => {
            let id = id(&options.id)?;
            with_app(&options.directory, async |app| {
                app.rulesets().activate(&RequestContext::default(), &Actor::Console, &id, |_| Ok(())).await
            })?;
            Ok(say(&format!("charts are made with {id} from now on; those that are kept stay as they are"))?)
        }
    }
}

fn list(directory: &DirectoryArgs) -> Result<(), Failure> {
    let all = with_app(directory, async |app| app.rulesets().list())?;
    let lines: Vec<String> = all.iter().map(line).collect();
    Ok(say(&lines.join("\n"))?)
}

fn line(kept: &Kept) -> String {
    let active = if kept.active { "active" } else { "" };
    let id = kept.ruleset.id().to_string();
    format!("{id:24} {:9} {active:7} {}", kept.state.code(), kept.ruleset.description())
}

fn show(options: &RulesetArgs) -> Result<(), Failure> {
    let id = id(&options.id)?;
    let found = with_app(&options.directory, async |app| app.rulesets().get(&id))?;
    Ok(say(&serde_json::to_string_pretty(found.ruleset.document()).map_err(Failure::failed)?)?)
}

fn clone(options: &CloneArgs) -> Result<(), Failure> {
    let new = id(&options.new)?;
    let changes = options.changes.as_ref().map(|file| -> Result<Map<String, Value>, Failure> {
        let name = file.display();
        let text = fs::read(file).map_err(|cause| Failure::usage(format!("cannot read {name}: {cause}")))?;
        serde_json::from_slice(&text).map_err(|cause| Failure::usage(format!("{name} is no JSON object: {cause}")))
    });
    let changes = changes.transpose()?;
    with_app(&options.directory, async |app| {
        let version = new.version.to_string();
        let draft = app.rulesets().draft(&options.source, Some(&new.name), &version, changes)?;
        app.rulesets().keep(&RequestContext::default(), &Actor::Console, &draft, |_| Ok(())).await
    })?;
    Ok(say(&format!("{new} is a draft made from {}; lock it, then activate it", options.source))?)
}

fn id(text: &str) -> Result<RulesetId, Failure> {
    let wrong = || Failure::usage(format!("{text:?} names no ruleset; give name and version, such as modern-1.0.0"));
    RulesetId::parse(text).ok_or_else(wrong)
}

fn with_app<T>(directory: &DirectoryArgs, work: impl AsyncFnOnce(&App) -> Result<T, Error>) -> Result<T, Failure> {
    open::with_app(directory, "while it serves, use /v1/ops/rulesets as an operator", work)
}
