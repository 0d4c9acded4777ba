//! S: `reindex`: proves that the serving index answers for its corpus, and removes what other generations left behind.
//!
//! A damaged index is found at its next search; this finds it before a person does. Building it anew happens at a start,
//! which the failure of this job asks for: the files of the serving generation are open and cannot be replaced under it.

use serde::{Deserialize, Serialize};

use super::{MAINTENANCE, Services};
use crate::jobs::{Ctx, Done, Job, JobError, Policy, Unique};
use crate::retrieval::{Filters, Query};

/// Looks after the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reindex {}

impl Job for Reindex {
    const NAME: &'static str = "reindex";
    const QUEUE: &'static str = MAINTENANCE;
    const POLICY: Policy = Policy { timeout_ms: 600_000, ..Policy::USUAL };

    fn unique(&self) -> Option<Unique> {
        Some(Unique::by::<&str>([]))
    }
}

pub(super) async fn run(services: Services, ctx: Ctx, _: Reindex) -> Result<Done, JobError> {
    let found = ctx.blocking(move |ctx| check(&services, ctx)).await??;
    Done::nothing().output("application/json", serde_json::to_vec(&found).unwrap_or_default(), false)
}

/// What was found.
#[derive(Serialize)]
struct Found {
    generation: String,
    passages: usize,
    removed: Vec<String>,
}

fn check(services: &Services, ctx: &Ctx) -> Result<Found, JobError> {
    let broken = |cause: &dyn std::fmt::Display| JobError::fail("index_broken", &cause);
    let retrieval = &services.retrieval;
    let passages = retrieval.corpus().passages();
    for (done, passage) in passages.iter().enumerate() {
        // Every passage is found by its own title.
        let query = Query {
            text: passage.title.clone(),
            lang: Some(passage.lang),
            limit: 1,
            filters: Filters { ids: vec![passage.id.clone()], ..Filters::default() },
        };
        let hits = retrieval.search(&query).map_err(|cause| broken(&cause))?;
        if !hits.iter().any(|hit| hit.passage.id == passage.id && hit.score > 0.0) {
            return Err(broken(&format!("passage {} is not found by its title; restart to build it anew", passage.id)));
        }
        ctx.progress(done as u64 + 1, passages.len() as u64);
    }
    let removed = retrieval.remove_other_generations().map_err(|cause| JobError::retry("index_files", &cause))?;
    Ok(Found { generation: retrieval.generation().to_owned(), passages: passages.len(), removed })
}
