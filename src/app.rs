//! The composition root: opens everything in order, hands it out, closes it in the reverse order. Holds no rule.

mod embedding;
mod ground;
mod local;
mod models;
mod parts;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::astro::{Chart, Today};
use crate::audit::{self, Auditor};
use crate::auth::Identity;
use crate::charts::{Charts, Rulesets};
use crate::chat::advisor::{self, Advisor};
use crate::chat::embeddings::Embeddings;
use crate::chat::{self, Answer, Answers, Question};
use crate::clock::{Ambient, UnixMs};
use crate::config::{MasterKeyError, Settings};
use crate::error::{Error, Result};
use crate::idempotency::Idempotency;
use crate::limits;
use crate::llm::Composer;
use crate::llm::gateway::Gateway;
use crate::llm::local::library::Library;
pub use crate::llm::local::library::{Import, Imported, Model, Progress, hex};
use crate::llm::local::provider::Slot;
use crate::llm::remote::TrustError;
use crate::retrieval::{Query, Retrieval};
use crate::store::lock::{DirLock, LockError};
use crate::store::tables::jobs::JobState;
pub use crate::store::tables::models::ModelFile;

use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::jobs::Depth;
use crate::tenants::Tenants;
use crate::tenants::admission::Admission;
use crate::tenants::ledger::{self, Ledger};
use crate::tenants::limiter::Rates;
use crate::tenants::plans::Plans;
use crate::tenants::quotas::Quotas;
use crate::turns::Turns;
use crate::vault::{Vault, VaultError};
use crate::worker::{self, Worker};
use ground::Ground;

/// Where the queue notes which jobs' code runs.
const JOB_NOTES: &str = "jobs.running";

/// Why the appliance did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process owns the directory.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// The directory cannot be used.
    #[error("cannot use the data directory {path}: {cause}")]
    Directory {
        /// The directory.
        path: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// There is no acceptable master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// There is a store, and the key ring that opens what it holds is gone.
    #[error(
        "{0} is missing, and without it the personal data in the store cannot be read; put the file back from a backup of \
         this directory"
    )]
    KeyRingMissing(String),
    /// The store cannot be opened.
    #[error("cannot open the store: {0}")]
    Store(#[from] StoreError),
    /// The key ring cannot be opened.
    #[error("cannot open the key ring: {0}")]
    Vault(#[from] VaultError),
    /// The metrics cannot be registered.
    #[error("cannot register metrics: {0}")]
    Metrics(String),
    /// The price table of the operator cannot be used.
    #[error("prices.file: {0}")]
    Prices(String),
    /// The remote model cannot be called safely.
    #[error("{0}")]
    Upstream(#[from] TrustError),
    /// The embedding model of the operator cannot be used.
    #[error("embed.dir: {0}")]
    Embedding(String),
    /// A service did not start.
    #[error("{0}")]
    Service(#[from] Error),
}

/// Everything that serves requests.
pub struct App {
    settings: Settings,
    ambient: Ambient,
    metrics: Arc<Metrics>,
    store: Store,
    auditor: Auditor,
    tenants: Tenants,
    rates: Rates,
    plans: Plans,
    quotas: Quotas,
    admission: Admission,
    identity: Identity,
    idempotency: Idempotency,
    charts: Charts,
    rulesets: Rulesets,
    answers: Answers,
    advisor: Advisor,
    local: Slot,
    following: [tokio::task::JoinHandle<()>; 2],
    embeddings: Embeddings,
    searches: Turns,
    retrieval: Retrieval,
    ledger: Ledger,
    vault: Arc<Vault>,
    last_probe: tokio::sync::Mutex<Option<(UnixMs, Vec<Probe>)>>,
    models: Library,
    worker: Worker,
    // Last, so that the directory is free only when all else is closed.
    _lock: DirLock,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// One thing that `/ready` tried.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its name.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

impl App {
    /// Opens the data directory of `settings` and everything in it; makes what a new directory lacks, its master key
    /// included, once the directory is its own.
    ///
    /// # Errors
    /// [`StartError::Locked`] when another process owns the directory, [`StartError::MasterKey`] when the key is missing
    /// or not acceptable; the others when a part cannot be opened.
    pub async fn open(settings: Settings, ambient: Ambient) -> Result<Arc<Self>, StartError> {
        let prices = ground::prices(settings.prices.file.as_deref()).map_err(StartError::Prices)?;
        let Ground { lock, metrics, vault, store, auditor } = Ground::open(&settings, &ambient)?;
        let tenants = Tenants::new(store.clone(), auditor.clone(), ambient.clone());
        tenants.bootstrap().await?;
        let ledger = ground::ledger((&store, &auditor, &ambient, &metrics), prices, &settings.budgets).await?;
        let (rates, plans, quotas, admission) = parts::limits_of((&store, &auditor, &ambient), &settings)?;
        let models = models::open(&store, &auditor, &ambient, &settings).await?;
        let identity = parts::open_identity(&store, &vault, &auditor, &ambient, &settings).await?;
        let retrieval = parts::serve_index(&settings.data_dir.join("index"), &store).await?;
        embedding::open(&settings.embed, &retrieval).await?;
        let (idempotency, charts, rulesets, answers) = parts::kept((&store, &auditor, &ambient), &vault);
        let local = local::slot(&settings.local, &metrics);
        let on = advisor::Foundations {
            retrieval: retrieval.clone(),
            store: store.clone(),
            answers: answers.clone(),
            tenants: tenants.clone(),
            admission: admission.clone(),
            ledger: ledger.clone(),
            gateway: Gateway::new(&settings, local.clone(), &metrics, &ambient)?,
            metrics: Arc::clone(&metrics),
            ambient: ambient.clone(),
        };
        let embeddings = embedding::service(&on);
        let advisor = Advisor::new(on, &settings);
        let parts = worker::Parts {
            store: store.clone(),
            ambient: ambient.clone(),
            vault: Arc::clone(&vault),
            auditor: auditor.clone(),
            idempotency: idempotency.clone(),
            charts: charts.clone(),
            retrieval: retrieval.clone(),
            ledger: ledger.clone(),
            allowed: worker::Allowed::of(&settings.worker),
        };
        let worker = Worker::open(parts, &settings.in_data_dir(JOB_NOTES), Some(metrics.jobs.clone())).await?;
        let following = parts::following(&models, (&local, &retrieval), &settings, &ambient);
        Ok(Arc::new(Self {
            settings,
            ambient,
            metrics,
            store,
            auditor,
            tenants,
            rates,
            plans,
            quotas,
            admission,
            identity,
            idempotency,
            charts,
            rulesets,
            answers,
            advisor,
            local,
            following,
            embeddings,
            searches: Turns::new(limits::SEARCHES_AT_ONCE, limits::SEARCH_QUEUE_MAX, limits::SEARCH_RETRY_AFTER_S),
            retrieval,
            ledger,
            vault,
            last_probe: tokio::sync::Mutex::default(),
            models,
            worker,
            _lock: lock,
        }))
    }

    /// The settings it runs with.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Time and randomness.
    pub const fn ambient(&self) -> &Ambient {
        &self.ambient
    }

    /// Counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Tenants.
    pub const fn tenants(&self) -> &Tenants {
        &self.tenants
    }

    /// How fast requests may come.
    pub const fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Plans, and who has which.
    pub const fn plans(&self) -> &Plans {
        &self.plans
    }

    /// What was used of them.
    pub const fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    /// The gate before streams of text.
    pub const fn admission(&self) -> &Admission {
        &self.admission
    }

    /// Accounts, sessions, tokens, API keys.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Answers kept for replay.
    pub const fn idempotency(&self) -> &Idempotency {
        &self.idempotency
    }

    /// Natal charts.
    pub const fn charts(&self) -> &Charts {
        &self.charts
    }

    /// Rulesets: orbs by context, and which of them serves.
    pub const fn rulesets(&self) -> &Rulesets {
        &self.rulesets
    }

    /// Answered questions.
    pub const fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Answers by models.
    pub const fn advisor(&self) -> &Advisor {
        &self.advisor
    }

    /// The local model in use.
    pub const fn local(&self) -> &Slot {
        &self.local
    }

    /// Vectors of texts.
    pub const fn embeddings(&self) -> &Embeddings {
        &self.embeddings
    }

    /// Turns of long searches through the sky.
    pub const fn searches(&self) -> &Turns {
        &self.searches
    }

    /// Knowledge.
    pub const fn retrieval(&self) -> &Retrieval {
        &self.retrieval
    }

    /// The money ledger.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Rebuilds every balance of the ledger and compares, off the async threads, as a long one takes its time.
    pub async fn verify_ledger(&self) -> Result<ledger::Report> {
        let ledger = self.ledger.clone();
        tokio::task::spawn_blocking(move || ledger.verify()).await.map_err(Error::internal)?
    }

    /// The models on this machine.
    pub const fn models(&self) -> &Library {
        &self.models
    }

    /// Largest request body accepted.
    pub fn body_max_bytes(&self) -> usize {
        usize::try_from(self.settings.server.body_max_bytes).unwrap_or(limits::BODY_MAX_BYTES)
    }

    /// Checks every audit chain, off the async threads, as a long log takes its time.
    pub async fn verify_audit(&self) -> Result<audit::Report> {
        let (store, auditor) = (self.store.clone(), self.auditor.clone());
        let check = move || store.read(|view| audit::verify(view, &auditor));
        tokio::task::spawn_blocking(check).await.map_err(Error::internal)?
    }

    /// Answers a question about a chart and its day, with the provider that is configured.
    pub fn advise(&self, chart: &Chart, today: &Today, question: Question<'_>) -> Result<Answer> {
        chat::advise(chart, today, question, &self.retrieval, &Composer)
    }

    /// Tries the store, the key ring, the index and the disk. Anybody may ask, so a finding holds for a second.
    pub async fn probe(&self) -> Vec<Probe> {
        let mut last = self.last_probe.lock().await;
        let now = self.ambient.now();
        if let Some((at, found)) = &*last
            && now.since_ms(*at) < limits::PROBE_HOLDS_MS
        {
            return found.clone();
        }
        let found = self.try_all().await;
        *last = Some((now, found.clone()));
        found
    }

    async fn try_all(&self) -> Vec<Probe> {
        let written = |name, outcome: Result<(), String>| match outcome {
            Ok(()) => Probe { name, ok: true, detail: "took a durable write".into() },
            Err(detail) => Probe { name, ok: false, detail },
        };
        let store = written("store", self.store.probe_writable().await.map_err(|e| e.to_string()));
        let keys = written("keys", self.vault.probe_writable().await.map_err(|e| e.to_string()));
        let known = Query { text: "Sun Soleil".into(), limit: 1, ..Query::default() };
        let index = match self.retrieval.search(&known) {
            Ok(hits) => Probe {
                name: "index",
                ok: !hits.is_empty(),
                detail: format!("generation {} answers", self.retrieval.generation()),
            },
            Err(error) => Probe { name: "index", ok: false, detail: error.to_string() },
        };
        vec![store, keys, index, disk(&self.settings.data_dir)]
    }

    /// The job queue and what it does. It works once it is started.
    pub const fn worker(&self) -> &Worker {
        &self.worker
    }

    /// Everything that is counted, in the Prometheus text format, with the queue as it stands now.
    pub fn render_metrics(&self) -> Result<String> {
        let now = self.ambient.now();
        for (queue, stats) in self.worker.desk().stats()? {
            self.metrics.jobs.depth(Depth {
                queue: &queue,
                waiting: stats.depth(),
                running: stats.count(JobState::Running),
                dead: stats.count(JobState::Discarded),
                quarantined: stats.count(JobState::Quarantined),
                oldest_ms: stats.oldest_available.map_or(0, |oldest| now.since_ms(oldest)),
            });
        }
        self.metrics.render().map_err(Error::internal)
    }

    /// Lets running jobs end, stops background work and flushes the store. Requests must have ended.
    pub async fn shutdown(&self) {
        self.worker.drain(Duration::from_millis(self.settings.worker.drain_ms)).await;
        self.advisor.drain().await;
        self.following.iter().for_each(tokio::task::JoinHandle::abort);
        self.local.stop().await;
        self.ledger.drain().await;
        if let Err(error) = self.store.flush().await {
            tracing::error!(%error, "the store was not flushed");
        }
    }
}

fn disk(dir: &Path) -> Probe {
    match rustix::fs::statvfs(dir) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let ok = free >= limits::DISK_FREE_MIN_BYTES;
            Probe { name: "disk", ok, detail: format!("{} MiB free", free / (1024 * 1024)) }
        }
        Err(error) => Probe { name: "disk", ok: false, detail: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::Sources;

    async fn open(dir: &Path) -> Result<Arc<App>, StartError> {
        let sources = Sources::new().flag("data_dir", "--test", dir.to_str().unwrap());
        App::open(Settings::load(&sources).unwrap().0, Ambient::system()).await
    }

    /// Opens the directory, and closes it once its background task has let go.
    async fn open_and_close(dir: &Path) {
        drop(open(dir).await.unwrap());
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    async fn a_lost_key_ring_is_told_and_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        open_and_close(dir.path()).await;
        let (keys, aside) = (dir.path().join("keys.redb"), dir.path().join("aside"));
        fs::rename(&keys, &aside).unwrap();
        let refused = open(dir.path()).await.unwrap_err();
        assert!(matches!(&refused, StartError::KeyRingMissing(path) if path.ends_with("keys.redb")), "{refused}");
        assert!(!keys.exists());
        fs::rename(&aside, &keys).unwrap();
        open_and_close(dir.path()).await;
        fs::remove_file(dir.path().join("store.redb")).unwrap();
        // What a start that was cut short leaves: it can be finished.
        open_and_close(dir.path()).await;
    }
}
