//! The local model that writes text: loaded when the library says that it is in use, put away when it says so no longer.
//! Holds no rule.

use tokio::task::JoinHandle;

use crate::clock::Ambient;
use crate::config::Local as Settings;
use crate::llm::local::engine::Bounds;
use crate::llm::local::library::Library;
use crate::llm::local::load::{self, Share};
use crate::llm::local::provider::Slot;
use crate::telemetry::Metrics;

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// The place of the model in use, with none in it yet.
pub(super) fn slot(local: &Settings, metrics: &Metrics) -> Slot {
    let bounds = Bounds {
        sequences: size(local.sequences),
        queue: size(local.queue),
        queue_per_tenant: size(local.queue_per_tenant),
    };
    Slot::new(bounds, metrics.engine.clone())
}

/// Follows the library, in a task of its own: requests that come while a model is loaded go to the one before.
pub(super) fn follow(models: &Library, slot: &Slot, local: &Settings, ambient: &Ambient) -> JoinHandle<()> {
    let share = Share { threads: size(local.threads), kv_mib: local.kv_mib, sequences: size(local.sequences) };
    let (mut in_use, slot, ambient) = (models.in_use(), slot.clone(), ambient.clone());
    tokio::spawn(async move {
        let mut serving = None;
        loop {
            let wanted = in_use.borrow_and_update().chat.clone();
            if wanted != serving {
                match wanted.clone() {
                    None => slot.clear(),
                    Some(model) => {
                        let ambient = ambient.clone();
                        let loading = tokio::task::spawn_blocking(move || load::load(&model, share, ambient));
                        let loaded = loading.await.map_err(|error| error.to_string());
                        let loaded = loaded.and_then(|loaded| loaded.map_err(|error| error.to_string()));
                        let taken = loaded.and_then(|loaded| {
                            let name = loaded.name.clone();
                            slot.take(loaded).map(|()| name).map_err(|error| error.to_string())
                        });
                        match taken {
                            Ok(name) => tracing::info!(name, "a local model is in use"),
                            Err(cause) => {
                                tracing::error!(cause, "the local model was not loaded");
                                slot.clear();
                            }
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
