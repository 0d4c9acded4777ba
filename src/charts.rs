//! Makes, keeps, lists and deletes natal charts. Computes nothing itself and shows nothing to a stranger:
//! another user's chart is not found.

mod analysis;
mod draft;
mod kept;
pub mod lines;
mod options;
mod png;
mod recent;
pub mod rulesets;
mod sky;
#[cfg(test)]
mod tests;
mod wheel;

pub use analysis::{AnalysisDraft, analysis_of};
pub use draft::{Draft, in_span, out_of_span, span_allowed};
pub use options::{OptionsDraft, twice};
use recent::Recent;
pub use rulesets::Rulesets;
pub use sky::SkyDraft;
pub use wheel::{Around, WheelAsked, png_of};

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::astro::chart::compute_under;
use crate::astro::daily::today_under;
use crate::astro::rulesets::Ruleset;
use crate::astro::{BirthInput, Certainty, Chart, ChartOptions, Today};
use crate::audit::{self, Auditor, RequestContext};
use crate::auth::Caller;
use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error, Result};
use crate::ids::{ChartId, TenantId, UserId};
use crate::limits;
use crate::store::tables::{ANSWER_COUNTS, ANSWERS, CHART_COUNTS, CHARTS, ChartRow, CountRow};
use crate::store::{Reads, Span, Store, Tx};
use crate::vault::{SEAL_TAG_BYTES, Vault};

const PURPOSE: &str = "chart";

/// What a day depends on: hash of the chart's input and versions, local date, zone, id of the ruleset. A ruleset under which
/// charts are made never changes.
type DayKey = (String, String, String, String);
/// Whose chart it is, and which one.
type ChartKey = (TenantId, UserId, ChartId);

/// A chart that was opened lately, good for as long as its row bears the seal it was opened from.
#[derive(Debug)]
struct Opened {
    /// End of the sealed bytes: their authentication tag, which no other sealing repeats.
    tag: [u8; SEAL_TAG_BYTES],
    stored: Arc<StoredChart>,
}

impl Opened {
    fn is_of(&self, row: &ChartRow) -> bool {
        row.sealed.ends_with(&self.tag)
    }
}

/// The charts of everybody, each within its owner's reach alone.
#[derive(Clone, Debug)]
pub struct Charts {
    store: Store,
    vault: Arc<Vault>,
    auditor: Auditor,
    ambient: Ambient,
    days: Arc<Recent<DayKey, Today>>,
    opened: Arc<Recent<ChartKey, Opened>>,
    pictures: Arc<Semaphore>,
}

/// A chart as it is kept.
#[derive(Clone, Debug)]
pub struct StoredChart {
    /// Its id.
    pub id: ChartId,
    /// Name that the person gave it.
    pub name: Option<String>,
    /// When it was made.
    pub created_at: UnixMs,
    /// The chart.
    pub chart: Chart,
}

/// A chart in a list.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Its id.
    pub id: ChartId,
    /// Name that the person gave it.
    pub name: Option<String>,
    /// Local date of birth.
    pub date: String,
    /// How well the time is known.
    pub certainty: Certainty,
    /// When it was made.
    pub created_at: UnixMs,
}

impl Charts {
    /// Over `store`, sealing with `vault`.
    pub fn new(store: Store, vault: Arc<Vault>, auditor: Auditor, ambient: Ambient) -> Self {
        Self {
            store,
            vault,
            auditor,
            ambient,
            days: Arc::new(Recent::new(limits::DAYS_CACHED_MAX)),
            opened: Arc::new(Recent::new(limits::CHARTS_OPEN_MAX)),
            pictures: Arc::new(Semaphore::new(limits::PICTURES_AT_ONCE)),
        }
    }

    /// Computes a chart under the ruleset that its options name; nothing is kept yet.
    ///
    /// # Errors
    /// What the birth data have wrong, as `invalid_fields`, `ambiguous_local_time`, `nonexistent_local_time`,
    /// `house_system_undefined` or `date_out_of_range`.
    pub fn compute(
        &self,
        name: Option<String>,
        birth: &BirthInput,
        options: &ChartOptions,
        ruleset: &Ruleset,
    ) -> Result<StoredChart> {
        let chart = compute_under(birth, options, ruleset)?;
        Ok(StoredChart { id: ChartId::new(&self.ambient), name, created_at: self.ambient.now(), chart })
    }

    /// Keeps a computed chart, its audit entry and whatever `also` writes, together or not at all.
    pub async fn keep<F>(&self, caller: &Caller, request: &RequestContext, stored: &StoredChart, also: F) -> Result<()>
    where
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        let row = self.seal(caller, stored)?;
        let entry = self.entry(caller, request, "chart_create", stored.id);
        let (owner, id) = ((caller.tenant, caller.user), stored.id);
        let auditor = self.auditor.clone();
        self.store
            .write(move |tx| {
                let CountRow(count) = tx.get(&CHART_COUNTS, &owner)?.unwrap_or_default();
                if count >= limits::CHARTS_PER_USER_MAX {
                    return Err(Code::TooManyCharts.into());
                }
                tx.put(&CHART_COUNTS, &owner, &CountRow(count + 1))?;
                tx.put(&CHARTS, &(owner.0, owner.1, id), &row)?;
                audit::append(tx, &auditor, entry.clone())?;
                also(tx)
            })
            .await
    }

    /// The caller's chart `id`.
    ///
    /// # Errors
    /// `chart_not_found`, whether it does not exist or is not the caller's.
    pub fn get(&self, caller: &Caller, id: ChartId) -> Result<Arc<StoredChart>> {
        self.of((caller.tenant, caller.user), id)
    }

    /// The chart `id` of a user, for work that is done in the user's name.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn of(&self, owner: (TenantId, UserId), id: ChartId) -> Result<Arc<StoredChart>> {
        let key = (owner.0, owner.1, id);
        let row = self.store.read(|view| view.get(&CHARTS, &key).map_err(Error::from))?;
        let row = row.ok_or(Code::ChartNotFound)?;
        // Row and key are looked at each time: without either, what is remembered must not be shown.
        if let Some(opened) = self.opened.get(&key).filter(|opened| opened.is_of(&row)) {
            if self.vault.holds_user_key(owner.0, owner.1)? {
                return Ok(Arc::clone(&opened.stored));
            }
            self.opened.forget(&key);
        }
        let stored = Arc::new(self.open(owner, id, &row)?);
        if let Some(tag) = row.sealed.last_chunk() {
            self.opened.keep(key, Arc::new(Opened { tag: *tag, stored: Arc::clone(&stored) }));
        }
        Ok(stored)
    }

    /// The caller's charts, newest first, and whether there are more.
    pub fn list(&self, caller: &Caller, limit: usize, after: Option<ChartId>) -> Result<(Vec<Summary>, bool)> {
        let owner = (caller.tenant, caller.user);
        let span = Span::prefix(&owner).reversed();
        let span = match after {
            Some(id) => span.before(&(owner.0, owner.1, id)),
            None => span,
        };
        let rows = self.store.read(|view| view.scan(&CHARTS, span, limit + 1).map_err(Error::from))?;
        let more = rows.len() > limit;
        let page = rows.iter().take(limit).map(|((_, _, id), row)| self.summary(caller, *id, row));
        Ok((page.collect::<Result<_>>()?, more))
    }

    /// Deletes the caller's chart `id` and the answers about it.
    pub async fn delete(&self, caller: &Caller, request: &RequestContext, id: ChartId) -> Result<()> {
        let entry = self.entry(caller, request, "chart_delete", id);
        let auditor = self.auditor.clone();
        let owner = (caller.tenant, caller.user);
        let done = self
            .store
            .write(move |tx| {
                if !tx.delete(&CHARTS, &(owner.0, owner.1, id))? {
                    return Err(Error::new(Code::ChartNotFound));
                }
                let CountRow(count) = tx.get(&CHART_COUNTS, &owner)?.unwrap_or_default();
                tx.put(&CHART_COUNTS, &owner, &CountRow(count.saturating_sub(1)))?;
                tx.delete(&ANSWER_COUNTS, &(owner.0, owner.1, id))?;
                for (key, _) in tx.scan(&ANSWERS, Span::prefix(&(owner.0, owner.1, id)), usize::MAX)? {
                    tx.delete(&ANSWERS, &key)?;
                }
                audit::append(tx, &auditor, entry.clone())
            })
            .await;
        self.opened.forget(&(owner.0, owner.1, id));
        done
    }

    /// What `date` holds for the chart under a ruleset, as a local day of `zone` (the birth's own zone when absent).
    pub fn today(
        &self,
        stored: &StoredChart,
        date: Option<&str>,
        zone: Option<&str>,
        ruleset: &Ruleset,
    ) -> Result<Arc<Today>> {
        let zone = zone.unwrap_or(&stored.chart.birth.zone);
        let date = match date {
            Some(date) => date.to_owned(),
            None => draft::local_date(self.ambient.now(), zone)?,
        };
        let key = (stored.chart.input_hash.clone(), date, zone.to_owned(), ruleset.id().to_string());
        if let Some(day) = self.days.get(&key) {
            return Ok(day);
        }
        let day = Arc::new(today_under(&stored.chart, &key.1, zone, ruleset)?);
        self.days.keep(key, Arc::clone(&day));
        Ok(day)
    }

    fn entry(&self, caller: &Caller, request: &RequestContext, action: &'static str, id: ChartId) -> audit::Entry {
        self.auditor.entry(caller.tenant, request, caller.actor(), action).target("chart", id)
    }

    fn seal(&self, caller: &Caller, stored: &StoredChart) -> Result<ChartRow> {
        let plain = kept::to_bytes(stored.name.as_deref(), &stored.chart)?;
        let sealed = self.vault.seal(caller.tenant, caller.user, PURPOSE, &stored.id.0, &plain)?;
        Ok(ChartRow { created_at: stored.created_at, sealed })
    }

    fn open(&self, owner: (TenantId, UserId), id: ChartId, row: &ChartRow) -> Result<StoredChart> {
        let (name, chart) = kept::from_bytes(&self.unseal(owner, id, row)?)?;
        Ok(StoredChart { id, name, created_at: row.created_at, chart })
    }

    fn summary(&self, caller: &Caller, id: ChartId, row: &ChartRow) -> Result<Summary> {
        let kept::Source { name, birth, .. } = kept::source(&self.unseal((caller.tenant, caller.user), id, row)?)?;
        Ok(Summary { id, name, date: birth.date, certainty: birth.certainty, created_at: row.created_at })
    }

    fn unseal(&self, owner: (TenantId, UserId), id: ChartId, row: &ChartRow) -> Result<Vec<u8>> {
        Ok(self.vault.unseal(owner.0, owner.1, PURPOSE, &id.0, &row.sealed)?)
    }
}
