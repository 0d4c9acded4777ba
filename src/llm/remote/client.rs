//! A: One HTTP request to one upstream: connections kept alive, TLS by rustls, the operator's certificates, bounds on time
//! and size. Follows no redirect and keeps no cookie.

use std::error::Error as StdError;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::{Instant, timeout_at};

use crate::config::Remote as Settings;
use crate::limits;
use crate::llm::model::{Failure, Reason};
use crate::llm::retry::retry_after_s;

/// Where systems keep the certificates that they trust; the first that is there counts.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The upstream cannot be called safely.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The certificates to trust cannot be read.
    #[error("remote.ca_file: cannot read certificates from {file}: {cause}")]
    Unreadable {
        /// The file.
        file: String,
        /// What is wrong with it.
        cause: String,
    },
    /// There are none.
    #[error("remote.ca_file: no bundle of certificates was found on this system; name one in PEM form")]
    Missing,
    /// The settings make no address or header.
    #[error("{0}")]
    Address(String),
}

/// Requests to one upstream.
pub(super) struct Client {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    uri: Uri,
    authorization: Option<HeaderValue>,
    connect: Duration,
    read: Duration,
}

/// A request that brought no answer.
pub(super) struct Refused {
    /// What went wrong.
    pub(super) failure: Failure,
    /// Whether the same request may be sent again.
    pub(super) again: bool,
    /// What the upstream asked to wait for, in seconds.
    pub(super) after_s: Option<u64>,
}

impl Client {
    pub(super) fn new(base_url: &str, settings: &Settings) -> Result<Self, TrustError> {
        let uri: Uri = format!("{}/chat/completions", base_url.trim_end_matches('/'))
            .parse()
            .map_err(|cause| TrustError::Address(format!("remote.base_url: {cause}")))?;
        let roots = if uri.scheme_str() == Some("https") {
            roots(settings.ca_file.as_deref())?
        } else {
            RootCertStore::empty()
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|cause| TrustError::Address(cause.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(Duration::from_millis(settings.connect_ms)));
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_millis(limits::UPSTREAM_IDLE_MS))
            .pool_max_idle_per_host(limits::UPSTREAM_IDLE_CONNECTIONS_MAX)
            .build(connector);
        let authorization = settings.api_key.as_ref().map(|key| {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose()))
                .map_err(|_| TrustError::Address("remote.api_key: expected printable ASCII".into()))?;
            value.set_sensitive(true);
            Ok(value)
        });
        Ok(Self {
            pool,
            uri,
            authorization: authorization.transpose()?,
            connect: Duration::from_millis(settings.connect_ms),
            read: Duration::from_millis(settings.read_ms),
        })
    }

    /// Sends a body; the answer's head has come and is good when this returns.
    pub(super) async fn post(&self, body: Vec<u8>, left: Duration) -> Result<Body, Refused> {
        let mut request = Request::post(self.uri.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json");
        if let Some(key) = &self.authorization {
            request = request.header(AUTHORIZATION, key.clone());
        }
        let request = request.body(Full::new(Bytes::from(body)));
        let request = request.map_err(|cause| refused(Reason::Error, cause.to_string(), false))?;
        let deadline = Instant::now() + left.min(self.connect + self.read);
        let answer = match timeout_at(deadline, self.pool.request(request)).await {
            Err(_) => return Err(refused(Reason::Timeout, "no answer in time", true)),
            Ok(Err(cause)) => return Err(unconnected(&cause)),
            Ok(Ok(answer)) => answer,
        };
        let status = answer.status();
        if status != StatusCode::OK {
            let after = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(retry_after_s);
            return Err(Refused { after_s: after, ..of_status(status) });
        }
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let is_stream = kind.to_ascii_lowercase().starts_with("text/event-stream");
        Ok(Body { incoming: answer.into_body(), is_stream, read: self.read, bytes: 0 })
    }
}

fn refused(reason: Reason, detail: impl Into<String>, again: bool) -> Refused {
    Refused { failure: Failure::new(reason, detail), again, after_s: None }
}

/// Why no answer came over a connection, in words that tell an operator what to change.
fn unconnected(error: &hyper_util::client::legacy::Error) -> Refused {
    if let Some(fault) = tls_fault(error) {
        let why = match fault {
            rustls::Error::InvalidMessage(_) => "it does not speak TLS there; see remote.base_url".to_owned(),
            other => other.to_string(),
        };
        // What a certificate lacks, it lacks at the next try too.
        return refused(Reason::Error, format!("no trusted connection: {why}"), false);
    }
    if error.is_connect() {
        return refused(Reason::Error, format!("cannot connect: {}", root_of(error)), true);
    }
    if chain(error).any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)) {
        let why = "the answer is no HTTP; does remote.base_url want https?";
        return refused(Reason::Error, format!("{why} ({})", root_of(error)), false);
    }
    refused(Reason::Error, format!("cut off: {}", root_of(error)), false)
}

fn chain<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |cause| (*cause).source())
}

/// What TLS found wrong, where it was that. An error of IO hides the one that it wraps from `source`.
fn tls_fault<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    let wrapped = |cause: &'e (dyn StdError + 'static)| {
        let mut outer = cause.downcast_ref::<io::Error>();
        while let Some(inner) = outer.and_then(io::Error::get_ref) {
            if let Some(fault) = inner.downcast_ref() {
                return Some(fault);
            }
            outer = inner.downcast_ref();
        }
        cause.downcast_ref()
    };
    chain(error).find_map(wrapped)
}

fn of_status(status: StatusCode) -> Refused {
    let detail = format!("the upstream answered {}", status.as_u16());
    match status.as_u16() {
        429 => refused(Reason::Busy, detail, true),
        502 | 503 => refused(Reason::Error, detail, true),
        408 | 504 => refused(Reason::Timeout, detail, false),
        400..=499 => refused(Reason::Refused, detail, false),
        _ => refused(Reason::Error, detail, false),
    }
}

/// The innermost cause, which names no address.
fn root_of(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// What comes of an answer.
pub(super) struct Body {
    incoming: Incoming,
    /// Whether it is a stream of events.
    pub(super) is_stream: bool,
    read: Duration,
    bytes: usize,
}

impl Body {
    /// The next piece; `None` at the end.
    pub(super) async fn piece(&mut self, deadline: Instant) -> Result<Option<Bytes>, Failure> {
        let late = |_| Failure::new(Reason::Timeout, "the answer stopped coming");
        loop {
            let until = deadline.min(Instant::now() + self.read);
            let frame = timeout_at(until, self.incoming.frame()).await.map_err(late)?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|cause| Failure::new(Reason::Error, format!("cut off: {}", root_of(&cause))))?;
            let Ok(piece) = frame.into_data() else { continue };
            self.bytes += piece.len();
            if self.bytes > limits::UPSTREAM_BODY_MAX_BYTES {
                return Err(Failure::new(Reason::Error, "the answer is too long"));
            }
            return Ok(Some(piece));
        }
    }
}

/// The certificates of the operator's file, otherwise those of the system.
fn roots(file: Option<&Path>) -> Result<RootCertStore, TrustError> {
    let system = || SYSTEM_BUNDLES.iter().map(Path::new).find(|path| path.exists());
    let file = file.or_else(system).ok_or(TrustError::Missing)?;
    let unreadable = |cause: String| TrustError::Unreadable { file: file.display().to_string(), cause };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| unreadable(e.to_string()))? {
        // A bundle may hold some that no TLS stack takes any more.
        let _ = roots.add(certificate.map_err(|e| unreadable(e.to_string()))?);
    }
    if roots.is_empty() { Err(unreadable("it holds none".into())) } else { Ok(roots) }
}
