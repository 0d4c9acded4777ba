//! A: A client of the appliance's own HTTP interface, as anybody could write it. Reaches nothing in this process.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Longest wait for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// Largest answer read, in bytes.
const ANSWER_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server said no.
    #[error("the server refused {what} ({status} {}): {}", refusal.code, refusal.message)]
    Refused {
        /// What was asked, e.g. `POST /v1/charts`.
        what: String,
        /// HTTP status.
        status: u16,
        /// What it said.
        refusal: Box<Refusal>,
    },
    /// No answer came.
    #[error("no answer to {what}: {cause}")]
    Unreachable {
        /// What was asked.
        what: String,
        /// Why.
        cause: ureq::Error,
    },
    /// An answer came that is not what the interface promises.
    #[error("the answer to {what} ({status}) cannot be read: {cause}")]
    Unreadable {
        /// What was asked.
        what: String,
        /// HTTP status.
        status: u16,
        /// Why.
        cause: String,
    },
}

/// The failure envelope's content.
#[derive(Clone, Debug, Deserialize)]
pub struct Refusal {
    /// Stable code.
    pub code: String,
    /// One sentence for a person.
    pub message: String,
    /// Fields, candidates and the like.
    #[serde(default)]
    pub details: Map<String, Value>,
}

#[derive(Deserialize)]
struct Failure {
    error: Refusal,
}

#[derive(Deserialize)]
struct Success<T> {
    data: T,
}

/// One server, and who asks.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
}

impl Client {
    /// For the server at `base`, e.g. `http://127.0.0.1:8460`; nobody is logged in.
    pub fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_MAX))
            // A proxy from the environment has no business between a process and its own loopback.
            .proxy(None)
            .max_redirects(0)
            .user_agent(concat!("orrery-demo/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), base: base.to_owned(), token: None }
    }

    /// The same server, asked by whoever owns this access token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { agent: self.agent.clone(), base: self.base.clone(), token: Some(token.to_owned()) }
    }

    /// Asks for what is at `path`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let what = format!("GET {path}");
        let request = self.agent.get(format!("{}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        read(what, request.call())
    }

    /// Sends `body` to `path`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, ClientError> {
        let what = format!("POST {path}");
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        read(what, request.send_json(body))
    }

    /// Removes what is at `path`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn delete(&self, path: &str) -> Result<(), ClientError> {
        let what = format!("DELETE {path}");
        let request = self.agent.delete(format!("{}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        // Some answer with a body, some without: that it succeeded is all that is asked.
        match request.call() {
            Ok(answer) if answer.status().is_success() => Ok(()),
            other => read::<Value>(what, other).map(drop),
        }
    }
}

fn read<T: DeserializeOwned>(
    what: String,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<T, ClientError> {
    let mut response = match response {
        Ok(response) => response,
        Err(cause) => return Err(ClientError::Unreachable { what, cause }),
    };
    let status = response.status();
    let bytes = match response.body_mut().with_config().limit(ANSWER_MAX_BYTES).read_to_vec() {
        Ok(bytes) => bytes,
        Err(cause) => return Err(ClientError::Unreachable { what, cause }),
    };
    let unreadable = |what, cause: serde_json::Error| ClientError::Unreadable {
        what,
        status: status.as_u16(),
        cause: cause.to_string(),
    };
    if status.is_success() {
        return match serde_json::from_slice::<Success<T>>(&bytes) {
            Ok(success) => Ok(success.data),
            Err(cause) => Err(unreadable(what, cause)),
        };
    }
    match serde_json::from_slice::<Failure>(&bytes) {
        Ok(failure) => Err(ClientError::Refused { what, status: status.as_u16(), refusal: Box::new(failure.error) }),
        Err(cause) => Err(unreadable(what, cause)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// A server that answers one request with `status` and `body`, and hands back what it read.
    fn one_answer(status: &'static str, body: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while !String::from_utf8_lossy(&request).contains("{}") {
                let n = stream.read(&mut part).unwrap();
                request.extend_from_slice(&part[..n]);
            }
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
            String::from_utf8(request).unwrap()
        });
        (base, served)
    }

    fn empty() -> Value {
        Value::Object(Map::new())
    }

    #[test]
    fn the_envelope_is_taken_off_and_the_token_sent() {
        let (base, served) = one_answer("200 OK", r#"{"data":[1,2,3],"meta":{"request_id":"r"}}"#);
        let numbers: Vec<u8> = Client::new(&base).with_token("t0").post("/x", &empty()).unwrap();
        assert_eq!(numbers, [1, 2, 3]);
        assert!(served.join().unwrap().to_lowercase().contains("authorization: bearer t0"));
    }

    #[test]
    fn a_refusal_keeps_its_code_and_details() {
        let (base, _served) =
            one_answer("409 Conflict", r#"{"error":{"code":"c","message":"No.","details":{"a":1},"request_id":"r"}}"#);
        let error = Client::new(&base).post::<Value>("/x", &empty()).unwrap_err();
        let ClientError::Refused { status, refusal, .. } = error else { panic!("{error}") };
        assert_eq!((status, refusal.code.as_str(), &refusal.details["a"]), (409, "c", &Value::from(1)));
    }

    #[test]
    fn an_answer_of_another_shape_is_said_to_be_unreadable() {
        let (base, _served) = one_answer("200 OK", "{}");
        let error = Client::new(&base).post::<Value>("/x", &empty()).unwrap_err();
        assert!(matches!(error, ClientError::Unreadable { .. }), "{error}");
    }
}
