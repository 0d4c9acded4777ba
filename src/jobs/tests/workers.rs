//! Workers at work: what a handler may do, and what is done with one that fails, hangs, panics or is called off.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::*;
use crate::error::Code;

/// A store with a real clock, and what a test counts.
struct Site {
    dir: TempDir,
    jobs: Jobs,
}

async fn open(dir: &TempDir) -> Jobs {
    let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
    Jobs::open(store, Ambient::system(), Arc::new(NoSealer), Some(&dir.path().join("jobs.running"))).await.unwrap()
}

impl Site {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let jobs = open(&dir).await;
        Self { dir, jobs }
    }

    fn run(&self, registry: Registry, workers: usize) -> Runner {
        let options = Options { grace_ms: 100, ..Options::of(vec![Pool::of(DEFAULT_QUEUE, workers)]) };
        Runner::start(self.jobs.clone(), registry, options)
    }

    async fn add(&self, tenant: TenantId, n: u64) -> JobKey {
        (tenant, self.jobs.add(Owner::tenant(tenant), &Add { n }).await.unwrap().id)
    }

    fn row(&self, key: JobKey) -> JobRow {
        self.jobs.store().read(|view| admin::get(view, key)).unwrap()
    }

    /// Waits until the job is in the state; the test's own time limit is the runner's.
    async fn until(&self, key: JobKey, state: JobState) -> JobRow {
        loop {
            let row = self.row(key);
            if row.state == state {
                return row;
            }
            assert!(!state::is_final(row.state), "{row:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// A handler for `Add`.
fn adding<F, R>(handler: F) -> Registry
where
    F: Fn(Ctx, Add) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Done, JobError>> + Send + 'static,
{
    Registry::new().with::<Add, _, _>(handler)
}

fn counting() -> Registry {
    adding(|ctx, _| async move {
        let tenant = ctx.tenant();
        Ok(Done::with(move |tx| count_up(tenant)(tx)))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_job_is_done_once_by_many_workers() {
    let site = Site::new().await;
    for batch in [1, 16] {
        let drafts: Vec<_> = (0..300).map(|n| site.jobs.draft(Owner::tenant(ACME), &Add { n }).unwrap()).collect();
        let before = counted(site.jobs.store(), ACME);
        let last = (ACME, drafts[299].id());
        site.jobs.store().write(move |tx| enqueue_all(tx, &drafts)).await.unwrap();
        let pool = Pool { batch, ..Pool::of(DEFAULT_QUEUE, 4) };
        let runner = Runner::start(site.jobs.clone(), counting(), Options::of(vec![pool]));
        site.until(last, JobState::Completed).await;
        while site.jobs.store().read(|view| admin::stats(view)).unwrap()[DEFAULT_QUEUE].count(JobState::Completed) % 300
            != 0
        {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        runner.drain(Duration::from_mins(1)).await;
        assert_eq!(counted(site.jobs.store(), ACME), before + 300);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_worker_hears_of_a_job_by_itself() {
    let site = Site::new().await;
    let _runner = site.run(counting(), 2);
    for n in 0..5 {
        let key = site.add(ACME, n).await;
        site.until(key, JobState::Completed).await;
    }
    let scheduled = site.jobs.draft(Owner::tenant(ACME), &Add { n: 9 }).unwrap();
    let at = site.jobs.ambient().now().plus_ms(300);
    let scheduled = scheduled.run_at(at);
    let key = (ACME, scheduled.id());
    site.jobs.store().write(move |tx| enqueue(tx, &scheduled)).await.unwrap();
    let row = site.until(key, JobState::Completed).await;
    assert!(row.started_at.unwrap() >= at);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_of_the_handler_completes_the_job_and_happens_once() {
    let site = Site::new().await;
    let twice = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&twice);
    let _runner = site.run(
        adding(move |ctx, _| {
            let seen = Arc::clone(&seen);
            async move {
                ctx.commit(move |tx| count_up(ACME)(tx)).await?;
                seen.store(ctx.commit(move |tx| count_up(ACME)(tx)).await.is_err(), Ordering::SeqCst);
                // What it says after its commit changes nothing.
                Err(JobError::fail("late", &"too late"))
            }
        }),
        1,
    );
    let key = site.add(ACME, 1).await;
    site.until(key, JobState::Completed).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(counted(site.jobs.store(), ACME), 1);
    assert!(twice.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_panics_and_timeouts_are_tried_again_until_they_kill() {
    #[derive(Serialize, Deserialize)]
    struct Bad {
        how: String,
    }
    impl Job for Bad {
        const NAME: &'static str = "bad";
        const POLICY: Policy =
            Policy { backoff_ms: 1, backoff_max_ms: 2, timeout_ms: 60, class_limits: &[("rare", 1)], ..Policy::USUAL };
    }
    let site = Site::new().await;
    let tries = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&tries);
    let registry = Registry::new().with::<Bad, _, _>(move |ctx, job: Bad| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            match job.how.as_str() {
                "panic" => panic!("on purpose"),
                "hang" => std::future::pending().await,
                "polite" => {
                    let why = ctx.stopped().await;
                    Err(JobError::retry("asked", &format!("{why:?}")))
                }
                "block" => ctx.blocking(|_| panic!("in a thread")).await,
                "fail" => Err(JobError::fail("hopeless", &"no use").because(&"it is so")),
                "rare" => Err(JobError::retry("rare", &"x")),
                _ => Err(JobError::retry("usual", &"x")),
            }
        }
    });
    let _runner = site.run(registry, 4);
    let cases = [
        ("panic", 3, "panic", "on purpose"),
        ("hang", 3, "timeout", "it took more than 60 ms"),
        ("polite", 3, "timeout", "it took more than 60 ms"),
        ("block", 3, "panic", "in a thread"),
        ("fail", 1, "hopeless", "no use"),
        ("rare", 1, "rare", "x"),
        ("usual", 3, "usual", "x"),
    ];
    for (how, failures, class, text) in cases {
        let before = tries.load(Ordering::SeqCst);
        let key = (ACME, site.jobs.add(Owner::tenant(ACME), &Bad { how: how.into() }).await.unwrap().id);
        let row = site.until(key, JobState::Discarded).await;
        assert_eq!(tries.load(Ordering::SeqCst) - before, failures, "{how}");
        assert_eq!(row.attempts.len() as u64, failures, "{how}");
        let last = row.attempts.last().unwrap();
        assert_eq!((last.class.as_str(), last.chain[0].as_str()), (class, text), "{how}");
        let reason = if how == "fail" { "failed_for_good" } else { "max_failures" };
        assert_eq!(row.reason, reason, "{how}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_goes_to_quarantine_without_a_failure() {
    #[derive(Serialize, Deserialize)]
    struct Foreign {
        word: String,
    }
    impl Job for Foreign {
        // The name of another kind, whose payload looks different.
        const NAME: &'static str = "add";
    }
    let site = Site::new().await;
    let foreign = site.jobs.add(Owner::tenant(ACME), &Foreign { word: "secret".into() }).await.unwrap().id;
    let unknown = site.jobs.add(Owner::tenant(ACME), &Only { part: "x".into(), period_ms: None }).await.unwrap().id;
    let _runner = site.run(counting(), 1);
    let row = site.until((ACME, foreign), JobState::Quarantined).await;
    assert!(row.reason.starts_with("undecodable") && !row.reason.contains("secret") && row.failures == 0, "{row:?}");
    let row = site.until((ACME, unknown), JobState::Quarantined).await;
    assert_eq!((row.reason.as_str(), row.failures), ("unknown_task", 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_version_of_a_payload_stays_readable() {
    #[derive(Serialize, Deserialize)]
    struct Old {
        name: String,
    }
    impl Job for Old {
        const NAME: &'static str = "greet";
    }
    #[derive(Serialize, Deserialize)]
    struct New {
        first: String,
        last: String,
    }
    impl Job for New {
        const NAME: &'static str = "greet";
        const VERSION: u16 = 2;
        fn upgrade(version: u16, payload: &[u8]) -> std::result::Result<Self, Undecodable> {
            let old: Old = serde_json::from_slice(payload).map_err(|_| Undecodable(format!("version {version}")))?;
            Ok(Self { first: old.name, last: String::new() })
        }
    }
    let site = Site::new().await;
    let old = site.jobs.add(Owner::tenant(ACME), &Old { name: "Ada".into() }).await.unwrap().id;
    let new = New { first: "Ada".into(), last: "L".into() };
    let new = site.jobs.add(Owner::tenant(ACME), &new).await.unwrap().id;
    let registry = Registry::new().with::<New, _, _>(|_, job: New| async move {
        Done::nothing().output("text/plain", format!("{} {}", job.first, job.last).into_bytes(), false)
    });
    let _runner = site.run(registry, 1);
    for (id, said) in [(old, "Ada "), (new, "Ada L")] {
        site.until((ACME, id), JobState::Completed).await;
        let now = site.jobs.ambient().now();
        let result = site.jobs.store().read(|view| admin::result(view, (ACME, id), now)).unwrap();
        assert_eq!(result.bytes, said.as_bytes());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_job_is_called_off() {
    let site = Site::new().await;
    let _runner = site.run(
        adding(|ctx, job| async move {
            match job.n {
                0 => Err(JobError::retry("asked", &format!("{:?}", ctx.stopped().await))),
                _ => std::future::pending().await,
            }
        }),
        2,
    );
    for n in 0..2 {
        let key = site.add(ACME, n).await;
        site.until(key, JobState::Running).await;
        let now = site.jobs.ambient().now();
        site.jobs.store().write(move |tx| admin::cancel(tx, key, now)).await.unwrap();
        site.jobs.stop(key, Stop::Cancelled);
        assert_eq!(site.until(key, JobState::Cancelled).await.reason, "cancelled");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn effects_that_fail_fail_for_their_own_job_alone() {
    let site = Site::new().await;
    let drafts: Vec<_> = (0..20).map(|n| site.jobs.draft(Owner::tenant(ACME), &Add { n }).unwrap()).collect();
    let keys: Vec<_> = drafts.iter().map(|draft| (ACME, draft.id())).collect();
    site.jobs.store().write(move |tx| enqueue_all(tx, &drafts)).await.unwrap();
    let registry = adding(|_, job| async move {
        Ok(Done::with(move |tx| {
            count_up(ACME)(tx)?;
            if job.n == 7 { Err(Error::new(Code::TooManyCharts)) } else { Ok(()) }
        }))
    });
    let pool = Pool { batch: 20, ..Pool::of(DEFAULT_QUEUE, 1) };
    let _runner = Runner::start(site.jobs.clone(), registry, Options::of(vec![pool]));
    for (n, key) in keys.into_iter().enumerate() {
        let expected = if n == 7 { JobState::Discarded } else { JobState::Completed };
        let row = site.until(key, expected).await;
        assert_eq!(row.attempts.len(), usize::from(n == 7));
    }
    assert_eq!(counted(site.jobs.store(), ACME), 19);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_lets_jobs_end_and_gives_back_the_rest() {
    let site = Site::new().await;
    let registry = || {
        adding(|_, job| async move {
            if job.n == 0 {
                tokio::time::sleep(Duration::from_millis(200)).await;
            } else {
                std::future::pending::<()>().await;
            }
            Ok(Done::nothing())
        })
    };
    let runner = site.run(registry(), 1);
    let key = site.add(ACME, 0).await;
    site.until(key, JobState::Running).await;
    let waiting = site.add(ACME, 0).await;
    runner.drain(Duration::from_secs(30)).await;
    assert_eq!((site.row(key).state, site.row(waiting).state), (JobState::Completed, JobState::Available));
    let runner = site.run(registry(), 1);
    let stuck = site.add(BETA, 1).await;
    site.until(stuck, JobState::Running).await;
    runner.drain(Duration::from_millis(50)).await;
    let row = site.row(stuck);
    assert_eq!((row.state, row.failures, row.rescues), (JobState::Available, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_goes_on_where_the_last_process_stopped() {
    let site = Site::new().await;
    let key = site.add(ACME, 1).await;
    let runner = site.run(adding(|_, _| std::future::pending()), 1);
    site.until(key, JobState::Running).await;
    let Site { dir, jobs } = site;
    // As after a crash: nothing is drained, the row says that it runs.
    drop(runner);
    let store = jobs.store().clone();
    drop(jobs);
    store.close();
    let jobs = open(&dir).await;
    let row = jobs.store().read(|view| admin::get(view, key)).unwrap();
    assert_eq!((row.state, row.failures, row.crashes, row.rescues), (JobState::Available, 0, 0, 1));
    let site = Site { dir, jobs };
    let _runner = site.run(counting(), 1);
    site.until(key, JobState::Completed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_blocks_its_thread_loses_its_lease_and_writes_nothing() {
    #[derive(Serialize, Deserialize)]
    struct Hog;
    impl Job for Hog {
        const NAME: &'static str = "hog";
        const POLICY: Policy = Policy { timeout_ms: 50, ..Policy::USUAL };
    }
    let site = Site::new().await;
    let tries = Arc::new(AtomicU64::new(0));
    let release = Arc::new(AtomicBool::new(false));
    let (counted_tries, released) = (Arc::clone(&tries), Arc::clone(&release));
    let registry = Registry::new().with::<Hog, _, _>(move |ctx, _| {
        let first = counted_tries.fetch_add(1, Ordering::SeqCst) == 0;
        let released = Arc::clone(&released);
        async move {
            while first && !released.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
            ctx.commit(move |tx| count_up(ACME)(tx)).await?;
            Ok(Done::nothing())
        }
    });
    let options = Options { lease_ms: 300, grace_ms: 50, ..Options::of(vec![Pool::of(DEFAULT_QUEUE, 2)]) };
    let _runner = Runner::start(site.jobs.clone(), registry, options);
    let key = (ACME, site.jobs.add(Owner::tenant(ACME), &Hog).await.unwrap().id);
    let row = site.until(key, JobState::Completed).await;
    assert_eq!(row.rescues, 1);
    release.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((counted(site.jobs.store(), ACME), tries.load(Ordering::SeqCst)), (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_is_told() {
    let site = Site::new().await;
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let into = Arc::clone(&told);
    site.jobs.observe(Box::new(move |happening| {
        let line = match happening {
            Happening::Started { task, .. } => format!("started {task}"),
            Happening::Ended { task, queue, state, failed, .. } => format!("ended {task} {queue} {state:?} {failed}"),
            Happening::Rescued { task, .. } => format!("rescued {task}"),
        };
        into.lock().unwrap().push(line);
    }));
    let _runner = site.run(
        adding(|ctx, _| async move {
            ctx.progress(1, 2);
            Err(JobError::fail("no", &"no"))
        }),
        1,
    );
    let mut changes = site.jobs.changes();
    let key = site.add(ACME, 1).await;
    site.until(key, JobState::Discarded).await;
    assert_eq!(changes.recv().await.unwrap(), key);
    while told.lock().unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(*told.lock().unwrap(), ["started add", "ended add default Discarded true"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn personal_payloads_are_sealed_and_go_with_their_key() {
    /// Turns bytes over; the key of the user 9 is gone.
    struct Turner;
    impl Sealer for Turner {
        fn seal(&self, _: (TenantId, crate::ids::UserId), job: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
            Ok(job.iter().chain(plain).map(|byte| !byte).collect())
        }
        fn unseal(
            &self,
            owner: (TenantId, crate::ids::UserId),
            job: &[u8],
            sealed: &[u8],
        ) -> std::result::Result<Vec<u8>, Unsealed> {
            if owner.1.0[0] == 9 {
                return Err(Unsealed::KeyGone);
            }
            let open: Vec<u8> = sealed.iter().map(|byte| !byte).collect();
            open.strip_prefix(job).map(<[u8]>::to_vec).ok_or(Unsealed::Broken)
        }
    }
    #[derive(Serialize, Deserialize)]
    struct Private {
        name: String,
    }
    impl Job for Private {
        const NAME: &'static str = "private";
        const PERSONAL: bool = true;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("store.redb"), STORE_TABLES).unwrap();
    let jobs = Jobs::open(store, Ambient::system(), Arc::new(Turner), None).await.unwrap();
    let site = Site { dir, jobs };
    let owner = |user| Owner { user, ..Owner::tenant(ACME) };
    let ada = || Private { name: String::from("Ada Lovelace") };
    assert!(site.jobs.draft(owner(None), &ada()).is_err());
    let user = |n| Some(crate::ids::UserId([n; 16]));
    let kept = (ACME, site.jobs.add(owner(user(1)), &ada()).await.unwrap().id);
    let erased = (ACME, site.jobs.add(owner(user(9)), &ada()).await.unwrap().id);
    let stored = std::fs::read(site.dir.path().join("store.redb")).unwrap();
    assert!(!stored.windows(8).any(|bytes| bytes == b"Lovelace"));
    let _runner = site
        .run(Registry::new().with::<Private, _, _>(|_, job: Private| async move { panic!("about {}", job.name) }), 1);
    assert_eq!(site.until(erased, JobState::Cancelled).await.reason, "user_erased");
    let failed = loop {
        let row = site.row(kept);
        if let Some(attempt) = row.attempts.first() {
            break attempt.clone();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    assert_eq!(failed.chain, ["the handler panicked"]);
}
