//! Tests of the remote provider against an upstream on this machine that stalls, drips, breaks and redirects.

use std::collections::VecDeque;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::config::{Settings, Sources};
use crate::ids::TenantId;
use crate::limits;
use crate::llm::model::{Choice, End, Finish, Form, Message, Party, Reported};

const TEXT: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n\
                    data: {\"choices\":[{\"delta\":{\"content\":\"lo\"}}]}\n\n";
const END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                   data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";

fn head(status: &str, more: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\n{more}\r\n")
}

fn stream(body: &str) -> String {
    head("200 OK", "content-type: text/event-stream\r\n") + body
}

/// What the upstream does with one request: writes these pieces with a pause before each, then closes, or holds the line.
#[derive(Clone)]
struct Act {
    pieces: Vec<String>,
    pause_ms: u64,
    holds: bool,
}

fn says(text: impl Into<String>) -> Act {
    Act { pieces: vec![text.into()], pause_ms: 0, holds: false }
}

/// An upstream that does each act in turn, the last one for ever; it gives the requests it was sent.
async fn upstream(acts: Vec<Act>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    let acts = Arc::new(Mutex::new(VecDeque::from(acts)));
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (acts, requests) = (Arc::clone(&acts), Arc::clone(&requests));
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut buffer = [0; 4_096];
                loop {
                    let read = socket.read(&mut buffer).await.unwrap_or(0);
                    request.extend_from_slice(&buffer[..read]);
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head
                        .to_lowercase()
                        .split("content-length: ")
                        .nth(1)
                        .and_then(|t| t.split("\r\n").next().and_then(|n| n.parse::<usize>().ok()));
                    if read == 0 || body.len() >= length.unwrap_or(0) {
                        break;
                    }
                }
                requests.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
                let act = {
                    let mut acts = acts.lock().unwrap();
                    if acts.len() > 1 { acts.pop_front().unwrap() } else { acts[0].clone() }
                };
                for piece in &act.pieces {
                    tokio::time::sleep(Duration::from_millis(act.pause_ms)).await;
                    if socket.write_all(piece.as_bytes()).await.is_err() {
                        return;
                    }
                }
                if act.holds {
                    // Until the other side closes.
                    while socket.read(&mut buffer).await.unwrap_or(0) > 0 {}
                    requests.lock().unwrap().push("closed".into());
                }
            });
        }
    });
    (address, seen)
}

fn remote(address: &str, changes: &[(&str, &str)]) -> Remote {
    let mut sources = Sources::new()
        .flag("remote.base_url", "--test", address)
        .flag("remote.model", "--test", "m-1")
        .flag("remote.read_ms", "--test", "300")
        .flag("remote.total_ms", "--test", "3000")
        .environment([("ORRERY_REMOTE_API_KEY".to_owned(), "sk-test".to_owned())]);
    for (key, value) in changes {
        sources = sources.flag(key, "--test", *value);
    }
    let settings = Settings::load(&sources).unwrap().0;
    Remote::new(&settings.remote, Arc::new(Metrics::new().unwrap()), Ambient::system()).unwrap().unwrap()
}

fn ask() -> Ask {
    Ask {
        messages: vec![Message { role: "user", text: "Hi".into() }],
        max_tokens: 10,
        temperature_percent: 0,
        seed: 1,
        within: Duration::from_secs(3),
        choice: Choice::default(),
        stop: Vec::new(),
        form: Form::Text,
        party: Party { tenant: TenantId([7; 16]), weight: 1 },
    }
}

/// The text, and how it ended.
async fn read(remote: &Remote) -> (String, Result<End, Reason>) {
    let mut deltas = match remote.open(ask()).await {
        Ok(deltas) => deltas,
        Err(failure) => return (String::new(), Err(failure.reason)),
    };
    let mut text = String::new();
    while let Some(delta) = deltas.next().await {
        match delta {
            Ok(Delta::Text(piece)) => text.push_str(&piece),
            Ok(Delta::End(end)) => return (text, Ok(end)),
            Err(failure) => return (text, Err(failure.reason)),
        }
    }
    panic!("a stream without an end")
}

fn whole_end() -> End {
    let usage = Reported { prompt_tokens: 7, cached_tokens: 0, completion_tokens: 2 };
    End { finish: Finish::Stop, usage: Some(usage) }
}

#[tokio::test]
async fn a_stream_and_a_whole_answer_are_read_alike() {
    let whole = "{\"choices\":[{\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}],\
                 \"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}";
    let whole =
        head("200 OK", &format!("content-type: application/json\r\ncontent-length: {}\r\n", whole.len())) + whole;
    for answer in [stream(&format!("{TEXT}{END}")), whole] {
        let (address, seen) = upstream(vec![says(answer)]).await;
        assert_eq!(read(&remote(&address, &[])).await, ("Hello".to_owned(), Ok(whole_end())));
        let request = seen.lock().unwrap()[0].to_lowercase();
        assert!(
            request.starts_with("post /v1/chat/completions http/1.1") && request.contains("bearer sk-test"),
            "{request}"
        );
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_may_not_is_not() {
    let fine = || says(stream(&format!("{TEXT}{END}")));
    let stalls = Act { pieces: Vec::new(), pause_ms: 0, holds: true };
    for (first, tries) in [
        (says(head("503 Service Unavailable", "content-length: 0\r\n")), 2),
        (says(head("502 Bad Gateway", "content-length: 0\r\n")), 2),
        (says(head("429 Too Many Requests", "content-length: 0\r\nretry-after: 0\r\n")), 2),
        (stalls, 2),
        (says(head("500 Internal Server Error", "content-length: 0\r\n")), 1),
        (says(head("400 Bad Request", "content-length: 0\r\n")), 1),
        (says(head("307 Temporary Redirect", "location: http://127.0.0.1:1/v1\r\ncontent-length: 0\r\n")), 1),
        (says(stream("data: garbage\n\n")), 1),
        (says(head("429 Too Many Requests", "content-length: 0\r\nretry-after: 60\r\n")), 1),
    ] {
        let (address, seen) = upstream(vec![first, fine()]).await;
        let (text, end) = read(&remote(&address, &[])).await;
        let posts = seen.lock().unwrap().iter().filter(|request| request.starts_with("POST")).count();
        assert_eq!((posts, end.is_ok(), text == "Hello"), (tries, tries == 2, tries == 2));
    }
}

#[tokio::test]
async fn prompts_without_text_are_told_to_the_operator() {
    let stalls = || Act { pieces: Vec::new(), pause_ms: 0, holds: true };
    let fine = says(stream(&format!("{TEXT}{END}")));
    let (address, _) = upstream(vec![stalls(), fine.clone()]).await;
    let told = |remote: &Remote| -> Option<u64> {
        let text = remote.watch.metrics.render().unwrap();
        text.lines()
            .find_map(|line| line.strip_prefix("llm_unanswered_prompts_total{provider=\"remote\"} ")?.parse().ok())
    };
    let tried_again = remote(&address, &[]);
    assert_eq!(read(&tried_again).await.0, "Hello");
    assert_eq!(told(&tried_again), Some(1));
    let (address, seen) = upstream(vec![stalls()]).await;
    let left = remote(&address, &[("remote.read_ms", "20000")]);
    let mut opening = left.open(ask());
    for _ in 0..500 {
        assert!(futures_util::poll!(&mut opening).is_pending());
        if !seen.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(opening);
    assert_eq!(told(&left), Some(1));
    for act in [fine, says(head("503 Service Unavailable", "content-length: 0\r\n"))] {
        let (address, _) = upstream(vec![act]).await;
        let remote = remote(&address, &[("remote.retries", "0")]);
        drop(read(&remote).await);
        assert_eq!(told(&remote), None);
    }
}

#[tokio::test]
async fn after_the_first_word_nothing_is_tried_again() {
    for (rest, holds, reason) in
        [("", false, Reason::Error), ("", true, Reason::Timeout), ("data: x\n\n", false, Reason::Error)]
    {
        let act = Act { pieces: vec![stream(TEXT), rest.to_owned()], pause_ms: 0, holds };
        let (address, seen) = upstream(vec![act]).await;
        assert_eq!(read(&remote(&address, &[])).await, ("Hello".to_owned(), Err(reason)));
        assert_eq!(seen.lock().unwrap().iter().filter(|request| request.starts_with("POST")).count(), 1);
    }
}

#[tokio::test]
async fn what_drips_is_cut_at_the_deadline() {
    let mut pieces = vec![stream("")];
    pieces.extend(std::iter::repeat_n(TEXT.to_owned(), 200));
    let (address, _) = upstream(vec![Act { pieces, pause_ms: 100, holds: false }]).await;
    let remote = remote(&address, &[]);
    let (text, end) = read(&remote).await;
    assert!(!text.is_empty());
    assert_eq!(end, Err(Reason::Timeout));
}

#[tokio::test]
async fn what_has_no_bound_is_cut() {
    let endless = format!("data: {}", "x".repeat(limits::UPSTREAM_EVENT_MAX_BYTES + 1));
    let (address, _) = upstream(vec![says(stream(&endless))]).await;
    assert_eq!(read(&remote(&address, &[])).await.1, Err(Reason::Error));
    let large = "data: {\"choices\":[]}\n\n".repeat(limits::UPSTREAM_BODY_MAX_BYTES / 16);
    let (address, _) = upstream(vec![says(stream(&large))]).await;
    assert_eq!(read(&remote(&address, &[])).await.1, Err(Reason::Error));
}

#[tokio::test]
async fn whoever_drops_the_text_closes_the_connection() {
    let act = Act { pieces: vec![stream(TEXT)], pause_ms: 0, holds: true };
    let (address, seen) = upstream(vec![act]).await;
    let remote = remote(&address, &[("remote.read_ms", "20000")]);
    let mut deltas = remote.open(ask()).await.unwrap();
    assert_eq!(deltas.next().await, Some(Ok(Delta::Text("Hel".into()))));
    drop(deltas);
    for _ in 0..500 {
        if seen.lock().unwrap().iter().any(|line| line == "closed") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the upstream still writes");
}

#[tokio::test]
async fn a_failing_upstream_is_left_alone() {
    let (address, seen) = upstream(vec![says(head("500 Internal Server Error", "content-length: 0\r\n"))]).await;
    let remote = remote(&address, &[]);
    let mut reasons = Vec::new();
    for _ in 0..limits::BREAKER_FAILURES + 3 {
        reasons.push(read(&remote).await.1.unwrap_err());
    }
    assert_eq!(remote.state(), State::Open);
    assert_eq!(reasons[limits::BREAKER_FAILURES..], [Reason::CircuitOpen; 3]);
    assert_eq!(seen.lock().unwrap().len(), limits::BREAKER_FAILURES);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = self::remote(&format!("http://{closed}/v1"), &[]);
    assert_eq!(read(&nobody).await.1, Err(Reason::Error));
}

#[tokio::test]
async fn odd_answers_are_read_where_they_are_whole_and_refused_where_they_are_not() {
    let done = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let old = format!("HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{TEXT}{END}");
    let crlf = stream(&format!("{TEXT}{END}").replace('\n', "\r\n"));
    for whole in [stream(&format!("{TEXT}{done}")), old, crlf] {
        let (address, _) = upstream(vec![says(whole.clone())]).await;
        let (text, end) = read(&remote(&address, &[])).await;
        assert_eq!((text.as_str(), end.map(|end| end.finish)), ("Hello", Ok(Finish::Stop)), "{whole}");
    }
    let json = "content-type: application/json\r\n";
    let cut = format!("{json}content-length: 900\r\n");
    for odd in [
        head("200 OK", "content-type: text/html\r\n") + "<html>Sign in</html>",
        head("200 OK", json) + "{\"choices\":[{\"message\":{\"content\":\"Hel",
        head("200 OK", &cut) + "{\"choices\":[]}",
        head("200 OK", json),
        head("200 OK", json) + "[]",
        head("200 OK", json) + "{\"status\":\"ok\"}",
        stream("data: [DONE]\n\n"),
        stream("data: {\"choices\":[{\"delta\":{\"content\":\"Hel\n\n"),
        head("200 OK", &format!("x-filler: {}\r\n", "x".repeat(1 << 20))) + TEXT,
        "220 mail.example.org ESMTP\r\n".to_owned(),
        "\u{0}\u{1}garbage".to_owned(),
        String::new(),
    ] {
        let (address, seen) = upstream(vec![says(odd.clone())]).await;
        let shown: String = odd.chars().take(120).collect();
        assert_eq!(read(&remote(&address, &[])).await, (String::new(), Err(Reason::Error)), "{shown}");
        let posts = seen.lock().unwrap().iter().filter(|request| request.starts_with("POST")).count();
        assert_eq!(posts, 1, "asked again, though it may have worked: {shown}");
    }
}

#[tokio::test]
async fn a_mistaken_scheme_is_told_in_words() {
    let detail = async |address: String, changes: &[(&str, &str)]| {
        let failure = remote(&address, changes).open(ask()).await.err();
        failure.map(|failure| failure.detail).unwrap_or_default()
    };
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, made.cert.pem()).unwrap();
    // As servers without TLS do with what is no request.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = format!("http://localhost:{}/v1", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _hello = socket.read(&mut [0; 4_096]).await;
            let _sent = socket.write_all(head("400 Bad Request", "content-length: 0\r\n").as_bytes()).await;
        }
    });
    let told = detail(plain.replace("http:", "https:"), &[("remote.ca_file", file.to_str().unwrap())]).await;
    assert!(told.contains("does not speak TLS") && told.contains("remote.base_url"), "{told}");
    // The alert with which a TLS server answers what is no TLS: an unexpected message.
    let (tls, _) = upstream(vec![says("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{a}")]).await;
    let told = detail(tls, &[]).await;
    assert!(told.contains("no HTTP") && told.contains("https"), "{told}");
}
