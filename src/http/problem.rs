//! Maps an error code to status, headers and the failure envelope. The only place that knows both.

use salvo::http::{HeaderValue, StatusCode, header};
use salvo::oapi::{self, Components, EndpointOutRegister, Operation, ToSchema};
use salvo::{Response, Scribe};
use serde::Serialize;
use serde_json::{Map, Value};

use super::edge::request_id_of;
use crate::error::{Class, Code, Error};

/// An error on its way out.
#[derive(Debug)]
pub struct Problem(pub Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// Failure envelope: every failure has this shape, framework ones included.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    /// What went wrong.
    pub error: FailureBody,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureBody {
    /// Stable code, `snake_case`.
    pub code: String,
    /// One sentence for a person.
    pub message: String,
    /// Codes, fields and candidates; grows by additions alone.
    #[salvo(schema(value_type = Object))]
    pub details: Map<String, Value>,
    /// The request this answers; quote it to the operator.
    pub request_id: String,
}

/// Status of a class of failure.
pub const fn status(class: Class) -> StatusCode {
    match class {
        Class::Malformed => StatusCode::BAD_REQUEST,
        Class::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::PaymentRequired => StatusCode::PAYMENT_REQUIRED,
        Class::NotFound => StatusCode::NOT_FOUND,
        Class::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Class::Conflict => StatusCode::CONFLICT,
        Class::Slow => StatusCode::REQUEST_TIMEOUT,
        Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Class::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Class::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Class::Upstream => StatusCode::BAD_GATEWAY,
        Class::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Class::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The code that stands for a bare status of the framework.
pub const fn code_of(status: StatusCode) -> Code {
    match status.as_u16() {
        401 => Code::InvalidToken,
        402 => Code::BudgetExhausted,
        403 => Code::InsufficientRole,
        404 => Code::NotFound,
        405 => Code::MethodNotAllowed,
        408 => Code::SlowBody,
        502 => Code::UpstreamFailed,
        504 => Code::TimedOut,
        413 => Code::BodyTooLarge,
        415 => Code::UnsupportedMediaType,
        429 => Code::Throttled,
        503 => Code::Overloaded,
        500..=599 => Code::Internal,
        _ => Code::MalformedRequest,
    }
}

/// Writes the status and the headers of an error, and logs it; the body is the caller's.
pub fn head(error: &Error, res: &mut Response) {
    let code = error.code();
    log(error, &request_id_of(res));
    res.status_code(status(code.class()));
    let unavailable = matches!(code.class(), Class::Unavailable);
    if let Some(seconds) = error.retry_after().or_else(|| unavailable.then_some(1)) {
        res.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if matches!(code.class(), Class::Unauthenticated) {
        res.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
}

impl Scribe for Problem {
    fn render(self, res: &mut Response) {
        let error = self.0;
        let code = error.code();
        head(&error, res);
        let body = Failure {
            error: FailureBody {
                code: code.as_str().to_owned(),
                message: error.public_message().to_owned(),
                details: error.details().clone(),
                request_id: request_id_of(res),
            },
        };
        super::reply::write_json(res, &body);
    }
}

/// Errors are logged here and nowhere else; the public half may quote the person, so only the code and the internal
/// half go to the log.
fn log(error: &Error, request_id: &str) {
    let code = error.code();
    match code.class() {
        Class::Internal | Class::Unavailable | Class::Upstream | Class::Timeout => {
            tracing::error!(request_id, code = code.as_str(), cause = error.cause().unwrap_or(""), "request failed");
        }
        _ => tracing::debug!(request_id, code = code.as_str(), cause = error.cause().unwrap_or(""), "request refused"),
    }
}

impl EndpointOutRegister for Problem {
    fn register(components: &mut Components, operation: &mut Operation) {
        for (range, what) in [("4XX", "The request was refused"), ("5XX", "The appliance could not answer")] {
            let schema = Failure::to_schema(components);
            let response = oapi::Response::new(what).add_content("application/json", schema);
            operation.responses.insert(range, response);
        }
    }
}
