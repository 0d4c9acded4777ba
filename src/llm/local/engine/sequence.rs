//! S: One answer on its way: its tokens, how far they are computed, and what its text has become. Computes no logits.

use std::time::Duration;

use tokio::sync::mpsc;

use super::Job;
use super::desk::Waiting;
use super::pages::Held;
use super::plan::Want;
use crate::clock::Stopwatch;
use crate::error::FieldError;
use crate::llm::local::forward::Vocabulary;
use crate::llm::local::grammar::Constraint;
use crate::llm::local::sampler::Sampler;
use crate::llm::local::spelling::Spelling;
use crate::llm::model::{Delta, End, Failure, Finish, Party, Reason, Reported};

/// How a sequence ended.
#[derive(Debug)]
pub enum Over {
    /// Its answer is whole.
    Whole(Finish),
    /// Nobody listens any more.
    Gone,
    /// It failed.
    Failed(Failure),
}

/// One answer on its way.
pub struct Sequence {
    /// Prompt and answer.
    pub tokens: Vec<u32>,
    /// How many of them are the prompt.
    pub prompt: usize,
    /// How many of them have keys and values.
    pub computed: usize,
    /// Its pages.
    pub held: Held,
    /// For whom it is.
    pub party: Party,
    /// Tokens that it did not have to compute.
    pub cached: usize,
    max_tokens: usize,
    sampler: Sampler,
    spelling: Spelling,
    constraint: Option<Constraint>,
    tell: mpsc::Sender<Result<Delta, Failure>>,
    since: Stopwatch,
    within: Duration,
}

impl Sequence {
    /// Begins with what is known of its prompt.
    pub fn new(waiting: Waiting, held: Held) -> Self {
        let Waiting { job, tell, since } = waiting;
        let Job { prompt, max_tokens, taste, seed, stop, constraint, party, within } = job;
        let known = held.known_positions();
        Self {
            prompt: prompt.len(),
            computed: known,
            cached: known,
            held,
            party,
            max_tokens,
            sampler: Sampler::new(taste, seed, &prompt),
            spelling: Spelling::new(&stop),
            constraint,
            tell,
            since,
            within,
            tokens: prompt,
        }
    }

    /// What it has before it.
    pub const fn want(&self) -> Want {
        Want { computed: self.computed, left: self.tokens.len() - self.computed }
    }

    /// Tokens of the answer.
    pub const fn written(&self) -> usize {
        self.tokens.len() - self.prompt
    }

    /// Whether it has no more to do before the next step.
    pub fn over(&self) -> Option<Over> {
        if self.tell.is_closed() {
            return Some(Over::Gone);
        }
        let is_late = self.since.elapsed() >= self.within;
        is_late.then(|| Over::Failed(Failure::new(Reason::Timeout, "the answer took too long")))
    }

    /// Chooses its next token by the logits behind its last, and tells the text.
    pub fn go_on(&mut self, logits: &mut [f32], vocabulary: &dyn Vocabulary) -> Option<Over> {
        // Where there are more logits than tokens, the rest is padding.
        let width = vocabulary.size().min(logits.len());
        let logits = &mut logits[..width];
        if let Some(constraint) = &mut self.constraint
            && let Err(bad) = constraint.restrict(logits)
        {
            return Some(Over::Failed(too_much(&bad.0)));
        }
        let Some(token) = self.sampler.choose(logits) else {
            return Some(Over::Failed(Failure::new(Reason::Error, "the model gave no token a chance")));
        };
        if vocabulary.ends().contains(&token) {
            return Some(Over::Whole(Finish::Stop));
        }
        self.tokens.push(token);
        self.sampler.wrote(token);
        let text = self.spelling.push(vocabulary.piece(token));
        if !text.is_empty() && self.tell.try_send(Ok(Delta::Text(text))).is_err() {
            return Some(Over::Gone);
        }
        if self.spelling.is_ended() {
            return Some(Over::Whole(Finish::Stop));
        }
        match self.constraint.as_mut().map(|constraint| constraint.take(token)) {
            Some(Ok(true)) => return Some(Over::Whole(Finish::Stop)),
            Some(Err(bad)) => return Some(Over::Failed(too_much(&bad.0))),
            Some(Ok(false)) | None => {}
        }
        (self.written() >= self.max_tokens).then_some(Over::Whole(Finish::Length))
    }

    /// Tells how it ended; the name of that for the metrics.
    pub fn end(mut self, over: Over) -> (&'static str, Held) {
        let usage = Reported {
            prompt_tokens: self.prompt as u64,
            cached_tokens: self.cached as u64,
            completion_tokens: self.written() as u64,
        };
        let name = match over {
            Over::Gone => "cancelled",
            Over::Failed(failure) => {
                let name = if failure.reason == Reason::Timeout { "timeout" } else { "failed" };
                self.tell.try_send(Err(failure)).ok();
                name
            }
            Over::Whole(finish) => {
                let rest = self.spelling.finish();
                if !rest.is_empty() {
                    self.tell.try_send(Ok(Delta::Text(rest))).ok();
                }
                self.tell.try_send(Ok(Delta::End(End { finish, usage: Some(usage) }))).ok();
                if finish == Finish::Length { "length" } else { "stop" }
            }
        };
        (name, self.held)
    }
}

fn too_much(detail: &str) -> Failure {
    Failure::invalid(FieldError::unshown(
        "response_format",
        format!("a form that can be followed step by step ({detail})"),
    ))
}
