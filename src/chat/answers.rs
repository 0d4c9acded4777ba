//! Keeps answered questions, sealed, with their audit entry; lists them to the person who asked. Answers nothing itself.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::audit::{self, Auditor, RequestContext};
use crate::auth::Caller;
use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error, Result};
use crate::ids::{AnswerId, ChartId};
use crate::limits;
use crate::store::tables::{ANSWER_COUNTS, ANSWERS, AnswerRow, CHARTS, CountRow};
use crate::store::{Reads, Span, Store, Tx};
use crate::vault::Vault;

const PURPOSE: &str = "answer";

/// The answers of everybody, each within reach of who asked alone.
#[derive(Clone, Debug)]
pub struct Answers {
    store: Store,
    vault: Arc<Vault>,
    auditor: Auditor,
    ambient: Ambient,
}

/// A question, its answer, and where they belong.
#[derive(Clone, Debug)]
pub struct Answered {
    /// Its id.
    pub id: AnswerId,
    /// The chart it is about.
    pub chart: ChartId,
    /// When it was answered.
    pub created_at: UnixMs,
    /// Provider that answered.
    pub provider: String,
    /// What was asked and said.
    pub said: Said,
}

/// What is sealed of an answer.
#[derive(Clone, Serialize, Deserialize)]
pub struct Said {
    /// The question, normalised.
    pub question: String,
    /// The answer as it was sent, as JSON text.
    pub answer: String,
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Said(sealed)")
    }
}

impl Answers {
    /// Over `store`, sealing with `vault`.
    pub const fn new(store: Store, vault: Arc<Vault>, auditor: Auditor, ambient: Ambient) -> Self {
        Self { store, vault, auditor, ambient }
    }

    /// A new answer about `chart`; nothing is kept yet.
    pub fn draft(&self, chart: ChartId, provider: String, said: Said) -> Answered {
        Answered { id: AnswerId::new(&self.ambient), chart, created_at: self.ambient.now(), provider, said }
    }

    /// Keeps an answer, its audit entry and whatever `also` writes, together or not at all.
    ///
    /// # Errors
    /// `chart_not_found` when the chart was deleted meanwhile.
    pub async fn keep<F>(&self, caller: &Caller, request: &RequestContext, answered: &Answered, also: F) -> Result<()>
    where
        F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
    {
        let (tenant, user) = (caller.tenant, caller.user);
        let plain = crate::store::codec::to_bytes(&answered.said).map_err(Error::internal)?;
        let sealed = self.vault.seal(tenant, user, PURPOSE, &answered.id.0, &plain)?;
        let row = AnswerRow { created_at: answered.created_at, provider: answered.provider.clone(), sealed };
        let entry = self
            .auditor
            .entry(tenant, request, caller.actor(), "chat_advise")
            .target("answer", answered.id)
            .detail("provider", &answered.provider);
        let (key, auditor) = ((tenant, user, answered.chart, answered.id), self.auditor.clone());
        self.store
            .write(move |tx| {
                let of = (tenant, user, key.2);
                if !tx.has(&CHARTS, &of)? {
                    return Err(Error::new(Code::ChartNotFound));
                }
                let CountRow(count) = tx.get(&ANSWER_COUNTS, &of)?.unwrap_or_default();
                if count >= limits::ANSWERS_PER_CHART_MAX {
                    for (oldest, _) in tx.scan(&ANSWERS, Span::prefix(&of), 1)? {
                        tx.delete(&ANSWERS, &oldest)?;
                    }
                } else {
                    tx.put(&ANSWER_COUNTS, &of, &CountRow(count + 1))?;
                }
                tx.put(&ANSWERS, &key, &row)?;
                audit::append(tx, &auditor, entry.clone())?;
                also(tx)
            })
            .await
    }

    /// Answers about the caller's chart, newest first, and whether there are more.
    ///
    /// # Errors
    /// `chart_not_found`, whether it does not exist or is not the caller's.
    pub fn list(
        &self,
        caller: &Caller,
        chart: ChartId,
        limit: usize,
        after: Option<AnswerId>,
    ) -> Result<(Vec<Answered>, bool)> {
        let (tenant, user) = (caller.tenant, caller.user);
        let span = Span::prefix(&(tenant, user, chart)).reversed();
        let span = after.map_or(span.clone(), |id| span.before(&(tenant, user, chart, id)));
        let rows = self.store.read(|view| {
            view.get(&CHARTS, &(tenant, user, chart))?.ok_or(Code::ChartNotFound)?;
            view.scan(&ANSWERS, span, limit + 1).map_err(Error::from)
        })?;
        let more = rows.len() > limit;
        let opened = rows.into_iter().take(limit).map(|((_, _, chart, id), row)| {
            let plain = self.vault.unseal(tenant, user, PURPOSE, &id.0, &row.sealed)?;
            let said = crate::store::codec::from_bytes(&plain).map_err(Error::internal)?;
            Ok(Answered { id, chart, created_at: row.created_at, provider: row.provider, said })
        });
        Ok((opened.collect::<Result<_>>()?, more))
    }
}
