//! A: A model behind an OpenAI-compatible `/chat/completions`, streamed or whole. Sends what it is given and nothing else:
//! no cookie, no name of ours, no id of a person or tenant. Knows no prompt.
//!
//! A call is tried again only while no text came: at a failed connection, 429, 502, 503 or a time-out, with full jitter or
//! after what `Retry-After` says, within its deadline and the upstream's retry budget. A circuit breaker leaves a failing
//! upstream alone. Redirects are not followed; what comes is bounded in bytes and in time. Whoever drops the stream closes
//! the connection, and with it the upstream's work.

mod client;
mod sse;
mod wire;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, StreamExt};

use super::breaker::{Breaker, Outcome, State, Ticket};
use super::model::{Ask, Delta, Deltas, Failure, Model, Reason};
use super::retry::{self, Budget};
use crate::clock::{Ambient, Stopwatch};
use crate::config::Remote as RemoteSettings;
use crate::telemetry::Metrics;
pub use client::TrustError;
use client::{Body, Client};

const PROVIDER: &str = "remote";

/// One upstream and its model.
pub struct Remote {
    client: Client,
    model: String,
    stream: bool,
    retries_max: u32,
    watch: Arc<Watch>,
    ambient: Ambient,
}

/// What is remembered of an upstream between calls.
struct Watch {
    breaker: Mutex<Breaker>,
    budget: Mutex<Budget>,
    since: Stopwatch,
    metrics: Arc<Metrics>,
}

impl Watch {
    fn now_ms(&self) -> u64 {
        self.since.elapsed_ms() as u64
    }

    fn breaker<T>(&self, act: impl FnOnce(&mut Breaker, u64) -> T) -> T {
        let now = self.now_ms();
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let done = act(&mut breaker, now);
        self.metrics.gateway().breaker(PROVIDER, breaker.state(now).code());
        done
    }

    fn budget<T>(&self, act: impl FnOnce(&mut Budget, u64) -> T) -> T {
        act(&mut self.budget.lock().unwrap_or_else(PoisonError::into_inner), self.now_ms())
    }
}

/// A call that the breaker admitted; one that is dropped says nothing of the upstream.
struct Admitted {
    watch: Arc<Watch>,
    ticket: Option<Ticket>,
}

impl Admitted {
    fn ended(&mut self, outcome: Outcome) {
        if let Some(ticket) = self.ticket.take() {
            self.watch.breaker(|breaker, now| breaker.report(ticket, outcome, now));
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.ended(Outcome::Unknown);
    }
}

/// One try that failed.
struct Tried {
    failure: Failure,
    again: bool,
    after_s: Option<u64>,
}

/// A prompt on its way. When it goes without text or a refusal, by time-out or because nobody waited, the upstream may
/// have worked on it and may charge for it. Nothing was produced, so no tenant pays; the operator is told.
struct Prompted<'w> {
    watch: &'w Watch,
    told: bool,
}

impl Drop for Prompted<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.watch.metrics.gateway().unanswered(PROVIDER);
            tracing::info!("an upstream gave no text for a prompt, and may charge for it");
        }
    }
}

impl Remote {
    /// The upstream of these settings; `None` when none is set.
    ///
    /// # Errors
    /// When the certificates to trust cannot be read.
    pub fn new(settings: &RemoteSettings, metrics: Arc<Metrics>, ambient: Ambient) -> Result<Option<Self>, TrustError> {
        let (Some(base_url), Some(model)) = (&settings.base_url, &settings.model) else { return Ok(None) };
        let watch = Watch {
            breaker: Mutex::new(Breaker::new()),
            budget: Mutex::new(Budget::new()),
            since: Stopwatch::start(),
            metrics,
        };
        Ok(Some(Self {
            client: Client::new(base_url, settings)?,
            model: model.clone(),
            stream: settings.stream,
            retries_max: u32::try_from(settings.retries).unwrap_or(0),
            watch: Arc::new(watch),
            ambient,
        }))
    }

    /// What the breaker lets through now.
    pub fn state(&self) -> State {
        self.watch.breaker(|breaker, now| breaker.state(now))
    }

    async fn call(&self, ask: &Ask) -> Result<Deltas, Failure> {
        let began = Stopwatch::start();
        let left = || ask.within.saturating_sub(began.elapsed());
        let body = wire::request(&self.model, ask, self.stream);
        self.watch.budget(Budget::call);
        let mut retries = 0;
        loop {
            let Some(ticket) = self.watch.breaker(Breaker::admit) else {
                return Err(Failure::new(Reason::CircuitOpen, "the upstream is left alone for a while"));
            };
            let mut admitted = Admitted { watch: Arc::clone(&self.watch), ticket: Some(ticket) };
            let tried = match self.attempt(&body, left()).await {
                Ok((first, rest)) => return Ok(deltas(first, rest, admitted)),
                Err(tried) => tried,
            };
            admitted.ended(outcome_of(&tried.failure));
            if !tried.again || retries >= self.retries_max {
                return Err(tried.failure);
            }
            let chance = u64::from_be_bytes(self.ambient.bytes());
            let left_ms = u64::try_from(left().as_millis()).unwrap_or(0);
            let Some(wait_ms) = retry::wait_ms(retries, tried.after_s, chance, left_ms) else {
                return Err(tried.failure);
            };
            if !self.watch.budget(Budget::retry) {
                self.watch.metrics.gateway().retried(PROVIDER, "refused");
                return Err(tried.failure);
            }
            self.watch.metrics.gateway().retried(PROVIDER, "made");
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            retries += 1;
        }
    }

    /// One try, to the first text or the end.
    async fn attempt(&self, body: &[u8], left: Duration) -> Result<(Delta, Source), Tried> {
        let began = Stopwatch::start();
        let failed = |failure: Failure| Tried { again: failure.reason == Reason::Timeout, failure, after_s: None };
        let mut prompted = Prompted { watch: &self.watch, told: false };
        let answer = self.client.post(body.to_vec(), left).await.map_err(|refused| {
            prompted.told = refused.failure.reason != Reason::Timeout;
            Tried { again: refused.again, after_s: refused.after_s, failure: refused.failure }
        })?;
        let mut source = Source::new(answer, left.saturating_sub(began.elapsed()));
        match source.next().await {
            Ok(first) => {
                prompted.told = true;
                Ok((first, source))
            }
            Err(failure) => Err(failed(failure)),
        }
    }
}

/// A refusal is an answer; only what speaks of the upstream's health counts against it.
const fn outcome_of(failure: &Failure) -> Outcome {
    match failure.reason {
        Reason::Timeout | Reason::Error => Outcome::Failed,
        _ => Outcome::Answered,
    }
}

/// The first piece, then the rest as it comes, until its end or first failure.
fn deltas(first: Delta, source: Source, admitted: Admitted) -> Deltas {
    let rest = stream::unfold(Some((source, admitted, Some(first))), |state| async move {
        let (mut source, mut admitted, first) = state?;
        let next = match first {
            Some(first) => Ok(first),
            None => source.next().await,
        };
        match &next {
            Ok(Delta::Text(_)) => return Some((next, Some((source, admitted, None)))),
            Ok(Delta::End(_)) => admitted.ended(Outcome::Answered),
            Err(failure) => admitted.ended(outcome_of(failure)),
        }
        Some((next, None))
    });
    rest.boxed()
}

/// An answer as it comes.
struct Source {
    body: Body,
    events: sse::Events,
    reader: wire::Reader,
    waiting: std::collections::VecDeque<String>,
    /// Set while the answer is not a stream of events.
    whole: Option<Vec<u8>>,
    done: bool,
    deadline: tokio::time::Instant,
}

impl Source {
    fn new(body: Body, left: Duration) -> Self {
        Self {
            whole: (!body.is_stream).then(Vec::new),
            body,
            events: sse::Events::new(),
            reader: wire::Reader::new(),
            waiting: std::collections::VecDeque::new(),
            done: false,
            deadline: tokio::time::Instant::now() + left,
        }
    }

    async fn next(&mut self) -> Result<Delta, Failure> {
        loop {
            while let Some(data) = self.waiting.pop_front() {
                if data.trim() == "[DONE]" {
                    self.done = true;
                    break;
                }
                if let Some(text) = self.reader.read(&data)? {
                    return Ok(Delta::Text(text));
                }
            }
            if self.done {
                return self.reader.end(true);
            }
            match self.body.piece(self.deadline).await? {
                Some(piece) => self.take(&piece)?,
                None => self.finish_body()?,
            }
        }
    }

    fn take(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(piece);
            return Ok(());
        }
        let mut found = Vec::new();
        let read = self.events.push(piece, &mut found);
        self.waiting.extend(found);
        read.map_err(|_| Failure::new(Reason::Error, "an event of the upstream is too long"))
    }

    /// The connection has nothing more: a whole answer is complete now, a stream must have said how it ended.
    fn finish_body(&mut self) -> Result<(), Failure> {
        if let Some(whole) = self.whole.take() {
            self.waiting.push_back(String::from_utf8_lossy(&whole).into_owned());
        } else {
            self.reader.end(false)?;
        }
        // What is read next is the end, after what waits.
        self.waiting.push_back("[DONE]".to_owned());
        Ok(())
    }
}

impl Model for Remote {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn open(&self, ask: Ask) -> BoxFuture<'_, Result<Deltas, Failure>> {
        async move { self.call(&ask).await }.boxed()
    }
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("model", &self.model).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
