//! A: Threads that compute one thing together: each job is split into as many parts as there are threads, the caller does
//! the first. They spin for a moment between jobs, so that the next one starts at once, and sleep when none comes.

#![expect(unsafe_code, reason = "a job borrows from its caller, which waits until all threads are done with it")]

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Turns that a thread waits for the next job before it sleeps: some hundreds of microseconds.
const SPINS: u32 = 20_000;
/// Turns that the caller waits for the others before it lets other threads of the machine run.
const SPINS_OF_CALLER: u32 = 4_000;

type Job = *const (dyn Fn(usize) + Sync);

struct Shared {
    /// Counts jobs; a change tells the threads that `job` is theirs to run.
    epoch: AtomicUsize,
    /// Threads that have not finished the present job.
    left: AtomicUsize,
    /// Written by the caller while `left` is 0, read by the threads while it is not.
    job: UnsafeCell<Option<Job>>,
    stop: AtomicBool,
    /// Threads that sleep, or are about to, under the lock that belongs to `wake`.
    asleep: Mutex<usize>,
    wake: Condvar,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

// SAFETY: `job` is written before `epoch` is raised with release and read after it is seen with acquire; it is written
// again only when `left` has been seen at 0 with acquire, which each thread lowers with release after its last use.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `job` is to something `Sync` that outlives its use: `run` does not return before.
unsafe impl Send for Shared {}

/// Threads that compute together.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    /// One job at a time.
    running: Mutex<()>,
}

impl Pool {
    /// A pool of so many threads, the caller of [`Pool::run`] among them; at least that one.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared {
            epoch: AtomicUsize::new(0),
            left: AtomicUsize::new(0),
            job: UnsafeCell::new(None),
            stop: AtomicBool::new(false),
            asleep: Mutex::new(0),
            wake: Condvar::new(),
            panic: Mutex::new(None),
        });
        let mut started = Vec::new();
        for part in 1..threads.max(1) {
            let shared = Arc::clone(&shared);
            let name = format!("kernel-{part}");
            // A system that gives no more threads leaves the pool smaller.
            match std::thread::Builder::new().name(name).spawn(move || shared.serve(part)) {
                Ok(thread) => started.push(thread),
                Err(_) => break,
            }
        }
        Self { shared, threads: started, running: Mutex::new(()) }
    }

    /// How many threads compute, the caller among them.
    pub fn threads(&self) -> usize {
        self.threads.len() + 1
    }

    /// Runs `job(part)` for each part below [`Pool::threads`], part 0 on this thread, and waits for all. A job must not run
    /// another on the same pool. A panic in any part is passed on, after all are done.
    pub fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        if self.threads.is_empty() {
            job(0);
            return;
        }
        let alone = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes. No thread uses the job after `left` is 0, which is waited for below, also
        // when part 0 panics.
        let borrowed: Job = unsafe { std::mem::transmute::<&(dyn Fn(usize) + Sync), Job>(job) };
        // SAFETY: `left` is 0, so no thread reads it; `running` keeps other callers out.
        unsafe { *shared.job.get() = Some(borrowed) };
        shared.left.store(self.threads.len(), Ordering::Relaxed);
        shared.epoch.fetch_add(1, Ordering::SeqCst);
        if *shared.asleep.lock().unwrap_or_else(PoisonError::into_inner) > 0 {
            shared.wake.notify_all();
        }
        let mine = catch_unwind(AssertUnwindSafe(|| job(0)));
        let mut spins = 0;
        while shared.left.load(Ordering::Acquire) > 0 {
            spins += 1;
            if spins < SPINS_OF_CALLER { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        let theirs = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(alone);
        if let Some(panic) = mine.err().or(theirs) {
            resume_unwind(panic);
        }
    }

    /// Hands the items out to the threads, one after the other, until none is left.
    pub fn each<I>(&self, items: I, work: impl Fn(I::Item) + Sync)
    where
        I: ExactSizeIterator + Send,
        I::Item: Send,
    {
        if self.threads.is_empty() || items.len() < 2 {
            items.for_each(work);
            return;
        }
        let items = Mutex::new(items);
        self.run(&|_| {
            loop {
                let item = items.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(item) = item else { return };
                work(item);
            }
        });
    }

    /// How many of `count` equal things a thread should take at a time: few enough to keep all busy to the end.
    pub fn at_once(&self, count: usize) -> usize {
        count.div_ceil(4 * self.threads()).max(1)
    }

    /// Splits `count` things evenly: the range of a part.
    pub fn share(&self, count: usize, part: usize) -> std::ops::Range<usize> {
        let threads = self.threads();
        count * part / threads..count * (part + 1) / threads
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.epoch.fetch_add(1, Ordering::SeqCst);
        drop(self.shared.asleep.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}

impl Shared {
    /// What a thread does: waits for jobs and runs its part of them.
    fn serve(&self, part: usize) {
        let mut seen = 0;
        loop {
            seen = self.next(seen);
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            // SAFETY: a new epoch was seen, so the job is written, and stays until this thread has lowered `left`.
            let job = unsafe { *self.job.get() };
            if let Some(job) = job {
                // SAFETY: its caller waits in `run`, so what it points to lives.
                let outcome = catch_unwind(AssertUnwindSafe(|| unsafe { (*job)(part) }));
                if let Err(panic) = outcome {
                    *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
                }
            }
            self.left.fetch_sub(1, Ordering::Release);
        }
    }

    /// Waits until the epoch is not `seen`, and returns it.
    fn next(&self, seen: usize) -> usize {
        for _ in 0..SPINS {
            let epoch = self.epoch.load(Ordering::Acquire);
            if epoch != seen {
                return epoch;
            }
            std::hint::spin_loop();
        }
        let mut asleep = self.asleep.lock().unwrap_or_else(PoisonError::into_inner);
        *asleep += 1;
        loop {
            // The caller raises the epoch before it takes the lock to look who sleeps: a thread either sees the new epoch
            // here, or is counted and woken.
            let epoch = self.epoch.load(Ordering::SeqCst);
            if epoch != seen {
                *asleep -= 1;
                return epoch;
            }
            asleep = self.wake.wait(asleep).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
