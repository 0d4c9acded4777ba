//! A: POST to addresses that tenants name, safely: HTTPS, or plain HTTP where the operator allows it; never to an address
//! of this machine or a private network unless allowed; no redirect is followed, and little of the answer is read.
//!
//! The addresses of a name are checked when they are resolved, and one of these very addresses is connected to: a name
//! that changes its mind between the check and the connection gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::limits::{WEBHOOK_ADDRESSES_MAX, WEBHOOK_ANSWER_MS};

/// Where systems keep the certificates that they trust; the first that is there counts.
const SYSTEM_BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What may be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Addresses of this machine and of private networks, by plain HTTP too.
    pub private: bool,
    /// File of certificates to trust instead of the system's.
    pub ca_file: Option<PathBuf>,
}

impl Allowed {
    /// What the settings allow.
    pub fn of(settings: &crate::config::Worker) -> Self {
        Self { private: settings.webhooks_private, ca_file: settings.webhooks_ca_file.clone() }
    }
}

/// The answer of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after_s: Option<u64>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It may not be called.
    Forbidden(String),
    /// It could not be reached.
    Failed(String),
}

/// Calls addresses.
#[derive(Debug)]
pub(super) struct Outbound {
    allowed: Allowed,
}

struct Target {
    host: String,
    port: u16,
    path: String,
    tls: bool,
}

impl Outbound {
    pub(super) const fn new(allowed: Allowed) -> Self {
        Self { allowed }
    }

    /// Whether an address could be called, as far as its text tells; what would be right.
    pub(super) fn check(&self, url: &str) -> Result<(), String> {
        let target = self.target(url)?;
        match literal(&target.host) {
            Some(address) if !self.may(address) => {
                Err(String::from("an address that is neither this machine's nor private"))
            }
            _ => Ok(()),
        }
    }

    fn may(&self, address: IpAddr) -> bool {
        self.allowed.private || is_public(address)
    }

    fn target(&self, url: &str) -> Result<Target, String> {
        let schemes = if self.allowed.private { "an https:// or http:// address" } else { "an https:// address" };
        let uri: Uri = url.parse().map_err(|_| schemes.to_owned())?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if self.allowed.private => false,
            _ => return Err(schemes.to_owned()),
        };
        let authority = uri.authority().ok_or(schemes)?;
        if authority.as_str().contains('@') {
            return Err(String::from("an address without a name and password"));
        }
        let host = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
        if host.is_empty() {
            return Err(schemes.to_owned());
        }
        let path = uri.path_and_query().map_or_else(|| String::from("/"), ToString::to_string);
        Ok(Target { host, port: authority.port_u16().unwrap_or(if tls { 443 } else { 80 }), path, tls })
    }

    /// Sends a JSON body; the status of the answer.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Answer, Refused> {
        let target = self.target(url).map_err(Refused::Forbidden)?;
        let within = Duration::from_millis(WEBHOOK_ANSWER_MS);
        match tokio::time::timeout(within, self.exchange(&target, headers, body)).await {
            Ok(answer) => answer,
            Err(_) => Err(Refused::Failed(format!("no answer within {WEBHOOK_ANSWER_MS} ms"))),
        }
    }

    async fn exchange(
        &self,
        target: &Target,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Answer, Refused> {
        let stream = self.connect(target).await?;
        if !target.tls {
            return converse(TokioIo::new(stream), target, headers, body).await;
        }
        let config = trust(self.allowed.ca_file.clone()).await?;
        let name = ServerName::try_from(target.host.clone())
            .map_err(|_| Refused::Forbidden(String::from("the host is no name for a certificate")))?;
        let stream = TlsConnector::from(config).connect(name, stream).await.map_err(failed)?;
        converse(TokioIo::new(stream), target, headers, body).await
    }

    /// A connection to one of the addresses of the host, each of which must be allowed.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Refused> {
        let addresses: Vec<SocketAddr> = if let Some(address) = literal(&target.host) {
            vec![SocketAddr::new(address, target.port)]
        } else {
            let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await.map_err(failed)?;
            found.take(WEBHOOK_ADDRESSES_MAX).collect()
        };
        // One that is forbidden forbids the name: it is not ours to pick among them.
        if let Some(bad) = addresses.iter().find(|address| !self.may(address.ip())) {
            return Err(Refused::Forbidden(format!("{} is this machine's or a private address", bad.ip())));
        }
        let mut last = Refused::Failed(String::from("the name has no address"));
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(cause) => last = failed(cause),
            }
        }
        Err(last)
    }
}

fn failed(cause: impl std::fmt::Display) -> Refused {
    Refused::Failed(cause.to_string())
}

/// One request and the head of its answer over a connection.
async fn converse<S>(
    stream: S,
    target: &Target,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
) -> Result<Answer, Refused>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.map_err(failed)?;
    let driver = tokio::spawn(connection);
    let host = if target.host.contains(':') { format!("[{}]", target.host) } else { target.host.clone() };
    let mut request = Request::post(target.path.as_str())
        .header(HOST, format!("{host}:{}", target.port))
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("orrery/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(HeaderName::from_static(name), value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(failed)?;
    let answer = sender.send_request(request).await.map_err(failed);
    // The body of the answer is of no interest, and may be endless.
    driver.abort();
    let answer = answer?;
    let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    Ok(Answer { status: answer.status().as_u16(), retry_after_s: after.and_then(|text| text.trim().parse().ok()) })
}

/// Whom the operator's file, otherwise the system, trusts. Read for each message: messages are few, and what an operator
/// changes holds at once.
async fn trust(ca_file: Option<PathBuf>) -> Result<Arc<ClientConfig>, Refused> {
    let is_own = ca_file.is_some();
    let read = move || {
        let mut roots = RootCertStore::empty();
        let bundles =
            ca_file.as_deref().map_or_else(|| SYSTEM_BUNDLES.iter().map(Path::new).collect(), |own| vec![own]);
        for bundle in bundles {
            let Ok(certificates) = CertificateDer::pem_file_iter(bundle) else { continue };
            roots.add_parsable_certificates(certificates.flatten());
            break;
        }
        roots
    };
    let roots = tokio::task::spawn_blocking(read).await.map_err(failed)?;
    if roots.is_empty() {
        let missing = if is_own {
            "worker.webhooks_ca_file holds no certificate that can be read"
        } else {
            "no bundle of trusted certificates was found on this system"
        };
        return Err(Refused::Failed(missing.to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(failed)?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// The address that a host is, when it is one. Forms such as `0x7f.1` are no addresses here, and resolve like names.
fn literal(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

/// Whether everybody can reach the address: none that the IANA special-purpose registries give to one machine, one
/// network or no one.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let is_special = v4.is_unspecified()
        || v4.is_loopback()
        || v4.is_private()
        || v4.is_link_local()
        || v4.is_multicast()
        || v4.is_broadcast()
        || v4.is_documentation()
        || a == 0
        || a >= 240
        || (a, b) == (100, b & 0x3f | 0x40)
        || (a, b & 0xfe) == (198, 18)
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99);
    !is_special
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let segments = v6.segments();
    // What carries a v4 address is as public as that is: mapped, compatible, NAT64, 6to4.
    let [.., g, h] = segments;
    let inner = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] => return v6.to_ipv4_mapped().is_some_and(is_public_v4),
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => return is_public_v4(inner(g, h)),
        [0x2002, high, low, ..] => return is_public_v4(inner(high, low)),
        _ => {}
    }
    // Global unicast alone, less documentation (2001:db8::/32, 3fff::/20), Teredo and other protocol assignments (2001::/23).
    let is_special = (segments[0] == 0x2001 && (segments[1] < 0x200 || segments[1] == 0xdb8)) || segments[0] == 0x3fff;
    segments[0] & 0xe000 == 0x2000 && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_everybody_can_reach_is_public() {
        for public in
            ["1.1.1.1", "8.8.8.8", "100.63.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111", "64:ff9b::808:808"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "0.0.0.0",
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "198.18.0.1",
            "198.19.1.1",
            "192.0.0.1",
            "192.0.2.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "3fff::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2002:a00:1::",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }

    #[test]
    fn addresses_are_refused_by_their_text_where_that_is_enough() {
        let strict = Outbound::new(Allowed::default());
        for bad in [
            "http://example.org/x",
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://169.254.169.254/latest",
            "https://a:b@example.org/",
            "ftp://example.org/",
            "example.org",
            "",
            "https://",
            "file:///etc/passwd",
        ] {
            assert!(strict.check(bad).is_err(), "{bad}");
        }
        assert!(strict.check("https://example.org:8443/hook?x=1").is_ok());
        let local = Outbound::new(Allowed { private: true, ca_file: None });
        assert!(local.check("http://127.0.0.1:9/x").is_ok());
        assert!(local.check("gopher://127.0.0.1/").is_err());
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused_when_it_is_resolved() {
        let strict = Outbound::new(Allowed::default());
        let refused = strict.post("https://localhost:1/x", &[], Vec::new()).await.unwrap_err();
        assert!(matches!(refused, Refused::Forbidden(_)), "{refused:?}");
    }
}
