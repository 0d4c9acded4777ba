//! E: `orrery eval answers`: asks a set of questions of each provider, through the interface and nothing else, and reports how
//! well they were answered. Judges by `eval/judge.rs`; changes no answer.

mod asking;
mod claims;
mod judge;
mod questions;
mod report;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use tokio::sync::oneshot;

use self::asking::{Asker, Visitor};
use self::report::{Found, Threshold, threshold};
use super::args::languages;
use super::client::Client;
use super::demo::home::Home;
use super::terminal::{complain, say};
use super::{Failure, config, open, password, runtime};
use crate::app::App;
use crate::astro::Lang;
use crate::clock::Ambient;
use crate::config::{Hop, SPECS, Settings, Sources};
use crate::http;
use crate::telemetry::init_logging;

/// `orrery eval ..`
#[derive(Debug, Subcommand)]
pub enum EvalCommand {
    /// Ask some 150 questions in English and French, and report how well each provider answers them.
    Answers(AnswersArgs),
}

/// `orrery eval answers ..`
#[derive(Debug, Args)]
pub struct AnswersArgs {
    /// Who is asked; `all` asks everyone on the route of the settings.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "composer")]
    pub provider: Vec<Asked>,
    /// A server that runs already, such as http://127.0.0.1:8460; without it one is started, in a temporary directory.
    #[arg(long, value_name = "URL", requires = "token_file", conflicts_with = "config")]
    pub url: Option<String>,
    /// With --url: file that holds an access token or API key that may keep charts and ask questions.
    #[arg(long, value_name = "FILE", requires = "url")]
    pub token_file: Option<PathBuf>,
    /// TOML file with the settings of the server that is started, such as its remote model.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Ask in one language alone.
    #[arg(long, value_parser = languages())]
    pub lang: Option<Lang>,
    /// Ask only the first so many questions of each language.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Print JSON, with every fault, instead of a table.
    #[arg(long)]
    pub json: bool,
    /// How many faults the table tells.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub faults: usize,
    /// Exit 1 when a figure stays below, such as truth=100,groundedness=90; a figure of which there is nothing passes.
    #[arg(long, value_name = "FIGURE=PERCENT", value_delimiter = ',', value_parser = threshold)]
    pub fail_under: Vec<Threshold>,
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Asked {
    /// The built-in composer.
    Composer,
    /// A model on this machine.
    Local,
    /// A model behind an OpenAI-compatible address.
    Remote,
    /// Everyone on the route.
    All,
}

impl Asked {
    const fn code(self) -> &'static str {
        match self {
            Self::Composer => "composer",
            Self::Local => "local",
            Self::Remote => "remote",
            Self::All => "all",
        }
    }
}

/// Runs an evaluation.
pub fn run(command: &EvalCommand) -> Result<(), Failure> {
    let EvalCommand::Answers(options) = command;
    let found = if let (Some(url), Some(file)) = (&options.url, &options.token_file) {
        let token = std::fs::read_to_string(file)
            .map_err(|cause| Failure::usage(format!("--token-file {}: {cause}", file.display())))?;
        let client = Client::new(url.trim_end_matches('/')).with_token(token.trim());
        ask(options, client, &providers(options, &["composer", "local", "remote"]), true)?
    } else {
        let runtime = runtime()?;
        let found = runtime.block_on(within(options));
        runtime.shutdown_background();
        found?
    };
    tell(options, &found)
}

/// The names of those who are asked, each once.
fn providers(options: &AnswersArgs, route: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for asked in &options.provider {
        let these = if *asked == Asked::All { route } else { &[asked.code()][..] };
        for name in these {
            if !names.iter().any(|known| known == name) {
                names.push((*name).to_owned());
            }
        }
    }
    names
}

/// Asks everyone, on the thread it is called on.
fn ask(options: &AnswersArgs, client: Client, providers: &[String], tidies: bool) -> Result<Vec<Found>, Failure> {
    let langs = options.lang.map_or_else(|| vec![Lang::En, Lang::Fr], |lang| vec![lang]);
    let asker = Asker::new(client, &langs, options.limit, tidies)?;
    let asks_all = options.provider.contains(&Asked::All);
    let mut found = Vec::new();
    for provider in providers {
        match asker.ask(provider)? {
            Some(of) => found.push(of),
            None if asks_all => complain(&format!("orrery: {provider} is not on the route, and was not asked")),
            None => {
                return Err(Failure::usage(format!(
                    "--provider {provider}: it is not on the route; see llm.route in the settings (orrery config print)"
                )));
            }
        }
    }
    Ok(found)
}

/// Starts a server of its own in a temporary directory, and asks there.
async fn within(options: &AnswersArgs) -> Result<Vec<Found>, Failure> {
    let ambient = Ambient::system();
    let home = Home::new(None, &ambient)?;
    let settings = config::load(&sources(options, &home))?;
    init_logging(&settings.log).map_err(Failure::usage)?;
    let route: Vec<&str> = settings.llm.route.hops().iter().map(|hop| Hop::code(*hop)).collect();
    let providers = providers(options, &route);
    let app = open::open_or_make(settings, ambient.clone()).await?;
    let outcome = serve(options, &app, &ambient, &providers).await;
    app.shutdown().await;
    outcome
}

/// The operator's settings, without the bounds on how fast one person may ask.
fn sources(options: &AnswersArgs, home: &Home) -> Sources {
    const WHO: &str = "the evaluation";
    let mut sources = Sources::from_process()
        .file(options.config.as_ref())
        .flag("data_dir", WHO, home.path().to_string_lossy())
        .flag("server.listen", WHO, "127.0.0.1:0")
        .flag("worker.metrics_listen", WHO, "off")
        .flag("quotas.default_plan", WHO, "unmetered")
        .flag("log.level", WHO, "error");
    for spec in SPECS.iter().filter(|spec| spec.key.starts_with("limits.")) {
        sources = sources.flag(spec.key, WHO, "off");
    }
    let route = Settings::load(&sources).map(|(settings, _)| settings.llm.route.to_string()).unwrap_or_default();
    let mut wanted: Vec<&str> = route.split('>').filter(|hop| !hop.is_empty()).collect();
    for asked in options.provider.iter().filter(|asked| **asked != Asked::All) {
        if !wanted.contains(&asked.code()) {
            wanted.insert(0, asked.code());
        }
    }
    // Who is asked by name is on the route, whatever the settings say.
    sources.flag("llm.route", "--provider", wanted.join(","))
}

async fn serve(
    options: &AnswersArgs,
    app: &Arc<App>,
    ambient: &Ambient,
    providers: &[String],
) -> Result<Vec<Found>, Failure> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let bound = http::bind(address).await.map_err(Failure::failed)?;
    let url = format!("http://{}", bound.address());
    let secret = password::from_bytes(ambient.bytes());
    let operator = secrecy::SecretString::from(secret.as_str());
    app.identity().bootstrap_operator(Visitor::OPERATOR, &operator).await.map_err(Failure::failed)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(bound.serve(Arc::clone(app), async move { drop(stopped.await) }));
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let client = Visitor::enter(&url, &secret)?;
            ask(options, client, providers, false)
        });
        // The server runs on the runtime's other threads meanwhile.
        tokio::task::block_in_place(|| asking.join())
    })
    .map_err(|_| Failure::failed("the evaluation's client stopped"))
    .and_then(|found| {
        stop.send(()).ok();
        drop(server);
        found
    })
}

fn tell(options: &AnswersArgs, found: &[Found]) -> Result<(), Failure> {
    if options.json {
        let all: Vec<_> = found.iter().map(Found::json).collect();
        let text = serde_json::to_string_pretty(&serde_json::json!({"providers": all})).map_err(Failure::failed)?;
        say(&text)?;
    } else {
        for of in found {
            say(&of.table(options.faults).join("\n"))?;
            say("")?;
        }
    }
    let under: Vec<String> = found.iter().flat_map(|of| of.under(&options.fail_under)).collect();
    if under.is_empty() { Ok(()) } else { Err(Failure::failed(under.join("\norrery: "))) }
}
