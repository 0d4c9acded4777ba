//! P: A circuit breaker: after enough failures an upstream is left alone for a while, then tried by single probes. Reads no
//! clock and calls nobody: the caller passes the instant and says how each call ended.
//!
//! Closed, it counts the calls of the last minute and opens when at least [`limits::BREAKER_FAILURES`] failed and they are
//! half of all. Open, it admits nobody until the pause is over. Then it is half open: one probe at a time, and as many
//! successes in a row as [`limits::BREAKER_PROBES`] close it; one failure opens it again, for twice as long, to a bound.

use std::collections::VecDeque;

use crate::limits;

/// What the breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Every call.
    Closed,
    /// None.
    Open,
    /// One at a time, to see.
    HalfOpen,
}

impl State {
    /// Name as a label.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// How a call that was admitted ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The upstream answered, be it with a refusal.
    Answered,
    /// It did not, or said itself that it failed.
    Failed,
    /// Nothing can be said: the caller went away first.
    Unknown,
}

/// A call that was admitted; to be told how it ended, once.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Which opening it belongs to: a verdict on an older one says nothing on the newer.
    epoch: u64,
    probe: bool,
}

#[derive(Debug)]
enum Inner {
    Closed { recent: VecDeque<(u64, bool)> },
    Open { until_ms: u64 },
    HalfOpen { probing: bool, successes: u32 },
}

/// The breaker of one upstream.
#[derive(Debug)]
pub struct Breaker {
    inner: Inner,
    epoch: u64,
    pause_ms: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new()
    }
}

impl Breaker {
    /// Closed.
    pub const fn new() -> Self {
        Self { inner: Inner::Closed { recent: VecDeque::new() }, epoch: 0, pause_ms: limits::BREAKER_PAUSE_MS }
    }

    /// What it lets through at `now_ms`.
    pub const fn state(&self, now_ms: u64) -> State {
        match &self.inner {
            Inner::Closed { .. } => State::Closed,
            Inner::Open { until_ms } if now_ms < *until_ms => State::Open,
            Inner::Open { .. } | Inner::HalfOpen { .. } => State::HalfOpen,
        }
    }

    /// Leave for one call; `None` while the upstream is left alone.
    pub fn admit(&mut self, now_ms: u64) -> Option<Ticket> {
        if let Inner::Open { until_ms } = self.inner
            && now_ms >= until_ms
        {
            self.inner = Inner::HalfOpen { probing: false, successes: 0 };
        }
        match &mut self.inner {
            Inner::Closed { .. } => Some(Ticket { epoch: self.epoch, probe: false }),
            Inner::HalfOpen { probing: probing @ false, .. } => {
                *probing = true;
                Some(Ticket { epoch: self.epoch, probe: true })
            }
            Inner::Open { .. } | Inner::HalfOpen { .. } => None,
        }
    }

    /// How the call of `ticket` ended.
    pub fn report(&mut self, Ticket { epoch, probe }: Ticket, outcome: Outcome, now_ms: u64) {
        if epoch != self.epoch {
            return;
        }
        match &mut self.inner {
            Inner::Closed { recent } => {
                if outcome == Outcome::Unknown {
                    return;
                }
                recent.push_back((now_ms, outcome == Outcome::Failed));
                let since = now_ms.saturating_sub(limits::BREAKER_WINDOW_MS);
                while recent.len() > limits::BREAKER_CALLS_MAX || recent.front().is_some_and(|(at, _)| *at < since) {
                    recent.pop_front();
                }
                let failures = recent.iter().filter(|(_, failed)| *failed).count();
                if failures >= limits::BREAKER_FAILURES && failures * 2 >= recent.len() {
                    self.open(now_ms, limits::BREAKER_PAUSE_MS);
                }
            }
            Inner::HalfOpen { probing, successes } if probe => {
                *probing = false;
                match outcome {
                    Outcome::Unknown => {}
                    Outcome::Failed => {
                        let longer = self.pause_ms.saturating_mul(2).min(limits::BREAKER_PAUSE_MAX_MS);
                        self.open(now_ms, longer);
                    }
                    Outcome::Answered => {
                        *successes += 1;
                        if *successes >= limits::BREAKER_PROBES {
                            self.inner = Inner::Closed { recent: VecDeque::new() };
                            self.epoch += 1;
                            self.pause_ms = limits::BREAKER_PAUSE_MS;
                        }
                    }
                }
            }
            Inner::HalfOpen { .. } | Inner::Open { .. } => {}
        }
    }

    fn open(&mut self, now_ms: u64, pause_ms: u64) {
        self.pause_ms = pause_ms;
        self.epoch += 1;
        self.inner = Inner::Open { until_ms: now_ms.saturating_add(pause_ms) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(breaker: &mut Breaker, outcome: Outcome, now_ms: u64) -> bool {
        let Some(ticket) = breaker.admit(now_ms) else { return false };
        breaker.report(ticket, outcome, now_ms);
        true
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::new();
        for n in 0..limits::BREAKER_FAILURES as u64 {
            assert!(run(&mut breaker, Outcome::Failed, n));
        }
        breaker
    }

    #[test]
    fn enough_failures_open_it_and_the_pause_keeps_it_so() {
        let mut breaker = opened();
        let at = limits::BREAKER_FAILURES as u64 - 1;
        assert_eq!(breaker.state(at), State::Open);
        assert!(breaker.admit(at + limits::BREAKER_PAUSE_MS - 1).is_none());
        assert_eq!(breaker.state(at + limits::BREAKER_PAUSE_MS), State::HalfOpen);
    }

    #[test]
    fn failures_among_many_answers_or_long_ago_open_nothing() {
        let mut breaker = Breaker::new();
        for n in 0..100 {
            run(&mut breaker, if n % 3 == 0 { Outcome::Failed } else { Outcome::Answered }, n);
        }
        assert_eq!(breaker.state(100), State::Closed);
        let mut breaker = Breaker::new();
        for n in 0..100 {
            run(&mut breaker, Outcome::Failed, n * (limits::BREAKER_WINDOW_MS / 2));
        }
        assert_eq!(breaker.state(0), State::Closed);
    }

    #[test]
    fn half_open_admits_one_probe_at_a_time_and_closes_after_enough() {
        let mut breaker = opened();
        let now = limits::BREAKER_PAUSE_MS + 100;
        let probe = breaker.admit(now).expect("a probe");
        assert!(breaker.admit(now).is_none(), "a second one beside it");
        breaker.report(probe, Outcome::Unknown, now);
        for _ in 0..limits::BREAKER_PROBES {
            assert_eq!(breaker.state(now), State::HalfOpen);
            assert!(run(&mut breaker, Outcome::Answered, now));
        }
        assert_eq!(breaker.state(now), State::Closed);
    }

    #[test]
    fn a_failed_probe_opens_it_for_longer_up_to_a_bound() {
        let mut breaker = opened();
        let mut now = limits::BREAKER_PAUSE_MS + 100;
        for _ in 0..20 {
            assert!(run(&mut breaker, Outcome::Failed, now), "a probe at {now}");
            assert_eq!(breaker.state(now + limits::BREAKER_PAUSE_MS), State::Open);
            now += limits::BREAKER_PAUSE_MAX_MS;
            assert_eq!(breaker.state(now), State::HalfOpen);
        }
    }

    #[test]
    fn a_late_verdict_on_an_older_opening_says_nothing() {
        let mut breaker = Breaker::new();
        let late = breaker.admit(0).expect("closed");
        for n in 0..limits::BREAKER_FAILURES as u64 {
            run(&mut breaker, Outcome::Failed, n);
        }
        let now = limits::BREAKER_PAUSE_MS + 100;
        let _probe = breaker.admit(now).expect("a probe");
        breaker.report(late, Outcome::Answered, now);
        assert_eq!(breaker.state(now), State::HalfOpen);
        assert!(breaker.admit(now).is_none(), "the probe is still out");
    }

    proptest! {
        /// Whatever happens, at most one probe is out while half open, and an open breaker lets nobody in.
        #[test]
        fn it_never_lets_in_what_it_should_not(steps in proptest::collection::vec((0_u8..5, 0_u64..40_000), 1..200)) {
            let mut breaker = Breaker::new();
            let mut out: Vec<Ticket> = Vec::new();
            let mut now = 0;
            for (kind, wait) in steps {
                now += wait;
                match kind {
                    0 | 1 => {
                        let before = breaker.state(now);
                        let ticket = breaker.admit(now);
                        prop_assert!(before != State::Open || ticket.is_none());
                        prop_assert!(before != State::Closed || ticket.is_some());
                        out.extend(ticket);
                    }
                    _ => if let Some(ticket) = out.pop() {
                        let outcome = [Outcome::Answered, Outcome::Failed, Outcome::Unknown][usize::from(kind) - 2];
                        breaker.report(ticket, outcome, now);
                    }
                }
                let probes = out.iter().filter(|t| t.probe && t.epoch == breaker.epoch).count();
                prop_assert!(probes <= 1);
            }
        }
    }
}
