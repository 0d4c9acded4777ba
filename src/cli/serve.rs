//! E: `orrery serve`: opens the directory, listens, and stops when asked to. Knows no route.

use std::sync::Arc;

use clap::Args;

use super::args::SettingsArgs;
use super::signals::Signals;
use super::{Failure, config, open, runtime};
use crate::astro::places;
use crate::clock::Ambient;
use crate::config::Settings;
use crate::telemetry::init_logging;
use crate::{app::App, http};

/// `orrery serve ..`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The settings.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Address and port of the worker metrics, or `off`; 127.0.0.1:9109 when absent, unless that is taken.
    #[arg(long, value_name = "ADDR:PORT")]
    pub metrics_listen: Option<String>,
}

/// Serves until SIGTERM or SIGINT.
pub fn run(options: &ServeArgs) -> Result<(), Failure> {
    let sources = options.settings.sources();
    let sources = sources.maybe_flag("worker.metrics_listen", "--metrics-listen", options.metrics_listen.clone());
    let settings = config::load(&sources)?;
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
    let metrics = http::metrics::bind(app).await.map_err(Failure::failed)?.map(|metrics| {
        tracing::info!(metrics_url = format!("http://{}/metrics", metrics.address()), "telling worker metrics");
        tokio::spawn(metrics.serve())
    });
    open_places();
    let url = format!("http://{}", bound.address());
    tracing::info!(%url, version = env!("CARGO_PKG_VERSION"), "listening");
    let stop = async {
        stop.await;
        tracing::info!("stopping: no more connections are taken, open requests are finished");
    };
    bound.serve(Arc::clone(app), stop).await;
    if let Some(metrics) = metrics {
        metrics.abort();
        // Waited for, as it holds the app; that it was cut is no error.
        let _ = metrics.await;
    }
    Ok(())
}

/// Unpacks the gazetteer beside the first requests, which else the first that names a place would wait for. Where no thread is
/// to be had, that one does.
fn open_places() {
    if let Err(cause) = std::thread::Builder::new().name("places".to_owned()).spawn(places::open) {
        tracing::debug!(%cause, "the gazetteer is unpacked at its first use");
    }
}
