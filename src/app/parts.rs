//! Services opened a few at a time, so that the composition root stays one page. Holds no rule.

use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::{StartError, embedding, ground, local};
use crate::audit::Auditor;
use crate::auth::{Foundations, HashCost, Identity};
use crate::charts::{Charts, Rulesets};
use crate::chat::Answers;
use crate::clock::Ambient;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::idempotency::Idempotency;
use crate::llm::local::library::Library;
use crate::llm::local::provider::Slot;
use crate::retrieval::Retrieval;
use crate::store::Store;
use crate::store::tables::{META, MetaRow};
use crate::tenants::admission::Admission;
use crate::tenants::limiter::Rates;
use crate::tenants::plans::Plans;
use crate::tenants::quotas::Quotas;
use crate::vault::Vault;

/// Name under which the store says which generation of the index serves.
const SERVING_INDEX: &str = "index_generation";

/// What bounds requests: rates, plans and what they count.
pub(super) fn limits_of(
    (store, auditor, ambient): (&Store, &Auditor, &Ambient),
    settings: &Settings,
) -> Result<(Rates, Plans, Quotas, Admission)> {
    let rates = Rates::open(store.clone(), auditor.clone(), ambient.clone(), settings.limits.clone())?;
    let plans = Plans::open(store.clone(), auditor.clone(), ambient.clone(), &settings.quotas.default_plan)?;
    let quotas = Quotas::new(store.clone(), auditor.clone(), ambient.clone(), plans.clone());
    Ok((rates, plans, quotas, Admission::new(&settings.streams)))
}

/// What is kept for people.
pub(super) fn kept(
    (store, auditor, ambient): (&Store, &Auditor, &Ambient),
    vault: &Arc<Vault>,
) -> (Idempotency, Charts, Rulesets, Answers) {
    (
        Idempotency::new(store.clone(), Arc::clone(vault), ambient.clone()),
        Charts::new(store.clone(), Arc::clone(vault), auditor.clone(), ambient.clone()),
        Rulesets::new(store.clone(), auditor.clone(), ambient.clone()),
        Answers::new(store.clone(), Arc::clone(vault), auditor.clone(), ambient.clone()),
    )
}

/// Who is who.
pub(super) async fn open_identity(
    store: &Store,
    vault: &Arc<Vault>,
    auditor: &Auditor,
    ambient: &Ambient,
    settings: &Settings,
) -> Result<Identity> {
    let on = Foundations {
        store: store.clone(),
        vault: Arc::clone(vault),
        auditor: auditor.clone(),
        ambient: ambient.clone(),
        policy: ground::policy(&settings.auth),
    };
    Identity::open(on, HashCost::OWASP).await
}

/// Opens the index of this corpus, says in the store that it serves, and only then removes the others.
pub(super) async fn serve_index(root: &Path, store: &Store) -> Result<Retrieval, StartError> {
    let root = root.to_path_buf();
    let opened = tokio::task::spawn_blocking(move || Retrieval::open(&root));
    let retrieval = opened.await.map_err(Error::internal)?.map_err(Error::from)?;
    let serving = MetaRow::Text(retrieval.generation().to_owned());
    store.write(move |tx| tx.put(&META, &SERVING_INDEX.to_owned(), &serving)).await?;
    retrieval.remove_other_generations().map_err(Error::from)?;
    Ok(retrieval)
}

/// The tasks that take models into use as the library says.
pub(super) fn following(
    models: &Library,
    (slot, retrieval): (&Slot, &Retrieval),
    settings: &Settings,
    ambient: &Ambient,
) -> [JoinHandle<()>; 2] {
    [local::follow(models, slot, &settings.local, ambient), embedding::follow(models, &settings.embed, retrieval)]
}
