//! S: The one sequence that answers a question with a model: the route, the money held, the prompt, the model's speech
//! checked as it comes, the composer where it does not suffice, then answer, charge, audit and idempotency in one
//! transaction. Knows no HTTP.
//!
//! An answer runs in a task of its own, which ends early when nobody reads it any more: the call is cut within one step and
//! pays for what it had made. However a call ends, no money stays held: what is not settled is given back.

mod calls;
mod relay;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

pub use crate::llm::model::{Choice, Form};
pub use relay::{Talk, TalkSeal};

use self::calls::{Call, Exchanged, Unpaid};
use super::answer::Assembly;
use super::consult::{self, Ended, Gone, Listener, Spoken, Told};
use super::stream::{Event, Finished, Log, Reader, Streams};
use super::{Answer, Answered, Answers, Case, Check, PassedOver, Question, SENTENCES_MIN, Said};
use crate::astro::{Lang, Today};
use crate::audit::RequestContext;
use crate::auth::Caller;
use crate::charts::StoredChart;
use crate::clock::{Ambient, Stopwatch};
use crate::config::{Hop, Route, Settings};
use crate::error::{Code, Error, FieldError, Result};
use crate::ids::{AnswerId, TenantId, UserId};
use crate::limits;
use crate::llm::composer::COMPOSER_VERSION;
use crate::llm::gateway::Gateway;
use crate::llm::model::{Finish, Model, Reason};
use crate::llm::prompt::{Offered, PROMPT_VERSION};
use crate::llm::{Intent, Spent};
use crate::retrieval::Retrieval;
use crate::store::{Store, Tx};
use crate::telemetry::Metrics;
use crate::tenants::Tenants;
use crate::tenants::admission::Admission;
use crate::tenants::ledger::{Ledger, Purpose, Settled, Warning};
use crate::tokens::Strategy;

/// How long a stop waits for answers that are on their way to settle.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// What else is written with an answer.
pub type Also = Box<dyn Fn(&mut Tx<'_>) -> Result<()> + Send + Sync>;
/// Makes the data of an answer, as JSON text, and what else is written with it.
pub type Seal = Box<dyn FnOnce(&Answered, Answer) -> Result<(Vec<u8>, Also)> + Send + Sync>;

/// A question to be answered by a route.
pub struct Asked {
    /// Who asks.
    pub caller: Caller,
    /// The request.
    pub request: RequestContext,
    /// The chart.
    pub chart: Arc<StoredChart>,
    /// Its day.
    pub today: Arc<Today>,
    /// The question as it came in.
    pub question: String,
    /// Language wanted.
    pub lang: Option<Lang>,
    /// Who is asked.
    pub route: Route,
    /// Whether what was said counts as an answer when nobody reads on: yes for one that is read as it comes.
    pub keeps_part: bool,
    /// Makes its data.
    pub seal: Seal,
}

/// What the sequence stands on.
pub struct Foundations {
    /// Passages.
    pub retrieval: Retrieval,
    /// Where what calls owe is written.
    pub store: Store,
    /// Where answers are kept.
    pub answers: Answers,
    /// Who asks.
    pub tenants: Tenants,
    /// The gate before streams of text.
    pub admission: Admission,
    /// Money.
    pub ledger: Ledger,
    /// Models.
    pub gateway: Gateway,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Time and randomness.
    pub ambient: Ambient,
}

/// The sequence. Clones share everything.
#[derive(Clone)]
pub struct Advisor {
    core: Arc<Core>,
}

struct Core {
    on: Foundations,
    streams: Streams,
    running: Arc<Semaphore>,
    answer_max_tokens: u64,
    temperature_percent: u64,
    counting: Strategy,
    /// Longest call of a remote model, and of a local one.
    remote_max_ms: u64,
    local_max_ms: u64,
    /// Longest time of a request that is not answered before its answer is whole.
    request_ms: u64,
    /// Longest wait for a stream of a request that is answered as a whole.
    wait_max: Duration,
    /// Tenants, by slug, that are let in more often than others.
    weights: HashMap<String, u32>,
}

impl std::fmt::Debug for Advisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Advisor").field("gateway", &self.core.on.gateway).finish_non_exhaustive()
    }
}

impl Advisor {
    /// Over these, with these settings.
    pub fn new(on: Foundations, settings: &Settings) -> Self {
        let request_ms = settings.server.request_max_ms.saturating_sub(limits::REQUEST_SPARE_MS);
        let core = Core {
            streams: Streams::new(on.ambient.clone()),
            on,
            running: Arc::new(Semaphore::new(limits::STREAMS_REMEMBERED_MAX)),
            answer_max_tokens: settings.llm.answer_max_tokens,
            temperature_percent: settings.llm.temperature_percent,
            counting: settings.tokens.strategy,
            wait_max: Duration::from_millis(settings.server.request_max_ms.saturating_sub(limits::REFUSAL_SPARE_MS)),
            // The edge cuts a request that is not answered in time; a stream has been answered when it begins.
            request_ms: request_ms.max(1),
            remote_max_ms: settings.remote.total_ms,
            local_max_ms: settings.local.total_ms,
            weights: settings
                .streams
                .weights
                .iter()
                .filter_map(|(slug, of)| Some((slug.clone(), u32::try_from(*of).ok()?)))
                .collect(),
        };
        Self { core: Arc::new(core) }
    }

    /// Who is asked for this caller.
    ///
    /// # Errors
    /// `invalid_fields` naming `provider` when the one wanted is not on the tenant's route.
    pub fn route(&self, caller: &Caller, wanted: Option<Hop>) -> Result<Route> {
        let on = &self.core.on;
        let tenant = if on.gateway.knows_tenants() { Some(on.tenants.by_id(caller.tenant)?.row.slug) } else { None };
        on.gateway.route(tenant.as_deref(), wanted).map_err(|allowed| {
            let given = wanted.map_or("", Hop::code);
            Error::fields(vec![FieldError::new("provider", given, format!("one of: {}", allowed.0.join(", ")))])
        })
    }

    /// Whether the route needs no model: then the question can be answered at once.
    pub fn is_composed(route: &Route) -> bool {
        matches!(route.hops(), [Hop::Composer])
    }

    /// Begins to answer; the reader hears of all that happens.
    ///
    /// # Errors
    /// `overloaded` when too many answers are on their way; `invalid_fields` naming `question`.
    pub fn start(&self, asked: Asked) -> Result<Reader> {
        crate::guard::question(&asked.question).map_err(|problem| Error::fields(vec![problem]))?;
        let id = AnswerId::new(&self.core.on.ambient);
        let owner = asked.keeps_part.then_some((asked.caller.tenant, asked.caller.user));
        self.run(id, owner, move |core, log, gone| async move { core.answer(id, asked, &log, gone).await })
    }

    /// How long a stream waits for its answer to begin before it is sent a head; what fails until then has its own status.
    pub fn head_max(&self) -> Duration {
        Duration::from_millis(self.core.request_ms.min(limits::STREAM_HEAD_MAX_MS))
    }

    /// Runs `work` in a task of its own. An answer without an owner cannot be read again.
    fn run<W, F>(&self, id: AnswerId, owner: Option<(TenantId, UserId)>, work: W) -> Result<Reader>
    where
        W: FnOnce(Arc<Core>, Arc<Log>, Gone) -> F,
        F: Future<Output = Result<Finished>> + Send + 'static,
    {
        let busy = |_| Error::new(Code::Overloaded).because("too many answers on their way");
        let running = Arc::clone(&self.core.running).try_acquire_owned().map_err(busy)?;
        let (teller, reader, gone) = self.core.streams.open(id, owner)?;
        let working = work(Arc::clone(&self.core), teller.log(), gone);
        tokio::spawn(async move {
            teller.end(working.await);
            drop(running);
        });
        Ok(reader)
    }

    /// An answer of the caller's that is on its way or ended lately, from the event at `from`.
    ///
    /// # Errors
    /// `stream_not_found`.
    pub fn resume(&self, caller: &Caller, id: AnswerId, from: usize) -> Result<Reader> {
        self.core.streams.resume(id, (caller.tenant, caller.user), from)
    }

    /// Waits for the answers on their way, which nobody reads any more, to settle.
    pub async fn drain(&self) {
        let all = u32::try_from(limits::STREAMS_REMEMBERED_MAX).unwrap_or(u32::MAX);
        if tokio::time::timeout(DRAIN_MAX, self.core.running.acquire_many(all)).await.is_err() {
            tracing::warn!("answers on their way were cut; what they held is released at the next start");
        }
    }
}

/// What came of asking the models of a route.
#[derive(Default)]
struct Heard {
    spoken: Option<Spoken>,
    call: Option<Arc<Call>>,
    passed_over: Vec<PassedOver>,
    degraded: Option<Reason>,
    /// A limit that is near its end, or had no room.
    warning: Option<String>,
}

impl Heard {
    /// A provider did not answer.
    fn pass(&mut self, hop: Hop, reason: Reason) {
        self.passed_over.push(PassedOver { provider: hop.code(), reason: reason.code() });
        self.degraded = self.degraded.or(Some(reason).filter(|reason| reason.is_degraded()));
    }
}

/// What came of asking one model.
enum Tried {
    Spoke(Box<(Spoken, Call)>),
    Passed(Reason),
    Unpaid(Unpaid),
    Gone,
}

impl Core {
    async fn answer(self: &Arc<Self>, id: AnswerId, asked: Asked, log: &Log, mut gone: Gone) -> Result<Finished> {
        let began = Stopwatch::start();
        let question = Question { text: &asked.question, lang: asked.lang, default_lang: Lang::En };
        let case = Case::open(&asked.chart.chart, &asked.today, question, &self.on.retrieval)?;
        let (brief, scope) = (case.brief(), case.scope());
        log.tell(Event::Meta { id, chart: asked.chart.id, language: case.lang, date: brief.date.to_owned() });
        let mut assembly = Assembly::new(&scope);
        let mut told = Told { assembly: &mut assembly, log };
        let heard = self.ask(&case, (&asked, &began), &mut told, &mut gone).await?;
        let kept = heard.spoken.as_ref().map_or(&[][..], |spoken| &spoken.kept);
        let is_gone = heard.spoken.as_ref().is_some_and(|spoken| matches!(spoken.ended, Ended::Gone));
        if is_gone && (kept.is_empty() || !asked.keeps_part) {
            if let Some(call) = &heard.call {
                self.pay(call, &asked.request).await;
            }
            return Err(Code::AnswerCancelled.into());
        }
        let mut composed = 0;
        if kept.len() < SENTENCES_MIN && !is_gone {
            for sentence in consult::completed(&brief, &scope, kept) {
                told.kept(&sentence);
                composed += 1;
            }
        }
        let answer = Answer { complete: !is_gone, ..self.finish(assembly, &brief, &heard, composed) };
        self.keep(id, asked, answer, heard.call).await
    }

    /// Asks the models of the route in turn, until one speaks.
    ///
    /// # Errors
    /// `budget_exhausted` where a hard limit has no room; those of the store; `answer_cancelled`.
    async fn ask(
        &self,
        case: &Case<'_>,
        asking: (&Asked, &Stopwatch),
        told: &mut Told<'_, '_>,
        gone: &mut Gone,
    ) -> Result<Heard> {
        let mut heard = Heard::default();
        for hop in asking.0.route.hops() {
            let Some(model) = self.on.gateway.model(*hop) else {
                if *hop == Hop::Local {
                    heard.pass(*hop, Reason::NoModel);
                }
                continue;
            };
            let tried = if matches!(case.reading.intent, Intent::Chart) {
                self.try_model(model.as_ref(), case, asking, told, gone).await?
            } else {
                // Greetings, questions for other helpers, and people in danger: the composer's words were weighed for them.
                Tried::Passed(Reason::NotAsked)
            };
            let reason = match tried {
                Tried::Gone => return Err(Code::AnswerCancelled.into()),
                Tried::Passed(reason) => reason,
                Tried::Unpaid(unpaid) => {
                    heard.warning = unpaid.warning();
                    told.log.warn(heard.warning.clone());
                    unpaid.reason()
                }
                Tried::Spoke(spoke) => {
                    let (spoken, call) = *spoke;
                    let cut = match &spoken.ended {
                        Ended::Cut(failure) => Some(failure.reason),
                        Ended::Whole(Finish::Filtered) => Some(Reason::Refused),
                        _ => None,
                    };
                    heard.degraded = cut.or_else(|| spoken.kept.is_empty().then_some(Reason::Unsupported));
                    if spoken.kept.is_empty() {
                        let reason = heard.degraded.unwrap_or(Reason::Unsupported).code();
                        heard.passed_over.push(PassedOver { provider: hop.code(), reason });
                    }
                    heard.warning = call.warning_after().or(heard.warning);
                    (heard.spoken, heard.call) = (Some(spoken), Some(Arc::new(call)));
                    return Ok(heard);
                }
            };
            heard.pass(*hop, reason);
        }
        Ok(heard)
    }

    async fn try_model(
        &self,
        model: &dyn Model,
        case: &Case<'_>,
        (asked, began): (&Asked, &Stopwatch),
        told: &mut Told<'_, '_>,
        gone: &mut Gone,
    ) -> Result<Tried> {
        let _permit = self.enter(&asked.caller, asked.keeps_part, began, gone).await?;
        let party = self.party(asked.caller.tenant)?;
        let canary = self.on.ambient.bytes();
        let (brief, prompt) =
            consult::fitting(model, case, asked.chart.name.as_deref(), canary, self.answer_max_tokens).await;
        let purpose = Purpose {
            tenant: asked.caller.tenant,
            user: Some(asked.caller.user),
            key: asked.caller.key(),
            model: model.model().to_owned(),
            remote: model.provider() == Hop::Remote.code(),
        };
        let mut ask = consult::ask_of(&prompt, case.seed, self.answer_max_tokens, self.temperature_percent, party);
        let money = match self.reserve(model, &purpose, &ask.messages, ask.max_tokens, &asked.request).await? {
            Ok(money) => money,
            Err(unpaid) => {
                self.on.metrics.gateway().called(model.provider(), unpaid.reason().code());
                return Ok(Tried::Unpaid(unpaid));
            }
        };
        told.log.warn(money.warning());
        told.log.begin();
        ask.within = Duration::from_millis(self.within_ms(model, asked.keeps_part, began));
        let scope = case.scope();
        let offered = Offered::new(&brief, &prompt);
        let spoken = consult::speak(model, ask, &offered, &scope, &self.on.metrics, told, gone).await;
        let gateway = self.on.metrics.gateway();
        let outcome = match &spoken {
            Err(Ended::Gone) | Ok(Spoken { ended: Ended::Gone, .. }) => "cancelled",
            Err(Ended::Cut(failure)) | Ok(Spoken { ended: Ended::Cut(failure), .. }) => failure.reason.code(),
            _ => "answered",
        };
        gateway.called(model.provider(), outcome);
        if let Err(Ended::Cut(failure)) | Ok(Spoken { ended: Ended::Cut(failure), .. }) = &spoken {
            tracing::warn!(request_id = asked.request.request_id, provider = model.provider(), %failure, "a model failed");
        }
        Ok(match spoken {
            Ok(spoken) => {
                gateway.sentences(model.provider(), spoken.kept.len() as u64, spoken.dropped as u64);
                let read = [prompt.system.as_str(), prompt.user.as_str()].concat();
                let said = Exchanged { read: &read, written: &spoken.written, usage: spoken.usage };
                let call = self.call(model, (money, purpose), said, matches!(spoken.ended, Ended::Whole(_)));
                Tried::Spoke(Box::new((spoken, call)))
            }
            // Nothing came, so nothing is owed: what is held goes back as `money` goes.
            Err(Ended::Cut(failure)) => Tried::Passed(failure.reason),
            Err(_) => Tried::Gone,
        })
    }

    fn finish(&self, assembly: Assembly<'_>, brief: &crate::llm::Brief<'_>, heard: &Heard, composed: usize) -> Answer {
        let spent = heard.call.as_ref().map_or(Spent::default(), |call| Spent {
            prompt_tokens: Some(call.actual.input.tokens),
            completion_tokens: Some(call.actual.output.tokens),
            cost_micro_usd: call.cost_micro_usd,
        });
        let said = heard.spoken.as_ref().filter(|spoken| !spoken.kept.is_empty());
        let (provider, version) = match (&heard.call, said) {
            (Some(call), Some(_)) => (call.provider, PROMPT_VERSION),
            _ => (Hop::Composer.code(), COMPOSER_VERSION),
        };
        let dropped = heard.spoken.as_ref().map_or(0, |spoken| spoken.dropped);
        let mut answer = assembly.finish(brief, provider, version, dropped, spent);
        if let Some(call) = &heard.call {
            answer.usage.strategy = call.actual.output.by.code();
            answer.usage.prices = Some(self.on.ledger.prices().version().to_owned());
            answer.model = said.map(|_| call.purpose.model.clone());
        }
        answer.budget_warning.clone_from(&heard.warning);
        answer.check = heard.spoken.as_ref().map(|spoken| Check { kept: spoken.kept.len(), dropped, composed });
        answer.passed_over.clone_from(&heard.passed_over);
        answer.degraded = heard.degraded.map(Reason::code);
        let metrics = &self.on.metrics;
        metrics.answered(&answer.provider, answer.language.code());
        if let Some(reason) = answer.degraded {
            metrics.gateway().degraded(reason);
        }
        answer
    }

    /// Keeps the answer, charges its call and writes what belongs to both, in one transaction.
    async fn keep(
        self: &Arc<Self>,
        id: AnswerId,
        asked: Asked,
        answer: Answer,
        call: Option<Arc<Call>>,
    ) -> Result<Finished> {
        let budget_warning = answer.budget_warning.clone();
        let said = Said { question: asked.question.trim().to_owned(), answer: answer.text.clone() };
        let (chart, created_at, provider) = (asked.chart.id, self.on.ambient.now(), answer.provider.clone());
        let answered = Answered { id, chart, created_at, provider, said };
        let (data, also) = (asked.seal)(&answered, answer)?;
        let settled: Arc<Mutex<Option<Settled>>> = Arc::default();
        let (this, owed, slot) = (Arc::clone(self), call.clone(), Arc::clone(&settled));
        let request_id = asked.request.request_id.clone();
        let write = move |tx: &mut Tx<'_>| {
            also(tx)?;
            let Some(call) = &owed else { return Ok(()) };
            let done = this.settle(tx, call, &request_id)?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
            Ok(())
        };
        let kept = self.on.answers.keep(&asked.caller, &asked.request, &answered, write).await;
        self.counted(asked.caller.tenant, kept.as_ref().err());
        let finished = Finished { data: data.into(), budget_warning };
        let Some(call) = call else { return kept.map(|()| finished) };
        let settled = settled.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (kept, settled) {
            (Ok(()), settled) => {
                let Some(settled) = settled else { return Ok(finished) };
                self.settled(&call, &settled);
                // As the ledger has it now, calls of others in the meantime included.
                let now = settled.warning.as_ref().map(Warning::header);
                Ok(Finished { budget_warning: now.or(finished.budget_warning), ..finished })
            }
            (Err(error), _) => {
                // There is no answer, but the call was made.
                self.pay(&call, &asked.request).await;
                Err(error)
            }
        }
    }
}
