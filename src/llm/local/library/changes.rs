//! S: What is done with a model that is there: checked again, put to use, taken out of use, removed. Imports none.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Library, Model, Progress, hex, key};
use crate::audit::{self, RequestContext};
use crate::error::{Code, Error, Result};
use crate::store::Reads;
use crate::store::tables::models::MODELS;
use crate::store::tables::{Actor, META, MetaRow};

impl Library {
    /// Reads the files of a model again and compares their hashes.
    ///
    /// # Errors
    /// `model_not_found`; `model_damaged` when they differ.
    pub async fn verify(&self, request: &RequestContext, by: &Actor, name: &str, told: Progress) -> Result<Model> {
        let entry = self.entry(request, by, "model_verify")?.target("model", name);
        let model = self.get(name)?;
        let (shelf, row, all) = (self.shelf.clone(), model.row.clone(), model.bytes());
        let check = move || {
            let done = AtomicU64::new(0);
            let count = |bytes| {
                let before = done.fetch_add(bytes, Ordering::Relaxed);
                told(before + bytes, all);
            };
            shelf.is_whole(&row.sha256, &row.files, &count)
        };
        let whole = tokio::task::spawn_blocking(check).await.map_err(Error::internal)?.map_err(Error::internal)?;
        let (auditor, name, now) = (self.on.auditor.clone(), name.to_owned(), self.on.ambient.now());
        self.on
            .store
            .write(move |tx| {
                let mut row = tx.get(&MODELS, &name)?.ok_or(Code::ModelNotFound)?;
                if whole {
                    row.verified_at = now;
                    tx.put(&MODELS, &name, &row)?;
                }
                let entry = if whole { entry.clone() } else { entry.clone().failed() };
                audit::append(tx, &auditor, entry)
            })
            .await?;
        if whole {
            self.get(&model.name)
        } else {
            Err(Error::new(Code::ModelDamaged).detail("name", model.name.into()))
        }
    }

    /// Puts a model to use, in the place of the one of its kind before it, and tells whoever runs models.
    ///
    /// # Errors
    /// `model_not_found`; `model_damaged` when its files are gone; `insufficient_memory` with what it needs and what there is.
    pub async fn put_to_use(&self, request: &RequestContext, by: &Actor, name: &str) -> Result<Model> {
        let entry = self.entry(request, by, "model_use")?.target("model", name);
        let model = self.get(name)?;
        if model.in_use {
            return Ok(model);
        }
        if model.row.files.iter().any(|file| !model.path.join(&file.name).is_file()) {
            return Err(Error::new(Code::ModelDamaged).detail("name", name.into()));
        }
        let (need, have) = (model.row.memory_bytes, (self.on.available_bytes)());
        if let Some(have) = have.filter(|have| *have < need) {
            return Err(Error::new(Code::InsufficientMemory)
                .message(format!("The model needs about {need} bytes of memory, and {have} can be had."))
                .detail("needed_bytes", need.into())
                .detail("available_bytes", have.into()));
        }
        let (auditor, kind, name) = (self.on.auditor.clone(), model.row.kind, model.name.clone());
        self.on
            .store
            .write(move |tx| {
                if tx.get(&MODELS, &name)?.is_none() {
                    return Err(Error::new(Code::ModelNotFound));
                }
                tx.put(&META, &key(kind), &MetaRow::Text(name.clone()))?;
                audit::append(tx, &auditor, entry.clone().detail("kind", kind.code()))
            })
            .await?;
        self.tell()?;
        self.get(&model.name)
    }

    /// Takes a model out of use; none of its kind is then.
    ///
    /// # Errors
    /// `model_not_found`.
    pub async fn release(&self, request: &RequestContext, by: &Actor, name: &str) -> Result<Model> {
        let entry = self.entry(request, by, "model_release")?.target("model", name);
        let model = self.get(name)?;
        let (auditor, kind, name) = (self.on.auditor.clone(), model.row.kind, model.name.clone());
        self.on
            .store
            .write(move |tx| {
                if tx.get(&META, &key(kind))? != Some(MetaRow::Text(name.clone())) {
                    return Ok(());
                }
                tx.delete(&META, &key(kind))?;
                audit::append(tx, &auditor, entry.clone())
            })
            .await?;
        self.tell()?;
        self.get(&model.name)
    }

    /// Removes a model that is not in use, and its files.
    ///
    /// # Errors
    /// `model_not_found`, `model_in_use`.
    pub async fn remove(&self, request: &RequestContext, by: &Actor, name: &str) -> Result<()> {
        let entry = self.entry(request, by, "model_remove")?.target("model", name);
        let _alone = self.importing.try_lock().map_err(|_| Error::new(Code::ModelImportRunning).retry_after_s(10))?;
        let (auditor, name, sha256) = (self.on.auditor.clone(), name.to_owned(), self.get(name)?.row.sha256);
        self.on
            .store
            .write(move |tx| {
                let row = tx.get(&MODELS, &name)?.ok_or(Code::ModelNotFound)?;
                if tx.get(&META, &key(row.kind))? == Some(MetaRow::Text(name.clone())) {
                    return Err(Error::new(Code::ModelInUse).detail("name", name.clone().into()));
                }
                tx.delete(&MODELS, &name)?;
                audit::append(tx, &auditor, entry.clone().detail("sha256", hex(&row.sha256)))
            })
            .await?;
        // Files that outlive their row are removed at the next start.
        self.shelf.remove(&sha256).map_err(Error::internal)
    }
}
