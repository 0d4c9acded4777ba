//! The embedding model of the settings or of the library: read, and given to the searches of the languages it is for.
//! Holds no rule.

use std::path::Path;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::StartError;
use crate::astro::Lang;
use crate::chat::advisor;
use crate::chat::embeddings::{self, Embeddings};
use crate::config::Embed;
use crate::error::Error;
use crate::llm::local::library::Library;
use crate::retrieval::Retrieval;
use crate::retrieval::embed::Embedder;

/// Puts the model of the settings in use, if they name one.
///
/// # Errors
/// [`StartError::Embedding`] when the directory holds none that can be used.
pub(super) async fn open(settings: &Embed, retrieval: &Retrieval) -> Result<(), StartError> {
    let Some(dir) = settings.dir.clone() else { return Ok(()) };
    let (settings, retrieval) = (settings.clone(), retrieval.clone());
    let work = move || {
        let name = settings.name.clone().unwrap_or_else(|| name_of(&dir));
        put(&dir, &name, &settings, &retrieval)
            .map_err(|cause| StartError::Embedding(format!("{}: {cause}", dir.display())))
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// Follows the library, in a task of its own, unless the settings name a model: that one stays.
pub(super) fn follow(models: &Library, settings: &Embed, retrieval: &Retrieval) -> JoinHandle<()> {
    let (mut in_use, settings, retrieval) = (models.in_use(), settings.clone(), retrieval.clone());
    tokio::spawn(async move {
        let mut serving = None;
        while settings.dir.is_none() {
            let wanted = in_use.borrow_and_update().embedding.clone();
            if wanted != serving {
                match wanted.clone() {
                    None => retrieval.drop_embedder(),
                    Some(model) => {
                        let (settings, retrieval) = (settings.clone(), retrieval.clone());
                        let work = move || {
                            // What is left of another model must not answer under this one's name.
                            put(&model.path, &model.name, &settings, &retrieval)
                                .inspect_err(|_| retrieval.drop_embedder())
                        };
                        let put = tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string());
                        if let Err(cause) = put.and_then(|done| done) {
                            tracing::error!(cause, "the embedding model was not loaded");
                        }
                    }
                }
                serving = wanted;
            }
            if in_use.changed().await.is_err() {
                return;
            }
        }
    })
}

/// Loads a model, and gives it to the searches of its languages. Takes seconds, and a thread that may wait.
fn put(dir: &Path, name: &str, settings: &Embed, retrieval: &Retrieval) -> Result<(), String> {
    let threads = usize::try_from(settings.threads).unwrap_or_default();
    let embedder = Embedder::load(dir, name, threads).map_err(|cause| cause.to_string())?;
    let langs = langs(settings, &embedder);
    let (hash, width) = (embedder.hash().to_owned(), embedder.width());
    retrieval.use_embedder(Arc::new(embedder), &langs).map_err(|cause| cause.to_string())?;
    let langs: Vec<&str> = langs.into_iter().map(Lang::code).collect();
    tracing::info!(name, hash, width, search = langs.join(","), "an embedding model is in use");
    Ok(())
}

/// What answers for vectors, over what the advisor stands on.
pub(super) fn service(on: &advisor::Foundations) -> Embeddings {
    Embeddings::new(embeddings::Foundations {
        retrieval: on.retrieval.clone(),
        store: on.store.clone(),
        tenants: on.tenants.clone(),
        ledger: on.ledger.clone(),
        metrics: Arc::clone(&on.metrics),
    })
}

/// The languages that its searches serve: those of the settings, else those that the model's card names. A model that
/// names none serves none, as one for another language finds less than words do.
fn langs(settings: &Embed, embedder: &Embedder) -> Vec<Lang> {
    match &settings.search {
        Some(codes) => codes.iter().filter_map(|code| Lang::from_code(code)).collect(),
        None => embedder.languages().to_vec(),
    }
}

/// The last part of a path, as far as it can stand in a name.
fn name_of(dir: &Path) -> String {
    let last = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = last.chars().filter(char::is_ascii_graphic).take(128).collect();
    if name.is_empty() { "embedding".to_owned() } else { name }
}
