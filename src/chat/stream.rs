//! S: Answers on their way: what has happened in each, for whoever reads along, from the start or from where they stopped.
//! An answer that nobody reads any more is told so. Knows no HTTP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::answer::Citation;
use crate::astro::Lang;
use crate::clock::{Ambient, UnixMs};
use crate::error::{Code, Error, Result};
use crate::ids::{AnswerId, ChartId, TenantId, UserId};
use crate::limits;

/// Something that happened in an answer.
#[derive(Clone, Debug)]
pub enum Event {
    /// It begins.
    Meta {
        /// Its id.
        id: AnswerId,
        /// The chart it is about.
        chart: ChartId,
        /// Its language.
        language: Lang,
        /// Local date that it is for.
        date: String,
    },
    /// More text.
    Delta(String),
    /// A passage that the text cites from here on.
    Citation(Citation),
    /// It is whole and kept.
    Done(Finished),
    /// It failed; nothing was kept.
    Failed(Arc<Error>),
}

/// An answer that was kept.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its data, as JSON text.
    pub data: Arc<[u8]>,
    /// The limit of which much is spent, when there is one.
    pub budget_warning: Option<String>,
}

impl Event {
    /// Whether nothing follows.
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Failed(_))
    }
}

/// The events of one answer.
#[derive(Debug, Default)]
pub struct Log {
    inner: Mutex<Inner>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    events: Vec<Event>,
    readers: usize,
    /// Dropped when the last reader goes.
    heard: Option<oneshot::Sender<()>>,
    ended_at: Option<UnixMs>,
    /// Whether it was let in and paid for.
    begun: bool,
    /// A limit that was near its end then.
    warning: Option<String>,
}

impl Inner {
    /// What is known of how it begins, once something is.
    fn beginning(&self) -> Option<Result<Option<String>>> {
        let said = self.events.iter().find(|event| !matches!(event, Event::Meta { .. }));
        match said {
            Some(Event::Failed(error)) => Some(Err(Error::clone(error))),
            Some(Event::Done(finished)) => Some(Ok(finished.budget_warning.clone())),
            Some(_) => Some(Ok(self.warning.clone())),
            None => self.begun.then(|| Ok(self.warning.clone())),
        }
    }
}

impl Log {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has happened.
    pub fn tell(&self, event: Event) {
        self.inner().events.push(event);
        self.more.notify_waiters();
    }

    /// It was let in and paid for: from here on only its model can fail it.
    pub fn begin(&self) {
        self.inner().begun = true;
        self.more.notify_waiters();
    }

    /// A limit is near its end.
    pub fn warn(&self, warning: Option<String>) {
        self.inner().warning = warning;
    }

    fn end(&self, event: Event, at: UnixMs) {
        let mut inner = self.inner();
        inner.events.push(event);
        inner.ended_at = Some(at);
        drop(inner);
        self.more.notify_waiters();
    }
}

/// Somebody who reads along. When the last one goes before the end, the answer is told that nobody listens.
#[derive(Debug)]
pub struct Reader {
    log: Arc<Log>,
    next: usize,
}

impl Reader {
    fn new(log: &Arc<Log>, next: usize) -> Self {
        log.inner().readers += 1;
        Self { log: Arc::clone(log), next }
    }

    /// A reader of an answer that was given before.
    pub fn replay(text: String, data: Vec<u8>) -> Self {
        let log = Arc::new(Log::default());
        log.tell(Event::Delta(text));
        log.tell(Event::Done(Finished { data: data.into(), budget_warning: None }));
        Self::new(&log, 0)
    }

    /// The next event and its place, once there is one; `None` after the last.
    pub async fn next(&mut self) -> Option<(usize, Event)> {
        loop {
            // Made before the look, so that what happens in between is not missed.
            let more = self.log.more.notified();
            let mut more = std::pin::pin!(more);
            more.as_mut().enable();
            {
                let inner = self.log.inner();
                if let Some(event) = inner.events.get(self.next) {
                    self.next += 1;
                    return Some((self.next - 1, event.clone()));
                }
                if inner.events.last().is_some_and(Event::is_last) {
                    return None;
                }
            }
            more.await;
        }
    }

    /// Waits until the answer begins, or for so long; what it warns of then. Reads nothing.
    ///
    /// # Errors
    /// What it failed with before it said anything.
    pub async fn begun(&self, within: Duration) -> Result<Option<String>> {
        let begins = async {
            loop {
                // Made before the look, so that what happens in between is not missed.
                let more = self.log.more.notified();
                let mut more = std::pin::pin!(more);
                more.as_mut().enable();
                let beginning = self.log.inner().beginning();
                match beginning {
                    Some(beginning) => return beginning,
                    None => more.await,
                }
            }
        };
        tokio::time::timeout(within, begins).await.unwrap_or(Ok(None))
    }

    /// Reads to the end.
    ///
    /// # Errors
    /// What the answer failed with.
    pub async fn outcome(mut self) -> Result<Finished> {
        while let Some((_, event)) = self.next().await {
            match event {
                Event::Done(finished) => return Ok(finished),
                Event::Failed(error) => return Err(Error::clone(&error)),
                _ => {}
            }
        }
        Err(Error::internal("an answer ended without an end"))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut inner = self.log.inner();
        inner.readers -= 1;
        if inner.readers == 0 {
            inner.heard = None;
        }
    }
}

/// Who may read an answer.
type Owner = (TenantId, UserId);

/// The answers that are on their way or ended within the last minute.
#[derive(Debug)]
pub struct Streams {
    ambient: Ambient,
    logs: Mutex<HashMap<AnswerId, (Owner, Arc<Log>)>>,
}

/// The answer's own end of its log. An answer that ends without a word, such as by a panic, has failed.
#[derive(Debug)]
pub struct Teller {
    log: Arc<Log>,
    ambient: Ambient,
    ended: bool,
}

impl Teller {
    /// What whoever reads along sees.
    pub fn log(&self) -> Arc<Log> {
        Arc::clone(&self.log)
    }

    /// It ended.
    pub fn end(mut self, outcome: Result<Finished>) {
        self.ended = true;
        let event = outcome.map_or_else(|error| Event::Failed(Arc::new(error)), Event::Done);
        self.log.end(event, self.ambient.now());
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        if !self.ended {
            let error = Error::internal("an answer broke off");
            self.log.end(Event::Failed(Arc::new(error)), self.ambient.now());
        }
    }
}

impl Streams {
    /// None yet.
    pub fn new(ambient: Ambient) -> Self {
        Self { ambient, logs: Mutex::default() }
    }

    fn logs(&self) -> MutexGuard<'_, HashMap<AnswerId, (Owner, Arc<Log>)>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new answer: its own end, its first reader, and what resolves when nobody listens. Without an owner it cannot be
    /// read again, and is not remembered.
    ///
    /// # Errors
    /// `overloaded` when as many are on their way as may be remembered, of the tenant or of all.
    pub fn open(&self, id: AnswerId, owner: Option<Owner>) -> Result<(Teller, Reader, oneshot::Receiver<()>)> {
        let (heard, gone) = oneshot::channel();
        let log = Arc::new(Log::default());
        log.inner().heard = Some(heard);
        if let Some(owner) = owner {
            self.remember(id, owner, &log)?;
        }
        let reader = Reader::new(&log, 0);
        Ok((Teller { log, ambient: self.ambient.clone(), ended: false }, reader, gone))
    }

    /// Keeps it for its owner; where there is no room, an answer that has ended is forgotten before its time.
    fn remember(&self, id: AnswerId, owner: Owner, log: &Arc<Log>) -> Result<()> {
        let now = self.ambient.now();
        let mut logs = self.logs();
        logs.retain(|_, (_, log)| {
            log.inner().ended_at.is_none_or(|ended| now.since_ms(ended) < limits::STREAM_RESUME_MS)
        });
        let of_tenant = logs.values().filter(|((tenant, _), _)| *tenant == owner.0).count();
        let is_crowded = of_tenant >= limits::STREAMS_REMEMBERED_PER_TENANT_MAX;
        if is_crowded || logs.len() >= limits::STREAMS_REMEMBERED_MAX {
            let mut ended = Vec::new();
            for (id, (_, log)) in logs.iter().filter(|(_, (of, _))| !is_crowded || of.0 == owner.0) {
                ended.extend(log.inner().ended_at.map(|at| (at, *id)));
            }
            let Some((_, oldest)) = ended.into_iter().min() else {
                return Err(Error::new(Code::Overloaded).because("too many answers on their way").retry_after_s(1));
            };
            logs.remove(&oldest);
        }
        logs.insert(id, (owner, Arc::clone(log)));
        Ok(())
    }

    /// An answer that is on its way or ended lately, from the event at `from`.
    ///
    /// # Errors
    /// `stream_not_found`, also when it is somebody else's.
    pub fn resume(&self, id: AnswerId, owner: Owner, from: usize) -> Result<Reader> {
        let now = self.ambient.now();
        let logs = self.logs();
        let found = logs.get(&id).filter(|(of, log)| {
            *of == owner && log.inner().ended_at.is_none_or(|ended| now.since_ms(ended) < limits::STREAM_RESUME_MS)
        });
        let (_, log) = found.ok_or_else(|| Error::new(Code::StreamNotFound))?;
        Ok(Reader::new(log, from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn streams() -> (Streams, Arc<ManualClock>, AnswerId, Owner) {
        let clock = Arc::new(ManualClock::at(UnixMs(1_000)));
        let ambient = Ambient::new(clock.clone(), Arc::new(crate::clock::SystemEntropy));
        let owner = (TenantId::new(&ambient), UserId::new(&ambient));
        let id = AnswerId::new(&ambient);
        (Streams::new(ambient), clock, id, owner)
    }

    #[tokio::test]
    async fn readers_see_every_event_from_where_they_stopped() {
        let (streams, clock, id, owner) = streams();
        let (teller, mut first, _gone) = streams.open(id, Some(owner)).unwrap();
        teller.log().tell(Event::Delta("One.".into()));
        assert!(matches!(first.next().await, Some((0, Event::Delta(text))) if text == "One."));
        let late = tokio::spawn(async move { first.outcome().await });
        tokio::task::yield_now().await;
        teller.log().tell(Event::Delta(" Two.".into()));
        teller.end(Ok(Finished { data: Arc::from(*b"{}"), budget_warning: None }));
        assert_eq!(&*late.await.unwrap().unwrap().data, b"{}");
        let mut again = streams.resume(id, owner, 1).unwrap();
        assert!(matches!(again.next().await, Some((1, Event::Delta(text))) if text == " Two."));
        assert!(matches!(again.next().await, Some((2, Event::Done(_)))));
        assert!(again.next().await.is_none());
        clock.advance_ms(limits::STREAM_RESUME_MS);
        assert_eq!(streams.resume(id, owner, 0).unwrap_err().code(), Code::StreamNotFound);
    }

    #[tokio::test]
    async fn an_answer_is_told_when_the_last_reader_goes() {
        let (streams, _, id, owner) = streams();
        let (teller, first, mut gone) = streams.open(id, Some(owner)).unwrap();
        let second = streams.resume(id, owner, 0).unwrap();
        drop(first);
        assert!(gone.try_recv().is_err_and(|e| e == oneshot::error::TryRecvError::Empty));
        drop(second);
        assert!(gone.await.is_err());
        drop(teller);
        let broken = streams.resume(id, owner, 0).unwrap().outcome().await.unwrap_err();
        assert_eq!(broken.code(), Code::Internal);
    }

    #[tokio::test]
    async fn how_an_answer_begins_is_known_before_it_is_read() {
        let (streams, _, id, owner) = streams();
        let meta =
            || Event::Meta { id, chart: ChartId::new(&streams.ambient), language: Lang::En, date: String::new() };
        let long = Duration::from_mins(1);
        let (teller, mut reader, _gone) = streams.open(id, Some(owner)).unwrap();
        teller.log().tell(meta());
        assert_eq!(reader.begun(Duration::ZERO).await.unwrap(), None);
        let log = teller.log();
        log.warn(Some("near".into()));
        let (begun, ()) = tokio::join!(reader.begun(long), async { log.begin() });
        assert_eq!(begun.unwrap().as_deref(), Some("near"));
        assert!(matches!(reader.next().await, Some((0, Event::Meta { .. }))), "nothing was read");
        let (teller, reader, _gone) = streams.open(AnswerId::new(&streams.ambient), Some(owner)).unwrap();
        teller.log().tell(meta());
        teller.end(Err(Code::BudgetExhausted.into()));
        assert_eq!(reader.begun(long).await.unwrap_err().code(), Code::BudgetExhausted);
    }

    #[tokio::test]
    async fn ended_answers_make_room_and_a_tenant_fills_only_its_own() {
        let (streams, clock, first, owner) = streams();
        let open = |owner| {
            let id = AnswerId::new(&streams.ambient);
            streams.open(id, Some(owner)).map(|open| (id, open))
        };
        let end = |teller: Teller| teller.end(Ok(Finished { data: Arc::from(*b"{}"), budget_warning: None }));
        end(streams.open(first, Some(owner)).unwrap().0);
        clock.advance_ms(1);
        let mut on_their_way = Vec::new();
        for n in 1..limits::STREAMS_REMEMBERED_PER_TENANT_MAX {
            let (id, (teller, reader, gone)) = open(owner).unwrap();
            if n == 1 {
                end(teller);
                assert!(streams.resume(id, owner, 0).is_ok());
            } else {
                on_their_way.push((teller, reader, gone));
            }
        }
        assert!(streams.resume(first, owner, 0).is_ok());
        on_their_way.push(open(owner).unwrap().1);
        assert_eq!(streams.resume(first, owner, 0).unwrap_err().code(), Code::StreamNotFound, "the oldest that ended");
        on_their_way.push(open(owner).unwrap().1);
        assert_eq!(open(owner).unwrap_err().code(), Code::Overloaded);
        // One that cannot be read again takes no place, and another tenant has its own.
        let unread = AnswerId::new(&streams.ambient);
        let _unread = streams.open(unread, None).unwrap();
        assert_eq!(streams.resume(unread, owner, 0).unwrap_err().code(), Code::StreamNotFound);
        assert!(open((TenantId::new(&streams.ambient), owner.1)).is_ok());
    }

    #[tokio::test]
    async fn a_stranger_finds_nothing() {
        let (streams, _, id, owner) = streams();
        let _open = streams.open(id, Some(owner)).unwrap();
        let stranger = (owner.0, UserId::new(&streams.ambient));
        assert_eq!(streams.resume(id, stranger, 0).unwrap_err().code(), Code::StreamNotFound);
    }
}
