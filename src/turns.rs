//! S: Work that takes long: so much of it at once, off the async threads, some more in a queue, the rest refused; and told
//! when nobody waits for it any longer. Knows nothing of what is done.

pub mod fair;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Code, Error, Result};

/// Runs work of a few milliseconds where its caller stands; other tasks of an async thread go on elsewhere meanwhile.
pub fn here<T>(work: impl FnOnce() -> T) -> T {
    let flavor = Handle::try_current().map(|runtime| runtime.runtime_flavor());
    if matches!(flavor, Ok(RuntimeFlavor::MultiThread)) { tokio::task::block_in_place(work) } else { work() }
}

/// Turns to work.
#[derive(Clone, Debug)]
pub struct Turns {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue_max: usize,
    retry_after_s: u64,
}

/// Whether whoever asked has gone. Work that looks at it now and then ends early; other work runs to its end unheard.
#[derive(Clone, Debug)]
pub struct Gone(Arc<AtomicBool>);

impl Gone {
    /// Whether nobody waits any longer.
    pub fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Says so when it is dropped.
struct Asker(Gone);

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

impl Turns {
    /// `at_once` work, `queue_max` wait; the others come back after `retry_after_s` seconds.
    pub fn new(at_once: usize, queue_max: usize, retry_after_s: u64) -> Self {
        Self { permits: Arc::new(Semaphore::new(at_once)), waiting: Arc::default(), queue_max, retry_after_s }
    }

    /// Runs `work` on a blocking thread when it is its turn. Whoever gives up waiting makes room again; work that has
    /// started keeps its turn until it ends, and hears that it may.
    ///
    /// # Errors
    /// [`Code::Overloaded`] when too many wait; those of the work.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Gone) -> Result<T> + Send + 'static) -> Result<T> {
        let permit = self.turn().await?;
        let asker = Asker(Gone(Arc::default()));
        let gone = asker.0.clone();
        let task = tokio::task::spawn_blocking(move || {
            let done = work(&gone);
            drop(permit);
            done
        });
        let done = task.await.map_err(Error::internal);
        drop(asker);
        done?
    }

    /// A turn, kept until it is dropped.
    ///
    /// # Errors
    /// [`Code::Overloaded`] when too many wait.
    pub async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let _place = Place::take(self)?;
        Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Error::new(Code::ShuttingDown))
    }
}

#[cfg(test)]
impl Turns {
    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }
}

/// A place in the queue, given back when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(turns: &'a Turns) -> Result<Self> {
        let taken = turns.waiting.fetch_add(1, Ordering::AcqRel);
        let place = Self(&turns.waiting);
        if taken < turns.queue_max {
            Ok(place)
        } else {
            Err(Error::new(Code::Overloaded).retry_after_s(turns.retry_after_s))
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn beyond_the_queue_is_refused_with_a_time_to_come_back() {
        let turns = Turns::new(1, 1, 7);
        let (started, has_started) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let turns = turns.clone();
            async move {
                let work = move |_: &Gone| {
                    started.send(()).unwrap();
                    released.recv().unwrap();
                    Ok(1)
                };
                turns.run(work).await
            }
        });
        tokio::task::spawn_blocking(move || has_started.recv().unwrap()).await.unwrap();
        let second = tokio::spawn({
            let turns = turns.clone();
            async move { turns.run(|_| Ok(2)).await }
        });
        while turns.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        let refused = turns.run(|_| Ok(3)).await.unwrap_err();
        assert_eq!((refused.code(), refused.retry_after()), (Code::Overloaded, Some(7)));
        release.send(()).unwrap();
        assert_eq!((first.await.unwrap().unwrap(), second.await.unwrap().unwrap()), (1, 2));
        assert_eq!(turns.run(|_| Ok(4)).await.unwrap(), 4, "every turn and every place came back");
    }

    #[tokio::test]
    async fn work_hears_that_its_asker_has_gone_and_gives_its_turn_back() {
        let turns = Turns::new(1, 1, 1);
        let (started, has_started) = mpsc::channel();
        let (ended, has_ended) = mpsc::channel();
        let asked = tokio::spawn({
            let turns = turns.clone();
            async move {
                let work = move |gone: &Gone| {
                    assert!(!gone.is_so());
                    started.send(()).unwrap();
                    // Ends only by hearing it.
                    while !gone.is_so() {
                        std::thread::yield_now();
                    }
                    ended.send(()).unwrap();
                    Ok(())
                };
                turns.run(work).await
            }
        });
        tokio::task::spawn_blocking(move || has_started.recv().unwrap()).await.unwrap();
        asked.abort();
        assert!(asked.await.unwrap_err().is_cancelled());
        tokio::task::spawn_blocking(move || has_ended.recv().unwrap()).await.unwrap();
        assert_eq!(turns.run(|_| Ok(2)).await.unwrap(), 2);
    }
}
