//! P: What a kind of job is: its name, queue, priority, uniqueness, retries, timeout, and how its payload is read. Makes
//! drafts of jobs; writes none.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::clock::{Ambient, UnixMs};
use crate::error::{Error, FieldError};
use crate::ids::{JobId, TenantId, UserId};
use crate::limits;
use crate::store::tables::jobs::JobState;

/// The queue of kinds that name none.
pub const DEFAULT_QUEUE: &str = "default";

/// A kind of job. The struct is its payload.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Its name, for good: rows in stores carry it.
    const NAME: &'static str;
    /// Version of the payload that is written.
    const VERSION: u16 = 1;
    /// Its queue.
    const QUEUE: &'static str = DEFAULT_QUEUE;
    /// Its priority, 0 (most urgent) to 9.
    const PRIORITY: u8 = 5;
    /// Whether the payload is personal; it is then sealed with its user's key, and there must be a user.
    const PERSONAL: bool = false;
    /// How it is run.
    const POLICY: Policy = Policy::USUAL;

    /// Within what it is the only one of its kind.
    fn unique(&self) -> Option<Unique> {
        None
    }

    /// Reads a payload of an earlier version.
    ///
    /// # Errors
    /// When the version is not one that ever was, or the bytes do not fit it.
    fn upgrade(version: u16, payload: &[u8]) -> Result<Self, Undecodable> {
        let _ = payload;
        Err(Undecodable(format!(
            "version {version} of {} is unknown; this program writes {}",
            Self::NAME,
            Self::VERSION
        )))
    }
}

/// A payload that cannot be read. The text holds no part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Undecodable(pub String);

/// Reads the payload of a job of kind `J`.
///
/// # Errors
/// When it does not fit the kind.
pub fn decode<J: Job>(version: u16, payload: &[u8]) -> Result<J, Undecodable> {
    if version != J::VERSION {
        return J::upgrade(version, payload);
    }
    // The error's own text may quote the payload: say where alone.
    serde_json::from_slice(payload).map_err(|e| {
        Undecodable(format!("the payload does not fit {} at line {} column {}", J::NAME, e.line(), e.column()))
    })
}

/// How jobs of a kind are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Failures after which a job is dead.
    pub failures_max: u32,
    /// Bound of the wait after the first failure; it doubles with each further one, in milliseconds.
    pub backoff_ms: u64,
    /// Longest wait between tries, in milliseconds.
    pub backoff_max_ms: u64,
    /// Failures after which a job is dead when they are of this class.
    pub class_limits: &'static [(&'static str, u32)],
    /// Longest time that one attempt may take, in milliseconds.
    pub timeout_ms: u64,
    /// How long a completed job and its result are kept, in milliseconds.
    pub keep_ms: u64,
}

impl Policy {
    /// Three failures, waits of up to 1, 2, .. 60 seconds, five minutes for an attempt.
    pub const USUAL: Self = Self {
        failures_max: limits::JOB_FAILURES_MAX,
        backoff_ms: 1_000,
        backoff_max_ms: 60_000,
        class_limits: &[],
        timeout_ms: 300_000,
        keep_ms: limits::JOB_COMPLETED_KEPT_MS,
    };
}

/// Within what a job is the only one of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    parts: Vec<String>,
    states: u8,
    period_ms: Option<u64>,
}

impl Unique {
    /// By these significant parts of the payload, while the earlier job waits or runs.
    pub fn by<P: ToString>(parts: impl IntoIterator<Item = P>) -> Self {
        let parts = parts.into_iter().map(|part| part.to_string()).collect();
        let unfinished = [JobState::Scheduled, JobState::Available, JobState::Running, JobState::Retryable];
        Self { parts, states: bits(&unfinished), period_ms: None }
    }

    /// While the earlier job is in one of these states.
    #[must_use]
    pub fn while_in(mut self, states: &[JobState]) -> Self {
        self.states = bits(states);
        self
    }

    /// Also for `period_ms` after the earlier job was made, whatever became of it.
    #[must_use]
    pub const fn for_ms(mut self, period_ms: u64) -> Self {
        self.period_ms = Some(period_ms);
        self
    }
}

fn bits(states: &[JobState]) -> u8 {
    states.iter().fold(0, |bits, state| bits | 1 << state.index())
}

/// `task:{name}:{parts}`: one line, and never longer than a key may be.
pub fn idempotency_key(name: &str, parts: &[String]) -> String {
    let mut key = format!("task:{name}");
    for part in parts {
        key.push(':');
        // A colon inside a part must not look like the end of it.
        key.push_str(&part.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace(':', "\\:"));
    }
    if key.len() <= limits::JOB_KEY_MAX_BYTES {
        return key;
    }
    let hash = Sha256::digest(key.as_bytes());
    hash.iter().fold(format!("task:{name}:sha256="), |key, byte| format!("{key}{byte:02x}"))
}

/// Whose a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The tenant among whose jobs it stands.
    pub tenant: TenantId,
    /// The user who caused it, if one did.
    pub user: Option<UserId>,
    /// Identifier of the request that caused it; empty when none did.
    pub request_id: String,
}

impl Owner {
    /// A tenant's, caused by nobody in particular.
    pub const fn tenant(tenant: TenantId) -> Self {
        Self { tenant, user: None, request_id: String::new() }
    }
}

/// A job to be enqueued: everything that its row will hold, and nothing drawn inside a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub(super) id: JobId,
    pub(super) at: UnixMs,
    pub(super) owner: Owner,
    pub(super) task: String,
    pub(super) version: u16,
    pub(super) queue: String,
    pub(super) priority: u8,
    pub(super) payload: Vec<u8>,
    pub(super) sealed: bool,
    pub(super) personal: bool,
    pub(super) run_at: UnixMs,
    pub(super) unique: Option<(String, u8, Option<UnixMs>)>,
    pub(super) failures_max: u32,
    pub(super) keep_ms: u64,
}

impl Draft {
    /// A draft of `job`, to run as soon as a worker is free.
    ///
    /// # Errors
    /// When the payload cannot be written or is too large, or a personal job has no user.
    pub fn new<J: Job>(ambient: &Ambient, owner: Owner, job: &J) -> Result<Self, Error> {
        let at = ambient.now();
        let payload = serde_json::to_vec(job).map_err(Error::internal)?;
        if payload.len() > limits::JOB_PAYLOAD_MAX_BYTES {
            let allowed = format!("at most {} bytes", limits::JOB_PAYLOAD_MAX_BYTES);
            return Err(Error::fields(vec![FieldError::new(
                "job.payload",
                format!("{} bytes", payload.len()),
                allowed,
            )]));
        }
        if J::PERSONAL && owner.user.is_none() {
            return Err(Error::internal(format!("{} holds personal data and needs a user", J::NAME)));
        }
        let unique = job.unique().map(|unique| {
            let until = unique.period_ms.map(|period_ms| at.plus_ms(period_ms));
            (idempotency_key(J::NAME, &unique.parts), unique.states, until)
        });
        Ok(Self {
            id: JobId::new(ambient),
            at,
            owner,
            task: J::NAME.to_owned(),
            version: J::VERSION,
            queue: J::QUEUE.to_owned(),
            priority: J::PRIORITY.min(limits::JOB_PRIORITY_MAX),
            payload,
            sealed: false,
            personal: J::PERSONAL,
            run_at: at,
            unique,
            failures_max: J::POLICY.failures_max,
            keep_ms: J::POLICY.keep_ms,
        })
    }

    /// Not before this instant.
    #[must_use]
    pub const fn run_at(mut self, at: UnixMs) -> Self {
        self.run_at = at;
        self
    }

    /// With another priority, 0 (most urgent) to 9.
    #[must_use]
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority.min(limits::JOB_PRIORITY_MAX);
        self
    }

    /// In another queue.
    #[must_use]
    pub fn queue(mut self, queue: &str) -> Self {
        queue.clone_into(&mut self.queue);
        self
    }

    /// Its identifier, should it be enqueued and no earlier job stand for it.
    pub const fn id(&self) -> JobId {
        self.id
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_one_bounded_line() {
        let parts = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        assert_eq!(idempotency_key("render", &[]), "task:render");
        assert_eq!(idempotency_key("render", &parts(&["c1", "fr"])), "task:render:c1:fr");
        assert_eq!(idempotency_key("render", &parts(&["a\nb"])), "task:render:a b");
        assert!(idempotency_key("render", &parts(&[&"x".repeat(5_000)])).len() <= limits::JOB_KEY_MAX_BYTES);
    }

    proptest! {
        #[test]
        fn other_parts_are_another_key(a in proptest::collection::vec("[a:\\\\]{0,4}", 0..4), b in proptest::collection::vec("[a:\\\\]{0,4}", 0..4)) {
            prop_assert_eq!(idempotency_key("t", &a) == idempotency_key("t", &b), a == b);
        }
    }
}
