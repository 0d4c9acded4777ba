//! P: One table of everything that can go wrong in public: code, class, retryable, public message. Knows no HTTP.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

/// What kind of failure it is; the edge maps it to a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The request cannot be read at all.
    Malformed,
    /// The request was read, and its values are wrong.
    Invalid,
    /// Nobody proved who asks.
    Unauthenticated,
    /// Who asks may not do it.
    Forbidden,
    /// It costs more than is left to spend.
    PaymentRequired,
    /// It is not there, or not for who asks.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The state does not allow it.
    Conflict,
    /// The request is larger than a bound.
    TooLarge,
    /// The request did not come in time.
    Slow,
    /// The body is of a kind not accepted.
    UnsupportedMedia,
    /// Too many requests.
    Throttled,
    /// The appliance cannot do it now.
    Unavailable,
    /// Somebody else's service, on which this one stands, failed.
    Upstream,
    /// It took too long.
    Timeout,
    /// A fault of ours.
    Internal,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident, $code:literal, $class:ident, retry $retry:literal, $message:literal;)*) => {
        /// Every public error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* #[doc = $message] $variant,)* }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable text of the code on the wire.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// Kind of failure.
            pub const fn class(self) -> Class { match self { $(Self::$variant => Class::$class,)* } }

            /// Whether the same request may succeed later.
            pub const fn retryable(self) -> bool { match self { $(Self::$variant => $retry,)* } }

            /// The message shown when nothing more exact is known.
            pub const fn message(self) -> &'static str { match self { $(Self::$variant => $message,)* } }
        }
    };
}

codes! {
    MalformedBody, "malformed_body", Malformed, retry false, "The body is not valid JSON of the expected shape.";
    MalformedRequest, "malformed_request", Malformed, retry false, "The request could not be read.";
    InvalidFields, "invalid_fields", Invalid, retry false, "One or more fields are not acceptable.";
    AmbiguousLocalTime, "ambiguous_local_time", Invalid, retry false, "This local time happened twice; say which offset is meant.";
    NonexistentLocalTime, "nonexistent_local_time", Invalid, retry false, "This local time never happened: the clocks jumped over it.";
    HouseSystemUndefined, "house_system_undefined", Invalid, retry false, "This house system does not exist at this latitude and time.";
    DateOutOfRange, "date_out_of_range", Invalid, retry false, "The date lies outside the span of the ephemeris.";
    ModelRefused, "model_refused", Invalid, retry false, "The file holds no model that can be used here.";
    WeakPassword, "weak_password", Invalid, retry false, "The password is not acceptable.";
    MissingAccessToken, "missing_access_token", Unauthenticated, retry false, "Send `Authorization: Bearer <access token>`.";
    InvalidToken, "invalid_token", Unauthenticated, retry false, "The token is not valid.";
    TokenExpired, "token_expired", Unauthenticated, retry false, "The token has expired.";
    InvalidApiKey, "invalid_api_key", Unauthenticated, retry false, "The API key is not valid.";
    ApiKeyExpired, "api_key_expired", Unauthenticated, retry false, "The API key has expired.";
    ApiKeyRevoked, "api_key_revoked", Unauthenticated, retry false, "The API key was revoked.";
    InvalidCredentials, "invalid_credentials", Unauthenticated, retry false, "Tenant, e-mail or password is wrong.";
    InsufficientRole, "insufficient_role", Forbidden, retry false, "Your role does not allow this.";
    InsufficientScope, "insufficient_scope", Forbidden, retry false, "The API key lacks the scope that this needs.";
    SessionRequired, "session_required", Forbidden, retry false, "An API key cannot do this: log in, and use the access token.";
    RegistrationClosed, "registration_closed", Forbidden, retry false, "This tenant does not take registrations.";
    BudgetExhausted, "budget_exhausted", PaymentRequired, retry false, "There is not enough left of the budget for this request.";
    NotFound, "not_found", NotFound, retry false, "There is nothing at this path.";
    ChartNotFound, "chart_not_found", NotFound, retry false, "There is no such chart.";
    StreamNotFound, "stream_not_found", NotFound, retry false, "There is no such answer on its way; one that ended can be read again for a minute.";
    SessionNotFound, "session_not_found", NotFound, retry false, "There is no such session.";
    TenantNotFound, "tenant_not_found", NotFound, retry false, "There is no such tenant.";
    RulesetNotFound, "ruleset_not_found", NotFound, retry false, "There is no such ruleset.";
    JobNotFound, "job_not_found", NotFound, retry false, "There is no such job.";
    JobResultNotFound, "job_result_not_found", NotFound, retry false, "The job has no result, or none any more.";
    QueueNotFound, "queue_not_found", NotFound, retry false, "There is no such queue.";
    CronNotFound, "cron_not_found", NotFound, retry false, "There is no recurring job of this name.";
    WebhookNotFound, "webhook_not_found", NotFound, retry false, "There is no such webhook.";
    BudgetNotFound, "budget_not_found", NotFound, retry false, "There is no such budget.";
    ApiKeyNotFound, "api_key_not_found", NotFound, retry false, "There is no such API key.";
    PlanNotFound, "plan_not_found", NotFound, retry false, "There is no such plan.";
    ModelNotFound, "model_not_found", NotFound, retry false, "There is no such model.";
    UserNotFound, "user_not_found", NotFound, retry false, "There is no such user.";
    MethodNotAllowed, "method_not_allowed", MethodNotAllowed, retry false, "This path does not answer this method.";
    TenantExists, "tenant_exists", Conflict, retry false, "A tenant with this slug exists already.";
    TooManyCharts, "too_many_charts", Conflict, retry false, "You keep as many charts as allowed; delete one first.";
    TooManyApiKeys, "too_many_api_keys", Conflict, retry false, "The tenant has as many live API keys as allowed; revoke one first.";
    ApiKeyReplaced, "api_key_replaced", Conflict, retry false, "This API key was rotated already; rotate the one in its place.";
    TooManyPlans, "too_many_plans", Conflict, retry false, "The appliance keeps as many versions of plans as it can.";
    RulesetExists, "ruleset_exists", Conflict, retry false, "A ruleset of this name and version exists already.";
    RulesetLocked, "ruleset_locked", Conflict, retry false, "This ruleset is locked for good; clone it into a new version.";
    RulesetNotLocked, "ruleset_not_locked", Conflict, retry false, "Only a locked ruleset can be activated; lock it first.";
    TooManyRulesets, "too_many_rulesets", Conflict, retry false, "The appliance keeps as many rulesets as it can; delete a draft first.";
    JobStateForbids, "job_state_forbids", Conflict, retry false, "The job's state does not allow this.";
    LeaseLost, "lease_lost", Conflict, retry false, "The worker's hold on the job has ended; nothing of it was written.";
    TooManyWebhooks, "too_many_webhooks", Conflict, retry false, "The tenant has as many webhooks as allowed; delete one first.";
    IdempotencyConflict, "idempotency_conflict", Conflict, retry false, "This Idempotency-Key was used with another request.";
    IdempotencyInFlight, "idempotency_in_flight", Conflict, retry true, "The first request with this Idempotency-Key is still running.";
    ModelExists, "model_exists", Conflict, retry false, "Another model has this name; choose one, or remove that model first.";
    ModelInUse, "model_in_use", Conflict, retry false, "The model is in use; use another first, or release it.";
    ModelDamaged, "model_damaged", Conflict, retry false, "The files of the model are not what was imported; import it again.";
    BodyTooLarge, "body_too_large", TooLarge, retry false, "The body is too large.";
    SlowBody, "slow_body", Slow, retry true, "The body took too long to arrive.";
    UnsupportedMediaType, "unsupported_media_type", UnsupportedMedia, retry false, "Send `Content-Type: application/json`.";
    Throttled, "throttled", Throttled, retry true, "Too many attempts; wait and try again.";
    JobQueueFull, "job_queue_full", Unavailable, retry true, "As many jobs wait as may wait; try again later.";
    AnswerCancelled, "answer_cancelled", Unavailable, retry true, "The answer was cut, as nobody listened any more.";
    RateLimited, "rate_limited", Throttled, retry true, "Too many requests; wait as long as `Retry-After` says.";
    QuotaExceeded, "quota_exceeded", Throttled, retry true, "The plan allows no more messages until it starts anew.";
    Overloaded, "overloaded", Unavailable, retry true, "The appliance is busy; try again shortly.";
    StoreUnavailable, "store_unavailable", Unavailable, retry true, "The store cannot be used now.";
    AuditUnavailable, "audit_unavailable", Unavailable, retry true, "The audit entry could not be written, so nothing was changed.";
    IndexUnavailable, "index_unavailable", Unavailable, retry true, "The knowledge index cannot be used now.";
    ModelNotPriced, "model_not_priced", Unavailable, retry false, "The model has no price, so nobody can be charged for it; the operator adds one to the price table.";
    UpstreamFailed, "upstream_failed", Upstream, retry true, "The model failed to answer, or refused the request.";
    UpstreamUnavailable, "upstream_unavailable", Unavailable, retry true, "The model has too much to do or fails too often; try again later.";
    UpstreamTimedOut, "upstream_timed_out", Timeout, retry true, "The model did not answer in time.";
    InsufficientMemory, "insufficient_memory", Unavailable, retry true, "There is not enough memory for the model.";
    ModelImportRunning, "model_import_running", Unavailable, retry true, "Another import is running; wait until it has ended.";
    ShuttingDown, "shutting_down", Unavailable, retry true, "The appliance is stopping.";
    TimedOut, "timed_out", Timeout, retry true, "The request took too long and was cut.";
    Internal, "internal_error", Internal, retry true, "Something went wrong on our side.";
}

/// Where a field stands that is no member of the body.
const ORIGINS: [&str; 3] = ["query.", "path.", "header."];

/// One field that is not acceptable: what was given, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Path of the field in the body, e.g. `date` or `bodies[2]`; or else where it stands and its name: `query.tz`, `path.id`,
    /// `header.idempotency-key`.
    pub field: String,
    /// What was given, cut short; absent for secrets and for missing fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// What is allowed, in words.
    pub allowed: String,
}

impl FieldError {
    /// A field with a wrong value.
    pub fn new(field: impl Into<String>, given: impl fmt::Display, allowed: impl Into<String>) -> Self {
        let given: String = given.to_string().chars().take(80).collect();
        Self { field: field.into(), given: Some(given), allowed: allowed.into() }
    }

    /// A field that is missing, or whose value must not be repeated.
    pub fn unshown(field: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { field: field.into(), given: None, allowed: allowed.into() }
    }
}

/// The candidate nearest to `name`, by edit distance over the whole or over its last part.
pub fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    // A name that is too long to be a slip is cut, so that the distance stays cheap.
    let name: String = name.chars().take(64).collect::<String>().to_lowercase();
    let last = |text: &str| text.rsplit('.').next().unwrap_or_default().to_owned();
    let likeness = |candidate: &str| {
        let lower = candidate.to_lowercase();
        let whole = strsim::normalized_damerau_levenshtein(&name, &lower);
        whole.max(0.95 * strsim::normalized_damerau_levenshtein(&last(&name), &last(&lower)))
    };
    candidates.map(|c| (likeness(c), c)).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, c)| c)
}

/// A failure on its way to the edge: the public half, and an internal half that only the log sees.
#[derive(Clone, Debug)]
pub struct Error {
    code: Code,
    message: Option<Cow<'static, str>>,
    /// Boxed, so that a `Result` stays small.
    details: Box<Map<String, Value>>,
    internal: Option<String>,
    retry_after_s: Option<u64>,
}

/// Result of everything that the edge may show.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The bare code with its table message.
    pub fn new(code: Code) -> Self {
        Self { code, message: None, details: Box::default(), internal: None, retry_after_s: None }
    }

    /// Wrong fields.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        Self::new(Code::InvalidFields).at(errors)
    }

    /// The fields at fault, beside what else the details say.
    #[must_use]
    pub fn at(self, errors: Vec<FieldError>) -> Self {
        self.detail("errors", serde_json::to_value(errors).unwrap_or_default())
    }

    /// The same, with its fields named as parameters of a query: `query.tz`. What a service calls by its bare name is one
    /// when it came by GET; a field that says where it came from keeps its name.
    #[must_use]
    pub fn in_query(mut self) -> Self {
        let errors = self.details.get_mut("errors").and_then(Value::as_array_mut);
        for field in errors.into_iter().flatten().filter_map(|error| error.get_mut("field")) {
            if let Some(name) = field.as_str().filter(|name| !ORIGINS.iter().any(|origin| name.starts_with(origin))) {
                *field = format!("{}{name}", ORIGINS[0]).into();
            }
        }
        self
    }

    /// A fault of ours; `cause` reaches the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal).because(cause)
    }

    /// A more exact public message than the table's.
    #[must_use]
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// One more public detail.
    #[must_use]
    pub fn detail(mut self, key: &str, value: Value) -> Self {
        self.details.insert(key.to_owned(), value);
        self
    }

    /// The internal half. Must hold no personal data.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.internal = Some(cause.to_string());
        self
    }

    /// When to try again.
    #[must_use]
    pub const fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The code.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The public message.
    pub fn public_message(&self) -> &str {
        self.message.as_deref().unwrap_or_else(|| self.code.message())
    }

    /// The public details.
    pub fn details(&self) -> &Map<String, Value> {
        &self.details
    }

    /// The internal half, for the log.
    pub fn cause(&self) -> Option<&str> {
        self.internal.as_deref()
    }

    /// Seconds after which to try again.
    pub const fn retry_after(&self) -> Option<u64> {
        self.retry_after_s
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.public_message())?;
        self.internal.as_ref().map_or(Ok(()), |cause| write!(f, " ({cause})"))
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_snake_case() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{} stands twice", code.as_str());
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        }
    }

    #[test]
    fn fields_of_a_query_are_named_so_once() {
        let fields = ["tz", "bodies[1]", "query.from", "path.id", "header.idempotency-key"];
        let error =
            Error::fields(fields.map(|field| FieldError::unshown(field, "another")).to_vec()).in_query().in_query();
        let named: Vec<_> = error.details()["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(named, ["query.tz", "query.bodies[1]", "query.from", "path.id", "header.idempotency-key"]);
        assert!(Error::new(Code::Internal).in_query().details().is_empty());
    }

    #[test]
    fn the_internal_half_is_not_public() {
        let error = Error::internal("disk sector 7");
        assert!(!error.public_message().contains("sector"));
        assert_eq!(error.cause(), Some("disk sector 7"));
    }
}
