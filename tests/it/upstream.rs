//! A model's API on a loopback port, played by the tests: it quotes the passages of its prompt, or misbehaves as told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// What it does with one request.
pub enum Act {
    /// Streams these pieces with a pause before each, then its usage.
    Says { pieces: Vec<String>, pause_ms: u64, usage: (u64, u64) },
    /// Streams these pieces, then nothing until the other side closes.
    Hangs { pieces: Vec<String> },
    /// Streams these pieces, then closes in the middle of the answer.
    Breaks { pieces: Vec<String> },
    /// Answers with this status.
    Status(u16),
    /// Answers with these very bytes.
    Raw(String),
}

/// The upstream.
pub struct Upstream {
    pub base_url: String,
    requests: Arc<Mutex<Vec<Value>>>,
    closed: Arc<AtomicUsize>,
}

/// Sentences that rest on the passages of a prompt: the first of each, with its mark.
pub fn quoted(request: &Value) -> Vec<String> {
    let prompt = request["messages"][1]["content"].as_str().unwrap();
    let passages = prompt.split("\nPassages:\n").nth(1).unwrap().split("\n<question>").next().unwrap();
    let first = |line: &str| {
        let (mark, rest) = line.split_once("] ")?;
        let (_, text) = rest.split_once(": ")?;
        let end = text.find(". ").map_or(text.len(), |at| at + 1);
        Some(format!("{} {mark}] ", &text[..end]))
    };
    passages.lines().filter_map(first).collect()
}

/// Quotes its passages, at a price as the usage says.
pub fn quotes(usage: (u64, u64)) -> impl Fn(usize, &Value) -> Act {
    move |_, request| Act::Says { pieces: quoted(request), pause_ms: 0, usage }
}

impl Upstream {
    /// Starts one that does as `act` says of the n-th request.
    pub fn start(act: impl Fn(usize, &Value) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let this = Self { base_url, requests: Arc::default(), closed: Arc::default() };
        let (requests, closed, act) = (Arc::clone(&this.requests), Arc::clone(&this.closed), Arc::new(act));
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (requests, closed, act) = (Arc::clone(&requests), Arc::clone(&closed), Arc::clone(&act));
                std::thread::spawn(move || {
                    let Some(request) = read(&socket) else { return };
                    let number = {
                        let mut requests = requests.lock().unwrap();
                        requests.push(request.clone());
                        requests.len() - 1
                    };
                    if play(socket, &act(number, &request)).is_err() {
                        closed.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        this
    }

    /// The bodies that came, in order.
    pub fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }

    /// Calls that the other side closed before they were answered.
    pub fn closed(&self) -> usize {
        self.closed.load(Ordering::SeqCst)
    }
}

/// Waits up to ten seconds until `holds`.
#[track_caller]
pub fn eventually(what: &str, holds: impl FnMut() -> bool) {
    eventually_within(10, what, holds);
}

/// Waits up to so many seconds until `holds`.
#[track_caller]
pub fn eventually_within(seconds: u32, what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..seconds * 50 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("never: {what}");
}

fn read(socket: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(socket);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// An error when the other side closed first.
fn play(mut socket: TcpStream, act: &Act) -> Result<(), ()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let (pieces, pause_ms) = match act {
        Act::Status(status) => {
            let text = format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            return socket.write_all(text.as_bytes()).map_err(drop);
        }
        Act::Raw(text) => return socket.write_all(text.as_bytes()).map_err(drop),
        Act::Says { pieces, pause_ms, .. } => (pieces, *pause_ms),
        Act::Hangs { pieces } | Act::Breaks { pieces } => (pieces, 0),
    };
    socket.write_all(head.as_bytes()).map_err(drop)?;
    for piece in pieces {
        std::thread::sleep(Duration::from_millis(pause_ms));
        let text = event(&json!({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": null}]}));
        socket.write_all(text.as_bytes()).map_err(drop)?;
    }
    match act {
        Act::Says { usage: (prompt, completion), .. } => {
            let end = event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
                + &event(&json!({"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion}}))
                + "data: [DONE]\n\n";
            socket.write_all(end.as_bytes()).map_err(drop)
        }
        Act::Hangs { .. } => {
            let mut buffer = [0; 64];
            while socket.read(&mut buffer).is_ok_and(|read| read > 0) {}
            Err(())
        }
        _ => Ok(()),
    }
}
