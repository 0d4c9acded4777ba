//! S: Hands a conversation of the caller's own to a model and its text back, as it comes: held, charged and cut as an
//! answer is, but neither checked against a chart nor kept. What its form gives away as personal is masked before it leaves.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;

use super::calls::{Call, Exchanged};
use super::{Advisor, Also, Core};
use crate::audit::RequestContext;
use crate::auth::Caller;
use crate::chat::consult::Gone;
use crate::chat::stream::{Event, Finished, Log, Reader};
use crate::clock::Stopwatch;
use crate::config::{Hop, Route};
use crate::error::{Code, Error, FieldError, Result};
use crate::guard::pii;
use crate::ids::AnswerId;
use crate::limits;
use crate::llm::model::{Ask, Choice, Delta, End, Failure, Finish, Form, Message, Model, Reason};
use crate::tenants::ledger::Purpose;
use crate::tenants::quotas::Charge;

/// Makes the whole body of an answer out of its id and data, and what is written with its charge.
pub type TalkSeal = Box<dyn FnOnce(AnswerId, &serde_json::Value) -> Result<(Vec<u8>, Also)> + Send + Sync>;

/// A conversation to be continued.
pub struct Talk {
    /// Who asks.
    pub caller: Caller,
    /// The request.
    pub request: RequestContext,
    /// Who may be asked.
    pub route: Route,
    /// Name of the model.
    pub model: String,
    /// What was said so far: role and text.
    pub said: Vec<(&'static str, String)>,
    /// Most tokens of the answer; as the settings say when absent.
    pub max_tokens: Option<u64>,
    /// How freely it chooses, in hundredths; as the settings say when absent.
    pub temperature_percent: Option<u32>,
    /// Where its chance starts.
    pub seed: Option<u64>,
    /// Texts before which it ends.
    pub stop: Vec<String>,
    /// What else bears on its choice of words.
    pub choice: Choice,
    /// What its text must be.
    pub form: Form,
    /// Whether it is read as it comes.
    pub is_streamed: bool,
    /// Counts it against the plan.
    pub count: Option<Charge>,
    /// Where the answer is to be repeated under a key: makes its body, which is then its data.
    pub seal: Option<TalkSeal>,
}

/// How a model's text ended.
enum Ended {
    Whole(Finish),
    Cut(Failure),
    Gone,
}

impl Advisor {
    /// Names of the models on a route.
    pub fn models(&self, route: &Route) -> Vec<String> {
        let gateway = &self.core.on.gateway;
        route.hops().iter().filter_map(|hop| gateway.model(*hop)).map(|model| model.model().to_owned()).collect()
    }

    /// Begins to continue a conversation; the reader hears the text.
    ///
    /// # Errors
    /// `invalid_fields` naming `model` when the route has no such model; `overloaded`.
    pub fn talk(&self, talk: Talk) -> Result<(AnswerId, Reader)> {
        let gateway = &self.core.on.gateway;
        let mut models = talk.route.hops().iter().filter_map(|hop| gateway.model(*hop));
        let model = models.find(|model| model.model() == talk.model).ok_or_else(|| {
            let allowed = format!("one of: {}", self.models(&talk.route).join(", "));
            Error::fields(vec![FieldError::new("model", &talk.model, allowed)])
        })?;
        let is_remote = model.provider() == Hop::Remote.code();
        if is_remote && matches!(talk.form, Form::Regex(_) | Form::Grammar(_)) {
            let allowed = "text, json_object or json_schema: only a local model is held to the others";
            return Err(Error::fields(vec![FieldError::unshown("response_format", allowed)]));
        }
        let id = AnswerId::new(&self.core.on.ambient);
        let reader =
            self.run(id, None, move |core, log, gone| async move { core.talk(id, &*model, talk, &log, gone).await })?;
        Ok((id, reader))
    }
}

impl Core {
    async fn talk(
        self: &Arc<Self>,
        id: AnswerId,
        model: &dyn Model,
        talk: Talk,
        log: &Log,
        mut gone: Gone,
    ) -> Result<Finished> {
        let began = Stopwatch::start();
        let _permit = self.enter(&talk.caller, talk.is_streamed, &began, &mut gone).await?;
        let mut ask = self.ask_of(model, &talk)?;
        let read: Vec<String> = ask.messages.iter().map(|message| message.text.clone()).collect();
        let purpose = Purpose {
            tenant: talk.caller.tenant,
            user: Some(talk.caller.user),
            key: talk.caller.key(),
            model: model.model().to_owned(),
            remote: model.provider() == Hop::Remote.code(),
        };
        let money = self.reserve(model, &purpose, &ask.messages, ask.max_tokens, &talk.request).await?;
        let money = money.map_err(|unpaid| unpaid.refusal())?;
        log.warn(money.warning());
        ask.within = Duration::from_millis(self.within_ms(model, talk.is_streamed, &began));
        let mut heard = Heard { written: String::new(), told: 0, usage: None, stop: &talk.stop };
        let ended = self.relay(model, ask, log, &mut heard, &mut gone).await;
        let outcome = match &ended {
            Ended::Whole(_) => "answered",
            Ended::Gone => "cancelled",
            Ended::Cut(failure) => failure.reason.code(),
        };
        self.on.metrics.gateway().called(model.provider(), outcome);
        let produced = !heard.written.is_empty() || heard.usage.is_some();
        if !produced && !matches!(ended, Ended::Whole(_)) {
            // Nothing came, so nothing is owed: what is held goes back as `money` goes.
            return Err(match ended {
                Ended::Cut(failure) => refused(&failure),
                _ => Code::AnswerCancelled.into(),
            });
        }
        let said = Exchanged { read: &read.join("\n"), written: &heard.written, usage: heard.usage };
        let call = Arc::new(self.call(model, (money, purpose), said, matches!(ended, Ended::Whole(_))));
        // Who leaves after text has come has had it; leaving before the end must not make it free.
        let is_had = match &ended {
            Ended::Whole(_) => true,
            Ended::Gone => talk.is_streamed && heard.told > 0,
            Ended::Cut(_) => false,
        };
        let mut data = told(&ended, heard.text(), &call);
        let (body, also) = match talk.seal.filter(|_| matches!(ended, Ended::Whole(_))) {
            Some(seal) => seal(id, &data).map(|(body, also)| (Some(body), Some(also)))?,
            None => (None, None),
        };
        let budget_warning = match self.charge(&call, &talk.request, talk.count.filter(|_| is_had), also).await {
            Ok(warning) => warning,
            Err(error) => {
                // Another message was the last of the plan, or the first under its key: this one is refused, but the call
                // was made.
                self.pay(&call, &talk.request).await;
                return Err(error);
            }
        };
        match ended {
            Ended::Whole(_) => {}
            Ended::Cut(failure) => return Err(refused(&failure)),
            Ended::Gone => return Err(Code::AnswerCancelled.into()),
        }
        data["budget_warning"] = json!(budget_warning);
        Ok(Finished { data: body.unwrap_or_else(|| data.to_string().into_bytes()).into(), budget_warning })
    }

    /// What a conversation asks of a model; how long it may take is not known yet.
    fn ask_of(&self, model: &dyn Model, talk: &Talk) -> Result<Ask> {
        let is_remote = model.provider() == Hop::Remote.code();
        // What stays on the machine stays as it was said.
        let shown = |text: &String| if is_remote { without_addresses(text) } else { text.clone() };
        Ok(Ask {
            messages: talk.said.iter().map(|(role, text)| Message { role, text: shown(text) }).collect(),
            max_tokens: talk.max_tokens.unwrap_or(self.answer_max_tokens),
            temperature_percent: talk.temperature_percent.unwrap_or(self.temperature_percent as u32),
            seed: talk.seed.unwrap_or_else(|| u64::from_be_bytes(self.on.ambient.bytes())),
            within: Duration::ZERO,
            choice: talk.choice,
            stop: talk.stop.clone(),
            form: talk.form.clone(),
            party: self.party(talk.caller.tenant)?,
        })
    }

    async fn relay(&self, model: &dyn Model, ask: Ask, log: &Log, heard: &mut Heard<'_>, gone: &mut Gone) -> Ended {
        let (watch, _open) = (Stopwatch::start(), self.on.metrics.gateway().stream_opened());
        let mut deltas = tokio::select! {
            biased;
            _ = &mut *gone => return Ended::Gone,
            opened = model.open(ask) => match opened {
                Ok(deltas) => deltas,
                Err(failure) => return Ended::Cut(failure),
            },
        };
        self.on.metrics.gateway().first_delta(model.provider(), watch.elapsed());
        log.begin();
        loop {
            let delta = tokio::select! {
                biased;
                _ = &mut *gone => return Ended::Gone,
                delta = deltas.next() => delta,
            };
            match delta {
                Some(Ok(Delta::Text(text))) => {
                    let stops = heard.hear(&text);
                    let fresh = heard.fresh(stops);
                    if !fresh.is_empty() {
                        log.tell(Event::Delta(fresh));
                    }
                    if stops {
                        return Ended::Whole(Finish::Stop);
                    }
                }
                Some(Ok(Delta::End(End { finish, usage }))) => {
                    heard.usage = usage;
                    let rest = heard.fresh(true);
                    if !rest.is_empty() {
                        log.tell(Event::Delta(rest));
                    }
                    return Ended::Whole(finish);
                }
                Some(Err(failure)) => return Ended::Cut(failure),
                None => return Ended::Cut(Failure::new(Reason::Error, "the stream ended without an end")),
            }
        }
    }
}

/// The data of an answer.
fn told(ended: &Ended, text: &str, call: &Call) -> serde_json::Value {
    let finish = match ended {
        Ended::Whole(Finish::Length) => "length",
        Ended::Whole(Finish::Filtered) => "content_filter",
        _ => "stop",
    };
    let (input, output) = (call.actual.input.tokens, call.actual.output.tokens);
    json!({
        "text": text,
        "finish_reason": finish,
        "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input.saturating_add(output),
            "prompt_tokens_details": {"cached_tokens": call.actual.cached_tokens},
            "cost_micro_usd": call.cost_micro_usd},
    })
}

/// What a model wrote, and how much of it was told.
struct Heard<'a> {
    written: String,
    told: usize,
    usage: Option<crate::llm::model::Reported>,
    stop: &'a [String],
}

impl Heard<'_> {
    /// Takes text; whether a text is in it before which it ends.
    fn hear(&mut self, text: &str) -> bool {
        self.written.push_str(text);
        self.end().is_some()
    }

    /// Where the first of the texts begins before which it ends.
    fn end(&self) -> Option<usize> {
        self.stop.iter().filter_map(|stop| self.written.find(stop.as_str())).min()
    }

    /// All that may be told.
    fn text(&self) -> &str {
        &self.written[..self.end().unwrap_or(self.written.len())]
    }

    /// What may be told now and was not: while more may come, not what could be the beginning of such a text.
    fn fresh(&mut self, ended: bool) -> String {
        let mut until = self.text().len();
        if !ended {
            let kept = self.stop.iter().map(|stop| begun(&self.written, stop)).max().unwrap_or(0);
            until = until.min(self.written.len() - kept);
        }
        let from = self.told.min(until);
        self.told = until.max(self.told);
        self.written[from..until].to_owned()
    }
}

/// Length of the longest beginning of `stop` with which `text` ends.
fn begun(text: &str, stop: &str) -> usize {
    let lengths = stop.char_indices().map(|(at, _)| at).skip(1);
    lengths.filter(|length| text.ends_with(&stop[..*length])).max().unwrap_or(0)
}

/// What a model failed with, to whoever asked for that model and no other.
fn refused(failure: &Failure) -> Error {
    if let Some(fault) = &failure.fault {
        return Error::fields(vec![FieldError::clone(fault)]);
    }
    let code = match failure.reason {
        Reason::Timeout => Code::UpstreamTimedOut,
        Reason::Busy | Reason::CircuitOpen => Code::UpstreamUnavailable,
        _ => Code::UpstreamFailed,
    };
    let error = Error::new(code).detail("reason", failure.reason.code().into());
    if failure.reason == Reason::Busy { error.retry_after_s(limits::LOCAL_RETRY_AFTER_S) } else { error }
}

/// The text with e-mail addresses, numbers to call, accounts, cards and ids masked.
fn without_addresses(text: &str) -> String {
    let (mut masked, mut at) = (String::with_capacity(text.len()), 0);
    for (range, kind) in pii::addresses(text) {
        if range.start >= at {
            masked.push_str(&text[at..range.start]);
            masked.push_str(kind.mask());
        }
        at = at.max(range.end);
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    masked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heard(stop: &[String]) -> Heard<'_> {
        Heard { written: String::new(), told: 0, usage: None, stop }
    }

    #[test]
    fn addresses_are_masked_and_words_stay() {
        let text = "Write to Ana at ana@example.org or +33 6 12 34 56 78 on 2026-11-23.";
        assert_eq!(without_addresses(text), "Write to Ana at <email> or <phone> on 2026-11-23.");
    }

    proptest! {
        #[test]
        fn what_is_told_in_pieces_is_the_text_before_the_first_stop(text in "[abc]{0,40}", stop in "[abc]{1,4}", cut in 1_usize..5) {
            let stops = [stop.clone()];
            let mut heard = heard(&stops);
            let mut told = String::new();
            for piece in text.as_bytes().chunks(cut) {
                let ends = heard.hear(std::str::from_utf8(piece).unwrap());
                told.push_str(&heard.fresh(ends));
                if ends {
                    break;
                }
            }
            told.push_str(&heard.fresh(true));
            prop_assert_eq!(told.as_str(), text.split(stop.as_str()).next().unwrap());
        }
    }
}
