//! A real server on a loopback port and a client that checks every answer against the API description it serves.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use orrery::app::App;
use orrery::clock::Ambient;
use orrery::config::{SPECS, Settings, Sources};
use serde_json::{Value, json};

/// Password of everybody in the tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// A running appliance in a directory of its own.
pub struct Appliance {
    pub address: SocketAddr,
    pub openapi: Value,
    own: Option<Own>,
    operator: OnceLock<String>,
}

/// What belongs to an appliance of this process; held so that it lasts as long as the tests.
struct Own {
    app: std::sync::Arc<App>,
    dir: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The `data` of a success.
    #[track_caller]
    pub fn data(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.text);
        &self.body["data"]
    }

    /// The `error` of a failure.
    #[track_caller]
    pub fn error(&self, status: u16, code: &str) -> &Value {
        assert_eq!((self.status, self.body["error"]["code"].as_str()), (status, Some(code)), "{}", self.text);
        &self.body["error"]
    }

    /// Names of the fields that were refused.
    pub fn fields(&self) -> Vec<String> {
        let errors = self.body["error"]["details"]["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|e| e["field"].as_str().map(str::to_owned)).collect()
    }
}

/// The appliance that most tests share; each takes a tenant or a user of its own.
pub fn shared() -> &'static Appliance {
    static SHARED: OnceLock<Appliance> = OnceLock::new();
    SHARED.get_or_init(|| Appliance::start(&[]))
}

/// A number that no other call in this process gets.
pub fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Appliance {
    /// Starts one with these settings changed. Its rates are lifted, as the tests ask more than people do; a test of rates
    /// sets those it is about.
    pub fn start(changes: &[(&str, &str)]) -> Self {
        Self::start_at(changes, Ambient::system())
    }

    /// The same, with a clock of the test's own.
    pub fn start_at(changes: &[(&str, &str)], ambient: Ambient) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        // The tests play the trusted proxy, so that each login may come from an address of its own.
        let mut sources = Sources::new().flag("data_dir", "--data-dir", dir.path().to_str().unwrap()).flag(
            "server.trusted_proxies",
            "--test",
            "127.0.0.1",
        );
        let lifted = SPECS.iter().filter(|spec| spec.key.starts_with("limits.")).map(|spec| (spec.key, "off"));
        for (key, value) in lifted.chain(changes.iter().copied()) {
            sources = sources.flag(key, "--test", value);
        }
        let (settings, _) = Settings::load(&sources).unwrap();
        let (app, address) = runtime.block_on(async {
            let app = App::open(settings, ambient).await.unwrap();
            app.identity().bootstrap_operator("ops@example.org", &PASSWORD.into()).await.unwrap();
            let bound = orrery::http::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
            let address = bound.address();
            tokio::spawn(bound.serve(std::sync::Arc::clone(&app), std::future::pending()));
            (app, address)
        });
        Self::over(address, Some(Own { app, dir, runtime }))
    }

    fn over(address: SocketAddr, own: Option<Own>) -> Self {
        let mut this = Self { address, openapi: Value::Null, own, operator: OnceLock::new() };
        this.openapi = this.raw("GET", "/openapi.json", &[], None).body;
        this
    }

    /// What serves, where this process does.
    pub fn app(&self) -> &std::sync::Arc<App> {
        &self.own.as_ref().expect("an appliance of this process").app
    }

    /// Tasks that live on the runtime of an appliance of this process.
    pub fn alive_tasks(&self) -> usize {
        self.own.as_ref().expect("an appliance of this process").runtime.metrics().num_alive_tasks()
    }

    /// One that somebody else runs, with the token of its operator.
    pub fn elsewhere(url: &str, email: &str, password: &str) -> Self {
        let this = Self::over(url.trim_start_matches("http://").parse().unwrap(), None);
        let body = json!({"tenant": "system", "email": email, "password": password});
        let answer = this.call("POST", "/v1/auth/login", None, Some(&body));
        this.operator.set(answer.data(200)["access_token"].as_str().unwrap().to_owned()).unwrap();
        this
    }

    /// Sends exactly this; checks nothing.
    pub fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().into();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some(bytes) => agent.run(request.body(bytes.to_vec()).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let mut response = response.unwrap();
        let headers = response
            .headers()
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), v.to_str().unwrap_or_default().to_owned()))
            .collect();
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, body, text }
    }

    /// Sends a request as `token` and checks the answer against the API description.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> Answer {
        self.call_with(method, path, token, body, &[])
    }

    #[track_caller]
    pub fn call_with(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
        more: &[(&str, &str)],
    ) -> Answer {
        let bearer = token.map(|t| format!("Bearer {t}"));
        let mut headers: Vec<(&str, &str)> = more.to_vec();
        if let Some(bearer) = &bearer {
            headers.push(("authorization", bearer));
        }
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let bytes = body.map(|b| serde_json::to_vec(b).unwrap());
        let answer = self.raw(method, path, &headers, bytes.as_deref());
        self.check(method, path, &answer);
        answer
    }

    /// The description must know the path, the method and the status, and the body must fit its schema.
    #[track_caller]
    fn check(&self, method: &str, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap();
        let Some(operation) = self.operation(method, path) else {
            assert!(
                matches!(answer.status, 404 | 405),
                "{method} {path} is not described but answered {}",
                answer.text
            );
            return;
        };
        let responses = &operation["responses"];
        let exact = &responses[answer.status.to_string()];
        let range = &responses[format!("{}XX", answer.status / 100)];
        let response = if exact.is_null() { range } else { exact };
        assert!(!response.is_null(), "{method} {path}: status {} is not described", answer.status);
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            return;
        }
        let mut root = schema.clone();
        root["components"] = self.openapi["components"].clone();
        let validator = jsonschema::validator_for(&root).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(&answer.body).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{method} {path} {}: {errors:?}\n{}", answer.status, answer.text);
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.openapi["paths"].as_object()?;
        let segments: Vec<_> = path.split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<_> = template.split('/').collect();
            parts.len() == segments.len() && parts.iter().zip(&segments).all(|(p, s)| p.starts_with('{') || p == s)
        };
        let exact = paths.get(path);
        let item = exact.or_else(|| paths.iter().find(|(t, _)| fits(t)).map(|(_, item)| item))?;
        item.get(method.to_ascii_lowercase())
    }

    /// Token of the operator.
    pub fn operator(&self) -> &str {
        self.operator.get_or_init(|| self.login("system", "ops@example.org"))
    }

    pub fn login(&self, tenant: &str, email: &str) -> String {
        let body = json!({"tenant": tenant, "email": email, "password": PASSWORD});
        let n = unique();
        let address = format!("10.{}.{}.{}", n >> 16 & 255, n >> 8 & 255, n & 255);
        let answer = self.call_with("POST", "/v1/auth/login", None, Some(&body), &[("x-forwarded-for", &address)]);
        answer.data(200)["access_token"].as_str().unwrap().to_owned()
    }

    /// A new tenant that takes registrations.
    pub fn tenant(&self) -> String {
        let slug = format!("tenant-{}", unique());
        let body = json!({"slug": slug, "display_name": "A tenant", "zone": "Europe/Paris", "registration_open": true});
        self.call("POST", "/v1/ops/tenants", Some(self.operator()), Some(&body)).data(201);
        slug
    }

    /// A new user of `tenant`: the access token.
    pub fn user(&self, tenant: &str) -> String {
        // Made by the operator, so that the throttle on registrations of one address does not slow the tests.
        let email = format!("person-{}@example.org", unique());
        let body = json!({"email": email, "password": PASSWORD, "role": "user"});
        self.call("POST", &format!("/v1/ops/tenants/{tenant}/users"), Some(self.operator()), Some(&body)).data(201);
        self.login(tenant, &email)
    }

    /// A new member of `tenant` in a role: id and access token.
    pub fn member(&self, tenant: &str, role: &str) -> (String, String) {
        let email = format!("member-{}@example.org", unique());
        let body = json!({"email": email, "password": PASSWORD, "role": role});
        let made = self.call("POST", &format!("/v1/ops/tenants/{tenant}/users"), Some(self.operator()), Some(&body));
        (made.data(201)["id"].as_str().unwrap().to_owned(), self.login(tenant, &email))
    }

    /// Everything that lies in the data directory, as one heap of bytes.
    pub fn bytes_on_disk(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.own.as_ref().unwrap().dir.path())
            .unwrap()
            .flatten()
            .filter(|entry| entry.path().is_file());
        files.flat_map(|entry| std::fs::read(entry.path()).unwrap()).collect()
    }

    /// A user of a tenant of their own.
    pub fn person(&self) -> String {
        self.user(&self.tenant())
    }
}

/// Birth data of Albert Einstein (birth certificate, Ulm).
pub fn einstein() -> Value {
    json!({"name": "Albert", "date": "1879-03-14", "time": "11:30", "certainty": "exact", "place": "Ulm, Germany"})
}
