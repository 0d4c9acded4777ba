//! The executable as an operator meets it: exit codes, messages, signals, the lock on the directory.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use orrery::clock::Stopwatch;

pub const EMAIL: &str = "ada@example.org";

/// Longest wait for anything, in seconds: the machine may be busy.
const PATIENCE_S: u64 = 60;

/// The executable, without this machine's settings and colours.
pub fn orrery(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orrery"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ORRERY_")) {
        command.env_remove(name);
    }
    command.args(arguments).env("COLUMNS", "100").env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

pub fn run(arguments: &[&str]) -> Output {
    orrery(arguments).output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
pub fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "stdout: {}\nstderr: {}", stdout(output), stderr(output));
}

#[track_caller]
fn assert_holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let (instants, skies) = (dir.path().join("instants.csv"), dir.path().join("skies.csv"));
    let rows = |head: &str, tail: &str| {
        let rows = (0..5_000).map(|n| format!("{}{tail}\n", 2_451_545 + n));
        rows.fold(format!("{head}\n"), |text, row| text + &row)
    };
    std::fs::write(&instants, rows("jd_tt", "")).unwrap();
    std::fs::write(&skies, rows("jd_ut,lat,lon", ".25,48.4,9.99")).unwrap();
    for arguments in [
        &["ephemeris", "--instants", text(&instants)][..],
        &["ephemeris", "--instants", text(&instants), "--format", "jsonl"],
        &["houses", "--input", text(&skies)],
        &["houses", "--input", text(&skies), "--format", "jsonl"],
        &["calendar", "--from", "2024-01-01", "--to", "2026-12-31"],
        &["--help"],
    ] {
        let mut child = orrery(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(first.len() > 5, "{arguments:?}");
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_page_says_day_birth_of_births_alone_and_explains_its_asterisk() {
    let summer = ["--at", "2026-06-21T12:00:00Z", "--lat", "48.4", "--lon", "9.99"];
    let sky = stdout(&run(&[&["sky"], &summer[..]].concat()));
    assert!(sky.contains("\u{b7} day \u{b7}") && !sky.contains("birth") && !sky.contains("* out of bounds"), "{sky}");
    assert!(!sky.contains("\u{b1} 0.0 s"), "{sky}");
    let birth = ["--date", "1984-02-29", "--time", "03:07:30", "--lat", "48.4", "--lon", "9.99", "--tz", "UTC"];
    let returned = stdout(&run(&[&["returns"], &birth[..], &["--year", "2026"]].concat()));
    assert!(returned.contains("\u{b7} day \u{b7}") && !returned.contains("birth"), "{returned}");
    let chart = stdout(&run(&[&["chart"], &birth[..]].concat()));
    assert!(chart.contains("night birth"), "{chart}");
    // The Moon of 2025-03-07 stands at 28 degrees north (major standstill).
    let far = stdout(&run(&["sky", "--at", "2025-03-07T12:00:00Z"]));
    assert!(far.contains("N*") && far.contains("* out of bounds: farther from the equator"), "{far}");
}

/// A directory with an operator; gives the generated password.
pub fn initialised(dir: &Path) -> String {
    let output = run(&["init", "--data-dir", text(dir), "--admin-email", EMAIL]);
    assert_code(&output, 0);
    let told = stdout(&output);
    let line = told.lines().find(|line| line.starts_with("Password")).unwrap();
    line.rsplit(' ').next().unwrap().to_owned()
}

/// A running `orrery serve`, and where it listens.
pub struct Served {
    child: Child,
    pub url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Served {
    pub fn start(dir: &Path) -> Self {
        let mut child = orrery(&["serve", "--data-dir", text(dir), "--listen", "127.0.0.1:0"])
            .env("ORRERY_LOG_FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| serde_json::from_str::<serde_json::Value>(&line).ok()?["url"].as_str().map(str::to_owned))
            .expect("the server says where it listens");
        // Somebody must read on, or the log fills its pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// The exit code, and how long it took to come.
    fn ended(&mut self) -> (Option<i32>, Duration) {
        let start = Stopwatch::start();
        while start.elapsed() < Duration::from_secs(PATIENCE_S) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), start.elapsed());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("the server did not end");
    }

    fn post(&self, path: &str, body: &serde_json::Value) -> (u16, serde_json::Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent.post(format!("{}{path}", self.url)).send_json(body).unwrap();
        (response.status().as_u16(), response.body_mut().read_json().unwrap())
    }
}

#[test]
fn version_and_help_are_answered_and_nothing_is_a_usage_error() {
    let version = run(&["--version"]);
    assert_code(&version, 0);
    assert_eq!(stdout(&version).trim(), concat!("orrery ", env!("CARGO_PKG_VERSION")));
    assert_code(&run(&[]), 2);
    assert_code(&run(&["serv"]), 2);
    assert_code(&run(&["demo", "--lat", "north"]), 2);
}

#[test]
fn init_makes_an_operator_who_can_log_in_and_a_second_init_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("deep/data");
    let password = initialised(&data);
    assert!(password.len() >= 20, "{password}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    let again = run(&["init", "--data-dir", text(&data), "--admin-email", "eve@example.org"]);
    assert_code(&again, 2);
    assert_holds(&stderr(&again), &["initialised already", "orrery serve"]);

    let served = Served::start(&data);
    let credentials = |email| serde_json::json!({"tenant": "system", "email": email, "password": password});
    assert_eq!(served.post("/v1/auth/login", &credentials(EMAIL)).0, 200);
    assert_eq!(served.post("/v1/auth/login", &credentials("eve@example.org")).0, 401);
}

#[test]
fn init_takes_the_first_line_of_a_password_file_and_does_not_repeat_it() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("password"));
    std::fs::write(&file, "correct horse battery staple\n").unwrap();
    let output = run(&["init", "--data-dir", text(&data), "--admin-email", EMAIL, "--password-file", text(&file)]);
    assert_code(&output, 0);
    assert!(!stdout(&output).contains("horse") && !stderr(&output).contains("horse"));
    let served = Served::start(&data);
    let login = serde_json::json!({"tenant": "system", "email": EMAIL, "password": "correct horse battery staple"});
    assert_eq!(served.post("/v1/auth/login", &login).0, 200);
}

#[test]
fn init_leaves_nothing_behind_when_its_input_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("not/yet/there");
    let short = dir.path().join("short");
    std::fs::write(&short, "abc\n").unwrap();
    let wrong_email = run(&["init", "--data-dir", text(&data), "--admin-email", "nobody"]);
    assert_code(&wrong_email, 2);
    assert_holds(&stderr(&wrong_email), &["--admin-email", "name@example.org"]);
    let weak = run(&["init", "--data-dir", text(&data), "--admin-email", EMAIL, "--password-file", text(&short)]);
    assert_code(&weak, 2);
    assert_holds(&stderr(&weak), &["--password-file", "characters"]);
    let missing = dir.path().join("missing");
    let no_file = run(&["init", "--data-dir", text(&data), "--admin-email", EMAIL, "--password-file", text(&missing)]);
    assert_code(&no_file, 2);
    assert!(!dir.path().join("not").exists());

    let settings = dir.path().join("kept");
    std::fs::create_dir(&settings).unwrap();
    std::fs::write(settings.join("orrery.toml"), "log.level = \"warn\"\n").unwrap();
    assert_code(&run(&["init", "--data-dir", text(&settings), "--admin-email", "nobody"]), 2);
    let left: Vec<_> = std::fs::read_dir(&settings).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["orrery.toml"]);
}

#[test]
fn serve_wants_an_initialised_directory() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(&["serve", "--data-dir", text(dir.path())]);
    assert_code(&output, 2);
    assert_holds(&stderr(&output), &["not an initialised data directory", "orrery init"]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_second_process_on_a_directory_exits_3_and_says_who_owns_it() {
    let dir = tempfile::tempdir().unwrap();
    initialised(dir.path());
    let first = Served::start(dir.path());
    let owner = format!("process {}", first.child.id());
    let data = text(dir.path());
    let commands: [&[&str]; 4] = [
        &["serve", "--data-dir", data, "--listen", "127.0.0.1:0"],
        &["audit", "verify", "--data-dir", data],
        &["keys", "rotate", "jwt", "--data-dir", data],
        &["init", "--data-dir", data, "--admin-email", EMAIL],
    ];
    for command in commands {
        let output = run(command);
        assert_code(&output, 3);
        assert_holds(&stderr(&output), &[&owner]);
    }
    assert_holds(&stderr(&run(commands[1])), &["GET /v1/ops/audit/verify"]);
    assert_holds(&stderr(&run(commands[2])), &["POST /v1/ops/keys/jwt/rotate"]);
    // The first one has not noticed.
    assert_eq!(ureq::get(format!("{}/health", first.url)).call().unwrap().status().as_u16(), 200);
}

#[test]
fn sigterm_and_sigint_end_a_server_promptly_and_free_its_directory() {
    let dir = tempfile::tempdir().unwrap();
    initialised(dir.path());
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let mut served = Served::start(dir.path());
        // Neither a connection that has sent nothing nor one that is kept alive may hold the stop up.
        let _silent = std::net::TcpStream::connect(served.url.trim_start_matches("http://")).unwrap();
        let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
        assert_eq!(agent.get(format!("{}/health", served.url)).call().unwrap().status().as_u16(), 200);
        served.signal(signal);
        let (code, took) = served.ended();
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(8), "the stop took {took:?}");
    }
}

#[test]
fn a_request_that_never_ends_is_cut_at_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    initialised(dir.path());
    std::fs::write(dir.path().join("orrery.toml"), "[server]\nshutdown_grace_ms = 300\n").unwrap();
    let mut served = Served::start(dir.path());
    let mut stream = std::net::TcpStream::connect(served.url.trim_start_matches("http://")).unwrap();
    let half =
        b"POST /v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{";
    std::io::Write::write_all(&mut stream, half).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    served.signal(rustix::process::Signal::TERM);
    let (code, took) = served.ended();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(8), "the stop took {took:?}");
}

#[test]
fn a_taken_port_is_said_and_exits_1() {
    let dir = tempfile::tempdir().unwrap();
    initialised(dir.path());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["serve", "--data-dir", text(dir.path()), "--listen", &address]);
    assert_code(&output, 1);
    assert_holds(&stderr(&output), &[&address, "--listen"]);
}

#[test]
fn the_audit_log_verifies_and_the_key_rotates_when_nobody_serves() {
    let dir = tempfile::tempdir().unwrap();
    let password = initialised(dir.path());
    let data = text(dir.path());
    let rotated = run(&["keys", "rotate", "jwt", "--data-dir", data]);
    assert_code(&rotated, 0);
    assert_holds(&stdout(&rotated), &["signed with key"]);
    let verified = run(&["audit", "verify", "--data-dir", data]);
    assert_code(&verified, 0);
    assert_holds(&stdout(&verified), &["intact"]);
    let served = Served::start(dir.path());
    let login = serde_json::json!({"tenant": "system", "email": EMAIL, "password": password});
    assert_eq!(served.post("/v1/auth/login", &login).0, 200);
}

#[test]
fn config_check_says_all_that_is_wrong_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orrery.toml");
    std::fs::write(&file, "[server]\nlisten = \"nowhere\"\nlisen = \"127.0.0.1:1\"\n").unwrap();
    let output = orrery(&["config", "check", "--config", text(&file)])
        .env("ORRERY_AUTH_ACCESS_TOKEN_S", "soon")
        .env("ORRERY_SERVER_LISTN", "x")
        .output()
        .unwrap();
    assert_code(&output, 2);
    let told = stderr(&output);
    assert_holds(&told, &["4 settings are wrong", "server.listen", "auth.access_token_s", "ORRERY_SERVER_LISTEN"]);
    assert_code(&run(&["config", "check", "--data-dir", text(dir.path().join("x").as_path())]), 0);
}

#[test]
fn config_print_shows_values_and_where_they_came_from() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("orrery.toml");
    std::fs::write(&file, "[server]\nlisten = \"127.0.0.1:9000\"\nshutdown_grace_ms = 5\n").unwrap();
    let key = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";
    let output = orrery(&["config", "print", "--config", text(&file), "--listen", "127.0.0.1:9001"])
        .env("ORRERY_LOG_LEVEL", "debug")
        .env("ORRERY_SECRETS_MASTER_KEY", key)
        .output()
        .unwrap();
    let told = stdout(&output);
    assert_holds(
        &told,
        &[
            "server.listen = \"127.0.0.1:9001\"  # flag --listen",
            "server.shutdown_grace_ms = 5  # file",
            "log.level = \"debug\"  # environment ORRERY_LOG_LEVEL",
            "# default",
        ],
    );
    assert!(!told.contains(key) && !stderr(&output).contains(key));
}

#[test]
fn production_refuses_a_generated_secret() {
    let dir = tempfile::tempdir().unwrap();
    let fresh = dir.path().join("fresh");
    let init = orrery(&["init", "--data-dir", text(&fresh), "--admin-email", EMAIL])
        .env("ORRERY_ENV", "production")
        .output()
        .unwrap();
    assert_code(&init, 2);
    assert_holds(&stderr(&init), &["master"]);
    assert!(!fresh.exists());

    let grown = dir.path().join("grown");
    initialised(&grown);
    let serve = orrery(&["serve", "--data-dir", text(&grown), "--listen", "127.0.0.1:0"])
        .env("ORRERY_ENV", "production")
        .output()
        .unwrap();
    assert_code(&serve, 2);
    assert_holds(&stderr(&serve), &["master"]);
}
