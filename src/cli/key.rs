//! E: `orrery key ..`, API keys of a tenant, for a directory that nobody serves. A served one is asked through its interface.

use clap::{Args, Subcommand};

use super::args::DirectoryArgs;
use super::terminal::say;
use super::{Failure, open};
use crate::app::App;
use crate::auth::{ApiKey, KeyMaker, MadeKey, NewApiKey, RequestContext, Scopes};
use crate::clock::UnixMs;
use crate::config::Rate;
use crate::error::Error;
use crate::ids::ApiKeyId;
use crate::limits::{API_KEY_OVERLAP_S, PAGE_MAX_ROWS};
use crate::store::Tx;
use crate::store::tables::Actor;

/// `orrery key ..`
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a key, and show it this once.
    Create(CreateArgs),
    /// Say which keys a tenant has.
    List(ListArgs),
    /// Put a new key in the place of one, which stays good for a while.
    Rotate(RotateArgs),
    /// End a key at once.
    Revoke(RevokeArgs),
}

/// `orrery key create ..`
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Slug of the tenant.
    #[arg(long, value_name = "SLUG")]
    pub tenant: String,
    /// Id of the user that the key acts as.
    #[arg(long, value_name = "USER")]
    pub user: String,
    /// What to call it.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// What it may do, separated by commas: read, charts, chat.
    #[arg(long, value_name = "SCOPES", value_delimiter = ',', required = true)]
    pub scopes: Vec<String>,
    /// A rate of its own, such as "5/s, burst 10".
    #[arg(long, value_name = "RATE")]
    pub rate: Option<String>,
    /// When it ends, such as 2027-01-31T00:00:00Z; never when left out.
    #[arg(long, value_name = "INSTANT")]
    pub expires: Option<String>,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery key list ..`
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Slug of the tenant.
    #[arg(long, value_name = "SLUG")]
    pub tenant: String,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery key rotate ..`
#[derive(Debug, Args)]
pub struct RotateArgs {
    /// Id of the key.
    #[arg(value_name = "KEY")]
    pub id: String,
    /// Slug of the tenant.
    #[arg(long, value_name = "SLUG")]
    pub tenant: String,
    /// Seconds for which the key before stays good.
    #[arg(long, value_name = "SECONDS", default_value_t = API_KEY_OVERLAP_S)]
    pub overlap: u64,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// `orrery key revoke ..`
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// Id of the key.
    #[arg(value_name = "KEY")]
    pub id: String,
    /// Slug of the tenant.
    #[arg(long, value_name = "SLUG")]
    pub tenant: String,
    /// Where.
    #[command(flatten)]
    pub directory: DirectoryArgs,
}

/// Does one of the commands.
pub fn run(command: &KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::Create(options) => create(options),
        KeyCommand::List(options) => list(options),
        KeyCommand::Rotate(options) => rotate(options),
        KeyCommand::Revoke(options) => {
            let id = id(&options.id)?;
            with_app(&options.directory, async |app| {
                let tenant = app.tenants().by_slug(&options.tenant)?.id;
                app.identity().revoke_api_key(&RequestContext::default(), &console(), tenant, id).await
            })?;
            Ok(say(&format!("{id} is revoked"))?)
        }
    }
}

const fn console() -> KeyMaker {
    KeyMaker::Operator(Actor::Console)
}

#[expect(clippy::unnecessary_wraps, reason = "the shape that the service asks for")]
fn alone(_: &MadeKey) -> Result<impl Fn(&mut Tx<'_>) -> Result<(), Error> + Send + 'static + use<>, Error> {
    Ok(|_: &mut Tx<'_>| Ok(()))
}

fn id(text: &str) -> Result<ApiKeyId, Failure> {
    text.parse().map_err(|_| Failure::usage(format!("{text:?} names no API key; `orrery key list` shows their ids")))
}

fn create(options: &CreateArgs) -> Result<(), Failure> {
    let wrong = |name: &str, given: &str, right: &str| Failure::usage(format!("{name} {given}: expected {right}"));
    let scopes = Scopes::parse(options.scopes.iter().map(String::as_str))
        .map_err(|error| wrong("--scopes", error.given.as_deref().unwrap_or_default(), &error.allowed))?;
    let rate = options.rate.as_deref().map(|text| text.parse::<Rate>().map_err(|right| wrong("--rate", text, &right)));
    let expires_at = options.expires.as_deref().map(|text| {
        let at = text.parse::<jiff::Timestamp>().ok().and_then(|at| u64::try_from(at.as_millisecond()).ok());
        at.map(UnixMs).ok_or_else(|| wrong("--expires", text, "an instant such as 2027-01-31T00:00:00Z"))
    });
    let user = options.user.parse().map_err(|_| wrong("--user", &options.user, "the id of a user of the tenant"))?;
    let new = NewApiKey {
        user: Some(user),
        name: options.name.clone(),
        scopes,
        rate: rate.transpose()?,
        expires_at: expires_at.transpose()?,
    };
    let made = with_app(&options.directory, async |app| {
        let tenant = app.tenants().by_slug(&options.tenant)?.id;
        app.identity().create_api_key(&RequestContext::default(), &console(), tenant, &new, alone).await
    })?;
    told(&made)
}

fn rotate(options: &RotateArgs) -> Result<(), Failure> {
    let id = id(&options.id)?;
    let made = with_app(&options.directory, async |app| {
        let place = (app.tenants().by_slug(&options.tenant)?.id, id);
        app.identity().rotate_api_key(&RequestContext::default(), &console(), place, options.overlap, alone).await
    })?;
    say(&format!("{id} stays good for {} seconds", options.overlap))?;
    told(&made)
}

fn told(made: &MadeKey) -> Result<(), Failure> {
    say(&format!("{} is there. Its text, shown this once:", made.key.id))?;
    Ok(say(&made.text)?)
}

fn list(options: &ListArgs) -> Result<(), Failure> {
    let (keys, now) = with_app(&options.directory, async |app| {
        let tenant = app.tenants().by_slug(&options.tenant)?.id;
        let mut all: Vec<ApiKey> = Vec::new();
        loop {
            let after = all.last().map(|key| key.id);
            let page = app.identity().list_api_keys(&console(), tenant, after, PAGE_MAX_ROWS)?;
            if page.is_empty() {
                return Ok::<_, Error>((all, app.ambient().now()));
            }
            all.extend(page);
        }
    })?;
    let line = |key: &ApiKey| {
        let scopes: Vec<_> = key.scopes.codes().collect();
        let (state, used) = (key.state(now), key.last_used_on().unwrap_or_else(|| "never used".to_owned()));
        format!("{} {}… {state:8} {:16} {used:10} {}", key.id, key.row.hint, scopes.join(","), key.row.name)
    };
    Ok(say(&keys.iter().map(line).collect::<Vec<_>>().join("\n"))?)
}

fn with_app<T>(directory: &DirectoryArgs, work: impl AsyncFnOnce(&App) -> Result<T, Error>) -> Result<T, Failure> {
    open::with_app(directory, "while it serves, use /v1/ops/tenants/{slug}/keys as an operator", work)
}
