//! P: Every bound of the appliance, in one place, with its unit in the name. Holds numbers, decides nothing.

/// Largest request body accepted by any route, in bytes.
pub const BODY_MAX_BYTES: usize = 64 * 1024;
/// Time within which a request's body must have come, in milliseconds; a client that drips holds its place no longer.
pub const BODY_ARRIVAL_MAX_MS: u64 = 5_000;
/// Largest HTTP header section accepted, in bytes.
pub const HEADERS_MAX_BYTES: usize = 32 * 1024;
/// Longest time a request may take before it is cut, in milliseconds.
pub const REQUEST_MAX_MS: u64 = 20_000;
/// Connections held at once; more wait to be accepted.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Requests handled at once; the next ones get 503 with `Retry-After`.
pub const REQUESTS_IN_FLIGHT_MAX: usize = 1_024;
/// Time that a graceful stop waits for open requests, in milliseconds.
pub const SHUTDOWN_GRACE_MS: u64 = 10_000;

/// Longest `X-Request-Id` taken from a client, in bytes.
pub const REQUEST_ID_MAX_BYTES: usize = 64;
/// Longest `Idempotency-Key`, in bytes.
pub const IDEMPOTENCY_KEY_MAX_BYTES: usize = 128;
/// How long a stored idempotent response is replayed, in milliseconds (24 hours).
pub const IDEMPOTENCY_TTL_MS: u64 = 24 * 3_600_000;

/// Rows that one page of a list may hold.
pub const PAGE_MAX_ROWS: usize = 100;
/// Rows of a page when the client names none.
pub const PAGE_DEFAULT_ROWS: usize = 20;

/// Longest question, in Unicode scalar values.
pub const QUESTION_MAX_CHARS: usize = 1_000;
/// Longest search query, in Unicode scalar values.
pub const QUERY_MAX_CHARS: usize = 256;
/// Passages that one search may return.
pub const SEARCH_MAX_HITS: usize = 50;
/// Passages that a question's words rank; those further down count as not found.
pub const RANKED_PASSAGES_MAX: usize = 1_024;
/// Passages that an answer may cite.
pub const CITATIONS_MAX: usize = 8;

/// Returns that one answer may hold.
pub const RETURNS_MAX: usize = 24;
/// Longest period that is searched for returns, in years.
pub const RETURNS_PERIOD_MAX_YEARS: u32 = 100;

/// Longest chart name, in Unicode scalar values.
pub const CHART_NAME_MAX_CHARS: usize = 120;
/// Longest place query, in Unicode scalar values.
pub const PLACE_MAX_CHARS: usize = 120;
/// Length of a query for places, in characters.
pub const PLACE_QUERY_CHARS: std::ops::RangeInclusive<usize> = 2..=PLACE_MAX_CHARS;
/// Most places in an answer.
pub const PLACES_MAX: usize = 50;
/// Charts that one user may keep.
pub const CHARTS_PER_USER_MAX: u64 = 100_000;

/// Rulesets that operators may make.
pub const RULESETS_MAX: usize = 200;

/// Answers kept of one chart; beyond it the oldest goes.
pub const ANSWERS_PER_CHART_MAX: u64 = 10_000;
/// Computed days kept in memory, each about 2 kB.
pub const DAYS_CACHED_MAX: usize = 4_096;
/// Charts kept open in memory, each about 30 kB.
pub const CHARTS_OPEN_MAX: usize = 1_024;
/// Pictures made of dots at once, each up to 23 MB (2400 by 2400 dots of 4 bytes); more wait.
pub const PICTURES_AT_ONCE: usize = 2;

/// Long searches (calendars, transits, returns and the like) at once; more wait, beyond [`SEARCH_QUEUE_MAX`] they get 503.
pub const SEARCHES_AT_ONCE: usize = 4;
/// Long searches that may wait.
pub const SEARCH_QUEUE_MAX: usize = 128;
/// When to come back when too many wait, in seconds.
pub const SEARCH_RETRY_AFTER_S: u64 = 2;

/// Longest e-mail address, in bytes (RFC 5321 §4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX_BYTES: usize = 254;
/// Shortest password, in Unicode scalar values (NIST SP 800-63B-4 §3.1.1.2 asks for 8 at the least beside a second factor, 15 alone;
/// 10 is this product's choice with throttling).
pub const PASSWORD_MIN_CHARS: usize = 10;
/// Longest password, in bytes.
pub const PASSWORD_MAX_BYTES: usize = 256;
/// Password hashes computed at once; more wait, beyond [`PASSWORD_HASH_QUEUE_MAX`] they get 503.
pub const PASSWORD_HASHES_AT_ONCE: usize = 2;
/// Password hashes that may wait.
pub const PASSWORD_HASH_QUEUE_MAX: usize = 256;
/// Live sessions (devices) that one user may have; the oldest is revoked beyond it.
pub const SESSIONS_PER_USER_MAX: usize = 32;
/// Life of an access token, in seconds.
pub const ACCESS_TOKEN_S: u64 = 15 * 60;
/// Life of a refresh token, in seconds.
pub const REFRESH_TOKEN_S: u64 = 7 * 24 * 3_600;
/// Addresses and accounts that the throttle remembers.
pub const THROTTLE_KEYS_MAX: usize = 65_536;

/// Live API keys that one tenant may have.
pub const API_KEYS_PER_TENANT_MAX: usize = 200;
/// Longest name of an API key, in Unicode scalar values.
pub const API_KEY_NAME_MAX_CHARS: usize = 80;
/// How long a rotated key stays good beside the one in its place when nobody says, in seconds: a day.
pub const API_KEY_OVERLAP_S: u64 = 86_400;
/// The longest that it may, in seconds: thirty days.
pub const API_KEY_OVERLAP_MAX_S: u64 = 30 * 86_400;

/// Subjects of one scope (tenants, users, keys, addresses) whose rates are remembered at once; each takes about 150 bytes.
pub const RATE_SUBJECTS_MAX: usize = 131_072;
/// Versions of plans that operators may make.
pub const PLAN_VERSIONS_MAX: usize = 1_000;
/// Most messages that a plan may name; a plan without a bound names none.
pub const PLAN_MESSAGES_MAX: u64 = 1_000_000_000;
/// Tenants that metrics tell apart; later ones count together.
pub const METRIC_TENANTS_MAX: usize = 100;

/// Longest tenant slug, in bytes.
pub const TENANT_SLUG_MAX_BYTES: usize = 64;

/// Writes that one group commit may gather.
pub const GROUP_COMMIT_MAX_WRITES: usize = 512;
/// How long a group commit waits for as many writes as the one before it held, in microseconds.
pub const GROUP_COMMIT_WAIT_US: u64 = 300;
/// Writes that may wait for the writer; more get 503.
pub const WRITE_QUEUE_MAX: usize = 8_192;
/// Least free disk space with which the appliance calls itself ready, in bytes.
pub const DISK_FREE_MIN_BYTES: u64 = 64 * 1024 * 1024;
/// How long a finding of `/ready` holds, in milliseconds.
pub const PROBE_HOLDS_MS: u64 = 1_000;

/// Longest period of transits and of a calendar, in days: ten years.
pub const TIMELINE_DAYS_MAX: u32 = 3_660;
/// Longest period of a calendar with rises, culminations or twilight, in days.
pub const HORIZON_DAYS_MAX: u32 = 400;
/// Events that one calendar may hold; it says how many there are in all.
pub const CALENDAR_EVENTS_MAX: usize = 20_000;
/// Transits that one answer may hold; it says how many there are in all.
pub const TRANSITS_MAX: usize = 5_000;

/// Longest time that one call of a remote model may take, its retries included, in milliseconds.
pub const REMOTE_TOTAL_MAX_MS: u64 = 20_000;
/// Time that is left, of the time a request may take, for what stands around the call of a model, in milliseconds.
pub const REQUEST_SPARE_MS: u64 = 1_500;
/// Times that a failed call of a remote model is tried again.
pub const REMOTE_RETRIES_MAX: u64 = 2;
/// Bound of the wait before the first retry, in milliseconds; it doubles with each.
pub const RETRY_BASE_MS: u64 = 250;
/// Bound of the wait before any retry, in milliseconds.
pub const RETRY_WAIT_MAX_MS: u64 = 2_000;
/// Retries of one upstream in a minute, in hundredths of its calls.
pub const RETRY_SHARE_PERCENT: u64 = 20;
/// Retries of one upstream in a minute that are granted however few the calls are.
pub const RETRIES_PER_MINUTE_LEAST: u64 = 3;
/// Failures that open a circuit breaker, when they are half of the calls of [`BREAKER_WINDOW_MS`].
pub const BREAKER_FAILURES: usize = 5;
/// How far back a circuit breaker looks, in milliseconds.
pub const BREAKER_WINDOW_MS: u64 = 60_000;
/// Calls that a circuit breaker remembers.
pub const BREAKER_CALLS_MAX: usize = 512;
/// How long a circuit breaker stays open at first, in milliseconds; twice as long after each probe that fails.
pub const BREAKER_PAUSE_MS: u64 = 10_000;
/// How long a circuit breaker stays open at most, in milliseconds.
pub const BREAKER_PAUSE_MAX_MS: u64 = 60_000;
/// Probes in a row that must succeed before a circuit breaker closes.
pub const BREAKER_PROBES: u32 = 2;
/// Largest answer read from an upstream, in bytes.
pub const UPSTREAM_BODY_MAX_BYTES: usize = 1024 * 1024;
/// Largest event of an upstream's stream, in bytes.
pub const UPSTREAM_EVENT_MAX_BYTES: usize = 64 * 1024;
/// Connections to an upstream kept open while idle.
pub const UPSTREAM_IDLE_CONNECTIONS_MAX: usize = 32;
/// How long an idle connection to an upstream is kept, in milliseconds.
pub const UPSTREAM_IDLE_MS: u64 = 60_000;
/// Longest text taken from a model for one answer, in Unicode scalar values; the rest is left out.
pub const MODEL_TEXT_MAX_CHARS: usize = 8_000;
/// Longest sentence taken from a model, in Unicode scalar values; a longer one is left out.
pub const MODEL_SENTENCE_MAX_CHARS: usize = 600;
/// Most tokens that a model may be asked to write for one answer.
pub const MODEL_ANSWER_MAX_TOKENS: u64 = 4_096;
/// Passages that a prompt holds.
pub const PROMPT_PASSAGES_MAX: usize = 8;
/// Contacts of the day that a prompt holds.
pub const PROMPT_FACTORS_MAX: usize = 6;
/// Messages of a conversation that is handed to a model.
pub const TALK_MESSAGES_MAX: usize = 256;
/// How long an answer that was streamed can be read again, in milliseconds.
pub const STREAM_RESUME_MS: u64 = 60_000;
/// Streamed answers that are remembered at once.
pub const STREAMS_REMEMBERED_MAX: usize = 4_096;
/// Those of them that one tenant may have.
pub const STREAMS_REMEMBERED_PER_TENANT_MAX: usize = 1_024;
/// How long a stream waits for its answer to begin before it is sent a head, in milliseconds; longer than a wait for leave.
pub const STREAM_HEAD_MAX_MS: u64 = 12_000;
/// Time without an event after which a stream sends a sign of life, in milliseconds.
pub const STREAM_HEARTBEAT_MS: u64 = 10_000;

/// Models that a price table may name.
pub const PRICED_MODELS_MAX: usize = 10_000;
/// Highest price, in micro-dollars for a million tokens: ten thousand dollars.
pub const PRICE_MAX_MICRO_USD: u64 = 10_000_000_000;
/// Largest price table of the operator, in bytes.
pub const PRICE_FILE_MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Most tokens of one direction of one call.
pub const TOKENS_MAX: u64 = 1_000_000_000;
/// Longest text that a known encoding counts, in bytes; a longer one is bounded by its bytes.
pub const BPE_TEXT_MAX_BYTES: usize = 1024 * 1024;
/// Longest name of a model, in bytes.
pub const MODEL_NAME_MAX_BYTES: usize = 128;
/// Highest limit of money, in micro-dollars: a billion dollars.
pub const BUDGET_MAX_MICRO_USD: u64 = 1_000_000_000_000_000;
/// How long money is held for one call, in milliseconds: far longer than any request may take, stream included.
pub const RESERVATION_MAX_MS: u64 = 60 * 60 * 1_000;
/// How often reservations that outlived [`RESERVATION_MAX_MS`] are looked for, in milliseconds.
pub const RESERVATION_SWEEP_MS: u64 = 60_000;
/// Reservations released in one transaction.
pub const RESERVATIONS_RELEASED_AT_ONCE: usize = 256;
/// How long entries of the ledger are kept one by one, in days; older ones are folded into opening balances.
pub const LEDGER_ENTRIES_KEPT_DAYS: u64 = 400;
/// Entries that are folded in one transaction.
pub const LEDGER_FOLDED_AT_ONCE: usize = 256;
/// Longest period that usage is told for, in days.
pub const USAGE_DAYS_MAX: u32 = 366;
/// Rows of usage that one CSV may hold.
pub const USAGE_CSV_MAX_ROWS: usize = 100_000;
