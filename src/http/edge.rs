//! What every request passes, matched or not: id, time limit, panic net, envelope, headers, metrics, one log line; and the
//! bound on how many pass at once, for the routes that have one. Knows no route.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use salvo::http::{HeaderValue, Method, ResBody, StatusCode, header};
use salvo::{Depot, FlowCtrl, Handler, Request, Response, Scribe, async_trait};
use tokio::sync::Semaphore;

use super::problem::{Problem, code_of};
use crate::app::App;
use crate::audit::RequestContext;
use crate::clock::Stopwatch;
use crate::error::{Code, Error};
use crate::limits;

/// Name of the header that carries the request id.
pub const REQUEST_ID: &str = "x-request-id";

/// The outermost handler.
#[derive(Debug)]
pub struct Edge {
    app: Arc<App>,
}

/// Lets so many requests at once pass to the routes below it, and refuses the next ones.
#[derive(Debug)]
pub struct Crowd(Semaphore);

impl Crowd {
    /// At most `at_once`.
    pub fn new(at_once: usize) -> Self {
        Self(Semaphore::new(at_once))
    }
}

#[async_trait]
impl Handler for Crowd {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        let Ok(_permit) = self.0.try_acquire() else {
            Problem(Error::new(Code::Overloaded).retry_after_s(1)).render(res);
            ctrl.skip_rest();
            return;
        };
        ctrl.call_next(req, depot, res).await;
    }
}

impl Edge {
    /// Guards `app`.
    pub const fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    async fn pass(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        let limit = Duration::from_millis(self.app.settings().server.request_max_ms);
        let run = AssertUnwindSafe(ctrl.call_next(req, depot, res)).catch_unwind();
        let failed = match tokio::time::timeout(limit, run).await {
            Ok(Ok(_)) => return,
            Ok(Err(_panic)) => Error::internal("a handler panicked"),
            Err(_elapsed) => Error::new(Code::TimedOut),
        };
        Problem(failed).render(res);
    }
}

#[async_trait]
impl Handler for Edge {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        let watch = Stopwatch::start();
        let arrival = RequestContext { request_id: self.request_id(req), address: self.address(req) };
        if let Ok(value) = HeaderValue::from_str(&arrival.request_id) {
            res.headers_mut().insert(REQUEST_ID, value);
        }
        let metrics = self.app.metrics();
        let guard = metrics.http_started();
        depot.insert_typed(Arc::clone(&self.app)).insert_typed(arrival.clone());
        self.pass(req, depot, res, ctrl).await;
        drop(guard);
        dress(res);
        if *req.method() == Method::HEAD {
            behead(res);
        }
        let status = res.status_code.unwrap_or(StatusCode::OK).as_u16();
        let route = route_of(req);
        let elapsed = watch.elapsed();
        metrics.http_answered(req.method().as_str(), route.as_deref(), status, elapsed);
        stamp(res, elapsed);
        tracing::info!(
            request_id = arrival.request_id,
            trace_id = trace_id(req).unwrap_or(""),
            method = method_of(req),
            route = route.as_deref().unwrap_or("unmatched"),
            status,
            duration_ms = elapsed.as_secs_f64() * 1e3,
            "request"
        );
    }
}

impl Edge {
    fn request_id(&self, req: &Request) -> String {
        req.headers()
            .get(REQUEST_ID)
            .and_then(|v| v.to_str().ok())
            .filter(|v| is_request_id(v))
            .map_or_else(|| format!("req_{}", hex(&self.app.ambient().bytes::<16>())), str::to_owned)
    }

    /// Where the request came from; see [`client_of`].
    fn address(&self, req: &Request) -> Option<IpAddr> {
        let peer = req.remote_addr().clone().into_std()?.ip();
        let lines = req.headers().get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or("?"));
        Some(client_of(peer, lines, &self.app.settings().server.trusted_proxies))
    }
}

/// The peer, or, when the peer is a trusted proxy, the last hop of `X-Forwarded-For` that is not one. A proxy may add a
/// line of its own rather than a hop, so all lines count. Behind a hop that is no address, anybody may have written:
/// then the peer stands for the client.
fn client_of<'l>(peer: IpAddr, lines: impl DoubleEndedIterator<Item = &'l str>, trusted: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: &IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == *address);
    if !is_trusted(&peer) {
        return peer;
    }
    let hops = lines.rev().flat_map(|line| line.rsplit(',').map(hop_address));
    let client = hops.map_while(|hop| hop).find(|hop| !is_trusted(hop));
    client.unwrap_or(peer)
}

/// The address of a hop, with or without a port.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let with_port = || hop.parse::<SocketAddr>().map(|socket| socket.ip());
    hop.parse::<IpAddr>().or_else(|_| with_port()).ok().map(|address| address.to_canonical())
}

/// Whether a client's request id is taken: `[A-Za-z0-9._-]{1,64}`.
fn is_request_id(text: &str) -> bool {
    (1..=limits::REQUEST_ID_MAX_BYTES).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

/// The request id that the edge put on the response.
pub fn request_id_of(res: &Response) -> String {
    res.headers().get(REQUEST_ID).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

/// Trace id of a well-formed W3C `traceparent` (Trace Context §3.2).
fn trace_id(req: &Request) -> Option<&str> {
    let value = req.headers().get("traceparent")?.to_str().ok()?;
    let mut parts = value.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lower_hex = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let well = lower_hex(version, 2) && lower_hex(trace, 32) && lower_hex(span, 16) && lower_hex(flags, 2);
    (well && version != "ff" && trace.bytes().any(|b| b != b'0')).then_some(trace)
}

/// A failure without a body gets the envelope: unknown paths, wrong methods, the framework's own refusals.
fn dress(res: &mut Response) {
    let status = res.status_code.unwrap_or(StatusCode::OK);
    let failed = status.is_client_error() || status.is_server_error();
    if failed && (res.body.is_none() || res.body.is_error()) {
        Problem(Error::new(code_of(status))).render(res);
        res.status_code(status);
    }
}

/// Leaves of an answer what HEAD is told: its headers, and how long it would have been.
fn behead(res: &mut Response) {
    let body = res.take_body();
    if let ResBody::Once(bytes) = &body {
        res.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    }
}

fn stamp(res: &mut Response, elapsed: Duration) {
    let headers = res.headers_mut();
    let timing = format!("total;dur={:.3}", elapsed.as_secs_f64() * 1e3);
    if let Ok(value) = HeaderValue::from_str(&timing) {
        headers.insert("server-timing", value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Birth data and answers must not rest in anybody's cache.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Template of the route that matched, so that ids never become labels.
pub fn route_of(req: &Request) -> Option<String> {
    let template = req.matched_path();
    let at_root = template.is_empty() && req.uri().path() == "/";
    (at_root || !template.is_empty()).then(|| format!("/{}", template.trim_start_matches('/')))
}

/// Method as a label; anything unusual is `other`.
fn method_of(req: &Request) -> &'static str {
    match *req.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_ids_are_bounded_in_length_and_alphabet() {
        assert!(is_request_id("a.B_9-"));
        assert!(!is_request_id(""));
        assert!(!is_request_id(&"a".repeat(65)));
        assert!(!is_request_id("a b"));
        assert!(!is_request_id("é"));
    }

    #[salvo::handler]
    async fn answered() -> &'static str {
        "answered"
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_crowd_is_refused_where_it_is_bounded_and_nowhere_else() {
        use salvo::conn::{Listener, TcpListener};
        let bounded = |at_once, path| salvo::Router::with_path(path).hoop(Crowd::new(at_once)).get(answered);
        let free = salvo::Router::with_path("free").get(answered);
        let router = salvo::Router::new().push(bounded(0, "none")).push(bounded(1, "one")).push(free);
        let acceptor = TcpListener::new("127.0.0.1:0").bind().await;
        let address = acceptor.local_addr().unwrap();
        let server = tokio::spawn(salvo::Server::new(acceptor).serve(router));
        let get = move |path: &str| {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let mut answer = agent.get(format!("http://{address}/{path}")).call().unwrap();
            let retry_after = answer.headers().get("retry-after").map(|v| v.to_str().unwrap().to_owned());
            (answer.status().as_u16(), retry_after, answer.body_mut().read_to_string().unwrap())
        };
        tokio::task::spawn_blocking(move || {
            let (status, retry_after, body) = get("none");
            assert_eq!((status, retry_after.as_deref()), (503, Some("1")));
            assert!(body.contains(r#""code":"overloaded""#), "{body}");
            // Each gives its place back.
            for path in ["one", "one", "free"] {
                assert_eq!(get(path), (200, None, "answered".to_owned()), "{path}");
            }
        })
        .await
        .unwrap();
        server.abort();
    }

    #[salvo::handler]
    async fn panicking() -> &'static str {
        panic!("a handler that breaks")
    }

    #[salvo::handler]
    async fn stalling() -> &'static str {
        std::future::pending().await
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_and_a_stall_come_in_the_envelope_and_harm_nobody_else() {
        use crate::clock::Ambient;
        use crate::config::{Settings, Sources};
        use salvo::conn::{Listener, TcpListener};
        let dir = tempfile::tempdir().unwrap();
        let sources = Sources::new().flag("data_dir", "--data-dir", dir.path().to_str().unwrap()).flag(
            "server.request_max_ms",
            "--test",
            "100",
        );
        let app = App::open(Settings::load(&sources).unwrap().0, Ambient::system()).await.unwrap();
        let router = salvo::Router::new()
            .push(salvo::Router::with_path("panic").get(panicking))
            .push(salvo::Router::with_path("stall").get(stalling))
            .push(salvo::Router::with_path("fine").get(answered));
        let acceptor = TcpListener::new("127.0.0.1:0").bind().await;
        let address = acceptor.local_addr().unwrap();
        let service = salvo::Service::new(router).hoop(Edge::new(app));
        let server = tokio::spawn(salvo::Server::new(acceptor).serve(service));
        let get = move |path: &str| {
            let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let mut answer = agent.get(format!("http://{address}/{path}")).call().unwrap();
            let id = answer.headers().get(REQUEST_ID).map(|v| v.to_str().unwrap().to_owned()).unwrap();
            (answer.status().as_u16(), id, answer.body_mut().read_to_string().unwrap())
        };
        tokio::task::spawn_blocking(move || {
            for (path, status, code) in [("panic", 500, "internal_error"), ("stall", 504, "timed_out")] {
                let (found, id, body) = get(path);
                let body: serde_json::Value = serde_json::from_str(&body).unwrap();
                assert_eq!((found, body["error"]["code"].as_str()), (status, Some(code)), "{body}");
                assert_eq!(body["error"]["request_id"], id.as_str());
                assert!(!body.to_string().contains("breaks"), "the cause is not public: {body}");
                assert_eq!(get("fine").2, "answered");
            }
        })
        .await
        .unwrap();
        server.abort();
    }

    /// Says that it was dropped.
    struct Dropped(std::sync::mpsc::Sender<()>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    struct Waiting(std::sync::mpsc::Sender<()>);

    #[async_trait]
    impl Handler for Waiting {
        async fn handle(&self, _: &mut Request, _: &mut Depot, _: &mut Response, _: &mut FlowCtrl) {
            let _held = Dropped(self.0.clone());
            self.0.send(()).unwrap();
            std::future::pending::<()>().await;
        }
    }

    /// What long searches rely on: a handler whose client has gone is dropped, and what it holds hears of it.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_handler_ends_when_its_client_has_gone() {
        use salvo::conn::{Listener, TcpListener};
        use std::io::Write;
        let (said, heard) = std::sync::mpsc::channel();
        let router = salvo::Router::new().get(Waiting(said));
        let acceptor = TcpListener::new("127.0.0.1:0").bind().await;
        let address = acceptor.local_addr().unwrap();
        let server = tokio::spawn(salvo::Server::new(acceptor).serve(router));
        tokio::task::spawn_blocking(move || {
            let mut client = std::net::TcpStream::connect(address).unwrap();
            client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            heard.recv().unwrap();
            drop(client);
            heard.recv_timeout(Duration::from_mins(1)).unwrap();
        })
        .await
        .unwrap();
        server.abort();
    }

    #[test]
    fn the_client_is_the_last_hop_that_no_trusted_proxy_wrote_about_itself() {
        let trusted: Vec<IpAddr> = ["127.0.0.1", "10.0.0.1"].iter().map(|t| t.parse().unwrap()).collect();
        let client =
            |peer: &str, lines: &[&str]| client_of(peer.parse().unwrap(), lines.iter().copied(), &trusted).to_string();
        assert_eq!(client("192.0.2.9", &["198.51.100.1"]), "192.0.2.9", "a stranger's header says nothing");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &["203.0.113.7, 198.51.100.1, 10.0.0.1"]), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &["203.0.113.7", "198.51.100.1"]), "198.51.100.1", "the proxy's own line");
        assert_eq!(client("127.0.0.1", &["203.0.113.7, unknown"]), "127.0.0.1", "nothing behind a hop without address");
        assert_eq!(client("127.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &["[2001:db8::1]:80"]), "2001:db8::1");
        assert_eq!(client("::ffff:127.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn bytes_are_shown_as_hex() {
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
    }
}
