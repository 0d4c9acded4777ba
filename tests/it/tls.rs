//! TLS as it is met outside, with an authority of the tests' own: a model's API and a receiver of webhooks that are trusted,
//! and ones that must not be.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

use crate::jobs::{PATIENCE, chart, receiver, until};
use crate::support::{Appliance, einstein};
use crate::upstream::{Act, Upstream, eventually, quotes};

/// An authority, and the file that says whom to trust.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
    _dir: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::OrganizationName, "An authority of the tests");
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        std::fs::write(&file, pem).unwrap();
        Self { issuer: Issuer::new(params, key), file, _dir: dir }
    }

    /// A server for `name`, good now or expired, in front of `to`.
    fn front(&self, name: &str, is_expired: bool, to: SocketAddr) -> Front {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if is_expired {
            params.not_before = rcgen::date_time_ymd(2019, 1, 1);
            params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Front::start(config, to)
    }

    fn file(&self) -> &str {
        self.file.to_str().unwrap()
    }
}

/// Ends TLS and hands the bytes on to a server without it.
struct Front {
    port: u16,
    /// Handshakes that were completed.
    trusted: Arc<AtomicUsize>,
    _runtime: tokio::runtime::Runtime,
}

impl Front {
    fn start(config: rustls::ServerConfig, to: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let trusted = Arc::new(AtomicUsize::new(0));
        let (acceptor, count) = (tokio_rustls::TlsAcceptor::from(Arc::new(config)), Arc::clone(&trusted));
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
                tokio::spawn(async move {
                    let Ok(mut inside) = acceptor.accept(socket).await else { return };
                    count.fetch_add(1, Ordering::SeqCst);
                    let mut outside = tokio::net::TcpStream::connect(to).await.unwrap();
                    drop(tokio::io::copy_bidirectional(&mut inside, &mut outside).await);
                });
            }
        });
        Self { port, trusted, _runtime: runtime }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").split('/').next().unwrap().parse().unwrap()
}

/// Provider and reason of an answer by an appliance whose model stands at `base_url`.
fn answered(base_url: &str, ca_file: &str) -> Value {
    let at = Appliance::start(&[
        ("llm.route", "remote"),
        ("remote.base_url", base_url),
        ("remote.model", "gpt-4o-mini"),
        ("remote.ca_file", ca_file),
    ]);
    let token = at.person();
    let made = at.call("POST", "/v1/charts", Some(&token), Some(&einstein()));
    let body = json!({"chart_id": made.data(201)["id"], "question": "How can I grow in my work?"});
    let answer = at.call("POST", "/v1/chat/advise", Some(&token), Some(&body));
    let data = answer.data(200);
    let metrics = at.raw("GET", "/metrics", &[], None).text;
    assert!(metrics.contains("ledger_reserved_usd 0\n"), "{metrics}");
    json!([data["provider"], data["degraded"]])
}

#[test]
fn a_model_over_tls_answers_where_its_authority_is_trusted() {
    let (ca, upstream) = (Authority::new(), Upstream::start(quotes((900, 100))));
    let front = ca.front("localhost", false, address(&upstream.base_url));
    assert_eq!(answered(&front.url("/v1"), ca.file()), json!(["remote", null]));
    assert_eq!((upstream.requests().len(), front.trusted.load(Ordering::SeqCst)), (1, 1));
}

#[test]
fn no_prompt_goes_to_a_server_that_cannot_be_trusted() {
    let (ca, stranger, upstream) = (Authority::new(), Authority::new(), Upstream::start(quotes((900, 100))));
    let to = address(&upstream.base_url);
    let degraded = json!(["composer", "upstream_error"]);
    for (what, front) in [
        ("an authority that nobody named", stranger.front("localhost", false, to)),
        ("another name", ca.front("example.org", false, to)),
        ("a certificate that has expired", ca.front("localhost", true, to)),
    ] {
        assert_eq!(answered(&front.url("/v1"), ca.file()), degraded, "{what}");
        assert_eq!(front.trusted.load(Ordering::SeqCst), 0, "{what}");
    }
    // A server without TLS behind an address that promises it.
    assert_eq!(answered(&format!("https://localhost:{}/v1", to.port()), ca.file()), degraded);
    assert!(upstream.requests().is_empty(), "a prompt left the machine");
}

#[test]
fn a_redirect_is_not_followed_over_tls_either() {
    let (ca, elsewhere) = (Authority::new(), Upstream::start(quotes((900, 100))));
    let other = ca.front("localhost", false, address(&elsewhere.base_url));
    let target = other.url("/v1/chat/completions");
    let head = format!(
        "HTTP/1.1 308 Permanent Redirect\r\nlocation: {target}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let upstream = Upstream::start(move |_, _| Act::Raw(head.clone()));
    let front = ca.front("localhost", false, address(&upstream.base_url));
    assert_eq!(answered(&front.url("/v1"), ca.file()), json!(["composer", "upstream_error"]));
    assert_eq!((upstream.requests().len(), elsewhere.requests().len()), (1, 0));
    assert_eq!(other.trusted.load(Ordering::SeqCst), 0);
}

#[test]
fn a_file_of_certificates_that_holds_none_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, "no certificate").unwrap();
    for ca_file in [file.to_str().unwrap(), "/nonexistent/ca.pem"] {
        let started = std::panic::catch_unwind(|| answered("https://localhost:1/v1", ca_file));
        let text = *started.unwrap_err().downcast::<String>().unwrap();
        assert!(text.contains("ca.pem"), "{text}");
    }
}

#[test]
fn webhooks_go_over_tls_to_whom_the_operator_trusts_and_to_nobody_else() {
    let (ca, stranger) = (Authority::new(), Authority::new());
    let (url, came) = receiver(&[]);
    let to = address(&url);
    let server = Appliance::start(&[("worker.webhooks_private", "true"), ("worker.webhooks_ca_file", ca.file())]);
    let ops = server.operator().to_owned();
    let failing = "/v1/ops/jobs?state=retryable&task=webhook_delivery";
    for (what, front, is_trusted) in [
        ("trusted", ca.front("localhost", false, to), true),
        ("an authority that nobody named", stranger.front("localhost", false, to), false),
        ("another name", ca.front("example.org", false, to), false),
        ("a certificate that has expired", ca.front("localhost", true, to), false),
    ] {
        let tenant = server.tenant();
        let token = server.user(&tenant);
        let hook = json!({"url": front.url("/hook"), "events": ["chart.created"]});
        let hooks = format!("/v1/ops/tenants/{tenant}/webhooks");
        server.call("POST", &hooks, Some(&ops), Some(&hook)).data(201);
        let id = chart(&server, &token);
        if is_trusted {
            let message = came.recv_timeout(PATIENCE).unwrap();
            assert!(message.body.contains(&id) && message.header("webhook-signature").starts_with("v1,"));
            continue;
        }
        let failed = until(&server, &format!("{failing}&tenant={tenant}"), &ops, |page| page["jobs"][0].is_object());
        assert_eq!(failed["jobs"][0]["attempts"][0]["class"], "unreachable", "{what}");
        assert!(came.try_recv().is_err(), "{what}: a message went out");
        assert_eq!(front.trusted.load(Ordering::SeqCst), 0, "{what}");
    }
    eventually("nothing runs any more", || {
        let running = server.call("GET", "/v1/ops/jobs?state=running", Some(&ops), None);
        running.data(200)["jobs"].as_array().unwrap().is_empty()
    });
}
