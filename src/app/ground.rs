//! What stands under every service: the directory, its lock, key ring, store and audit log; and what is made from settings
//! alone. Holds no rule of the services.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::StartError;
use crate::audit::Auditor;
use crate::auth::TokenPolicy;
use crate::clock::Ambient;
use crate::config::{Auth, Budgets, Settings, resolve_master_key};
use crate::error::Result;
use crate::limits;
use crate::store::Store;
use crate::store::lock::DirLock;
use crate::store::tables::STORE_TABLES;
use crate::telemetry::Metrics;
use crate::tenants::ledger::{self, Ledger, Window};
use crate::tokens::Prices;
use crate::vault::Vault;

/// What every service stands on, once the directory is its own.
pub(super) struct Ground {
    pub(super) lock: DirLock,
    pub(super) metrics: Arc<Metrics>,
    pub(super) vault: Arc<Vault>,
    pub(super) store: Store,
    pub(super) auditor: Auditor,
}

impl Ground {
    /// # Errors
    /// Those of [`super::App::open`] that are about the directory.
    pub(super) fn open(settings: &Settings, ambient: &Ambient) -> Result<Self, StartError> {
        let dir = settings.data_dir.as_path();
        make_private(dir).map_err(|cause| StartError::Directory { path: dir.display().to_string(), cause })?;
        let lock = DirLock::acquire(dir, "orrery")?;
        let (rows, keys) = (dir.join("store.redb"), dir.join("keys.redb"));
        // A new key cannot open old data, so one is made only where there is none to open.
        let is_new = !keys.exists();
        if is_new && rows.exists() {
            return Err(StartError::KeyRingMissing(keys.display().to_string()));
        }
        let master = resolve_master_key(settings, is_new, ambient)?;
        let metrics = Arc::new(Metrics::new().map_err(|e| StartError::Metrics(e.to_string()))?);
        // The ring before the store: a start that is cut short never leaves a store without its ring.
        let vault = Arc::new(Vault::open(&keys, &master, ambient.clone())?);
        let store = Store::open(&rows, STORE_TABLES)?;
        let counted = Arc::clone(&metrics);
        store.observe(Box::new(move |writes, elapsed| counted.store_committed(writes, elapsed)));
        let auditor = Auditor::new(vault.mac(Auditor::KEY_LABEL, b""), ambient.clone());
        Ok(Self { lock, metrics, vault, store, auditor })
    }
}

/// What tokens name, and how long they live.
pub(super) fn policy(auth: &Auth) -> TokenPolicy {
    TokenPolicy::new(&auth.issuer, &auth.audience, auth.access_token_s, auth.refresh_token_s)
}

/// The money ledger.
///
/// # Errors
/// Those of the store.
pub(super) async fn ledger(
    (store, auditor, ambient, metrics): (&Store, &Auditor, &Ambient, &Arc<Metrics>),
    prices: Prices,
    budgets: &Budgets,
) -> Result<Ledger> {
    Ledger::open(ledger::Foundations {
        store: store.clone(),
        auditor: auditor.clone(),
        ambient: ambient.clone(),
        metrics: Arc::clone(metrics),
        prices,
        defaults: budget_defaults(budgets),
    })
    .await
}

/// The price table: the program's, with the operator's before it.
pub(super) fn prices(file: Option<&Path>) -> Result<Prices, String> {
    let text = file.map(|file| -> Result<String, String> {
        let name = file.display();
        let size = fs::metadata(file).map_err(|cause| format!("cannot read {name}: {cause}"))?.len();
        if size > limits::PRICE_FILE_MAX_BYTES {
            return Err(format!("{name} has {size} bytes, at most {} are allowed", limits::PRICE_FILE_MAX_BYTES));
        }
        fs::read_to_string(file).map_err(|cause| format!("cannot read {name}: {cause}"))
    });
    Prices::load(text.transpose()?.as_deref()).map_err(|error| error.to_string())
}

/// Limits of tenants that have none of their own.
fn budget_defaults(budgets: &Budgets) -> ledger::Defaults {
    ledger::Defaults {
        window: Window::from_code(&budgets.default_window).unwrap_or(Window::Month),
        hard: budgets.default_block == "hard",
        everyone: budgets.default_usd,
        by_slug: budgets.tenants.iter().cloned().collect(),
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
