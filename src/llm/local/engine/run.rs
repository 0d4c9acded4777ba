//! S: The engine's thread: sends away who is over, lets in who is next, plans a step, computes it, and goes round.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::desk::Desk;
use super::pages::{Held, Pages};
use super::plan::{self, Share};
use super::sequence::{Over, Sequence};
use super::{broken, stopping};
use crate::clock::Stopwatch;
use crate::limits::STEP_FAILURES_MAX;
use crate::llm::local::forward::{Chunk, Forward, Vocabulary};
use crate::llm::model::{Failure, Reason};
use crate::telemetry::{EngineMetrics, EngineState};

/// What the thread works with.
pub struct Worker {
    forward: Box<dyn Forward>,
    vocabulary: Arc<dyn Vocabulary>,
    desk: Arc<Desk>,
    metrics: EngineMetrics,
    pages: Pages,
    running: Vec<Sequence>,
    logits: Vec<f32>,
    failures: u32,
}

/// Tells whoever waits when the thread ends in a way that nobody foresaw.
struct Watch(Arc<Desk>);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.break_down();
        }
    }
}

impl Worker {
    pub fn new(
        forward: Box<dyn Forward>,
        vocabulary: Arc<dyn Vocabulary>,
        desk: Arc<Desk>,
        metrics: EngineMetrics,
    ) -> Self {
        let pages = Pages::new(forward.pages());
        Self { forward, vocabulary, desk, metrics, pages, running: Vec::new(), logits: Vec::new(), failures: 0 }
    }

    pub fn run(mut self) {
        let _watch = Watch(Arc::clone(&self.desk));
        while self.failures < STEP_FAILURES_MAX {
            if self.running.is_empty() {
                self.stand(0);
            }
            let Some(orders) = self.desk.orders(self.running.is_empty()) else { return };
            orders.over.iter().for_each(|end| self.metrics.ended(end));
            if orders.abort {
                self.fail_all(&stopping());
                continue;
            }
            self.send_away();
            self.let_in();
            self.stand(orders.queued);
            if self.running.is_empty() {
                continue;
            }
            if catch_unwind(AssertUnwindSafe(|| self.step())).is_ok() {
                self.failures = 0;
            } else {
                self.failures += 1;
                self.metrics.step_failed();
                tracing::error!(sequences = self.running.len(), "a step of the local model failed");
                self.fail_all(&Failure::new(Reason::Error, "a step of the model failed"));
            }
        }
        tracing::error!("the local model failed again and again, and is not used any more");
        self.desk.break_down();
        self.fail_all(&broken());
    }

    fn stand(&self, queued: usize) {
        self.metrics.stands(EngineState {
            queued,
            running: self.running.len(),
            used: self.pages.used(),
            cached: self.pages.cached(),
            free: self.pages.free(),
        });
    }

    fn send_away(&mut self) {
        for at in (0..self.running.len()).rev() {
            if let Some(over) = self.running[at].over() {
                self.end(at, over);
            }
        }
    }

    fn let_in(&mut self) {
        loop {
            let pages = &mut self.pages;
            let next = self.desk.next(|job| {
                // The last token is told, and never needs keys and values.
                pages.start(&job.prompt, job.prompt.len() + job.max_tokens - 1)
            });
            let Some((waiting, held)) = next else { return };
            self.running.push(Sequence::new(waiting, held));
        }
    }

    /// Computes one step, and tells what came of it.
    fn step(&mut self) {
        let watch = Stopwatch::start();
        for sequence in &mut self.running {
            self.pages.adopt(&mut sequence.held, &sequence.tokens[..sequence.prompt]);
            let known = sequence.held.known_positions();
            if known > sequence.computed {
                sequence.cached += known - sequence.computed;
                sequence.computed = known;
            }
        }
        let wants: Vec<_> = self.running.iter().map(Sequence::want).collect();
        let shares = plan::next(&wants);
        for Share { sequence, tokens } in &shares {
            let sequence = &mut self.running[*sequence];
            let has_room = self.pages.grow(&mut sequence.held, sequence.computed + tokens);
            debug_assert!(has_room, "a promise was broken");
        }
        let chunks: Vec<Chunk<'_>> =
            shares.iter().map(|share| chunk(&self.running[share.sequence], share.tokens)).collect();
        self.forward.step(&chunks, &mut self.logits);
        let computed = shares.iter().map(|share| share.tokens).sum();
        self.tell(&shares);
        self.metrics.stepped(computed, watch.elapsed());
    }

    /// Takes the logits of a step to the sequences that wanted them.
    fn tell(&mut self, shares: &[Share]) {
        let width = self.forward.vocabulary();
        let mut logits = std::mem::take(&mut self.logits);
        let mut rows = logits.chunks_exact_mut(width.max(1));
        let mut over = Vec::new();
        for Share { sequence: at, tokens } in shares {
            let sequence = &mut self.running[*at];
            sequence.computed += tokens;
            self.pages.publish(&mut sequence.held, &sequence.tokens, sequence.computed);
            if sequence.want().left > 0 {
                continue;
            }
            let ended = match rows.next() {
                Some(row) => sequence.go_on(row, &*self.vocabulary),
                None => Some(Over::Failed(Failure::new(Reason::Error, "the model gave too few logits"))),
            };
            over.extend(ended.map(|ended| (*at, ended)));
        }
        self.logits = logits;
        over.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (at, ended) in over {
            self.end(at, ended);
        }
    }

    fn end(&mut self, at: usize, over: Over) {
        let sequence = self.running.remove(at);
        let held = self.told(sequence, over);
        self.pages.release(held);
    }

    /// Ends a sequence but for its pages.
    fn told(&self, sequence: Sequence, over: Over) -> Held {
        let (tenant, read, cached) = (sequence.party.tenant, sequence.computed.min(sequence.prompt), sequence.cached);
        self.metrics.tokens("prompt", read.saturating_sub(cached));
        self.metrics.tokens("prefix_hit", cached);
        self.metrics.tokens("completion", sequence.written());
        let (name, held) = sequence.end(over);
        self.metrics.ended(name);
        self.desk.left(tenant);
        held
    }

    /// Fails all that runs, and begins with pages of which nothing is known: a step that failed may have written anything.
    fn fail_all(&mut self, failure: &Failure) {
        for sequence in std::mem::take(&mut self.running) {
            self.told(sequence, Over::Failed(failure.clone()));
        }
        self.pages = Pages::new(self.pages.total());
    }
}

fn chunk(sequence: &Sequence, tokens: usize) -> Chunk<'_> {
    let end = sequence.computed + tokens;
    Chunk {
        tokens: &sequence.tokens[sequence.computed..end],
        start: sequence.computed,
        pages: sequence.held.pages(),
        wants_logits: end == sequence.tokens.len(),
    }
}
