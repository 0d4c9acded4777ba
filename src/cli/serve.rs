//! E: `orrery serve`: opens the directory, listens, and stops when asked to. Knows no route.

use std::sync::Arc;

use super::args::ServeArgs;
use super::signals::Signals;
use super::{Failure, config, open, runtime};
use crate::clock::Ambient;
use crate::config::Settings;
use crate::telemetry::init_logging;
use crate::{app::App, http};

/// Serves until SIGTERM or SIGINT.
pub fn run(options: &ServeArgs) -> Result<(), Failure> {
    let settings = config::load(&options.settings.sources())?;
    init_logging(&settings.log).map_err(Failure::usage)?;
    runtime()?.block_on(serve(settings))
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    // Caught before anything is opened, so that a stop during the start closes what was opened.
    let mut signals = Signals::catch()?;
    // The directory before the port: two processes on one directory are told so, whatever they listen on.
    let app = open::open_existing(settings, Ambient::system()).await?;
    let listening = listen(&app, async move { signals.next().await }).await;
    app.shutdown().await;
    tracing::info!("stopped");
    listening
}

async fn listen(app: &Arc<App>, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Failure> {
    let bound = http::bind(app.settings().server.listen).await.map_err(|cause| {
        Failure::failed(format!("{cause}; name a free address of this machine with --listen, port 0 for any port"))
    })?;
    let url = format!("http://{}", bound.address());
    tracing::info!(%url, version = env!("CARGO_PKG_VERSION"), "listening");
    let stop = async {
        stop.await;
        tracing::info!("stopping: no more connections are taken, open requests are finished");
    };
    bound.serve(Arc::clone(app), stop).await;
    Ok(())
}
