//! S: Lets a model speak, and keeps of it what holds: sentence by sentence, each checked before anybody hears it. What too
//! few hold the composer completes. Spends no money and keeps nothing.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::sync::oneshot;

use super::stream::Event;
use super::verify::{self, Scope, Verdict};
use super::{Case, SENTENCES_MIN, Verifying, facts};
use crate::astro::Certainty;
use crate::clock::Stopwatch;
use crate::guard::pii::Known;
use crate::limits;
use crate::llm::composer;
use crate::llm::lexicon;
use crate::llm::marked;
use crate::llm::model::{Ask, Choice, Delta, End, Failure, Finish, Form, Message, Model, Party, Reason, Reported};
use crate::llm::prompt::{self, Offered, Prompt};
use crate::llm::splitter::{Cut, Splitter};
use crate::llm::{Brief, Draft, Sentence, Sink};
use crate::telemetry::Metrics;

/// Resolves when nobody listens any more.
pub type Gone = oneshot::Receiver<()>;

/// How a model's speech ended.
#[derive(Debug)]
pub enum Ended {
    /// By itself.
    Whole(Finish),
    /// It failed, or had to be cut.
    Cut(Failure),
    /// Nobody listened any more.
    Gone,
}

/// What a model said, and what of it holds.
#[derive(Debug)]
pub struct Spoken {
    /// Sentences that hold.
    pub kept: Draft,
    /// How many did not.
    pub dropped: usize,
    /// All that it wrote, for counting.
    pub written: String,
    /// Tokens as it counted them.
    pub usage: Option<Reported>,
    /// How it ended.
    pub ended: Ended,
}

/// The prompt of a case that leaves a model room for its answer, and what it offers: where not all passages fit, the last
/// are left out.
pub async fn fitting<'c>(
    model: &dyn Model,
    case: &'c Case<'_>,
    chart_name: Option<&str>,
    random: [u8; 8],
    max_tokens: u64,
) -> (Brief<'c>, Prompt) {
    let mut brief = case.brief();
    brief.evidence = &brief.evidence[..brief.evidence.len().min(limits::PROMPT_PASSAGES_MAX)];
    loop {
        let prompt = prompt_of(case, &brief, chart_name, random);
        let Some(context) = model.context_tokens() else { return (brief, prompt) };
        let fits = match model.measure(&messages_of(&prompt)).await {
            Some(tokens) => tokens.saturating_add(max_tokens) <= context,
            None => true,
        };
        if fits || brief.evidence.is_empty() {
            return (brief, prompt);
        }
        brief.evidence = &brief.evidence[..brief.evidence.len() - 1];
    }
}

fn messages_of(prompt: &Prompt) -> Vec<Message> {
    vec![Message { role: "system", text: prompt.system.clone() }, Message { role: "user", text: prompt.user.clone() }]
}

/// The prompt of a case: what a model may know of it.
fn prompt_of(case: &Case<'_>, brief: &Brief<'_>, chart_name: Option<&str>, random: [u8; 8]) -> Prompt {
    let birth = &case.chart.birth;
    let exact = birth.certainty == Certainty::Exact;
    let contacts: Vec<String> = case.factors.iter().map(|f| facts::factor_text(case.lang, f, exact)).collect();
    let vocabulary = case.retrieval.corpus().vocabulary(lexicon::fold);
    let known = Known {
        name: chart_name,
        date: &birth.date,
        time: birth.time.as_deref(),
        place: birth.place_label.as_deref(),
        today: &case.today.date,
        is_common: &|word| vocabulary.holding(word).is_some(),
        fold: lexicon::fold,
    };
    prompt::build(brief, &contacts, &known, prompt::canary(random))
}

/// What a model is asked by a prompt; how long it may take is not known yet.
pub fn ask_of(prompt: &Prompt, seed: u64, max_tokens: u64, temperature_percent: u64, party: Party) -> Ask {
    Ask {
        messages: messages_of(prompt),
        max_tokens,
        temperature_percent: u32::try_from(temperature_percent).unwrap_or(0),
        seed,
        within: Duration::ZERO,
        choice: Choice::default(),
        stop: Vec::new(),
        form: Form::Text,
        party,
    }
}

/// Who hears what was kept.
pub trait Listener: Send {
    /// One sentence that holds.
    fn kept(&mut self, sentence: &Sentence);
}

/// Lets `model` speak until it ends, fails, repeats its prompt, or nobody listens.
///
/// # Errors
/// The model gave no text at all.
pub async fn speak(
    model: &dyn Model,
    ask: Ask,
    offered: &Offered<'_>,
    scope: &Scope<'_>,
    metrics: &Metrics,
    listener: &mut dyn Listener,
    gone: &mut Gone,
) -> Result<Spoken, Ended> {
    let (watch, _open) = (Stopwatch::start(), metrics.gateway().stream_opened());
    let mut deltas = tokio::select! {
        biased;
        _ = &mut *gone => return Err(Ended::Gone),
        opened = model.open(ask) => opened.map_err(Ended::Cut)?,
    };
    metrics.gateway().first_delta(model.provider(), watch.elapsed());
    let mut speech = Speech::new(offered, scope);
    let ended = loop {
        let delta = tokio::select! {
            biased;
            _ = &mut *gone => break Ended::Gone,
            delta = deltas.next() => delta,
        };
        match delta {
            Some(Ok(Delta::Text(text))) => {
                if let Err(failure) = speech.hear(&text, listener) {
                    break Ended::Cut(failure);
                }
            }
            Some(Ok(Delta::End(End { finish, usage }))) => {
                speech.usage = usage;
                break Ended::Whole(finish);
            }
            Some(Err(failure)) => break Ended::Cut(failure),
            None => break Ended::Cut(Failure::new(Reason::Error, "the stream ended without an end")),
        }
        if speech.splitter.is_full() {
            break Ended::Whole(Finish::Length);
        }
    };
    // Closes the connection, and with it the work of the upstream, before anything else is done.
    drop(deltas);
    Ok(speech.end(ended, listener))
}

/// A speech on its way.
struct Speech<'a> {
    offered: &'a Offered<'a>,
    splitter: Splitter,
    verifying: Verifying<'a>,
    written: String,
    usage: Option<Reported>,
}

impl<'a> Speech<'a> {
    fn new(offered: &'a Offered<'a>, scope: &'a Scope<'a>) -> Self {
        let (splitter, verifying) = (Splitter::new(), Verifying::new(scope));
        Self { offered, splitter, verifying, written: String::new(), usage: None }
    }

    /// Takes text; whoever listens hears what is finished and holds.
    ///
    /// # Errors
    /// The model repeats its prompt: nothing more of it may be heard.
    fn hear(&mut self, text: &str, listener: &mut dyn Listener) -> Result<(), Failure> {
        self.written.push_str(text);
        let cuts = self.splitter.push(text);
        self.take(cuts, listener)
    }

    fn take(&mut self, cuts: Vec<Cut>, listener: &mut dyn Listener) -> Result<(), Failure> {
        if !cuts.is_empty() && self.offered.prompt.canary_in(&self.written) {
            return Err(Failure::new(Reason::Unsupported, "the model repeated its prompt"));
        }
        for cut in cuts {
            let held = self.verifying.kept.len();
            match marked::read(&cut, self.offered) {
                Ok(sentence) => drop(self.verifying.sentence(sentence)),
                Err(_) => self.verifying.dropped += 1,
            }
            if let Some(sentence) = self.verifying.kept.get(held) {
                listener.kept(sentence);
            }
        }
        Ok(())
    }

    fn end(mut self, ended: Ended, listener: &mut dyn Listener) -> Spoken {
        let is_whole = matches!(ended, Ended::Whole(Finish::Stop));
        let is_heard = !matches!(ended, Ended::Gone);
        let cuts = std::mem::take(&mut self.splitter).finish(is_whole);
        let echoes = is_heard && self.take(cuts, listener).is_err();
        let ended =
            if echoes { Ended::Cut(Failure::new(Reason::Unsupported, "the model repeated its prompt")) } else { ended };
        let Verifying { kept, dropped, .. } = self.verifying;
        Spoken { kept, dropped, written: self.written, usage: self.usage, ended }
    }
}

/// What the composer says to a case where a model said too little: all of it, or as many sentences as are wanting.
pub fn completed(brief: &Brief<'_>, scope: &Scope<'_>, kept: &[Sentence]) -> Draft {
    let wanting = if kept.is_empty() { usize::MAX } else { SENTENCES_MIN.saturating_sub(kept.len()) };
    let mut sink = Verifying::new(scope);
    for sentence in composer::compose(brief) {
        sink.sentence(sentence);
    }
    let is_new = |sentence: &Sentence| kept.iter().all(|known| known.text != sentence.text);
    let mut more: Draft = sink.kept.into_iter().filter(is_new).take(wanting).collect();
    if let Some(first) = more.first_mut() {
        first.opens_paragraph = true;
    }
    more.retain(|sentence| verify::sentence(sentence, scope) == Verdict::Holds);
    more
}

/// Hands the sentences to an answer, and what it adds to those who read along.
pub struct Told<'a, 't> {
    /// The answer so far.
    pub assembly: &'t mut super::answer::Assembly<'a>,
    /// Who reads along.
    pub log: &'t super::stream::Log,
}

impl Listener for Told<'_, '_> {
    fn kept(&mut self, sentence: &Sentence) {
        let (text, citations) = self.assembly.add(sentence);
        self.log.tell(Event::Delta(text.to_owned()));
        for citation in citations {
            self.log.tell(Event::Citation(citation.clone()));
        }
    }
}
