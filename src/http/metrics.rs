//! The worker metrics on a listener of their own: for addresses that are allowed, and with a password where one is set.
//! Believes no header about who asks.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordVerifier};
use base64::Engine as _;
use salvo::conn::tcp::TcpAcceptor;
use salvo::http::{HeaderValue, ResBody, StatusCode, header};
use salvo::{Depot, FlowCtrl, Handler, Listener, Request, Response, Router, Server, Service, async_trait};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::app::App;
use crate::config::MetricsListen;

/// Where the metrics are told when nobody says.
const USUAL: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9109);
/// Largest file of a name and a hash, in bytes.
const AUTH_FILE_MAX_BYTES: u64 = 4_096;
/// Passwords checked at once: each takes memory and time.
const CHECKS_AT_ONCE: usize = 1;

/// The listener cannot be had as the settings want it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MetricsError(String);

/// A bound listener, not yet served.
pub struct BoundMetrics {
    acceptor: TcpAcceptor,
    address: SocketAddr,
    gate: Gate,
}

/// Who may read.
struct Gate {
    app: Arc<App>,
    allowed: Vec<IpAddr>,
    known: Option<(String, String)>,
    checks: Semaphore,
}

/// Binds the listener that the settings of `app` ask for; `None` when they ask for none, or the usual address is taken.
///
/// # Errors
/// When an address that was named cannot be bound, or the file of the password cannot be used.
pub async fn bind(app: &Arc<App>) -> Result<Option<BoundMetrics>, MetricsError> {
    let settings = &app.settings().worker;
    let known = settings.metrics_auth_file.as_deref().map(read_known).transpose()?;
    let address = match settings.metrics_listen {
        MetricsListen::Off => return Ok(None),
        MetricsListen::Auto => USUAL,
        MetricsListen::At(address) => address,
    };
    let acceptor = match salvo::conn::TcpListener::new(address).try_bind().await {
        Ok(acceptor) => acceptor,
        Err(cause) if settings.metrics_listen == MetricsListen::Auto => {
            tracing::warn!(%address, %cause, "the worker metrics are told nowhere; name an address with --metrics-listen");
            return Ok(None);
        }
        Err(cause) => return Err(MetricsError(format!("cannot listen on {address} for worker metrics: {cause}"))),
    };
    let address = acceptor.local_addr().map_err(|cause| MetricsError(cause.to_string()))?;
    let gate = Gate {
        app: Arc::clone(app),
        allowed: settings.metrics_allow.clone(),
        known,
        checks: Semaphore::new(CHECKS_AT_ONCE),
    };
    Ok(Some(BoundMetrics { acceptor, address, gate }))
}

/// `name:hash` of the first line.
fn read_known(file: &Path) -> Result<(String, String), MetricsError> {
    let wrong = |what: &str| MetricsError(format!("worker.metrics_auth_file: {}: {what}", file.display()));
    let size = std::fs::metadata(file).map_err(|cause| wrong(&cause.to_string()))?.len();
    if size > AUTH_FILE_MAX_BYTES {
        return Err(wrong("it is larger than a name and a hash"));
    }
    let text = std::fs::read_to_string(file).map_err(|cause| wrong(&cause.to_string()))?;
    let line = text.lines().next().unwrap_or_default().trim();
    let (name, hash) = line.split_once(':').ok_or_else(|| wrong("expected `name:argon2-hash` on its first line"))?;
    PasswordHash::new(hash).map_err(|_| wrong("what follows the name is no argon2 hash (`$argon2id$..`)"))?;
    Ok((name.to_owned(), hash.to_owned()))
}

impl std::fmt::Debug for BoundMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundMetrics").field("address", &self.address).finish_non_exhaustive()
    }
}

impl BoundMetrics {
    /// The address that was bound.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the future is dropped.
    pub async fn serve(self) {
        let router = Router::with_path("{**path}").goal(self.gate);
        Server::new(self.acceptor).serve(Service::new(Router::new().push(router))).await;
    }
}

impl Gate {
    fn is_allowed(&self, req: &Request) -> bool {
        let peer = req.remote_addr().clone().into_std().map(|address| address.ip().to_canonical());
        peer.is_some_and(|peer| self.allowed.contains(&peer))
    }

    /// Whether name and password are those of the file.
    async fn is_known(&self, req: &Request) -> bool {
        let Some((name, hash)) = self.known.clone() else { return true };
        let Some((given_name, given)) = basic(req) else { return false };
        let Ok(_permit) = self.checks.acquire().await else { return false };
        let check = move || {
            let fits = PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(given.as_bytes(), &hash).is_ok());
            fits & bool::from(given_name.as_bytes().ct_eq(name.as_bytes()))
        };
        tokio::task::spawn_blocking(check).await.unwrap_or(false)
    }
}

/// Name and password of a request.
fn basic(req: &Request) -> Option<(String, String)> {
    let text = req.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = text.split_once(' ')?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let plain = String::from_utf8(bytes).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    plain.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

#[async_trait]
impl Handler for Gate {
    async fn handle(&self, req: &mut Request, _: &mut Depot, res: &mut Response, _: &mut FlowCtrl) {
        let plain = |res: &mut Response, status: StatusCode, text: String| {
            res.status_code(status);
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            res.headers_mut().insert(header::CONTENT_TYPE, kind);
            res.body(ResBody::Once(text.into()));
        };
        if !self.is_allowed(req) {
            return plain(res, StatusCode::FORBIDDEN, "forbidden\n".to_owned());
        }
        if !self.is_known(req).await {
            let realm = HeaderValue::from_static("Basic realm=\"worker metrics\", charset=\"UTF-8\"");
            res.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
            return plain(res, StatusCode::UNAUTHORIZED, "unauthorized\n".to_owned());
        }
        match self.app.render_metrics() {
            Ok(text) => plain(res, StatusCode::OK, text),
            Err(error) => {
                tracing::error!(%error, "the worker metrics could not be told");
                plain(res, StatusCode::INTERNAL_SERVER_ERROR, "internal error\n".to_owned());
            }
        }
    }
}
