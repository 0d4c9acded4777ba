//! The queue over a store in a temporary directory: what each test shares. Holds no test itself.

mod engine;
mod fairness;
mod model;
mod operators;
mod timekeeping;
mod workers;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::*;
use crate::clock::{ManualClock, SystemEntropy, UnixMs};
use crate::ids::TenantId;
use crate::store::codec::Table;
use crate::store::tables::jobs::JOBS;
use crate::store::tables::{CountRow, STORE_TABLES};
use crate::store::{StoreError, Tx, View};

/// Any instant.
pub(super) const START: UnixMs = UnixMs(1_800_000_000_000);
pub(super) const ACME: TenantId = TenantId([1; 16]);
pub(super) const BETA: TenantId = TenantId([2; 16]);

/// A counter that jobs add to; it borrows a table that counts.
pub(super) const COUNTER: Table<(TenantId, crate::ids::UserId), CountRow> = crate::store::tables::CHART_COUNTS;

/// Adds one to the counter of its tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Add {
    pub(super) n: u64,
}

impl Job for Add {
    const NAME: &'static str = "add";
}

/// The only one with its part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Only {
    pub(super) part: String,
    pub(super) period_ms: Option<u64>,
}

impl Job for Only {
    const NAME: &'static str = "only";

    fn unique(&self) -> Option<Unique> {
        let unique = Unique::by([&self.part]);
        Some(match self.period_ms {
            Some(period_ms) => unique.for_ms(period_ms),
            None => unique,
        })
    }
}

/// A store, a clock that stands still, and no workers.
pub(super) struct Bench {
    _dir: TempDir,
    pub(super) store: Store,
    pub(super) clock: Arc<ManualClock>,
    pub(super) ambient: Ambient,
}

impl Bench {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let ambient = Ambient::new(clock.clone(), Arc::new(SystemEntropy));
        Self { _dir: dir, store, clock, ambient }
    }

    pub(super) fn now(&self) -> UnixMs {
        self.ambient.now()
    }

    pub(super) fn draft<J: Job>(&self, tenant: TenantId, job: &J) -> Draft {
        Draft::new(&self.ambient, Owner::tenant(tenant), job).unwrap()
    }

    pub(super) fn write<T: Send + 'static>(&self, f: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.store.write_blocking(f)
    }

    pub(super) fn read<T>(&self, f: impl FnOnce(&View<'_>) -> Result<T>) -> T {
        self.store.read(f).unwrap()
    }

    pub(super) fn enqueue(&self, draft: Draft) -> Enqueued {
        self.write(move |tx| enqueue(tx, &draft)).unwrap()
    }

    pub(super) fn add(&self, tenant: TenantId) -> JobKey {
        (tenant, self.enqueue(self.draft(tenant, &Add { n: 1 })).id)
    }

    pub(super) fn claim(&self, max: usize) -> Vec<Held> {
        let now = self.now();
        let ask = Ask { queue: DEFAULT_QUEUE.to_owned(), max, boot: 1, now, lease_ms: 30_000 };
        self.write(move |tx| claim(tx, &ask)).unwrap().jobs
    }

    pub(super) fn settle(&self, held: &Held, ending: Ending) -> Result<()> {
        let (now, settlement) = (self.now(), Settlement { key: held.key, token: held.token, ending, effects: None });
        self.write(move |tx| settle_one(tx, &settlement, now))
    }

    pub(super) fn row(&self, key: JobKey) -> JobRow {
        self.read(|view| Ok(view.get(&JOBS, &key)?.unwrap()))
    }

    pub(super) fn state(&self, key: JobKey) -> JobState {
        self.row(key).state
    }
}

/// A failure after which the job is tried again after so long.
pub(super) fn failure(after_ms: u64) -> Ending {
    let failure = Failure { class: "test", chain: vec![String::from("it did not work")] };
    Ending::Failed(failure, Verdict::RetryAfter(after_ms))
}

/// An effect that adds one to the counter of `tenant`.
pub(super) fn count_up(tenant: TenantId) -> Effects {
    Arc::new(move |tx: &mut Tx<'_>| {
        let key = (tenant, crate::ids::UserId([0; 16]));
        let CountRow(count) = tx.get(&COUNTER, &key)?.unwrap_or_default();
        Ok::<_, StoreError>(tx.put(&COUNTER, &key, &CountRow(count + 1))?).map_err(Error::from)
    })
}

/// What the counter of `tenant` says.
pub(super) fn counted(store: &Store, tenant: TenantId) -> u64 {
    let key = (tenant, crate::ids::UserId([0; 16]));
    store.read(|view| view.get(&COUNTER, &key)).unwrap().unwrap_or_default().0
}
