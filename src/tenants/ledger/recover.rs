//! S: What a start finds of the process before it: reservations that nobody holds any more, released and told. One that
//! cannot be released is told of and left, and holds up neither the others nor the start. Touches none of its own.

use std::collections::BTreeMap;

use super::Foundations;
use super::background::{close, is_over};
use crate::audit::{self, RequestContext};
use crate::error::{Error, Result};
use crate::ids::{ReservationId, TenantId};
use crate::limits::RESERVATIONS_RELEASED_AT_ONCE;
use crate::store::Span;
use crate::store::tables::Actor;
use crate::store::tables::ledger::{EntryKind, RESERVATIONS};

/// What was released at a start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Reservations of dead processes.
    pub reservations: u64,
    /// What they held, in micro-dollars.
    pub micro_usd: u64,
    /// Those that could not be read or released, and are left as they are.
    pub stuck: u64,
}

impl Recovered {
    pub(super) fn log(self) {
        if self.reservations > 0 {
            let (count, micro_usd) = (self.reservations, self.micro_usd);
            tracing::warn!(count, micro_usd, "released what a process that ended had held");
        }
        if self.stuck > 0 {
            let count = self.stuck;
            tracing::error!(count, "reservations of a process that ended are stuck; `orrery ledger verify` shows them");
        }
    }

    const fn add(&mut self, batch: Self) {
        self.reservations += batch.reservations;
        self.micro_usd += batch.micro_usd;
        self.stuck += batch.stuck;
    }
}

/// Releases every reservation that is not of `boot`. One process owns the directory, so theirs have ended.
pub(super) async fn release_dead(on: &Foundations, boot: [u8; 16]) -> Result<Recovered> {
    let (mut all, mut dead) = (Recovered::default(), Vec::new());
    // As many rows as calls were open.
    for row in on.store.read(|view| view.survey(&RESERVATIONS, &Span::all()))? {
        match row {
            Ok((key, row)) if row.boot != boot => dead.push(key),
            Ok(_) => {}
            Err(unreadable) => {
                let id = unreadable.key.map_or_else(|| String::from("unknown"), |(_, id)| id.to_string());
                tracing::error!(reservation = id, cause = %unreadable.cause, "a reservation cannot be read");
                all.stuck += 1;
            }
        }
    }
    for keys in dead.chunks(RESERVATIONS_RELEASED_AT_ONCE) {
        match release(on, keys.to_vec()).await {
            Ok(batch) => all.add(batch),
            Err(error) if is_over(&error) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "reservations of a process that ended are released one by one");
                for key in keys {
                    all.add(release_alone(on, *key).await?);
                }
            }
        }
    }
    Ok(all)
}

async fn release_alone(on: &Foundations, key: (TenantId, ReservationId)) -> Result<Recovered> {
    match release(on, vec![key]).await {
        Err(error) if !is_over(&error) => {
            tracing::error!(%error, reservation = %key.1, "a reservation of a process that ended cannot be released");
            Ok(Recovered { stuck: 1, ..Recovered::default() })
        }
        released => released,
    }
}

/// Releases these in one transaction, with an audit entry in the chain of each tenant.
async fn release(on: &Foundations, keys: Vec<(TenantId, ReservationId)>) -> Result<Recovered> {
    let (now, version, auditor) = (on.ambient.now(), on.prices.version().to_owned(), on.auditor.clone());
    on.store
        .write(move |tx| {
            let mut of: BTreeMap<TenantId, Recovered> = BTreeMap::new();
            for key in &keys {
                let Some(row) = close(tx, *key, EntryKind::Recover, now, &version)? else { continue };
                of.entry(key.0).or_default().add(Recovered {
                    reservations: 1,
                    micro_usd: row.bound.0,
                    ..Recovered::default()
                });
            }
            let mut batch = Recovered::default();
            for (tenant, sum) in of {
                let entry = auditor
                    .entry(tenant, &RequestContext::default(), Actor::System, "ledger_recover")
                    .target("ledger", tenant)
                    .detail("reservations", sum.reservations)
                    .detail("micro_usd", sum.micro_usd);
                audit::append(tx, &auditor, entry)?;
                batch.add(sum);
            }
            Ok::<_, Error>(batch)
        })
        .await
}
