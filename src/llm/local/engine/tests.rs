//! The engine with a toy whose text shows every fault: what is written must be what the prompt alone determines, however
//! sequences share pages, come, leave and fail.

use std::sync::atomic::Ordering;

use super::*;
use crate::ids::TenantId;
use crate::llm::local::toy::{Letters, Strings, Toy};
use crate::llm::model::{End, Finish, Reported};
use crate::telemetry::Metrics;

const ACME: TenantId = TenantId([1; 16]);
const OTHER: TenantId = TenantId([2; 16]);
const BOUNDS: Bounds = Bounds { sequences: 8, queue: 64, queue_per_tenant: 64 };

struct Bench {
    engine: Engine,
    letters: Arc<Letters>,
    strings: Arc<Strings>,
    /// Never driven: the oracle.
    toy: Toy,
    metrics: Arc<Metrics>,
    pages: usize,
}

fn bench(pages: usize, bounds: Bounds) -> Bench {
    let letters = Arc::new(Letters::with_words(&[]));
    let (driven, strings) = Toy::new(&*letters, pages, 4_096, 15);
    let (toy, _) = Toy::new(&*letters, 0, 4_096, 15);
    let metrics = Arc::new(Metrics::new().unwrap());
    let vocabulary = Arc::clone(&letters) as Arc<dyn Vocabulary>;
    let engine = Engine::start(Box::new(driven), vocabulary, bounds, metrics.engine.clone()).unwrap();
    Bench { engine, letters, strings, toy, metrics, pages }
}

fn greedy(prompt: &str, max_tokens: usize, tenant: TenantId) -> Job {
    Job {
        prompt: prompt.bytes().map(u32::from).collect(),
        max_tokens,
        taste: Taste { temperature: 0.0, ..Taste::default() },
        seed: 1,
        stop: Vec::new(),
        constraint: None,
        party: Party { tenant, weight: 1 },
        within: Duration::from_mins(1),
    }
}

async fn hear(mut said: Said) -> Result<(String, End), Failure> {
    let mut text = String::new();
    while let Some(delta) = said.recv().await {
        match delta? {
            Delta::Text(more) => text.push_str(&more),
            Delta::End(end) => return Ok((text, end)),
        }
    }
    panic!("it ended without an end: {text}");
}

impl Bench {
    fn expected(&self, prompt: &str, most: usize) -> String {
        let tokens: Vec<u32> = prompt.bytes().map(u32::from).collect();
        self.toy.greedy(&*self.letters, &tokens, most)
    }

    fn metric(&self, name: &str) -> f64 {
        let text = self.metrics.render().unwrap();
        let line =
            text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_else(|| panic!("no {name}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until nothing runs; then every page is free or kept for its content.
    async fn quiet(&self) {
        for _ in 0..1_000 {
            if self.metric("local_sequences_running") + self.metric("local_sequences_queued") == 0.0
                && self.metric("local_kv_pages{state=\"used\"}") == 0.0
            {
                let kept =
                    self.metric("local_kv_pages{state=\"cached\"}") + self.metric("local_kv_pages{state=\"free\"}");
                assert_eq!(kept, self.pages as f64);
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("pages are held by nobody");
    }
}

/// A prompt with one of three long beginnings, which it shares with others, and an end of its own.
fn prompt(n: usize) -> String {
    let beginnings = ["You write for an astrologer. ", "Say little. ", "Réponds en français, s'il te plaît. "];
    format!("{}Question {n}: what of house {}?", beginnings[n % 3].repeat(1 + n % 7), n * 7 % 12)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_write_what_each_would_write_alone() {
    let bench = bench(64, BOUNDS);
    let mut waiting = Vec::new();
    for round in 0..2 {
        for n in 0..40 {
            let job = greedy(&prompt(n), 20 + n, if n % 2 == 0 { ACME } else { OTHER });
            waiting.push((n, tokio::spawn(hear(bench.engine.submit(job).unwrap()))));
        }
        for (n, heard) in waiting.drain(..) {
            let (text, end) = heard.await.unwrap().unwrap();
            assert_eq!(text, bench.expected(&prompt(n), 20 + n), "{n}, round {round}");
            let Reported { prompt_tokens, completion_tokens, .. } = end.usage.unwrap();
            assert_eq!(prompt_tokens, prompt(n).len() as u64);
            assert!(completion_tokens <= 20 + n as u64);
            let is_full = completion_tokens == 20 + n as u64;
            assert_eq!(end.finish, if is_full { Finish::Length } else { Finish::Stop });
        }
    }
    assert!(bench.strings.widest.load(Ordering::SeqCst) > 1, "they ran one after another");
    assert!(bench.metric("local_tokens_total{kind=\"prefix_hit\"}") > 0.0);
    bench.quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_beginning_is_not_computed_again() {
    let bench = bench(64, BOUNDS);
    let long = "The facts of the chart. ".repeat(30);
    let cold = hear(bench.engine.submit(greedy(&format!("{long}One"), 1, ACME)).unwrap()).await.unwrap();
    assert_eq!(cold.1.usage.unwrap().cached_tokens, 0);
    let before = bench.strings.tokens.load(Ordering::SeqCst);
    let warm = hear(bench.engine.submit(greedy(&format!("{long}Two"), 1, OTHER)).unwrap()).await.unwrap();
    let known = long.len() / KV_PAGE_POSITIONS * KV_PAGE_POSITIONS;
    assert_eq!(warm.1.usage.unwrap().cached_tokens, known as u64);
    assert_eq!(bench.strings.tokens.load(Ordering::SeqCst) - before, long.len() + 3 - known);
    assert_eq!(warm.0, bench.expected(&format!("{long}Two"), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_with_one_beginning_that_come_together_one_computes_it() {
    let bench = bench(96, BOUNDS);
    bench.strings.stuck.store(true, Ordering::SeqCst);
    let long = "A system prompt that all share. ".repeat(40);
    let said: Vec<Said> =
        (0..6).map(|n| bench.engine.submit(greedy(&format!("{long}{n}"), 4, ACME)).unwrap()).collect();
    bench.strings.stuck.store(false, Ordering::SeqCst);
    for (n, said) in said.into_iter().enumerate() {
        assert_eq!(hear(said).await.unwrap().0, bench.expected(&format!("{long}{n}"), 4));
    }
    let computed = bench.strings.tokens.load(Ordering::SeqCst);
    assert!(computed < 2 * long.len(), "{computed} tokens for 6 times {}", long.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_that_come_and_leave_at_random_leave_nothing_behind() {
    let bench = bench(40, Bounds { sequences: 6, queue: 64, queue_per_tenant: 64 });
    let mut tasks = Vec::new();
    for n in 0..96_usize {
        let mut job = greedy(&prompt(n), 30, TenantId([(n % 5) as u8; 16]));
        if n % 11 == 0 {
            job.within = Duration::from_millis(3);
        }
        let expected = bench.expected(&prompt(n), 30);
        let engine = bench.engine.clone();
        tasks.push(tokio::spawn(async move {
            let mut said = match engine.submit(job) {
                Ok(said) => said,
                Err(failure) => return assert_eq!(failure.reason, Reason::Busy),
            };
            let mut text = String::new();
            // A third leaves after so many pieces, some before any.
            let most = if n % 3 == 0 { n % 10 } else { usize::MAX };
            for _ in 0..most {
                match said.recv().await {
                    Some(Ok(Delta::Text(more))) => text.push_str(&more),
                    Some(Ok(Delta::End(_))) => return assert_eq!(text, expected),
                    Some(Err(failure)) => return assert_eq!(failure.reason, Reason::Timeout),
                    None => panic!("{n} ended without an end"),
                }
                assert!(expected.starts_with(&text), "{n}: {text}");
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    bench.quiet().await;
    let again = hear(bench.engine.submit(greedy(&prompt(1), 30, ACME)).unwrap()).await.unwrap();
    assert_eq!(again.0, bench.expected(&prompt(1), 30));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_is_gone_before_the_next_step() {
    let bench = bench(64, BOUNDS);
    let prompt = (0..10_000).map(prompt).find(|prompt| bench.expected(prompt, 400).len() > 300).unwrap();
    bench.strings.slow_ms.store(5, Ordering::SeqCst);
    let mut said = bench.engine.submit(greedy(&prompt, 400, ACME)).unwrap();
    assert!(said.recv().await.unwrap().is_ok());
    drop(said);
    let left = bench.strings.steps.load(Ordering::SeqCst);
    bench.quiet().await;
    // The step on its way when it left, and the one that may have begun while this counted.
    assert!(bench.strings.steps.load(Ordering::SeqCst) <= left + 2);
    assert_eq!(bench.metric("local_sequences_total{end=\"cancelled\"}"), 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_ends_what_runs_and_what_waits() {
    let bench = bench(64, Bounds { sequences: 1, ..BOUNDS });
    let prompt = (0..10_000).map(prompt).find(|prompt| bench.expected(prompt, 400).len() > 300).unwrap();
    bench.strings.slow_ms.store(5, Ordering::SeqCst);
    let soon = |ms| Job { within: Duration::from_millis(ms), ..greedy(&prompt, 400, ACME) };
    let (runs, waits) = (bench.engine.submit(soon(200)).unwrap(), bench.engine.submit(soon(50)).unwrap());
    assert_eq!(hear(waits).await.unwrap_err().reason, Reason::Timeout);
    assert_eq!(hear(runs).await.unwrap_err().reason, Reason::Timeout);
    bench.quiet().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_queue_is_refused_and_a_quiet_tenant_is_next() {
    let bench = bench(64, Bounds { sequences: 1, queue: 6, queue_per_tenant: 4 });
    bench.strings.stuck.store(true, Ordering::SeqCst);
    let ask = |tenant, n: usize| bench.engine.submit(greedy(&format!("Tenant {n}"), 3, tenant));
    let mut crowd = vec![ask(ACME, 0).unwrap()];
    crowd.extend((1..=4).map(|n| ask(ACME, n).unwrap()));
    assert_eq!(ask(ACME, 5).unwrap_err().reason, Reason::Busy);
    let quiet = ask(OTHER, 6).unwrap();
    let _more = ask(OTHER, 7).unwrap();
    assert_eq!(ask(TenantId([3; 16]), 8).unwrap_err().reason, Reason::Busy, "six wait");
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for (name, said) in crowd.into_iter().map(|said| ("acme", said)).chain([("other", quiet)]) {
        let order = Arc::clone(&order);
        tasks.push(tokio::spawn(async move {
            hear(said).await.unwrap();
            order.lock().unwrap().push(name);
        }));
    }
    bench.strings.slow_ms.store(5, Ordering::SeqCst);
    bench.strings.stuck.store(false, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(order.lock().unwrap()[..2], ["acme", "other"], "it came last and is second");
    let bench = self::bench(64, Bounds { sequences: 1, queue: 0, queue_per_tenant: 4 });
    bench.strings.stuck.store(true, Ordering::SeqCst);
    let only = bench.engine.submit(greedy("One", 3, ACME)).unwrap();
    assert_eq!(bench.engine.submit(greedy("Two", 3, OTHER)).unwrap_err().reason, Reason::Busy, "nobody may wait");
    bench.strings.stuck.store(false, Ordering::SeqCst);
    hear(only).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_fails_fails_those_who_ran_and_the_next_are_answered() {
    let bench = bench(64, BOUNDS);
    hear(bench.engine.submit(greedy(&prompt(0), 5, ACME)).unwrap()).await.unwrap();
    bench.strings.panics.store(1, Ordering::SeqCst);
    let failed = hear(bench.engine.submit(greedy(&prompt(0), 30, ACME)).unwrap()).await.unwrap_err();
    assert_eq!(failed.reason, Reason::Error);
    let (text, end) = hear(bench.engine.submit(greedy(&prompt(0), 30, ACME)).unwrap()).await.unwrap();
    assert_eq!(text, bench.expected(&prompt(0), 30));
    assert_eq!(end.usage.unwrap().cached_tokens, 0, "what was cached before is not trusted");
    bench.quiet().await;
    bench.strings.panics.store(100, Ordering::SeqCst);
    for _ in 0..crate::limits::STEP_FAILURES_MAX {
        if let Ok(said) = bench.engine.submit(greedy(&prompt(0), 30, ACME)) {
            assert_eq!(hear(said).await.unwrap_err().reason, Reason::Error);
        }
    }
    tokio::time::timeout(Duration::from_secs(10), bench.engine.ended()).await.unwrap();
    assert_eq!(bench.engine.submit(greedy(&prompt(0), 30, ACME)).unwrap_err().reason, Reason::Error);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_engine_answers_what_it_has_and_ends() {
    let bench = bench(64, Bounds { sequences: 2, ..BOUNDS });
    bench.strings.slow_ms.store(2, Ordering::SeqCst);
    let said: Vec<Said> = (0..5).map(|n| bench.engine.submit(greedy(&prompt(n), 20, ACME)).unwrap()).collect();
    bench.engine.close();
    assert_eq!(bench.engine.submit(greedy("Late", 5, ACME)).unwrap_err().reason, Reason::Busy);
    for (n, said) in said.into_iter().enumerate() {
        assert_eq!(hear(said).await.unwrap().0, bench.expected(&prompt(n), 20));
    }
    tokio::time::timeout(Duration::from_secs(10), bench.engine.ended()).await.unwrap();
    assert!(bench.engine.has_ended() && !bench.engine.is_open());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_engine_fails_what_it_has() {
    let bench = bench(64, Bounds { sequences: 1, ..BOUNDS });
    bench.strings.slow_ms.store(20, Ordering::SeqCst);
    let prompt = (0..10_000).map(prompt).find(|prompt| bench.expected(prompt, 400).len() > 300).unwrap();
    let both: Vec<Said> = (0..2).map(|_| bench.engine.submit(greedy(&prompt, 400, ACME)).unwrap()).collect();
    bench.engine.abort();
    for said in both {
        assert_eq!(hear(said).await.unwrap_err().reason, Reason::Busy);
    }
    tokio::time::timeout(Duration::from_secs(10), bench.engine.ended()).await.unwrap();
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_any_work() {
    let bench = bench(4, BOUNDS);
    assert_eq!(bench.engine.context(), 4 * KV_PAGE_POSITIONS, "the pages bound it");
    let refused = bench.engine.submit(greedy(&"x".repeat(128), 5, ACME)).unwrap_err();
    let fault = refused.fault.expect("a fault");
    assert_eq!(
        (refused.reason, fault.field.as_str(), fault.given.as_deref()),
        (Reason::Invalid, "messages", Some("128 tokens"))
    );
    assert!(fault.allowed.contains("127"), "{fault:?}");
    assert!(bench.engine.submit(greedy("", 5, ACME)).is_err());
    assert_eq!(bench.strings.steps.load(Ordering::SeqCst), 0);
    let (_, end) = hear(bench.engine.submit(greedy(&"x".repeat(127), 50, ACME)).unwrap()).await.unwrap();
    assert!(end.usage.unwrap().completion_tokens <= 1);
}

#[tokio::test]
async fn a_stop_text_ends_the_answer_and_is_not_told() {
    let bench = bench(64, BOUNDS);
    let prompt = (0..10_000).map(prompt).find(|prompt| bench.expected(prompt, 60).len() > 20).unwrap();
    let whole = bench.expected(&prompt, 60);
    let stop: String = whole.chars().skip(4).take(3).collect();
    let job = Job { stop: vec![stop.clone()], ..greedy(&prompt, 60, ACME) };
    let (text, end) = hear(bench.engine.submit(job).unwrap()).await.unwrap();
    assert_eq!((text.as_str(), end.finish), (&whole[..whole.find(&stop).unwrap()], Finish::Stop));
}
