//! The parts that the composition root puts together from settings alone. Holds no rule of theirs.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::StartError;
use crate::audit::Auditor;
use crate::auth::TokenPolicy;
use crate::clock::Ambient;
use crate::config::{Auth, Budgets};
use crate::error::Result;
use crate::limits;
use crate::store::lock::DirLock;
use crate::store::tables::STORE_TABLES;
use crate::store::{Store, StoreError};
use crate::telemetry::Metrics;
use crate::tenants::ledger::{self, Ledger, Window};
use crate::tokens::Prices;

/// Makes the directory if it is not there and locks it; says whether it is new, so that a key may be made for it.
///
/// # Errors
/// [`StartError::Directory`], [`StartError::Locked`], [`StartError::KeyRingMissing`].
pub(super) fn own(dir: &Path, rows: &Path, keys: &Path) -> Result<(DirLock, bool), StartError> {
    make_private(dir).map_err(|cause| StartError::Directory { path: dir.display().to_string(), cause })?;
    let lock = DirLock::acquire(dir, "orrery")?;
    // A new key cannot open old data, so one is made only where there is none to open.
    let is_new = !keys.exists();
    if is_new && rows.exists() {
        return Err(StartError::KeyRingMissing(keys.display().to_string()));
    }
    Ok((lock, is_new))
}

/// The store, its commits counted.
///
/// # Errors
/// Its own.
pub(super) fn store(rows: &Path, metrics: &Arc<Metrics>) -> Result<Store, StoreError> {
    let store = Store::open(rows, STORE_TABLES)?;
    let counted = Arc::clone(metrics);
    store.observe(Box::new(move |writes, elapsed| counted.store_committed(writes, elapsed)));
    Ok(store)
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
