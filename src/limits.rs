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
/// Words of one language whose weights the search keeps; beyond it a word is weighed at each use.
pub const WEIGHED_WORDS_MAX: usize = 4_096;
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
/// When to come back when another request that is still answered stands in the way, in seconds.
pub const IN_FLIGHT_RETRY_AFTER_S: u64 = 1;

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
/// Tokens whose signature was found good that are remembered.
pub const TOKENS_VERIFIED_MAX: usize = 8_192;
/// Addresses and accounts that the throttle remembers.
pub const THROTTLE_KEYS_MAX: usize = 65_536;

/// Live API keys that one tenant may have.
pub const API_KEYS_PER_TENANT_MAX: usize = 200;
/// Rows of API keys that one tenant may have: the live ones, and as many that are over.
pub const API_KEY_ROWS_PER_TENANT_MAX: usize = 2 * API_KEYS_PER_TENANT_MAX;
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

/// Largest weight of a tenant at the gate before streams.
pub const STREAM_WEIGHT_MAX: u64 = 100;

/// Writes that one group commit may gather.
pub const GROUP_COMMIT_MAX_WRITES: usize = 512;
/// How long a group commit waits for as many writes as the one before it held, in microseconds.
pub const GROUP_COMMIT_WAIT_US: u64 = 300;
/// Writes that may wait for the writer; more get 503.
pub const WRITE_QUEUE_MAX: usize = 8_192;
/// Memory that pages of the store may take, in bytes. The kernel keeps the file's pages too, so more of them here made
/// nothing faster, only the process grow with what is queued.
pub const STORE_CACHE_MAX_BYTES: usize = 16 * 1024 * 1024;
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

/// Largest payload of a job, in bytes.
pub const JOB_PAYLOAD_MAX_BYTES: usize = 256 * 1024;
/// Largest result that a job may leave, in bytes.
pub const JOB_RESULT_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Longest name of a queue or a task, in bytes.
pub const JOB_NAME_MAX_BYTES: usize = 64;
/// Longest uniqueness key kept as it is, in bytes; of a longer one the hash is kept.
pub const JOB_KEY_MAX_BYTES: usize = 200;
/// Jobs that one tenant may have waiting in one queue; the next one is refused.
pub const JOBS_WAITING_MAX: u64 = 2_000_000;
/// Jobs that one claim may take.
pub const JOB_CLAIM_MAX: usize = 1_024;
/// Turns that a tenant saves up while it has nothing to do.
pub const JOB_TURNS_SAVED_MAX: u64 = 16;
/// Least urgent priority; 0 is the most urgent.
pub const JOB_PRIORITY_MAX: u8 = 9;
/// Waiting time that one step of priority is worth, in milliseconds: a job waits so much longer than one a step above it, never more.
pub const JOB_PRIORITY_STEP_MS: u64 = 60_000;
/// Failures after which a job is dead, unless its kind says otherwise.
pub const JOB_FAILURES_MAX: u32 = 3;
/// Crashes of the process, with the job's own code running, after which it is quarantined.
pub const JOB_CRASHES_MAX: u32 = 2;
/// Times a job is taken back from a lost worker; the next time it is dead.
pub const JOB_RESCUES_MAX: u32 = 20;
/// Failed attempts remembered of a job.
pub const JOB_ATTEMPTS_KEPT: usize = 16;
/// Errors kept of one failure's chain, and the characters of each.
pub const JOB_CHAIN_MAX: usize = 8;
/// Characters kept of one error.
pub const JOB_ERROR_MAX_CHARS: usize = 500;
/// How long a lease lasts unless renewed, in milliseconds.
pub const JOB_LEASE_MS: u64 = 30_000;
/// Time that a cancelled or timed-out handler is given to end by itself, in milliseconds.
pub const JOB_STOP_GRACE_MS: u64 = 2_000;
/// Time that a graceful stop waits for running jobs, in milliseconds.
pub const JOB_DRAIN_MS: u64 = 8_000;
/// How long a cancelled job is kept, in milliseconds (7 days).
pub const JOB_CANCELLED_KEPT_MS: u64 = 7 * 86_400_000;
/// How long a dead or quarantined job is kept, in milliseconds (90 days).
pub const JOB_DEAD_KEPT_MS: u64 = 90 * 86_400_000;
/// How long a completed job is kept unless its kind says otherwise, in milliseconds (1 day).
pub const JOB_COMPLETED_KEPT_MS: u64 = 86_400_000;
/// Rows that one transaction of a maintenance service may handle.
pub const JOB_UPKEEP_BATCH: usize = 512;
/// Rows that one page of a filtered list may look at.
pub const JOB_LIST_SCAN_MAX: usize = 20_000;
/// Missed ticks of a recurring job that may be made up for.
pub const JOB_CATCH_UP_MAX: usize = 100;
/// Largest weight of a tenant.
pub const JOB_WEIGHT_MAX: u32 = 1_000;

/// Webhooks that one tenant may have.
pub const WEBHOOKS_PER_TENANT_MAX: usize = 16;
/// Longest address of a webhook, in bytes.
pub const WEBHOOK_URL_MAX_BYTES: usize = 2_048;
/// Time within which an address must have answered a message, in milliseconds.
pub const WEBHOOK_ANSWER_MS: u64 = 10_000;
/// Addresses of one name that are tried.
pub const WEBHOOK_ADDRESSES_MAX: usize = 8;
/// Days of activity that one answer may hold.
pub const ACTIVITY_DAYS_MAX: usize = 400;
/// Longest time that one call of a remote model may take, its retries included, in milliseconds.
pub const REMOTE_TOTAL_MAX_MS: u64 = 20_000;
/// Time that is left, of the time a request may take, for what stands around the call of a model, in milliseconds.
pub const REQUEST_SPARE_MS: u64 = 1_500;
/// Time that is left, of the time a request may take, when one that waits for a stream is refused, in milliseconds.
pub const REFUSAL_SPARE_MS: u64 = 500;
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
/// Most tensors, and most metadata entries, of a model file.
pub const GGUF_ENTRIES_MAX: u64 = 65_536;
/// Longest key, and longest name of a tensor, in a model file, in bytes.
pub const GGUF_KEY_MAX_BYTES: u64 = 65_535;
/// Longest text in a model file, such as its chat template, in bytes.
pub const GGUF_TEXT_MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Most sizes of a tensor.
pub const GGUF_DIMENSIONS_MAX: u32 = 4;
/// Most layers of a local model.
pub const MODEL_LAYERS_MAX: usize = 1_024;
/// Most numbers that a local model keeps for a token between layers, and most heads, and longest head.
pub const MODEL_WIDTH_MAX: usize = 65_536;
/// Longest context that the file of a local model may name, in positions.
pub const MODEL_CONTEXT_MAX_POSITIONS: usize = 16 * 1024 * 1024;
/// Most rows of one step of a local model that its estimate of memory provides for.
pub const MODEL_STEP_MAX_ROWS: usize = 512;
/// Positions of one page of cached keys and values.
pub const KV_PAGE_POSITIONS: usize = 32;

/// Most tokens of a vocabulary.
pub const VOCABULARY_MAX_TOKENS: usize = 1_048_576;
/// Longest text of a token.
pub const TOKEN_MAX_BYTES: usize = 4096;
/// Longest name of a token that is taken whole wherever it stands.
pub const CONTROL_TOKEN_MAX_BYTES: usize = 512;
/// Longest chat template of a model.
pub const TEMPLATE_MAX_BYTES: usize = 48 * 1024;
/// What a template may add to the messages, in bytes.
pub const TEMPLATE_OVERHEAD_MAX_BYTES: usize = 64 * 1024;
/// Steps that rendering a conversation may take, beside those of its messages.
pub const TEMPLATE_FUEL: u64 = 5_000;
/// Steps for each message.
pub const TEMPLATE_FUEL_A_MESSAGE: u64 = 1_000;
/// How deep a template may nest.
pub const TEMPLATE_NESTING_MAX: usize = 64;
/// Largest file of a model, in bytes.
pub const MODEL_MAX_BYTES: u64 = 256 * 1024 * 1024 * 1024;
/// Largest file beside the weights, such as a tokenizer, in bytes.
pub const MODEL_SIDE_FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Longest head of a safetensors file, in bytes.
pub const SAFETENSORS_HEAD_MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Most files of an archive that a model comes in.
pub const MODEL_ARCHIVE_MAX_FILES: usize = 10_000;
/// How many times a file of an archive may be as long as it is packed; weights hardly pack at all.
pub const MODEL_ARCHIVE_MAX_RATIO: u64 = 100;
/// Models that are kept.
pub const MODELS_MAX: usize = 100;
/// Longest name of a model on this machine.
pub const MODEL_LABEL_MAX_BYTES: usize = 64;
/// Most layers of a model.
pub const MODEL_DEPTH_MAX: u64 = 512;
/// Largest size of a hidden or feed-forward vector.
pub const MODEL_VECTOR_MAX: u64 = 1 << 20;
/// Pages of keys and values that a model's need of memory is estimated with: 16,384 positions.
pub const MODEL_ESTIMATE_PAGES: u64 = 512;
/// Memory that a model takes beside weights, keys and values, in bytes.
pub const MODEL_SCRATCH_BYTES: u64 = 96 * 1024 * 1024;
/// Threads that may compute the local model.
pub const LOCAL_THREADS_MAX: u64 = 256;
/// Most memory for keys and values of the local model, in MiB: a tebibyte.
pub const LOCAL_KV_MAX_MIB: u64 = 1024 * 1024;
/// Sequences that the local model may work on at once.
pub const LOCAL_SEQUENCES_MAX: u64 = 256;
/// Sequences that may wait for the local model.
pub const LOCAL_QUEUE_MAX: u64 = 4_096;
/// Longest time that one call of the local model may take, in milliseconds.
pub const LOCAL_TOTAL_MAX_MS: u64 = 600_000;
/// When to come back when the local model has too much to do, in seconds.
pub const LOCAL_RETRY_AFTER_S: u64 = 5;
/// Tokens of prompts that one step of the local model reads while nobody waits for the next word of an answer.
pub const STEP_PROMPT_TOKENS_MAX: usize = 256;
/// Tokens of prompts that one step of the local model reads beside the next words of answers.
pub const STEP_PROMPT_TOKENS_BESIDE_MAX: usize = 64;
/// Steps of the local model that may fail one after another before it counts as broken.
pub const STEP_FAILURES_MAX: u32 = 3;
/// Largest JSON schema, expression or grammar that an answer is held to, in bytes.
pub const GRAMMAR_MAX_BYTES: usize = 32 * 1024;
/// Texts before which an answer may have to end.
pub const STOP_TEXTS_MAX: usize = 4;
/// Longest of these texts, in bytes.
pub const STOP_TEXT_MAX_BYTES: usize = 64;
/// Largest file beside the weights of an embedding model, in bytes; its tokenizer aside.
pub const EMBED_CONFIG_MAX_BYTES: u64 = 1024 * 1024;
/// Largest tokenizer of an embedding model, in bytes; those of a hundred languages have 17 MB.
pub const EMBED_TOKENIZER_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Largest weights of an embedding model, in bytes.
pub const EMBED_WEIGHTS_MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// Largest table of tensors, in bytes; a model of 24 layers has 50 kB.
pub const EMBED_TABLE_MAX_BYTES: u64 = 8 * 1024 * 1024;
/// Most numbers of a vector.
pub const EMBED_WIDTH_MAX: usize = 4_096;
/// Most layers of an embedding model.
pub const EMBED_LAYERS_MAX: usize = 96;
/// Most tokens that an embedding model may know.
pub const EMBED_VOCABULARY_MAX: usize = 1_000_000;
/// Most positions of an embedding model.
pub const EMBED_POSITIONS_MAX: usize = 16_384;
/// Longest text that a model may want before each query or passage, in characters.
pub const EMBED_PROMPT_MAX_CHARS: usize = 1_000;
/// Most tokens that go through an embedding model together; memory grows with it.
pub const EMBED_BATCH_TOKENS_MAX: usize = 4_096;
/// Most threads of an embedding model that were not asked for.
pub const EMBED_THREADS_AUTO_MAX: usize = 4;
/// Most texts of one request for embeddings, as OpenAI has it.
pub const EMBED_TEXTS_MAX: usize = 2_048;
/// Requests for embeddings that are computed at once; each uses all the threads there are.
pub const EMBED_AT_ONCE: usize = 1;
/// Requests for embeddings that may wait; the next is refused.
pub const EMBED_QUEUE_MAX: usize = 32;
/// When a request for embeddings that found the queue full may come back, in seconds.
pub const EMBED_RETRY_AFTER_S: u64 = 1;
