//! Keeps the rulesets that operators make, and says which one charts are made with. Knows no chart and finds no aspect.
//!
//! A ruleset is drafted from another, changed, locked for good and then activated; going back is activating the one
//! before. One ruleset serves the whole appliance, not one for each tenant: operators run the appliance, and two people
//! of different tenants with the same birth get the same chart.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::astro::Chart;
use crate::astro::rulesets::{BadRuleset, Ruleset, RulesetId, Version};
use crate::audit::{self, Auditor, RequestContext, SYSTEM_TENANT};
use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error, FieldError, Result};
use crate::limits;
use crate::store::tables::{Actor, META, MetaRow, RULESETS, RulesetRow};
use crate::store::{Reads, Span, Store, Tx};

/// Name under which the store says which ruleset serves.
const ACTIVE: &str = "active_ruleset";

/// Whether a ruleset can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Part of the program: never changes.
    BuiltIn,
    /// Can be changed, and cannot be activated.
    Draft,
    /// Never changes again, and can be activated.
    Locked,
}

impl State {
    /// The stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BuiltIn => "built_in",
            Self::Draft => "draft",
            Self::Locked => "locked",
        }
    }
}

/// A ruleset as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The ruleset.
    pub ruleset: Arc<Ruleset>,
    /// Whether it can change.
    pub state: State,
    /// Whether charts are made with it now.
    pub active: bool,
    /// What it was cloned from.
    pub source: Option<String>,
    /// When it was made; none for one of the program.
    pub created_at: Option<UnixMs>,
}

/// A change to a draft.
#[derive(Clone, Debug)]
pub enum Change {
    /// A whole new document.
    Replace(Map<String, Value>),
    /// A merge patch (RFC 7396).
    Merge(Map<String, Value>),
}

/// All rulesets of the appliance.
#[derive(Clone, Debug)]
pub struct Rulesets {
    store: Store,
    auditor: Auditor,
    ambient: Ambient,
    // Only locked rulesets serve and those never change, so that one held by its id cannot be stale.
    serving: Arc<Mutex<Option<Arc<Ruleset>>>>,
}

impl Rulesets {
    /// Over `store`.
    pub fn new(store: Store, auditor: Auditor, ambient: Ambient) -> Self {
        Self { store, auditor, ambient, serving: Arc::default() }
    }

    /// The ruleset that charts are made with.
    ///
    /// # Errors
    /// A fault of ours when the one that the store names is not there: nothing takes its place unasked.
    pub fn active(&self) -> Result<Arc<Ruleset>> {
        let id = self.store.read(|view| active_id(view))?;
        let mut serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = serving.as_ref().filter(|held| held.id().to_string() == id) {
            return Ok(Arc::clone(held));
        }
        let found =
            self.store.read(|view| found(view, &id)).map_err(|error| Error::internal(format!("{id}: {error}")))?;
        *serving = Some(Arc::clone(&found.ruleset));
        Ok(found.ruleset)
    }

    /// The ruleset that a person asks for by its id, or the one that serves when they ask for none.
    ///
    /// # Errors
    /// `invalid_fields` for `field` with the ids that are allowed: those of the program and the locked ones.
    pub fn chosen(&self, field: &str, id: Option<&str>) -> Result<Arc<Ruleset>> {
        let Some(id) = id else { return self.active() };
        let all = self.list()?;
        let mut usable = all.iter().filter(|kept| kept.state != State::Draft);
        let found = usable.clone().find(|kept| kept.ruleset.id().to_string() == id);
        found.map(|kept| Arc::clone(&kept.ruleset)).ok_or_else(|| {
            let ids: Vec<String> = usable.by_ref().map(|kept| kept.ruleset.id().to_string()).collect();
            Error::fields(vec![FieldError::new(field, id, format!("one of: {}", ids.join(", ")))])
        })
    }

    /// The ruleset that a chart was made under; the one that serves where that is not to be had.
    ///
    /// # Errors
    /// Those of the store.
    pub fn of_chart(&self, chart: &Chart) -> Result<Arc<Ruleset>> {
        let serving = self.active()?;
        if serving.id().to_string() == chart.options.ruleset {
            return Ok(serving);
        }
        Ok(self.chosen("ruleset", Some(&chart.options.ruleset)).unwrap_or(serving))
    }

    /// All of them: those of the program, then the others by name and version.
    pub fn list(&self) -> Result<Vec<Kept>> {
        self.store.read(|view| {
            let active = active_id(view)?;
            let rows = view.scan(&RULESETS, Span::all(), limits::RULESETS_MAX)?;
            let mut made = Vec::new();
            for (id, row) in rows {
                made.push(kept(&id, row, &active)?);
            }
            made.sort_by(|one, other| one.ruleset.id().cmp(other.ruleset.id()));
            // One that was made before the program had its like goes before it.
            let is_made = |id: &RulesetId| made.iter().any(|kept| kept.ruleset.id() == id);
            let of_program = Ruleset::builtins().iter().filter(|builtin| !is_made(builtin.id()));
            let mut all: Vec<Kept> = of_program.map(|builtin| built_in(builtin, &active)).collect();
            all.append(&mut made);
            Ok(all)
        })
    }

    /// The ruleset of this name and version.
    ///
    /// # Errors
    /// `ruleset_not_found`.
    pub fn get(&self, id: &RulesetId) -> Result<Kept> {
        self.store.read(|view| found(view, &id.to_string()))
    }

    /// Drafts a copy of `source` (such as `modern-1.0.0`) under another name or version, with changes (a merge patch);
    /// nothing is kept yet.
    ///
    /// # Errors
    /// `ruleset_not_found` for the source; `invalid_fields` for the others.
    pub fn draft(
        &self,
        source: &str,
        new_name: Option<&str>,
        new_version: &str,
        changes: Option<Map<String, Value>>,
    ) -> Result<Kept> {
        let from = self.store.read(|view| found(view, source))?;
        let name = new_name.unwrap_or(&from.ruleset.id().name);
        let Some(id) = RulesetId::new(name, new_version) else {
            let mut wrong = Vec::new();
            if Version::parse(new_version).is_none() {
                wrong.push(FieldError::new("new_version", new_version, "three numbers from 0 to 9999, such as 1.1.0"));
            }
            if RulesetId::new(name, "0.0.0").is_none() {
                let allowed = "1 to 32 of a-z, 0-9, `_` and `-`, starting with a letter";
                wrong.push(FieldError::new("new_name", name, allowed));
            }
            return Err(Error::fields(wrong));
        };
        let mut document = from.ruleset.document().clone();
        let changes = changes.unwrap_or_default();
        refuse_identity(&changes, "changes.")?;
        merge(&mut document, &Value::Object(changes));
        let ruleset = checked(document, &id, "changes.")?;
        Ok(Kept {
            ruleset: Arc::new(ruleset),
            state: State::Draft,
            active: false,
            source: Some(source.to_owned()),
            created_at: Some(self.ambient.now()),
        })
    }

    /// Keeps a draft, its audit entry and whatever `also` writes, together or not at all.
    ///
    /// # Errors
    /// `insufficient_role`, `ruleset_exists`, `too_many_rulesets`.
    pub async fn keep<F>(&self, request: &RequestContext, by: &Actor, draft: &Kept, also: F) -> Result<()>
    where
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        let id = draft.ruleset.id().to_string();
        let source = draft.source.clone().unwrap_or_default();
        let entry = self.entry(request, by, "ruleset_clone", &id)?.detail("source", &source);
        let (auditor, now) = (self.auditor.clone(), self.ambient.now());
        let created_at = draft.created_at.unwrap_or(now);
        let document = draft.ruleset.document().to_string();
        let row = RulesetRow { document, source, created_at, changed_at: created_at, locked_at: None };
        self.store
            .write(move |tx| {
                if Ruleset::find_builtin(&id).is_some() || tx.get(&RULESETS, &id)?.is_some() {
                    return Err(Error::new(Code::RulesetExists).detail("id", id.as_str().into()));
                }
                if tx.scan(&RULESETS, Span::all(), limits::RULESETS_MAX)?.len() >= limits::RULESETS_MAX {
                    return Err(Error::new(Code::TooManyRulesets).detail("max", limits::RULESETS_MAX.into()));
                }
                tx.put(&RULESETS, &id, &row)?;
                audit::append(tx, &auditor, entry.clone())?;
                also(tx)
            })
            .await
    }

    /// Changes a draft.
    ///
    /// # Errors
    /// `insufficient_role`, `ruleset_not_found`, `ruleset_locked`, `invalid_fields`.
    pub async fn change(&self, request: &RequestContext, by: &Actor, id: &RulesetId, change: Change) -> Result<Kept> {
        let (name, id) = (id.to_string(), id.clone());
        let entry = self.entry(request, by, "ruleset_change", &name)?;
        let (auditor, now) = (self.auditor.clone(), self.ambient.now());
        if let Change::Merge(changes) = &change {
            refuse_identity(changes, "")?;
        }
        self.store
            .write(move |tx| {
                let (mut row, draft) = draft_of(tx, &name)?;
                let document = match &change {
                    Change::Replace(document) => Value::Object(document.clone()),
                    Change::Merge(changes) => {
                        let mut document = draft.ruleset.document().clone();
                        merge(&mut document, &Value::Object(changes.clone()));
                        document
                    }
                };
                let ruleset = Arc::new(checked(document, &id, "")?);
                row.document = ruleset.document().to_string();
                row.changed_at = now;
                tx.put(&RULESETS, &name, &row)?;
                audit::append(tx, &auditor, entry.clone())?;
                Ok(Kept { ruleset, ..draft })
            })
            .await
    }

    /// Locks a draft for good, and keeps whatever `also` writes.
    ///
    /// # Errors
    /// `insufficient_role`, `ruleset_not_found`, `ruleset_locked`.
    pub async fn lock<F>(&self, request: &RequestContext, by: &Actor, id: &RulesetId, also: F) -> Result<()>
    where
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        let id = id.to_string();
        let entry = self.entry(request, by, "ruleset_lock", &id)?;
        let (auditor, now) = (self.auditor.clone(), self.ambient.now());
        self.store
            .write(move |tx| {
                also(tx)?;
                let (mut row, _) = draft_of(tx, &id)?;
                row.locked_at = Some(now);
                tx.put(&RULESETS, &id, &row)?;
                audit::append(tx, &auditor, entry.clone())
            })
            .await
    }

    /// Makes a ruleset the one that charts are made with, and keeps whatever `also` writes. Charts that are kept already
    /// stay as they are.
    ///
    /// # Errors
    /// `insufficient_role`, `ruleset_not_found`, `ruleset_not_locked`.
    pub async fn activate<F>(&self, request: &RequestContext, by: &Actor, id: &RulesetId, also: F) -> Result<()>
    where
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        let id = id.to_string();
        let entry = self.entry(request, by, "ruleset_activate", &id)?;
        let auditor = self.auditor.clone();
        self.store
            .write(move |tx| {
                also(tx)?;
                if found(tx, &id)?.state == State::Draft {
                    return Err(Error::new(Code::RulesetNotLocked).detail("id", id.as_str().into()));
                }
                let before = active_id(tx)?;
                tx.put(&META, &ACTIVE.to_owned(), &MetaRow::Text(id.clone()))?;
                audit::append(tx, &auditor, entry.clone().detail("before", before))
            })
            .await
    }

    /// Removes a draft.
    ///
    /// # Errors
    /// `insufficient_role`, `ruleset_not_found`, `ruleset_locked`.
    pub async fn delete(&self, request: &RequestContext, by: &Actor, id: &RulesetId) -> Result<()> {
        let id = id.to_string();
        let entry = self.entry(request, by, "ruleset_delete", &id)?;
        let auditor = self.auditor.clone();
        self.store
            .write(move |tx| {
                draft_of(tx, &id)?;
                tx.delete(&RULESETS, &id)?;
                audit::append(tx, &auditor, entry.clone())
            })
            .await
    }

    fn entry(&self, request: &RequestContext, by: &Actor, action: &'static str, id: &str) -> Result<audit::Entry> {
        if !by.is_operator() {
            return Err(Code::InsufficientRole.into());
        }
        Ok(self.auditor.entry(SYSTEM_TENANT, request, by.clone(), action).target("ruleset", id))
    }
}

/// The id that the store names, or that of the default.
fn active_id(reads: &impl Reads) -> Result<String> {
    match reads.get(&META, &ACTIVE.to_owned())? {
        Some(MetaRow::Text(id)) => Ok(id),
        Some(MetaRow::Number(_)) => Err(Error::internal("the store names no ruleset")),
        None => Ok(Ruleset::builtin().id().to_string()),
    }
}

/// What is kept under an id, or is part of the program.
fn found(reads: &impl Reads, id: &str) -> Result<Kept> {
    let active = active_id(reads)?;
    if let Some(row) = reads.get(&RULESETS, &id.to_owned())? {
        return kept(id, row, &active);
    }
    let builtin = Ruleset::find_builtin(id).ok_or_else(|| missing(id))?;
    Ok(built_in(builtin, &active))
}

fn missing(id: &str) -> Error {
    Error::new(Code::RulesetNotFound).detail("id", id.chars().take(80).collect::<String>().into())
}

/// A row that can still change.
fn draft_of(reads: &impl Reads, id: &str) -> Result<(RulesetRow, Kept)> {
    let locked = || Error::new(Code::RulesetLocked).detail("id", id.into());
    let Some(row) = reads.get(&RULESETS, &id.to_owned())? else {
        return Err(Ruleset::find_builtin(id).map_or_else(|| missing(id), |_| locked()));
    };
    if row.locked_at.is_some() {
        return Err(locked());
    }
    let draft = kept(id, row.clone(), &active_id(reads)?)?;
    Ok((row, draft))
}

fn kept(id: &str, row: RulesetRow, active: &str) -> Result<Kept> {
    let document = serde_json::from_str(&row.document).map_err(Error::internal)?;
    let ruleset = Ruleset::from_json(document).map_err(|bad| Error::internal(format!("{id}: {bad}")))?;
    Ok(Kept {
        ruleset: Arc::new(ruleset),
        state: if row.locked_at.is_some() { State::Locked } else { State::Draft },
        active: id == active,
        source: Some(row.source),
        created_at: Some(row.created_at),
    })
}

fn built_in(builtin: &Arc<Ruleset>, active: &str) -> Kept {
    let active = builtin.id().to_string() == active;
    Kept { ruleset: Arc::clone(builtin), state: State::BuiltIn, active, source: None, created_at: None }
}

/// A patch may not rename: what a ruleset is called says where it is kept.
fn refuse_identity(changes: &Map<String, Value>, prefix: &str) -> Result<()> {
    let named = ["name", "version"].into_iter().filter(|key| changes.contains_key(*key));
    let wrong: Vec<FieldError> = named
        .map(|key| FieldError::unshown(format!("{prefix}{key}"), "absent: a ruleset is renamed by cloning it"))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(Error::fields(wrong)) }
}

/// The ruleset of a document, which is told its name and version when it leaves them out and must not have others.
fn checked(mut document: Value, id: &RulesetId, prefix: &str) -> Result<Ruleset> {
    // A clone takes its new identity; a replacement has to state the one that it has.
    let is_clone = !prefix.is_empty();
    if let Value::Object(table) = &mut document {
        for (key, value) in [("name", id.name.clone()), ("version", id.version.to_string())] {
            if is_clone || !table.contains_key(key) {
                table.insert(key.to_owned(), value.into());
            }
        }
    }
    let refused = |BadRuleset(problems)| {
        let fields = problems.into_iter().map(|problem| FieldError {
            field: format!("{prefix}{}", problem.path),
            given: problem.given,
            allowed: problem.allowed,
        });
        Error::fields(fields.collect())
    };
    let ruleset = Ruleset::from_json(document).map_err(refused)?;
    if ruleset.id() != id {
        let allowed = format!("the name and version of the path: {} {}", id.name, id.version);
        return Err(Error::fields(vec![FieldError::new("name", ruleset.id(), allowed)]));
    }
    Ok(ruleset)
}

/// RFC 7396: null removes, tables are merged, everything else replaces.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(table) = target else { return };
    for (key, change) in changes {
        if change.is_null() {
            table.remove(key);
        } else {
            merge(table.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

#[cfg(test)]
mod tests;
