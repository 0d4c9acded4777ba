//! The durable store: typed ordered tables in one file, snapshots to read, and one write path with group commit. Knows
//! no business rule.
//!
//! A write is a closure over [`Tx`]. The closures that wait share one transaction and one fsync; each sees the changes
//! of those before it, and one that fails or panics leaves nothing behind. A closure may run more than once, so it must
//! change nothing but its transaction. Nothing outside this module names the database behind it.

pub mod codec;
mod engine;
mod error;
pub mod lock;
mod schema;
mod shadow;
mod span;
pub mod tables;
#[cfg(test)]
mod tests;
mod tx;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

pub use self::error::StoreError;
pub use self::span::Span;
pub use self::tx::{Reads, Surveyed, Tx, Unreadable, View};

use self::engine::Engine;
use self::tables::{META, MetaRow};
use self::writer::{Message, Told, Work};
use crate::limits::WRITE_QUEUE_MAX;

/// Name under which [`META`] counts the writes of [`Store::probe_writable`].
const PROBE_KEY: &str = "probe_writable";

/// A handle to one store file. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// Told of each durable commit: how many writes it held, and how long it took.
pub type CommitObserver = Box<dyn Fn(usize, Duration) + Send + Sync>;
/// Told that a table was changed by a commit.
pub type Watcher = Box<dyn Fn() + Send + Sync>;

struct Inner {
    engine: Arc<Engine>,
    told: Arc<Told>,
    queue: Option<SyncSender<Message>>,
    closing: AtomicBool,
    writer: ThreadId,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens the store at `path`, or makes it, with the tables named (which must include [`META`]), and brings its
    /// schema up to date. The whole file is checked first, without a write.
    ///
    /// # Errors
    /// [`StoreError::NewerSchema`] or [`StoreError::Corrupt`] with the file untouched, [`StoreError::Locked`] when another
    /// handle has it, [`StoreError::Io`].
    pub fn open(path: &Path, tables: &'static [&'static str]) -> Result<Self, StoreError> {
        if !tables.contains(&META.name()) {
            return Err(StoreError::UnknownTable(META.name()));
        }
        Self::over(Engine::open(path, tables)?)
    }

    fn over(engine: Engine) -> Result<Self, StoreError> {
        let engine = Arc::new(engine);
        let (queue, waiting) = sync_channel(WRITE_QUEUE_MAX);
        let writers = Arc::clone(&engine);
        let told = Arc::new(Told::default());
        let telling = Arc::clone(&told);
        let thread = thread::Builder::new()
            .name(String::from("store-writer"))
            .spawn(move || writer::run(&waiting, &writers, &telling))
            .map_err(|cause| StoreError::Io(cause.to_string()))?;
        let inner = Inner {
            engine,
            told,
            queue: Some(queue),
            closing: AtomicBool::new(false),
            writer: thread.thread().id(),
            thread: Mutex::new(Some(thread)),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Tells `observer` of each commit from now on; the first observer stays.
    pub fn observe(&self, observer: CommitObserver) {
        // A second one is dropped: the store has one owner who counts.
        drop(self.inner.told.observer.set(observer));
    }

    /// Calls `watcher` after each commit that changed `table`, from the writer's own thread: it must be quick, and must
    /// not hold a [`Store`], which would then never close.
    pub fn watch(&self, table: &'static str, watcher: Watcher) {
        self.inner.told.watchers.write().unwrap_or_else(PoisonError::into_inner).push((table, watcher));
    }

    /// Runs `f` in a transaction that is durable when this returns `Ok`. When the returned future is dropped, the write
    /// happens whole or not at all.
    ///
    /// # Errors
    /// The closure's own, or a [`StoreError`] as `E`; either way nothing of the closure was kept, save that after
    /// [`StoreError::CommitFailed`] the disk may have kept all of it.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.send(f, true).await
    }

    /// As [`Store::write`], without the wait for the disk: everybody sees the change at once, and it becomes durable with
    /// the next durable write at the latest. A crash before that takes it back, and nothing that came after it can be
    /// there without it. For what may be done again, such as the claim of a job.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_soon<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.send(f, false).await
    }

    async fn send<T, E, F>(&self, f: F, durable: bool) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (reply, answer) = tokio::sync::oneshot::channel();
        // Nobody waits when the caller has gone; then nobody is told.
        self.enqueue(Work::new(f, durable, move |outcome| drop(reply.send(outcome))))?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// As [`Store::write`], for callers that may block.
    ///
    /// # Errors
    /// As [`Store::write`]; [`StoreError::Nested`] inside a write.
    pub fn write_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        if thread::current().id() == self.inner.writer {
            return Err(StoreError::Nested.into());
        }
        let (reply, answer) = sync_channel(1);
        self.enqueue(Work::new(f, true, move |outcome| drop(reply.send(outcome))))?;
        answer.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    fn enqueue<T, E, F>(&self, work: Work<T, E, F>) -> Result<(), StoreError>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let queue = self.inner.queue.as_ref().ok_or(StoreError::Closed)?;
        if self.inner.closing.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        queue.try_send(Message::Write(Box::new(work))).map_err(|cause| match cause {
            TrySendError::Full(_) => StoreError::QueueFull,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }

    /// Runs `f` over a snapshot of what is committed. Blocks nobody and waits for nobody.
    ///
    /// # Errors
    /// The closure's own, or a [`StoreError`] as `E`.
    pub fn read<T, E>(&self, f: impl FnOnce(&View<'_>) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let snapshot = self.inner.engine.snapshot()?;
        f(&View::new(&*snapshot))
    }

    /// Waits until every write that was sent before has been answered.
    ///
    /// # Errors
    /// [`StoreError::QueueFull`], [`StoreError::Closed`].
    pub async fn flush(&self) -> Result<(), StoreError> {
        self.write(|_| Ok(())).await
    }

    /// Proves that a write can be made durable now, by making a small one.
    ///
    /// # Errors
    /// Whatever keeps it from being durable.
    pub async fn probe_writable(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            let key = PROBE_KEY.to_owned();
            let count = match tx.get(&META, &key)? {
                Some(MetaRow::Number(count)) => count.wrapping_add(1),
                _ => 0,
            };
            tx.put(&META, &key, &MetaRow::Number(count))
        })
        .await
    }

    /// Takes no more writes, finishes those that wait, and closes the file for every clone of this handle.
    pub fn close(self) {
        self.inner.closing.store(true, Ordering::Release);
        if thread::current().id() == self.inner.writer {
            return;
        }
        if let Some(queue) = &self.inner.queue {
            // Fails only when the writer has ended already.
            let _ = queue.send(Message::Stop);
        }
        self.inner.join();
        self.inner.engine.close();
    }
}

impl Inner {
    fn join(&self) {
        // Held while it waits, so that a second one to close waits as long.
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // The writer catches every panic of its work; there is nothing left to report.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.queue.take());
        // The last handle may be one that a closure held.
        if thread::current().id() != self.writer {
            self.join();
        }
    }
}
