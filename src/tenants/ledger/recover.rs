//! S: What a start finds of the process before it: reservations that nobody holds any more, released and told. Touches
//! none of its own.

use std::collections::BTreeMap;

use super::Foundations;
use super::background::close;
use crate::audit::{self, RequestContext};
use crate::error::Result;
use crate::ids::TenantId;
use crate::limits::RESERVATIONS_RELEASED_AT_ONCE;
use crate::store::tables::Actor;
use crate::store::tables::ledger::{EntryKind, RESERVATIONS};
use crate::store::{Reads, Span};

/// What was released at a start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Reservations of dead processes.
    pub reservations: u64,
    /// What they held, in micro-dollars.
    pub micro_usd: u64,
}

impl Recovered {
    pub(super) fn log(self) {
        if self.reservations > 0 {
            let (count, micro_usd) = (self.reservations, self.micro_usd);
            tracing::warn!(count, micro_usd, "released what a process that ended had held");
        }
    }
}

/// Releases every reservation that is not of `boot`. One process owns the directory, so theirs have ended.
pub(super) async fn release_dead(on: &Foundations, boot: [u8; 16]) -> Result<Recovered> {
    let mut all = Recovered::default();
    loop {
        let (now, version, auditor) = (on.ambient.now(), on.prices.version().to_owned(), on.auditor.clone());
        let (seen, batch) = on
            .store
            .write(move |tx| {
                let rows = tx.scan(&RESERVATIONS, Span::all(), RESERVATIONS_RELEASED_AT_ONCE)?;
                let mut of: BTreeMap<TenantId, Recovered> = BTreeMap::new();
                let dead = rows.iter().filter(|(_, row)| row.boot != boot);
                for (key, row) in dead {
                    close(tx, *key, EntryKind::Recover, now, &version)?;
                    let sum = of.entry(key.0).or_default();
                    sum.reservations += 1;
                    sum.micro_usd += row.bound.0;
                }
                let mut batch = Recovered::default();
                for (tenant, sum) in of {
                    let entry = auditor
                        .entry(tenant, &RequestContext::default(), Actor::System, "ledger_recover")
                        .target("ledger", tenant)
                        .detail("reservations", sum.reservations)
                        .detail("micro_usd", sum.micro_usd);
                    audit::append(tx, &auditor, entry)?;
                    batch.reservations += sum.reservations;
                    batch.micro_usd += sum.micro_usd;
                }
                Ok::<_, crate::error::Error>((rows.len(), batch))
            })
            .await?;
        all.reservations += batch.reservations;
        all.micro_usd += batch.micro_usd;
        // Only at a start are all rows those of the dead, so a page without any is the last.
        if seen < RESERVATIONS_RELEASED_AT_ONCE || batch.reservations == 0 {
            return Ok(all);
        }
    }
}
