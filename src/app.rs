//! The composition root: opens everything in order, hands it out, closes it in the reverse order. Holds no rule.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::astro::{Chart, Today};
use crate::audit::{self, Auditor};
use crate::auth::{Foundations, HashCost, Identity, TokenPolicy};
use crate::charts::Charts;
use crate::chat::{self, Answer, Answers, Question};
use crate::clock::Ambient;
use crate::config::{MasterKey, Settings};
use crate::error::{Error, Result};
use crate::idempotency::Idempotency;
use crate::limits;
use crate::llm::Composer;
use crate::retrieval::{Query, Retrieval};
use crate::store::lock::{DirLock, LockError};
use crate::store::tables::{META, MetaRow, STORE_TABLES};
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;
use crate::tenants::Tenants;
use crate::vault::{Vault, VaultError};

/// Name under which the store says which generation of the index serves.
const SERVING_INDEX: &str = "index_generation";
/// How often expired idempotency records are removed.
const CLEAN_EVERY: Duration = Duration::from_mins(1);

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
    /// The store cannot be opened.
    #[error("cannot open the store: {0}")]
    Store(#[from] StoreError),
    /// The key ring cannot be opened.
    #[error("cannot open the key ring: {0}")]
    Vault(#[from] VaultError),
    /// The metrics cannot be registered.
    #[error("cannot register metrics: {0}")]
    Metrics(String),
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
    identity: Identity,
    idempotency: Idempotency,
    charts: Charts,
    answers: Answers,
    retrieval: Retrieval,
    cleaner: tokio::task::JoinHandle<()>,
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
    /// Opens the data directory of `settings` and everything in it. `who` is told to a second process.
    ///
    /// # Errors
    /// [`StartError::Locked`] when another process owns the directory; the others when a part cannot be opened.
    pub async fn open(settings: Settings, master: &MasterKey, ambient: Ambient) -> Result<Arc<Self>, StartError> {
        let dir = settings.data_dir.clone();
        make_private(&dir).map_err(|cause| StartError::Directory { path: dir.display().to_string(), cause })?;
        let lock = DirLock::acquire(&dir, "orrery")?;
        let metrics = Arc::new(Metrics::new().map_err(|e| StartError::Metrics(e.to_string()))?);
        let store = Store::open(&dir.join("store.redb"), STORE_TABLES)?;
        let counted = Arc::clone(&metrics);
        store.observe(Box::new(move |writes, elapsed| counted.store_committed(writes, elapsed)));
        let vault = Arc::new(Vault::open(&dir.join("keys.redb"), master, ambient.clone())?);
        let auditor = Auditor::new(vault.mac(Auditor::KEY_LABEL, b""), ambient.clone());
        let tenants = Tenants::new(store.clone(), auditor.clone(), ambient.clone());
        tenants.bootstrap().await?;
        let on = Foundations {
            store: store.clone(),
            vault: Arc::clone(&vault),
            auditor: auditor.clone(),
            ambient: ambient.clone(),
            policy: TokenPolicy::new(
                &settings.auth.issuer,
                &settings.auth.audience,
                settings.auth.access_token_s,
                settings.auth.refresh_token_s,
            ),
        };
        let identity = Identity::open(on, HashCost::OWASP).await?;
        let retrieval = serve_index(&dir.join("index"), &store).await?;
        let idempotency = Idempotency::new(store.clone(), Arc::clone(&vault), ambient.clone());
        let charts = Charts::new(store.clone(), Arc::clone(&vault), auditor.clone(), ambient.clone());
        let answers = Answers::new(store.clone(), vault, auditor.clone(), ambient.clone());
        let cleaner = tokio::spawn(clean(idempotency.clone()));
        Ok(Arc::new(Self {
            settings,
            ambient,
            metrics,
            store,
            auditor,
            tenants,
            identity,
            idempotency,
            charts,
            answers,
            retrieval,
            cleaner,
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

    /// Accounts, sessions, tokens.
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

    /// Answered questions.
    pub const fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Knowledge.
    pub const fn retrieval(&self) -> &Retrieval {
        &self.retrieval
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

    /// Tries the store, the index and the disk.
    pub async fn probe(&self) -> Vec<Probe> {
        let store = match self.store.probe_writable().await {
            Ok(()) => Probe { name: "store", ok: true, detail: "took a durable write".into() },
            Err(error) => Probe { name: "store", ok: false, detail: error.to_string() },
        };
        let known = Query { text: "Sun Soleil".into(), limit: 1, ..Query::default() };
        let index = match self.retrieval.search(&known) {
            Ok(hits) => Probe {
                name: "index",
                ok: !hits.is_empty(),
                detail: format!("generation {} answers", self.retrieval.generation()),
            },
            Err(error) => Probe { name: "index", ok: false, detail: error.to_string() },
        };
        vec![store, index, disk(&self.settings.data_dir)]
    }

    /// Stops background work and flushes the store. Requests must have ended.
    pub async fn shutdown(&self) {
        self.cleaner.abort();
        if let Err(error) = self.store.flush().await {
            tracing::error!(%error, "the store was not flushed");
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.cleaner.abort();
    }
}

/// Opens the index of this corpus, says in the store that it serves, and only then removes the others.
async fn serve_index(root: &Path, store: &Store) -> Result<Retrieval, StartError> {
    let root = root.to_path_buf();
    let opened = tokio::task::spawn_blocking(move || Retrieval::open(&root));
    let retrieval = opened.await.map_err(Error::internal)?.map_err(Error::from)?;
    let serving = MetaRow::Text(retrieval.generation().to_owned());
    store.write(move |tx| tx.put(&META, &SERVING_INDEX.to_owned(), &serving)).await?;
    retrieval.remove_other_generations().map_err(Error::from)?;
    Ok(retrieval)
}

async fn clean(idempotency: Idempotency) {
    let mut tick = tokio::time::interval(CLEAN_EVERY);
    loop {
        tick.tick().await;
        while let Ok(removed) = idempotency.clean().await.inspect_err(|e| tracing::warn!(%e, "cleaning failed")) {
            if removed == 0 {
                break;
            }
        }
    }
}

/// Makes the directory, readable by its owner alone.
fn make_private(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
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
