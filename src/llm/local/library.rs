//! S: The models on this machine: imported from files after a check, told, checked again, put to use and removed. Runs none:
//! whoever does is told which are in use.

mod changes;
mod chat;
pub mod facts;
pub mod memory;
mod sentences;
mod shelf;
mod source;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use crate::audit::{self, Auditor, Entry, RequestContext, SYSTEM_TENANT};
use crate::clock::Ambient;
use crate::error::{Code, Error, FieldError, Result, nearest};
use crate::limits::{MODEL_LABEL_MAX_BYTES, MODELS_MAX};
use crate::store::tables::models::{MODELS, ModelFile, ModelKind, ModelRow};
use crate::store::tables::{Actor, META, MetaRow};
use crate::store::{Reads, Span, Store, Tx};
use facts::{Facts, Refusal};
use shelf::Shelf;
pub use shelf::hex;
use source::{CARD, CONFIG, GGUF, Source, TOKENIZER, WEIGHTS};

/// A model as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// What is known of it.
    pub row: ModelRow,
    /// Whether it is in use.
    pub in_use: bool,
    /// The directory of its files: `model.gguf`, or `model.safetensors` with what belongs to it.
    pub path: PathBuf,
}

impl Model {
    /// Length of its files.
    pub fn bytes(&self) -> u64 {
        self.row.files.iter().map(|file| file.bytes).sum()
    }
}

/// The models in use, for whoever runs them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InUse {
    /// The one that writes text.
    pub chat: Option<Arc<Model>>,
    /// The one that turns sentences into vectors.
    pub embedding: Option<Arc<Model>>,
}

/// What to import.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// A file or a directory.
    pub path: PathBuf,
    /// Which of several models of an archive.
    pub inside: Option<String>,
    /// What to call it; otherwise after its file.
    pub name: Option<String>,
}

/// What an import came to.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The model.
    pub model: Model,
    /// Whether it was there already, by its hash.
    pub was_there: bool,
}

/// How far a long piece of work has come: bytes done, and of how many.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// What the library stands on.
#[derive(Clone)]
pub struct Foundations {
    /// Where the rows are.
    pub store: Store,
    /// Who tells of changes.
    pub auditor: Auditor,
    /// Time and randomness.
    pub ambient: Ambient,
    /// The directory of the models.
    pub dir: PathBuf,
    /// Memory that can be had, see [`memory::available_bytes`].
    pub available_bytes: fn() -> Option<u64>,
}

/// All models of the appliance.
#[derive(Clone)]
pub struct Library {
    on: Foundations,
    shelf: Shelf,
    importing: Arc<tokio::sync::Mutex<()>>,
    serving: Arc<watch::Sender<InUse>>,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Library").field("dir", &self.on.dir).finish_non_exhaustive()
    }
}

impl Library {
    /// Opens the directory and removes what crashes left in it.
    ///
    /// # Errors
    /// Those of the store and of the directory.
    pub fn open(on: Foundations) -> Result<Self> {
        let shelf = Shelf::new(on.dir.clone());
        let rows = on.store.read(|view| view.scan(&MODELS, Span::all(), MODELS_MAX).map_err(Error::from))?;
        let kept: BTreeSet<[u8; 32]> = rows.iter().map(|(_, row)| row.sha256).collect();
        shelf.clean(&kept).map_err(|cause| Error::internal(format!("{}: {cause}", on.dir.display())))?;
        let library =
            Self { on, shelf, importing: Arc::default(), serving: Arc::new(watch::Sender::new(InUse::default())) };
        library.tell()?;
        Ok(library)
    }

    /// Tells whoever listens which models are in use, now and after each change.
    pub fn in_use(&self) -> watch::Receiver<InUse> {
        self.serving.subscribe()
    }

    /// All models, by name.
    pub fn list(&self) -> Result<Vec<Model>> {
        self.on.store.read(|view| {
            let used = used(view)?;
            let rows = view.scan(&MODELS, Span::all(), MODELS_MAX)?;
            Ok(rows.into_iter().map(|(name, row)| self.model(name, row, &used)).collect())
        })
    }

    /// The model of this name.
    ///
    /// # Errors
    /// `model_not_found`.
    pub fn get(&self, name: &str) -> Result<Model> {
        self.on.store.read(|view| {
            let row = view.get(&MODELS, &name.to_owned())?;
            let row = row.ok_or_else(|| missing(view, name))?;
            Ok(self.model(name.to_owned(), row, &used(view)?))
        })
    }

    fn model(&self, name: String, row: ModelRow, used: &[Option<String>; 2]) -> Model {
        Model { in_use: used.contains(&Some(name.clone())), path: self.shelf.place(&row.sha256), name, row }
    }

    /// Imports a model: checks it, copies it, and keeps it with its audit entry. What is refused leaves nothing behind.
    ///
    /// # Errors
    /// `model_refused` with the reason, `model_exists`, `model_import_running`, `insufficient_role`.
    pub async fn import(
        &self,
        request: &RequestContext,
        by: &Actor,
        import: Import,
        told: Progress,
    ) -> Result<Imported> {
        let entry = self.entry(request, by, "model_import")?;
        let _alone = self.importing.try_lock().map_err(|_| Error::new(Code::ModelImportRunning).retry_after_s(10))?;
        if let Some(name) = &import.name {
            hold_name(name)?;
        }
        let outcome = self.try_import(&entry, by, import, told).await;
        if let Err(error) = &outcome {
            // That it was tried is told too; the answer says why it was not done, whether or not this can be written.
            let (auditor, code) = (self.on.auditor.clone(), error.code().as_str());
            let entry = entry.failed().detail("reason", code);
            let written = self.on.store.write(move |tx| audit::append(tx, &auditor, entry.clone())).await;
            written
                .inspect_err(|cause| tracing::error!(%cause, "a refused import could not be told in the audit log"))
                .ok();
        }
        outcome
    }

    async fn try_import(&self, entry: &Entry, by: &Actor, import: Import, told: Progress) -> Result<Imported> {
        let (shelf, random, path) = (self.shelf.clone(), self.on.ambient.bytes(), import.path.clone());
        let inside = import.inside.clone();
        let staged = tokio::task::spawn_blocking(move || stage(&shelf, random, &path, inside.as_deref(), &told));
        let staged = staged.await.map_err(Error::internal)?.map_err(|refusal| refused(&import.path, &refusal))?;
        let Staged { facts, files, called, unfinished } = staged;
        let sha256 = shelf::hash_of(&files);
        if let Some(there) = self.list()?.into_iter().find(|model| model.row.sha256 == sha256) {
            // The same bytes: where the files that are there were lost or damaged, these take their place.
            let (shelf, row, place) = (self.shelf.clone(), there.row.clone(), there.path.clone());
            let heal = move || match shelf.is_whole(&row.sha256, &row.files, &|_| {}) {
                Ok(true) => Ok(()),
                _ => unfinished.settle(&place),
            };
            tokio::task::spawn_blocking(heal).await.map_err(Error::internal)?.map_err(Error::internal)?;
            self.tell()?;
            return Ok(Imported { model: there, was_there: true });
        }
        let place = self.shelf.place(&sha256);
        unfinished.settle(&place).map_err(Error::internal)?;
        let row = self.row(facts, files, sha256, by);
        let kept = self.keep(entry, import.name, &called, row).await;
        if kept.is_err() {
            self.shelf.remove(&sha256).map_err(Error::internal)?;
        }
        Ok(Imported { model: self.get(&kept?)?, was_there: false })
    }

    fn row(&self, facts: Facts, files: Vec<ModelFile>, sha256: [u8; 32], by: &Actor) -> ModelRow {
        let now = self.on.ambient.now();
        ModelRow {
            kind: facts.kind,
            architecture: facts.architecture,
            parameters: facts.parameters,
            quantisation: facts.quantisation,
            context: facts.context,
            embedding_length: facts.embedding_length,
            vocabulary: facts.vocabulary,
            has_template: facts.has_template,
            licence: facts.licence,
            memory_bytes: facts.memory_bytes,
            sha256,
            files,
            imported_at: now,
            imported_by: by.clone(),
            verified_at: now,
        }
    }

    /// Writes the row under the name that was asked for, or under the first free one like `called`.
    async fn keep(&self, entry: &Entry, name: Option<String>, called: &str, row: ModelRow) -> Result<String> {
        let (auditor, entry, like) = (self.on.auditor.clone(), entry.clone(), tidied(called));
        let write = move |tx: &mut Tx<'_>| {
            if tx.scan(&MODELS, Span::all(), MODELS_MAX)?.len() >= MODELS_MAX {
                let error =
                    Error::new(Code::ModelRefused).message("As many models are kept as can be; remove one first.");
                return Err(error.detail("max", MODELS_MAX.into()));
            }
            let mut next = 2;
            let asked = name.clone();
            let mut name = asked.clone().unwrap_or_else(|| like.clone());
            while tx.get(&MODELS, &name)?.is_some() {
                if asked.is_some() {
                    return Err(Error::new(Code::ModelExists).detail("name", name.into()));
                }
                name = format!("{like}-{next}");
                next += 1;
            }
            tx.put(&MODELS, &name, &row)?;
            let entry = entry.clone().target("model", &name).detail("sha256", hex(&row.sha256));
            audit::append(tx, &auditor, entry.detail("kind", row.kind.code()))?;
            Ok(name)
        };
        self.on.store.write(write).await
    }

    /// Sends what is in use, if it changed. A model whose files are gone is not in use, whatever its row says.
    fn tell(&self) -> Result<()> {
        let models = self.list()?;
        let serving = |kind: ModelKind| {
            let model = models.iter().find(|model| model.in_use && model.row.kind == kind)?;
            let there = model.row.files.iter().all(|file| model.path.join(&file.name).is_file());
            if !there {
                tracing::error!(model = model.name, "the files of the model in use are gone; import it again");
            }
            there.then(|| Arc::new(model.clone()))
        };
        let now = InUse { chat: serving(ModelKind::Chat), embedding: serving(ModelKind::Embedding) };
        self.serving.send_if_modified(|before| {
            let changed = *before != now;
            *before = now;
            changed
        });
        Ok(())
    }

    fn entry(&self, request: &RequestContext, by: &Actor, action: &'static str) -> Result<Entry> {
        if !by.is_operator() {
            return Err(Error::new(Code::InsufficientRole).detail("required_role", "ops".into()));
        }
        Ok(self.on.auditor.entry(SYSTEM_TENANT, request, by.clone(), action))
    }
}

/// A model that was copied and checked, and has no row yet.
struct Staged {
    facts: Facts,
    files: Vec<ModelFile>,
    called: String,
    unfinished: shelf::Unfinished,
}

fn stage(
    shelf: &Shelf,
    random: [u8; 8],
    path: &Path,
    inside: Option<&str>,
    told: &Progress,
) -> Result<Staged, Refusal> {
    let mut source = Source::open(path, inside)?;
    if let Some(file) = source.in_place() {
        // Soon, and before anything is copied.
        chat::inspect(&mut File::open(file)?)?;
    }
    let all = source.parts.iter().map(|part| part.bytes).sum();
    let unfinished = shelf.begin(random)?;
    shelf.has_room(all)?;
    let done = std::cell::Cell::new(0);
    let files = unfinished.copy(&mut source, &|bytes| {
        done.set(done.get() + bytes);
        told(done.get(), all);
    })?;
    // What was copied is what counts: the source may have changed meanwhile.
    let dir = &unfinished.dir;
    let facts = if files.iter().any(|file| file.name == GGUF) {
        chat::inspect(&mut File::open(dir.join(GGUF))?)?
    } else {
        let card = fs::read(dir.join(CARD)).ok();
        let (config, tokenizer) = (fs::read(dir.join(CONFIG))?, fs::read(dir.join(TOKENIZER))?);
        sentences::inspect(&mut File::open(dir.join(WEIGHTS))?, &config, &tokenizer, card.as_deref())?
    };
    Ok(Staged { facts, files, called: source.called, unfinished })
}

fn refused(path: &Path, refusal: &Refusal) -> Error {
    let given = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let error = Error::new(Code::ModelRefused).at(vec![FieldError::new("file", given, refusal.to_string())]);
    error.because(refusal)
}

/// The path of a file or directory of this name within `dir`, for whoever may not name others.
///
/// # Errors
/// `invalid_fields`: the name leads out of the directory, or there is nothing of that name.
pub fn within(dir: &Path, name: &str) -> Result<PathBuf> {
    let wrong = |allowed: String| Error::fields(vec![FieldError::new("file", name, allowed)]);
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if !plain {
        return Err(wrong("the name of a file or directory in the import directory, without a path".into()));
    }
    let path = dir.join(name);
    // A link may lead anywhere.
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_file() || found.is_dir() => Ok(path),
        Ok(_) => Err(wrong("a file or a directory, no link".into())),
        Err(_) => Err(wrong(format!("one of the files in {}", dir.display()))),
    }
}

fn missing(view: &impl Reads, name: &str) -> Error {
    let error = Error::new(Code::ModelNotFound);
    let Ok(rows) = view.scan(&MODELS, Span::all(), MODELS_MAX) else { return error };
    match nearest(name, rows.iter().map(|(name, _)| name.as_str())) {
        Some(near) => error.detail("nearest", near.into()),
        None => error,
    }
}

/// Name under which the store says which model of a kind is in use.
fn key(kind: ModelKind) -> String {
    format!("model_in_use.{}", kind.code())
}

/// Names of the models in use.
fn used(view: &impl Reads) -> Result<[Option<String>; 2]> {
    let mut names = [None, None];
    for (name, kind) in names.iter_mut().zip(ModelKind::ALL) {
        if let Some(MetaRow::Text(text)) = view.get(&META, &key(kind))? {
            *name = Some(text);
        }
    }
    Ok(names)
}

fn hold_name(name: &str) -> Result<()> {
    let letters = name.bytes().all(|letter| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
    let first = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    if first && letters && name.len() <= MODEL_LABEL_MAX_BYTES {
        return Ok(());
    }
    let allowed = format!("1 to {MODEL_LABEL_MAX_BYTES} of a-z, 0-9, `.`, `_` and `-`, a letter or digit first");
    Err(Error::fields(vec![FieldError::new("name", name, allowed)]))
}

/// A name in the letters that names may have.
fn tidied(name: &str) -> String {
    let letter = |letter: char| match letter.to_ascii_lowercase() {
        kept @ ('a'..='z' | '0'..='9' | '.' | '_' | '-') => kept,
        _ => '-',
    };
    let tidied: String = name.chars().map(letter).collect();
    // With room for a number behind it.
    let tidied: String = tidied.trim_matches(['.', '_', '-']).chars().take(MODEL_LABEL_MAX_BYTES - 4).collect();
    if tidied.is_empty() { "model".to_owned() } else { tidied }
}
