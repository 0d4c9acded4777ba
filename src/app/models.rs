//! The models on this machine: how they are opened, and the work on them that may outlast a request. Holds no rule.

use std::sync::Arc;

use super::App;
use crate::audit::{Auditor, RequestContext};
use crate::clock::Ambient;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::llm::local::library::{self, Import, Imported, Library, Model, Progress, memory};
use crate::store::Store;
use crate::store::tables::Actor;

impl App {
    /// Imports a model that lies in the directory which the operator set for it. Goes on when whoever asked has left: a
    /// large file takes longer than a request may.
    ///
    /// # Errors
    /// Those of [`Library::import`]; `invalid_fields` for a name that leads out of the directory.
    pub async fn import_model(
        self: &Arc<Self>,
        request: RequestContext,
        by: Actor,
        file: &str,
        (inside, name): (Option<String>, Option<String>),
    ) -> Result<Imported> {
        let dir = self.settings.models.import_dir.clone().unwrap_or_else(|| self.settings.in_data_dir("import"));
        let import = Import { path: library::within(&dir, file)?, inside, name };
        let app = Arc::clone(self);
        let quiet: Progress = Arc::new(|_, _| {});
        let run = tokio::spawn(async move { app.models.import(&request, &by, import, quiet).await });
        run.await.map_err(Error::internal)?
    }

    /// Checks the files of a model, in the same way.
    ///
    /// # Errors
    /// Those of [`Library::verify`].
    pub async fn verify_model(self: &Arc<Self>, request: RequestContext, by: Actor, name: String) -> Result<Model> {
        let app = Arc::clone(self);
        let quiet: Progress = Arc::new(|_, _| {});
        let run = tokio::spawn(async move { app.models.verify(&request, &by, &name, quiet).await });
        run.await.map_err(Error::internal)?
    }
}

/// Opens the models of the data directory; what crashes left there is removed.
pub(super) async fn open(store: &Store, auditor: &Auditor, ambient: &Ambient, settings: &Settings) -> Result<Library> {
    let on = library::Foundations {
        store: store.clone(),
        auditor: auditor.clone(),
        ambient: ambient.clone(),
        dir: settings.in_data_dir("models"),
        available_bytes: memory::available_bytes,
    };
    tokio::task::spawn_blocking(move || Library::open(on)).await.map_err(Error::internal)?
}
