//! A: What the operator may set: one struct per concern, all made from one table. Starts nothing, holds no policy.
//!
//! A flag wins over the environment (`ORRERY_*`), which wins over the TOML file, which wins over the default. Unknown
//! names are refused with the nearest valid one, and all problems are told at once. Secrets come by file or environment.

mod aliases;
mod load;
mod parse;
mod rates;
mod report;
mod route;
mod secret;
mod sources;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

pub use load::Inspection;
pub use parse::{Environment, LogFormat, MetricsListen};
pub use rates::{Rate, rate_or_off};
pub use report::{Effective, Origin, Problem, Provenance};
pub use route::{Hop, Route, TenantRoute};
pub use secret::{ApiKey, MASTER_KEY_FILE, MasterKey, MasterKeyError, resolve_master_key};
pub use sources::Sources;

use crate::limits;
use load::Reader;
use parse::{
    Shape, budget, budget_block, budget_list, budget_window, environment, flag, integer, ip_list, log_filter,
    log_format, metrics_listen, name, path, search_langs, socket_address, token_strategy, weight_list,
};

use crate::tokens::{MicroUsd, Strategy};

/// One setting, as the table describes it; `config print`, help texts and suggestions all read this.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Name in the TOML file, e.g. `server.listen`.
    pub key: &'static str,
    /// What it is for, in one sentence.
    pub doc: &'static str,
    /// Whether the value is a secret: never in the file, never shown.
    pub secret: bool,
    /// Text of the value that holds when nobody sets it.
    pub default: fn() -> Option<String>,
    pub(self) shape: Shape,
}

impl Spec {
    /// Environment variable that sets it, e.g. `ORRERY_SERVER_LISTEN`.
    pub fn env(&self) -> String {
        if self.key == "environment" {
            return String::from("ORRERY_ENV");
        }
        format!("ORRERY_{}", self.key.replace('.', "_").to_ascii_uppercase())
    }
}

/// Makes the structs, the table of [`Spec`]s and the reading of every field from one list, so that they cannot disagree.
macro_rules! settings {
    (@key root $field:ident) => { stringify!($field) };
    (@key $group:ident $field:ident) => { concat!(stringify!($group), ".", stringify!($field)) };
    (@secret secret) => { true };
    (@secret) => { false };
    ($($(#[$group_doc:meta])* $group:ident: $Group:ident {$(
        #[doc = $doc:literal]
        $($secret:ident)? [$shape:ident] $field:ident: $ty:ty = $default:expr, $parse:expr;
    )*})*) => {
        $(
            $(#[$group_doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $Group {$(
                #[doc = $doc]
                pub $field: $ty,
            )*}

            impl $Group {
                fn read(reader: &mut Reader<'_>) -> Option<Self> {
                    $(let $field = reader.get(settings!(@key $group $field), $parse);)*
                    Some(Self { $($field: $field?,)* })
                }
            }
        )*

        /// Every setting, in the order in which it is shown.
        pub const SPECS: &[Spec] = &[$($(Spec {
            key: settings!(@key $group $field),
            doc: $doc,
            secret: settings!(@secret $($secret)?),
            default: || $default,
            shape: Shape::$shape,
        },)*)*];
    };
}

fn number(value: u64) -> String {
    value.to_string()
}

fn text(value: &str) -> String {
    value.to_owned()
}

settings! {
    /// What stands above all concerns.
    root: Root {
        #[doc = "`development`, or `production`, which refuses generated and weak secrets."]
        [Text] environment: Environment = Some(text("development")), environment;
        #[doc = "Directory that holds all the appliance knows."]
        [Text] data_dir: PathBuf = Some(text("orrery-data")), path;
    }

    /// The HTTP listener and its bounds.
    server: Server {
        #[doc = "Address and port that the HTTP listener binds; port 0 takes a free one."]
        [Text] listen: SocketAddr = Some(text("127.0.0.1:8460")), socket_address;
        #[doc = "How long a graceful stop waits for open requests, in milliseconds."]
        [Integer] shutdown_grace_ms: u64 = Some(number(limits::SHUTDOWN_GRACE_MS)), |t| integer(t, 0, 600_000);
        #[doc = "How long a request may take before it is cut, in milliseconds."]
        [Integer] request_max_ms: u64 = Some(number(limits::REQUEST_MAX_MS)), |t| integer(t, 100, 600_000);
        #[doc = "Largest request body accepted, in bytes."]
        [Integer] body_max_bytes: u64 = Some(number(limits::BODY_MAX_BYTES as u64)), |t| integer(t, 4_096, 1_048_576);
        #[doc = "Addresses of proxies whose `X-Forwarded-For` is believed; with none, the header is ignored."]
        [TextList] trusted_proxies: Vec<IpAddr> = Some(text("")), ip_list;
        #[doc = "Whether `/metrics` is answered on this listener."]
        [Bool] metrics: bool = Some(text("true")), flag;
    }

    /// Access and refresh tokens.
    auth: Auth {
        #[doc = "Issuer written into tokens and demanded of them (`iss`)."]
        [Text] issuer: String = Some(text("orrery")), name;
        #[doc = "Audience written into tokens and demanded of them (`aud`)."]
        [Text] audience: String = Some(text("orrery")), name;
        #[doc = "Life of an access token, in seconds."]
        [Integer] access_token_s: u64 = Some(number(limits::ACCESS_TOKEN_S)), |t| integer(t, 60, 86_400);
        #[doc = "Life of a refresh token, in seconds."]
        [Integer] refresh_token_s: u64 = Some(number(limits::REFRESH_TOKEN_S)), |t| integer(t, 300, 7_776_000);
    }

    /// What tenants may spend on models, where the operator set nothing for them.
    budgets: Budgets {
        #[doc = "Budget of every tenant in US dollars, such as `25.00`; 0 or less means none. Also read from `TENANT_DEFAULT_BUDGET_USD`."]
        [Text] default_usd: MicroUsd = Some(text("0")), budget;
        #[doc = "How long that budget counts: `day` or `month` (both of UTC), or `total`."]
        [Text] default_window: String = Some(text("month")), budget_window;
        #[doc = "Beyond it, `soft` answers with the built-in composer and says so, `hard` refuses (402)."]
        [Text] default_block: String = Some(text("soft")), budget_block;
        #[doc = "Budgets of single tenants instead, as `slug=dollars`; 0 or less means none. Also read from `TENANT_BUDGETS_JSON`."]
        [TextList] tenants: Vec<(String, MicroUsd)> = Some(text("")), budget_list;
    }

    /// What models cost.
    prices: PriceFile {
        #[doc = "TOML file with prices of models, which go before those of the program (see `GET /v1/ops/prices`)."]
        [Text] file: Option<PathBuf> = None, |t| path(t).map(Some);
    }

    /// How tokens are counted.
    tokens: Counting {
        #[doc = "`auto`, `api` (the provider's usage), `tokenizer` or `words`. Also read from `TOKEN_COUNT_STRATEGY`."]
        [Text] strategy: Strategy = Some(text("auto")), token_strategy;
    }

    /// The key that wraps all others.
    secrets: Secrets {
        #[doc = "File that holds the master key: 32 bytes as base64 or hex."]
        [Text] master_key_file: Option<PathBuf> = None, |t| path(t).map(Some);
        #[doc = "The master key itself: 32 bytes as base64 or hex; by environment only."]
        secret [Text] master_key: Option<MasterKey> = None, |t| secret::decode(t).map(Some).map_err(|e| e.to_string());
    }

    /// The job queue.
    worker: Worker {
        #[doc = "Address and port of the worker metrics; `auto` is 127.0.0.1:9109 unless that is taken; or `off`."]
        [Text] metrics_listen: MetricsListen = Some(text("auto")), metrics_listen;
        #[doc = "Addresses that may read the worker metrics; no header changes who asks."]
        [TextList] metrics_allow: Vec<IpAddr> = Some(text("127.0.0.1,::1")), ip_list;
        #[doc = "File with `name:argon2-hash` that a reader of the worker metrics must know (basic authentication)."]
        [Text] metrics_auth_file: Option<PathBuf> = None, |t| path(t).map(Some);
        #[doc = "How long a stop waits for running jobs, in milliseconds."]
        [Integer] drain_ms: u64 = Some(number(limits::JOB_DRAIN_MS)), |t| integer(t, 0, 600_000);
        #[doc = "Whether webhooks may call this machine and private networks, by plain HTTP too."]
        [Bool] webhooks_private: bool = Some(text("false")), flag;
        #[doc = "File of certificates (PEM) to trust instead of the system's when a webhook is sent."]
        [Text] webhooks_ca_file: Option<PathBuf> = None, |t| path(t).map(Some);
    }

    /// Who answers questions.
    llm: Llm {
        #[doc = "Providers in the order in which they are asked, out of `local`, `remote` and `composer`, which is always last."]
        [TextList] route: Route = Some(text("composer")), route::route;
        #[doc = "Tenants with a route of their own, such as `acme=composer` or `beta=remote>composer`."]
        [TextList] tenant_routes: Vec<TenantRoute> = Some(text("")), route::tenant_routes;
        #[doc = "Most tokens that a model may write for one answer; its upper bound is reserved before the call."]
        [Integer] answer_max_tokens: u64 = Some(number(700)), |t| integer(t, 16, limits::MODEL_ANSWER_MAX_TOKENS);
        #[doc = "How freely a model chooses its words, in hundredths; 0 always takes the likeliest."]
        [Integer] temperature_percent: u64 = Some(number(30)), |t| integer(t, 0, 200);
    }

    /// The model on this machine that is in use (see `orrery model`).
    local: Local {
        #[doc = "Threads that compute; 0 for as many as the machine runs at once."]
        [Integer] threads: u64 = Some(number(0)), |t| integer(t, 0, limits::LOCAL_THREADS_MAX);
        #[doc = "Conversations that it works on at once; more wait."]
        [Integer] sequences: u64 = Some(number(8)), |t| integer(t, 1, limits::LOCAL_SEQUENCES_MAX);
        #[doc = "Conversations that may wait for it; the next one is refused at once."]
        [Integer] queue: u64 = Some(number(64)), |t| integer(t, 0, limits::LOCAL_QUEUE_MAX);
        #[doc = "Those of them that one tenant may have."]
        [Integer] queue_per_tenant: u64 = Some(number(16)), |t| integer(t, 0, limits::LOCAL_QUEUE_MAX);
        #[doc = "Memory for the keys and values of conversations, in MiB: what runs, and beginnings that are kept for the next."]
        [Integer] kv_mib: u64 = Some(number(512)), |t| integer(t, 1, limits::LOCAL_KV_MAX_MIB);
        #[doc = "Longest time of a call whose text is streamed, waiting included, in milliseconds."]
        [Integer] total_ms: u64 = Some(number(120_000)), |t| integer(t, 100, limits::LOCAL_TOTAL_MAX_MS);
    }

    /// A model behind an OpenAI-compatible address. Only pseudonymised prompts go to it.
    remote: Remote {
        #[doc = "Base of its API, e.g. `https://api.example.org/v1`; `http` only to this machine, unless `remote.allow_http`."]
        [Text] base_url: Option<String> = None, |t| route::base_url(t).map(Some);
        #[doc = "Name of the model, as the upstream and the price table know it."]
        [Text] model: Option<String> = None, |t| name(t).map(Some);
        #[doc = "File that holds the key of its API."]
        [Text] api_key_file: Option<PathBuf> = None, |t| path(t).map(Some);
        #[doc = "The key itself; by environment only."]
        secret [Text] api_key: Option<ApiKey> = None, |t| ApiKey::new(t).map(Some);
        #[doc = "File of certificates (PEM) to trust instead of the system's."]
        [Text] ca_file: Option<PathBuf> = None, |t| path(t).map(Some);
        #[doc = "Whether prompts may leave this machine unencrypted."]
        [Bool] allow_http: bool = Some(text("false")), flag;
        #[doc = "Whether answers are streamed; some upstreams cannot."]
        [Bool] stream: bool = Some(text("true")), flag;
        #[doc = "Longest time to connect, in milliseconds."]
        [Integer] connect_ms: u64 = Some(number(2_000)), |t| integer(t, 10, 10_000);
        #[doc = "Longest time without a word, in milliseconds."]
        [Integer] read_ms: u64 = Some(number(8_000)), |t| integer(t, 10, limits::REMOTE_TOTAL_MAX_MS);
        #[doc = "Longest time of a call with its retries, in milliseconds."]
        [Integer] total_ms: u64 = Some(number(18_000)), |t| integer(t, 100, limits::REMOTE_TOTAL_MAX_MS);
        #[doc = "Times that a failed call is tried again before any text has come."]
        [Integer] retries: u64 = Some(number(limits::REMOTE_RETRIES_MAX)), |t| integer(t, 0, limits::REMOTE_RETRIES_MAX);
    }

    /// A sentence-embedding model on this machine: for `/v1/embeddings`, and for search by meaning.
    embed: Embed {
        #[doc = "Directory of the model, as sentence-transformers writes it: `model.safetensors`, `config.json`, `tokenizer.json`."]
        [Text] dir: Option<PathBuf> = None, |t| path(t).map(Some);
        #[doc = "Name by which clients ask for it; the last part of the directory when absent."]
        [Text] name: Option<String> = None, |t| name(t).map(Some);
        #[doc = "Languages in which searches use it beside words, out of `en` and `fr`, or `off`; `auto` takes those that the model's card names."]
        [TextList] search: Option<Vec<String>> = Some(text("auto")), search_langs;
        #[doc = "Threads that compute vectors; 0 is one for each processor, up to 4."]
        [Integer] threads: u64 = Some(number(0)), |t| integer(t, 0, 64);
    }

    /// How fast requests may come: `5/s, burst 10`, or `off`. A request must fit every scope that it falls in.
    limits: Limits {
        #[doc = "Requests of one tenant; the system tenant, whose users are the operators, has none."]
        [Text] tenant: Option<Rate> = Some(text("5/s, burst 10")), rate_or_off;
        #[doc = "Requests of one user."]
        [Text] user: Option<Rate> = Some(text("5/s, burst 10")), rate_or_off;
        #[doc = "Requests of one API key, unless the key has a rate of its own."]
        [Text] key: Option<Rate> = Some(text("5/s, burst 10")), rate_or_off;
        #[doc = "Requests without a good credential from one address (IPv6: one /64 network)."]
        [Text] address: Option<Rate> = Some(text("10/s, burst 40")), rate_or_off;
        #[doc = "Requests about identity (`/v1/auth`) of one user or, without a credential, of one address."]
        [Text] route_auth: Option<Rate> = Some(text("5/s, burst 20")), rate_or_off;
        #[doc = "Requests of one user that read what is kept."]
        [Text] route_read: Option<Rate> = Some(text("20/s, burst 40")), rate_or_off;
        #[doc = "Requests of one user that compute charts, calendars and pictures."]
        [Text] route_compute: Option<Rate> = Some(text("5/s, burst 20")), rate_or_off;
        #[doc = "Questions of one user."]
        [Text] route_chat: Option<Rate> = Some(text("2/s, burst 10")), rate_or_off;
        #[doc = "Requests of one operator or administrator (`/v1/ops`, `/v1/keys`)."]
        [Text] route_ops: Option<Rate> = Some(text("20/s, burst 100")), rate_or_off;
    }

    /// How much a plan allows.
    quotas: Quotas {
        #[doc = "Plan of a tenant that has none of its own: a code such as `premium`, or a version of it such as `premium@1`."]
        [Text] default_plan: String = Some(text("unmetered")), name;
    }

    /// Streams of text from a model, open at once.
    streams: Streams {
        #[doc = "Streams that one tenant may have open."]
        [Integer] per_tenant: u64 = Some(number(4)), |t| integer(t, 1, 10_000);
        #[doc = "Streams open in all."]
        [Integer] total: u64 = Some(number(16)), |t| integer(t, 1, 10_000);
        #[doc = "Questions of one tenant that may wait for a stream; the next one is refused at once."]
        [Integer] queue_per_tenant: u64 = Some(number(16)), |t| integer(t, 0, 10_000);
        #[doc = "Longest wait for a stream, in milliseconds."]
        [Integer] wait_ms: u64 = Some(number(10_000)), |t| integer(t, 0, 600_000);
        #[doc = "Weights of tenants among those that wait for a stream, such as `acme=3`; 1 for the others."]
        [TextList] weights: Vec<(String, u64)> = Some(text("")), weight_list;
    }

    /// Models on this machine.
    models: Models {
        #[doc = "Directory from which `POST /v1/ops/models` imports; `import` in the data directory when nothing is set."]
        [Text] import_dir: Option<PathBuf> = None, |t| path(t).map(Some);
    }

    /// Logs, written to standard error.
    log: Log {
        #[doc = "Least level that is written (`error` to `trace`), with exceptions by module: `info,orrery::store=debug`."]
        [Text] level: String = Some(text("info")), log_filter;
        #[doc = "`pretty` for people, `json` for machines, `compact` for one short line."]
        [Text] format: LogFormat = Some(text("compact")), log_format;
    }
}

/// All settings, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Development or production.
    pub environment: Environment,
    /// Directory that holds all the appliance knows.
    pub data_dir: PathBuf,
    /// The HTTP listener and its bounds.
    pub server: Server,
    /// Access and refresh tokens.
    pub auth: Auth,
    /// What tenants may spend, where the operator set nothing for them.
    pub budgets: Budgets,
    /// What models cost.
    pub prices: PriceFile,
    /// How tokens are counted.
    pub tokens: Counting,
    /// The key that wraps all others.
    pub secrets: Secrets,
    /// The job queue.
    pub worker: Worker,
    /// Who answers questions.
    pub llm: Llm,
    /// The model on this machine.
    pub local: Local,
    /// A model behind an OpenAI-compatible address.
    pub remote: Remote,
    /// A sentence-embedding model on this machine.
    pub embed: Embed,
    /// How fast requests may come.
    pub limits: Limits,
    /// How much a plan allows.
    pub quotas: Quotas,
    /// Streams of text from a model.
    pub streams: Streams,
    /// Models on this machine.
    pub models: Models,
    /// Logs.
    pub log: Log,
}

impl Settings {
    /// Reads and validates all settings.
    ///
    /// # Errors
    /// Every problem found, in the order of the sources and then of the table; never only the first.
    pub fn load(sources: &Sources) -> Result<(Self, Provenance), Vec<Problem>> {
        let Inspection { settings, provenance, problems } = load::inspect(sources);
        settings.map(|settings| (settings, provenance)).ok_or(problems)
    }

    /// Like [`Settings::load`], and shows what it can even when there are problems; for `config print`.
    pub fn inspect(sources: &Sources) -> Inspection {
        load::inspect(sources)
    }

    /// Where a file of the data directory lies.
    pub fn in_data_dir(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.data_dir.join(relative)
    }

    /// Reads every group before it gives up, so that each wrong field is told.
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let root = Root::read(reader);
        let server = Server::read(reader);
        let auth = Auth::read(reader);
        let budgets = Budgets::read(reader);
        let prices = PriceFile::read(reader);
        let tokens = Counting::read(reader);
        let secrets = Secrets::read(reader);
        let worker = Worker::read(reader);
        let llm = Llm::read(reader);
        let local = Local::read(reader);
        let remote = Remote::read(reader);
        let embed = Embed::read(reader);
        let limits = Limits::read(reader);
        let quotas = Quotas::read(reader);
        let streams = Streams::read(reader);
        let models = Models::read(reader);
        let log = Log::read(reader);
        let Root { environment, data_dir } = root?;
        Some(Self {
            environment,
            data_dir,
            server: server?,
            auth: auth?,
            budgets: budgets?,
            prices: prices?,
            tokens: tokens?,
            secrets: secrets?,
            llm: llm?,
            local: local?,
            remote: remote?,
            embed: embed?,
            limits: limits?,
            quotas: quotas?,
            streams: streams?,
            worker: worker?,
            models: models?,
            log: log?,
        })
    }
}

#[cfg(test)]
mod tests;
