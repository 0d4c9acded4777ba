//! A test of this binary run as a process of its own, to be killed or frozen, and the lines it says.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// Starts the ignored test `test` as a child that finds `dir` in its environment under `variable`; and its lines.
pub fn spawn(test: &str, variable: &str, dir: &Path, errors: Stdio) -> (Child, Receiver<String>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads", "1"])
        .env(variable, dir)
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let (send, lines) = channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        while out.read_line(&mut line).is_ok_and(|read| read > 0) {
            // A line without its end was cut by the kill; what it tells may still have been done, or not have been.
            if line.ends_with('\n') && send.send(line.trim_end().to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    (child, lines)
}

/// One line to the parent, in one piece, past the test harness.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The number behind `ack` in a line, if it has one.
pub fn acknowledged(line: &str) -> Option<u64> {
    line.rsplit_once("ack ").and_then(|(_, number)| number.parse().ok())
}
