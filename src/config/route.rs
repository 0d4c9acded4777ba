//! P: Which providers are asked, in which order, for whom.

use std::fmt;

use super::parse::by_tenant;

/// Who may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hop {
    /// A model on this machine.
    Local,
    /// A model behind an OpenAI-compatible address.
    Remote,
    /// The built-in one.
    Composer,
}

impl Hop {
    /// Every provider.
    pub const ALL: [Self; 3] = [Self::Local, Self::Remote, Self::Composer];

    /// Name in settings and on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Remote => "remote",
            Self::Composer => "composer",
        }
    }

    /// The provider of this name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hop| hop.code() == code)
    }
}

/// Providers in the order in which they are asked; the composer always stands last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route(Vec<Hop>);

impl Route {
    /// These before the composer, each once; what stands behind a composer is never asked.
    pub fn new(hops: impl IntoIterator<Item = Hop>) -> Self {
        let mut kept = Vec::new();
        for hop in hops.into_iter().take_while(|hop| *hop != Hop::Composer) {
            if !kept.contains(&hop) {
                kept.push(hop);
            }
        }
        kept.push(Hop::Composer);
        Self(kept)
    }

    /// In order.
    pub fn hops(&self) -> &[Hop] {
        &self.0
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|hop| hop.code()).collect();
        f.write_str(&names.join(">"))
    }
}

/// The route of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRoute {
    /// Slug of the tenant.
    pub tenant: String,
    /// Its route.
    pub route: Route,
}

const ALLOWED: &str = "expected providers out of local, remote, composer";

fn parts(text: &str, separator: char) -> Result<Route, String> {
    let hops: Option<Vec<Hop>> = text.split(separator).map(|name| Hop::from_code(name.trim())).collect();
    hops.map(Route::new).ok_or_else(|| ALLOWED.to_owned())
}

/// `local,remote,composer`
pub(super) fn route(text: &str) -> Result<Route, String> {
    if text.trim().is_empty() { Err(ALLOWED.to_owned()) } else { parts(text, ',') }
}

/// `acme=composer,beta=remote>composer`; an empty text is an empty list.
pub(super) fn tenant_routes(text: &str) -> Result<Vec<TenantRoute>, String> {
    let routes = by_tenant(text, "providers, such as acme=remote>composer", |hops| parts(hops, '>'))?;
    Ok(routes.into_iter().map(|(tenant, route)| TenantRoute { tenant, route }).collect())
}

/// The base of an HTTP API: scheme, host, maybe a port and a path; nothing that could hide a secret or a query.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let wrong = || String::from("expected an address as https://host/v1, without user, query or fragment");
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let host = rest.split('/').next().unwrap_or_default();
    let plain = text.bytes().all(|b| b.is_ascii_graphic()) && !text.contains(['@', '?', '#', '\\', '"']);
    if !matches!(scheme, "https" | "http") || host.is_empty() || !plain || text.len() > 512 {
        return Err(wrong());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Whether what is sent to this base leaves the machine unencrypted.
pub(super) fn is_open(base_url: &str) -> bool {
    let Some(rest) = base_url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    !is_loopback && host != "localhost"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_composer_is_always_last() {
        for (text, shown) in [
            ("remote", "remote>composer"),
            ("composer,remote", "composer"),
            ("remote, remote, composer", "remote>composer"),
            ("local,remote", "local>remote>composer"),
        ] {
            assert_eq!(route(text).map(|route| route.to_string()), Ok(shown.to_owned()));
        }
        for text in ["", "oracle", "remote;composer"] {
            assert!(route(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tenants_have_routes_of_their_own() {
        let routes = tenant_routes("acme=composer, beta = remote>composer").expect("routes");
        assert_eq!(routes.len(), 2);
        assert_eq!(routes[1].route.to_string(), "remote>composer");
        for text in ["acme", "=remote", "a=remote,a=composer", "a=oracle"] {
            assert!(tenant_routes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_hold_no_secret_and_leave_no_machine_in_the_open() {
        assert_eq!(base_url("https://api.example.org/v1/"), Ok("https://api.example.org/v1".to_owned()));
        for text in ["api.example.org", "ftp://x/v1", "https://", "https://u:p@x/v1", "https://x/v1?k=1", "https://x y"]
        {
            assert!(base_url(text).is_err(), "{text}");
        }
        for text in ["http://127.0.0.1:8080/v1", "http://[::1]:1", "http://localhost/v1", "https://example.org"] {
            assert!(!is_open(text), "{text}");
        }
        for text in ["http://example.org/v1", "http://127.0.0.1.example.org", "http://10.0.0.1:80/v1", "http://[::2]/"]
        {
            assert!(is_open(text), "{text}");
        }
    }
}
