//! S: The local model as the gateway knows it: which one is in use, what it is asked, and what it says. Computes nothing
//! itself, and reads no file.
//!
//! One model is in use at a time. Another takes its place at once; the one before answers what it was asked, then goes, and
//! its memory with it. Until then both are counted.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, StreamExt};

use super::engine::{Bounds, Engine, Job, Said};
use super::forward::{Forward, Vocabulary};
use super::grammar::{Constraint, Grammars};
use super::sampler::Taste;
use crate::error::FieldError;
use crate::llm::model::{Ask, Delta, Deltas, Failure, Form, Message, Model, Reason};
use crate::telemetry::EngineMetrics;
use crate::tokens::Tokenizer;

/// Name of the provider.
pub const PROVIDER: &str = "local";
/// How much longer than its deadline an answer is waited for: the engine sees to deadlines between steps, and only where a
/// step takes longer than this does the caller leave first.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a model that is put away may still take to answer at a stop.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Turns a conversation into the tokens of a prompt: the model's template and tokenizer.
pub trait Script: Send + Sync {
    /// The tokens, up to where the answer begins.
    ///
    /// # Errors
    /// What the template does not take, in words for whoever sent the conversation.
    fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>, String>;

    /// Texts that end an answer beside the tokens that do.
    fn stops(&self) -> &[String] {
        &[]
    }
}

/// A model that was loaded.
pub struct Loaded {
    /// Its name, as answers and prices say it.
    pub name: String,
    /// Its decoder.
    pub forward: Box<dyn Forward>,
    /// Its tokens.
    pub vocabulary: Arc<dyn Vocabulary>,
    /// Its template.
    pub script: Arc<dyn Script>,
    /// What it takes of memory, pages of keys and values included, in bytes.
    pub memory_bytes: u64,
}

/// A model at work. Clones share it.
#[derive(Clone)]
pub struct Local {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    engine: Engine,
    vocabulary: Arc<dyn Vocabulary>,
    script: Arc<dyn Script>,
    grammars: OnceLock<Result<Grammars, String>>,
    memory_bytes: u64,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("name", &self.inner.name).finish_non_exhaustive()
    }
}

impl Local {
    /// Sets a model to work.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(loaded: Loaded, bounds: Bounds, metrics: EngineMetrics) -> std::io::Result<Self> {
        let Loaded { name, forward, vocabulary, script, memory_bytes } = loaded;
        let engine = Engine::start(forward, Arc::clone(&vocabulary), bounds, metrics)?;
        let grammars = OnceLock::new();
        Ok(Self { inner: Arc::new(Inner { name, engine, vocabulary, script, grammars, memory_bytes }) })
    }

    /// What it takes of memory, in bytes.
    pub fn memory_bytes(&self) -> u64 {
        self.inner.memory_bytes
    }

    /// The engine that runs it.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Reads the conversation and the form, away from the async threads, and puts the answer into the engine's queue.
    async fn submit(&self, ask: Ask) -> Result<Said, Failure> {
        let inner = Arc::clone(&self.inner);
        let job = tokio::task::spawn_blocking(move || inner.job(&ask));
        let job = job.await.map_err(|error| Failure::new(Reason::Error, error.to_string()))??;
        self.inner.engine.submit(job)
    }

    async fn call(&self, ask: Ask) -> Result<Deltas, Failure> {
        let deadline = tokio::time::Instant::now() + ask.within + PATIENCE;
        let mut said = tokio::time::timeout_at(deadline, self.submit(ask)).await.unwrap_or_else(|_| Err(late()))?;
        let first = next(&mut said, deadline).await?;
        let rest = stream::unfold(Some((said, Some(first))), move |state| async move {
            let (mut said, first) = state?;
            let next = match first {
                Some(first) => Ok(first),
                None => next(&mut said, deadline).await,
            };
            let goes_on = matches!(next, Ok(Delta::Text(_)));
            Some((next, goes_on.then_some((said, None))))
        });
        Ok(rest.boxed())
    }
}

impl Inner {
    fn job(&self, ask: &Ask) -> Result<Job, Failure> {
        let prompt = self.script.prompt(&ask.messages);
        let prompt = prompt.map_err(|allowed| Failure::invalid(FieldError::unshown("messages", allowed)))?;
        let constraint = self.hold(&ask.form)?;
        let choice = ask.choice;
        let plain = Taste::default();
        Ok(Job {
            prompt,
            max_tokens: usize::try_from(ask.max_tokens).unwrap_or(usize::MAX),
            taste: Taste {
                temperature: f64::from(ask.temperature_percent) / 100.0,
                top_k: choice.top_k.unwrap_or(plain.top_k),
                top_p: choice.top_p.unwrap_or(plain.top_p),
                min_p: choice.min_p.unwrap_or(plain.min_p),
                repetition_penalty: choice.repetition_penalty.unwrap_or(plain.repetition_penalty),
                frequency_penalty: choice.frequency_penalty.unwrap_or(plain.frequency_penalty),
                presence_penalty: choice.presence_penalty.unwrap_or(plain.presence_penalty),
            },
            seed: ask.seed,
            stop: [ask.stop.as_slice(), self.script.stops()].concat(),
            constraint,
            party: ask.party,
            within: ask.within,
        })
    }

    fn hold(&self, form: &Form) -> Result<Option<Constraint>, Failure> {
        if *form == Form::Text {
            return Ok(None);
        }
        let grammars = self.grammars.get_or_init(|| Grammars::new(&*self.vocabulary).map_err(|bad| bad.0));
        let wrong = |allowed: String| Failure::invalid(FieldError::unshown("response_format", allowed));
        let grammars =
            grammars.as_ref().map_err(|why| wrong(format!("text alone, as this model is held to no form: {why}")))?;
        grammars.hold(form).map_err(|bad| wrong(format!("a form that the local model can be held to: {}", bad.0)))
    }
}

impl Tokenizer for Inner {
    fn count(&self, text: &str) -> Option<u64> {
        Some(self.vocabulary.encode(text, false).len() as u64)
    }
}

impl Model for Local {
    fn provider(&self) -> &'static str {
        PROVIDER
    }

    fn model(&self) -> &str {
        &self.inner.name
    }

    fn tokenizer(&self) -> Option<&dyn Tokenizer> {
        Some(&*self.inner)
    }

    fn measure(&self, messages: &[Message]) -> BoxFuture<'_, Option<u64>> {
        let (inner, messages) = (Arc::clone(&self.inner), messages.to_vec());
        let measured = tokio::task::spawn_blocking(move || inner.script.prompt(&messages).ok());
        async move { measured.await.ok().flatten().map(|tokens| tokens.len() as u64) }.boxed()
    }

    fn context_tokens(&self) -> Option<u64> {
        Some(self.inner.engine.context() as u64)
    }

    fn open(&self, ask: Ask) -> BoxFuture<'_, Result<Deltas, Failure>> {
        self.call(ask).boxed()
    }
}

async fn next(said: &mut Said, deadline: tokio::time::Instant) -> Result<Delta, Failure> {
    let lost = || Err(Failure::new(Reason::Error, "the model stopped without a word"));
    match tokio::time::timeout_at(deadline, said.recv()).await {
        Ok(Some(delta)) => delta,
        Ok(None) => lost(),
        Err(_) => Err(late()),
    }
}

fn late() -> Failure {
    Failure::new(Reason::Timeout, "the model did not answer in time")
}

/// Which model is in use. Clones share it.
#[derive(Clone, Debug)]
pub struct Slot {
    inner: Arc<SlotInner>,
}

#[derive(Debug)]
struct SlotInner {
    bounds: Bounds,
    metrics: EngineMetrics,
    current: RwLock<Option<Local>>,
    /// Those that still answer what they were asked: name, bytes, engine.
    leaving: Mutex<Vec<(String, u64, Engine)>>,
}

/// A model and what it takes of memory, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub memory_bytes: u64,
}

impl Slot {
    /// With none in use; each takes on as much as `bounds` say.
    pub fn new(bounds: Bounds, metrics: EngineMetrics) -> Self {
        let inner = SlotInner { bounds, metrics, current: RwLock::default(), leaving: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// The model in use.
    pub fn current(&self) -> Option<Local> {
        self.inner.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a model into use. The one before takes on nothing more, and goes when it has answered what it was asked.
    ///
    /// # Errors
    /// When the system gives no thread; then the one before stays in use.
    pub fn take(&self, loaded: Loaded) -> std::io::Result<()> {
        let local = Local::start(loaded, self.inner.bounds, self.inner.metrics.clone())?;
        self.switch(Some(local));
        Ok(())
    }

    /// Takes the model out of use, as [`Slot::take`] does with the one before.
    pub fn clear(&self) {
        self.switch(None);
    }

    fn switch(&self, next: Option<Local>) {
        let before = {
            let mut current = self.inner.current.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, next)
        };
        let Some(before) = before else { return };
        let (name, engine) = (before.inner.name.clone(), before.inner.engine.clone());
        engine.close();
        let mut leaving = self.leaving();
        leaving.retain(|(_, _, engine)| !engine.has_ended());
        leaving.push((name, before.memory_bytes(), engine));
    }

    /// The models that take memory now: the one in use, and those that have not gone yet.
    pub fn footprints(&self) -> (Option<Footprint>, Vec<Footprint>) {
        let current = self
            .current()
            .map(|local| Footprint { name: local.inner.name.clone(), memory_bytes: local.memory_bytes() });
        let mut leaving = self.leaving();
        leaving.retain(|(_, _, engine)| !engine.has_ended());
        let leaving = leaving.iter().map(|(name, bytes, _)| Footprint { name: name.clone(), memory_bytes: *bytes });
        (current, leaving.collect())
    }

    /// Puts away every model: what they were asked is answered for a while, then cut.
    pub async fn stop(&self) {
        self.switch(None);
        let engines: Vec<Engine> = self.leaving().drain(..).map(|(_, _, engine)| engine).collect();
        for engine in engines {
            if tokio::time::timeout(DRAIN_MAX, engine.ended()).await.is_err() {
                engine.abort();
                tokio::time::timeout(DRAIN_MAX, engine.ended()).await.ok();
            }
        }
    }

    fn leaving(&self) -> std::sync::MutexGuard<'_, Vec<(String, u64, Engine)>> {
        self.inner.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
