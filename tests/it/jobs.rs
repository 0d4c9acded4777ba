//! Jobs as users and operators meet them over HTTP: reports, the operator's desk, webhooks, the worker metrics.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use argon2::PasswordHasher;
use base64::Engine as _;
use hmac::{KeyInit, Mac};
use orrery::app::App;
use orrery::clock::{Ambient, Stopwatch};
use orrery::config::{Settings, Sources};
use serde_json::{Value, json};

use crate::support::{Appliance, einstein, shared};

pub const PATIENCE: Duration = Duration::from_mins(1);

/// Asks until `fits` says yes.
#[track_caller]
pub fn until(server: &Appliance, path: &str, token: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let watch = Stopwatch::start();
    loop {
        let answer = server.call("GET", path, Some(token), None);
        let data = answer.data(200);
        if fits(data) {
            return data.clone();
        }
        assert!(watch.elapsed() < PATIENCE, "{data}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn chart(server: &Appliance, token: &str) -> String {
    let made = server.call("POST", "/v1/charts", Some(token), Some(&einstein()));
    made.data(201)["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_report_is_made_watched_and_read_by_its_owner_alone() {
    let server = shared();
    let tenant = server.tenant();
    let (token, other) = (server.user(&tenant), server.user(&tenant));
    let id = chart(server, &token);
    let path = format!("/v1/charts/{id}/report");
    let wrong = server.call("POST", &path, Some(&token), Some(&json!({"lang": "tlh"})));
    assert_eq!(wrong.error(422, "invalid_fields")["details"]["errors"][0]["field"], "lang");
    server.call("POST", &path, Some(&other), Some(&json!({}))).error(404, "chart_not_found");
    let asked = server.call("POST", &path, Some(&token), Some(&json!({"lang": "fr"})));
    let job = asked.data(202)["id"].as_str().unwrap().to_owned();
    assert_eq!(asked.data(202)["task"], "natal_report");
    let mine = format!("/v1/jobs/{job}");

    let auth = format!("Bearer {token}");
    let events = server.raw("GET", &mine, &[("authorization", &auth), ("accept", "text/event-stream")], None);
    assert_eq!((events.status, events.header("content-type")), (200, Some("text/event-stream")));
    let last = events.text.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(last).unwrap()["state"], "completed");

    let done = until(server, &mine, &token, |job| job["state"] == "completed");
    let result = done["result"].as_str().unwrap();
    let page = server.call("GET", result, Some(&token), None);
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    // Sun at 23 Pisces, in French; the wheel; the name.
    assert!(page.text.contains("<svg") && page.text.contains("Albert"), "{}", page.text);
    assert!(page.text.contains("<th>Soleil</th><td>23°30′</td><td>Poissons"), "{}", page.text);
    for path in [mine.as_str(), result] {
        server.call("GET", path, Some(&other), None).error(404, "job_not_found");
        server.call("GET", path, None, None).error(401, "missing_access_token");
    }
    let seen = server.call("GET", &format!("/v1/ops/jobs/{job}"), Some(server.operator()), None);
    assert_eq!((&seen.data(200)["state"], &seen.data(200)["payload"]["chart"]), (&json!("completed"), &json!(id)));
    server.call("GET", &format!("/v1/ops/jobs/{job}"), Some(&token), None).error(403, "insufficient_role");
}

#[test]
fn operators_pause_cancel_retry_and_list() {
    let server = Appliance::start(&[]);
    let ops = server.operator().to_owned();
    let post = |path: &str, body: Value| server.call("POST", path, Some(&ops), Some(&body));
    let act = |path: &str| server.call("POST", path, Some(&ops), None);
    let get = |path: &str| server.call("GET", path, Some(&ops), None);
    let tenant = server.tenant();
    let token = server.user(&tenant);
    let id = chart(&server, &token);

    act("/v1/ops/queues/nosuch/pause").error(404, "queue_not_found");
    assert_eq!(act("/v1/ops/queues/reports/pause").data(200)["paused"], true);
    let ask = || server.call("POST", &format!("/v1/charts/{id}/report"), Some(&token), Some(&json!({})));
    let job = ask().data(202)["id"].as_str().unwrap().to_owned();
    assert_eq!(ask().data(202)["id"], job.as_str(), "the same report is not made twice at once");
    let path = format!("/v1/ops/jobs/{job}");
    assert_eq!(get(&path).data(200)["state"], "available");
    let listed = get(&format!("/v1/ops/jobs?state=available&queue=reports&task=natal_report&tenant={tenant}"));
    assert_eq!(listed.data(200)["jobs"][0]["id"], job.as_str());
    let queues = get("/v1/ops/jobs/stats");
    let reports =
        queues.data(200)["queues"].as_array().unwrap().iter().find(|queue| queue["name"] == "reports").unwrap().clone();
    assert_eq!((&reports["paused"], &reports["available"], &reports["depth"]), (&json!(true), &json!(1), &json!(1)));

    assert_eq!(act(&format!("{path}/cancel")).data(200)["state"], "cancelled");
    act(&format!("{path}/cancel")).error(409, "job_state_forbids");
    act(&format!("{path}/replay")).error(409, "job_state_forbids");
    act(&format!("{path}/discard")).error(409, "job_state_forbids");
    assert_eq!(act(&format!("{path}/retry")).data(200)["state"], "available");
    act("/v1/ops/queues/reports/resume").data(200);
    until(&server, &path, &ops, |job| job["state"] == "completed");

    for bad in ["/v1/ops/jobs/job_00/retry", "/v1/ops/jobs/job_00000000000000000000000000000000/cancel"] {
        act(bad).error(404, "job_not_found");
    }
    assert_eq!(get("/v1/ops/jobs?state=dead").fields(), ["query.state"]);
    assert_eq!(get("/v1/ops/jobs?cursor=x").fields(), ["query.cursor"]);
    assert_eq!(get("/v1/ops/jobs/dead").data(200)["entries"], json!([]));
    assert_eq!(get("/v1/ops/jobs/quarantine").data(200)["entries"], json!([]));
    assert_eq!(post("/v1/ops/jobs/dead/retry", json!({"task": "x"})).data(200)["retried"], 0);
    assert_eq!(get("/v1/ops/jobs/cron").data(200)["cron"].as_array().unwrap().len(), 5);
    act("/v1/ops/jobs/cron/nosuch/pause").error(404, "cron_not_found");
    until(&server, "/v1/ops/jobs/cron", &ops, |cron| cron["cron"][0]["last_tick"].is_string());
    assert_eq!(act("/v1/ops/jobs/cron/audit_verify/pause").data(200)["paused"], true);
    act("/v1/ops/jobs/cron/audit_verify/resume").data(200);

    let share = format!("/v1/ops/tenants/{tenant}/jobs/share");
    let put = |path: &str, body: &Value| server.call("PUT", path, Some(&ops), Some(body));
    assert_eq!(put(&share, &json!({"weight": 0})).fields(), ["weight"]);
    put(&share, &json!({"weight": 3, "running_max": 2})).data(200);
    assert_eq!(get(&share).data(200), &json!({"weight": 3, "running_max": 2, "paused": false}));
    assert_eq!(put("/v1/ops/queues/reports/rate", &json!({"jobs": 1})).fields(), ["per_ms"]);
    assert_eq!(put("/v1/ops/queues/reports/rate", &json!({"jobs": 0, "per_ms": 1})).fields(), ["rate"]);
    put("/v1/ops/queues/reports/rate", &json!({"jobs": 5, "per_ms": 1000})).data(200);
    assert_eq!(get("/v1/ops/audit/verify").data(200)["intact"], true);
    act("/v1/ops/jobs/cron/audit_verify/pause").data(200);
    for path in ["/v1/ops/jobs", "/v1/ops/jobs/stats", "/v1/ops/jobs/dead", "/v1/ops/jobs/cron", share.as_str()] {
        server.call("GET", path, Some(&token), None).error(403, "insufficient_role");
    }
}

/// One request that came, with its headers in lower case.
pub struct Came {
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Came {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap()
    }
}

/// A receiver of webhooks that answers with these statuses, one after the other, then with 204.
pub fn receiver(statuses: &'static [u16]) -> (String, Receiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (send, came) = channel();
    std::thread::spawn(move || {
        for (stream, status) in listener.incoming().zip(statuses.iter().copied().chain(std::iter::repeat(204))) {
            let mut stream = BufReader::new(stream.unwrap());
            let mut headers = Vec::new();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some((name, value)) = line.trim().split_once(": ") {
                    headers.push((name.to_ascii_lowercase(), value.to_owned()));
                }
            }
            let length = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            write!(stream.get_mut(), "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            if send.send(Came { headers, body: String::from_utf8(body).unwrap() }).is_err() {
                return;
            }
        }
    });
    (url, came)
}

#[test]
fn events_are_signed_tried_again_and_told_once_by_their_id() {
    let server = Appliance::start(&[("worker.webhooks_private", "true")]);
    let ops = server.operator().to_owned();
    let tenant = server.tenant();
    let token = server.user(&tenant);
    let (url, came) = receiver(&[500]);
    let hooks = format!("/v1/ops/tenants/{tenant}/webhooks");
    let create = |body: &Value| server.call("POST", &hooks, Some(&ops), Some(body));
    assert_eq!(create(&json!({"url": url, "events": ["nothing"]})).fields(), ["events"]);
    let made = create(&json!({"url": url, "events": ["chart.created"]}));
    let secret = made.data(201)["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap().to_owned();
    let listed = server.call("GET", &hooks, Some(&ops), None);
    assert_eq!(
        (&listed.data(200)["webhooks"][0]["url"], &listed.data(200)["webhooks"][0]["secret"]),
        (&json!(url), &Value::Null)
    );

    let id = chart(&server, &token);
    let first = came.recv_timeout(PATIENCE).unwrap();
    // It failed, and waits for its next try; an operator need not wait.
    let failed =
        until(&server, "/v1/ops/jobs?state=retryable&task=webhook_delivery", &ops, |page| page["jobs"][0].is_object());
    let delivery = failed["jobs"][0]["id"].as_str().unwrap();
    assert_eq!(failed["jobs"][0]["attempts"][0]["class"], "http_status");
    server.call("POST", &format!("/v1/ops/jobs/{delivery}/retry"), Some(&ops), None).data(200);
    let second = came.recv_timeout(PATIENCE).unwrap();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    for message in [&first, &second] {
        let signed =
            format!("{}.{}.{}", message.header("webhook-id"), message.header("webhook-timestamp"), message.body);
        let key = base64::engine::general_purpose::STANDARD.decode(&secret).unwrap();
        let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap().chain_update(signed.as_bytes()).finalize();
        let expected = format!("v1,{}", base64::engine::general_purpose::STANDARD.encode(mac.into_bytes()));
        assert_eq!(message.header("webhook-signature"), expected);
        let body: Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!((&body["type"], &body["data"]["chart_id"]), (&json!("chart.created"), &json!(id)));
        assert!(!message.body.contains("Albert"));
    }
    until(&server, &format!("/v1/ops/jobs/{delivery}"), &ops, |job| job["state"] == "completed");

    let hook = format!("{hooks}/{}", made.data(201)["id"].as_str().unwrap());
    server.call("POST", &format!("{hook}/test"), Some(&ops), None).data(202);
    assert!(came.recv_timeout(PATIENCE).unwrap().body.contains("webhook.test"));
    server.call("DELETE", &hook, Some(&ops), None).data(200);
    server.call("DELETE", &hook, Some(&ops), None).error(404, "webhook_not_found");
    server.call("POST", &format!("{hook}/test"), Some(&ops), None).error(404, "webhook_not_found");
    assert_eq!(server.call("GET", "/v1/ops/audit/verify", Some(&ops), None).data(200)["intact"], true);
}

#[test]
fn webhooks_reach_no_private_address_unless_allowed() {
    let server = shared();
    let hooks = format!("/v1/ops/tenants/{}/webhooks", server.tenant());
    for url in
        ["http://example.org/", "https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/", "x"]
    {
        let answer = server.call("POST", &hooks, Some(server.operator()), Some(&json!({"url": url})));
        assert_eq!((answer.status, answer.fields()), (422, vec!["url".to_owned()]), "{url}");
    }
}

/// An appliance whose worker metrics listen with these settings: their address.
fn metrics(changes: &[(&str, &str)]) -> (tempfile::TempDir, tokio::runtime::Runtime, String) {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut sources = Sources::new().flag("data_dir", "--data-dir", dir.path().to_str().unwrap()).flag(
        "worker.metrics_listen",
        "--metrics-listen",
        "127.0.0.1:0",
    );
    for (key, value) in changes {
        sources = sources.flag(key, "--test", *value);
    }
    let (settings, _) = Settings::load(&sources).unwrap();
    let address = runtime.block_on(async {
        let app = App::open(settings, Ambient::system()).await.unwrap();
        app.worker().start().unwrap();
        let bound = orrery::http::metrics::bind(&app).await.unwrap().unwrap();
        let address = bound.address();
        tokio::spawn(bound.serve());
        address
    });
    (dir, runtime, format!("http://{address}/metrics"))
}

fn read(url: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = agent.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = request.call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

#[test]
fn worker_metrics_are_told_to_allowed_addresses_whatever_a_header_says() {
    let (_dir, _runtime, url) = metrics(&[]);
    let (status, text) = read(&url, &[("x-forwarded-for", "203.0.113.9")]);
    assert_eq!(status, 200);
    for series in
        [r#"job_queue_depth{queue="reports"} 0"#, r#"job_queue_running{queue="webhooks"} 0"#, "job_oldest_age_seconds"]
    {
        assert!(text.contains(series), "{series} is not in\n{text}");
    }
    let (_dir, _runtime, url) = metrics(&[("worker.metrics_allow", "192.0.2.1")]);
    for headers in
        [&[][..], &[("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1"), ("x-real-ip", "192.0.2.1")]]
    {
        assert_eq!(read(&url, headers), (403, "forbidden\n".to_owned()));
    }
}

#[test]
fn worker_metrics_ask_for_a_password_where_one_is_set() {
    let secret = tempfile::NamedTempFile::new().unwrap();
    let hash = argon2::Argon2::default().hash_password_with_salt(b"open sesame", b"0123456789abcdef").unwrap();
    std::fs::write(secret.path(), format!("prometheus:{hash}\n")).unwrap();
    let (_dir, _runtime, url) = metrics(&[("worker.metrics_auth_file", secret.path().to_str().unwrap())]);
    let basic = |plain: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(plain));
    assert_eq!(read(&url, &[]).0, 401);
    for wrong in ["prometheus:open", "other:open sesame", "prometheus", ""] {
        assert_eq!(read(&url, &[("authorization", &basic(wrong))]).0, 401, "{wrong}");
    }
    assert_eq!(read(&url, &[("authorization", &basic("prometheus:open sesame"))]).0, 200);
}

#[test]
fn a_directory_that_nobody_serves_is_looked_after_at_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let orrery = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_orrery"));
        let output = command.args(args).args(["--data-dir", data]).env_remove("ORRERY_CONFIG").output().unwrap();
        let text =
            String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr }).into_owned();
        (output.status.code().unwrap(), text)
    };
    assert_eq!(orrery(&["init", "--admin-email", "ops@example.org"]).0, 0);
    let (code, stats) = orrery(&["jobs", "stats"]);
    assert!(code == 0 && ["maintenance", "reports", "webhooks"].iter().all(|queue| stats.contains(queue)), "{stats}");
    let (code, cron) = orrery(&["jobs", "cron"]);
    assert!(code == 0 && cron.contains("audit_verify") && cron.contains("20 3 * * *"), "{cron}");
    assert_eq!(orrery(&["jobs", "pause", "--queue", "reports"]), (0, "reports is paused\n".to_owned()));
    assert!(orrery(&["jobs", "stats"]).1.lines().any(|line| line.starts_with("reports") && line.ends_with("paused")));
    assert_eq!(orrery(&["jobs", "resume", "--queue", "reports"]).0, 0);
    assert_eq!(orrery(&["jobs", "pause", "--tenant", "system"]).0, 0);
    assert_eq!(orrery(&["jobs", "pause", "--queue", "nosuch"]).0, 2);
    assert_eq!(orrery(&["jobs", "pause"]).0, 2);
    for list in [&["jobs", "list", "--state", "running"][..], &["jobs", "dead"], &["jobs", "quarantine"]] {
        assert_eq!(orrery(list), (0, "there are none\n".to_owned()));
    }
    let unknown = "job_00000000000000000000000000000000";
    for command in ["show", "cancel", "retry"] {
        assert_eq!(orrery(&["jobs", command, unknown]).0, 2, "{command}");
    }
    assert_eq!(orrery(&["jobs", "show", "job_x"]).0, 2);
    assert!(orrery(&["jobs", "retry", "--all"]).1.starts_with("0 dead jobs"));
    assert_eq!(orrery(&["audit", "verify"]).0, 0);
}
