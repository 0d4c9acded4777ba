//! The ledger against a model of a few lines, over any interleaving of what can happen to it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::limits::{LEDGER_ENTRIES_KEPT_DAYS, RESERVATION_MAX_MS};

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    /// A call for model `m` or `n`, by user 1 or 2, that may cost so much.
    Reserve { other_model: bool, other_user: bool, micro: u64 },
    /// The n-th open call ends and cost so many percent of its bound.
    Settle { nth: usize, percent: u64, partial: bool },
    /// The n-th open call is dropped.
    Drop { nth: usize },
    /// The process dies with all that is open.
    Crash,
    /// The operator sets a limit.
    Cap { scope: usize, window: usize, micro: u64, hard: bool },
    /// The operator resets one.
    Reset { scope: usize, window: usize },
    /// Hours pass.
    Wait { hours: u64 },
    /// Minutes pass, so that of the open calls some have lasted too long and others not.
    Linger { minutes: u64 },
    /// More time passes than entries are kept one by one.
    Age { days: u64 },
    /// The ledger's own sweep: what was held too long lapses, and old entries are folded into opening balances.
    Sweep,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (any::<bool>(), any::<bool>(), 1..400u64)
            .prop_map(|(other_model, other_user, micro)| Step::Reserve { other_model, other_user, micro }),
        4 => (0..8usize, 0..160u64, any::<bool>())
            .prop_map(|(nth, percent, partial)| Step::Settle { nth, percent, partial }),
        2 => (0..8usize).prop_map(|nth| Step::Drop { nth }),
        1 => Just(Step::Crash),
        2 => (0..4usize, 0..3usize, 1..1_500u64, prop::bool::weighted(0.7))
            .prop_map(|(scope, window, micro, hard)| Step::Cap { scope, window, micro, hard }),
        1 => (0..4usize, 0..3usize).prop_map(|(scope, window)| Step::Reset { scope, window }),
        1 => (1..40u64).prop_map(|hours| Step::Wait { hours }),
        2 => (1..70u64).prop_map(|minutes| Step::Linger { minutes }),
        1 => (LEDGER_ENTRIES_KEPT_DAYS - 2..LEDGER_ENTRIES_KEPT_DAYS + 40).prop_map(|days| Step::Age { days }),
        3 => Just(Step::Sweep),
    ];
    prop::collection::vec(step, 1..50)
}

/// Which scope, by number: the tenant, user 1, model `m` of the tenant, model `m` everywhere.
fn concerns(scope: usize, other_model: bool, other_user: bool) -> bool {
    match scope {
        0 => true,
        1 => !other_user,
        _ => !other_model,
    }
}

/// A day, a month or nothing, as text: the model's own idea of a period.
fn period_text(window: usize, at: UnixMs) -> String {
    let at = at.rfc3339();
    at.chars().take([10, 7, 0][window]).collect()
}

/// What a limit has against it in one period.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    held: u64,
    spent: u64,
    forgiven: u64,
}

#[derive(Clone, Debug)]
struct Call {
    made_at: UnixMs,
    /// The most that it may cost.
    bound: u64,
    /// What is held for it still: all of that, or nothing once it has lapsed.
    held: u64,
    other_model: bool,
    other_user: bool,
}

/// The model: sums by scope, window and period; limits by scope and window.
#[derive(Default)]
struct Model {
    sums: BTreeMap<(usize, usize, String), Sum>,
    caps: BTreeMap<(usize, usize), (u64, bool)>,
}

impl Model {
    fn each(&mut self, call: &Call, mut change: impl FnMut(&mut Sum)) {
        for scope in (0..4).filter(|scope| concerns(*scope, call.other_model, call.other_user)) {
            for window in 0..3 {
                change(self.sums.entry((scope, window, period_text(window, call.made_at))).or_default());
            }
        }
    }

    /// Whether a hard limit, or else a soft one, has no room.
    fn refusal(&self, call: &Call) -> Option<bool> {
        let full = self.caps.iter().filter(|((scope, window), (limit, _))| {
            let sum =
                self.sums.get(&(*scope, *window, period_text(*window, call.made_at))).copied().unwrap_or_default();
            let counted = sum.spent - sum.forgiven;
            concerns(*scope, call.other_model, call.other_user) && counted + sum.held + call.bound > *limit
        });
        full.map(|(_, (_, hard))| *hard).max()
    }
}

struct Run {
    bench: Bench,
    model: Model,
    open: Vec<(Call, Reservation)>,
    /// When each entry that is kept one by one was written, as far as a step has looked.
    written: Vec<UnixMs>,
    /// The most that ever stood against a limit that was then lowered below it.
    excess: BTreeMap<(usize, usize, String), u64>,
}

impl Run {
    fn scope(&self, number: usize) -> Scope {
        match number {
            0 => self.bench.scope(Subject::Tenant),
            1 => self.bench.scope(Subject::User(UserId([1; 16]))),
            2 => self.bench.scope(Subject::Model("m".into())),
            _ => Scope { tenant: audit::SYSTEM_TENANT, subject: Subject::ModelEverywhere("m".into()) },
        }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Reserve { other_model, other_user, micro } => self.reserve(other_model, other_user, micro).await,
            Step::Settle { nth, percent, partial } if !self.open.is_empty() => {
                let (call, held) = self.open.swap_remove(nth % self.open.len());
                // Model `n` costs two micro-dollars a token.
                let tokens = call.bound * percent / 100 / if call.other_model { 2 } else { 1 };
                let cost = tokens * if call.other_model { 2 } else { 1 };
                let outcome = if partial { Outcome::Partial } else { Outcome::Whole };
                let settled = held.settle_alone(used(tokens), outcome).await.unwrap();
                // One that lapsed charges nothing: its money may be spent by others.
                let charged = cost.min(call.held);
                assert_eq!((settled.charged.0, settled.overrun.0), (charged, cost - charged));
                self.model.each(&call, |sum| {
                    sum.held -= call.held;
                    sum.spent += charged;
                });
            }
            Step::Drop { nth } if !self.open.is_empty() => {
                let (call, held) = self.open.swap_remove(nth % self.open.len());
                drop(held);
                self.bench.ledger.drain().await;
                self.model.each(&call, |sum| sum.held -= call.held);
            }
            Step::Settle { .. } | Step::Drop { .. } => {}
            Step::Crash => {
                for (call, held) in self.open.drain(..) {
                    std::mem::forget(held);
                    self.model.each(&call, |sum| sum.held -= call.held);
                }
                self.bench.reboot().await;
            }
            Step::Cap { scope, window, micro, hard } => {
                let of = self.scope(scope);
                self.bench.cap(&of, Window::ALL[window], micro, hard).await;
                self.model.caps.insert((scope, window), (micro, hard));
                self.excess.retain(|key, _| (key.0, key.1) != (scope, window));
                for (key, sum) in self.model.sums.iter().filter(|(key, _)| (key.0, key.1) == (scope, window)) {
                    self.excess.insert(key.clone(), sum.spent - sum.forgiven + sum.held);
                }
            }
            Step::Reset { scope, window } => {
                let of = self.scope(scope);
                self.bench.change(&of, Window::ALL[window], BudgetChange::Reset).await.unwrap();
                let now = self.bench.clock.now();
                for (key, sum) in self.model.sums.iter_mut().filter(|(key, _)| (key.0, key.1) == (scope, window)) {
                    // Only the last reset of a window counts; a passed period has its full sum again.
                    sum.forgiven = if key.2 == period_text(window, now) { sum.spent } else { 0 };
                }
            }
            Step::Wait { hours } => self.bench.clock.advance_ms(hours * 3_600_000),
            Step::Linger { minutes } => self.bench.clock.advance_ms(minutes * 60_000),
            Step::Age { days } => self.bench.clock.advance_ms(days * 86_400_000),
            Step::Sweep => self.sweep().await,
        }
    }

    /// What the background task does once a minute, in its order.
    async fn sweep(&mut self) {
        let before = self.bench.verified().0;
        background::expire(&self.bench.ledger.core.on).await.unwrap();
        let now = self.bench.clock.now();
        let mut lapsed = 0;
        for (call, _) in &mut self.open {
            if call.held > 0 && now.0 - call.made_at.0 > RESERVATION_MAX_MS {
                self.model.each(call, |sum| sum.held -= call.held);
                call.held = 0;
                lapsed += 1;
            }
        }
        assert_eq!(self.bench.verified().0, before + lapsed, "one entry for each that lapsed");
        self.written.resize(usize::try_from(before + lapsed).unwrap(), now);
        fold::fold_old(&self.bench.ledger.core.on).await.unwrap();
        let kept_ms = LEDGER_ENTRIES_KEPT_DAYS * 86_400_000;
        self.written.retain(|at| now.0 - at.0 <= kept_ms);
        assert_eq!(self.bench.verified().0, self.written.len() as u64, "entries that are kept");
    }

    async fn reserve(&mut self, other_model: bool, other_user: bool, micro: u64) {
        let bound = if other_model { micro * 2 } else { micro };
        let call = Call { made_at: self.bench.clock.now(), bound, held: bound, other_model, other_user };
        let purpose = Purpose {
            user: Some(UserId([if other_user { 9 } else { 1 }; 16])),
            key: None,
            model: if other_model { "n" } else { "m" }.into(),
            ..self.bench.purpose()
        };
        let asked = self.bench.ledger.reserve(&purpose, Bound { prompt_tokens: micro, output_tokens: 0 }, "r").await;
        match (asked, self.model.refusal(&call)) {
            (Ok(Verdict::Granted(held)), None) => {
                assert_eq!(held.bound().0, bound);
                self.model.each(&call, |sum| sum.held += bound);
                self.open.push((call, held));
            }
            (Ok(Verdict::Degraded(_)), Some(false)) => {}
            (Err(error), Some(true)) => assert_eq!(error.code(), Code::BudgetExhausted),
            (asked, refusal) => panic!("{asked:?}, and the model says {refusal:?}"),
        }
    }

    /// The store says what the model says, no limit is passed, and the rebuilt ledger agrees.
    fn check(&mut self) {
        let now = self.bench.clock.now();
        for scope in 0..4 {
            let of = self.scope(scope);
            let account = self.bench.account(&of);
            for window in 0..3 {
                let key = (scope, window, period_text(window, now));
                let sum = self.model.sums.get(&key).copied().unwrap_or_default();
                let period = period::period(now, Window::ALL[window]);
                let balance = self.bench.store.read(|view| accounts::balance(view, &of, &account, period)).unwrap();
                assert_eq!((balance.reserved.0, balance.spent.0), (sum.held, sum.spent), "{key:?}");
                if let Some((limit, _)) = self.model.caps.get(&(scope, window)) {
                    // A limit set below what stands against it already cannot take that back.
                    let most = self.excess.get(&key).copied().unwrap_or(0).max(*limit);
                    assert!(sum.spent - sum.forgiven + sum.held <= most, "{key:?}");
                }
            }
        }
        let (entries, open) = self.bench.verified();
        assert_eq!(open, self.open.iter().filter(|(call, _)| call.held > 0).count() as u64);
        self.written.resize(usize::try_from(entries).unwrap(), now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_interleaving_passes_a_limit_or_loses_a_micro_dollar(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = Bench::new(Defaults::default()).await;
            let (model, open, written, excess) = (Model::default(), Vec::new(), Vec::new(), BTreeMap::new());
            let mut run = Run { bench, model, open, written, excess };
            for step in steps {
                run.step(step).await;
                run.check();
            }
            for (call, held) in run.open.drain(..) {
                drop(held);
                run.model.each(&call, |sum| sum.held -= call.held);
            }
            run.bench.ledger.drain().await;
            run.check();
        });
    }
}
