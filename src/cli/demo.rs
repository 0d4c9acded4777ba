//! E: `orrery demo`: a real server on a free port, and a client that shows all of it over HTTP. No back door but the
//! first operator's account, which is made as `orrery init` makes it.

mod accounts;
mod answer_page;
pub mod chart_page;
pub mod home;
pub mod replies;
mod today_page;
mod visit;
pub mod words;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::oneshot;

use self::accounts::Accounts;
use self::home::Home;
use self::visit::{Steps, Visit, Visited};
use super::args::DemoArgs;
use super::signals::Signals;
use super::terminal::{Look, say};
use super::{Failure, config, open, runtime};
use crate::app::App;
use crate::clock::{Ambient, Stopwatch};
use crate::config::Sources;
use crate::error::Code;
use crate::http;
use crate::telemetry::init_logging;

/// What the demo logs: pages stay readable, faults are told.
const LOG_LEVEL: &str = "warn";
/// How long a stop waits for open requests, in milliseconds: the demo's own have ended.
const SHUTDOWN_GRACE_MS: &str = "2000";

/// Shows the product at work.
pub fn run(options: &DemoArgs) -> Result<(), Failure> {
    let runtime = runtime()?;
    let outcome = runtime.block_on(demo(options));
    // A request of the client may still be waiting when Ctrl-C came first.
    runtime.shutdown_background();
    outcome
}

async fn demo(options: &DemoArgs) -> Result<(), Failure> {
    let whole = Stopwatch::start();
    let ambient = Ambient::system();
    let mut signals = Signals::catch()?;
    let home = Home::new(options.data_dir.as_deref(), &ambient)?;
    // The environment and its ORRERY_* are left out: the demo shows the same on every machine.
    let sources = Sources::new()
        .flag("data_dir", "--data-dir", home.path().to_string_lossy())
        .flag("server.listen", "--listen", options.listen.to_string())
        .flag("server.shutdown_grace_ms", "the demo", SHUTDOWN_GRACE_MS)
        .flag("log.level", "the demo", LOG_LEVEL);
    let settings = config::load(&sources)?;
    init_logging(&settings.log).map_err(Failure::usage)?;

    let steps = Steps::new(options.page_language(), Look::of_stdout());
    steps.title()?;
    let watch = Stopwatch::start();
    let accounts = Accounts::load_or_make(&home, &ambient)?;
    let app = open::open_or_make(settings, ambient).await?;
    let outcome = async {
        make_operator(&app, &accounts).await?;
        steps.done(
            "made a data directory with its first operator",
            "répertoire et première opératrice créés",
            watch,
        )?;
        serve(options, &app, accounts, steps, whole, &mut signals).await
    }
    .await;
    app.shutdown().await;
    outcome
}

/// As `orrery init` does; an operator from an earlier demo in this directory stays.
async fn make_operator(app: &App, accounts: &Accounts) -> Result<(), Failure> {
    let password = SecretString::from(accounts.operator.password.as_str());
    match app.identity().bootstrap_operator(&accounts.operator.email, &password).await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Code::InsufficientRole => Ok(()),
        Err(error) => Err(Failure::failed(error)),
    }
}

/// Serves, sends the client through, and goes on serving until Ctrl-C unless the demo is to end.
async fn serve(
    options: &DemoArgs,
    app: &Arc<App>,
    accounts: Accounts,
    steps: Steps,
    whole: Stopwatch,
    signals: &mut Signals,
) -> Result<(), Failure> {
    let watch = Stopwatch::start();
    let bound = http::bind(options.listen)
        .await
        .map_err(|cause| Failure::failed(format!("{cause}; name a free address with --listen, port 0 for any port")))?;
    let url = format!("http://{}", bound.address());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(bound.serve(Arc::clone(app), async move { drop(stopped.await) }));
    steps.done(&format!("serving on {url}"), &format!("serveur sur {url}"), watch)?;
    let visit = Visit::new(&url, options, accounts, steps, whole);
    let visited = tokio::select! {
        visited = tokio::task::spawn_blocking(move || visit.go()) => Some(visited),
        () = signals.next() => None,
    };
    let outcome = match visited {
        None => Ok(()),
        Some(Err(cause)) => Err(Failure::failed(format!("the demo's client stopped: {cause}"))),
        Some(Ok(Err(failure))) => Err(failure),
        Some(Ok(Ok(visited))) => stay(options, &visited, signals).await,
    };
    // The server may have stopped by itself; then nobody listens.
    stop.send(()).ok();
    drop(server.await);
    outcome
}

async fn stay(options: &DemoArgs, visited: &Visited, signals: &mut Signals) -> Result<(), Failure> {
    for line in visited.farewell(options.page_language(), options.exit) {
        say(&line)?;
    }
    if !options.exit {
        signals.next().await;
        say("")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
