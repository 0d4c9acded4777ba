//! S: The one task that gives back what was dropped, tries until that is durable, and now and then releases what was
//! held for too long. Grants nothing.

use std::ops::ControlFlow;
use std::sync::Weak;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::reservation::{Settled, log_overrun};
use super::{Core, Foundations, accounts, entry_of, fold};
use crate::clock::UnixMs;
use crate::error::{Code, Error, Result};
use crate::ids::{ReservationId, TenantId};
use crate::limits::{RESERVATION_MAX_MS, RESERVATION_SWEEP_MS, RESERVATIONS_RELEASED_AT_ONCE};
use crate::store::tables::ledger::{EntryKind, Postings, RESERVATIONS, ReservationRow};
use crate::store::{Reads, Span, Tx};
use crate::tokens::MicroUsd;

/// First wait after a release that did not become durable; each next one is twice as long.
const RETRY_FIRST: Duration = Duration::from_millis(20);
/// Longest wait.
const RETRY_MOST: Duration = Duration::from_secs(5);
/// How often a release is tried alone before it is set aside for the next sweep, so that it holds up no other.
const TRIES_ALONE: u32 = 6;

/// What the task is told.
#[derive(Debug)]
pub(super) enum Message {
    /// Nobody needs this any more.
    Release(Box<Release>),
    /// Answer when everything before is done.
    Drain(oneshot::Sender<()>),
}

/// A reservation that was dropped.
#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) key: (TenantId, ReservationId),
    /// What the gauge of held money has of it.
    pub(super) counted: MicroUsd,
    /// What it was settled to, if that was begun.
    pub(super) settled: Option<Settled>,
}

/// The task, which ends when this is dropped.
#[derive(Debug)]
pub(super) struct Background(tokio::task::JoinHandle<()>);

impl Background {
    pub(super) fn start(core: &std::sync::Arc<Core>, inbox: mpsc::UnboundedReceiver<Message>) -> Self {
        // It must not keep alive what tells it to end.
        Self(tokio::spawn(run(std::sync::Arc::downgrade(core), inbox)))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn run(core: Weak<Core>, mut inbox: mpsc::UnboundedReceiver<Message>) {
    let mut sweep = tokio::time::interval(Duration::from_millis(RESERVATION_SWEEP_MS));
    sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first tick comes at once, and a start has nothing to sweep.
    sweep.tick().await;
    let (mut batch, mut aside) = (Vec::new(), Vec::new());
    loop {
        tokio::select! {
            received = inbox.recv_many(&mut batch, RESERVATIONS_RELEASED_AT_ONCE) => {
                if received == 0 {
                    return;
                }
                work_off(&core, &mut batch, &mut aside).await;
            }
            _ = sweep.tick() => {
                let Some(core) = core.upgrade() else { return };
                if release_each(&core, &mut aside).await.is_break() {
                    return;
                }
                for outcome in [expire(&core.on).await, fold::fold_old(&core.on).await] {
                    if let Err(error) = outcome {
                        tracing::warn!(%error, "the ledger's sweep failed; it is tried again");
                    }
                }
            }
        }
    }
}

/// Releases what the messages name in one transaction, or else one by one, then answers who waits. What fails alone again
/// and again is set aside.
pub(super) async fn work_off(core: &Weak<Core>, batch: &mut Vec<Message>, aside: &mut Vec<Release>) {
    let mut releases = Vec::new();
    let mut waiting = Vec::new();
    for message in batch.drain(..) {
        match message {
            Message::Release(release) => releases.push(*release),
            Message::Drain(done) => waiting.push(done),
        }
    }
    let (mut wait, mut tries) = (RETRY_FIRST, 0);
    while !releases.is_empty() {
        let Some(core) = core.upgrade() else { break };
        let Err(error) = release_all(&core.on, &releases).await.map(|held| finish(&core, &releases, &held)) else {
            break;
        };
        tracing::warn!(%error, count = releases.len(), "reservations were not released yet");
        if is_over(&error) || release_each(&core, &mut releases).await.is_break() {
            // The store is closed; the next start releases them.
            break;
        }
        // A queue that is full says nothing of what waits for it.
        tries += u32::from(error.code() != Code::Overloaded);
        if tries >= TRIES_ALONE {
            aside.append(&mut releases);
            break;
        }
        drop(core);
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(RETRY_MOST);
    }
    for done in waiting {
        // Who asked may have gone.
        let _ = done.send(());
    }
}

/// Whether the store is closed.
pub(super) fn is_over(error: &Error) -> bool {
    error.code() == Code::StoreUnavailable && error.retry_after().is_some()
}

/// Releases each in a transaction of its own; those that fail stay. Breaks when the store is closed.
pub(super) async fn release_each(core: &Core, releases: &mut Vec<Release>) -> ControlFlow<()> {
    for release in std::mem::take(releases) {
        let one = std::slice::from_ref(&release);
        match release_all(&core.on, one).await {
            Ok(held) => finish(core, one, &held),
            Err(error) => {
                let (id, closed) = (release.key.1, is_over(&error));
                tracing::error!(%error, reservation = %id, "a reservation could not be released; it is tried again");
                releases.push(release);
                if closed {
                    return ControlFlow::Break(());
                }
            }
        }
    }
    ControlFlow::Continue(())
}

/// These were released, or had been before.
fn finish(core: &Core, releases: &[Release], released: &[bool]) {
    for (release, was_held) in releases.iter().zip(released) {
        core.gauge_take(release.counted);
        // Gone before: its settlement was durable, and nobody was left to hear so.
        if let Some(settled) = release.settled.as_ref().filter(|_| !was_held) {
            core.count_settled(settled);
            log_overrun(release.key.1, settled);
        }
    }
}

/// Gives back what is still held of these; says of each whether it was.
async fn release_all(on: &Foundations, releases: &[Release]) -> Result<Vec<bool>> {
    let keys: Vec<_> = releases.iter().map(|release| release.key).collect();
    let (now, version) = (on.ambient.now(), on.prices.version().to_owned());
    on.store
        .write(move |tx| {
            let release = |key: &(TenantId, ReservationId)| -> Result<bool> {
                Ok(close(tx, *key, EntryKind::Release, now, &version)?.is_some())
            };
            keys.iter().map(release).collect()
        })
        .await
}

/// Gives back what one reservation holds; `None` when there is none.
pub(super) fn close(
    tx: &mut Tx<'_>,
    key: (TenantId, ReservationId),
    kind: EntryKind,
    at: UnixMs,
    version: &str,
) -> Result<Option<ReservationRow>> {
    let Some(row) = tx.get(&RESERVATIONS, &key)? else { return Ok(None) };
    // One that has lapsed holds nothing.
    if !row.bound.is_zero() {
        let postings = Postings::settle(row.bound, MicroUsd::ZERO, MicroUsd::ZERO)?;
        accounts::write(tx, key.0, &entry_of(&row, key.1, kind, at, version, postings))?;
    }
    tx.delete(&RESERVATIONS, &key)?;
    Ok(Some(row))
}

/// Releases what has been held for longer than any call lasts. The row stays, holding nothing, until its call or its
/// process ends: so a late settlement is told from a second one.
pub(super) async fn expire(on: &Foundations) -> Result<()> {
    let (now, version) = (on.ambient.now(), on.prices.version().to_owned());
    let is_old = move |row: &ReservationRow| now.since_ms(row.made_at) > RESERVATION_MAX_MS && !row.bound.is_zero();
    // As many rows as calls are open. One that cannot be read was told of at the start.
    let open = on.store.read(|view| view.survey(&RESERVATIONS, &Span::all()))?;
    let old = open.into_iter().filter_map(std::result::Result::ok).filter(|(_, row)| is_old(row));
    let old: Vec<_> = old.map(|(key, _)| key).collect();
    for keys in old.chunks(RESERVATIONS_RELEASED_AT_ONCE) {
        if let Err(error) = lapse(on, keys.to_vec(), now, &version).await {
            if is_over(&error) {
                return Err(error);
            }
            // One that cannot be released holds up no other.
            tracing::warn!(%error, "reservations that lapsed are released one by one");
            for key in keys {
                if let Err(error) = lapse(on, vec![*key], now, &version).await {
                    tracing::error!(%error, reservation = %key.1, "a reservation that lapsed could not be released");
                }
            }
        }
    }
    Ok(())
}

/// Releases what these hold, and keeps their rows.
async fn lapse(on: &Foundations, keys: Vec<(TenantId, ReservationId)>, now: UnixMs, version: &str) -> Result<()> {
    let version = version.to_owned();
    let write = on.store.write(move |tx| {
        let mut lapsed = 0;
        for key in &keys {
            let Some(row) = close(tx, *key, EntryKind::Expire, now, &version)? else { continue };
            tx.put(&RESERVATIONS, key, &ReservationRow { bound: MicroUsd::ZERO, ..row })?;
            lapsed += 1;
        }
        Ok::<_, Error>(lapsed)
    });
    let lapsed = write.await?;
    if lapsed > 0 {
        tracing::error!(count = lapsed, "money was held for longer than any call may last, and was released");
    }
    Ok(())
}
