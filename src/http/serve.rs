//! Binds a socket and serves the app on it until told to stop. Knows no route.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use salvo::conn::tcp::TcpAcceptor;
use salvo::fuse::FuseConfig;
use salvo::{Listener, Server};

use super::router;
use crate::app::App;
use crate::limits;

/// How often a stopping server looks whether a request is open.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Looks without an open request after which it stops; meanwhile the last answers leave.
const LOOKS: u32 = 4;

/// The socket could not be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}")]
pub struct ServeError {
    address: SocketAddr,
    cause: String,
}

/// A socket that is bound and not yet served.
#[derive(Debug)]
pub struct Bound {
    acceptor: TcpAcceptor,
    address: SocketAddr,
}

/// Binds `address`; port 0 takes a free one.
///
/// # Errors
/// When the address is taken, not this machine's, or not permitted.
pub async fn bind(address: SocketAddr) -> Result<Bound, ServeError> {
    let failed = |cause: String| ServeError { address, cause };
    let acceptor = salvo::conn::TcpListener::new(address).try_bind().await.map_err(|e| failed(e.to_string()))?;
    let address = acceptor.local_addr().map_err(|e| failed(e.to_string()))?;
    Ok(Bound { acceptor, address })
}

impl Bound {
    /// The address that was bound.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` resolves, then takes no more connections, finishes open requests and cuts what is left at the
    /// deadline of the settings. Connections on which no request is open are cut as soon as none is open on any.
    /// Jobs are worked on from now until the app is shut down.
    pub async fn serve(self, app: Arc<App>, stop: impl Future<Output = ()> + Send + 'static) {
        if let Err(error) = app.worker().start() {
            tracing::error!(%error, "the workers did not start");
        }
        let grace = Duration::from_millis(app.settings().server.shutdown_grace_ms);
        let mut server =
            Server::new(self.acceptor).fuse_config(FuseConfig::default()).max_connections(limits::CONNECTIONS_MAX);
        // What is over it, or cannot be parsed, hyper answers itself with a bare 431 or 400, and asks nobody for a body: the
        // description of the API says so.
        server.http1_mut().max_buf_size(limits::HEADERS_MAX_BYTES);
        let handle = server.handle();
        let service = router::service(Arc::clone(&app));
        let waiter = tokio::spawn(async move {
            stop.await;
            handle.stop_graceful(grace);
            // The framework would wait to the deadline for a connection that has sent nothing yet.
            quiet(&app).await;
            handle.stop_forceful();
        });
        server.serve(service).await;
        waiter.abort();
        // Waited for, as it holds the app; that it was cut is no error.
        let _ = waiter.await;
    }
}

/// Resolves when no request was open at several looks in a row.
async fn quiet(app: &App) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut still = 0;
    while still < LOOKS {
        looks.tick().await;
        still = if app.metrics().requests_in_flight() == 0 { still + 1 } else { 0 };
    }
}
